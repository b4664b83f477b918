package casebook_test

import (
	"fmt"
	"sync"
	"testing"

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
