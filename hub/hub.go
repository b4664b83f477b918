// Package hub is what the office does with reports, without SQL and without
// HTTP: it takes envelopes in ([Hub.Accept]), opens them into cases, answers
// who holds number and code ([Hub.Track]), enrols kiosks and lets officers in.
package hub

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"loket/hub/lifecycle"
	"loket/hub/satisfaction"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/seal"
	"loket/kiosk/track"
	"loket/kiosk/workday"
)

// Errors a caller words for people.
var (
	ErrNotFound = errors.New("not found")
	ErrChanged  = errors.New("changed by somebody else meanwhile")
	ErrUnknown  = errors.New("unknown kiosk")
	ErrLogin    = errors.New("name or password do not fit")
	ErrWeak     = errors.New("a password needs at least 12 characters")
	ErrExists   = errors.New("exists already")
)

// Kiosk is a kiosk's slot at the hub.
type Kiosk struct {
	ID         string     `json:"id"` // two symbols
	Office     string     `json:"office"`
	Enrolment  string     `json:"-"` // random per code given out; the codes' ratchet starts from it
	PublicKey  []byte     `json:"-"`
	Code       string     `json:"-"` // of an enrolment still open
	CodeUntil  time.Time  `json:"-"`
	CodeTries  int        `json:"-"`
	EnrolledAt *time.Time `json:"enrolled_at"`
	LastSeen   *time.Time `json:"last_seen"`
}

// Arrival is an envelope as it came, and what the hub made of it.
type Arrival struct {
	Bytes  []byte
	SHA256 [32]byte
	Header seal.Header // empty when it could not be read
	Kiosk  string      // who sent it
	Level  string      // seal.LevelStored or seal.LevelQuarantined
	Reason string      // why it is in quarantine
	At     time.Time
}

// Held is an arrival on disk.
type Held struct {
	HubSeq   int64
	ID       string
	Level    string
	StoredAt time.Time
}

// Opinion is one answered survey: it is counted, and leads to nobody. Day is
// YYYY-MM-DD in the office's zone; no finer time is kept.
type Opinion struct {
	Form    kiosk.FormRef
	Office  string
	Day     string
	Answers kiosk.Answers
}

// Case is one report being worked on.
type Case struct {
	Number     kiosk.Number
	Form       kiosk.FormRef
	Language   kiosk.Language
	Identity   kiosk.Identity
	Office     string
	FiledAt    time.Time // when the kiosk received it: the law's clock
	ReceivedAt time.Time // when it reached the hub
	Status     kiosk.Status
	Outcome    string // id, as its lifecycle has it
	Reason     string // id: of the outcome, or why it was archived
	Holder     string // who holds the information, if we do not
	Answer     string // what the visitor reads
	Extended   int    // working days its answer may take longer
	Anonim     bool   // the person is hidden from the public
	Rahasia    bool   // the whole report is
	Answers    kiosk.Answers
	CodeMAC    []byte
	Edition    int     // grows with every change
	Events     []Event // in a list of cases: with time and status alone
}

// EventKind is what happened to a case.
type EventKind string

// The kinds of events.
const (
	Moved     EventKind = "status"
	Extended  EventKind = "extended"  // the term was made longer; Said is why
	Replied   EventKind = "reply"     // the visitor completed the report
	Solved    EventKind = "solved"    // the visitor says that it was
	Contested EventKind = "contested" // the visitor says that it was not
	Recounted EventKind = "holiday"   // a due date moved with a holiday announced late
	Hidden    EventKind = "hidden"    // from the public, more than before
)

// Event is one step in a case's story, which is only ever added to.
type Event struct {
	At      time.Time
	Kind    EventKind
	Officer string // empty: the hub itself, or the visitor
	Status  kiosk.Status
	Outcome string
	Reason  string
	Said    string // what the visitor reads, or wrote
	Note    string // for officers
}

// Change is what is done to a case, by an officer unless it is of the
// visitor's kinds.
type Change struct {
	Number  kiosk.Number
	Edition int // the one that was seen
	Officer string
	Kind    EventKind
	lifecycle.Decision
	Extend    int // working days that the answer may take longer from now on
	ExtendWhy string
	Anonim    bool // hide from now on; never undone
	Rahasia   bool
	Said      string // in the story
	Note      string
	At        time.Time
}

// Holiday is a day announced late, or a closed office, and who says so.
type Holiday struct {
	workday.Holiday
	By string
	At time.Time
}

// Officer is somebody who works on cases.
type Officer struct {
	Name     string
	Password string // argon2id, PHC string
	Role     Role
	Office   string // id; empty: all of them
}

// Meta says which database this is and how far its backups reach.
type Meta struct {
	Incarnation string
	Watermark   int64
}

// Store is the hub's memory; store/casebook is one. Everything it reports as
// done is on disk.
type Store interface {
	// Accept keeps arrivals, each once by SHA-256. A second envelope with a
	// known id or number is put in quarantine beside the first.
	Accept(ctx context.Context, arrivals []Arrival) ([]Held, error)
	Meta(ctx context.Context) (Meta, error)
	// Unopened returns up to n stored envelopes that are no case yet.
	Unopened(ctx context.Context, n int) (map[int64][]byte, error)
	// OpenCase opens a case for an envelope; repeating it changes nothing.
	OpenCase(ctx context.Context, hubSeq int64, c Case) error
	// KeepOpinion keeps the answers of an envelope that is no case; repeating
	// it changes nothing.
	KeepOpinion(ctx context.Context, hubSeq int64, o Opinion) error
	// Opinions returns what was answered to a form since a day, YYYY-MM-DD.
	Opinions(ctx context.Context, form string, since string) ([]Opinion, error)
	// Quarantine marks a stored envelope that cannot be opened.
	Quarantine(ctx context.Context, hubSeq int64, reason string) error
	// Arrived tells whether a number has reached the hub.
	Arrived(ctx context.Context, n kiosk.Number) (bool, error)
	// Contiguous is how many envelopes of a kiosk were dealt with (opened or in
	// quarantine) without a hole.
	Contiguous(ctx context.Context, kioskID string) (int, error)

	Cases(ctx context.Context, status kiosk.Status) ([]Case, error)
	// Find returns the cases that have every word of a text.
	Find(ctx context.Context, text string) (map[kiosk.Number]bool, error)
	// Case returns a case with its events, or ErrNotFound.
	Case(ctx context.Context, n kiosk.Number) (Case, error)
	// Change applies a change and adds it to the story, or returns ErrChanged
	// for an old edition.
	Change(ctx context.Context, c Change) error
	// Tell adds to the story alone.
	Tell(ctx context.Context, n kiosk.Number, e Event) error

	// AddHoliday keeps a day off, or returns ErrExists.
	AddHoliday(ctx context.Context, h Holiday) error
	Holidays(ctx context.Context) ([]Holiday, error)

	// Kiosk returns a slot, or ErrNotFound.
	Kiosk(ctx context.Context, id string) (Kiosk, error)
	Kiosks(ctx context.Context) ([]Kiosk, error)
	// AddKiosk adds a slot, or takes over one whose code ran out unused; it
	// returns ErrExists otherwise.
	AddKiosk(ctx context.Context, k Kiosk, now time.Time) error
	// Enrol gives the slot its key and closes its code; ErrNotFound when the
	// code was used meanwhile.
	Enrol(ctx context.Context, id, code string, publicKey []byte, at time.Time) error
	WrongCode(ctx context.Context, id string) error
	Seen(ctx context.Context, id string, at time.Time) error

	AddOfficer(ctx context.Context, o Officer, at time.Time) error
	// Officer returns an officer, or ErrNotFound.
	Officer(ctx context.Context, name string) (Officer, error)
	AddSession(ctx context.Context, token [32]byte, officer string, until, seen time.Time) error
	// Session returns who holds the token and marks it seen; ErrNotFound for
	// none, one past until, or one not seen since idle.
	Session(ctx context.Context, token [32]byte, now, idle time.Time) (string, error)
	EndSession(ctx context.Context, token [32]byte) error
}

// Hub ties keys, store, forms, lifecycles and calendar together.
type Hub struct {
	Store      Store
	Keys       *Keys
	Catalogue  *form.Catalogue
	Lifecycles *lifecycle.Catalogue
	Instrument *satisfaction.Instrument
	Now        func() time.Time
	Log        *slog.Logger

	decreed  *workday.Calendar // as this version of the program has it
	calendar atomic.Pointer[workday.Calendar]

	wake    chan struct{}
	ratchet struct {
		sync.Mutex
		reached map[string]step // by kiosk and enrolment
	}
	hashing chan struct{}
}

type step struct {
	n   int
	key track.Key
}

// New returns a hub ready to work; [Hub.Run] opens what arrives.
func New(store Store, keys *Keys, catalogue *form.Catalogue, lifecycles *lifecycle.Catalogue, instrument *satisfaction.Instrument, calendar *workday.Calendar, now func() time.Time, log *slog.Logger) *Hub {
	h := &Hub{Store: store, Keys: keys, Catalogue: catalogue, Lifecycles: lifecycles, Instrument: instrument, Now: now, Log: log, decreed: calendar,
		wake: make(chan struct{}, 1), hashing: make(chan struct{}, 2)}
	h.ratchet.reached = map[string]step{}
	h.calendar.Store(calendar)
	return h
}

// Local is a time in the zone of an office.
func (h *Hub) Local(office string, t time.Time) time.Time {
	o, _ := h.Catalogue.Office(office)
	return t.In(o.Location())
}
