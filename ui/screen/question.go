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

// Asked is one question and where the visitor stands with it.
type Asked struct {
	Form      *form.Form
	Page      visit.Page
	Value     string
	Problem   string // a sentence about what must be mended, or empty
	Doubt     string // a sentence about what looks odd and may stay, or empty
	Offer     string // words that the visitor wrote before and may begin with, or empty
	Search    *string
	Catalogue *form.Catalogue
	Here      string // id of the office the kiosk stands in
	Papers    Papers
}

// Question asks one question.
func Question(v View, q Asked) Screen {
	p := begin(v)
	s, w := p.s, v.Words
	field := q.Page.Field
	layout, writes := keysFor(field.Type)
	searching := q.Search != nil
	keys := float32(0)
	switch {
	case writes && layout == keyboard.Numbers, writes && layout == keyboard.Code:
		keys = p.keysHeight(4)
	case writes, searching:
		keys = p.keysHeight(5)
		if !s.Portrait {
			keys = p.keysHeight(4)
		}
	}
	a := p.areas(keys)
	if a.header {
		p.header(false)
	}

	// The field must never be pushed out by a long question: the question
	// scrolls first.
	least := p.leastControl(&field, writes, searching)
	room := a.head
	if s.Portrait {
		room.h -= least + s.Gap
	}
	y := p.body(room, func(b *paint, width float32) float32 { return b.ask(q, width, searching) })
	p.below(&a, y)

	label, icon := w.T("continue"), "arrow-right"
	if q.Value == "" && !field.Needs(nil) && field.Must == nil {
		label = w.T("skip")
	}
	var board *keyboard.Keyboard
	p.private = field.Personal
	switch {
	case searching:
		board = p.search(a, q)
	case writes:
		board = p.write(a, &field, layout, q.Value, q.Offer)
	case field.Type == form.Date:
		p.date(a.control, q.Value)
	case field.Type == form.Scan:
		p.papers(a.control, q.Papers)
	default:
		p.options(a.control, q)
	}
	p.private = false
	p.actions(a.actions, icon, label, Continue{})
	if board != nil {
		p.add(board.Object(), a.keys.x, a.keys.y)
	}
	p.bar(false)
	return p.end(board)
}

// leastControl is how much room the answer needs at least.
func (p *paint) leastControl(field *form.Field, writes, searching bool) float32 {
	s := p.s
	switch {
	case searching:
		return s.Answer*2.2 + s.Gap
	case writes && field.Type == form.LongText:
		return max(s.Answer, s.Body*1.08*1.32*3+s.Gap) + s.Target + s.Gap
	case writes:
		return s.Answer + s.Target + s.Gap
	}
	return s.Answer*2.6 + s.Gap
}

// ask writes the question with all that belongs to it.
func (p *paint) ask(q Asked, width float32, brief bool) float32 {
	s, w, c := p.s, p.v.Words, p.c
	field := q.Page.Field
	count := w.T("step", "n", q.Page.Index+1, "of", q.Page.Count)
	st := p.style(theme.Heading, s.Label, c.Ink)
	st.Leading = 1.2
	countWidth := widget.Measure(p.k.Theme, st, count) + s.Gap*0.6
	chipRoom := min(p.chipRoom(), width-countWidth-s.Gap*0.5)
	below := p.chip(q.Form, 0, chipRoom)
	thick := max(8, s.Gap*0.5)
	chip := chipRoom + s.Gap
	if bars := width - chip - countWidth; bars > float32(q.Page.Count)*s.Gap*0.7 {
		p.add(p.k.Steps(q.Page.Index, q.Page.Count, bars), chip, (below-thick)/2)
	}
	p.say(count)
	st.Align = fyne.TextAlignTrailing
	p.silent(st, count, width-countWidth, (below-st.Size*1.2)/2, countWidth)
	air := p.air()
	y := p.text(p.h1(), field.Question.In(w.Language), 0, below+s.Gap*0.7*air, width)
	if brief {
		return y
	}
	// What has to be looked at again comes first, in place of the hints.
	switch {
	case q.Problem != "":
		return p.notice("warning", c.Error, c.ErrorTint, q.Problem, 0, y+s.Gap*0.5, width)
	case q.Doubt != "":
		return p.notice("info", c.Warn, c.WarnTint, q.Doubt, 0, y+s.Gap*0.5, width)
	}
	if hint := field.Hint.In(w.Language); hint != "" {
		y = p.text(p.style(theme.Body, s.Hint, c.Ink2), hint, 0, y+s.Gap*0.15*air, width)
	}
	if examples := field.Examples[w.Language]; len(examples) > 0 && !field.Personal && (field.Type == form.LongText || field.Type == form.TextLine) {
		y = p.text(p.style(theme.Body, s.Hint, c.Ink2), w.T("example", "text", examples[0]), 0, y+s.Gap*0.15, width)
	}
	return y
}

func keysFor(t form.Type) (keyboard.Layout, bool) {
	switch t {
	case form.TextLine, form.LongText:
		return keyboard.Letters, true
	case form.Phone, form.NIK:
		return keyboard.Numbers, true
	case form.Email:
		return keyboard.Email, true
	case form.Number:
		return keyboard.Code, true
	}
	return 0, false
}

// board makes a keyboard for a field.
func (p *paint) board(layout keyboard.Layout, r rect, target *widget.Field, enter func()) *keyboard.Keyboard {
	o := keyboard.Options{Layout: layout, ABC: p.v.ABC, Size: fyne.NewSize(r.w, r.h), Enter: enter, Veiled: p.v.Veiled, Ready: p.v.Ready}
	if layout == keyboard.Letters || layout == keyboard.Email {
		o.Order = func(abc bool) { p.v.Do(Order{abc}) }
	}
	return keyboard.New(p.k, p.v.Words, o, target)
}

// write puts field, helps and keyboard.
func (p *paint) write(a areas, field *form.Field, layout keyboard.Layout, value, offer string) *keyboard.Keyboard {
	s, w, c := p.s, p.v.Words, p.c
	r := a.control
	style := widget.FieldStyle{Lines: field.Type == form.LongText, Masked: p.v.Veiled, Caret: p.v.Caret}
	if field.Type == form.NIK {
		style.Group = 4
	}
	var board *keyboard.Keyboard

	// Under the field: hide what is written, words that help to begin, and
	// how much was written.
	type chip struct {
		id, icon, label string
		on              bool
		do              func()
	}
	var chips []chip
	if field.Type != form.Number {
		label, icon := w.T("veil"), "eye-slash"
		if p.v.Veiled {
			label, icon = w.T("unveil"), "eye"
		}
		chips = append(chips, chip{"veil", icon, label, p.v.Veiled, func() { p.v.Do(Veil{}) }})
	}
	if offer != "" && !strings.Contains(value, offer) {
		label := w.T("published.use", "text", offer)
		chips = append(chips, chip{"offer", "magnifying-glass", p.cut(p.style(theme.BodySemi, s.Hint*0.95, c.Ink), label, r.w*0.6), false, func() { board.Insert(offer) }})
	}
	for i, prompt := range field.Prompts {
		insert := strings.ReplaceAll(prompt.Insert.In(w.Language), "{office}", p.v.Office)
		chips = append(chips, chip{fmt.Sprintf("prompt %d", i+1), "", prompt.Label.In(w.Language), false, func() { board.Insert(insert) }})
	}
	high := s.Target
	gap := max(s.Apart, s.Gap*0.4)
	counts := field.Max > 0 || field.Type == form.NIK
	said := func(text string) string {
		n := uniseg.GraphemeClusterCount(text)
		if field.Type == form.NIK {
			return w.T("step", "n", n, "of", 16)
		}
		return w.T("letters", "n", n, "max", field.Max)
	}
	counter := float32(0)
	if counts {
		counter = widget.Measure(p.k.Theme, p.style(theme.Heading, s.Label, c.Ink), said(strings.Repeat("0", max(field.Max, 16)))) + s.Gap
	}
	touches := make([]*widget.Touch, len(chips))
	row, rows := float32(0), float32(1)
	for i, h := range chips {
		touches[i] = p.k.Chip(h.icon, h.label, h.on, high, h.do)
		if width := touches[i].Size().Width; row+width > r.w {
			rows++
			row = 0
		}
		row += touches[i].Size().Width + gap
	}
	helpsHigh := rows*(high+gap) - gap
	beside := row+counter <= r.w
	if counts && !beside {
		helpsHigh += s.Label * 1.4
	}
	height := s.Answer
	if style.Lines {
		height = min(max(r.h-helpsHigh-s.Gap*0.6, s.Body*1.43*2), s.Height*0.34)
	}
	height = min(height, r.h)
	helps := r.h-height >= high+s.Gap*0.3
	rowTop := r.y + height + s.Gap*0.5

	var count *canvas.Text
	target := p.k.Field(value, style, fyne.NewSize(r.w, height), func(text string) {
		p.v.Do(Typed{text})
		if count != nil {
			count.Text = said(text)
			count.Refresh()
		}
	}, nil)
	p.add(target, r.x, r.y)
	board = p.board(layout, a.keys, target, func() { p.v.Do(Continue{}) })
	if !helps {
		return board
	}
	x, line := r.x, rowTop
	for i, t := range touches {
		if x+t.Size().Width > r.x+r.w {
			x, line = r.x, line+high+gap
		}
		if line+high > r.bottom()+2 {
			break
		}
		p.put(chips[i].id, t, x, line)
		x += t.Size().Width + gap
	}
	if counts {
		y := line + (high-s.Label*1.3)/2
		if x+counter > r.x+r.w { // no room beside the chips
			y = line + high + s.Gap*0.1
		}
		if y+s.Label*1.2 <= r.bottom()+s.Gap {
			count = canvas.NewText(said(value), c.Ink)
			count.TextSize, count.FontSource, count.Alignment = s.Label, p.k.Theme.Face(theme.Heading), fyne.TextAlignTrailing
			count.Resize(fyne.NewSize(counter, s.Label*1.4))
			p.add(count, r.x+r.w-counter, y)
		}
	}
	return board
}

// option is one answer to choose.
type option struct{ value, icon, label, hint string }

func (p *paint) choices(q Asked) (options []option) {
	w, c := p.v.Words, q.Catalogue
	field := q.Page.Field
	switch field.Type {
	case form.Identity:
		icons := map[kiosk.Identity]string{kiosk.Named: "user-circle-duotone", kiosk.Confidential: "lock-key-duotone", kiosk.Anonymous: "mask-happy-duotone"}
		for _, i := range q.Form.Identities {
			options = append(options, option{string(i), icons[i], w.T("identity." + string(i) + ".label"), w.T("identity." + string(i) + ".hint")})
		}
	case form.Choice:
		for _, o := range field.Options {
			options = append(options, option{o.Value, o.Icon, o.Label.In(w.Language), o.Hint.In(w.Language)})
		}
	case form.Service:
		for _, o := range c.Services {
			options = append(options, option{o.ID, "", o.Name.In(w.Language), ""})
		}
	case form.Office:
		if o, ok := c.Office(q.Here); ok {
			options = append(options, option{o.ID, "map-pin", w.T("office.here"), o.Name.In(w.Language)})
		}
		for _, o := range c.Offices {
			if o.ID != q.Here {
				options = append(options, option{o.ID, "", o.Name.In(w.Language), o.City})
			}
		}
	}
	return options
}

// list puts options one under the other.
func (p *paint) list(q Asked, options []option, y, width float32) float32 {
	gap := max(p.s.Gap*0.6, p.s.Apart)
	required := q.Page.Field.Required
	for _, o := range options {
		t := p.k.Option(o.icon, o.label, o.hint, o.value == q.Value, width, func() {
			chosen := o.value
			if chosen == q.Value && !required {
				chosen = "" // touching it again takes it back
			}
			p.v.Do(Chosen{chosen})
		})
		t.Name = strings.TrimSpace(o.label + ". " + o.hint)
		p.put(o.value, t, 0, y)
		if o.value == q.Value {
			p.mark = [2]float32{y, y + t.Size().Height}
		}
		y += t.Size().Height + gap
	}
	return y - gap + 4
}

// options puts the answers one can touch; a long list can be searched.
func (p *paint) options(r rect, q Asked) {
	s := p.s
	options := p.choices(q)
	if len(options) > 8 {
		h := max(s.Target, s.Answer*0.85)
		p.button("search", widget.Outline, "magnifying-glass", p.v.Words.T("search"), rect{r.x, r.y, r.w, h}, Search{})
		r.y += h + s.Gap*0.7
		r.h -= h + s.Gap*0.7
	}
	p.body(r, func(b *paint, width float32) float32 { return b.list(q, options, 0, width) })
}

// search finds an option by a part of its name.
func (p *paint) search(a areas, q Asked) *keyboard.Keyboard {
	s, w := p.s, p.v.Words
	r := a.control
	target := p.k.Field(*q.Search, widget.FieldStyle{Caret: p.v.Caret}, fyne.NewSize(r.w, s.Answer), func(text string) { p.v.Do(Sought{text}) }, nil)
	p.add(target, r.x, r.y)
	r.y += s.Answer + s.Gap*0.6
	r.h -= s.Answer + s.Gap*0.6
	var found []option
	sought := strings.ToLower(strings.TrimSpace(*q.Search))
	for _, o := range p.choices(q) {
		if strings.Contains(strings.ToLower(o.label+" "+o.hint), sought) {
			found = append(found, o)
		}
	}
	if len(found) == 0 {
		p.notice("info", p.c.Info, p.c.InfoTint, w.T("search.none"), r.x, r.y, r.w)
	} else {
		p.body(r, func(b *paint, width float32) float32 { return b.list(q, found, 0, width) })
	}
	return p.board(keyboard.Letters, a.keys, target, func() { p.v.Do(Continue{}) })
}

// date puts two short cuts and three columns with up and down keys.
func (p *paint) date(r rect, value string) {
	p.body(r, func(b *paint, width float32) float32 { return b.dateKeys(value, width, r.h) })
}

func (p *paint) dateKeys(value string, width, room float32) float32 {
	s, w, c := p.s, p.v.Words, p.c
	gap := max(s.Gap, s.Apart)
	today := time.Date(p.v.Now.Year(), p.v.Now.Month(), p.v.Now.Day(), 0, 0, 0, 0, time.UTC)
	half := (width - gap) / 2
	y := float32(0)
	for i, short := range []struct {
		key string
		day time.Time
	}{{"date.today", today}, {"date.yesterday", today.AddDate(0, 0, -1)}} {
		iso := short.day.Format(time.DateOnly)
		t := p.k.Option("", w.T(short.key), w.Day(short.day), iso == value, half, func() { p.v.Do(Chosen{iso}) })
		p.put(iso, t, float32(i)*(half+gap), 0)
		y = max(y, t.Size().Height+s.Gap)
	}
	day, err := time.Parse(time.DateOnly, value)
	said := w.T("date.none")
	if err != nil {
		day = today
	} else {
		said = w.Date(day)
	}
	y = p.text(p.centred(p.style(theme.Heading, s.Body, c.Ink)), said, 0, y, width) + s.Gap*0.3
	third := (width - 2*gap) / 3
	height := min(max((room-y-s.H2*2)/2, s.Target), s.Answer*1.2)
	columns := []struct {
		name, key, said string
		move            func(by int) time.Time
	}{
		{"day", "date.day", fmt.Sprint(day.Day()), func(by int) time.Time { return day.AddDate(0, 0, by) }},
		{"month", "date.month", w.Month(day.Month()), func(by int) time.Time { return clip(day.Year(), int(day.Month())+by, day.Day()) }},
		{"year", "date.year", fmt.Sprint(day.Year()), func(by int) time.Time { return clip(day.Year()+by, int(day.Month()), day.Day()) }},
	}
	style := widget.KeyStyle{Repeat: 150 * time.Millisecond}
	move := func(i, by int, icon, name string, y float32) {
		column := columns[i]
		t := p.k.Key("", icon, w.T(name)+" "+w.T(column.key), fyne.NewSize(third, height), style, func() { p.v.Do(Chosen{column.move(by).Format(time.DateOnly)}) })
		p.put(column.name+map[int]string{1: " up", -1: " down"}[by], t, float32(i)*(third+gap), y)
	}
	for i := range columns {
		move(i, 1, "caret-up", "date.later", y)
	}
	y += height + s.Gap*0.4
	st := p.centred(p.style(theme.Heading, s.H2, c.Ink))
	for i, column := range columns {
		p.silent(p.oneLine(st, column.said, third), column.said, float32(i)*(third+gap), y, third)
	}
	y += s.H2*1.35 + s.Gap*0.4
	for i := range columns {
		move(i, -1, "caret-down", "date.earlier", y)
	}
	return y + height + 4
}

// clip is a date with its day within the month.
func clip(year, month, day int) time.Time {
	first := time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day, last)-1)
}

// readable is an answer as people read it.
func readable(v View, field *form.Field, value string, c *form.Catalogue) string {
	l := v.Words.Language
	switch field.Type {
	case form.Identity:
		return v.Words.T("identity." + value + ".label")
	case form.Date:
		if d, err := time.Parse(time.DateOnly, value); err == nil {
			return v.Words.Date(d)
		}
	case form.Scan:
		return v.Words.T("papers.count", "n", value)
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
