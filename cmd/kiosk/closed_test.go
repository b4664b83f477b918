package main

import (
	"testing"
	"time"

	"loket/kiosk/seal"
)

// A kiosk that the hub stopped says so, over a restart and without a network, until
// it hears otherwise; what waits in its queue is sent meanwhile.
func TestAKioskThatWasStopped(t *testing.T) {
	f := newField(t)
	f.file(2)
	say := func(command string, reason ...string) {
		t.Helper()
		f.run(nil, hubBin, append([]string{"kiosk", command, "--data", f.hub, f.station.enrolment.Kiosk}, reason...)...)
		f.open(time.Now) // restarted: it asks anew
		f.up.Told = func(st seal.Standing) {
			if err := f.station.heed(st.State); err != nil {
				t.Error(err)
			}
		}
		if err := f.up.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.open(time.Now)
	}
	for _, x := range []struct{ command, want string }{{"suspend", "out.suspended"}, {"revoke", "out.revoked"}, {"restore", ""}} {
		var reason []string
		if x.command != "restore" {
			reason = []string{"diperiksa"}
		}
		say(x.command, reason...)
		if got := f.station.closed(); got != x.want {
			t.Errorf("after %s: %q, want %q", x.command, got, x.want)
		}
	}
	if n := f.waiting(); n != 0 {
		t.Errorf("%d reports wait in the queue of a stopped kiosk", n)
	}
	if got := len(f.cases()); got != 0 {
		t.Errorf("%d cases from a suspended kiosk before they were released", got)
	}
	if out := f.run(nil, hubBin, "kiosk", "release", "--data", f.hub, f.station.enrolment.Kiosk); out == "" {
		t.Error("nothing was said")
	}
	f.arrived(2)
	if _, _, err := try(nil, hubBin, "kiosk", "suspend", "--data", f.hub, "ZZ", "x"); err == nil {
		t.Error("a kiosk that there is not was suspended")
	}
}
