package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"loket/kiosk/published"
)

// beforeRequest stands where words are looked for.
func (g *glass) beforeRequest() {
	g.t.Helper()
	g.tap("information")
	g.tap("main")
	if !g.says("Cari dulu") || g.Shown().Keyboard == nil {
		g.t.Fatal(g.texts())
	}
}

// seeks writes words to look for, and pauses.
func (g *glass) seeks(words string) {
	g.t.Helper()
	g.write(words)
	g.wait(func() bool { return g.sifted == g.sought })
}

// firstItem is the name of the first card.
func (g *glass) firstItem() string {
	for _, t := range g.Shown().Order() {
		if strings.HasPrefix(t.ID, "item ") {
			return t.ID
		}
	}
	return ""
}

func TestWhatIsPublishedNeedsNoRequest(t *testing.T) {
	for _, size := range [][2]float32{{1080, 1920}, {1280, 800}} {
		g := newGlass(t, size[0], size[1])
		g.beforeRequest()
		if g.firstItem() != "" {
			t.Error("something is found before anything is written")
		}
		g.seeks("lapoarn kinerja") // as people type
		if !g.says("Apakah termasuk ini?") || !g.says("Laporan kinerja (LKjIP) 2025") || !g.says("ppid.example.go.id/lkjip-2025") {
			t.Fatal(g.texts())
		}
		g.press(g.Shown().Keyboard.Key("Cari"))
		g.pass(time.Second)
		if g.Shown().Keyboard != nil || g.at != seeking {
			t.Fatal("the key for searching does something else", g.texts())
		}
		g.tap(g.firstItem())
		if !g.says("Apakah ini yang Anda cari?") || !g.says("Pindai dengan ponsel") || !g.says("Berkala") {
			t.Fatal(g.texts())
		}
		g.tap("back")
		g.tap(g.firstItem())
		g.tap("main")
		if !g.says("Senang bisa membantu") || !g.says("Pindai dengan ponsel") {
			t.Fatal(g.texts())
		}
		g.tap("done")
		if !g.says("Apa yang bisa kami bantu?") || g.sought != "" || g.item.ID != "" || len(g.filed) != 0 {
			t.Error("something is left of the visit", g.sought, g.item, g.filed)
		}
	}
}

// Nobody has to look, and what was typed stands in the request only if they
// want it to.
func TestGoingOnToTheRequest(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.beforeRequest()
	g.tap("main") // one touch
	if g.visit.Page().Field.ID != "information" || g.Shown().Touches["offer"] != nil {
		t.Fatal(g.texts())
	}
	g.tap("back")
	if g.at != seeking {
		t.Fatal(g.texts())
	}
	g.seeks("daftar notaris")
	g.tap(g.firstItem())
	g.tap("no")
	if g.visit.Page().Field.ID != "information" || g.visit.Value() != "" {
		t.Fatalf("the request begins with %q", g.visit.Value())
	}
	if !g.says("Pakai: “daftar notaris”") {
		t.Fatal(g.texts())
	}
	g.tap("offer")
	g.write(" aktif di Ende")
	g.tap("main")
	if g.visit.Page().Field.ID != "purpose" || g.visit.Answered()["information"] != "daftar notaris aktif di Ende" || g.Shown().Touches["offer"] != nil {
		t.Error(g.visit.Page().Field.ID, g.visit.Answered())
	}
	g.tap("back")
	g.tap("back") // to what was looked for, without the keyboard
	if g.at != seeking || g.writing || !g.says("daftar notaris") {
		t.Error(g.texts())
	}
	g.tap("back")
	if !g.writing {
		t.Error("one cannot write other words")
	}
	g.tap("back")
	if g.at != before {
		t.Error(g.texts())
	}
}

func TestNothingFound(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.beforeRequest()
	g.seeks("paspor anak")
	if !g.says("Tidak ada di daftar") || g.firstItem() != "" {
		t.Error(g.texts())
	}
	g.tap("main")
	if g.visit.Page().Field.ID != "information" {
		t.Error(g.texts())
	}
}

func TestWithoutAListNobodyIsAsked(t *testing.T) {
	for name, list := range map[string]*published.Index{"none": nil, "empty": published.NewIndex(&published.Vocabulary{}, &published.List{Version: 1})} {
		g := newGlass(t, 1080, 1920)
		g.shelf = list
		g.wipe()
		g.turn()
		g.pass(time.Second)
		g.tap("information")
		g.tap("main")
		if g.visit.Page().Field.ID != "information" || g.at != visiting {
			t.Errorf("%s: %v", name, g.texts())
		}
		g.tap("back")
		if g.at != before {
			t.Errorf("%s: %v", name, g.texts())
		}
		g.Close()
	}
	g := newGlass(t, 1080, 1920)
	g.complaint() // other doors do not ask
}

// A list that comes during a visit waits until it is over.
func TestAListIsSwappedBetweenVisits(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.beforeRequest()
	old := g.shelf
	g.shelf = published.NewIndex(old.Vocabulary(), &published.List{Version: 2, Items: []published.Item{{ID: "z", Title: "Daftar baru", Category: "berkala"}}})
	g.seeks("daftar")
	if g.says("Daftar baru") || g.list != old {
		t.Error("the list changed under a finger")
	}
	g.pass(2 * time.Minute)
	g.Tick()
	g.pass(time.Minute)
	g.Tick()
	if g.sought != "" || !g.says("Apa yang bisa kami bantu?") {
		t.Fatal("a visitor who left left words behind", g.sought)
	}
	g.pass(time.Second)
	g.beforeRequest()
	g.seeks("daftar")
	if !g.says("Daftar baru") || !g.says("Minta langsung di meja PPID") {
		t.Error(g.texts())
	}
}

// The code stays long enough to be scanned, and goes by itself.
func TestTheCodeCloses(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.beforeRequest()
	g.seeks("tarif")
	g.tap(g.firstItem())
	g.tap("main")
	g.pass(50 * time.Second)
	g.Tick()
	if g.at != foundIt {
		t.Error(g.texts())
	}
	g.pass(20 * time.Second)
	g.Tick()
	if !g.says("Apa yang bisa kami bantu?") {
		t.Error(g.texts())
	}
}

// By ear and by arrow keys alone.
func TestPublishedByArrowKeys(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.beforeRequest()
	for _, r := range "tarif" {
		g.typed(r)
	}
	if g.firstItem() != "" {
		t.Error("a page is drawn for every letter")
	}
	g.wait(func() bool { return g.firstItem() != "" })
	g.press(g.Shown().Keyboard.Key("Cari"))
	g.pass(time.Second)
	for range 20 {
		g.pressed(fyne.KeyDown)
		if strings.HasPrefix(g.focus, "item ") {
			break
		}
	}
	name := g.focused().Name
	for _, want := range []string{"Tarif layanan (PNBP)", "ppid.example.go.id/tarif"} {
		if !strings.Contains(name, want) {
			t.Errorf("%q does not say %q", name, want)
		}
	}
	g.pressed(fyne.KeyReturn)
	g.pass(time.Second)
	if g.at != looked {
		t.Fatal(g.texts())
	}
	if said := strings.Join(g.Shown().Said, " "); !strings.Contains(said, "Tarif layanan (PNBP)") || !strings.Contains(said, "ppid.example.go.id/tarif") {
		t.Error(said)
	}
}
