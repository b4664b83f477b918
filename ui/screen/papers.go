package screen

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"loket/kiosk"
	"loket/ui/theme"
	"loket/ui/widget"
)

// The actions of the page that takes papers.
type (
	Scan     struct{ Again bool } // a paper; Again in place of the last
	DropPage struct{}             // the last paper
)

// Papers is what was scanned so far.
type Papers struct {
	Count int
	Last  image.Image // of the last one
}

// papers puts what can be done about papers, and the last one beside it.
func (p *paint) papers(r rect, papers Papers) {
	p.body(r, func(b *paint, width float32) float32 { return b.papersKeys(papers, width, r.h) })
}

func (p *paint) papersKeys(papers Papers, width, room float32) float32 {
	s, w := p.s, p.v.Words
	gap := max(s.Gap*0.6, s.Apart)
	high := max(s.Target, s.Answer*0.85)
	if papers.Count == 0 {
		high = min(high*1.4, max(room, high))
		p.button("scan", widget.Outline, "file-magnifying-glass", w.T("papers.scan"), rect{0, 0, width, high}, Scan{})
		return high
	}
	y := p.text(p.style(theme.Heading, s.Body, p.c.Ink), w.T("papers.so_far", "n", papers.Count, "most", kiosk.MostPages), 0, 0, width) + gap*0.5
	type key struct {
		id, icon, label string
		do              Action
	}
	var keys []key
	if papers.Count < kiosk.MostPages {
		keys = append(keys, key{"scan", "file-magnifying-glass", w.T("papers.more"), Scan{}})
	}
	keys = append(keys, key{"again", "arrow-counter-clockwise", w.T("papers.again"), Scan{Again: true}}, key{"drop", "x", w.T("papers.drop"), DropPage{}})
	stack := float32(len(keys))*(high+gap) - gap
	tall := max(stack, min(room-y, width*0.62))
	wide := min(width*0.4, tall/1.3)
	p.paper(papers.Last, rect{0, y, wide, tall})
	x := wide + gap*1.5
	for i, k := range keys {
		p.button(k.id, widget.Outline, k.icon, k.label, rect{x, y + float32(i)*(high+gap), width - x, high}, k.do)
	}
	return y + tall + 4
}

// paper shows a page that was scanned, unless what is written is hidden.
func (p *paint) paper(page image.Image, r rect) {
	p.ground(p.c.Sunk, p.s.Radius*0.5, r)
	if page == nil || p.v.Veiled {
		side := min(r.w, r.h) * 0.4
		p.add(p.k.Symbol("eye-slash", p.c.Ink2, 0, 0, side), r.x+(r.w-side)/2, r.y+(r.h-side)/2)
		return
	}
	inset := p.s.Gap * 0.4
	picture := canvas.NewImageFromImage(page)
	picture.FillMode = canvas.ImageFillContain
	picture.Resize(fyne.NewSize(r.w-2*inset, r.h-2*inset))
	p.add(picture, r.x+inset, r.y+inset)
}

// Scanning is shown while a paper is scanned.
func Scanning(v View) Screen {
	p := message(v, "hourglass-duotone", v.Words.T("papers.scanning"), []string{v.Words.T("papers.scanning.line")})
	p.button("back", widget.Outline, "x", v.Words.T("papers.stop"), p.foot(), Back{})
	p.bar(false)
	return p.end(nil)
}
