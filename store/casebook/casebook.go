// Package casebook is the hub's memory: SQLite in WAL mode with synchronous=FULL,
// or PostgreSQL where one machine is not enough. Several processes may use it at
// once. Queries are one text for both: parameters are $1, $2 … in ascending order of
// appearance; what each does in its own way is in sqlite.go and postgres.go.
package casebook

import (
	"context"
	crand "crypto/rand"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/disk"
)

// Errors a caller words for people.
var (
	ErrNewer  = errors.New("the casebook was written by a newer version of this program")
	ErrUnsafe = errors.New("the database does not keep the settings that make it durable")
	ErrInUse  = errors.New("the casebook is in use by another program")
	ErrCopy   = errors.New("the copy is not sound")

	ErrReplaced = errors.New("another server took the database over meanwhile")
)

//go:embed migration
var migrations embed.FS

var _ hub.Store = (*Casebook)(nil)

// Casebook is an open casebook, safe for concurrent use.
type Casebook struct {
	engine
	write, read *sql.DB
	often       querier // read, for texts that never change and are asked all day
	dir         string
	hasty       string       // file to be synced at the end, if nothing was before
	use         *flock.Flock // held, shared, while the casebook is open
	intake      intake
	counter     counter
	adding      adding // to the summaries
}

// engine is what SQLite and PostgreSQL do each in its own way.
type engine interface {
	// migrations are the folder and the dialect of the tables' history.
	migrations() (folder string, dialect goose.Dialect, options []goose.ProviderOption)
	// lock makes transactions that name the same thing follow each other.
	lock(ctx context.Context, tx *sql.Tx, names []int64) error
	// held ends a query whose rows nobody else may change meanwhile.
	held() string
	// unique reports whether err says that a key exists already.
	unique(err error) bool
	// transient reports whether a transaction failed only by what others did
	// meanwhile: it may be tried again.
	transient(err error) bool
	// texts and sums are parameters that stand for many; among and amongSums say that
	// a column is one of them.
	texts(all []string) any
	sums(sums [][32]byte) any
	among(column, parameter string) string
	amongSums(column, parameter string) string
	// places is a query for kiosk, epoch, seq, sha256 and prev of what stands there.
	places(at []place) (query string, parameters []any)
	// insert stores arrivals and returns their numbers.
	insert(ctx context.Context, tx *sql.Tx, arrivals []hub.Arrival) (map[[32]byte]int64, error)
	// index lets a case be found by a text.
	index(ctx context.Context, tx executor, n kiosk.Number, text string) error
	// beginning is a query for the cases that have a word which begins so.
	beginning(word string) (query string, parameter any)
	// sharing is a query for cases that have one of the words: found, and best, the
	// smaller the more they share.
	sharing(words []string) (query string, parameter any)
	// repeating is a transaction that says the same texts many times; done ends that.
	repeating(tx *sql.Tx) (again executor, done func())
	// met is a column by which rows are sifted as they come, not looked for.
	met(column string) string
	// lineage is an expression that changes when the database goes on from a copy
	// that may lack what was committed, '' where that is a restore alone.
	lineage() string
}

// What transactions name to follow each other: everything, or one kiosk.
const everything int64 = 1

func oneKiosk(id string) int64 {
	n := int64(2)
	for _, b := range []byte(id) {
		n = n<<8 | int64(b)
	}
	return n
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
		errs = append(errs, disk.Settle(b.hasty), disk.Settle(filepath.Dir(b.hasty)))
	}
	if b.use != nil {
		errs = append(errs, b.use.Unlock())
	}
	return errors.Join(errs...)
}

// migrate brings the tables up to what this program works with.
func (b *Casebook) migrate(ctx context.Context) error {
	folder, dialect, options := b.migrations()
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return err
	}
	steps, err := goose.NewProvider(dialect, b.write, files, options...)
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
	crand.Read(id[:])
	if _, err := b.write.ExecContext(ctx, `insert into meta (one, incarnation, lineage) values (1, $1, `+b.lineage()+`) on conflict do nothing`, hex.EncodeToString(id[:])); err != nil {
		return err
	}
	b.adding, err = prepareAdding(ctx, "summary", b.write.PrepareContext)
	return err
}

// in runs f in one durable transaction, after every other that does.
func (b *Casebook) in(ctx context.Context, f func(*sql.Tx) error) error {
	return b.locked(ctx, []int64{everything}, f)
}

// tries is how often a transaction is run that others were in the way of.
const tries = 8

// locked runs f in one durable transaction, after every other that names one of the
// same things; f may be run again.
func (b *Casebook) locked(ctx context.Context, names []int64, f func(*sql.Tx) error) error {
	for try := 1; ; try++ {
		err := b.once(ctx, names, f)
		if err == nil || try == tries || !b.transient(err) {
			return err
		}
		select {
		case <-time.After(rand.N(time.Duration(try) * 5 * time.Millisecond)):
		case <-ctx.Done():
			return err
		}
	}
}

func (b *Casebook) once(ctx context.Context, names []int64, f func(*sql.Tx) error) error {
	tx, err := b.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := b.lock(ctx, tx, names); err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
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
