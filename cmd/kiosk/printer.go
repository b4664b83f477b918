package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"loket/kiosk"
	"loket/kiosk/printer"
	"loket/kiosk/receipt"
)

type printerCommand struct {
	Find   printerFind   `cmd:"" help:"Look for printers here, in CUPS and on the network."`
	Status printerStatus `cmd:"" help:"Ask the printers how they are, and show the last receipts."`
	Test   printerTest   `cmd:"" help:"Print a page with marks at its edges on each printer."`
}

type printerFind struct{}

// Run lists what is there, ready for kiosk.toml.
func (printerFind) Run(ctx context.Context, s *streams) error {
	fmt.Fprintln(s.err, "looking for printers; this takes some seconds")
	found, err := printer.Find(ctx)
	for _, f := range found {
		fmt.Fprintf(s.out, "# %s\n[[printer]]\naddress = %q\npaper = %q\n\n", f.Name, f.Address, f.Paper)
	}
	switch {
	case err != nil:
		fmt.Fprintln(s.err, "not everywhere could be searched:", err)
	case len(found) == 0:
		fmt.Fprintln(s.err, "none found. A network receipt printer often does not announce itself: print its own test page (hold the feed button while switching it on) for its address, and use tcp://ADDRESS:9100")
	}
	if len(found) == 0 {
		return errSome
	}
	return nil
}

type printerStatus struct {
	dataFlag
	JSON bool `help:"The last receipts as JSON."`
}

// Run says how each printer is. Of receipts it knows no secret.
func (c *printerStatus) Run(ctx context.Context, s *streams) error {
	st, err := openStation(ctx, c.Data, s.now)
	if err != nil {
		return err
	}
	defer st.Close()
	prints, err := st.queue.Prints(ctx, 20)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(s.out, prints, "  ")
	}
	spool, err := st.spooler(slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if len(spool.Trays) == 0 {
		return usageError{errNoPrinter}
	}
	well := false
	for _, tray := range spool.Trays {
		one := *spool
		one.Trays = []printer.Tray{tray}
		state, err := one.Status(ctx)
		fmt.Fprintf(s.out, "%s: %s\n", tray.Name, state.Text())
		if err != nil {
			fmt.Fprintln(s.out, " ", err)
		}
		well = well || state.Fault == printer.NoFault
	}
	for _, p := range prints {
		what := "receipt"
		if p.Copy {
			what = "copy"
		}
		fmt.Fprintf(s.out, "%s  %s %s, asked for by %s: %s %s\n", p.Begun.Local().Format(time.DateTime), what, p.Number, p.By, p.Outcome, p.Fault)
	}
	if !well {
		return errSome
	}
	return nil
}

type printerTest struct {
	dataFlag
}

// Run prints a test page on each printer and says what to look for.
func (c *printerTest) Run(ctx context.Context, s *streams) error {
	st, err := openStation(ctx, c.Data, s.now)
	if err != nil {
		return err
	}
	defer st.Close()
	spool, err := st.spooler(slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if len(spool.Trays) == 0 {
		return usageError{errNoPrinter}
	}
	r := st.testPage()
	var errs []error
	for _, tray := range spool.Trays {
		r.Test = tray.Name
		result, err := spool.Test(ctx, tray, r)
		fmt.Fprintf(s.out, "%s: %s\n", tray.Name, result.Text())
		if err != nil {
			fmt.Fprintln(s.out, " ", err)
		}
		if result.Outcome == printer.NotStarted {
			errs = append(errs, errNotPrinted)
		}
	}
	if len(errs) > 0 {
		return errors.Join(errSome, errs[0])
	}
	fmt.Fprintln(s.out, "Look at the page: a black mark must stand at its left and at its right edge, whole. If one is missing, the width is not the printer's: set dots. Then scan the code with a telephone.")
	return nil
}

// testPage is a receipt with a number that no report has.
func (s *station) testPage() receipt.Receipt {
	now := s.counter.Now()
	return s.counter.Receipt(kiosk.Slip{Form: "complaint", Number: "00000000", Code: "000000000", At: now, Due: now, Language: kiosk.Indonesian})
}
