package web_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"loket/assets"
	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
	"loket/kiosk/receipt"
	"loket/kiosk/seal"
	"loket/kiosk/track"
	"loket/kiosk/visit"
	"loket/kiosk/workday"
)

// hand is a kiosk's queue that keeps the last envelope in its hand.
type hand struct {
	o     *office
	last  []byte
	pages [][]byte
}

func (h *hand) Append(_ context.Context, id string, build func(seal.Slot, track.Key) (seal.Envelope, kiosk.Slip, error), behind ...func(seal.Slot, track.Key, kiosk.Slip) (seal.Envelope, error)) (kiosk.Slip, error) {
	h.o.seq++
	e, slip, err := build(seal.Slot{Epoch: "0011223344556677", Seq: h.o.seq, Prev: h.o.prev}, h.o.step)
	if err == nil {
		h.o.step, h.o.prev, h.last = h.o.step.Next(), e.SHA256, e.Bytes
	}
	for _, build := range behind {
		h.o.seq++
		page, err := build(seal.Slot{Epoch: "0011223344556677", Seq: h.o.seq, Prev: h.o.prev}, h.o.step, slip)
		if err != nil {
			return slip, err
		}
		h.o.step, h.o.prev, h.pages = h.o.step.Next(), page.SHA256, append(h.pages, page.Bytes)
	}
	return slip, err
}

// files files a complaint at a kiosk of an office.
func (o *office) files(id string) receipt.Receipt {
	o.t.Helper()
	return o.visited(id, o.hub.Catalogue.Example("complaint", 1, int(o.seq), o.now()))
}

// visited files a draft at a kiosk of an office, as the kiosk checks and seals
// it, brings it to the hub and returns the receipt.
func (o *office) visited(id string, d kiosk.Draft) receipt.Receipt {
	o.t.Helper()
	counter, kept := o.counter(id)
	given, err := counter.File(o.t.Context(), d)
	if err != nil {
		o.t.Fatal(err)
	}
	o.send(kept.last)
	o.opened(given.Number)
	return given
}

// counter is where a kiosk of an office files, and what keeps what it sealed.
func (o *office) counter(id string) (*visit.Counter, *hand) {
	o.t.Helper()
	catalogue := o.hub.Catalogue
	calendar, err := workday.Load(assets.Files)
	if err != nil {
		o.t.Fatal(err)
	}
	sealer, err := seal.NewSealer(o.id, "test", o.key, o.bundle)
	if err != nil {
		o.t.Fatal(err)
	}
	place, ok := catalogue.Office(id)
	if !ok {
		o.t.Fatal(id)
	}
	kept := &hand{o: o}
	return &visit.Counter{Kiosk: o.id, Office: place, PublicURL: "https://lacak.example.go.id", Catalogue: catalogue, Calendar: calendar, Sealer: sealer, Queue: kept, Now: o.now}, kept
}

// Before Idulfitri 2026: on a Saturday at 00.30 in Jayapura (still Friday in
// Jakarta), and on the last working day before the feast. Receipt, tracking page
// and desk say the same date and count the same days, through a clarification
// and a holiday that is announced afterwards. Dates counted by hand from the
// decree.
func TestDatesAgreeEverywhere(t *testing.T) {
	o := newOffice(t)
	if err := o.hub.AddOfficer(t.Context(), "petugas", "a long password", hub.Administrator, ""); err != nil {
		t.Fatal(err)
	}
	to := func(at time.Time) {
		o.mu.Lock()
		o.clock = at
		o.mu.Unlock()
	}
	wit, wib := kiosk.Zone("WIT"), kiosk.Zone("WIB")
	agree := func(r receipt.Receipt, want, day string, gone ...string) {
		t.Helper()
		if got := o.track(string(r.Number), string(r.Code)); got.Due != want {
			t.Errorf("tracking: %s, want %s", got.Due, want)
		}
		_, b := o.post("/t", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"number": {string(r.Number)}, "code": {string(r.Code)}, "lang": {"id"}}.Encode()), nil)
		desk := o.browser("petugas", "a long password")("/desk/case/" + string(r.Number))
		for where, page := range map[string]string{"tracking": string(b), "desk": desk} {
			at := strings.Index(page, "Jawaban pertama</b>")
			if at < 0 {
				t.Fatalf("%s: no such deadline: %s", where, page)
			}
			page, _, _ = strings.Cut(page[at:], "</table>")
			if !strings.Contains(page, "<td>"+day+"</td><td>8</td>") {
				t.Errorf("%s: day 8 is not %s: %s", where, day, page)
			}
			for _, off := range gone {
				if !strings.Contains(page, off) {
					t.Errorf("%s: %q is not explained: %s", where, off, page)
				}
			}
		}
	}
	to(time.Date(2026, 3, 14, 0, 30, 0, 0, wit))
	saturday := o.files("papua")
	if saturday.Due.Format(time.DateOnly) != "2026-04-01" || saturday.At.Format("2006-01-02 15.04 MST") != "2026-03-14 00.30 WIT" {
		t.Errorf("receipt: due %v, at %v", saturday.Due, saturday.At)
	}
	agree(saturday, "2026-04-01", "Rabu, 1 April 2026", "<td>Sabtu, 14 Maret 2026</td><td>– hari diterima</td>", "Idulfitri")
	to(time.Date(2026, 3, 17, 15, 59, 0, 0, wib))
	eve := o.files("dki")
	if eve.Due.Format(time.DateOnly) != "2026-04-06" {
		t.Errorf("receipt: due %v", eve.Due)
	}
	agree(eve, "2026-04-06", "Senin, 6 April 2026", "<td>Jumat, 3 April 2026</td><td>– Wafat")
	// Asked on Thursday the 26th, completed on Monday the 30th.
	to(time.Date(2026, 3, 26, 10, 0, 0, 0, wit))
	x := o.opened(saturday.Number)
	if err := o.hub.Update(t.Context(), anybody, hub.Change{Number: x.Number, Edition: x.Edition, Decision: lifecycle.Decision{Status: kiosk.Returned, Answer: "Loket yang mana?"}}); err != nil {
		t.Fatal(err)
	}
	to(time.Date(2026, 3, 30, 10, 0, 0, 0, wit))
	if err := o.hub.Say(t.Context(), saturday.Number, saturday.Code, hub.Replied, "Loket 3."); err != nil {
		t.Fatal(err)
	}
	agree(saturday, "2026-04-06", "Senin, 6 April 2026", "<td>Senin, 30 Maret 2026</td><td>– menunggu pelapor</td>")
	// The 2nd of April becomes a holiday.
	moved, err := o.hub.AddHoliday(t.Context(), hub.Holiday{Holiday: workday.Holiday{Date: time.Date(2026, 4, 2, 0, 0, 0, 0, time.UTC), Name: "Cuti tambahan", Kind: workday.Cuti}, By: "admin"})
	if err != nil || moved != 2 {
		t.Errorf("%d moved, %v", moved, err)
	}
	agree(saturday, "2026-04-07", "Selasa, 7 April 2026", "<td>Kamis, 2 April 2026</td><td>– Cuti tambahan</td>")
	agree(eve, "2026-04-07", "Selasa, 7 April 2026", "Cuti tambahan")
	// Answered in time, and it stays so.
	x = o.opened(eve.Number)
	if err := o.hub.Update(t.Context(), anybody, hub.Change{Number: x.Number, Edition: x.Edition, Decision: lifecycle.Decision{Status: kiosk.Answered, Answer: "Sudah.", Outcome: "solved"}}); err != nil {
		t.Fatal(err)
	}
	if page := o.browser("petugas", "a long password")("/desk/case/" + string(eve.Number)); !strings.Contains(page, "Tenggat berubah karena hari libur") || !strings.Contains(page, "2026-04-06 → 2026-04-07") || !strings.Contains(page, "Terpenuhi") {
		t.Error(page)
	}
}
