package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"loket/hub"
	"loket/hub/lapor"
	"loket/hub/lifecycle"
	"loket/kiosk"
)

// mockLapor is a LAPOR! of our own: it takes reports over HTTP in a form of its
// own, and fails in every way a server does. It is no picture of the real one.
type mockLapor struct {
	mu     sync.Mutex
	taken  map[string]string // by our number
	doubts int               // how often a number came again
	n      int
	well   bool // it fails no more
}

func (m *mockLapor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if m.serve(w, r) {
		<-r.Context().Done() // it never answers
	}
}

func (m *mockLapor) serve(w http.ResponseWriter, r *http.Request) (hangs bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.Method == http.MethodGet {
		if id, ok := m.taken[strings.TrimPrefix(r.URL.Path, "/")]; ok {
			fmt.Fprint(w, id)
			return false
		}
		http.NotFound(w, r)
		return false
	}
	m.n++
	var record lapor.Record
	if err := json.NewDecoder(r.Body).Decode(&record); err != nil {
		http.Error(w, "?", http.StatusBadRequest)
		return false
	}
	if record.Title == "DITOLAK" {
		http.Error(w, "bukan laporan", http.StatusUnprocessableEntity)
		return false
	}
	if m.well {
		fmt.Fprint(w, m.take(record))
		return false
	}
	switch m.n % 7 {
	case 1: // not taken
		http.Error(w, "sibuk", http.StatusInternalServerError)
		return false
	case 2: // taken, and the answer is lost
		m.take(record)
		panic(http.ErrAbortHandler)
	case 3: // taken, and the answer is an error
		m.take(record)
		http.Error(w, "salah", http.StatusBadGateway)
		return false
	case 4: // taken, and the answer stops half way
		m.take(record)
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, m.taken[string(record.Number)])
		return false
	case 5: // taken, and no answer ever
		m.take(record)
		return true
	case 6: // taken, and answered twice
		fmt.Fprint(w, m.take(record), "\n", m.taken[string(record.Number)])
		return false
	}
	fmt.Fprint(w, m.take(record))
	return false
}

func (m *mockLapor) take(r lapor.Record) string {
	if _, again := m.taken[string(r.Number)]; again {
		m.doubts++
	}
	id := fmt.Sprint(1916449 + len(m.taken))
	m.taken[string(r.Number)] = id
	return id
}

// channel speaks to the mock.
type channel struct{ url string }

func (c channel) do(ctx context.Context, method, path string, body io.Reader) (int, string, error) {
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func (c channel) Submit(ctx context.Context, r lapor.Record) (lapor.Receipt, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return lapor.Receipt{}, err
	}
	status, said, err := c.do(ctx, http.MethodPost, "/", bytes.NewReader(b))
	switch {
	case err != nil:
		return lapor.Receipt{}, err
	case status == http.StatusUnprocessableEntity:
		return lapor.Receipt{}, fmt.Errorf("%w: %s", lapor.ErrRefused, strings.TrimSpace(said))
	case status != http.StatusOK:
		return lapor.Receipt{}, fmt.Errorf("status %d", status)
	}
	id, _, _ := strings.Cut(said, "\n")
	return lapor.Receipt{ID: id}, nil
}

func (c channel) Lookup(ctx context.Context, n kiosk.Number) (lapor.Standing, error) {
	status, said, err := c.do(ctx, http.MethodGet, "/"+string(n), nil)
	switch {
	case err != nil:
		return lapor.Standing{}, err
	case status == http.StatusNotFound:
		return lapor.Standing{}, lapor.ErrNotTaken
	case status != http.StatusOK:
		return lapor.Standing{}, fmt.Errorf("status %d", status)
	}
	return lapor.Standing{ID: said}, nil
}

func (c channel) Topics(context.Context) ([]lapor.Topic, error) { return nil, nil }
func (c channel) Health(context.Context) error                  { return nil }

// verified is a case that has been verified.
func (o *office) verified(kind string, answers kiosk.Answers) hub.Case {
	o.t.Helper()
	c := o.filed(kind, answers)
	if err := o.hub.Update(o.t.Context(), anybody, hub.Change{Number: c.Number, Edition: c.Edition, Decision: lifecycle.Decision{Status: kiosk.Verified}}); err != nil {
		o.t.Fatal(err)
	}
	return o.current(c.Number)
}

// dying is a channel whose hub dies when a report was taken, before that is
// written down.
type dying struct {
	channel
	die func()
}

func (c dying) Submit(ctx context.Context, r lapor.Record) (lapor.Receipt, error) {
	receipt, err := c.channel.Submit(ctx, r)
	c.die()
	return receipt, err
}

// LAPOR! fails six times of seven, in every way; now and then the hub dies between
// asking and writing down. Each report is taken once, and its number comes back.
func TestLaporTakesEachReportOnce(t *testing.T) {
	o := newOffice(t)
	mock := &mockLapor{taken: map[string]string{}}
	server := httptest.NewServer(mock)
	defer server.Close()
	var numbers []kiosk.Number
	for i := range 20 {
		numbers = append(numbers, o.verified([]string{"complaint", "suggestion"}[i%2], kiosk.Answers{"title": fmt.Sprint("Laporan ", i)}).Number)
	}
	o.filed("complaint", kiosk.Answers{"title": "belum diperiksa"})
	o.verified("information", kiosk.Answers{"information": "bukan untuk LAPOR!"})
	refused := o.verified("complaint", kiosk.Answers{"title": "DITOLAK"})
	deaths := 0
	for try := 0; ; try++ {
		if try == 200 {
			t.Fatal("the reports never all arrived")
		}
		o.sleep(5 * time.Minute) // what is being asked for is left alone for a while
		if try%2 == 0 {
			if _, err := o.hub.HandOver(t.Context(), "", dying{channel{server.URL}, func() { o.stop() }}); err == nil {
				t.Error("a hub that died goes on")
			}
			o.open(true)
			deaths++
			continue
		}
		_, err := o.hub.HandOver(t.Context(), "", channel{server.URL})
		states, err2 := o.book.Handovers(t.Context())
		if err2 != nil {
			t.Fatal(err2)
		}
		done := len(states) == 21
		for _, x := range states {
			done = done && x.State != hub.HandoverSending
		}
		if err == nil && done {
			break
		}
	}
	lost := 0
	for _, n := range numbers {
		c := o.current(n)
		if c.Lapor == "" || c.Lapor != mock.taken[string(n)] {
			lost++
		}
		if last := c.Events[len(c.Events)-1]; last.Kind != hub.ToLapor || last.Target != c.Lapor {
			t.Errorf("the story of %s ends with %+v", n, last)
		}
	}
	t.Logf("reports 20, requests %d, deaths %d, lost %d, doubled %d", mock.n, deaths, lost, mock.doubts)
	if lost > 0 || mock.doubts > 0 || len(mock.taken) != 20 || deaths < 4 {
		t.Errorf("lost %d, doubled %d, taken %d", lost, mock.doubts, len(mock.taken))
	}
	states, err := o.book.Handovers(t.Context())
	if err != nil || states[refused.Number].State != hub.HandoverRefused || !strings.Contains(states[refused.Number].Reason, "bukan laporan") {
		t.Errorf("%+v, %v", states[refused.Number], err)
	}
	if story := o.current(refused.Number).Story(); story[len(story)-1].Kind != hub.LaporRefused || !strings.Contains(story[len(story)-1].Note, "bukan laporan") {
		t.Errorf("%+v", story)
	}
}

// Several processes hand over at once, as a command beside the server does: no
// report is asked for twice. One that cannot be handed over holds up no other,
// and a LAPOR! that is away is not asked for each.
func TestHandingOverAtOnce(t *testing.T) {
	o := newOffice(t)
	mock := &mockLapor{taken: map[string]string{}, well: true}
	server := httptest.NewServer(mock)
	defer server.Close()
	for i := range 12 {
		o.verified("complaint", kiosk.Answers{"title": fmt.Sprint("Laporan ", i)})
	}
	var group sync.WaitGroup
	given := make([]int, 4)
	for i := range given {
		group.Go(func() {
			n, err := o.hub.HandOver(t.Context(), "", channel{server.URL})
			if err != nil {
				t.Error(err)
			}
			given[i] = n
		})
	}
	group.Wait()
	if sum := given[0] + given[1] + given[2] + given[3]; sum != 12 || len(mock.taken) != 12 || mock.doubts > 0 {
		t.Errorf("%v handed over, %d taken, %d doubled", given, len(mock.taken), mock.doubts)
	}
	server.Close()
	for range 6 {
		o.verified("complaint", kiosk.Answers{"title": "Nanti"})
	}
	if n, err := o.hub.HandOver(t.Context(), "", channel{server.URL}); n != 0 || err == nil {
		t.Errorf("%d, %v", n, err)
	}
	asked := func() (n int) {
		states, err := o.book.Handovers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range states {
			if x.State == hub.HandoverSending {
				n++
			}
		}
		return n
	}
	if asked() != 3 {
		t.Errorf("%d were asked for while LAPOR! is away", asked())
	}
	again := httptest.NewServer(mock)
	defer again.Close()
	if n, err := o.hub.HandOver(t.Context(), "", channel{again.URL}); n != 3 || err != nil || asked() != 3 {
		t.Errorf("%d, %v: what was asked for a moment ago is somebody's", n, err)
	}
	o.sleep(5 * time.Minute)
	if n, err := o.hub.HandOver(t.Context(), "", channel{again.URL}); n != 3 || err != nil || asked() != 0 || mock.doubts > 0 || len(mock.taken) != 18 {
		t.Errorf("%d, %v, %d taken, %d doubled", n, err, len(mock.taken), mock.doubts)
	}
}

// Every field of LAPOR!'s form, for every wish a visitor can have.
func TestTheRecordForLapor(t *testing.T) {
	o := newOffice(t)
	answers := kiosk.Answers{"title": "Pungutan", "description": "Diminta Rp50.000.", "incident_date": "2026-11-20", "location": "Loket 3", "service": "pungli", "office": "bali",
		"wish": "Dikembalikan.", "name": "Sari Contoh", "phone": "+628123456789", "email": "sari@contoh.id", "passport": "X0000001"}
	for _, try := range []struct {
		identity        kiosk.Identity
		name            string
		anonim, rahasia bool
	}{{kiosk.Named, "Sari Contoh", false, false}, {kiosk.Confidential, "", true, true}, {kiosk.Anonymous, "", true, false}} {
		n, _, err := o.hub.File(t.Context(), "ntt", kiosk.Report{Form: kiosk.FormRef{Name: "complaint", Version: 1}, Identity: try.identity, Answers: answers})
		if err != nil {
			t.Fatal(err)
		}
		r, ok := o.hub.LaporRecord(o.current(n))
		if !ok || r.Number != n || r.Classification != "PENGADUAN" || r.Title != "Pungutan" || r.Body != "Diminta Rp50.000.\n\nHarapan pelapor: Dikembalikan." ||
			r.Date != "2026-11-20" || r.Place != "Loket 3" || r.Agency != "Kementerian Hukum, Kantor Wilayah Bali" || r.Received != "2026-11-24" {
			t.Errorf("%+v", r)
		}
		if r.Name != try.name || (r.Phone != "") != (try.name != "") || (r.Email != "") != (try.name != "") || (r.Identity != "") != (try.name != "") || r.Anonymous != try.anonim || r.Secret != try.rahasia {
			t.Errorf("%s: %+v", try.identity, r)
		}
		if len(r.Missing) != 1 || r.Missing[0] != "Kategori Laporan" { // nobody has said what LAPOR! calls it
			t.Errorf("missing %q", r.Missing)
		}
	}
	c := o.verified("suggestion", kiosk.Answers{"title": "Kursi", "origin": "Kupang"})
	if r, ok := o.hub.LaporRecord(c); !ok || r.Classification != "ASPIRASI" || r.Origin != "Kupang" || len(r.Missing) != 2 {
		t.Errorf("%+v", r)
	}
	if _, ok := o.hub.LaporRecord(o.verified("information", kiosk.Answers{"information": "x"})); ok {
		t.Error("a request for information goes to LAPOR!")
	}
}

// The folder: each report is one file, once, though it was taken away; answers
// are taken once, faulty lines are told, and what is half written is left.
func TestTheExchangeFolder(t *testing.T) {
	o := newOffice(t)
	folder := lapor.Folder{Dir: t.TempDir()}
	if err := folder.Health(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, b2 := o.verified("complaint", kiosk.Answers{"title": "Satu"}), o.verified("complaint", kiosk.Answers{"title": "Dua"})
	out := func() []string {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(folder.Dir, "keluar", "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	if n, err := o.hub.HandOver(t.Context(), "", folder); err != nil || n != 2 || len(out()) != 2 {
		t.Fatal(n, err, out())
	}
	var record lapor.Record
	if raw, err := os.ReadFile(filepath.Join(folder.Dir, "keluar", string(a.Number)+".json")); err != nil || json.Unmarshal(raw, &record) != nil || record.Title != "Satu" {
		t.Errorf("%+v, %v", record, err)
	}
	tables, err := filepath.Glob(filepath.Join(folder.Dir, "keluar", "laporan-*.csv"))
	if err != nil || len(tables) != 1 {
		t.Fatal(tables, err)
	}
	if b, err := os.ReadFile(tables[0]); err != nil || !strings.Contains(string(b), a.Number.String()+",,PENGADUAN,Satu") || !strings.Contains(string(b), b2.Number.String()+",,PENGADUAN,Dua") {
		t.Errorf("%s, %v", b, err)
	}
	for _, f := range out() {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := folder.Submit(t.Context(), record); err != nil || len(out()) != 0 {
		t.Errorf("written again after it was taken away: %v, %v", err, out())
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder.Dir, "masuk", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.csv", "\ufeffNomor;Lapor_ID;lain\n"+string(a.Number)+";#191 6449;x\n"+string(b2.Number)+";;x\nZZZZ;1234;x\n"+string(b2.Number)+";12;x\n"+string(b2.Number)+"\n")
	write("..\u202eb.csv", "nomor,lapor_id\n"+string(a.Number)+",1916449\n")
	write("c.csv.part", "nomor,lapor_id\n"+string(b2.Number)+",99999\n")
	write("d.csv", "bukan,apa-apa\n")
	if err := os.Symlink("/etc/passwd", filepath.Join(folder.Dir, "masuk", "e.csv")); err != nil {
		t.Fatal(err)
	}
	events := len(o.current(a.Number).Events)
	told := map[string]int{}
	read := func() {
		t.Helper()
		err := folder.Answers(func(name string, answers []lapor.Answer, faults []lapor.Fault) error {
			_, more, err := o.hub.TakeAnswers(t.Context(), anybody, answers)
			told[name] = len(faults) + len(more)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	read()
	read()
	if told["a.csv"] != 3 || told["d.csv"] != 1 || len(told) != 3 {
		t.Errorf("%v", told)
	}
	if x := o.current(a.Number); x.Lapor != "1916449" || len(x.Events) != events+1 {
		t.Errorf("%q, %d events more", x.Lapor, len(x.Events)-events)
	}
	if x := o.current(b2.Number); x.Lapor != "" {
		t.Errorf("%q", x.Lapor)
	}
	if _, err := os.Stat(filepath.Join(folder.Dir, "masuk", "c.csv.part")); err != nil {
		t.Error("what is being written was taken")
	}
	// A fault of the disk keeps the file for the next time.
	write("f.csv", "nomor,lapor_id\n"+string(b2.Number)+",55555\n")
	fault := errors.New("disk")
	if err := folder.Answers(func(string, []lapor.Answer, []lapor.Fault) error { return fault }); !errors.Is(err, fault) {
		t.Error(err)
	}
	if read(); o.current(b2.Number).Lapor != "55555" {
		t.Error("the file was lost")
	}
}

// The pages: what waits is taken as a file or sheets, numbers come back typed or
// by file, the visitor and a search find them; who may not, cannot.
func TestTheLaporPages(t *testing.T) {
	o := newOffice(t)
	e, n, code := o.answered("complaint", kiosk.Answers{"title": "=Loket tutup", "description": "Sejak pagi.", "incident_date": "2026-11-20", "location": "Loket 1"})
	o.send(e)
	c := o.opened(n)
	v := o.sit("periksa", hub.Verifier, "ntt")
	if page := v.get("/desk/lapor"); !strings.Contains(page, "Tidak ada yang perlu diserahkan") {
		t.Error("an unverified report is offered")
	}
	if err := o.hub.Update(t.Context(), anybody, hub.Change{Number: n, Edition: c.Edition, Decision: lifecycle.Decision{Status: kiosk.Verified}}); err != nil {
		t.Fatal(err)
	}
	sheet := "/desk/lapor/" + string(n)
	if page := v.get(sheet); !strings.Contains(page, `value="2026-11-20"`) || strings.Index(page, "Judul Laporan") > strings.Index(page, "Isi Laporan") || !strings.Contains(page, "Kategori Laporan") {
		t.Error("the sheet lacks fields or their order")
	}
	for _, try := range []struct {
		role hub.Role
		sees bool
	}{{hub.Unit, false}, {hub.PPID, false}, {hub.Superior, false}, {hub.Fleet, false}, {hub.Auditor, true}, {hub.Supervisor, true}} {
		x := o.sit(string(try.role), try.role, "ntt")
		if page := x.get("/desk/lapor"); strings.Contains(page, "Loket tutup") != try.sees || strings.Contains(page, "Ambil sebagai CSV") {
			t.Errorf("%s sees the list: %v", try.role, !try.sees)
		}
		if page := x.get(sheet); strings.Contains(page, "Sejak pagi.") != try.sees {
			t.Errorf("%s sees the sheet: %v", try.role, !try.sees)
		}
		if status, _ := x.post("/desk/lapor", "case", string(n), "do", "file"); status == http.StatusOK {
			t.Errorf("%s takes reports", try.role)
		}
		if status, _ := x.post(sheet, "lapor", "1234567"); status == http.StatusOK {
			t.Errorf("%s writes numbers", try.role)
		}
	}
	if status, page := v.post("/desk/lapor", "do", "file"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Belum ada laporan yang dipilih") {
		t.Error(status)
	}
	status, table := v.post("/desk/lapor", "case", string(n), "do", "file")
	if status != http.StatusOK || !strings.Contains(table, n.String()+",,PENGADUAN,'=Loket tutup,Sejak pagi.,2026-11-20,Loket 1") {
		t.Errorf("%d %q", status, table)
	}
	if status, sheets := v.post("/desk/lapor", "case", string(n), "do", "sheets"); status != http.StatusOK || !strings.HasPrefix(sheets, "%PDF") {
		t.Error(status)
	}
	if page := v.get("/desk/lapor?state=sent"); !strings.Contains(page, n.String()) {
		t.Error("it is not among what was handed over")
	}
	upload := func(text string) string {
		t.Helper()
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		part, err := form.CreateFormFile("file", "jawaban.csv")
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, text)
		form.Close()
		resp, err := v.b.Post(o.server.URL+"/desk/lapor/answers", form.FormDataContentType(), &b)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		page, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(page)
	}
	if page := upload("a,b\n"); !strings.Contains(page, "tidak punya kolom") {
		t.Error(page)
	}
	if page := upload(strings.Replace(table, n.String()+",,", n.String()+",1916449,", 1)); !strings.Contains(page, "1 jawaban tersimpan") {
		t.Error(page)
	}
	if got := o.track(string(n), string(code)); got.Lapor != "1916449" {
		t.Errorf("the visitor reads %q", got.Lapor)
	}
	if page := v.get("/desk?q=1916449"); !strings.Contains(page, n.String()) {
		t.Error("LAPOR!'s number does not find it")
	}
	if status, page := v.post(sheet, "lapor", "abc"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "4 sampai 12 angka") {
		t.Error(status)
	}
	if status, page := v.post(sheet, "lapor", "#1916450"); status != http.StatusOK || !strings.Contains(page, "LAPOR! 1916450") {
		t.Error(status)
	}
	if status, page := v.post(sheet, "do", "refuse", "why", "Terlambat"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "sudah punya nomor") {
		t.Errorf("a report that LAPOR! has is refused: %d", status)
	}
	if page := v.get("/desk/case/" + string(n)); !strings.Contains(page, "Nomor LAPOR!: 1916449") || !strings.Contains(page, "Nomor LAPOR!: 1916450") {
		t.Error("a corrected number hides the first")
	}
}

// What LAPOR! refuses is noted with why, by hand or by a file, stands first in the
// list, and can be handed over once more. The visitor reads nothing of it.
func TestLaporRefuses(t *testing.T) {
	o := newOffice(t)
	e, n, code := o.answered("complaint", kiosk.Answers{"title": "Loket tutup"})
	o.send(e)
	o.opened(n)
	other := o.verified("suggestion", kiosk.Answers{"title": "Kursi"})
	v, away := o.sit("periksa", hub.Verifier, "ntt"), o.sit("bali", hub.Verifier, "bali")
	sheet := "/desk/lapor/" + string(n)
	if status, _ := v.post(sheet, "do", "refuse", "why", "Belum"); status != http.StatusUnprocessableEntity {
		t.Errorf("refused before it was handed over: %d", status)
	}
	o.does(n, kiosk.Verified)
	if status, page := v.post(sheet, "do", "refuse", "why", "  "); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Tulis dulu alasan") {
		t.Error(status)
	}
	if status, _ := away.post(sheet, "do", "refuse", "why", "Bukan milik kami"); status != http.StatusNotFound {
		t.Errorf("another office refuses: %d", status)
	}
	if status, page := v.post(sheet, "do", "refuse", "why", "Bukan <wewenang>"); status != http.StatusOK || !strings.Contains(page, "Bukan &lt;wewenang&gt;") || !strings.Contains(page, "periksa") {
		t.Error(status, page)
	}
	if page := v.get("/desk/lapor?kind=complaint"); !strings.Contains(page, "Bukan &lt;wewenang&gt;") || strings.Contains(page, "Kursi") {
		t.Error("the list of complaints")
	}
	if page := v.get("/desk/lapor?office=bali"); strings.Contains(page, "Loket tutup") {
		t.Error("a report of another office than asked for")
	}
	if page := v.get("/desk/case/" + string(n)); !strings.Contains(page, "Ditolak LAPOR!") || !strings.Contains(page, "Bukan &lt;wewenang&gt;") {
		t.Error("the story does not say it")
	}
	if resp, page := o.post("/t", "application/x-www-form-urlencoded", strings.NewReader("number="+string(n)+"&code="+string(code)), nil); resp.StatusCode != http.StatusOK || strings.Contains(string(page), "wewenang") || len(o.track(string(n), string(code)).Changes) != 2 {
		t.Error("the visitor reads what officers noted")
	}
	events := len(o.current(n).Events)
	answers, faults, err := lapor.ReadAnswers(strings.NewReader("nomor,lapor_id,ditolak\n" + string(n) + ",,Bukan <wewenang>\n" + string(other.Number) + ",,Terlalu umum\n"))
	if err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
	for range 2 {
		if taken, faults, err := o.hub.TakeAnswers(t.Context(), anybody, answers); taken != 2 || len(faults) > 0 || err != nil {
			t.Error(taken, faults, err)
		}
	}
	if more := len(o.current(n).Events) - events; more != 0 {
		t.Errorf("the same answer again tells %d events", more)
	}
	if status, _ := v.post("/desk/lapor", "case", string(n), "do", "file"); status != http.StatusOK {
		t.Error(status)
	}
	if page := v.get("/desk/lapor?state=sent"); !strings.Contains(page, n.String()) {
		t.Error("it was not handed over once more")
	}
	if status, page := v.post(sheet, "lapor", "1916449"); status != http.StatusOK || !strings.Contains(page, "LAPOR! 1916449") {
		t.Error(status)
	}
}
