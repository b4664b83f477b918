package casebook

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"loket/hub"
)

// KeepOpinion keeps an answered survey.
func (b *Casebook) KeepOpinion(ctx context.Context, hubSeq int64, o hub.Opinion) error {
	answers, err := json.Marshal(o.Answers)
	if err != nil {
		return err
	}
	return b.in(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `insert into opinion (hub_seq, form, version, office, day, answers) values ($1, $2, $3, $4, $5, $6)
			on conflict (hub_seq) do nothing`, hubSeq, o.Form.Name, o.Form.Version, o.Office, o.Day, string(answers)); err != nil {
			return fmt.Errorf("keep opinion: %w", err)
		}
		_, err := tx.ExecContext(ctx, `update envelope set opened_at = received_at where hub_seq = $1 and opened_at is null`, hubSeq)
		return err
	})
}

// Opinions returns the answered surveys of a form since a day, oldest first.
func (b *Casebook) Opinions(ctx context.Context, form, since string) ([]hub.Opinion, error) {
	rows, err := b.read.QueryContext(ctx, `select form, version, office, day, answers from opinion where form = $1 and day >= $2 order by day, hub_seq`, form, since)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []hub.Opinion{}
	for rows.Next() {
		var o hub.Opinion
		var answers string
		if err := rows.Scan(&o.Form.Name, &o.Form.Version, &o.Office, &o.Day, &answers); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(answers), &o.Answers); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, rows.Err()
}
