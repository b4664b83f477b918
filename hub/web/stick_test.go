package web_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"loket/kiosk/seal"
	"loket/kiosk/stick"
)

// onStick makes a file of reports by hand, as kiosk/stick says it looks.
func onStick(t *testing.T, kiosk string, key ed25519.PrivateKey, envelopes ...[]byte) stick.File {
	t.Helper()
	h := stick.Header{V: 1, Kiosk: kiosk, Epoch: strings.Repeat("aa", 8), First: 1, Last: uint64(len(envelopes))}
	for _, e := range envelopes {
		sum := sha256.Sum256(e)
		h.Reports = append(h.Reports, hex.EncodeToString(sum[:]))
	}
	header, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	b := bytes.NewBufferString("LOKET STICK 1\n")
	b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(header))))
	b.Write(header)
	b.Write(seal.SignRequest(key, "STICK", "reports", header))
	if err := seal.WriteBatch(b, envelopes); err != nil {
		t.Fatal(err)
	}
	f, err := stick.Decode(b.Bytes())
	if err != nil || !f.Clean {
		t.Fatal(err)
	}
	return f
}

// What an enrolled kiosk signed a list of is kept, damaged or not; who only has a
// stick stores nothing here but true reports.
func TestWhoseStickItIs(t *testing.T) {
	c := &chain{newOffice(t), map[string]seal.Envelope{}}
	_, stranger, _ := ed25519.GenerateKey(nil)
	one, two := c.seal(link{"a1", "aa", 1, ""}), c.seal(link{"a2", "aa", 2, "a1"})
	rotten := bytes.Clone(two)
	rotten[len(rotten)-1] ^= 1
	junk := []byte("not an envelope at all")
	quarantined := func() int {
		t.Helper()
		all, err := c.book.Quarantined(t.Context(), c.id)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	got, err := c.hub.Carry(t.Context(), onStick(t, c.id, stranger, one, rotten, junk))
	if err != nil || got.Stored != 1 || got.Damaged != 2 || got.Quarantined != 0 || len(got.Acks) != 1 || quarantined() != 0 {
		t.Errorf("a list that a stranger signed: %+v, %v, %d in quarantine", got, err, quarantined())
	}
	got, err = c.hub.Carry(t.Context(), onStick(t, c.id, c.key, one, rotten, junk))
	if err != nil || got.Already != 1 || got.Quarantined != 2 || got.Damaged != 0 || len(got.Acks) != 3 || quarantined() != 2 {
		t.Errorf("a list that the kiosk signed: %+v, %v, %d in quarantine", got, err, quarantined())
	}
	got, err = c.hub.Carry(t.Context(), onStick(t, "ZZ", stranger, junk))
	if !errors.Is(err, stick.ErrStranger) || len(got.Acks) != 0 {
		t.Errorf("a kiosk that there is not: %+v, %v", got, err)
	}
	c.opened(c.made["a1"].Header.Number)
}

// A question that was carried may come after a later one: it raises an alarm only for
// a fork, and takes back nothing that is known. One that nobody of ours signed is none.
func TestQuestionsOnSticks(t *testing.T) {
	c := &chain{newOffice(t), map[string]seal.Envelope{}}
	for _, l := range []link{{"a1", "aa", 1, ""}, {"a2", "aa", 2, "a1"}, {"a3", "aa", 3, "a2"}} {
		c.send(c.seal(l))
	}
	c.seal(link{"b2", "aa", 2, "a1"})
	ask := func(key ed25519.PrivateKey, epoch, name string, seq uint64) error {
		t.Helper()
		sum := c.made[name].SHA256
		b, err := json.Marshal(seal.Head{Nonce: "carried", Epoch: strings.Repeat(epoch, 8), Seq: seq, SHA256: hex.EncodeToString(sum[:])})
		if err != nil {
			t.Fatal(err)
		}
		a, err := c.hub.Answer(t.Context(), stick.Ask{Kiosk: c.id, Head: b, Signature: seal.SignRequest(key, "STICK", "ask", b)})
		if err != nil {
			return err
		}
		if st, err := seal.OpenStanding(c.bundle.AckKey, "carried", a.Standing); err != nil || st.State != "active" {
			t.Errorf("%+v, %v", st, err)
		}
		_, err = seal.OpenBundle(c.hub.Keys.Root, a.Bundle)
		return err
	}
	alarms := func() (all []string) {
		t.Helper()
		open, err := c.book.Alarms(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range open {
			all = append(all, string(a.Kind))
		}
		return all
	}
	_, stranger, _ := ed25519.GenerateKey(nil)
	if err := ask(stranger, "aa", "a3", 3); !errors.Is(err, stick.ErrStranger) {
		t.Error(err)
	}
	for _, x := range []struct {
		name string
		seq  uint64
	}{{"a3", 3}, {"a1", 1}, {"a2", 2}, {"", 0}} {
		if err := ask(c.key, "aa", x.name, x.seq); err != nil || len(alarms()) != 0 {
			t.Errorf("a question from place %d: %v, alarms %q", x.seq, err, alarms())
		}
	}
	if err := ask(c.key, "aa", "b2", 2); err != nil || strings.Join(alarms(), " ") != "fork" {
		t.Errorf("%v, alarms %q", err, alarms())
	}
	c.stands("aa", "a3", 3) // by the network nothing comes late
	if c.stands("aa", "a1", 1); strings.Join(alarms(), " ") != "backward fork" && strings.Join(alarms(), " ") != "fork backward" {
		t.Errorf("alarms %q", alarms())
	}
}
