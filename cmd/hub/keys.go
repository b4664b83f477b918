package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/seal"
	"loket/kiosk/track"
	"loket/store/casebook"
)

type keysInitCommand struct {
	dataFlag
	Root string `type:"path" placeholder:"FILE" help:"Move the root key here, to a stick that is kept apart: it is needed to rotate keys and for another public address only."`
}

// Run makes the keys of a new hub, and takes the root key away.
func (c *keysInitCommand) Run(ctx context.Context, s *streams) error {
	err := with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error { return say(s, h) })
	if err != nil || c.Root == "" {
		return err
	}
	place := filepath.Join(c.Data, keysFolder, "root.key")
	b, err := os.ReadFile(place)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("the root key is not here any more")
	}
	if err != nil {
		return err
	}
	f, err := os.OpenFile(c.Root, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Remove(place) // only what is on the other disk is taken from this one
}

type keysRotateCommand struct {
	dataFlag
	Root   string `type:"existingfile" placeholder:"FILE" help:"The root key, where it is not in the keys folder."`
	Escrow string `type:"path" placeholder:"FILE" help:"Write a new identity for emergencies here, to be kept offline: reports are sealed for it too."`
}

// Run makes another key to seal for.
func (c *keysRotateCommand) Run(ctx context.Context, s *streams) error {
	dir := filepath.Join(c.Data, keysFolder)
	root := c.Root
	if root == "" {
		root = filepath.Join(dir, "root.key")
	}
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		err := h.Keys.Rotate(dir, root, c.Escrow)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return usageError{errors.New("the root key is not in the keys folder: give it with --root")}
		case err != nil:
			return err
		}
		fmt.Fprintln(s.out, "restart hub serve: kiosks take the new key up at their next contact")
		return say(s, h)
	})
}

type keysShowCommand struct{ dataFlag }

// Run shows what kiosks have pinned and what they seal for.
func (c *keysShowCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error { return say(s, h) })
}

func say(s *streams, h *hub.Hub) error {
	k := h.Keys
	fmt.Fprintf(s.out, "hub %s, bundle %d, public address %s\n", k.Bundle.Hub, k.Bundle.Version, k.Bundle.PublicURL)
	fmt.Fprintf(s.out, "root key %s, acknowledgement key %s\n", seal.KeyID(k.Root), hex.EncodeToString(k.Bundle.AckKey[:8]))
	for _, r := range k.Bundle.Recipients {
		where := "its key is here"
		if !k.Opens(r) {
			where = "its key is elsewhere"
		}
		fmt.Fprintf(s.out, "sealed for %s (%s): %s\n", r.ID, r.Purpose, where)
	}
	_, err := fmt.Fprintf(s.out, "%d keys open what kiosks sealed\n", len(k.Open))
	return err
}

type envelopeCommand struct {
	dataFlag
	Number string `arg:"" help:"Number of the report."`
	Out    string `required:"" type:"path" placeholder:"FILE" help:"Where to: an age file."`
}

// Run writes the sealed report as it came, to be opened with the program age.
func (c *envelopeCommand) Run(ctx context.Context, s *streams) error {
	number, err := track.ParseNumber(c.Number)
	if err != nil {
		return usageError{fmt.Errorf("%q is no report number: %w", c.Number, err)}
	}
	s.object = string(number)
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, book *casebook.Casebook) error {
		b, err := book.Envelope(ctx, kiosk.Number(number))
		if errors.Is(err, hub.ErrNotFound) {
			return fmt.Errorf("%s has not arrived here", number)
		}
		if err != nil {
			return err
		}
		e, err := seal.Parse(b)
		if err != nil {
			return err
		}
		f, err := os.OpenFile(c.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = f.Write(e.Body())
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		ids := slices.Clone(e.Header.Recipients)
		_, err = fmt.Fprintf(s.out, "sealed for %v; docs/keys.md says how to open it\n", ids)
		return err
	})
}
