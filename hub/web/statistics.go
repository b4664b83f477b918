package web

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"loket/hub"
	"loket/hub/disclosure"
	"loket/kiosk"
	"loket/kiosk/words"
)

func (s *Server) statisticsRoutes(public, _ *routes) {
	public.Handle("GET /statistics", s.handle(s.statistics))
	public.Handle("GET /statistics.csv", s.handle(s.statisticsCSV))
	public.Handle("GET /statistics.json", s.handle(s.statisticsJSON))
}

// licence is that of the open data.
const licence = "https://creativecommons.org/licenses/by/4.0/"

// breakdown is one table of the page.
type breakdown struct {
	ID, Title, Head string
	Timely          bool // says how fast, too
	Full            bool // and what is open apart from what is late
	Lines           []figureLine
}

type figureLine struct {
	Label                                string
	Received, Open, OnTime, Late, Median string
	Rest                                 string // open or late
	Share                                int    // of those answered, in percent; -1: not told
	Bar                                  int    // of the greatest line, in percent; 0: not told
}

type indexLine struct{ Label, Index, Grade string }

type statisticsPage struct {
	page
	Years   []int
	Year    int
	Kinds   []option
	Of      string // kind
	Until   string
	All     figureLine
	Any     bool // there is something of the kind
	Tables  []breakdown
	Hidden  string // of the confidential: how many, or that it is not told
	Indices []indexLine
	Least   int
	Licence string
}

// openData says that anybody may keep and use an answer for a while.
func openData(w http.ResponseWriter) {
	h := w.Header()
	h.Del("X-Robots-Tag")
	h.Set("Cache-Control", "public, max-age=600")
	h.Set("Vary", "Accept-Language")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

func (s *Server) statistics(w http.ResponseWriter, r *http.Request) error {
	all, err := s.hub.Statistics(r.Context())
	if err != nil {
		return err
	}
	say := s.say(r)
	p := &statisticsPage{Of: r.FormValue("kind"), Least: disclosure.Least, Licence: licence}
	p.Kind, p.Indexed = "public roomy", true
	p.Until = s.day(all.Until, say)
	for _, y := range all.Years {
		p.Years = append(p.Years, y.Year)
	}
	for _, name := range s.hub.Catalogue.Names() {
		if f := s.hub.Catalogue.Form(name); s.hub.Lifecycles.Kind(name) != nil {
			p.Kinds = append(p.Kinds, option{name, f.Title.In(say.Language)})
			if p.Of == "" {
				p.Of = name
			}
		}
	}
	year, _ := strconv.Atoi(r.FormValue("year"))
	y, ok := all.Year(year)
	if ok {
		p.Year = y.Year
		if p.Hidden = say.T("statistics.few"); y.Confidential.Shown {
			p.Hidden = strconv.Itoa(y.Confidential.N)
		}
		for _, x := range y.Indices {
			p.Indices = append(p.Indices, indexLine{s.about(x, say), pointed(x.Index, say), x.Grade})
		}
	}
	if k, ok := y.Kind(p.Of); ok && k.All.Received.Shown {
		p.Any, p.All = true, line(k.All, "", 0, say)
		for _, t := range s.tables(k) {
			b := breakdown{ID: t.id, Title: say.T("statistics.by." + t.id), Head: say.T("statistics.head." + t.id), Timely: t.timely && k.All.OnTime.Shown, Full: k.All.Late.Shown}
			most := 0
			for _, f := range t.figures {
				most = max(most, f.Received.N)
			}
			for _, f := range t.figures {
				b.Lines = append(b.Lines, line(f, t.label(f.ID, say), most, say))
			}
			p.Tables = append(p.Tables, b)
		}
	}
	openData(w)
	return s.render(w, http.StatusOK, "statistics", p, r)
}

// figureTable is one table of a kind, and how its lines are called.
type figureTable struct {
	id      string
	figures []hub.Figure
	timely  bool
	label   func(id string, w words.Words) string
}

func (s *Server) tables(k hub.KindFigures) []figureTable {
	named := func(name func(id string) (kiosk.Text, bool)) func(string, words.Words) string {
		return func(id string, w words.Words) string {
			if t, ok := name(id); ok {
				return t.In(w.Language)
			}
			return w.T("statistics.none")
		}
	}
	return []figureTable{
		{"month", k.Months, true, func(id string, w words.Words) string { return s.month(id, w) }},
		{"office", k.Offices, true, named(func(id string) (kiosk.Text, bool) { o, ok := s.hub.Catalogue.Office(id); return o.Name, ok })},
		{"service", k.Services, true, named(func(id string) (kiosk.Text, bool) { x, ok := s.hub.Catalogue.Service(id); return x.Name, ok })},
		{"outcome", k.Outcomes, false, func(id string, w words.Words) string {
			if l := s.hub.Lifecycles.Kind(k.Kind); l != nil && l.Outcome(id) != nil {
				return l.Outcome(id).Label.In(w.Language)
			}
			switch {
			case id == hub.Undecided:
				return w.T("statistics.undecided")
			case slices.Contains(kiosk.Statuses, kiosk.Status(id)):
				return w.T("status." + id)
			}
			return w.T("statistics.none")
		}},
	}
}

// line writes a figure for people: a dot stands for what is not told.
func line(f hub.Figure, label string, most int, w words.Words) figureLine {
	text := func(c hub.Count) string {
		if !c.Shown {
			return ""
		}
		return strconv.Itoa(c.N)
	}
	l := figureLine{Label: label, Received: text(f.Received), Open: text(f.Open), OnTime: text(f.OnTime), Late: text(f.Late), Rest: text(f.Rest), Share: -1}
	if f.Told {
		l.Median = pointed(strconv.FormatFloat(f.Median, 'f', -1, 64), w)
	}
	if share, ok := f.Share(); ok {
		l.Share = share
	}
	if most > 0 && f.Received.Shown {
		l.Bar = f.Received.N * 100 / most
	}
	return l
}

// pointed writes a decimal as the language does.
func pointed(n string, w words.Words) string {
	if w.Language == kiosk.English {
		return n
	}
	return strings.ReplaceAll(n, ".", ",")
}

// month names a month, YYYY-MM.
func (s *Server) month(id string, w words.Words) string {
	_, day, _ := strings.Cut(s.day(id+"-01", w), " ")
	return day
}

// about says what an index is of.
func (s *Server) about(x hub.IndexFigure, w words.Words) string {
	if o, ok := s.hub.Catalogue.Office(x.Office); ok {
		return o.Name.In(w.Language)
	}
	if v, ok := s.hub.Catalogue.Service(x.Service); ok {
		return v.Name.In(w.Language)
	}
	return s.hub.Catalogue.Ministry.In(w.Language)
}

// figureJSON is a line of open data; docs/open-data.md says what it means.
type figureJSON struct {
	ID       string   `json:"id"`
	NameID   string   `json:"name_id"`
	NameEN   string   `json:"name_en"`
	Received *int     `json:"received"`
	Open     *int     `json:"open"`
	OnTime   *int     `json:"on_time"`
	Late     *int     `json:"late"`
	Rest     *int     `json:"open_or_late"`
	Median   *float64 `json:"median_working_days"`
}

type kindJSON struct {
	Kind   string                  `json:"kind"`
	NameID string                  `json:"name_id"`
	NameEN string                  `json:"name_en"`
	Total  figureJSON              `json:"total"`
	By     map[string][]figureJSON `json:"by"`
}

type indexJSON struct {
	Office  *string `json:"office"`
	Service *string `json:"service"`
	Index   string  `json:"index"`
	Grade   string  `json:"grade"`
}

type yearJSON struct {
	Year         int         `json:"year"`
	Confidential *int        `json:"confidential"`
	Kinds        []kindJSON  `json:"kinds"`
	Indices      []indexJSON `json:"satisfaction"`
}

type statisticsJSON struct {
	Schema  int        `json:"schema"`
	Until   string     `json:"until"`
	Least   int        `json:"least"`
	Licence string     `json:"license"`
	Years   []yearJSON `json:"years"`
}

// data is the statistics for programs.
func (s *Server) data(r *http.Request) (*statisticsJSON, error) {
	all, err := s.hub.Statistics(r.Context())
	if err != nil {
		return nil, err
	}
	id, en := s.words.In(kiosk.Indonesian), s.words.In(kiosk.English)
	some := func(c hub.Count) *int {
		if !c.Shown {
			return nil
		}
		return &c.N
	}
	figure := func(f hub.Figure, nameID, nameEN string) figureJSON {
		x := figureJSON{f.ID, nameID, nameEN, some(f.Received), some(f.Open), some(f.OnTime), some(f.Late), some(f.Rest), nil}
		if f.Told {
			x.Median = &f.Median
		}
		return x
	}
	d := &statisticsJSON{Schema: 1, Until: all.Until, Least: disclosure.Least, Licence: licence, Years: []yearJSON{}}
	for _, y := range all.Years {
		yj := yearJSON{Year: y.Year, Confidential: some(y.Confidential), Kinds: []kindJSON{}, Indices: []indexJSON{}}
		for _, x := range y.Indices {
			ix := indexJSON{Index: x.Index, Grade: x.Grade}
			if x.Office != "" {
				ix.Office = &x.Office
			}
			if x.Service != "" {
				ix.Service = &x.Service
			}
			yj.Indices = append(yj.Indices, ix)
		}
		for _, k := range y.Kinds {
			title := s.hub.Catalogue.Form(k.Kind).Title
			kj := kindJSON{Kind: k.Kind, NameID: title.In(kiosk.Indonesian), NameEN: title.In(kiosk.English), Total: figure(k.All, "", ""), By: map[string][]figureJSON{}}
			for _, t := range s.tables(k) {
				lines := []figureJSON{}
				for _, f := range t.figures {
					lines = append(lines, figure(f, t.label(f.ID, id), t.label(f.ID, en)))
				}
				kj.By[t.id] = lines
			}
			yj.Kinds = append(yj.Kinds, kj)
		}
		d.Years = append(d.Years, yj)
	}
	return d, nil
}

func (s *Server) statisticsJSON(w http.ResponseWriter, r *http.Request) error {
	d, err := s.data(r)
	if err != nil {
		return err
	}
	openData(w)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	return json.NewEncoder(w).Encode(d)
}

// statisticsCSV is the same in one table; a cell is empty where nothing is told.
func (s *Server) statisticsCSV(w http.ResponseWriter, r *http.Request) error {
	d, err := s.data(r)
	if err != nil {
		return err
	}
	openData(w)
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="loket-statistics.csv"`)
	number := func(n *int) string {
		if n == nil {
			return ""
		}
		return strconv.Itoa(*n)
	}
	rows := [][]string{{"year", "kind", "by", "id", "name_id", "name_en", "received", "open", "on_time", "late", "open_or_late", "median_working_days", "index", "grade"}}
	for _, y := range d.Years {
		year := strconv.Itoa(y.Year)
		add := func(kind, by string, f figureJSON) {
			median := ""
			if f.Median != nil {
				median = strconv.FormatFloat(*f.Median, 'f', -1, 64)
			}
			rows = append(rows, []string{year, kind, by, f.ID, harmless(f.NameID), harmless(f.NameEN), number(f.Received), number(f.Open), number(f.OnTime), number(f.Late), number(f.Rest), median, "", ""})
		}
		for _, k := range y.Kinds {
			add(k.Kind, "total", k.Total)
			for _, by := range []string{"month", "office", "service", "outcome"} {
				for _, f := range k.By[by] {
					add(k.Kind, by, f)
				}
			}
		}
		rows = append(rows, []string{year, "confidential", "total", "", "", "", number(y.Confidential), "", "", "", "", "", "", ""})
		for _, x := range y.Indices {
			by, id := "total", ""
			if x.Office != nil {
				by, id = "office", *x.Office
			} else if x.Service != nil {
				by, id = "service", *x.Service
			}
			rows = append(rows, []string{year, "survey", by, id, "", "", "", "", "", "", "", "", x.Index, x.Grade})
		}
	}
	return csv.NewWriter(w).WriteAll(rows)
}
