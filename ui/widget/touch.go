// Package widget holds what Fyne lacks for fingers: controls that act on
// release, keep a tap with a shaking finger and show at once that they were
// touched; text laid out for a known width; a field that never offers a
// clipboard.
package widget

import (
	"image/color"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"
)

// slop is how far a finger may wander, in pixels of a 1080 wide picture, and
// still be a tap.
const slop = 28

// look is how a control is drawn.
type look struct {
	fill, pressed, edge color.NRGBA
	edgeWidth, radius   float32
}

// Touch is a control of fixed size: a rounded rectangle with things on it.
type Touch struct {
	fynewidget.BaseWidget
	Name    string // what it says, for tests and for reading aloud
	look    look
	content []fyne.CanvasObject
	tap     func()
	repeat  time.Duration // held down: again and again
	off     bool

	ground *canvas.Rectangle
	down   bool
	at     fyne.Position
	timer  *time.Timer
}

var (
	_ desktop.Mouseable = (*Touch)(nil)
	_ fyne.Tappable     = (*Touch)(nil)
)

func newTouch(name string, size fyne.Size, l look, tap func(), content ...fyne.CanvasObject) *Touch {
	t := &Touch{Name: name, look: l, content: content, tap: tap, ground: canvas.NewRectangle(l.fill)}
	t.ground.CornerRadius, t.ground.StrokeColor, t.ground.StrokeWidth = l.radius, l.edge, l.edgeWidth
	t.ExtendBaseWidget(t)
	t.Resize(size)
	return t
}

// MouseDown shows the control pressed at once.
func (t *Touch) MouseDown(e *desktop.MouseEvent) {
	if t.off {
		return
	}
	t.down, t.at = true, e.AbsolutePosition
	t.show()
	if t.repeat > 0 {
		t.hold(500 * time.Millisecond)
	}
}

func (t *Touch) hold(wait time.Duration) {
	t.timer = time.AfterFunc(wait, func() {
		fyne.Do(func() {
			if t.down {
				t.tap()
				t.hold(t.repeat)
			}
		})
	})
}

// MouseUp acts, unless the finger slid away.
func (t *Touch) MouseUp(e *desktop.MouseEvent) {
	was := t.down
	t.down = false
	if t.timer != nil {
		t.timer.Stop()
	}
	t.show()
	d := e.AbsolutePosition.Subtract(t.at)
	if was && !t.off && math.Hypot(float64(d.X), float64(d.Y)) <= slop {
		t.tap()
	}
}

// Tapped is there so that the driver sees a tappable thing; MouseUp acts.
func (t *Touch) Tapped(*fyne.PointEvent) {}

// Tap acts as a touch does.
func (t *Touch) Tap() {
	if !t.off {
		t.tap()
	}
}

// SetEnabled turns the control on or off.
func (t *Touch) SetEnabled(on bool) { t.off = !on }

func (t *Touch) show() {
	fill := t.look.fill
	if t.down {
		fill = t.look.pressed
	}
	if t.ground.FillColor != fill {
		t.ground.FillColor = fill
		t.ground.Refresh()
	}
}

// CreateRenderer draws ground and content where they were put.
func (t *Touch) CreateRenderer() fyne.WidgetRenderer { return &touchRenderer{t} }

type touchRenderer struct{ t *Touch }

func (r *touchRenderer) Destroy()           {}
func (r *touchRenderer) MinSize() fyne.Size { return r.t.Size() }
func (r *touchRenderer) Layout(s fyne.Size) { r.t.ground.Resize(s) }
func (r *touchRenderer) Refresh()           { r.t.show() }
func (r *touchRenderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.t.ground}, r.t.content...)
}
