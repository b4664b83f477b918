package main

import "path/filepath"

// drawsFast reports whether this machine has a graphics card. Without one a
// fade would only make pages come later.
func drawsFast() bool {
	cards, err := filepath.Glob("/dev/dri/renderD*")
	return err == nil && len(cards) > 0
}
