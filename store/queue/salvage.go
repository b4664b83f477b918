package queue

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"loket/kiosk/disk"
	"loket/kiosk/seal"
	"loket/kiosk/track"
)

// ErrOpen says that another program has the queue open.
var ErrOpen = errors.New("another program has the queue open")

// Salvaged is what was saved from a damaged queue.
type Salvaged struct {
	Saved    int    // envelopes, as they were stored
	Doubtful int    // envelopes that are not quite as they were: the hub will judge them
	Lost     int    // places of the chain of which nothing was found
	Aside    string // where the damaged database is now
	Ratchet  bool   // a new chain was begun; if not, the kiosk has to be enrolled anew
}

// The files of a salvage on its way, in the order they come to be.
const (
	building = "queue.db.building" // half done: of no use
	ready    = "queue.db.new"      // whole and on the disk
)

// Salvage puts the damaged database in dir aside, for good, and a new one with what
// is sound of it in its place: envelopes, how they stand, and the code ratchet, one
// step further, in a new chain. It can be cut off anywhere and begun again. It
// returns [ErrOpen] while another program has the queue open.
func Salvage(ctx context.Context, dir string, now time.Time) (s Salvaged, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("salvage queue: %w", err)
		}
	}()
	lock, alone, err := hold(dir, true)
	if err != nil {
		return s, err
	}
	if !alone {
		return s, ErrOpen
	}
	defer lock.Unlock()
	work, err := os.MkdirTemp(dir, ".salvage-*")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(work)
	if err := discard(dir, building, ready); err != nil {
		return s, err
	}
	// The damaged files stay as they are: what is read is a copy.
	for _, suffix := range suffixes {
		if err := copyFile(filepath.Join(work, "queue.db"+suffix), filepath.Join(dir, "queue.db"+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return s, err
		}
	}
	if err := s.build(ctx, dir, work, now); err != nil {
		return s, err
	}
	if err := disk.Settle(filepath.Join(dir, building)); err != nil {
		return s, err
	}
	if err := os.Rename(filepath.Join(dir, building), filepath.Join(dir, ready)); err != nil {
		return s, err
	}
	if s.Aside, err = putAside(dir, now); err != nil {
		return s, err
	}
	return s, finish(dir)
}

var suffixes = []string{"", "-wal", "-shm"}

// putAside moves the database out of the way under a name that says when.
func putAside(dir string, now time.Time) (name string, err error) {
	name = filepath.Join(dir, "queue.db.corrupt-"+now.UTC().Format("20060102T150405Z"))
	for n := 2; ; n++ {
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			break
		}
		name = filepath.Join(dir, fmt.Sprintf("queue.db.corrupt-%s-%d", now.UTC().Format("20060102T150405Z"), n))
	}
	for _, suffix := range []string{"-wal", "-shm", ""} { // the database last: while it stands, all begins again
		if err := os.Rename(filepath.Join(dir, "queue.db"+suffix), name+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return name, err
		}
	}
	return name, disk.Settle(dir)
}

// finish puts a new database that is ready in its place, where none stands.
func finish(dir string) error {
	place, fresh := filepath.Join(dir, "queue.db"), filepath.Join(dir, ready)
	if _, err := os.Stat(fresh); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if _, err := os.Stat(place); err == nil {
		return discard(dir, ready) // cut off before the old one went: it is judged again
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(fresh, place); err != nil {
		return err
	}
	return disk.Settle(dir)
}

// hold takes part in the queue's lock: every program that has it open shares it.
func hold(dir string, alone bool) (lock *flock.Flock, got bool, err error) {
	lock = flock.New(filepath.Join(dir, "queue.lock"))
	if alone {
		got, err = lock.TryLock()
	} else {
		got, err = true, lock.RLock()
	}
	return lock, got, err
}

func discard(dir string, names ...string) error {
	for _, name := range names {
		for _, suffix := range append(suffixes, "-journal") {
			if err := os.Remove(filepath.Join(dir, name+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// build makes the new database from the copy in work.
func (s *Salvaged) build(ctx context.Context, dir, work string, now time.Time) error {
	path := filepath.Join(dir, building)
	fresh, err := openFile(ctx, path)
	if err != nil {
		return err
	}
	defer fresh.Close()
	if err := migrate(ctx, fresh, dir); err != nil {
		return err
	}
	damaged, err := openDamaged(ctx, fresh, work)
	if err != nil {
		return err
	}
	defer damaged.Close()
	if err := s.move(ctx, damaged, fresh, now); err != nil {
		return err
	}
	_, err = fresh.ExecContext(ctx, `pragma journal_mode = delete`) // one file to rename
	return errors.Join(err, fresh.Close())
}

// openDamaged opens the copy; one whose first page is gone gets that of a queue as
// this program makes it, whose tables begin on the same pages.
func openDamaged(ctx context.Context, fresh *sql.DB, work string) (*sql.DB, error) {
	path := filepath.Join(work, "queue.db")
	open := func() (*sql.DB, error) {
		db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath())
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(1)
		var n int
		err = db.QueryRowContext(ctx, `select count(*) from sqlite_schema where name in ('chain', 'envelope')`).Scan(&n)
		if err == nil && n != 2 {
			err = errors.New("the tables are not named")
		}
		return db, err
	}
	db, err := open()
	if err == nil || ctx.Err() != nil {
		return db, err
	}
	db.Close()
	model := filepath.Join(work, "model.db")
	if _, err := fresh.ExecContext(ctx, `vacuum main into $1`, model); err != nil {
		return nil, err
	}
	if err := transplant(path, model); err != nil {
		return nil, err
	}
	return open()
}

// transplant puts the first page of one database over another's. Bytes 28 to 31 of
// it are the number of pages, 32 to 39 the free pages, 92 to 95 for which change
// that number holds (bytes 24 to 27): https://sqlite.org/fileformat.html, section 1.3.
func transplant(to, from string) error {
	f, err := os.OpenFile(to, os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	model, err := in.Stat()
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	page := make([]byte, 4096)
	// SQLite reads nothing of a file that ends before a table begins.
	size := max(info.Size()/int64(len(page))*int64(len(page)), model.Size())
	if err := f.Truncate(size); err != nil {
		return err
	}
	if _, err := io.ReadFull(in, page); err != nil {
		return err
	}
	binary.BigEndian.PutUint32(page[28:], uint32(size/int64(len(page))))
	clear(page[32:40])
	copy(page[92:96], page[24:28])
	if _, err := f.WriteAt(page, 0); err != nil {
		return err
	}
	return f.Close()
}

// move takes over row by row what is sound. What cannot be read is passed over.
func (s *Salvaged) move(ctx context.Context, damaged, fresh *sql.DB, now time.Time) error {
	tx, err := fresh.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var top, least int64
	var ratchet []byte
	// A chain that cannot be read leaves no ratchet; the newest place may still be known.
	chained := damaged.QueryRowContext(ctx, `select seq, ratchet from chain`).Scan(&top, &ratchet) == nil && len(ratchet) == 32
	for _, ask := range []string{`select max(seq) from envelope`, `select max(seq) from envelope indexed by envelope_waiting where acked_at is null`} {
		var most sql.NullInt64
		if damaged.QueryRowContext(ctx, ask).Scan(&most) == nil && most.Int64 > top {
			top = most.Int64
		}
	}
	var low sql.NullInt64
	if damaged.QueryRowContext(ctx, `select min(seq) from envelope`).Scan(&low) == nil {
		least = min(low.Int64, 0)
	}
	if !chained && top == 0 {
		top = blind // the places are not known: all that could be are tried
	}
	const columns = `id, number, sha256, bytes, stored_at, acked_at, level, incarnation, hub_seq, purged_at`
	var rows []row
	for at := least; at <= top; at++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var r row
		err := damaged.QueryRowContext(ctx, `select `+columns+` from envelope where seq = $1`, at).Scan(&r.id, &r.number, &r.sum, &r.bytes, &r.stored, &r.acked, &r.level, &r.incarnation, &r.hubSeq, &r.purged)
		if errors.Is(err, sql.ErrNoRows) && (at <= 0 || top == blind) {
			continue // there never was one
		}
		if err == nil && r.bytes == nil && r.purged.Valid {
			rows = append(rows, r)
			continue
		}
		sound, e, broken := false, seal.Envelope{}, err
		if broken == nil {
			sound, e, broken = r.judge()
		}
		if broken != nil {
			s.Lost++
			continue
		}
		if r.doubtful = !sound; r.doubtful { // what stands beside it may be wrong too
			r = row{id: e.Header.ID, number: string(e.Header.Number), sum: e.SHA256[:], bytes: r.bytes, stored: r.stored, doubtful: true}
		}
		rows = append(rows, r)
	}
	for i, r := range rows {
		// Places of the old chain stand below those of the new one.
		done, err := tx.ExecContext(ctx, `insert or ignore into envelope (seq, `+columns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			i-len(rows), r.id, r.number, r.sum, r.bytes, r.stored, r.acked, r.level, r.incarnation, r.hubSeq, r.purged)
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		switch {
		case err != nil:
			return err
		case n == 0:
			s.Lost++
		case r.doubtful:
			s.Doubtful++
		default:
			s.Saved++
		}
	}
	if chained {
		s.Ratchet = true
		var epoch [8]byte
		rand.Read(epoch[:])
		next := track.Key(ratchet).Next()
		if _, err := tx.ExecContext(ctx, `insert into chain (one, epoch, seq, head, ratchet) values (1, $1, 0, zeroblob(32), $2)`, hex.EncodeToString(epoch[:]), next[:]); err != nil {
			return err
		}
	}
	if err := keep(ctx, damaged, tx, `select number, details, expires_at from slip`, `insert or ignore into slip (number, details, expires_at) values ($1, $2, $3)`, 3); err != nil {
		return err
	}
	if err := keep(ctx, damaged, tx, `select number, copy, asked_by, begun_at, ended_at, printer, outcome, fault from print_job order by id`,
		`insert or ignore into print_job (number, copy, asked_by, begun_at, ended_at, printer, outcome, fault) values ($1, $2, $3, $4, $5, $6, $7, $8)`, 8); err != nil {
		return err
	}
	return tx.Commit()
}

// blind is how many places are tried where nothing says how many there are.
const blind = 100_000

// row is one of the table envelope.
type row struct {
	doubtful           bool
	id, number         string
	sum, bytes         []byte
	stored             int64
	acked, hubSeq      sql.NullInt64
	level, incarnation sql.NullString
	purged             sql.NullInt64
}

// keep copies rows of a table as far as it can be read.
func keep(ctx context.Context, damaged *sql.DB, tx *sql.Tx, from, into string, width int) error {
	rows, err := damaged.QueryContext(ctx, from)
	if err != nil {
		return ctx.Err()
	}
	defer rows.Close()
	for rows.Next() {
		values, targets := make([]any, width), make([]any, width)
		for i := range values {
			targets[i] = &values[i]
		}
		if rows.Scan(targets...) != nil {
			break
		}
		if _, err := tx.ExecContext(ctx, into, values...); err != nil && !constrained(err) {
			return err
		}
	}
	return ctx.Err()
}
