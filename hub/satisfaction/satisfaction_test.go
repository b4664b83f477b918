package satisfaction

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/form"
)

// files are the instruments and forms, some of them changed.
func files(t *testing.T, changes map[string][2]string) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{}
	err := fs.WalkDir(assets.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".toml") {
			return err
		}
		b, err := fs.ReadFile(assets.Files, name)
		if c, ok := changes[name]; ok {
			if !strings.Contains(string(b), c[0]) {
				t.Fatalf("%s has no %q", name, c[0])
			}
			b = []byte(strings.Replace(string(b), c[0], c[1], 1))
		}
		all[name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func load(files fs.FS) (*Catalogue, error) {
	forms, err := form.Load(files)
	if err != nil {
		return nil, err
	}
	return Load(files, forms)
}

func named(t *testing.T, name string) *Instrument {
	t.Helper()
	c, err := load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	return c.Named(name)
}

func skm(t *testing.T) *Instrument { t.Helper(); return named(t, "skm") }

// all answers every element alike.
func (in *Instrument) all(n int) kiosk.Answers {
	a := kiosk.Answers{}
	for _, e := range in.Elements {
		a[e.Field] = strconv.Itoa(n)
	}
	return a
}

func TestTheEndsOfTheScale(t *testing.T) {
	in := skm(t)
	for n, want := range map[int]string{4: "100.00 99.00 A", 3: "75.00 74.25 C", 2: "50.00 49.50 D", 1: "25.00 24.75 D"} {
		var answers []kiosk.Answers
		for range 10 {
			answers = append(answers, in.all(n))
		}
		x := in.Compute(answers, 10)
		if got := x.Exact + " " + x.Printed + " " + x.Grade.Grade; got != want {
			t.Errorf("all %d: %s, want %s", n, got, want)
		}
	}
}

// Worked by hand: ten people; nine gave 3 to all. The tenth gave 4 to U1, 2 to
// U2, and skipped U9. Means: U1 31/10, U2 29/10, U9 27/9 = 3, the others with
// the tenth's 4: 31/10 (U3 to U8, six of them). Sum 3.1+2.9+6×3.1+3 = 27.6;
// ×25/9 = 76.666… → 76.67: B, by 0.06. With 0.11: 27.6×0.11×25 = 75.90.
func TestAWorkedExample(t *testing.T) {
	in := skm(t)
	var answers []kiosk.Answers
	for range 9 {
		answers = append(answers, in.all(3))
	}
	tenth := in.all(4)
	tenth["procedure"] = "2"
	delete(tenth, "facilities")
	x := in.Compute(append(answers, tenth), 10)
	if x.Exact != "76.67" || x.Printed != "75.90" || x.Grade.Grade != "B" || x.Asked != 10 || x.Scores[8].Answers != 9 || x.Scores[8].Code != "U9" {
		t.Errorf("%+v", x)
	}
	if x.Scores[0].Mean.FloatString(3) != "3.100" || x.Scores[1].Mean.FloatString(3) != "2.900" {
		t.Errorf("%v", x.Scores)
	}
}

// The printed bands leave gaps (88.30 to 88.31): rounding comes first.
func TestRoundingComesBeforeTheGrade(t *testing.T) {
	in := skm(t)
	var answers []kiosk.Answers
	// 400 people: the sum of means is 31.79 = 88.3055… → 88.31: A.
	for n := range 400 {
		a := in.all(4)
		for i, e := range in.Elements {
			if i > 0 && n < 200 && i <= 8 {
				a[e.Field] = "3"
			}
		}
		if n < 84 { // 36 - 4 - 0.21 = 31.79
			a["requirements"] = "3"
		}
		answers = append(answers, a)
	}
	x := in.Compute(answers, 400)
	if x.Exact != "88.31" || x.Grade.Grade != "A" {
		t.Errorf("%s %s", x.Exact, x.Grade.Grade)
	}
}

func TestNoIndexFromTooFew(t *testing.T) {
	in := skm(t)
	var answers []kiosk.Answers
	for range 43 {
		answers = append(answers, in.all(4))
	}
	if x := in.Compute(answers, 50); x.Complete || x.Exact != "" || x.Needed != 44 {
		t.Errorf("43 of 50: %+v", x)
	}
	answers = append(answers, in.all(4))
	if x := in.Compute(answers, 50); !x.Complete || x.Exact != "100.00" {
		t.Errorf("44 of 50: %+v", x)
	}
	if x := in.Compute(answers, 0); x.Complete || x.Needed != 384 {
		t.Errorf("nobody knows of how many: %+v", x)
	}
	for i := range answers {
		delete(answers[i], "cost")
	}
	if x := in.Compute(answers, 50); x.Complete {
		t.Error("an element without an answer")
	}
	if x := in.Compute([]kiosk.Answers{{"cost": "7"}, {"words": "Bagus"}, {}}, 3); x.Asked != 0 {
		t.Errorf("%+v", x)
	}
}

// The formula agrees with every printed row but the last, which the decree
// rounds up from 382.63.
func TestTheSampleTable(t *testing.T) {
	in := skm(t)
	for _, row := range in.Samples[:len(in.Samples)-1] {
		n := float64(row[0])
		if got := fmt.Sprintf("%.0f", 3.841*n*0.25/(0.0025*(n-1)+3.841*0.25)); got != strconv.Itoa(row[1]) {
			t.Errorf("%d: %s, printed %d", row[0], got, row[1])
		}
		if in.Sample(row[0]) != row[1] {
			t.Errorf("%d: %d", row[0], in.Sample(row[0]))
		}
	}
	if in.Sample(7) != 7 || in.Sample(150) != 108 || in.Sample(1_000_000) != 384 {
		t.Error(in.Sample(7), in.Sample(150), in.Sample(1_000_000))
	}
}

// The ministry's own stars: all six are 100, all one 16.67; by hand, ten people
// give 5 to every sentence on quality but the first, which gets 6 from half of
// them: 5.5. Sum (5.5+7×5)/8 = 5.0625; ×50/3 = 84.375 → 84.38: B.
func TestTheMinistrysStars(t *testing.T) {
	for _, name := range []string{"spkp", "spak"} {
		in := named(t, name)
		for n, want := range map[int]string{6: "100.00 A", 1: "16.67 D", 4: "66.67 C"} {
			var answers []kiosk.Answers
			for range 10 {
				answers = append(answers, in.all(n))
			}
			x := in.Compute(answers, 10)
			if got := x.Published + " " + x.Grade.Grade; got != want || x.Printed != "" {
				t.Errorf("%s, all %d: %s, want %s", name, n, got, want)
			}
		}
	}
	in := named(t, "spkp")
	var answers []kiosk.Answers
	for n := range 10 {
		a := in.all(5)
		if n%2 == 0 {
			a["information"] = "6"
		}
		answers = append(answers, a)
	}
	if x := in.Compute(answers, 10); x.Exact != "84.38" || x.Grade.Grade != "B" || x.Scores[0].Weighted().FloatString(4) != "0.6875" {
		t.Errorf("%+v", x)
	}
}

// Both values of SKM are there whichever is published; the grade is that of the
// published one. By hand: means 3.54 each sum to 31.86; ×25/9 = 88.50: A; with
// 0.11, 31.86×2.75 = 87.615 → 87.62 (halves up): B.
func TestTheWeightThatIsPublished(t *testing.T) {
	var answers []kiosk.Answers
	in := skm(t)
	for n := range 50 { // 27 fours and 23 threes: 177/50 = 3.54
		if n < 27 {
			answers = append(answers, in.all(4))
		} else {
			answers = append(answers, in.all(3))
		}
	}
	for publish, want := range map[string]string{Exact: "88.50 A", Printed: "87.62 B"} {
		c, err := load(files(t, map[string][2]string{"instruments/skm.toml": {`publish = "exact"`, `publish = "` + publish + `"`}}))
		if err != nil {
			t.Fatal(err)
		}
		x := c.Current().Compute(answers, 50)
		if got := x.Published + " " + x.Grade.Grade; got != want || x.Exact != "88.50" || x.Printed != "87.62" {
			t.Errorf("%s: %s, want %s", publish, got, want)
		}
	}
}

// Weights that are not equal: the first element counts half of the whole. 4 for
// it and 2 for the other eight: (4×1/2 + 2×1/2)×25 = 75.00, where equal weights
// give (4+16)/9×25 = 55.56.
func TestWeightsAreData(t *testing.T) {
	all := files(t, nil)
	b := string(all["instruments/skm.toml"].Data)
	b = strings.ReplaceAll(b, `, label = { id =`, `, weight = "1/16", label = { id =`)
	b = strings.Replace(b, `field = "requirements", weight = "1/16"`, `field = "requirements", weight = "1/2"`, 1)
	b = strings.ReplaceAll(b, `from = "88.31", weight = "1/16"`, `from = "88.31"`)
	for _, from := range []string{"76.61", "65.00", "25.00"} {
		b = strings.ReplaceAll(b, from+`", weight = "1/16"`, from+`"`)
	}
	all["instruments/skm.toml"] = &fstest.MapFile{Data: []byte(b)}
	c, err := load(all)
	if err != nil {
		t.Fatal(err)
	}
	in := c.Current()
	a := in.all(2)
	a["requirements"] = "4"
	if x := in.Compute([]kiosk.Answers{a}, 1); x.Exact != "75.00" {
		t.Errorf("%+v", x)
	}
	if x := skm(t).Compute([]kiosk.Answers{a}, 1); x.Exact != "55.56" {
		t.Errorf("%+v", x)
	}
}

func TestAnInstrumentThatCannotBeComputedIsRefused(t *testing.T) {
	for why, change := range map[string][2]string{
		"weights that are not 1":   {`weight = "1/5"`, `weight = "1/4"`},
		"a field nobody asks":      {`field = "gift"`, `field = "gifts"`},
		"no scale":                 {"highest = 6", "highest = 1"},
		"an answer off the scale":  {"highest = 6", "highest = 5"},
		"no times":                 {`times = "50/3"`, `times = "many"`},
		"a weight nobody printed":  {`publish = "exact"`, `publish = "printed"`},
		"a profile nobody asks":    {`publish = "exact"`, "publish = \"exact\"\nprofile = [\"sex\"]"},
		"grades that do not fall":  {`from = "76.61"`, `from = "99"`},
		"a name that is not its's": {`name = "spak"`, `name = "spk"`},
		"an unknown key":           {`publish = "exact"`, "publish = \"exact\"\ncolour = 1"},
	} {
		if _, err := load(files(t, map[string][2]string{"instruments/spak.toml": change})); err == nil || !strings.Contains(err.Error(), "instruments/spak.toml") {
			t.Errorf("%s: %v", why, err)
		}
	}
}

// A word in the catalogue chooses which survey kiosks offer, and with it the
// instrument that is published.
func TestTheSurveyIsChosen(t *testing.T) {
	for survey, want := range map[string]string{"survey": "skm", "stars": "spkp"} {
		all := files(t, map[string][2]string{"offices.toml": {`survey = "survey"`, `survey = "` + survey + `"`}})
		c, err := load(all)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Current().Name; got != want || len(c.All) != 3 {
			t.Errorf("%s: %s of %d", survey, got, len(c.All))
		}
		forms, err := form.Load(all)
		if err != nil {
			t.Fatal(err)
		}
		var doors []string
		for _, f := range forms.Doors() {
			doors = append(doors, f.Name)
		}
		if got := strings.Join(doors, " "); got != "complaint suggestion information objection "+survey {
			t.Error(got)
		}
	}
	if _, err := load(files(t, map[string][2]string{"offices.toml": {`survey = "survey"`, `survey = "complaint"`}})); err == nil {
		t.Error("a complaint is a survey")
	}
}
