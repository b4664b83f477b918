package screen

import (
	"fyne.io/fyne/v2"

	"loket/kiosk/form"
	"loket/ui/theme"
	"loket/ui/widget"
)

// Doors says how each form looks on the home screen.
var doors = map[string]struct {
	icon string
	hue  theme.Hue
}{
	"complaint":   {"megaphone", theme.Complaint},
	"suggestion":  {"lightbulb", theme.Suggestion},
	"information": {"file-magnifying-glass", theme.Information},
}

func door(name string) (icon string, hue theme.Hue) {
	d, ok := doors[name]
	if !ok {
		return "info", theme.Information
	}
	return d.icon, d.hue
}

// Home is the greeting and the doors.
func Home(v View, forms []*form.Form, connected bool) Screen {
	p := begin(v)
	s, w := p.s, v.Words
	band := s.Height * 0.2
	if !s.Portrait {
		band = s.Height * 0.27
	}
	y := s.Header + s.Gap*1.4
	p.add(p.k.Ground(theme.Primary, theme.Primary, 0, fyne.NewPos(0, 0), fyne.NewSize(s.Width, band)), 0, s.Header)
	st := p.style(theme.Heading, s.Body, theme.WarnTint)
	y = p.text(st, w.T("home.welcome"), s.Margin, y, s.Width-2*s.Margin)
	st = widget.Style{Font: theme.HeadingBold, Size: s.Display, Colour: theme.Card, Leading: 1.12}
	if !s.Portrait {
		st.Size *= 0.85
	}
	y = p.text(st, w.T("home.title"), s.Margin, y, s.Width-2*s.Margin)
	p.text(p.style(theme.Body, s.Body, theme.Card), w.T("home.line"), s.Margin, y+s.Gap*0.3, s.Width-2*s.Margin)

	top := s.Header + band + s.Gap
	bottom := s.Height - s.Bar - s.Gap - s.Hint*2.4
	columns, rows := float32(2), float32((len(forms)+2)/2)
	width := (s.Width - 2*s.Margin - (columns-1)*s.Gap) / columns
	height := (bottom - top - (rows-1)*s.Gap) / rows
	height = min(height, s.H2*13)
	for i := range len(forms) + 1 {
		x := s.Margin + float32(i%2)*(width+s.Gap)
		y := top + float32(i/2)*(height+s.Gap)
		size := fyne.NewSize(width, height)
		var tile *widget.Touch
		name := "track"
		if i < len(forms) {
			f := forms[i]
			name = f.Name
			icon, hue := door(f.Name)
			tile = p.k.Tile(icon, hue, f.Title.In(w.Language), f.Purpose.In(w.Language), size, func() { v.Do(Open{f.Name}) })
		} else {
			tile = p.k.Tile("qr-code", theme.Tracking, w.T("home.track"), w.T("home.track.line"), size, func() { v.Do(Track{}) })
		}
		p.add(tile, x, y)
		p.touches[name] = tile
	}
	y = top + rows*(height+s.Gap)
	if connected {
		foot := p.style(theme.BodySemi, s.Hint, theme.Ink)
		foot.Align = fyne.TextAlignCenter
		p.text(foot, w.T("home.foot"), s.Margin, y, s.Width-2*s.Margin)
	} else {
		box, _ := p.k.Notice("plugs", theme.Info, theme.InfoTint, w.T("home.offline"), s.Width-2*s.Margin)
		p.add(box, s.Margin, y-s.Gap*0.3)
	}
	p.header(true)
	p.bar(false)
	return p.end(nil)
}

// Before says what a form takes, and what the law asks for.
func Before(v View, f *form.Form) Screen {
	p := begin(v)
	s, w := p.s, v.Words
	a := p.areas(false, 0)
	full := s.Width - 2*s.Margin
	p.header(false)
	y := p.chip(f, s.Margin, a.head.y)
	y = p.text(p.h1(), w.T("before.title"), s.Margin, y+s.Gap, full)
	y = p.text(p.style(theme.Body, s.Body, theme.Ink), f.Before.In(w.Language), s.Margin, y+s.Gap, full)
	if notice := f.Notice.In(w.Language); notice != "" {
		box, h := p.k.Notice("info", theme.Info, theme.InfoTint, notice, full)
		p.add(box, s.Margin, y+s.Gap)
		y += h + s.Gap
	}
	box, h := p.k.Notice("shield-check", theme.OK, theme.OKTint, w.T("before.privacy"), full)
	p.add(box, s.Margin, y+s.Gap)
	y += h + s.Gap
	p.text(p.style(theme.BodySemi, s.Hint, theme.Error), w.T("before.emergency"), s.Margin, y+s.Gap, full)
	a.actions.x, a.actions.w = s.Margin, full
	p.actions(a.actions, "arrow-right", w.T("start"), Begin{})
	p.bar(true)
	return p.end(nil)
}

// chip names the service, and returns the y below it.
func (p *paint) chip(f *form.Form, x, y float32) float32 {
	icon, hue := door(f.Name)
	st := p.style(theme.Heading, p.s.Hint, hue.Ink)
	title := f.Title.In(p.v.Words.Language)
	height := p.s.Hint * 1.9
	width := widget.Measure(p.k.Theme, st, title) + height*1.6
	p.add(p.k.Ground(hue.Tint, hue.Tint, height/2, fyne.NewPos(0, 0), fyne.NewSize(width, height)), x, y)
	p.add(p.k.Symbol(icon, hue.Ink, 0, 0, height*0.6), x+height*0.4, y+height*0.2)
	p.text(st, title, x+height*1.15, y+(height-st.Size*1.35)/2, width)
	return y + height
}
