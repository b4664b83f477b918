package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"loket/kiosk"
	"loket/kiosk/printer"
	"loket/kiosk/receipt"
	"loket/store/queue"
)

// Errors of printing by command.
var (
	errNoPrinter  = errors.New("no printer is set up: add a [[printer]] to kiosk.toml (kiosk config shows how)")
	errNotPrinted = errors.New("nothing was printed")
)

// spooler returns the printers of this station, none if it has none.
func (s *station) spooler(log *slog.Logger) (*printer.Spooler, error) {
	spool := &printer.Spooler{Journal: s.queue, Log: log, Lock: func(ctx context.Context) (func(), error) {
		lock := flock.New(filepath.Join(s.dir, "printer.lock"))
		if _, err := lock.TryLockContext(ctx, 25*time.Millisecond); err != nil {
			return nil, err
		}
		return func() { lock.Unlock() }, nil
	}}
	for i, c := range s.config.Printers {
		settings, err := c.settings()
		if err != nil {
			return nil, usageError{fmt.Errorf("printer %d: %w", i+1, err)}
		}
		p, err := printer.Open(settings, s.receipts)
		if err != nil {
			return nil, usageError{err}
		}
		tray := printer.Tray{Name: c.Name, Printer: p}
		if tray.Name == "" {
			tray.Name = c.Address
		}
		spool.Trays = append(spool.Trays, tray)
	}
	return spool, nil
}

// print is how the window prints, nil where there is no printer.
func (s *station) print(spool *printer.Spooler, log *slog.Logger) func(context.Context, receipt.Receipt) printer.Result {
	if len(spool.Trays) == 0 {
		return nil
	}
	return func(ctx context.Context, r receipt.Receipt) printer.Result {
		result, err := spool.Print(ctx, r, "visit")
		if err != nil {
			log.Warn("print receipt", "outcome", result.Outcome, "fault", result.Fault, "err", err)
		}
		return result
	}
}

// watch is how the window asks after the printer, nil where there is none.
func (s *station) watch(spool *printer.Spooler, log *slog.Logger) func(context.Context) printer.State {
	if len(spool.Trays) == 0 {
		return nil
	}
	var last printer.State
	return func(ctx context.Context) printer.State {
		state, err := spool.Status(ctx)
		if state.Fault == printer.Busy {
			return last
		}
		if state != last {
			log.Info("printer", "fault", state.Fault, "near_end", state.NearEnd, "err", err)
			last = state
		}
		return state
	}
}

// settle wipes the secret of a receipt that the visitor has.
func (s *station) settle(log *slog.Logger) func(kiosk.Number) {
	return func(n kiosk.Number) {
		ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
		defer done()
		if err := s.queue.Settle(ctx, n); err != nil {
			log.Warn("wipe receipt", "err", err) // its time wipes it
		}
	}
}

// keepClean wipes every minute what is past its time, and looks after the reserve.
func (s *station) keepClean(ctx context.Context, spool *printer.Spooler, log *slog.Logger) {
	every := time.NewTicker(time.Minute)
	defer every.Stop()
	for {
		if err := s.queue.Forget(ctx); err != nil && ctx.Err() == nil {
			log.Warn("wipe receipts", "err", err)
		}
		if err := spool.Wipe(queue.ReceiptKept); err != nil {
			log.Warn("wipe receipts written as files", "err", err)
		}
		if err := keepReserve(s.dir, free(s.dir)); err != nil {
			log.Warn("room for the queue", "err", err)
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}
