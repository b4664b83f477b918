package screen

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"loket/kiosk/words"
	"loket/ui/keyboard"
	"loket/ui/theme"
	"loket/ui/widget"
)

// The actions of the receptionist's part.
type (
	TypedPIN struct{ PIN string }    // as it is typed; the screen stays
	Enter    struct{ PIN string }    // with a PIN
	Front    struct{ Do string }     // one of the Front… deeds
	Shut     struct{ Reason string } // close for visitors with a message; empty opens
	Level    struct {
		What string
		By   int
	} // louder or brighter by so many percent
	Consent struct{}            // the visitor lets staff write
	Paper   struct{ On string } // the day a paper form was handed in, YYYY-MM-DD
)

// What a receptionist can do with one touch.
const (
	FrontTest    = "test"    // print a test page
	FrontReprint = "reprint" // the receipt that did not come out
	FrontAssist  = "assist"
	FrontPaper   = "paper"
	FrontShut    = "shut" // choose a message
	FrontRestart = "restart kiosk"
	FrontStick   = "stick" // carry reports by a USB stick
	FrontStop    = "stop"  // what goes on with the stick
	FrontSetup   = "setup" // set the kiosk up
)

// ShutReasons are the messages that a kiosk can be closed with: keys of out.staff.….
var ShutReasons = []string{"break", "desk", "repair"}

// Check is one thing about the kiosk, in plain words.
type Check struct {
	Key  string // of the sentence
	Args []any
	Do   string // key of the next step; empty where all is well
	Bad  bool   // visitors or reports suffer; otherwise it can wait
}

// Well reports whether nobody has to do anything.
func (c Check) Well() bool { return c.Do == "" }

// FrontState is what the receptionist's page shows.
type FrontState struct {
	Name    string // of the receptionist
	Checks  []Check
	Looking bool   // the kiosk is being looked at
	Note    string // key of a sentence on what was done last; empty for none
	NoteBad bool
	Busy    bool           // something is being printed
	Printer bool           // there is one
	Reprint string         // number of the receipt that can be printed again, or empty
	Shut    bool           // staff closed the kiosk
	Stick   bool           // reports can be carried by a stick
	Setup   bool           // the kiosk can be set up anew
	Levels  map[string]int // percent, of what can be set: volume, brightness
}

// FrontDoor asks for a PIN. message is a sentence, or empty.
func FrontDoor(v View, pin, message string, busy bool) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	a := p.areas(p.keysHeight(4))
	if a.header {
		p.header(false)
	}
	room := a.head
	if s.Portrait {
		room.h -= s.Answer + s.Gap
	}
	y := p.body(room, func(q *paint, width float32) float32 {
		y := q.text(q.h1(), w.T("front.pin.title"), 0, 0, width)
		switch {
		case busy:
			return q.notice("hourglass", c.Info, c.InfoTint, w.T("front.pin.checking"), 0, y+s.Gap*0.4, width)
		case message != "":
			return q.notice("warning", c.Error, c.ErrorTint, message, 0, y+s.Gap*0.4, width)
		}
		return q.text(q.style(theme.Body, s.Hint, c.Ink2), w.T("front.pin.line"), 0, y, width)
	})
	p.below(&a, y)
	r := a.control
	p.private = true
	field := p.k.Field(pin, widget.FieldStyle{Caret: -1, Font: theme.BodyBold, Masked: true}, fyne.NewSize(r.w, s.Answer), func(text string) { pin = text; v.Do(TypedPIN{text}) }, nil)
	p.add(field, r.x, r.y)
	enter := func() { v.Do(Enter{pin}) }
	keys := keyboard.New(p.k, w, keyboard.Options{Layout: keyboard.Numbers, Size: fyne.NewSize(a.keys.w, a.keys.h), Enter: enter, Veiled: true, Ready: v.Ready}, field)
	p.private = false
	gap := max(s.Gap, s.Apart)
	back := (a.actions.w - gap) * 0.36
	p.button("back", widget.Outline, "arrow-left", w.T("back"), rect{a.actions.x, a.actions.y, back, a.actions.h}, Back{})
	p.put("main", p.k.Button(widget.Primary, "lock-key", w.T("front.pin.enter"), fyne.NewSize(a.actions.w-back-gap, a.actions.h), enter), a.actions.x+back+gap, a.actions.y)
	p.add(keys.Object(), a.keys.x, a.keys.y)
	p.bar(false)
	return p.end(keys)
}

// FrontPage is the receptionist's page: what is not well first, then what can be
// done, then what is well. Nothing of any visitor's is on it.
func FrontPage(v View, f FrontState) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	p.header(true)
	a := p.areas(0)
	full := s.Width - 2*s.Margin
	p.body(rect{s.Margin, a.head.y, full, a.actions.y - a.head.y - s.Gap}, func(q *paint, width float32) float32 {
		y := q.text(q.h1(), w.T("front.title", "name", f.Name), 0, 0, width)
		if f.Note != "" {
			icon, ink, tint := "check", c.OK, c.OKTint
			switch {
			case f.NoteBad:
				icon, ink, tint = "warning", c.Error, c.ErrorTint
			case f.Busy:
				icon, ink, tint = "hourglass", c.Info, c.InfoTint
			}
			y = q.notice(icon, ink, tint, w.T(f.Note), 0, y+s.Gap*0.3, width) + s.Gap*0.3
		}
		var bad, well []Check
		for _, check := range f.Checks {
			if check.Well() {
				well = append(well, check)
			} else {
				bad = append(bad, check)
			}
		}
		lead := w.T("front.well")
		switch {
		case f.Looking:
			lead = w.T("front.looking")
		case len(bad) > 0:
			lead = w.T("front.attend", "n", len(bad))
		}
		y = q.text(q.style(theme.Body, s.Body, c.Ink2), lead, 0, y, width) + s.Gap*0.5
		for _, check := range bad {
			icon, ink, tint := "info", c.Warn, c.WarnTint
			if check.Bad {
				icon, ink, tint = "warning", c.Error, c.ErrorTint
			}
			y = q.notice(icon, ink, tint, check.text(w, v.Now)+" "+w.T(check.Do), 0, y, width) + s.Gap*0.4
		}
		y = q.deeds(f, y+s.Gap*0.3, width)
		y = q.levels(f, y, width)
		for _, check := range well {
			side := s.Hint * 1.2
			q.add(q.k.Symbol("check", c.OK, 0, 0, side), 0, y)
			y = q.text(q.style(theme.Body, s.Hint, c.Ink), check.text(w, v.Now), side+s.Gap*0.5, y, width-side-s.Gap*0.5) + s.Gap*0.25
		}
		return y
	})
	p.button("done", widget.Primary, "check", w.T("front.done"), rect{s.Margin, a.actions.y, full, a.actions.h}, Done{})
	p.bar(false)
	return p.end(nil)
}

// text is the sentence of a check; moments stand in it as the clock shows them, with
// their day where it is another one.
func (c Check) text(w words.Words, now time.Time) string {
	args := make([]any, len(c.Args))
	for i, a := range c.Args {
		if t, ok := a.(time.Time); ok {
			if a = w.Clock(t); t.YearDay() != now.YearDay() || t.Year() != now.Year() {
				a = w.Date(t) + " " + w.Clock(t)
			}
		}
		if key, ok := a.(Key); ok {
			a = w.T(string(key))
		}
		args[i] = a
	}
	return w.T(c.Key, args...)
}

// Key is a key of words within the words of a [Check].
type Key string

// deeds are the buttons of what can be done, two in a row.
func (p *paint) deeds(f FrontState, y, width float32) float32 {
	s, w := p.s, p.v.Words
	type deed struct {
		id, icon, label string
		do              Action
	}
	var all []deed
	if f.Reprint != "" {
		all = append(all, deed{"reprint", "receipt", w.T("front.reprint", "number", strings.ReplaceAll(f.Reprint, " ", "\u00a0")), Front{FrontReprint}})
	}
	all = append(all, deed{"assist", "users-three", w.T("front.assist"), Front{FrontAssist}}, deed{"paper", "file-magnifying-glass", w.T("front.paper"), Front{FrontPaper}})
	if f.Printer {
		all = append(all, deed{"test", "printer", w.T("front.test"), Front{FrontTest}})
	}
	if f.Stick {
		all = append(all, deed{"stick", "arrow-line-down", w.T("front.stick"), Front{FrontStick}})
	}
	if f.Shut {
		all = append(all, deed{"open", "check", w.T("front.open"), Shut{}})
	} else {
		all = append(all, deed{"shut", "lock-key", w.T("front.shut"), Front{FrontShut}})
	}
	if f.Setup {
		all = append(all, deed{"setup", "wrench-duotone", w.T("front.setup"), Front{FrontSetup}})
	}
	all = append(all, deed{"restart kiosk", "arrow-counter-clockwise", w.T("front.restart"), Front{FrontRestart}})
	gap := max(s.Gap*0.8, s.Apart)
	columns := 2
	if !s.Portrait {
		columns = 3
	}
	each := (width - float32(columns-1)*gap) / float32(columns)
	high := max(s.Target, s.Answer)
	for i, d := range all {
		if i > 0 && i%columns == 0 {
			y += high + gap
		}
		p.button(d.id, widget.Outline, d.icon, d.label, rect{float32(i%columns) * (each + gap), y, each, high}, d.do)
	}
	return y + high + s.Gap
}

// levels are sound and brightness, where they can be set.
func (p *paint) levels(f FrontState, y, width float32) float32 {
	s, w := p.s, p.v.Words
	for _, what := range []string{"volume", "brightness"} {
		n, ok := f.Levels[what]
		if !ok {
			continue
		}
		name := w.T("front." + what)
		high := s.Target
		st := p.style(theme.Heading, s.Body, p.c.Ink)
		x := float32(0)
		for _, change := range []struct {
			id, icon, key string
			by            int
		}{{"less", "caret-down", "front.less", -10}, {"more", "caret-up", "front.more", 10}} {
			t := p.k.Chip(change.icon, w.T(change.key), false, high, func() { p.v.Do(Level{what, change.by}) })
			p.put(fmt.Sprint(what, " ", change.id), t, x, y)
			x += t.Size().Width + s.Apart
		}
		label := w.T("front.level", "what", name, "n", strconv.Itoa(n))
		_, tall := widget.NewText(p.k.Theme, st, label, width-x-s.Gap*0.5)
		p.text(st, label, x+s.Gap*0.5, y+max(0, (high-tall)/2), width-x-s.Gap*0.5)
		y += max(high, tall) + s.Gap*0.6
	}
	return y
}

// FrontShutPage lets a receptionist choose what visitors read while the kiosk is
// closed.
func FrontShutPage(v View) Screen {
	w := v.Words
	side := v.Kit.Sizes.H1 * 1.4
	var answers []answer
	for _, reason := range ShutReasons {
		answers = append(answers, answer{"shut " + reason, widget.Outline, w.T("out.staff." + reason), Shut{reason}})
	}
	answers = append(answers, answer{"back", widget.Primary, w.T("back"), Back{}})
	return sheet(v, v.Kit.Symbol("lock-key-duotone", v.Kit.Colour.Primary, 0, 0, side), side, w.T("front.shut.title"), nil, answers)
}

// ConsentPage asks the visitor whether a receptionist may write for them.
func ConsentPage(v View, name string) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	p.header(false)
	a := p.areas(0)
	full := s.Width - 2*s.Margin
	gap := max(s.Gap, s.Apart)
	p.body(rect{s.Margin, a.head.y, full, a.actions.y - a.head.y - s.Primary - gap - s.Gap}, func(q *paint, width float32) float32 {
		side := s.H1 * 2
		q.add(q.k.Symbol("users-three", c.Primary, 0, 0, side), 0, 0)
		y := q.text(q.h1(), w.T("assist.title"), 0, side+s.Gap*0.6, width) + s.Gap*0.5
		y = q.text(q.style(theme.Body, s.Body, c.Ink), w.T("assist.line", "name", name), 0, y, width) + s.Gap*0.7
		return q.notice("info", c.Info, c.InfoTint, w.T("assist.mark"), 0, y, width)
	})
	p.button("consent", widget.Primary, "check", w.T("assist.yes"), rect{s.Margin, a.actions.y - s.Primary - gap, full, s.Primary}, Consent{})
	p.button("back", widget.Outline, "", w.T("assist.no"), rect{s.Margin, a.actions.y, full, a.actions.h}, Back{})
	p.bar(false)
	return p.end(nil)
}

// PaperPage asks on which of the last so many days a paper form was handed in.
func PaperPage(v View, days int) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	p.header(false)
	a := p.areas(0)
	full := s.Width - 2*s.Margin
	p.body(rect{s.Margin, a.head.y, full, a.actions.y - a.head.y - s.Gap}, func(q *paint, width float32) float32 {
		y := q.text(q.h1(), w.T("paper.title"), 0, 0, width)
		y = q.text(q.style(theme.Body, s.Body, c.Ink2), w.T("paper.line"), 0, y, width) + s.Gap*0.6
		gap := max(s.Gap*0.6, s.Apart)
		each, high := (width-gap)/2, max(s.Target, s.Answer*0.9)
		for i := range days {
			day := v.Now.AddDate(0, 0, -i)
			label := w.Date(day)
			if i == 0 {
				label = w.T("paper.today")
			}
			q.button("day "+strconv.Itoa(i), widget.Outline, "", label, rect{float32(i%2) * (each + gap), y, each, high}, Paper{day.Format(time.DateOnly)})
			if i%2 == 1 || i == days-1 {
				y += high + gap
			}
		}
		return y
	})
	p.button("back", widget.Outline, "arrow-left", w.T("back"), rect{s.Margin, a.actions.y, full, a.actions.h}, Back{})
	p.bar(false)
	return p.end(nil)
}

// StickState is how far the carrying is.
type StickState struct {
	Busy        bool
	Done, Total int    // reports; a total of 0 is not known yet
	Key         string // of the sentence on how it ended
	Args        []any
	Bad         bool
}

// StickPage shows reports going onto a stick, and how it ended.
func StickPage(v View, x StickState) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	p.header(false)
	a := p.areas(0)
	full := s.Width - 2*s.Margin
	p.body(rect{s.Margin, a.head.y, full, a.actions.y - a.head.y - s.Gap}, func(q *paint, width float32) float32 {
		y := q.text(q.h1(), w.T("front.stick"), 0, 0, width) + s.Gap*0.5
		if !x.Busy {
			icon, ink, tint := "check", c.OK, c.OKTint
			if x.Bad {
				icon, ink, tint = "warning", c.Error, c.ErrorTint
			}
			return q.notice(icon, ink, tint, w.T(x.Key, x.Args...), 0, y, width)
		}
		line := w.T("stick.looking")
		if x.Total > 0 {
			line = w.T("stick.progress", "n", x.Done, "of", x.Total)
		}
		y = q.text(q.style(theme.Body, s.Body, c.Ink), line, 0, y, width) + s.Gap*0.6
		high := s.Gap
		q.ground(c.Line, high/2, rect{0, y, width, high})
		if x.Total > 0 && x.Done > 0 {
			q.ground(c.Primary, high/2, rect{0, y, max(high, width*float32(x.Done)/float32(x.Total)), high})
		}
		return q.text(q.style(theme.BodySemi, s.Body, c.Ink), w.T("stick.stay"), 0, y+high+s.Gap*0.6, width)
	})
	if x.Busy {
		p.button("stop", widget.Outline, "x", w.T("stick.stop"), rect{s.Margin, a.actions.y, full, a.actions.h}, Front{FrontStop})
	} else {
		p.button("back", widget.Primary, "check", w.T("front.done"), rect{s.Margin, a.actions.y, full, a.actions.h}, Back{})
	}
	p.bar(false)
	return p.end(nil)
}
