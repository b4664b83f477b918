package widget

import (
	"image"
	"image/color"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"loket/ui/theme"
)

// Kit draws controls in one theme, palette and size.
type Kit struct {
	Theme  *theme.Theme
	Colour theme.Palette
	Sizes  theme.Sizes
	// Explore is asked before a control acts: with reading aloud, the first
	// touch names it and only the second acts. Nil lets every touch act.
	Explore func(*Touch) bool
	// Finger is the one on the glass.
	Finger *Finger
	// Quiet is told of every finger that comes down: speech stops at once.
	Quiet func()
}

// Kind is how important a button is.
type Kind int

// The kinds of buttons.
const (
	Primary Kind = iota
	Outline
	Danger
)

// Button is a labelled control of the given size. icon may be empty; it
// stands after the label for going on, before it otherwise.
func (k Kit) Button(kind Kind, icon, label string, size fyne.Size, tap func()) *Touch {
	s, c := k.Sizes, k.Colour
	l := look{fill: c.Primary, pressed: c.Pressed, edge: c.Primary, radius: s.Radius}
	ink := c.OnPrimary
	switch kind {
	case Outline:
		l, ink = look{fill: c.Card, pressed: c.Tint, edge: c.Primary, edgeWidth: 3, radius: s.Radius}, c.Primary
	case Danger:
		l, ink = look{fill: c.Card, pressed: c.ErrorTint, edge: c.Error, edgeWidth: 3, radius: s.Radius}, c.Error
	}
	st := Style{Font: theme.Heading, Size: s.Button, Colour: ink, Leading: 1.15, Align: fyne.TextAlignCenter}
	side, gap := float32(0), float32(0)
	if icon != "" {
		side, gap = st.Size*1.1, st.Size*0.45
	}
	room := size.Width - side - gap - st.Size*1.2
	k.shrink(&st, label, room, size.Height*0.88)
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
	objects := []fyne.CanvasObject{text}
	if icon != "" {
		objects = append(objects, k.Symbol(icon, ink, iconX, (size.Height-side)/2, side))
	}
	return k.touch(label, size, l, tap, objects...)
}

// shrink makes a style small enough that a label fits without breaking a word.
func (k Kit) shrink(st *Style, label string, width, height float32) {
	for st.Size > 9 && !wholeWords(k.Theme, *st, label, width, height) {
		st.Size *= 0.95
	}
}

// wholeWords reports whether a label fits without breaking a word.
func wholeWords(t *theme.Theme, st Style, label string, width, height float32) bool {
	for _, word := range strings.Fields(label) {
		if Measure(t, st, word) > width {
			return false
		}
	}
	return float32(len(Wrap(t, st, label, width)))*st.Size*st.Leading <= height
}

// Help is a key of the help bar: icon over word, filled while it is on.
func (k Kit) Help(icon, label string, on bool, size fyne.Size, tap func()) *Touch {
	s, c := k.Sizes, k.Colour
	l := look{fill: c.Sunk, pressed: c.Special, edge: c.Sunk, radius: s.Radius * 0.8}
	ink := c.Ink
	if c.Contrast {
		l.edge, l.edgeWidth = c.Edge, 2
	}
	if on {
		l.fill, l.edge, ink = c.Primary, c.Primary, c.OnPrimary
		l.pressed = c.Pressed
	}
	side := min(size.Height*0.36, s.H2*1.1)
	st := Style{Font: theme.BodySemi, Size: min(s.Label, size.Height*0.2), Colour: ink, Leading: 1.12, Align: fyne.TextAlignCenter}
	room := size.Height - side - s.Gap*0.5
	k.shrink(&st, label, size.Width-6, room)
	text, h := NewText(k.Theme, st, label, size.Width)
	// The icons of a bar stand in one line, whether their words take one or two.
	top := (size.Height - side - s.Gap*0.2 - max(h, min(2*st.Size*st.Leading, room))) / 2
	text.Move(fyne.NewPos(0, top+side+s.Gap*0.2))
	return k.touch(label, size, l, tap, k.Symbol(icon, ink, (size.Width-side)/2, top, side), text)
}

// Chip is a small control with an icon: a word to put into the text, a
// switch. It is as wide as its words need.
func (k Kit) Chip(icon, label string, on bool, height float32, tap func()) *Touch {
	s, c := k.Sizes, k.Colour
	l := look{fill: c.Card, pressed: c.Tint, edge: c.Edge, edgeWidth: 3, radius: s.Radius * 0.7}
	if on {
		l.fill, l.edge = c.Tint, c.Primary
	}
	st := Style{Font: theme.BodySemi, Size: s.Hint * 0.95, Colour: c.Ink, Leading: 1.1}
	pad, side := s.Gap*0.8, float32(0)
	var objects []fyne.CanvasObject
	if icon != "" {
		side = st.Size * 1.25
		objects = append(objects, k.Symbol(icon, c.Primary, pad, (height-side)/2, side))
		side += pad * 0.5
	}
	width := max(Measure(k.Theme, st, label)+2*pad+side, s.Target)
	text, h := NewText(k.Theme, st, label, width-pad-side)
	text.Move(fyne.NewPos(pad+side, (height-h)/2))
	if icon == "" {
		text.Move(fyne.NewPos((width-Measure(k.Theme, st, label))/2, (height-h)/2))
	}
	return k.touch(label, fyne.NewSize(width, height), l, tap, append(objects, text)...)
}

// tile is how the words of a tile stand in it.
type tile struct {
	pad, side  float32
	wide       bool // low: words beside the badge
	x, y       float32
	width      float32
	head, body Style
}

func (k Kit) tile(size fyne.Size, fit float32) tile {
	s, c := k.Sizes, k.Colour
	t := tile{pad: s.Gap * 1.3, side: min(s.H2*2.4, size.Height*0.4)}
	t.wide = size.Height < t.side+2*t.pad+s.H2*1.2+s.Gap+2*s.Body*1.35
	if t.wide {
		t.side = min(t.side*1.1, size.Height-2*t.pad*0.8)
	}
	t.head = Style{Font: theme.Heading, Size: s.H2 * fit, Colour: c.Ink, Leading: 1.18, Even: true}
	t.body = Style{Font: theme.Body, Size: s.Body * fit, Colour: c.Ink2, Leading: 1.28, Even: true}
	t.x, t.y, t.width = t.pad, t.pad+t.side+s.Gap*0.7, size.Width-2*t.pad
	if t.wide {
		t.x, t.y, t.width = t.pad*1.8+t.side, t.pad*0.8, size.Width-t.pad*2.8-t.side
	}
	return t
}

// TileFit is how much smaller than usual the words of a tile must be to fit
// without a broken word. Tiles side by side take the least of theirs.
func (k Kit) TileFit(title, line string, size fyne.Size) (fit float32) {
	for fit = 1; fit > 0.4; fit *= 0.96 {
		t := k.tile(size, fit)
		high := float32(len(Wrap(k.Theme, t.head, title, t.width)))*t.head.Size*t.head.Leading + float32(len(Wrap(k.Theme, t.body, line, t.width)))*t.body.Size*t.body.Leading
		if high+k.Sizes.Gap*0.2 <= size.Height-t.y-t.pad*0.8 && wholeWords(k.Theme, t.head, title, t.width, size.Height) && wholeWords(k.Theme, t.body, line, t.width, size.Height) {
			break
		}
	}
	return fit
}

// Tile is one of the doors on the home screen, its words smaller by fit.
func (k Kit) Tile(icon string, hue theme.Hue, title, line string, size fyne.Size, fit float32, tap func()) *Touch {
	s, c := k.Sizes, k.Colour
	t := k.tile(size, fit)
	text, h1 := NewText(k.Theme, t.head, title, t.width)
	more, h2 := NewText(k.Theme, t.body, line, t.width)
	between, top := s.Gap*0.2, t.pad
	if t.wide {
		t.y, top = (size.Height-h1-between-h2)/2, (size.Height-t.side)/2
	}
	text.Move(fyne.NewPos(t.x, t.y))
	more.Move(fyne.NewPos(t.x, t.y+h1+between))
	badge := k.Ground(hue.Tint, hue.Tint, s.Radius*0.9, fyne.NewPos(t.pad, top), fyne.NewSize(t.side, t.side))
	l := look{fill: c.Card, pressed: hue.Tint, edge: c.Edge, edgeWidth: 2, radius: s.Radius * 1.2, foot: c.Line}
	if c.Contrast {
		l.pressed, l.edgeWidth, l.foot = c.Special, 3, color.NRGBA{}
		badge.StrokeColor, badge.StrokeWidth = c.Edge, 3
	}
	return k.touch(title, size, l, tap, badge, k.Symbol(icon, hue.Ink, t.pad+t.side*0.19, top+t.side*0.19, t.side*0.62), text, more)
}

// Option is one answer to choose, with a mark that shows whether it is
// chosen. It is as high as its words need.
func (k Kit) Option(icon, label, hint string, chosen bool, width float32, tap func()) *Touch {
	s, c := k.Sizes, k.Colour
	pad, mark := s.Gap, max(s.Body*1.1, s.Gap*1.6)
	x, side := pad, float32(0)
	if icon != "" {
		side = s.H2 * 1.5
		x += side + pad*0.8
	}
	room := width - x - 2*pad - mark
	st := Style{Font: theme.BodySemi, Size: s.Body, Colour: c.Ink, Leading: 1.25}
	for st.Size > 12 && !wholeWords(k.Theme, st, label, room, s.Height) {
		st.Size *= 0.95
	}
	text, h := NewText(k.Theme, st, label, room)
	total := h
	var more *fyne.Container
	if hint != "" {
		var extra float32
		more, extra = NewText(k.Theme, Style{Font: theme.Body, Size: s.Hint, Colour: c.Ink, Leading: 1.25}, hint, room)
		total += extra
	}
	height := max(total+1.6*pad, s.Answer)
	y := (height - total) / 2
	text.Move(fyne.NewPos(x, y))
	objects := []fyne.CanvasObject{text}
	if icon != "" {
		objects = append(objects, k.Symbol(icon, c.Primary, pad, (height-side)/2, side))
	}
	if more != nil {
		more.Move(fyne.NewPos(x, y+h))
		objects = append(objects, more)
	}
	l := look{fill: c.Card, pressed: c.Tint, edge: c.Edge, edgeWidth: 3, radius: s.Radius}
	ring := canvas.NewCircle(c.Card)
	ring.StrokeColor, ring.StrokeWidth = c.Edge, 3
	if chosen {
		l.fill, l.edge, l.edgeWidth = c.Tint, c.Primary, 4
		if c.Contrast {
			l.edgeWidth = 6
		}
		ring.FillColor, ring.StrokeColor = c.Primary, c.Primary
	}
	ring.Move(fyne.NewPos(width-pad-mark, (height-mark)/2))
	ring.Resize(fyne.NewSize(mark, mark))
	objects = append(objects, ring)
	if chosen {
		objects = append(objects, k.Symbol("check", c.OnPrimary, width-pad-mark*0.85, (height-mark*0.7)/2, mark*0.7))
	}
	return k.touch(label, fyne.NewSize(width, height), l, tap, objects...)
}

// Entry is something found, to be looked at: what it is called, a line about it
// and where it is, with an icon of the kind of place. It is as high as its words
// need.
func (k Kit) Entry(title, line, icon, place string, width float32, tap func()) *Touch {
	s, c := k.Sizes, k.Colour
	pad, side := s.Gap, s.H2
	room := width - 3*pad - side
	head := Style{Font: theme.BodySemi, Size: s.Body, Colour: c.Ink, Leading: 1.22}
	for head.Size > 12 && !wholeWords(k.Theme, head, title, room, s.Height) {
		head.Size *= 0.95
	}
	objects := []fyne.CanvasObject{}
	y := pad * 0.75
	put := func(st Style, words string, x, room float32) (h float32) {
		var text *fyne.Container
		text, h = NewText(k.Theme, st, words, room)
		text.Move(fyne.NewPos(x, y))
		objects = append(objects, text)
		return h
	}
	y += put(head, title, pad, room)
	if line != "" {
		y += put(Style{Font: theme.Body, Size: s.Hint, Colour: c.Ink, Leading: 1.22}, line, pad, room)
	}
	at := Style{Font: theme.BodySemi, Size: s.Hint, Colour: c.Primary, Leading: 1.22}
	mark := at.Size * 1.15
	h := put(at, place, pad+mark*1.35, room-mark*1.35)
	objects = append(objects, k.Symbol(icon, c.Primary, pad, y+(at.Size*at.Leading-mark)/2, mark))
	height := max(y+h+pad*0.75, s.Answer)
	objects = append(objects, k.Symbol("caret-right", c.Primary, width-pad-side, (height-side)/2, side))
	l := look{fill: c.Card, pressed: c.Tint, edge: c.Edge, edgeWidth: 3, radius: s.Radius}
	t := k.touch(title, fyne.NewSize(width, height), l, tap, objects...)
	t.Name = strings.TrimSuffix(strings.Join([]string{title, line, place}, ". "), ". ")
	return t
}

// Face is one of the four answers of a rating: a face and its word.
func (k Kit) Face(icon, label string, chosen bool, size fyne.Size, tap func()) *Touch {
	s, c := k.Sizes, k.Colour
	l := look{fill: c.Card, pressed: c.Tint, edge: c.Edge, edgeWidth: 3, radius: s.Radius}
	if chosen {
		l.fill, l.edge, l.edgeWidth = c.Tint, c.Primary, 5
	}
	st := Style{Font: theme.BodySemi, Size: s.Body, Colour: c.Ink, Leading: 1.15, Align: fyne.TextAlignCenter}
	side := min(size.Height*0.5, size.Width*0.6)
	k.shrink(&st, label, size.Width-s.Gap, size.Height-side-s.Gap)
	text, h := NewText(k.Theme, st, label, size.Width)
	top := (size.Height - side - h - s.Gap*0.4) / 2
	text.Move(fyne.NewPos(0, top+side+s.Gap*0.4))
	return k.touch(label, size, l, tap, k.Symbol(icon, c.Primary, (size.Width-side)/2, top, side), text)
}

// Notice is a sentence on a tint, with an icon: never colour alone.
func (k Kit) Notice(icon string, ink, tint color.NRGBA, text string, width float32) (*fyne.Container, float32) {
	s := k.Sizes
	pad, side := s.Gap*0.8, s.Body*1.25
	words, h := NewText(k.Theme, Style{Font: theme.BodySemi, Size: s.Hint, Colour: ink, Leading: 1.28}, text, width-3*pad-side)
	height := max(h, side) + 1.5*pad
	edge := tint
	if k.Colour.Contrast {
		edge = ink
	}
	ground := k.Ground(tint, edge, s.Radius*0.8, fyne.NewPos(0, 0), fyne.NewSize(width, height))
	words.Move(fyne.NewPos(2*pad+side, (height-h)/2))
	box := Group(ground, k.Symbol(icon, ink, pad, (height-side)/2, side), words)
	box.Resize(fyne.NewSize(width, height))
	return box, height
}

// Steps shows how far one is: the done ones filled, the current one marked.
// The words "2 of 7" stand beside it.
func (k Kit) Steps(index, count int, width float32) *fyne.Container {
	gap := k.Sizes.Gap / 3
	thick := max(8, k.Sizes.Gap*0.5)
	each := (width - gap*float32(count-1)) / float32(count)
	box := Group()
	for i := range count {
		c := k.Colour.Line
		switch {
		case i < index:
			c = k.Colour.Primary
		case i == index:
			c = k.Colour.Accent
		}
		box.Add(k.Ground(c, c, thick/2, fyne.NewPos(float32(i)*(each+gap), 0), fyne.NewSize(each, thick)))
	}
	box.Resize(fyne.NewSize(width, thick))
	return box
}

// Countdown is a ring that empties, with the seconds left in its middle.
func (k Kit) Countdown(left, of int, side float32) *fyne.Container {
	c := k.Colour
	share := float32(0)
	if of > 0 {
		share = min(float32(left)/float32(of), 1)
	}
	under := canvas.NewArc(0, 360, 0.86, c.Line)
	under.Resize(fyne.NewSize(side, side))
	over := canvas.NewArc(0, 360*share, 0.86, c.Accent)
	over.Resize(fyne.NewSize(side, side))
	st := Style{Font: theme.HeadingBold, Size: side * 0.4, Colour: c.Ink, Leading: 1, Align: fyne.TextAlignCenter}
	text, h := NewText(k.Theme, st, strconv.Itoa(left), side)
	text.Move(fyne.NewPos(0, (side-h)/2))
	return Group(under, over, text)
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

// Fill is a plain area without corners. It is a thick line: on a machine
// without a graphics card that is drawn several times faster than a
// rectangle, whose pixels each look for a stroke and a shadow.
func (k Kit) Fill(c color.NRGBA, size fyne.Size) *canvas.Line {
	l := canvas.NewLine(c)
	l.StrokeWidth = size.Height
	l.Position1 = fyne.NewPos(0, size.Height/2)
	l.Position2 = fyne.NewPos(size.Width, size.Height/2)
	return l
}

// Symbol is an icon at a place.
func (k Kit) Symbol(name string, c color.NRGBA, x, y, side float32) *canvas.Image {
	i := canvas.NewImageFromResource(k.Theme.Symbol(name, c))
	i.FillMode = canvas.ImageFillContain
	i.Move(fyne.NewPos(x, y))
	i.Resize(fyne.NewSize(side, side))
	return i
}

// KeyStyle is how a key of a keyboard is drawn and what it does beside the
// tap.
type KeyStyle struct {
	Special bool          // writes nothing
	On      bool          // shift, while it holds
	Small   string        // what a long press offers, drawn in the corner
	Repeat  time.Duration // above 0: acts again while it is held
	Held    func()        // a long press
	Down    func(bool)    // told when the finger comes and goes
}

// Key is a key of a keyboard.
func (k Kit) Key(label, icon, name string, size fyne.Size, style KeyStyle, tap func()) *Touch {
	c := k.Colour
	fill := c.Card
	switch {
	case style.On:
		fill = k.ShiftFill(true)
	case style.Special:
		fill = c.Special
	}
	var content []fyne.CanvasObject
	var written *canvas.Text
	if icon != "" {
		side := min(size.Height*0.46, size.Width*0.5)
		content = append(content, k.Symbol(icon, c.Ink, (size.Width-side)/2, (size.Height-side)/2, side))
	} else {
		st := Style{Font: theme.BodySemi, Size: min(size.Height*0.44, k.Sizes.H2), Colour: c.Ink, Leading: 1.2, Align: fyne.TextAlignCenter}
		if len([]rune(label)) > 2 {
			st.Size = min(st.Size, k.Sizes.Hint)
		}
		for Measure(k.Theme, st, label) > size.Width*0.9 && st.Size > 8 {
			st.Size *= 0.95
		}
		text, h := NewText(k.Theme, st, label, size.Width)
		text.Move(fyne.NewPos(0, (size.Height-h)/2))
		content = append(content, text)
		written = text.Objects[0].(*canvas.Text)
	}
	if style.Small != "" {
		st := Style{Font: theme.Body, Size: size.Height * 0.22, Colour: c.Ink, Leading: 1, Align: fyne.TextAlignTrailing}
		small, _ := NewText(k.Theme, st, style.Small, size.Width*0.92)
		small.Move(fyne.NewPos(0, size.Height*0.04))
		content = append(content, small)
	}
	l := look{fill: fill, pressed: c.KeyDown, edge: c.Edge, edgeWidth: 2, radius: k.Sizes.Radius * 0.6}
	t := k.touch(name, size, l, tap, content...)
	t.label = written
	t.repeat, t.held, t.onDown = style.Repeat, style.Held, style.Down
	return t
}

// ShiftFill is the colour of the shift key.
func (k Kit) ShiftFill(on bool) color.NRGBA {
	if on {
		return k.Colour.Tint
	}
	return k.Colour.Special
}
