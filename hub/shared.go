package hub

import (
	"context"
	"time"
)

// SharedStore lets several hubs that serve one database act as one: what they must
// know of each other is in it, and nowhere else.
type SharedStore interface {
	// Shared reports whether other hubs may be at work on the same store.
	Shared() bool
	// Lead makes holder the one that does a job until a time, or keeps it so, and
	// reports whether it is. Once that time has passed another may take it over.
	Lead(ctx context.Context, job, holder string, now, until time.Time) (bool, error)
	// Resign lets another do the job at once.
	Resign(ctx context.Context, job, holder string) error
	// ShareTries keeps how often a hub saw names try since it began, and returns of
	// those, and of names asked about, how often the others did.
	ShareTries(ctx context.Context, self string, mine map[string]int64, asked []string, now time.Time) (map[string]int64, error)
	// TidyTries forgets who tried more than a day ago.
	TidyTries(ctx context.Context, now time.Time) error
}

// How long a hub that leads may be silent, and how often it, and who would follow it,
// looks. That two do a job at once costs work and breaks nothing.
const (
	leadLasts = 15 * time.Second
	leadLooks = time.Second
)

// leader is a hub's part in who does a job.
type leader struct {
	hub   *Hub
	job   string
	until time.Time
}

// leads reports whether this hub is to do the job now.
func (l *leader) leads(ctx context.Context) bool {
	h := l.hub
	if !h.Store.Shared() {
		return true
	}
	now := h.Now()
	if now.Before(l.until.Add(-leadLasts/2)) && !now.Before(l.until.Add(-leadLasts)) {
		return true
	}
	leads, err := h.Store.Lead(ctx, l.job, h.self, now, now.Add(leadLasts))
	if err != nil && ctx.Err() == nil {
		h.Log.Error("ask who leads", "job", l.job, "err", err)
	}
	if l.until = (time.Time{}); leads {
		l.until = now.Add(leadLasts)
	}
	return leads
}

// resign lets another hub lead.
func (l *leader) resign(ctx context.Context) {
	if l.until.IsZero() {
		return
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer done()
	if err := l.hub.Store.Resign(ctx, l.job, l.hub.self); err != nil {
		l.hub.Log.Warn("another hub leads later than it could", "job", l.job, "err", err)
	}
}

// Self names this hub among those that serve the same store.
func (h *Hub) Self() string { return h.self }
