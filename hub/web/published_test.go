package web_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"loket/assets"
	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/published"
	"loket/kiosk/seal"
)

const publisherPassword = "kata sandi panjang"

// client is the browser of an officer who is logged in.
func (o *office) client(name string, role hub.Role) *http.Client {
	o.t.Helper()
	if err := o.hub.AddOfficer(o.t.Context(), name, publisherPassword, role, ""); err != nil {
		o.t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	b := &http.Client{Jar: jar}
	resp, err := b.PostForm(o.server.URL+"/desk/login", url.Values{"name": {name}, "password": {publisherPassword}})
	if err != nil {
		o.t.Fatal(err)
	}
	resp.Body.Close()
	return b
}

func answerOf(t testing.TB, resp *http.Response, err error) (int, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// upload sends a table as the desk's form does.
func (o *office) upload(b *http.Client, name string, table io.Reader) (int, string) {
	o.t.Helper()
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() {
		part, err := form.CreateFormFile("file", name)
		if err == nil {
			_, err = io.Copy(part, table)
		}
		w.CloseWithError(errors.Join(err, form.Close()))
	}()
	resp, err := b.Post(o.server.URL+"/desk/published", form.FormDataContentType(), r)
	r.Close()
	return answerOf(o.t, resp, err)
}

func (o *office) submit(b *http.Client, path string, form url.Values) (int, string) {
	o.t.Helper()
	resp, err := b.PostForm(o.server.URL+path, form)
	return answerOf(o.t, resp, err)
}

var versionOf = regexp.MustCompile(`name="after" value="(\d+)"`)

const firstTable = "Kode;Judul informasi;Kategori;Pejabat atau unit yang menguasai;Tahun;Bentuk;Tempat memperoleh\n" +
	"a;Laporan kinerja kantor wilayah;Berkala;Bagian Umum;2025;softcopy;https://ppid.example.go.id/lk\n" +
	"b;Daftar notaris <aktif>;Setiap saat;Divisi Pelayanan Hukum;2026;hardcopy;Meja PPID\n" +
	"c;Tarif layanan;Setiap saat;Bagian Umum;2026;;\n"

func TestAListIsCheckedPublishedAndTakenBack(t *testing.T) {
	o := newOffice(t)
	b := o.client("Petugas PPID", hub.PPID)
	get := func(path string) string { return o.get(b, path) }
	if page := o.stranger("/published"); !strings.Contains(page, "belum diterbitkan") {
		t.Error(page)
	}
	if resp, err := http.Get(o.server.URL + "/api/v1/published"); err != nil || resp.StatusCode != http.StatusNotFound {
		t.Error(resp, err)
	}

	// A faulty table is shown, line by line, and not published as it is.
	faulty := firstTable + "d;;Berkala;;;;\ne;=1+1;Berkala;;;;\nf;Nama pelapor;Dikecualikan;;;;\n"
	status, page := o.upload(b, "daftar.csv", strings.NewReader(faulty))
	for _, want := range []string{"daftar.csv", "Tidak ada judul", "Berisi rumus", "=1&#43;1", "Informasi yang dikecualikan", "<b>3</b>", "Terbitkan 3 informasi", "&lt;aktif&gt;"} {
		if !strings.Contains(page, want) {
			t.Errorf("%d: the preview lacks %q", status, want)
		}
	}
	if status, page := o.submit(b, "/desk/published/publish", url.Values{"after": {"0"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Perbaiki baris") {
		t.Errorf("published with faults: %d", status)
	}
	if page := o.stranger("/published"); !strings.Contains(page, "belum diterbitkan") {
		t.Error("a faulty table was published")
	}
	if status, page := o.submit(b, "/desk/published/publish", url.Values{"after": {"0"}, "skip": {"1"}}); status != http.StatusOK || !strings.Contains(page, "Daftar sudah terbit") || strings.Contains(page, `id="preview"`) {
		t.Errorf("%d %s", status, page)
	}
	first := versionOf.FindStringSubmatch(get("/desk/published"))
	if first != nil {
		t.Error("the only issue offers to be published again")
	}
	x, err := o.hub.Published(t.Context())
	if err != nil || len(x.List().Items) != 3 {
		t.Fatal(x.List(), err)
	}
	one := fmt.Sprint(x.List().Version)

	// The public reads, searches, filters and downloads.
	if page := o.stranger("/published?q=kinreja"); !strings.Contains(page, "Laporan kinerja") || strings.Contains(page, "notaris") {
		t.Error(page)
	}
	if page := o.stranger("/published?category=setiap_saat&unit=Bagian+Umum&lang=en"); !strings.Contains(page, "Tarif layanan") || strings.Contains(page, "Laporan kinerja") || !strings.Contains(page, "At any time") || !strings.Contains(page, "1 items") {
		t.Error(page)
	}
	if page := o.stranger("/published?q=xqzwv"); !strings.Contains(page, "Tidak ada yang cocok") {
		t.Error(page)
	}
	if page := o.stranger("/published/a"); !strings.Contains(page, `href="https://ppid.example.go.id/lk"`) || !strings.Contains(page, "UU 14/2008 Pasal 9") {
		t.Error(page)
	}
	if page := o.stranger("/published/b"); !strings.Contains(page, "&lt;aktif&gt;") || !strings.Contains(page, "Meja PPID") {
		t.Error(page)
	}
	if resp, err := http.Get(o.server.URL + "/published/tidak-ada"); err != nil || resp.StatusCode != http.StatusNotFound {
		t.Error(resp, err)
	}
	var open struct{ Items []published.Item }
	if err := json.Unmarshal([]byte(o.stranger("/published.json")), &open); err != nil || len(open.Items) != 3 || open.Items[0].ID != "a" {
		t.Error(open, err)
	}

	// The next table: what is new, changed and gone is shown before.
	o.sleep(10 * time.Minute)
	second := strings.Replace(firstTable, "a;Laporan kinerja kantor wilayah;Berkala;Bagian Umum;2025", "a;Laporan kinerja kantor wilayah;Berkala;Bagian Umum;2026", 1)
	second = strings.Replace(second, "c;Tarif layanan", "d;-Tarif baru", 1)
	_, page = o.upload(b, "kedua.csv", strings.NewReader(second))
	for _, want := range []string{"<del><bdi>2025</bdi></del>", "<ins><bdi>2026</bdi></ins>", "Hilang (1)", "Baru (1)", "Berubah (1)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the preview lacks %q", want)
		}
	}
	// Somebody else publishes meanwhile: the preview is shown anew.
	if _, err := o.hub.PublishAgain(t.Context(), hub.Officer{Name: "Pengelola", Role: hub.Administrator}, x.List().Version, x.List().Version); err != nil {
		t.Fatal(err)
	}
	status, page = o.submit(b, "/desk/published/publish", url.Values{"after": {one}})
	if status != http.StatusConflict || !strings.Contains(page, "Orang lain") || !strings.Contains(page, `id="preview"`) {
		t.Errorf("two at once: %d", status)
	}
	after := versionOf.FindStringSubmatch(page)[1]
	if status, _ = o.submit(b, "/desk/published/publish", url.Values{"after": {after}}); status != http.StatusOK || strings.Contains(o.stranger("/published?q=tarif"), "Tarif layanan") {
		t.Errorf("the second table: %d", status)
	}
	table, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(o.stranger("/published.csv"), "\ufeff"))).ReadAll()
	if err != nil || len(table) != 4 || table[3][1] != "'-Tarif baru" {
		t.Error(table, err)
	}
	if again, faults, err := o.hub.Vocabulary.Read(strings.NewReader(o.stranger("/published.csv"))); err != nil || len(faults) != 0 || len(published.Compare(again, open.Items).Removed) != 1 || again[2].Title != "-Tarif baru" {
		t.Error("what is downloaded cannot be uploaded", again, faults, err)
	}

	// And back: every issue is still there.
	page = get("/desk/published")
	if got := get("/desk/published/" + one + "/daftar.csv"); !strings.Contains(got, "Tarif layanan") {
		t.Error(got)
	}
	after = versionOf.FindStringSubmatch(page)[1]
	status, page = o.submit(b, "/desk/published/again", url.Values{"after": {after}, "version": {one}})
	if status != http.StatusOK || !strings.Contains(page, "sama dengan terbitan") || !strings.Contains(o.stranger("/published?q=tarif"), "Tarif layanan") {
		t.Errorf("taking an issue up again: %d", status)
	}
	issues, err := o.book.Issues(t.Context())
	if err != nil || len(issues) != 4 || !slices.IsSortedFunc(issues, func(a, b hub.Issue) int { return int(b.Version - a.Version) }) {
		t.Errorf("%+v %v", issues, err)
	}
	if status, _ := o.submit(b, "/desk/published/again", url.Values{"after": {fmt.Sprint(issues[0].Version)}, "version": {"12345"}}); status != http.StatusNotFound {
		t.Errorf("an issue that never was: %d", status)
	}
}

func TestHostileUploads(t *testing.T) {
	o := newOffice(t)
	b := o.client("Petugas PPID", hub.PPID)
	for name, c := range map[string]struct {
		table io.Reader
		says  string
	}{
		"50 MB":          {io.LimitReader(endless{}, 50<<20), "terlalu besar"},
		"an executable":  {strings.NewReader("\x7fELF\x00\xff\xfe\x80"), "CSV UTF-8"},
		"a web page":     {strings.NewReader("<html>"), "Contoh tabel"},
		"columns alone":  {strings.NewReader("Judul;Kategori;Tahun\n"), "tidak berisi"},
		"NULs in a line": {strings.NewReader("Judul;Kategori;Tahun\na\x00b;Berkala;2025\n"), "tidak terlihat"},
		"a hostile name": {strings.NewReader("Judul;Kategori;Tahun\n<script>alert(1)</script>;Berkala;2025\n"), "&lt;script&gt;"},
	} {
		status, page := o.upload(b, "<img src=x>.csv", c.table)
		if status >= 500 || !strings.Contains(page, c.says) || strings.Contains(page, "<script>alert") || strings.Contains(page, "<img") {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, page := o.upload(b, "", strings.NewReader("")); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Pilih dulu") {
		t.Errorf("no file: %d", status)
	}
	if status, _ := o.submit(b, "/desk/published", url.Values{"file": {firstTable}}); status != http.StatusBadRequest {
		t.Errorf("not a file: %d", status)
	}
	if status, page := o.submit(b, "/desk/published/discard", nil); status != http.StatusOK || strings.Contains(page, `id="preview"`) {
		t.Errorf("discard: %d", status)
	}
}

// Who may not change the list learns nothing of what is prepared either.
func TestWhoMayPublish(t *testing.T) {
	o := newOffice(t)
	for _, role := range hub.Roles {
		may := role == hub.PPID || role == hub.Administrator
		b := o.client(string(role), role)
		want := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[may]
		for _, path := range []string{"/desk/published", "/desk/published/contoh.csv"} {
			resp, err := b.Get(o.server.URL + path)
			if status, page := answerOf(t, resp, err); status != want || strings.Contains(page, `href="/desk/published"`) != (may && path == "/desk/published") {
				t.Errorf("%s %s: %d", role, path, status)
			}
		}
		if status, _ := o.upload(b, "a.csv", strings.NewReader(firstTable)); status != want {
			t.Errorf("%s uploads: %d", role, status)
		}
		before, _ := o.book.Issues(t.Context())
		after := "0"
		if len(before) > 0 {
			after = fmt.Sprint(before[0].Version)
		}
		o.sleep(time.Minute)
		status, _ := o.submit(b, "/desk/published/publish", url.Values{"after": {after}})
		if now, _ := o.book.Issues(t.Context()); status != want || (len(now) > len(before)) != may {
			t.Errorf("%s publishes: %d, %d issues", role, status, len(now))
		}
		if len(before) > 0 && !may {
			if status, _ := o.submit(b, "/desk/published/again", url.Values{"after": {after}, "version": {after}}); status != http.StatusForbidden {
				t.Errorf("%s takes an issue up again: %d", role, status)
			}
			if status, _ := o.submit(b, "/desk/published/discard", nil); status != http.StatusForbidden {
				t.Errorf("%s discards: %d", role, status)
			}
		}
		if _, err := o.hub.Publish(t.Context(), hub.Officer{Name: "x", Role: role}, []published.Item{{ID: "x", Title: "X", Category: "berkala"}}, -1); errors.Is(err, hub.ErrForbidden) == may {
			t.Errorf("%s at the hub itself: %v", role, err)
		}
	}
	if resp, err := http.PostForm(o.server.URL+"/desk/published/publish", url.Values{"after": {"0"}}); err != nil || resp.Request.URL.Path != "/desk/login" {
		t.Error("a stranger publishes")
	}
}

func TestKiosksFetchASignedList(t *testing.T) {
	o := newOffice(t)
	items, _, err := o.hub.Vocabulary.Read(strings.NewReader(firstTable))
	if err != nil {
		t.Fatal(err)
	}
	admin := hub.Officer{Name: "Pengelola", Role: hub.Administrator}
	i, err := o.hub.Publish(t.Context(), admin, items, 0)
	if err != nil {
		t.Fatal(err)
	}
	fetch := func(tag string) (*http.Response, seal.Signed) {
		req, _ := http.NewRequest(http.MethodGet, o.server.URL+"/api/v1/published", nil)
		req.Header.Set("If-None-Match", tag)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var s seal.Signed
		if resp.StatusCode == http.StatusOK {
			if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
				t.Fatal(err)
			}
		}
		return resp, s
	}
	resp, signed := fetch("")
	l, err := seal.OpenList(o.bundle.AckKey, o.bundle.Hub, signed)
	var got []published.Item
	if err != nil || l.Version != i.Version || json.Unmarshal(l.Items, &got) != nil || len(got) != 3 || got[1].Title != "Daftar notaris <aktif>" {
		t.Errorf("%+v %v", l, err)
	}
	if again, _ := fetch(resp.Header.Get("ETag")); again.StatusCode != http.StatusNotModified || again.Header.Get("ETag") != resp.Header.Get("ETag") {
		t.Error(again.Status)
	}
	if _, err := seal.OpenList(o.bundle.AckKey, "00000000", signed); !errors.Is(err, seal.ErrForeign) {
		t.Error("another hub's list:", err)
	}
	tampered := signed
	tampered.Payload = bytes.Replace(bytes.Clone(signed.Payload), []byte("example.go.id"), []byte("example.com.x"), 1)
	if _, err := seal.OpenList(o.bundle.AckKey, o.bundle.Hub, tampered); !errors.Is(err, seal.ErrSignature) {
		t.Error("a tampered list:", err)
	}
	if _, err := seal.OpenAck(o.bundle.AckKey, signed); !errors.Is(err, seal.ErrSignature) {
		t.Error("a list passes for an acknowledgement:", err)
	}
	// A clock that was set back makes no list that kiosks take for old.
	o.sleep(-48 * time.Hour)
	next, err := o.hub.Publish(t.Context(), admin, items[:1], i.Version)
	if err != nil || next.Version <= i.Version {
		t.Error(next, err)
	}
	if again, signed := fetch(resp.Header.Get("ETag")); again.StatusCode != http.StatusOK || len(signed.Payload) == 0 {
		t.Error(again.Status)
	}
}

func TestARequestsPageShowsWhatIsPublished(t *testing.T) {
	o := newOffice(t)
	example, err := o.hub.Vocabulary.Example(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	if got := o.hub.PublishedLike(t.Context(), "laporan kinerja"); len(got) != 0 {
		t.Error(got)
	}
	if _, err := o.hub.Publish(t.Context(), hub.Officer{Name: "Pengelola", Role: hub.Administrator}, example.Items, 0); err != nil {
		t.Fatal(err)
	}
	e, n, _ := o.answered("information", kiosk.Answers{"information": "Saya memerlukan daftar notaris yang aktif di provinsi ini untuk penelitian."})
	o.send(e)
	o.opened(n)
	other, m, _ := o.report()
	o.send(other)
	o.opened(m)
	b := o.client("Pengelola", hub.Administrator)
	if page := o.get(b, "/desk/case/"+string(n)); !strings.Contains(page, "Mungkin sudah tersedia") || !strings.Contains(page, "Daftar notaris di provinsi ini") {
		t.Error(page)
	}
	if page := o.get(b, "/desk/case/"+string(m)); strings.Contains(page, "Mungkin sudah tersedia") {
		t.Error("a complaint is answered with a list")
	}
}
