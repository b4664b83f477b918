package lifecycle

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/workday"
)

// law counts the terms a second time, from the texts and not from the code or
// its data: dates are words, "2026-11-24", and every day is walked over.
type law struct {
	off    map[string]bool // libur and cuti bersama of the joint decrees
	closed string          // a day on which the office was shut
}

func readLaw(t *testing.T) law {
	t.Helper()
	b, err := fs.ReadFile(assets.Files, "holidays/id.csv")
	if err != nil {
		t.Fatal(err)
	}
	l := law{off: map[string]bool{}}
	for line := range strings.Lines(string(b)) {
		if day, _, ok := strings.Cut(line, ","); ok && len(day) == 10 {
			l.off[day] = true
		}
	}
	if len(l.off) < 70 {
		t.Fatalf("only %d days off", len(l.off))
	}
	return l
}

// tomorrow is the date after one, by the calendar of the months.
func tomorrow(day string) string {
	var y, m, d int
	fmt.Sscanf(day, "%d-%d-%d", &y, &m, &d)
	months := []int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	if y%4 == 0 {
		months[1] = 29
	}
	if d++; d > months[m-1] {
		d, m = 1, m+1
	}
	if m > 12 {
		m, y = 1, y+1
	}
	return fmt.Sprintf("%04d-%02d-%02d", y, m, d)
}

// weekday is 0 for Sunday, by Zeller's congruence.
func weekday(day string) int {
	var y, m, d int
	fmt.Sscanf(day, "%d-%d-%d", &y, &m, &d)
	if m < 3 {
		m, y = m+12, y-1
	}
	return (d + 13*(m+1)/5 + y + y/4 - y/100 + y/400 + 6) % 7
}

func (l law) worked(day string) bool {
	w := weekday(day)
	return w != 0 && w != 6 && !l.off[day] && day != l.closed
}

// after is the n-th working day after one, days of waiting not counted; empty
// where waiting has no end.
func (l law) after(day string, n int, waiting []wait) string {
	for n > 0 {
		day = tomorrow(day)
		waits := false
		for _, w := range waiting {
			if day > w.from && w.to == "" {
				return ""
			}
			waits = waits || day > w.from && day <= w.to
		}
		if l.worked(day) && !waits {
			n--
		}
	}
	return day
}

// wait is from the day on which the visitor was asked to the day they replied.
type wait struct{ from, to string }

// term is a term of a case: who has it, what for, since when, until when.
type term struct{ what, since, due, ended string }

func (t term) String() string {
	return fmt.Sprintf("%s since %s due %s ended %s late %v", t.what, t.since, t.due, t.ended, t.late("9999"))
}

// late reports whether it was, or is on a day, past its last date.
func (t term) late(today string) bool {
	if t.ended != "" {
		today = t.ended
	}
	return t.due != "" && today > t.due
}

// told is one thing that happened, on a date.
type told struct {
	day    string
	status kiosk.Status
	longer bool
}

// office are the terms in which the office has to answer: so many days from
// receipt, and again from when an answered case is taken up again. It is ended
// by an answer, by saying whose matter it is, or by the end of the case.
func (l law) office(filed string, days, longer int, story []told) (all []term) {
	now := term{what: "answer", since: filed}
	length, open := days, true
	var waiting []wait
	finish := func() {
		now.due = l.after(now.since, length, waiting)
		all = append(all, now)
	}
	before := kiosk.Received
	for _, s := range story {
		if s.longer && open {
			length += longer
		}
		if s.status == before {
			continue
		}
		if n := len(waiting); before == kiosk.Returned && n > 0 && waiting[n-1].to == "" {
			waiting[n-1].to = s.day
		}
		before = s.status
		switch s.status {
		case kiosk.Answered, kiosk.NotOurs, kiosk.Archived, kiosk.Closed:
			if open {
				now.ended, open = s.day, false
			}
		case kiosk.Returned:
			waiting = append(waiting, wait{from: s.day})
		case kiosk.InProgress:
			if !open {
				finish()
				now, length, open, waiting = term{what: "answer", since: s.day}, days, true, nil
			}
		}
	}
	finish()
	return all
}

// visitor are terms that run from each time that something is said to the
// visitor until they, or the office, do something.
func (l law) visitor(what string, days int, story []told, begins, ends []kiosk.Status) (all []term) {
	before, open := kiosk.Received, -1
	for _, s := range story {
		if s.status == before {
			continue
		}
		before = s.status
		starts := slices.Contains(begins, s.status)
		if open >= 0 && all[open].ended == "" && (starts || slices.Contains(ends, s.status)) {
			all[open].ended = s.day
		}
		if starts {
			all = append(all, term{what: what, since: s.day, due: l.after(s.day, days, nil)})
			open = len(all) - 1
		}
	}
	return all
}

// silence are the terms of the visitor that begin when the office's ran out;
// only an answer, or another end of silence, ends them.
func (l law) silence(what string, days int, offices []term, today string, story []told, answers []kiosk.Status) (all []term) {
	for _, o := range offices {
		if !o.late(today) {
			continue
		}
		t := term{what: what + " after silence", since: o.due, due: l.after(o.due, days, nil)}
		before := kiosk.Received
		for _, s := range story {
			if s.day > o.due && t.ended == "" && s.status != before && slices.Contains(answers, s.status) {
				t.ended = s.day
			}
			before = s.status
		}
		all = append(all, t)
	}
	return all
}

// terms are all terms of a case of a kind, as the texts have them.
func (l law) terms(kind, filed, today string, story []told) (all []term) {
	first := func(what string, days int) {
		t := term{what: what, since: filed, due: l.after(filed, days, nil)}
		for _, s := range story {
			if s.status != kiosk.Received {
				t.ended = s.day
				break
			}
		}
		all = append(all, t)
	}
	taken := []kiosk.Status{kiosk.InProgress}
	switch kind {
	case "complaint", "suggestion": // SP4N-LAPOR!: 3 to verify, 5 more to answer, closed after 10 without a word
		first("verify", 3)
		all = append(all, l.office(filed, 3+5, 0, story)...)
		all = append(all, l.visitor("complete", 10, story, []kiosk.Status{kiosk.Returned, kiosk.Answered},
			[]kiosk.Status{kiosk.Verified, kiosk.InProgress, kiosk.NotOurs, kiosk.Archived, kiosk.Closed})...)
	case "information": // 3 for the papers; art. 22(7) and (8): 10, once 7 more; art. 36(1): 30 to object
		first("papers", 3)
		answers := l.office(filed, 10, 7, story)
		all = append(all, answers...)
		said := []kiosk.Status{kiosk.Answered, kiosk.NotOurs}
		all = append(all, l.visitor("objection", 30, story, said, taken)...)
		all = append(all, l.silence("objection", 30, answers, today, story, said)...)
		all = append(all, l.visitor("complete", 3, story, []kiosk.Status{kiosk.Returned}, []kiosk.Status{kiosk.Verified, kiosk.InProgress, kiosk.Answered, kiosk.NotOurs, kiosk.Closed})...)
	case "objection": // art. 36(2): 30; art. 37(2): 14 to go to the Commission
		answers := l.office(filed, 30, 0, story)
		all = append(all, answers...)
		said := []kiosk.Status{kiosk.Answered}
		all = append(all, l.visitor("dispute", 14, story, said, taken)...)
		all = append(all, l.silence("dispute", 14, answers, today, story, said)...)
		all = append(all, l.visitor("complete", 3, story, []kiosk.Status{kiosk.Returned}, []kiosk.Status{kiosk.Verified, kiosk.InProgress, kiosk.Answered, kiosk.Closed})...)
	}
	return all
}

// Ten thousand random lives of every kind, received at random times in 2025 to
// 2027 in every zone, with questions back, extensions, cases taken up again and
// an office that was shut: each term, its first and last day, what ended it and
// whether it was missed agree with the second count.
func TestTermsAgreeWithASecondCount(t *testing.T) {
	c, _ := load(t)
	calendar, err := workday.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	text := readLaw(t)
	r := rand.New(rand.NewPCG(2025, 11))
	start, end := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(2027, 12, 31, 14, 0, 0, 0, time.UTC).Unix()
	kinds := []string{"complaint", "suggestion", "information", "objection"}
	checked, late, lapsed, extended := 0, 0, 0, 0
	for range 10_000 {
		kind := kinds[r.IntN(len(kinds))]
		l := c.Kind(kind)
		zone := kiosk.Zone([]string{"WIB", "WITA", "WIT"}[r.IntN(3)])
		filed := time.Unix(start+r.Int64N(end-start), 0).In(zone)
		text.closed = filed.AddDate(0, 0, r.IntN(30)).Format(time.DateOnly)
		date, err := time.Parse(time.DateOnly, text.closed)
		if err != nil {
			t.Fatal(err)
		}
		here, err := calendar.With(workday.Holiday{Date: date, Name: "Banjir", Kind: workday.Tutup, Office: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if text.off[text.closed] {
			text.closed = "" // it is off already
		}
		var steps []Step
		var story []told
		at, now, longer := filed, kiosk.Received, false
		for range r.IntN(7) {
			at = at.Add(time.Duration(1+r.Int64N(9*24*3600)) * time.Second)
			s := Step{At: at, Status: now}
			switch next := l.Next(now); {
			case r.IntN(5) == 0 && !longer && kind == "information": // after an answer it is of no use
				s.Extends, longer = true, true
			case r.IntN(6) == 0: // a note
			default:
				s.Status = next[r.IntN(len(next))]
			}
			now = s.Status
			steps = append(steps, s)
			story = append(story, told{at.Format(time.DateOnly), now, s.Extends})
		}
		today := at.Add(time.Duration(1+r.Int64N(60*24*3600)) * time.Second)
		days := 0
		if longer {
			days = 7
		}
		var got, want []string
		for _, k := range l.Clocks(here.At("x"), filed, steps, days, today) {
			x := term{what: k.ID, since: k.Since.Format(time.DateOnly)}
			if !k.Paused {
				x.due = k.Due.Format(time.DateOnly)
			}
			if k.Lapsed {
				x.what += " after silence"
				lapsed++
			}
			if !k.Stopped.IsZero() {
				x.ended = k.Stopped.Format(time.DateOnly)
			}
			if k.Late {
				late++
			}
			if !k.Paused && k.Days > k.Clock.Days {
				extended++
			}
			if k.Late != x.late(today.Format(time.DateOnly)) || k.Late != (k.Left < 0) {
				t.Fatalf("%s: %v, %d left, late %v on %s", kind, x, k.Left, k.Late, today)
			}
			if last := k.Count.Days[len(k.Count.Days)-1]; !k.Paused && (last.N != k.Days || !last.Date.Equal(k.Due)) {
				t.Fatalf("%s: %v is explained up to %+v", kind, x, last)
			}
			got = append(got, x.String())
		}
		for _, x := range text.terms(kind, filed.Format(time.DateOnly), today.Format(time.DateOnly), story) {
			want = append(want, x.String())
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("a %s of %s, %+v, on %s:\n%s\nby the law\n%s", kind, filed, story, today, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		checked += len(got)
	}
	if checked < 30_000 || late < 5000 || lapsed < 500 || extended < 200 {
		t.Errorf("the lives were dull: %d terms, %d late, %d after silence, %d longer", checked, late, lapsed, extended)
	}
}
