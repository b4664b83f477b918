package screen

import (
	"fyne.io/fyne/v2"

	"loket/ui/keyboard"
	"loket/ui/theme"
	"loket/ui/widget"
)

// Gallery shows every control in every state, for those who change one. The
// bar of helps changes text size and contrast, as for a visitor; the keyboard
// shown is the n-th layout.
func Gallery(v View, n int) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	layouts := []keyboard.Layout{keyboard.Letters, keyboard.Numbers, keyboard.Email, keyboard.Code, keyboard.Address}
	rows := float32(5)
	if !s.Portrait {
		rows = 4
	}
	keys := p.keysHeight(rows)
	r := rect{0, s.Height - s.Bar - keys, s.Width, keys}
	full := s.Width - 2*s.Margin
	field := fyne.NewSize(full*0.48, s.Answer)
	first := p.k.Field("Loket 3", widget.FieldStyle{Caret: -1}, field, func(string) {}, nil)
	p.body(rect{s.Margin, s.Gap, full, r.y - 2*s.Gap}, func(q *paint, width float32) float32 {
		gap := max(s.Gap, s.Apart)
		x, y, line := float32(0), float32(0), float32(0)
		next := func() { x, y, line = 0, y+line+gap, 0 }
		place := func(id string, t *widget.Touch) *widget.Touch {
			if x > 0 && x+t.Size().Width > width {
				next()
			}
			q.put(id, t, x, y)
			x += t.Size().Width + gap
			line = max(line, t.Size().Height)
			return t
		}
		title := func(text string) {
			if x > 0 {
				next()
			}
			y = q.text(q.style(theme.Heading, s.Body, c.Ink), text, 0, y, width) + gap*0.4
		}
		none := func() {}
		third := (width - 2*gap) / 3

		y = q.text(widget.Style{Font: theme.HeadingBold, Size: s.Display, Colour: c.Ink, Leading: 1.12}, "Display", 0, y, width)
		y = q.text(q.h1(), "H1 · Apa yang terjadi?", 0, y, width)
		y = q.text(q.style(theme.Body, s.Body, c.Ink), "Body · Antrean 0O 1Il 5S 8B", 0, y, width)
		y = q.text(q.style(theme.Body, s.Hint, c.Ink2), "Hint · Satu kalimat pendek saja.", 0, y, width)
		y = q.text(widget.Style{Font: theme.BodyBold, Size: s.Code, Colour: c.Ink, Leading: 1.2}, "QV8N3 HD6W", 0, y, width) + gap

		title("Button")
		for _, b := range []struct {
			name, icon string
			kind       widget.Kind
		}{{"Primary", "arrow-right", widget.Primary}, {"Outline", "arrow-left", widget.Outline}, {"Danger", "", widget.Danger}} {
			for _, state := range []string{"", " pressed", " focus"} {
				t := place(b.name+state, q.k.Button(b.kind, b.icon, b.name+state, fyne.NewSize(third, s.Primary), none))
				t.ShowPressed(state == " pressed")
				t.SetFocus(state == " focus")
			}
		}
		title("Chip, Help")
		for _, on := range []bool{false, true} {
			id := map[bool]string{true: " on", false: " off"}[on]
			place("chip"+id, q.k.Chip("eye-slash", w.T("veil"), on, s.Target, none))
			place("help"+id, q.k.Help("text-aa", w.T("bar.size"), on, fyne.NewSize(s.Bar, s.Bar), none))
		}
		title("Tile")
		for _, d := range []string{"complaint", "suggestion", "information", "objection", "track", "survey"} {
			icon, hue := q.door(d)
			place("tile "+d, q.k.Tile(icon+"-duotone", hue, d, "…", fyne.NewSize(third, max(s.Answer*1.2, s.H2*4.4)), 0.8, none))
		}
		title("Option")
		place("option", q.k.Option("", w.T("date.today"), "", false, width, none))
		place("option chosen", q.k.Option("lock-key-duotone", w.T("identity.confidential.label"), w.T("identity.confidential.hint"), true, width, none))
		title("Entry")
		place("entry", q.k.Entry("Laporan kinerja", "Capaian sasaran dan anggaran.", "globe", "ppid.example.go.id/lkjip", width, none))
		title("Face")
		for i, icon := range []string{"smiley-sad", "smiley-meh", "smiley", "smiley-sticker"} {
			place("face "+icon, q.k.Face(icon, w.T([]string{"rate.1", "rate.2", "rate.3", "rate.4"}[i]), i == 3, fyne.NewSize((width-3*gap)/4, max(s.Answer*1.5, s.Body*5)), none))
		}
		title("Notice, Steps, Countdown, Field")
		y = q.notice("info", c.Info, c.InfoTint, w.T("home.offline"), 0, y, width) + gap
		y = q.notice("shield-check", c.OK, c.OKTint, w.T("before.privacy"), 0, y, width) + gap
		y = q.notice("warning", c.Warn, c.WarnTint, w.T("print.paper"), 0, y, width) + gap
		y = q.notice("warning", c.Error, c.ErrorTint, w.T("problem.required"), 0, y, width) + gap
		q.add(q.k.Steps(2, 7, width*0.6), 0, y+s.H1)
		q.add(q.k.Countdown(19, 30, s.H1*2.4), width-s.H1*2.6, y)
		y += s.H1*2.4 + gap
		q.add(first, 0, y)
		q.add(q.k.Field("Rahasia saya", widget.FieldStyle{Masked: true, Caret: -1}, fyne.NewSize(width-field.Width-gap, field.Height), func(string) {}, nil), field.Width+gap, y)
		y += field.Height + gap
		y = q.text(q.style(theme.Heading, s.Body, c.Ink), "Band", 0, y, width)
		q.ground(c.Band, s.Radius, rect{0, y, width, s.Display * 1.6})
		q.text(widget.Style{Font: theme.HeadingBold, Size: s.H2, Colour: c.OnBand, Leading: 1.2}, w.T("home.title"), s.Gap, y+s.Gap*0.6, width-2*s.Gap)
		y += s.Display*1.6 + gap
		place("layout", q.k.Button(widget.Outline, "keyboard", "Keyboard", fyne.NewSize(third*1.4, s.Primary), func() { v.Do(Continue{}) }))
		next()
		return y
	})
	board := p.board(layouts[n%len(layouts)], r, first, func() {})
	p.add(board.Object(), r.x, r.y)
	p.bar(true)
	return p.end(board)
}
