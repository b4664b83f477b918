package screen

import (
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
	s, w := p.s, v.Words
	share := float32(0.29)
	if !s.Portrait {
		share = 0.4
	}
	a := p.areas(true, share)
	p.header(false)
	y := p.text(p.h1(), w.T("lookup.title"), a.head.x, a.head.y, a.head.w)
	y = p.text(p.style(theme.Body, s.Hint, theme.Ink2), w.T("lookup.line"), a.head.x, y, a.head.w)
	if message != "" {
		box, h := p.k.Notice("warning", theme.Error, theme.ErrorTint, w.T(message), a.head.w)
		p.add(box, a.head.x, y+s.Gap*0.5)
		y += h + s.Gap*0.5
	}
	a.below(y, s)
	r := a.control
	var keys *keyboard.Keyboard
	var first, second *widget.Field
	height := s.Answer * 0.9
	size := fyne.NewSize(r.w, height)
	first = p.k.Field(number, false, size, func(text string) { number = text }, func() { keys.SetTarget(first) })
	second = p.k.Field(code, false, size, func(text string) { code = text }, func() { keys.SetTarget(second) })
	label := p.style(theme.BodySemi, s.Hint, theme.Ink)
	y = p.text(label, w.T("lookup.number"), r.x, r.y, r.w)
	p.add(first, r.x, y)
	y = p.text(label, w.T("lookup.code"), r.x, y+height+s.Gap*0.5, r.w)
	p.add(second, r.x, y)
	keys = keyboard.New(p.k, w, keyboard.Code, fyne.NewSize(a.keys.w, a.keys.h), first, func() {})
	keys.Ready = v.Ready
	p.add(keys.Object(), a.keys.x, a.keys.y)
	back := (a.actions.w - s.Gap) * 0.38
	p.button("back", widget.Outline, "arrow-left", w.T("back"), rect{a.actions.x, a.actions.y, back, a.actions.h}, Back{})
	show := p.k.Button(widget.Primary, "arrow-right", w.T("lookup.show"), fyne.NewSize(a.actions.w-back-s.Gap, a.actions.h), func() { v.Do(LookUp{number, code}) })
	p.add(show, a.actions.x+back+s.Gap, a.actions.y)
	p.touches["main"] = show
	p.bar(true)
	sc := p.end(keys)
	return sc
}

// Status shows what the hub says of a report.
func Status(v View, t kiosk.Tracking) Screen {
	p := begin(v)
	s, w := p.s, v.Words
	p.header(false)
	full := s.Width - 2*s.Margin
	y := s.Header + s.Gap*1.5
	bottom := s.Height - s.Bar - s.Gap - s.Primary
	if t.Result == kiosk.TrackNotArrived {
		y = p.text(p.h1(), t.Number.String(), s.Margin, y, full)
		box, _ := p.k.Notice("info", theme.Info, theme.InfoTint, w.T("lookup.not_arrived"), full)
		p.add(box, s.Margin, y+s.Gap)
	} else {
		y = p.text(p.style(theme.BodyBold, s.Body, theme.Ink2), t.Number.String(), s.Margin, y, full)
		y = p.text(p.h1(), w.T("status."+string(t.Status)), s.Margin, y, full)
		y = p.text(p.style(theme.Body, s.Body, theme.Ink), w.T("status."+string(t.Status)+".line"), s.Margin, y, full)
		for _, d := range []struct{ key, iso string }{{"lookup.received", t.Received}, {"lookup.due", t.Due}} {
			if day, err := time.Parse(time.DateOnly, d.iso); err == nil {
				y = p.text(p.style(theme.BodySemi, s.Hint, theme.Ink), w.T(d.key, "date", w.Date(day)), s.Margin, y+s.Gap*0.4, full)
			}
		}
		if t.Answer != "" {
			y = p.text(p.style(theme.Heading, s.Body, theme.Ink), w.T("lookup.answer"), s.Margin, y+s.Gap, full)
			answer, h := widget.NewText(p.k.Theme, p.style(theme.Body, s.Hint, theme.Ink), t.Answer, full-p.k.ScrollButtons())
			box := widget.Group(answer)
			p.add(p.k.Scroll(box, fyne.NewSize(full, min(h, bottom-y-s.Gap*2))), s.Margin, y+s.Gap*0.4)
		}
	}
	p.button("done", widget.Primary, "check", w.T("done"), rect{s.Margin, bottom, full, s.Primary}, Done{})
	p.bar(false)
	return p.end(nil)
}

// Looking is shown while the hub is asked.
func Looking(v View) Screen {
	p := begin(v)
	p.header(false)
	st := p.h1()
	st.Align = fyne.TextAlignCenter
	p.add(p.k.Symbol("magnifying-glass", theme.Primary, 0, 0, p.s.H1*2), p.s.Width/2-p.s.H1, p.s.Height*0.4-p.s.H1*2.5)
	p.text(st, v.Words.T("lookup.wait"), p.s.Margin, p.s.Height*0.4, p.s.Width-2*p.s.Margin)
	return p.end(nil)
}
