package hub

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"time"

	"loket/kiosk"
)

// HealthStore tells how the store itself is.
type HealthStore interface {
	// Probe commits something small to the disk.
	Probe(ctx context.Context, now time.Time) error
	// Schema returns which version of its tables the store has, and which one this
	// program works with.
	Schema(ctx context.Context) (has, knows int64, err error)
	// Disk returns how much of the disk under the store is free, and its size, in
	// bytes; zeros where the store is on another machine.
	Disk() (free, size uint64, err error)
}

// Unready is one reason why a hub is not ready: a plain sentence without secrets, and
// what the log may hold beside it, nil for nothing.
type Unready struct {
	Says string
	Err  error
}

// leastFree is how much of the disk must be free for a hub to be ready, in per cent.
const leastFree = 5

// How old the answer of [Hub.Ready] may be, and how long it waits for the disk.
const (
	probeLasts = time.Second
	probeWaits = 3 * time.Second
)

// probed is what the last look at the hub's readiness found.
type probed struct {
	sync.Mutex
	at       time.Time // of this machine's clock
	troubles []Unready
}

// Ready looks whether the hub can take reports in: its disk takes a write and has
// room, its tables are this program's, and its acknowledgement key is the one that
// kiosks pin. It returns what is wrong, nothing for a hub that is ready. What it
// finds counts for a second, so that asking costs the disk no more than one write
// in that time; what became of it goes into the log once.
func (h *Hub) Ready(ctx context.Context) []Unready {
	h.probed.Lock()
	defer h.probed.Unlock()
	if h.probed.at.IsZero() || time.Since(h.probed.at) >= probeLasts {
		troubles := h.probe(context.WithoutCancel(ctx)) // others get this answer too
		if len(troubles) != len(h.probed.troubles) {
			for _, t := range troubles {
				h.Log.Error("the hub is not ready", "says", t.Says, "err", t.Err)
			}
		}
		h.probed.troubles, h.probed.at = troubles, time.Now()
	}
	return h.probed.troubles
}

func (h *Hub) probe(ctx context.Context) (all []Unready) {
	ctx, done := context.WithTimeout(ctx, probeWaits)
	defer done()
	if err := h.Store.Probe(ctx, h.Now()); err != nil {
		all = append(all, Unready{"the database takes no write", err})
	}
	switch has, knows, err := h.Store.Schema(ctx); {
	case err != nil:
		all = append(all, Unready{"the database cannot be read", err})
	case has < knows: // more is what a newer hub beside this one has added
		all = append(all, Unready{fmt.Sprintf("the database has schema %d, this program works with %d", has, knows), nil})
	}
	switch free, size, err := h.Store.Disk(); {
	case err != nil:
		all = append(all, Unready{"how much of the disk is free cannot be read", err})
	case size > 0 && free*100 <= size*leastFree:
		all = append(all, Unready{fmt.Sprintf("the disk is full: %d MB of %d MB are free, %d %% must be", free>>20, size>>20, leastFree), nil})
	}
	if err := h.Keys.Acknowledges(); err != nil {
		all = append(all, Unready{err.Error(), nil})
	}
	return all
}

// Acknowledges returns nil if the acknowledgement key is loaded and is the one that
// kiosks pin: what another one signs, they would not believe.
func (k *Keys) Acknowledges() error {
	if k == nil || len(k.Ack) != ed25519.PrivateKeySize {
		return errors.New("the acknowledgement key is not loaded")
	}
	if !k.Ack.Public().(ed25519.PublicKey).Equal(ed25519.PublicKey(k.Bundle.AckKey)) {
		return errors.New("the acknowledgement key is not the one that kiosks pin")
	}
	return nil
}

// Overdue counts by kind the cases whose answer is late today: the law's term has
// run out, and neither was it answered nor does the office wait for the visitor. Each
// kind of case has its count, zero included.
func (h *Hub) Overdue(ctx context.Context) (map[string]int, error) {
	late := map[string]int{}
	for _, name := range h.Catalogue.Names() {
		if h.Lifecycles.Kind(name) != nil {
			late[name] = 0
		}
	}
	if err := h.Current(ctx); err != nil {
		return nil, err
	}
	for _, zone := range zones { // where it is another day
		until := dayOf(dateOf(h.Now().In(kiosk.Zone(zone)))) - 1
		for _, s := range stretches(0, until) {
			lines, err := h.Store.Sums(ctx, SumQuery{Line: LineUnit, Scale: s.scale, Parts: []string{zone}, From: s.from, To: s.to})
			if err != nil {
				return nil, err
			}
			for _, l := range lines {
				if _, known := late[l.Kind]; known {
					late[l.Kind] += l.Waiting
				}
			}
		}
	}
	return late, nil
}
