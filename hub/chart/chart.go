// Package chart draws a few plain charts as pictures that a page shows as SVG and
// a paper draws with its own pen: bars, a histogram with a limit, a trend with
// control limits and a funnel.
//
// Why not a library: those of the field that are kept (github.com/go-analyze/charts
// v0.6 was tried) put style attributes on every shape, which the pages' content
// security policy refuses, give no title and no description to read aloud, and
// draw at one size, which on a telephone is too small to read. Here text is text
// in the page's own type, colours are those of the screens, what a colour says is
// said by a form or a word as well, and the same chart is drawn for a telephone
// and for a desk in the pixels that it will have.
package chart

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Colour is one of the screens' colours, as the web writes it.
type Colour string

// The colours of charts. Each has at least 3 to 1 on white but for Band, Track
// and Grid, which carry no meaning alone.
const (
	Ink     Colour = "#14282b"
	Soft    Colour = "#44565a"
	Grid    Colour = "#ddd3c0"
	Track   Colour = "#f1eadc"
	Band    Colour = "#dff0ef"
	Primary Colour = "#0b4f55"
	Pale    Colour = "#6b8f93"
	Second  Colour = "#7a4010"
	Bad     Colour = "#9b1616"
	Good    Colour = "#175c31"
	Paper   Colour = "#ffffff"
)

// Kind is what a shape is.
type Kind int

// The kinds of shapes.
const (
	Line Kind = iota // through its points
	Area             // between its points, filled
	Dot              // around its first point
	Text             // at its first point
	Hit              // a place to touch: from its first point to its second
)

// Anchor says which part of a text stands at its point.
type Anchor int

// The anchors.
const (
	Start Anchor = iota
	Middle
	End
)

// Point is a place in pixels from the upper left.
type Point struct{ X, Y float64 }

// Shape is one stroke of a picture. A colour left empty is not drawn.
type Shape struct {
	Kind         Kind
	Points       []Point
	Fill, Stroke Colour
	Width        float64 // of the stroke; of a Dot, its radius
	Dash         bool
	Text         string
	Size         float64 // of text, px
	Bold         bool
	Anchor       Anchor
	Link         string // of a Hit, and what it says
}

// Picture is a chart.
type Picture struct {
	ID     string // of the page's element
	Title  string
	Desc   string // what it shows, for who does not see it
	W, H   float64
	Shapes []Shape
}

const (
	text  = 14.0 // px
	small = 13.0
)

func (p *Picture) line(c Colour, width float64, dash bool, points ...Point) {
	p.Shapes = append(p.Shapes, Shape{Kind: Line, Points: points, Stroke: c, Width: width, Dash: dash})
}

func (p *Picture) area(fill Colour, points ...Point) {
	p.Shapes = append(p.Shapes, Shape{Kind: Area, Points: points, Fill: fill})
}

func (p *Picture) box(fill Colour, x, y, w, h float64) {
	p.area(fill, Point{x, y}, Point{x + w, y}, Point{x + w, y + h}, Point{x, y + h})
}

func (p *Picture) dot(x, y, r float64, fill, stroke Colour) {
	p.Shapes = append(p.Shapes, Shape{Kind: Dot, Points: []Point{{x, y}}, Width: r, Fill: fill, Stroke: stroke})
}

func (p *Picture) text(x, y float64, s string, size float64, bold bool, a Anchor, c Colour) {
	p.Shapes = append(p.Shapes, Shape{Kind: Text, Points: []Point{{x, y}}, Text: s, Size: size, Bold: bold, Anchor: a, Fill: c})
}

// hit makes a place lead to what it stands for.
func (p *Picture) hit(x, y, w, h float64, link, says string) {
	if link != "" {
		p.Shapes = append(p.Shapes, Shape{Kind: Hit, Points: []Point{{x, y}, {x + w, y + h}}, Link: link, Text: says})
	}
}

// width guesses how wide a text is, rather too wide.
func width(s string, size float64) float64 { return float64(len([]rune(s))) * size * 0.54 }

// fit shortens a text to so many pixels.
func fit(s string, size, px float64) string {
	r := []rune(s)
	for len(r) > 2 && width(string(r), size) > px {
		r = append(r[:len(r)-2], '…')
	}
	return string(r)
}

// SVG writes the picture for a page. Its links are for the mouse; who uses the
// keyboard has the same in the table beside each chart, and does not have to go
// through all of them to get on.
func (p *Picture) SVG() template.HTML {
	var b strings.Builder
	id := html.EscapeString(p.ID)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" id="%s" class="chart" viewBox="0 0 %s %s" width="%s" height="%s" role="group" aria-labelledby="%s-t %s-d" font-family="Atkinson, system-ui, sans-serif"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		id, px(p.W), px(p.H), px(p.W), px(p.H), id, id, id, html.EscapeString(p.Title), id, html.EscapeString(p.Desc))
	for _, s := range p.Shapes {
		s.svg(&b)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

func (s Shape) svg(b *strings.Builder) {
	paint := func() {
		fill := s.Fill
		if fill == "" {
			fill = "none"
		}
		fmt.Fprintf(b, ` fill="%s"`, fill)
		if s.Stroke != "" {
			width := s.Width
			if s.Kind == Dot {
				width = 2
			}
			fmt.Fprintf(b, ` stroke="%s" stroke-width="%s"`, s.Stroke, px(width))
		}
		if s.Dash {
			b.WriteString(` stroke-dasharray="6 4"`)
		}
	}
	at := s.Points[0]
	switch s.Kind {
	case Line, Area:
		name := map[Kind]string{Line: "polyline", Area: "polygon"}[s.Kind]
		fmt.Fprintf(b, `<%s points="`, name)
		for i, q := range s.Points {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(px(q.X) + "," + px(q.Y))
		}
		b.WriteByte('"')
		paint()
		if s.Kind == Line {
			b.WriteString(` stroke-linejoin="round"`)
		}
		b.WriteString("/>")
	case Dot:
		fmt.Fprintf(b, `<circle cx="%s" cy="%s" r="%s"`, px(at.X), px(at.Y), px(s.Width))
		paint()
		b.WriteString("/>")
	case Text:
		fmt.Fprintf(b, `<text x="%s" y="%s" font-size="%s"`, px(at.X), px(at.Y), px(s.Size))
		if s.Bold {
			b.WriteString(` font-weight="700"`)
		}
		if s.Anchor != Start {
			fmt.Fprintf(b, ` text-anchor="%s"`, map[Anchor]string{Middle: "middle", End: "end"}[s.Anchor])
		}
		paint()
		b.WriteString(">" + html.EscapeString(s.Text) + "</text>")
	case Hit:
		to := s.Points[1]
		says := html.EscapeString(s.Text)
		fmt.Fprintf(b, `<a href="%s" tabindex="-1" aria-label="%s"><title>%s</title><rect x="%s" y="%s" width="%s" height="%s" fill="transparent"/></a>`,
			html.EscapeString(s.Link), says, says, px(at.X), px(at.Y), px(to.X-at.X), px(to.Y-at.Y))
	}
}

// px writes a length without digits that nobody sees.
func px(f float64) string {
	return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64)
}

// ticks are round numbers from 0 to at least a highest value, about so many.
func ticks(highest float64, about int) (all []float64) {
	if highest <= 0 || math.IsNaN(highest) || math.IsInf(highest, 0) {
		highest = 1
	}
	raw := highest / float64(about)
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if step*m >= raw {
			step *= m
			break
		}
	}
	for i := 0; ; i++ {
		all = append(all, float64(i)*step)
		if float64(i)*step >= highest {
			return all
		}
	}
}

// wholeTicks are ticks of counts.
func wholeTicks(highest float64, about int) []float64 {
	if highest < float64(about) {
		all := []float64{0}
		for i := 1; float64(i) <= max(1, math.Ceil(highest)); i++ {
			all = append(all, float64(i))
		}
		return all
	}
	return ticks(highest, about)
}
