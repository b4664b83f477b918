package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loket/hub"
)

// Two kiosks from one disk, both used, both uploading by turns: every receipt is a
// case, once, and the ministry is told. So it is when a kiosk is put back to an
// older copy of its disk and used again, and when its database was lost.
func TestFaultCopiedDisk(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	file := func(dir string, n int) (numbers []string) {
		t.Helper()
		numbers, _ = receipts(o.run(o.examples(n), kioskBin, "submit", "--data", dir))
		if len(numbers) != n {
			t.Fatalf("%d receipts of %d", len(numbers), n)
		}
		return numbers
	}
	upload := func(dir string) { t.Helper(); o.run(nil, kioskBin, "upload", "--data", dir, "--once") }
	copied := func(from string) string {
		t.Helper()
		to := filepath.Join(t.TempDir(), "kiosk")
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
		if err := filepath.WalkDir(to, func(path string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			mode := os.FileMode(0o600)
			if d.IsDir() {
				mode = 0o700
			}
			return os.Chmod(path, mode)
		}); err != nil {
			t.Fatal(err)
		}
		return to
	}
	alarms := func() map[hub.AlarmKind]int {
		t.Helper()
		var all []hub.Alarm
		if err := json.Unmarshal([]byte(o.run(nil, hubBin, "alarms", "--data", o.hub, "--json")), &all); err != nil {
			t.Fatal(err)
		}
		kinds := map[hub.AlarmKind]int{}
		for _, a := range all {
			kinds[a.Kind]++
		}
		return kinds
	}
	var shown []string
	verdict := func(fault string, want hub.AlarmKind) {
		t.Helper()
		by := o.arrived(len(shown))
		lost := 0
		for _, n := range shown {
			if _, ok := by[n]; !ok {
				lost++
			}
		}
		row(t, fault, 1, lost, len(by)+lost-len(shown), 0)
		if got := alarms(); got[want] != 1 {
			t.Errorf("%s: alarms %v, want one of %s", fault, got, want)
		}
		if out := o.run(nil, hubBin, "alarms", "--data", o.hub); !strings.Contains(out, string(want)) {
			t.Errorf("hub alarms says %q", out)
		}
	}

	shown = append(shown, file(o.kiosk, 6)...)
	upload(o.kiosk)
	if got := alarms(); len(got) != 0 {
		t.Fatalf("alarms before anything is wrong: %v", got)
	}
	twin := copied(o.kiosk)
	for range 3 {
		shown = append(append(shown, file(o.kiosk, 3)...), file(twin, 3)...)
		upload(twin)
		upload(o.kiosk)
	}
	verdict("two kiosks from one disk, both used", hub.AlarmFork)

	older := copied(o.kiosk)
	shown = append(shown, file(o.kiosk, 3)...)
	upload(o.kiosk)
	upload(older) // says how it stands, though it has nothing to send
	verdict("a kiosk put back to an older copy of its disk", hub.AlarmBackward)
	shown = append(shown, file(older, 3)...)
	upload(older)
	verdict("an older copy of a disk that is used again", hub.AlarmFork)
}
