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

// undoSteps is how many changes can be taken back.
const undoSteps = 100

// FieldStyle says how a field shows what is written in it.
type FieldStyle struct {
	Lines  bool // several lines
	Group  int  // digits shown in groups of so many; 0 is none
	Masked bool // dots in place of letters
	Font   theme.Font
	Caret  int // before which letter; -1 is the end
}

// Field is what a visitor writes in. It is not Fyne's entry: it has no
// clipboard, no menu, no selection, no memory and no blinking caret, and it
// never loses the keyboard because a key was touched.
type Field struct {
	fynewidget.BaseWidget
	kit     Kit
	text    Style
	style   FieldStyle
	letters []string // as people count them
	caret   int      // before which letter
	active  bool
	undo    []version
	touched func()
	changed func(string)

	ground *canvas.Rectangle
	mark   *canvas.Rectangle
	shown  []*canvas.Text
	top    int // first line shown
}

// version is what stood in a field before a change.
type version struct {
	letters []string
	caret   int
}

var _ desktop.Mouseable = (*Field)(nil)

// Field makes a field of the given size holding text. changed is told each
// new text, touched when a finger chooses it.
func (k Kit) Field(text string, style FieldStyle, size fyne.Size, changed func(string), touched func()) *Field {
	if style.Font == "" {
		style.Font = theme.Body
	}
	f := &Field{kit: k, style: style, changed: changed, touched: touched,
		text:   Style{Font: style.Font, Size: k.Sizes.Body * 1.08, Colour: k.Colour.Ink, Leading: 1.32},
		ground: canvas.NewRectangle(k.Colour.Card), mark: canvas.NewRectangle(k.Colour.Focus)}
	f.ground.CornerRadius = k.Sizes.Radius * 0.7
	f.ground.Resize(size)
	f.letters = split(text)
	f.caret = len(f.letters)
	if style.Caret >= 0 {
		f.caret = min(style.Caret, f.caret)
	}
	f.ExtendBaseWidget(f)
	f.Resize(size)
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
func (f *Field) Lines() bool { return f.style.Lines }

// Before is the text left of the caret.
func (f *Field) Before() string { return strings.Join(f.letters[:f.caret], "") }

// Caret is the number of letters left of the caret.
func (f *Field) Caret() int { return f.caret }

// SetActive shows whether the keyboard writes here.
func (f *Field) SetActive(on bool) {
	f.active = on
	f.draw()
}

// Type writes at the caret.
func (f *Field) Type(s string) {
	f.keep()
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
	f.keep()
	f.letters = append(f.letters[:f.caret-1:f.caret-1], f.letters[f.caret:]...)
	f.caret--
	f.told()
}

// keep remembers what stands here, so that the next change can be undone.
func (f *Field) keep() {
	if len(f.undo) == undoSteps {
		f.undo = f.undo[1:]
	}
	f.undo = append(f.undo, version{append([]string(nil), f.letters...), f.caret})
}

// Undo takes back the last change. Without one it does nothing.
func (f *Field) Undo() {
	if len(f.undo) == 0 {
		return
	}
	last := f.undo[len(f.undo)-1]
	f.undo = f.undo[:len(f.undo)-1]
	f.letters, f.caret = last.letters, last.caret
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

// MouseUp chooses the field and puts the caret where the finger is.
func (f *Field) MouseUp(e *desktop.MouseEvent) {
	if f.kit.Finger.on != nil {
		f.kit.Finger.Up(e)
		return
	}
	f.putCaret(e.Position)
	f.Tap()
}

// Tap chooses the field as a touch does.
func (f *Field) Tap() {
	if f.touched != nil {
		f.touched()
	}
}

// display is what is shown of each letter.
func (f *Field) display() []string {
	if !f.style.Masked && f.style.Group == 0 {
		return f.letters
	}
	out := make([]string, len(f.letters))
	for i, l := range f.letters {
		if f.style.Masked && l != "\n" && l != " " {
			l = "•"
		}
		if f.style.Group > 0 && (i+1)%f.style.Group == 0 && i+1 < len(f.letters) {
			l += " "
		}
		out[i] = l
	}
	return out
}

func (f *Field) pad() float32 { return f.kit.Sizes.Gap * 0.8 }

// room is how many lines fit, and the y of the first.
func (f *Field) room() (lines int, y float32) {
	step := f.text.Size * f.text.Leading
	if !f.style.Lines {
		return 1, (f.Size().Height - step) / 2
	}
	lines = max(int((f.Size().Height-2*f.pad()*0.7)/step), 1)
	return lines, min(f.pad()*0.7, (f.Size().Height-float32(lines)*step)/2)
}

// wrapped lays the shown text out, and counts the letters on each line.
func (f *Field) wrapped() (lines []string, letters []int) {
	display := f.display()
	lines = Wrap(f.kit.Theme, f.text, strings.Join(display, ""), f.Size().Width-2*f.pad())
	at := 0
	for _, line := range lines {
		n, rest := 0, len(line)
		for at+n < len(display) && len(display[at+n]) <= rest && display[at+n] != "\n" {
			rest -= len(display[at+n])
			n++
		}
		at += n
		if at < len(display) && display[at] == "\n" {
			n++ // the line break belongs to the line it ends
			at++
		}
		letters = append(letters, n)
	}
	return lines, letters
}

// caretLine finds the line the caret is on, and the letters before it there.
func (f *Field) caretLine(letters []int) (line, column int) {
	left := f.caret
	for i, n := range letters {
		last := i == len(letters)-1
		ends := n > 0 && f.caret-left+n <= len(f.letters) && f.letters[f.caret-left+n-1] == "\n"
		if left < n || last || left == n && !ends && !f.wrapsAt(f.caret) {
			return i, left
		}
		left -= n
	}
	return 0, 0
}

// wrapsAt reports whether the letter before at is a space, after which the
// caret stands on the next line.
func (f *Field) wrapsAt(at int) bool { return at > 0 && f.letters[at-1] == " " }

func (f *Field) putCaret(at fyne.Position) {
	lines, letters := f.wrapped()
	_, y := f.room()
	line := min(max(f.top+int((at.Y-y)/(f.text.Size*f.text.Leading)), 0), len(lines)-1)
	start := 0
	for _, n := range letters[:line] {
		start += n
	}
	display := f.display()
	best, column := float32(1e9), 0
	for i := 0; i <= letters[line]; i++ {
		if i > 0 && display[start+i-1] == "\n" {
			break
		}
		d := f.pad() + Measure(f.kit.Theme, f.text, strings.Join(display[start:start+i], "")) - at.X
		if d = max(d, -d); d < best {
			best, column = d, i
		}
	}
	f.caret = min(start+column, len(f.letters))
	f.draw()
}

// draw lays the text out anew and keeps the caret in sight.
func (f *Field) draw() {
	c := f.kit.Colour
	f.ground.StrokeColor, f.ground.StrokeWidth = c.Edge, 3
	if f.active {
		f.ground.StrokeColor, f.ground.StrokeWidth = c.Focus, f.kit.focusWidth()
	}
	pad := f.pad()
	width := f.Size().Width - 2*pad
	lines, letters := f.wrapped()
	step := f.text.Size * f.text.Leading
	room, y := f.room()

	at, column := f.caretLine(letters)
	f.top = min(f.top, max(len(lines)-room, 0))
	if at < f.top {
		f.top = at
	} else if at >= f.top+room {
		f.top = at - room + 1
	}
	f.shown = f.shown[:0]
	for i := f.top; i < min(f.top+room, len(lines)); i++ {
		t := canvas.NewText(lines[i], f.text.Colour)
		t.TextSize, t.FontSource = f.text.Size, f.kit.Theme.Face(f.text.Font)
		t.Resize(fyne.NewSize(width, step))
		t.Move(fyne.NewPos(pad, y+float32(i-f.top)*step))
		f.shown = append(f.shown, t)
	}
	start := 0
	for _, n := range letters[:at] {
		start += n
	}
	before := strings.Join(f.display()[start:start+column], "")
	f.mark.Hidden = !f.active
	f.mark.Resize(fyne.NewSize(max(4, f.kit.Sizes.Gap*0.17), f.text.Size*1.2))
	f.mark.Move(fyne.NewPos(pad+min(Measure(f.kit.Theme, f.text, before), width), y+float32(at-f.top)*step+step*0.06))
	f.Refresh()
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
