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
	"loket/kiosk/seal"
	"loket/kiosk/track"
)

// Keys are the hub's secrets, in a folder of its own, apart from the database
// and to be backed up apart from it.
type Keys struct {
	Root     ed25519.PublicKey // what kiosks pin
	Ack      ed25519.PrivateKey
	Filing   ed25519.PrivateKey // signs what comes in by another way than a kiosk
	Identity *age.HybridIdentity
	Signed   seal.Signed // the bundle, signed by the root key
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
	if err := os.MkdirAll(dir, 0o700); err != nil {
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
	if k.Identity, err = identity(filepath.Join(dir, "recipient.key")); err != nil {
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
		recipient := k.Identity.Recipient().String()
		sum := sha256.Sum256([]byte(recipient))
		k.Bundle = seal.Bundle{Hub: hex.EncodeToString(id[:]), AckKey: k.Ack.Public().(ed25519.PublicKey),
			Recipients: []seal.Recipient{{ID: hex.EncodeToString(sum[:4]), Key: recipient, Purpose: "general"}}}
	}
	k.Bundle.Version++
	k.Bundle.PublicURL = publicURL
	k.Root, k.Signed = private.Public().(ed25519.PublicKey), seal.SignBundle(private, k.Bundle)
	if b, err = json.Marshal(bundleFile{k.Root, k.Signed}); err != nil {
		return err
	}
	return writeNew(path, b)
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
		return b, writeNew(path, []byte(hex.EncodeToString(b)+"\n"))
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
		return id, writeNew(path, []byte(id.String()+"\n"))
	}
	if err != nil {
		return nil, err
	}
	return age.ParseHybridIdentity(string(bytes.TrimSpace(b)))
}

// writeNew writes a secret file whole, readable by its owner alone.
func writeNew(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
