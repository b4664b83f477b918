package receipt

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"slices"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"

	scale "golang.org/x/image/draw"
)

// Render draws a receipt for a paper, black and white only: a roll as long as
// it needs, a sheet whole. On A4 the lower half is for the office's file, and
// has neither the code nor the QR code.
func (r *Renderer) Render(x Receipt, p Paper) (*image.Gray, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := r.Lines(x)
	if p.Sheet() {
		return r.sheet(x, lines, p)
	}
	b := r.box(p, white(p.Dots, p.dots(330)))
	side := p.dots(2)
	if p.Width < 70 {
		side = p.dots(1)
	}
	b.left, b.right, b.y = side, p.Dots-side, p.dots(1)
	if err := b.all(lines); err != nil {
		return nil, err
	}
	b.y += p.dots(1)
	img := bilevel(b.img.SubImage(image.Rect(0, 0, p.Dots, b.y)).(*image.Gray))
	if x.Test != "" {
		marks(img, p)
	}
	return img, nil
}

// marks are 5 mm at each edge: one that is missing shows that the width is
// not the printer's.
func marks(img *image.Gray, p Paper) {
	for _, at := range []int{0, img.Rect.Dx() - p.dots(0.5)} {
		draw.Draw(img, image.Rect(at, p.dots(1), at+p.dots(0.5), p.dots(6)), image.Black, image.Point{}, draw.Src)
	}
}

// sheet draws the visitor's half, and on A4 the office's below it.
func (r *Renderer) sheet(x Receipt, lines []Line, p Paper) (*image.Gray, error) {
	var img *image.Gray
	for size := 1.12; ; size -= 0.12 { // a long receipt is set smaller
		img = white(p.Dots, p.dots(p.Height))
		err := r.half(lines, p, size, img, 0)
		if err == nil {
			break
		}
		if !errors.Is(err, errLong) || size < 0.8 {
			return nil, err
		}
	}
	if p.Height > 200 {
		middle := p.dots(148)
		for at := p.dots(4); at < p.Dots-p.dots(4); at += p.dots(4) {
			draw.Draw(img, image.Rect(at, middle, at+p.dots(2), middle+p.dots(0.25)), image.Black, image.Point{}, draw.Src)
		}
		w := r.words.In(x.Language)
		file := slices.DeleteFunc(slices.Clone(lines), func(l Line) bool {
			return l.Kind == QRCode || l.Part == Advice || l.Style == Symbols && l.Text == x.Code.Grouped() || l.Text == w.T("receipt.code")
		})
		file = append(file, Line{Words, Advice, Strong, false, w.T("receipt.archive")})
		if err := r.half(file, p, 1, img, middle); err != nil {
			return nil, err
		}
	}
	return bilevel(img), nil
}

// half draws on 210 × 148 mm from top down: the head over the whole width, the
// ticket at the left, the rest at the right.
func (r *Renderer) half(lines []Line, p Paper, size float64, img *image.Gray, top int) error {
	of := func(parts ...Part) (some []Line) {
		for _, l := range lines {
			if slices.Contains(parts, l.Part) {
				some = append(some, l)
			}
		}
		return some
	}
	b := r.box(p, img)
	b.size, b.bottom = size, top+p.dots(144)
	edge := p.dots(12)
	b.left, b.right, b.y = edge, p.Dots-edge, top+p.dots(9)
	if err := b.all(of(Head)); err != nil {
		return err
	}
	start := b.y + p.dots(2)
	b.y, b.right = start, p.dots(88)
	if err := b.all(of(What, Ticket)); err != nil {
		return err
	}
	b.y, b.left, b.right = start, p.dots(98), p.Dots-edge
	right := of(When, Advice)
	for i := range right {
		if right[i].Kind == Rule { // beside the code there is air in its place
			right[i].Kind = Space
		}
	}
	if len(right) > 0 && right[0].Kind == Space {
		right = right[1:]
	}
	return b.all(right)
}

// bilevel makes grey black or white, in a picture of its own.
func bilevel(img *image.Gray) *image.Gray {
	out := image.NewGray(img.Rect)
	for i, v := range img.Pix[:len(out.Pix)] {
		if v >= 140 {
			out.Pix[i] = 255
		}
	}
	return out
}

var errLong = errors.New("the receipt is longer than the paper")

// box is a part of the paper being drawn from top to bottom.
type box struct {
	r              *Renderer
	p              Paper
	img            *image.Gray
	left, right, y int
	bottom         int
	size           float64 // of the words, 1 is as on a roll
}

func (r *Renderer) box(p Paper, img *image.Gray) *box {
	return &box{r: r, p: p, img: img, bottom: img.Rect.Dy(), size: 1}
}

// look is a style's font and height in mm.
func (p Paper) look(s Style) (name string, mm float64) {
	narrow := p.Width < 70
	switch s {
	case Strong:
		name, mm = bold, 3.25
	case Stamp:
		name, mm = heading, 3
	case Title:
		name, mm = heading, 4.1
	case Symbols:
		name, mm = bold, 6
		if narrow {
			mm = 5
		}
		return name, mm
	default:
		name, mm = body, 3.25
	}
	if narrow {
		mm -= 0.25
	}
	return name, mm
}

func (b *box) all(lines []Line) error {
	for _, l := range lines {
		var err error
		switch l.Kind {
		case Words:
			err = b.words(l)
		case Rule:
			b.y += b.p.dots(1.2)
			draw.Draw(b.img, image.Rect(b.left, b.y, b.right, b.y+b.p.dots(0.25)), image.Black, image.Point{}, draw.Src)
			b.y += b.p.dots(1.5)
		case Space:
			b.y += b.p.dots(1.2)
		case Emblem:
			e := b.r.dithered(b.p.dots(11))
			err = b.picture(e)
			b.y += b.p.dots(0.5)
		case QRCode:
			var s Symbol
			if s, err = SymbolFor(l.Text, b.right-b.left, b.p); err == nil {
				err = b.picture(s.Image())
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// picture puts a picture in the middle.
func (b *box) picture(img *image.Gray) error {
	if b.y+img.Rect.Dy() > b.bottom {
		return errLong
	}
	at := image.Pt((b.left+b.right-img.Rect.Dx())/2, b.y)
	draw.Draw(b.img, image.Rectangle{at, at.Add(img.Rect.Size())}, img, image.Point{}, draw.Src)
	b.y += img.Rect.Dy()
	return nil
}

// words writes a paragraph, wrapped at words, broken inside only where a word
// is wider than the box.
func (b *box) words(l Line) error {
	name, mm := b.p.look(l.Style)
	face, err := b.r.face(name, b.size*mm*float64(b.p.DPI)/25.4)
	if err != nil {
		return err
	}
	width := b.right - b.left
	height := face.Metrics().Height.Ceil()
	for _, line := range wrap(face, l.Text, width) {
		x := b.left
		if l.Centre {
			x += (width - font.MeasureString(face, line).Ceil()) / 2
		}
		if b.y+height > b.bottom {
			return errLong
		}
		d := font.Drawer{Dst: b.img, Src: image.Black, Face: face, Dot: fixed.P(x, b.y+face.Metrics().Ascent.Ceil())}
		d.DrawString(line)
		b.y += height
	}
	return nil
}

// dithered is the emblem in dots, side wide and high, by Floyd and Steinberg.
func (r *Renderer) dithered(side int) *image.Gray {
	if e := r.emblems[side]; e != nil {
		return e
	}
	grey := white(side, side)
	scale.CatmullRom.Scale(grey, grey.Rect, r.emblem, r.emblem.Bounds(), draw.Over, nil)
	dots := image.NewPaletted(grey.Rect, color.Palette{color.White, color.Black})
	draw.FloydSteinberg.Draw(dots, dots.Rect, grey, image.Point{})
	e := white(side, side)
	for i, v := range dots.Pix {
		if v == 1 {
			e.Pix[i] = 0
		}
	}
	r.emblems[side] = e
	return e
}
