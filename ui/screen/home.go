package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"loket/kiosk/form"
	"loket/ui/theme"
	"loket/ui/widget"
)

// door says how a form looks on the home screen.
func (p *paint) door(name string) (icon string, hue theme.Hue) {
	c := p.c
	switch name {
	case "complaint":
		return "megaphone", c.Complaint
	case "suggestion":
		return "lightbulb", c.Suggestion
	case "information":
		return "file-magnifying-glass", c.Information
	case "objection":
		return "scales", c.Objection
	case "track":
		return "qr-code", c.Tracking
	case "survey", "stars", "ease":
		return "smiley", c.Rating
	}
	return "info", c.Information
}

// band is the greeting's ground with the kawung on it.
func (p *paint) band(r rect) {
	p.ground(p.c.Band, 0, r)
	if p.c.Contrast {
		p.ground(p.c.Edge, 0, rect{r.x, r.bottom() - 3, r.w, 3})
		return
	}
	// The pattern stands at the right, clear of the words.
	side := min(r.h, r.w*0.34)
	from := r.y
	if r.h > p.s.Height*0.9 { // the whole glass: below the words
		side, from = min(r.w, r.h)*0.5, r.y+r.h*0.55
	}
	leaves, err := p.k.Theme.Kawung(p.c.Ornament, int(side))
	if err != nil {
		fyne.LogError("an ornament is missing", err)
		return
	}
	for y := from; y < r.bottom()-1; y += side {
		image := canvas.NewImageFromImage(leaves)
		image.FillMode = canvas.ImageFillStretch
		image.Resize(fyne.NewSize(side, side))
		clip := container.NewClip(image)
		clip.Resize(fyne.NewSize(side, min(side, r.bottom()-y)))
		p.add(clip, r.x+r.w-side, y)
	}
}

// Home is the greeting and the doors.
func Home(v View, forms []*form.Form, connected, paper bool) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	full := s.Width - 2*s.Margin
	hello := widget.Style{Font: theme.Heading, Size: s.Body, Colour: c.BandHigh, Leading: 1.3}
	title := widget.Style{Font: theme.HeadingBold, Size: s.Display, Colour: c.OnBand, Leading: 1.12, Even: true}
	line := widget.Style{Font: theme.Body, Size: s.Body, Colour: c.OnBand, Leading: 1.3}
	if !s.Portrait {
		title.Size *= 0.8
	}
	gap := max(s.Gap, s.Apart)
	height := func(st widget.Style, key string) float32 {
		_, h := widget.NewText(p.k.Theme, st, w.T(key), full)
		return h
	}
	band := s.Gap*1.2 + height(hello, "home.welcome") + height(title, "home.title") + s.Gap*0.3 + height(line, "home.line") + s.Gap*1.2
	lap := s.Gap * 1.6 // the tiles lie on the band's edge
	if c.Contrast {
		lap = -s.Gap
	}
	if v.Reach {
		band = max(band, v.ReachTop-s.Header+lap)
	}
	p.band(rect{0, s.Header, s.Width, band + max(lap, 0)})
	p.header(true)
	y := p.text(hello, w.T("home.welcome"), s.Margin, s.Header+s.Gap*1.2, full)
	y = p.text(title, w.T("home.title"), s.Margin, y, full)
	p.text(line, w.T("home.line"), s.Margin, y+s.Gap*0.3, full)

	// What a visitor should know stands at the foot, above the bar.
	foot, icon, ink, tint := w.T("home.foot"), "shield-check", c.OK, c.OKTint
	switch {
	case !connected:
		foot, icon, ink, tint = w.T("home.offline"), "plugs", c.Info, c.InfoTint
	case !paper:
		foot, icon, ink, tint = w.T("home.nopaper"), "receipt", c.Info, c.InfoTint
	}
	_, noticeH := p.k.Notice(icon, ink, tint, foot, full)
	top := s.Header + band
	if lap < 0 {
		top -= lap
	}
	bottom := s.Height - s.Bar - s.Gap*0.8
	type entry struct {
		name, title, line string
		do                Action
	}
	track := entry{"track", w.T("home.track"), w.T("home.track.line"), Track{}}
	if v.Scanner {
		track.line = w.T("home.track.scan")
	}
	var doors []entry
	for _, f := range forms {
		if f.Opinion && track.do != nil {
			doors, track.do = append(doors, track), nil
		}
		doors = append(doors, entry{f.Name, f.Title.In(w.Language), f.Purpose.In(w.Language), Open{f.Name}})
	}
	if track.do != nil {
		doors = append(doors, track)
	}
	room := bottom - noticeH - s.Gap - top
	// As many columns as leave the words their size: larger text has fewer,
	// and pages.
	grid := func(columns int, width float32) (size fyne.Size, fit float32) {
		rows := float32((len(doors) + columns - 1) / columns)
		least := max(s.Answer, s.H2*1.2+s.Body*2.6+s.Gap*2.6)
		size = fyne.NewSize((width-float32(columns-1)*gap)/float32(columns), max(min((room-(rows-1)*gap-4)/rows, s.H2*9.2), least))
		fit = 1
		for _, d := range doors {
			fit = min(fit, p.k.TileFit(d.title, d.line, size))
		}
		return size, fit
	}
	columns := 3
	if s.Portrait {
		columns = 2
	}
	for columns > 1 {
		if _, fit := grid(columns, full-p.k.ScrollButtons()); fit > 0.92 {
			break
		}
		columns--
	}
	build := func(q *paint, width float32) float32 {
		size, fit := grid(columns, width)
		bottom := float32(0)
		for i, d := range doors {
			x := float32(i%columns) * (size.Width + gap)
			y := float32(i/columns) * (size.Height + gap)
			icon, hue := q.door(d.name)
			q.put(d.name, q.k.Tile(icon+"-duotone", hue, d.title, d.line, size, fit, func() { v.Do(d.do) }), x, y)
			bottom = y + size.Height
		}
		return bottom + 4 // the foot of the lowest
	}
	end := p.body(rect{s.Margin, top, full, room}, build)
	p.notice(icon, ink, tint, foot, s.Margin, min(max(end+s.Gap, (end+bottom-noticeH)/2), bottom-noticeH), full)
	p.bar(true)
	return p.end(nil)
}

// Attract calls people over while nobody is there. Any touch opens the home
// screen. n says which sentence stands there.
func Attract(v View, n int) Screen {
	p := newPaint(v)
	s, w, c := p.s, v.Words, p.c
	p.band(rect{0, 0, s.Width, s.Height})
	full := s.Width - 2*s.Margin
	width, high := min(full, s.Button*18), s.Primary*1.3
	button := rect{(s.Width - width) / 2, s.Height - s.Bar - high - s.Gap*2, width, high}
	side, y := s.Display*2.2, s.Height*0.16
	if !s.Portrait {
		side, y = s.Display*1.5, s.Gap*1.5
	}
	p.ground(c.Card, side*0.2, rect{(s.Width - side) / 2, y, side, side})
	p.kawung(c.Primary, s.Width/2, y+side/2, side*0.74)
	title := p.centred(widget.Style{Font: theme.Heading, Size: s.H2, Colour: c.BandHigh, Leading: 1.2})
	y = p.silent(title, v.Ministry, s.Margin, y+side+s.Gap*0.7, full)
	y = p.silent(p.centred(widget.Style{Font: theme.Body, Size: s.Body, Colour: c.OnBand, Leading: 1.3}), v.Office, s.Margin, y, full)
	big := p.centred(widget.Style{Font: theme.HeadingBold, Size: s.Display * 1.25, Colour: c.OnBand, Leading: 1.15, Even: true})
	sentence := w.T([...]string{"attract.1", "attract.2", "attract.3"}[n%3])
	for _, h := widget.NewText(p.k.Theme, big, sentence, full); h > button.y-y-2*s.Gap && big.Size > s.Body; _, h = widget.NewText(p.k.Theme, big, sentence, full) {
		big.Size *= 0.95
	}
	if s.Portrait {
		y += s.Gap * 2
	}
	p.text(big, sentence, s.Margin, y+s.Gap, full)
	p.button("wake", widget.Outline, "hand-tap", w.T("attract.touch"), button, Wake{})
	p.bar(true)
	return p.end(nil)
}

// HowTo shows the way through in three steps.
func HowToPage(v View) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	p.header(false)
	a := p.areas(0)
	full := s.Width - 2*s.Margin
	room := rect{s.Margin, a.head.y, full, a.actions.y - a.head.y - s.Gap}
	p.body(room, func(q *paint, width float32) float32 {
		y := q.text(q.h1(), w.T("how.title"), 0, 0, width) + s.Gap
		for i, step := range []struct{ icon, key string }{{"hand-tap-duotone", "how.1"}, {"chat-text-duotone", "how.2"}, {"receipt-duotone", "how.3"}} {
			side := s.H1 * 2
			h := side + s.Gap*1.6
			st := widget.Style{Font: theme.Heading, Size: s.H2, Colour: c.Ink, Leading: 1.25}
			text, th := widget.NewText(q.k.Theme, st, w.T(step.key), width-side-3*s.Gap)
			h = max(h, th+s.Gap*1.6)
			q.add(q.k.Ground(c.Card, c.Line, s.Radius, fyne.Position{}, fyne.NewSize(width, h)), 0, y)
			q.add(q.k.Symbol(step.icon, c.Primary, 0, 0, side), s.Gap, y+(h-side)/2)
			q.say(w.T("how.step", "n", i+1) + ". " + w.T(step.key))
			q.add(text, side+2*s.Gap, y+(h-th)/2)
			y += h + s.Gap
		}
		y = q.text(q.style(theme.Body, s.Body, c.Ink), w.T("how.keys"), 0, y, width)
		return q.text(q.style(theme.BodySemi, s.Body, c.Ink), w.T("how.help"), 0, y+s.Gap*0.5, width)
	})
	p.button("main", widget.Primary, "check", w.T("how.done"), rect{s.Margin, a.actions.y, full, a.actions.h}, Back{})
	p.bar(false)
	return p.end(nil)
}

// Before says what a form takes, and what the law asks for.
func Before(v View, f *form.Form) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	a := p.areas(0)
	full := s.Width - 2*s.Margin
	p.header(false)
	room := rect{s.Margin, a.head.y, full, a.actions.y - a.head.y - s.Gap}
	p.body(room, func(q *paint, width float32) float32 {
		air := q.air()
		y := q.chip(f, 0, width)
		y = q.text(q.h1(), w.T("before.title"), 0, y+s.Gap*0.8*air, width)
		y = q.text(q.style(theme.Body, s.Body, c.Ink), f.Before.In(w.Language), 0, y+s.Gap*0.4*air, width) + s.Gap*air
		if notice := f.Notice.In(w.Language); notice != "" {
			y = q.notice("info", c.Info, c.InfoTint, notice, 0, y, width) + s.Gap
		}
		privacy := "before.privacy"
		if f.Opinion {
			privacy = "before.opinion"
		}
		y = q.notice("shield-check", c.OK, c.OKTint, w.T(privacy), 0, y, width) + s.Gap
		half := min(width, s.Button*20)
		q.button("privacy", widget.Outline, "lock-key", w.T("before.notice"), rect{0, y, half, max(s.Target, s.Answer*0.9)}, Privacy{})
		y += max(s.Target, s.Answer*0.9) + s.Gap
		if f.NeedsName() {
			q.button("unnamed", widget.Outline, "mask-happy", w.T("before.unnamed"), rect{0, y, half, max(s.Target, s.Answer*0.9)}, Open{"suggestion"})
			y += max(s.Target, s.Answer*0.9) + s.Gap
		}
		if f.Opinion {
			return y
		}
		return q.text(q.style(theme.BodySemi, s.Hint, c.Error), w.T("before.emergency"), 0, y, width)
	})
	p.actions(rect{s.Margin, a.actions.y, full, a.actions.h}, "arrow-right", w.T("start"), Begin{})
	p.bar(false)
	return p.end(nil)
}

// PrivacyNotice is what the law on personal data (UU 27/2022 art. 21) wants
// told before anything is asked.
func PrivacyNotice(v View) Screen {
	p := begin(v)
	s, w, c := p.s, v.Words, p.c
	a := p.areas(0)
	full := s.Width - 2*s.Margin
	p.header(false)
	p.body(rect{s.Margin, a.head.y, full, a.actions.y - a.head.y - s.Gap}, func(q *paint, width float32) float32 {
		y := q.text(q.h1(), w.T("privacy.title"), 0, 0, width) + s.Gap*0.6
		for _, part := range []struct{ title, line string }{
			{w.T("privacy.why"), w.T("privacy.why.line")}, {w.T("privacy.law"), w.T("privacy.law.line")},
			{w.T("privacy.what"), w.T("privacy.what.line")}, {w.T("privacy.who"), w.T("privacy.who.line")},
			{w.T("privacy.long"), w.T("privacy.long.line")}, {w.T("privacy.rights"), w.T("privacy.rights.line")},
		} {
			y = q.text(q.style(theme.Heading, s.Body, c.Ink), part.title, 0, y, width)
			y = q.text(q.style(theme.Body, s.Hint, c.Ink), part.line, 0, y, width) + s.Gap*0.6*q.air()
		}
		return y
	})
	p.button("main", widget.Primary, "check", w.T("privacy.done"), rect{s.Margin, a.actions.y, full, a.actions.h}, Back{})
	p.bar(false)
	return p.end(nil)
}

// chip names the service in at most so much room, and returns the y below it.
func (p *paint) chip(f *form.Form, y, room float32) float32 {
	icon, hue := p.door(f.Name)
	st := p.style(theme.Heading, p.s.Hint*0.95, hue.Ink)
	title := f.Title.In(p.v.Words.Language)
	height := max(p.s.Hint*1.75, st.Size*1.6)
	p.say(title)
	st = p.oneLine(st, title, room-height*1.6)
	width := widget.Measure(p.k.Theme, st, title) + height*1.6
	box := p.k.Ground(hue.Tint, hue.Tint, height/2, fyne.Position{}, fyne.NewSize(width, height))
	if p.c.Contrast {
		box.StrokeColor, box.StrokeWidth = p.c.Edge, 2
	}
	p.add(box, 0, y)
	p.add(p.k.Symbol(icon, hue.Ink, 0, 0, height*0.6), height*0.4, y+height*0.2)
	text, h := widget.NewText(p.k.Theme, st, title, width)
	p.add(text, height*1.15, y+(height-h)/2)
	return y + height
}

// chipRoom is how wide a chip may be: the progress stands beside it.
func (p *paint) chipRoom() float32 {
	if p.s.Portrait {
		return (p.s.Width - 2*p.s.Margin) * 0.46
	}
	return (p.s.Width - 3*p.s.Margin) * 5 / 12 * 0.62
}
