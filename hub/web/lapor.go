package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"loket/hub"
	"loket/hub/lapor"
	"loket/hub/paper"
	"loket/kiosk"
	"loket/kiosk/track"
	"loket/kiosk/words"
)

func (s *Server) laporRoutes(_, desk *routes) {
	desk.Handle("GET /desk/lapor", s.officer(s.lapor))
	desk.Handle("POST /desk/lapor", s.officer(s.laporTake))
	desk.Handle("POST /desk/lapor/answers", s.officer(s.laporAnswers))
	desk.Handle("GET /desk/lapor/{number}", s.officer(s.laporSheet))
	desk.Handle("POST /desk/lapor/{number}", s.officer(s.laporNumber))
}

// laporRow is a report on its way to LAPOR!.
type laporRow struct {
	row
	State, Reason, Lapor, Age string // State is a key: lapor.state.waits …
	Done                      string // when it was handed over, and by whom
	Missing                   []string
	Picked                    bool // it waits, so it is offered
}

type laporPage struct {
	page
	State  string // of the filter; empty: all
	States []tile
	Rows   []laporRow
	Pager  pager
	Acts   bool
	All    int
	Oldest string // age of the longest waiting
	Basis  string
	Taken  int
	Faults []laporFault

	Office, Of   string // of the filter; empty: all
	Offices, Ofs []option
	Query        string // of the filter, for the states
}

// laporFault is a line of a file of answers that was not taken, and why, in
// words; line 0 is the file as a whole.
type laporFault struct {
	Line int
	Why  string
}

// faultKeys are the sentences for what can be wrong with a line.
var faultKeys = []struct {
	err error
	key string
}{
	{lapor.ErrNumber, "lapor.number.bad"},
	{lapor.ErrCut, "lapor.fault.cut"},
	{lapor.ErrOurNumber, "lapor.fault.number"},
	{lapor.ErrNoReport, "lapor.fault.none"},
	{hub.ErrHandover, "lapor.fault.handover"},
	{hub.ErrEmpty, "lapor.fault.handover"},
	{lapor.ErrLarge, "lapor.file.large"},
	{lapor.ErrColumns, "lapor.file.bad"},
}

// faultKey is the sentence for an error of a line.
func faultKey(err error) string {
	for _, f := range faultKeys {
		if errors.Is(err, f.err) {
			return f.key
		}
	}
	return "page.sorry"
}

// laporStates are the filters, in order; the empty state is "waits".
var laporStates = []string{"waits", "sending", "sent", "known", "refused"}

func stateKey(s hub.HandoverState) string {
	if s == hub.HandoverWaits {
		return "waits"
	}
	return string(s)
}

func (s *Server) lapor(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.laporPage(r, officer)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "lapor", p, r)
}

func (s *Server) laporPage(r *http.Request, officer hub.Officer) (*laporPage, error) {
	items, err := s.hub.LaporItems(r.Context(), officer)
	if errors.Is(err, hub.ErrForbidden) {
		return nil, &refusal{status: http.StatusForbidden, sentence: "handing over is not for this officer's role"}
	}
	if err != nil {
		return nil, err
	}
	say := s.say(r)
	p := &laporPage{State: r.FormValue("state"), Office: r.FormValue("office"), Of: r.FormValue("kind"), Acts: s.hub.FeedsLapor(officer), Basis: s.hub.Lapor.Basis.In(say.Language)}
	s.desk(&p.page, r, officer)
	p.Offices = s.offices(officer, say.Language)
	for _, name := range s.hub.Catalogue.Names() {
		if s.hub.Lapor.Classification[name] != "" {
			p.Ofs = append(p.Ofs, option{name, s.hub.Catalogue.Form(name).Title.In(say.Language)})
		}
	}
	p.Query = url.Values{"office": {p.Office}, "kind": {p.Of}}.Encode()
	counts := map[string]int{}
	for _, item := range items {
		if p.Of != "" && item.Form.Name != p.Of || !s.hub.Under(item.Office, p.Office) {
			continue
		}
		p.All++
		state := stateKey(item.State)
		if counts[state]++; state == "waits" && p.Oldest == "" {
			p.Oldest = say.T("desk.oldest", "t", s.age(item.Since, say))
		}
		if p.State == "" || p.State == state {
			x := laporRow{row: s.row(item.Case, officer, say), State: "lapor.state." + state, Reason: item.Handover.Reason, Lapor: item.Lapor, Missing: item.Record.Missing, Picked: state == "waits"}
			if x.Age = s.age(item.Since, say); item.State != hub.HandoverWaits {
				x.Done = s.handed(item.Case, item.Handover, say)
			}
			p.Rows = append(p.Rows, x)
		}
	}
	if p.Rows, p.Pager = paged(p.Rows, r.URL); r.Method != http.MethodGet {
		p.Pager = pager{} // what was posted has no further pages
	}
	p.States = append(p.States, tile{Label: say.T("desk.all"), Count: p.All, Current: p.State == ""})
	for _, state := range laporStates {
		p.States = append(p.States, tile{View: state, Label: say.T("lapor.state." + state), Count: counts[state], Current: p.State == state})
	}
	return p, nil
}

// handed is when a report was handed over, and by whom.
func (s *Server) handed(c hub.Case, x hub.Handover, w words.Words) string {
	by := x.By
	if by == "" {
		by = w.T("lapor.self")
	}
	return w.Day(s.hub.Local(c.Office, x.At)) + ", " + by
}

// laporTake gives the chosen reports to who keys them in: as a file, or as
// sheets to print; both note that they were handed over.
func (s *Server) laporTake(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		return err
	}
	items, err := s.hub.LaporItems(r.Context(), officer)
	if errors.Is(err, hub.ErrForbidden) || err == nil && !s.hub.FeedsLapor(officer) {
		return &refusal{status: http.StatusForbidden, sentence: "handing over is not for this officer's role"}
	}
	if err != nil {
		return err
	}
	var picked []lapor.Record
	var numbers []kiosk.Number
	for _, item := range items {
		if slices.Contains(r.PostForm["case"], string(item.Number)) {
			picked, numbers = append(picked, item.Record), append(numbers, item.Number)
		}
	}
	if len(picked) == 0 {
		p, err := s.laporPage(r, officer)
		if err != nil {
			return err
		}
		p.Message = "bulk.none"
		return s.render(w, http.StatusUnprocessableEntity, "lapor", p, r)
	}
	kind, name, body := "text/csv; charset=utf-8", "csv", []byte(nil)
	if r.PostFormValue("do") == "sheets" {
		kind, name = "application/pdf", "pdf"
		body, err = s.laporSheets(picked)
	} else {
		var b bytes.Buffer
		err = lapor.WriteTable(&b, picked)
		body = b.Bytes()
	}
	if err == nil {
		err = s.hub.MarkSent(r.Context(), officer, numbers)
	}
	if err != nil {
		return err
	}
	return sendFile(w, fmt.Sprintf("lapor-%s.%s", s.hub.Now().Format("20060102-150405"), name), kind, body)
}

// laporSheets is a sheet each, in the order of LAPOR!'s own form.
func (s *Server) laporSheets(records []lapor.Record) ([]byte, error) {
	p := paper.New(s.assets, paper.Options{Title: "Lembar LAPOR!", Language: kiosk.Indonesian, Made: s.hub.Now()})
	for i, r := range records {
		if i > 0 {
			p.PDF().AddPage()
		}
		p.Title("Lembar LAPOR! – " + r.Number.String())
		p.Small(s.hub.Lapor.Basis.In(kiosk.Indonesian))
		var pairs [][2]string
		for _, f := range r.Fields() {
			pairs = append(pairs, [2]string{f.Label, f.Value})
		}
		p.Pairs(append(pairs, [2]string{"Diterima kios", r.Received}, [2]string{"Layanan (Loket)", r.Service}))
		if len(r.Missing) > 0 {
			p.Text("Belum ada: " + strings.Join(r.Missing, ", ") + ".")
		}
		p.Text("Nomor LAPOR!: …………………………………   Dimasukkan oleh: …………………………………")
	}
	return p.Bytes()
}

// laporAnswers takes a file with LAPOR!'s numbers and says of each line what
// became of it.
func (s *Server) laporAnswers(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, 5<<20)
	if !s.hub.FeedsLapor(officer) {
		return &refusal{status: http.StatusForbidden, sentence: "handing over is not for this officer's role"}
	}
	file, _, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return s.laporTold(w, r, officer, 0, nil, "lapor.file.none")
	}
	if err != nil {
		return err
	}
	defer file.Close()
	answers, faults, err := lapor.ReadAnswers(file)
	if errors.Is(err, lapor.ErrColumns) || errors.Is(err, lapor.ErrLarge) {
		return s.laporTold(w, r, officer, 0, nil, faultKey(err))
	}
	if err != nil {
		return err
	}
	taken, more, err := s.hub.TakeAnswers(r.Context(), officer, answers)
	if err != nil {
		return err
	}
	return s.laporTold(w, r, officer, taken, append(faults, more...), "")
}

func (s *Server) laporTold(w http.ResponseWriter, r *http.Request, officer hub.Officer, taken int, faults []lapor.Fault, message string) error {
	p, err := s.laporPage(r, officer)
	if err != nil {
		return err
	}
	p.Taken, p.Message = taken, message
	for _, f := range faults {
		p.Faults = append(p.Faults, laporFault{f.Line, s.say(r).T(faultKey(f.Err))})
	}
	status := http.StatusOK
	if message != "" {
		status = http.StatusUnprocessableEntity
	} else if p.Message = "lapor.file.taken"; taken == 0 {
		p.Message = "lapor.file.nothing"
	}
	return s.render(w, status, "lapor", p, r)
}

type laporSheetPage struct {
	page
	Row     row
	Fields  []lapor.Field
	Missing []string
	Lapor   string
	State   string // key's end
	Done    string // when it was handed over, and by whom
	Reason  string // why LAPOR! does not take it
	Acts    bool
	Refuses bool // it can be noted that LAPOR! does not take it
	Typed   string
	Basis   string
}

func (s *Server) laporSheet(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	return s.laporSheetPage(w, r, officer, "", "")
}

// laporSheetPage is a report as LAPOR!'s form asks for it, to be keyed in, and
// the box for the number that LAPOR! gives.
func (s *Server) laporSheetPage(w http.ResponseWriter, r *http.Request, officer hub.Officer, message, typed string) error {
	if !s.hub.SeesLapor(officer) {
		return hub.ErrNotFound
	}
	c, err := s.caseOf(r, officer)
	if err != nil {
		return err
	}
	record, ok := s.hub.LaporRecord(c)
	if !ok {
		return hub.ErrNotFound
	}
	states, err := s.hub.Store.Handovers(r.Context())
	if err != nil {
		return err
	}
	say := s.say(r)
	p := &laporSheetPage{Row: s.row(c, officer, say), Fields: record.Fields(), Missing: record.Missing, Lapor: c.Lapor, State: stateKey(states[c.Number].State),
		Reason: states[c.Number].Reason, Acts: s.hub.FeedsLapor(officer), Typed: typed, Basis: s.hub.Lapor.Basis.In(say.Language)}
	p.Refuses = p.Acts && s.hub.Feedable(c, states[c.Number])
	if state, ok := states[c.Number]; ok {
		p.Done = s.handed(c, state, say)
	}
	s.desk(&p.page, r, officer)
	status := http.StatusOK
	if p.Message = message; message != "" {
		status = http.StatusUnprocessableEntity
	} else if r.FormValue("saved") != "" {
		p.Message = "desk.saved"
	}
	return s.render(w, status, "laporsheet", p, r)
}

// laporNumber keeps what LAPOR! said of a report: its number, or why it does not
// take it.
func (s *Server) laporNumber(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	n, err := track.ParseNumber(r.PathValue("number"))
	if err != nil {
		return hub.ErrNotFound
	}
	if r.PostFormValue("do") == "refuse" {
		err = s.hub.Refuse(r.Context(), officer, n, r.PostFormValue("why"))
	} else {
		err = s.hub.SetLapor(r.Context(), officer, n, r.PostFormValue("lapor"))
	}
	switch {
	case errors.Is(err, lapor.ErrNumber):
		return s.laporSheetPage(w, r, officer, "lapor.number.bad", r.PostFormValue("lapor"))
	case errors.Is(err, hub.ErrEmpty):
		return s.laporSheetPage(w, r, officer, "lapor.why.none", "")
	case errors.Is(err, hub.ErrHandover), errors.Is(err, hub.ErrChanged):
		return s.laporSheetPage(w, r, officer, "lapor.fault.handover", "")
	}
	if errors.Is(err, hub.ErrForbidden) {
		return &refusal{status: http.StatusForbidden, sentence: "handing over is not for this officer's role"}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/lapor/"+string(n)+"?saved=1", http.StatusSeeOther)
	return nil
}
