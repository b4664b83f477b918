package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"loket/store/queue"
)

// mend looks whether the queue on the disk is whole before anybody works with it,
// and salvages one that is not.
func mend(ctx context.Context, dir string, now func() time.Time, log *slog.Logger) error {
	damage := look(ctx, dir, now)
	if !errors.Is(damage, queue.ErrDisk) {
		return damage
	}
	log.Error("the queue is damaged; what can be read is saved into a new one", "err", damage)
	s, err := queue.Salvage(ctx, dir, now())
	if err != nil {
		return err
	}
	log.Error("the damaged queue was put aside: give it to a technician, and do not delete it", "file", s.Aside, "saved", s.Saved, "doubtful", s.Doubtful, "lost", s.Lost)
	if !s.Ratchet {
		log.Error("the chain could not be read: what waits is sent, but for new reports the kiosk must be enrolled anew (hub kiosk add, kiosk enrol)")
	}
	return nil
}

// look opens the queue and checks it.
func look(ctx context.Context, dir string, now func() time.Time) error {
	q, err := queue.Open(ctx, dir, now)
	if err != nil {
		return err
	}
	return errors.Join(q.Check(ctx), q.Close())
}

type checkCommand struct {
	dataFlag
	Salvage bool `help:"Put a damaged queue aside, and save what can be read into a new one. Stop the window before."`
}

// Run says whether the queue is whole.
func (c *checkCommand) Run(ctx context.Context, s *streams) error {
	if c.Salvage {
		if err := mend(ctx, c.Data, s.now, slog.New(slog.NewTextHandler(s.err, nil))); err != nil {
			return err
		}
	}
	if err := look(ctx, c.Data, s.now); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.out, "the queue is whole")
	return err
}
