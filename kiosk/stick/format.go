// Package stick carries sealed reports to a hub that no network reaches, and the
// hub's signed words back: the files on the stick, and what both ends do with them.
// Nothing on a stick is secret or trusted: reports are sealed, and what a signature
// does not hold up changes nothing.
//
// A stick has a folder for each kiosk, LOKET/<kiosk>, and in it only files with
// names of ours, safe on FAT32:
//
//	0A1B2C3D-0000001-0000100-9F8E7D6C.LKT      reports: epoch, first and last place, hash
//	0A1B2C3D-0000001-0000100-9F8E7D6C.LKT.ACK  what the hub signed for of them
//	ASK.JSN                                    the kiosk's question how the hub stands
//	ANSWER.JSN                                 the hub's answer, and its key bundle
//
// A file of reports names the SHA-256 of each and is signed by the kiosk, so that
// what a bad stick made of a report is told from what the kiosk has:
//
//	"LOKET STICK 1\n" | u32 length, header (JSON) | signature (64) | count × (u32 length, envelope)
package stick

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"

	"loket/kiosk/seal"
)

// Limits of a file of reports: what is written, and what is read.
const (
	batchCount = 100     // reports
	batchBytes = 4 << 20 // of their bytes
	maxHeader  = 32 << 10
	maxFile    = len(magic) + 4 + maxHeader + ed25519.SignatureSize + seal.MaxBatchBytes
	maxWords   = 512 << 10 // bytes of acknowledgements
	maxAnswer  = 4 << 20   // bytes of an answer, with a catalogue
)

const (
	magic  = "LOKET STICK 1\n"
	top    = "LOKET" // the folder on the stick
	ask    = "ASK.JSN"
	answer = "ANSWER.JSN"
	acks   = ".ACK" // behind the name of a file of reports
	part   = ".TMP" // behind the name of what is being written
)

// What a kiosk signs on a stick is no request that a network could carry, and the
// other way round.
const (
	signMethod  = "STICK"
	signReports = "reports"
	signAsk     = "ask"
)

// ErrMalformed says that a file is not what its name says.
var ErrMalformed = errors.New("not a file of Loket's, or damaged at its beginning")

// Header is what a file of reports says of itself.
type Header struct {
	V       int      `json:"v"`
	Kiosk   string   `json:"kiosk"` // two symbols
	Epoch   string   `json:"epoch"` // as in [seal.Header]
	First   uint64   `json:"first"` // place of the first report
	Last    uint64   `json:"last"`
	Reports []string `json:"reports"` // SHA-256 of each envelope, hex, in order
}

// Report is an envelope as it was found on a stick.
type Report struct {
	Bytes  []byte
	SHA256 [32]byte
	Listed bool // the header names it
}

// File is what a file of reports still holds.
type File struct {
	Header  Header   // zero where it cannot be read
	Reports []Report // that are named, or have the form of an envelope; each once
	Clean   bool     // nothing is missing, and nothing else is there

	header, signature []byte
}

// Signed reports whether the kiosk that holds the private key of pub wrote the header.
func (f File) Signed(pub ed25519.PublicKey) bool {
	return len(f.header) > 0 && seal.VerifyRequest(pub, signMethod, signReports, f.header, f.signature) == nil
}

// encode makes the file of some envelopes, and its name.
func encode(kiosk string, key ed25519.PrivateKey, envelopes []seal.Queued) (name string, b []byte, err error) {
	h := Header{V: 1, Kiosk: kiosk, Epoch: strings.Repeat("0", 16)}
	for i, q := range envelopes {
		sum := sha256.Sum256(q.Bytes)
		h.Reports = append(h.Reports, hex.EncodeToString(sum[:]))
		h.Last++ // of one that rotted
		if e, err := seal.Parse(q.Bytes); err == nil {
			h.Epoch, h.Last = e.Header.Epoch, e.Header.Seq
		}
		if i == 0 {
			h.First = h.Last
		}
	}
	header, err := json.Marshal(h, json.Deterministic(true))
	if err != nil {
		return "", nil, fmt.Errorf("encode header: %w", err)
	}
	out := bytes.NewBufferString(magic)
	out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(header))))
	out.Write(header)
	out.Write(seal.SignRequest(key, signMethod, signReports, header))
	raw := make([][]byte, len(envelopes))
	for i, q := range envelopes {
		raw[i] = q.Bytes
	}
	if err := seal.WriteBatch(out, raw); err != nil {
		return "", nil, err
	}
	sum := sha256.Sum256(header)
	return strings.ToUpper(fmt.Sprintf("%s-%07d-%07d-%x.LKT", h.Epoch[:8], h.First, h.Last, sum[:4])), out.Bytes(), nil
}

// Decode reads what a file of reports still holds, however it was cut off or
// damaged: what the header names, and what has the form of an envelope. Whether that
// is true its signature tells. It returns [ErrMalformed] for what is no such file.
func Decode(b []byte) (File, error) {
	var f File
	rest, ours := bytes.CutPrefix(b, []byte(magic))
	listed := map[[32]byte]bool{}
	if ours {
		if after, ok := f.readHeader(rest); ok {
			rest = after
			for _, s := range f.Header.Reports {
				sum, _ := hex.DecodeString(s)
				listed[[32]byte(sum)] = true
			}
		}
	}
	found := map[[32]byte]bool{}
	take := func(b []byte, sum [32]byte) {
		if !found[sum] {
			found[sum] = true
			f.Reports = append(f.Reports, Report{b, sum, listed[sum]})
		}
	}
	f.Clean = len(listed) > 0
	// Lengths count only behind what was found, or a hostile file would have as many
	// stretches hashed as it has bytes.
	framed := len(listed) > 0
	for len(rest) > 0 && len(f.Reports) < seal.MaxBatch {
		if framed && len(rest) >= 4 {
			if n := int(binary.BigEndian.Uint32(rest)); n <= seal.MaxEnvelope && n <= len(rest)-4 {
				if sum := sha256.Sum256(rest[4 : 4+n]); listed[sum] {
					take(rest[4:4+n:4+n], sum)
					rest = rest[4+n:]
					continue
				}
			}
		}
		f.Clean, framed = false, false
		next := bytes.Index(rest, []byte(seal.Magic))
		if next < 0 {
			break
		}
		rest = rest[next:]
		e, after, err := seal.Cut(rest)
		if err != nil {
			rest = rest[len(seal.Magic):]
			continue
		}
		take(e.Bytes, e.SHA256)
		rest, framed = after, len(listed) > 0
	}
	f.Clean = f.Clean && len(rest) == 0 && len(f.Reports) == len(f.Header.Reports)
	if f.header == nil && len(f.Reports) == 0 {
		return f, ErrMalformed
	}
	return f, nil
}

// readHeader takes header and signature off b; it reports false where they cannot
// be read.
func (f *File) readHeader(b []byte) (rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, false
	}
	n := int(binary.BigEndian.Uint32(b))
	if b = b[4:]; n > maxHeader || n+ed25519.SignatureSize > len(b) {
		return nil, false
	}
	var h Header
	if json.Unmarshal(b[:n], &h, json.RejectUnknownMembers(true)) != nil || h.V != 1 || !isKiosk(h.Kiosk) ||
		!isHex(h.Epoch, 8) || len(h.Reports) == 0 || len(h.Reports) > seal.MaxBatch {
		return nil, false
	}
	for _, sum := range h.Reports {
		if !isHex(sum, 32) {
			return nil, false
		}
	}
	f.Header, f.header, f.signature = h, b[:n:n], b[n:n+ed25519.SignatureSize]
	return b[n+ed25519.SignatureSize:], true
}

// Acks is the file that a hub writes beside one of reports.
type Acks struct {
	Acks []seal.Signed `json:"acks"`
}

// readAcks reads acknowledgements strictly; whether they are true their signatures
// tell.
func readAcks(b []byte) (a Acks, err error) {
	if err := json.Unmarshal(b, &a, json.RejectUnknownMembers(true)); err != nil {
		return a, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if len(a.Acks) > seal.MaxBatch {
		return a, seal.ErrTooMany
	}
	return a, nil
}

// Ask is a kiosk's question how the hub stands.
type Ask struct {
	Kiosk     string `json:"kiosk"`
	Head      []byte `json:"head"` // a [seal.Head] in JSON
	Signature []byte `json:"signature"`
}

func newAsk(kiosk string, key ed25519.PrivateKey, h seal.Head) (Ask, error) {
	b, err := json.Marshal(h, json.Deterministic(true))
	if err != nil {
		return Ask{}, fmt.Errorf("encode head: %w", err)
	}
	return Ask{kiosk, b, seal.SignRequest(key, signMethod, signAsk, b)}, nil
}

// Open returns what the kiosk that holds the private key of pub says of its chain. It
// returns [seal.ErrSignature] or [seal.ErrMalformed].
func (a Ask) Open(pub ed25519.PublicKey) (seal.Head, error) {
	if err := seal.VerifyRequest(pub, signMethod, signAsk, a.Head, a.Signature); err != nil {
		return seal.Head{}, err
	}
	return seal.ReadHead(a.Head)
}

// Answer is the hub's answer.
type Answer struct {
	Standing seal.Signed `json:"standing"`
	Bundle   seal.Signed `json:"bundle"`
	// Catalogue is the one in use at the hub; nil for what is embedded.
	Catalogue *seal.Signed `json:"catalogue,omitempty"`
}

var (
	reportsName = regexp.MustCompile(`(?i)^[0-9A-F]{8}-[0-9]{7,16}-[0-9]{7,16}-[0-9A-F]{8}\.LKT$`)
	kioskName   = regexp.MustCompile(`(?i)^[0-9A-Z]{2}$`)
)

func isKiosk(s string) bool { return kioskName.MatchString(s) }

func isHex(s string, size int) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == size
}
