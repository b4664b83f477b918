package lifecycle

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/workday"
)

func load(t *testing.T) (*Catalogue, workday.Office) {
	t.Helper()
	forms, err := form.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(assets.Files, forms)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workday.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	return c, calendar.At("ntt")
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.ParseInLocation("2006-01-02 15.04", s, kiosk.Zone("WITA"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What a decision must say, by the law's own list.
func TestDecisions(t *testing.T) {
	c, _ := load(t)
	for _, try := range []struct {
		kind string
		now  kiosk.Status
		d    Decision
		want error
	}{
		{"complaint", kiosk.Received, Decision{Status: kiosk.Verified}, nil},
		{"complaint", kiosk.Received, Decision{Status: kiosk.Closed}, ErrMove},
		{"complaint", kiosk.InProgress, Decision{Status: kiosk.Answered, Outcome: "solved"}, ErrAnswer},
		{"complaint", kiosk.InProgress, Decision{Status: kiosk.Answered, Answer: "Sudah."}, ErrOutcome},
		{"complaint", kiosk.InProgress, Decision{Status: kiosk.Answered, Answer: "Sudah.", Outcome: "granted"}, ErrOutcome},
		{"complaint", kiosk.InProgress, Decision{Status: kiosk.Answered, Answer: "Sudah.", Outcome: "solved"}, nil},
		{"complaint", kiosk.InProgress, Decision{Status: kiosk.Answered, Answer: "Tidak.", Outcome: "unfounded", Reason: "duplicate"}, ErrReason},
		{"complaint", kiosk.Received, Decision{Status: kiosk.Archived}, ErrReason},
		{"complaint", kiosk.Received, Decision{Status: kiosk.Archived, Reason: "duplicate"}, nil},
		{"complaint", kiosk.Received, Decision{Status: kiosk.Returned}, ErrAnswer},
		{"complaint", kiosk.Answered, Decision{Status: kiosk.InProgress}, nil},
		{"information", kiosk.InProgress, Decision{Status: kiosk.Answered, Answer: "Tidak.", Outcome: "refused"}, ErrReason},
		{"information", kiosk.InProgress, Decision{Status: kiosk.Answered, Answer: "Tidak.", Outcome: "refused", Reason: "17h"}, nil},
		{"information", kiosk.InProgress, Decision{Status: kiosk.Answered, Answer: "Sebagian.", Outcome: "partial"}, ErrReason},
		{"information", kiosk.InProgress, Decision{Status: kiosk.Answered, Answer: "Bukan.", Outcome: "not_held"}, ErrHolder},
		{"information", kiosk.InProgress, Decision{Status: kiosk.Answered, Answer: "Bukan.", Outcome: "not_held", Holder: "BPS"}, nil},
		{"information", kiosk.Received, Decision{Status: kiosk.Archived, Reason: "duplicate"}, ErrMove},
		{"objection", kiosk.InProgress, Decision{Status: kiosk.Answered, Answer: "Ya.", Outcome: "upheld"}, nil},
	} {
		if err := c.Kind(try.kind).Check(try.now, try.d); !errors.Is(err, try.want) {
			t.Errorf("%s in %s, %+v: %v, want %v", try.kind, try.now, try.d, err, try.want)
		}
	}
}

func TestClocks(t *testing.T) {
	c, ntt := load(t)
	show := func(all []Running) (lines []string) {
		for _, r := range all {
			line := r.ID
			switch {
			case r.Paused:
				line += " paused"
			default:
				line += " " + r.Due.Format("01-02")
			}
			if !r.Stopped.IsZero() {
				line += " stopped"
			}
			if r.Late {
				line += fmt.Sprintf(" late %d", -r.Left)
			}
			lines = append(lines, line)
		}
		return lines
	}
	for _, try := range []struct {
		name, kind string
		steps      []Step
		extended   int
		now        string
		want       string
	}{
		{"just filed", "complaint", nil, 0, "2026-11-24 10.00", "[verify 11-27 answer 12-04]"},
		{"nobody looked", "complaint", nil, 0, "2026-12-07 10.00", "[verify 11-27 late 6 answer 12-04 late 1]"},
		{"checked in time", "complaint", []Step{{At: at(t, "2026-11-25 10.00"), Status: kiosk.Verified}}, 0, "2026-12-07 10.00", "[verify 11-27 stopped answer 12-04 late 1]"},
		// Asked on the 25th (day 1), completed on the 30th: seven days more.
		{"waiting for the visitor", "complaint", []Step{{At: at(t, "2026-11-25 10.00"), Status: kiosk.Returned}}, 0, "2026-11-28 10.00", "[verify 11-27 stopped answer paused complete 12-09]"},
		{"the visitor came", "complaint", []Step{{At: at(t, "2026-11-25 10.00"), Status: kiosk.Returned}, {At: at(t, "2026-11-30 10.00"), Status: kiosk.InProgress}}, 0, "2026-12-01 10.00",
			"[verify 11-27 stopped answer 12-09 complete 12-09 stopped]"},
		{"answered, contested", "complaint", []Step{{At: at(t, "2026-11-26 10.00"), Status: kiosk.Answered}, {At: at(t, "2026-12-01 10.00"), Status: kiosk.InProgress}}, 0, "2026-12-02 10.00",
			"[verify 11-27 stopped answer 12-04 stopped answer 12-11 complete 12-10 stopped]"},
		{"information", "information", nil, 0, "2026-11-24 10.00", "[papers 11-27 answer 12-08]"},
		{"seven days more", "information", []Step{{At: at(t, "2026-11-25 10.00"), Status: kiosk.InProgress}, {At: at(t, "2026-11-26 10.00"), Status: kiosk.InProgress, Extends: true}}, 7, "2026-12-01 10.00", "[papers 11-27 stopped answer 12-17]"},
		{"no more than seven", "information", []Step{{At: at(t, "2026-11-25 10.00"), Status: kiosk.InProgress}, {At: at(t, "2026-11-26 10.00"), Status: kiosk.InProgress, Extends: true}}, 70, "2026-12-01 10.00", "[papers 11-27 stopped answer 12-17]"},
		{"refused: 30 days to object", "information", []Step{{At: at(t, "2026-12-01 10.00"), Status: kiosk.Answered}}, 0, "2026-12-02 10.00", "[papers 11-27 stopped late 2 answer 12-08 stopped objection 01-18]"},
		// The first term was missed; making the second longer does not mend it.
		{"another term was made longer", "information", []Step{{At: at(t, "2026-12-10 10.00"), Status: kiosk.Answered}, {At: at(t, "2026-12-11 10.00"), Status: kiosk.InProgress}, {At: at(t, "2026-12-14 10.00"), Status: kiosk.InProgress, Extends: true}},
			7, "2026-12-15 10.00", "[papers 11-27 stopped late 9 answer 12-08 stopped late 2 answer 01-11 objection 01-25 stopped objection 01-27 stopped]"},
		{"on the Saturday after", "complaint", nil, 0, "2026-12-05 10.00", "[verify 11-27 late 5 answer 12-04 late 1]"},
		{"nobody answers: 30 days to object from the end of the term", "information", nil, 0, "2026-12-09 00.30", "[papers 11-27 late 8 answer 12-08 late 1 objection 01-25]"},
		{"and work going on does not end them", "information", []Step{{At: at(t, "2026-12-10 10.00"), Status: kiosk.InProgress}}, 0, "2026-12-11 10.00", "[papers 11-27 stopped late 9 answer 12-08 late 3 objection 01-25]"},
		{"on the last day nothing has run out", "information", nil, 0, "2026-12-08 23.59", "[papers 11-27 late 7 answer 12-08]"},
		{"asked for papers", "information", []Step{{At: at(t, "2026-11-25 10.00"), Status: kiosk.Returned}}, 0, "2026-11-26 10.00", "[papers 11-27 stopped answer paused complete 11-30]"},
		{"the superior is silent: 14 days to the Commission", "objection", nil, 0, "2027-01-12 09.00", "[answer 01-11 late 1 dispute 01-29]"},
		{"the superior answered: 14 days to the Commission", "objection", []Step{{At: at(t, "2026-12-01 10.00"), Status: kiosk.Answered}}, 0, "2026-12-02 10.00", "[answer 01-11 stopped dispute 12-21]"},
	} {
		got := fmt.Sprint(show(c.Kind(try.kind).Clocks(ntt, at(t, "2026-11-24 09.00"), try.steps, try.extended, at(t, try.now))))
		if got != try.want {
			t.Errorf("%s: %s, want %s", try.name, got, try.want)
		}
	}
}
