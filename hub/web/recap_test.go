package web_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
)

// november is what came to two offices in November 2026, seen on the 24th; the
// working days are counted by hand from the calendar, which has no holiday there.
func november(t *testing.T) *office {
	t.Helper()
	o := newOffice(t)
	moves := func(n kiosk.Number, day string, d lifecycle.Decision) {
		t.Helper()
		o.at(day)
		if err := o.hub.Update(t.Context(), anybody, hub.Change{Number: n, Edition: o.current(n).Edition, Decision: d}); err != nil {
			t.Fatal(err)
		}
	}
	verified, answered := lifecycle.Decision{Status: kiosk.Verified}, lifecycle.Decision{Status: kiosk.Answered, Answer: "Jawaban.", Outcome: "solved"}
	came := func(day, place, kind, service string, identity kiosk.Identity) kiosk.Number {
		o.at(day)
		return o.came(place, kind, service, "Keluhan.", identity)
	}
	came("2025-11-03", "ntt", "complaint", "antrean", kiosk.Named) // another year
	inTime := came("2026-11-02", "ntt", "complaint", "antrean", kiosk.Named)
	late := came("2026-11-02", "ntt", "complaint", "antrean", kiosk.Confidential) // rahasia counts here
	came("2026-11-02", "ntt", "complaint", "", kiosk.Anonymous)                   // nobody has looked
	archived := came("2026-11-02", "bali", "suggestion", "antrean", kiosk.Named)
	silent := came("2026-11-02", "ntt", "complaint", "pungli", kiosk.Named)
	came("2026-11-02", "ntt", "information", "", kiosk.Named) // is not for LAPOR!
	moves(archived, "2026-11-03", lifecycle.Decision{Status: kiosk.Archived, Reason: "too_general"})
	moves(silent, "2026-11-03", lifecycle.Decision{Status: kiosk.Returned, Answer: "Kapan?"})
	moves(inTime, "2026-11-05", verified) // 3 working days: the last
	moves(late, "2026-11-06", verified)   // 4
	moves(inTime, "2026-11-12", answered) // 8: the last
	moves(late, "2026-11-13", answered)   // 9
	passed := came("2026-11-20", "bali", "suggestion", "", kiosk.Named)
	moves(passed, "2026-11-23", lifecycle.Decision{Status: kiosk.NotOurs, Answer: "Ke dinas."})
	waits := came("2026-11-23", "ntt", "suggestion", "antrean", kiosk.Named)
	came("2026-11-23", "ntt", "complaint", "antrean", kiosk.Named)
	moves(waits, "2026-11-24", verified)
	if err := o.hub.CloseSilent(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := o.current(silent); c.Status != kiosk.Closed {
		t.Fatalf("what the visitor never completed is %s", c.Status)
	}
	if err := o.hub.SetLapor(t.Context(), anybody, inTime, "1916449"); err != nil {
		t.Fatal(err)
	}
	return o
}

// The recap agrees with figures counted by hand, and each of its parts adds up to
// all.
func TestLaporRecap(t *testing.T) {
	o := november(t)
	r, err := o.hub.LaporRecap(t.Context(), anybody, 2026, "")
	if err != nil {
		t.Fatal(err)
	}
	figures := func(x hub.RecapLine) string {
		rat := func(t hub.Timeliness) string {
			s := "–"
			if share := t.Share(); share != nil {
				s = share.FloatString(1)
			}
			if median := t.Median(); median != nil {
				s += " " + median.FloatString(1)
			}
			return s
		}
		return fmt.Sprintf("%d: %d %d %d %d %d %d | %d/%d/%d %s | %d/%d/%d %s | %d %d", x.Received, x.Unverified, x.InProgress, x.Returned, x.Answered, x.NotOurs, x.Archived,
			x.Verified.InTime, x.Verified.Late, x.Verified.Running, rat(x.Verified), x.Replied.InTime, x.Replied.Late, x.Replied.Running, rat(x.Replied), x.Waiting, x.Known)
	}
	// Verified after 3, 4, 1, 1, 1 and 1 days, one late untouched, one running;
	// replied after 8, 9, 1, 1 and 16 days (closed in silence on the 18th: paused
	// from the 3rd, in time), one late untouched, two running.
	if got, want := figures(r.All), "8: 2 1 0 2 1 2 | 5/2/1 71.4 1.0 | 4/2/2 66.7 8.0 | 2 1"; got != want {
		t.Errorf("all: %s\nwant %s", got, want)
	}
	want := map[string]string{
		"kind complaint":           "5: 2 0 0 2 0 1 | 2/2/1 50.0 3.0 | 2/2/1 50.0 9.0 | 1 1",
		"kind suggestion":          "3: 0 1 0 0 1 1 | 3/0/0 100.0 1.0 | 2/0/1 100.0 1.0 | 1 0",
		"category service:antrean": "5: 1 1 0 2 0 1 | 3/1/1 75.0 2.0 | 2/1/2 66.7 8.0 | 2 1",
		"category service:pungli":  "1: 0 0 0 0 0 1 | 1/0/0 100.0 1.0 | 1/0/0 100.0 16.0 | 0 0",
		"category ":                "2: 1 0 0 0 1 0 | 1/1/0 50.0 1.0 | 1/1/0 50.0 1.0 | 0 0",
		"office ntt":               "6: 2 1 0 2 0 1 | 3/2/1 60.0 2.0 | 2/2/2 50.0 9.0 | 2 1",
		"office bali":              "2: 0 0 0 0 1 1 | 2/0/0 100.0 1.0 | 2/0/0 100.0 1.0 | 0 0",
		"month 11":                 figures(r.All),
	}
	for _, part := range r.Parts {
		var sum [9]int
		for _, x := range part.Lines {
			key := part.By + " " + x.ID
			if w, ok := want[key]; ok {
				if delete(want, key); figures(x) != w {
					t.Errorf("%s: %s\nwant %s", key, figures(x), w)
				}
			}
			if x.Unverified+x.InProgress+x.Returned+x.Answered+x.NotOurs+x.Archived != x.Received || x.Verified.InTime+x.Verified.Late+x.Verified.Running != x.Received || x.Replied.InTime+x.Replied.Late+x.Replied.Running != x.Received {
				t.Errorf("%s does not add up: %s", key, figures(x))
			}
			for i, n := range []int{x.Received, x.Unverified, x.InProgress, x.Returned, x.Answered, x.NotOurs, x.Archived, x.Waiting, x.Known} {
				sum[i] += n
			}
		}
		if a := r.All; sum != [9]int{a.Received, a.Unverified, a.InProgress, a.Returned, a.Answered, a.NotOurs, a.Archived, a.Waiting, a.Known} {
			t.Errorf("by %s: %v are not all", part.By, sum)
		}
	}
	for key := range want {
		t.Errorf("there is no line %q", key)
	}
}

// The recap on the desk and as files: who may read whose, and what stands there.
func TestTheRecapOnTheDesk(t *testing.T) {
	if testing.Short() {
		t.Skip("page by page")
	}
	o := november(t)
	path := "/desk/lapor/recap?year=2026"
	for _, x := range []struct {
		role  hub.Role
		place string
		query string
		says  string
	}{
		{hub.Administrator, "", "", "5 dari 7"}, {hub.Verifier, "ntt", "", "3 dari 5"}, {hub.Supervisor, "bali", "", "2 dari 2"}, {hub.Auditor, "", "&office=bali", "2 dari 2"},
		{hub.Verifier, "bali", "&office=ntt", "bukan untuk peran"}, {hub.Unit, "ntt", "", "bukan untuk peran"}, {hub.PPID, "", "", "bukan untuk peran"}, {hub.Superior, "", "", "bukan untuk peran"}, {hub.Fleet, "", "", "bukan untuk peran"},
		{hub.Administrator, "", "&office=atlantis", "tidak ada"}, {hub.Administrator, "", "&year=1999", "Rekap LAPOR!"},
	} {
		seat := o.sit(fmt.Sprint(x.role, x.place, x.query), x.role, x.place)
		if page := seat.get(path + x.query); !strings.Contains(page, x.says) {
			t.Errorf("%s of %q%s does not read %q: %s", x.role, x.place, x.query, x.says, page)
		}
		for _, format := range []string{"csv", "xlsx", "pdf"} {
			resp, err := seat.b.Get(o.server.URL + "/desk/lapor/recap." + format + "?year=2026" + x.query)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if may := strings.Contains(x.says, " dari ") || strings.Contains(x.query, "1999"); (resp.StatusCode == http.StatusOK) != may {
				t.Errorf("%s of %q%s gets the %s: %d", x.role, x.place, x.query, format, resp.StatusCode)
			}
		}
	}
	v := o.sit("periksa", hub.Verifier, "ntt")
	if page := v.get(path + "&lang=en"); !strings.Contains(page, "By receiving office") && !strings.Contains(page, "By category") || !strings.Contains(page, "Verified in time") {
		t.Error("not in English")
	}
	if page := v.get("/desk/lapor"); !strings.Contains(page, `href="/desk/lapor/recap"`) {
		t.Error("nothing leads to the recap")
	}
	table, err := csv.NewReader(strings.NewReader(v.get("/desk/lapor/recap.csv?year=2026&lang=id"))).ReadAll()
	if err != nil || len(table) < 6 {
		t.Fatal(table, err)
	}
	if got, want := strings.Join(table[1], "|"), "Klasifikasi|Pengaduan|5|2|0|0|2|0|1|2|2|50.0|3.0|2|2|50.0|9.0|1|1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := strings.Join(table[len(table)-1], "|"), "Jumlah||6|2|1|0|2|0|1|3|2|60.0|2.0|2|2|50.0|9.0|1|2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	f, err := excelize.OpenReader(strings.NewReader(v.get("/desk/lapor/recap.xlsx?year=2026")))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Data")
	if err != nil || len(rows) != len(table) || rows[1][1] != "Pengaduan" || rows[1][2] != "5" {
		t.Errorf("%v, %v", rows, err)
	}
}

// An agency fills in LAPOR!'s categories in its own folder: the recap and the
// sheets call them so, and services of one category are one line.
func TestCategoriesOfOnesOwn(t *testing.T) {
	o := november(t)
	o.stop()
	rules := "basis = { id = \"Contoh\", en = \"Example\" }\n[classification]\ncomplaint = \"PENGADUAN\"\nsuggestion = \"ASPIRASI\"\n[categories]\nantrean = \"Pelayanan Publik\"\npungli = \"Pelayanan Publik\"\n"
	if err := os.WriteFile(filepath.Join(o.dir, "lapor.toml"), []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	o.open(true)
	r, err := o.hub.LaporRecap(t.Context(), anybody, 2026, "")
	if err != nil {
		t.Fatal(err)
	}
	lines := r.Parts[1].Lines
	if r.Parts[1].By != "category" || len(lines) != 2 || lines[0].Label.In("id") != "Pelayanan Publik" || lines[0].Received != 6 || lines[0].Unmapped || lines[1].ID != "" || lines[1].Unmapped {
		t.Errorf("%+v", lines)
	}
	if page := o.sit("periksa", hub.Verifier, "ntt").get("/desk/lapor/recap?year=2026"); !strings.Contains(page, "Pelayanan Publik") || strings.Contains(page, "Kategori LAPOR! belum diisi") {
		t.Error("the page does not call it so")
	}
}
