package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"loket/hub"
	"loket/store/casebook"
)

type clientAddCommand struct {
	dataFlag
	Name   string `required:"" help:"What the client is called, once and for all."`
	Office string `required:"" help:"The office it files for, with those below it (hub office list)."`
}

// Run prints the key alone: the only time that anybody sees it.
func (c *clientAddCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		key, err := h.AddClient(ctx, c.Name, c.Office)
		switch {
		case errors.Is(err, hub.ErrNotFound):
			return usageError{fmt.Errorf("there is no office %q; hub office list shows them", c.Office)}
		case errors.Is(err, hub.ErrExists):
			return fmt.Errorf("a client named %q exists or existed; take another name", c.Name)
		case err != nil:
			return err
		}
		_, err = fmt.Fprintln(s.out, key)
		return err
	})
}

type clientListCommand struct{ dataFlag }

// Run lists the clients.
func (c *clientListCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		all, err := h.Store.Clients(ctx)
		for _, x := range all {
			state := "since " + x.AddedAt.Local().Format(time.DateOnly)
			if x.RevokedAt != nil {
				state = "revoked " + x.RevokedAt.Local().Format(time.DateOnly)
			}
			fmt.Fprintf(s.out, "%-24s %-10s %s\n", x.Name, x.Office, state)
		}
		return err
	})
}

type clientRevokeCommand struct {
	dataFlag
	Name string `arg:"" help:"Name of the client."`
}

// Run ends a client's right at once, also at a running serve.
func (c *clientRevokeCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		err := h.Store.RevokeClient(ctx, c.Name, h.Now())
		if errors.Is(err, hub.ErrNotFound) {
			return fmt.Errorf("there is no client %q, or it was revoked before", c.Name)
		}
		return err
	})
}
