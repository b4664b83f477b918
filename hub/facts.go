package hub

import (
	"cmp"
	"encoding/json"
	"strconv"
	"time"
)

// Facts are all that figures know of a case, but for its words. They follow from the
// case, the rules and the calendar alone, never from what day it is: whether an open
// case is late is asked when figures are read. Days are counted since 1970-01-01, 0 is
// none.
//
// Who lets facts or lines be others for the same case adds a migration that empties
// summary, summary_basis and cases.facts: what was counted by others cannot be taken
// out again.
type Facts struct {
	Kind     string `json:"k"`
	Office   string `json:"o"`           // where it was filed
	Zone     string `json:"z"`           // of that office's clock
	Unit     string `json:"u"`           // that answers for it
	Service  string `json:"s,omitempty"` // it is about; empty: not said
	Outcome  string `json:"w,omitempty"` // of its answer, or the status that stands for one
	Hidden   bool   `json:"h,omitempty"` // from the public, as a whole
	Received int    `json:"r"`
	Answered int    `json:"a,omitempty"`
	Due      int    `json:"d,omitempty"` // of its answer; 0 while the office waits for somebody else
	Limit    int    `json:"l,omitempty"` // working days that the law gives
	Taken    int    `json:"t,omitempty"` // working days to its answer, as the law's clock counts them
	Whole    int    `json:"n,omitempty"` // working days from filing to its answer, pauses included
}

// Facts returns what figures know of a case; of its events they need time, kind,
// status and edition.
func (h *Hub) Facts(c Case) Facts {
	m := h.measure(c, c.FiledAt) // what day it is does not matter, and near ones are counted quickly
	office, _ := h.Catalogue.Office(c.Office)
	f := Facts{Kind: m.Kind, Office: c.Office, Zone: office.Location().String(), Unit: m.Unit, Service: m.Topic, Hidden: c.Rahasia,
		Received: dayOf(m.Received), Answered: dayOf(m.Answered), Due: dayOf(m.Due), Limit: m.Limit, Taken: m.Taken}
	if f.Answered != 0 {
		f.Whole = h.calendar.Load().At(c.Office).Between(h.Local(c.Office, c.FiledAt), m.Answered)
		f.Outcome = cmp.Or(c.Outcome, string(c.Status))
	}
	return f
}

// To is the last day whose calendar the facts depend on.
func (f Facts) To() int { return max(f.Due, f.Answered) }

// Text is how the facts are kept.
func (f Facts) Text() (string, error) {
	b, err := json.Marshal(f)
	return string(b), err
}

// ReadFacts reads what [Facts.Text] wrote; of "" there are none.
func ReadFacts(text string) (f Facts, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &f)
	}
	return f, err
}

// SumKey names a line of the summaries.
type SumKey struct {
	Line, Scale string
	Part        string // what is read by itself: see the lines
	Span        int    // the first day of what is counted together; of SumEver 0
	Kind, Item  string
	Days        int
}

// Sum is what a line counts.
type Sum struct {
	N                     int
	Waiting, Kept, Missed int // without an answer, answered in their term, or after it
}

// Compare puts lines in an order: who writes several writes them in it, so that nobody
// waits for each other.
func (k SumKey) Compare(o SumKey) int {
	return cmp.Or(cmp.Compare(k.Line, o.Line), cmp.Compare(k.Scale, o.Scale), cmp.Compare(k.Part, o.Part), cmp.Compare(k.Span, o.Span),
		cmp.Compare(k.Kind, o.Kind), cmp.Compare(k.Item, o.Item), cmp.Compare(k.Days, o.Days))
}

// Add adds so many times another sum.
func (s Sum) Add(o Sum, times int) Sum {
	return Sum{s.N + times*o.N, s.Waiting + times*o.Waiting, s.Kept + times*o.Kept, s.Missed + times*o.Missed}
}

// The lines of the summaries. What is asked for any days is kept by day and by week,
// so that two years are a hundred weeks and a few days.
const (
	// LineTopic counts in N what was received: Part is the unit, empty for all of
	// them; Item the service. By day and week.
	LineTopic = "topic"
	// LineUnit counts in N what was received, and what was due, late if it waits
	// once its day is over: Part is the zone of the office, Item the unit. By day
	// and week.
	LineUnit = "unit"
	// LineTaken counts in N answers by the day of the answer: Part is the unit,
	// empty for all; Days what it took, Item the limit. By day and week.
	LineTaken = "taken"
	// LineOpen counts in N what has no answer: Item is the unit. Once.
	LineOpen = "open"
	// LineMonth, LineOffice and LineService count what the public may know of what
	// was received: Item is nothing, office or service, Days how long answers took.
	// By month; the last two by year as well.
	LineMonth   = "month"
	LineOffice  = "office"
	LineService = "service"
	// LineOutcome counts the same by outcome, without how long they took. By month.
	LineOutcome = "outcome"
	// LineHidden counts in N what nobody but officers may know of. By month.
	LineHidden = "hidden"
)

// The scales, by which days are counted together.
const (
	SumDay   = "day"
	SumWeek  = "week" // from Monday
	SumMonth = "month"
	SumYear  = "year"
	SumEver  = "ever"
)

// Sums says each line that a case stands in, and what it adds there.
func (f Facts) Sums(say func(SumKey, Sum)) {
	one := Sum{N: 1}
	parts := []string{""}
	if f.Unit != "" {
		parts = append(parts, f.Unit)
	}
	each := func(line, part string, day int, item string, days int, s Sum) {
		say(SumKey{line, SumDay, part, day, f.Kind, item, days}, s)
		say(SumKey{line, SumWeek, part, mondayOf(day), f.Kind, item, days}, s)
	}
	for _, part := range parts {
		each(LineTopic, part, f.Received, f.Service, 0, one)
	}
	each(LineUnit, f.Zone, f.Received, f.Unit, 0, one)
	if f.Due != 0 {
		each(LineUnit, f.Zone, f.Due, f.Unit, 0, f.term())
	}
	if f.Answered == 0 {
		say(SumKey{LineOpen, SumEver, "", 0, f.Kind, f.Unit, 0}, one)
	} else {
		for _, part := range parts {
			each(LineTaken, part, f.Answered, strconv.Itoa(f.Limit), f.Taken, one)
		}
	}
	month, year := monthOf(f.Received), yearOf(f.Received)
	if f.Hidden {
		say(SumKey{LineHidden, SumMonth, "", month, "", "", 0}, one)
		return
	}
	say(SumKey{LineMonth, SumMonth, "", month, f.Kind, "", f.Whole}, f.term())
	say(SumKey{LineOutcome, SumMonth, "", month, f.Kind, cmp.Or(f.Outcome, Undecided), 0}, f.term())
	for line, item := range map[string]string{LineOffice: f.Office, LineService: f.Service} {
		say(SumKey{line, SumMonth, "", month, f.Kind, item, f.Whole}, f.term())
		say(SumKey{line, SumYear, "", year, f.Kind, item, f.Whole}, f.term())
	}
}

// term is how the term of the answer stands.
func (f Facts) term() Sum {
	switch {
	case f.Answered == 0:
		return Sum{Waiting: 1}
	case f.Due != 0 && f.Answered > f.Due:
		return Sum{Missed: 1}
	}
	return Sum{Kept: 1}
}

// dayOf counts days since 1970-01-01, 0 for the zero time. What a clock far off says
// is the first day.
func dayOf(date time.Time) int {
	if date.IsZero() {
		return 0
	}
	return max(1, int(date.Unix()/(24*60*60)))
}

// dateOfDay is the date of such a day.
func dateOfDay(day int) time.Time { return time.Unix(int64(day)*24*60*60, 0).UTC() }

// mondayOf is the first day of a day's week; 1970-01-01 was a Thursday.
func mondayOf(day int) int { return day - (day+3)%7 }

func monthOf(day int) int {
	d := dateOfDay(day)
	return int(time.Date(d.Year(), d.Month(), 1, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

func yearOf(day int) int {
	d := dateOfDay(day)
	return int(time.Date(d.Year(), 1, 1, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}
