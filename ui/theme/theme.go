// Package theme is how Loket looks: colours, fonts, icons, and sizes that
// follow the glass in millimetres, never DPI.
package theme

import (
	"fmt"
	"image/color"
	"io/fs"
	"strings"
	"sync"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

func hex(n uint32) color.NRGBA {
	return color.NRGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 255}
}

// The colours of the light theme, "Kertas". Text on its ground is 7:1 or
// better, edges of controls 3:1: a test computes every pair.
var (
	Paper     = hex(0xFAF6EE)
	Card      = hex(0xFFFFFF)
	Sunk      = hex(0xF1EADC) // keyboard tray and help bar
	Line      = hex(0xDDD3C0) // decoration only
	Edge      = hex(0x6B7A7C)
	Ink       = hex(0x14282B)
	Ink2      = hex(0x44565A) // hints on paper and cards
	Primary   = hex(0x0B4F55)
	Pressed   = hex(0x073A3F)
	Tint      = hex(0xDFF0EF)
	Accent    = hex(0xE7A52E) // fill only
	Focus     = hex(0x1457C8)
	Error     = hex(0x9B1616)
	ErrorTint = hex(0xFCE8E6)
	OK        = hex(0x155630)
	OKTint    = hex(0xE3F3E7)
	Warn      = hex(0x684300)
	WarnTint  = hex(0xFFF1D1)
	Info      = hex(0x164F80)
	InfoTint  = hex(0xE1EEF8)
)

// Hue is the colour pair of one service, always beside its icon and name.
type Hue struct{ Ink, Tint color.NRGBA }

// The services' hues.
var (
	Complaint   = Hue{hex(0x7E2A11), hex(0xFBE9E2)}
	Suggestion  = Hue{hex(0x684300), hex(0xFBEFD3)}
	Information = Hue{hex(0x0A545A), hex(0xDFF0EF)}
	Tracking    = Hue{hex(0x164F80), hex(0xE1EEF8)}
)

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
}

var _ fyne.Theme = (*Theme)(nil)

// New reads fonts and icons below files.
func New(files fs.FS) (*Theme, error) {
	t := &Theme{files: files, fonts: map[Font]fyne.Resource{}, icons: map[string]fyne.Resource{}}
	for _, f := range []Font{Body, BodySemi, BodyBold, Heading, HeadingBold} {
		b, err := fs.ReadFile(files, "fonts/"+string(f)+".ttf")
		if err != nil {
			return nil, err
		}
		t.fonts[f] = fyne.NewStaticResource(string(f)+".ttf", b)
	}
	return t, nil
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

// Color implements fyne.Theme.
func (t *Theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch name {
	case fynetheme.ColorNameBackground:
		return Paper
	case fynetheme.ColorNameForeground:
		return Ink
	case fynetheme.ColorNamePrimary:
		return Primary
	case fynetheme.ColorNameFocus:
		return Focus
	case fynetheme.ColorNameScrollBar:
		return Edge
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

	Display, H1, H2, Button, Body, Hint, Label, Code float32 // text
	Margin, Gap, Radius                              float32
	Primary                                          float32 // height of a main button
	Answer                                           float32 // least height of an answer
	Bar                                              float32 // height of the help bar
	Header                                           float32
}

// Least sizes of what a finger must meet, in millimetres.
const (
	TargetMM = 20
	AnswerMM = 25
)

// SizesFor returns the sizes for a picture of width × height pixels that is
// widthMM wide. Type follows the picture; targets never go below their
// millimetres unless the picture is too small to hold them.
func SizesFor(width, height, widthMM float32) Sizes {
	s := Sizes{Width: width, Height: height, Portrait: height >= width, PxPerMM: width / widthMM}
	k := width / 1080
	if s.Portrait {
		k = min(k, height/1920)
	} else {
		k = 0.86 * min(height/1080, width/1620)
	}
	s.Display, s.H1, s.H2, s.Button, s.Body, s.Hint, s.Label, s.Code = 76*k, 54*k, 40*k, 38*k, 34*k, 30*k, 24*k, 66*k
	s.Margin, s.Gap, s.Radius = 60*k, 24*k, 24*k
	mm := func(px, least float32) float32 { return max(px, min(least*s.PxPerMM, height/10)) }
	s.Primary, s.Answer = mm(132*k, 25), mm(112*k, TargetMM)
	s.Bar, s.Header = mm(150*k, TargetMM), 132*k
	return s
}
