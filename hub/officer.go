package hub

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Cost of a password: argon2id with 3 passes, 2 lanes and, unless a hub is given
// another, 64 MiB.
const (
	argonMemory = 64 << 10 // KiB
	argonTime   = 3
	argonLanes  = 2
)

// How long a session lives: at most, and without a request.
const (
	SessionLives = 10 * time.Hour
	SessionIdle  = 30 * time.Minute
)

// AddOfficer lets somebody in. It returns [ErrWeak] for a short password and
// [ErrExists] for a name that is taken.
func (h *Hub) AddOfficer(ctx context.Context, name, password string, role Role, office string) error {
	if _, known := h.Catalogue.Office(office); office != "" && !known || !slices.Contains(Roles, role) {
		return errors.New("there is no such role or office")
	}
	if name = strings.TrimSpace(name); name == "" || len(name) > 100 {
		return errors.New("an officer needs a name of at most 100 bytes")
	}
	if utf8.RuneCountInString(password) < 12 {
		return ErrWeak
	}
	return h.Store.AddOfficer(ctx, Officer{Name: name, Password: h.hash(password), Role: role, Office: office}, h.Now())
}

// LogIn returns a session token, or [ErrLogin] after the same work whether
// the name exists or not.
func (h *Hub) LogIn(ctx context.Context, name, password string) (string, error) {
	if len(password) > 1024 {
		return "", ErrLogin
	}
	o, err := h.Store.Officer(ctx, strings.TrimSpace(name))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", err
	}
	select {
	case h.hashing <- struct{}{}: // 64 MiB each: two at a time
		defer func() { <-h.hashing }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	known := err == nil
	if !known {
		o.Password = h.nobody()
	}
	if !fits(o.Password, password) || !known {
		return "", ErrLogin
	}
	var b [32]byte
	rand.Read(b[:])
	token := base64.RawURLEncoding.EncodeToString(b[:])
	now := h.Now()
	return token, h.Store.AddSession(ctx, sha256.Sum256([]byte(token)), o.Name, now.Add(SessionLives), now)
}

// Who returns the officer behind a session token, or [ErrNotFound].
func (h *Hub) Who(ctx context.Context, token string) (Officer, error) {
	now := h.Now()
	name, err := h.Store.Session(ctx, sha256.Sum256([]byte(token)), now, now.Add(-SessionIdle))
	if err != nil {
		return Officer{}, err
	}
	return h.Store.Officer(ctx, name)
}

// LogOut ends a session.
func (h *Hub) LogOut(ctx context.Context, token string) error {
	return h.Store.EndSession(ctx, sha256.Sum256([]byte(token)))
}

func (h *Hub) hash(password string) string {
	var salt [16]byte
	rand.Read(salt[:])
	key := argon2.IDKey([]byte(password), salt[:], argonTime, h.PasswordMemory, argonLanes, 32)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.PasswordMemory, argonTime, argonLanes, b64.EncodeToString(salt[:]), b64.EncodeToString(key))
}

// nobody is the hash that a name nobody has is compared with: the same work.
func (h *Hub) nobody() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", argon2.Version, h.PasswordMemory, argonTime, argonLanes)
}

func fits(phc, password string) bool {
	var version int
	var memory, passes uint32
	var lanes uint8
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil || memory > 1<<20 || passes == 0 || lanes == 0 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) == 0 {
		return false
	}
	return subtle.ConstantTimeCompare(want, argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(want)))) == 1
}
