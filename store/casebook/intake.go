package casebook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"loket/hub"
	"loket/kiosk/seal"
)

// How much one transaction takes in at most, and how much may wait for the next
// before senders are told to come back: memory is bounded whatever comes.
const (
	groupEnvelopes = 512
	groupBytes     = 32 << 20
	waitingBytes   = 64 << 20
	groupWithin    = 30 * time.Second
)

// intake gathers what arrives while a transaction is on its way to the disk into the
// next one: a hundred senders wait for one fsync, not for a hundred. The first who
// waits writes for all; nobody waits for a timer.
type intake struct {
	sync.Mutex
	waiting []*delivery
	bytes   int // of waiting
	writing bool
}

// delivery is what one sender brought.
type delivery struct {
	arrivals []hub.Arrival
	bytes    int
	held     []hub.Held
	meta     hub.Meta
	err      error
	turn     chan bool // false: it is done; true: write, for yourself and who waits
}

// Accept keeps arrivals, each once, in one durable transaction, which others may share.
// It returns [hub.ErrOverload] where more waits than memory is for, and what the casebook's
// meta was in that transaction.
func (b *Casebook) Accept(ctx context.Context, arrivals []hub.Arrival) ([]hub.Held, hub.Meta, error) {
	d := &delivery{arrivals: arrivals, turn: make(chan bool, 1)}
	for _, a := range arrivals {
		d.bytes += len(a.Bytes)
	}
	q := &b.intake
	q.Lock()
	if q.bytes > 0 && q.bytes+d.bytes > waitingBytes {
		q.Unlock()
		return nil, hub.Meta{}, hub.ErrOverload
	}
	q.waiting = append(q.waiting, d)
	q.bytes += d.bytes
	write := !q.writing
	q.writing = true
	q.Unlock()
	// Who is not the writer waits even when its own sender has gone: what it brought
	// is in somebody's hands by then.
	if write || <-d.turn {
		b.takeIn(context.WithoutCancel(ctx))
	}
	return d.held, d.meta, d.err
}

// takeIn writes a group, tells its senders, and hands the pen to who waits first.
func (b *Casebook) takeIn(ctx context.Context) {
	q := &b.intake
	q.Lock()
	n, envelopes, bytes := 0, 0, 0
	for _, d := range q.waiting { // the first in any case: it is who writes
		if n > 0 && (envelopes+len(d.arrivals) > groupEnvelopes || bytes+d.bytes > groupBytes) {
			break
		}
		n, envelopes, bytes = n+1, envelopes+len(d.arrivals), bytes+d.bytes
	}
	group := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	q.bytes -= bytes
	q.Unlock()

	b.keep(ctx, group)

	q.Lock()
	var next *delivery
	if q.writing = len(q.waiting) > 0; q.writing {
		next = q.waiting[0]
	}
	q.Unlock()
	if next != nil {
		next.turn <- true
	}
	for _, d := range group[1:] {
		d.turn <- false
	}
}

// keep stores the deliveries of a group together; where that fails each by itself, so
// that one that cannot be stored does not take others along.
func (b *Casebook) keep(ctx context.Context, group []*delivery) {
	defer func() { // what a panic leaves behind must not wait for ever
		if p := recover(); p != nil {
			for _, d := range group {
				d.held, d.err = nil, fmt.Errorf("accept: %v", p)
			}
		}
	}()
	ctx, done := context.WithTimeout(ctx, groupWithin)
	defer done()
	err := b.store(ctx, group)
	if err == nil {
		return
	}
	for _, d := range group {
		if len(group) > 1 && ctx.Err() == nil {
			err = b.store(ctx, []*delivery{d})
		}
		if d.err = err; err != nil {
			d.held = nil
		}
	}
}

func (b *Casebook) store(ctx context.Context, group []*delivery) error {
	var arrivals []hub.Arrival
	var kiosks []int64
	for _, d := range group {
		for _, a := range d.arrivals {
			arrivals, kiosks = append(arrivals, a), append(kiosks, oneKiosk(a.Kiosk))
		}
	}
	var held []hub.Held
	var meta hub.Meta
	var err error
	for range tries { // another hub may have stored the same id or number meanwhile
		err = b.locked(ctx, kiosks, func(tx *sql.Tx) (err error) {
			if held, err = b.accept(ctx, tx, arrivals); err != nil {
				return err
			}
			meta, err = b.meta(ctx, tx)
			return err
		})
		if !b.unique(err) {
			break
		}
	}
	if err != nil {
		return err
	}
	for _, d := range group {
		d.held, d.meta, d.err, held = held[:len(d.arrivals)], meta, nil, held[len(d.arrivals):]
	}
	return nil
}

// place is where an envelope stands in the chains of kiosks.
type place struct {
	kiosk, epoch string
	seq          int64
}

// link is an envelope at a place.
type link struct {
	sum  [32]byte
	prev []byte // nil where it cannot be read
}

// around is what is known of arrivals before they are stored.
type around struct {
	held   map[[32]byte]hub.Held
	ids    map[string]bool
	number map[string]bool
	links  map[place][]link
	epochs map[string]map[string]bool // by kiosk
}

// accept stores what is new of arrivals, and says of each where it is.
func (b *Casebook) accept(ctx context.Context, tx *sql.Tx, arrivals []hub.Arrival) ([]hub.Held, error) {
	known, err := b.lookAround(ctx, tx, arrivals)
	if err != nil {
		return nil, err
	}
	held := make([]hub.Held, len(arrivals))
	var fresh []hub.Arrival
	var alarms []hub.Alarm
	for i, a := range arrivals {
		if h, ok := known.held[a.SHA256]; ok {
			h.Already = true
			held[i] = h
			continue
		}
		if a.Level == seal.LevelStored && (known.ids[a.Header.ID] || known.number[string(a.Header.Number)]) {
			a.Level, a.Reason = seal.LevelQuarantined, "another envelope has the same id or number"
		}
		h := hub.Held{Level: a.Level, StoredAt: at(a.At.Unix())}
		if a.Level == seal.LevelStored {
			h.ID, known.ids[a.Header.ID], known.number[string(a.Header.Number)] = a.Header.ID, true, true
		}
		if a.Header.Epoch != "" && !a.Own {
			if alarm, wrong := known.chained(a); wrong {
				alarms = append(alarms, alarm)
			}
		}
		if a.Level == seal.LevelQuarantined {
			alarms = append(alarms, hub.Alarm{Kiosk: a.Kiosk, Kind: hub.AlarmQuarantine, Reports: 1, Reason: a.Reason, Last: a.At})
		}
		known.held[a.SHA256], held[i] = h, h
		fresh = append(fresh, a)
	}
	if len(fresh) == 0 {
		return held, nil
	}
	seqs, err := b.insert(ctx, tx, fresh)
	if err != nil {
		return nil, err
	}
	for i, a := range arrivals {
		if seq, ok := seqs[a.SHA256]; ok {
			held[i].HubSeq = seq
		}
	}
	for _, a := range alarms {
		if err := raiseAlarm(ctx, tx, a); err != nil {
			return nil, err
		}
	}
	return held, nil
}

// chained looks whether an envelope fits those beside it, and adds it to them; if it
// does not it returns what is to be raised.
func (k *around) chained(a hub.Arrival) (alarm hub.Alarm, wrong bool) {
	h, own := a.Header, link{a.SHA256, prev(a.Header)}
	here := place{a.Kiosk, h.Epoch, int64(h.Seq)}
	before, after := here, here
	before.seq--
	after.seq++
	fits, follows, told := false, false, false
	for _, l := range k.links[before] {
		fits = fits || own.prev != nil && string(l.sum[:]) == string(own.prev)
	}
	for _, l := range k.links[after] {
		told = told || l.prev != nil
		follows = follows || string(l.prev) == string(own.sum[:])
	}
	others := len(k.epochs[a.Kiosk])
	if k.epochs[a.Kiosk][h.Epoch] {
		others--
	}
	alarm = hub.Alarm{Kiosk: a.Kiosk, Epoch: h.Epoch, Seq: int64(h.Seq), Reports: 1, Last: a.At}
	switch {
	case len(k.links[here]) > 0:
		alarm.Kind, alarm.Reason = hub.AlarmFork, "two envelopes have one place"
	case len(k.links[before]) > 0 && !fits:
		alarm.Kind, alarm.Reason = hub.AlarmFork, "the envelope before is another one"
	case told && !follows:
		alarm.Kind, alarm.Reason = hub.AlarmFork, "the envelope after follows another one"
	case h.Seq == 1 && others > 0:
		alarm.Kind, alarm.Reason = hub.AlarmLost, "a second chain begins"
	}
	k.links[here] = append(k.links[here], own)
	if k.epochs[a.Kiosk] == nil {
		k.epochs[a.Kiosk] = map[string]bool{}
	}
	k.epochs[a.Kiosk][h.Epoch] = true
	return alarm, alarm.Kind != ""
}

// lookAround reads what is known of arrivals: whether they are here, what has their
// ids and numbers, and what stands beside them in their chains.
func (b *Casebook) lookAround(ctx context.Context, tx *sql.Tx, arrivals []hub.Arrival) (*around, error) {
	k := &around{map[[32]byte]hub.Held{}, map[string]bool{}, map[string]bool{}, map[place][]link{}, map[string]map[string]bool{}}
	var sums [][32]byte
	var ids, numbers, beginning []string
	var beside []place
	for _, a := range arrivals {
		sums = append(sums, a.SHA256)
		if a.Level == seal.LevelStored {
			ids, numbers = append(ids, a.Header.ID), append(numbers, string(a.Header.Number))
		}
		if a.Header.Epoch != "" && !a.Own {
			for d := int64(-1); d <= 1; d++ {
				beside = append(beside, place{a.Kiosk, a.Header.Epoch, int64(a.Header.Seq) + d})
			}
			if a.Header.Seq == 1 {
				beginning = append(beginning, a.Kiosk)
			}
		}
	}
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var h hub.Held
		var sum []byte
		var id sql.NullString
		var received int64
		err := rows.Scan(&h.HubSeq, &sum, &id, &h.Level, &received)
		h.ID, h.StoredAt = id.String, at(received)
		if err == nil {
			k.held[[32]byte(sum)] = h
		}
		return err
	}, `select hub_seq, sha256, id, level, received_at from envelope where `+b.amongSums("sha256", "$1"), b.sums(sums))
	if err == nil && len(ids) > 0 {
		err = each(ctx, tx, func(rows *sql.Rows) error {
			var id, number sql.NullString
			err := rows.Scan(&id, &number)
			k.ids[id.String], k.number[number.String] = true, true
			return err
		}, `select id, number from envelope where `+b.among("id", "$1")+` or `+b.among("number", "$2"), b.texts(ids), b.texts(numbers))
		delete(k.ids, "")
		delete(k.number, "")
	}
	if err == nil && len(beside) > 0 {
		query, parameters := b.places(beside)
		err = each(ctx, tx, func(rows *sql.Rows) error {
			var at place
			var sum, before []byte
			err := rows.Scan(&at.kiosk, &at.epoch, &at.seq, &sum, &before)
			if err == nil {
				k.links[at] = append(k.links[at], link{[32]byte(sum), before})
			}
			return err
		}, query, parameters...)
	}
	if err == nil && len(beginning) > 0 {
		err = each(ctx, tx, func(rows *sql.Rows) error {
			var name, epoch string
			err := rows.Scan(&name, &epoch)
			if k.epochs[name] == nil {
				k.epochs[name] = map[string]bool{}
			}
			k.epochs[name][epoch] = true
			return err
		}, `select distinct kiosk, epoch from envelope where `+b.among("kiosk", "$1")+` and epoch <> ''`, b.texts(beginning))
	}
	return k, err
}

// each calls f for the rows of a query.
func each(ctx context.Context, from querier, f func(*sql.Rows) error, query string, parameters ...any) error {
	rows, err := from.QueryContext(ctx, query, parameters...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// named is what an envelope is found by, nil for one in quarantine.
func named(a hub.Arrival) (id, number *string) {
	if a.Level != seal.LevelStored {
		return nil, nil
	}
	n := string(a.Header.Number)
	return &a.Header.ID, &n
}
