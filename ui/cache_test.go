package ui

import (
	"time"
	_ "unsafe" // for go:linkname

	"fyne.io/fyne/v2"
)

// Fyne forgets how it drew what is gone when it paints, by a clock of its own.
// The test driver does not paint: here it is told to, with a clock that only goes
// on, whatever other tests did with it.
var (
	//go:linkname drawnNow fyne.io/fyne/v2/internal/cache.timeNow
	drawnNow func() time.Time

	frame = time.Now()
)

//go:linkname forgetDrawn fyne.io/fyne/v2/internal/cache.Clean
func forgetDrawn(canvasRefreshed bool)

// paint does what frames do to Fyne's caches when minutes have gone by: what is on
// the glass stays, all else goes.
func (g *glass) paint() {
	drawnNow = func() time.Time { return frame }
	frame = frame.Add(2 * time.Minute)
	forgetDrawn(false) // the clock of what is looked at next
	walk(g.window.Content(), fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		fyne.CurrentApp().Driver().CanvasForObject(o)
	})
	frame = frame.Add(20 * time.Second) // it looks no oftener than each ten
	forgetDrawn(true)
}
