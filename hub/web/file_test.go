package web_test

import (
	"sync"
	"testing"
	"time"

	"loket/kiosk"
)

// What comes in by another way than a kiosk is numbered, sealed and stored like
// a kiosk's report, and its case is there at once; also after the hub was
// started again.
func TestTheHubFilesAReport(t *testing.T) {
	o := newOffice(t)
	when := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	report := kiosk.Report{Form: kiosk.FormRef{Name: "complaint", Version: 1}, Language: kiosk.Indonesian, Identity: kiosk.Named,
		At: kiosk.Moment{At: when}, Answers: kiosk.Answers{"title": "Antrean", "description": "Tiga jam."}}
	var mu sync.Mutex
	seen := map[kiosk.Number]bool{}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			n, code, err := o.hub.File(t.Context(), "bali", report)
			if err != nil {
				t.Error(err)
				return
			}
			c, err := o.book.Case(t.Context(), n)
			if err != nil || c.Office != "bali" || c.Unit != "bali" || !c.FiledAt.Equal(when) || c.Answers["title"] != "Antrean" || c.Anonim {
				t.Errorf("%+v, %v", c, err)
			}
			if got := o.track(string(n), string(code)); got.Result != kiosk.TrackFound || got.Received != "2026-03-02" {
				t.Errorf("%+v", got)
			}
			mu.Lock()
			defer mu.Unlock()
			seen[n] = true
		})
	}
	group.Wait()
	o.stop()
	o.open(true)
	if n, _, err := o.hub.File(t.Context(), "ntt", report); err != nil || seen[n] {
		t.Errorf("after a new start: %s, %v", n, err)
	}
	if len(seen) != 8 {
		t.Errorf("%d numbers", len(seen))
	}
}
