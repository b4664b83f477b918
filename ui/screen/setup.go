package screen

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"loket/kiosk"
	"loket/kiosk/words"
	"loket/ui/keyboard"
	"loket/ui/theme"
	"loket/ui/widget"
)

// The pages of setting a kiosk up: the summary, the first page of each step, and those
// behind them.
const (
	SetupSummary  = ""
	SetupLanguage = "language"
	SetupOffice   = "office"  // the hub's address, or what its enrolment came to
	SetupPrinter  = "printer" // which one
	SetupScreen   = "screen"
	SetupSound    = "sound"
	SetupPIN      = "pin"

	SetupCode    = "code"    // the one-time code
	SetupAddress = "address" // of a printer
	SetupPaper   = "paper"
	SetupTest    = "test" // of the printer
)

// SetupSteps are the steps in their order.
var SetupSteps = []string{SetupLanguage, SetupOffice, SetupPrinter, SetupScreen, SetupSound, SetupPIN}

// The actions of setting a kiosk up.
type (
	Step  struct{ Page string }        // go to a page
	Write struct{ Page, Text string }  // what is written on a page, as it is; the screen stays
	Set   struct{ What, Value string } // one of the Set… deeds
)

// What can be done on the pages, and what its value is.
const (
	SetLanguage = "language" // its code
	SetConnect  = "connect"  // to the hub
	SetSame     = "same"     // the six words; "no" where they differ
	SetLook     = "look"     // for printers
	SetPrinter  = "printer"  // its address; empty for none
	SetPaper    = "paper"    // its name
	SetTest     = "test"     // print a test page
	SetWhole    = "whole"    // it came out; "no" where it did not
	SetWidth    = "width"    // millimetres, not yet saved; or smaller, larger: the card
	SetScreen   = "screen"   // save them
	SetSound    = "sound"    // as sound.output
	SetHear     = "hear"
	SetFetch    = "fetch" // who has a PIN
	SetPIN      = "pin"   // try one
	SetFinish   = "finish"
)

// FoundPrinter is a printer that can be chosen.
type FoundPrinter struct{ Name, Address, Paper string }

// Enrolled is what the enrolment at a hub came to.
type Enrolled struct {
	Kiosk, Office, Hub string
	Words              string // six, to be compared
	Compared           bool
	Anew               bool // it is to be enrolled again: its queue lost its chain
}

// Setup is how far the setting up of a kiosk is.
type Setup struct {
	Done     map[string]bool // by step
	Language words.Language  // that comes first
	Enrolled *Enrolled       // nil before
	Printer  FoundPrinter    // that is tried first; no address for none
	WidthMM  float32
	Glass    [2]float32     // width and height in millimetres that the screen says it has, upright on a desk; zero for none
	Sound    string         // as sound.output
	Speaks   bool           // this machine can
	Levels   map[string]int // percent, of what can be set: volume
	People   int            // that have a PIN
}

// SetupView is what a page of the setup shows beside.
type SetupView struct {
	Setup
	Page      string
	Languages []words.Language
	Busy      bool // something goes on; the page says what
	Note      string
	NoteBad   bool
	NoteArgs  []any
	Found     []FoundPrinter
	Chosen    FoundPrinter // whose paper is asked for
	Asking    bool         // a test page was sent: did it come out whole?
	Written   map[string]string
	Card      float32 // the width in millimetres that the card is drawn for
}

// SetupPage draws a page of the setup.
func SetupPage(v View, x SetupView) Screen {
	switch x.Page {
	case SetupLanguage:
		return setupLanguage(v, x)
	case SetupOffice:
		if x.Enrolled != nil && !x.Enrolled.Anew {
			return setupWords(v, x)
		}
		return setupWrite(v, x)
	case SetupCode:
		if x.Busy {
			return setupConnecting(v)
		}
		return setupWrite(v, x)
	case SetupAddress, SetupPIN:
		return setupWrite(v, x)
	case SetupPrinter:
		return setupPrinter(v, x)
	case SetupPaper:
		return setupPaper(v, x)
	case SetupTest:
		return setupTest(v, x)
	case SetupScreen:
		return setupScreen(v, x)
	case SetupSound:
		return setupSound(v, x)
	}
	return setupSummary(v, x)
}

// setupPage is a page with a title, what happened last, and what build puts below;
// foot puts its buttons.
func setupPage(v View, x SetupView, title, line string, build func(q *paint, y, width float32) float32, foot func(p *paint, r rect)) Screen {
	p := begin(v)
	s := p.s
	p.header(true)
	a := p.areas(0)
	full := s.Width - 2*s.Margin
	p.body(rect{s.Margin, a.head.y, full, a.actions.y - a.head.y - s.Gap}, func(q *paint, width float32) float32 {
		y := q.text(q.h1(), title, 0, 0, width)
		if line != "" {
			y = q.text(q.style(theme.Body, s.Hint, q.c.Ink2), line, 0, y+s.Gap*0.1*q.air(), width)
		}
		return build(q, q.setupNote(x, y+s.Gap*0.5*q.air(), width), width)
	})
	foot(p, rect{s.Margin, a.actions.y, full, a.actions.h})
	p.bar(false)
	return p.end(nil)
}

// setupNote says what came of the last deed, and returns the y below.
func (p *paint) setupNote(x SetupView, y, width float32) float32 {
	if x.Note == "" {
		return y
	}
	icon, ink, tint := "check", p.c.OK, p.c.OKTint
	switch {
	case x.NoteBad:
		icon, ink, tint = "warning", p.c.Error, p.c.ErrorTint
	case x.Busy:
		icon, ink, tint = "hourglass", p.c.Info, p.c.InfoTint
	}
	return p.notice(icon, ink, tint, p.v.Words.T(x.Note, x.NoteArgs...), 0, y, width) + p.s.Gap*0.6
}

// pair puts two buttons side by side, the second the main one.
func (p *paint) pair(r rect, id string, kind widget.Kind, icon, label string, do Action, mainIcon, mainLabel string, main Action) {
	gap := max(p.s.Gap, p.s.Apart)
	first := (r.w - gap) * 0.36
	p.button(id, kind, icon, label, rect{r.x, r.y, first, r.h}, do)
	p.button("main", widget.Primary, mainIcon, mainLabel, rect{r.x + first + gap, r.y, r.w - first - gap, r.h}, main)
}

// backAnd puts "back" and a main button.
func backAnd(icon, label string, main Action) func(*paint, rect) {
	return func(p *paint, r rect) {
		p.pair(r, "back", widget.Outline, "arrow-left", p.v.Words.T("back"), Back{}, icon, label, main)
	}
}

func onlyBack(p *paint, r rect) {
	p.button("back", widget.Outline, "arrow-left", p.v.Words.T("back"), r, Back{})
}

var setupIcons = map[string]string{SetupLanguage: "translate", SetupOffice: "buildings", SetupPrinter: "printer", SetupScreen: "identification-card", SetupSound: "speaker-high", SetupPIN: "lock-key"}

// value is what a step is set to, in words; empty where it is not.
func (x SetupView) value(step string, w words.Words) string {
	switch step {
	case SetupLanguage:
		if x.Done[step] {
			return x.Language.Name
		}
	case SetupOffice:
		if e := x.Enrolled; e != nil && !e.Anew {
			if !e.Compared {
				return w.T("setup.office.uncompared", "kiosk", e.Kiosk)
			}
			return w.T("setup.office.value", "office", e.Office, "kiosk", e.Kiosk)
		}
	case SetupPrinter:
		key := "setup.test.untested"
		if x.Done[step] {
			key = "setup.test.tested"
		}
		if x.Printer.Address != "" {
			return w.T(key, "printer", x.Printer.Name, "paper", w.T("setup.paper."+x.Printer.Paper))
		}
		if x.Done[step] {
			return w.T("setup.printer.none.value")
		}
	case SetupScreen:
		if x.Done[step] {
			return w.T("setup.screen.value", "n", millimetres(x.WidthMM))
		}
	case SetupSound:
		if x.Done[step] && w.Has("setup.sound."+x.Sound) {
			return w.T("setup.sound." + x.Sound)
		}
	case SetupPIN:
		if x.Done[step] {
			return w.T("setup.pin.value", "n", x.People)
		}
	}
	return ""
}

func millimetres(mm float32) string { return strconv.Itoa(int(math.Round(float64(mm)))) }

// next is the first step that is not done, empty where all are.
func (x SetupView) next() string {
	for _, step := range SetupSteps {
		if !x.Done[step] {
			return step
		}
	}
	return ""
}

// setupSummary shows every step, what it is set to and whether it is done.
func setupSummary(v View, x SetupView) Screen {
	w := v.Words
	done, next := 0, x.next()
	for _, step := range SetupSteps {
		if x.Done[step] {
			done++
		}
	}
	line := w.T("setup.progress", "n", done, "of", len(SetupSteps))
	switch {
	case next == "":
		line = w.T("setup.all")
	case done == 0:
		line = w.T("setup.hello")
	}
	return setupPage(v, x, w.T("setup.title"), line, func(q *paint, y, width float32) float32 {
		gap := max(q.s.Gap*0.6, q.s.Apart)
		columns := 1
		if !q.s.Portrait {
			columns = 2
		}
		each := (width - float32(columns-1)*gap) / float32(columns)
		high := float32(0)
		for i, step := range SetupSteps {
			hint := x.value(step, w)
			if hint == "" {
				hint = w.T("setup.undone")
			}
			if i > 0 && i%columns == 0 {
				y, high = y+high+gap, 0
			}
			t := q.k.Option(setupIcons[step], w.T("setup."+step), hint, x.Done[step], each, func() { v.Do(Step{step}) })
			t.Name = w.T("setup."+step) + ". " + hint
			q.put("step "+step, t, float32(i%columns)*(each+gap), y)
			high = max(high, t.Size().Height)
		}
		return y + high + 4
	}, func(p *paint, r rect) {
		finish := w.T("setup.finish")
		ready := x.Enrolled != nil && x.Enrolled.Compared && !x.Enrolled.Anew
		switch label := w.T("setup.next", "step", w.T("setup."+next)); {
		case next == "":
			p.button("finish", widget.Primary, "check", finish, r, Set{What: SetFinish})
		case ready:
			p.pair(r, "finish", widget.Outline, "", finish, Set{What: SetFinish}, "arrow-right", label, Step{next})
		default:
			p.button("main", widget.Primary, "arrow-right", label, r, Step{next})
		}
	})
}

// choice is one of a few answers.
type setupChoice struct{ id, icon, label, hint string }

// choose puts answers one under the other.
func (p *paint) choose(all []setupChoice, chosen, what string, y, width float32) float32 {
	for _, o := range all {
		t := p.k.Option(o.icon, o.label, o.hint, o.id == chosen, width, func() { p.v.Do(Set{what, o.id}) })
		t.Name = strings.TrimSpace(o.label + ". " + o.hint)
		p.put(what+" "+o.id, t, 0, y)
		y += t.Size().Height + max(p.s.Gap*0.6, p.s.Apart)
	}
	return y
}

func setupLanguage(v View, x SetupView) Screen {
	w := v.Words
	var all []setupChoice
	for _, l := range x.Languages {
		name := l.Name
		if l.Draft {
			name = w.T("language.draft", "name", l.Name)
		}
		all = append(all, setupChoice{string(l.Code), "", name, ""})
	}
	return setupPage(v, x, w.T("setup.language.title"), w.T("setup.language.line"), func(q *paint, y, width float32) float32 {
		return q.choose(all, string(x.Language.Code), SetLanguage, y, width)
	}, backAnd("check", w.T("setup.save"), Set{SetLanguage, ""}))
}

// setupWords shows the six words of the enrolment, or that it is done.
func setupWords(v View, x SetupView) Screen {
	w, e := v.Words, x.Enrolled
	title, line := w.T("setup.office.words"), w.T("setup.office.words.line", "kiosk", e.Kiosk)
	if e.Compared {
		title, line = w.T("setup.office.done"), w.T("setup.office.done.line", "kiosk", e.Kiosk, "office", e.Office, "hub", strings.TrimPrefix(e.Hub, "https://"))
	}
	return setupPage(v, x, title, line, func(q *paint, y, width float32) float32 {
		s, c := q.s, q.c
		columns := 2
		if !s.Portrait {
			columns = 3
		}
		gap := max(s.Gap*0.6, s.Apart)
		each := (width - float32(columns-1)*gap) / float32(columns)
		st := widget.Style{Font: theme.HeadingBold, Size: s.H2, Colour: c.Ink, Leading: 1.2}
		all := strings.Fields(e.Words)
		for _, word := range all {
			st = q.oneLine(st, "6  "+word, each-2*s.Gap)
		}
		high := st.Size*1.2 + 1.4*s.Gap
		for i, word := range all {
			if i > 0 && i%columns == 0 {
				y += high + gap
			}
			x := float32(i%columns) * (each + gap)
			q.add(q.k.Ground(c.Card, c.Edge, s.Radius, fyne.Position{}, fyne.NewSize(each, high)), x, y)
			number := st
			number.Colour, number.Font = c.Ink2, theme.Heading
			side := widget.Measure(q.k.Theme, number, "6  ")
			q.silent(number, strconv.Itoa(i+1), x+s.Gap, y+0.7*s.Gap, side)
			q.text(st, word, x+s.Gap+side, y+0.7*s.Gap, each-2*s.Gap-side+2)
		}
		y += high + s.Gap
		if e.Compared {
			return q.notice("info", c.Info, c.InfoTint, w.T("setup.office.again"), 0, y, width)
		}
		later := max(s.Target, s.Answer*0.9)
		q.button("later", widget.Outline, "", w.T("setup.skip"), rect{0, y, width, later}, Back{})
		return y + later + 4
	}, func(p *paint, r rect) {
		if e.Compared {
			onlyBack(p, r)
			return
		}
		p.pair(r, "differ", widget.Danger, "", w.T("setup.office.differ"), Set{SetSame, "no"}, "check", w.T("setup.office.same"), Set{SetSame, "yes"})
	})
}

// setupWrite is a page on which one thing is written: the hub's address, the one-time
// code, a printer's address, a PIN.
func setupWrite(v View, x SetupView) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	title, line, label, main := "", "", "", "arrow-right"
	var layout keyboard.Layout
	style := widget.FieldStyle{Caret: v.Caret, Font: theme.BodyBold}
	var do, extra Action
	switch x.Page {
	case SetupOffice:
		title, line, label, layout, do = w.T("setup.office.title"), w.T("setup.office.scan"), w.T("continue"), keyboard.Address, Step{SetupCode}
	case SetupCode:
		title, line, label, layout, do = w.T("setup.office.code.title"), w.T("setup.office.code"), w.T("setup.office.connect"), keyboard.Code, Set{What: SetConnect}
		style.Group = 5
	case SetupAddress:
		title, line, label, layout, do = w.T("setup.printer.address.title"), w.T("setup.printer.address.line"), w.T("continue"), keyboard.Address, Set{SetPrinter, "typed"}
	case SetupPIN:
		title, line, label, layout, do = w.T("setup.pin.title"), w.T("setup.pin.line"), w.T("setup.pin.try"), keyboard.Numbers, Set{What: SetPIN}
		style.Masked, extra, main = true, Set{What: SetFetch}, "lock-key"
	}
	rows := float32(4)
	if s.Portrait && layout == keyboard.Address {
		rows = 5
	}
	a := p.areas(p.keysHeight(rows))
	if a.header {
		p.header(false)
	}
	least := s.Answer
	if extra != nil {
		least += s.Target + s.Gap*0.6
	}
	room := a.head
	if s.Portrait {
		room.h -= least + s.Gap
	}
	y := p.body(room, func(q *paint, width float32) float32 {
		y := q.text(q.h1(), title, 0, 0, width)
		y = q.setupNote(x, y+s.Gap*0.4, width)
		y = q.text(q.style(theme.Body, s.Hint, c.Ink2), line, 0, y, width)
		if x.Page == SetupPIN {
			people := w.T("setup.pin.people", "n", x.People)
			if x.People == 0 {
				people = w.T("setup.pin.nobody")
			}
			y = q.text(q.style(theme.BodySemi, s.Hint, c.Ink), people, 0, y+s.Gap*0.3, width)
		}
		return y
	})
	p.below(&a, y)
	r := a.control
	p.private = style.Masked
	if x.Page == SetupOffice {
		below := p.silent(widget.Style{Font: theme.BodySemi, Size: s.Label, Colour: c.Ink, Leading: 1.25}, w.T("setup.office.address"), r.x, r.y, r.w)
		r.y = below + s.Gap*0.2
	}
	field := p.k.Field(x.Written[x.Page], style, fyne.NewSize(r.w, s.Answer), func(text string) { v.Do(Write{x.Page, text}) }, nil)
	p.add(field, r.x, r.y)
	enter := func() { v.Do(do) }
	keys := keyboard.New(p.k, w, keyboard.Options{Layout: layout, ABC: v.ABC, Size: fyne.NewSize(a.keys.w, a.keys.h), Enter: enter, Veiled: style.Masked, Ready: v.Ready}, field)
	p.private = false
	if extra != nil {
		p.put("fetch", p.k.Chip("arrow-line-down", w.T("setup.pin.fetch"), false, s.Target, func() { v.Do(extra) }), r.x, r.y+s.Answer+s.Gap*0.6)
	}
	gap := max(s.Gap, s.Apart)
	back := (a.actions.w - gap) * 0.36
	p.button("back", widget.Outline, "arrow-left", w.T("back"), rect{a.actions.x, a.actions.y, back, a.actions.h}, Back{})
	p.put("main", p.k.Button(widget.Primary, main, label, fyne.NewSize(a.actions.w-back-gap, a.actions.h), enter), a.actions.x+back+gap, a.actions.y)
	p.add(keys.Object(), a.keys.x, a.keys.y)
	p.bar(false)
	return p.end(keys)
}

// setupConnecting is shown while the hub is asked.
func setupConnecting(v View) Screen {
	p := message(v, "hourglass-duotone", v.Words.T("setup.office.wait"), []string{v.Words.T("setup.office.wait.line")})
	p.button("back", widget.Outline, "x", v.Words.T("setup.office.stop"), p.foot(), Back{})
	p.bar(false)
	return p.end(nil)
}

// setupPrinter lists the printers that are here.
func setupPrinter(v View, x SetupView) Screen {
	w := v.Words
	found := x.Found
	if here := x.Printer; here.Address != "" && !slices.ContainsFunc(found, func(f FoundPrinter) bool { return f.Address == here.Address }) {
		found = append([]FoundPrinter{here}, found...)
	}
	return setupPage(v, x, w.T("setup.printer.title"), w.T("setup.printer.line"), func(q *paint, y, width float32) float32 {
		if !x.Busy && len(found) == 0 {
			y = q.notice("info", q.c.Info, q.c.InfoTint, w.T("setup.printer.none.found"), 0, y, width) + q.s.Gap*0.6
		}
		var all []setupChoice
		for _, f := range found {
			hint := f.Address
			if f.Name == f.Address {
				hint = ""
			}
			all = append(all, setupChoice{f.Address, "printer", f.Name, hint})
		}
		y = q.choose(all, x.Printer.Address, SetPrinter, y, width)
		gap := max(q.s.Gap*0.6, q.s.Apart)
		high := max(q.s.Target, q.s.Answer*0.9)
		half := (width - gap) / 2
		q.button("again", widget.Outline, "arrow-counter-clockwise", w.T("setup.printer.again"), rect{0, y, half, high}, Set{What: SetLook})
		q.button("type", widget.Outline, "keyboard", w.T("setup.printer.type"), rect{half + gap, y, half, high}, Step{SetupAddress})
		y += high + gap
		q.button("none", widget.Outline, "x", w.T("setup.printer.none"), rect{0, y, width, high}, Set{SetPrinter, ""})
		return y + high + 4
	}, onlyBack)
}

func setupPaper(v View, x SetupView) Screen {
	w := v.Words
	papers := []string{"80mm", "58mm"}
	if kind, _, _ := strings.Cut(x.Chosen.Address, ":"); kind == "cups" || kind == "ipp" || kind == "ipps" || kind == "folder" {
		papers = []string{"a5", "a4", "80mm", "58mm"}
	}
	var all []setupChoice
	for _, paper := range papers {
		all = append(all, setupChoice{paper, "receipt", w.T("setup.paper." + paper), ""})
	}
	return setupPage(v, x, w.T("setup.paper.title"), w.T("setup.paper.line"), func(q *paint, y, width float32) float32 {
		y = q.text(q.style(theme.BodySemi, q.s.Body, q.c.Ink), x.Chosen.Name, 0, y, width) + q.s.Gap*0.4
		return q.choose(all, x.Chosen.Paper, SetPaper, y, width)
	}, onlyBack)
}

// setupTest prints a test page and asks how it came out.
func setupTest(v View, x SetupView) Screen {
	w := v.Words
	title, line := w.T("setup.test.title"), w.T("setup.test.line")
	if x.Asking {
		title, line = w.T("setup.test.ask"), ""
	}
	return setupPage(v, x, title, line, func(q *paint, y, width float32) float32 {
		y = q.text(q.style(theme.BodySemi, q.s.Body, q.c.Ink), x.Printer.Name+", "+w.T("setup.paper."+x.Printer.Paper), 0, y, width) + q.s.Gap*0.6
		if x.Asking {
			return q.testPicture(y, width)
		}
		gap := max(q.s.Gap*0.6, q.s.Apart)
		high, half := max(q.s.Target, q.s.Answer*0.9), (width-gap)/2
		q.button("other paper", widget.Outline, "receipt", w.T("setup.test.paper"), rect{0, y, half, high}, Step{SetupPaper})
		q.button("other printer", widget.Outline, "printer", w.T("setup.test.other"), rect{half + gap, y, half, high}, Step{SetupPrinter})
		return y + high + 4
	}, func(p *paint, r rect) {
		switch {
		case x.Asking:
			p.pair(r, "broken", widget.Outline, "x", w.T("setup.test.broken"), Set{SetWhole, "no"}, "check", w.T("setup.test.whole"), Set{SetWhole, "yes"})
		case x.Busy:
			onlyBack(p, r)
		default:
			backAnd("", w.T("setup.test.print"), Set{What: SetTest})(p, r)
		}
	})
}

// testPicture shows what a whole test page looks like: a mark at each edge.
func (p *paint) testPicture(y, width float32) float32 {
	s := p.s
	wide := min(width*0.5, s.Height*0.2)
	high, mark := wide*1.1, wide*0.08
	x := (width - wide) / 2
	p.add(p.k.Ground(theme.Light.Card, p.c.Edge, 0, fyne.Position{}, fyne.NewSize(wide, high)), x, y)
	for i := range 5 {
		long := wide * []float32{0.6, 0.45, 0.6, 0.35, 0.5}[i]
		p.ground(theme.Light.Edge, 0, rect{x + (wide-long)/2, y + high*(0.3+0.12*float32(i)), long, s.Gap * 0.3})
	}
	for _, edge := range []float32{x, x + wide - mark} {
		p.ground(theme.Light.Ink, 0, rect{edge, y + high*0.06, mark, high * 0.12})
	}
	return y + high
}

// cardMM is the width and height of a bank card or an identity card (ISO/IEC 7810 ID-1).
const (
	cardMM     = 85.6
	cardHighMM = 54
)

// inches are the sizes of screens that kiosks have.
var inches = []float64{10.1, 15.6, 21.5, 23.8, 27, 32, 43}

// setupScreen lets a person fit an outline to a real card. Nothing else moves
// meanwhile: sizes change once it is saved.
func setupScreen(v View, x SetupView) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	p.header(true)
	a := p.areas(0)
	full := s.Width - 2*s.Margin
	foot := rect{s.Margin, a.actions.y, full, a.actions.h}
	keys := rect{s.Margin, 0, full, max(s.Target, s.Answer*0.9)}
	zone, words := rect{s.Margin, 0, full, 0}, rect{s.Margin, a.head.y, full, 0}
	gap := max(s.Gap*0.7, s.Apart)
	// The words and the usual sizes scroll where they need; the outline never does.
	side := func(q *paint, width float32) float32 {
		y := q.text(q.h1(), w.T("setup.screen.title"), 0, 0, width)
		y = q.text(q.style(theme.Body, s.Hint, c.Ink2), w.T("setup.screen.line"), 0, y, width)
		y = q.setupNote(x, y+s.Gap*0.3, width)
		y = q.text(q.style(theme.BodySemi, s.Hint, c.Ink), w.T("setup.screen.sizes"), 0, y+s.Gap*0.3, width) + s.Gap*0.3
		across := float32(0)
		size := func(id, label string, mm float32) {
			if mm <= 0 || cardMM/mm*s.Width > full*0.98 {
				return // the card would not fit
			}
			t := q.k.Chip("", label, math.Abs(float64(mm-x.Card)) < 1, s.Target, func() { v.Do(Set{SetWidth, fmt.Sprint(mm)}) })
			if across > 0 && across+t.Size().Width > width {
				across, y = 0, y+s.Target+s.Apart
			}
			q.put(id, t, across, y)
			across += t.Size().Width + s.Apart
		}
		says := max(x.Glass[0], x.Glass[1])
		if s.Portrait {
			says = min(x.Glass[0], x.Glass[1])
		}
		size("says", w.T("setup.screen.says", "n", millimetres(says)), says)
		for _, inch := range inches {
			label := strconv.FormatFloat(inch, 'f', -1, 64) + "″"
			if w.Language == kiosk.Indonesian {
				label = strings.Replace(label, ".", ",", 1)
			}
			size(fmt.Sprint("inches ", inch), label, screenWidth(inch, s.Width, s.Height))
		}
		return y + s.Target + 4
	}
	if s.Portrait {
		words.h = (a.actions.y - a.head.y) * 0.5
		words.h = min(words.h, side(newPaint(v), full)+2)
		zone.y = p.body(words, side) + gap
	} else {
		left := (s.Width - 3*s.Margin) * 5 / 12
		words.w, words.h = left, a.actions.y-a.head.y-s.Gap
		p.body(words, side)
		zone = rect{2*s.Margin + left, a.head.y, s.Width - 3*s.Margin - left, 0}
		keys.x, keys.w = zone.x, zone.w
	}
	keys.y = a.actions.y - s.Gap - keys.h
	said := w.T("setup.screen.value", "n", millimetres(x.Card))
	st := p.centred(p.style(theme.Heading, s.Hint, c.Ink))
	_, tall := widget.NewText(p.k.Theme, st, said, zone.w)
	p.card(rect{zone.x, zone.y, zone.w, keys.y - gap*0.6 - tall - gap*0.6 - zone.y}, s.Width/x.Card)
	p.text(st, said, zone.x, keys.y-gap*0.6-tall, zone.w)
	style := widget.KeyStyle{Repeat: 90 * time.Millisecond}
	half := (keys.w - gap) / 2
	for i, key := range []struct {
		id, label string
	}{{"smaller", "−"}, {"larger", "+"}} {
		t := p.k.Key(key.label, "", w.T("setup.screen."+key.id), fyne.NewSize(half, keys.h), style, func() { v.Do(Set{SetWidth, key.id}) })
		p.put(key.id, t, keys.x+float32(i)*(half+gap), keys.y)
	}
	backAnd("check", w.T("setup.screen.fits"), Set{What: SetScreen})(p, foot)
	p.bar(false)
	return p.end(nil)
}

// screenWidth is how wide a picture of that shape is on a screen of so many inches.
func screenWidth(inch float64, width, height float32) float32 {
	return float32(math.Round(inch * 25.4 * float64(width) / math.Hypot(float64(width), float64(height))))
}

// card draws the outline of a card, as large as it is where a millimetre has so many
// pixels. Where it is too high, its width is what counts.
func (p *paint) card(r rect, perMM float32) {
	s, c := p.s, p.c
	wide := min(cardMM*perMM, r.w)
	high := min(cardHighMM*perMM, r.h)
	x, y := r.x+(r.w-wide)/2, r.y+(r.h-high)/2
	box := canvas.NewRectangle(c.Tint)
	box.StrokeColor, box.StrokeWidth, box.CornerRadius = c.Primary, 3, min(3.2*perMM, high/3)
	box.Resize(fyne.NewSize(wide, high))
	p.add(box, x, y)
	st := p.centred(p.style(theme.Heading, s.Body, c.Ink))
	st.Leading = 1.2
	label := p.v.Words.T("setup.screen.card")
	st = p.oneLine(st, label, wide-s.Gap)
	p.text(st, label, x+s.Gap*0.5, y+(high-st.Size*1.2)/2, wide-s.Gap)
}

func setupSound(v View, x SetupView) Screen {
	w := v.Words
	var all []setupChoice
	for _, o := range []string{"speaker", "earphones", "none"} {
		if x.Speaks || o == "none" {
			icon := map[string]string{"speaker": "speaker-high", "earphones": "headset", "none": "speaker-slash"}[o]
			all = append(all, setupChoice{o, icon, w.T("setup.sound." + o), w.T("setup.sound." + o + ".line")})
		}
	}
	chosen := x.Sound
	if chosen == "auto" {
		chosen = map[bool]string{true: "speaker", false: "none"}[x.Speaks]
	}
	line := ""
	if x.Speaks {
		line = w.T("setup.sound.heard")
	}
	return setupPage(v, x, w.T("setup.sound.title"), line, func(q *paint, y, width float32) float32 {
		if !x.Speaks {
			y = q.notice("info", q.c.Warn, q.c.WarnTint, w.T("setup.sound.silent"), 0, y, width) + q.s.Gap*0.6
		}
		y = q.choose(all, chosen, SetSound, y, width)
		if x.Speaks && chosen != "none" {
			high := max(q.s.Target, q.s.Answer*0.9)
			q.button("hear", widget.Outline, "speaker-high", w.T("setup.sound.hear"), rect{0, y, width, high}, Set{What: SetHear})
			y = q.levels(FrontState{Levels: x.Levels}, y+high+max(q.s.Gap*0.6, q.s.Apart), width)
		}
		return y
	}, backAnd("check", w.T("setup.save"), Set{SetSound, ""}))
}
