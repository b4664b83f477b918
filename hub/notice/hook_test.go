package notice

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"loket/hub"
)

const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// receiver is a program over TLS that is told, and the poster that trusts it.
func receiver(t *testing.T, answer http.HandlerFunc) (*httptest.Server, *Hooks) {
	t.Helper()
	s := httptest.NewTLSServer(answer)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s, NewHooks("test", true, roots, time.Now)
}

func why(err error) string {
	var f *hub.Failure
	if errors.As(err, &f) {
		return f.String()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// What is sent can be verified by the convention's own library.
func TestASignedMessage(t *testing.T) {
	body := []byte(`{"id":"msg_1","type":"test"}`)
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	s, hooks := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		if err := verifier.Verify(got, r.Header); err != nil || !bytes.Equal(got, body) || r.Header.Get("webhook-id") != "msg_1" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%v %s %v", err, got, r.Header)
		}
		if err := verifier.Verify(append(got, ' '), r.Header); err == nil {
			t.Error("another body is verified, too")
		}
		w.WriteHeader(http.StatusNoContent)
	})
	if err := hooks.Post(t.Context(), "msg_1", hub.Webhook{URL: s.URL, AllowPrivate: true}, secret, body); err != nil {
		t.Error(err)
	}
}

func TestWhatReceiversAnswer(t *testing.T) {
	var reached atomic.Int64
	s, hooks := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		io.Copy(io.Discard, r.Body) // a server sees that a client hangs up only then
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/fine", http.StatusTemporaryRedirect)
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/down":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/flood":
			for range 1 << 10 {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		case "/hang":
			<-r.Context().Done()
		}
	})
	for path, want := range map[string]string{"/fine": "", "/redirect": "redirect 307", "/gone": "gone", "/down": "status 503", "/flood": "", "/hang": "timeout"} {
		patience := 30 * time.Second
		if want == "timeout" {
			patience = time.Second
		}
		ctx, stop := context.WithTimeout(t.Context(), patience)
		reached.Store(0)
		err := hooks.Post(ctx, "msg_1", hub.Webhook{URL: s.URL + path + "?token=KANARI", AllowPrivate: true}, secret, []byte("{}"))
		stop()
		if why(err) != want || reached.Load() != 1 || err != nil && strings.Contains(err.Error(), "KANARI") {
			t.Errorf("%s: %v, reached %d times", path, err, reached.Load())
		}
	}
	s.Close()
	if err := hooks.Post(t.Context(), "msg_1", hub.Webhook{URL: s.URL, AllowPrivate: true}, secret, nil); why(err) != "unreachable" {
		t.Error(err)
	}
}

// Nobody is led into the inner network, whatever a name resolves to; http leads
// to this machine alone, and only from a hub that is there alone, too.
func TestWhereAWebhookMayLead(t *testing.T) {
	var reached atomic.Bool
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) })
	s, trusting := receiver(t, handler)
	plain := httptest.NewServer(handler)
	defer plain.Close()
	abroad := NewHooks("test", false, nil, time.Now)
	untrusting := NewHooks("test", true, nil, time.Now)
	local := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	for _, try := range []struct {
		hooks   *Hooks
		url     string
		private bool
		want    string
	}{
		{trusting, s.URL, true, ""},
		{trusting, s.URL, false, "private"},
		{trusting, local, false, "private"},
		{untrusting, s.URL, true, "tls"},
		{trusting, plain.URL, true, ""},
		{trusting, plain.URL, false, "private"},
		{abroad, plain.URL, true, "private"},
		{trusting, "http://contoh.example/", true, "private"},
		{trusting, "https://169.254.169.254/latest", true, "private"},
		{trusting, "ftp://127.0.0.1/", true, "private"},
		{trusting, ":", true, "address"},
	} {
		reached.Store(false)
		err := try.hooks.Post(t.Context(), "msg_1", hub.Webhook{URL: try.url, AllowPrivate: try.private}, secret, []byte("{}"))
		if why(err) != try.want || reached.Load() != (try.want == "") {
			t.Errorf("%s private=%v: %v, reached %v, want %q", try.url, try.private, err, reached.Load(), try.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for a, want := range map[string][2]bool{ // by public, by private
		"8.8.8.8": {true, true}, "2606:4700::1": {true, true},
		"10.1.2.3": {false, true}, "172.16.0.1": {false, true}, "192.168.1.1": {false, true}, "127.0.0.1": {false, true}, "::1": {false, true}, "fd00::1": {false, true}, "::ffff:10.0.0.1": {false, true},
		"169.254.169.254": {}, "fe80::1": {}, "0.0.0.0": {}, "::": {}, "224.0.0.1": {}, "ff02::1": {}, "100.64.0.1": {}, "255.255.255.255": {}, "198.18.0.1": {},
		"64:ff9b::a00:1": {}, "2002:a00:1::1": {}, "::ffff:169.254.169.254": {}, "240.0.0.1": {}, "0.1.2.3": {},
	} {
		if got := [2]bool{public.allows(netip.MustParseAddr(a)), private.allows(netip.MustParseAddr(a))}; got != want {
			t.Errorf("%s: %v, want %v", a, got, want)
		}
	}
}
