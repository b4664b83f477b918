package casebook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"

	"loket/hub"
	"loket/kiosk/disk"
)

// ErrDamaged says that SQLite finds the database not whole.
var ErrDamaged = errors.New("the database is damaged")

// Probe commits a row, as the disk takes it or not.
func (b *Casebook) Probe(ctx context.Context, now time.Time) error {
	_, err := b.write.ExecContext(ctx, `update meta set probed_at = $1`, now.Unix())
	return err
}

// Schema returns which version of the tables the database has, and which one this
// program works with.
func (b *Casebook) Schema(ctx context.Context) (has, knows int64, err error) {
	if knows, err = b.newest(); err != nil {
		return 0, 0, err
	}
	err = b.read.QueryRowContext(ctx, `select coalesce(max(version_id), 0) from goose_db_version where is_applied`).Scan(&has)
	return has, knows, err
}

// newest is the version of the last migration that this program brings along.
func (b *Casebook) newest() (version int64, err error) {
	folder, _, _ := b.migrations()
	files, err := fs.Glob(migrations, folder+"/*.sql")
	if err != nil || len(files) == 0 {
		return 0, errors.Join(errors.New("this program brings no tables along"), err)
	}
	return goose.NumericComponent(files[len(files)-1])
}

// Disk returns how much of the disk under the database is free for this program,
// and its size, in bytes; zeros for a database on a server of its own.
func (b *Casebook) Disk() (free, size uint64, err error) {
	if b.dir == "" {
		return 0, 0, nil
	}
	return disk.Room(b.dir)
}

// QuickCheck looks whether the database is whole, but for what its indexes say. It
// returns [ErrDamaged] with what SQLite finds first. PostgreSQL checks its pages by
// itself, if they have checksums: what it is asked is whether its indexes are valid.
func (b *Casebook) QuickCheck(ctx context.Context) error {
	if _, ok := b.engine.(postgresEngine); ok {
		var bad string
		err := b.read.QueryRowContext(ctx, `select coalesce(string_agg(indexrelid::regclass::text, ', '), '') from pg_index where not indisvalid`).Scan(&bad)
		if err == nil && bad != "" {
			err = fmt.Errorf("an index is not valid: %s", bad)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		return nil
	}
	var verdict string
	if err := b.read.QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&verdict); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, verdict)
	}
	return nil
}

// OpenToLook opens the casebook in dir for reading alone: it makes nothing, migrates
// nothing, and takes no lock, so it may lie beside a running hub or a restore. Ask
// [Casebook.Schema] before anything else: an older schema lacks tables. It returns
// an error wrapping [fs.ErrNotExist] where there is none.
func OpenToLook(ctx context.Context, dir string) (*Casebook, error) {
	path := filepath.Join(dir, "casebook.db")
	if _, err := os.Stat(path); err != nil { // SQLite would say less
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	settings := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(10000)", "query_only(ON)"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+settings.Encode())
	if err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	return &Casebook{engine: sqliteEngine{}, write: db, read: db, often: db, dir: dir}, nil
}

var _ hub.HealthStore = (*Casebook)(nil)
