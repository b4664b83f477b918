package web

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"loket/hub"
	"loket/hub/chart"
	"loket/hub/insight"
	"loket/kiosk/words"
)

// insightView words figures, for a page or for a paper that leaves the office.
type insightView struct {
	hub       *hub.Hub
	w         words.Words
	x         *hub.Insight
	asked     hub.Asked
	published bool // small counts are not shown, and nothing links
}

// insightTile is one of the figures at the head.
type insightTile struct {
	Label, Value, Note, Link, Tone string
}

// insightPart is one question and its answer: sentences, charts, and the table
// behind them.
type insightPart struct {
	ID, Title string
	Says      []insightSay
	Why       string // how it is computed
	Charts    []insightChart
	Table     insightTable
	Wide      bool
}

// insightSay is a sentence; its tone is warn where something is to be looked at,
// ok where it became better.
type insightSay struct{ Text, Tone string }

// says makes sentences.
func says(texts ...string) (all []insightSay) {
	for _, t := range texts {
		all = append(all, insightSay{Text: t})
	}
	return all
}

// plain is what a part says, without tones.
func (p insightPart) plain() (all []string) {
	for _, s := range p.Says {
		all = append(all, s.Text)
	}
	return all
}

// insightChart is a chart that can be drawn at any width.
type insightChart struct {
	Caption string
	Frame   chart.Frame
	Draw    func(chart.Frame) *chart.Picture
}

// Widths in pixels: beside the menu of the desk, and on a telephone.
const (
	broadChart  = 700.0
	halfChart   = 430.0
	narrowChart = 280.0
)

// Broad is the chart for a desk.
func (c insightChart) Broad() template.HTML { return c.Draw(c.Frame).SVG() }

// Narrow is the chart for a telephone.
func (c insightChart) Narrow() template.HTML {
	f := c.Frame
	f.ID, f.Width = f.ID+"-n", narrowChart
	return c.Draw(f).SVG()
}

type insightTable struct {
	Heads []insightHead
	Rows  [][]insightCell
}

type insightHead struct {
	Label string
	Right bool
}

type insightCell struct {
	Text, Link string
	Plain      string // for a spreadsheet, if it is written otherwise there
	Right      bool
}

func (t *insightTable) head(labels ...string) {
	for _, l := range labels {
		name, right := strings.CutPrefix(l, ">")
		t.Heads = append(t.Heads, insightHead{name, right})
	}
}

func (t *insightTable) row(cells ...insightCell) {
	for i := range cells {
		cells[i].Right = t.Heads[i].Right
	}
	t.Rows = append(t.Rows, cells)
}

// cellOf is words in a table.
func cellOf(s string) insightCell { return insightCell{Text: s} }

// count is a number in a table, leading to its cases.
func (v insightView) count(n int, link string) insightCell {
	return insightCell{Text: v.number(n), Plain: strconv.Itoa(n), Link: some(n, link)}
}

// some is a link to so many cases: to none there is nothing to see.
func some(n int, link string) string {
	if n == 0 {
		return ""
	}
	return link
}

// part is a share in a table.
func (v insightView) part(f float64) insightCell {
	c := insightCell{Text: v.percent(f)}
	if f == f {
		c.Plain = strconv.FormatFloat(f, 'f', 4, 64)
	}
	return c
}

// against says how one count stands to the one before it.
func (v insightView) against(now, then int) (key, percent string) {
	switch {
	case then == 0 || !v.x.Whole:
		return "first", ""
	case now == then:
		return "same", ""
	case now > then:
		return "more", v.percent(float64(now-then) / float64(then))
	}
	return "less", v.percent(float64(then-now) / float64(then))
}

// brief is the period in three sentences.
func (v insightView) brief() (three []string) {
	now, then := v.x.Now, v.x.Then
	key, p := v.against(now.Received, then.Received)
	switch {
	case v.published && now.Received < insight.Small && now.Received > 0:
		three = append(three, v.w.T("insight.say.few"))
	case v.published && then.Received < insight.Small && then.Received > 0:
		three = append(three, v.w.T("insight.say.first", "n", v.number(now.Received)))
	default:
		three = append(three, v.w.T("insight.say."+key, "n", v.whole(now.Received), "p", p))
	}
	switch {
	case now.Due == 0:
		three = append(three, v.w.T("insight.say.nodue"))
	case v.published && now.Due < insight.Small:
		three = append(three, v.w.T("insight.say.fewdue"))
	case now.Late == 0:
		three = append(three, v.w.T("insight.say.punctual", "m", v.number(now.Due)))
	default:
		three = append(three, v.w.T("insight.say.late", "n", v.number(now.Late), "m", v.number(now.Due)))
	}
	worse := v.worse()
	switch {
	case len(v.x.Changes) == 0:
		three = append(three, v.w.T("insight.say.untested"))
	case len(worse) == 0:
		three = append(three, v.w.T("insight.say.quiet"))
	case len(worse) == 1:
		three = append(three, v.change(worse[0]))
	default:
		three = append(three, v.w.T("insight.say.worse", "n", len(worse)))
	}
	return three
}

func (v insightView) worse() (all []insight.Change) {
	for _, c := range v.x.Changes {
		if c.Worse() {
			all = append(all, c)
		}
	}
	return all
}

// tiles are the figures at the head.
func (v insightView) tiles() []insightTile {
	now, then := v.x.Now, v.x.Then
	today := v.x.Period.To.Format(time.DateOnly)
	received := insightTile{Label: v.w.T("insight.tile.received"), Value: v.number(now.Received), Link: v.link("received")}
	if key, p := v.against(now.Received, then.Received); key != "first" && !(v.published && then.Received < insight.Small) {
		received.Note = v.w.T("insight."+key, "p", p)
	}
	answered := insightTile{Label: v.w.T("insight.tile.answered"), Value: v.number(now.Answered), Link: v.link("answered"), Note: v.w.T("insight.tile.open", "n", v.number(now.Open))}
	inTime := insightTile{Label: v.w.T("insight.tile.intime"), Value: v.percent(now.InTime()), Note: v.w.T("insight.tile.nodue")}
	if now.Due > 0 {
		inTime.Note, inTime.Link = v.w.T("insight.tile.late", "n", v.number(now.Late), "m", v.number(now.Due)), v.link("late")
		if now.Late == 0 {
			inTime.Link = v.link("due")
		}
		if v.published && (now.Due < insight.Small || now.Late > 0 && now.Late < insight.Small) {
			inTime.Value = "–" // the percentage would give the number away
		}
		if math.Abs(now.InTime()-then.InTime()) > 0.005 && !v.published {
			inTime.Note += " · " + v.w.T("insight.was", "n", v.percent(then.InTime()))
		}
		if len(v.x.Units.Units) > 0 && v.x.Units.Units[0].Out > 0 {
			inTime.Tone = "warn"
		}
	}
	median := insightTile{Label: v.w.T("insight.tile.median"), Value: "–", Note: v.w.T("insight.tile.noanswer")}
	if now.Answered > 0 && (!v.published || now.Answered >= insight.Small) {
		median.Value, median.Note, median.Link = v.w.T("insight.days", "n", now.Median), v.w.T("insight.tile.ninetieth", "n", now.Ninetieth), v.link("answered")
	}
	skm := insightTile{Label: v.w.T("insight.tile.skm"), Value: "–"}
	if x := v.x.Satisfaction; x.Complete {
		skm.Value, skm.Note = v.comma(x.Exact), v.w.T("insight.tile.grade", "g", x.Grade.Grade, "l", x.Grade.Label.In(v.w.Language))
	} else {
		skm.Note = v.w.T("insight.tile.few", "n", v.number(x.Asked), "m", x.Needed)
	}
	if !v.published {
		skm.Link = "/desk/survey?from=" + v.x.Period.From.Format(time.DateOnly) + "&to=" + today + "&office=" + v.asked.Office
	}
	return []insightTile{received, answered, inTime, median, skm}
}

// parts are the page below its head.
func (v insightView) parts() []insightPart {
	return []insightPart{v.changes(), v.weeks(), v.units(), v.topics(), v.spread(), v.satisfaction(), v.words(), v.kinds()}
}

func (v insightView) chart(id, title, desc string, width float64, draw func(chart.Frame) *chart.Picture) insightChart {
	return insightChart{Caption: title, Frame: chart.Frame{ID: "chart-" + id, Title: title, Desc: desc, Width: width}, Draw: draw}
}

// change says one of them.
func (v insightView) change(c insight.Change) string {
	direction := map[bool]string{true: "more", false: "less"}[c.More]
	now, then := v.number(c.Now), v.number(c.Then)
	key, of := "insight.change.received.", ""
	switch c.Measure {
	case insight.Late:
		key, of = "insight.change.late.", v.unitName(c.ID)
		if !v.published || !(c.Now > 0 && c.Now < insight.Small) && !(c.Then > 0 && c.Then < insight.Small) {
			now, then = v.percent(float64(c.Now)/float64(c.NowOf)), v.percent(float64(c.Then)/float64(c.ThenOf))
		}
	case insight.Complaints:
		key, of = "insight.change."+c.Of+".", v.topicName(c.ID)
		if c.Of == "unit" {
			of = v.unitName(c.ID)
		}
	}
	// Periods of unlike length are compared by their rates.
	if a, b := float64(c.NowOf), float64(c.ThenOf); c.Measure != insight.Late && (a/b > 1.1 || b/a > 1.1) && !(v.published && (c.Now < insight.Small || c.Then < insight.Small)) {
		now, then = v.w.T("insight.perday", "n", v.decimal(float64(c.Now)/a, 2)), v.decimal(float64(c.Then)/b, 2)
	}
	return v.w.T(key+direction, "of", of, "now", now, "then", then)
}

func (v insightView) changes() insightPart {
	p := insightPart{ID: "changes", Title: v.w.T("insight.changes"), Why: v.w.T("insight.changes.why"), Wide: true}
	p.Table.head(v.w.T("insight.measure"), v.w.T("insight.of"), ">"+v.w.T("insight.then"), ">"+v.w.T("insight.now"), ">"+v.w.T("insight.p"), ">"+v.w.T("insight.q"), v.w.T("insight.verdict"))
	for _, c := range v.x.Changes {
		verdict, tone := "noise", ""
		switch {
		case c.Worse():
			verdict, tone = "worse", "warn"
		case c.Better():
			verdict, tone = "better", "ok"
		case c.Found:
			verdict, tone = "changed", "info"
		}
		if c.Found {
			p.Says = append(p.Says, insightSay{v.change(c), tone})
		}
		of, figure, pairs := v.w.T("insight.total"), "received", []string{}
		switch c.Of {
		case "topic":
			of, pairs = v.topicName(c.ID), []string{"service", c.ID}
		case "unit":
			of, pairs = v.unitName(c.ID), []string{"unit", c.ID}
		}
		switch c.Measure {
		case insight.Complaints:
			pairs = append(pairs, "form", "complaint")
		case insight.Late:
			figure = "late"
		}
		cell := func(n, of int, in insight.Period) insightCell {
			x := v.count(n, v.linkIn(in, figure, pairs...))
			if c.Measure == insight.Late {
				x.Text, x.Plain = fmt.Sprintf("%s / %s", v.number(n), v.number(of)), fmt.Sprintf("%d / %d", n, of)
			}
			return x
		}
		p.Table.row(cellOf(v.w.T("insight.measure."+string(c.Measure))), cellOf(of), cell(c.Then, c.ThenOf, v.x.Before), cell(c.Now, c.NowOf, v.x.Period),
			cellOf(v.decimal(c.P, 4)), cellOf(v.decimal(c.Q, 4)), cellOf(v.w.T("insight.verdict."+verdict)))
	}
	if len(p.Says) == 0 {
		p.Says = says(v.w.T("insight.changes.none"))
		if len(v.x.Changes) == 0 {
			p.Says = says(v.w.T("insight.say.untested"))
		}
	}
	return p
}

// shown is a count as a chart may draw it.
func (v insightView) shown(n int) float64 {
	if v.published && n > 0 && n < insight.Small {
		return insight.Small - 1
	}
	return float64(n)
}

func (v insightView) weeks() insightPart {
	p := insightPart{ID: "weeks", Title: v.w.T("insight.weeks"), Why: v.w.T("insight.weeks.why"), Wide: true}
	p.Table.head(v.w.T("insight.week"), ">"+v.w.T("insight.workdays"), ">"+v.w.T("insight.received"), ">"+v.w.T("insight.tile.answered"), ">"+v.w.T("insight.low"), ">"+v.w.T("insight.high"), v.w.T("insight.mark"))
	t := v.x.Trend
	least, most, run := 1<<30, 0, 0
	var steps []chart.Step
	for _, w := range t.Weeks {
		least, most = min(least, w.Received), max(most, w.Received)
		in := insight.Period{From: w.From, To: w.To}
		s := chart.Step{Name: v.short(w.From), Value: v.shown(w.Received), Other: v.shown(w.Answered), Judged: t.Judged && w.Days > 0, Centre: w.Expected, Low: w.Low, High: w.High,
			Before: !w.Inside, Link: some(w.Received, v.linkIn(in, "received")), Says: fmt.Sprintf("%s: %s", v.w.Day(w.From), v.number(w.Received))}
		mark := ""
		switch {
		case w.Out > 0:
			s.Mark, mark = chart.Outside, v.w.T("insight.mark.above")
		case w.Out < 0:
			s.Mark, mark = chart.Outside, v.w.T("insight.mark.below")
		case w.Run != 0:
			s.Mark, mark = chart.InRun, v.w.T("insight.mark.run")
		}
		if w.Inside && w.Out != 0 {
			key := map[int]string{1: "insight.weeks.above", -1: "insight.weeks.below"}[w.Out]
			p.Says = append(p.Says, insightSay{v.w.T(key, "d", v.w.Day(w.From), "n", v.number(w.Received)), map[int]string{1: "warn", -1: "info"}[w.Out]})
		}
		if w.Inside && w.Run != 0 {
			run = w.Run
		}
		steps = append(steps, s)
		low, high := cellOf("–"), cellOf("–")
		if s.Judged {
			low, high = cellOf(v.decimal(w.Low, 1)), cellOf(v.decimal(w.High, 1))
		}
		day := insightCell{Text: v.w.Day(w.From), Plain: w.From.Format(time.DateOnly)}
		p.Table.row(day, cellOf(strconv.Itoa(w.Days)), v.count(w.Received, s.Link), v.count(w.Answered, v.linkIn(in, "answered")), low, high, cellOf(mark))
	}
	switch {
	case run > 0:
		p.Says = append(p.Says, insightSay{v.w.T("insight.weeks.runup"), "warn"})
	case run < 0:
		p.Says = append(p.Says, insightSay{v.w.T("insight.weeks.rundown"), "info"})
	}
	switch {
	case !t.Judged:
		p.Says = says(v.w.T("insight.weeks.few"))
	case len(p.Says) == 0:
		p.Says = says(v.w.T("insight.weeks.steady"))
	}
	if len(steps) > 0 {
		key := chart.Key{Value: v.w.T("insight.weeks.received"), Other: v.w.T("insight.weeks.answered"), Limits: v.w.T("insight.weeks.limits"), Outside: v.w.T("insight.weeks.outside"), Run: v.w.T("insight.weeks.run")}
		desc := v.w.T("insight.weeks.desc", "n", len(steps), "low", v.number(least), "high", v.number(most))
		p.Charts = []insightChart{v.chart("weeks", p.Title, desc+" "+strings.Join(p.plain(), " "), broadChart, func(f chart.Frame) *chart.Picture { return chart.Trend(f, steps, key) })}
	}
	return p
}

func (v insightView) spread() insightPart {
	p := insightPart{ID: "spread", Title: v.w.T("insight.spread"), Why: v.w.T("insight.spread.why"), Wide: len(v.x.Days) > 1}
	p.Table.head(v.w.T("insight.kind"), v.w.T("insight.spread.from"), ">"+v.w.T("insight.spread.answers"), v.w.T("insight.spread.past"))
	for _, s := range v.x.Days {
		name := v.kindName(s.Kind)
		p.Says = append(p.Says, says(v.w.T("insight.spread.says", "kind", name, "m", s.Median, "n", s.Ninetieth)+" "+v.w.T("insight.spread.over", "n", v.number(s.Over), "m", v.number(s.Answers)))...)
		var bins []chart.Bin
		for _, b := range s.Bins {
			days, took := strconv.Itoa(b.From), fmt.Sprintf("%d-%d", b.From, b.To)
			switch {
			case b.To < 0:
				days, took = ">"+strconv.Itoa(b.From-1), fmt.Sprintf("%d-", b.From)
			case b.To > b.From:
				days = fmt.Sprintf("%d–%d", b.From, b.To)
			}
			link := some(b.Answers, v.link("answered", "form", s.Kind, "took", took))
			bins = append(bins, chart.Bin{Name: days, Count: b.Answers, Over: b.Over, Link: link, Says: v.w.T("insight.spread.bin", "d", days, "n", b.Answers)})
			past := ""
			if b.Over {
				past = v.w.T("insight.spread.past")
			}
			p.Table.row(cellOf(name), cellOf(days), v.count(b.Answers, link), cellOf(past))
		}
		limit, unit := v.w.T("insight.spread.limit", "n", s.Limit), v.w.T("insight.spread.unit")
		c := v.chart("spread-"+s.Kind, name, p.Says[len(p.Says)-1].Text, halfChart, func(f chart.Frame) *chart.Picture { return chart.Histogram(f, bins, limit, unit) })
		p.Charts = append(p.Charts, c)
	}
	if len(p.Says) == 0 {
		p.Says = says(v.w.T("insight.tile.noanswer"))
	}
	return p
}

// most is how many bars a list shows; the others are one.
const mostBars = 8

// bars are shares, those that may not be shown or have no room as one.
func (v insightView) bars(shares []insight.Share, name func(string) string, parameter string) (bars []chart.Bar, vital int) {
	counts := make([]int, len(shares))
	for i, s := range shares {
		counts[i] = s.Now
	}
	hidden := make([]bool, len(shares))
	if v.published {
		hidden = insight.Suppress(counts)
	}
	rest, before, share := 0, 0, 0.0
	for i, s := range shares {
		if s.Now == 0 && s.Then == 0 {
			continue
		}
		if hidden[i] || len(bars) >= mostBars || v.published && s.Now == 0 {
			rest, before, share = rest+s.Now, before+s.Then, share+s.Of
			continue
		}
		id := s.ID
		if id == "" {
			id = "-"
		}
		b := chart.Bar{Name: name(s.ID), Says: v.number(s.Now) + " · " + v.percent(s.Of), Value: float64(s.Now), Before: float64(s.Then), Colour: chart.Primary, Link: v.link("received", parameter, id)}
		if v.published && s.Then > 0 && s.Then < insight.Small {
			b.Before = -1
		}
		if vital > 0 {
			b.Colour = chart.Pale
		}
		if bars = append(bars, b); vital == 0 && s.Cumulative >= 0.8 {
			if vital = len(bars); vital < len(shares) {
				bars[vital-1].Cut = v.w.T("insight.topics.cut", "p", v.percent(s.Cumulative))
			}
		}
	}
	if rest > 0 {
		b := chart.Bar{Name: v.w.T("insight.rest"), Says: v.number(rest), Value: v.shown(rest), Before: -1, Colour: chart.Pale}
		if !v.published {
			b.Says, b.Before = b.Says+" · "+v.percent(share), float64(before)
		}
		bars = append(bars, b)
	}
	return bars, vital
}

func (v insightView) shares(id, title, why string, shares []insight.Share, column string, name func(string) string, parameter string) insightPart {
	p := insightPart{ID: id, Title: title, Why: why}
	p.Table.head(column, ">"+v.w.T("insight.now"), ">"+v.w.T("insight.share"), ">"+v.w.T("insight.cumulative"), ">"+v.w.T("insight.then"))
	for _, s := range shares {
		topic := s.ID
		if topic == "" {
			topic = "-"
		}
		p.Table.row(cellOf(name(s.ID)), v.count(s.Now, v.link("received", parameter, topic)), v.part(s.Of), v.part(s.Cumulative), v.count(s.Then, v.linkIn(v.x.Before, "received", parameter, topic)))
	}
	if bars, vital := v.bars(shares, name, parameter); len(bars) > 0 {
		if vital > 0 && v.x.Now.Received > 0 {
			p.Says = says(v.w.T("insight.topics.says", "k", vital, "n", len(shares), "p", v.percent(shares[vital-1].Cumulative)))
		}
		p.Charts = []insightChart{v.chart(id, title, strings.Join(p.plain(), " "), halfChart, func(f chart.Frame) *chart.Picture { return chart.Bars(f, bars) })}
	} else {
		p.Says = says(v.w.T("insight.none"))
	}
	return p
}

func (v insightView) topics() insightPart {
	return v.shares("topics", v.w.T("insight.topics"), v.w.T("insight.topics.why"), v.x.Topics, v.w.T("insight.topic"), v.topicName, "service")
}

func (v insightView) kinds() insightPart {
	p := v.shares("kinds", v.w.T("insight.kinds"), "", v.x.Kinds, v.w.T("insight.kind"), v.kindName, "form")
	if len(p.Charts) > 0 {
		p.Says = nil
	}
	return p
}

func (v insightView) units() insightPart {
	p := insightPart{ID: "units", Title: v.w.T("insight.units"), Why: v.w.T("insight.units.why")}
	p.Table.head(v.w.T("insight.unit"), ">"+v.w.T("insight.received"), ">"+v.w.T("insight.due"), ">"+v.w.T("insight.late"), ">"+v.w.T("insight.share"), v.w.T("insight.verdict"))
	f := v.x.Units
	var places []chart.Place
	for _, u := range f.Units {
		verdict := "within"
		said := v.w.T("insight.tile.late", "n", v.number(u.Late), "m", v.number(u.Due))
		switch {
		case u.Out > 0:
			verdict = "late"
			p.Says = append(p.Says, insightSay{v.w.T("insight.units.out", "of", v.unitName(u.ID), "n", v.number(u.Late), "m", v.number(u.Due)), "warn"})
		case u.Out < 0:
			verdict = "good"
			p.Says = append(p.Says, insightSay{v.w.T("insight.units.good", "of", v.unitName(u.ID), "n", v.number(u.Late), "m", v.number(u.Due)), "ok"})
		}
		judged := v.w.T("insight.unit." + verdict)
		if u.Due == 0 {
			judged = "–"
		} else if !v.published || u.Due >= insight.Small && (u.Late == 0 || u.Late >= insight.Small) {
			places = append(places, chart.Place{Name: v.unitName(u.ID), Size: u.Due, Share: u.Share(), Out: u.Out, Link: v.link("due", "unit", u.ID), Says: v.unitName(u.ID) + ": " + said})
		}
		p.Table.row(cellOf(v.unitName(u.ID)), v.count(u.Received, v.link("received", "unit", u.ID)), v.count(u.Due, v.link("due", "unit", u.ID)), v.count(u.Late, v.link("late", "unit", u.ID)), v.part(u.Share()), cellOf(judged))
	}
	if v.x.Now.Due == 0 {
		p.Says = says(v.w.T("insight.units.nodue"))
		return p
	}
	if len(p.Says) == 0 {
		p.Says = says(v.w.T("insight.units.none"))
	}
	if len(places) < 3 {
		return p // nothing to compare with
	}
	desc := v.w.T("insight.units.desc", "n", len(places), "p", v.percent(f.Share)) + " " + strings.Join(p.plain(), " ")
	p.Charts = []insightChart{v.chart("units", p.Title, desc, halfChart, func(frame chart.Frame) *chart.Picture {
		return chart.Funnel(frame, places, f.Share, f.Limits, v.w.T("insight.units.sizes"), v.w.T("insight.units.shares"))
	})}
	return p
}

func (v insightView) satisfaction() insightPart {
	p := insightPart{ID: "satisfaction", Title: v.w.T("insight.satisfaction"), Why: v.w.T("insight.satisfaction.why")}
	p.Table.head(v.w.T("insight.topic"), ">"+v.w.T("insight.complaints"), ">"+v.w.T("insight.answers"), ">"+v.w.T("insight.needed"), ">"+v.w.T("insight.index"), v.w.T("insight.grade"))
	x := v.x.Satisfaction
	if x.Complete {
		p.Says = says(v.w.T("insight.satisfaction.says", "v", v.comma(x.Exact), "g", x.Grade.Grade, "n", v.whole(x.Asked)))
	} else {
		p.Says = says(v.w.T("insight.satisfaction.few", "n", v.whole(x.Asked), "m", x.Needed))
	}
	var bars []chart.Bar
	for _, s := range v.x.Services {
		link := v.link("received", "service", s.ID, "form", "complaint")
		index, grade, beside := cellOf(v.w.T("insight.satisfaction.toofew", "n", s.Index.Asked, "m", s.Index.Needed)), cellOf("–"), v.w.T("insight.index")+": "+v.w.T("insight.satisfaction.toofew", "n", s.Index.Asked, "m", s.Index.Needed)
		if s.Index.Complete {
			index, grade = insightCell{Text: v.comma(s.Index.Exact), Plain: s.Index.Exact}, cellOf(s.Index.Grade.Grade)
			beside = v.w.T("insight.index") + ": " + v.comma(s.Index.Exact) + " " + s.Index.Grade.Grade
		}
		p.Table.row(cellOf(v.topicName(s.ID)), v.count(s.Complaints, link), v.count(s.Index.Asked, ""), cellOf(strconv.Itoa(s.Index.Needed)), index, grade)
		if len(bars) < mostBars && (s.Complaints > 0 || s.Index.Complete) {
			bars = append(bars, chart.Bar{Name: v.topicName(s.ID), Says: v.number(s.Complaints), Note: beside, Value: float64(s.Complaints), Before: -1, Colour: chart.Second, Link: link})
		}
	}
	if len(bars) > 0 {
		p.Charts = []insightChart{v.chart("satisfaction", p.Title, strings.Join(p.plain(), " "), halfChart, func(f chart.Frame) *chart.Picture { return chart.Bars(f, bars) })}
	}
	return p
}

func (v insightView) words() insightPart {
	p := insightPart{ID: "words", Title: v.w.T("insight.words"), Why: v.w.T("insight.words.why")}
	if v.x.Some {
		p.Why += " " + v.w.T("insight.words.some", "n", v.whole(v.x.Read))
	}
	p.Table.head(v.w.T("insight.word"), ">"+v.w.T("insight.now"), ">"+v.w.T("insight.share"), ">"+v.w.T("insight.then"), ">"+v.w.T("insight.share"), ">G²")
	var bars []chart.Bar
	for i, x := range v.x.Words {
		link := v.link("received", "q", x.Word)
		p.Table.row(cellOf(x.Word), v.count(x.Now, link), v.part(float64(x.Now)/float64(x.NowOf)), v.count(x.Then, v.linkIn(v.x.Before, "received", "q", x.Word)), v.part(float64(x.Then)/float64(x.ThenOf)), cellOf(v.decimal(x.G2, 1)))
		if i == 0 {
			p.Says = says(v.w.T("insight.words.says", "w", x.Word, "n", v.whole(x.Now), "m", v.whole(x.NowOf)))
		}
		if i < mostBars {
			bars = append(bars, chart.Bar{Name: x.Word, Says: v.number(x.Now), Value: float64(x.Now), Before: float64(x.Then), Colour: chart.Primary, Link: link})
		}
	}
	if len(bars) == 0 {
		p.Says = says(v.w.T("insight.words.none"))
		return p
	}
	p.Charts = []insightChart{v.chart("words", p.Title, strings.Join(p.plain(), " "), halfChart, func(f chart.Frame) *chart.Picture { return chart.Bars(f, bars) })}
	return p
}
