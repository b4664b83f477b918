package casebook

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"

	"loket/hub"
)

// Audit adds an entry, numbered and chained.
func (b *Casebook) Audit(ctx context.Context, e hub.Entry) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		before := make([]byte, sha256.Size)
		err := tx.QueryRowContext(ctx, `select n, hash from audit order by n desc limit 1`).Scan(&e.N, &before)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		e.N++
		_, err = tx.ExecContext(ctx, `insert into audit (n, at, actor, act, object, detail, hash) values ($1, $2, $3, $4, $5, $6, $7)`,
			e.N, e.At.Unix(), e.Actor, e.Act, e.Object, e.Detail, e.Chain(before))
		return err
	})
}

// Audited calls f for each entry with its hash.
func (b *Casebook) Audited(ctx context.Context, f func(hub.Entry, []byte) error) error {
	rows, err := b.read.QueryContext(ctx, `select n, at, actor, act, object, detail, hash from audit order by n`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var e hub.Entry
		var when int64
		var hash []byte
		if err := rows.Scan(&e.N, &when, &e.Actor, &e.Act, &e.Object, &e.Detail, &hash); err != nil {
			return err
		}
		e.At = at(when)
		if err := f(e, hash); err != nil {
			return err
		}
	}
	return rows.Err()
}

// LastAudited returns the newest entries, the newest first.
func (b *Casebook) LastAudited(ctx context.Context, most int) (all []hub.Entry, err error) {
	rows, err := b.read.QueryContext(ctx, `select n, at, actor, act, object, detail from audit order by n desc limit $1`, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e hub.Entry
		var when int64
		if err := rows.Scan(&e.N, &when, &e.Actor, &e.Act, &e.Object, &e.Detail); err != nil {
			return nil, err
		}
		e.At = at(when)
		all = append(all, e)
	}
	return all, rows.Err()
}

// Waiting returns until when a name may not try to log in.
func (b *Casebook) Waiting(ctx context.Context, name string) (time.Time, error) {
	var until int64
	err := b.read.QueryRowContext(ctx, `select until from attempt where name = $1`, name).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return at(until), err
}

// Failed counts a failed log-in of a name and returns how many there were in a day
// without rest; wait tells how long to make it wait after so many.
func (b *Casebook) Failed(ctx context.Context, name string, now time.Time, wait func(failures int) time.Duration) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `delete from attempt where last < $1`, now.Add(-24*time.Hour).Unix()); err != nil {
			return err
		}
		var failures int
		err := tx.QueryRowContext(ctx, `insert into attempt (name, failures, until, last) values ($1, 1, 0, $2)
			on conflict (name) do update set failures = attempt.failures + 1, last = excluded.last returning failures`, name, now.Unix()).Scan(&failures)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `update attempt set until = $1 where name = $2`, now.Add(wait(failures)).Unix(), name)
		return err
	})
}

// Succeeded forgets the failures of a name.
func (b *Casebook) Succeeded(ctx context.Context, name string) error {
	_, err := b.write.ExecContext(ctx, `delete from attempt where name = $1`, name)
	return err
}

// SetOTP keeps the encrypted secret of a second factor, nil for none; it counts from
// since on, if that is not zero. Codes for who lost the telephone take the place of
// those before.
func (b *Casebook) SetOTP(ctx context.Context, officer string, secret []byte, since time.Time, step int64, recovery [][]byte) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		var from any
		if !since.IsZero() {
			from = since.Unix()
		}
		if err := one(tx.ExecContext(ctx, `update officer set otp = $1, otp_since = $2, otp_step = $3 where name = $4`, secret, from, step, officer)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `delete from recovery where officer = $1`, officer); err != nil {
			return err
		}
		for _, mac := range recovery {
			if _, err := tx.ExecContext(ctx, `insert into recovery (officer, mac) values ($1, $2)`, officer, mac); err != nil {
				return err
			}
		}
		return nil
	})
}

// UseStep takes a step of a second factor, once and never an older one.
func (b *Casebook) UseStep(ctx context.Context, officer string, step int64) error {
	return one(b.write.ExecContext(ctx, `update officer set otp_step = $1 where name = $2 and otp_step < $1`, step, officer))
}

// UseRecovery takes a code for who lost the telephone, once.
func (b *Casebook) UseRecovery(ctx context.Context, officer string, mac []byte) error {
	return one(b.write.ExecContext(ctx, `delete from recovery where officer = $1 and mac = $2`, officer, mac))
}

// RecoveryLeft is how many of those codes are left.
func (b *Casebook) RecoveryLeft(ctx context.Context, officer string) (n int, err error) {
	err = b.read.QueryRowContext(ctx, `select count(*) from recovery where officer = $1`, officer).Scan(&n)
	return n, err
}

// SetPassword changes a password and ends every session of the officer.
func (b *Casebook) SetPassword(ctx context.Context, officer, password string) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		if err := one(tx.ExecContext(ctx, `update officer set password = $1 where name = $2`, password, officer)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `delete from session where officer = $1`, officer)
		return err
	})
}

// Sessions are those of an officer, the one used last first.
func (b *Casebook) Sessions(ctx context.Context, officer string, now, idle time.Time) (all []hub.Session, err error) {
	rows, err := b.read.QueryContext(ctx, `select id, token, begun, seen, network, browser from session where officer = $1 and until > $2 and seen > $3 order by seen desc, begun desc`, officer, now.Unix(), idle.Unix())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s hub.Session
		var token []byte
		var begun, seen int64
		if err := rows.Scan(&s.ID, &token, &begun, &seen, &s.Network, &s.Browser); err != nil {
			return nil, err
		}
		s.Token, s.Begun, s.Seen = [32]byte(token), at(begun), at(seen)
		all = append(all, s)
	}
	return all, rows.Err()
}

// EndSessions ends the session with an id, or with none every one of an officer but
// that of a token.
func (b *Casebook) EndSessions(ctx context.Context, officer, id string, but [32]byte) error {
	_, err := b.write.ExecContext(ctx, `delete from session where officer = $1 and (id = $2 or $2 = '' and token <> $3)`, officer, id, but[:])
	return err
}
