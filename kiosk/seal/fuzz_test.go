package seal

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// A batch that is read is the one that was written.
func FuzzReadBatch(f *testing.F) {
	var b bytes.Buffer
	if err := WriteBatch(&b, [][]byte{[]byte("one"), nil, []byte("three")}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte{255, 255, 255, 255, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ReadBatch(bytes.NewReader(b), 20, 1<<16)
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := WriteBatch(&again, got); err != nil || !bytes.Equal(again.Bytes(), b) || len(got) > 20 {
			t.Errorf("%d envelopes, %v", len(got), err)
		}
	})
}

// What the hub or the ministry did not sign opens as nothing; what it signed is
// read without a fault, whatever it says.
func FuzzSigned(f *testing.F) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		f.Fatal(err)
	}
	pub := key.Public().(ed25519.PublicKey)
	for _, s := range []Signed{
		SignAck(key, Ack{Envelope: "00", Level: LevelStored, StoredAt: time.Unix(1, 0)}),
		SignBundle(key, Bundle{Version: 1, Hub: "h", Recipients: []Recipient{{ID: "r", Key: "age1pq1", Purpose: "general"}}}),
		SignStanding(key, Standing{Nonce: "n", Watermark: 1}),
		SignList(key, List{Hub: "h"}),
	} {
		b, err := json.Marshal(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, s.Payload)
	}
	f.Add([]byte(`{"payload":"e30=","signature":""}`), []byte(`{}`))
	f.Fuzz(func(t *testing.T, wire, payload []byte) {
		var s Signed
		if json.Unmarshal(wire, &s) == nil {
			stranger := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32)).Public().(ed25519.PublicKey)
			if _, err := OpenAck(stranger, s); err == nil {
				t.Error("an acknowledgement that nobody signed")
			}
			if _, err := OpenBundle(stranger, s); err == nil {
				t.Error("a bundle that nobody signed")
			}
		}
		for kind, open := range map[string]func(Signed) error{
			ackType:    func(s Signed) error { _, err := OpenAck(pub, s); return err },
			bundleType: func(s Signed) error { _, err := OpenBundle(pub, s); return err },
			standType:  func(s Signed) error { _, err := OpenStanding(pub, "n", s); return err },
			listType:   func(s Signed) error { _, err := OpenList(pub, "h", s); return err },
		} {
			signed := Signed{Payload: payload, Signature: ed25519.Sign(key, pae(kind, payload))}
			open(signed)
			signed.Signature = ed25519.Sign(key, pae(kind+"x", payload))
			if open(signed) == nil {
				t.Errorf("signed as another kind, and opened as %s", kind)
			}
		}
	})
}

// Only who knows the code opens an answer to an enrolment.
func FuzzOpenAnswer(f *testing.F) {
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		f.Fatal(err)
	}
	code := strings.Repeat("7", EnrolmentSymbols)
	r, err := NewEnrolRequest(code, pub)
	if err != nil {
		f.Fatal(err)
	}
	reply, err := Answer(code, r, EnrolAnswer{Kiosk: "K7", Office: "ntt", RootKey: pub, Ratchet: make([]byte, 32),
		Bundle: SignBundle(key, Bundle{Version: 1, Hub: "h", AckKey: pub})})
	if err != nil {
		f.Fatal(err)
	}
	sound, err := json.Marshal(reply)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sound)
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var got EnrolReply
		if json.Unmarshal(b, &got) != nil {
			return
		}
		same, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := OpenAnswer(code, r, got); (err == nil) != bytes.Equal(same, sound) {
			t.Errorf("%s: %v", b, err)
		}
	})
}

// What a kiosk says of its chain is read strictly, and again the same.
func FuzzReadHead(f *testing.F) {
	good, err := json.Marshal(Head{Nonce: "n", Epoch: strings.Repeat("0a", 8), Seq: 7, SHA256: strings.Repeat("0b", 32)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"nonce":"n","epoch":"","seq":18446744073709551615,"sha256":""}`))
	f.Add([]byte(`nonce`))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ReadHead(b)
		if err != nil {
			return
		}
		again, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := ReadHead(again); err != nil || same != h {
			t.Errorf("%+v becomes %+v, %v", h, same, err)
		}
	})
}
