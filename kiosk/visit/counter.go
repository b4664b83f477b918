package visit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"loket/kiosk"
	"loket/kiosk/attach"
	"loket/kiosk/form"
	"loket/kiosk/receipt"
	"loket/kiosk/seal"
	"loket/kiosk/track"
	"loket/kiosk/workday"
)

// Queue keeps what was sealed; store/queue is one. Append calls build with
// the next place in the chain and the code ratchet's step, then each of behind with
// the places and steps after it, and returns only once envelopes, new step and slip
// are on disk together. It asks all of them again for other numbers when one drawn is
// taken. Nothing is kept when one of them or the disk fails.
type Queue interface {
	Append(ctx context.Context, id string, build func(seal.Slot, track.Key) (seal.Envelope, kiosk.Slip, error), behind ...func(seal.Slot, track.Key, kiosk.Slip) (seal.Envelope, error)) (kiosk.Slip, error)
}

// ErrNotSaved says that a draft was right but could not be put on disk: the
// visitor has been promised nothing and their answers are still there.
var ErrNotSaved = errors.New("not saved")

// Counter takes drafts in: it checks, numbers, seals and queues them. The
// screen and the command line file through the same Counter.
type Counter struct {
	Kiosk     string // two symbols
	Office    kiosk.Office
	PublicURL string // of the tracking page
	Catalogue *form.Catalogue
	Calendar  *workday.Calendar
	Sealer    *seal.Sealer
	Queue     Queue
	Now       func() time.Time
}

// File files a draft and returns its receipt once the report is on disk. It
// returns [form.Problems] for a draft to be mended, and [ErrNotSaved] when
// the report could not be stored.
func (c *Counter) File(ctx context.Context, d kiosk.Draft) (receipt.Receipt, error) {
	now := c.Now()
	local := now.In(c.Office.Location())
	d, problems := c.Catalogue.Check(d, local)
	if len(problems) > 0 {
		return receipt.Receipt{}, problems
	}
	if problems := scanned(c.Catalogue.Form(d.Form), d); len(problems) > 0 {
		return receipt.Receipt{}, problems
	}
	f := c.Catalogue.Form(d.Form)
	// The law's clock began when a paper form was handed in.
	local = d.Helped.Received(now, c.Office.Location()).In(c.Office.Location())
	due, estimated := c.Calendar.At(c.Office.ID).Add(local, f.FirstAnswer().Days)
	missing := f.Missing(d)
	var missingBy time.Time
	if len(missing) > 0 {
		missingBy, _ = c.Calendar.At(c.Office.ID).Add(local, f.Completed().Days)
	}
	report := kiosk.Report{
		Form: f.Ref(), Language: d.Language, Identity: d.Identity,
		Office: c.Office.ID, At: moment(now), Answers: d.Answers, Helped: d.Helped,
	}
	id := seal.NewID()
	slip, err := c.Queue.Append(ctx, id, func(slot seal.Slot, key track.Key) (seal.Envelope, kiosk.Slip, error) {
		number, err := track.NewNumber(c.Kiosk, rand.Reader)
		if err != nil {
			return seal.Envelope{}, kiosk.Slip{}, err
		}
		report.Number, report.Code = number, key.Code(number)
		envelope, err := c.Sealer.Seal(id, slot, report)
		return envelope, kiosk.Slip{
			Number: number, Code: report.Code, Form: f.Name, Language: d.Language,
			At: report.At.At, Due: due, Estimated: estimated, Missing: missing, MissingBy: missingBy, Pages: len(d.Pages), Unkept: f.Opinion,
		}, err
	}, c.pages(d, report)...)
	if err != nil {
		return receipt.Receipt{}, fmt.Errorf("%w: %w", ErrNotSaved, err)
	}
	return c.Receipt(slip), nil
}

// scanned checks that a draft says of its pages how many there are.
func scanned(f *form.Form, d kiosk.Draft) form.Problems {
	said, of := 0, ""
	for _, field := range f.Fields {
		if field.Type == form.Scan {
			said, _ = strconv.Atoi(d.Answers[field.ID])
			of = field.ID
		}
	}
	if said != len(d.Pages) {
		return form.Problems{{Field: of, Code: "problem.not_asked"}}
	}
	return nil
}

// pages are what seals the pages of a report, each in an envelope of its own.
func (c *Counter) pages(d kiosk.Draft, report kiosk.Report) (all []func(seal.Slot, track.Key, kiosk.Slip) (seal.Envelope, error)) {
	report.Answers, report.Helped = nil, nil
	for i, b := range d.Pages {
		all = append(all, func(slot seal.Slot, key track.Key, slip kiosk.Slip) (seal.Envelope, error) {
			number, err := track.NewNumber(c.Kiosk, rand.Reader)
			if err != nil {
				return seal.Envelope{}, err
			}
			page := report
			page.Number, page.Code = number, key.Code(number)
			page.Page = &kiosk.Page{Of: slip.Number, Index: i + 1, Total: len(d.Pages), Type: attach.JPEG, Bytes: b}
			return c.Sealer.Seal(seal.NewID(), slot, page)
		})
	}
	return all
}

// Receipt makes the receipt of what was filed.
func (c *Counter) Receipt(s kiosk.Slip) receipt.Receipt {
	r := receipt.Receipt{
		Ministry: c.Catalogue.Ministry, Office: c.Office.Name, City: c.Office.City, Help: c.Office.Help,
		Form: s.Form, Number: s.Number, Code: s.Code, URL: track.URL(c.PublicURL, s.Number, s.Code),
		At: s.At.In(c.Office.Location()), Due: s.Due, Estimated: s.Estimated, Missing: s.Missing, MissingBy: s.MissingBy, Pages: s.Pages, Language: s.Language,
	}
	r.Hours, _ = kiosk.ParseHours(c.Office.Hours) // checked with the catalogue
	if f := c.Catalogue.Form(s.Form); f != nil {
		r.Title, r.Next = f.Receipt, f.Next
	}
	return r
}

// boot names this run of the machine; empty where the system does not tell.
var boot = sync.OnceValue(bootID)

// moment is now by the wall clock and by the clock that cannot jump. Whole
// seconds: nobody needs to know a visitor's millisecond.
func moment(now time.Time) kiosk.Moment {
	m := kiosk.Moment{At: now.UTC().Truncate(time.Second)}
	m.Boot, m.BootMS = boot(), sinceBoot().Milliseconds()
	return m
}
