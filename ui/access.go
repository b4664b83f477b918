package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"loket/ui/screen"
	"loket/ui/widget"
)

// This file is how the kiosk is used without looking or without touching: by
// ear, and by four arrow keys and select.

// quiet stops the voice: a finger came down.
func (k *Kiosk) quiet() {
	k.touched = k.cfg.Now()
	if k.cfg.Voice != nil && k.reading {
		k.cfg.Voice.Stop()
	}
}

// explore decides whether a touch acts. With reading aloud the first touch
// names the control, the second acts. Keys write at once: to name them would
// tell the lobby what is written.
func (k *Kiosk) explore(t *widget.Touch) bool {
	if !k.reading || k.heard == t.ID || t.ID == "read" || strings.HasPrefix(t.ID, "key ") && !k.cfg.Earphones {
		k.heard = ""
		return true
	}
	k.heard = t.ID
	if !t.Private || k.cfg.Earphones {
		k.speak(t.Name)
	}
	return false
}

func (k *Kiosk) speak(text string) {
	if k.cfg.Voice != nil {
		k.cfg.Voice.Say(k.cfg.Words.In(k.visit.Language()).Voice(), text)
	}
}

// readAloud reads the screen where the visitor wants it: its words, then what can be
// touched.
func (k *Kiosk) readAloud() {
	if k.reading {
		k.readScreen()
	}
}

func (k *Kiosk) readScreen() {
	s := k.Shown()
	said := append([]string(nil), s.Said...)
	for _, t := range s.Order() {
		if strings.HasPrefix(t.ID, "key ") || t.Private && !k.cfg.Earphones || s.OnBar(t) {
			continue
		}
		said = append(said, t.Name)
	}
	said = append(said, k.cfg.Words.In(k.visit.Language()).T("explore"))
	k.speak(strings.Join(said, ". "))
}

// typed is a character of a hardware keyboard, or of a scanner.
func (k *Kiosk) typed(r rune) {
	defer k.guard()
	if k.cfg.Scanner {
		k.hold(r)
		return
	}
	k.wrote(r)
}

// wrote writes a person's character.
func (k *Kiosk) wrote(r rune) {
	k.touched = k.cfg.Now()
	b := k.shown.Keyboard
	if b == nil || k.sheet != noSheet || !k.settled() {
		return
	}
	k.focus = ""
	b.Rune(r)
	k.showFocus(false)
}

// pressed is a key that writes nothing: the arrows walk over the controls,
// select touches one.
func (k *Kiosk) pressed(name fyne.KeyName) {
	defer k.guard()
	if k.scannerKey(name) {
		return
	}
	k.touched = k.cfg.Now()
	k.finger.Lift()
	switch name {
	case fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight, fyne.KeyTab:
		k.walk(name)
		return
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if t := k.focused(); t != nil {
			k.quiet()
			k.heard = t.ID
			t.Tap()
			k.heard = ""
			if slices.Contains(k.Shown().Order(), t) {
				k.focus = t.ID // a letter key may have changed its name with shift
			}
			k.showFocus(false)
			return
		}
	}
	if b := k.shown.Keyboard; b != nil && k.sheet == noSheet && k.settled() && name != fyne.KeySpace {
		b.Named(name)
	}
}

func (k *Kiosk) focused() *widget.Touch {
	for _, t := range k.Shown().Order() {
		if t.ID == k.focus && k.focus != "" {
			return t
		}
	}
	return nil
}

// walk moves to the nearest control in a direction; where there is none, on
// in reading order, so that every control can be reached.
func (k *Kiosk) walk(name fyne.KeyName) {
	order := k.Shown().Order()
	if len(order) == 0 {
		return
	}
	from := k.focused()
	to := order[0]
	if from != nil {
		to = nearest(k.Shown(), from, name)
	}
	k.focus = to.ID
	k.Shown().Reveal(to)
	k.showFocus(false)
	if k.reading && (!to.Private || k.cfg.Earphones) && (k.cfg.Earphones || !strings.HasPrefix(to.ID, "key ")) {
		k.speak(to.Name)
	}
}

// nearest is where an arrow key leads. Within a list it goes through the list
// first, also where it is out of sight.
func nearest(s screen.Screen, from *widget.Touch, name fyne.KeyName) *widget.Touch {
	order := s.Order()
	top, end := s.Sight()
	at := func(t *widget.Touch) (left, top, right, bottom float32) {
		p := fyne.CurrentApp().Driver().AbsolutePositionForObject(t)
		return p.X, p.Y, p.X + t.Size().Width, p.Y + t.Size().Height
	}
	l, t, r, b := at(from)
	var best *widget.Touch
	least := float32(1e9)
	place := 0
	for i, c := range order {
		if c == from {
			place = i
			continue
		}
		cl, ct, cr, cb := at(c)
		var ahead, aside float32
		switch name {
		case fyne.KeyDown:
			ahead, aside = ct-b, apart(l, r, cl, cr)
		case fyne.KeyUp:
			ahead, aside = t-cb, apart(l, r, cl, cr)
		case fyne.KeyRight:
			ahead, aside = cl-r, apart(t, b, ct, cb)
		case fyne.KeyLeft:
			ahead, aside = l-cr, apart(t, b, ct, cb)
		default:
			continue
		}
		if ahead < -2 || (name == fyne.KeyLeft || name == fyne.KeyRight) && aside > 0 {
			continue
		}
		far := ahead + 3*aside
		switch both := s.Within(from) && s.Within(c); {
		case both && aside == 0:
			far -= 1e6
		case s.Within(c) && (cb <= top || ct >= end):
			continue
		}
		if far < least {
			best, least = c, far
		}
	}
	if best != nil {
		return best
	}
	step := 1
	if name == fyne.KeyUp || name == fyne.KeyLeft {
		step = len(order) - 1
	}
	return order[(place+step)%len(order)]
}

// apart is how far two spans are from each other, 0 where they overlap.
func apart(a0, a1, b0, b1 float32) float32 { return max(b0-a1, a0-b1, 0) }

// showFocus draws the ring on the control the arrow keys stand on. On a fresh
// page, whoever walks with the keys begins at its first control.
func (k *Kiosk) showFocus(fresh bool) {
	if k.gallery != nil {
		return // it shows focus as one of its states
	}
	order := k.Shown().Order()
	if k.focus != "" && fresh && k.focused() == nil && len(order) > 0 {
		k.focus = order[0].ID
	}
	for _, t := range order {
		t.SetFocus(t.ID == k.focus && k.focus != "")
	}
}
