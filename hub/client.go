package hub

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"loket/kiosk"
)

// Errors of filing for a client.
var (
	ErrClient = errors.New("unknown or revoked key")
	ErrOther  = errors.New("another report was filed under this name")
	ErrBusy   = errors.New("the same report is being filed right now")
)

// Client is a program of another office or a partner that may file reports.
type Client struct {
	Name      string
	Office    string // it files for this one and those below
	AddedAt   time.Time
	RevokedAt *time.Time
}

// Filed is what a client has filed under a name of its own.
type Filed struct {
	Digest [32]byte // of the report as it was sent
	Number kiosk.Number
	Code   []byte // sealed; nobody but the client can open it
	At     time.Time
}

// ClientStore keeps clients by the hash of their key, and what they filed.
type ClientStore interface {
	// AddClient keeps a client, or returns ErrExists.
	AddClient(ctx context.Context, c Client, key [32]byte) error
	// Client returns whose key it is, or ErrNotFound for none and a revoked one.
	Client(ctx context.Context, key [32]byte) (Client, error)
	Clients(ctx context.Context) ([]Client, error)
	// RevokeClient ends a client's right, or returns ErrNotFound.
	RevokeClient(ctx context.Context, name string, at time.Time) error
	// Reserve notes that a client begins to file something under a name. If
	// that was noted before, it returns what was; one that was begun before
	// stale and never finished is taken over.
	Reserve(ctx context.Context, client, name string, f Filed, stale time.Time) (before *Filed, err error)
	// Finish notes number and code of what was reserved; without a number it
	// gives the name free again.
	Finish(ctx context.Context, client, name string, f Filed) error
}

// keyPrefix says what a key is, to whoever finds one lying about.
const keyPrefix = "loket_"

// AddClient lets a program file reports for an office, and returns its key: the
// only time that anybody sees it. It returns [ErrExists] for a name that is
// taken, also by one that was revoked.
func (h *Hub) AddClient(ctx context.Context, name, office string) (key string, err error) {
	if _, known := h.Catalogue.Office(office); !known {
		return "", fmt.Errorf("office %q: %w", office, ErrNotFound)
	}
	if name = strings.TrimSpace(name); name == "" || len(name) > 100 {
		return "", errors.New("a client needs a name of at most 100 bytes")
	}
	var b [32]byte
	rand.Read(b[:])
	key = keyPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	return key, h.Store.AddClient(ctx, Client{Name: name, Office: office, AddedAt: h.Now()}, sha256.Sum256([]byte(key)))
}

// Client returns whose key it is, or [ErrClient].
func (h *Hub) Client(ctx context.Context, key string) (Client, error) {
	c, err := h.Store.Client(ctx, sha256.Sum256([]byte(key)))
	if errors.Is(err, ErrNotFound) {
		err = ErrClient
	}
	return c, err
}

// filingTakes is how long filing takes at most; what was begun before was cut
// off by a crash.
const filingTakes = 2 * time.Minute

// FileFor files a report for a client. A name, if any, makes it safe to send
// again: the same report under the same name is filed once, and its number and
// code are told again. It returns [ErrOther] for another report under a known
// name, and [ErrBusy] while the first is being filed.
func (h *Hub) FileFor(ctx context.Context, c Client, key, name, office string, r kiosk.Report, digest [32]byte) (kiosk.Number, kiosk.Code, error) {
	if name == "" {
		return h.File(ctx, office, r)
	}
	f := Filed{Digest: digest, At: h.Now()}
	before, err := h.Store.Reserve(ctx, c.Name, name, f, h.Now().Add(-filingTakes))
	switch {
	case err != nil:
		return "", "", err
	case before != nil && before.Digest != digest:
		return "", "", ErrOther
	case before != nil && before.Number == "":
		return "", "", ErrBusy
	case before != nil:
		code, err := openCode(key, name, before.Code)
		return before.Number, code, err
	}
	n, code, err := h.File(ctx, office, r)
	if err != nil {
		return "", "", errors.Join(err, h.Store.Finish(context.WithoutCancel(ctx), c.Name, name, Filed{}))
	}
	f.Number, f.Code = n, sealCode(key, name, code)
	return n, code, h.Store.Finish(context.WithoutCancel(ctx), c.Name, name, f)
}

// codeSealer keeps a code for who has the key: the hub itself does not keep the
// key, so that the database alone opens none.
func codeSealer(key, name string) cipher.AEAD {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte("loket/filed/v1\x00" + name))
	block, err := aes.NewCipher(m.Sum(nil))
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func sealCode(key, name string, c kiosk.Code) []byte {
	return codeSealer(key, name).Seal(nil, nil, []byte(c), nil)
}

func openCode(key, name string, b []byte) (kiosk.Code, error) {
	c, err := codeSealer(key, name).Open(nil, nil, b, nil)
	if err != nil {
		return "", fmt.Errorf("code of a filed report: %w", err)
	}
	return kiosk.Code(c), nil
}
