package casebook

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"loket/hub"
	"loket/kiosk/seal"
)

// raiseAlarm adds to the open alarm of its kind, or opens one.
func raiseAlarm(ctx context.Context, tx *sql.Tx, a hub.Alarm) error {
	_, err := tx.ExecContext(ctx, `insert into alarm (kiosk, kind, epoch, seq, reports, reason, first_at, last_at) values ($1, $2, $3, $4, $5, $6, $7, $7)
		on conflict (kiosk, kind, epoch) where noted_at is null do update set seq = case when excluded.seq < alarm.seq then excluded.seq else alarm.seq end, reports = alarm.reports + excluded.reports, reason = excluded.reason, last_at = excluded.last_at`,
		a.Kiosk, string(a.Kind), a.Epoch, a.Seq, a.Reports, a.Reason, a.Last.Unix())
	return err
}

// prev is what an envelope says of the one before it, nil where it cannot be read.
func prev(h seal.Header) []byte {
	b, err := hex.DecodeString(h.Prev)
	if err != nil || len(b) != 32 {
		return nil
	}
	return b
}

// told is where a kiosk's chain stood as it told last, and what of it is here.
type told struct {
	epoch                         string
	seq, most, here, fits, others int64
}

func (t *told) read(ctx context.Context, from querier, kioskID string, head seal.Head) error {
	sum, err := hex.DecodeString(head.SHA256)
	if err != nil {
		return err
	}
	return found(from.QueryRowContext(ctx, `select head_epoch, head_seq,
		(select coalesce(max(seq), 0) from envelope where kiosk = $1 and epoch = $2),
		(select count(*) from envelope where kiosk = $1 and epoch = $2 and seq = $3),
		(select count(*) from envelope where kiosk = $1 and epoch = $2 and seq = $3 and sha256 = $4),
		(select count(*) from envelope where kiosk = $1 and epoch <> $2 and epoch <> '')
		from kiosk where id = $1`, kioskID, head.Epoch, int64(head.Seq), sum).Scan(&t.epoch, &t.seq, &t.most, &t.here, &t.fits, &t.others))
}

// nothing reports whether a head says nothing new: what was noted is not raised at
// each contact.
func (t *told) nothing(head seal.Head) bool {
	return head.Epoch == t.epoch && int64(head.Seq) == t.seq && (t.here == 0 || t.fits > 0)
}

// Head keeps what a kiosk says of its chain. Where that is nothing new, as mostly, no
// writer is held up.
func (b *Casebook) Head(ctx context.Context, kioskID string, head seal.Head, carried bool, now time.Time) error {
	var before told
	if err := before.read(ctx, b.read, kioskID, head); err != nil || before.nothing(head) {
		return err
	}
	return b.locked(ctx, []int64{oneKiosk(kioskID)}, func(tx *sql.Tx) error {
		var t told
		if err := t.read(ctx, tx, kioskID, head); err != nil {
			return err
		}
		if t.nothing(head) {
			return nil
		}
		alarm := hub.Alarm{Kiosk: kioskID, Epoch: head.Epoch, Seq: int64(head.Seq), Last: now}
		// A stick may come after another that was written later.
		late := carried && (head.Epoch == t.epoch && int64(head.Seq) < t.seq || int64(head.Seq) < t.most || head.Epoch != t.epoch && t.epoch != "" && t.most > 0)
		if late && (t.here == 0 || t.fits > 0) {
			return nil
		}
		switch {
		case !late && (head.Epoch == t.epoch && int64(head.Seq) < t.seq || int64(head.Seq) < t.most):
			alarm.Kind, alarm.Reason = hub.AlarmBackward, "the kiosk stands before what it sent or told"
		case t.here > 0 && t.fits == 0:
			alarm.Kind, alarm.Reason = hub.AlarmFork, "the kiosk's newest envelope is another one"
		case head.Epoch != t.epoch && (t.epoch != "" || t.others > 0):
			alarm.Kind, alarm.Reason = hub.AlarmLost, "a second chain begins"
		}
		if alarm.Kind != "" {
			var open int
			if err := tx.QueryRowContext(ctx, `select count(*) from alarm where kiosk = $1 and kind = $2 and epoch = $3 and noted_at is null`, kioskID, string(alarm.Kind), head.Epoch).Scan(&open); err != nil {
				return err
			}
			if alarm.Kind == hub.AlarmBackward && open == 0 {
				alarm.Reports = int(max(t.most, t.seq)) - int(head.Seq)
			}
			if err := raiseAlarm(ctx, tx, alarm); err != nil {
				return err
			}
		}
		if late {
			return nil
		}
		_, err := tx.ExecContext(ctx, `update kiosk set head_epoch = $2, head_seq = $3, head_at = $4 where id = $1`, kioskID, head.Epoch, int64(head.Seq), now.Unix())
		return err
	})
}

// holes is a query for how much of chains is missing up to the last place that was known
// at a time, and where that begins.
func holes(envelopes, heads string) string {
	return `with known as (
			select kiosk, epoch, max(seq) as top from envelope where epoch <> '' and received_at <= $1` + envelopes + ` group by kiosk, epoch
			union all select id, head_epoch, head_seq from kiosk where head_epoch <> '' and head_at <= $1` + heads + `),
		tops as (select kiosk, epoch, max(top) as top from known group by kiosk, epoch)
		select t.kiosk, t.epoch, t.top - (select count(distinct seq) from envelope e where e.kiosk = t.kiosk and e.epoch = t.epoch and e.seq between 1 and t.top),
			(select coalesce(min(e.seq), 0) from (select 0 as seq union select seq from envelope where kiosk = t.kiosk and epoch = t.epoch) e
				where e.seq < t.top and not exists (select 1 from envelope f where f.kiosk = t.kiosk and f.epoch = t.epoch and f.seq = e.seq + 1)) + 1
		from tops t`
}

var allHoles, holesOfOne = holes(``, ``), holes(` and kiosk = $2 and epoch = $3`, ` and id = $2 and head_epoch = $3`)

// FindHoles raises what is missing of each chain. Every envelope is looked at for that,
// which holds nobody up who writes; only where something may be missing, or was, it is
// looked at again before that is said.
func (b *Casebook) FindHoles(ctx context.Context, known, now time.Time) error {
	var chains []hub.Alarm
	raised := map[[2]string]bool{}
	err := each(ctx, b.read, func(rows *sql.Rows) error {
		var of [2]string
		err := rows.Scan(&of[0], &of[1])
		raised[of] = true
		return err
	}, `select kiosk, epoch from alarm where kind = $1 and noted_at is null`, string(hub.AlarmHole))
	if err == nil {
		err = each(ctx, b.read, func(rows *sql.Rows) error {
			var a hub.Alarm
			err := rows.Scan(&a.Kiosk, &a.Epoch, &a.Reports, &a.Seq)
			if a.Reports > 0 || raised[[2]string{a.Kiosk, a.Epoch}] {
				chains = append(chains, a)
			}
			return err
		}, allHoles, known.Unix())
	}
	if err != nil || len(chains) == 0 {
		return err
	}
	return b.in(ctx, func(tx *sql.Tx) error {
		for _, a := range chains {
			if err := tx.QueryRowContext(ctx, holesOfOne, known.Unix(), a.Kiosk, a.Epoch).Scan(&a.Kiosk, &a.Epoch, &a.Reports, &a.Seq); err != nil {
				return err
			}
			var err error
			if a.Reports == 0 {
				_, err = tx.ExecContext(ctx, `update alarm set noted_at = $1 where kiosk = $2 and epoch = $3 and kind = $4 and noted_at is null`, now.Unix(), a.Kiosk, a.Epoch, string(hub.AlarmHole))
			} else {
				// The same hole, once noted, is not raised again.
				_, err = tx.ExecContext(ctx, `insert into alarm (kiosk, kind, epoch, seq, reports, reason, first_at, last_at)
					select $1, $2, $3, $4, $5, '', $6, $6 where not exists (select 1 from alarm where kiosk = $1 and kind = $2 and epoch = $3 and noted_at is not null and noted_by <> '' and reports >= $5)
					on conflict (kiosk, kind, epoch) where noted_at is null do update set seq = excluded.seq, reports = excluded.reports, last_at = excluded.last_at`,
					a.Kiosk, string(hub.AlarmHole), a.Epoch, a.Seq, a.Reports, now.Unix())
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Alarms returns the alarms, the open ones first.
func (b *Casebook) Alarms(ctx context.Context) ([]hub.Alarm, error) {
	rows, err := b.read.QueryContext(ctx, `select id, kiosk, kind, epoch, seq, reports, reason, first_at, last_at, noted_at, noted_by, note from alarm order by noted_at is not null, last_at desc, id desc`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []hub.Alarm{}
	for rows.Next() {
		var a hub.Alarm
		var first, last int64
		var noted sql.NullInt64
		if err := rows.Scan(&a.ID, &a.Kiosk, &a.Kind, &a.Epoch, &a.Seq, &a.Reports, &a.Reason, &first, &last, &noted, &a.NotedBy, &a.Note); err != nil {
			return nil, err
		}
		a.First, a.Last, a.NotedAt = at(first), at(last), maybe(noted)
		all = append(all, a)
	}
	return all, rows.Err()
}

// NoteAlarm closes an open alarm.
func (b *Casebook) NoteAlarm(ctx context.Context, id int64, by, note string, when time.Time) error {
	return one(b.write.ExecContext(ctx, `update alarm set noted_at = $1, noted_by = $2, note = $3 where id = $4 and noted_at is null`, when.Unix(), by, note, id))
}

// SetKioskState keeps whether a kiosk is listened to as usual.
func (b *Casebook) SetKioskState(ctx context.Context, kioskID string, state hub.KioskState, reason string) error {
	return one(b.write.ExecContext(ctx, `update kiosk set state = $1, state_reason = $2 where id = $3`, string(state), reason, kioskID))
}

// one turns a change of no row into hub.ErrNotFound.
func one(done sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(hub.ErrNotFound, err)
	}
	return nil
}

// Quarantined returns what is kept of a kiosk in quarantine.
func (b *Casebook) Quarantined(ctx context.Context, kioskID string) (map[int64][]byte, error) {
	rows, err := b.read.QueryContext(ctx, `select hub_seq, bytes from envelope where kiosk = $1 and level = 'quarantined' order by hub_seq`, kioskID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[int64][]byte{}
	for rows.Next() {
		var seq int64
		var bytes []byte
		if err := rows.Scan(&seq, &bytes); err != nil {
			return nil, err
		}
		all[seq] = bytes
	}
	return all, rows.Err()
}

// Release takes an envelope out of quarantine.
func (b *Casebook) Release(ctx context.Context, hubSeq int64, h seal.Header) (taken bool, err error) {
	err = b.in(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `update envelope set level = 'stored', reason = '', id = $2, number = $3, epoch = $4, seq = $5, prev = $6
		where hub_seq = $1 and level = 'quarantined' and not exists (select 1 from envelope where (id = $2 or number = $3) and hub_seq <> $1)`,
			hubSeq, h.ID, string(h.Number), h.Epoch, int64(h.Seq), prev(h))
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		taken = n == 1
		return err
	})
	return taken, err
}
