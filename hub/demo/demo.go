// Package demo fills a hub with a year of a ministry that does not exist, for
// demonstrations, pictures and tests. The year is planned from a seed and then
// lived: every report is filed, looked at and answered through the hub itself,
// whose clock the demo moves, so that every rule holds for it too.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync/atomic"
	"time"

	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
	"loket/kiosk/workday"
)

// Offices is the file of assets that describes the ministry; it belongs
// beside the database, where it takes the place of offices.toml.
const Offices = "demo/offices.toml"

// The officers' names. Other offices' units have Unit-OFFICE.
const (
	Administrator = "petugas-admin"
	Verifier      = "petugas-verifikator"
	Unit          = "petugas-unit"
	PPID          = "petugas-ppid"
	Superior      = "petugas-atasan"
	Supervisor    = "petugas-pimpinan"
	Auditor       = "petugas-auditor"
	Fleet         = "petugas-kios"
)

// Officer is a login of the demo.
type Officer struct {
	Name   string
	Role   hub.Role
	Office string
}

// Officers are the demo's, one a role and one more for each other office.
var Officers = []Officer{
	{Administrator, hub.Administrator, ""},
	{Verifier, hub.Verifier, ""},
	{Unit, hub.Unit, "barat"},
	{PPID, hub.PPID, ""},
	{Superior, hub.Superior, ""},
	{Supervisor, hub.Supervisor, ""},
	{Auditor, hub.Auditor, ""},
	{Fleet, hub.Fleet, ""},
	{handler("utara"), hub.Unit, "utara"},
	{handler("selatan"), hub.Unit, "selatan"},
	{handler("tengah"), hub.Unit, "tengah"},
	{handler("kepulauan"), hub.Unit, "kepulauan"},
	{handler("timur"), hub.Unit, "timur"},
}

// Errors a caller words for people.
var (
	ErrCases   = errors.New("there are cases already")
	ErrOffices = errors.New("its offices are not those of the demo")
)

// Clock is what a hub must live by to be filled.
type Clock struct{ at atomic.Int64 }

// Now is the time that the demo has come to.
func (c *Clock) Now() time.Time { return time.Unix(c.at.Load(), 0).UTC() }

func (c *Clock) set(t time.Time) { c.at.Store(t.Unix()) }

// Options say what is to be filled in.
type Options struct {
	Seed     uint64
	Cases    int
	Until    time.Time // date of the last day
	Now      time.Time // nothing is later
	More     bool      // beside what is there
	Password string    // of the officers
	Progress func(done, all int, day time.Time)
}

// Filled is what was filled in.
type Filled struct {
	Cases, Opinions int
	Officers        []Officer // that were added
}

// Fill lives a year at a hub whose Now is the clock's. It returns [ErrOffices]
// and, unless there is to be more, [ErrCases].
func Fill(ctx context.Context, h *hub.Hub, clock *Clock, files fs.FS, o Options) (Filled, error) {
	s, err := read(files)
	if err != nil {
		return Filled{}, err
	}
	for _, x := range s.year.Places {
		if _, ok := h.Catalogue.Office(x.ID); !ok {
			return Filled{}, fmt.Errorf("office %s: %w", x.ID, ErrOffices)
		}
	}
	there, err := h.Store.Cases(ctx, "")
	if err != nil {
		return Filled{}, err
	}
	if len(there) > 0 && !o.More {
		return Filled{}, ErrCases
	}
	calendar, err := workday.Load(files)
	if err != nil {
		return Filled{}, err
	}
	lives, err := plan(s, h.Catalogue, calendar, o.Seed, o.Cases, o.Until)
	if err != nil {
		return Filled{}, err
	}
	p := &player{script: s, hub: h, clock: clock, lives: lives, filed: make([]filed, len(lives)), officers: map[string]hub.Officer{}, o: o}
	clock.set(o.Until.AddDate(-1, 0, 0))
	if err := errors.Join(p.hire(ctx), p.furnish(ctx)); err != nil {
		return p.done, err
	}
	return p.done, p.play(ctx)
}

// hire adds the officers, unless they are there. They have one password, whose
// hash takes as long as the work of a month: it is made once.
func (p *player) hire(ctx context.Context) error {
	hash := ""
	for _, o := range Officers {
		known, err := p.hub.Store.Officer(ctx, o.Name)
		if errors.Is(err, hub.ErrNotFound) {
			if hash == "" {
				err = p.hub.AddOfficer(ctx, o.Name, p.o.Password, o.Role, o.Office)
			} else {
				err = p.hub.Store.AddOfficer(ctx, hub.Officer{Name: o.Name, Password: hash, Role: o.Role, Office: o.Office}, p.clock.Now())
			}
			if err != nil {
				return fmt.Errorf("officer %s: %w", o.Name, err)
			}
			p.done.Officers = append(p.done.Officers, o)
			if known, err = p.hub.Store.Officer(ctx, o.Name); err == nil {
				hash = known.Password
			}
		}
		if err != nil {
			return err
		}
		p.officers[o.Name] = known
	}
	return nil
}

// furnish gives new officers their answers to begin with, and their lists.
func (p *player) furnish(ctx context.Context) error {
	if len(p.done.Officers) == 0 {
		return nil
	}
	for _, t := range p.casework.Templates {
		err := p.hub.Store.SaveTemplate(ctx, hub.Template{Kind: t.Kind, Outcome: t.Outcome, Title: t.Title, Body: t.Body, By: Administrator, At: p.clock.Now()})
		if err != nil {
			return err
		}
	}
	for _, v := range p.casework.Views {
		if err := p.hub.Store.SaveView(ctx, v.Officer, hub.View{Name: v.Name, Query: v.Query}); err != nil {
			return err
		}
	}
	return nil
}

// player lives what was planned.
type player struct {
	*script
	hub      *hub.Hub
	clock    *Clock
	lives    []life
	filed    []filed // at the same places
	officers map[string]hub.Officer
	o        Options
	done     Filled
}

// filed is what a receipt shows.
type filed struct {
	number kiosk.Number
	code   kiosk.Code
}

// moment is a step in time, -1 being the arrival, or something that is of no one
// report.
type moment struct {
	at         time.Time
	life, step int
	do         func(context.Context) error
}

// play goes through all lives at once, in order of time.
func (p *player) play(ctx context.Context) error {
	arrivals := 0
	all := p.asides()
	for i := range p.lives {
		l := &p.lives[i]
		if l.arrived.After(p.o.Now) {
			continue
		}
		arrivals++
		all = append(all, moment{at: l.arrived, life: i, step: -1})
		for j, s := range l.steps {
			if s.at.After(p.o.Now) {
				break
			}
			all = append(all, moment{at: s.at, life: i, step: j})
		}
	}
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	night := p.clock.Now()
	count := 0
	for _, m := range all {
		for ; night.Before(m.at); night = night.Add(24 * time.Hour) { // as hub.Run does every hour
			p.clock.set(night)
			if err := p.hub.CloseSilent(ctx); err != nil {
				return err
			}
		}
		p.clock.set(m.at)
		if m.do != nil {
			if err := m.do(ctx); err != nil {
				return err
			}
			continue
		}
		if m.step < 0 {
			if err := p.file(ctx, m.life); err != nil {
				return fmt.Errorf("report %d: %w", m.life, err)
			}
			if count++; p.o.Progress != nil {
				p.o.Progress(count, arrivals, m.at)
			}
			continue
		}
		if err := p.step(ctx, m.life, p.lives[m.life].steps[m.step]); err != nil {
			return fmt.Errorf("report %d, step %d: %w", m.life, m.step, err)
		}
	}
	p.clock.set(p.o.Now)
	return p.hub.CloseSilent(ctx)
}

// asides are a day on which an office was closed, and what was changed because of
// what visitors said.
func (p *player) asides() (all []moment) {
	at := p.before(p.year.Closed.Days)
	closed := hub.Holiday{Holiday: workday.Holiday{Date: at, Name: p.year.Closed.Name, Kind: workday.Tutup, Office: p.year.Closed.Office}, By: Administrator}
	all = append(all, moment{at: at, do: func(ctx context.Context) error {
		if _, err := p.hub.AddHoliday(ctx, closed); !errors.Is(err, hub.ErrExists) {
			return err
		}
		return nil // an earlier demo's
	}})
	if len(p.done.Officers) == 0 {
		return all
	}
	for _, x := range p.casework.Improvements {
		at := p.before(x.Days)
		all = append(all, moment{at: at, do: func(ctx context.Context) error {
			_, err := p.hub.Improve(ctx, p.officers[Supervisor], hub.Improvement{Office: x.Office, Service: x.Service, Day: at.Format(time.DateOnly),
				Said: x.Said, Changed: x.Changed, Cases: p.about(x.Office, x.Service), State: hub.Published})
			return err
		}})
	}
	return all
}

// before is a morning so many days before the last, or the next not at a weekend.
func (p *player) before(days int) time.Time {
	at := time.Date(p.o.Until.Year(), p.o.Until.Month(), p.o.Until.Day(), 1, 30, 0, 0, time.UTC).AddDate(0, 0, -days)
	for at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

// about are some of the reports filed until now at an office about a service,
// which nobody wants hidden.
func (p *player) about(office, service string) (numbers []kiosk.Number) {
	for i, l := range p.lives {
		if n := p.filed[i].number; n != "" && l.topic != nil && l.topic.Service == service && (office == "" || l.office == office) && l.draft.Identity != kiosk.Confidential && len(numbers) < 9 {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

func (p *player) file(ctx context.Context, i int) (err error) {
	l := &p.lives[i]
	var request kiosk.Number
	if l.about >= 0 {
		request = p.filed[l.about].number
	}
	f := p.hub.Catalogue.Form(l.draft.Form)
	r := kiosk.Report{Form: f.Ref(), Language: l.draft.Language, Identity: l.draft.Identity, At: kiosk.Moment{At: l.filed}, Answers: l.answers(request)}
	p.filed[i].number, p.filed[i].code, err = p.hub.File(ctx, l.office, r)
	if f.Opinion {
		p.done.Opinions++
	} else {
		p.done.Cases++
	}
	return err
}

func (p *player) step(ctx context.Context, i int, s step) error {
	f, by := p.filed[i], p.officers[s.by]
	if s.do == says {
		return p.hub.Say(ctx, f.number, f.code, s.kind, s.said)
	}
	c, err := p.hub.Store.Case(ctx, f.number)
	if err != nil {
		return err
	}
	switch s.do {
	case looks:
		return p.hub.Store.MarkSeen(ctx, f.number, p.clock.Now())
	case forwards:
		return p.hub.Handle(ctx, by, f.number, c.Edition, s.unit, s.assignee, s.note)
	case merges:
		return p.hub.Merge(ctx, by, f.number, c.Edition, p.filed[s.into].number)
	case sends:
		return p.hub.MarkSent(ctx, by, []kiosk.Number{f.number})
	case keys:
		return p.hub.SetLapor(ctx, by, f.number, s.said)
	case sums:
		return p.hub.Summarise(ctx, by, f.number, c.Edition, s.said)
	case opens:
		return p.hub.Identity(ctx, by, f.number, s.note)
	case notes:
		stay := lifecycle.Decision{Status: c.Status, Answer: c.Answer}
		return p.hub.Update(ctx, by, hub.Change{Number: f.number, Edition: c.Edition, Decision: stay, Note: s.note})
	case decides:
		if s.Status == c.Status && s.extend == 0 && !s.hide {
			return nil // as when the visitor's reply has taken it up again
		}
		change := hub.Change{Number: f.number, Edition: c.Edition, Decision: s.Decision, Extend: s.extend, ExtendWhy: s.why, Note: s.note, Anonim: s.hide}
		if s.Answer == "" {
			change.Answer = c.Answer // what was said stays
		}
		return p.hub.Update(ctx, by, change)
	}
	return nil
}
