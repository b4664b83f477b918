package ui

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"loket/kiosk"
	"loket/kiosk/printer"
	"loket/kiosk/words"
	"loket/ui/screen"
)

// bench is a kiosk that is being set up: what was chosen, and how things end.
type bench struct {
	sync.Mutex
	state    screen.Setup
	calls    []string
	fail     error // of the next deed
	found    []screen.FoundPrinter
	result   printer.Result
	wait     chan struct{} // Enrol waits for it
	people   int           // at the hub
	finished int
}

var somePrinters = []screen.FoundPrinter{{Name: "EPSON TM-T82X", Address: "device:/dev/usb/lp0", Paper: "80mm"}, {Name: "Kyocera ECOSYS (CUPS)", Address: "cups:KYOCERA", Paper: "a5"}}

func newBench() *bench {
	return &bench{found: somePrinters, result: printer.Result{Outcome: printer.Confirmed}, people: 2,
		state: screen.Setup{Done: map[string]bool{}, Language: words.Language{Code: "id", Name: "Bahasa Indonesia"}, WidthMM: 336, Sound: "auto"}}
}

// benchHalf was interrupted: enrolled but not compared, a printer that was not tested.
func benchHalf() *bench {
	b := newBench()
	b.state.Done[screen.SetupLanguage] = true
	b.state.Enrolled = &screen.Enrolled{Kiosk: "K7", Office: "Kantor Wilayah Nusa Tenggara Timur", Hub: "https://lacak.example.go.id", Words: "abadi bambu cermin delima elang fajar"}
	b.state.Printer = somePrinters[0]
	return b
}

func benchDone() *bench {
	b := benchHalf()
	for _, step := range screen.SetupSteps {
		b.state.Done[step] = true
	}
	b.state.Enrolled.Compared, b.state.Sound, b.state.Speaks, b.state.People = true, "speaker", true, 3
	b.state.Levels = map[string]int{"volume": 70}
	return b
}

func wordsOf(key string, bad bool, args ...any) func() (string, bool, []any) {
	return func() (string, bool, []any) { return key, bad, args }
}

// holdUp has the hub not answer until it is told to.
func (b *bench) holdUp() (answer func()) {
	wait := make(chan struct{})
	b.Lock()
	defer b.Unlock()
	b.wait = wait
	return func() {
		b.Lock()
		defer b.Unlock()
		close(wait)
		b.wait = nil
	}
}

func (b *bench) waits() chan struct{} {
	b.Lock()
	defer b.Unlock()
	return b.wait
}

func (b *bench) setup() *Setup {
	did := func(step, format string, args ...any) error {
		b.calls = append(b.calls, fmt.Sprintf(format, args...))
		err := b.fail
		if b.fail = nil; err == nil && step != "" {
			b.state.Done[step] = true
		}
		return err
	}
	return &Setup{
		State: func() screen.Setup {
			b.Lock()
			defer b.Unlock()
			now := b.state
			now.Done, now.Levels = maps.Clone(now.Done), maps.Clone(now.Levels)
			if now.Enrolled != nil {
				e := *now.Enrolled
				now.Enrolled = &e
			}
			return now
		},
		Language: func(l kiosk.Language) error {
			b.Lock()
			defer b.Unlock()
			b.state.Language = words.Language{Code: l, Name: string(l)}
			return did(screen.SetupLanguage, "language %s", l)
		},
		Ticket: func(text string) (hub, code string, ok bool) { return strings.Cut(text, "/enrol#") },
		Enrol: func(ctx context.Context, hub, code string) error {
			if wait := b.waits(); wait != nil {
				select {
				case <-wait:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			b.Lock()
			defer b.Unlock()
			if err := did("", "enrol %s %s", hub, code); err != nil {
				return err
			}
			b.state.Enrolled = &screen.Enrolled{Kiosk: "K7", Office: "NTT", Hub: hub, Words: "abadi bambu cermin delima elang fajar"}
			return nil
		},
		Compared: func(same bool) error {
			b.Lock()
			defer b.Unlock()
			if b.state.Enrolled.Compared = same; !same {
				b.state.Enrolled = nil
				return did("", "differ")
			}
			return did(screen.SetupOffice, "same")
		},
		Find: func(context.Context) []screen.FoundPrinter {
			b.Lock()
			defer b.Unlock()
			b.calls = append(b.calls, "find")
			return b.found
		},
		Address: func(typed string) (string, error) {
			if typed == "" {
				return "", Reason("setup.printer.bad")
			}
			return "tcp://" + typed + ":9100", nil
		},
		Printer: func(p screen.FoundPrinter) error {
			b.Lock()
			defer b.Unlock()
			b.state.Printer = p
			step := ""
			if b.state.Done[screen.SetupPrinter] = false; p.Address == "" {
				step = screen.SetupPrinter
			}
			return did(step, "printer %s %s", p.Address, p.Paper)
		},
		Test: func(context.Context) printer.Result {
			b.Lock()
			defer b.Unlock()
			did("", "test")
			return b.result
		},
		CameOut: func() error {
			b.Lock()
			defer b.Unlock()
			return did(screen.SetupPrinter, "whole")
		},
		Width: func(mm float32) error {
			b.Lock()
			defer b.Unlock()
			b.state.WidthMM = mm
			return did(screen.SetupScreen, "width %v", mm)
		},
		Sound: func(o string) error {
			b.Lock()
			defer b.Unlock()
			b.state.Sound = o
			return did(screen.SetupSound, "sound %s", o)
		},
		Level: func(what string, n int) error {
			b.Lock()
			defer b.Unlock()
			b.state.Levels[what] = n
			return nil
		},
		People: func(ctx context.Context) error {
			if wait := b.waits(); wait != nil {
				select {
				case <-wait:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			b.Lock()
			defer b.Unlock()
			err := did("", "people")
			if err == nil {
				b.state.People = b.people
			}
			return err
		},
		Enter: func(pin string) (string, error) {
			if pin != "246810" {
				return "", errors.New("broken disk")
			}
			b.Lock()
			defer b.Unlock()
			return "Ayu", did(screen.SetupPIN, "pin")
		},
		Finish: func() { b.finished++ },
	}
}

// setUp makes the glass one on which a kiosk is being set up.
func (g *glass) setUp(b *bench) {
	g.cfg.Setup = b.setup()
	g.beginSetup()
	g.cfg.WidthMM = map[bool]float32{true: 336, false: 476}[g.sizes.Height > g.sizes.Width]
	if g.sizes.Width == 1280 {
		g.cfg.WidthMM = 332
	}
}

func newSetup(t *testing.T, b *bench) *glass {
	t.Helper()
	g := newGlass(t, 1080, 1920)
	g.cfg.Scanner = true
	g.setUp(b)
	g.turn()
	g.pass(time.Second)
	return g
}

// idle waits until nothing goes on.
func (g *glass) idle() {
	g.t.Helper()
	g.wait(func() bool { return !g.setup.busy })
	g.pass(time.Second)
}

// A person who has never seen it touches the main button until the kiosk starts.
func TestAKioskIsSetUpOnItsScreen(t *testing.T) {
	b := newBench()
	g := newSetup(t, b)
	if !g.says("Enam langkah") || !g.says("Belum diatur") || g.Shown().Touches["finish"] != nil || g.Shown().Touches["call"] != nil {
		t.Fatal(g.texts())
	}
	g.tap("main")
	g.tap("language en")
	if !g.says("Which language comes first?") {
		t.Fatal(g.texts())
	}
	g.tap("language id")
	g.tap("main")
	if !g.says("1 dari 6") {
		t.Fatal(g.texts())
	}

	g.tap("main") // the office
	g.tap("main")
	if !g.says("belum lengkap") {
		t.Fatal("no address passes", g.texts())
	}
	g.write("lacak")
	for _, key := range []string{".", "e", "x", ".go.id"} {
		g.Shown().Keyboard.Key(key).Tap()
	}
	g.tap("main")
	g.write("K7QX9M2QV8N3HD6")
	b.fail = Reason("setup.office.bad.refused")
	g.tap("main")
	g.idle()
	if !g.says("Minta kode baru") {
		t.Fatal(g.texts())
	}
	g.tap("main")
	g.idle()
	if got := b.calls[len(b.calls)-1]; got != "enrol https://lacak.ex.go.id K7QX9M2QV8N3HD6" || !g.says("bambu") || !g.says("buka kios K7") {
		t.Fatal(got, g.texts())
	}
	g.tap("main")

	g.tap("main") // the printer
	g.idle()
	g.tap("printer device:/dev/usb/lp0")
	g.tap("paper 58mm")
	if !g.says("EPSON TM-T82X, Gulungan 58 mm") {
		t.Fatal(g.texts())
	}
	b.result = printer.Result{Outcome: printer.NotStarted, Fault: printer.PaperOut}
	g.tap("main")
	g.idle()
	if !g.says("pasang gulungan baru") {
		t.Fatal(g.texts())
	}
	b.result = printer.Result{Outcome: printer.Unknown}
	g.tap("main")
	g.idle()
	if !g.says("Apakah struk keluar utuh?") {
		t.Fatal(g.texts())
	}
	g.tap("broken")
	if !g.says("Pilih kertas lain") || b.state.Done[screen.SetupPrinter] {
		t.Fatal(g.texts())
	}
	g.tap("other paper")
	g.tap("paper 80mm")
	g.tap("main")
	g.idle()
	g.tap("main") // whole
	if g.says("Belum diuji") || !g.says("EPSON TM-T82X, Gulungan 80 mm") {
		t.Fatal(g.texts())
	}

	b.state.Glass = [2]float32{598, 336}
	g.tap("main") // the screen
	g.tap("inches 32")
	g.tap("says")
	if g.setup.card != 336 {
		t.Fatal(g.setup.card, g.texts())
	}
	g.tap("inches 21.5")
	if !g.says("Gambar selebar 268 mm") {
		t.Fatal(g.texts())
	}
	before := g.sizes.PxPerMM
	held := g.Shown().Touches["larger"]
	for range 50 { // a finger that stays down
		held.Tap()
	}
	if g.setup.card > 225 {
		t.Error("a key held down does not go on: ", g.setup.card)
	}
	g.tap("inches 21.5")
	g.tap("larger")
	g.tap("larger")
	g.tap("smaller")
	if g.sizes.PxPerMM != before {
		t.Error("the page moves while the card is fitted")
	}
	g.tap("main")
	if b.state.WidthMM != 267 || g.sizes.PxPerMM != 1080/float32(267) {
		t.Fatal(b.state.WidthMM, g.sizes.PxPerMM)
	}

	g.tap("main") // the sound
	if g.Shown().Touches["sound speaker"] != nil || !g.says("belum dapat bersuara") {
		t.Fatal("a machine without sound offers it", g.texts())
	}
	g.tap("main")
	if b.state.Sound != "none" {
		t.Fatal(b.state.Sound)
	}

	b.fail = Reason("setup.pin.unreached")
	g.tap("main") // a PIN
	g.idle()
	if !g.says("Pusat tidak terjangkau") {
		t.Fatal(g.texts())
	}
	b.people = 0
	g.tap("fetch")
	g.idle()
	if !g.says("belum mengenal petugas") || !g.says("Minta PIN kepada pengelola") {
		t.Fatal(g.texts())
	}
	b.people = 2
	answer := b.holdUp()
	g.tap("fetch")
	g.write("111111")
	g.tap("main") // without waiting for a hub that does not answer
	g.idle()
	if !g.says("tidak dapat diperiksa") {
		t.Fatal(g.texts())
	}
	answer()
	g.tap("fetch")
	g.idle()
	if !g.says("mengenal 2 petugas") {
		t.Fatal(g.texts())
	}
	g.write("111111")
	g.tap("main")
	g.idle()
	if g.says("broken disk") || !g.says("tidak dapat diperiksa") {
		t.Fatal(g.texts())
	}
	g.write("246810")
	g.tap("main")
	g.idle()
	if !g.says("PIN Ayu berfungsi") || !g.says("Semua langkah selesai") {
		t.Fatal(g.texts())
	}
	g.tap("finish")
	if b.finished != 1 {
		t.Fatal("it does not start")
	}
}

// Whoever was interrupted finds the summary, with what was done kept; a printer that
// was chosen only needs its test.
func TestSetupInterrupted(t *testing.T) {
	b := benchHalf()
	g := newSetup(t, b)
	if !g.says("1 dari 6") || !g.says("Enam kata belum dibandingkan") || !g.says("Belum diuji") || g.Shown().Touches["finish"] != nil {
		t.Fatal(g.texts())
	}
	g.tap("step printer")
	if !g.says("Cetak halaman uji") {
		t.Fatal(g.texts())
	}
	g.tap("back")
	g.tap("step office")
	g.tap("differ")
	if !g.says("Pendaftaran dibatalkan") || !g.says("mencabut kios K7") || b.state.Enrolled != nil || !g.says("Hubungkan kios ke pusat") {
		t.Fatal(g.texts())
	}
	// Somebody walks away in the middle of a code.
	g.setup.written[screen.SetupOffice] = "https://lacak.example.go.id"
	g.tap("main")
	g.write("K7QX")
	g.pass(leftAfter)
	g.Tick()
	if g.setup.page != screen.SetupSummary || len(g.setup.written) != 0 || b.finished != 0 {
		t.Fatal("the code stays", g.setup.page)
	}
	// One that was set up before serves again.
	b = benchDone()
	g.setUp(b)
	g.cfg.Setup.Done = true
	g.turn()
	g.pass(time.Second)
	g.tap("step office")
	if !g.says("Mendaftar ulang tidak dapat dilakukan di layar ini") || g.Shown().Touches["differ"] != nil {
		t.Fatal(g.texts())
	}
	g.pass(leftAfter)
	g.Tick()
	if b.finished != 1 {
		t.Error("a setup that was left keeps the kiosk closed")
	}
}

// The hub's QR code enrols from wherever its page is asked for; anything else is named.
// Connecting can be ended.
func TestSetupByScanner(t *testing.T) {
	b := newBench()
	answer := b.holdUp()
	g := newSetup(t, b)
	g.tap("step office")
	g.types("https://tokopedia.example/x?y=1234567\n", byScanner)
	g.pass(time.Second)
	if !g.says("bukan kode QR kios baru") || len(b.calls) != 0 {
		t.Fatal(g.texts(), b.calls)
	}
	g.types("https://lacak.example.go.id/enrol#K7QX9M2QV8N3HD6\n", byScanner)
	if !g.says("Menghubungi pusat") {
		t.Fatal(g.texts())
	}
	g.pass(time.Second)
	g.tap("back")
	if g.setup.busy || len(b.calls) != 0 {
		t.Fatal("it cannot be ended")
	}
	answer()
	g.pass(time.Second)
	g.types("https://lacak.example.go.id/enrol#K7QX9M2QV8N3HD6\n", byScanner)
	g.idle()
	if len(b.calls) != 1 || b.calls[0] != "enrol https://lacak.example.go.id K7QX9M2QV8N3HD6" || !g.says("Apakah enam kata ini sama?") {
		t.Fatal(b.calls, g.texts())
	}
	g.tap("main")
	g.types("https://lacak.example.go.id/enrol#K7QX9M2QV8N3HD6\n", byScanner)
	if g.setup.busy || len(b.calls) != 2 {
		t.Error("an enrolled kiosk enrols again: ", b.calls)
	}
}

// The four arrow keys alone set a kiosk up, and what fails is told.
func TestSetupByArrowKeys(t *testing.T) {
	b := newBench()
	g := newSetup(t, b)
	key := func(name fyne.KeyName) {
		g.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: name})
		g.pass(time.Second)
	}
	reach := func(id string) {
		t.Helper()
		for i := range 80 {
			if g.focus == id {
				key(fyne.KeyReturn)
				return
			}
			key([]fyne.KeyName{fyne.KeyDown, fyne.KeyRight}[i%2])
		}
		t.Fatal("never at ", id)
	}
	reach("step screen")
	reach("smaller")
	b.fail = errors.New("disk full")
	reach("main")
	if !g.says("Tidak tersimpan") || g.says("disk full") || g.setup.page != screen.SetupScreen {
		t.Fatal(g.texts())
	}
	reach("main")
	if !b.state.Done[screen.SetupScreen] || b.state.WidthMM != 337 {
		t.Fatal(b.state)
	}
	reach("step printer")
	g.idle()
	reach("none")
	if !g.says("Tanpa printer: pengunjung memotret layar") {
		t.Fatal(g.texts())
	}
}

// The receptionist's page leads to it.
func TestSetupFromTheFrontPage(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.staffIn()
	g.tap("setup")
	if g.desk.setup != 1 {
		t.Fatal(g.texts())
	}
}
