package insight

import "time"

// Sums are what figures are computed from. Where only the period matters in which
// something happened, its first date may stand for all of it; where the week matters,
// any date of that week within the same period.
type Sums struct {
	Days       []Line   // received, date by date, since the first that figures look at, or before
	Topics     []Line   // received, by kind and topic, in the two periods
	Complaints []Line   // received complaints, by topic and week
	ByUnit     []Line   // the same by unit and week
	Units      []Line   // received in the period, by unit
	Weeks      []Line   // answered, by week, since the first date that figures look at
	Answers    []Answer // in the two periods
	Ended      []Ended  // in the two periods, before today
	// Begun says of each unit, and of all under "", whether it was at work when the
	// period before began, or a fortnight later at the latest: what has just begun
	// has not risen.
	Begun            map[string]bool
	Open, OpenBefore int // without an answer at the end of the period, and of the one before
}

// Line is so many cases of a date.
type Line struct {
	Day               time.Time
	Kind, Topic, Unit string
	N                 int
}

// Answer is so many answers that took as long.
type Answer struct {
	Day          time.Time // of the answer
	Kind         string
	Taken, Limit int
	N            int
}

// Ended is so many cases of a unit whose term ended, and how many of them were late.
type Ended struct {
	Day     time.Time
	Unit    string
	N, Late int
}

// Begins is the last date on which somebody's first case makes them one who was at
// work in the period before.
func (q Question) Begins() time.Time { return q.Period.Before().From.AddDate(0, 0, 14) }

// SumUp adds cases up.
func SumUp(cases []Case, q Question) *Sums {
	s := &Sums{Begun: map[string]bool{}}
	now, then, begins := q.Period, q.Period.Before(), q.Begins()
	open := func(c Case, p Period) bool {
		return !c.Received.After(p.To) && (c.Answered.IsZero() || c.Answered.After(p.To))
	}
	for _, c := range cases {
		received := Line{c.Received, c.Kind, c.Topic, c.Unit, 1}
		s.Days = append(s.Days, received)
		if !c.Received.After(begins) {
			s.Begun[""], s.Begun[c.Unit] = true, true
		}
		if now.Has(c.Received) || then.Has(c.Received) {
			s.Topics, s.Units = append(s.Topics, received), append(s.Units, received)
			if c.Complaint {
				s.Complaints, s.ByUnit = append(s.Complaints, received), append(s.ByUnit, received)
			}
		}
		if !c.Answered.IsZero() {
			s.Weeks = append(s.Weeks, Line{c.Answered, c.Kind, c.Topic, c.Unit, 1})
			s.Answers = append(s.Answers, Answer{c.Answered, c.Kind, c.Taken, c.Limit, 1})
		}
		if c.ended(now, q.Today) || c.ended(then, q.Today) {
			late := 0
			if c.Late() {
				late = 1
			}
			s.Ended = append(s.Ended, Ended{c.Due, c.Unit, 1, late})
		}
		if open(c, now) {
			s.Open++
		}
		if open(c, then) {
			s.OpenBefore++
		}
	}
	return s
}
