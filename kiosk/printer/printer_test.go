package printer

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/printer/printertest"
	"loket/kiosk/receipt"
	"loket/kiosk/words"
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

var roll = func() receipt.Paper {
	p, err := receipt.NewPaper("80mm", 0, 0)
	if err != nil {
		panic(err)
	}
	return p
}()

// open opens a receipt printer that nobody waits for as long as in an office.
func open(t *testing.T, address string) *escpos {
	t.Helper()
	p, err := Open(Settings{Address: address, Paper: roll, Cut: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := p.(*escpos)
	e.stuckFor, e.doneFor = 1500*time.Millisecond, 2*time.Second
	return e
}

func TestWhatIsKnownOfAPrint(t *testing.T) {
	t.Parallel()
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
				e := open(t, address)
				e.answerFor, e.stuckFor, e.doneFor = 2*time.Second, 4*time.Second, 4*time.Second // what is slow here may be the machine
				got, err := e.send(ctx, bands(img))
				if got != try.want {
					t.Errorf("%+v (%v), want %+v", got, err, try.want)
				}
				paper.Settle(3 * time.Second)
				unknown, realtime := paper.Faults()
				if try.name == "power cut" {
					unknown = nil // what it was told last may be half a command
				}
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
	t.Parallel()
	for _, paper := range []*printertest.Printer{{}, {Buffer: 1 << 20, Speed: 8000}, {NoClear: true}, {Buffer: 1 << 20, Speed: 8000, NoClear: true}} {
		t.Run(fmt.Sprintf("%d bytes, no clearing %v", paper.Buffer, paper.NoClear), func(t *testing.T) {
			t.Parallel()
			printer := open(t, paper.ListenTCP(t))
			paper.SetPaper(500)
			img := picture(1000)
			got, err := printer.send(t.Context(), bands(img))
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
			if got, err := printer.send(t.Context(), bands(next)); got.Outcome != Confirmed {
				t.Errorf("%+v, %v", got, err)
			}
			sheets = paper.Sheets()
			if len(sheets) != 3 || copies(sheets[:1], next) != 0 || copies(sheets[1:], next) != 1 {
				t.Errorf("%d sheets, %d copies of the next receipt", len(sheets), copies(sheets, next))
			}
		})
	}
}

var prints = flag.Int("prints", 80, "prints with random faults")

// Whatever goes wrong at whatever byte: what is said of a print is true, and
// none comes out twice.
func TestPrintsWithRandomFaults(t *testing.T) {
	t.Parallel()
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
					ctx, done := context.WithTimeout(t.Context(), 3*time.Second)
					got, err := printer.send(ctx, bands(img))
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
	if got, err := open(t, address).send(t.Context(), bands(picture(1000))); got != (Result{NotStarted, Offline}) || err == nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestADeviceThatBlocksForEverBlocksNobody(t *testing.T) {
	ctx, done := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer done()
	a, b := net.Pipe() // nobody reads the other end
	defer b.Close()
	p := &escpos{connect: func(context.Context) (conn io.ReadWriteCloser, err error) { return a, nil }}
	if got, err := p.send(ctx, bands(picture(1000))); got.Outcome == Confirmed || err == nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFilesInAFolder(t *testing.T) {
	for _, format := range []string{"png", "pdf"} {
		dir := filepath.Join(t.TempDir(), "slips")
		printer, err := Open(Settings{Address: "folder:" + dir + "?format=" + format, Paper: roll}, renderer(t))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if got, err := printer.Print(t.Context(), example); got.Outcome != ByHand {
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
	for _, address := range []string{"", "tcp://printer", "folder:", "folder:/x?format=gif", "lpt1", "http://x", "device:", "serial:/dev/ttyS0", "serial:?baud=9600", "windows:"} {
		if _, err := Open(Settings{Address: address, Paper: roll}, nil); err == nil {
			t.Errorf("%q was accepted", address)
		}
	}
}

var example = receipt.Receipt{
	Ministry: kiosk.Text{kiosk.Indonesian: "Kementerian Contoh"}, Office: kiosk.Text{kiosk.Indonesian: "Kantor Wilayah – “Nusa”"}, City: "Kupang",
	Title: kiosk.Text{kiosk.Indonesian: "Tanda Terima Pengaduan"}, Form: "complaint",
	Number: "K74QX9M2", Code: "QV8N3HD6W", URL: "HTTPS://LACAK.EXAMPLE.GO.ID/T#K74QX9M2-QV8N3HD6W",
	At: time.Date(2026, 11, 24, 9, 41, 0, 0, time.FixedZone("WITA", 8*3600)), Due: time.Date(2026, 12, 8, 0, 0, 0, 0, time.UTC),
	Language: kiosk.Indonesian, Next: []kiosk.Text{{kiosk.Indonesian: "Kami periksa laporan Anda."}},
}

func renderer(t testing.TB) *receipt.Renderer {
	t.Helper()
	w, err := words.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	r, err := receipt.NewRenderer(assets.Files, w)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// scan reads a code with zbarimg, which knows nothing of what drew it.
func scan(t *testing.T, img image.Image) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "paper.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "zbarimg", "--nodbus", "-q", "--raw", path).Output()
	if err != nil {
		t.Errorf("zbarimg: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// By every way a receipt printer is reached, as a picture and as words.
func TestReceiptsScan(t *testing.T) {
	t.Parallel()
	r := renderer(t)
	for _, name := range []string{"80mm", "58mm"} {
		for _, way := range []string{"network", "device", "serial", "slow serial"} {
			t.Run(name+" by "+way, func(t *testing.T) {
				t.Parallel()
				paper, err := receipt.NewPaper(name, 0, 0)
				if err != nil {
					t.Fatal(err)
				}
				rig := &printertest.Printer{Dots: paper.Dots}
				address := ""
				switch way {
				case "network":
					address = rig.ListenTCP(t)
				case "device":
					address = "device:" + rig.ListenTTY(t)
				case "serial":
					address = "serial:" + rig.ListenTTY(t) + "?baud=115200"
				default:
					address = "serial:" + rig.ListenTTY(t) + "?baud=9600"
				}
				p, err := Open(Settings{Address: address, Paper: paper, Cut: true}, r)
				if err != nil {
					t.Fatal(err)
				}
				p.(*escpos).answerFor = 2 * time.Second // what is slow here may be the machine
				if got, err := p.Print(t.Context(), example); got.Outcome != Confirmed {
					t.Errorf("%+v, %v", got, err)
				}
				rig.Settle(time.Second)
				unknown, realtime := rig.Faults()
				bytes, _ := rig.Taken()
				if len(unknown) > 0 || realtime > 0 || bytes > 80_000 || way == "slow serial" && bytes > 4_000 {
					t.Errorf("unknown commands %v, %d real-time commands in data, %d bytes", unknown, realtime, bytes)
				}
				if got := scan(t, rig.Sheets()[0]); got != example.URL {
					t.Errorf("zbarimg reads %q", got)
				}
			})
		}
	}
}

// BenchmarkReceipt is from a receipt to all bytes of it; what goes over the wire
// is told beside, and how long a serial line takes for it.
func BenchmarkReceipt(b *testing.B) {
	r := renderer(b)
	n := 0
	for b.Loop() {
		img, err := r.Render(example, roll)
		if err != nil {
			b.Fatal(err)
		}
		n = len(ESCPOS(img, true))
	}
	b.ReportMetric(float64(n), "bytes")
	b.ReportMetric(float64(n)*10/115200, "s@115200")
}

// A printer says what it likes: what is made of it never blocks, and no noise is
// taken as word that all is on paper.
func FuzzListen(f *testing.F) {
	f.Add([]byte{0x12, 0x16, 0x00, 0x37, 0x22, 'L', 'K', 'T', '1', 0})
	f.Add(bytes.Repeat([]byte{0x72, 0x1a, 0xff}, 40))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &session{p: &escpos{}, conn: said{bytes.NewReader(b)}, real: make(chan byte, 16), order: make(chan bool, 64), complete: make(chan bool, 1)}
		s.listen()
		if whole := append([]byte{0x37, 0x22}, jobMark...); len(s.complete) > 0 && !bytes.Contains(b, append(whole, 0)) {
			t.Errorf("% x is no word that all is out", b)
		}
		for len(s.real) > 0 {
			if c := <-s.real; c&0x93 != 0x12 {
				t.Errorf("%x is no state", c)
			}
		}
	})
}

// said is a connection on which only the printer speaks.
type said struct{ *bytes.Reader }

func (said) Write(b []byte) (int, error) { return len(b), nil }
func (said) Close() error                { return nil }
