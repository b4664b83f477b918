package hub

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"loket/hub/insight"
	"loket/hub/satisfaction"
	"loket/kiosk"
	"loket/kiosk/form"
)

// InsightStore reads what figures are made from.
type InsightStore interface {
	// CasesSince returns, as Cases does, the cases that were filed or had an
	// event since a time, and those without an answer.
	CasesSince(ctx context.Context, since time.Time) ([]Case, error)
	// Newest returns which cases of a form were filed last between two times, the
	// later one left out, and in a unit's hands unless unit is empty: up to n, the
	// newest first.
	Newest(ctx context.Context, form, unit string, from, to time.Time, n int) ([]FiledCase, error)
	// Written returns what visitors wrote: cases with form, office, time and
	// answers alone, and whether they are hidden.
	Written(ctx context.Context, numbers []kiosk.Number) ([]Case, error)
}

// FiledCase is a case and when it was filed.
type FiledCase struct {
	Number kiosk.Number
	At     time.Time
}

// Asked is what an officer wants to know of.
type Asked struct {
	Period insight.Period
	Office string          // id of an office or unit, with those below; empty: all
	Kind   string          // empty: all that the officer may see
	Stop   map[string]bool // words that say nothing: [insight.LoadStop]
}

// Insight is what there is to improve, for one officer.
type Insight struct {
	*insight.Figures
	// Read is how many cases were read for their words, in both periods together;
	// Some says that they are only some of them, spread evenly over each period.
	Read         int
	Some         bool
	Satisfaction satisfaction.Index // of the period and the office
	Services     []ServiceInsight   // most complaints first
}

// ServiceInsight is satisfaction beside complaints. Index has no value below the
// sample that the decree asks for.
type ServiceInsight struct {
	ID         string
	Complaints int
	Index      satisfaction.Index
}

// grievances are the kinds of which more is worse.
var grievances = []string{"complaint"}

// longestTerm is longer than any answer may take: a case answered before the
// first date of the figures may have its term end within them.
const longestTerm = 120 * 24 * time.Hour

// Insight computes the figures of a period and an office. Cases are those whose
// answer is the office's, of kinds that the officer may see; it returns
// [ErrForbidden] for figures that are not theirs and [ErrNotFound] for an office
// that does not exist. A case that is hidden as a whole (rahasia) is counted, and
// its words are not read.
func (h *Hub) Insight(ctx context.Context, o Officer, asked Asked) (*Insight, error) {
	if _, known := h.Catalogue.Office(asked.Office); asked.Office != "" && !known {
		return nil, ErrNotFound
	}
	if !h.SeesFigures(o, asked.Office) || asked.Kind != "" && !h.SeesKind(o, asked.Kind) {
		return nil, ErrForbidden
	}
	place, calendar := asked.Office, h.calendar.Load()
	q := insight.Question{Period: asked.Period, Today: dateOf(h.Local(h.zoned(place), h.Now())), Working: calendar.At(place).Working, Stop: asked.Stop}
	if err := h.Current(ctx); err != nil {
		return nil, err
	}
	r := reading{hub: h, ctx: ctx, q: q, place: place, sees: func(kind string) bool {
		return h.SeesKind(o, kind) && (asked.Kind == "" || kind == asked.Kind)
	}}
	sums := r.sums()
	words, some := r.words(sums)
	if r.err != nil {
		return nil, r.err
	}
	complaints := map[string]int{}
	for _, l := range sums.Complaints {
		if asked.Period.Has(l.Day) {
			complaints[l.Topic] += l.N
		}
	}
	x := &Insight{Figures: sums.Figures(q, words), Read: len(words), Some: some}
	return x, h.besides(ctx, x, asked, complaints)
}

// Measure is what figures need to know of a case, but for its words.
func (h *Hub) Measure(c Case) insight.Case { return h.measure(c, h.Now()) }

// measure is the same at a time, which only matters to what is not asked for.
func (h *Hub) measure(c Case, now time.Time) insight.Case {
	m := insight.Case{Kind: c.Form.Name, Topic: c.Answers["service"], Unit: c.Unit, Complaint: slices.Contains(grievances, c.Form.Name),
		Received: dateOf(h.Local(c.Office, c.FiledAt))}
	if term, ok := h.answering(c, now); ok {
		m.Limit = term.Days
		if !term.Paused {
			m.Due = term.Due
		}
		if !term.Stopped.IsZero() {
			m.Answered, m.Taken = dateOf(term.Stopped), max(0, term.Days-term.Left)
			if m.Answered.Before(m.Received) { // a kiosk's clock was ahead
				m.Answered = m.Received
			}
		}
	}
	return m
}

// besides adds satisfaction beside the complaints.
func (h *Hub) besides(ctx context.Context, x *Insight, asked Asked, complaints map[string]int) error {
	opinions, err := h.Store.Opinions(ctx, h.Instrument.Form, asked.Period.From.Format(time.DateOnly))
	if err != nil {
		return err
	}
	var all []kiosk.Answers
	of := map[string][]kiosk.Answers{}
	until := asked.Period.To.Format(time.DateOnly)
	for _, o := range opinions {
		if o.Day <= until && h.Under(o.Office, asked.Office) {
			all = append(all, o.Answers)
			of[o.Answers["service"]] = append(of[o.Answers["service"]], o.Answers)
		}
	}
	x.Satisfaction = h.Instrument.Compute(all, 0)
	for _, s := range h.Catalogue.Services {
		if complaints[s.ID] > 0 || len(of[s.ID]) > 0 {
			x.Services = append(x.Services, ServiceInsight{s.ID, complaints[s.ID], h.Instrument.Compute(of[s.ID], 0)})
		}
	}
	slices.SortStableFunc(x.Services, func(a, b ServiceInsight) int { return cmp.Compare(b.Complaints, a.Complaints) })
	return nil
}

// readable is what figures may read of a case: the texts of its form that are not
// of the person, without what the person is called.
func (h *Hub) readable(c Case) string {
	f := h.Catalogue.At(c.Form)
	if f == nil || c.Rahasia {
		return ""
	}
	theirs := map[string]bool{}
	var texts []string
	for _, field := range f.Fields {
		switch said := c.Answers[field.ID]; {
		case said == "":
		case field.Personal:
			insight.Tokens(said, func(word []byte) { theirs[string(word)] = true })
		case field.Type == form.TextLine || field.Type == form.LongText:
			texts = append(texts, said)
		}
	}
	text := strings.Join(texts, "\n")
	if len(theirs) == 0 {
		return text
	}
	var b strings.Builder
	insight.Tokens(text, func(word []byte) {
		if !theirs[string(word)] {
			b.Write(word)
			b.WriteByte(' ')
		}
	})
	return b.String()
}

// part is the place right below an office that a unit belongs to, or the office
// itself; of all offices, the office that a visitor knows.
func (h *Hub) part(unit, office string) string {
	for range 10 {
		place, ok := h.Catalogue.Office(unit)
		if unit == office || !ok || place.Parent == "" || place.Parent == office {
			return unit
		}
		if above, ok := h.Catalogue.Office(place.Parent); office == "" && ok && above.Parent == "" {
			return unit
		}
		unit = place.Parent
	}
	return unit
}

// zoned is the office whose clock is meant: the first of all where none is.
func (h *Hub) zoned(office string) string {
	if office == "" {
		return h.Catalogue.Offices[0].ID
	}
	return office
}

// dateOf is the date on the wall at a time, as calendars have it.
func dateOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
