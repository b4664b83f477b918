package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"loket/assets"
	"loket/hub"
	"loket/hub/web"
	"loket/kiosk"
	"loket/kiosk/words"
	"loket/store/casebook"
)

type insightCommand struct {
	dataFlag
	Month    string `placeholder:"YYYY-MM" help:"The month; the last whole one if left away."`
	Office   string `help:"Id of an office or unit, with those below it; all if left away."`
	Language string `default:"id" enum:"id,en" help:"id or en."`
	PDF      string `name:"pdf" required:"" type:"path" placeholder:"FILE" help:"New file."`
}

// Run writes the page.
func (c *insightCommand) Run(ctx context.Context, s *streams) error {
	now := s.now().In(kiosk.Zone("WIB"))
	month := time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, time.UTC)
	if c.Month != "" {
		var err error
		if month, err = time.Parse("2006-01", c.Month); err != nil {
			return usageError{fmt.Errorf("%q is no month; write it as 2026-11", c.Month)}
		}
	}
	texts, err := words.Load(assets.Files)
	if err != nil {
		return err
	}
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		b, err := web.Monthly(ctx, h, texts.In(kiosk.Language(c.Language)), assets.Files, hub.Officer{Name: "command", Role: hub.Administrator}, month, c.Office)
		switch {
		case errors.Is(err, hub.ErrNotFound):
			return usageError{fmt.Errorf("there is no office %q; hub office list shows them", c.Office)}
		case errors.Is(err, web.ErrNotYet):
			return usageError{fmt.Errorf("%s has not begun", c.Month)}
		case err != nil:
			return err
		}
		f, err := os.OpenFile(c.PDF, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = f.Write(b)
		if err = errors.Join(err, f.Close()); err == nil {
			_, err = fmt.Fprintf(s.out, "%s: %s\n", c.PDF, month.Format("2006-01"))
		}
		return err
	})
}
