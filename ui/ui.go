// Package ui is what a visitor sees and touches: it owns the one visit at the
// glass, picks the screen for where it stands, and wipes everything when the
// visitor is gone.
package ui

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"

	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/printer"
	"loket/kiosk/receipt"
	"loket/kiosk/track"
	"loket/kiosk/visit"
	"loket/kiosk/words"
	"loket/ui/screen"
	"loket/ui/theme"
	"loket/ui/widget"
)

// Config is what a kiosk's window needs. All but Print, Log and OnUI must be set.
type Config struct {
	Theme        *theme.Theme
	Catalogue    *form.Catalogue
	Words        *words.Catalogue
	Office       kiosk.Office
	WidthMM      float32 // of the picture
	File         func(context.Context, kiosk.Draft) (receipt.Receipt, error)
	Print        func(context.Context, receipt.Receipt) printer.Result // nil: no printer
	Track        func(context.Context, kiosk.Number, kiosk.Code) (kiosk.Tracking, error)
	Connected    func() bool
	Now          func() time.Time
	Idle         time.Duration // without a touch before the warning
	IdleWriting  time.Duration // the same, on pages where people write
	Countdown    time.Duration // of the warning, then everything is wiped
	ReceiptStays time.Duration
	Log          *slog.Logger
	OnUI         func(func()) // runs a function on the UI goroutine; fyne.Do if nil
}

// place is where the visitor stands, beside the pages of the visit itself.
type place int

const (
	visiting place = iota // home, questions and review: the visit knows which
	before
	sending
	receiptShown
	lookUp
	looking
	status
)

// settle is how long touches are ignored after a page change: the second tap
// of an impatient finger must not press what came up under it.
const settle = 300 * time.Millisecond

// Kiosk is the window's content. All of it runs on the UI goroutine.
type Kiosk struct {
	cfg    Config
	window fyne.Window
	sizes  theme.Sizes
	stop   context.CancelFunc
	ctx    context.Context
	work   sync.WaitGroup

	visit    *visit.Visit
	at       place
	problem  func(words.Words) string // about the answer or the sending
	reveal   bool
	given    receipt.Receipt
	print    screen.Print
	number   string // being looked up
	code     string
	message  string
	tracking kiosk.Tracking
	sheet    string // "", "idle" or "restart"

	shown   screen.Screen
	over    screen.Screen
	changed time.Time
	touched time.Time
	left    int // seconds shown in a countdown
	minute  int // shown on the clock
	online  bool
	round   int // grows when everything is wiped: late results are dropped
}

// New makes a kiosk; [Kiosk.Attach] shows it.
func New(cfg Config) *Kiosk {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.OnUI == nil {
		cfg.OnUI = fyne.Do
	}
	k := &Kiosk{cfg: cfg, touched: cfg.Now(), online: cfg.Connected()}
	k.visit = visit.New(cfg.Catalogue, k.today)
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
	c.SetOnTypedRune(func(r rune) {
		if b := k.shown.Keyboard; b != nil && k.sheet == "" {
			k.touched = k.cfg.Now()
			b.Rune(r)
		}
	})
	c.SetOnTypedKey(func(e *fyne.KeyEvent) {
		if b := k.shown.Keyboard; b != nil && k.sheet == "" {
			k.touched = k.cfg.Now()
			b.Named(e.Name)
		}
	})
	k.work.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-k.ctx.Done():
				return
			case <-tick.C:
				k.cfg.OnUI(k.Tick)
			}
		}
	})
}

// Close stops the clock and what is under way.
func (k *Kiosk) Close() {
	k.stop()
}

// whole draws the kiosk anew when the window changes its size.
type whole struct{ k *Kiosk }

// Layout implements fyne.Layout.
func (l *whole) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	if size.Width < 100 || size.Height < 100 || size.Width == l.k.sizes.Width && size.Height == l.k.sizes.Height {
		return
	}
	l.k.sizes = theme.SizesFor(size.Width, size.Height, l.k.cfg.WidthMM)
	l.k.draw()
}

// MinSize implements fyne.Layout.
func (l *whole) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 320) }

// Shown is the screen at the front: the sheet if one is open. For tests.
func (k *Kiosk) Shown() screen.Screen {
	if k.sheet != "" {
		return k.over
	}
	return k.shown
}

func (k *Kiosk) view() screen.View {
	w := k.cfg.Words.In(k.visit.Language())
	return screen.View{
		Kit: widget.Kit{Theme: k.cfg.Theme, Sizes: k.sizes}, Words: w,
		Ministry: k.cfg.Catalogue.Ministry.In(w.Language), Office: k.cfg.Office.Name.In(w.Language),
		Now: k.today(), Do: k.do, Ready: k.settled,
	}
}

// draw draws the current screen, and a sheet over it if one is open.
func (k *Kiosk) draw() {
	if k.sizes.Width == 0 {
		return
	}
	v := k.view()
	page := k.visit.Page()
	problem := ""
	if k.problem != nil {
		problem = k.problem(v.Words)
	}
	switch {
	case k.at == before:
		k.shown = screen.Before(v, k.visit.Form())
	case k.at == sending:
		k.shown = screen.Sending(v)
	case k.at == receiptShown:
		x := k.given
		x.Language = v.Words.Language
		s, err := screen.Receipt(v, x, k.print, k.online, k.left)
		if err != nil {
			k.cfg.Log.Error("receipt screen", "err", err)
		}
		k.shown = s
	case k.at == lookUp:
		k.shown = screen.LookUpPage(v, k.number, k.code, k.message)
	case k.at == looking:
		k.shown = screen.Looking(v)
	case k.at == status:
		k.shown = screen.Status(v, k.tracking)
	case page.Kind == visit.Question:
		k.shown = screen.Question(v, k.visit.Form(), page, k.visit.Value(), problem, k.cfg.Catalogue, k.cfg.Office.ID)
	case page.Kind == visit.Review:
		k.shown = screen.Review(v, k.visit.Form(), k.visit.Asked(), k.visit.Draft(), problem, k.reveal, k.cfg.Catalogue)
	default:
		k.shown = screen.Home(v, k.cfg.Catalogue.Forms, k.online)
	}
	objects := []fyne.CanvasObject{k.shown.Object}
	switch k.sheet {
	case "idle":
		other := kiosk.English
		if v.Words.Language == kiosk.English {
			other = kiosk.Indonesian
		}
		k.over = screen.Idle(v, k.cfg.Words.In(other), k.left)
		objects = append(objects, newShield(k.sizes), k.over.Object)
	case "restart":
		k.over = screen.StartOver(v)
		objects = append(objects, newShield(k.sizes), k.over.Object)
	}
	objects = append(objects, newPointer(k.sizes))
	root := k.window.Content().(*fyne.Container)
	root.Objects = objects
	root.Refresh()
	k.minute = k.today().Minute()
}

// turn goes to another page.
func (k *Kiosk) turn() {
	k.changed = k.cfg.Now()
	k.draw()
}

// do does what the visitor did.
func (k *Kiosk) do(a screen.Action) {
	now := k.cfg.Now()
	k.touched = now
	if typed, ok := a.(screen.Typed); ok {
		k.visit.Answer(typed.Text)
		return
	}
	if !k.settled() {
		return
	}
	if k.at == sending || k.at == looking {
		if _, ok := a.(screen.Language); !ok {
			return
		}
	}
	switch a := a.(type) {
	case screen.Language:
		l := kiosk.English
		if k.visit.Language() == kiosk.English {
			l = kiosk.Indonesian
		}
		k.visit.SetLanguage(l)
	case screen.Open:
		k.visit.Start(a.Form)
		k.at = before
	case screen.Begin:
		k.at = visiting
	case screen.Chosen:
		k.visit.Answer(a.Value)
		k.problem = nil
	case screen.Continue:
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
	case screen.Track:
		k.at = lookUp
	case screen.LookUp:
		k.lookUp(a)
	case screen.Done, screen.Erase:
		k.wipe()
	case screen.Restart:
		if k.visit.Dirty() {
			k.sheet = "restart"
		} else {
			k.wipe()
		}
	case screen.Stay:
		k.sheet = ""
	}
	k.turn()
}

// settled reports whether the page has stood long enough to be touched.
func (k *Kiosk) settled() bool { return k.cfg.Now().Sub(k.changed) >= settle }

// say keeps the first problem to be shown, in whatever language.
func (k *Kiosk) say(problems form.Problems) {
	k.problem = nil
	if len(problems) > 0 {
		k.problem = problems[0].Text
	}
}

func (k *Kiosk) back() {
	k.problem = nil
	switch {
	case k.at == lookUp:
		k.wipeKeepingLanguage()
	case k.at == before:
		k.wipeKeepingLanguage()
	case k.visit.Page().Kind == visit.Question && k.visit.Page().Index == 0:
		k.at = before
	default:
		k.visit.Back()
	}
}

// wipe forgets the visit: every word of it, on every screen.
func (k *Kiosk) wipe() {
	k.visit.Clear()
	k.at, k.problem, k.reveal, k.sheet, k.message = visiting, nil, false, "", ""
	k.number, k.code, k.left = "", "", 0
	k.given, k.tracking, k.print = receipt.Receipt{}, kiosk.Tracking{}, screen.Print{}
	k.shown, k.over = screen.Screen{}, screen.Screen{}
	k.round++
}

func (k *Kiosk) wipeKeepingLanguage() {
	l := k.visit.Language()
	k.wipe()
	k.visit.SetLanguage(l)
}

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
	k.at, k.problem = sending, nil
	draft, round := k.visit.Draft(), k.round
	k.work.Go(func() {
		// Not k.ctx: a report being stored is not to be given up half way.
		given, err := k.cfg.File(context.Background(), draft)
		k.cfg.OnUI(func() { k.filed(round, given, err) })
	})
}

func (k *Kiosk) filed(round int, given receipt.Receipt, err error) {
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
	default:
		language := k.visit.Language()
		k.visit.Clear()
		k.visit.SetLanguage(language)
		k.at, k.given, k.online = receiptShown, given, k.cfg.Connected()
		k.print = screen.Print{Key: "print.none"}
		if k.cfg.Print != nil {
			k.print = screen.Print{Key: "print.printing", Well: true}
			k.work.Go(func() {
				ctx, done := context.WithTimeout(k.ctx, time.Minute)
				defer done()
				r := k.cfg.Print(ctx, given)
				k.cfg.OnUI(func() { k.printed(round, r) })
			})
		}
	}
	k.turn()
}

func (k *Kiosk) printed(round int, r printer.Result) {
	if round != k.round || k.at != receiptShown {
		return
	}
	switch {
	case r.Fault == printer.PaperOut:
		k.print = screen.Print{Key: "print.paper"}
	case r.Outcome == printer.Confirmed, r.Outcome == printer.Assumed:
		k.print = screen.Print{Key: "print.done", Well: true}
	case r.Outcome == printer.NotStarted && r.Fault == printer.NoFault:
		k.print = screen.Print{Key: "print.none"}
	case r.Outcome == printer.Unknown:
		k.print = screen.Print{Key: "print.unknown"}
	default:
		k.print = screen.Print{Key: "print.failed"}
	}
	k.draw()
}

func (k *Kiosk) lookUp(a screen.LookUp) {
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
	k.at = looking
	round := k.round
	k.work.Go(func() {
		ctx, done := context.WithTimeout(k.ctx, 15*time.Second)
		defer done()
		t, err := k.cfg.Track(ctx, number, code)
		k.cfg.OnUI(func() {
			if round != k.round {
				return
			}
			k.touched = k.cfg.Now()
			switch {
			case err != nil:
				k.at, k.message = lookUp, "lookup.unreachable"
			case t.Result == kiosk.TrackUnknown:
				k.at, k.message = lookUp, "lookup.unknown"
			default:
				k.at, k.tracking, k.number, k.code = status, t, "", ""
			}
			k.turn()
		})
	})
}

// Tick is the second hand: it warns, counts down, wipes, and moves the clock.
// It draws only when what is shown changes.
func (k *Kiosk) Tick() {
	if k.sizes.Width == 0 {
		return
	}
	idle := k.cfg.Now().Sub(k.touched)
	home := k.at == visiting && k.visit.Page().Kind == visit.Home
	limit := k.cfg.Idle
	if k.shown.Keyboard != nil {
		limit = k.cfg.IdleWriting
	}
	switch {
	case k.at == sending || k.at == looking:
	case home:
		online := k.cfg.Connected()
		changedLanguage := k.visit.Language() != kiosk.Indonesian && idle > limit
		if changedLanguage {
			k.wipe()
		}
		if changedLanguage || online != k.online || k.today().Minute() != k.minute {
			k.online = online
			k.draw()
		}
	case k.at == receiptShown:
		left := seconds(k.cfg.ReceiptStays - idle)
		k.countdown(left, "", left <= 20)
	case idle >= limit:
		k.countdown(seconds(limit+k.cfg.Countdown-idle), "idle", true)
	case k.sheet == "idle":
		k.sheet = ""
		k.draw()
	}
}

func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// countdown shows left seconds, on a sheet or on the screen, and wipes at 0.
func (k *Kiosk) countdown(left int, sheet string, show bool) {
	switch {
	case left <= 0:
		k.wipe()
		k.touched = k.cfg.Now()
		k.turn()
	case !show && k.left != 0:
		k.left = 0
		k.draw()
	case show && (k.left != left || k.sheet != sheet):
		k.left = left
		if sheet != "" {
			k.sheet = sheet
		}
		k.draw()
	}
}

// pointer hides the mouse pointer and, on the receipt and the idle sheet,
// nothing else: taps pass through.
type pointer struct{ fynewidget.BaseWidget }

var _ desktop.Cursorable = (*pointer)(nil)

func newPointer(s theme.Sizes) *pointer {
	p := &pointer{}
	p.ExtendBaseWidget(p)
	p.Resize(fyne.NewSize(s.Width, s.Height))
	return p
}

// Cursor implements desktop.Cursorable.
func (p *pointer) Cursor() desktop.Cursor { return desktop.HiddenCursor }

// CreateRenderer draws nothing.
func (p *pointer) CreateRenderer() fyne.WidgetRenderer {
	return fynewidget.NewSimpleRenderer(&fyne.Container{})
}

// shield takes the touches meant for what lies under a sheet.
type shield struct{ fynewidget.BaseWidget }

var _ desktop.Mouseable = (*shield)(nil)

func newShield(s theme.Sizes) *shield {
	h := &shield{}
	h.ExtendBaseWidget(h)
	h.Resize(fyne.NewSize(s.Width, s.Height))
	return h
}

// MouseDown implements desktop.Mouseable.
func (h *shield) MouseDown(*desktop.MouseEvent) {}

// MouseUp implements desktop.Mouseable.
func (h *shield) MouseUp(*desktop.MouseEvent) {}

// CreateRenderer draws nothing.
func (h *shield) CreateRenderer() fyne.WidgetRenderer {
	return fynewidget.NewSimpleRenderer(&fyne.Container{})
}
