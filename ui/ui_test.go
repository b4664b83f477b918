package ui

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/printer"
	"loket/kiosk/published"
	"loket/kiosk/receipt"
	"loket/kiosk/staff"
	"loket/kiosk/track"
	"loket/kiosk/words"
	"loket/ui/screen"
	"loket/ui/theme"
	"loket/ui/widget"
)

// glass is a kiosk under the test driver, with its clock in our hands.
type glass struct {
	*Kiosk
	t     *testing.T
	mu    sync.Mutex
	clock time.Time
	filed []kiosk.Draft
	fail  error
	hub   kiosk.Tracking
	// How each receipt ends, confirmed if nil; and whose secret was wiped since.
	prints func() printer.Result
	wiped  []kiosk.Number
	later  chan func() // what other goroutines want done on this one
	shelf  *published.Index
	desk   desk
}

// desk is what a receptionist did, and how the kiosk is said to be.
type desk struct {
	mu      sync.Mutex
	tries   int
	wait    time.Time // no PIN is taken before
	checks  []screen.Check
	shut    string
	again   int // restarts
	setup   int // goings to the setup
	prints  []string
	outcome printer.Result
	gone    error
	levels  map[string]int
	stick   func(context.Context) error
	stale   bool
	renewed int
}

func (g *glass) frontDesk() *Front {
	d := &g.desk
	d.outcome = printer.Result{Outcome: printer.Confirmed}
	d.levels = map[string]int{"volume": 50}
	here := g.clock.In(kiosk.Zone("WITA"))
	d.checks = []screen.Check{{Key: "front.printer.paper_out", Do: "front.printer.paper_out.do", Bad: true}, {Key: "front.queue.ok"}, {Key: "front.disk.ok", Args: []any{"free", "12.0"}},
		{Key: "front.hub.ok", Args: []any{"when", here}}, {Key: "front.clock.ok", Args: []any{"when", here}}, {Key: "front.paper.near", Do: "front.paper.near.do"}}
	return &Front{
		Enter: func(pin string) (string, error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			switch {
			case g.now().Before(d.wait):
				return "", &staff.WaitError{Until: d.wait}
			case pin == "246810":
				d.tries = 0
				return "Ayu", nil
			}
			if d.tries++; d.tries >= 5 {
				d.wait = g.now().Add(30 * time.Second)
				return "", &staff.WaitError{Until: d.wait}
			}
			return "", staff.ErrPIN
		},
		Checks: func(context.Context) []screen.Check { d.mu.Lock(); defer d.mu.Unlock(); return d.checks },
		Test: func(context.Context) printer.Result {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.prints = append(d.prints, "test")
			return d.outcome
		},
		Reprint: func(_ context.Context, n kiosk.Number, by string) (printer.Result, error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.prints = append(d.prints, string(n)+" "+by)
			return d.outcome, d.gone
		},
		Stick: func(ctx context.Context, progress func(done, total int)) (Carried, error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			if progress(3, 10); d.stick == nil {
				return Carried{OnStick: 10, Waiting: 10}, nil
			}
			return Carried{OnStick: 4, Waiting: 10}, d.stick(ctx)
		},
		Shut:    func(reason, by string) error { d.shut = reason; return nil },
		IsShut:  func() bool { return d.shut != "" },
		Restart: func(string) { d.again++ },
		Setup:   func(string) { d.setup++ },
		Levels:  func() map[string]int { return d.levels },
		Level:   func(what string, n int) error { d.levels[what] = n; return nil },
	}
}

func (g *glass) now() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.clock
}

func (g *glass) pass(d time.Duration) {
	g.mu.Lock()
	g.clock = g.clock.Add(d)
	g.mu.Unlock()
}

func newGlass(t *testing.T, width, height float32) *glass {
	t.Helper()
	return newGlassWith(t, width, height, assets.Files)
}

// newGlassWith makes one with other words and forms than its own.
func newGlassWith(t *testing.T, width, height float32, files fs.FS) *glass {
	t.Helper()
	test.NewTempApp(t)
	catalogue, err := form.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := words.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	look, err := theme.New(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	fyne.CurrentApp().Settings().SetTheme(look)
	g := &glass{t: t, later: make(chan func(), 1000), clock: time.Date(2026, 11, 24, 1, 42, 0, 0, time.UTC)}
	vocabulary, err := published.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	list, err := vocabulary.Example(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	list.Example, list.Version = false, 1
	g.shelf = published.NewIndex(vocabulary, list)
	office, _ := catalogue.Office("ntt")
	office.Hours = "Mo-Th 07:30-16:00; Fr 07:30-11:30,13:00-16:30"
	mm := float32(336)
	switch {
	case width == 1280:
		mm = 332
	case width > height:
		mm = 476
	}
	front := g.frontDesk()
	g.Kiosk = New(Config{
		Front: front, Stale: func() bool { return g.desk.stale }, Renew: func() { g.desk.renewed++ },
		Closed: func() string {
			if g.desk.shut != "" {
				return "out.staff." + g.desk.shut
			}
			return ""
		},
		Theme: look, Catalogue: catalogue, Words: texts, Languages: texts.Languages()[:2], Office: office, WidthMM: mm, BottomMM: 750, Now: g.now,
		File: func(_ context.Context, d kiosk.Draft) (receipt.Receipt, error) {
			g.mu.Lock()
			defer g.mu.Unlock()
			if g.fail != nil {
				return receipt.Receipt{}, g.fail
			}
			d, problems := catalogue.Check(d, g.clock.In(office.Location()))
			if len(problems) > 0 {
				return receipt.Receipt{}, problems
			}
			g.filed = append(g.filed, d)
			f := catalogue.Form(d.Form)
			if f.Opinion {
				return receipt.Receipt{}, nil
			}
			return receipt.Receipt{Number: "K74QX9M2", Code: "QV8N3HD6W", URL: "HTTPS://LACAK.EXAMPLE.GO.ID/T#K74QX9M2-QV8N3HD6W",
				Due: time.Date(2026, 12, 4, 0, 0, 0, 0, time.UTC), Title: f.Receipt, Next: f.Next,
				Missing: f.Missing(d), MissingBy: time.Date(2026, 12, 8, 0, 0, 0, 0, time.UTC)}, nil
		},
		Print: func(context.Context, receipt.Receipt) printer.Result {
			if g.prints != nil {
				return g.prints()
			}
			return printer.Result{Outcome: printer.Confirmed}
		},
		Settle: func(n kiosk.Number) {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.wiped = append(g.wiped, n)
		},
		Track:     func(context.Context, kiosk.Number, kiosk.Code) (kiosk.Tracking, error) { return g.hub, g.fail },
		Connected: func() bool { return true },
		Published: func() *published.Index { return g.shelf },
		OnUI:      func(f func()) { g.later <- f },
		Idle:      time.Minute, IdleWriting: 2 * time.Minute, Countdown: 30 * time.Second, ReceiptStays: 2 * time.Minute, Attract: 90 * time.Second,
	})
	w := test.NewTempWindow(t, nil)
	g.Attach(w)
	t.Cleanup(g.Close)
	w.Resize(fyne.NewSize(width, height))
	g.pass(time.Second)
	return g
}

// tap touches what is named, where it is, through the driver's own events.
func (g *glass) tap(name string) {
	g.t.Helper()
	touch := g.Shown().Touches[name]
	if touch == nil {
		g.t.Fatalf("nothing named %q to touch here: %v", name, g.texts())
	}
	g.press(touch)
	g.pass(time.Second)
}

func (g *glass) press(touch *widget.Touch) {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(touch).AddXY(5, 5)
	e := &desktop.MouseEvent{PointEvent: fyne.PointEvent{AbsolutePosition: at}}
	touch.MouseDown(e)
	e.AbsolutePosition = at.AddXY(9, -7) // a finger shakes
	touch.MouseUp(e)
}

func (g *glass) words() words.Words { return g.cfg.Words.In(g.visit.Language()) }

// write types on the keyboard shown, key by key.
func (g *glass) write(text string) {
	g.t.Helper()
	for _, r := range text {
		b := g.Shown().Keyboard
		if b == nil {
			g.t.Fatalf("no keyboard to write %q", text)
		}
		label := string(r)
		if r == ' ' {
			label = g.words().T("key.space")
		}
		key := b.Key(label)
		if key == nil { // another layer or case
			if k := b.Key("?123"); k != nil && strings.ContainsRune("0123456789@#%&*-+=()!?\"':;/_€", r) {
				g.press(k)
			} else if k := b.Key("abc"); k != nil {
				g.press(k)
			}
			if key = b.Key(label); key == nil && b.Key(g.words().T("key.shift")) != nil {
				g.press(b.Key(g.words().T("key.shift")))
				key = b.Key(label)
			}
		}
		if key == nil {
			g.t.Fatalf("no key for %q", label)
		}
		g.press(key)
	}
	g.pass(time.Second)
}

// wait waits for what runs behind the screen.
func (g *glass) wait(until func() bool) {
	g.t.Helper()
	timeout := time.After(30 * time.Second)
	for !until() {
		select {
		case f := <-g.later:
			f()
		case <-timeout:
			g.t.Fatalf("waited in vain; on the screen: %v", g.texts())
		}
	}
	g.pass(time.Second)
}

// texts are all words on the glass.
func (g *glass) texts() (all []string) {
	walk(g.window.Content(), fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		if t, ok := o.(*canvas.Text); ok && t.Text != "" {
			all = append(all, t.Text)
		}
	})
	return all
}

func (g *glass) says(sentence string) bool {
	return strings.Contains(strings.Join(g.texts(), " "), sentence)
}

func walk(o fyne.CanvasObject, at fyne.Position, f func(fyne.CanvasObject, fyne.Position)) {
	if !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	f(o, at)
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			walk(c, at, f)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			walk(c, at, f)
		}
	}
}

func (g *glass) complaint() {
	g.t.Helper()
	g.tap("complaint")
	g.tap("main")
	g.write("Loket tutup")
	g.tap("main")
	g.write("Loket 3 tutup sejak pagi. Tidak ada petugas!")
	g.tap("main")
	g.tap("2026-11-24")
	g.tap("main")
	g.write("Loket 3")
	g.tap("main") // service
	g.tap("main") // office, skipped
	g.tap("main") // wish
	g.tap("main") // identity
}

func TestAnAnonymousComplaintByTouchAlone(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.complaint()
	g.tap("anonymous")
	g.tap("main")
	if !g.says("Periksa sebelum dikirim") || g.says("Nama") {
		t.Fatal(g.texts())
	}
	g.tap("main")
	g.wait(func() bool { return g.at == receiptShown && g.print.Key == "print.done" })
	if len(g.filed) != 1 || g.filed[0].Identity != kiosk.Anonymous || g.filed[0].Answers["description"] != "Loket 3 tutup sejak pagi. Tidak ada petugas!" || g.filed[0].Answers["title"] != "Loket tutup" {
		t.Errorf("%+v", g.filed)
	}
	if !g.says("K7 4QX9M2") || !g.says("QV8N3 HD6W") || !g.says("4 Desember 2026") || g.says("tutup") {
		t.Error(g.texts())
	}
	g.tap("done")
	if !g.says("Mudahkah") || g.says("QV8N3") {
		t.Error(g.texts())
	}
	g.tap("rate 4")
	g.wait(func() bool { g.mu.Lock(); defer g.mu.Unlock(); return len(g.filed) == 2 })
	if d := g.filed[1]; d.Form != "ease" || d.Answers["ease"] != "4" || d.Identity != kiosk.Anonymous {
		t.Errorf("%+v", d)
	}
	g.pass(6 * time.Second)
	g.Tick()
	if !g.says("Apa yang bisa kami bantu?") {
		t.Error(g.texts())
	}
}

func TestChangingAnAnswerComesBackToTheReview(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.complaint()
	g.tap("named")
	g.tap("main")
	g.tap("person")
	g.tap("main")
	g.tap("main") // a name is needed
	if !g.says("perlu diisi") {
		t.Fatal(g.texts())
	}
	g.write("Contoh Satu")
	for range 4 {
		g.tap("main")
	}
	if !g.says("C••••• S•••••") || g.says("Contoh Satu") {
		t.Fatal("the name is not masked:", g.texts())
	}
	g.tap("reveal")
	if !g.says("Contoh Satu") {
		t.Fatal(g.texts())
	}
	g.tap("change title")
	g.write(" terus")
	g.tap("main")
	if !g.says("Loket tutup terus") || !g.says("Periksa") {
		t.Fatal(g.texts())
	}
	g.tap("change identity")
	g.tap("anonymous")
	g.tap("main")
	g.tap("main")
	g.wait(func() bool { return g.at == receiptShown })
	if _, named := g.filed[0].Answers["name"]; named {
		t.Error("an anonymous report carries the name typed before")
	}
}

func TestAnInformationRequest(t *testing.T) {
	g := newGlass(t, 1920, 1080)
	g.tap("language")
	g.tap("information")
	if !g.says("The law asks for a name") {
		t.Fatal(g.texts())
	}
	g.tap("main")
	g.tap("main") // nothing looked for
	g.write("Budget of 2025")
	g.tap("main")
	g.write("Research")
	g.tap("main")
	g.tap("copy_digital")
	g.tap("main")
	g.tap("email")
	g.tap("main")
	g.tap("person")
	g.tap("main")
	g.write("Sample One")
	g.tap("main")
	g.write("53710101019000")
	g.tap("main")
	if !g.says("You have entered 14") {
		t.Fatal(g.texts())
	}
	g.write("01")
	g.tap("main")
	g.write("1 Example Street")
	g.tap("main")
	g.tap("main") // occupation
	g.tap("main") // phone
	g.write("a")
	g.press(g.Shown().Keyboard.Key("@gmail.com"))
	g.tap("main")
	g.tap("yes") // news by e-mail
	g.tap("main")
	g.tap("main")
	g.wait(func() bool { return g.at == receiptShown })
	if a := g.filed[0].Answers; a["email"] != "a@gmail.com" || a["notify"] != "yes" || a["nik"] != "5371010101900001" || a["obtain"] != "copy_digital" {
		t.Errorf("%+v", a)
	}
}

// A foreigner objects, naming an earlier request by its number.
func TestAnObjection(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.tap("objection")
	g.tap("main")
	g.write("K7000000") // the check symbol is off
	g.tap("main")
	if !g.says("keliru") {
		t.Fatal(g.texts())
	}
	for range 8 {
		g.press(g.Shown().Keyboard.Key("Hapus"))
	}
	number := string(track.Secret("K70QX1M"))
	g.write(number)
	g.tap("main")
	g.tap("late")
	g.tap("main")
	g.write("Terlambat sekali")
	g.tap("main")
	g.tap("foreigner")
	g.tap("main")
	g.write("Sample Four")
	g.tap("main")
	if g.says("NIK") || !g.says("paspor") {
		t.Fatal(g.texts())
	}
	g.write("X0000004")
	g.tap("main")
	g.write("Jalan Contoh 4")
	g.tap("main")
	g.tap("main") // occupation
	g.write("081234567890")
	g.tap("main")
	g.tap("main") // e-mail
	g.tap("main")
	g.wait(func() bool { return g.at == receiptShown })
	if a := g.filed[0].Answers; a["request"] != number || a["ground"] != "late" || a["passport"] != "X0000004" || a["nik"] != "" {
		t.Errorf("%+v", a)
	}
	if !g.says("kartu identitas") {
		t.Error("the screen does not say what is missing:", g.texts())
	}
}

func TestASurveyGivesNoReceipt(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.tap("survey")
	g.tap("main")
	for range 10 { // the service, and nine elements skipped
		g.tap("main")
	}
	if !g.says("paling sedikit satu") {
		t.Fatal("an empty survey was taken:", g.texts())
	}
	g.tap("4")
	for range 6 {
		g.tap("main")
	}
	if !g.says("Periksa sebelum dikirim") {
		t.Fatal(g.texts())
	}
	g.tap("change conduct")
	g.tap("3")
	g.tap("main")
	g.tap("main")
	g.wait(func() bool { return g.at == thanks })
	if !g.says("Terima kasih") || g.says("QV8N3") || g.says("struk") {
		t.Error(g.texts())
	}
	if len(g.filed) != 1 || g.filed[0].Identity != kiosk.Anonymous || g.filed[0].Answers["conduct"] != "3" || g.filed[0].Answers["complaints"] != "4" {
		t.Errorf("%+v", g.filed)
	}
}

// A NIK that looks odd is doubted once, and taken.
func TestAnOddNIKIsDoubtedOnce(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.goTo("information", "nik")
	g.draw()
	g.pass(time.Second)
	g.write("5371013202900001")
	g.tap("main")
	if !g.says("tidak lazim") {
		t.Fatal(g.texts())
	}
	g.tap("main")
	if g.says("tidak lazim") || g.visit.Page().Field.ID == "nik" {
		t.Error("it refuses:", g.texts())
	}
}

func TestLanguageChangesAndTextStays(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.tap("complaint")
	g.tap("main")
	g.write("Antrean")
	g.tap("language")
	if !g.says("What is your complaint about?") || !g.says("Antrean") {
		t.Error(g.texts())
	}
	g.tap("main")
	g.tap("language")
	g.tap("back")
	if !g.says("Tentang apa") || !g.says("Antrean") {
		t.Error(g.texts())
	}
}

func TestWhoLeavesIsWipedAfterAWarning(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.tap("complaint")
	g.tap("main")
	g.write("Rahasia saya")
	g.Tick()
	g.pass(2 * time.Minute)
	g.Tick()
	if !g.says("Masih di sini?") || !g.says("Are you still here?") {
		t.Fatal(g.texts())
	}
	g.tap("stay")
	g.Tick()
	if g.says("Masih") || !g.says("Rahasia saya") {
		t.Fatal(g.texts())
	}
	g.pass(2*time.Minute + 10*time.Second)
	g.Tick()
	g.tap("language") // works on the warning too, and counts as a touch
	g.Tick()
	g.pass(2*time.Minute + 31*time.Second)
	g.Tick()
	g.pass(time.Second)
	if g.says("Rahasia") || !g.says("Apa yang bisa kami bantu?") || g.visit.Dirty() {
		t.Error("not wiped:", g.texts())
	}
}

func TestStartingOverAsksOnlyWhenSomethingWouldBeLost(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.tap("complaint")
	g.tap("restart")
	if !g.says("Selamat datang") {
		t.Fatal(g.texts())
	}
	g.tap("complaint")
	g.tap("main")
	g.write("Rahasia")
	g.tap("restart")
	g.tap("stay")
	if !g.says("Rahasia") {
		t.Fatal(g.texts())
	}
	g.tap("restart")
	g.tap("erase")
	if g.says("Rahasia") || !g.says("Selamat datang") {
		t.Error(g.texts())
	}
}

func TestAFailedSaveKeepsTheAnswersAndSaysSo(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.complaint()
	g.tap("anonymous")
	g.tap("main")
	g.fail = errors.New("disk full")
	g.tap("main")
	g.wait(func() bool { return g.at != sending })
	if !g.says("belum tersimpan") || !g.says("Loket tutup") || g.says("disk full") {
		t.Fatal(g.texts())
	}
	g.fail = nil
	g.tap("main")
	g.wait(func() bool { return g.at == receiptShown })
	if len(g.filed) != 1 {
		t.Error(len(g.filed))
	}
}

func TestADoubleTapWritesNothingOnTheNextPage(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.tap("complaint")
	g.press(g.Shown().Touches["main"])
	g.press(g.Shown().Keyboard.Key(g.words().T("key.space")))
	if g.visit.Dirty() {
		t.Error("the second tap of a double tap wrote a space")
	}
}

func TestADoubleTapSendsOnce(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.complaint()
	g.tap("anonymous")
	g.tap("main")
	send := g.Shown().Touches["main"]
	g.press(send)
	g.press(send)
	g.wait(func() bool { return g.at == receiptShown })
	if len(g.filed) != 1 {
		t.Errorf("filed %d times", len(g.filed))
	}
}

func TestLookingUpAReport(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.tap("track")
	g.write("K7")
	g.tap("main") // to the second field
	g.tap("main")
	if !g.says("nomor laporan") {
		t.Fatal(g.texts())
	}
	for _, try := range []struct {
		answer kiosk.Tracking
		fail   error
		says   string
	}{
		{kiosk.Tracking{Result: kiosk.TrackUnknown}, nil, "tidak ditemukan"},
		{kiosk.Tracking{}, errors.New("no network"), "belum bisa ditanyakan"},
		{kiosk.Tracking{Result: kiosk.TrackNotArrived, Number: "K70QX1MB"}, nil, "Tanda terima asli"},
		{kiosk.Tracking{Result: kiosk.TrackFound, Number: "K70QX1MB", Status: kiosk.Answered, Answer: "Sudah kami buka."}, nil, "Sudah kami buka."},
	} {
		g.wipe()
		g.turn()
		g.pass(time.Second)
		g.hub, g.fail = try.answer, try.fail
		g.tap("track")
		g.do(screen.LookUp{Number: track.Secret("K70QX1M"), Code: track.Secret("QV8N3HD6")})
		g.wait(func() bool { return g.at != looking })
		if !g.says(try.says) {
			t.Errorf("want %q, says %v", try.says, g.texts())
		}
	}
}
