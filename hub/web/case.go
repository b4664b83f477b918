package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sergi/go-diff/diffmatchpatch"

	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/published"
	"loket/kiosk/track"
	"loket/kiosk/words"
)

type answer struct{ Label, Text string }

// filled is what was answered to a question of the form.
type filled struct {
	answer
	Path string // of the case that is meant
}

type told struct {
	Title, On, Officer, Said, Note string
	Visitor, Undone                bool
}

// reasons are those for one outcome or more.
type reasons struct {
	Label   string
	Options []option
}

type casePage struct {
	page
	Row             row
	Clocks          []clock
	Due             *clock // that of the answer
	Edition         int
	Acts            bool // the officer may change it
	HasProof        bool // it is a request for information
	Book            *bookPart
	Like            []published.Item // what it may be asking for, public already
	Answers         []filled
	Story           []told
	Next            []kiosk.Status
	Outcomes        []option
	Reasons         []reasons
	Templates       []hub.Template
	AsksHolder      bool
	CanExtend       int    // working days
	ExtendBasis     string // its law
	Anonim, Rahasia bool   // hidden already
	Typed           hub.Change
	Office, Service string
	Lapor           string
	LaporSheet      bool   // it can be handed over
	Summary         string // what the public reads of it
	Summarises      bool   // the officer may write it
	WritesChanges   bool   // and what was changed because of it

	Unit, Assignee string // ids
	Units          []place
	Workers        []option
	Handled        handled // what was typed into the form of handling

	Locked       bool // who it is is not shown
	OpensIt      bool // but can be, with a reason
	CanUndo      bool
	CanMerge     bool
	Leader       *row // the case it is handled with
	Followers    []row
	Alike        []row
	Since        []told // what others did since the officer began
	AnswerDiff   template.HTML
	OtherChanged []answer // what they chose that differs from what was typed
	Helped       string   // who of the staff wrote it, and how; empty for the visitor

	Attachments    []attached
	SeesAttached   bool // and may open them
	AttachedReason bool // but only for a reason
	PagesMissing   int  // were scanned and are not here yet
}

// handled is what was typed into the form of handling.
type handled struct{ Unit, Assignee, Note string }

func (s *Server) caseRoutes(_, desk *routes) {
	desk.Handle("GET /desk/case/{number}", s.officer(s.caseShow))
	desk.Handle("POST /desk/case/{number}", s.officer(s.caseChange))
	desk.Handle("POST /desk/case/{number}/handle", s.officer(s.caseHandle))
	desk.Handle("POST /desk/case/{number}/merge", s.officer(s.caseMerge))
	desk.Handle("POST /desk/case/{number}/undo", s.officer(s.caseUndo))
	desk.Handle("POST /desk/case/{number}/identity", s.officer(s.caseIdentity))
	desk.Handle("GET /desk/case/{number}/pdf", s.officer(s.casePDF))
}

func (s *Server) caseShow(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.casePage(r, officer, false)
	if err != nil {
		return err
	}
	if r.FormValue("saved") != "" {
		p.Message = "desk.saved"
	}
	if p.Acts && p.Row.Unseen {
		if err := s.hub.Store.MarkSeen(r.Context(), kiosk.Number(p.Row.Path), s.hub.Now()); err != nil {
			return err
		}
	}
	return s.render(w, http.StatusOK, "case", p, r)
}

// caseOf returns the case that a request is about, if the officer may see it.
func (s *Server) caseOf(r *http.Request, officer hub.Officer) (hub.Case, error) {
	n, err := track.ParseNumber(r.PathValue("number"))
	if err != nil {
		return hub.Case{}, hub.ErrNotFound
	}
	c, err := s.hub.Store.Case(r.Context(), n)
	if err == nil && !s.hub.Sees(officer, c) {
		err = hub.ErrNotFound // not even that it is there
	}
	return c, err
}

// casePage is a case as an officer sees it; identity says that they may read who
// a confidential visitor is.
func (s *Server) casePage(r *http.Request, officer hub.Officer, identity bool) (*casePage, error) {
	c, err := s.caseOf(r, officer)
	if err != nil {
		return nil, err
	}
	w := s.say(r)
	p := &casePage{Row: s.row(c, officer, w), Summary: c.Summary, Summarises: s.hub.Summarises(officer, c), WritesChanges: s.hub.WritesImprovements(officer, officer.Office), Clocks: s.clocks(c, w.Language), Edition: c.Edition, Anonim: c.Anonim, Rahasia: c.Rahasia, Lapor: c.Lapor,
		Next: append([]kiosk.Status{c.Status}, s.hub.Next(officer, c)...), Acts: s.hub.Acts(officer, c), HasProof: c.Form.Name == "information",
		Unit: c.Unit, Assignee: c.Assignee, Office: s.placeName(c.Office, w), CanUndo: s.hub.Undoable(officer, c),
		Handled: handled{Unit: c.Unit, Assignee: c.Assignee}, Locked: c.Identity == kiosk.Confidential && !identity, OpensIt: s.hub.OpensIdentity(officer, c)}
	p.Typed = hub.Change{Decision: lifecycle.Decision{Status: c.Status, Outcome: c.Outcome, Reason: c.Reason, Holder: c.Holder, Answer: c.Answer}}
	if p.HasProof {
		p.Like = s.hub.PublishedLike(r.Context(), c.Answers["information"])
	}
	s.choices(p, c, w)
	s.desk(&p.page, r, officer)
	if answering, ok := s.hub.Answering(c); ok {
		for i := range p.Clocks {
			if p.Clocks[i].ID == answering.ID {
				p.Due = &p.Clocks[i]
			}
		}
	}
	if x := c.Helped; x != nil {
		day := ""
		if d, err := time.Parse(time.DateOnly, x.On); err == nil {
			day = w.Day(d)
		}
		p.Helped = w.T("desk.helped."+string(x.How), "name", x.By, "date", day)
	}
	p.Answers = s.answers(c, p.Locked, w)
	if err := s.refer(r, officer, p.Answers); err != nil {
		return nil, err
	}
	p.Story = s.story(c, w)
	_, belongs := s.hub.LaporRecord(c)
	p.LaporSheet = belongs && s.hub.SeesLapor(officer)
	if p.Book, err = s.bookOf(r, officer, c); err != nil {
		return nil, err
	}
	if err := s.attachmentsOf(r, officer, c, p); err != nil {
		return nil, err
	}
	return p, s.around(r, officer, c, p)
}

// around adds what stands beside a case: who may work on it, and its like.
func (s *Server) around(r *http.Request, officer hub.Officer, c hub.Case, p *casePage) error {
	w := s.say(r)
	followers, err := s.hub.Store.Followers(r.Context(), c.Number)
	if err != nil {
		return err
	}
	for _, f := range followers {
		p.Followers = append(p.Followers, s.row(f, officer, w))
	}
	if c.MergedInto != "" {
		lead, err := s.hub.Store.Case(r.Context(), c.MergedInto)
		if err != nil {
			return err
		}
		if s.hub.Sees(officer, lead) {
			x := s.row(lead, officer, w)
			p.Leader = &x
		}
	}
	if !p.Acts {
		return nil
	}
	p.Units = s.places(c.Office, w.Language)
	workers, err := s.hub.Workers(r.Context(), c)
	if err != nil {
		return err
	}
	for _, o := range workers {
		p.Workers = append(p.Workers, option{o.Name, o.Name + " – " + w.T("role."+string(o.Role))})
	}
	if p.CanMerge = c.MergedInto == "" && len(followers) == 0 && !c.Status.Done(); p.CanMerge {
		alike, err := s.hub.Alike(r.Context(), officer, c, 5)
		if err != nil {
			return err
		}
		for _, x := range alike {
			p.Alike = append(p.Alike, s.row(x, officer, w))
		}
	}
	templates, err := s.hub.Store.Templates(r.Context())
	for _, t := range templates {
		if !t.Retired && (t.Kind == "" || t.Kind == c.Form.Name) {
			p.Templates = append(p.Templates, t)
		}
	}
	return err
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
	if r, ok := s.hub.Answering(c); ok && r.Extend > 0 && c.Extended == 0 && r.Stopped.IsZero() && !r.Late {
		p.CanExtend, p.ExtendBasis = r.Extend, r.ExtendBasis.In(w.Language)
	}
}

// story is what happened, in order.
func (s *Server) story(c hub.Case, w words.Words) (all []told) {
	l := s.hub.Lifecycles.Kind(c.Form.Name)
	undone := map[int]bool{} // by edition
	for _, e := range c.Events {
		if e.Kind == hub.Undone {
			undone[e.Edition-1] = true
		}
	}
	for _, e := range c.Events {
		local := s.hub.Local(c.Office, e.At)
		t := told{Title: w.T("status." + string(e.Status)), On: w.Day(local) + ", " + w.Clock(local), Officer: e.Officer, Said: e.Said, Note: e.Note}
		switch e.Kind {
		case hub.Moved:
		case hub.Replied, hub.Solved, hub.Contested, hub.Attached:
			t.Visitor = true
			fallthrough
		default:
			t.Title = w.T("event." + string(e.Kind))
		}
		switch e.Kind {
		case hub.Forwarded:
			t.Title += ": " + s.placeName(e.Target, w)
		case hub.Assigned:
			if t.Title += ": " + e.Target; e.Target == "" {
				t.Title = w.T("event.released")
			}
		case hub.ToLapor, hub.Attached:
			t.Title += ": " + e.Target
		case hub.Merged, hub.Parted:
			t.Title += ": " + kiosk.Number(e.Target).String()
		}
		t.Undone = e.Edition > 0 && undone[e.Edition]
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
// what this version of the form no longer has comes last under its id. locked
// leaves out who the visitor is.
func (s *Server) answers(c hub.Case, locked bool, w words.Words) []filled {
	var out []filled
	shown := map[string]bool{}
	if f := s.hub.Catalogue.At(c.Form); f != nil {
		for _, field := range f.Fields {
			text, ok := c.Answers[field.ID]
			if !ok {
				continue
			}
			if shown[field.ID] = true; locked && field.Personal {
				text = w.T("desk.locked")
			}
			a := filled{answer: answer{field.Label.In(w.Language), s.readable(&field, text, w)}}
			if field.Type == form.Number {
				a.Path = text
			}
			out = append(out, a)
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
		out = append(out, filled{answer: answer{id, c.Answers[id]}})
	}
	return out
}

// refer leaves, of the cases that answers mean, those that the officer may see.
func (s *Server) refer(r *http.Request, officer hub.Officer, answers []filled) error {
	for i := range answers {
		a := &answers[i]
		if a.Path == "" {
			continue
		}
		c, err := s.hub.Store.Case(r.Context(), kiosk.Number(a.Path))
		if err != nil && !errors.Is(err, hub.ErrNotFound) {
			return err
		}
		if err != nil || !s.hub.Sees(officer, c) {
			a.Path = ""
		}
	}
	return nil
}

func (s *Server) readable(field *form.Field, text string, w words.Words) string {
	switch field.Type {
	case form.Number:
		return kiosk.Number(text).String()
	case form.Scan:
		return w.T("papers.count", "n", text)
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
	seen, err := edition(r)
	if err != nil {
		return err
	}
	text := func(name string) string {
		return strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(r.PostFormValue(name)))
	}
	change := hub.Change{Number: n, Edition: seen, Note: text("note"), ExtendWhy: text("extend_why"),
		Decision: lifecycle.Decision{Status: kiosk.Status(r.PostFormValue("status")), Outcome: r.PostFormValue("outcome"), Reason: r.PostFormValue("reason"),
			Holder: text("holder"), Answer: text("answer")},
		Anonim: r.PostFormValue("anonim") != "", Rahasia: r.PostFormValue("rahasia") != ""}
	if change.ExtendWhy != "" {
		if change.Extend, err = strconv.Atoi(r.PostFormValue("extend")); err != nil || change.Extend < 1 {
			return &refusal{status: http.StatusBadRequest, sentence: "no days"}
		}
	}
	if r.PostFormValue("use") != "" {
		return s.useTemplate(w, r, officer, change)
	}
	return s.changed(w, r, officer, s.hub.Update(r.Context(), officer, change), func(p *casePage) { p.Typed = change })
}

// changed answers a change of a case: back to its page when it was made, or
// the page with what stands in the way and what was typed.
func (s *Server) changed(w http.ResponseWriter, r *http.Request, officer hub.Officer, err error, typed func(p *casePage)) error {
	message, status := refused(err), http.StatusUnprocessableEntity
	switch {
	case err == nil:
		http.Redirect(w, r, fmt.Sprintf("/desk/case/%s?saved=1", r.PathValue("number")), http.StatusSeeOther)
		return nil
	case message == "":
		return err
	case errors.Is(err, hub.ErrChanged):
		status = http.StatusConflict
	case errors.Is(err, hub.ErrForbidden):
		status = http.StatusForbidden
	}
	p, err := s.casePage(r, officer, false)
	if err != nil {
		return err
	}
	p.Message = message
	if typed(p); status == http.StatusConflict {
		if err := s.since(r, officer, p); err != nil {
			return err
		}
	}
	return s.render(w, status, "case", p, r)
}

// since says what others did to a case while the officer was typing.
func (s *Server) since(r *http.Request, officer hub.Officer, p *casePage) error {
	c, err := s.caseOf(r, officer)
	if err != nil {
		return err
	}
	w := s.say(r)
	seen, _ := strconv.Atoi(r.PostFormValue("edition"))
	for i, e := range c.Events {
		if e.Edition > seen {
			p.Since = append(p.Since, s.story(c, w)[i])
		}
	}
	if mine := p.Typed.Answer; mine != c.Answer {
		p.AnswerDiff = difference(c.Answer, mine)
	}
	if p.Typed.Status != "" && p.Typed.Status != c.Status {
		p.OtherChanged = append(p.OtherChanged, answer{w.T("desk.status"), w.T("status."+string(c.Status)) + " → " + w.T("status."+string(p.Typed.Status))})
	}
	return nil
}

// difference marks what is in one text and not in the other, word by word.
func difference(theirs, mine string) template.HTML {
	d := diffmatchpatch.New()
	diffs := d.DiffCleanupSemantic(d.DiffMain(theirs, mine, true))
	var b strings.Builder
	for _, x := range diffs {
		text := template.HTMLEscapeString(x.Text)
		switch x.Type {
		case diffmatchpatch.DiffInsert:
			text = "<ins>" + text + "</ins>"
		case diffmatchpatch.DiffDelete:
			text = "<del>" + text + "</del>"
		}
		b.WriteString(text)
	}
	return template.HTML(b.String())
}

// edition is the one that the officer saw.
func edition(r *http.Request) (int, error) {
	n, err := strconv.Atoi(r.PostFormValue("edition"))
	if err != nil {
		return 0, &refusal{status: http.StatusBadRequest, sentence: "no edition"}
	}
	return n, nil
}

// changing is the case that a form is about, and its edition that the officer
// saw.
func (s *Server) changing(w http.ResponseWriter, r *http.Request, officer hub.Officer) (c hub.Case, seen int, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	if seen, err = edition(r); err != nil {
		return c, 0, err
	}
	c, err = s.caseOf(r, officer)
	return c, seen, err
}

func (s *Server) caseHandle(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	c, seen, err := s.changing(w, r, officer)
	if err != nil {
		return err
	}
	h := handled{Unit: r.PostFormValue("unit"), Assignee: r.PostFormValue("assignee"), Note: r.PostFormValue("note")}
	if h.Unit != "" && h.Unit != c.Unit && h.Assignee == c.Assignee {
		h.Assignee = "" // the other unit says whose work it is
	}
	err = s.hub.Handle(r.Context(), officer, c.Number, seen, h.Unit, h.Assignee, h.Note)
	if err == nil {
		moved := c
		if moved.Unit = h.Unit; h.Unit != "" && !s.hub.Sees(officer, moved) { // forwarded out of sight
			http.Redirect(w, r, "/desk", http.StatusSeeOther)
			return nil
		}
	}
	return s.changed(w, r, officer, err, func(p *casePage) { p.Handled = h })
}

// caseMerge has a case handled with another, or by itself again.
func (s *Server) caseMerge(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	c, seen, err := s.changing(w, r, officer)
	if err != nil {
		return err
	}
	if r.PostFormValue("part") != "" {
		err = s.hub.Part(r.Context(), officer, c.Number, seen)
	} else if into, bad := track.ParseNumber(r.PostFormValue("into")); bad != nil {
		err = hub.ErrMerge
	} else {
		err = s.hub.Merge(r.Context(), officer, c.Number, seen, into)
	}
	return s.changed(w, r, officer, err, func(*casePage) {})
}

func (s *Server) caseUndo(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	c, seen, err := s.changing(w, r, officer)
	if err != nil {
		return err
	}
	return s.changed(w, r, officer, s.hub.Undo(r.Context(), officer, c.Number, seen), func(*casePage) {})
}

// caseIdentity shows once who a confidential visitor is; the story keeps who
// looked, and why.
func (s *Server) caseIdentity(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	c, err := s.caseOf(r, officer)
	if err != nil {
		return err
	}
	if err := s.hub.Identity(r.Context(), officer, c.Number, r.PostFormValue("why")); err != nil {
		return s.changed(w, r, officer, err, func(*casePage) {})
	}
	p, err := s.casePage(r, officer, true)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "case", p, r)
}

// refused is the sentence about a change that cannot be, or empty.
func refused(err error) string {
	for of, key := range map[error]string{
		lifecycle.ErrMove: "desk.need.move", lifecycle.ErrAnswer: "desk.need.answer", lifecycle.ErrOutcome: "desk.need.outcome",
		hub.ErrChanged: "desk.changed", hub.ErrUnit: "desk.need.unit", hub.ErrAssignee: "desk.need.assignee", hub.ErrMerge: "desk.need.merge", hub.ErrUndo: "desk.need.undo", hub.ErrEmpty: "desk.need.why",
		lifecycle.ErrReason: "desk.need.reason", lifecycle.ErrHolder: "desk.need.holder", hub.ErrExtend: "desk.need.extend", hub.ErrKind: "desk.need.move", hub.ErrForbidden: "desk.need.role",
	} {
		if errors.Is(err, of) {
			return key
		}
	}
	return ""
}
