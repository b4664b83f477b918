package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"loket/hub"
	"loket/hub/chart"
	"loket/hub/insight"
	"loket/hub/paper"
	"loket/kiosk/words"
)

// ErrNotYet says that a month has not begun.
var ErrNotYet = errors.New("this month has not begun")

// Monthly is one month of an office on one page of PDF, for its head: what
// happened, what is late, what got worse by more than chance, what people write
// about, and how satisfied they were. It leaves the desk, so counts below
// [insight.Small] do not stand on it. files holds fonts and stopwords. It returns
// [hub.ErrForbidden], [hub.ErrNotFound] for an unknown office and [ErrNotYet].
func Monthly(ctx context.Context, h *hub.Hub, w words.Words, files fs.FS, o hub.Officer, month time.Time, office string) ([]byte, error) {
	stop, err := insight.LoadStop(files)
	if err != nil {
		return nil, err
	}
	s := Server{hub: h}
	today := s.today(office)
	first := time.Date(month.Year(), month.Month(), 1, 0, 0, 0, 0, time.UTC)
	period := insight.Period{From: first, To: first.AddDate(0, 1, -1)}
	if first.After(today) {
		return nil, ErrNotYet
	}
	partial := period.To.After(today)
	if partial {
		period.To = today
	}
	a := hub.Asked{Period: period, Office: office, Stop: stop}
	x, err := h.Insight(ctx, o, a)
	if err != nil {
		return nil, err
	}
	v := insightView{hub: h, w: w, x: x, asked: a, published: true}
	name := w.T("insight.monthly.all")
	if office != "" {
		name = v.unitName(office)
	}
	m := monthly{insightView: v}
	m.p = paper.New(files, paper.Options{Title: w.T("insight.monthly", "office", name), Language: w.Language, Footer: w.Month(first.Month()) + " " + strconv.Itoa(first.Year()), Made: h.Now()})
	m.pdf = m.p.PDF()
	m.pdf.SetAutoPageBreak(false, 0) // one page: everything has its place
	m.left, m.top, _, _ = m.pdf.GetMargins()
	m.draw(name, w.Month(first.Month())+" "+strconv.Itoa(first.Year()), partial)
	return m.p.Bytes()
}

// monthly is the page under way.
type monthly struct {
	insightView
	p         *paper.Paper
	pdf       *fpdf.Fpdf
	left, top float64
}

// mm is a pixel of a chart on paper.
const mm = 25.4 / 96

func (m monthly) draw(office, month string, partial bool) {
	m.p.Title(m.w.T("insight.monthly", "office", office))
	head := month
	if partial {
		head += ". " + m.w.T("insight.monthly.partial", "d", m.w.Day(m.x.Period.To))
	}
	m.p.Small(head)
	y := m.brief(m.pdf.GetY() + 1)
	y = m.tiles(y + 3)
	y = m.section(m.left, y+4, m.w.T("insight.weeks"))
	if trend := m.weeks(); len(trend.Charts) > 0 {
		f := trend.Charts[0].Frame
		f.Width, f.Height = m.p.Width()/mm, 150
		y = m.picture(trend.Charts[0].Draw(f), m.left, y) + 1
		y = m.lines(m.left, y, m.p.Width(), 2, trend.plain())
	} else {
		y = m.lines(m.left, y, m.p.Width(), 2, trend.plain())
	}
	const gap = 8.0
	_, height := m.pdf.GetPageSize()
	floor := height - m.top - 12
	half := (m.p.Width() - gap) / 2
	right := m.left + half + gap
	a := m.section(m.left, y+3, m.w.T("insight.monthly.worse"))
	a = m.lines(m.left, a, half, 6, m.found(insight.Change.Worse))
	if better := m.found(insight.Change.Better); better[0] != m.w.T("insight.changes.none") && len(m.x.Changes) > 0 {
		a = m.section(m.left, a+3, m.w.T("insight.monthly.better"))
		a = m.lines(m.left, a, half, 3, better)
	}
	a = m.section(m.left, a+3, m.w.T("insight.monthly.satisfaction"))
	a = m.lines(m.left, a, half, 2, m.satisfaction().plain())
	a = m.section(m.left, a+3, m.w.T("insight.monthly.late"))
	units := m.units()
	a = m.lines(m.left, a, half, 4, append(m.insightView.brief()[1:2], units.plain()...))
	if len(units.Charts) > 0 && a+55 < floor {
		f := units.Charts[0].Frame
		f.Width, f.Height = half/mm, 120
		m.picture(units.Charts[0].Draw(f), m.left, a+1)
	}

	b := m.section(right, y+3, m.w.T("insight.monthly.topics"))
	if bars, _ := m.bars(m.x.Topics, m.topicName, ""); len(bars) > 0 {
		bars = bars[:min(6, len(bars))]
		for i := range bars {
			bars[i].Cut = ""
		}
		b = m.picture(chart.Bars(chart.Frame{Width: half / mm}, bars), right, b) + 2
	} else {
		b = m.lines(right, b, half, 1, []string{m.w.T("insight.none")})
	}
	if len(m.x.Words) > 0 {
		var frequent []string
		for _, x := range m.x.Words[:min(8, len(m.x.Words))] {
			frequent = append(frequent, x.Word)
		}
		m.lines(right, b, half, 3, []string{m.w.T("insight.monthly.words", "w", strings.Join(frequent, ", "))})
	} else {
		m.lines(right, b, half, 2, []string{m.w.T("insight.words.none")})
	}
	m.pdf.SetY(floor + 1)
	m.p.Small(m.w.T("insight.monthly.note"))
}

// brief writes the three sentences in a box.
func (m monthly) brief(y float64) float64 {
	says := m.insightView.brief()
	m.font("", 12)
	var lines []string
	for _, s := range says {
		lines = append(lines, m.pdf.SplitText(s, m.p.Width()-10)...)
	}
	h := float64(len(lines))*6.2 + 6
	m.fill(chart.Band)
	m.pdf.Rect(m.left, y, m.p.Width(), h, "F")
	m.ink(chart.Ink)
	for i, line := range lines {
		m.pdf.Text(m.left+5, y+7.4+float64(i)*6.2, line)
	}
	return y + h
}

// tiles writes the figures of the head in a row.
func (m monthly) tiles(y float64) float64 {
	all := m.insightView.tiles()
	const gap, h = 2.5, 20.0
	w := (m.p.Width() - gap*float64(len(all)-1)) / float64(len(all))
	for i, t := range all {
		x := m.left + float64(i)*(w+gap)
		m.stroke(chart.Grid, 0.3)
		m.pdf.Rect(x, y, w, h, "D")
		m.ink(chart.Soft)
		m.font("B", 8)
		m.pdf.Text(x+2.5, y+5, m.fit(t.Label, w-4))
		m.ink(chart.Ink)
		size := 17.0
		for m.font("B", size); m.pdf.GetStringWidth(t.Value) > w-4 && size > 8; m.font("B", size) {
			size--
		}
		m.pdf.Text(x+2.5, y+12, t.Value)
		m.ink(chart.Soft)
		m.font("", 7)
		for j, line := range m.pdf.SplitText(t.Note, w-3.5) {
			if j < 2 {
				m.pdf.Text(x+2.5, y+15.6+float64(j)*2.9, line)
			}
		}
	}
	return y + h
}

// section begins a part at a place.
func (m monthly) section(x, y float64, title string) float64 {
	m.pdf.SetFont("Jakarta", "B", 11)
	m.ink(chart.Primary)
	m.pdf.Text(x, y+4, title)
	return y + 6.5
}

// lines writes sentences, at most so many lines of them.
func (m monthly) lines(x, y, w float64, most int, says []string) float64 {
	m.font("", 9.5)
	m.ink(chart.Ink)
	n := 0
	for _, s := range says {
		for _, line := range m.pdf.SplitText(s, w) {
			if n++; n > most {
				return y
			}
			if n == most {
				line = m.fit(line, w-2)
			}
			m.pdf.Text(x, y+3.4, line)
			y += 4.6
		}
		y += 0.8
	}
	return y
}

// found are the changes of one kind, in words.
func (m monthly) found(is func(insight.Change) bool) (says []string) {
	for _, c := range m.x.Changes {
		if is(c) {
			says = append(says, m.change(c))
		}
	}
	switch {
	case len(m.x.Changes) == 0:
		return []string{m.w.T("insight.say.untested")}
	case len(says) == 0:
		return []string{m.w.T("insight.changes.none")}
	}
	return says
}

// picture draws a chart and returns where it ends.
func (m monthly) picture(p *chart.Picture, x, y float64) float64 {
	at := func(q chart.Point) (float64, float64) { return x + q.X*mm, y + q.Y*mm }
	for _, s := range p.Shapes {
		px, py := at(s.Points[0])
		mode := ""
		if s.Fill != "" && s.Kind != chart.Text {
			m.fill(s.Fill)
			mode = "F"
		}
		if s.Stroke != "" {
			width := s.Width
			if s.Kind == chart.Dot {
				width = 2
			}
			m.stroke(s.Stroke, width*mm)
			mode += "D"
		}
		if s.Dash {
			m.pdf.SetDashPattern([]float64{1.4, 1}, 0)
		}
		switch s.Kind {
		case chart.Line:
			m.pdf.MoveTo(px, py)
			for _, q := range s.Points[1:] {
				m.pdf.LineTo(at(q))
			}
			m.pdf.DrawPath("D")
		case chart.Area:
			var points []fpdf.PointType
			for _, q := range s.Points {
				qx, qy := at(q)
				points = append(points, fpdf.PointType{X: qx, Y: qy})
			}
			m.pdf.Polygon(points, mode)
		case chart.Dot:
			m.pdf.Circle(px, py, s.Width*mm, mode)
		case chart.Text:
			style := ""
			if s.Bold {
				style = "B"
			}
			m.font(style, s.Size*0.75)
			m.ink(s.Fill)
			w := m.pdf.GetStringWidth(s.Text)
			m.pdf.Text(px-w*float64(s.Anchor)/2, py, s.Text)
		}
		if s.Dash {
			m.pdf.SetDashPattern(nil, 0)
		}
	}
	return y + p.H*mm
}

func (m monthly) font(style string, pt float64) { m.pdf.SetFont("Atkinson", style, pt) }

func (m monthly) ink(c chart.Colour) { m.pdf.SetTextColor(rgb(c)) }

func (m monthly) fill(c chart.Colour) { m.pdf.SetFillColor(rgb(c)) }

func (m monthly) stroke(c chart.Colour, width float64) {
	m.pdf.SetDrawColor(rgb(c))
	m.pdf.SetLineWidth(width)
}

// fit shortens a line to so many millimetres.
func (m monthly) fit(s string, width float64) string {
	r := []rune(s)
	for len(r) > 1 && m.pdf.GetStringWidth(string(r)) > width {
		r = append(r[:len(r)-2], '…')
	}
	return string(r)
}

func rgb(c chart.Colour) (r, g, b int) {
	fmt.Sscanf(string(c), "#%02x%02x%02x", &r, &g, &b)
	return r, g, b
}
