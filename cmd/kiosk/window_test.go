package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/printer"
	"loket/kiosk/published"
	"loket/kiosk/receipt"
	"loket/kiosk/words"
	"loket/store/casebook"
	"loket/ui"
	"loket/ui/theme"
	"loket/ui/widget"
)

var pictures = os.Getenv("LOKET_PICTURES") // folder to keep the screenshots in

// finger touches the real window under Xvfb. Where to touch it knows from a
// twin of the kiosk under the test driver, which goes through the same pages.
type finger struct {
	t       *testing.T
	display string
	twin    *ui.Kiosk
	later   chan func()
	mu      sync.Mutex
	shake   float32       // how far the finger wanders during a tap, in pixels
	english bool          // the language of the words on the keys
	filed   []kiosk.Draft // what the twin filed
	env     []string      // more of the window's environment
	log     io.Writer     // what the window says; standard error where nil
	pane    fyne.Window   // of the twin
	paper   []byte        // what the twin scans; nil: it has no scanner
	front   *counterpart  // the twin's receptionist's part; nil for none
	again   func()        // makes the twin anew, with it
}

func newFinger(t *testing.T, office string) *finger {
	t.Helper()
	// It starts anew without -noreset whenever its last client goes, and drops who just comes.
	return newFingerOn(t, office, exec.Command("Xvfb", "-screen", "0", "1080x1920x24", "-nolisten", "tcp", "-noreset"))
}

// newFingerOn touches what a server shows, on a screen of 1080 × 1920.
func newFingerOn(t *testing.T, office string, server *exec.Cmd) *finger {
	t.Helper()
	for _, tool := range []string{"Xvfb", "xdotool", "import", "zbarimg"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s here: make setup installs it", tool)
		}
	}
	f := &finger{t: t, later: make(chan func(), 1000), display: shown(t, server)}
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
	test.NewTempApp(t).Settings().SetTheme(look)
	vocabulary, err := published.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	example, err := vocabulary.Example(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	list := published.NewIndex(vocabulary, example)
	place, _ := catalogue.Office(office)
	f.again = func() {
		if f.twin != nil {
			f.twin.Close()
		}
		f.twin = ui.New(f.like(catalogue, texts, look, list, place))
		f.pane = test.NewTempWindow(t, nil)
		f.twin.Attach(f.pane)
		f.pane.Resize(fyne.NewSize(1080, 1920))
	}
	f.again()
	t.Cleanup(func() { f.twin.Close() })
	return f
}

// shown starts an X server, which takes a free display, and returns that.
func shown(t *testing.T, server *exec.Cmd) (display string) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	server.Args = append(server.Args, "-displayfd", "3")
	server.ExtraFiles = []*os.File{write}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	t.Cleanup(func() { server.Process.Signal(syscall.SIGTERM); server.Wait() })
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatal(server.Path, " did not start: ", err)
	}
	return ":" + strings.TrimSpace(number)
}

// like is how the twin is made.
func (f *finger) like(catalogue *form.Catalogue, texts *words.Catalogue, look *theme.Theme, list *published.Index, place kiosk.Office) ui.Config {
	c := ui.Config{
		Theme: look, Catalogue: catalogue, Words: texts, Languages: texts.Languages()[:2], Office: place, WidthMM: 336, BottomMM: 750, Now: time.Now,
		File: func(_ context.Context, d kiosk.Draft) (receipt.Receipt, error) {
			d, problems := catalogue.Check(d, time.Now().In(place.Location()))
			if len(problems) > 0 {
				return receipt.Receipt{}, problems
			}
			f.mu.Lock()
			f.filed = append(f.filed, d)
			f.mu.Unlock()
			return receipt.Receipt{Number: "K74QX9M2", Code: "QV8N3HD6W", URL: "HTTP://127.0.0.1:65535/T#K74QX9M2-QV8N3HD6W"}, nil
		},
		Track: func(_ context.Context, n kiosk.Number, _ kiosk.Code) (kiosk.Tracking, error) {
			return kiosk.Tracking{Result: kiosk.TrackFound, Number: n, Status: kiosk.Received}, nil
		},
		Connected: func() bool { return true }, Published: func() *published.Index { return list }, OnUI: func(g func()) { f.later <- g },
		Idle: time.Hour, IdleWriting: time.Hour, Countdown: time.Hour, ReceiptStays: time.Hour, Attract: time.Hour,
	}
	c.CanScan = func() bool { return f.paper != nil }
	c.Scan = func(context.Context) ([]byte, error) { return f.paper, nil }
	if p := f.front; p != nil {
		c.Front = p.front()
		c.Print = func(context.Context, receipt.Receipt) printer.Result { return c.Front.Test(context.Background()) }
		c.Closed = func() string {
			if p.shut != "" {
				return "out.staff." + p.shut
			}
			return ""
		}
	}
	return c
}

func (f *finger) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+f.display, "FYNE_PLATFORM=x11")
	return cmd
}

func (f *finger) touch(t *widget.Touch, pause string) {
	f.t.Helper()
	at, size := fyne.CurrentApp().Driver().AbsolutePositionForObject(t), t.Size()
	x, y := at.X+size.Width/2, at.Y+size.Height/2
	t.Tap() // the twin first: both pages then settle in the same pause
	f.press(x, y, pause)
}

// press touches a place of the glass.
func (f *finger) press(x, y float32, pause string) {
	f.t.Helper()
	to := func(x, y float32) []string { return []string{"mousemove", fmt.Sprint(int(x)), fmt.Sprint(int(y))} }
	args := append(to(x, y), "sleep", "0.02", "mousedown", "1", "sleep", "0.03")
	if f.shake > 0 {
		angle := rand.Float64() * 2 * math.Pi
		args = append(args, to(x+f.shake*float32(math.Cos(angle)), y+f.shake*float32(math.Sin(angle)))...)
		args = append(args, "sleep", "0.02")
	}
	args = append(args, "mouseup", "1", "sleep", pause)
	if out, err := f.command("xdotool", args...).CombinedOutput(); err != nil {
		f.t.Fatalf("xdotool: %v %s", err, out)
	}
}

// tap touches what is named, as a visitor does: on a page that stands still,
// and looking at what comes of it, however slow the machine is.
func (f *finger) tap(names ...string) {
	f.t.Helper()
	for _, name := range names {
		t := f.twin.Shown().Touches[name]
		if t == nil {
			f.t.Fatalf("nothing named %q to touch", name)
		}
		before := f.still()
		f.touch(t, "0.1")
		for end := time.Now().Add(3 * time.Second); f.seen() == before && time.Now().Before(end); {
		}
		f.still()
		time.Sleep(pageSettles)
	}
}

// pageSettles is a little longer than a new page takes no touch.
const pageSettles = 350 * time.Millisecond

// seen is what stands on the glass now.
func (f *finger) seen() [sha256.Size]byte {
	f.t.Helper()
	out, err := f.command("import", "-window", "root", "-depth", "8", "rgb:-").Output()
	if err != nil {
		f.t.Fatal("import: ", err)
	}
	return sha256.Sum256(out)
}

// still waits until nothing moves on the glass, and returns what stands there.
func (f *finger) still() [sha256.Size]byte {
	f.t.Helper()
	last := f.seen()
	for range 40 {
		now := f.seen()
		if now == last {
			return now
		}
		last = now
	}
	f.t.Fatal("the window never stands still")
	return last
}

// write types on the on-screen keyboard, without shift.
func (f *finger) write(text string) {
	f.t.Helper()
	for _, r := range text {
		b := f.twin.Shown().Keyboard
		t := b.Key(string(r))
		if t == nil {
			t = b.Key(strings.ToUpper(string(r)))
		}
		if r == ' ' {
			t = b.Key(map[bool]string{false: "spasi", true: "space"}[f.english])
		}
		if t == nil {
			f.t.Fatalf("no key for %q", r)
		}
		f.touch(t, "0.06")
	}
}

func (f *finger) picture(name string) string {
	f.t.Helper()
	dir := pictures
	if dir == "" {
		dir = f.t.TempDir()
	}
	file := filepath.Join(dir, name+".png")
	if out, err := f.command("import", "-window", "root", file).CombinedOutput(); err != nil {
		f.t.Fatalf("import: %v %s", err, out)
	}
	return file
}

// scan waits until a tracking URL can be read from the screen.
func (f *finger) scan(name string) string {
	f.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		out, _, err := try(nil, "zbarimg", "--nodbus", "-q", "--raw", f.picture(name))
		if err == nil && strings.Contains(out, "/T#") {
			return strings.TrimSpace(out)
		}
	}
	f.t.Fatal("no QR code could be read from the screen")
	return ""
}

// A complaint and a request for information, filed in the real window by
// touch alone with the hub down; the QR code on the screen leads to the case.
func TestTheRealWindow(t *testing.T) {
	o := newOffice(t)
	f := newFinger(t, "ntt")
	o.stop(syscall.SIGTERM)
	window := f.open(o)
	f.picture("home")

	f.tap("complaint", "main")
	f.write("loket 3 tutup")
	f.tap("main")
	f.write("loket 3 tutup sejak pagi. tidak ada petugas")
	f.picture("question")
	f.tap("main", time.Now().In(kiosk.Zone("WITA")).AddDate(0, 0, -1).Format(time.DateOnly), "main")
	f.write("lantai 1")
	f.tap("main", "main", "main", "main", "anonymous", "main")
	f.picture("review")
	f.tap("main")
	complaint := f.scan("receipt")
	f.finish()

	f.tap("information", "main")
	f.write("notaris")
	f.settle() // what is found is shown when the visitor pauses
	f.picture("published")
	f.tap("main") // none of these
	f.write("anggaran 2025")
	f.tap("main")
	f.write("penelitian")
	f.tap("main", "view", "main", "person", "main")
	f.write("contoh satu")
	f.tap("main")
	f.write("5371010101900001")
	f.tap("main")
	f.write("jalan contoh 1")
	f.tap("main", "main")
	f.write("081234567890")
	f.tap("main", "main")
	f.tap("main")
	information := f.scan("receipt-information")

	part := func(s string) (number, code string) {
		base, pair, _ := strings.Cut(s, "#")
		if base != "HTTP://"+o.address+"/T" {
			t.Errorf("the QR code leads to %s", base)
		}
		number, code, _ = strings.Cut(pair, "-")
		return number, code
	}
	n1, c1 := part(complaint)
	n2, c2 := part(information)
	// The window's own uploader stands still until the hub was asked.
	if err := window.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	o.serve()
	if got := o.track(n1, c1); got.Result != kiosk.TrackNotArrived {
		t.Errorf("before the upload: %+v", got)
	}
	if err := window.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	o.run(nil, kioskBin, "upload", "--data", o.kiosk, "--once")
	by := o.arrived(2)
	if by[n1].Answers["description"] != "Loket 3 tutup sejak pagi. Tidak ada petugas" || by[n1].Identity != kiosk.Anonymous {
		t.Errorf("%+v", by[n1])
	}
	if by[n2].Answers["nik"] != "5371010101900001" || by[n2].Answers["phone"] != "+6281234567890" || by[n2].Form != "information" {
		t.Errorf("%+v", by[n2])
	}
	for number, code := range map[string]string{n1: c1, n2: c2} {
		if got := o.track(number, code); got.Result != kiosk.TrackFound {
			t.Errorf("after the upload: %+v", got)
		}
	}
	if resp, err := http.Get("http://" + o.address + "/T"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("the address in the QR code: %v, %v", resp, err)
	}
	second := f.command(kioskBin, "run", "--data", o.kiosk)
	err := second.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitSetup {
		t.Errorf("a second window opened: %v", err)
	}
	if err := window.Process.Signal(syscall.SIGTERM); err != nil || window.Wait() != nil {
		t.Error("a window that is asked to stop must end well:", err)
	}
}

// finish brings the twin to its receipt and both home.
func (f *finger) finish() {
	f.t.Helper()
	f.await("done")
	f.tap("done", "rate 3", "done")
}

// await lets the twin go on until something can be touched.
func (f *finger) await(name string) {
	f.t.Helper()
	for end := time.After(30 * time.Second); f.twin.Shown().Touches[name] == nil; {
		select {
		case g := <-f.later:
			g()
		case <-end:
			f.t.Fatalf("the twin never came to %q; it can touch %q", name, slices.Sorted(maps.Keys(f.twin.Shown().Touches)))
		}
	}
	if err := f.command("xdotool", "sleep", "0.4").Run(); err != nil { // the page settles
		f.t.Fatal(err)
	}
}

// settle waits until nothing moves any more, in the window and in the twin.
func (f *finger) settle() {
	for {
		select {
		case g := <-f.later:
			g()
		case <-time.After(time.Second):
			return
		}
	}
}

// open starts the window and waits until it stands.
func (f *finger) open(o *office) *exec.Cmd {
	f.t.Helper()
	window := f.command(kioskBin, "run", "--data", o.kiosk)
	window.Env = append(window.Env, f.env...)
	if window.Stderr = f.log; f.log == nil {
		window.Stderr = os.Stderr
	}
	if err := window.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		window.Process.Kill()
		window.Wait()
		if f.t.Failed() && f.log != nil {
			f.t.Logf("the window said %s", f.log)
		}
	})
	o.eventually("the window is there", func() bool {
		out, err := f.command("xdotool", "search", "--onlyvisible", "--name", "^Loket$").Output()
		return err == nil && len(out) > 0
	})
	if err := f.command("xdotool", "sleep", "1.5").Run(); err != nil {
		f.t.Fatal(err)
	}
	return window
}

var visitors = flag.Bool("visitors", false, "play every door in both languages in the real window (seven minutes)")

// Every door is gone through in both languages, in the real window, by a
// finger that shakes 10 pixels at every tap; among them a visitor who gets the
// NIK wrong, goes back and forth and changes the language in the middle, one
// in a hurry who taps twice, and an old one who rests until two seconds before
// everything would be wiped.
func TestVisitorsInTheRealWindow(t *testing.T) {
	if !*visitors {
		t.Skip("make visitors plays them")
	}
	o := newOffice(t)
	config := "[screen]\nidle_seconds = 12\ntyping_seconds = 12\nwarning_seconds = 6\nattract_seconds = 3600\n"
	if err := os.WriteFile(filepath.Join(o.kiosk, "kiosk.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	f := newFinger(t, "ntt")
	f.shake = 10
	f.open(o)
	var number, code string
	for _, english := range []bool{false, true} {
		f.english = english
		begin := func(door string) {
			t.Helper()
			if english {
				f.tap("language")
			}
			f.tap(door, "main")
		}
		name := func(s string) string { return s + map[bool]string{false: ".id", true: ".en"}[english] }
		day := time.Now().In(kiosk.Zone("WITA")).AddDate(0, 0, -1).Format(time.DateOnly)

		// In a hurry: every main button twice.
		begin("complaint")
		hurried := func() {
			t.Helper()
			at := f.twin.Shown().Touches["main"]
			p := fyne.CurrentApp().Driver().AbsolutePositionForObject(at)
			f.touch(at, "0.02")
			f.press(p.X+at.Size().Width/2, p.Y+at.Size().Height/2, "0.4")
		}
		f.write("antrean panjang")
		hurried()
		f.write("antrean panjang sejak pagi")
		hurried()
		f.tap(day, "main")
		f.write("loket 3")
		f.tap("main", "main", "main", "main", "anonymous", "main")
		f.picture(name("review"))
		f.tap("main")
		_, pair, _ := strings.Cut(f.scan(name("receipt-complaint")), "#")
		number, code, _ = strings.Cut(pair, "-")
		f.finish()

		// Old: rests in the middle of a sentence, larger letters, is warned, and goes on.
		begin("suggestion")
		f.write("kursi")
		if err := f.command("xdotool", "sleep", "16").Run(); err != nil {
			t.Fatal(err)
		}
		f.picture(name("warning"))
		f.press(540, 300, "0.45") // beside the sheet: any touch counts
		f.tap("size", "size")
		f.write(" lansia")
		f.tap("main")
		f.write("sediakan kursi untuk orang tua")
		f.tap("main", "main", "main", "main", "named", "main", "organization", "main")
		f.write("warga")
		f.tap("main")
		f.write("contoh satu")
		f.tap("main", "main", "main")
		f.picture(name("review-large"))
		f.tap("main")
		f.scan(name("receipt-suggestion"))
		f.finish()

		// Clumsy: a wrong NIK, back and forth, another language in the middle.
		begin("information")
		f.tap("main") // nothing looked for
		f.write("anggaran 2025")
		f.tap("main")
		f.write("riset")
		f.tap("main", "view", "main", "person", "main")
		f.write("contoh dua")
		f.tap("main")
		f.write("53713202900001")
		f.tap("main") // 14 digits: refused
		f.picture(name("nik-short"))
		f.tap("back", "back", "back", "main", "main", "main")
		f.tap("language", "language")
		for range 10 {
			f.touch(f.twin.Shown().Keyboard.Key(map[bool]string{false: "Hapus", true: "Delete"}[english]), "0.03")
		}
		f.write("013202900001") // an odd birth date: doubted once
		f.tap("main")
		f.picture(name("nik-doubt"))
		f.tap("main")
		f.write("jalan contoh 1")
		f.tap("main", "main")
		f.write("081234567890")
		f.tap("main", "main")
		f.tap("main")
		f.scan(name("receipt-information"))
		f.finish()

		// An objection that names an earlier number, by a foreigner.
		begin("objection")
		f.write(number)
		f.tap("main", "no_reply", "main")
		f.write("belum ada jawaban")
		f.tap("main", "foreigner", "main")
		f.write("sample three")
		f.tap("main")
		f.write("x0000001")
		f.tap("main")
		f.write("jalan contoh 3")
		f.tap("main", "main", "main")
		f.write("a")
		f.touch(f.twin.Shown().Keyboard.Key("@gmail.com"), "0.1")
		f.tap("main", "yes", "main", "main") // news by e-mail, please
		f.scan(name("receipt-objection"))
		f.finish()

		// Following a report.
		if english {
			f.tap("language")
		}
		o.run(nil, kioskBin, "upload", "--data", o.kiosk, "--once")
		f.tap("track")
		f.write(number)
		f.tap("main")
		f.write(code)
		f.tap("main")
		f.await("done")
		f.picture(name("status"))
		f.tap("done")

		// The survey.
		begin("survey")
		f.tap("main")
		for i := range 9 {
			f.tap(fmt.Sprint(i%4+1), "main")
		}
		f.tap("main", "60_up", "main", "main", "main", "main")
		f.picture(name("survey-review"))
		f.tap("main")
		f.await("done")
		f.tap("done")
	}

	o.run(nil, kioskBin, "upload", "--data", o.kiosk, "--once")
	want := map[string]int{}
	for _, d := range f.filed {
		if d.Form != "survey" && d.Form != "ease" {
			want[fmt.Sprint(d.Form, d.Identity, d.Answers)]++
		}
	}
	if len(f.filed) != 2*(4+4+1) {
		t.Errorf("the twin filed %d", len(f.filed))
	}
	for _, c := range o.arrived(8) {
		want[fmt.Sprint(c.Form, c.Identity, c.Answers)]--
	}
	for what, n := range want {
		if n != 0 {
			t.Errorf("%+d: %s", n, what)
		}
	}
	o.stop(syscall.SIGTERM)
	book, err := casebook.Open(t.Context(), o.hub)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for form, n := range map[string]int{"survey": 2, "ease": 8} {
		if got, err := book.Opinions(t.Context(), form, ""); err != nil || len(got) != n {
			t.Errorf("%d answers to %s: %v, %v", len(got), form, got, err)
		}
	}
}
