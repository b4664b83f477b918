package main

import (
	"testing"

	"github.com/alecthomas/kong"

	"loket/cmd/manual"
)

// Every command line of hub in the manuals is one that it understands.
func TestTheManualsCommandLines(t *testing.T) {
	lines, err := manual.Lines("hub", "../../README.md", "../../docs/*.md", "../../docs/monitoring/*.md")
	if err != nil {
		t.Fatal(err)
	}
	p, err := kong.New(&commands{}, kong.Name("hub"), kong.Vars{"version": "x"}, kong.Exit(func(int) {}), manual.Grammar())
	if err != nil {
		t.Fatal(err)
	}
	whole := 0
	for _, l := range lines {
		if l.Whole {
			whole++
		}
		if err := l.Check(p); err != nil {
			t.Error(err)
		}
	}
	if whole < 40 {
		t.Errorf("only %d lines to be run were found", whole)
	}
	t.Logf("%d lines to be run, %d named in sentences", whole, len(lines)-whole)
	for _, args := range [][]string{{"status"}, {"kiosk", "add", "--place", "ntt"}, {"backup", "--nonsense", "x"}} {
		if (manual.Line{Args: args}).Check(p) == nil {
			t.Errorf("%q passes", args)
		}
	}
}
