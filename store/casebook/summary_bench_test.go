package casebook_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"loket/hub"
	"loket/hub/insight"
	"loket/kiosk"
	"loket/kiosk/seal"
	"loket/kiosk/track"
	"loket/store/casebook"
)

var (
	manyCases = flag.Int("cases", 100_000, "over how many cases the dashboard is measured, and over a tenth, a hundredth and a thousandth of them; 10,000,000 take half an hour and 12 GB to make")
	casesIn   = flag.String("cases-in", "", "a folder in which they are kept for the next run")
)

// The years that the cases are of.
const yearsOfCases = 5

// fill writes cases of five years, the oldest first, with two events each and what
// they are counted by, past the hub: no envelopes, and nothing to search in.
func fill(t testing.TB, h *hub.Hub, dir string, many int) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "casebook.db")+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=foreign_keys(OFF)&_pragma=cache_size(-400000)")
	must(err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	type made struct {
		hub.Case
		answers, facts string
		hub.Facts
	}
	cases := make(chan []made, 4)
	r := mathrand.New(mathrand.NewPCG(uint64(many), 10))
	now := h.Now()
	go func() {
		defer close(cases)
		services := h.Catalogue.Services
		var batch []made
		for i := range many {
			age := time.Duration(float64(yearsOfCases*365*24*time.Hour) * (1 - (float64(i)+r.Float64())/float64(many)))
			c := hub.Case{Number: kiosk.Number(fmt.Sprintf("AA%08d", i)), Form: kiosk.FormRef{Name: pick(r, kinds), Version: 1}, FiledAt: now.Add(-age).Truncate(time.Second),
				Office: pick(r, h.Catalogue.Offices).ID, Status: kiosk.Received, Rahasia: r.IntN(50) == 0, Edition: 1}
			c.Form.Version = h.Catalogue.Form(c.Form.Name).Version
			c.Unit = c.Office
			c.Answers = kiosk.Answers{"service": pick(r, services).ID, writtenIn[c.Form.Name]: story(r)}
			c.Events = []hub.Event{{At: c.FiledAt.Add(time.Hour), Kind: hub.Moved, Status: kiosk.Received}}
			if took := time.Duration((1 + r.ExpFloat64()*6) * float64(24*time.Hour)); took < age && r.IntN(100) > 0 {
				c.Status, c.Edition = kiosk.Closed, 2
				if l := h.Lifecycles.Kind(c.Form.Name); l != nil {
					c.Outcome = pick(r, l.Outcomes).ID
				}
				c.Events = append(c.Events, hub.Event{At: c.FiledAt.Add(took).Truncate(time.Second), Kind: hub.Moved, Status: kiosk.Answered, Outcome: c.Outcome, Edition: 2})
			}
			m := made{Case: c, Facts: h.Facts(c)}
			answers, err := json.Marshal(c.Answers)
			if err != nil {
				panic(err)
			}
			m.answers = string(answers)
			if m.facts, err = m.Facts.Text(); err != nil {
				panic(err)
			}
			if batch = append(batch, m); len(batch) == 5000 || i == many-1 {
				cases <- batch
				batch = nil
			}
		}
	}()
	sums := map[hub.SumKey]hub.Sum{}
	written := 0
	for batch := range cases {
		tx, err := db.Begin()
		must(err)
		addCase, err := tx.Prepare(`insert into cases (number, hub_seq, form, version, language, identity, office, filed_at, received_at, status, outcome, rahasia, answers, code_mac, edition, unit, facts, facts_to)
			values ($1, $2, $3, $4, 'id', 'named', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`)
		must(err)
		addEvent, err := tx.Prepare(`insert into event (number, at, kind, officer, status, outcome, edition) values ($1, $2, $3, '', $4, $5, $6)`)
		must(err)
		for _, m := range batch {
			written++
			_, err := addCase.Exec(string(m.Number), written, m.Form.Name, m.Form.Version, m.Case.Office, m.FiledAt.Unix(), m.Events[0].At.Unix(), string(m.Status), m.Case.Outcome, m.Rahasia, m.answers, []byte{1}, m.Edition, m.Case.Unit, m.facts, m.To())
			must(err)
			for _, e := range m.Events {
				_, err := addEvent.Exec(string(m.Number), e.At.Unix(), string(e.Kind), string(e.Status), e.Outcome, e.Edition)
				must(err)
			}
			m.Sums(func(k hub.SumKey, s hub.Sum) { sums[k] = sums[k].Add(s, 1) })
		}
		if len(sums) > 200_000 || written == many {
			addSum, err := tx.Prepare(casebook.AddSum)
			must(err)
			for k, s := range sums {
				_, err := addSum.Exec(k.Line, k.Scale, k.Part, k.Span, k.Kind, k.Item, k.Days, s.N, s.Waiting, s.Kept, s.Missed)
				must(err)
			}
			clear(sums)
		}
		must(tx.Commit())
		if written%1_000_000 == 0 {
			fmt.Fprintf(os.Stderr, "%d cases made\n", written)
		}
	}
}

// writtenIn is the field of each form in which visitors write most.
var writtenIn = map[string]string{"complaint": "description", "information": "information", "objection": "story", "suggestion": "description"}

var said = []string{"antrean", "loket", "petugas", "paspor", "dokumen", "lama", "sekali", "tidak", "ramah", "biaya", "jelas", "sistem", "gagal", "daftar", "ulang", "berkas", "hilang", "kantor", "pagi", "siang", "menunggu", "nomor", "panggilan", "ruang", "tunggu", "panas", "kursi", "rusak", "informasi", "papan"}

func story(r *mathrand.Rand) string {
	var b []byte
	for range 30 + r.IntN(30) {
		b = append(append(b, pick(r, said)...), ' ')
	}
	return string(b)
}

// BenchmarkDashboard reads what the ministry looks at over many cases.
func BenchmarkDashboard(b *testing.B) {
	for _, part := range []int{1000, 100, 10, 1} {
		many := *manyCases / part
		if many == 0 {
			continue
		}
		b.Run(fmt.Sprintf("cases=%d", many), func(b *testing.B) {
			ctx, w := b.Context(), filled(b, many)
			today := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
			minister := hub.Officer{Name: "menteri", Role: hub.Administrator}
			figures := func(days int, office string) func() {
				return func() {
					x, err := w.hub.Insight(ctx, minister, hub.Asked{Period: insight.Period{From: today.AddDate(0, 0, 1-days), To: today}, Office: office})
					if err != nil || many > 10_000 && x.Now.Received == 0 {
						b.Fatal(x, err)
					}
				}
			}
			for _, page := range []struct {
				name string
				read func()
			}{
				{"public-all-years", func() {
					w.clock = w.clock.Add(11 * time.Minute) // what was counted is too old
					s, err := w.hub.Statistics(ctx)
					if err != nil || len(s.Years) == 0 {
						b.Fatal(s, err)
					}
				}},
				{"two-years", figures(731, "")}, {"year", figures(365, "")}, {"13-weeks", figures(91, "")}, {"month", figures(30, "")},
				{"office-year", figures(365, w.hub.Catalogue.Offices[3].ID)},
				{"overdue", func() {
					if _, err := w.hub.Overdue(ctx); err != nil {
						b.Fatal(err)
					}
				}},
			} {
				b.Run(page.name, func(b *testing.B) {
					var took []time.Duration
					cpu := processor()
					for b.Loop() {
						began := time.Now()
						page.read()
						took = append(took, time.Since(began))
					}
					b.ReportMetric(float64(processor()-cpu)/1e6/float64(len(took)), "cpu-ms")
					slices.Sort(took)
					b.ReportMetric(float64(took[len(took)/2])/1e6, "median-ms")
					b.ReportMetric(float64(took[len(took)*95/100])/1e6, "p95-ms")
					b.ReportMetric(0, "ns/op")
				})
			}
		})
	}
}

// filled is a hub with so many cases.
func filled(b *testing.B, many int) *world {
	w := newWorldIn(b, folderOf(b, many), 1)
	ctx := b.Context()
	if here, err := w.book.CountCases(ctx); err != nil {
		b.Fatal(err)
	} else if here == 0 {
		w.must(w.hub.Current(ctx)) // so that nothing is counted twice
		w.must(w.book.Close())
		fill(b, w.hub, w.dir, many)
		w = newWorldIn(b, w.dir, 1)
	}
	w.must(w.hub.Current(ctx))
	return w
}

// BenchmarkLists reads what lists are made of. Every case was read for all of them once;
// the first page of the desk needs those that are not done, and how many are; a register
// the cases of a kind that were filed in a year.
func BenchmarkLists(b *testing.B) {
	growing(b, func(b *testing.B, w *world, many int) {
		for _, way := range []struct {
			name string
			read func() (int, error)
		}{
			{"every-case", func() (int, error) {
				all, err := w.book.Cases(b.Context(), "")
				return len(all), err
			}},
			{"inbox", func() (n int, err error) {
				all, err := w.book.CasesIn(b.Context(), kiosk.Unfinished)
				if err != nil {
					return 0, err
				}
				done, err := w.book.Heaps(b.Context(), kiosk.Finished)
				n = len(all)
				for _, h := range done {
					n += h.N
				}
				return n, err
			}},
			{"register", func() (int, error) {
				year, err := w.book.CasesOf(b.Context(), kinds[:1], time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
				return len(year), err
			}},
		} {
			b.Run(way.name, func(b *testing.B) {
				for b.Loop() {
					if n, err := way.read(); err != nil || n == 0 || way.name != "register" && n != many {
						b.Fatal(n, err)
					}
				}
			})
		}
	})
}

// growing measures over more and more cases.
func growing(b *testing.B, measure func(b *testing.B, w *world, many int)) {
	for _, part := range []int{100, 10, 1} {
		if many := *manyCases / part; many > 0 {
			b.Run(fmt.Sprintf("cases=%d", many), func(b *testing.B) { measure(b, filled(b, many), many) })
		}
	}
}

// folderOf is where so many cases are, or will be.
func folderOf(b *testing.B, many int) string {
	if *casesIn == "" {
		return b.TempDir()
	}
	return filepath.Join(*casesIn, fmt.Sprint(many))
}

// BenchmarkIngest takes sealed reports in until each is a case, with the summaries and
// without, by turns.
func BenchmarkIngest(b *testing.B) {
	for name, open := range map[string]func(context.Context, string) (*casebook.Casebook, error){"disk-waited-for": casebook.Open, "disk-not-waited-for": casebook.OpenHasty} {
		b.Run(name, func(b *testing.B) { benchmarkIngest(b, open) })
	}
}

func benchmarkIngest(b *testing.B, open func(context.Context, string) (*casebook.Casebook, error)) {
	const reports, rounds = 100, 15
	dir := b.TempDir()
	book, err := open(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer book.Close()
	w := &world{t: b, dir: dir, book: book, clock: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC), r: mathrand.New(mathrand.NewPCG(1, 18))}
	w.hub = w.tie()
	_, key, err := ed25519.GenerateKey(nil)
	w.must(err)
	from := hub.Kiosk{ID: "KA", Office: "ntt", Code: "KA", CodeUntil: w.clock.Add(time.Hour)}
	w.must(book.AddKiosk(b.Context(), from, w.clock))
	w.must(book.Enrol(b.Context(), "KA", "KA", key.Public().(ed25519.PublicKey), w.clock))
	from, err = book.Kiosk(b.Context(), "KA")
	w.must(err)
	sealer, err := seal.NewSealer("KA", "test", key, w.hub.Keys.Bundle)
	w.must(err)
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	go w.hub.Run(ctx)
	slot := seal.Slot{Epoch: "0011223344556677"}
	ingest := func(none bool) (took, computed time.Duration) {
		var sealed [][]byte
		for range reports {
			n, err := track.NewNumber("KA", rand.Reader)
			w.must(err)
			var step track.Key
			rand.Read(step[:])
			slot.Seq++
			rep := kiosk.Report{Number: n, Code: step.Code(n), Form: kiosk.FormRef{Name: pick(w.r, kinds), Version: 1}, Language: kiosk.Indonesian, Identity: kiosk.Named, Office: "ntt",
				Answers: kiosk.Answers{"service": pick(w.r, w.hub.Catalogue.Services).ID, "title": "Antrean lama", "story": story(w.r)}}
			rep.At.At = w.clock.Add(-time.Duration(w.r.Int64N(int64(48 * time.Hour))))
			e, err := sealer.Seal(seal.NewID(), slot, rep)
			w.must(err)
			slot.Prev = e.SHA256
			sealed = append(sealed, e.Bytes)
		}
		book.CountNothing(none)
		began, cpu := time.Now(), processor()
		for some := range slices.Chunk(sealed, 50) {
			_, err := w.hub.Accept(ctx, from, some)
			w.must(err)
		}
		for {
			unopened, err := book.Unopened(ctx, 1)
			w.must(err)
			if len(unopened) == 0 {
				return time.Since(began), processor() - cpu
			}
			time.Sleep(time.Millisecond)
		}
	}
	ingest(false)
	took, computed := map[bool][]time.Duration{}, map[bool][]time.Duration{}
	for b.Loop() {
		for range rounds {
			for _, none := range []bool{true, false} {
				t, c := ingest(none)
				took[none], computed[none] = append(took[none], t), append(computed[none], c)
			}
		}
	}
	for unit, all := range map[string]map[bool][]time.Duration{"": took, "-cpu": computed} {
		var µs [2]float64
		for i, none := range []bool{true, false} {
			slices.Sort(all[none])
			µs[i] = float64(all[none][len(all[none])/2]) / reports / 1e3
		}
		b.ReportMetric(µs[0], "without-µs"+unit)
		b.ReportMetric(µs[1], "with-µs"+unit)
		b.ReportMetric((µs[1]/µs[0]-1)*100, "cost-%"+unit)
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkOpenCase is the last step of it alone: the transaction that opens a case.
func BenchmarkOpenCase(b *testing.B) {
	for _, none := range []bool{true, false} {
		b.Run(map[bool]string{true: "without", false: "with"}[none], func(b *testing.B) {
			dir := b.TempDir()
			book, err := casebook.OpenHasty(b.Context(), dir)
			if err != nil {
				b.Fatal(err)
			}
			defer book.Close()
			w := &world{t: b, dir: dir, book: book, clock: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC), r: mathrand.New(mathrand.NewPCG(1, 18))}
			w.hub = w.tie()
			for _, o := range w.hub.Catalogue.Offices[:6] {
				w.units = append(w.units, o.ID)
			}
			book.CountNothing(none)
			for b.Loop() {
				b.StopTimer()
				c, seq := w.arrive()
				c.FiledAt = w.clock.Add(-time.Duration(w.r.Int64N(int64(48 * time.Hour))))
				b.StartTimer()
				w.must(book.OpenCases(b.Context(), []hub.Opening{{HubSeq: seq, Case: c}}))
			}
		})
	}
}
