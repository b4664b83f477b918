package web_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"loket/hub"
	"loket/kiosk/seal"
)

// sick is a store with troubles of a disk, as they would come from one.
type sick struct {
	hub.Store
	probe      error
	free, size uint64
	has        int64
	probes     atomic.Int32
}

func (s *sick) Probe(ctx context.Context, now time.Time) error {
	s.probes.Add(1)
	if s.probe != nil {
		return s.probe
	}
	return s.Store.Probe(ctx, now)
}

func (s *sick) Disk() (free, size uint64, err error) {
	if s.size > 0 {
		return s.free, s.size, nil
	}
	return s.Store.Disk()
}

func (s *sick) Schema(ctx context.Context) (has, knows int64, err error) {
	has, knows, err = s.Store.Schema(ctx)
	return has + s.has, knows, err
}

func (o *office) ask(path string) (status int, body string) {
	o.t.Helper()
	resp, err := http.Get(o.server.URL + path)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// resting is an office whose hub opens nothing: its store can be changed.
func resting(t *testing.T) *office {
	t.Helper()
	o := newOffice(t)
	o.stop()
	o.open(false)
	return o
}

// A hub that cannot take reports says so in plain words, without the error's text,
// and lives all the same.
func TestReadyzSaysWhatIsWrong(t *testing.T) {
	if testing.Short() {
		t.Skip("a hub for each, one after the other")
	}
	_, knows, err := newOffice(t).book.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf("the database has schema %d, this program works with %d", knows-1, knows)
	for want, make := range map[string]func(o *office, s *sick){
		"":                            func(_ *office, s *sick) { s.has = 1 }, // by a newer hub beside it
		"the database takes no write": func(_ *office, s *sick) { s.probe = errors.New("attempt to write a readonly database (8)") },
		"the disk is full: 4 MB of 100 MB are free, 5 % must be": func(_ *office, s *sick) { s.free, s.size = 4<<20, 100<<20 },
		schema:                                  func(_ *office, s *sick) { s.has = -1 },
		"the acknowledgement key is not loaded": func(o *office, _ *sick) { o.hub.Keys.Ack = nil },
		"the acknowledgement key is not the one that kiosks pin": func(o *office, _ *sick) { _, o.hub.Keys.Ack, _ = ed25519.GenerateKey(nil) },
		"the database takes no write\nthe disk is full: 0 MB of 1 MB are free, 5 % must be": func(_ *office, s *sick) {
			s.probe, s.size = errors.New("database or disk is full (13)"), 1<<20
		},
	} {
		t.Run(want, func(t *testing.T) {
			o := resting(t)
			s := &sick{Store: o.hub.Store}
			o.hub.Store = s
			make(o, s)
			status, body := o.ask("/readyz")
			if want == "" && (status != http.StatusOK || body != "ok\n") || want != "" && (status != http.StatusServiceUnavailable || body != want+"\n") {
				t.Errorf("%d %q", status, body)
			}
			if status, body := o.ask("/livez"); status != http.StatusOK || body != "ok\n" {
				t.Errorf("livez: %d %q", status, body)
			}
		})
	}
}

// Who asks often costs the disk one write a second.
func TestReadyzProbesOnceASecond(t *testing.T) {
	o := resting(t)
	s := &sick{Store: o.hub.Store}
	o.hub.Store = s
	began := time.Now()
	for range 50 {
		if status, body := o.ask("/readyz"); status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
	}
	if most := int32(time.Since(began)/time.Second) + 1; s.probes.Load() > most {
		t.Errorf("%d writes in %v", s.probes.Load(), time.Since(began))
	}
	s.probe = errors.New("gone")
	time.Sleep(1100 * time.Millisecond)
	if status, _ := o.ask("/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("after a second it still says %d", status)
	}
}

// meter counts in a map.
type meter struct {
	hub.Meter
	counts map[string]int
	mu     chan struct{}
}

func (m *meter) add(name string, n int) {
	m.mu <- struct{}{}
	m.counts[name] += n
	<-m.mu
}
func (m *meter) Envelopes(result string, n int) { m.add(result, n) }
func (m *meter) EnvelopeBytes(n int)            { m.add("bytes", n) }
func (m *meter) LookedUp(result string)         { m.add("look-up "+result, 1) }
func (m *meter) Limited()                       { m.add("limited", 1) }
func (m *meter) LoginFailed()                   { m.add("log-in", 1) }

func TestTheMeterIsToldWhatHappens(t *testing.T) {
	o := newOffice(t)
	m := &meter{counts: map[string]int{}, mu: make(chan struct{}, 1)}
	o.hub.Meter, o.hub.UnknownAfter = m, time.Millisecond
	e, n, c := o.report()
	o.send(e)
	o.send(e, []byte("rubbish"))
	o.post("/api/v1/envelopes", seal.BatchType, strings.NewReader("x"), map[string]string{"Loket-Kiosk": o.id})
	o.opened(n)
	o.track(string(n), string(c))
	for range perMinuteAndMore {
		o.post("/t", "application/x-www-form-urlencoded", strings.NewReader("number=1&code=2"), nil)
	}
	o.post("/desk/login", "application/x-www-form-urlencoded", strings.NewReader("name=nobody&password=wrong"), nil)
	want := map[string]int{"stored": 1, "duplicate": 1, "quarantined": 1, "rejected": 1, "bytes": len(e) + len("rubbish"), "look-up found": 1, "log-in": 1}
	m.mu <- struct{}{}
	defer func() { <-m.mu }()
	for name, w := range want {
		if m.counts[name] != w {
			t.Errorf("%s: %d, want %d", name, m.counts[name], w)
		}
	}
	if m.counts["limited"] < 1 || m.counts["look-up unknown"] < 1 || m.counts["look-up unknown"] > perMinuteAndMore {
		t.Error(m.counts)
	}
}

// perMinuteAndMore is more look-ups than one client may make in a minute.
const perMinuteAndMore = 70
