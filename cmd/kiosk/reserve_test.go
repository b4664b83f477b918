package main

import (
	"os"
	"path/filepath"
	"testing"
)

// The reserve is there while there is room, is given up when there is none, and comes
// back only when there is plenty.
func TestTheReserve(t *testing.T) {
	dir := t.TempDir()
	for _, x := range []struct {
		name string
		room int64
		want bool
	}{
		{"a tight disk", 2 * leastFree, false},
		{"plenty", 1 << 40, true},
		{"the kiosk is closed", leastFree - 1, true},
		{"others go on writing", leastFree/2 - 1, false},
		{"still nothing", 0, false},
		{"some, not yet enough", 2 * leastFree, false},
		{"plenty again", 8 * leastFree, true},
	} {
		if err := keepReserve(dir, x.room); err != nil {
			t.Fatal(x.name, err)
		}
		there, err := os.Stat(filepath.Join(dir, reserveFile))
		if (err == nil) != x.want {
			t.Errorf("%s: there is a reserve: %v, want %v", x.name, err == nil, x.want)
		}
		if err == nil && there.Size() != reserveSize {
			t.Errorf("%s: a reserve of %d bytes", x.name, there.Size())
		}
	}
}
