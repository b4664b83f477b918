package casebook

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5"

	"loket/hub"
	"loket/kiosk/disk"
)

// Errors of moving.
var (
	ErrOccupied  = errors.New("the database holds another casebook")
	ErrMoving    = errors.New("moving this casebook into a database on a server was not finished")
	ErrMoved     = errors.New("the casebook was moved into a database on a server")
	ErrElsewhere = errors.New("the casebook was being moved into another database")
	ErrDiffers   = errors.New("what was copied is not what was there")
)

// moving goes before the incarnation of a casebook that is not whole yet.
const moving = "moving-"

// The file that says that a folder's casebook may not be used any more: under the first
// name while the other database is not open for use for sure, under the second from then
// on. It is on the disk before that database is opened, so that there are never two.
const (
	movingMark = "casebook.moving"
	movedMark  = "casebook.moved"
)

// Progress is told how far a copy is: rows of a table, done and in all; or, with zeros,
// of a step that is taken.
type Progress func(table string, done, all int64)

func (p Progress) step(taken string) {
	if p != nil {
		p(taken, 0, 0)
	}
}

// Move moves the SQLite casebook of dir into an empty PostgreSQL database: every row,
// read back and compared. Cut off anywhere it goes on when called again, and at no time
// can both be used. The SQLite file stays, under the name returned, and [Open] refuses
// the folder from then on. It returns [ErrInUse] while a program has the casebook open,
// [ErrOccupied] for a database that is not empty, [ErrElsewhere] for another one than it
// had all but moved into before, [ErrDiffers], and [ErrMoving] where neither can be used
// until it is called again.
func Move(ctx context.Context, dir, database string, progress Progress) (rows int64, aside string, err error) {
	if rows, err = move(ctx, dir, database, progress); err != nil {
		if errors.Is(notMoved(dir), ErrMoving) {
			err = fmt.Errorf("%w: %w", ErrMoving, err)
		}
		return 0, "", fmt.Errorf("move: %w", err)
	}
	return rows, filepath.Join(dir, "casebook.db"), nil
}

func move(ctx context.Context, dir, database string, progress Progress) (rows int64, err error) {
	if err := notMoved(dir); err != nil && !errors.Is(err, ErrMoving) {
		return 0, err
	}
	if _, err := os.Stat(filepath.Join(dir, "casebook.db")); err != nil {
		return 0, err
	}
	from, err := open(ctx, dir, durably, func(string) error { return nil }) // with its tables brought up to date
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if err := from.use.Unlock(); err != nil {
		return 0, err
	}
	alone := flock.New(filepath.Join(dir, "use.lock"))
	if ok, err := alone.TryLock(); err != nil || !ok {
		return 0, errors.Join(ErrInUse, err)
	}
	defer alone.Unlock()
	err = notMoved(dir)
	resumed := errors.Is(err, ErrMoving)
	if err != nil && !resumed {
		return 0, err
	}
	to, err := openPostgres(ctx, database)
	if err != nil {
		return 0, err
	}
	defer to.Close()
	var place string
	if err := to.read.QueryRowContext(ctx, `select system_identifier || '/' || current_database() from pg_control_system()`).Scan(&place); err != nil {
		return 0, err
	}
	mark := "This hub's casebook went into a PostgreSQL database, " + place + ": hub serve --database URL.\nThe keys are still here. While this file is named " + movingMark + ", run hub migrate again first.\n"
	if resumed {
		if was, err := os.ReadFile(filepath.Join(dir, movingMark)); err != nil || string(was) != mark {
			return 0, errors.Join(ErrElsewhere, err)
		}
	}
	before, err := from.Meta(ctx)
	if err != nil {
		return 0, err
	}
	rows, err = pour(ctx, from, to, before, resumed, progress, func() error {
		if err := writeMark(dir, mark); err != nil {
			return err
		}
		progress.step("the folder's database is closed")
		return nil
	})
	if err != nil {
		return 0, err
	}
	progress.step("the new database is open")
	if err := os.Rename(filepath.Join(dir, movingMark), filepath.Join(dir, movedMark)); err != nil {
		return 0, err
	}
	if err := disk.Settle(dir); err != nil {
		return 0, err
	}
	progress.step("done")
	return rows, nil
}

// writeMark closes a folder, or has not when the power goes.
func writeMark(dir, text string) error {
	part := filepath.Join(dir, movingMark+".part")
	if err := os.WriteFile(part, []byte(text), 0o600); err != nil {
		return err
	}
	if err := disk.Settle(part); err != nil {
		return err
	}
	return errors.Join(os.Rename(part, filepath.Join(dir, movingMark)), disk.Settle(dir))
}

// pour copies a SQLite casebook into an empty one on PostgreSQL, which is after as it
// says. When all is there it calls last, and then lets it be used; resumed, it may be in
// use already.
func pour(ctx context.Context, from, to *Casebook, after hub.Meta, resumed bool, progress Progress, last func() error) (rows int64, err error) {
	is, err := from.Meta(ctx)
	if err != nil {
		return 0, err
	}
	open, err := to.receive(ctx, is.Incarnation, resumed)
	if err != nil {
		return 0, err
	}
	if open {
		return countRows(ctx, from.read)
	}
	if rows, err = copyAll(ctx, from.read, from.read, to, progress); err != nil {
		return 0, err
	}
	if err := last(); err != nil {
		return 0, err
	}
	_, err = to.write.ExecContext(ctx, `update meta set incarnation = $1, watermark = $2, backup_at = $3`, after.Incarnation, after.Watermark, seconds(after.BackupAt))
	return rows, err
}

// countRows is how many rows a SQLite casebook has that are copied.
func countRows(ctx context.Context, db querier) (all int64, err error) {
	tables, err := tablesOf(ctx, db)
	if err != nil {
		return 0, err
	}
	for _, t := range tables {
		var n int64
		if err := db.QueryRowContext(ctx, `select count(*) from `+t.name).Scan(&n); err != nil {
			return 0, err
		}
		all += n
	}
	return all, nil
}

// notMoved returns [ErrMoved] or [ErrMoving] for a folder whose casebook may not be used.
func notMoved(dir string) error {
	for name, says := range map[string]error{movedMark: ErrMoved, movingMark: ErrMoving} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return says
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// receive readies an empty casebook for what comes, or one that got a part of it. It
// reports whether one that may have got all is open for use.
func (b *Casebook) receive(ctx context.Context, incarnation string, resumed bool) (open bool, err error) {
	err = b.in(ctx, func(tx *sql.Tx) error {
		var is string
		var held int
		if err := tx.QueryRowContext(ctx, `select incarnation, (select count(*) from envelope) + (select count(*) from officer) + (select count(*) from kiosk) from meta`).Scan(&is, &held); err != nil {
			return err
		}
		if open = resumed && is == incarnation; open || is == moving+incarnation {
			return nil
		}
		if resumed {
			return ErrElsewhere
		}
		if held > 0 || strings.HasPrefix(is, moving) {
			return ErrOccupied
		}
		_, err := tx.ExecContext(ctx, `update meta set incarnation = $1`, moving+incarnation)
		return err
	})
	return open, err
}

// table is one that is copied, as SQLite describes it.
type table struct {
	name    string
	columns []string
	key     []string // what orders its rows
	text    bool     // case_text, which each engine has in its own way
}

// later is the column of cases that refers to rows which may come after.
const later = "merged_into"

// tablesOf reads what there is to copy from a SQLite casebook, what is referred to
// first.
func tablesOf(ctx context.Context, db querier) (all []table, err error) {
	rows, err := db.QueryContext(ctx, `select t.name, c.name, c.pk from pragma_table_list as t join pragma_table_info(t.name) as c
		where t.schema = 'main' and t.type = 'table' and t.name not like 'sqlite_%' and t.name not in ('goose_db_version', 'meta') order by t.name, c.cid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	keys := map[string]map[int]string{}
	for rows.Next() {
		var name, column string
		var place int
		if err := rows.Scan(&name, &column, &place); err != nil {
			return nil, err
		}
		if len(all) == 0 || all[len(all)-1].name != name {
			all = append(all, table{name: name})
			keys[name] = map[int]string{}
		}
		t := &all[len(all)-1]
		t.columns = append(t.columns, column)
		if place > 0 {
			keys[name][place] = column
		}
	}
	for i, t := range all {
		for place := 1; place <= len(keys[t.name]); place++ {
			all[i].key = append(all[i].key, keys[t.name][place])
		}
		if len(all[i].key) == 0 {
			return nil, fmt.Errorf("%s has no key", t.name)
		}
	}
	first := []string{"kiosk", "envelope", "officer", "cases", "client", "improvement"}
	slices.SortStableFunc(all, func(a, b table) int {
		order := func(t table) int {
			if i := slices.Index(first, t.name); i >= 0 {
				return i
			}
			return len(first)
		}
		return order(a) - order(b)
	})
	all = append(all, table{name: "case_text", columns: []string{"rowid", "number", "body"}, key: []string{"rowid"}, text: true})
	return all, rows.Err()
}

// named gives a table's columns the names that an engine has for them.
func (t table) named(e engine) table {
	if _, ok := e.(postgresEngine); ok && t.text {
		t.columns, t.key = []string{"n", "number", "body"}, []string{"n"}
	}
	return t
}

// How many rows, and how many bytes of them, are on their way at a time.
const (
	rowsAtATime  = 1000
	bytesAtATime = 16 << 20
)

// copyAll copies what a casebook has and another, of the other engine, lacks, and
// compares both. One of the two is SQLite, which describes the tables.
func copyAll(ctx context.Context, from, described querier, to *Casebook, progress Progress) (rows int64, err error) {
	tables, err := tablesOf(ctx, described)
	if err != nil {
		return 0, err
	}
	_, toPostgres := to.engine.(postgresEngine)
	var source engine = postgresEngine{}
	if toPostgres {
		source = sqliteEngine{}
	}
	for _, t := range tables {
		n, err := copyTable(ctx, from, t.named(source), to, t.named(to.engine), progress)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", t.name, err)
		}
		rows += n
	}
	// What referred to rows that were not there yet.
	if err := linkCases(ctx, from, to); err != nil {
		return 0, err
	}
	if toPostgres {
		if err := to.goOn(ctx); err != nil {
			return 0, err
		}
	}
	for _, t := range tables {
		a, n, err := sumTable(ctx, from, t.named(source), progress)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", t.name, err)
		}
		b, m, err := sumTable(ctx, to.read, t.named(to.engine), nil)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", t.name, err)
		}
		if n != m || a != b {
			return 0, fmt.Errorf("%s: %w: %d rows there, %d here", t.name, ErrDiffers, n, m)
		}
	}
	return rows, nil
}

// copyTable copies the rows that come after the last one there.
func copyTable(ctx context.Context, from querier, t table, to *Casebook, into table, progress Progress) (all int64, err error) {
	if err := from.QueryRowContext(ctx, `select count(*) from `+t.name).Scan(&all); err != nil {
		return 0, err
	}
	var done int64
	if err := to.write.QueryRowContext(ctx, `select count(*) from `+t.name).Scan(&done); err != nil {
		return 0, err
	}
	last := make([]any, len(t.key))
	if done > 0 {
		if err := to.write.QueryRowContext(ctx, `select `+strings.Join(into.key, ", ")+` from `+t.name+` order by `+strings.Join(into.key, " desc, ")+` desc limit 1`).Scan(scanInto(last)...); err != nil {
			return 0, err
		}
		plain(last)
	} else {
		last = nil
	}
	for {
		rows, err := page(ctx, from, t, last)
		if err != nil {
			return 0, err
		}
		if len(rows) == 0 {
			return all, nil
		}
		last = keyOf(t, rows[len(rows)-1])
		if i := slices.Index(t.columns, later); i >= 0 {
			for _, r := range rows {
				r[i] = nil
			}
		}
		if err := to.addRows(ctx, into, rows); err != nil {
			return 0, err
		}
		if done += int64(len(rows)); progress != nil {
			progress(t.name, done, all)
		}
	}
}

func keyOf(t table, row []any) (key []any) {
	for _, k := range t.key {
		key = append(key, row[slices.Index(t.columns, k)])
	}
	return key
}

// page reads the rows after a key, in order.
func page(ctx context.Context, from querier, t table, after []any) (all [][]any, err error) {
	query := `select ` + strings.Join(t.columns, ", ") + ` from ` + t.name
	if after != nil {
		marks := make([]string, len(after))
		for i := range marks {
			marks[i] = fmt.Sprintf("$%d", i+1)
		}
		query += ` where (` + strings.Join(t.key, ", ") + `) > (` + strings.Join(marks, ", ") + `)`
	}
	query += ` order by ` + strings.Join(t.key, ", ") + fmt.Sprintf(` limit %d`, rowsAtATime)
	rows, err := from.QueryContext(ctx, query, after...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for bytes := 0; bytes < bytesAtATime && rows.Next(); {
		row := make([]any, len(t.columns))
		if err := rows.Scan(scanInto(row)...); err != nil {
			return nil, err
		}
		plain(row)
		for _, v := range row {
			switch v := v.(type) {
			case string:
				bytes += len(v)
			case []byte:
				bytes += len(v)
			}
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

func scanInto(row []any) []any {
	into := make([]any, len(row))
	for i := range row {
		into[i] = &row[i]
	}
	return into
}

// plain makes the values of a row the same whichever engine they come from.
func plain(row []any) {
	for i, v := range row {
		switch v := v.(type) {
		case bool:
			row[i] = int64(0)
			if v {
				row[i] = int64(1)
			}
		case string:
			row[i] = cleaned(v)
		case []byte:
			if v == nil {
				row[i] = []byte{}
			}
		}
	}
}

// addRows writes rows in one transaction.
func (b *Casebook) addRows(ctx context.Context, t table, rows [][]any) error {
	if _, ok := b.engine.(postgresEngine); ok {
		return b.copyRows(ctx, t, rows)
	}
	return b.in(ctx, func(tx *sql.Tx) error {
		marks := make([]string, len(t.columns))
		for i := range marks {
			marks[i] = fmt.Sprintf("$%d", i+1)
		}
		add, err := tx.PrepareContext(ctx, `insert into `+t.name+` (`+strings.Join(t.columns, ", ")+`) values (`+strings.Join(marks, ", ")+`)`)
		if err != nil {
			return err
		}
		defer add.Close()
		for _, r := range rows {
			if _, err := add.ExecContext(ctx, r...); err != nil {
				return err
			}
		}
		return nil
	})
}

// copyRows writes rows as PostgreSQL takes many: by COPY.
func (b *Casebook) copyRows(ctx context.Context, t table, rows [][]any) error {
	if t.text {
		return b.copyTexts(ctx, t, rows)
	}
	booleans := map[string]bool{}
	list, err := b.read.QueryContext(ctx, `select column_name from information_schema.columns where table_schema = current_schema() and table_name = $1 and data_type = 'boolean'`, t.name)
	if err != nil {
		return err
	}
	defer list.Close()
	for list.Next() {
		var name string
		if err := list.Scan(&name); err != nil {
			return err
		}
		booleans[name] = true
	}
	if err := errors.Join(list.Err(), list.Close()); err != nil {
		return err
	}
	into := make([][]any, len(rows))
	for i, r := range rows {
		into[i] = slices.Clone(r)
		for j, c := range t.columns {
			if booleans[c] {
				into[i][j] = r[j] == int64(1)
			}
		}
	}
	conn, err := b.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		pg := driver.(cleanConn).Conn.Conn()
		_, err := pg.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromRows(into))
		return err
	})
}

// copyTexts writes what can be searched for, cut into words.
func (b *Casebook) copyTexts(ctx context.Context, t table, rows [][]any) error {
	var ns []int64
	var numbers, bodies, words []string
	for _, r := range rows {
		var quoted []string
		for _, w := range lexemes(r[2].(string)) {
			quoted = append(quoted, "'"+w+"'")
		}
		ns, numbers, bodies, words = append(ns, r[0].(int64)), append(numbers, r[1].(string)), append(bodies, r[2].(string)), append(words, strings.Join(quoted, " "))
	}
	_, err := b.write.ExecContext(ctx, `insert into case_text (n, number, body, words) select n, number, body, words::tsvector
		from unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) as q (n, number, body, words)`, ns, numbers, bodies, words)
	return err
}

// linkCases writes what was left out of the cases: which others they are handled with.
func linkCases(ctx context.Context, from querier, to *Casebook) error {
	rows, err := from.QueryContext(ctx, `select number, merged_into from cases where merged_into is not null`)
	if err != nil {
		return err
	}
	defer rows.Close()
	return to.in(ctx, func(tx *sql.Tx) error {
		for rows.Next() {
			var number, with string
			if err := rows.Scan(&number, &with); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `update cases set merged_into = $1 where number = $2`, with, number); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// goOn lets numbers that PostgreSQL gives go on after those that were copied.
func (b *Casebook) goOn(ctx context.Context) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		var given [][2]string
		err := each(ctx, tx, func(rows *sql.Rows) error {
			var of [2]string
			err := rows.Scan(&of[0], &of[1])
			given = append(given, of)
			return err
		}, `select table_name, column_name from information_schema.columns where table_schema = current_schema() and is_identity = 'YES'`)
		if err != nil {
			return err
		}
		for _, of := range given {
			if _, err := tx.ExecContext(ctx, `select setval(pg_get_serial_sequence($1, $2), (select coalesce(max(`+of[1]+`), 0) + 1 from `+of[0]+`), false)`, of[0], of[1]); err != nil {
				return err
			}
		}
		return nil
	})
}

// sumTable is the SHA-256 over a table's rows in order, and how many they are.
func sumTable(ctx context.Context, from querier, t table, progress Progress) (sum [32]byte, n int64, err error) {
	h := sha256.New()
	var last []any
	for {
		rows, err := page(ctx, from, t, last)
		if err != nil {
			return sum, 0, err
		}
		if len(rows) == 0 {
			return [32]byte(h.Sum(nil)), n, nil
		}
		for _, r := range rows {
			for _, v := range r {
				write(h, v)
			}
		}
		last = keyOf(t, rows[len(rows)-1])
		if n += int64(len(rows)); progress != nil {
			progress(t.name+", compared", n, 0)
		}
	}
}

// write hashes a value with its kind and length.
func write(h hash.Hash, v any) {
	var b []byte
	kind := byte('0')
	switch v := v.(type) {
	case int64:
		kind, b = 'n', binary.BigEndian.AppendUint64(nil, uint64(v))
	case string:
		kind, b = 't', []byte(v)
	case []byte:
		kind, b = 'b', v
	}
	h.Write(binary.BigEndian.AppendUint64([]byte{kind}, uint64(len(b))))
	h.Write(b)
}

// backUp writes a whole copy of a casebook on PostgreSQL to a SQLite file.
func (b *Casebook) backUp(ctx context.Context, path string) (err error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".backup-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	to, err := OpenHasty(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { to.Close() }()
	snapshot, err := b.still(ctx)
	if err != nil {
		return err
	}
	defer snapshot.Rollback()
	if _, err := copyAll(ctx, snapshot, to.read, to, nil); err != nil {
		return err
	}
	if _, err := to.write.ExecContext(ctx, `pragma wal_checkpoint(truncate)`); err != nil {
		return err
	}
	if err := to.Close(); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.Join(dir, "casebook.db")}).EscapedPath()+"?_pragma=journal_mode(DELETE)")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `select 1 from meta`)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	return os.Rename(filepath.Join(dir, "casebook.db"), path)
}

// still begins a transaction that sees the casebook as it is now, with every envelope
// up to the highest number in it: numbers are given before what has them is committed,
// so nobody may be between the two.
func (b *Casebook) still(ctx context.Context) (*sql.Tx, error) {
	stop, err := b.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer stop.Rollback()
	if _, err := stop.ExecContext(ctx, `lock table envelope in share mode`); err != nil {
		return nil, err
	}
	snapshot, err := b.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	if _, err := snapshot.ExecContext(ctx, `select 1 from meta`); err != nil {
		return nil, errors.Join(err, snapshot.Rollback())
	}
	return snapshot, nil
}

// RestorePostgres fills an empty PostgreSQL database from a backup, as a new
// incarnation whose backups reach nowhere yet, as [Restore] does for a folder. It
// returns [ErrOccupied] for a database that is not empty, and [ErrCopy].
func RestorePostgres(ctx context.Context, database, backup string) (envelopes int64, err error) {
	dir, err := os.MkdirTemp("", "loket-restore-*")
	if err != nil {
		return 0, fmt.Errorf("restore: %w", err)
	}
	defer os.RemoveAll(dir)
	if envelopes, _, err = Restore(ctx, dir, backup); err != nil {
		return 0, err
	}
	from, err := Open(ctx, dir)
	if err != nil {
		return 0, fmt.Errorf("restore: %w", err)
	}
	defer from.Close()
	to, err := openPostgres(ctx, database)
	if err != nil {
		return 0, fmt.Errorf("restore: %w", err)
	}
	defer to.Close()
	is, err := from.Meta(ctx) // which Restore has made another
	if err != nil {
		return 0, fmt.Errorf("restore: %w", err)
	}
	if _, err := pour(ctx, from, to, is, false, nil, func() error { return nil }); err != nil {
		return 0, fmt.Errorf("restore: %w", err)
	}
	return envelopes, nil
}
