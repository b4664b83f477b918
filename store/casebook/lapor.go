package casebook

import (
	"context"
	"database/sql"

	"loket/hub"
	"loket/kiosk"
)

// Handovers are the reports that are on their way to LAPOR!, or there.
func (b *Casebook) Handovers(ctx context.Context) (map[kiosk.Number]hub.Handover, error) {
	rows, err := b.read.QueryContext(ctx, `select number, state, reason, by, at from handover`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[kiosk.Number]hub.Handover{}
	for rows.Next() {
		var n kiosk.Number
		var h hub.Handover
		var when int64
		if err := rows.Scan(&n, &h.State, &h.Reason, &h.By, &when); err != nil {
			return nil, err
		}
		h.At = at(when)
		all[n] = h
	}
	return all, rows.Err()
}

// HandOver notes how a report's way to LAPOR! stands, if it still stood as it was
// seen, and adds to its story.
func (b *Casebook) HandOver(ctx context.Context, n kiosk.Number, from, h hub.Handover, story ...hub.Event) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		var done sql.Result
		var err error
		if from.State == hub.HandoverWaits {
			done, err = tx.ExecContext(ctx, `insert into handover (number, state, reason, by, at) values ($1, $2, $3, $4, $5) on conflict (number) do nothing`,
				string(n), string(h.State), h.Reason, h.By, h.At.Unix())
		} else {
			done, err = tx.ExecContext(ctx, `update handover set state = $1, reason = $2, by = $3, at = $4 where number = $5 and state = $6 and at = $7`,
				string(h.State), h.Reason, h.By, h.At.Unix(), string(n), string(from.State), from.At.Unix())
		}
		if err != nil {
			return err
		}
		changed, err := done.RowsAffected()
		if err == nil && changed == 0 {
			err = hub.ErrChanged
		}
		if err != nil {
			return err
		}
		for _, e := range story {
			if _, err := tx.ExecContext(ctx, tell, e.At.Unix(), string(e.Kind), e.Officer, e.Note, string(n)); err != nil {
				return err
			}
		}
		return nil
	})
}

// known notes that LAPOR!'s number came, however it stood before.
const known = `insert into handover (number, state, reason, by, at) values ($1, $2, $3, $4, $5)
	on conflict (number) do update set state = excluded.state, reason = excluded.reason, by = excluded.by, at = excluded.at`

// SetLapor writes LAPOR!'s number of a report, says so in its story and lets it
// be found by it.
func (b *Casebook) SetLapor(ctx context.Context, n kiosk.Number, id string, e hub.Event) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `update cases set lapor = $1 where number = $2 and lapor <> $1`, id, string(n))
		if err != nil {
			return err
		}
		if changed, err := done.RowsAffected(); err != nil || changed == 0 {
			return err // it has this number already
		}
		if _, err := tx.ExecContext(ctx, known, string(n), string(hub.HandoverKnown), "", e.Officer, e.At.Unix()); err != nil {
			return err
		}
		// The status is the one that it has now, or its clocks would be counted wrong.
		if _, err := tx.ExecContext(ctx, `insert into event (number, at, kind, officer, status, outcome, reason, said, note, target)
			select number, $1, $2, $3, status, '', '', '', '', $4 from cases where number = $5`, e.At.Unix(), string(e.Kind), e.Officer, e.Target, string(n)); err != nil {
			return err
		}
		return b.findable(ctx, tx, n, id)
	})
}
