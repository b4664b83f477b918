package screen

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"github.com/rivo/uniseg"

	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/visit"
	"loket/ui/keyboard"
	"loket/ui/theme"
	"loket/ui/widget"
)

// Question asks one question. problem is a sentence about the answer given,
// or empty; here is the id of the office the kiosk stands in.
func Question(v View, f *form.Form, page visit.Page, value, problem string, c *form.Catalogue, here string) Screen {
	p := begin(v)
	s, w := p.s, v.Words
	field := page.Field
	layout, writes := keysFor(field.Type)
	share := float32(0.31)
	if !s.Portrait {
		share = 0.42
	}
	a := p.areas(writes, share)
	p.header(false)

	y := a.head.y
	count := w.T("step", "n", page.Index+1, "of", page.Count)
	st := p.style(theme.Heading, s.Label, theme.Ink)
	countWidth := widget.Measure(p.k.Theme, st, count) + s.Gap
	below := p.chip(f, a.head.x, y)
	if s.Portrait {
		chip := s.Width * 0.48
		p.add(p.k.Steps(page.Index, page.Count, a.head.w-chip-countWidth), a.head.x+chip, (y+below)/2-6)
		p.text(st, count, a.head.x+a.head.w-countWidth+s.Gap, (y+below)/2-st.Size*0.68, countWidth)
	} else {
		st.Align = fyne.TextAlignTrailing
		p.text(st, count, a.head.x, (y+below)/2-st.Size*0.68, a.head.w)
		below += s.Gap * 0.5
		p.add(p.k.Steps(page.Index, page.Count, a.head.w), a.head.x, below)
		below += 12
	}
	y = p.text(p.h1(), field.Question.In(w.Language), a.head.x, below+s.Gap*0.7, a.head.w)
	if hint := field.Hint.In(w.Language); hint != "" {
		y = p.text(p.style(theme.Body, s.Hint, theme.Ink2), hint, a.head.x, y+s.Gap*0.2, a.head.w)
	}
	if problem != "" {
		box, h := p.k.Notice("warning", theme.Error, theme.ErrorTint, problem, a.head.w)
		p.add(box, a.head.x, y+s.Gap*0.5)
		y += h + s.Gap*0.5
	}
	a.below(y, s)

	var keys *keyboard.Keyboard
	label, icon := w.T("continue"), "arrow-right"
	if value == "" && !field.Needs(nil) && field.Must == nil {
		label = w.T("skip")
	}
	if writes {
		keys = p.write(a, &field, layout, value)
	} else {
		p.choose(a.control, f, &field, value, c, here)
	}
	p.actions(a.actions, icon, label, Continue{})
	p.bar(true)
	return p.end(keys)
}

func keysFor(t form.Type) (keyboard.Layout, bool) {
	switch t {
	case form.TextLine, form.LongText:
		return keyboard.Letters, true
	case form.Phone, form.NIK:
		return keyboard.Numbers, true
	case form.Email:
		return keyboard.Email, true
	}
	return 0, false
}

// write puts field, counter and keyboard.
func (p *paint) write(a areas, field *form.Field, layout keyboard.Layout, value string) *keyboard.Keyboard {
	s, w := p.s, p.v.Words
	lines := field.Type == form.LongText
	height := s.Answer
	counter := float32(0)
	if field.Max > 0 {
		counter = s.Label * 1.5
	}
	if lines {
		height = max(min(a.control.h-counter, s.Height*0.3), s.Answer)
	}
	var count *canvas.Text
	said := func(text string) string {
		n := uniseg.GraphemeClusterCount(text)
		if field.Type == form.NIK {
			return w.T("step", "n", n, "of", 16)
		}
		return w.T("letters", "n", n, "max", field.Max)
	}
	target := p.k.Field(value, lines, fyne.NewSize(a.control.w, height), func(text string) {
		p.v.Do(Typed{text})
		if count != nil {
			count.Text = said(text)
			count.Refresh()
		}
	}, nil)
	p.add(target, a.control.x, a.control.y)
	if field.Max > 0 || field.Type == form.NIK {
		count = canvas.NewText(said(value), theme.Ink)
		count.TextSize, count.FontSource, count.Alignment = s.Label, p.k.Theme.Face(theme.Heading), fyne.TextAlignTrailing
		count.Resize(fyne.NewSize(a.control.w, s.Label*1.4))
		p.add(count, a.control.x, a.control.y+height+4)
	}
	b := keyboard.New(p.k, w, layout, fyne.NewSize(a.keys.w, a.keys.h), target, func() { p.v.Do(Continue{}) })
	b.Ready = p.v.Ready
	p.add(b.Object(), a.keys.x, a.keys.y)
	return b
}

// choose puts the answers one can touch.
func (p *paint) choose(r rect, f *form.Form, field *form.Field, value string, c *form.Catalogue, here string) {
	w := p.v.Words
	type option struct{ value, icon, label, hint string }
	var options []option
	switch field.Type {
	case form.Date:
		p.date(r, value)
		return
	case form.Identity:
		icons := map[kiosk.Identity]string{kiosk.Named: "user", kiosk.Confidential: "lock-key", kiosk.Anonymous: "mask-happy"}
		for _, i := range f.Identities {
			options = append(options, option{string(i), icons[i], w.T("identity." + string(i) + ".label"), w.T("identity." + string(i) + ".hint")})
		}
	case form.Choice:
		for _, o := range field.Options {
			options = append(options, option{o.Value, "", o.Label.In(w.Language), o.Hint.In(w.Language)})
		}
	case form.Service:
		for _, o := range c.Services {
			options = append(options, option{o.ID, "", o.Name.In(w.Language), ""})
		}
	case form.Office:
		if o, ok := c.Office(here); ok {
			options = append(options, option{o.ID, "house", w.T("office.here"), o.Name.In(w.Language) + ", " + o.City})
		}
		for _, o := range c.Offices {
			if o.ID != here {
				options = append(options, option{o.ID, "", o.Name.In(w.Language), o.City})
			}
		}
	}
	build := func(width float32) (*fyne.Container, float32, float32) {
		list, y, at := widget.Group(), float32(0), float32(0)
		for _, o := range options {
			t := p.k.Option(o.icon, o.label, o.hint, o.value == value, width, func() {
				chosen := o.value
				if chosen == value && !field.Required {
					chosen = "" // touching it again takes it back
				}
				p.v.Do(Chosen{chosen})
			})
			t.Move(fyne.NewPos(0, y))
			if o.value == value {
				at = y
			}
			y += t.Size().Height + p.s.Gap*0.6
			list.Add(t)
			p.touches[o.value] = t
		}
		return list, y, at
	}
	list, height, _ := build(r.w)
	if height <= r.h+p.s.Gap*0.6 {
		p.add(list, r.x, r.y)
		return
	}
	list, _, at := build(r.w - p.k.ScrollButtons())
	scroll := p.k.Scroll(list, fyne.NewSize(r.w, r.h))
	p.add(scroll, r.x, r.y)
	scroll.ShowFrom(at)
}

// date puts two short cuts and three columns with up and down keys.
func (p *paint) date(r rect, value string) {
	s, w := p.s, p.v.Words
	today := time.Date(p.v.Now.Year(), p.v.Now.Month(), p.v.Now.Day(), 0, 0, 0, 0, time.UTC)
	half := (r.w - s.Gap) / 2
	for i, short := range []struct {
		key string
		day time.Time
	}{{"date.today", today}, {"date.yesterday", today.AddDate(0, 0, -1)}} {
		iso := short.day.Format(time.DateOnly)
		t := p.k.Option("", w.T(short.key), w.Day(short.day), iso == value, half, func() { p.v.Do(Chosen{iso}) })
		p.add(t, r.x+float32(i)*(half+s.Gap), r.y)
		p.touches[iso] = t
		if i == 1 {
			r.y += t.Size().Height + s.Gap
			r.h -= t.Size().Height + s.Gap
		}
	}
	day, err := time.Parse(time.DateOnly, value)
	said := w.T("date.none")
	if err != nil {
		day = today
	} else {
		said = w.Date(day)
	}
	st := p.style(theme.Heading, s.Body, theme.Ink)
	st.Align = fyne.TextAlignCenter
	y := p.text(st, said, r.x, r.y, r.w) + s.Gap*0.5
	third := (r.w - 2*s.Gap) / 3
	height := max(min(s.Answer, (r.h-(y-r.y)-s.H2*2)/2), s.Answer*0.6)
	st.Size = s.H2
	for i, column := range []struct {
		name, said string
		move       func(by int) time.Time
	}{
		{"day", fmt.Sprint(day.Day()), func(by int) time.Time { return day.AddDate(0, 0, by) }},
		{"month", w.Month(day.Month()), func(by int) time.Time { return clip(day.Year(), int(day.Month())+by, day.Day()) }},
		{"year", fmt.Sprint(day.Year()), func(by int) time.Time { return clip(day.Year()+by, int(day.Month()), day.Day()) }},
	} {
		x := r.x + float32(i)*(third+s.Gap)
		size := fyne.NewSize(third, height)
		up := p.k.Key("", "caret-up", theme.Card, size, 150*time.Millisecond, func() { p.v.Do(Chosen{column.move(1).Format(time.DateOnly)}) })
		down := p.k.Key("", "caret-down", theme.Card, size, 150*time.Millisecond, func() { p.v.Do(Chosen{column.move(-1).Format(time.DateOnly)}) })
		p.add(up, x, y)
		below := p.text(st, column.said, x, y+height+s.Gap*0.4, third)
		p.add(down, x, below+s.Gap*0.4)
		p.touches[column.name+" up"], p.touches[column.name+" down"] = up, down
	}
}

// clip is a date with its day within the month.
func clip(year, month, day int) time.Time {
	first := time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day, last)-1)
}

// Readable is an answer as people read it.
func Readable(v View, field *form.Field, value string, c *form.Catalogue) string {
	l := v.Words.Language
	switch field.Type {
	case form.Identity:
		return v.Words.T("identity." + value + ".label")
	case form.Date:
		if d, err := time.Parse(time.DateOnly, value); err == nil {
			return v.Words.Date(d)
		}
	case form.Choice:
		for _, o := range field.Options {
			if o.Value == value {
				return o.Label.In(l)
			}
		}
	case form.Office:
		if o, ok := c.Office(value); ok {
			return o.Name.In(l)
		}
	case form.Service:
		if o, ok := c.Service(value); ok {
			return o.Name.In(l)
		}
	}
	return value
}

// mask hides all but the first letter of each word.
func mask(s string) string {
	var out []string
	for _, word := range strings.Fields(s) {
		first, _, _, _ := uniseg.FirstGraphemeClusterInString(word, -1)
		out = append(out, first+"•••••")
	}
	return strings.Join(out, " ")
}
