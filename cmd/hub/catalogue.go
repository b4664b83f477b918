package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"loket/hub"
	"loket/kiosk/catalogue"
	"loket/store/casebook"
)

type catalogueCommands struct {
	List    catalogueListCommand    `cmd:"" help:"List what kiosks use in place of what is embedded, and when it was changed."`
	Show    catalogueShowCommand    `cmd:"" help:"Print a file as it is in use."`
	Publish cataloguePublishCommand `cmd:"" help:"Check a file from standard input and put it into use, here and on every kiosk."`
}

type catalogueListCommand struct{ dataFlag }

// Run lists the changes, the newest first, one a line.
func (c *catalogueListCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		all, err := h.Store.Catalogues(ctx)
		for _, x := range all {
			fmt.Fprintf(s.out, "%d  %s  %-28s %s (%s)\n", x.Version, x.At.Format(time.RFC3339), x.Changed, x.Note, x.By)
		}
		if err == nil && len(all) == 0 {
			fmt.Fprintln(s.out, "everything is as it is embedded")
		}
		return err
	})
}

type catalogueFileFlag struct {
	dataFlag
	File string `arg:"" help:"Path of the file, such as forms/complaint.toml."`
}

// known returns a usage error for a file that cannot be changed.
func (c *catalogueFileFlag) known(h *hub.Hub) error {
	names, err := catalogue.Names(h.Data.Base)
	if err == nil && !slices.Contains(names, c.File) {
		err = usageError{fmt.Errorf("%q cannot be changed; there are: %v", c.File, names)}
	}
	return err
}

type catalogueShowCommand struct{ catalogueFileFlag }

// Run prints the file.
func (c *catalogueShowCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		if err := c.known(h); err != nil {
			return err
		}
		b, err := fs.ReadFile(h.Data.Issue.Files.Over(h.Data.Base), c.File)
		if err == nil {
			_, err = s.out.Write(b)
		}
		return err
	})
}

type cataloguePublishCommand struct {
	catalogueFileFlag
	Note string `required:"" help:"What was changed, and why."`
}

// Run checks and publishes the file.
func (c *cataloguePublishCommand) Run(ctx context.Context, s *streams) error {
	s.object = c.File
	text, err := io.ReadAll(io.LimitReader(s.in, catalogue.MaxBytes+1))
	if err != nil {
		return err
	}
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		if err := c.known(h); err != nil {
			return err
		}
		version, err := h.PublishFile(ctx, operator(), c.File, string(text), c.Note, h.Data.Issue.Version)
		var wrong *hub.CatalogueError
		if errors.As(err, &wrong) {
			return fmt.Errorf("nothing was changed: %w", err)
		}
		if err == nil {
			fmt.Fprintf(s.out, "version %d is in use; kiosks take it up at their next contact, between two visits\n", version)
		}
		return err
	})
}
