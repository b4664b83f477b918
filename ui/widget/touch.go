// Package widget holds what Fyne lacks for fingers: controls that act on
// release, keep a tap with a shaking finger and show at once that they were
// touched; text laid out for a known width; a field that never offers a
// clipboard; scrolling by finger.
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

// slopMM is how far a finger may wander and still be a tap.
const slopMM = 8

// holdFor is how long a finger rests before a long press, or before a key
// repeats.
const holdFor = 500 * time.Millisecond

// mostRepeats ends a key that is held for ever, as by a cup on the glass.
const mostRepeats = 400

// look is how a control is drawn.
type look struct {
	fill, pressed, edge color.NRGBA
	edgeWidth, radius   float32
	foot                color.NRGBA // an edge below that lifts it; none if transparent
}

// Touch is a control of fixed size: a rounded rectangle with things on it.
type Touch struct {
	fynewidget.BaseWidget
	ID      string // by which the screen knows it
	Name    string // what it says, for tests and for reading aloud
	Private bool   // its name is the visitor's own and is read to earphones only
	kit     Kit
	look    look
	content []fyne.CanvasObject
	label   *canvas.Text // of a key
	tap     func()
	held    func()        // a long press, in place of the tap
	repeat  time.Duration // held down: again and again
	onDown  func(bool)    // told when the finger comes and goes

	ground, foot, ring *canvas.Rectangle
	down, done         bool
	at                 fyne.Position
	timer              *time.Timer
}

var (
	_ desktop.Mouseable = (*Touch)(nil)
	_ fyne.Tappable     = (*Touch)(nil)
)

func (k Kit) touch(name string, size fyne.Size, l look, tap func(), content ...fyne.CanvasObject) *Touch {
	t := &Touch{ID: name, Name: name, kit: k, look: l, content: content, tap: tap, ground: canvas.NewRectangle(l.fill)}
	t.ground.CornerRadius, t.ground.StrokeColor, t.ground.StrokeWidth = l.radius, l.edge, l.edgeWidth
	if l.foot.A > 0 {
		t.foot = canvas.NewRectangle(l.foot)
		t.foot.CornerRadius = l.radius
	}
	t.ring = canvas.NewRectangle(color.Transparent)
	t.ring.StrokeColor, t.ring.StrokeWidth, t.ring.CornerRadius = k.Colour.Focus, k.focusWidth(), l.radius+k.focusWidth()
	t.ring.Hidden = true
	t.ExtendBaseWidget(t)
	t.Resize(size)
	return t
}

func (k Kit) focusWidth() float32 { return max(4, k.Sizes.Gap*0.25) }

// Finger is the one finger on the glass. A control that was touched gets the
// end of the touch wherever the finger is lifted: a shaking finger that slides
// off a key still meant it, and no key is left held down.
type Finger struct{ on *Touch }

// Down reports whether a control is being touched.
func (f *Finger) Down() bool { return f.on != nil }

// Up ends the touch.
func (f *Finger) Up(e *desktop.MouseEvent) {
	if t := f.on; t != nil {
		f.on = nil
		t.up(e)
	}
}

// Lift ends the touch without acting: what lay under it is gone.
func (f *Finger) Lift() {
	if t := f.on; t != nil {
		f.on = nil
		t.end()
	}
}

// MouseDown shows the control pressed at once.
func (t *Touch) MouseDown(e *desktop.MouseEvent) {
	if t.kit.Quiet != nil {
		t.kit.Quiet()
	}
	t.kit.Finger.Lift()
	t.kit.Finger.on = t
	t.down, t.done, t.at = true, false, e.AbsolutePosition
	t.show()
	if t.onDown != nil {
		t.onDown(true)
	}
	if t.repeat > 0 || t.held != nil {
		t.hold(holdFor, mostRepeats)
	}
}

func (t *Touch) hold(wait time.Duration, times int) {
	t.timer = time.AfterFunc(wait, func() {
		fyne.Do(func() {
			switch {
			case !t.down || times == 0:
			case t.held != nil:
				t.done = true
				t.held()
			default:
				t.done = true
				t.tap()
				t.hold(t.repeat, times-1)
			}
		})
	})
}

// MouseUp ends the touch, of whichever control it began on.
func (t *Touch) MouseUp(e *desktop.MouseEvent) { t.kit.Finger.Up(e) }

// up acts, unless the finger slid away.
func (t *Touch) up(e *desktop.MouseEvent) {
	t.end()
	d := e.AbsolutePosition.Subtract(t.at)
	if !t.done && math.Hypot(float64(d.X), float64(d.Y)) <= float64(slopMM*t.kit.Sizes.PxPerMM) {
		if t.kit.Explore == nil || t.kit.Explore(t) {
			t.tap()
		}
	}
}

// end shows the control as it was.
func (t *Touch) end() {
	t.down = false
	if t.timer != nil {
		t.timer.Stop()
	}
	t.show()
	if t.onDown != nil {
		t.onDown(false)
	}
}

// Tapped is there so that the driver sees a tappable thing; MouseUp acts.
func (t *Touch) Tapped(*fyne.PointEvent) {}

// Tap acts as a touch does.
func (t *Touch) Tap() { t.tap() }

// Hold acts as a long press does, and reports whether there is one.
func (t *Touch) Hold() bool {
	if t.held != nil {
		t.held()
	}
	return t.held != nil
}

// ShowPressed shows the control as under a finger, for the gallery.
func (t *Touch) ShowPressed(on bool) {
	t.down = on
	t.show()
}

// SetFocus shows whether the arrow keys stand here.
func (t *Touch) SetFocus(on bool) {
	if t.ring.Hidden == on {
		t.ring.Hidden = !on
		t.Refresh()
	}
}

// Focused reports whether the arrow keys stand here.
func (t *Touch) Focused() bool { return !t.ring.Hidden }

// Relabel changes what a key writes and says; nothing else is drawn anew.
func (t *Touch) Relabel(label string) {
	t.Name, t.ID = label, "key "+label
	if t.label.Text != label {
		t.label.Text = label
		t.label.Refresh()
	}
}

// SetFill changes the ground it is drawn on.
func (t *Touch) SetFill(c color.NRGBA) {
	t.look.fill = c
	t.show()
}

// Colours are the fill and the edge it is drawn with, for tests.
func (t *Touch) Colours() (fill, edge color.NRGBA) { return t.look.fill, t.look.edge }

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
func (t *Touch) CreateRenderer() fyne.WidgetRenderer {
	var objects []fyne.CanvasObject
	if t.foot != nil {
		objects = append(objects, t.foot)
	}
	objects = append(append(objects, t.ground), t.content...)
	return &touchRenderer{t, append(objects, t.ring)}
}

type touchRenderer struct {
	t       *Touch
	objects []fyne.CanvasObject
}

func (r *touchRenderer) Destroy()           {}
func (r *touchRenderer) MinSize() fyne.Size { return r.t.Size() }
func (r *touchRenderer) Layout(s fyne.Size) {
	r.t.ground.Resize(s)
	if r.t.foot != nil {
		// Only the part that shows, for the sake of machines that draw every
		// pixel themselves.
		high := min(2*r.t.look.radius+8, s.Height)
		r.t.foot.Resize(fyne.NewSize(s.Width, high))
		r.t.foot.Move(fyne.NewPos(0, s.Height-high+max(3, r.t.kit.Sizes.Gap*0.15)))
	}
	w := r.t.kit.focusWidth()
	r.t.ring.Move(fyne.NewPos(-w, -w))
	r.t.ring.Resize(s.AddWidthHeight(2*w, 2*w))
}
func (r *touchRenderer) Refresh() {
	r.t.show()
	canvas.Refresh(r.t)
}
func (r *touchRenderer) Objects() []fyne.CanvasObject { return r.objects }
