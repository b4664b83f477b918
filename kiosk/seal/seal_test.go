package seal

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"loket/kiosk"
)

type desk struct {
	root, ack, kiosk ed25519.PrivateKey
	identity         *age.HybridIdentity
	bundle           Bundle
	sealer           *Sealer
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{identity: identity}
	for _, k := range []*ed25519.PrivateKey{&d.root, &d.ack, &d.kiosk} {
		if _, *k, err = ed25519.GenerateKey(nil); err != nil {
			t.Fatal(err)
		}
	}
	d.bundle = Bundle{Version: 1, Hub: "h", PublicURL: "http://127.0.0.1:1", AckKey: d.ack.Public().(ed25519.PublicKey),
		Recipients: []Recipient{{ID: "r1", Key: identity.Recipient().String(), Purpose: "general"}}}
	if d.sealer, err = NewSealer("K7", "test", d.kiosk, d.bundle); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) pub() ed25519.PublicKey { return d.kiosk.Public().(ed25519.PublicKey) }

func report(text string) kiosk.Report {
	return kiosk.Report{
		Number: "K7ABCDEF", Code: "QV8N3HD6W", Form: kiosk.FormRef{Name: "complaint", Version: 1},
		Language: kiosk.Indonesian, Identity: kiosk.Anonymous, Office: "ntt",
		At:      kiosk.Moment{At: time.Date(2026, 11, 24, 2, 47, 0, 0, time.UTC), Boot: "b", BootMS: 3600000},
		Answers: kiosk.Answers{"description": text},
	}
}

var slot = Slot{Epoch: "0011223344556677", Seq: 7}

func TestOnlyTheOfficeOpensWhatTheKioskSealed(t *testing.T) {
	d := newDesk(t)
	e, err := d.sealer.Seal(NewID(), slot, report("rahasia sekali"))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Verify(d.pub()); err != nil {
		t.Error(err)
	}
	got, err := e.Open(d.identity)
	if err != nil || got.Answers["description"] != "rahasia sekali" || got.At != report("").At {
		t.Errorf("opened %+v, %v", got, err)
	}
	if bytes.Contains(e.Bytes, []byte("rahasia")) || bytes.Contains(e.Bytes, []byte("complaint")) || bytes.Contains(e.Bytes, []byte("QV8N3")) {
		t.Error("the envelope shows what is inside")
	}
	other, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Open(other); err == nil {
		t.Error("a stranger's key opened it")
	}
	if err := e.Verify(d.ack.Public().(ed25519.PublicKey)); !errors.Is(err, ErrSignature) {
		t.Errorf("another key verified: %v", err)
	}
}

func TestLengthsTellNothing(t *testing.T) {
	d := newDesk(t)
	sizes := map[int]bool{}
	for n := 0; n < 1400; n += 35 {
		e, err := d.sealer.Seal(NewID(), slot, report(strings.Repeat("x", n)))
		if err != nil {
			t.Fatal(err)
		}
		sizes[len(e.Bytes)] = true
	}
	if len(sizes) != 1 {
		t.Errorf("40 lengths gave %d sizes", len(sizes))
	}
}

// Another enrolled kiosk signs a body it did not make: the signature is good,
// the header inside is not.
func TestStripAndSignAgainIsNoticed(t *testing.T) {
	d, thief := newDesk(t), newDesk(t)
	e, err := d.sealer.Seal(NewID(), slot, report("a"))
	if err != nil {
		t.Fatal(err)
	}
	forged, err := thief.sealer.Seal(NewID(), slot, report("b"))
	if err != nil {
		t.Fatal(err)
	}
	forged.body = e.body
	forged.signature = ed25519.Sign(thief.kiosk, toSign(forged.header, forged.body))
	if err := forged.Verify(thief.pub()); err != nil {
		t.Fatal(err)
	}
	if _, err := forged.Open(d.identity); !errors.Is(err, ErrForeign) {
		t.Errorf("opened under another header: %v", err)
	}
}

func TestEveryFlippedBitAndEveryCutIsRefused(t *testing.T) {
	d := newDesk(t)
	e, err := d.sealer.Seal(NewID(), slot, report("a"))
	if err != nil {
		t.Fatal(err)
	}
	accepted := 0
	try := func(b []byte) {
		if got, err := Parse(b); err == nil && got.Verify(d.pub()) == nil {
			accepted++
		}
	}
	for i := range e.Bytes {
		for bit := range 8 {
			b := bytes.Clone(e.Bytes)
			b[i] ^= 1 << bit
			try(b)
		}
		try(e.Bytes[:i])
	}
	try(append(bytes.Clone(e.Bytes), 0))
	if accepted > 0 {
		t.Errorf("%d damaged envelopes were accepted", accepted)
	}
}

func TestSignaturesFitOneKindOnly(t *testing.T) {
	d := newDesk(t)
	if got := string(pae("http://example.com/HelloWorld", []byte("hello world"))); got != "DSSEv1 29 http://example.com/HelloWorld 11 hello world" {
		t.Errorf("DSSE's own vector: %q", got)
	}
	ack := Ack{Envelope: strings.Repeat("0a", 32), Hub: "h", HubSeq: 3, Level: LevelStored, StoredAt: time.Unix(0, 0).UTC()}
	s := SignAck(d.ack, ack)
	if got, err := OpenAck(d.bundle.AckKey, s); err != nil || got != ack {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := OpenAck(d.root.Public().(ed25519.PublicKey), s); !errors.Is(err, ErrSignature) {
		t.Errorf("another key acknowledges: %v", err)
	}
	if _, err := OpenBundle(d.bundle.AckKey, s); !errors.Is(err, ErrSignature) {
		t.Errorf("an acknowledgement passes as a bundle: %v", err)
	}
	s.Payload[3] ^= 1
	if _, err := OpenAck(d.bundle.AckKey, s); !errors.Is(err, ErrSignature) {
		t.Errorf("changed, yet signed: %v", err)
	}
	sig := SignRequest(d.kiosk, "POST", "/p", []byte("body"))
	if err := VerifyRequest(d.pub(), "POST", "/p", []byte("body"), sig); err != nil {
		t.Error(err)
	}
	if err := VerifyRequest(d.pub(), "POST", "/p", []byte("bodY"), sig); !errors.Is(err, ErrSignature) {
		t.Error("another body has the same signature")
	}
}

func TestEnrolmentNeedsTheCodeOnBothSides(t *testing.T) {
	d := newDesk(t)
	code := "K7ABCDEFGHJKMN0"
	ask, err := NewEnrolRequest(code, d.pub())
	if err != nil {
		t.Fatal(err)
	}
	if ask.Verify(code) != nil || !errors.Is(ask.Verify("K7ABCDEFGHJKMN1"), ErrCode) {
		t.Error("the code does not decide")
	}
	answer := EnrolAnswer{Kiosk: "K7", Office: "ntt", RootKey: d.root.Public().(ed25519.PublicKey), Bundle: SignBundle(d.root, d.bundle), Ratchet: make([]byte, 32)}
	reply, err := Answer(code, ask, answer)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := OpenAnswer(code, ask, reply); err != nil || got.Office != "ntt" {
		t.Errorf("%+v, %v", got, err)
	}
	forged, err := Answer("K7ABCDEFGHJKMN1", ask, answer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenAnswer(code, ask, forged); !errors.Is(err, ErrCode) {
		t.Errorf("a hub without the code enrols: %v", err)
	}
}

func TestBatches(t *testing.T) {
	in := [][]byte{[]byte("a"), {}, bytes.Repeat([]byte("b"), 1000)}
	var b bytes.Buffer
	if err := WriteBatch(&b, in); err != nil {
		t.Fatal(err)
	}
	out, err := ReadBatch(bytes.NewReader(b.Bytes()), 3, 2000)
	if err != nil || len(out) != 3 || !bytes.Equal(out[2], in[2]) {
		t.Errorf("%d, %v", len(out), err)
	}
	if _, err := ReadBatch(bytes.NewReader(b.Bytes()), 2, 2000); !errors.Is(err, ErrTooMany) {
		t.Error(err)
	}
	if _, err := ReadBatch(bytes.NewReader(b.Bytes()), 3, 500); !errors.Is(err, ErrTooMany) {
		t.Error(err)
	}
	for n := 1; n < b.Len(); n++ {
		if _, err := ReadBatch(bytes.NewReader(b.Bytes()[:n]), 3, 2000); err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	if _, err := ReadBatch(bytes.NewReader([]byte{255, 255, 255, 255}), 3, 1<<20); !errors.Is(err, ErrTooMany) {
		t.Error("a length of 4 GiB was believed")
	}
}

func FuzzParse(f *testing.F) {
	d := newDesk(f)
	e, err := d.sealer.Seal(NewID(), slot, report("a"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.Bytes)
	f.Add([]byte(Magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := Parse(b); err == nil && got.Verify(d.pub()) == nil && !bytes.Equal(b, e.Bytes) {
			t.Error("an envelope nobody sealed verifies")
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	d := newDesk(b)
	r := report(strings.Repeat("x", 1000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.sealer.Seal(NewID(), slot, r); err != nil {
			b.Fatal(err)
		}
	}
}

func TestFingerprint(t *testing.T) {
	list := strings.Fields(wordList)
	seen := map[string]bool{}
	for _, w := range list {
		seen[w] = true
	}
	if len(list) != 256 || len(seen) != 256 {
		t.Fatalf("%d words, %d of them different", len(list), len(seen))
	}
	root, _, _ := ed25519.GenerateKey(nil)
	one, _, _ := ed25519.GenerateKey(nil)
	two, _, _ := ed25519.GenerateKey(nil)
	if a := Fingerprint(root, one); len(strings.Fields(a)) != FingerprintWords || a != Fingerprint(root, one) || a == Fingerprint(root, two) || a == Fingerprint(two, one) {
		t.Fatal(a)
	}
}

// A page may be large; a report that is as large is not sealed, and not opened where
// another program sealed it.
func TestOnlyAPageMayBeLarge(t *testing.T) {
	d := newDesk(t)
	page := report("")
	page.Answers, page.Page = nil, &kiosk.Page{Of: "K7ABCDEF", Index: 1, Total: 2, Type: "image/jpeg", Bytes: bytes.Repeat([]byte{0xa5, 7}, 750_000)}
	e, err := d.sealer.Seal(NewID(), slot, page)
	if err != nil {
		t.Fatal(err)
	}
	if e, err = Parse(e.Bytes); err != nil {
		t.Fatal(err)
	}
	got, err := e.Open(d.identity)
	if err != nil || got.Page == nil || got.Page.Of != "K7ABCDEF" || !bytes.Equal(got.Page.Bytes, page.Page.Bytes) {
		t.Errorf("%v", err)
	}
	if _, err := d.sealer.Seal(NewID(), slot, report(strings.Repeat("x", maxReport))); err == nil {
		t.Error("a report of the size of a page was sealed")
	}
	page.Page.Bytes = make([]byte, MaxBody)
	if _, err := d.sealer.Seal(NewID(), slot, page); err == nil {
		t.Error("a page without end was sealed")
	}
}
