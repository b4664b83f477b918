package casebook_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"loket/store/casebook"
)

func TestLookingMakesAndChangesNothing(t *testing.T) {
	dir := t.TempDir()
	if _, err := casebook.OpenToLook(t.Context(), dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("where there is none: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
	serving, err := casebook.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer serving.Close()
	look, err := casebook.OpenToLook(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close()
	if has, knows, err := look.Schema(t.Context()); err != nil || has != knows || has < 14 {
		t.Errorf("schema %d of %d, %v", has, knows, err)
	}
	if err := look.QuickCheck(t.Context()); err != nil {
		t.Error(err)
	}
	if err := look.Probe(t.Context(), time.Now()); err == nil {
		t.Error("looking wrote")
	}
	if free, size, err := look.Disk(); err != nil || free == 0 || size < free {
		t.Errorf("%d of %d, %v", free, size, err)
	}
}

// A write that cannot be made is an error of the probe, within the time given.
func TestProbe(t *testing.T) {
	dir := t.TempDir()
	book, err := casebook.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if err := book.Probe(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "casebook.db")+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.BeginTx(t.Context(), nil) // and does not let go
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	ctx, done := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer done()
	began := time.Now()
	if err := book.Probe(ctx, time.Now()); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestABackupIsRemembered(t *testing.T) {
	dir := t.TempDir()
	book, err := casebook.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := book.Meta(t.Context()); err != nil || !m.BackupAt.IsZero() {
		t.Errorf("%+v, %v", m, err)
	}
	now := time.Unix(1_790_000_000, 0)
	file := filepath.Join(t.TempDir(), "copy.db")
	for i, path := range []string{file, file + "2"} { // the second holds nothing more
		at := now.Add(time.Duration(i) * time.Hour)
		if _, err := book.Backup(t.Context(), path, at); err != nil {
			t.Fatal(err)
		}
		if m, err := book.Meta(t.Context()); err != nil || !m.BackupAt.Equal(at) {
			t.Errorf("%+v, %v", m, err)
		}
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	// Of what was restored there is no backup yet.
	if _, _, err := casebook.Restore(t.Context(), dir, file+"2"); err != nil {
		t.Fatal(err)
	}
	if book, err = casebook.Open(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if m, err := book.Meta(t.Context()); err != nil || !m.BackupAt.IsZero() {
		t.Errorf("after the restore: %+v, %v", m, err)
	}
}

func TestDamageIsFound(t *testing.T) {
	dir := t.TempDir()
	book, err := casebook.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "casebook.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 3 * 4096; i < len(b); i++ {
		b[i] = 0xa5
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	look, err := casebook.OpenToLook(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close()
	if err := look.QuickCheck(t.Context()); !errors.Is(err, casebook.ErrDamaged) {
		t.Error(err)
	}
}
