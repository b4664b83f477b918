package main

import (
	"bytes"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

// The summaries are proven, a broken line is found and put right, and the exit code
// says so.
func TestStatisticsRebuild(t *testing.T) {
	data := t.TempDir()
	do := func(code int, says, args string) {
		t.Helper()
		var out, errs bytes.Buffer
		if got := run(t.Context(), append(strings.Fields(args), "--data", data), strings.NewReader(""), &out, &errs); got != code || !strings.Contains(out.String()+errs.String(), says) {
			t.Errorf("%s: %d %s%s", args, got, &out, &errs)
		}
	}
	do(0, "cases and", "demo --seed 1 --cases 20 --until 2026-06-30")
	do(0, "20 of 20 cases counted", "statistics rebuild --check")
	do(0, "; 0 cases and 0 lines differed", "statistics rebuild")
	db, err := sql.Open("sqlite", filepath.Join(data, "casebook.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `insert into summary (line, scale, part, span, kind, item, days, n, waiting, kept, missed) values ('office', 'year', '', 20454, 'complaint', 'nowhere', 3, 0, 0, 1, 0)`); err != nil {
		t.Fatal(err)
	}
	do(exitFailed, "; 0 cases and 1 lines differed", "statistics rebuild --check")
	do(exitFailed, "puts them right", "statistics rebuild --check")
	do(exitFailed, "and are now", "statistics rebuild")
	do(0, "; 0 cases and 0 lines differed", "statistics rebuild --check")
}
