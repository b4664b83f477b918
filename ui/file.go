package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/printer"
	"loket/kiosk/receipt"
	"loket/kiosk/track"
	"loket/kiosk/visit"
	"loket/kiosk/words"
	"loket/ui/screen"
)

// This file is what goes on behind the glass: filing, printing, looking up.

// send files the report. The answers stay until it is on disk.
func (k *Kiosk) send() {
	if problems := k.visit.Ready(); len(problems) > 0 {
		first := problems[0]
		label := first.Field
		if f := k.visit.Form().Field(first.Field); f != nil {
			k.problem = func(w words.Words) string {
				return w.T("review.mend", "label", f.Label.In(w.Language), "problem", first.Text(w))
			}
		} else {
			k.problem = func(w words.Words) string { return label + ": " + first.Text(w) }
		}
		return
	}
	k.at, k.problem, k.slip = sending, nil, !k.visit.Form().Opinion
	draft, round := k.visit.Draft(), k.round
	draft.Helped = k.helped
	k.work.Go(func() {
		// Not k.ctx: a report being stored is not to be given up half way.
		given, err := k.cfg.File(context.Background(), draft)
		k.cfg.OnUI(func() { k.filed(round, given, err) })
	})
}

// rate keeps how easy the kiosk was, if the visitor said so, and thanks.
func (k *Kiosk) rate(value string) {
	k.at = thanks
	if value == "" {
		return
	}
	draft := kiosk.Draft{Form: "ease", Language: k.visit.Language(), Identity: kiosk.Anonymous, Answers: kiosk.Answers{"ease": value}}
	k.work.Go(func() {
		if _, err := k.cfg.File(context.Background(), draft); err != nil {
			k.cfg.Log.Warn("a rating was not stored", "err", err)
		}
	})
}

// sayCode reads number and code to the earphones, symbol by symbol.
func (k *Kiosk) sayCode() {
	if k.cfg.Voice == nil || !k.cfg.Earphones {
		return
	}
	spell := func(s string) string { return strings.Join(strings.Split(strings.ReplaceAll(s, " ", ""), ""), ", ") }
	w := k.cfg.Words.In(k.visit.Language())
	k.cfg.Voice.Say(w.Voice(), w.T("receipt.screen.spoken", "number", spell(k.given.Number.String()), "code", spell(k.given.Code.Grouped())))
}

func (k *Kiosk) filed(round int, given receipt.Receipt, err error) {
	defer k.guard()
	if round != k.round {
		return
	}
	k.touched = k.cfg.Now()
	var problems form.Problems
	switch {
	case errors.As(err, &problems):
		k.at = visiting
		k.say(problems)
	case err != nil:
		k.cfg.Log.Error("a report could not be stored", "err", err)
		k.at = visiting
		k.problem = func(w words.Words) string { return w.T("notsaved") }
	case !k.slip:
		k.clearVisit()
		k.at = thanks
	default:
		k.clearVisit()
		k.at, k.given, k.online = receiptShown, given, k.cfg.Connected()
		k.print, k.outcome = screen.Print{Key: "print.none"}, printer.NotStarted
		if k.cfg.Print != nil {
			k.print = screen.Print{Key: "print.printing", Well: true, Busy: true}
			k.work.Go(func() {
				r := k.cfg.Print(k.ctx, given)
				k.cfg.OnUI(func() { k.printed(round, given.Number, r) })
			})
		}
	}
	k.turn()
}

// clearVisit forgets the answers once they are on disk.
func (k *Kiosk) clearVisit() {
	language := k.visit.Language()
	k.papers.last = nil
	k.visit.Clear()
	k.visit.SetLanguage(language)
}

// printed tells the visitor how the print ended, no more than is known.
func (k *Kiosk) printed(round int, n kiosk.Number, r printer.Result) {
	if r.Fault != printer.Busy {
		k.paper = r.Fault == printer.NoFault
	}
	switch r.Outcome {
	case printer.Confirmed, printer.Assumed, printer.ByHand:
		if k.unprinted.number == n {
			k.unprinted = unprinted{}
		}
	default:
		k.unprinted = unprinted{n, k.cfg.Now()}
	}
	if round != k.round || k.at != receiptShown {
		if r.Outcome == printer.Confirmed {
			k.work.Go(func() { k.cfg.Settle(n) })
		}
		return
	}
	k.outcome = r.Outcome
	switch {
	case r.Outcome == printer.Confirmed, r.Outcome == printer.Assumed:
		k.print = screen.Print{Key: "print.done", Well: true}
	case r.Outcome == printer.ByHand:
		k.print = screen.Print{Key: "print.hand", Well: true}
	case r.Fault == printer.PaperOut:
		k.print = screen.Print{Key: "print.paper"}
	case r.Fault == printer.CoverOpen:
		k.print = screen.Print{Key: "print.cover"}
	case r.Outcome == printer.Unknown:
		k.print = screen.Print{Key: "print.unknown", Ask: true}
	default:
		k.print = screen.Print{Key: "print.failed"}
	}
	k.unread = true
	k.draw()
}

// leaveReceipt forgets what the receipt screen showed, on the disk too where
// the visitor has it on paper.
func (k *Kiosk) leaveReceipt() {
	if n := k.given.Number; n != "" && k.outcome == printer.Confirmed {
		k.work.Go(func() { k.cfg.Settle(n) })
	}
	k.given, k.print, k.outcome = receipt.Receipt{}, screen.Print{}, ""
}

// watchPrinter asks the printer how it is, so that home says before a visit
// that no receipt can be had, and stops saying so when it can.
func (k *Kiosk) watchPrinter() {
	every := time.NewTicker(askPrinter)
	defer every.Stop()
	for {
		ctx, done := context.WithTimeout(k.ctx, askPrinter/2)
		state := k.cfg.Printer(ctx)
		done()
		if k.ctx.Err() != nil {
			return
		}
		k.cfg.OnUI(func() {
			defer k.guard()
			if paper := state.Fault == printer.NoFault; paper != k.paper {
				if k.paper = paper; k.at == visiting && k.visit.Page().Kind == visit.Home {
					k.draw()
				}
			}
		})
		select {
		case <-every.C:
		case <-k.ctx.Done():
			return
		}
	}
}

// sift shows what is found once the visitor pauses in writing: to draw a page
// for every letter would hold up the next.
func (k *Kiosk) sift() {
	words, round := k.sought, k.round
	k.work.Go(func() {
		select {
		case <-k.ctx.Done():
			return
		case <-time.After(siftAfter):
		}
		k.cfg.OnUI(func() {
			defer k.guard()
			if round == k.round && k.at == seeking && k.writing && words == k.sought && words != k.sifted {
				k.draw()
			}
		})
	})
}

// ErrWait says that the hub is asked too often from here.
var ErrWait = errors.New("too many look-ups; wait a minute")

// lookUp reads number and code as they were typed.
func (k *Kiosk) lookUp(a screen.LookUp) {
	// Where no scanner is known of, one types the whole address into the first field.
	if _, pair, ok := strings.Cut(a.Number, "#"); ok {
		a.Number, a.Code, _ = strings.Cut(pair, "-")
	}
	k.number, k.code, k.message = a.Number, a.Code, ""
	number, err := track.ParseNumber(a.Number)
	if err != nil {
		k.message = "lookup.check.number"
		return
	}
	code, err := track.ParseCode(a.Code)
	if err != nil {
		k.message = "lookup.check.code"
		return
	}
	k.ask(number, code)
}

// ask asks the hub about a report, in place of what was asked before.
func (k *Kiosk) ask(number kiosk.Number, code kiosk.Code) {
	k.giveUp()
	now := k.cfg.Now()
	k.asked = slices.DeleteFunc(k.asked, func(t time.Time) bool { return now.Sub(t) >= time.Minute })
	if len(k.asked) >= looksAMinute {
		k.at, k.message, k.unread = lookUp, "lookup.busy", true
		return
	}
	k.asked = append(k.asked, now)
	k.at, k.asking, k.began, k.left = looking, number, now, 0
	k.tracking, k.known = kiosk.Tracking{}, nil
	round := k.round
	ctx, done := context.WithTimeout(k.ctx, lookFor)
	k.leave = done
	k.work.Go(func() {
		defer done()
		t, err := k.cfg.Track(ctx, number, code)
		var known *screen.Known
		if err != nil && !errors.Is(err, ErrWait) {
			known = k.know(number)
		}
		k.cfg.OnUI(func() {
			defer k.guard()
			if round == k.round {
				k.answered(t, known, err)
			}
		})
	})
}

// know is what the kiosk itself can say of a number, nil where it cannot.
func (k *Kiosk) know(number kiosk.Number) *screen.Known {
	if k.cfg.Known == nil {
		return nil
	}
	ctx, done := context.WithTimeout(k.ctx, lookFor)
	defer done()
	known, err := k.cfg.Known(ctx, number)
	if err != nil {
		k.cfg.Log.Warn("look for a report in the queue", "err", err)
		return nil
	}
	return &known
}

// answered shows what the hub said, or that it could not be asked.
func (k *Kiosk) answered(t kiosk.Tracking, known *screen.Known, err error) {
	k.touched, k.left = k.cfg.Now(), 0
	switch {
	case errors.Is(err, ErrWait):
		k.at, k.message = lookUp, "lookup.busy"
	case err != nil:
		k.at, k.known, k.number, k.code = unasked, known, "", ""
	case t.Result == kiosk.TrackUnknown:
		k.at, k.message = lookUp, "lookup.unknown"
	default:
		k.at, k.tracking, k.number, k.code = status, t, "", ""
	}
	k.turn()
	if k.cfg.Earphones && !k.reading {
		k.readScreen() // only the visitor hears it
	}
}

// giveUp drops the answer that is waited for.
func (k *Kiosk) giveUp() {
	if k.leave != nil {
		k.leave()
		k.leave = nil
	}
	k.round++
}
