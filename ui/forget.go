package ui

import (
	"runtime/debug"
	"time"
)

// DrawnFor is how long Fyne may keep texts that are not on the glass any more,
// with how they were drawn; it reads it from FYNE_CACHE in the environment when
// the program starts.
const DrawnFor = 10 * time.Second

// forgets are the moments after a visit at which what is left of it in memory is
// cleared: at once what was ours, then what Fyne kept, which looks for what is old
// only while it paints, and not oftener than each ten seconds.
var forgets = [...]time.Duration{0, DrawnFor + time.Second, 2 * (DrawnFor + time.Second)}

// forget clears the memory of what the last visitor wrote. Strings cannot be
// overwritten: they are dropped, and a garbage collection clears what was dropped,
// where the program was started with GODEBUG=clobberfree=1.
func (k *Kiosk) forget() {
	if k.forgot == len(forgets) || k.cfg.Now().Sub(k.wiped) < forgets[k.forgot] {
		return
	}
	if k.forgot > 0 && !k.painted {
		k.window.Content().Refresh()
		k.painted = true // by the next tick
		return
	}
	k.forgot++
	k.painted = false
	k.work.Go(debug.FreeOSMemory)
}
