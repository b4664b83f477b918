package seal

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
)

// EnrolmentSymbols is the length of an enrolment code: 2 symbols of the
// kiosk's id, 12 secret ones (60 bits) and a check symbol.
const EnrolmentSymbols = 15

// ErrCode says that the other side does not know the enrolment code.
var ErrCode = errors.New("the enrolment code does not fit")

// EnrolRequest is a kiosk's request to be enrolled: its public key, proved
// with the one-time code that an administrator handed over.
type EnrolRequest struct {
	Slot      string `json:"slot"` // the code's first two symbols
	PublicKey []byte `json:"public_key"`
	Nonce     []byte `json:"nonce"`
	MAC       []byte `json:"mac"`
}

// NewEnrolRequest makes a request with code in canonical form.
func NewEnrolRequest(code string, pub ed25519.PublicKey) (EnrolRequest, error) {
	if len(code) != EnrolmentSymbols {
		return EnrolRequest{}, fmt.Errorf("enrolment code of %d symbols: %w", len(code), ErrCode)
	}
	r := EnrolRequest{Slot: code[:2], PublicKey: pub, Nonce: make([]byte, 16)}
	rand.Read(r.Nonce)
	r.MAC = r.mac(code)
	return r, nil
}

// Verify checks that the sender knows code; it returns [ErrCode].
func (r EnrolRequest) Verify(code string) error {
	if len(r.PublicKey) != ed25519.PublicKeySize || len(r.Nonce) != 16 || !hmac.Equal(r.MAC, r.mac(code)) {
		return ErrCode
	}
	return nil
}

func (r EnrolRequest) mac(code string) []byte {
	return codeMAC(code, "loket/enrol/v1", []byte(r.Slot), r.PublicKey, r.Nonce)
}

// EnrolAnswer is what a kiosk pins for its life.
type EnrolAnswer struct {
	Kiosk   string `json:"kiosk"`
	Office  string `json:"office"`
	RootKey []byte `json:"root_key"` // Ed25519; signs key bundles
	Bundle  Signed `json:"bundle"`
	Ratchet []byte `json:"ratchet"` // 32 bytes, first step of the codes' ratchet
}

// EnrolReply is the answer with proof that the hub knows the code too, so
// that nobody between can enrol the kiosk at a hub of their own.
type EnrolReply struct {
	Answer []byte `json:"answer"`
	MAC    []byte `json:"mac"`
}

// Answer proves a to the sender of r.
func Answer(code string, r EnrolRequest, a EnrolAnswer) (EnrolReply, error) {
	b, err := json.Marshal(a, json.Deterministic(true))
	if err != nil {
		return EnrolReply{}, fmt.Errorf("encode enrolment: %w", err)
	}
	return EnrolReply{Answer: b, MAC: codeMAC(code, "loket/enrol/v1/answer", r.Nonce, b)}, nil
}

// OpenAnswer returns the hub's answer to r, or [ErrCode] when whoever
// answered does not know the code.
func OpenAnswer(code string, r EnrolRequest, reply EnrolReply) (EnrolAnswer, error) {
	var a EnrolAnswer
	if !hmac.Equal(reply.MAC, codeMAC(code, "loket/enrol/v1/answer", r.Nonce, reply.Answer)) {
		return a, ErrCode
	}
	if err := json.Unmarshal(reply.Answer, &a, json.RejectUnknownMembers(true)); err != nil {
		return a, fmt.Errorf("enrolment answer: %w: %w", ErrMalformed, err)
	}
	if len(a.Kiosk) != 2 || len(a.RootKey) != ed25519.PublicKeySize || len(a.Ratchet) != 32 {
		return a, fmt.Errorf("enrolment answer: %w", ErrMalformed)
	}
	if _, err := OpenBundle(a.RootKey, a.Bundle); err != nil {
		return a, err
	}
	return a, nil
}

func codeMAC(code, purpose string, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, []byte(code))
	mac.Write([]byte(purpose))
	for _, p := range parts {
		mac.Write([]byte{0})
		mac.Write(p)
	}
	return mac.Sum(nil)
}

// Ticket is what the QR code of a new kiosk's slot says: the hub's address and the
// one-time code, which [ReadTicket] reads.
func Ticket(hub, code string) string { return strings.TrimSuffix(hub, "/") + "/enrol#" + code }

// ReadTicket returns the hub's address and the code; false for anything else.
func ReadTicket(s string) (hub, code string, ok bool) {
	hub, code, ok = strings.Cut(strings.TrimSpace(s), "/enrol#")
	return hub, code, ok && hub != "" && code != ""
}
