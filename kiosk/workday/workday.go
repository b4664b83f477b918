// Package workday counts Indonesian working days: Monday to Friday less the
// national holidays and the collective leave that binds civil servants, as
// dated data.
package workday

import (
	"encoding/csv"
	"fmt"
	"io/fs"
	"time"
)

// Calendar knows which days are worked, up to the last year it has data for.
type Calendar struct {
	off  map[time.Time]string
	last int // the last year with holidays
}

// Load reads holidays/id.csv: date,name,type with type libur or cuti.
func Load(files fs.FS) (*Calendar, error) {
	const name = "holidays/id.csv"
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment, r.FieldsPerRecord = '#', 3
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c := &Calendar{off: map[time.Time]string{}}
	for _, row := range rows[min(1, len(rows)):] {
		day, err := time.Parse(time.DateOnly, row[0])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if row[2] != "libur" && row[2] != "cuti" {
			return nil, fmt.Errorf("%s: %s is neither libur nor cuti", name, row[0])
		}
		c.off[day] = row[1]
		c.last = max(c.last, day.Year())
	}
	if c.last == 0 {
		return nil, fmt.Errorf("%s: no holidays", name)
	}
	return c, nil
}

// Working reports whether the date of d is worked.
func (c *Calendar) Working(d time.Time) bool {
	if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
		return false
	}
	_, off := c.off[date(d)]
	return !off
}

// Add returns the date (midnight UTC) of the n-th working day after from, a
// time in the office's zone. Day 1 is the first working day after it: the day
// of receipt itself is day 0, whatever the hour. estimated says that the date
// lies past the last year whose holidays are decreed.
func (c *Calendar) Add(from time.Time, n int) (due time.Time, estimated bool) {
	due = date(from)
	for n > 0 {
		due = due.AddDate(0, 0, 1)
		if c.Working(due) {
			n--
		}
	}
	return due, due.Year() > c.last
}

// Between counts the working days after from up to and including to; it is
// negative when to lies before from.
func (c *Calendar) Between(from, to time.Time) int {
	a, b := date(from), date(to)
	if b.Before(a) {
		return -c.Between(b, a)
	}
	n := 0
	for a.Before(b) {
		a = a.AddDate(0, 0, 1)
		if c.Working(a) {
			n++
		}
	}
	return n
}

func date(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
