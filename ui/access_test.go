package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"loket/kiosk"
	"loket/kiosk/visit"
	"loket/ui/theme"
)

// heard is a voice that notes what it says.
type heard struct {
	said  []string
	stops int
}

func (h *heard) Say(voice, text string) { h.said = append(h.said, voice+": "+text) }
func (h *heard) Stop()                  { h.stops++ }

func (h *heard) last() string {
	if len(h.said) == 0 {
		return ""
	}
	return h.said[len(h.said)-1]
}

func TestWhatAVisitorSetsIsGoneAfterTheVisit(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.cfg.Voice = &heard{}
	before := g.sizes
	g.tap("read")
	for _, name := range []string{"size", "contrast", "reach", "language"} {
		g.tap(name) // named
		g.tap(name) // done
	}
	if g.sizes.Body <= before.Body || !g.contrast || !g.reach || !g.reading || g.visit.Language() != kiosk.English {
		t.Fatal("a setting did nothing")
	}
	g.pass(10 * time.Minute)
	g.Tick()
	if g.sizes != before || g.contrast || g.reach || g.reading || g.visit.Language() != kiosk.Indonesian {
		t.Error("a setting outlived its visitor")
	}
	if !g.says("Sentuh untuk mulai") {
		t.Error(g.texts())
	}
}

// Nothing that was typed is lost by going back, by another language, by
// larger text, contrast, reach or the order of the letters; nor is the place
// of the caret.
func TestSettingsKeepTextAndCaret(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.tap("complaint")
	g.tap("main")
	g.write("Loket utup")
	left := g.words().T("key.left")
	for range 4 {
		g.press(g.Shown().Keyboard.Key(left))
	}
	for _, name := range []string{"size", "contrast", "reach", "language", "veil", "veil"} {
		g.tap(name)
	}
	g.press(g.Shown().Keyboard.Key("?123"))
	g.press(g.Shown().Keyboard.Key("ABCDE"))
	g.pass(time.Second)
	g.write("t")
	if got := g.visit.Value(); got != "Loket tutup" {
		t.Errorf("%q", got)
	}
	g.tap("main")
	g.tap("back")
	if got := g.visit.Value(); got != "Loket tutup" {
		t.Errorf("after going back: %q", got)
	}
	if first := g.Shown().Keyboard.Touches()[10].Name; first != "a" {
		t.Errorf("the letters begin with %q", first)
	}
}

func TestHiddenTextIsNotOnTheGlass(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.tap("complaint")
	g.tap("main")
	g.tap("veil")
	g.write("Rahasia saya")
	if g.says("Rahasia") || g.says("saya") || !g.says("••••••• ••••") {
		t.Error(g.texts())
	}
	g.tap("veil")
	if !g.says("Rahasia saya") {
		t.Error(g.texts())
	}
}

func TestReadingAloudNamesThenActs(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	v := &heard{}
	g.cfg.Voice = v
	g.tap("read")
	if s := v.last(); !strings.HasPrefix(s, "id: ") || !strings.Contains(s, "Apa yang bisa kami bantu?") || !strings.Contains(s, "Keberatan") {
		t.Fatalf("home is read as %q", s)
	}
	g.tap("complaint")
	if g.visit.Form() != nil || v.last() != "id: Pengaduan" {
		t.Fatalf("the first touch acted, or said %q", v.last())
	}
	stops := v.stops
	g.tap("complaint")
	if g.visit.Form() == nil || v.stops == stops {
		t.Fatal("the second touch did nothing, or the voice went on")
	}
	if !strings.Contains(v.last(), "Sebelum mulai") {
		t.Errorf("the new page is read as %q", v.last())
	}
	g.tap("main")
	g.tap("main")
	g.write("Rahasia saya") // keys write at once
	g.tap("main")
	g.tap("main")
	for _, s := range v.said {
		if strings.Contains(s, "ahasia") {
			t.Errorf("the loudspeaker said %q", s)
		}
	}
	g.tap("read")
	n := len(v.said)
	g.tap("back")
	if len(v.said) != n {
		t.Error("it reads on after it was told to stop")
	}
}

// Personal answers are read to earphones and to nobody else.
func TestPersonalAnswersStayInTheEar(t *testing.T) {
	for _, earphones := range []bool{false, true} {
		g := newGlass(t, 1080, 1920)
		v := &heard{}
		g.cfg.Voice, g.cfg.Earphones = v, earphones
		g.goTo("complaint", "")
		g.draw()
		g.reading, g.reveal = true, true
		g.unread = true
		g.turn()
		if got := strings.Contains(v.last(), "Contoh Satu"); got != earphones {
			t.Errorf("earphones %v: %q", earphones, v.last())
		}
		if !strings.Contains(v.last(), "Tanggal kejadian") {
			t.Errorf("%q", v.last())
		}
	}
}

// A complaint filed with four arrow keys and select alone.
func TestAComplaintByArrowKeysAlone(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	for i := 0; g.at != receiptShown; i++ {
		if i > 60 {
			t.Fatal("never arrived:", g.texts())
		}
		switch page := g.visit.Page(); {
		case g.at == sending:
			g.wait(func() bool { return g.at == receiptShown })
		case g.visit.Form() == nil:
			g.goByKeys("complaint")
		case g.at == before:
			g.goByKeys("main")
		case page.Kind == visit.Question && page.Field.ID == "title" && g.visit.Value() == "",
			page.Kind == visit.Question && page.Field.ID == "description" && g.visit.Value() == "",
			page.Kind == visit.Question && page.Field.ID == "location" && g.visit.Value() == "":
			for range 24 {
				for _, key := range []string{"a", "B", "b", "A"} {
					if k := g.Shown().Keyboard.Key(key); k != nil {
						g.goByKeys(k.ID)
						if g.focused() != k {
							t.Fatalf("the ring leaves %q when shift ends", key)
						}
						break
					}
				}
			}
		case page.Kind == visit.Question && page.Field.ID == "identity" && g.visit.Value() == "":
			g.goByKeys("anonymous")
		default:
			g.goByKeys("main")
		}
	}
	if len(g.filed) != 1 || len(g.filed[0].Answers["description"]) < 20 {
		t.Errorf("%+v", g.filed)
	}
}

// goByKeys walks to a control with the arrows, by the shortest way there is,
// and selects it.
func (g *glass) goByKeys(id string) {
	g.t.Helper()
	arrows := []fyne.KeyName{fyne.KeyDown, fyne.KeyRight, fyne.KeyUp, fyne.KeyLeft}
	if g.focused() == nil {
		g.pressed(fyne.KeyDown)
	}
	type way struct {
		at   string
		keys []fyne.KeyName
	}
	order := g.Shown().Order()
	queue, seen := []way{{g.focus, nil}}, map[string]bool{g.focus: true}
	for len(queue) > 0 {
		w := queue[0]
		queue = queue[1:]
		if w.at == id {
			for _, key := range w.keys {
				g.pressed(key)
			}
			if t := g.focused(); t == nil || t.ID != id || !t.Focused() {
				g.t.Fatalf("the way to %q ends at %q", id, g.focus)
			}
			g.pressed(fyne.KeyReturn)
			g.pass(time.Second)
			return
		}
		for _, t := range order {
			if t.ID != w.at {
				continue
			}
			for _, key := range arrows {
				if to := nearest(g.Shown(), t, key); !seen[to.ID] {
					seen[to.ID] = true
					queue = append(queue, way{to.ID, append(slices.Clone(w.keys), key)})
				}
			}
		}
	}
	g.t.Fatalf("no way to %q", id)
}

func TestStaffAreCalledAndNothingIsShown(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	v := &heard{}
	g.cfg.Voice = v
	g.tap("complaint")
	g.tap("main")
	g.write("Rahasia")
	g.tap("call")
	if _, touches := g.look(); len(touches) == 0 {
		t.Fatal("no way back")
	}
	for _, x := range g.Shown().Said {
		if strings.Contains(x, "Rahasia") {
			t.Error(x)
		}
	}
	if !g.says("Pengunjung memerlukan petugas") || !strings.Contains(v.last(), "Petugas") {
		t.Error(g.texts(), v.last())
	}
	g.tap("stay")
	if g.visit.Value() != "Rahasia" {
		t.Error("the text is gone")
	}
}

// Nobody may have come: the text is not kept for whoever stands there next,
// and not wiped without a warning.
func TestACallThatNobodyAnswersEndsWithTheWarning(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.tap("complaint")
	g.tap("main")
	g.write("Rahasia")
	g.tap("call")
	g.pass(callStays - time.Minute)
	g.Tick()
	if g.sheet != called {
		t.Fatal("the call ended too early:", g.texts())
	}
	g.pass(2 * time.Minute)
	g.Tick()
	if g.sheet != idle || !g.visit.Dirty() {
		t.Fatal("no warning:", g.texts())
	}
	g.pass(31 * time.Second)
	g.Tick()
	if g.visit.Dirty() {
		t.Error("not wiped")
	}
}

func TestWithoutSoundAVisitorIsTold(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.tap("read")
	if !g.says("Kios ini belum bersuara") {
		t.Fatal(g.texts())
	}
	g.tap("stay")
	if !g.says("Apa yang bisa kami bantu?") {
		t.Error(g.texts())
	}
}

// A screen that fails leaves nobody stuck: it says so, wipes, and starts again.
func TestAFailingScreenStartsAgain(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.tap("complaint")
	g.tap("main")
	g.write("Rahasia")
	broken := true
	g.cfg.Closed = func() string {
		if broken {
			broken = false
			panic("broken")
		}
		return ""
	}
	g.tap("restart")
	g.tap("erase")
	if !g.says("Ada gangguan") || g.says("Rahasia") || g.visit.Dirty() {
		t.Fatal(g.texts())
	}
	g.pass(troubleStays)
	g.Tick()
	if !g.says("Apa yang bisa kami bantu?") {
		t.Error(g.texts())
	}
}

func TestAFullDiskClosesTheKioskUntilThereIsRoom(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	full := true
	g.cfg.Closed = func() string {
		if full {
			return "out.full"
		}
		return ""
	}
	g.Tick()
	if !g.says("Penyimpanan penuh") {
		t.Fatal(g.texts())
	}
	full = false
	g.Tick()
	if !g.says("Apa yang bisa kami bantu?") {
		t.Error(g.texts())
	}
}

func TestOlderVisitorsGetMoreTime(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.tap("complaint")
	g.tap("main")
	g.tap("size")
	g.write("Rahasia")
	g.pass(3*2*time.Minute - 5*time.Second)
	g.Tick()
	if g.sheet != noSheet {
		t.Fatal("warned too early")
	}
	g.pass(10 * time.Second)
	g.Tick()
	if g.sheet != idle {
		t.Error("not warned")
	}
}

func TestTheLanguageSheetOffersADraftByItsName(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.cfg.Languages = g.cfg.Words.Languages()
	g.tap("language")
	if !g.says("Melayu Kupang (uji coba)") {
		t.Fatal(g.texts())
	}
	g.tap("language mkn")
	g.tap("complaint")
	if !g.says("Sabalom mulai") || !g.says("Sekitar 5 menit") {
		t.Error("the draft is not shown, or not filled up with Indonesian:", g.texts())
	}
	g.tap("main")
	g.write("Loket tutup")
	g.tap("main")
	if !g.says("Apa yang su jadi?") {
		t.Error(g.texts())
	}
}

func TestTextScalesGrow(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	last, words := float32(0), float32(0)
	for range theme.TextScales {
		if g.sizes.Body <= last {
			t.Errorf("%v after %v", g.sizes.Body, last)
		}
		last = g.sizes.Body
		texts, _ := g.look()
		for _, x := range texts {
			if x.text.Text == "Pengaduan" {
				if x.text.TextSize <= words {
					t.Errorf("a door's name is %v high, after %v", x.text.TextSize, words)
				}
				words = x.text.TextSize
			}
		}
		g.tap("size")
	}
	if g.sizes.Body >= last {
		t.Error("the fourth touch does not lead back to the first size")
	}
}
