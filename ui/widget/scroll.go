package widget

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"
)

// Scroll shows a part of something higher than itself: by finger and fling,
// by wheel, or by the two buttons beside it, so that nobody needs to drag.
type Scroll struct {
	fynewidget.BaseWidget
	kit      Kit
	content  fyne.CanvasObject
	offset   float32
	up, down *Touch
	moved    time.Time // of the last drag
	speed    float32   // pixels a second, of the finger
	fling    *fyne.Animation
}

var (
	_ fyne.Draggable  = (*Scroll)(nil)
	_ fyne.Scrollable = (*Scroll)(nil)

	_ desktop.Mouseable = (*Scroll)(nil)
)

// ScrollButtons is the width that the buttons of a scroll take.
func (k Kit) ScrollButtons() float32 { return k.scrollSide() + k.Sizes.Apart*1.2 }

func (k Kit) scrollSide() float32 { return max(k.Sizes.Target, k.Sizes.Gap*3) }

// Scroll shows content, which must leave [Kit.ScrollButtons] free at its
// right, in a window of the given size. above and below name the buttons.
func (k Kit) Scroll(content *fyne.Container, size fyne.Size, above, below string) *Scroll {
	s := &Scroll{kit: k, content: content}
	content.Resize(content.MinSize())
	side := fyne.NewSize(k.scrollSide(), max(min(k.scrollSide()*1.4, (size.Height-k.Sizes.Apart)/2), 10))
	style := KeyStyle{}
	s.up = k.Key("", "caret-up", above, side, style, func() { s.by(-size.Height * 0.8) })
	s.down = k.Key("", "caret-down", below, side, style, func() { s.by(size.Height * 0.8) })
	s.up.ID, s.down.ID = "scroll up", "scroll down"
	s.up.Move(fyne.NewPos(size.Width-side.Width, 0))
	s.down.Move(fyne.NewPos(size.Width-side.Width, size.Height-side.Height-4))
	s.ExtendBaseWidget(s)
	s.Resize(size)
	s.by(0)
	return s
}

// Buttons are the two buttons beside it; one is hidden at either end.
func (s *Scroll) Buttons() (up, down *Touch) { return s.up, s.down }

// Offset is how far down it is, in pixels.
func (s *Scroll) Offset() float32 { return s.offset }

// SetOffset goes to a place.
func (s *Scroll) SetOffset(y float32) { s.by(y - s.offset) }

// ShowRange scrolls so that what lies from y to below, in the content, is in sight.
func (s *Scroll) ShowRange(y, below float32) {
	if y < s.offset {
		s.by(y - s.offset)
	} else if below > s.offset+s.Size().Height {
		s.by(below - s.offset - s.Size().Height)
	}
}

func (s *Scroll) by(d float32) {
	most := max(s.content.Size().Height-s.Size().Height, 0)
	s.offset = min(max(s.offset+d, 0), most)
	s.content.Move(fyne.NewPos(0, -s.offset))
	s.up.Hidden, s.down.Hidden = s.offset <= 0.5, s.offset >= most-0.5
	s.Refresh()
}

// MouseDown implements desktop.Mouseable.
func (s *Scroll) MouseDown(*desktop.MouseEvent) { s.halt() }

// MouseUp ends a touch that began on something within.
func (s *Scroll) MouseUp(e *desktop.MouseEvent) { s.kit.Finger.Up(e) }

// Dragged follows the finger.
func (s *Scroll) Dragged(e *fyne.DragEvent) {
	s.halt()
	now := time.Now()
	if d := float32(now.Sub(s.moved).Seconds()); d > 0 && d < 0.1 {
		s.speed = s.speed*0.4 - e.Dragged.DY/d*0.6
	} else {
		s.speed = 0
	}
	s.moved = now
	s.by(-e.Dragged.DY)
}

// DragEnd lets it run on as fast as the finger was, slowing down.
func (s *Scroll) DragEnd() {
	if time.Since(s.moved) > 100*time.Millisecond || s.speed > -200 && s.speed < 200 {
		return
	}
	from, way := s.offset, min(max(s.speed*0.3, -3000), 3000)
	s.fling = &fyne.Animation{Duration: 600 * time.Millisecond, Curve: fyne.AnimationEaseOut,
		Tick: func(done float32) { s.by(from + way*done - s.offset) }}
	s.fling.Start()
}

func (s *Scroll) halt() {
	if s.fling != nil {
		s.fling.Stop()
		s.fling = nil
	}
}

// Scrolled follows a wheel.
func (s *Scroll) Scrolled(e *fyne.ScrollEvent) { s.by(-e.Scrolled.DY) }

// CreateRenderer clips the content to the window.
func (s *Scroll) CreateRenderer() fyne.WidgetRenderer { return &scrollRenderer{s} }

type scrollRenderer struct{ s *Scroll }

func (r *scrollRenderer) Destroy()           {}
func (r *scrollRenderer) MinSize() fyne.Size { return r.s.Size() }
func (r *scrollRenderer) Layout(fyne.Size)   {}
func (r *scrollRenderer) Refresh()           { canvas.Refresh(r.s) }
func (r *scrollRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.s.content, r.s.up, r.s.down}
}
