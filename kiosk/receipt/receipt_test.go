package receipt

import (
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"loket/assets"
	"loket/kiosk"
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

func TestReceiptsScanAndStayOnThePaper(t *testing.T) {
	r := renderer(t)
	for _, dots := range []int{Dots80, Dots58} {
		for _, l := range kiosk.Languages {
			x := sample(l)
			x.Copy, x.Estimated = l == kiosk.English, l == kiosk.English
			x.Missing, x.MissingBy = []kiosk.Text{{"id": "Telepon", "en": "Phone"}, {"id": "kartu identitas", "en": "identity papers"}}, x.Due
			img, err := r.Render(x, dots)
			if err != nil {
				t.Fatal(err)
			}
			bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
			if err != nil {
				t.Fatal(err)
			}
			got, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
			if err != nil || got.GetText() != x.URL {
				t.Errorf("%d dots, %s: decoded %v, %v", dots, l, got, err)
			}
			for y := range img.Rect.Dy() {
				if img.GrayAt(0, y).Y == 0 || img.GrayAt(dots-1, y).Y == 0 {
					t.Fatalf("%d dots, %s: ink on the edge in row %d", dots, l, y)
				}
			}
		}
	}
}

func TestGolden(t *testing.T) {
	r := renderer(t)
	for name, dots := range map[string]int{"80mm.png": Dots80, "58mm.png": Dots58} {
		img, err := r.Render(sample(kiosk.Indonesian), dots)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name)
		if *update {
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(f, img); err != nil {
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
			t.Errorf("%s: %d dots differ; look at the picture, then go test -update", name, d)
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

func TestACodeTooSmallToScanIsRefused(t *testing.T) {
	if _, err := QR(sample(kiosk.Indonesian).URL, 150); err != ErrNoRoom {
		t.Error(err)
	}
}

func BenchmarkRender(b *testing.B) {
	r := renderer(b)
	x := sample(kiosk.Indonesian)
	for b.Loop() {
		if _, err := r.Render(x, Dots80); err != nil {
			b.Fatal(err)
		}
	}
}
