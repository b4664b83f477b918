package kiosk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Span is a part of a day, from and to so long after midnight.
type Span struct{ From, To time.Duration }

// Week is when an office is open, day by day, Sunday first.
type Week [7][]Span

// ErrHours says what is wrong with hours.
var ErrHours = errors.New(`hours are written like "Mo-Th 07:30-16:00; Fr 07:30-11:30,13:00-16:30"`)

var weekdays = []string{"Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"}

// ParseHours reads hours written as OpenStreetMap's key opening_hours has them, as far as
// an office needs: days, or from a day to another, with spans of the clock. A day that is
// not named is closed, and so is one that the working calendar does not work. Text that
// is empty is a week of which nothing is known. It returns [ErrHours].
func ParseHours(text string) (w Week, err error) {
	if text == "" {
		return w, nil
	}
	for _, rule := range strings.Split(text, ";") {
		days, spans, ok := strings.Cut(strings.TrimSpace(rule), " ")
		if !ok {
			return Week{}, fmt.Errorf("%w: %q has no days or no times", ErrHours, rule)
		}
		var open []Span
		for _, s := range strings.Split(spans, ",") {
			from, to, ok := strings.Cut(strings.TrimSpace(s), "-")
			span, err1, err2 := Span{}, error(nil), error(nil)
			span.From, err1 = clock(from)
			span.To, err2 = clock(to)
			if !ok || err1 != nil || err2 != nil || span.From >= span.To || len(open) > 0 && span.From <= open[len(open)-1].To {
				return Week{}, fmt.Errorf("%w: %q", ErrHours, s)
			}
			open = append(open, span)
		}
		for _, d := range strings.Split(days, ",") {
			first, last, some := strings.Cut(d, "-")
			if !some {
				last = first
			}
			day, end := slices.Index(weekdays, first), slices.Index(weekdays, last)
			if day < 0 || end < 0 {
				return Week{}, fmt.Errorf("%w: %q", ErrHours, d)
			}
			for ; ; day = (day + 1) % 7 {
				if w[day] != nil {
					return Week{}, fmt.Errorf("%w: %s is named twice", ErrHours, weekdays[day])
				}
				if w[day] = open; day == end {
					break
				}
			}
		}
	}
	return w, nil
}

// clock reads a time of day, 00:00 to 24:00.
func clock(text string) (time.Duration, error) {
	if text == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, ErrHours
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// Known reports whether the office is open on any day.
func (w Week) Known() bool {
	return slices.ContainsFunc(w[:], func(day []Span) bool { return len(day) > 0 })
}
