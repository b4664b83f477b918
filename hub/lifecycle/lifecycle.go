// Package lifecycle is how cases live, kind by kind, as versioned data
// (lifecycles/*.toml): which status may follow which, what outcomes there are
// and what each must say, and which clocks run. Every rule carries the law it
// comes from, since laws change. State and outcome are two things: a closed
// case is not a solved one.
package lifecycle

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/workday"
)

// Lifecycle is the life of one kind of case.
type Lifecycle struct {
	Kind     string                          `toml:"kind"` // name of the form
	Version  int                             `toml:"version"`
	Register string                          `toml:"register"` // number in the kind's book, with {n}, {office} and {year}; empty: it has none
	Moves    map[kiosk.Status][]kiosk.Status `toml:"moves"`
	Terms    []Clock                         `toml:"clocks"`
	Outcomes []Outcome                       `toml:"outcomes"`
	Reasons  []Reason                        `toml:"reasons"`
}

// Outcome is what came out of a case, said with its answer.
type Outcome struct {
	ID    string     `toml:"id"`
	Label kiosk.Text `toml:"label"`
	Basis kiosk.Text `toml:"basis"`
	Needs []string   `toml:"needs"` // reason: one of the listed; holder: who has it instead
}

// Reason is why: of an outcome, or of the status archived.
type Reason struct {
	ID    string     `toml:"id"`
	Label kiosk.Text `toml:"label"`
	Basis kiosk.Text `toml:"basis"`
	For   []string   `toml:"for"` // ids of outcomes, or archived
}

// Clock is one term. It runs from filing, or from each time that one of Starts
// is reached or the clock Lapse has run out, until one of Stops is.
type Clock struct {
	ID          string         `toml:"id"`
	Step        string         `toml:"step"` // of the form: gives id, days, label and basis
	Days        int            `toml:"days"` // working days
	Label       kiosk.Text     `toml:"label"`
	Basis       kiosk.Text     `toml:"basis"`
	Starts      []kiosk.Status `toml:"starts"`
	Lapse       string         `toml:"lapse"` // id of a clock before this one: silence is a reason too
	Stops       []kiosk.Status `toml:"stops"`
	Pauses      []kiosk.Status `toml:"pauses"`
	Extend      int            `toml:"extend"` // working days it may be longer, once, with a written reason
	ExtendBasis kiosk.Text     `toml:"extend_basis"`
	Visitor     bool           `toml:"visitor"` // it is the visitor's time, not the office's
	Closes      bool           `toml:"closes"`  // when it has run out, the case is closed
}

// Catalogue holds every lifecycle.
type Catalogue struct {
	kinds map[string]*Lifecycle
}

// Load reads lifecycles/*.toml and checks them against the forms that they are
// for. Every form that opens cases has one.
func Load(files fs.FS, forms *form.Catalogue) (*Catalogue, error) {
	c := &Catalogue{kinds: map[string]*Lifecycle{}}
	paths, err := fs.Glob(files, "lifecycles/*.toml")
	if err != nil {
		return nil, err
	}
	for _, p := range paths {
		l := new(Lifecycle)
		meta, err := toml.DecodeFS(files, p, l)
		if err == nil && len(meta.Undecoded()) > 0 {
			err = fmt.Errorf("unknown key %s", meta.Undecoded()[0])
		}
		if err == nil {
			err = l.complete(forms.Form(l.Kind))
		}
		if err == nil && l.Kind+".toml" != path.Base(p) {
			err = fmt.Errorf("it is of the kind %q", l.Kind)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		c.kinds[l.Kind] = l
	}
	for _, name := range forms.Names() {
		if f := forms.Form(name); !f.Opinion && c.kinds[name] == nil {
			return nil, fmt.Errorf("the form %s has no lifecycle", name)
		}
	}
	return c, nil
}

// Kind returns the lifecycle of a kind, nil if there is none.
func (c *Catalogue) Kind(kind string) *Lifecycle { return c.kinds[kind] }

// complete takes from the form what it gives, and refuses what cannot work.
func (l *Lifecycle) complete(f *form.Form) error {
	if f == nil {
		return fmt.Errorf("there is no form %q", l.Kind)
	}
	status := func(where string, all ...kiosk.Status) error {
		for _, s := range all {
			if !slices.Contains(kiosk.Statuses, s) {
				return fmt.Errorf("%s: there is no status %q", where, s)
			}
		}
		return nil
	}
	for from, to := range l.Moves {
		if err := status("moves", append(to, from)...); err != nil {
			return err
		}
		for _, s := range to {
			if len(l.Moves[s]) == 0 {
				return fmt.Errorf("moves: nothing leads out of %s", s)
			}
		}
	}
	if len(l.Moves[kiosk.Received]) == 0 || len(l.Outcomes) == 0 {
		return errors.New("moves or outcomes are missing")
	}
	for i := range l.Terms {
		c := &l.Terms[i]
		if c.Step != "" {
			j := slices.IndexFunc(f.Steps, func(s form.Step) bool { return s.ID == c.Step })
			if j < 0 {
				return fmt.Errorf("clock: the form has no step %q", c.Step)
			}
			s := f.Steps[j]
			c.ID, c.Days, c.Label, c.Basis = s.ID, s.Days, s.Label, s.Basis
		}
		if c.ID == "" || c.Days < 1 || !whole(c.Basis) || !whole(c.Label) || c.Extend > 0 && !whole(c.ExtendBasis) {
			return fmt.Errorf("clock %q lacks days, label or basis", c.ID)
		}
		if c.Lapse != "" && !slices.ContainsFunc(l.Terms[:i], func(b Clock) bool { return b.ID == c.Lapse }) {
			return fmt.Errorf("clock %q begins with the end of %q, which does not stand before it", c.ID, c.Lapse)
		}
		if c.Lapse != "" && c.ID == f.Deadline { // or when it was answered would depend on what day it is
			return fmt.Errorf("clock %q is that of the answer, and cannot begin with the end of %q", c.ID, c.Lapse)
		}
		if err := status("clock "+c.ID, slices.Concat(c.Starts, c.Stops, c.Pauses)...); err != nil {
			return err
		}
	}
	if l.Register != "" && (!strings.Contains(l.Register, "{n}") || !strings.Contains(l.Register, "{office}") || !strings.Contains(l.Register, "{year}")) {
		return fmt.Errorf("register %q would give one number twice", l.Register)
	}
	ids := map[string]bool{string(kiosk.Archived): true}
	for _, o := range l.Outcomes {
		ids[o.ID] = true
		if !whole(o.Label) {
			return fmt.Errorf("outcome %s lacks a label", o.ID)
		}
	}
	for _, r := range l.Reasons {
		for _, id := range r.For {
			if !ids[id] || !whole(r.Label) {
				return fmt.Errorf("reason %s is for %q, which is no outcome, or lacks a label", r.ID, id)
			}
		}
	}
	return nil
}

// Next lists the statuses that may follow one.
func (l *Lifecycle) Next(s kiosk.Status) []kiosk.Status { return l.Moves[s] }

// Outcome returns the outcome of that id, or nil.
func (l *Lifecycle) Outcome(id string) *Outcome {
	for i := range l.Outcomes {
		if l.Outcomes[i].ID == id {
			return &l.Outcomes[i]
		}
	}
	return nil
}

// Reason returns the reason of that id, or nil.
func (l *Lifecycle) Reason(id string) *Reason {
	for i := range l.Reasons {
		if l.Reasons[i].ID == id {
			return &l.Reasons[i]
		}
	}
	return nil
}

// Decision is what an officer says with a status.
type Decision struct {
	Status  kiosk.Status
	Answer  string // what the visitor reads
	Outcome string
	Reason  string
	Holder  string // who has what we do not
}

// Errors of a decision that the law does not allow.
var (
	ErrMove    = errors.New("this status cannot follow")
	ErrAnswer  = errors.New("an answer to the visitor is missing")
	ErrOutcome = errors.New("the outcome is missing, or is none of this kind")
	ErrReason  = errors.New("the reason is missing, or does not belong to the outcome")
	ErrHolder  = errors.New("it is not said who holds the information")
)

// Check says what a decision lacks, where a case stands at now.
func (l *Lifecycle) Check(now kiosk.Status, d Decision) error {
	if d.Status != now && !slices.Contains(l.Moves[now], d.Status) {
		return ErrMove
	}
	reason := l.Reason(d.Reason)
	fits := func(id string) bool { return reason != nil && slices.Contains(reason.For, id) }
	switch d.Status {
	case kiosk.Answered:
		o := l.Outcome(d.Outcome)
		switch {
		case strings.TrimSpace(d.Answer) == "":
			return ErrAnswer
		case o == nil:
			return ErrOutcome
		case slices.Contains(o.Needs, "reason") && !fits(o.ID):
			return ErrReason
		case slices.Contains(o.Needs, "holder") && strings.TrimSpace(d.Holder) == "":
			return ErrHolder
		}
	case kiosk.Archived:
		if !fits(string(kiosk.Archived)) {
			return ErrReason
		}
	case kiosk.Returned, kiosk.NotOurs:
		if strings.TrimSpace(d.Answer) == "" {
			return ErrAnswer // what is missing, or whose matter it is
		}
	}
	return nil
}

// Step is one moment in a case's life.
type Step struct {
	At      time.Time // in the office's zone
	Status  kiosk.Status
	Extends bool // the term that runs was made longer

	lapse bool // a clock ran out: no status
}

// Running is a clock as it stands.
type Running struct {
	*Clock
	workday.Count
	Since   time.Time // in the office's zone
	Days    int       // with its extension
	Stopped time.Time // in the office's zone; zero while it runs
	Paused  bool
	Lapsed  bool // it began because another ran out
	Left    int  // working days until it is due; negative: late, a day begun counting whole
	Late    bool // it ran out, or was stopped after its day
}

// Clocks returns the clocks of a case filed at filed, in the order of the
// lifecycle; one that has not begun is left out, one begun anew (the case was
// taken up again) stands once for each time. steps are in order of time;
// extended is by how many working days the term was made longer that ran when a
// step said so.
func (l *Lifecycle) Clocks(o workday.Office, filed time.Time, steps []Step, extended int, now time.Time) []Running {
	return clocks(l.Terms, o, filed, steps, extended, now)
}

// Answer returns the clock of that id as it runs, or ran last, by itself: none that
// begins with the end of another.
func (l *Lifecycle) Answer(id string, o workday.Office, filed time.Time, steps []Step, extended int, now time.Time) (r Running, ok bool) {
	for i := range l.Terms {
		if l.Terms[i].ID == id {
			for _, clock := range clocks(l.Terms[i:i+1], o, filed, steps, extended, now) {
				r, ok = clock, true
			}
		}
	}
	return r, ok
}

func clocks(terms []Clock, o workday.Office, filed time.Time, steps []Step, extended int, now time.Time) (all []Running) {
	for i := range terms {
		c := &terms[i]
		var r *Running
		var pauses []workday.Pause
		end := func() {
			if r == nil {
				return
			}
			r.Count = o.Count(workday.Clock{From: r.Since, Days: r.Days, Pauses: pauses})
			until := r.Stopped
			if until.IsZero() {
				until = now
			}
			if r.Paused = r.Due.IsZero(); !r.Paused {
				r.Left = o.Between(until, r.Due)
				// A day off after the last day is too late as well.
				if r.Late = until.After(last(r.Due, until.Location())); r.Late && r.Left == 0 {
					r.Left = -1
				}
			}
			all, r, pauses = append(all, *r), nil, nil
		}
		begin := func(at time.Time) { r = &Running{Clock: c, Since: at, Days: c.Days} }
		if len(c.Starts) == 0 {
			begin(filed)
		}
		was := kiosk.Received
		for _, s := range withLapses(steps, all, c.Lapse) {
			if s.lapse {
				end()
				begin(s.At)
				r.Lapsed = true
				continue
			}
			if s.Extends && c.Extend > 0 && r != nil && r.Stopped.IsZero() {
				r.Days += min(extended, c.Extend)
			}
			if s.Status == was {
				continue
			}
			was = s.Status
			if slices.Contains(c.Starts, s.Status) {
				if r != nil && r.Stopped.IsZero() {
					r.Stopped = s.At
				}
				end()
				begin(s.At)
				continue
			}
			if r == nil || r.Lapsed { // what began with silence ends with an answer
				continue
			}
			stops := slices.Contains(c.Stops, s.Status)
			if !r.Stopped.IsZero() && !stops && len(c.Starts) == 0 {
				end() // taken up again: a term of its own
				begin(s.At)
			}
			pause := slices.Contains(c.Pauses, s.Status)
			if n := len(pauses); n > 0 && pauses[n-1].To.IsZero() && !pause {
				pauses[n-1].To = s.At
			}
			switch {
			case stops && r.Stopped.IsZero():
				r.Stopped = s.At
			case pause:
				pauses = append(pauses, workday.Pause{From: s.At})
			}
		}
		end()
	}
	return all
}

// withLapses puts the ends of the terms of one clock that have run out among
// the steps.
func withLapses(steps []Step, all []Running, id string) []Step {
	for _, r := range all {
		if id == "" || r.ID != id || !r.Late {
			continue
		}
		end := Step{At: last(r.Due, r.Since.Location()), lapse: true}
		i := slices.IndexFunc(steps, func(s Step) bool { return s.At.After(end.At) })
		if i < 0 {
			i = len(steps)
		}
		steps = slices.Insert(slices.Clone(steps), i, end)
	}
	return steps
}

// last is the last second of a date.
func last(date time.Time, zone *time.Location) time.Time {
	return time.Date(date.Year(), date.Month(), date.Day(), 23, 59, 59, 999_999_999, zone)
}

func whole(t kiosk.Text) bool {
	for _, l := range kiosk.Languages {
		if t[l] == "" {
			return false
		}
	}
	return true
}
