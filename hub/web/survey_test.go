package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"loket/hub"
	"loket/kiosk"
)

// opinions waits until so many answers to a form are counted.
func (o *office) opinions(form string, n int) {
	o.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-tick.C {
		if all, err := o.book.Opinions(o.t.Context(), form, "2000-01-01"); err != nil {
			o.t.Fatal(err)
		} else if len(all) == n {
			return
		}
	}
	o.t.Fatalf("never %d answers to %s", n, form)
}

// Twelve people answer, in another order than the table shows them. By hand: all
// give 3, but three give 4 to U1 and one skips U9. Means: U1 39/12 = 3.25, the
// others 3 (U9 33/11). Sum 3.25+8×3 = 27.25; ×25/9 = 75.694… → 75.69: C. With
// 0.11: 27.25×2.75 = 74.9375 → 74.94. U1 weighted: 3.25/9 = 0.3611… → 0.361.
func TestTheSurveysTableAndSheet(t *testing.T) {
	o := newOffice(t)
	elements := o.hub.Instrument.Elements
	var envelopes [][]byte
	for n := range 12 {
		a := kiosk.Answers{"service": []string{"ki-merek", "peraturan"}[n%2]}
		for _, e := range elements {
			a[e.Field] = "3"
		}
		if n%5 == 1 { // 1, 6, 11
			a["requirements"] = "4"
		}
		if n == 7 {
			delete(a, "facilities")
		}
		e, _, _ := o.answered("survey", a)
		envelopes = append(envelopes, e)
	}
	for range 3 {
		e, _, _ := o.answered("stars", kiosk.Answers{"gift": "6", "levy": "1", "information": "5"})
		envelopes = append(envelopes, e)
	}
	for _, touch := range []string{"4", "4", "4", "1"} {
		e, _, _ := o.answered("ease", kiosk.Answers{"ease": touch})
		envelopes = append(envelopes, e)
	}
	o.send(envelopes...)
	o.opinions("survey", 12)
	o.opinions("ease", 4)
	o.opinions("stars", 3)
	ppid := o.desk("ppid", hub.PPID, "ntt")
	if page := ppid.get("/desk/survey"); !strings.Contains(page, "Sampel belum cukup") || strings.Contains(page, "75,69") {
		t.Error("there is an index without a sample")
	}
	year := url.Values{"from": {"2026-01-01"}, "to": {"2026-12-31"}, "office": {"ntt"}}
	said := func(served string) url.Values {
		v := url.Values{"served": {served}}
		for k := range year {
			v.Set(k, year.Get(k))
		}
		return v
	}
	if status, page := ppid.post("/desk/survey/served", said("12")); status != http.StatusOK || !strings.Contains(page, "75,69 <b>C</b>") || !strings.Contains(page, "tercetak 0,11: 74,94") {
		t.Errorf("%d %s", status, page)
	}
	if status, _ := ppid.post("/desk/survey/served", said("banyak")); status != http.StatusBadRequest {
		t.Error(status)
	}
	page := ppid.get("/desk/survey?" + year.Encode())
	for _, want := range []string{"Triwulan 4 2026", "Semester 1 2026", "Kantor Wilayah Nusa Tenggara Timur</th><td class=\"n\">12</td><td class=\"n\">12</td><td class=\"n\">75,69", "Divisi Pelayanan Hukum", "Merek</th><td class=\"n\">6", "0,361"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page := ppid.get("/desk/survey?from=2026-01-01&to=2026-03-31"); !strings.Contains(page, "0 responden") {
		t.Error("another quarter has answers")
	}
	if page := ppid.get("/desk/survey?unit=p3h&served=6"); !strings.Contains(page, "6 responden; sampel minimum 6") {
		t.Error("a unit's answers are not apart")
	}
	// The table: rows by what was answered, the means at its foot.
	rows := ppid.sheet("/desk/survey/table.xlsx?" + year.Encode())
	if len(rows) != 12+4 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, row := range rows[:12] {
		want := "3"
		if i >= 9 {
			want = "4"
		}
		if row["U1"] != want || row["No."] != fmt.Sprint(i+1) {
			t.Errorf("%d: %v", i, row)
		}
	}
	for i, want := range []map[string]string{{"No.": "Jumlah nilai per unsur", "U1": "39", "U2": "36", "U9": "33"}, {"No.": "NRR per unsur", "U1": "3.250", "U9": "3.000"},
		{"No.": "NRR tertimbang", "U1": "0.361", "U9": "0.333"}, {"No.": "Indeks Kepuasan Masyarakat", "U1": "75.69", "U2": "C"}} {
		for column, cell := range want {
			if got := rows[12+i][column]; got != cell {
				t.Errorf("%s: %q, want %q", column, got, cell)
			}
		}
	}
	sheet := squeezed(ppid.pdf("/desk/survey.pdf?" + year.Encode()))
	for _, want := range []string{"Publikasi Survei Kepuasan Masyarakat", "75,69 C Kurang baik 12 12", "1 Januari 2026 sampai 31 Desember 2026", "3,250 0,361", "PermenPANRB 14/2017", "NIP"} {
		if !strings.Contains(sheet, want) {
			t.Errorf("the sheet lacks %q:\n%s", want, sheet)
		}
	}
	if sheet := squeezed(ppid.pdf("/desk/survey.pdf?from=2026-01-01&to=2026-03-31")); !strings.Contains(sheet, "Sampel belum cukup") || strings.Contains(sheet, "U1") {
		t.Error("a sheet without an index", sheet)
	}
	// Three people's stars: no row of theirs leaves the hub.
	if table := ppid.get("/desk/survey/table.csv?instrument=spak"); strings.Contains(table, "6") || !strings.Contains(table, "No.,A1") {
		t.Error(table)
	}
	if page := ppid.get("/desk/survey?instrument=spak&served=3"); !strings.Contains(page, "Survei Persepsi Anti Korupsi") || !strings.Contains(page, "Tidak ada pungutan liar") || !strings.Contains(page, "Sampel belum cukup") {
		t.Error("the stars have no page")
	}
	if status := ppid.status("/desk/survey?instrument=none"); status != http.StatusNotFound {
		t.Error(status)
	}
	// Smileys: three of four touched the best.
	if page := ppid.get("/desk/survey/ease"); !strings.Contains(page, "75 %") || !strings.Contains(page, "25 %") || !strings.Contains(page, "November 2026") {
		t.Error(page)
	}
	if table := ppid.get("/desk/survey/ease.csv"); !strings.Contains(table, "Kantor Wilayah Nusa Tenggara Timur,2026-11,1,25,0,0,0,0,3,75,4") {
		t.Error(table)
	}
	auditor, unit := o.desk("auditor", hub.Auditor, ""), o.desk("unit", hub.Unit, "ntt")
	if status, _ := auditor.post("/desk/survey/served", said("1")); status != http.StatusForbidden {
		t.Errorf("an auditor says how many were served: %d", status)
	}
	for _, path := range []string{"/desk/survey", "/desk/survey.pdf", "/desk/survey.csv", "/desk/survey/table.xlsx", "/desk/survey/ease", "/desk/survey/ease.csv"} {
		if status := unit.status(path); status != http.StatusForbidden {
			t.Errorf("a unit reads %s: %d", path, status)
		}
		if status := auditor.status(path); status != http.StatusOK {
			t.Errorf("an auditor does not read %s: %d", path, status)
		}
		if page := o.stranger(path); !strings.Contains(page, `action="/desk/login"`) {
			t.Errorf("a stranger reads %s", path)
		}
	}
}
