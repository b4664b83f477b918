// Package ui is what a visitor sees and touches: it owns the one visit at the
// glass, picks the screen for where it stands, and wipes everything when the
// visitor is gone.
package ui

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/printer"
	"loket/kiosk/published"
	"loket/kiosk/receipt"
	"loket/kiosk/visit"
	"loket/kiosk/words"
	"loket/ui/screen"
	"loket/ui/theme"
	"loket/ui/widget"
)

// Voice speaks. Say stops what is being said and returns at once; voice is
// the name of one for the language, from the words catalogue.
type Voice interface {
	Say(voice, text string)
	Stop()
}

// Config is what a kiosk's window needs. All but Print, Printer, Settle,
// Known, Published, CanScan, Scan, Voice, Closed, Front, Setup, Log and OnUI must be set.
type Config struct {
	Theme        *theme.Theme
	Catalogue    *form.Catalogue
	Words        *words.Catalogue
	Languages    []words.Language // that visitors can choose, the first at home
	Office       kiosk.Office
	WidthMM      float32 // of the picture
	BottomMM     float32 // of the picture's lower edge above the floor
	File         func(context.Context, kiosk.Draft) (receipt.Receipt, error)
	Print        func(context.Context, receipt.Receipt) printer.Result // nil: no printer
	Printer      func(context.Context) printer.State                   // asked now and then; nil: no printer
	Settle       func(kiosk.Number)                                    // the visitor has the receipt: its secret can go
	Track        func(context.Context, kiosk.Number, kiosk.Code) (kiosk.Tracking, error)
	Known        func(context.Context, kiosk.Number) (screen.Known, error) // of a report while the hub cannot be asked; may be nil
	Connected    func() bool
	Published    func() *published.Index               // information that is public already; nil: none is known here
	CanScan      func() bool                           // a scanner for papers is there; nil: never
	Scan         func(context.Context) ([]byte, error) // scans a paper, as JPEG; nil: cannot
	Closed       func() string                         // key of the sentence why the kiosk takes nothing now, or empty
	Front        *Front                                // the receptionist's part; nil: there is none
	Setup        *Setup                                // the kiosk is being set up, and takes nothing; see [NewSetup]
	Stale        func() bool                           // what the window was made with is old; may be nil
	Renew        func()                                // makes the window anew; called between visits, while nobody touches
	Now          func() time.Time
	Voice        Voice         // nil: the kiosk has no sound
	Earphones    bool          // only the visitor hears the voice
	Scanner      bool          // a scanner is there; it types what it reads
	ABC          bool          // letters in the order of the alphabet, to begin with
	Motion       bool          // pages fade in
	Idle         time.Duration // without a touch before the warning
	IdleWriting  time.Duration // the same, on pages where people write
	Countdown    time.Duration // of the warning, then everything is wiped
	ReceiptStays time.Duration
	Attract      time.Duration // at home without a touch before the attract screen
	Log          *slog.Logger
	OnUI         func(func()) // runs a function on the UI goroutine; fyne.Do if nil
}

// place is where the visitor stands, beside the pages of the visit itself.
type place int

const (
	visiting place = iota // home, questions and review: the visit knows which
	attract
	howTo
	before
	privacy
	seeking
	looked
	foundIt
	sending
	receiptShown
	rating
	thanks
	lookUp
	looking
	scanning
	status
	unasked // the hub cannot be asked
	closed
	trouble
	frontDoor
	frontPage
	frontShut
	consent
	paperDay
	carrying
	settingUp
)

// What lies over the screen.
type sheet string

const (
	noSheet   sheet = ""
	idle      sheet = "idle"
	restart   sheet = "restart"
	languages sheet = "languages"
	noSound   sheet = "nosound"
	called    sheet = "called"
)

const (
	// settle is how long touches are ignored after a page change: the second
	// tap of an impatient finger must not press what came up under it.
	settle = 300 * time.Millisecond
	// reachMM is how high a seated visitor reaches over an obstruction (ADA
	// 2010 308.2.2 and 308.3.2: 1120 mm).
	reachMM       = 1120
	thanksStays   = 6 * time.Second
	ratingStays   = 30 * time.Second
	foundStays    = time.Minute // long enough to scan a code
	troubleStays  = 30 * time.Second
	callStays     = 4 * time.Minute
	attractTurns  = 8 * time.Second
	patientFactor = 3                // more time with reading aloud or larger text
	askPrinter    = 20 * time.Second // home says before a visit that there is no paper
	fade          = 100 * time.Millisecond
	siftAfter     = 250 * time.Millisecond // a pause in writing
	renewAfter    = 15 * time.Second       // at home without a touch
	lookFor       = 15 * time.Second       // the hub is asked
	slowAfter     = 3 * time.Second        // the visitor is told how long it takes
	looksAMinute  = 10                     // of numbers; more is somebody trying
)

// Kiosk is the window's content. All of it runs on the UI goroutine.
type Kiosk struct {
	cfg    Config
	hours  kiosk.Week // of the office
	window fyne.Window
	sizes  theme.Sizes
	stop   context.CancelFunc
	ctx    context.Context
	work   sync.WaitGroup
	finger widget.Finger

	visit     *visit.Visit
	at        place
	problem   func(words.Words) string // about the answer or the sending
	reveal    bool
	search    *string // an option being looked for
	given     receipt.Receipt
	slip      bool // a receipt was given, not only an opinion taken
	print     screen.Print
	outcome   printer.Outcome // of the given receipt, as far as is known
	number    string          // being looked up
	code      string
	message   string
	tracking  kiosk.Tracking
	known     *screen.Known    // of a report that the hub could not be asked about; nil where nothing is
	list      *published.Index // of this visit: a newer one waits until it is over
	sought    string           // looked for in it
	sifted    string           // what is shown was found with
	writing   bool             // the words to look for
	item      published.Item   // looked at
	sheet     sheet
	papers    papers
	helped    *kiosk.Helped // staff write for the visitor
	front     front
	setup     setup
	unprinted unprinted // the receipt that did not come out last

	// What a visitor sets for themselves; gone with the visit.
	text     int // index of theme.TextScales
	contrast bool
	reach    bool
	reading  bool
	veiled   bool
	abc      bool
	focus    string // id of the control the arrow keys stand on
	heard    string // id of the control that was named and acts when touched again

	gallery func(screen.View) screen.Screen // in place of everything

	shown   screen.Screen
	over    screen.Screen
	page    string // names what is shown, to see whether it changed
	unread  bool   // what is shown is to be read aloud though the page is the same
	changed time.Time
	touched time.Time
	drawn   time.Time
	pace    atomic.Int64 // time.Duration until the next tick
	left    int          // seconds shown in a countdown
	turnOf  int          // sentence of the attract screen
	minute  int          // shown on the clock
	online  bool
	paper   bool
	round   int // grows when everything is wiped: late results are dropped

	scan      scan // what is being typed, by a scanner perhaps
	scanTimer *time.Timer
	scanned   time.Time // when a scanner had typed last

	asking kiosk.Number       // the hub is asked about
	began  time.Time          // asking
	leave  context.CancelFunc // ends the asking
	asked  []time.Time        // the look-ups of the last minute

	wiped   time.Time // when everything was wiped last
	forgot  int       // how many of forgets were done since
	painted bool      // the next of them painted, so that Fyne forgets too
}

// New makes a kiosk; [Kiosk.Attach] shows it.
func New(cfg Config) *Kiosk {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.OnUI == nil {
		cfg.OnUI = fyne.Do
	}
	if cfg.Settle == nil {
		cfg.Settle = func(kiosk.Number) {}
	}
	if cfg.Closed == nil {
		cfg.Closed = func() string { return "" }
	}
	k := &Kiosk{cfg: cfg, touched: cfg.Now(), online: cfg.Connected(), abc: cfg.ABC, paper: cfg.Print != nil, forgot: len(forgets)}
	k.hours, _ = kiosk.ParseHours(cfg.Office.Hours) // checked with the catalogue
	k.visit = visit.New(cfg.Catalogue, k.today)
	k.takeList()
	return k
}

func (k *Kiosk) today() time.Time { return k.cfg.Now().In(k.cfg.Office.Location()) }

// Attach shows the kiosk in a window and starts its clock.
func (k *Kiosk) Attach(w fyne.Window) {
	k.window = w
	k.ctx, k.stop = context.WithCancel(context.Background())
	w.SetPadded(false)
	w.SetContent(&fyne.Container{Layout: &whole{k}, Objects: nil})
	c := w.Canvas()
	c.SetOnTypedRune(k.typed)
	c.SetOnTypedKey(func(e *fyne.KeyEvent) { k.pressed(e.Name) })
	if k.cfg.Printer != nil {
		k.work.Go(k.watchPrinter)
	}
	k.pace.Store(int64(time.Second))
	k.work.Go(func() {
		for {
			select {
			case <-k.ctx.Done():
				return
			case <-time.After(time.Duration(k.pace.Load())):
				k.cfg.OnUI(func() {
					k.Tick()
					k.pace.Store(int64(k.nextTick()))
				})
			}
		}
	})
}

// Close stops the clock and waits for a report that is being stored.
func (k *Kiosk) Close() {
	k.stop()
	k.dropTimer()
	k.work.Wait()
}

// whole draws the kiosk anew when the window changes its size.
type whole struct{ k *Kiosk }

// Layout implements fyne.Layout.
func (l *whole) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	if size.Width < 100 || size.Height < 100 || size.Width == l.k.sizes.Width && size.Height == l.k.sizes.Height {
		return
	}
	l.k.resize(size)
	l.k.draw()
}

// MinSize implements fyne.Layout.
func (l *whole) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 320) }

func (k *Kiosk) resize(size fyne.Size) {
	k.sizes = theme.SizesFor(size.Width, size.Height, k.cfg.WidthMM, theme.TextScales[k.text])
}

// Shown is the screen at the front: the sheet if one is open. For tests.
func (k *Kiosk) Shown() screen.Screen {
	if k.sheet != noSheet {
		return k.over
	}
	return k.shown
}

// reachTop is the y above which a seated visitor does not reach, 0 where all
// is in reach.
func (k *Kiosk) reachTop() float32 {
	top := k.sizes.Height - (reachMM-k.cfg.BottomMM)*k.sizes.PxPerMM
	if !k.sizes.Portrait || top < k.sizes.Header {
		return 0
	}
	return min(top, k.sizes.Height*0.55)
}

// languageKey is what the bar's key says: the other of two languages, or that
// there are more.
func (k *Kiosk) languageKey() string {
	if len(k.cfg.Languages) > 2 {
		return k.cfg.Words.In(k.visit.Language()).T("bar.more")
	}
	return k.other().Name
}

// other is the language after the one of the visit.
func (k *Kiosk) other() words.Language {
	for i, l := range k.cfg.Languages {
		if l.Code == k.visit.Language() {
			return k.cfg.Languages[(i+1)%len(k.cfg.Languages)]
		}
	}
	return k.cfg.Languages[0]
}

func (k *Kiosk) view(samePage bool) screen.View {
	w := k.cfg.Words.In(k.visit.Language())
	palette := theme.Light
	if k.contrast {
		palette = theme.HighContrast
	}
	v := screen.View{
		Kit:   widget.Kit{Theme: k.cfg.Theme, Colour: palette, Sizes: k.sizes, Finger: &k.finger, Explore: k.explore, Quiet: k.quiet},
		Words: w, Ministry: k.cfg.Catalogue.Ministry.In(w.Language), Office: k.cfg.Office.Name.In(w.Language), Hours: w.Hours(k.hours),
		Now: k.today(), Do: k.do, Ready: k.settled, LanguageKey: k.languageKey(),
		ReachTop: k.reachTop(), Reach: k.reach && k.reachTop() > 0, Voice: k.cfg.Voice != nil, Scanner: k.cfg.Scanner, Reading: k.reading, Earphones: k.cfg.Earphones,
		Veiled: k.veiled, ABC: k.abc, Offset: -1, Caret: -1, Helped: k.helpedBy(w),
	}
	if k.cfg.Setup != nil {
		v.Setup, v.Office, v.ReachTop = true, w.T("setup.title"), 0
	}
	if samePage {
		if k.shown.Scroll != nil {
			v.Offset = k.shown.Scroll.Offset()
		}
		if k.shown.Keyboard != nil {
			v.Caret = k.shown.Keyboard.Target().Caret()
		}
	}
	return v
}

// where names the page shown: touches settle when it changes.
func (k *Kiosk) where() string {
	p := k.visit.Page()
	return fmt.Sprint(k.at, p.Kind, p.Field.ID, k.search != nil, k.writing, k.sheet, len(k.visit.Pages()), k.setup.page, k.setup.busy, k.setup.asking)
}

// draw draws the current screen, and a sheet over it if one is open.
func (k *Kiosk) draw() {
	if k.sizes.Width == 0 {
		return
	}
	k.drawn = k.cfg.Now()
	page := k.where()
	v := k.view(page == k.page)
	if page != k.page {
		k.finger.Lift()
		k.heard = ""
	}
	k.shown = k.current(v)
	floor := newShield(k.sizes, &k.finger, nil)
	floor.at = k.knock
	objects := []fyne.CanvasObject{floor, k.shown.Object}
	v.Offset, v.Caret = -1, -1
	switch k.sheet {
	case idle:
		k.over = screen.Idle(v, k.cfg.Words.In(k.other().Code), k.left, seconds(k.cfg.Countdown))
	case restart:
		k.over = screen.StartOver(v)
	case languages:
		k.over = screen.Languages(v, k.cfg.Languages)
	case noSound:
		k.over = screen.NoSound(v)
	case called:
		k.over = screen.Called(v, k.visit.Dirty())
	}
	if k.sheet != noSheet {
		var touch func()
		if k.sheet == idle {
			touch = func() { k.do(screen.Stay{}) } // any touch is a sign of life
		}
		objects = append(objects, newShield(k.sizes, &k.finger, touch), k.over.Object)
	}
	if k.cfg.Motion && !k.contrast && page != k.page && k.page != "" {
		objects = append(objects, k.veil(v))
	}
	objects = append(objects, newPointer(k.sizes))
	root := k.window.Content().(*fyne.Container)
	root.Objects = objects
	root.Refresh()
	k.minute = k.today().Minute()
	fresh := page != k.page
	k.page = page
	k.showFocus(fresh)
}

// veil lies over a new page and fades away.
func (k *Kiosk) veil(v screen.View) fyne.CanvasObject {
	paper := v.Kit.Colour.Paper
	r := canvas.NewRectangle(paper)
	r.Resize(fyne.NewSize(k.sizes.Width, k.sizes.Height-k.sizes.Bar))
	a := fyne.NewAnimation(fade, func(done float32) {
		paper.A = uint8(200 * (1 - done))
		r.FillColor = paper
		if done >= 1 {
			r.Hide()
			return
		}
		r.Refresh()
	})
	a.Start()
	return r
}

// current is the screen for where the visit stands.
func (k *Kiosk) current(v screen.View) screen.Screen {
	page := k.visit.Page()
	problem := ""
	if k.problem != nil {
		problem = k.problem(v.Words)
	}
	switch {
	case k.gallery != nil:
		return k.gallery(v)
	case k.at == attract:
		return screen.Attract(v, k.turnOf)
	case k.at == howTo:
		return screen.HowToPage(v)
	case k.at == before:
		return screen.Before(v, k.visit.Form())
	case k.at == privacy:
		return screen.PrivacyNotice(v)
	case k.at == seeking:
		k.sifted = k.sought
		found, all := k.list.Search(k.sought, published.Filter{}, screen.MostFound)
		return screen.Published(v, screen.Sifting{Form: k.visit.Form(), Words: k.sought, Writing: k.writing, Found: found, All: all, Example: k.list.List().Example})
	case k.at == looked, k.at == foundIt:
		return screen.PublishedItem(v, k.visit.Form(), k.item, k.list.Vocabulary(), k.at == foundIt)
	case k.at == sending:
		return screen.Sending(v, !k.slip)
	case k.at == receiptShown:
		x := k.given
		x.Language = v.Words.Language
		s, err := screen.Receipt(v, x, k.print, k.online, k.left)
		if err != nil {
			panic(err) // the trouble screen says what to do
		}
		return s
	case k.at == rating:
		return screen.Rating(v)
	case k.at == thanks:
		return screen.Thanks(v, k.slip)
	case k.at == lookUp:
		return screen.LookUpPage(v, k.number, k.code, k.message)
	case k.at == looking:
		return screen.Looking(v, k.left, seconds(lookFor))
	case k.at == scanning:
		return screen.Scanning(v)
	case k.at == status:
		return screen.Status(v, k.tracking)
	case k.at == unasked:
		return screen.Unasked(v, k.asking, k.known)
	case k.at == closed:
		reason := ""
		if key := k.cfg.Closed(); key != "" {
			reason = v.Words.T(key)
		}
		return screen.OutOfService(v, reason)
	case k.at == trouble:
		return screen.Trouble(v, k.left)
	case k.at == frontDoor:
		message := ""
		if k.front.message != nil {
			message = k.front.message(v.Words)
		}
		return screen.FrontDoor(v, k.front.pin, message, k.front.busy)
	case k.at == frontPage:
		return screen.FrontPage(v, k.frontState())
	case k.at == frontShut:
		return screen.FrontShutPage(v)
	case k.at == consent:
		return screen.ConsentPage(v, k.front.state.Name)
	case k.at == carrying:
		return screen.StickPage(v, k.front.stick)
	case k.at == settingUp:
		return screen.SetupPage(v, k.setupView())
	case k.at == paperDay:
		return screen.PaperPage(v, kiosk.PaperDays)
	case page.Kind == visit.Question:
		doubt := ""
		if d := k.visit.Doubt(); d != nil {
			doubt = d.Text(v.Words)
		}
		return screen.Question(v, screen.Asked{Form: k.visit.Form(), Page: page, Value: k.visit.Value(), Problem: problem, Doubt: doubt,
			Search: k.search, Catalogue: k.cfg.Catalogue, Here: k.cfg.Office.ID, Offer: k.offer(page.Field.ID),
			Papers: screen.Papers{Count: len(k.visit.Pages()), Last: k.papers.last}})
	case page.Kind == visit.Review:
		return screen.Review(v, k.visit.Form(), k.visit.Asked(), k.visit.Draft(), problem, k.reveal, k.cfg.Catalogue)
	}
	return screen.Home(v, k.cfg.Catalogue.Doors(), k.online, k.paper)
}

// turn shows what came of an action. Touches settle when it is another page.
func (k *Kiosk) turn() {
	if k.where() != k.page {
		k.changed = k.cfg.Now()
	}
	was := k.page
	k.draw()
	if k.page != was || k.unread {
		k.unread = false
		k.readAloud()
	}
}

// guard shows the trouble screen when the program fails, in place of dying
// with a visitor before it. Nothing of the visit is left.
func (k *Kiosk) guard() {
	if r := recover(); r != nil {
		k.cfg.Log.Error("a screen failed", "err", r, "stack", string(debug.Stack()))
		k.wipe()
		k.at, k.touched, k.left = trouble, k.cfg.Now(), seconds(troubleStays)
		k.turn()
	}
}
