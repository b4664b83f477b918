package casebook

import (
	"context"
	"database/sql"
	"strconv"

	"loket/hub"
	"loket/kiosk"
)

// Attach keeps a file and makes the change that tells of it, both or none.
func (b *Casebook) Attach(ctx context.Context, c hub.Change, a hub.Attachment, bytes []byte, most, mostBytes int) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		var all, count, size int
		if err := tx.QueryRowContext(ctx, `select count(*), count(*) filter (where page = 0), coalesce(sum(size) filter (where page = 0), 0) from attachment where number = $1`, string(c.Number)).Scan(&all, &count, &size); err != nil {
			return err
		}
		if count >= most || size+len(bytes) > mostBytes {
			return hub.ErrFiles
		}
		a.N = all + 1
		c.Target = strconv.Itoa(a.N)
		if err := b.change(ctx, tx, c); err != nil {
			return err
		}
		return attach(ctx, tx, c.Number, a, bytes)
	})
}

func attach(ctx context.Context, tx *sql.Tx, n kiosk.Number, a hub.Attachment, bytes []byte) error {
	_, err := tx.ExecContext(ctx, `insert into attachment (number, n, page, type, size, at, bytes) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (number, page) where page > 0 do nothing`,
		string(n), a.N, a.Page, a.Type, len(bytes), a.At.Unix(), bytes)
	return err
}

// KeepPage keeps what was scanned at the kiosk, from an envelope of its own. A page
// that is here already stays as it is.
func (b *Casebook) KeepPage(ctx context.Context, hubSeq int64, sum [32]byte, n kiosk.Number, a hub.Attachment, bytes []byte) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `update envelope set opened_at = received_at where hub_seq = $1 and sha256 = $2 and opened_at is null`, hubSeq, sum[:])
		if err != nil {
			return err
		}
		if opened, err := done.RowsAffected(); err != nil || opened == 0 {
			return err // opened by another process
		}
		if err := tx.QueryRowContext(ctx, `select count(*) + 1 from attachment where number = $1`, string(n)).Scan(&a.N); err != nil {
			return err
		}
		return attach(ctx, tx, n, a, bytes)
	})
}

// Attachments are those of a case, in order.
func (b *Casebook) Attachments(ctx context.Context, n kiosk.Number) (all []hub.Attachment, err error) {
	rows, err := b.often.QueryContext(ctx, `select n, page, type, size, at from attachment where number = $1 order by n`, string(n))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var a hub.Attachment
		var when int64
		if err := rows.Scan(&a.N, &a.Page, &a.Type, &a.Size, &when); err != nil {
			return nil, err
		}
		a.At = at(when)
		all = append(all, a)
	}
	return all, rows.Err()
}

// Attached returns one with its bytes.
func (b *Casebook) Attached(ctx context.Context, n kiosk.Number, which int) (a hub.Attachment, bytes []byte, err error) {
	var when int64
	err = b.read.QueryRowContext(ctx, `select n, page, type, size, at, bytes from attachment where number = $1 and n = $2`, string(n), which).Scan(&a.N, &a.Page, &a.Type, &a.Size, &when, &bytes)
	a.At = at(when)
	return a, bytes, found(err)
}
