package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"loket/kiosk"
	"loket/kiosk/disk"
	"loket/kiosk/printer"
	"loket/kiosk/seal"
	"loket/kiosk/stick"
	"loket/store/queue"
	"loket/ui"
	"loket/ui/screen"
)

// front is the half of the lobby behind the desk: how the kiosk is, for the
// receptionist and for the hub, and what a receptionist does.
type front struct {
	st    *station
	spool *printer.Spooler
	log   *slog.Logger

	mu      sync.Mutex
	printer printer.State // as it was seen last
	asked   bool          // it was seen
	contact time.Time     // with the hub, the last; zero for none
	ahead   time.Duration // by which this clock was, then
}

// front returns the station's front.
func (s *station) front(spool *printer.Spooler, log *slog.Logger) *front {
	return &front{st: s, spool: spool, log: log}
}

// watching remembers what the printer says of itself.
func (f *front) watching(ask func(context.Context) printer.State) func(context.Context) printer.State {
	if ask == nil {
		return nil
	}
	return func(ctx context.Context) printer.State {
		state := ask(ctx)
		f.mu.Lock()
		f.printer, f.asked = state, true
		f.mu.Unlock()
		return state
	}
}

// reached notes that the hub answered, and by how much this clock is ahead.
func (f *front) reached(ahead time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.contact, f.ahead = f.st.counter.Now(), ahead
}

// told keeps what the hub says of this kiosk.
func (f *front) told(st seal.Standing) {
	if err := f.st.heed(st.State); err != nil {
		f.log.Error("the hub's word on this kiosk was not kept", "state", st.State, "err", err)
	}
	if err := f.st.door.Know(st.Staff); err != nil {
		f.log.Error("the hub's receptionists were not kept", "err", err)
	}
	if changed, err := f.st.takeDays(st.DaysOff); err != nil {
		f.log.Error("days off that the hub tells of were not kept", "err", err)
	} else if changed {
		f.log.Info("terms are counted with other days off from the next visit on", "days", len(st.DaysOff))
		f.st.stale.Store(true)
	}
	if st.Office != "" && st.Office != f.st.enrolment.Office {
		if _, known := f.st.catalogue.Office(st.Office); !known {
			f.log.Error("the hub moved this kiosk to an office it does not know", "office", st.Office)
		} else if err := f.st.enrolment.Move(f.st.dir, st.Office); err != nil {
			f.log.Error("the kiosk's new office was not kept", "err", err)
		} else {
			f.log.Info("this kiosk stands in another office from the next visit on", "office", st.Office)
			f.st.stale.Store(true)
		}
	}
}

// health is what the hub is told.
func (f *front) health(ctx context.Context) *seal.Health {
	h := &seal.Health{Version: version, At: f.st.counter.Now().UTC().Truncate(time.Second), DiskFree: free(f.st.dir), Printer: "none"}
	if count, err := f.st.queue.Count(ctx); err == nil {
		h.Waiting = count.Waiting
		if count.OldestWaiting != nil {
			oldest := count.OldestWaiting.UTC()
			h.Oldest = &oldest
		}
	}
	if len(f.spool.Trays) > 0 {
		f.mu.Lock()
		state, asked := f.printer, f.asked
		f.mu.Unlock()
		switch {
		case !asked:
			h.Printer = "unknown"
		case state.Fault == printer.NoFault:
			h.Printer = "ok"
		default:
			h.Printer = string(state.Fault)
		}
		h.NearEnd = state.NearEnd
	}
	h.Catalogue, h.Refused = f.st.data.state()
	if why := f.st.closed(); why != "" {
		h.Closed, _, _ = strings.Cut(strings.TrimPrefix(why, "out."), ".")
	}
	return h
}

// free is the room left on the disk of a folder, in bytes; 0 where it is not told.
func free(dir string) int64 {
	room, _, err := disk.Room(dir)
	if err != nil {
		return 0
	}
	return int64(min(room, math.MaxInt64))
}

// checks is how the kiosk is, in plain words.
func (f *front) checks(ctx context.Context) (all []screen.Check) {
	now := f.st.counter.Now()
	local := func(t time.Time) time.Time { return t.In(f.st.counter.Office.Location()) }
	add := func(c screen.Check) { all = append(all, c) }
	switch why := f.st.closed(); {
	case strings.HasPrefix(why, "out.staff."):
		add(screen.Check{Key: "front.closed.is", Args: []any{"why", screen.Key(why)}, Do: "front.closed.is.do"})
	case why != "":
		add(screen.Check{Key: why, Do: "front.stopped.do", Bad: true})
	}
	f.mu.Lock()
	contact, ahead, state, asked := f.contact, f.ahead, f.printer, f.asked
	f.mu.Unlock()
	if len(f.spool.Trays) == 0 {
		add(screen.Check{Key: "front.printer.none"})
	} else {
		if now, err := f.spool.Status(ctx); now.Fault != printer.Busy || !asked {
			if state = now; err != nil && state.Fault == printer.NoFault {
				state.Fault = printer.Offline
			}
		}
		switch state.Fault {
		case printer.NoFault:
			add(screen.Check{Key: "front.printer.ok"})
		case printer.Busy:
			add(screen.Check{Key: "front.printer.busy"})
		default:
			add(screen.Check{Key: "front.printer." + string(state.Fault), Do: "front.printer." + string(state.Fault) + ".do", Bad: true})
		}
		if state.NearEnd && state.Fault != printer.PaperOut {
			add(screen.Check{Key: "front.paper.near", Do: "front.paper.near.do"})
		}
	}
	when := local(contact)
	switch {
	case contact.IsZero():
		add(screen.Check{Key: "front.hub.never", Do: "front.hub.off.do"})
	case now.Sub(contact) > lately:
		add(screen.Check{Key: "front.hub.off", Args: []any{"when", when}, Do: "front.hub.off.do"})
	default:
		add(screen.Check{Key: "front.hub.ok", Args: []any{"when", when}})
	}
	if count, err := f.st.queue.Count(ctx); err != nil {
		f.log.Warn("count the queue", "err", err)
	} else if count.Waiting == 0 {
		add(screen.Check{Key: "front.queue.ok"})
	} else {
		c := screen.Check{Key: "front.queue.waiting", Args: []any{"n", count.Waiting, "when", local(*count.OldestWaiting)}}
		if now.Sub(*count.OldestWaiting) > 24*time.Hour {
			c.Do, c.Bad = "front.queue.old.do", true
		}
		add(c)
	}
	if minutes := int(ahead.Abs().Round(time.Minute) / time.Minute); minutes > 2 {
		add(screen.Check{Key: "front.clock.off", Args: []any{"n", minutes, "when", local(now)}, Do: "front.clock.off.do", Bad: true})
	} else {
		add(screen.Check{Key: "front.clock.ok", Args: []any{"when", local(now)}})
	}
	room := free(f.st.dir)
	gigabytes := fmt.Sprintf("%.1f", float64(room)/(1<<30))
	if room < 1<<30 {
		add(screen.Check{Key: "front.disk.low", Args: []any{"free", gigabytes}, Do: "front.disk.low.do", Bad: room < 4*leastFree})
	} else {
		add(screen.Check{Key: "front.disk.ok", Args: []any{"free", gigabytes}})
	}
	return all
}

// lately is how long ago the hub may have been heard for a kiosk to be connected.
const lately = 3 * time.Minute

// shutFile holds the message that staff closed the kiosk with; it holds over a
// restart.
const shutFile = "shut"

// shutReason is the message that staff closed the kiosk with, or empty.
func (s *station) shutReason() string {
	b, err := os.ReadFile(filepath.Join(s.dir, shutFile))
	if err != nil {
		return ""
	}
	if reason := strings.TrimSpace(string(b)); slices.Contains(screen.ShutReasons, reason) {
		return reason
	}
	return "desk"
}

// shut closes the kiosk for visitors, or opens it.
func (f *front) shut(reason, by string) error {
	f.log.Info("closed or opened by staff", "reason", reason, "by", by)
	path := filepath.Join(f.st.dir, shutFile)
	if reason == "" {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return os.WriteFile(path, []byte(reason), 0o600)
}

// test prints a test page.
func (f *front) test(ctx context.Context) printer.Result {
	tray, r := f.spool.Trays[0], f.st.testPage()
	r.Test = tray.Name
	result, err := f.spool.Test(ctx, tray, r)
	if err != nil {
		f.log.Warn("test page", "printer", tray.Name, "err", err)
	}
	return result
}

// reprint prints a copy of a receipt that did not come out.
func (f *front) reprint(ctx context.Context, n kiosk.Number, by string) (printer.Result, error) {
	slip, err := f.st.queue.Slip(ctx, n)
	if errors.Is(err, queue.ErrNoReceipt) {
		return printer.Result{Outcome: printer.NotStarted}, ui.ErrReceiptGone
	}
	if err != nil {
		return printer.Result{Outcome: printer.NotStarted}, err
	}
	r := f.st.counter.Receipt(slip)
	r.Copy = true
	f.log.Info("a receipt is printed again", "number", n, "by", by)
	result, err := f.spool.Print(ctx, r, "receptionist")
	if err != nil {
		f.log.Warn("print a receipt again", "outcome", result.Outcome, "fault", result.Fault, "err", err)
	}
	return result, nil
}

// part is the receptionist's part of the window.
func (f *front) part(restart, setup func()) *ui.Front {
	p := &ui.Front{
		Enter: func(pin string) (string, error) {
			name, err := f.st.door.Enter(pin)
			f.log.Info("a PIN was tried", "name", name, "err", err)
			return name, err
		},
		Checks: f.checks, Shut: f.shut,
		IsShut: func() bool { return strings.HasPrefix(f.st.closed(), "out.staff.") },
		Restart: func(by string) {
			f.log.Info("restarted by staff", "by", by)
			restart()
		},
		Setup: func(by string) {
			f.log.Info("set up by staff", "by", by)
			setup()
		},
		Levels: levels, Level: setLevel,
	}
	p.Stick = f.stick
	if len(f.spool.Trays) > 0 {
		p.Test, p.Reprint = f.test, f.reprint
	}
	return p
}

// stick takes what the hub signed off the stick, and puts what waits onto it.
func (f *front) stick(ctx context.Context, progress func(done, total int)) (x ui.Carried, err error) {
	dir, err := f.st.stickFolder()
	if err != nil {
		return x, err
	}
	err = f.st.carry(f.log, func(k *stick.Kiosk) error {
		back, err := k.Import(ctx, dir, nil)
		for _, skipped := range back.Skipped {
			f.log.Warn("on the stick", "file", skipped.Name, "err", skipped.Why)
		}
		x.Known, x.Waiting = back.Acknowledged, back.Waiting
		if err != nil && !errors.Is(err, stick.ErrNothing) {
			return err
		}
		there, err := k.Export(ctx, dir, progress)
		x.OnStick, x.Waiting = there.OnStick, there.Waiting
		return err
	})
	if errors.Is(err, stick.ErrFull) {
		err = ui.ErrStickFull
	}
	return x, err
}

// stickFolder is where the stick is, [ui.ErrNoStick] where none is.
func (s *station) stickFolder() (string, error) {
	if dir := s.config.Stick.Folder; dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return "", ui.ErrNoStick
		}
		return dir, nil
	}
	all, err := sticks()
	if err != nil {
		return "", err
	}
	if dir := ourStick(all); dir != "" {
		return dir, nil
	}
	return "", ui.ErrNoStick
}

// ourStick is the stick that was here before, or else the first.
func ourStick(all []string) string {
	for _, dir := range all {
		if _, err := os.Stat(filepath.Join(dir, "LOKET")); err == nil {
			return dir
		}
	}
	if len(all) == 0 {
		return ""
	}
	return all[0]
}
