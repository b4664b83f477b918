package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"fyne.io/fyne/v2"

	"loket/kiosk"
	"loket/kiosk/track"
	"loket/ui/screen"
)

const (
	byScanner = 4 * time.Millisecond // a character
	byHand    = 120 * time.Millisecond
)

var (
	aNumber = kiosk.Number(track.Secret("K70QX1M"))
	aCode   = kiosk.Code(track.Secret("QV8N3HD6"))
	anURL   = track.URL("https://lacak.example.go.id", aNumber, aCode)
)

// asks is a kiosk with a scanner that counts what the hub is asked.
type asks struct {
	*glass
	n    atomic.Int32
	last atomic.Value
}

func newScanned(t *testing.T) *asks {
	t.Helper()
	g := &asks{glass: newGlass(t, 1080, 1920)}
	g.cfg.Scanner = true
	g.hub = kiosk.Tracking{Result: kiosk.TrackFound, Number: aNumber, Status: kiosk.Received}
	g.cfg.Track = func(_ context.Context, n kiosk.Number, c kiosk.Code) (kiosk.Tracking, error) {
		g.n.Add(1)
		g.last.Store(string(n) + "-" + string(c))
		return g.hub, g.fail
	}
	return g
}

// types types as the driver does: each key's name before its character.
func (g *glass) types(text string, each time.Duration) {
	c := g.window.Canvas()
	key := func(name fyne.KeyName) { c.OnTypedKey()(&fyne.KeyEvent{Name: name}) }
	for _, r := range text {
		g.pass(each)
		switch {
		case r == '\n' || r == '\r':
			key(fyne.KeyReturn)
			continue
		case r == 0x1b:
			key(fyne.KeyEscape)
			continue
		case r == ' ':
			key(fyne.KeySpace)
		case unicode.IsUpper(r):
			key("LeftShift")
			key(fyne.KeyName(string(r)))
		case r < 128:
			key(fyne.KeyName(strings.ToUpper(string(r))))
		}
		c.OnTypedRune()(r)
	}
}

// rests waits until it is clear that nothing more is typed.
func (g *glass) rests() {
	g.t.Helper()
	g.pass(time.Second)
	g.wait(func() bool { return g.scan.count == 0 })
}

func TestAReceiptHeldToTheScanner(t *testing.T) {
	doors := map[string]func(*asks){
		"attract": func(g *asks) { g.at = attract; g.turn() },
		"home":    func(*asks) {},
		"look up": func(g *asks) { g.tap("track") },
		"closed":  func(g *asks) { g.desk.shut = "break"; g.wipe(); g.turn() },
		"status": func(g *asks) {
			g.at, g.tracking = status, kiosk.Tracking{Result: kiosk.TrackNotArrived, Number: "K74QX9M2"}
			g.turn()
		},
	}
	for name, door := range doors {
		for i, read := range []string{anURL + "\n", strings.ToLower(anURL) + "\r\n", anURL, string(aNumber) + "-" + string(aCode) + "\n",
			aNumber.String() + " " + aCode.Grouped() + "\n", string(aNumber) + string(aCode), "\x1b[200~" + anURL + "\x1b[201~\n", anURL + "\t", "\x02" + anURL + "\x03\x04\n"} {
			if i > 1 && name != "home" && name != "look up" {
				break
			}
			g := newScanned(t)
			door(g)
			g.pass(time.Second)
			g.types(read, byScanner)
			if g.at != looking {
				g.rests()
			}
			g.wait(func() bool { return g.at == status && g.tracking.Status == kiosk.Received })
			if g.n.Load() != 1 || g.last.Load() != string(aNumber)+"-"+string(aCode) || !g.says("Diterima") {
				t.Errorf("%s, %q: asked %d times, %v: %v", name, read, g.n.Load(), g.last.Load(), g.texts())
			}
			g.tap("done")
			if g.number != "" || g.code != "" || len(g.scan.read) > 0 || g.says(string(aCode)) {
				t.Errorf("%s: the code is still here", name)
			}
		}
	}
}

func TestWhatIsNoReceiptIsDropped(t *testing.T) {
	wrong := string(aNumber) + "-" + string(aCode[1:]) + string(aCode[:1])
	for _, read := range []string{
		"https://example.org/#something-else\n", "8991234567890\n", "javascript:alert(1)//aaaaaaaaaaaaaaaaaaaaaaa\n",
		anURL[:40] + "\n", anURL[:40], anURL + anURL + "\n", "https://lacak.example.go.id/T#" + wrong + "\n",
		strings.Repeat("A", 200) + anURL + "\n", strings.Repeat("x", 100_000) + "\n", strings.Repeat("\x1b[A", 500) + "\n",
		"HTTPS://" + strings.Repeat("A", 80) + "/T#" + string(aNumber) + "-" + string(aCode) + "\n",
	} {
		g := newScanned(t)
		before, at := g.texts(), g.touched
		g.types(read, byScanner)
		if len(g.scan.read) > mostRead {
			t.Errorf("it holds %d characters", len(g.scan.read))
		}
		g.rests()
		if g.n.Load() != 0 || !slices.Equal(before, g.texts()) || g.touched != at {
			t.Errorf("%.40q at home: asked %d times, %v", read, g.n.Load(), g.texts())
		}
		g.tap("track")
		g.types(read, byScanner)
		g.rests()
		if g.n.Load() != 0 || g.number != "" || g.code != "" || !g.says("bukan kode QR dari struk") {
			t.Errorf("%.40q where a receipt is asked for: %q %v", read, g.number, g.texts())
		}
		g.types(anURL+"\n", byScanner) // and the next is read
		g.wait(func() bool { return g.at == status })
	}
}

// Whoever is in the middle of something sees and hears nothing of a scan.
func TestAScanNeverDisturbsAVisit(t *testing.T) {
	pages := map[string]func(*asks){
		"before":    func(g *asks) { g.tap("complaint") },
		"question":  func(g *asks) { g.tap("complaint"); g.tap("main"); g.write("Loket") },
		"options":   func(g *asks) { g.goTo("complaint", "identity"); g.turn() },
		"search":    func(g *asks) { g.goTo("complaint", "office"); sought := "nusa"; g.search = &sought; g.turn() },
		"published": func(g *asks) { g.seek("laporan"); g.turn() },
		"review":    func(g *asks) { g.goTo("complaint", ""); g.turn() },
		"sending":   func(g *asks) { g.goTo("complaint", ""); g.at = sending; g.turn() },
		"receipt": func(g *asks) {
			g.given, _ = g.cfg.File(context.Background(), g.full())
			g.at, g.print = receiptShown, screen.Print{Key: "print.done", Well: true}
			g.turn()
		},
		"warning": func(g *asks) { g.goTo("complaint", "title"); g.sheet, g.left = idle, 24; g.turn() },
		"call":    func(g *asks) { g.goTo("complaint", "title"); g.sheet = called; g.turn() },
		"PIN":     func(g *asks) { g.at = frontDoor; g.turn() },
		"staff":   func(g *asks) { g.at = frontPage; g.front.looked = g.now(); g.turn() },
		"helped":  func(g *asks) { g.helped = &kiosk.Helped{How: kiosk.Assisted, By: "Ayu"}; g.turn() },
		"rating":  func(g *asks) { g.at = rating; g.turn() },
		"trouble": func(g *asks) { g.at = trouble; g.turn() },
	}
	for name, page := range pages {
		for i, read := range []string{anURL + "\r\n", anURL, aNumber.String() + " " + aCode.Grouped() + "\n", "8991234567890\n", strings.Repeat("x", 4_000)} {
			if i > 1 && name != "question" && name != "search" && name != "PIN" {
				break
			}
			g := newScanned(t)
			g.Close()              // its second hand stands still: only what a scan does is seen
			for len(g.later) > 0 { // nor does what it last asked for come
				<-g.later
			}
			v := &heard{}
			g.cfg.Voice = v
			page(g)
			g.reading = true
			g.pressed(fyne.KeyDown) // the ring stands on a control that Enter would touch
			g.pass(time.Second)
			where, value, sought, pin, said, touched, given := g.where(), g.visit.Value(), g.sought, g.front.pin, len(v.said), g.touched, g.given.Number
			texts := g.texts()
			g.types(read, byScanner)
			g.rests()
			if g.where() != where || g.visit.Value() != value || g.sought != sought || g.front.pin != pin || len(v.said) != said || g.touched != touched || g.given.Number != given {
				t.Errorf("%s, %.30q: at %s, not %s; %q; said %q", name, read, g.where(), where, g.visit.Value(), v.said[said:])
			}
			if now := g.texts(); !slices.Equal(now, texts) {
				t.Errorf("%s, %.30q: %v is now %v", name, read, texts, now)
			}
			if g.n.Load() != 0 {
				t.Errorf("%s: the hub was asked", name)
			}
		}
	}
}

// A keyboard goes on being one where there is a scanner.
func TestAPersonAtAHardwareKeyboard(t *testing.T) {
	g := newScanned(t)
	g.types(anURL+"\n", byHand) // at home: it writes nothing, and looks up nothing
	g.rests()
	if g.n.Load() != 0 || g.at != visiting {
		t.Fatal(g.texts())
	}
	g.tap("complaint")
	g.tap("main")
	g.types("Loket 3 tutup", byHand)
	g.rests()
	if got := g.visit.Value(); got != "Loket 3 tutup" {
		t.Fatalf("%q", got)
	}
	g.types("ab", 20*time.Millisecond) // two fingers nearly at once
	g.pressed(fyne.KeyBackspace)
	g.types(" lagi", 60*time.Millisecond)
	g.rests()
	if got := g.visit.Value(); got != "Loket 3 tutupa lagi" {
		t.Fatalf("%q", got)
	}
	g.types("sepanjanghari", 60*time.Millisecond) // faster than anybody types for long
	g.rests()
	if got := g.visit.Value(); got != "Loket 3 tutupa lagisepanjanghari" {
		t.Fatalf("%q", got)
	}
	g.types(strings.Repeat("z", 12), 33*time.Millisecond) // a key held down
	g.rests()
	if got := g.visit.Value(); got != "Loket 3 tutupa lagisepanjangharizzzzzzzzzzzz" {
		t.Fatalf("%q", got)
	}
	for range 12 {
		g.pressed(fyne.KeyBackspace)
	}
	g.types("x", byHand)
	g.tap("back") // what was written is written before the page is left
	g.tap("main")
	if got := g.visit.Value(); got != "Loket 3 tutupa lagisepanjangharix" {
		t.Fatalf("%q", got)
	}
	g.wipe()
	g.turn()
	g.pass(time.Second)
	g.tap("track")
	g.types(strings.ToLower(string(aNumber)), byHand)
	g.rests()
	if got, err := track.ParseNumber(g.number); err != nil || got != aNumber {
		t.Errorf("%q", g.number)
	}
}

func TestScansBackToBack(t *testing.T) {
	second := track.URL("https://lacak.example.go.id", kiosk.Number(track.Secret("K70QX1N")), aCode)
	g := newScanned(t)
	answer := make(chan kiosk.Tracking)
	g.cfg.Track = func(ctx context.Context, n kiosk.Number, _ kiosk.Code) (kiosk.Tracking, error) {
		g.n.Add(1)
		if n == aNumber {
			<-ctx.Done()
			return kiosk.Tracking{}, ctx.Err()
		}
		return <-answer, nil
	}
	g.types(anURL+"\n", byScanner)
	g.types(anURL+"\n", byScanner) // the same, read twice
	if g.at != looking || g.asking != aNumber {
		t.Fatal(g.texts())
	}
	for g.n.Load() == 0 { // it is on its way to the hub
		time.Sleep(time.Millisecond)
	}
	g.types(second+"\n", byScanner)
	answer <- kiosk.Tracking{Result: kiosk.TrackFound, Number: kiosk.Number(track.Secret("K70QX1N")), Status: kiosk.Answered, Answer: "Sudah."}
	g.wait(func() bool { return g.at == status })
	if g.n.Load() != 2 || !g.says("Sudah.") {
		t.Errorf("asked %d times: %v", g.n.Load(), g.texts())
	}
	// Who tries many is told to wait, and the hub is left alone.
	g = newScanned(t)
	for range looksAMinute + 5 {
		g.types(anURL+"\n", byScanner)
		g.wait(func() bool { return g.at != looking })
	}
	if g.n.Load() > looksAMinute || !g.says("Tunggu satu menit") {
		t.Errorf("asked %d times: %v", g.n.Load(), g.texts())
	}
	g.pass(time.Minute)
	g.types(anURL+"\n", byScanner)
	g.wait(func() bool { return g.at == status })
}

func TestTheHubSaysToWait(t *testing.T) {
	g := newScanned(t)
	g.fail = fmt.Errorf("look up: %w", ErrWait)
	g.types(anURL+"\n", byScanner)
	g.wait(func() bool { return g.at == lookUp })
	if !g.says("Tunggu satu menit") {
		t.Error(g.texts())
	}
}

// Without the hub the kiosk says what it knows of the number, and nothing that would
// take the code.
func TestALookUpWithoutTheHub(t *testing.T) {
	for _, try := range []struct {
		known screen.Known
		err   error
		says  string
		not   string
	}{
		{screen.Known{Here: true}, nil, "belum terkirim", "Terkirim ke kantor"},
		{screen.Known{Here: true, Sent: time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)}, nil, "Terkirim ke kantor pada Jumat, 20 November 2026", "belum terkirim"},
		{screen.Known{}, nil, "belum bisa ditanyakan", "kirim ke"},
		{screen.Known{}, errors.New("the disk failed"), "belum bisa ditanyakan", "Datang lagi"},
	} {
		g := newScanned(t)
		g.fail = errors.New("no network")
		try.known.Again = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
		g.cfg.Known = func(_ context.Context, n kiosk.Number) (screen.Known, error) {
			if n != aNumber {
				t.Errorf("asked for %s", n)
			}
			return try.known, try.err
		}
		v := &heard{}
		g.cfg.Voice = v
		g.reading = true
		g.types(anURL+"\n", byScanner)
		g.wait(func() bool { return g.at == unasked })
		if !g.says(try.says) || g.says(try.not) || !g.says("belum diperiksa") || g.says(string(aCode)) {
			t.Errorf("%+v: %v", try, g.texts())
		}
		if try.err == nil && !g.says("Datang lagi Rabu, 25 November 2026") {
			t.Error(g.texts())
		}
		if !strings.Contains(v.last(), try.says) {
			t.Errorf("read as %q", v.last())
		}
		g.tap("done") // named
		g.tap("done")
		if g.at != visiting || g.asking != "" || g.known != nil {
			t.Error("something is left")
		}
	}
}

func TestALongLookUpIsToldAndCanBeLeft(t *testing.T) {
	for _, typed := range []bool{false, true} {
		g := newScanned(t)
		gone := make(chan bool, 1)
		g.cfg.Track = func(ctx context.Context, _ kiosk.Number, _ kiosk.Code) (kiosk.Tracking, error) {
			<-ctx.Done()
			gone <- true
			return kiosk.Tracking{}, ctx.Err()
		}
		if typed {
			g.tap("track")
			g.do(screen.LookUp{Number: string(aNumber), Code: string(aCode)})
		} else {
			g.types(anURL+"\n", byScanner)
		}
		g.Tick()
		if g.says("belum menjawab") {
			t.Error("it complains at once")
		}
		g.pass(5 * time.Second)
		g.Tick()
		if !g.says("belum menjawab") || !g.says("5 dari paling lama 15 detik") {
			t.Error(g.texts())
		}
		g.tap("back")
		<-gone
		if typed && (g.at != lookUp || g.number != string(aNumber)) || !typed && (g.at != visiting || !g.says("Apa yang bisa kami bantu?")) {
			t.Error(g.at, g.texts())
		}
		select {
		case f := <-g.later:
			f() // the late answer changes nothing
		case <-time.After(50 * time.Millisecond):
		}
		if g.at == unasked {
			t.Error("it comes after the visitor went")
		}
	}
}

// To earphones a look-up is read at once; to the lobby only where it was asked for,
// and never the answer.
func TestALookUpIsReadAloud(t *testing.T) {
	for _, try := range []struct{ earphones, reading, title, answer bool }{
		{false, false, false, false}, {false, true, true, false}, {true, false, true, true}, {true, true, true, true},
	} {
		g := newScanned(t)
		v := &heard{}
		g.cfg.Voice, g.cfg.Earphones, g.reading = v, try.earphones, try.reading
		g.hub = kiosk.Tracking{Result: kiosk.TrackFound, Number: aNumber, Status: kiosk.Answered, Answer: "Sudah kami buka."}
		g.types(anURL+"\n", byScanner)
		g.wait(func() bool { return g.at == status })
		said := strings.Join(v.said, " ")
		if strings.Contains(said, g.words().T("status.answered.line")) != try.title || strings.Contains(said, "Sudah kami buka") != try.answer {
			t.Errorf("%+v: %q", try, said)
		}
	}
}

// FuzzScan types anything at any speed: no more is held than a receipt's address,
// nothing but what can be printed, and what is taken for a scan came fast.
func FuzzScan(f *testing.F) {
	for _, s := range []string{anURL, strings.ToLower(anURL), string(aNumber) + "-" + string(aCode), "\x1b[200~" + anURL + "\x1b[201~", "]Q1" + anURL, anURL + anURL,
		"\x00\x01\x1b", "\x1bO", "\x1b[", "\u202e" + anURL, strings.Repeat("9", 300), "K7\u00a04QX9M2"} {
		f.Add(s, uint8(4), uint8(0))
		f.Add(s, uint8(120), uint8(7))
	}
	f.Fuzz(func(t *testing.T, text string, each, jitter uint8) {
		var s scan
		at := time.Date(2026, 11, 24, 1, 42, 0, 0, time.UTC)
		for i, r := range text {
			at = at.Add(time.Duration(each)*time.Millisecond + time.Duration(i%(int(jitter)+1))*time.Millisecond)
			s.add(r, at)
			if len(s.read) > mostRead {
				t.Fatalf("%d characters are held", len(s.read))
			}
		}
		for _, r := range s.read {
			if !unicode.IsPrint(r) {
				t.Errorf("%q is held", r)
			}
		}
		if s.swift && each > 40 {
			t.Error("a person is taken for a scanner")
		}
		if n, c, err := track.ParseReceipt(string(s.read)); err == nil {
			again, code, err := track.ParseReceipt(track.URL("https://lacak.example.go.id", n, c))
			if err != nil || again != n || code != c {
				t.Errorf("%q is read as %s: %v", text, n, err)
			}
		}
	})
}
