package casebook

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"loket/hub"
)

const noticeColumns = `id, channel, recipient, event, coalesce(number, ''), edition, office, body, coalesce(key, ''), at, not_before, tries, first_try, state, reason, lease, done_at, done_by`

func scanNotice(row interface{ Scan(...any) error }) (n hub.Notice, err error) {
	var when, before, first, done int64
	err = row.Scan(&n.ID, &n.Channel, &n.Recipient, &n.Event, &n.Number, &n.Edition, &n.Office, &n.Body, &n.Key, &when, &before, &n.Tries, &first, &n.State, &n.Reason, &n.Lease, &done, &n.DoneBy)
	n.At, n.NotBefore, n.FirstTry, n.DoneAt = at(when), at(before), since(first), since(done)
	return n, err
}

func scanNotices(rows *sql.Rows, err error) (all []hub.Notice, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		n, err := scanNotice(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, rows.Err()
}

// since reads unix seconds of which 0 means never.
func since(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return at(n)
}

// seconds writes them.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// raise puts what a change leads to into the outbox, and takes back what an
// undone one did while it waits.
func raise(ctx context.Context, tx *sql.Tx, c hub.Change) error {
	if c.Kind == hub.Undone {
		_, err := tx.ExecContext(ctx, `update outbox set state = 'cancelled', reason = 'undone', done_at = $1 where number = $2 and edition >= $3 and state = 'waiting' and lease = ''`,
			c.At.Unix(), string(c.Number), c.Edition)
		if err != nil {
			return err
		}
	}
	return enqueue(ctx, tx, c.Notice())
}

func enqueue(ctx context.Context, tx executor, n hub.Notice) error {
	number := sql.NullString{String: string(n.Number), Valid: n.Number != ""}
	key := sql.NullString{String: n.Key, Valid: n.Key != ""}
	_, err := tx.ExecContext(ctx, `insert into outbox (id, channel, recipient, event, number, edition, office, body, key, at, not_before)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
		where $2 <> 'arrivals' or not exists (select 1 from outbox where channel = 'arrivals' and recipient = $3 and state = 'waiting' and lease = '')
		on conflict (key) do nothing`,
		n.ID, string(n.Channel), n.Recipient, n.Event, number, n.Edition, n.Office, n.Body, key, n.At.Unix(), n.NotBefore.Unix())
	return err
}

// Enqueue adds notices.
func (b *Casebook) Enqueue(ctx context.Context, all ...hub.Notice) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		for _, n := range all {
			if err := enqueue(ctx, tx, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// fewEach is how many notices to one recipient are claimed at a time, so that
// one who does not answer holds up nobody else.
const fewEach = 4

// Claim leases notices to people and programs whose time has come.
func (b *Casebook) Claim(ctx context.Context, now, until time.Time, n int) ([]hub.Notice, error) {
	return b.claim(ctx, `channel <> 'case'`, now, until, `select n from (select n, not_before, row_number() over (partition by channel, recipient order by not_before, n) as place from outbox
		where state = 'waiting' and channel <> 'case' and not_before <= $3 and leased_until <= $3) as due where place <= $4 order by not_before, n limit $5`, fewEach, n)
}

// ClaimCases leases notices of what happened to cases.
func (b *Casebook) ClaimCases(ctx context.Context, now, until time.Time, n int) ([]hub.Notice, error) {
	return b.claim(ctx, `channel = 'case'`, now, until, `select n from outbox where state = 'waiting' and channel = 'case' and not_before <= $3 and leased_until <= $3 order by not_before, n limit $4`, n)
}

// claim leases those of a kind that a query chooses, of which the first parameters are
// the lease's.
func (b *Casebook) claim(ctx context.Context, kind string, now, until time.Time, choose string, parameters ...any) (all []hub.Notice, err error) {
	var due bool
	if err := b.often.QueryRowContext(ctx, `select exists (select 1 from outbox where state = 'waiting' and `+kind+` and not_before <= $1 and leased_until <= $1)`, now.Unix()).Scan(&due); err != nil || !due {
		return nil, err // the usual case writes nothing
	}
	var name [8]byte
	rand.Read(name[:])
	err = b.in(ctx, func(tx *sql.Tx) error {
		all, err = scanNotices(tx.QueryContext(ctx, `update outbox set lease = $1, leased_until = $2, tries = tries + 1, first_try = case when first_try = 0 then $3 else first_try end
			where n in (`+choose+`) returning `+noticeColumns, append([]any{hex.EncodeToString(name[:]), until.Unix(), now.Unix()}, parameters...)...))
		return err
	})
	return all, err
}

// Settle ends leases.
func (b *Casebook) Settle(ctx context.Context, all ...hub.Settled) error {
	lost := false
	err := b.in(ctx, func(tx *sql.Tx) error {
		lost = false
		again, done := b.repeating(tx)
		defer done()
		for _, n := range all {
			done, err := again.ExecContext(ctx, `update outbox set not_before = $1, tries = $2, state = $3, reason = $4, done_at = $5, lease = '', leased_until = 0 where id = $6 and lease = $7`,
				n.NotBefore.Unix(), n.Tries, string(n.State), n.Reason, seconds(n.DoneAt), n.ID, n.Lease)
			if err != nil {
				return err
			}
			if k, err := done.RowsAffected(); err != nil {
				return err
			} else if k != 1 {
				lost = true
				continue
			}
			for _, m := range n.More {
				if err := enqueue(ctx, again, m); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil && lost {
		err = hub.ErrChanged
	}
	return err
}

// Notices are the latest with a state.
func (b *Casebook) Notices(ctx context.Context, state hub.NoticeState, limit int) ([]hub.Notice, error) {
	return scanNotices(b.read.QueryContext(ctx, `select `+noticeColumns+` from outbox where channel <> 'case' and state = $1 order by n desc limit $2`, string(state), limit))
}

// Notice returns one.
func (b *Casebook) Notice(ctx context.Context, id string) (hub.Notice, error) {
	n, err := scanNotice(b.read.QueryRowContext(ctx, `select `+noticeColumns+` from outbox where id = $1`, id))
	return n, found(err)
}

// one runs a change that has to meet one row, or returns ErrChanged.
func (b *Casebook) one(ctx context.Context, query string, args ...any) error {
	done, err := b.write.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(hub.ErrChanged, err)
	}
	return nil
}

// Resend has a notice tried anew.
func (b *Casebook) Resend(ctx context.Context, id string, now time.Time) error {
	return b.one(ctx, `update outbox set state = 'waiting', not_before = $1, tries = 0, first_try = 0, reason = '', done_at = 0 where id = $2 and state in ('waiting', 'failed') and lease = ''`, now.Unix(), id)
}

// Drop gives a notice up.
func (b *Casebook) Drop(ctx context.Context, id, officer string, now time.Time) error {
	return b.one(ctx, `update outbox set state = 'dropped', done_at = $1, done_by = $2 where id = $3 and state in ('waiting', 'failed') and lease = ''`, now.Unix(), officer, id)
}

// LastSent is when a recipient was last sent something.
func (b *Casebook) LastSent(ctx context.Context, c hub.Channel, recipient string) (time.Time, error) {
	var last int64
	err := b.read.QueryRowContext(ctx, `select coalesce(max(done_at), 0) from outbox where channel = $1 and recipient = $2 and state = 'sent'`, string(c), recipient).Scan(&last)
	return since(last), err
}

// TidyOutbox forgets what was done with long ago; what has a key stays, so that
// it is told once for good.
func (b *Casebook) TidyOutbox(ctx context.Context, before, stale, now time.Time) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `delete from outbox where state in ('sent', 'cancelled') and done_at < $1 and key is null`, before.Unix()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `update outbox set state = 'cancelled', reason = 'stale', done_at = $1 where state = 'waiting' and lease = '' and at < $2`, now.Unix(), stale.Unix())
		return err
	})
}

// SetEmail changes where an officer gets notices.
func (b *Casebook) SetEmail(ctx context.Context, officer, address string) error {
	err := b.one(ctx, `update officer set email = $1 where name = $2`, address, officer)
	if errors.Is(err, hub.ErrChanged) {
		return hub.ErrNotFound
	}
	return err
}

const webhookColumns = `id, url, secret, events, office, allow_private, added_by, added_at, failing_since, disabled_at, disabled_why`

func scanWebhook(row interface{ Scan(...any) error }) (w hub.Webhook, err error) {
	var added, failing, disabled int64
	var events string
	err = row.Scan(&w.ID, &w.URL, &w.Sealed, &events, &w.Office, &w.AllowPrivate, &w.AddedBy, &added, &failing, &disabled, &w.DisabledWhy)
	w.Events, w.AddedAt, w.FailingSince, w.DisabledAt = strings.Fields(events), at(added), since(failing), since(disabled)
	return w, err
}

// AddWebhook keeps a webhook.
func (b *Casebook) AddWebhook(ctx context.Context, w hub.Webhook) error {
	_, err := b.write.ExecContext(ctx, `insert into webhook (id, url, secret, events, office, allow_private, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		w.ID, w.URL, w.Sealed, strings.Join(w.Events, " "), w.Office, w.AllowPrivate, w.AddedBy, w.AddedAt.Unix())
	return err
}

// Webhooks are those not removed.
func (b *Casebook) Webhooks(ctx context.Context) (all []hub.Webhook, err error) {
	rows, err := b.read.QueryContext(ctx, `select `+webhookColumns+` from webhook where removed_at = 0 order by added_at, id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		w, err := scanWebhook(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, rows.Err()
}

// Webhook returns one that is not removed.
func (b *Casebook) Webhook(ctx context.Context, id string) (hub.Webhook, error) {
	w, err := scanWebhook(b.read.QueryRowContext(ctx, `select `+webhookColumns+` from webhook where id = $1 and removed_at = 0`, id))
	return w, found(err)
}

// MarkWebhook notes how a webhook fares.
func (b *Casebook) MarkWebhook(ctx context.Context, w hub.Webhook) error {
	_, err := b.write.ExecContext(ctx, `update webhook set failing_since = $1, disabled_at = $2, disabled_why = $3 where id = $4`,
		seconds(w.FailingSince), seconds(w.DisabledAt), w.DisabledWhy, w.ID)
	return err
}

// RemoveWebhook takes a webhook's secret away.
func (b *Casebook) RemoveWebhook(ctx context.Context, id string, when time.Time) error {
	err := b.one(ctx, `update webhook set removed_at = $1, secret = $2, url = '' where id = $3 and removed_at = 0`, when.Unix(), []byte{}, id)
	if errors.Is(err, hub.ErrChanged) {
		return hub.ErrNotFound
	}
	return err
}
