package widget

import (
	"image"
	"image/color"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"loket/ui/theme"
)

// Kit draws controls in one theme and size.
type Kit struct {
	Theme *theme.Theme
	Sizes theme.Sizes
}

// Kind is how important a button is.
type Kind int

// The kinds of buttons.
const (
	Primary Kind = iota
	Outline
	Quiet // on the help bar
	Danger
)

// Button is a labelled control of the given size. icon may be empty; it
// stands after the label for going on, before it otherwise.
func (k Kit) Button(kind Kind, icon, label string, size fyne.Size, tap func()) *Touch {
	s := k.Sizes
	l := look{theme.Primary, theme.Pressed, theme.Primary, 0, s.Radius}
	ink := theme.Card
	switch kind {
	case Outline:
		l, ink = look{theme.Card, theme.Tint, theme.Primary, 3, s.Radius}, theme.Primary
	case Quiet:
		l, ink = look{theme.Sunk, theme.Line, theme.Sunk, 0, s.Radius}, theme.Ink
	case Danger:
		l, ink = look{theme.Card, theme.ErrorTint, theme.Error, 3, s.Radius}, theme.Error
	}
	st := Style{Font: theme.Heading, Size: s.Button, Colour: ink, Leading: 1.15, Align: fyne.TextAlignCenter}
	var objects []fyne.CanvasObject
	if kind == Quiet {
		st.Font, st.Size = theme.BodySemi, s.Label
		side := s.Bar * 0.34
		text, h := NewText(k.Theme, st, label, size.Width)
		top := (size.Height - side - h) / 2
		text.Move(fyne.NewPos(0, top+side))
		return newTouch(label, size, l, tap, k.icon(icon, ink, (size.Width-side)/2, top, side), text)
	}
	side, gap := float32(0), float32(0)
	if icon != "" {
		side, gap = st.Size*1.15, st.Size*0.45
	}
	room := size.Width - side - gap - st.Size
	for st.Size > s.Label*0.8 && !wholeWords(k.Theme, st, label, room, size.Height) {
		st.Size *= 0.95
	}
	width := float32(0)
	for _, line := range Wrap(k.Theme, st, label, room) {
		width = max(width, Measure(k.Theme, st, line))
	}
	text, h := NewText(k.Theme, st, label, width+2)
	left := (size.Width - width - side - gap) / 2
	iconX, textX := left, left+side+gap
	if icon == "arrow-right" || icon == "check" || icon == "paper-plane-tilt" {
		textX, iconX = left, left+width+gap
	}
	text.Move(fyne.NewPos(textX, (size.Height-h)/2))
	objects = append(objects, text)
	if icon != "" {
		objects = append(objects, k.icon(icon, ink, iconX, (size.Height-side)/2, side))
	}
	return newTouch(label, size, l, tap, objects...)
}

// wholeWords reports whether a label fits without breaking a word.
func wholeWords(t *theme.Theme, st Style, label string, width, height float32) bool {
	for _, word := range strings.Fields(label) {
		if Measure(t, st, word) > width {
			return false
		}
	}
	return float32(len(Wrap(t, st, label, width)))*st.Size*st.Leading <= height*0.9
}

// Tile is one of the doors on the home screen.
func (k Kit) Tile(icon string, hue theme.Hue, title, line string, size fyne.Size, tap func()) *Touch {
	s := k.Sizes
	pad, side := s.Gap*1.4, s.H2*2.6
	badge := canvas.NewRectangle(hue.Tint)
	badge.CornerRadius = s.Radius
	badge.Move(fyne.NewPos(pad, pad))
	badge.Resize(fyne.NewSize(side, side))
	x, y, width := pad, pad+side+s.Gap, size.Width-2*pad
	if size.Height < side+2*pad+s.H2*4 { // low and wide: text beside the badge
		x, y, width = pad*2+side, pad, size.Width-3*pad-side
	}
	head, h := NewText(k.Theme, Style{Font: theme.Heading, Size: s.H2, Colour: theme.Ink, Leading: 1.2}, title, width)
	head.Move(fyne.NewPos(x, y))
	body, _ := NewText(k.Theme, Style{Font: theme.Body, Size: s.Body, Colour: theme.Ink2}, line, width)
	body.Move(fyne.NewPos(x, y+h+s.Gap/3))
	return newTouch(title, size, look{theme.Card, hue.Tint, theme.Edge, 2, s.Radius * 1.3}, tap,
		badge, k.icon(icon, hue.Ink, pad+side*0.2, pad+side*0.2, side*0.6), head, body)
}

// Option is one answer to choose, with a mark that shows whether it is
// chosen. It is as high as its words need.
func (k Kit) Option(icon, label, hint string, chosen bool, width float32, tap func()) *Touch {
	s := k.Sizes
	pad, mark := s.Gap, s.Body*1.15
	x := pad*2 + mark
	var objects []fyne.CanvasObject
	if icon != "" {
		objects = append(objects, k.icon(icon, theme.Primary, width-pad-mark*1.3, pad, mark*1.3))
		width -= mark*1.3 + pad
	}
	text, h := NewText(k.Theme, Style{Font: theme.BodySemi, Size: s.Body, Colour: theme.Ink}, label, width-x-pad)
	total := h
	var more *fyne.Container
	if hint != "" {
		var extra float32
		more, extra = NewText(k.Theme, Style{Font: theme.Body, Size: s.Hint, Colour: theme.Ink}, hint, width-x-pad)
		total += extra
	}
	if icon != "" {
		width += mark*1.3 + pad
	}
	height := max(total+2*pad, s.Answer)
	y := (height - total) / 2
	text.Move(fyne.NewPos(x, y))
	objects = append(objects, text)
	if more != nil {
		more.Move(fyne.NewPos(x, y+h))
		objects = append(objects, more)
	}
	l := look{theme.Card, theme.Tint, theme.Edge, 3, s.Radius}
	ring := canvas.NewCircle(theme.Card)
	ring.StrokeColor, ring.StrokeWidth = theme.Edge, 3
	if chosen {
		l.fill, l.edge, l.edgeWidth = theme.Tint, theme.Primary, 4
		ring.FillColor, ring.StrokeColor = theme.Primary, theme.Primary
	}
	ring.Move(fyne.NewPos(pad, (height-mark)/2))
	ring.Resize(fyne.NewSize(mark, mark))
	objects = append(objects, ring)
	if chosen {
		objects = append(objects, k.icon("check", theme.Card, pad+mark*0.15, (height-mark*0.7)/2, mark*0.7))
	}
	return newTouch(label, fyne.NewSize(width, height), l, tap, objects...)
}

// Notice is a sentence on a tint, with an icon: never colour alone.
func (k Kit) Notice(icon string, ink, tint color.NRGBA, text string, width float32) (*fyne.Container, float32) {
	s := k.Sizes
	pad, side := s.Gap, s.Body*1.4
	words, h := NewText(k.Theme, Style{Font: theme.BodySemi, Size: s.Hint, Colour: ink}, text, width-3*pad-side)
	height := max(h, side) + 2*pad*0.75
	ground := canvas.NewRectangle(tint)
	ground.CornerRadius = s.Radius
	ground.Resize(fyne.NewSize(width, height))
	words.Move(fyne.NewPos(2*pad+side, (height-h)/2))
	box := Group(ground, k.icon(icon, ink, pad, (height-side)/2, side), words)
	box.Resize(fyne.NewSize(width, height))
	return box, height
}

// Steps shows how far one is: the done ones filled, the current one marked.
// The words "2 of 7" stand beside it.
func (k Kit) Steps(index, count int, width float32) *fyne.Container {
	gap := k.Sizes.Gap / 3
	each := (width - gap*float32(count-1)) / float32(count)
	box := Group()
	for i := range count {
		c := theme.Line
		switch {
		case i < index:
			c = theme.Primary
		case i == index:
			c = theme.Accent
		}
		r := canvas.NewRectangle(c)
		r.CornerRadius = 6
		r.Move(fyne.NewPos(float32(i)*(each+gap), 0))
		r.Resize(fyne.NewSize(each, 12))
		box.Add(r)
	}
	box.Resize(fyne.NewSize(width, 12))
	return box
}

// QR shows a code dot for dot: it is never scaled.
func (k Kit) QR(img image.Image) *canvas.Image {
	c := canvas.NewImageFromImage(img)
	c.ScaleMode = canvas.ImageScalePixels
	c.FillMode = canvas.ImageFillStretch
	c.Resize(fyne.NewSize(float32(img.Bounds().Dx()), float32(img.Bounds().Dy())))
	return c
}

// Ground is a filled rounded rectangle.
func (k Kit) Ground(fill, edge color.NRGBA, radius float32, pos fyne.Position, size fyne.Size) *canvas.Rectangle {
	r := canvas.NewRectangle(fill)
	r.CornerRadius, r.StrokeColor = radius, edge
	if edge != fill {
		r.StrokeWidth = 2
	}
	r.Move(pos)
	r.Resize(size)
	return r
}

// Symbol is an icon at a place.
func (k Kit) Symbol(name string, c color.NRGBA, x, y, side float32) *canvas.Image {
	return k.icon(name, c, x, y, side)
}

func (k Kit) icon(name string, c color.NRGBA, x, y, side float32) *canvas.Image {
	i := canvas.NewImageFromResource(k.Theme.Symbol(name, c))
	i.FillMode = canvas.ImageFillContain
	i.Move(fyne.NewPos(x, y))
	i.Resize(fyne.NewSize(side, side))
	return i
}

// Key is a key of a keyboard. A repeat above 0 acts again while it is held.
func (k Kit) Key(label, icon string, fill color.NRGBA, size fyne.Size, repeat time.Duration, tap func()) *Touch {
	var content fyne.CanvasObject
	name := label
	if icon != "" {
		side := min(size.Height*0.45, size.Width*0.6)
		content = k.icon(icon, theme.Ink, (size.Width-side)/2, (size.Height-side)/2, side)
		if name == "" {
			name = icon
		}
	} else {
		st := Style{Font: theme.BodySemi, Size: min(size.Height*0.42, k.Sizes.H2), Colour: theme.Ink, Leading: 1.2, Align: fyne.TextAlignCenter}
		for Measure(k.Theme, st, label) > size.Width*0.9 && st.Size > 12 {
			st.Size *= 0.93
		}
		text, h := NewText(k.Theme, st, label, size.Width)
		text.Move(fyne.NewPos(0, (size.Height-h)/2))
		content = text
	}
	t := newTouch(name, size, look{fill, theme.Accent, theme.Edge, 2, k.Sizes.Radius * 0.6}, tap, content)
	t.repeat = repeat
	return t
}
