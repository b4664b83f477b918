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
		var count, size int
		if err := tx.QueryRowContext(ctx, `select count(*), coalesce(sum(size), 0) from attachment where number = $1`, string(c.Number)).Scan(&count, &size); err != nil {
			return err
		}
		if count >= most || size+len(bytes) > mostBytes {
			return hub.ErrFiles
		}
		c.Target = strconv.Itoa(count + 1)
		if err := change(ctx, tx, c); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `insert into attachment (number, n, type, size, at, bytes) values ($1, $2, $3, $4, $5, $6)`,
			string(c.Number), count+1, a.Type, len(bytes), a.At.Unix(), bytes)
		return err
	})
}

// Attachments are those of a case, in order.
func (b *Casebook) Attachments(ctx context.Context, n kiosk.Number) (all []hub.Attachment, err error) {
	rows, err := b.read.QueryContext(ctx, `select n, type, size, at from attachment where number = $1 order by n`, string(n))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var a hub.Attachment
		var when int64
		if err := rows.Scan(&a.N, &a.Type, &a.Size, &when); err != nil {
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
	err = b.read.QueryRowContext(ctx, `select n, type, size, at, bytes from attachment where number = $1 and n = $2`, string(n), which).Scan(&a.N, &a.Type, &a.Size, &when, &bytes)
	a.At = at(when)
	return a, bytes, found(err)
}
