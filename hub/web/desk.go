package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/track"
	"loket/kiosk/words"
)

const cookie = "loket_desk"

type officerHandler func(w http.ResponseWriter, r *http.Request, officer hub.Officer) error

// officer lets only officers through; others are asked to log in.
func (s *Server) officer(f officerHandler) http.Handler {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		c, err := r.Cookie(cookie)
		if err == nil {
			officer, err := s.hub.Who(r.Context(), c.Value)
			if err == nil {
				return f(w, r, officer)
			}
			if !errors.Is(err, hub.ErrNotFound) {
				return err
			}
		}
		http.Redirect(w, r, "/desk/login", http.StatusSeeOther)
		return nil
	})
}

func (s *Server) deskRoutes(_, desk *http.ServeMux) {
	desk.Handle("GET /desk", s.officer(s.inbox))
	desk.Handle("GET /desk/login", s.handle(s.loginForm))
	desk.Handle("POST /desk/login", s.handle(s.login))
	desk.Handle("POST /desk/logout", s.handle(s.logout))
	desk.Handle("GET /desk/case/{number}", s.officer(s.caseShow))
	desk.Handle("POST /desk/case/{number}", s.officer(s.caseChange))
	desk.Handle("GET /desk/case/{number}/tanda-bukti", s.officer(s.proof))
}

func (s *Server) loginForm(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, http.StatusOK, "login", page{Kind: "desk login"}, r)
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	name := "officer " + strings.TrimSpace(r.FormValue("name"))
	if !s.tries.allowed(client(r), name) {
		w.Header().Set("Retry-After", "60")
		return s.render(w, http.StatusTooManyRequests, "login", page{Kind: "desk login", Message: "desk.login.wait"}, r)
	}
	token, err := s.hub.LogIn(r.Context(), r.PostFormValue("name"), r.PostFormValue("password"))
	s.tries.note(name, err == nil)
	if errors.Is(err, hub.ErrLogin) {
		return s.render(w, http.StatusUnauthorized, "login", page{Kind: "desk login", Message: "desk.login.failed"}, r)
	}
	if err != nil {
		return err
	}
	s.setCookie(w, token, int(hub.SessionLives.Seconds()))
	http.Redirect(w, r, "/desk", http.StatusSeeOther)
	return nil
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) error {
	if c, err := r.Cookie(cookie); err == nil {
		if err := s.hub.LogOut(r.Context(), c.Value); err != nil {
			return err
		}
	}
	s.setCookie(w, "", -1)
	http.Redirect(w, r, "/desk/login", http.StatusSeeOther)
	return nil
}

func (s *Server) setCookie(w http.ResponseWriter, token string, age int) {
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: token, Path: "/desk", MaxAge: age, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode})
}

// row is a case as the list shows it.
type row struct {
	Path, Number, Form, Subject, Office, Filed, Left, Urgency string
	Identity                                                  kiosk.Identity
	Status                                                    kiosk.Status
	days                                                      int
}

type inboxPage struct {
	page
	Status       kiosk.Status
	Statuses     []kiosk.Status
	Find         string // words, or a number
	Form, Office string
	Forms        []option
	Offices      []option
	Rows         []row
	More         int // cases that are not shown
}

// Filtered reports whether the list is only of some cases.
func (p *inboxPage) Filtered() bool {
	return p.Status != "" || p.Find != "" || p.Form != "" || p.Office != ""
}

// With is the query of this list with another status.
func (p *inboxPage) With(status kiosk.Status) template.URL {
	q := url.Values{}
	for key, value := range map[string]string{"status": string(status), "q": p.Find, "form": p.Form, "office": p.Office} {
		if value != "" {
			q.Set(key, value)
		}
	}
	return template.URL("/desk?" + q.Encode())
}

// longest is how many cases a list shows.
const longest = 500

func (s *Server) row(c hub.Case, w words.Words) row {
	o, _ := s.hub.Catalogue.Office(c.Office)
	r := row{Path: string(c.Number), Number: c.Number.String(), Form: c.Form.Name, Office: o.City,
		Filed: w.Day(s.hub.Local(c.Office, c.FiledAt)), Identity: c.Identity, Status: c.Status}
	if f := s.hub.Catalogue.Form(c.Form.Name); f != nil {
		r.Form = f.Title.In(w.Language)
	}
	for _, id := range []string{"title", "information"} {
		if a := c.Answers[id]; a != "" {
			r.Subject = a
			break
		}
	}
	if line := []rune(r.Subject); len(line) > 90 {
		r.Subject = string(line[:90]) + "…"
	}
	term, ok := s.hub.Answering(c)
	r.days = term.Left
	switch {
	case !ok || c.Status.Done():
		r.days, r.Left = 1<<20, "–"
	case term.Paused:
		r.days, r.Left = 1<<19, w.T("desk.waiting")
	case r.days < 0:
		r.Left, r.Urgency = "− "+w.T("desk.late", "n", -r.days), "late"
	case r.days == 0:
		r.Left, r.Urgency = w.T("desk.today"), "soon"
	default:
		r.Left = w.T("desk.days", "n", r.days)
	}
	return r
}

// inbox lists the cases that an officer may see, what is due first. A number
// leads straight to its case.
func (s *Server) inbox(out http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	w := s.say(r)
	p := &inboxPage{Statuses: kiosk.Statuses, Status: kiosk.Status(r.FormValue("status")), Find: strings.TrimSpace(r.FormValue("q")), Form: r.FormValue("form"), Office: r.FormValue("office")}
	s.desk(&p.page, r, officer)
	if n, err := track.ParseNumber(p.Find); err == nil {
		if c, err := s.hub.Store.Case(r.Context(), n); err == nil && s.hub.Sees(officer, c) {
			http.Redirect(out, r, "/desk/case/"+string(n), http.StatusSeeOther)
			return nil
		} else if err != nil && !errors.Is(err, hub.ErrNotFound) {
			return err
		}
	}
	for _, name := range s.hub.Catalogue.Names() {
		if f := s.hub.Catalogue.Form(name); !f.Opinion {
			p.Forms = append(p.Forms, option{name, f.Title.In(w.Language)})
		}
	}
	p.Offices = s.offices(officer, w.Language)
	cases, err := s.hub.Store.Cases(r.Context(), p.Status)
	if err != nil {
		return err
	}
	var found map[kiosk.Number]bool
	if p.Find != "" {
		if found, err = s.hub.Store.Find(r.Context(), p.Find); err != nil {
			return err
		}
	}
	for _, c := range cases {
		if s.hub.Sees(officer, c) && (p.Find == "" || found[c.Number]) && (p.Form == "" || c.Form.Name == p.Form) && s.hub.Under(c.Office, p.Office) {
			p.Rows = append(p.Rows, s.row(c, w))
		}
	}
	slices.SortStableFunc(p.Rows, func(a, b row) int { return a.days - b.days })
	if len(p.Rows) > longest {
		p.Rows, p.More = p.Rows[:longest], len(p.Rows)-longest
	}
	return s.render(out, http.StatusOK, "inbox", p, r)
}

type answer struct{ Label, Text string }

type told struct {
	Title, On, Officer, Said, Note string
	Visitor                        bool
}

// option is one line of a list to choose from.
type option struct{ ID, Label string }

// reasons are those for one outcome or more.
type reasons struct {
	Label   string
	Options []option
}

type casePage struct {
	page
	Row             row
	Clocks          []clock
	Edition         int
	Acts            bool // the officer may change it
	HasProof        bool // it is a request for information
	Answers         []answer
	Story           []told
	Next            []kiosk.Status
	Outcomes        []option
	Reasons         []reasons
	AsksHolder      bool
	CanExtend       int    // working days
	ExtendBasis     string // its law
	Anonim, Rahasia bool   // hidden already
	Typed           hub.Change
}

func (s *Server) caseShow(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.casePage(r, officer)
	if err != nil {
		return err
	}
	if r.FormValue("saved") != "" {
		p.Message = "desk.saved"
	}
	return s.render(w, http.StatusOK, "case", p, r)
}

func (s *Server) casePage(r *http.Request, officer hub.Officer) (*casePage, error) {
	n, err := track.ParseNumber(r.PathValue("number"))
	if err != nil {
		return nil, hub.ErrNotFound
	}
	c, err := s.hub.Store.Case(r.Context(), n)
	if err == nil && !s.hub.Sees(officer, c) {
		err = hub.ErrNotFound // not even that it is there
	}
	if err != nil {
		return nil, err
	}
	w := s.say(r)
	p := &casePage{Row: s.row(c, w), Clocks: s.clocks(c, w.Language), Edition: c.Edition, Anonim: c.Anonim, Rahasia: c.Rahasia,
		Next: append([]kiosk.Status{c.Status}, s.hub.Next(officer, c)...), Acts: s.hub.Acts(officer, c), HasProof: c.Form.Name == "information"}
	p.Typed = hub.Change{Decision: lifecycle.Decision{Status: c.Status, Outcome: c.Outcome, Reason: c.Reason, Holder: c.Holder, Answer: c.Answer}}
	s.choices(p, c, w)
	s.desk(&p.page, r, officer)
	p.Answers = s.answers(c, w)
	p.Story = s.story(c, w)
	return p, nil
}

// choices are the outcomes and reasons of the case's kind.
func (s *Server) choices(p *casePage, c hub.Case, w words.Words) {
	l := s.hub.Lifecycles.Kind(c.Form.Name)
	if l == nil {
		return
	}
	names := map[string]string{string(kiosk.Archived): w.T("status.archived")}
	for _, o := range l.Outcomes {
		names[o.ID] = o.Label.In(w.Language)
		p.Outcomes = append(p.Outcomes, option{ID: o.ID, Label: names[o.ID]})
		p.AsksHolder = p.AsksHolder || slices.Contains(o.Needs, "holder")
	}
	for _, r := range l.Reasons {
		var of []string
		for _, id := range r.For {
			of = append(of, names[id])
		}
		group := strings.Join(of, ", ")
		if n := len(p.Reasons); n == 0 || p.Reasons[n-1].Label != group {
			p.Reasons = append(p.Reasons, reasons{Label: group})
		}
		last := &p.Reasons[len(p.Reasons)-1]
		last.Options = append(last.Options, option{r.ID, r.Label.In(w.Language)})
	}
	if r, ok := s.hub.Answering(c); ok && r.Extend > 0 && c.Extended == 0 && r.Stopped.IsZero() {
		p.CanExtend, p.ExtendBasis = r.Extend, r.ExtendBasis.In(w.Language)
	}
}

// story is what happened, in order.
func (s *Server) story(c hub.Case, w words.Words) (all []told) {
	l := s.hub.Lifecycles.Kind(c.Form.Name)
	for _, e := range c.Events {
		local := s.hub.Local(c.Office, e.At)
		t := told{Title: w.T("status." + string(e.Status)), On: w.Day(local) + ", " + w.Clock(local), Officer: e.Officer, Said: e.Said, Note: e.Note}
		switch e.Kind {
		case hub.Replied, hub.Solved, hub.Contested:
			t.Visitor = true
			fallthrough
		case hub.Extended, hub.Recounted, hub.Hidden:
			t.Title = w.T("event." + string(e.Kind))
		}
		if l != nil {
			if o := l.Outcome(e.Outcome); o != nil {
				t.Title += " – " + o.Label.In(w.Language)
			}
			if r := l.Reason(e.Reason); r != nil {
				t.Title += ": " + r.Label.In(w.Language)
			}
		}
		all = append(all, t)
	}
	return all
}

// answers shows what was answered under the form's own labels, in its order;
// what this version of the form no longer has comes last under its id.
func (s *Server) answers(c hub.Case, w words.Words) []answer {
	var out []answer
	shown := map[string]bool{}
	if f := s.hub.Catalogue.Form(c.Form.Name); f != nil {
		for _, field := range f.Fields {
			text, ok := c.Answers[field.ID]
			if !ok {
				continue
			}
			shown[field.ID] = true
			out = append(out, answer{field.Label.In(w.Language), s.readable(&field, text, w)})
		}
	}
	var rest []string
	for id := range c.Answers {
		if !shown[id] {
			rest = append(rest, id)
		}
	}
	slices.Sort(rest)
	for _, id := range rest {
		out = append(out, answer{id, c.Answers[id]})
	}
	return out
}

func (s *Server) readable(field *form.Field, text string, w words.Words) string {
	switch field.Type {
	case form.Date:
		if d, err := time.Parse(time.DateOnly, text); err == nil {
			return w.Date(d)
		}
	case form.Choice:
		for _, o := range field.Options {
			if o.Value == text {
				return o.Label.In(w.Language)
			}
		}
	case form.Office:
		if o, ok := s.hub.Catalogue.Office(text); ok {
			return o.Name.In(w.Language)
		}
	case form.Service:
		if o, ok := s.hub.Catalogue.Service(text); ok {
			return o.Name.In(w.Language)
		}
	}
	return text
}

// caseChange saves what an officer did; on a conflict nothing typed is lost.
func (s *Server) caseChange(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	if err := r.ParseForm(); err != nil {
		return err
	}
	n, err := track.ParseNumber(r.PathValue("number"))
	if err != nil {
		return hub.ErrNotFound
	}
	edition, err := strconv.Atoi(r.PostFormValue("edition"))
	if err != nil {
		return &refusal{status: http.StatusBadRequest, sentence: "no edition"}
	}
	text := func(name string) string {
		return strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(r.PostFormValue(name)))
	}
	change := hub.Change{Number: n, Edition: edition, Note: text("note"), ExtendWhy: text("extend_why"),
		Decision: lifecycle.Decision{Status: kiosk.Status(r.PostFormValue("status")), Outcome: r.PostFormValue("outcome"), Reason: r.PostFormValue("reason"),
			Holder: text("holder"), Answer: text("answer")},
		Anonim: r.PostFormValue("anonim") != "", Rahasia: r.PostFormValue("rahasia") != ""}
	if change.ExtendWhy != "" {
		if change.Extend, err = strconv.Atoi(r.PostFormValue("extend")); err != nil || change.Extend < 1 {
			return &refusal{status: http.StatusBadRequest, sentence: "no days"}
		}
	}
	err = s.hub.Update(r.Context(), officer, change)
	message, status := "", http.StatusOK
	switch {
	case errors.Is(err, hub.ErrChanged):
		message, status = "desk.changed", http.StatusConflict
	case refused(err) != "":
		message, status = refused(err), http.StatusUnprocessableEntity
	case err != nil:
		return err
	default:
		http.Redirect(w, r, fmt.Sprintf("/desk/case/%s?saved=1", string(n)), http.StatusSeeOther)
		return nil
	}
	p, err := s.casePage(r, officer)
	if err != nil {
		return err
	}
	p.Message, p.Typed = message, change
	return s.render(w, status, "case", p, r)
}

// refused is the sentence about a change that cannot be, or empty.
func refused(err error) string {
	for of, key := range map[error]string{
		lifecycle.ErrMove: "desk.need.move", lifecycle.ErrAnswer: "desk.need.answer", lifecycle.ErrOutcome: "desk.need.outcome",
		lifecycle.ErrReason: "desk.need.reason", lifecycle.ErrHolder: "desk.need.holder", hub.ErrExtend: "desk.need.extend", hub.ErrKind: "desk.need.move", hub.ErrForbidden: "desk.need.role",
	} {
		if errors.Is(err, of) {
			return key
		}
	}
	return ""
}
