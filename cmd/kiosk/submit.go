package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/printer"
	"loket/kiosk/visit"
)

// lineBytes is the longest draft read; a longer line is an error of its own
// and the next line goes on.
const lineBytes = 256 << 10

type submitCommand struct {
	dataFlag
	Print bool   `help:"Print each receipt too, and say how it ended."`
	File  string `arg:"" optional:"" default:"-" help:"Drafts as JSON lines; - is standard input. Keys: form, language, identity, answers (kiosk form NAME --example shows one)."`
}

// Run files every draft and prints NUMBER CODE for each that is on disk.
func (c *submitCommand) Run(ctx context.Context, s *streams) error {
	in := s.in
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return usageError{err}
		}
		defer f.Close()
		in = f
	}
	st, err := openStation(ctx, c.Data, s.now)
	if err != nil {
		return err
	}
	defer st.Close()
	var spool *printer.Spooler
	if c.Print {
		if spool, err = st.spooler(slog.New(slog.DiscardHandler)); err != nil {
			return err
		}
		if len(spool.Trays) == 0 {
			return usageError{errNoPrinter}
		}
		if err := spool.Recover(ctx); err != nil {
			return err
		}
	}
	bad := 0
	err = eachLine(in, func(n int, line []byte, tooLong bool) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		problems, err := st.submit(ctx, s.out, spool, line, tooLong)
		if errors.Is(err, visit.ErrNotSaved) {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if err != nil {
			problems = append(problems, err.Error())
		}
		for _, p := range problems {
			fmt.Fprintf(s.err, "line %d: %s\n", n, p)
		}
		if len(problems) > 0 {
			bad++
		}
		return nil
	})
	err = errors.Join(err, st.queue.Forget(context.WithoutCancel(ctx)))
	if err == nil && bad > 0 {
		return errSome
	}
	return err
}

// submit files one line, and prints it if there is a spooler. It returns every
// fault of a bad draft as a sentence, or an error.
func (st *station) submit(ctx context.Context, out io.Writer, spool *printer.Spooler, line []byte, tooLong bool) ([]string, error) {
	if tooLong {
		return []string{fmt.Sprintf("the draft is longer than %d bytes", lineBytes)}, nil
	}
	draft, err := form.ParseDraft(line)
	if err != nil {
		return nil, err
	}
	given, err := st.counter.File(ctx, draft)
	var problems form.Problems
	if errors.As(err, &problems) {
		var faults []string
		for _, p := range problems {
			text := p.Text(st.words.In(kiosk.English))
			if p.Field != "" {
				text = p.Field + ": " + text
			}
			faults = append(faults, text)
		}
		return faults, nil
	}
	if err != nil {
		return nil, err
	}
	outcome := ""
	if spool != nil {
		// What was received is told whatever the printer does.
		result, _ := spool.Print(ctx, given, "command")
		if outcome = " " + string(result.Outcome); result.Outcome == printer.Confirmed {
			if err := st.queue.Settle(context.WithoutCancel(ctx), given.Number); err != nil {
				return nil, err
			}
		}
	}
	_, err = fmt.Fprintf(out, "%s %s%s\n", string(given.Number), string(given.Code), outcome)
	return nil, err
}

// eachLine calls f with each non-empty line, numbered from 1. Of a line over
// [lineBytes] only that is told.
func eachLine(in io.Reader, f func(n int, line []byte, tooLong bool) error) error {
	r := bufio.NewReaderSize(in, 64<<10)
	for n := 1; ; n++ {
		var line []byte
		tooLong := false
		for {
			part, err := r.ReadSlice('\n')
			if len(line)+len(part) > lineBytes {
				tooLong = true
			} else {
				line = append(line, part...)
			}
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("read line %d: %w", n, err)
			}
			if !tooLong && len(trimSpace(line)) == 0 && err == nil {
				break
			}
			if tooLong || len(trimSpace(line)) > 0 {
				if err := f(n, trimSpace(line), tooLong); err != nil {
					return err
				}
			}
			if err != nil {
				return nil
			}
			break
		}
	}
}

// trimSpace trims what JSON counts as white space around a value.
func trimSpace(b []byte) []byte {
	space := func(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
	for len(b) > 0 && space(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && space(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

type formCommand struct {
	Name    string `arg:"" optional:"" help:"complaint, suggestion or information; none lists them."`
	JSON    bool   `help:"The form as JSON."`
	Example bool   `help:"Plausible filled drafts as JSON lines, ready for submit."`
	Count   int    `default:"1" help:"How many examples."`
	Seed    uint64 `default:"1" help:"The same seed gives the same examples."`
}

// Run lists the forms, shows one or prints examples.
func (c *formCommand) Run(s *streams) error {
	catalogue, err := form.Load(assets.Files)
	if err != nil {
		return err
	}
	if c.Name == "" {
		for _, name := range catalogue.Names() {
			fmt.Fprintln(s.out, name)
		}
		return nil
	}
	f := catalogue.Form(c.Name)
	if f == nil {
		return usageError{fmt.Errorf("there is no form %q; kiosk form lists them", c.Name)}
	}
	out := bufio.NewWriter(s.out)
	defer out.Flush()
	switch {
	case c.Example:
		for n := range c.Count {
			if err := writeJSON(out, catalogue.Example(c.Name, c.Seed, n, s.now()), ""); err != nil {
				return err
			}
		}
	case c.JSON:
		return writeJSON(out, f, "  ")
	default:
		fmt.Fprintf(out, "%s — %s / %s (version %d)\n", f.Name, f.Title.In(kiosk.Indonesian), f.Title.In(kiosk.English), f.Version)
		for _, field := range f.Fields {
			need := ""
			switch {
			case field.Required:
				need = ", required"
			case field.Must != nil:
				need = fmt.Sprintf(", required when %s is %v", field.Must.Field, field.Must.Is)
			}
			fmt.Fprintf(out, "  %-15s %s%s — %s\n", field.ID, field.Type, need, field.Label.In(kiosk.English))
			for _, o := range field.Options {
				fmt.Fprintf(out, "  %-15s   %s — %s\n", "", o.Value, o.Label.In(kiosk.English))
			}
		}
	}
	return nil
}
