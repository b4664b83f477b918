package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"golang.org/x/term"

	"loket/kiosk/disk"
	"loket/kiosk/seal"
	"loket/kiosk/stick"
	"loket/kiosk/upload"
	"loket/store/queue"
)

var _ stick.Queue = (*queue.Queue)(nil)

// errCarrying says that another export or import works with this data folder.
var errCarrying = errors.New("another kiosk export or import is under way")

// carry lets f work with sticks, one at a time.
func (s *station) carry(log *slog.Logger, f func(*stick.Kiosk) error) error {
	lock := flock.New(filepath.Join(s.dir, "stick.lock"))
	if alone, err := lock.TryLock(); err != nil {
		return fmt.Errorf("data folder: %w", err)
	} else if !alone {
		return errCarrying
	}
	defer lock.Unlock()
	return f(&stick.Kiosk{
		ID: s.enrolment.Kiosk, Key: s.enrolment.Key, AckKey: s.enrolment.Bundle.AckKey, Queue: s.queue, Dir: s.dir,
		Heed: func(ctx context.Context, st seal.Standing, a stick.Answer) error {
			u := s.uploader(log)
			leave, err := u.Lock(ctx)
			if err != nil {
				return fmt.Errorf("wait for the uploader: %w", err)
			}
			defer leave()
			u.Told = s.front(nil, log).told
			return u.Heed(ctx, st, upload.Source{
				Bundle: func(context.Context) (seal.Signed, error) { return a.Bundle, nil },
				Catalogue: func(context.Context) (seal.Signed, error) {
					if a.Catalogue == nil {
						return seal.Signed{}, errors.New("there is none on the stick")
					}
					return *a.Catalogue, nil
				},
			})
		},
	})
}

type stickFlag struct {
	dataFlag
	Stick string `arg:"" type:"existingdir" help:"Folder that the stick is mounted at."`
}

// with opens the station and hands over the end of the way that it is.
func (c *stickFlag) with(ctx context.Context, s *streams, f func(*stick.Kiosk) error) error {
	if disk.Same(c.Data, c.Stick) {
		fmt.Fprintf(s.err, "hint: %s is on the same disk as the data folder; is the stick mounted there?\n", c.Stick)
	}
	st, err := openStation(ctx, c.Data, s.now)
	if err != nil {
		return err
	}
	return errors.Join(st.carry(slog.New(slog.NewTextHandler(s.err, nil)), f), st.Close())
}

type exportCommand struct{ stickFlag }

// Run writes what is waiting onto the stick.
func (c *exportCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, func(k *stick.Kiosk) error {
		x, err := k.Export(ctx, c.Stick, progress(s.err, "reports"))
		switch {
		case errors.Is(err, stick.ErrFull):
			return fmt.Errorf("%w: %d reports are on it, %d more wait here and nothing is lost; carry this one to the hub, and export onto another, or onto this one when it is back", err, x.OnStick, x.Waiting-x.OnStick)
		case err != nil:
			return fmt.Errorf("%w; %d reports are on the stick, all that wait are safe here: export again", err, x.OnStick)
		}
		_, err = fmt.Fprintf(s.out, "%d reports are on the stick (%d written now); unmount it before you pull it out\n", x.OnStick, x.Written)
		return err
	})
}

type importCommand struct{ stickFlag }

// Run takes what the hub signed off the stick.
func (c *importCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, func(k *stick.Kiosk) error {
		x, err := k.Import(ctx, c.Stick, progress(s.err, "files"))
		for _, skipped := range x.Skipped {
			fmt.Fprintf(s.err, "%q: %v\n", skipped.Name, skipped.Why)
		}
		if errors.Is(err, stick.ErrNothing) {
			return fmt.Errorf("%w: look whether it is the right stick, and whether hub import was run on it", err)
		}
		if err != nil {
			return fmt.Errorf("%w; import again", err)
		}
		fmt.Fprintf(s.out, "the hub has %d more reports (%d in quarantine); %d still wait; %d files taken off the stick\n", x.Acknowledged, x.Quarantined, x.Waiting, x.Removed)
		if x.Heeded {
			fmt.Fprintln(s.out, "the hub said how it stands")
		}
		return nil
	})
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
