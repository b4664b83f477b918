// Package satisfaction computes satisfaction indices from answered surveys, by
// instruments that are data (instruments/*.toml): the government's SKM is one,
// the ministry's own stars are others. It computes in fractions and rounds once,
// at the end: a grade must not hang on a rounding error.
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

// Catalogue is every instrument, by name.
type Catalogue struct {
	All []*Instrument
	of  string // form of the survey that kiosks offer
}

// Instrument is a questionnaire and how an index comes from it.
type Instrument struct {
	Name     string     `toml:"name"`
	Form     string     `toml:"form"`
	Main     bool       `toml:"main"` // of the instruments of its form, the one that is published first
	Title    kiosk.Text `toml:"title"`
	Index    kiosk.Text `toml:"index"` // what its result is called
	Basis    kiosk.Text `toml:"basis"`
	Lowest   int        `toml:"lowest"`
	Highest  int        `toml:"highest"`
	Times    string     `toml:"times"`          // from the scale to the converted value: a number or a fraction
	Printed  string     `toml:"printed_weight"` // of each element, as a decree prints it beside the exact one; may be empty
	Publish  string     `toml:"publish"`        // exact or printed: by which weight the value is published
	Profile  []string   `toml:"profile"`        // fields that say who answered, where the form asks
	Elements []Element  `toml:"elements"`
	Grades   []Grade    `toml:"grades"`  // best first
	Samples  [][2]int   `toml:"samples"` // served, asked at least; rising

	printed, times *big.Rat
}

// Which weight an instrument publishes.
const (
	Exact   = "exact"
	Printed = "printed"
)

// Element is one thing that is asked about.
type Element struct {
	Code  string     `toml:"code"` // U1 … U9, in the decree's order
	Field string     `toml:"field"`
	Label kiosk.Text `toml:"label"`
	// Weighs is its part of the whole, a number or a fraction; empty for all of
	// them is an equal part each.
	Weighs string `toml:"weight"`

	weight *big.Rat
}

// Weight is the element's exact part of the whole.
func (e Element) Weight() *big.Rat { return e.weight }

// Grade is a band of the converted value.
type Grade struct {
	Grade string     `toml:"grade"`
	From  string     `toml:"from"` // decimal
	Label kiosk.Text `toml:"label"`

	from *big.Rat
}

// Load reads every instrument and checks it against its form.
func Load(files fs.FS, forms *form.Catalogue) (*Catalogue, error) {
	names, err := fs.Glob(files, "instruments/*.toml")
	if err != nil {
		return nil, err
	}
	c := &Catalogue{of: forms.Survey}
	for _, path := range names {
		in := new(Instrument)
		meta, err := toml.DecodeFS(files, path, in)
		if err == nil && len(meta.Undecoded()) > 0 {
			err = fmt.Errorf("unknown key %s", meta.Undecoded()[0])
		}
		if err == nil {
			err = in.check(forms.Form(in.Form))
		}
		if err == nil && "instruments/"+in.Name+".toml" != path {
			err = fmt.Errorf("it calls itself %q", in.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		c.All = append(c.All, in)
	}
	if c.Current() == nil {
		return nil, fmt.Errorf("no main instrument is of the form %q", forms.Survey)
	}
	return c, nil
}

// Current is the main instrument of the survey that kiosks offer.
func (c *Catalogue) Current() *Instrument {
	for _, in := range c.All {
		if in.Form == c.of && in.Main {
			return in
		}
	}
	return nil
}

// Named returns the instrument of that name, or nil.
func (c *Catalogue) Named(name string) *Instrument {
	for _, in := range c.All {
		if in.Name == name {
			return in
		}
	}
	return nil
}

func (in *Instrument) check(f *form.Form) error {
	if f == nil {
		return fmt.Errorf("there is no form %q", in.Form)
	}
	if len(in.Elements) == 0 || len(in.Grades) == 0 || len(in.Samples) == 0 || in.Lowest >= in.Highest {
		return errors.New("elements, grades, samples or scale are missing")
	}
	var ok bool
	if in.times, ok = new(big.Rat).SetString(in.Times); !ok || in.times.Sign() <= 0 {
		return fmt.Errorf("times %q is no number above 0", in.Times)
	}
	sum := new(big.Rat)
	for i := range in.Elements {
		e := &in.Elements[i]
		field := f.Field(e.Field)
		if field == nil {
			return fmt.Errorf("%s: the form has no field %q", e.Code, e.Field)
		}
		for _, o := range field.Options {
			if n, err := strconv.Atoi(o.Value); err != nil || n < in.Lowest || n > in.Highest {
				return fmt.Errorf("%s: %q is not on the scale", e.Code, o.Value)
			}
		}
		e.weight = big.NewRat(1, int64(len(in.Elements)))
		if e.Weighs != "" {
			if e.weight, ok = new(big.Rat).SetString(e.Weighs); !ok || e.weight.Sign() <= 0 {
				return fmt.Errorf("%s: weight %q is no number above 0", e.Code, e.Weighs)
			}
		}
		sum.Add(sum, e.weight)
	}
	if sum.Cmp(big.NewRat(1, 1)) != 0 {
		return fmt.Errorf("the weights sum to %s, not 1", sum.FloatString(4))
	}
	if in.Printed != "" {
		if in.printed, ok = new(big.Rat).SetString(in.Printed); !ok {
			return fmt.Errorf("printed_weight %q is no number", in.Printed)
		}
	}
	if in.Publish != Exact && (in.Publish != Printed || in.printed == nil) {
		return fmt.Errorf("publish %q is neither exact nor a printed weight", in.Publish)
	}
	for _, id := range in.Profile {
		if field := f.Field(id); field == nil || field.Type != form.Choice {
			return fmt.Errorf("profile: %q is no choice of the form", id)
		}
	}
	for i := range in.Grades {
		g := &in.Grades[i]
		if g.from, ok = new(big.Rat).SetString(g.From); !ok || i > 0 && g.from.Cmp(in.Grades[i-1].from) >= 0 {
			return fmt.Errorf("grade %s: from %q", g.Grade, g.From)
		}
	}
	return nil
}

// Value is what was answered to an element, where it is on the scale.
func (in *Instrument) Value(e Element, a kiosk.Answers) (int, bool) {
	n, err := strconv.Atoi(a[e.Field])
	return n, err == nil && n >= in.Lowest && n <= in.Highest
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

// Weighted is the mean's part of the index on the scale; nil without answers.
func (s Score) Weighted() *big.Rat {
	if s.Mean == nil {
		return nil
	}
	return new(big.Rat).Mul(s.Mean, s.weight)
}

// Index is the result of a survey.
type Index struct {
	Asked     int // who answered at least one element
	Needed    int // of them, for so many served
	Scores    []Score
	Exact     string // converted value with the exact weights, two decimals; empty: none
	Printed   string // the same with the printed weight; empty where there is none
	Published string // the one of them that the instrument publishes
	Grade     Grade  // of Published
	Complete  bool   // every element was answered, and enough people did
}

// Compute computes the index of answers. There is none below the sample that
// served asks for, nor where an element has no answer at all.
func (in *Instrument) Compute(answers []kiosk.Answers, served int) Index {
	x := Index{Needed: in.Sample(served), Scores: make([]Score, len(in.Elements))}
	sums := make([]int64, len(in.Elements))
	for _, a := range answers {
		any := false
		for i, e := range in.Elements {
			if n, ok := in.Value(e, a); ok {
				sums[i] += int64(n)
				x.Scores[i].Answers++
				any = true
			}
		}
		if any {
			x.Asked++
		}
	}
	sum, weighted := new(big.Rat), new(big.Rat)
	whole := true
	for i, e := range in.Elements {
		x.Scores[i].Element = e
		if n := x.Scores[i].Answers; n > 0 {
			x.Scores[i].Mean = big.NewRat(sums[i], int64(n))
			sum.Add(sum, x.Scores[i].Mean)
			weighted.Add(weighted, x.Scores[i].Weighted())
		} else {
			whole = false
		}
	}
	if x.Complete = whole && x.Asked >= x.Needed; !x.Complete {
		return x
	}
	x.Exact = weighted.Mul(weighted, in.times).FloatString(2) // halves go away from zero: up
	x.Published = x.Exact
	if in.printed != nil {
		x.Printed = sum.Mul(sum, in.printed).Mul(sum, in.times).FloatString(2)
		if in.Publish == Printed {
			x.Published = x.Printed
		}
	}
	x.Grade = in.grade(x.Published)
	return x
}

// grade is the band of a value that is rounded already: the bands as printed
// leave gaps.
func (in *Instrument) grade(value string) Grade {
	rounded, _ := new(big.Rat).SetString(value)
	if i := slices.IndexFunc(in.Grades, func(g Grade) bool { return rounded.Cmp(g.from) >= 0 }); i >= 0 {
		return in.Grades[i]
	}
	return Grade{}
}
