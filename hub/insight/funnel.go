package insight

import (
	"cmp"
	"math"
	"slices"
)

// Funnel is the share of late answers of each unit against its size. The limits
// are binomial around the share of all units: a unit of ten cases may differ by
// much, one of a thousand by little. Only beyond the limits that hold 99.8 % of
// chance does a unit stand out; so one unit in a thousand does by chance as late,
// and one as punctual.
type Funnel struct {
	Share float64 // late of all whose term ended; NaN without any
	Units []Unit  // those that stand out first, then by share
}

// Unit is one place in the funnel.
type Unit struct {
	ID        string
	Received  int
	Due, Late int
	Low, High float64 // limits of its share at its size
	Out       int     // 1 later than chance, -1 more punctual, 0 within
}

// Share is how many of its answers were late; NaN without any term that ended.
func (u Unit) Share() float64 { return share(u.Late, u.Due) }

const beyond = 0.001 // on each side: 99.8 % within

func (s *Sums) funnel(p Period) (f Funnel) {
	place := map[string]int{}
	unit := func(id string) *Unit {
		i, known := place[id]
		if !known {
			i = len(f.Units)
			place[id], f.Units = i, append(f.Units, Unit{ID: id})
		}
		return &f.Units[i]
	}
	late, due := 0, 0
	for _, l := range s.Units {
		if p.Has(l.Day) {
			unit(l.Unit).Received += l.N
		}
	}
	for _, l := range s.Ended {
		if p.Has(l.Day) {
			u := unit(l.Unit)
			u.Due, u.Late = u.Due+l.N, u.Late+l.Late
			due, late = due+l.N, late+l.Late
		}
	}
	f.Share = share(late, due)
	for i := range f.Units {
		u := &f.Units[i]
		if u.Due == 0 {
			continue
		}
		u.Low, u.High = f.Limits(u.Due)
		switch s := u.Share(); {
		case s > u.High:
			u.Out = 1
		case s < u.Low:
			u.Out = -1
		}
	}
	slices.SortFunc(f.Units, func(a, b Unit) int {
		return cmp.Or(cmp.Compare(b.Out, a.Out), compareShares(b.Share(), a.Share()), cmp.Compare(b.Due, a.Due), cmp.Compare(a.ID, b.ID))
	})
	return f
}

// Limits are those of the share of a unit that had so many terms end.
func (f Funnel) Limits(due int) (low, high float64) {
	n := float64(due)
	if math.IsNaN(f.Share) || n == 0 || f.Share <= 0 || f.Share >= 1 {
		return f.Share, f.Share
	}
	mean := n * f.Share
	if high = n; binomialAtLeast(n, n, f.Share) < beyond {
		high = crossing(mean, n, beyond, func(k float64) float64 { return binomialAtLeast(k, n, f.Share) })
	}
	if binomialAtMost(0, n, f.Share) < beyond {
		low = crossing(0, mean, -beyond, func(k float64) float64 { return -binomialAtMost(k, n, f.Share) })
	}
	return low / n, high / n
}

// compareShares puts what has no share below everything.
func compareShares(a, b float64) int {
	switch {
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a):
		return -1
	case math.IsNaN(b):
		return 1
	}
	return cmp.Compare(a, b)
}

func sortBy(order []int, by func(int) float64) {
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(by(a), by(b)) })
}
