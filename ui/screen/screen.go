// Package screen draws what a visitor sees: one file a screen, each a function
// of what is to be shown. What the visitor does comes back as an [Action]; no
// screen keeps anything of a visit.
package screen

import (
	"image/color"
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"loket/kiosk"
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
	Hours    string    // when it is open, in words; may be empty
	Now      time.Time // in the office's zone
	Do       func(Action)
	Ready    func() bool // whether touches on the keyboard count now

	LanguageKey string  // what the bar's key for languages says
	ReachTop    float32 // y above which a seated visitor does not reach; 0 where all is in reach
	Reach       bool    // everything to touch is below ReachTop
	Voice       bool    // the kiosk can speak
	Scanner     bool    // a reader of QR codes is there
	Reading     bool    // it reads aloud now
	Earphones   bool    // only the visitor hears it
	Veiled      bool    // what is written is shown as dots
	ABC         bool    // letters in the order of the alphabet
	Offset      float32 // of a list scrolled before on this page; below 0 is none
	Caret       int     // in a text written before on this page; below 0 is its end
	Helped      string  // that staff write, and how; empty where the visitor does
	Setup       bool    // nobody visits: the kiosk is being set up
}

// Screen is a drawn screen. Keyboard is nil where nothing is written, Scroll
// where nothing is scrolled.
type Screen struct {
	Object   *fyne.Container
	Keyboard *keyboard.Keyboard
	Scroll   *widget.Scroll
	Said     []string                 // what is read aloud, in order
	Touches  map[string]*widget.Touch // by what they do
	order    []*widget.Touch
	bar      []*widget.Touch
	within   map[*widget.Touch]bool // in Scroll
}

// OnBar reports whether a control is one of the bar of helps.
func (s Screen) OnBar(t *widget.Touch) bool { return slices.Contains(s.bar, t) }

// Within reports whether a control is part of what scrolls.
func (s Screen) Within(t *widget.Touch) bool { return s.within[t] }

// Sight is the part of the glass that shows what scrolls, from y to y.
func (s Screen) Sight() (top, end float32) {
	if s.Scroll == nil {
		return 0, 0
	}
	return s.Scroll.Position().Y, s.Scroll.Position().Y + s.Scroll.Size().Height
}

// Reveal scrolls a control into sight.
func (s Screen) Reveal(t *widget.Touch) {
	if s.within[t] {
		s.Scroll.ShowRange(t.Position().Y, t.Position().Y+t.Size().Height)
	}
}

// Order is every control in reading order, as the arrow keys walk it.
func (s Screen) Order() []*widget.Touch {
	var all []*widget.Touch
	all = append(all, s.order...)
	if s.Keyboard != nil {
		all = append(all, s.Keyboard.Touches()...)
	}
	var seen []*widget.Touch
	for _, t := range append(all, s.bar...) {
		if t.Visible() {
			seen = append(seen, t)
		}
	}
	return seen
}

// Action is what a visitor did.
type Action interface{}

// The actions.
type (
	Open      struct{ Form string } // a door on the home screen
	Begin     struct{}              // past "before you start"
	Typed     struct{ Text string } // an answer as it is written; the screen stays
	Chosen    struct{ Value string }
	Continue  struct{}
	Back      struct{}
	Change    struct{ Field string }
	Reveal    struct{} // show or hide personal data
	Veil      struct{} // show what is written as dots, or as it is
	Search    struct{} // look for an option by its name
	Sought    struct{ Text string }
	Seek      struct{ Text string } // published information, as it is written; the screen stays
	Sift      struct{ Write bool }  // look at what was found, or write other words
	Look      struct{ ID string }   // at one piece of published information
	Found     struct{}              // it is what the visitor was looking for
	Order     struct{ ABC bool }    // of the letters on the keyboard
	Send      struct{}
	Done      struct{}
	Missing   struct{}               // no receipt came out
	CameOut   struct{}               // it did, whole
	Aloud     struct{}               // read the code to the earphones
	Rate      struct{ Value string } // how easy the kiosk was; empty is no answer
	Track     struct{}               // the door to looking up a report
	LookUp    struct{ Number, Code string }
	TypedCode struct{ Number, Code string }     // as they are written; the screen stays
	Speak     struct{ Language kiosk.Language } // a language; empty is the bar's key
	Restart   struct{}                          // asked, not yet sure
	Stay      struct{}
	Erase     struct{}
	Wake      struct{} // a touch on the attract screen
	HowTo     struct{}
	Privacy   struct{}
	TextSize  struct{}
	Contrast  struct{}
	Reach     struct{}
	Read      struct{}
	Call      struct{} // a member of staff
)

// paint collects what is put on a screen.
type paint struct {
	v       View
	k       widget.Kit
	s       theme.Sizes
	c       theme.Palette
	objects []fyne.CanvasObject
	touches map[string]*widget.Touch
	order   []*widget.Touch
	barKeys []*widget.Touch
	said    []string
	private bool // what is written now is the visitor's own
	mark    [2]float32
	scroll  *widget.Scroll
	within  map[*widget.Touch]bool
}

type rect struct{ x, y, w, h float32 }

func (r rect) bottom() float32 { return r.y + r.h }

func newPaint(v View) *paint {
	return &paint{v: v, k: v.Kit, s: v.Kit.Sizes, c: v.Kit.Colour, touches: map[string]*widget.Touch{}, mark: [2]float32{-1, -1}}
}

// begin begins a screen on the paper that the window is cleared with.
func begin(v View) *paint {
	v.Kit.Theme.SetPaper(v.Kit.Colour.Paper)
	return newPaint(v)
}

func (p *paint) end(b *keyboard.Keyboard) Screen {
	box := widget.Group(p.objects...)
	box.Resize(fyne.NewSize(p.s.Width, p.s.Height))
	return Screen{Object: box, Keyboard: b, Scroll: p.scroll, Said: p.said, Touches: p.touches, order: p.order, bar: p.barKeys, within: p.within}
}

func (p *paint) add(o fyne.CanvasObject, x, y float32) {
	o.Move(fyne.NewPos(x, y))
	p.objects = append(p.objects, o)
}

func (p *paint) ground(c color.NRGBA, radius float32, r rect) {
	if radius == 0 && c.A == 255 {
		p.add(widget.Group(p.k.Fill(c, fyne.NewSize(r.w, r.h))), r.x, r.y)
		return
	}
	p.add(p.k.Ground(c, c, radius, fyne.Position{}, fyne.NewSize(r.w, r.h)), r.x, r.y)
}

// put adds a control under the name of what it does.
func (p *paint) put(id string, t *widget.Touch, x, y float32) *widget.Touch {
	t.ID, t.Private = id, p.private
	p.add(t, x, y)
	p.touches[id] = t
	p.order = append(p.order, t)
	return t
}

// say notes words for reading aloud.
func (p *paint) say(text string) {
	if !p.private || p.v.Earphones {
		p.said = append(p.said, text)
	}
}

// body draws something that may be higher than its place: then it scrolls.
// build draws from the origin for a width and returns its height. It returns
// the y below.
func (p *paint) body(r rect, build func(q *paint, width float32) float32) float32 {
	q := newPaint(p.v)
	h := build(q, r.w)
	if h > r.h+1 {
		q = newPaint(p.v)
		h = build(q, r.w-p.k.ScrollButtons())
	}
	box := widget.Group(q.objects...)
	for id, t := range q.touches {
		p.touches[id] = t
	}
	p.order = append(p.order, q.order...)
	p.said = append(p.said, q.said...)
	if h <= r.h+1 {
		p.add(box, r.x, r.y)
		return r.y + h
	}
	s := p.k.Scroll(box, fyne.NewSize(r.w, r.h), p.v.Words.T("scroll.up"), p.v.Words.T("scroll.down"))
	if p.v.Offset >= 0 {
		s.SetOffset(p.v.Offset)
	} else if q.mark[0] >= 0 {
		s.ShowRange(q.mark[0], q.mark[1])
	}
	up, down := s.Buttons()
	p.touches["up"], p.touches["down"] = up, down
	p.order = append(p.order, up, down)
	p.add(s, r.x, r.y)
	p.scroll, p.within = s, map[*widget.Touch]bool{}
	for _, t := range q.order {
		p.within[t] = true
	}
	return r.bottom()
}

// text writes a paragraph and returns the y below it.
func (p *paint) text(st widget.Style, text string, x, y, width float32) float32 {
	p.say(text)
	return p.silent(st, text, x, y, width)
}

// silent writes words that are not read aloud.
func (p *paint) silent(st widget.Style, text string, x, y, width float32) float32 {
	t, h := widget.NewText(p.k.Theme, st, text, width)
	p.add(t, x, y)
	return y + h
}

func (p *paint) style(font theme.Font, size float32, c color.NRGBA) widget.Style {
	return widget.Style{Font: font, Size: size, Colour: c}
}

// air is how much looser an upright picture is set at the usual text size.
func (p *paint) air() float32 {
	if p.s.Portrait && p.s.Scale == 1 {
		return 1.7
	}
	return 1
}

func (p *paint) h1() widget.Style {
	return widget.Style{Font: theme.Heading, Size: p.s.H1, Colour: p.c.Ink, Leading: 1.18, Even: true}
}

func (p *paint) centred(st widget.Style) widget.Style {
	st.Align = fyne.TextAlignCenter
	return st
}

// notice writes a sentence on a tint and returns the y below it.
func (p *paint) notice(icon string, ink, tint color.NRGBA, text string, x, y, width float32) float32 {
	p.say(text)
	box, h := p.k.Notice(icon, ink, tint, text, width)
	p.add(box, x, y)
	return y + h
}

func (p *paint) button(id string, kind widget.Kind, icon, label string, r rect, a Action) *widget.Touch {
	return p.put(id, p.k.Button(kind, icon, label, fyne.NewSize(r.w, r.h), func() { p.v.Do(a) }), r.x, r.y)
}

// actions puts "back" and the main button side by side.
func (p *paint) actions(r rect, icon, label string, main Action) {
	gap := max(p.s.Gap, p.s.Apart)
	back := (r.w - gap) * 0.36
	p.button("back", widget.Outline, "arrow-left", p.v.Words.T("back"), rect{r.x, r.y, back, r.h}, Back{})
	p.button("main", widget.Primary, icon, label, rect{r.x + back + gap, r.y, r.w - back - gap, r.h}, main)
}

// header draws emblem, ministry and office.
func (p *paint) header(clock bool) {
	s, c := p.s, p.c
	p.ground(c.Card, 0, rect{0, 0, s.Width, s.Header})
	p.ground(c.Line, 0, rect{0, s.Header - 2, s.Width, 2})
	side := s.Header * 0.62
	x, y := s.Margin, (s.Header-side)/2
	emblem := c.Primary
	leaf := c.Accent
	if c.Contrast {
		emblem, leaf = c.Special, c.Ink
	}
	p.ground(emblem, s.Radius*0.7, rect{x, y, side, side})
	p.kawung(leaf, x+side/2, y+side/2, side*0.74)
	x += side + s.Gap*0.8
	width := s.Width - x - s.Margin
	name := p.style(theme.Heading, min(s.Hint, s.Header*0.24), c.Ink)
	office := p.style(theme.Body, min(s.Label, s.Header*0.2), c.Ink)
	name.Leading, office.Leading = 1.25, 1.25
	top := (s.Header - (name.Size+office.Size)*1.25) / 2
	if clock {
		right := s.Width * 0.36
		width -= right + s.Gap
		at := name
		at.Align = fyne.TextAlignTrailing
		below := p.silent(p.oneLine(at, p.v.Words.Clock(p.v.Now), right), p.v.Words.Clock(p.v.Now), s.Width-s.Margin-right, top, right)
		// The reading face slashes its zeros, which is odd in dates.
		day := office
		day.Font, day.Align = theme.Heading, fyne.TextAlignTrailing
		p.silent(p.oneLine(day, p.v.Words.Date(p.v.Now), right), p.v.Words.Date(p.v.Now), s.Width-s.Margin-right, below, right)
	}
	below := p.silent(p.oneLine(name, p.v.Ministry, width), p.v.Ministry, x, top, width)
	second := p.v.Office
	if p.v.Helped != "" {
		second, office.Font, office.Colour = p.v.Helped, theme.BodyBold, c.Primary
	}
	p.silent(p.oneLine(office, second, width), second, x, below, width)
}

// oneLine makes a style small enough for one line.
func (p *paint) oneLine(st widget.Style, text string, width float32) widget.Style {
	for st.Size > 8 && widget.Measure(p.k.Theme, st, text) > width {
		st.Size *= 0.96
	}
	return st
}

// kawung draws the batik's four leaves around a point.
func (p *paint) kawung(c color.NRGBA, x, y, side float32) {
	leaf := side * 0.4
	for _, at := range [][2]float32{{0, -1}, {0, 1}, {-1, 0}, {1, 0}} {
		p.ground(c, leaf/2, rect{x + at[0]*side*0.28 - leaf/2, y + at[1]*side*0.28 - leaf/2, leaf, leaf})
	}
}

// bar draws the bar of helps, at the same place on every screen, within
// reach from a wheelchair.
func (p *paint) bar(home bool) {
	s, w := p.s, p.v.Words
	y := s.Height - s.Bar
	p.ground(p.c.Sunk, 0, rect{0, y, s.Width, s.Bar})
	p.ground(p.c.Line, 0, rect{0, y, s.Width, 2})
	type help struct {
		id, icon, label string
		on              bool
		do              Action
	}
	helps := []help{
		{"size", "text-aa", w.T("bar.size"), s.Scale > 1, TextSize{}},
		{"contrast", "circle-half", w.T("bar.contrast"), p.c.Contrast, Contrast{}},
	}
	if p.v.ReachTop > 0 {
		if p.v.Reach {
			helps = append(helps, help{"reach", "arrow-line-up", w.T("bar.reach.on"), true, Reach{}})
		} else {
			helps = append(helps, help{"reach", "arrow-line-down", w.T("bar.reach"), false, Reach{}})
		}
	}
	switch {
	case p.v.Reading:
		helps = append(helps, help{"read", "speaker-slash", w.T("bar.stop"), true, Read{}})
	case p.v.Voice:
		helps = append(helps, help{"read", "speaker-high", w.T("bar.read"), false, Read{}})
	default:
		helps = append(helps, help{"read", "speaker-slash", w.T("bar.read.none"), false, Read{}})
	}
	helps = append(helps, help{"language", "translate", p.v.LanguageKey, false, Speak{}})
	call := help{"call", "headset", w.T("bar.call"), false, Call{}}
	switch {
	case p.v.Setup: // there is no visit to begin anew, and staff are here
	case home:
		helps = append(helps, call, help{"how", "question", w.T("bar.how"), false, HowTo{}})
	default:
		helps = append(helps, call, help{"restart", "arrow-counter-clockwise", w.T("bar.restart"), false, Restart{}})
	}
	n := float32(len(helps))
	inset := s.Apart * 0.6
	width := min((s.Width-2*s.Gap-(n-1)*s.Apart)/n, s.Bar*2.2)
	x := (s.Width - n*width - (n-1)*s.Apart) / 2
	for _, h := range helps {
		t := p.k.Help(h.icon, h.label, h.on, fyne.NewSize(width, s.Bar-2*inset), func() { p.v.Do(h.do) })
		t.ID = h.id
		p.add(t, x, y+inset)
		p.touches[h.id] = t
		p.barKeys = append(p.barKeys, t)
		x += width + s.Apart
	}
}

// areas are where question, control, buttons and keyboard go: stacked when
// upright, side by side when wide.
type areas struct {
	head, control, actions, keys rect
	header                       bool // whether there is room for the ministry's name
}

// keysHeight is how high a keyboard is.
func (p *paint) keysHeight(rows float32) float32 {
	s := p.s
	share := float32(0.305)
	if !s.Portrait {
		share = 0.42
	}
	return max(s.Height*share*rows/5, rows*s.Key+(rows+1.3)*s.Apart)
}

func (p *paint) areas(keys float32) areas {
	s := p.s
	a := areas{header: true}
	bottom := s.Height - s.Bar
	if keys > 0 {
		a.keys = rect{0, bottom - keys, s.Width, keys}
		bottom = a.keys.y
		// On a low picture the room goes to what is written.
		a.header = s.Portrait
	}
	top := s.Gap
	if a.header {
		top = s.Header + s.Gap*1.2
	}
	bottom -= max(s.Gap*0.8, s.Apart)
	if s.Portrait {
		a.actions = rect{s.Margin, bottom - s.Primary, s.Width - 2*s.Margin, s.Primary}
		a.head = rect{s.Margin, top, s.Width - 2*s.Margin, a.actions.y - top - s.Gap}
		a.control = a.head
		return a
	}
	left := (s.Width - 3*s.Margin) * 5 / 12
	height := max(s.Target, s.Answer*0.95)
	a.actions = rect{s.Margin, bottom - height, left, height}
	a.head = rect{s.Margin, top, left, a.actions.y - top - s.Gap*0.6}
	a.control = rect{2*s.Margin + left, top, s.Width - 3*s.Margin - left, bottom - top}
	return a
}

// below makes the control begin under the head when upright, and in reach.
func (p *paint) below(a *areas, y float32) {
	if !p.s.Portrait {
		return
	}
	end := a.control.bottom()
	a.control.y = y + p.s.Gap
	if p.v.Reach {
		a.control.y = max(a.control.y, min(p.v.ReachTop, end-p.s.Answer*1.2))
	}
	a.control.h = end - a.control.y
}
