package ui

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"

	"loket/kiosk"
	"loket/kiosk/printer"
	"loket/kiosk/staff"
	"loket/kiosk/words"
	"loket/ui/screen"
)

// This file is the receptionist's part: behind five touches on the emblem and a PIN.

// Front is what a receptionist can see and do. Test, Reprint and Stick are nil
// where there is no printer, or none of it.
type Front struct {
	Enter   func(pin string) (name string, err error) // takes a second
	Checks  func(context.Context) []screen.Check
	Test    func(ctx context.Context) printer.Result
	Reprint func(ctx context.Context, n kiosk.Number, by string) (printer.Result, error)
	Shut    func(reason, by string) error // closes the kiosk for visitors; empty opens it
	IsShut  func() bool                   // by staff, and nothing worse keeps it closed
	Restart func(by string)
	Setup   func(by string) // goes to the setting up of the kiosk; nil: there is none
	// Stick takes what the hub signed off the stick that is there and puts what waits
	// onto it. It returns [ErrNoStick], [ErrStickFull], or why it was cut off.
	Stick  func(ctx context.Context, progress func(done, total int)) (Carried, error)
	Levels func() map[string]int // percent, of what can be set: volume, brightness
	Level  func(what string, percent int) error
}

// Carried is what came of a stick, in reports.
type Carried struct {
	OnStick int // that are on it now
	Waiting int // that the hub does not have, on the stick or not
	Known   int // of which the hub's word was on it
}

// Errors of a stick that a receptionist can do something about.
var (
	ErrNoStick   = errors.New("no stick is there")
	ErrStickFull = errors.New("the stick is full")
)

const (
	knocks      = 5 // touches on the emblem
	knockWithin = 5 * time.Second
	reprintable = 15 * time.Minute
	lookAgain   = 10 * time.Second
)

// unprinted is the receipt that did not come out last: its number alone.
type unprinted struct {
	number kiosk.Number
	at     time.Time
}

// front is where a receptionist stands with their part.
type front struct {
	knocked []time.Time
	pin     string
	message func(words.Words) string
	until   time.Time // no PIN is taken before
	busy    bool
	state   screen.FrontState
	looked  time.Time
	stick   screen.StickState
	stop    context.CancelFunc // of the carrying under way
}

// knock counts touches on the emblem.
func (k *Kiosk) knock(at fyne.Position) {
	if k.cfg.Front == nil || at.Y > k.sizes.Header || at.X > k.sizes.Margin+k.sizes.Header || k.sheet != noSheet {
		return
	}
	switch k.at {
	case attract, closed, receiptShown, rating, thanks, trouble:
	case visiting:
		if k.visit.Dirty() || k.visit.Form() != nil { // a visitor's page stays theirs
			return
		}
	default:
		return
	}
	now := k.cfg.Now()
	recent := k.front.knocked[:0]
	for _, t := range k.front.knocked {
		if now.Sub(t) < knockWithin {
			recent = append(recent, t)
		}
	}
	if k.front.knocked = append(recent, now); len(k.front.knocked) < knocks {
		return
	}
	defer k.guard()
	language := k.visit.Language()
	k.wipe()
	k.visit.SetLanguage(language)
	k.touched = now
	k.at = frontDoor
	k.turn()
}

// enter tries a PIN.
func (k *Kiosk) enter(pin string) {
	if k.front.busy || len(pin) < staff.Digits && k.front.until.IsZero() {
		if len(pin) < staff.Digits {
			k.front.message = func(w words.Words) string { return w.T("front.pin.line") }
		}
		return
	}
	k.front.busy, k.front.message, k.front.pin = true, nil, ""
	round := k.round
	k.work.Go(func() {
		name, err := k.cfg.Front.Enter(pin)
		k.cfg.OnUI(func() {
			defer k.guard()
			if round != k.round || k.at != frontDoor {
				return
			}
			k.touched, k.front.busy, k.front.until = k.cfg.Now(), false, time.Time{}
			var wait *staff.WaitError
			key := ""
			switch {
			case err == nil:
				k.at = frontPage
				k.front.state = screen.FrontState{Name: name}
				k.look()
			case errors.As(err, &wait):
				k.front.until = wait.Until
				k.front.message = func(w words.Words) string {
					return w.T("front.pin.wait", "n", max(1, seconds(k.front.until.Sub(k.cfg.Now()))))
				}
			case errors.Is(err, staff.ErrNobody):
				key = "front.pin.nobody"
			case errors.Is(err, staff.ErrPIN):
				key = "front.pin.wrong"
			default:
				k.cfg.Log.Error("check a PIN", "err", err)
				key = "front.pin.failed"
			}
			if key != "" {
				k.front.message = func(w words.Words) string { return w.T(key) }
			}
			k.unread = true
			k.turn()
		})
	})
}

// look asks how the kiosk is, and shows it.
func (k *Kiosk) look() {
	k.front.looked = k.cfg.Now()
	if len(k.front.state.Checks) == 0 {
		k.front.state.Looking = true
	}
	round := k.round
	k.work.Go(func() {
		ctx, done := context.WithTimeout(k.ctx, lookAgain)
		defer done()
		checks := k.cfg.Front.Checks(ctx)
		k.cfg.OnUI(func() {
			defer k.guard()
			if round != k.round || k.at != frontPage {
				return
			}
			k.front.state.Checks, k.front.state.Looking = checks, false
			k.draw()
		})
	})
}

// frontState completes what the page shows.
func (k *Kiosk) frontState() screen.FrontState {
	s := k.front.state
	s.Stick, s.Setup = k.cfg.Front.Stick != nil, k.cfg.Front.Setup != nil
	s.Printer, s.Shut, s.Levels = k.cfg.Front.Test != nil, k.cfg.Front.IsShut(), k.cfg.Front.Levels()
	if k.cfg.Front.Reprint != nil && k.unprinted.number != "" && k.cfg.Now().Sub(k.unprinted.at) < reprintable {
		s.Reprint = k.unprinted.number.String()
	}
	return s
}

// deed does what a receptionist touched.
func (k *Kiosk) deed(what string) {
	by := k.front.state.Name
	switch what {
	case screen.FrontTest:
		k.frontPrint(false, func(ctx context.Context) (printer.Result, error) { return k.cfg.Front.Test(ctx), nil })
	case screen.FrontReprint:
		n := k.unprinted.number
		k.frontPrint(true, func(ctx context.Context) (printer.Result, error) { return k.cfg.Front.Reprint(ctx, n, by) })
	case screen.FrontAssist:
		k.at = consent
	case screen.FrontPaper:
		k.at = paperDay
	case screen.FrontShut:
		k.at = frontShut
	case screen.FrontStick:
		k.carry()
	case screen.FrontStop:
		if k.front.stop != nil {
			k.front.stop()
		}
	case screen.FrontRestart:
		k.cfg.Front.Restart(by)
	case screen.FrontSetup:
		k.cfg.Front.Setup(by)
	}
}

// frontPrint prints for a receptionist, a receipt again or a test page, and says how
// it ended.
func (k *Kiosk) frontPrint(reprint bool, print func(context.Context) (printer.Result, error)) {
	if k.front.state.Busy {
		return
	}
	k.note("front.printing", false)
	k.front.state.Busy = true
	round := k.round
	again := k.unprinted.number
	k.work.Go(func() {
		r, err := print(k.ctx)
		k.cfg.OnUI(func() {
			defer k.guard()
			if reprint && r.Outcome == printer.Confirmed && err == nil && k.unprinted.number == again {
				k.unprinted = unprinted{} // it is out: nobody needs a third
			}
			if round != k.round || k.at != frontPage {
				return
			}
			k.touched, k.front.state.Busy = k.cfg.Now(), false
			switch {
			case errors.Is(err, ErrReceiptGone):
				k.note("front.reprint.gone", true)
				k.unprinted = unprinted{}
			case err != nil:
				k.cfg.Log.Error("print for a receptionist", "err", err)
				k.note("front.failed", true)
			case r.Outcome == printer.Confirmed, r.Outcome == printer.ByHand:
				k.note("front.printed", false)
			case r.Outcome == printer.Assumed, r.Outcome == printer.Unknown:
				k.note("front.printed.unsure", false)
			default:
				k.note("front.notprinted", true)
			}
			k.unread = true
			k.look()
			k.turn()
		})
	})
}

// carry carries reports by the stick that is there.
func (k *Kiosk) carry() {
	if k.front.stick.Busy {
		return
	}
	k.at = carrying
	k.front.stick = screen.StickState{Busy: true}
	ctx, stop := context.WithCancel(k.ctx)
	k.front.stop = stop
	round, name := k.round, k.front.state.Name
	var drawn time.Time
	k.work.Go(func() {
		defer stop()
		x, err := k.cfg.Front.Stick(ctx, func(done, total int) {
			if now := time.Now(); done < total && now.Sub(drawn) < 100*time.Millisecond {
				return
			} else {
				drawn = now
			}
			k.cfg.OnUI(func() {
				defer k.guard()
				if round == k.round && k.at == carrying && k.front.stick.Busy {
					k.touched, k.front.stick.Done, k.front.stick.Total = k.cfg.Now(), done, total
					k.draw()
				}
			})
		})
		k.cfg.Log.Info("reports were carried by a stick", "on_stick", x.OnStick, "waiting", x.Waiting, "known", x.Known, "by", name, "err", err)
		k.cfg.OnUI(func() {
			defer k.guard()
			if round != k.round || k.at != carrying {
				return
			}
			k.touched = k.cfg.Now()
			args := []any{"n", x.OnStick, "waiting", x.Waiting, "known", x.Known, "rest", x.Waiting - x.OnStick}
			state := screen.StickState{Key: "stick.done", Args: args, Bad: err != nil}
			switch {
			case errors.Is(err, ErrNoStick):
				state.Key = "stick.none"
			case errors.Is(err, ErrStickFull):
				state.Key = "stick.full"
			case errors.Is(err, context.Canceled):
				state.Key = "stick.stopped"
			case err != nil:
				state.Key = "stick.failed"
			case x.Waiting == 0:
				state.Key = "stick.nothing"
			}
			k.front.stick = state
			k.unread = true
			k.turn()
		})
	})
}

// ErrReceiptGone says that a receipt's time to be printed again has passed.
var ErrReceiptGone = errors.New("the receipt is gone")

func (k *Kiosk) note(key string, bad bool) { k.front.state.Note, k.front.state.NoteBad = key, bad }

// shut closes the kiosk for visitors, or opens it.
func (k *Kiosk) shut(reason string) {
	k.at = frontPage
	err := k.cfg.Front.Shut(reason, k.front.state.Name)
	switch {
	case err != nil:
		k.cfg.Log.Error("close or open the kiosk", "err", err)
		k.note("front.failed", true)
	case reason == "":
		k.note("front.open.done", false)
	default:
		k.note("front.shut.done", false)
	}
	k.look()
}

// level makes the kiosk louder or brighter.
func (k *Kiosk) level(what string, by int) {
	levels, set := k.levels()
	n, ok := levels()[what]
	if !ok {
		return
	}
	if err := set(what, max(10, min(100, n+by))); err != nil { // never dark or mute
		k.cfg.Log.Error("set "+what, "err", err)
		k.note("front.failed", true)
	}
}

// levels are how loud and bright the kiosk can be made.
func (k *Kiosk) levels() (all func() map[string]int, set func(what string, percent int) error) {
	if s := k.cfg.Setup; s != nil {
		return func() map[string]int { return s.State().Levels }, s.Level
	}
	return k.cfg.Front.Levels, k.cfg.Front.Level
}

// help begins a report that a receptionist writes.
func (k *Kiosk) help(h kiosk.Helped) {
	h.By = k.front.state.Name
	language := k.visit.Language()
	k.wipe()
	k.helped = &h
	k.visit.SetLanguage(language)
	k.reopen()
}

// reopen lets a receptionist write while they closed the kiosk for visitors.
func (k *Kiosk) reopen() {
	if k.at == closed && k.helped != nil && k.cfg.Front.IsShut() {
		k.at = visiting
	}
}

// helpedBy is what the header says while a receptionist writes.
func (k *Kiosk) helpedBy(w words.Words) string {
	switch h := k.helped; {
	case h == nil:
		return ""
	case h.How == kiosk.OnPaper:
		day, err := time.Parse(time.DateOnly, h.On)
		if err != nil {
			return ""
		}
		return w.T("paper.header", "date", w.Date(day))
	default:
		return w.T("assist.header", "name", h.By)
	}
}

// tickFront keeps the receptionist's pages true.
func (k *Kiosk) tickFront() {
	switch {
	case k.at == frontDoor && !k.front.until.IsZero():
		if !k.cfg.Now().Before(k.front.until) {
			k.front.until, k.front.message = time.Time{}, nil
		}
		k.draw()
	case k.at == frontPage && k.sheet == noSheet && k.cfg.Now().Sub(k.front.looked) >= lookAgain && !k.front.state.Busy:
		k.look()
	}
}
