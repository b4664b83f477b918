package printer

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"loket/kiosk/receipt"
)

// fakeWindows is a spooler with one printer, whose jobs go as the test says.
type fakeWindows struct {
	mu       sync.Mutex
	printer  winPrinter
	goes     []winJob   // one a look; what is after the last is over
	then     winPrinter // is what the printer is once the job was looked at
	refuses  error      // to begin
	breaks   error      // while it is written
	blocks   bool       // writing, for ever
	stuck    error      // deleting
	said     bytes.Buffer
	ended    bool
	looked   int
	canceled int
	aborted  bool
}

const winName = `EPSON TM-T82X #2 (lobby)`

func (w *fakeWindows) Printers() ([]winPrinter, error) { return []winPrinter{w.printer}, w.refuses }

func (w *fakeWindows) Printer(name string) (winPrinter, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if name != winName {
		return winPrinter{}, errors.New("the printer name is invalid")
	}
	if w.looked > 0 && w.then.Name != "" {
		return w.then, nil
	}
	return w.printer, nil
}

func (w *fakeWindows) Begin(string, string) (winDocument, error) {
	if w.refuses != nil {
		return nil, w.refuses
	}
	return w, nil
}

func (w *fakeWindows) ID() uint32 { return 7 }

func (w *fakeWindows) Write(b []byte) (int, error) {
	if w.blocks {
		select {}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.breaks != nil {
		return 0, w.breaks
	}
	return w.said.Write(b)
}

func (w *fakeWindows) End() error   { w.ended = true; return nil }
func (w *fakeWindows) Abort() error { w.aborted = true; return nil }

func (w *fakeWindows) Job(string, uint32) (winJob, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looked++
	if w.looked > len(w.goes) {
		return 0, errNoJob
	}
	return w.goes[w.looked-1], nil
}

func (w *fakeWindows) Cancel(string, uint32) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.canceled++
	return w.stuck
}

func TestWhatIsKnownOfAPrintThroughWindows(t *testing.T) {
	t.Parallel()
	bad := errors.New("access is denied")
	with := func(status uint32) winPrinter { return winPrinter{Name: winName, Status: status} }
	stands := slices.Repeat([]winJob{winJobPrinting}, 1000)
	for name, try := range map[string]struct {
		windows  *fakeWindows
		want     Result
		fails    bool
		canceled int
	}{
		"all well":                  {&fakeWindows{goes: []winJob{0, winJobPrinting}}, Result{Assumed, NoFault}, false, 0},
		"kept after it was printed": {&fakeWindows{goes: []winJob{winJobPrinting, winJobPrinted}}, Result{Assumed, NoFault}, false, 1},
		"passed on to a server":     {&fakeWindows{goes: []winJob{winJobComplete}}, Result{Assumed, NoFault}, false, 1},
		"no paper":                  {&fakeWindows{printer: with(winPrinterPaperOut)}, Result{NotStarted, PaperOut}, false, 0},
		"door open":                 {&fakeWindows{printer: with(winPrinterDoorOpen | winPrinterError)}, Result{NotStarted, CoverOpen}, false, 0},
		"unplugged":                 {&fakeWindows{printer: winPrinter{Name: winName, Attributes: winWorksOffline}}, Result{NotStarted, Offline}, false, 0},
		"paused":                    {&fakeWindows{printer: with(winPrinterPaused)}, Result{NotStarted, Broken}, false, 0},
		"refused":                   {&fakeWindows{refuses: bad}, Result{NotStarted, Offline}, true, 0},
		"breaks on the way":         {&fakeWindows{breaks: bad}, Result{Unknown, Broken}, true, 0},
		"paper out on the way":      {&fakeWindows{goes: []winJob{winJobPrinting, winJobPrinting | winJobPaperOut}}, Result{Unknown, PaperOut}, true, 1},
		"its printer says so":       {&fakeWindows{goes: stands, then: with(winPrinterPaperOut)}, Result{Unknown, PaperOut}, true, 1},
		"off before it began":       {&fakeWindows{goes: []winJob{winJobOffline}}, Result{NotStarted, Offline}, true, 1},
		"cannot be deleted":         {&fakeWindows{goes: []winJob{winJobOffline}, stuck: bad}, Result{Unknown, Offline}, true, 1},
		"somebody deleted it":       {&fakeWindows{goes: []winJob{0, winJobDeleted}}, Result{NotStarted, Broken}, true, 0},
		"paper out at its end":      {&fakeWindows{goes: []winJob{winJobPrinting}, then: with(winPrinterPaperOut)}, Result{Unknown, PaperOut}, false, 0},
		"behind others for ever":    {&fakeWindows{goes: make([]winJob, 1000)}, Result{NotStarted, Busy}, true, 1},
		"stands still for ever":     {&fakeWindows{goes: stands}, Result{Unknown, Offline}, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := try.windows
			if w.printer.Name == "" {
				w.printer.Name = winName
			}
			p := &queued{Settings: Settings{Address: "windows:" + winName, Paper: roll, Cut: true}, name: winName, renderer: renderer(t), spooler: w}
			ctx, done := context.WithTimeout(t.Context(), 4*time.Second)
			defer done()
			got, err := p.Print(ctx, example)
			if got != try.want || (err != nil) != try.fails || w.canceled != try.canceled {
				t.Errorf("%+v, %v, deleted %d times", got, err, w.canceled)
			}
			if got.Outcome == NotStarted && w.looked == 0 && w.said.Len() > 0 {
				t.Error("not started, and something was handed over")
			}
			if w.breaks != nil && (!w.aborted || w.ended) {
				t.Error("a job that was cut off is printed")
			}
			if p.dirty.Load() != (got.Outcome == Unknown) {
				t.Error("whether it may hold a part of a receipt is not known")
			}
		})
	}
}

func TestWhatGoesToAPrinterThroughWindows(t *testing.T) {
	w := &fakeWindows{printer: winPrinter{Name: winName}}
	p := &queued{Settings: Settings{Paper: roll, Cut: true}, name: winName, renderer: renderer(t), spooler: w}
	img, err := p.renderer.Render(example, roll)
	if err != nil {
		t.Fatal(err)
	}
	job := ESCPOS(img, true)
	for _, first := range [][]byte{nil, append([]byte{0x10, 0x05, 2}, apart(true)...)} {
		if first != nil {
			p.doubt()
			job = append(first, job[len(begin):]...)
		}
		w.said.Reset()
		if got, err := p.Print(t.Context(), example); got.Outcome != Assumed || err != nil || !w.ended {
			t.Errorf("%+v, %v", got, err)
		}
		if !bytes.Equal(w.said.Bytes(), job) {
			t.Errorf("%d bytes, not the job of %d", w.said.Len(), len(job))
		}
	}
	p.Text = true
	w.said.Reset()
	if got, err := p.Print(t.Context(), example); got.Outcome != Assumed || err != nil || w.said.Len() > 8000 {
		t.Errorf("%+v, %v, %d bytes of words", got, err, w.said.Len())
	}
}

// Nobody waits for a spooler that hangs.
func TestAWindowsThatBlocksForEverBlocksNobody(t *testing.T) {
	t.Parallel()
	p := &queued{Settings: Settings{Paper: roll}, name: winName, renderer: renderer(t), spooler: &fakeWindows{printer: winPrinter{Name: winName}, blocks: true}}
	ctx, done := context.WithTimeout(t.Context(), 2*time.Second)
	defer done()
	since := time.Now()
	if got, err := p.Print(ctx, example); got != (Result{Unknown, Offline}) || err == nil || time.Since(since) > numberWithin+10*time.Second {
		t.Errorf("%+v, %v, after %v", got, err, time.Since(since))
	}
}

func TestFindsWindowsPrinters(t *testing.T) {
	w := &fakeWindows{printer: winPrinter{Name: winName, Driver: "Generic / Text Only", Port: "USB001"}}
	for port, want := range map[string]int{"USB001": 1, "COM3:": 1, "192.168.1.5": 1, "nul:": 0, "PORTPROMPT:": 0, "FILE:": 0} {
		w.printer.Port = port
		if all, err := windowsPrinters(w); err != nil || len(all) != want || want == 1 && all[0] != (Found{winName + " (Windows) Generic / Text Only", "windows:" + winName, "80mm"}) {
			t.Errorf("%s: %+v, %v", port, all, err)
		}
	}
	if all, err := windowsPrinters(nil); all != nil || err != nil {
		t.Errorf("%+v, %v", all, err)
	}
	w.refuses = errors.New("the spooler is not running")
	if _, err := windowsPrinters(w); err == nil {
		t.Error("a spooler that does not run has printers")
	}
	if _, err := Open(Settings{Address: "windows:" + winName, Paper: receipt.Paper{Name: "a5", Height: 148}}, nil); err == nil {
		t.Error("an office printer is sent the commands of a receipt printer")
	}
}
