package staff_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"loket/kiosk/seal"
	"loket/kiosk/staff"
)

func TestDoor(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	open := func() *staff.Door {
		d, err := staff.Open(dir, clock)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := open()
	if _, err := d.Enter("123456"); !errors.Is(err, staff.ErrNobody) {
		t.Fatalf("nobody is known: %v", err)
	}
	people := []seal.Receptionist{{Name: "Ayu", PIN: staff.HashPIN("123456")}, {Name: "Budi", PIN: staff.HashPIN("654321")}}
	if err := d.Know(people); err != nil {
		t.Fatal(err)
	}
	for pin, who := range map[string]string{"123456": "Ayu", "654321": "Budi"} {
		if name, err := open().Enter(pin); err != nil || name != who {
			t.Fatalf("%s: %q %v", pin, name, err)
		}
	}
	wait := func(pin string) time.Duration {
		t.Helper()
		_, err := open().Enter(pin) // as after pulling the plug
		var w *staff.WaitError
		if !errors.As(err, &w) {
			if !errors.Is(err, staff.ErrPIN) {
				t.Fatalf("%s: %v", pin, err)
			}
			return 0
		}
		return w.Until.Sub(now)
	}
	for n := range 4 {
		if w := wait("000000"); w != 0 {
			t.Fatalf("after %d wrong ones: %v", n+1, w)
		}
	}
	if w := wait("000000"); w != 30*time.Second {
		t.Fatalf("after five: %v", w)
	}
	if w := wait("123456"); w != 30*time.Second {
		t.Fatalf("the right one while waiting: %v", w)
	}
	now = now.Add(31 * time.Second)
	if w := wait("000000"); w != time.Minute {
		t.Fatalf("after six: %v", w)
	}
	now = now.Add(-48 * time.Hour) // the clock was put back
	if w := wait("123456"); w != 15*time.Minute {
		t.Fatalf("with the clock put back: %v", w)
	}
	now = now.Add(48*time.Hour + 61*time.Second)
	if name, err := open().Enter("123456"); err != nil || name != "Ayu" {
		t.Fatalf("%q %v", name, err)
	}
	if w := wait("000000"); w != 0 {
		t.Fatalf("the right one begins anew, but: %v", w)
	}
	for range 30 {
		now = now.Add(16 * time.Minute)
		if w := wait("000000"); w > 15*time.Minute {
			t.Fatalf("nobody waits longer than a quarter of an hour, but %v", w)
		}
	}
	if err := open().Know(people[:1]); err != nil {
		t.Fatal(err)
	}
	now = now.Add(16 * time.Minute)
	if _, err := open().Enter("654321"); !errors.As(err, new(*staff.WaitError)) {
		t.Fatalf("who was taken off the list: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "staff.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := staff.Open(dir, clock)
	if err == nil {
		t.Fatal("a broken file is passed over")
	}
	if _, err := d.Enter("123456"); !errors.Is(err, staff.ErrNobody) {
		t.Fatalf("a broken file lets somebody in: %v", err)
	}
	info, err := os.Stat(filepath.Join(dir, "staff.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info.Mode(), err)
	}
}

func TestFits(t *testing.T) {
	phc := staff.HashPIN("123456")
	for bad, secret := range map[string]string{phc: "123457", "": "123456", "$argon2id$v=19$m=19456,t=0,p=1$AAAA$AAAA": "", "$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA": "", "$argon2i$": ""} {
		if staff.Fits(bad, secret) {
			t.Errorf("%q fits %q", secret, bad)
		}
	}
	if !staff.Fits(phc, "123456") {
		t.Error("the right PIN does not fit")
	}
}
