package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"loket/hub"
	"loket/store/casebook"
)

// operator is who runs a command: the owner of the data folder may do all that an
// administrator may.
func operator() hub.Officer {
	return hub.Officer{Name: "command:" + systemUser(), Role: hub.Administrator}
}

type receptionistAddCommand struct {
	dataFlag
	Office string `required:"" help:"Id of the office whose kiosks they help at (hub office list)."`
	Name   string `arg:"" help:"Name of the receptionist."`
}

// Run prints the PIN alone.
func (c *receptionistAddCommand) Run(ctx context.Context, s *streams) error {
	s.object = c.Name
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		pin, err := h.AddReceptionist(ctx, operator(), c.Office, c.Name)
		switch {
		case errors.Is(err, hub.ErrNotFound):
			return usageError{fmt.Errorf("there is no office %q; hub office list shows them", c.Office)}
		case errors.Is(err, hub.ErrExists):
			return usageError{fmt.Errorf("office %s has a receptionist of that name; hub receptionist remove ends the old PIN", c.Office)}
		case err != nil:
			return err
		}
		_, err = fmt.Fprintln(s.out, pin)
		return err
	})
}

type receptionistListCommand struct{ dataFlag }

// Run lists the receptionists, one a line.
func (c *receptionistListCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		all, err := h.Receptionists(ctx, operator())
		for _, r := range all {
			fmt.Fprintf(s.out, "%-10s %s (since %s, by %s)\n", r.Office, r.Name, r.AddedAt.Format(time.DateOnly), r.AddedBy)
		}
		return err
	})
}

type receptionistRemoveCommand struct {
	dataFlag
	Office string `required:"" help:"Id of the office."`
	Name   string `arg:"" help:"Name of the receptionist."`
}

// Run takes a receptionist off the list.
func (c *receptionistRemoveCommand) Run(ctx context.Context, s *streams) error {
	s.object = c.Name
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		all, err := h.Receptionists(ctx, operator())
		if err != nil {
			return err
		}
		for _, r := range all {
			if r.Office == c.Office && r.Name == c.Name {
				return h.RemoveReceptionist(ctx, operator(), r.ID)
			}
		}
		return usageError{fmt.Errorf("office %s has no receptionist %q; hub receptionist list shows them", c.Office, c.Name)}
	})
}
