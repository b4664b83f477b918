package hub

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"loket/hub/insight"
	"loket/kiosk"
)

// zones are those of the offices.
var zones = []string{"WIB", "WITA", "WIT"}

// stretch is a row of days that are kept together by one scale.
type stretch struct {
	scale    string
	from, to int // spans
}

// stretches cuts days into whole weeks and the days before and after them.
func stretches(from, to int) (all []stretch) {
	if from > to {
		return nil
	}
	first := mondayOf(from + 6) // of the first whole week
	after := mondayOf(to + 1)   // of the week that is none
	if first >= after {
		return []stretch{{SumDay, from, to}}
	}
	if from < first {
		all = append(all, stretch{SumDay, from, first - 1})
	}
	all = append(all, stretch{SumWeek, first, after - 7})
	if after <= to {
		all = append(all, stretch{SumDay, after, to})
	}
	return all
}

// reading reads from the summaries what figures are made of. The first error ends
// it.
type reading struct {
	hub   *Hub
	ctx   context.Context
	q     insight.Question
	place string
	sees  func(kind string) bool
	err   error
}

// lines reads lines of some days, by week where whole weeks are within.
func (r *reading) lines(q SumQuery, from, to int) (all []SumLine) {
	for _, s := range stretches(from, to) {
		q.Scale, q.From, q.To = s.scale, s.from, s.to
		all = append(all, r.line(q)...)
	}
	return all
}

// line reads lines of kinds that are asked for.
func (r *reading) line(q SumQuery) []SumLine {
	if r.err != nil {
		return nil
	}
	lines, err := r.hub.Store.Sums(r.ctx, q)
	r.err = err
	return slices.DeleteFunc(lines, func(l SumLine) bool { return !r.sees(l.Kind) })
}

// units are the place and those below it, none for all of them.
func (r *reading) units() (all []string) {
	if r.place == "" {
		return nil
	}
	for _, places := range [][]kiosk.Office{r.hub.Catalogue.Offices, r.hub.Catalogue.Units} {
		for _, o := range places {
			if r.hub.Under(o.ID, r.place) {
				all = append(all, o.ID)
			}
		}
	}
	return all
}

// parts are those that topics and answers are kept by: units, or one for all of them.
func (r *reading) parts() []string {
	if units := r.units(); units != nil {
		return units
	}
	return []string{""}
}

// together reads several things at once, for the store answers several questions at a
// time.
func (r *reading) together(parts ...func(*reading)) {
	if r.err != nil {
		return
	}
	each := make([]reading, len(parts))
	var all sync.WaitGroup
	for i, part := range parts {
		each[i] = *r
		all.Go(func() { part(&each[i]) })
	}
	all.Wait()
	for _, x := range each {
		if r.err == nil {
			r.err = x.err
		}
	}
}

// sums reads what the figures of the question are computed from.
func (r *reading) sums() *insight.Sums {
	s := &insight.Sums{Begun: map[string]bool{}}
	now, then := r.q.Period, r.q.Period.Before()
	since, last := dayOf(r.q.Since()), dayOf(now.To)
	of := SumQuery{Line: LineUnit, Parts: zones, Items: r.units(), ByItem: true}
	var in, before *insight.Sums
	r.together(func(r *reading) {
		for _, days := range [][2]int{{since, dayOf(then.From) - 1}, {dayOf(then.From), dayOf(then.To)}, {dayOf(now.From), last}} {
			for _, l := range r.lines(SumQuery{Line: LineTopic, Parts: r.parts(), BySpan: true}, days[0], days[1]) {
				s.Days = append(s.Days, insight.Line{Day: dateOfDay(l.Span), Kind: l.Kind, N: l.N})
			}
		}
		for _, l := range r.lines(SumQuery{Line: LineTaken, Parts: r.parts(), BySpan: true}, since, last) {
			s.Weeks = append(s.Weeks, insight.Line{Day: dateOfDay(l.Span), Kind: l.Kind, N: l.N})
		}
	}, func(r *reading) {
		in = r.period(now, of)
	}, func(r *reading) {
		before = r.period(then, of)
	}, func(r *reading) {
		s.Open, s.OpenBefore = r.open(last), r.open(dayOf(then.To))
	})
	if r.err != nil {
		return s
	}
	s.Topics, s.Complaints = append(in.Topics, before.Topics...), append(in.Complaints, before.Complaints...)
	s.ByUnit, s.Units = append(in.ByUnit, before.ByUnit...), append(in.Units, before.Units...)
	s.Answers, s.Ended = append(in.Answers, before.Answers...), append(in.Ended, before.Ended...)
	r.begun(s, of, since)
	return s
}

// period reads what was received, answered and due in a period.
func (r *reading) period(p insight.Period, of SumQuery) *insight.Sums {
	s := new(insight.Sums)
	from, to := dayOf(p.From), dayOf(p.To)
	for _, l := range r.lines(SumQuery{Line: LineTopic, Parts: r.parts(), ByItem: true}, from, to) {
		s.Topics = append(s.Topics, insight.Line{Day: p.From, Kind: l.Kind, Topic: l.Item, N: l.N})
	}
	for _, l := range r.lines(SumQuery{Line: LineTopic, Parts: r.parts(), Kinds: grievances, BySpan: true, ByItem: true}, from, to) {
		s.Complaints = append(s.Complaints, insight.Line{Day: dateOfDay(l.Span), Kind: l.Kind, Topic: l.Item, N: l.N})
	}
	complaints := of
	complaints.Kinds, complaints.BySpan = grievances, true
	for _, l := range r.lines(complaints, from, to) {
		if l.N > 0 {
			s.ByUnit = append(s.ByUnit, insight.Line{Day: dateOfDay(l.Span), Kind: l.Kind, Unit: r.hub.part(l.Item, r.place), N: l.N})
		}
	}
	for _, l := range r.lines(SumQuery{Line: LineTaken, Parts: r.parts(), ByItem: true, ByDays: true}, from, to) {
		limit, _ := strconv.Atoi(l.Item)
		s.Answers = append(s.Answers, insight.Answer{Day: p.From, Kind: l.Kind, Taken: l.Days, Limit: limit, N: l.N})
	}
	// What is due today or later is not late yet; what was received by a clock that is
	// ahead was received all the same.
	today := min(to+1, max(from, dayOf(r.q.Today)))
	over, after := r.lines(of, from, today-1), r.lines(of, today, to)
	for _, l := range slices.Concat(over, after) {
		if l.N > 0 {
			s.Units = append(s.Units, insight.Line{Day: p.From, Kind: l.Kind, Unit: r.hub.part(l.Item, r.place), N: l.N})
		}
	}
	for _, l := range over {
		if due := l.Waiting + l.Kept + l.Missed; due > 0 {
			s.Ended = append(s.Ended, insight.Ended{Day: p.From, Unit: r.hub.part(l.Item, r.place), N: due, Late: l.Waiting + l.Missed})
		}
	}
	return s
}

// begun finds out who was at work when the period before began. Mostly something came
// in then; only of others must be asked whether anything ever did.
func (r *reading) begun(s *insight.Sums, of SumQuery, since int) {
	look := func(from, to int) (any bool) {
		for _, l := range r.lines(of, from, to) {
			if l.N > 0 {
				s.Begun[""], s.Begun[r.hub.part(l.Item, r.place)], any = true, true, true
			}
		}
		return any
	}
	ever := look(since-7, since-1)
	begins := dayOf(r.q.Begins())
	look(max(since, begins-27), begins)
	missing := !ever
	for _, l := range s.ByUnit {
		missing = missing || !s.Begun[l.Unit]
	}
	if missing {
		look(since, begins-28)
		ever = look(1, since-8) || ever
	}
	if ever {
		s.Days = append(s.Days, insight.Line{Day: dateOfDay(since - 1)}) // so the first week is a whole one
	}
}

// open is how many had no answer at the end of a day: as many as have none now, and
// those answered since, without those received since.
func (r *reading) open(day int) (n int) {
	for _, l := range r.line(SumQuery{Line: LineOpen, Scale: SumEver, Parts: []string{""}, Items: r.units()}) {
		n += l.N
	}
	after := dayOf(r.q.Today.AddDate(10, 0, 0)) // and whatever a clock far off says
	for _, l := range r.lines(SumQuery{Line: LineTaken, Parts: r.parts()}, day+1, after) {
		n += l.N
	}
	for _, l := range r.lines(SumQuery{Line: LineTopic, Parts: r.parts()}, day+1, after) {
		n -= l.N
	}
	return n
}

// How many cases are read for their words in each period, and from how many parts of
// it where there are more.
const (
	wordsMost  = 1000
	wordsParts = 10
)

// words reads cases of the two periods for their words; some says that not all were.
func (r *reading) words(sums *insight.Sums) (all []insight.Case, some bool) {
	var cases [2][]insight.Case
	var more [2]bool
	read := func(i int, p insight.Period) func(*reading) {
		received := 0
		for _, l := range sums.Topics {
			if p.Has(l.Day) {
				received += l.N
			}
		}
		return func(r *reading) {
			var numbers []kiosk.Number
			if numbers, more[i] = r.pick(p, received); r.err != nil {
				return
			}
			var written []Case
			written, r.err = r.hub.Store.Written(r.ctx, numbers)
			for _, c := range written {
				// A night may be of another period in another zone.
				if received := dateOf(r.hub.Local(c.Office, c.FiledAt)); p.Has(received) {
					if text := r.hub.readable(c); text != "" {
						cases[i] = append(cases[i], insight.Case{Received: received, Text: text})
					}
				}
			}
		}
	}
	r.together(read(0, r.q.Period), read(1, r.q.Period.Before()))
	return append(cases[0], cases[1]...), more[0] || more[1]
}

// pick chooses cases of a period: all, or the newest of each of its parts.
func (r *reading) pick(p insight.Period, received int) (numbers []kiosk.Number, some bool) {
	from, to := p.From.Add(-9*time.Hour), p.To.Add((24-7)*time.Hour) // in every zone
	var all []FiledCase
	if some = received > wordsMost; !some {
		all = r.newest(from, to, 2*wordsMost) // with those of the nights before and after
	} else {
		for i := range wordsParts {
			part := to.Sub(from) / wordsParts
			all = append(all, r.newest(from.Add(time.Duration(i)*part), from.Add(time.Duration(i+1)*part), wordsMost/wordsParts)...)
		}
	}
	for _, c := range all {
		numbers = append(numbers, c.Number)
	}
	return numbers, some
}

// newest are the newest cases of kinds and units that are asked for.
func (r *reading) newest(from, to time.Time, n int) (all []FiledCase) {
	units := r.units()
	if units == nil {
		units = []string{""}
	}
	for _, kind := range r.hub.Catalogue.Names() {
		if !r.sees(kind) {
			continue
		}
		for _, unit := range units {
			if r.err != nil {
				return nil
			}
			some, err := r.hub.Store.Newest(r.ctx, kind, unit, from, to, n)
			if r.err = err; err != nil {
				return nil
			}
			all = append(all, some...)
		}
	}
	slices.SortStableFunc(all, func(a, b FiledCase) int { return b.At.Compare(a.At) })
	return all[:min(n, len(all))]
}
