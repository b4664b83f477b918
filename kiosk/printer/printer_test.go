package printer

import (
	"bytes"
	"context"
	"image"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// paper is a printer on loopback: it puts rows on paper in order, answers
// status in real time, and has faults.
type paper struct {
	mute, noCompletion, garbage, cover bool
	rowsLeft                           int // 0: endless
	dropAfter                          int // bytes, then the power goes
	busy                               int // leaves this question for its state unanswered

	mu      sync.Mutex
	rows    [][]byte
	cut     bool
	out     bool
	refill  chan struct{}
	unknown int
}

func (p *paper) listen(t *testing.T) string {
	t.Helper()
	p.refill = make(chan struct{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return "tcp://" + l.Addr().String()
}

func (p *paper) serve(c net.Conn) {
	defer c.Close()
	in := make(chan byte, 4096) // as small as a real one's buffer
	done := make(chan struct{})
	go func() { defer close(done); p.interpret(in, c) }()
	defer func() { close(in); <-done }()
	b := make([]byte, 512)
	got, asked := 0, 0
	var last [2]byte
	for {
		n, err := c.Read(b)
		for _, v := range b[:n] {
			if got++; p.dropAfter > 0 && got > p.dropAfter {
				return
			}
			if last == [2]byte{0x10, 0x04} && v <= 4 && !p.mute {
				if asked++; asked != p.busy {
					c.Write([]byte{p.status(v)})
				}
			}
			last = [2]byte{last[1], v}
			in <- v
		}
		if err != nil {
			return
		}
	}
}

func (p *paper) status(n byte) byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := byte(0x12)
	switch {
	case p.garbage:
		return 0xff
	case n == 2 && p.cover:
		s |= 0x04
	case n == 2 && p.out:
		s |= 0x20
	case n == 4 && p.out:
		s |= 0x60
	}
	return s
}

func (p *paper) interpret(in chan byte, c net.Conn) {
	next := func() byte { return <-in }
	row := func(r []byte) {
		p.mu.Lock()
		p.out = p.rowsLeft > 0 && len(p.rows) >= p.rowsLeft
		out := p.out
		p.mu.Unlock()
		if out {
			<-p.refill
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.rows = append(p.rows, r)
	}
	for b := range in {
		switch b {
		case 0x1b:
			switch next() {
			case '@':
			case 'a', 'd':
				next()
			default:
				p.unknown++
			}
		case 0x10:
			next()
			next()
		case 0x1d:
			switch next() {
			case 'L':
				next()
				next()
			case 'V':
				next()
				next()
				p.mu.Lock()
				p.cut = true
				p.mu.Unlock()
			case 'v':
				next()
				next()
				wide := int(next()) | int(next())<<8
				high := int(next()) | int(next())<<8
				for range high {
					r := make([]byte, wide)
					for i := range r {
						r[i] = next()
					}
					row(r)
				}
			case '(':
				next()
				n := int(next()) | int(next())<<8
				args := make([]byte, n)
				for i := range args {
					args[i] = next()
				}
				if !p.mute && !p.noCompletion && !p.garbage {
					c.Write(append([]byte{0x37, 0x22}, append(args[2:], 0)...))
				}
			default:
				p.unknown++
			}
		}
	}
}

func (p *paper) printed() (rows int, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.rows), p.cut
}

// picture is a receipt of 1,000 rows that no two rows of are alike.
func picture() *image.Gray {
	img := image.NewGray(image.Rect(0, 0, 576, 1000))
	for y := range 1000 {
		for x := range 576 {
			if (x/8+y*7)%11 > 4 {
				img.Pix[y*img.Stride+x] = 255
			}
		}
	}
	return img
}

func TestWhatIsKnownOfAPrint(t *testing.T) {
	for _, try := range []struct {
		name   string
		paper  *paper
		want   Result
		whole  bool
		within time.Duration
	}{
		{"all well", &paper{}, Result{Confirmed, NoFault}, true, 2 * time.Second},
		{"never answers", &paper{mute: true}, Result{Unknown, NoFault}, true, 2 * time.Second},
		{"answers nonsense", &paper{garbage: true}, Result{Unknown, NoFault}, true, 2 * time.Second},
		{"is busy once", &paper{busy: 7}, Result{Confirmed, NoFault}, true, 3 * time.Second},
		{"knows no completion", &paper{noCompletion: true}, Result{Assumed, NoFault}, true, 8 * time.Second},
		{"cover open", &paper{cover: true}, Result{NotStarted, CoverOpen}, false, 2 * time.Second},
		{"power cut", &paper{dropAfter: 30_000}, Result{Unknown, Offline}, false, 3 * time.Second},
	} {
		t.Run(try.name, func(t *testing.T) {
			t.Parallel()
			printer, err := Open(try.paper.listen(t), true, Page{Width: 80, DPI: 203})
			if err != nil {
				t.Fatal(err)
			}
			img := picture()
			ctx, done := context.WithTimeout(t.Context(), 20*time.Second)
			defer done()
			got, err := printer.Print(ctx, img)
			if got != try.want {
				t.Errorf("%+v (%v), want %+v", got, err, try.want)
			}
			if !try.whole {
				return
			}
			for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
				if _, cut := try.paper.printed(); cut {
					break
				}
			}
			rows, cut := try.paper.printed()
			if rows != 1000 || !cut || try.paper.unknown > 0 {
				t.Fatalf("%d rows, cut %v, %d unknown commands", rows, cut, try.paper.unknown)
			}
			for y, r := range try.paper.rows {
				for x := range 576 {
					if (r[x/8]&(0x80>>(x%8)) != 0) != (img.GrayAt(x, y).Y < 128) {
						t.Fatalf("dot %d of row %d is not as it was", x, y)
					}
				}
			}
		})
	}
}

// Paper runs out half way. Once it is back, what is still in the printer must
// not become a whole receipt for whoever stands there then.
func TestPaperOutLeavesNoWholeReceiptBehind(t *testing.T) {
	p := &paper{rowsLeft: 500}
	printer, err := Open(p.listen(t), true, Page{Width: 80, DPI: 203})
	if err != nil {
		t.Fatal(err)
	}
	got, err := printer.Print(t.Context(), picture())
	if got.Outcome != Unknown || got.Fault != PaperOut {
		t.Errorf("%+v, %v", got, err)
	}
	close(p.refill)
	if rows, cut := p.printed(); rows > 600 || cut {
		t.Errorf("%d rows, cut %v", rows, cut)
	}
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
	if got, err := printer.Print(t.Context(), picture()); got != (Result{NotStarted, Offline}) || err == nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestADeviceThatBlocksForEverBlocksNobody(t *testing.T) {
	ctx, done := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer done()
	a, b := net.Pipe() // nobody reads the other end
	defer b.Close()
	p := &escpos{connect: func(context.Context) (conn io.ReadWriteCloser, err error) { return a, nil }}
	if got, err := p.Print(ctx, picture()); got.Outcome == Confirmed || err == nil {
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
			if got, err := printer.Print(t.Context(), picture()); got.Outcome != Confirmed {
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
