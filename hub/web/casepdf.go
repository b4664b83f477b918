package web

import (
	"fmt"
	"net/http"

	"loket/hub"
	"loket/hub/paper"
)

// casePDF is one case on paper, for the file: what was reported, its terms and
// its story. Who a confidential visitor is stays locked. Internal notes are left
// out unless asked for.
func (s *Server) casePDF(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	c, err := s.caseOf(r, officer)
	if err != nil {
		return err
	}
	say := s.say(r)
	x := s.row(c, officer, say)
	p := paper.New(s.assets, paper.Options{Title: x.Form + " " + x.Number, Language: say.Language, Footer: s.placeName(c.Office, say), Made: s.hub.Now()})
	p.Small(s.hub.Catalogue.Ministry.In(say.Language))
	p.Title(x.Form + " " + x.Number)
	pairs := [][2]string{{say.T("desk.status"), say.T("status." + string(c.Status))}, {say.T("desk.office"), s.placeName(c.Office, say)},
		{say.T("desk.unit"), x.Place}, {say.T("desk.assignee"), c.Assignee}, {say.T("desk.filed"), x.Filed}, {say.T("desk.identity"), say.T("identity." + string(c.Identity))}}
	if c.Lapor != "" {
		pairs = append(pairs, [2]string{"LAPOR!", c.Lapor})
	}
	p.Pairs(pairs)
	p.Heading(say.T("desk.report"))
	pairs = nil
	for _, a := range s.answers(c, x.Identity == "confidential", say) {
		pairs = append(pairs, [2]string{a.Label, a.Text})
	}
	p.Pairs(pairs)
	if c.Answer != "" {
		p.Heading(say.T("desk.answer"))
		if l := s.hub.Lifecycles.Kind(c.Form.Name); l != nil {
			if o := l.Outcome(c.Outcome); o != nil {
				p.Text(o.Label.In(say.Language))
			}
			if why := l.Reason(c.Reason); why != nil {
				p.Text(why.Label.In(say.Language) + ". " + why.Basis.In(say.Language))
			}
		}
		p.Text(c.Answer)
	}
	p.Heading(say.T("clock.title"))
	var rows [][]string
	for _, k := range s.clocks(c, say.Language) {
		due := k.Due
		if k.Estimated {
			due += " (" + say.T("track.estimated") + ")"
		}
		rows = append(rows, []string{k.Label, due, say.T(k.State, "n", k.Days), k.Basis})
	}
	p.Table([]paper.Column{{Head: say.T("clock.term"), Share: 3}, {Head: say.T("clock.due"), Share: 2.4}, {Head: say.T("desk.left"), Share: 2}, {Head: say.T("clock.basis"), Share: 4}}, rows)
	p.Heading(say.T("track.story"))
	rows = nil
	for _, e := range s.story(c, say) {
		by := e.Officer
		if e.Visitor {
			by = say.T("desk.visitor")
		} else if by == "" {
			by = say.T("desk.hub")
		}
		text := e.Title
		if e.Undone {
			text += " (" + say.T("event.undone.mark") + ")"
		}
		if e.Said != "" {
			text += "\n" + e.Said
		}
		if e.Note != "" && r.FormValue("notes") != "" {
			text += "\n[" + say.T("desk.inside") + "] " + e.Note
		}
		rows = append(rows, []string{e.On, by, text})
	}
	p.Table([]paper.Column{{Head: say.T("desk.when"), Share: 2}, {Head: say.T("desk.who"), Share: 1.6}, {Head: say.T("desk.what"), Share: 6}}, rows)
	b, err := p.Bytes()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`inline; filename="%s.pdf"`, c.Number.String()))
	_, err = w.Write(b)
	return err
}
