package receipt

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/track"
	"loket/kiosk/words"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

func renderer(t testing.TB) *Renderer {
	t.Helper()
	w, err := words.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRenderer(assets.Files, w)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sample(l kiosk.Language) Receipt {
	zone := kiosk.Zone("WITA")
	return Receipt{
		Ministry: kiosk.Text{"id": "Kementerian Hukum", "en": "Ministry of Law"}, Office: kiosk.Text{"id": "Kantor Wilayah Nusa Tenggara Timur", "en": "Regional Office Nusa Tenggara Timur"},
		City: "Kupang", Help: "0380 000 000", Title: kiosk.Text{"id": "TANDA TERIMA", "en": "TANDA TERIMA / RECEIPT"}, Form: "complaint",
		Number: "K74QX9M2", Code: "QV8N3HD6W", URL: "HTTPS://LACAK.EXAMPLE.GO.ID/T#K74QX9M2-QV8N3HD6W",
		At: time.Date(2026, 11, 24, 9, 47, 0, 0, zone), Due: time.Date(2026, 12, 4, 0, 0, 0, 0, time.UTC), Language: l,
		Next: []kiosk.Text{{"id": "Petugas memeriksa laporan Anda (3 hari kerja).", "en": "An officer checks your report (3 working days)."}, {"id": "Unit terkait menjawab (5 hari kerja).", "en": "The unit answers (5 working days)."}},
	}
}

// everyPaper are the papers and resolutions that are sold.
func everyPaper(t testing.TB) (all []Paper) {
	t.Helper()
	for _, x := range []struct {
		name string
		dpi  int
		dots int
	}{{"80mm", 0, 0}, {"80mm", 180, 512}, {"80mm", 300, 0}, {"58mm", 0, 0}, {"58mm", 203, 400}, {"a5", 0, 0}, {"a4", 0, 0}, {"a4", 600, 0}} {
		p, err := NewPaper(x.name, x.dpi, x.dots)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func decode(img image.Image) (string, error) {
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return "", err
	}
	got, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return "", err
	}
	return got.GetText(), nil
}

func TestReceiptsScanAndStayOnThePaper(t *testing.T) {
	r := renderer(t)
	for _, p := range everyPaper(t) {
		for _, l := range kiosk.Languages {
			x := sample(l)
			x.Copy, x.Estimated = l == kiosk.English, l == kiosk.English
			x.Missing, x.MissingBy = []kiosk.Text{{"id": "Telepon", "en": "Phone"}, {"id": "kartu identitas", "en": "identity papers"}}, x.Due
			img, err := r.Render(x, p)
			if err != nil {
				t.Fatalf("%+v: %v", p, err)
			}
			if got, err := decode(img); err != nil || got != x.URL {
				t.Errorf("%+v, %s: decoded %v, %v", p, l, got, err)
			}
			if img.Rect.Dx() != p.Dots || p.Sheet() && img.Rect.Dy() != p.dots(p.Height) {
				t.Errorf("%+v: drawn %v", p, img.Rect)
			}
			for y := range img.Rect.Dy() {
				if img.GrayAt(0, y).Y == 0 || img.GrayAt(p.Dots-1, y).Y == 0 {
					t.Fatalf("%+v, %s: ink on the edge in row %d", p, l, y)
				}
			}
		}
	}
}

// The longest receipt: every sentence, the longest names and address.
func TestTheLongestReceiptFits(t *testing.T) {
	r := renderer(t)
	for _, p := range everyPaper(t) {
		for _, l := range kiosk.Languages {
			x := sample(l)
			x.Copy, x.Estimated, x.Pages = true, true, 3
			x.Office = kiosk.Text{"id": strings.Repeat("Kantor Wilayah ", 4), "en": strings.Repeat("Regional Office ", 4)}
			x.URL = track.URL("https://"+strings.Repeat("a", track.MaxBase-len("https://")), x.Number, x.Code)
			if len(x.URL) > MaxURL {
				t.Fatalf("%d bytes, the most is %d", len(x.URL), MaxURL)
			}
			for range 4 {
				x.Missing = append(x.Missing, kiosk.Text{"id": "kartu identitas", "en": "identity papers"})
			}
			x.Next = append(x.Next, x.Next...)
			img, err := r.Render(x, p)
			if err != nil {
				t.Errorf("%+v: %v", p, err)
				continue
			}
			if got, err := decode(img); err != nil || got != x.URL {
				t.Errorf("%+v: decoded %v, %v", p, got, err)
			}
		}
	}
}

// On A4 the office keeps the lower half: it must not open the case.
func TestTheOfficesHalfHoldsNoSecret(t *testing.T) {
	r := renderer(t)
	p, err := NewPaper("a4", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	x := sample(kiosk.Indonesian)
	one, err := r.Render(x, p)
	if err != nil {
		t.Fatal(err)
	}
	x.Code, x.URL = "ZZZZZZZZ0", "HTTPS://LACAK.EXAMPLE.GO.ID/T#K74QX9M2-ZZZZZZZZ0"
	other, err := r.Render(x, p)
	if err != nil {
		t.Fatal(err)
	}
	half := one.Stride * p.dots(148)
	if bytes.Equal(one.Pix[:half], other.Pix[:half]) || !bytes.Equal(one.Pix[half:], other.Pix[half:]) {
		t.Error("the code shows in the office's half, or not in the visitor's")
	}
	if !bytes.Contains(one.Pix[half+half/8:], []byte{0}) {
		t.Error("the office's half is empty")
	}
}

func TestGolden(t *testing.T) {
	r := renderer(t)
	for _, name := range []string{"80mm", "58mm", "a5", "a4"} {
		for _, l := range kiosk.Languages {
			p, err := NewPaper(name, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			img, err := r.Render(sample(l), p)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+"-"+string(l)+".png")
			if *update {
				f, err := os.Create(path)
				if err != nil {
					t.Fatal(err)
				}
				dots := image.NewPaletted(img.Rect, color.Palette{color.Black, color.White})
				draw.Draw(dots, dots.Rect, img, image.Point{}, draw.Src)
				if err := png.Encode(f, dots); err != nil {
					t.Fatal(err)
				}
				f.Close()
				continue
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			want, err := png.Decode(f)
			f.Close()
			if err != nil {
				t.Fatal(err)
			}
			if d := differing(img, want); d != 0 {
				t.Errorf("%s: %d dots differ; look at the picture, then go test -update", path, d)
			}
		}
	}
}

func differing(a *image.Gray, b image.Image) (n int) {
	if a.Bounds() != b.Bounds() {
		return -1
	}
	for y := range a.Rect.Dy() {
		for x := range a.Rect.Dx() {
			r, _, _, _ := b.At(x, y).RGBA()
			if (a.GrayAt(x, y).Y > 127) != (r > 0x7fff) {
				n++
			}
		}
	}
	return n
}

func TestTheRuleForCodes(t *testing.T) {
	short, long := sample(kiosk.Indonesian).URL, strings.Repeat("a", MaxURL)
	for _, try := range []struct {
		url     string
		paper   string
		level   string
		version int
		module  int
	}{{short, "80mm", "Q", 4, 10}, {short, "58mm", "Q", 4, 8}, {long, "80mm", "Q", 7, 10}, {long, "58mm", "M", 5, 8}} {
		p, err := NewPaper(try.paper, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		s, err := SymbolFor(try.url, p.Dots-p.dots(2), p)
		if err != nil || s.Level != try.level || s.Version != try.version || s.Module != try.module {
			t.Errorf("%d bytes on %s: level %s, version %d, module %d, %v", len(try.url), try.paper, s.Level, s.Version, s.Module, err)
		}
	}
	p, _ := NewPaper("58mm", 0, 0)
	if s, err := SymbolFor(strings.Repeat("a", 400), p.Dots, p); err != ErrNoRoom {
		t.Errorf("%+v, %v", s, err)
	}
	for _, bad := range []struct {
		name      string
		dpi, dots int
	}{{"", 0, 0}, {"letter", 0, 0}, {"80mm", 72, 0}, {"80mm", 203, 1000}, {"80mm", 203, 100}, {"58mm", 203, 383}} {
		if p, err := NewPaper(bad.name, bad.dpi, bad.dots); err == nil {
			t.Errorf("%+v was accepted: %+v", bad, p)
		}
	}
}

func TestACodeTooSmallToScanIsRefused(t *testing.T) {
	if _, err := QR(sample(kiosk.Indonesian).URL, 150); err != ErrNoRoom {
		t.Error(err)
	}
}

func BenchmarkRender(b *testing.B) {
	r := renderer(b)
	x := sample(kiosk.Indonesian)
	p, err := NewPaper("80mm", 0, 0)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := r.Render(x, p); err != nil {
			b.Fatal(err)
		}
	}
}

// Whoever scanned papers has it on the receipt how many; nobody else reads of it.
func TestTheReceiptCountsPapers(t *testing.T) {
	r := renderer(t)
	says := func(pages int) string {
		x := sample(kiosk.Indonesian)
		x.Pages = pages
		var all []string
		for _, l := range r.Lines(x) {
			all = append(all, l.Text)
		}
		return strings.Join(all, "\n")
	}
	if !strings.Contains(says(2), "Pindaian: 2 halaman") || strings.Contains(says(0), "Pindaian") {
		t.Error(says(2))
	}
}

// An office that says when it is open has it on its receipts.
func TestTheReceiptSaysWhenTheOfficeIsOpen(t *testing.T) {
	r := renderer(t)
	says := func(hours string) string {
		x := sample(kiosk.English)
		var err error
		if x.Hours, err = kiosk.ParseHours(hours); err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, l := range r.Lines(x) {
			all = append(all, l.Text)
		}
		return strings.Join(all, "\n")
	}
	if !strings.Contains(says("Mo-Th 07:30-16:00"), "Office hours: Monday–Thursday 07.30–16.00") || strings.Contains(says(""), "hours") {
		t.Error(says("Mo-Th 07:30-16:00"))
	}
}
