package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"loket/assets"
	"loket/hub/demo"
	"loket/kiosk/disk"
	"loket/store/casebook"
)

type demoCommand struct {
	dataFlag
	Seed          uint64 `default:"1" help:"Another number makes another year."`
	Cases         int    `default:"1500" help:"So many cases."`
	Until         string `placeholder:"DATE" help:"The last day, YYYY-MM-DD. Default: today."`
	More          bool   `help:"Add to a demo that is there."`
	PasswordStdin bool   `help:"Read the officers' password, one line of at least 12 characters, from standard input. Default: one is made."`
}

// Run fills the folder and prints the logins.
func (c *demoCommand) Run(ctx context.Context, s *streams) error {
	now := s.now()
	until := now
	if c.Until != "" {
		var err error
		if until, err = time.Parse(time.DateOnly, c.Until); err != nil || until.After(now) {
			return usageError{fmt.Errorf("%q is no date, or in the future; write it as 2026-12-24", c.Until)}
		}
	}
	if c.Cases < 1 || c.Cases > 100_000 {
		return usageError{errors.New("--cases is a number from 1 to 100000")}
	}
	password := rand.Text()
	if c.PasswordStdin {
		line, err := bufio.NewReader(io.LimitReader(s.in, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		password = strings.TrimRight(line, "\r\n")
	}
	if err := c.found(); err != nil {
		return err
	}
	var book *casebook.Casebook
	var err error
	if c.Database != "" {
		book, err = casebook.OpenPostgres(ctx, c.Database)
	} else {
		book, err = casebook.OpenHasty(ctx, c.Data)
	}
	if err != nil {
		return err
	}
	clock := new(demo.Clock)
	own := &streams{in: s.in, out: s.out, err: s.err, now: clock.Now}
	h, err := hubWith(ctx, own, book, c.Data, "", "", slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return errors.Join(err, book.Close())
	}
	// A date in the past is lived to its end, in every zone.
	last := time.Date(until.Year(), until.Month(), until.Day(), 15, 0, 0, 0, time.UTC)
	if last.After(now) {
		last = now
	}
	told := 0
	filled, err := demo.Fill(ctx, h, clock, assets.Files, demo.Options{Seed: c.Seed, Cases: c.Cases, Until: until, Now: last, More: c.More, Password: password,
		Progress: func(done, all int, day time.Time) {
			if percent := done * 100 / all; percent >= told+10 || done == all {
				told = percent
				fmt.Fprintf(s.err, "hub: %3d %%, %s\n", percent, day.Format(time.DateOnly))
			}
		}})
	if err == nil {
		err = publishExample(ctx, h)
	}
	err = errors.Join(err, book.Close())
	switch {
	case errors.Is(err, demo.ErrCases):
		return fmt.Errorf("%s has cases already; give a new folder, or --more for more of the demo", c.Data)
	case errors.Is(err, demo.ErrOffices):
		return fmt.Errorf("%s is not a demo's: its offices are real, and what is invented would be told of them; give a new folder", c.Data)
	case err != nil:
		return err
	}
	fmt.Fprintf(s.out, "%d cases and %d surveys up to %s\n", filled.Cases, filled.Opinions, until.Format(time.DateOnly))
	if len(filled.Officers) > 0 {
		fmt.Fprintf(s.out, "Officers, all with the password %s\n", password)
	}
	for _, o := range filled.Officers {
		fmt.Fprintf(s.out, "  %-24s %-14s %s\n", o.Name, o.Role, o.Office)
	}
	return nil
}

// found makes a new folder the demo's: with its offices.
func (c *demoCommand) found() error {
	_, err := os.Stat(filepath.Join(c.Data, "casebook.db"))
	if !errors.Is(err, fs.ErrNotExist) {
		return err // there is one: whose, is seen later
	}
	b, err := assets.Files.ReadFile(demo.Offices)
	if err != nil {
		return err
	}
	if err := disk.Make(c.Data); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(c.Data, "offices.toml"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}
