package receipt

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	scale "golang.org/x/image/draw"
	"golang.org/x/image/math/f64"

	"loket/kiosk"
)

var scans = flag.Int("scan", 0, "tries a cell of the table of scans in docs/printing.md")

// wear is what happens to a receipt between the printer and a camera.
type wear struct {
	name   string
	blur   float64 // mm, standard deviation: heat that spreads, a lens out of focus
	black  float64 // brightness of what was black, of 255
	perMM  float64 // pixels of the camera
	noise  float64 // of each pixel
	dead   int     // columns of the print head that no longer heat, of each hundred
	crease bool
}

var wears = []wear{
	{"fresh", 0.05, 20, 8, 6, 0, false},
	{"a month old", 0.10, 120, 8, 8, 0, false},
	{"far away", 0.10, 60, 3.5, 8, 0, false},
	{"out of focus", 0.30, 60, 6, 8, 0, false},
	{"faded, dim", 0.15, 185, 5, 12, 0, false},
	{"old print head", 0.10, 90, 6, 8, 4, false},
	{"creased", 0.10, 90, 6, 8, 0, true},
}

// photograph is the symbol as a camera sees it, turned by some degrees.
func photograph(s Symbol, p Paper, w wear, degrees float64, r *rand.Rand) *image.Gray {
	dots := s.Image()
	side := dots.Rect.Dx()
	for x := range side {
		if w.dead > 0 && r.IntN(100) < w.dead {
			for y := range side {
				dots.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	if w.crease {
		for x := range side {
			for n := range p.dots(0.6) {
				dots.SetGray(x, side/3+x/5+n, color.Gray{Y: 255})
			}
		}
	}
	zoom := w.perMM * 25.4 / float64(p.DPI)
	size := int(float64(side)*zoom*1.5) + 20
	img := white(size, size)
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	half, middle := float64(side)/2, float64(size)/2
	scale.ApproxBiLinear.Transform(img, f64.Aff3{zoom * cos, -zoom * sin, middle - zoom*(cos*half-sin*half), zoom * sin, zoom * cos, middle - zoom*(sin*half+cos*half)}, dots, dots.Rect, scale.Over, nil)
	soft := blurred(img, w.blur*w.perMM)
	for i, v := range soft {
		v = w.black + v/255*(235-w.black) + r.NormFloat64()*w.noise
		img.Pix[i] = uint8(min(max(v, 0), 255))
	}
	return img
}

// blurred is a Gaussian blur, in pixels.
func blurred(img *image.Gray, sigma float64) []float64 {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	reach := int(3*sigma) + 1
	kernel, sum := make([]float64, 2*reach+1), 0.0
	for i := range kernel {
		d := float64(i - reach)
		kernel[i] = math.Exp(-d * d / (2*sigma*sigma + 1e-9))
		sum += kernel[i]
	}
	a, b := make([]float64, w*h), make([]float64, w*h)
	for i, v := range img.Pix {
		a[i] = float64(v)
	}
	for _, step := range []struct{ x, y int }{{1, 0}, {0, 1}} {
		for y := range h {
			for x := range w {
				v := 0.0
				for i, k := range kernel {
					xx, yy := min(max(x+(i-reach)*step.x, 0), w-1), min(max(y+(i-reach)*step.y, 0), h-1)
					v += k * a[yy*w+xx]
				}
				b[y*w+x] = v / sum
			}
		}
		a, b = b, a
	}
	return a
}

// TestScan draws the table that the rule for codes rests on: how many of the
// tries two decoders read, by size of a module and by what the paper went
// through. Simulated; no telephone was there.
func TestScan(t *testing.T) {
	if *scans == 0 {
		t.Skip("make scan runs it")
	}
	p, err := NewPaper("80mm", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	url := sample(kiosk.Indonesian).URL
	var table strings.Builder
	table.WriteString("| module | level |")
	for _, w := range wears {
		table.WriteString(" " + w.name + " |")
	}
	table.WriteString("\n|---|---|" + strings.Repeat("---|", len(wears)) + "\n")
	for _, try := range []struct {
		module int
		level  string
	}{{3, "M"}, {4, "M"}, {6, "M"}, {8, "L"}, {8, "M"}, {8, "Q"}, {10, "M"}, {10, "Q"}} {
		var s Symbol
		for _, l := range levels {
			if l.name == try.level {
				if s, err = symbol(url, l.name, l.level, 576, try.module); err != nil {
					t.Fatal(err)
				}
			}
		}
		fmt.Fprintf(&table, "| %d dots, %.2f mm | %s |", s.Module, p.MM(s.Module), s.Level)
		for _, w := range wears {
			r := rand.New(rand.NewPCG(7, 11))
			a, b := 0, 0
			for n := range *scans {
				img := photograph(s, p, w, []float64{0, 7, 33, 90}[n%4], r)
				if got, err := decode(img); err == nil && got == url {
					a++
				}
				if zbar(t, img) == url {
					b++
				}
			}
			fmt.Fprintf(&table, " %d · %d |", a, b)
		}
		table.WriteString("\n")
	}
	t.Logf("of %d tries, gozxing · zbar:\n%s", *scans, table.String())
}

func zbar(t *testing.T, img image.Image) string {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "zbarimg", "--nodbus", "-q", "--raw", "-")
	cmd.Stdin = &b
	out, _ := cmd.Output()
	return strings.TrimSpace(string(out))
}
