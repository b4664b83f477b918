package ui

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"

	"golang.org/x/image/draw"

	"loket/kiosk/form"
	"loket/kiosk/visit"
	"loket/kiosk/words"
)

// This file is scanning papers, where the kiosk has a scanner.

// papers is the scan that goes on, and what was scanned last as it is shown.
type papers struct {
	stop context.CancelFunc // nil: none goes on
	turn int                // grows with each: one that was stopped comes too late
	last image.Image
}

// scan scans a paper, again in place of the last.
func (k *Kiosk) scanPaper(again bool) {
	p := k.visit.Page()
	if k.cfg.Scan == nil || k.papers.stop != nil || p.Kind != visit.Question || p.Field.Type != form.Scan {
		return
	}
	ctx, stop := context.WithCancel(k.ctx)
	k.at, k.problem, k.papers.stop = scanning, nil, stop
	k.papers.turn++
	turn := k.papers.turn
	k.work.Go(func() {
		page, err := k.cfg.Scan(ctx)
		var seen image.Image
		if err == nil {
			seen, err = preview(page)
		}
		k.cfg.OnUI(func() {
			defer k.guard()
			if turn != k.papers.turn || k.at != scanning {
				return
			}
			stop()
			k.papers.stop = nil
			k.at, k.touched = visiting, k.cfg.Now()
			if err != nil {
				k.cfg.Log.Warn("scan a page", "err", err)
				k.problem = func(w words.Words) string { return w.T("papers.failed") }
			} else {
				k.visit.AddPage(page, again)
				k.papers.last = seen
			}
			k.unread = true
			k.turn()
		})
	})
}

// stopScan gives up the scan that goes on, if one does.
func (k *Kiosk) stopScan() {
	if k.papers.stop != nil {
		k.papers.stop()
		k.papers.stop = nil
		k.papers.turn++
	}
}

// dropPage takes the last paper away.
func (k *Kiosk) dropPage() {
	k.visit.DropPage()
	k.papers.last = nil
	if pages := k.visit.Pages(); len(pages) > 0 {
		seen, err := preview(pages[len(pages)-1])
		if err != nil {
			k.cfg.Log.Warn("show a page", "err", err)
		}
		k.papers.last = seen
	}
}

// previewEdge is how large a page is shown at most, in pixels.
const previewEdge = 900

// preview is a page as it is shown.
func preview(page []byte) (image.Image, error) {
	whole, err := jpeg.Decode(bytes.NewReader(page))
	if err != nil {
		return nil, err
	}
	size := whole.Bounds().Size()
	if longer := max(size.X, size.Y); longer > previewEdge {
		size = size.Mul(previewEdge).Div(longer)
	}
	small := image.NewRGBA(image.Rect(0, 0, max(1, size.X), max(1, size.Y)))
	draw.BiLinear.Scale(small, small.Rect, whole, whole.Bounds(), draw.Src, nil)
	return small, nil
}
