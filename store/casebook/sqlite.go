package casebook

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/disk"
)

// Open opens the casebook in dir, creating both if missing: SQLite, of which one
// connection writes and others read. It returns [ErrNewer], [ErrUnsafe], [ErrMoved] and
// [ErrMoving].
func Open(ctx context.Context, dir string) (*Casebook, error) {
	return open(ctx, dir, durably, notMoved)
}

// OpenHasty opens it without waiting for the disk at each change: Close does,
// once. Until then a power cut may leave nothing, so it is for filling a folder
// that can be made anew.
func OpenHasty(ctx context.Context, dir string) (*Casebook, error) {
	b, err := open(ctx, dir, hastily, notMoved)
	if err == nil {
		b.hasty = filepath.Join(dir, "casebook.db")
	}
	return b, err
}

// readers is how many connections read at a time.
const readers = 4

// waiting is a way of waiting for the disk, as SQLite takes it and as it reports it.
type waiting struct{ asked, reported string }

var durably, hastily = waiting{"FULL", "2"}, waiting{"OFF", "0"}

// open opens the casebook, if nothing is against it once it is marked as in use: who
// moves it away waits for that, or it waited for who did.
func open(ctx context.Context, dir string, how waiting, against func(dir string) error) (_ *Casebook, err error) {
	if err := disk.Make(dir); err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	b := &Casebook{engine: sqliteEngine{}, dir: dir}
	defer func() {
		if err != nil {
			b.Close()
		}
	}()
	if err := b.take(ctx, dir); err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	if err := against(dir); err != nil {
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
	settings := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(" + how.asked + ")", "foreign_keys(ON)"}}
	name := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + settings.Encode()
	if b.write, err = sql.Open("sqlite", name+"&_txlock=immediate"); err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	if b.read, err = sql.Open("sqlite", name); err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	b.write.SetMaxOpenConns(1)
	b.read.SetMaxOpenConns(readers)
	b.read.SetMaxIdleConns(readers) // or each that is not needed for a moment is opened anew
	b.often = &statements{on: b.read}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": how.reported, "foreign_keys": "1"} {
		var got string
		if err := b.write.QueryRowContext(ctx, "pragma "+pragma).Scan(&got); err != nil {
			return nil, fmt.Errorf("open casebook: %w", err)
		}
		if !strings.EqualFold(got, want) {
			return nil, fmt.Errorf("open casebook: %w: %s is %s, not %s", ErrUnsafe, pragma, got, want)
		}
	}
	lock := flock.New(filepath.Join(dir, "schema.lock"))
	if err := lock.Lock(); err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	defer lock.Unlock()
	if err := b.migrate(ctx); err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	return b, nil
}

// sqliteEngine is SQLite: one process writes at a time, so nothing is in the way.
type sqliteEngine struct{}

func (sqliteEngine) migrations() (string, goose.Dialect, []goose.ProviderOption) {
	return "migration/sqlite", goose.DialectSQLite3, nil
}

func (sqliteEngine) lock(context.Context, *sql.Tx, []int64) error { return nil } // begun as a writer

func (sqliteEngine) held() string { return "" }

func (sqliteEngine) unique(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

func (sqliteEngine) transient(error) bool { return false }

func (sqliteEngine) texts(all []string) any {
	b, _ := json.Marshal(all) // strings always can
	return string(b)
}

func (e sqliteEngine) sums(sums [][32]byte) any {
	texts := make([]string, len(sums))
	for i, s := range sums {
		texts[i] = hex.EncodeToString(s[:])
	}
	return e.texts(texts)
}

func (sqliteEngine) among(column, parameter string) string {
	return column + ` in (select value from json_each(` + parameter + `))`
}

func (sqliteEngine) amongSums(column, parameter string) string {
	return column + ` in (select unhex(value) from json_each(` + parameter + `))`
}

func (e sqliteEngine) places(at []place) (string, []any) {
	type row [3]any
	rows := make([]row, len(at))
	for i, p := range at {
		rows[i] = row{p.kiosk, p.epoch, p.seq}
	}
	b, _ := json.Marshal(rows) // texts and numbers always can
	return `select e.kiosk, e.epoch, e.seq, e.sha256, e.prev from (select distinct value ->> 0 as kiosk, value ->> 1 as epoch, value ->> 2 as seq from json_each($1)) as p
		cross join envelope as e on e.kiosk = p.kiosk and e.epoch = p.epoch and e.seq = p.seq`, []any{string(b)}
}

func (sqliteEngine) insert(ctx context.Context, tx *sql.Tx, arrivals []hub.Arrival) (map[[32]byte]int64, error) {
	add, err := tx.PrepareContext(ctx, `insert into envelope (sha256, id, kiosk, epoch, seq, number, bytes, received_at, level, reason, prev)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
	if err != nil {
		return nil, err
	}
	defer add.Close()
	seqs := make(map[[32]byte]int64, len(arrivals))
	for _, a := range arrivals {
		id, number := named(a)
		done, err := add.ExecContext(ctx, a.SHA256[:], id, a.Kiosk, a.Header.Epoch, int64(a.Header.Seq), number, a.Bytes, a.At.Unix(), a.Level, a.Reason, prev(a.Header))
		if err != nil {
			return nil, err
		}
		if seqs[a.SHA256], err = done.LastInsertId(); err != nil {
			return nil, err
		}
	}
	return seqs, nil
}

func (sqliteEngine) index(ctx context.Context, tx executor, n kiosk.Number, text string) error {
	_, err := tx.ExecContext(ctx, `insert into case_text (number, body) values ($1, $2)`, string(n), text)
	return err
}

func (sqliteEngine) beginning(word string) (string, any) {
	return `select distinct number from case_text where case_text match $1`, `"` + word + `"*`
}

func (sqliteEngine) sharing(words []string) (string, any) {
	var any []string
	for _, w := range words {
		any = append(any, `"`+strings.ReplaceAll(w, `"`, ``)+`"`)
	}
	return `select number as found, min(rank) as best from case_text where case_text match $1 group by number`, strings.Join(any, " OR ")
}

// met keeps an index that would bring nearly all rows, and then to be sorted, from being
// used.
func (sqliteEngine) met(column string) string { return "+" + column }

func (sqliteEngine) lineage() string { return `''` }

// statements says texts with statements that are made once for each: SQLite compiles a
// text each time it is said without one.
type statements struct {
	on interface {
		querier
		PrepareContext(context.Context, string) (*sql.Stmt, error)
	}
	made sync.Map // *sql.Stmt by text; closed with on
}

func (sqliteEngine) repeating(tx *sql.Tx) (executor, func()) {
	s := &statements{on: tx}
	return s, func() {
		for _, made := range s.made.Range {
			made.(*sql.Stmt).Close()
		}
	}
}

func (s *statements) of(ctx context.Context, text string) (*sql.Stmt, error) {
	if made, ok := s.made.Load(text); ok {
		return made.(*sql.Stmt), nil
	}
	fresh, err := s.on.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	made, other := s.made.LoadOrStore(text, fresh)
	if other {
		fresh.Close()
	}
	return made.(*sql.Stmt), nil
}

func (s *statements) QueryContext(ctx context.Context, text string, parameters ...any) (*sql.Rows, error) {
	made, err := s.of(ctx, text)
	if err != nil {
		return nil, err
	}
	return made.QueryContext(ctx, parameters...)
}

func (s *statements) QueryRowContext(ctx context.Context, text string, parameters ...any) *sql.Row {
	made, err := s.of(ctx, text)
	if err != nil {
		return s.on.QueryRowContext(ctx, text, parameters...) // says so itself
	}
	return made.QueryRowContext(ctx, parameters...)
}

func (s *statements) ExecContext(ctx context.Context, text string, parameters ...any) (sql.Result, error) {
	made, err := s.of(ctx, text)
	if err != nil {
		return nil, err
	}
	return made.ExecContext(ctx, parameters...)
}
