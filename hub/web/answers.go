package web

import (
	"net/http"
	"strconv"
	"strings"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/words"
)

func (s *Server) templateRoutes(_, desk *routes) {
	desk.Handle("GET /desk/templates", s.officer(s.templates))
	desk.Handle("POST /desk/templates", s.officer(s.templateSave))
}

// templatesPage lists the answers to begin with, and one to be written.
type templatesPage struct {
	page
	Templates []templateRow
	Kinds     []option
	Outcomes  []reasons // by kind
	Edits     hub.Template
}

type templateRow struct {
	hub.Template
	KindLabel, Changed string
}

// templateFields are what may stand in braces: see [hub.Hub.Fill].
var templateFields = []string{"{nomor}", "{nama}", "{tanggal}", "{batas}", "{kantor}", "{unit}"}

// Fields are what may stand in braces.
func (p *templatesPage) Fields() []string { return templateFields }

func (s *Server) templates(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	id, _ := strconv.ParseInt(r.FormValue("id"), 10, 64)
	return s.templatesPage(w, r, officer, hub.Template{ID: id}, "")
}

func (s *Server) templatesPage(w http.ResponseWriter, r *http.Request, officer hub.Officer, edits hub.Template, message string) error {
	if !s.hub.WritesTemplates(officer) {
		return &refusal{status: http.StatusForbidden, sentence: "templates are not for this officer's role"}
	}
	p := &templatesPage{Edits: edits}
	if p.Message = message; r.FormValue("saved") != "" {
		p.Message = "desk.saved"
	}
	s.desk(&p.page, r, officer)
	say := s.say(r)
	all, err := s.hub.Store.Templates(r.Context())
	if err != nil {
		return err
	}
	for _, t := range all {
		row := templateRow{Template: t, KindLabel: say.T("desk.all"), Changed: t.By + ", " + say.Day(s.hub.Local(officer.Office, t.At))}
		if f := s.hub.Catalogue.Form(t.Kind); f != nil {
			row.KindLabel = f.Title.In(say.Language)
		}
		if t.ID == edits.ID && edits.Title == "" && message == "" {
			p.Edits = t
		}
		p.Templates = append(p.Templates, row)
	}
	p.Kinds, p.Outcomes = s.kinds(say)
	return s.render(w, map[bool]int{true: http.StatusOK, false: http.StatusUnprocessableEntity}[message == ""], "templates", p, r)
}

// kinds are the kinds of cases, and the outcomes of each.
func (s *Server) kinds(w words.Words) (kinds []option, outcomes []reasons) {
	for _, name := range s.hub.Catalogue.Names() {
		l := s.hub.Lifecycles.Kind(name)
		if l == nil {
			continue
		}
		title := s.hub.Catalogue.Form(name).Title.In(w.Language)
		kinds = append(kinds, option{name, title})
		group := reasons{Label: title}
		for _, o := range l.Outcomes {
			group.Options = append(group.Options, option{o.ID, o.Label.In(w.Language)})
		}
		outcomes = append(outcomes, group)
	}
	return kinds, outcomes
}

func (s *Server) templateSave(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	if !s.hub.WritesTemplates(officer) {
		return &refusal{status: http.StatusForbidden, sentence: "templates are not for this officer's role"}
	}
	t := hub.Template{Kind: r.PostFormValue("kind"), Outcome: r.PostFormValue("outcome"), Title: strings.TrimSpace(r.PostFormValue("title")),
		Body: strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("body"), "\r\n", "\n")), Retired: r.PostFormValue("retired") != "", By: officer.Name, At: s.hub.Now()}
	t.ID, _ = strconv.ParseInt(r.PostFormValue("id"), 10, 64)
	if t.Title == "" || t.Body == "" || len(t.Title) > 200 || len(t.Body) > 16_000 || t.Kind != "" && s.hub.Lifecycles.Kind(t.Kind) == nil {
		return s.templatesPage(w, r, officer, t, "template.need")
	}
	for _, field := range strings.FieldsFunc(t.Body, func(r rune) bool { return r == '}' }) {
		if _, name, ok := strings.Cut(field, "{"); ok && !known(name) {
			return s.templatesPage(w, r, officer, t, "template.field")
		}
	}
	if err := s.hub.Store.SaveTemplate(r.Context(), t); err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/templates?saved=1", http.StatusSeeOther)
	return nil
}

// known reports whether a name in braces is one of a template's fields.
func known(name string) bool {
	for _, f := range templateFields {
		if f == "{"+name+"}" {
			return true
		}
	}
	return false
}

// useTemplate puts an answer to begin with behind what was typed; nothing is
// saved yet.
func (s *Server) useTemplate(w http.ResponseWriter, r *http.Request, officer hub.Officer, typed hub.Change) error {
	p, err := s.casePage(r, officer, false)
	if err != nil {
		return err
	}
	if !p.Acts {
		return hub.ErrNotFound
	}
	p.Typed, p.Edition = typed, typed.Edition
	c, err := s.caseOf(r, officer)
	if err != nil {
		return err
	}
	language := c.Language
	if language != kiosk.English {
		language = kiosk.Indonesian
	}
	for _, t := range p.Templates {
		if strconv.FormatInt(t.ID, 10) != r.PostFormValue("template") {
			continue
		}
		text := s.hub.Fill(t.Body, c, s.words.In(language).Date)
		if p.Typed.Answer = strings.TrimSpace(p.Typed.Answer + "\n\n" + text); t.Outcome != "" {
			p.Typed.Outcome = t.Outcome
		}
	}
	return s.render(w, http.StatusOK, "case", p, r)
}
