package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"loket/kiosk/enrol"
	"loket/kiosk/printer"
	"loket/kiosk/receipt"
	"loket/kiosk/seal"
	"loket/kiosk/track"
	"loket/kiosk/upload"
	"loket/store/queue"
)

// salvaged reports whether the queue of an enrolled kiosk lost its chain and needs
// another; what waits in it is still sent for the kiosk it was.
func salvaged(ctx context.Context, dir string, now func() time.Time) bool {
	q, err := queue.Open(ctx, dir, now)
	if err != nil {
		return false
	}
	defer q.Close()
	_, err = q.Head(ctx)
	return errors.Is(err, queue.ErrNotEnrolled)
}

type enrolCommand struct {
	dataFlag
	Hub    string `placeholder:"URL" help:"Address of the hub: https://…, or http:// for a hub on this machine."`
	Code   string `help:"The one-time code that the hub's fleet page, or hub kiosk add, showed."`
	Ticket string `arg:"" optional:"" help:"In place of both: what the QR code of the hub's page says. Without anything it is asked for, and can be scanned."`
}

// read takes address and code from the ticket, or from whoever scans it.
func (c *enrolCommand) read(s *streams) error {
	if c.Hub != "" && c.Code != "" && c.Ticket == "" {
		return nil
	}
	if c.Hub != "" || c.Code != "" {
		return usageError{errors.New("give either the ticket, or both --hub and --code")}
	}
	if c.Ticket == "" {
		fmt.Fprint(s.out, "Scan the QR code of the hub's page, or type what stands under it, and press Enter: ")
		line, err := bufio.NewReader(io.LimitReader(s.in, 1024)).ReadString('\n')
		if err != nil && line == "" {
			return usageError{errors.New("nothing was scanned or typed; give --hub and --code, or the ticket")}
		}
		c.Ticket = line
	}
	var ok bool
	if c.Hub, c.Code, ok = seal.ReadTicket(c.Ticket); !ok {
		return usageError{errors.New("this is not the QR code of a new kiosk; make one on the hub's fleet page")}
	}
	return nil
}

// Run enrols the kiosk and prints its two symbols, and the six words to compare.
func (c *enrolCommand) Run(ctx context.Context, s *streams) error {
	if err := c.read(s); err != nil {
		return err
	}
	if err := ownFolder(c.Data); err != nil {
		return err
	}
	switch e, err := enrol.Load(c.Data); {
	case err == nil && !salvaged(ctx, c.Data, s.now):
		return fmt.Errorf("this kiosk is enrolled already, as %s at %s", e.Kiosk, e.Hub)
	case err != nil && !errors.Is(err, enrol.ErrNotEnrolled):
		return err
	}
	q, err := queue.Open(ctx, c.Data, s.now)
	if err != nil {
		return err
	}
	defer q.Close()
	e, first, err := enrol.Request(ctx, upload.NewClient(), c.Hub, c.Code)
	switch {
	case errors.Is(err, track.ErrCheck), errors.Is(err, track.ErrLength), errors.Is(err, track.ErrSymbol):
		return usageError{fmt.Errorf("the code is not typed right (%d letters and digits): %w", seal.EnrolmentSymbols, err)}
	case errors.Is(err, enrol.ErrPlain):
		return usageError{err}
	case err != nil:
		return err
	}
	if err := q.Begin(ctx, first); err != nil {
		return err
	}
	if err := e.Save(c.Data); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "enrolled as %s for office %s at %s\n", e.Kiosk, e.Office, e.Hub)
	fmt.Fprintf(s.out, "six words, the same as on the hub's page of this kiosk: %s\n", seal.Fingerprint(e.RootKey, e.Key.Public().(ed25519.PublicKey)))
	return nil
}

type uploadCommand struct {
	dataFlag
	Once bool `help:"Send what is waiting and stop: exit 0 when nothing is left. Without it, go on until stopped."`
}

// Run sends what is waiting.
func (c *uploadCommand) Run(ctx context.Context, s *streams) error {
	log := slog.New(slog.NewTextHandler(s.err, nil))
	if !c.Once {
		if err := mend(ctx, c.Data, s.now, log); err != nil {
			return err
		}
	}
	st, err := openStation(ctx, c.Data, s.now)
	if err != nil {
		return err
	}
	defer st.Close()
	u := st.uploader(log)
	spool, err := st.spooler(log)
	if err != nil {
		return err
	}
	front := st.front(spool, log)
	u.Health, u.Told, u.Clock = front.health, front.told, front.reached
	shelf, err := st.shelf(log)
	if err != nil {
		return err
	}
	if !c.Once {
		var beside sync.WaitGroup
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		beside.Go(func() { st.keepClean(ctx, spool, log) })
		beside.Go(func() { shelf.Run(ctx) })
		beside.Go(func() {
			select {
			case <-st.queue.Failed():
				stop()
			case <-ctx.Done():
			}
		})
		u.Run(ctx, nil)
		stop()
		beside.Wait()
		select {
		case <-st.queue.Failed():
			return queue.ErrDisk
		default:
			return nil
		}
	}
	if err := st.queue.Hasten(ctx); err != nil {
		return err
	}
	err = u.Drain(ctx)
	if _, err := shelf.Fetch(ctx); err != nil {
		log.Warn("published information", "err", err)
	}
	count, countErr := st.queue.Count(ctx)
	if err := errors.Join(countErr, st.queue.Forget(ctx), spool.Wipe(queue.ReceiptKept)); err != nil {
		return err
	}
	if count.Waiting > 0 {
		return errors.Join(fmt.Errorf("%d reports are still waiting; they are safe here", count.Waiting), err)
	}
	return err
}

type queueCommand struct {
	dataFlag
	JSON bool `help:"As JSON."`
}

// Run shows what the queue holds.
func (c *queueCommand) Run(ctx context.Context, s *streams) error {
	q, err := queue.Open(ctx, c.Data, s.now)
	if err != nil {
		return err
	}
	defer q.Close()
	count, err := q.Count(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(s.out, count, "  ")
	}
	fmt.Fprintf(s.out, "waiting %d, acknowledged %d (quarantined %d, purged here %d)\n", count.Waiting, count.Acknowledged, count.Quarantined, count.Purged)
	if count.OldestWaiting != nil {
		fmt.Fprintf(s.out, "oldest waiting since %s\n", count.OldestWaiting.Local().Format(time.RFC1123))
	}
	return nil
}

type receiptCommand struct {
	dataFlag
	Number string `arg:"" help:"Number of the report."`
	Out    string `type:"path" placeholder:"FILE" help:"Where to: FILE.png, FILE.pdf or FILE.escpos. Without it, to the printer."`
	Paper  string `default:"80mm" enum:"80mm,58mm,a5,a4" help:"Paper of a file: 80mm, 58mm, a5 (on its side) or a4 (the lower half is for the office's file)."`
}

// Run prints a copy of a receipt, or writes it to a file.
func (c *receiptCommand) Run(ctx context.Context, s *streams) error {
	number, err := track.ParseNumber(c.Number)
	if err != nil {
		return usageError{fmt.Errorf("%q is no report number: %w", c.Number, err)}
	}
	st, err := openStation(ctx, c.Data, s.now)
	if err != nil {
		return err
	}
	defer st.Close()
	slip, err := st.queue.Slip(ctx, number)
	if err != nil {
		return err
	}
	r := st.counter.Receipt(slip)
	r.Copy = true
	if c.Out == "" {
		return st.printCopy(ctx, s, r)
	}
	paper, err := receipt.NewPaper(c.Paper, 0, 0)
	if err != nil {
		return usageError{err}
	}
	ext := strings.ToLower(filepath.Ext(c.Out))
	if ext != ".png" && ext != ".pdf" && (ext != ".escpos" || paper.Sheet()) {
		return usageError{fmt.Errorf("%q: a receipt is written as .png or .pdf, on a roll as .escpos too", c.Out)}
	}
	img, err := st.receipts.Render(r, paper)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(c.Out, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	switch ext {
	case ".png":
		err = printer.PNG(f, img)
	case ".pdf":
		err = printer.PDF(f, img, paper)
	case ".escpos":
		_, err = f.Write(printer.ESCPOS(img, true))
	}
	return errors.Join(err, f.Close())
}

// printCopy prints a copy and says what is known of it.
func (st *station) printCopy(ctx context.Context, s *streams, r receipt.Receipt) error {
	spool, err := st.spooler(slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if len(spool.Trays) == 0 {
		return usageError{errNoPrinter}
	}
	result, err := spool.Print(ctx, r, "command")
	fmt.Fprintln(s.out, result.Text())
	if result.Outcome == printer.NotStarted {
		return errors.Join(errNotPrinted, err)
	}
	return nil
}

func writeJSON(w io.Writer, v any, indent string) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	return e.Encode(v)
}
