package attach_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"
	"testing"

	"loket/kiosk/attach"
)

// quarters is a picture whose four quarters tell which way up it is: red, green,
// blue, white.
func quarters(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := []color.RGBA{{0xff, 0, 0, 0xff}, {0, 0xff, 0, 0xff}, {0, 0, 0xff, 0xff}, {0xff, 0xff, 0xff, 0xff}}[2*(2*y/h)+2*x/w]
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func encoded(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif is what a telephone writes: which way up, who made it, and where.
func exif(order binary.AppendByteOrder, mark string, orientation uint16) []byte {
	b := append([]byte(mark), 0, 0)
	order.(binary.ByteOrder).PutUint16(b[2:], 42)
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	for _, e := range [][4]uint32{{0x010f, 2, 14, 38}, {0x0112, 3, 1, 0}} {
		b = order.AppendUint16(b, uint16(e[0]))
		b = order.AppendUint16(b, uint16(e[1]))
		b = order.AppendUint32(b, e[2])
		if e[0] == 0x0112 {
			b = order.AppendUint16(b, orientation)
			b = append(b, 0, 0)
		} else {
			b = order.AppendUint32(b, e[3])
		}
	}
	b = order.AppendUint32(b, 0)
	return append(b, "GPS -10.1772 123.6070 Kupang"...)
}

// withExif puts a segment behind the first two bytes of a JPEG.
func withExif(b, tiff []byte) []byte {
	part := append([]byte("Exif\x00\x00"), tiff...)
	segment := append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(2+len(part))), part...)
	return slices.Concat(b[:2], segment, b[2:])
}

func clean(t *testing.T, b []byte) image.Image {
	t.Helper()
	kind, out, err := attach.Clean(b, attach.Photo)
	if err != nil || kind != attach.JPEG {
		t.Fatalf("%s, %v", kind, err)
	}
	m, err := jpeg.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// at reads the colour in the middle of a quarter.
func at(m image.Image, right, down int) string {
	s := m.Bounds().Size()
	r, g, b, _ := m.At(s.X/4+right*s.X/2, s.Y/4+down*s.Y/2).RGBA()
	name := ""
	for i, v := range []uint32{r, g, b} {
		if v > 0xc000 {
			name += "rgb"[i : i+1]
		}
	}
	return name
}

// Every orientation that Exif knows ends upright, and nothing of the file is left
// but what is to be seen.
func TestUprightAndWithoutAPlace(t *testing.T) {
	upright := []string{"r", "g", "b", "rgb"}
	for o := range 9 {
		for mark, order := range map[string]binary.AppendByteOrder{"II": binary.LittleEndian, "MM": binary.BigEndian} {
			// What the camera holds, so that turning it as Exif says brings it upright.
			stored := image.NewRGBA(image.Rect(0, 0, 640, 480))
			up := quarters(640, 480)
			if o >= 5 {
				up = quarters(480, 640)
			}
			for y := range 480 {
				for x := range 640 {
					ux, uy := x, y
					switch o {
					case 2:
						ux = 639 - x
					case 3:
						ux, uy = 639-x, 479-y
					case 4:
						uy = 479 - y
					case 5:
						ux, uy = y, x
					case 6:
						ux, uy = 479-y, x
					case 7:
						ux, uy = 479-y, 639-x
					case 8:
						ux, uy = y, 639-x
					}
					stored.SetRGBA(x, y, up.RGBAAt(ux, uy))
				}
			}
			b := withExif(encoded(t, stored), exif(order, mark, uint16(o)))
			if !bytes.Contains(b, []byte("Kupang")) {
				t.Fatal("the test needs a place")
			}
			m := clean(t, b)
			got := []string{at(m, 0, 0), at(m, 1, 0), at(m, 0, 1), at(m, 1, 1)}
			if !slices.Equal(got, upright) || m.Bounds().Size() != up.Rect.Size() {
				t.Errorf("orientation %d %s: %v %v", o, mark, got, m.Bounds())
			}
			_, out, _ := attach.Clean(b, attach.Photo)
			for _, gone := range []string{"Kupang", "Exif", "GPS"} {
				if bytes.Contains(out, []byte(gone)) {
					t.Errorf("orientation %d: %q is still there", o, gone)
				}
			}
		}
	}
}

func TestLargePicturesBecomeSmaller(t *testing.T) {
	m := clean(t, encoded(t, quarters(5000, 1250)))
	if m.Bounds().Size() != image.Pt(2400, 600) || at(m, 0, 0) != "r" || at(m, 1, 1) != "rgb" {
		t.Errorf("%v", m.Bounds())
	}
	if m := clean(t, encoded(t, quarters(3, 9000))); m.Bounds().Size() != image.Pt(1, 2400) {
		t.Errorf("%v", m.Bounds())
	}
	// A grey one stays grey; what shows through becomes white.
	grey := image.NewGray(image.Rect(0, 0, 100, 100))
	if _, ok := clean(t, encoded(t, grey)).(*image.Gray); !ok {
		t.Error("grey became coloured")
	}
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 100, 100))); err != nil {
		t.Fatal(err)
	}
	if r, _, _, _ := clean(t, b.Bytes()).At(50, 50).RGBA(); r < 0xf000 {
		t.Error("glass is not white")
	}
	// Noise that no quality makes small enough is refused, and one that some does fits.
	noise := image.NewRGBA(image.Rect(0, 0, 1000, 1000))
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = byte(chance.Uint32())
	}
	if _, out, err := attach.Clean(encoded(t, noise), attach.Fit{Most: attach.MaxFile, Edge: 1000, Bytes: 600 << 10}); err != nil || len(out) > 600<<10 {
		t.Error(len(out), err)
	}
	if _, _, err := attach.Clean(encoded(t, noise), attach.Fit{Most: attach.MaxFile, Edge: 1000, Bytes: 10 << 10}); !errors.Is(err, attach.ErrLarge) {
		t.Error(err)
	}
}

// An unbroken area keeps its colour at any size it is made.
func TestTheMeanOfOneColourIsThatColour(t *testing.T) {
	for _, w := range []int{2401, 2899, 3600, 4799, 7201} {
		m := image.NewRGBA(image.Rect(0, 0, w, 17))
		for i := range m.Pix {
			m.Pix[i] = []byte{10, 120, 250, 255}[i%4]
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		out := clean(t, b.Bytes())
		for x := range out.Bounds().Dx() {
			r, g, bl, _ := out.At(x, out.Bounds().Dy()/2).RGBA()
			if r>>8 > 16 || g>>8 < 114 || g>>8 > 126 || bl>>8 < 244 {
				t.Fatalf("%d wide, at %d: %d %d %d", w, x, r>>8, g>>8, bl>>8)
			}
		}
	}
}

// bomb is a PNG that says it is of a size and holds as many zeros.
func bomb(w, h uint32, whole bool) []byte {
	chunk := func(kind string, data []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		b = append(append(b, kind...), data...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
	}
	size := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	var z bytes.Buffer
	pack := zlib.NewWriter(&z)
	if whole {
		line := make([]byte, 1+4*w)
		for range h {
			pack.Write(line)
		}
	}
	pack.Close()
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(size, 8, 6, 0, 0, 0)), chunk("IDAT", z.Bytes()), chunk("IEND", nil))
}

// resized says that a JPEG is of another size.
func resized(b []byte, w, h uint16) []byte {
	b = bytes.Clone(b)
	i := bytes.Index(b, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(b[i+5:], h)
	binary.BigEndian.PutUint16(b[i+7:], w)
	return b
}

// one is a WebP of one pixel (from the format's own examples of the smallest file).
var one, _ = base64.StdEncoding.DecodeString("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=")

func TestWhatIsRefused(t *testing.T) {
	small := encoded(t, quarters(64, 64))
	scans := small
	for range 200 { // passes without end
		scans = append(scans, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0)
	}
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"nothing":                     {nil, attach.ErrType},
		"text":                        {[]byte("halo"), attach.ErrType},
		"a page":                      {[]byte("<html><script>alert(1)</script>"), attach.ErrType},
		"SVG":                         {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), attach.ErrType},
		"GIF":                         {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), attach.ErrType},
		"a program":                   {[]byte("MZ\x90\x00"), attach.ErrType},
		"something before a PDF":      {[]byte("\n%PDF-1.7"), attach.ErrType},
		"a page before a PDF":         {[]byte("<html>%PDF-1.7"), attach.ErrType},
		"too many bytes":              {append([]byte("%PDF-"), make([]byte, attach.MaxFile)...), attach.ErrLarge},
		"a PNG of four milliards":     {bomb(65535, 65535, false), attach.ErrLarge},
		"a PNG of more than int":      {bomb(1<<31-1, 1<<31-1, false), attach.ErrDamaged},
		"a PNG of 25 million zeros":   {bomb(5000, 5000, true), attach.ErrLarge},
		"a PNG that lacks its pixels": {bomb(4000, 4000, false), attach.ErrDamaged},
		"a JPEG of four milliards":    {resized(small, 65535, 65535), attach.ErrLarge},
		"a JPEG of no pixels":         {resized(small, 0, 0), attach.ErrDamaged},
		"passes without end":          {scans, attach.ErrLarge},
		"half a JPEG":                 {small[:len(small)/2], attach.ErrDamaged},
		"half a WebP":                 {one[:20], attach.ErrDamaged},
	} {
		if _, out, err := attach.Clean(c.b, attach.Photo); !errors.Is(err, c.want) || out != nil {
			t.Errorf("%s: %v, %d bytes", name, err, len(out))
		}
	}
}

// What is two things at once is one afterwards.
func TestPolyglots(t *testing.T) {
	script := []byte("<script>alert(1)</script>%PDF-1.4 PK\x03\x04")
	small := encoded(t, quarters(64, 64))
	var p bytes.Buffer
	if err := png.Encode(&p, quarters(64, 64)); err != nil {
		t.Fatal(err)
	}
	comment := append(binary.BigEndian.AppendUint16([]byte{0xff, 0xfe}, uint16(2+len(script))), script...)
	for name, b := range map[string][]byte{
		"behind a JPEG":       append(bytes.Clone(small), script...),
		"behind a PNG":        append(p.Bytes(), script...),
		"a comment in a JPEG": slices.Concat(small[:2], comment, small[2:]),
		"behind a WebP":       append(bytes.Clone(one), script...),
	} {
		kind, out, err := attach.Clean(b, attach.Photo)
		if err != nil || kind != attach.JPEG || bytes.Contains(out, []byte("script")) || bytes.Contains(out, []byte("PDF")) || !bytes.HasPrefix(out, []byte{0xff, 0xd8}) || !bytes.HasSuffix(out, []byte{0xff, 0xd9}) {
			t.Errorf("%s: %s %v", name, kind, err)
		}
	}
	kind, out, err := attach.Clean([]byte("%PDF-1.7\nsomething"), attach.Photo)
	if err != nil || kind != attach.PDF || string(out) != "%PDF-1.7\nsomething" {
		t.Errorf("%s %q %v", kind, out, err)
	}
}

// Whatever comes, what goes is a JPEG that fits or a PDF, or an error of three.
func FuzzClean(f *testing.F) {
	small := encoded(f, quarters(16, 16))
	var p bytes.Buffer
	if err := png.Encode(&p, quarters(16, 16)); err != nil {
		f.Fatal(err)
	}
	for _, b := range [][]byte{small, withExif(small, exif(binary.BigEndian, "MM", 6)), withExif(small, exif(binary.LittleEndian, "II", 3)), p.Bytes(), one, bomb(70, 70, true), []byte("%PDF-1.4"), nil} {
		f.Add(b)
	}
	fit := attach.Fit{Most: attach.MaxFile, Edge: 64, Bytes: 64 << 10}
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, out, err := attach.Clean(b, fit)
		switch {
		case err != nil:
			if !errors.Is(err, attach.ErrType) && !errors.Is(err, attach.ErrDamaged) && !errors.Is(err, attach.ErrLarge) || out != nil {
				t.Fatal(err)
			}
		case kind == attach.PDF:
			if !bytes.HasPrefix(out, []byte("%PDF-")) {
				t.Fatal("no PDF")
			}
		default:
			c, err := jpeg.DecodeConfig(bytes.NewReader(out))
			if err != nil || max(c.Width, c.Height) > 64 || kind != attach.JPEG || len(out) > fit.Bytes {
				t.Fatal(kind, c.Width, c.Height, len(out), err)
			}
		}
	})
}
