package hub

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"loket/kiosk"
	"loket/kiosk/disk"
	"loket/kiosk/seal"
	"loket/kiosk/track"
)

// Keys are the hub's secrets, in a folder of its own, apart from the database
// and to be backed up apart from it.
type Keys struct {
	Root     ed25519.PublicKey // what kiosks pin
	Ack      ed25519.PrivateKey
	Filing   ed25519.PrivateKey    // signs what comes in by another way than a kiosk
	Open     []*age.HybridIdentity // what opens envelopes: the newest first, and those before it
	Signed   seal.Signed           // the bundle, signed by the root key
	Bundle   seal.Bundle
	tracking [32]byte
}

// OpenKeys reads the keys in dir, making those that are missing. publicURL is
// where the tracking page is; empty keeps the one signed before, or else takes
// otherwise. The root key is needed only when the bundle changes (another
// public URL): it may be kept elsewhere, and then that is an error which says so.
func OpenKeys(dir, publicURL, otherwise string) (*Keys, error) {
	if n := len(strings.TrimSuffix(publicURL, "/")); n > track.MaxBase {
		return nil, fmt.Errorf("the public URL has %d letters: over %d the QR code on a narrow receipt is too fine for cheap telephones; give a shorter address that leads to it", n, track.MaxBase)
	}
	if err := disk.Make(dir); err != nil {
		return nil, fmt.Errorf("hub keys: %w", err)
	}
	k := new(Keys)
	ack, err := seed(filepath.Join(dir, "ack.key"), ed25519.SeedSize, true)
	if err != nil {
		return nil, fmt.Errorf("hub keys: %w", err)
	}
	k.Ack = ed25519.NewKeyFromSeed(ack)
	filing, err := seed(filepath.Join(dir, "filing.key"), ed25519.SeedSize, true)
	if err != nil {
		return nil, fmt.Errorf("hub keys: %w", err)
	}
	k.Filing = ed25519.NewKeyFromSeed(filing)
	tracking, err := seed(filepath.Join(dir, "tracking.key"), 32, true)
	if err != nil {
		return nil, fmt.Errorf("hub keys: %w", err)
	}
	k.tracking = [32]byte(tracking)
	if err := k.openIdentities(dir); err != nil {
		return nil, fmt.Errorf("hub keys: %w", err)
	}
	if err := k.openBundle(dir, publicURL, otherwise); err != nil {
		return nil, fmt.Errorf("hub keys: %w", err)
	}
	return k, nil
}

type bundleFile struct {
	Root   []byte      `json:"root"`
	Signed seal.Signed `json:"signed"`
}

func (k *Keys) openBundle(dir, publicURL, otherwise string) error {
	path := filepath.Join(dir, "bundle.json")
	var file bundleFile
	b, err := os.ReadFile(path)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return err
	}
	if !fresh {
		if err := json.Unmarshal(b, &file); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		k.Root, k.Signed = file.Root, file.Signed
		if k.Bundle, err = seal.OpenBundle(k.Root, k.Signed); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if publicURL == "" {
			publicURL = k.Bundle.PublicURL
		}
		if publicURL == "" {
			publicURL = otherwise
		}
		if k.Bundle.PublicURL == publicURL {
			return nil
		}
	}
	if publicURL == "" {
		publicURL = otherwise
	}
	root, err := seed(filepath.Join(dir, "root.key"), ed25519.SeedSize, fresh)
	if err != nil {
		return fmt.Errorf("the root key is needed to sign the bundle anew: %w", err)
	}
	private := ed25519.NewKeyFromSeed(root)
	if fresh {
		var id [4]byte
		rand.Read(id[:])
		k.Bundle = seal.Bundle{Hub: hex.EncodeToString(id[:]), AckKey: k.Ack.Public().(ed25519.PublicKey), Recipients: []seal.Recipient{recipient(k.Open[0], general)}}
	}
	k.Bundle.PublicURL = publicURL
	return k.sign(dir, private)
}

// sign gives the bundle its next version and writes it.
func (k *Keys) sign(dir string, root ed25519.PrivateKey) error {
	k.Bundle.Version++
	k.Root, k.Signed = root.Public().(ed25519.PublicKey), seal.SignBundle(root, k.Bundle)
	b, err := json.Marshal(bundleFile{k.Root, k.Signed})
	if err != nil {
		return err
	}
	return disk.Write(filepath.Join(dir, "bundle.json"), b)
}

// What a recipient is for.
const (
	general = "general" // the hub
	escrow  = "escrow"  // kept offline, for the day when the hub's keys are lost
)

// recipient names the public half of an identity: the first 4 bytes of its SHA-256.
func recipient(id *age.HybridIdentity, purpose string) seal.Recipient {
	key := id.Recipient().String()
	sum := sha256.Sum256([]byte(key))
	return seal.Recipient{ID: hex.EncodeToString(sum[:4]), Key: key, Purpose: purpose}
}

// openIdentities reads every recipient*.key in dir, making the first: what was sealed
// for one before a rotation can still arrive.
func (k *Keys) openIdentities(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "recipient*.key"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		// A key made now would open nothing of what kiosks seal.
		if _, err := os.Stat(filepath.Join(dir, "bundle.json")); err == nil {
			return errors.New("the recipient keys are gone: put them back from where they are kept apart (docs/keys.md)")
		}
		files = []string{filepath.Join(dir, "recipient.key")}
	}
	for _, f := range files {
		id, err := identity(f)
		if err != nil {
			return err
		}
		k.Open = append(k.Open, id)
	}
	return nil
}

// ErrRoot says that a root key is not the one that kiosks have pinned.
var ErrRoot = errors.New("this is not the root key of this hub")

// Rotate makes another key that reports are sealed for and signs a bundle that names
// it. Kiosks take it up at their next contact; what was sealed for the one before is
// still opened. root is the file of the root key; escrowFile, if not empty, is where
// a new identity for emergencies is written, to be kept offline: from then on every
// report is sealed for it too. It returns [ErrRoot], and an error for an escrowFile
// that exists.
func (k *Keys) Rotate(dir, root, escrowFile string) error {
	b, err := seed(root, ed25519.SeedSize, false)
	if err != nil {
		return fmt.Errorf("root key: %w", err)
	}
	private := ed25519.NewKeyFromSeed(b)
	if !bytes.Equal(private.Public().(ed25519.PublicKey), k.Root) {
		return ErrRoot
	}
	fresh, err := age.GenerateHybridIdentity()
	if err != nil {
		return err
	}
	next := []seal.Recipient{recipient(fresh, general)}
	for _, r := range k.Bundle.Recipients {
		if r.Purpose == escrow && escrowFile == "" {
			next = append(next, r)
		}
	}
	if escrowFile != "" {
		emergency, err := age.GenerateHybridIdentity()
		if err != nil {
			return err
		}
		next = append(next, recipient(emergency, escrow))
		f, err := os.OpenFile(escrowFile, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("escrow identity: %w", err)
		}
		_, err = f.WriteString(emergency.String() + "\n")
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("escrow identity: %w", err)
		}
	}
	// The identity is on the disk before anybody seals for it.
	if err := disk.Write(filepath.Join(dir, "recipient-"+next[0].ID+".key"), []byte(fresh.String()+"\n")); err != nil {
		return err
	}
	k.Open = append([]*age.HybridIdentity{fresh}, k.Open...)
	k.Bundle.Recipients = next
	return k.sign(dir, private)
}

// identities are what age opens with.
func (k *Keys) identities() (all []age.Identity) {
	for _, id := range k.Open {
		all = append(all, id)
	}
	return all
}

// Opens reports whether this hub has the key of a recipient.
func (k *Keys) Opens(r seal.Recipient) bool {
	for _, id := range k.Open {
		if id.Recipient().String() == r.Key {
			return true
		}
	}
	return false
}

// FirstStep is the ratchet step that a kiosk's codes start from.
func (k *Keys) FirstStep(kioskID, enrolment string) track.Key {
	return track.Key(k.mac("loket/ratchet/v1", kioskID, enrolment))
}

// CodeMAC is what the hub keeps of a code: not enough to guess it from the
// database alone.
func (k *Keys) CodeMAC(n kiosk.Number, c kiosk.Code) []byte {
	return k.mac("loket/code/v1", string(n), string(c))
}

// TryName is under what name hubs tell each other of a network or a receipt that
// somebody tried: it says neither to who reads the database.
func (k *Keys) TryName(name string) string {
	return hex.EncodeToString(k.mac("loket/tries/v1", name)[:16])
}

func (k *Keys) mac(parts ...string) []byte {
	m := hmac.New(sha256.New, k.tracking[:])
	for _, p := range parts {
		m.Write([]byte(p))
		m.Write([]byte{0})
	}
	return m.Sum(nil)
}

// seed reads n secret bytes written as hex, making them if asked to.
func seed(path string, n int, create bool) ([]byte, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && create {
		b = make([]byte, n)
		rand.Read(b)
		return b, disk.Write(path, []byte(hex.EncodeToString(b)+"\n"))
	}
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(key) != n {
		return nil, fmt.Errorf("%s holds no key of %d bytes", path, n)
	}
	return key, nil
}

func identity(path string) (*age.HybridIdentity, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		id, err := age.GenerateHybridIdentity()
		if err != nil {
			return nil, err
		}
		return id, disk.Write(path, []byte(id.String()+"\n"))
	}
	if err != nil {
		return nil, err
	}
	return age.ParseHybridIdentity(string(bytes.TrimSpace(b)))
}
