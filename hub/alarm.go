package hub

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"loket/kiosk/seal"
)

// AlarmKind is what is wrong with what a kiosk sends.
type AlarmKind string

// The kinds. Whatever the alarm, everything that came is kept.
const (
	// AlarmHole: places of the chain are missing a day after later ones were
	// known: reports that the kiosk took have not come.
	AlarmHole AlarmKind = "hole"
	// AlarmFork: two chains go on from one: the kiosk's disk was copied, or put
	// back to an older copy and used again.
	AlarmFork AlarmKind = "fork"
	// AlarmBackward: the kiosk knows less of its chain than the hub holds: its disk
	// was put back to an older copy.
	AlarmBackward AlarmKind = "backward"
	// AlarmLost: the kiosk began a new chain: its database was lost.
	AlarmLost AlarmKind = "lost"
	// AlarmQuarantine: envelopes came that the hub cannot use, or that a kiosk sent
	// which was suspended or revoked.
	AlarmQuarantine AlarmKind = "quarantine"
)

// Alarm is one thing about a kiosk that should not be, as long as nobody noted it.
type Alarm struct {
	ID      int64      `json:"id"`
	Kiosk   string     `json:"kiosk"`
	Kind    AlarmKind  `json:"kind"`
	Epoch   string     `json:"epoch"`
	Seq     int64      `json:"seq"`     // the lowest place concerned
	Reports int        `json:"reports"` // how many are concerned; of a hole, how many are missing
	Reason  string     `json:"reason"`  // for a technician
	First   time.Time  `json:"first"`
	Last    time.Time  `json:"last"`
	NotedAt *time.Time `json:"noted_at"`
	NotedBy string     `json:"noted_by"` // empty where what was missing came after all
	Note    string     `json:"note"`
}

// KioskState is whether what a kiosk sends is taken for what it is.
type KioskState string

// The states of a kiosk. What one sends that is not active is kept and
// acknowledged, so that nothing is lost, but waits until somebody releases it.
const (
	KioskActive    KioskState = "active"
	KioskSuspended KioskState = "suspended" // for now
	KioskRevoked   KioskState = "revoked"   // stolen, or broken into
)

// AlarmStore keeps alarms, and what they are found by.
type AlarmStore interface {
	// Alarms returns the alarms, the open ones first, the newest first.
	Alarms(ctx context.Context) ([]Alarm, error)
	// NoteAlarm closes an open alarm; ErrNotFound for none.
	NoteAlarm(ctx context.Context, id int64, by, note string, at time.Time) error
	// Head keeps what a kiosk says of its chain, and raises what does not fit
	// what the hub holds. Of one that was carried here, and is older than what is
	// known, nothing is kept, and only a fork is raised.
	Head(ctx context.Context, kioskID string, head seal.Head, carried bool, at time.Time) error
	// FindHoles raises what is missing of each chain though a later place was known
	// before known, and closes what is missing no more.
	FindHoles(ctx context.Context, known, now time.Time) error
	// SetKioskState returns ErrNotFound for an unknown kiosk.
	SetKioskState(ctx context.Context, kioskID string, state KioskState, reason string) error
	// Quarantined returns what is kept of a kiosk in quarantine, by hub_seq.
	Quarantined(ctx context.Context, kioskID string) (map[int64][]byte, error)
	// Release takes an envelope out of quarantine; it reports false where another
	// has its id or number.
	Release(ctx context.Context, hubSeq int64, header seal.Header) (bool, error)
}

// holesAfter is how long a place of a chain may be missing: kiosks send the oldest
// first, but one refused report lets those behind it pass.
const holesAfter = 24 * time.Hour

// ErrNoNote says that an alarm is closed only with a word on what was done.
var ErrNoNote = errors.New("say what was done about it")

// Alarms are those that concern an officer's offices.
func (h *Hub) Alarms(ctx context.Context, o Officer) (mine []Alarm, err error) {
	if !h.SeesAlarms(o) {
		return nil, ErrForbidden
	}
	all, err := h.Store.Alarms(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, nil
	}
	offices, err := h.kioskOffices(ctx)
	for _, a := range all {
		if h.Under(offices[a.Kiosk], o.Office) {
			mine = append(mine, a)
		}
	}
	return mine, err
}

func (h *Hub) kioskOffices(ctx context.Context) (map[string]string, error) {
	kiosks, err := h.Store.Kiosks(ctx)
	offices := map[string]string{}
	for _, k := range kiosks {
		offices[k.ID] = k.Office
	}
	return offices, err
}

// NoteAlarm closes an alarm with what was done about it. It returns [ErrNoNote]
// without a word, [ErrNotFound] for one that is not open.
func (h *Hub) NoteAlarm(ctx context.Context, o Officer, id int64, note string) error {
	if !h.NotesAlarms(o) {
		return ErrForbidden
	}
	if note = strings.TrimSpace(note); note == "" {
		return ErrNoNote
	}
	mine, err := h.Alarms(ctx, o)
	if err != nil {
		return err
	}
	for _, a := range mine {
		if a.ID == id {
			return h.Store.NoteAlarm(ctx, id, o.Name, note, h.Now())
		}
	}
	return ErrNotFound
}

// SetKioskState suspends, revokes or restores a kiosk. It returns [ErrNotFound].
func (h *Hub) SetKioskState(ctx context.Context, kioskID string, state KioskState, reason string) error {
	return h.Store.SetKioskState(ctx, kioskID, state, reason)
}

// Release opens what a kiosk has in quarantine and that is sound: sealed and
// signed by it. It returns how many are taken, and how many stay because they are
// not sound.
func (h *Hub) Release(ctx context.Context, kioskID string) (released, kept int, err error) {
	from, err := h.Store.Kiosk(ctx, kioskID)
	if err != nil {
		return 0, 0, err
	}
	waiting, err := h.Store.Quarantined(ctx, kioskID)
	if err != nil {
		return 0, 0, err
	}
	from.State = KioskActive
	for seq, b := range waiting {
		a := h.judge(ctx, from, b, h.Now())
		if a.Level == seal.LevelStored {
			if _, err := h.read(b); err != nil { // it would only come back
				a.Level = seal.LevelQuarantined
			}
		}
		taken := false
		if a.Level == seal.LevelStored && a.Kiosk == kioskID {
			if taken, err = h.Store.Release(ctx, seq, a.Header); err != nil {
				return released, kept, fmt.Errorf("release: %w", err)
			}
		}
		if taken {
			released++
		} else {
			kept++
		}
	}
	h.rouse()
	return released, kept, nil
}
