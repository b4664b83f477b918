package printer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"loket/kiosk/printer/ipp"
	"loket/kiosk/receipt"
)

// askJob is how often a job is asked where it is.
const askJob = 250 * time.Millisecond

// office drives an office printer by IPP, its own or CUPS's: the job is
// followed to its end, and cancelled when nobody waits any more, lest it come
// out for whoever stands there then.
type office struct {
	Settings
	renderer *receipt.Renderer
	client   *ipp.Client
	// CUPS says that a job is completed when the printer took it.
	completed Outcome
}

// media are the papers' names (PWG 5101.1).
var media = map[string]string{"a4": "iso_a4_210x297mm", "a5": "iso_a5_148x210mm", "80mm": "om_receipt_80x297mm", "58mm": "om_receipt_58x297mm"}

// Print sends the receipt as a PDF, without a name of anybody.
func (p *office) Print(ctx context.Context, r receipt.Receipt) (Result, error) {
	state, about, err := p.ask(ctx)
	if err != nil || state.Fault != NoFault {
		return Result{NotStarted, state.Fault}, err
	}
	img, err := p.renderer.Render(r, p.Paper)
	if err != nil {
		return Result{NotStarted, Broken}, fmt.Errorf("draw receipt: %w", err)
	}
	var pdf bytes.Buffer
	if err := PDF(&pdf, img, p.Paper); err != nil {
		return Result{NotStarted, Broken}, fmt.Errorf("draw receipt: %w", err)
	}
	job, err := p.send(ctx, about, pdf.Bytes())
	var refused ipp.StatusError
	var nobody *net.OpError
	switch {
	case err == nil:
	case errors.Is(err, ipp.ErrBusy), errors.Is(err, context.DeadlineExceeded) && job < 0:
		return Result{NotStarted, Busy}, err
	case errors.As(err, &refused):
		return Result{NotStarted, Broken}, err
	case errors.As(err, &nobody) && nobody.Op == "dial":
		return Result{NotStarted, Offline}, err
	default:
		return Result{Unknown, Offline}, err
	}
	return p.follow(ctx, job)
}

// send waits for a printer that is busy with another job, as long as people
// wait for a busy printer. Once a document is under way its number is waited for,
// even if nobody waits for the paper: without the number it could not be cancelled,
// and would come out for whoever stands there later.
func (p *office) send(ctx context.Context, about ipp.Printer, pdf []byte) (job int, err error) {
	for end := time.Now().Add(patience); ; {
		if err := ctx.Err(); err != nil {
			return -1, err
		}
		answer, done := context.WithTimeout(context.WithoutCancel(ctx), numberWithin)
		job, err = p.client.Print(answer, about, "Loket", media[p.Paper.Name], pdf)
		done()
		if !errors.Is(err, ipp.ErrBusy) || time.Now().After(end) {
			return job, err
		}
		select {
		case <-time.After(askJob):
		case <-ctx.Done():
			return -1, ctx.Err()
		}
	}
}

// numberWithin is how long a printer may take to say what number a job has.
const numberWithin = 15 * time.Second

// follow waits for the end of a job and leaves no trace of it.
func (p *office) follow(ctx context.Context, id int) (Result, error) {
	var job ipp.Job
	var last error // what went wrong when it was asked last
	var fault Fault
	every := time.NewTicker(askJob)
	defer every.Stop()
ask:
	for n := 1; ; n++ {
		asked, err := p.client.Job(ctx, id)
		if last = err; err == nil {
			job = asked
		} else if errors.Is(err, ipp.ErrUnknown) {
			break
		}
		switch job.State {
		case ipp.Completed, ipp.Canceled, ipp.Aborted:
			break ask
		case ipp.Stopped:
			if state, err := p.Status(ctx); err == nil {
				fault = state.Fault
			}
			if fault == NoFault {
				fault = Broken
			}
			break ask
		}
		if n%4 == 0 { // every second: a printer that waits for paper waits for ever
			if state, err := p.Status(ctx); err == nil && (state.Fault == PaperOut || state.Fault == CoverOpen) {
				fault = state.Fault
				break ask
			}
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			last = errors.Join(ctx.Err(), last)
			break ask
		}
	}
	// Nobody waits any longer; this is quick, or the printer is gone.
	after, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	if job.State != ipp.Completed {
		if about, err := p.client.Printer(after); err == nil && fault == NoFault {
			fault, _ = read(about.Reasons, false)
		}
		if err := p.client.Cancel(after, id, false); err != nil {
			last = errors.Join(last, fmt.Errorf("cancel: %w", err))
		}
		if final, err := p.client.Job(after, id); err == nil {
			job = final
		}
	}
	// A busy machine may have used up the time; the document goes all the same.
	purge, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	_ = p.client.Cancel(purge, id, true) // printers that are not CUPS have no such thing
	switch {
	case job.State == ipp.Completed:
		return Result{Outcome: p.completed}, nil
	case job.Untouched && (job.State == ipp.Canceled || job.State == ipp.Aborted):
		if fault == NoFault {
			fault = Busy // with others' jobs
		}
		return Result{NotStarted, fault}, last
	}
	if fault == NoFault && ctx.Err() != nil {
		fault = Offline
	} else if fault == NoFault {
		fault = Broken
	}
	return Result{Unknown, fault}, errors.Join(fmt.Errorf("job %d ended in state %d", id, job.State), last)
}

// Status asks the printer how it is.
func (p *office) Status(ctx context.Context) (State, error) {
	state, _, err := p.ask(ctx)
	return state, err
}

func (p *office) ask(ctx context.Context) (State, ipp.Printer, error) {
	ctx, done := context.WithTimeout(ctx, 4*time.Second)
	defer done()
	about, err := p.client.Printer(ctx)
	if err != nil {
		return State{Fault: Offline}, about, fmt.Errorf("printer %s: %w", p.Address, err)
	}
	state := State{Answers: true}
	state.Fault, state.NearEnd = read(about.Reasons, true)
	switch {
	case state.Fault != NoFault:
	case !about.PDF:
		return State{Fault: Broken, Answers: true}, about, fmt.Errorf("printer %s does not take PDF: make a CUPS queue with a driver for it and use cups:NAME", p.Address)
	case about.Stopped, !about.Accepting:
		state.Fault = Broken
	}
	return state, about, nil
}

// faults are the printer-state-reasons that stop a receipt (RFC 8011, 5.4.12;
// the IANA registry has some hundred more, each for something broken).
var faults = map[string]Fault{
	"media-empty": PaperOut, "media-needed": PaperOut,
	"cover-open": CoverOpen, "door-open": CoverOpen, "interlock-open": CoverOpen,
	"offline": Offline, "shutdown": Offline, "timed-out": Offline, "connecting-to-device": Offline,
	"none": NoFault, "moving-to-paused": NoFault, "stopping": NoFault, "stopped-partly": NoFault, "spool-area-full": Busy,
}

// read is what a printer's reasons mean for a receipt. sure leaves out what is
// only a warning: a printer with two trays warns that one is empty, and prints.
func read(reasons []string, sure bool) (fault Fault, nearEnd bool) {
	for _, s := range reasons {
		reason, severity := ipp.Reason(s)
		if reason == "media-low" || reason == "media-empty" {
			nearEnd = true
		}
		f, known := faults[reason]
		switch {
		case severity != "error" && (sure || !known), strings.HasSuffix(reason, "-low"), strings.HasPrefix(reason, "cups-"):
			continue
		case !known:
			f = Broken
		}
		if fault == NoFault || fault == Broken && f != NoFault {
			fault = f
		}
	}
	return fault, nearEnd
}
