package workday

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"loket/assets"
	"loket/kiosk"
)

// lawDays is the law's count a second time, without a calendar: a list of all
// working dates as text, in order. Working days are Monday to Friday (Keppres
// 68/1995) that the joint decree names neither libur nor cuti bersama; the term
// runs from the day after receipt, and the day is the one on the office's wall.
func lawDays(t *testing.T) []string {
	b, err := fs.ReadFile(assets.Files, "holidays/id.csv")
	if err != nil {
		t.Fatal(err)
	}
	off := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		if len(line) > 10 && line[4] == '-' && line[7] == '-' {
			off[line[:10]] = true
		}
	}
	if len(off) < 70 {
		t.Fatalf("only %d days off", len(off))
	}
	length := []int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	weekday := 3 // 1 January 2025 was a Wednesday
	var days []string
	for year := 2025; year <= 2028; year++ {
		for month := range 12 {
			n := length[month]
			if month == 1 && year%4 == 0 {
				n++
			}
			for day := 1; day <= n; day++ {
				text := string([]byte{byte('0' + year/1000), byte('0' + year/100%10), byte('0' + year/10%10), byte('0' + year%10), '-',
					byte('0' + (month+1)/10), byte('0' + (month+1)%10), '-', byte('0' + day/10), byte('0' + day%10)})
				if weekday >= 1 && weekday <= 5 && !off[text] {
					days = append(days, text)
				}
				weekday = (weekday + 1) % 7
			}
		}
	}
	return days
}

// Ten thousand random receipt times in 2025 to 2027, in every zone, for every
// number of days that a law names, agree with the second count.
func TestDeadlinesAgreeWithASecondCount(t *testing.T) {
	c, days := calendar(t), lawDays(t)
	hours := map[string]int{"WIB": 7, "WITA": 8, "WIT": 9}
	r := rand.New(rand.NewPCG(2025, 2027))
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	end := time.Date(2027, 12, 31, 14, 0, 0, 0, time.UTC).Unix()
	for range 10_000 {
		at := start + r.Int64N(end-start)
		zone := []string{"WIB", "WITA", "WIT"}[r.IntN(3)]
		n := []int{1, 3, 5, 8, 10, 14, 17, 20, 30, 60}[r.IntN(10)]
		wall := time.Unix(at+int64(hours[zone])*3600, 0).UTC().Format("2006-01-02")
		i, found := slices.BinarySearch(days, wall)
		if found {
			i++ // the day of receipt is not counted
		}
		want := days[i+n-1]
		due, estimated := c.Add(time.Unix(at, 0).In(kiosk.Zone(zone)), n)
		if got := due.Format(time.DateOnly); got != want || estimated != (want >= "2028") {
			t.Fatalf("%s %s + %d = %s (estimated %v), by the law %s", wall, zone, n, got, estimated, want)
		}
		count := c.At("").Count(Clock{From: time.Unix(at, 0).In(kiosk.Zone(zone)), Days: n})
		if last := count.Days[len(count.Days)-1]; !count.Due.Equal(due) || last.N != n || last.Kind != Counted || !last.Date.Equal(due) {
			t.Fatalf("the explanation ends on %+v, due %v", last, due)
		}
	}
}

// A Saturday at 00.30 WIT before Idulfitri 2026: every day can be checked.
func TestTheExplanation(t *testing.T) {
	c := calendar(t)
	at := time.Date(2026, 3, 14, 0, 30, 0, 0, kiosk.Zone("WIT")) // still Friday in Jakarta
	var got []string
	for _, d := range c.At("").Count(Clock{From: at, Days: 3}).Days {
		got = append(got, d.Date.Format("02")+" "+string(d.Kind))
	}
	want := []string{"14 receipt", "15 weekend", "16 counted", "17 counted", "18 cuti", "19 libur", "20 cuti", "21 libur", "22 libur", "23 cuti", "24 cuti", "25 counted"}
	if !slices.Equal(got, want) {
		t.Errorf("%v\nwant %v", got, want)
	}
}

func TestPausesAndClosedDays(t *testing.T) {
	c := calendar(t)
	zone := kiosk.Zone("WITA")
	from := time.Date(2026, 11, 23, 9, 0, 0, 0, zone) // a Monday
	pause := Pause{From: time.Date(2026, 11, 25, 15, 0, 0, 0, zone), To: time.Date(2026, 12, 1, 8, 0, 0, 0, zone)}
	// Tuesday and Wednesday count; asked on Wednesday, brought on Tuesday: then
	// Wednesday, Thursday, Friday.
	if got := c.At("").Count(Clock{From: from, Days: 5, Pauses: []Pause{pause}}); got.Due.Format(time.DateOnly) != "2026-12-04" {
		t.Errorf("%+v", got)
	}
	pause.To = time.Time{}
	if got := c.At("").Count(Clock{From: from, Days: 5, Pauses: []Pause{pause}}); !got.Due.IsZero() || got.Days[len(got.Days)-1].N != 2 {
		t.Errorf("waiting without an end: %+v", got)
	}
	// The office in Kupang is closed on Tuesday; Jakarta is not.
	with, err := c.With(Holiday{Date: day(t, "2026-11-24"), Name: "Banjir", Kind: Tutup, Office: "ntt"})
	if err != nil {
		t.Fatal(err)
	}
	if due, _ := with.At("ntt").Add(from, 1); due.Format(time.DateOnly) != "2026-11-25" {
		t.Error(due)
	}
	if due, _ := with.At("dki").Add(from, 1); due.Format(time.DateOnly) != "2026-11-24" {
		t.Error(due)
	}
	if due, _ := c.At("ntt").Add(from, 1); due.Format(time.DateOnly) != "2026-11-24" {
		t.Error("the first calendar changed: ", due)
	}
	for _, h := range []Holiday{{Date: from, Kind: "feast"}, {Date: from, Kind: Libur, Office: "ntt"}, {Date: from, Kind: Weekend}} {
		if _, err := c.With(h); !errors.Is(err, ErrHoliday) {
			t.Errorf("%+v: %v", h, err)
		}
	}
}
