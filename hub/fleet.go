package hub

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"

	"loket/kiosk"
	"loket/kiosk/seal"
	"loket/kiosk/staff"
)

// Receptionist is somebody who helps visitors at the kiosks of an office and of
// those below it.
type Receptionist struct {
	ID      int64
	Office  string
	Name    string
	PIN     string // argon2id, PHC string
	AddedAt time.Time
	AddedBy string
}

// TroubleKind is what a kiosk needs somebody for.
type TroubleKind string

// The kinds. Those of the printer are named as package printer names its faults.
const (
	TroubleAlarm   TroubleKind = "alarm"   // open alarms: see [Alarm]
	TroubleSilent  TroubleKind = "silent"  // not heard for four hours in which offices are open
	TroubleWaiting TroubleKind = "waiting" // its oldest report waits for more than a day
	TroubleClosed  TroubleKind = "closed"  // takes no reports
	TroubleDisk    TroubleKind = "disk"    // less than 1 GiB is free
	TroubleRefused TroubleKind = "refused" // cannot use the newest catalogue
	TroubleClock   TroubleKind = "clock"   // its clock is wrong by more than two minutes
	TroubleNearEnd TroubleKind = "near_end"
	TroubleOld     TroubleKind = "old"     // another kiosk has a later program
	TroubleStopped TroubleKind = "stopped" // suspended
	TroubleCode    TroubleKind = "code"    // its one-time code is still open
	TroubleUnused  TroubleKind = "unused"  // its code ran out: it was never enrolled
	TroubleGone    TroubleKind = "gone"    // revoked
	TroublePaper   TroubleKind = "paper_out"
	TroubleCover   TroubleKind = "cover_open"
	TroubleOffline TroubleKind = "offline"
	TroubleBroken  TroubleKind = "error"
)

// Trouble is one thing a kiosk needs somebody for.
type Trouble struct {
	Kind   TroubleKind
	Urgent bool      // reports are in danger, or visitors turned away
	N      int       // of alarms, or of waiting reports
	Since  time.Time // of a silence, or of the oldest report
	Why    string    // of a kiosk that takes no reports, or is stopped
}

// Machine is a kiosk and what it needs.
type Machine struct {
	Kiosk
	Troubles []Trouble // the urgent ones first
}

// need is how much a kiosk needs somebody: what a list is sorted by.
func (m Machine) need() (n int) {
	for _, t := range m.Troubles {
		switch {
		case t.Kind == TroubleGone:
			return -1
		case t.Urgent:
			n += 100
		case t.Kind != TroubleOld && t.Kind != TroubleNearEnd:
			n += 10
		default:
			n++
		}
	}
	return n
}

// Needs reports whether somebody should look after the kiosk.
func (m Machine) Needs() bool { return m.need() > 0 }

// Urgent reports whether they should at once.
func (m Machine) Urgent() bool { return m.need() >= 100 }

// Limits of what is well.
const (
	silentAfter  = 4 * time.Hour // of hours in which offices are open
	waitingAfter = 24 * time.Hour
	diskLow      = 1 << 30 // bytes
	diskDanger   = 256 << 20
	clockWrong   = 2 * time.Minute
)

// Machines are the kiosks of an officer's offices, those first that need somebody
// most.
func (h *Hub) Machines(ctx context.Context, o Officer) ([]Machine, error) {
	if !h.SeesAlarms(o) {
		return nil, ErrForbidden
	}
	if err := h.noteContacts(ctx); err != nil {
		return nil, err
	}
	kiosks, err := h.Store.Kiosks(ctx)
	if err != nil {
		return nil, err
	}
	alarms, err := h.Store.Alarms(ctx)
	if err != nil {
		return nil, err
	}
	open := map[string]int{}
	for _, a := range alarms {
		if a.NotedAt == nil {
			open[a.Kiosk]++
		}
	}
	newest := ""
	for _, k := range kiosks {
		if k.Health != nil && later(k.Health.Version, newest) {
			newest = k.Health.Version
		}
	}
	var all []Machine
	now := h.Now()
	for _, k := range kiosks {
		if !h.Under(k.Office, o.Office) || h.Own(k) {
			continue
		}
		all = append(all, Machine{Kiosk: k, Troubles: h.troubles(k, open[k.ID], newest, now)})
	}
	slices.SortFunc(all, func(a, b Machine) int {
		return cmp.Or(b.need()-a.need(), strings.Compare(a.Office, b.Office), strings.Compare(a.ID, b.ID))
	})
	return all, nil
}

// Fingerprint is the six words of a kiosk's enrolment, empty before it.
func (h *Hub) Fingerprint(k Kiosk) string {
	if len(k.PublicKey) == 0 {
		return ""
	}
	return seal.Fingerprint(h.Keys.Root, k.PublicKey)
}

// troubles are what a kiosk needs somebody for, the urgent ones first.
func (h *Hub) troubles(k Kiosk, alarms int, newest string, now time.Time) (all []Trouble) {
	add := func(t Trouble) { all = append(all, t) }
	if alarms > 0 {
		add(Trouble{Kind: TroubleAlarm, Urgent: true, N: alarms})
	}
	switch {
	case k.State == KioskRevoked:
		return []Trouble{{Kind: TroubleGone, Why: k.StateReason}}
	case k.EnrolledAt == nil && now.Before(k.CodeUntil):
		return []Trouble{{Kind: TroubleCode}}
	case k.EnrolledAt == nil:
		return []Trouble{{Kind: TroubleUnused}}
	case k.State == KioskSuspended:
		add(Trouble{Kind: TroubleStopped, Why: k.StateReason})
	}
	seen := *k.EnrolledAt
	if k.LastSeen != nil {
		seen = *k.LastSeen
	}
	if h.openHours(k.Office, seen, now) >= silentAfter {
		add(Trouble{Kind: TroubleSilent, Urgent: true, Since: seen})
	}
	if v := k.Health; v != nil {
		if v.Oldest != nil && now.Sub(*v.Oldest) >= waitingAfter {
			add(Trouble{Kind: TroubleWaiting, Urgent: true, N: v.Waiting, Since: *v.Oldest})
		}
		if v.Closed != "" && k.State == KioskActive {
			add(Trouble{Kind: TroubleClosed, Urgent: v.Closed != "staff", Why: v.Closed})
		}
		if v.DiskFree < diskLow {
			add(Trouble{Kind: TroubleDisk, Urgent: v.DiskFree < diskDanger})
		}
		switch t := TroubleKind(v.Printer); t {
		case TroublePaper, TroubleCover, TroubleOffline, TroubleBroken:
			add(Trouble{Kind: t})
		}
		if v.Refused != "" {
			add(Trouble{Kind: TroubleRefused, Why: v.Refused})
		}
		if k.Skew.Abs() > clockWrong {
			add(Trouble{Kind: TroubleClock})
		}
		if v.NearEnd {
			add(Trouble{Kind: TroubleNearEnd})
		}
		if later(newest, v.Version) {
			add(Trouble{Kind: TroubleOld})
		}
	}
	slices.SortStableFunc(all, func(a, b Trouble) int {
		switch {
		case a.Urgent == b.Urgent:
			return 0
		case a.Urgent:
			return -1
		}
		return 1
	})
	return all
}

// usualHours are those of an office that has not said when it is open.
var usualHours = func() kiosk.Week {
	w, err := kiosk.ParseHours("Mo-Su 08:00-16:00") // on working days
	if err != nil {
		panic(err)
	}
	return w
}()

// openHours is how long an office was open from one moment to another, up to what
// makes a silence: nobody looks for a kiosk that was switched off over night.
func (h *Hub) openHours(office string, from, to time.Time) (open time.Duration) {
	if to.Sub(from) < silentAfter {
		return 0
	}
	calendar := h.calendar.Load().At(office)
	from, to = h.Local(office, from), h.Local(office, to)
	place, _ := h.Catalogue.Office(office)
	hours, err := kiosk.ParseHours(place.Hours)
	if err != nil || !hours.Known() {
		hours = usualHours
	}
	for day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, from.Location()); day.Before(to) && open < silentAfter; day = day.AddDate(0, 0, 1) {
		if !calendar.Working(day) {
			continue
		}
		for _, s := range hours[day.Weekday()] {
			begin, end := day.Add(s.From), day.Add(s.To)
			if begin.Before(from) {
				begin = from
			}
			if end.After(to) {
				end = to
			}
			open += max(0, end.Sub(begin))
		}
	}
	return open
}

// later reports whether version a comes after b; both are dotted numbers.
func later(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		var m, n int
		if i < len(x) {
			fmt.Sscan(x[i], &m)
		}
		if i < len(y) {
			fmt.Sscan(y[i], &n)
		}
		if m != n {
			return m > n
		}
	}
	return false
}

// ManagesKiosks reports whether an officer may enrol, stop, name and move kiosks,
// and give out receptionists' PINs.
func (h *Hub) ManagesKiosks(o Officer) bool { return h.NotesAlarms(o) }

// managed returns a kiosk that the officer looks after.
func (h *Hub) managed(ctx context.Context, o Officer, id string) (Kiosk, error) {
	if !h.ManagesKiosks(o) {
		return Kiosk{}, ErrForbidden
	}
	k, err := h.Store.Kiosk(ctx, id)
	if err == nil && !h.Under(k.Office, o.Office) {
		err = ErrNotFound
	}
	return k, err
}

// ErrName says that a name is empty or too long.
var ErrName = errors.New("a name has 1 to 60 letters")

func name(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if n := len([]rune(s)); n == 0 || n > 60 {
		return "", ErrName
	}
	return s, nil
}

// NameKiosk gives a kiosk the name that people call it. It returns [ErrName],
// [ErrNotFound] or [ErrForbidden].
func (h *Hub) NameKiosk(ctx context.Context, o Officer, id, called string) error {
	if _, err := h.managed(ctx, o, id); err != nil {
		return err
	}
	called, err := name(called)
	if err != nil {
		return err
	}
	return h.Store.NameKiosk(ctx, id, called)
}

// MoveKiosk puts a kiosk into another office of the officer's; it hears so at its
// next contact. What it has filed stays with the office it was filed at.
func (h *Hub) MoveKiosk(ctx context.Context, o Officer, id, office string) error {
	if _, err := h.managed(ctx, o, id); err != nil {
		return err
	}
	if _, known := h.Catalogue.Office(office); !known || !h.Under(office, o.Office) {
		return ErrNotFound
	}
	return h.Store.MoveKiosk(ctx, id, office)
}

// StopKiosk suspends, revokes or restores a kiosk of the officer's, with a word on
// why. It returns [ErrNoNote] for a stop without one.
func (h *Hub) StopKiosk(ctx context.Context, o Officer, id string, state KioskState, reason string) error {
	if _, err := h.managed(ctx, o, id); err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); reason == "" && state != KioskActive {
		return ErrNoNote
	}
	return h.SetKioskState(ctx, id, state, reason)
}

// ReleaseKiosk opens what a kiosk of the officer's has in quarantine and that is
// sound: see [Hub.Release].
func (h *Hub) ReleaseKiosk(ctx context.Context, o Officer, id string) error {
	if _, err := h.managed(ctx, o, id); err != nil {
		return err
	}
	_, _, err := h.Release(ctx, id)
	return err
}

// NewKiosk opens a slot for a kiosk in an office of the officer's and returns its
// one-time code.
func (h *Hub) NewKiosk(ctx context.Context, o Officer, office string) (string, error) {
	if !h.ManagesKiosks(o) {
		return "", ErrForbidden
	}
	if !h.Under(office, o.Office) {
		return "", ErrNotFound
	}
	return h.AddKiosk(ctx, office)
}

// Receptionists are those of the officer's offices.
func (h *Hub) Receptionists(ctx context.Context, o Officer) (mine []Receptionist, err error) {
	if !h.ManagesKiosks(o) {
		return nil, ErrForbidden
	}
	all, err := h.Store.Receptionists(ctx)
	for _, r := range all {
		if h.Under(r.Office, o.Office) {
			mine = append(mine, r)
		}
	}
	return mine, err
}

// AddReceptionist takes up a receptionist and returns the PIN, which is kept nowhere.
// It returns [ErrName], [ErrExists] for a name that the office has, and [ErrFull].
func (h *Hub) AddReceptionist(ctx context.Context, o Officer, office, called string) (pin string, err error) {
	if !h.ManagesKiosks(o) {
		return "", ErrForbidden
	}
	if _, known := h.Catalogue.Office(office); !known || !h.Under(office, o.Office) {
		return "", ErrNotFound
	}
	if called, err = name(called); err != nil {
		return "", err
	}
	all, err := h.Store.Receptionists(ctx)
	if err != nil {
		return "", err
	}
	// A PIN is one person's at every kiosk that may know it.
	for again := true; again; {
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			return "", err
		}
		pin = fmt.Sprintf("%0*d", staff.Digits, n)
		again = strings.Count(pin, pin[:1]) == staff.Digits || slices.ContainsFunc(all, func(r Receptionist) bool {
			return (h.Under(r.Office, office) || h.Under(office, r.Office)) && staff.Fits(r.PIN, pin)
		})
	}
	err = h.Store.AddReceptionist(ctx, Receptionist{Office: office, Name: called, PIN: staff.HashPIN(pin), AddedAt: h.Now(), AddedBy: o.Name}, staff.MostPeople)
	if errors.Is(err, ErrNotFound) {
		err = ErrFull
	}
	return pin, err
}

// ErrFull says that an office has as many receptionists as kiosks can know.
var ErrFull = fmt.Errorf("an office has at most %d receptionists", staff.MostPeople)

// RemoveReceptionist takes a receptionist off the list; kiosks hear so at their next
// contact.
func (h *Hub) RemoveReceptionist(ctx context.Context, o Officer, id int64) error {
	mine, err := h.Receptionists(ctx, o)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(mine, func(r Receptionist) bool { return r.ID == id }) {
		return ErrNotFound
	}
	return h.Store.RemoveReceptionist(ctx, id)
}

// staffOf are the receptionists of an office's kiosks.
func (h *Hub) staffOf(ctx context.Context, office string) (all []seal.Receptionist, err error) {
	people, err := h.Store.Receptionists(ctx)
	for _, r := range people {
		if h.Under(office, r.Office) {
			all = append(all, seal.Receptionist{Name: r.Name, PIN: r.PIN})
		}
	}
	return all, err
}

// Contact is that a kiosk was heard.
type Contact struct {
	Kiosk  string
	At     time.Time
	Health *seal.Health // nil where it did not tell
	// Carried says that this came on a stick: its clock was another day's.
	Carried bool
}

// contacts are those not noted yet: what hundreds of kiosks say each half minute is
// written together, for losing the last second of it harms nobody.
type contacts struct {
	mu    sync.Mutex
	heard map[string]Contact
	open  bool // somebody notes them: see [Hub.Run]
}

// contact keeps that a kiosk was heard.
func (h *Hub) contact(ctx context.Context, c Contact) {
	h.contacts.mu.Lock()
	if h.contacts.heard == nil {
		h.contacts.heard = map[string]Contact{}
	}
	if c.Health == nil {
		c.Health = h.contacts.heard[c.Kiosk].Health
	}
	h.contacts.heard[c.Kiosk] = c
	open := h.contacts.open
	h.contacts.mu.Unlock()
	if !open {
		if err := h.noteContacts(ctx); err != nil {
			h.Log.Warn("last contact of a kiosk not noted", "err", err)
		}
	}
}

// noteContacts writes what was heard.
func (h *Hub) noteContacts(ctx context.Context) error {
	h.contacts.mu.Lock()
	heard := h.contacts.heard
	h.contacts.heard = nil
	h.contacts.mu.Unlock()
	if len(heard) == 0 {
		return nil
	}
	return h.Store.Heard(ctx, slices.Collect(maps.Values(heard)))
}

// listen notes contacts every second until ctx ends.
func (h *Hub) listen(ctx context.Context) {
	h.contacts.mu.Lock()
	h.contacts.open = true
	h.contacts.mu.Unlock()
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			if err := h.noteContacts(ctx); err != nil && ctx.Err() == nil {
				h.Log.Warn("last contacts of kiosks not noted", "err", err)
			}
		case <-ctx.Done():
			h.contacts.mu.Lock()
			h.contacts.open = false
			h.contacts.mu.Unlock()
			if err := h.noteContacts(context.WithoutCancel(ctx)); err != nil {
				h.Log.Warn("last contacts of kiosks not noted", "err", err)
			}
			return
		}
	}
}
