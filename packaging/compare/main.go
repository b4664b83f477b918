// Compare measures Loket against what one would pick instead, on one machine in one
// run, and writes the table of docs/benchmarks.md. It is run by make compare.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// comparison is one run of the program.
type comparison struct {
	root, work string // the repository; a folder for everything that is measured
	pocketbase string // its program
	times      int    // runs that count
	most       time.Duration
	quick      bool

	rows  []row
	grown []growth
	notes []string

	known   map[int][]pair // cases by the size of the hub that holds them
	senders []*sender
	singles [][][]byte
}

func (c *comparison) bin(name string) string { return filepath.Join(c.root, "bin", name) }
func (c *comparison) path(names ...string) string {
	return filepath.Join(append([]string{c.work}, names...)...)
}
func (c *comparison) add(rows ...row)  { c.rows = append(c.rows, rows...) }
func (c *comparison) note(text string) { c.notes = append(c.notes, text) }

// runs calls once more often than is counted: the first is for warming up. What
// prepares comes before.
func (c *comparison) runs(once func(keep bool) error, prepare ...func() error) error {
	for _, p := range prepare {
		if err := p(); err != nil {
			return err
		}
	}
	for i := range c.times + 1 {
		if err := once(i > 0); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if len(os.Args) == 4 {
		switch os.Args[1] {
		case "bare-commit":
			return bareCommit(ctx, os.Args[2], os.Args[3])
		case "bare-look-up":
			return bareLookUp(ctx, os.Args[2], os.Args[3])
		case "submitting":
			return submitting(ctx, os.Args[2], os.Args[3])
		}
	}
	c := &comparison{known: map[int][]pair{}}
	only := flag.String("only", "", "measure only these, with commas: ingest, tracking, hubs, submit, drain, kiosk; nothing is written")
	flag.StringVar(&c.root, "root", ".", "the repository")
	flag.IntVar(&c.times, "runs", 5, "runs that count, of each")
	flag.DurationVar(&c.most, "most", 1500*time.Millisecond, "how long a server is under load in one run")
	flag.BoolVar(&c.quick, "quick", false, "small sizes, to try the program; nothing is written")
	flag.Parse()
	var err error
	if c.root, err = filepath.Abs(c.root); err != nil {
		return err
	}
	c.pocketbase = filepath.Join(c.root, "build/compare/pocketbase")
	if c.work, err = os.MkdirTemp(filepath.Join(c.root, "build/compare"), "run-"); err != nil {
		return err
	}
	defer os.RemoveAll(c.work)
	began := time.Now()
	for _, part := range []struct {
		name    string
		measure func(context.Context) error
	}{{"ingest", c.ingest}, {"tracking", c.tracking}, {"hubs", c.hubs}, {"submit", c.submit}, {"drain", c.drain}, {"kiosk", c.window}} {
		wanted := *only == "" || strings.Contains(","+*only+",", ","+part.name+",") || part.name == "ingest" && strings.Contains(*only, "tracking")
		if !wanted {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s, after %v\n", part.name, time.Since(began).Round(time.Second))
		if err := part.measure(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, errors.Join(err, ctx.Err()))
		}
	}
	text := c.report(ctx, time.Since(began))
	fmt.Println(text)
	if *only != "" || c.quick {
		return nil
	}
	return rewrite(filepath.Join(c.root, "docs/benchmarks.md"), text)
}

// report is what the run comes to, as it stands in docs/benchmarks.md.
func (c *comparison) report(ctx context.Context, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s. %d runs of each, in turn, one before them dropped; %v in all.\n\n", c.machine(ctx), c.times, took.Round(time.Second))
	b.WriteString(markdown(c.rows))
	if len(c.grown) > 0 {
		b.WriteString("\nHow each grows:\n\n| what | 1× is | 1× | 10× | 100× | 1,000× | to be read with |\n|---|---|---|---|---|---|---|\n")
		for _, g := range c.grown {
			b.WriteString(g.markdown())
		}
	}
	if len(c.notes) > 0 {
		b.WriteString("\n")
		for _, n := range c.notes {
			fmt.Fprintf(&b, "- %s\n", n)
		}
	}
	b.WriteString("\n")
	return b.String()
}

// machine names the machine, the day and the commit.
func (c *comparison) machine(ctx context.Context) string {
	model, cores := "an unknown processor", 0
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				cores++
			}
		}
	}
	said := func(name string, args ...string) string {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = c.root
		out, err := cmd.Output()
		if err != nil {
			return "unknown"
		}
		return strings.TrimSpace(string(out))
	}
	commit := said("git", "rev-parse", "--short=10", "HEAD")
	if said("git", "status", "--porcelain", "--untracked-files=no", "--", ":!docs/benchmarks.md") != "" {
		commit += " with changes"
	}
	return fmt.Sprintf("%s, %d cores, %s; Linux %s; %s; commit %s", model, cores, said("findmnt", "-no", "FSTYPE", "-T", c.work), said("uname", "-r"), time.Now().Format("2 January 2006"), commit)
}
