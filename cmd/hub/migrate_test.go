package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
