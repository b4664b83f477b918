// Package printertest is an ESC/POS receipt printer in software: it takes
// bytes by TCP or by a pseudo-terminal, draws what it got as pictures, and has
// every fault that a test may want. It is a model: it confirms our logic, not
// any maker's firmware. What it understands is checked with bytes that other
// people's encoders made (testdata).
package printertest

import (
	"errors"
	"image"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// Printer is one printer. Set its nature before Listen; the methods may be
// called at any time.
type Printer struct {
	Dots    int // of the print head; 576 if 0
	Buffer  int // bytes it takes before it prints; 4096 if 0
	Speed   int // rows a second; 0: at once
	Mute    bool
	Garbage bool // answers 0xFF to every question for its state
	// What a cheap model lacks: GS ( H (proof of completion), GS r (status in
	// order), DLE ENQ 2 (clearing what it holds).
	NoCompletion, NoOrder, NoClear bool
	NearEnd                        bool
	Ignore                         int // leaves the nth question for its state unanswered

	mu       sync.Mutex
	changed  *sync.Cond
	paper    int // rows left; -1: endless
	cover    bool
	offAt    int // bytes until the power goes; -1: never
	hangAt   int // bytes until it takes nothing more; -1: never
	taken    int // bytes since the start
	asked    int
	first    time.Time // of the first byte of a raster or text
	clears   int       // grows with each clearing
	in       chan plugged
	out      io.Writer // to the computer, nil when nobody is connected
	sheets   []*image.Gray
	last     *image.Gray // what hangs out of the printer, not cut yet
	unknown  []string
	realtime int // real-time commands inside the data of another command
	closed   bool
}

func (p *Printer) start(t testing.TB) {
	if p.changed != nil {
		return
	}
	p.changed = sync.NewCond(&p.mu)
	if p.Dots == 0 {
		p.Dots = 576
	}
	if p.Buffer == 0 {
		p.Buffer = 4096
	}
	p.paper, p.offAt, p.hangAt = -1, -1, -1
	p.in = make(chan plugged, p.Buffer)
	p.last = blank(p.Dots, 0)
	go p.interpret()
	t.Cleanup(func() {
		p.mu.Lock()
		p.closed = true
		p.changed.Broadcast()
		p.mu.Unlock()
	})
}

// ListenTCP makes the printer answer on loopback and returns its address,
// tcp://127.0.0.1:port.
func (p *Printer) ListenTCP(t testing.TB) string {
	t.Helper()
	p.start(t)
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
			p.serve(c) // one computer at a time, as a real one
			c.Close()
		}
	}()
	return "tcp://" + l.Addr().String()
}

// ListenTTY makes the printer answer on a pseudo-terminal and returns its
// device file.
func (p *Printer) ListenTTY(t testing.TB) string {
	t.Helper()
	p.start(t)
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := term.MakeRaw(int(theirs.Fd())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close(); theirs.Close() }) // held open: the device stays when a job ends
	go p.serve(ours)
	return theirs.Name()
}

var errPower = errors.New("the power went")

// serve takes bytes from one computer until it is gone or the power is.
func (p *Printer) serve(c io.ReadWriter) {
	p.mu.Lock()
	p.out = c
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.out = nil
		p.mu.Unlock()
	}()
	var last [2]byte
	b := make([]byte, 512)
	for {
		n, err := c.Read(b)
		for _, v := range b[:n] {
			if p.take(v, &last) != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// plugged is a byte that came in, and how often the printer was cleared before.
type plugged struct {
	byte
	clears int
}

// take is one byte at the plug: real-time commands are obeyed wherever they
// stand, as real printers do, then it waits for room in the buffer.
func (p *Printer) take(v byte, last *[2]byte) error {
	p.mu.Lock()
	p.taken++
	if p.offAt >= 0 && p.taken > p.offAt {
		p.offAt = -1
		p.drop()
		p.mu.Unlock()
		return errPower
	}
	for p.hangAt >= 0 && p.taken > p.hangAt && !p.closed {
		p.changed.Wait()
	}
	switch {
	case *last == [2]byte{0x10, 0x04} && v >= 1 && v <= 4 && !p.Mute:
		if p.asked++; p.asked != p.Ignore {
			p.reply(p.status(v))
		}
	case *last == [2]byte{0x10, 0x05} && v == 2 && !p.NoClear:
		p.drop()
		*last = [2]byte{}
		p.mu.Unlock()
		return nil
	}
	*last = [2]byte{last[1], v}
	in := plugged{v, p.clears}
	p.mu.Unlock()
	p.in <- in
	return nil
}

// drop forgets what is in the buffer and the command being read.
func (p *Printer) drop() {
	for empty := false; !empty; {
		select { // the interpreter takes from it too
		case <-p.in:
		default:
			empty = true
		}
	}
	p.clears++
	p.changed.Broadcast()
}

func (p *Printer) reply(b ...byte) {
	if p.out != nil {
		p.out.Write(b)
	}
}

func (p *Printer) status(n byte) byte {
	s := byte(0x12)
	end := p.paper == 0
	switch {
	case p.Garbage:
		return 0xff
	case n == 1 && (end || p.cover):
		s |= 0x08
	case n == 2 && p.cover:
		s |= 0x04
	case n == 2 && end:
		s |= 0x20
	case n == 4 && end:
		s |= 0x6c
	case n == 4 && p.NearEnd:
		s |= 0x0c
	}
	return s
}

// SetPaper leaves so many rows of paper; -1 is an endless roll. What waits in
// the printer goes on.
func (p *Printer) SetPaper(rows int) {
	p.set(func() { p.paper = rows })
}

// SetCover opens or closes the cover.
func (p *Printer) SetCover(open bool) { p.set(func() { p.cover = open }) }

// PowerOffAfter lets the power go after so many more bytes, once; what the
// printer held is lost.
func (p *Printer) PowerOffAfter(bytes int) { p.set(func() { p.offAt = p.taken + bytes }) }

// HangAfter takes nothing more after so many more bytes; -1 ends it.
func (p *Printer) HangAfter(bytes int) {
	p.set(func() {
		p.hangAt = -1
		if bytes >= 0 {
			p.hangAt = p.taken + bytes
		}
	})
}

// SetNature changes what the printer answers.
func (p *Printer) SetNature(f func(*Printer)) { p.set(func() { f(p) }) }

func (p *Printer) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	p.changed.Broadcast()
}

// Sheets are the pieces of paper so far, each ended by a cut; the last is what
// hangs out uncut, and may be empty.
func (p *Printer) Sheets() []*image.Gray {
	p.mu.Lock()
	defer p.mu.Unlock()
	hanging := *p.last
	return append(append([]*image.Gray(nil), p.sheets...), &hanging)
}

// Tear takes everything away that came out; the next dot is the first again.
func (p *Printer) Tear() {
	p.set(func() { p.sheets, p.last, p.first = nil, blank(p.Dots, 0), time.Time{} })
}

// Faults of the encoder: commands that the printer does not know, and how
// often data looked like a real-time command.
func (p *Printer) Faults() (unknown []string, realtime int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.unknown...), p.realtime
}

// Taken is how many bytes came in, and when the first dot since [Printer.Tear] did.
func (p *Printer) Taken() (bytes int, first time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken, p.first
}

// Settle waits until the printer has nothing left to do, at most for d: for a
// twentieth of a second no byte came, and none waits. It counts its own turns, not
// the clock: on a machine that is busy bytes may be on their way for longer.
func (p *Printer) Settle(d time.Duration) {
	quiet, before := 0, -1
	for end := time.Now().Add(d); quiet < 25 && time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		taken, _ := p.Taken()
		if len(p.in) == 0 && taken == before {
			quiet++
		} else {
			quiet = 0
		}
		before = taken
	}
}
