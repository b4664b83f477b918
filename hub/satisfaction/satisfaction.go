// Package satisfaction computes satisfaction indices from answered surveys, by
// instruments that are data (instruments/*.toml): the government's SKM is one.
// It computes in fractions and rounds once, at the end: a grade must not hang on
// a rounding error.
package satisfaction

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/BurntSushi/toml"

	"loket/kiosk"
	"loket/kiosk/form"
)

// Instrument is a questionnaire and how an index comes from it.
type Instrument struct {
	Name     string     `toml:"name"`
	Form     string     `toml:"form"`
	Title    kiosk.Text `toml:"title"`
	Basis    kiosk.Text `toml:"basis"`
	Lowest   int        `toml:"lowest"`
	Highest  int        `toml:"highest"`
	Times    int64      `toml:"times"`          // from the scale to the converted value
	Printed  string     `toml:"printed_weight"` // as the decree prints it, decimal
	Elements []Element  `toml:"elements"`
	Grades   []Grade    `toml:"grades"`  // best first
	Samples  [][2]int   `toml:"samples"` // served, asked at least; rising

	printed *big.Rat
}

// Element is one thing that is asked about.
type Element struct {
	Code  string     `toml:"code"` // U1 … U9, in the decree's order
	Field string     `toml:"field"`
	Label kiosk.Text `toml:"label"`
}

// Grade is a band of the converted value.
type Grade struct {
	Grade string     `toml:"grade"`
	From  string     `toml:"from"` // decimal
	Label kiosk.Text `toml:"label"`

	from *big.Rat
}

// Load reads one instrument and checks it against its form.
func Load(files fs.FS, name string, forms *form.Catalogue) (*Instrument, error) {
	in := new(Instrument)
	meta, err := toml.DecodeFS(files, "instruments/"+name+".toml", in)
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("unknown key %s", meta.Undecoded()[0])
	}
	if err == nil {
		err = in.check(forms.Form(in.Form))
	}
	if err != nil {
		return nil, fmt.Errorf("instrument %s: %w", name, err)
	}
	return in, nil
}

func (in *Instrument) check(f *form.Form) error {
	if f == nil {
		return fmt.Errorf("there is no form %q", in.Form)
	}
	if len(in.Elements) == 0 || len(in.Grades) == 0 || len(in.Samples) == 0 || in.Lowest >= in.Highest || in.Times < 1 {
		return errors.New("elements, grades, samples, scale or times are missing")
	}
	for _, e := range in.Elements {
		field := f.Field(e.Field)
		if field == nil {
			return fmt.Errorf("%s: the form has no field %q", e.Code, e.Field)
		}
		for _, o := range field.Options {
			if n, err := strconv.Atoi(o.Value); err != nil || n < in.Lowest || n > in.Highest {
				return fmt.Errorf("%s: %q is not on the scale", e.Code, o.Value)
			}
		}
	}
	var ok bool
	if in.printed, ok = new(big.Rat).SetString(in.Printed); !ok {
		return fmt.Errorf("printed_weight %q is no number", in.Printed)
	}
	for i := range in.Grades {
		g := &in.Grades[i]
		if g.from, ok = new(big.Rat).SetString(g.From); !ok || i > 0 && g.from.Cmp(in.Grades[i-1].from) >= 0 {
			return fmt.Errorf("grade %s: from %q", g.Grade, g.From)
		}
	}
	return nil
}

// Sample is how many must have answered where so many were served. Nobody knows
// how many were: served 0 counts as very many.
func (in *Instrument) Sample(served int) int {
	last := in.Samples[len(in.Samples)-1]
	switch {
	case served <= 0 || served >= last[0]:
		return last[1]
	case served <= in.Samples[0][0]:
		return served
	}
	for _, row := range in.Samples {
		if row[0] == served {
			return row[1]
		}
	}
	// X² = 3.841 (one degree of freedom, 95 %), P = 0.5, d = 0.05.
	n := float64(served)
	return int(math.Round(3.841 * n * 0.25 / (0.0025*(n-1) + 3.841*0.25)))
}

// Score is what one element got.
type Score struct {
	Element
	Answers int      // that are not skipped
	Mean    *big.Rat // nil without answers
}

// Index is the result of a survey.
type Index struct {
	Asked    int // who answered at least one element
	Needed   int // of them, for so many served
	Scores   []Score
	Exact    string // converted value with equal weights, two decimals; empty: none
	Printed  string // the same with the printed weight
	Grade    Grade  // of Exact
	Complete bool   // every element was answered, and enough people did
}

// Compute computes the index of answers. There is none below the sample that
// served asks for, nor where an element has no answer at all.
func (in *Instrument) Compute(answers []kiosk.Answers, served int) Index {
	x := Index{Needed: in.Sample(served), Scores: make([]Score, len(in.Elements))}
	sums := make([]int64, len(in.Elements))
	for _, a := range answers {
		any := false
		for i, e := range in.Elements {
			if n, err := strconv.Atoi(a[e.Field]); err == nil && n >= in.Lowest && n <= in.Highest {
				sums[i] += int64(n)
				x.Scores[i].Answers++
				any = true
			}
		}
		if any {
			x.Asked++
		}
	}
	sum := new(big.Rat)
	whole := true
	for i, e := range in.Elements {
		x.Scores[i].Element = e
		if n := x.Scores[i].Answers; n > 0 {
			x.Scores[i].Mean = big.NewRat(sums[i], int64(n))
			sum.Add(sum, x.Scores[i].Mean)
		} else {
			whole = false
		}
	}
	if x.Complete = whole && x.Asked >= x.Needed; !x.Complete {
		return x
	}
	times := big.NewRat(in.Times, 1)
	exact := new(big.Rat).Mul(sum, big.NewRat(in.Times, int64(len(in.Elements))))
	x.Exact = exact.FloatString(2) // halves go away from zero: up
	x.Printed = new(big.Rat).Mul(new(big.Rat).Mul(sum, in.printed), times).FloatString(2)
	rounded, _ := new(big.Rat).SetString(x.Exact)
	if i := slices.IndexFunc(in.Grades, func(g Grade) bool { return rounded.Cmp(g.from) >= 0 }); i >= 0 {
		x.Grade = in.Grades[i]
	}
	return x
}
