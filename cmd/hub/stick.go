package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"loket/hub"
	"loket/kiosk/stick"
	"loket/store/casebook"
)

type importCommand struct {
	dataFlag
	Files []string `arg:"" type:"path" name:"file" help:"Sticks, folders or files that kiosk export wrote."`
}

// Run takes the files in and says of each what became of it.
func (c *importCommand) Run(ctx context.Context, s *streams) error {
	for _, path := range c.Files {
		if _, err := os.Stat(path); err != nil {
			return usageError{err}
		}
	}
	s.object = strings.Join(c.Files, " ")
	whole, found := true, 0
	err := with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		all, err := stick.Deliver(ctx, c.Files, h, progress(s.err, "files"))
		for _, d := range all {
			fmt.Fprintln(s.out, told(d))
			whole = whole && d.Whole()
			if d.Kiosk != "" {
				found++
			}
		}
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("%w; what was told of is stored: import the rest again", err)
	case found == 0:
		return errors.New("there is nothing of a kiosk in it: look whether the stick is mounted, and whether kiosk export was run")
	case !whole:
		return errors.New("not everything was whole; what was is stored. Carry the stick back: kiosk import, then kiosk export again")
	}
	return nil
}

// told is a line on one file.
func told(d stick.Delivery) string {
	kept := d.Stored + d.Already + d.Quarantined
	line := fmt.Sprintf("%q", d.Name)
	switch {
	case d.Answered:
		line += fmt.Sprintf(": %s asked how the hub stands; answered", d.Kiosk)
	case d.Promise > 0 || kept+d.Damaged > 0:
		line += fmt.Sprintf(": %d stored, %d there already, %d quarantined, %d damaged or cut off", d.Stored, d.Already, d.Quarantined, max(d.Missing(), d.Damaged))
		switch {
		case d.Promise == 0:
			line += fmt.Sprintf("; its beginning is damaged, %d are whole and how many there were is not known; export again", kept)
		case d.Missing() > 0:
			line += fmt.Sprintf("; %d of %d are whole; export again", kept, d.Promise)
		}
	}
	if d.Err != nil {
		line += ": " + d.Err.Error()
	}
	return line
}

// progress shows how far something is, where a person looks on.
func progress(w io.Writer, what string) func(done, total int) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return func(done, total int) {
		fmt.Fprintf(f, "\r%d of %d %s", done, total, what)
		if done >= total {
			fmt.Fprintln(f)
		}
	}
}
