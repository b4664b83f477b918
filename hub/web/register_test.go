package web_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
)

// desk is an officer's browser, which can also send forms. It logs in again when
// time has gone by.
type desk struct {
	o    *office
	b    *http.Client
	name string
	at   time.Time
}

func (o *office) desk(name string, role hub.Role, place string) *desk {
	o.t.Helper()
	if err := o.hub.AddOfficer(o.t.Context(), name, "a long password", role, place); err != nil {
		o.t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return &desk{o: o, b: &http.Client{Jar: jar}, name: name}
}

func (d *desk) get(path string) string {
	d.o.t.Helper()
	d.login()
	return d.o.get(d.b, path)
}

func (d *desk) status(path string) int {
	d.o.t.Helper()
	d.login()
	resp, err := d.b.Get(d.o.server.URL + path)
	if err != nil {
		d.o.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func (d *desk) post(path string, form url.Values) (int, string) {
	d.o.t.Helper()
	d.login()
	return d.send(path, form)
}

func (d *desk) login() {
	d.o.t.Helper()
	if now := d.o.now(); !now.Equal(d.at) {
		d.at = now
		if status, page := d.send("/desk/login", url.Values{"name": {d.name}, "password": {"a long password"}}); strings.Contains(page, `action="/desk/login"`) {
			d.o.t.Fatalf("%s cannot log in: %d", d.name, status)
		}
	}
}

func (d *desk) send(path string, form url.Values) (int, string) {
	d.o.t.Helper()
	resp, err := d.b.PostForm(d.o.server.URL+path, form)
	if err != nil {
		d.o.t.Fatal(err)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		d.o.t.Fatal(err)
	}
	return resp.StatusCode, b.String()
}

// pdf reads a paper as text; LOKET_PAPERS names a folder that keeps them, to be
// looked at.
func (d *desk) pdf(path string) string {
	d.o.t.Helper()
	b := d.get(path)
	if !strings.HasPrefix(b, "%PDF-") {
		d.o.t.Fatalf("%s is no PDF: %.200s", path, b)
	}
	if dir := os.Getenv("LOKET_PAPERS"); dir != "" {
		name := strings.NewReplacer("/", "-", "?", "-", "&", "-", "=", "-").Replace(strings.TrimPrefix(path, "/desk/"))
		if err := os.WriteFile(filepath.Join(dir, name+".pdf"), []byte(b), 0o600); err != nil {
			d.o.t.Fatal(err)
		}
	}
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		d.o.t.Skip("pdftotext is not here; make setup installs poppler-utils")
	}
	cmd := exec.Command(program, "-layout", "-", "-")
	cmd.Stdin = strings.NewReader(b)
	out, err := cmd.Output()
	if err != nil {
		d.o.t.Fatal(err)
	}
	return string(out)
}

// sheet reads a workbook's table by its heads.
func (d *desk) sheet(path string) (rows []map[string]string) {
	d.o.t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(d.get(path)))
	if err != nil {
		d.o.t.Fatal(err)
	}
	defer f.Close()
	all, err := f.GetRows("Data")
	if err != nil {
		d.o.t.Fatal(err)
	}
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, cell := range line {
			row[all[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// squeezed is a text with every run of space as one.
func squeezed(s string) string { return strings.Join(strings.Fields(s), " ") }

// applicant is what a request for information says of who asks.
func applicant(more kiosk.Answers) kiosk.Answers {
	a := kiosk.Answers{"information": "Anggaran pemeliharaan gedung 2025", "purpose": "Penelitian organisasi", "applicant": "person", "name": "Pemohon Satu", "nik": "5371010101900001",
		"address": "Jalan Contoh 1, Kupang", "occupation": "Guru", "phone": "+6281100000001", "obtain": "copy_print", "delivery": "pickup"}
	for k, v := range more {
		a[k] = v
	}
	return a
}

// A request for information, refused in part, and the objection to it: what
// stands in both books, on the letters and in the yearly report, over HTTP alone.
func TestTheBooksOfARequestAndItsObjection(t *testing.T) {
	if testing.Short() {
		t.Skip("page by page")
	}
	o := newOffice(t)
	day := 24 * time.Hour
	ppid, superior := o.desk("ppid", hub.PPID, "ntt"), o.desk("atasan", hub.Superior, "ntt")
	e, n, _ := o.answered("information", applicant(nil))
	o.send(e)
	o.opened(n)
	path := "/desk/case/" + string(n)
	if page := ppid.get(path); !strings.Contains(page, "Data register") || !strings.Contains(page, "Belum ada") || !strings.Contains(page, "Beri nomor register") {
		t.Error("the case has no line yet")
	}
	o.sleep(day)
	if status, page := ppid.post(path, url.Values{"edition": {"1"}, "status": {"verified"}}); status != http.StatusOK || !strings.Contains(page, "0001/PPID/NTT/2026") {
		t.Errorf("%d: no number with the check", status)
	}
	if found := ppid.get("/desk?q=" + url.QueryEscape("0001/PPID/NTT/2026")); !strings.Contains(found, n.String()) {
		t.Error("the number is not found")
	}
	for _, name := range []string{"pemberitahuan", "penolakan", "tanggapan"} {
		if status := ppid.status(path + "/" + name + ".pdf"); status != http.StatusNotFound {
			t.Errorf("%s before there is an answer: %d", name, status)
		}
	}
	o.sleep(2 * day) // Friday: three working days
	x := o.opened(n)
	if status, page := ppid.post(path, url.Values{"edition": {fmt.Sprint(x.Edition)}, "status": {"answered"}, "outcome": {"partial"}, "reason": {"17h"}, "answer": {"Rincian gaji kami hitamkan."}}); status != http.StatusOK {
		t.Fatalf("%d %s", status, page)
	}
	o.sleep(3 * day) // Monday
	entry := url.Values{"entry": {"0"}, "form": {"softcopy, hardcopy"}, "given": {"2026-11-30"}, "cost": {"Rp12.500"}, "payment": {"Tunai"}}
	for field, wrong := range map[string]string{"given": "2026-12-01", "cost": "banyak", "form": "lisan"} {
		was := entry.Get(field)
		entry.Set(field, wrong)
		if status, page := ppid.post(path+"/register", entry); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Periksa tanggal") || !strings.Contains(page, "Tunai") {
			t.Errorf("%s %q: %d", field, wrong, status)
		}
		entry.Set(field, was)
	}
	if status, page := ppid.post(path+"/register", entry); status != http.StatusOK || !strings.Contains(page, "Rp12.500") || !strings.Contains(page, "Senin, 30 November 2026") {
		t.Errorf("%d %s", status, page)
	}
	if status, _ := ppid.post(path+"/register", entry); status != http.StatusConflict {
		t.Errorf("the same edition twice: %d", status)
	}
	if status, _ := superior.post(path+"/register", url.Values{"entry": {"1"}}); status != http.StatusForbidden {
		t.Errorf("the superior writes in the PPID's book: %d", status)
	}
	// The visitor's page does not tell of books.
	if c := o.track(string(n), string("wrong")); len(c.Changes) != 0 {
		t.Error(c)
	}

	e, objection, _ := o.answered("objection", kiosk.Answers{"request": string(n), "ground": "not_as_asked", "story": "Bagian yang dihitamkan terlalu banyak.", "applicant": "person",
		"name": "Pemohon Satu", "address": "Jalan Contoh 1, Kupang", "occupation": "Guru", "phone": "+6281100000001"})
	o.send(e)
	o.opened(objection)
	at := "/desk/case/" + string(objection)
	o.sleep(7 * day)
	if status, page := superior.post(at, url.Values{"edition": {"1"}, "status": {"answered"}, "outcome": {"partly"}, "answer": {"Tabel kedua kami buka."}}); status != http.StatusOK || !strings.Contains(page, "0001/KEB-PPID/NTT/2026") {
		t.Errorf("%d %s", status, page)
	}
	if status, _ := superior.post(at+"/register", url.Values{"entry": {"0"}, "superior": {"Kepala Satu"}, "position": {"Kepala Kantor Wilayah"}, "response": {"Menerima"}}); status != http.StatusOK {
		t.Error(status)
	}

	want := map[string]string{"Nomor register": "0001/PPID/NTT/2026", "Nomor pendaftaran": n.String(), "Nama": "Pemohon Satu", "Alamat": "Jalan Contoh 1, Kupang",
		"Nomor kontak": "'+6281100000001", "Pekerjaan": "Guru", "Informasi yang diminta": "Anggaran pemeliharaan gedung 2025", "Tujuan penggunaan informasi": "Penelitian organisasi",
		"Status informasi: di bawah penguasaan": "Ya", "Dokumentasi": "Sudah didokumentasikan", "Bentuk informasi yang dikuasai": "softcopy, hardcopy",
		"Jenis permohonan": "Meminta salinan", "Cara memperoleh": "Salinan cetak", "Cara mendapatkan salinan": "Ambil langsung", "Keputusan": "Diberikan sebagian",
		"Alasan penolakan": "Mengungkap rahasia pribadi (UU 14/2008 Pasal 17 huruf h)", "Hari kerja": "3", "Biaya (rupiah)": "12,500", "Cara pembayaran": "Tunai"}
	rows := ppid.sheet("/desk/register.xlsx?kind=information&year=2026")
	if len(rows) != 1 {
		t.Fatalf("%d lines", len(rows))
	}
	for column, cell := range want {
		if rows[0][column] != cell {
			t.Errorf("%s: %q, want %q", column, rows[0][column], cell)
		}
	}
	for column, date := range map[string]string{"Tanggal": "24-11-2026", "Hari dan tanggal a. pemberitahuan tertulis": "27-11-2026", "Hari dan tanggal b. pemberian informasi": "30-11-2026"} {
		if !strings.HasSuffix(rows[0][column], date) {
			t.Errorf("%s: %q", column, rows[0][column])
		}
	}
	rows = superior.sheet("/desk/register.xlsx?kind=objection&year=2026")
	for column, cell := range map[string]string{"Nomor register": "0001/KEB-PPID/NTT/2026", "Nomor pendaftaran permohonan": n.String(), "Informasi yang diminta": "Anggaran pemeliharaan gedung 2025",
		"Alasan keberatan": "Jawaban tidak sesuai permintaan", "Keputusan atasan PPID": "Keberatan diterima sebagian", "Nama atasan PPID": "Kepala Satu", "Posisi atasan PPID": "Kepala Kantor Wilayah", "Tanggapan pemohon": "Menerima"} {
		if rows[0][column] != cell {
			t.Errorf("%s: %q, want %q", column, rows[0][column], cell)
		}
	}
	paper := squeezed(ppid.pdf("/desk/register.pdf?kind=information&year=2026"))
	for _, want := range []string{"Buku Register Permohonan Informasi Publik", "b. Senin", "30-11-2026", "Rp12.500", "1 dari 1", "Kupang, 7 Desember 2026", "NIP"} {
		if !strings.Contains(paper, want) {
			t.Errorf("the book on paper lacks %q:\n%s", want, paper)
		}
	}
	superior.pdf("/desk/register.pdf?kind=objection&year=2026")
	// Letters say what the case says.
	for path, wants := range map[string][]string{
		path + "/tanda-bukti.pdf":   {"Lembar untuk kantor", "Lembar untuk pemohon", "0001/PPID/NTT/2026 (" + n.String() + ")", "Ambil langsung", "( Pemohon Satu )", "Pasal 37"},
		path + "/pemberitahuan.pdf": {"Pemberitahuan Tertulis", "A. Informasi dapat diberikan", "[x] softcopy, hardcopy", "Rp12.500 · Tunai", "Rincian gaji kami hitamkan.", "Pasal 17 huruf h", "Jumat, 27 November 2026", "Pasal 36"},
		path + "/penolakan.pdf":     {"Keputusan PPID tentang Penolakan", "Pemohon Satu", "Jalan Contoh 1, Kupang", "Anggaran pemeliharaan gedung 2025", "Mengungkap rahasia pribadi", "30 hari kerja"},
		at + "/tanggapan.pdf":       {"Tanggapan Tertulis atas Keberatan", "Keberatan diterima sebagian", "Tabel kedua kami buka.", "Kepala Kantor Wilayah", "( Kepala Satu )", n.String()},
	} {
		text := squeezed(ppid.pdf(path))
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", path, want, text)
			}
		}
	}
	for _, p := range []string{at + "/tanda-bukti.pdf", path + "/tanggapan.pdf", path + "/apa-saja.pdf"} {
		if status := ppid.status(p); status != http.StatusNotFound {
			t.Errorf("%s: %d", p, status)
		}
	}
	if page := o.stranger(path + "/pemberitahuan.pdf"); strings.Contains(page, "%PDF") {
		t.Error("a stranger reads a letter")
	}
	unit := o.desk("unit", hub.Unit, "ntt")
	if status := unit.status(path + "/pemberitahuan.pdf"); status != http.StatusNotFound {
		t.Errorf("a unit reads it: %d", status)
	}
	story := ppid.get(path)
	for _, want := range []string{"Diberi nomor register", "Data register dilengkapi"} {
		if strings.Count(story, want) != 1 {
			t.Errorf("the story says %q %d times", want, strings.Count(story, want))
		}
	}

	// The yearly report, from the register, and what the office writes for it.
	page := ppid.get("/desk/report?year=2026&office=ntt")
	for _, want := range []string{"menerima 1 permohonan informasi publik", "diberikan sebagian 1 permohonan", "Rata-rata waktu menjawab 3,0 hari kerja, paling lama 3 hari kerja.", "Dari 1 jawaban, 1 tepat waktu (100,0 persen).",
		"Pasal 17 huruf h", "Atasan PPID menerima 1 keberatan dan sudah menanggapi 1.", "Bagian ini belum ditulis.", "1 kios layar sentuh", "masih dapat mengajukan sengketa"} {
		if !strings.Contains(page, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	texts := url.Values{"year": {"2026"}, "office": {"ntt"}, "edition": {"0"}, "policy": {"Satu pintu di ruang depan."}, "official": {"Pejabat Satu"}, "nip": {"190001012000011001"}, "position": {"PPID Kantor Wilayah"}}
	if status, page := ppid.post("/desk/report", texts); status != http.StatusOK || !strings.Contains(page, "Satu pintu di ruang depan.") {
		t.Errorf("%d %s", status, page)
	}
	texts.Set("policy", "Lain lagi.")
	if status, page := ppid.post("/desk/report", texts); status != http.StatusConflict || !strings.Contains(page, "Lain lagi.") {
		t.Errorf("an old edition: %d", status)
	}
	text := squeezed(ppid.pdf("/desk/report.pdf?year=2026&office=ntt"))
	for _, want := range []string{"Laporan Layanan Informasi Publik", "Satu pintu di ruang depan.", "6. Rekomendasi dan rencana tindak lanjut", "PPID Kantor Wilayah", "( Pejabat Satu )", "NIP 190001012000011001", "November"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report on paper lacks %q", want)
		}
	}
	if status, _ := unit.post("/desk/report", texts); status != http.StatusForbidden {
		t.Errorf("a unit writes it: %d", status)
	}
	auditor := o.desk("auditor", hub.Auditor, "")
	if status := auditor.status("/desk/report?year=2026"); status != http.StatusOK {
		t.Errorf("the auditor reads it: %d", status)
	}
	if status, _ := auditor.post("/desk/report", texts); status != http.StatusForbidden {
		t.Errorf("the auditor writes it: %d", status)
	}
	if status := o.desk("bali", hub.PPID, "bali").status("/desk/report?office=ntt"); status != http.StatusForbidden {
		t.Errorf("another office's PPID reads it: %d", status)
	}
}

// Who may read the books and add to a line, by role.
func TestWhoMayUseTheBooks(t *testing.T) {
	if testing.Short() {
		t.Skip("page by page")
	}
	o := newOffice(t)
	paths := map[string]string{}
	for _, kind := range []string{"information", "objection"} {
		e, n, _ := o.answered(kind, applicant(kiosk.Answers{"ground": "late"}))
		o.send(e)
		o.opened(n)
		paths[kind] = "/desk/case/" + string(n)
	}
	e, complaint, _ := o.report()
	o.send(e)
	o.opened(complaint)
	for _, role := range hub.Roles {
		d := o.desk(string(role), role, "ntt")
		reads := slices.Contains([]hub.Role{hub.Administrator, hub.PPID, hub.Superior, hub.Supervisor, hub.Auditor}, role)
		for _, page := range []string{"/desk/register", "/desk/register.csv", "/desk/register.xlsx", "/desk/register.pdf", "/desk/report?office=ntt", "/desk/report.pdf?office=ntt"} {
			if got := d.status(page); (got == http.StatusOK) != reads || !reads && got != http.StatusForbidden {
				t.Errorf("%s, %s: %d", role, page, got)
			}
		}
		for kind, path := range paths {
			acts := role == hub.Administrator || role == hub.PPID && kind == "information" || role == hub.Superior && kind == "objection"
			want := http.StatusNotFound
			if acts {
				want = http.StatusOK
			} else if reads || role == hub.Fleet { // fleet has no cases at all
				want = http.StatusForbidden
			}
			if got, _ := d.post(path+"/register/number", nil); got != want {
				t.Errorf("%s numbers %s: %d, want %d", role, kind, got, want)
			}
			if got, _ := d.post(path+"/register", url.Values{"entry": {"7"}}); got != want && (!acts || got != http.StatusConflict) {
				t.Errorf("%s enters for %s: %d, want %d", role, kind, got, want)
			}
		}
		if got, _ := d.post("/desk/case/"+string(complaint)+"/register", url.Values{"entry": {"0"}}); got == http.StatusOK {
			t.Errorf("%s writes a complaint into a book: %d", role, got)
		}
	}
}

// Forty cases get their numbers at once, half of them twice: 1 to 40, each once,
// and nothing in the database can take one back.
func TestNumbersAreGivenOnce(t *testing.T) {
	o := newOffice(t)
	const many = 40
	var numbers []kiosk.Number
	var envelopes [][]byte
	for range many {
		e, n, _ := o.answered("information", applicant(nil))
		envelopes, numbers = append(envelopes, e), append(numbers, n)
	}
	o.send(envelopes...)
	for _, n := range numbers {
		o.opened(n)
	}
	var group sync.WaitGroup
	for i, n := range numbers {
		for range 1 + i%2 {
			group.Go(func() {
				if _, err := o.hub.GiveNumber(t.Context(), anybody, n); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	all, err := o.book.RegisterNumbers(t.Context(), "information")
	if err != nil || len(all) != many {
		t.Fatalf("%d numbers, %v", len(all), err)
	}
	seen := map[kiosk.Number]bool{}
	for i, n := range all {
		if n.N != i+1 || n.Label != fmt.Sprintf("%04d/PPID/NTT/2026", i+1) || seen[n.Number] {
			t.Errorf("%+v is at %d", n, i)
		}
		seen[n.Number] = true
	}
	// A new year begins at 1; a case of last year goes into last year's book.
	o.sleep(60 * 24 * time.Hour)
	e, n, _ := o.answered("information", applicant(nil))
	o.send(e)
	o.opened(n)
	if got, err := o.hub.GiveNumber(t.Context(), anybody, n); err != nil || got.Label != "0001/PPID/NTT/2027" {
		t.Errorf("%+v, %v", got, err)
	}
	if r, err := o.hub.Register(t.Context(), anybody, "information", 2026, "ntt"); err != nil || len(r.Missing) != 0 || len(r.Lines) != many || r.Lines[0].Label != "0001/PPID/NTT/2026" {
		t.Errorf("%d lines, missing %v, %v", len(r.Lines), r.Missing, err)
	}
}

// Random cases go random ways; the figures of art. 12 add up whatever came of
// them, in all and in each part.
func TestTheFiguresAddUp(t *testing.T) {
	if testing.Short() {
		t.Skip("sixty cases, one after the other")
	}
	o := newOffice(t)
	random := rand.New(rand.NewPCG(12, 2008))
	var numbers []kiosk.Number
	var envelopes [][]byte
	for i := range 60 {
		e, n, _ := o.answered("information", applicant(kiosk.Answers{"applicant": []string{"person", "organization", "proxy", "unheard"}[i%4]}))
		envelopes, numbers = append(envelopes, e), append(numbers, n)
		o.sleep(time.Duration(random.IntN(40)) * time.Hour)
	}
	o.send(envelopes...)
	for _, n := range numbers {
		o.opened(n)
	}
	l := o.hub.Lifecycles.Kind("information")
	for range 240 {
		n := numbers[random.IntN(len(numbers))]
		x := o.opened(n)
		next := o.hub.Next(anybody, x)
		change := hub.Change{Number: n, Edition: x.Edition, Decision: lifecycle.Decision{Status: next[random.IntN(len(next))], Answer: "Jawaban."}}
		if change.Status == kiosk.Answered {
			outcome := l.Outcomes[random.IntN(len(l.Outcomes))]
			change.Outcome = outcome.ID
			if slices.Contains(outcome.Needs, "reason") {
				change.Reason = l.Reasons[random.IntN(len(l.Reasons))].ID
			}
			if slices.Contains(outcome.Needs, "holder") {
				change.Holder = "Badan lain"
			}
		}
		if err := o.hub.Update(t.Context(), anybody, change); err != nil {
			t.Fatalf("%+v: %v", change, err)
		}
		o.sleep(time.Duration(random.IntN(6)) * time.Hour)
	}
	for year, want := range map[int]int{2026: -1, 2027: -1, 2025: 0} {
		r, err := o.hub.Register(t.Context(), anybody, "information", year, "")
		if err != nil {
			t.Fatal(err)
		}
		sums := func(where string, f hub.Figures) {
			outcomes := 0
			for _, x := range f.Outcomes {
				outcomes += x.Count
			}
			reasons := 0
			for _, x := range f.Reasons {
				reasons += x.Count
			}
			if f.Received != f.Answered+f.Open+f.NotOurs+f.Lapsed || f.Answered != outcomes || reasons != f.Outcome("refused")+f.Outcome("partial") || f.InTime > f.Answered || f.Answered == 0 && f.Days > 0 {
				t.Errorf("%d %s: %+v", year, where, f)
			}
		}
		sums("all", r.Figures)
		if len(r.Lines) != r.Figures.Received || want >= 0 && r.Figures.Received != want {
			t.Errorf("%d: %d lines, %d received", year, len(r.Lines), r.Figures.Received)
		}
		for name, parts := range map[string][]hub.Breakdown{"months": r.Months, "offices": r.Offices, "applicants": r.Applicants} {
			var sum hub.Figures
			for _, b := range parts {
				sums(name+" "+b.ID, b.Figures)
				sum.Received, sum.Answered, sum.Open, sum.Days = sum.Received+b.Received, sum.Answered+b.Answered, sum.Open+b.Open, sum.Days+b.Days
			}
			if sum.Received != r.Figures.Received || sum.Answered != r.Figures.Answered || sum.Open != r.Figures.Open || sum.Days != r.Figures.Days {
				t.Errorf("%d: the %s are %+v, all are %+v", year, name, sum, r.Figures)
			}
		}
	}
}
