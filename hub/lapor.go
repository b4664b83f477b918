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
	// HandOver notes how a report stands that was seen to stand as from, and adds
	// to its story, with the status that the case has; it returns [ErrChanged]
	// where somebody was faster.
	HandOver(ctx context.Context, n kiosk.Number, from, h Handover, story ...Event) error
	// SetLapor writes LAPOR!'s number of a report and adds to its story likewise;
	// one that it has already changes nothing.
	SetLapor(ctx context.Context, n kiosk.Number, id string, e Event) error
}

// The events of what came from LAPOR!.
const (
	ToLapor      EventKind = "lapor"         // its number; Target is it
	LaporRefused EventKind = "lapor.refused" // it does not take the report; Note is why
)

// ErrHandover says that a report does not stand where this can be done.
var ErrHandover = errors.New("the hand-over of this report does not stand so that this can be done")

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
		item := LaporItem{Case: c, Record: record, Handover: states[c.Number]}
		var due bool
		if item.Since, due = forLapor(c); item.State == HandoverWaits && !due {
			continue
		}
		if !due {
			item.Since = item.At // it is there already
		}
		all = append(all, item)
	}
	rank := map[HandoverState]int{HandoverRefused: 0, HandoverWaits: 1, HandoverSending: 2, HandoverSent: 3, HandoverKnown: 4}
	slices.SortStableFunc(all, func(a, b LaporItem) int {
		return cmp.Or(cmp.Compare(rank[a.State], rank[b.State]), a.Since.Compare(b.Since))
	})
	return all, nil
}

// forLapor reports whether a report of a kind that belongs to LAPOR! is to be
// handed over, and since when: it was verified, and neither put away nor passed
// on nor merged.
func forLapor(c Case) (since time.Time, ok bool) {
	now := c.Status
	if now == kiosk.Closed {
		now = lastBefore(c, kiosk.Closed)
	}
	if now == kiosk.Archived || now == kiosk.NotOurs || c.MergedInto != "" {
		return since, false
	}
	for _, e := range c.Story() {
		switch e.Status {
		case kiosk.Verified, kiosk.InProgress, kiosk.Answered:
			return e.At, true
		}
	}
	return since, false
}

// LaporRecord is a case in the fields of LAPOR!'s form; ok is false for a kind
// that does not belong there.
func (h *Hub) LaporRecord(c Case) (lapor.Record, bool) {
	office, _ := h.Catalogue.Office(c.Office)
	return h.Lapor.Record(h.Catalogue, lapor.Report{Number: c.Number, Form: c.Form.Name, Identity: c.Identity, Anonim: c.Anonim, Rahasia: c.Rahasia,
		Received: h.Local(c.Office, c.FiledAt), Office: office, Answers: c.Answers})
}

// together is a channel that has those that were handed over at once in one
// piece, too.
type together interface {
	Together(at time.Time, records []lapor.Record) error
}

// patience is how long an answer is awaited, and the hand-over of a report left
// to whoever began it.
const patience = time.Minute

// HandOver gives every report that waits to a channel, each once: that it was
// asked for is on disk before it is, by one process alone, and where the answer
// got lost the channel is asked first whether it has the report. A report that is
// refused, or cannot be handed over now, does not hold up the others; three in a
// row that cannot end it. What was handed over is counted.
func (h *Hub) HandOver(ctx context.Context, by string, channel lapor.Channel) (n int, err error) {
	items, err := h.laporItems(ctx, func(Case) bool { return true })
	if err != nil {
		return 0, err
	}
	var given []lapor.Record
	var faults []error
	for row := 0; len(items) > 0 && row < 3 && ctx.Err() == nil; items = items[1:] {
		item := items[0]
		if item.State != HandoverWaits && (item.State != HandoverSending || h.Now().Sub(item.At) < 2*patience) {
			continue
		}
		taken, err := h.handOver(ctx, by, channel, item)
		switch {
		case errors.Is(err, ErrChanged): // somebody else takes care of it
		case err != nil:
			faults = append(faults, fmt.Errorf("hand over to LAPOR!: %w", err))
			row++
		case taken:
			given = append(given, item.Record)
			fallthrough
		default:
			row = 0
		}
	}
	if c, ok := channel.(together); ok && len(given) > 0 {
		faults = append(faults, c.Together(h.Now(), given))
	}
	return len(given), errors.Join(append(faults, ctx.Err())...)
}

// handOver gives one report to a channel; taken is false for one that it
// refuses.
func (h *Hub) handOver(ctx context.Context, by string, channel lapor.Channel, item LaporItem) (taken bool, err error) {
	claim := Handover{State: HandoverSending, By: by, At: h.Now()}
	if err := h.Store.HandOver(ctx, item.Number, item.Handover, claim); err != nil {
		return false, err
	}
	asked, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	id := ""
	if item.State == HandoverSending {
		standing, err := channel.Lookup(asked, item.Number)
		if err != nil && !errors.Is(err, lapor.ErrNotTaken) {
			return false, err
		}
		id, taken = standing.ID, err == nil
	}
	if !taken {
		receipt, err := channel.Submit(asked, item.Record)
		if errors.Is(err, lapor.ErrRefused) {
			return false, h.refused(ctx, by, item.Case, claim, err.Error())
		}
		if err != nil {
			return false, err
		}
		id = receipt.ID
	}
	if id == "" {
		return true, h.Store.HandOver(ctx, item.Number, claim, Handover{State: HandoverSent, By: by, At: h.Now()})
	}
	return true, h.knows(ctx, by, item.Case, id)
}

func (h *Hub) knows(ctx context.Context, by string, c Case, id string) error {
	return h.Store.SetLapor(ctx, c.Number, id, Event{At: h.Now(), Kind: ToLapor, Officer: by, Target: id})
}

func (h *Hub) refused(ctx context.Context, by string, c Case, from Handover, why string) error {
	now := h.Now()
	return h.Store.HandOver(ctx, c.Number, from, Handover{State: HandoverRefused, Reason: why, By: by, At: now},
		Event{At: now, Kind: LaporRefused, Officer: by, Note: why})
}

// MarkSent notes that an officer took reports along to key them in. Of one whose
// number is known it notes nothing.
func (h *Hub) MarkSent(ctx context.Context, o Officer, numbers []kiosk.Number) error {
	for _, n := range numbers {
		c, state, err := h.laporCase(ctx, o, n)
		if err == nil && h.Feedable(c, state) {
			err = h.Store.HandOver(ctx, n, state, Handover{State: HandoverSent, By: o.Name, At: h.Now()})
		}
		if err != nil && !errors.Is(err, ErrChanged) { // somebody else took it along as well
			return err
		}
	}
	return nil
}

// Refuse notes that LAPOR! does not take a report, and why. It returns
// [ErrEmpty] for no reason and [ErrHandover] for one that it has taken.
func (h *Hub) Refuse(ctx context.Context, o Officer, n kiosk.Number, why string) error {
	c, state, err := h.laporCase(ctx, o, n)
	if why = plain(why); err != nil {
		return err
	}
	switch {
	case why == "":
		return ErrEmpty
	case !h.Feedable(c, state):
		return ErrHandover
	case state.State == HandoverRefused && state.Reason == why:
		return nil // as a file of answers that is read again
	}
	return h.refused(ctx, o.Name, c, state, why)
}

// Feedable reports whether a report may be handed over, or is on its way: LAPOR! has
// not given it a number yet.
func (h *Hub) Feedable(c Case, state Handover) bool {
	_, due := forLapor(c)
	return state.State != HandoverKnown && (state.State != HandoverWaits || due)
}

// laporCase is a case that belongs to LAPOR! and that an officer may hand over,
// and how that stands.
func (h *Hub) laporCase(ctx context.Context, o Officer, n kiosk.Number) (c Case, state Handover, err error) {
	c, err = h.Store.Case(ctx, n)
	switch _, belongs := h.LaporRecord(c); {
	case err != nil:
		return c, state, err
	case !h.Sees(o, c) || !belongs:
		return c, state, ErrNotFound
	case !h.FeedsLapor(o):
		return c, state, ErrForbidden
	}
	all, err := h.Store.Handovers(ctx)
	return c, all[n], err
}

// SetLapor writes the number that LAPOR! gave a report, as an officer read it.
// It returns [lapor.ErrNumber].
func (h *Hub) SetLapor(ctx context.Context, o Officer, n kiosk.Number, typed string) error {
	c, _, err := h.laporCase(ctx, o, n)
	if err != nil {
		return err
	}
	id, err := lapor.ParseNumber(typed)
	if err != nil {
		return err
	}
	return h.knows(ctx, o.Name, c, id)
}

// TakeAnswers takes what LAPOR! said of reports. It returns what could not be
// taken; the rest is.
func (h *Hub) TakeAnswers(ctx context.Context, o Officer, answers []lapor.Answer) (taken int, faults []lapor.Fault, err error) {
	for _, a := range answers {
		if a.ID != "" {
			err = h.SetLapor(ctx, o, a.Number, a.ID)
		} else {
			err = h.Refuse(ctx, o, a.Number, a.Refused)
		}
		switch {
		case errors.Is(err, ErrNotFound):
			faults = append(faults, lapor.Fault{Line: a.Line, Err: lapor.ErrNoReport})
		case errors.Is(err, ErrHandover), errors.Is(err, ErrEmpty), errors.Is(err, lapor.ErrNumber):
			faults = append(faults, lapor.Fault{Line: a.Line, Err: err})
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
				h.Log.Warn("an answer from LAPOR! cannot be taken", "file", name, "line", f.Line, "why", f.Err)
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
