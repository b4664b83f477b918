package casebook

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"loket/hub"
)

// KeepOpinion keeps an answered survey.
func (b *Casebook) KeepOpinion(ctx context.Context, hubSeq int64, sum [32]byte, o hub.Opinion) error {
	answers, err := json.Marshal(o.Answers)
	if err != nil {
		return err
	}
	return b.in(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `update envelope set opened_at = received_at where hub_seq = $1 and sha256 = $2 and opened_at is null`, hubSeq, sum[:])
		if err != nil {
			return err
		}
		if opened, err := done.RowsAffected(); err != nil || opened == 0 {
			return err // opened by another process, or not the same envelope
		}
		if _, err := tx.ExecContext(ctx, `insert into opinion (hub_seq, form, version, office, day, answers) values ($1, $2, $3, $4, $5, $6)
			on conflict (hub_seq) do nothing`, hubSeq, o.Form.Name, o.Form.Version, o.Office, o.Day, string(answers)); err != nil {
			return fmt.Errorf("keep opinion: %w", err)
		}
		return nil
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

// KeepServed adds how many were served, which counts from now on.
func (b *Casebook) KeepServed(ctx context.Context, s hub.Served) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into survey_served (office, unit, service, first, last, served, officer, at, edition)
		select $1, $2, $3, $4, $5, $6, $7, $8, coalesce(max(edition), 0) + 1 from survey_served where office = $9 and unit = $10 and service = $11 and first = $12 and last = $13`,
			s.Office, s.Unit, s.Service, s.From, s.To, s.Count, s.Officer, s.At.Unix(), s.Office, s.Unit, s.Service, s.From, s.To)
		return err
	})
}

// Served returns how many were served in a period, each place once.
func (b *Casebook) Served(ctx context.Context, from, to string) (all []hub.Served, err error) {
	rows, err := b.read.QueryContext(ctx, `select office, unit, service, first, last, served, officer, at from survey_served as s where first = $1 and last = $2
		and edition = (select max(edition) from survey_served as o where o.office = s.office and o.unit = s.unit and o.service = s.service and o.first = s.first and o.last = s.last)
		order by office, unit, service`, from, to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s hub.Served
		var when int64
		if err := rows.Scan(&s.Office, &s.Unit, &s.Service, &s.From, &s.To, &s.Count, &s.Officer, &when); err != nil {
			return nil, err
		}
		s.At = at(when)
		all = append(all, s)
	}
	return all, rows.Err()
}
