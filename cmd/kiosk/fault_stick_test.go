package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"loket/hub"
	"loket/kiosk/enrol"
	"loket/store/queue"
)

// outpost is an office whose kiosks no network reaches once they are enrolled.
type outpost struct {
	*office
	kiosks  []string // data folders
	numbers []string // of the receipts
}

// newOutpost enrols n kiosks and takes the network away.
func newOutpost(t *testing.T, n int) *outpost {
	t.Helper()
	o := &outpost{office: newOffice(t)}
	o.kiosks = []string{o.kiosk}
	for len(o.kiosks) < n {
		dir := filepath.Join(t.TempDir(), "kiosk")
		code := strings.TrimSpace(o.run(nil, hubBin, "kiosk", "add", "--data", o.hub, "--office", "ntt"))
		o.run(nil, kioskBin, "enrol", "--data", dir, "--hub", "http://"+o.address, "--code", code)
		o.kiosks = append(o.kiosks, dir)
	}
	o.stop(syscall.SIGTERM)
	return o
}

func (o *outpost) file(dir string, n int) {
	o.t.Helper()
	numbers, _ := receipts(o.run(drafts(n), kioskBin, "submit", "--data", dir))
	if len(numbers) != n {
		o.t.Fatalf("%d receipts of %d", len(numbers), n)
	}
	o.numbers = append(o.numbers, numbers...)
}

func (o *outpost) count(dir string) (c queue.Count) {
	o.t.Helper()
	if err := json.Unmarshal([]byte(o.run(nil, kioskBin, "queue", "--data", dir, "--json")), &c); err != nil {
		o.t.Fatal(err)
	}
	return c
}

// id is the first kiosk's two symbols.
func (o *outpost) id() string {
	o.t.Helper()
	e, err := enrol.Load(o.kiosk)
	if err != nil {
		o.t.Fatal(err)
	}
	return e.Kiosk
}

// leaked counts the files under some folders that hold words of an answer.
func (o *outpost) leaked(dirs ...string) (n int) {
	o.t.Helper()
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			if bytes.Contains(b, []byte(secret)) {
				o.t.Errorf("%s holds words of an answer", path)
				n++
			}
			return err
		})
		if err != nil {
			o.t.Error(err)
		}
	}
	return n
}

// verdict lets the hub open what it was brought, and compares it with the receipts.
func (o *outpost) verdict(fault string, tries int, sticks ...string) {
	o.t.Helper()
	o.serve()
	by := o.arrived(len(o.numbers))
	o.stop(syscall.SIGTERM)
	lost := 0
	for _, n := range o.numbers {
		if _, ok := by[n]; !ok {
			lost++
		}
	}
	row(o.t, fault, tries, lost, len(by)+lost-len(o.numbers), o.leaked(append(sticks, o.kiosks...)...))
	var alarms []hub.Alarm
	if err := json.Unmarshal([]byte(o.run(nil, hubBin, "alarms", "--data", o.hub, "--json")), &alarms); err != nil || len(alarms) > 0 {
		o.t.Errorf("alarms %+v, %v", alarms, err)
	}
}

// Five hundred reports of three kiosks go to the hub on sticks, each once; what it
// signed comes back, and what is in a backup and old enough is dropped at the kiosks.
func TestFaultNoNetworkEver(t *testing.T) {
	t.Parallel()
	o := newOutpost(t, 3)
	shared, second := t.TempDir(), t.TempDir() // one stick makes the round, one goes by turns with it
	trips := 0
	for trip, stick := range []string{shared, second, shared} {
		for i, n := range [][]int{{100, 50, 20}, {120, 30, 10}, {101, 40, 29}}[trip] {
			o.file(o.kiosks[i], n)
			if out := o.run(nil, kioskBin, "export", "--data", o.kiosks[i], stick); !strings.Contains(out, "reports are on the stick") {
				t.Error(out)
			}
			trips++
		}
		o.run(nil, hubBin, "import", "--data", o.hub, stick)
		again := o.run(nil, hubBin, "import", "--data", o.hub, stick)
		for line := range strings.Lines(again) {
			if strings.Contains(line, ".LKT") && !strings.Contains(line, ": 0 stored, ") {
				t.Errorf("imported twice, it says %s", line)
			}
		}
		if trip == 1 {
			continue // it comes back late
		}
		for _, dir := range o.kiosks {
			o.run(nil, kioskBin, "import", "--data", dir, stick)
		}
	}
	if len(o.numbers) != 500 {
		t.Fatal(len(o.numbers), "reports")
	}
	for _, dir := range o.kiosks {
		o.run(nil, kioskBin, "import", "--data", dir, second)
		if c := o.count(dir); c.Waiting != 0 || c.Quarantined != 0 || c.Purged != 0 {
			t.Errorf("%+v", c)
		}
	}
	for _, stick := range []string{shared, second} {
		if left, _ := filepath.Glob(filepath.Join(stick, "LOKET", "*", "*.LKT*")); len(left) > 0 {
			t.Errorf("on the stick are still %q", left)
		}
	}
	o.verdict("500 reports by stick, three kiosks without a network", trips, shared, second)

	// What the kiosks drop goes by the hub's backups and clock. The first round tells
	// of the acknowledgements' age anew, as if the reports had come five weeks ago.
	round := func() (purged int) {
		t.Helper()
		for _, dir := range o.kiosks {
			o.run(nil, kioskBin, "export", "--data", dir, shared)
		}
		o.run(nil, hubBin, "import", "--data", o.hub, shared)
		for _, dir := range o.kiosks {
			o.run(nil, kioskBin, "import", "--data", dir, shared)
			purged += o.count(dir).Purged
		}
		return purged
	}
	o.run(nil, hubBin, "backup", "--data", o.hub, filepath.Join(t.TempDir(), "early.db"))
	if n := round(); n != 0 {
		t.Errorf("%d dropped at once", n)
	}
	for _, dir := range o.kiosks {
		db, err := sql.Open("sqlite", filepath.Join(dir, "queue.db"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.ExecContext(t.Context(), `update envelope set acked_at = acked_at - $1`, int((queue.Retention+time.Hour)/time.Second))
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	o.file(o.kiosks[0], 1) // too new to be dropped, and in no backup
	if n := round(); n != 500 {
		t.Errorf("%d of 500 dropped, which are in a backup and five weeks old", n)
	}
	o.verdict("500 reports dropped at the kiosks after a backup", 2, shared)
}

// The stick is pulled out, or fails, at each write: what is on it is imported, what
// is not waits, and the next export goes on from there.
func TestFaultStickFails(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED, strace is not here")
	}
	for name, inject := range map[string]string{
		"kiosk export killed at write n":  "write:signal=KILL",
		"kiosk export killed at fsync n":  "fsync:signal=KILL",
		"a stick's fsync n fails":         "fsync:error=EIO",
		"a stick's rename n fails":        "renameat:error=EIO",
		"kiosk export killed at rename n": "renameat:signal=KILL",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOutpost(t, 1)
			o.file(o.kiosk, 130)
			stick := t.TempDir()
			tries := 0
			for n := 1; ; n++ {
				if n > 300 {
					t.Fatal("never got through")
				}
				call, _, _ := strings.Cut(inject, ":")
				cmd := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace="+call,
					"-e", fmt.Sprintf("inject=%s:when=%d", inject, n), kioskBin, "export", "--data", o.kiosk, stick)
				cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
				err := cmd.Run()
				tries++
				if err == nil {
					break
				}
				// What there is goes to the hub at once, cut off or not.
				try(nil, hubBin, "import", "--data", o.hub, stick)
				if n%3 == 0 {
					try(nil, kioskBin, "import", "--data", o.kiosk, stick)
				}
			}
			o.run(nil, kioskBin, "export", "--data", o.kiosk, stick)
			o.run(nil, hubBin, "import", "--data", o.hub, stick)
			o.run(nil, kioskBin, "import", "--data", o.kiosk, stick)
			if c := o.count(o.kiosk); c.Waiting != 0 {
				t.Errorf("%+v", c)
			}
			o.verdict(name, tries, stick)
		})
	}
}

// killedAt is a command of the kiosk that is killed when it waits for a disk for the
// n-th time.
func killedAt(t *testing.T, strace string, n int, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), strace, append([]string{"-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync",
		"-e", fmt.Sprintf("inject=fsync:signal=KILL:when=%d", n), kioskBin}, args...)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	return cmd
}

// The stick is pulled out at any moment: what was not yet synced is gone or half
// there. What an export that ended well said is on the stick is on it.
func TestFaultStickPulledOut(t *testing.T) {
	// Not beside others: this process serves the disk that it has files open on, and Go
	// may wait for ever if it starts a program in such a moment.
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED, strace is not here")
	}
	stick := t.TempDir()
	disk, why := mountLossy(t, stick)
	if disk == nil {
		t.Skip("SKIPPED, no disk that forgets can be mounted here: ", why)
	}
	o := newOutpost(t, 1)
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	pulled := tries(10, 100)
	for n := range pulled {
		o.file(o.kiosk, 30)
		cmd := killedAt(t, strace, 1+n%10, "export", "--data", o.kiosk, stick)
		ended := cmd.Run() == nil
		if err := disk.cut(r); err != nil {
			t.Fatal(err)
		}
		out, errs, err := try(nil, hubBin, "import", "--data", o.hub, stick)
		if ended && err != nil {
			t.Errorf("the export ended well, and the hub says %s%s", out, errs)
		}
		if n%2 == 0 { // and while the hub's word is read
			killedAt(t, strace, 1+n%5, "import", "--data", o.kiosk, stick).Run()
			if err := disk.cut(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d bytes forgotten in %d cuts", disk.forgotten, pulled)
	if disk.forgotten == 0 {
		t.Error("nothing was unsynced at any cut: this proves nothing")
	}
	o.run(nil, kioskBin, "export", "--data", o.kiosk, stick)
	o.run(nil, hubBin, "import", "--data", o.hub, stick)
	o.run(nil, kioskBin, "import", "--data", o.kiosk, stick)
	if c := o.count(o.kiosk); c.Waiting != 0 {
		t.Errorf("%+v", c)
	}
	if left, _ := filepath.Glob(filepath.Join(stick, "LOKET", "*", "*.LKT*")); len(left) > 0 {
		t.Errorf("on the stick are still %q", left)
	}
	o.verdict("a stick is pulled out: unsynced sectors lost or torn", pulled, stick)
}

// A stick without room takes what it can, in plain words, and nothing is lost.
func TestFaultStickFull(t *testing.T) {
	t.Parallel()
	stick := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", stick).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, a small disk cannot be mounted here: %s", bytes.TrimSpace(out))
	}
	t.Cleanup(func() { exec.Command("umount", "-l", stick).Run() })
	o := newOutpost(t, 1)
	o.file(o.kiosk, 150)
	trips := 0
	for o.count(o.kiosk).Waiting > 0 {
		if trips++; trips > 20 {
			t.Fatal("the stick never took the rest")
		}
		_, errs, err := try(nil, kioskBin, "export", "--data", o.kiosk, stick)
		if err != nil && (!strings.Contains(errs, "the stick is full") || !strings.Contains(errs, "more wait here and nothing is lost")) {
			t.Error(errs)
		}
		if trips == 1 && err == nil {
			t.Error("the stick did not get full")
		}
		o.run(nil, hubBin, "import", "--data", o.hub, stick)
		o.run(nil, kioskBin, "import", "--data", o.kiosk, stick)
	}
	o.verdict("a stick is full, trip after trip", trips, stick)
}

// Old sticks, strange sticks, and what the commands say of them.
func TestSticksThatAreWrong(t *testing.T) {
	o := newOutpost(t, 1)
	o.file(o.kiosk, 5)
	stick := t.TempDir()
	if _, errs, err := try(nil, kioskBin, "import", "--data", o.kiosk, stick); err == nil || !strings.Contains(errs, "right stick") {
		t.Error(errs)
	}
	if _, errs, err := try(nil, hubBin, "import", "--data", o.hub, stick); err == nil || !strings.Contains(errs, "nothing of a kiosk") {
		t.Error(errs)
	}
	o.run(nil, kioskBin, "export", "--data", o.kiosk, stick)
	file, err := filepath.Glob(filepath.Join(stick, "LOKET", "*", "*.LKT"))
	if err != nil || len(file) != 1 {
		t.Fatal(file, err)
	}
	b, err := os.ReadFile(file[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file[0], int64(len(b)-10)); err != nil {
		t.Fatal(err)
	}
	out, errs, err := try(nil, hubBin, "import", "--data", o.hub, stick)
	if err == nil || !strings.Contains(out, "4 stored") || !strings.Contains(out, "4 of 5 are whole; export again") || !strings.Contains(errs, "what was is stored") {
		t.Error(out, errs, err)
	}
	// A hub that does not know the kiosk takes nothing from it.
	elsewhere := t.TempDir()
	if out, _, err := try(nil, hubBin, "import", "--data", elsewhere, stick); err == nil || !strings.Contains(out, "not one of this hub's") {
		t.Error(out, err)
	}
	// What a kiosk's own disk is is no stick.
	if _, errs, _ := try(nil, kioskBin, "export", "--data", o.kiosk, stick); !strings.Contains(errs, "is the stick mounted there?") {
		t.Error(errs)
	}
	o.run(nil, hubBin, "import", "--data", o.hub, stick)
	o.run(nil, kioskBin, "import", "--data", o.kiosk, stick)
	// A kiosk that was stopped hears of it, and that it may go on.
	for _, x := range []struct{ command, file string }{{"suspend", suspendedFile}, {"restore", ""}} {
		args := []string{"kiosk", x.command, "--data", o.hub, o.id()}
		if x.file != "" {
			args = append(args, "diperiksa")
		}
		o.run(nil, hubBin, args...)
		o.run(nil, kioskBin, "export", "--data", o.kiosk, stick)
		o.run(nil, hubBin, "import", "--data", o.hub, stick)
		o.run(nil, kioskBin, "import", "--data", o.kiosk, stick)
		if _, err := os.Stat(filepath.Join(o.kiosk, suspendedFile)); (err == nil) != (x.file != "") {
			t.Errorf("after %s: %v", x.command, err)
		}
	}
	o.run(nil, hubBin, "keys", "rotate", "--data", o.hub)
	o.run(nil, kioskBin, "export", "--data", o.kiosk, stick)
	o.run(nil, hubBin, "import", "--data", o.hub, stick)
	o.run(nil, kioskBin, "import", "--data", o.kiosk, stick)
	if e, err := enrol.Load(o.kiosk); err != nil || e.Bundle.Version != 2 {
		t.Error("the new keys did not come by stick: ", err)
	}
	// Two sticks arrive in the other order than they were written: no alarm.
	later := t.TempDir()
	o.file(o.kiosk, 2)
	o.run(nil, kioskBin, "export", "--data", o.kiosk, stick)
	o.file(o.kiosk, 3)
	o.run(nil, kioskBin, "export", "--data", o.kiosk, later)
	for _, s := range []string{later, stick} {
		o.run(nil, hubBin, "import", "--data", o.hub, s)
	}
	for _, s := range []string{stick, later} {
		o.run(nil, kioskBin, "import", "--data", o.kiosk, s)
	}
	if c := o.count(o.kiosk); c.Waiting != 0 {
		t.Errorf("%+v", c)
	}
	o.verdict("sticks that are cut off, strange, old or late", 8, stick, later)
}
