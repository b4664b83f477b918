package hub

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"loket/kiosk"
)

// Channel is the way a notice takes.
type Channel string

// The channels.
const (
	ChannelCase      Channel = "case"      // something happened; who is to hear of it is found when its time comes
	ChannelVisitor   Channel = "visitor"   // a mail to who filed the report
	ChannelArrivals  Channel = "arrivals"  // a mail to an officer: what nobody has opened yet
	ChannelDeadlines Channel = "deadlines" // a mail to an officer, in the morning: what is due
	ChannelWebhook   Channel = "webhook"   // to a program
	ChannelTest      Channel = "test"      // a mail to the officer who asked for it
)

// NoticeState is what has become of a notice.
type NoticeState string

// The states. A failed notice and a waiting one can be sent again or dropped.
const (
	NoticeWaiting   NoticeState = "waiting"
	NoticeSent      NoticeState = "sent"      // or, of ChannelCase, spread
	NoticeCancelled NoticeState = "cancelled" // taken back, or nothing was left to say
	NoticeFailed    NoticeState = "failed"
	NoticeDropped   NoticeState = "dropped" // by an officer
)

// Notice is something that is to be told to somebody. It holds no address and
// no word of a visitor's: those are looked up when it is sent, and not at all
// when the visitor wished it otherwise meanwhile.
type Notice struct {
	ID        string // goes with every try, so that a repeated one is known
	Channel   Channel
	Recipient string // officer, or id of a webhook
	Event     string // as webhooks name it
	Number    kiosk.Number
	Edition   int    // the case's after the change that caused it
	Office    string // whose business it is
	Body      string // of a webhook's message
	Key       string // only one notice ever has it; may be empty
	At        time.Time
	NotBefore time.Time
	Tries     int
	FirstTry  time.Time
	State     NoticeState
	Reason    string // a [Failure], as its String has it
	Lease     string // of who is at it
	DoneAt    time.Time
	DoneBy    string // the officer who dropped it
}

// Settled is what became of a notice, and what follows from it.
type Settled struct {
	Notice
	More []Notice
}

// NoticeStore keeps the outbox. What is in it is sent at least once.
type NoticeStore interface {
	// Enqueue adds notices, each unless its key is known. An officer has at
	// most one notice of arrivals waiting.
	Enqueue(ctx context.Context, all ...Notice) error
	// Claim leases up to n notices whose time has come, few of one recipient,
	// to nobody else until a time, and counts a try. ClaimCases does so with those
	// of [ChannelCase].
	Claim(ctx context.Context, now, until time.Time, n int) ([]Notice, error)
	ClaimCases(ctx context.Context, now, until time.Time, n int) ([]Notice, error)
	// Settle ends leases with what became of the notices, and adds those that
	// follow from them, all or nothing; but where a lease was another's meanwhile
	// nothing is done, and ErrChanged returned at the end.
	Settle(ctx context.Context, all ...Settled) error
	// Notices are the latest with a state, newest first; not those that are for
	// nobody yet.
	Notices(ctx context.Context, state NoticeState, limit int) ([]Notice, error)
	// Notice returns one, or ErrNotFound.
	Notice(ctx context.Context, id string) (Notice, error)
	// Resend has a notice that waits or failed tried anew; Drop gives it up. They
	// return ErrChanged for one that is neither, or that is being sent.
	Resend(ctx context.Context, id string, now time.Time) error
	Drop(ctx context.Context, id, officer string, now time.Time) error
	// LastSent is when a recipient was last sent something; zero: never.
	LastSent(ctx context.Context, c Channel, recipient string) (time.Time, error)
	// TidyOutbox forgets what was done with before a time and needs no trace,
	// and cancels what waits and is about something before stale.
	TidyOutbox(ctx context.Context, before, stale, now time.Time) error
	// SetEmail changes where an officer gets notices, or returns ErrNotFound.
	SetEmail(ctx context.Context, officer, address string) error
}

// Failure is why a notice did not get through. It names no address and repeats
// nothing that was sent.
type Failure struct {
	Why    string // see Failures
	Detail string // a status or an error number; may be empty
	Final  bool   // trying again is no use
}

// Failures are the reasons there are; each has words.
var Failures = []string{"smtp", "smtp_refused", "smtp_login", "tls", "timeout", "unreachable", "private", "address", "status", "redirect", "gone",
	"disabled", "removed", "officer", "nothing", "undone", "stale", "silent", "off", "wrong"}

func (f *Failure) Error() string { return strings.TrimSpace("not delivered: " + f.String()) }

// String is how a reason is kept.
func (f *Failure) String() string { return strings.TrimSpace(f.Why + " " + f.Detail) }

const (
	undoMargin  = 5 * time.Second // beyond UndoFor: clocks of two processes differ
	giveUpAfter = 3 * 24 * time.Hour
	staleAfter  = 30 * 24 * time.Hour // what is older is no news
	keptFor     = 90 * 24 * time.Hour
	firstRetry  = time.Minute
	lastRetry   = 6 * time.Hour
)

// newNotice is a notice of a case that waits from a time on.
func newNotice(c Channel, at, notBefore time.Time) Notice {
	var id [16]byte
	rand.Read(id[:])
	return Notice{ID: "msg_" + hex.EncodeToString(id[:]), Channel: c, At: at, NotBefore: notBefore, State: NoticeWaiting}
}

// Notice is what a change leaves in the outbox: not before the officer can no
// longer take it back.
func (c Change) Notice() Notice {
	due := c.At
	if c.Before != nil {
		due = due.Add(UndoFor + undoMargin)
	}
	n := newNotice(ChannelCase, c.At, due)
	n.Event, n.Number, n.Edition, n.Office = string(c.Kind), c.Number, c.Edition+1, c.Unit
	return n
}

// Opened is what a case leaves in the outbox when it is opened.
func (c Case) Opened(at time.Time) Notice {
	n := newNotice(ChannelCase, at, at)
	n.Event, n.Number, n.Edition, n.Office = EventReceived, c.Number, c.Edition, c.Office
	return n
}

// backOff is how long to wait after so many tries: a minute, three, nine … up
// to six hours, a fifth more or less, so that what failed together does not come
// back together.
func backOff(tries int) time.Duration {
	d := firstRetry
	for range tries - 1 {
		if d = 3 * d; d > lastRetry {
			d = lastRetry
			break
		}
	}
	var b [2]byte
	rand.Read(b[:])
	return d*4/5 + d*2/5*time.Duration(int(b[0])<<8|int(b[1]))/(1<<16)
}

// SetEmail changes where an officer gets notices; empty is nowhere. It returns
// [ErrAddress] and [ErrNotFound].
func (h *Hub) SetEmail(ctx context.Context, officer, address string) error {
	if address = strings.TrimSpace(address); address != "" && !ValidAddress(address) {
		return ErrAddress
	}
	return h.Store.SetEmail(ctx, officer, address)
}

// ErrAddress says that something is no e-mail address.
var ErrAddress = errors.New("this is no e-mail address")

// ValidAddress reports whether a text is one e-mail address and nothing beside it.
func ValidAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == "" && len(s) <= 254
}

// Outbox are the latest notices with a state that an officer may look after.
func (h *Hub) Outbox(ctx context.Context, o Officer, state NoticeState, limit int) (mine []Notice, err error) {
	if !h.SeesOutbox(o) {
		return nil, ErrForbidden
	}
	all, err := h.Store.Notices(ctx, state, limit)
	for _, n := range all {
		if h.Under(n.Office, o.Office) {
			mine = append(mine, n)
		}
	}
	return mine, err
}

// outboxed returns a notice that an officer may look after.
func (h *Hub) outboxed(ctx context.Context, o Officer, id string) error {
	if !h.SeesOutbox(o) {
		return ErrForbidden
	}
	n, err := h.Store.Notice(ctx, id)
	if err == nil && !h.Under(n.Office, o.Office) {
		err = ErrNotFound
	}
	return err
}

// Resend has a notice tried anew at once. It returns [ErrForbidden],
// [ErrNotFound] and [ErrChanged].
func (h *Hub) Resend(ctx context.Context, o Officer, id string) error {
	if err := h.outboxed(ctx, o, id); err != nil {
		return err
	}
	return h.Store.Resend(ctx, id, h.Now())
}

// Drop gives a notice up; it is kept. Errors as of [Hub.Resend].
func (h *Hub) Drop(ctx context.Context, o Officer, id string) error {
	if err := h.outboxed(ctx, o, id); err != nil {
		return err
	}
	return h.Store.Drop(ctx, id, o.Name, h.Now())
}

// TestMail has a mail sent to the officer who asks. It returns [ErrAddress]
// for one without an address.
func (h *Hub) TestMail(ctx context.Context, o Officer) error {
	if !h.SeesOutbox(o) {
		return ErrForbidden
	}
	if o.Email == "" {
		return ErrAddress
	}
	n := newNotice(ChannelTest, h.Now(), h.Now())
	n.Recipient, n.Office = o.Name, o.Office
	return h.Store.Enqueue(ctx, n)
}

// failed is what a failure makes of a notice: it waits for another try, or is
// given up.
func (n Notice) failed(err error, now time.Time) Notice {
	f := &Failure{Why: "wrong"}
	errors.As(err, &f)
	n.Reason = f.String()
	if f.Final || now.Sub(n.FirstTry) >= giveUpAfter {
		n.State, n.DoneAt = NoticeFailed, now
		return n
	}
	n.NotBefore = now.Add(backOff(n.Tries))
	return n
}

// ended is a notice that needs no sending.
func (n Notice) ended(state NoticeState, why string, now time.Time) Notice {
	n.State, n.Reason, n.DoneAt = state, why, now
	return n
}

// key is what only one notice is for.
func key(c Channel, parts ...any) string {
	s := string(c)
	for _, p := range parts {
		s += "/" + fmt.Sprint(p)
	}
	return s
}
