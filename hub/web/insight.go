package web

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"loket/hub"
	"loket/hub/insight"
	"loket/kiosk"
)

func (s *Server) insightRoutes(_, desk *routes) {
	desk.Handle("GET /desk/insight", s.officer(s.insight))
	desk.Handle("GET /desk/insight.csv", s.officer(s.insightCSV))
	desk.Handle("GET /desk/insight.pdf", s.officer(s.insightPDF))
}

// longestPeriod is how many days figures can be asked for.
const longestPeriod = 731

// presets are the periods that one touch asks for.
var presets = []string{"13w", "month", "last", "quarter", "year"}

// preset is one of them, up to today.
func preset(name string, today time.Time) insight.Period {
	first := time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, time.UTC)
	switch name {
	case "month":
		return insight.Period{From: first, To: today}
	case "last":
		return insight.Period{From: first.AddDate(0, -1, 0), To: first.AddDate(0, 0, -1)}
	case "quarter":
		return insight.Period{From: first.AddDate(0, -(int(first.Month())-1)%3, 0), To: today}
	case "year":
		return insight.Period{From: time.Date(today.Year(), 1, 1, 0, 0, 0, 0, time.UTC), To: today}
	}
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	return insight.Period{From: monday.AddDate(0, 0, -12*7), To: today}
}

// insightPage is what to improve, and how one asks for it.
type insightPage struct {
	page
	Asked    hub.Asked
	Preset   string
	From, To string
	Presets  []insightLink
	Offices  []option
	Kinds    []option
	Compared string // which period, and with which
	Brief    []string
	Tiles    []insightTile
	Parts    []insightPart
	Empty    bool
	CSV, PDF string // addresses
}

type insightLink struct {
	Label, Path string
	On          bool
}

// today is the date at an office, or at the first of all.
func (s *Server) today(office string) time.Time {
	if office == "" {
		office = s.hub.Catalogue.Offices[0].ID
	}
	now := s.hub.Local(office, s.hub.Now())
	return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
}

// asked reads which figures are asked for. Without anything it is the last 13
// weeks of the officer's office.
func (s *Server) asked(r *http.Request, officer hub.Officer) (a hub.Asked, name string) {
	a = hub.Asked{Office: r.FormValue("office"), Kind: r.FormValue("form"), Stop: s.stop}
	if a.Office == "" {
		a.Office = officer.Office // theirs, unless they may see all
	}
	today := s.today(a.Office)
	from, err1 := time.Parse(time.DateOnly, r.FormValue("from"))
	to, err2 := time.Parse(time.DateOnly, r.FormValue("to"))
	if name = r.FormValue("period"); !slices.Contains(presets, name) && err1 == nil && err2 == nil && !to.Before(from) && !from.After(today) {
		if to.After(today) {
			to = today
		}
		if earliest := to.AddDate(0, 0, 1-longestPeriod); from.Before(earliest) {
			from = earliest
		}
		a.Period = insight.Period{From: from, To: to}
		return a, "custom"
	}
	if !slices.Contains(presets, name) {
		name = presets[0]
	}
	a.Period = preset(name, today)
	return a, name
}

// figures computes what is asked for, or refuses it.
func (s *Server) figures(r *http.Request, officer hub.Officer, a hub.Asked) (insightView, error) {
	x, err := s.hub.Insight(r.Context(), officer, a)
	if errors.Is(err, hub.ErrForbidden) {
		err = &refusal{status: http.StatusForbidden, sentence: "these figures are not for this officer's role or office"}
	}
	return insightView{hub: s.hub, w: s.say(r), x: x, asked: a}, err
}

func (s *Server) insight(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p := new(insightPage)
	s.desk(&p.page, r, officer)
	p.Asked, p.Preset = s.asked(r, officer)
	v, err := s.figures(r, officer, p.Asked)
	if err != nil {
		return err
	}
	period := p.Asked.Period
	p.From, p.To = period.From.Format(time.DateOnly), period.To.Format(time.DateOnly)
	q := url.Values{"from": {p.From}, "to": {p.To}}
	for key, value := range map[string]string{"office": p.Asked.Office, "form": p.Asked.Kind} {
		if value != "" {
			q.Set(key, value)
		}
	}
	p.CSV = "/desk/insight.csv?" + q.Encode()
	p.PDF = "/desk/insight.pdf?" + url.Values{"month": {p.To[:7]}, "office": {p.Asked.Office}}.Encode()
	q.Del("from")
	q.Del("to")
	for _, name := range presets {
		q.Set("period", name)
		p.Presets = append(p.Presets, insightLink{v.w.T("insight.period." + name), "/desk/insight?" + q.Encode(), name == p.Preset})
	}
	p.Offices = s.offices(officer, v.w.Language)
	for _, o := range s.hub.Catalogue.Units {
		if s.hub.Under(o.ID, officer.Office) && (o.ID == p.Asked.Office || o.Parent == p.Asked.Office) {
			p.Offices = append(p.Offices, option{o.ID, o.Name.In(v.w.Language)})
		}
	}
	for _, name := range s.hub.Catalogue.Names() {
		if s.hub.SeesKind(officer, name) {
			p.Kinds = append(p.Kinds, option{name, v.kindName(name)})
		}
	}
	p.Compared = v.w.T("insight.compared", "period", v.span(v.x.Period), "before", v.span(v.x.Before))
	p.Empty = v.x.Now.Received+v.x.Then.Received+v.x.Now.Due+v.x.Now.Answered == 0
	p.Brief, p.Tiles, p.Parts = v.brief(), v.tiles(), v.parts()
	return s.render(w, http.StatusOK, "insight", p, r)
}

// insightCSV is one table of the page for a spreadsheet.
func (s *Server) insightCSV(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	a, _ := s.asked(r, officer)
	v, err := s.figures(r, officer, a)
	if err != nil {
		return err
	}
	parts := v.parts()
	i := slices.IndexFunc(parts, func(p insightPart) bool { return p.ID == r.FormValue("table") })
	if i < 0 {
		return hub.ErrNotFound
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s-%s.csv"`, parts[i].ID, a.Period.From.Format("20060102"), a.Period.To.Format("20060102")))
	table := parts[i].Table
	var head []string
	for _, h := range table.Heads {
		head = append(head, h.Label)
	}
	rows := [][]string{head}
	for _, row := range table.Rows {
		var line []string
		for _, c := range row {
			plain := c.Text
			if c.Plain != "" {
				plain = c.Plain
			}
			line = append(line, harmless(plain))
		}
		rows = append(rows, line)
	}
	return csv.NewWriter(w).WriteAll(rows)
}

// insightPDF is one month on one page, for the head of an office.
func (s *Server) insightPDF(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	office := r.FormValue("office")
	if office == "" {
		office = officer.Office
	}
	month, err := time.Parse("2006-01", r.FormValue("month"))
	if err != nil {
		month = preset("last", s.today(office)).From
	}
	b, err := Monthly(r.Context(), s.hub, s.say(r), s.assets, officer, month, office)
	switch {
	case errors.Is(err, hub.ErrForbidden):
		return &refusal{status: http.StatusForbidden, sentence: "these figures are not for this officer's role or office"}
	case errors.Is(err, ErrNotYet):
		return hub.ErrNotFound
	case err != nil:
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`inline; filename="insight-%s.pdf"`, month.Format("2006-01")))
	_, err = w.Write(b)
	return err
}

// behind reports whether a case is one of those behind a figure, as the figure's
// link asks the inbox for them:
//
//	figure=received    by the date received
//	figure=answered    by the date of the answer; took=A-B working days, no B: no end
//	figure=due, late   by the date on which its term ended; late: only those late
//	figure=open        received until then, without an answer
//	from=, to=         YYYY-MM-DD, both within
//	unit=ID            handled there or below
//	service=ID         about that service; - is none
func (s *Server) behind(c hub.Case, q url.Values) bool {
	m := s.hub.Measure(c)
	if topic := q.Get("service"); topic != "" && m.Topic != strings.TrimPrefix(topic, "-") || !s.hub.Under(m.Unit, q.Get("unit")) {
		return false
	}
	from, err := time.Parse(time.DateOnly, q.Get("from"))
	if err != nil || q.Get("figure") == "open" {
		from = time.Time{}.AddDate(1, 0, 0)
	}
	to, err := time.Parse(time.DateOnly, q.Get("to"))
	if err != nil {
		to = s.today(c.Office)
	}
	at := m.Received
	switch q.Get("figure") {
	case "answered":
		at = m.Answered
		if least, most, some := strings.Cut(q.Get("took"), "-"); some {
			low, _ := strconv.Atoi(least)
			if high, err := strconv.Atoi(most); m.Taken < low || err == nil && m.Taken > high {
				return false
			}
		}
	case "due", "late":
		if at = m.Due; !at.Before(s.today(c.Office)) || q.Get("figure") == "late" && !m.Late() {
			return false
		}
	case "open":
		if !m.Answered.IsZero() {
			return false
		}
	}
	return insight.Period{From: from, To: to}.Has(at)
}

// kindName is a kind of case in words.
func (v insightView) kindName(id string) string {
	if f := v.hub.Catalogue.Form(id); f != nil {
		return f.Title.In(v.w.Language)
	}
	return id
}

// topicName is a service in words.
func (v insightView) topicName(id string) string {
	if id == "" {
		return v.w.T("insight.unsaid")
	}
	if s, ok := v.hub.Catalogue.Service(id); ok {
		return s.Name.In(v.w.Language)
	}
	return id
}

// unitName is an office or unit in words.
func (v insightView) unitName(id string) string {
	if o, ok := v.hub.Catalogue.Office(id); ok {
		return o.Name.In(v.w.Language)
	}
	return id
}

// number writes a whole number; on what is published, not one so small that
// people could be known by it.
func (v insightView) number(n int) string {
	if v.published && n > 0 && n < insight.Small {
		return v.w.T("insight.small")
	}
	return v.whole(n)
}

func (v insightView) whole(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + map[bool]string{true: ",", false: "."}[v.w.Language == kiosk.English] + s[i:]
	}
	return s
}

// decimal writes a number with so many places, as the language has it.
func (v insightView) decimal(f float64, places int) string {
	if f != f {
		return "–"
	}
	return v.comma(strconv.FormatFloat(f, 'f', places, 64))
}

func (v insightView) comma(s string) string {
	if v.w.Language == kiosk.English {
		return s
	}
	return strings.Replace(s, ".", ",", 1)
}

// percent writes a share; all and none are said only of all and none.
func (v insightView) percent(share float64) string {
	if share != share {
		return "–"
	}
	n := int(share*100 + 0.5)
	switch {
	case n == 0 && share > 0:
		n = 1
	case n == 100 && share < 1:
		n = 99
	}
	if v.w.Language == kiosk.English {
		return strconv.Itoa(n) + "%"
	}
	return strconv.Itoa(n) + "\u00a0%"
}

// span writes a period.
func (v insightView) span(p insight.Period) string {
	switch {
	case p.From.Equal(p.To):
		return v.w.Day(p.From)
	case p.From.Year() != p.To.Year():
		return v.w.Day(p.From) + " – " + v.w.Day(p.To)
	case p.From.Month() != p.To.Month():
		return fmt.Sprintf("%d %s – %s", p.From.Day(), v.w.Month(p.From.Month()), v.w.Day(p.To))
	}
	return fmt.Sprintf("%d – %s", p.From.Day(), v.w.Day(p.To))
}

// short writes a date where there is little room.
func (v insightView) short(d time.Time) string {
	return fmt.Sprintf("%d %s", d.Day(), string([]rune(v.w.Month(d.Month()))[:3]))
}

// link leads to the cases behind a figure of the period.
func (v insightView) link(figure string, pairs ...string) string {
	return v.linkIn(v.x.Period, figure, pairs...)
}

func (v insightView) linkIn(p insight.Period, figure string, pairs ...string) string {
	if v.published {
		return ""
	}
	q := url.Values{"figure": {figure}, "from": {p.From.Format(time.DateOnly)}, "to": {p.To.Format(time.DateOnly)}}
	if v.asked.Office != "" {
		q.Set("unit", v.asked.Office)
	}
	if v.asked.Kind != "" {
		q.Set("form", v.asked.Kind)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "/desk?" + q.Encode()
}
