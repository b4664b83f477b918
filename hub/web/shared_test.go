package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"loket/hub"
	"loket/hub/web"
	"loket/kiosk"
	"loket/kiosk/workday"
	"loket/store/casebook/casebooktest"
)

// together are two hubs that serve one PostgreSQL database with the same keys.
func together(t *testing.T) (a, b *office) {
	t.Helper()
	t.Setenv("LOKET_TEST_ENGINE", "postgres")
	a = newOffice(t)
	b = &office{t: t, dir: a.dir, clock: a.now()}
	b.open(true)
	return a, b
}

// eventually waits for what another hub does within seconds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("never: %s", what)
		}
	}
}

// What one hub takes in becomes a case through whichever leads; a session holds on
// both; when the one that leads ends, the other does at once, and when it is killed as
// soon as its lease has run out.
func TestTwoHubsAreOne(t *testing.T) {
	a, b := together(t)
	opened := func(o *office, n kiosk.Number) func() bool {
		return func() bool { _, err := o.book.Case(t.Context(), n); return err == nil }
	}
	through := func(o *office) kiosk.Number {
		t.Helper()
		e, n, _ := a.report()
		server := a.server
		a.server = o.server
		defer func() { a.server = server }()
		if resp, acks := a.send(e); resp.StatusCode != http.StatusOK || len(acks) != 1 {
			t.Fatal(resp.StatusCode)
		}
		return n
	}
	for _, o := range []*office{a, b} {
		eventually(t, "a report becomes a case", opened(a, through(o)))
	}
	desk := a.sit("petugas", hub.Administrator, "")
	other := seat{b, desk.b} // the jar does not tell ports apart
	if !strings.Contains(desk.get("/desk"), "petugas") || !strings.Contains(other.get("/desk"), "petugas") {
		t.Error("a session of one hub is none on the other")
	}

	// A day off that is added on one is known on the other within seconds.
	day := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	last := through(b)
	eventually(t, "a report becomes a case", opened(a, last))
	c := a.current(last)
	before, _ := b.hub.Answering(c)
	if _, err := a.hub.AddHoliday(t.Context(), hub.Holiday{Holiday: workday.Holiday{Date: day, Kind: workday.Libur, Name: "Hari tambahan"}, By: "petugas"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other hub counts with the day off", func() bool {
		here, _ := a.hub.Answering(c)
		there, _ := b.hub.Answering(c)
		return there.Due.After(before.Due) && there.Due.Equal(here.Due)
	})

	// The one that led is gone.
	a.stop()
	server := b.server
	a.server = server
	e, n, _ := a.report()
	if resp, _ := a.send(e); resp.StatusCode != http.StatusOK {
		t.Fatal(resp.StatusCode)
	}
	eventually(t, "the hub that is left opens reports", opened(b, n))

	// One that is killed leaves a lease, which runs out.
	now := b.now()
	if leads, err := b.book.Lead(t.Context(), "job", "killed", now, now.Add(15*time.Second)); err != nil || !leads {
		t.Fatal(leads, err)
	}
	for _, x := range []struct {
		after time.Duration
		want  bool
	}{{14 * time.Second, false}, {17 * time.Second, true}} {
		if leads, err := b.book.Lead(t.Context(), "job", "next", now.Add(x.after), now.Add(x.after+time.Second)); err != nil || leads != x.want {
			t.Errorf("after %v: %v, %v", x.after, leads, err)
		}
	}
}

// Who guesses at one hub is slowed down at the other.
func TestHubsCountGuessesTogether(t *testing.T) {
	a, b := together(t)
	look := func(o *office, number string) int {
		t.Helper()
		resp, _ := o.post("/t", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"number": {number}, "code": {"AAAA-AAAAA"}}.Encode()), nil)
		return resp.StatusCode
	}
	for i := range 5 {
		if status := look(a, "Y800-001S"); status != http.StatusOK {
			t.Fatalf("look-up %d: %d", i, status)
		}
	}
	eventually(t, "a number tried too often at one waits at the other", func() bool { return look(b, "Y800-001S") == http.StatusTooManyRequests })
	for range 60 {
		look(a, "")
	}
	eventually(t, "a network that asks too often at one waits at the other", func() bool { return look(b, "") == http.StatusTooManyRequests })
	if found := string(casebooktest.Bytes(t, a.dir)); strings.Contains(found, "receipt ") || strings.Contains(found, "127.0.0.0") {
		t.Error("the database says who tried what")
	}
}

// Who stands behind a proxy is known by its word, and nobody else's.
func TestBehindAProxy(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("fd00::/8")}
	for _, x := range []struct{ from, said, want string }{
		{"192.0.2.7:1", "198.51.100.1", "192.0.2.7:1"},
		{"10.0.0.9:1", "", "10.0.0.9:1"},
		{"10.0.0.9:1", "198.51.100.1", "198.51.100.1:0"},
		{"10.0.0.9:1", "203.0.113.5, 198.51.100.1", "198.51.100.1:0"},
		{"10.0.0.9:1", "203.0.113.5, 198.51.100.1, 10.0.0.8", "198.51.100.1:0"},
		{"10.0.0.9:1", "203.0.113.5, rubbish, 10.0.0.8", "10.0.0.8:0"},
		{"[fd00::1]:1", "2001:db8::1", "[2001:db8::1]:0"},
		{"[::ffff:10.0.0.9]:1", "198.51.100.1", "198.51.100.1:0"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = x.from
		if x.said != "" {
			r.Header.Set("X-Forwarded-For", x.said)
		}
		var got string
		web.Behind(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })).ServeHTTP(httptest.NewRecorder(), r)
		if got != x.want {
			t.Errorf("%s says %q: %s, want %s", x.from, x.said, got, x.want)
		}
	}
}
