package casebook_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"loket/hub"
	"loket/kiosk/seal"
	"loket/store/casebook"
	"loket/store/casebook/casebooktest"
)

// Whoever sees first that another server, or another timeline, goes on with the database
// draws a name, and all say it from then on. The owner of a database may do that, who is
// nobody's superuser.
func TestAnotherLineageIsAnotherIncarnation(t *testing.T) {
	if !casebooktest.OnPostgres() {
		t.Skip("a file has one lineage")
	}
	server := casebooktest.Start(t)
	server.Run(t, "postgres", "create role loket login")
	server.Run(t, "postgres", "create database loket owner loket")
	var books []*casebook.Casebook
	for range 4 {
		b, err := casebook.OpenPostgres(t.Context(), fmt.Sprintf("postgres://loket@127.0.0.1:%d/loket?sslmode=disable", server.Port))
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		books = append(books, b)
	}
	said := map[string]bool{}
	for _, was := range []string{"", "7123456789012345678/00000001", "7123456789012345678/00000001"} {
		if was != "" {
			server.Run(t, "loket", "update meta set lineage = '"+was+"'")
		}
		var all sync.WaitGroup
		got := make([]string, len(books))
		for i, b := range books {
			all.Go(func() {
				m, err := b.Meta(t.Context())
				if err != nil {
					t.Error(err)
				}
				got[i] = m.Incarnation
			})
		}
		all.Wait()
		for _, s := range got {
			if s == "" || s != got[0] {
				t.Errorf("hubs name one database %q", got)
			}
		}
		if said[got[0]] {
			t.Errorf("%q was said before", got[0])
		}
		said[got[0]] = true
	}
}

// A backup of which the end is another server's is none: what it holds is not what the
// numbers in the acknowledgements mean by then.
func TestABackupDuringATakeoverIsNone(t *testing.T) {
	if !casebooktest.OnPostgres() {
		t.Skip("a file has one lineage")
	}
	dir := t.TempDir()
	b := casebooktest.Open(t, dir)
	defer b.Close()
	var all []hub.Arrival
	for i := range 3000 {
		body := fmt.Append(nil, strings.Repeat("x", 4000), i)
		all = append(all, hub.Arrival{Bytes: body, SHA256: sha256.Sum256(body), Kiosk: "K7", Level: seal.LevelQuarantined, At: time.Unix(1, 0)})
	}
	if _, _, err := b.Accept(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	db := casebooktest.SQL(t, dir)
	defer db.Close()
	path := filepath.Join(t.TempDir(), "backup.db")
	taken := make(chan error, 1)
	go func() {
		for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(path + ".part"); err == nil || time.Now().After(end) {
				break
			}
		}
		_, err := db.ExecContext(t.Context(), `update meta set lineage = '7123456789012345678/00000009'`)
		taken <- err
	}()
	_, err := b.Backup(t.Context(), path, time.Now())
	if !errors.Is(err, casebook.ErrReplaced) {
		t.Errorf("a backup across a takeover: %v", err)
	}
	if err := <-taken; err != nil {
		t.Fatal(err)
	}
	if m, err := b.Meta(t.Context()); err != nil || m.Watermark != 0 {
		t.Errorf("%+v, %v", m, err)
	}
	if upTo, err := b.Backup(t.Context(), path+".2", time.Now()); err != nil || upTo != 3000 {
		t.Errorf("the next backup: %d, %v", upTo, err)
	}
}
