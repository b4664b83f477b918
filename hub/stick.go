package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"loket/kiosk/seal"
	"loket/kiosk/stick"
)

var _ stick.Hub = (*Hub)(nil)

// Carry stores what came on a stick. What the kiosk signed a list of is taken as if
// it had sent it, damaged or not; anything else only where its own signature holds:
// whoever has a stick must not fill the hub's disk. It returns [stick.ErrStranger].
func (h *Hub) Carry(ctx context.Context, f stick.File) (stick.Receipt, error) {
	var r stick.Receipt
	now := h.Now().UTC().Truncate(time.Second)
	var from Kiosk
	k, err := h.Store.Kiosk(ctx, f.Header.Kiosk)
	unknown := f.Header.Kiosk != "" && (errors.Is(err, ErrNotFound) || err == nil && k.EnrolledAt == nil)
	switch {
	case err != nil && !errors.Is(err, ErrNotFound):
		return r, err
	case err == nil && f.Signed(k.PublicKey):
		from = k
	}
	var arrivals []Arrival
	for _, x := range f.Reports {
		a := h.judge(ctx, from, x.Bytes, now)
		if signed := a.Header.V != 0; signed || x.Listed && from.ID != "" {
			arrivals = append(arrivals, a)
		} else {
			r.Damaged++
		}
	}
	switch { // a name may be damaged too
	case len(arrivals) == 0 && unknown:
		return r, fmt.Errorf("kiosk %s: %w", f.Header.Kiosk, stick.ErrStranger)
	case len(arrivals) == 0:
		return r, nil
	}
	held, acks, err := h.keep(ctx, from, arrivals)
	if err != nil {
		return r, fmt.Errorf("carry: %w", err)
	}
	for _, x := range held {
		switch {
		case x.Already:
			r.Already++
		case x.Level == seal.LevelStored:
			r.Stored++
		default:
			r.Quarantined++
		}
	}
	r.Acks = acks
	if from.ID != "" {
		h.contact(ctx, Contact{Kiosk: from.ID, At: now})
	}
	return r, nil
}

// Answer is the answer to a kiosk's question that came on a stick. It returns
// [stick.ErrStranger].
func (h *Hub) Answer(ctx context.Context, a stick.Ask) (stick.Answer, error) {
	from, err := h.Store.Kiosk(ctx, a.Kiosk)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return stick.Answer{}, err
	}
	head, openErr := a.Open(from.PublicKey)
	if err != nil || openErr != nil {
		return stick.Answer{}, fmt.Errorf("kiosk %s: %w", a.Kiosk, stick.ErrStranger)
	}
	st, err := h.standing(ctx, from, head, true)
	answer := stick.Answer{Standing: st, Bundle: h.Keys.Signed}
	if signed, ok := h.SignedCatalogue(); ok {
		answer.Catalogue = &signed
	}
	return answer, err
}
