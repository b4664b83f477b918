package casebook

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"loket/hub"
)

const kioskColumns = `id, office, enrolment, public_key, coalesce(code, ''), coalesce(code_until, 0), code_tries, enrolled_at, last_seen, state, state_reason, name, health, skew`

func scanKiosk(row interface{ Scan(...any) error }) (hub.Kiosk, error) {
	var k hub.Kiosk
	var until, skew int64
	var enrolled, seen sql.NullInt64
	var health string
	err := row.Scan(&k.ID, &k.Office, &k.Enrolment, &k.PublicKey, &k.Code, &until, &k.CodeTries, &enrolled, &seen, &k.State, &k.StateReason, &k.Name, &health, &skew)
	k.CodeUntil, k.EnrolledAt, k.LastSeen, k.Skew = at(until), maybe(enrolled), maybe(seen), time.Duration(skew)*time.Second
	if err == nil && health != "" {
		err = json.Unmarshal([]byte(health), &k.Health)
	}
	return k, err
}

// Kiosk returns one slot.
func (b *Casebook) Kiosk(ctx context.Context, id string) (hub.Kiosk, error) {
	k, err := scanKiosk(b.often.QueryRowContext(ctx, `select `+kioskColumns+` from kiosk where id = $1`, id))
	return k, found(err)
}

// Kiosks returns every slot.
func (b *Casebook) Kiosks(ctx context.Context) ([]hub.Kiosk, error) {
	rows, err := b.read.QueryContext(ctx, `select `+kioskColumns+` from kiosk order by id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []hub.Kiosk{}
	for rows.Next() {
		k, err := scanKiosk(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, rows.Err()
}

// AddKiosk adds a slot, or takes over one that was never used.
func (b *Casebook) AddKiosk(ctx context.Context, k hub.Kiosk, now time.Time) error {
	done, err := b.write.ExecContext(ctx, `insert into kiosk (id, office, enrolment, code, code_until) values ($1, $2, $3, $4, $5)
		on conflict (id) do update set office = excluded.office, enrolment = excluded.enrolment, code = excluded.code, code_until = excluded.code_until, code_tries = 0
		where kiosk.enrolled_at is null and kiosk.code_until < $6`,
		k.ID, k.Office, k.Enrolment, k.Code, k.CodeUntil.Unix(), now.Unix())
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(hub.ErrExists, err)
	}
	return nil
}

// Enrol gives the slot its key and closes its code.
func (b *Casebook) Enrol(ctx context.Context, id, code string, publicKey []byte, when time.Time) error {
	done, err := b.write.ExecContext(ctx, `update kiosk set public_key = $1, enrolled_at = $2, code = null where id = $3 and code = $4`, publicKey, when.Unix(), id, code)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(hub.ErrNotFound, err)
	}
	return nil
}

// WrongCode counts a wrong try.
func (b *Casebook) WrongCode(ctx context.Context, id string) error {
	_, err := b.write.ExecContext(ctx, `update kiosk set code_tries = code_tries + 1 where id = $1`, id)
	return err
}

// AddOfficer lets somebody in.
func (b *Casebook) AddOfficer(ctx context.Context, o hub.Officer, when time.Time) error {
	_, err := b.write.ExecContext(ctx, `insert into officer (name, password, role, office, email, added_at) values ($1, $2, $3, $4, $5, $6)`, o.Name, o.Password, string(o.Role), o.Office, o.Email, when.Unix())
	if b.unique(err) {
		return hub.ErrExists
	}
	return err
}

const officerColumns = `name, password, role, office, email, otp, otp_since`

func scanOfficer(row interface{ Scan(...any) error }) (o hub.Officer, err error) {
	var since sql.NullInt64
	err = row.Scan(&o.Name, &o.Password, &o.Role, &o.Office, &o.Email, &o.OTP, &since)
	if since.Valid {
		o.OTPSince = at(since.Int64)
	}
	return o, err
}

// Officer returns an officer by name.
func (b *Casebook) Officer(ctx context.Context, name string) (hub.Officer, error) {
	o, err := scanOfficer(b.read.QueryRowContext(ctx, `select `+officerColumns+` from officer where name = $1`, name))
	return o, found(err)
}

// Officers returns every officer, by name.
func (b *Casebook) Officers(ctx context.Context) (all []hub.Officer, err error) {
	rows, err := b.read.QueryContext(ctx, `select `+officerColumns+` from officer order by name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		o, err := scanOfficer(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

// AddSession keeps a session by the hash of its token, and drops ended ones.
func (b *Casebook) AddSession(ctx context.Context, officer string, s hub.Session, until time.Time) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `delete from session where until < $1`, s.Begun.Unix()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `insert into session (token, officer, until, seen, id, begun, network, browser) values ($1, $2, $3, $4, $5, $6, $7, $8)`, s.Token[:], officer, until.Unix(), s.Seen.Unix(), s.ID, s.Begun.Unix(), s.Network, s.Browser)
		return err
	})
}

// Session returns who holds a token and marks it seen, at most once a minute.
func (b *Casebook) Session(ctx context.Context, token [32]byte, now, idle time.Time) (string, error) {
	var officer string
	var seen int64
	err := b.read.QueryRowContext(ctx, `select officer, seen from session where token = $1 and until > $2 and seen > $3`, token[:], now.Unix(), idle.Unix()).Scan(&officer, &seen)
	if err != nil {
		return "", found(err)
	}
	if now.Unix()-seen >= 60 {
		_, err = b.write.ExecContext(ctx, `update session set seen = $1 where token = $2`, now.Unix(), token[:])
	}
	return officer, err
}

// EndSession ends a session.
func (b *Casebook) EndSession(ctx context.Context, token [32]byte) error {
	_, err := b.write.ExecContext(ctx, `delete from session where token = $1`, token[:])
	return err
}
