package workday

import (
	"bytes"
	"testing"
	"testing/fstest"
	"time"

	"loket/assets"
	"loket/kiosk"
)

func calendar(t *testing.T) *Calendar {
	t.Helper()
	c, err := Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Dates counted by hand from the decrees: 3, 5, 10, 14, 17, 30, 60 days.
func TestWorkingDays(t *testing.T) {
	c := calendar(t)
	steps := []int{3, 5, 10, 14, 17, 30, 60}
	for from, want := range map[string][]string{
		"2026-03-12": {"2026-03-17", "2026-03-26", "2026-04-02", "2026-04-09", "2026-04-14", "2026-05-04", "2026-06-23"},
		"2026-11-24": {"2026-11-27", "2026-12-01", "2026-12-08", "2026-12-14", "2026-12-17", "2027-01-11", "2027-02-23"},
		"2026-12-18": {"2026-12-23", "2026-12-29", "2027-01-07", "2027-01-13", "2027-01-18", "2027-02-04", "2027-03-31"},
		"2027-03-04": {"2027-03-17", "2027-03-19", "2027-03-30", "2027-04-05", "2027-04-08", "2027-04-27", "2027-06-16"},
		"2027-05-14": {"2027-05-25", "2027-05-27", "2027-06-04", "2027-06-10", "2027-06-15", "2027-07-02", "2027-08-13"},
	} {
		for i, n := range steps {
			due, estimated := c.Add(day(t, from), n)
			if got := due.Format(time.DateOnly); got != want[i] || estimated {
				t.Errorf("%s + %d = %s, want %s (estimated %v)", from, n, got, want[i], estimated)
			}
			if got := c.Between(day(t, from), due); got != n {
				t.Errorf("%s to %s is %d working days, want %d", from, want[i], got, n)
			}
		}
	}
}

func TestTheDateIsTheOffices(t *testing.T) {
	c := calendar(t)
	// 16.30 UTC on the 24th is already the 25th in Kupang (WITA).
	at := time.Date(2026, 11, 24, 16, 30, 0, 0, time.UTC).In(kiosk.Zone("WITA"))
	if due, _ := c.Add(at, 1); due.Format(time.DateOnly) != "2026-11-26" {
		t.Error(due)
	}
}

func TestPastTheDecreesItIsAnEstimate(t *testing.T) {
	c := calendar(t)
	if due, estimated := c.Add(day(t, "2027-12-30"), 10); !estimated || due.Year() != 2028 {
		t.Errorf("%v %v", due, estimated)
	}
	// One holiday of 2028 announced early says nothing of the others.
	with, err := c.With(Holiday{Date: day(t, "2028-01-03"), Name: "Tahun Baru", Kind: Libur})
	if err != nil {
		t.Fatal(err)
	}
	if due, estimated := with.Add(day(t, "2027-12-30"), 2); !estimated || due.Format(time.DateOnly) != "2028-01-04" {
		t.Errorf("%v %v", due, estimated)
	}
	if c.Between(day(t, "2026-11-27"), day(t, "2026-11-24")) != -3 {
		t.Error("days late are not negative")
	}
}

func TestBadDataIsRefused(t *testing.T) {
	for name, data := range map[string]string{"empty": "date,name,type\n", "date": "date,name,type\n2026-13-01,x,libur\n", "type": "date,name,type\n2026-12-01,x,feast\n", "columns": "date,name\n2026-12-01,x\n"} {
		if _, err := Load(fstest.MapFS{"holidays/id.csv": {Data: []byte(data)}}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("no file: accepted")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("date,name,type\n2026-03-20,Idulfitri,national\n"))
	f.Add([]byte("date,name,type\n# x\n2026-13-20,,\n"))
	calendar, err := Load(assets.Files)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		more, err := calendar.With(all...)
		if err != nil {
			return
		}
		from := time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)
		if due, _ := more.Add(from, 10); !due.After(from) {
			t.Errorf("ten working days after %s is %s", from, due)
		}
	})
}
