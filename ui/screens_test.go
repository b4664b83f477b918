package ui

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/published"
	"loket/kiosk/receipt"
	"loket/kiosk/visit"
	"loket/kiosk/words"
	"loket/ui/screen"
	"loket/ui/theme"
	"loket/ui/widget"
)

var (
	screens = flag.String("screens", "", "write every screen as PNG into this folder")
	only    = flag.String("only", "", "only the screens whose name holds this")
)

// states bring a kiosk to each of its screens.
var states = []struct {
	name string
	to   func(*glass)
}{
	{"attract", func(g *glass) { g.at = attract }},
	{"home", func(*glass) {}},
	{"home-offline", func(g *glass) { g.online = false }},
	{"home-nopaper", func(g *glass) { g.paper = false }},
	{"howto", func(g *glass) { g.at = howTo }},
	{"before-complaint", func(g *glass) { g.visit.Start("complaint"); g.at = before }},
	{"before-information", func(g *glass) { g.visit.Start("information"); g.at = before }},
	{"before-survey", func(g *glass) { g.visit.Start("survey"); g.at = before }},
	{"privacy", func(g *glass) { g.visit.Start("complaint"); g.at = privacy }},
	{"question-text", func(g *glass) { g.goTo("complaint", "title"); g.visit.Answer("Loket tutup") }},
	{"question-problem", func(g *glass) { g.goTo("complaint", "title"); g.say(g.visit.Next()) }},
	{"question-longtext", func(g *glass) {
		g.goTo("complaint", "description")
		g.visit.Answer("Saya mengantre sejak pukul 7 pagi untuk mengambil surat, tetapi loket 3 tidak dibuka sampai pukul 10.\nPetugas tidak memberi penjelasan.")
	}},
	{"question-longtext-empty", func(g *glass) { g.goTo("complaint", "description"); g.visit.Answer("") }},
	{"question-veiled", func(g *glass) { g.goTo("complaint", "description"); g.veiled = true }},
	{"question-date", func(g *glass) { g.goTo("complaint", "incident_date"); g.visit.Answer("2026-09-23") }},
	{"question-place", func(g *glass) { g.goTo("complaint", "location") }},
	{"question-service", func(g *glass) { g.goTo("complaint", "service"); g.visit.Answer("ki-merek") }},
	{"question-office", func(g *glass) { g.goTo("complaint", "office") }},
	{"question-office-search", func(g *glass) { g.goTo("complaint", "office"); sought := "nusa"; g.search = &sought }},
	{"question-office-search-none", func(g *glass) { g.goTo("complaint", "office"); sought := "xyz"; g.search = &sought }},
	{"papers", func(g *glass) { g.scans(); g.goTo("complaint", "papers") }},
	{"papers-scanning", func(g *glass) { g.scans(); g.goTo("complaint", "papers"); g.at = scanning }},
	{"papers-one", func(g *glass) { g.scans(); g.goTo("complaint", "papers"); g.putPaper(1) }},
	{"papers-three", func(g *glass) { g.scans(); g.goTo("complaint", "papers"); g.putPaper(3) }},
	{"papers-veiled", func(g *glass) { g.scans(); g.goTo("complaint", "papers"); g.putPaper(2); g.veiled = true }},
	{"papers-failed", func(g *glass) {
		g.scans()
		g.goTo("complaint", "papers")
		g.problem = func(w words.Words) string { return w.T("papers.failed") }
	}},
	{"review-papers", func(g *glass) {
		g.scans()
		g.goTo("complaint", "papers")
		g.putPaper(2)
		for g.visit.Page().Kind != visit.Review {
			g.visit.Answer(map[string]string{"papers": "2", "identity": "anonymous"}[g.visit.Page().Field.ID])
			g.visit.Next()
		}
	}},
	{"question-identity", func(g *glass) { g.goTo("complaint", "identity"); g.visit.Answer("confidential") }},
	{"question-reporter", func(g *glass) { g.goTo("complaint", "reporter") }},
	{"question-phone", func(g *glass) { g.goTo("complaint", "phone") }},
	{"question-email", func(g *glass) { g.goTo("complaint", "email") }},
	{"question-notify", func(g *glass) {
		g.goTo("complaint", "email")
		g.visit.Answer("a@contoh.id")
		g.visit.Next()
	}},
	{"published", func(g *glass) { g.seek("") }},
	{"published-writing", func(g *glass) { g.seek("laporan kin") }},
	{"published-found", func(g *glass) { g.seek("laporan"); g.writing = false }},
	{"published-none", func(g *glass) { g.seek("paspor anak") }},
	{"published-example", func(g *glass) {
		l := *g.list.List()
		l.Example = true
		g.list = published.NewIndex(g.list.Vocabulary(), &l)
		g.seek("laporan kinerja")
	}},
	{"published-item", func(g *glass) { g.seek("laporan kinerja 2025"); g.lookAt("laporan kinerja 2025") }},
	{"published-item-desk", func(g *glass) { g.seek("aset"); g.lookAt("aset") }},
	{"published-item-long", func(g *glass) {
		g.seek("aset")
		g.lookAt("aset")
		g.item.Title = "Laporan hasil pemeriksaan atas laporan keuangan kantor wilayah beserta tindak lanjutnya tahun anggaran 2024 dan 2025"
		g.item.Summary = strings.Repeat("Temuan, rekomendasi, tindak lanjut dan penyelesaiannya menurut unit dan tahun. ", 6)
		g.item.Where = "https://ppid.example.go.id/wp-content/uploads/2026/01/" + strings.Repeat("laporan-hasil-pemeriksaan-", 5) + ".pdf"
	}},
	{"published-bye", func(g *glass) { g.seek("laporan kinerja 2025"); g.lookAt("laporan kinerja 2025"); g.at = foundIt }},
	{"question-offer", func(g *glass) { g.visit.Start("information"); g.sought = "laporan kinerja" }},
	{"question-nik-doubt", func(g *glass) {
		g.goTo("information", "nik")
		g.visit.Answer("5371013202900001")
		g.visit.Next()
	}},
	{"question-applicant", func(g *glass) { g.goTo("information", "applicant") }},
	{"question-number", func(g *glass) { g.visit.Start("objection"); g.visit.Answer("K70QX1M") }},
	{"question-ground", func(g *glass) { g.goTo("objection", "ground") }},
	{"question-survey", func(g *glass) { g.goTo("survey", "conduct"); g.visit.Answer("3") }},
	{"review", func(g *glass) { g.goTo("complaint", "") }},
	{"review-failed", func(g *glass) {
		g.goTo("complaint", "")
		g.problem = func(w words.Words) string { return w.T("notsaved") }
	}},
	{"sending", func(g *glass) { g.at, g.slip = sending, true }},
	{"receipt", func(g *glass) {
		g.given, _ = g.cfg.File(context.Background(), g.full())
		g.at, g.print.Key, g.print.Well, g.print.Busy = receiptShown, "print.printing", true, true
	}},
	{"receipt-done", func(g *glass) {
		g.given, _ = g.cfg.File(context.Background(), g.full())
		g.at, g.print.Key, g.print.Well = receiptShown, "print.done", true
	}},
	{"receipt-papers", func(g *glass) {
		g.given, _ = g.cfg.File(context.Background(), g.full())
		g.given.Pages = 3
		g.at, g.print.Key, g.print.Well = receiptShown, "print.done", true
	}},
	{"receipt-asked", func(g *glass) {
		g.given, _ = g.cfg.File(context.Background(), g.full())
		g.at, g.print.Key, g.print.Ask = receiptShown, "print.unknown", true
	}},
	{"receipt-hand", func(g *glass) {
		g.given, _ = g.cfg.File(context.Background(), g.full())
		g.at, g.print.Key, g.print.Well, g.online = receiptShown, "print.hand", true, false
	}},
	{"home-no-paper", func(g *glass) { g.paper = false }},
	{"receipt-closing", func(g *glass) {
		g.given, _ = g.cfg.File(context.Background(), g.full())
		g.at, g.print.Key, g.left, g.online = receiptShown, "print.paper", 12, false
	}},
	{"rating", func(g *glass) { g.at = rating }},
	{"front-door", func(g *glass) { g.at = frontDoor }},
	{"front-door-wrong", func(g *glass) {
		g.at, g.front.message = frontDoor, func(w words.Words) string { return w.T("front.pin.wait", "n", 28) }
	}},
	{"front", func(g *glass) {
		g.at, g.front.state.Name, g.front.state.Checks = frontPage, "Ayu Lestari", g.desk.checks
		g.unprinted = unprinted{"K74QX9M2", g.now()}
		g.front.looked = g.now()
	}},
	{"front-note", func(g *glass) {
		g.at, g.front.state.Name, g.front.state.Checks = frontPage, "Ayu Lestari", g.desk.checks[1:5]
		g.front.looked = g.now()
		g.note("front.printed", false)
	}},
	{"stick-busy", func(g *glass) { g.at, g.front.stick = carrying, screen.StickState{Busy: true, Done: 120, Total: 500} }},
	{"stick-full", func(g *glass) {
		g.at, g.front.stick = carrying, screen.StickState{Key: "stick.full", Args: []any{"n", 412, "rest", 88}, Bad: true}
	}},
	{"stick-done", func(g *glass) {
		g.at, g.front.stick = carrying, screen.StickState{Key: "stick.done", Args: []any{"n", 500}}
	}},
	{"front-shut", func(g *glass) { g.at = frontShut }},
	{"consent", func(g *glass) { g.at, g.front.state.Name = consent, "Ayu Lestari" }},
	{"paper-day", func(g *glass) { g.at = paperDay }},
	{"home-helped", func(g *glass) { g.helped = &kiosk.Helped{How: kiosk.Assisted, By: "Ayu Lestari"} }},
	{"thanks", func(g *glass) { g.at, g.slip = thanks, true }},
	{"lookup", func(g *glass) { g.at, g.number, g.message = lookUp, "K7 4QX", "lookup.check.number" }},
	{"lookup-other", func(g *glass) { g.cfg.Scanner = true; g.at, g.message = lookUp, "lookup.scan.other" }},
	{"lookup-busy", func(g *glass) { g.cfg.Scanner = false; g.at, g.message = lookUp, "lookup.busy" }},
	{"looking", func(g *glass) { g.at = looking }},
	{"looking-slow", func(g *glass) { g.at, g.left = looking, 7 }},
	{"unasked", func(g *glass) { g.at, g.asking = unasked, "K74QX9M2" }},
	{"unasked-waiting", func(g *glass) {
		g.at, g.asking, g.known = unasked, "K74QX9M2", &screen.Known{Here: true, Again: g.now().AddDate(0, 0, 1)}
	}},
	{"unasked-sent", func(g *glass) {
		g.at, g.asking, g.known = unasked, "K74QX9M2", &screen.Known{Here: true, Sent: g.now().AddDate(0, 0, -3), Again: g.now().AddDate(0, 0, 1)}
	}},
	{"unasked-elsewhere", func(g *glass) {
		g.at, g.asking, g.known = unasked, "K74QX9M2", &screen.Known{Again: g.now().AddDate(0, 0, 1)}
	}},
	{"status", func(g *glass) {
		g.at = status
		g.tracking = kiosk.Tracking{Result: kiosk.TrackFound, Number: "K74QX9M2", Status: kiosk.Answered, Received: "2026-11-24", Due: "2026-12-04", Answer: "Loket 3 kini dibuka pukul 08.00. Terima kasih atas laporan Anda.",
			Changes: []kiosk.StatusChange{{Status: kiosk.Received, On: "2026-11-24"}, {Status: kiosk.Verified, On: "2026-11-25"}, {Status: kiosk.Answered, On: "2026-11-30"}}}
	}},
	{"status-not-arrived", func(g *glass) {
		g.at, g.tracking = status, kiosk.Tracking{Result: kiosk.TrackNotArrived, Number: "K74QX9M2"}
	}},
	{"closed", func(g *glass) { g.at = closed }},
	{"trouble", func(g *glass) { g.at, g.left = trouble, 28 }},
	{"idle", func(g *glass) { g.visit.Start("complaint"); g.sheet, g.left = idle, 24 }},
	{"restart", func(g *glass) { g.visit.Start("complaint"); g.sheet = restart }},
	{"languages", func(g *glass) { g.cfg.Languages = g.cfg.Words.Languages()[:3]; g.sheet = languages }},
	{"nosound", func(g *glass) { g.sheet = noSound }},
	{"called", func(g *glass) { g.visit.Start("complaint"); g.visit.Answer("x"); g.sheet = called }},
	{"setup", func(g *glass) { g.setUp(newBench()) }},
	{"setup-half", func(g *glass) {
		g.setUp(benchHalf())
		g.setup.note = wordsOf("setup.pin.works", false, "name", "Ayu Lestari")
	}},
	{"setup-done", func(g *glass) { g.setUp(benchDone()) }},
	{"setup-language", func(g *glass) { g.setUp(newBench()); g.setup.page = screen.SetupLanguage }},
	{"setup-office", func(g *glass) { g.setUp(newBench()); g.setup.page = screen.SetupOffice }},
	{"setup-office-bad", func(g *glass) {
		g.setUp(newBench())
		g.setup.page, g.setup.note, g.setup.written[screen.SetupOffice] = screen.SetupOffice, wordsOf("setup.office.bad.ticket", true), "https://lacak.example.go.id"
	}},
	{"setup-code", func(g *glass) {
		g.setUp(newBench())
		g.setup.page = screen.SetupCode
		g.setup.written[screen.SetupCode] = "K7QX9M2QV8N3"
	}},
	{"setup-connecting", func(g *glass) {
		g.setUp(newBench())
		g.setup.page, g.setup.busy, g.setup.note = screen.SetupCode, true, wordsOf("setup.office.wait", false)
	}},
	{"setup-words", func(g *glass) { g.setUp(benchHalf()); g.setup.page = screen.SetupOffice }},
	{"setup-enrolled", func(g *glass) { g.setUp(benchDone()); g.setup.page = screen.SetupOffice }},
	{"setup-printer-looking", func(g *glass) {
		g.setUp(newBench())
		g.setup.page, g.setup.busy, g.setup.note = screen.SetupPrinter, true, wordsOf("setup.printer.looking", false)
	}},
	{"setup-printer", func(g *glass) { g.setUp(benchDone()); g.setup.page, g.setup.found = screen.SetupPrinter, somePrinters }},
	{"setup-printer-none", func(g *glass) { g.setUp(newBench()); g.setup.page = screen.SetupPrinter }},
	{"setup-address", func(g *glass) { g.setUp(newBench()); g.setup.page = screen.SetupAddress }},
	{"setup-paper", func(g *glass) { g.setUp(newBench()); g.setup.page, g.setup.chosen = screen.SetupPaper, somePrinters[1] }},
	{"setup-test", func(g *glass) { g.setUp(benchHalf()); g.setup.page = screen.SetupTest }},
	{"setup-test-fault", func(g *glass) {
		g.setUp(benchHalf())
		g.setup.page, g.setup.note = screen.SetupTest, wordsOf("front.printer.paper_out.do", true)
	}},
	{"setup-test-asked", func(g *glass) { g.setUp(benchHalf()); g.setup.page, g.setup.asking = screen.SetupTest, true }},
	{"setup-screen", func(g *glass) { g.setUp(newBench()); g.setup.page, g.setup.card = screen.SetupScreen, g.cfg.WidthMM }},
	{"setup-screen-says", func(g *glass) {
		b := newBench()
		b.state.Glass = [2]float32{598, 336}
		g.setUp(b)
		g.setup.page, g.setup.card = screen.SetupScreen, g.cfg.WidthMM
	}},
	{"setup-screen-near", func(g *glass) { g.setUp(newBench()); g.setup.page, g.setup.card = screen.SetupScreen, g.fitting(0) }},
	{"setup-sound", func(g *glass) { g.setUp(benchDone()); g.setup.page = screen.SetupSound }},
	{"setup-sound-silent", func(g *glass) { g.setUp(newBench()); g.setup.page = screen.SetupSound }},
	{"setup-pin", func(g *glass) { g.setUp(newBench()); g.setup.page = screen.SetupPIN }},
	{"setup-pin-wrong", func(g *glass) {
		g.setUp(benchDone())
		g.setup.page, g.setup.note, g.setup.written[screen.SetupPIN] = screen.SetupPIN, wordsOf("front.pin.wrong", true), "1234"
	}},
	{"reach-home", func(g *glass) { g.reach = true }},
	{"reach-question", func(g *glass) { g.goTo("objection", "ground"); g.reach = true }},
	{"reach-longtext", func(g *glass) { g.goTo("complaint", "description"); g.reach = true }},
	{"reach-published", func(g *glass) { g.seek("laporan"); g.writing = false; g.reach = true }},
	{"reach-published-item", func(g *glass) { g.seek("tarif"); g.lookAt("tarif"); g.reach = true }},
	{"reach-papers", func(g *glass) { g.scans(); g.goTo("complaint", "papers"); g.putPaper(1); g.reach = true }},
	{"reach-review", func(g *glass) { g.goTo("complaint", ""); g.reach = true }},
}

func (g *glass) full() kiosk.Draft {
	return kiosk.Draft{Form: "complaint", Language: g.visit.Language(), Identity: kiosk.Anonymous, Answers: kiosk.Answers{
		"title": "Loket tutup", "description": "Loket tutup sejak pagi hari ini.", "incident_date": "2026-11-24", "location": "Loket 3"}}
}

// scans gives the kiosk a scanner.
func (g *glass) scans() { g.visit.SetScans(true) }

// paper is a page as a scanner sees it.
func paper(t *testing.T) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 1240, 1754))
	for y := range 1754 {
		for x := range 1240 {
			m.Pix[y*m.Stride+x] = 0xf4
			if line := y % 60; y > 200 && y < 1500 && x > 140 && x < 1100-(y/60*97)%300 && line < 18 && x%37 < 30 {
				m.Pix[y*m.Stride+x] = 0x40
			}
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// putPaper has scanned so many pages.
func (g *glass) putPaper(n int) {
	page := paper(g.t)
	for range n {
		g.visit.AddPage(page, false)
	}
	var err error
	if g.papers.last, err = preview(page); err != nil {
		g.t.Fatal(err)
	}
}

// seek stands before the questions of a request, with words to look for.
func (g *glass) seek(words string) {
	g.visit.Start("information")
	g.at, g.writing, g.sought = seeking, true, words
}

// lookAt looks at the first piece of information that words find.
func (g *glass) lookAt(words string) {
	found, _ := g.list.Search(words, published.Filter{}, 1)
	g.at, g.writing, g.item = looked, false, found[0]
}

// goTo fills a form up to a field; "" is the review.
func (g *glass) goTo(name, id string) {
	g.visit.Start(name)
	answers := map[string]string{"title": "Loket 3 tidak dibuka", "description": "Saya mengantre sejak pukul 7 pagi, tetapi loket 3 tidak dibuka sampai pukul 10.",
		"incident_date": "2026-11-24", "location": "Loket 3, lantai 1", "identity": "named", "reporter": "person", "name": "Contoh Satu", "phone": "081234567890",
		"information": "Laporan kinerja 2025", "purpose": "Untuk skripsi saya", "obtain": "view", "applicant": "person", "requirements": "3"}
	for page := g.visit.Page(); page.Kind != visit.Review && page.Field.ID != id; page = g.visit.Page() {
		g.visit.Answer(answers[page.Field.ID])
		if p := g.visit.Next(); len(p) > 0 {
			g.t.Fatal(name, id, p)
		}
	}
}

// pseudo is a language made for this test: every sentence 40 % longer, with
// letters that stand high and low, so that what does not fit shows.
const pseudo kiosk.Language = "qps"

func lengthen(s string) string {
	var b strings.Builder
	inside := false
	for _, r := range s {
		switch {
		case r == '{':
			inside = true
		case r == '}':
			inside = false
		case !inside && strings.ContainsRune("aeiou", r):
			r = map[rune]rune{'a': 'å', 'e': 'é', 'i': 'ï', 'o': 'õ', 'u': 'û'}[r]
		}
		b.WriteRune(r)
	}
	for n := (len([]rune(s))*2 + 4) / 5; n > 0; n -= 6 {
		b.WriteString(" ĝÿqåm"[:min(n, 6)+2])
	}
	return strings.ToValidUTF8(b.String(), "")
}

// withPseudo is the kiosk's own data with the language added as one file, as
// any other language is.
func withPseudo(t *testing.T) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(assets.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(assets.Files, path)
		files[path] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := words.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := form.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "name = %q\nvoice = \"id\"\n", lengthen("Pseudo"))
	w := texts.In(kiosk.Indonesian)
	var days, months []string
	for i := range 12 {
		months = append(months, fmt.Sprintf("%q", lengthen(w.Month(time.Month(i+1)))))
	}
	for range 7 {
		days = append(days, fmt.Sprintf("%q", lengthen("Selasa")))
	}
	fmt.Fprintf(&b, "days = [%s]\nmonths = [%s]\n[words]\n", strings.Join(days, ","), strings.Join(months, ","))
	for _, key := range texts.Keys() {
		fmt.Fprintf(&b, "%q = %q\n", key, lengthen(w.T(key)))
	}
	fmt.Fprintln(&b, "[forms]")
	add := func(key string, text kiosk.Text) {
		if text != nil {
			fmt.Fprintf(&b, "%q = %q\n", key, lengthen(text.In(kiosk.Indonesian)))
		}
	}
	for _, f := range catalogue.Forms {
		add(f.Name+".title", f.Title)
		add(f.Name+".purpose", f.Purpose)
		add(f.Name+".before", f.Before)
		add(f.Name+".notice", f.Notice)
		for _, field := range f.Fields {
			add(f.Name+"."+field.ID+".label", field.Label)
			add(f.Name+"."+field.ID+".question", field.Question)
			add(f.Name+"."+field.ID+".hint", field.Hint)
			for _, o := range field.Options {
				add(f.Name+"."+field.ID+".option."+o.Value, o.Label)
				add(f.Name+"."+field.ID+".option."+o.Value+".hint", o.Hint)
			}
		}
	}
	files["languages/qps.toml"] = &fstest.MapFile{Data: []byte(b.String())}
	return files
}

// TestScreens draws every screen in every language, theme, text size and
// shape of glass, and measures what is on it.
func TestScreens(t *testing.T) {
	files := withPseudo(t)
	for _, size := range [][2]float32{{1080, 1920}, {1920, 1080}, {1280, 800}} {
		t.Run(fmt.Sprintf("%.0fx%.0f", size[0], size[1]), func(t *testing.T) {
			g := newGlassWith(t, size[0], size[1], files)
			all := g.cfg.Languages
			for _, state := range states {
				for _, language := range []kiosk.Language{kiosk.Indonesian, kiosk.English, pseudo} {
					for _, text := range []int{0, 2} {
						for _, contrast := range []bool{false, true} {
							look := [2]string{"light", "contrast"}[map[bool]int{false: 0, true: 1}[contrast]]
							name := fmt.Sprintf("%s.%s.%s.%s.%.0fx%.0f", state.name, language, [3]string{"normal", "", "large"}[text], look, size[0], size[1])
							if !strings.Contains(name, *only) {
								continue
							}
							g.cfg.Languages, g.cfg.Setup = all, nil
							g.wipe()
							g.online, g.paper = true, true
							g.visit.SetLanguage(language)
							state.to(g)
							g.visit.SetLanguage(language)
							g.text, g.contrast = text, contrast
							g.resize(fyne.NewSize(size[0], size[1]))
							if g.reach && g.reachTop() == 0 {
								continue
							}
							g.draw()
							g.inspect(name)
							if *screens != "" {
								g.photograph(name)
							}
						}
					}
				}
			}
			g.Close()
		})
	}
}

// box is a part of the glass.
type box struct{ x0, y0, x1, y1 float32 }

func boxOf(o fyne.CanvasObject, at fyne.Position) box {
	return box{at.X, at.Y, at.X + o.Size().Width, at.Y + o.Size().Height}
}

func (b box) within(c box, slack float32) bool {
	return b.x0 >= c.x0-slack && b.y0 >= c.y0-slack && b.x1 <= c.x1+slack && b.y1 <= c.y1+slack
}

func (b box) and(c box) box {
	return box{max(b.x0, c.x0), max(b.y0, c.y0), min(b.x1, c.x1), min(b.y1, c.y1)}
}

func (b box) empty() bool { return b.x1 <= b.x0 || b.y1 <= b.y0 }

type seenText struct {
	text   *canvas.Text
	at     box // of the letters
	colour color.NRGBA
	on     color.NRGBA
	owner  *widget.Touch
	clip   box
}

type seenTouch struct {
	touch *widget.Touch
	at    box
	clip  box
}

// look walks the screen at the front as it is painted: every text with the
// colour under it, every control, both cut to what a scroll shows.
func (g *glass) look() (texts []seenText, touches []seenTouch) {
	size := g.window.Canvas().Size()
	type ground struct {
		at     box
		colour color.NRGBA
	}
	paper := g.cfg.Theme.Color("background", 0).(color.NRGBA)
	grounds := []ground{{box{0, 0, size.Width, size.Height}, paper}}
	var visitAll func(o fyne.CanvasObject, at fyne.Position, clip box, owner *widget.Touch)
	visitAll = func(o fyne.CanvasObject, at fyne.Position, clip box, owner *widget.Touch) {
		if !o.Visible() {
			return
		}
		at = at.Add(o.Position())
		here := boxOf(o, at)
		switch o := o.(type) {
		case *canvas.Rectangle:
			if c, ok := o.FillColor.(color.NRGBA); ok && c.A > 0 {
				grounds = append(grounds, ground{here.and(clip), c})
			}
		case *canvas.Line:
			if c, ok := o.StrokeColor.(color.NRGBA); ok && c.A == 255 {
				half := o.StrokeWidth / 2
				grounds = append(grounds, ground{box{here.x0, here.y0 - half, here.x1, here.y1 + half}.and(clip), c})
			}
		case *canvas.Text:
			if strings.TrimSpace(o.Text) == "" {
				return
			}
			w := o.MinSize()
			letters := box{at.X, at.Y, at.X + w.Width, at.Y + w.Height}
			if o.Alignment == fyne.TextAlignTrailing {
				letters.x0, letters.x1 = here.x1-w.Width, here.x1
			} else if o.Alignment == fyne.TextAlignCenter {
				middle := (here.x0 + here.x1) / 2
				letters.x0, letters.x1 = middle-w.Width/2, middle+w.Width/2
			}
			if middle := (letters.y0 + letters.y1) / 2; middle < clip.y0 || middle > clip.y1 {
				return // scrolled out of sight
			}
			on := color.NRGBA{}
			for _, b := range slices.Backward(grounds) {
				middle := fyne.NewPos((letters.x0+letters.x1)/2, (letters.y0+letters.y1)/2)
				if middle.X >= b.at.x0 && middle.X <= b.at.x1 && middle.Y >= b.at.y0 && middle.Y <= b.at.y1 {
					on = b.colour
					break
				}
			}
			texts = append(texts, seenText{o, letters, o.Color.(color.NRGBA), on, owner, clip})
		case *fyne.Container:
			for _, c := range o.Objects {
				visitAll(c, at, clip, owner)
			}
		case fyne.Widget:
			if t, ok := o.(*widget.Touch); ok {
				owner = t
				if !here.and(clip).empty() {
					touches = append(touches, seenTouch{t, here, clip})
				}
			}
			if _, ok := o.(*widget.Scroll); ok {
				clip = clip.and(here)
			}
			for _, c := range test.WidgetRenderer(o).Objects() {
				visitAll(c, at, clip, owner)
			}
		}
	}
	visitAll(g.Shown().Object, fyne.Position{}, box{0, 0, size.Width, size.Height}, nil)
	return texts, touches
}

var looksLikeAKey = regexp.MustCompile(`^[a-z_]+(\.[a-z_0-9]+)+$|\{[a-z]+\}`)

// inspect measures the screen at the front.
func (g *glass) inspect(name string) {
	t := g.t
	size := g.window.Canvas().Size()
	glassBox := box{0, 0, size.Width, size.Height}
	texts, touches := g.look()
	mm := g.sizes.PxPerMM
	seen := map[string]bool{}
	complain := func(format string, a ...any) {
		if s := fmt.Sprintf(format, a...); !seen[s] && len(seen) < 8 {
			seen[s] = true
			t.Errorf("%s: %s", name, s)
		}
	}
	for i, x := range texts {
		what := x.text.Text
		switch {
		case looksLikeAKey.MatchString(what) && !strings.HasSuffix(what, ".example.go.id"):
			complain("%q has no words", what)
		case x.at.x0 < -1 || x.at.x1 > size.Width+1:
			complain("%q lies outside the glass", what)
		case x.text.MinSize().Width > x.text.Size().Width+2:
			complain("%q is wider (%.0f) than its place (%.0f)", what, x.text.MinSize().Width, x.text.Size().Width)
		}
		if x.owner != nil {
			p := fyne.CurrentApp().Driver().AbsolutePositionForObject(x.owner)
			if in := boxOf(x.owner, p); !x.at.within(in, 5) {
				complain("%q sticks out of %q: %.0f in %.0f", what, x.owner.Name, x.at, in)
			}
		}
		if r := contrastOf(x.colour, x.on); r < 7 {
			complain("%q has a contrast of %.2f: %v on %v", what, r, x.colour, x.on)
		}
		if x.text.TextSize/mm < 2.5 {
			complain("%q is only %.1f mm high", what, x.text.TextSize/mm)
		}
		for _, y := range texts[i+1:] {
			// The box of a line is higher than its letters.
			over := x.at.and(x.clip).and(y.at).and(y.clip)
			if over.x1-over.x0 > 3 && over.y1-over.y0 > min(x.text.TextSize, y.text.TextSize)*0.45 {
				complain("%q lies over %q", what, y.text.Text)
			}
		}
		for _, y := range touches {
			if y.touch == x.owner {
				continue
			}
			over := x.at.and(x.clip).and(y.at).and(y.clip)
			if over.x1-over.x0 > 3 && over.y1-over.y0 > x.text.TextSize*0.25 {
				complain("%q lies over the control %q", what, y.touch.Name)
			}
		}
	}
	small := g.window.Canvas().Size().Width < 1000
	reach := float32(0)
	if g.reach {
		reach = g.reachTop()
	}
	for i, x := range touches {
		least, what := float32(theme.TargetMM), x.touch.Name
		if strings.HasPrefix(x.touch.ID, "key ") {
			least = theme.KeyMM
		}
		w, h := x.touch.Size().Width/mm, x.touch.Size().Height/mm
		if !small && (w < least-0.4 || h < least-0.4) {
			complain("%q is %.1f × %.1f mm", what, w, h)
		}
		if strings.TrimSpace(what) == "" || strings.Contains(what, "-duotone") {
			complain("a control without a spoken name: %q", x.touch.ID)
		}
		if !x.at.and(x.clip).within(glassBox, 1) {
			complain("%q lies outside the glass", what)
		}
		if x.at.y0 < reach-1 && x.clip == glassBox {
			complain("%q is out of reach: %.0f above %.0f", what, x.at.y0, reach)
		}
		fill, edge := x.touch.Colours()
		if !g.Shown().OnBar(x.touch) && max(contrastOf(edge, g.view(false).Kit.Colour.Paper), contrastOf(fill, g.view(false).Kit.Colour.Paper)) < 3 {
			complain("the edge of %q cannot be seen", what)
		}
		for _, y := range touches[i+1:] {
			dx, dy := apart(x.at.x0, x.at.x1, y.at.x0, y.at.x1), apart(x.at.y0, x.at.y1, y.at.y0, y.at.y1)
			if x.clip != y.clip {
				continue // one of them is cut by its scroll
			}
			if gap := float32(math.Hypot(float64(dx), float64(dy))) / mm; gap < theme.ApartMM-0.25 {
				complain("%q and %q are %.1f mm apart", what, y.touch.Name, gap)
			}
		}
	}
	g.inspectOrder(complain)
}

// inspectOrder walks with the arrow keys alone: every control is reached, and
// the order is that of reading.
func (g *glass) inspectOrder(complain func(string, ...any)) {
	order := g.Shown().Order()
	if len(order) == 0 {
		complain("nothing to touch")
		return
	}
	// The order runs down the page; side by side counts as one line.
	place := func(t *widget.Touch) box {
		return boxOf(t, fyne.CurrentApp().Driver().AbsolutePositionForObject(t))
	}
	for i := 1; i < len(order); i++ {
		a, b := place(order[i-1]), place(order[i])
		if strings.HasPrefix(order[i].ID, "scroll ") || strings.HasPrefix(order[i-1].ID, "scroll ") {
			continue
		}
		if b.y1 <= a.y0 && b.x0 < a.x1 {
			complain("%q comes after %q but stands above it", order[i].Name, order[i-1].Name)
		}
	}
	reached := map[*widget.Touch]bool{order[0]: true}
	queue := []*widget.Touch{order[0]}
	for len(queue) > 0 {
		from := queue[0]
		queue = queue[1:]
		for _, key := range []fyne.KeyName{fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight} {
			if to := nearest(g.Shown(), from, key); !reached[to] {
				reached[to] = true
				queue = append(queue, to)
			}
		}
	}
	for _, t := range order {
		if !reached[t] {
			complain("%q cannot be reached with the arrow keys", t.Name)
		}
	}
}

func contrastOf(a, b color.NRGBA) float64 {
	luminance := func(c color.NRGBA) float64 {
		f := func(v uint8) float64 {
			x := float64(v) / 255
			if x <= 0.04045 {
				return x / 12.92
			}
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		return 0.2126*f(c.R) + 0.7152*f(c.G) + 0.0722*f(c.B)
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
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
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := e.Encode(f, g.window.Canvas().Capture()); err != nil {
		g.t.Fatal(err)
	}
}

// The gallery shows every control in every theme and size, and takes nothing in.
func TestGallery(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.Kiosk.Close()
	filed := g.cfg.File
	g.cfg.File = func(ctx context.Context, d kiosk.Draft) (receipt.Receipt, error) {
		t.Error("the gallery filed something")
		return filed(ctx, d)
	}
	g.Kiosk = NewGallery(g.cfg)
	w := test.NewTempWindow(t, nil)
	g.Attach(w)
	t.Cleanup(g.Kiosk.Close)
	w.Resize(fyne.NewSize(1080, 1920))
	for range theme.TextScales {
		for range 2 {
			if !g.says("Primary pressed") && !g.says("Primary") || g.Shown().Touches["option chosen"] == nil || g.Shown().Touches["face smiley"] == nil {
				t.Fatal(g.texts())
			}
			g.Shown().Touches["contrast"].Tap()
			g.pass(time.Second)
		}
		g.Shown().Touches["size"].Tap()
		g.pass(time.Second)
	}
	first := len(g.Shown().Keyboard.Touches())
	g.Shown().Touches["layout"].Tap()
	if len(g.Shown().Keyboard.Touches()) == first {
		t.Error("the other keyboard is not shown")
	}
	g.Shown().Touches["tile complaint"].Tap()
	if g.visit.Form() != nil {
		t.Error("a tile of the gallery opened a form")
	}
}
