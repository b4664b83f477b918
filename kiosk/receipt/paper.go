package receipt

import "fmt"

// Paper is what a receipt is drawn for.
type Paper struct {
	Name          string  // 80mm, 58mm, a5 or a4
	Width, Height float64 // mm; height 0 is a roll
	DPI           int     // dots an inch
	Dots          int     // a row that the printer can print, a multiple of 8 on a roll
}

// papers are the sizes that are sold: for rolls the width that their print
// heads reach (576 and 384 dots at 203 dpi), for sheets the whole sheet. A5
// lies on its side, so that A4 holds two.
var papers = map[string]struct{ width, height, print float64 }{
	"80mm": {80, 0, 72},
	"58mm": {58, 0, 48},
	"a5":   {210, 148, 210},
	"a4":   {210, 297, 210},
}

// NewPaper returns the paper of that name. dpi 0 is the usual: 203 on a roll,
// 300 on a sheet. dots, if not 0, is the printable width where a model differs.
func NewPaper(name string, dpi, dots int) (Paper, error) {
	size, ok := papers[name]
	if !ok {
		return Paper{}, fmt.Errorf("paper %q is none of 80mm, 58mm, a5 and a4", name)
	}
	p := Paper{Name: name, Width: size.width, Height: size.height, DPI: dpi, Dots: dots}
	if p.DPI == 0 {
		p.DPI = 203
		if p.Sheet() {
			p.DPI = 300
		}
	}
	if p.DPI < 150 || p.DPI > 600 {
		return Paper{}, fmt.Errorf("%d dpi: receipt printers have 150 to 600", dpi)
	}
	if p.Dots == 0 {
		p.Dots = p.dots(size.print)
		if !p.Sheet() {
			p.Dots = (p.Dots + 4) / 8 * 8
		}
	}
	if most := p.dots(size.width); p.Dots < most/2 || p.Dots > most || !p.Sheet() && p.Dots%8 != 0 {
		return Paper{}, fmt.Errorf("%d dots do not fit %s at %d dpi", p.Dots, name, p.DPI)
	}
	return p, nil
}

// Sheet reports whether the paper comes in sheets.
func (p Paper) Sheet() bool { return p.Height > 0 }

// dots is a length in mm as dots.
func (p Paper) dots(mm float64) int { return int(mm*float64(p.DPI)/25.4 + 0.5) }

// MM is a length in dots as mm.
func (p Paper) MM(dots int) float64 { return float64(dots) * 25.4 / float64(p.DPI) }
