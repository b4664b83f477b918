package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"loket/kiosk"
	"loket/kiosk/attach"
)

// How much a visitor can add to a case.
const (
	MostAttachments  = 5
	MostAttachedSize = 20 << 20 // bytes of all together
)

// Errors of attachments, beside those of package attach.
var (
	ErrFiles  = errors.New("this case has as many attachments as it may have")
	ErrClosed = errors.New("the case is closed")
)

// Attachment is a file that belongs to a case, as it is kept: never as it was sent,
// but for a PDF, and without the name it had.
type Attachment struct {
	N    int // 1, 2, 3 … within its case
	Type string
	Size int
	At   time.Time
}

// AttachmentStore keeps what was added to cases.
type AttachmentStore interface {
	// Attach keeps a file and makes the change that tells of it, both or none. It
	// returns ErrChanged for an old edition, and ErrFiles past so many files or
	// bytes.
	Attach(ctx context.Context, c Change, a Attachment, bytes []byte, most, mostBytes int) error
	// Attachments are those of a case, in order.
	Attachments(ctx context.Context, n kiosk.Number) ([]Attachment, error)
	// Attached returns one with its bytes, or ErrNotFound.
	Attached(ctx context.Context, n kiosk.Number, which int) (Attachment, []byte, error)
}

// Attachable reports whether the visitor may add a file to a case.
func Attachable(c Case) bool {
	return c.Status != kiosk.Closed && c.Status != kiosk.NotOurs && c.Status != kiosk.Archived
}

// Attach keeps a file that the visitor adds to a case with a sentence about it, which
// may be empty. What the office waits for counts as brought. It returns
// [ErrNotFound] for a wrong pair, [ErrFiles], [ErrClosed], and the errors of
// [attach.Clean].
func (h *Hub) Attach(ctx context.Context, n kiosk.Number, code kiosk.Code, file []byte, said string) error {
	c, err := h.Visitor(ctx, n, code)
	if err != nil {
		return err
	}
	if !Attachable(c) {
		return ErrClosed
	}
	kind, clean, err := h.clean(ctx, file)
	if err != nil {
		return err
	}
	for try := 0; ; try++ { // an officer may save meanwhile: a file takes no word of theirs back
		change := c.stay(Attached, h.Now())
		change.Said = plain(said)
		if c.Status == kiosk.Returned {
			change.Decision.Status, change.MergedInto = kiosk.InProgress, ""
		}
		err = h.Store.Attach(ctx, change, Attachment{Type: kind, Size: len(clean), At: change.At}, clean, MostAttachments, MostAttachedSize)
		if !errors.Is(err, ErrChanged) || try == 3 {
			return err
		}
		if c, err = h.Store.Case(ctx, n); err != nil {
			return err
		}
		if !Attachable(c) {
			return ErrClosed
		}
	}
}

// clean makes a file fit to be kept, one at a time: a large picture takes much
// memory while it is drawn anew.
func (h *Hub) clean(ctx context.Context, file []byte) (kind string, clean []byte, err error) {
	select {
	case h.cleaning <- struct{}{}:
		defer func() { <-h.cleaning }()
	case <-ctx.Done():
		return "", nil, ctx.Err()
	}
	return attach.Clean(file, attach.Photo)
}

// SeesAttachments reports whether an officer may read what is attached to a case, and
// whether only for a reason. A photograph or a paper may show who a confidential
// visitor is: it opens like the name, to who may open that.
func (h *Hub) SeesAttachments(o Officer, c Case) (sees, forReason bool) {
	if c.Identity == kiosk.Confidential {
		return h.OpensIdentity(o, c), true
	}
	return h.Sees(o, c), false
}

// Attachment returns an attachment for an officer. why is asked for where
// [Hub.SeesAttachments] says so, and kept in the story. It returns [ErrNotFound],
// [ErrForbidden] and [ErrEmpty].
func (h *Hub) Attachment(ctx context.Context, o Officer, n kiosk.Number, which int, why string) (Attachment, []byte, error) {
	c, err := h.Store.Case(ctx, n)
	if err == nil && !h.Sees(o, c) {
		err = ErrNotFound
	}
	if err != nil {
		return Attachment{}, nil, err
	}
	sees, forReason := h.SeesAttachments(o, c)
	if !sees {
		return Attachment{}, nil, ErrForbidden
	}
	if why = plain(why); forReason && why == "" {
		return Attachment{}, nil, ErrEmpty
	}
	a, b, err := h.Store.Attached(ctx, n, which)
	if err != nil {
		return a, nil, err
	}
	if forReason {
		err = h.Store.Tell(ctx, n, Event{At: h.Now(), Kind: Opened, Officer: o.Name, Status: c.Status, Note: fmt.Sprintf("%s (%d)", why, which)})
	}
	return a, b, err
}
