package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"loket/kiosk"
	"loket/kiosk/printer"
)

// knockAt touches the glass where no control is.
func (g *glass) knockAt(x, y float32) {
	floor := g.window.Content().(*fyne.Container).Objects[0].(*shield)
	e := &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y), AbsolutePosition: fyne.NewPos(x, y)}}
	floor.MouseDown(e)
	floor.MouseUp(e)
	g.pass(300 * time.Millisecond)
}

func (g *glass) enterPIN(pin string) {
	g.t.Helper()
	g.write(pin)
	g.tap("main")
	g.wait(func() bool { return !g.front.busy })
}

// staffIn goes to the receptionist's page.
func (g *glass) staffIn() {
	g.t.Helper()
	for range knocks {
		g.knockAt(60, 60)
	}
	g.pass(time.Second)
	g.enterPIN("246810")
	g.wait(func() bool { return g.at == frontPage && !g.front.state.Looking })
}

func TestTheDoorForStaff(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	for range knocks - 1 {
		g.knockAt(60, 60)
	}
	if g.at != visiting {
		t.Fatal("four touches open it")
	}
	g.pass(knockWithin)
	g.knockAt(60, 60)
	if g.at != visiting {
		t.Fatal("touches over a long time open it")
	}
	for range knocks {
		g.knockAt(700, 60)
		g.knockAt(60, 500)
	}
	if g.at != visiting {
		t.Fatal("touches elsewhere open it")
	}
	g.tap("complaint")
	for range knocks {
		g.knockAt(60, 60)
	}
	if g.at != before {
		t.Fatal("a visitor's page gives way to it")
	}
	g.tap("back")
	for range knocks {
		g.knockAt(60, 60)
	}
	g.pass(time.Second)
	if !g.says("Khusus petugas") {
		t.Fatal(g.texts())
	}
	g.write("12")
	g.tap("main")
	if g.desk.tries != 0 || !g.says("6 angka") {
		t.Fatal("two digits are tried", g.texts())
	}
	g.tap("back")
	for range knocks {
		g.knockAt(60, 60)
	}
	g.pass(time.Second)
	for range 4 {
		g.enterPIN("111111")
		if !g.says("PIN tidak cocok") || g.says("1111") {
			t.Fatal(g.texts())
		}
	}
	g.enterPIN("111111")
	for range 3 {
		g.Tick()
		if left := seconds(g.front.until.Sub(g.now())); left < 15 || !g.says(fmt.Sprintf("Coba lagi dalam %d detik", left)) {
			t.Fatal(left, g.texts())
		}
		g.pass(4 * time.Second)
	}
	g.enterPIN("246810")
	if g.at != frontDoor || !g.says("detik") {
		t.Fatal("the right PIN gets in while waiting")
	}
	g.pass(30 * time.Second)
	g.Tick()
	g.enterPIN("246810")
	g.wait(func() bool { return g.at == frontPage && !g.front.state.Looking })
	if !g.says("Petugas: Ayu") || !g.says("Kertas printer habis") || !g.says("pasang gulungan baru") || !g.says("2 hal perlu perhatian") || !g.says("Semua laporan sudah terkirim") {
		t.Fatal(g.texts())
	}
	if g.Shown().Touches["reprint"] != nil {
		t.Error("there is nothing to print again")
	}
	// Nobody leaves it open.
	g.pass(g.cfg.Idle + g.cfg.Countdown + time.Second)
	g.Tick()
	if g.at == frontPage {
		t.Error("the page stays open when the receptionist is gone")
	}
}

func TestReprintOfWhatDidNotComeOut(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.prints = func() printer.Result { return printer.Result{Outcome: printer.NotStarted, Fault: printer.PaperOut} }
	g.complaint()
	g.tap("anonymous")
	g.tap("main")
	g.tap("main")
	g.wait(func() bool { return g.at == receiptShown && g.print.Key == "print.paper" })
	g.staffIn() // from the receipt page: the visitor fetched somebody
	if g.says("QV8N3") || g.says("Loket tutup") {
		t.Fatal("the page shows what is the visitor's:", g.texts())
	}
	if !g.says("Cetak ulang K7\u00a04QX9M2") {
		t.Fatal(g.texts())
	}
	g.desk.outcome = printer.Result{Outcome: printer.NotStarted, Fault: printer.PaperOut}
	g.tap("reprint")
	g.wait(func() bool { return !g.front.state.Busy })
	if !g.says("Tidak tercetak") {
		t.Fatal(g.texts())
	}
	g.tap("test")
	g.wait(func() bool { return !g.front.state.Busy })
	if g.desk.prints[1] != "test" {
		t.Fatal(g.desk.prints)
	}
	g.desk.outcome = printer.Result{Outcome: printer.Confirmed}
	g.tap("reprint")
	g.wait(func() bool { return !g.front.state.Busy })
	if !g.says("Sudah dicetak") || len(g.desk.prints) != 3 || g.desk.prints[2] != "K74QX9M2 Ayu" || g.Shown().Touches["reprint"] != nil {
		t.Fatal(g.texts(), g.desk.prints)
	}
	g.tap("done")
	g.prints = nil
	g.complaint()
	g.tap("anonymous")
	g.tap("main")
	g.tap("main")
	g.wait(func() bool { return g.at == receiptShown && g.print.Key == "print.done" })
	g.tap("missing")
	g.staffIn()
	if g.Shown().Touches["reprint"] == nil {
		t.Fatal("the visitor says that nothing came out, and it cannot be printed again")
	}
	g.desk.gone = ErrReceiptGone
	g.tap("reprint")
	g.wait(func() bool { return !g.front.state.Busy })
	if !g.says("15 menit telah lewat") || g.Shown().Touches["reprint"] != nil {
		t.Fatal(g.texts())
	}
	g.unprinted = unprinted{"K74QX9M2", g.now()}
	g.draw()
	if g.Shown().Touches["reprint"] == nil {
		t.Fatal("it cannot be printed again")
	}
	g.unprinted.at = g.now().Add(-reprintable)
	g.draw()
	if g.Shown().Touches["reprint"] != nil {
		t.Fatal("it can be printed for ever")
	}
}

func TestStaffWriteForAVisitor(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.staffIn()
	g.tap("assist")
	if !g.says("Bolehkah petugas menulis untuk Anda?") || !g.says("Ayu akan bertanya") {
		t.Fatal(g.texts())
	}
	g.tap("back")
	if g.at != frontPage {
		t.Fatal("a visitor who does not want it is helped all the same")
	}
	g.tap("assist")
	g.tap("consent")
	if !g.says("Ditulis oleh petugas: Ayu") || !g.says("Apa yang bisa kami bantu?") {
		t.Fatal(g.texts())
	}
	g.complaint()
	g.tap("anonymous")
	g.tap("main")
	if !g.says("Ditulis oleh petugas: Ayu") {
		t.Fatal("the review does not say who writes")
	}
	g.tap("main")
	g.wait(func() bool { return g.at == receiptShown })
	if h := g.filed[0].Helped; h == nil || *h != (kiosk.Helped{How: kiosk.Assisted, By: "Ayu"}) {
		t.Fatalf("%+v", h)
	}
	g.tap("done")
	g.tap("rate 4")
	g.wait(func() bool { g.mu.Lock(); defer g.mu.Unlock(); return len(g.filed) == 2 })
	if g.filed[1].Helped != nil {
		t.Error("an opinion says who helped")
	}
	g.pass(10 * time.Second)
	g.Tick()
	g.pass(time.Second)
	g.complaint()
	g.tap("anonymous")
	g.tap("main")
	g.tap("main")
	g.wait(func() bool { return g.at == receiptShown })
	if g.filed[2].Helped != nil {
		t.Error("the next visitor's report says that staff wrote it")
	}
	g.tap("done")
	g.pass(time.Minute)
	g.Tick()
	g.pass(time.Second)
	g.staffIn()
	g.tap("paper")
	g.tap("day 3")
	if !g.says("Formulir kertas, diterima Sabtu, 21 November 2026") {
		t.Fatal(g.texts())
	}
	g.complaint()
	g.tap("anonymous")
	g.tap("main")
	g.tap("main")
	g.wait(func() bool { return g.at == receiptShown })
	if h := g.filed[len(g.filed)-1].Helped; h == nil || *h != (kiosk.Helped{How: kiosk.OnPaper, By: "Ayu", On: "2026-11-21"}) {
		t.Fatalf("%+v", h)
	}
}

func TestOutOfServiceAndBack(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.staffIn()
	g.tap("shut")
	g.tap("shut desk")
	if g.desk.shut != "desk" || !g.says("Kios ditutup") {
		t.Fatal(g.texts())
	}
	// Staff may still write for somebody.
	g.tap("assist")
	g.tap("consent")
	g.Tick()
	if !g.says("Apa yang bisa kami bantu?") {
		t.Fatal(g.texts())
	}
	g.tap("complaint")
	g.tap("back")
	if g.at == closed {
		t.Fatal("a door too many ends the help")
	}
	g.pass(2 * time.Minute)
	g.Tick()
	g.Tick()
	if !g.says("Silakan ke meja layanan") {
		t.Fatal(g.at, g.texts())
	}
	g.pass(time.Second)
	if g.Shown().Touches["complaint"] != nil {
		t.Fatal("a closed kiosk offers its doors")
	}
	g.staffIn()
	if strings.Contains(strings.Join(g.texts(), " "), "Tutup sementara") {
		t.Error("a closed kiosk can be closed")
	}
	g.tap("open")
	g.tap("volume more")
	if g.desk.levels["volume"] != 60 || !g.says("Suara 60%") {
		t.Error(g.desk.levels, g.texts())
	}
	for range 9 {
		g.tap("volume less")
	}
	if g.desk.levels["volume"] != 10 {
		t.Error("a receptionist can make the kiosk mute: ", g.desk.levels)
	}
	g.tap("restart kiosk")
	if g.desk.again != 1 {
		t.Error("it does not restart")
	}
	g.tap("done")
	if !g.says("Apa yang bisa kami bantu?") {
		t.Fatal(g.texts())
	}
}

// What the hub changed is taken up between visits, never during one.
func TestRenewedBetweenVisits(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.tap("complaint")
	g.desk.stale = true
	g.pass(renewAfter)
	g.Tick()
	if g.desk.renewed != 0 {
		t.Fatal("renewed during a visit")
	}
	g.tap("back")
	g.Tick()
	if g.desk.renewed != 0 {
		t.Fatal("renewed under a finger")
	}
	g.pass(renewAfter)
	g.Tick()
	if g.desk.renewed == 0 {
		t.Fatal("never renewed")
	}
}

func TestReportsByStick(t *testing.T) {
	g := newGlass(t, 1080, 1920)
	g.staffIn()
	stick := func() {
		t.Helper()
		g.tap("stick")
		g.wait(func() bool { return !g.front.stick.Busy })
	}
	stick()
	if !g.says("10 laporan ada di stik") {
		t.Fatal(g.texts())
	}
	g.tap("back")
	for err, says := range map[error]string{ErrNoStick: "Tidak ada stik USB", ErrStickFull: "4 laporan ada di stik, 6 lagi menunggu", errors.New("input/output error"): "tetap aman di kios"} {
		g.desk.stick = func(context.Context) error { return err }
		stick()
		if !g.says(says) || g.says("input/output") {
			t.Errorf("%v: %v", err, g.texts())
		}
		g.tap("back")
	}
	g.desk.stick = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	g.tap("stick")
	g.wait(func() bool { return g.front.stick.Done == 3 })
	if !g.says("3 dari 10 laporan di stik") || !g.says("Jangan cabut stik") {
		t.Fatal(g.texts())
	}
	g.pass(10 * time.Minute) // a large queue on a slow stick
	g.Tick()
	if g.at != carrying {
		t.Fatal("the page closes while the stick is written")
	}
	g.tap("stop")
	g.wait(func() bool { return !g.front.stick.Busy })
	if !g.says("Dihentikan") {
		t.Fatal(g.texts())
	}
}
