package ui

import "loket/ui/screen"

// NewGallery makes a kiosk that shows every control in every state and takes
// nothing in. The bar's helps work: text size, contrast, language, reach.
func NewGallery(cfg Config) *Kiosk {
	k := New(cfg)
	n := 0
	k.gallery = func(v screen.View) screen.Screen {
		do := v.Do
		v.Do = func(a screen.Action) {
			switch a.(type) {
			case screen.Continue, screen.HowTo:
				n++
				k.draw()
			case screen.TextSize, screen.Contrast, screen.Speak, screen.Reach, screen.Order:
				do(a)
			}
		}
		return screen.Gallery(v, n)
	}
	return k
}
