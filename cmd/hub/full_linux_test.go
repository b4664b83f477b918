package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A hub whose disk fills says so, and is ready again once there is room.
func TestReadyzOnAFullDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	switch err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=16m,mode=0700"); {
	case errors.Is(err, unix.EPERM):
		t.Skip("a small disk can be made by root alone")
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() { // after serve ended
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	o := serve(t, dir, "--metrics", "127.0.0.1:0")
	ask := func() (int, string) {
		t.Helper()
		resp, err := http.Get(o.base + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	if status, says := ask(); status != http.StatusOK {
		t.Fatalf("%d %s", status, says)
	}
	filler := filepath.Join(dir, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(f, zeros{}); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond) // what was found counts for a second
	status, says := ask()
	if status != http.StatusServiceUnavailable || !strings.Contains(says, "the disk is full: 0 MB of 16 MB are free") {
		t.Errorf("%d %s", status, says)
	}
	t.Log(says)
	_, families := o.scrape()
	if ready, ok := value(families, "loket_hub_ready"); !ok || ready != 0 {
		t.Errorf("the metric says %v", ready)
	}
	if code, found := examined(t, "--data", dir, "--address", o.base); code != exitFailed || !strings.Contains(found["disk"].Says, "0 MB of 16 MB") || !strings.Contains(found["serve"].Says, "the disk is full") {
		t.Errorf("%d %+v", code, found)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond)
	if status, says := ask(); status != http.StatusOK {
		t.Errorf("with room again: %d %s", status, says)
	}
}
