package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"loket/hub"
	"loket/hub/notice"
	"loket/kiosk"
)

// message is what a webhook is told.
type message struct {
	ID   string    `json:"id"`
	Type string    `json:"type"`
	At   time.Time `json:"timestamp"`
	Data struct {
		Number, Kind, Office, Unit, Due string
		Status                          kiosk.Status
		Edition                         int
	} `json:"data"`
	raw string
}

// ears are a poster that hears instead of sending.
type ears struct {
	mu   sync.Mutex
	all  []message
	then func() error // before it is said whether it arrived
}

func (e *ears) Post(_ context.Context, id string, _ hub.Webhook, _ string, body []byte) error {
	m := message{raw: string(body)}
	if err := json.Unmarshal(body, &m); err != nil || m.ID != id {
		return fmt.Errorf("%s: %w", body, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, m)
	if e.then != nil {
		return e.then()
	}
	return nil
}

func (e *ears) heard() []message {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.all
	e.all = nil
	return all
}

func (o *office) webhook(w hub.Webhook) (hub.Webhook, string) {
	o.t.Helper()
	if w.URL == "" {
		w.URL = "https://contoh.example/loket"
	}
	w, secret, err := o.hub.AddWebhook(o.t.Context(), w, "")
	if err != nil {
		o.t.Fatal(err)
	}
	return w, secret
}

// Real receivers: one that answers 500 and then 200, one that hangs, one that
// redirects, one that is gone.
func TestWebhooks(t *testing.T) {
	o := newOffice(t)
	type came struct {
		path, id, body string
		err            error
	}
	var mu sync.Mutex
	var all []came
	secrets, broken := map[string]string{}, true
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		verifier, err := standardwebhooks.NewWebhook(secrets[r.URL.Path])
		if err == nil {
			err = verifier.VerifyIgnoringTimestamp(body, r.Header)
		}
		all = append(all, came{r.URL.Path, r.Header.Get("webhook-id"), string(body), err})
		switch {
		case r.URL.Path == "/flaky" && broken:
			w.WriteHeader(http.StatusInternalServerError)
		case r.URL.Path == "/elsewhere":
			http.Redirect(w, r, "/flaky", http.StatusFound)
		case r.URL.Path == "/gone":
			w.WriteHeader(http.StatusGone)
		}
	}))
	defer receiver.Close()
	courier := o.courier(nil, notice.NewHooks("test", true, nil, o.now))
	hooks := map[string]hub.Webhook{}
	for path, events := range map[string][]string{"/flaky": hub.Events, "/elsewhere": {hub.EventReceived}, "/gone": {hub.EventReceived}, "/maluku": {hub.EventReceived}, "/status": {hub.EventStatus}} {
		w := hub.Webhook{URL: receiver.URL + path, AllowPrivate: true, Events: events}
		if path == "/maluku" {
			w.Office = "maluku"
		}
		hooks[path], secrets[path] = o.webhook(w)
	}
	c := o.writes("complaint", "ntt", kiosk.Named, kiosk.Answers{"title": "KANARIKUNING", "name": "KANARIKUNING", "email": "kanarikuning@contoh.example"})
	o.writes("complaint", "ntt", kiosk.Confidential, kiosk.Answers{"title": "KANARIKUNING"})
	o.deliver(courier)
	o.sleep(2 * time.Minute)
	mu.Lock()
	broken = false
	mu.Unlock()
	o.deliver(courier)
	o.deliver(courier)
	of := func(path string) (mine []came) {
		mu.Lock()
		defer mu.Unlock()
		for _, m := range all {
			if m.path == path {
				mine = append(mine, m)
			}
			if m.err != nil {
				t.Error(m.err)
			}
			if strings.Contains(strings.ToUpper(m.body), "KANARI") {
				t.Error(m.body)
			}
		}
		return mine
	}
	flaky := of("/flaky")
	if len(flaky) != 2 || flaky[0].id != flaky[1].id || flaky[0].body != flaky[1].body {
		t.Errorf("%+v", flaky)
	}
	var m message
	if err := json.Unmarshal([]byte(flaky[0].body), &m); err != nil || m.Type != hub.EventReceived || m.ID != flaky[0].id || m.Data.Number != string(c.Number) || m.Data.Kind != "complaint" || m.Data.Office != "ntt" || m.Data.Status != kiosk.Received {
		t.Errorf("%s %v", flaky[0].body, err)
	}
	if n := len(of("/gone")); n != 1 {
		t.Errorf("told %d times though it wants no more", n)
	}
	if n := len(of("/elsewhere")); n != 2 {
		t.Errorf("a redirect is a failure: %d tries", n)
	}
	if n := len(of("/maluku")) + len(of("/status")); n != 0 {
		t.Errorf("%d messages to who did not ask", n)
	}
	gone, err := o.book.Webhook(t.Context(), hooks["/gone"].ID)
	if err != nil || !gone.Off() || gone.DisabledWhy != "gone" {
		t.Errorf("%+v %v", gone, err)
	}
	o.does(c.Number, kiosk.Answered)
	o.sleep(undone)
	o.deliver(courier)
	if n := len(of("/status")); n != 1 {
		t.Errorf("%d", n)
	}
	var types []string
	for _, x := range of("/flaky")[2:] {
		if err := json.Unmarshal([]byte(x.body), &m); err != nil {
			t.Fatal(err)
		}
		types = append(types, m.Type)
	}
	if slices.Sort(types); !slices.Equal(types, []string{hub.EventAnswered, hub.EventStatus}) {
		t.Error(types)
	}
	// After three days of failures it is disabled and shown so; enabled, it is
	// told again.
	for range 30 {
		o.sleep(3 * time.Hour)
		o.deliver(courier)
	}
	elsewhere, err := o.book.Webhook(t.Context(), hooks["/elsewhere"].ID)
	if err != nil || !elsewhere.Off() || elsewhere.DisabledWhy != "redirect 302" {
		t.Errorf("%+v %v", elsewhere, err)
	}
	boss := o.sit("bos", hub.Administrator, "")
	if page := boss.get("/desk/webhooks"); !strings.Contains(page, "Dimatikan: Penerima mengalihkan ke alamat lain (302)") || !strings.Contains(page, receiver.URL+"/flaky") {
		t.Error(page)
	}
	before := len(of("/elsewhere"))
	o.writes("complaint", "ntt", kiosk.Anonymous, kiosk.Answers{"title": "KANARIKUNING"})
	o.deliver(courier)
	if n := len(of("/elsewhere")); n != before {
		t.Error("a disabled webhook is told")
	}
	if status, page := boss.post("/desk/webhooks/"+elsewhere.ID, "act", "enable"); status != http.StatusOK || strings.Contains(page, "mengalihkan ke alamat lain (302)") {
		t.Error(status)
	}
	o.writes("complaint", "ntt", kiosk.Anonymous, kiosk.Answers{"title": "KANARIKUNING"})
	o.deliver(courier)
	if n := len(of("/elsewhere")); n != before+1 {
		t.Error("an enabled webhook is not told")
	}
}
