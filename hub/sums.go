package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"loket/kiosk"
	"loket/kiosk/workday"
)

// SummaryStore keeps counts of cases in the transactions that change the cases.
type SummaryStore interface {
	// CountBy says how a case is counted. Without it no case can be opened or
	// changed.
	CountBy(facts func(Case) Facts)
	// Sums returns lines of the summaries, added up over what is not asked for.
	Sums(ctx context.Context, q SumQuery) ([]SumLine, error)
	// Basis returns what the summaries were counted by, as [SummaryStore.SetBasis]
	// kept it; empty for nothing yet.
	Basis(ctx context.Context) (string, error)
	SetBasis(ctx context.Context, basis string) error
	// Recount counts up to n cases anew whose facts depend on a day or a later one,
	// after a place, and returns that of the last of them, zero where no more follow,
	// and how many were counted otherwise before.
	Recount(ctx context.Context, from int, after RecountPlace, n int) (last RecountPlace, otherwise int, err error)
	// Prove counts every case anew, as they are at one moment, and compares with
	// what is kept; mend puts right what differs. It works while cases change.
	Prove(ctx context.Context, mend bool, progress func(done, all int)) (Proof, error)
}

// RecountPlace is a place among the cases that are counted anew.
type RecountPlace struct {
	To     int // the last day that the facts of the case there depend on
	Number kiosk.Number
}

// Proof is what comparing the summaries with the cases found.
type Proof struct {
	Cases, Lines           int // all there are
	WrongCases, WrongLines int // of those, counted otherwise than the case says
}

// SumQuery asks for lines of one kind and scale.
type SumQuery struct {
	Line, Scale string
	Parts       []string // one at least
	Kinds       []string // of cases; empty: all
	Items       []string // empty: all
	From, To    int      // spans that begin within, both included
	// What is told apart; lines are always told apart by kind.
	ByPart, BySpan, ByItem, ByDays bool
}

// SumLine is a line, without what was not asked for.
type SumLine struct {
	SumKey
	Sum
}

// basis is by what cases are counted: days off, and what else would count them
// otherwise.
type basis struct {
	Off   []string
	Rules string
}

// basis is that of this hub.
func (h *Hub) basis() basis {
	type clock struct {
		ID, Lapse             string
		Days, Extend          int
		Starts, Stops, Pauses []kiosk.Status
	}
	type kind struct {
		Name, Deadline string
		Clocks         []clock
	}
	var rules struct {
		Kinds []kind
		Zones map[string]string
	}
	for _, name := range h.Catalogue.Names() {
		k := kind{Name: name, Deadline: h.Catalogue.Form(name).Deadline}
		if l := h.Lifecycles.Kind(name); l != nil {
			for _, c := range l.Terms {
				k.Clocks = append(k.Clocks, clock{c.ID, c.Lapse, c.Days, c.Extend, c.Starts, c.Stops, c.Pauses})
			}
		}
		rules.Kinds = append(rules.Kinds, k)
	}
	rules.Zones = map[string]string{}
	for _, o := range h.Catalogue.Offices {
		rules.Zones[o.ID] = o.Location().String()
	}
	for _, o := range h.Catalogue.Units {
		rules.Zones[o.ID] = o.Location().String()
	}
	b, _ := json.Marshal(rules) // plain texts and numbers: it cannot fail
	sum := sha256.Sum256(b)
	return basis{h.calendar.Load().Off(), hex.EncodeToString(sum[:16])}
}

// text is how a basis is kept.
func (b basis) text() string {
	text, _ := json.Marshal(b)
	return string(text)
}

// never is a day after every other.
const never = math.MaxInt32

// since is the first day from which cases are counted otherwise by another basis;
// never for nothing, 0 for all.
func (b basis) since(other basis) int {
	if b.Rules != other.Rules {
		return 0
	}
	first := never
	for _, pair := range [2][2][]string{{b.Off, other.Off}, {other.Off, b.Off}} {
		for _, day := range pair[0] {
			if _, same := slices.BinarySearch(pair[1], day); same {
				continue
			}
			date, err := time.Parse(time.DateOnly, day[:len(time.DateOnly)])
			if err != nil {
				return 0
			}
			first = min(first, dayOf(date))
		}
	}
	return first
}

// recounting is who counts cases anew.
type recounting struct {
	sync.Mutex
	counted atomic.Bool  // this process has counted cases
	stale   atomic.Int64 // the first day that a calendar they were counted by had otherwise; 0: none
}

// countBy is how the store counts a case.
func (h *Hub) countBy(c Case) Facts {
	h.recounting.counted.Store(true) // before the calendar is looked at: see setCalendar
	return h.Facts(c)
}

// setCalendar takes up another calendar. What was counted by the one before, here or
// in a transaction under way, is counted anew before figures are read.
func (h *Hub) setCalendar(next *workday.Calendar) {
	before := basis{Off: h.calendar.Load().Off()}
	h.calendar.Store(next)
	if h.recounting.counted.Load() {
		h.recounting.mark(before.since(basis{Off: next.Off()}))
	}
}

// mark notes that what depends on a day or a later one is to be counted anew.
func (r *recounting) mark(from int) {
	for from != never {
		was := r.stale.Load()
		if was != 0 && was <= int64(from) || r.stale.CompareAndSwap(was, max(1, int64(from))) {
			return
		}
	}
}

// take returns since when cases are to be counted anew, never for nothing; who takes
// it counts them, or marks it again.
func (r *recounting) take() int {
	if from := r.stale.Swap(0); from != 0 {
		return int(from)
	}
	return never
}

// recountAtATime is how many cases are counted anew in one transaction: others
// wait for it.
const recountAtATime = 200

// Current makes the summaries those of today's rules and calendar. There is
// something to do only after a holiday was announced late, or with another version
// of the program or the catalogue.
func (h *Hub) Current(ctx context.Context) error {
	kept, err := h.Store.Basis(ctx)
	if err != nil {
		return err
	}
	if h.recounting.stale.Load() == 0 && kept == h.basis().text() {
		return nil
	}
	h.recounting.Lock()
	defer h.recounting.Unlock()
	if err := h.LoadHolidays(ctx); err != nil { // another process may have added one
		return err
	}
	if kept, err = h.Store.Basis(ctx); err != nil {
		return err
	}
	from, now := h.recounting.take(), h.basis()
	if kept != now.text() {
		var was basis
		if json.Unmarshal([]byte(kept), &was) != nil {
			was = basis{} // nothing yet
		}
		from = min(from, was.since(now))
	}
	if err := h.recount(ctx, from); err != nil {
		h.recounting.mark(from)
		return fmt.Errorf("count anew: %w", err)
	}
	return h.Store.SetBasis(ctx, now.text())
}

// stayCurrent keeps the summaries current until ctx ends, so that whoever looks at
// figures need not wait for it.
func (h *Hub) stayCurrent(ctx context.Context) {
	for {
		if h.Store.Shared() { // another hub may have added a holiday: a deadline must not be two days
			if err := h.LoadHolidays(ctx); err != nil && ctx.Err() == nil {
				h.Log.Error("look for holidays", "err", err)
			}
		}
		if err := h.Current(ctx); err != nil && ctx.Err() == nil {
			h.Log.Error("count the cases anew", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(10 * time.Second):
		}
	}
}

// recount counts the cases anew whose facts depend on a day or a later one.
func (h *Hub) recount(ctx context.Context, from int) error {
	if from == never {
		return nil
	}
	began, counted := time.Now(), 0
	for at, more, spent := (RecountPlace{}), true, time.Duration(0); more; {
		h.giveWay(ctx, spent)
		var n int
		var err error
		turn := time.Now()
		if at, n, err = h.Store.Recount(ctx, from, at, recountAtATime); err != nil {
			return err
		}
		counted += n
		more, spent = at != RecountPlace{}, time.Since(turn)
	}
	if counted > 0 {
		h.Log.Info("cases were counted anew for another calendar or other rules", "counted_otherwise", counted, "took", time.Since(began))
	}
	return nil
}

// Prove counts every case anew and compares with the summaries; mend puts right what
// differs. It works beside a running hub.
func (h *Hub) Prove(ctx context.Context, mend bool, progress func(done, all int)) (Proof, error) {
	h.recounting.Lock()
	defer h.recounting.Unlock()
	if err := h.LoadHolidays(ctx); err != nil {
		return Proof{}, err
	}
	from, now := h.recounting.take(), h.basis()
	p, err := h.Store.Prove(ctx, mend, progress)
	if err == nil && mend {
		err = h.Store.SetBasis(ctx, now.text())
	} else {
		h.recounting.mark(from)
	}
	if err != nil {
		return p, fmt.Errorf("compare the summaries with the cases: %w", err)
	}
	return p, nil
}
