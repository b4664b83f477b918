package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"loket/hub/lapor"
	"loket/kiosk"
)

// HandoverState is how far a report is on its way to LAPOR!.
type HandoverState string

// The states. A report that belongs there and has none waits.
const (
	HandoverWaits   HandoverState = ""
	HandoverSending HandoverState = "sending" // asked for; the answer is not known
	HandoverSent    HandoverState = "sent"    // handed over; its number is not known yet
	HandoverKnown   HandoverState = "known"
	HandoverRefused HandoverState = "refused"
)

// Handover is a report's way to LAPOR!.
type Handover struct {
	State  HandoverState
	Reason string // of refused
	By     string // officer; empty: the hub itself
	At     time.Time
}

// LaporStore keeps what was handed over to LAPOR!.
type LaporStore interface {
	Handovers(ctx context.Context) (map[kiosk.Number]Handover, error)
	HandOver(ctx context.Context, n kiosk.Number, h Handover) error
	// SetLapor writes LAPOR!'s number of a report and adds to its story; one that
	// it has already changes nothing.
	SetLapor(ctx context.Context, n kiosk.Number, id string, e Event) error
}

// ToLapor is the event of a number that came from LAPOR!; Target is it.
const ToLapor EventKind = "lapor"

// LaporItem is a report that belongs to LAPOR!.
type LaporItem struct {
	Case
	Record lapor.Record
	Handover
	Since time.Time // when it could first be handed over
}

// LaporItems are the reports that belong to LAPOR! and that an officer may see:
// of the kinds that its rules name, once verified. What was put away, is another
// institution's matter, or is handled with another report does not belong there,
// unless it is there already. Those that wait come first, the longest first.
func (h *Hub) LaporItems(ctx context.Context, o Officer) ([]LaporItem, error) {
	if !h.SeesLapor(o) {
		return nil, ErrForbidden
	}
	return h.laporItems(ctx, func(c Case) bool { return h.Sees(o, c) })
}

func (h *Hub) laporItems(ctx context.Context, mine func(Case) bool) (all []LaporItem, err error) {
	cases, err := h.Store.Cases(ctx, "")
	if err != nil {
		return nil, err
	}
	states, err := h.Store.Handovers(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range cases {
		record, ok := h.LaporRecord(c)
		if !ok || !mine(c) {
			continue
		}
		item := LaporItem{Case: c, Record: record, Handover: states[c.Number], Since: c.ReceivedAt}
		for _, e := range c.Story() {
			if e.Status != kiosk.Received {
				item.Since = e.At
				break
			}
		}
		if item.State == HandoverWaits && (c.Status == kiosk.Received || c.Status == kiosk.Archived || c.Status == kiosk.NotOurs || c.MergedInto != "") {
			continue
		}
		all = append(all, item)
	}
	rank := map[HandoverState]int{HandoverRefused: 0, HandoverWaits: 1, HandoverSending: 2, HandoverSent: 3, HandoverKnown: 4}
	slices.SortStableFunc(all, func(a, b LaporItem) int {
		return cmp.Or(cmp.Compare(rank[a.State], rank[b.State]), a.Since.Compare(b.Since))
	})
	return all, nil
}

// LaporRecord is a case in the fields of LAPOR!'s form; ok is false for a kind
// that does not belong there.
func (h *Hub) LaporRecord(c Case) (lapor.Record, bool) {
	office, _ := h.Catalogue.Office(c.Office)
	return h.Lapor.Record(h.Catalogue, lapor.Report{Number: c.Number, Form: c.Form.Name, Identity: c.Identity, Anonim: c.Anonim, Rahasia: c.Rahasia,
		Received: h.Local(c.Office, c.FiledAt), Office: office, Answers: c.Answers})
}

// HandOver gives every report that waits to a channel, each once: that it was
// asked for is on disk before it is, and where the answer got lost the channel
// is asked first whether it has the report. It goes on after a report that is
// refused, and ends with the first other error; what was handed over is counted.
func (h *Hub) HandOver(ctx context.Context, by string, channel lapor.Channel) (n int, err error) {
	items, err := h.laporItems(ctx, func(Case) bool { return true })
	if err != nil {
		return 0, err
	}
	for _, item := range items {
		if item.State == HandoverWaits || item.State == HandoverSending {
			if err := h.handOver(ctx, by, channel, item); err != nil {
				return n, fmt.Errorf("hand over to LAPOR!: %w", err)
			}
			n++
		}
	}
	return n, nil
}

func (h *Hub) handOver(ctx context.Context, by string, channel lapor.Channel, item LaporItem) error {
	note := func(state HandoverState, reason string) error {
		return h.Store.HandOver(ctx, item.Number, Handover{State: state, Reason: reason, By: by, At: h.Now()})
	}
	id, taken := "", false
	if item.State == HandoverSending {
		standing, err := channel.Lookup(ctx, item.Number)
		if err != nil && !errors.Is(err, lapor.ErrNotTaken) {
			return err
		}
		id, taken = standing.ID, err == nil
	}
	if !taken {
		if err := note(HandoverSending, ""); err != nil {
			return err
		}
		receipt, err := channel.Submit(ctx, item.Record)
		if errors.Is(err, lapor.ErrRefused) {
			return note(HandoverRefused, err.Error())
		}
		if err != nil {
			return err
		}
		id = receipt.ID
	}
	if id == "" {
		return note(HandoverSent, "")
	}
	return h.knows(ctx, by, item.Case, id)
}

func (h *Hub) knows(ctx context.Context, by string, c Case, id string) error {
	return h.Store.SetLapor(ctx, c.Number, id, Event{At: h.Now(), Kind: ToLapor, Officer: by, Status: c.Status, Target: id})
}

// MarkSent notes that an officer took reports along to key them in.
func (h *Hub) MarkSent(ctx context.Context, o Officer, numbers []kiosk.Number) error {
	for _, n := range numbers {
		if _, err := h.laporCase(ctx, o, n); err != nil {
			return err
		}
		if err := h.Store.HandOver(ctx, n, Handover{State: HandoverSent, By: o.Name, At: h.Now()}); err != nil {
			return err
		}
	}
	return nil
}

// laporCase is a case that belongs to LAPOR! and that an officer may hand over.
func (h *Hub) laporCase(ctx context.Context, o Officer, n kiosk.Number) (Case, error) {
	c, err := h.Store.Case(ctx, n)
	switch _, belongs := h.LaporRecord(c); {
	case err != nil:
		return c, err
	case !h.Sees(o, c) || !belongs:
		return c, ErrNotFound
	case !h.FeedsLapor(o):
		return c, ErrForbidden
	}
	return c, nil
}

// SetLapor writes the number that LAPOR! gave a report, as an officer read it.
// It returns [lapor.ErrNumber].
func (h *Hub) SetLapor(ctx context.Context, o Officer, n kiosk.Number, typed string) error {
	c, err := h.laporCase(ctx, o, n)
	if err != nil {
		return err
	}
	id, err := lapor.ParseNumber(typed)
	if err != nil {
		return err
	}
	return h.knows(ctx, o.Name, c, id)
}

// TakeAnswers writes the numbers of a file of answers. It returns what could not
// be taken; the rest is.
func (h *Hub) TakeAnswers(ctx context.Context, o Officer, answers []lapor.Answer) (taken int, faults []lapor.Fault, err error) {
	for _, a := range answers {
		err := h.SetLapor(ctx, o, a.Number, a.ID)
		switch {
		case errors.Is(err, ErrNotFound):
			faults = append(faults, lapor.Fault{Line: a.Line, Why: "there is no such report for LAPOR!"})
		case err != nil:
			return taken, faults, err
		default:
			taken++
		}
	}
	return taken, faults, nil
}

// RunLapor hands over to a folder and takes its answers, every minute until ctx
// ends.
func (h *Hub) RunLapor(ctx context.Context, folder lapor.Folder) {
	for {
		if _, err := h.HandOver(ctx, "", folder); err != nil && ctx.Err() == nil {
			h.Log.Error("LAPOR! folder", "err", err)
		}
		err := folder.Answers(func(name string, answers []lapor.Answer, faults []lapor.Fault) error {
			taken, more, err := h.TakeAnswers(ctx, Officer{Role: Administrator}, answers)
			for _, f := range append(faults, more...) {
				h.Log.Warn("an answer from LAPOR! cannot be taken", "file", name, "line", f.Line, "why", f.Why)
			}
			if err == nil {
				h.Log.Info("answers from LAPOR!", "file", name, "taken", taken)
			}
			return err
		})
		if err != nil && ctx.Err() == nil {
			h.Log.Error("LAPOR! folder", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Minute):
		}
	}
}
