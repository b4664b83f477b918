package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"loket/assets"
	"loket/kiosk/disk"
	"loket/kiosk/doctor"
	"loket/kiosk/enrol"
	"loket/kiosk/form"
	"loket/kiosk/printer"
	"loket/kiosk/receipt"
	"loket/kiosk/voice"
	"loket/kiosk/words"
	"loket/store/queue"
)

type doctorCommand struct {
	dataFlag
	JSON bool `help:"As JSON."`
}

// Run looks beside a running window. It ends with an error if something must be
// mended.
func (c *doctorCommand) Run(ctx context.Context, s *streams) error {
	e := &examination{Report: new(doctor.Report), dir: c.Data, now: s.now, station: &station{dir: c.Data}}
	e.run(ctx)
	if err := e.Write(s.out, c.JSON); err != nil {
		return err
	}
	return e.Verdict()
}

// examination is one run of the doctor: what works of the station is opened on the
// way, so that one thing that is wrong does not hide the others.
type examination struct {
	*doctor.Report
	dir     string
	now     func() time.Time
	station *station
}

func (e *examination) run(ctx context.Context) {
	if !e.Folder(e.dir) {
		return
	}
	e.configured()
	e.enrolled()
	var newest time.Time
	if e.queue(ctx) {
		defer e.station.Close()
		newest = e.waiting(ctx)
	}
	if e.station.enrolment != nil {
		e.hub(ctx)
	}
	if e.station.config != nil {
		e.printers(ctx)
		e.voice()
	}
	e.Disk(e.dir, leastFree, 0)
	e.Clock(ctx, e.now(), newest)
	e.memory()
}

// configured looks at kiosk.toml, and whether somebody measured the glass.
func (e *examination) configured() {
	path := filepath.Join(e.dir, "kiosk.toml")
	var err error
	if e.station.config, err = loadConfig(e.dir); err != nil {
		e.Wrong("config", "mend that line; kiosk config prints every setting explained", "%v", err)
		return
	}
	var set map[string]any
	meta, err := toml.DecodeFile(path, &set)
	if errors.Is(err, fs.ErrNotExist) {
		e.Note("config", "kiosk config > "+path+", then change what differs", "there is no kiosk.toml: every setting is as it comes")
	} else {
		e.Well("config", "kiosk.toml can be used")
	}
	if !meta.IsDefined("screen", "width_mm") {
		e.Note("screen", "measure the picture's width and set screen.width_mm", "nobody has said how wide it is: %v mm are taken, and buttons may be too small", e.station.config.Screen.WidthMM)
	} else {
		e.Well("screen", "its picture is %v mm wide", e.station.config.Screen.WidthMM)
	}
}

func (e *examination) enrolled() {
	const anew = "get a code from the hub (hub kiosk add), then run kiosk enrol --data DIR --hub URL --code CODE"
	var err error
	switch e.station.enrolment, err = enrol.Load(e.dir); {
	case errors.Is(err, enrol.ErrNotEnrolled):
		e.Wrong("enrolment", anew, "this kiosk is not enrolled at a hub")
	case errors.Is(err, enrol.ErrPermission):
		e.Wrong("enrolment", disk.Shut(filepath.Join(e.dir, "kiosk.key"))+"; if somebody may have read it, enrol anew", "others may read this kiosk's key")
	case err != nil:
		e.Wrong("enrolment", "keep the folder; "+anew, "%v", err)
	case !e.officeKnown():
		e.Wrong("enrolment", "put the hub's offices.toml into "+e.dir+" too, or install a later version", "it is for the office %q, which this version does not know", e.station.enrolment.Office)
	default:
		e.Well("enrolment", "it is %s, for the office %s, at %s", e.station.enrolment.Kiosk, e.station.enrolment.Office, e.station.enrolment.Hub)
	}
}

func (e *examination) officeKnown() bool {
	catalogue, err := form.Load(assets.In(e.dir))
	if err != nil {
		return false
	}
	_, known := catalogue.Office(e.station.enrolment.Office)
	return known
}

// queue opens the queue and checks it; it reports whether it is open.
func (e *examination) queue(ctx context.Context) bool {
	const salvage = "stop the window and run kiosk check --salvage --data DIR; nothing is deleted by it"
	if _, err := os.Stat(filepath.Join(e.dir, "queue.db")); err != nil { // opening would make one
		if e.station.enrolment != nil {
			e.Wrong("queue", "look whether this is the right folder; if the disk was exchanged, enrol anew (hub kiosk add, kiosk enrol)", "there is no queue.db in %s", e.dir)
		}
		return false
	}
	q, err := queue.Open(ctx, e.dir, e.now)
	switch {
	case errors.Is(err, queue.ErrNewer):
		e.Wrong("queue", "install the version that wrote this queue, or a later one", "%v", err)
		return false
	case err != nil:
		e.Wrong("queue", salvage, "it does not open: %v", err)
		return false
	}
	if err := q.Check(ctx); err != nil {
		e.Wrong("queue", salvage, "%v", err)
		q.Close()
		return false
	}
	e.station.queue = q
	if _, err := q.Head(ctx); errors.Is(err, queue.ErrNotEnrolled) && e.station.enrolment != nil {
		e.Wrong("queue", "enrol anew: hub kiosk add, kiosk enrol; what waits is sent meanwhile", "it was salvaged without its chain, so nothing new is taken")
		return true
	}
	e.Well("queue", "it is whole")
	return true
}

// How long a report may wait before somebody should know, and before it is wrong:
// a night and a weekend without a network are not.
const (
	waitsLong = 2 * time.Hour
	waitsWeek = 3 * 24 * time.Hour
)

// waiting looks at what waits, and returns when the newest thing in the queue
// happened.
func (e *examination) waiting(ctx context.Context) (newest time.Time) {
	count, err := e.station.queue.Count(ctx)
	if err != nil {
		e.Wrong("reports", "run kiosk check --data DIR", "they cannot be counted: %v", err)
		return newest
	}
	const next = "run kiosk upload --once --data DIR and see what it says"
	switch age := time.Duration(0); {
	case count.Waiting == 0:
		e.Well("reports", "none waits; the hub has %d", count.Acknowledged)
	case count.OldestWaiting == nil:
		e.Well("reports", "%d wait", count.Waiting)
	default:
		newest, age = *count.OldestWaiting, e.now().Sub(*count.OldestWaiting)
		since := newest.Local().Format(time.RFC1123)
		switch {
		case age > waitsWeek:
			e.Wrong("reports", next, "%d wait, the oldest since %s; they are safe here", count.Waiting, since)
		case age > waitsLong || count.Postponed > 0:
			e.Note("reports", next, "%d wait (%d were refused once), the oldest since %s; they are safe here", count.Waiting, count.Postponed, since)
		default:
			e.Well("reports", "%d wait, the oldest since %s", count.Waiting, since)
		}
	}
	if count.Quarantined > 0 {
		e.Note("quarantine", "hub alarms says why", "the hub has put %d reports of this kiosk aside", count.Quarantined)
	}
	return newest
}

// printers asks each printer.
func (e *examination) printers(ctx context.Context) {
	texts, err := words.Load(assets.Files)
	if err == nil {
		e.station.receipts, err = receipt.NewRenderer(assets.Files, texts)
	}
	if err != nil {
		e.Wrong("printer", "install this program anew", "receipts cannot be drawn: %v", err)
		return
	}
	spool, err := e.station.spooler(slog.New(slog.DiscardHandler))
	if err != nil {
		e.Wrong("printer", "mend the [[printer]] in kiosk.toml; kiosk printer find shows what is there", "%v", err)
		return
	}
	if len(spool.Trays) == 0 {
		e.Note("printer", "kiosk printer find shows what is there, ready for kiosk.toml", "none is set up: visitors photograph the screen")
	}
	for _, tray := range spool.Trays {
		asked, done := context.WithTimeout(ctx, 15*time.Second)
		one := *spool
		one.Trays = []printer.Tray{tray}
		state, err := one.Status(asked)
		done()
		what, next, _ := strings.Cut(state.Text(), ": ")
		switch {
		case state.Fault == printer.Busy:
			e.Note("printer", "ask again", "%s is busy with a receipt", tray.Name)
		case state.Fault != printer.NoFault:
			if err != nil {
				what += fmt.Sprintf(" (%v)", err)
			}
			if next == "" { // "it does not answer: is it on and plugged in?" has one
				next = "look at it, then kiosk printer status --data DIR"
			}
			e.Wrong("printer", next, "%s: %s", tray.Name, what)
		case state.NearEnd:
			e.Note("printer", "have a roll ready", "%s is well, but its paper is near its end", tray.Name)
		case !state.Answers:
			e.Note("printer", "kiosk printer test prints a page to look at", "%s: %s", tray.Name, state.Text())
		default:
			e.Well("printer", "%s is well and has paper", tray.Name)
		}
	}
}

func (e *examination) voice() {
	output := e.station.config.Sound.Output
	if output == "none" {
		e.Well("voice", "reading aloud is switched off")
		return
	}
	switch _, err := voice.Open(); {
	case err == nil:
		e.Well("voice", "espeak-ng and a device to play on are there")
	case output == "auto":
		e.Note("voice", soundNext, "screens are not read aloud: %s", oneLine(err))
	default:
		e.Wrong("voice", soundNext, "sound.output is %q, but: %s", output, oneLine(err))
	}
}

// oneLine is an error's text in one line.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
