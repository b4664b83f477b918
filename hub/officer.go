package hub

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"loket/kiosk/staff"
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

// Session is one log-in of an officer.
type Session struct {
	ID          string   // random, hex; nobody gets in with it
	Token       [32]byte // SHA-256 of what the browser holds
	Begun, Seen time.Time
	Network     string // where from, coarsely
	Browser     string // its User-Agent
}

// Entrance is what somebody says who wants in.
type Entrance struct {
	Name, Password string
	Code           string // of the second factor, for who has one
	Network        string // where from, coarsely
	Browser        string // User-Agent
}

// WaitError says that there were too many failed log-ins. Nobody waits for ever, and
// an officer does not wait for what was tried from another network for more than a
// minute.
type WaitError struct{ Until time.Time }

// Error implements error.
func (e *WaitError) Error() string { return "too many failed log-ins" }

// waits are how long after so many failures: of one name from one network, of one
// name from anywhere, and of one network.
var waits = []struct {
	key        func(e Entrance) string
	free       int
	step, most time.Duration
}{
	{func(e Entrance) string { return "name from network\x00" + e.Name + "\x00" + e.Network }, 5, 5 * time.Second, 15 * time.Minute},
	{func(e Entrance) string { return "name\x00" + e.Name }, 20, time.Second, time.Minute},
	{func(e Entrance) string { return "network\x00" + e.Network }, 30, 5 * time.Second, 15 * time.Minute},
}

// LogIn returns a session token. It returns [ErrLogin] after the same work whatever
// is wrong, and a [WaitError] after too many failures.
func (h *Hub) LogIn(ctx context.Context, e Entrance) (token string, err error) {
	defer func() {
		if errors.Is(err, ErrLogin) {
			h.Meter.LoginFailed()
		}
	}()
	e.Name = strings.TrimSpace(e.Name)
	if len(e.Name) > 100 || len(e.Password) > 1024 || len(e.Code) > 100 {
		return "", ErrLogin
	}
	o, err := h.Store.Officer(ctx, e.Name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", err
	}
	known := err == nil
	who := ""
	if known { // what somebody types as a name may be a password
		who = o.Name
	}
	if !known {
		o.Password = h.nobody()
	}
	err = h.confirm(ctx, o, e.Password, func() error {
		for _, w := range waits {
			until, err := h.Store.Waiting(ctx, w.key(e))
			if err != nil {
				return err
			}
			if h.Now().Before(until) {
				return &WaitError{until}
			}
		}
		return nil
	})
	if err == nil && known {
		err = h.second(ctx, o, e.Code)
	} else if err == nil {
		err = ErrLogin
	}
	if errors.Is(err, ErrLogin) {
		for _, w := range waits {
			err := h.Store.Failed(ctx, w.key(e), h.Now(), func(n int) time.Duration {
				if n < w.free {
					return 0
				}
				return min(w.step<<min(n-w.free, 20), w.most)
			})
			if err != nil {
				return "", err
			}
		}
		return "", errors.Join(ErrLogin, h.Audit(ctx, who, "login.failed", e.Network, ""))
	}
	if err != nil {
		return "", err
	}
	if err := h.Store.Succeeded(ctx, waits[0].key(e)); err != nil {
		return "", err
	}
	var b [32]byte
	var id [8]byte
	rand.Read(b[:])
	rand.Read(id[:])
	token = base64.RawURLEncoding.EncodeToString(b[:])
	now := h.Now()
	s := Session{ID: hex.EncodeToString(id[:]), Token: sha256.Sum256([]byte(token)), Begun: now, Seen: now, Network: e.Network, Browser: e.Browser[:min(len(e.Browser), 300)]}
	if err := h.Store.AddSession(ctx, o.Name, s, now.Add(SessionLives)); err != nil {
		return "", err
	}
	return token, h.Audit(ctx, o.Name, "login", e.Network, "")
}

// confirm returns nil for the right password of an officer, and [ErrLogin] for
// another. Two are looked at a time, with 64 MiB each; before is asked when it is
// the turn of this one.
func (h *Hub) confirm(ctx context.Context, o Officer, password string, before ...func() error) error {
	select {
	case h.hashing <- struct{}{}:
		defer func() { <-h.hashing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, f := range before {
		if err := f(); err != nil {
			return err
		}
	}
	if !staff.Fits(o.Password, password) {
		return ErrLogin
	}
	return nil
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

// Sessions are those of an officer that last; mine is the one of the token.
func (h *Hub) Sessions(ctx context.Context, o Officer, token string) (all []Session, mine int, err error) {
	now := h.Now()
	all, err = h.Store.Sessions(ctx, o.Name, now, now.Add(-SessionIdle))
	sum := sha256.Sum256([]byte(token))
	mine = slices.IndexFunc(all, func(s Session) bool { return s.Token == sum })
	return all, mine, err
}

// EndSessions ends one session of an officer, or with no id all but the one of the
// token.
func (h *Hub) EndSessions(ctx context.Context, officer, id, token string) error {
	return h.Store.EndSessions(ctx, officer, id, sha256.Sum256([]byte(token)))
}

// ChangePassword changes the password of an officer who knows the old one, and ends
// their sessions. It returns [ErrLogin] and [ErrWeak].
func (h *Hub) ChangePassword(ctx context.Context, o Officer, old, password string) error {
	if err := h.confirm(ctx, o, old); err != nil {
		return err
	}
	return h.SetPassword(ctx, o.Name, password)
}

// SetPassword gives an officer another password and ends their sessions. It returns
// [ErrWeak] for a short one and [ErrNotFound] for nobody.
func (h *Hub) SetPassword(ctx context.Context, officer, password string) error {
	if utf8.RuneCountInString(password) < 12 || len(password) > 1024 {
		return ErrWeak
	}
	return h.Store.SetPassword(ctx, officer, h.hash(password))
}

func (h *Hub) hash(password string) string {
	return staff.Hash(password, h.PasswordMemory, argonTime, argonLanes)
}

// nobody is the hash that a name nobody has is compared with: the same work.
func (h *Hub) nobody() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", argon2.Version, h.PasswordMemory, argonTime, argonLanes)
}
