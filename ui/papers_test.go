package ui

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"loket/kiosk/visit"
)

// flatbed is a scanner in the test's hand: it scans when told to.
type flatbed struct {
	page    chan []byte
	stopped chan struct{}
}

func (f *flatbed) scan(ctx context.Context) ([]byte, error) {
	select {
	case b := <-f.page:
		if b == nil {
			return nil, errors.New("the lid is open")
		}
		return b, nil
	case <-ctx.Done():
		close(f.stopped)
		return nil, ctx.Err()
	}
}

// withScanner stands at the page for papers.
func withScanner(t *testing.T) (*glass, *flatbed) {
	t.Helper()
	g := newGlass(t, 1080, 1920)
	f := &flatbed{page: make(chan []byte, 1), stopped: make(chan struct{})}
	g.cfg.Scan, g.cfg.CanScan = f.scan, func() bool { return true }
	g.tap("complaint")
	g.tap("main")
	answers := map[string]string{"title": "Loket tutup", "description": "Loket 3 tutup sejak pagi hari ini.", "location": "Loket 3"}
	for g.visit.Page().Field.ID != "papers" {
		if p := g.visit.Page(); p.Kind != visit.Question {
			t.Fatal("papers are never asked for")
		}
		g.visit.Answer(answers[g.visit.Page().Field.ID])
		g.tap("main")
	}
	return g, f
}

// Two papers, one of them scanned again, one dropped, and a scan that fails: what is
// sent is what was last seen, and nothing of it stays.
func TestScanningPapers(t *testing.T) {
	g, f := withScanner(t)
	one, two, three := paper(t), append(paper(t), 1), append(paper(t), 2)
	done := func() { t.Helper(); g.wait(func() bool { return g.at == visiting }); g.pass(time.Second) }
	g.tap("scan")
	if !g.says("Memindai kertas Anda") {
		t.Fatal(g.texts())
	}
	g.pass(10 * time.Minute) // a slow one: nobody is thrown out meanwhile
	g.Tick()
	f.page <- nil
	done()
	if !g.says("belum terpindai") || len(g.visit.Pages()) != 0 {
		t.Errorf("%v", g.texts())
	}
	f.page <- one
	g.tap("scan")
	done()
	if !g.says("Sudah 1 dari 3") || g.says("belum terpindai") || g.papers.last == nil {
		t.Errorf("%v", g.texts())
	}
	f.page <- two
	g.tap("scan")
	done()
	f.page <- three
	g.tap("again")
	done()
	f.page <- two
	g.tap("scan")
	done()
	if g.Shown().Touches["scan"] != nil || !g.says("Sudah 3 dari 3") {
		t.Error("a fourth paper is offered", g.texts())
	}
	g.tap("drop")
	if !g.says("Sudah 2 dari 3") || g.papers.last == nil {
		t.Errorf("%v", g.texts())
	}
	g.tap("main")
	g.tap("anonymous")
	g.tap("main")
	if !g.says("2 halaman") {
		t.Fatal(g.texts())
	}
	g.tap("main")
	g.wait(func() bool { return g.at == receiptShown })
	if d := g.filed[0]; len(d.Pages) != 2 || !bytes.Equal(d.Pages[0], one) || !bytes.Equal(d.Pages[1], three) || d.Answers["papers"] != "2" {
		t.Errorf("%d pages, %v", len(d.Pages), d.Answers)
	}
	if len(g.visit.Pages()) != 0 || g.papers.last != nil {
		t.Error("a page stays after it was sent")
	}
}

// A scan that is cancelled, or whose visitor leaves, ends, and what comes of it late
// is dropped.
func TestAScanIsGivenUp(t *testing.T) {
	g, f := withScanner(t)
	g.tap("scan")
	g.tap("back")
	<-f.stopped
	if g.at != visiting || g.visit.Page().Field.ID != "papers" || g.says("belum terpindai") {
		t.Error(g.texts())
	}
	f.stopped = make(chan struct{})
	g.tap("scan")
	g.tap("restart")
	g.tap("erase")
	<-f.stopped
	g.pass(time.Second)
	if !g.says("Apa yang bisa kami bantu?") || g.visit.Dirty() || g.papers.stop != nil {
		t.Error(g.texts())
	}
	// The next visitor at a kiosk whose scanner was unplugged is asked for none.
	g.cfg.CanScan = func() bool { return false }
	g.tap("complaint")
	g.tap("main")
	for _, field := range g.visit.Asked() {
		if field.ID == "papers" {
			t.Error("papers are asked for without a scanner")
		}
	}
}
