package web

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"loket/hub"
	"loket/hub/satisfaction"
	"loket/kiosk"
)

func (s *Server) surveyRoutes(_, desk *http.ServeMux) {
	desk.Handle("GET /desk/survey", s.officer(s.survey))
	desk.Handle("GET /desk/survey.csv", s.officer(s.surveyCSV))
}

// surveyPage is the satisfaction index of a period, an office and a service.
type surveyPage struct {
	page
	From, To, Office, Service string
	Served                    int // how many were served, as the office knows; 0: unknown
	Offices, Services         []option
	Instrument                *satisfaction.Instrument
	Index                     satisfaction.Index
	Query                     string // of the same page
}

// surveyOf reads what is asked for; without dates it is this year.
func (s *Server) surveyOf(r *http.Request, officer hub.Officer) (*surveyPage, error) {
	p := &surveyPage{From: r.FormValue("from"), To: r.FormValue("to"), Office: r.FormValue("office"), Service: r.FormValue("service"), Instrument: s.hub.Instrument}
	s.desk(&p.page, r, officer)
	if p.Office == "" {
		p.Office = officer.Office // theirs, unless they may see all
	}
	if !s.hub.SeesFigures(officer, p.Office) {
		return nil, &refusal{status: http.StatusForbidden, sentence: "these figures are not for this officer's role or office"}
	}
	today := s.hub.Now().In(kiosk.Zone("WIB"))
	if _, err := time.Parse(time.DateOnly, p.From); err != nil {
		p.From = fmt.Sprintf("%d-01-01", today.Year())
	}
	if _, err := time.Parse(time.DateOnly, p.To); err != nil {
		p.To = fmt.Sprintf("%d-12-31", today.Year())
	}
	p.Served, _ = strconv.Atoi(r.FormValue("served"))
	p.Served = max(p.Served, 0)
	p.Offices = s.offices(officer, language(r))
	for _, x := range s.hub.Catalogue.Services {
		p.Services = append(p.Services, option{x.ID, x.Name.In(language(r))})
	}
	all, err := s.hub.Store.Opinions(r.Context(), s.hub.Instrument.Form, p.From)
	if err != nil {
		return nil, err
	}
	var answers []kiosk.Answers
	for _, o := range all {
		if o.Day <= p.To && s.hub.Under(o.Office, p.Office) && (p.Service == "" || o.Answers["service"] == p.Service) {
			answers = append(answers, o.Answers)
		}
	}
	p.Index = s.hub.Instrument.Compute(answers, p.Served)
	p.Query = r.URL.RawQuery
	return p, nil
}

// Mean is a mean of an element as the decree writes it, with three decimals.
func (p *surveyPage) Mean(x satisfaction.Score) string {
	if x.Mean == nil {
		return "–"
	}
	return strings.ReplaceAll(x.Mean.FloatString(3), ".", ",")
}

// Percent is where a mean stands on the scale, for the bar beside it.
func (p *surveyPage) Percent(x satisfaction.Score) int {
	if x.Mean == nil {
		return 0
	}
	f, _ := x.Mean.Float64()
	return int((f - float64(p.Instrument.Lowest)) / float64(p.Instrument.Highest-p.Instrument.Lowest) * 100)
}

// Comma writes a decimal as Indonesians do.
func (p *surveyPage) Comma(s string) string { return strings.ReplaceAll(s, ".", ",") }

func (s *Server) survey(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.surveyOf(r, officer)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "survey", p, r)
}

// surveyCSV is the decree's table for a spreadsheet.
func (s *Server) surveyCSV(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.surveyOf(r, officer)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="skm.csv"`)
	out := csv.NewWriter(w)
	weight := fmt.Sprintf("1/%d", len(p.Index.Scores))
	rows := [][]string{{"kode", "unsur", "jawaban", "nrr", "bobot"}}
	for _, x := range p.Index.Scores {
		mean := ""
		if x.Mean != nil {
			mean = x.Mean.FloatString(6)
		}
		rows = append(rows, []string{x.Code, x.Label.In(kiosk.Indonesian), strconv.Itoa(x.Answers), mean, weight})
	}
	rows = append(rows, []string{"", "responden", strconv.Itoa(p.Index.Asked), "", ""}, []string{"", "sampel minimum", strconv.Itoa(p.Index.Needed), "", ""},
		[]string{"", "SKM (" + weight + ")", "", p.Index.Exact, p.Index.Grade.Grade}, []string{"", "SKM (" + p.Instrument.Printed + ")", "", p.Index.Printed, ""})
	return out.WriteAll(rows)
}
