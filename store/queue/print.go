package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"loket/kiosk"
)

// ErrPrinted says that a report's receipt was sent to a printer before.
var ErrPrinted = errors.New("the receipt was sent to a printer before; what comes now is a copy")

// printsKept is how long it is known what was printed, longer than a month's
// complaint about it takes.
const printsKept = 35 * 24 * time.Hour

// BeginPrint commits that the receipt of a report is about to be sent to a
// printer, or a copy of it. It returns [ErrPrinted] for a receipt begun before.
// doubt says that the print before this one stopped on its way.
func (q *Queue) BeginPrint(ctx context.Context, n kiosk.Number, copied bool, by string) (job int64, doubt bool, err error) {
	if err := q.usable(); err != nil {
		return 0, false, err
	}
	defer q.watch(&err)
	err = q.db.QueryRowContext(ctx, `select outcome = 'sending' or outcome = 'unknown' and fault <> '' from print_job order by id desc limit 1`).Scan(&doubt)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, false, fmt.Errorf("begin print: %w", err)
	}
	done, err := q.db.ExecContext(ctx, `insert into print_job (number, copy, asked_by, begun_at) values ($1, $2, $3, $4)`,
		string(n), copied, by, q.now().Unix())
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE {
		return 0, false, ErrPrinted
	}
	if err != nil {
		return 0, false, fmt.Errorf("begin print: %w", err)
	}
	job, err = done.LastInsertId()
	return job, doubt, err
}

// EndPrint commits how a print ended.
func (q *Queue) EndPrint(ctx context.Context, job int64, printer, outcome, fault string) (err error) {
	if err := q.usable(); err != nil {
		return err
	}
	defer q.watch(&err)
	_, err = q.db.ExecContext(ctx, `update print_job set ended_at = $1, printer = $2, outcome = $3, fault = $4 where id = $5 and outcome = 'sending'`,
		q.now().Unix(), printer, outcome, fault, job)
	if err != nil {
		return fmt.Errorf("end print: %w", err)
	}
	return nil
}

// AbandonPrints marks what was begun and never ended as unknown: whoever began
// it is gone. Call it only where nobody prints.
func (q *Queue) AbandonPrints(ctx context.Context) (err error) {
	if err := q.usable(); err != nil {
		return err
	}
	defer q.watch(&err)
	if _, err := q.db.ExecContext(ctx, `update print_job set outcome = 'unknown', fault = 'interrupted', ended_at = $1 where outcome = 'sending'`, q.now().Unix()); err != nil {
		return fmt.Errorf("abandon prints: %w", err)
	}
	return nil
}

// Print is one receipt that was sent to a printer.
type Print struct {
	Number  kiosk.Number `json:"number"`
	Copy    bool         `json:"copy"`
	By      string       `json:"by"` // who asked for it
	Begun   time.Time    `json:"begun"`
	Printer string       `json:"printer"`
	Outcome string       `json:"outcome"` // sending, not_started, confirmed, assumed, unknown or by_hand
	Fault   string       `json:"fault"`
}

// Prints are the last prints, the newest first.
func (q *Queue) Prints(ctx context.Context, most int) (all []Print, err error) {
	if err := q.usable(); err != nil {
		return nil, err
	}
	defer q.watch(&err)
	rows, err := q.db.QueryContext(ctx, `select number, copy, asked_by, begun_at, printer, outcome, fault from print_job order by id desc limit $1`, most)
	if err != nil {
		return nil, fmt.Errorf("prints: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p Print
		var begun int64
		if err := rows.Scan(&p.Number, &p.Copy, &p.By, &begun, &p.Printer, &p.Outcome, &p.Fault); err != nil {
			return nil, fmt.Errorf("prints: %w", err)
		}
		p.Begun = time.Unix(begun, 0)
		all = append(all, p)
	}
	return all, rows.Err()
}

// Settle wipes what a receipt is made from before its time: the visitor has it
// on paper.
func (q *Queue) Settle(ctx context.Context, n kiosk.Number) (err error) {
	if err := q.usable(); err != nil {
		return err
	}
	defer q.watch(&err)
	if _, err := q.db.ExecContext(ctx, `delete from slip where number = $1`, string(n)); err != nil {
		return fmt.Errorf("settle receipt: %w", err)
	}
	return q.Forget(ctx)
}
