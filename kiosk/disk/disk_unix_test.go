//go:build unix

package disk

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestWhoElseMayLook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[os.FileMode]string{0o600: "", 0o640: "a group (0640)", 0o604: "everybody on this machine", 0o664: "everybody on this machine"} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if a, err := Others(path); err != nil || a.String() != want || a.Alone() != (want == "") {
			t.Errorf("%04o: %q, %v", mode, a, err)
		}
	}
	if got, want := Shut(path), "chmod 600 "+path; got != want {
		t.Errorf("%q", got)
	}
	if !Full(&os.PathError{Op: "write", Path: path, Err: syscall.ENOSPC}) {
		t.Error("no room left is not full")
	}
}
