package ui

import (
	"time"
	_ "unsafe" // for go:linkname

	"fyne.io/fyne/v2"
)

// Fyne forgets how it drew what is gone when it paints, by a clock of its own.
// The test driver does not paint: here it is told to, with the glass's clock.
var (
	//go:linkname drawnNow fyne.io/fyne/v2/internal/cache.timeNow
	drawnNow func() time.Time
)

//go:linkname forgetDrawn fyne.io/fyne/v2/internal/cache.Clean
func forgetDrawn(canvasRefreshed bool)

// paint does what a frame does to Fyne's caches: what is on the glass stays.
func (g *glass) paint() {
	drawnNow = g.now
	forgetDrawn(false) // the clock of what is looked at next
	walk(g.window.Content(), fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		fyne.CurrentApp().Driver().CanvasForObject(o)
	})
	forgetDrawn(true)
}
