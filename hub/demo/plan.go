package demo

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/workday"
)

// life is one report and what becomes of it.
type life struct {
	draft   kiosk.Draft
	office  string
	filed   time.Time
	arrived time.Time // at the hub
	about   int       // an objection: the place of the request in the plan; -1: none
	topic   *topic
	steps   []step // in order of time
	aside   []step // what happens beside them and changes no status
}

// deed is what is done in a step.
type deed int

const (
	looks    deed = iota // an officer opens the case for the first time
	decides              // an officer's change
	notes                // an officer writes to the others
	opens                // an officer looks who a confidential visitor is
	says                 // the visitor does, on the tracking page
	forwards             // to a unit, and to whose work it is
	sends                // it was taken along to LAPOR!
	keys                 // its number at LAPOR! is noted
	sums                 // an officer writes what the public may read
	merges               // into the case at the place that into says
)

// step is one moment of a life.
type step struct {
	at   time.Time
	do   deed
	by   string // officer's name
	note string
	lifecycle.Decision
	extend   int
	why      string // of the extension
	hide     bool   // the person, from now on
	kind     hub.EventKind
	said     string // by the visitor; the number at LAPOR!; the summary
	unit     string
	assignee string
	into     int
}

// planner writes lives. Everything is drawn from the seed, each life from a
// stream of its own: what one does leaves the others as they are.
type planner struct {
	*script
	seed      uint64
	catalogue *form.Catalogue
	calendar  *workday.Calendar
	from      time.Time // first and last date, midnight UTC
	until     time.Time
	weights   []float64 // of the days
	streams   uint64
	lives     []life
}

// plan writes a year of so many cases up to a date, and the surveys of that
// year. The same seed, number and date give the same plan.
func plan(s *script, catalogue *form.Catalogue, calendar *workday.Calendar, seed uint64, cases int, until time.Time) ([]life, error) {
	until = time.Date(until.Year(), until.Month(), until.Day(), 0, 0, 0, 0, time.UTC)
	p := &planner{script: s, seed: seed, catalogue: catalogue, calendar: calendar, from: until.AddDate(-1, 0, 1), until: until}
	p.weigh()
	of := func(percent int) int { return (cases*percent + 50) / 100 }
	suggestions, information, more := of(s.year.Suggestions), of(s.year.Information), of(s.year.Planted.More)
	for range information {
		p.request()
	}
	objections := p.object(of(s.year.Objections))
	for range suggestions {
		p.report("suggestion", p.anyDay, "", nil)
	}
	for range more {
		p.report("complaint", p.plantedDay, s.year.Planted.Office, p.plantedTopic())
	}
	left := cases - information - objections - suggestions - more
	fresh := min(max(of(s.year.Fresh), 3), max(left, 0))
	for range fresh {
		p.report("complaint", p.freshDay, "", nil)
	}
	for left -= fresh; left > 0; left-- {
		p.report("complaint", p.anyDay, "", nil)
		if r := p.rand(); left > 1 && chance(r, 5) && p.again(r, len(p.lives)-1) {
			left--
		}
	}
	for range of(s.year.Surveys) {
		p.survey()
	}
	for range of(s.year.Taps) {
		p.tap()
	}
	return p.lives, p.check()
}

// check says what a form would not have taken.
func (p *planner) check() error {
	for i := range p.lives {
		l := &p.lives[i]
		office, ok := p.catalogue.Office(l.office)
		if !ok {
			return fmt.Errorf("there is no office %q", l.office)
		}
		checked, problems := p.catalogue.Check(l.draft, l.filed.In(office.Location()))
		if len(problems) > 0 {
			return fmt.Errorf("a planned %s: %w", l.draft.Form, problems)
		}
		l.draft = checked
		if !slices.IsSortedFunc(l.steps, func(a, b step) int { return a.at.Compare(b.at) }) {
			return errors.New("a planned life runs backwards")
		}
		l.steps = append(l.steps, l.aside...)
		l.aside = nil
		slices.SortStableFunc(l.steps, func(a, b step) int { return a.at.Compare(b.at) })
		if len(l.steps) > 0 && !l.steps[0].at.After(l.arrived) {
			return errors.New("a planned life begins before its report arrives")
		}
	}
	return nil
}

func (p *planner) rand() *rand.Rand {
	p.streams++
	return rand.New(rand.NewPCG(p.seed, p.streams))
}

// weigh says how much comes on each day: little on days off, more after some.
func (p *planner) weigh() {
	idle := 0
	for d := p.from; !d.After(p.until); d = d.AddDate(0, 0, 1) {
		w := p.year.Weekdays[(int(d.Weekday())+6)%7] * p.year.Months[d.Month()-1]
		switch {
		case p.calendar.Working(d):
			if idle > 2 {
				w *= 1.4
			}
			idle = 0
		default:
			idle++
			w = min(w, 0.02)
		}
		p.weights = append(p.weights, w)
	}
}

func (p *planner) anyDay(r *rand.Rand) time.Time {
	return p.from.AddDate(0, 0, weighted(r, p.weights))
}

func (p *planner) plantedDay(r *rand.Rand) time.Time {
	n := min(p.year.Planted.Days, len(p.weights))
	return p.until.AddDate(0, 0, 1-n+weighted(r, p.weights[len(p.weights)-n:]))
}

func (p *planner) freshDay(r *rand.Rand) time.Time {
	day := p.until
	for left := r.IntN(2); left > 0 || !p.calendar.Working(day); day = day.AddDate(0, 0, -1) {
		if p.calendar.Working(day) {
			left--
		}
	}
	return day
}

func (p *planner) plantedTopic() *topic {
	i := slices.IndexFunc(p.complaints.Topics, func(t topic) bool { return t.Service == p.year.Planted.Service && t.Language == "" })
	return &p.complaints.Topics[i]
}

// worse reports whether a time lies in the planted days of the planted office.
func (p *planner) worse(office string, at time.Time) bool {
	return office == p.year.Planted.Office && at.After(p.until.AddDate(0, 0, -p.year.Planted.Days))
}

func (p *planner) place(id string) place {
	return p.year.Places[slices.IndexFunc(p.year.Places, func(x place) bool { return x.ID == id })]
}

func (p *planner) anyPlace(r *rand.Rand) string {
	var shares []int
	for _, x := range p.year.Places {
		shares = append(shares, x.Share)
	}
	return p.year.Places[weighted(r, shares)].ID
}

// hours are when visitors come, by weight, from eight in the morning.
var hours = []int{14, 22, 20, 13, 5, 12, 9, 5}

// begin is a report of a day at an office, and its arrival: mostly at once,
// some when the line is back.
func (p *planner) begin(r *rand.Rand, kind, office string, day time.Time) *life {
	o, _ := p.catalogue.Office(office)
	filed := time.Date(day.Year(), day.Month(), day.Day(), 8+weighted(r, hours), r.IntN(60), r.IntN(60), 0, o.Location()).UTC()
	arrived := filed.Add(time.Duration(1+r.IntN(90)) * time.Second)
	if chance(r, 4) {
		arrived = filed.Add(time.Duration(1+r.IntN(30)) * time.Hour)
	}
	p.lives = append(p.lives, life{office: office, filed: filed, arrived: arrived, about: -1,
		draft: kiosk.Draft{Form: kind, Language: kiosk.Indonesian, Identity: kiosk.Named, Answers: kiosk.Answers{}}})
	return &p.lives[len(p.lives)-1]
}

// report is a complaint or a suggestion; topic nil is any.
func (p *planner) report(kind string, day func(*rand.Rand) time.Time, office string, t *topic) {
	r := p.rand()
	if office == "" {
		office = p.anyPlace(r)
	}
	l := p.begin(r, kind, office, day(r))
	if t == nil {
		all := p.complaints.Topics
		if kind == "suggestion" {
			all = p.suggestions.Topics
		}
		t = pick(r, all, l.filed)
	}
	l.topic = t
	p.write(r, l)
	p.live(r, l)
}

func pick(r *rand.Rand, all []topic, at time.Time) *topic {
	var weights []float64
	for _, t := range all {
		w := float64(t.Weight)
		if t.Season == "mid" && at.Month() >= time.June && at.Month() <= time.August {
			w *= 2.5
		}
		weights = append(weights, w)
	}
	return &all[weighted(r, weights)]
}

// write writes the report.
func (p *planner) write(r *rand.Rand, l *life) {
	t, a := l.topic, l.draft.Answers
	if t.Language != "" {
		l.draft.Language = t.Language
	}
	l.draft.Identity = []kiosk.Identity{kiosk.Named, kiosk.Confidential, kiosk.Anonymous}[weighted(r, []int{45, 20, 35})]
	if t.Identity != "" && chance(r, 70) {
		l.draft.Identity = t.Identity
	}
	a["title"], a["description"] = filled(r, one(r, t.Titles)), filled(r, some(r, t.Stories, 1, 3))
	if chance(r, 90) {
		a["service"] = t.Service
	}
	if chance(r, 40) {
		a["office"] = l.office
	}
	if l.draft.Form == "complaint" {
		o, _ := p.catalogue.Office(l.office)
		a["location"] = filled(r, one(r, t.Places))
		if chance(r, 80) {
			a["incident_date"] = l.filed.In(o.Location()).AddDate(0, 0, -r.IntN(7)).Format(time.DateOnly)
		}
		if chance(r, 60) {
			a["wish"] = one(r, t.Wishes)
		}
	} else if chance(r, 40) {
		a["origin"] = one(r, p.year.People.Origins)
	}
	if l.draft.Identity == kiosk.Anonymous {
		return
	}
	a["reporter"], a["name"] = "person", p.person(r)
	switch n := r.IntN(100); {
	case l.draft.Language == kiosk.English:
		a["reporter"] = "foreigner"
	case n < 10:
		a["reporter"], a["organization"] = "organization", one(r, p.year.People.Organizations)
	case n < 17:
		a["reporter"], a["organization"] = "legal_entity", one(r, p.year.People.Companies)
	}
	if chance(r, 60) {
		a["phone"] = telephone(r)
	}
	if chance(r, 40) {
		a["email"] = email(r)
	}
}

func (p *planner) person(r *rand.Rand) string {
	return one(r, p.year.People.Roles) + " " + one(r, p.year.People.Numbers)
}

// telephone is a number that is nobody's: there is no area or network 800 00.
func telephone(r *rand.Rand) string { return fmt.Sprintf("+6280000%05d", r.IntN(100_000)) }

func email(r *rand.Rand) string { return fmt.Sprintf("warga%d@contoh.id", 1+r.IntN(9999)) }

// nik has the form of an identity number, with the lowest serials.
func nik(r *rand.Rand) string {
	return fmt.Sprintf("5371%02d%02d%02d%02d%04d", 1+r.IntN(20), 1+r.IntN(28)+40*r.IntN(2), 1+r.IntN(12), 50+r.IntN(50), 1+r.IntN(9))
}

// applicant is who asks for information: the law wants to know.
func (p *planner) applicant(r *rand.Rand, a kiosk.Answers) {
	a["applicant"], a["name"] = "person", p.person(r)
	switch n := r.IntN(100); {
	case n < 68:
		a["nik"] = nik(r)
	case n < 84:
		a["applicant"], a["name"] = "organization", one(r, p.year.People.Organizations)
	case n < 94:
		a["applicant"], a["name"], a["legal_number"] = "legal_entity", one(r, p.year.People.Companies), fmt.Sprintf("AHU-%07d.AH.01.04", 1+r.IntN(99))
	default:
		a["applicant"], a["nik"], a["principal"] = "proxy", nik(r), p.person(r)
	}
	a["address"] = fmt.Sprintf("Jalan Contoh %d", 1+r.IntN(99))
	if chance(r, 60) {
		a["occupation"] = one(r, p.year.People.Occupations)
	}
	reach := r.IntN(3)
	if reach != 1 {
		a["phone"] = telephone(r)
	}
	if reach != 0 || a["delivery"] == "email" {
		a["email"] = email(r)
	}
}

// survey is one answered questionnaire.
func (p *planner) survey() {
	r := p.rand()
	office := p.anyPlace(r)
	l := p.begin(r, "survey", office, p.anyDay(r))
	l.draft.Identity = kiosk.Anonymous
	a := l.draft.Answers
	services := slices.Sorted(maps.Keys(p.year.Services))
	var weights []int
	for _, id := range services {
		weights = append(weights, p.year.Services[id])
	}
	if chance(r, 85) {
		a["service"] = services[weighted(r, weights)]
	}
	worse := p.worse(office, l.filed)
	mood := r.NormFloat64() * 0.45 // one visitor is content, another is not
	for _, field := range slices.Sorted(maps.Keys(p.year.Elements)) {
		at := 3 + p.year.Elements[field] + p.place(office).Liked + mood + r.NormFloat64()*0.5
		if worse {
			at += p.year.Planted.Liked
			if field == p.year.Planted.Field {
				at += p.year.Planted.Liked
			}
		}
		if !chance(r, 3) {
			a[field] = fmt.Sprint(min(max(int(math.Round(at)), 1), 4))
		}
	}
	if len(a) < 3 {
		a["time"] = "3"
	}
	f := p.catalogue.Form("survey")
	for _, id := range []string{"gender", "age", "education", "occupation"} {
		if field := f.Field(id); field != nil && chance(r, 70) {
			a[id] = one(r, field.Options).Value
		}
	}
	if chance(r, 12) {
		a["words"] = one(r, p.year.Words.Said)
		if worse {
			a["words"] = one(r, p.year.Words.Planted)
		}
	}
}

// tap is one touch about the kiosk.
func (p *planner) tap() {
	r := p.rand()
	l := p.begin(r, "ease", p.anyPlace(r), p.anyDay(r))
	l.draft.Identity = kiosk.Anonymous
	l.draft.Answers["ease"] = []string{"1", "2", "3", "4"}[weighted(r, []int{4, 9, 42, 45})]
}

// object writes up to n objections to how requests went, and returns how many.
func (p *planner) object(n int) int {
	r := p.rand()
	type chosen struct {
		request int
		ground  string
		after   time.Time // when there was reason to object
	}
	var all []chosen
	for i := range p.lives {
		l := &p.lives[i]
		if l.draft.Form != "information" {
			continue
		}
		due, _ := p.calendar.At(l.office).Add(p.local(l.office, l.filed), 10)
		late := due.AddDate(0, 0, 1)
		for _, s := range l.steps {
			switch {
			case s.do == says || s.extend > 0: // content, or told that it takes longer
				late = time.Time{}
			case s.Status == kiosk.Answered && !late.IsZero() && s.at.After(late.AddDate(0, 0, 5)):
				all = append(all, chosen{i, "no_reply", late})
			case s.Status == kiosk.Answered && s.Outcome == "refused":
				all = append(all, chosen{i, "refused", s.at})
			case s.Status == kiosk.Answered && s.Outcome == "partial":
				all = append(all, chosen{i, "not_as_asked", s.at})
			}
		}
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	slices.SortStableFunc(all, func(a, b chosen) int { return cmp.Compare(b.ground, a.ground) }) // refusals first
	done := 0
	for _, c := range all {
		if done == n {
			break
		}
		l := &p.lives[c.request]
		o := p.calendar.At(l.office)
		day, _ := o.Add(p.local(l.office, c.after), 2+r.IntN(18))
		if c.ground == "no_reply" {
			day, _ = o.Add(p.local(l.office, c.after), 1+r.IntN(3))
		}
		if !p.until.After(day) || slices.ContainsFunc(l.steps, func(s step) bool { return s.do == says }) {
			continue
		}
		p.objection(r, c.request, c.ground, day)
		done++
	}
	for ; done < n; done++ {
		p.objection(r, -1, one(r, []string{"not_published", "not_provided", "cost", "late"}), p.anyDay(r))
	}
	return done
}

// objection is one, and what comes of it for the request.
func (p *planner) objection(r *rand.Rand, request int, ground string, day time.Time) {
	office := p.anyPlace(r)
	if request >= 0 {
		office = p.lives[request].office
	}
	l := p.begin(r, "objection", office, day)
	a := l.draft.Answers
	a["ground"], a["story"] = ground, one(r, p.objections.Grounds[ground])
	if request >= 0 {
		l.about = request
		for _, id := range []string{"applicant", "name", "nik", "principal", "legal_number", "address", "occupation", "phone", "email"} {
			if said := p.lives[request].draft.Answers[id]; said != "" {
				a[id] = said
			}
		}
	} else {
		p.applicant(r, a)
	}
	p.decideObjection(r, l)
}

func (p *planner) local(office string, t time.Time) time.Time {
	o, _ := p.catalogue.Office(office)
	return t.In(o.Location())
}
