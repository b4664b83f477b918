package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"loket/hub"
	"loket/hub/document"
)

func (s *Server) reportRoutes(_, desk *routes) {
	desk.Handle("GET /desk/report", s.officer(s.report))
	desk.Handle("POST /desk/report", s.officer(s.reportWrite))
	desk.Handle("GET /desk/report.pdf", s.officer(s.reportPDF))
}

// reportPage is the yearly report of information service, and what an office
// writes for it.
type reportPage struct {
	page
	Year     int
	Office   string
	Offices  []option
	All      bool // the officer may see the whole ministry's
	Document *document.Document
	Writes   bool
	Edition  int
	Fields   []reportField
	Names    []reportField
	Empty    int // parts that nobody has written
	Query    string
}

type reportField struct{ ID, Label, Text string }

// Tall is how high a bar's filled part is drawn, of 100.
func (p *reportPage) Tall(share float64) int { return int(share*100 + 0.5) }

// reportOf gathers the report of the year and office that is asked for: the
// officer's, where none is.
func (s *Server) reportOf(r *http.Request, officer hub.Officer) (*reportPage, error) {
	p := &reportPage{Year: s.year(r), Office: r.FormValue("office"), All: officer.Office == ""}
	if p.Office == "" {
		p.Office = officer.Office
	}
	s.desk(&p.page, r, officer)
	y, err := s.hub.YearReport(r.Context(), officer, p.Year, p.Office)
	if errors.Is(err, hub.ErrForbidden) {
		return nil, &refusal{status: http.StatusForbidden, sentence: "this report is not for this officer's role or office"}
	}
	if err != nil {
		return nil, err
	}
	w := s.say(r)
	p.Document, p.Edition, p.Writes = s.documents.Year(y), y.Texts.Edition, s.hub.WritesReport(officer, p.Office)
	for _, id := range hub.ReportFields {
		p.Fields = append(p.Fields, reportField{id, w.T("year.field." + id), y.Texts.Texts[id]})
		if y.Texts.Texts[id] == "" {
			p.Empty++
		}
	}
	for _, id := range hub.ReportNames {
		p.Names = append(p.Names, reportField{id, w.T("year.name." + id), y.Texts.Texts[id]})
	}
	p.Offices = s.offices(officer, language(r))
	p.Query = fmt.Sprintf("year=%d&office=%s", p.Year, p.Office)
	return p, nil
}

func (s *Server) report(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.reportOf(r, officer)
	if err != nil {
		return err
	}
	if r.FormValue("saved") != "" {
		p.Message = "desk.saved"
	}
	return s.render(w, http.StatusOK, "report", p, r)
}

func (s *Server) reportPDF(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.reportOf(r, officer)
	if err != nil {
		return err
	}
	b, err := s.documents.PDF(p.Document)
	if err != nil {
		return err
	}
	return sendFile(w, document.YearName(p.Office, p.Year), "application/pdf", b)
}

// reportWrite keeps what an officer wrote; on a conflict nothing typed is lost.
func (s *Server) reportWrite(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, reportBytes)
	if err := r.ParseForm(); err != nil {
		return err
	}
	edition, err := strconv.Atoi(r.PostFormValue("edition"))
	if err != nil {
		return &refusal{status: http.StatusBadRequest, sentence: "no edition"}
	}
	p, err := s.reportOf(r, officer) // who may not read it may not write it
	if err != nil {
		return err
	}
	t := hub.ReportTexts{Office: p.Office, Year: p.Year, Edition: edition + 1, Texts: map[string]string{}}
	for _, id := range slices.Concat(hub.ReportFields, hub.ReportNames) {
		t.Texts[id] = r.PostFormValue(id)
	}
	switch err := s.hub.WriteReport(r.Context(), officer, t); {
	case errors.Is(err, hub.ErrForbidden):
		return &refusal{status: http.StatusForbidden, sentence: "this report is not for this officer to write"}
	case errors.Is(err, hub.ErrChanged):
		p.Message = "year.changed"
		for _, fields := range [][]reportField{p.Fields, p.Names} {
			for i := range fields {
				fields[i].Text = t.Texts[fields[i].ID]
			}
		}
		return s.render(w, http.StatusConflict, "report", p, r)
	case err != nil:
		return err
	}
	http.Redirect(w, r, "/desk/report?"+p.Query+"&saved=1", http.StatusSeeOther)
	return nil
}

// reportBytes is how much the texts of a report may be.
const reportBytes = 512 << 10
