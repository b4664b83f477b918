package document

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"loket/hub"
	"loket/hub/lifecycle"
	"loket/hub/paper"
	"loket/kiosk"
)

// Year writes the report of information service of a year (UU 14/2008 art. 12;
// Perki 1/2021), its figures from the registers alone.
func (w *Writer) Year(y *hub.YearReport) *Document {
	t := w.words().T
	place := w.Place(y.Office)
	written := func(field string) Part {
		return Part{Heading: t("year.field." + field), Field: field, Text: y.Texts.Texts[field]}
	}
	d := &Document{Title: t("year.title"), Subtitle: ofYear(place, y.Year), Sign: w.Sign(y.Office, y.Texts), Notes: []string{t("year.source"), t("year.basis")}}
	d.Chapters = []Chapter{
		{t("year.chapter.policy"), []Part{written("policy"), {Text: t("year.law")}}},
		{t("year.chapter.means"), []Part{{Text: w.kiosks(y)}, written("facilities"), written("staff"), written("budget")}},
		{t("year.chapter.service"), w.service(y, place)},
		{t("year.chapter.disputes"), append(w.objections(y), written("disputes"))},
		{t("year.chapter.obstacles"), append(w.late(y), written("obstacles"))},
		{t("year.chapter.plans"), []Part{written("plans")}},
	}
	return d
}

func (w *Writer) kiosks(y *hub.YearReport) string {
	if y.Kiosks == 0 {
		return w.words().T("year.kiosks.none")
	}
	return w.words().T("year.kiosks", "n", whole(y.Kiosks))
}

// sentences joins those that are not empty.
func sentences(all ...string) string {
	var said []string
	for _, s := range all {
		if s != "" {
			said = append(said, s)
		}
	}
	return strings.Join(said, " ")
}

// service tells of the requests.
func (w *Writer) service(y *hub.YearReport, place string) (parts []Part) {
	t, r := w.words().T, y.Requests
	f := r.Figures
	if f.Received == 0 {
		return []Part{{Text: t("year.none", "year", y.Year, "place", place)}}
	}
	some := func(n int, key string) string {
		if n == 0 {
			return ""
		}
		return t(key, "n", whole(n))
	}
	parts = append(parts, Part{Text: sentences(t("year.received", "year", y.Year, "place", place, "n", whole(f.Received)),
		some(f.Answered, "year.answered"), some(f.NotOurs, "year.notours"), some(f.Lapsed, "year.lapsed"), some(f.Open, "year.open"))})
	if f.Answered > 0 {
		var outcomes []string
		for _, x := range f.Outcomes {
			outcomes = append(outcomes, t("year.outcome", "what", lower(x.Label.In(kiosk.Indonesian)), "n", whole(x.Count)))
		}
		parts = append(parts, Part{Text: sentences(t("year.outcomes", "list", strings.Join(outcomes, "; ")),
			t("year.time", "d", decimal(f.Mean(), 1), "m", whole(f.Longest)),
			t("year.intime", "n", whole(f.InTime), "m", whole(f.Answered), "p", percent(f.InTime, f.Answered)),
			some(f.Extended, "year.extended"))})
	}
	parts = append(parts, w.breakdown(t("year.table.month"), w.months(r.Months), f), w.perMonth(r.Months))
	if len(f.Reasons) > 0 {
		parts = append(parts, w.tallies(t("year.table.reasons"), f.Reasons, w.Hub.Lifecycles.Kind(r.Kind)))
	} else {
		parts = append(parts, Part{Text: t("year.reasons.none")})
	}
	parts = append(parts, w.breakdown(t("year.table.applicants"), r.Applicants, f))
	if len(r.Offices) > 1 {
		parts = append(parts, w.breakdown(t("year.table.offices"), r.Offices, f))
	}
	return parts
}

// objections tells of them, and where they lead.
func (w *Writer) objections(y *hub.YearReport) (parts []Part) {
	t, r := w.words().T, y.Objections
	f := r.Figures
	if f.Received == 0 {
		return []Part{{Text: t("year.objections.none")}}
	}
	text := []string{t("year.objections", "n", whole(f.Received), "m", whole(f.Answered))}
	if f.Answered > 0 {
		for _, x := range f.Outcomes {
			if x.Count > 0 {
				text = append(text, t("year.objection.outcome", "what", x.Label.In(kiosk.Indonesian), "n", whole(x.Count)))
			}
		}
		text = append(text, t("year.time", "d", decimal(f.Mean(), 1), "m", whole(f.Longest)), t("year.intime", "n", whole(f.InTime), "m", whole(f.Answered), "p", percent(f.InTime, f.Answered)))
	}
	if f.Open > 0 {
		text = append(text, t("year.open", "n", whole(f.Open)))
	}
	if f.Lapsed > 0 {
		text = append(text, t("year.lapsed", "n", whole(f.Lapsed)))
	}
	if r.Disputable > 0 {
		text = append(text, t("year.disputable", "n", whole(r.Disputable)))
	}
	return []Part{{Text: sentences(text...)}, w.tallies(t("year.table.grounds"), r.Grounds, nil)}
}

// late says what the figures themselves call an obstacle.
func (w *Writer) late(y *hub.YearReport) []Part {
	t := w.words().T
	late := y.Requests.Figures.Answered - y.Requests.Figures.InTime + y.Objections.Figures.Answered - y.Objections.Figures.InTime
	if late == 0 {
		return nil
	}
	return []Part{{Text: t("year.late", "n", whole(late))}}
}

func (w *Writer) months(all []hub.Breakdown) (named []hub.Breakdown) {
	for i, b := range all {
		b.Label = kiosk.Text{kiosk.Indonesian: w.words().Month(time.Month(i + 1))}
		named = append(named, b)
	}
	return named
}

// breakdown is a table of the figures of parts, with their sum below.
func (w *Writer) breakdown(title string, all []hub.Breakdown, sum hub.Figures) Part {
	t := w.words().T
	p := Part{Heading: title, Columns: []paper.Column{{Head: "", Share: 2.4}, {Head: t("register.received"), Share: 1.1, Right: true}}}
	for _, x := range sum.Outcomes {
		p.Columns = append(p.Columns, paper.Column{Head: x.Label.In(kiosk.Indonesian), Share: 1.35, Right: true})
	}
	for _, key := range []string{"register.others", "register.open", "register.days"} {
		p.Columns = append(p.Columns, paper.Column{Head: t(key), Share: 1.35, Right: true})
	}
	row := func(label string, f hub.Figures) {
		line := []string{label, whole(f.Received)}
		for _, x := range f.Outcomes {
			line = append(line, whole(x.Count))
		}
		p.Rows = append(p.Rows, append(line, whole(f.Ended()), whole(f.Open), decimal(f.Mean(), 1)))
	}
	for _, b := range all {
		row(b.Label.In(kiosk.Indonesian), b.Figures)
	}
	row(t("year.sum"), sum)
	return p
}

func (w *Writer) perMonth(all []hub.Breakdown) Part {
	p := Part{Heading: w.words().T("year.chart.month")}
	var values []*big.Rat
	for _, b := range w.months(all) {
		p.Bars = append(p.Bars, Bar{Label: b.Label.In(kiosk.Indonesian), Said: whole(b.Received)})
		values = append(values, big.NewRat(int64(b.Received), 1))
	}
	p.Bars = longest(values, p.Bars)
	return p
}

// tallies is a table of how often each was; those that are reasons of a
// lifecycle with their law.
func (w *Writer) tallies(title string, all []hub.Tally, l *lifecycle.Lifecycle) Part {
	t := w.words().T
	p := Part{Heading: title, Columns: []paper.Column{{Head: t("year.reason"), Share: 5}, {Head: t("year.count"), Share: 1, Right: true}}}
	for _, x := range all {
		label := x.Label.In(kiosk.Indonesian)
		if l != nil && l.Reason(x.ID) != nil {
			if basis := l.Reason(x.ID).Basis.In(kiosk.Indonesian); basis != "" {
				label += " (" + basis + ")"
			}
		}
		p.Rows = append(p.Rows, []string{label, whole(x.Count)})
	}
	return p
}

func percent(n, of int) string { return decimal(big.NewRat(int64(n)*100, int64(of)), 1) }

// lower begins a label within a sentence, unless it begins with a name.
func lower(s string) string {
	if first, _, _ := strings.Cut(s, " "); first == strings.ToUpper(first) && len(first) > 1 {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// YearName is what the report's file is called.
func YearName(office string, year int) string {
	if office == "" {
		office = "kementerian"
	}
	return fmt.Sprintf("laporan-layanan-informasi-%s-%d.pdf", office, year)
}
