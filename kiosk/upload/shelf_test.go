package upload

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"loket/kiosk/published"
	"loket/kiosk/seal"
)

// press is a hub that sends whatever list it is given.
type press struct {
	*httptest.Server
	key    ed25519.PrivateKey
	answer atomic.Value // [1]any: bytes, or an int for a status
	asked  atomic.Value // If-None-Match
	served atomic.Int32
}

func newPress(t *testing.T) *press {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &press{key: key}
	p.asked.Store("")
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Store(r.Header.Get("If-None-Match"))
		p.served.Add(1)
		switch a := p.answer.Load().([1]any)[0].(type) {
		case []byte:
			w.Header().Set("Content-Type", "application/json")
			w.Write(a)
		case int:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(a)
			io.WriteString(w, `{"error":"no"}`)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// signs returns a list of one item as a hub signs it.
func (p *press) signs(hub string, version int64, title string) []byte {
	items, _ := json.Marshal([]published.Item{{ID: "a", Title: title, Category: "berkala"}})
	b, _ := json.Marshal(seal.SignList(p.key, seal.List{Hub: hub, Version: version, Items: items}))
	return b
}

func (p *press) shelf(t *testing.T, file string) *Shelf {
	t.Helper()
	s := &Shelf{File: file, Hub: p.URL, HubID: "0badcafe", AckKey: p.key.Public().(ed25519.PublicKey), Vocabulary: &published.Vocabulary{}, Client: NewClient(), Log: slog.New(slog.DiscardHandler)}
	s.Open(&published.List{Example: true, Items: []published.Item{{ID: "x", Title: "Contoh", Category: "berkala"}}})
	return s
}

func (s *Shelf) title() string { return s.Index().List().Items[0].Title }

func TestOnlyANewerListOfOurHubIsTaken(t *testing.T) {
	p := newPress(t)
	file := filepath.Join(t.TempDir(), "published.json")
	s := p.shelf(t, file)
	p.answer.Store([1]any{http.StatusNotFound})
	if newer, err := s.Fetch(t.Context()); newer || err != nil || !s.Index().List().Example {
		t.Error("a hub without a list:", newer, err)
	}
	p.answer.Store([1]any{p.signs("0badcafe", 100, "Pertama")})
	if newer, err := s.Fetch(t.Context()); !newer || err != nil || s.title() != "Pertama" || p.asked.Load() != "" {
		t.Fatal(newer, err, p.asked.Load())
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tampered := []byte(string(p.signs("0badcafe", 300, "Palsu")))
	var signed seal.Signed
	if err := json.Unmarshal(tampered, &signed); err != nil {
		t.Fatal(err)
	}
	signed.Payload[len(signed.Payload)/2] ^= 1
	tampered, _ = json.Marshal(signed)
	stranger := newPress(t)
	var unlike struct {
		Hub     string `json:"hub"`
		Version int64  `json:"version"`
	}
	notItems, _ := json.Marshal(seal.SignList(p.key, seal.List{Hub: "0badcafe", Version: 300, Items: []byte(`"no list"`)}))
	for name, c := range map[string]struct {
		answer any
		want   error
	}{
		"tampered":           {tampered, seal.ErrSignature},
		"another key":        {stranger.signs("0badcafe", 300, "Palsu"), seal.ErrSignature},
		"another hub":        {p.signs("ffffffff", 300, "Palsu"), seal.ErrForeign},
		"older":              {p.signs("0badcafe", 99, "Dulu"), ErrOlder},
		"the same again":     {p.signs("0badcafe", 100, "Lain"), nil},
		"a captive portal":   {[]byte("<html>login</html>"), seal.ErrMalformed},
		"nothing":            {[]byte{}, seal.ErrMalformed},
		"signed, no list":    {notItems, seal.ErrMalformed},
		"not changed":        {http.StatusNotModified, nil},
		"another server":     {http.StatusTeapot, ErrNotHub},
		"a redirect":         {http.StatusFound, ErrNotHub},
		"without a version":  {p.signs("0badcafe", 0, "Palsu"), seal.ErrForeign},
		"what is no payload": {func() []byte { b, _ := json.Marshal(unlike); return b }(), seal.ErrSignature},
	} {
		p.answer.Store([1]any{c.answer})
		newer, err := s.Fetch(t.Context())
		if newer || !errors.Is(err, c.want) || s.title() != "Pertama" {
			t.Errorf("%s: %v, %v, %q", name, newer, err, s.title())
		}
		if now, err := os.ReadFile(file); err != nil || string(now) != string(kept) {
			t.Errorf("%s: the file was touched: %v", name, err)
		}
	}
	if want := `"0badcafe-100"`; p.asked.Load() != want {
		t.Errorf("asked for %s, want %s", p.asked.Load(), want)
	}
	p.answer.Store([1]any{http.StatusServiceUnavailable})
	var busy *busyError
	if _, err := s.Fetch(t.Context()); !errors.As(err, &busy) {
		t.Error(err)
	}
	p.answer.Store([1]any{p.signs("0badcafe", 200, "Kedua")})
	if newer, err := s.Fetch(t.Context()); !newer || err != nil || s.title() != "Kedua" {
		t.Error(newer, err)
	}
}

func TestTheLastGoodListStays(t *testing.T) {
	p := newPress(t)
	file := filepath.Join(t.TempDir(), "published.json")
	p.answer.Store([1]any{p.signs("0badcafe", 100, "Pertama")})
	if _, err := p.shelf(t, file).Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Close() // the hub is gone
	s := p.shelf(t, file)
	if _, err := s.Fetch(t.Context()); err == nil || s.title() != "Pertama" || s.Index().List().Example {
		t.Error(err, s.title())
	}
	for name, damage := range map[string]func([]byte) []byte{
		"cut short":  func(b []byte) []byte { return b[:len(b)/2] },
		"bits":       func(b []byte) []byte { b[40] ^= 1; return b },
		"empty":      func([]byte) []byte { return nil },
		"another's":  func([]byte) []byte { return newPress(t).signs("0badcafe", 900, "Palsu") },
		"other data": func([]byte) []byte { return []byte(`{"payload":"e30=","signature":""}`) },
	} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		other := filepath.Join(t.TempDir(), "published.json")
		if err := os.WriteFile(other, damage(b), 0o600); err != nil {
			t.Fatal(err)
		}
		if s := p.shelf(t, other); s.title() != "Contoh" {
			t.Errorf("%s: %q", name, s.title())
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); len(left) != 1 {
		t.Error(left)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
}
