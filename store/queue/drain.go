package queue

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"loket/kiosk"
	"loket/kiosk/seal"
)

// Retention is how long an envelope is kept after the hub has it in a backup:
// longer than any backup's own life, so that a hub restored from an old one
// can ask again.
const Retention = 35 * 24 * time.Hour

// large is from how many bytes on an envelope waits behind the others: a page that
// was scanned holds up no report.
const large = 300 << 10

// Next returns up to n envelopes that the hub has not acknowledged and that
// are due for a try, oldest first but for large ones, of at most maxBytes together
// (but always one). None is no error.
func (q *Queue) Next(ctx context.Context, n, maxBytes int) (_ []seal.Queued, err error) {
	if err := q.usable(); err != nil {
		return nil, err
	}
	defer q.watch(&err)
	rows, err := q.db.QueryContext(ctx, `select seq, bytes from envelope where acked_at is null and next_try <= $1 order by length(bytes) > $2, seq limit $3`, q.now().Unix(), large, n)
	if err != nil {
		return nil, fmt.Errorf("next envelopes: %w", err)
	}
	return some(rows, maxBytes)
}

// some reads envelopes of at most maxBytes together, but always one.
func some(rows *sql.Rows, maxBytes int) (out []seal.Queued, err error) {
	defer rows.Close()
	total := 0
	for rows.Next() {
		var w seal.Queued
		if err := rows.Scan(&w.Seq, &w.Bytes); err != nil {
			return nil, fmt.Errorf("next envelopes: %w", err)
		}
		if total += len(w.Bytes) + 4; len(out) > 0 && total > maxBytes {
			break
		}
		out = append(out, w)
	}
	return out, rows.Err()
}

// Waiting is [Queue.Next] for who carries all there is: envelopes that the hub has
// not acknowledged, due for a try or not, from behind a place on; after
// [math.MinInt64] from the first.
func (q *Queue) Waiting(ctx context.Context, after int64, n, maxBytes int) (_ []seal.Queued, err error) {
	if err := q.usable(); err != nil {
		return nil, err
	}
	defer q.watch(&err)
	rows, err := q.db.QueryContext(ctx, `select seq, bytes from envelope where acked_at is null and seq > $1 order by seq limit $2`, after, n)
	if err != nil {
		return nil, fmt.Errorf("waiting envelopes: %w", err)
	}
	return some(rows, maxBytes)
}

// Unacknowledged is how many envelopes wait.
func (q *Queue) Unacknowledged(ctx context.Context) (int, error) {
	c, err := q.Count(ctx)
	return c.Waiting, err
}

// Find returns the place of the envelope with a SHA-256; false where there is none.
func (q *Queue) Find(ctx context.Context, sum [32]byte) (p seal.Place, found bool, err error) {
	if err := q.usable(); err != nil {
		return p, false, err
	}
	defer q.watch(&err)
	err = q.db.QueryRowContext(ctx, `select seq, acked_at is not null from envelope where sha256 = $1`, sum[:]).Scan(&p.Seq, &p.Acknowledged)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("find envelope: %w", err)
	}
	return p, true, nil
}

// Sent says of a number whether its report was filed here, and when the hub had it,
// by the hub's clock: the zero time while it waits.
func (q *Queue) Sent(ctx context.Context, n kiosk.Number) (here bool, at time.Time, err error) {
	if err := q.usable(); err != nil {
		return false, at, err
	}
	defer q.watch(&err)
	var acked sql.NullInt64
	err = q.db.QueryRowContext(ctx, `select acked_at from envelope where number = $1`, string(n)).Scan(&acked)
	if errors.Is(err, sql.ErrNoRows) {
		return false, at, nil
	}
	if err != nil {
		return false, at, fmt.Errorf("find a number: %w", err)
	}
	if acked.Valid {
		at = time.Unix(acked.Int64, 0)
	}
	return true, at, nil
}

// Acknowledge marks the envelopes at these places as held by the hub, in one
// transaction.
func (q *Queue) Acknowledge(ctx context.Context, acks map[int64]seal.Ack) (err error) {
	if err := q.usable(); err != nil {
		return err
	}
	defer q.watch(&err)
	tx, err := q.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	defer tx.Rollback()
	for seq, a := range acks {
		if _, err := tx.ExecContext(ctx, `update envelope set acked_at = $1, level = $2, incarnation = $3, hub_seq = $4 where seq = $5 and acked_at is null`,
			a.StoredAt.Unix(), a.Level, a.Incarnation, a.HubSeq, seq); err != nil {
			return fmt.Errorf("acknowledge: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	return nil
}

// Recall makes every envelope that is still here and that the hub acknowledged
// as another incarnation wait again: the hub was restored from a backup and may
// lack it. Sending one twice does no harm. It returns how many wait again.
func (q *Queue) Recall(ctx context.Context, incarnation string) (_ int64, err error) {
	if err := q.usable(); err != nil {
		return 0, err
	}
	defer q.watch(&err)
	done, err := q.db.ExecContext(ctx, `update envelope set acked_at = null, level = null, incarnation = null, hub_seq = null, tries = 0, next_try = 0
		where acked_at is not null and bytes is not null and incarnation <> $1`, incarnation)
	if err != nil {
		return 0, fmt.Errorf("recall: %w", err)
	}
	return done.RowsAffected()
}

// Head is the place and hash of the newest envelope. It returns [ErrNotEnrolled]
// for a queue without a chain.
func (q *Queue) Head(ctx context.Context) (h seal.Head, err error) {
	if err := q.usable(); err != nil {
		return seal.Head{}, err
	}
	defer q.watch(&err)
	var sum []byte
	err = q.db.QueryRowContext(ctx, `select epoch, seq, head from chain`).Scan(&h.Epoch, &h.Seq, &sum)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotEnrolled
	}
	if err != nil {
		return h, fmt.Errorf("head: %w", err)
	}
	h.SHA256 = hex.EncodeToString(sum)
	return h, nil
}

// Postpone puts one envelope aside until a time, so that those behind it go
// first. It is never given up.
func (q *Queue) Postpone(ctx context.Context, seq int64, until time.Time) (err error) {
	if err := q.usable(); err != nil {
		return err
	}
	defer q.watch(&err)
	if _, err := q.db.ExecContext(ctx, `update envelope set tries = tries + 1, next_try = $1 where seq = $2`, until.Unix(), seq); err != nil {
		return fmt.Errorf("postpone: %w", err)
	}
	return nil
}

// Hasten makes every postponed envelope due again.
func (q *Queue) Hasten(ctx context.Context) (err error) {
	if err := q.usable(); err != nil {
		return err
	}
	defer q.watch(&err)
	if _, err := q.db.ExecContext(ctx, `update envelope set next_try = 0 where acked_at is null and next_try > 0`); err != nil {
		return fmt.Errorf("hasten: %w", err)
	}
	return nil
}

// Purge drops the bytes of envelopes that the hub holds in a backup (hub_seq
// at or below watermark, same incarnation) and that it received longer than
// [Retention] before now. All three are the hub's word: a kiosk's clock may run
// ahead by years. The hash stays, so that a loss could still be named; what was
// quarantined stays whole.
func (q *Queue) Purge(ctx context.Context, incarnation string, watermark int64, now time.Time) (_ int64, err error) {
	if err := q.usable(); err != nil {
		return 0, err
	}
	defer q.watch(&err)
	done, err := q.db.ExecContext(ctx, `update envelope set bytes = null, purged_at = $1
		where bytes is not null and level = $2 and incarnation = $3 and hub_seq <= $4 and acked_at <= $5`,
		q.now().Unix(), seal.LevelStored, incarnation, watermark, now.Add(-Retention).Unix())
	if err != nil {
		return 0, fmt.Errorf("purge: %w", err)
	}
	return done.RowsAffected()
}

// Count is what the queue holds, for people and for programs.
type Count struct {
	Waiting       int        `json:"waiting"`      // not acknowledged by the hub
	Acknowledged  int        `json:"acknowledged"` // held by the hub (purged ones too)
	Quarantined   int        `json:"quarantined"`  // of those, the ones the hub could not use
	Purged        int        `json:"purged"`       // of those, the ones no longer kept here
	Postponed     int        `json:"postponed"`    // of the waiting, the ones the hub refused
	OldestWaiting *time.Time `json:"oldest_waiting"`
	Epoch         string     `json:"epoch"`
	Head          string     `json:"head"` // SHA-256 of the newest envelope, hex
}

// Count counts the queue.
func (q *Queue) Count(ctx context.Context) (_ Count, err error) {
	if err := q.usable(); err != nil {
		return Count{}, err
	}
	defer q.watch(&err)
	var c Count
	var oldest sql.NullInt64
	err = q.db.QueryRowContext(ctx, `select
		count(*) filter (where acked_at is null), count(*) filter (where acked_at is not null),
		count(*) filter (where level = $1), count(*) filter (where purged_at is not null),
		count(*) filter (where acked_at is null and tries > 0), min(stored_at) filter (where acked_at is null) from envelope`, seal.LevelQuarantined).
		Scan(&c.Waiting, &c.Acknowledged, &c.Quarantined, &c.Purged, &c.Postponed, &oldest)
	if err != nil {
		return c, fmt.Errorf("count queue: %w", err)
	}
	if oldest.Valid {
		t := time.Unix(oldest.Int64, 0).UTC()
		c.OldestWaiting = &t
	}
	var head []byte
	switch err := q.db.QueryRowContext(ctx, `select epoch, head from chain`).Scan(&c.Epoch, &head); err {
	case nil:
		c.Head = hex.EncodeToString(head)
	case sql.ErrNoRows:
	default:
		return c, fmt.Errorf("count queue: %w", err)
	}
	return c, nil
}
