package hub

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"loket/hub/lifecycle"
	"loket/kiosk"
	"loket/kiosk/seal"
	"loket/kiosk/workday"
)

// Errors of casework, beside those of lifecycle.Lifecycle.Check.
var (
	ErrKind   = errors.New("cases of this kind have no lifecycle")
	ErrExtend = errors.New("this term cannot be made longer, or not again, or not any more, or not without a reason")
	ErrEmpty  = errors.New("nothing was said")
)

// Clocks are the terms of a case as they stand.
func (h *Hub) Clocks(c Case) []lifecycle.Running {
	return h.clocks(c, h.calendar.Load())
}

func (h *Hub) clocks(c Case, calendar *workday.Calendar) []lifecycle.Running {
	l := h.Lifecycles.Kind(c.Form.Name)
	if l == nil {
		return nil
	}
	return l.Clocks(calendar.At(c.Office), h.Local(c.Office, c.FiledAt), h.steps(c), c.Extended, h.Local(c.Office, h.Now()))
}

// steps are what clocks need to know of a case's story.
func (h *Hub) steps(c Case) (steps []lifecycle.Step) {
	office, _ := h.Catalogue.Office(c.Office)
	zone := office.Location()
	for _, e := range c.Story() {
		steps = append(steps, lifecycle.Step{At: e.At.In(zone), Status: e.Status, Extends: e.Kind == Extended})
	}
	return steps
}

// Answering is the term of the office's answer that runs, or ran last.
func (h *Hub) Answering(c Case) (r lifecycle.Running, ok bool) {
	return h.answering(c, h.Now())
}

// answering is the same at a time.
func (h *Hub) answering(c Case, now time.Time) (r lifecycle.Running, ok bool) {
	f, l := h.Catalogue.At(c.Form), h.Lifecycles.Kind(c.Form.Name)
	if f == nil || l == nil {
		return r, false
	}
	return l.Answer(f.Deadline, h.calendar.Load().At(c.Office), h.Local(c.Office, c.FiledAt), h.steps(c), c.Extended, h.Local(c.Office, now))
}

// Story is what happened and was not taken back.
func (c Case) Story() (all []Event) {
	for _, e := range c.Events {
		if e.Kind != Undone {
			all = append(all, e)
			continue
		}
		// What came between the change and its end, such as a holiday, stays.
		all = slices.DeleteFunc(all, func(x Event) bool { return x.Edition > 0 && x.Edition == e.Edition-1 })
	}
	return all
}

// stay is the change of a case that changes nothing yet.
func (c Case) stay(kind EventKind, at time.Time) Change {
	return Change{Number: c.Number, Edition: c.Edition, Kind: kind, At: at, Handling: c.Handling, Extended: c.Extended,
		Decision: lifecycle.Decision{Status: c.Status, Answer: c.Answer, Outcome: c.Outcome, Reason: c.Reason, Holder: c.Holder}}
}

// by is a change that an officer makes, and may take back for a minute.
func (c Case) by(o Officer, kind EventKind, at time.Time) Change {
	change := c.stay(kind, at)
	change.Officer = o.Name
	change.Before = &Past{Officer: o.Name, At: at, Decision: change.Decision, Handling: c.Handling, Extended: c.Extended}
	return change
}

// theirs returns a case that an officer may change and has seen as it is now.
func (h *Hub) theirs(ctx context.Context, o Officer, n kiosk.Number, edition int) (Case, error) {
	c, err := h.Store.Case(ctx, n)
	switch {
	case err != nil:
		return c, err
	case !h.Sees(o, c):
		return c, ErrNotFound
	case !h.Acts(o, c):
		return c, ErrForbidden
	case c.Edition != edition:
		return c, ErrChanged
	}
	return c, nil
}

// Update applies an officer's change. It returns an error of
// lifecycle.Lifecycle.Check for what the law does not allow, [ErrForbidden] for
// what the officer's role does not, [ErrExtend], and
// [ErrChanged] when the case moved on meanwhile.
func (h *Hub) Update(ctx context.Context, o Officer, c Change) error {
	old, err := h.theirs(ctx, o, c.Number, c.Edition)
	if err != nil {
		return err
	}
	l := h.Lifecycles.Kind(old.Form.Name)
	if l == nil {
		return ErrKind
	}
	if c.ExtendWhy = strings.TrimSpace(c.ExtendWhy); c.Extend > 0 {
		r, ok := h.Answering(old)
		if !ok || r.Extend == 0 || old.Extended > 0 || !r.Stopped.IsZero() || r.Late || c.ExtendWhy == "" {
			return ErrExtend
		}
		c.Extend = min(c.Extend, r.Extend)
	}
	if c.Status == old.Status {
		// What was decided stays unless it is decided anew.
		if c.Outcome == "" {
			c.Outcome, c.Reason, c.Holder = old.Outcome, old.Reason, old.Holder
		}
	}
	if err := l.Check(old.Status, c.Decision); err != nil {
		return err
	}
	if c.Status != old.Status && !slices.Contains(h.Next(o, old), c.Status) {
		return ErrForbidden
	}
	if c.Status != kiosk.Answered && c.Status != kiosk.Closed && c.Status != kiosk.Archived {
		c.Outcome, c.Reason, c.Holder = "", "", ""
	}
	if c.Status == kiosk.Closed && old.Status == kiosk.Answered {
		c.Outcome, c.Reason, c.Holder = old.Outcome, old.Reason, old.Holder
	}
	as := old.by(o, Moved, h.Now())
	c.Kind, c.At, c.Officer, c.Handling, c.Before, c.Extended = Moved, as.At, o.Name, old.Handling, as.Before, old.Extended+c.Extend
	switch {
	case c.Extend > 0:
		c.Kind, c.Said = Extended, c.ExtendWhy
	case c.Status == old.Status && (c.Anonim && !old.Anonim || c.Rahasia && !old.Rahasia) && c.Answer == old.Answer:
		c.Kind = Hidden
	case c.Answer != old.Answer:
		c.Said = c.Answer
	case c.Decision == as.Decision && c.Note != "":
		c.Kind = Noted
	}
	return h.withFollowers(ctx, o, old, c)
}

// Visitor returns a case to who holds its number and code, or [ErrNotFound].
func (h *Hub) Visitor(ctx context.Context, n kiosk.Number, code kiosk.Code) (Case, error) {
	mac, err := h.Store.CodeMAC(ctx, n)
	if err == nil && !hmac.Equal(mac, h.Keys.CodeMAC(n, code)) {
		err = ErrNotFound
	}
	if err != nil {
		return Case{}, err
	}
	return h.Store.Case(ctx, n)
}

// May is what the visitor can say about a case as it stands: Solved and
// Contested about an answer, Replied to what was asked.
func May(c Case) []EventKind {
	switch c.Status {
	case kiosk.Answered:
		return []EventKind{Solved, Contested}
	case kiosk.Closed, kiosk.NotOurs, kiosk.Archived:
		return []EventKind{Contested}
	case kiosk.Returned:
		return []EventKind{Replied}
	}
	return nil
}

// saidMost is how much a visitor can write, in letters.
const saidMost = 2000

// plain is what somebody wrote without what cannot be seen.
func plain(s string) string { return trimmed(s, saidMost) }

// trimmed is the same, of at most so many letters.
func trimmed(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n"))
	if letters := []rune(s); len(letters) > most {
		s = string(letters[:most])
	}
	return strings.TrimSpace(s)
}

// Say is what the visitor says on the tracking page: that it was solved, which
// closes the case; that it was not, which takes it up again; or what was missing.
// It returns [ErrNotFound] for a wrong pair, [lifecycle.ErrMove] for what cannot
// be said now, and [ErrEmpty].
func (h *Hub) Say(ctx context.Context, n kiosk.Number, code kiosk.Code, kind EventKind, said string) error {
	c, err := h.Visitor(ctx, n, code)
	if err != nil {
		return err
	}
	if !slices.Contains(May(c), kind) {
		return lifecycle.ErrMove
	}
	said = plain(said)
	if said == "" && kind != Solved {
		return ErrEmpty
	}
	change := c.stay(kind, h.Now())
	if change.Said = said; kind == Solved {
		change.Status = kiosk.Closed
	} else { // what came of it is open again, and this visitor's alone
		change.Decision, change.MergedInto = lifecycle.Decision{Status: kiosk.InProgress, Answer: c.Answer}, ""
	}
	return h.Store.Change(ctx, change)
}

// CloseSilent closes the cases whose visitors let their term go by.
func (h *Hub) CloseSilent(ctx context.Context) error {
	var errs []error
	for _, status := range []kiosk.Status{kiosk.Answered, kiosk.Returned} {
		cases, err := h.Store.Cases(ctx, status)
		if err != nil {
			return err
		}
		for _, c := range cases {
			if !slices.ContainsFunc(h.Clocks(c), func(r lifecycle.Running) bool { return r.Closes && r.Stopped.IsZero() && r.Late }) {
				continue
			}
			change := c.stay(Moved, h.Now())
			change.Status = kiosk.Closed
			err := h.Store.Change(ctx, change)
			if err != nil && !errors.Is(err, ErrChanged) {
				errs = append(errs, fmt.Errorf("close %s: %w", c.Number, err))
			}
		}
	}
	return errors.Join(errs...)
}

// LoadHolidays takes the holidays announced since this version was made into
// the calendar.
func (h *Hub) LoadHolidays(ctx context.Context) error {
	added, err := h.Store.Holidays(ctx)
	if err != nil {
		return err
	}
	var days []workday.Holiday
	for _, a := range added {
		days = append(days, a.Holiday)
	}
	calendar, err := h.decreed.With(days...)
	if err != nil {
		return err
	}
	h.setCalendar(calendar)
	h.added.Store(&days)
	return nil
}

// daysOff are those that an office's kiosks count with beside the catalogue's.
func (h *Hub) daysOff(office string, now time.Time) (all []seal.DayOff) {
	added := h.added.Load()
	if added == nil {
		return nil
	}
	for _, d := range *added {
		if (d.Office == "" || d.Office == office) && now.Sub(d.Date) < 60*24*time.Hour {
			all = append(all, seal.DayOff{Date: d.Date.Format(time.DateOnly), Name: d.Name, Kind: string(d.Kind), Office: d.Office})
		}
	}
	return all
}

// AddHoliday takes up a day announced late. Every open term is counted anew;
// a case whose date moves says so in its story. It returns how many did,
// [workday.ErrHoliday] or [ErrExists].
func (h *Hub) AddHoliday(ctx context.Context, day Holiday) (moved int, err error) {
	if err := h.LoadHolidays(ctx); err != nil {
		return 0, err
	}
	before := h.calendar.Load()
	after, err := before.With(day.Holiday)
	if err != nil {
		return 0, err
	}
	day.At = h.Now()
	if err := h.Store.AddHoliday(ctx, day); err != nil {
		return 0, err
	}
	h.setCalendar(after)
	if err := h.Current(ctx); err != nil {
		return 0, err
	}
	// A term that runs on that day began with something that happened lately, or
	// is of a case without an answer.
	cases, err := h.Store.CasesSince(ctx, day.Date.Add(-longestTerm))
	if err != nil {
		return 0, err
	}
	for _, c := range cases {
		was, is := h.clocks(c, before), h.clocks(c, after)
		dates := map[string]time.Time{}
		each(was, func(term string, r lifecycle.Running) { dates[term] = r.Due })
		var notes []string
		each(is, func(term string, r lifecycle.Running) {
			if old, ok := dates[term]; ok && r.Stopped.IsZero() && !r.Due.Equal(old) {
				notes = append(notes, fmt.Sprintf("%s: %s → %s", r.Label.In(kiosk.Indonesian), old.Format(time.DateOnly), r.Due.Format(time.DateOnly)))
			}
		})
		if len(notes) == 0 {
			continue
		}
		moved++
		e := Event{At: day.At, Kind: Recounted, Status: c.Status, Officer: day.By,
			Said: day.Date.Format(time.DateOnly) + " " + day.Name, Note: strings.Join(notes, "\n")}
		if err := h.Store.Tell(ctx, c.Number, e); err != nil {
			return moved, err
		}
	}
	return moved, nil
}

// each calls f for every term under a name of its own. A term that began with
// the end of another may be gone when days are counted anew: places in the list
// do not agree.
func each(terms []lifecycle.Running, f func(term string, r lifecycle.Running)) {
	seen := map[string]int{}
	for _, r := range terms {
		name := fmt.Sprint(r.ID, r.Lapsed)
		seen[name]++
		f(fmt.Sprint(name, seen[name]), r)
	}
}

// words are the words of a text, in lower case.
func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}
