package ui

import (
	"time"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"loket/kiosk/track"
	"loket/kiosk/visit"
)

// This file tells a scanner from a person. Both type on the same keys: a scanner is
// known by its speed, and a receipt by its shape.

const (
	scanLeast   = 8                      // characters at a scanner's speed that nobody types
	scanEach    = 25 * time.Millisecond  // of each at most, one with another; a key held down repeats slower
	scanPause   = 250 * time.Millisecond // within a scan, where the machine is busy
	personPause = 80 * time.Millisecond  // a person's letter waits as long for the next

	mostRead = track.Longest + 8 // the QR code of a new kiosk is a little longer than a receipt's
)

// scan is a burst of characters without a pause: what a scanner reads, or a few
// letters of a person who types. It holds little more than a receipt's address.
type scan struct {
	read        []rune
	count       int // of characters, also those that are not held
	began, last time.Time
	swift       bool // faster than a person types: once a scan, always one
	long        bool // longer than any receipt's address
	escape      int  // how far into an escape sequence: 1 past ESC, 2 past its bracket
}

// add takes a character, unless it controls something.
func (s *scan) add(r rune, now time.Time) {
	if s.count == 0 {
		s.began = now
	}
	s.count, s.last = s.count+1, now
	if s.count == scanLeast {
		s.swift = now.Sub(s.began) <= scanLeast*scanEach
	}
	switch {
	case r == 0x1b:
		s.escape = 1
	case s.escape == 1 && (r == '[' || r == 'O'):
		s.escape = 2
	case s.escape == 1, s.escape == 2 && r >= '@' && r <= '~':
		s.escape = 0
	case s.escape == 2, !unicode.IsPrint(r), s.long:
	case len(s.read) == mostRead:
		s.long = true
		s.wipe()
	default:
		if s.read == nil {
			s.read = make([]rune, 0, mostRead) // never moved, so that wipe finds all of it
		}
		s.read = append(s.read, r)
	}
}

// person reports whether so much was typed so slowly that no scanner did.
func (s *scan) person() bool { return s.count >= scanLeast && !s.swift }

// wipe overwrites what was read: it may be somebody's code.
func (s *scan) wipe() {
	clear(s.read)
	s.read = nil
}

// hold keeps a character until it is known who typed it.
func (k *Kiosk) hold(r rune) {
	now := k.cfg.Now()
	if k.scan.count > 0 && now.Sub(k.scan.last) > k.pause() {
		k.endScan()
	}
	k.scan.add(r, now)
	if k.scan.person() {
		k.endScan()
		return
	}
	k.dropTimer()
	count, began := k.scan.count, k.scan.began
	k.scanTimer = time.AfterFunc(k.pause(), func() {
		k.cfg.OnUI(func() {
			defer k.guard()
			if k.scan.count == count && k.scan.began.Equal(began) {
				k.endScan()
			}
		})
	})
}

// pause is how long the next character may take. A person who writes in a field
// wants to see what was written.
func (k *Kiosk) pause() time.Duration {
	if k.shown.Keyboard != nil && !k.scan.swift {
		return personPause
	}
	return scanPause
}

func (k *Kiosk) dropTimer() {
	if k.scanTimer != nil {
		k.scanTimer.Stop()
	}
}

// endScan does what was typed: a person's letters are written, a scan is looked up
// or dropped.
func (k *Kiosk) endScan() {
	k.dropTimer()
	s := k.scan
	k.scan = scan{}
	defer s.wipe()
	if !s.swift {
		for _, r := range s.read {
			k.wrote(r)
		}
		return
	}
	k.scanned = k.cfg.Now()
	if k.at == settingUp {
		k.ticketRead(string(s.read))
		return
	}
	if k.scans() {
		k.receiptRead(string(s.read))
	}
}

// scannerKey reports whether a key is none of a person's: it comes with a character,
// or a scanner ends with it what it typed.
func (k *Kiosk) scannerKey(name fyne.KeyName) bool {
	if !k.cfg.Scanner {
		return false
	}
	now := k.cfg.Now()
	typing := k.scan.count > 0 && now.Sub(k.scan.last) <= k.pause()
	switch name {
	case desktop.KeyShiftLeft, desktop.KeyShiftRight, desktop.KeyCapsLock:
		return true
	case fyne.KeySpace:
		if typing {
			return true // its character follows
		}
	case fyne.KeyEscape: // it does nothing else here
		k.hold(0x1b)
		return true
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeyTab:
		swift := k.scan.swift
		if k.scan.count > 0 {
			k.endScan()
		}
		return swift || now.Sub(k.scanned) <= scanPause // some scanners end with two
	default:
		if len(name) == 1 {
			return true // its character follows
		}
	}
	if k.scan.count > 0 {
		k.endScan() // what was written before this key comes before it
	}
	return false
}

// scans reports whether a receipt held to the scanner is looked up: nobody is in the
// middle of anything here.
func (k *Kiosk) scans() bool {
	if k.sheet != noSheet || k.gallery != nil {
		return false
	}
	switch k.at {
	case attract, lookUp, looking, status, unasked, closed:
		return true
	case visiting:
		return k.visit.Page().Kind == visit.Home && k.helped == nil
	}
	return false
}

// receiptRead looks up what a scanner read. What is no receipt is named only where
// one is asked for.
func (k *Kiosk) receiptRead(text string) {
	number, code, err := track.ParseReceipt(text)
	switch {
	case err == nil && k.at == looking && number == k.asking:
		return // read twice
	case err == nil:
		if k.at == attract {
			k.wipe()
		}
		k.number, k.code, k.message = "", "", ""
		k.ask(number, code)
	case k.at == lookUp:
		k.message, k.unread = "lookup.scan.other", true
	default:
		return
	}
	k.touched = k.cfg.Now()
	k.turn()
}
