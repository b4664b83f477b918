package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/printer"
	"loket/kiosk/published"
	"loket/kiosk/visit"
	"loket/ui/screen"
	"loket/ui/theme"
)

// This file is what a touch does to the visit.

// do does what the visitor did.
func (k *Kiosk) do(a screen.Action) {
	defer k.guard()
	k.touched = k.cfg.Now()
	if k.scan.count > 0 && !k.scan.swift {
		k.endScan() // it was written on this page
	}
	switch typed := a.(type) {
	case screen.Typed:
		k.visit.Answer(typed.Text)
		return
	case screen.TypedCode:
		k.number, k.code = typed.Number, typed.Code
		return
	case screen.TypedPIN:
		k.front.pin = typed.PIN
		return
	case screen.Write:
		k.setup.written[typed.Page] = typed.Text
		return
	case screen.Sought:
		k.search = &typed.Text
		k.draw()
		return
	case screen.Seek:
		k.sought = typed.Text
		k.sift()
		return
	}
	if !k.settled() {
		return
	}
	if k.setting(a) {
		k.turn()
		return
	}
	if k.at == sending {
		return
	}
	switch a.(type) {
	case screen.Back, screen.Restart:
	case screen.Stay, screen.Erase:
		if k.at == looking {
			return
		}
	default:
		if k.at == looking || k.at == scanning {
			return
		}
	}
	switch a := a.(type) {
	case screen.Wake:
		k.wipe()
	case screen.HowTo:
		k.at = howTo
	case screen.Privacy:
		k.at = privacy
	case screen.Open:
		k.visit.SetScans(k.cfg.Scan != nil && k.cfg.CanScan != nil && k.cfg.CanScan())
		k.visit.Start(a.Form)
		k.at = before
	case screen.Begin:
		if k.at = visiting; k.offers() {
			k.at, k.writing = seeking, strings.TrimSpace(k.sought) == ""
		}
	case screen.Sift:
		k.writing = a.Write
	case screen.Look:
		if item, ok := k.list.Item(a.ID); ok {
			k.at, k.item, k.writing = looked, item, false
		}
	case screen.Found:
		k.at = foundIt
	case screen.Chosen:
		k.visit.Answer(a.Value)
		k.problem, k.search = nil, nil
	case screen.Scan:
		k.scanPaper(a.Again)
	case screen.DropPage:
		k.dropPage()
		k.problem = nil
	case screen.Search:
		k.search = new(string)
	case screen.Continue:
		if k.at == seeking || k.at == looked {
			k.at, k.writing = visiting, false
			break
		}
		k.search = nil
		k.say(k.visit.Next())
	case screen.Back:
		k.back()
	case screen.Change:
		k.visit.Change(a.Field)
		k.problem = nil
	case screen.Reveal:
		k.reveal = !k.reveal
	case screen.Send:
		k.send()
	case screen.Missing:
		k.unprinted = unprinted{k.given.Number, k.cfg.Now()}
		k.print, k.outcome = screen.Print{Key: "print.missing"}, printer.Unknown
	case screen.CameOut:
		k.unprinted = unprinted{}
		k.print, k.outcome = screen.Print{Key: "print.done", Well: true}, printer.Confirmed
	case screen.Aloud:
		k.sayCode()
	case screen.Track:
		k.at = lookUp
	case screen.LookUp:
		k.lookUp(a)
	case screen.Done:
		if k.at == receiptShown && k.cfg.Catalogue.Form("ease") != nil {
			k.leaveReceipt()
			k.at = rating
		} else {
			k.wipe()
		}
	case screen.Rate:
		k.rate(a.Value)
	case screen.Erase:
		k.wipe()
	case screen.Restart:
		if k.visit.Dirty() {
			k.sheet = restart
		} else {
			k.wipe()
		}
	case screen.Stay:
		k.sheet, k.left = noSheet, 0
	case screen.Enter:
		k.enter(a.PIN)
	case screen.Front:
		k.deed(a.Do)
	case screen.Shut:
		k.shut(a.Reason)
	case screen.Level:
		k.level(a.What, a.By)
	case screen.Step:
		k.step(a.Page)
	case screen.Set:
		k.set(a.What, a.Value)
	case screen.Consent:
		k.help(kiosk.Helped{How: kiosk.Assisted})
	case screen.Paper:
		k.help(kiosk.Helped{How: kiosk.OnPaper, On: a.On})
	}
	k.turn()
}

// setting does what a visitor sets for themselves, on any screen.
func (k *Kiosk) setting(a screen.Action) bool {
	size := fyne.NewSize(k.sizes.Width, k.sizes.Height)
	switch a := a.(type) {
	case screen.Speak:
		switch {
		case a.Language != "":
			k.visit.SetLanguage(a.Language)
			k.sheet = noSheet
		case len(k.cfg.Languages) > 2:
			k.sheet = languages
		default:
			k.visit.SetLanguage(k.other().Code)
		}
		k.unread = true
	case screen.TextSize:
		k.text = (k.text + 1) % len(theme.TextScales)
		k.resize(size)
	case screen.Contrast:
		k.contrast = !k.contrast
	case screen.Reach:
		k.reach = !k.reach
	case screen.Veil:
		k.veiled = !k.veiled
	case screen.Order:
		k.abc = a.ABC
	case screen.Read:
		switch {
		case k.cfg.Voice == nil:
			k.sheet = noSound
		case k.reading:
			k.reading = false
			k.cfg.Voice.Stop()
		default:
			k.reading, k.unread = true, true
		}
	case screen.Call:
		k.sheet = called
		if k.cfg.Voice != nil {
			w := k.cfg.Words.In(kiosk.Indonesian)
			k.cfg.Voice.Say(w.Voice(), w.T("call.spoken"))
		}
	default:
		return false
	}
	return true
}

// settled reports whether the page has stood long enough to be touched.
func (k *Kiosk) settled() bool { return k.cfg.Now().Sub(k.changed) >= settle }

// say keeps the first problem to be shown, in whatever language.
func (k *Kiosk) say(problems form.Problems) {
	k.problem = nil
	if len(problems) > 0 {
		k.problem = problems[0].Text
		k.unread = true
	}
}

func (k *Kiosk) back() {
	k.problem = nil
	switch {
	case k.at == scanning:
		k.stopScan()
		k.at = visiting
	case k.search != nil:
		k.search = nil
	case k.at == privacy:
		k.at = before
	case k.at == looked:
		k.at = seeking
	case k.at == seeking && !k.writing:
		k.writing = true
	case k.at == seeking:
		k.at, k.writing = before, false
	case k.at == frontDoor:
		k.wipe()
	case k.at == settingUp:
		k.stepBack()
	case k.at == looking && k.number != "": // typed: perhaps it was wrong
		k.giveUp()
		k.at = lookUp
	case k.at == looking:
		k.goHome()
	case k.at == frontShut, k.at == consent, k.at == paperDay, k.at == carrying && !k.front.stick.Busy:
		k.at = frontPage
	case k.at == lookUp, k.at == before, k.at == howTo:
		k.goHome()
	case k.visit.Page().Kind == visit.Question && k.visit.Page().Index == 0 && k.offers():
		k.at, k.writing = seeking, strings.TrimSpace(k.sought) == ""
	case k.visit.Page().Kind == visit.Question && k.visit.Page().Index == 0:
		k.at = before
	default:
		k.visit.Back()
	}
}

// takeList takes up the newest list of published information. It is called
// between visits: what somebody reads does not change under their finger.
func (k *Kiosk) takeList() {
	if k.list = nil; k.cfg.Published != nil {
		k.list = k.cfg.Published()
	}
}

// offers reports whether the form asks for what may be public already, and
// there is a list to look it up in.
func (k *Kiosk) offers() bool {
	f := k.visit.Form()
	return f != nil && f.Published != "" && k.list != nil && len(k.list.List().Items) > 0
}

// offer is what the visitor looked for, to begin the answer to a question with.
func (k *Kiosk) offer(field string) string {
	if k.offers() && k.visit.Form().Published == field {
		return strings.TrimSpace(k.sought)
	}
	return ""
}

// wipe forgets the visit: every word of it, on every screen, and every
// setting.
func (k *Kiosk) wipe() {
	if k.cfg.Voice != nil {
		k.cfg.Voice.Stop()
	}
	k.stopScan()
	k.papers.last = nil
	k.visit.Clear()
	k.visit.SetScans(false)
	k.at, k.problem, k.reveal, k.sheet, k.message, k.search = visiting, nil, false, noSheet, "", nil
	k.number, k.code, k.left, k.slip = "", "", 0, false
	k.leaveReceipt()
	k.giveUp()
	k.tracking, k.asking, k.known = kiosk.Tracking{}, "", nil
	k.sought, k.sifted, k.writing, k.item = "", "", false, published.Item{}
	if k.front.stop != nil {
		k.front.stop()
	}
	k.helped, k.front = nil, front{}
	k.takeList()
	k.text, k.contrast, k.reach, k.reading, k.veiled, k.abc = 0, false, false, false, false, k.cfg.ABC
	k.focus, k.heard = "", ""
	k.dropTimer()
	k.scan.wipe()
	k.scan = scan{}
	k.resize(fyne.NewSize(k.sizes.Width, k.sizes.Height))
	k.shown, k.over = screen.Screen{}, screen.Screen{}
	k.visit.SetLanguage(k.cfg.Languages[0].Code)
	k.round++
	k.wiped, k.forgot, k.painted = k.cfg.Now(), 0, false
	switch {
	case k.cfg.Setup != nil:
		k.beginSetup()
	case k.cfg.Closed() != "":
		k.at = closed
	}
}

// goHome ends what was begun and keeps the visitor's settings.
func (k *Kiosk) goHome() {
	l, text, contrast, reach, reading, abc, focus, helped := k.visit.Language(), k.text, k.contrast, k.reach, k.reading, k.abc, k.focus, k.helped
	k.wipe()
	k.helped = helped
	k.reopen()
	k.visit.SetLanguage(l)
	k.text, k.contrast, k.reach, k.reading, k.abc, k.focus = text, contrast, reach, reading, abc, focus
	k.resize(fyne.NewSize(k.sizes.Width, k.sizes.Height))
}
