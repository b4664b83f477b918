package hub

import (
	"context"
	"slices"
	"time"

	"loket/hub/masking"
	"loket/kiosk"
)

// Summarised is that an officer wrote what the public may read of a case.
const Summarised EventKind = "summary"

// OpenStore keeps what the public sees of cases.
type OpenStore interface {
	// Summarise keeps the public summary of a case and adds to its story, or
	// returns ErrChanged for an old edition.
	Summarise(ctx context.Context, n kiosk.Number, edition int, summary string, e Event) error
	// FiledBetween returns up to n cases of some forms filed from one time to
	// another, both included, newest first, after skipping some. What is
	// confidential or handled with another case is left out. Their events are
	// as in Cases.
	FiledBetween(ctx context.Context, forms []string, from, to time.Time, skip, n int) ([]Case, error)
}

// Summarises reports whether an officer may write what the public reads of a
// case: one of a kind that is public at all, which nobody wants hidden.
func (h *Hub) Summarises(o Officer, c Case) bool {
	return slices.Contains(reports, c.Form.Name) && !c.Rahasia && h.Acts(o, c)
}

// Mask takes out of a text what points to the visitor of a case or to anybody
// else, and says how often what was found.
func (h *Hub) Mask(c Case, text string) (string, map[masking.Kind]int) {
	var own []string
	if f := h.Catalogue.At(c.Form); f != nil {
		for _, field := range f.Fields {
			if field.Personal && len(field.Options) == 0 {
				own = append(own, c.Answers[field.ID])
			}
		}
	}
	return masking.Text(plain(text), own...)
}

// Summarise publishes a summary of a case, masked, in place of the one before;
// an empty one takes it back. It returns [ErrForbidden] and [ErrChanged].
func (h *Hub) Summarise(ctx context.Context, o Officer, n kiosk.Number, edition int, text string) error {
	c, err := h.theirs(ctx, o, n, edition)
	if err != nil {
		return err
	}
	if !h.Summarises(o, c) {
		return ErrForbidden
	}
	summary, _ := h.Mask(c, text)
	return h.Store.Summarise(ctx, n, edition, summary, Event{At: h.Now(), Kind: Summarised, Officer: o.Name, Status: c.Status, Note: summary, Edition: edition + 1})
}

// Public reports whether a case may be seen by everybody: that it is there,
// where it stands, and its summary.
func Public(c Case) bool {
	return slices.Contains(reports, c.Form.Name) && !c.Rahasia && c.MergedInto == ""
}

// Reports returns up to n public cases filed between two times, newest first,
// after skipping some.
func (h *Hub) Reports(ctx context.Context, from, to time.Time, skip, n int) ([]Case, error) {
	return h.Store.FiledBetween(ctx, reports, from, to, skip, n)
}

// Report returns a public case, or [ErrNotFound].
func (h *Hub) Report(ctx context.Context, n kiosk.Number) (Case, error) {
	c, err := h.Store.Case(ctx, n)
	if err == nil && !Public(c) {
		c, err = Case{}, ErrNotFound
	}
	return c, err
}
