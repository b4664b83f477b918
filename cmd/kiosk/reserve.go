package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	reserveFile = "reserve"
	// reserveSize is the room that is kept for the queue, in bytes: enough to take
	// what the hub signed, to purge, and to check the file, on a disk that others filled.
	reserveSize = 32 << 20
)

// keepReserve gives the reserve up when little room is left, and lays it in again when
// there is plenty. room is what is left on the disk of dir, in bytes. A kiosk closes
// with leastFree still there: what goes below that was written by somebody else.
func keepReserve(dir string, room int64) error {
	path := filepath.Join(dir, reserveFile)
	if room < leastFree/2 {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("reserve: %w", err)
		}
		return nil
	}
	there, err := os.Stat(path)
	if err == nil && there.Size() == reserveSize || room < 4*leastFree {
		return nil
	}
	if err := os.WriteFile(path, make([]byte, reserveSize), 0o600); err != nil {
		return errors.Join(fmt.Errorf("reserve: %w", err), os.Remove(path))
	}
	return nil
}
