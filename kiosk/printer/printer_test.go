package printer

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"loket/kiosk/printer/printertest"
)

// picture is a receipt of rows that no two of are alike; some read as
// real-time commands.
func picture(rows int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, 576, rows))
	for y := range rows {
		for x := range 576 {
			if (x/8+y*7)%11 > 4 || x > 500 && y%50 < 24 {
				img.Pix[y*img.Stride+x] = 255
			}
		}
		for i, v := range []byte{0x10, 0x04, 0x10, 0x05, 0x10, 0x14} {
			for b := range 8 {
				img.Pix[y*img.Stride+(i+9)*8+b] = 255
				if v&(0x80>>b) != 0 {
					img.Pix[y*img.Stride+(i+9)*8+b] = 0
				}
			}
		}
	}
	return img
}

// copies counts how often the picture stands whole on the sheets. A dot may
// be wider by one.
func copies(sheets []*image.Gray, img *image.Gray) (n int) {
	same := func(a, b []byte) bool {
		differ := 0
		for i := range a {
			if (a[i] < 128) != (b[i] < 128) {
				differ++
			}
		}
		return differ <= 6
	}
	for _, s := range sheets {
	rows:
		for top := 0; top+img.Rect.Dy() <= s.Rect.Dy(); top++ {
			for y := range img.Rect.Dy() {
				if !same(s.Pix[(top+y)*s.Stride:][:576], img.Pix[y*img.Stride:][:576]) {
					continue rows
				}
			}
			n++
		}
	}
	return n
}

func inked(sheets []*image.Gray) bool {
	for _, s := range sheets {
		if bytes.IndexByte(s.Pix, 0) >= 0 {
			return true
		}
	}
	return false
}

func open(t *testing.T, address string) Printer {
	t.Helper()
	p, err := Open(address, true, Page{Width: 80, DPI: 203})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhatIsKnownOfAPrint(t *testing.T) {
	for _, try := range []struct {
		name  string
		paper *printertest.Printer
		then  func(*printertest.Printer)
		want  Result
		whole int
	}{
		{"all well", &printertest.Printer{}, nil, Result{Confirmed, NoFault}, 1},
		{"slow", &printertest.Printer{Speed: 800}, nil, Result{Confirmed, NoFault}, 1},
		{"never answers", &printertest.Printer{Mute: true}, nil, Result{Unknown, NoFault}, 1},
		{"answers nonsense", &printertest.Printer{Garbage: true}, nil, Result{Unknown, NoFault}, 1},
		{"is busy once", &printertest.Printer{Ignore: 7}, nil, Result{Confirmed, NoFault}, 1},
		{"knows no completion", &printertest.Printer{NoCompletion: true}, nil, Result{Assumed, NoFault}, 1},
		{"knows no order", &printertest.Printer{NoOrder: true}, nil, Result{Confirmed, NoFault}, 1},
		{"knows neither", &printertest.Printer{NoOrder: true, NoCompletion: true}, nil, Result{Assumed, NoFault}, 1},
		{"cover open", &printertest.Printer{}, func(p *printertest.Printer) { p.SetCover(true) }, Result{NotStarted, CoverOpen}, 0},
		{"no paper", &printertest.Printer{}, func(p *printertest.Printer) { p.SetPaper(0) }, Result{NotStarted, PaperOut}, 0},
		{"power cut", &printertest.Printer{}, func(p *printertest.Printer) { p.PowerOffAfter(30_000) }, Result{Unknown, Offline}, 0},
		{"takes nothing more", &printertest.Printer{}, func(p *printertest.Printer) { p.HangAfter(20_000) }, Result{Unknown, Offline}, 0},
	} {
		for _, way := range []string{"network", "device"} {
			t.Run(try.name+" by "+way, func(t *testing.T) {
				t.Parallel()
				paper := &printertest.Printer{Speed: try.paper.Speed, Mute: try.paper.Mute, Garbage: try.paper.Garbage, Ignore: try.paper.Ignore,
					NoCompletion: try.paper.NoCompletion, NoOrder: try.paper.NoOrder}
				address := ""
				if way == "network" {
					address = paper.ListenTCP(t)
				} else if address = "device:" + paper.ListenTTY(t); try.name == "power cut" {
					t.Skip("a pseudo-terminal stays when its printer is gone; the next test has one that hangs")
				}
				if try.then != nil {
					try.then(paper)
				}
				img := picture(1000)
				ctx, done := context.WithTimeout(t.Context(), 20*time.Second)
				defer done()
				got, err := open(t, address).Print(ctx, img)
				if got != try.want {
					t.Errorf("%+v (%v), want %+v", got, err, try.want)
				}
				paper.Settle(3 * time.Second)
				unknown, realtime := paper.Faults()
				if n := copies(paper.Sheets(), img); n != try.whole || len(unknown) > 0 || realtime > 0 {
					t.Errorf("%d whole copies, unknown %v, %d real-time commands in dots", n, unknown, realtime)
				}
				if got.Outcome == NotStarted && inked(paper.Sheets()) {
					t.Error("not started, and dots are on paper")
				}
			})
		}
	}
}

// Paper runs out half way. Once it is back, what is still in the printer must
// not become a whole receipt for whoever stands there then, however much the
// printer remembers; and the next receipt is whole, on a paper of its own.
func TestPaperOutLeavesNoWholeReceiptBehind(t *testing.T) {
	for _, paper := range []*printertest.Printer{{}, {Buffer: 1 << 20, Speed: 8000}, {NoClear: true}, {Buffer: 1 << 20, Speed: 8000, NoClear: true}} {
		t.Run(fmt.Sprintf("%d bytes, no clearing %v", paper.Buffer, paper.NoClear), func(t *testing.T) {
			t.Parallel()
			printer := open(t, paper.ListenTCP(t))
			paper.SetPaper(500)
			img := picture(1000)
			got, err := printer.Print(t.Context(), img)
			if got != (Result{Unknown, PaperOut}) {
				t.Errorf("%+v, %v", got, err)
			}
			if state, err := printer.Status(t.Context()); err != nil || state != (State{Fault: PaperOut, NearEnd: true, Answers: true}) {
				t.Errorf("%+v, %v", state, err)
			}
			paper.SetPaper(-1)
			paper.Settle(3 * time.Second)
			sheets := paper.Sheets()
			if rows := sheets[0].Rect.Dy(); copies(sheets, img) > 0 || len(sheets) > 1 || rows > 600 {
				t.Errorf("%d sheets, %d rows of the first", len(sheets), rows)
			}
			next := picture(900)
			if got, err := printer.Print(t.Context(), next); got.Outcome != Confirmed {
				t.Errorf("%+v, %v", got, err)
			}
			sheets = paper.Sheets()
			if len(sheets) != 3 || copies(sheets[:1], next) != 0 || copies(sheets[1:], next) != 1 {
				t.Errorf("%d sheets, %d copies of the next receipt", len(sheets), copies(sheets, next))
			}
		})
	}
}

var prints = flag.Int("prints", 160, "prints with random faults")

// Whatever goes wrong at whatever byte: what is said of a print is true, and
// none comes out twice.
func TestPrintsWithRandomFaults(t *testing.T) {
	var mu sync.Mutex
	said := map[Outcome]int{}
	t.Run("printers", func(t *testing.T) {
		for seed := range 8 {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(uint64(seed), 7))
				paper := &printertest.Printer{NoCompletion: seed%4 == 1, NoClear: seed%4 == 2, Buffer: 1 << (11 + seed)}
				printer := open(t, paper.ListenTCP(t))
				for n := range *prints / 8 {
					img := picture(200 + n)
					at := r.IntN(12_000)
					switch r.IntN(6) {
					case 0:
						paper.SetPaper(r.IntN(300))
					case 1:
						paper.PowerOffAfter(at)
					case 2:
						paper.HangAfter(at)
					case 3:
						paper.SetCover(true)
					}
					ctx, done := context.WithTimeout(t.Context(), 8*time.Second)
					got, err := printer.Print(ctx, img)
					done()
					paper.HangAfter(-1)
					paper.SetPaper(-1)
					paper.SetCover(false)
					paper.Settle(3 * time.Second)
					whole, dots := copies(paper.Sheets(), img), inked(paper.Sheets())
					switch {
					case whole > 1,
						(got.Outcome == Confirmed || got.Outcome == Assumed) && whole != 1,
						got.Outcome == NotStarted && dots && n == 0:
						t.Errorf("print %d: %+v (%v), and %d whole on paper", n, got, err, whole)
					case got.Outcome == NotStarted && whole > 0:
						t.Errorf("print %d: not started, and on paper", n)
					}
					if _, realtime := paper.Faults(); realtime > 0 {
						t.Fatalf("%d real-time commands in dots", realtime)
					}
					paper.Tear()
					mu.Lock()
					said[got.Outcome]++
					mu.Unlock()
				}
			})
		}
	})
	if said[Unknown] == 0 || said[NotStarted] == 0 || said[Confirmed] == 0 || said[Assumed] == 0 {
		t.Errorf("the faults did not come: %v", said)
	}
	t.Logf("%d prints: %v, none doubled, none silently missing", *prints, said)
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "tcp://" + l.Addr().String()
	l.Close()
	printer, err := Open(address, false, Page{Width: 80, DPI: 203})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := printer.Print(t.Context(), picture(1000)); got != (Result{NotStarted, Offline}) || err == nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestADeviceThatBlocksForEverBlocksNobody(t *testing.T) {
	ctx, done := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer done()
	a, b := net.Pipe() // nobody reads the other end
	defer b.Close()
	p := &escpos{connect: func(context.Context) (conn io.ReadWriteCloser, err error) { return a, nil }}
	if got, err := p.Print(ctx, picture(1000)); got.Outcome == Confirmed || err == nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFilesInAFolder(t *testing.T) {
	for _, format := range []string{"png", "pdf"} {
		dir := filepath.Join(t.TempDir(), "slips")
		printer, err := Open("folder:"+dir+"?format="+format, false, Page{Width: 80, DPI: 203})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if got, err := printer.Print(t.Context(), picture(1000)); got.Outcome != Confirmed {
				t.Errorf("%+v, %v", got, err)
			}
		}
		files, err := filepath.Glob(filepath.Join(dir, "*."+format))
		if err != nil || len(files) != 3 {
			t.Fatalf("%v, %v", files, err)
		}
		b, err := os.ReadFile(files[0])
		if err != nil || !bytes.HasPrefix(b, []byte(map[string]string{"png": "\x89PNG", "pdf": "%PDF"}[format])) {
			t.Errorf("%s: %q, %v", format, b[:4], err)
		}
		if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		f := printer.(*Folder)
		f.Now = func() time.Time { return time.Now().Add(time.Hour) }
		if err := f.Wipe(15 * time.Minute); err != nil {
			t.Error(err)
		}
		if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 0 {
			t.Errorf("left behind: %v", files)
		}
	}
}

func TestAddressesThatMakeNoSense(t *testing.T) {
	for _, address := range []string{"", "tcp://printer", "folder:", "folder:/x?format=gif", "lpt1", "http://x"} {
		if _, err := Open(address, false, Page{Width: 80, DPI: 203}); err == nil {
			t.Errorf("%q was accepted", address)
		}
	}
}
