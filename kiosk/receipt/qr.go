package receipt

import (
	"errors"
	"fmt"
	"image"
	"image/draw"

	"github.com/skip2/go-qrcode"
)

// MaxURL is the longest address, in bytes, whose QR code has modules of 1 mm on
// the narrowest paper: version 5 at level M.
const MaxURL = 84

// ErrNoRoom says that a QR code cannot be drawn large enough to scan.
var ErrNoRoom = errors.New("the QR code does not fit")

// quiet is the white around a code, in modules (ISO/IEC 18004, 9.1).
const quiet = 4

// Sizes of a module in mm on paper: under the least, cheap cameras fail on
// thermal paper; full costs nothing in any of our measurements
// (docs/printing.md); beyond the most, only paper is used up.
const (
	leastModule = 0.75
	fullModule  = 1.0
	mostModule  = 1.25
)

// Symbol is how a QR code is drawn.
type Symbol struct {
	Level   string // of error correction: L, M or Q
	Version int    // 1 to 40 (ISO/IEC 18004)
	Module  int    // dots
	bits    [][]bool
}

var levels = []struct {
	name  string
	level qrcode.RecoveryLevel
}{{"Q", qrcode.High}, {"M", qrcode.Medium}, {"L", qrcode.Low}}

// SymbolFor picks by rule how the code of a URL is drawn on a paper, at most
// maxDots wide with its quiet zone: the strongest error correction of Q and M
// that still has modules of 1 mm; else M, then L, with modules as large as fit.
// It returns [ErrNoRoom] where they would be under 0.75 mm.
func SymbolFor(url string, maxDots int, p Paper) (Symbol, error) {
	for _, l := range levels[:2] {
		if s, err := symbol(url, l.name, l.level, maxDots, p.dots(mostModule)); err != nil || s.Module >= p.dots(fullModule) {
			return s, err
		}
	}
	for _, l := range levels[1:] {
		if s, err := symbol(url, l.name, l.level, maxDots, p.dots(mostModule)); err != nil || s.Module >= p.dots(leastModule) {
			return s, err
		}
	}
	return Symbol{}, ErrNoRoom
}

func symbol(url, name string, level qrcode.RecoveryLevel, maxDots, most int) (Symbol, error) {
	q, err := qrcode.New(url, level)
	if err != nil {
		return Symbol{}, fmt.Errorf("qr code: %w", err)
	}
	q.DisableBorder = true
	bits := q.Bitmap()
	return Symbol{Level: name, Version: q.VersionNumber, Module: min(maxDots/(len(bits)+2*quiet), most), bits: bits}, nil
}

// Image draws the symbol with its quiet zone, whole dots a module.
func (s Symbol) Image() *image.Gray {
	side := (len(s.bits) + 2*quiet) * s.Module
	img := white(side, side)
	for y, line := range s.bits {
		for x, dark := range line {
			if dark {
				at := image.Pt((x+quiet)*s.Module, (y+quiet)*s.Module)
				draw.Draw(img, image.Rectangle{at, at.Add(image.Pt(s.Module, s.Module))}, image.Black, image.Point{}, draw.Src)
			}
		}
	}
	return img
}

// Screen modules, in pixels.
const (
	leastPixels = 6
	mostPixels  = 10
)

// QR draws the code of a URL for the screen (level M), at most maxPixels wide.
// It returns [ErrNoRoom] under 6 pixels a module.
func QR(url string, maxPixels int) (*image.Gray, error) {
	s, err := symbol(url, "M", qrcode.Medium, maxPixels, mostPixels)
	if err != nil {
		return nil, err
	}
	if s.Module < leastPixels {
		return nil, ErrNoRoom
	}
	return s.Image(), nil
}
