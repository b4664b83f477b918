package hub

import (
	"context"
	"maps"
	"slices"
	"time"
)

// ReportTexts are what an office writes for the information service report of a
// year; its figures come from the registers. Office is empty for the whole
// ministry.
type ReportTexts struct {
	Office  string
	Year    int
	Edition int
	Texts   map[string]string // by field of ReportFields or ReportNames
	Officer string
	At      time.Time
}

// ReportFields are the parts of the report that no register knows, as the
// Information Commission asks for them (Perki 1/2021 and UU 14/2008 art. 12).
var ReportFields = []string{"policy", "facilities", "staff", "budget", "disputes", "obstacles", "plans"}

// ReportNames say who signs it.
var ReportNames = []string{"official", "position", "nip"}

// YearReport is what an office tells the public of a year of information service.
type YearReport struct {
	Office     string
	Year       int
	Requests   *Register
	Objections *Register
	Kiosks     int // where requests can be filed
	Texts      ReportTexts
}

// SeesReport reports whether an officer may read the yearly report of an office.
func (h *Hub) SeesReport(o Officer, office string) bool {
	return h.SeesKind(o, "information") && h.SeesFigures(o, office)
}

// WritesReport reports whether an officer may write what the report asks for
// beside the figures: who answers requests or objections there.
func (h *Hub) WritesReport(o Officer, office string) bool {
	acts := rights[o.Role].acts
	return (slices.Contains(acts, "information") || slices.Contains(acts, "objection")) && h.Under(office, o.Office)
}

// YearReport gathers the report of an office, with those below it. It returns
// [ErrForbidden] for what is not the officer's.
func (h *Hub) YearReport(ctx context.Context, o Officer, year int, office string) (*YearReport, error) {
	if !h.SeesReport(o, office) {
		return nil, ErrForbidden
	}
	y := &YearReport{Office: office, Year: year}
	var err error
	if y.Requests, err = h.Register(ctx, o, "information", year, office); err != nil {
		return nil, err
	}
	if y.Objections, err = h.Register(ctx, o, "objection", year, office); err != nil {
		return nil, err
	}
	kiosks, err := h.Store.Kiosks(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range kiosks {
		if k.EnrolledAt != nil && !slices.Contains(slots, k.ID) && h.Under(k.Office, office) {
			y.Kiosks++
		}
	}
	y.Texts, err = h.Store.ReportTexts(ctx, office, year)
	return y, err
}

// WriteReport keeps what an office writes for its report. It returns
// [ErrForbidden], and [ErrChanged] if somebody else wrote meanwhile.
func (h *Hub) WriteReport(ctx context.Context, o Officer, t ReportTexts) error {
	if _, known := h.Catalogue.Office(t.Office); !h.WritesReport(o, t.Office) || t.Office != "" && !known {
		return ErrForbidden
	}
	texts := map[string]string{}
	for _, field := range slices.Concat(ReportFields, ReportNames) {
		if text := trimmed(t.Texts[field], reportMost); text != "" {
			texts[field] = text
		}
	}
	last, err := h.Store.ReportTexts(ctx, t.Office, t.Year)
	if err != nil {
		return err
	}
	if maps.Equal(last.Texts, texts) {
		return nil
	}
	t.Texts, t.Officer, t.At = texts, o.Name, h.Now()
	return h.Store.KeepReportTexts(ctx, t)
}

// reportMost is how long a part of the report can be, in letters.
const reportMost = 8000
