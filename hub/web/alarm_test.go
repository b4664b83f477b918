package web_test

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/seal"
	"loket/kiosk/track"
)

// link is one envelope of a chain: its place and the name of the one before.
type link struct {
	name, epoch string
	seq         uint64
	prev        string
}

// chain seals links of one kiosk by name.
type chain struct {
	*office
	made map[string]seal.Envelope
}

func (c *chain) seal(l link) []byte {
	c.t.Helper()
	if e, ok := c.made[l.name]; ok {
		return e.Bytes
	}
	sealer, err := seal.NewSealer(c.id, "test", c.key, c.bundle)
	if err != nil {
		c.t.Fatal(err)
	}
	n := kiosk.Number(track.Secret(fmt.Sprintf("%s%05d", c.id, len(c.made)+1)))
	e, err := sealer.Seal(seal.NewID(), seal.Slot{Epoch: strings.Repeat(l.epoch, 8), Seq: l.seq, Prev: c.made[l.prev].SHA256}, kiosk.Report{
		Number: n, Code: c.step.Code(n), Form: kiosk.FormRef{Name: "complaint", Version: 1}, Language: kiosk.Indonesian, Identity: kiosk.Anonymous,
		Office: "ntt", At: kiosk.Moment{At: c.now()}, Answers: kiosk.Answers{"title": l.name, "description": l.name}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.made[l.name] = e
	return e.Bytes
}

// stands says how the kiosk's chain stands: its newest envelope, or none.
func (c *chain) stands(epoch, name string, seq uint64) seal.Standing {
	c.t.Helper()
	sum := c.made[name].SHA256
	head := seal.Head{Nonce: "n", Epoch: strings.Repeat(epoch, 8), Seq: seq, SHA256: hex.EncodeToString(sum[:])}
	b, err := json.Marshal(head)
	if err != nil {
		c.t.Fatal(err)
	}
	resp, body := c.post("/api/v1/standing", "application/json", strings.NewReader(string(b)), map[string]string{"Loket-Kiosk": c.id,
		"Loket-Signature": base64.StdEncoding.EncodeToString(seal.SignRequest(c.key, "POST", "/api/v1/standing", b))})
	var signed seal.Signed
	if err := json.Unmarshal(body, &signed); err != nil {
		c.t.Fatalf("%d %s", resp.StatusCode, body)
	}
	st, err := seal.OpenStanding(c.bundle.AckKey, "n", signed)
	if err != nil {
		c.t.Fatal(err)
	}
	return st
}

// What a chain tells, whatever order its links come in: every link is kept and
// becomes a case, and what does not fit is an alarm.
func TestChains(t *testing.T) {
	if testing.Short() {
		t.Skip("fifteen hubs")
	}
	a := func(n uint64) link { return link{fmt.Sprint("a", n), "aa", n, fmt.Sprint("a", n-1)} }
	whole := []link{a(1), a(2), a(3), a(4)}
	for name, x := range map[string]struct {
		links []link
		head  string // name of the newest the kiosk knows, "" says nothing
		want  []string
	}{
		"whole":                     {whole, "a4", nil},
		"whole, backwards":          {[]link{a(4), a(3), a(2), a(1)}, "a4", nil},
		"a hole":                    {[]link{a(1), a(4)}, "", []string{"hole 2 2"}},
		"the beginning missing":     {[]link{a(3), a(4)}, "", []string{"hole 1 2"}},
		"the end missing":           {[]link{a(1), a(2)}, "a4", []string{"hole 3 2"}},
		"all missing":               {nil, "a4", []string{"hole 1 4"}},
		"two at one place":          {append(slices.Clone(whole), link{"b3", "aa", 3, "a2"}), "", []string{"fork 3 1"}},
		"a copy goes on":            {append(slices.Clone(whole), link{"b3", "aa", 3, "a2"}, link{"b4", "aa", 4, "b3"}), "", []string{"fork 3 2"}},
		"a copy goes on, backwards": {[]link{{"b4", "aa", 4, "b3"}, a(4), {"b3", "aa", 3, "a2"}, a(3), a(2), a(1)}, "", []string{"fork 3 2"}},
		"another one before":        {[]link{a(1), a(2), {"d3", "aa", 3, "a1"}}, "", []string{"fork 3 1"}},
		"another one after":         {[]link{{"d3", "aa", 3, "a1"}, a(2), a(1)}, "", []string{"fork 2 1"}},
		"put back":                  {whole, "a2", []string{"backward 2 2"}},
		"put back and used":         {append(slices.Clone(whole), link{"b3", "aa", 3, "a2"}), "b3", []string{"backward 3 1", "fork 3 1"}},
		"the newest is another":     {[]link{a(1), a(2), a(3)}, "b3", []string{"fork 3 0"}},
		"a new chain":               {[]link{a(1), a(2), {"c1", "cc", 1, ""}, {"c2", "cc", 2, "c1"}}, "", []string{"lost 1 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := &chain{newOffice(t), map[string]seal.Envelope{}}
			for _, l := range append(slices.Clone(whole), link{"b3", "aa", 3, "a2"}) {
				c.seal(l)
			}
			for _, l := range x.links {
				if _, acks := c.send(c.seal(l)); len(acks) != 1 || acks[0].Level != seal.LevelStored {
					t.Fatalf("%s: %+v", l.name, acks)
				}
			}
			for _, l := range x.links {
				c.opened(c.made[l.name].Header.Number)
			}
			if x.head != "" {
				c.stands("aa", x.head, c.made[x.head].Header.Seq)
			}
			c.mu.Lock()
			c.clock = c.clock.Add(25 * time.Hour)
			c.mu.Unlock()
			find := func() {
				t.Helper()
				if err := c.book.FindHoles(t.Context(), c.now().Add(-24*time.Hour), c.now()); err != nil {
					t.Fatal(err)
				}
			}
			open := func() (all []string) {
				t.Helper()
				alarms, err := c.book.Alarms(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range alarms {
					if a.NotedAt == nil {
						all = append(all, fmt.Sprint(a.Kind, " ", a.Seq, " ", a.Reports))
					}
				}
				slices.Sort(all)
				return all
			}
			find()
			if got := open(); !slices.Equal(got, x.want) {
				t.Fatalf("alarms %q, want %q", got, x.want)
			}
			// What is noted stays so while nothing new happens.
			alarms, err := c.book.Alarms(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range alarms {
				if err := c.book.NoteAlarm(t.Context(), a.ID, "petugas", "dilihat", c.now()); err != nil {
					t.Fatal(err)
				}
			}
			find()
			if x.head != "" {
				c.stands("aa", x.head, c.made[x.head].Header.Seq)
			}
			if got := open(); name != "the newest is another" && len(got) != 0 {
				t.Errorf("raised again: %q", got)
			}
		})
	}
}

// A hole that fills closes its alarm by itself.
func TestAHoleThatFills(t *testing.T) {
	c := &chain{newOffice(t), map[string]seal.Envelope{}}
	one, two := c.seal(link{"a1", "aa", 1, ""}), c.seal(link{"a2", "aa", 2, "a1"})
	c.send(two)
	for _, hours := range []int{1, 30, 40} {
		if hours == 40 {
			c.send(one)
		}
		now := c.now().Add(time.Duration(hours) * time.Hour)
		if err := c.book.FindHoles(t.Context(), now.Add(-24*time.Hour), now); err != nil {
			t.Fatal(err)
		}
		alarms, err := c.book.Alarms(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case hours == 1 && len(alarms) != 0, hours == 30 && (len(alarms) != 1 || alarms[0].NotedAt != nil),
			hours == 40 && (len(alarms) != 1 || alarms[0].NotedAt == nil || alarms[0].NotedBy != ""):
			t.Errorf("after %d hours: %+v", hours, alarms)
		}
	}
}

// A kiosk that was stopped is told so; what it sends is acknowledged, waits, and
// becomes cases when it is released. What is not sound stays, and so does what
// another kiosk signed anew.
func TestSuspendedKiosk(t *testing.T) {
	c := &chain{newOffice(t), map[string]seal.Envelope{}}
	if st := c.stands("aa", "", 0); st.State != "active" {
		t.Errorf("an enrolled kiosk is %q", st.State)
	}
	if err := c.hub.SetKioskState(t.Context(), c.id, hub.KioskRevoked, "dicuri"); err != nil {
		t.Fatal(err)
	}
	if st := c.stands("aa", "", 0); st.State != "revoked" {
		t.Errorf("it is told %q", st.State)
	}
	one, two := c.seal(link{"a1", "aa", 1, ""}), c.seal(link{"a2", "aa", 2, "a1"})
	for range 2 {
		if _, acks := c.send(one, two, []byte("rusak")); len(acks) != 3 || acks[0].Level != seal.LevelQuarantined || acks[2].Level != seal.LevelQuarantined {
			t.Fatalf("%+v", acks)
		}
	}
	if all, err := c.book.Cases(t.Context(), ""); err != nil || len(all) != 0 {
		t.Fatalf("%d cases of a revoked kiosk, %v", len(all), err)
	}
	if released, kept, err := c.hub.Release(t.Context(), c.id); err != nil || released != 2 || kept != 1 {
		t.Fatalf("%d released, %d kept, %v", released, kept, err)
	}
	for _, e := range c.made {
		if got := c.opened(e.Header.Number); got.Number != e.Header.Number {
			t.Errorf("%+v", got)
		}
	}
	if released, kept, err := c.hub.Release(t.Context(), c.id); err != nil || released != 0 || kept != 1 {
		t.Errorf("again: %d released, %d kept, %v", released, kept, err)
	}
	if err := c.hub.SetKioskState(t.Context(), "ZZ", hub.KioskSuspended, "x"); err == nil {
		t.Error("a kiosk that there is not was suspended")
	}
}

// The body of a report under the header of another, signed by an enrolled kiosk.
func TestABodyUnderAnotherHeader(t *testing.T) {
	c := &chain{newOffice(t), map[string]seal.Envelope{}}
	one, two := c.seal(link{"a1", "aa", 1, ""}), c.seal(link{"a2", "aa", 2, "a1"})
	if _, acks := c.send(one, c.resigned(two, one)); len(acks) != 2 || acks[1].Level != seal.LevelStored {
		t.Fatalf("%+v", acks)
	}
	c.opened(c.made["a1"].Header.Number)
	var alarms []hub.Alarm
	for end := time.Now().Add(30 * time.Second); len(alarms) == 0 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		var err error
		if alarms, err = c.book.Alarms(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(alarms) != 1 || alarms[0].Kind != hub.AlarmQuarantine || !strings.Contains(alarms[0].Reason, "do not belong together") {
		t.Fatalf("%+v", alarms)
	}
	if _, err := c.book.Case(t.Context(), c.made["a2"].Header.Number); err == nil {
		t.Error("somebody's body became another's case")
	}
	if released, kept, err := c.hub.Release(t.Context(), c.id); err != nil || released != 0 || kept != 1 {
		t.Errorf("%d released, %d kept, %v", released, kept, err)
	}
}

// resigned puts the body of one envelope behind the header of another and signs
// it with the kiosk's own key.
func (c *chain) resigned(header, body []byte) []byte {
	c.t.Helper()
	parts := func(b []byte) (head, rest []byte) {
		n := int(b[7])<<24 | int(b[8])<<16 | int(b[9])<<8 | int(b[10])
		m := int(b[11+n])<<24 | int(b[12+n])<<16 | int(b[13+n])<<8 | int(b[14+n])
		return b[7 : 11+n], b[11+n : 15+n+m]
	}
	head, _ := parts(header)
	_, rest := parts(body)
	sum := sha256.Sum256(rest[4:])
	payload := append(slices.Clone(head), sum[:]...)
	kind := "application/vnd.loket.envelope.v1"
	toSign := append(fmt.Appendf(nil, "DSSEv1 %d %s %d ", len(kind), kind, len(payload)), payload...)
	signature, err := c.key.Sign(nil, toSign, crypto.Hash(0))
	if err != nil {
		c.t.Fatal(err)
	}
	return slices.Concat([]byte("LOKET1\n"), head, rest, []byte{0, 64}, signature)
}

// newest is the id of the newest alarm.
func newest(c *chain) (id int64) {
	c.t.Helper()
	alarms, err := c.book.Alarms(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	for _, a := range alarms {
		id = max(id, a.ID)
	}
	return id
}

// The desk shows alarms to those whose they are, and only with a word is one
// dealt with.
func TestAlarmsOnTheDesk(t *testing.T) {
	c := &chain{newOffice(t), map[string]seal.Envelope{}}
	c.send([]byte("rusak"))
	roles := map[hub.Role]int{hub.Administrator: 2, hub.Fleet: 2, hub.Supervisor: 1, hub.Auditor: 1, hub.Verifier: 0, hub.Unit: 0, hub.PPID: 0, hub.Superior: 0}
	if len(roles) != len(hub.Roles) {
		t.Fatalf("%v", slices.Collect(maps.Keys(roles)))
	}
	for role, may := range roles {
		name := string(role)
		at := c.sit(name, role, "ntt")
		body := at.get("/desk/alarms")
		if strings.Contains(body, "bukan untuk peran") != (may == 0) || may > 0 && (!strings.Contains(body, "karantina") || strings.Contains(body, "<form method=\"post\" action=\"/desk/alarms/") != (may == 2)) {
			t.Errorf("%s: %s", role, body)
		}
		for _, note := range []string{"  ", "kios diganti"} {
			resp, err := at.b.PostForm(c.server.URL+"/desk/alarms/"+fmt.Sprint(newest(c)), url.Values{"note": {note}})
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			want := http.StatusForbidden
			if may == 2 {
				want = http.StatusOK // after the redirect
				if strings.TrimSpace(note) == "" {
					want = http.StatusUnprocessableEntity
				}
			}
			if resp.StatusCode != want {
				t.Errorf("%s notes %q: %d, want %d", role, note, resp.StatusCode, want)
			}
			if may == 2 && strings.TrimSpace(note) != "" {
				c.send([]byte("rusak" + name)) // another one for the next
				if alarms, err := c.book.Alarms(t.Context()); err != nil || alarms[len(alarms)-1].Note != "kios diganti" || alarms[len(alarms)-1].NotedBy == "" {
					t.Errorf("%+v, %v", alarms, err)
				}
			}
		}
	}
	// Another office does not see them.
	if body := c.sit("lain", hub.Fleet, "bali").get("/desk/alarms"); strings.Contains(body, "karantina:") || strings.Contains(body, "rusak") {
		t.Error("an alarm of another office")
	}
}

// What the hub files itself, before and after it was started again, is no alarm.
func TestTheHubsOwnChainIsNoAlarm(t *testing.T) {
	o := newOffice(t)
	for range 3 {
		if _, _, err := o.hub.File(t.Context(), "ntt", kiosk.Report{Form: kiosk.FormRef{Name: "complaint", Version: 1}, Language: kiosk.Indonesian, Identity: kiosk.Anonymous, Answers: kiosk.Answers{"title": "Loket tutup"}}); err != nil {
			t.Fatal(err)
		}
		o.stop()
		o.open(true)
	}
	if all, err := o.book.Alarms(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("%+v, %v", all, err)
	}
}
