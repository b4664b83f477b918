package hub

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"loket/kiosk"
	"loket/kiosk/form"
)

// UndoFor is how long an officer may take a change back. What is sent because
// of a change waits as long.
const UndoFor = time.Minute

// Errors of handling.
var (
	ErrUnit     = errors.New("there is no such office or unit, or it has nobody for this case")
	ErrAssignee = errors.New("this officer cannot work on the case")
	ErrMerge    = errors.New("these two cases cannot be handled together")
	ErrUndo     = errors.New("there is nothing to take back, or not any more")
)

// DeskStore keeps what officers work with beside the cases.
type DeskStore interface {
	// MarkSeen notes when a case was first opened; later calls change nothing.
	MarkSeen(ctx context.Context, n kiosk.Number, at time.Time) error
	// Followers are the cases handled with another.
	Followers(ctx context.Context, n kiosk.Number) ([]Case, error)
	// Alike returns up to limit cases of a form that share words, those that
	// share most first.
	Alike(ctx context.Context, form string, words []string, limit int) ([]Case, error)

	// Templates are the answers to begin with, by title.
	Templates(ctx context.Context) ([]Template, error)
	// SaveTemplate adds one without an id, else writes it anew.
	SaveTemplate(ctx context.Context, t Template) error

	Views(ctx context.Context, officer string) ([]View, error)
	// SaveView keeps a list under a name, in place of one of that name.
	SaveView(ctx context.Context, officer string, v View) error
	DropView(ctx context.Context, officer, name string) error
}

// Template is an answer to begin with. Its fields in braces are filled from the
// case: see [Hub.Fill].
type Template struct {
	ID      int64
	Kind    string // form; empty: all of them
	Outcome string // may be empty
	Title   string
	Body    string
	Retired bool // not offered any more
	By      string
	At      time.Time
}

// View is a list of cases as an officer likes it.
type View struct {
	Name  string
	Query string // of the inbox, as in a URL
}

// withFollowers applies a change to a case and, where it says something new to
// the visitor, to the cases that are handled with it.
func (h *Hub) withFollowers(ctx context.Context, o Officer, old Case, c Change) error {
	all := []Change{c}
	if c.Status != old.Status || c.Answer != old.Answer || c.Outcome != old.Outcome {
		followers, err := h.Store.Followers(ctx, old.Number)
		if err != nil {
			return err
		}
		for _, f := range followers {
			if h.Lifecycles.Kind(f.Form.Name).Check(f.Status, c.Decision) != nil {
				continue // it has gone another way meanwhile
			}
			also := f.by(o, c.Kind, c.At)
			also.Decision, also.Said, also.Target = c.Decision, c.Said, string(old.Number)
			all = append(all, also)
		}
	}
	return h.change(ctx, all...)
}

// change applies changes; what thereby counts as checked gets its number in its
// book.
func (h *Hub) change(ctx context.Context, all ...Change) error {
	if err := h.Store.Change(ctx, all...); err != nil {
		return err
	}
	for _, c := range all {
		if c.Status != kiosk.Received && c.Status != kiosk.Returned {
			if err := h.number(ctx, c.Number, c.Officer); err != nil {
				return err
			}
		}
	}
	return nil
}

// Handle gives a case to a unit, to an officer of it, or to nobody yet. A report
// just received counts as verified when it goes to another unit: LAPOR! has
// verifying and forwarding as one step. It returns [ErrUnit] and [ErrAssignee].
func (h *Hub) Handle(ctx context.Context, o Officer, n kiosk.Number, edition int, unit, assignee, note string) error {
	old, err := h.theirs(ctx, o, n, edition)
	if err != nil {
		return err
	}
	c := old.by(o, Assigned, h.Now())
	if c.Note = plain(note); unit != old.Unit && unit != "" {
		if _, known := h.Catalogue.Office(unit); !known {
			return ErrUnit
		}
		c.Kind, c.Unit, c.Target = Forwarded, unit, unit
		if old.Status == kiosk.Received && slices.Contains(h.Next(o, old), kiosk.Verified) {
			c.Status = kiosk.Verified
		}
	}
	if assignee != "" {
		who, err := h.Store.Officer(ctx, assignee)
		moved := old
		moved.Unit = c.Unit
		if errors.Is(err, ErrNotFound) || err == nil && !h.Acts(who, moved) {
			return ErrAssignee
		}
		if err != nil {
			return err
		}
	}
	if c.Assignee = assignee; c.Kind == Assigned {
		c.Target = assignee
	}
	if c.Handling == old.Handling {
		return nil
	}
	return h.change(ctx, c)
}

// Workers are the officers who may work on a case, by name.
func (h *Hub) Workers(ctx context.Context, c Case) (all []Officer, err error) {
	officers, err := h.Store.Officers(ctx)
	return slices.DeleteFunc(officers, func(o Officer) bool { return !h.Acts(o, c) }), err
}

// Merge has a case handled with another of its kind: what is decided and
// answered there holds for both, and both visitors keep their own number, code
// and terms. It returns [ErrMerge] for what cannot go together.
func (h *Hub) Merge(ctx context.Context, o Officer, n kiosk.Number, edition int, into kiosk.Number) error {
	old, err := h.theirs(ctx, o, n, edition)
	if err != nil {
		return err
	}
	lead, err := h.Store.Case(ctx, into)
	if errors.Is(err, ErrNotFound) || err == nil && !h.Acts(o, lead) {
		return ErrMerge
	}
	if err != nil {
		return err
	}
	followers, err := h.Store.Followers(ctx, n)
	if err != nil {
		return err
	}
	if lead.Number == n || lead.Form.Name != old.Form.Name || old.MergedInto != "" || lead.MergedInto != "" || len(followers) > 0 || old.Status.Done() || lead.Status.Done() {
		return ErrMerge
	}
	c := old.by(o, Merged, h.Now())
	c.MergedInto, c.Target, c.Unit, c.Assignee = into, string(into), lead.Unit, lead.Assignee
	if h.Lifecycles.Kind(old.Form.Name).Check(old.Status, lead.stay(Merged, c.At).Decision) == nil {
		c.Status = lead.Status
	}
	return h.change(ctx, c)
}

// Part has a merged case handled by itself again.
func (h *Hub) Part(ctx context.Context, o Officer, n kiosk.Number, edition int) error {
	old, err := h.theirs(ctx, o, n, edition)
	if err != nil {
		return err
	}
	if old.MergedInto == "" {
		return ErrMerge
	}
	c := old.by(o, Parted, h.Now())
	c.MergedInto, c.Target = "", string(old.MergedInto)
	return h.Store.Change(ctx, c)
}

// Undoable reports whether an officer can still take back the last change.
func (h *Hub) Undoable(o Officer, c Case) bool {
	return c.Past != nil && c.Past.Officer == o.Name && h.Now().Sub(c.Past.At) <= UndoFor
}

// Undo takes an officer's last change back, for [UndoFor] after it: the case is
// as it was, and the story says so. What was hidden from the public stays
// hidden. It returns [ErrUndo].
func (h *Hub) Undo(ctx context.Context, o Officer, n kiosk.Number, edition int) error {
	old, err := h.Store.Case(ctx, n)
	if err == nil && !h.Sees(o, old) {
		err = ErrNotFound
	}
	if err != nil {
		return err
	}
	if old.Edition != edition || !h.Undoable(o, old) {
		return ErrUndo
	}
	back := func(c Case) Change {
		b := c.stay(Undone, h.Now())
		b.Officer, b.Decision, b.Handling, b.Extended = o.Name, c.Past.Decision, c.Past.Handling, c.Past.Extended
		return b
	}
	all := []Change{back(old)}
	followers, err := h.Store.Followers(ctx, n)
	if err != nil {
		return err
	}
	for _, f := range followers {
		if f.Past != nil && f.Past.Officer == o.Name && f.Past.At.Equal(old.Past.At) {
			all = append(all, back(f))
		}
	}
	return h.Store.Change(ctx, all...)
}

// Identity notes that an officer looks who a confidential visitor is, and why.
// It returns [ErrForbidden] for a role that may not, and [ErrEmpty] without a
// reason.
func (h *Hub) Identity(ctx context.Context, o Officer, n kiosk.Number, why string) error {
	c, err := h.Store.Case(ctx, n)
	if err == nil && !h.Sees(o, c) {
		err = ErrNotFound
	}
	if err != nil {
		return err
	}
	if !h.OpensIdentity(o, c) {
		return ErrForbidden
	}
	if why = plain(why); why == "" {
		return ErrEmpty
	}
	return h.Store.Tell(ctx, n, Event{At: h.Now(), Kind: Opened, Officer: o.Name, Status: c.Status, Note: why})
}

// Alike returns cases that may be about the same thing, of those an officer may
// change, filed within half a year of it.
func (h *Hub) Alike(ctx context.Context, o Officer, c Case, limit int) (all []Case, err error) {
	mine := contentWords(h.Catalogue.At(c.Form), c.Answers)
	if len(mine) == 0 {
		return nil, nil
	}
	found, err := h.Store.Alike(ctx, c.Form.Name, mine, 40)
	if err != nil {
		return nil, err
	}
	for _, x := range found {
		apart := x.FiledAt.Sub(c.FiledAt).Abs()
		if x.Number == c.Number || x.MergedInto == c.Number || apart > 183*24*time.Hour || !h.Acts(o, x) {
			continue
		}
		theirs, shared := contentWords(h.Catalogue.At(x.Form), x.Answers), 0
		for _, w := range mine {
			if slices.Contains(theirs, w) {
				shared++
			}
		}
		// A third of the shorter one, and three words at least: fewer is chance.
		if shared >= 3 && shared*3 >= min(len(mine), len(theirs)) && len(all) < limit {
			all = append(all, x)
		}
	}
	return all, nil
}

// contentWords are the words of what was written about the matter, not about the
// visitor: each once, of four letters and more.
func contentWords(f *form.Form, answers kiosk.Answers) (all []string) {
	if f == nil {
		return nil
	}
	for _, field := range f.Fields {
		if field.Personal || field.Type != form.TextLine && field.Type != form.LongText {
			continue
		}
		for _, w := range words(answers[field.ID]) {
			if len([]rune(w)) >= 4 && !slices.Contains(all, w) && len(all) < 60 {
				all = append(all, w)
			}
		}
	}
	return all
}

// Fill writes an answer from a template: {nomor}, {nama}, {tanggal}, {batas},
// {kantor} and {unit} stand for what the case says; a name that is not known or
// hidden becomes "Bapak/Ibu".
func (h *Hub) Fill(body string, c Case, date func(time.Time) string) string {
	office, _ := h.Catalogue.Office(c.Office)
	unit, _ := h.Catalogue.Office(c.Unit)
	name := c.Answers["name"]
	if name == "" || c.Identity != kiosk.Named {
		name = "Bapak/Ibu"
	}
	due := ""
	if term, ok := h.Answering(c); ok && !term.Paused {
		due = date(term.Due)
	}
	return strings.NewReplacer("{nomor}", c.Number.String(), "{nama}", name, "{tanggal}", date(h.Local(c.Office, c.FiledAt)), "{batas}", due,
		"{kantor}", office.Name.In(kiosk.Indonesian), "{unit}", unit.Name.In(kiosk.Indonesian)).Replace(body)
}
