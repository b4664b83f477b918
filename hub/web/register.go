package web

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"loket/hub"
	"loket/kiosk"
)

func (s *Server) registerRoutes(_, desk *http.ServeMux) {
	desk.Handle("GET /desk/register", s.officer(s.register))
	desk.Handle("GET /desk/register.csv", s.officer(s.registerCSV))
}

// registerPage is one of the law's registers, with its year's figures.
type registerPage struct {
	page
	Register *hub.Register
	Title    string
	Office   string
	Offices  []option
	Kinds    []option
	Query    string
}

// Average is how long answers took, as Indonesians write it.
func (p *registerPage) Average() string {
	return strings.ReplaceAll(strconv.FormatFloat(p.Register.Figures.Average, 'f', 1, 64), ".", ",")
}

func (s *Server) registerOf(r *http.Request, officer hub.Officer) (*registerPage, error) {
	p := &registerPage{Office: r.FormValue("office"), Query: r.URL.RawQuery}
	s.desk(&p.page, r, officer)
	year, err := strconv.Atoi(r.FormValue("year"))
	if err != nil || year < 2000 || year > 2999 {
		year = s.hub.Now().In(kiosk.Zone("WIB")).Year()
	}
	kind := r.FormValue("kind")
	if kind == "" {
		kind = "information"
	}
	p.Register, err = s.hub.Register(r.Context(), officer, kind, year, p.Office)
	switch {
	case errors.Is(err, hub.ErrForbidden):
		return nil, &refusal{status: http.StatusForbidden, sentence: "this register is not for this officer's role"}
	case errors.Is(err, hub.ErrKind):
		return nil, hub.ErrNotFound
	case err != nil:
		return nil, err
	}
	for _, name := range []string{"information", "objection"} {
		if f := s.hub.Catalogue.Form(name); f != nil {
			p.Kinds = append(p.Kinds, option{name, f.Title.In(language(r))})
			if name == kind {
				p.Title = f.Title.In(language(r))
			}
		}
	}
	p.Offices = s.offices(officer, language(r))
	return p, nil
}

func (s *Server) register(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.registerOf(r, officer)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "register", p, r)
}

func (s *Server) registerCSV(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.registerOf(r, officer)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="register-%s-%d.csv"`, p.Register.Kind, p.Register.Year))
	out := csv.NewWriter(w)
	rows := append([][]string{p.Register.Columns}, p.Register.Rows...)
	for _, row := range rows {
		for i := range row {
			row[i] = harmless(row[i])
		}
	}
	return out.WriteAll(rows)
}
