// Package theme is how Loket looks: colours, fonts, icons, and sizes that
// follow the glass in millimetres, never DPI.
package theme

import (
	"fmt"
	"image"
	"image/color"
	"io/fs"
	"math"
	"strings"
	"sync"
	"sync/atomic"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"
)

func hex(n uint32) color.NRGBA {
	return color.NRGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 255}
}

// Hue is the colour pair of one service, always beside its icon and name.
type Hue struct{ Ink, Tint color.NRGBA }

// Palette is every colour of one theme. Text on its ground is 7:1 or better,
// edges of controls and graphics 3:1: a test computes every pair.
type Palette struct {
	Paper     color.NRGBA // the page
	Card      color.NRGBA // cards, fields, keys
	Sunk      color.NRGBA // keyboard tray and help bar
	Line      color.NRGBA // decoration only
	Edge      color.NRGBA // edges of controls
	Ink       color.NRGBA
	Ink2      color.NRGBA // hints on paper and cards
	Primary   color.NRGBA // main button, marks
	OnPrimary color.NRGBA
	Pressed   color.NRGBA
	Tint      color.NRGBA // a chosen answer
	Special   color.NRGBA // keys that write nothing
	KeyDown   color.NRGBA
	Accent    color.NRGBA // fill only, never alone
	Focus     color.NRGBA
	Band      color.NRGBA // the greeting, and its words
	OnBand    color.NRGBA
	BandHigh  color.NRGBA
	Ornament  color.NRGBA // the kawung on the band
	Error     color.NRGBA
	ErrorTint color.NRGBA
	OK        color.NRGBA
	OKTint    color.NRGBA
	Warn      color.NRGBA
	WarnTint  color.NRGBA
	Info      color.NRGBA
	InfoTint  color.NRGBA
	Scrim     color.NRGBA // over the screen under a sheet

	Complaint, Suggestion, Information, Objection, Tracking, Rating Hue

	// Contrast has thick edges, no shadow, no ornament and no movement.
	Contrast bool
}

// Light is "Kertas", the theme a visitor meets first.
var Light = Palette{
	Paper: hex(0xFAF6EE), Card: hex(0xFFFFFF), Sunk: hex(0xF1EADC), Line: hex(0xDDD3C0), Edge: hex(0x6B7A7C),
	Ink: hex(0x14282B), Ink2: hex(0x44565A),
	Primary: hex(0x0B4F55), OnPrimary: hex(0xFFFFFF), Pressed: hex(0x073A3F), Tint: hex(0xDFF0EF),
	Special: hex(0xE3D9C4), KeyDown: hex(0xF3CE88), Accent: hex(0xE7A52E), Focus: hex(0x1457C8),
	Band: hex(0x0B4F55), OnBand: hex(0xFFFFFF), BandHigh: hex(0xFFE3A8), Ornament: hex(0x3F7366),
	Error: hex(0x9B1616), ErrorTint: hex(0xFCE8E6), OK: hex(0x155630), OKTint: hex(0xE3F3E7),
	Warn: hex(0x684300), WarnTint: hex(0xFFF1D1), Info: hex(0x164F80), InfoTint: hex(0xE1EEF8),
	Scrim:     color.NRGBA{20, 40, 43, 190},
	Complaint: Hue{hex(0x7E2A11), hex(0xFBE9E2)}, Suggestion: Hue{hex(0x684300), hex(0xFBEFD3)},
	Information: Hue{hex(0x0A545A), hex(0xDFF0EF)}, Objection: Hue{hex(0x3A4289), hex(0xE8E9F7)},
	Tracking: Hue{hex(0x164F80), hex(0xE1EEF8)}, Rating: Hue{hex(0x74325F), hex(0xF6E6F1)},
}

// HighContrast is "Kontras tinggi".
var HighContrast = func() Palette {
	black, card, white, yellow, sky := hex(0), hex(0x141414), hex(0xFFFFFF), hex(0xFFD84D), hex(0x7FE3FF)
	icon := Hue{white, card}
	return Palette{
		Paper: black, Card: card, Sunk: black, Line: hex(0x8A8A8A), Edge: white, Ink: white, Ink2: white,
		Primary: yellow, OnPrimary: black, Pressed: white, Tint: hex(0x3A3100),
		Special: hex(0x333333), KeyDown: hex(0x6B5600), Accent: sky, Focus: sky,
		Band: black, OnBand: white, BandHigh: yellow, Ornament: black,
		Error: hex(0xFF9C92), ErrorTint: card, OK: hex(0x8FF0A4), OKTint: card, Warn: yellow, WarnTint: card, Info: sky, InfoTint: card,
		Scrim:     color.NRGBA{0, 0, 0, 225},
		Complaint: icon, Suggestion: icon, Information: icon, Objection: icon, Tracking: icon, Rating: icon,
		Contrast: true,
	}
}()

// Font is one of the embedded faces.
type Font string

// The faces: Atkinson Hyperlegible Next for reading, Plus Jakarta Sans for
// headings, buttons, dates and counters.
const (
	Body        Font = "AtkinsonHyperlegibleNext_400Regular"
	BodySemi    Font = "AtkinsonHyperlegibleNext_600SemiBold"
	BodyBold    Font = "AtkinsonHyperlegibleNext_700Bold"
	Heading     Font = "PlusJakartaSans_700Bold"
	HeadingBold Font = "PlusJakartaSans_800ExtraBold"
)

// Theme is Loket's fyne.Theme, with its fonts and icons.
type Theme struct {
	files fs.FS
	fonts map[Font]fyne.Resource
	mu    sync.Mutex
	icons map[string]fyne.Resource
	// Two places and two turns of the glass: it does not grow.
	ornaments map[kawung]image.Image
	paper     atomic.Uint32 // what the window is cleared with, as RGB
}

type kawung struct {
	color.NRGBA
	side int // pixels
}

var _ fyne.Theme = (*Theme)(nil)

// New reads fonts and icons below files.
func New(files fs.FS) (*Theme, error) {
	t := &Theme{files: files, fonts: map[Font]fyne.Resource{}, icons: map[string]fyne.Resource{}, ornaments: map[kawung]image.Image{}}
	for _, f := range []Font{Body, BodySemi, BodyBold, Heading, HeadingBold} {
		b, err := fs.ReadFile(files, "fonts/"+string(f)+".ttf")
		if err != nil {
			return nil, err
		}
		t.fonts[f] = fyne.NewStaticResource(string(f)+".ttf", b)
	}
	t.SetPaper(Light.Paper)
	return t, nil
}

// SetPaper changes what the window is cleared with before it is drawn: a
// full-screen rectangle would be drawn pixel by pixel on a machine without a
// graphics card.
func (t *Theme) SetPaper(c color.NRGBA) {
	t.paper.Store(uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B))
}

// Face returns a font for canvas.Text's FontSource.
func (t *Theme) Face(f Font) fyne.Resource { return t.fonts[f] }

// Symbol returns an icon in one colour. A name that does not exist is a
// programming fault and panics.
func (t *Theme) Symbol(name string, c color.NRGBA) fyne.Resource {
	key := fmt.Sprintf("%s-%02x%02x%02x.svg", name, c.R, c.G, c.B)
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.icons[key]; r != nil {
		return r
	}
	b, err := fs.ReadFile(t.files, "icons/"+name+".svg")
	if err != nil {
		panic("icon " + name + ": " + err.Error())
	}
	svg := strings.ReplaceAll(string(b), "currentColor", fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B))
	r := fyne.NewStaticResource(key, []byte(svg))
	t.icons[key] = r
	return r
}

// Kawung is a square of the batik of that name, side pixels wide, in thin lines:
// rings of four leaves, each row half a step aside. It stands on the page that is
// drawn most often and costs more than the rest of it: each is drawn once.
func (t *Theme) Kawung(c color.NRGBA, side int) (image.Image, error) {
	key := kawung{c, side}
	t.mu.Lock()
	defer t.mu.Unlock()
	if drawn := t.ornaments[key]; drawn != nil {
		return drawn, nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400"><g fill="none" stroke="#%02x%02x%02x" stroke-width="2.2">`, c.R, c.G, c.B)
	for row := range 5 {
		for column := range 5 {
			x, y := 50+100*column, 50+100*row
			if row%2 == 1 {
				x -= 50
			}
			for _, leaf := range [][4]int{{0, -25, 17, 24}, {0, 25, 17, 24}, {-25, 0, 24, 17}, {25, 0, 24, 17}} {
				fmt.Fprintf(&b, `<ellipse cx="%d" cy="%d" rx="%d" ry="%d"/>`, x+leaf[0], y+leaf[1], leaf[2], leaf[3])
			}
		}
	}
	b.WriteString(`</g></svg>`)
	leaves, err := oksvg.ReadIconStream(strings.NewReader(b.String()))
	if err != nil {
		return nil, fmt.Errorf("the kawung: %w", err)
	}
	leaves.SetTarget(0, 0, float64(side), float64(side))
	drawn := image.NewRGBA(image.Rect(0, 0, side, side))
	leaves.Draw(rasterx.NewDasher(side, side, rasterx.NewScannerGV(side, side, drawn, drawn.Bounds())), 1)
	t.ornaments[key] = drawn
	return drawn, nil
}

// Color implements fyne.Theme.
func (t *Theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch name {
	case fynetheme.ColorNameBackground:
		return hex(t.paper.Load())
	case fynetheme.ColorNameForeground:
		return Light.Ink
	case fynetheme.ColorNamePrimary:
		return Light.Primary
	case fynetheme.ColorNameFocus:
		return Light.Focus
	case fynetheme.ColorNameShadow:
		return color.Transparent
	}
	return fynetheme.DefaultTheme().Color(name, fynetheme.VariantLight)
}

// Font implements fyne.Theme.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource {
	if s.Bold {
		return t.fonts[BodyBold]
	}
	return t.fonts[Body]
}

// Icon implements fyne.Theme; Loket's own icons are [Theme.Symbol].
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource {
	return fynetheme.DefaultTheme().Icon(name)
}

// Size implements fyne.Theme.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	if name == fynetheme.SizeNamePadding || name == fynetheme.SizeNameInnerPadding {
		return 0
	}
	return fynetheme.DefaultTheme().Size(name)
}

// Sizes of everything on one screen, in pixels.
type Sizes struct {
	Width, Height float32
	Portrait      bool
	PxPerMM       float32
	Scale         float32 // of the text, one of TextScales

	Display, H1, H2, Button, Body, Hint, Label, Code float32 // text
	Margin, Gap, Radius                              float32
	Apart                                            float32 // least gap between two targets
	Primary                                          float32 // height of a main button
	Answer                                           float32 // least height of an answer
	Target                                           float32 // least side of anything a finger must meet
	Key                                              float32 // least side of a key
	Bar                                              float32 // height of the help bar
	Header                                           float32
}

// Least sizes of what a finger must meet, in millimetres. They double what
// is usual for phones: people stand, have nothing to lean on, and come once.
const (
	TargetMM = 20
	AnswerMM = 25
	KeyMM    = 15
	ApartMM  = 3
)

// TextScales are the text sizes a visitor can choose from: A, A+ and A++.
var TextScales = []float32{1, 1.2, 1.45}

// SizesFor returns the sizes for a picture of width × height pixels that is
// widthMM wide, at a text scale. Type follows the picture; targets never go
// below their millimetres unless the picture is too small to hold them.
func SizesFor(width, height, widthMM, scale float32) Sizes {
	s := Sizes{Width: width, Height: height, Portrait: height >= width, PxPerMM: width / widthMM, Scale: scale}
	k := min(width/1080, height/1920)
	if !s.Portrait {
		k = 0.88 * float32(math.Pow(float64(min(height/1080, width/1920)), 0.8))
	}
	// Headings are large already: they grow half as much, and leave the room
	// to what is read.
	large := 1 + (scale-1)*0.5
	s.Display, s.H1, s.H2, s.Code = 76*k*large, 54*k*large, 40*k*large, 66*k*large
	s.Button, s.Body, s.Hint, s.Label = 37*k*large, 34*k*scale, 30*k*scale, 25*k*scale
	s.Margin, s.Gap, s.Radius = 60*k, 24*k, 24*k
	mm := func(px, least float32) float32 { return max(px, min(least*s.PxPerMM, height/10)) }
	s.Target, s.Answer, s.Primary = mm(0, TargetMM), mm(104*k, AnswerMM), mm(124*k, AnswerMM)
	s.Key, s.Apart = min(KeyMM*s.PxPerMM, width/12), max(min(ApartMM*s.PxPerMM, s.Gap), s.Gap*0.4)
	s.Bar, s.Header = mm(150*k, TargetMM)+2*s.Apart*0.6, 124*k
	if !s.Portrait {
		s.Margin, s.Header = 48*k, 100*k
		s.Bar = mm(112*k, TargetMM) + 2*s.Apart*0.6
	}
	return s
}
