// Package queue keeps sealed reports on the kiosk's disk until the hub has
// them safe: SQLite in WAL mode with synchronous=FULL, so that what a commit
// returned survives a power cut. It holds nothing that the kiosk could read
// back but the receipts of the last minutes.
//
// Several processes may hold a queue at once: sequence numbers are given
// inside the transaction.
package queue

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"loket/kiosk"
	"loket/kiosk/disk"
	"loket/kiosk/seal"
	"loket/kiosk/track"
)

// Errors a caller words for people.
var (
	ErrNewer       = errors.New("the queue was written by a newer version of this program")
	ErrNotEnrolled = errors.New("this kiosk is not enrolled at a hub")
	ErrEnrolled    = errors.New("this queue holds reports of an earlier enrolment")
	ErrUnsafe      = errors.New("the database does not keep the settings that make it durable")
	ErrNoReceipt   = errors.New("no receipt kept for that number")
)

// ReceiptKept is how long a receipt can be printed again.
const ReceiptKept = 15 * time.Minute

//go:embed migration/*.sql
var migrations embed.FS

// Queue is an open queue. It is safe for concurrent use.
type Queue struct {
	db     *sql.DB
	now    func() time.Time
	lock   *flock.Flock // shared by who has the queue open
	fail   sync.Once
	failed chan struct{} // closed once the disk has failed
	// The statements of every append, prepared once.
	chain, addEnvelope, moveChain, addSlip *sql.Stmt
}

// Open opens the queue in dir, creating both if missing. It returns
// [ErrNewer] for the queue of a later program, [ErrUnsafe] when SQLite does not
// take the durable settings, and [ErrDisk] for one that is damaged: see [Salvage].
func Open(ctx context.Context, dir string, now func() time.Time) (_ *Queue, err error) {
	if err := disk.Make(dir); err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	lock, _, err := hold(dir, false)
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	q := &Queue{now: now, lock: lock, failed: make(chan struct{})}
	defer func() {
		q.watch(&err)
		if err != nil {
			err = errors.Join(err, q.Close())
		}
	}()
	if err := finish(dir); err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	if q.db, err = openFile(ctx, filepath.Join(dir, "queue.db")); err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	db := q.db
	if err := migrate(ctx, db, dir); err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	for statement, text := range map[**sql.Stmt]string{
		&q.chain:       `select epoch, seq, head, ratchet from chain`,
		&q.addEnvelope: `insert into envelope (seq, id, number, sha256, bytes, stored_at) values ($1, $2, $3, $4, $5, $6)`,
		&q.moveChain:   `update chain set seq = $1, head = $2, ratchet = $3`,
		&q.addSlip:     `insert into slip (number, details, expires_at) values ($1, $2, $3)`,
	} {
		if *statement, err = db.PrepareContext(ctx, text); err != nil {
			return nil, fmt.Errorf("open queue: %w", err)
		}
	}
	return q, q.Forget(ctx)
}

// openFile opens one database file, making it if missing.
func openFile(ctx context.Context, path string) (*sql.DB, error) {
	if f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, err
	} else if err := f.Close(); err != nil {
		return nil, err
	}
	settings := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(ON)", "foreign_keys(ON)",
	}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+settings.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := durable(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close ends the use of the queue.
func (q *Queue) Close() error {
	var err error
	if q.db != nil {
		err = q.db.Close()
	}
	return errors.Join(err, q.lock.Unlock())
}

// durable reads the settings back: a driver that drops one would otherwise
// lose reports silently.
func durable(ctx context.Context, db *sql.DB) error {
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "secure_delete": "1"} {
		var got string
		if err := db.QueryRowContext(ctx, "pragma "+pragma).Scan(&got); err != nil {
			return err
		}
		if !strings.EqualFold(got, want) {
			return fmt.Errorf("%w: %s is %s, not %s", ErrUnsafe, pragma, got, want)
		}
	}
	return nil
}

// migrate brings the schema up to date, one process at a time.
func migrate(ctx context.Context, db *sql.DB, dir string) error {
	lock := flock.New(filepath.Join(dir, "schema.lock"))
	if err := lock.Lock(); err != nil {
		return err
	}
	defer lock.Unlock()
	files, err := fs.Sub(migrations, "migration")
	if err != nil {
		return err
	}
	steps, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return err
	}
	has, can, err := steps.GetVersions(ctx)
	if err != nil {
		return err
	}
	if has > can {
		return fmt.Errorf("schema %d, this program knows %d: %w", has, can, ErrNewer)
	}
	if has < can {
		_, err = steps.Up(ctx)
	}
	return err
}

// Begin starts the chain of a newly enrolled kiosk with the first step of
// its code ratchet. It returns [ErrEnrolled] for a queue that holds reports; one
// that is still empty (an enrolment cut off half way) starts anew.
func (q *Queue) Begin(ctx context.Context, first track.Key) (err error) {
	if err := q.usable(); err != nil {
		return err
	}
	defer q.watch(&err)
	var epoch [8]byte
	rand.Read(epoch[:])
	done, err := q.db.ExecContext(ctx, `insert into chain (one, epoch, seq, head, ratchet) values (1, $1, 0, zeroblob(32), $2)
		on conflict (one) do update set epoch = excluded.epoch, ratchet = excluded.ratchet where seq = 0`,
		hex.EncodeToString(epoch[:]), first[:])
	if err != nil {
		return fmt.Errorf("begin queue: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(ErrEnrolled, err)
	}
	return nil
}

// Append gives build the next place in the chain and commits envelope, ratchet
// step and receipt in one transaction, with what each of behind makes for the places
// after it. It calls them again, a few times, when a number drawn is taken. A nil
// error means that all is on disk.
func (q *Queue) Append(ctx context.Context, id string, build func(seal.Slot, track.Key) (seal.Envelope, kiosk.Slip, error), behind ...func(seal.Slot, track.Key, kiosk.Slip) (seal.Envelope, error)) (_ kiosk.Slip, err error) {
	if err := q.usable(); err != nil {
		return kiosk.Slip{}, err
	}
	defer q.watch(&err)
	for try := 0; ; try++ {
		given, err := q.append(ctx, id, build, behind)
		if taken(err) && try < 8 {
			continue
		}
		if err != nil {
			return kiosk.Slip{}, fmt.Errorf("append report: %w", err)
		}
		return given, nil
	}
}

func (q *Queue) append(ctx context.Context, id string, build func(seal.Slot, track.Key) (seal.Envelope, kiosk.Slip, error), behind []func(seal.Slot, track.Key, kiosk.Slip) (seal.Envelope, error)) (given kiosk.Slip, err error) {
	tx, err := q.db.BeginTx(ctx, nil)
	if err != nil {
		return given, err
	}
	defer tx.Rollback()
	var slot seal.Slot
	var head, ratchet []byte
	err = tx.StmtContext(ctx, q.chain).QueryRowContext(ctx).Scan(&slot.Epoch, &slot.Seq, &head, &ratchet)
	if errors.Is(err, sql.ErrNoRows) {
		return given, ErrNotEnrolled
	}
	if err != nil {
		return given, err
	}
	if len(head) != 32 || len(ratchet) != 32 {
		return given, errors.New("the chain is damaged")
	}
	slot.Seq++
	slot.Prev = [32]byte(head)
	key := track.Key(ratchet)
	envelope, given, err := build(slot, key)
	if err != nil {
		return given, err
	}
	details, err := json.Marshal(given)
	if err != nil {
		return given, err
	}
	now := q.now()
	add := func(id string, number kiosk.Number) error {
		_, err := tx.StmtContext(ctx, q.addEnvelope).ExecContext(ctx, slot.Seq, id, string(number), envelope.SHA256[:], envelope.Bytes, now.Unix())
		return err
	}
	if err := add(id, given.Number); err != nil {
		return given, err
	}
	next := key.Next()
	for _, build := range behind {
		slot.Seq, slot.Prev = slot.Seq+1, envelope.SHA256
		if envelope, err = build(slot, next, given); err != nil {
			return given, err
		}
		if err := add(envelope.Header.ID, envelope.Header.Number); err != nil {
			return given, err
		}
		next = next.Next()
	}
	if _, err := tx.StmtContext(ctx, q.moveChain).ExecContext(ctx, slot.Seq, envelope.SHA256[:], next[:]); err != nil {
		return given, err
	}
	if !given.Unkept {
		if _, err := tx.StmtContext(ctx, q.addSlip).ExecContext(ctx,
			string(given.Number), string(details), now.Add(ReceiptKept).Unix()); err != nil {
			return given, err
		}
	}
	if err := tx.Commit(); err != nil {
		// A commit can fail after it took effect: look before saying no. Where the
		// disk failed there is nothing to see: what is read comes from memory.
		var n int
		if !failing(err) && q.db.QueryRowContext(context.WithoutCancel(ctx), `select count(*) from envelope where id = $1`, id).Scan(&n) == nil && n == 1 {
			return given, nil
		}
		return given, err
	}
	return given, nil
}

// taken reports whether err says that a number exists already.
func taken(err error) bool {
	return constrained(err) && strings.Contains(err.Error(), "envelope.number")
}

// constrained reports whether err says that a row does not fit the schema.
func constrained(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
}

// Slip returns what the receipt is made from of a report filed within the last
// [ReceiptKept], or [ErrNoReceipt].
func (q *Queue) Slip(ctx context.Context, n kiosk.Number) (_ kiosk.Slip, err error) {
	if err := q.usable(); err != nil {
		return kiosk.Slip{}, err
	}
	defer q.watch(&err)
	var r kiosk.Slip
	var details string
	err = q.db.QueryRowContext(ctx, `select details from slip where number = $1 and expires_at > $2`, string(n), q.now().Unix()).Scan(&details)
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrNoReceipt
	}
	if err != nil {
		return r, fmt.Errorf("slip: %w", err)
	}
	if err := json.Unmarshal([]byte(details), &r); err != nil {
		return r, fmt.Errorf("slip: %w", err)
	}
	return r, nil
}

// Forget wipes receipts past their time and empties the write-ahead log, so
// that neither old secrets nor old ratchet steps stay in the files.
func (q *Queue) Forget(ctx context.Context) (err error) {
	if err := q.usable(); err != nil {
		return err
	}
	defer q.watch(&err)
	if _, err := q.db.ExecContext(ctx, `delete from slip where expires_at <= $1`, q.now().Unix()); err != nil {
		return fmt.Errorf("forget receipts: %w", err)
	}
	if _, err := q.db.ExecContext(ctx, `delete from print_job where begun_at <= $1`, q.now().Add(-printsKept).Unix()); err != nil {
		return fmt.Errorf("forget prints: %w", err)
	}
	// Another process reading at this moment makes the checkpoint incomplete;
	// the next one completes it.
	var busy, logged, done int
	if err := q.db.QueryRowContext(ctx, `pragma wal_checkpoint(truncate)`).Scan(&busy, &logged, &done); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}
