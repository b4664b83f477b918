package casebook

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"loket/hub"
	"loket/kiosk"
)

// tell adds to a case's story in a transaction, with the status that it has.
const tell = `insert into event (number, at, kind, officer, status, outcome, reason, said, note)
	select number, $1, $2, $3, status, '', '', '', $4 from cases where number = $5`

// GiveNumber gives a case the next number of its book, or returns the one it
// has.
func (b *Casebook) GiveNumber(ctx context.Context, n hub.RegisterNumber, label func(int) string) (hub.RegisterNumber, error) {
	err := b.in(ctx, func(tx *sql.Tx) error {
		has, err := scanNumber(tx.QueryRowContext(ctx, `select `+numberColumns+` from register_number where number = $1`, string(n.Number)))
		if !errors.Is(err, sql.ErrNoRows) {
			n = has
			return err
		}
		err = tx.QueryRowContext(ctx, `select coalesce(max(n), 0) + 1 from register_number where kind = $1 and office = $2 and year = $3`, n.Kind, n.Office, n.Year).Scan(&n.N)
		if err != nil {
			return err
		}
		n.Label = label(n.N)
		if _, err := tx.ExecContext(ctx, `insert into register_number (kind, office, year, n, number, label, given_by, given_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			n.Kind, n.Office, n.Year, n.N, string(n.Number), n.Label, n.By, n.At.Unix()); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, tell, n.At.Unix(), string(hub.Registered), n.By, n.Label, string(n.Number)); err != nil {
			return err
		}
		return b.findable(ctx, tx, n.Number, n.Label)
	})
	if err != nil {
		return n, fmt.Errorf("give number: %w", err)
	}
	return n, nil
}

const numberColumns = `kind, office, year, n, number, label, given_by, given_at`

func scanNumber(row interface{ Scan(...any) error }) (n hub.RegisterNumber, err error) {
	var given int64
	err = row.Scan(&n.Kind, &n.Office, &n.Year, &n.N, &n.Number, &n.Label, &n.By, &given)
	n.At = at(given)
	return n, err
}

// RegisterNumbers returns the numbers that a kind's books have given, in order.
func (b *Casebook) RegisterNumbers(ctx context.Context, kind string) (all []hub.RegisterNumber, err error) {
	rows, err := b.read.QueryContext(ctx, `select `+numberColumns+` from register_number where kind = $1 order by office, year, n`, kind)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		n, err := scanNumber(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, rows.Err()
}

// RegisterNumber returns the number that a case has in its book, or
// hub.ErrNotFound.
func (b *Casebook) RegisterNumber(ctx context.Context, n kiosk.Number) (hub.RegisterNumber, error) {
	x, err := scanNumber(b.read.QueryRowContext(ctx, `select `+numberColumns+` from register_number where number = $1`, string(n)))
	return x, found(err)
}

const entryColumns = `number, edition, undocumented, form, given, cost, payment, superior, position, response, officer, at`

func scanEntry(row interface{ Scan(...any) error }) (e hub.RegisterEntry, err error) {
	var when int64
	err = row.Scan(&e.Number, &e.Edition, &e.Undocumented, &e.Form, &e.Given, &e.Cost, &e.Payment, &e.Superior, &e.Position, &e.Response, &e.Officer, &when)
	e.At = at(when)
	return e, err
}

// Enter adds an entry to a case's line, or returns hub.ErrChanged if its edition
// is not the next.
func (b *Casebook) Enter(ctx context.Context, e hub.RegisterEntry) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		var last int
		if err := tx.QueryRowContext(ctx, `select coalesce(max(edition), 0) from register_entry where number = $1`, string(e.Number)).Scan(&last); err != nil {
			return err
		}
		if e.Edition != last+1 {
			return hub.ErrChanged
		}
		if _, err := tx.ExecContext(ctx, `insert into register_entry (`+entryColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			string(e.Number), e.Edition, e.Undocumented, e.Form, e.Given, e.Cost, e.Payment, e.Superior, e.Position, e.Response, e.Officer, e.At.Unix()); err != nil {
			return fmt.Errorf("enter: %w", err)
		}
		if _, err := tx.ExecContext(ctx, tell, e.At.Unix(), string(hub.Entered), e.Officer, "", string(e.Number)); err != nil {
			return err
		}
		return b.findable(ctx, tx, e.Number, e.Payment, e.Superior, e.Position, e.Response)
	})
}

// latest is the entry that counts of each case.
const latest = `edition = (select max(edition) from register_entry as later where later.number = register_entry.number)`

// RegisterEntries returns the entry that counts of each case that has one.
func (b *Casebook) RegisterEntries(ctx context.Context) (map[kiosk.Number]hub.RegisterEntry, error) {
	rows, err := b.read.QueryContext(ctx, `select `+entryColumns+` from register_entry where `+latest)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[kiosk.Number]hub.RegisterEntry{}
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		all[e.Number] = e
	}
	return all, rows.Err()
}

// RegisterEntry returns the entry of a case that counts, or hub.ErrNotFound.
func (b *Casebook) RegisterEntry(ctx context.Context, n kiosk.Number) (hub.RegisterEntry, error) {
	e, err := scanEntry(b.read.QueryRowContext(ctx, `select `+entryColumns+` from register_entry where number = $1 and `+latest, string(n)))
	return e, found(err)
}

// ReportTexts returns what an office wrote for a year's report; edition 0 is
// nothing yet.
func (b *Casebook) ReportTexts(ctx context.Context, office string, year int) (t hub.ReportTexts, err error) {
	t = hub.ReportTexts{Office: office, Year: year, Texts: map[string]string{}}
	var texts string
	var when int64
	err = b.read.QueryRowContext(ctx, `select edition, texts, officer, at from report_text where office = $1 and year = $2 order by edition desc limit 1`, office, year).
		Scan(&t.Edition, &texts, &t.Officer, &when)
	if errors.Is(err, sql.ErrNoRows) {
		return t, nil
	}
	if err != nil {
		return t, err
	}
	t.At = at(when)
	return t, json.Unmarshal([]byte(texts), &t.Texts)
}

// KeepReportTexts adds an edition, or returns hub.ErrChanged if it is not the
// next.
func (b *Casebook) KeepReportTexts(ctx context.Context, t hub.ReportTexts) error {
	texts, err := json.Marshal(t.Texts)
	if err != nil {
		return err
	}
	return b.in(ctx, func(tx *sql.Tx) error {
		var last int
		if err := tx.QueryRowContext(ctx, `select coalesce(max(edition), 0) from report_text where office = $1 and year = $2`, t.Office, t.Year).Scan(&last); err != nil {
			return err
		}
		if t.Edition != last+1 {
			return hub.ErrChanged
		}
		_, err := tx.ExecContext(ctx, `insert into report_text (office, year, edition, texts, officer, at) values ($1, $2, $3, $4, $5, $6)`,
			t.Office, t.Year, t.Edition, string(texts), t.Officer, t.At.Unix())
		return err
	})
}
