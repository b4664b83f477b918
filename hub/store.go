package hub

import (
	"context"
	"time"

	"loket/kiosk"
)

// Store is the hub's memory; store/casebook is one. Everything it reports as
// done is on disk.
type Store interface {
	EnvelopeStore
	CaseStore
	AttachmentStore
	CalendarStore
	KioskStore
	AlarmStore
	CatalogueStore
	AuditStore
	OfficerStore
	OpenStore
	ClientStore
	ImprovementStore
	FeedStore
	DeskStore
	LaporStore
	InsightStore
	SummaryStore
	RegisterStore
	SurveyStore
	NoticeStore
	WebhookStore
	PublishedStore
	HealthStore
	SharedStore
}

// EnvelopeStore keeps what arrives until it is opened, and for good.
type EnvelopeStore interface {
	// Accept keeps arrivals, each once by SHA-256. A second envelope with a
	// known id or number is put in quarantine beside the first. It returns what Meta
	// was in the same transaction, and ErrFull where too much waits to be stored.
	Accept(ctx context.Context, arrivals []Arrival) ([]Held, Meta, error)
	Meta(ctx context.Context) (Meta, error)
	// Unopened returns up to n stored envelopes that are no case yet, none only where
	// there is none.
	Unopened(ctx context.Context, n int) (map[int64][]byte, error)
	// OpenCases opens cases for envelopes, all or none; repeating it changes nothing.
	// An envelope is meant by its number, or its SHA-256, as well: another server that
	// took over meanwhile may have given its place to another.
	OpenCases(ctx context.Context, all []Opening) error
	// KeepOpinion keeps the answers of an envelope that is no case; repeating
	// it changes nothing.
	KeepOpinion(ctx context.Context, hubSeq int64, sum [32]byte, o Opinion) error
	// Opinions returns what was answered to a form since a day, YYYY-MM-DD.
	Opinions(ctx context.Context, form string, since string) ([]Opinion, error)
	// Quarantine marks a stored envelope that cannot be opened.
	Quarantine(ctx context.Context, hubSeq int64, sum [32]byte, reason string, now time.Time) error
	// Arrived tells whether a number has reached the hub.
	Arrived(ctx context.Context, n kiosk.Number) (bool, error)
	// Contiguous is how many envelopes of a kiosk were dealt with (opened or in
	// quarantine) without a hole.
	Contiguous(ctx context.Context, kioskID string) (int, error)
}

// CaseStore keeps cases and their stories.
type CaseStore interface {
	Cases(ctx context.Context, status kiosk.Status) ([]Case, error)
	// CasesIn returns the cases with one of some statuses, oldest first.
	CasesIn(ctx context.Context, statuses []kiosk.Status) ([]Case, error)
	// CasesOf returns the cases of some forms that were filed from one time to before
	// another, oldest first.
	CasesOf(ctx context.Context, forms []string, from, to time.Time) ([]Case, error)
	// Select returns cases that a list asks for, the newest first: n of them, or all for
	// 0, after so many others.
	Select(ctx context.Context, s Selection, skip, n int) ([]Case, error)
	// Heaps counts the cases with one of some statuses, without reading them.
	Heaps(ctx context.Context, statuses []kiosk.Status) ([]Heap, error)
	// Find returns the cases that have every word of a text.
	Find(ctx context.Context, text string) (map[kiosk.Number]bool, error)
	// CodeMAC is what is kept of the code of a number, nil for one that is no case.
	CodeMAC(ctx context.Context, n kiosk.Number) ([]byte, error)
	// Case returns a case with its events, or ErrNotFound.
	Case(ctx context.Context, n kiosk.Number) (Case, error)
	// Change applies changes and adds them to the stories, all or none; it
	// returns ErrChanged for an old edition.
	Change(ctx context.Context, changes ...Change) error
	// Tell adds to the story alone.
	Tell(ctx context.Context, n kiosk.Number, e Event) error
}

// CalendarStore keeps the days off that were announced late.
type CalendarStore interface {
	// AddHoliday keeps a day off, or returns ErrExists.
	AddHoliday(ctx context.Context, h Holiday) error
	Holidays(ctx context.Context) ([]Holiday, error)
}

// KioskStore keeps the kiosks' slots.
type KioskStore interface {
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
	// Heard keeps when kiosks were heard, and what they told of themselves.
	Heard(ctx context.Context, contacts []Contact) error
	// NameKiosk and MoveKiosk return ErrNotFound for an unknown kiosk.
	NameKiosk(ctx context.Context, id, name string) error
	MoveKiosk(ctx context.Context, id, office string) error
	// AddReceptionist returns ErrExists for a name the office has, ErrNotFound
	// where it has most of them.
	AddReceptionist(ctx context.Context, r Receptionist, most int) error
	// RemoveReceptionist returns ErrNotFound for one who is not there.
	RemoveReceptionist(ctx context.Context, id int64) error
	Receptionists(ctx context.Context) ([]Receptionist, error)
}

// OfficerStore keeps officers and their sessions.
type OfficerStore interface {
	AddOfficer(ctx context.Context, o Officer, at time.Time) error
	// Officer returns an officer, or ErrNotFound.
	Officer(ctx context.Context, name string) (Officer, error)
	Officers(ctx context.Context) ([]Officer, error)
	// SetPassword changes a password and ends every session; ErrNotFound for nobody.
	SetPassword(ctx context.Context, officer, password string) error
	// AddSession keeps a session by the hash of its token.
	AddSession(ctx context.Context, officer string, s Session, until time.Time) error
	// Session returns who holds the token and marks it seen; ErrNotFound for
	// none, one past until, or one not seen since idle.
	Session(ctx context.Context, token [32]byte, now, idle time.Time) (string, error)
	EndSession(ctx context.Context, token [32]byte) error
	// Sessions are those of an officer that last, the one used last first.
	Sessions(ctx context.Context, officer string, now, idle time.Time) ([]Session, error)
	// EndSessions ends the session with an id, or with none every one of an officer
	// but that of a token.
	EndSessions(ctx context.Context, officer, id string, but [32]byte) error
	// Waiting returns until when a name may not try to log in; zero for none.
	Waiting(ctx context.Context, name string) (time.Time, error)
	// Failed counts a failed log-in of a name; wait tells how long it waits after so
	// many without a day of rest.
	Failed(ctx context.Context, name string, now time.Time, wait func(failures int) time.Duration) error
	Succeeded(ctx context.Context, name string) error
	// SetOTP keeps the secret of a second factor, nil for none, and what is kept of
	// the codes for who lost the telephone; ErrNotFound for nobody.
	SetOTP(ctx context.Context, officer string, secret []byte, since time.Time, step int64, recovery [][]byte) error
	// UseStep and UseRecovery take a code once; ErrNotFound otherwise.
	UseStep(ctx context.Context, officer string, step int64) error
	UseRecovery(ctx context.Context, officer string, mac []byte) error
	RecoveryLeft(ctx context.Context, officer string) (int, error)
}
