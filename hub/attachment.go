package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"loket/kiosk"
	"loket/kiosk/attach"
	"loket/kiosk/track"
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
	Page int // its place among those scanned at the kiosk; 0 for what was added later
	Type string
	Size int
	At   time.Time
}

// AttachmentStore keeps what belongs to cases.
type AttachmentStore interface {
	// KeepPage keeps a page that was scanned at the kiosk, which may come before its
	// case; repeating it changes nothing.
	KeepPage(ctx context.Context, hubSeq int64, sum [32]byte, n kiosk.Number, a Attachment, bytes []byte) error
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
	kind, clean, err := h.clean(ctx, file, attach.Photo)
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
func (h *Hub) clean(ctx context.Context, file []byte, fit attach.Fit) (kind string, clean []byte, err error) {
	select {
	case h.cleaning <- struct{}{}:
		defer func() { <-h.cleaning }()
	case <-ctx.Done():
		return "", nil, ctx.Err()
	}
	return attach.Clean(file, fit)
}

// keepPage keeps a page from an envelope of its own, drawn anew: a kiosk may have been
// changed. What is wrong with it is returned as bad.
func (h *Hub) keepPage(ctx context.Context, seq int64, sum [32]byte, r kiosk.Report) (bad, err error) {
	p := r.Page
	if n, err := track.ParseNumber(string(p.Of)); err != nil || n != p.Of || track.KioskOf(p.Of) != track.KioskOf(r.Number) || p.Index < 1 || p.Index > kiosk.MostPages {
		return errors.New("a page of no report of this kiosk"), nil
	}
	kind, clean, err := h.clean(ctx, p.Bytes, attach.Page)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return fmt.Errorf("a page: %w", err), nil
	case kind != attach.JPEG:
		return errors.New("a page is no picture"), nil
	}
	return nil, h.Store.KeepPage(ctx, seq, sum, p.Of, Attachment{Page: p.Index, Type: kind, At: r.At.At}, clean)
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
