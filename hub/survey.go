package hub

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"loket/hub/satisfaction"
	"loket/kiosk"
	"loket/kiosk/form"
)

// SurveyStore keeps how many people were served, which no kiosk knows.
type SurveyStore interface {
	// KeepServed adds a number, which counts from now on.
	KeepServed(ctx context.Context, s Served) error
	// Served returns the numbers of exactly that period.
	Served(ctx context.Context, from, to string) ([]Served, error)
}

// Served is how many people a place served in a period, as its office says. The
// sample of a survey is judged by it.
type Served struct {
	SurveyScope
	Count   int
	Officer string
	At      time.Time
}

// SurveyScope is what a survey is asked about: days as YYYY-MM-DD, both
// included; an empty office, unit or service is all of them.
type SurveyScope struct {
	From, To string
	Office   string
	Unit     string // part of regional offices that provides the service
	Service  string
}

// Survey is the result of one, with that of its parts.
type Survey struct {
	SurveyScope
	Instrument *satisfaction.Instrument
	Count      int // people served, 0: nobody said
	satisfaction.Index
	Answers  []kiosk.Answers // as a table has them: in no order of time
	Offices  []SurveyPart
	Units    []SurveyPart
	Services []SurveyPart
	Profile  []SurveyProfile
}

// SurveyPart is the result of a part.
type SurveyPart struct {
	ID    string
	Label kiosk.Text
	Count int // people served there, 0: nobody said
	satisfaction.Index
}

// SurveyProfile is who answered, by one of the things the form asks of them.
type SurveyProfile struct {
	Label  kiosk.Text
	Counts []Tally
}

// SurveyFewest is how many must have answered before anybody's answers, even
// without a name, stand in a row of their own.
const SurveyFewest = 5

// Survey computes a survey's result. Of how many were served it takes served, or
// what the office said of the period where that is 0. It returns [ErrForbidden]
// for an office that is not the officer's.
func (h *Hub) Survey(ctx context.Context, o Officer, in *satisfaction.Instrument, scope SurveyScope, served int) (*Survey, error) {
	if !h.SeesFigures(o, scope.Office) {
		return nil, ErrForbidden
	}
	all, err := h.Store.Opinions(ctx, in.Form, scope.From)
	if err != nil {
		return nil, err
	}
	said, err := h.Store.Served(ctx, scope.From, scope.To)
	if err != nil {
		return nil, err
	}
	count := func(s SurveyScope) int {
		for _, x := range said {
			if x.SurveyScope == s {
				return x.Count
			}
		}
		return 0
	}
	if served == 0 {
		served = count(scope)
	}
	x := &Survey{SurveyScope: scope, Instrument: in, Count: served}
	unit := func(a kiosk.Answers) string { s, _ := h.Catalogue.Service(a["service"]); return s.Unit }
	offices, units, services := map[string][]kiosk.Answers{}, map[string][]kiosk.Answers{}, map[string][]kiosk.Answers{}
	for _, p := range all {
		if p.Day > scope.To || !h.Under(p.Office, scope.Office) || scope.Service != "" && p.Answers["service"] != scope.Service || scope.Unit != "" && unit(p.Answers) != scope.Unit {
			continue
		}
		x.Answers = append(x.Answers, p.Answers)
		offices[p.Office] = append(offices[p.Office], p.Answers)
		units[unit(p.Answers)] = append(units[unit(p.Answers)], p.Answers)
		services[p.Answers["service"]] = append(services[p.Answers["service"]], p.Answers)
	}
	x.Index = in.Compute(x.Answers, served)
	part := func(id string, label kiosk.Text, answers []kiosk.Answers, s SurveyScope) SurveyPart {
		n := count(s)
		return SurveyPart{id, label, n, in.Compute(answers, n)}
	}
	for _, place := range h.Catalogue.Offices {
		if a := offices[place.ID]; a != nil {
			s := scope
			s.Office = place.ID
			x.Offices = append(x.Offices, part(place.ID, place.Name, a, s))
		}
	}
	for _, u := range h.Catalogue.Inner {
		if a := units[u.ID]; a != nil {
			s := scope
			s.Unit = u.ID
			x.Units = append(x.Units, part(u.ID, u.Name, a, s))
		}
	}
	for _, v := range h.Catalogue.Services {
		if a := services[v.ID]; a != nil {
			s := scope
			s.Service = v.ID
			x.Services = append(x.Services, part(v.ID, v.Name, a, s))
		}
	}
	x.Profile = h.profile(in, x.Answers)
	// By what was answered, so that the order tells nobody who was when.
	slices.SortStableFunc(x.Answers, func(a, b kiosk.Answers) int {
		for _, e := range in.Elements {
			if by := cmp.Compare(a[e.Field], b[e.Field]); by != 0 {
				return by
			}
		}
		return 0
	})
	return x, nil
}

func (h *Hub) profile(in *satisfaction.Instrument, answers []kiosk.Answers) (all []SurveyProfile) {
	f := h.Catalogue.Form(in.Form)
	for _, id := range in.Profile {
		field := f.Field(id)
		p := SurveyProfile{Label: field.Label}
		for _, o := range field.Options {
			t := Tally{ID: o.Value, Label: o.Label}
			for _, a := range answers {
				if a[id] == o.Value {
					t.Count++
				}
			}
			p.Counts = append(p.Counts, t)
		}
		all = append(all, p)
	}
	return all
}

// SetServed keeps how many were served. It returns [ErrForbidden] for a place
// that is not the officer's to act on.
func (h *Hub) SetServed(ctx context.Context, o Officer, scope SurveyScope, n int) error {
	if !h.SaysServed(o, scope.Office) {
		return ErrForbidden
	}
	if n < 0 || n > 1e9 || scope.To < scope.From {
		return ErrEntry
	}
	return h.Store.KeepServed(ctx, Served{scope, n, o.Name, h.Now()})
}

// SaysServed reports whether an officer may say how many an office served.
func (h *Hub) SaysServed(o Officer, office string) bool {
	return h.SeesFigures(o, office) && len(rights[o.Role].acts) > 0
}

// Ease is how easy visitors found the kiosk, by one touch after a visit.
type Ease struct {
	Options []form.Option
	Parts   []EasePart // by office and month
	All     EasePart
}

// EasePart is the touches of an office in a month.
type EasePart struct {
	Office string // id
	Label  kiosk.Text
	Month  string // YYYY-MM
	Counts []int  // by option
	Total  int
}

// Percent is an option's share, rounded.
func (p EasePart) Percent(i int) int {
	if p.Total == 0 {
		return 0
	}
	return (p.Counts[i]*200 + p.Total) / (2 * p.Total)
}

// Ease counts the touches of a period at an office and below it.
func (h *Hub) Ease(ctx context.Context, o Officer, scope SurveyScope) (*Ease, error) {
	const name = "ease"
	f := h.Catalogue.Form(name)
	if f == nil || f.Field(name) == nil {
		return nil, ErrNotFound
	}
	if !h.SeesFigures(o, scope.Office) {
		return nil, ErrForbidden
	}
	all, err := h.Store.Opinions(ctx, name, scope.From)
	if err != nil {
		return nil, err
	}
	e := &Ease{Options: f.Field(name).Options}
	e.All.Counts = make([]int, len(e.Options))
	place := map[string]int{}
	for _, p := range all {
		i := slices.IndexFunc(e.Options, func(o form.Option) bool { return o.Value == p.Answers[name] })
		if i < 0 || p.Day > scope.To || !h.Under(p.Office, scope.Office) {
			continue
		}
		key := p.Day[:7] + p.Office
		at, ok := place[key]
		if !ok {
			at = len(e.Parts)
			place[key] = at
			office, _ := h.Catalogue.Office(p.Office)
			e.Parts = append(e.Parts, EasePart{Office: p.Office, Label: office.Name, Month: p.Day[:7], Counts: make([]int, len(e.Options))})
		}
		for _, part := range []*EasePart{&e.Parts[at], &e.All} {
			part.Counts[i]++
			part.Total++
		}
	}
	slices.SortFunc(e.Parts, func(a, b EasePart) int { return cmp.Or(cmp.Compare(a.Office, b.Office), cmp.Compare(a.Month, b.Month)) })
	return e, nil
}

// Period is a span of days that surveys are published for.
type Period struct {
	ID       string // 2026, 2026-S1, 2026-Q3
	From, To string
}

// Periods are the year, its halves and its quarters.
func Periods(year int) []Period {
	span := func(id string, first, last time.Month) Period {
		from := time.Date(year, first, 1, 0, 0, 0, 0, time.UTC)
		to := time.Date(year, last+1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -1)
		return Period{id, from.Format(time.DateOnly), to.Format(time.DateOnly)}
	}
	y := strconv.Itoa(year)
	return []Period{span(y, 1, 12), span(y+"-S1", 1, 6), span(y+"-S2", 7, 12), span(y+"-Q1", 1, 3), span(y+"-Q2", 4, 6), span(y+"-Q3", 7, 9), span(y+"-Q4", 10, 12)}
}
