package web_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"maps"
	mathrand "math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
	"loket/kiosk/attach"
	"loket/kiosk/form"
	"loket/kiosk/scanner"
	"loket/kiosk/seal"
	"loket/kiosk/track"
	"loket/store/casebook/casebooktest"
)

// photo is a picture as a telephone takes it, with the place where.
func photo(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(i * 7)
	}
	m.Set(0, 0, color.White)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	part := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x1a\x00\x00\x00\x00GPSLatitude -10.1772 GPSLongitude 123.6070")
	segment := append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(2+len(part))), part...)
	return slices.Concat(b.Bytes()[:2], segment, b.Bytes()[2:])
}

// attach sends a file from the tracking page, as a browser does.
func (o *office) attach(number, code, name string, file []byte, said string) (int, string) {
	o.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, f := range [][2]string{{"number", number}, {"code", code}, {"lang", "en"}, {"said", said}} {
		if err := form.WriteField(f[0], f[1]); err != nil {
			o.t.Fatal(err)
		}
	}
	if file != nil {
		w, err := form.CreateFormFile("file", name)
		if err != nil {
			o.t.Fatal(err)
		}
		if _, err := w.Write(file); err != nil {
			o.t.Fatal(err)
		}
	}
	form.Close()
	resp, page := o.post("/t/attach", form.FormDataContentType(), &b, nil)
	return resp.StatusCode, string(page)
}

// fetched is what an officer gets of a file.
func (x seat) fetched(path string) (*http.Response, []byte) {
	x.o.t.Helper()
	resp, err := x.b.Get(x.o.server.URL + path)
	if err != nil {
		x.o.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		x.o.t.Fatal(err)
	}
	return resp, b
}

// A photograph and a PDF from a telephone, days later: on the officer's page and in
// the story, without the place they were taken at, and in a backup.
func TestFilesFromATelephone(t *testing.T) {
	if testing.Short() {
		t.Skip("draws pictures")
	}
	o := newOffice(t)
	e, n, c := o.report()
	if status, page := o.attach(string(n), string(c), "foto.jpg", photo(t, 40, 30), ""); status != http.StatusConflict || !strings.Contains(page, "still on its way") {
		t.Errorf("before the report is there: %d", status)
	}
	o.send(e)
	o.opened(n)
	status, page := o.attach(string(n), string(c), `../../"><script>rahasia.jpg`, photo(t, 3000, 1500), "Loketnya pukul 10.")
	if status != http.StatusOK || !strings.Contains(page, "The file is saved") || !strings.Contains(page, "1 of 5 files") || strings.Contains(page, "Loketnya") || strings.Contains(page, string(n)+"-1") {
		t.Errorf("%d %s", status, page)
	}
	pdf := []byte("%PDF-1.7\n/JS (app.alert(1))")
	if status, _ := o.attach(string(n), string(c), "surat.pdf", pdf, ""); status != http.StatusOK {
		t.Error(status)
	}
	x := o.sit("petugas", hub.Verifier, "ntt")
	path := "/desk/case/" + string(n)
	desk := x.get(path + "?lang=en")
	for _, want := range []string{"A file from the visitor: 1", "A file from the visitor: 2", "Loketnya pukul 10.", "Picture (JPEG)", path + "/attachment/2", "PDFs from outside can be harmful"} {
		if !strings.Contains(desk, want) {
			t.Errorf("the desk lacks %q", want)
		}
	}
	if strings.Contains(desk, "rahasia.jpg") || strings.Contains(page, "rahasia.jpg") {
		t.Error("the name of the file is kept")
	}
	resp, picture := x.fetched(path + "/attachment/1")
	seen, err := jpeg.DecodeConfig(bytes.NewReader(picture))
	if err != nil || seen.Width != 2400 || bytes.Contains(picture, []byte("GPS")) || resp.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("%v %v %v", seen, resp.Header, err)
	}
	resp, paper := x.fetched(path + "/attachment/2")
	if !bytes.Equal(paper, pdf) {
		t.Errorf("%q", paper)
	}
	for name, want := range map[string]string{"Content-Type": "application/pdf", "Content-Disposition": fmt.Sprintf(`attachment; filename="%s-2.pdf"`, n),
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'", "Cache-Control": "no-store"} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if said, err := o.book.LastAudited(t.Context(), 1); err != nil || said[0].Actor != "petugas" || said[0].Act != "GET /desk/case/{number}/attachment/{file}" || said[0].Object != string(n) {
		t.Errorf("the audit log says %+v, %v", said, err)
	}
	if resp, _ := x.fetched(path + "/attachment/3"); resp.StatusCode != http.StatusNotFound {
		t.Error(resp.StatusCode)
	}
	// What lies in the database holds no place either, and the backup holds the files.
	backup := filepath.Join(t.TempDir(), "backup.db")
	if _, err := o.book.Backup(t.Context(), backup, o.now()); err != nil {
		t.Fatal(err)
	}
	o.stop()
	copied, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	for where, b := range map[string][]byte{"the backup": copied, "the database": casebooktest.Bytes(t, o.dir)} {
		if bytes.Contains(b, []byte("GPSLatitude")) || bytes.Contains(b, []byte("rahasia.jpg")) || !bytes.Contains(b, []byte("app.alert(1)")) {
			t.Errorf("%s holds a place or a name, or not the PDF", where)
		}
	}
	casebooktest.Restore(t, o.dir, backup)
	o.open(true)
	if _, again, err := o.book.Attached(t.Context(), n, 1); err != nil || !bytes.Equal(again, picture) {
		t.Errorf("after a restore: %d bytes, %v", len(again), err)
	}
}

// What cannot be taken says why, and leaves nothing.
func TestFilesThatAreRefused(t *testing.T) {
	o := newOffice(t)
	e, n, c := o.report()
	o.send(e)
	o.opened(n)
	number, code := string(n), string(c)
	good := photo(t, 40, 30)
	nobody := []string{}
	for _, pair := range [][2]string{{number, "00000000" + code[8:]}, {"ZZZZZZZZ", code}, {"", ""}, {"'; drop table", strings.Repeat("x", 9000)}} {
		status, page := o.attach(pair[0], pair[1], "foto.jpg", good, "")
		if status != http.StatusNotFound {
			t.Errorf("%v: %d", pair, status)
		}
		nobody = append(nobody, page)
	}
	if len(slices.Compact(nobody)) != 1 {
		t.Error("what is wrong with a pair makes a difference")
	}
	for _, c := range []struct {
		name string
		b    []byte
		want int
		says string
	}{
		{"nothing", nil, http.StatusUnprocessableEntity, "Choose the file first"},
		{"an empty file", []byte{}, http.StatusUnprocessableEntity, "Choose the file first"},
		{"a page", []byte("<html>"), http.StatusUnsupportedMediaType, "Only JPEG"},
		{"half a photo", good[:len(good)/2], http.StatusUnprocessableEntity, "cannot be read"},
		{"too large", append([]byte("%PDF-"), make([]byte, attach.MaxFile)...), http.StatusRequestEntityTooLarge, "too large"},
		{"far too large", append([]byte("%PDF-"), make([]byte, 4*attach.MaxFile)...), http.StatusRequestEntityTooLarge, "too large"},
	} {
		if status, page := o.attach(number, code, "foto.jpg", c.b, ""); status != c.want || !strings.Contains(page, c.says) {
			t.Errorf("%s: %d", c.name, status)
		}
	}
	if all, err := o.book.Attachments(t.Context(), n); err != nil || len(all) > 0 || o.current(n).Edition != 1 {
		t.Errorf("%v %v", all, err)
	}
	// A form that is none, one that is cut off, and one with the file before the pair.
	if resp, _ := o.post("/t/attach", "application/x-www-form-urlencoded", strings.NewReader("number="+number), nil); resp.StatusCode != http.StatusBadRequest {
		t.Error(resp.StatusCode)
	}
	if resp, _ := o.post("/t/attach", "multipart/form-data; boundary=x", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"number\"\r\n\r\nK7"), nil); resp.StatusCode != http.StatusBadRequest {
		t.Error(resp.StatusCode)
	}
	early := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n%PDF-1\r\n--x\r\nContent-Disposition: form-data; name=\"number\"\r\n\r\n" + number +
		"\r\n--x\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\n" + code + "\r\n--x--\r\n"
	if resp, _ := o.post("/t/attach", "multipart/form-data; boundary=x", strings.NewReader(early), nil); resp.StatusCode != http.StatusNotFound {
		t.Error(resp.StatusCode)
	}
	// Another site cannot send for the visitor.
	if resp, _ := o.post("/t/attach", "multipart/form-data; boundary=x", strings.NewReader(early), map[string]string{"Sec-Fetch-Site": "cross-site"}); resp.StatusCode != http.StatusForbidden {
		t.Error(resp.StatusCode)
	}
}

// Five files, 20 MiB, and none once the case is closed.
func TestFilesHaveAnEnd(t *testing.T) {
	o := newOffice(t)
	e, n, c := o.report()
	e2, n2, c2 := o.report()
	o.send(e, e2)
	o.opened(n)
	o.opened(n2)
	for i := range hub.MostAttachments {
		if status, _ := o.attach(string(n), string(c), "a.pdf", fmt.Appendf(nil, "%%PDF-%d", i), ""); status != http.StatusOK {
			t.Fatal(i, status)
		}
	}
	if status, page := o.attach(string(n), string(c), "a.pdf", []byte("%PDF-6"), ""); status != http.StatusConflict || !strings.Contains(page, "no more files") || strings.Contains(page, `action="/t/attach"`) {
		t.Errorf("the sixth: %d", status)
	}
	large := append([]byte("%PDF-"), make([]byte, attach.MaxFile-5)...)
	for i, want := range []int{200, 200, 409} {
		if status, _ := o.attach(string(n2), string(c2), "a.pdf", large, ""); status != want {
			t.Errorf("8 MiB for the %d. time: %d", i+1, status)
		}
	}
	x := o.current(n2)
	if err := o.hub.Update(t.Context(), anybody, hub.Change{Number: n2, Edition: x.Edition, Decision: lifecycle.Decision{Status: kiosk.Answered, Answer: "Selesai.", Outcome: "solved"}}); err != nil {
		t.Fatal(err)
	}
	if status, _ := o.say(n2, c2, "solved", ""); status != http.StatusOK {
		t.Fatal(status)
	}
	if status, page := o.attach(string(n2), string(c2), "a.pdf", []byte("%PDF-1"), ""); status != http.StatusConflict || strings.Contains(page, `action="/t/attach"`) {
		t.Errorf("after it was closed: %d", status)
	}
}

// What the office waits for is brought by a file; an officer who was typing meanwhile
// is told, and no mail goes to the visitor about what they did themselves.
func TestAFileCompletesAReport(t *testing.T) {
	o := newOffice(t)
	e, n, c := o.answered("information", kiosk.Answers{"information": "Anggaran", "purpose": "Riset"})
	o.send(e)
	x := o.opened(n)
	if err := o.hub.Update(t.Context(), anybody, hub.Change{Number: n, Edition: x.Edition, Decision: lifecycle.Decision{Status: kiosk.Returned, Answer: "Mohon bawa KTP."}}); err != nil {
		t.Fatal(err)
	}
	typing := o.current(n)
	if status, _ := o.attach(string(n), string(c), "ktp.jpg", photo(t, 40, 30), "Ini KTP saya."); status != http.StatusOK {
		t.Fatal(status)
	}
	if now := o.current(n); now.Status != kiosk.InProgress || now.Answer != "Mohon bawa KTP." {
		t.Errorf("%+v", now)
	}
	seat := o.sit("ppid", hub.PPID, "ntt")
	if status, page := seat.post("/desk/case/"+string(n), "edition", edition(typing), "status", "returned", "answer", "Masih kurang."); status != http.StatusConflict || !strings.Contains(page, "Berkas dari pelapor") {
		t.Errorf("the officer saves over it: %d", status)
	}
	if got := o.track(string(n), string(c)); got.Changes[len(got.Changes)-1].Kind != "attached" || got.Changes[len(got.Changes)-1].Said != "" {
		t.Errorf("%+v", got.Changes)
	}
}

// A file of a confidential visitor opens like their name: for a reason, which the
// story keeps, and only to who may open that.
func TestFilesOfAConfidentialVisitor(t *testing.T) {
	o := newOffice(t)
	n, c, err := o.hub.File(t.Context(), "ntt", kiosk.Report{Form: kiosk.FormRef{Name: "complaint", Version: 1}, Language: kiosk.Indonesian, Identity: kiosk.Confidential,
		Answers: kiosk.Answers{"title": "Pungutan", "description": "Diminta uang.", "name": "Sari Contoh"}})
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := o.attach(string(n), string(c), "a.pdf", []byte("%PDF-saya"), ""); status != http.StatusOK {
		t.Fatal(status)
	}
	path := "/desk/case/" + string(n)
	v, unit, auditor := o.sit("periksa", hub.Verifier, "ntt"), o.sit("unit", hub.Unit, "ntt"), o.sit("audit", hub.Auditor, "")
	for _, x := range []seat{unit, auditor} {
		if page := x.get(path); !strings.Contains(page, "Terkunci") || strings.Contains(page, "/attachment/1") {
			t.Error("it is offered to who may not open it")
		}
		if status, page := x.post(path+"/attachment/1", "why", "ingin tahu"); status != http.StatusForbidden || strings.Contains(page, "saya") {
			t.Errorf("%d", status)
		}
	}
	if resp, b := v.fetched(path + "/attachment/1"); resp.StatusCode != http.StatusUnprocessableEntity || bytes.Contains(b, []byte("%PDF")) {
		t.Errorf("without a reason: %d", resp.StatusCode)
	}
	if status, page := v.post(path+"/attachment/1", "why", "Perlu memeriksa surat."); status != http.StatusOK || page != "%PDF-saya" {
		t.Errorf("%d", status)
	}
	if page := v.get(path); !strings.Contains(page, "Perlu memeriksa surat. (1)") {
		t.Error("the story does not say who looked")
	}
}

// Who guesses waits, as at the look-up; the right code never does.
func TestGuessingWithFiles(t *testing.T) {
	o := newOffice(t)
	e, n, c := o.report()
	o.send(e)
	o.opened(n)
	wrong := "00000000" + string(c[8:])
	last := 0
	for range 8 {
		last, _ = o.attach(string(n), wrong, "a.pdf", []byte("%PDF-1"), "")
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the eighth guess: %d", last)
	}
	o.sleep(time.Minute)
	if status, _ := o.attach(string(n), string(c), "a.pdf", []byte("%PDF-1"), ""); status != http.StatusOK {
		t.Errorf("the right code: %d", status)
	}
}

// holds reports whether a file has a text in it.
func holds(t *testing.T, file, text string) bool {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(b, []byte(text))
}

// scannedPage is a page from the real scanimage, with the device it has for tests.
func scannedPage(t *testing.T) []byte {
	t.Helper()
	s, err := scanner.Find(t.Context(), "test")
	if errors.Is(err, scanner.ErrNone) && os.Getenv("CI") == "" {
		t.Skip("scanimage is not here; make setup installs it")
	}
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.Page(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// noise is a page as large as one can be.
func noise(t *testing.T) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 1500, 2000))
	chance := mathrand.New(mathrand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = byte(chance.Uint32())
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	_, page, err := attach.Clean(b.Bytes(), attach.Page)
	if err != nil || len(page) < 1_000_000 {
		t.Fatal(len(page), err)
	}
	return page
}

// Papers scanned at the kiosk: the receipt counts them, the report does not wait for
// them, and they find their case whatever comes first, each once.
func TestPapersFromAKiosk(t *testing.T) {
	o := newOffice(t)
	page, large := scannedPage(t), noise(t)
	counter, kept := o.counter("ntt")
	d := kiosk.Draft{Form: "complaint", Language: kiosk.Indonesian, Identity: kiosk.Anonymous, Pages: [][]byte{page, large},
		Answers: kiosk.Answers{"title": "Loket tutup", "description": "Loket 3 tutup sejak pagi hari.", "location": "Loket 3"}}
	for said, pages := range map[string]int{"": 2, "1": 2, "2": 0, "3": 2} { // a draft that counts wrongly
		wrong := d
		wrong.Answers = maps.Clone(d.Answers)
		if wrong.Pages = d.Pages[:pages]; said != "" {
			wrong.Answers["papers"] = said
		}
		if _, err := counter.File(t.Context(), wrong); !errors.As(err, new(form.Problems)) {
			t.Errorf("%q of %d: %v", said, pages, err)
		}
	}
	d.Answers["papers"] = "2"
	given, err := counter.File(t.Context(), d)
	if err != nil || given.Pages != 2 || len(kept.pages) != 2 {
		t.Fatalf("%d pages on the receipt, %d in the queue, %v", given.Pages, len(kept.pages), err)
	}
	// The second page comes first, and twice.
	report, first, second := kept.last, kept.pages[0], kept.pages[1]
	for range 2 {
		if resp, acks := o.send(second); resp.StatusCode != http.StatusOK || acks[0].Level != seal.LevelStored {
			t.Fatalf("%d %+v", resp.StatusCode, acks)
		}
	}
	o.send(report)
	o.opened(given.Number)
	arrived := func(want int) (all []hub.Attachment) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			var err error
			if all, err = o.book.Attachments(t.Context(), given.Number); err == nil && len(all) == want {
				return all
			}
		}
		t.Fatalf("%d pages, want %d", len(all), want)
		return nil
	}
	arrived(1)
	x, path := o.sit("petugas", hub.Verifier, "ntt"), "/desk/case/"+string(given.Number)
	if page := x.get(path + "?lang=en"); !strings.Contains(page, "1 scanned pages have not arrived") || !strings.Contains(page, "Scanned at the kiosk, page 2") || !strings.Contains(page, "Pages: 2") {
		t.Error("the desk does not say what is missing")
	}
	o.send(first)
	all := arrived(2)
	if all[0].Page != 2 || all[1].Page != 1 || all[1].Type != attach.JPEG {
		t.Errorf("%+v", all)
	}
	if page := x.get(path + "?lang=en"); strings.Contains(page, "have not arrived") {
		t.Error("the desk still waits")
	}
	if resp, b := x.fetched(path + "/attachment/2"); resp.StatusCode != http.StatusOK || !bytes.HasPrefix(b, []byte{0xff, 0xd8}) {
		t.Error(resp.StatusCode)
	}
	// Pages take nothing of what a visitor may add later, and the chain has no hole.
	for i := range hub.MostAttachments {
		if status, _ := o.attach(string(given.Number), string(given.Code), "a.pdf", fmt.Appendf(nil, "%%PDF-%d", i), ""); status != http.StatusOK {
			t.Errorf("file %d: %d", i, status)
		}
	}
	if n, err := o.book.Contiguous(t.Context(), o.id); err != nil || n != 3 {
		t.Errorf("the ratchet stands at %d, %v", n, err)
	}
	if got := o.track(string(given.Number), string(given.Code)); got.Result != kiosk.TrackFound {
		t.Errorf("%+v", got)
	}
	e, n, c := o.report() // the next report's code is known before it arrives
	if got := o.track(string(n), string(c)); got.Result != kiosk.TrackNotArrived {
		t.Errorf("%+v", got)
	}
	o.send(e)
	o.opened(n)
}

// What a changed kiosk sends as pages is kept in quarantine and reaches no officer.
func TestPagesThatAreNone(t *testing.T) {
	o := newOffice(t)
	e, n, _ := o.report()
	o.send(e)
	o.opened(n)
	good := photo(t, 40, 30)
	elsewhere := kiosk.Number(track.Secret("ZZ00001"))
	for name, p := range map[string]kiosk.Page{
		"no picture":      {Of: n, Index: 1, Bytes: []byte("MZ")},
		"a PDF":           {Of: n, Index: 1, Bytes: []byte("%PDF-1.7")},
		"nothing":         {Of: n, Index: 1},
		"a fourth":        {Of: n, Index: 4, Bytes: good},
		"a zeroth":        {Of: n, Bytes: good},
		"another kiosk's": {Of: elsewhere, Index: 1, Bytes: good},
		"of no number":    {Of: "x", Index: 1, Bytes: good},
	} {
		sealer, err := seal.NewSealer(o.id, "test", o.key, o.bundle)
		if err != nil {
			t.Fatal(err)
		}
		o.seq++
		own := kiosk.Number(track.Secret(fmt.Sprintf("%s%05d", o.id, o.seq)))
		env, err := sealer.Seal(seal.NewID(), seal.Slot{Epoch: "0011223344556677", Seq: o.seq, Prev: o.prev}, kiosk.Report{Number: own, Code: o.step.Code(own),
			Form: kiosk.FormRef{Name: "complaint", Version: 1}, Language: kiosk.Indonesian, Identity: kiosk.Anonymous, Office: "ntt", At: kiosk.Moment{At: o.now()}, Page: &p})
		if err != nil {
			t.Fatal(err)
		}
		o.step, o.prev = o.step.Next(), env.SHA256
		o.send(env.Bytes)
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if at, err := o.book.Contiguous(t.Context(), o.id); err == nil && at == int(o.seq) {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%s: never dealt with", name)
			}
		}
		if all, err := o.book.Attachments(t.Context(), p.Of); err != nil || len(all) > 0 {
			t.Errorf("%s: %v %v", name, all, err)
		}
	}
}
