package keyboard

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/words"
	"loket/ui/theme"
	"loket/ui/widget"
)

func board(t *testing.T, o Options, lines bool) (*Keyboard, *widget.Field, *widget.Finger) {
	t.Helper()
	test.NewTempApp(t)
	look, err := theme.New(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := words.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	finger := new(widget.Finger)
	k := widget.Kit{Theme: look, Colour: theme.Light, Sizes: theme.SizesFor(1080, 1920, 336, 1), Finger: finger}
	f := k.Field("", widget.FieldStyle{Lines: lines, Caret: -1}, fyne.NewSize(900, 300), func(string) {}, nil)
	o.Size = fyne.NewSize(1080, 585)
	if o.Enter == nil {
		o.Enter = func() {}
	}
	b := New(k, texts.In(kiosk.Indonesian), o, f)
	w := test.NewTempWindow(t, b.Object())
	w.Resize(fyne.NewSize(1080, 800))
	return b, f, finger
}

func tap(t *testing.T, b *Keyboard, names ...string) {
	t.Helper()
	for _, name := range names {
		k := b.Key(name)
		if k == nil {
			t.Fatalf("no key %q", name)
		}
		e := &desktop.MouseEvent{PointEvent: fyne.PointEvent{AbsolutePosition: fyne.NewPos(10, 10)}}
		k.MouseDown(e)
		k.MouseUp(e)
	}
}

func TestSentencesBeginWithACapital(t *testing.T) {
	b, f, _ := board(t, Options{}, true)
	tap(t, b, "A", "d", "a", ".", "spasi", "I", "a", "Baris baru", "D")
	if f.Text() != "Ada. Ia\nD" {
		t.Errorf("%q", f.Text())
	}
}

func TestShiftOnceAndForAll(t *testing.T) {
	b, f, _ := board(t, Options{}, true)
	tap(t, b, "A", "b", "Huruf besar", "C", "d", "Huruf besar", "Huruf besar", "E", "F", "Huruf besar", "g")
	if f.Text() != "AbCdEFg" {
		t.Errorf("%q", f.Text())
	}
}

func TestALongPressOffersAccents(t *testing.T) {
	b, f, _ := board(t, Options{}, true)
	tap(t, b, "A")
	if !b.Key("e").Hold() {
		t.Fatal("e offers nothing")
	}
	if got := len(b.Touches()); got != len([]rune("éèêëēə"))+1 {
		t.Errorf("%d letters are offered", got)
	}
	tap(t, b, "é")
	if b.Key("é") != nil {
		t.Error("the letters offered stay")
	}
	b.Key("e").Hold()
	tap(t, b, "t") // another key ends the offer and writes
	if f.Text() != "Aét" {
		t.Errorf("%q", f.Text())
	}
}

func TestUndoTakesBackStepByStep(t *testing.T) {
	b, f, _ := board(t, Options{}, true)
	tap(t, b, "A", "b", "Hapus", "c")
	for _, want := range []string{"A", "Ab", "A", "", ""} {
		tap(t, b, "Batalkan")
		if f.Text() != want {
			t.Errorf("%q, want %q", f.Text(), want)
		}
	}
}

// raced says that the race detector looks on.
var raced bool

// A key held down repeats, also across the page's own changes, and stops when
// the finger is lifted anywhere.
func TestAHeldKeyRepeatsUntilTheFingerIsLifted(t *testing.T) {
	if raced {
		t.Skip("the test driver runs what a timer hands to the window beside the test; the real one runs all in one goroutine")
	}
	b, f, finger := board(t, Options{}, true)
	for range 30 {
		f.Type("a. ")
	}
	back := b.Key("Hapus")
	e := &desktop.MouseEvent{PointEvent: fyne.PointEvent{AbsolutePosition: fyne.NewPos(10, 10)}}
	back.MouseDown(e)
	before := len(f.Text())
	for end := time.Now().Add(30 * time.Second); len(f.Text()) > before-5; <-time.After(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not repeat")
		}
	}
	away := &desktop.MouseEvent{PointEvent: fyne.PointEvent{AbsolutePosition: fyne.NewPos(900, 10)}}
	finger.Up(away)
	left := len(f.Text())
	<-time.After(250 * time.Millisecond)
	if len(f.Text()) != left {
		t.Error("it goes on after the finger was lifted")
	}
}

func TestLayoutsHoldWhatTheirFieldNeeds(t *testing.T) {
	for _, try := range []struct {
		o    Options
		text string
	}{
		{Options{Layout: Numbers}, "0123456789+"},
		{Options{Layout: Email}, "abz019@._-"},
		{Options{Layout: Code}, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"},
		{Options{ABC: true}, "abcdefghijklmnopqrstuvwxyz0123456789,."},
		{Options{}, "abcdefghijklmnopqrstuvwxyz0123456789,."},
	} {
		b, f, _ := board(t, try.o, false)
		f.Type("x")
		b.after() // no capital
		for _, r := range try.text {
			if b.Key(string(r)) == nil {
				t.Errorf("%+v: no key for %q", try.o, r)
			}
		}
	}
	b, _, _ := board(t, Options{ABC: true}, false)
	var row []string
	for _, k := range b.Touches()[10:20] {
		row = append(row, strings.ToLower(k.Name))
	}
	if strings.Join(row, "") != "abcdefghij" {
		t.Error(row)
	}
}

func TestEnterGoesOnInOneLine(t *testing.T) {
	gone := 0
	b, f, _ := board(t, Options{Enter: func() { gone++ }}, false)
	tap(t, b, "A", "Lanjut")
	b.Named(fyne.KeyReturn)
	if gone != 2 || f.Text() != "A" {
		t.Errorf("%d, %q", gone, f.Text())
	}
}

// The second tap of an impatient finger writes nothing on a page that is new.
func TestANewPageTakesNoKeysYet(t *testing.T) {
	ready := false
	b, f, _ := board(t, Options{Ready: func() bool { return ready }}, true)
	tap(t, b, "A")
	if b.Key("e"); b.Key("E").Hold() && len(b.accents) > 0 {
		t.Error("accents were offered")
	}
	ready = true
	tap(t, b, "A")
	if f.Text() != "A" {
		t.Errorf("%q", f.Text())
	}
}

// BenchmarkKey is a letter from the finger to the new text laid out; drawing
// is not in it.
func BenchmarkKey(b *testing.B) {
	look, err := theme.New(assets.Files)
	if err != nil {
		b.Fatal(err)
	}
	texts, err := words.Load(assets.Files)
	if err != nil {
		b.Fatal(err)
	}
	app := test.NewApp()
	defer app.Quit()
	k := widget.Kit{Theme: look, Colour: theme.Light, Sizes: theme.SizesFor(1080, 1920, 336, 1), Finger: new(widget.Finger)}
	f := k.Field(strings.Repeat("Saya mengantre sejak pagi. ", 70), widget.FieldStyle{Lines: true, Caret: -1}, fyne.NewSize(900, 600), func(string) {}, nil)
	keys := New(k, texts.In(kiosk.Indonesian), Options{Size: fyne.NewSize(1080, 585), Enter: func() {}}, f)
	for b.Loop() {
		keys.Rune('a')
		keys.backspace()
	}
}
