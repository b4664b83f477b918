package ui

import (
	"context"
	"testing"
	"time"

	"loket/kiosk/printer"
)

// Every way a print can end: what the visitor is told, what there is to touch,
// and whether the secret leaves the disk when they go.
func TestThePrintIsToldAsItWas(t *testing.T) {
	for _, try := range []struct {
		result printer.Result
		key    string
		tap    string // before going, if any
		then   string // key after that
		gone   bool   // the secret leaves the disk
		nopap  bool   // home says that there is no receipt
	}{
		{printer.Result{Outcome: printer.Confirmed}, "print.done", "", "", true, false},
		{printer.Result{Outcome: printer.Confirmed}, "print.done", "missing", "print.missing", false, false},
		{printer.Result{Outcome: printer.Assumed}, "print.done", "", "", false, false},
		{printer.Result{Outcome: printer.ByHand}, "print.hand", "", "", false, false},
		{printer.Result{Outcome: printer.Unknown}, "print.unknown", "cameout", "print.done", true, false},
		{printer.Result{Outcome: printer.Unknown}, "print.unknown", "missing", "print.missing", false, false},
		{printer.Result{Outcome: printer.Unknown, Fault: printer.Offline}, "print.unknown", "", "", false, true},
		{printer.Result{Outcome: printer.Unknown, Fault: printer.PaperOut}, "print.paper", "", "", false, true},
		{printer.Result{Outcome: printer.NotStarted, Fault: printer.PaperOut}, "print.paper", "", "", false, true},
		{printer.Result{Outcome: printer.NotStarted, Fault: printer.CoverOpen}, "print.cover", "", "", false, true},
		{printer.Result{Outcome: printer.NotStarted, Fault: printer.Offline}, "print.failed", "", "", false, true},
		{printer.Result{Outcome: printer.NotStarted, Fault: printer.Busy}, "print.failed", "", "", false, false},
		{printer.Result{Outcome: printer.NotStarted, Fault: printer.Broken}, "print.failed", "", "", false, true},
	} {
		t.Run(string(try.result.Outcome)+" "+string(try.result.Fault)+" "+try.tap, func(t *testing.T) {
			g := newGlass(t, 1080, 1920)
			g.prints = func() printer.Result { return try.result }
			g.complaint()
			g.tap("anonymous")
			g.tap("main")
			g.tap("main")
			g.wait(func() bool { return g.at == receiptShown && !g.print.Busy })
			if g.print.Key != try.key || !g.says(g.words().T(try.key)) {
				t.Errorf("%q, want %q: %v", g.print.Key, try.key, g.texts())
			}
			if _, ask := g.Shown().Touches["cameout"]; ask != (try.key == "print.unknown") {
				t.Errorf("asks: %v", ask)
			}
			if try.tap != "" {
				g.tap(try.tap)
				if g.print.Key != try.then {
					t.Errorf("%q, want %q", g.print.Key, try.then)
				}
			}
			g.tap("done")
			g.wipe()
			g.turn()
			told := g.says(g.words().T("home.nopaper"))
			g.Close()
			if wiped := len(g.wiped) == 1; wiped != try.gone {
				t.Errorf("the secret was wiped: %v", wiped)
			}
			if told != try.nopap {
				t.Errorf("home says that there is no receipt: %v", told)
			}
		})
	}
}

// A printer that hangs keeps nobody: the visitor goes, the next one files.
func TestAHangingPrinterBlocksNoVisit(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	held := make(chan struct{})
	defer close(held)
	g.prints = func() printer.Result { <-held; return printer.Result{Outcome: printer.Unknown} }
	for range 3 {
		since := time.Now()
		g.complaint()
		g.tap("anonymous")
		g.tap("main")
		g.tap("main")
		g.wait(func() bool { return g.at == receiptShown && g.print.Busy })
		if !g.says("QV8N3 HD6W") {
			t.Error(g.texts())
		}
		g.tap("done")
		g.wipe()
		g.turn()
		g.pass(time.Second)
		t.Logf("a whole visit took %v", time.Since(since).Round(time.Millisecond))
	}
	if len(g.filed) != 3 {
		t.Errorf("%d filed", len(g.filed))
	}
}

// Home says before a visit that no receipt can be had, and takes it back.
func TestHomeKnowsThePrinter(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	state := make(chan printer.State)
	g.cfg.Printer = func(ctx context.Context) printer.State {
		select {
		case s := <-state:
			return s
		case <-ctx.Done():
			return printer.State{}
		}
	}
	g.work.Go(g.watchPrinter)
	state <- printer.State{Fault: printer.PaperOut}
	g.wait(func() bool { return g.says(g.words().T("home.nopaper")) })
}
