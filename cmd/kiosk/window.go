package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"github.com/gofrs/flock"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/disk"
	"loket/kiosk/receipt"
	"loket/kiosk/upload"
	"loket/kiosk/voice"
	"loket/kiosk/words"
	"loket/store/queue"
	"loket/ui"
	"loket/ui/screen"
	"loket/ui/theme"
)

type runCommand struct {
	dataFlag
	attendance
	Windowed windowed `placeholder:"WxH" help:"A window of this size instead of the full screen, such as 540x960."`
}

// again starts the program anew with a command on the same folder.
func (c *runCommand) again(command string) error {
	args := []string{command, "--data", c.Data}
	if c.Windowed != "" {
		args = append(args, "--windowed", string(c.Windowed))
	}
	return &again{args}
}

// Run opens the window and sends reports behind it until it is closed. A kiosk that is
// not set up yet is set up first.
func (c *runCommand) Run(ctx context.Context, s *streams) error { return c.open(ctx, s, false) }

// open opens the window, to set the kiosk up where that is due or asked for.
func (c *runCommand) open(ctx context.Context, s *streams, setup bool) error {
	size, err := c.Windowed.size()
	if err != nil {
		return err
	}
	if err := c.keepToItself(ctx, c.Data); err != nil {
		return err
	}
	if err := ownFolder(c.Data); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(c.Data, "window.lock"))
	if alone, err := lock.TryLock(); err != nil {
		return fmt.Errorf("data folder: %w", err)
	} else if !alone {
		return errInUse
	}
	defer lock.Unlock()
	log := slog.New(slog.NewTextHandler(s.err, nil))
	var quiet rest
	drawn := make(chan struct{})
	defer supervise(ctx, drawn, quiet.do, log)()
	if err := mend(ctx, c.Data, s.now, log); err != nil {
		return err
	}
	if due, err := setupDue(c.Data); err != nil {
		return err
	} else if due || setup {
		return c.setUp(ctx, s, size, !setup, drawn, log)
	}
	st, err := openStation(ctx, c.Data, s.now)
	if err != nil {
		return err
	}
	defer st.Close()

	look, err := theme.New(assets.Files)
	if err != nil {
		return err
	}
	spool, err := st.spooler(log)
	if err != nil {
		return err
	}
	if err := spool.Recover(ctx); err != nil {
		return err
	}
	app.SetMetadata(fyne.AppMetadata{ID: "id.go.loket.kiosk", Name: "Loket", Version: version})
	a := app.NewWithID("id.go.loket.kiosk")
	a.Settings().SetTheme(look)

	ctx, stop := context.WithCancel(ctx)
	var owned sync.WaitGroup
	defer owned.Wait()
	defer stop()
	var connected atomic.Bool
	wake := make(chan struct{}, 1)
	uploader := st.uploader(log)
	uploader.Reached = connected.Store
	front := st.front(spool, log)
	watch := front.watching(st.watch(spool, log))
	anew := "" // the command to start anew with once the window is closed
	restart := func() {
		anew = "run"
		quiet.quit(a)
	}
	goSetup := func() {
		anew = "setup"
		quiet.quit(a)
	}
	renew := func() {
		log.Info("nobody is here: the window is made anew, with what changed")
		restart()
	}
	uploader.Health, uploader.Told, uploader.Clock = front.health, front.told, front.reached
	owned.Go(func() { uploader.Run(ctx, wake) })
	shelf, err := st.shelf(log)
	if err != nil {
		return err
	}
	owned.Go(func() { shelf.Run(ctx) })
	owned.Go(func() { st.keepClean(ctx, spool, log) })
	var document papers
	owned.Go(func() { document.run(ctx, st.config.Document.Scanner, log) })

	screen := st.config.Screen
	languages, err := st.languages()
	if err != nil {
		return err
	}
	speaks, err := st.voice()
	if err != nil {
		return err
	}
	k := ui.New(ui.Config{
		Theme: look, Catalogue: st.catalogue, Words: st.words, Languages: languages, Office: st.counter.Office,
		WidthMM: screen.WidthMM, BottomMM: screen.BottomMM, Motion: screen.Motion && drawsFast(), ABC: screen.Keyboard == "abc",
		Voice: speaks, Earphones: st.config.Sound.Output == "earphones", Scanner: st.config.Scanner.Present, CanScan: document.there, Scan: document.scan, Closed: st.closed, Attract: seconds(screen.AttractSeconds),
		File: func(ctx context.Context, d kiosk.Draft) (receipt.Receipt, error) {
			given, err := st.counter.File(ctx, d)
			if err == nil {
				select {
				case wake <- struct{}{}:
				default:
				}
			}
			return given, err
		},
		Print: st.print(spool, log), Printer: watch, Front: front.part(restart, goSetup), Stale: st.stale.Load, Renew: renew, Settle: st.settle(log), Track: tracks(uploader), Known: st.known, Connected: connected.Load, OnUI: quiet.do, Published: shelf.Index, Now: s.now,
		Idle: seconds(screen.IdleSeconds), IdleWriting: seconds(screen.TypingSeconds), Countdown: seconds(screen.WarningSeconds),
		ReceiptStays: seconds(screen.ReceiptSeconds), Log: log,
	})
	w := a.NewWindow("Loket")
	w.SetMaster()
	k.Attach(w)
	defer k.Close()
	c.Windowed.show(w, size)
	if c.Windowed == "" {
		w.SetCloseIntercept(func() {}) // a visitor must not be able to close it
	}
	w.SetOnClosed(func() { quiet.over.Store(true) })
	owned.Go(func() {
		select {
		case <-ctx.Done():
		case <-st.queue.Failed():
			log.Error("the disk failed: the window closes, and looks what is there when it starts again")
			select { // whoever stands there reads that nothing was taken
			case <-time.After(readable):
			case <-ctx.Done():
			}
		}
		quiet.quit(a)
	})
	owned.Go(func() { quiet.run(ctx, k.Still) })
	owned.Go(func() { onHangup(ctx, func() { st.stale.Store(true) }) })
	a.Lifecycle().SetOnStarted(func() { close(drawn) })
	w.ShowAndRun()
	select {
	case <-st.queue.Failed():
		return queue.ErrDisk
	default:
	}
	if anew != "" {
		return c.again(anew)
	}
	return nil
}

// tracks asks the hub about a report, and says in the window's words that it is busy.
func tracks(u *upload.Uploader) func(context.Context, kiosk.Number, kiosk.Code) (kiosk.Tracking, error) {
	return func(ctx context.Context, n kiosk.Number, c kiosk.Code) (kiosk.Tracking, error) {
		t, err := u.Track(ctx, n, c)
		if errors.Is(err, upload.ErrBusy) {
			err = fmt.Errorf("%w: %w", ui.ErrWait, err)
		}
		return t, err
	}
}

// known is what this kiosk can say of a number while the hub cannot be asked. The next
// working day is when to come back: then somebody looks after the network.
func (s *station) known(ctx context.Context, n kiosk.Number) (screen.Known, error) {
	here, sent, err := s.queue.Sent(ctx, n)
	if err != nil {
		return screen.Known{}, err
	}
	again, _ := s.counter.Calendar.At(s.counter.Office.ID).Add(s.counter.Now().In(s.counter.Office.Location()), 1)
	return screen.Known{Here: here, Sent: sent, Again: again}, nil
}

// readable is how long a sentence stands on the glass at least.
const readable = 15 * time.Second

// languages are those that visitors of this kiosk can choose.
func (s *station) languages() (chosen []words.Language, err error) {
	for _, code := range s.config.Screen.Languages {
		i := slices.IndexFunc(s.words.Languages(), func(l words.Language) bool { return string(l.Code) == code })
		if i < 0 {
			return nil, usageError{fmt.Errorf("screen.languages: Loket does not speak %q", code)}
		}
		chosen = append(chosen, s.words.Languages()[i])
	}
	return chosen, nil
}

// voice is the voice of this kiosk, nil where it has none.
func (s *station) voice() (ui.Voice, error) {
	output := s.config.Sound.Output
	if output == "none" {
		return nil, nil
	}
	v, err := voice.Open()
	switch {
	case err == nil:
		return v, nil
	case output == "auto" && errors.Is(err, voice.ErrSilent):
		return nil, nil
	}
	return nil, usageError{fmt.Errorf("sound.output is %q, but: %w", output, err)}
}

// The hub's last word on this kiosk, as a file: it holds without a network, and
// over a restart.
const (
	suspendedFile = "suspended"
	revokedFile   = "revoked"
)

// heed keeps the hub's word on whether this kiosk may take reports.
func (s *station) heed(state string) error {
	var errs []error
	for name, says := range map[string]string{suspendedFile: "suspended", revokedFile: "revoked"} {
		path := filepath.Join(s.dir, name)
		if state == says {
			errs = append(errs, os.WriteFile(path, nil, 0o600))
		} else if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// leastFree is the room that must be left on the disk, in bytes: a report
// takes some 10 KiB, SQLite's journal the same again.
const leastFree = 64 << 20

// closed says why the kiosk takes nothing now: the key of a sentence, or empty.
func (s *station) closed() string {
	select {
	case <-s.queue.Failed():
		return "out.disk"
	default:
	}
	if s.unchained {
		return "out.enrol"
	}
	if _, err := os.Stat(filepath.Join(s.dir, suspendedFile)); err == nil {
		return "out.suspended"
	}
	if _, err := os.Stat(filepath.Join(s.dir, revokedFile)); err == nil {
		return "out.revoked"
	}
	if room, _, err := disk.Room(s.dir); err == nil && room < leastFree {
		return "out.full"
	}
	if reason := s.shutReason(); reason != "" {
		return "out.staff." + reason
	}
	return ""
}
