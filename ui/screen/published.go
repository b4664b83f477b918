package screen

import (
	"strings"

	"fyne.io/fyne/v2"

	"loket/kiosk/form"
	"loket/kiosk/published"
	"loket/kiosk/receipt"
	"loket/ui/keyboard"
	"loket/ui/theme"
	"loket/ui/widget"
)

// MostFound is how many pieces of published information are shown at once.
const MostFound = 8

// Sifting is where a visitor stands who looks for published information.
type Sifting struct {
	Form    *form.Form
	Words   string
	Writing bool // the keyboard is there
	Found   []published.Item
	All     int  // how many there are
	Example bool // the list is made up
}

// Published asks, before a request is written, whether what it asks for is
// public already. While words are written, what fits shows below them; without
// the keyboard there is more room for it.
func Published(v View, f Sifting) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	sought := strings.TrimSpace(f.Words)
	keys := float32(0)
	if f.Writing {
		keys = p.keysHeight(5)
		if !s.Portrait {
			keys = p.keysHeight(4)
		}
	}
	a := p.areas(keys)
	if a.header {
		p.header(false)
	}
	room := a.head
	if s.Portrait {
		room.h -= s.Answer*2.2 + s.Gap
	}
	y := p.body(room, func(q *paint, width float32) float32 {
		air := q.air()
		if f.Writing && sought != "" {
			air = 1 // the room goes to what was found
		}
		y := q.chip(f.Form, 0, width)
		title := "published.title"
		if sought != "" && f.All > 0 {
			title = "published.one_of"
		}
		y = q.text(q.h1(), w.T(title), 0, y+s.Gap*0.7*air, width)
		switch {
		case f.Example:
			y = q.notice("info", c.Warn, c.WarnTint, w.T("published.made_up"), 0, y+s.Gap*0.3, width)
		case !f.Writing && f.All > 0:
			return q.text(q.style(theme.Body, s.Hint, c.Ink2), w.T("published.of", "n", f.All), 0, y, width)
		}
		if sought == "" || !s.Portrait {
			y = q.text(q.style(theme.Body, s.Hint, c.Ink2), w.T("published.line"), 0, y+s.Gap*0.15*air, width)
		}
		return y
	})
	p.below(&a, y)
	board := p.sift(a, f, sought)
	label := w.T("published.none_of")
	if sought == "" {
		label = w.T("published.skip")
	}
	p.actions(a.actions, "arrow-right", label, Continue{})
	if board != nil {
		p.add(board.Object(), a.keys.x, a.keys.y)
	}
	p.bar(false)
	return p.end(board)
}

// sift puts the words looked for and what was found.
func (p *paint) sift(a areas, f Sifting, sought string) (board *keyboard.Keyboard) {
	s, w, c := p.s, p.v.Words, p.c
	r := a.control
	high := s.Answer
	if f.Writing {
		target := p.k.Field(f.Words, widget.FieldStyle{Caret: p.v.Caret}, fyne.NewSize(r.w, high), func(text string) { p.v.Do(Seek{text}) }, nil)
		p.add(target, r.x, r.y)
		board = keyboard.New(p.k, w, keyboard.Options{Layout: keyboard.Letters, ABC: p.v.ABC, Size: fyne.NewSize(a.keys.w, a.keys.h), Done: w.T("published.search"),
			Enter: func() { p.v.Do(Sift{}) }, Ready: p.v.Ready, Order: func(abc bool) { p.v.Do(Order{abc}) }}, target)
	} else {
		high = max(s.Target, s.Answer*0.85)
		label := sought
		if label == "" {
			label = w.T("published.words")
		}
		t := p.button("rewrite", widget.Outline, "magnifying-glass", p.cut(p.style(theme.Heading, s.Button, c.Ink), label, r.w*0.8), rect{r.x, r.y, r.w, high}, Sift{Write: true})
		t.Name = w.T("published.words") + ": " + label
	}
	r.y += high + s.Gap*0.6
	r.h -= high + s.Gap*0.6
	switch {
	case f.Writing && sought == "":
		if r.h > s.Hint*1.4 {
			p.text(p.style(theme.Body, s.Hint, c.Ink2), w.T("published.example"), r.x, r.y, r.w)
		}
		return board
	case len(f.Found) == 0:
		p.body(r, func(q *paint, width float32) float32 {
			return q.notice("info", c.Info, c.InfoTint, w.T("published.none"), 0, 0, width)
		})
		return board
	}
	p.body(r, func(q *paint, width float32) float32 {
		gap := max(s.Gap*0.6, s.Apart)
		y := float32(0)
		for _, i := range f.Found {
			icon, place := q.place(i)
			line := i.Summary
			if line == "" {
				line = i.Unit
			}
			line = q.cut(q.style(theme.Body, s.Hint, c.Ink), line, width-3*s.Gap-s.H2)
			t := q.put("item "+i.ID, q.k.Entry(i.Title, line, icon, place, width, func() { p.v.Do(Look{i.ID}) }), 0, y)
			y += t.Size().Height + gap
		}
		if more := f.All - len(f.Found); more > 0 {
			return q.text(q.style(theme.Body, s.Hint, c.Ink2), w.T("published.more", "n", more), 0, y, width)
		}
		return y - gap + 4
	})
	return board
}

// place is where an item is, and an icon for it.
func (p *paint) place(i published.Item) (icon, place string) {
	switch {
	case i.URL() != "":
		return "globe", i.Address()
	case i.Where != "":
		return "map-pin", i.Where
	}
	return "map-pin", p.v.Words.T("published.desk")
}

// cut shortens a line at a word, so that it fits.
func (p *paint) cut(st widget.Style, line string, width float32) string {
	if widget.Measure(p.k.Theme, st, line) <= width {
		return line
	}
	words := strings.Fields(line)
	for n := len(words) - 1; n > 0; n-- {
		if short := strings.TrimRight(strings.Join(words[:n], " "), ",.;:") + "…"; widget.Measure(p.k.Theme, st, short) <= width {
			return short
		}
	}
	letters := []rune(line)
	for n := len(letters) - 1; n > 0; n-- {
		if short := string(letters[:n]) + "…"; widget.Measure(p.k.Theme, st, short) <= width {
			return short
		}
	}
	return "…"
}

// PublishedItem shows where a piece of published information is, with a code to
// take along on a telephone. ended says that it is what the visitor wanted.
func PublishedItem(v View, f *form.Form, i published.Item, vocabulary *published.Vocabulary, ended bool) Screen {
	p := begin(v)
	s, w := p.s, v.Words
	p.header(false)
	full := s.Width - 2*s.Margin
	gap := max(s.Gap, s.Apart)
	bottom := s.Height - s.Bar - max(s.Gap*0.8, s.Apart)
	rows := float32(1)
	if s.Portrait && !ended {
		rows = 2
	}
	actions := rect{s.Margin, bottom - rows*s.Primary - (rows-1)*gap, full, s.Primary}
	top := float32(int(s.Header + s.Gap*1.2))
	r := rect{s.Margin, top, full, actions.y - top - s.Gap}
	words := func(q *paint, width float32) float32 { return q.about(f, i, vocabulary, ended, width) }
	if s.Portrait {
		all := func(q *paint, width float32) float32 {
			y := words(q, width) + s.Gap
			return q.whereabouts(i, y, width, min(width*0.46, s.Height*0.3))
		}
		if v.Reach && all(newPaint(v), r.w) > r.h+1 { // it scrolls, and is scrolled within reach
			r.h -= max(v.ReachTop-r.y, 0)
			r.y = max(r.y, float32(int(v.ReachTop)))
		}
		p.body(r, all)
	} else {
		left, right := r, r
		left.w = (full - s.Margin) * 0.52
		right.x, right.w = left.x+left.w+s.Margin, full-left.w-s.Margin
		p.body(left, words)
		q := newPaint(v)
		q.whereabouts(i, 0, right.w, min(right.w*0.5, right.h-2*s.Gap))
		p.add(widget.Group(q.objects...), right.x, right.y)
		p.said = append(p.said, q.said...)
	}
	if ended {
		p.button("done", widget.Primary, "check", w.T("done"), actions, Done{})
		p.bar(false)
		return p.end(nil)
	}
	yes := actions
	rest := rect{actions.x, actions.y + s.Primary + gap, actions.w, s.Primary}
	if !s.Portrait {
		yes.w = (full - gap) * 0.42
		yes.x = actions.x + full - yes.w
		rest = rect{actions.x, actions.y, full - yes.w - gap, s.Primary}
	}
	back := (rest.w - gap) * 0.34
	ask := func() {
		p.button("back", widget.Outline, "arrow-left", w.T("back"), rect{rest.x, rest.y, back, rest.h}, Back{})
		p.button("no", widget.Outline, "", w.T("published.no"), rect{rest.x + back + gap, rest.y, rest.w - back - gap, rest.h}, Continue{})
	}
	if !s.Portrait {
		ask()
	}
	p.button("main", widget.Primary, "check", w.T("published.yes"), yes, Found{})
	if s.Portrait {
		ask()
	}
	p.bar(false)
	return p.end(nil)
}

// about writes what an item is.
func (p *paint) about(f *form.Form, i published.Item, vocabulary *published.Vocabulary, ended bool, width float32) float32 {
	s, w, c := p.s, p.v.Words, p.c
	air := p.air()
	var y float32
	if ended {
		y = p.notice("check-circle-fill", c.OK, c.OKTint, w.T("published.bye")+". "+w.T("published.bye.line"), 0, 0, width)
	} else {
		y = p.chip(f, 0, width)
		y = p.text(p.style(theme.Body, s.Body, c.Ink), w.T("published.is_it"), 0, y+s.Gap*0.7*air, width)
	}
	y = p.text(p.h1(), i.Title, 0, y+s.Gap*0.3*air, width)
	if i.Summary != "" {
		y = p.text(p.style(theme.Body, s.Body, c.Ink), i.Summary, 0, y+s.Gap*0.2*air, width)
	}
	var facts []string
	if category, ok := vocabulary.Category(i.Category); ok {
		facts = append(facts, category.Label.In(w.Language))
	}
	if i.Unit != "" {
		facts = append(facts, i.Unit)
	}
	for _, format := range i.Format {
		facts = append(facts, w.T("published."+format))
	}
	return p.text(p.style(theme.Body, s.Hint, c.Ink2), strings.Join(facts, " · "), 0, y+s.Gap*0.3*air, width)
}

type styled struct {
	st   widget.Style
	text string
}

// whereabouts draws the card that says where an item is, from y, with a code at
// most room wide where it is on the web. It returns the y below it.
func (p *paint) whereabouts(i published.Item, y, width, room float32) float32 {
	s, w := p.s, p.v.Words
	pad := s.Gap
	_, place := p.place(i)
	ink := theme.Light.Ink // the code stands on white in every theme, and its words with it
	label := widget.Style{Font: theme.Body, Size: s.Hint, Colour: ink, Leading: 1.25}
	big := widget.Style{Font: theme.BodySemi, Size: s.Body, Colour: ink, Leading: 1.25}
	x, text := pad, width-2*pad
	side := float32(0)
	qr, err := receipt.QR(i.URL(), int(room))
	if i.URL() != "" && err == nil { // a very long address has no code that a screen can show
		side = float32(qr.Rect.Dx())
		x, text = pad+side+pad*0.6, width-side-2.6*pad
		if text < s.Body*7 { // no room beside it
			x, text = pad, width-2*pad
		}
	}
	var boxes []*fyne.Container
	var heights []float32
	total := float32(0)
	lines := []styled{{label, w.T("published.where")}}
	if side > 0 {
		lines = []styled{{big, w.T("published.scan")}, {label, w.T("published.or")}}
	}
	parts := []string{place}
	if i.URL() != "" { // an address is broken behind its host, if anywhere
		if host, path, ok := strings.Cut(place, "/"); ok && widget.Measure(p.k.Theme, big, place) > text {
			parts = []string{host + "/", path}
		}
		for _, part := range parts {
			big = p.oneLine(big, part, text)
		}
	}
	for _, part := range parts {
		lines = append(lines, styled{big, part})
	}
	for _, l := range lines {
		p.say(l.text)
		box, h := widget.NewText(p.k.Theme, l.st, l.text, text)
		boxes, heights, total = append(boxes, box), append(heights, h+s.Gap*0.2), total+h+s.Gap*0.2
	}
	height := max(side+1.2*pad, total+1.6*pad)
	beside := x > pad
	if side > 0 && !beside {
		height = side + total + 1.8*pad
	}
	p.add(p.k.Ground(theme.Light.Card, p.c.Line, s.Radius, fyne.Position{}, fyne.NewSize(width, height)), 0, y)
	ty := y + (height-total)/2
	if side > 0 {
		at := y + (height-side)/2
		if !beside {
			at, ty = y+pad*0.6, y+side+pad*0.9
		}
		p.add(p.k.QR(qr), float32(int(pad*0.6)), float32(int(at))) // whole pixels, or the modules blur
	}
	for n, box := range boxes {
		p.add(box, x, ty)
		ty += heights[n]
	}
	return y + height + 4
}
