package casebook_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"loket/hub"
	"loket/kiosk/seal"
	"loket/store/casebook"
)

func open(t *testing.T, dir string) *casebook.Casebook {
	t.Helper()
	b, err := casebook.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// arrive stores one envelope of recognisable bytes.
func arrive(t *testing.T, b *casebook.Casebook, what string) int64 {
	t.Helper()
	held, _, err := b.Accept(t.Context(), []hub.Arrival{{Bytes: []byte(what), SHA256: sha256.Sum256([]byte(what)), Kiosk: "K7", Level: seal.LevelQuarantined, At: time.Unix(1, 0)}})
	if err != nil {
		t.Fatal(err)
	}
	return held[0].HubSeq
}

// backedUp is a folder with a casebook of two envelopes, one of them since the
// backup beside it.
func backedUp(t *testing.T) (dir, backup string) {
	t.Helper()
	dir, backup = t.TempDir(), filepath.Join(t.TempDir(), "backup.db")
	b := open(t, dir)
	arrive(t, b, "before the backup")
	if upTo, err := b.Backup(t.Context(), backup, time.Now()); err != nil || upTo != 1 {
		t.Fatal(upTo, err)
	}
	arrive(t, b, "since the backup")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, backup
}

func TestARestoredCasebookIsAnotherIncarnation(t *testing.T) {
	dir, backup := backedUp(t)
	b := open(t, dir)
	before, err := b.Meta(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := casebook.Restore(t.Context(), dir, backup); !errors.Is(err, casebook.ErrInUse) {
		t.Error("while it is in use:", err)
	}
	b.Close()
	n, aside, err := casebook.Restore(t.Context(), dir, backup)
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	b = open(t, dir)
	after, err := b.Meta(t.Context())
	if err != nil || after.Incarnation == before.Incarnation || after.Watermark != 0 {
		t.Errorf("%+v after %+v, %v", after, before, err)
	}
	if seq := arrive(t, b, "before the backup"); seq != 1 {
		t.Error("what the backup held came again as", seq)
	}
	if _, kept, err := casebook.CheckCopy(t.Context(), aside); err != nil || kept != 2 {
		t.Errorf("%s: %d envelopes, %v", aside, kept, err)
	}
}

// A restore that was cut off after the copy was ready is ended by whoever opens
// next, wherever it was cut.
func TestARestoreCutOffIsEnded(t *testing.T) {
	for moved := range 4 {
		t.Run(fmt.Sprint(moved, " files moved"), func(t *testing.T) {
			dir, backup := backedUp(t)
			b, err := os.ReadFile(backup)
			if err != nil {
				t.Fatal(err)
			}
			ready := filepath.Join(dir, "casebook.db.restored")
			if err := os.WriteFile(ready, b, 0o600); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(ready)
			if err != nil {
				t.Fatal(err)
			}
			aside := filepath.Join(dir, "casebook-before-"+info.ModTime().UTC().Format("20060102T150405Z")+".db")
			for i, part := range []string{"-shm", "-wal", ""} {
				if part != "" {
					if err := os.WriteFile(filepath.Join(dir, "casebook.db"+part), nil, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				if i < moved {
					if err := os.Rename(filepath.Join(dir, "casebook.db"+part), aside+part); err != nil {
						t.Fatal(err)
					}
				}
			}
			if seq := arrive(t, open(t, dir), "another"); seq != 2 {
				t.Errorf("the next envelope is %d: the backup holds one", seq)
			}
			if _, kept, err := casebook.CheckCopy(t.Context(), aside); err != nil || kept != 2 {
				t.Errorf("kept aside: %d envelopes, %v", kept, err)
			}
		})
	}
}

// Whatever bit of a backup is another one, it is refused, and the casebook is as
// it was. Without its sum it is refused or no envelope in it has changed.
func TestADamagedBackupIsRefused(t *testing.T) {
	dir, backup := backedUp(t)
	sound, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	write := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(damaged, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sum, err := os.ReadFile(backup + ".sha256")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(damaged+".sha256", sum, 0o600); err != nil {
		t.Fatal(err)
	}
	refused, tries := 0, 0
	for at := 0; at < len(sound); at += 1 + len(sound)/400 {
		b := bytes.Clone(sound)
		b[at] ^= 1 << (at % 8)
		write(b)
		tries++
		if _, _, err := casebook.Restore(t.Context(), dir, damaged); !errors.Is(err, casebook.ErrCopy) {
			t.Fatalf("byte %d: %v", at, err)
		}
		if _, n, err := casebook.CheckCopy(t.Context(), damaged); err != nil {
			refused++
		} else if n != 1 {
			t.Errorf("byte %d: %d envelopes in a copy that counts as sound", at, n)
		}
	}
	if err := os.Remove(damaged + ".sha256"); err != nil {
		t.Fatal(err)
	}
	if at := bytes.Index(sound, []byte("before the backup")); at < 0 {
		t.Fatal("the envelope is not in the backup")
	} else {
		b := bytes.Clone(sound)
		b[at] ^= 1
		write(b)
	}
	for name, file := range map[string]string{"one bit of an envelope": damaged, "no database": filepath.Join(dir, "use.lock")} {
		if _, _, err := casebook.Restore(t.Context(), dir, file); !errors.Is(err, casebook.ErrCopy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	write(sound[:len(sound)/2])
	if _, _, err := casebook.Restore(t.Context(), dir, damaged); !errors.Is(err, casebook.ErrCopy) {
		t.Error("half a backup:", err)
	}
	if _, _, err := casebook.Restore(t.Context(), dir, filepath.Join(dir, "nothing.db")); !errors.Is(err, os.ErrNotExist) {
		t.Error("no file:", err)
	}
	if seq := arrive(t, open(t, dir), "since the backup"); seq != 2 {
		t.Error("the casebook is not as it was:", seq)
	}
	t.Logf("%d flipped bits refused by the sum; without it %d, and no envelope changed in the others", tries, refused)
}

// A database in use is no backup: what its log holds would be missing.
func TestADatabaseInUseIsNoBackup(t *testing.T) {
	dir, _ := backedUp(t)
	db, err := sql.Open("sqlite", filepath.Join(dir, "casebook.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `update meta set watermark = 5`); err != nil {
		t.Fatal(err)
	}
	if _, _, err := casebook.Restore(t.Context(), t.TempDir(), filepath.Join(dir, "casebook.db")); !errors.Is(err, casebook.ErrCopy) {
		t.Error(err)
	}
}
