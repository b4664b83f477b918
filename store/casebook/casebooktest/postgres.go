// Package casebooktest opens casebooks for tests, on SQLite or, where the environment
// says LOKET_TEST_ENGINE=postgres, on a real PostgreSQL that it starts on loopback and
// that goes with the test process.
package casebooktest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"loket/store/casebook"
)

// OnPostgres reports whether this run is to be on PostgreSQL.
func OnPostgres() bool { return os.Getenv("LOKET_TEST_ENGINE") == "postgres" }

// Open opens the casebook of a folder, on the engine of this run: the same folder is
// the same database. It is not closed at the end.
func Open(t testing.TB, dir string) *casebook.Casebook {
	t.Helper()
	open := func() (*casebook.Casebook, error) { return casebook.Open(t.Context(), dir) }
	if OnPostgres() {
		open = func() (*casebook.Casebook, error) { return casebook.OpenPostgres(t.Context(), Database(t, dir)) }
	}
	b, err := open()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var shared struct {
	sync.Mutex
	*Server
	databases map[string]bool
}

// Database is the URL of the PostgreSQL database of a folder, made if there was none,
// on a server that all tests of the process share.
func Database(t testing.TB, dir string) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.Server == nil {
		s, err := New(context.Background(), memory(), "-c", "fsync=on", "-c", "max_connections=300")
		if err != nil {
			t.Fatal(err)
		}
		shared.Server, shared.databases = s, map[string]bool{}
		s.Run(t, "postgres", "create database empty")
		b, err := casebook.OpenPostgres(t.Context(), s.URL("empty")) // made once, copied for each
		if err != nil {
			t.Fatal(err)
		}
		b.Close()
		s.Run(t, "postgres", "alter database empty is_template true")
	}
	name := databaseOf(dir)
	if !shared.databases[name] {
		shared.Run(t, "postgres", "create database "+name+" template empty")
		shared.databases[name] = true
		// The identity of a casebook is its own.
		shared.Run(t, name, "update meta set incarnation = substr(md5(random()::text), 1, 16)")
	}
	return shared.URL(name)
}

// Server is a PostgreSQL server on loopback.
type Server struct {
	Port int
	Data string // its data directory
	bin  string
	keep io.Closer // its keeper's standard input: the server stops when it is closed
	done chan error
	said *bytes.Buffer
}

// Start starts an empty server with more arguments of postgres; it goes with the test.
func Start(t testing.TB, arguments ...string) *Server {
	t.Helper()
	s, err := New(t.Context(), memory(), arguments...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Follow starts a server that replicates another.
func Follow(t testing.TB, primary *Server, arguments ...string) *Server {
	t.Helper()
	s, err := prepare(memory())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	err = s.run(t.Context(), fmt.Sprintf(`"$bin/pg_basebackup" -h 127.0.0.1 -p %d -U postgres -D "$data" -R -X stream -c fast`, primary.Port), arguments)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// New starts an empty server for who is no test, with its data below a folder that
// the user postgres can reach. [Server.Stop] ends it.
func New(ctx context.Context, place string, arguments ...string) (*Server, error) {
	s, err := prepare(place)
	if err != nil {
		return nil, err
	}
	return s, s.run(ctx, `"$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --no-locale >/dev/null && echo "host replication all 127.0.0.1/32 trust" >>"$data/pg_hba.conf"`, arguments)
}

// memory is a folder in memory where there is one: what tests are about is not the disk.
func memory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return os.TempDir()
}

func prepare(place string) (*Server, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return nil, errors.New("there is no PostgreSQL: make setup installs it")
	}
	slices.Sort(found)
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(place, "loket-postgres-")
	if err != nil {
		return nil, err
	}
	return &Server{Port: port, Data: filepath.Join(dir, "data"), bin: filepath.Dir(found[len(found)-1]), said: new(bytes.Buffer), done: make(chan error, 1)}, nil
}

// FreePort is a port of loopback for a program that is started later, or again: one
// below 32768, which Linux gives to nobody who does not name it.
func FreePort() (int, error) {
	for range 100 {
		port := 20000 + rand.IntN(12000)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no port is free")
}

// run makes the data directory and starts the server, under a keeper that stops it
// and takes the directory away when its standard input ends, as it does when this
// process is killed.
func (s *Server) run(ctx context.Context, making string, arguments []string) error {
	script := `dir=$1 data=$1/data bin=$2 port=$3; shift 3
trap '' INT TERM
` + making + ` || { rm -rf "$dir"; exit 1; }
"$bin/postgres" -D "$data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= "$@" &
cat >/dev/null
kill -QUIT "$(head -1 "$data/postmaster.pid" 2>/dev/null)" 2>/dev/null
wait
rm -rf "$dir"`
	args := append([]string{"-c", script, "sh", filepath.Dir(s.Data), s.bin, fmt.Sprint(s.Port)}, arguments...)
	command := exec.Command("sh", args...)
	if os.Getuid() == 0 { // PostgreSQL refuses to be root
		if err := exec.Command("chown", "postgres", filepath.Dir(s.Data)).Run(); err != nil {
			return fmt.Errorf("give the data directory to postgres: %w", err)
		}
		command = exec.Command("runuser", append([]string{"-u", "postgres", "--", "sh"}, args...)...)
	}
	command.Dir = "/"
	command.Stdout, command.Stderr = s.said, s.said
	keep, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	s.keep = keep
	ended := make(chan error, 1)
	go func() { err := command.Wait(); ended <- err; s.done <- err }()
	for limit := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := s.Do(ctx, "postgres", "select 1")
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("PostgreSQL does not start: %s", s.said)
		default:
		}
		if time.Now().After(limit) {
			keep.Close()
			return fmt.Errorf("PostgreSQL does not answer: %w: %s", err, s.said)
		}
	}
}

// URL names a database of the server.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.Port, database)
}

// URLOfEither names a database of whichever of the servers takes writes.
func URLOfEither(database string, servers ...*Server) string {
	var hosts []string
	for _, s := range servers {
		hosts = append(hosts, fmt.Sprintf("127.0.0.1:%d", s.Port))
	}
	return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable&connect_timeout=3&target_session_attrs=read-write", strings.Join(hosts, ","), database)
}

// Do runs a statement.
func (s *Server) Do(ctx context.Context, database, statement string) error {
	db, err := sql.Open("pgx", s.URL(database))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}

// Run is [Server.Do] in a test.
func (s *Server) Run(t testing.TB, database, statement string) {
	t.Helper()
	if err := s.Do(t.Context(), database, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// Ask runs a query for one text.
func (s *Server) Ask(t testing.TB, database, query string) (text string) {
	t.Helper()
	db, err := sql.Open("pgx", s.URL(database))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query).Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return text
}

// Kill ends the server as a power cut does: nobody gets to say anything.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	pid, err := os.ReadFile(filepath.Join(s.Data, "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(pid), "\n")
	// Its children too: they may not finish what is under way.
	if out, err := exec.Command("sh", "-c", `kill -STOP "$1" && kill -KILL $(ps -o pid= --ppid "$1") "$1"`, "sh", first).CombinedOutput(); err != nil {
		t.Fatalf("kill: %v: %s", err, out)
	}
}

// Promote makes a follower the primary.
func (s *Server) Promote(t testing.TB) {
	t.Helper()
	s.Run(t, "postgres", "select pg_promote()")
}

// Stop ends the server and removes what it wrote.
func (s *Server) Stop() {
	if s.keep != nil {
		s.keep.Close()
		<-s.done
	}
}

// Bytes is everything that the database of a folder has on disk.
func Bytes(t testing.TB, dir string) (all []byte) {
	t.Helper()
	files := []string{filepath.Join(dir, "casebook.db"), filepath.Join(dir, "casebook.db-wal")}
	if OnPostgres() {
		Database(t, dir)
		shared.Run(t, "postgres", "checkpoint")
		var err error
		if files, err = filepath.Glob(filepath.Join(shared.Data, "base", shared.Ask(t, databaseOf(dir), "select oid::text from pg_database where datname = current_database()"), "*")); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	if len(all) == 0 {
		t.Fatal("there is nothing on disk")
	}
	return all
}

// Copy makes the database of a folder that of another.
func Copy(t testing.TB, from, to string) {
	t.Helper()
	if OnPostgres() {
		Database(t, to)
		shared.Run(t, "postgres", "drop database "+databaseOf(to))
		shared.Run(t, "postgres", "create database "+databaseOf(to))
		pipe := fmt.Sprintf(`%s/pg_dump -h 127.0.0.1 -p %d -U postgres %s | %s/psql -q -h 127.0.0.1 -p %d -U postgres -v ON_ERROR_STOP=1 %s`,
			shared.bin, shared.Port, databaseOf(from), shared.bin, shared.Port, databaseOf(to))
		if out, err := exec.Command("bash", "-o", "pipefail", "-c", pipe).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return
	}
	for _, f := range []string{"casebook.db", "casebook.db-wal"} {
		b, err := os.ReadFile(filepath.Join(from, f))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, f), b, 0o600)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

// SQL opens the database of a folder by itself.
func SQL(t testing.TB, dir string) *sql.DB {
	t.Helper()
	driver, name := "sqlite", "file:"+filepath.Join(dir, "casebook.db")+"?_pragma=busy_timeout(10000)"
	if OnPostgres() {
		driver, name = "pgx", Database(t, dir)
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// Restore puts a backup in the place of the database of a folder.
func Restore(t testing.TB, dir, backup string) {
	t.Helper()
	var err error
	if OnPostgres() {
		Database(t, dir)
		shared.Run(t, "postgres", "drop database "+databaseOf(dir))
		shared.Run(t, "postgres", "create database "+databaseOf(dir))
		_, err = casebook.RestorePostgres(t.Context(), Database(t, dir), backup)
	} else {
		_, _, err = casebook.Restore(t.Context(), dir, backup)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func databaseOf(dir string) string {
	return fmt.Sprintf("loket_%x", sha256.Sum256([]byte(dir)))[:24]
}
