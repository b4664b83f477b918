package printer_test

import (
	"context"
	"image"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/printer"
	"loket/kiosk/printer/printertest"
	"loket/kiosk/receipt"
	"loket/kiosk/words"
	"loket/store/queue"
)

// spool is a kiosk's, with a real journal and printers in software.
func spool(t testing.TB, addresses ...string) (*printer.Spooler, *queue.Queue) {
	t.Helper()
	w, err := words.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	renderer, err := receipt.NewRenderer(assets.Files, w)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	q, err := queue.Open(t.Context(), dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	s := &printer.Spooler{Journal: q, Log: slog.New(slog.DiscardHandler), Lock: func(ctx context.Context) (func(), error) {
		lock := flock.New(filepath.Join(dir, "printer.lock"))
		if _, err := lock.TryLockContext(ctx, 5*time.Millisecond); err != nil {
			return nil, err
		}
		return func() { lock.Unlock() }, nil
	}}
	paper, err := receipt.NewPaper("80mm", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		p, err := printer.Open(printer.Settings{Address: a, Paper: paper, Cut: true}, renderer)
		if err != nil {
			t.Fatal(err)
		}
		s.Trays = append(s.Trays, printer.Tray{Name: a, Printer: p})
	}
	return s, q
}

func slip(n kiosk.Number) receipt.Receipt {
	return receipt.Receipt{Ministry: kiosk.Text{kiosk.Indonesian: "Kementerian"}, Office: kiosk.Text{kiosk.Indonesian: "Kantor"}, Title: kiosk.Text{kiosk.Indonesian: "Tanda Terima"},
		Number: n, Code: "QV8N3HD6W", URL: "HTTPS://LACAK.EXAMPLE.GO.ID/T#" + string(n) + "-QV8N3HD6W",
		At: time.Date(2026, 11, 24, 9, 41, 0, 0, time.FixedZone("WITA", 8*3600)), Due: time.Date(2026, 12, 8, 0, 0, 0, 0, time.UTC), Language: kiosk.Indonesian}
}

func dotted(sheets []*image.Gray) (n int) {
	for _, s := range sheets {
		for _, v := range s.Pix {
			if v < 128 {
				n++
				break
			}
		}
	}
	return n
}

// The second printer gets a receipt only when nothing was sent to the first.
func TestTheNextPrinterIsTriedOnlyIfNothingWasSent(t *testing.T) {
	first, second := &printertest.Printer{}, &printertest.Printer{}
	s, q := spool(t, first.ListenTCP(t), second.ListenTCP(t))
	print := func(n kiosk.Number) printer.Result {
		r, err := s.Print(t.Context(), slip(n), "visit")
		if err != nil {
			t.Log(err)
		}
		first.Settle(time.Second)
		return r
	}
	first.SetPaper(0)
	if got := print("K7AAAAA0"); got.Outcome != printer.Confirmed || dotted(first.Sheets()) != 0 || dotted(second.Sheets()) != 1 {
		t.Errorf("no paper in the first: %+v, %d and %d sheets", got, dotted(first.Sheets()), dotted(second.Sheets()))
	}
	if state, err := s.Status(t.Context()); err != nil || state.Fault != printer.NoFault || !state.Answers {
		t.Errorf("one of two can print: %+v, %v", state, err)
	}
	first.SetPaper(300)
	if got := print("K7AAAAA1"); got != (printer.Result{Outcome: printer.Unknown, Fault: printer.PaperOut}) || dotted(second.Sheets()) != 1 {
		t.Errorf("paper out on the way: %+v, %d sheets of the second", got, dotted(second.Sheets()))
	}
	first.SetPaper(0)
	second.SetCover(true)
	if got := print("K7AAAAA2"); got != (printer.Result{Outcome: printer.NotStarted, Fault: printer.PaperOut}) {
		t.Errorf("neither can print: %+v", got)
	}
	if state, _ := s.Status(t.Context()); state.Fault != printer.PaperOut {
		t.Errorf("neither can print: %+v", state)
	}
	all, err := q.Prints(t.Context(), 10)
	if err != nil || len(all) != 3 || all[2].Printer != s.Trays[1].Name || all[1].Outcome != "unknown" || all[0].Outcome != "not_started" {
		t.Errorf("%+v, %v", all, err)
	}
}

// Whoever asks again, at once or after a crash, gets nothing but a copy.
func TestAReceiptIsPrintedOnce(t *testing.T) {
	paper := &printertest.Printer{}
	s, q := spool(t, paper.ListenTCP(t))
	var all sync.WaitGroup
	var mu sync.Mutex
	said := map[printer.Outcome]int{}
	for range 4 {
		all.Go(func() {
			r, _ := s.Print(t.Context(), slip("K7AAAAA0"), "visit")
			mu.Lock()
			said[r.Outcome]++
			mu.Unlock()
		})
	}
	all.Wait()
	paper.Settle(time.Second)
	if said[printer.Confirmed] != 1 || said[printer.NotStarted] != 3 || dotted(paper.Sheets()) != 1 {
		t.Errorf("%v, %d sheets", said, dotted(paper.Sheets()))
	}
	// A kiosk that died after it began: never resumed.
	if _, _, err := q.BeginPrint(t.Context(), "K7AAAAA1", false, "visit"); err != nil {
		t.Fatal(err)
	}
	if err := s.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Print(t.Context(), slip("K7AAAAA1"), "visit"); r.Outcome != printer.NotStarted || err == nil || dotted(paper.Sheets()) != 1 {
		t.Errorf("%+v, %v, %d sheets", r, err, dotted(paper.Sheets()))
	}
	copied := slip("K7AAAAA1")
	copied.Copy = true
	if r, err := s.Print(t.Context(), copied, "staff"); r.Outcome != printer.Confirmed || err != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if prints, err := q.Prints(t.Context(), 2); err != nil || prints[1].Outcome != "unknown" || !prints[0].Copy || prints[0].By != "staff" {
		t.Errorf("%+v, %v", prints, err)
	}
}

func TestABusyPrinterIsNotWaitedForForEver(t *testing.T) {
	paper := &printertest.Printer{}
	s, _ := spool(t, paper.ListenTCP(t))
	free, err := s.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	ctx, done := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer done()
	if r, err := s.Print(ctx, slip("K7AAAAA0"), "visit"); r != (printer.Result{Outcome: printer.NotStarted, Fault: printer.Busy}) || err == nil {
		t.Errorf("%+v, %v", r, err)
	}
	if state, err := s.Status(t.Context()); err != nil || state.Fault != printer.Busy {
		t.Errorf("%+v, %v", state, err)
	}
}

// BenchmarkFirstDot is from asking for a receipt until its first dot is at the
// printer; BenchmarkPrint would only measure the printer.
func BenchmarkFirstDot(b *testing.B) {
	paper := &printertest.Printer{}
	s, _ := spool(b, paper.ListenTCP(b))
	var sum time.Duration
	n := 0
	for b.Loop() {
		paper.Tear()
		r := slip("K7AAAAA0")
		r.Copy = true
		begun := time.Now()
		if got, err := s.Print(b.Context(), r, "bench"); got.Outcome != printer.Confirmed {
			b.Fatal(got, err)
		}
		_, first := paper.Taken()
		sum += first.Sub(begun)
		n++
	}
	b.ReportMetric(float64(sum.Milliseconds())/float64(n), "ms-to-first-dot")
}
