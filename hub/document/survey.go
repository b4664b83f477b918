package document

import (
	"math/big"

	"loket/hub"
	"loket/hub/paper"
	"loket/kiosk"
)

// Publication is the sheet that an office publishes of a survey (PermenPANRB
// 14/2017): index, grade, respondents, period, and each element. scope says whose
// and of when. Without an index it says what is missing, and gives no means.
func (w *Writer) Publication(x *hub.Survey, scope string, t hub.ReportTexts) *Document {
	words, in := w.words(), x.Instrument
	d := &Document{Title: words.T("survey.publication", "title", in.Title.In(kiosk.Indonesian)), Subtitle: scope, Sign: w.Sign(x.Office, t), Notes: []string{in.Basis.In(kiosk.Indonesian)}}
	if !x.Complete {
		d.Chapters = []Chapter{{words.T("survey.few"), []Part{{Text: words.T("survey.few.line", "n", whole(x.Asked), "m", whole(x.Needed))}}}}
		return d
	}
	value := Part{Figure: comma(x.Published) + "   " + x.Grade.Grade, Columns: []paper.Column{{Head: in.Index.In(kiosk.Indonesian)}, {Head: words.T("survey.grade")}, {Head: words.T("survey.performance")}, {Head: words.T("survey.respondents")}, {Head: words.T("survey.sample")}},
		Rows: [][]string{{comma(x.Published), x.Grade.Grade, x.Grade.Label.In(kiosk.Indonesian), whole(x.Asked), whole(x.Needed)}}}
	text := Part{}
	if x.Printed != "" {
		text.Text = words.T("survey.both", "v", comma(x.Exact), "n", len(in.Elements), "w", comma(in.Printed), "p", comma(x.Printed))
	}
	elements := Part{Columns: []paper.Column{{Head: words.T("survey.code")}, {Head: words.T("survey.element"), Share: 4}, {Head: words.T("survey.answers"), Right: true}, {Head: words.T("survey.mean"), Right: true}, {Head: words.T("survey.row.weighted"), Share: 1.3, Right: true}}}
	var values []*big.Rat
	chart := Part{Heading: words.T("survey.chart", "m", in.Highest)}
	for _, s := range x.Scores {
		label := s.Code + " " + s.Label.In(kiosk.Indonesian)
		elements.Rows = append(elements.Rows, []string{s.Code, s.Label.In(kiosk.Indonesian), whole(s.Answers), decimal(s.Mean, 3), decimal(s.Weighted(), 3)})
		chart.Bars = append(chart.Bars, Bar{Label: label, Said: decimal(s.Mean, 3)})
		values = append(values, s.Mean)
	}
	for i, v := range values {
		chart.Bars[i].Share, _ = new(big.Rat).Quo(v, big.NewRat(int64(in.Highest), 1)).Float64()
	}
	d.Chapters = []Chapter{{in.Index.In(kiosk.Indonesian), []Part{value, text}}, {words.T("survey.elements"), []Part{elements, chart}}}
	for _, p := range x.Profile {
		who := Part{Heading: p.Label.In(kiosk.Indonesian), Columns: []paper.Column{{Head: p.Label.In(kiosk.Indonesian), Share: 4}, {Head: words.T("year.count"), Right: true}}}
		for _, c := range p.Counts {
			who.Rows = append(who.Rows, []string{c.Label.In(kiosk.Indonesian), whole(c.Count)})
		}
		d.Chapters = append(d.Chapters, Chapter{words.T("survey.profile"), []Part{who}})
	}
	return d
}

func comma(s string) string {
	n, ok := new(big.Rat).SetString(s)
	if !ok {
		return "–"
	}
	return decimal(n, 2)
}
