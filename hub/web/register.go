package web

import (
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"

	"loket/hub"
	"loket/hub/paper"
	"loket/kiosk"
	"loket/kiosk/track"
)

func (s *Server) registerRoutes(_, desk *routes) {
	desk.Handle("GET /desk/register", s.officer(s.register))
	for _, format := range formats {
		desk.Handle("GET /desk/register."+format, s.officer(func(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
			return s.registerExport(w, r, officer, format)
		}))
	}
	desk.Handle("POST /desk/case/{number}/register", s.officer(s.bookEnter))
	desk.Handle("POST /desk/case/{number}/register/number", s.officer(s.bookNumber))
}

// registerPage is one of the law's registers, with its year's figures.
type registerPage struct {
	page
	Register *hub.Register
	Title    string
	Office   string
	Offices  []option
	Kinds    []option
	Find     string
	Formats  []string
	Query    string
	Path     string // of the page, for its exports
	lines    []hub.RegisterLine
}

// Average is how long answers took, as Indonesians write it.
func (p *registerPage) Average() string { return average(p.Register.Figures) }

func average(f hub.Figures) string {
	if mean := f.Mean(); mean != nil {
		return decimal(mean, 1)
	}
	return "–"
}

// Lines are those that are asked for, as a page shows them.
func (p *registerPage) Lines() (all []registerRow) {
	for _, x := range p.lines {
		row := registerRow{Path: string(x.Number)}
		for i, c := range p.Register.Columns {
			row.Cells = append(row.Cells, paperCell(x.Cells[i], onPaper(c)))
		}
		all = append(all, row)
	}
	return all
}

type registerRow struct {
	Path  string
	Cells []string // the first is its number, or empty
}

// Split are the figures by month, office and applicant.
func (p *registerPage) Split() (all []figuresTable) {
	w := p.W
	months := make([]hub.Breakdown, 0, 12)
	for i, b := range p.Register.Months {
		name := w.Month(time.Month(i + 1))
		b.Label = kiosk.Text{w.Language: name}
		months = append(months, b)
	}
	all = []figuresTable{{w.T("register.months"), months}}
	if len(p.Register.Offices) > 1 {
		all = append(all, figuresTable{w.T("register.offices"), p.Register.Offices})
	}
	return append(all, figuresTable{w.T("register.applicants"), p.Register.Applicants})
}

type figuresTable struct {
	Title string
	Rows  []hub.Breakdown
}

// Mean is the average of one part.
func (p *registerPage) Mean(b hub.Breakdown) string { return average(b.Figures) }

func (s *Server) registerOf(r *http.Request, officer hub.Officer) (*registerPage, error) {
	p := &registerPage{Office: r.FormValue("office"), Find: strings.TrimSpace(r.FormValue("q")), Formats: formats, Query: r.URL.RawQuery}
	s.desk(&p.page, r, officer)
	p.W = s.say(r)
	kind := r.FormValue("kind")
	if kind == "" {
		kind = "information"
	}
	var err error
	p.Register, err = s.hub.Register(r.Context(), officer, kind, s.year(r), p.Office)
	switch {
	case errors.Is(err, hub.ErrForbidden):
		return nil, &refusal{status: http.StatusForbidden, sentence: "this register is not for this officer's role"}
	case errors.Is(err, hub.ErrKind):
		return nil, hub.ErrNotFound
	case err != nil:
		return nil, err
	}
	p.lines = p.Register.Lines
	if p.Find != "" {
		found, err := s.hub.Store.Find(r.Context(), p.Find)
		if err != nil {
			return nil, err
		}
		if n, err := track.ParseNumber(p.Find); err == nil {
			found[n] = true
		}
		p.lines = nil
		for _, x := range p.Register.Lines {
			if found[x.Number] {
				p.lines = append(p.lines, x)
			}
		}
	}
	for _, name := range []string{"information", "objection"} {
		if f := s.hub.Catalogue.Form(name); f != nil {
			p.Kinds = append(p.Kinds, option{name, f.Title.In(language(r))})
			if name == kind {
				p.Title = f.Title.In(language(r))
			}
		}
	}
	p.Offices = s.offices(officer, language(r))
	return p, nil
}

// year is the one asked for, or this.
func (s *Server) year(r *http.Request) int {
	year, err := strconv.Atoi(r.FormValue("year"))
	if err != nil || year < 2000 || year > 2999 {
		year = s.hub.Now().In(kiosk.Zone("WIB")).Year()
	}
	return year
}

func (s *Server) register(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.registerOf(r, officer)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "register", p, r)
}

// onPaper is a column of a book as one of a table that leaves the hub.
func onPaper(c hub.RegisterColumn) exportColumn {
	return exportColumn{Head: c.Head, Share: c.Share, Under: c.Under, Lead: c.Lead, Weekday: c.Weekday, Right: c.Right}
}

// registerExport sends the book as prescribed, in Indonesian.
func (s *Server) registerExport(w http.ResponseWriter, r *http.Request, officer hub.Officer, format string) error {
	p, err := s.registerOf(r, officer)
	if err != nil {
		return err
	}
	words := s.words.In(kiosk.Indonesian)
	scope := p.Office
	if scope == "" {
		scope = officer.Office
	}
	t := exportTable{Name: fmt.Sprintf("register-%s-%d", p.Register.Kind, p.Register.Year), Title: words.T("register.book." + p.Register.Kind),
		Subtitle: fmt.Sprintf("%s · %s %d", s.bodyName(scope), words.T("register.year"), p.Register.Year)}
	for _, c := range p.Register.Columns {
		t.Columns = append(t.Columns, onPaper(c))
	}
	for _, x := range p.lines {
		t.Rows = append(t.Rows, x.Cells)
	}
	f := p.Register.Figures
	t.Figures = []exportFigure{{words.T("register.received"), f.Received}, {words.T("register.answered"), f.Answered}, {words.T("register.figure.intime"), f.InTime}}
	if mean := f.Mean(); mean != nil {
		t.Figures = append(t.Figures, exportFigure{words.T("register.figure.average"), mean})
	}
	for _, x := range f.Outcomes {
		t.Figures = append(t.Figures, exportFigure{x.Label.In(kiosk.Indonesian), x.Count})
	}
	t.Figures = append(t.Figures, exportFigure{words.T("register.notours"), f.NotOurs}, exportFigure{words.T("register.lapsed"), f.Lapsed}, exportFigure{words.T("register.open"), f.Open})
	for _, missing := range p.Register.Missing {
		t.Figures = append(t.Figures, exportFigure{words.T("register.missing"), missing})
	}
	t.Notes = []string{words.T("register.basis")}
	if t.Signs, err = s.signs(r, scope, p.Register.Year); err != nil {
		return err
	}
	return s.sendTable(w, r, format, t)
}

// bodyName is the ministry with the office, where it is one.
func (s *Server) bodyName(office string) string {
	name := s.hub.Catalogue.Ministry.In(kiosk.Indonesian)
	if o, ok := s.hub.Catalogue.Office(office); ok {
		name += ", " + o.Name.In(kiosk.Indonesian)
	}
	return name
}

// signs is where the official in charge of an office signs today: by name, where
// the yearly report says it.
func (s *Server) signs(r *http.Request, office string, year int) ([]paper.Sign, error) {
	texts, err := s.hub.Store.ReportTexts(r.Context(), office, year)
	if err != nil {
		return nil, err
	}
	return []paper.Sign{s.documents.Sign(office, texts)}, nil
}

// bookPart is a case's line in its book, on the case's page.
type bookPart struct {
	Kind, Path, Label string
	Entry             hub.RegisterEntry
	Forms             []string
	Acts              bool
	Cost              string   // as it was typed
	First, Last       string   // days between which the information can have been given
	Papers            []option // that can be had as PDF: path and words
	Said              []answer // what was entered
}

// bookOf is the line of a case, nil for one whose kind has no book.
func (s *Server) bookOf(r *http.Request, officer hub.Officer, c hub.Case) (*bookPart, error) {
	if !s.hub.Books(c.Form.Name) {
		return nil, nil
	}
	b := &bookPart{Kind: c.Form.Name, Path: string(c.Number), Acts: s.hub.Acts(officer, c), Forms: hub.HeldForms,
		First: s.hub.Local(c.Office, c.FiledAt).Format(time.DateOnly), Last: s.hub.Local(c.Office, s.hub.Now()).Format(time.DateOnly)}
	n, err := s.hub.Store.RegisterNumber(r.Context(), c.Number)
	if err != nil && !errors.Is(err, hub.ErrNotFound) {
		return nil, err
	}
	b.Label = n.Label
	b.Entry, err = s.hub.Store.RegisterEntry(r.Context(), c.Number)
	if errors.Is(err, hub.ErrNotFound) {
		b.Entry, err = hub.RegisterEntry{Cost: hub.NotSaid}, nil
	}
	if err != nil {
		return nil, err
	}
	if b.Entry.Cost != hub.NotSaid {
		b.Cost = strconv.FormatInt(b.Entry.Cost, 10)
	}
	w := s.say(r)
	tell := func(key, text string) {
		if text != "" {
			b.Said = append(b.Said, answer{w.T(key), text})
		}
	}
	e := b.Entry
	if e.Undocumented {
		tell("book.documented", w.T("book.undocumented"))
	}
	tell("book.form", e.Form)
	if day, err := time.Parse(time.DateOnly, e.Given); err == nil {
		tell("book.given", w.Date(day))
	}
	if e.Cost != hub.NotSaid {
		tell("book.cost", "Rp"+decimal(big.NewRat(e.Cost, 1), 0))
	}
	tell("book.payment", e.Payment)
	tell("book.superior", e.Superior)
	tell("book.position", e.Position)
	tell("book.response", e.Response)
	for _, name := range s.documents.Letters(c) {
		b.Papers = append(b.Papers, option{fmt.Sprintf("/desk/case/%s/%s.pdf", string(c.Number), name), w.T("paper." + name)})
	}
	return b, nil
}

// bookEnter keeps what an officer adds to the line.
func (s *Server) bookEnter(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	if err := r.ParseForm(); err != nil {
		return err
	}
	n, err := track.ParseNumber(r.PathValue("number"))
	if err != nil {
		return hub.ErrNotFound
	}
	e := hub.RegisterEntry{Number: n, Undocumented: r.PostFormValue("undocumented") != "", Form: r.PostFormValue("form"), Given: r.PostFormValue("given"), Cost: hub.NotSaid,
		Payment: r.PostFormValue("payment"), Superior: r.PostFormValue("superior"), Position: r.PostFormValue("position"), Response: r.PostFormValue("response")}
	last, err := strconv.Atoi(r.PostFormValue("entry"))
	if err != nil {
		return &refusal{status: http.StatusBadRequest, sentence: "no edition"}
	}
	e.Edition = last + 1
	typed := strings.NewReplacer("Rp", "", ".", "", " ", "").Replace(r.PostFormValue("cost"))
	if typed != "" {
		if e.Cost, err = strconv.ParseInt(typed, 10, 64); err != nil || e.Cost < 0 {
			e.Cost, typed = hub.NotSaid, "?"
		}
	}
	if typed == "?" {
		err = hub.ErrEntry
	} else {
		err = s.hub.Enter(r.Context(), officer, e)
	}
	return s.booked(w, r, officer, err, e)
}

// bookNumber gives the case its number now.
func (s *Server) bookNumber(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	n, err := track.ParseNumber(r.PathValue("number"))
	if err != nil {
		return hub.ErrNotFound
	}
	_, err = s.hub.GiveNumber(r.Context(), officer, n)
	return s.booked(w, r, officer, err, hub.RegisterEntry{Number: n})
}

// booked answers after the line was changed, or why it was not: nothing typed
// is lost.
func (s *Server) booked(w http.ResponseWriter, r *http.Request, officer hub.Officer, err error, e hub.RegisterEntry) error {
	message, status := "", http.StatusUnprocessableEntity
	switch {
	case err == nil:
		http.Redirect(w, r, fmt.Sprintf("/desk/case/%s?saved=1#book", string(e.Number)), http.StatusSeeOther)
		return nil
	case errors.Is(err, hub.ErrForbidden):
		return &refusal{status: http.StatusForbidden, sentence: "this case is not for this officer to change"}
	case errors.Is(err, hub.ErrKind):
		return hub.ErrNotFound
	case errors.Is(err, hub.ErrChanged):
		message, status = "desk.changed", http.StatusConflict
	case errors.Is(err, hub.ErrEntry):
		message = "book.wrong"
	default:
		return err
	}
	p, err := s.casePage(r, officer, false)
	if err != nil {
		return err
	}
	if p.Message = message; status != http.StatusConflict {
		e.Edition--
		p.Book.Entry, p.Book.Cost = e, r.PostFormValue("cost")
	}
	return s.render(w, status, "case", p, r)
}
