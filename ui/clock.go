package ui

import (
	"time"

	"loket/kiosk/visit"
)

// Tick is the second hand: it warns, counts down, wipes, and moves the clock.
// It draws only when what is shown changes.
func (k *Kiosk) Tick() {
	defer k.guard()
	if k.sizes.Width == 0 || k.gallery != nil {
		return
	}
	k.forget()
	k.tickFront()
	quietFor := k.cfg.Now().Sub(k.touched)
	if k.at == settingUp {
		k.tickSetup(quietFor)
		return
	}
	if k.sheet == called && quietFor < callStays {
		return // staff are on their way
	}
	patience := time.Duration(1)
	if k.reading || k.text > 0 {
		patience = patientFactor
	}
	limit := k.cfg.Idle * patience
	if k.shown.Keyboard != nil {
		limit = k.cfg.IdleWriting * patience
	}
	switch {
	case k.at == sending || k.at == scanning || k.at == carrying && k.front.stick.Busy:
	case k.at == looking:
		if n := seconds(k.cfg.Now().Sub(k.began)); n >= seconds(slowAfter) && n != k.left {
			k.left = n
			k.draw()
		}
	case k.at == closed:
		if k.cfg.Closed() == "" {
			k.wipe()
			k.turn()
		}
	case k.at == attract, k.at == visiting && k.visit.Page().Kind == visit.Home && k.sheet == noSheet:
		k.atHome(quietFor)
	case k.at == receiptShown:
		left := seconds(k.cfg.ReceiptStays*patience - quietFor)
		k.countdown(left, noSheet, left <= 20)
	case k.at == rating:
		k.countdown(seconds(ratingStays*patience-quietFor), noSheet, false)
	case k.at == foundIt:
		k.countdown(seconds(foundStays*patience-quietFor), noSheet, false)
	case k.at == thanks:
		k.countdown(seconds(thanksStays-quietFor), noSheet, false)
	case k.at == trouble:
		k.countdown(seconds(troubleStays-quietFor), noSheet, true)
	case k.sheet == called: // nobody came: the visitor may have gone
		k.touched = k.cfg.Now().Add(-limit)
		k.countdown(seconds(k.cfg.Countdown), idle, true)
	case quietFor >= limit:
		k.countdown(seconds(limit+k.cfg.Countdown-quietFor), idle, true)
	case k.sheet == idle:
		k.sheet = noSheet
		k.turn()
	}
}

// stillAfter is how long nothing must have happened for the glass to be still.
const stillAfter = 2 * time.Second

// restTick is how often a still home screen is looked at.
const restTick = 5 * time.Second

// Still reports whether nobody is here and nothing moves: then nothing needs to be
// painted until somebody touches the glass or a tick draws. To be called on the UI
// goroutine.
func (k *Kiosk) Still() bool {
	now := k.cfg.Now()
	home := k.at == attract || k.at == visiting && k.visit.Page().Kind == visit.Home
	return home && k.sheet == noSheet && !k.finger.Down() && !k.reading && k.gallery == nil && k.sizes.Width > 0 &&
		k.forgot == len(forgets) && now.Sub(k.touched) >= stillAfter && now.Sub(k.drawn) >= stillAfter
}

// nextTick is how long the second hand may rest: until the minute changes at most.
func (k *Kiosk) nextTick() time.Duration {
	if !k.Still() || k.at == attract {
		return time.Second
	}
	now := k.cfg.Now()
	return min(restTick, now.Truncate(time.Minute).Add(time.Minute).Sub(now)+time.Millisecond)
}

// atHome keeps the home screen true, and calls people over when nobody came.
func (k *Kiosk) atHome(quietFor time.Duration) {
	online := k.cfg.Connected()
	moved := online != k.online || k.today().Minute() != k.minute && k.at != attract
	k.online = online
	turn := int(quietFor / attractTurns)
	switch {
	case k.cfg.Closed() != "" && (k.helped == nil || !k.cfg.Front.IsShut()):
		k.wipe()
		k.turn()
	case quietFor >= renewAfter && k.helped == nil && k.cfg.Stale != nil && k.cfg.Stale():
		k.cfg.Renew()
	case quietFor >= k.cfg.Attract && k.at != attract:
		k.wipe()
		k.at, k.turnOf = attract, 0
		k.turn()
	case k.at == attract && turn != k.turnOf:
		k.turnOf = turn
		k.draw()
	case moved:
		k.draw()
	}
}

func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// countdown shows left seconds, on a sheet or on the screen, and wipes at 0.
func (k *Kiosk) countdown(left int, over sheet, show bool) {
	switch {
	case left <= 0:
		k.wipe()
		k.touched = k.cfg.Now()
		k.turn()
	case !show && k.left != 0:
		k.left = 0
		k.draw()
	case show && (k.left != left || k.sheet != over):
		k.left = left
		if over != noSheet {
			k.sheet = over
		}
		k.turn()
	}
}
