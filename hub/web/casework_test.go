package web_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
	"loket/kiosk/workday"
)

// anybody may do everything.
var anybody = hub.Officer{Name: "petugas", Role: hub.Administrator}

// say is what a visitor sends from the tracking page.
func (o *office) say(n kiosk.Number, c kiosk.Code, kind, said string) (int, string) {
	o.t.Helper()
	resp, b := o.post("/t/say", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"number": {string(n)}, "code": {string(c)}, "kind": {kind}, "said": {said}, "lang": {"en"}}.Encode()), nil)
	return resp.StatusCode, string(b)
}

// sleep lets days go by.
func (o *office) sleep(d time.Duration) {
	o.mu.Lock()
	o.clock = o.clock.Add(d)
	o.mu.Unlock()
}

// A request for information from its receipt to a partial refusal that the
// visitor does not take: papers missing, seven days more, a holiday announced on
// the way. Filed on 24 November 2026, a Tuesday, in Kupang.
func TestARequestForInformationThroughItsLife(t *testing.T) {
	o := newOffice(t)
	e, n, c := o.answered("information", kiosk.Answers{"information": "Anggaran 2025", "purpose": "Riset"})
	o.send(e)
	o.opened(n)
	update := func(change hub.Change, want error) {
		t.Helper()
		x, err := o.book.Case(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		change.Number, change.Edition = n, x.Edition
		if change.Status == "" {
			change.Status, change.Answer = x.Status, x.Answer
		}
		if err := o.hub.Update(t.Context(), anybody, change); !errors.Is(err, want) {
			t.Fatalf("%+v: %v, want %v", change, err, want)
		}
	}
	due := func(want string) {
		t.Helper()
		if got := o.track(string(n), string(c)); got.Due != want {
			t.Errorf("due %q, want %q", got.Due, want)
		}
	}
	due("2026-12-08")
	day := 24 * time.Hour
	o.sleep(day) // Wednesday: papers are missing
	update(hub.Change{Decision: lifecycle.Decision{Status: kiosk.Returned, Answer: "Mohon bawa KTP."}}, nil)
	due("") // nothing is counted while the office waits
	if status, _ := o.say(n, c, "solved", ""); status != http.StatusConflict {
		t.Errorf("solved before there is an answer: %d", status)
	}
	o.sleep(5 * day) // Monday the 30th
	if status, page := o.say(n, c, "reply", "  "); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Write your message first") {
		t.Errorf("an empty reply: %d", status)
	}
	wrong := kiosk.Code("00000000" + string(c[8:]))
	if status, _ := o.say(n, wrong, "reply", "Ini KTP saya."); status != http.StatusNotFound {
		t.Errorf("a stranger replies: %d", status)
	}
	if status, page := o.say(n, c, "reply", "KTP sudah saya bawa.\x00\u202e"); status != http.StatusOK || !strings.Contains(page, "Saved") || strings.Contains(page, "KTP sudah") {
		t.Errorf("%d %s", status, page)
	}
	due("2026-12-11") // one day was counted; nine more from Tuesday
	update(hub.Change{Extend: 7}, hub.ErrExtend)
	update(hub.Change{Extend: 30, ExtendWhy: "Data di tiga kantor."}, nil)
	update(hub.Change{Extend: 7, ExtendWhy: "Lagi."}, hub.ErrExtend)
	due("2026-12-22")
	// A holiday is announced late: the date moves, and the story says why.
	moved, err := o.hub.AddHoliday(t.Context(), hub.Holiday{Holiday: workday.Holiday{Date: time.Date(2026, 12, 9, 0, 0, 0, 0, time.UTC), Name: "Pemilihan", Kind: workday.Libur}, By: "admin"})
	if err != nil || moved != 1 {
		t.Errorf("%d moved, %v", moved, err)
	}
	if _, err := o.hub.AddHoliday(t.Context(), hub.Holiday{Holiday: workday.Holiday{Date: time.Date(2026, 12, 9, 0, 0, 0, 0, time.UTC), Name: "Pemilihan", Kind: workday.Libur}}); !errors.Is(err, hub.ErrExists) {
		t.Errorf("twice: %v", err)
	}
	due("2026-12-23")
	update(hub.Change{Decision: lifecycle.Decision{Status: kiosk.Answered, Answer: "Sebagian.", Outcome: "partial"}}, lifecycle.ErrReason)
	update(hub.Change{Decision: lifecycle.Decision{Status: kiosk.Answered, Answer: "Sebagian kami berikan.", Outcome: "partial", Reason: "17h"}, Note: "rahasia kantor"}, nil)
	resp, body := o.post("/t", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"number": {string(n)}, "code": {string(c)}, "lang": {"en"}}.Encode()), nil)
	page := string(body)
	for _, want := range []string{"Granted in part", "It would reveal private matters", "Sebagian kami berikan.", "Data di tiga kantor.", "Pemilihan", "Last day to object", "art. 36(1)", "Was your matter solved?", "waiting for the visitor", "art. 22(7)"} {
		if !strings.Contains(page, want) {
			t.Errorf("%d: the visitor does not read %q", resp.StatusCode, want)
		}
	}
	for _, secret := range []string{"rahasia kantor", "KTP sudah", "Anggaran 2025", "petugas"} {
		if strings.Contains(page, secret) {
			t.Errorf("the visitor's page shows %q", secret)
		}
	}
	// The visitor does not take it.
	if status, _ := o.say(n, c, "contested", "Lampiran belum ada."); status != http.StatusOK {
		t.Error(status)
	}
	x, err := o.book.Case(t.Context(), n)
	if err != nil || x.Status != kiosk.InProgress {
		t.Errorf("%+v, %v", x, err)
	}
	var kinds []string
	for _, e := range x.Events {
		kinds = append(kinds, string(e.Kind))
	}
	if got := strings.Join(kinds, " "); got != "status status reply extended registered holiday status contested" {
		t.Error(got)
	}
	if last := x.Events[len(x.Events)-1]; last.Said != "Lampiran belum ada." || last.Officer != "" {
		t.Errorf("%+v", last)
	}
	if reply := x.Events[2]; reply.Said != "KTP sudah saya bawa." {
		t.Errorf("%q", reply.Said)
	}
}

// A complaint answered, and nobody says more: after ten working days it closes
// by itself, keeps its outcome, and can still be opened again.
func TestSilenceClosesAndContestingOpens(t *testing.T) {
	o := newOffice(t)
	e, n, c := o.report()
	o.send(e)
	x := o.opened(n)
	if !x.Anonim || x.Rahasia {
		t.Errorf("an anonymous report: %+v", x)
	}
	err := o.hub.Update(t.Context(), anybody, hub.Change{Number: n, Edition: x.Edition, Rahasia: true,
		Decision: lifecycle.Decision{Status: kiosk.Answered, Answer: "Sudah dibuka.", Outcome: "solved"}})
	if err != nil {
		t.Fatal(err)
	}
	status := func(want kiosk.Status, outcome string) {
		t.Helper()
		if err := o.hub.CloseSilent(t.Context()); err != nil {
			t.Fatal(err)
		}
		if x, err = o.book.Case(t.Context(), n); err != nil || x.Status != want || x.Outcome != outcome || !x.Rahasia {
			t.Errorf("%+v, %v; want %s", x, err, want)
		}
	}
	o.sleep(14 * 24 * time.Hour) // 8 December: the tenth working day
	status(kiosk.Answered, "solved")
	o.sleep(24 * time.Hour)
	status(kiosk.Closed, "solved")
	if code, _ := o.say(n, c, "contested", "Masih tutup."); code != http.StatusOK {
		t.Error(code)
	}
	status(kiosk.InProgress, "")
	// What was hidden stays hidden, whatever is written.
	if err := o.hub.Update(t.Context(), anybody, hub.Change{Number: n, Edition: x.Edition, Decision: lifecycle.Decision{Status: kiosk.InProgress}}); err != nil {
		t.Fatal(err)
	}
	if x, err = o.book.Case(t.Context(), n); err != nil || !x.Rahasia || !x.Anonim {
		t.Errorf("%+v, %v", x, err)
	}
}

// Ten people answer at the kiosk; the desk computes their index.
func TestTheSatisfactionIndex(t *testing.T) {
	o := newOffice(t)
	fields := []string{"requirements", "procedure", "time", "cost", "product", "competence", "conduct", "complaints", "facilities"}
	for n := range 10 {
		answers := kiosk.Answers{"service": "paspor"}
		for _, f := range fields {
			answers[f] = "3"
		}
		if n == 9 {
			answers["time"] = "4"
		}
		e, _, _ := o.answered("survey", answers)
		o.send(e)
	}
	if err := o.hub.AddOfficer(t.Context(), "petugas", "a long password", hub.Administrator, ""); err != nil {
		t.Fatal(err)
	}
	browser := o.browser("petugas", "a long password")
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if all, err := o.book.Opinions(t.Context(), "survey", "2026-01-01"); err != nil || time.Now().After(end) {
			t.Fatal(len(all), err)
		} else if len(all) == 10 {
			break
		}
	}
	// Sum of means 27.1; ×25/9 = 75.277… → 75,28: C.
	if page := browser("/desk/survey?served=10"); !strings.Contains(page, "75,28 <b>C</b>") || !strings.Contains(page, "3,100") || !strings.Contains(page, "10 responden; sampel minimum 10") {
		t.Error(page)
	}
	if page := browser("/desk/survey"); !strings.Contains(page, "Sampel belum cukup") || strings.Contains(page, "75,28") {
		t.Error(page)
	}
	if page := browser("/desk/survey?served=10&to=2026-01-31"); !strings.Contains(page, "Sampel belum cukup") {
		t.Error("answers of another time are counted")
	}
	if table := browser("/desk/survey.csv?served=10"); !strings.Contains(table, "U3,Waktu penyelesaian,10,3.100000,1/9") || !strings.Contains(table, "75.28,C") {
		t.Error(table)
	}
	if page := o.stranger("/desk/survey"); strings.Contains(page, "Unsur") {
		t.Error("a stranger reads it")
	}
}

// browser logs in and returns what gets pages.
func (o *office) browser(name, password string) func(path string) string {
	o.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	b := &http.Client{Jar: jar}
	resp, err := b.PostForm(o.server.URL+"/desk/login", url.Values{"name": {name}, "password": {password}})
	if err != nil {
		o.t.Fatal(err)
	}
	resp.Body.Close()
	return func(path string) string { return o.get(b, path) }
}

func (o *office) stranger(path string) string { return o.get(http.DefaultClient, path) }

func (o *office) get(b *http.Client, path string) string {
	o.t.Helper()
	resp, err := b.Get(o.server.URL + path)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return string(page)
}

// What each role sees, may change, and may not even know of; and an officer of
// one office is a stranger at another.
func TestRoles(t *testing.T) {
	o := newOffice(t)
	numbers := map[string]kiosk.Number{}
	for kind, answers := range map[string]kiosk.Answers{"complaint": {"title": "Loket tutup"}, "suggestion": {"title": "Kursi"}, "information": {"information": "Anggaran"}, "objection": {"reason": "c"}} {
		e, n, _ := o.answered(kind, answers)
		o.send(e)
		o.opened(n)
		numbers[kind] = n
	}
	const all = "complaint suggestion information objection"
	for _, try := range []struct {
		role           hub.Role
		office         string
		reads, changes string
	}{
		{hub.Administrator, "", all, all},
		{hub.Verifier, "", "complaint suggestion", "complaint suggestion"},
		{hub.Unit, "ntt", "complaint suggestion", "complaint suggestion"},
		{hub.PPID, "ntt", "information objection", "information"},
		{hub.Superior, "pusat", "information objection", "objection"}, // pusat is above ntt
		{hub.Supervisor, "ntt", all, ""},
		{hub.Auditor, "", all, ""},
		{hub.Fleet, "", "", ""},
		{hub.Administrator, "bali", "", ""},
	} {
		name := strings.TrimSpace(string(try.role) + " " + try.office)
		if err := o.hub.AddOfficer(t.Context(), name, "a long password", try.role, try.office); err != nil {
			t.Fatal(err)
		}
		get := o.browser(name, "a long password")
		inbox := get("/desk")
		for kind, n := range numbers {
			page := get("/desk/case/" + string(n))
			reads, changes := strings.Contains(page, "Tenggat"), strings.Contains(page, `name="edition"`)
			if reads != strings.Contains(try.reads, kind) || changes != strings.Contains(try.changes, kind) || strings.Contains(inbox, n.String()) != reads {
				t.Errorf("%s, %s: reads %v, changes %v", name, kind, reads, changes)
			}
			x := o.opened(n)
			err := o.hub.Update(t.Context(), hub.Officer{Name: name, Role: try.role, Office: try.office}, hub.Change{Number: n, Edition: x.Edition, Decision: lifecycle.Decision{Status: kiosk.InProgress}})
			want := hub.ErrForbidden
			if !reads {
				want = hub.ErrNotFound
			}
			if changes && err != nil || !changes && !errors.Is(err, want) {
				t.Errorf("%s changes %s: %v", name, kind, err)
			}
		}
	}
	if err := o.hub.AddOfficer(t.Context(), "x", "a long password", "something new", ""); err == nil {
		t.Error("a role that is none was given")
	}
	// A unit handles, and does not put away.
	unit, x := hub.Officer{Name: "unit", Role: hub.Unit}, o.opened(numbers["complaint"])
	err := o.hub.Update(t.Context(), unit, hub.Change{Number: x.Number, Edition: x.Edition, Decision: lifecycle.Decision{Status: kiosk.Archived, Reason: "duplicate"}})
	if !errors.Is(err, hub.ErrForbidden) {
		t.Error(err)
	}
	// Figures: an officer of one office reads neither another's nor all.
	if page := o.browser("unit ntt", "a long password")("/desk/survey"); strings.Contains(page, "Unsur") || !strings.Contains(page, "bukan untuk peran") {
		t.Error("a unit reads the figures")
	}
	supervisor := o.browser("supervisor ntt", "a long password")
	if page := supervisor("/desk/survey"); !strings.Contains(page, "Unsur") || strings.Contains(page, `value="bali"`) {
		t.Error("a supervisor's figures are not those of the office")
	}
	if page := supervisor("/desk/survey?office=bali"); strings.Contains(page, "Unsur") {
		t.Error("a supervisor reads another office's figures")
	}
}

// Words of the report, of the answer and of notes lead to a case, whatever their
// accents and wherever they stand; and only to cases that are the officer's.
func TestFindingCases(t *testing.T) {
	o := newOffice(t)
	var numbers []kiosk.Number
	for _, text := range []string{"Antrean paspor di lantai dua, pak José!", "Loket \"tutup\" sejak pagi", "AC rusak"} {
		e, n, _ := o.answered("complaint", kiosk.Answers{"title": "Layanan", "description": text})
		o.send(e)
		o.opened(n)
		numbers = append(numbers, n)
	}
	x := o.opened(numbers[2])
	if err := o.hub.Update(t.Context(), anybody, hub.Change{Number: x.Number, Edition: x.Edition, Note: "teknisi dipanggil", Decision: lifecycle.Decision{Status: kiosk.Answered, Answer: "Sudah diperbaiki.", Outcome: "solved"}}); err != nil {
		t.Fatal(err)
	}
	for name, office := range map[string]string{"semua": "", "bali": "bali"} {
		if err := o.hub.AddOfficer(t.Context(), name, "a long password", hub.Administrator, office); err != nil {
			t.Fatal(err)
		}
	}
	get, stranger := o.browser("semua", "a long password"), o.browser("bali", "a long password")
	for query, want := range map[string]string{
		"q=paspor": "0", "q=jose": "0", "q=PASPOR+lantai": "0", "q=pas": "0", "q=paspor+tutup": "", "q=tutup": "1", "q=%22tutup%22+OR+*": "", "q=teknisi+AC": "2", "q=diperbaiki": "2",
		"q=layanan": "012", "q=layanan&status=answered": "2", "form=information": "", "form=complaint": "012", "office=ntt": "012", "office=pusat": "012", "office=bali": "", "q=%27%3B+drop": "", "q=---": "",
	} {
		page, got := get("/desk?"+query), ""
		for i, n := range numbers {
			if strings.Contains(page, n.String()) {
				got += string(rune('0' + i))
			}
		}
		if got != want || want == "" && !strings.Contains(page, "Tidak ada yang cocok") {
			t.Errorf("%s finds %q, want %q", query, got, want)
		}
		if page := stranger("/desk?" + query); strings.Contains(page, numbers[0].String()) || strings.Contains(page, numbers[2].String()) {
			t.Errorf("%s shows another office's cases", query)
		}
	}
	// What is done is counted, whether it is read or not.
	for _, filter := range []string{"", "&office=ntt", "&office=bali", "&status=answered", "&status=received"} {
		counts := func(view string) []string {
			return regexp.MustCompile(`\(\d+\)`).FindAllString(get("/desk?view="+view+filter), -1)
		}
		if open, all := counts("open"), counts("all"); len(open) < 9 || !slices.Equal(open, all) {
			t.Errorf("%q: the views have %v, or %v", filter, open, all)
		}
	}
	if page := get("/desk?q=" + strings.ToLower(string(numbers[1]))); !strings.Contains(page, "Tenggat") {
		t.Error("a number does not lead to its case")
	}
}

// The register of requests and of objections, with the year's figures: three
// requests of 24 November 2026, one granted after two working days, one refused
// after ten, one open.
func TestTheRegisters(t *testing.T) {
	o := newOffice(t)
	day := 24 * time.Hour
	var numbers []kiosk.Number
	for _, name := range []string{"=HYPERLINK(\"http://evil\")", "Ibu Sari", "Pak Budi"} {
		e, n, _ := o.answered("information", kiosk.Answers{"information": "Anggaran", "purpose": "Riset", "name": name, "phone": "+62811", "occupation": "Guru"})
		o.send(e)
		o.opened(n)
		numbers = append(numbers, n)
	}
	answer := func(n kiosk.Number, d lifecycle.Decision) {
		t.Helper()
		x := o.opened(n)
		d.Status, d.Answer = kiosk.Answered, "Jawaban."
		if err := o.hub.Update(t.Context(), anybody, hub.Change{Number: n, Edition: x.Edition, Decision: d}); err != nil {
			t.Fatal(err)
		}
	}
	o.sleep(2 * day)
	answer(numbers[0], lifecycle.Decision{Outcome: "granted"})
	o.sleep(12 * day) // 8 December: the tenth working day, still in time
	answer(numbers[1], lifecycle.Decision{Outcome: "refused", Reason: "17h"})
	r, err := o.hub.Register(t.Context(), anybody, "information", 2026, "")
	if err != nil {
		t.Fatal(err)
	}
	f := r.Figures
	if f.Received != 3 || f.Answered != 2 || f.InTime != 2 || f.Open != 1 || f.Average != 6 || f.Outcomes[0].Count != 1 || f.Outcomes[2].Count != 1 || len(f.Reasons) != 1 || f.Reasons[0].ID != "17h" {
		t.Errorf("%+v", f)
	}
	for _, line := range r.Lines {
		if len(line.Cells) != len(r.Columns) {
			t.Errorf("%d columns, %d cells", len(r.Columns), len(line.Cells))
		}
	}
	if r, err := o.hub.Register(t.Context(), anybody, "information", 2025, ""); err != nil || r.Figures.Received != 0 {
		t.Errorf("another year: %+v, %v", r, err)
	}
	if r, err := o.hub.Register(t.Context(), anybody, "information", 2026, "bali"); err != nil || r.Figures.Received != 0 {
		t.Errorf("another office: %+v, %v", r, err)
	}
	for name, role := range map[string]hub.Role{"ppid": hub.PPID, "unit": hub.Unit} {
		if err := o.hub.AddOfficer(t.Context(), name, "a long password", role, "ntt"); err != nil {
			t.Fatal(err)
		}
	}
	get := o.browser("ppid", "a long password")
	page := get("/desk/register?kind=information&year=2026")
	for _, want := range []string{"Ibu Sari", "UU 14/2008 Pasal 17 huruf h", "rata-rata 6,0 hari kerja", "2 tepat waktu", "Selasa, 08-12-2026"} {
		if !strings.Contains(page, want) {
			t.Errorf("the register does not say %q", want)
		}
	}
	table := get("/desk/register.csv?kind=information&year=2026")
	if !strings.Contains(table, "'=HYPERLINK") || strings.Contains(table, ",\"=HYPERLINK") || !strings.Contains(table, "Diberikan seluruhnya") || !strings.Contains(table, "'+62811") {
		t.Error(table)
	}
	// The two leaves of the proof of receipt, for requests alone.
	leaves := get("/desk/case/" + string(numbers[1]) + "/tanda-bukti")
	for want, times := range map[string]int{"Lembar untuk kantor": 1, "Lembar untuk pemohon": 1, "Ibu Sari</bdi>": 2, numbers[1].String(): 3, "Pasal 37": 2, "8 Desember 2026": 2} {
		if got := strings.Count(leaves, want); got != times {
			t.Errorf("the proof of receipt says %q %d times, want %d", want, got, times)
		}
	}
	if page := o.stranger("/desk/case/" + string(numbers[1]) + "/tanda-bukti"); strings.Contains(page, "Sari") {
		t.Error("a stranger reads it")
	}
	if page := get("/desk/register?kind=objection"); !strings.Contains(page, "Tidak ada pada tahun") {
		t.Error(page)
	}
	if page := o.browser("unit", "a long password")("/desk/register"); strings.Contains(page, "Sari") || !strings.Contains(page, "bukan untuk peran") {
		t.Error("a unit reads the register of requests")
	}
}

// A request that nobody answered in time: the days to object run from the end
// of the term, on the desk and on the tracking page; a holiday announced for the
// last day takes them back; and no extension can be given any more.
func TestSilenceIsAGroundToObject(t *testing.T) {
	o := newOffice(t) // Tuesday 24 November 2026 in Kupang: 10 working days end on 8 December
	e, n, c := o.answered("information", kiosk.Answers{"information": "Laporan kinerja.", "purpose": "Tahu.", "name": "Pemohon Satu"})
	o.send(e)
	o.opened(n)
	to := func(day int) hub.Case {
		o.mu.Lock()
		o.clock = time.Date(2026, 12, day, 1, 0, 0, 0, time.UTC)
		o.mu.Unlock()
		return o.opened(n)
	}
	has := func(x hub.Case) bool {
		return slices.ContainsFunc(o.hub.Clocks(x), func(r lifecycle.Running) bool { return r.ID == "objection" && r.Lapsed })
	}
	if has(to(8)) {
		t.Error("on the last day the term has run out")
	}
	x := to(9)
	if !has(x) {
		t.Error("nothing runs after silence")
	}
	_, b := o.post("/t", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"number": {string(n)}, "code": {string(c)}, "lang": {"id"}}.Encode()), nil)
	if page := string(b); !strings.Contains(page, "Batas mengajukan keberatan") || !strings.Contains(page, "Senin, 25 Januari 2027") {
		t.Error(page)
	}
	change := hub.Change{Number: n, Edition: x.Edition, Decision: lifecycle.Decision{Status: x.Status}, Extend: 7, ExtendWhy: "Masih dicari."}
	if err := o.hub.Update(t.Context(), anybody, change); err != hub.ErrExtend {
		t.Errorf("made longer after its end: %v", err)
	}
	holiday := hub.Holiday{Holiday: workday.Holiday{Date: time.Date(2026, 12, 8, 0, 0, 0, 0, time.UTC), Name: "Pemilihan", Kind: workday.Libur}, By: "admin"}
	if moved, err := o.hub.AddHoliday(t.Context(), holiday); err != nil || moved != 1 {
		t.Errorf("%d moved, %v", moved, err)
	}
	if x = o.opened(n); has(x) {
		t.Error("the term has not run out any more, and its end still counts")
	}
	if err := o.hub.Update(t.Context(), anybody, change); err != nil {
		t.Errorf("on the last day: %v", err)
	}
}
