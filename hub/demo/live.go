package demo

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
)

// writer adds the steps of one life, walking through the time of its office.
type writer struct {
	*planner
	r     *rand.Rand
	l     *life
	place place
	at    time.Time // of the last step
}

func (p *planner) writer(r *rand.Rand, l *life) *writer {
	return &writer{p, r, l, p.place(l.office), l.arrived}
}

// on goes to the n-th working day after a time, at an hour when the office
// works; never back.
func (w *writer) on(since time.Time, n int) {
	o := w.calendar.At(w.l.office)
	local, last := w.local(w.l.office, since), w.local(w.l.office, w.at)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	if n > 0 {
		day, _ = o.Add(local, n)
	}
	hour := func() time.Time {
		return time.Date(day.Year(), day.Month(), day.Day(), 8, 10+w.r.IntN(480), w.r.IntN(60), 0, local.Location())
	}
	t := hour()
	for range 4 { // another hour of the day, if there is one
		if t.After(last) {
			break
		}
		t = hour()
	}
	for !t.After(last) || !o.Working(day) {
		day, _ = o.Add(day, 1)
		t = hour()
	}
	w.at = t.UTC()
}

// soon goes on by some minutes of the same visit to the desk.
func (w *writer) soon() { w.at = w.at.Add(time.Duration(1+w.r.IntN(8)) * time.Minute) }

// someday goes to a day when the visitor sits down at home.
func (w *writer) someday(from, to int) {
	local := w.local(w.l.office, w.at).AddDate(0, 0, from+w.r.IntN(to-from+1))
	t := time.Date(local.Year(), local.Month(), local.Day(), 7+w.r.IntN(15), w.r.IntN(60), w.r.IntN(60), 0, local.Location()).UTC()
	if !t.After(w.at) {
		t = w.at.Add(time.Duration(1+w.r.IntN(10)) * time.Hour)
	}
	w.at = t
}

func (w *writer) add(s step) {
	s.at = w.at
	w.l.steps = append(w.l.steps, s)
}

func (w *writer) decide(by string, d lifecycle.Decision, note string) {
	w.add(step{do: decides, by: by, Decision: d, note: note})
}

// maybe is a text in so many of a hundred cases.
func (w *writer) maybe(percent float64, all []string) string {
	if chance(w.r, percent) {
		return one(w.r, all)
	}
	return ""
}

// spread is a number of working days up to a term, as this office takes them.
func (w *writer) spread(most int) int {
	n := 1 + int(w.r.Float64()*w.r.Float64()*float64(most)*1.3*w.place.Pace+w.r.Float64())
	return min(n, most)
}

// late reports whether the office misses a term: more often where it gets worse.
func (w *writer) late() bool {
	percent := w.place.Late
	if w.worse(w.l.office, w.l.filed) {
		percent *= 2
	}
	return chance(w.r, percent)
}

// handler is who answers for an office.
func handler(office string) string {
	switch office {
	case "pusat", "layanan": // no units there
		return Verifier
	case "barat":
		return Unit
	}
	return Unit + "-" + office
}

// live is what becomes of a complaint or a suggestion.
func (p *planner) live(r *rand.Rand, l *life) {
	w := p.writer(r, l)
	fate := weighted(r, []int{80, 8, 4, 4, 4})
	late := w.late()
	check, answer := min(r.IntN(3), 2), w.spread(8)
	if late {
		check, answer = r.IntN(6), 9+w.spread(16)
	}
	check = min(check, answer)
	w.on(l.filed, check)
	w.add(step{do: looks, by: Verifier})
	w.soon()
	texts := func(id, en []string) string {
		if l.draft.Language == kiosk.English {
			return one(r, en)
		}
		return one(r, id)
	}
	switch fate {
	case 2:
		w.decide(Verifier, lifecycle.Decision{Status: kiosk.NotOurs, Answer: texts(p.casework.NotOurs, p.casework.NotOursEN)}, "")
		return
	case 3:
		l.draft.Answers["title"], l.draft.Answers["description"] = one(r, p.casework.General), one(r, p.casework.GeneralStories)
		w.decide(Verifier, lifecycle.Decision{Status: kiosk.Archived, Reason: one(r, []string{"too_general", "too_general", "not_relevant"})}, one(r, p.casework.ArchivedNotes))
		return
	}
	w.verify()
	if l.draft.Identity == kiosk.Confidential && chance(r, 20) {
		w.soon()
		w.add(step{do: opens, by: Verifier, note: one(r, p.casework.IdentityNotes)})
	}
	if fate == 4 && p.until.Sub(l.filed) < 50*24*time.Hour { // it lies in the unit
		w.on(l.filed, 9+r.IntN(3))
		w.add(step{do: notes, by: Verifier, note: p.casework.LateSoonNote})
		return
	}
	if fate == 1 {
		w.on(w.at, r.IntN(3))
		w.decide(handler(l.office), lifecycle.Decision{Status: kiosk.Returned, Answer: one(r, l.topic.Asks)}, "")
		if chance(r, 35) {
			return // and no reply: it will be closed
		}
		w.someday(1, 7)
		w.add(step{do: says, kind: hub.Replied, said: one(r, p.casework.Replies)})
		w.on(w.at, w.spread(4))
	} else {
		if answer > 1 {
			w.on(l.filed, check+r.IntN(answer-check+1))
		} else {
			w.soon()
		}
		w.decide(handler(l.office), lifecycle.Decision{Status: kiosk.InProgress}, w.maybe(35, l.topic.Notes))
		w.on(l.filed, answer)
	}
	note := w.maybe(15, l.topic.Notes)
	if late {
		note = p.casework.LateNote
	}
	w.decide(handler(l.office), w.outcome(), note)
	w.summarise()
	w.after()
}

// verify is a report checked and given to a unit.
func (w *writer) verify() {
	l := w.l
	verified := lifecycle.Decision{Status: kiosk.Verified}
	w.decide(Verifier, verified, w.maybe(25, l.topic.Notes))
	w.soon()
	if l.draft.Identity == kiosk.Named && chance(w.r, 4) {
		w.add(step{do: decides, by: Verifier, Decision: verified, hide: true})
		w.soon()
	}
	forward := step{do: forwards, by: Verifier, unit: l.office, assignee: handler(l.office), note: one(w.r, w.casework.ForwardNotes)}
	if id := l.office + "." + l.topic.Unit; l.topic.Unit != "" {
		if _, ok := w.catalogue.Office(id); ok {
			forward.unit = id
		}
	}
	w.add(forward)
	// To LAPOR! goes everything, some days later; of some its number is awaited.
	switch {
	case w.until.Sub(w.at) < 6*24*time.Hour:
	case chance(w.r, 6):
		w.between(step{do: sends, by: Verifier})
	default:
		w.between(step{do: keys, by: Verifier, said: number(w.r)})
	}
}

// between adds a step of the next days that leaves the others where they are.
func (w *writer) between(s step) {
	at := w.at
	w.on(at, 1+w.r.IntN(2))
	s.at, w.at = w.at, at
	w.l.aside = append(w.l.aside, s)
}

// number has the form of one that LAPOR! gives, and is longer than any yet.
func number(r *rand.Rand) string { return fmt.Sprintf("99%07d", r.IntN(10_000_000)) }

// outcome is what came of a complaint or a suggestion.
func (w *writer) outcome() lifecycle.Decision {
	t, r := w.l.topic, w.r
	d := lifecycle.Decision{Status: kiosk.Answered}
	say := func(outcome, reason string, texts []string) lifecycle.Decision {
		d.Outcome, d.Reason, d.Answer = outcome, reason, filled(r, one(r, texts))
		return d
	}
	n := r.IntN(100)
	if w.l.draft.Form == "suggestion" {
		switch {
		case n < 30:
			return say("adopted", "", t.Adopted)
		case n < 70:
			return say("planned", "", t.Planned)
		}
		return say("not_adopted", t.NotReason, t.NotAdopted)
	}
	switch {
	case n < 66:
		return say("solved", "", t.Solved)
	case n < 86:
		return say("partly", "", t.Partly)
	}
	return say("unfounded", one(r, []string{"no_evidence", "by_rule", "by_rule"}), t.Unfounded)
}

// summarise is an officer telling the public of some cases.
func (w *writer) summarise() {
	if w.l.draft.Identity == kiosk.Confidential || !chance(w.r, 25) {
		return
	}
	service, _ := w.catalogue.Service(w.l.topic.Service)
	texts := w.casework.Summaries
	if w.l.draft.Form == "suggestion" {
		texts = w.casework.SummariesSuggestion
	}
	w.soon()
	w.add(step{do: sums, by: Verifier, said: strings.ReplaceAll(one(w.r, texts), "{service}", service.Name.In(kiosk.Indonesian))})
}

// after is what the visitor says to an answer, if anything.
func (w *writer) after() {
	r, contested := w.r, 9.0
	if w.place.Liked < 0 || w.worse(w.l.office, w.l.filed) {
		contested = 16
	}
	switch {
	case chance(r, contested):
		w.someday(1, 8)
		w.add(step{do: says, kind: hub.Contested, said: one(r, w.casework.Contested)})
		w.on(w.at, 1+r.IntN(4))
		d := w.outcome()
		texts := w.casework.Second
		if w.l.draft.Language == kiosk.English {
			texts = w.casework.SecondEN
		}
		d.Outcome, d.Reason, d.Answer = "partly", "", one(r, texts)
		if w.l.draft.Form == "suggestion" {
			d.Outcome = "planned"
		} else if chance(r, 70) {
			d.Outcome = "solved"
		}
		w.decide(handler(w.l.office), d, w.casework.PhoneNote)
		if chance(r, 50) {
			w.someday(1, 5)
			w.add(step{do: says, kind: hub.Solved})
		}
	case chance(r, 38):
		w.someday(1, 7)
		w.add(step{do: says, kind: hub.Solved})
	}
}

// again is the report of the same thing by another visitor, which an officer
// handles with the first while that is open. It reports whether there was time.
func (p *planner) again(r *rand.Rand, first int) bool {
	before := p.lives[first]
	o, _ := p.catalogue.Office(before.office)
	day := before.filed.In(o.Location()).AddDate(0, 0, r.IntN(3))
	if !p.calendar.At(o.ID).Working(day) || day.After(p.until.AddDate(0, 0, 1)) {
		return false
	}
	l := p.begin(r, "complaint", o.ID, day)
	l.topic = before.topic
	w := p.writer(r, l)
	w.on(l.filed, 1)
	open := func(at time.Time) bool {
		i := slices.IndexFunc(before.steps, func(s step) bool { return s.Status.Done() })
		return at.After(before.arrived) && (i < 0 || at.Add(time.Hour).Before(before.steps[i].at))
	}
	if !open(w.at) {
		p.lives = p.lives[:len(p.lives)-1]
		return false
	}
	p.write(r, l)
	l.draft.Language = before.draft.Language
	delete(l.draft.Answers, "service")
	if service := before.draft.Answers["service"]; service != "" {
		l.draft.Answers["service"] = service
	}
	l.draft.Answers["title"], l.draft.Answers["description"] = before.draft.Answers["title"], before.draft.Answers["description"]+" "+filled(r, one(r, l.topic.Stories))
	w.add(step{do: looks, by: Verifier})
	w.soon()
	w.add(step{do: merges, by: Verifier, into: first})
	return true
}

// request is a request for information and what becomes of it.
func (p *planner) request() {
	r := p.rand()
	l := p.begin(r, "information", p.anyPlace(r), p.anyDay(r))
	t := pick(r, p.information.Topics, l.filed)
	l.topic = t
	extras, a := &p.information.Extras, l.draft.Answers
	a["information"] = some(r, t.Stories, 1, 1)
	purposes := t.Purposes
	if len(purposes) == 0 {
		purposes = extras.Purposes
	}
	a["purpose"] = one(r, purposes)
	a["obtain"] = []string{"view", "copy_print", "copy_digital"}[weighted(r, []int{15, 25, 60})]
	switch a["obtain"] {
	case "copy_print":
		a["delivery"] = []string{"pickup", "post", "courier"}[weighted(r, []int{70, 20, 10})]
	case "copy_digital":
		a["delivery"] = []string{"email", "pickup"}[weighted(r, []int{85, 15})]
	}
	p.applicant(r, a)

	w := p.writer(r, l)
	late := w.late()
	check, answer := r.IntN(3), 1+w.spread(9)
	if late {
		check, answer = r.IntN(5), 11+w.spread(14)
	}
	w.on(l.filed, min(check, answer))
	w.add(step{do: looks, by: PPID})
	w.soon()
	if chance(r, 4) {
		w.decide(PPID, lifecycle.Decision{Status: kiosk.NotOurs, Answer: one(r, extras.NotOurs)}, "")
		return
	}
	if chance(r, 7) {
		w.decide(PPID, lifecycle.Decision{Status: kiosk.Returned, Answer: one(r, extras.Asks)}, "")
		if chance(r, 25) {
			return
		}
		w.someday(1, 6)
		w.add(step{do: says, kind: hub.Replied, said: one(r, extras.Replies)})
		w.on(w.at, 1+w.spread(6))
	} else {
		w.decide(PPID, lifecycle.Decision{Status: kiosk.Verified}, w.maybe(30, t.Notes))
		w.soon()
		w.add(step{do: forwards, by: PPID, unit: l.office, assignee: PPID})
		if chance(r, 3) && p.until.Sub(l.filed) < 60*24*time.Hour {
			return
		}
		extend := !late && chance(r, 14)
		progress := min(check+1+r.IntN(3), answer-1)
		if progress > check {
			w.on(l.filed, progress)
		} else {
			w.soon()
		}
		w.decide(PPID, lifecycle.Decision{Status: kiosk.InProgress}, w.maybe(40, t.Notes))
		if extend {
			w.on(l.filed, 7+r.IntN(3))
			w.add(step{do: decides, by: PPID, Decision: lifecycle.Decision{Status: kiosk.InProgress}, extend: 7, why: one(r, extras.Extend)})
			answer = 10 + w.spread(7)
		}
		w.on(l.filed, answer)
	}
	d := lifecycle.Decision{Status: kiosk.Answered}
	switch n := r.IntN(100); {
	case n < 58:
		d.Outcome, d.Answer = "granted", one(r, t.Granted)
	case n < 76:
		d.Outcome, d.Reason, d.Answer = "partial", t.PartialReason, one(r, t.Partial)
	case n < 91:
		d.Outcome, d.Reason, d.Answer = "refused", t.RefusedReason, one(r, t.Refused)
	default:
		d.Outcome, d.Holder, d.Answer = "not_held", t.Holder, one(r, t.NotHeld)
	}
	note := ""
	if late {
		note = p.casework.LateNote
	}
	w.decide(PPID, d, note)
	switch {
	case d.Outcome == "granted" && chance(r, 45):
		w.someday(1, 9)
		w.add(step{do: says, kind: hub.Solved})
	case chance(r, 85):
		w.on(w.at, 31+r.IntN(5))
		d.Status = kiosk.Closed
		w.decide(PPID, d, extras.Closing)
	}
}

// decideObjection is the superior's answer, and what it does to the request.
func (p *planner) decideObjection(r *rand.Rand, l *life) {
	w := p.writer(r, l)
	ground, extras := l.draft.Answers["ground"], &p.objections.Extras
	if l.about >= 0 { // the request is not closed meanwhile
		request := &p.lives[l.about]
		request.steps = slices.DeleteFunc(request.steps, func(s step) bool { return s.do == decides && s.Status == kiosk.Closed })
	}
	answer := 6 + w.spread(22)
	if w.late() {
		answer = 31 + r.IntN(8)
	}
	w.on(l.filed, 1+r.IntN(2))
	w.add(step{do: looks, by: Superior})
	w.soon()
	w.decide(Superior, lifecycle.Decision{Status: kiosk.Verified}, w.maybe(30, extras.Notes))
	w.soon()
	w.add(step{do: forwards, by: Superior, unit: l.office, assignee: Superior})
	w.on(l.filed, 4+r.IntN(2))
	w.decide(Superior, lifecycle.Decision{Status: kiosk.InProgress}, w.maybe(50, extras.Notes))
	w.on(l.filed, answer)
	d := lifecycle.Decision{Status: kiosk.Answered, Outcome: []string{"upheld", "partly", "rejected"}[weighted(r, []int{40, 25, 35})]}
	if ground == "no_reply" || ground == "late" || ground == "not_published" {
		d.Outcome = "upheld"
	}
	texts := map[string][]string{"upheld": p.objections.Answers.Upheld, "partly": p.objections.Answers.Partly, "rejected": p.objections.Answers.Rejected}[d.Outcome]
	if d.Outcome == "rejected" {
		if d.Reason = "ground"; ground != "refused" {
			d.Reason, texts = "complete", p.objections.Answers.Complete
		}
	}
	d.Answer = one(r, texts)
	w.decide(Superior, d, "")
	decided := w.at
	switch {
	case d.Outcome != "rejected" && chance(r, 40):
		w.someday(1, 6)
		w.add(step{do: says, kind: hub.Solved})
	case chance(r, 70):
		w.on(w.at, 15+r.IntN(4))
		d.Status = kiosk.Closed
		w.decide(Superior, d, "")
	}
	if l.about < 0 || d.Outcome == "rejected" || ground != "refused" && ground != "not_as_asked" {
		return
	}
	request := &p.lives[l.about]
	w = p.writer(r, request)
	w.at = decided
	w.on(decided, 1)
	w.decide(PPID, lifecycle.Decision{Status: kiosk.InProgress}, p.information.Extras.ReopenedNote)
	w.on(w.at, 1+r.IntN(4))
	w.decide(PPID, lifecycle.Decision{Status: kiosk.Answered, Outcome: "granted", Answer: one(r, p.information.Extras.Reopened)}, "")
}

// answers are what a life was filed with, but for what only its filing shows.
func (l *life) answers(request kiosk.Number) kiosk.Answers {
	a := maps.Clone(l.draft.Answers)
	if request != "" {
		a["request"] = string(request)
	}
	return a
}
