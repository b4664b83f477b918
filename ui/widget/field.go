package widget

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"
	"github.com/rivo/uniseg"

	"loket/ui/theme"
)

// Field is what a visitor writes in. It is not Fyne's entry: it has no
// clipboard, no menu, no selection, no memory and no blinking caret, and it
// never loses the keyboard because a key was touched.
type Field struct {
	fynewidget.BaseWidget
	kit     Kit
	style   Style
	lines   bool     // several lines
	letters []string // as people count them
	caret   int      // before which letter
	active  bool
	touched func()
	changed func(string)

	ground *canvas.Rectangle
	mark   *canvas.Rectangle
	shown  []*canvas.Text
	top    int // first line shown
}

var _ desktop.Mouseable = (*Field)(nil)

// Field makes a field of the given size holding text, with the caret at its
// end. changed is told each new text, touched when a finger chooses it.
func (k Kit) Field(text string, lines bool, size fyne.Size, changed func(string), touched func()) *Field {
	f := &Field{kit: k, lines: lines, changed: changed, touched: touched,
		style:  Style{Font: theme.Body, Size: k.Sizes.Body * 1.12, Colour: theme.Ink, Leading: 1.35},
		ground: canvas.NewRectangle(theme.Card), mark: canvas.NewRectangle(theme.Focus)}
	f.ground.CornerRadius = k.Sizes.Radius * 0.7
	f.letters = split(text)
	f.caret = len(f.letters)
	f.ExtendBaseWidget(f)
	f.Resize(size)
	f.ground.Resize(size)
	f.draw()
	return f
}

func split(s string) (letters []string) {
	g := uniseg.NewGraphemes(s)
	for g.Next() {
		letters = append(letters, g.Str())
	}
	return letters
}

// Text is what is written.
func (f *Field) Text() string { return strings.Join(f.letters, "") }

// Lines reports whether the field takes several lines.
func (f *Field) Lines() bool { return f.lines }

// Before is the text left of the caret.
func (f *Field) Before() string { return strings.Join(f.letters[:f.caret], "") }

// SetActive shows whether the keyboard writes here.
func (f *Field) SetActive(on bool) {
	f.active = on
	f.draw()
}

// Type writes at the caret.
func (f *Field) Type(s string) {
	before := split(f.Before() + s)
	f.letters = append(before, f.letters[f.caret:]...)
	f.caret = len(before)
	f.told()
}

// Backspace takes back the letter before the caret.
func (f *Field) Backspace() {
	if f.caret == 0 {
		return
	}
	f.letters = append(f.letters[:f.caret-1:f.caret-1], f.letters[f.caret:]...)
	f.caret--
	f.told()
}

// Step moves the caret by letters.
func (f *Field) Step(by int) {
	f.caret = min(max(f.caret+by, 0), len(f.letters))
	f.draw()
}

func (f *Field) told() {
	f.draw()
	f.changed(f.Text())
}

// MouseDown does nothing: a touch acts on release.
func (f *Field) MouseDown(*desktop.MouseEvent) {}

// MouseUp chooses the field.
func (f *Field) MouseUp(*desktop.MouseEvent) { f.Tap() }

// Tap chooses the field as a touch does.
func (f *Field) Tap() {
	if f.touched != nil {
		f.touched()
	}
}

// draw lays the text out anew and keeps the caret in sight.
func (f *Field) draw() {
	size, pad := f.Size(), f.kit.Sizes.Gap*0.8
	f.ground.StrokeColor, f.ground.StrokeWidth = theme.Edge, 3
	if f.active {
		f.ground.StrokeColor, f.ground.StrokeWidth = theme.Focus, 5
	}
	width := size.Width - 2*pad
	lines := Wrap(f.kit.Theme, f.style, f.Text(), width)
	step := f.style.Size * f.style.Leading
	room := max(int((size.Height-2*pad*0.8)/step), 1)

	at, column := f.caretLine(lines)
	f.top = min(f.top, max(len(lines)-room, 0))
	if at < f.top {
		f.top = at
	} else if at >= f.top+room {
		f.top = at - room + 1
	}
	y := pad * 0.8
	if !f.lines {
		y = (size.Height - step) / 2
	}
	f.shown = f.shown[:0]
	for i := f.top; i < min(f.top+room, len(lines)); i++ {
		c := canvas.NewText(lines[i], f.style.Colour)
		c.TextSize, c.FontSource = f.style.Size, f.kit.Theme.Face(f.style.Font)
		c.Resize(fyne.NewSize(width, step))
		c.Move(fyne.NewPos(pad, y+float32(i-f.top)*step))
		f.shown = append(f.shown, c)
	}
	f.mark.Hidden = !f.active
	f.mark.Resize(fyne.NewSize(4, f.style.Size*1.2))
	f.mark.Move(fyne.NewPos(pad+min(Measure(f.kit.Theme, f.style, column), width), y+float32(at-f.top)*step+step*0.06))
	f.Refresh()
}

// caretLine finds the line the caret is on, and the text before it there.
func (f *Field) caretLine(lines []string) (n int, before string) {
	rest := f.Before()
	for i, line := range lines {
		if len(rest) < len(line) || len(rest) == len(line) && (i == len(lines)-1 || strings.HasSuffix(rest, line) && !strings.HasSuffix(line, " ")) {
			return i, rest
		}
		rest = strings.TrimPrefix(rest[len(line):], "\n")
	}
	return len(lines) - 1, ""
}

// CreateRenderer draws ground, lines and caret.
func (f *Field) CreateRenderer() fyne.WidgetRenderer { return &fieldRenderer{f} }

type fieldRenderer struct{ f *Field }

func (r *fieldRenderer) Destroy()           {}
func (r *fieldRenderer) MinSize() fyne.Size { return r.f.Size() }
func (r *fieldRenderer) Layout(fyne.Size)   {}
func (r *fieldRenderer) Refresh()           { canvas.Refresh(r.f) }
func (r *fieldRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.f.ground}
	for _, t := range r.f.shown {
		objects = append(objects, t)
	}
	return append(objects, r.f.mark)
}

// Scroll shows a part of something higher than itself: by finger, by wheel,
// or by the two buttons beside it, which stand there only when needed.
type Scroll struct {
	fynewidget.BaseWidget
	content fyne.CanvasObject
	offset  float32
	up      *Touch
	down    *Touch
}

var (
	_ fyne.Draggable  = (*Scroll)(nil)
	_ fyne.Scrollable = (*Scroll)(nil)
)

// ScrollButtons is the width that the buttons of a scroll take.
func (k Kit) ScrollButtons() float32 { return k.Sizes.Answer + k.Sizes.Gap }

// Scroll shows content, which must leave [Kit.ScrollButtons] free at its
// right, in a window of the given size, from the given offset.
func (k Kit) Scroll(content *fyne.Container, size fyne.Size) *Scroll {
	s := &Scroll{content: content}
	content.Resize(content.MinSize())
	side := fyne.NewSize(k.Sizes.Answer, min(k.Sizes.Answer*1.3, (size.Height-k.Sizes.Gap)/2))
	s.up = k.Key("", "caret-up", theme.Card, side, 0, func() { s.by(-size.Height * 0.8) })
	s.down = k.Key("", "caret-down", theme.Card, side, 0, func() { s.by(size.Height * 0.8) })
	s.up.Move(fyne.NewPos(size.Width-side.Width, 0))
	s.down.Move(fyne.NewPos(size.Width-side.Width, size.Height-side.Height))
	s.ExtendBaseWidget(s)
	s.Resize(size)
	s.by(0)
	return s
}

// ShowFrom scrolls so that y, in the content, is in sight.
func (s *Scroll) ShowFrom(y float32) { s.by(y - s.offset - s.Size().Height/3) }

func (s *Scroll) by(d float32) {
	most := max(s.content.Size().Height-s.Size().Height, 0)
	s.offset = min(max(s.offset+d, 0), most)
	s.content.Move(fyne.NewPos(0, -s.offset))
	s.up.Hidden, s.down.Hidden = s.offset <= 0, s.offset >= most
	s.Refresh()
}

// Dragged follows the finger.
func (s *Scroll) Dragged(e *fyne.DragEvent) { s.by(-e.Dragged.DY) }

// DragEnd implements fyne.Draggable.
func (s *Scroll) DragEnd() {}

// Scrolled follows a wheel.
func (s *Scroll) Scrolled(e *fyne.ScrollEvent) { s.by(-e.Scrolled.DY) }

// CreateRenderer clips the content to the window.
func (s *Scroll) CreateRenderer() fyne.WidgetRenderer { return &scrollRenderer{s} }

type scrollRenderer struct{ s *Scroll }

func (r *scrollRenderer) Destroy()           {}
func (r *scrollRenderer) MinSize() fyne.Size { return r.s.Size() }
func (r *scrollRenderer) Layout(fyne.Size)   {}
func (r *scrollRenderer) Refresh()           { canvas.Refresh(r.s) }
func (r *scrollRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.s.content, r.s.up, r.s.down}
}
