package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/term"

	"loket/store/casebook"
)

type migrateCommand struct {
	dataFlag
}

// Run moves the folder's database into PostgreSQL.
func (c *migrateCommand) Run(ctx context.Context, s *streams) error {
	if c.Database == "" {
		return usageError{errors.New("--database says where to: an empty PostgreSQL database, made with createdb")}
	}
	rows, aside, err := casebook.Move(ctx, c.Data, c.Database, progressOn(s.err))
	switch {
	case errors.Is(err, casebook.ErrInUse):
		return errors.New("a program is using the database: stop hub serve, then migrate again; nothing was changed")
	case errors.Is(err, casebook.ErrMoved):
		return errors.New("this folder's database was moved already; hub serve --database URL serves it")
	case errors.Is(err, casebook.ErrElsewhere):
		return fmt.Errorf("all of this folder's database is in another one already, which %s names: give the URL of that; if it is no more, remove the file", filepath.Join(c.Data, "casebook.moving"))
	case errors.Is(err, casebook.ErrOccupied):
		return errors.New("the database is not empty, and nothing in it was changed: make a new one with createdb, and migrate into that")
	case errors.Is(err, casebook.ErrDiffers):
		return fmt.Errorf("the folder's database is as it was and goes on to be used; make the other one anew and migrate again: %w", err)
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("there is no casebook.db in %s", c.Data)
	case errors.Is(err, casebook.ErrMoving):
		return fmt.Errorf("all is copied, but the folder's database is closed and the new one may not be open yet; migrate again, to the same: %w", err)
	case err != nil:
		return fmt.Errorf("the folder's database is as it was; migrate again and it goes on where it was cut off: %w", err)
	}
	fmt.Fprintf(s.out, "%d rows moved, each compared; serve them with hub serve --database\n", rows)
	fmt.Fprintf(s.out, "what was there is kept as %s and not used any more\n", aside)
	return nil
}

// progressOn tells how far a copy is: on a terminal in one line, else one for each
// table.
func progressOn(w io.Writer) casebook.Progress {
	f, ok := w.(*os.File)
	live := ok && term.IsTerminal(int(f.Fd()))
	var table string
	var told time.Time
	return func(name string, done, all int64) {
		ended := all > 0 && done == all
		if name == table && !ended && (!live || time.Since(told) < 100*time.Millisecond) {
			return
		}
		if live && table != "" && name == table {
			fmt.Fprint(w, "\r\x1b[K")
		} else if live && table != "" {
			fmt.Fprintln(w)
		}
		table, told = name, time.Now()
		text := name
		switch {
		case all > 0:
			text = fmt.Sprintf("%s: %d of %d (%d %%)", name, done, all, done*100/all)
		case done > 0:
			text = fmt.Sprintf("%s: %d", name, done)
		}
		fmt.Fprint(w, text)
		if !live {
			fmt.Fprintln(w)
		}
	}
}
