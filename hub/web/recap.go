package web

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"loket/hub"
	"loket/hub/paper"
	"loket/kiosk"
	"loket/kiosk/words"
)

func (s *Server) recapRoutes(_, desk *routes) {
	desk.Handle("GET /desk/lapor/recap", s.officer(s.recap))
	for _, format := range formats {
		desk.Handle("GET /desk/lapor/recap."+format, s.officer(func(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
			return s.recapExport(w, r, officer, format)
		}))
	}
}

// recapPage is how the reports for LAPOR! of a year were dealt with.
type recapPage struct {
	page
	Year     int
	Office   string
	Offices  []option
	All      recapRow
	Parts    []recapPart
	Unmapped bool // some are of services that have no category at LAPOR! yet
	Formats  []string
	Query    string
}

type recapPart struct {
	By, Title, Head string
	Rows            []recapRow
}

// recapRow are the figures of a line, as a page shows them.
type recapRow struct {
	hub.RecapLine
	Name              string
	Verified, Replied timely
}

// timely is how a term was kept, in words; empty for what nothing can be said of.
type timely struct {
	Kept, Share  string
	Days, Median string // the number alone, and said
}

// Rank is how a share looks: ok from nine of ten, warn below seven.
func (t timely) Rank() string {
	share, err := strconv.Atoi(t.Share)
	switch {
	case err != nil:
		return ""
	case share >= 90:
		return "ok"
	case share < 70:
		return "warn"
	}
	return ""
}

func recapRowOf(x hub.RecapLine, name string, w words.Words) recapRow {
	say := func(t hub.Timeliness) (said timely) {
		if share := t.Share(); share != nil {
			said.Kept, said.Share = w.T("recap.kept", "n", t.InTime, "of", t.InTime+t.Late), share.FloatString(0)
		}
		if median := t.Median(); median != nil {
			said.Days = pointed(shortest(median), w)
			said.Median = w.T("recap.median", "n", said.Days)
		}
		return said
	}
	return recapRow{x, name, say(x.Verified), say(x.Replied)}
}

// shortest writes a half or whole number without a useless decimal.
func shortest(n *big.Rat) string {
	if n.IsInt() {
		return n.FloatString(0)
	}
	return n.FloatString(1)
}

// recapName is how a line is called.
func (s *Server) recapName(by string, x hub.RecapLine, w words.Words) string {
	switch by {
	case "unit":
		return s.placeName(x.ID, w) // with its office: each has such a unit
	case "month":
		if m, err := strconv.Atoi(x.ID); err == nil {
			return w.Month(time.Month(m))
		}
	}
	return x.Label.In(w.Language)
}

func (s *Server) recapOf(r *http.Request, officer hub.Officer) (*hub.LaporRecap, error) {
	recap, err := s.hub.LaporRecap(r.Context(), officer, s.year(r), r.FormValue("office"))
	if errors.Is(err, hub.ErrForbidden) {
		return nil, &refusal{status: http.StatusForbidden, sentence: "this recap is not for this officer's role or office"}
	}
	return recap, err
}

func (s *Server) recap(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	recap, err := s.recapOf(r, officer)
	if err != nil {
		return err
	}
	say := s.say(r)
	p := &recapPage{Year: recap.Year, Office: recap.Office, Offices: s.offices(officer, say.Language), All: recapRowOf(recap.All, "", say), Formats: formats,
		Query: url.Values{"year": {strconv.Itoa(recap.Year)}, "office": {recap.Office}}.Encode()}
	s.desk(&p.page, r, officer)
	for _, part := range recap.Parts {
		x := recapPart{By: part.By, Title: say.T("recap.by." + part.By), Head: say.T("recap.head." + part.By)}
		for _, line := range part.Lines {
			x.Rows = append(x.Rows, recapRowOf(line, s.recapName(part.By, line, say), say))
			p.Unmapped = p.Unmapped || line.Unmapped
		}
		if len(x.Rows) > 1 || part.By == "kind" || part.By == "category" { // one office alone is all of them again
			p.Parts = append(p.Parts, x)
		}
	}
	return s.render(w, http.StatusOK, "recap", p, r)
}

// recapExport sends the recap in Indonesian: one table for spreadsheets, or a
// paper to sign.
func (s *Server) recapExport(w http.ResponseWriter, r *http.Request, officer hub.Officer, format string) error {
	recap, err := s.recapOf(r, officer)
	if err != nil {
		return err
	}
	say := s.words.In(kiosk.Indonesian)
	scope := recap.Office
	if scope == "" {
		scope = officer.Office
	}
	name, subtitle := fmt.Sprintf("rekap-lapor-%d", recap.Year), fmt.Sprintf("%s · %s %d", s.bodyName(scope), say.T("register.year"), recap.Year)
	if format == "pdf" {
		b, err := s.recapPDF(recap, scope, subtitle)
		if err != nil {
			return err
		}
		return sendFile(w, name+".pdf", "application/pdf", b)
	}
	t := exportTable{Name: name, Title: say.T("recap.title"), Subtitle: subtitle, Columns: recapColumns(say)}
	for _, part := range recap.Parts {
		for _, x := range part.Lines {
			t.Rows = append(t.Rows, recapCells(say.T("recap.head."+part.By), s.recapName(part.By, x, say), x))
		}
	}
	t.Foot = [][]any{recapCells(say.T("recap.all"), "", recap.All)}
	t.Figures = []exportFigure{{say.T("register.received"), recap.All.Received}, {say.T("recap.verified") + " (%)", number(recap.All.Verified.Share())},
		{say.T("recap.replied") + " (%)", number(recap.All.Replied.Share())}, {say.T("recap.known"), recap.All.Known}, {say.T("recap.waiting"), recap.All.Waiting}}
	return s.sendTable(w, r, format, t)
}

// recapPDF is the recap as a paper that the official in charge of LAPOR! signs.
func (s *Server) recapPDF(recap *hub.LaporRecap, scope, subtitle string) ([]byte, error) {
	say := s.words.In(kiosk.Indonesian)
	p := paper.New(s.assets, paper.Options{Title: say.T("recap.title"), Footer: subtitle, Language: kiosk.Indonesian, Landscape: true, Made: s.hub.Now()})
	p.Title(say.T("recap.title"))
	p.Text(subtitle)
	row := func(name string, x hub.RecapLine) []string {
		line := []string{name}
		for _, n := range []int{x.Received, x.Unverified, x.InProgress, x.Returned, x.Answered, x.NotOurs, x.Archived} {
			line = append(line, strconv.Itoa(n))
		}
		y := recapRowOf(x, "", say)
		for _, t := range []timely{y.Verified, y.Replied} {
			if t.Share != "" {
				t.Share = t.Kept + " (" + t.Share + "%)"
			}
			line = append(line, cmp.Or(t.Share, "–"), cmp.Or(t.Days, "–"))
		}
		return append(line, strconv.Itoa(x.Known))
	}
	unmapped := false
	for _, part := range recap.Parts {
		if len(part.Lines) == 0 || len(part.Lines) == 1 && (part.By == "office" || part.By == "unit") {
			continue // all of them again
		}
		p.Heading(say.T("recap.by." + part.By))
		columns := []paper.Column{{Head: say.T("recap.head." + part.By), Share: 3.2}}
		for _, key := range []string{"register.received", "recap.unverified", "recap.progress", "recap.returned", "recap.answered", "recap.notours", "recap.archived"} {
			columns = append(columns, paper.Column{Head: say.T(key), Share: 1.15, Right: true})
		}
		for _, key := range []string{"recap.verified", "recap.replied"} {
			columns = append(columns, paper.Column{Head: say.T(key), Share: 2, Right: true}, paper.Column{Head: say.T("recap.middle"), Share: 1.1, Right: true})
		}
		var rows [][]string
		for _, x := range part.Lines {
			name := s.recapName(part.By, x, say)
			if x.Unmapped {
				name, unmapped = name+" *", true
			}
			rows = append(rows, row(name, x))
		}
		p.Table(append(columns, paper.Column{Head: say.T("lapor.number"), Share: 1.1, Right: true}), append(rows, row(say.T("recap.all"), recap.All)))
	}
	p.Keep(80) // who signs stands under what it is said of
	if unmapped {
		p.Small("* " + say.T("recap.unmapped"))
	}
	p.Small(say.T("recap.note"))
	p.Small(say.T("recap.note.late"))
	p.Small(s.hub.Lapor.Basis.In(kiosk.Indonesian))
	p.Signs(paper.Sign{}, s.documents.Sign(scope, hub.ReportTexts{Texts: map[string]string{"position": say.T("recap.official")}}))
	return p.Bytes()
}

// recapColumns are the columns of the table.
func recapColumns(w words.Words) (columns []exportColumn) {
	for _, key := range []string{"recap.part", "recap.name", "register.received", "recap.unverified", "recap.progress", "recap.returned", "recap.answered", "recap.notours", "recap.archived"} {
		columns = append(columns, exportColumn{Head: w.T(key)})
	}
	for _, key := range []string{"recap.verified", "recap.replied"} {
		term := w.T(key)
		columns = append(columns, exportColumn{Head: term}, exportColumn{Head: term + ": " + w.T("recap.late")}, exportColumn{Head: term + " (%)", Places: 1},
			exportColumn{Head: term + ": " + w.T("recap.middle"), Places: 1})
	}
	return append(columns, exportColumn{Head: w.T("recap.known")}, exportColumn{Head: w.T("recap.waiting")})
}

func recapCells(part, name string, x hub.RecapLine) []any {
	cells := []any{part, name, x.Received, x.Unverified, x.InProgress, x.Returned, x.Answered, x.NotOurs, x.Archived}
	for _, t := range []hub.Timeliness{x.Verified, x.Replied} {
		cells = append(cells, t.InTime, t.Late, number(t.Share()), number(t.Median()))
	}
	return append(cells, x.Known, x.Waiting)
}

// number is a cell of a number, or of none.
func number(n *big.Rat) any {
	if n == nil {
		return nil
	}
	return n
}
