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
}

// Receipt shows number, code and QR code, large enough to photograph. left is
// the seconds until it closes, 0 while there is time.
func Receipt(v View, x receipt.Receipt, pr Print, connected bool, left int) (Screen, error) {
	p := begin(v)
	s, w := p.s, v.Words
	p.header(false)
	top := s.Header + s.Gap
	bottom := s.Height - s.Bar - s.Gap
	full := rect{s.Margin, top, s.Width - 2*s.Margin, bottom - top}
	one, two := full, full
	if !s.Portrait {
		one.w = (full.w - s.Margin) * 0.52
		two.x, two.w = one.x+one.w+s.Margin, full.w-one.w-s.Margin
	}

	// What was received, and by when it is answered.
	due := w.T("receipt.screen.due", "date", w.Date(x.Due))
	if x.Estimated {
		due += " " + w.T("receipt.screen.estimated")
	}
	pad := s.Gap
	mark := s.H1 * 1.5
	title, th := widget.NewText(p.k.Theme, widget.Style{Font: theme.Heading, Size: s.H2, Colour: theme.OK, Leading: 1.2}, w.T("receipt.screen.title"), one.w-mark-3*pad)
	line, lh := widget.NewText(p.k.Theme, p.style(theme.BodySemi, s.Hint, theme.OK), due, one.w-mark-3*pad)
	h := max(th+lh, mark) + 2*pad
	p.add(p.k.Ground(theme.OKTint, theme.OKTint, s.Radius, fyne.NewPos(0, 0), fyne.NewSize(one.w, h)), one.x, one.y)
	p.add(p.k.Symbol("check", theme.OK, 0, 0, mark), one.x+pad, one.y+(h-mark)/2)
	p.add(title, one.x+2*pad+mark, one.y+(h-th-lh)/2)
	p.add(line, one.x+2*pad+mark, one.y+(h-th-lh)/2+th)
	one.y += h + s.Gap

	// The code, dot for dot, on white.
	room := min(one.w*0.52, s.Height*0.4)
	qr, err := receipt.QR(x.URL, int(room))
	if err != nil {
		return Screen{}, fmt.Errorf("receipt screen: %w", err)
	}
	side := float32(qr.Rect.Dx())
	cardH := side + 2*pad
	p.add(p.k.Ground(theme.Card, theme.Line, s.Radius, fyne.NewPos(0, 0), fyne.NewSize(one.w, cardH)), one.x, one.y)
	code := p.k.QR(qr)
	// Whole pixels: half a pixel would blur the modules' edges.
	p.add(code, float32(int(one.x+pad*0.5)), float32(int(one.y+pad)))
	tx, tw := one.x+side+pad, one.w-side-pad*1.5
	st := p.style(theme.Body, s.Label, theme.Ink2)
	big := widget.Style{Font: theme.BodyBold, Size: s.Code, Colour: theme.Ink, Leading: 1.15}
	for widget.Measure(p.k.Theme, big, x.Code.Grouped()) > tw {
		big.Size *= 0.96
	}
	ty := p.text(st, w.T("receipt.number"), tx, one.y+pad, tw)
	ty = p.text(big, x.Number.String(), tx, ty, tw)
	ty = p.text(st, w.T("receipt.code"), tx, ty+pad*0.5, tw)
	ty = p.text(big, x.Code.Grouped(), tx, ty, tw)
	p.text(p.style(theme.BodySemi, s.Label, theme.Ink), w.T("receipt.screen.photo"), tx, ty+pad*0.5, tw)
	one.y += cardH + s.Gap
	if s.Portrait {
		two.y = one.y
	}

	// The paper.
	icon, ink, tint := "printer", theme.Info, theme.InfoTint
	if !pr.Well {
		icon, ink, tint = "warning", theme.Warn, theme.WarnTint
	}
	box, bh := p.k.Notice(icon, ink, tint, w.T(pr.Key), two.w)
	p.add(box, two.x, two.y)
	two.y += bh + s.Gap
	if !connected {
		box, bh := p.k.Notice("plugs", theme.Info, theme.InfoTint, w.T("receipt.screen.offline"), two.w)
		p.add(box, two.x, two.y)
		two.y += bh + s.Gap
	}
	two.y = p.text(p.style(theme.Heading, s.Body, theme.Ink), w.T("receipt.screen.next"), two.x, two.y, two.w)
	for i, next := range x.Next {
		p.text(p.style(theme.Heading, s.Hint, theme.Primary), fmt.Sprintf("%d", i+1), two.x, two.y+s.Gap*0.3, s.Hint*1.6)
		two.y = p.text(p.style(theme.Body, s.Hint, theme.Ink), next.In(w.Language), two.x+s.Hint*1.6, two.y+s.Gap*0.3, two.w-s.Hint*1.6)
	}
	button := rect{two.x, bottom - s.Primary, two.w, s.Primary}
	if left > 0 {
		box, bh := p.k.Notice("hourglass", theme.Warn, theme.WarnTint, w.T("receipt.screen.closing", "n", left), two.w)
		p.add(box, two.x, button.y-bh-s.Gap*0.5)
	}
	p.button("done", widget.Primary, "check", w.T("done"), button, Done{})
	p.bar(false)
	return p.end(nil), nil
}
