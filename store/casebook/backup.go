package casebook

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"loket/kiosk/disk"

	"github.com/gofrs/flock"
)

// restored is the name of a checked copy that is to take the database's place:
// while it lies there, the change is not done.
const restored = "casebook.db.restored"

// waitForUse is how long Open waits for a restore under way.
const waitForUse = time.Minute

// sumOf is the name of the file beside a backup that holds its SHA-256, as
// sha256sum writes it.
func sumOf(backup string) string { return backup + ".sha256" }

// Backup writes a whole copy of the casebook to path, its SHA-256 to
// path.sha256, and then says, in the acknowledgements to come, how far it
// reaches. The copy is read back and checked before it counts. now is the time that
// is kept of it.
func (b *Casebook) Backup(ctx context.Context, path string, now time.Time) (upTo int64, err error) {
	if _, err := os.Lstat(path); err == nil {
		return 0, fmt.Errorf("backup: %s exists already", path)
	}
	temporary := path + ".part"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("backup: %w", err)
	}
	defer os.Remove(temporary)
	began, err := b.Meta(ctx)
	if err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	if err := b.copyTo(ctx, temporary); err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	if err := os.Chmod(temporary, 0o600); err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	if upTo, _, err = CheckCopy(ctx, temporary); err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	sum, err := sumFile(temporary)
	if err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	if err := os.WriteFile(sumOf(path), fmt.Appendf(nil, "%x  %s\n", sum, filepath.Base(path)), 0o600); err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	if err := errors.Join(disk.Settle(temporary), disk.Settle(sumOf(path))); err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	if err := disk.Settle(filepath.Dir(path)); err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	err = b.locked(ctx, nil, func(tx *sql.Tx) error {
		// Another incarnation gives the same numbers to other envelopes.
		is, err := b.meta(ctx, tx)
		if err != nil {
			return err
		}
		if is.Incarnation != began.Incarnation {
			return ErrReplaced
		}
		_, err = tx.ExecContext(ctx, `update meta set watermark = case when watermark < $1 then $1 else watermark end, backup_at = $2`, upTo, now.Unix())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	return upTo, nil
}

// copyTo writes a copy as a SQLite file, whatever the casebook itself is in.
func (b *Casebook) copyTo(ctx context.Context, path string) error {
	if _, ok := b.engine.(postgresEngine); ok {
		return b.backUp(ctx, path)
	}
	_, err := b.read.ExecContext(ctx, `vacuum into $1`, path)
	return err
}

// CheckCopy reads a backup through: SQLite's own check, and each envelope
// against its SHA-256. It returns the highest hub_seq in it and how many
// envelopes it holds, and [ErrCopy] for one that is not whole.
func CheckCopy(ctx context.Context, path string) (upTo, envelopes int64, err error) {
	if _, err := os.Stat(path); err != nil { // SQLite would make the file
		return 0, 0, err
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro")
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	var sound string
	if err := db.QueryRowContext(ctx, `pragma integrity_check`).Scan(&sound); err != nil {
		return 0, 0, fmt.Errorf("%w: %w", ErrCopy, err)
	}
	if sound != "ok" {
		return 0, 0, fmt.Errorf("%w: %s", ErrCopy, sound)
	}
	rows, err := db.QueryContext(ctx, `select hub_seq, sha256, bytes from envelope order by hub_seq`)
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %w", ErrCopy, err)
	}
	defer rows.Close()
	for rows.Next() {
		var sum, b []byte
		if err := rows.Scan(&upTo, &sum, &b); err != nil {
			return 0, 0, fmt.Errorf("%w: %w", ErrCopy, err)
		}
		if got := sha256.Sum256(b); string(got[:]) != string(sum) {
			return 0, 0, fmt.Errorf("%w: envelope %d is not what was received", ErrCopy, upTo)
		}
		envelopes++
	}
	if err := rows.Err(); err != nil {
		return 0, 0, fmt.Errorf("%w: %w", ErrCopy, err)
	}
	return upTo, envelopes, nil
}

// Restore puts a backup in the place of the casebook in dir, as a new
// incarnation whose backups reach nowhere yet: kiosks see that and send again
// what it may lack. What was there is kept beside it, under the name returned
// (empty if there was none). It returns [ErrInUse] while a program has the
// casebook open, and [ErrCopy] for a backup that is not whole or not what its
// .sha256 says; the casebook in dir is then as it was.
func Restore(ctx context.Context, dir, backup string) (envelopes int64, aside string, err error) {
	if err := disk.Make(dir); err != nil {
		return 0, "", fmt.Errorf("restore: %w", err)
	}
	alone := flock.New(filepath.Join(dir, "use.lock"))
	if ok, err := alone.TryLock(); err != nil || !ok {
		return 0, "", fmt.Errorf("restore: %w", errors.Join(ErrInUse, err))
	}
	defer alone.Unlock()
	if info, err := os.Stat(backup + "-wal"); err == nil && info.Size() > 0 {
		return 0, "", fmt.Errorf("restore: %w: it has a log beside it, so it is a database in use and no backup", ErrCopy)
	}
	temporary := filepath.Join(dir, "casebook.db.part")
	if err := copyFile(temporary, backup); err != nil {
		return 0, "", fmt.Errorf("restore: %w", err)
	}
	defer os.Remove(temporary)
	if err := sumFits(temporary, backup); err != nil {
		return 0, "", fmt.Errorf("restore: %w", err)
	}
	if _, envelopes, err = CheckCopy(ctx, temporary); err != nil {
		return 0, "", fmt.Errorf("restore: %w", err)
	}
	if err := rename(ctx, temporary); err != nil {
		return 0, "", fmt.Errorf("restore: %w", err)
	}
	if err := disk.Settle(temporary); err != nil {
		return 0, "", fmt.Errorf("restore: %w", err)
	}
	if err := os.Rename(temporary, filepath.Join(dir, restored)); err != nil {
		return 0, "", fmt.Errorf("restore: %w", err)
	}
	if err := disk.Settle(dir); err != nil {
		return 0, "", fmt.Errorf("restore: %w", err)
	}
	if aside, err = swap(dir); err != nil {
		return 0, "", fmt.Errorf("restore: %w", err)
	}
	return envelopes, aside, nil
}

// rename gives the copy at path an incarnation of its own.
func rename(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=journal_mode(DELETE)&_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	defer db.Close()
	var id [8]byte
	rand.Read(id[:])
	_, err = db.ExecContext(ctx, `update meta set incarnation = $1, watermark = 0, backup_at = 0`, hex.EncodeToString(id[:]))
	return err
}

// swap moves the casebook aside, with its log, and the restored copy into its
// place. Cut off half way, it goes on when called again.
func swap(dir string) (aside string, err error) {
	from := filepath.Join(dir, restored)
	info, err := os.Stat(from)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "casebook.db")
	kept := filepath.Join(dir, "casebook-before-"+info.ModTime().UTC().Format("20060102T150405Z")+".db")
	for _, part := range []string{"-shm", "-wal", ""} { // the database last: it says that there is something left to move
		switch err := os.Rename(path+part, kept+part); {
		case err == nil:
			aside = kept
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
	}
	if err := os.Rename(from, path); err != nil {
		return "", err
	}
	return aside, disk.Settle(dir)
}

// take marks the casebook in dir as in use, and first ends a restore that was
// cut off.
func (b *Casebook) take(ctx context.Context, dir string) error {
	lock := flock.New(filepath.Join(dir, "use.lock"))
	ctx, stop := context.WithTimeout(ctx, waitForUse)
	defer stop()
	if _, err := os.Stat(filepath.Join(dir, restored)); err == nil {
		if ok, err := lock.TryLockContext(ctx, 50*time.Millisecond); err != nil || !ok {
			return errors.Join(ErrInUse, err)
		}
		_, err := swap(dir)
		if err := errors.Join(err, lock.Unlock()); err != nil && !errors.Is(err, fs.ErrNotExist) { // done meanwhile
			return err
		}
	}
	if ok, err := lock.TryRLockContext(ctx, 50*time.Millisecond); err != nil || !ok {
		return errors.Join(ErrInUse, err)
	}
	b.use = lock
	return nil
}

// sumFits checks a copy against the sum beside the backup it was made of. Without
// one only what SQLite and the envelopes' own hashes tell is known.
func sumFits(temporary, backup string) error {
	want, err := os.ReadFile(sumOf(backup))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	got, err := sumFile(temporary)
	if err != nil {
		return err
	}
	if said, _, _ := strings.Cut(string(want), " "); said != hex.EncodeToString(got) {
		return fmt.Errorf("%w: its SHA-256 is not the one in %s", ErrCopy, sumOf(backup))
	}
	return nil
}

func sumFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return h.Sum(nil), err
}

// copyFile copies a file, readable by its owner alone.
func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
