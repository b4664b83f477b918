// Package hub is what the office does with reports, without SQL and without
// HTTP: it takes envelopes in ([Hub.Accept]), opens them into cases, answers
// who holds number and code ([Hub.Track]), enrols kiosks and lets officers in.
package hub

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"loket/hub/lapor"
	"loket/hub/lifecycle"
	"loket/hub/satisfaction"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/published"
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
	ErrOverload = errors.New("too much waits to be stored")
)

// Kiosk is a kiosk's slot at the hub.
type Kiosk struct {
	ID          string        `json:"id"` // two symbols
	Office      string        `json:"office"`
	Enrolment   string        `json:"-"` // random per code given out; the codes' ratchet starts from it
	PublicKey   []byte        `json:"-"`
	Code        string        `json:"-"` // of an enrolment still open
	CodeUntil   time.Time     `json:"-"`
	CodeTries   int           `json:"-"`
	EnrolledAt  *time.Time    `json:"enrolled_at"`
	LastSeen    *time.Time    `json:"last_seen"`
	State       KioskState    `json:"state"`
	StateReason string        `json:"state_reason"`
	Name        string        `json:"name"`   // what people call it; may be empty
	Health      *seal.Health  `json:"health"` // what it told of itself last, nil for nothing yet
	Skew        time.Duration `json:"skew"`   // by which its clock was ahead then
}

// Arrival is an envelope as it came, and what the hub made of it.
type Arrival struct {
	Bytes  []byte
	SHA256 [32]byte
	Header seal.Header // empty when it could not be read
	Kiosk  string      // who sent it
	Level  string      // seal.LevelStored or seal.LevelQuarantined
	Own    bool        // the hub filed it itself: its chain begins anew with each start
	Reason string      // why it is in quarantine
	At     time.Time
}

// Opening is the case of an envelope that is to be opened.
type Opening struct {
	HubSeq int64
	Case   Case
}

// Held is an arrival on disk.
type Held struct {
	HubSeq   int64
	ID       string
	Level    string
	StoredAt time.Time
	Already  bool // it was there before
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
	Helped     *kiosk.Helped // nil where the visitor wrote alone
	Edition    int           // grows with every change
	Handling
	SeenAt  time.Time // when an officer first opened it; zero: unseen
	Lapor   string    // its number at LAPOR!
	Summary string    // what the public may read of it, in an officer's words
	Past    *Past     // how it was before the last change, if an officer made it
	Events  []Event   // in a list of cases: without words and names
}

// Heap is how many cases there are of a kind, with a status, at a place.
type Heap struct {
	Case   Case // what they have in common: form, status, office and unit
	N      int
	Unseen int
	Oldest time.Time // when the oldest unseen one reached the hub; zero where there is none
}

// Selection is which cases a list asks for; what is empty narrows nothing.
type Selection struct {
	Statuses []kiosk.Status
	Forms    []string
	Places   [][]string // of each of these lists the office or the unit is one
	Numbers  []kiosk.Number
	Assignee string
	From, To time.Time // filed from, and before
	Unseen   bool
	// Few says that they are few among all there are: they are gathered from their
	// places then, not met on the way from the newest case on.
	Few bool
}

// Handling is whose work a case is.
type Handling struct {
	Unit       string       // id of the office or unit that handles it; at first its office
	Assignee   string       // the officer whose work it is; empty: nobody's yet
	MergedInto kiosk.Number // the case it is handled with
}

// Past is how a case was before an officer changed it.
type Past struct {
	Officer string
	At      time.Time // of the change
	lifecycle.Decision
	Handling
	Extended int
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
	Attached  EventKind = "attached"  // the visitor added a file; Target says which
	Hidden    EventKind = "hidden"    // from the public, more than before
	Noted     EventKind = "note"      // officers wrote to each other
	Forwarded EventKind = "forwarded" // to another unit; Target is it
	Assigned  EventKind = "assigned"  // Target is the officer, or empty
	Merged    EventKind = "merged"    // Target is the case it is handled with
	Parted    EventKind = "parted"    // it is handled by itself again
	Undone    EventKind = "undone"    // the change before was taken back
	Opened    EventKind = "identity"  // an officer looked who a confidential visitor is; Note is why

	Registered EventKind = "registered" // it got its number in its book; Note is which
	Entered    EventKind = "entered"    // an officer added to its line there
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
	Target  string // of Forwarded, Assigned, Merged and Attached
	Edition int    // the case's after it; 0: it changed nothing
}

// Change is what is done to a case, by an officer unless it is of the
// visitor's kinds.
type Change struct {
	Number  kiosk.Number
	Edition int // the one that was seen
	Officer string
	Kind    EventKind
	lifecycle.Decision
	Handling
	Extend    int // working days that the answer may take longer from now on
	Extended  int // in all
	ExtendWhy string
	Anonim    bool // hide from now on; never undone
	Rahasia   bool
	Said      string // in the story
	Note      string
	Target    string
	Before    *Past // to be kept for a minute
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
	Office   string    // id of an office or unit; empty: all of them
	Email    string    // where notices go; empty: nowhere
	OTP      []byte    // secret of the second factor, encrypted; nil for none
	OTPSince time.Time // since when it counts; zero: not confirmed yet
}

// Meta says which database this is and how far its backups reach.
type Meta struct {
	Incarnation string
	Watermark   int64
	BackupAt    time.Time // of the newest backup; zero for none
}

// Hub ties keys, store, forms, lifecycles and calendar together.
type Hub struct {
	Store       Store
	Keys        *Keys
	Data        *Data
	Renewed     func() // told when there is another catalogue; may be nil
	Catalogue   *form.Catalogue
	Lifecycles  *lifecycle.Catalogue
	Instrument  *satisfaction.Instrument // of the survey that kiosks offer
	Instruments *satisfaction.Catalogue
	Lapor       *lapor.Rules
	Vocabulary  *published.Vocabulary // of lists of published information
	Now         func() time.Time
	Log         *slog.Logger
	Mails       bool // notices go out by mail
	// Meter is told what happens, to count it.
	Meter Meter
	// PasswordMemory is what checking a password costs, in KiB of argon2id.
	PasswordMemory uint32
	// StepsAhead is how many reports a kiosk may have filed before any of them
	// arrives, for their receipts to be known as genuine.
	StepsAhead int
	// UnknownAfter is what the time of an answer to a wrong look-up is a multiple
	// of: it says nothing about what was wrong.
	UnknownAfter time.Duration

	decreed  *workday.Calendar // as this version of the program has it
	calendar atomic.Pointer[workday.Calendar]
	added    atomic.Pointer[[]workday.Holiday] // on the hub

	self    string // random, of this process
	wake    chan struct{}
	taking  atomic.Int64 // deliveries that are being taken in
	ratchet struct {
		sync.Mutex
		reached map[string]step // by kiosk and enrolment
		last    Kiosk           // that was asked about
	}
	walking  chan struct{}
	hashing  chan struct{}
	cleaning chan struct{}
	filing   filing
	counted  counted

	recounting recounting
	contacts   contacts
	issued     atomic.Pointer[issued]
	probed     probed
}

type step struct {
	n   int
	key track.Key
}

// New returns a hub ready to work; [Hub.Run] opens what arrives.
func New(store Store, keys *Keys, data *Data, now func() time.Time, log *slog.Logger) *Hub {
	h := &Hub{Store: store, Keys: keys, Data: data, Catalogue: data.Catalogue, Lifecycles: data.Lifecycles, Instrument: data.Instruments.Current(), Instruments: data.Instruments, Lapor: data.Lapor, Vocabulary: &published.Vocabulary{}, Now: now, Log: log, Meter: unmetered{}, PasswordMemory: argonMemory, StepsAhead: 10_000, UnknownAfter: 100 * time.Millisecond, decreed: data.Calendar, self: rand.Text(),
		wake: make(chan struct{}, 1), hashing: make(chan struct{}, 2), cleaning: make(chan struct{}, 1), walking: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	h.ratchet.reached = map[string]step{}
	h.calendar.Store(data.Calendar)
	store.CountBy(h.countBy)
	return h
}

// Local is a time in the zone of an office.
func (h *Hub) Local(office string, t time.Time) time.Time {
	o, _ := h.Catalogue.Office(office)
	return t.In(o.Location())
}
