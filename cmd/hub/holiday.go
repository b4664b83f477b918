package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"time"

	"loket/hub"
	"loket/kiosk/workday"
	"loket/store/casebook"
)

type holidayAddCommand struct {
	dataFlag
	Date   string `arg:"" help:"YYYY-MM-DD."`
	Name   string `arg:"" help:"What it is called, or why the office is closed."`
	Kind   string `default:"libur" enum:"libur,cuti,tutup" help:"libur (national holiday), cuti (collective leave) or tutup (one office is closed; with --office)."`
	Office string `help:"The office that is closed."`
}

// Run adds one day and says how many cases moved.
func (c *holidayAddCommand) Run(ctx context.Context, s *streams) error {
	day, err := time.Parse(time.DateOnly, c.Date)
	if err != nil {
		return usageError{fmt.Errorf("%q is no date; write it as 2026-12-24", c.Date)}
	}
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		if _, known := h.Catalogue.Office(c.Office); c.Office != "" && !known {
			return usageError{fmt.Errorf("there is no office %q; hub office list shows them", c.Office)}
		}
		by := "command"
		if u, err := user.Current(); err == nil {
			by = u.Username
		}
		moved, err := h.AddHoliday(ctx, hub.Holiday{Holiday: workday.Holiday{Date: day, Name: c.Name, Kind: workday.Kind(c.Kind), Office: c.Office}, By: by})
		switch {
		case errors.Is(err, workday.ErrHoliday):
			return usageError{errors.New("--office goes with --kind tutup, and only with it")}
		case errors.Is(err, hub.ErrExists):
			return fmt.Errorf("%s was added before", c.Date)
		case err != nil:
			return err
		}
		fmt.Fprintf(s.out, "%s added; %d open cases have a later date now, and say so\n", c.Date, moved)
		return nil
	})
}

type holidayListCommand struct{ dataFlag }

// Run lists the days that were added.
func (c *holidayListCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		all, err := h.Store.Holidays(ctx)
		for _, d := range all {
			fmt.Fprintf(s.out, "%s  %-6s %-6s %s (%s)\n", d.Date.Format(time.DateOnly), d.Kind, d.Office, d.Name, d.By)
		}
		return err
	})
}
