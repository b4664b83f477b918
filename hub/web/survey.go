package web

import (
	"errors"
	"fmt"
	"html/template"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"loket/hub"
	"loket/hub/satisfaction"
	"loket/kiosk"
)

func (s *Server) surveyRoutes(_, desk *routes) {
	desk.Handle("GET /desk/survey", s.officer(s.survey))
	desk.Handle("POST /desk/survey/served", s.officer(s.surveyServed))
	desk.Handle("GET /desk/survey.pdf", s.officer(s.surveyPublication))
	desk.Handle("GET /desk/survey/ease", s.officer(s.ease))
	for _, format := range formats[:2] {
		desk.Handle("GET /desk/survey."+format, s.officer(func(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
			return s.surveyElements(w, r, officer, format)
		}))
		desk.Handle("GET /desk/survey/table."+format, s.officer(func(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
			return s.surveyTable(w, r, officer, format)
		}))
	}
	for _, format := range formats {
		desk.Handle("GET /desk/survey/ease."+format, s.officer(func(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
			return s.easeExport(w, r, officer, format)
		}))
	}
}

// surveyScope is what a page of a survey is asked for.
type surveyScope struct {
	page
	hub.SurveyScope
	Offices, Units, Services []option
	Periods                  []hub.Period
	Year                     int
	Query                    template.URL // of the same scope
	with                     url.Values
}

// In is the query of the same scope in another period.
func (p *surveyScope) In(x hub.Period) template.URL {
	q := url.Values{}
	for key := range p.with {
		q.Set(key, p.with.Get(key))
	}
	q.Del("served") // of another period
	q.Set("from", x.From)
	q.Set("to", x.To)
	return template.URL(q.Encode())
}

// PeriodName is how a period is called.
func (p *surveyScope) PeriodName(x hub.Period) string {
	year, part, _ := strings.Cut(x.ID, "-")
	if part == "" {
		return year
	}
	return p.W.T("survey.period."+part[:1], "n", part[1:], "year", year)
}

// surveyScopeOf reads what is asked for; without dates it is this year.
func (s *Server) surveyScopeOf(p *surveyScope, r *http.Request, officer hub.Officer) {
	s.desk(&p.page, r, officer)
	p.W = s.say(r)
	p.SurveyScope = hub.SurveyScope{From: r.FormValue("from"), To: r.FormValue("to"), Office: r.FormValue("office"), Unit: r.FormValue("unit"), Service: r.FormValue("service")}
	if p.Office == "" {
		p.Office = officer.Office // theirs, unless they may see all
	}
	today := s.hub.Now().In(kiosk.Zone("WIB"))
	from, err := time.Parse(time.DateOnly, p.From)
	if err != nil {
		p.From, from = fmt.Sprintf("%d-01-01", today.Year()), today
	}
	if _, err := time.Parse(time.DateOnly, p.To); err != nil {
		p.To = fmt.Sprintf("%d-12-31", from.Year())
	}
	p.Year, p.Periods = from.Year(), hub.Periods(from.Year())
	p.Offices = s.offices(officer, language(r))
	for _, u := range s.hub.Catalogue.Inner {
		p.Units = append(p.Units, option{u.ID, u.Name.In(language(r))})
	}
	for _, x := range s.hub.Catalogue.Services {
		p.Services = append(p.Services, option{x.ID, x.Name.In(language(r))})
	}
	p.with = url.Values{"from": {p.From}, "to": {p.To}}
	for key, value := range map[string]string{"office": p.Office, "unit": p.Unit, "service": p.Service, "instrument": r.FormValue("instrument")} {
		if value != "" {
			p.with.Set(key, value)
		}
	}
	if n, err := strconv.Atoi(r.FormValue("served")); err == nil && n > 0 {
		p.with.Set("served", strconv.Itoa(n))
	}
	p.Query = template.URL(p.with.Encode())
}

// surveyPage is the satisfaction index of a period, an office, unit and service.
type surveyPage struct {
	surveyScope
	Instruments []option
	Survey      *hub.Survey
	Says        bool // the officer may say how many were served
	Parts       []surveyParts
}

type surveyParts struct {
	Title string
	Rows  []hub.SurveyPart
}

// Instrument is the one that was answered.
func (p *surveyPage) Instrument() *satisfaction.Instrument { return p.Survey.Instrument }

// Mean is a mean of an element as the decree writes it, with three decimals.
func (p *surveyPage) Mean(x satisfaction.Score) string { return mean(x.Mean) }

// Weighted is its part of the index.
func (p *surveyPage) Weighted(x satisfaction.Score) string { return mean(x.Weighted()) }

func mean(m *big.Rat) string {
	if m == nil {
		return "–"
	}
	return decimal(m, 3)
}

// Percent is where a mean stands on the scale, for the bar beside it.
func (p *surveyPage) Percent(x satisfaction.Score) int {
	if x.Mean == nil {
		return 0
	}
	f, _ := x.Mean.Float64()
	in := p.Instrument()
	return int((f - float64(in.Lowest)) / float64(in.Highest-in.Lowest) * 100)
}

// Comma writes a decimal as Indonesians do.
func (p *surveyPage) Comma(s string) string { return strings.ReplaceAll(s, ".", ",") }

// refusedFigures is the page for figures that are not an officer's.
func refusedFigures(err error) error {
	if errors.Is(err, hub.ErrForbidden) {
		return &refusal{status: http.StatusForbidden, sentence: "these figures are not for this officer's role or office"}
	}
	return err
}

// surveyOf computes what is asked for.
func (s *Server) surveyOf(r *http.Request, officer hub.Officer) (*surveyPage, error) {
	p := new(surveyPage)
	s.surveyScopeOf(&p.surveyScope, r, officer)
	in := s.hub.Instrument
	if name := r.FormValue("instrument"); name != "" {
		if in = s.hub.Instruments.Named(name); in == nil {
			return nil, hub.ErrNotFound
		}
	}
	served, _ := strconv.Atoi(r.FormValue("served"))
	var err error
	if p.Survey, err = s.hub.Survey(r.Context(), officer, in, p.SurveyScope, max(served, 0)); err != nil {
		return nil, refusedFigures(err)
	}
	for _, x := range s.hub.Instruments.All {
		p.Instruments = append(p.Instruments, option{x.Name, x.Title.In(language(r))})
	}
	for _, part := range []surveyParts{{p.W.T("survey.offices"), p.Survey.Offices}, {p.W.T("survey.units"), p.Survey.Units}, {p.W.T("survey.services"), p.Survey.Services}} {
		if len(part.Rows) > 0 {
			p.Parts = append(p.Parts, part)
		}
	}
	p.Says = s.hub.SaysServed(officer, p.Office)
	return p, nil
}

func (s *Server) survey(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.surveyOf(r, officer)
	if err != nil {
		return err
	}
	if r.FormValue("saved") != "" {
		p.Message = "desk.saved"
	}
	return s.render(w, http.StatusOK, "survey", p, r)
}

// surveyServed keeps how many were served in the period that is shown.
func (s *Server) surveyServed(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	if err := r.ParseForm(); err != nil {
		return err
	}
	p := new(surveyScope)
	s.surveyScopeOf(p, r, officer)
	n, err := strconv.Atoi(strings.ReplaceAll(r.PostFormValue("served"), ".", ""))
	if err == nil {
		err = s.hub.SetServed(r.Context(), officer, p.SurveyScope, n)
	} else {
		err = hub.ErrEntry
	}
	if errors.Is(err, hub.ErrEntry) {
		return &refusal{status: http.StatusBadRequest, sentence: "no such number of people"}
	}
	if err != nil {
		return refusedFigures(err)
	}
	p.with.Del("served")
	http.Redirect(w, r, "/desk/survey?"+p.with.Encode()+"&saved=1", http.StatusSeeOther)
	return nil
}

// surveyName is what a survey's files are called.
func (p *surveyPage) surveyName() string {
	return fmt.Sprintf("%s-%s-%s", p.Instrument().Name, p.From, p.To)
}

// scopeName says what was surveyed, in Indonesian.
func (s *Server) scopeName(p hub.SurveyScope) string {
	words := s.words.In(kiosk.Indonesian)
	day := func(iso string) string {
		d, _ := time.Parse(time.DateOnly, iso)
		return words.Day(d)
	}
	name := s.bodyName(p.Office)
	for _, u := range s.hub.Catalogue.Inner {
		if u.ID == p.Unit {
			name += " · " + u.Name.In(kiosk.Indonesian)
		}
	}
	if x, ok := s.hub.Catalogue.Service(p.Service); ok {
		name += " · " + x.Name.In(kiosk.Indonesian)
	}
	return name + " · " + words.T("survey.span", "from", day(p.From), "to", day(p.To))
}

// surveyElements is a line an element, for a spreadsheet.
func (s *Server) surveyElements(w http.ResponseWriter, r *http.Request, officer hub.Officer, format string) error {
	p, err := s.surveyOf(r, officer)
	if err != nil {
		return err
	}
	in := p.Instrument()
	t := exportTable{Name: p.surveyName(), Title: in.Title.In(kiosk.Indonesian), Subtitle: s.scopeName(p.SurveyScope),
		Columns: []exportColumn{{Head: "kode"}, {Head: "unsur"}, {Head: "jawaban"}, {Head: "nrr", Places: 6}, {Head: "bobot"}}}
	for _, x := range p.Survey.Scores {
		var m any
		if x.Mean != nil {
			m = x.Mean
		}
		t.Rows = append(t.Rows, []any{x.Code, x.Label.In(kiosk.Indonesian), x.Answers, m, x.Weight().RatString()})
	}
	name := strings.ToUpper(in.Name)
	t.Foot = [][]any{{"", "responden", p.Survey.Asked}, {"", "sampel minimum", p.Survey.Needed}, {"", name, "", exactly(p.Survey.Exact), p.Survey.Grade.Grade}}
	if in.Printed != "" {
		t.Foot = append(t.Foot, []any{"", name + " (bobot " + in.Printed + ")", "", exactly(p.Survey.Printed), ""})
	}
	return s.sendTable(w, r, format, t)
}

// exactly is a value as it was rounded; nil for none.
func exactly(value string) any {
	if n, ok := new(big.Rat).SetString(value); ok {
		return placed{n, 2}
	}
	return nil
}

// surveyTable is the decree's table: a row a respondent, a column an element, and
// below them the means and what they weigh. Rows are left out where they would
// be of too few.
func (s *Server) surveyTable(w http.ResponseWriter, r *http.Request, officer hub.Officer, format string) error {
	p, err := s.surveyOf(r, officer)
	if err != nil {
		return err
	}
	x, words := p.Survey, s.words.In(kiosk.Indonesian)
	t := exportTable{Name: p.surveyName() + "-tabel", Title: x.Instrument.Title.In(kiosk.Indonesian), Subtitle: s.scopeName(p.SurveyScope), Columns: []exportColumn{{Head: "No."}},
		Figures: []exportFigure{{words.T("survey.respondents"), x.Asked}, {words.T("survey.sample"), x.Needed}}}
	for _, e := range x.Instrument.Elements {
		t.Columns = append(t.Columns, exportColumn{Head: e.Code})
	}
	n := 0
	for _, a := range x.Answers {
		row, any := []any{n + 1}, false
		for _, e := range x.Instrument.Elements {
			if v, ok := x.Instrument.Value(e, a); ok {
				row, any = append(row, v), true
			} else {
				row = append(row, nil)
			}
		}
		if any && x.Asked >= hub.SurveyFewest {
			t.Rows = append(t.Rows, row)
			n++
		}
	}
	if x.Asked < hub.SurveyFewest {
		t.Figures = append(t.Figures, exportFigure{words.T("survey.toofew", "n", hub.SurveyFewest), ""})
		return s.sendTable(w, r, format, t)
	}
	sums, means, weighted := []any{words.T("survey.row.sum")}, []any{words.T("survey.row.mean")}, []any{words.T("survey.row.weighted")}
	for _, sc := range x.Scores {
		if sc.Mean == nil {
			sums, means, weighted = append(sums, nil), append(means, nil), append(weighted, nil)
			continue
		}
		sums = append(sums, new(big.Rat).Mul(sc.Mean, big.NewRat(int64(sc.Answers), 1)))
		means, weighted = append(means, placed{sc.Mean, 3}), append(weighted, placed{sc.Weighted(), 3})
	}
	index := exactly(x.Published)
	if index == nil {
		index = words.T("survey.few.short")
	}
	name := x.Instrument.Index.In(kiosk.Indonesian)
	t.Foot = [][]any{sums, means, weighted, {name, index, x.Grade.Grade}}
	t.Figures = append(t.Figures, exportFigure{name, index}, exportFigure{words.T("survey.grade"), x.Grade.Grade})
	return s.sendTable(w, r, format, t)
}

// surveyPublication is the sheet that the decree asks an office to publish.
func (s *Server) surveyPublication(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.surveyOf(r, officer)
	if err != nil {
		return err
	}
	texts, err := s.hub.Store.ReportTexts(r.Context(), p.Office, p.Year)
	if err != nil {
		return err
	}
	b, err := s.documents.PDF(s.documents.Publication(p.Survey, s.scopeName(p.SurveyScope), texts))
	if err != nil {
		return err
	}
	return sendFile(w, p.surveyName()+"-publikasi.pdf", "application/pdf", b)
}

// easePage is how easy visitors found the kiosks, by office and month.
type easePage struct {
	surveyScope
	Ease    *hub.Ease
	Formats []string
}

// MonthName is a month of a year.
func (p *easePage) MonthName(iso string) string {
	d, err := time.Parse("2006-01", iso)
	if err != nil {
		return iso
	}
	return p.W.Month(d.Month()) + " " + strconv.Itoa(d.Year())
}

func (s *Server) easeOf(r *http.Request, officer hub.Officer) (*easePage, error) {
	p := &easePage{Formats: formats}
	s.surveyScopeOf(&p.surveyScope, r, officer)
	var err error
	p.Ease, err = s.hub.Ease(r.Context(), officer, p.SurveyScope)
	return p, refusedFigures(err)
}

func (s *Server) ease(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.easeOf(r, officer)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "ease", p, r)
}

func (s *Server) easeExport(w http.ResponseWriter, r *http.Request, officer hub.Officer, format string) error {
	p, err := s.easeOf(r, officer)
	if err != nil {
		return err
	}
	words := s.words.In(kiosk.Indonesian)
	t := exportTable{Name: "kemudahan-" + p.From + "-" + p.To, Title: words.T("ease.title"), Subtitle: s.scopeName(p.SurveyScope), Columns: []exportColumn{{Head: words.T("desk.office"), Share: 3}, {Head: words.T("ease.month"), Share: 1.5}}}
	for _, o := range p.Ease.Options {
		t.Columns = append(t.Columns, exportColumn{Head: o.Label.In(kiosk.Indonesian), Right: true}, exportColumn{Head: o.Label.In(kiosk.Indonesian) + " (%)", Right: true})
	}
	t.Columns = append(t.Columns, exportColumn{Head: words.T("ease.touches"), Right: true})
	row := func(label, month string, x hub.EasePart) []any {
		cells := []any{label, month}
		for i, n := range x.Counts {
			cells = append(cells, n, x.Percent(i))
		}
		return append(cells, x.Total)
	}
	for _, x := range p.Ease.Parts {
		t.Rows = append(t.Rows, row(x.Label.In(kiosk.Indonesian), x.Month, x))
	}
	t.Foot = [][]any{row(words.T("year.sum"), "", p.Ease.All)}
	return s.sendTable(w, r, format, t)
}
