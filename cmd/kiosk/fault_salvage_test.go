package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The disk cannot write what it was given, at the n-th fsync for every n: the kiosk
// stops, says so, and no receipt was printed for what is not there afterwards.
func TestFaultDiskCannotWrite(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED, strace is not here")
	}
	for _, call := range []string{"fsync", "pwrite64"} {
		name := "the disk fails at " + call + " n while reports are filed"
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newField(t)
			failed := 0
			for n := 1; ; n++ {
				cmd := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace="+call,
					"-e", fmt.Sprintf("inject=%s:error=EIO:when=%d", call, n), kioskBin, "submit", "--data", f.kiosk)
				cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
				var out, errs bytes.Buffer
				cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(drafts(3)), &out, &errs
				err := cmd.Run()
				f.tries++
				if f.printed(out.String()); err == nil && strings.Count(out.String(), "\n") == 3 && n > 20 {
					break
				}
				var exit *exec.ExitError
				if errors.As(err, &exit) {
					failed++
					if exit.ExitCode() != exitDisk && exit.ExitCode() != exitFailed && exit.ExitCode() != exitSetup {
						t.Errorf("at %d it ends with %d: %s", n, exit.ExitCode(), errs.String())
					}
				}
				if n > 300 {
					t.Fatal("never got through: ", err)
				}
			}
			if failed == 0 {
				t.Fatalf("no %s failed: this proves nothing", call)
			}
			t.Logf("%d of %d runs met the failing disk", failed, f.tries)
			f.printed(f.run(drafts(1), kioskBin, "submit", "--data", f.kiosk))
			f.account(name)
		})
	}
}

// The disk goes bad under the open window: the visitor is told that the report was
// not saved, the program ends so that it is started again, and then it has saved
// what was on the disk and takes reports.
func TestFaultDiskUnderTheWindow(t *testing.T) {
	o := newOffice(t)
	o.stop(syscall.SIGTERM)
	numbers, _ := receipts(o.run(drafts(30), kioskBin, "submit", "--data", o.kiosk))
	f := newFinger(t, "ntt")
	var log journal
	f.log = &log
	window := f.open(o)
	f.tap("suggestion", "main")
	f.write("kursi")
	if err := os.Truncate(filepath.Join(o.kiosk, "queue.db"), 100<<10); err != nil {
		t.Fatal(err)
	}
	f.tap("main")
	f.write("sediakan kursi untuk orang tua")
	f.tap("main", "main", "main", "main", "anonymous", "main", "main")
	f.picture("not-saved")
	ended := make(chan error, 1)
	go func() { ended <- window.Wait() }()
	select {
	case err := <-ended:
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitDisk {
			t.Errorf("the window ended with %v: %s", err, log.String())
		}
	case <-time.After(90 * time.Second):
		t.Fatal("the window goes on over a bad disk: ", log.String())
	}
	o.serve()
	log.Reset()
	f.open(o)
	f.picture("started-again")
	if !strings.Contains(log.String(), "put aside") {
		t.Errorf("it says %q", log.String())
	}
	saved := 0
	o.eventually("what was saved arrives", func() bool {
		var waiting struct{ Waiting, Acknowledged int }
		if err := json.Unmarshal([]byte(o.run(nil, kioskBin, "queue", "--data", o.kiosk, "--json")), &waiting); err != nil {
			t.Fatal(err)
		}
		saved = waiting.Acknowledged
		return waiting.Waiting == 0 && saved > 0
	})
	by := o.arrived(saved)
	told := strings.Contains(log.String(), fmt.Sprintf("saved=%d doubtful=0 lost=%d", saved, len(numbers)-saved))
	lost := 0
	if !told {
		lost = len(numbers) - saved
	}
	row(t, "the disk goes bad under the open window", 1, lost, len(by)-saved, 0)
	t.Logf("%d of %d reports were saved from a file cut to 100 KiB; the others were told", saved, len(numbers))
}

// The program that saves what a damaged queue still holds is killed at any moment,
// again and again, until one gets through: every report arrives, once, and the
// damaged file is there.
func TestFaultKilledWhileSalvaging(t *testing.T) {
	t.Parallel()
	const fault = "killed while a damaged queue is salvaged"
	f := newField(t)
	for range tries(4, 40) {
		f.printed(f.run(drafts(20), kioskBin, "submit", "--data", f.kiosk))
		f.open(time.Now)
		if err := f.station.Close(); err != nil {
			t.Fatal(err)
		}
		file, err := os.OpenFile(filepath.Join(f.kiosk, "queue.db"), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteAt(make([]byte, 4096), 0); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if _, errs, err := try(drafts(1), kioskBin, "submit", "--data", f.kiosk); err == nil || !strings.Contains(errs, "check --salvage") {
			t.Fatalf("it files into a damaged queue: %v %s", err, errs)
		}
		killed := 0
		for wait := time.Millisecond; ; wait += time.Duration(rand.IntN(int(8 * time.Millisecond))) {
			cmd := exec.CommandContext(t.Context(), kioskBin, "check", "--salvage", "--data", f.kiosk)
			var errs bytes.Buffer
			cmd.Stderr = &errs
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(wait, func() { cmd.Process.Signal(syscall.SIGKILL) })
			err := cmd.Wait()
			timer.Stop()
			f.tries++
			if err == nil {
				break
			}
			if killed++; wait > 10*time.Second {
				t.Fatal("never got through: ", err, errs.String())
			}
		}
		if killed < 5 {
			t.Errorf("killed only %d times", killed)
		}
	}
	aside, err := filepath.Glob(filepath.Join(f.kiosk, "queue.db.corrupt-*"))
	if err != nil || len(aside) < tries(4, 40) {
		t.Errorf("the damaged files are %v, %v", aside, err)
	}
	f.open(time.Now)
	f.account(fault)
	if out := f.run(nil, hubBin, "alarms", "--data", f.hub); !strings.Contains(out, "lost") {
		t.Errorf("the hub was not told: %s", out)
	}
}
