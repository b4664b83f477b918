package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"loket/hub"
	"loket/store/casebook"
)

type statisticsRebuildCommand struct {
	dataFlag
	Check bool `help:"Only look: put nothing right."`
}

// Run proves the summaries, and puts right what differs.
func (c *statisticsRebuildCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		told := s.now()
		p, err := h.Prove(ctx, !c.Check, func(done, all int) {
			if now := s.now(); now.Sub(told) >= 2*time.Second || done == all {
				told = now
				fmt.Fprintf(s.err, "hub: %d of %d cases counted\n", done, all)
			}
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%d cases, %d lines; %d cases and %d lines differed\n", p.Cases, p.Lines, p.WrongCases, p.WrongLines)
		switch {
		case p.WrongCases+p.WrongLines == 0:
			return nil
		case c.Check:
			return errors.New("the summaries are not what the cases say; the same without --check puts them right")
		}
		return errors.New("the summaries were not what the cases say, and are now")
	})
}
