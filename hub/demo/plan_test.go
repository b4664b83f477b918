package demo

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/workday"
)

var lastDay = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

func planned(t *testing.T, seed uint64, cases int, until time.Time) (*script, []life) {
	t.Helper()
	s, err := read(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := form.Load(assets.In(folder(t)))
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workday.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	lives, err := plan(s, catalogue, calendar, seed, cases, until)
	if err != nil {
		t.Fatal(err)
	}
	return s, lives
}

func TestThePlanIsTheSeeds(t *testing.T) {
	_, a := planned(t, 7, 300, lastDay)
	_, b := planned(t, 7, 300, lastDay)
	if !reflect.DeepEqual(a, b) {
		t.Error("one seed, two years")
	}
	if _, c := planned(t, 8, 300, lastDay); reflect.DeepEqual(a, c) {
		t.Error("two seeds, one year")
	}
}

func TestAnyNumberOfAnyYearIsPlanned(t *testing.T) {
	for seed, cases := range map[uint64]int{1: 1, 2: 7, 3: 50, 4: 3000} {
		for _, until := range []string{"2025-12-31", "2026-03-25", "2027-06-30"} { // in Idulfitri's holidays; on a Wednesday
			day, err := time.Parse(time.DateOnly, until)
			if err != nil {
				t.Fatal(err)
			}
			_, lives := planned(t, seed, cases, day)
			n := 0
			for _, l := range lives {
				if l.draft.Form != "survey" && l.draft.Form != "ease" {
					n++
				}
			}
			if n != cases {
				t.Errorf("seed %d, until %s: %d cases, not %d", seed, until, n, cases)
			}
		}
	}
}

// What the figures are to find is there, and what they are not to find is not.
func TestThePlantedChangeIsThere(t *testing.T) {
	s, lives := planned(t, 1, 1500, lastDay)
	from := lastDay.AddDate(0, 0, -s.year.Planted.Days)
	before, since, elsewhere, elsewhereSince := 0.0, 0.0, 0.0, 0.0
	kinds := map[string]int{}
	for _, l := range lives {
		kinds[l.draft.Form]++
		if l.draft.Form != "complaint" || l.draft.Answers["service"] != s.year.Planted.Service {
			continue
		}
		here, late := l.office == s.year.Planted.Office, l.filed.After(from)
		switch {
		case here && late:
			since++
		case here:
			before++
		case late:
			elsewhereSince++
		default:
			elsewhere++
		}
	}
	perDay, perDaySince := before/float64(365-s.year.Planted.Days), since/float64(s.year.Planted.Days)
	if since < 30 || perDaySince < 5*perDay {
		t.Errorf("%v complaints in the last days, %v before", since, before)
	}
	if elsewhereSince/float64(s.year.Planted.Days) > 2*elsewhere/float64(365-s.year.Planted.Days) {
		t.Errorf("other offices got worse too: %v, before %v", elsewhereSince, elsewhere)
	}
	for kind, want := range map[string]int{"information": 330, "objection": 60, "suggestion": 240, "complaint": 870, "survey": 3000, "ease": 900} {
		if kinds[kind] != want {
			t.Errorf("%d of %s, not %d", kinds[kind], kind, want)
		}
	}
}

var (
	synthetic = regexp.MustCompile(`^5371\d{8}000[1-9]$`)
	nobodys   = regexp.MustCompile(`^\+6280000\d{5}$`)
)

// No planned answer names or reaches anybody.
func TestNobodyIsInIt(t *testing.T) {
	s, lives := planned(t, 3, 2000, lastDay)
	number := regexp.MustCompile(`\d{9,}`)
	for _, l := range lives {
		for id, a := range l.draft.Answers {
			switch id {
			case "nik":
				if !synthetic.MatchString(a) {
					t.Errorf("NIK %s", a)
				}
			case "email":
				if !strings.HasSuffix(a, "@contoh.id") {
					t.Errorf("e-mail %s", a)
				}
			case "phone":
				if !nobodys.MatchString(a) {
					t.Errorf("telephone %s", a)
				}
			case "name", "principal":
				role, _, _ := strings.Cut(a, " ")
				if !slices.Contains(s.year.People.Roles, role) && !strings.Contains(a, "Contoh") && !slices.Contains(s.year.People.Organizations, a) {
					t.Errorf("name %q", a)
				}
			case "organization":
				if !slices.Contains(slices.Concat(s.year.People.Organizations, s.year.People.Companies), a) {
					t.Errorf("organisation %q", a)
				}
			default:
				if strings.Contains(a, "@") || number.MatchString(a) || strings.Contains(a, "{") {
					t.Errorf("%s: %q", id, a)
				}
			}
		}
		for _, step := range l.steps {
			if text := step.Answer + step.note + step.why; strings.Contains(text, "{") || strings.Contains(text, "@") || number.MatchString(text) {
				t.Errorf("step: %q", text)
			}
		}
	}
}

// A week has its rhythm, and nobody comes on a holiday in number.
func TestTheWeekHasItsRhythm(t *testing.T) {
	_, lives := planned(t, 1, 3000, lastDay)
	days := map[time.Weekday]int{}
	fitri := 0
	for _, l := range lives {
		local := l.filed.In(kiosk.Zone("WIB"))
		days[local.Weekday()]++
		if d := local.Format(time.DateOnly); d >= "2026-03-18" && d <= "2026-03-24" {
			fitri++
		}
	}
	if days[time.Monday] < days[time.Friday]*13/10 || days[time.Saturday]+days[time.Sunday] > len(lives)/50 || fitri > len(lives)/200 {
		t.Errorf("%v, %d in Idulfitri's holidays of %d", days, fitri, len(lives))
	}
}

func TestABrokenScriptSaysWhere(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range []string{"year", "complaint", "suggestion", "information", "objection", "casework"} {
		b, err := assets.Files.ReadFile("demo/" + name + ".toml")
		if err != nil {
			t.Fatal(err)
		}
		files["demo/"+name+".toml"] = &fstest.MapFile{Data: b}
	}
	if _, err := read(files); err != nil {
		t.Fatal(err)
	}
	files["demo/year.toml"].Data = append(files["demo/year.toml"].Data, "\n[more]\nx = 1\n"...)
	if _, err := read(files); err == nil || !strings.Contains(err.Error(), "demo/year.toml") {
		t.Error(err)
	}
}
