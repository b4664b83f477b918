package demo

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"

	"github.com/BurntSushi/toml"

	"loket/kiosk"
)

// script is what a year is written from: demo/*.toml.
type script struct {
	year        year
	complaints  topics
	suggestions topics
	information topics
	objections  objections
	casework    casework
}

// year is who gets how much, who is quick, and what is planted.
type year struct {
	Suggestions int                `toml:"suggestions"` // of every hundred cases
	Information int                `toml:"information"`
	Objections  int                `toml:"objections"`
	Fresh       int                `toml:"fresh"`   // of the last two working days
	Surveys     int                `toml:"surveys"` // for every hundred cases
	Taps        int                `toml:"taps"`
	Months      []float64          `toml:"months"`
	Weekdays    []float64          `toml:"weekdays"` // Monday first
	Places      []place            `toml:"offices"`
	Planted     planted            `toml:"planted"`
	Elements    map[string]float64 `toml:"elements"` // of the survey, beside 3 of 4
	Services    map[string]int     `toml:"services"` // that surveys are about, by weight
	Words       struct {
		Said    []string `toml:"id"`
		Planted []string `toml:"planted"`
	} `toml:"survey_words"`
	People struct {
		Roles         []string `toml:"roles"`
		Numbers       []string `toml:"numbers"`
		Organizations []string `toml:"organizations"`
		Companies     []string `toml:"companies"`
		Occupations   []string `toml:"occupations"`
		Origins       []string `toml:"origins"`
	} `toml:"people"`
	Closed struct {
		Office string `toml:"office"`
		Days   int    `toml:"days"` // before the last
		Name   string `toml:"name"`
	} `toml:"closed"`
}

// place is an office and how it works.
type place struct {
	ID    string  `toml:"id"`
	Share int     `toml:"share"`
	Late  float64 `toml:"late"`  // of a hundred cases
	Pace  float64 `toml:"pace"`  // times as long as elsewhere
	Liked float64 `toml:"liked"` // points of a survey's scale
}

// planted is what gets worse.
type planted struct {
	Office  string  `toml:"office"`
	Service string  `toml:"service"`
	Days    int     `toml:"days"`
	More    int     `toml:"more"` // for every hundred cases of the year
	Liked   float64 `toml:"liked"`
	Field   string  `toml:"field"` // of the survey, where it shows most
}

type topics struct {
	Topics []topic `toml:"topics"`
	Extras struct {
		Purposes     []string `toml:"purposes"`
		Asks         []string `toml:"asks"`
		Replies      []string `toml:"replies"`
		Extend       []string `toml:"extend"`
		NotOurs      []string `toml:"not_ours"`
		Reopened     []string `toml:"reopened"`
		ReopenedNote string   `toml:"reopened_note"`
		Closing      string   `toml:"closing"`
	} `toml:"extras"`
}

// topic is something to write about, and what is answered.
type topic struct {
	Service       string         `toml:"service"`
	Weight        int            `toml:"weight"`
	Unit          string         `toml:"unit"` // part of the office that handles it
	Language      kiosk.Language `toml:"language"`
	Identity      kiosk.Identity `toml:"identity"` // that most choose
	Season        string         `toml:"season"`   // mid: more from June to August
	Titles        []string       `toml:"titles"`
	Stories       []string       `toml:"stories"`
	Wishes        []string       `toml:"wishes"`
	Places        []string       `toml:"places"`
	Purposes      []string       `toml:"purposes"`
	Asks          []string       `toml:"asks"`
	Notes         []string       `toml:"notes"`
	Solved        []string       `toml:"solved"`
	Partly        []string       `toml:"partly"`
	Unfounded     []string       `toml:"unfounded"`
	Adopted       []string       `toml:"adopted"`
	Planned       []string       `toml:"planned"`
	NotAdopted    []string       `toml:"not_adopted"`
	NotReason     string         `toml:"not_reason"`
	Granted       []string       `toml:"granted"`
	Partial       []string       `toml:"partial"`
	PartialReason string         `toml:"partial_reason"`
	Refused       []string       `toml:"refused"`
	RefusedReason string         `toml:"refused_reason"`
	NotHeld       []string       `toml:"not_held"`
	Holder        string         `toml:"holder"`
}

type objections struct {
	Grounds map[string][]string `toml:"grounds"`
	Answers struct {
		Upheld   []string `toml:"upheld"`
		Partly   []string `toml:"partly"`
		Rejected []string `toml:"rejected"`
		Complete []string `toml:"complete"`
	} `toml:"answers"`
	Extras struct {
		Notes []string `toml:"notes"`
	} `toml:"extras"`
}

// casework is what is said in any case.
type casework struct {
	ForwardNotes   []string `toml:"forward_notes"`
	Replies        []string `toml:"replies"`
	Contested      []string `toml:"contested"`
	Second         []string `toml:"second"`
	SecondEN       []string `toml:"second_en"`
	NotOurs        []string `toml:"not_ours"`
	NotOursEN      []string `toml:"not_ours_en"`
	ArchivedNotes  []string `toml:"archived_notes"`
	General        []string `toml:"general"`
	GeneralStories []string `toml:"general_stories"`
	LateNote       string   `toml:"late_note"`
	PhoneNote      string   `toml:"phone_note"`
	LateSoonNote   string   `toml:"late_soon_note"`
	IdentityNotes  []string `toml:"identity_notes"`
	Templates      []struct {
		Kind    string `toml:"kind"`
		Outcome string `toml:"outcome"`
		Title   string `toml:"title"`
		Body    string `toml:"body"`
	} `toml:"templates"`
	Summaries           []string `toml:"summaries"`
	SummariesSuggestion []string `toml:"summaries_suggestion"`
	Improvements        []struct {
		Office  string     `toml:"office"` // empty: the whole ministry
		Service string     `toml:"service"`
		Days    int        `toml:"days"` // before the last
		Said    kiosk.Text `toml:"said"`
		Changed kiosk.Text `toml:"changed"`
	} `toml:"improvements"`
	Views []struct {
		Officer string `toml:"officer"`
		Name    string `toml:"name"`
		Query   string `toml:"query"`
	} `toml:"views"`
}

// read reads the script.
func read(files fs.FS) (*script, error) {
	s := new(script)
	for name, into := range map[string]any{"year": &s.year, "complaint": &s.complaints, "suggestion": &s.suggestions,
		"information": &s.information, "objection": &s.objections, "casework": &s.casework} {
		meta, err := toml.DecodeFS(files, "demo/"+name+".toml", into)
		if err == nil && len(meta.Undecoded()) > 0 {
			err = fmt.Errorf("unknown key %s", meta.Undecoded()[0])
		}
		if err != nil {
			return nil, fmt.Errorf("demo/%s.toml: %w", name, err)
		}
	}
	return s, nil
}

// one of all.
func one[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

// some is from to at most up to of all, in an order of chance, as one text.
func some(r *rand.Rand, all []string, from, upTo int) string {
	n := min(from+r.IntN(upTo-from+1), len(all))
	var parts []string
	for _, i := range r.Perm(len(all))[:n] {
		parts = append(parts, all[i])
	}
	return strings.Join(parts, " ")
}

// weighted picks an index by weight.
func weighted[W int | float64](r *rand.Rand, weights []W) int {
	var sum float64
	for _, w := range weights {
		sum += float64(w)
	}
	at := r.Float64() * sum
	for i, w := range weights {
		if at -= float64(w); at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// chance is true in so many of a hundred cases.
func chance(r *rand.Rand, percent float64) bool { return r.Float64()*100 < percent }

// filled puts something where {n}, {time} and {months} stand.
func filled(r *rand.Rand, text string) string {
	return strings.NewReplacer(
		"{n}", fmt.Sprint(2+r.IntN(5)),
		"{time}", one(r, []string{"07.30", "08.00", "09.00", "09.30", "10.00"}),
		"{months}", one(r, []string{"dua", "tiga", "empat", "lima", "enam", "delapan"}),
	).Replace(text)
}
