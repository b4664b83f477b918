package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"loket/kiosk/seal"
)

// ErrDisk says that the disk failed under the queue, or that what is on it is
// damaged. After it nothing more is written: whether an earlier commit is really
// there can only be seen by opening the file anew (what the kernel could not write
// it forgets, and a second fsync succeeds over it).
var ErrDisk = errors.New("the disk under the queue failed")

// failing reports whether SQLite says that the disk or what is on it is bad. A full
// disk is not: it can be emptied, and SQLite takes the transaction back.
func failing(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY:
		return true
	}
	return false
}

// usable returns ErrDisk once the disk has failed.
func (q *Queue) usable() error {
	select {
	case <-q.failed:
		return ErrDisk
	default:
		return nil
	}
}

// watch turns the disk's failure into [ErrDisk], for good.
func (q *Queue) watch(err *error) {
	if failing(*err) {
		q.fail.Do(func() { close(q.failed) })
		*err = fmt.Errorf("%w: %w", ErrDisk, *err)
	}
}

// Failed is closed when the disk has failed: the program must end, and look what is
// on the disk when it starts again.
func (q *Queue) Failed() <-chan struct{} { return q.failed }

// Check looks whether what is on the disk is whole: SQLite's own check, with that of
// its indexes, and the form and SHA-256 of every envelope that is still here. It returns [ErrDisk],
// with what is wrong. For a queue of 10,000 it takes a second or two.
func (q *Queue) Check(ctx context.Context) (err error) {
	defer func() {
		if err != nil && ctx.Err() == nil && !errors.Is(err, ErrDisk) {
			err = fmt.Errorf("check queue: %w: %w", ErrDisk, err)
		}
	}()
	var verdict string
	if err := q.db.QueryRowContext(ctx, `pragma integrity_check(1)`).Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return errors.New(verdict)
	}
	rows, err := q.db.QueryContext(ctx, `select seq, id, number, sha256, bytes from envelope where bytes is not null order by seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		var r row
		if err := rows.Scan(&seq, &r.id, &r.number, &r.sum, &r.bytes); err != nil {
			return err
		}
		if sound, _, err := r.judge(); !sound {
			return errors.Join(fmt.Errorf("envelope %d is damaged", seq), err)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	var head, ratchet int
	switch err := q.db.QueryRowContext(ctx, `select length(head), length(ratchet) from chain`).Scan(&head, &ratchet); {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	case head != 32 || ratchet != 32:
		return errors.New("the chain is damaged")
	}
	return nil
}

// judge says whether a row is what was stored: what stands beside the envelope is
// what the envelope says, and its bytes have the SHA-256 they had. It returns the
// envelope where its bytes can be read at all.
func (r row) judge() (sound bool, e seal.Envelope, err error) {
	if e, err = seal.Parse(r.bytes); err != nil {
		return false, e, err
	}
	return string(e.SHA256[:]) == string(r.sum) && e.Header.ID == r.id && string(e.Header.Number) == r.number, e, nil
}
