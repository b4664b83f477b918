package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	"loket/assets"
	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/published"
	"loket/kiosk/words"
	"loket/store/casebook"
)

type publishedCommands struct {
	Import publishedImportCommand `cmd:"" help:"Make a CSV table the list of published information (daftar informasi publik). The list before stays and can be taken up again at the desk."`
	List   publishedListCommand   `cmd:"" help:"List every issue there was, the newest first."`
}

type publishedImportCommand struct {
	dataFlag
	File    string `arg:"" type:"existingfile" help:"The table: UTF-8, between commas, semicolons or tabs, with a line that names the columns."`
	SkipBad bool   `help:"Leave faulty lines out. Without it a table with one is not taken."`
}

// Run publishes the table, or says of every faulty line what is wrong with it.
func (c *publishedImportCommand) Run(ctx context.Context, s *streams) error {
	texts, err := words.Load(assets.Files)
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		items, faults, err := h.Vocabulary.Read(f)
		if err != nil {
			return err
		}
		w := texts.In(kiosk.English)
		for _, fault := range faults {
			fmt.Fprintf(s.err, "line %d: %s", fault.Line, w.T("published.fault."+fault.Problem, "cell", fault.Cell))
			if fault.Cell != "" && fault.Problem != "twice" {
				fmt.Fprintf(s.err, ": %q", fault.Cell)
			}
			fmt.Fprintln(s.err)
		}
		if len(faults) > 0 && !c.SkipBad {
			return fmt.Errorf("%d of %d lines are faulty and nothing was published; mend them, or leave them out with --skip-bad", len(faults), len(faults)+len(items))
		}
		x, err := h.Published(ctx)
		if err != nil {
			return err
		}
		d := published.Compare(x.List().Items, items)
		by := "command"
		if u, err := user.Current(); err == nil {
			by = u.Username
		}
		i, err := h.Publish(ctx, hub.Officer{Name: by, Role: hub.Administrator}, items, x.List().Version)
		if errors.Is(err, hub.ErrEmpty) {
			return errors.New("no line holds; nothing was published")
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "published %d as %d: %d new, %d changed, %d gone\n", i.Count, i.Version, len(d.Added), len(d.Changed), len(d.Removed))
		return nil
	})
}

// publishExample publishes the made-up list where there is none.
func publishExample(ctx context.Context, h *hub.Hub) error {
	x, err := h.Published(ctx)
	if err != nil || x.List().Version > 0 {
		return err
	}
	example, err := h.Vocabulary.Example(assets.Files)
	if err != nil {
		return err
	}
	_, err = h.Publish(ctx, hub.Officer{Name: "demo", Role: hub.Administrator}, example.Items, 0)
	return err
}

type publishedListCommand struct {
	dataFlag
	jsonFlag
}

// Run lists the issues.
func (c *publishedListCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		issues, err := h.Store.Issues(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			type issue struct {
				Version int64     `json:"version"`
				At      time.Time `json:"at"`
				By      string    `json:"by"`
				Count   int       `json:"count"`
				Again   int64     `json:"again,omitempty"`
			}
			all := []issue{}
			for _, i := range issues {
				all = append(all, issue{i.Version, i.At(), i.By, i.Count, i.Again})
			}
			return writeJSON(s.out, all)
		}
		for _, i := range issues {
			again := ""
			if i.Again > 0 {
				again = fmt.Sprintf(", again as %d", i.Again)
			}
			fmt.Fprintf(s.out, "%d  %s  %d items (%s)%s\n", i.Version, i.At().Local().Format(time.RFC1123), i.Count, i.By, again)
		}
		return nil
	})
}
