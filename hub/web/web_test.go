package web_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"loket/assets"
	"loket/hub"
	"loket/hub/web"
	"loket/kiosk"
	"loket/kiosk/published"
	"loket/kiosk/seal"
	"loket/kiosk/track"
	"loket/kiosk/words"
	"loket/store/casebook"
	"loket/store/casebook/casebooktest"
)

// office is a hub over real HTTP and a real database, and an enrolled kiosk.
type office struct {
	t      testing.TB
	dir    string
	hasty  bool // the disk is not waited for
	hub    *hub.Hub
	book   *casebook.Casebook
	server *httptest.Server
	stop   func()

	mu     sync.Mutex
	clock  time.Time
	id     string
	key    ed25519.PrivateKey
	bundle seal.Bundle
	step   track.Key
	seq    uint64
	prev   [32]byte
}

func (o *office) now() time.Time { o.mu.Lock(); defer o.mu.Unlock(); return o.clock }

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir(), clock: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)}
	o.open(true)
	code, err := o.hub.AddKiosk(t.Context(), "ntt")
	if err != nil {
		t.Fatal(err)
	}
	if _, o.key, err = ed25519.GenerateKey(nil); err != nil {
		t.Fatal(err)
	}
	answer := o.enrol(code, http.StatusOK)
	o.id, o.step = answer.Kiosk, track.Key(answer.Ratchet)
	if o.bundle, err = seal.OpenBundle(answer.RootKey, answer.Bundle); err != nil {
		t.Fatal(err)
	}
	o.enrol(code, http.StatusForbidden) // a code works once
	return o
}

// Words only ever are read: a hundred hubs share them.
var allWords = sync.OnceValues(func() (*words.Catalogue, error) { return words.Load(assets.Files) })

// open opens the hub; opening says whether envelopes become cases.
func (o *office) open(opening bool) {
	o.t.Helper()
	texts, err := allWords()
	if err != nil {
		o.t.Fatal(err)
	}
	if o.hasty && !casebooktest.OnPostgres() {
		if o.book, err = casebook.OpenHasty(o.t.Context(), o.dir); err != nil {
			o.t.Fatal(err)
		}
	} else {
		o.book = casebooktest.Open(o.t, o.dir)
	}
	data, err := hub.LoadData(o.t.Context(), o.book, assets.In(o.dir))
	if err != nil {
		o.t.Fatal(err)
	}
	keys, err := hub.OpenKeys(filepath.Join(o.dir, "keys"), "https://lacak.example.go.id", "")
	if err != nil {
		o.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	o.hub = hub.New(o.book, keys, data, o.now, log)
	o.hub.PasswordMemory = 64 // what a password costs is not tested a hundred times
	if o.hub.Vocabulary, err = published.Load(assets.Files); err != nil {
		o.t.Fatal(err)
	}
	handler, err := web.New(o.hub, texts, assets.Files, false, log)
	if err != nil {
		o.t.Fatal(err)
	}
	o.server = httptest.NewServer(handler)
	ctx, cancel := context.WithCancel(context.Background())
	var owned sync.WaitGroup
	if opening {
		owned.Go(func() { o.hub.Run(ctx) })
	}
	o.stop = sync.OnceFunc(func() { o.server.Close(); cancel(); owned.Wait(); o.book.Close() })
	o.t.Cleanup(o.stop)
}

func (o *office) enrol(code string, want int) (a seal.EnrolAnswer) {
	o.t.Helper()
	ask, err := seal.NewEnrolRequest(code, o.key.Public().(ed25519.PublicKey))
	if err != nil {
		o.t.Fatal(err)
	}
	b, _ := json.Marshal(ask)
	resp, body := o.post("/api/v1/enrol", "application/json", bytes.NewReader(b), nil)
	if resp.StatusCode != want {
		o.t.Fatalf("enrol: %d %s", resp.StatusCode, body)
	}
	if want != http.StatusOK {
		return a
	}
	var reply seal.EnrolReply
	if err := json.Unmarshal(body, &reply); err != nil {
		o.t.Fatal(err)
	}
	if a, err = seal.OpenAnswer(code, ask, reply); err != nil {
		o.t.Fatal(err)
	}
	return a
}

func (o *office) post(path, kind string, body io.Reader, header map[string]string) (*http.Response, []byte) {
	o.t.Helper()
	req, err := http.NewRequest(http.MethodPost, o.server.URL+path, body)
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return &http.Response{}, nil // the hub hung up on a body it will not take
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		o.t.Fatal(err)
	}
	return resp, b
}

// report seals the next report of the kiosk.
func (o *office) report() (envelope []byte, n kiosk.Number, c kiosk.Code) {
	o.t.Helper()
	return o.answered("complaint", kiosk.Answers{"title": "Loket <b>tutup</b>", "description": "Sejak pagi."})
}

// answered seals the next report of the kiosk, of any form.
func (o *office) answered(form string, answers kiosk.Answers) (envelope []byte, n kiosk.Number, c kiosk.Code) {
	o.t.Helper()
	sealer, err := seal.NewSealer(o.id, "test", o.key, o.bundle)
	if err != nil {
		o.t.Fatal(err)
	}
	o.seq++
	n = kiosk.Number(track.Secret(fmt.Sprintf("%s%05d", o.id, o.seq)))
	c = o.step.Code(n)
	e, err := sealer.Seal(seal.NewID(), seal.Slot{Epoch: "0011223344556677", Seq: o.seq, Prev: o.prev}, kiosk.Report{
		Number: n, Code: c, Form: kiosk.FormRef{Name: form, Version: 1}, Language: kiosk.Indonesian, Identity: kiosk.Anonymous,
		Office: "ntt", At: kiosk.Moment{At: o.now()}, Answers: answers})
	if err != nil {
		o.t.Fatal(err)
	}
	o.step, o.prev = o.step.Next(), e.SHA256
	return e.Bytes, n, c
}

// send sends a batch as the kiosk does.
func (o *office) send(envelopes ...[]byte) (*http.Response, []seal.Ack) {
	o.t.Helper()
	var b bytes.Buffer
	if err := seal.WriteBatch(&b, envelopes); err != nil {
		o.t.Fatal(err)
	}
	resp, body := o.post("/api/v1/envelopes", seal.BatchType, bytes.NewReader(b.Bytes()), map[string]string{"Loket-Kiosk": o.id,
		"Loket-Signature": base64.StdEncoding.EncodeToString(seal.SignRequest(o.key, "POST", "/api/v1/envelopes", b.Bytes()))})
	var answer struct{ Acks []seal.Signed }
	json.Unmarshal(body, &answer)
	var acks []seal.Ack
	for _, s := range answer.Acks {
		a, err := seal.OpenAck(o.bundle.AckKey, s)
		if err != nil {
			o.t.Fatal(err)
		}
		acks = append(acks, a)
	}
	return resp, acks
}

func (o *office) track(n, c string) (t kiosk.Tracking) {
	o.t.Helper()
	resp, b := o.post("/t", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"number": {n}, "code": {c}}.Encode()), map[string]string{"Accept": "application/json"})
	if err := json.Unmarshal(b, &t); err != nil {
		o.t.Fatalf("%d %s: %v", resp.StatusCode, b, err)
	}
	return t
}

func (o *office) opened(n kiosk.Number) hub.Case {
	o.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-tick.C {
		if c, err := o.book.Case(o.t.Context(), n); err == nil {
			return c
		}
	}
	o.t.Fatalf("%s never became a case", n)
	return hub.Case{}
}

func TestTheSameEnvelopeFiftyTimesIsOneCase(t *testing.T) {
	o := newOffice(t)
	e, n, _ := o.report()
	seqs := sync.Map{}
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			_, acks := o.send(e)
			if len(acks) != 1 || acks[0].Level != seal.LevelStored {
				t.Errorf("%+v", acks)
				return
			}
			seqs.Store(acks[0].HubSeq, true)
		})
	}
	group.Wait()
	o.opened(n)
	count := 0
	seqs.Range(func(any, any) bool { count++; return true })
	if all, err := o.book.Cases(t.Context(), ""); err != nil || len(all) != 1 || count != 1 {
		t.Errorf("%d cases, %d places, %v", len(all), count, err)
	}
}

// A survey is counted: no case, no deadline, nothing in the inbox, and no
// finer time than the day.
func TestASurveyIsCountedAndOpensNoCase(t *testing.T) {
	o := newOffice(t)
	survey, _, _ := o.answered("survey", kiosk.Answers{"conduct": "4", "time": "1"})
	ease, _, _ := o.answered("ease", kiosk.Answers{"ease": "3"})
	complaint, n, _ := o.report()
	for range 3 { // as after lost acknowledgements
		if _, acks := o.send(survey, ease, complaint); len(acks) != 3 {
			t.Fatal(acks)
		}
	}
	o.opened(n)
	if all, err := o.book.Cases(t.Context(), ""); err != nil || len(all) != 1 {
		t.Errorf("%d cases, %v", len(all), err)
	}
	got, err := o.book.Opinions(t.Context(), "survey", "2000-01-01")
	if err != nil || len(got) != 1 || got[0].Answers["conduct"] != "4" || got[0].Office != "ntt" || got[0].Day != o.now().In(kiosk.Zone("WITA")).Format(time.DateOnly) {
		t.Errorf("%+v, %v", got, err)
	}
	if later, err := o.book.Opinions(t.Context(), "survey", "9999-01-01"); err != nil || len(later) != 0 {
		t.Errorf("%+v, %v", later, err)
	}
	if at, err := o.book.Contiguous(t.Context(), o.id); err != nil || at != 3 {
		t.Errorf("the ratchet stands at %d, %v", at, err)
	}
}

func TestNothingFromAnEnrolledKioskIsRefused(t *testing.T) {
	o := newOffice(t)
	good, n, _ := o.report()
	flipped := bytes.Clone(good)
	flipped[len(flipped)-100] ^= 1
	second, _, _ := o.report()
	resp, acks := o.send(flipped, second[:len(second)/2], []byte("rubbish"), good, second)
	if resp.StatusCode != http.StatusOK || len(acks) != 5 {
		t.Fatalf("%d, %d acknowledgements", resp.StatusCode, len(acks))
	}
	for i, want := range []string{seal.LevelQuarantined, seal.LevelQuarantined, seal.LevelQuarantined, seal.LevelStored, seal.LevelStored} {
		if acks[i].Level != want {
			t.Errorf("%d: %s, want %s", i, acks[i].Level, want)
		}
	}
	sum := sha256.Sum256(flipped)
	if acks[0].Envelope != fmt.Sprintf("%x", sum) {
		t.Error("the acknowledgement is not over the bytes sent")
	}
	o.opened(n)
}

// A kiosk restored from an old image gives a number out again: both envelopes
// are kept, and the first stays the case.
func TestTheSameNumberTwiceIsKeptBeside(t *testing.T) {
	o := newOffice(t)
	first, n, _ := o.report()
	o.seq--
	second, n2, _ := o.report()
	if n != n2 {
		t.Fatal("the test needs one number twice")
	}
	_, a := o.send(first)
	_, b := o.send(second)
	if a[0].Level != seal.LevelStored || b[0].Level != seal.LevelQuarantined || a[0].HubSeq == b[0].HubSeq {
		t.Errorf("%+v %+v", a, b)
	}
}

func TestStrangersLeaveNothing(t *testing.T) {
	o := newOffice(t)
	e, _, _ := o.report()
	var batch bytes.Buffer
	seal.WriteBatch(&batch, [][]byte{e})
	_, strange, _ := ed25519.GenerateKey(nil)
	sign := func(k ed25519.PrivateKey, path string, b []byte) string {
		return base64.StdEncoding.EncodeToString(seal.SignRequest(k, "POST", path, b))
	}
	path := "/api/v1/envelopes"
	for name, h := range map[string]map[string]string{
		"unsigned":             {"Loket-Kiosk": o.id},
		"nobody":               {"Loket-Signature": sign(o.key, path, batch.Bytes())},
		"unknown kiosk":        {"Loket-Kiosk": "ZZ", "Loket-Signature": sign(o.key, path, batch.Bytes())},
		"another key":          {"Loket-Kiosk": o.id, "Loket-Signature": sign(strange, path, batch.Bytes())},
		"another body":         {"Loket-Kiosk": o.id, "Loket-Signature": sign(o.key, path, []byte("x"))},
		"another path":         {"Loket-Kiosk": o.id, "Loket-Signature": sign(o.key, "/t", batch.Bytes())},
		"signature is no text": {"Loket-Kiosk": o.id, "Loket-Signature": "%%%"},
	} {
		resp, body := o.post(path, seal.BatchType, bytes.NewReader(batch.Bytes()), h)
		if resp.StatusCode != http.StatusUnauthorized || !strings.Contains(string(body), "not signed by a kiosk") {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
	}
	if unopened, err := o.book.Unopened(t.Context(), 10); err != nil || len(unopened) > 0 {
		t.Errorf("%d envelopes on the disk, %v", len(unopened), err)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

func TestTooMuchAtOnce(t *testing.T) {
	o := newOffice(t)
	many := make([][]byte, 10_000)
	for i := range many {
		many[i] = []byte("x")
	}
	if resp, acks := o.send(many...); resp.StatusCode != http.StatusRequestEntityTooLarge || len(acks) > 0 {
		t.Errorf("10,000 envelopes: %d", resp.StatusCode)
	}
	h := map[string]string{"Loket-Kiosk": o.id, "Loket-Signature": base64.StdEncoding.EncodeToString(make([]byte, 64))}
	for _, path := range []string{"/api/v1/envelopes", "/t", "/api/v1/enrol", "/desk/login"} {
		resp, _ := o.post(path, "application/x-www-form-urlencoded", io.LimitReader(endless{}, 1<<30), h)
		if resp.StatusCode == http.StatusOK {
			t.Errorf("%s took a gigabyte", path)
		}
	}
	for _, cut := range [][]byte{nil, {0, 0}, {0, 0, 0, 9, 1}} {
		resp, body := o.post("/api/v1/envelopes", seal.BatchType, bytes.NewReader(cut), map[string]string{"Loket-Kiosk": o.id,
			"Loket-Signature": base64.StdEncoding.EncodeToString(seal.SignRequest(o.key, "POST", "/api/v1/envelopes", cut))})
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%v: %d %s", cut, resp.StatusCode, body)
		}
	}
	e, n, _ := o.report()
	if _, acks := o.send(e); len(acks) != 1 {
		t.Error("the hub takes nothing any more")
	}
	o.opened(n)
}

func TestWhatAReceiptHolderSees(t *testing.T) {
	o := newOffice(t)
	e, n, c := o.report()
	_, n2, c2 := o.report()
	if got := o.track(string(n), string(c)); got.Result != kiosk.TrackNotArrived {
		t.Errorf("before it arrives: %+v", got)
	}
	o.send(e)
	o.opened(n)
	got := o.track(strings.ToLower(n.String()), c.Grouped())
	if got.Result != kiosk.TrackFound || got.Status != kiosk.Received || got.Due != "2026-12-04" || got.Received != "2026-11-24" || len(got.Changes) != 1 {
		t.Errorf("%+v", got)
	}
	if got := o.track(string(n2), string(c2)); got.Result != kiosk.TrackNotArrived {
		t.Errorf("the next one: %+v", got)
	}
	constant, _ := json.Marshal(kiosk.Tracking{Result: kiosk.TrackUnknown})
	for why, pair := range map[string][2]string{
		"wrong code":       {string(n), string(c2)},
		"unknown number":   {track.Secret(o.id + "ZZZZZ"), string(c)},
		"unknown kiosk":    {track.Secret("00ZZZZZ"), string(c)},
		"not arrived, bad": {string(n2), string(c)},
		"misread":          {"K7", "x"},
		"nothing":          {"", ""},
		"NUL":              {"\x00", "\x00"},
	} {
		got, _ := json.Marshal(o.track(pair[0], pair[1]))
		if !bytes.Equal(got, constant) {
			t.Errorf("%s: %s", why, got)
		}
	}
}

// After five wrong codes of a number further wrong ones wait; the right one does
// not, or anybody could lock a visitor out.
func TestGuessingIsSlow(t *testing.T) {
	o := newOffice(t)
	_, n, c := o.report()
	ask := func(number, code string) int {
		resp, _ := o.post("/t", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"number": {number}, "code": {code}}.Encode()), nil)
		return resp.StatusCode
	}
	bad := track.Secret("00000000")
	for what, number := range map[string]string{"a genuine number": string(n), "no number": "what is this"} {
		for i := range 7 {
			want := http.StatusOK
			if i >= 5 {
				want = http.StatusTooManyRequests
			}
			if got := ask(number, bad); got != want {
				t.Errorf("%s, wrong code %d: %d", what, i+1, got)
			}
		}
	}
	if got := ask(string(n), string(c)); got != http.StatusOK {
		t.Errorf("the right code after wrong ones: %d", got)
	}
	if got := ask(string(n), bad); got != http.StatusOK {
		t.Errorf("wrong once more after the right one: %d", got)
	}
	o.mu.Lock()
	o.clock = o.clock.Add(time.Minute)
	o.mu.Unlock()
	if got := ask("what is this", bad); got != http.StatusOK {
		t.Errorf("a minute later: %d", got)
	}
}

// Whoever guesses learns nothing: a number that nobody has, a wrong code and what
// is no number get one answer, and after the same time.
func TestFaultGuessing(t *testing.T) {
	if testing.Short() {
		t.Skip("times are compared")
	}
	o := newOffice(t)
	o.hub.StepsAhead, o.hub.UnknownAfter = 100, 5*time.Millisecond // of 10,000 and 100: there are many
	var numbers []kiosk.Number
	var codes []kiosk.Code
	for range 50 {
		e, n, c := o.report()
		o.send(e)
		o.opened(n)
		numbers, codes = append(numbers, n), append(codes, c)
	}
	r := mathrand.New(mathrand.NewPCG(7, 7))
	symbols := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = track.Alphabet[r.IntN(32)]
		}
		return string(b)
	}
	kinds := []string{"unknown number", "wrong code", "malformed", "unknown kiosk"}
	guess := func(kind int) (number, code string) {
		code = track.Secret(symbols(8))
		switch kind {
		case 0:
			return track.Secret(o.id + symbols(5)), code
		case 1:
			return string(numbers[r.IntN(len(numbers))]), code
		case 2:
			return symbols(3), symbols(4)
		}
		return track.Secret("00" + symbols(5)), code
	}
	ask := func(network int, number, code string, program bool) *httptest.ResponseRecorder {
		req := httptest.NewRequest(http.MethodPost, "/t", strings.NewReader(url.Values{"number": {number}, "code": {code}}.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if program {
			req.Header.Set("Accept", "application/json")
		}
		req.RemoteAddr = fmt.Sprintf("%d.%d.%d.9:1234", 10+network>>16&63, network>>8&255, network&255)
		w := httptest.NewRecorder()
		o.server.Config.Handler.ServeHTTP(w, req)
		return w
	}
	n := 6_000
	if os.Getenv("FAULTS") == "long" {
		n = 100_000
	}
	type look struct {
		kind, network int
		number, code  string
		took          time.Duration
	}
	looks := make([]look, n)
	for i := range looks {
		looks[i] = look{kind: r.IntN(len(kinds)), network: i}
		looks[i].number, looks[i].code = guess(looks[i].kind)
	}
	var mu sync.Mutex
	var body, page string
	next := make(chan *look)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for l := range next {
				program := l.network%10 > 0
				began := time.Now()
				w := ask(l.network, l.number, l.code, program)
				l.took = time.Since(began)
				mu.Lock()
				want, got := &body, w.Body.String()
				if !program {
					want, got = &page, strings.Replace(got, `value="`+l.number+`"`, `value="NUMBER"`, 1)
				}
				if *want == "" {
					*want = got
				}
				if w.Code != http.StatusOK || got != *want {
					t.Errorf("%s: answer %d:\n%s\nand\n%s", kinds[l.kind], w.Code, got, *want)
				}
				mu.Unlock()
			}
		})
	}
	for i := range looks {
		if looks[i].kind == 1 { // whose number may just have been tried too often
			looks[i].number = string(numbers[i%len(numbers)])
			o.mu.Lock()
			o.clock = o.clock.Add(2 * time.Hour)
			o.mu.Unlock()
		}
		next <- &looks[i]
	}
	close(next)
	all.Wait()
	// Welch's t of each pair, without the tenth that the machine delayed most.
	us := make([][]float64, len(kinds))
	for _, l := range looks {
		us[l.kind] = append(us[l.kind], float64(l.took.Microseconds()))
	}
	means, errors := make([]float64, len(kinds)), make([]float64, len(kinds))
	for kind := range kinds {
		slices.Sort(us[kind])
		kept := us[kind][:len(us[kind])*9/10]
		for _, x := range kept {
			means[kind] += x / float64(len(kept))
		}
		for _, x := range kept {
			errors[kind] += (x - means[kind]) * (x - means[kind]) / float64(len(kept)-1) / float64(len(kept))
		}
		t.Logf("%-15s %6d look-ups, median %.0f us, mean %.1f us, standard error %.2f us", kinds[kind], len(us[kind]), kept[len(kept)/2], means[kind], math.Sqrt(errors[kind]))
	}
	for a := range kinds {
		for b := range a {
			welch := (means[a] - means[b]) / math.Sqrt(errors[a]+errors[b])
			t.Logf("%s against %s: %.1f us, t = %.1f", kinds[a], kinds[b], means[a]-means[b], welch)
			if math.Abs(welch) > 5 {
				t.Errorf("the time tells %s from %s: t = %.1f", kinds[a], kinds[b], welch)
			}
		}
	}
	lost := 0
	for i := range numbers {
		if w := ask(1<<20+i, string(numbers[i]), string(codes[i]), true); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), string(kiosk.TrackFound)) {
			t.Errorf("the real visitor: %d %s", w.Code, w.Body)
			lost++
		}
	}
	t.Attr("fault", fmt.Sprintf("guessing numbers and codes|tries=%d|lost=%d|doubled=0|leaked=0", n, lost))
}

func TestAnEnvelopeStoredBeforeACrashIsOpenedAfter(t *testing.T) {
	o := newOffice(t)
	o.stop()
	o.open(false)
	e, n, c := o.report()
	o.send(e)
	if got := o.track(string(n), string(c)); got.Result != kiosk.TrackFound || got.Status != kiosk.Received {
		t.Errorf("stored, not opened: %+v", got)
	}
	o.stop()
	o.open(true)
	o.opened(n)
}

func TestAnOfficerAnswersAndTheVisitorReadsIt(t *testing.T) {
	o := newOffice(t)
	e, n, c := o.report()
	o.send(e)
	o.opened(n)
	if err := o.hub.AddOfficer(t.Context(), "petugas", "short", hub.Administrator, ""); err != hub.ErrWeak {
		t.Error(err)
	}
	if err := o.hub.AddOfficer(t.Context(), "petugas", "a long password", hub.Administrator, ""); err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	get := func(path string) (int, string) {
		resp, err := browser.Get(o.server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b)
	}
	post := func(path string, v url.Values) (int, string) {
		resp, err := browser.PostForm(o.server.URL+path, v)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b)
	}
	casePath := "/desk/case/" + string(n)
	if _, page := get(casePath); !strings.Contains(page, "Kata sandi") || strings.Contains(page, "tutup") {
		t.Error("a stranger sees a case")
	}
	if status, page := post("/desk/login", url.Values{"name": {"petugas"}, "password": {"wrong password"}}); status != http.StatusUnauthorized || !strings.Contains(page, "tidak cocok") {
		t.Error(status)
	}
	if _, page := post("/desk/login", url.Values{"name": {"petugas"}, "password": {"a long password"}}); !strings.Contains(page, n.String()) || !strings.Contains(page, "8 hari kerja") {
		t.Error("the inbox does not show the case", page)
	}
	_, page := get(casePath)
	if strings.Contains(page, "<b>tutup</b>") || !strings.Contains(page, "Loket &lt;b&gt;tutup") {
		t.Error("a visitor's text is taken for HTML")
	}
	edition := regexp.MustCompile(`name="edition" value="(\d+)"`).FindStringSubmatch(page)[1]
	change := url.Values{"edition": {edition}, "status": {"answered"}, "answer": {""}, "note": {"bicara dengan unit"}}
	if status, page := post(casePath, change); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Tulis dulu jawaban") || !strings.Contains(page, "bicara dengan unit") {
		t.Errorf("answered without an answer: %d", status)
	}
	change.Set("answer", "Loket kini buka pukul 08.00.")
	if status, page := post(casePath, change); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Pilih hasilnya") || !strings.Contains(page, "buka pukul 08.00") {
		t.Errorf("answered without an outcome: %d", status)
	}
	change.Set("outcome", "solved")
	if _, page := post(casePath, change); !strings.Contains(page, "Tersimpan.") {
		t.Error(page)
	}
	change.Set("answer", "Dua kali.")
	if status, page := post(casePath, change); status != http.StatusConflict || !strings.Contains(page, "Dua kali.") {
		t.Errorf("an old edition: %d", status)
	}
	got := o.track(string(n), string(c))
	if got.Status != kiosk.Answered || got.Outcome.In("en") != "Solved" || got.Answer != "Loket kini buka pukul 08.00." || len(got.Changes) != 2 {
		t.Errorf("%+v", got)
	}
	resp, body := o.post("/T", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"number": {string(n)}, "code": {string(c)}, "lang": {"en"}}.Encode()), nil)
	if !strings.Contains(string(body), "Loket kini buka") || strings.Contains(string(body), "bicara dengan unit") || strings.Contains(string(body), "tutup") || !strings.Contains(string(body), "Answered") {
		t.Error("the visitor's page", string(body))
	}
	for name, want := range map[string]string{"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"} {
		if !strings.Contains(resp.Header.Get(name), want) {
			t.Errorf("%s: %q", name, resp.Header.Get(name))
		}
	}
	if resp.Header.Get("Set-Cookie") != "" {
		t.Error("the public page sets a cookie")
	}
	req, _ := http.NewRequest(http.MethodPost, o.server.URL+casePath, strings.NewReader(change.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "https://evil.example")
	if resp, err := browser.Do(req); err != nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("another site posts: %v %v", resp, err)
	}
	o.mu.Lock()
	o.clock = o.clock.Add(hub.SessionIdle + time.Minute)
	o.mu.Unlock()
	if _, page := get(casePath); !strings.Contains(page, "Kata sandi") {
		t.Error("a session left alone goes on for ever")
	}
}

func TestEnrolmentCodesBurnAndExpire(t *testing.T) {
	o := newOffice(t)
	code, err := o.hub.AddKiosk(t.Context(), "ntt")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		o.enrol(track.Secret(code[:2]+fmt.Sprintf("%012d", i)), http.StatusForbidden)
	}
	o.enrol(code, http.StatusForbidden)
	if code, err = o.hub.AddKiosk(t.Context(), "ntt"); err != nil {
		t.Fatal(err)
	}
	o.mu.Lock()
	o.clock = o.clock.Add(31 * time.Minute)
	o.mu.Unlock()
	o.enrol(code, http.StatusForbidden)
	if _, err := o.hub.AddKiosk(t.Context(), "atlantis"); err == nil {
		t.Error("a kiosk for an office that does not exist")
	}
}

func TestABackupMovesTheWatermark(t *testing.T) {
	o := newOffice(t)
	e, _, _ := o.report()
	_, acks := o.send(e)
	file := filepath.Join(t.TempDir(), "copy.db")
	upTo, err := o.book.Backup(t.Context(), file, o.now())
	if err != nil || upTo != acks[0].HubSeq || acks[0].Watermark >= upTo {
		t.Errorf("%d, %v", upTo, err)
	}
	if _, acks = o.send(e); acks[0].Watermark != upTo {
		t.Errorf("%+v", acks)
	}
	if _, err := o.book.Backup(t.Context(), file, o.now()); err == nil {
		t.Error("a backup was written over another")
	}
}

// Whatever anybody sends to the pages for everybody, the hub has no fault of its
// own, and says nothing of what it holds.
func FuzzRequests(f *testing.F) {
	o := newOffice(f)
	e, n, code := o.answered("complaint", kiosk.Answers{"title": "kenarirahasia", "description": "Sejak pagi."})
	o.send(e)
	o.opened(n)
	o.hub.StepsAhead, o.hub.UnknownAfter = 10, time.Microsecond
	for _, x := range [][4]string{
		{"POST", "/t", "application/x-www-form-urlencoded", url.Values{"number": {string(n)}, "code": {"00000000" + string(code[8:])}}.Encode()},
		{"POST", "/t/say", "application/x-www-form-urlencoded", "number=K7&code=&kind=solved"},
		{"POST", "/api/v1/enrol", "application/json", `{"slot":"K7","public_key":"AA==","mac":"AA=="}`},
		{"POST", "/api/v1/envelopes", seal.BatchType, "\x00\x00\x00\x01x"},
		{"POST", "/api/v1/standing", "text/plain", "nonce"},
		{"POST", "/open311/v2/requests.json", "application/x-www-form-urlencoded", "api_key=x&service_code=y&lat=1&long=2"},
		{"GET", "/open311/v2/requests.xml?status=open&start_date=2026-01-01T00:00:00Z", "", ""},
		{"GET", "/statistics.json?kind=complaint&year=2026", "", ""},
		{"GET", "/published?q=anggaran", "", ""},
		{"POST", "/desk/login", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n--x--"},
	} {
		f.Add(x[0], x[1], x[2], []byte(x[3]))
	}
	at := 0
	f.Fuzz(func(t *testing.T, method, target, kind string, body []byte) {
		u, err := url.ParseRequestURI(target)
		if err != nil || u.Host != "" || !strings.HasPrefix(target, "/") || strings.ContainsAny(method, " \t\r\n") || method == "" {
			return // no HTTP server hands that on
		}
		req, err := http.NewRequest(method, "http://hub"+target, bytes.NewReader(body))
		if err != nil {
			return
		}
		req.RequestURI, req.RemoteAddr = target, fmt.Sprintf("10.%d.%d.1:1", at>>8&255, at&255)
		at++
		req.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		o.server.Config.Handler.ServeHTTP(w, req)
		if w.Code >= 500 && w.Code != http.StatusNotImplemented {
			t.Errorf("%s %q: answer %d %s", method, target, w.Code, w.Body)
		}
		if bytes.Contains(w.Body.Bytes(), []byte("kenarirahasia")) {
			t.Errorf("%s %q tells what a visitor wrote", method, target)
		}
	})
}
