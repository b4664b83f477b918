package web_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"loket/assets"
	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
	"loket/kiosk/words"
	"loket/store/casebook"
	"loket/store/casebook/casebooktest"
)

// A late answer is told once; a report that was hidden meanwhile not at all.
func TestOverdueIsToldOnce(t *testing.T) {
	o := newOffice(t)
	hooks := &ears{}
	courier := o.courier(nil, hooks)
	o.webhook(hub.Webhook{Events: []string{hub.EventOverdue}})
	c := o.writes("complaint", "ntt", kiosk.Named, kiosk.Answers{"title": "KANARIKUNING"})
	hidden := o.writes("complaint", "ntt", kiosk.Named, kiosk.Answers{"title": "KANARIKUNING"})
	if err := o.hub.Update(t.Context(), hub.Officer{Role: hub.Administrator}, hub.Change{Number: hidden.Number, Edition: 1, Decision: lifecycle.Decision{Status: kiosk.Received}, Rahasia: true}); err != nil {
		t.Fatal(err)
	}
	o.deliver(courier)
	if heard := hooks.heard(); len(heard) != 0 {
		t.Errorf("%+v", heard)
	}
	for range 60 {
		o.sleep(8 * time.Hour)
		o.deliver(courier)
		courier = o.courier(nil, hooks)
	}
	if heard := hooks.heard(); len(heard) != 1 || heard[0].Type != hub.EventOverdue || heard[0].Data.Number != string(c.Number) || heard[0].Data.Due != "2026-12-04" {
		t.Errorf("%+v", heard)
	}
}

// The hub is killed in the middle of sending, again and again: nothing is lost,
// and what comes twice has the same id.
func TestNothingIsLostWhenTheHubDies(t *testing.T) {
	o := newOffice(t)
	hooks := &ears{}
	o.webhook(hub.Webhook{Events: []string{hub.EventReceived, hub.EventStatus}})
	want := map[string]int{}
	for range 12 {
		c := o.writes("complaint", "ntt", kiosk.Named, asked)
		o.does(c.Number, kiosk.InProgress)
		want[string(c.Number)] = 2
	}
	o.sleep(undone)
	said := 0
	hooks.then = func() error {
		if said++; said%4 == 0 {
			o.book.Close() // the message is out, and nothing more is written down
		}
		return nil
	}
	deaths := 0
	for range 60 {
		err := o.courier(nil, hooks).Deliver(t.Context())
		if err == nil && len(o.notices(hub.NoticeWaiting)) == 0 {
			break
		}
		if err != nil {
			deaths++
			o.stop()
			o.open(false)
			o.sleep(4 * time.Minute) // the lease of the dead one ends
		}
	}
	ids, distinct := map[string]string{}, map[string]map[string]bool{}
	heard := hooks.heard()
	for _, m := range heard {
		if earlier, again := ids[m.ID]; again && earlier != m.raw {
			t.Errorf("one id, two messages: %s %s", earlier, m.raw)
		}
		ids[m.ID] = m.raw
		if distinct[m.Data.Number] == nil {
			distinct[m.Data.Number] = map[string]bool{}
		}
		distinct[m.Data.Number][m.ID] = true
	}
	for n, count := range want {
		if len(distinct[n]) != count {
			t.Errorf("%s: %d messages of %d", n, len(distinct[n]), count)
		}
	}
	if deaths < 3 || len(ids) != 24 {
		t.Errorf("%d deaths, %d messages", deaths, len(ids))
	}
	t.Logf("died %d times; %d messages, lost %d, %d came again under their id", deaths, len(ids), 24-len(ids), len(heard)-len(ids))
}

// What is a month old when a hub looks at it is no news, such as what it took
// over from elsewhere.
func TestOldNewsIsNotTold(t *testing.T) {
	o := newOffice(t)
	hooks := &ears{}
	o.webhook(hub.Webhook{Events: hub.Events})
	o.writes("complaint", "ntt", kiosk.Anonymous, asked)
	o.sleep(31 * 24 * time.Hour)
	o.writes("suggestion", "ntt", kiosk.Anonymous, asked)
	o.deliver(o.courier(nil, hooks))
	var got []string
	for _, m := range hooks.heard() {
		got = append(got, m.Type+" "+m.Data.Kind)
	}
	if slices.Sort(got); !slices.Equal(got, []string{"case.overdue complaint", "case.received suggestion"}) {
		t.Errorf("%q", got)
	}
}

// Two processes on one outbox send nothing twice.
func TestTwoProcessesShareTheOutbox(t *testing.T) {
	o := newOffice(t)
	hooks := &ears{then: func() error { time.Sleep(time.Millisecond); return nil }}
	o.webhook(hub.Webhook{Events: []string{hub.EventReceived}})
	for range 40 {
		o.writes("complaint", "ntt", kiosk.Anonymous, asked)
	}
	var couriers []*hub.Courier
	for range 3 {
		book := casebooktest.Open(t, o.dir)
		defer book.Close()
		couriers = append(couriers, hub.NewCourier(beside(t, o, book), nil, hooks))
	}
	var group sync.WaitGroup
	for _, c := range couriers {
		group.Go(func() {
			for range 20 {
				if err := c.Deliver(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	ids := map[string]bool{}
	heard := hooks.heard()
	for _, m := range heard {
		ids[m.ID] = true
	}
	if len(heard) != 40 || len(ids) != 40 {
		t.Errorf("%d messages, %d ids", len(heard), len(ids))
	}
}

// beside is another process's hub on the same folder.
func beside(t testing.TB, o *office, book *casebook.Casebook) *hub.Hub {
	t.Helper()
	keys, err := hub.OpenKeys(filepath.Join(o.dir, "keys"), "", "")
	if err != nil {
		t.Fatal(err)
	}
	return hub.New(book, keys, o.hub.Data, o.now, slog.New(slog.DiscardHandler))
}

// A word typed in every field of every form, in answers, notes and replies is
// in no mail, no webhook, no row of the outbox and no line of the log.
func TestNoWordOfAReportGoesOut(t *testing.T) {
	o, p := newOffice(t), newPostbox(t, nil)
	const canary = "KANARIKUNING"
	var log strings.Builder
	o.hub.Log = slog.New(slog.NewTextHandler(&log, nil))
	hooks := &ears{}
	courier := o.courier(p, hooks)
	o.webhook(hub.Webhook{Events: hub.Events})
	o.hire("kupang", hub.Verifier, "ntt")
	o.hire("ppid", hub.PPID, "ntt")
	var codes []string
	var cases []kiosk.Number
	for _, f := range o.hub.Catalogue.Forms {
		for _, identity := range f.Identities {
			if f.Opinion {
				continue
			}
			answers := kiosk.Answers{}
			for _, field := range f.Fields {
				answers[field.ID] = canary + " " + field.ID
			}
			answers["email"], answers["notify"] = asked["email"], "yes"
			n, code, err := o.hub.File(t.Context(), "ntt", kiosk.Report{Form: f.Ref(), Language: kiosk.Indonesian, Identity: identity, Answers: answers})
			if err != nil {
				t.Fatal(err)
			}
			codes, cases = append(codes, string(code)), append(cases, n)
		}
	}
	o.deliver(courier)
	for i, n := range cases {
		c := o.current(n)
		d := lifecycle.Decision{Status: kiosk.Returned, Answer: canary}
		boss := hub.Officer{Name: "bos", Role: hub.Administrator}
		if err := o.hub.Lifecycles.Kind(c.Form.Name).Check(c.Status, d); err != nil {
			d = lifecycle.Decision{Status: kiosk.InProgress}
		}
		if err := o.hub.Update(t.Context(), boss, hub.Change{Number: n, Edition: c.Edition, Decision: d, Note: canary}); err != nil {
			t.Fatal(err)
		}
		if d.Status == kiosk.Returned {
			if err := o.hub.Say(t.Context(), n, kiosk.Code(codes[i]), hub.Replied, canary); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.refuse = []error{&smtp.SMTPError{Code: 554, Message: canary}, &smtp.SMTPError{Code: 451, Message: canary}}
	for range 40 {
		o.sleep(8 * time.Hour)
		o.deliver(courier)
	}
	letters, heard := p.taken(), hooks.heard()
	if len(letters) < 8 || len(heard) < 8 {
		t.Fatalf("%d letters, %d messages", len(letters), len(heard))
	}
	var out strings.Builder
	for _, l := range letters {
		fmt.Fprintln(&out, l.raw, l.Text, l.HTML, l.Subject)
	}
	for _, m := range heard {
		fmt.Fprintln(&out, m.raw)
	}
	for _, state := range []hub.NoticeState{hub.NoticeWaiting, hub.NoticeSent, hub.NoticeFailed, hub.NoticeCancelled} {
		fmt.Fprintln(&out, o.notices(state))
	}
	fmt.Fprintln(&out, log.String())
	all := out.String()
	for _, secret := range append(codes, canary) {
		if strings.Contains(strings.ToUpper(all), secret) || len(secret) == 9 && strings.Contains(all, kiosk.Code(secret).Grouped()) {
			t.Errorf("%s went out", secret)
		}
	}
	t.Logf("%d letters, %d messages", len(letters), len(heard))
}

// seat logs in an officer who is there already.
func (o *office) seat(name string) seat {
	o.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return again(seat{o, &http.Client{Jar: jar}}, name)
}

// The two pages are for their roles; numbers of cases only for who sees them.
func TestTheOutboxAndWebhooksPages(t *testing.T) {
	o, p := newOffice(t), newPostbox(t, nil)
	courier := o.courier(p, &ears{})
	boss, local := o.sit("bos", hub.Administrator, ""), o.sit("bosbali", hub.Administrator, "bali")
	fleet, verifier := o.sit("gudang", hub.Fleet, ""), o.sit("periksa", hub.Verifier, "ntt")
	for _, page := range []string{"/desk/outbox", "/desk/webhooks"} {
		if got := verifier.get(page); !strings.Contains(got, "bukan untuk peran") {
			t.Errorf("%s is for a verifier", page)
		}
	}
	if got := fleet.get("/desk/webhooks"); !strings.Contains(got, "bukan untuk peran") {
		t.Error("webhooks are for fleet")
	}
	// Adding: refused with a sentence, then its secret is shown, once.
	for _, try := range [][]string{{"url", "http://contoh.example/"}, {"url", "https://contoh.example/"}, {"url", "https://a:b@contoh.example/", "event", hub.EventStatus}, {"url", "https://contoh.example/", "event", hub.EventStatus, "office", "nowhere"}} {
		if status, page := boss.post("/desk/webhooks", try...); status != http.StatusUnprocessableEntity || strings.Contains(page, "whsec_") || !strings.Contains(page, `role="alert"`) {
			t.Errorf("%v: %d", try, status)
		}
	}
	if status, _ := local.post("/desk/webhooks", "url", "https://contoh.example/", "event", hub.EventStatus, "office", ""); status != http.StatusUnprocessableEntity {
		t.Errorf("a local administrator gets everybody's cases: %d", status)
	}
	status, page := boss.post("/desk/webhooks", "url", "https://contoh.example/in", "event", hub.EventStatus, "event", hub.EventReceived, "office", "ntt")
	if status != http.StatusOK || strings.Count(page, "whsec_") != 1 {
		t.Errorf("%d %s", status, page)
	}
	if page := boss.get("/desk/webhooks"); strings.Contains(page, "whsec_") || !strings.Contains(page, "https://contoh.example/in") {
		t.Error(page)
	}
	hooks, err := o.book.Webhooks(t.Context())
	if err != nil || len(hooks) != 1 || strings.Contains(string(hooks[0].Sealed), "whsec_") {
		t.Fatalf("%+v %v", hooks, err)
	}
	if page := local.get("/desk/webhooks"); strings.Contains(page, "contoh.example/in") {
		t.Error("another office's webhook is shown")
	}
	if status, _ := local.post("/desk/webhooks/"+hooks[0].ID, "act", "remove"); status != http.StatusNotFound {
		t.Errorf("another office's webhook was removed: %d", status)
	}
	if status, page := boss.post("/desk/webhooks/"+hooks[0].ID, "act", "test"); status != http.StatusOK || !strings.Contains(page, "Percobaan menunggu") {
		t.Error(status)
	}
	c := o.writes("complaint", "ntt", kiosk.Anonymous, asked)
	o.deliver(courier)
	sent := boss.get("/desk/outbox?state=sent")
	if !strings.Contains(sent, "contoh.example") || !strings.Contains(sent, "Laporan diterima") || !strings.Contains(sent, "/desk/case/"+string(c.Number)) {
		t.Error(sent)
	}
	if page := fleet.get("/desk/outbox?state=sent"); strings.Contains(page, string(c.Number)) || !strings.Contains(page, "Laporan diterima") {
		t.Error("fleet sees a case's number, or nothing")
	}
	if page := local.get("/desk/outbox?state=sent"); strings.Contains(page, "Laporan diterima") {
		t.Error("another office's notices are shown")
	}
	// A test mail, waiting: dropped by one, not by a stranger.
	if status, _ := boss.post("/desk/outbox/test"); status != http.StatusUnprocessableEntity {
		t.Errorf("a test to nowhere: %d", status)
	}
	if err := o.hub.SetEmail(t.Context(), "bos", "bos@kemenkum.example"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if status, page := boss.post("/desk/outbox/test"); status != http.StatusOK || !strings.Contains(page, "Surel percobaan menunggu") {
			t.Error(status)
		}
	}
	waiting := o.notices(hub.NoticeWaiting)
	if len(waiting) != 2 {
		t.Fatalf("%+v", waiting)
	}
	if status, _ := local.post("/desk/outbox/"+waiting[0].ID, "act", "drop"); status != http.StatusNotFound {
		t.Errorf("dropped from another office: %d", status)
	}
	if status, page := fleet.post("/desk/outbox/"+waiting[0].ID, "act", "drop", "state", "waiting"); status != http.StatusOK || !strings.Contains(page, "Catatannya tetap ada") {
		t.Error(status)
	}
	o.deliver(courier)
	if got := p.taken(); len(got) != 1 || got[0].To != "bos@kemenkum.example" || !strings.Contains(got[0].ID, waiting[1].ID) {
		t.Errorf("%+v", got)
	}
	if page := boss.get("/desk/outbox?state=dropped"); !strings.Contains(page, "oleh gudang") {
		t.Error(page)
	}
	if status, page := boss.post("/desk/outbox/"+waiting[1].ID, "act", "again", "state", "sent"); status != http.StatusOK || !strings.Contains(page, "sedang dikirim atau sudah selesai") {
		t.Errorf("what was sent is sent again: %d", status)
	}
	if status, _ := boss.post("/desk/webhooks/"+hooks[0].ID, "act", "remove"); status != http.StatusOK {
		t.Error(status)
	}
	if page := boss.get("/desk/webhooks"); strings.Contains(page, "contoh.example/in") {
		t.Error("it is still there")
	}
}

// Every reason has words.
func TestFailuresHaveWords(t *testing.T) {
	texts, err := words.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, why := range hub.Failures {
		if !texts.Has("failure." + why) {
			t.Errorf("failure.%s has no words", why)
		}
	}
	for _, e := range hub.Events {
		if !texts.Has("webhook." + e) {
			t.Errorf("webhook.%s has no words", e)
		}
	}
}
