package printer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"loket/kiosk"
	"loket/kiosk/receipt"
)

const (
	longest  = time.Minute      // a print, however slow
	patience = 10 * time.Second // for a printer that is busy with another receipt
)

// Journal remembers on disk what was sent to a printer, without any secret.
type Journal interface {
	// BeginPrint commits that a receipt is about to be sent. It returns an error
	// for one begun before, unless it is a copy. doubt says that of the print
	// before this one something may still be in the printer.
	BeginPrint(ctx context.Context, n kiosk.Number, copied bool, by string) (job int64, doubt bool, err error)
	// EndPrint commits how it ended, and on which printer.
	EndPrint(ctx context.Context, job int64, printer, outcome, fault string) error
	// AbandonPrints marks what was begun and never ended: unknown for ever.
	AbandonPrints(ctx context.Context) error
}

// Tray is a printer with the name that people know it by.
type Tray struct {
	Name string
	Printer
}

// Spooler prints each receipt once: what was asked for is on disk before the
// first dot, and after a crash it is unknown, never resumed. It is safe for
// concurrent use.
type Spooler struct {
	Trays   []Tray // in order: the next is tried only when nothing was sent to the one before
	Journal Journal
	// Lock waits until no other process prints; the function it returns lets go.
	Lock func(context.Context) (func(), error)
	Log  *slog.Logger
}

// Recover settles what a kiosk that died left in the journal.
func (s *Spooler) Recover(ctx context.Context) error {
	ctx, done := context.WithTimeout(ctx, 200*time.Millisecond)
	defer done()
	free, err := s.Lock(ctx)
	if err != nil {
		return nil // another process is printing, and will settle it
	}
	defer free()
	return s.Journal.AbandonPrints(ctx)
}

// Print prints a receipt, or a copy of one; by is who asked for it. An error
// comes with a result, as from [Printer].
func (s *Spooler) Print(ctx context.Context, r receipt.Receipt, by string) (Result, error) {
	if len(s.Trays) == 0 {
		return Result{Outcome: NotStarted}, nil
	}
	waiting, done := context.WithTimeout(ctx, patience)
	free, err := s.Lock(waiting)
	done()
	if err != nil {
		return Result{NotStarted, Busy}, fmt.Errorf("wait for the printer: %w", err)
	}
	defer free()
	ctx, done = context.WithTimeout(ctx, longest)
	defer done()
	job, doubt, err := s.Journal.BeginPrint(ctx, r.Number, r.Copy, by)
	if err != nil {
		return Result{NotStarted, Broken}, fmt.Errorf("print: %w", err)
	}
	for _, tray := range s.Trays {
		if p, ok := tray.Printer.(interface{ doubt() }); ok && doubt {
			p.doubt()
		}
	}
	result, name, err := s.first(ctx, r)
	// How it ended is kept even if nobody waits any more.
	end := s.Journal.EndPrint(context.WithoutCancel(ctx), job, name, string(result.Outcome), string(result.Fault))
	s.Log.Info("receipt", "number", r.Number, "copy", r.Copy, "by", by, "printer", name, "outcome", result.Outcome, "fault", result.Fault)
	return result, errors.Join(err, end)
}

// Test prints a test page, which is nobody's receipt, on one printer.
func (s *Spooler) Test(ctx context.Context, tray Tray, r receipt.Receipt) (Result, error) {
	ctx, done := context.WithTimeout(ctx, longest)
	defer done()
	free, err := s.Lock(ctx)
	if err != nil {
		return Result{NotStarted, Busy}, fmt.Errorf("wait for the printer: %w", err)
	}
	defer free()
	return tray.Print(ctx, r)
}

// first prints on the first printer that begins. If none does, the fault of
// the first is what there is to mend.
func (s *Spooler) first(ctx context.Context, r receipt.Receipt) (result Result, name string, err error) {
	for i, tray := range s.Trays {
		got, failed := tray.Print(ctx, r)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", tray.Name, failed))
		}
		if got.Outcome != NotStarted {
			return got, tray.Name, err
		}
		if i == 0 {
			result, name = got, tray.Name
		}
	}
	return result, name, err
}

// Status is the state of the first printer that can print, or of the first if
// none can. While a receipt is printing it is [Busy]: nothing is asked then.
func (s *Spooler) Status(ctx context.Context) (State, error) {
	if len(s.Trays) == 0 {
		return State{}, nil
	}
	waiting, done := context.WithTimeout(ctx, 200*time.Millisecond)
	free, err := s.Lock(waiting)
	done()
	if err != nil {
		return State{Fault: Busy}, nil
	}
	defer free()
	var first State
	var errs []error
	for i, tray := range s.Trays {
		state, err := tray.Status(ctx)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", tray.Name, err))
		}
		if state.Fault == NoFault {
			return state, errors.Join(errs...)
		}
		if i == 0 {
			first = state
		}
	}
	return first, errors.Join(errs...)
}

// Wipe removes receipts older than age that were written as files.
func (s *Spooler) Wipe(age time.Duration) error {
	var errs []error
	for _, tray := range s.Trays {
		if f, ok := tray.Printer.(*Folder); ok {
			errs = append(errs, f.Wipe(age))
		}
	}
	return errors.Join(errs...)
}
