package main

import (
	_ "embed"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// figures are those of one contender, one a run.
type figures []float64

// spread is the least, the median and the most.
func (f figures) spread() (least, median, most float64) {
	s := slices.Sorted(slices.Values(f))
	if len(s) == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	median = s[len(s)/2]
	if len(s)%2 == 0 {
		median = (s[len(s)/2-1] + median) / 2
	}
	return s[0], median, s[len(s)-1]
}

// over are the ratios of runs that were made beside each other.
func (f figures) over(g figures) (all figures) {
	for i := range min(len(f), len(g)) {
		all = append(all, f[i]/g[i])
	}
	return all
}

// text tells the spread in a unit.
func (f figures) text(unit string) string {
	if len(f) == 0 {
		return "–"
	}
	least, median, most := f.spread()
	if least == most {
		return digits(least) + unit
	}
	return fmt.Sprintf("%s / **%s** / %s%s", digits(least), digits(median), digits(most), unit)
}

// digits is a figure with three digits that count, or all before the point.
func digits(x float64) string {
	switch a := math.Abs(x); {
	case a >= 1000:
		s := fmt.Sprintf("%.0f", x)
		return s[:len(s)-3] + "," + s[len(s)-3:]
	case a >= 100:
		return fmt.Sprintf("%.0f", x)
	case a >= 10:
		return fmt.Sprintf("%.1f", x)
	case a >= 0.1:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.3f", x)
}

// row is one line of the table: what was measured on both sides, and what is wanted of
// the ratio.
type row struct {
	name         string // of its reason, if it misses its target
	what         string
	ours, theirs figures
	unit         string
	theirName    string
	faster       bool    // times are given: the ratio says how many times faster ours is
	least, most  float64 // targets of the ratio; 0 for none
}

// ratio is ours over theirs, run by run.
func (r row) ratio() figures {
	if r.faster {
		return r.theirs.over(r.ours)
	}
	return r.ours.over(r.theirs)
}

// target says what is wanted.
func (r row) target() string {
	switch {
	case r.least > 0:
		return "≥ " + trim(r.least) + "×"
	case r.most > 0:
		return "≤ " + trim(r.most) + "×"
	}
	return "–"
}

func trim(x float64) string { return strings.TrimSuffix(fmt.Sprintf("%.3g", x), ".0") }

// met reports whether the median of the ratios is where it should be.
func (r row) met() bool {
	_, median, _ := r.ratio().spread()
	return (r.least == 0 || median >= r.least) && (r.most == 0 || median <= r.most)
}

// said is what the last column says.
func (r row) said() string {
	switch {
	case r.least == 0 && r.most == 0:
		return reasons[r.name]
	case r.met():
		return "yes"
	case reasons[r.name] != "":
		return "**no**: " + reasons[r.name]
	}
	return "**no**"
}

//go:embed reasons.toml
var reasonsFile string

// reasons are why targets are missed, by the row's name.
var reasons = map[string]string{}

func init() {
	if _, err := toml.Decode(reasonsFile, &reasons); err != nil {
		panic(err)
	}
}

// markdown is the table.
func markdown(rows []row) string {
	var b strings.Builder
	b.WriteString("| what | ours: least / **median** / most | theirs | ratio | target | met |\n|---|---|---|---|---|---|\n")
	for _, r := range rows {
		theirs := r.theirs.text(r.unit)
		if r.theirName != "" {
			theirs = r.theirName + ": " + theirs
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.what, r.ours.text(r.unit), theirs, r.ratio().text("×"), r.target(), r.said())
	}
	return b.String()
}

// growth is how one thing grows with its size.
type growth struct {
	what  string
	sizes []int
	unit  string
	runs  []figures // by size
	name  string    // of what there is to say
}

// markdown is a line of the second table.
func (g growth) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | %s |", g.what, thousands(g.sizes[0]))
	_, first, _ := g.runs[0].spread()
	for i := range 4 {
		if i >= len(g.runs) {
			b.WriteString(" – |")
			continue
		}
		_, median, _ := g.runs[i].spread()
		fmt.Fprintf(&b, " %s", g.runs[i].text(g.unit))
		if i > 0 {
			fmt.Fprintf(&b, " (%s×)", digits(median/first))
		}
		b.WriteString(" |")
	}
	fmt.Fprintf(&b, " %s |\n", reasons[g.name])
	return b.String()
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// The marks between which the program writes in docs/benchmarks.md.
const (
	beginMark = "<!-- make compare: begin -->"
	endMark   = "<!-- make compare: end -->"
)

// rewrite puts text between the marks of a file.
func rewrite(path, text string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok1 := strings.Cut(string(b), beginMark)
	_, after, ok2 := strings.Cut(rest, endMark)
	if !ok1 || !ok2 {
		return errors.New(path + " has no marks to write between")
	}
	return os.WriteFile(path, []byte(before+beginMark+"\n"+text+endMark+after), 0o644)
}
