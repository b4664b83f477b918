// Package workday counts Indonesian working days: Monday to Friday less the
// national holidays and the collective leave that binds civil servants, less
// the days on which an office is closed, as dated data.
package workday

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind is what a day is to a clock.
type Kind string

// The kinds of days.
const (
	Counted Kind = "counted"
	Weekend Kind = "weekend"
	Libur   Kind = "libur" // national holiday
	Cuti    Kind = "cuti"  // collective leave (cuti bersama)
	Tutup   Kind = "tutup" // the office is closed
	Receipt Kind = "receipt"
	Paused  Kind = "paused" // the office waits for somebody else
)

// Holiday is a day that is not worked, everywhere or at one office.
type Holiday struct {
	Date   time.Time // midnight UTC
	Name   string
	Kind   Kind   // Libur, Cuti or Tutup
	Office string // id; empty: everywhere
}

// Calendar knows which days are worked, up to the last year it has data for.
// It never changes: [Calendar.With] makes another.
type Calendar struct {
	off  map[place]Holiday
	last int // the last year whose national holidays are decreed
}

// decreed is how many national holidays make a year one whose decree is known:
// each names sixteen and more. A single day of a later year, announced early,
// says nothing about the others.
const decreed = 10

type place struct {
	day    int // since 1970-01-01
	office string
}

func placeOf(date time.Time, office string) place {
	return place{int(date.Unix() / (24 * 60 * 60)), office}
}

// ErrHoliday says what is wrong with a holiday.
var ErrHoliday = errors.New("not a holiday")

// Load reads holidays/id.csv: date,name,type with type libur or cuti.
func Load(files fs.FS) (*Calendar, error) {
	const name = "holidays/id.csv"
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c, err := new(Calendar).With(all...)
	if err == nil && c.last == 0 {
		err = errors.New("no holidays")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// Read reads holidays as CSV with a head line: date,name,type.
func Read(r io.Reader) (all []Holiday, err error) {
	rows := csv.NewReader(r)
	rows.Comment, rows.FieldsPerRecord = '#', 3
	table, err := rows.ReadAll()
	if err != nil {
		return nil, err
	}
	for _, row := range table[min(1, len(table)):] {
		day, err := time.Parse(time.DateOnly, row[0])
		if err != nil {
			return nil, err
		}
		all = append(all, Holiday{Date: day, Name: row[1], Kind: Kind(row[2])})
	}
	return all, nil
}

// With is this calendar and more holidays; one for a date and place that has
// one already takes its place. It returns [ErrHoliday] for a kind that is not
// one, or an office's own national holiday.
func (c *Calendar) With(more ...Holiday) (*Calendar, error) {
	next := &Calendar{off: maps.Clone(c.off), last: c.last}
	if next.off == nil {
		next.off = map[place]Holiday{}
	}
	for _, h := range more {
		h.Date = date(h.Date)
		if h.Kind != Libur && h.Kind != Cuti && h.Kind != Tutup || h.Office != "" && h.Kind != Tutup {
			return nil, fmt.Errorf("%w: %s is %q at %q", ErrHoliday, h.Date.Format(time.DateOnly), h.Kind, h.Office)
		}
		next.off[placeOf(h.Date, h.Office)] = h
	}
	years := map[int]int{}
	for _, h := range next.off {
		if h.Kind == Libur {
			years[h.Date.Year()]++
		}
	}
	for year, n := range years {
		if n >= decreed {
			next.last = max(next.last, year)
		}
	}
	return next, nil
}

// Off lists the days that are not worked beside weekends, in order: YYYY-MM-DD, and
// where only an office is closed, a space and its id.
func (c *Calendar) Off() []string {
	all := make([]string, 0, len(c.off))
	for p, h := range c.off {
		all = append(all, strings.TrimSpace(h.Date.Format(time.DateOnly)+" "+p.office))
	}
	slices.Sort(all)
	return all
}

// At is the calendar as one office keeps it.
func (c *Calendar) At(office string) Office { return Office{c, office} }

// Add counts in the national calendar: see [Office.Add].
func (c *Calendar) Add(from time.Time, n int) (due time.Time, estimated bool) {
	return c.At("").Add(from, n)
}

// Between counts in the national calendar: see [Office.Between].
func (c *Calendar) Between(from, to time.Time) int { return c.At("").Between(from, to) }

// Working reports whether the date of d is worked where no office is closed.
func (c *Calendar) Working(d time.Time) bool { return c.At("").Working(d) }

// Office is the calendar of one office.
type Office struct {
	c  *Calendar
	id string
}

// holiday is the reason why a date is off beside the weekend.
func (o Office) holiday(d time.Time) (Holiday, bool) {
	p := placeOf(d, "")
	h, off := o.c.off[p]
	if !off && o.id != "" {
		p.office = o.id
		h, off = o.c.off[p]
	}
	return h, off
}

// Working reports whether the date of d is worked.
func (o Office) Working(d time.Time) bool {
	if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
		return false
	}
	_, off := o.holiday(date(d))
	return !off
}

// Add returns the date (midnight UTC) of the n-th working day after from, a
// time in the office's zone. Day 1 is the first working day after it: the day
// of receipt itself is day 0, whatever the hour. estimated says that the date
// lies past the last year whose holidays are decreed.
func (o Office) Add(from time.Time, n int) (due time.Time, estimated bool) {
	due = date(from)
	for n > 0 {
		due = due.AddDate(0, 0, 1)
		if o.Working(due) {
			n--
		}
	}
	return due, due.Year() > o.c.last
}

// Between counts the working days after from up to and including to; it is
// negative when to lies before from.
func (o Office) Between(from, to time.Time) int {
	a, b := date(from), date(to)
	if b.Before(a) {
		return -o.Between(b, a)
	}
	n := 0
	for a.Before(b) {
		a = a.AddDate(0, 0, 1)
		if o.Working(a) {
			n++
		}
	}
	return n
}

// Clock is so many working days to be counted.
type Clock struct {
	From   time.Time // in the office's zone; its date is day 0
	Days   int       // working days
	Pauses []Pause   // in order
}

// Pause is while the office waits for somebody else. The day it begins still
// counts; the day it ends is a day 0 again. Without an end it goes on.
type Pause struct {
	From, To time.Time // in the office's zone; To may be zero
}

// Day is one day of a count, as people can check it.
type Day struct {
	Date time.Time // midnight UTC
	Kind Kind
	Name string // of a holiday, or why the office is closed
	N    int    // of a counted day: which one
}

// Count is how a due date was computed.
type Count struct {
	Due       time.Time // midnight UTC; while paused without an end, zero
	Estimated bool      // past the last year whose holidays are decreed
	Days      []Day     // from day 0 to the due date, or to the pause
}

// Count counts day by day. A clock of no days is due on day 0.
func (o Office) Count(k Clock) Count {
	day := date(k.From)
	c := Count{Days: []Day{{Date: day, Kind: Receipt}}}
	for n := 0; n < k.Days; {
		day = day.AddDate(0, 0, 1)
		d := Day{Date: day}
		h, off := o.holiday(day)
		switch w := day.Weekday(); {
		case paused(k.Pauses, day) != nil:
			if d.Kind = Paused; paused(k.Pauses, day).To.IsZero() {
				return c
			}
		case off:
			d.Kind, d.Name = h.Kind, h.Name
		case w == time.Saturday || w == time.Sunday:
			d.Kind = Weekend
		default:
			n++
			d.Kind, d.N = Counted, n
		}
		c.Days = append(c.Days, d)
	}
	c.Due, c.Estimated = day, day.Year() > o.c.last
	return c
}

func paused(all []Pause, day time.Time) *Pause {
	for i := range all {
		if day.After(date(all[i].From)) && (all[i].To.IsZero() || !day.After(date(all[i].To))) {
			return &all[i]
		}
	}
	return nil
}

func date(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
