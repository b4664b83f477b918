package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"loket/kiosk"
	"loket/kiosk/printer"
	"loket/kiosk/printer/printertest"
	"loket/kiosk/staff"
	"loket/ui"
	"loket/ui/screen"
)

// counterpart is the twin's receptionist's part: it stands as the real one does.
type counterpart struct {
	pin   string
	wrong int
	until time.Time
	paper atomic.Bool
	shut  string
}

func (c *counterpart) front() *ui.Front {
	outcome := func() printer.Result {
		if c.paper.Load() {
			return printer.Result{Outcome: printer.Confirmed}
		}
		return printer.Result{Outcome: printer.NotStarted, Fault: printer.PaperOut}
	}
	return &ui.Front{
		Enter: func(pin string) (string, error) {
			switch {
			case time.Now().Before(c.until):
				return "", &staff.WaitError{Until: c.until}
			case pin == c.pin:
				return "Ayu", nil
			}
			if c.wrong++; c.wrong >= 5 {
				c.until = time.Now().Add(30 * time.Second)
				return "", &staff.WaitError{Until: c.until}
			}
			return "", staff.ErrPIN
		},
		Checks: func(context.Context) (all []screen.Check) {
			if c.shut != "" {
				all = append(all, screen.Check{Key: "front.closed.is", Args: []any{"why", screen.Key("out.staff." + c.shut)}, Do: "front.closed.is.do"})
			}
			if !c.paper.Load() {
				all = append(all, screen.Check{Key: "front.printer.paper_out", Do: "front.printer.paper_out.do", Bad: true})
			}
			return append(all, screen.Check{Key: "front.queue.ok"})
		},
		Test:    func(context.Context) printer.Result { return outcome() },
		Reprint: func(context.Context, kiosk.Number, string) (printer.Result, error) { return outcome(), nil },
		Stick:   func(context.Context, func(done, total int)) (ui.Carried, error) { return ui.Carried{}, nil },
		Shut:    func(reason, _ string) error { c.shut = reason; return nil },
		IsShut:  func() bool { return c.shut != "" },
		Restart: func(string) {},
		Setup:   func(string) {},
		Levels:  func() map[string]int { return levels() },
		Level:   func(string, int) error { return nil },
	}
}

// knock touches the emblem five times.
func (f *finger) knock() {
	f.t.Helper()
	floor := f.pane.Content().(*fyne.Container).Objects[0].(desktop.Mouseable)
	for range 5 {
		floor.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(60, 60)}})
		f.press(60, 60, "0.15")
	}
	time.Sleep(pageSettles)
}

// enter types a PIN.
func (f *finger) enter(pin string) {
	f.t.Helper()
	f.write(pin)
	f.tap("main")
	f.settle()
	time.Sleep(time.Second) // the real kiosk compares it with everybody's
}

// A receptionist's morning in the real window: five wrong PINs and the wait, the
// right one, no paper, the receipt again once there is, a report written for a
// visitor, out of service and back, a restart.
func TestAReceptionistInTheRealWindow(t *testing.T) {
	if !*visitors {
		t.Skip("make visitors plays it")
	}
	o := newOffice(t)
	paper := &printertest.Printer{}
	o.printsOn(paper.ListenTCP(t))
	c := &counterpart{pin: strings.TrimSpace(o.run(nil, hubBin, "receptionist", "add", "--data", o.hub, "--office", "ntt", "Ayu"))}
	f := newFinger(t, "ntt")
	f.front = c
	f.again()
	var log journal
	f.log = &log
	window := f.open(o)
	o.eventually("the kiosk knows its receptionist", func() bool {
		b, err := os.ReadFile(filepath.Join(o.kiosk, "staff.json"))
		return err == nil && strings.Contains(string(b), `"Ayu"`) && !strings.Contains(string(b), c.pin)
	})
	paper.SetPaper(0)
	suggestion := func() {
		t.Helper()
		f.tap("suggestion", "main")
		f.write("kursi")
		f.tap("main")
		f.write("sediakan kursi untuk orang tua")
		f.tap("main", "main", "main", "main", "anonymous", "main", "main")
		f.await("done")
		f.settle()
	}
	suggestion()
	f.picture("front-1-receipt")
	f.knock()
	f.picture("front-2-door")
	wrong := "111111"
	if wrong == c.pin {
		wrong = "222222"
	}
	for range 5 {
		f.enter(wrong)
	}
	f.picture("front-3-wait")
	if strings.Count(log.String(), "a PIN was tried") != 5 || strings.Contains(log.String(), "name=Ayu") {
		t.Fatal(log.String())
	}
	time.Sleep(time.Until(c.until) + 2*time.Second)
	f.settle()
	f.enter(c.pin)
	f.await("reprint")
	f.picture("front-4-no-paper")
	if !strings.Contains(log.String(), "name=Ayu") || strings.Contains(log.String(), c.pin) {
		t.Fatal("nobody was let in, or the PIN is in the log: ", log.String())
	}
	f.tap("reprint")
	f.settle()
	f.picture("front-5-not-printed")
	paper.SetPaper(1 << 20)
	c.paper.Store(true)
	time.Sleep(12 * time.Second) // the page looks again
	f.settle()
	f.tap("reprint")
	f.settle()
	paper.Settle(3 * time.Second)
	found := o.read(paper.Sheets())
	if len(found) != 1 {
		t.Fatalf("%d receipts came out: %s", len(found), log.String())
	}
	f.picture("front-6-printed")

	f.tap("assist")
	f.picture("front-7-consent")
	f.tap("consent")
	suggestion()
	f.picture("front-8-helped")
	f.finish()
	paper.Settle(3 * time.Second)

	f.knock()
	f.enter(c.pin)
	f.await("shut")
	f.tap("shut")
	f.picture("front-9-shut")
	f.tap("shut desk")
	f.settle()
	if b, err := os.ReadFile(filepath.Join(o.kiosk, shutFile)); err != nil || string(b) != "desk" {
		t.Fatalf("the kiosk is not closed: %q %v", b, err)
	}
	f.tap("done")
	f.picture("front-10-closed")
	f.knock()
	f.enter(c.pin)
	f.await("open")
	f.tap("open")
	f.settle()
	if _, err := os.Stat(filepath.Join(o.kiosk, shutFile)); !os.IsNotExist(err) {
		t.Fatal("the kiosk is not open again: ", err)
	}
	f.picture("front-11-open")
	f.tap("restart kiosk")
	o.eventually("it starts again", func() bool { return strings.Contains(log.String(), "restarted by staff") })
	o.eventually("the window is there again", func() bool {
		out, err := f.command("xdotool", "search", "--onlyvisible", "--name", "^Loket$").Output()
		return err == nil && len(out) > 0
	})
	if err := syscall.Kill(window.Process.Pid, 0); err != nil {
		t.Error("it is another process: ", err)
	}
	f.command("xdotool", "sleep", "2").Run()
	f.picture("front-12-again")
	if err := window.Process.Signal(syscall.SIGTERM); err != nil || window.Wait() != nil {
		t.Error("it does not end well after a restart: ", err)
	}
	o.run(nil, kioskBin, "upload", "--data", o.kiosk, "--once")
	helped := 0
	for n := range o.arrived(2) {
		var x struct{ Helped *kiosk.Helped }
		if err := json.Unmarshal([]byte(o.run(nil, hubBin, "case", "show", "--data", o.hub, "--json", n)), &x); err != nil {
			t.Fatal(err)
		}
		if x.Helped != nil {
			helped++
			if *x.Helped != (kiosk.Helped{How: kiosk.Assisted, By: "Ayu"}) || found[n] != 0 {
				t.Errorf("%+v", x.Helped)
			}
		}
	}
	if helped != 1 {
		t.Errorf("%d of 2 reports were written by staff", helped)
	}
}

// A form that the hub changed shows up on the idle kiosk within a minute, and not in the
// visit under way.
func TestACatalogueInTheRealWindow(t *testing.T) {
	if !*visitors {
		t.Skip("make visitors looks")
	}
	o := newOffice(t)
	f := newFinger(t, "ntt")
	var log journal
	f.log = &log
	f.open(o)
	f.tap("suggestion", "main")
	f.write("kursi")
	f.settle()
	before := f.still()
	o.run([]byte(usul(t, "4")), hubBin, "catalogue", "publish", "--data", o.hub, "forms/suggestion.toml", "--note", "nama baru")
	published := time.Now()
	within := func(most time.Duration, says string) {
		t.Helper()
		for end := time.Now().Add(most); !strings.Contains(log.String(), says); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("not within %v: %q: %s", most, says, log.String())
			}
		}
	}
	within(time.Minute, "another catalogue is used from the next visit on")
	time.Sleep(20 * time.Second) // longer than the idle window waits
	if strings.Contains(log.String(), "made anew") || f.still() != before {
		t.Fatal("the visit under way was disturbed: ", log.String())
	}
	rest := func() {
		f.tap("main")
		f.write("sediakan kursi untuk orang tua")
		f.tap("main", "main", "main", "main", "anonymous", "main", "main")
		f.finish()
	}
	rest()
	home := time.Now()
	within(time.Minute, "made anew")
	o.eventually("the window is there again", func() bool {
		out, err := f.command("xdotool", "search", "--onlyvisible", "--name", "^Loket$").Output()
		return err == nil && len(out) > 0
	})
	t.Logf("taken up %v after it was published, %v after the visit", time.Since(published).Round(time.Second), time.Since(home).Round(time.Second))
	f.command("xdotool", "sleep", "2").Run()
	f.picture("catalogue-home")
	f.tap("suggestion", "main")
	f.write("kursi")
	rest()
	o.run(nil, kioskBin, "upload", "--data", o.kiosk, "--once")
	versions := map[int]int{}
	for n, c := range o.arrived(2) {
		var x struct{ Version int }
		if err := json.Unmarshal([]byte(o.run(nil, hubBin, "case", "show", "--data", o.hub, "--json", n)), &x); err != nil {
			t.Fatal(err)
		}
		if c.Form == "suggestion" {
			versions[x.Version]++
		}
	}
	if versions[3] != 1 || versions[4] != 1 {
		t.Errorf("filed with versions %v", versions)
	}
}
