package web

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"loket/hub"
	"loket/kiosk/track"
)

// tries slows down who guesses: so many look-ups a network, and longer and
// longer pauses on one number after wrong codes. A pause ends by itself: a
// lock would let strangers shut a visitor out. Hubs that serve together count
// together, each second.
type tries struct {
	hub      *hub.Hub
	mu       sync.Mutex
	networks map[string]*network
	wrong    map[string]*wrong
	fresh    map[string]bool // seen since they were shared last
	shared   time.Time
	sharing  bool
}

// seen is how often something was seen here since this hub began, and elsewhere as
// far as is known.
type seen struct{ here, there int64 }

type network struct {
	seen
	limit *rate.Limiter
}

type wrong struct {
	seen
	n     int // since it was right
	until time.Time
}

const (
	perMinute  = 60
	wrongFree  = 5
	kept       = 10_000
	shareEvery = time.Second
	shareWaits = 2 * time.Second
	toldAtOnce = 1000
)

func newTries(h *hub.Hub) *tries {
	return &tries{hub: h, networks: map[string]*network{}, wrong: map[string]*wrong{}, fresh: map[string]bool{}}
}

// allowed reports whether a network may ask once more.
func (t *tries) allowed(ctx context.Context, client string) bool {
	t.learn(ctx, client)
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.network(client)
	n.here++
	t.note(client)
	return n.limit.AllowN(t.hub.Now(), 1)
}

func (t *tries) network(client string) *network {
	n := t.networks[client]
	if n == nil {
		if len(t.networks) > kept {
			clear(t.networks)
		}
		n = &network{limit: rate.NewLimiter(rate.Every(time.Minute/perMinute), perMinute)}
		t.networks[client] = n
	}
	return n
}

// tooMany notes a look-up of what somebody typed as a number, and tells whether
// there were too many wrong ones of it lately. The right code is never made to
// wait: nobody locks a visitor out by guessing.
func (t *tries) tooMany(ctx context.Context, typed string, unknown bool) bool {
	name := "receipt " + typed[:min(len(typed), 64)]
	if n, err := track.ParseNumber(typed); err == nil {
		name = "receipt " + string(n)
	}
	t.learn(ctx, name)
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.wrong[name]
	switch {
	case !unknown:
		if w != nil {
			w.n, w.until = 0, time.Time{}
		}
		return false
	case w == nil:
		if len(t.wrong) > kept {
			clear(t.wrong)
		}
		w = new(wrong)
		t.wrong[name] = w
	}
	now := t.hub.Now()
	if now.Before(w.until) {
		return true
	}
	w.here++
	t.note(name)
	w.add(1, now)
	return false
}

// note has other hubs told of a name, where there may be some.
func (t *tries) note(name string) {
	if t.hub.Store.Shared() {
		t.fresh[name] = true
	}
}

// add counts wrong codes.
func (w *wrong) add(n int, now time.Time) {
	if w.n += n; w.n >= wrongFree {
		w.until = now.Add(min(time.Minute<<min(w.n-wrongFree, 6), time.Hour))
	}
}

// learn reads of a name that is new to this hub what others know, and sees to it that
// all is shared every second.
func (t *tries) learn(ctx context.Context, name string) {
	if !t.hub.Store.Shared() {
		return
	}
	now := time.Now() // of this machine: how often is not the office's time
	t.mu.Lock()
	_, network := t.networks[name]
	_, receipt := t.wrong[name]
	due := now.Sub(t.shared) >= shareEvery && !t.sharing
	if due {
		t.shared, t.sharing = now, true
	}
	t.mu.Unlock()
	if !network && !receipt {
		t.share(ctx, []string{name}, nil)
	}
	if due {
		go func() {
			t.mu.Lock()
			fresh := slices.Collect(maps.Keys(t.fresh))
			fresh = fresh[:min(len(fresh), toldAtOnce)]
			clear(t.fresh)
			t.mu.Unlock()
			t.share(context.WithoutCancel(ctx), nil, fresh)
			t.mu.Lock()
			t.sharing = false
			t.mu.Unlock()
		}()
	}
}

// share tells the other hubs of names, and takes up what they know of these and of
// names asked about. Where the store does not answer each hub counts by itself.
func (t *tries) share(ctx context.Context, asked, told []string) {
	mine, names := map[string]int64{}, map[string]string{}
	t.mu.Lock()
	for _, name := range told {
		sealed := t.hub.Keys.TryName(name)
		names[sealed] = name
		if n := t.networks[name]; n != nil {
			mine[sealed] = n.here
		} else if w := t.wrong[name]; w != nil {
			mine[sealed] = w.here
		}
	}
	t.mu.Unlock()
	var hidden []string
	for _, name := range asked {
		sealed := t.hub.Keys.TryName(name)
		names[sealed], hidden = name, append(hidden, sealed)
	}
	ctx, done := context.WithTimeout(ctx, shareWaits)
	defer done()
	others, err := t.hub.Store.ShareTries(ctx, t.hub.Self(), mine, hidden, t.hub.Now())
	if err != nil {
		t.hub.Log.Warn("who guesses is not counted together", "err", err)
		return
	}
	now := t.hub.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for sealed, n := range others {
		name := names[sealed]
		if isReceipt(name) {
			w := t.wrong[name]
			if w == nil {
				w = new(wrong)
				t.wrong[name] = w
			}
			if more := n - w.there; more > 0 {
				w.add(int(more), now)
			}
			w.there = n
			continue
		}
		w := t.network(name)
		if more := n - w.there; more > 0 {
			w.limit.ReserveN(now, int(min(more, perMinute)))
		}
		w.there = n
	}
}

func isReceipt(name string) bool { return len(name) > 8 && name[:8] == "receipt " }
