package upload

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"loket/kiosk/seal"
)

// memory is a queue in memory, as strict as the real one about what it is told.
type memory struct {
	mu       sync.Mutex
	waiting  []seal.Queued
	acked    map[int64]seal.Ack
	later    map[int64]time.Time
	purged   []string
	nextErr  error
	drained  int
	nextCall []time.Time
}

// Head implements Queue.
func (m *memory) Head(context.Context) (seal.Head, error) {
	return seal.Head{Epoch: strings.Repeat("e", 16), SHA256: strings.Repeat("0", 64)}, nil
}

func newMemory(n int) *memory {
	m := &memory{acked: map[int64]seal.Ack{}, later: map[int64]time.Time{}}
	for i := range n {
		m.waiting = append(m.waiting, seal.Queued{Seq: int64(i + 1), Bytes: fmt.Appendf(nil, "envelope %d", i+1)})
	}
	return m
}

func (m *memory) Next(_ context.Context, n, _ int) ([]seal.Queued, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.nextCall = append(m.nextCall, time.Now())
	var out []seal.Queued
	for _, q := range m.waiting {
		_, acked := m.acked[q.Seq]
		_, later := m.later[q.Seq]
		if !acked && !later && len(out) < n {
			out = append(out, q)
		}
	}
	return out, m.nextErr
}

func (m *memory) Acknowledge(_ context.Context, acks map[int64]seal.Ack) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for seq, a := range acks {
		if _, twice := m.acked[seq]; twice {
			return fmt.Errorf("%d acknowledged twice", seq)
		}
		m.acked[seq] = a
	}
	return nil
}

func (m *memory) Recall(_ context.Context, incarnation string) (n int64, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for seq, a := range m.acked {
		if a.Incarnation != incarnation {
			delete(m.acked, seq)
			n++
		}
	}
	return n, nil
}

func (m *memory) Postpone(_ context.Context, seq int64, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.later[seq] = until
	return nil
}

func (m *memory) Purge(_ context.Context, incarnation string, watermark int64, _ time.Time) (int64, error) {
	m.purged = append(m.purged, fmt.Sprint(incarnation, watermark))
	return 0, nil
}

func (m *memory) Forget(context.Context) error { m.drained++; return nil }

// hub acknowledges like the real one unless a test speaks for it.
type hub struct {
	kiosk, ack  ed25519.PrivateKey
	incarnation string // "i" if empty
	bad         string // an envelope the hub answers 422 to
	skip        string // an envelope it leaves out of its answer
	stored      sync.Map
}

func newHub(t *testing.T) *hub {
	t.Helper()
	h := new(hub)
	var err error
	for _, k := range []*ed25519.PrivateKey{&h.kiosk, &h.ack} {
		if _, *k, err = ed25519.GenerateKey(nil); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// body is what the kiosk signed.
func (h *hub) body(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	signature, err := base64.StdEncoding.DecodeString(r.Header.Get("Loket-Signature"))
	if err != nil {
		return nil, err
	}
	return body, seal.VerifyRequest(h.kiosk.Public().(ed25519.PublicKey), r.Method, r.URL.Path, body, signature)
}

func (h *hub) acks(r *http.Request, key ed25519.PrivateKey) ([]seal.Signed, error) {
	body, err := h.body(r)
	if err != nil {
		return nil, err
	}
	batch, err := seal.ReadBatch(bytes.NewReader(body), seal.MaxBatch, seal.MaxBatchBytes)
	if err != nil {
		return nil, err
	}
	var out []seal.Signed
	for _, b := range batch {
		if string(b) == h.bad {
			return nil, errors.New("bad")
		}
		if string(b) == h.skip {
			continue
		}
		h.stored.Store(string(b), true)
		sum := sha256.Sum256(b)
		out = append(out, seal.SignAck(key, seal.Ack{Envelope: hex.EncodeToString(sum[:]), Level: seal.LevelStored, Incarnation: cmp.Or(h.incarnation, "i"), HubSeq: 1, Watermark: 7}))
	}
	return out, nil
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == standingPath {
		b, err := h.body(r)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		head, err := seal.ReadHead(b)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		json.NewEncoder(w).Encode(seal.SignStanding(h.ack, seal.Standing{Incarnation: cmp.Or(h.incarnation, "i"), Watermark: 7, Nonce: head.Nonce}))
		return
	}
	acks, err := h.acks(r, h.ack)
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprintf(w, `{"error":%q}`, err)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"acks": acks})
}

// uploader returns one that has just asked how the hub stands.
func uploader(t *testing.T, h *hub, handler http.Handler, q Queue) *Uploader {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &Uploader{Hub: server.URL, Kiosk: "K7", Key: h.kiosk, AckKey: h.ack.Public().(ed25519.PublicKey),
		Queue: q, Client: NewClient(), Now: time.Now, Log: slog.New(slog.DiscardHandler), asked: time.Now()}
}

func TestDrainsOldestFirstInBatches(t *testing.T) {
	h, q := newHub(t), newMemory(250)
	if err := uploader(t, h, h, q).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(q.acked) != 250 || len(q.nextCall) > 4 {
		t.Errorf("%d acknowledged in %d batches", len(q.acked), len(q.nextCall))
	}
}

func TestOneBadReportBlocksNobody(t *testing.T) {
	for name, h := range map[string]*hub{"refused": {bad: "envelope 3"}, "left out": {skip: "envelope 3"}} {
		t.Run(name, func(t *testing.T) {
			keys := newHub(t)
			h.kiosk, h.ack = keys.kiosk, keys.ack
			q := newMemory(120)
			if err := uploader(t, h, h, q).Drain(t.Context()); !errors.Is(err, ErrLeft) {
				t.Error(err)
			}
			if _, put := q.later[3]; !put || len(q.acked) != 119 || len(q.later) != 1 {
				t.Errorf("%d acknowledged, put aside: %v", len(q.acked), q.later)
			}
		})
	}
}

// Whatever answers that is not the hub's own signature over the very bytes:
// nothing may be marked.
func TestNothingButASignedAcknowledgementCounts(t *testing.T) {
	h := newHub(t)
	strange := newHub(t)
	page := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	signedBy := func(key ed25519.PrivateKey, change func([]seal.Signed) []seal.Signed) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			acks, err := h.acks(r, key)
			if err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(map[string]any{"acks": change(acks)})
		}
	}
	same := func(a []seal.Signed) []seal.Signed { return a }
	elsewhere := httptest.NewServer(h)
	defer elsewhere.Close()
	for name, answer := range map[string]http.HandlerFunc{
		"captive portal":        page(200, "text/html", "<html><h1>Welcome to Hotel WiFi</h1>"),
		"empty 200":             page(200, "application/json", ""),
		"204":                   page(204, "", ""),
		"unsigned":              page(200, "application/json", `{"acks":[{"payload":"e30=","signature":""}]}`),
		"null":                  page(200, "application/json", `null`),
		"refusal":               page(401, "application/json", `{"error":"unknown kiosk"}`),
		"500":                   page(500, "application/json", `{"error":"no"}`),
		"html 404":              page(404, "text/html", "not found"),
		"signed by another key": signedBy(strange.ack, same),
		"one bit changed": signedBy(h.ack, func(a []seal.Signed) []seal.Signed {
			for i := range a {
				a[i].Payload = bytes.Replace(a[i].Payload, []byte(`"hub_seq":1`), []byte(`"hub_seq":2`), 1)
			}
			return a
		}),
		"for other bytes": func(w http.ResponseWriter, r *http.Request) {
			sum := sha256.Sum256([]byte("something else"))
			json.NewEncoder(w).Encode(map[string]any{"acks": []seal.Signed{seal.SignAck(h.ack, seal.Ack{Envelope: hex.EncodeToString(sum[:]), Level: seal.LevelStored})}})
		},
		"cut short": func(w http.ResponseWriter, r *http.Request) {
			acks, _ := h.acks(r, h.ack)
			b, _ := json.Marshal(map[string]any{"acks": acks})
			w.Header().Set("Content-Length", fmt.Sprint(len(b)))
			w.Write(b[:len(b)/2])
		},
		"bad gzip": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			g := gzip.NewWriter(w)
			io.WriteString(g, "<html>")
			g.Flush()
		},
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for range 64 {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 64<<10)); err != nil {
					return
				}
			}
		},
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusTemporaryRedirect)
		},
		"hung up": func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			q := newMemory(5)
			err := uploader(t, h, answer, q).Drain(t.Context())
			if err == nil || len(q.acked) > 0 || len(q.purged) > 0 || len(q.later) > 0 {
				t.Errorf("marked %d, purged %d, put aside %d; error %v", len(q.acked), len(q.purged), len(q.later), err)
			}
		})
	}
}

func TestARetryAfterALostAnswerIsHarmless(t *testing.T) {
	h, q := newHub(t), newMemory(3)
	var calls atomic.Int32
	u := uploader(t, h, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			if _, err := h.acks(r, h.ack); err != nil { // stored, but the answer is lost
				t.Error(err)
			}
			panic(http.ErrAbortHandler)
		}
		h.ServeHTTP(w, r)
	}), q)
	if err := u.Drain(t.Context()); err == nil {
		t.Fatal("a lost answer went unnoticed")
	}
	if err := u.Drain(t.Context()); err != nil || len(q.acked) != 3 {
		t.Errorf("%d acknowledged, %v", len(q.acked), err)
	}
}

// A hub restored from a backup says so by its incarnation: what it signed for
// before is sent again, whether the kiosk has something new to send or not.
func TestARestoredHubGetsEverythingAgain(t *testing.T) {
	for name, fresh := range map[string]bool{"idle kiosk": false, "new report": true} {
		t.Run(name, func(t *testing.T) {
			h, q := newHub(t), newMemory(150)
			u := uploader(t, h, h, q)
			if err := u.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			h.incarnation, h.stored = "j", sync.Map{}
			if fresh {
				q.waiting = append(q.waiting, seal.Queued{Seq: 151, Bytes: []byte("after the restore")})
			} else {
				u.asked = time.Time{}
			}
			if err := u.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			n := 0
			h.stored.Range(func(_, _ any) bool { n++; return true })
			if n != len(q.acked) || n != len(q.waiting) || !fresh && !slices.Equal(q.purged, []string{"j7"}) {
				t.Errorf("%d of %d at the hub, %d acknowledged, purged %v", n, len(q.waiting), len(q.acked), q.purged)
			}
		})
	}
}

// Only the hub's own answer to this very question recalls or purges.
func TestNothingButASignedStandingCounts(t *testing.T) {
	h, strange := newHub(t), newHub(t)
	stand := func(key ed25519.PrivateKey, nonce string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			if nonce == "" {
				head, _ := seal.ReadHead(b)
				nonce = head.Nonce
			}
			json.NewEncoder(w).Encode(seal.SignStanding(key, seal.Standing{Incarnation: "j", Watermark: 1 << 40, Nonce: nonce}))
		}
	}
	for name, answer := range map[string]http.HandlerFunc{
		"portal":           func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") },
		"another key":      stand(strange.ack, ""),
		"an old answer":    stand(h.ack, "of yesterday"),
		"an older hub":     http.NotFound,
		"acknowledgements": func(w http.ResponseWriter, r *http.Request) { r.URL.Path = envelopesPath; h.ServeHTTP(w, r) },
	} {
		t.Run(name, func(t *testing.T) {
			q := newMemory(2)
			q.acked[1] = seal.Ack{Incarnation: "i"}
			u := uploader(t, h, answer, q)
			if err := u.stand(t.Context()); !errors.Is(err, ErrNotHub) || len(q.acked) != 1 || len(q.purged) > 0 {
				t.Errorf("%v; %d acknowledged, purged %v", err, len(q.acked), q.purged)
			}
		})
	}
	q := newMemory(1)
	q.acked[1] = seal.Ack{Incarnation: "i"}
	if err := uploader(t, h, stand(h.ack, ""), q).stand(t.Context()); err != nil || len(q.acked) != 0 || len(q.purged) != 1 {
		t.Errorf("the hub's own: %v; %d acknowledged, purged %v", err, len(q.acked), q.purged)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A hub that is down is asked ever more seldom, never in step with other
// kiosks, and never more seldom than every 15 minutes.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory(1)
		q.nextErr = errors.New("down")
		nowhere := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("down") })}
		u := &Uploader{Queue: q, Key: newHub(t).kiosk, Client: nowhere, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
		defer cancel()
		wake := make(chan struct{}, 1)
		wake <- struct{}{}
		u.Run(ctx, wake)
		var gaps []time.Duration
		for i := 1; i < len(q.nextCall); i++ {
			gaps = append(gaps, q.nextCall[i].Sub(q.nextCall[i-1]))
		}
		if len(gaps) < 12 || len(gaps) > 40 || gaps[0] < firstWait/2 || slices.Max(gaps) > longWait {
			t.Errorf("tried after %v", gaps)
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	if wait := pause(1, fmt.Errorf("x: %w", &busyError{after: time.Minute})); wait < time.Minute || wait > time.Minute+firstWait {
		t.Error(wait)
	}
	if got := retryAfter(http.Header{"Retry-After": {"999999"}}); got != time.Hour {
		t.Error(got)
	}
}

// Too many tries are told apart from a hub that is not there, and from a portal.
func TestALookUpThatHasToWait(t *testing.T) {
	status, body := http.StatusTooManyRequests, `{"error":"too many tries; wait a minute"}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	defer server.Close()
	u := &Uploader{Hub: server.URL, Client: NewClient()}
	if _, err := u.Track(t.Context(), "K70QX1MB", "QV8N3HD6W"); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	for status, body = range map[int]string{http.StatusOK: "<html>log in", http.StatusInternalServerError: `{"error":"x"}`} {
		if _, err := u.Track(t.Context(), "K70QX1MB", "QV8N3HD6W"); !errors.Is(err, ErrNotHub) || errors.Is(err, ErrBusy) {
			t.Error(status, err)
		}
	}
}
