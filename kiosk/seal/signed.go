package seal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	bundleType  = "application/vnd.loket.bundle.v1"
	ackType     = "application/vnd.loket.ack.v1"
	requestType = "application/vnd.loket.request.v1"
	listType    = "application/vnd.loket.published.v1"
	standType   = "application/vnd.loket.standing.v1"
	catalogType = "application/vnd.loket.catalogue.v1"
)

// Signed is a JSON object with its signature, as it travels.
type Signed struct {
	Payload   []byte `json:"payload"`
	Signature []byte `json:"signature"`
}

func sign(key ed25519.PrivateKey, kind string, v any) Signed {
	payload, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		panic("encode " + kind + ": " + err.Error())
	}
	return Signed{Payload: payload, Signature: ed25519.Sign(key, pae(kind, payload))}
}

// later are the kinds in which members may be added: a kiosk reads the word of a hub
// of a later version.
var later = map[string]bool{standType: true}

func open(pub ed25519.PublicKey, kind string, s Signed, v any) error {
	if len(pub) != ed25519.PublicKeySize || !ed25519.Verify(pub, pae(kind, s.Payload), s.Signature) {
		return fmt.Errorf("%s: %w", kind, ErrSignature)
	}
	if err := json.Unmarshal(s.Payload, v, json.RejectUnknownMembers(!later[kind])); err != nil {
		return fmt.Errorf("%s: %w: %w", kind, ErrMalformed, err)
	}
	return nil
}

// Recipient is a public key that reports are sealed for.
type Recipient struct {
	ID      string `json:"id"`
	Key     string `json:"key"`     // age hybrid recipient, age1pq1…
	Purpose string `json:"purpose"` // general
}

// Bundle is what a kiosk must know of its hub, signed by the ministry's root
// key so that a hub broken into cannot name a recipient of its own.
type Bundle struct {
	Version    int         `json:"version"`    // only ever grows
	Hub        string      `json:"hub"`        // id of the hub
	PublicURL  string      `json:"public_url"` // where the tracking page is
	AckKey     []byte      `json:"ack_key"`    // Ed25519 public key
	Recipients []Recipient `json:"recipients"`
}

// SignBundle signs b with the root key.
func SignBundle(root ed25519.PrivateKey, b Bundle) Signed { return sign(root, bundleType, b) }

// OpenBundle returns the bundle if root signed it.
func OpenBundle(root ed25519.PublicKey, s Signed) (b Bundle, err error) {
	if err = open(root, bundleType, s, &b); err == nil && len(b.AckKey) != ed25519.PublicKeySize {
		err = fmt.Errorf("bundle: %w: acknowledgement key", ErrMalformed)
	}
	return b, err
}

// What an acknowledgement says of an envelope.
const (
	LevelStored      = "stored"      // on the hub's disk
	LevelQuarantined = "quarantined" // kept as it came, but damaged or doubtful
)

// Ack is the hub's word that it holds an envelope. Only this, signed, counts:
// a status code can come from anybody between.
type Ack struct {
	Envelope    string    `json:"envelope"` // SHA-256 of the bytes, hex
	ID          string    `json:"id,omitempty"`
	Hub         string    `json:"hub"`
	Incarnation string    `json:"incarnation"` // changes when the hub is restored from a backup
	HubSeq      int64     `json:"hub_seq"`
	StoredAt    time.Time `json:"stored_at"`
	Level       string    `json:"level"`
	Watermark   int64     `json:"watermark"` // every hub_seq up to this is in a backup
}

// SignAck signs a with the hub's acknowledgement key.
func SignAck(key ed25519.PrivateKey, a Ack) Signed { return sign(key, ackType, a) }

// OpenAck returns the acknowledgement if the hub signed it.
func OpenAck(pub ed25519.PublicKey, s Signed) (a Ack, err error) {
	if err = open(pub, ackType, s, &a); err == nil && (!isHex(a.Envelope, 32) || a.Level != LevelStored && a.Level != LevelQuarantined) {
		err = fmt.Errorf("acknowledgement: %w", ErrMalformed)
	}
	return a, err
}

// Standing is the hub's word on which database it works with and how far its
// backups reach, asked for by a kiosk that may have nothing to send.
type Standing struct {
	Hub         string    `json:"hub"`
	Incarnation string    `json:"incarnation"`         // as in [Ack]
	Watermark   int64     `json:"watermark"`           // as in [Ack]
	At          time.Time `json:"at"`                  // the hub's clock
	Nonce       string    `json:"nonce"`               // drawn by the kiosk: an old answer is none
	Bundle      int       `json:"bundle"`              // version of the key bundle that kiosks should have
	State       string    `json:"state"`               // active, suspended or revoked: whether this kiosk may take reports
	Catalogue   int64     `json:"catalogue,omitempty"` // version of the catalogue that kiosks should have; 0 for what is embedded
	Office      string    `json:"office,omitempty"`    // id of the one the kiosk stands in
	// DaysOff are those that were announced late or are this office's own: they are in no
	// catalogue.
	DaysOff []DayOff `json:"days_off,omitempty"`
	// Staff are those who may open the receptionist's part of this kiosk.
	Staff []Receptionist `json:"staff,omitempty"`
}

// DayOff is a day on which terms do not run.
type DayOff struct {
	Date   string `json:"date"` // YYYY-MM-DD
	Name   string `json:"name"`
	Kind   string `json:"kind"`             // as package workday has it
	Office string `json:"office,omitempty"` // empty: everywhere
}

// Receptionist is somebody who helps visitors at the kiosks of an office.
type Receptionist struct {
	Name string `json:"name"`
	PIN  string `json:"pin"` // argon2id, PHC string: see package staff
}

// Head is what a kiosk says of its chain when it asks how the hub stands, so that
// the hub sees what is missing, and a chain that was put back.
type Head struct {
	Nonce  string `json:"nonce"`
	Epoch  string `json:"epoch"`
	Seq    uint64 `json:"seq"`    // place of the newest envelope; 0 for none
	SHA256 string `json:"sha256"` // of the newest envelope, hex; zeros for none
	// Health is how the kiosk is; nil from one that does not tell.
	Health *Health `json:"health,omitempty"`
}

// Health is how a kiosk is, told at each contact. Nothing in it is a visitor's.
type Health struct {
	Version   string     `json:"version"`          // of the program
	At        time.Time  `json:"at"`               // the kiosk's clock
	Waiting   int        `json:"waiting"`          // reports that the hub has not acknowledged
	Oldest    *time.Time `json:"oldest,omitempty"` // when the oldest of them was taken
	DiskFree  int64      `json:"disk_free"`        // bytes
	Printer   string     `json:"printer"`          // ok, none, unknown, or the fault of package printer
	NearEnd   bool       `json:"near_end,omitempty"`
	Catalogue int64      `json:"catalogue,omitempty"` // version in use; 0 for what is embedded
	Refused   string     `json:"refused,omitempty"`   // why a later one was not taken up; empty for none
	Closed    string     `json:"closed,omitempty"`    // why it takes no reports: full, staff, …; empty: it does
}

// well reports whether h can be kept: words are short and plain, for they go into
// pages and metrics.
func (h *Health) well() bool {
	for _, s := range []string{h.Version, h.Printer, h.Closed} {
		if len(s) > 40 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
			return false
		}
	}
	if len(h.Refused) > 300 || strings.ContainsFunc(h.Refused, unicode.IsControl) {
		return false
	}
	return h.Waiting >= 0 && h.Catalogue >= 0 && h.DiskFree >= 0 && inRange(h.At) && (h.Oldest == nil || inRange(*h.Oldest))
}

// inRange reports whether a moment can be written in JSON and stored in seconds.
func inRange(t time.Time) bool { return t.Year() >= 1970 && t.Year() < 10000 }

// ReadHead reads a head, passing over what a later version tells; it returns
// [ErrMalformed].
func ReadHead(b []byte) (h Head, err error) {
	if err := json.Unmarshal(b, &h); err != nil {
		return h, fmt.Errorf("head: %w: %w", ErrMalformed, err)
	}
	if len(h.Nonce) == 0 || len(h.Nonce) > 64 || !isHex(h.Epoch, 8) || !isHex(h.SHA256, 32) || h.Seq > maxSeq || h.Health != nil && !h.Health.well() {
		return h, fmt.Errorf("head: %w", ErrMalformed)
	}
	return h, nil
}

// SignStanding signs s with the hub's acknowledgement key.
func SignStanding(key ed25519.PrivateKey, s Standing) Signed { return sign(key, standType, s) }

// OpenStanding returns the standing if the hub signed it for this nonce. It
// returns [ErrForeign] for an answer to another question.
func OpenStanding(pub ed25519.PublicKey, nonce string, s Signed) (st Standing, err error) {
	if err = open(pub, standType, s, &st); err == nil && st.Nonce != nonce {
		err = fmt.Errorf("standing: %w", ErrForeign)
	}
	return st, err
}

// List is the list of published information on its way to the kiosks. A copy on
// a kiosk's disk stays signed, so that nobody there can change what it says.
type List struct {
	Hub     string         `json:"hub"`
	Version int64          `json:"version"` // only ever grows
	Items   jsontext.Value `json:"items"`   // package published knows them
}

// SignList signs l with the hub's acknowledgement key, which kiosks pin.
func SignList(key ed25519.PrivateKey, l List) Signed { return sign(key, listType, l) }

// OpenList returns the list if the hub of that id signed it. It returns
// [ErrForeign] for one of another hub with the same key.
func OpenList(pub ed25519.PublicKey, hub string, s Signed) (l List, err error) {
	if err = open(pub, listType, s, &l); err == nil && (l.Hub != hub || l.Version <= 0) {
		err = fmt.Errorf("list: %w", ErrForeign)
	}
	return l, err
}

// Catalogue is what kiosks use in place of what is embedded, on its way to them and on
// their disks.
type Catalogue struct {
	Hub     string            `json:"hub"`
	Version int64             `json:"version"` // only ever grows
	Files   map[string]string `json:"files"`   // by path: see package catalogue
}

// SignCatalogue signs c with the hub's acknowledgement key, which kiosks pin.
func SignCatalogue(key ed25519.PrivateKey, c Catalogue) Signed { return sign(key, catalogType, c) }

// OpenCatalogue returns the catalogue if the hub of that id signed it. It returns
// [ErrForeign] for one of another hub with the same key.
func OpenCatalogue(pub ed25519.PublicKey, hub string, s Signed) (c Catalogue, err error) {
	if err = open(pub, catalogType, s, &c); err == nil && (c.Hub != hub || c.Version <= 0) {
		err = fmt.Errorf("catalogue: %w", ErrForeign)
	}
	return c, err
}

func request(method, path string, body []byte) []byte {
	sum := sha256.Sum256(body)
	return pae(requestType, []byte(method+"\n"+path+"\n"+hex.EncodeToString(sum[:])))
}

// SignRequest signs a request of a kiosk. Repeating it does no harm: what it
// carries is taken once.
func SignRequest(key ed25519.PrivateKey, method, path string, body []byte) []byte {
	return ed25519.Sign(key, request(method, path, body))
}

// VerifyRequest checks a request's signature; it returns [ErrSignature].
func VerifyRequest(pub ed25519.PublicKey, method, path string, body, signature []byte) error {
	if len(pub) != ed25519.PublicKeySize || !ed25519.Verify(pub, request(method, path, body), signature) {
		return fmt.Errorf("request: %w", ErrSignature)
	}
	return nil
}
