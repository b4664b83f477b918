// Package visit is one person's time at the kiosk: the draft they fill in
// ([Visit]) and the counter that takes it ([Counter]). Nothing of a visit that
// was not sent is ever written down.
package visit

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"loket/kiosk"
	"loket/kiosk/form"
)

// PageKind says which sort of page the visitor stands on.
type PageKind int

// The pages of a visit, in order.
const (
	Home PageKind = iota
	Question
	Review
)

// Page is where the visitor is: Field is the question asked, the Index-th
// (from 0) of Count questions. Review comes after the last.
type Page struct {
	Kind  PageKind
	Field form.Field
	Index int
	Count int
}

// Visit is one person's time at the kiosk. It owns all that was typed, and is
// dropped whole. It is not safe for concurrent use.
type Visit struct {
	catalogue *form.Catalogue
	today     func() time.Time
	form      *form.Form
	draft     kiosk.Draft
	at        string // id of the field being asked; "" is the review
	started   bool
	changing  bool              // came here from the review
	sure      map[string]string // answers that looked odd and were kept, by field
	scans     bool              // papers are asked for
	pages     [][]byte          // scanned, as JPEG
}

// New begins a visit at the home page, in Indonesian. today gives the wall
// clock in the office's zone.
func New(catalogue *form.Catalogue, today func() time.Time) *Visit {
	v := &Visit{catalogue: catalogue, today: today}
	v.Clear()
	return v
}

// Clear forgets everything and goes home, in Indonesian.
func (v *Visit) Clear() {
	clear(v.draft.Answers)
	clear(v.sure)
	v.sure = map[string]string{}
	v.form, v.at, v.started, v.changing, v.pages = nil, "", false, false, nil
	v.draft = kiosk.Draft{Language: kiosk.Indonesian, Answers: kiosk.Answers{}}
}

// SetScans says whether papers can be scanned here: only then are they asked for.
func (v *Visit) SetScans(can bool) { v.scans = can }

// Pages are the papers scanned so far, as JPEG.
func (v *Visit) Pages() [][]byte { return v.pages }

// AddPage adds a paper that was scanned, or puts it in the place of the last. It
// does nothing where none is asked for, or past [kiosk.MostPages].
func (v *Visit) AddPage(jpeg []byte, again bool) {
	if again && len(v.pages) > 0 {
		v.pages = v.pages[:len(v.pages)-1]
	}
	if v.Page().Field.Type == form.Scan && len(v.pages) < kiosk.MostPages {
		v.pages = append(v.pages, jpeg)
	}
	v.countPages()
}

// DropPage takes the last paper away.
func (v *Visit) DropPage() {
	v.pages = v.pages[:max(0, len(v.pages)-1)]
	v.countPages()
}

// countPages answers the question for papers: how many there are.
func (v *Visit) countPages() {
	if len(v.pages) == 0 {
		v.Answer("")
	} else {
		v.Answer(strconv.Itoa(len(v.pages)))
	}
}

// Language is the language of the visit.
func (v *Visit) Language() kiosk.Language { return v.draft.Language }

// SetLanguage changes the language; what was typed stays.
func (v *Visit) SetLanguage(l kiosk.Language) { v.draft.Language = l }

// Start opens a form at its first question. An unknown name does nothing.
func (v *Visit) Start(name string) {
	f := v.catalogue.Form(name)
	if f == nil {
		return
	}
	language := v.draft.Language
	v.Clear()
	v.form, v.started = f, true
	v.draft.Form, v.draft.Language = name, language
	if len(f.Identities) == 1 {
		v.draft.Identity = f.Identities[0]
	}
	v.at = v.asked()[0].ID
}

// Form is the form being filled in, nil at home.
func (v *Visit) Form() *form.Form { return v.form }

// Draft is a copy of what was answered so far. Answers to questions that are
// no longer asked (a name, after choosing to be anonymous) are left out.
func (v *Visit) Draft() kiosk.Draft {
	d := v.draft
	d.Answers = kiosk.Answers{}
	for _, field := range v.asked() {
		if a := v.draft.Answers[field.ID]; a != "" {
			d.Answers[field.ID] = a
			if field.Type == form.Scan {
				d.Pages = slices.Clone(v.pages)
			}
		}
	}
	return d
}

// Dirty reports whether something was answered that leaving would lose.
func (v *Visit) Dirty() bool { return len(v.draft.Answers) > 0 }

// Page tells where the visitor is.
func (v *Visit) Page() Page {
	if !v.started {
		return Page{Kind: Home}
	}
	asked := v.asked()
	if i := v.index(asked); i >= 0 {
		return Page{Kind: Question, Field: asked[i], Index: i, Count: len(asked)}
	}
	return Page{Kind: Review, Index: len(asked), Count: len(asked)}
}

// Value is the answer to the current question, empty if none yet.
func (v *Visit) Value() string {
	p := v.Page()
	if p.Kind == Question && p.Field.Type == form.Identity {
		return string(v.draft.Identity)
	}
	return v.draft.Answers[p.Field.ID]
}

// Answer sets the answer to the current question; empty takes it back.
func (v *Visit) Answer(value string) {
	p := v.Page()
	switch {
	case p.Kind != Question:
	case p.Field.Type == form.Identity:
		v.draft.Identity = kiosk.Identity(value)
	case value == "":
		delete(v.draft.Answers, p.Field.ID)
	default:
		v.draft.Answers[p.Field.ID] = value
	}
}

// Doubt is what looks odd about the answer given to the current question, or
// nil. It was said, or is only said, and keeps nobody from going on.
func (v *Visit) Doubt() *form.Problem {
	p := v.Page()
	if p.Kind != Question {
		return nil
	}
	doubt, stop := v.catalogue.Doubt(v.form, p.Field.ID, v.Draft(), v.today())
	if stop && v.sure[p.Field.ID] != v.Value() {
		return nil // not before they tried to go on
	}
	return doubt
}

// Next checks the current page and moves on: to the next question, or to the
// review from the last one. It returns what must be mended first, and stays.
// It stays once for an answer that looks odd: [Visit.Doubt] says why.
func (v *Visit) Next() form.Problems {
	p := v.Page()
	if p.Kind != Question {
		return nil
	}
	if problems := v.check(p.Field); len(problems) > 0 {
		return problems
	}
	if _, stop := v.catalogue.Doubt(v.form, p.Field.ID, v.Draft(), v.today()); stop && v.sure[p.Field.ID] != v.Value() {
		v.sure[p.Field.ID] = v.Value()
		return nil
	}
	asked := v.asked()
	i := v.index(asked)
	if v.changing {
		// Back to the review, unless the change brought up a question that
		// has to be answered.
		for _, field := range asked[i+1:] {
			if len(v.check(field)) > 0 {
				v.at = field.ID
				return nil
			}
		}
		v.at, v.changing = "", false
		return nil
	}
	if i+1 < len(asked) {
		v.at = asked[i+1].ID
	} else {
		v.at = ""
	}
	return nil
}

// check is the check of one page. A form that must have one of several
// answers asks for it on the last page of the group, not on each.
func (v *Visit) check(field form.Field) form.Problems {
	problems := v.catalogue.CheckField(v.form, field.ID, v.Draft(), v.today())
	for _, group := range v.form.OneOf {
		if group[len(group)-1] != field.ID || len(problems) > 0 {
			continue
		}
		if !slices.ContainsFunc(group, func(id string) bool { return v.draft.Answers[id] != "" }) {
			problems = append(problems, form.OneOfMissing(group))
		}
	}
	return problems
}

// Back goes one page back, keeping what was typed; from the first question
// it goes home and forgets, from a question opened at the review back there.
func (v *Visit) Back() {
	asked := v.asked()
	switch i := v.index(asked); {
	case !v.started:
	case v.changing:
		v.at, v.changing = "", false
	case v.at == "":
		v.at = asked[len(asked)-1].ID
	case i > 0:
		v.at = asked[i-1].ID
	default:
		language := v.draft.Language
		v.Clear()
		v.draft.Language = language
	}
}

// Change opens a question from the review; [Visit.Next] comes back to it.
func (v *Visit) Change(field string) {
	if !v.started || !slices.ContainsFunc(v.asked(), func(f form.Field) bool { return f.ID == field }) {
		return
	}
	v.at, v.changing = field, true
}

// Ready checks the whole draft, as sending will.
func (v *Visit) Ready() form.Problems {
	_, problems := v.catalogue.Check(v.Draft(), v.today())
	return problems
}

// Asked returns the questions of this draft in order.
func (v *Visit) Asked() []form.Field { return v.asked() }

// Answered returns a copy of every answer typed, by field.
func (v *Visit) Answered() kiosk.Answers { return maps.Clone(v.draft.Answers) }

func (v *Visit) asked() []form.Field {
	if v.form == nil {
		return nil
	}
	asked := v.form.Asked(v.draft)
	if !v.scans {
		asked = slices.DeleteFunc(asked, func(f form.Field) bool { return f.Type == form.Scan })
	}
	return asked
}

func (v *Visit) index(asked []form.Field) int {
	return slices.IndexFunc(asked, func(f form.Field) bool { return f.ID == v.at })
}
