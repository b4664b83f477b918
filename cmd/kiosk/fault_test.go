package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"loket/kiosk"
	"loket/kiosk/receipt"
	"loket/kiosk/seal"
	"loket/kiosk/upload"
)

// tries is how often a fault of chance is tried.
func tries(short, longer int) int {
	if os.Getenv("FAULTS") == "long" {
		return longer
	}
	return short
}

// secret is in every answer of these tests: it may be read nowhere but at the
// hub.
const secret = "kenarirahasia"

// field is an office where faults happen: the real hub as a program of its own,
// a kiosk in this process, and a ledger of every receipt that was shown.
type field struct {
	*office
	station *station
	log     bytes.Buffer
	up      *upload.Uploader
	shown   map[kiosk.Number]string // its title, which no other report has
	last    receipt.Receipt
	numbers []string // printed by programs
	filed   int
	tries   int
	ackKey  ed25519.PrivateKey
}

func newField(t *testing.T) *field {
	t.Helper()
	f := &field{office: newOffice(t), shown: map[kiosk.Number]string{}}
	f.open(time.Now)
	b, err := os.ReadFile(filepath.Join(f.hub, "keys", "ack.key"))
	if err != nil {
		t.Fatal(err)
	}
	seed, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	f.ackKey = ed25519.NewKeyFromSeed(seed)
	return f
}

// open opens the station with a clock; one that is open is closed before.
func (f *field) open(now func() time.Time) {
	f.t.Helper()
	if f.station != nil {
		f.station.Close()
	}
	var err error
	if f.station, err = openStation(f.t.Context(), f.kiosk, now); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { f.station.Close() })
	f.up = f.station.uploader(slog.New(slog.NewTextHandler(&f.log, nil)))
}

// file files n reports and notes their receipts.
func (f *field) file(n int) {
	f.t.Helper()
	for range n {
		f.filed++
		title := fmt.Sprintf("%s nomor %d", secret, f.filed)
		r, err := f.station.counter.File(f.t.Context(), kiosk.Draft{Form: "complaint", Language: kiosk.Indonesian, Identity: kiosk.Named, Answers: kiosk.Answers{
			"reporter": "person", "title": title, "description": secret + " dua tiga empat lima", "incident_date": "1969-01-05", "location": secret, "name": secret,
		}})
		if err != nil {
			f.t.Fatal(err)
		}
		f.shown[r.Number], f.last = title, r
	}
}

func (f *field) waiting() int {
	f.t.Helper()
	c, err := f.station.queue.Count(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return c.Waiting
}

// through sends what waits through a hub that is elsewhere: a proxy, a liar.
func (f *field) through(base string) error {
	f.tries++
	f.up.Hub = base
	if err := f.station.queue.Hasten(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	return f.up.Drain(f.t.Context())
}

// settle sends what waits to the hub itself, without any fault.
func (f *field) settle() {
	f.t.Helper()
	f.open(time.Now)
	f.up.Hub = "http://" + f.address
	var err error
	for range 20 {
		if err = errors.Join(f.station.queue.Hasten(f.t.Context()), f.up.Drain(f.t.Context())); err == nil {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if err != nil || f.waiting() > 0 {
		f.t.Errorf("%d reports are stuck at the kiosk: %v", f.waiting(), err)
	}
}

// verdict settles, then compares receipts with cases and prints the row of the
// table: what a receipt was shown for and is not at the hub is lost, a report
// that is two cases is doubled, a file or log that holds an answer leaks.
func (f *field) verdict(fault string) {
	f.t.Helper()
	known := func(when string) {
		if got := f.track(string(f.last.Number), string(f.last.Code)); got.Result == kiosk.TrackUnknown {
			f.t.Errorf("%s: a genuine receipt is not known to the hub: %+v", when, got)
		}
	}
	known("not sent yet")
	f.settle()
	known("sent")
	var all []hubCase
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if all = f.cases(); len(all) >= len(f.shown) || time.Now().After(end) {
			break
		}
	}
	at, titles := map[kiosk.Number]string{}, map[string]int{}
	for _, c := range all {
		at[kiosk.Number(c.Number)] = c.Answers["title"]
		titles[c.Answers["title"]]++
	}
	lost, doubled := 0, 0
	for n, title := range f.shown {
		if at[n] != title {
			lost++
		}
	}
	for title, n := range titles {
		if n > 1 {
			f.t.Errorf("%q is %d cases", title, n)
			doubled += n - 1
		}
	}
	row(f.t, fault, f.tries, lost, doubled, f.leaks())
}

// leaks counts the places of the kiosk where an answer can be read.
func (f *field) leaks() (n int) {
	f.t.Helper()
	if bytes.Contains(f.log.Bytes(), []byte(secret)) {
		f.t.Error("the log holds words of an answer")
		n++
	}
	err := filepath.WalkDir(f.kiosk, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && d.IsDir() {
			return nil
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(secret)) {
			f.t.Errorf("%s holds words of an answer", path)
			n++
		}
		return err
	})
	if err != nil {
		f.t.Error(err)
	}
	return n
}

// row is a line of the table that `make faults` prints.
func row(t *testing.T, fault string, tries, lost, doubled, leaked int) {
	t.Helper()
	t.Attr("fault", fmt.Sprintf("%s|tries=%d|lost=%d|doubled=%d|leaked=%d", fault, tries, lost, doubled, leaked))
	if lost+doubled+leaked > 0 || tries == 0 {
		t.Errorf("%s: %d tries, %d lost, %d doubled, %d leaked", fault, tries, lost, doubled, leaked)
	}
}

// relay is a web server between kiosk and hub whose answers a test writes.
// script returns false to let the hub's own answer through.
func (f *field) relay(script func(w http.ResponseWriter, r *http.Request, hub http.Handler) bool) string {
	f.t.Helper()
	to := &url.URL{Scheme: "http", Host: f.address}
	hub := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		req, err := http.NewRequest(r.Method, to.String()+r.URL.Path, bytes.NewReader(b))
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		req.Header = r.Header
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer resp.Body.Close()
		for k, v := range resp.Header {
			w.Header()[k] = v
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(resp.StatusCode)
		io.Copy(w, resp.Body)
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !script(w, r, hub) {
			hub.ServeHTTP(w, r)
		}
	}))
	s.Config.ErrorLog = nil
	f.t.Cleanup(s.Close)
	return s.URL
}

// Whatever answers in the hub's place, or in its name: nothing counts but its
// signature over these very bytes, and once it answers everything is there once.
func TestFaultAnswers(t *testing.T) {
	t.Parallel()
	f := newField(t)
	stranger := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	answer := func(status int, kind, body string, headers ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			for i := 0; i+1 < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	portal := "<html><body>Selamat datang di WiFi Kantor. Setuju?</body></html>"
	type forgery func(batch [][]byte) any
	forged := func(make forgery) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			batch, err := seal.ReadBatch(r.Body, seal.MaxBatch, seal.MaxBatchBytes)
			if err != nil {
				http.Error(w, "not a batch", http.StatusBadRequest) // how the hub stands is asked too
				return
			}
			json.NewEncoder(w).Encode(make(batch))
		}
	}
	acks := func(key ed25519.PrivateKey, change func(*seal.Ack)) forgery {
		return func(batch [][]byte) any {
			var all []seal.Signed
			for _, b := range batch {
				e, err := seal.Parse(b)
				if err != nil {
					t.Error(err)
					continue
				}
				a := seal.Ack{Envelope: hex.EncodeToString(e.SHA256[:]), ID: e.Header.ID, Level: seal.LevelStored, Incarnation: "x", HubSeq: 1, StoredAt: time.Now(), Watermark: 1 << 40}
				change(&a)
				all = append(all, seal.SignAck(key, a))
			}
			return map[string]any{"acks": all}
		}
	}
	same := func(*seal.Ack) {}
	elsewhere := httptest.NewServer(answer(200, "text/html", portal))
	defer elsewhere.Close()
	for _, fault := range []struct {
		name string
		say  http.HandlerFunc
		slow bool // the kiosk gives up by its own patience, which is shortened here
	}{
		{name: "captive portal: HTML with 200", say: answer(200, "text/html", portal)},
		{name: "captive portal: HTML called JSON", say: answer(200, "application/json", portal)},
		{name: "captive portal: gzip'd HTML", say: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			g := gzip.NewWriter(w)
			io.WriteString(g, portal)
			g.Close()
		}},
		{name: "200 without a body", say: answer(200, "application/json", "")},
		{name: "200 with null", say: answer(200, "application/json", "null")},
		{name: "200 with an empty list", say: answer(200, "application/json", `{"acks":[]}`)},
		{name: "201 without a signature", say: answer(201, "application/json", `{"acks":[{"payload":"e30=","signature":""}]}`)},
		{name: "204", say: answer(204, "", "")},
		{name: "301 elsewhere", say: answer(301, "text/html", "", "Location", elsewhere.URL)},
		{name: "302 elsewhere", say: answer(302, "text/html", "", "Location", elsewhere.URL)},
		{name: "307 elsewhere", say: answer(307, "text/html", "", "Location", elsewhere.URL)},
		{name: "308 to itself", say: answer(308, "text/html", "", "Location", "/api/v1/envelopes")},
		{name: "400", say: answer(400, "application/json", `{"error":"no"}`)},
		{name: "401", say: answer(401, "application/json", `{"error":"no"}`)},
		{name: "403", say: answer(403, "text/html", portal)},
		{name: "404", say: answer(404, "text/html", "not found")},
		{name: "407 from a proxy", say: answer(407, "text/html", portal, "Proxy-Authenticate", "Basic")},
		{name: "409", say: answer(409, "application/json", `{"error":"no"}`)},
		{name: "413", say: answer(413, "application/json", `{"error":"no"}`)},
		{name: "422", say: answer(422, "application/json", `{"error":"no"}`)},
		{name: "429 with Retry-After in seconds", say: answer(429, "application/json", `{"error":"later"}`, "Retry-After", "3")},
		{name: "429 with a date ten years ahead", say: answer(429, "application/json", `{}`, "Retry-After", "Mon, 01 Jan 2036 00:00:00 GMT")},
		{name: "500", say: answer(500, "application/json", `{"error":"no"}`)},
		{name: "502 from a balancer", say: answer(502, "text/html", "<html>Bad Gateway")},
		{name: "503", say: answer(503, "application/json", `{"error":"busy"}`, "Retry-After", "1")},
		{name: "504 from a balancer", say: answer(504, "text/html", "<html>Gateway Timeout")},
		{name: "acknowledgement by another key", say: forged(acks(stranger, same))},
		{name: "acknowledgement of other bytes", say: forged(acks(f.ackKey, func(a *seal.Ack) { a.Envelope = strings.Repeat("0", 64) }))},
		{name: "signature over another payload", say: forged(func(batch [][]byte) any {
			right := acks(f.ackKey, same)(batch).(map[string]any)["acks"].([]seal.Signed)
			for i := range right {
				right[i].Payload = bytes.Replace(right[i].Payload, []byte(`"x"`), []byte(`"y"`), 1)
			}
			return map[string]any{"acks": right}
		})},
		{name: "hung up before the answer", say: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{name: "body that is not gzip", say: answer(200, "application/json", "no gzip", "Content-Encoding", "gzip")},
		{name: "endless body", say: func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"acks":[`)
			for range 64 {
				if _, err := io.WriteString(w, strings.Repeat(" ", 64<<10)); err != nil {
					return
				}
			}
		}},
		{name: "huge header", say: answer(200, "application/json", "{}", "X-Long", strings.Repeat("x", 64<<10))},
		{name: "header that never comes", slow: true, say: func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // or it is not seen that the kiosk has gone
			<-r.Context().Done()
		}},
		{name: "body that stops half way", slow: true, say: func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // or it is not seen that the kiosk has gone
			w.Header().Set("Content-Length", "400")
			io.WriteString(w, `{"acks":[`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}},
	} {
		t.Run(fault.name, func(t *testing.T) {
			one := &field{office: &office{t: t, hub: f.hub, kiosk: f.kiosk, address: f.address}, shown: f.shown, filed: f.filed}
			one.open(time.Now)
			one.file(3)
			f.filed = one.filed
			if fault.slow {
				one.up.Client.Timeout = 200 * time.Millisecond
			}
			before := one.waiting()
			liar := one.relay(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool { fault.say(w, r); return true })
			err := one.through(liar)
			if one.waiting() != before || err == nil {
				t.Errorf("%d of %d still wait after it, %v", one.waiting(), before, err)
			}
			// The same once more, and then for how the hub stands alone.
			one.through(liar)
			one.open(time.Now)
			if fault.slow {
				one.up.Client.Timeout = 2 * time.Second // the hub itself answers the rest
			}
			if err := one.through(one.relay(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
				standing := strings.HasSuffix(r.URL.Path, "/standing")
				if standing {
					fault.say(w, r)
				}
				return standing
			})); err != nil {
				t.Errorf("a hub that does not say how it stands is not sent anything: %v", err)
			}
			one.verdict(fault.name)
		})
	}
	if len(f.shown) < 100 {
		t.Error("reports filed:", len(f.shown))
	}
}

// The hub has it and the kiosk does not know: it is sent again, and is there once.
func TestFaultLostAnswers(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(w http.ResponseWriter, got *httptest.ResponseRecorder){
		"stored, and the answer is lost": func(http.ResponseWriter, *httptest.ResponseRecorder) { panic(http.ErrAbortHandler) },
		"stored, and the answer is half": func(w http.ResponseWriter, got *httptest.ResponseRecorder) {
			w.Header().Set("Content-Length", fmt.Sprint(got.Body.Len()))
			w.Write(got.Body.Bytes()[:got.Body.Len()/2])
		},
		"stored, and a balancer says 502": func(w http.ResponseWriter, _ *httptest.ResponseRecorder) {
			w.WriteHeader(http.StatusBadGateway)
		},
		"stored, and one of three acknowledged": func(w http.ResponseWriter, got *httptest.ResponseRecorder) {
			var all struct {
				Acks []seal.Signed `json:"acks"`
			}
			if err := json.Unmarshal(got.Body.Bytes(), &all); err != nil {
				t.Error(err)
			}
			json.NewEncoder(w).Encode(map[string]any{"acks": all.Acks[:1]})
		},
		"stored, and each acknowledged twice": func(w http.ResponseWriter, got *httptest.ResponseRecorder) {
			var all struct {
				Acks []seal.Signed `json:"acks"`
			}
			if err := json.Unmarshal(got.Body.Bytes(), &all); err != nil {
				t.Error(err)
			}
			json.NewEncoder(w).Encode(map[string]any{"acks": append(all.Acks, all.Acks...)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newField(t)
			f.file(3)
			base := f.relay(func(w http.ResponseWriter, r *http.Request, hub http.Handler) bool {
				if !strings.HasSuffix(r.URL.Path, "/envelopes") {
					return false
				}
				got := httptest.NewRecorder()
				hub.ServeHTTP(got, r)
				lose(w, got)
				return true
			})
			for range 5 {
				f.through(base)
			}
			if len(f.arrived(3)) != 3 {
				t.Error("the hub did not store them, so nothing was lost on the way back")
			}
			f.verdict(name)
		})
	}
}

// wire is a TCP proxy that cuts connections.
type wire struct {
	net.Listener
	to     string
	up     atomic.Int64 // bytes that get through to the hub, and back; -1 is all
	down   atomic.Int64
	slowly atomic.Int64 // between bytes
	reset  atomic.Bool  // cut with RST, not FIN
	both   atomic.Int64 // bytes that got through
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, to: to}
	w.up.Store(-1)
	w.down.Store(-1)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.serve(c.(*net.TCPConn))
		}
	}()
	return w
}

func (w *wire) serve(c *net.TCPConn) {
	h, err := net.Dial("tcp", w.to)
	if err != nil {
		c.Close()
		return
	}
	var once sync.Once
	cut := func() {
		once.Do(func() {
			if w.reset.Load() {
				c.SetLinger(0)
			}
			c.Close()
			h.Close()
		})
	}
	pass := func(to io.Writer, from io.Reader, most int64) {
		defer cut()
		if most >= 0 {
			from = io.LimitReader(from, most)
		}
		b := make([]byte, 32<<10)
		if w.slowly.Load() > 0 {
			b = b[:7]
		}
		for {
			n, err := from.Read(b)
			w.both.Add(int64(n))
			if _, bad := to.Write(b[:n]); bad != nil || err != nil {
				return
			}
			time.Sleep(time.Duration(w.slowly.Load()))
		}
	}
	go pass(c, h, w.down.Load())
	pass(h, c, w.up.Load())
}

// The wire is cut at every byte of the request, then at every byte of the
// answer.
func TestFaultCutWire(t *testing.T) {
	t.Parallel()
	for name, reset := range map[string]bool{"closed": false, "reset": true} {
		for _, way := range []string{"request", "answer"} {
			t.Run(way+" "+name, func(t *testing.T) {
				t.Parallel()
				f := newField(t)
				w := newWire(t, f.address)
				w.reset.Store(reset)
				f.up.Client.Transport.(*http.Transport).DisableKeepAlives = true
				f.through("http://" + w.Addr().String()) // how the hub stands is asked before
				f.tries = 0
				f.file(1)
				limit := &w.up
				if way == "answer" {
					limit = &w.down
				}
				step := int64(tries(3, 1))
				for k := int64(0); f.waiting() > 0; k += step {
					if k > 64<<10 {
						t.Fatal("never got through")
					}
					limit.Store(k)
					f.through("http://" + w.Addr().String())
				}
				if f.tries < 100 {
					t.Errorf("through after %d tries: the wire was not cut", f.tries)
				}
				f.verdict(fmt.Sprintf("%s cut at byte k, %s", way, name))
			})
		}
	}
}

// A network that is bad without an end.
func TestFaultNetwork(t *testing.T) {
	t.Parallel()
	dead := func(t *testing.T) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return "http://" + l.Addr().String()
	}
	speaks := func(t *testing.T, what string) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					io.WriteString(c, what)
					io.Copy(io.Discard, io.LimitReader(c, 1<<20))
					c.Close()
				}()
			}
		}()
		return "http://" + l.Addr().String()
	}
	// secure answers over TLS by an authority that the kiosk trusts, but for what
	// change does.
	secure := func(t *testing.T, f *field, change func(server, kiosk *tls.Config)) string {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		s.StartTLS()
		t.Cleanup(s.Close)
		trusted := x509.NewCertPool()
		trusted.AddCert(s.Certificate())
		trust := &tls.Config{RootCAs: trusted}
		change(s.TLS, trust)
		f.up.Client.Transport.(*http.Transport).TLSClientConfig = trust
		return s.URL
	}
	for _, fault := range []struct {
		name, says string
		to         func(*testing.T, *field) string
	}{
		{"nobody listens", "connection refused", func(t *testing.T, _ *field) string { return dead(t) }},
		{"a name that does not resolve", "no such host", func(*testing.T, *field) string { return "http://lacak.invalid" }},
		{"certificate of an unknown authority", "unknown authority", func(t *testing.T, f *field) string {
			return secure(t, f, func(_, kiosk *tls.Config) { kiosk.RootCAs = x509.NewCertPool() })
		}},
		{"certificate for another name", "not localhost", func(t *testing.T, f *field) string {
			return strings.Replace(secure(t, f, func(_, _ *tls.Config) {}), "127.0.0.1", "localhost", 1)
		}},
		{"certificate that has expired", "expired", func(t *testing.T, f *field) string {
			return secure(t, f, func(_, kiosk *tls.Config) {
				kiosk.Time = func() time.Time { return time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC) }
			})
		}},
		{"TLS that is too old", "protocol version", func(t *testing.T, f *field) string {
			return secure(t, f, func(server, _ *tls.Config) {
				server.MinVersion, server.MaxVersion = tls.VersionTLS10, tls.VersionTLS10
			})
		}},
		{"a mail server on the port", "", func(t *testing.T, _ *field) string { return speaks(t, "220 mail.example.go.id ESMTP\r\n") }},
		{"noise on the port", "", func(t *testing.T, _ *field) string { return speaks(t, strings.Repeat("\x00\xff\x10", 3000)) }},
		{"HTTP/0.9 on the port", "", func(t *testing.T, _ *field) string { return speaks(t, "<html>hello</html>\n") }},
	} {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			f := newField(t)
			f.file(2)
			f.up.Client.Timeout = 10 * time.Second
			if fault.says == "" { // nothing is said, and the kiosk may wait in vain
				f.up.Client.Timeout = time.Second
			}
			base := fault.to(t, f)
			for range 3 {
				if err := f.through(base); err == nil || f.waiting() != 2 || !strings.Contains(err.Error(), fault.says) {
					t.Errorf("%d of 2 wait, %v", f.waiting(), err)
				}
			}
			f.verdict(fault.name)
		})
	}
	t.Run("seven bytes at a time", func(t *testing.T) {
		t.Parallel()
		f := newField(t)
		f.file(2)
		w := newWire(t, f.address)
		w.slowly.Store(int64(100 * time.Microsecond))
		if err := f.through("http://" + w.Addr().String()); err != nil {
			t.Error(err)
		}
		f.verdict("seven bytes at a time")
	})
	t.Run("cut at random", func(t *testing.T) {
		t.Parallel()
		f := newField(t)
		w := newWire(t, f.address)
		r := rand.New(rand.NewPCG(1, 2))
		for range tries(60, 1000) {
			f.file(2)
			w.up.Store(r.Int64N(40 << 10))
			w.down.Store(r.Int64N(4 << 10))
			f.through("http://" + w.Addr().String())
		}
		f.verdict("both ways cut at random")
	})
}

// What must be there once is sent by many at a time.
func TestFaultTogether(t *testing.T) {
	t.Parallel()
	t.Run("two uploaders", func(t *testing.T) {
		t.Parallel()
		f := newField(t)
		f.file(tries(100, 1000))
		var all sync.WaitGroup
		for range 4 {
			f.tries++
			all.Go(func() {
				out, errs, err := try(nil, kioskBin, "upload", "--data", f.kiosk, "--once")
				if err != nil {
					t.Error(err, out, errs)
				}
			})
		}
		all.Wait()
		f.verdict("four uploaders at once")
	})
	t.Run("the same request", func(t *testing.T) {
		t.Parallel()
		f := newField(t)
		f.file(5)
		next, err := f.station.queue.Next(t.Context(), 10, 1<<20)
		if err != nil || len(next) != 5 {
			t.Fatal(len(next), err)
		}
		var raw [][]byte
		for _, q := range next {
			raw = append(raw, q.Bytes)
		}
		var body bytes.Buffer
		if err := seal.WriteBatch(&body, raw); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 50 {
			f.tries++
			all.Go(func() {
				resp := f.post(f.station.enrolment.Kiosk, f.station.enrolment.Key, body.Bytes())
				if resp.StatusCode != http.StatusOK {
					t.Errorf("answer %d", resp.StatusCode)
				}
			})
		}
		all.Wait()
		f.verdict("one request fifty times at once")
	})
	t.Run("filing and uploading", func(t *testing.T) {
		t.Parallel()
		f := newField(t)
		drafts := f.examples(tries(60, 600))
		stop := make(chan struct{})
		var up sync.WaitGroup
		up.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					try(nil, kioskBin, "upload", "--data", f.kiosk, "--once")
				}
			}
		})
		var all sync.WaitGroup
		var mu sync.Mutex
		printed := map[string]bool{}
		for range 3 {
			f.tries++
			all.Go(func() {
				out, errs, err := try(drafts, kioskBin, "submit", "--data", f.kiosk)
				if err != nil {
					t.Error(err, errs)
				}
				numbers, _ := receipts(out)
				mu.Lock()
				defer mu.Unlock()
				for _, n := range numbers {
					if printed[n] {
						t.Errorf("%s was printed twice", n)
					}
					printed[n] = true
				}
			})
		}
		all.Wait()
		close(stop)
		up.Wait()
		f.settle()
		by := f.arrived(len(printed))
		lost := 0
		for n := range printed {
			if _, ok := by[n]; !ok {
				lost++
			}
		}
		row(t, "three programs file while a fourth uploads", f.tries, lost, len(by)-len(printed), f.leaks())
	})
}

// post sends a signed request as a kiosk does and returns the answer, read.
func (f *field) post(id string, key ed25519.PrivateKey, body []byte) *http.Response {
	f.t.Helper()
	const path = "/api/v1/envelopes"
	req, err := http.NewRequest(http.MethodPost, "http://"+f.address+path, bytes.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("Content-Type", seal.BatchType)
	req.Header.Set("Loket-Kiosk", id)
	req.Header.Set("Loket-Signature", base64.StdEncoding.EncodeToString(seal.SignRequest(key, http.MethodPost, path, body)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		f.t.Error(err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(b))
	return resp
}

// The kiosk's clock says anything: the report is taken, arrives, and is not
// dropped early.
func TestFaultClocks(t *testing.T) {
	t.Parallel()
	real := time.Now()
	for name, clock := range map[string]func() time.Time{
		"the clock says 1970": func() time.Time { return time.Unix(3600, 0) },
		"the clock says 2099": func() time.Time { return time.Date(2099, 12, 31, 23, 59, 59, 0, time.UTC) },
		"the clock jumps back and forth by a year": func() time.Time {
			return real.Add(time.Duration(rand.IntN(3)-1) * 365 * 24 * time.Hour)
		},
		"the clock stands still": func() time.Time { return real },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newField(t)
			for range 3 {
				f.open(clock)
				f.file(3)
				if err := f.through("http://" + f.address); err != nil {
					t.Error(err)
				}
				c, err := f.station.queue.Count(t.Context())
				if err != nil || c.Waiting != 0 || c.Purged != 0 {
					t.Errorf("%+v, %v", c, err)
				}
			}
			f.verdict(name)
		})
	}
}

// The hub dies and comes back, again and again, while kiosks send.
func TestFaultHubDies(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]os.Signal{"killed": syscall.SIGKILL, "restarted": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newField(t)
			ctx, stop := context.WithCancel(t.Context())
			var up sync.WaitGroup
			u := f.station.uploader(slog.New(slog.DiscardHandler))
			up.Go(func() {
				for ctx.Err() == nil {
					u.Drain(ctx)
					f.station.queue.Hasten(ctx)
				}
			})
			for range tries(12, 100) {
				f.tries++
				f.file(20)
				time.Sleep(rand.N(40 * time.Millisecond))
				f.office.stop(how)
				f.serve()
			}
			stop()
			up.Wait()
			f.verdict("the hub is " + name + " under load")
		})
	}
}

// A locked or full disk of the hub is no reason to say that it has what it has not.
func TestFaultHubDisk(t *testing.T) {
	t.Parallel()
	t.Run("locked", func(t *testing.T) {
		f := newField(t)
		f.file(3)
		held := make(chan struct{})
		release := lockDatabase(t, filepath.Join(f.hub, "casebook.db"), held)
		<-held
		f.up.Client.Timeout = time.Second
		if err := f.through("http://" + f.address); err == nil || f.waiting() != 3 {
			t.Errorf("%d wait, %v", f.waiting(), err)
		}
		release()
		f.verdict("the hub's database is locked")
	})
	t.Run("full", func(t *testing.T) {
		dir := t.TempDir()
		if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", dir).CombinedOutput(); err != nil {
			t.Skipf("SKIPPED, a small disk cannot be mounted here: %s", bytes.TrimSpace(out))
		}
		t.Cleanup(func() { exec.Command("umount", "-l", dir).Run() })
		f := &field{office: &office{t: t, hub: filepath.Join(dir, "hub"), kiosk: filepath.Join(t.TempDir(), "kiosk")}, shown: map[kiosk.Number]string{}}
		f.address = address(t)
		t.Cleanup(func() { f.office.stop(syscall.SIGKILL) })
		f.serve()
		code := strings.TrimSpace(f.run(nil, hubBin, "kiosk", "add", "--data", f.hub, "--office", "ntt"))
		f.run(nil, kioskBin, "enrol", "--data", f.kiosk, "--hub", "http://"+f.address, "--code", strings.ToLower(code))
		f.open(time.Now)
		var err error
		for range 40 {
			f.file(5)
			if err = f.through("http://" + f.address); err != nil {
				break
			}
		}
		if err == nil {
			t.Fatal("the disk did not get full")
		}
		for range 3 {
			f.through("http://" + f.address)
		}
		if f.waiting() == 0 {
			t.Error("a full hub took everything")
		}
		if out, err := exec.Command("mount", "-o", "remount,size=64m", dir).CombinedOutput(); err != nil {
			t.Fatal(err, string(out))
		}
		f.verdict("the hub's disk is full")
	})
}

// lockDatabase holds a write transaction on an SQLite file from another
// connection until release is called.
func lockDatabase(t *testing.T, path string, held chan<- struct{}) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite", path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	close(held)
	return sync.OnceFunc(func() { tx.Rollback(); db.Close() })
}
