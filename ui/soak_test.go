package ui

import (
	"flag"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"loket/kiosk"
	"loket/ui/widget"
)

var (
	visits = flag.Int("soak", 60, "visits that a kiosk goes through")
	monkey = flag.Duration("monkey", 6*time.Second, "how long a monkey taps")
	seed   = flag.Uint64("seed", 0, "the monkey's seed; 0 draws one")
)

// serve does what other goroutines wanted done on this one.
func (g *glass) serve() {
	for {
		select {
		case f := <-g.later:
			f()
		default:
			return
		}
	}
}

// footprint is what a process that leaks has more of.
type footprint struct {
	heap, goroutines, files int
}

func measure() (f footprint) {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f.heap, f.goroutines = int(m.HeapAlloc), runtime.NumGoroutine()
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		f.files = len(open)
	}
	return f
}

// Visit after visit through the real screens, half of them left half way: memory,
// goroutines and files level off, and nothing of one visit is in the next.
func TestVisits(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	var at []footprint
	finished := 0
	for n := range *visits {
		if g.at == attract {
			g.tap("wake")
		}
		if n == *visits/3 || n == *visits*2/3 {
			at = append(at, measure())
		}
		if n%2 == 0 {
			g.tap("complaint")
			g.tap("main")
			g.write("Kursi")
			g.tap("main")
			g.write("sudah rusak sejak lama")
			g.tap("main")
			g.tap(g.now().In(g.cfg.Office.Location()).Format(time.DateOnly))
			g.tap("main")
			g.write("lt 2")
			for range 4 { // place, service, office, wish
				g.tap("main")
			}
			g.tap("anonymous")
			g.tap("main")
			g.tap("main")
			g.wait(func() bool { return g.at == receiptShown })
			finished++
		} else {
			g.tap("suggestion")
			g.tap("main")
			g.write("Kursi")
		}
		for range 20 { // everybody has gone
			g.pass(15 * time.Second)
			g.Tick()
			g.serve()
		}
		g.paint()
		if g.at != attract || g.visit.Dirty() || g.says("Kursi") || g.says("rusak sejak") {
			t.Fatalf("visit %d: the next visitor sees %v", n, g.texts())
		}
		g.filed = g.filed[:0]
		g.wiped = g.wiped[:0]
	}
	at = append(at, measure())
	t.Logf("%d visits, %d with a receipt; after a third, two thirds, all: %+v", *visits, finished, at)
	first, last := at[0], at[2]
	if last.heap > first.heap+first.heap/4+2<<20 || last.goroutines > first.goroutines+3 || last.files > first.files+3 {
		t.Errorf("a kiosk grows with its visits: %+v", at)
	}
}

// A monkey taps wherever it likes: no screen is left without a way on, nothing
// fails, what is filed is whole, and once it stops the kiosk comes home by itself.
func TestMonkey(t *testing.T) {
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	t.Logf("go test ./ui -run TestMonkey -seed %d", s)
	g := newGlass(t, 1080, 1920)
	r := rand.New(rand.NewPCG(s, 0))
	g.paint()
	before := measure() // what other tests left
	taps, filed, stuck := 0, 0, 0
	for began := time.Now(); time.Since(began) < *monkey; {
		var touches []*widget.Touch
		var places []fyne.Position
		walk(g.window.Content(), fyne.Position{}, func(o fyne.CanvasObject, at fyne.Position) {
			if touch, ok := o.(*widget.Touch); ok {
				touches, places = append(touches, touch), append(places, at)
			}
		})
		if len(touches) == 0 {
			// A page may say for a moment that it works; not for good.
			if stuck++; stuck > 200 {
				t.Fatalf("seed %d, tap %d: nothing to touch: %v", s, taps, g.texts())
			}
		} else {
			stuck = 0
		}
		switch r.IntN(40) {
		case 0:
			g.pass(time.Duration(r.IntN(60)) * time.Second)
			g.Tick()
		case 1: // a finger anywhere: whatever is on top gets it
			x, y := r.Float32()*1080, r.Float32()*1920
			for i := len(touches) - 1; i >= 0; i-- {
				if d := fyne.NewPos(x, y).Subtract(places[i]); d.X >= 0 && d.Y >= 0 && d.X < touches[i].Size().Width && d.Y < touches[i].Size().Height {
					g.press(touches[i])
					break
				}
			}
		case 2: // down here, up elsewhere
			if len(touches) > 0 {
				touch := touches[r.IntN(len(touches))]
				touch.MouseDown(&desktop.MouseEvent{})
				touch.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{AbsolutePosition: fyne.NewPos(r.Float32()*1080, r.Float32()*1920)}})
			}
		default:
			if main := g.Shown().Touches["main"]; main != nil && r.IntN(2) == 0 {
				g.press(main) // so that it gets anywhere
			} else if len(touches) > 0 {
				g.press(touches[r.IntN(len(touches))])
			}
		}
		if taps++; taps%100 == 0 {
			g.paint()
		}
		g.pass(time.Duration(r.IntN(900)) * time.Millisecond)
		g.serve()
		if g.says("Ada gangguan") {
			t.Fatalf("seed %d, tap %d: a screen failed", s, taps)
		}
		g.mu.Lock()
		for _, d := range g.filed {
			filed++
			if d.Form == "complaint" && (strings.TrimSpace(d.Answers["title"]) == "" || strings.TrimSpace(d.Answers["description"]) == "") {
				t.Errorf("seed %d, tap %d: an empty report was filed: %+v", s, taps, d)
			}
			if d.Identity == kiosk.Named && d.Answers["name"] == "" {
				t.Errorf("seed %d, tap %d: a named report without a name: %+v", s, taps, d)
			}
		}
		g.filed = g.filed[:0]
		g.mu.Unlock()
	}
	for range 60 {
		g.pass(10 * time.Second)
		g.Tick()
		g.serve()
		time.Sleep(time.Millisecond)
	}
	if g.visit.Dirty() || g.at != attract {
		t.Errorf("seed %d: ten minutes after the last tap: %v", s, g.texts())
	}
	g.paint()
	now := measure()
	if now.heap > before.heap+48<<20 || now.goroutines > before.goroutines+5 || now.files > before.files+5 {
		t.Errorf("seed %d: left behind: %+v, before %+v", s, now, before)
	}
	t.Logf("%d taps, %d reports filed; %+v", taps, filed, now)
}
