package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"

	"loket/ui/theme"
	"loket/ui/widget"
)

// pointer hides the mouse pointer and, on the receipt and the idle sheet,
// nothing else: taps pass through.
type pointer struct{ fynewidget.BaseWidget }

var _ desktop.Cursorable = (*pointer)(nil)

func newPointer(s theme.Sizes) *pointer {
	p := &pointer{}
	p.ExtendBaseWidget(p)
	p.Resize(fyne.NewSize(s.Width, s.Height))
	return p
}

// Cursor implements desktop.Cursorable.
func (p *pointer) Cursor() desktop.Cursor { return desktop.HiddenCursor }

// CreateRenderer draws nothing.
func (p *pointer) CreateRenderer() fyne.WidgetRenderer {
	return fynewidget.NewSimpleRenderer(&fyne.Container{})
}

// shield takes the touches meant for what lies under a sheet, and under
// everything the ends of touches that slid off a control.
type shield struct {
	fynewidget.BaseWidget
	finger *widget.Finger
	touch  func()
	at     func(fyne.Position) // told where a finger was lifted; may be nil
}

var _ desktop.Mouseable = (*shield)(nil)

func newShield(s theme.Sizes, finger *widget.Finger, touch func()) *shield {
	h := &shield{finger: finger, touch: touch}
	h.ExtendBaseWidget(h)
	h.Resize(fyne.NewSize(s.Width, s.Height))
	return h
}

// MouseDown implements desktop.Mouseable.
func (h *shield) MouseDown(*desktop.MouseEvent) {}

// MouseUp implements desktop.Mouseable.
func (h *shield) MouseUp(e *desktop.MouseEvent) {
	h.finger.Up(e)
	if h.touch != nil {
		h.touch()
	}
	if h.at != nil {
		h.at(e.Position)
	}
}

// CreateRenderer draws nothing.
func (h *shield) CreateRenderer() fyne.WidgetRenderer {
	return fynewidget.NewSimpleRenderer(&fyne.Container{})
}
