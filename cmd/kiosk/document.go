package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"loket/kiosk/scanner"
)

// lookForScanner is how often a scanner is looked for while there is none.
const lookForScanner = time.Minute

// papers is the scanner for papers of this kiosk, once it was found.
type papers struct {
	found atomic.Pointer[scanner.Scanner]
}

// run looks for the scanner until there is one, or ctx ends.
func (p *papers) run(ctx context.Context, device string, log *slog.Logger) {
	if device == "none" {
		return
	}
	for said := false; ; {
		look, stop := context.WithTimeout(ctx, lookForScanner/2)
		s, err := scanner.Find(look, device)
		stop()
		switch {
		case err == nil:
			log.Info("papers can be scanned", "scanner", s.Name())
			p.found.Store(s)
			return
		case !said && !errors.Is(err, scanner.ErrNone) && ctx.Err() == nil:
			log.Warn("no scanner", "err", err)
			said = true
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookForScanner):
		}
	}
}

// there reports whether papers can be scanned.
func (p *papers) there() bool { return p.found.Load() != nil }

// scan scans one paper.
func (p *papers) scan(ctx context.Context) ([]byte, error) {
	s := p.found.Load()
	if s == nil {
		return nil, scanner.ErrNone
	}
	return s.Page(ctx)
}
