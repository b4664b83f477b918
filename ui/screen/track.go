package screen

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"loket/kiosk"
	"loket/ui/keyboard"
	"loket/ui/theme"
	"loket/ui/widget"
)

// LookUpPage asks for number and code. message is the key of a sentence, or
// empty.
func LookUpPage(v View, number, code, message string) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	a := p.areas(p.keysHeight(4))
	if a.header {
		p.header(false)
	}
	label := widget.Style{Font: theme.BodySemi, Size: s.Hint, Colour: c.Ink, Leading: 1.25}
	height := s.Answer
	_, first := widget.NewText(p.k.Theme, label, w.T("lookup.number"), a.control.w)
	_, second := widget.NewText(p.k.Theme, label, w.T("lookup.code"), a.control.w)
	need := first + second + 2*height + s.Gap
	room := a.head
	if s.Portrait {
		room.h -= need + s.Gap
	}
	y := p.body(room, func(q *paint, width float32) float32 {
		y := q.text(q.h1(), w.T("lookup.title"), 0, 0, width)
		if message != "" {
			return q.notice("warning", c.Error, c.ErrorTint, w.T(message), 0, y+s.Gap*0.4, width)
		}
		line := w.T("lookup.line")
		if v.Scanner {
			line = w.T("lookup.scan")
		}
		return q.text(q.style(theme.Body, s.Hint, c.Ink2), line, 0, y, width)
	})
	p.below(&a, y)
	r := a.control
	var keys *keyboard.Keyboard
	var one, two *widget.Field
	size := fyne.NewSize(r.w, height)
	style := widget.FieldStyle{Caret: -1, Font: theme.BodyBold}
	one = p.k.Field(number, style, size, func(text string) { number = text; v.Do(TypedCode{number, code}) }, func() { keys.SetTarget(one) })
	two = p.k.Field(code, style, size, func(text string) { code = text; v.Do(TypedCode{number, code}) }, func() { keys.SetTarget(two) })
	y = p.text(label, w.T("lookup.number"), r.x, r.y, r.w)
	p.add(one, r.x, y)
	y = p.text(label, w.T("lookup.code"), r.x, y+height+s.Gap*0.5, r.w)
	p.add(two, r.x, y)
	at := one
	if number != "" {
		at = two
	}
	gap := max(s.Gap, s.Apart)
	back := (a.actions.w - gap) * 0.36
	p.button("back", widget.Outline, "arrow-left", w.T("back"), rect{a.actions.x, a.actions.y, back, a.actions.h}, Back{})
	look := func() {
		if number != "" && code == "" && keys.Target() == one && !strings.Contains(number, "#") { // the second field is next
			keys.SetTarget(two)
			return
		}
		v.Do(LookUp{number, code})
	}
	keys = keyboard.New(p.k, w, keyboard.Options{Layout: keyboard.Code, Size: fyne.NewSize(a.keys.w, a.keys.h), Enter: look, Ready: v.Ready}, at)
	show := p.k.Button(widget.Primary, "arrow-right", w.T("lookup.show"), fyne.NewSize(a.actions.w-back-gap, a.actions.h), look)
	p.put("main", show, a.actions.x+back+gap, a.actions.y)
	p.add(keys.Object(), a.keys.x, a.keys.y)
	p.bar(false)
	return p.end(keys)
}

// Status shows what the hub says of a report.
func Status(v View, t kiosk.Tracking) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	p.header(false)
	a := p.areas(0)
	full := s.Width - 2*s.Margin
	p.private = true
	p.body(rect{s.Margin, a.head.y, full, a.actions.y - a.head.y - s.Gap}, func(q *paint, width float32) float32 {
		q.private = true
		y := q.text(widget.Style{Font: theme.BodyBold, Size: s.Body, Colour: c.Ink2, Leading: 1.3}, t.Number.String(), 0, 0, width)
		q.private = false
		if t.Result == kiosk.TrackNotArrived {
			return q.notice("info", c.Info, c.InfoTint, w.T("lookup.not_arrived"), 0, y+s.Gap*0.5, width)
		}
		y = q.text(q.h1(), w.T("status."+string(t.Status)), 0, y, width)
		y = q.text(q.style(theme.Body, s.Body, c.Ink), w.T("status."+string(t.Status)+".line"), 0, y, width) + s.Gap*0.5
		for _, d := range []struct{ key, iso string }{{"lookup.received", t.Received}, {"lookup.due", t.Due}} {
			if day, err := time.Parse(time.DateOnly, d.iso); err == nil {
				y = q.text(q.style(theme.Heading, s.Hint*0.93, c.Ink), w.T(d.key, "date", w.Date(day)), 0, y, width)
			}
		}
		if t.Outcome != nil {
			outcome := t.Outcome.In(w.Language)
			if t.Reason != nil {
				outcome += ": " + t.Reason.In(w.Language)
			}
			y = q.text(q.style(theme.Heading, s.Body, c.Ink), outcome, 0, y+s.Gap*0.5, width)
		}
		if t.Answer != "" {
			y = q.text(q.style(theme.Heading, s.Body, c.Ink), w.T("lookup.answer"), 0, y+s.Gap, width)
			q.private = true
			text, h := widget.NewText(q.k.Theme, q.style(theme.Body, s.Body, c.Ink), t.Answer, width-2*s.Gap)
			q.say(t.Answer)
			q.private = false
			q.add(q.k.Ground(c.Card, c.Line, s.Radius, fyne.Position{}, fyne.NewSize(width, h+1.4*s.Gap)), 0, y)
			q.add(text, s.Gap, y+s.Gap*0.7)
			y += h + 1.4*s.Gap
		}
		for _, change := range t.Changes {
			if day, err := time.Parse(time.DateOnly, change.On); err == nil {
				y = q.text(q.style(theme.Body, s.Hint, c.Ink2), w.Date(day)+" · "+w.T(changeKey(change)), 0, y+s.Gap*0.5, width)
			}
		}
		return y
	})
	p.private = false
	p.button("done", widget.Primary, "check", w.T("done"), rect{s.Margin, a.actions.y, full, a.actions.h}, Done{})
	p.bar(false)
	return p.end(nil)
}

// changeKey is the key of the words for a step in a case's life.
func changeKey(c kiosk.StatusChange) string {
	if c.Kind != "" {
		return "event." + c.Kind
	}
	return "status." + string(c.Status)
}

// Looking is shown while the hub is asked; past the first seconds, it says how long
// that takes, of most at most.
func Looking(v View, n, most int) Screen {
	var lines []string
	if n > 0 {
		lines = append(lines, v.Words.T("lookup.slow"), v.Words.T("lookup.slow.seconds", "n", n, "most", most))
	}
	p := message(v, "magnifying-glass-duotone", v.Words.T("lookup.wait"), lines)
	p.button("back", widget.Outline, "arrow-left", v.Words.T("back"), p.foot(), Back{})
	p.bar(false)
	return p.end(nil)
}

// Known is what a kiosk can say of a report without the hub, by its number alone:
// nobody has shown that they know the code.
type Known struct {
	Here  bool      // it was filed at this kiosk
	Sent  time.Time // when the hub had it, by the hub's clock; zero while it waits
	Again time.Time // when asking again makes sense
}

// Unasked says that the hub cannot be asked about a number, and what is known of it
// here; known is nil where that cannot be looked up either.
func Unasked(v View, number kiosk.Number, known *Known) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	p.header(false)
	a := p.areas(0)
	full := s.Width - 2*s.Margin
	p.body(rect{s.Margin, a.head.y, full, a.actions.y - a.head.y - s.Gap}, func(q *paint, width float32) float32 {
		y := q.text(widget.Style{Font: theme.BodyBold, Size: s.Body, Colour: c.Ink2, Leading: 1.3}, number.String(), 0, 0, width)
		line := func(text string) { y = q.text(q.style(theme.Body, s.Body, c.Ink), text, 0, y+s.Gap*0.5, width) }
		switch {
		case known != nil && known.Here && known.Sent.IsZero():
			y = q.text(q.h1(), w.T("lookup.off.waiting"), 0, y, width)
			line(w.T("lookup.off.waiting.line"))
		case known != nil && known.Here:
			y = q.text(q.h1(), w.T("lookup.off.sent", "date", w.Date(known.Sent.In(v.Now.Location()))), 0, y, width)
			line(w.T("lookup.off.sent.line"))
		default:
			y = q.text(q.h1(), w.T("lookup.off"), 0, y, width)
			line(w.T("lookup.off.line"))
		}
		if known != nil && !known.Again.IsZero() {
			line(w.T("lookup.off.again", "date", w.Date(known.Again)))
		}
		if v.Hours != "" {
			line(w.T("receipt.hours", "hours", v.Hours))
		}
		return q.notice("info", c.Info, c.InfoTint, w.T("lookup.off.unchecked"), 0, y+s.Gap, width)
	})
	p.button("done", widget.Primary, "check", w.T("done"), rect{s.Margin, a.actions.y, full, a.actions.h}, Done{})
	p.bar(false)
	return p.end(nil)
}
