// Package insight says what to improve: it turns cases into figures, and says
// of each whether it differs by more than noise. It knows no store and no page.
//
// Four questions have four answers that are not mixed up:
//
//   - How many, compared with the period before? Counts and shares ([Compute]).
//   - Is a week unusual? A Laney u′ chart of reports per working day ([Trend]).
//   - Does a unit stand out now? A funnel plot with binomial limits ([Funnel]).
//   - Did something get worse or better? Tests between two periods, corrected
//     for their number by Benjamini and Hochberg ([Change]).
//
// Lateness is counted over the cases whose term ended within the period. Each
// case is then late or in time for good; cases that came in yesterday cannot
// make an office look punctual.
package insight

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// Case is what figures need to know of one case. Dates are midnight UTC of the
// day on the office's wall.
type Case struct {
	Kind      string
	Topic     string // id of the service it is about; empty: not said
	Unit      string // id of the office or unit that answers for it
	Complaint bool   // more of them is worse
	Received  time.Time
	Answered  time.Time // zero: not yet
	Due       time.Time // of its answer; zero: the office waits for somebody else
	Taken     int       // working days to its answer, as the law's clock counts them
	Limit     int       // working days that the law gives
	Text      string    // its words; empty: they may not be used
}

// Period is from one date to another, both within it.
type Period struct{ From, To time.Time }

// Has reports whether a date is within.
func (p Period) Has(d time.Time) bool { return !d.Before(p.From) && !d.After(p.To) }

// Before is the period before: as many whole months before whole months, else as
// many days.
func (p Period) Before() Period {
	next := p.To.AddDate(0, 0, 1)
	if p.From.Day() == 1 && next.Day() == 1 {
		months := (next.Year()-p.From.Year())*12 + int(next.Month()-p.From.Month())
		return Period{p.From.AddDate(0, -months, 0), p.From.AddDate(0, 0, -1)}
	}
	days := int(next.Sub(p.From).Hours() / 24)
	return Period{p.From.AddDate(0, 0, -days), p.From.AddDate(0, 0, -1)}
}

// days counts the dates within on which work is done.
func (p Period) days(working func(time.Time) bool) (n int) {
	for d := p.From; !d.After(p.To); d = d.AddDate(0, 0, 1) {
		if working(d) {
			n++
		}
	}
	return n
}

// Question is what figures are asked for.
type Question struct {
	Period  Period
	Today   time.Time                 // a term that ends today is not late yet
	Working func(date time.Time) bool // the calendar
	Stop    map[string]bool           // words that say nothing
}

// Since is the first date that figures look at.
func (q Question) Since() time.Time {
	since := q.Period.Before().From
	if window := monday(q.Period.To.AddDate(0, 0, -7*(trendWeeks-1))); window.Before(since) {
		since = window
	}
	return monday(since)
}

// Figures are what there is to know of a period.
type Figures struct {
	Period, Before Period
	Now, Then      Count
	Whole          bool     // there are cases from the beginning of the period before, so counts can be compared
	Kinds, Topics  []Share  // most first
	Days           []Spread // by kind, most answers first
	Trend          Trend
	Units          Funnel
	Changes        []Change // worse before better before neither
	Words          []Word   // that became frequent, most of all first
}

// Count is how much there was of everything in a period.
type Count struct {
	Received  int
	Answered  int
	Open      int // without an answer at its end
	Due       int // whose term ended
	Late      int // of those
	Median    int // working days to the answer, of those answered
	Ninetieth int // nine of ten took no longer
}

// InTime is the share of terms that were kept, from 0 to 1; NaN without any.
func (c Count) InTime() float64 { return 1 - share(c.Late, c.Due) }

// Share is how much of all a kind or topic is, as Pareto's chart has it.
type Share struct {
	ID         string
	Now, Then  int
	Of         float64 // of all now
	Cumulative float64 // with all before it
}

// Compute computes the figures of cases, which may be more than those of the
// period: it looks at cases since [Question.Since].
func Compute(cases []Case, q Question) *Figures { return SumUp(cases, q).Figures(q, cases) }

// Figures computes the figures of sums; read are the cases whose words may be
// compared.
func (s *Sums) Figures(q Question, read []Case) *Figures {
	f := &Figures{Period: q.Period, Before: q.Period.Before()}
	f.Now, f.Then = s.count(f.Period), s.count(f.Before)
	f.Now.Open, f.Then.Open = s.Open, s.OpenBefore
	f.Whole = s.Begun[""]
	f.Kinds = pareto(s.Topics, f.Period, f.Before, func(l Line) string { return l.Kind })
	f.Topics = pareto(s.Topics, f.Period, f.Before, func(l Line) string { return l.Topic })
	f.Days = spreads(s.Answers, f.Period)
	f.Trend = s.trend(q)
	f.Units = s.funnel(f.Period)
	f.Changes = s.changes(f.Period, f.Before, q)
	f.Words = frequent(read, f.Period, f.Before, q.Stop)
	return f
}

// ended reports whether the term of a case ended within a period and is over.
func (c Case) ended(p Period, today time.Time) bool {
	return !c.Due.IsZero() && p.Has(c.Due) && c.Due.Before(today)
}

// Late reports whether its answer came after its day, or has not come; that a
// term has ended is another question.
func (c Case) Late() bool { return c.Answered.IsZero() || c.Answered.After(c.Due) }

func (s *Sums) count(p Period) (n Count) {
	for _, l := range s.Topics {
		if p.Has(l.Day) {
			n.Received += l.N
		}
	}
	taken := tallies{}
	for _, a := range s.Answers {
		if p.Has(a.Day) {
			n.Answered += a.N
			taken[a.Taken] += a.N
		}
	}
	for _, l := range s.Ended {
		if p.Has(l.Day) {
			n.Due, n.Late = n.Due+l.N, n.Late+l.Late
		}
	}
	n.Median, n.Ninetieth = taken.rank(50), taken.rank(90)
	return n
}

// tallies are how often there is each number.
type tallies map[int]int

// rank is the nearest-rank percentile: the smallest of the numbers that so many
// percent do not exceed. 0 of none.
func (t tallies) rank(percent int) int {
	all := 0
	for _, n := range t {
		all += n
	}
	place := (all*percent + 99) / 100
	for _, number := range slices.Sorted(maps.Keys(t)) {
		if place -= t[number]; place <= 0 {
			return number
		}
	}
	return 0
}

func pareto(lines []Line, now, then Period, of func(Line) string) (all []Share) {
	place := map[string]int{}
	total := 0
	for _, l := range lines {
		in, before := now.Has(l.Day), then.Has(l.Day)
		if !in && !before {
			continue
		}
		id := of(l)
		i, known := place[id]
		if !known {
			i = len(all)
			place[id], all = i, append(all, Share{ID: id})
		}
		if in {
			all[i].Now += l.N
			total += l.N
		} else {
			all[i].Then += l.N
		}
	}
	slices.SortFunc(all, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Now, a.Now), cmp.Compare(b.Then, a.Then), cmp.Compare(a.ID, b.ID))
	})
	sum := 0
	for i := range all {
		sum += all[i].Now
		all[i].Of, all[i].Cumulative = share(all[i].Now, total), share(sum, total)
	}
	return all
}

// Spread is how long answers of a kind took, against the limit that most of them
// had.
type Spread struct {
	Kind              string
	Limit             int
	Answers           int
	Median, Ninetieth int
	Over              int // that took longer than their own limit
	Bins              []Bin
}

// Bin is how many answers took from so many working days to so many.
type Bin struct {
	From, To int // To is -1 for the last one, which has no end
	Answers  int
	Over     bool // past the limit
}

func spreads(answers []Answer, p Period) (all []Spread) {
	taken, limits, over, answered := map[string]tallies{}, map[string]tallies{}, map[string]int{}, map[string]int{}
	for _, a := range answers {
		if !p.Has(a.Day) {
			continue
		}
		if limits[a.Kind] == nil {
			taken[a.Kind], limits[a.Kind] = tallies{}, tallies{}
		}
		answered[a.Kind] += a.N
		taken[a.Kind][a.Taken] += a.N
		limits[a.Kind][a.Limit] += a.N
		if a.Taken > a.Limit {
			over[a.Kind] += a.N
		}
	}
	for kind, days := range taken {
		s := Spread{Kind: kind, Answers: answered[kind], Median: days.rank(50), Ninetieth: days.rank(90), Over: over[kind]}
		for limit, n := range limits[kind] {
			if most := limits[kind][s.Limit]; n > most || n == most && limit < s.Limit {
				s.Limit = limit
			}
		}
		s.bin(days)
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Spread) int { return cmp.Or(cmp.Compare(b.Answers, a.Answers), cmp.Compare(a.Kind, b.Kind)) })
	return all
}

// bin makes at most about 24 bins, one of which ends on the limit.
func (s *Spread) bin(days tallies) {
	width := max(1, (s.Limit+19)/20)
	from := 0
	for to := s.Limit - (s.Limit/width)*width; to <= s.Limit+2*width; to += width {
		s.Bins = append(s.Bins, Bin{From: from, To: to, Over: from > s.Limit})
		from = to + 1
	}
	s.Bins = append(s.Bins, Bin{From: from, To: -1, Over: true})
	for d, n := range days {
		i := slices.IndexFunc(s.Bins, func(b Bin) bool { return b.To < 0 || d <= b.To })
		s.Bins[i].Answers += n
	}
}

// Small is the count below which a cell is not published: fewer people than this
// could be known again.
const Small = 5

// Suppress says which of the counts of a published list are not shown: those from
// 1 to below [Small], and, where that is only one, the smallest other, since the
// total gives a single one away.
func Suppress(counts []int) []bool {
	hidden := make([]bool, len(counts))
	n, other := 0, -1
	for i, c := range counts {
		if c > 0 && c < Small {
			hidden[i] = true
			n++
		} else if c > 0 && (other < 0 || c < counts[other]) {
			other = i
		}
	}
	if n == 1 && other >= 0 {
		hidden[other] = true
	}
	return hidden
}

func share(part, of int) float64 {
	if of == 0 {
		return math.NaN()
	}
	return float64(part) / float64(of)
}

// monday is the first date of a date's week.
func monday(d time.Time) time.Time { return d.AddDate(0, 0, -(int(d.Weekday())+6)%7) }
