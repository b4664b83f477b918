package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"loket/hub"
	"loket/store/casebook"
)

type kioskFlag struct {
	dataFlag
	Kiosk string `arg:"" help:"The kiosk's two symbols (hub kiosk list)."`
}

// set puts the kiosk into a state.
func (c *kioskFlag) set(ctx context.Context, s *streams, state hub.KioskState, reason string) error {
	s.object = c.Kiosk
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		err := h.SetKioskState(ctx, c.Kiosk, state, reason)
		if errors.Is(err, hub.ErrNotFound) {
			return c.unknown()
		}
		if err == nil {
			fmt.Fprintf(s.out, "%s is %s; it hears so at its next contact, within a minute\n", c.Kiosk, state)
		}
		return err
	})
}

func (c *kioskFlag) unknown() error {
	return usageError{fmt.Errorf("there is no kiosk %q; hub kiosk list shows them", c.Kiosk)}
}

type kioskSuspendCommand struct {
	kioskFlag
	Reason string `arg:"" help:"Why, for those who look later."`
}

// Run stops the kiosk for now.
func (c *kioskSuspendCommand) Run(ctx context.Context, s *streams) error {
	return c.set(ctx, s, hub.KioskSuspended, c.Reason)
}

type kioskRevokeCommand struct {
	kioskFlag
	Reason string `arg:"" help:"Why, for those who look later."`
}

// Run stops the kiosk for good.
func (c *kioskRevokeCommand) Run(ctx context.Context, s *streams) error {
	return c.set(ctx, s, hub.KioskRevoked, c.Reason)
}

type kioskRestoreCommand struct{ kioskFlag }

// Run lets the kiosk take reports again.
func (c *kioskRestoreCommand) Run(ctx context.Context, s *streams) error {
	return c.set(ctx, s, hub.KioskActive, "")
}

type kioskReleaseCommand struct{ kioskFlag }

// Run opens what is sound, and says what stays.
func (c *kioskReleaseCommand) Run(ctx context.Context, s *streams) error {
	s.object = c.Kiosk
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		released, kept, err := h.Release(ctx, c.Kiosk)
		if errors.Is(err, hub.ErrNotFound) {
			return c.unknown()
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%d released: they become cases; %d stay in quarantine: not sealed and signed by this kiosk, or there already\n", released, kept)
		return nil
	})
}

type alarmsCommand struct {
	dataFlag
	jsonFlag
	All bool `help:"Those that were dealt with too."`
}

// Run lists the alarms, one a line.
func (c *alarmsCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		every, err := h.Store.Alarms(ctx)
		if err != nil {
			return err
		}
		all := []hub.Alarm{}
		for _, a := range every {
			if c.All || a.NotedAt == nil {
				all = append(all, a)
			}
		}
		if c.JSON {
			return writeJSON(s.out, all)
		}
		for _, a := range all {
			noted := ""
			if a.NotedAt != nil {
				noted = fmt.Sprintf("  (dealt with %s by %s: %s)", a.NotedAt.Format(time.DateOnly), a.NotedBy, a.Note)
			}
			fmt.Fprintf(s.out, "%s  %s  %-10s from place %d, %d reports, epoch %s  %s%s\n", a.Last.UTC().Format(time.RFC3339), a.Kiosk, a.Kind, a.Seq, a.Reports, a.Epoch, a.Reason, noted)
		}
		if len(all) == 0 {
			fmt.Fprintln(s.out, "no alarms")
		}
		return nil
	})
}
