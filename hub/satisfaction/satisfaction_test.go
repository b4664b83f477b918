package satisfaction

import (
	"fmt"
	"strconv"
	"testing"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/form"
)

func skm(t *testing.T) *Instrument {
	t.Helper()
	forms, err := form.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	in, err := Load(assets.Files, "skm", forms)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

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
