package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/printer"
	"loket/kiosk/printer/printertest"
	"loket/ui"
	"loket/ui/screen"
	"loket/ui/theme"
)

// What somebody types as a printer's address.
func TestTypedPrinterAddresses(t *testing.T) {
	for typed, want := range map[string]string{
		"192.168.1.50": "tcp://192.168.1.50:9100", " 192.168.1.50:9101 ": "tcp://192.168.1.50:9101", "kasir.local": "tcp://kasir.local:9100", "tcp://10.0.0.1:9100": "tcp://10.0.0.1:9100",
		"device:/dev/usb/lp0": "device:/dev/usb/lp0", "cups:KASIR": "cups:KASIR", "ipp://10.0.0.2/ipp/print": "ipp://10.0.0.2/ipp/print",
		"": "", "192.168.1": "", "300.1.1.1": "", "kasir lama": "", "tcp://": "", "serial:/dev/ttyUSB0": "",
	} {
		got, err := printerAddress(typed)
		var why ui.Reason
		if got != want || want == "" && !errors.As(err, &why) {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
}

// setupAt opens the setting up of a folder, without a window.
func setupAt(t *testing.T, dir string) *setup {
	t.Helper()
	x, err := openSetup(t.Context(), dir, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func reasonOf(err error) string {
	var why ui.Reason
	errors.As(err, &why)
	return string(why)
}

// Everything but the window: enrolling with what goes wrong, undoing it, PINs, and what
// is known after a power cut.
func TestSettingUpAgainstARealHub(t *testing.T) {
	o := newOffice(t)
	dir := filepath.Join(t.TempDir(), "kiosk")
	if err := ownFolder(dir); err != nil {
		t.Fatal(err)
	}
	if due, err := setupDue(dir); !due || err != nil {
		t.Fatal("an empty folder serves: ", err)
	}
	hub := "http://" + o.address
	code := func() string {
		return strings.TrimSpace(o.run(nil, hubBin, "kiosk", "add", "--data", o.hub, "--office", "ntt"))
	}
	x := setupAt(t, dir)
	first := code()
	texts := x.words
	for _, c := range []struct{ hub, code, why string }{
		{"http://lacak.example.go.id", first, "setup.office.bad.plain"}, {"ftp://x.y", first, "setup.office.bad.address"}, {hub, first[:9], "setup.office.bad.code"},
		{hub, "00000-00000-00000", "setup.office.bad.refused"}, {"http://" + address(t), first, "setup.office.bad.unreached"},
	} {
		if why := reasonOf(x.enrol(t.Context(), c.hub, c.code)); why != c.why && !(c.why == "setup.office.bad.refused" && why == "setup.office.bad.code") || !texts.Has(why) {
			t.Errorf("%s %s: %q", c.hub, c.code, why)
		}
	}
	if why := reasonOf(x.people(t.Context())); why != "setup.pin.office" || !texts.Has(why) {
		t.Error(why)
	}
	if err := x.enrol(t.Context(), hub, first); err != nil {
		t.Fatal(err)
	}
	if s := x.state(); s.Enrolled == nil || s.Enrolled.Compared || s.Done[screen.SetupOffice] || len(strings.Fields(s.Enrolled.Words)) != 6 {
		t.Fatalf("%+v", s.Enrolled)
	}
	if why := reasonOf(x.enrol(t.Context(), hub, code())); why != "setup.office.bad.holds" {
		t.Error("enrolled twice: ", why)
	}
	// The words differ: nothing is left of it, and another code does.
	if err := x.compared(false); err != nil {
		t.Fatal(err)
	}
	if due, err := setupDue(dir); !due || err != nil || x.state().Enrolled != nil {
		t.Fatal(err)
	}
	if err := x.enrol(t.Context(), hub, code()); err != nil {
		t.Fatal(err)
	}
	// A power cut: the words are asked for again.
	x = setupAt(t, dir)
	if due, err := setupDue(dir); !due || err != nil || x.state().Done[screen.SetupOffice] {
		t.Fatal("a setting up that was cut off serves: ", err)
	}
	if err := x.compared(true); err != nil {
		t.Fatal(err)
	}
	pin := strings.TrimSpace(o.run(nil, hubBin, "receptionist", "add", "--data", o.hub, "--office", "ntt", "Ayu"))
	if err := x.people(t.Context()); err != nil || x.state().People != 1 {
		t.Fatal(x.state().People, err)
	}
	if name, err := x.enter(pin); name != "Ayu" || err != nil {
		t.Fatal(name, err)
	}
	o.stop(syscall.SIGTERM)
	if why := reasonOf(x.people(t.Context())); why != "setup.pin.unreached" || !texts.Has(why) {
		t.Error(why)
	}
	if err := errors.Join(x.language("en"), x.set("screen.width_mm", "527", screen.SetupScreen)); err != nil {
		t.Fatal(err)
	}
	finished := false
	x.part(func() { finished = true }).Finish()
	if due, err := setupDue(dir); due || err != nil || !finished {
		t.Fatal("it is set up and does not serve: ", err)
	}
	s := setupAt(t, dir).state()
	if !s.Done[screen.SetupLanguage] || !s.Done[screen.SetupOffice] || !s.Done[screen.SetupPIN] || s.Done[screen.SetupPrinter] || s.Language.Code != kiosk.English || s.WidthMM != 527 {
		t.Fatalf("%+v", s)
	}
	// A kiosk that was set up by command is, and nothing of it is asked again.
	if due, err := setupDue(o.kiosk); due || err != nil {
		t.Fatal(err)
	}
	if s := setupAt(t, o.kiosk).state(); !s.Done[screen.SetupOffice] || !s.Enrolled.Compared {
		t.Fatalf("%+v", s)
	}
	// One that lost its enrolment but keeps reports says so before a code is used up.
	o.run(o.examples(3), kioskBin, "submit", "--data", o.kiosk)
	if err := os.Remove(filepath.Join(o.kiosk, "enrolment.json")); err != nil {
		t.Fatal(err)
	}
	if why := reasonOf(setupAt(t, o.kiosk).enrol(t.Context(), hub, first)); why != "setup.office.bad.holds" {
		t.Error(why)
	}
}

// A window that nobody touched starts by itself once its kiosk was enrolled by command;
// one that somebody sets up does not.
func TestEnrolledWhileItWaits(t *testing.T) {
	o := newOffice(t)
	for _, touched := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "kiosk")
		if err := ownFolder(dir); err != nil {
			t.Fatal(err)
		}
		x := setupAt(t, dir)
		if touched {
			if err := x.language("id"); err != nil {
				t.Fatal(err)
			}
		}
		starts := make(chan bool, 1)
		go func() { starts <- x.enrolledElsewhere(t.Context()) }()
		code := strings.TrimSpace(o.run(nil, hubBin, "kiosk", "add", "--data", o.hub, "--office", "ntt"))
		o.run(nil, kioskBin, "enrol", "--data", dir, "--hub", "http://"+o.address, "--code", code)
		if <-starts == touched {
			t.Errorf("touched %v", touched)
		}
		if due, err := setupDue(dir); due != touched || err != nil {
			t.Errorf("touched %v: %v, %v", touched, due, err)
		}
	}
}

// twinSetup makes the finger's twin a kiosk that is being set up.
func (f *finger) twinSetup(x *setup, part *ui.Setup) {
	f.t.Helper()
	look, err := theme.New(assets.Files)
	if err != nil {
		f.t.Fatal(err)
	}
	f.twin.Close()
	f.twin = ui.NewSetup(ui.Config{
		Theme: look, Catalogue: x.catalogue, Words: x.words, Languages: x.words.Languages()[:2], WidthMM: 336, BottomMM: 750, Now: time.Now, Setup: part, OnUI: func(g func()) { f.later <- g },
		Idle: time.Hour, IdleWriting: time.Hour, Countdown: time.Hour, ReceiptStays: time.Hour, Attract: time.Hour,
	})
	fyne.CurrentApp().Settings().SetTheme(look)
	f.pane = test.NewTempWindow(f.t, nil)
	f.twin.Attach(f.pane)
	f.pane.Resize(fyne.NewSize(1080, 1920))
}

// A receptionist sets a kiosk up again, from their page and back to home, in the same
// process.
func TestSetUpAgainInAWindow(t *testing.T) {
	o := newOffice(t)
	c := &counterpart{pin: strings.TrimSpace(o.run(nil, hubBin, "receptionist", "add", "--data", o.hub, "--office", "ntt", "Ayu"))}
	c.paper.Store(true)
	paper := &printertest.Printer{}
	byHand := "# Pak Budi\n[screen]\nwidth_mm = 336 # diukur\n[[printer]]\naddress = \"" + paper.ListenTCP(t) + "\"\n"
	if err := os.WriteFile(filepath.Join(o.kiosk, "kiosk.toml"), []byte(byHand), 0o600); err != nil {
		t.Fatal(err)
	}
	f := newFinger(t, "ntt")
	f.front = c
	f.again()
	var log journal
	f.log = &log
	window := f.open(o)
	o.eventually("the kiosk knows its receptionist", func() bool {
		b, err := os.ReadFile(filepath.Join(o.kiosk, "staff.json"))
		return err == nil && strings.Contains(string(b), `"Ayu"`)
	})
	there := func(says string) {
		t.Helper()
		o.eventually(says, func() bool { return strings.Contains(log.String(), says) })
		o.eventually("the window is there again", func() bool {
			out, err := f.command("xdotool", "search", "--onlyvisible", "--name", "^Loket$").Output()
			return err == nil && len(out) > 0
		})
		f.command("xdotool", "sleep", "2").Run()
		f.still()
	}
	f.knock()
	f.enter(c.pin)
	f.await("setup")
	f.settle()
	f.picture("again-1-front")
	f.tap("setup")
	there("set up by staff")
	x := setupAt(t, o.kiosk)
	part := x.part(func() {})
	part.Finish = func() {}
	f.twinSetup(x, part)
	f.picture("again-2-setup")
	f.tap("step sound", "main") // none here
	o.eventually("the sound is set, and nothing else", func() bool {
		b, err := os.ReadFile(filepath.Join(o.kiosk, "kiosk.toml"))
		return err == nil && string(b) == byHand+"\n[sound]\noutput = \"none\"\n"
	})
	f.tap("finish")
	f.again()
	f.command("xdotool", "sleep", "4").Run()
	f.still()
	f.picture("again-3-home")
	f.tap("complaint")
	f.picture("again-4-visit")
	if err := syscall.Kill(window.Process.Pid, 0); err != nil {
		t.Error("it is another process: ", err)
	}
	if err := window.Process.Signal(syscall.SIGTERM); err != nil || window.Wait() != nil {
		t.Error("it does not end well: ", err)
	}
	if due, err := setupDue(o.kiosk); due || err != nil {
		t.Error("it is to be set up anew: ", err)
	}
}

// An empty folder becomes a kiosk by touch alone: all six steps in the real window, a
// power cut in the middle, home, and a report that reaches the hub.
func TestSetUpInAWindow(t *testing.T) {
	o := newOffice(t)
	o.kiosk = filepath.Join(t.TempDir(), "kiosk")
	f := newFinger(t, "ntt")
	var log journal
	f.log = &log
	code := func() string {
		return strings.TrimSpace(o.run(nil, hubBin, "kiosk", "add", "--data", o.hub, "--office", "ntt"))
	}
	pin := strings.TrimSpace(o.run(nil, hubBin, "receptionist", "add", "--data", o.hub, "--office", "ntt", "Ayu"))
	paper := &printertest.Printer{}
	printerAt := strings.TrimPrefix(paper.ListenTCP(t), "tcp://")
	beside := filepath.Join(t.TempDir(), "twin") // with a folder of its own
	if err := ownFolder(beside); err != nil {
		t.Fatal(err)
	}
	twin, theirs := setupAt(t, beside), code()
	part := twin.part(func() {})
	part.Enrol = func(ctx context.Context, hub, _ string) error { return twin.enrol(ctx, hub, theirs) }
	part.Test = func(context.Context) printer.Result { return printer.Result{Outcome: printer.Confirmed} }
	f.twinSetup(twin, part)
	window := f.open(o)
	f.picture("setup-1")
	on := func(name, says string) {
		t.Helper()
		o.eventually(says, func() bool {
			b, err := os.ReadFile(filepath.Join(o.kiosk, name))
			return err == nil && strings.Contains(string(b), says)
		})
	}
	f.tap("main", "main") // the language as it is
	on("kiosk.toml", `languages = ["id", "en"]`)
	f.tap("main") // the office
	f.write("http://" + o.address)
	f.tap("main")
	f.write(strings.ReplaceAll(code(), "-", ""))
	f.picture("setup-2-code")
	f.tap("main")
	f.await("differ")
	on("enrolment.json", o.address)
	f.still()
	f.picture("setup-3-words")
	words := o.run(nil, hubBin, "kiosk", "list", "--data", o.hub)
	var mine string
	x := setupAt(t, o.kiosk)
	if e := x.state().Enrolled; e != nil {
		mine = e.Words
	}
	if mine == "" || strings.Contains(words, "words") && !strings.Contains(words, mine) {
		t.Errorf("the hub has other words than %q: %s", mine, words)
	}

	// The power goes before anybody compared.
	if err := window.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	window.Wait()
	f.tap("later")
	window = f.open(o)
	f.still()
	f.picture("setup-4-cut")
	f.tap("main", "main") // the words are the same
	on("setup.json", `"office":true`)

	f.tap("main") // the printer
	f.tap("type") // while it still looks
	f.write(printerAt)
	f.tap("main", "paper 80mm", "main")
	f.await("broken")
	paper.Settle(3 * time.Second)
	if n := len(paper.Sheets()) - 1; n != 1 { // one hangs out, empty
		t.Fatalf("%d test pages came out: %s", n, log.String())
	}
	f.still()
	f.picture("setup-5-test")
	f.tap("main")
	on("setup.json", `"printer":true`)

	f.tap("main", "inches 27", "smaller", "main") // the screen
	on("kiosk.toml", "width_mm = 33")
	f.tap("main", "main") // no sound here
	on("kiosk.toml", `output = "none"`)
	f.tap("main") // a PIN
	f.settle()    // it fetches them
	on("staff.json", "Ayu")
	f.picture("setup-6-pin")
	f.write(pin)
	f.tap("main")
	f.await("finish")
	on("setup.json", `"pin":true`)
	f.still()
	f.picture("setup-7-all")
	if done := twin.state().Done; !done[screen.SetupPIN] || !done[screen.SetupPrinter] {
		t.Error("the twin went another way: ", done)
	}
	if strings.Contains(log.String(), pin) {
		t.Error("a PIN is in the log")
	}
	f.tap("finish")
	on("setup.json", `"finished":true`)
	if err := syscall.Kill(window.Process.Pid, 0); err != nil {
		t.Error("it is another process: ", err)
	}

	// Home, and a visitor.
	f.again()
	o.eventually("the window is there again", func() bool {
		out, err := f.command("xdotool", "search", "--onlyvisible", "--name", "^Loket$").Output()
		return err == nil && len(out) > 0
	})
	f.command("xdotool", "sleep", "2").Run()
	f.picture("setup-8-home")
	f.tap("suggestion", "main")
	f.write("kursi")
	f.tap("main")
	f.write("sediakan kursi untuk orang tua")
	f.tap("main", "main", "main", "main", "anonymous", "main", "main")
	f.await("done")
	paper.Settle(3 * time.Second)
	if n := len(paper.Sheets()) - 1; n != 2 {
		t.Errorf("%d pages came out", n)
	}
	f.picture("setup-9-receipt")
	o.run(nil, kioskBin, "upload", "--data", o.kiosk, "--once")
	for _, c := range o.arrived(1) {
		if c.Form != "suggestion" {
			t.Errorf("%+v", c)
		}
	}
	if err := window.Process.Signal(syscall.SIGTERM); err != nil || window.Wait() != nil {
		t.Error("it does not end well: ", err)
	}
	b, err := os.ReadFile(filepath.Join(o.kiosk, progressFile))
	var p steps
	if err != nil || json.Unmarshal(b, &p) != nil || !p.Finished || len(p.Done) != len(screen.SetupSteps) {
		t.Errorf("%s %v", b, err)
	}
}
