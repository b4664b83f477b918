package ui

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/printer"
	"loket/kiosk/receipt"
	"loket/kiosk/staff"
	"loket/kiosk/words"
	"loket/ui/screen"
)

// This file is how a kiosk is set up on its own screen: a summary of six steps, each of
// which can be done again. Whatever is chosen is kept at once.

// Setup is what setting a kiosk up can look at and change. What goes wrong in a way
// that a person can do something about is a [Reason].
type Setup struct {
	State    func() screen.Setup // as it is on the disk
	Done     bool                // it was set up before: whoever leaves it ends it
	Language func(kiosk.Language) error
	// Ticket reads the QR code of the hub's page, Enrol enrols.
	Ticket   func(text string) (hub, code string, ok bool)
	Enrol    func(ctx context.Context, hub, code string) error
	Compared func(same bool) error // the six words
	// Find looks for printers; Printer uses one, or none without an address.
	Find    func(context.Context) []screen.FoundPrinter
	Address func(typed string) (string, error) // of a printer, as it is kept
	Printer func(p screen.FoundPrinter) error
	Test    func(context.Context) printer.Result
	CameOut func() error // the test page, whole
	Width   func(mm float32) error
	Sound   func(output string) error
	Level   func(what string, percent int) error
	// People fetches who has a PIN from the hub, Enter tries one.
	People func(context.Context) error
	Enter  func(pin string) (name string, err error)
	Finish func()
}

// Reason is why something could not be done: the key of a sentence.
type Reason string

// Error implements error.
func (r Reason) Error() string { return string(r) }

const (
	leftAfter  = 10 * time.Minute // nobody is at the setup any more
	printing   = time.Minute
	searching  = 15 * time.Second
	connecting = 45 * time.Second
	leastMM    = 60 // width of a picture
	mostMM     = 1900
	aHair      = 1.004 // by which the card grows at a touch: a third of a millimetre
)

// setup is where the setting up stands.
type setup struct {
	page    string
	busy    bool
	yields  bool // what goes on gives way to whatever else is touched
	asking  bool
	note    func() (key string, bad bool, args []any)
	found   []screen.FoundPrinter
	chosen  screen.FoundPrinter
	written map[string]string
	card    float32
	stop    context.CancelFunc // of what goes on
	run     int                // counts what went on: what was ended is dropped
}

// NewSetup makes a kiosk that is being set up: it takes no reports.
func NewSetup(cfg Config) *Kiosk {
	cfg.File = func(context.Context, kiosk.Draft) (receipt.Receipt, error) {
		return receipt.Receipt{}, form.Problems{}
	}
	cfg.Track = func(context.Context, kiosk.Number, kiosk.Code) (kiosk.Tracking, error) {
		return kiosk.Tracking{}, ErrWait
	}
	cfg.Connected = func() bool { return true }
	cfg.Scanner = true // it may read the hub's page
	k := New(cfg)
	k.beginSetup()
	return k
}

// beginSetup goes to the summary, where nothing is written yet.
func (k *Kiosk) beginSetup() {
	if k.setup.stop != nil {
		k.setup.stop()
	}
	k.at, k.setup = settingUp, setup{written: map[string]string{}}
	if w := k.cfg.Setup.State().WidthMM; w != k.cfg.WidthMM && w > 0 {
		k.cfg.WidthMM = w
	}
}

// setupView is what the page of the moment shows.
func (k *Kiosk) setupView() screen.SetupView {
	x := k.setup
	v := screen.SetupView{Setup: k.cfg.Setup.State(), Page: x.page, Languages: k.cfg.Words.Languages(), Busy: x.busy,
		Found: x.found, Chosen: x.chosen, Asking: x.asking, Written: x.written, Card: x.card}
	if x.note != nil {
		v.Note, v.NoteBad, v.NoteArgs = x.note()
	}
	return v
}

// tell notes what came of the last deed.
func (k *Kiosk) tell(key string, bad bool, args ...any) {
	k.setup.note = func() (string, bool, []any) { return key, bad, args }
	k.unread = true
}

// fails notes why something could not be done, and reports whether there was anything.
func (k *Kiosk) fails(err error) bool {
	var why Reason
	switch {
	case err == nil:
		return false
	case errors.As(err, &why):
		k.tell(string(why), true)
	default:
		k.tell("setup.failed", true)
	}
	k.cfg.Log.Warn("set up", "page", k.setup.page, "err", err)
	return true
}

// free reports whether something else can be done.
func (k *Kiosk) free() bool {
	x := &k.setup
	if x.busy && x.yields {
		x.busy, x.note = false, nil
		x.stop()
	}
	return !x.busy
}

// step goes to a page.
func (k *Kiosk) step(page string) {
	x := &k.setup
	if !k.free() {
		return
	}
	state := k.cfg.Setup.State()
	x.note, x.asking = nil, false
	if page == screen.SetupPrinter && x.page == screen.SetupSummary && state.Printer.Address != "" && !state.Done[page] {
		page = screen.SetupTest // it was chosen before
	}
	if page == screen.SetupCode && k.typedHub() == "" {
		k.tell("setup.office.bad.address", true)
		return
	}
	if x.page = page; page == screen.SetupSummary {
		x.written = map[string]string{}
	}
	switch page {
	case screen.SetupScreen:
		x.card = k.fitting(state.WidthMM)
	case screen.SetupPrinter:
		if x.found == nil {
			k.lookForPrinters()
		}
	case screen.SetupPIN:
		if state.Enrolled != nil {
			k.fetchPeople()
		}
	case screen.SetupPaper:
		if x.chosen = state.Printer; x.chosen.Address == "" {
			x.page = screen.SetupPrinter
		}
	}
}

// stepBack goes back, and ends what goes on.
func (k *Kiosk) stepBack() {
	x := &k.setup
	if x.busy {
		x.busy, x.note = false, nil
		x.stop()
		if x.page == screen.SetupCode {
			return
		}
	}
	x.note, x.asking = nil, false
	switch x.page {
	case screen.SetupCode:
		x.page = screen.SetupOffice
	case screen.SetupAddress, screen.SetupPaper:
		x.page = screen.SetupPrinter
	default:
		k.step(screen.SetupSummary)
	}
}

// done goes back to the summary, with a word on what was done.
func (k *Kiosk) done(err error) bool {
	if k.fails(err) {
		return false
	}
	k.step(screen.SetupSummary)
	return true
}

// typedHub is the address of the hub that was written, empty where it is none.
func (k *Kiosk) typedHub() string {
	hub := strings.TrimSuffix(strings.TrimSpace(k.setup.written[screen.SetupOffice]), "/")
	if hub != "" && !strings.Contains(hub, "://") {
		hub = "https://" + hub
	}
	if _, host, _ := strings.Cut(hub, "://"); !strings.ContainsAny(host, ".:") {
		return ""
	}
	return hub
}

// fitting is a width at which a card fits on the picture.
func (k *Kiosk) fitting(mm float32) float32 {
	room := float32(0.88)
	if !k.sizes.Portrait {
		room = 0.52
	}
	return min(max(mm, leastMM, 85.6/room), mostMM)
}

// set does what was chosen on a page.
func (k *Kiosk) set(what, value string) {
	s, x := k.cfg.Setup, &k.setup
	if !k.free() {
		return
	}
	state := s.State()
	x.note = nil
	switch what {
	case screen.SetLanguage:
		if value == "" {
			k.done(s.Language(state.Language.Code))
			break
		}
		if !k.fails(s.Language(kiosk.Language(value))) {
			k.firstLanguage(kiosk.Language(value))
		}
	case screen.SetConnect:
		k.connect(k.typedHub(), x.written[screen.SetupCode])
	case screen.SetSame:
		if k.done(s.Compared(value == "yes")) && value != "yes" {
			x.page = screen.SetupOffice
			k.tell("setup.office.differed", true, "kiosk", state.Enrolled.Kiosk)
		}
	case screen.SetLook:
		k.lookForPrinters()
	case screen.SetPrinter:
		k.choosePrinter(value, state)
	case screen.SetPaper:
		x.chosen.Paper = value
		if !k.fails(s.Printer(x.chosen)) {
			x.page = screen.SetupTest
		}
	case screen.SetTest:
		k.testPrinter()
	case screen.SetWhole:
		if x.asking = false; value != "yes" {
			k.tell("setup.test.mend", true)
			break
		}
		k.done(s.CameOut())
	case screen.SetWidth:
		mm, err := strconv.ParseFloat(value, 32)
		switch {
		case value == "smaller":
			mm = float64(x.card) * aHair
		case value == "larger":
			mm = float64(x.card) / aHair
		case err != nil:
			mm = float64(x.card)
		}
		x.card = k.fitting(float32(mm))
	case screen.SetScreen:
		mm := float32(math.Round(float64(x.card)))
		if k.done(s.Width(mm)) {
			k.cfg.WidthMM = mm
			k.resize(k.window.Canvas().Size())
		}
	case screen.SetSound:
		k.chooseSound(value, state)
	case screen.SetHear:
		if v := k.cfg.Voice; v != nil {
			w := k.cfg.Words.In(k.visit.Language())
			v.Say(w.Voice(), w.T("setup.sound.spoken"))
		}
	case screen.SetFetch:
		k.fetchPeople()
	case screen.SetPIN:
		k.tryPIN(x.written[screen.SetupPIN])
	case screen.SetFinish:
		s.Finish()
	}
}

// firstLanguage speaks the language that was chosen.
func (k *Kiosk) firstLanguage(code kiosk.Language) {
	k.visit.SetLanguage(code)
	k.unread = true
	for _, l := range k.cfg.Words.Languages() {
		if l.Code == code {
			others := slices.DeleteFunc(slices.Clone(k.cfg.Languages), func(o words.Language) bool { return o.Code == code })
			k.cfg.Languages = append([]words.Language{l}, others...)
		}
	}
}

func (k *Kiosk) chooseSound(value string, state screen.Setup) {
	if value != "" {
		k.fails(k.cfg.Setup.Sound(value))
		return
	}
	if value = state.Sound; value == "auto" || !state.Speaks {
		value = map[bool]string{true: "speaker", false: "none"}[state.Speaks]
	}
	k.done(k.cfg.Setup.Sound(value))
}

// behind does something that takes its time, and ends on the UI goroutine: unless the
// page was left meanwhile.
func (k *Kiosk) behind(most time.Duration, key string, do func(context.Context) error, end func(error)) {
	ctx, stop := context.WithTimeout(k.ctx, most)
	k.setup.busy, k.setup.yields, k.setup.stop = true, false, stop
	k.tell(key, false)
	k.setup.run++
	round, run := k.round, k.setup.run
	k.work.Go(func() {
		defer stop()
		err := do(ctx)
		k.cfg.OnUI(func() {
			defer k.guard()
			if round != k.round || run != k.setup.run || !k.setup.busy {
				return
			}
			k.touched, k.setup.busy, k.setup.note = k.cfg.Now(), false, nil
			end(err)
			k.turn()
		})
	})
}

// connect enrols the kiosk.
func (k *Kiosk) connect(hub, code string) {
	k.setup.page = screen.SetupCode
	k.behind(connecting, "setup.office.wait", func(ctx context.Context) error { return k.cfg.Setup.Enrol(ctx, hub, code) }, func(err error) {
		if k.fails(err) {
			return
		}
		k.setup.written = map[string]string{}
		k.setup.page = screen.SetupOffice // its words
	})
}

// ticketRead enrols by what a scanner read on the hub's page.
func (k *Kiosk) ticketRead(text string) {
	if k.setup.busy || k.setup.page != screen.SetupOffice && k.setup.page != screen.SetupCode && k.setup.page != screen.SetupSummary {
		return
	}
	if e := k.cfg.Setup.State().Enrolled; e != nil && !e.Anew {
		return
	}
	k.touched = k.cfg.Now()
	if hub, code, ok := k.cfg.Setup.Ticket(text); ok {
		k.setup.written[screen.SetupOffice] = hub // if the code is typed then
		k.connect(hub, code)
	} else {
		k.setup.page = screen.SetupOffice
		k.tell("setup.office.bad.ticket", true)
	}
	k.turn()
}

func (k *Kiosk) lookForPrinters() {
	var found []screen.FoundPrinter
	k.behind(searching, "setup.printer.looking", func(ctx context.Context) error { found = k.cfg.Setup.Find(ctx); return nil },
		func(error) { k.setup.found = append([]screen.FoundPrinter{}, found...) })
	k.setup.yields = true
}

// choosePrinter takes a printer that was found or typed, or none.
func (k *Kiosk) choosePrinter(address string, state screen.Setup) {
	s, x := k.cfg.Setup, &k.setup
	switch {
	case address == "":
		k.done(s.Printer(screen.FoundPrinter{}))
		return
	case address == "typed":
		var err error
		if address, err = s.Address(x.written[screen.SetupAddress]); k.fails(err) {
			return
		}
	}
	x.chosen = screen.FoundPrinter{Name: address, Address: address, Paper: "80mm"}
	if i := slices.IndexFunc(x.found, func(f screen.FoundPrinter) bool { return f.Address == address }); i >= 0 {
		x.chosen = x.found[i]
	}
	if state.Printer.Address == address {
		x.chosen = state.Printer
	}
	x.page = screen.SetupPaper
}

func (k *Kiosk) testPrinter() {
	var result printer.Result
	k.behind(printing, "front.printing", func(ctx context.Context) error { result = k.cfg.Setup.Test(ctx); return nil }, func(error) {
		switch {
		case result.Outcome != printer.NotStarted:
			k.setup.asking = true
		case k.cfg.Words.Has("front.printer." + string(result.Fault) + ".do"):
			k.tell("front.printer."+string(result.Fault)+".do", true)
		default:
			k.tell("front.notprinted", true)
		}
	})
}

func (k *Kiosk) fetchPeople() {
	k.behind(connecting, "setup.pin.fetching", k.cfg.Setup.People, func(err error) {
		if !k.fails(err) && k.cfg.Setup.State().People == 0 {
			k.tell("front.pin.nobody", true)
		}
	})
	k.setup.yields = true // PINs work without a network
}

// tryPIN says whose a PIN is.
func (k *Kiosk) tryPIN(pin string) {
	k.setup.written[screen.SetupPIN] = ""
	if len(pin) < staff.Digits {
		k.tell("front.pin.line", true)
		return
	}
	name := ""
	k.behind(connecting, "front.pin.checking", func(context.Context) (err error) { name, err = k.cfg.Setup.Enter(pin); return err }, func(err error) {
		var wait *staff.WaitError
		switch {
		case err == nil:
			k.step(screen.SetupSummary)
			k.tell("setup.pin.works", false, "name", name)
		case errors.As(err, &wait):
			k.tell("front.pin.wait", true, "n", max(1, seconds(wait.Until.Sub(k.cfg.Now()))))
		case errors.Is(err, staff.ErrNobody):
			k.tell("front.pin.nobody", true)
		case errors.Is(err, staff.ErrPIN):
			k.tell("front.pin.wrong", true)
		default:
			k.cfg.Log.Error("check a PIN", "err", err)
			k.tell("front.pin.failed", true)
		}
	})
}

// tickSetup forgets what somebody left behind on a page. A kiosk that was set up
// before serves again.
func (k *Kiosk) tickSetup(quietFor time.Duration) {
	switch {
	case k.setup.busy || quietFor < leftAfter:
	case k.cfg.Setup.Done:
		k.touched = k.cfg.Now()
		k.cfg.Setup.Finish()
	case k.setup.page != screen.SetupSummary || k.sheet != noSheet:
		language := k.visit.Language()
		k.wipe()
		k.visit.SetLanguage(language)
		k.touched = k.cfg.Now()
		k.turn()
	}
	if k.today().Minute() != k.minute && !k.finger.Down() {
		k.draw()
	}
}
