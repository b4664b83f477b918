package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"loket/store/casebook"
	"loket/store/casebook/casebooktest"
)

// everything is what a hub says of all that it has.
func everything(t *testing.T, data ...string) (all string) {
	t.Helper()
	for _, command := range []string{"case list --json", "kiosk list --json", "audit verify", "alarms", "webhook list", "lapor list --json", "published list", "holiday list", "receptionist list"} {
		code, out, errs := hubCommand(t, "", append(strings.Fields(command), data...)...)
		if code != 0 {
			t.Fatalf("%s: %d %s", command, code, errs)
		}
		all += command + "\n" + out
	}
	return all
}

// movingFrom names, to a process of its own, a folder to move, and to where; movingUntil
// at which step it is to kill itself.
const (
	movingFrom  = "LOKET_TEST_MOVE"
	movingTo    = "LOKET_TEST_MOVE_TO"
	movingUntil = "LOKET_TEST_MOVE_UNTIL"
)

// TestMoveUntilKilled is that process.
func TestMoveUntilKilled(t *testing.T) {
	dir, until, steps := os.Getenv(movingFrom), 0, 0
	if dir == "" {
		t.Skip("it is started by TestMoveCutOffAnywhere")
	}
	if _, err := fmt.Sscan(os.Getenv(movingUntil), &until); err != nil {
		t.Fatal(err)
	}
	_, _, err := casebook.Move(t.Context(), dir, os.Getenv(movingTo), func(string, int64, int64) {
		if steps++; steps == until {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Kill()
			}
			if err != nil {
				t.Error(err)
			}
			select {}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A move is killed at each of its steps in turn. Never can both databases be used, and
// moving again finishes, with everything there.
func TestMoveCutOffAnywhere(t *testing.T) {
	server := casebooktest.Start(t)
	dir := filepath.Join(t.TempDir(), "hub")
	if code, _, errs := hubCommand(t, "a long password\n", "demo", "--data", dir, "--cases", "20", "--until", "2026-03-10", "--password-stdin"); code != 0 {
		t.Fatal(errs)
	}
	before := everything(t, "--data", dir)
	for _, name := range []string{"loket", "other"} {
		server.Run(t, "postgres", "create database "+name)
	}
	to := server.URL("loket")
	states := map[string]int{}
	for until := 1; ; until++ {
		if until > 1000 {
			t.Fatal("it does not come to an end")
		}
		child := exec.Command(os.Args[0], "-test.run=^TestMoveUntilKilled$")
		child.Env = append(os.Environ(), movingFrom+"="+dir, movingTo+"="+to, fmt.Sprint(movingUntil, "=", until))
		said, err := child.CombinedOutput()
		if err != nil && child.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("killed at step %d: %v: %s", until, err, said)
		}
		here, there := usable(t, func() (*casebook.Casebook, error) { return casebook.Open(t.Context(), dir) }),
			usable(t, func() (*casebook.Casebook, error) { return casebook.OpenPostgres(t.Context(), to) })
		states[fmt.Sprint("here ", here, ", there ", there)]++
		if here && there {
			t.Errorf("killed at step %d: both can be used", until)
		}
		if err == nil {
			if here || !there {
				t.Errorf("at the end: here %v, there %v", here, there)
			}
			break
		}
		if !here { // another database would make it two
			if _, _, err := casebook.Move(t.Context(), dir, server.URL("other"), nil); !errors.Is(err, casebook.ErrElsewhere) && !errors.Is(err, casebook.ErrMoved) {
				t.Errorf("killed at step %d, moved elsewhere: %v", until, err)
			}
		}
	}
	t.Logf("where it was cut off: %v", states)
	for _, want := range []string{"here true, there false", "here false, there false", "here false, there true"} {
		if states[want] == 0 {
			t.Errorf("it was never cut off so that it can be used %s", want)
		}
	}
	if after := everything(t, "--data", dir, "--database", to); after != before {
		t.Errorf("what was moved differs:\n%s\n%s", before, after)
	}
}

// usable reports whether a casebook can be opened; where it was moved, or is being, the
// error says so.
func usable(t *testing.T, open func() (*casebook.Casebook, error)) bool {
	t.Helper()
	b, err := open()
	if err == nil {
		b.Close()
		return true
	}
	if !errors.Is(err, casebook.ErrMoving) && !errors.Is(err, casebook.ErrMoved) {
		t.Error(err)
	}
	return false
}

// Who waits to use a folder while it is moved does not get it afterwards.
func TestWhoWaitsForAMoveIsRefused(t *testing.T) {
	server := casebooktest.Start(t)
	server.Run(t, "postgres", "create database loket")
	dir := t.TempDir()
	b, err := casebook.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	waited := make(chan error, 1)
	var once sync.Once
	_, _, err = casebook.Move(t.Context(), dir, server.URL("loket"), func(string, int64, int64) {
		once.Do(func() {
			go func() {
				b, err := casebook.Open(t.Context(), dir)
				if err == nil {
					b.Close()
				}
				waited <- err
			}()
			time.Sleep(200 * time.Millisecond)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-waited; !errors.Is(err, casebook.ErrMoved) {
		t.Errorf("it got: %v", err)
	}
}

func TestMigrate(t *testing.T) {
	server := casebooktest.Start(t)
	for _, name := range []string{"loket", "taken", "back", "cut", "wrong"} {
		server.Run(t, "postgres", "create database "+name)
	}
	dir := filepath.Join(t.TempDir(), "hub")
	if code, _, errs := hubCommand(t, "a long password\n", "demo", "--data", dir, "--cases", "50", "--until", "2026-03-10", "--password-stdin"); code != 0 {
		t.Fatal(errs)
	}
	original := filepath.Join(t.TempDir(), "original.db")
	if code, _, errs := hubCommand(t, "", "backup", "--data", dir, original); code != 0 {
		t.Fatal(errs)
	}
	before := everything(t, "--data", dir)

	// Into a database that is somebody's: refused, and the folder goes on.
	if code, _, errs := hubCommand(t, "a long password\n", "officer", "add", "--data", t.TempDir(), "--database", server.URL("taken"), "--name", "petugas", "--password-stdin"); code != 0 {
		t.Fatal(errs)
	}
	if code, _, errs := hubCommand(t, "", "migrate", "--data", dir, "--database", server.URL("taken")); code != exitFailed || !strings.Contains(errs, "not empty") {
		t.Errorf("%d %s", code, errs)
	}
	if now := everything(t, "--data", dir); now != before {
		t.Error("a migration that was refused changed the folder")
	}

	// Cut off after each table in turn, it goes on; nobody can use what is half there.
	for cuts := 0; ; cuts++ {
		ctx, cut := context.WithCancel(t.Context())
		tables := 0
		last := ""
		_, _, err := casebook.Move(ctx, dir, server.URL("cut"), func(table string, _, _ int64) {
			if table != last {
				last, tables = table, tables+1
			}
			if tables > cuts*9 {
				cut()
			}
		})
		cut()
		if err == nil {
			if cuts < 2 {
				t.Errorf("it was cut off %d times only", cuts)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if code, _, errs := hubCommand(t, "", "case", "list", "--data", dir, "--database", server.URL("cut")); code != exitFailed || !strings.Contains(errs, "hint: run hub migrate again") {
			t.Errorf("after %d tables: %d %s", tables, code, errs)
		}
		if code, out, errs := hubCommand(t, "", "case", "list", "--data", dir, "--json"); code != 0 || len(out) < 1000 {
			t.Errorf("the folder after %d tables: %d %s", tables, code, errs)
		}
	}
	if after := everything(t, "--data", dir, "--database", server.URL("cut")); after != before {
		t.Errorf("what was moved differs:\n%s\n%s", before, after)
	}
	if code, _, errs := hubCommand(t, "", "case", "list", "--data", dir); code != exitFailed || !strings.Contains(errs, "hint: give its URL") {
		t.Errorf("the folder afterwards: %d %s", code, errs)
	}
	if code, _, errs := hubCommand(t, "", "migrate", "--data", dir, "--database", server.URL("loket")); code != exitFailed || !strings.Contains(errs, "moved already") {
		t.Errorf("again: %d %s", code, errs)
	}

	// A backup of PostgreSQL is a file like the other, and goes back into either.
	copied := filepath.Join(t.TempDir(), "copied.db")
	if code, out, errs := hubCommand(t, "", "backup", "--data", dir, "--database", server.URL("cut"), copied); code != 0 || !strings.Contains(out, "holds every envelope up to") {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	without := func(s string) string { // the backup itself stands in the audit log
		i := strings.Index(s, "audit verify")
		return s[:i] + s[strings.Index(s, "alarms"):]
	}
	folder := filepath.Join(t.TempDir(), "folder")
	if code, _, errs := hubCommand(t, "", "restore", "--data", folder, copied); code != 0 {
		t.Fatal(errs)
	}
	if err := os.CopyFS(filepath.Join(folder, keysFolder), os.DirFS(filepath.Join(dir, keysFolder))); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, "offices.toml"), filepath.Join(folder, "offices.toml")); err != nil {
		t.Fatal(err)
	}
	if after := everything(t, "--data", folder); without(after) != without(before) {
		t.Errorf("what was restored into a folder differs:\n%s\n%s", before, after)
	}
	if code, out, errs := hubCommand(t, "", "restore", "--data", folder, "--database", server.URL("back"), copied); code != 0 || !strings.Contains(out, "envelopes restored") {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	if after := everything(t, "--data", folder, "--database", server.URL("back")); without(after) != without(before) {
		t.Errorf("what was restored into a database differs:\n%s\n%s", before, after)
	}
	// What was written by hand meanwhile is found.
	if _, _, err := casebook.Restore(t.Context(), folder, original); err != nil {
		t.Fatal(err)
	}
	ctx, cut := context.WithCancel(t.Context())
	if _, _, err := casebook.Move(ctx, folder, server.URL("wrong"), func(table string, _, _ int64) {
		if table == "cases" {
			cut()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	server.Run(t, "wrong", "update officer set email = 'lain@example.go.id' where name = (select min(name) from officer)")
	if code, _, errs := hubCommand(t, "", "migrate", "--data", folder, "--database", server.URL("wrong")); code != exitFailed || !strings.Contains(errs, "not what was there") {
		t.Errorf("%d %s", code, errs)
	}
	if m := server.Ask(t, "wrong", "select incarnation from meta"); !strings.HasPrefix(m, "moving-") {
		t.Errorf("a copy that differs can be used: %s", m)
	}
}
