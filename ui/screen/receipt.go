package screen

import (
	"fmt"

	"fyne.io/fyne/v2"

	"loket/kiosk/receipt"
	"loket/ui/theme"
	"loket/ui/widget"
)

// Print is how far the paper is: the key of a sentence and whether it is well.
type Print struct {
	Key  string // print.…
	Well bool
	Busy bool // still printing
	Ask  bool // only the visitor can tell whether it came out
}

// Receipt shows number, code and QR code, large enough to photograph. left is
// the seconds until it closes, 0 while there is time.
func Receipt(v View, x receipt.Receipt, pr Print, connected bool, left int) (Screen, error) {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	p.header(false)
	top := s.Header + s.Gap*0.8
	bottom := s.Height - s.Bar - max(s.Gap*0.8, s.Apart)
	full := rect{s.Margin, top, s.Width - 2*s.Margin, bottom - top}
	one, two := full, full
	if !s.Portrait {
		one.w = (full.w - s.Margin) * 0.53
		two.x, two.w = one.x+one.w+s.Margin, full.w-one.w-s.Margin
	}

	// What was received, and by when it is answered.
	air := p.air()
	pad := s.Gap * min(air, 1.4)
	mark := s.H1 * 1.5
	inner := one.w - mark - 3*pad
	title, th := widget.NewText(p.k.Theme, widget.Style{Font: theme.Heading, Size: s.H2 * 0.95, Colour: c.OK, Leading: 1.2}, w.T("receipt.screen.title"), inner)
	due := w.T("receipt.screen.due", "date", w.Date(x.Due))
	if x.Estimated {
		due += " " + w.T("receipt.screen.estimated")
	}
	if x.Pages > 0 {
		due += ". " + w.T("receipt.pages", "n", x.Pages) + "."
	}
	line, lh := widget.NewText(p.k.Theme, widget.Style{Font: theme.Heading, Size: s.Hint * 0.93, Colour: c.OK, Leading: 1.28, Even: true}, due, inner)
	p.say(w.T("receipt.screen.title") + ". " + due)
	h := max(th+lh, mark) + 1.4*pad
	card := p.k.Ground(c.OKTint, c.OKTint, s.Radius, fyne.Position{}, fyne.NewSize(one.w, h))
	if c.Contrast {
		card.StrokeColor, card.StrokeWidth = c.OK, 3
	}
	p.add(card, one.x, one.y)
	p.add(p.k.Symbol("check-circle-fill", c.OK, 0, 0, mark), one.x+pad, one.y+(h-mark)/2)
	p.add(title, one.x+2*pad+mark, one.y+(h-th-lh)/2)
	p.add(line, one.x+2*pad+mark, one.y+(h-th-lh)/2+th)
	one.y += h + s.Gap*0.8*air

	// The code, dot for dot, on white in every theme: scanners want it so.
	room := min(one.w*0.48, s.Height*0.36)
	if !s.Portrait {
		room = min(room, bottom-one.y-2*pad)
	}
	qr, err := receipt.QR(x.URL, int(room))
	if err != nil {
		return Screen{}, fmt.Errorf("receipt screen: %w", err)
	}
	side := float32(qr.Rect.Dx())
	tx, tw := one.x+side+pad*1.6, one.w-side-pad*2.6
	st := widget.Style{Font: theme.Body, Size: s.Label, Colour: theme.Light.Ink, Leading: 1.25}
	big := widget.Style{Font: theme.BodyBold, Size: s.Code, Colour: theme.Light.Ink, Leading: 1.15}
	for widget.Measure(p.k.Theme, big, x.Code.Grouped()) > tw {
		big.Size *= 0.96
	}
	var texts []*fyne.Container
	var heights []float32
	for _, t := range []struct {
		st   widget.Style
		text string
	}{{st, w.T("receipt.number")}, {big, x.Number.String()}, {st, w.T("receipt.code")}, {big, x.Code.Grouped()},
		{widget.Style{Font: theme.BodySemi, Size: s.Label, Colour: theme.Light.Ink, Leading: 1.25}, w.T("receipt.screen.photo")}} {
		box, h := widget.NewText(p.k.Theme, t.st, t.text, tw)
		texts, heights = append(texts, box), append(heights, h)
	}
	p.say(w.T("receipt.screen.photo"))
	total := float32(0)
	for _, h := range heights {
		total += h
	}
	cardH := max(side+1.4*pad, total+1.4*pad)
	p.add(p.k.Ground(theme.Light.Card, c.Line, s.Radius, fyne.Position{}, fyne.NewSize(one.w, cardH)), one.x, one.y)
	// Whole pixels: half a pixel would blur the modules' edges.
	p.add(p.k.QR(qr), float32(int(one.x+pad*0.7)), float32(int(one.y+(cardH-side)/2)))
	ty := one.y + (cardH-total)/2
	for i, t := range texts {
		p.add(t, tx, ty)
		ty += heights[i]
	}
	one.y += cardH + s.Gap*0.8*air
	if s.Portrait {
		two.y = one.y
	}

	// The buttons stand at the foot, the rest between.
	button := rect{two.x, bottom - s.Primary, two.w, s.Primary}
	rest := rect{two.x, two.y, two.w, button.y - two.y - s.Gap}
	type extra struct {
		id, icon, label string
		do              Action
	}
	var extras []extra
	if v.Earphones && v.Voice {
		extras = append(extras, extra{"aloud", "speaker-high", w.T("receipt.screen.aloud"), Aloud{}})
	}
	if pr.Ask {
		extras = append(extras, extra{"cameout", "check", w.T("receipt.screen.cameout"), CameOut{}})
	}
	if pr.Ask || pr.Well && !pr.Busy {
		extras = append(extras, extra{"missing", "printer", w.T("receipt.screen.missing"), Missing{}})
	}
	if n := float32(len(extras)); n > 0 {
		gap := max(s.Gap, s.Apart)
		high := max(s.Target, s.Answer*0.85)
		each := (two.w - (n-1)*gap) / n
		for i, e := range extras {
			p.button(e.id, widget.Outline, e.icon, e.label, rect{two.x + float32(i)*(each+gap), button.y - high - gap, each, high}, e.do)
		}
		rest.h -= high + gap
	}
	p.body(rest, func(q *paint, width float32) float32 {
		y := float32(0)
		if left > 0 {
			y = q.notice("hourglass", c.Warn, c.WarnTint, w.T("receipt.screen.closing", "n", left), 0, y, width) + s.Gap*0.7*air
		}
		icon, ink, tint := "printer", c.Info, c.InfoTint
		if !pr.Well {
			icon, ink, tint = "warning", c.Warn, c.WarnTint
		}
		y = q.notice(icon, ink, tint, w.T(pr.Key), 0, y, width) + s.Gap*0.7*air
		if !connected {
			y = q.notice("plugs", c.Info, c.InfoTint, w.T("receipt.screen.offline"), 0, y, width) + s.Gap*0.7*air
		}
		if missing := x.Incomplete(w); missing != "" {
			y = q.notice("list-checks", c.Info, c.InfoTint, missing, 0, y, width) + s.Gap*0.7*air
		}
		y = q.text(q.style(theme.Heading, s.Body, c.Ink), w.T("receipt.screen.next"), 0, y, width)
		for i, next := range x.Next {
			dot := s.Hint * 1.45
			q.ground(c.Primary, dot/2, rect{0, y + s.Gap*0.3*air, dot, dot})
			n := q.centred(widget.Style{Font: theme.Heading, Size: s.Hint * 0.85, Colour: c.OnPrimary, Leading: 1.2})
			q.silent(n, fmt.Sprint(i+1), 0, y+s.Gap*0.3*air+(dot-n.Size*1.2)/2, dot)
			y = q.text(widget.Style{Font: theme.Body, Size: s.Hint, Colour: c.Ink, Leading: 1.28}, next.In(w.Language), dot+s.Gap*0.5, y+s.Gap*0.3*air+(dot-s.Hint*1.28)/2, width-dot-s.Gap*0.5)
		}
		return y
	})
	p.button("done", widget.Primary, "check", w.T("done"), button, Done{})
	p.bar(false)
	return p.end(nil), nil
}
