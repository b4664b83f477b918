package casebook

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"golang.org/x/text/unicode/norm"

	"loket/hub"
	"loket/kiosk"
)

// ErrDatabase says that what names a database does not.
var ErrDatabase = errors.New("this names no PostgreSQL database")

// connections is how many a hub opens at most. PostgreSQL gives each a process.
const connections = 16

// OpenPostgres opens the casebook in a PostgreSQL database, named by a URL such as
// postgres://hub@db1,db2/loket?target_session_attrs=read-write, and makes its tables
// where there are none. Several hubs may use one. It returns [ErrDatabase], [ErrNewer]
// and [ErrUnsafe], the last for a server that does not wait for its disk.
//
// [ErrMoving] is what it says of one that [Move] has not finished.
func OpenPostgres(ctx context.Context, database string) (*Casebook, error) {
	b, err := openPostgres(ctx, database)
	if err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	m, err := b.Meta(ctx)
	if err == nil && strings.HasPrefix(m.Incarnation, moving) {
		err = ErrMoving
	}
	if err != nil {
		return nil, fmt.Errorf("open casebook: %w", errors.Join(err, b.Close()))
	}
	return b, nil
}

// LookPostgres opens one for reading alone, as [OpenToLook] does.
func LookPostgres(ctx context.Context, database string) (*Casebook, error) {
	b, err := connect(ctx, database)
	if err != nil {
		return nil, fmt.Errorf("open casebook: %w", err)
	}
	return b, nil
}

func openPostgres(ctx context.Context, database string) (*Casebook, error) {
	b, err := connect(ctx, database)
	if err != nil {
		return nil, err
	}
	if err := b.migrate(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// connect opens the database as it is, and checks that what it commits is on disk.
func connect(ctx context.Context, database string) (_ *Casebook, err error) {
	settings, err := pgx.ParseConfig(database)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDatabase, withoutPassword(err))
	}
	if settings.RuntimeParams["application_name"] == "" {
		settings.RuntimeParams["application_name"] = "loket"
	}
	b := &Casebook{engine: postgresEngine{}}
	b.write = sql.OpenDB(clean{stdlib.GetConnector(*settings)})
	b.read = b.write
	b.often = b.write // whose driver keeps statements itself
	defer func() {
		if err != nil {
			b.Close()
		}
	}()
	b.write.SetMaxOpenConns(connections)
	b.write.SetMaxIdleConns(connections)
	for setting, fit := range map[string][]string{"fsync": {"on"}, "full_page_writes": {"on"}, "synchronous_commit": {"on", "local", "remote_write", "remote_apply"}} {
		var got string
		if err := b.write.QueryRowContext(ctx, "show "+setting).Scan(&got); err != nil {
			return nil, err
		}
		if !slices.Contains(fit, got) {
			return nil, fmt.Errorf("%w: %s is %s", ErrUnsafe, setting, got)
		}
	}
	return b, nil
}

// withoutPassword is an error without the URL that it may repeat.
func withoutPassword(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return errors.New("it cannot be read")
}

// postgresEngine is PostgreSQL.
type postgresEngine struct{}

func (postgresEngine) migrations() (string, goose.Dialect, []goose.ProviderOption) {
	one, err := lock.NewPostgresSessionLocker() // hubs may start together
	if err != nil {
		panic(err) // its defaults are fit
	}
	return "migration/postgres", goose.DialectPostgres, []goose.ProviderOption{goose.WithSessionLocker(one)}
}

func (postgresEngine) lock(ctx context.Context, tx *sql.Tx, names []int64) error {
	if len(names) == 0 {
		return nil
	}
	// In one order, or two would wait for each other.
	_, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(n) from unnest($1::bigint[]) as n`, slices.Compact(slices.Sorted(slices.Values(names))))
	return err
}

func (postgresEngine) held() string { return " for update" }

func (postgresEngine) repeating(tx *sql.Tx) (executor, func()) { return tx, func() {} } // its driver keeps statements

func (postgresEngine) met(column string) string { return column } // it counts what an index brings

func (postgresEngine) unique(err error) bool { return sqlState(err) == "23505" }

// transient errors: serialization_failure and deadlock_detected.
func (postgresEngine) transient(err error) bool {
	return slices.Contains([]string{"40001", "40P01"}, sqlState(err))
}

func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func (postgresEngine) texts(all []string) any { return all }

func (postgresEngine) sums(sums [][32]byte) any {
	all := make([][]byte, len(sums))
	for i := range sums {
		all[i] = sums[i][:]
	}
	return all
}

func (postgresEngine) among(column, parameter string) string {
	return column + ` = any(` + parameter + `::text[])`
}

func (postgresEngine) amongSums(column, parameter string) string {
	return column + ` = any(` + parameter + `::bytea[])`
}

func (postgresEngine) places(at []place) (string, []any) {
	var kiosks, epochs []string
	var seqs []int64
	for _, p := range at {
		kiosks, epochs, seqs = append(kiosks, p.kiosk), append(epochs, p.epoch), append(seqs, p.seq)
	}
	return `select e.kiosk, e.epoch, e.seq, e.sha256, e.prev from (select distinct kiosk, epoch, seq from unnest($1::text[], $2::text[], $3::bigint[]) as q (kiosk, epoch, seq)) as p
		join envelope as e on e.kiosk = p.kiosk and e.epoch = p.epoch and e.seq = p.seq`, []any{kiosks, epochs, seqs}
}

// insert sends all rows at once: one way to the server and back, however many.
func (postgresEngine) insert(ctx context.Context, tx *sql.Tx, arrivals []hub.Arrival) (map[[32]byte]int64, error) {
	var sums, bytes, before [][]byte
	var ids, numbers []*string
	var kiosks, epochs, levels, reasons []string
	var places, received []int64
	for _, a := range arrivals {
		id, number := named(a)
		sums, bytes, before = append(sums, a.SHA256[:]), append(bytes, a.Bytes), append(before, prev(a.Header))
		ids, numbers = append(ids, id), append(numbers, number)
		kiosks, epochs, levels, reasons = append(kiosks, a.Kiosk), append(epochs, a.Header.Epoch), append(levels, a.Level), append(reasons, a.Reason)
		places, received = append(places, int64(a.Header.Seq)), append(received, a.At.Unix())
	}
	seqs := make(map[[32]byte]int64, len(arrivals))
	return seqs, each(ctx, tx, func(rows *sql.Rows) error {
		var sum []byte
		var seq int64
		err := rows.Scan(&seq, &sum)
		if err == nil {
			seqs[[32]byte(sum)] = seq
		}
		return err
	}, `insert into envelope (sha256, id, kiosk, epoch, seq, number, bytes, received_at, level, reason, prev)
		select * from unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bytea[], $8::bigint[], $9::text[], $10::text[], $11::bytea[])
		returning hub_seq, sha256`, sums, ids, kiosks, epochs, places, numbers, bytes, received, levels, reasons, before)
}

func (postgresEngine) index(ctx context.Context, tx executor, n kiosk.Number, text string) error {
	_, err := tx.ExecContext(ctx, `insert into case_text (number, body, words) values ($1, $2, array_to_tsvector($3::text[]))`, string(n), text, lexemes(text))
	return err
}

func (postgresEngine) beginning(word string) (string, any) {
	all := lexemes(word)
	for i, w := range all {
		all[i] = "'" + w + "':*"
	}
	return `select distinct number from case_text where words @@ $1::text::tsquery`, strings.Join(all, " & ")
}

func (postgresEngine) sharing(words []string) (string, any) {
	var all []string
	for _, w := range lexemes(strings.Join(words, " ")) {
		all = append(all, "'"+w+"'")
	}
	return `select number as found, -max(ts_rank(words, $1::text::tsquery)) as best from case_text where words @@ $1::text::tsquery group by number`, strings.Join(all, " | ")
}

// lineage is the server, by the name that initdb drew, and its timeline: a replica that
// takes over, or a backup that recovers, begins another, and a dump goes into another
// server.
func (postgresEngine) lineage() string {
	return `((select system_identifier::text from pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8))`
}

// lexemes are the words of a text, each once, small and without marks on letters, as
// SQLite's unicode61 cuts them.
func lexemes(text string) []string {
	var b strings.Builder
	for _, r := range norm.NFD.String(text) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	all := strings.FieldsFunc(b.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Co, r) })
	for i, w := range all {
		if len(w) > 1000 { // a lexeme has 2,046 bytes at most
			all[i] = strings.ToValidUTF8(w[:1000], "")
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// clean makes connections on which texts are cleaned: PostgreSQL's can hold neither a
// zero byte nor what is no UTF-8. Both become U+FFFD, as a reader would see them.
type clean struct{ driver.Connector }

// Connect implements [driver.Connector].
func (c clean) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return cleanConn{conn.(*stdlib.Conn)}, nil
}

type cleanConn struct{ *stdlib.Conn }

// CheckNamedValue implements [driver.NamedValueChecker].
func (c cleanConn) CheckNamedValue(v *driver.NamedValue) error {
	switch x := v.Value.(type) {
	case string:
		v.Value = cleaned(x)
	case []string:
		all := make([]string, len(x))
		for i, s := range x {
			all[i] = cleaned(s)
		}
		v.Value = all
	}
	return c.Conn.CheckNamedValue(v)
}

func cleaned(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
