// Package screen draws what a visitor sees: one file a screen, each a function
// of what is to be shown. What the visitor does comes back as an [Action]; no
// screen keeps anything of a visit.
package screen

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"loket/kiosk/words"
	"loket/ui/keyboard"
	"loket/ui/theme"
	"loket/ui/widget"
)

// View is what every screen needs to know.
type View struct {
	Kit      widget.Kit
	Words    words.Words
	Ministry string
	Office   string
	Now      time.Time // in the office's zone
	Do       func(Action)
	Ready    func() bool // whether touches on the keyboard count now
}

// Screen is a drawn screen. Keyboard is nil where nothing is written.
type Screen struct {
	Object   *fyne.Container
	Keyboard *keyboard.Keyboard
	Touches  map[string]*widget.Touch // by what they do, for tests
}

// Action is what a visitor did.
type Action interface{}

// The actions.
type (
	Open     struct{ Form string } // a door on the home screen
	Begin    struct{}              // past "before you start"
	Typed    struct{ Text string } // an answer as it is written; the screen stays
	Chosen   struct{ Value string }
	Continue struct{}
	Back     struct{}
	Change   struct{ Field string }
	Reveal   struct{} // show or hide personal data
	Send     struct{}
	Done     struct{}
	Track    struct{} // the door to looking up a report
	LookUp   struct{ Number, Code string }
	Language struct{}
	Restart  struct{} // asked, not yet sure
	Stay     struct{}
	Erase    struct{}
)

// paint collects what is put on a screen.
type paint struct {
	v       View
	k       widget.Kit
	s       theme.Sizes
	objects []fyne.CanvasObject
	touches map[string]*widget.Touch
}

type rect struct{ x, y, w, h float32 }

func begin(v View) *paint {
	p := &paint{v: v, k: v.Kit, s: v.Kit.Sizes, touches: map[string]*widget.Touch{}}
	p.add(p.k.Ground(theme.Paper, theme.Paper, 0, fyne.NewPos(0, 0), fyne.NewSize(p.s.Width, p.s.Height)), 0, 0)
	return p
}

func (p *paint) end(b *keyboard.Keyboard) Screen {
	box := widget.Group(p.objects...)
	box.Resize(fyne.NewSize(p.s.Width, p.s.Height))
	return Screen{Object: box, Keyboard: b, Touches: p.touches}
}

func (p *paint) add(o fyne.CanvasObject, x, y float32) {
	o.Move(fyne.NewPos(x, y))
	p.objects = append(p.objects, o)
}

// text writes a paragraph and returns the y below it.
func (p *paint) text(st widget.Style, text string, x, y, width float32) float32 {
	t, h := widget.NewText(p.k.Theme, st, text, width)
	p.add(t, x, y)
	return y + h
}

func (p *paint) style(font theme.Font, size float32, c color.NRGBA) widget.Style {
	return widget.Style{Font: font, Size: size, Colour: c}
}

func (p *paint) h1() widget.Style {
	return widget.Style{Font: theme.Heading, Size: p.s.H1, Colour: theme.Ink, Leading: 1.18}
}

func (p *paint) button(name string, kind widget.Kind, icon, label string, r rect, a Action) {
	b := p.k.Button(kind, icon, label, fyne.NewSize(r.w, r.h), func() { p.v.Do(a) })
	p.add(b, r.x, r.y)
	p.touches[name] = b
}

// actions puts "back" and the main button side by side.
func (p *paint) actions(r rect, icon, label string, main Action) {
	back := (r.w - p.s.Gap) * 0.38
	p.button("back", widget.Outline, "arrow-left", p.v.Words.T("back"), rect{r.x, r.y, back, r.h}, Back{})
	p.button("main", widget.Primary, icon, label, rect{r.x + back + p.s.Gap, r.y, r.w - back - p.s.Gap, r.h}, main)
}

// header draws emblem, ministry and office.
func (p *paint) header(clock bool) {
	s := p.s
	p.add(p.k.Ground(theme.Card, theme.Card, 0, fyne.NewPos(0, 0), fyne.NewSize(s.Width, s.Header)), 0, 0)
	p.add(p.k.Ground(theme.Line, theme.Line, 0, fyne.NewPos(0, 0), fyne.NewSize(s.Width, 2)), 0, s.Header-2)
	side := s.Header * 0.6
	x, y := s.Margin, (s.Header-side)/2
	p.add(p.k.Ground(theme.Primary, theme.Primary, s.Radius*0.8, fyne.NewPos(0, 0), fyne.NewSize(side, side)), x, y)
	for _, at := range [][2]float32{{0.5, 0.27}, {0.5, 0.73}, {0.27, 0.5}, {0.73, 0.5}} {
		leaf := canvas.NewCircle(theme.Accent)
		leaf.Resize(fyne.NewSize(side*0.3, side*0.3))
		p.add(leaf, x+side*(at[0]-0.15), y+side*(at[1]-0.15))
	}
	x += side + s.Gap
	width := s.Width - x - s.Margin
	if clock {
		width -= s.Body * 9
		st := p.style(theme.Heading, s.Hint, theme.Ink)
		st.Align = fyne.TextAlignTrailing
		below := p.text(st, p.v.Words.Clock(p.v.Now), s.Width-s.Margin-s.Body*12, y, s.Body*12)
		st.Font, st.Size = theme.Body, s.Label
		p.text(st, p.v.Words.Date(p.v.Now), s.Width-s.Margin-s.Body*12, below, s.Body*12)
	}
	below := p.text(p.style(theme.Heading, s.Hint, theme.Ink), p.v.Ministry, x, y, width)
	p.text(p.style(theme.Body, s.Label, theme.Ink), p.v.Office, x, below, width)
}

// bar draws the bar of helps, at the same place on every screen, within
// reach from a wheelchair.
func (p *paint) bar(restart bool) {
	s := p.s
	y := s.Height - s.Bar
	p.add(p.k.Ground(theme.Sunk, theme.Sunk, 0, fyne.NewPos(0, 0), fyne.NewSize(s.Width, s.Bar)), 0, y)
	p.add(p.k.Ground(theme.Line, theme.Line, 0, fyne.NewPos(0, 0), fyne.NewSize(s.Width, 2)), 0, y)
	w := s.Bar * 2
	x := (s.Width - w) / 2
	if restart {
		x = s.Width/2 - w - s.Gap
		p.button("restart", widget.Quiet, "arrow-counter-clockwise", p.v.Words.T("bar.restart"), rect{s.Width/2 + s.Gap, y + 4, w, s.Bar - 8}, Restart{})
	}
	p.button("language", widget.Quiet, "chats", p.v.Words.T("bar.lang"), rect{x, y + 4, w, s.Bar - 8}, Language{})
}

// areas are where question, control, buttons and keyboard go: stacked when
// upright, side by side when wide.
type areas struct{ head, control, actions, keys rect }

func (p *paint) areas(keys bool, keysShare float32) areas {
	s := p.s
	var a areas
	bottom := s.Height - s.Bar
	if keys {
		a.keys = rect{0, bottom - s.Height*keysShare, s.Width, s.Height * keysShare}
		bottom = a.keys.y
	}
	top := s.Header + s.Gap*1.5
	bottom -= s.Gap
	if s.Portrait {
		a.actions = rect{s.Margin, bottom - s.Primary, s.Width - 2*s.Margin, s.Primary}
		a.head = rect{s.Margin, top, s.Width - 2*s.Margin, a.actions.y - top - s.Gap}
		a.control = a.head
		return a
	}
	left := (s.Width - 3*s.Margin) * 5 / 12
	height := min(s.Primary, s.Answer*1.1)
	a.actions = rect{s.Margin, bottom - height, left, height}
	a.head = rect{s.Margin, top, left, a.actions.y - top - s.Gap}
	a.control = rect{2*s.Margin + left, top, s.Width - 3*s.Margin - left, bottom - top}
	return a
}

// below makes the control begin under the head when upright.
func (a *areas) below(y float32, s theme.Sizes) {
	if s.Portrait {
		a.control.h -= y + s.Gap - a.control.y
		a.control.y = y + s.Gap
	}
}
