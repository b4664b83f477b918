package hub

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"loket/kiosk"
	"loket/kiosk/seal"
	"loket/kiosk/track"
)

// filing is the hub's own slot among its kiosks: what comes in by another way
// than a kiosk is sealed, signed and numbered like theirs.
type filing struct {
	sync.Mutex
	slot   Kiosk
	sealer *seal.Sealer
	next   seal.Slot
}

// slots are the ids that the hub's own may have, the first free one.
var slots = []string{"HB", "HC", "HD", "HE", "HF", "HG"}

// File takes in a report that came by another way than a kiosk, and opens its
// case. It gives the report number, code, office and, if there is none, the
// time; all else is the caller's, who has checked it.
func (h *Hub) File(ctx context.Context, office string, r kiosk.Report) (kiosk.Number, kiosk.Code, error) {
	h.filing.Lock()
	defer h.filing.Unlock()
	if err := h.openFiling(ctx); err != nil {
		return "", "", fmt.Errorf("file: %w", err)
	}
	var err error
	for arrived := true; arrived; { // a number is drawn until it is new
		if r.Number, err = track.NewNumber(h.filing.slot.ID, rand.Reader); err != nil {
			return "", "", fmt.Errorf("file: %w", err)
		}
		if arrived, err = h.Store.Arrived(ctx, r.Number); err != nil {
			return "", "", fmt.Errorf("file: %w", err)
		}
	}
	var step track.Key
	rand.Read(step[:])
	r.Code, r.Office = step.Code(r.Number), office
	if r.At.At.IsZero() {
		r.At.At = h.Now().UTC()
	}
	slot := h.filing.next
	slot.Seq++
	e, err := h.filing.sealer.Seal(seal.NewID(), slot, r)
	if err != nil {
		return "", "", fmt.Errorf("file: %w", err)
	}
	acks, err := h.Accept(ctx, h.filing.slot, [][]byte{e.Bytes})
	if err != nil {
		return "", "", fmt.Errorf("file: %w", err)
	}
	if ack, err := seal.OpenAck(h.Keys.Ack.Public().(ed25519.PublicKey), acks[0]); err != nil || ack.Level != seal.LevelStored {
		return "", "", errors.Join(errors.New("file: the report went into quarantine"), err)
	}
	slot.Prev = sha256.Sum256(e.Bytes)
	h.filing.next = slot
	for again := true; again; {
		if again, err = h.open(ctx); err != nil {
			return "", "", fmt.Errorf("file: %w", err)
		}
	}
	return r.Number, r.Code, nil
}

// Own reports whether a slot is the hub's own, in which no kiosk stands.
func (h *Hub) Own(k Kiosk) bool {
	return h.Keys.Filing.Public().(ed25519.PublicKey).Equal(ed25519.PublicKey(k.PublicKey))
}

// openFiling finds the hub's own slot, or takes one.
func (h *Hub) openFiling(ctx context.Context) error {
	if h.filing.sealer != nil {
		return nil
	}
	public := h.Keys.Filing.Public().(ed25519.PublicKey)
	for _, id := range slots {
		k, err := h.Store.Kiosk(ctx, id)
		if errors.Is(err, ErrNotFound) {
			k = Kiosk{ID: id, Office: h.Catalogue.Offices[0].ID, Code: id, CodeUntil: h.Now()}
			if err := h.Store.AddKiosk(ctx, k, h.Now()); err != nil {
				return err
			}
			if err := h.Store.Enrol(ctx, id, k.Code, public, h.Now()); err != nil {
				return err
			}
			k, err = h.Store.Kiosk(ctx, id)
		}
		if err != nil {
			return err
		}
		if !h.Own(k) {
			continue
		}
		var epoch [8]byte
		rand.Read(epoch[:])
		h.filing.slot, h.filing.next = k, seal.Slot{Epoch: hex.EncodeToString(epoch[:])}
		h.filing.sealer, err = seal.NewSealer(id, "hub", h.Keys.Filing, h.Keys.Bundle)
		return err
	}
	return errors.New("no slot is free for the hub itself")
}
