package screen

import (
	"image/color"

	"fyne.io/fyne/v2"

	"loket/kiosk/words"
	"loket/ui/theme"
	"loket/ui/widget"
)

// sheet draws a question over the darkened screen.
func sheet(v View, icon, title string, lines []string, yes, no string, yesName, noName string, yesDo, noDo Action) Screen {
	p := &paint{v: v, k: v.Kit, s: v.Kit.Sizes, touches: map[string]*widget.Touch{}}
	s := p.s
	scrim := p.k.Ground(color.NRGBA{20, 40, 43, 200}, color.NRGBA{20, 40, 43, 200}, 0, fyne.NewPos(0, 0), fyne.NewSize(s.Width, s.Height))
	p.add(scrim, 0, 0)
	width := min(s.Width-2*s.Margin, s.Button*28)
	pad := s.Margin * 0.9
	inner := width - 2*pad
	x := (s.Width - width) / 2
	heading := widget.Style{Font: theme.Heading, Size: s.H1, Colour: theme.Ink, Leading: 1.18, Align: fyne.TextAlignCenter}
	body := widget.Style{Font: theme.Body, Size: s.Body, Colour: theme.Ink, Align: fyne.TextAlignCenter}
	head, h := widget.NewText(p.k.Theme, heading, title, inner)
	mark := s.H1 * 1.6
	height := pad*2 + mark + s.Gap + h + s.Gap + 2*s.Primary + s.Gap
	var texts []*fyne.Container
	var heights []float32
	for _, line := range lines {
		t, th := widget.NewText(p.k.Theme, body, line, inner)
		texts, heights = append(texts, t), append(heights, th)
		height += th + s.Gap*0.5
	}
	y := (s.Height - s.Bar - height) / 2
	p.add(p.k.Ground(theme.Card, theme.Card, s.Radius*1.6, fyne.NewPos(0, 0), fyne.NewSize(width, height)), x, y)
	y += pad
	p.add(p.k.Symbol(icon, theme.Primary, 0, 0, mark), x+(width-mark)/2, y)
	y += mark + s.Gap
	p.add(head, x+pad, y)
	y += h + s.Gap*0.5
	for i, t := range texts {
		p.add(t, x+pad, y)
		y += heights[i] + s.Gap*0.5
	}
	y += s.Gap * 0.5
	p.button(yesName, widget.Primary, "", yes, rect{x + pad, y, inner, s.Primary}, yesDo)
	p.button(noName, widget.Danger, "", no, rect{x + pad, y + s.Primary + s.Gap, inner, s.Primary}, noDo)
	p.bar(false)
	return p.end(nil)
}

// Idle warns that everything will be wiped in left seconds. other are the
// words of the other language, which is always shown too.
func Idle(v View, other words.Words, left int) Screen {
	w := v.Words
	return sheet(v, "hourglass", w.T("idle.title"), []string{w.T("idle.line"), w.T("idle.seconds", "n", left), other.T("idle.title")},
		w.T("idle.stay"), w.T("idle.erase"), "stay", "erase", Stay{}, Erase{})
}

// StartOver asks whether to wipe everything.
func StartOver(v View) Screen {
	w := v.Words
	return sheet(v, "arrow-counter-clockwise", w.T("restart.title"), nil, w.T("restart.no"), w.T("restart.yes"), "stay", "erase", Stay{}, Erase{})
}

// OutOfService says that this kiosk takes nothing now.
func OutOfService(v View) Screen {
	p := begin(v)
	p.header(true)
	s := p.s
	st := p.h1()
	st.Align = fyne.TextAlignCenter
	p.add(p.k.Symbol("warning", theme.Primary, 0, 0, s.H1*2), s.Width/2-s.H1, s.Height*0.35-s.H1*2.5)
	y := p.text(st, v.Words.T("out.title"), s.Margin, s.Height*0.35, s.Width-2*s.Margin)
	st = p.style(theme.Body, s.Body, theme.Ink)
	st.Align = fyne.TextAlignCenter
	p.text(st, v.Words.T("out.line"), s.Margin, y+s.Gap, s.Width-2*s.Margin)
	p.bar(false)
	return p.end(nil)
}
