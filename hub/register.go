package hub

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"loket/kiosk"
	"loket/kiosk/form"
)

// Register is one of the books that the law asks for, of one year, with the
// figures of the yearly report (UU 14/2008 art. 12).
type Register struct {
	Kind    string // information or objection
	Year    int
	Columns []string // in Indonesian, as prescribed
	Rows    [][]string
	Figures Figures
}

// Figures are what the yearly report tells of a kind of case.
type Figures struct {
	Received int
	Open     int // without an answer yet
	Outcomes []Tally
	Reasons  []Tally
	Answered int
	InTime   int     // of those answered
	Average  float64 // working days from receipt to answer, of those answered
}

// Tally is how many there were of something.
type Tally struct {
	ID    string
	Label kiosk.Text
	Count int
}

// requestColumns are those of the register of requests (Perki 1/2010, annex;
// Kejaksaan PER-032/A/JA/08/2010, annex 3, has the same).
var requestColumns = []string{"Nomor pendaftaran", "Tanggal", "Nama", "Alamat", "Nomor kontak", "Pekerjaan", "Informasi yang diminta", "Tujuan penggunaan informasi",
	"Di bawah penguasaan", "Badan publik lain yang menguasai", "Jenis permohonan", "Cara mendapatkan salinan", "Keputusan", "Alasan penolakan",
	"Tanggal pemberitahuan tertulis", "Hari kerja", "Perpanjangan (hari kerja)", "Batas menurut undang-undang"}

// objectionColumns are those of the register of objections (Perki 1/2010, annex).
var objectionColumns = []string{"Nomor", "Tanggal", "Nama", "Alamat", "Nomor kontak", "Pekerjaan", "Nomor pendaftaran permohonan", "Alasan keberatan", "Uraian",
	"Keputusan atasan PPID", "Alasan", "Tanggal tanggapan", "Hari kerja", "Batas menurut undang-undang"}

// Register returns the register of a kind, of the cases filed in a year at an
// office and below it that an officer may see. It returns [ErrForbidden] for a
// kind that is not theirs, and [ErrKind] for one that has no register.
func (h *Hub) Register(ctx context.Context, o Officer, kind string, year int, office string) (*Register, error) {
	r := &Register{Kind: kind, Year: year}
	switch kind {
	case "information":
		r.Columns = requestColumns
	case "objection":
		r.Columns = objectionColumns
	default:
		return nil, ErrKind
	}
	if !h.SeesKind(o, kind) {
		return nil, ErrForbidden
	}
	cases, err := h.Store.Cases(ctx, "")
	if err != nil {
		return nil, err
	}
	l := h.Lifecycles.Kind(kind)
	outcomes, reasons := map[string]int{}, map[string]int{}
	days := 0
	for _, c := range cases {
		filed := h.Local(c.Office, c.FiledAt)
		if c.Form.Name != kind || filed.Year() != year || !h.Sees(o, c) || !h.Under(c.Office, office) {
			continue
		}
		r.Figures.Received++
		outcomes[c.Outcome]++
		reasons[c.Reason]++
		row := h.registerRow(c, filed)
		if answered, ok := h.answeredAt(c); ok {
			taken := h.calendar.Load().At(c.Office).Between(filed, answered)
			days += taken
			r.Figures.Answered++
			if term, ok := h.Answering(c); ok && !term.Late {
				r.Figures.InTime++
			}
			row["Tanggal pemberitahuan tertulis"], row["Hari kerja"] = answered.Format(time.DateOnly), strconv.Itoa(taken)
			row["Tanggal tanggapan"] = row["Tanggal pemberitahuan tertulis"]
		} else {
			r.Figures.Open++
		}
		var line []string
		for _, column := range r.Columns {
			line = append(line, row[column])
		}
		r.Rows = append(r.Rows, line)
	}
	if r.Figures.Answered > 0 {
		r.Figures.Average = float64(days) / float64(r.Figures.Answered)
	}
	for _, x := range l.Outcomes {
		r.Figures.Outcomes = append(r.Figures.Outcomes, Tally{x.ID, x.Label, outcomes[x.ID]})
	}
	for _, x := range l.Reasons {
		if reasons[x.ID] > 0 {
			r.Figures.Reasons = append(r.Figures.Reasons, Tally{x.ID, x.Label, reasons[x.ID]})
		}
	}
	slices.SortStableFunc(r.Figures.Reasons, func(a, b Tally) int { return cmp.Compare(b.Count, a.Count) })
	return r, nil
}

// answeredAt is when a case was last answered, in the office's zone.
func (h *Hub) answeredAt(c Case) (at time.Time, ok bool) {
	last := kiosk.Received
	for _, e := range c.Story() {
		if e.Status == kiosk.Answered && last != kiosk.Answered {
			at, ok = h.Local(c.Office, e.At), true
		} else if e.Status == kiosk.InProgress {
			ok = false // taken up again
		}
		last = e.Status
	}
	return at, ok
}

// registerRow is what a register says of a case, by column.
func (h *Hub) registerRow(c Case, filed time.Time) map[string]string {
	f := h.Catalogue.Form(c.Form.Name)
	said := func(id string) string {
		if field := f.Field(id); field != nil && field.Type == form.Choice {
			for _, o := range field.Options {
				if o.Value == c.Answers[id] {
					return o.Label.In(kiosk.Indonesian)
				}
			}
		}
		return c.Answers[id]
	}
	var contacts []string
	for _, id := range []string{"phone", "email"} {
		if c := said(id); c != "" {
			contacts = append(contacts, c)
		}
	}
	row := map[string]string{
		"Tanggal": filed.Format(time.DateOnly), "Nama": said("name"), "Alamat": said("address"), "Nomor kontak": strings.Join(contacts, " / "), "Pekerjaan": said("occupation"),
		"Nomor pendaftaran": c.Number.String(), "Informasi yang diminta": said("information"), "Tujuan penggunaan informasi": said("purpose"),
		"Jenis permohonan": said("obtain"), "Cara mendapatkan salinan": said("delivery"), "Badan publik lain yang menguasai": c.Holder,
		"Nomor": c.Number.String(), "Nomor pendaftaran permohonan": said("request"), "Alasan keberatan": said("ground"), "Uraian": said("story"),
	}
	if c.Extended > 0 {
		row["Perpanjangan (hari kerja)"] = strconv.Itoa(c.Extended)
	}
	switch {
	case c.Outcome == "not_held":
		row["Di bawah penguasaan"] = "tidak"
	case c.Outcome != "":
		row["Di bawah penguasaan"] = "ya"
	}
	l := h.Lifecycles.Kind(c.Form.Name)
	if x := l.Outcome(c.Outcome); x != nil {
		row["Keputusan"], row["Keputusan atasan PPID"] = x.Label.In(kiosk.Indonesian), x.Label.In(kiosk.Indonesian)
	}
	if x := l.Reason(c.Reason); x != nil {
		why := x.Label.In(kiosk.Indonesian)
		if basis := x.Basis.In(kiosk.Indonesian); basis != "" {
			why += " (" + basis + ")"
		}
		row["Alasan penolakan"], row["Alasan"] = why, why
	}
	if term, ok := h.Answering(c); ok && !term.Paused {
		row["Batas menurut undang-undang"] = term.Due.Format(time.DateOnly)
	}
	return row
}
