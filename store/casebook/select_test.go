package casebook_test

import (
	"slices"
	"testing"
	"time"

	"loket/hub"
	"loket/kiosk"
)

// A list gets the cases that its selection names and no other, the newest first, however
// they are looked for, and its pages follow each other without a gap.
func TestASelectionHasItsCases(t *testing.T) {
	w := newWorld(t, random(t))
	ctx := t.Context()
	for range 500 {
		w.step(ctx)
	}
	all, err := w.book.Cases(ctx, "")
	w.must(err)
	slices.SortFunc(all, func(a, b hub.Case) int {
		if c := b.FiledAt.Compare(a.FiledAt); c != 0 {
			return c
		}
		if a.Number > b.Number {
			return -1
		}
		return 1
	})
	some := func() bool { return w.r.IntN(3) == 0 }
	sizes := map[bool]int{}
	for range 300 {
		var s hub.Selection
		if some() {
			s.Statuses = [][]kiosk.Status{kiosk.Finished, kiosk.Unfinished, {pick(w.r, kiosk.Statuses)}}[w.r.IntN(3)]
		}
		if some() {
			s.Forms = []string{pick(w.r, kinds), pick(w.r, kinds)}
		}
		for range w.r.IntN(3) {
			s.Places = append(s.Places, w.hub.Below(pick(w.r, w.units)))
		}
		if some() {
			for range 40 {
				s.Numbers = append(s.Numbers, pick(w.r, w.cases))
			}
		}
		if some() {
			s.Assignee = pick(w.r, all).Assignee
		}
		if some() {
			s.From = pick(w.r, all).FiledAt
		}
		if some() {
			s.To = pick(w.r, all).FiledAt
		}
		s.Unseen, s.Few = some(), some()
		var want []kiosk.Number
		for _, c := range all {
			in := (len(s.Statuses) == 0 || slices.Contains(s.Statuses, c.Status)) && (len(s.Forms) == 0 || slices.Contains(s.Forms, c.Form.Name)) &&
				(len(s.Numbers) == 0 || slices.Contains(s.Numbers, c.Number)) && (s.Assignee == "" || c.Assignee == s.Assignee) &&
				!c.FiledAt.Before(s.From) && (s.To.IsZero() || c.FiledAt.Before(s.To)) && (!s.Unseen || c.SeenAt.IsZero())
			for _, p := range s.Places {
				in = in && (slices.Contains(p, c.Office) || slices.Contains(p, c.Unit))
			}
			if in {
				want = append(want, c.Number)
			}
		}
		var got []kiosk.Number
		each := []int{0, 7, 100}[w.r.IntN(3)]
		for more := true; more; {
			page, err := w.book.Select(ctx, s, len(got), each)
			w.must(err)
			for _, c := range page {
				if len(c.Events) == 0 {
					t.Fatalf("%s has no story", c.Number)
				}
				got = append(got, c.Number)
			}
			more = each > 0 && len(page) == each
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v\ngot  %v\nwant %v", s, got, want)
		}
		sizes[len(want) > 0]++
	}
	if sizes[true] < 50 || sizes[false] < 20 {
		t.Errorf("the selections tell little: %v", sizes)
	}
}

// BenchmarkFinished reads pages of what is done: of the whole ministry, from the newest
// on, and of one office of many.
func BenchmarkFinished(b *testing.B) {
	growing(b, func(b *testing.B, w *world, many int) {
		for _, way := range []struct {
			name string
			of   hub.Selection
			skip int
		}{
			{"first-page", hub.Selection{}, 0},
			{"hundredth-page", hub.Selection{}, min(10_000, many/2)},
			{"an-office", hub.Selection{Places: [][]string{w.hub.Below("ntt")}, Few: true}, 0},
			{"a-week", hub.Selection{From: w.clock.Add(-67 * 24 * time.Hour), To: w.clock.Add(-60 * 24 * time.Hour)}, 0},
		} {
			way.of.Statuses, way.of.Forms = kiosk.Finished, kinds[1:]
			b.Run(way.name, func(b *testing.B) {
				for b.Loop() {
					if page, err := w.book.Select(b.Context(), way.of, way.skip, 100); err != nil || len(page) == 0 && way.name != "a-week" {
						b.Fatal(len(page), err)
					}
				}
			})
		}
	})
}
