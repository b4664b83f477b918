package casebook

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"loket/hub"
	"loket/kiosk"
)

// Meta returns the casebook's incarnation and backup watermark.
func (b *Casebook) Meta(ctx context.Context) (m hub.Meta, err error) {
	m, same, err := b.readMeta(ctx, b.read)
	if err == nil && !same {
		err = b.locked(ctx, nil, func(tx *sql.Tx) (err error) {
			m, err = b.meta(ctx, tx)
			return err
		})
	}
	return m, err
}

type querier interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

// executor is a transaction, as far as it says texts.
type executor interface {
	querier
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}

// meta is [Casebook.Meta] in a transaction. Where the database goes on from a copy, the
// first to see so begins another incarnation, under a name that is drawn: two copies that
// go on from the same point, one after the other, may both begin the same timeline.
func (b *Casebook) meta(ctx context.Context, tx *sql.Tx) (m hub.Meta, err error) {
	m, same, err := b.readMeta(ctx, tx)
	if err != nil || same {
		return m, err
	}
	var id [4]byte
	rand.Read(id[:])
	if _, err := tx.ExecContext(ctx, `update meta set renewed = $1, lineage = `+b.lineage()+` where lineage <> `+b.lineage(), hex.EncodeToString(id[:])); err != nil {
		return m, err
	}
	m, _, err = b.readMeta(ctx, tx)
	return m, err
}

// readMeta also reports whether it is still the same database that writes.
func (b *Casebook) readMeta(ctx context.Context, from querier) (m hub.Meta, same bool, err error) {
	var backup int64
	var renewed string
	err = from.QueryRowContext(ctx, `select incarnation, renewed, watermark, backup_at, lineage = `+b.lineage()+` from meta`).Scan(&m.Incarnation, &renewed, &m.Watermark, &backup, &same)
	if backup > 0 {
		m.BackupAt = at(backup)
	}
	if renewed != "" {
		m.Incarnation += "-" + renewed
	}
	return m, same, err
}

// unopenedBytes is how much of what lies unopened is taken into memory at a time.
const unopenedBytes = 16 << 20

// Unopened returns up to n stored envelopes that are no case yet, fewer where they
// are large, but one at least where there is one.
func (b *Casebook) Unopened(ctx context.Context, n int) (map[int64][]byte, error) {
	rows, err := b.often.QueryContext(ctx, `select hub_seq, bytes from envelope where opened_at is null and level = 'stored' order by hub_seq limit $1`, n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int64][]byte{}
	for total := 0; total < unopenedBytes && rows.Next(); {
		var seq int64
		var bytes []byte
		if err := rows.Scan(&seq, &bytes); err != nil {
			return nil, err
		}
		out[seq] = bytes
		total += len(bytes)
	}
	return out, rows.Err()
}

// OpenCases opens the cases of envelopes in one transaction.
func (b *Casebook) OpenCases(ctx context.Context, all []hub.Opening) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		d := deltas{}
		again, done := b.repeating(tx)
		defer done()
		for _, o := range all {
			if err := b.openCase(ctx, again, o.HubSeq, o.Case, d); err != nil {
				return err
			}
		}
		return d.keep(ctx, tx, b.adding)
	})
}

func (b *Casebook) openCase(ctx context.Context, tx executor, hubSeq int64, c hub.Case, d deltas) error {
	answers, err := json.Marshal(c.Answers)
	if err != nil {
		return err
	}
	helped := ""
	if c.Helped != nil {
		text, err := json.Marshal(c.Helped)
		if err != nil {
			return err
		}
		helped = string(text)
	}
	var received int64
	if err := tx.QueryRowContext(ctx, `select received_at from envelope where hub_seq = $1 and number = $2 and opened_at is null`+b.held(), hubSeq, string(c.Number)).Scan(&received); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil // opened by another process, or not the same envelope
		}
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into cases (number, hub_seq, form, version, language, identity, office, filed_at, received_at, status, answers, code_mac, anonim, rahasia, unit, helped)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		string(c.Number), hubSeq, c.Form.Name, c.Form.Version, string(c.Language), string(c.Identity), c.Office, c.FiledAt.Unix(), received, string(c.Status), string(answers), c.CodeMAC, c.Anonim, c.Rahasia, c.Office, helped)
	if err != nil {
		return fmt.Errorf("open case: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `insert into event (number, at, officer, status) values ($1, $2, '', $3)`, string(c.Number), received, string(c.Status)); err != nil {
		return err
	}
	if err := b.countNew(ctx, tx, c, received, d); err != nil {
		return err
	}
	if err := enqueue(ctx, tx, c.Opened(at(received))); err != nil {
		return err
	}
	var written []string
	for _, a := range c.Answers {
		written = append(written, a)
	}
	if err := b.findable(ctx, tx, c.Number, written...); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `update envelope set opened_at = $1 where hub_seq = $2`, received, hubSeq)
	return err
}

// Quarantine marks an envelope that cannot be opened; its bytes stay.
func (b *Casebook) Quarantine(ctx context.Context, hubSeq int64, sum [32]byte, reason string, now time.Time) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		a := hub.Alarm{Kind: hub.AlarmQuarantine, Reports: 1, Reason: reason, Last: now}
		err := tx.QueryRowContext(ctx, `update envelope set level = 'quarantined', reason = $1 where hub_seq = $2 and sha256 = $3 returning kiosk`, reason, hubSeq, sum[:]).Scan(&a.Kiosk)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // not the same envelope
		}
		if err != nil {
			return err
		}
		return raiseAlarm(ctx, tx, a)
	})
}

// Envelope returns the bytes of a number as they came.
func (b *Casebook) Envelope(ctx context.Context, n kiosk.Number) (bytes []byte, err error) {
	err = b.read.QueryRowContext(ctx, `select bytes from envelope where number = $1`, string(n)).Scan(&bytes)
	return bytes, found(err)
}

// Arrived tells whether a number has reached the hub.
func (b *Casebook) Arrived(ctx context.Context, n kiosk.Number) (bool, error) {
	var count int
	err := b.often.QueryRowContext(ctx, `select count(*) from envelope where number = $1`, string(n)).Scan(&count)
	return count > 0, err
}

// Contiguous is how many envelopes of a kiosk became cases, or went into
// quarantine, without a hole.
func (b *Casebook) Contiguous(ctx context.Context, kioskID string) (int, error) {
	var n int
	err := b.often.QueryRowContext(ctx, `select case when exists (select 1 from envelope where kiosk = $1 and seq = 1 and (opened_at is not null or level = 'quarantined')) then
		(select min(e.seq) from envelope e where e.kiosk = $1 and e.seq > 0 and not exists
			(select 1 from envelope f where f.kiosk = e.kiosk and f.epoch = e.epoch and f.seq = e.seq + 1 and (f.opened_at is not null or f.level = 'quarantined'))) else 0 end`, kioskID).Scan(&n)
	return n, err
}
