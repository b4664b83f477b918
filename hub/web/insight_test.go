package web_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"html"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
)

// at sets the clock.
func (o *office) at(day string) {
	o.t.Helper()
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		o.t.Fatal(err)
	}
	o.mu.Lock()
	o.clock = t.Add(2 * time.Hour) // morning in Indonesia
	o.mu.Unlock()
}

// came files a report at an office and returns its number.
func (o *office) came(office, kind, service, text string, identity kiosk.Identity) kiosk.Number {
	o.t.Helper()
	answers := kiosk.Answers{"title": "Keluhan", "description": text, "information": text, "name": "Sutarjono Wibisono"}
	if service != "" {
		answers["service"] = service
	}
	n, _, err := o.hub.File(o.t.Context(), office, kiosk.Report{Form: kiosk.FormRef{Name: kind, Version: 1}, Language: kiosk.Indonesian, Identity: identity, Answers: answers})
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

func (o *office) reply(n kiosk.Number, outcome string) {
	o.t.Helper()
	c, err := o.book.Case(o.t.Context(), n)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := o.hub.Update(o.t.Context(), anybody, hub.Change{Number: n, Edition: c.Edition, Decision: lifecycle.Decision{Status: kiosk.Answered, Answer: "Jawaban.", Outcome: outcome}}); err != nil {
		o.t.Fatal(err)
	}
}

// autumn is October and November 2026, seen on 1 December. In October thirty
// complaints about queues came to Kupang, answered after two working days. In
// November came thirty about queues, twenty of them of a power cut, answered after
// two; eight about the website, answered after fourteen, six days late; three
// about trademarks, open; six that are confidential, of one thing; one suggestion
// in Bali, and one request for information in Kupang.
func autumn(t *testing.T) *office {
	o := newOffice(t)
	var numbers []kiosk.Number
	wave := func(n int, service, text string, identity kiosk.Identity) {
		for range n {
			numbers = append(numbers, o.came("ntt", "complaint", service, text, identity))
		}
	}
	answer := func(day string) {
		o.at(day)
		for _, n := range numbers {
			o.reply(n, "solved")
		}
		numbers = nil
	}
	o.at("2026-10-01")
	wave(30, "antrean", "Antrean panjang sekali.", kiosk.Named)
	answer("2026-10-05") // Thursday, Friday, Monday
	o.at("2026-11-02")
	wave(10, "antrean", "Antrean panjang sekali.", kiosk.Named)
	wave(20, "antrean", "Listrik padam, hubungi 081234567890 atau sutarjono@contoh.id, NIK 5371010101900001, Sutarjono menunggu.", kiosk.Named)
	answer("2026-11-04")
	o.at("2026-11-02")
	wave(8, "situs", "Antrean panjang sekali.", kiosk.Anonymous)
	answer("2026-11-20")
	o.at("2026-11-02")
	wave(3, "ki-merek", "Antrean panjang sekali.", kiosk.Named)
	wave(6, "antrean", "Bocoran tentang seseorang.", kiosk.Confidential)
	o.came("bali", "suggestion", "", "Tambah kursi.", kiosk.Anonymous)
	o.came("ntt", "information", "ppid", "Anggaran.", kiosk.Named)
	o.at("2026-12-01")
	return o
}

func (o *office) table(get func(string) string, query string) [][]string {
	o.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(get("/desk/insight.csv?" + query))).ReadAll()
	if err != nil {
		o.t.Fatal(query, err)
	}
	return rows
}

func TestWhatToImprove(t *testing.T) {
	if testing.Short() {
		t.Skip("page by page")
	}
	o := autumn(t)
	for name, x := range map[string]struct {
		role   hub.Role
		office string
	}{"semua": {hub.Administrator, ""}, "bali": {hub.Supervisor, "bali"}, "ppid": {hub.PPID, "ntt"}, "verifikator": {hub.Verifier, ""}, "unit": {hub.Unit, "ntt"}, "armada": {hub.Fleet, ""}} {
		if err := o.hub.AddOfficer(t.Context(), name, "a long password", x.role, x.office); err != nil {
			t.Fatal(err)
		}
	}
	get := o.browser("semua", "a long password")
	page := get("/desk/insight?period=last")
	for _, want := range []string{
		"1 – 30 November 2026. Pembanding: 1 – 31 Oktober 2026.",
		// 30 + 8 + 3 + 6 + 1 + 1 came in; 49 against 30 is 63 % more.
		"<b>49</b><span>naik 63\u00a0% dari periode lalu</span>",
		"Masuk 49 laporan, naik 63\u00a0% dari periode sebelumnya.",
		// The terms of 47 complaints and the suggestion ended on 12 November, that of
		// the request on 16 November: 8 late, 3 + 6 + 1 + 1 without an answer.
		"Dari 49 jawaban yang jatuh tempo, 19 terlambat.",
		"<b>2 hari</b><span>hari kerja; 9 dari 10 dalam 14</span>", // 30 took 2, 8 took 14
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if got := o.table(get, "period=last&table=topics"); len(got) != 6 ||
		// 36 of 49, then 44, 47, 48, 49.
		fmt.Sprint(got[1:3]) != "[[Antrean atau jam layanan 36 0.7347 0.7347 30] [Situs atau aplikasi 8 0.1633 0.8980 0]]" || got[5][3] != "1.0000" {
		t.Errorf("topics %q", got)
	}
	days := o.table(get, "period=last&table=spread&form=complaint")
	if len(days) != 13 || fmt.Sprint(days[3]) != "[Pengaduan 2 30 ]" || fmt.Sprint(days[12]) != "[Pengaduan >10 8 Lewat batas]" {
		t.Errorf("spread %q", days)
	}
	if got := o.table(get, "period=last&table=units"); len(got) != 3 || strings.Join(got[1], " ") != "Kantor Wilayah Bali 1 1 1 1.0000 wajar" || strings.Join(got[2][1:4], " ") != "48 48 18" {
		t.Errorf("units %q", got)
	}
	// All late answers are new: none of 30 against 18 of 48.
	if got := o.table(get, "period=last&table=changes"); got[1][0] != "Jawaban terlambat" || got[1][2] != "0 / 30" || got[1][3] != "18 / 48" || got[1][6] != "Memburuk" || !strings.Contains(page, "naik dari 0\u00a0% menjadi 38\u00a0%") {
		t.Errorf("changes %q", got)
	}
	words := o.table(get, "period=last&table=words")
	if len(words) < 3 || words[1][0] != "hubungi" && words[1][0] != "listrik" || words[1][1] != "20" || words[1][3] != "0" {
		t.Errorf("words %q", words)
	}
	for _, secret := range []string{"081234567890", "5371010101900001", "contoh.id", "utarjono", "ibisono", "ocoran"} {
		if strings.Contains(page, secret) || strings.Contains(fmt.Sprint(words), secret) {
			t.Errorf("%q stands on the page", secret)
		}
	}
	if weeks := o.table(get, "period=last&table=weeks"); weeks[len(weeks)-5][0] != "2026-11-02" || weeks[len(weeks)-5][2] != "49" || weeks[len(weeks)-5][1] != "5" {
		t.Errorf("weeks %q", weeks)
	}
	// Charts say what they show, and hold nothing that the pages' policy refuses.
	titles, descriptions := strings.Count(page, "<title id="), strings.Count(page, "<desc id=")
	if n := strings.Count(page, "class=\"chart\""); n != 12 || titles != n || descriptions != n || strings.Contains(page, " style=") || strings.Contains(page, "<style") {
		t.Errorf("%d charts, %d titles, %d descriptions", n, titles, descriptions)
	}
	if got := get("/desk/insight.csv?table=nothing"); !strings.Contains(got, "<h1>") {
		t.Error("a table that does not exist")
	}
	if got := get("/desk/insight?office=atlantis"); strings.Contains(got, "<svg class=\"chart") {
		t.Error("an office that does not exist")
	}
	if got := o.browser("semua", "a long password")("/desk/insight?lang=en&from=2026-11-01&to=2026-11-30"); !strings.Contains(got, "49 reports came in, 63% more") {
		t.Error("the page in English")
	}

	// Roles: their kinds, their offices, or nothing.
	bali := o.browser("bali", "a long password")
	if got := bali("/desk/insight?period=last"); !strings.Contains(got, "<b>1</b>") || strings.Contains(got, "Situs atau aplikasi") {
		t.Error("the figures of Bali")
	}
	if got := o.browser("ppid", "a long password")("/desk/insight?period=last"); !strings.Contains(got, "Masuk 1 laporan") || strings.Contains(got, "Situs atau aplikasi") {
		t.Error("a PPID officer's figures")
	}
	if got := o.browser("verifikator", "a long password")("/desk/insight?period=last"); !strings.Contains(got, "Masuk 48 laporan") {
		t.Error("a verifier's figures")
	}
	refused := map[string]func(string) string{"/desk/insight?office=ntt": bali, "/desk/insight.csv?office=ntt&table=topics": bali, "/desk/insight.pdf?office=ntt": bali, "/desk/insight?form=nothing": bali}
	for path, who := range refused {
		if got := who(path); !strings.Contains(got, "bukan untuk peran") {
			t.Errorf("%s is shown", path)
		}
	}
	for _, name := range []string{"unit", "armada"} {
		who := o.browser(name, "a long password")
		for _, path := range []string{"/desk/insight", "/desk/insight.csv?table=topics", "/desk/insight.pdf"} {
			if got := who(path); !strings.Contains(got, "bukan untuk peran") {
				t.Errorf("%s: %s is shown", name, path)
			}
		}
	}
	if got := o.stranger("/desk/insight"); !strings.Contains(got, "Kata sandi") {
		t.Error("a stranger reads figures")
	}

	// Each number in a table leads to so many cases.
	links := regexp.MustCompile(`<a href="(/desk\?figure=[^"]+)">([\d.]+)(?: / \d+)?</a>`).FindAllStringSubmatch(page, -1)
	if len(links) < 30 {
		t.Fatalf("%d links", len(links))
	}
	for _, l := range links {
		want, _ := strconv.Atoi(strings.ReplaceAll(l[2], ".", ""))
		path := html.UnescapeString(l[1])
		if got := strings.Count(get(path), `<td class="code"><a href="/desk/case/`); got != want {
			t.Errorf("%s: %d cases, %d said", path, got, want)
		}
	}
	for path, want := range map[string]int{"/desk?figure=open&to=2026-11-30": 11, "/desk?figure=answered&took=14-": 8, "/desk?figure=received&service=-": 1, "/desk?figure=late&unit=bali": 1, "/desk?figure=received&from=x&to=y": 79} {
		page := get(path)
		if got := strings.Count(page, `<td class="code"><a href="/desk/case/`); got != want || !strings.Contains(page, "di balik satu angka") {
			t.Errorf("%s: %d cases, want %d", path, got, want)
		}
	}
}

// The month on one page: three sentences, no count below five, nothing of
// confidential words; and the same for an office where nothing has happened.
func TestTheMonthOnOnePage(t *testing.T) {
	if testing.Short() {
		t.Skip("page by page")
	}
	o := autumn(t)
	if err := o.hub.AddOfficer(t.Context(), "semua", "a long password", hub.Administrator, ""); err != nil {
		t.Fatal(err)
	}
	get := o.browser("semua", "a long password")
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not here; make setup installs poppler-utils")
	}
	read := func(query string) string {
		t.Helper()
		b := get("/desk/insight.pdf?" + query)
		if n := len(regexp.MustCompile(`/Type /Page\b[^s]`).FindAllString(b, -1)); !strings.HasPrefix(b, "%PDF-") || n != 1 {
			t.Fatalf("%s: %d pages", query, n)
		}
		cmd := exec.Command(program, "-layout", "-", "-")
		cmd.Stdin = bytes.NewReader([]byte(b))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(out), "\u00a0", " ")
	}
	paper := read("month=2026-11&office=ntt")
	for _, want := range []string{"Laporan bulanan: Kantor Wilayah Nusa Tenggara Timur", "Masuk 48 laporan, naik 60 % dari periode sebelumnya.", "Dari 48 jawaban yang jatuh tempo, 18 terlambat.", "menjadi 38 %", "Antrean atau jam layanan", "Lainnya", "listrik"} {
		if !strings.Contains(paper, want) {
			t.Errorf("the month does not say %q\n%s", want, paper)
		}
	}
	// Three about trademarks and one about information would be known by the rest.
	for _, secret := range []string{"Merek", "PPID", "ocoran", "utarjono", "5371010101900001"} {
		if strings.Contains(paper, secret) {
			t.Errorf("the month says %q\n%s", secret, paper)
		}
	}
	if bali := read("month=2026-11&office=bali"); !strings.Contains(bali, "kurang dari 5") || strings.Contains(bali, "Aspirasi") {
		t.Error(bali)
	}
	if none := read("month=2026-11&office=aceh"); !strings.Contains(none, "Belum ada jawaban yang jatuh tempo") {
		t.Error(none)
	}
	if part := read("month=2026-12"); !strings.Contains(part, "belum selesai") {
		t.Error(part)
	}
	for _, path := range []string{"month=2027-01", "month=2026-11&office=atlantis"} {
		if got := get("/desk/insight.pdf?" + path); strings.HasPrefix(got, "%PDF") {
			t.Errorf("%s is a paper", path)
		}
	}
}
