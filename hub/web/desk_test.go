package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
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

// seat is an officer at the desk, with a browser.
type seat struct {
	o *office
	b *http.Client
}

// sit lets an officer in and logs them in.
func (o *office) sit(name string, role hub.Role, place string) seat {
	o.t.Helper()
	if err := o.hub.AddOfficer(o.t.Context(), name, "a long password", role, place); err != nil {
		o.t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	x := seat{o, &http.Client{Jar: jar}}
	x.post("/desk/login", "name", name, "password", "a long password")
	return x
}

func (x seat) get(path string) string { return x.o.get(x.b, path) }

func (x seat) post(path string, pairs ...string) (int, string) {
	x.o.t.Helper()
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	resp, err := x.b.PostForm(x.o.server.URL+path, v)
	if err != nil {
		x.o.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		x.o.t.Fatal(err)
	}
	return resp.StatusCode, string(page)
}

// filed is a case of a kind, just arrived.
func (o *office) filed(kind string, answers kiosk.Answers) hub.Case {
	o.t.Helper()
	e, n, _ := o.answered(kind, answers)
	o.send(e)
	return o.opened(n)
}

func (o *office) current(n kiosk.Number) hub.Case {
	o.t.Helper()
	c, err := o.book.Case(o.t.Context(), n)
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

func edition(c hub.Case) string { return fmt.Sprint(c.Edition) }

// A verifier forwards a report to a division: it counts as verified in the same
// step, the division's officer sees it, the other division's does not, and the
// verifier still reads it.
func TestForwardingToAUnit(t *testing.T) {
	o := newOffice(t)
	c := o.filed("complaint", kiosk.Answers{"title": "Antrean panjang", "description": "Tiga jam."})
	verifier := o.sit("periksa", hub.Verifier, "ntt")
	division, other := o.sit("yankum", hub.Unit, "ntt.yankum"), o.sit("p3h", hub.Unit, "ntt.p3h")
	path := "/desk/case/" + string(c.Number)
	if page := division.get("/desk"); strings.Contains(page, "Antrean panjang") {
		t.Error("a division sees what was not forwarded to it")
	}
	if status, page := verifier.post(path+"/handle", "edition", edition(c), "unit", "ntt.nowhere"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "tidak ada") {
		t.Error(status)
	}
	if status, _ := verifier.post(path+"/handle", "edition", edition(c), "unit", "ntt.yankum", "assignee", "p3h"); status != http.StatusUnprocessableEntity {
		t.Errorf("given to an officer of another division: %d", status)
	}
	if status, page := verifier.post(path+"/handle", "edition", edition(c), "unit", "ntt.yankum", "note", "Mohon dicek."); status != http.StatusOK || !strings.Contains(page, "Diteruskan: Divisi Pelayanan Hukum, Kupang") {
		t.Errorf("%d %s", status, page)
	}
	c = o.current(c.Number)
	if c.Unit != "ntt.yankum" || c.Status != kiosk.Verified || c.Office != "ntt" {
		t.Errorf("%+v", c)
	}
	if page := verifier.get(path); !strings.Contains(page, "Anda dapat membaca") && !strings.Contains(page, "Jawab dan ubah status") {
		t.Error("the verifier cannot read it any more")
	}
	if page := other.get(path); strings.Contains(page, "Tiga jam") {
		t.Error("another division reads it")
	}
	if status, _ := division.post(path+"/handle", "edition", edition(c), "unit", c.Unit, "assignee", "yankum"); status != http.StatusOK {
		t.Error(status)
	}
	if page := division.get("/desk?view=mine"); !strings.Contains(page, "Antrean panjang") {
		t.Error("it is not among my work")
	}
	// A clerk of a regional office is no officer of the head office.
	if status, _ := division.post(path+"/handle", "edition", edition(o.current(c.Number)), "unit", "ahu"); status != http.StatusOK {
		t.Error("a division cannot pass on what is not its own")
	}
	if page := division.get(path); strings.Contains(page, "Tiga jam") {
		t.Error("it went to the head office and the division still reads it")
	}
}

// A change can be taken back for a minute by who made it, and the clock runs as
// if it had never been; the visitor never sees either.
func TestUndo(t *testing.T) {
	o := newOffice(t)
	e, n, code := o.report()
	o.send(e)
	c := o.opened(n)
	one, two := o.sit("satu", hub.Verifier, "ntt"), o.sit("dua", hub.Verifier, "ntt")
	path := "/desk/case/" + string(n)
	due := o.track(string(n), string(code)).Due
	o.sleep(24 * time.Hour)
	one, two = again(one, "satu"), again(two, "dua")
	answer := func() hub.Case {
		t.Helper()
		c = o.current(n)
		if status, page := one.post(path, "edition", edition(c), "status", "answered", "outcome", "solved", "answer", "Sudah."); status != http.StatusOK {
			t.Fatalf("%d %s", status, page)
		}
		return o.current(n)
	}
	c = answer()
	if page := two.get(path); strings.Contains(page, "Urungkan") {
		t.Error("another officer is offered to undo it")
	}
	if status, _ := two.post(path+"/undo", "edition", edition(c)); status != http.StatusUnprocessableEntity {
		t.Errorf("another officer undid it: %d", status)
	}
	if page := one.get(path); !strings.Contains(page, "Urungkan") {
		t.Error("no undo is offered")
	}
	if status, _ := one.post(path+"/undo", "edition", edition(c)); status != http.StatusOK {
		t.Error(status)
	}
	c = o.current(n)
	tracking := o.track(string(n), string(code))
	if c.Status != kiosk.Received || c.Answer != "" || c.Outcome != "" || tracking.Due != due || tracking.Answer != "" || len(tracking.Changes) != 1 {
		t.Errorf("%+v; %+v", c, tracking)
	}
	if page := one.get(path); !strings.Contains(page, "<del>Dijawab") || !strings.Contains(page, "Perubahan diurungkan") {
		t.Error("the story does not say so")
	}
	if status, _ := one.post(path+"/undo", "edition", edition(c)); status != http.StatusUnprocessableEntity {
		t.Errorf("an undo was undone: %d", status)
	}
	c = answer()
	o.sleep(hub.UndoFor + time.Second)
	if status, _ := one.post(path+"/undo", "edition", edition(c)); status != http.StatusUnprocessableEntity || o.current(n).Status != kiosk.Answered {
		t.Errorf("undone after its minute: %d", status)
	}
	// What the visitor did meanwhile is not taken back.
	if status, _ := o.say(n, code, "contested", "Belum."); status != http.StatusOK {
		t.Fatal(status)
	}
	c = o.current(n)
	if status, _ := one.post(path+"/undo", "edition", edition(c)); status != http.StatusUnprocessableEntity {
		t.Errorf("the visitor's word was undone: %d", status)
	}
}

// again logs an officer in anew, after a night.
func again(x seat, name string) seat {
	x.post("/desk/login", "name", name, "password", "a long password")
	return x
}

// Two officers answer one case: the second is told what the first did, sees both
// answers word by word, and nothing typed is lost.
func TestTwoOfficersOneCase(t *testing.T) {
	o := newOffice(t)
	c := o.filed("complaint", kiosk.Answers{"title": "AC rusak", "description": "Panas."})
	one, two := o.sit("satu", hub.Verifier, "ntt"), o.sit("dua", hub.Verifier, "ntt")
	path := "/desk/case/" + string(c.Number)
	if status, _ := one.post(path, "edition", edition(c), "status", "answered", "outcome", "solved", "answer", "Sudah kami perbaiki kemarin.", "note", "tukang datang"); status != http.StatusOK {
		t.Fatal(status)
	}
	status, page := two.post(path, "edition", edition(c), "status", "in_progress", "answer", "Sudah kami periksa <kemarin>.")
	if status != http.StatusConflict {
		t.Fatal(status)
	}
	for _, want := range []string{"Sementara itu", "satu", "tukang datang", "<del>", "<ins>", "Sudah kami periksa &lt;kemarin&gt;.", "Dijawab → ", "Simpan jawaban saya"} {
		if !strings.Contains(page, want) {
			t.Errorf("the second officer does not read %q", want)
		}
	}
	if strings.Contains(page, "<kemarin>") {
		t.Error("what was typed became markup")
	}
	if c = o.current(c.Number); c.Status != kiosk.Answered {
		t.Error("the second change was saved all the same")
	}
	if seen := regexp.MustCompile(`name="edition" value="(\d+)"`).FindStringSubmatch(page[strings.Index(page, `id="decide"`):]); seen == nil || seen[1] != edition(c) {
		t.Errorf("saving again would fail again: %v", seen)
	}
}

// Two visitors report the same thing. They are found alike, one answer serves
// both, each keeps number, code and terms; a visitor who contests is heard alone.
func TestCasesHandledTogether(t *testing.T) {
	o := newOffice(t)
	first := o.filed("complaint", kiosk.Answers{"title": "Pendingin ruangan rusak", "description": "Pendingin ruang tunggu lantai dua rusak sejak Senin, sangat panas."})
	e, n, code := o.answered("complaint", kiosk.Answers{"title": "Panas sekali", "description": "Ruang tunggu lantai dua panas, pendingin rusak."})
	o.send(e)
	second := o.opened(n)
	o.filed("complaint", kiosk.Answers{"title": "Pungutan", "description": "Diminta membayar di luar tarif resmi oleh petugas parkir."})
	other := o.filed("suggestion", kiosk.Answers{"title": "Pendingin", "description": "Pendingin ruang tunggu lantai dua rusak."})
	v := o.sit("periksa", hub.Verifier, "ntt")
	path := "/desk/case/" + string(n)
	if page := v.get(path); !strings.Contains(page, "Gabungkan ke "+first.Number.String()) || strings.Contains(page, "Pungutan") {
		t.Error("the similar report, and it alone, is not offered")
	}
	for _, into := range []kiosk.Number{n, other.Number, "00000000"} {
		if status, _ := v.post(path+"/merge", "edition", edition(second), "into", string(into)); status != http.StatusUnprocessableEntity {
			t.Errorf("merged into %s: %d", into, status)
		}
	}
	if status, _ := v.post(path+"/merge", "edition", edition(second), "into", string(first.Number)); status != http.StatusOK {
		t.Fatal(status)
	}
	if page := v.get("/desk/case/" + string(first.Number)); !strings.Contains(page, "Panas sekali") {
		t.Error("the first does not show who follows it")
	}
	first = o.current(first.Number)
	if status, page := v.post("/desk/case/"+string(first.Number), "edition", edition(first), "status", "answered", "outcome", "solved", "answer", "Pendingin sudah diganti."); status != http.StatusOK {
		t.Fatal(status, page)
	}
	if got := o.track(string(n), string(code)); got.Status != kiosk.Answered || got.Answer != "Pendingin sudah diganti." || got.Number != n {
		t.Errorf("the second visitor reads %+v", got)
	}
	first = o.current(first.Number)
	if status, _ := v.post("/desk/case/"+string(first.Number)+"/undo", "edition", edition(first)); status != http.StatusOK {
		t.Error(status)
	}
	if a, b := o.current(first.Number), o.current(n); a.Status == kiosk.Answered || b.Status == kiosk.Answered || b.MergedInto != first.Number {
		t.Errorf("undone: %s, %s", a.Status, b.Status)
	}
	first = o.current(first.Number)
	v.post("/desk/case/"+string(first.Number), "edition", edition(first), "status", "answered", "outcome", "solved", "answer", "Pendingin sudah diganti.")
	if status, _ := o.say(n, code, "contested", "Masih panas."); status != http.StatusOK {
		t.Fatal(status)
	}
	if b := o.current(n); b.MergedInto != "" || b.Status != kiosk.InProgress || o.current(first.Number).Status != kiosk.Answered {
		t.Errorf("%+v", b)
	}
}

// Who a confidential visitor is stays locked until an officer says why, and the
// story keeps that they looked. Others are not even offered it.
func TestAConfidentialVisitorIsLocked(t *testing.T) {
	o := newOffice(t)
	n, _, err := o.hub.File(t.Context(), "ntt", kiosk.Report{Form: kiosk.FormRef{Name: "complaint", Version: 1}, Language: kiosk.Indonesian, Identity: kiosk.Confidential,
		Answers: kiosk.Answers{"title": "Pungutan", "description": "Diminta uang.", "name": "Sari Contoh", "phone": "+628123456789"}})
	if err != nil {
		t.Fatal(err)
	}
	v, unit := o.sit("periksa", hub.Verifier, "ntt"), o.sit("unit", hub.Unit, "ntt")
	path := "/desk/case/" + string(n)
	for _, x := range []seat{v, unit} {
		if page := x.get(path); strings.Contains(page, "Sari Contoh") || strings.Contains(page, "628123456789") || !strings.Contains(page, "Terkunci") || !strings.Contains(page, "Diminta uang.") {
			t.Error("the name is shown, or the matter is not")
		}
	}
	if status, page := unit.post(path+"/identity", "why", "ingin tahu"); strings.Contains(page, "Sari") || status != http.StatusForbidden {
		t.Errorf("a unit opened it: %d", status)
	}
	if _, page := v.post(path+"/identity", "why", "  "); strings.Contains(page, "Sari") {
		t.Error("opened without a reason")
	}
	if status, page := v.post(path+"/identity", "why", "Perlu menelepon pelapor."); status != http.StatusOK || !strings.Contains(page, "Sari Contoh") {
		t.Errorf("%d", status)
	}
	page := v.get(path)
	if strings.Contains(page, "Sari Contoh") || !strings.Contains(page, "Identitas dibuka") || !strings.Contains(page, "Perlu menelepon pelapor.") {
		t.Error("it stays open, or the story does not say who looked")
	}
}

// Several at once: those that can be are changed, the others say why not, and
// all of it is taken back with one touch. Saved lists and templates are kept.
func TestManyAtOnce(t *testing.T) {
	o := newOffice(t)
	a, b := o.filed("complaint", kiosk.Answers{"title": "Satu"}), o.filed("suggestion", kiosk.Answers{"title": "Dua"})
	v := o.sit("periksa", hub.Verifier, "ntt")
	if page := v.get("/desk"); !strings.Contains(page, "Belum dibaca") || strings.Count(page, `class="pill new"`) != 2 {
		t.Error("new cases are not announced")
	}
	if got := v.get("/desk/new?since=0"); !strings.Contains(got, `"new":2`) || !strings.Contains(got, "2 laporan baru") {
		t.Error(got)
	}
	pick := func(c hub.Case) string { return string(c.Number) + "." + edition(c) }
	if _, page := v.post("/desk/bulk", "do", "take"); !strings.Contains(page, "Belum ada laporan yang dipilih") {
		t.Error("nothing chosen")
	}
	stale := b
	stale.Edition--
	if _, page := v.post("/desk/bulk", "do", "take", "case", pick(a), "case", pick(stale)); !strings.Contains(page, "1 laporan diubah") || !strings.Contains(page, "sudah diubah orang lain") {
		t.Error(page)
	}
	if a, b = o.current(a.Number), o.current(b.Number); a.Assignee != "periksa" || b.Assignee != "" {
		t.Errorf("%q %q", a.Assignee, b.Assignee)
	}
	if _, page := v.post("/desk/bulk", "do", "verified", "case", pick(a), "case", pick(b)); !strings.Contains(page, "2 laporan diubah") {
		t.Error(page)
	}
	a, b = o.current(a.Number), o.current(b.Number)
	if _, page := v.post("/desk/bulk", "do", "undo", "case", pick(a), "case", pick(b)); strings.Contains(page, "Urungkan") {
		t.Error("an undo can be undone")
	}
	if a, b = o.current(a.Number), o.current(b.Number); a.Status != kiosk.Received || b.Status != kiosk.Received || a.Assignee != "periksa" {
		t.Errorf("%s %s %q", a.Status, b.Status, a.Assignee)
	}
	auditor := o.sit("auditor", hub.Auditor, "")
	if _, page := auditor.post("/desk/bulk", "do", "take", "case", pick(a)); !strings.Contains(page, "bukan wewenang") || o.current(a.Number).Assignee != "periksa" {
		t.Error("an auditor took it")
	}

	v.post("/desk/view", "name", "Pengaduan saya", "query", "view=mine&form=complaint&evil=1")
	page := v.get("/desk")
	if !strings.Contains(page, "Pengaduan saya") || !strings.Contains(page, "/desk?form=complaint&amp;view=mine") || strings.Contains(page, "evil") {
		t.Error("the list was not kept")
	}
	if page := auditor.get("/desk"); strings.Contains(page, "Pengaduan saya") {
		t.Error("another officer sees my list")
	}
	v.post("/desk/view", "name", "Pengaduan saya", "drop", "1")
	if page := v.get("/desk"); strings.Contains(page, "Pengaduan saya") {
		t.Error("the list was not forgotten")
	}

	if status, page := v.post("/desk/templates", "title", "Terima kasih", "body", "Halo {nama}, {salah}"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "{salah}") {
		t.Errorf("an unknown field was taken: %d", status)
	}
	if status, _ := v.post("/desk/templates", "title", "Terima kasih", "kind", "complaint", "outcome", "solved", "body", "{nama}, laporan {nomor} sudah selesai sebelum {batas}."); status != http.StatusOK {
		t.Error(status)
	}
	path := "/desk/case/" + string(a.Number)
	id := regexp.MustCompile(`<option value="(\d+)">Terima kasih`).FindStringSubmatch(v.get(path))
	if id == nil {
		t.Fatal("the template is not offered")
	}
	if page := v.get("/desk/case/" + string(b.Number)); strings.Contains(page, "Terima kasih") {
		t.Error("a template for complaints is offered for a suggestion")
	}
	_, page = v.post(path, "edition", edition(a), "status", "answered", "answer", "Salam.", "template", id[1], "use", "1")
	if !strings.Contains(page, "Salam.\n\nBapak/Ibu, laporan "+a.Number.String()+" sudah selesai sebelum Jumat, 4 Desember 2026.") || o.current(a.Number).Answer != "" {
		t.Error(page)
	}
	if page := o.sit("unit", hub.Unit, "ntt").get("/desk/templates"); strings.Contains(page, "Contoh baru") {
		t.Error("a unit writes templates")
	}
}

// A case on paper has what the page has, but for notes unless asked; the desk
// speaks English once told to.
func TestACaseOnPaperAndInEnglish(t *testing.T) {
	o := newOffice(t)
	c := o.filed("complaint", kiosk.Answers{"title": "Loket tutup", "description": "Sejak pagi."})
	if err := o.hub.Update(t.Context(), anybody, hub.Change{Number: c.Number, Edition: c.Edition, Note: "rahasia kantor", Decision: lifecycle.Decision{Status: kiosk.Answered, Answer: "Sudah buka.", Outcome: "solved"}}); err != nil {
		t.Fatal(err)
	}
	v := o.sit("periksa", hub.Verifier, "ntt")
	read := func(path string) string {
		t.Helper()
		cmd := exec.Command("pdftotext", "-layout", "-", "-")
		cmd.Stdin = strings.NewReader(v.get(path))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	path := "/desk/case/" + string(c.Number)
	text := read(path + "/pdf")
	for _, want := range []string{"Pengaduan " + c.Number.String(), "Loket tutup", "Sudah buka.", "Selesai ditangani", "Terpenuhi", "Perjalanan laporan"} {
		if !strings.Contains(text, want) {
			t.Errorf("the paper lacks %q", want)
		}
	}
	if strings.Contains(text, "rahasia kantor") || !strings.Contains(read(path+"/pdf?notes=1"), "rahasia kantor") {
		t.Error("internal notes on paper")
	}
	if page := v.get("/desk?lang=en"); !strings.Contains(page, "Inbox") {
		t.Error(page)
	}
	page := v.get(path)
	for _, want := range []string{"Complaint", "Answer and change the status", "Kept", "Friday, 4 December 2026", `lang="en"`} {
		if !strings.Contains(page, want) {
			t.Errorf("in English there is no %q", want)
		}
	}
	if page := v.get("/desk?lang=id"); !strings.Contains(page, "Kotak masuk") {
		t.Error("and back")
	}
}

// The pages of every list have the cases that an officer may see, each once: what is not
// done first, then what is done, the newest first.
func TestPagesOfAListHaveEveryCaseOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("three hundred cases of the demo")
	}
	o := demoOffice(t, 300)
	cases, err := o.book.Cases(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`<td class="code"><a href="/desk/case/([0-9A-Z]{8})"`)
	several := 0
	for _, place := range []string{"", "barat", "barat.yankum"} {
		x := o.sit("lihat"+place, hub.Administrator, place)
		officer := hub.Officer{Name: "lihat" + place, Role: hub.Administrator, Office: place}
		for _, list := range []struct {
			query string
			has   func(hub.Case) bool
		}{
			{"view=done", func(c hub.Case) bool { return c.Status.Done() }},
			{"view=all", func(hub.Case) bool { return true }},
			{"view=unseen", func(c hub.Case) bool { return c.SeenAt.IsZero() }},
			{"view=all&form=information", func(c hub.Case) bool { return c.Form.Name == "information" }},
			{"view=done&office=barat", func(c hub.Case) bool {
				return c.Status.Done() && (o.hub.Under(c.Office, "barat") || o.hub.Under(c.Unit, "barat"))
			}},
			{"view=all&status=closed", func(c hub.Case) bool { return c.Status == kiosk.Closed }},
			{"view=all&status=received", func(c hub.Case) bool { return c.Status == kiosk.Received }},
			{"view=done&from=2026-03-01&to=2026-05-31", func(c hub.Case) bool {
				day := o.hub.Local(c.Office, c.FiledAt).Format(time.DateOnly)
				return c.Status.Done() && day >= "2026-03-01" && day <= "2026-05-31"
			}},
			{"view=open", func(c hub.Case) bool { return !c.Status.Done() }},
		} {
			want, done := map[string]hub.Case{}, 0
			for _, c := range cases {
				if o.hub.Sees(officer, c) && list.has(c) {
					want[string(c.Number)] = c
					if c.Status.Done() {
						done++
					}
				}
			}
			var got []hub.Case
			pages := 0
			for more := true; more; {
				pages++
				body := x.get("/desk?" + list.query + "&page=" + strconv.Itoa(pages))
				here := map[string]bool{}
				for _, m := range shown.FindAllStringSubmatch(body, -1) {
					n := m[1]
					c, ok := want[n]
					if !ok {
						t.Fatalf("%q, %s shows %s, which is not for it", place, list.query, n)
					}
					if !here[n] {
						here[n], got = true, append(got, c)
					}
				}
				more = strings.Contains(body, `rel="next"`)
				if more && len(here) != 100 {
					t.Errorf("%q, %s: page %d has %d", place, list.query, pages, len(here))
				}
			}
			if len(got) != len(want) {
				t.Errorf("%q, %s: %d cases on %d pages, want %d", place, list.query, len(got), pages, len(want))
			}
			if pages > 1 && done > 0 {
				several++
			}
			for i := 1; i < len(got); i++ {
				a, b := got[i-1], got[i]
				if a.Number == b.Number || a.Status.Done() && (!b.Status.Done() || b.FiledAt.After(a.FiledAt)) {
					t.Errorf("%q, %s: %s of %v before %s of %v", place, list.query, a.Number, a.FiledAt, b.Number, b.FiledAt)
				}
			}
		}
	}
	if several < 3 {
		t.Errorf("only %d lists went over several pages", several)
	}
}
