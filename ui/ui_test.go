package ui

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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
	"loket/kiosk/receipt"
	"loket/kiosk/track"
	"loket/kiosk/words"
	"loket/ui/screen"
	"loket/ui/theme"
	"loket/ui/widget"
)

var screens = flag.String("screens", "", "write every screen as PNG into this folder")

// glass is a kiosk under the test driver, with its clock in our hands.
type glass struct {
	*Kiosk
	t     *testing.T
	mu    sync.Mutex
	clock time.Time
	filed []kiosk.Draft
	fail  error
	hub   kiosk.Tracking
	later chan func() // what other goroutines want done on this one
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
	test.NewTempApp(t)
	catalogue, err := form.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := words.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	look, err := theme.New(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	fyne.CurrentApp().Settings().SetTheme(look)
	g := &glass{t: t, later: make(chan func(), 1000), clock: time.Date(2026, 11, 24, 1, 42, 0, 0, time.UTC)}
	office, _ := catalogue.Office("ntt")
	mm := float32(336)
	if width > height {
		mm = 476
	}
	g.Kiosk = New(Config{
		Theme: look, Catalogue: catalogue, Words: texts, Office: office, WidthMM: mm, Now: g.now,
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
			return receipt.Receipt{Number: "K74QX9M2", Code: "QV8N3HD6W", URL: "HTTPS://LACAK.EXAMPLE.GO.ID/T#K74QX9M2-QV8N3HD6W",
				Due: time.Date(2026, 12, 4, 0, 0, 0, 0, time.UTC), Title: f.Receipt, Next: f.Next}, nil
		},
		Print: func(context.Context, receipt.Receipt) printer.Result {
			return printer.Result{Outcome: printer.Confirmed}
		},
		Track:     func(context.Context, kiosk.Number, kiosk.Code) (kiosk.Tracking, error) { return g.hub, g.fail },
		Connected: func() bool { return true },
		OnUI:      func(f func()) { g.later <- f },
		Idle:      time.Minute, IdleWriting: 2 * time.Minute, Countdown: 30 * time.Second, ReceiptStays: 2 * time.Minute,
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
			label = g.view().Words.T("key.space")
		}
		key := b.Key(label)
		if key == nil { // another layer or case
			if k := b.Key("?@#"); k != nil && strings.ContainsRune("@#%&*-+=()!?\"':;/_€", r) {
				g.press(k)
			} else if k := b.Key("abc"); k != nil {
				g.press(k)
			}
			if key = b.Key(label); key == nil && b.Key("arrow-fat-up") != nil {
				g.press(b.Key("arrow-fat-up"))
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
	timeout := time.After(10 * time.Second)
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
	if !g.says("Apa yang bisa kami bantu?") || g.says("QV8N3") {
		t.Error(g.texts())
	}
}

func TestChangingAnAnswerComesBackToTheReview(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.complaint()
	g.tap("named")
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
	g.tap("main")
	g.wait(func() bool { return g.at == receiptShown })
	if a := g.filed[0].Answers; a["email"] != "a@gmail.com" || a["nik"] != "5371010101900001" || a["obtain"] != "copy_digital" {
		t.Errorf("%+v", a)
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
	g.press(g.Shown().Keyboard.Key(g.view().Words.T("key.space")))
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
		{kiosk.Tracking{}, errors.New("no network"), "belum bisa dilihat"},
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

// Every sentence that the screens ask for exists in both languages.
func TestEveryKeyHasWords(t *testing.T) {
	texts, err := words.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`(?:\bT\(|Key: |message = |k\.message = lookUp, |key = |key, icon := )"([a-z_]+(?:\.[a-z_]+)*)"`)
	n := 0
	for _, dir := range []string{".", "screen", "keyboard"} {
		files, err := fs.Glob(os.DirFS(dir), "*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			b, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range key.FindAllStringSubmatch(string(b), -1) {
				if n++; !texts.Has(m[1]) {
					t.Errorf("%s asks for %q, which has no words", file, m[1])
				}
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d keys were found: the search is broken", n)
	}
	for _, s := range kiosk.Statuses {
		if !texts.Has("status."+string(s)) || !texts.Has("status."+string(s)+".line") {
			t.Errorf("status %s has no words", s)
		}
	}
}

// states bring a kiosk to each of its screens.
var states = []struct {
	name string
	to   func(*glass)
}{
	{"home", func(*glass) {}},
	{"home-offline", func(g *glass) { g.online = false }},
	{"before", func(g *glass) { g.visit.Start("information"); g.at = before }},
	{"question-text", func(g *glass) { g.visit.Start("complaint"); g.visit.Answer("Loket tutup") }},
	{"question-problem", func(g *glass) { g.visit.Start("complaint"); g.say(g.visit.Next()) }},
	{"question-longtext", func(g *glass) {
		g.goTo("description")
		g.visit.Answer("Saya mengantre sejak pukul 7 pagi untuk mengambil surat, tetapi loket 3 tidak dibuka sampai pukul 10.\nPetugas tidak memberi penjelasan.")
	}},
	{"question-date", func(g *glass) { g.goTo("incident_date"); g.visit.Answer("2026-11-23") }},
	{"question-service", func(g *glass) { g.goTo("service"); g.visit.Answer("ki-merek") }},
	{"question-office", func(g *glass) { g.goTo("office") }},
	{"question-identity", func(g *glass) { g.goTo("identity"); g.visit.Answer("confidential") }},
	{"question-phone", func(g *glass) { g.goTo("phone") }},
	{"question-email", func(g *glass) { g.goTo("email") }},
	{"review", func(g *glass) { g.goTo("") }},
	{"review-failed", func(g *glass) { g.goTo(""); g.problem = func(w words.Words) string { return w.T("notsaved") } }},
	{"sending", func(g *glass) { g.at = sending }},
	{"receipt", func(g *glass) {
		g.given, _ = g.cfg.File(context.Background(), g.full())
		g.at, g.print.Key, g.print.Well = receiptShown, "print.printing", true
	}},
	{"receipt-closing", func(g *glass) {
		g.given, _ = g.cfg.File(context.Background(), g.full())
		g.at, g.print.Key, g.left, g.online = receiptShown, "print.paper", 12, false
	}},
	{"lookup", func(g *glass) { g.at, g.number, g.message = lookUp, "K7 4QX", "lookup.check.number" }},
	{"looking", func(g *glass) { g.at = looking }},
	{"status", func(g *glass) {
		g.at = status
		g.tracking = kiosk.Tracking{Result: kiosk.TrackFound, Number: "K74QX9M2", Status: kiosk.Answered, Received: "2026-11-24", Due: "2026-12-04", Answer: "Loket 3 kini dibuka pukul 08.00. Terima kasih atas laporan Anda."}
	}},
	{"status-not-arrived", func(g *glass) {
		g.at, g.tracking = status, kiosk.Tracking{Result: kiosk.TrackNotArrived, Number: "K74QX9M2"}
	}},
	{"idle", func(g *glass) { g.visit.Start("complaint"); g.sheet, g.left = "idle", 24 }},
	{"restart", func(g *glass) { g.visit.Start("complaint"); g.sheet = "restart" }},
}

func (g *glass) full() kiosk.Draft {
	return kiosk.Draft{Form: "complaint", Language: g.visit.Language(), Identity: kiosk.Anonymous, Answers: kiosk.Answers{
		"title": "Loket tutup", "description": "Loket tutup sejak pagi hari ini.", "incident_date": "2026-11-24", "location": "Loket 3"}}
}

// goTo fills the complaint up to a field; "" is the review.
func (g *glass) goTo(id string) {
	g.visit.Start("complaint")
	answers := map[string]string{"title": "Loket 3 tidak dibuka", "description": "Saya mengantre sejak pukul 7 pagi, tetapi loket 3 tidak dibuka sampai pukul 10.",
		"incident_date": "2026-11-24", "location": "Loket 3, lantai 1", "identity": "named", "name": "Contoh Satu", "phone": "081234567890"}
	for g.visit.Page().Field.ID != id {
		g.visit.Answer(answers[g.visit.Page().Field.ID])
		if p := g.visit.Next(); len(p) > 0 {
			g.t.Fatal(p)
		}
	}
}

// TestScreens draws every screen in both languages and three sizes: nothing
// may lie outside the glass, no text outside what it stands on, no target be
// too small for a finger.
func TestScreens(t *testing.T) {
	sizes := [][2]float32{{1080, 1920}, {1920, 1080}, {1280, 800}}
	for _, size := range sizes {
		g := newGlass(t, size[0], size[1])
		for _, state := range states {
			for _, language := range kiosk.Languages {
				name := fmt.Sprintf("%s.%s.%.0fx%.0f", state.name, language, size[0], size[1])
				g.wipe()
				g.online = true
				g.visit.SetLanguage(language)
				state.to(g)
				g.visit.SetLanguage(language)
				g.draw()
				g.inspect(name)
				if *screens != "" {
					g.photograph(name)
				}
			}
		}
		g.Close()
	}
}

func (g *glass) inspect(name string) {
	size := g.window.Canvas().Size()
	front := g.Shown().Object
	outside := 0
	walk(front, fyne.Position{}, func(o fyne.CanvasObject, at fyne.Position) {
		if _, ok := o.(*widget.Scroll); ok {
			return
		}
		if t, ok := o.(*canvas.Text); ok {
			right := at.X + min(t.MinSize().Width, t.Size().Width)
			if at.X < -1 || right > size.Width+1 {
				outside++
				g.t.Errorf("%s: %q lies outside the glass", name, t.Text)
			}
			if t.MinSize().Width > t.Size().Width+2 {
				g.t.Errorf("%s: %q is wider (%.0f) than its place (%.0f)", name, t.Text, t.MinSize().Width, t.Size().Width)
			}
		}
	})
	for what, touch := range g.Shown().Touches {
		s, least := touch.Size(), theme.TargetMM*0.75*g.sizes.PxPerMM
		if s.Width < least || s.Height < least {
			g.t.Errorf("%s: %s is %.0f × %.0f mm", name, what, s.Width/g.sizes.PxPerMM, s.Height/g.sizes.PxPerMM)
		}
	}
}

func (g *glass) photograph(name string) {
	if err := os.MkdirAll(*screens, 0o755); err != nil {
		g.t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(*screens, name+".png"))
	if err != nil {
		g.t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, g.window.Canvas().Capture()); err != nil {
		g.t.Fatal(err)
	}
}
