// Package enrol introduces a kiosk to its hub once, and keeps what it must
// know of it ever after: its own signing key, and the pinned keys of the hub.
package enrol

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"loket/kiosk/disk"
	"loket/kiosk/seal"
	"loket/kiosk/track"
)

// Errors a caller words for people.
var (
	ErrNotEnrolled = errors.New("this kiosk is not enrolled at a hub")
	ErrPlain       = errors.New("plain HTTP is for a hub on this machine only; use https")
	ErrRefused     = errors.New("the hub refused")
	ErrPermission  = errors.New("the key file can be read by others")
)

// Enrolment is what a kiosk knows of itself and of its hub.
type Enrolment struct {
	Kiosk   string      `json:"kiosk"`  // two symbols
	Office  string      `json:"office"` // id in the catalogue
	Hub     string      `json:"hub"`    // base URL of the hub
	RootKey []byte      `json:"root_key"`
	Signed  seal.Signed `json:"bundle"`

	Bundle seal.Bundle        `json:"-"` // from Signed, verified
	Key    ed25519.PrivateKey `json:"-"` // the kiosk's own
}

const (
	file    = "enrolment.json"
	keyFile = "kiosk.key"
)

// Load reads the enrolment kept in dir and verifies it. It returns
// [ErrNotEnrolled] when there is none, and [ErrPermission] when others than
// the owner may read the key.
func Load(dir string) (*Enrolment, error) {
	b, err := os.ReadFile(filepath.Join(dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotEnrolled
	}
	if err != nil {
		return nil, fmt.Errorf("read enrolment: %w", err)
	}
	e := new(Enrolment)
	if err := json.Unmarshal(b, e); err != nil {
		return nil, fmt.Errorf("read enrolment: %w", err)
	}
	if e.Bundle, err = seal.OpenBundle(e.RootKey, e.Signed); err != nil {
		return nil, fmt.Errorf("read enrolment: %w", err)
	}
	if e.Key, err = loadKey(filepath.Join(dir, keyFile)); err != nil {
		return nil, fmt.Errorf("read enrolment: %w", err)
	}
	return e, nil
}

// Request asks the hub at base to enrol a kiosk with a fresh key. It writes
// nothing: the caller begins the queue with the ratchet, then calls
// [Enrolment.Save]. It returns [ErrPlain], [ErrRefused] with the hub's
// sentence, or [seal.ErrCode] when the hub does not know the code.
func Request(ctx context.Context, client *http.Client, base, typed string) (*Enrolment, track.Key, error) {
	var first track.Key
	base, err := HubURL(base)
	if err != nil {
		return nil, first, err
	}
	code, err := track.ParseSecret(typed, seal.EnrolmentSymbols)
	if err != nil {
		return nil, first, fmt.Errorf("enrolment code: %w", err)
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, first, err
	}
	ask, err := seal.NewEnrolRequest(code, public)
	if err != nil {
		return nil, first, err
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, first, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/api/v1/enrol", bytes.NewReader(body))
	if err != nil {
		return nil, first, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return nil, first, fmt.Errorf("reach the hub: %w", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, first, fmt.Errorf("read the hub's answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		var why struct{ Error string }
		if json.Unmarshal(b, &why) != nil || why.Error == "" {
			why.Error = resp.Status
		}
		return nil, first, fmt.Errorf("%w: %s", ErrRefused, why.Error)
	}
	var reply seal.EnrolReply
	if err := json.Unmarshal(b, &reply); err != nil {
		return nil, first, fmt.Errorf("whoever answered is no hub: %w", err)
	}
	answer, err := seal.OpenAnswer(code, ask, reply)
	if err != nil {
		return nil, first, err
	}
	e := &Enrolment{Kiosk: answer.Kiosk, Office: answer.Office, Hub: base, RootKey: answer.RootKey, Signed: answer.Bundle, Key: private}
	if e.Bundle, err = seal.OpenBundle(e.RootKey, e.Signed); err != nil {
		return nil, first, err
	}
	return e, track.Key(answer.Ratchet), nil
}

// Save keeps the enrolment in dir: the key first, readable by its owner
// alone, each file whole or not at all.
func (e *Enrolment) Save(dir string) error {
	der, err := x509.MarshalPKCS8PrivateKey(e.Key)
	if err != nil {
		return fmt.Errorf("save enrolment: %w", err)
	}
	if err := disk.Write(filepath.Join(dir, keyFile), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return fmt.Errorf("save enrolment: %w", err)
	}
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("save enrolment: %w", err)
	}
	if err := disk.Write(filepath.Join(dir, file), b); err != nil {
		return fmt.Errorf("save enrolment: %w", err)
	}
	return nil
}

// ErrOlder says that a key bundle is not later than the one in use.
var ErrOlder = errors.New("the key bundle is not a later one")

// Renew takes up a later key bundle that the pinned root key signed, and keeps it in
// dir. It returns [ErrOlder], or an error wrapping [seal.ErrSignature].
func (e *Enrolment) Renew(dir string, s seal.Signed) error {
	bundle, err := seal.OpenBundle(e.RootKey, s)
	if err != nil {
		return err
	}
	if bundle.Version <= e.Bundle.Version || bundle.Hub != e.Bundle.Hub {
		return ErrOlder
	}
	next := *e
	next.Signed, next.Bundle = s, bundle
	if err := next.Save(dir); err != nil {
		return err
	}
	e.Signed, e.Bundle = s, bundle
	return nil
}

// Move keeps that the kiosk stands in another office. What is in memory stays as it
// was: the window is made anew between visits.
func (e *Enrolment) Move(dir, office string) error {
	next := *e
	next.Office = office
	return next.Save(dir)
}

// Forget undoes an enrolment that turned out to be somebody else's. Of the queue it
// leaves everything.
func Forget(dir string) error {
	for _, name := range []string{file, keyFile} { // without the first, the kiosk is not enrolled
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("undo enrolment: %w", err)
		}
	}
	return nil
}

// HubURL checks and trims the base URL of a hub: https, or http to this very
// machine ([ErrPlain] otherwise).
func HubURL(base string) (string, error) {
	u, err := url.Parse(strings.TrimSuffix(strings.TrimSpace(base), "/"))
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", fmt.Errorf("%q is no hub address, such as https://hub.example.go.id", base)
	}
	switch u.Scheme {
	case "https":
	case "http":
		ip := net.ParseIP(u.Hostname())
		if u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return "", ErrPlain
		}
	default:
		return "", fmt.Errorf("%q is no hub address: https is needed", base)
	}
	return u.String(), nil
}

func loadKey(path string) (ed25519.PrivateKey, error) {
	others, err := disk.Others(path)
	if err != nil {
		return nil, err
	}
	if !others.Alone() {
		return nil, fmt.Errorf("%w: run %s", ErrPermission, disk.Shut(path))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("%s holds no key", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds another kind of key", path)
	}
	return private, nil
}
