package screen

import (
	"fyne.io/fyne/v2"

	"loket/kiosk"
	"loket/kiosk/form"
	"loket/ui/theme"
	"loket/ui/widget"
)

// Review shows every answer, each with a way to change it. trouble is a
// sentence about what has to be mended or what failed, or empty.
func Review(v View, f *form.Form, asked []form.Field, d kiosk.Draft, trouble string, reveal bool, c *form.Catalogue) Screen {
	p := begin(v)
	s, w := p.s, v.Words
	a := p.areas(false, 0)
	p.header(false)
	y := p.chip(f, a.head.x, a.head.y)
	y = p.text(p.h1(), w.T("review.title"), a.head.x, y+s.Gap*0.7, a.head.w)
	y = p.text(p.style(theme.Body, s.Hint, theme.Ink2), w.T("review.line"), a.head.x, y+s.Gap*0.2, a.head.w)
	if trouble != "" {
		box, h := p.k.Notice("warning", theme.Error, theme.ErrorTint, trouble, a.head.w)
		p.add(box, a.head.x, y+s.Gap*0.5)
		y += h + s.Gap*0.5
	}
	personal := false
	for _, field := range asked {
		personal = personal || field.Personal && d.Answers[field.ID] != ""
	}
	if personal {
		key, icon := "review.show", "eye"
		if reveal {
			key, icon = "review.hide", "eye-slash"
		}
		b := p.k.Key("  "+w.T(key), "", theme.Card, fyne.NewSize(a.head.w*0.6, s.Answer*0.8), 0, func() { v.Do(Reveal{}) })
		p.add(b, a.head.x, y+s.Gap*0.5)
		p.add(p.k.Symbol(icon, theme.Ink, 0, 0, s.Hint*1.2), a.head.x+s.Gap*0.6, y+s.Gap*0.5+s.Answer*0.4-s.Hint*0.6)
		p.touches["reveal"] = b
		y += s.Answer*0.8 + s.Gap*0.5
	}
	a.below(y, s)
	r := a.control
	width := r.w - p.k.ScrollButtons()
	list, top := widget.Group(), float32(0)
	changeW := max(s.Answer*1.7, s.Button*5.6)
	for _, field := range asked {
		value := d.Answers[field.ID]
		if field.Type == form.Identity {
			value = string(d.Identity)
		}
		said, colour := Readable(v, &field, value, c), theme.Ink
		switch {
		case value == "":
			said, colour = w.T("review.empty"), theme.Ink2
		case field.Personal && !reveal:
			said = mask(said)
		}
		label, lh := widget.NewText(p.k.Theme, p.style(theme.BodySemi, s.Label, theme.Ink2), field.Label.In(w.Language), width-changeW-s.Gap)
		text, th := widget.NewText(p.k.Theme, p.style(theme.Body, s.Hint, colour), said, width-changeW-s.Gap)
		height := max(lh+th, s.Answer*0.85)
		label.Move(fyne.NewPos(0, top))
		text.Move(fyne.NewPos(0, top+lh))
		b := p.k.Button(widget.Outline, "pencil-simple", w.T("change"), fyne.NewSize(changeW, s.Answer*0.85), func() { v.Do(Change{field.ID}) })
		b.Move(fyne.NewPos(width-changeW, top))
		rule := p.k.Ground(theme.Line, theme.Line, 0, fyne.NewPos(0, top+height+s.Gap*0.35), fyne.NewSize(width, 2))
		list.Add(label)
		list.Add(text)
		list.Add(b)
		list.Add(rule)
		p.touches["change "+field.ID] = b
		top += height + s.Gap*0.75
	}
	p.add(p.k.Scroll(list, fyne.NewSize(r.w, r.h)), r.x, r.y)
	p.actions(a.actions, "paper-plane-tilt", w.T("review.send"), Send{})
	p.bar(true)
	return p.end(nil)
}

// Sending is shown while the report is stored.
func Sending(v View) Screen {
	p := begin(v)
	p.header(false)
	st := p.h1()
	st.Align = fyne.TextAlignCenter
	p.add(p.k.Symbol("hourglass", theme.Primary, 0, 0, p.s.H1*2), p.s.Width/2-p.s.H1, p.s.Height*0.4-p.s.H1*2.5)
	p.text(st, v.Words.T("sending.title"), p.s.Margin, p.s.Height*0.4, p.s.Width-2*p.s.Margin)
	return p.end(nil)
}
