// Package casebook is the hub's memory: SQLite in WAL mode with
// synchronous=FULL. Several processes may use it at once. Parameters are $1,
// $2 … in ascending order of appearance, so that the same text can serve
// PostgreSQL.
package casebook

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"loket/hub"
)

// Errors a caller words for people.
var (
	ErrNewer  = errors.New("the casebook was written by a newer version of this program")
	ErrUnsafe = errors.New("the database does not keep the settings that make it durable")
	ErrInUse  = errors.New("the casebook is in use by another program")
	ErrCopy   = errors.New("the copy is not sound")
)

//go:embed migration/*.sql
var migrations embed.FS

var _ hub.Store = (*Casebook)(nil)

// Casebook is an open casebook, safe for concurrent use: one connection
// writes, others read.
type Casebook struct {
	write, read *sql.DB
	dir         string
	hasty       string       // file to be synced at the end, if nothing was before
	use         *flock.Flock // held, shared, while the casebook is open
	counter     counter
	adding      adding // to the summaries
}

// Open opens the casebook in dir, creating both if missing. It returns
// [ErrNewer] and [ErrUnsafe].
func Open(ctx context.Context, dir string) (*Casebook, error) {
	return open(ctx, dir, "FULL", "2")
}

// OpenHasty opens it without waiting for the disk at each change: Close does,
// once. Until then a power cut may leave nothing, so it is for filling a folder
// that can be made anew.
func OpenHasty(ctx context.Context, dir string) (*Casebook, error) {
	b, err := open(ctx, dir, "OFF", "0")
	if err == nil {
		b.hasty = filepath.Join(dir, "casebook.db")
	}
	return b, err
}

// open opens the casebook with a way of waiting for the disk, as SQLite takes
// it and as it reports it.
func open(ctx context.Context, dir, synchronous, reported string) (_ *Casebook, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	b := &Casebook{dir: dir}
	defer func() {
		if err != nil {
			b.Close()
		}
	}()
	if err := b.take(ctx, dir); err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	path := filepath.Join(dir, "casebook.db")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	settings := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(" + synchronous + ")", "foreign_keys(ON)"}}
	name := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + settings.Encode()
	if b.write, err = sql.Open("sqlite", name+"&_txlock=immediate"); err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	if b.read, err = sql.Open("sqlite", name); err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	b.write.SetMaxOpenConns(1)
	b.read.SetMaxOpenConns(4)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": reported, "foreign_keys": "1"} {
		var got string
		if err := b.write.QueryRowContext(ctx, "pragma "+pragma).Scan(&got); err != nil {
			return nil, fmt.Errorf("open casebook: %w", err)
		}
		if !strings.EqualFold(got, want) {
			return nil, fmt.Errorf("open casebook: %w: %s is %s, not %s", ErrUnsafe, pragma, got, want)
		}
	}
	if err := b.migrate(ctx, dir); err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	if b.adding, err = prepareAdding(ctx, "summary", b.write.PrepareContext); err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	return b, nil
}

func (b *Casebook) migrate(ctx context.Context, dir string) error {
	lock := flock.New(filepath.Join(dir, "schema.lock"))
	if err := lock.Lock(); err != nil {
		return err
	}
	defer lock.Unlock()
	files, err := fs.Sub(migrations, "migration")
	if err != nil {
		return err
	}
	steps, err := goose.NewProvider(goose.DialectSQLite3, b.write, files)
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
		if _, err := steps.Up(ctx); err != nil {
			return err
		}
	}
	var id [8]byte
	rand.Read(id[:])
	_, err = b.write.ExecContext(ctx, `insert into meta (one, incarnation) values (1, $1) on conflict do nothing`, hex.EncodeToString(id[:]))
	return err
}

// Close ends the use of the casebook.
func (b *Casebook) Close() error {
	var errs []error
	for _, db := range []*sql.DB{b.write, b.read} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if b.hasty != "" { // the last connection has emptied the log into it
		errs = append(errs, syncFile(b.hasty), syncFile(filepath.Dir(b.hasty)))
	}
	if b.use != nil {
		errs = append(errs, b.use.Unlock())
	}
	return errors.Join(errs...)
}

// in runs f in one durable transaction.
func (b *Casebook) in(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := b.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// unique reports whether err says that a key exists already.
func unique(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

func found(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return hub.ErrNotFound
	}
	return err
}

// at reads unix seconds.
func at(n int64) time.Time { return time.Unix(n, 0).UTC() }

func maybe(n sql.NullInt64) *time.Time {
	if !n.Valid {
		return nil
	}
	t := at(n.Int64)
	return &t
}
