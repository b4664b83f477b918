package screen

import (
	"fyne.io/fyne/v2"

	"loket/kiosk"
	"loket/kiosk/words"
	"loket/ui/theme"
	"loket/ui/widget"
)

// answer is a button on a sheet.
type answer struct {
	id    string
	kind  widget.Kind
	label string
	do    Action
}

// sheet draws a question over the darkened screen. mark is drawn on top of
// it, as high and wide as side.
func sheet(v View, mark fyne.CanvasObject, side float32, title string, lines []string, answers []answer) Screen {
	p := newPaint(v)
	s, c := p.s, p.c
	p.ground(c.Scrim, 0, rect{0, 0, s.Width, s.Height})
	width := min(s.Width-2*s.Margin, s.Button*26)
	pad := s.Margin * 0.8
	inner := width - 2*pad
	gap := max(s.Gap, s.Apart)
	heading := p.centred(p.h1())
	body := p.centred(widget.Style{Font: theme.Body, Size: s.Body, Colour: c.Ink, Leading: 1.3})
	high := s.Primary
	if !s.Portrait {
		high = max(s.Target, s.Answer*0.9)
	}
	buttons := float32(len(answers))*(high+gap) - gap
	// On a low picture the mark goes first, then the lines scroll.
	most := s.Height - s.Bar - 2*s.Gap - 2*pad - buttons - gap
	content := func(q *paint, w float32) float32 {
		y := q.text(heading, title, 0, 0, w) + s.Gap*0.4
		for _, line := range lines {
			y = q.text(body, line, 0, y, w) + s.Gap*0.3
		}
		return y
	}
	need := content(newPaint(v), inner)
	if need+side+gap > most {
		mark, side = nil, -gap
	}
	room := min(need, most-side-gap)
	height := pad*2 + side + gap + room + gap + buttons
	x, y := (s.Width-width)/2, (s.Height-s.Bar-height)/2
	if v.Reach {
		y = max(y, min(v.ReachTop-height+buttons+pad, s.Height-s.Bar-height-s.Gap))
	}
	card := p.k.Ground(c.Card, c.Card, s.Radius*1.5, fyne.Position{}, fyne.NewSize(width, height))
	if c.Contrast {
		card.StrokeColor, card.StrokeWidth = c.Edge, 3
	}
	p.add(card, x, y)
	y += pad
	if mark != nil {
		p.add(mark, x+(width-side)/2, y)
	}
	y += side + gap
	p.body(rect{x + pad, y, inner, room}, content)
	y += room + gap
	for _, a := range answers {
		p.button(a.id, a.kind, "", a.label, rect{x + pad, y, inner, high}, a.do)
		y += high + gap
	}
	p.bar(false)
	return p.end(nil)
}

// Idle warns that everything will be wiped in left of so many seconds. other
// are the words of the other language, which is always shown too.
func Idle(v View, other words.Words, left, of int) Screen {
	w := v.Words
	side := v.Kit.Sizes.H1 * 3.2
	return sheet(v, v.Kit.Countdown(left, of, side), side, w.T("idle.title"), []string{w.T("idle.line"), w.T("idle.seconds", "n", left), other.T("idle.title") + " " + other.T("idle.extend")},
		[]answer{{"stay", widget.Primary, w.T("idle.stay"), Stay{}}, {"erase", widget.Danger, w.T("idle.erase"), Erase{}}})
}

// StartOver asks whether to wipe everything.
func StartOver(v View) Screen {
	w := v.Words
	side := v.Kit.Sizes.H1 * 1.6
	return sheet(v, v.Kit.Symbol("arrow-counter-clockwise", v.Kit.Colour.Primary, 0, 0, side), side, w.T("restart.title"), nil,
		[]answer{{"stay", widget.Primary, w.T("restart.no"), Stay{}}, {"erase", widget.Danger, w.T("restart.yes"), Erase{}}})
}

// NoSound says that this kiosk cannot speak, and who can.
func NoSound(v View) Screen {
	w := v.Words
	side := v.Kit.Sizes.H1 * 1.6
	return sheet(v, v.Kit.Symbol("speaker-slash", v.Kit.Colour.Primary, 0, 0, side), side, w.T("nosound.title"), []string{w.T("nosound.line")},
		[]answer{{"stay", widget.Primary, w.T("close"), Stay{}}, {"call", widget.Outline, w.T("bar.call"), Call{}}})
}

// Languages lets the visitor choose one.
func Languages(v View, all []words.Language) Screen {
	side := v.Kit.Sizes.H1 * 1.6
	var answers []answer
	for _, l := range all {
		name := l.Name
		if l.Draft {
			name = v.Words.T("language.draft", "name", l.Name)
		}
		kind := widget.Outline
		if l.Code == v.Words.Language {
			kind = widget.Primary
		}
		answers = append(answers, answer{"language " + string(l.Code), kind, name, Speak{kiosk.Language(l.Code)}})
	}
	return sheet(v, v.Kit.Symbol("translate", v.Kit.Colour.Primary, 0, 0, side), side, v.Words.T("language.title"), nil, answers)
}
