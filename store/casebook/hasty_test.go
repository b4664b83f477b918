package casebook_test

import (
	"testing"
	"time"

	"loket/hub"
	"loket/store/casebook"
)

// What was filled in haste is there afterwards, for a casebook that waits.
func TestHaste(t *testing.T) {
	dir := t.TempDir()
	hasty, err := casebook.OpenHasty(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := hasty.AddOfficer(t.Context(), hub.Officer{Name: "petugas", Role: hub.Auditor}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := hasty.Close(); err != nil {
		t.Fatal(err)
	}
	book, err := casebook.Open(t.Context(), dir) // it refuses to open unsafe
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if o, err := book.Officer(t.Context(), "petugas"); err != nil || o.Role != hub.Auditor {
		t.Errorf("%+v, %v", o, err)
	}
}
