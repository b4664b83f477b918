package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"loket/kiosk/published"
	"loket/kiosk/seal"
)

// Issue is one whole list of published information. Older issues stay.
type Issue struct {
	Version int64 // unix seconds of its publication, greater than any before
	By      string
	Again   int64 // version of the older issue that this one takes up again; 0: none
	Count   int
	Items   []published.Item // not in a list of issues
}

// At is when it was published.
func (i Issue) At() time.Time { return time.Unix(i.Version, 0).UTC() }

// Upload is a table that an officer has uploaded and not published yet.
type Upload struct {
	Name   string // of the file
	At     time.Time
	Items  []published.Item
	Faults []published.Fault
}

// PublishedStore keeps the issues of the list of published information, and the
// table that each officer uploaded last.
type PublishedStore interface {
	// AddIssue keeps an issue, or returns ErrChanged when the newest is not
	// the one with version after.
	AddIssue(ctx context.Context, i Issue, after int64) error
	// Issue returns the issue of a version, the newest for 0, or ErrNotFound.
	Issue(ctx context.Context, version int64) (Issue, error)
	// Issues returns them without items, the newest first.
	Issues(ctx context.Context) ([]Issue, error)
	// KeepUpload keeps what an officer uploaded, in place of what they did
	// before; nil drops it.
	KeepUpload(ctx context.Context, officer string, u *Upload) error
	// Upload returns what an officer uploaded, or ErrNotFound.
	Upload(ctx context.Context, officer string) (Upload, error)
}

// ErrFaults says that a table has faulty lines and that leaving them out was not
// asked for.
var ErrFaults = errors.New("some lines are faulty")

// Publish makes items the list, if the newest issue is still the one of version
// after. It returns [ErrForbidden], [ErrEmpty] and [ErrChanged].
func (h *Hub) Publish(ctx context.Context, o Officer, items []published.Item, after int64) (Issue, error) {
	return h.publish(ctx, o, Issue{Items: items}, after)
}

// PublishUpload publishes what an officer uploaded, with the faulty lines left
// out where that is asked for. It returns [ErrForbidden], [ErrNotFound],
// [ErrFaults], [ErrEmpty] and [ErrChanged].
func (h *Hub) PublishUpload(ctx context.Context, o Officer, skip bool, after int64) (Issue, error) {
	if !h.Publishes(o) {
		return Issue{}, ErrForbidden
	}
	u, err := h.Store.Upload(ctx, o.Name)
	if err != nil {
		return Issue{}, err
	}
	if len(u.Faults) > 0 && !skip {
		return Issue{}, ErrFaults
	}
	i, err := h.Publish(ctx, o, u.Items, after)
	if err != nil {
		return i, err
	}
	return i, h.Store.KeepUpload(ctx, o.Name, nil)
}

// PublishAgain makes an older issue the list once more. It returns
// [ErrForbidden], [ErrNotFound] and [ErrChanged].
func (h *Hub) PublishAgain(ctx context.Context, o Officer, version, after int64) (Issue, error) {
	if !h.Publishes(o) {
		return Issue{}, ErrForbidden
	}
	if version <= 0 {
		return Issue{}, ErrNotFound
	}
	old, err := h.Store.Issue(ctx, version)
	if err != nil {
		return Issue{}, err
	}
	return h.publish(ctx, o, Issue{Items: old.Items, Again: version}, after)
}

func (h *Hub) publish(ctx context.Context, o Officer, i Issue, after int64) (Issue, error) {
	switch {
	case !h.Publishes(o):
		return Issue{}, ErrForbidden
	case len(i.Items) == 0:
		return Issue{}, ErrEmpty
	}
	// A clock that was set back must not make a list that kiosks take for old.
	i.Version, i.By, i.Count = max(h.Now().Unix(), after+1), o.Name, len(i.Items)
	return i, h.Store.AddIssue(ctx, i, after)
}

// issued is the newest issue, ready to be searched and to be sent.
type issued struct {
	index  *published.Index
	signed seal.Signed
}

// Published is the list as it stands, ready to be searched; an empty one before
// the first issue.
func (h *Hub) Published(ctx context.Context) (*published.Index, error) {
	x, err := h.newest(ctx)
	if err != nil {
		return nil, err
	}
	return x.index, nil
}

// PublishedSigned is the list as kiosks fetch it, and its version. It returns
// [ErrNotFound] before the first issue.
func (h *Hub) PublishedSigned(ctx context.Context) (seal.Signed, int64, error) {
	x, err := h.newest(ctx)
	if err == nil && x.index.List().Version == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return seal.Signed{}, 0, err
	}
	return x.signed, x.index.List().Version, nil
}

// PublishedLike are up to five pieces of published information that a request
// may be asking for. Without a list, or with a fault, there are none.
func (h *Hub) PublishedLike(ctx context.Context, text string) []published.Item {
	x, err := h.newest(ctx)
	if err != nil {
		h.Log.Warn("published information", "err", err)
		return nil
	}
	return x.index.Like(text, 5)
}

// newest is the newest issue; another process may have made it.
func (h *Hub) newest(ctx context.Context) (*issued, error) {
	all, err := h.Store.Issues(ctx)
	if err != nil {
		return nil, fmt.Errorf("published information: %w", err)
	}
	version := int64(0)
	if len(all) > 0 {
		version = all[0].Version
	}
	if x := h.issued.Load(); x != nil && x.index.List().Version == version {
		return x, nil
	}
	x := &issued{}
	l := &published.List{Version: version}
	if version > 0 {
		i, err := h.Store.Issue(ctx, version)
		if err != nil {
			return nil, fmt.Errorf("published information: %w", err)
		}
		l.Items = i.Items
		b, err := json.Marshal(i.Items)
		if err != nil {
			return nil, fmt.Errorf("published information: %w", err)
		}
		x.signed = seal.SignList(h.Keys.Ack, seal.List{Hub: h.Keys.Bundle.Hub, Version: version, Items: b})
	}
	x.index = published.NewIndex(h.Vocabulary, l)
	h.issued.Store(x)
	return x, nil
}
