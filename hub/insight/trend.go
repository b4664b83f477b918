package insight

import (
	"math"
	"time"
)

// Trend is reports received week by week in a Laney u′ chart.
//
// Counts of a week are Poisson-like, so a chart for measurements (XmR) would set
// its limits by the wrong spread; weeks have from none to five working days, so
// what is charted is the rate per working day (a u chart, with limits of each
// week's own width); and what brings reports often brings several (a counter that
// was closed, a letter to many), so they scatter more than Poisson, and the u
// chart's limits would cry wolf. Laney's u′ widens them by how much more
// neighbouring weeks really differ. It never makes them narrower than Poisson's.
//
// Low counts are lopsided, so the limits are not three standard deviations but
// leave 0.135 % of chance beyond each. A run of eight weeks on one side of the
// centre is marked as well. By chance alone, one week in 370 lies outside, and
// about one chart of 26 weeks in twelve has such a run.
type Trend struct {
	Weeks  []Week
	Judged bool    // there are weeks enough for limits
	Centre float64 // reports per working day
	Wider  float64 // than Poisson's, as a factor of the spread: 1 or more
}

// Week is one of them, or what of it is before the end of the period.
type Week struct {
	From, To  time.Time
	Days      int // worked
	Received  int
	Answered  int
	Inside    bool    // the period, with its last day
	Expected  float64 // reports in so many working days
	Low, High float64 // limits
	Out       int     // 1 above, -1 below, 0 within
	Run       int     // 1 in a run of eight above the centre, -1 below
}

const (
	trendWeeks = 26      // shown at least, where there are so many
	trendLeast = 12      // judged with at least so many
	tail       = 0.00135 // beyond each limit
	runLength  = 8
)

func (s *Sums) trend(q Question) (t Trend) {
	start, end := q.Since(), q.Period.To
	first := end.AddDate(0, 0, 1)
	for _, l := range s.Days {
		if l.Day.Before(first) {
			first = l.Day
		}
	}
	if first.After(end) {
		return t
	}
	if !first.Before(start) { // the first week of all is not a whole one
		start = monday(first).AddDate(0, 0, 7)
	}
	for from := start; !from.After(end); from = from.AddDate(0, 0, 7) {
		w := Week{From: from, To: from.AddDate(0, 0, 6)}
		if w.To.After(end) {
			w.To = end
		}
		w.Inside = q.Period.Has(w.To)
		w.Days = Period{w.From, w.To}.days(q.Working)
		t.Weeks = append(t.Weeks, w)
	}
	at := func(d time.Time) *Week {
		if d.Before(start) || d.After(end) {
			return nil
		}
		return &t.Weeks[int(d.Sub(start).Hours()/24)/7]
	}
	for _, l := range s.Days {
		if w := at(l.Day); w != nil {
			w.Received += l.N
		}
	}
	for _, l := range s.Weeks {
		if w := at(l.Day); w != nil {
			w.Answered += l.N
		}
	}
	t.judge()
	return t
}

// judge computes centre and limits and marks the weeks beyond.
func (t *Trend) judge() {
	var worked []*Week
	reports, days := 0, 0
	for i := range t.Weeks {
		if w := &t.Weeks[i]; w.Days > 0 {
			worked = append(worked, w)
			reports, days = reports+w.Received, days+w.Days
		}
	}
	if len(worked) < trendLeast || reports == 0 {
		return
	}
	t.Judged, t.Centre = true, float64(reports)/float64(days)
	moving, last := 0.0, 0.0
	for i, w := range worked {
		w.Expected = t.Centre * float64(w.Days)
		z := (float64(w.Received) - w.Expected) / math.Sqrt(w.Expected)
		if i > 0 {
			moving += math.Abs(z - last)
		}
		last = z
	}
	// 1.128 is the mean distance of two standard normal numbers.
	t.Wider = max(1, moving/float64(len(worked)-1)/1.128)
	spread := t.Wider * t.Wider
	for _, w := range worked {
		mean := w.Expected / spread
		w.High = spread * crossing(mean, 4*mean+40, tail, func(k float64) float64 { return poissonAtLeast(k, mean) })
		if poissonAtMost(0, mean) < tail {
			w.Low = spread * crossing(0, mean, -tail, func(k float64) float64 { return -poissonAtMost(k, mean) })
		}
		switch x := float64(w.Received); {
		case x > w.High:
			w.Out = 1
		case x < w.Low:
			w.Out = -1
		}
	}
	side, run := 0, 0
	for i, w := range worked {
		now := sign(float64(w.Received) - w.Expected)
		if now != side {
			side, run = now, 0
		}
		if run++; side != 0 && run >= runLength {
			for _, w := range worked[i-run+1 : i+1] {
				w.Run = side
			}
		}
	}
}

func sign(x float64) int {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}
