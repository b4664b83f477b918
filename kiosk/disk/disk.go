// Package disk is what both programs ask of a disk and each system answers in its own
// way: how much room there is, who may look, and whether what was written is there.
package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Access is who can get at a file besides its owner, and those who can get at
// everything anyway: root, or Windows' administrators.
type Access struct {
	Everybody bool     // on this machine
	Groups    []string // or only these
}

// Alone reports whether nobody can.
func (a Access) Alone() bool { return !a.Everybody && len(a.Groups) == 0 }

// String names those who can.
func (a Access) String() string {
	if a.Everybody {
		return "everybody on this machine"
	}
	return strings.Join(a.Groups, ", ")
}

// Make makes a folder if it is missing, and those above it; what it makes is for its
// owner alone.
func Make(dir string) error {
	switch info, err := os.Stat(dir); {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return &fs.PathError{Op: "mkdir", Path: dir, Err: fs.ErrExist}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if above := filepath.Dir(dir); above != dir {
		if err := Make(above); err != nil {
			return err
		}
	}
	if err := makeOwn(dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// Write writes a file that is there whole or not at all, readable by its owner alone,
// and on the disk when it returns.
func Write(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := rename(f.Name(), path); err != nil {
		return err
	}
	return Settle(filepath.Dir(path))
}
