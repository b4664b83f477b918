package hub

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"loket/hub/disclosure"
	"loket/kiosk"
)

// Count is a number as it is published: nothing where it is not.
type Count struct {
	N     int
	Shown bool
}

// Statistics are the public figures: of whole months only, so that nobody who
// looks every day sees a single report arrive.
type Statistics struct {
	Until string // the first day that is not counted, YYYY-MM-DD
	Years []YearFigures
}

// YearFigures are those of a calendar year, the newest first.
type YearFigures struct {
	Year  int
	Kinds []KindFigures
	// Confidential are the reports that nobody but the officers may know of:
	// they are counted here and in no table.
	Confidential Count
	Indices      []IndexFigure
}

// KindFigures are those of a kind of case. All is known to everybody; each table
// breaks it down by one thing.
type KindFigures struct {
	Kind     string
	All      Figure
	Offices  []Figure
	Services []Figure // with "" for those that name none
	Months   []Figure // YYYY-MM
	Outcomes []Figure // with "open" for those without a result yet, and statuses
}

// Figure is one line of a table. Received is all of them; Open have no answer
// yet, the others were answered (or put away) within their term or after it.
// Where so few are open or late that neither is told, Rest is both together.
type Figure struct {
	ID                           string
	Received, Open, OnTime, Late Count
	Rest                         Count
	// Median is the middle of the working days it took, if it is told.
	Median float64
	Told   bool
}

// IndexFigure is a satisfaction index (SKM). There is one only where enough
// people answered; how many is not told.
type IndexFigure struct {
	Office, Service string // empty: all
	Index, Grade    string
}

// Undecided is the id of the line of cases without a result yet.
const Undecided = "open"

// statisticsLast is how long figures are shown before they are counted anew:
// strangers cannot make the hub count.
const statisticsLast = 10 * time.Minute

type counted struct {
	sync.Mutex
	at         time.Time
	statistics *Statistics
}

// Statistics returns the public figures.
func (h *Hub) Statistics(ctx context.Context) (*Statistics, error) {
	h.counted.Lock()
	defer h.counted.Unlock()
	if now := h.Now(); h.counted.statistics == nil || now.Sub(h.counted.at) >= statisticsLast || now.Before(h.counted.at) {
		// Whoever asked first may go: the others wait for the same figures.
		s, err := h.count(context.WithoutCancel(ctx))
		if err != nil {
			return nil, err
		}
		h.counted.statistics, h.counted.at = s, now
	}
	return h.counted.statistics, nil
}

// tally is so many cases that are counted alike.
type tally struct {
	id     string // in the table that is made of them
	column int    // of timeliness
	days   int    // working days to the answer
	n      int
}

// The columns of timeliness.
const (
	columnOpen = iota
	columnOnTime
	columnLate
	columns
)

func (h *Hub) count(ctx context.Context) (*Statistics, error) {
	now := h.Now().In(kiosk.Zone("WIB"))
	s := &Statistics{Until: now.Format("2006-01") + "-01"}
	if err := h.Current(ctx); err != nil {
		return nil, err
	}
	until, err := time.Parse(time.DateOnly, s.Until)
	if err != nil {
		return nil, err
	}
	byYear, confidential, err := h.publics(ctx, dayOf(until))
	if err != nil {
		return nil, err
	}
	opinions, err := h.Store.Opinions(ctx, h.Instrument.Form, "")
	if err != nil {
		return nil, err
	}
	asked := map[int][]Opinion{}
	for _, o := range opinions {
		if day, err := time.Parse(time.DateOnly, o.Day); err == nil && o.Day < s.Until {
			asked[day.Year()] = append(asked[day.Year()], o)
		}
	}
	years := map[int]bool{}
	for y := range byYear {
		years[y] = true
	}
	for y := range asked {
		years[y] = true
	}
	for y := range years {
		f := YearFigures{Year: y, Confidential: Count{confidential[y], !disclosure.Small(confidential[y])}, Indices: h.indices(asked[y])}
		for _, kind := range h.Catalogue.Names() {
			if all := byYear[y][kind]; all != nil {
				f.Kinds = append(f.Kinds, h.figures(kind, all))
			}
		}
		s.Years = append(s.Years, f)
	}
	slices.SortFunc(s.Years, func(a, b YearFigures) int { return b.Year - a.Year })
	return s, nil
}

// public is what the public may know of a kind in a year, once for each table.
type public struct {
	offices, services, months, outcomes []tally
}

// publics reads what was received before a day, the first of a month, by year and
// kind, and how much of it nobody but officers may know of.
func (h *Hub) publics(ctx context.Context, until int) (byYear map[int]map[string]*public, confidential map[int]int, err error) {
	byYear, confidential = map[int]map[string]*public{}, map[int]int{}
	of := func(l SumLine) *public {
		year := dateOfDay(l.Span).Year()
		if byYear[year] == nil {
			byYear[year] = map[string]*public{}
		}
		p := byYear[year][l.Kind]
		if p == nil {
			p = new(public)
			byYear[year][l.Kind] = p
		}
		return p
	}
	// tell adds what a line counts to a table, or takes it away.
	tell := func(table *[]tally, id string, l SumLine, times int) {
		for column, n := range [columns]int{columnOpen: l.Waiting, columnOnTime: l.Kept, columnLate: l.Missed} {
			if n != 0 {
				*table = append(*table, tally{id, column, l.Days, n * times})
			}
		}
	}
	type part struct {
		line, scale string
		from, to    int
	}
	parts := []part{{LineHidden, SumMonth, 0, until - 1}, {LineMonth, SumMonth, 0, until - 1}, {LineOutcome, SumMonth, 0, until - 1},
		{LineOffice, SumYear, 0, until - 1}, {LineService, SumYear, 0, until - 1}}
	if until != yearOf(until) { // of this year, what is not over yet is taken away
		parts = append(parts, part{LineOffice, SumMonth, until, yearAfter(until) - 1}, part{LineService, SumMonth, until, yearAfter(until) - 1})
	}
	read, errs := make([][]SumLine, len(parts)), make([]error, len(parts))
	var all sync.WaitGroup
	for i, x := range parts {
		all.Go(func() {
			read[i], errs[i] = h.Store.Sums(ctx, SumQuery{Line: x.line, Scale: x.scale, Parts: []string{""}, From: x.from, To: x.to, BySpan: true, ByItem: true, ByDays: true})
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, nil, err
	}
	for i, x := range parts {
		times := 1
		if x.from == until {
			times = -1
		}
		for _, l := range read[i] {
			if l.Line == LineHidden {
				year := dateOfDay(l.Span).Year()
				confidential[year] += l.N
				if byYear[year] == nil {
					byYear[year] = map[string]*public{}
				}
				continue
			}
			switch p := of(l); l.Line {
			case LineOutcome:
				tell(&p.outcomes, l.Item, l, times)
			case LineMonth:
				tell(&p.months, dateOfDay(l.Span).Format("2006-01"), l, times)
			case LineOffice:
				tell(&p.offices, l.Item, l, times)
			case LineService:
				tell(&p.services, l.Item, l, times)
			}
		}
	}
	for year, kinds := range byYear {
		for kind, p := range kinds {
			if p.outcomes == nil { // all of it is of this month
				delete(kinds, kind)
			}
		}
		if len(kinds) == 0 && confidential[year] == 0 {
			delete(byYear, year)
		}
	}
	return byYear, confidential, nil
}

// yearAfter is the first day of the year after a day's.
func yearAfter(day int) int { return dayOf(dateOfDay(yearOf(day)).AddDate(1, 0, 0)) }

// figures are the tables of a kind in a year. Every table adds up to the same
// line for all, which everybody knows: therefore each is suppressed by itself.
func (h *Hub) figures(kind string, all *public) KindFigures {
	f := KindFigures{Kind: kind}
	var total [columns]int
	received := 0
	for _, t := range all.months {
		total[t.column] += t.n
		received += t.n
	}
	if disclosure.Small(received) {
		return f // a handful of people: not even that
	}
	// Where a total is small, its column is joined with another; where that is
	// not enough, only what was received is told.
	part := partition{3, func(column int) int { return column }}
	if disclosure.Small(total[columnOpen]) || disclosure.Small(total[columnLate]) || disclosure.Small(total[columnOnTime]) {
		part = partition{2, func(column int) int { // open and late | on time
			if column == columnOnTime {
				return 1
			}
			return 0
		}}
		if rest := total[columnOpen] + total[columnLate]; disclosure.Small(rest) || disclosure.Small(total[columnOnTime]) {
			part = partition{1, func(int) int { return 0 }}
		}
	}
	f.All = part.lines([]string{""}, [][]tally{all.months}, nil)[0]
	table := func(ids []string, all []tally, hide ...string) []Figure {
		by := map[string][]tally{}
		for _, t := range all {
			id := t.id
			if !slices.Contains(ids, id) {
				id = "" // no line may be missing, or it could be computed
			}
			by[id] = append(by[id], t)
		}
		var names []string
		var groups [][]tally
		var hidden []int
		for _, id := range append(slices.Clone(ids), "") {
			if people(by[id]) == 0 {
				continue
			}
			if slices.Contains(hide, id) {
				hidden = append(hidden, len(names))
			}
			names, groups = append(names, id), append(groups, by[id])
		}
		return part.lines(names, groups, hidden)
	}
	var offices, services, months []string
	for _, o := range h.Catalogue.Offices {
		offices = append(offices, o.ID)
	}
	for _, s := range h.Catalogue.Services {
		services = append(services, s.ID)
	}
	for _, t := range all.months {
		if !slices.Contains(months, t.id) {
			months = append(months, t.id)
		}
	}
	slices.Sort(months)
	f.Offices = table(offices, all.offices)
	f.Services = table(services, all.services)
	f.Months = table(months, all.months)
	outcomes := []string{}
	if l := h.Lifecycles.Kind(kind); l != nil {
		for _, o := range l.Outcomes {
			outcomes = append(outcomes, o.ID)
		}
	}
	for _, s := range kiosk.Statuses {
		outcomes = append(outcomes, string(s))
	}
	outcomes = append(outcomes, Undecided)
	var hide []string
	if part.n < columns {
		hide = []string{Undecided} // it would tell the column that is not told
	}
	part = partition{1, func(int) int { return 0 }}
	f.Outcomes = table(outcomes, all.outcomes, hide...)
	for i := range f.Outcomes {
		f.Outcomes[i].Told = false
	}
	return f
}

// partition joins columns of timeliness into so many.
type partition struct {
	n  int
	of func(column int) int
}

// lines counts groups of cases, one a line, and leaves out what could tell of a
// few people.
func (p partition) lines(ids []string, groups [][]tally, hide []int) []Figure {
	table := disclosure.Table{Hide: hide}
	exact := make([][columns]int, len(groups))
	for i, group := range groups {
		cells := make([]int, p.n)
		for _, t := range group {
			cells[p.of(t.column)] += t.n
			exact[i][t.column] += t.n
		}
		table.Cells = append(table.Cells, cells)
	}
	shown := disclosure.Suppress(table)
	lines := make([]Figure, len(groups))
	for i, group := range groups {
		f := Figure{ID: ids[i], Received: Count{people(group), shown.Totals[i]}}
		if p.n > 1 {
			f.OnTime = Count{exact[i][columnOnTime], shown.Cells[i][p.of(columnOnTime)]}
		}
		if p.n == columns-1 {
			f.Rest = Count{exact[i][columnOpen] + exact[i][columnLate], shown.Cells[i][p.of(columnLate)]}
		}
		if p.n == columns {
			f.Open = Count{exact[i][columnOpen], shown.Cells[i][columnOpen]}
			f.Late = Count{exact[i][columnLate], shown.Cells[i][columnLate]}
		}
		// The median tells that there were enough: only where the counts do.
		if f.Told = f.OnTime.Shown && f.OnTime.N >= disclosure.Least && (p.n < columns || f.Late.Shown); f.Told {
			f.Median = median(group)
		}
		lines[i] = f.blank()
	}
	return lines
}

// people is how many cases are counted.
func people(all []tally) (n int) {
	for _, t := range all {
		n += t.n
	}
	return n
}

// median is the middle of the working days that answers took, of one at least.
func median(all []tally) float64 {
	days, answers := map[int]int{}, 0
	for _, t := range all {
		if t.column != columnOpen {
			days[t.days] += t.n
			answers += t.n
		}
	}
	at := func(place int) int {
		for _, d := range slices.Sorted(maps.Keys(days)) {
			if place -= days[d]; place < 0 {
				return d
			}
		}
		return 0
	}
	return float64(at((answers-1)/2)+at(answers/2)) / 2
}

// blank forgets what is not shown, so that nothing can publish it by mistake.
func (f Figure) blank() Figure {
	for _, c := range []*Count{&f.Received, &f.Open, &f.OnTime, &f.Late, &f.Rest} {
		if !c.Shown {
			c.N = 0
		}
	}
	return f
}

// indices are the satisfaction indices of a year, where enough people answered:
// of all, of offices and of services.
func (h *Hub) indices(opinions []Opinion) (all []IndexFigure) {
	add := func(office, service string, of func(Opinion) bool) {
		var answers []kiosk.Answers
		for _, o := range opinions {
			if of(o) {
				answers = append(answers, o.Answers)
			}
		}
		if x := h.Instrument.Compute(answers, 0); x.Complete {
			all = append(all, IndexFigure{office, service, x.Exact, x.Grade.Grade})
		}
	}
	add("", "", func(Opinion) bool { return true })
	for _, office := range h.Catalogue.Offices {
		add(office.ID, "", func(o Opinion) bool { return o.Office == office.ID })
	}
	for _, service := range h.Catalogue.Services {
		add("", service.ID, func(o Opinion) bool { return o.Answers["service"] == service.ID })
	}
	return all
}

// Share is how many of those answered were answered within their term, in
// percent; false where that is not told.
func (f Figure) Share() (percent int, told bool) {
	if !f.OnTime.Shown || !f.Late.Shown || f.OnTime.N+f.Late.N < disclosure.Least {
		return 0, false
	}
	return (f.OnTime.N*100 + (f.OnTime.N+f.Late.N)/2) / (f.OnTime.N + f.Late.N), true
}

// Answered is how many have an answer, where both counts are told.
func (f Figure) Answered() Count {
	if !f.OnTime.Shown || !f.Late.Shown {
		return Count{}
	}
	return Count{f.OnTime.N + f.Late.N, true}
}

// Year returns the figures of a year, or of the newest for 0.
func (s *Statistics) Year(year int) (YearFigures, bool) {
	for _, y := range s.Years {
		if y.Year == year || year == 0 {
			return y, true
		}
	}
	return YearFigures{}, false
}

// Kind returns the figures of a kind.
func (y YearFigures) Kind(kind string) (KindFigures, bool) {
	i := slices.IndexFunc(y.Kinds, func(k KindFigures) bool { return strings.EqualFold(k.Kind, kind) })
	if i < 0 {
		return KindFigures{}, false
	}
	return y.Kinds[i], true
}
