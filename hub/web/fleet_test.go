package web_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/seal"
	"loket/kiosk/staff"
	"loket/kiosk/track"
)

// machine is a kiosk of the fleet in software.
type machine struct {
	o     *office
	id    string
	key   ed25519.PrivateKey
	step  track.Key
	seq   uint64
	epoch string
	last  [32]byte
	seal  *seal.Sealer
}

// enlist enrols another kiosk, past HTTP's limits for strangers.
func (o *office) enlist(place string) *machine {
	o.t.Helper()
	code, err := o.hub.AddKiosk(o.t.Context(), place)
	if err != nil {
		o.t.Fatal(err)
	}
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	ask, err := seal.NewEnrolRequest(code, pub)
	if err != nil {
		o.t.Fatal(err)
	}
	reply, err := o.hub.Enrol(o.t.Context(), ask)
	if err != nil {
		o.t.Fatal(err)
	}
	a, err := seal.OpenAnswer(code, ask, reply)
	if err != nil {
		o.t.Fatal(err)
	}
	m := &machine{o: o, id: a.Kiosk, key: key, step: track.Key(a.Ratchet), epoch: strings.Repeat("ab", 8)}
	if m.seal, err = seal.NewSealer(m.id, "test", key, o.bundle); err != nil {
		o.t.Fatal(err)
	}
	return m
}

func (m *machine) call(path, kind string, body []byte) (int, []byte, error) {
	req, err := http.NewRequest(http.MethodPost, m.o.server.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Loket-Kiosk", m.id)
	req.Header.Set("Loket-Signature", base64.StdEncoding.EncodeToString(seal.SignRequest(m.key, http.MethodPost, path, body)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, b, err
}

// beat says how the kiosk is, and returns what the hub says.
func (m *machine) beat(h *seal.Health) (st seal.Standing, err error) {
	body, err := json.Marshal(seal.Head{Nonce: "n", Epoch: m.epoch, Seq: m.seq, SHA256: fmt.Sprintf("%x", m.last), Health: h})
	if err != nil {
		return st, err
	}
	status, b, err := m.call("/api/v1/standing", "application/json", body)
	if err != nil {
		return st, err
	}
	var signed seal.Signed
	if err := json.Unmarshal(b, &signed); err != nil {
		return st, fmt.Errorf("%d %s", status, b)
	}
	return seal.OpenStanding(m.o.bundle.AckKey, "n", signed)
}

// upload files one report and sends it.
func (m *machine) upload() error {
	n := kiosk.Number(track.Secret(fmt.Sprintf("%s%05d", m.id, m.seq+1)))
	e, err := m.seal.Seal(seal.NewID(), seal.Slot{Epoch: m.epoch, Seq: m.seq + 1, Prev: m.last}, kiosk.Report{
		Number: n, Code: m.step.Code(n), Form: kiosk.FormRef{Name: "complaint", Version: 1}, Language: kiosk.Indonesian, Identity: kiosk.Anonymous,
		Office: "ntt", At: kiosk.Moment{At: m.o.now()}, Answers: kiosk.Answers{"title": "loket tutup", "description": "loket tutup sejak pagi"}})
	if err != nil {
		return err
	}
	m.seq, m.last, m.step = m.seq+1, e.SHA256, m.step.Next()
	var b bytes.Buffer
	if err := seal.WriteBatch(&b, [][]byte{e.Bytes}); err != nil {
		return err
	}
	status, body, err := m.call("/api/v1/envelopes", seal.BatchType, b.Bytes())
	var answer struct{ Acks []seal.Signed }
	if err == nil && (json.Unmarshal(body, &answer) != nil || len(answer.Acks) != 1) {
		err = fmt.Errorf("%d %s", status, body)
	}
	return err
}

func well(o *office) *seal.Health {
	return &seal.Health{Version: "0.9.0", At: o.now(), DiskFree: 40 << 30, Printer: "ok"}
}

// What a kiosk tells of itself is what the page says it needs.
func TestWhatAKioskNeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("fifteen hubs, one after the other")
	}
	yesterday := func(o *office) *time.Time { at := o.now().Add(-25 * time.Hour); return &at }
	for name, x := range map[string]struct {
		tell   func(*office, *seal.Health)
		pass   time.Duration // since
		says   string
		urgent bool
	}{
		"well":              {func(*office, *seal.Health) {}, 0, "", false},
		"paper":             {func(_ *office, h *seal.Health) { h.Printer = "paper_out" }, 0, "Kertas printer habis", false},
		"a word of later":   {func(_ *office, h *seal.Health) { h.Printer = "on_fire" }, 0, "", false},
		"nearly out":        {func(_ *office, h *seal.Health) { h.NearEnd = true }, 0, "Kertas hampir habis", false},
		"waiting":           {func(o *office, h *seal.Health) { h.Waiting, h.Oldest = 7, yesterday(o) }, 0, "7 laporan menunggu", true},
		"closed by staff":   {func(_ *office, h *seal.Health) { h.Closed = "staff" }, 0, "ditutup petugas", false},
		"closed by itself":  {func(_ *office, h *seal.Health) { h.Closed = "full" }, 0, "penyimpanan penuh", true},
		"little disk":       {func(_ *office, h *seal.Health) { h.DiskFree = 900 << 20 }, 0, "Ruang penyimpanan hampir habis", false},
		"no disk":           {func(_ *office, h *seal.Health) { h.DiskFree = 1 << 20 }, 0, "Ruang penyimpanan hampir habis", true},
		"clock":             {func(o *office, h *seal.Health) { h.At = o.now().Add(-3 * time.Minute) }, 0, "Jam kios salah", false},
		"refused":           {func(_ *office, h *seal.Health) { h.Refused = "forms/x.toml: <b>" }, 0, "Katalog baru ditolak: forms/x.toml: &lt;b&gt;", false},
		"clock of 1970":     {func(o *office, h *seal.Health) { h.At = time.Unix(1000, 0).UTC() }, 0, "Jam kios salah", false},
		"silent at work":    {func(*office, *seal.Health) {}, 5 * time.Hour, "Tidak ada kontak sejak", true},        // 10.00 to 15.00 WITA
		"silent for a bit":  {func(*office, *seal.Health) {}, 3 * time.Hour, "", false},                             // 10.00 to 13.00
		"silent over night": {func(o *office, _ *seal.Health) { o.pass(6 * time.Hour) }, 18 * time.Hour, "", false}, // 16.00 to 10.00: two hours open
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			m := o.enlist("bali")
			h := well(o)
			x.tell(o, h)
			if x.pass > 12*time.Hour {
				h.At = o.now()
			}
			if _, err := m.beat(h); err != nil {
				t.Fatal(err)
			}
			o.pass(x.pass)
			all, err := o.hub.Machines(t.Context(), hub.Officer{Role: hub.Fleet, Office: "bali"})
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			if all[0].Needs() != (x.says != "") || all[0].Urgent() != x.urgent {
				t.Errorf("%+v", all[0].Troubles)
			}
			body := o.sit("ayu", hub.Fleet, "bali").get("/desk/fleet")
			if !strings.Contains(body, x.says) || strings.Contains(body, "fleet.") || strings.Contains(body, "Semua 1 kios berjalan baik") != (x.says == "") {
				t.Error(body)
			}
		})
	}
}

// An office says when it is open: only then a kiosk is missed.
func TestSilenceIsCountedInOpeningHours(t *testing.T) {
	o := newOffice(t)
	m := o.enlist("bali")
	if _, err := m.beat(well(o)); err != nil {
		t.Fatal(err)
	}
	all := o.hub.Catalogue.Offices
	all[slices.IndexFunc(all, func(x kiosk.Office) bool { return x.ID == "bali" })].Hours = "Tu-We 14:00-17:00"
	for _, x := range []struct {
		pass   time.Duration // from Tuesday, 10.00 WITA
		silent bool
	}{{6*time.Hour + 59*time.Minute, false}, {22 * time.Hour, false}, {2 * time.Minute, true}} { // two hours 59, three hours 59, four hours 1
		o.pass(x.pass)
		machines, err := o.hub.Machines(t.Context(), hub.Officer{Role: hub.Fleet, Office: "bali"})
		if err != nil || len(machines) != 1 || machines[0].Needs() != x.silent {
			t.Errorf("at %v: %+v, %v", o.now(), machines, err)
		}
	}
}

func (o *office) pass(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.clock = o.clock.Add(d)
}

// Kiosks are enrolled, named, moved and stopped on the desk, and hear of it.
func TestTheFleetOnTheDesk(t *testing.T) {
	o := newOffice(t)
	x := o.sit("ayu", hub.Fleet, "")
	_, body := x.post("/desk/fleet", "office", "bali")
	_, code, ok := strings.Cut(body, `<p class="code"><strong>`)
	if code, _, _ = strings.Cut(code, "<"); !ok || len(code) != 17 {
		t.Fatal(body)
	}
	code = strings.ReplaceAll(code, "-", "")
	pub, key, _ := ed25519.GenerateKey(nil)
	ask, err := seal.NewEnrolRequest(code, pub)
	if err != nil {
		t.Fatal(err)
	}
	if body := x.get("/desk/fleet/" + code[:2]); !strings.Contains(body, "Menunggu didaftarkan") {
		t.Error(body)
	}
	reply, err := o.hub.Enrol(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	a, err := seal.OpenAnswer(code, ask, reply)
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{o: o, id: a.Kiosk, key: key, epoch: strings.Repeat("ab", 8)}
	if _, err := m.beat(well(o)); err != nil {
		t.Fatal(err)
	}
	page := "/desk/fleet/" + m.id
	if words := seal.Fingerprint(a.RootKey, pub); !strings.Contains(x.get(page), words) {
		t.Errorf("%q is not on the hub's page", words)
	}
	for _, step := range []struct {
		status int
		pairs  []string
		says   string
	}{
		{http.StatusOK, []string{"act", "name", "name", "Lobi <b>utara</b>"}, "Lobi &lt;b&gt;utara"},
		{http.StatusUnprocessableEntity, []string{"act", "name", "name", "  "}, "1 sampai 60"},
		{http.StatusOK, []string{"act", "move", "office", "ntt"}, "Nusa Tenggara Timur"},
		{http.StatusNotFound, []string{"act", "move", "office", "nowhere"}, ""},
		{http.StatusUnprocessableEntity, []string{"act", "suspend", "why", " "}, "Tulis dulu alasannya"},
		{http.StatusOK, []string{"act", "suspend", "why", "diperiksa"}, "diperiksa"},
	} {
		if status, body := x.post(page, step.pairs...); status != step.status || !strings.Contains(body, step.says) {
			t.Fatalf("%v: %d %s", step.pairs, status, body)
		}
	}
	st, err := m.beat(well(o))
	if err != nil || st.State != "suspended" || st.Office != "ntt" {
		t.Fatalf("%+v %v", st, err)
	}
	if status, _ := x.post(page, "act", "restore"); status != http.StatusOK {
		t.Fatal(status)
	}
	if st, _ = m.beat(nil); st.State != "active" {
		t.Fatalf("%+v", st)
	}
	if k, err := o.book.Kiosk(t.Context(), m.id); err != nil || k.Health == nil || k.Name != "Lobi <b>utara</b>" {
		t.Fatalf("%+v %v", k, err)
	}
	// Found by name, place and id; another office does not see it.
	for q, want := range map[string]bool{"lobi": true, strings.ToLower(m.id): true, "kupang": true, "bandung": false} {
		if strings.Contains(x.get("/desk/fleet?q="+q), page+`"`) != want {
			t.Errorf("looked for %q", q)
		}
	}
	y := o.sit("lain", hub.Fleet, "bali")
	if strings.Contains(y.get("/desk/fleet"), page) {
		t.Error("a kiosk of another office")
	}
	if status, _ := y.post(page, "act", "revoke", "why", "x"); status != http.StatusNotFound {
		t.Error("another office stops it: ", status)
	}
	if status, _ := y.post("/desk/fleet", "office", "ntt"); status != http.StatusNotFound {
		t.Error("another office enrols: ", status)
	}
	if z := o.sit("lihat", hub.Supervisor, ""); strings.Contains(z.get(page), "<form method=\"post\" action=\"/desk/fleet") {
		t.Error("who only looks is offered to act")
	}
}

// A PIN that the desk gave out opens the kiosks of that office and of those below,
// and is kept nowhere.
func TestReceptionists(t *testing.T) {
	o := newOffice(t)
	m, other := o.enlist("ntt"), o.enlist("bali")
	x := o.sit("ayu", hub.Fleet, "")
	give := func(name, place string) string {
		t.Helper()
		status, body := x.post("/desk/fleet/staff", "name", name, "office", place)
		_, pin, ok := strings.Cut(body, `<p class="code"><strong>`)
		if status != http.StatusOK || !ok {
			t.Fatal(status, body)
		}
		return pin[:staff.Digits]
	}
	one, two := give("Budi", "ntt"), give("Citra", "bali")
	if status, body := x.post("/desk/fleet/staff", "name", "Budi", "office", "ntt"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "sudah punya petugas dengan nama itu") {
		t.Error(status, body)
	}
	opens := func(m *machine, pin string) string {
		t.Helper()
		st, err := m.beat(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range st.Staff {
			if staff.Fits(r.PIN, pin) {
				return r.Name
			}
		}
		return ""
	}
	if opens(m, one) != "Budi" || opens(other, two) != "Citra" || opens(m, two) != "" || opens(other, one) != "" {
		t.Error("a PIN opens the wrong kiosks")
	}
	if body := x.get("/desk/fleet/staff"); strings.Contains(body, one) || !strings.Contains(body, "Budi") {
		t.Error("the PIN is shown again")
	}
	all, err := o.book.Receptionists(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if strings.Contains(r.PIN, one) {
			t.Error("the PIN is kept")
		}
		if r.Name == "Budi" {
			x.post(fmt.Sprint("/desk/fleet/staff/", r.ID))
		}
	}
	if opens(m, one) != "" {
		t.Error("a PIN lives on")
	}
}

// Fleets of a thousand, each kiosk saying how it is every half minute and filing a
// report every five: how long the page of all of them takes meanwhile.
func BenchmarkFleetPage(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n, " kiosks"), func(b *testing.B) {
			o := newOffice(b)
			fleet := make([]*machine, n)
			for i := range fleet {
				fleet[i] = o.enlist([]string{"ntt", "bali"}[i%2])
				h := well(o)
				if i%9 == 0 {
					h.Printer = "paper_out"
				}
				if _, err := fleet[i].beat(h); err != nil {
					b.Fatal(err)
				}
			}
			x := o.sit("ayu", hub.Fleet, "")
			done := make(chan struct{})
			var owned sync.WaitGroup
			var beats, uploads, failed atomic.Int64
			const workers = 8
			http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = workers * 2
			for w := range workers {
				owned.Go(func() {
					every := time.NewTicker(30 * time.Second * workers / time.Duration(n))
					defer every.Stop()
					turn := w
					for i := w; ; i += workers { // every kiosk is one worker's
						if i >= n {
							i = w
						}
						m := fleet[i]
						if _, err := m.beat(well(o)); err != nil {
							failed.Add(1)
						}
						beats.Add(1)
						if turn++; turn%10 == 0 {
							if m.upload() != nil {
								failed.Add(1)
							}
							uploads.Add(1)
						}
						select {
						case <-every.C:
						case <-done:
							return
						}
					}
				})
			}
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if body := x.get("/desk/fleet"); !strings.Contains(body, "Armada") {
					b.Fatal(body)
				}
				took = append(took, time.Since(began))
			}
			close(done)
			owned.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
			b.ReportMetric(float64(beats.Load())/b.Elapsed().Seconds(), "beats/s")
			b.ReportMetric(float64(uploads.Load()), "uploads")
			if failed.Load() > 0 {
				b.Fatalf("%d of %d contacts failed", failed.Load(), beats.Load()+uploads.Load())
			}
		})
	}
}
