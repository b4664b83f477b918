package hub

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Entry is one line of the audit log: who did what to what. It holds nothing that a
// visitor wrote.
type Entry struct {
	N      int64     `json:"n"` // 1, 2, 3 …
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`  // an officer's name, "command:" and the system user, or "" for a stranger
	Act    string    `json:"act"`    // a route of the desk, a command, or login, login.failed, logout …
	Object string    `json:"object"` // a number, a kiosk, an officer …
	Detail string    `json:"detail"`
}

// Chain is the hash of an entry in the log's chain: SHA-256 over the hash of the
// entry before, 32 bytes and zeros for the first, and the entry as a JSON array.
func (e Entry) Chain(before []byte) []byte {
	b, err := json.Marshal([]any{e.N, e.At.Unix(), e.Actor, e.Act, e.Object, e.Detail})
	if err != nil {
		panic("encode audit entry: " + err.Error()) // strings and numbers
	}
	h := sha256.New()
	h.Write(before)
	h.Write(b)
	return h.Sum(nil)
}

// ErrBroken says that the audit log was changed, or cut.
var ErrBroken = errors.New("the audit log was tampered with")

// AuditStore keeps the audit log.
type AuditStore interface {
	// Audit adds an entry, numbered and chained.
	Audit(ctx context.Context, e Entry) error
	// Audited calls f for each entry with its hash, the oldest first, until f fails.
	Audited(ctx context.Context, f func(e Entry, hash []byte) error) error
	// LastAudited returns the newest entries, the newest first.
	LastAudited(ctx context.Context, most int) ([]Entry, error)
}

// Audit adds to the audit log. That it cannot be written is logged, and the act
// fails: what cannot be audited is not done in the dark.
func (h *Hub) Audit(ctx context.Context, actor, act, object, detail string) error {
	if err := h.Store.Audit(ctx, Entry{At: h.Now(), Actor: actor, Act: act, Object: object, Detail: detail}); err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	return nil
}

// VerifyAudit walks the audit log and returns how many entries it has and the hash
// of the last. It returns [ErrBroken] naming the first entry that does not follow,
// and for a log in which known, the hash of an entry noted elsewhere, is not: it
// was cut. known may be nil.
func (h *Hub) VerifyAudit(ctx context.Context, known []byte) (entries int64, head []byte, err error) {
	head = make([]byte, sha256.Size)
	seen := known == nil
	err = h.Store.Audited(ctx, func(e Entry, hash []byte) error {
		if e.N != entries+1 || string(e.Chain(head)) != string(hash) {
			return fmt.Errorf("%w: entry %d does not follow the one before", ErrBroken, e.N)
		}
		entries, head = e.N, hash
		seen = seen || string(hash) == string(known)
		return nil
	})
	if err == nil && !seen {
		err = fmt.Errorf("%w: the hash that was noted is not in it: entries are missing at the end", ErrBroken)
	}
	return entries, head, err
}
