package printer

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"io"
	"time"
)

// Options of an ESC/POS job.
type Options struct {
	Cut bool // feed to the cutter and cut
}

const (
	band      = 24 // rows a raster command: fits the 4 kB buffer of a small printer
	statusFor = 300 * time.Millisecond
	doneFor   = 6 * time.Second
	jobMark   = "LKT1"
)

// ESCPOS returns a whole job: GS v 0 raster in bands of 24 rows, feed, cut.
func ESCPOS(img *image.Gray, o Options) []byte {
	return bytes.Join(append(bands(img), tail(o)), nil)
}

// bands are the job's commands before its end, each to be sent whole: the
// printer's state may be asked between commands, never inside one.
func bands(img *image.Gray) [][]byte {
	wide := (img.Rect.Dx() + 7) / 8
	commands := [][]byte{{0x1b, '@', 0x1b, 'a', 0, 0x1d, 'L', 0, 0}}
	for top := 0; top < img.Rect.Dy(); top += band {
		rows := min(band, img.Rect.Dy()-top)
		c := []byte{0x1d, 'v', '0', 0, byte(wide), byte(wide >> 8), byte(rows), byte(rows >> 8)}
		for y := top; y < top+rows; y++ {
			line := make([]byte, wide)
			for x := range img.Rect.Dx() {
				if img.GrayAt(x, y).Y < 128 {
					line[x/8] |= 0x80 >> (x % 8)
				}
			}
			c = append(c, line...)
		}
		commands = append(commands, c)
	}
	return commands
}

func tail(o Options) []byte {
	if o.Cut {
		return []byte{0x1b, 'd', 2, 0x1d, 'V', 66, 0}
	}
	return []byte{0x1b, 'd', 5}
}

// escpos drives one printer. The state is asked before each band: unpaced, a
// receipt stuck in buffers came out whole for whoever stood there when paper
// was back.
type escpos struct {
	cut     bool
	connect func(context.Context) (io.ReadWriteCloser, error)
}

// Print sends the image and waits, at most until ctx ends, for word that it
// is out.
func (p *escpos) Print(ctx context.Context, img *image.Gray) (Result, error) {
	conn, err := p.connect(ctx)
	if err != nil {
		return Result{NotStarted, Offline}, fmt.Errorf("open printer: %w", err)
	}
	type ended struct {
		result Result
		err    error
	}
	// A device file can block for ever: the job runs on its own and is left
	// behind when the time is up.
	s := &session{conn: conn, replies: make(chan byte, 64), sent: make(chan bool, 1)}
	go s.listen()
	done := make(chan ended, 1)
	go func() {
		r, err := s.job(ctx, img, Options{Cut: p.cut})
		done <- ended{r, err}
		conn.Close()
	}()
	select {
	case e := <-done:
		return e.result, e.err
	case <-ctx.Done():
		conn.Close()
		select {
		case <-s.sent:
			return Result{Unknown, Offline}, fmt.Errorf("print: %w", ctx.Err())
		default:
			return Result{NotStarted, Offline}, fmt.Errorf("print: %w", ctx.Err())
		}
	}
}

type session struct {
	conn    io.ReadWriteCloser
	replies chan byte
	sent    chan bool // holds a value once a dot may have been sent
	answers bool      // has told its state at least once
	mute    bool
}

// listen passes on what the printer says until the connection ends.
func (s *session) listen() {
	b := make([]byte, 64)
	for {
		n, err := s.conn.Read(b)
		for _, c := range b[:n] {
			select {
			case s.replies <- c:
			default: // nobody is asking; a printer that babbles is not waited for
			}
		}
		if err != nil {
			return
		}
	}
}

func (s *session) job(ctx context.Context, img *image.Gray, o Options) (Result, error) {
	if _, err := s.conn.Write([]byte{0x1b, '@'}); err != nil {
		return Result{NotStarted, Offline}, err
	}
	fault, err := s.state(ctx)
	if err != nil || fault != NoFault {
		return Result{NotStarted, fault}, err
	}
	for _, command := range bands(img) {
		if !s.mute {
			if fault, err := s.state(ctx); err != nil || fault != NoFault || s.mute {
				s.conn.Write([]byte{0x10, 0x05, 2}) // DLE ENQ 2: drop what is buffered
				if s.mute {
					fault = Offline
				}
				return Result{Unknown, fault}, err
			}
		}
		select {
		case s.sent <- true:
		default:
		}
		if _, err := s.conn.Write(command); err != nil {
			return Result{Unknown, Offline}, err
		}
	}
	end := append(tail(o), 0x1d, '(', 'H', 6, 0, 48, 48)
	if _, err := s.conn.Write(append(end, jobMark...)); err != nil {
		return Result{Unknown, Offline}, err
	}
	if s.mute {
		return Result{Outcome: Unknown}, nil
	}
	if s.finished(ctx) {
		return Result{Outcome: Confirmed}, nil
	}
	fault, err = s.state(ctx)
	if err != nil || fault != NoFault || s.mute {
		return Result{Unknown, fault}, err
	}
	return Result{Outcome: Assumed}, nil
}

// state asks why the printer is off line and for its paper (DLE EOT 2 and 4).
// A printer that does not answer is mute from then on.
func (s *session) state(ctx context.Context) (Fault, error) {
	offline, ok, err := s.ask(ctx, 2)
	for again := 0; err == nil && !ok && s.answers && again < 2; again++ {
		// One that has answered before is busy, not mute.
		offline, ok, err = s.ask(ctx, 2)
	}
	if err != nil {
		return Offline, err
	}
	if !ok {
		s.mute = true
		return NoFault, nil
	}
	s.answers = true
	paper, ok, err := s.ask(ctx, 4)
	switch {
	case err != nil:
		return Offline, err
	case offline&0x04 != 0:
		return CoverOpen, nil
	case offline&0x20 != 0, ok && paper&0x60 != 0:
		return PaperOut, nil
	case offline&0x40 != 0:
		return Broken, nil
	}
	return NoFault, nil
}

// ask sends DLE EOT n and waits for a legal reply; any other byte is dropped.
func (s *session) ask(ctx context.Context, n byte) (reply byte, ok bool, err error) {
	for len(s.replies) > 0 {
		<-s.replies
	}
	if _, err := s.conn.Write([]byte{0x10, 0x04, n}); err != nil {
		return 0, false, err
	}
	timer := time.NewTimer(statusFor)
	defer timer.Stop()
	for {
		select {
		case b := <-s.replies:
			if b&0x93 == 0x12 {
				return b, true, nil
			}
		case <-timer.C:
			return 0, false, nil
		case <-ctx.Done():
			return 0, false, ctx.Err()
		}
	}
}

// finished waits for GS ( H's answer: everything before it is on paper.
func (s *session) finished(ctx context.Context) bool {
	want := append([]byte{0x37, 0x22}, jobMark...)
	var got []byte
	timer := time.NewTimer(doneFor)
	defer timer.Stop()
	for {
		select {
		case b := <-s.replies:
			if got = append(got, b); bytes.Contains(got, want) {
				return true
			}
		case <-timer.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

var _ Printer = (*escpos)(nil)
