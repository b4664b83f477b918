package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"github.com/BurntSushi/toml"
	"github.com/gofrs/flock"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/disk"
	"loket/kiosk/enrol"
	"loket/kiosk/form"
	"loket/kiosk/printer"
	"loket/kiosk/receipt"
	"loket/kiosk/seal"
	"loket/kiosk/staff"
	"loket/kiosk/track"
	"loket/kiosk/upload"
	"loket/kiosk/visit"
	"loket/kiosk/voice"
	"loket/kiosk/words"
	"loket/store/queue"
	"loket/ui"
	"loket/ui/screen"
	"loket/ui/theme"
)

type setupCommand struct {
	dataFlag
	Windowed windowed `placeholder:"WxH" help:"A window of this size instead of the full screen, such as 540x960."`
}

// Run opens the window to set the kiosk up, also one that was set up before.
func (c *setupCommand) Run(ctx context.Context, s *streams) error {
	return (&runCommand{dataFlag: c.dataFlag, Windowed: c.Windowed}).open(ctx, s, true)
}

// steps is how far the setting up of a kiosk is: what kiosk.toml and the enrolment
// cannot say. It is on the disk after each step, so that a kiosk whose power was cut
// goes on where it was.
type steps struct {
	Done     map[string]bool `json:"done"` // by step
	Finished bool            `json:"finished"`
}

const progressFile = "setup.json"

// loadProgress reads the progress kept in dir; begun is false where there is none.
func loadProgress(dir string) (p steps, begun bool, err error) {
	b, err := os.ReadFile(filepath.Join(dir, progressFile))
	if errors.Is(err, fs.ErrNotExist) {
		return steps{Done: map[string]bool{}}, false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if p.Done == nil {
		p.Done = map[string]bool{}
	}
	if err != nil {
		return p, true, fmt.Errorf("%s: %w", progressFile, err)
	}
	return p, true, nil
}

// setupDue reports whether a kiosk is to be set up before it can serve: it is not
// enrolled, or its setting up was cut off.
func setupDue(dir string) (bool, error) {
	switch _, err := enrol.Load(dir); {
	case errors.Is(err, enrol.ErrNotEnrolled):
		return true, nil
	case err != nil:
		return false, err
	}
	p, begun, err := loadProgress(dir)
	return begun && !p.Finished && err == nil, nil // an enrolled kiosk serves, come what may
}

// setup is a kiosk that is being set up.
type setup struct {
	dir       string
	now       func() time.Time
	log       *slog.Logger
	catalogue *form.Catalogue
	words     *words.Catalogue
	receipts  *receipt.Renderer
	speaks    bool
	glass     [2]float32 // that the screen says it has, in millimetres

	mu       sync.Mutex
	config   *config
	door     *staff.Door
	known    int // people with a PIN
	progress steps
	begun    bool // something was done
	anew     bool // it is to be enrolled again: its queue lost its chain
}

func openSetup(ctx context.Context, dir string, now func() time.Time, log *slog.Logger) (*setup, error) {
	s := &setup{dir: dir, now: now, log: log}
	var err error
	if s.config, err = loadConfig(dir); err != nil {
		return nil, err
	}
	files := assets.In(dir)
	if e, err := enrol.Load(dir); err == nil {
		s.anew = salvaged(ctx, dir, now)
		var hubs data // what the hub put in place of what is embedded: an office perhaps
		if err := hubs.read(dir, e); err == nil {
			files = hubs.files.Over(files)
		}
	}
	if s.catalogue, err = form.Load(files); err != nil {
		return nil, err
	}
	if s.words, err = words.Load(files); err != nil {
		return nil, err
	}
	if s.receipts, err = receipt.NewRenderer(assets.Files, s.words); err != nil {
		return nil, err
	}
	if s.door, err = staff.Open(dir, now); err != nil {
		log.Error("no receptionist is known until the hub is reached", "err", err)
	}
	s.known = s.door.Known()
	s.glass[0], s.glass[1] = screenSays(os.DirFS("/"))
	if s.progress, s.begun, err = loadProgress(dir); err != nil {
		log.Error("the steps that were done are not known", "err", err)
	}
	if !s.begun {
		s.adopt()
	}
	return s, nil
}

// adopt takes what somebody set by hand as done.
func (s *setup) adopt() {
	var set map[string]any
	meta, _ := toml.DecodeFile(filepath.Join(s.dir, "kiosk.toml"), &set) // there may be none
	_, err := enrol.Load(s.dir)
	serves := err == nil
	s.progress = steps{Finished: serves, Done: map[string]bool{
		screen.SetupLanguage: meta.IsDefined("screen", "languages"), screen.SetupScreen: meta.IsDefined("screen", "width_mm"), screen.SetupSound: meta.IsDefined("sound", "output"),
		screen.SetupOffice: serves, screen.SetupPrinter: serves && len(s.config.Printers) > 0, screen.SetupPIN: serves && s.known > 0,
	}}
}

// keep changes the progress, on the disk first.
func (s *setup) keep(change func(*steps)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := steps{maps.Clone(s.progress.Done), s.progress.Finished}
	change(&next)
	b, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := disk.Write(filepath.Join(s.dir, progressFile), b); err != nil {
		return err
	}
	s.progress, s.begun = next, true
	return nil
}

// did notes a step as done, or as to be done again.
func (s *setup) did(step string, done bool) error {
	return s.keep(func(p *steps) { p.Done[step] = done })
}

// change changes kiosk.toml, and reads it again.
func (s *setup) change(change func(text string) (string, error), name string) error {
	err := changeSettings(s.dir, change, name)
	if errors.Is(err, errByHand) {
		return errors.Join(ui.Reason("setup.failed.byhand"), err)
	}
	if err != nil {
		return err
	}
	c, err := loadConfig(s.dir)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config = c
	return nil
}

// set gives one setting a value.
func (s *setup) set(name, value, step string) error {
	if err := s.change(func(text string) (string, error) { return withSetting(text, name, value) }, name); err != nil {
		return err
	}
	return s.did(step, true)
}

// state is how far it is.
func (s *setup) state() screen.Setup {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := screen.Setup{Done: maps.Clone(s.progress.Done), WidthMM: s.config.Screen.WidthMM, Sound: s.config.Sound.Output, Speaks: s.speaks, Levels: map[string]int{}, Glass: s.glass, People: s.known}
	if n, ok := levels()["volume"]; ok {
		x.Levels["volume"] = n
	}
	for _, l := range s.words.Languages() {
		if string(l.Code) == s.config.Screen.Languages[0] {
			x.Language = l
		}
	}
	if len(s.config.Printers) > 0 {
		p := s.config.Printers[0]
		x.Printer = screen.FoundPrinter{Name: p.Name, Address: p.Address, Paper: p.Paper}
		if p.Name == "" {
			x.Printer.Name = p.Address
		}
		if p.Paper == "" {
			x.Printer.Paper = "80mm"
		}
	}
	if e, err := enrol.Load(s.dir); err == nil {
		office, _ := s.catalogue.Office(e.Office)
		x.Enrolled = &screen.Enrolled{Kiosk: e.Kiosk, Office: office.Name.In(x.Language.Code), Hub: e.Hub, Compared: x.Done[screen.SetupOffice], Anew: s.anew,
			Words: seal.Fingerprint(e.RootKey, e.Key.Public().(ed25519.PublicKey))}
	}
	x.Done[screen.SetupOffice] = x.Enrolled != nil && x.Enrolled.Compared && !s.anew
	return x
}

// enrol introduces the kiosk to its hub. Everything that can be known before the code
// is used up is looked at first.
func (s *setup) enrol(ctx context.Context, hub, code string) error {
	hub, err := enrol.HubURL(hub)
	switch {
	case errors.Is(err, enrol.ErrPlain):
		return ui.Reason("setup.office.bad.plain")
	case err != nil:
		return ui.Reason("setup.office.bad.address")
	}
	if _, err := track.ParseSecret(code, seal.EnrolmentSymbols); err != nil {
		return ui.Reason("setup.office.bad.code")
	}
	if _, err := enrol.Load(s.dir); err == nil && !s.anew || err != nil && !errors.Is(err, enrol.ErrNotEnrolled) {
		return errors.Join(ui.Reason("setup.office.bad.holds"), err)
	}
	q, err := queue.Open(ctx, s.dir, s.now)
	if err != nil {
		return err
	}
	defer q.Close()
	if head, err := q.Head(ctx); err == nil && head.Seq > 0 {
		return ui.Reason("setup.office.bad.holds")
	}
	if err := s.did(screen.SetupOffice, false); err != nil {
		return err
	}
	e, first, err := enrol.Request(ctx, upload.NewClient(), hub, code)
	switch {
	case errors.Is(err, enrol.ErrRefused):
		return errors.Join(ui.Reason("setup.office.bad.refused"), err)
	case errors.Is(err, seal.ErrCode):
		return errors.Join(ui.Reason("setup.office.bad.stranger"), err)
	case err != nil:
		return errors.Join(ui.Reason("setup.office.bad.unreached"), err)
	}
	if _, known := s.catalogue.Office(e.Office); !known {
		return ui.Reason("setup.office.bad.office")
	}
	switch err := q.Begin(ctx, first); {
	case errors.Is(err, queue.ErrEnrolled):
		return ui.Reason("setup.office.bad.holds")
	case err != nil:
		return err
	}
	if err := e.Save(s.dir); err != nil {
		return err
	}
	s.mu.Lock()
	s.anew = false
	s.mu.Unlock()
	s.log.Info("enrolled", "kiosk", e.Kiosk, "office", e.Office, "hub", e.Hub)
	return nil
}

// compared keeps whether the six words were the same; where they differ, the enrolment
// is undone.
func (s *setup) compared(same bool) error {
	if same {
		return s.did(screen.SetupOffice, true)
	}
	s.log.Error("the six words differ: the enrolment is undone")
	return errors.Join(enrol.Forget(s.dir), s.did(screen.SetupOffice, false))
}

// findPrinters looks for printers here and on the network.
func (s *setup) findPrinters(ctx context.Context) (all []screen.FoundPrinter) {
	found, err := printer.Find(ctx)
	if err != nil {
		s.log.Warn("not everywhere could be searched for printers", "err", err)
	}
	for _, f := range found {
		all = append(all, screen.FoundPrinter{Name: f.Name, Address: f.Address, Paper: f.Paper})
	}
	return all
}

// printerAddress is what somebody typed as the address of a printer, as it is kept: by
// itself a machine on the network, at the port that receipt printers have.
func printerAddress(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	kind, _, _ := strings.Cut(typed, ":")
	if !slices.Contains([]string{"tcp", "device", "serial", "cups", "ipp", "ipps", "folder"}, kind) {
		host, port, err := net.SplitHostPort(typed)
		if err != nil {
			host, port = typed, "9100"
		}
		if net.ParseIP(host) == nil && !strings.ContainsAny(host, "abcdefghijklmnopqrstuvwxyz") || strings.ContainsAny(host, " /") {
			return "", ui.Reason("setup.printer.bad")
		}
		typed = "tcp://" + net.JoinHostPort(host, port)
	}
	paper := "80mm"
	if kind == "cups" || kind == "ipp" || kind == "ipps" {
		paper = "a5"
	}
	if _, err := openPrinter(printerConfig{Address: typed, Paper: paper}, nil); err != nil {
		return "", errors.Join(ui.Reason("setup.printer.bad"), err)
	}
	return typed, nil
}

func openPrinter(c printerConfig, r *receipt.Renderer) (printer.Printer, error) {
	settings, err := c.settings()
	if err != nil {
		return nil, err
	}
	return printer.Open(settings, r)
}

// usePrinter makes a printer the first that is tried, or none.
func (s *setup) usePrinter(p screen.FoundPrinter) error {
	if p.Address != "" {
		if _, err := openPrinter(printerConfig{Address: p.Address, Paper: p.Paper}, s.receipts); err != nil {
			return errors.Join(ui.Reason("setup.printer.bad"), err)
		}
	}
	if err := s.change(func(text string) (string, error) { return withPrinter(text, p.Name, p.Address, p.Paper) }, "printer"); err != nil {
		return err
	}
	return s.did(screen.SetupPrinter, p.Address == "")
}

// test prints a test page on the printer that is tried first.
func (s *setup) test(ctx context.Context) printer.Result {
	s.mu.Lock()
	printers := s.config.Printers
	s.mu.Unlock()
	if len(printers) == 0 {
		return printer.Result{Outcome: printer.NotStarted}
	}
	p, err := openPrinter(printers[0], s.receipts)
	if err != nil {
		s.log.Error("test page", "err", err)
		return printer.Result{Outcome: printer.NotStarted, Fault: printer.Broken}
	}
	name := printers[0].Name
	if name == "" {
		name = printers[0].Address
	}
	counter := visit.Counter{Catalogue: s.catalogue, Office: kiosk.Office{Name: kiosk.Text{kiosk.Indonesian: s.words.In(kiosk.Indonesian).T("setup.title")}}, PublicURL: "https://lacak.example.go.id", Now: s.now}
	if e, err := enrol.Load(s.dir); err == nil {
		counter.Office, _ = s.catalogue.Office(e.Office)
		counter.PublicURL = e.Bundle.PublicURL
	}
	r := (&station{counter: &counter}).testPage()
	r.Test = name
	spool := &printer.Spooler{Log: s.log, Lock: func(ctx context.Context) (func(), error) {
		lock := flock.New(filepath.Join(s.dir, "printer.lock"))
		if _, err := lock.TryLockContext(ctx, 25*time.Millisecond); err != nil {
			return nil, err
		}
		return func() { lock.Unlock() }, nil
	}}
	result, err := spool.Test(ctx, printer.Tray{Name: name, Printer: p}, r)
	s.log.Info("test page", "printer", name, "outcome", result.Outcome, "fault", result.Fault, "err", err)
	return result
}

// language makes a language the one that comes first.
func (s *setup) language(code kiosk.Language) error {
	s.mu.Lock()
	list := []string{quoted(string(code))}
	for _, l := range s.config.Screen.Languages {
		if l != string(code) {
			list = append(list, quoted(l))
		}
	}
	s.mu.Unlock()
	return s.set("screen.languages", "["+strings.Join(list, ", ")+"]", screen.SetupLanguage)
}

// people fetches from the hub who has a PIN.
func (s *setup) people(ctx context.Context) error {
	st, err := openStation(ctx, s.dir, s.now)
	if errors.Is(err, enrol.ErrNotEnrolled) {
		return ui.Reason("setup.pin.office")
	}
	if err != nil {
		return err
	}
	defer st.Close()
	spool, err := st.spooler(s.log)
	if err != nil {
		return err
	}
	front, u := st.front(spool, s.log), st.uploader(s.log)
	u.Health = front.health
	standing, err := u.Ask(ctx)
	if err != nil {
		return errors.Join(ui.Reason("setup.pin.unreached"), err)
	}
	front.told(standing)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.door, s.known = st.door, st.door.Known()
	return nil
}

// enter tries a PIN.
func (s *setup) enter(pin string) (string, error) {
	s.mu.Lock()
	door := s.door
	s.mu.Unlock()
	name, err := door.Enter(pin)
	s.log.Info("a PIN was tried", "name", name, "err", err)
	if err != nil {
		return "", err
	}
	return name, s.did(screen.SetupPIN, true)
}

// part is what the window is given.
func (s *setup) part(finish func()) *ui.Setup {
	return &ui.Setup{
		State: s.state, Done: s.progress.Finished, Language: s.language, Ticket: seal.ReadTicket, Enrol: s.enrol, Compared: s.compared,
		Find: s.findPrinters, Address: printerAddress, Printer: s.usePrinter, Test: s.test, CameOut: func() error { return s.did(screen.SetupPrinter, true) },
		Width: func(mm float32) error { return s.set("screen.width_mm", fmt.Sprint(mm), screen.SetupScreen) },
		Sound: func(output string) error { return s.set("sound.output", quoted(output), screen.SetupSound) },
		Level: setLevel, People: s.people, Enter: s.enter,
		Finish: func() {
			if err := s.keep(func(p *steps) { p.Finished = true }); err != nil {
				s.log.Error("that the kiosk is set up was not kept", "err", err)
			}
			finish()
		},
	}
}

// enrolledElsewhere waits until somebody enrolled this kiosk by command, while nobody
// had touched its screen.
func (s *setup) enrolledElsewhere(ctx context.Context) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(3 * time.Second):
		}
		s.mu.Lock()
		begun := s.begun
		s.mu.Unlock()
		if begun {
			return false
		}
		if _, err := enrol.Load(s.dir); err == nil {
			return true
		}
	}
}

// setUp opens the window to set the kiosk up, and starts it when that is finished. Where
// waits, it also starts when it is enrolled in another way.
func (c *runCommand) setUp(ctx context.Context, s *streams, size fyne.Size, waits bool, drawn chan<- struct{}, log *slog.Logger) error {
	x, err := openSetup(ctx, c.Data, s.now, log)
	if err != nil {
		return err
	}
	look, err := theme.New(assets.Files)
	if err != nil {
		return err
	}
	languages, err := (&station{config: x.config, words: x.words}).languages()
	if err != nil {
		return err
	}
	var office kiosk.Office // whose clock is shown
	if e, err := enrol.Load(c.Data); err == nil {
		office, _ = x.catalogue.Office(e.Office)
	}
	var speaks ui.Voice
	if v, err := voice.Open(); err == nil {
		speaks, x.speaks = v, true
	} else {
		log.Info("no sound", "err", err)
	}
	app.SetMetadata(fyne.AppMetadata{ID: "id.go.loket.kiosk", Name: "Loket", Version: version})
	a := app.NewWithID("id.go.loket.kiosk")
	a.Settings().SetTheme(look)
	ctx, stop := context.WithCancel(ctx)
	var owned sync.WaitGroup
	defer owned.Wait()
	defer stop()
	finished := false
	finish := func() {
		finished = true
		fyne.Do(a.Quit)
	}
	k := ui.NewSetup(ui.Config{
		Theme: look, Catalogue: x.catalogue, Words: x.words, Languages: languages, Office: office, WidthMM: x.config.Screen.WidthMM, BottomMM: x.config.Screen.BottomMM,
		Motion: x.config.Screen.Motion && drawsFast(), ABC: x.config.Screen.Keyboard == "abc", Voice: speaks, Now: s.now, Setup: x.part(finish), Log: log,
		Idle: time.Hour, IdleWriting: time.Hour, Countdown: time.Hour, ReceiptStays: time.Hour, Attract: time.Hour,
	})
	w := a.NewWindow("Loket")
	w.SetMaster()
	k.Attach(w)
	defer k.Close()
	c.Windowed.show(w, size)
	if c.Windowed == "" {
		w.SetCloseIntercept(func() {})
	}
	told := context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	if waits {
		owned.Go(func() {
			if x.enrolledElsewhere(ctx) {
				fyne.Do(finish)
			}
		})
	}
	a.Lifecycle().SetOnStarted(func() { close(drawn) })
	w.ShowAndRun()
	told()
	if finished {
		return c.again("run")
	}
	return nil
}
