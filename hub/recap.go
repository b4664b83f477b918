package hub

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"loket/kiosk"
)

// LaporRecap tells how the complaints and suggestions that came in a year were
// dealt with, by what LAPOR! asks of an agency: verified and followed up in time.
type LaporRecap struct {
	Year   int
	Office string // with those below it; empty: all that the officer sees
	All    RecapLine
	Parts  []RecapPart
}

// RecapPart is the same reports by one thing: each part's lines add up to all.
type RecapPart struct {
	By    string // kind, category, office, unit or month
	Lines []RecapLine
}

// RecapLine are the figures of some reports.
type RecapLine struct {
	ID       string
	Label    kiosk.Text
	Unmapped bool // a service that the agency has not given LAPOR!'s category of
	Received int

	// How they stand; the sum is Received.
	Unverified int
	InProgress int
	Returned   int // the visitor is asked
	Answered   int // and closed after it
	NotOurs    int
	Archived   int // or never completed

	Verified Timeliness
	Replied  Timeliness // answered, passed on or put away

	Waiting int // to be handed over to LAPOR!, or refused there
	Known   int // LAPOR!'s number is known
}

// Timeliness is how many kept a term. The sum is that of the reports.
type Timeliness struct {
	InTime  int
	Late    int // ended after its last day, or not ended though that is over
	Running int // and not late

	days []int // working days from receipt to its end, of those that ended
}

// Share is how many of those that are due kept it, in percent; nil for none due.
func (t Timeliness) Share() *big.Rat {
	if t.InTime+t.Late == 0 {
		return nil
	}
	return big.NewRat(int64(100*t.InTime), int64(t.InTime+t.Late))
}

// Median is the middle of the working days it took; nil where none has ended.
func (t Timeliness) Median() *big.Rat {
	if len(t.days) == 0 {
		return nil
	}
	days := slices.Sorted(slices.Values(t.days))
	return big.NewRat(int64(days[(len(days)-1)/2]+days[len(days)/2]), 2)
}

// verifying is the id of the clock of LAPOR!'s first step.
const verifying = "verify"

// LaporRecap recounts the reports for LAPOR! that came in a year to an office and
// those below it, as far as an officer sees them. It returns [ErrForbidden] for
// what is not theirs and [ErrNotFound] for an office that there is not.
func (h *Hub) LaporRecap(ctx context.Context, o Officer, year int, office string) (*LaporRecap, error) {
	if _, known := h.Catalogue.Office(office); office != "" && !known {
		return nil, ErrNotFound
	}
	if !h.SeesLapor(o) || office != "" && !h.Under(office, o.Office) {
		return nil, ErrForbidden
	}
	cases, err := h.filedIn(ctx, year, slices.Sorted(maps.Keys(h.Lapor.Classification))...)
	if err != nil {
		return nil, err
	}
	states, err := h.Store.Handovers(ctx)
	if err != nil {
		return nil, err
	}
	r := &LaporRecap{Year: year, Office: office}
	kinds, categories, offices, units, months := shelf{}, shelf{}, shelf{}, shelf{}, shelf{}
	for _, c := range cases {
		filed := h.Local(c.Office, c.FiledAt)
		if h.Lapor.Classification[c.Form.Name] == "" || filed.Year() != year || !h.Sees(o, c) || !h.Under(c.Office, office) {
			continue
		}
		category, unmapped := h.category(c)
		about := categories.line(category)
		about.Unmapped = unmapped
		one := h.recapOf(c, filed, states[c.Number])
		for _, x := range []*RecapLine{&r.All, kinds.line(c.Form.Name), about, offices.line(c.Office), units.line(c.Unit), months.line(filed.Format("01"))} {
			x.add(one)
		}
	}
	part := func(by string, s shelf, ids []string, label func(id string) kiosk.Text) {
		r.Parts = append(r.Parts, RecapPart{by, s.lines(ids, label)})
	}
	part("kind", kinds, h.Catalogue.Names(), func(id string) kiosk.Text {
		if f := h.Catalogue.Form(id); f != nil {
			return f.Title
		}
		return bare(id)
	})
	part("category", categories, nil, h.categoryLabel)
	place := func(id string) kiosk.Text {
		if p, ok := h.Catalogue.Office(id); ok {
			return p.Name
		}
		return bare(id) // of an office that is no more
	}
	var places []string
	for _, p := range h.Catalogue.Offices {
		places = append(places, p.ID)
		for _, u := range h.Catalogue.Units {
			if u.Parent == p.ID {
				places = append(places, u.ID)
			}
		}
	}
	part("office", offices, places, place)
	part("unit", units, places, place)
	var twelve []string
	for m := time.January; m <= time.December; m++ {
		twelve = append(twelve, fmt.Sprintf("%02d", int(m)))
	}
	part("month", months, twelve, bare) // whoever words it knows their names
	return r, nil
}

func bare(s string) kiosk.Text { return kiosk.Text{kiosk.Indonesian: s, kiosk.English: s} }

// category is what a report is about, as LAPOR! calls it, and where nobody has
// said how, as its service: "lapor:Paspor", "service:antrean" or "".
func (h *Hub) category(c Case) (id string, unmapped bool) {
	service := c.Answers["service"]
	if name := h.Lapor.Categories[service]; name != "" {
		return "lapor:" + name, false
	}
	if _, known := h.Catalogue.Service(service); known {
		return "service:" + service, true
	}
	return "", false
}

func (h *Hub) categoryLabel(id string) kiosk.Text {
	if name, ok := strings.CutPrefix(id, "lapor:"); ok {
		return bare(name)
	}
	if s, ok := h.Catalogue.Service(strings.TrimPrefix(id, "service:")); ok && id != "" {
		return s.Name
	}
	return kiosk.Text{kiosk.Indonesian: "Layanan tidak disebutkan", kiosk.English: "No service named"}
}

// shelf are lines by id.
type shelf map[string]*RecapLine

func (s shelf) line(id string) *RecapLine {
	if s[id] == nil {
		s[id] = &RecapLine{ID: id}
	}
	return s[id]
}

// lines are those that have reports, first in the order of ids, the others the
// most first.
func (s shelf) lines(ids []string, label func(string) kiosk.Text) (all []RecapLine) {
	place := func(x RecapLine) int {
		if i := slices.Index(ids, x.ID); i >= 0 {
			return i
		}
		return len(ids)
	}
	for _, x := range s {
		x.Label = label(x.ID)
		all = append(all, *x)
	}
	slices.SortFunc(all, func(a, b RecapLine) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(b.Received, a.Received), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// recapOf is a line of one case.
func (h *Hub) recapOf(c Case, filed time.Time, way Handover) RecapLine {
	x := RecapLine{Received: 1}
	status := c.Status
	if status == kiosk.Closed {
		status = lastBefore(c, kiosk.Closed)
	}
	switch status {
	case kiosk.Received:
		x.Unverified++
	case kiosk.Verified, kiosk.InProgress:
		x.InProgress++
	case kiosk.Answered:
		x.Answered++
	case kiosk.NotOurs:
		x.NotOurs++
	case kiosk.Returned:
		if c.Status == kiosk.Returned {
			x.Returned++
			break
		}
		fallthrough // what was missing never came
	default:
		x.Archived++
	}
	_, due := forLapor(c)
	switch {
	case c.Lapor != "":
		x.Known++
	case way.State == HandoverRefused, way.State == HandoverSending, way.State == HandoverWaits && due:
		x.Waiting++
	}
	f, calendar := h.Catalogue.At(c.Form), h.calendar.Load().At(c.Office)
	for _, k := range h.Clocks(c) {
		var t Timeliness
		switch {
		case k.Late:
			t.Late = 1
		case k.Stopped.IsZero():
			t.Running = 1
		default:
			t.InTime = 1
		}
		if !k.Stopped.IsZero() {
			t.days = []int{calendar.Between(filed, k.Stopped)}
		}
		switch k.ID {
		case verifying:
			x.Verified = t
		case f.Deadline: // of the last time that it ran
			x.Replied = t
		}
	}
	return x
}

func (x *RecapLine) add(y RecapLine) {
	for _, n := range []struct {
		to *int
		n  int
	}{{&x.Received, y.Received}, {&x.Unverified, y.Unverified}, {&x.InProgress, y.InProgress}, {&x.Returned, y.Returned}, {&x.Answered, y.Answered},
		{&x.NotOurs, y.NotOurs}, {&x.Archived, y.Archived}, {&x.Waiting, y.Waiting}, {&x.Known, y.Known}} {
		*n.to += n.n
	}
	x.Verified.add(y.Verified)
	x.Replied.add(y.Replied)
}

func (t *Timeliness) add(u Timeliness) {
	t.InTime, t.Late, t.Running, t.days = t.InTime+u.InTime, t.Late+u.Late, t.Running+u.Running, append(t.days, u.days...)
}
