package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"loket/hub"
	"loket/hub/masking"
	"loket/kiosk"
	"loket/kiosk/track"
	"loket/kiosk/words"
)

func (s *Server) changesRoutes(public, desk *routes) {
	public.Handle("GET /changes", s.handle(s.changes))
	desk.Handle("GET /desk/changes", s.officer(s.improvements))
	desk.Handle("GET /desk/changes/{id}", s.officer(s.improvementShow))
	desk.Handle("POST /desk/changes/{id}", s.officer(s.improvementSave))
}

// change is a public entry of "you said, we changed" in a page's language.
type change struct {
	ID            int64
	On, Place     string
	Said, Changed string
	Language      kiosk.Language // of its text
	Cases         int            // that led to it; 0: none, or a few
	Few           bool
}

type changesPage struct {
	page
	Changes []change
}

func (s *Server) changes(w http.ResponseWriter, r *http.Request) error {
	all, err := s.hub.Changes(r.Context())
	if err != nil {
		return err
	}
	p := &changesPage{Changes: s.changesIn(all, s.say(r))}
	p.Kind, p.Indexed = "public roomy", true
	w.Header().Set("Cache-Control", "public, max-age=60")
	w.Header().Set("Vary", "Accept-Language")
	return s.render(w, http.StatusOK, "changes", p, r)
}

// changesIn are entries in a language, or in Indonesian where they lack it.
func (s *Server) changesIn(all []hub.Improvement, w words.Words) (list []change) {
	for _, i := range all {
		x := change{ID: i.ID, On: s.day(i.Day, w), Place: s.placeOf(i, w), Language: w.Language, Few: i.Few()}
		if i.Said[w.Language] == "" || i.Changed[w.Language] == "" {
			x.Language = kiosk.Indonesian
		}
		x.Said, x.Changed = masking.Clean(i.Said.In(x.Language)), masking.Clean(i.Changed.In(x.Language))
		if !x.Few {
			x.Cases = len(i.Cases)
		}
		list = append(list, x)
	}
	return list
}

// placeOf says where something was changed: office and service.
func (s *Server) placeOf(i hub.Improvement, w words.Words) string {
	place := s.hub.Catalogue.Ministry.In(w.Language)
	if o, ok := s.hub.Catalogue.Office(i.Office); ok {
		place = o.Name.In(w.Language)
	}
	if x, ok := s.hub.Catalogue.Service(i.Service); ok {
		place += " · " + x.Name.In(w.Language)
	}
	return place
}

// day writes an ISO date without its weekday.
func (s *Server) day(iso string, w words.Words) string {
	d, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return w.Day(d)
}

// entry is an improvement as a list of the desk shows it.
type entry struct {
	hub.Improvement
	On, Place, Written string
}

type improvementsPage struct {
	page
	Entries []entry
}

func (s *Server) improvements(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	if !s.hub.WritesImprovements(officer, officer.Office) {
		return &refusal{status: http.StatusForbidden, sentence: "this list is not for this officer's role"}
	}
	newest, _, err := s.hub.Improvements(r.Context(), officer, 0)
	if err != nil {
		return err
	}
	p := &improvementsPage{}
	for _, i := range newest {
		p.Entries = append(p.Entries, s.entry(i, s.say(r)))
	}
	s.desk(&p.page, r, officer)
	return s.render(w, http.StatusOK, "improvements", p, r)
}

func (s *Server) entry(i hub.Improvement, w words.Words) entry {
	at := i.At.In(kiosk.Zone("WIB"))
	return entry{i, s.day(i.Day, w), s.placeOf(i, w), w.Day(at) + ", " + w.Clock(at)}
}

type improvementPage struct {
	page
	Path      string // of the form
	Typed     hub.Improvement
	Numbers   string // of linked cases, one a line
	Offices   []option
	Whole     bool // entries about the whole ministry are theirs, too
	Services  []option
	Versions  []entry
	Publishes bool
	State     string // of the newest version; empty: a new entry
}

// In is a text in one language alone.
func (p *improvementPage) In(t kiosk.Text, l kiosk.Language) string { return t[l] }

// improvementShow is the form of an entry, or of a new one.
func (s *Server) improvementShow(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.improvementPage(r, officer)
	if err != nil {
		return err
	}
	switch r.FormValue("saved") {
	case "1":
		p.Message = "desk.saved"
	case "masked":
		p.Message = "changes.masked"
	}
	return s.render(w, http.StatusOK, "improvement", p, r)
}

func (s *Server) improvementPage(r *http.Request, officer hub.Officer) (*improvementPage, error) {
	if !s.hub.WritesImprovements(officer, officer.Office) {
		return nil, &refusal{status: http.StatusForbidden, sentence: "this list is not for this officer's role"}
	}
	say := s.say(r)
	p := &improvementPage{Path: r.PathValue("id"), Whole: officer.Office == "", Offices: s.offices(officer, say.Language), Publishes: s.hub.PublishesImprovements(officer, officer.Office)}
	for _, x := range s.hub.Catalogue.Services {
		p.Services = append(p.Services, option{x.ID, x.Name.In(say.Language)})
	}
	p.Typed = hub.Improvement{Office: officer.Office, Day: s.hub.Now().In(kiosk.Zone("WIB")).Format(time.DateOnly), Said: kiosk.Text{}, Changed: kiosk.Text{}}
	if p.Path != "new" {
		id, err := strconv.ParseInt(p.Path, 10, 64)
		if err != nil {
			return nil, hub.ErrNotFound
		}
		_, versions, err := s.hub.Improvements(r.Context(), officer, id)
		if err != nil {
			return nil, err
		}
		if len(versions) == 0 {
			return nil, hub.ErrNotFound
		}
		p.Typed, p.State = versions[0], versions[0].State
		for _, v := range versions {
			p.Versions = append(p.Versions, s.entry(v, say))
		}
	} else if n, err := track.ParseNumber(r.FormValue("case")); err == nil { // from a case's page
		p.Typed.Cases = []kiosk.Number{n}
	}
	var lines []string
	for _, n := range p.Typed.Cases {
		lines = append(lines, n.String())
	}
	p.Numbers = strings.Join(lines, "\n")
	s.desk(&p.page, r, officer)
	return p, nil
}

// improvementSave keeps a new version; what was typed is not lost.
func (s *Server) improvementSave(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	if err := r.ParseForm(); err != nil {
		return err
	}
	p, err := s.improvementPage(r, officer)
	if err != nil {
		return err
	}
	i := hub.Improvement{ID: p.Typed.ID, Office: r.PostFormValue("office"), Service: r.PostFormValue("service"), Day: r.PostFormValue("day"), State: hub.Draft,
		Said:    kiosk.Text{kiosk.Indonesian: r.PostFormValue("said_id"), kiosk.English: r.PostFormValue("said_en")},
		Changed: kiosk.Text{kiosk.Indonesian: r.PostFormValue("changed_id"), kiosk.English: r.PostFormValue("changed_en")}}
	i.Version, _ = strconv.Atoi(r.PostFormValue("version"))
	i.Version++
	switch r.PostFormValue("do") {
	case "publish":
		i.State = hub.Published
	case "withdraw":
		i.State = hub.Withdrawn
	}
	var wrong error
	for _, line := range strings.FieldsFunc(r.PostFormValue("cases"), func(r rune) bool { return r == '\n' || r == ',' || r == ';' }) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		n, err := track.ParseNumber(line)
		if err != nil {
			wrong = hub.ErrCase
		}
		i.Cases = append(i.Cases, n)
	}
	typed := fmt.Sprint(i.Said, i.Changed)
	id := int64(0)
	if wrong == nil {
		id, wrong = s.hub.Improve(r.Context(), officer, i)
	}
	if wrong == nil {
		saved := "1"
		if masking.Clean(typed) != typed {
			saved = "masked"
		}
		http.Redirect(w, r, fmt.Sprintf("/desk/changes/%d?saved=%s", id, saved), http.StatusSeeOther)
		return nil
	}
	status := http.StatusUnprocessableEntity
	for of, key := range map[error]string{hub.ErrForbidden: "desk.need.role", hub.ErrEmpty: "changes.need.text", hub.ErrCase: "changes.need.case", hub.ErrChanged: "changes.conflict", hub.ErrUnit: "desk.need.unit"} {
		if errors.Is(wrong, of) {
			p.Message = key
		}
	}
	switch {
	case p.Message == "":
		return wrong
	case errors.Is(wrong, hub.ErrChanged):
		status = http.StatusConflict
	case errors.Is(wrong, hub.ErrForbidden):
		status = http.StatusForbidden
	}
	i.Version-- // what they saw
	p.Typed, p.Numbers = i, r.PostFormValue("cases")
	if slices.Contains([]string{"", "new"}, p.Path) {
		p.Path = "new"
	}
	return s.render(w, status, "improvement", p, r)
}
