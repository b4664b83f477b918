package hub

import (
	"context"
	"slices"
	"strconv"
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

// sums reads what the figures of the question are computed from.
func (r *reading) sums() *insight.Sums {
	s := &insight.Sums{Begun: map[string]bool{}}
	now, then := r.q.Period, r.q.Period.Before()
	units := r.units()
	parts := units
	if parts == nil {
		parts = []string{""}
	}
	since, last := dayOf(r.q.Since()), dayOf(now.To)
	for _, days := range [][2]int{{since, dayOf(then.From) - 1}, {dayOf(then.From), dayOf(then.To)}, {dayOf(now.From), last}} {
		for _, l := range r.lines(SumQuery{Line: LineTopic, Parts: parts, BySpan: true}, days[0], days[1]) {
			s.Days = append(s.Days, insight.Line{Day: dateOfDay(l.Span), Kind: l.Kind, N: l.N})
		}
	}
	for _, l := range r.lines(SumQuery{Line: LineTaken, Parts: parts, BySpan: true}, since, last) {
		s.Weeks = append(s.Weeks, insight.Line{Day: dateOfDay(l.Span), Kind: l.Kind, N: l.N})
	}
	of := SumQuery{Line: LineUnit, Parts: zones, Items: units, ByItem: true}
	for _, p := range []insight.Period{now, then} {
		from, to := dayOf(p.From), dayOf(p.To)
		for _, l := range r.lines(SumQuery{Line: LineTopic, Parts: parts, ByItem: true}, from, to) {
			s.Topics = append(s.Topics, insight.Line{Day: p.From, Kind: l.Kind, Topic: l.Item, N: l.N})
		}
		for _, l := range r.lines(SumQuery{Line: LineTopic, Parts: parts, Kinds: grievances, BySpan: true, ByItem: true}, from, to) {
			s.Complaints = append(s.Complaints, insight.Line{Day: dateOfDay(l.Span), Kind: l.Kind, Topic: l.Item, N: l.N})
		}
		complaints := of
		complaints.Kinds, complaints.BySpan = grievances, true
		for _, l := range r.lines(complaints, from, to) {
			if l.N > 0 {
				s.ByUnit = append(s.ByUnit, insight.Line{Day: dateOfDay(l.Span), Kind: l.Kind, Unit: r.hub.part(l.Item, r.place), N: l.N})
			}
		}
		for _, l := range r.lines(SumQuery{Line: LineTaken, Parts: parts, ByItem: true, ByDays: true}, from, to) {
			limit, _ := strconv.Atoi(l.Item)
			s.Answers = append(s.Answers, insight.Answer{Day: p.From, Kind: l.Kind, Taken: l.Days, Limit: limit, N: l.N})
		}
		// What is due today or later is not late yet, and what comes from a clock
		// that is ahead was received all the same.
		today := min(to+1, max(from, dayOf(r.q.Today)))
		over, after := r.lines(of, from, today-1), r.lines(of, today, to)
		for _, l := range append(slices.Clone(over), after...) {
			if l.N > 0 {
				s.Units = append(s.Units, insight.Line{Day: p.From, Kind: l.Kind, Unit: r.hub.part(l.Item, r.place), N: l.N})
			}
		}
		for _, l := range over {
			if due := l.Waiting + l.Kept + l.Missed; due > 0 {
				s.Ended = append(s.Ended, insight.Ended{Day: p.From, Unit: r.hub.part(l.Item, r.place), N: due, Late: l.Waiting + l.Missed})
			}
		}
	}
	r.begun(s, of, since)
	s.Open = r.open(parts, units, last)
	s.OpenBefore = r.open(parts, units, dayOf(then.To))
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
	look(since, dayOf(r.q.Begins()))
	missing := !ever
	for _, l := range s.ByUnit {
		missing = missing || !s.Begun[l.Unit]
	}
	if missing {
		ever = look(1, since-8) || ever
	}
	if ever {
		s.Days = append(s.Days, insight.Line{Day: dateOfDay(since - 1)}) // so the first week is a whole one
	}
}

// open is how many had no answer at the end of a day: as many as have none now, and
// those answered since, without those received since.
func (r *reading) open(parts, units []string, day int) (n int) {
	for _, l := range r.line(SumQuery{Line: LineOpen, Scale: SumEver, Parts: []string{""}, Items: units}) {
		n += l.N
	}
	after := dayOf(r.q.Today.AddDate(10, 0, 0)) // and whatever a clock far off says
	for _, l := range r.lines(SumQuery{Line: LineTaken, Parts: parts}, day+1, after) {
		n += l.N
	}
	for _, l := range r.lines(SumQuery{Line: LineTopic, Parts: parts}, day+1, after) {
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
func (r *reading) words() (all []insight.Case, some bool) {
	var numbers []kiosk.Number
	for _, p := range []insight.Period{r.q.Period, r.q.Period.Before()} {
		picked, more := r.pick(p)
		numbers, some = append(numbers, picked...), some || more
	}
	if r.err != nil {
		return nil, false
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers) // a night may be of both, by another zone
	cases, err := r.hub.Store.Written(r.ctx, numbers)
	r.err = err
	for _, c := range cases {
		text := r.hub.readable(c)
		if text != "" {
			all = append(all, insight.Case{Received: dateOf(r.hub.Local(c.Office, c.FiledAt)), Text: text})
		}
	}
	return all, some
}

// pick chooses cases of a period: all, or the newest of each of its parts.
func (r *reading) pick(p insight.Period) (numbers []kiosk.Number, some bool) {
	from, to := p.From.Add(-9*time.Hour), p.To.Add((24-7)*time.Hour) // in every zone
	all := r.newest(from, to, wordsMost+1)
	if some = len(all) > wordsMost; some {
		all = nil
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
