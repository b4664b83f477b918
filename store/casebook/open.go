package casebook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"loket/hub"
	"loket/kiosk"
)

// Summarise keeps the public summary of a case and adds to its story.
func (b *Casebook) Summarise(ctx context.Context, n kiosk.Number, edition int, summary string, e hub.Event) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `update cases set summary = $1, before = '', edition = edition + 1 where number = $2 and edition = $3 and not rahasia`, summary, string(n), edition)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n != 1 {
			return errors.Join(hub.ErrChanged, err)
		}
		_, err = tx.ExecContext(ctx, addEvent, string(n), e.At.Unix(), string(e.Kind), e.Officer, string(e.Status), e.Outcome, e.Reason, e.Said, e.Note, e.Target, e.Edition)
		return err
	})
}

// FiledBetween returns what the public may see of cases, newest first.
func (b *Casebook) FiledBetween(ctx context.Context, forms []string, from, to time.Time, skip, n int) ([]hub.Case, error) {
	var marks []string
	var args []any
	for _, f := range forms {
		args = append(args, f)
		marks = append(marks, fmt.Sprintf("$%d", len(args)))
	}
	k := len(args)
	args = append(args, from.Unix(), to.Unix(), n, skip)
	return b.cases(ctx, fmt.Sprintf(`where form in (%s) and filed_at between $%d and $%d and not rahasia and merged_into is null
		order by filed_at desc, number limit $%d offset $%d`, strings.Join(marks, ", "), k+1, k+2, k+3, k+4), args...)
}

// AddClient keeps a client by the hash of its key.
func (b *Casebook) AddClient(ctx context.Context, c hub.Client, key [32]byte) error {
	_, err := b.write.ExecContext(ctx, `insert into client (name, office, key_hash, added_at) values ($1, $2, $3, $4)`, c.Name, c.Office, key[:], c.AddedAt.Unix())
	if b.unique(err) {
		return hub.ErrExists
	}
	return err
}

const clientColumns = `name, office, added_at, revoked_at`

func scanClient(row interface{ Scan(...any) error }) (c hub.Client, err error) {
	var added int64
	var revoked sql.NullInt64
	err = row.Scan(&c.Name, &c.Office, &added, &revoked)
	c.AddedAt, c.RevokedAt = at(added), maybe(revoked)
	return c, err
}

// Client returns whose key it is.
func (b *Casebook) Client(ctx context.Context, key [32]byte) (hub.Client, error) {
	c, err := scanClient(b.read.QueryRowContext(ctx, `select `+clientColumns+` from client where key_hash = $1 and revoked_at is null`, key[:]))
	return c, found(err)
}

// Clients returns every client, by name.
func (b *Casebook) Clients(ctx context.Context) (all []hub.Client, err error) {
	rows, err := b.read.QueryContext(ctx, `select `+clientColumns+` from client order by name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		c, err := scanClient(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

// RevokeClient ends a client's right.
func (b *Casebook) RevokeClient(ctx context.Context, name string, when time.Time) error {
	done, err := b.write.ExecContext(ctx, `update client set revoked_at = $1 where name = $2 and revoked_at is null`, when.Unix(), name)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(hub.ErrNotFound, err)
	}
	return nil
}

// Reserve notes that a client begins to file something under a name.
func (b *Casebook) Reserve(ctx context.Context, client, name string, f hub.Filed, stale time.Time) (before *hub.Filed, err error) {
	err = b.in(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `insert into filed (client, name, digest, at) values ($1, $2, $3, $4)
			on conflict (client, name) do update set digest = excluded.digest, at = excluded.at where filed.number is null and filed.at < $5`,
			client, name, f.Digest[:], f.At.Unix(), stale.Unix())
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 1 {
			return err
		}
		before = new(hub.Filed)
		var digest []byte
		var number sql.NullString
		var when int64
		err = tx.QueryRowContext(ctx, `select digest, number, code, at from filed where client = $1 and name = $2`, client, name).Scan(&digest, &number, &before.Code, &when)
		before.Number, before.At = kiosk.Number(number.String), at(when)
		copy(before.Digest[:], digest)
		return err
	})
	return before, err
}

// Finish notes what a client's report became; without a number its name is free
// again.
func (b *Casebook) Finish(ctx context.Context, client, name string, f hub.Filed) error {
	if f.Number == "" {
		_, err := b.write.ExecContext(ctx, `delete from filed where client = $1 and name = $2 and number is null`, client, name)
		return err
	}
	_, err := b.write.ExecContext(ctx, `update filed set number = $1, code = $2 where client = $3 and name = $4`, string(f.Number), f.Code, client, name)
	return err
}

// AddImprovement keeps a version of an entry and what it is linked with.
func (b *Casebook) AddImprovement(ctx context.Context, i hub.Improvement) (id int64, err error) {
	err = b.in(ctx, func(tx *sql.Tx) error {
		if id = i.ID; id == 0 {
			if err := tx.QueryRowContext(ctx, `select coalesce(max(id), 0) + 1 from improvement`).Scan(&id); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `insert into improvement (id, version, office, service, day, said_id, said_en, changed_id, changed_en, state, written_by, written_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, id, i.Version, i.Office, i.Service, i.Day,
			i.Said[kiosk.Indonesian], i.Said[kiosk.English], i.Changed[kiosk.Indonesian], i.Changed[kiosk.English], i.State, i.By, i.At.Unix())
		if b.unique(err) {
			return hub.ErrChanged
		}
		if err != nil {
			return err
		}
		for _, n := range i.Cases {
			if _, err := tx.ExecContext(ctx, `insert into improvement_case (id, version, number) values ($1, $2, $3)`, id, i.Version, string(n)); err != nil {
				return err
			}
		}
		return nil
	})
	return id, err
}

// Improvements returns every version, the newest first.
func (b *Casebook) Improvements(ctx context.Context) (all []hub.Improvement, err error) {
	rows, err := b.read.QueryContext(ctx, `select id, version, office, service, day, said_id, said_en, changed_id, changed_en, state, written_by, written_at from improvement order by id desc, version desc`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	place := map[[2]int64]int{}
	for rows.Next() {
		var i hub.Improvement
		var said, changed [2]string
		var when int64
		if err := rows.Scan(&i.ID, &i.Version, &i.Office, &i.Service, &i.Day, &said[0], &said[1], &changed[0], &changed[1], &i.State, &i.By, &when); err != nil {
			return nil, err
		}
		i.Said, i.Changed, i.At = texts(said), texts(changed), at(when)
		place[[2]int64{i.ID, int64(i.Version)}] = len(all)
		all = append(all, i)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	links, err := b.read.QueryContext(ctx, `select id, version, number from improvement_case order by id, version, number`)
	if err != nil {
		return nil, err
	}
	defer links.Close()
	for links.Next() {
		var of [2]int64
		var n kiosk.Number
		if err := links.Scan(&of[0], &of[1], &n); err != nil {
			return nil, err
		}
		if i, ok := place[of]; ok {
			all[i].Cases = append(all[i].Cases, n)
		}
	}
	return all, links.Err()
}

// Improved reports whether a version of an entry is linked with a case.
func (b *Casebook) Improved(ctx context.Context, n kiosk.Number) (improved bool, err error) {
	err = b.often.QueryRowContext(ctx, `select exists (select 1 from improvement_case where number = $1)`, string(n)).Scan(&improved)
	return improved, err
}

// texts are a text in Indonesian and perhaps in English.
func texts(s [2]string) kiosk.Text {
	t := kiosk.Text{kiosk.Indonesian: s[0]}
	if s[1] != "" {
		t[kiosk.English] = s[1]
	}
	return t
}

// AddFeed keeps an officer's feed in place of the one before.
func (b *Casebook) AddFeed(ctx context.Context, token [32]byte, officer string, when time.Time) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, revokeFeed, when.Unix(), officer); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `insert into feed (token, officer, made_at) values ($1, $2, $3)`, token[:], officer, when.Unix())
		return err
	})
}

const revokeFeed = `update feed set revoked_at = $1 where officer = $2 and revoked_at is null`

// RevokeFeed ends an officer's feed.
func (b *Casebook) RevokeFeed(ctx context.Context, officer string, when time.Time) error {
	_, err := b.write.ExecContext(ctx, revokeFeed, when.Unix(), officer)
	return err
}

// Feed returns whose feed it is.
func (b *Casebook) Feed(ctx context.Context, token [32]byte) (officer string, err error) {
	err = b.read.QueryRowContext(ctx, `select officer from feed where token = $1 and revoked_at is null`, token[:]).Scan(&officer)
	return officer, found(err)
}

// FeedOf returns when an officer's feed was made.
func (b *Casebook) FeedOf(ctx context.Context, officer string) (time.Time, error) {
	var made int64
	err := b.read.QueryRowContext(ctx, `select made_at from feed where officer = $1 and revoked_at is null`, officer).Scan(&made)
	return at(made), found(err)
}
