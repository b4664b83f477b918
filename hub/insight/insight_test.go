package insight

import (
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"loket/assets"
)

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func weekdays(d time.Time) bool { return d.Weekday() != time.Saturday && d.Weekday() != time.Sunday }

func near(a, b float64) bool { return math.Abs(a-b) < 0.0005 || math.IsNaN(a) && math.IsNaN(b) }

func TestPeriods(t *testing.T) {
	for _, x := range [][4]string{
		{"2026-11-01", "2026-11-30", "2026-10-01", "2026-10-31"},
		{"2026-10-01", "2026-12-31", "2026-07-01", "2026-09-30"},
		{"2026-01-01", "2026-12-31", "2025-01-01", "2025-12-31"},
		{"2026-03-01", "2026-03-31", "2026-02-01", "2026-02-28"},
		{"2026-11-01", "2026-11-24", "2026-10-08", "2026-10-31"}, // 24 days
		{"2026-11-24", "2026-11-24", "2026-11-23", "2026-11-23"},
		{"2026-08-31", "2026-11-29", "2026-06-01", "2026-08-30"}, // 13 weeks
	} {
		p := Period{date(x[0]), date(x[1])}
		if got := p.Before(); !got.From.Equal(date(x[2])) || !got.To.Equal(date(x[3])) {
			t.Errorf("before %s to %s: %v", x[0], x[1], got)
		}
	}
	for d, want := range map[string]string{"2026-11-23": "2026-11-23", "2026-11-29": "2026-11-23", "2026-11-24": "2026-11-23"} {
		if got := monday(date(d)); !got.Equal(date(want)) {
			t.Errorf("%s: %v", d, got)
		}
	}
}

// Ten cases of November 2026, counted by hand on 1 December.
func TestCounts(t *testing.T) {
	made := func(kind, topic, received, due, answered string, taken int) Case {
		c := Case{Kind: kind, Topic: topic, Unit: "ntt", Received: date(received), Due: date(due), Taken: taken, Limit: 8}
		if answered != "" {
			c.Answered = date(answered)
		}
		return c
	}
	cases := []Case{
		made("complaint", "antrean", "2026-11-02", "2026-11-12", "2026-11-04", 2),       // in time
		made("complaint", "antrean", "2026-11-03", "2026-11-13", "2026-11-13", 8),       // on the last day: in time
		made("complaint", "situs", "2026-11-04", "2026-11-16", "2026-11-17", 9),         // a day late
		made("suggestion", "", "2026-11-05", "2026-11-17", "", 0),                       // open and late
		made("complaint", "antrean", "2026-11-19", "2026-12-01", "", 0),                 // ends today: not late yet
		made("complaint", "pungli", "2026-11-26", "2026-12-08", "2026-11-30", 2),        // answered, ends later
		made("complaint", "situs", "2026-10-28", "2026-11-09", "2026-11-09", 8),         // of October, ends in November
		made("complaint", "antrean", "2026-10-01", "2026-10-13", "2026-10-20", 13),      // of October, late then
		{Kind: "complaint", Topic: "pungli", Unit: "ntt", Received: date("2026-11-10")}, // waits for the visitor
		made("complaint", "antrean", "2026-12-01", "2026-12-11", "", 0),                 // not of November
	}
	f := Compute(cases, Question{Period: Period{date("2026-11-01"), date("2026-11-30")}, Today: date("2026-12-01"), Working: weekdays})
	// Answered in November: 2, 2, 8, 8, 9 working days; the 3rd of 5 is 8, nine
	// of ten are all five: 9.
	if want := (Count{Received: 7, Answered: 5, Open: 3, Due: 5, Late: 2, Median: 8, Ninetieth: 9}); f.Now != want {
		t.Errorf("now %+v", f.Now)
	}
	// In October two came; one was open at its end.
	if want := (Count{Received: 2, Answered: 1, Open: 1, Due: 1, Late: 1, Median: 13, Ninetieth: 13}); f.Then != want {
		t.Errorf("then %+v", f.Then)
	}
	if !near(f.Now.InTime(), 0.6) || !math.IsNaN((Count{}).InTime()) {
		t.Error(f.Now.InTime())
	}
	// Seven: antrean 3, pungli 2, situs 1, not said 1; ties by the period before,
	// then by name.
	var topics []string
	for _, s := range f.Topics {
		topics = append(topics, fmt.Sprintf("%s %d %d %.3f %.3f", s.ID, s.Now, s.Then, s.Of, s.Cumulative))
	}
	if want := []string{"antrean 3 1 0.429 0.429", "pungli 2 0 0.286 0.714", "situs 1 1 0.143 0.857", " 1 0 0.143 1.000"}; !slices.Equal(topics, want) {
		t.Errorf("%q", topics)
	}
	s := f.Days[0]
	if len(f.Days) != 1 || s.Kind != "complaint" || s.Limit != 8 || s.Answers != 5 || s.Over != 1 || s.Bins[2].Answers != 2 || s.Bins[8].Answers != 2 || s.Bins[9].Answers != 1 || !s.Bins[9].Over || s.Bins[8].Over {
		t.Errorf("%+v", s)
	}
	if f.Trend.Judged || len(f.Trend.Weeks) != 9 { // 5 October to 30 November; too few weeks
		t.Errorf("%+v", f.Trend)
	}
}

// A limit of thirty days is in bins of two, one of which ends on it.
func TestBinsEndOnTheLimit(t *testing.T) {
	for limit, width := range map[int]int{8: 1, 10: 1, 17: 1, 20: 1, 30: 2, 60: 3} {
		s := Spread{Limit: limit}
		s.bin(tallies{0: 1, limit: 1, limit + 1: 1, 1000: 1})
		on := slices.IndexFunc(s.Bins, func(b Bin) bool { return b.To == limit })
		last := s.Bins[len(s.Bins)-1]
		if on < 0 || s.Bins[on].To-s.Bins[on].From+1 != width || s.Bins[on].Over || !s.Bins[on+1].Over || last.To != -1 || last.Answers != 1 || s.Bins[0].Answers != 1 || len(s.Bins) > 24 {
			t.Errorf("%d: %+v", limit, s.Bins)
		}
		for i, b := range s.Bins[1:] {
			if b.From != s.Bins[i].To+1 {
				t.Errorf("%d: a hole before %d", limit, b.From)
			}
		}
	}
}

// weekly makes a case for each report, on the Monday of its week; the first week
// is the one of 1 June 2026, before which one case opens the book.
func weekly(counts ...int) []Case {
	cases := []Case{{Kind: "complaint", Unit: "ntt", Received: date("2026-05-29")}}
	for i, n := range counts {
		for range n {
			cases = append(cases, Case{Kind: "complaint", Unit: "ntt", Received: date("2026-06-01").AddDate(0, 0, 7*i)})
		}
	}
	return cases
}

func judged(working func(time.Time) bool, counts ...int) Trend {
	end := date("2026-06-07").AddDate(0, 0, 7*(len(counts)-1))
	return Compute(weekly(counts...), Question{Period: Period{end.AddDate(0, 0, -27), end}, Today: end, Working: working}).Trend
}

// Tables of Poisson's distribution with mean 10: P(X ≥ 21) is 0.0016 and
// P(X ≥ 22) 0.0007, P(X ≤ 2) is 0.0028 and P(X ≤ 1) 0.0005. So limits that leave
// 0.00135 lie between 21 and 22, and between 1 and 2.
func TestLimitsOfPoisson(t *testing.T) {
	w := judged(weekdays, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10)
	for _, week := range w.Weeks[1:] {
		if !w.Judged || week.Expected != 10 || week.High < 21 || week.High >= 22 || week.Low <= 1 || week.Low > 2 || week.Out != 0 || week.Run != 0 {
			t.Errorf("%+v", week)
		}
	}
	if w.Wider != 1 { // no scatter at all: still not narrower than Poisson's
		t.Error(w.Wider)
	}
	if n := judged(weekdays, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10); n.Judged {
		t.Error("eleven weeks are judged")
	}
}

// Laney's factor by hand: 8 and 12 in turn have z of ∓2/√10 = ∓0.632, so each
// moving range is 1.265, and 1.265/1.128 = 1.121.
func TestLaneysFactor(t *testing.T) {
	w := judged(weekdays, 8, 12, 8, 12, 8, 12, 8, 12, 8, 12, 8, 12)
	if !near(w.Wider, 1.1213) || !near(w.Centre, 2) {
		t.Errorf("%v %v", w.Wider, w.Centre)
	}
	narrow := judged(weekdays, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10)
	if w.Weeks[3].High <= narrow.Weeks[3].High || w.Weeks[3].Low >= narrow.Weeks[3].Low {
		t.Error("more scatter does not widen the limits")
	}
}

// A week of two working days with four reports is as usual as one of five with
// ten; a week without one is not judged.
func TestShortWeeks(t *testing.T) {
	holidays := func(d time.Time) bool {
		week := int(d.Sub(date("2026-06-01")).Hours()/24) / 7
		return weekdays(d) && !(week == 4 && d.Weekday() > time.Tuesday) && week != 6
	}
	w := judged(holidays, 10, 10, 10, 10, 4, 10, 0, 10, 10, 10, 10, 10, 10, 10)
	short, none := w.Weeks[4], w.Weeks[6]
	if short.Days != 2 || short.Expected != 4 || short.Out != 0 || short.High >= 13 || none.Days != 0 || none.Out != 0 || none.Expected != 0 {
		t.Errorf("%+v\n%+v", short, none)
	}
}

func TestAWeekOutsideAndARun(t *testing.T) {
	w := judged(weekdays, 10, 9, 11, 10, 9, 11, 10, 30, 11, 9, 10, 11, 9, 10)
	for i, week := range w.Weeks {
		if (week.Out == 1) != (i == 7) {
			t.Errorf("week %d of %d: %d", i, week.Received, week.Out)
		}
	}
	w = judged(weekdays, 12, 12, 13, 12, 13, 12, 12, 8, 8, 7, 9, 8, 8, 9, 8)
	for i, week := range w.Weeks { // seven above are none, eight below are one
		if want := map[bool]int{true: -1}[i >= 7]; week.Run != want {
			t.Errorf("week %d: %d", i, week.Run)
		}
	}
}

// Tables of the binomial distribution with n 20 and p 0.1: P(X ≥ 7) is 0.0024 and
// P(X ≥ 8) 0.0004; so eight late of twenty stand out, seven do not. Six of six
// would have a chance of 10⁻⁶, and stand out; two of six do not.
func TestFunnel(t *testing.T) {
	place := func(unit string, due, late int) (all []Case) {
		for i := range due {
			c := Case{Kind: "complaint", Unit: unit, Received: date("2026-11-02"), Due: date("2026-11-12"), Answered: date("2026-11-05")}
			if i < late {
				c.Answered = date("2026-11-20")
			}
			all = append(all, c)
		}
		return all
	}
	cases := slices.Concat(place("eight", 20, 8), place("seven", 20, 7), place("two", 6, 2), place("many", 200, 5), place("rest", 754, 78))
	f := Compute(cases, Question{Period: Period{date("2026-11-01"), date("2026-11-30")}, Today: date("2026-12-01"), Working: weekdays}).Units
	if !near(f.Share, 0.1) {
		t.Fatal(f.Share)
	}
	for _, u := range f.Units {
		if want := map[string]int{"eight": 1, "many": -1}[u.ID]; u.Out != want {
			t.Errorf("%+v", u)
		}
	}
	if f.Units[0].ID != "eight" || f.Units[len(f.Units)-1].ID != "many" {
		t.Errorf("%+v", f.Units)
	}
	if low, high := f.Limits(20); low != 0 || high <= 0.35 || high >= 0.4 {
		t.Error(low, high)
	}
	if low, high := (Funnel{Share: math.NaN()}).Limits(10); !math.IsNaN(low) || !math.IsNaN(high) {
		t.Error(low, high)
	}
}

func TestTests(t *testing.T) {
	// Fisher's tea: three of four against one of four, (16 + 1)/70 = 0.2429.
	if p := fisher(3, 4, 1, 4); !near(p, 2*17./70) {
		t.Error(p)
	}
	if p := fisher(0, 10, 0, 10); p != 1 {
		t.Error(p)
	}
	// Thirty against ten: P(X ≥ 30) of forty coins is 0.00111.
	if p := 2 * binomialAtLeast(30, 40, 0.5); math.Abs(p-0.00222) > 0.00001 {
		t.Error(p)
	}
	if p := binomialAtMost(2, 4, 0.5); !near(p, 11./16) {
		t.Error(p)
	}
	// The example of Benjamini and Hochberg (1995): four of fifteen hold at 5 %.
	q := adjust([]float64{0.0095, 0.0001, 0.0004, 0.0019, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000})
	held := 0
	for _, x := range q {
		if x <= 0.05 {
			held++
		}
	}
	if held != 4 || !near(q[1], 0.0015) || q[14] != 1 {
		t.Errorf("%d: %v", held, q)
	}
	// 20 of 100 against 5 of 100: 12.5 expected of each, 2(20 ln 1.6 + 5 ln 0.4 +
	// 80 ln 0.9143 + 95 ln 1.0857) = 10.93.
	if g := likelihood(20, 100, 5, 100); math.Abs(g-10.93) > 0.01 {
		t.Error(g)
	}
}

func TestSuppress(t *testing.T) {
	for _, x := range []struct {
		counts []int
		want   string
	}{
		{[]int{10, 7, 3}, "-xx"}, // the total would give three away
		{[]int{10, 4, 3}, "-xx"}, // two hide each other
		{[]int{10, 7, 5}, "---"},
		{[]int{9, 0, 2}, "x-x"}, // nobody is nobody
		{[]int{3}, "x"},
		{nil, ""},
	} {
		got := ""
		for _, h := range Suppress(x.counts) {
			got += map[bool]string{true: "x", false: "-"}[h]
		}
		if got != x.want {
			t.Errorf("%v: %s, want %s", x.counts, got, x.want)
		}
	}
}

func TestTokens(t *testing.T) {
	var got []string
	Tokens("Petugasnya TIDAK ramah, kios-kios tutup! Hubungi budi.s@contoh.go.id atau 0812-3456-7890, NIK 5371010101900001; plat DH1234AB. Lihat www.contoh.id/a; loket:3 (loket)… hanya. José é_x AC rusak.Akhir", func(w []byte) { got = append(got, string(w)) })
	want := []string{"petugas", "tidak", "ramah", "kios", "tutup", "hubungi", "atau", "nik", "plat", "lihat", "loket", "hanya", "josé"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func stop(t testing.TB) map[string]bool {
	words, err := LoadStop(assets.Files)
	if err != nil || len(words) < 300 {
		t.Fatal(len(words), err)
	}
	return words
}

func TestStopWordsAreLettersOnly(t *testing.T) {
	for _, l := range []string{"id", "en"} {
		b, err := fs.ReadFile(assets.Files, "stopwords/"+l+".txt")
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
				continue
			}
			n := 0
			Tokens(line, func(w []byte) {
				if n++; string(w) != line {
					t.Errorf("%s: %q is never met: it is read as %q", l, line, w)
				}
			})
			if seen[line] {
				t.Errorf("%s: %q stands twice", l, line)
			}
			seen[line] = true
		}
	}
}

// The word of a power cut is in 30 of 100 cases now and in 3 before; one that four
// people use is not shown, however new; nor one that was always there.
func TestWordsThatBecameFrequent(t *testing.T) {
	var cases []Case
	for i := range 200 {
		c := Case{Kind: "complaint", Unit: "ntt", Received: date("2026-11-10"), Text: "antrean panjang yang yang"}
		if i >= 100 {
			c.Received = date("2026-10-10")
		}
		switch j := i % 100; {
		case i < 100 && j < 30, i >= 100 && j < 3:
			c.Text += " listrik listrik listrik, padam"
		case i < 100 && j < 34:
			c.Text += " genset"
		}
		cases = append(cases, c)
	}
	cases = append(cases, Case{Received: date("2026-11-10"), Text: ""}) // may not be read
	f := Compute(cases, Question{Period: Period{date("2026-11-01"), date("2026-11-30")}, Today: date("2026-12-01"), Working: weekdays, Stop: stop(t)})
	if len(f.Words) != 2 || f.Words[0].Word != "listrik" || f.Words[1].Word != "padam" || f.Words[0].Now != 30 || f.Words[0].Then != 3 || f.Words[0].NowOf != 100 || f.Words[0].ThenOf != 100 {
		t.Errorf("%+v", f.Words)
	}
}

// world makes two periods of thirteen weeks and the thirteen before them, in which
// nothing changes unless somebody plants it. burst is how many reports come at
// once, at most.
type world struct {
	topics, units int
	perDay        float64
	burst         int
	late          float64
	doubled       string // topic that comes twice as often now
	slow          string // unit that is late with slowLate now
	slowLate      float64
}

var vocabulary = func() (all []string) {
	for i := range 400 {
		all = append(all, "kata"+strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprintf("%03d", i)))
	}
	return all
}()

func (w world) cases(r *rand.Rand, end time.Time) (all []Case) {
	for d := end.AddDate(0, 0, -39*7+1); !d.After(end); d = d.AddDate(0, 0, 1) {
		if !weekdays(d) {
			continue
		}
		now := d.After(end.AddDate(0, 0, -13*7))
		more := 0
		if now && w.doubled != "" {
			more = poisson(r, w.perDay/float64(w.topics))
		}
		for i := range more + poisson(r, w.perDay*2/float64(1+w.burst)) {
			c := Case{Kind: "complaint", Complaint: true, Topic: fmt.Sprint("topic", r.IntN(w.topics)), Unit: fmt.Sprint("unit", r.IntN(w.units)), Received: d, Due: d.AddDate(0, 0, 12), Limit: 8}
			if i < more {
				c.Topic = w.doubled
			}
			for range 1 + r.IntN(w.burst) {
				c := c
				c.Answered, c.Taken = d.AddDate(0, 0, 5), 4
				late := w.late
				if now && c.Unit == w.slow {
					late = w.slowLate
				}
				if r.Float64() < late {
					c.Answered, c.Taken = d.AddDate(0, 0, 20), 14
				}
				var text []string
				for range 12 {
					text = append(text, vocabulary[int(float64(len(vocabulary))*math.Pow(r.Float64(), 2))])
				}
				c.Text = strings.Join(text, " ")
				all = append(all, c)
			}
		}
	}
	return all
}

func poisson(r *rand.Rand, mean float64) (n int) {
	for p := math.Exp(-mean); ; n++ {
		u := r.Float64()
		for k, term, sum := 0, p, p; ; k++ {
			if u <= sum || k > 1000 {
				return k
			}
			term *= mean / float64(k+1)
			sum += term
		}
	}
}

func asked(end time.Time) Question {
	return Question{Period: Period{end.AddDate(0, 0, -13*7+1), end}, Today: end.AddDate(0, 0, 1), Working: weekdays}
}

// Where nothing changed, at most one page in twenty says that something did, and
// at most one in twenty that a word became frequent; a week lies outside its
// limits at most once in 370, and a unit at most twice in a thousand. Also where
// reports come in bursts. Rates are counted over many worlds; what is allowed is
// three standard errors more.
func TestNoiseIsNotNews(t *testing.T) {
	worlds := 150
	if testing.Short() {
		worlds = 40
	}
	end := date("2026-11-29")
	for name, w := range map[string]world{
		"single": {topics: 12, units: 8, perDay: 12, burst: 1, late: 0.12},
		"sparse": {topics: 19, units: 20, perDay: 3, burst: 1, late: 0.05},
		"bursts": {topics: 12, units: 8, perDay: 12, burst: 5, late: 0.12},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var changed, worded, weeks, outside, runs, units, standing int
			for seed := range worlds {
				f := Compute(w.cases(rand.New(rand.NewPCG(uint64(seed), 7)), end), asked(end))
				if f.Changes[0].Found {
					changed++
				}
				if len(f.Words) > 0 {
					worded++
				}
				run := false
				for _, week := range f.Trend.Weeks {
					weeks++
					if week.Out != 0 {
						outside++
					}
					run = run || week.Run != 0
				}
				if run {
					runs++
				}
				for _, u := range f.Units.Units {
					units++
					if u.Out != 0 {
						standing++
					}
				}
			}
			for _, x := range []struct {
				what   string
				n, of  int
				stated float64
			}{{"pages with a change", changed, worlds, falseShare}, {"pages with a word", worded, worlds, falseShare},
				{"weeks outside", outside, weeks, 2 * tail}, {"charts with a run", runs, worlds, 1. / 12}, {"units standing out", standing, units, 2 * beyond}} {
				rate := float64(x.n) / float64(x.of)
				t.Logf("%s: %d of %d, %.4f; stated %.4f", x.what, x.n, x.of, rate, x.stated)
				if rate > x.stated+3*math.Sqrt(x.stated/float64(x.of)) {
					t.Errorf("%s: %d of %d, stated are %.2g", x.what, x.n, x.of, x.stated)
				}
			}
		})
	}
}

// One topic of twelve that doubles, and one unit of eight that is late in 40 % of
// answers instead of 12, are found among the noise, and nothing else nearly always.
func TestAPlantedChangeIsFound(t *testing.T) {
	end := date("2026-11-29")
	w := world{topics: 12, units: 8, perDay: 12, burst: 1, late: 0.12, doubled: "topic3", slow: "unit5", slowLate: 0.4}
	const worlds = 60
	var topic, unit, out, both, others int
	for seed := range worlds {
		f := Compute(w.cases(rand.New(rand.NewPCG(uint64(seed), 11)), end), asked(end))
		var a, b bool
		for _, c := range f.Changes {
			switch {
			case !c.Found:
			case c.Measure == Complaints && c.ID == "topic3" && c.Worse():
				a = true
			case c.Measure == Late && c.ID == "unit5" && c.Worse():
				b = true
			case c.Measure != Received: // all are more, truly
				others++
			}
		}
		if a {
			topic++
		}
		if b {
			unit++
		}
		if a && b {
			both++
		}
		if f.Units.Units[0].ID == "unit5" && f.Units.Units[0].Out == 1 {
			out++
		}
	}
	t.Logf("topic %d, unit %d, both %d, unit beyond the funnel %d, others %d, of %d", topic, unit, both, out, others, worlds)
	if topic < 48 || unit < 48 || out < 57 || others > 12 {
		t.Error("what was planted is not found, or what was not is")
	}
}

// A hub that began a month ago has not risen since the period before; nor has an
// office that opened within it, beside another that was always there.
func TestWhatHasJustBegunHasNotRisen(t *testing.T) {
	q := Question{Period: Period{date("2026-10-01"), date("2026-11-30")}, Today: date("2026-12-01"), Working: weekdays}
	var cases []Case
	place := func(unit string, from, to string, each int) {
		for d := date(from); !d.After(date(to)); d = d.AddDate(0, 0, each) {
			cases = append(cases, Case{Kind: "complaint", Complaint: true, Topic: "antrean", Unit: unit, Received: d})
		}
	}
	place("new", "2026-09-20", "2026-11-30", 1)
	f := Compute(cases, q)
	if f.Whole || len(f.Changes) > 0 {
		t.Errorf("%v %+v", f.Whole, f.Changes)
	}
	place("old", "2026-07-20", "2026-11-30", 2)
	place("other", "2026-07-20", "2026-11-30", 2)
	f = Compute(cases, q)
	for _, c := range f.Changes {
		if c.Of == "unit" && (c.ID == "new" || c.Found) {
			t.Errorf("%+v", c)
		}
	}
	if !f.Whole || len(f.Changes) != 4 { // all, the topic, two units
		t.Errorf("%+v", f.Changes)
	}
}

// A hundred thousand cases of thirty-nine weeks.
func BenchmarkCompute(b *testing.B) {
	end := date("2026-11-29")
	cases := world{topics: 19, units: 35, perDay: 513, burst: 1, late: 0.1}.cases(rand.New(rand.NewPCG(1, 2)), end)
	q := asked(end)
	q.Stop = stop(b)
	for b.Loop() {
		Compute(cases, q)
	}
	b.ReportMetric(float64(len(cases)), "cases")
}
