package web_test

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	ical "github.com/arran4/golang-ical"

	"loket/hub"
	"loket/kiosk"
)

// past files a complaint as it would have been, and answers it after some days;
// 0 leaves it open.
func (o *office) past(office, service string, at time.Time, identity kiosk.Identity, days int) kiosk.Number {
	o.t.Helper()
	now := o.now()
	set := func(t time.Time) { o.mu.Lock(); o.clock = t; o.mu.Unlock() }
	n, _, err := o.hub.File(o.t.Context(), office, kiosk.Report{Form: kiosk.FormRef{Name: "complaint", Version: 1}, Language: "id", Identity: identity, At: kiosk.Moment{At: at},
		Answers: kiosk.Answers{"title": "Antrean", "service": service}})
	if err != nil {
		o.t.Fatal(err)
	}
	if days > 0 {
		set(at.AddDate(0, 0, days))
		change := hub.Change{}
		change.Outcome = "solved"
		o.decide(o.current(n), change, kiosk.Answered, "Sudah ditambah.")
		set(now)
	}
	return n
}

type figure struct {
	ID                           string
	Received, Open, Late, Answer *int
	OnTime                       *int     `json:"on_time"`
	Rest                         *int     `json:"open_or_late"`
	Median                       *float64 `json:"median_working_days"`
}

type figures struct {
	Schema int
	Until  string
	Years  []struct {
		Year         int
		Confidential *int
		Kinds        []struct {
			Kind  string
			Total figure
			By    map[string][]figure
		}
		Satisfaction []struct{ Office, Index, Grade *string }
	}
}

func (o *office) figures() (f figures) {
	o.t.Helper()
	if err := json.Unmarshal([]byte(o.stranger("/statistics.json")), &f); err != nil {
		o.t.Fatal(err)
	}
	return f
}

// The public figures are of whole months, hide what is small and what it could
// be computed from, count the confidential apart, and are not counted for every
// stranger anew.
func TestStatistics(t *testing.T) {
	o := newOffice(t)
	if page := o.stranger("/statistics"); !strings.Contains(page, "Belum ada bulan penuh") {
		t.Error("figures of nothing")
	}
	day := time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)
	file := func(n int, office, service string, identity kiosk.Identity, days int) {
		for i := range n {
			o.past(office, service, day.AddDate(0, i%6, 0), identity, days)
		}
	}
	file(12, "ntt", "antrean", kiosk.Anonymous, 2)
	file(6, "ntt", "pungli", kiosk.Anonymous, 40)
	file(7, "bali", "antrean", kiosk.Anonymous, 3)
	file(2, "bali", "pungli", kiosk.Named, 60)
	file(3, "ahu", "antrean", kiosk.Named, 1)
	file(5, "ki", "", kiosk.Named, 0)
	file(5, "ntt", "antrean", kiosk.Confidential, 2)
	o.past("ntt", "antrean", o.now(), kiosk.Named, 0) // this month: not yet
	if f := o.figures(); len(f.Years) != 0 {
		t.Errorf("counted for every stranger: %+v", f)
	}
	o.sleep(10 * time.Minute)
	f := o.figures()
	if f.Schema != 1 || f.Until != "2026-11-01" || len(f.Years) != 1 || f.Years[0].Year != 2026 || *f.Years[0].Confidential != 5 || len(f.Years[0].Kinds) != 1 {
		t.Fatalf("%+v", f)
	}
	k := f.Years[0].Kinds[0]
	if *k.Total.Received != 35 || *k.Total.OnTime != 22 || *k.Total.Late != 8 || *k.Total.Open != 5 || k.Total.Median == nil {
		t.Errorf("%+v", k.Total)
	}
	by := func(table string) map[string]figure {
		m := map[string]figure{}
		for _, line := range k.By[table] {
			m[line.ID] = line
		}
		return m
	}
	offices := by("office")
	if offices["ahu"].Received != nil || offices["ahu"].OnTime != nil || offices["bali"].Late != nil || offices["ahu"].Median != nil {
		t.Errorf("small counts are shown: %+v", offices)
	}
	for table, lines := range k.By {
		hidden := map[string]int{}
		for _, line := range lines {
			for name, n := range map[string]*int{"received": line.Received, "open": line.Open, "on time": line.OnTime, "late": line.Late} {
				switch {
				case n == nil:
					hidden[name]++
				case 0 < *n && *n < 5:
					t.Errorf("%s %s: %s is %d", table, line.ID, name, *n)
				}
			}
		}
		for name, n := range hidden {
			if n == 1 {
				t.Errorf("%s: one %s is hidden alone, the total tells it", table, name)
			}
		}
	}
	if out := by("outcome"); *out["solved"].Received != 30 || *out["open"].Received != 5 {
		t.Errorf("%+v", out)
	}
	page := o.stranger("/statistics?kind=complaint&year=2026&lang=en")
	for _, want := range []string{"By office", ">35<", "73% of those answered", "not shown", "CC BY 4.0", "Confidential reports are counted only here: 5", `lang="id">Bahasa Indonesia`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page := o.stranger("/statistics?kind=objection&year=1999"); !strings.Contains(page, "Belum cukup laporan") {
		t.Error("figures of nothing")
	}
	rows, err := csv.NewReader(strings.NewReader(o.stranger("/statistics.csv"))).ReadAll()
	if err != nil || len(rows) < 10 || rows[0][6] != "received" || strings.Join(rows[1][:7], ",") != "2026,complaint,total,,,,35" {
		t.Errorf("%v %v", err, rows)
	}
	resp, err := http.Get(o.server.URL + "/statistics")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Header.Get("X-Robots-Tag") != "" || !strings.Contains(resp.Header.Get("Cache-Control"), "max-age=600") {
		t.Error(resp.Header)
	}
	// Three more confidential ones are too few to tell in another year.
	for range 3 {
		o.past("ntt", "antrean", day.AddDate(-1, 0, 0), kiosk.Confidential, 2)
	}
	o.sleep(10 * time.Minute)
	if f := o.figures(); len(f.Years) != 2 || f.Years[1].Confidential != nil || len(f.Years[1].Kinds) != 0 {
		t.Errorf("%+v", f.Years)
	}
}

// What was late in a good year is so little that it is joined with what is open.
func TestAGoodYearStaysTold(t *testing.T) {
	o := newOffice(t)
	day := time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)
	for i := range 30 {
		days := 2
		switch {
		case i < 2:
			days = 60
		case i < 9:
			days = 0
		}
		o.past([]string{"ntt", "bali"}[i%2], "antrean", day, kiosk.Named, days)
	}
	k := o.figures().Years[0].Kinds[0]
	if *k.Total.Received != 30 || *k.Total.OnTime != 21 || k.Total.Late != nil || k.Total.Open != nil || *k.Total.Rest != 9 {
		t.Errorf("%+v", k.Total)
	}
	for _, line := range k.By["outcome"] {
		if line.Received != nil {
			t.Errorf("%s is told, and so what is late: %+v", line.ID, line)
		}
	}
}

// A summary is what officers who may act write for the public; it is shown to
// them masked before it is published, and is part of the story.
func TestTheSummaryForThePublic(t *testing.T) {
	o := newOffice(t)
	c := o.filed("complaint", kiosk.Answers{"title": "Antrean", "description": "Lama."})
	path := "/desk/case/" + string(c.Number)
	unit := o.sit("unit", hub.Unit, "ntt")
	if page := unit.get(path); !strings.Contains(page, "Ringkasan untuk umum") {
		t.Error("no form for the summary")
	}
	text := "Antrean tiga jam; hubungi 0812-3456-7890 <b>"
	status, page := unit.post(path+"/summary", "edition", edition(c), "text", text)
	if status != 200 || !strings.Contains(page, "hubungi [•••] &lt;b&gt;") || !strings.Contains(page, "1 nomor telepon") || o.current(c.Number).Summary != "" {
		t.Errorf("%d %s", status, page)
	}
	for name, role := range map[string]hub.Role{"supervisor": hub.Supervisor, "ppid": hub.PPID, "fleet": hub.Fleet, "auditor": hub.Auditor} {
		for _, do := range []string{"", "publish"} {
			if status, page := o.sit(name+do, role, "").post(path+"/summary", "edition", edition(c), "text", text, "do", do); status == 200 && !strings.Contains(page, "Kata sandi") {
				t.Errorf("%s, %q: %d", name, do, status)
			}
		}
	}
	if _, page := o.sit("bali", hub.Unit, "bali").post(path+"/summary", "edition", edition(c), "text", text); !strings.Contains(page, "tidak ada") {
		t.Error("another office knows of the case")
	}
	if status, page := unit.post(path+"/summary", "edition", edition(c), "text", text, "do", "publish"); status != 200 || !strings.Contains(page, "Tersimpan") || !strings.Contains(page, "<b>Ringkasan untuk umum</b>") {
		t.Errorf("%d %s", status, page)
	}
	if status, page := unit.post(path+"/summary", "edition", edition(c), "text", "Yang lain", "do", "publish"); status != http.StatusConflict || !strings.Contains(page, "Yang lain") {
		t.Errorf("an old edition: %d", status)
	}
	c = o.current(c.Number)
	if c.Summary != "Antrean tiga jam; hubungi [•••] <b>" || c.Events[len(c.Events)-1].Kind != hub.Summarised {
		t.Errorf("%+v", c)
	}
	if status, page := unit.post(path+"/summary", "edition", edition(c), "text", "", "do", "publish"); status != 200 || o.current(c.Number).Summary != "" {
		t.Errorf("taken back: %d %s", status, page)
	}
	c = o.current(c.Number)
	o.decide(c, hub.Change{Rahasia: true}, c.Status, "")
	c = o.current(c.Number)
	if status, _ := unit.post(path+"/summary", "edition", edition(c), "text", "Ringkas.", "do", "publish"); status != http.StatusForbidden || o.current(c.Number).Summary != "" {
		t.Errorf("a confidential case has a summary: %d", status)
	}
	if page := unit.get(path); strings.Contains(page, `id="summary"`) {
		t.Error("it is offered for a confidential case")
	}
}

// "You said, we changed": officers write, supervisors publish, every version is
// kept, and who reported it reads it.
func TestYouSaidWeChanged(t *testing.T) {
	o := newOffice(t)
	e, n, code := o.report()
	o.send(e)
	o.opened(n)
	unit, supervisor := o.sit("unit", hub.Unit, "ntt"), o.sit("pengawas", hub.Supervisor, "ntt")
	write := func(x seat, path, do string, pairs ...string) (int, string) {
		t.Helper()
		v := url.Values{"version": {"0"}, "said_id": {"Antrean terlalu lama, kata 081234567890."}, "changed_id": {"Loket ketiga dibuka."}, "day": {"2026-11-20"}, "office": {"ntt"}, "service": {"antrean"}, "cases": {n.String()}}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		v.Set("do", do)
		flat := []string{}
		for k := range v {
			flat = append(flat, k, v.Get(k))
		}
		return x.post(path, flat...)
	}
	if status, page := write(unit, "/desk/changes/new", "save"); status != 200 || !strings.Contains(page, "disamarkan") || !strings.Contains(page, "Antrean terlalu lama, kata [•••].") || strings.Contains(page, "Terbitkan</button>") {
		t.Fatalf("%d %s", status, page)
	}
	if page := o.stranger("/changes"); strings.Contains(page, "Loket ketiga") {
		t.Error("a draft is public")
	}
	if status, _ := write(unit, "/desk/changes/1", "publish", "version", "1"); status != http.StatusForbidden {
		t.Errorf("a unit's officer publishes: %d", status)
	}
	for name, x := range map[string]struct {
		pairs []string
		says  string
	}{
		"no text":          {[]string{"changed_id", "  "}, "Isi kedua teks"},
		"no date":          {[]string{"day", "besok"}, "Isi kedua teks"},
		"no such case":     {[]string{"cases", "K7 4QX9M2, " + n.String()}, "nomor laporan yang keliru"},
		"another's office": {[]string{"office", "bali"}, "peran"},
		"an old version":   {[]string{"version", "0"}, "Petugas lain"},
	} {
		pairs := append([]string{"version", "1"}, x.pairs...)
		if status, page := write(unit, "/desk/changes/1", "save", pairs...); status < 400 || !strings.Contains(page, x.says) && !strings.Contains(page, "tidak ada") {
			t.Errorf("%s: %d %s", name, status, page)
		}
	}
	if status, page := write(supervisor, "/desk/changes/1", "publish", "version", "1", "said_en", "The queue is too long.", "changed_en", "A third counter opened."); status != 200 || !strings.Contains(page, "Terbit") {
		t.Fatalf("%d %s", status, page)
	}
	page := o.stranger("/changes")
	for _, want := range []string{"Antrean terlalu lama, kata [•••].", "Loket ketiga dibuka.", "Dari beberapa laporan", "20 November 2026", "Nusa Tenggara Timur", "Antrean atau jam layanan"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, n.String()) || strings.Contains(page, string(n)) || strings.Contains(page, "unit<") {
		t.Error("a number or an officer is public")
	}
	if page := o.stranger("/changes?lang=en"); !strings.Contains(page, "A third counter opened.") || strings.Contains(page, "Loket ketiga") {
		t.Error(page)
	}
	_, mine := o.post("/t", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"number": {string(n)}, "code": {string(code)}}.Encode()), nil)
	if !strings.Contains(string(mine), "Laporan Anda ikut mengubah ini") || !strings.Contains(string(mine), "Loket ketiga dibuka.") {
		t.Error("its visitor does not see it")
	}
	// Of a confidential report a finder of the receipt learns the status alone.
	form := `"form":"complaint"`
	plain, _ := json.Marshal(o.track(string(n), string(code)))
	o.decide(o.current(n), hub.Change{Rahasia: true}, kiosk.Received, "")
	hidden, _ := json.Marshal(o.track(string(n), string(code)))
	_, mine = o.post("/t", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"number": {string(n)}, "code": {string(code)}}.Encode()), nil)
	if !strings.Contains(string(plain), form) || strings.Contains(string(hidden), form) || strings.Contains(string(mine), "Laporan Anda ikut") {
		t.Errorf("%s\n%s\n%s", plain, hidden, mine)
	}
	// A draft of a change leaves what is published; publishing it replaces it.
	if status, _ := write(unit, "/desk/changes/1", "save", "version", "2", "changed_id", "Loket ketiga dan keempat dibuka."); status != 200 {
		t.Error(status)
	}
	if page := o.stranger("/changes"); !strings.Contains(page, "Loket ketiga dibuka.") {
		t.Error("a draft replaces what is published")
	}
	var many []string
	for range 5 {
		many = append(many, o.filed("complaint", kiosk.Answers{"title": "Antrean"}).Number.String())
	}
	if status, _ := write(supervisor, "/desk/changes/1", "publish", "version", "3", "changed_id", "Loket ketiga dan keempat dibuka.", "cases", strings.Join(many, "\n")); status != 200 {
		t.Error(status)
	}
	if page := o.stranger("/changes"); !strings.Contains(page, "dan keempat") || !strings.Contains(page, "Dari 5 laporan") {
		t.Error(page)
	}
	if status, page := write(supervisor, "/desk/changes/1", "withdraw", "version", "4"); status != 200 || !strings.Contains(page, "Ditarik") || strings.Count(page, "<details><summary>Lihat teks") != 5 {
		t.Errorf("%d %s", status, page)
	}
	if page := o.stranger("/changes"); strings.Contains(page, "Loket ketiga") {
		t.Error("withdrawn, and still there")
	}
	for name, x := range map[string]struct {
		role  hub.Role
		place string
		want  int
	}{"auditor": {hub.Auditor, "", 403}, "fleet": {hub.Fleet, "", 403}, "ppid": {hub.PPID, "ntt", 200}, "verifier elsewhere": {hub.Verifier, "bali", 404}, "admin": {hub.Administrator, "", 200}} {
		resp, err := o.sit(name, x.role, x.place).b.Get(o.server.URL + "/desk/changes/1")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != x.want {
			t.Errorf("%s: %d, want %d", name, resp.StatusCode, x.want)
		}
	}
}

// A calendar program gets an officer's deadlines with a secret address: numbers,
// kinds and days, nothing that a visitor wrote.
func TestTheCalendarOfDeadlines(t *testing.T) {
	o := newOffice(t)
	c := o.filed("complaint", kiosk.Answers{"title": "kenari di judul", "description": "burung"})
	o.filed("information", kiosk.Answers{"name": "Kenari", "information": "laporan"})
	unit := o.sit("unit", hub.Unit, "ntt")
	if page := unit.get("/desk/calendar"); !strings.Contains(page, "belum punya alamat") {
		t.Error(page)
	}
	status, page := unit.post("/desk/calendar", "do", "make")
	found := regexp.MustCompile(`https://lacak\.example\.go\.id(/calendar/[\w-]{43}\.ics)`).FindStringSubmatch(page)
	if status != 200 || found == nil {
		t.Fatalf("%d %s", status, page)
	}
	if strings.Contains(unit.get("/desk/calendar"), "/calendar/") && strings.Contains(unit.get("/desk/calendar"), ".ics") {
		t.Error("the address is shown again")
	}
	read := func(tag string) (*http.Response, string) {
		t.Helper()
		req, _ := http.NewRequest(http.MethodGet, o.server.URL+found[1], nil)
		req.Header.Set("If-None-Match", tag)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp, string(b)
	}
	events := func(body string) map[string]*ical.VEvent {
		t.Helper()
		calendar, err := ical.ParseCalendar(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]*ical.VEvent{}
		for _, e := range calendar.Events() {
			m[e.Id()] = e
		}
		return m
	}
	value := func(e *ical.VEvent, p ical.ComponentProperty) string { return e.GetProperty(p).Value }
	resp, body := read("")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/calendar; charset=utf-8" || !strings.Contains(body, "\r\n") || strings.Contains(strings.ToLower(body), "kenari") || strings.Contains(body, "burung") || strings.Contains(body, "Permohonan") {
		t.Fatalf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
	id := string(c.Number) + "-answer@" + o.bundle.Hub
	first := events(body)
	if len(first) != 2 || first[id] == nil || value(first[id], ical.ComponentPropertyDtStart) != "20261204" || value(first[id], ical.ComponentPropertyDtEnd) != "20261205" ||
		value(first[id], ical.ComponentPropertySequence) != "1" || !strings.Contains(value(first[id], ical.ComponentPropertySummary), c.Number.String()+" · Pengaduan") {
		t.Errorf("%v", body)
	}
	tag := resp.Header.Get("ETag")
	if resp, body := read(tag); resp.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("nothing changed: %d %q", resp.StatusCode, body)
	}
	o.sleep(20 * 24 * time.Hour)
	resp, body = read(tag)
	late := events(body)
	if resp.StatusCode != 200 || resp.Header.Get("ETag") == tag || late[id] == nil || !strings.HasPrefix(value(late[id], ical.ComponentPropertySummary), "Lewat batas: ") || value(late[id], ical.ComponentPropertySequence) != "1" {
		t.Errorf("overdue: %s", body)
	}
	o.decide(c, hub.Change{}, kiosk.InProgress, "")
	if now := events(func() string { _, b := read(""); return b }()); len(now) != 1 || value(now[id], ical.ComponentPropertySequence) != "2" {
		t.Errorf("verified, still open: %v", now)
	}
	change := hub.Change{}
	change.Outcome = "solved"
	o.decide(c, change, kiosk.Answered, "Sudah.")
	if _, body := read(""); len(events(body)) != 0 {
		t.Errorf("answered, and still there: %s", body)
	}
	unit.post("/desk/login", "name", "unit", "password", "a long password")
	old := found
	_, page = unit.post("/desk/calendar", "do", "make")
	if resp, _ := read(""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("replaced, and still read: %d", resp.StatusCode)
	}
	found = regexp.MustCompile(`https://lacak\.example\.go\.id(/calendar/[\w-]{43}\.ics)`).FindStringSubmatch(page)
	if found == nil || found[1] == old[1] {
		t.Fatal(page)
	}
	if resp, _ := read(""); resp.StatusCode != 200 {
		t.Errorf("the new one: %d", resp.StatusCode)
	}
	unit.post("/desk/calendar", "do", "revoke")
	if resp, _ := read(""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("ended, and still read: %d", resp.StatusCode)
	}
	if status, page := o.sit("fleet", hub.Fleet, "").post("/desk/calendar", "do", "make"); status != http.StatusForbidden {
		t.Errorf("who sees no case has a calendar: %d %s", status, page)
	}
}

// A date past the last decreed holidays is an estimate, and the calendar says so.
func TestTheCalendarSaysWhatIsEstimated(t *testing.T) {
	o := newOffice(t)
	o.sleep(365 * 2 * 24 * time.Hour)
	o.filed("complaint", kiosk.Answers{"title": "Antrean"})
	token, err := o.hub.MakeFeed(t.Context(), hub.Officer{Name: func() string { o.sit("unit", hub.Unit, "ntt"); return "unit" }(), Role: hub.Unit, Office: "ntt"})
	if err != nil {
		t.Fatal(err)
	}
	if body := strings.ReplaceAll(o.stranger("/calendar/"+token+".ics?lang=en"), "\r\n ", ""); !strings.Contains(body, "(estimated)") {
		t.Error(body)
	}
}

// The start page says what one can do; search engines find it and the pages for
// everybody, and nothing else.
func TestTheStartPage(t *testing.T) {
	o := newOffice(t)
	for path, indexed := range map[string]bool{"/": true, "/statistics": true, "/changes": true, "/published": true, "/t": false, "/desk/login": false, "/nothing": false, "/open311/v2/services.xml": false} {
		resp, err := http.Get(o.server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if got := resp.Header.Get("X-Robots-Tag") == "" && !strings.Contains(string(b), "noindex"); got != indexed {
			t.Errorf("%s: indexed %v", path, got)
		}
		if regexp.MustCompile(`\b(start|statistics|changes|page|track)\.[a-z]+\.?[a-z]*<`).Match(b) {
			t.Errorf("%s shows a key instead of words: %s", path, b)
		}
	}
	page := o.stranger("/?lang=en")
	for _, want := range []string{`href="/t?lang=en"`, `href="/statistics?lang=en"`, `href="/changes?lang=en"`, "Track a report", "lapor.go.id", `aria-label="Public pages"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q: %s", want, page)
		}
	}
	if robots := o.stranger("/robots.txt"); !strings.Contains(robots, "Allow: /statistics\n") || !strings.Contains(robots, "Disallow: /\n") {
		t.Error(robots)
	}
	if !strings.Contains(o.stranger("/t"), `href="/published"`) {
		t.Error("what is public already is not offered")
	}
}
