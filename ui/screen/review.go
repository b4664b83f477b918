package screen

import (
	"strings"

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
	s, w, col := p.s, v.Words, p.c
	a := p.areas(0)
	p.header(false)
	personal := false
	for _, field := range asked {
		personal = personal || field.Personal && d.Answers[field.ID] != ""
	}
	room := a.head
	if s.Portrait {
		room.h *= 0.5
	}
	y := p.body(room, func(q *paint, width float32) float32 {
		y := q.chip(f, 0, width)
		y = q.text(q.h1(), w.T("review.title"), 0, y+s.Gap*0.6, width)
		if trouble != "" {
			y = q.notice("warning", col.Error, col.ErrorTint, trouble, 0, y+s.Gap*0.4, width)
		} else {
			y = q.text(q.style(theme.Body, s.Hint, col.Ink2), w.T("review.line"), 0, y+s.Gap*0.1, width)
		}
		if left := f.Unhelped(d); len(left) > 0 {
			var names []string
			for _, field := range left {
				names = append(names, field.Label.In(w.Language))
			}
			y = q.notice("info", col.Info, col.InfoTint, w.T("review.helpful", "fields", strings.Join(names, ", ")), 0, y+s.Gap*0.4, width)
		}
		return y
	})
	p.below(&a, y)
	p.body(a.control, func(q *paint, width float32) float32 {
		pad := s.Gap * 0.7
		label := q.style(theme.BodySemi, s.Label, col.Ink2)
		changeW := max(s.Target*1.7, widget.Measure(p.k.Theme, q.style(theme.Heading, s.Button*0.85, col.Ink), w.T("change"))+s.Button*2.6)
		changeW = min(changeW, width*0.34)
		changeH := s.Target
		inner := width - changeW - 3*pad
		y := float32(0)
		if personal {
			key, icon := "review.show", "eye"
			if reveal {
				key, icon = "review.hide", "eye-slash"
			}
			b := q.put("reveal", q.k.Chip(icon, w.T(key), reveal, s.Target, func() { v.Do(Reveal{}) }), 0, y)
			y += b.Size().Height + s.Gap*0.6
		}
		top := y
		for i, field := range asked {
			value := d.Answers[field.ID]
			if field.Type == form.Identity {
				value = string(d.Identity)
			}
			said, colour := readable(v, &field, value, c), col.Ink
			switch {
			case value == "":
				said, colour = w.T("review.empty"), col.Ink2
			case field.Personal && !reveal:
				said = mask(said)
			}
			name := field.Label.In(w.Language)
			head, lh := widget.NewText(p.k.Theme, label, name, inner)
			text, th := widget.NewText(p.k.Theme, q.style(theme.Body, s.Hint, colour), said, inner)
			height := max(lh+th, changeH) + max(pad, s.Apart)
			q.say(name + ": ")
			// What a visitor wrote themselves is read to earphones only.
			q.private = field.Type == form.LongText || field.Type == form.TextLine || field.Personal
			q.say(said)
			q.private = false
			q.add(head, pad, y+(height-lh-th)/2)
			q.add(text, pad, y+(height-lh-th)/2+lh)
			b := q.button("change "+field.ID, widget.Outline, "pencil-simple", w.T("change"), rect{width - changeW - pad*0.6, y + (height-changeH)/2, changeW, changeH}, Change{field.ID})
			b.Name = w.T("change") + ": " + name
			y += height
			if i < len(asked)-1 {
				q.ground(col.Line, 0, rect{pad, y - 1, width - 2*pad, 2})
			}
		}
		card := p.k.Ground(col.Card, col.Edge, s.Radius, fyne.NewPos(0, top), fyne.NewSize(width, y-top))
		if !col.Contrast {
			card.StrokeColor = col.Line
		}
		q.objects = append([]fyne.CanvasObject{card}, q.objects...)
		return y
	})
	send := w.T("review.send")
	if f.Opinion {
		send = w.T("survey.send")
	}
	p.actions(a.actions, "paper-plane-tilt", send, Send{})
	p.bar(false)
	return p.end(nil)
}

// message is a screen of one sign and one sentence.
func message(v View, icon, title string, lines []string) *paint {
	p := begin(v)
	s := p.s
	p.header(false)
	side := s.H1 * 2.6
	full := s.Width - 2*s.Margin
	y := s.Header + (s.Height-s.Header-s.Bar)*0.24
	if !s.Portrait {
		side, y = s.H1*2, s.Header+s.Gap*1.5
	}
	p.add(p.k.Symbol(icon, p.c.Primary, 0, 0, side), (s.Width-side)/2, y)
	y = p.text(p.centred(p.h1()), title, s.Margin, y+side+s.Gap*0.6, full)
	for _, line := range lines {
		y = p.text(p.centred(p.style(theme.Body, s.Body, p.c.Ink)), line, s.Margin, y+s.Gap*0.4, full)
	}
	return p
}

// foot is where the one button of a message stands.
func (p *paint) foot() rect {
	s := p.s
	width := min(s.Width-2*s.Margin, s.Button*24)
	return rect{(s.Width - width) / 2, s.Height - s.Bar - s.Primary - s.Gap*1.5, width, s.Primary}
}

// Sending is shown while the report is stored.
func Sending(v View, opinion bool) Screen {
	key := "sending.title"
	if opinion {
		key = "sending.opinion"
	}
	p := message(v, "hourglass-duotone", v.Words.T(key), nil)
	p.bar(false)
	return p.end(nil)
}

// Rating asks how easy the kiosk was: one touch, then thanks.
func Rating(v View) Screen {
	p := begin(v)
	s, w := p.s, v.Words
	p.header(false)
	full := s.Width - 2*s.Margin
	y := p.text(p.centred(p.h1()), w.T("rate.title"), s.Margin, s.Header+s.Gap*2, full)
	y = p.text(p.centred(p.style(theme.Body, s.Body, p.c.Ink2)), w.T("rate.line"), s.Margin, y, full) + s.Gap*1.5
	foot := p.foot()
	gap := max(s.Gap, s.Apart)
	columns := 4
	if s.Portrait {
		columns = 2
	}
	room := foot.y - y - s.Gap*2
	rows := 4 / columns
	each := (full - float32(columns-1)*gap) / float32(columns)
	high := min((room-float32(rows-1)*gap)/float32(rows), each*0.8)
	if v.Reach {
		y = max(y, min(v.ReachTop, foot.y-s.Gap-float32(rows)*(high+gap)))
	}
	for i, face := range []struct{ icon, value, key string }{{"smiley-sad", "1", "rate.1"}, {"smiley-meh", "2", "rate.2"}, {"smiley", "3", "rate.3"}, {"smiley-sticker", "4", "rate.4"}} {
		t := p.k.Face(face.icon, w.T(face.key), false, fyne.NewSize(each, high), func() { v.Do(Rate{face.value}) })
		p.put("rate "+face.value, t, s.Margin+float32(i%columns)*(each+gap), y+float32(i/columns)*(high+gap))
	}
	p.button("skip", widget.Outline, "", w.T("skip"), foot, Rate{""})
	p.bar(false)
	return p.end(nil)
}

// Thanks ends a visit; it leaves by itself.
func Thanks(v View, slip bool) Screen {
	line := v.Words.T("thanks.survey")
	if slip {
		line = v.Words.T("thanks.receipt")
	}
	p := message(v, "check-circle-duotone", v.Words.T("thanks.title"), []string{line})
	p.button("done", widget.Primary, "check", v.Words.T("done"), p.foot(), Done{})
	p.bar(true)
	return p.end(nil)
}

// OutOfService says that this kiosk takes nothing now; reason may be empty.
func OutOfService(v View, reason string) Screen {
	lines := []string{v.Words.T("out.line")}
	if reason != "" {
		lines = append([]string{reason}, lines...)
	}
	if v.Hours != "" {
		lines = append(lines, v.Words.T("receipt.hours", "hours", v.Hours))
	}
	p := message(v, "wrench-duotone", v.Words.T("out.title"), lines)
	p.button("track", widget.Outline, "qr-code", v.Words.T("home.track"), p.foot(), Track{})
	p.bar(true)
	return p.end(nil)
}

// Trouble says that the program failed; the kiosk starts again in left seconds.
func Trouble(v View, left int) Screen {
	p := message(v, "warning-duotone", v.Words.T("trouble.title"), []string{v.Words.T("trouble.line", "n", left)})
	p.button("done", widget.Primary, "arrow-counter-clockwise", v.Words.T("trouble.now"), p.foot(), Done{})
	return p.end(nil)
}

// Called is the sign that a visitor needs staff: large enough to be seen
// across the lobby, with nothing of the visit on it.
func Called(v View, dirty bool) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	p.band(rect{0, 0, s.Width, s.Height})
	full := s.Width - 2*s.Margin
	side := min(s.Height*0.26, s.Width*0.4)
	y := s.Gap * 3
	if s.Portrait {
		y = s.Height * 0.12
	}
	p.add(p.k.Symbol("hand-palm-duotone", c.BandHigh, 0, 0, side), (s.Width-side)/2, y)
	big := p.centred(widget.Style{Font: theme.HeadingBold, Size: s.Display, Colour: c.OnBand, Leading: 1.15})
	foot := p.foot()
	lines := []string{w.T("call.line"), w.T("call.desk")}
	if dirty {
		lines = append(lines, w.T("call.safe"))
	}
	p.body(rect{s.Margin, y + side + s.Gap, full, foot.y - y - side - 2*s.Gap}, func(q *paint, width float32) float32 {
		y := q.text(big, w.T("call.title"), 0, 0, width) + s.Gap
		for _, line := range lines {
			y = q.text(q.centred(widget.Style{Font: theme.Body, Size: s.Body, Colour: c.OnBand}), line, 0, y, width) + s.Gap*0.3
		}
		return y
	})
	p.button("stay", widget.Outline, "check", w.T("call.done"), foot, Stay{})
	p.bar(false)
	return p.end(nil)
}
