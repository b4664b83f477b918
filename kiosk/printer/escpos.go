package printer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"net"
	"sync/atomic"
	"time"

	"loket/kiosk/receipt"
)

const (
	band = 24 // rows a raster command: fits the 4 kB buffer of a small printer
	// ahead is how many bands may be sent that the printer has not said are done.
	ahead     = 2
	statusFor = 300 * time.Millisecond
	orderFor  = 1500 * time.Millisecond // the first time; a band at 5 mm/s takes 0.6 s
	// pace is between bands to a printer that does not say when one is done:
	// 150 mm/s, as receipt printers print.
	pace    = 20 * time.Millisecond
	jobMark = "LKT1"
)

// ESCPOS returns a whole job: GS v 0 raster in bands of 24 rows, feed, cut.
func ESCPOS(img *image.Gray, cut bool) []byte {
	return bytes.Join(append(append([][]byte{begin}, bands(img)...), tail(cut)), nil)
}

// begin resets the printer: left aligned, no margin.
var begin = []byte{0x1b, '@', 0x1b, 'a', 0, 0x1d, 'L', 0, 0}

// bands are the job's raster commands, each to be sent whole: the printer's
// state may be asked between commands, never inside one. White at the right is
// left away.
func bands(img *image.Gray) [][]byte {
	var commands [][]byte
	for top := 0; top < img.Rect.Dy(); top += band {
		rows := min(band, img.Rect.Dy()-top)
		wide := 1
		for y := top; y < top+rows; y++ {
			line := img.Pix[y*img.Stride : y*img.Stride+img.Rect.Dx()]
			for x := len(line) - 1; x >= wide*8; x-- {
				if line[x] < 128 {
					wide = x/8 + 1
				}
			}
		}
		head := []byte{0x1d, 'v', '0', 0, byte(wide), byte(wide >> 8), byte(rows), byte(rows >> 8)}
		data := make([]byte, wide*rows)
		for y := range rows {
			line := img.Pix[(top+y)*img.Stride : (top+y)*img.Stride+img.Rect.Dx()]
			for x, v := range line[:min(len(line), wide*8)] {
				if v < 128 {
					data[y*wide+x/8] |= 0x80 >> (x % 8)
				}
			}
		}
		unlikeCommands(data)
		commands = append(commands, append(head, data...))
	}
	return commands
}

// unlikeCommands widens a dot by one where dots would read as a real-time
// command (DLE EOT, DLE ENQ, DLE DC4): printers obey those wherever they stand,
// and one of them turns the power off.
func unlikeCommands(data []byte) {
	for i := range len(data) - 1 {
		if data[i] == 0x10 && (data[i+1] == 0x04 || data[i+1] == 0x05 || data[i+1] == 0x14) {
			data[i] = 0x18
		}
	}
}

// tail feeds to the cutter and cuts, or feeds to where paper is torn off.
func tail(cut bool) []byte {
	if cut {
		return []byte{0x1b, 'd', 2, 0x1d, 'V', 66, 0}
	}
	return []byte{0x1b, 'd', 5}
}

// apart puts what an earlier job left behind on a paper of its own: white for
// a band that was cut off, then feed and cut.
func apart(cut bool) []byte {
	return append(append(make([]byte, band*128+8), begin...), tail(cut)...)
}

// escpos drives one printer. Never more than a few bands are on their way: a
// receipt stuck in buffers came out whole for whoever stood there when paper
// was back.
type escpos struct {
	Settings
	renderer *receipt.Renderer
	connect  func(context.Context) (io.ReadWriteCloser, error)
	// How long to wait for its state, for a band to come out, and for proof of all.
	answerFor, stuckFor, doneFor time.Duration
	// What was learnt of this printer, and whether it may hold a part of a receipt.
	noOrder, noCompletion, dirty atomic.Bool
}

// doubt says that it may hold a part of a receipt.
func (p *escpos) doubt() { p.dirty.Store(true) }

// Print sends the receipt and waits, at most until ctx ends, for word that it
// is out.
func (p *escpos) Print(ctx context.Context, r receipt.Receipt) (Result, error) {
	if p.Text {
		return p.send(ctx, text(p.renderer.Lines(r), p.Paper))
	}
	img, err := p.renderer.Render(r, p.Paper)
	if err != nil {
		return Result{NotStarted, Broken}, fmt.Errorf("draw receipt: %w", err)
	}
	return p.send(ctx, bands(img))
}

// send sends commands, each whole.
func (p *escpos) send(ctx context.Context, commands [][]byte) (Result, error) {
	s, err := p.open(ctx)
	if err != nil {
		return Result{NotStarted, Offline}, err
	}
	type ended struct {
		result Result
		err    error
	}
	// A device file can block for ever: the job runs on its own and is left
	// behind when the time is up.
	done := make(chan ended, 1)
	go func() {
		r, err := s.job(ctx, commands)
		done <- ended{r, err}
		s.conn.Close()
	}()
	var e ended
	select {
	case e = <-done:
	case <-ctx.Done():
		s.conn.Close()
		e = ended{Result{Unknown, Offline}, fmt.Errorf("print: %w", ctx.Err())}
		if s.over.Swap(true); !s.sent.Load() {
			e.result.Outcome = NotStarted
		}
	}
	if e.result.Outcome == Unknown && e.result.Fault != NoFault {
		p.dirty.Store(true)
	}
	return e.result, e.err
}

// Status asks the printer how it is.
func (p *escpos) Status(ctx context.Context) (State, error) {
	s, err := p.open(ctx)
	if err != nil {
		return State{Fault: Offline}, err
	}
	defer s.conn.Close()
	type answer struct {
		state State
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		state, err := s.state(ctx)
		done <- answer{state, err}
	}()
	select {
	case a := <-done:
		return a.state, a.err
	case <-ctx.Done():
		return State{Fault: Offline}, ctx.Err()
	}
}

func (p *escpos) open(ctx context.Context) (*session, error) {
	conn, err := p.connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("open printer: %w", err)
	}
	s := &session{p: p, conn: conn, real: make(chan byte, 16), order: make(chan bool, 64), complete: make(chan bool, 1)}
	go s.listen()
	return s, nil
}

// session is one connection.
type session struct {
	p    *escpos
	conn io.ReadWriteCloser
	// What the printer says: its state in real time, that it has come so far in
	// order (GS r), that all is on paper (GS ( H).
	real     chan byte
	order    chan bool
	complete chan bool
	sent     atomic.Bool // a dot may have been sent
	over     atomic.Bool // nobody waits for this job any more
	answers  bool        // has told its state at least once
	inOrder  bool        // has answered in order at least once
	waiting  int         // bands that the printer has not said are done
}

// listen sorts what the printer says until the connection ends. Bytes that
// mean nothing are dropped.
func (s *session) listen() {
	end := append([]byte{0x37, 0x22}, jobMark...)
	end = append(end, 0)
	matched := 0
	b := make([]byte, 64)
	for {
		n, err := s.conn.Read(b)
		for _, c := range b[:n] {
			switch {
			case c == end[matched]:
				if matched++; matched == len(end) {
					matched = 0
					tell(s.complete, true)
				}
				continue
			case c&0x93 == 0x12:
				tell(s.real, c)
			case c&0x90 == 0:
				tell(s.order, true)
			}
			matched = 0
		}
		if err != nil {
			return
		}
	}
}

// tell does not wait: a printer that babbles is not listened to.
func tell[T any](c chan T, v T) {
	select {
	case c <- v:
	default:
	}
}

var errGivenUp = errors.New("given up")

func (s *session) job(ctx context.Context, commands [][]byte) (Result, error) {
	state, err := s.state(ctx)
	if err != nil || state.Fault != NoFault {
		return Result{NotStarted, state.Fault}, err
	}
	first := begin
	if s.p.dirty.Load() {
		if _, err := s.conn.Write([]byte{0x10, 0x05, 2}); err != nil {
			return Result{NotStarted, Offline}, err
		}
		first = apart(s.p.Cut)
	}
	if _, err := s.conn.Write(first); err != nil {
		return Result{NotStarted, Offline}, err
	}
	stop := func(f Fault, err error) (Result, error) {
		s.conn.Write([]byte{0x10, 0x05, 2}) // DLE ENQ 2: drop what is buffered
		if t, ok := s.conn.(*net.TCPConn); ok {
			t.SetLinger(0) // and what is still on our side
		}
		if f == NoFault {
			f = Offline
		}
		if !s.sent.Load() {
			return Result{NotStarted, f}, err
		}
		return Result{Unknown, f}, err
	}
	for _, command := range commands {
		if s.answers {
			if state, err := s.state(ctx); err != nil || state.Fault != NoFault || !state.Answers {
				return stop(state.Fault, err)
			}
		}
		if s.sent.Store(true); s.over.Load() {
			return Result{Unknown, Offline}, errGivenUp
		}
		if _, err := s.conn.Write(command); err != nil {
			return Result{Unknown, Offline}, err
		}
		if fault, err := s.keepPace(ctx, ahead); err != nil || fault != NoFault {
			return stop(fault, err)
		}
	}
	if _, err := s.conn.Write(tail(s.p.Cut)); err != nil {
		return Result{Unknown, Offline}, err
	}
	if fault, err := s.keepPace(ctx, 0); err != nil || fault != NoFault {
		return stop(fault, err)
	}
	if _, err := s.conn.Write(append([]byte{0x1d, '(', 'H', 6, 0, 48, 48}, jobMark...)); err != nil {
		return Result{Unknown, Offline}, err
	}
	if !s.answers {
		return Result{Outcome: Unknown}, nil
	}
	if s.finished(ctx) {
		s.p.dirty.Store(false)
		return Result{Outcome: Confirmed}, nil
	}
	if state, err = s.state(ctx); err != nil || state.Fault != NoFault || !state.Answers {
		return stop(state.Fault, err)
	}
	s.p.noCompletion.Store(true)
	s.p.dirty.Store(false)
	return Result{Outcome: Assumed}, nil
}

// keepPace asks to be told when the printer has come so far (GS r 1, obeyed in
// order and not without paper), and waits until at most few bands are under
// way. Whatever memory a printer has, it never holds a whole receipt.
func (s *session) keepPace(ctx context.Context, few int) (Fault, error) {
	if !s.answers || s.p.noOrder.Load() {
		select {
		case <-time.After(pace):
			return NoFault, nil
		case <-ctx.Done():
			return Offline, ctx.Err()
		}
	}
	if _, err := s.conn.Write([]byte{0x1d, 'r', 1}); err != nil {
		return Offline, err
	}
	known := s.inOrder
	s.waiting++
	if !known {
		few = 0
	}
	since := time.Now()
	for s.waiting > few {
		timer := time.NewTimer(statusFor)
		select {
		case <-s.order:
			s.waiting--
			s.inOrder = true
			since = time.Now()
		case <-timer.C:
			state, err := s.state(ctx)
			if err != nil || state.Fault != NoFault {
				return state.Fault, err
			}
			if !known && !s.inOrder && time.Since(since) > orderFor {
				s.p.noOrder.Store(true)
				return NoFault, nil
			}
			if time.Since(since) > s.p.stuckFor {
				return Offline, errGivenUp
			}
		case <-ctx.Done():
			timer.Stop()
			return Offline, ctx.Err()
		}
		timer.Stop()
	}
	return NoFault, nil
}

// state asks why the printer is off line and for its paper (DLE EOT 2 and 4).
// A printer that does not answer is mute from then on.
func (s *session) state(ctx context.Context) (State, error) {
	if s.p.Mute {
		return State{}, nil
	}
	offline, ok, err := s.ask(ctx, 2)
	for again := 0; err == nil && !ok && s.answers && again < 2; again++ {
		// One that has answered before is busy, not mute.
		offline, ok, err = s.ask(ctx, 2)
	}
	if err != nil {
		return State{Fault: Offline}, err
	}
	if !ok {
		s.answers = false
		return State{}, nil
	}
	s.answers = true
	paper, ok, err := s.ask(ctx, 4)
	state := State{Answers: true, NearEnd: ok && paper&0x0c != 0}
	switch {
	case err != nil:
		return State{Fault: Offline}, err
	case offline&0x04 != 0:
		state.Fault = CoverOpen
	case offline&0x20 != 0, ok && paper&0x60 != 0:
		state.Fault = PaperOut
	case offline&0x40 != 0:
		state.Fault = Broken
	}
	return state, nil
}

// ask sends DLE EOT n and waits for a legal reply.
func (s *session) ask(ctx context.Context, n byte) (reply byte, ok bool, err error) {
	for len(s.real) > 0 {
		<-s.real
	}
	if _, err := s.conn.Write([]byte{0x10, 0x04, n}); err != nil {
		return 0, false, err
	}
	timer := time.NewTimer(s.p.answerFor)
	defer timer.Stop()
	select {
	case b := <-s.real:
		return b, true, nil
	case <-timer.C:
		return 0, false, nil
	case <-ctx.Done():
		return 0, false, ctx.Err()
	}
}

// finished waits for GS ( H's answer: everything before it is on paper.
func (s *session) finished(ctx context.Context) bool {
	wait := s.p.doneFor
	if s.p.noCompletion.Load() {
		wait = statusFor
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-s.complete:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

var _ Printer = (*escpos)(nil)
