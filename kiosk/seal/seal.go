// Package seal turns a report into an envelope that only the office can open,
// and back. An envelope is an age file (hybrid post-quantum recipients) behind
// a short plain header, both signed with the kiosk's Ed25519 key over DSSE's
// pre-authentication encoding. The header's hash stands inside the plaintext
// too, so that nobody can put another header before somebody's body. The
// kiosk holds no key that opens what it wrote.
//
//	"LOKET1\n" | u32 length, header (JSON) | u32 length, body (age) | u16 length, signature
//
// Nothing here is our own cryptography: age, Ed25519 and DSSE, arranged.
package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"filippo.io/age"
	"github.com/go-json-experiment/json"

	"loket/kiosk"
)

// Limits of an envelope, in bytes. Only a page may take [MaxBody]; a report's body
// takes maxReport.
const (
	MaxHeader   = 2 << 10
	MaxBody     = 2 << 20
	maxReport   = 256 << 10
	MaxEnvelope = len(Magic) + 4 + MaxHeader + 4 + MaxBody + 2 + ed25519.SignatureSize
)

const (
	envelopeType = "application/vnd.loket.envelope.v1"
	algorithm    = "age-v1+ed25519-dsse"
	maxSeq       = 1 << 53 // what every JSON reader and SQLite can count
)

// Errors a caller decides on. All else is the system's.
var (
	ErrMalformed = errors.New("not a well-formed envelope")
	ErrSignature = errors.New("signature does not fit")
	ErrForeign   = errors.New("header and body do not belong together")
)

// Header is what the hub may read before opening: routing facts only. Kind,
// language, exact time and length are inside the seal.
type Header struct {
	V          int          `json:"v"`
	Alg        string       `json:"alg"`
	ID         string       `json:"id"`    // 128 random bits, hex: the report's identity for ever
	Kiosk      string       `json:"kiosk"` // two symbols
	KioskKey   string       `json:"kkid"`  // first 8 bytes of SHA-256 of the public key, hex
	Epoch      string       `json:"epoch"` // random per queue database, hex
	Seq        uint64       `json:"seq"`   // 1, 2, 3 … within the epoch
	Prev       string       `json:"prev"`  // SHA-256 of the envelope before, hex; zeros for the first
	Recipients []string     `json:"rkids"` // ids of the keys that open the body
	Bundle     int          `json:"bundle"`
	Number     kiosk.Number `json:"ref"`
	Day        string       `json:"day"`     // kiosk's wall clock, UTC, YYYY-MM-DD
	Boot       string       `json:"boot"`    // boot id
	BootMS     int64        `json:"boot_ms"` // boot clock, milliseconds
	App        string       `json:"app"`     // version of the program
	Pad        int          `json:"pad"`     // bytes of padded plaintext
}

// Slot is the envelope's place in the kiosk's chain, given by the queue
// inside the transaction that stores it.
type Slot struct {
	Epoch string
	Seq   uint64
	Prev  [32]byte
}

// Envelope is a sealed report: the bytes as they are stored, sent and hashed.
type Envelope struct {
	Header Header
	Bytes  []byte
	SHA256 [32]byte

	header, body, signature []byte
}

// Sealer seals reports of one kiosk for the recipients of one bundle.
type Sealer struct {
	kiosk, app string
	key        ed25519.PrivateKey
	sealsFor   atomic.Pointer[recipients]
}

// recipients are those of one bundle.
type recipients struct {
	version int
	keys    []age.Recipient
	ids     []string
}

// NewSealer prepares the recipients of bundle. It fails when a key in the
// bundle is not a hybrid age recipient.
func NewSealer(kioskID, app string, key ed25519.PrivateKey, bundle Bundle) (*Sealer, error) {
	s := &Sealer{kiosk: kioskID, app: app, key: key}
	return s, s.Renew(bundle)
}

// Renew seals for the recipients of another bundle from now on. A bundle that cannot
// be used changes nothing.
func (s *Sealer) Renew(bundle Bundle) error {
	next := &recipients{version: bundle.Version}
	for _, r := range bundle.Recipients {
		recipient, err := age.ParseHybridRecipient(r.Key)
		if err != nil {
			return fmt.Errorf("recipient %s: %w", r.ID, err)
		}
		next.keys = append(next.keys, recipient)
		next.ids = append(next.ids, r.ID)
	}
	if len(next.keys) == 0 {
		return errors.New("key bundle names no recipient")
	}
	s.sealsFor.Store(next)
	return nil
}

// KeyID names a public key: the first 8 bytes of its SHA-256, hex.
func KeyID(pub ed25519.PublicKey) string {
	sum := sha256.Sum256(pub)
	return hex.EncodeToString(sum[:8])
}

// NewID draws a report's identity: 128 random bits, hex.
func NewID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Seal seals r for its slot in the chain. id is drawn before the transaction
// begins ([NewID]), so that a repeated try cannot make two reports of one.
func (s *Sealer) Seal(id string, slot Slot, r kiosk.Report) (Envelope, error) {
	plain, err := json.Marshal(r, json.Deterministic(true))
	if err != nil {
		return Envelope{}, fmt.Errorf("encode report: %w", err)
	}
	to := s.sealsFor.Load()
	size := bucket(sha256.Size + 4 + len(plain))
	header, err := json.Marshal(Header{
		V: 1, Alg: algorithm, ID: id, Kiosk: s.kiosk, KioskKey: KeyID(s.key.Public().(ed25519.PublicKey)),
		Epoch: slot.Epoch, Seq: slot.Seq, Prev: hex.EncodeToString(slot.Prev[:]),
		Recipients: to.ids, Bundle: to.version, Number: r.Number,
		Day: r.At.At.UTC().Format(time.DateOnly), Boot: r.At.Boot, BootMS: r.At.BootMS,
		App: s.app, Pad: size,
	}, json.Deterministic(true))
	if err != nil {
		return Envelope{}, fmt.Errorf("encode header: %w", err)
	}
	sum := sha256.Sum256(header)
	padded := make([]byte, size)
	copy(padded, sum[:])
	binary.BigEndian.PutUint32(padded[sha256.Size:], uint32(len(plain)))
	copy(padded[sha256.Size+4:], plain)

	var body bytes.Buffer
	w, err := age.Encrypt(&body, to.keys...)
	if err != nil {
		return Envelope{}, fmt.Errorf("encrypt: %w", err)
	}
	if _, err := w.Write(padded); err != nil {
		return Envelope{}, fmt.Errorf("encrypt: %w", err)
	}
	if err := w.Close(); err != nil {
		return Envelope{}, fmt.Errorf("encrypt: %w", err)
	}
	clear(plain)
	clear(padded)
	if len(header) > MaxHeader || body.Len() > most(r) {
		return Envelope{}, fmt.Errorf("envelope of %d + %d bytes is too large", len(header), body.Len())
	}
	signature := ed25519.Sign(s.key, toSign(header, body.Bytes()))

	out := make([]byte, 0, len(Magic)+4+len(header)+4+body.Len()+2+len(signature))
	out = append(out, Magic...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(header)))
	out = append(out, header...)
	out = binary.BigEndian.AppendUint32(out, uint32(body.Len()))
	out = append(out, body.Bytes()...)
	out = binary.BigEndian.AppendUint16(out, uint16(len(signature)))
	out = append(out, signature...)
	return Parse(out)
}

// Parse splits an envelope and reads its header strictly. It checks the
// form only: see [Envelope.Verify] and [Envelope.Open].
func Parse(b []byte) (Envelope, error) {
	e, rest, err := Cut(b)
	if err == nil && len(rest) != 0 {
		return Envelope{}, fmt.Errorf("%w: signature length", ErrMalformed)
	}
	return e, err
}

// Magic is what every envelope begins with.
const Magic = "LOKET1\n"

// Cut parses the envelope that b begins with, and returns what follows it.
func Cut(b []byte) (_ Envelope, rest []byte, err error) {
	malformed := func(why string) (Envelope, []byte, error) {
		return Envelope{}, nil, fmt.Errorf("%w: %s", ErrMalformed, why)
	}
	rest, ok := bytes.CutPrefix(b, []byte(Magic))
	if !ok {
		return malformed("no envelope mark")
	}
	header, rest, ok := cut(rest, 4, MaxHeader)
	if !ok {
		return malformed("header length")
	}
	body, rest, ok := cut(rest, 4, MaxBody)
	if !ok {
		return malformed("body length")
	}
	signature, rest, ok := cut(rest, 2, ed25519.SignatureSize)
	if !ok || len(signature) != ed25519.SignatureSize {
		return malformed("signature length")
	}
	b = b[:len(b)-len(rest)]
	e := Envelope{Bytes: b, header: header, body: body, signature: signature}
	if err := json.Unmarshal(header, &e.Header, json.RejectUnknownMembers(true)); err != nil {
		return malformed("header: " + err.Error())
	}
	h := e.Header
	if h.V != 1 || h.Alg != algorithm || !isHex(h.ID, 16) || !isHex(h.Epoch, 8) || !isHex(h.Prev, 32) || !isHex(h.KioskKey, 8) ||
		len(h.Kiosk) != 2 || h.Seq == 0 || h.Seq > maxSeq || len(h.Number) != 8 {
		return malformed("header values")
	}
	e.SHA256 = sha256.Sum256(b) // last, so that what is no envelope costs little
	return e, rest, nil
}

// Body is the report as an age file: the program age opens it with an identity of one
// of the recipients. What comes out is a hash of 32 bytes, the length of the report
// in 4, the report in JSON, and zeros.
func (e Envelope) Body() []byte { return e.body }

// Verify checks that the kiosk holding pub's private key signed header and
// body. It returns [ErrSignature] otherwise.
func (e Envelope) Verify(pub ed25519.PublicKey) error {
	if len(pub) != ed25519.PublicKeySize || e.Header.KioskKey != KeyID(pub) || !ed25519.Verify(pub, toSign(e.header, e.body), e.signature) {
		return fmt.Errorf("envelope: %w", ErrSignature)
	}
	return nil
}

// Open decrypts the report with one of the identities. It returns
// [ErrForeign] when the body was made for another header.
func (e Envelope) Open(identities ...age.Identity) (kiosk.Report, error) {
	var r kiosk.Report
	in, err := age.Decrypt(bytes.NewReader(e.body), identities...)
	if err != nil {
		return r, fmt.Errorf("open envelope: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(in, MaxBody))
	if err != nil {
		return r, fmt.Errorf("open envelope: %w", err)
	}
	sum := sha256.Sum256(e.header)
	if len(plain) != e.Header.Pad || len(plain) < sha256.Size+4 || subtle.ConstantTimeCompare(plain[:sha256.Size], sum[:]) != 1 {
		return r, fmt.Errorf("open envelope: %w", ErrForeign)
	}
	content, padding, ok := cut(plain[sha256.Size:], 4, MaxBody)
	if !ok || len(bytes.Trim(padding, "\x00")) != 0 {
		return r, fmt.Errorf("open envelope: %w: padding", ErrMalformed)
	}
	if err := json.Unmarshal(content, &r, json.RejectUnknownMembers(true)); err != nil {
		return r, fmt.Errorf("open envelope: %w: %w", ErrMalformed, err)
	}
	if len(e.body) > most(r) {
		return kiosk.Report{}, fmt.Errorf("open envelope: %w: a report of %d bytes", ErrMalformed, len(e.body))
	}
	if r.Number != e.Header.Number {
		return r, fmt.Errorf("open envelope: number: %w", ErrForeign)
	}
	return r, nil
}

// most is how large the body of a report may be, or of a page.
func most(r kiosk.Report) int {
	if r.Page != nil {
		return MaxBody
	}
	return maxReport
}

// bucket is the size a plaintext of n bytes is padded to: 2, 8, 32 or 128 KiB,
// and steps of 32 KiB beyond, so that the length of an envelope says next to nothing about its contents.
func bucket(n int) int {
	for _, size := range []int{2 << 10, 8 << 10, 32 << 10, 128 << 10} {
		if n <= size {
			return size
		}
	}
	const step = 32 << 10
	return (n + step - 1) / step * step
}

func toSign(header, body []byte) []byte {
	sum := sha256.Sum256(body)
	b := binary.BigEndian.AppendUint32(nil, uint32(len(header)))
	return pae(envelopeType, append(append(b, header...), sum[:]...))
}

// pae is DSSE's pre-authentication encoding: it binds what is signed to its
// type, so that a signature over one kind of thing never fits another.
func pae(kind string, body []byte) []byte {
	return append(fmt.Appendf(nil, "DSSEv1 %d %s %d ", len(kind), kind, len(body)), body...)
}

// cut takes a length of width bytes and that many bytes off b.
func cut(b []byte, width, most int) (part, rest []byte, ok bool) {
	if len(b) < width {
		return nil, nil, false
	}
	n := 0
	for _, v := range b[:width] {
		n = n<<8 | int(v)
	}
	if b = b[width:]; n > most || n > len(b) {
		return nil, nil, false
	}
	return b[:n:n], b[n:], true
}

func isHex(s string, size int) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == size
}
