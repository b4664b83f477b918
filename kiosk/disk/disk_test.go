package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestWhatIsMadeIsForItsOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "above", "data")
	for range 2 { // the second time it is there
		if err := Make(dir); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := Write(filepath.Join(dir, "key"), []byte("secret")); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "key")} {
		if a, err := Others(path); err != nil || !a.Alone() {
			t.Errorf("%s: %v, %v", path, a, err)
		}
		if who := Stranger(path); who != "" {
			t.Errorf("%s belongs to %s", path, who)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
	if err := Make(filepath.Join(dir, "key")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file where a folder should be: %v", err)
	}
	if err := Write(filepath.Join(dir, "missing", "key"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestRoom(t *testing.T) {
	dir := t.TempDir()
	free, size, err := Room(dir)
	if err != nil || free == 0 || free > size {
		t.Errorf("%d of %d: %v", free, size, err)
	}
	if _, _, err := Room(filepath.Join(dir, "missing")); err == nil {
		t.Error("a folder that is not there has room")
	}
	if !Same(dir, filepath.Dir(dir)) {
		t.Error("a folder is on another disk than the one above it")
	}
	if Full(fmt.Errorf("write: %w", fs.ErrPermission)) {
		t.Error("what is forbidden is not full")
	}
}
