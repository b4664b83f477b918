// Package printer puts receipts on paper: by ESC/POS on receipt printers, by
// IPP on office printers, or into files to print by hand. What it says of the
// outcome is never more than it knows, and nothing is ever sent twice by
// itself: half a receipt that is finished later would hand one visitor's code
// to the next. [Spooler] is how the kiosk uses it.
package printer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"go.bug.st/serial"

	"loket/kiosk/printer/ipp"
	"loket/kiosk/receipt"
)

// Outcome is what is known of a print.
type Outcome string

// The outcomes. Only NotStarted may be tried again.
const (
	NotStarted Outcome = "not_started" // no dot was sent
	Confirmed  Outcome = "confirmed"   // the printer says that it is out
	Assumed    Outcome = "assumed"     // all sent, and the printer is well
	Unknown    Outcome = "unknown"     // part or all was sent; nobody knows
	ByHand     Outcome = "by_hand"     // a file was written that a person prints
)

// Fault is why a printer cannot print, as far as it tells.
type Fault string

// The faults a printer reports.
const (
	NoFault   Fault = ""
	PaperOut  Fault = "paper_out"
	CoverOpen Fault = "cover_open"
	Offline   Fault = "offline" // off, unplugged or not answering
	Broken    Fault = "error"   // cutter, overheated or worse
	Busy      Fault = "busy"    // with another receipt, longer than anybody waits
	// Interrupted stands in the journal alone: the kiosk stopped on the way.
	Interrupted Fault = "interrupted"
)

// Result is how a print ended.
type Result struct {
	Outcome Outcome
	Fault   Fault
}

// Printer prints receipts on its own paper. Print returns an error beside a
// result for the log; the result alone decides.
type Printer interface {
	Print(ctx context.Context, r receipt.Receipt) (Result, error)
	Status(ctx context.Context) (State, error)
}

// State is how a printer is, as far as it tells.
type State struct {
	Fault   Fault
	NearEnd bool // little paper is left
	Answers bool // it told all this itself
}

// Settings are what must be known of a printer.
type Settings struct {
	// Address is tcp://host:9100, device:/dev/usb/lp0,
	// serial:/dev/ttyUSB0?baud=19200, windows:NAME, cups:NAME,
	// ipp://host/ipp/print or folder:/path?format=png|pdf.
	Address string
	Paper   receipt.Paper
	Cut     bool // it has a cutter
	Text    bool // send words, not pictures: for serial lines that are slow
	Mute    bool // it never answers: do not ask
}

// slowest is the serial speed, in baud, from which pictures are sent: a receipt
// of 50 kB takes 14 s at 38,400 baud, and 55 s at 9,600.
const slowest = 38400

// Open returns the printer with these settings, or an error that names what
// is wrong with them. Nothing is sent yet.
func Open(s Settings, renderer *receipt.Renderer) (Printer, error) {
	kind, rest, _ := strings.Cut(s.Address, ":")
	path, query, _ := strings.Cut(rest, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("printer %q: %w", s.Address, err)
	}
	if kind == "folder" {
		format := values.Get("format")
		if format == "" {
			format = "png"
		}
		if path == "" || format != "png" && format != "pdf" {
			return nil, fmt.Errorf("printer %q: want folder:/path?format=png or pdf", s.Address)
		}
		return &Folder{Path: path, Format: format, Paper: s.Paper, Renderer: renderer, Now: time.Now}, nil
	}
	switch kind {
	case "ipp", "ipps":
		client, err := ipp.New(s.Address)
		if err != nil {
			return nil, fmt.Errorf("printer %w", err)
		}
		return &office{s, renderer, client, Confirmed}, nil
	case "cups":
		socket := values.Get("socket")
		if socket == "" {
			socket = ipp.Socket
		}
		if path == "" {
			return nil, fmt.Errorf("printer %q: want cups:NAME", s.Address)
		}
		return &office{s, renderer, ipp.CUPS(socket, path), Assumed}, nil
	}
	if s.Paper.Sheet() {
		return nil, fmt.Errorf("printer %q: a receipt printer has paper on a roll, 80mm or 58mm, not %s", s.Address, s.Paper.Name)
	}
	if kind == "windows" {
		spooler := system()
		switch {
		case rest == "":
			return nil, fmt.Errorf("printer %q: want windows:NAME", s.Address)
		case spooler == nil:
			return nil, fmt.Errorf("printer %q: this machine runs no Windows; a printer of its CUPS is cups:NAME", s.Address)
		}
		return &queued{Settings: s, name: rest, renderer: renderer, spooler: spooler}, nil
	}
	p := &escpos{Settings: s, renderer: renderer, answerFor: statusFor, stuckFor: 10 * time.Second, doneFor: 6 * time.Second}
	switch kind {
	case "tcp":
		u, err := url.Parse(s.Address)
		if err != nil || u.Port() == "" {
			return nil, fmt.Errorf("printer %q: want tcp://host:9100", s.Address)
		}
		p.connect = func(ctx context.Context) (io.ReadWriteCloser, error) { return dial(ctx, u.Host) }
	case "device":
		if path == "" {
			return nil, fmt.Errorf("printer %q: want device:/dev/usb/lp0", s.Address)
		}
		p.connect = func(context.Context) (io.ReadWriteCloser, error) {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if errors.Is(err, os.ErrPermission) {
				f, err = os.OpenFile(path, os.O_WRONLY, 0)
			}
			return f, err
		}
	case "serial":
		baud, err := strconv.Atoi(values.Get("baud"))
		if path == "" || err != nil || baud < 1200 {
			return nil, fmt.Errorf("printer %q: want serial:/dev/ttyUSB0?baud=19200", s.Address)
		}
		if baud < slowest {
			p.Text = true
		}
		p.connect = func(context.Context) (io.ReadWriteCloser, error) {
			return serial.Open(path, &serial.Mode{BaudRate: baud})
		}
	default:
		return nil, fmt.Errorf("printer %q: its kind is none of tcp, device, serial, windows, cups, ipp and folder", s.Address)
	}
	return p, nil
}

// dial connects to a network printer. Little is kept on our side of the line,
// and nothing goes on after a job was stopped.
func dial(ctx context.Context, host string) (io.ReadWriteCloser, error) {
	ctx, done := context.WithTimeout(ctx, 2*time.Second)
	defer done()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	if t, ok := c.(*net.TCPConn); ok {
		t.SetWriteBuffer(4096)
	}
	return c, nil
}

// steps are what to do about a fault.
var steps = map[Fault]string{
	PaperOut: "out of paper: put in a new roll", CoverOpen: "its cover is open: close it",
	Offline: "it does not answer: is it on and plugged in?", Broken: "it reports an error: look at its lights",
	Busy: "it is busy: try again",
}

// Text says in English what is known of a print and what to do next, for
// commands; the screen has words of its own.
func (r Result) Text() string {
	why := steps[r.Fault]
	switch r.Outcome {
	case Confirmed:
		return "printed: the printer says that it is out"
	case Assumed:
		return "printed, as far as can be known: all was sent and the printer is well"
	case ByHand:
		return "written to a file to print by hand"
	case Unknown:
		if why == "" {
			why = "the printer does not tell"
		}
		return "sent, but nobody knows whether it came out whole (" + why + "): look at the paper"
	}
	if why == "" {
		why = "there is no printer"
	}
	return "not printed: " + why
}

// Text says in English how a printer is and what to do next.
func (s State) Text() string {
	switch {
	case s.Fault != NoFault:
		return steps[s.Fault]
	case !s.Answers:
		return "it can be reached, and does not tell how it is"
	case s.NearEnd:
		return "well, but the paper is near its end: have a roll ready"
	}
	return "well"
}
