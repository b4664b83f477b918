package queue

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestAReceiptIsBegunOnce(t *testing.T) {
	dir, c := t.TempDir(), &clock{time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	q, ctx := begun(t, dir, c.now), context.Background()
	first, doubt, err := q.BeginPrint(ctx, "K7AAAAA0", false, "visit")
	if err != nil || doubt {
		t.Fatal(doubt, err)
	}
	// Another process sees it before the first dot.
	other, err := Open(ctx, dir, c.now)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, _, err := other.BeginPrint(ctx, "K7AAAAA0", false, "visit"); !errors.Is(err, ErrPrinted) {
		t.Errorf("begun twice: %v", err)
	}
	if err := q.EndPrint(ctx, first, "desk", "unknown", "paper_out"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := q.BeginPrint(ctx, "K7AAAAA0", false, "visit"); !errors.Is(err, ErrPrinted) {
		t.Errorf("begun again after an unknown end: %v", err)
	}
	for range 2 {
		if _, doubt, err := q.BeginPrint(ctx, "K7AAAAA0", true, "staff"); err != nil || !doubt {
			t.Errorf("a copy: %v", err)
		}
	}
	if err := other.AbandonPrints(ctx); err != nil {
		t.Fatal(err)
	}
	// What ended stays as it ended.
	all, err := q.Prints(ctx, 10)
	want := Print{Number: "K7AAAAA0", By: "visit", Begun: time.Unix(c.t.Unix(), 0), Printer: "desk", Outcome: "unknown", Fault: "paper_out"}
	if err != nil || len(all) != 3 || all[2] != want || !all[0].Copy || all[0].Outcome != "unknown" || all[0].Fault != "interrupted" {
		t.Errorf("%+v, %v", all, err)
	}
	c.t = c.t.Add(printsKept)
	if err := q.Forget(ctx); err != nil {
		t.Fatal(err)
	}
	if all, err := q.Prints(ctx, 10); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}
