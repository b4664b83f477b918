package main

import (
	"context"
	"fmt"
	"os"

	"loket/assets"
	"loket/hub"
	"loket/hub/document"
	"loket/kiosk/words"
	"loket/store/casebook"
)

type reportCommand struct {
	dataFlag
	Year   int    `help:"Year of the report; this one if left away."`
	Office string `help:"Id of the office, with those below it; the whole ministry if left away."`
	PDF    string `required:"" name:"pdf" type:"path" placeholder:"FILE" help:"File to write."`
}

// Run writes the yearly report of information service, ready to sign.
func (c *reportCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		if _, known := h.Catalogue.Office(c.Office); c.Office != "" && !known {
			return usageError{fmt.Errorf("there is no office %q; hub office list shows them", c.Office)}
		}
		texts, err := words.Load(assets.Files)
		if err != nil {
			return err
		}
		if c.Year == 0 {
			c.Year = h.Now().Year()
		}
		y, err := h.YearReport(ctx, hub.Officer{Role: hub.Administrator}, c.Year, c.Office)
		if err != nil {
			return err
		}
		w := &document.Writer{Hub: h, Words: texts, Fonts: assets.Files}
		b, err := w.PDF(w.Year(y))
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.PDF, b, 0o600); err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s: %d requests, %d objections\n", c.PDF, y.Requests.Figures.Received, y.Objections.Figures.Received)
		return err
	})
}
