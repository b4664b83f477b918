package casebook_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"loket/assets"
	"loket/hub"
	"loket/hub/insight"
	"loket/hub/lifecycle"
	"loket/kiosk"
	"loket/kiosk/seal"
	"loket/kiosk/workday"
	"loket/store/casebook"
	"loket/store/casebook/casebooktest"
)

var (
	seed  = flag.Uint64("seed", 0, "of the random changes; 0: another each time")
	steps = flag.Int("steps", 3000, "how many changes are made")
)

// world is a hub over a casebook, in which anything may happen to cases, lawful or
// not.
type world struct {
	t        testing.TB
	dir      string
	book     *casebook.Casebook
	hub      *hub.Hub
	r        *rand.Rand
	clock    time.Time
	units    []string
	opened   int
	calendar *workday.Calendar
	cases    []kiosk.Number
}

func newWorld(t testing.TB, seed uint64) *world {
	t.Helper()
	return newWorldIn(t, t.TempDir(), seed)
}

func newWorldIn(t testing.TB, dir string, seed uint64) *world {
	t.Helper()
	w := &world{t: t, dir: dir, r: rand.New(rand.NewPCG(seed, 18)), clock: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)}
	var err error
	if casebooktest.OnPostgres() {
		w.book = casebooktest.Open(t, w.dir)
	} else if w.book, err = casebook.OpenHasty(t.Context(), w.dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.book.Close() })
	w.hub = w.tie()
	for _, o := range w.hub.Catalogue.Offices[:6] {
		w.units = append(w.units, o.ID)
	}
	for _, u := range w.hub.Catalogue.Units {
		w.units = append(w.units, u.ID)
	}
	return w
}

// tie ties a hub to the casebook, as another process does.
func (w *world) tie() *hub.Hub {
	w.t.Helper()
	data, err := hub.LoadData(w.t.Context(), w.book, assets.In(w.dir))
	if err != nil {
		w.t.Fatal(err)
	}
	keys, err := hub.OpenKeys(filepath.Join(w.dir, "keys"), "https://lacak.example.go.id", "")
	if err != nil {
		w.t.Fatal(err)
	}
	return hub.New(w.book, keys, data, func() time.Time { return w.clock }, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func (w *world) must(err error) {
	if err != nil {
		w.t.Helper()
		w.t.Fatal(err)
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

var kinds = []string{"complaint", "complaint", "information", "objection", "suggestion"}

// open opens a case that was filed within two years.
func (w *world) open() {
	c, seq := w.arrive()
	w.must(w.book.OpenCases(w.t.Context(), []hub.Opening{{HubSeq: seq, Case: c}}))
	w.cases = append(w.cases, c.Number)
}

// arrive is a case that is about to be opened, and the place of its envelope.
func (w *world) arrive() (hub.Case, int64) {
	w.opened++
	n := kiosk.Number(fmt.Sprintf("AA%08d", w.opened))
	c := hub.Case{Number: n, Form: kiosk.FormRef{Name: pick(w.r, kinds), Version: 1}, Language: kiosk.Indonesian, Identity: kiosk.Named,
		Office: pick(w.r, w.units[:6]), FiledAt: w.clock.Add(-time.Duration(w.r.Int64N(int64(730 * 24 * time.Hour)))), Status: kiosk.Received,
		Rahasia: w.r.IntN(12) == 0, Answers: kiosk.Answers{"story": "Antrean loket lama sekali"}, CodeMAC: []byte{1}, Edition: 1}
	c.Unit = c.Office
	c.Form.Version = w.hub.Catalogue.Form(c.Form.Name).Version
	if w.r.IntN(4) > 0 {
		c.Answers["service"] = pick(w.r, w.hub.Catalogue.Services).ID
	}
	held, _, err := w.book.Accept(w.t.Context(), []hub.Arrival{{Bytes: []byte(n), SHA256: sha256.Sum256([]byte(n)), Kiosk: "AA", Level: seal.LevelStored, At: c.FiledAt.Add(time.Hour),
		Header: seal.Header{ID: string(n), Number: n}}})
	w.must(err)
	return c, held[0].HubSeq
}

// step does something to a case.
func (w *world) step(ctx context.Context) {
	if len(w.cases) == 0 || w.r.IntN(4) == 0 {
		w.open()
		return
	}
	c, err := w.book.Case(ctx, pick(w.r, w.cases))
	w.must(err)
	at := c.FiledAt
	for _, e := range c.Events {
		if e.At.After(at) {
			at = e.At
		}
	}
	if at = at.Add(time.Duration(w.r.Int64N(int64(20 * 24 * time.Hour)))); at.After(w.clock) {
		at = w.clock
	}
	change := hub.Change{Number: c.Number, Edition: c.Edition, Kind: hub.Moved, At: at, Handling: c.Handling, Extended: c.Extended,
		Decision: lifecycle.Decision{Status: c.Status, Answer: c.Answer, Outcome: c.Outcome}}
	switch w.r.IntN(10) {
	case 0:
		change.Kind, change.Unit = hub.Forwarded, pick(w.r, w.units)
	case 1:
		change.Kind, change.Rahasia = hub.Hidden, true
	case 2:
		change.Kind, change.Extended = hub.Extended, 7
	case 3:
		if c.Past == nil {
			return
		}
		change.Kind, change.Decision, change.Handling, change.Extended = hub.Undone, c.Past.Decision, c.Past.Handling, c.Past.Extended
	case 4:
		w.must(w.book.Tell(ctx, c.Number, hub.Event{At: at, Kind: hub.Recounted, Status: c.Status}))
		return
	case 5:
		lead := pick(w.r, w.cases)
		if lead == c.Number {
			return
		}
		change.Kind, change.MergedInto = hub.Merged, lead
	default:
		change.Status = pick(w.r, kiosk.Statuses)
		if change.Outcome = ""; change.Status == kiosk.Answered {
			if l := w.hub.Lifecycles.Kind(c.Form.Name); l != nil {
				change.Outcome = pick(w.r, l.Outcomes).ID
			}
		}
	}
	if change.Kind != hub.Undone && w.r.IntN(2) == 0 {
		change.Before = &hub.Past{Officer: "petugas", At: at, Decision: lifecycle.Decision{Status: c.Status, Answer: c.Answer, Outcome: c.Outcome}, Handling: c.Handling, Extended: c.Extended}
	}
	w.must(w.book.Change(ctx, change))
}

// proven holds the summaries against the cases.
func (w *world) proven(want hub.Proof) {
	w.t.Helper()
	p, err := w.hub.Prove(w.t.Context(), false, func(int, int) {})
	w.must(err)
	want.Cases = len(w.cases)
	if p.Lines == 0 {
		w.t.Error("no line was counted")
	}
	if p.Lines = want.Lines; p != want {
		w.t.Fatalf("found %+v, want %+v", p, want)
	}
}

func random(t testing.TB) uint64 {
	s := cmp.Or(*seed, rand.Uint64N(1<<32)+1)
	t.Logf("-seed %d", s)
	return s
}

// Whatever happens to cases, and whichever days are found not to be worked, the
// summaries are what the cases say, and figures are what they were when all cases
// were read.
func TestSummariesEqualTheCases(t *testing.T) {
	w := newWorld(t, random(t))
	ctx := t.Context()
	w.must(w.hub.Current(ctx))
	for i := range *steps {
		w.step(ctx)
		if i%(*steps/6) == *steps/12 {
			day := time.Date(2025, 1, 1+w.r.IntN(700), 0, 0, 0, 0, time.UTC)
			h := hub.Holiday{Holiday: workday.Holiday{Date: day, Name: "Libur", Kind: workday.Libur}}
			if w.r.IntN(2) == 0 {
				h.Kind, h.Office = workday.Tutup, pick(w.r, w.units[:6])
			}
			if _, err := w.hub.AddHoliday(ctx, h); !errors.Is(err, hub.ErrExists) { // a day may be drawn twice
				w.must(err)
			}
		}
		if (i+1)%(*steps/3) == 0 {
			w.proven(hub.Proof{})
		}
	}
	w.sameFigures()
	w.sameHeaps()
	w.sameStatistics()
	w.sameOverdue()
}

// sameHeaps counts the cases themselves.
func (w *world) sameHeaps() {
	w.t.Helper()
	type place struct {
		kiosk.Status
		form, office, unit string
	}
	of := func(c hub.Case) place { return place{c.Status, c.Form.Name, c.Office, c.Unit} }
	n, unseen, oldest := map[place]int{}, map[place]int{}, map[place]time.Time{}
	all := 0
	for _, statuses := range [][]kiosk.Status{kiosk.Finished, kiosk.Unfinished} {
		cases, err := w.book.CasesIn(w.t.Context(), statuses)
		w.must(err)
		all += len(cases)
		for _, c := range cases {
			if !slices.Contains(statuses, c.Status) {
				w.t.Errorf("%s is %s", c.Number, c.Status)
			}
			at := of(c)
			if n[at]++; c.SeenAt.IsZero() {
				if unseen[at]++; oldest[at].IsZero() || c.ReceivedAt.Before(oldest[at]) {
					oldest[at] = c.ReceivedAt
				}
			}
		}
		heaps, err := w.book.Heaps(w.t.Context(), statuses)
		w.must(err)
		for _, h := range heaps {
			at := of(h.Case)
			if h.N != n[at] || h.Unseen != unseen[at] || !h.Oldest.Equal(oldest[at]) {
				w.t.Errorf("%+v: %d cases, %d unseen since %v", h, n[at], unseen[at], oldest[at])
			}
			delete(n, at)
		}
	}
	if len(n) > 0 {
		w.t.Errorf("nobody counts %v", n)
	}
	cases, err := w.book.Cases(w.t.Context(), "")
	if w.must(err); len(cases) != all || all == 0 {
		w.t.Errorf("%d cases, %d read by status", len(cases), all)
	}
	forms, from, to := []string{"information", "objection"}, cases[len(cases)/4].FiledAt, cases[len(cases)/2].FiledAt
	got, err := w.book.CasesOf(w.t.Context(), forms, from, to)
	w.must(err)
	want := slices.DeleteFunc(cases, func(c hub.Case) bool {
		return !slices.Contains(forms, c.Form.Name) || c.FiledAt.Before(from) || !c.FiledAt.Before(to)
	})
	if len(got) != len(want) || len(want) == 0 || got[0].Number != want[0].Number || len(got[0].Events) != len(want[0].Events) {
		w.t.Errorf("%d cases of two forms between two times, want %d", len(got), len(want))
	}
}

// sameFigures computes what to improve from the cases themselves.
func (w *world) sameFigures() {
	w.t.Helper()
	ctx := w.t.Context()
	cases, err := w.book.Cases(ctx, "")
	w.must(err)
	measured := map[kiosk.Number]insight.Case{}
	for _, c := range cases {
		measured[c.Number] = w.hub.Measure(c)
	}
	today := w.clock.Truncate(24 * time.Hour)
	officer := hub.Officer{Name: "menteri", Role: hub.Administrator}
	periods := []insight.Period{{From: today.AddDate(0, 0, -90), To: today}, {From: today.AddDate(0, 0, -730), To: today},
		{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)}, {From: time.Date(2026, 9, 9, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 9, 9, 0, 0, 0, 0, time.UTC)}}
	for range 6 {
		from := today.AddDate(0, 0, -w.r.IntN(500))
		to := from.AddDate(0, 0, w.r.IntN(200))
		if to.After(today) {
			to = today
		}
		periods = append(periods, insight.Period{From: from, To: to})
	}
	for _, p := range periods {
		for _, office := range []string{"", w.units[0], pick(w.r, w.units)} {
			for _, kind := range []string{"", "complaint", "information"} {
				got, err := w.hub.Insight(ctx, officer, hub.Asked{Period: p, Office: office, Kind: kind})
				w.must(err)
				zoned := cmp.Or(office, w.hub.Catalogue.Offices[0].ID)
				local := w.hub.Local(zoned, w.clock)
				q := insight.Question{Period: p, Today: time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC), Working: w.working(office)}
				var seen []insight.Case
				for _, c := range cases {
					if (kind == "" || c.Form.Name == kind) && w.hub.Under(c.Unit, office) && w.hub.SeesKind(officer, c.Form.Name) {
						m := measured[c.Number]
						m.Unit = part(w.hub, c.Unit, office)
						seen = append(seen, m)
					}
				}
				want := insight.Compute(seen, q)
				got.Words, want.Words = nil, nil
				a, b := reflect.ValueOf(*got.Figures), reflect.ValueOf(*want)
				for i := range a.NumField() { // as text, where NaN is NaN
					if x, y := fmt.Sprintf("%+v", a.Field(i)), fmt.Sprintf("%+v", b.Field(i)); x != y {
						w.t.Errorf("%v, office %q, kind %q: %s:\n got %s\nwant %s", p, office, kind, a.Type().Field(i).Name, x, y)
					}
				}
			}
		}
	}
}

// working is the calendar of a place, once all holidays are there.
func (w *world) working(office string) func(time.Time) bool {
	if w.calendar != nil {
		return w.calendar.At(office).Working
	}
	data, err := hub.LoadData(w.t.Context(), w.book, assets.In(w.dir))
	w.must(err)
	added, err := w.book.Holidays(w.t.Context())
	w.must(err)
	calendar := data.Calendar
	for _, a := range added {
		calendar, err = calendar.With(a.Holiday)
		w.must(err)
	}
	w.calendar = calendar
	return calendar.At(office).Working
}

// sameStatistics counts what the public is told from the cases themselves.
func (w *world) sameStatistics() {
	w.t.Helper()
	ctx := w.t.Context()
	got, err := w.hub.Statistics(ctx)
	w.must(err)
	cases, err := w.book.Cases(ctx, "")
	w.must(err)
	type line struct {
		year            int
		kind, table, id string
	}
	type counts struct {
		received, open, onTime, late int
		days                         []int
	}
	want, hidden := map[line]*counts{}, map[int]int{}
	for _, c := range cases {
		filed := w.hub.Local(c.Office, c.FiledAt)
		if filed.Format(time.DateOnly) >= got.Until {
			continue
		}
		if c.Rahasia {
			hidden[filed.Year()]++
			continue
		}
		outcome := hub.Undecided
		r, ok := w.hub.Answering(c)
		answered := ok && !r.Stopped.IsZero()
		if answered {
			outcome = cmp.Or(c.Outcome, string(c.Status))
		}
		for table, id := range map[string]string{"all": "", "office": c.Office, "service": c.Answers["service"], "month": filed.Format("2006-01"), "outcome": outcome} {
			k := line{filed.Year(), c.Form.Name, table, id}
			if want[k] == nil {
				want[k] = new(counts)
			}
			n := want[k]
			n.received++
			switch {
			case !answered:
				n.open++
			case r.Late:
				n.late++
			default:
				n.onTime++
			}
			if answered {
				n.days = append(n.days, w.workdays(c.Office, filed, r.Stopped))
			}
		}
	}
	told := 0
	for _, y := range got.Years {
		if y.Confidential.Shown && y.Confidential.N != hidden[y.Year] {
			w.t.Errorf("%d: %d hidden, want %d", y.Year, y.Confidential.N, hidden[y.Year])
		}
		for _, k := range y.Kinds {
			for table, figures := range map[string][]hub.Figure{"all": {k.All}, "office": k.Offices, "service": k.Services, "month": k.Months, "outcome": k.Outcomes} {
				for _, f := range figures {
					n := want[line{y.Year, k.Kind, table, f.ID}]
					if n == nil {
						w.t.Errorf("%d %s %s %q is counted, and there is none", y.Year, k.Kind, table, f.ID)
						continue
					}
					for _, c := range []struct {
						hub.Count
						want int
					}{{f.Received, n.received}, {f.Open, n.open}, {f.OnTime, n.onTime}, {f.Late, n.late}, {f.Rest, n.open + n.late}} {
						if c.Shown {
							told++
							if c.N != c.want {
								w.t.Errorf("%d %s %s %q: %+v, want %+v", y.Year, k.Kind, table, f.ID, f, n)
							}
						}
					}
					if f.Told {
						slices.Sort(n.days)
						if median := float64(n.days[(len(n.days)-1)/2]+n.days[len(n.days)/2]) / 2; f.Median != median {
							w.t.Errorf("%d %s %s %q: median %v, want %v", y.Year, k.Kind, table, f.ID, f.Median, median)
						}
					}
				}
			}
		}
	}
	if told == 0 {
		w.t.Error("nothing is told")
	}
}

func (w *world) workdays(office string, from, to time.Time) (n int) {
	working := w.working(office)
	a, b := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, time.UTC), time.Date(to.Year(), to.Month(), to.Day(), 0, 0, 0, 0, time.UTC)
	for a.Before(b) {
		if a = a.AddDate(0, 0, 1); working(a) {
			n++
		}
	}
	return n
}

// sameOverdue counts late answers from the cases themselves.
func (w *world) sameOverdue() {
	w.t.Helper()
	for _, at := range []time.Time{w.clock, w.clock.Add(14*time.Hour + 30*time.Minute)} { // then it is tomorrow in the east alone
		w.clock = at
		got, err := w.hub.Overdue(w.t.Context())
		w.must(err)
		cases, err := w.book.Cases(w.t.Context(), "")
		w.must(err)
		want := map[string]int{"complaint": 0, "information": 0, "objection": 0, "suggestion": 0}
		for _, c := range cases {
			if r, ok := w.hub.Answering(c); ok && r.Late && !r.Paused && r.Stopped.IsZero() {
				want[c.Form.Name]++
			}
		}
		if !reflect.DeepEqual(got, want) {
			w.t.Errorf("late at %v: %v, want %v", at, got, want)
		}
	}
}

// What somebody changes by hand is found, and put right.
func TestABrokenSummaryIsFound(t *testing.T) {
	w := newWorld(t, random(t))
	ctx := t.Context()
	for range 300 {
		w.step(ctx)
	}
	w.must(w.hub.Current(ctx))
	w.proven(hub.Proof{})
	db := casebooktest.SQL(t, w.dir)
	defer db.Close()
	by := func(statement string, lines, cases int) {
		t.Helper()
		done, err := db.ExecContext(ctx, statement)
		w.must(err)
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			t.Fatalf("%q changed %d rows, %v", statement, n, err)
		}
		found, err := w.hub.Prove(ctx, false, func(int, int) {})
		w.must(err)
		if lines >= 0 && found.WrongLines != lines || found.WrongCases != cases || found.WrongLines+found.WrongCases == 0 {
			t.Errorf("after %q: %+v", statement, found)
		}
		mended, err := w.hub.Prove(ctx, true, func(int, int) {})
		w.must(err)
		if mended != found {
			t.Errorf("after %q: found %+v, put right %+v", statement, found, mended)
		}
		w.proven(hub.Proof{})
	}
	by(`update summary set n = n + 1 where line = 'open' and n > 0 and item || kind = (select max(item || kind) from summary where line = 'open' and n > 0)`, 1, 0)
	by(`delete from summary where line = 'topic' and part = '' and span = (select max(span) from summary where line = 'topic')`, -1, 0)
	by(`insert into summary values ('office', 'year', '', 20454, 'complaint', 'nowhere', 3, 0, 0, 1, 0)`, 1, 0)
	// A case that is counted by something else: it is counted right, and so are the lines.
	by(`update cases set facts = '{"k":"complaint","o":"ntt","z":"WITA","u":"ntt","r":20000}' where number = (select min(number) from cases)`, 0, 1)
	by(`update cases set facts = '', facts_to = 0`, 0, len(w.cases))
	by(`update cases set unit = 'nowhere' where number in (select number from cases order by number limit 3) `, -1, 3)
}

// Cases change while the summaries are proven and put right, and none is lost.
func TestProvenWhileCasesChange(t *testing.T) {
	w := newWorld(t, random(t))
	ctx := t.Context()
	for range 400 {
		w.step(ctx)
	}
	w.must(w.hub.Current(ctx))
	db := casebooktest.SQL(t, w.dir)
	defer db.Close()
	var proving sync.WaitGroup
	over := make(chan struct{})
	proving.Go(func() {
		defer close(over)
		for range 5 {
			for _, statement := range []string{`update summary set kept = kept + 7 where item > 'm'`, `update cases set facts = '' where number like '%7'`} {
				// Rows are locked here in no order, unlike in a casebook: a server may
				// have to end this one, which then is said again.
				_, err := db.ExecContext(ctx, statement)
				for err != nil && strings.Contains(err.Error(), "40P01") {
					_, err = db.ExecContext(ctx, statement)
				}
				if err != nil {
					t.Error(err)
				}
			}
			if _, err := w.hub.Prove(ctx, true, func(int, int) {}); err != nil {
				t.Error(err)
			}
		}
	})
	for changing := true; changing; {
		w.step(ctx)
		select {
		case <-over:
			changing = false
		default:
		}
	}
	proving.Wait()
	w.proven(hub.Proof{})
}

// A holiday that another process took up is counted with before figures are read,
// and so is what a process counted before it knew.
func TestAHolidayOfAnotherProcess(t *testing.T) {
	w := newWorld(t, random(t))
	ctx := t.Context()
	w.clock = time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	for range 300 {
		w.step(ctx)
	}
	w.must(w.hub.Current(ctx))
	other := w.tie()
	if _, err := other.AddHoliday(ctx, hub.Holiday{Holiday: workday.Holiday{Date: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), Name: "Libur", Kind: workday.Libur}}); err != nil {
		t.Fatal(err)
	}
	w.book.CountBy(w.hub.Facts) // who does not know of it
	for range 100 {
		w.step(ctx)
	}
	w.must(w.hub.Current(ctx))
	w.proven(hub.Proof{})
}

// Of many cases only some are read for their words, and the figures say so.
func TestWordsOfManyCases(t *testing.T) {
	w := newWorld(t, random(t))
	ctx := t.Context()
	today := w.clock.Truncate(24 * time.Hour)
	asked := hub.Asked{Period: insight.Period{From: today.AddDate(0, 0, -29), To: today}}
	var all []hub.Opening
	for i := range 1200 {
		c, seq := w.arrive()
		c.FiledAt = w.clock.Add(-time.Duration(i) * 30 * time.Minute)
		c.Answers[writtenIn[c.Form.Name]] = "Antrean loket lama sekali"
		all = append(all, hub.Opening{HubSeq: seq, Case: c})
		if i == 900 || i == 1199 {
			w.must(w.book.OpenCases(ctx, all))
			all = nil
			x, err := w.hub.Insight(ctx, hub.Officer{Role: hub.Administrator}, asked)
			w.must(err)
			hidden := x.Now.Received - x.Read // of which words may not be read
			if some := i > 1000; x.Now.Received != i+1 || x.Some != some || x.Read > 1000 || x.Read < 600 || !some && hidden > 200 {
				t.Errorf("%d received, %d read, some: %v", x.Now.Received, x.Read, x.Some)
			}
		}
	}
}

// part is the place right below an office that a unit belongs to.
func part(h *hub.Hub, unit, office string) string {
	for range 10 {
		place, ok := h.Catalogue.Office(unit)
		if unit == office || !ok || place.Parent == "" || place.Parent == office {
			return unit
		}
		if above, ok := h.Catalogue.Office(place.Parent); office == "" && ok && above.Parent == "" {
			return unit
		}
		unit = place.Parent
	}
	return unit
}
