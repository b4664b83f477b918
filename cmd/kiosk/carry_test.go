package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"loket/kiosk/printer"
	"loket/ui"
)

// From the receptionist's page: reports go onto the stick, the hub's word comes back.
func TestAReceptionistCarriesReports(t *testing.T) {
	f := newField(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(f.kiosk, "kiosk.toml"), fmt.Appendf(nil, "[stick]\nfolder = %q\n", dir), 0o600); err != nil {
		t.Fatal(err)
	}
	f.open(time.Now)
	f.file(3)
	carry := func() (ui.Carried, error) {
		t.Helper()
		last := 0
		x, err := f.station.front(new(printer.Spooler), slog.New(slog.DiscardHandler)).stick(t.Context(), func(done, total int) { last = done*100 + total })
		if err == nil && x.Waiting > 0 && last != x.OnStick*100+x.OnStick {
			t.Errorf("the progress ended at %d", last)
		}
		return x, err
	}
	if x, err := carry(); err != nil || x != (ui.Carried{OnStick: 3, Waiting: 3}) {
		t.Fatalf("%+v %v", x, err)
	}
	f.run(nil, hubBin, "import", "--data", f.hub, dir)
	if x, err := carry(); err != nil || x != (ui.Carried{Known: 3}) {
		t.Fatalf("%+v %v", x, err)
	}
	f.arrived(3)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := carry(); !errors.Is(err, ui.ErrNoStick) {
		t.Fatal(err)
	}
}

func TestMountedSticks(t *testing.T) {
	const root = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
	stick := func(at, options string) string {
		return "99 22 8:17 / " + at + " " + options + " shared:9 - vfat /dev/sdb1 rw\n"
	}
	for mounts, want := range map[string]string{
		root: "", "": "", "x\n": "",
		root + stick("/media/loket/STICK", "rw,nosuid"):                                  "/media/loket/STICK",
		root + stick(`/run/media/loket/MY\040STICK`, "rw"):                               "/run/media/loket/MY STICK",
		root + stick("/media/cd", "ro,nosuid") + stick("/media/b", "rw"):                 "/media/b",
		root + stick("/mnt/other", "rw") + stick("/home/media/x", "rw"):                  "",
		root + stick("/media/a", "rw") + stick("/media/b", "rw") + stick("/media/", "x"): "/media/a",
	} {
		if got := ourStick(mountedSticks(mounts)); got != want {
			t.Errorf("%q, want %q, of %s", got, want, mounts)
		}
	}
}
