package web

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"loket/hub"
	"loket/hub/lapor"
	"loket/hub/paper"
	"loket/kiosk"
	"loket/kiosk/track"
)

func (s *Server) laporRoutes(_, desk *http.ServeMux) {
	desk.Handle("GET /desk/lapor", s.officer(s.lapor))
	desk.Handle("POST /desk/lapor", s.officer(s.laporTake))
	desk.Handle("POST /desk/lapor/answers", s.officer(s.laporAnswers))
	desk.Handle("GET /desk/lapor/{number}", s.officer(s.laporSheet))
	desk.Handle("POST /desk/lapor/{number}", s.officer(s.laporNumber))
}

// laporRow is a report on its way to LAPOR!.
type laporRow struct {
	row
	State, Reason, Lapor, Age string // State is a key's end: lapor.state.waits …
	Missing                   []string
	Picked                    bool // it waits, so it is offered
}

type laporPage struct {
	page
	State  string // of the filter; empty: all
	States []tile
	Rows   []laporRow
	Pager  pager
	Acts   bool
	Oldest string // age of the longest waiting
	Basis  string
	Taken  int
	Faults []lapor.Fault
}

// laporStates are the filters, in order; the empty state is "waits".
var laporStates = []string{"waits", "sending", "sent", "known", "refused"}

func stateKey(s hub.HandoverState) string {
	if s == hub.HandoverWaits {
		return "waits"
	}
	return string(s)
}

func (s *Server) lapor(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.laporPage(r, officer)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "lapor", p, r)
}

func (s *Server) laporPage(r *http.Request, officer hub.Officer) (*laporPage, error) {
	items, err := s.hub.LaporItems(r.Context(), officer)
	if errors.Is(err, hub.ErrForbidden) {
		return nil, &refusal{status: http.StatusForbidden, sentence: "handing over is not for this officer's role"}
	}
	if err != nil {
		return nil, err
	}
	say := s.say(r)
	p := &laporPage{State: r.FormValue("state"), Acts: s.hub.FeedsLapor(officer), Basis: s.hub.Lapor.Basis.In(say.Language)}
	s.desk(&p.page, r, officer)
	counts := map[string]int{}
	for _, item := range items {
		state := stateKey(item.State)
		if counts[state]++; state == "waits" && p.Oldest == "" {
			p.Oldest = say.T("desk.oldest", "t", s.age(item.Since, say))
		}
		if p.State == "" || p.State == state {
			x := laporRow{row: s.row(item.Case, officer, say), State: "lapor.state." + state, Reason: item.Handover.Reason, Lapor: item.Lapor, Missing: item.Record.Missing, Picked: state == "waits"}
			x.Age = s.age(item.Since, say)
			p.Rows = append(p.Rows, x)
		}
	}
	p.Rows, p.Pager = paged(p.Rows, r.URL)
	p.States = append(p.States, tile{Label: say.T("desk.all"), Count: len(items), Current: p.State == ""})
	for _, state := range laporStates {
		p.States = append(p.States, tile{View: state, Label: say.T("lapor.state." + state), Count: counts[state], Current: p.State == state})
	}
	return p, nil
}

// laporTake gives the chosen reports to who keys them in: as a file, or as
// sheets to print; both note that they were handed over.
func (s *Server) laporTake(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		return err
	}
	items, err := s.hub.LaporItems(r.Context(), officer)
	if errors.Is(err, hub.ErrForbidden) || err == nil && !s.hub.FeedsLapor(officer) {
		return &refusal{status: http.StatusForbidden, sentence: "handing over is not for this officer's role"}
	}
	if err != nil {
		return err
	}
	var picked []lapor.Record
	var numbers []kiosk.Number
	for _, item := range items {
		if slices.Contains(r.PostForm["case"], string(item.Number)) {
			picked = append(picked, item.Record)
			if item.State != hub.HandoverKnown {
				numbers = append(numbers, item.Number)
			}
		}
	}
	if len(picked) == 0 {
		p, err := s.laporPage(r, officer)
		if err != nil {
			return err
		}
		p.Message = "bulk.none"
		return s.render(w, http.StatusUnprocessableEntity, "lapor", p, r)
	}
	kind, name, body := "text/csv; charset=utf-8", "csv", []byte(nil)
	if r.PostFormValue("do") == "sheets" {
		kind, name = "application/pdf", "pdf"
		body, err = s.laporSheets(picked)
	} else {
		body, err = laporCSV(picked)
	}
	if err != nil {
		return err
	}
	if err := s.hub.MarkSent(r.Context(), officer, numbers); err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="lapor-%s.%s"`, s.hub.Now().Format("20060102-150405"), name))
	_, err = w.Write(body)
	return err
}

// laporCSV is the exchange file: a line each, and an empty column lapor_id for
// LAPOR!'s number to be filled in and brought back.
func laporCSV(records []lapor.Record) ([]byte, error) {
	var b strings.Builder
	b.WriteString("\ufeff") // so that spreadsheets read it as UTF-8
	out := csv.NewWriter(&b)
	names := []string{"nomor", "lapor_id", "klasifikasi", "judul", "isi", "tanggal_kejadian", "lokasi_kejadian", "asal_pelapor", "instansi_tujuan", "kategori", "anonim", "rahasia", "nama", "no_identitas", "telepon", "surel"}
	if err := out.Write(names); err != nil {
		return nil, err
	}
	for _, r := range records {
		value := map[string]string{"nomor": string(r.Number)}
		for _, f := range r.Fields() {
			value[f.Name] = f.Value
		}
		row := make([]string, len(names))
		for i, name := range names {
			row[i] = harmless(value[name])
		}
		if err := out.Write(row); err != nil {
			return nil, err
		}
	}
	out.Flush()
	return []byte(b.String()), out.Error()
}

// laporSheets is a sheet each, in the order of LAPOR!'s own form.
func (s *Server) laporSheets(records []lapor.Record) ([]byte, error) {
	p := paper.New(s.assets, paper.Options{Title: "Lembar LAPOR!", Language: kiosk.Indonesian, Made: s.hub.Now()})
	for i, r := range records {
		if i > 0 {
			p.PDF().AddPage()
		}
		p.Title("Lembar LAPOR! – " + r.Number.String())
		p.Small(s.hub.Lapor.Basis.In(kiosk.Indonesian))
		var pairs [][2]string
		for _, f := range r.Fields() {
			pairs = append(pairs, [2]string{f.Label, f.Value})
		}
		p.Pairs(append(pairs, [2]string{"Diterima kios", r.Received}, [2]string{"Layanan (Loket)", r.Service}))
		if len(r.Missing) > 0 {
			p.Text("Belum ada: " + strings.Join(r.Missing, ", ") + ".")
		}
		p.Text("Nomor LAPOR!: …………………………………   Dimasukkan oleh: …………………………………")
	}
	return p.Bytes()
}

// laporAnswers takes a file with LAPOR!'s numbers and says of each line what
// became of it.
func (s *Server) laporAnswers(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, 5<<20)
	if !s.hub.FeedsLapor(officer) {
		return &refusal{status: http.StatusForbidden, sentence: "handing over is not for this officer's role"}
	}
	file, _, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return s.laporTold(w, r, officer, 0, nil, "lapor.file.none")
	}
	if err != nil {
		return err
	}
	defer file.Close()
	answers, faults, err := lapor.ReadAnswers(file)
	if err != nil {
		return s.laporTold(w, r, officer, 0, nil, "lapor.file.bad")
	}
	taken, more, err := s.hub.TakeAnswers(r.Context(), officer, answers)
	if err != nil {
		return err
	}
	return s.laporTold(w, r, officer, taken, append(faults, more...), "")
}

func (s *Server) laporTold(w http.ResponseWriter, r *http.Request, officer hub.Officer, taken int, faults []lapor.Fault, message string) error {
	p, err := s.laporPage(r, officer)
	if err != nil {
		return err
	}
	p.Taken, p.Faults, p.Message = taken, faults, message
	status := http.StatusOK
	if message != "" {
		status = http.StatusUnprocessableEntity
	} else if p.Message = "lapor.file.taken"; taken == 0 {
		p.Message = "lapor.file.nothing"
	}
	return s.render(w, status, "lapor", p, r)
}

type laporSheetPage struct {
	page
	Row     row
	Fields  []lapor.Field
	Missing []string
	Lapor   string
	State   string
	Acts    bool
	Typed   string
	Basis   string
}

func (s *Server) laporSheet(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	return s.laporSheetPage(w, r, officer, "", "")
}

// laporSheetPage is a report as LAPOR!'s form asks for it, to be keyed in, and
// the box for the number that LAPOR! gives.
func (s *Server) laporSheetPage(w http.ResponseWriter, r *http.Request, officer hub.Officer, message, typed string) error {
	if !s.hub.SeesLapor(officer) {
		return hub.ErrNotFound
	}
	c, err := s.caseOf(r, officer)
	if err != nil {
		return err
	}
	record, ok := s.hub.LaporRecord(c)
	if !ok {
		return hub.ErrNotFound
	}
	states, err := s.hub.Store.Handovers(r.Context())
	if err != nil {
		return err
	}
	say := s.say(r)
	p := &laporSheetPage{Row: s.row(c, officer, say), Fields: record.Fields(), Missing: record.Missing, Lapor: c.Lapor, State: stateKey(states[c.Number].State),
		Acts: s.hub.FeedsLapor(officer), Typed: typed, Basis: s.hub.Lapor.Basis.In(say.Language)}
	s.desk(&p.page, r, officer)
	status := http.StatusOK
	if p.Message = message; message != "" {
		status = http.StatusUnprocessableEntity
	} else if r.FormValue("saved") != "" {
		p.Message = "desk.saved"
	}
	return s.render(w, status, "laporsheet", p, r)
}

func (s *Server) laporNumber(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	n, err := track.ParseNumber(r.PathValue("number"))
	if err != nil {
		return hub.ErrNotFound
	}
	err = s.hub.SetLapor(r.Context(), officer, n, r.PostFormValue("lapor"))
	if errors.Is(err, lapor.ErrNumber) {
		return s.laporSheetPage(w, r, officer, "lapor.number.bad", r.PostFormValue("lapor"))
	}
	if errors.Is(err, hub.ErrForbidden) {
		return &refusal{status: http.StatusForbidden, sentence: "handing over is not for this officer's role"}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/lapor/"+string(n)+"?saved=1", http.StatusSeeOther)
	return nil
}
