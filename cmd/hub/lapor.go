package main

import (
	"context"
	"fmt"
	"os"

	"loket/hub"
	"loket/hub/lapor"
	"loket/store/casebook"
)

// clerk is who a command acts as.
var clerk = hub.Officer{Name: "command", Role: hub.Administrator}

type laporListCommand struct {
	dataFlag
	jsonFlag
}

// laporJSON is a report on its way to LAPOR!, for programs.
type laporJSON struct {
	lapor.Record
	State string `json:"penyerahan"` // "" waits
	Lapor string `json:"lapor_id"`
}

// Run lists the reports.
func (c *laporListCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.Data, func(h *hub.Hub, _ *casebook.Casebook) error {
		items, err := h.LaporItems(ctx, clerk)
		if err != nil {
			return err
		}
		all := []laporJSON{}
		for _, x := range items {
			all = append(all, laporJSON{x.Record, string(x.State), x.Lapor})
			if !c.JSON {
				state := string(x.State)
				if state == "" {
					state = "waiting"
				}
				fmt.Fprintf(s.out, "%s  %-8s %-12s %s\n", string(x.Number), state, x.Record.Classification, x.Lapor)
			}
		}
		if c.JSON {
			return writeJSON(s.out, all)
		}
		return nil
	})
}

type laporExportCommand struct {
	dataFlag
	Dir string `arg:"" type:"path" help:"Exchange folder: reports go to keluar, answers come from masuk."`
}

// Run hands over what waits.
func (c *laporExportCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.Data, func(h *hub.Hub, _ *casebook.Casebook) error {
		folder := lapor.Folder{Dir: c.Dir}
		if err := folder.Health(ctx); err != nil {
			return err
		}
		n, err := h.HandOver(ctx, clerk.Name, folder)
		fmt.Fprintf(s.out, "%d reports were handed over\n", n)
		return err
	})
}

type laporImportCommand struct {
	dataFlag
	File string `arg:"" type:"existingfile" help:"CSV with the columns nomor and lapor_id."`
}

// Run takes the numbers; it fails when a line could not be taken, having taken
// the others.
func (c *laporImportCommand) Run(ctx context.Context, s *streams) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	answers, faults, err := lapor.ReadAnswers(f)
	if err != nil {
		return usageError{err}
	}
	return with(ctx, s, c.Data, func(h *hub.Hub, _ *casebook.Casebook) error {
		taken, more, err := h.TakeAnswers(ctx, clerk, answers)
		if err != nil {
			return err
		}
		faults = append(faults, more...)
		for _, x := range faults {
			fmt.Fprintf(s.err, "line %d: %s\n", x.Line, x.Err)
		}
		fmt.Fprintf(s.out, "%d numbers were taken\n", taken)
		if len(faults) > 0 {
			return fmt.Errorf("%d lines could not be taken", len(faults))
		}
		return nil
	})
}

type laporHealthCommand struct {
	Dir string `arg:"" type:"path" help:"Exchange folder."`
}

// Run tries the folder.
func (c *laporHealthCommand) Run(ctx context.Context, s *streams) error {
	if err := (lapor.Folder{Dir: c.Dir}).Health(ctx); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.out, "reports can be handed over")
	return err
}
