package hub

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"loket/hub/lifecycle"
	"loket/kiosk"
)

// FeedStore keeps the officers' calendars of deadlines by the hash of their
// token.
type FeedStore interface {
	// AddFeed keeps a feed and revokes the officer's others.
	AddFeed(ctx context.Context, token [32]byte, officer string, at time.Time) error
	// RevokeFeed ends an officer's feed; without one it does nothing.
	RevokeFeed(ctx context.Context, officer string, at time.Time) error
	// Feed returns whose feed it is, or ErrNotFound.
	Feed(ctx context.Context, token [32]byte) (officer string, err error)
	// FeedOf returns when an officer's feed was made, or ErrNotFound.
	FeedOf(ctx context.Context, officer string) (time.Time, error)
}

// MakeFeed gives an officer a calendar of deadlines in place of the one before,
// and returns its token: the only time that anybody sees it.
func (h *Hub) MakeFeed(ctx context.Context, o Officer) (token string, err error) {
	if !h.SeesCases(o) {
		return "", ErrForbidden
	}
	var b [32]byte
	rand.Read(b[:])
	token = base64.RawURLEncoding.EncodeToString(b[:])
	return token, h.Store.AddFeed(ctx, sha256.Sum256([]byte(token)), o.Name, h.Now())
}

// FeedOwner returns whose calendar it is, as they are now, or [ErrNotFound].
func (h *Hub) FeedOwner(ctx context.Context, token string) (Officer, error) {
	name, err := h.Store.Feed(ctx, sha256.Sum256([]byte(token)))
	if err != nil {
		return Officer{}, err
	}
	o, err := h.Store.Officer(ctx, name)
	if err == nil && !h.SeesCases(o) {
		err = ErrNotFound
	}
	return o, err
}

// Deadline is a term of the office that runs.
type Deadline struct {
	Case Case
	lifecycle.Running
}

// Deadlines returns the terms of the office that run in the cases that an
// officer may see, what is due first.
func (h *Hub) Deadlines(ctx context.Context, o Officer) (all []Deadline, err error) {
	cases, err := h.Store.CasesIn(ctx, kiosk.Unfinished)
	if err != nil {
		return nil, err
	}
	for _, c := range cases {
		if !h.Sees(o, c) {
			continue
		}
		for _, r := range h.Clocks(c) {
			if !r.Visitor && !r.Paused && r.Stopped.IsZero() {
				all = append(all, Deadline{c, r})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Deadline) int { return a.Due.Compare(b.Due) })
	return all, nil
}

// HasFeed returns when an officer's calendar was made; false: they have none.
func (h *Hub) HasFeed(ctx context.Context, o Officer) (time.Time, bool, error) {
	at, err := h.Store.FeedOf(ctx, o.Name)
	if errors.Is(err, ErrNotFound) {
		return at, false, nil
	}
	return at, err == nil, err
}
