package main

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"os"
	"text/tabwriter"

	"loket/hub"
	"loket/hub/lapor"
	"loket/kiosk"
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
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
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
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
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
	File string `arg:"" type:"existingfile" help:"CSV with the columns nomor and lapor_id, and perhaps ditolak."`
}

// Run takes the answers; it fails when a line could not be taken, having taken
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
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		taken, more, err := h.TakeAnswers(ctx, clerk, answers)
		if err != nil {
			return err
		}
		faults = append(faults, more...)
		for _, x := range faults {
			fmt.Fprintf(s.err, "line %d: %s\n", x.Line, x.Err)
		}
		fmt.Fprintf(s.out, "%d answers were taken\n", taken)
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

type laporRecapCommand struct {
	dataFlag
	jsonFlag
	Year   int    `help:"Year that they came in; this one if left away."`
	Office string `help:"Id of the office, with those below it; the whole ministry if left away."`
}

// recapJSON is a line of the recap, for programs. Shares are in percent; what
// cannot be said is null.
type recapJSON struct {
	By         string     `json:"by"`
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Mapped     bool       `json:"mapped"` // LAPOR!'s category is known
	Received   int        `json:"received"`
	Unverified int        `json:"unverified"`
	InProgress int        `json:"in_progress"`
	Returned   int        `json:"returned"`
	Answered   int        `json:"answered"`
	NotOurs    int        `json:"not_ours"`
	Archived   int        `json:"archived"`
	Verified   timelyJSON `json:"verified"`
	Replied    timelyJSON `json:"replied"`
	Waiting    int        `json:"waiting"`
	Known      int        `json:"known"`
}

type timelyJSON struct {
	InTime  int      `json:"in_time"`
	Late    int      `json:"late"`
	Running int      `json:"running"`
	Share   *float64 `json:"share"`
	Median  *float64 `json:"median"`
}

func recapLine(by string, x hub.RecapLine) recapJSON {
	timely := func(t hub.Timeliness) timelyJSON {
		number := func(n *big.Rat) *float64 {
			if n == nil {
				return nil
			}
			f, _ := n.Float64()
			return &f
		}
		return timelyJSON{t.InTime, t.Late, t.Running, number(t.Share()), number(t.Median())}
	}
	return recapJSON{by, x.ID, x.Label.In(kiosk.Indonesian), !x.Unmapped, x.Received, x.Unverified, x.InProgress, x.Returned, x.Answered, x.NotOurs, x.Archived,
		timely(x.Verified), timely(x.Replied), x.Waiting, x.Known}
}

// Run prints the recap.
func (c *laporRecapCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		if c.Year == 0 {
			c.Year = h.Now().Year()
		}
		recap, err := h.LaporRecap(ctx, clerk, c.Year, c.Office)
		if errors.Is(err, hub.ErrNotFound) {
			return usageError{fmt.Errorf("there is no office %q; hub office list shows them", c.Office)}
		}
		if err != nil {
			return err
		}
		all := []recapJSON{recapLine("all", recap.All)}
		for _, part := range recap.Parts {
			for _, x := range part.Lines {
				all = append(all, recapLine(part.By, x))
			}
		}
		if c.JSON {
			return writeJSON(s.out, all)
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "BY\tNAME\tRECEIVED\tVERIFIED IN TIME\tRESPONDED IN TIME\tKNOWN AT LAPOR!\tWAITING")
		for _, x := range all {
			of := func(t timelyJSON) string { return fmt.Sprintf("%d of %d", t.InTime, t.InTime+t.Late) }
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%d\t%d\n", x.By, x.Name, x.Received, of(x.Verified), of(x.Replied), x.Known, x.Waiting)
		}
		return w.Flush()
	})
}
