package printer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"loket/kiosk/receipt"
)

// winspool is what Windows' print spooler does: winspool.drv is one, tests bring
// another. Its calls may block for as long as Windows likes.
type winspool interface {
	Printers() ([]winPrinter, error)
	Printer(name string) (winPrinter, error)
	// Begin begins a document whose bytes go to the printer as they are.
	Begin(name, title string) (winDocument, error)
	// Job returns how a job is, or errNoJob for one that is over.
	Job(name string, id uint32) (winJob, error)
	Cancel(name string, id uint32) error
}

// winDocument is a document on its way into the spooler.
type winDocument interface {
	ID() uint32
	Write([]byte) (int, error)
	End() error   // and print it
	Abort() error // and forget it
}

var errNoJob = errors.New("there is no such job")

// winPrinter is a printer as Windows knows it.
type winPrinter struct {
	Name, Driver, Port string
	Status, Attributes uint32
}

// Bits of PRINTER_INFO_2 that matter to a receipt.
const (
	winPrinterPaused       = 0x1
	winPrinterError        = 0x2
	winPrinterDeleted      = 0x4
	winPrinterJam          = 0x8
	winPrinterPaperOut     = 0x10
	winPrinterPaperProblem = 0x40
	winPrinterOffline      = 0x80
	winPrinterBinFull      = 0x800
	winPrinterNotAvailable = 0x1000
	winPrinterIntervention = 0x100000
	winPrinterDoorOpen     = 0x400000
	winPrinterUnknown      = 0x800000 // the server does not know

	winWorksOffline = 0x400 // an attribute: as Windows marks a printer that was unplugged
)

// state is how a printer is as far as Windows was told. Of most receipt printers it
// hears nothing at all, and then says that they are well.
func (p winPrinter) state() State {
	s := State{Answers: p.Status != 0}
	switch on := func(bits uint32) bool { return p.Status&bits != 0 }; {
	case on(winPrinterDoorOpen):
		s.Fault = CoverOpen
	case on(winPrinterPaperOut):
		s.Fault = PaperOut
	case on(winPrinterOffline | winPrinterNotAvailable | winPrinterUnknown | winPrinterDeleted):
		s.Fault = Offline
	case p.Attributes&winWorksOffline != 0:
		s.Fault, s.Answers = Offline, true
	case on(winPrinterPaused | winPrinterError | winPrinterJam | winPrinterPaperProblem | winPrinterBinFull | winPrinterIntervention):
		s.Fault = Broken
	}
	return s
}

// winJob is the status of a job, of JOB_INFO_1.
type winJob uint32

const (
	winJobPaused       winJob = 0x1
	winJobError        winJob = 0x2
	winJobPrinting     winJob = 0x10
	winJobOffline      winJob = 0x20
	winJobPaperOut     winJob = 0x40
	winJobPrinted      winJob = 0x80
	winJobDeleted      winJob = 0x100
	winJobBlocked      winJob = 0x200
	winJobIntervention winJob = 0x400
	winJobComplete     winJob = 0x1000
)

// over reports whether the printer has taken all of it. Windows may keep a job after
// that, with the receipt in it.
func (j winJob) over() bool { return j&(winJobPrinted|winJobComplete) != 0 }

func (j winJob) fault() Fault {
	switch {
	case j&winJobPaperOut != 0:
		return PaperOut
	case j&winJobOffline != 0:
		return Offline
	case j&(winJobError|winJobPaused|winJobBlocked|winJobIntervention) != 0:
		return Broken
	}
	return NoFault
}

// queued drives a receipt printer through Windows' spooler. What it says comes from
// Windows: nothing comes back from the printer itself, so bands cannot be paced. A
// job is followed to its end and deleted when nobody waits for it, or Windows would
// print it for whoever stands there later.
type queued struct {
	Settings
	name     string
	renderer *receipt.Renderer
	spooler  winspool
	dirty    atomic.Bool // it may hold a part of a receipt
}

// doubt says that it may.
func (p *queued) doubt() { p.dirty.Store(true) }

// Print sends the receipt and waits, at most until ctx ends, until Windows has passed
// it on.
func (p *queued) Print(ctx context.Context, r receipt.Receipt) (Result, error) {
	if state, err := p.Status(ctx); err != nil || state.Fault != NoFault {
		return Result{NotStarted, state.Fault}, err
	}
	commands := [][]byte(nil)
	if p.Text {
		commands = text(p.renderer.Lines(r), p.Paper)
	} else {
		img, err := p.renderer.Render(r, p.Paper)
		if err != nil {
			return Result{NotStarted, Broken}, fmt.Errorf("draw receipt: %w", err)
		}
		commands = bands(img)
	}
	first := begin
	if p.dirty.Load() {
		first = append([]byte{0x10, 0x05, 2}, apart(p.Cut)...) // DLE ENQ 2: drop what is buffered
	}
	all := bytes.Join(append(append([][]byte{first}, commands...), tail(p.Cut)), nil)
	type ended struct {
		result Result
		err    error
	}
	var begun atomic.Bool
	done := make(chan ended, 1)
	go func() {
		result, err := p.job(ctx, all, &begun)
		done <- ended{result, err}
	}()
	var e ended
	select {
	case e = <-done:
	case <-ctx.Done():
		select { // it ends by itself, unless Windows keeps it waiting
		case e = <-done:
		case <-time.After(numberWithin):
			e = ended{Result{Unknown, Offline}, fmt.Errorf("print: %w", ctx.Err())}
			if !begun.Load() {
				e.result.Outcome = NotStarted
			}
		}
	}
	switch e.result.Outcome {
	case Unknown:
		p.dirty.Store(true)
	case Assumed:
		p.dirty.Store(false)
	}
	return e.result, e.err
}

// job hands the bytes over and follows them. Nothing is handed over once nobody waits.
func (p *queued) job(ctx context.Context, all []byte, begun *atomic.Bool) (Result, error) {
	d, err := p.spooler.Begin(p.name, "Loket") // a name of nobody
	if err != nil {
		return Result{NotStarted, Offline}, fmt.Errorf("begin a job: %w", err)
	}
	if ctx.Err() != nil {
		return Result{NotStarted, Offline}, errors.Join(ctx.Err(), d.Abort())
	}
	begun.Store(true)
	if _, err := d.Write(all); err != nil {
		return Result{Unknown, Broken}, errors.Join(fmt.Errorf("hand over a job: %w", err), d.Abort())
	}
	if ctx.Err() != nil {
		return Result{Unknown, Offline}, errors.Join(ctx.Err(), d.Abort())
	}
	if err := d.End(); err != nil {
		return Result{Unknown, Broken}, errors.Join(fmt.Errorf("hand over a job: %w", err), p.spooler.Cancel(p.name, d.ID()))
	}
	return p.follow(ctx, d.ID())
}

// follow waits for the end of a job and leaves nothing of it.
func (p *queued) follow(ctx context.Context, id uint32) (Result, error) {
	every := time.NewTicker(askJob)
	defer every.Stop()
	touched := false // the printer may have got some of it
	for n := 1; ; n++ {
		job, err := p.spooler.Job(p.name, id)
		touched = touched || job&winJobPrinting != 0
		fault := job.fault()
		switch {
		case errors.Is(err, errNoJob) || err == nil && job.over():
			if err == nil {
				err = p.spooler.Cancel(p.name, id) // kept documents hold codes
			} else {
				err = nil
			}
			// What the printer still has in its memory it prints if it is well.
			if state, failed := p.look(); failed == nil && state.Fault != NoFault {
				return Result{Unknown, state.Fault}, err
			}
			return Result{Outcome: Assumed}, err
		case err == nil && job&winJobDeleted != 0:
			return p.given(touched, Broken), errors.New("somebody deleted the job")
		case err == nil && fault == NoFault && n%4 == 0: // every second
			if state, failed := p.look(); failed == nil {
				fault = state.Fault
			}
		}
		if fault == NoFault {
			select {
			case <-every.C:
				continue
			case <-ctx.Done():
				err = errors.Join(ctx.Err(), err)
				if fault = Busy; touched { // with others' jobs, or it stands still
					fault = Offline
				}
			}
		}
		gone := p.spooler.Cancel(p.name, id)
		if gone != nil && !errors.Is(gone, errNoJob) {
			touched = true // it may still come out
			err = errors.Join(err, fmt.Errorf("delete the job: %w", gone))
		}
		return p.given(touched, fault), errors.Join(fmt.Errorf("job %d stood at %#x", id, uint32(job)), err)
	}
}

func (p *queued) given(touched bool, f Fault) Result {
	if touched {
		return Result{Unknown, f}
	}
	return Result{NotStarted, f}
}

// Status asks Windows how the printer is.
func (p *queued) Status(ctx context.Context) (State, error) {
	ctx, done := context.WithTimeout(ctx, 4*time.Second)
	defer done()
	type answer struct {
		state State
		err   error
	}
	told := make(chan answer, 1)
	go func() {
		state, err := p.look()
		told <- answer{state, err}
	}()
	select {
	case a := <-told:
		return a.state, a.err
	case <-ctx.Done():
		return State{Fault: Offline}, fmt.Errorf("printer %s: %w", p.Address, ctx.Err())
	}
}

func (p *queued) look() (State, error) {
	about, err := p.spooler.Printer(p.name)
	if err != nil {
		return State{Fault: Offline}, fmt.Errorf("printer %s: %w", p.Address, err)
	}
	return about.state(), nil
}

// windowsPrinters are the printers that Windows knows, but for those that print into
// files; none where there is no such spooler.
func windowsPrinters(s winspool) (all []Found, err error) {
	if s == nil {
		return nil, nil
	}
	printers, err := s.Printers()
	if err != nil {
		return nil, fmt.Errorf("the printers of Windows: %w", err)
	}
	for _, p := range printers {
		switch port := strings.ToLower(p.Port); {
		case port == "nul:", port == "file:", port == "portprompt:", port == "shrfax:", port == "xpsport:":
		default:
			all = append(all, Found{p.Name + " (Windows) " + p.Driver, "windows:" + p.Name, "80mm"})
		}
	}
	return all, nil
}

var _ Printer = (*queued)(nil)
