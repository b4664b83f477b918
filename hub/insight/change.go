package insight

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Measure is what is compared between two periods.
type Measure string

// The measures.
const (
	Received   Measure = "received"   // everything that came in, per working day
	Complaints Measure = "complaints" // about one topic, or to one unit, per working day
	Late       Measure = "late"       // answers of one unit whose term ended
)

// Change is one comparison of a period with the one before.
//
// Counts are compared by the exact test of two Poisson rates: given how many
// there were in both, the later ones are binomial with the share of its working
// days. Reports come in bursts, so counts are divided by their dispersion first
// (Pearson's X² of the weeks over its degrees of freedom, never below one; of all
// topics or units together, and of the one itself where there are weeks enough to
// tell). Shares of late answers are compared by Fisher's exact test. Each p is
// two-sided. What is too rare for any difference to show is not tested; whether
// it is depends on both periods' sum alone, so nothing is picked for how it came
// out. Counts of a place that began to take reports in within the period before are
// not compared.
//
// All comparisons of a page are one family: [Change.Found] says that its p holds
// after the correction of Benjamini and Hochberg at 5 %. Where nothing changed, at
// most one page in twenty says that something did.
type Change struct {
	Measure       Measure
	Of            string // topic, unit, or empty: all
	ID            string
	Now, Then     int
	NowOf, ThenOf int // working days, or terms that ended
	P, Q          float64
	Found         bool // more than noise
	More          bool // than before, in proportion
}

// Worse reports whether something got worse by more than noise. That more came in
// is by itself neither good nor bad.
func (c Change) Worse() bool { return c.Found && c.More && c.Measure != Received }

// Better reports the same of the other direction.
func (c Change) Better() bool { return c.Found && !c.More && c.Measure != Received }

const (
	falseShare = 0.05 // of what is found
	fewest     = 10   // in both periods, to be tested
)

// series is how many there were week by week in the two periods.
type series struct{ now, then []int }

// span is a period cut into weeks.
type span struct {
	Period
	start time.Time
	days  []int // worked, by week
	all   int
}

func (p Period) span(working func(time.Time) bool) span {
	s := span{Period: p, start: monday(p.From)}
	for d := p.From; !d.After(p.To); d = d.AddDate(0, 0, 1) {
		for len(s.days) <= s.week(d) {
			s.days = append(s.days, 0)
		}
		if working(d) {
			s.days[s.week(d)]++
			s.all++
		}
	}
	return s
}

func (s span) week(d time.Time) int { return int(d.Sub(s.start).Hours()/24) / 7 }

func (s *Sums) changes(now, then Period, q Question) (all []Change) {
	n, t := now.span(q.Working), then.span(q.Working)
	topics, units, total := map[string]*series{}, map[string]*series{}, map[string]*series{}
	late := map[string]*Change{}
	add := func(to map[string]*series, id string, l Line) {
		if !now.Has(l.Day) && !then.Has(l.Day) {
			return
		}
		s := to[id]
		if s == nil {
			s = &series{make([]int, len(n.days)), make([]int, len(t.days))}
			to[id] = s
		}
		if now.Has(l.Day) {
			s.now[n.week(l.Day)] += l.N
		} else {
			s.then[t.week(l.Day)] += l.N
		}
	}
	for _, l := range s.Days {
		add(total, "", l)
	}
	for _, l := range s.Complaints {
		if l.Topic != "" {
			add(topics, l.Topic, l)
		}
	}
	for _, l := range s.ByUnit {
		add(units, l.Unit, l)
	}
	for _, e := range s.Ended {
		in, before := now.Has(e.Day), then.Has(e.Day)
		if !in && !before {
			continue
		}
		l := late[e.Unit]
		if l == nil {
			l = &Change{Measure: Late, Of: "unit", ID: e.Unit}
			late[e.Unit] = l
		}
		if in {
			l.Now, l.NowOf = l.Now+e.Late, l.NowOf+e.N
		} else {
			l.Then, l.ThenOf = l.Then+e.Late, l.ThenOf+e.N
		}
	}
	if s.Begun[""] {
		all = append(all, rates(Received, "", total, n, t)...)
		all = append(all, rates(Complaints, "topic", topics, n, t)...)
		maps.DeleteFunc(units, func(id string, _ *series) bool { return !s.Begun[id] })
		if len(units) > 1 { // one alone is all
			all = append(all, rates(Complaints, "unit", units, n, t)...)
		}
	}
	for _, l := range late {
		if l.NowOf >= fewest/2 && l.ThenOf >= fewest/2 && l.Now+l.Then > 0 {
			l.P = fisher(l.Now, l.NowOf, l.Then, l.ThenOf)
			all = append(all, *l)
		}
	}
	// Maps have no order; ties must.
	slices.SortFunc(all, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Measure, b.Measure), cmp.Compare(a.Of, b.Of), cmp.Compare(a.ID, b.ID))
	})
	p := make([]float64, len(all))
	for i, c := range all {
		p[i] = c.P
	}
	for i, adjusted := range adjust(p) {
		c := &all[i]
		c.Q, c.Found = adjusted, adjusted <= falseShare
		c.More = c.Now*c.ThenOf > c.Then*c.NowOf
	}
	slices.SortStableFunc(all, func(a, b Change) int {
		return cmp.Or(cmp.Compare(b.rank(), a.rank()), cmp.Compare(a.P, b.P))
	})
	return all
}

func (c Change) rank() int {
	switch {
	case c.Worse():
		return 3
	case c.Better():
		return 2
	case c.Found:
		return 1
	}
	return 0
}

// rates compares the counts of one family.
func rates(m Measure, of string, family map[string]*series, n, t span) (all []Change) {
	if n.all == 0 || t.all == 0 {
		return nil
	}
	x2, df := 0.0, 0
	for _, id := range slices.Sorted(maps.Keys(family)) { // sums of fractions depend on their order
		own, weeks := family[id].scatter(n, t)
		x2, df = x2+own, df+weeks
	}
	for id, s := range family {
		c := Change{Measure: m, Of: of, ID: id, Now: sum(s.now), Then: sum(s.then), NowOf: n.all, ThenOf: t.all}
		if c.Now+c.Then < fewest {
			continue
		}
		spread := 1.0
		if df > 0 {
			spread = max(spread, x2/float64(df))
		}
		if own, weeks := s.scatter(n, t); weeks >= 10 {
			spread = max(spread, own/float64(weeks))
		}
		k, both, part := float64(c.Now)/spread, float64(c.Now+c.Then)/spread, float64(n.all)/float64(n.all+t.all)
		c.P = min(1, 2*min(binomialAtLeast(k, both, part), binomialAtMost(k, both, part)))
		all = append(all, c)
	}
	return all
}

// scatter is Pearson's X² of the weeks around each period's own rate, and its
// degrees of freedom.
func (s *series) scatter(n, t span) (x2 float64, df int) {
	for _, half := range []struct {
		counts []int
		span
	}{{s.now, n}, {s.then, t}} {
		total := sum(half.counts)
		if total == 0 || half.all == 0 {
			continue
		}
		df--
		for i, x := range half.counts {
			if half.days[i] == 0 {
				continue
			}
			expected := float64(total) * float64(half.days[i]) / float64(half.all)
			x2 += (float64(x) - expected) * (float64(x) - expected) / expected
			df++
		}
	}
	return x2, max(df, 0)
}

func sum(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
