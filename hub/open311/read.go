package open311

import (
	"encoding/xml"
	"errors"
	"slices"
	"strings"
	"time"

	"loket/hub"
	"loket/hub/masking"
	"loket/kiosk"
	"loket/kiosk/track"
)

// The standard's limits on a list.
const (
	span  = 90 * 24 * time.Hour
	most  = 1000
	named = 100 // requests asked for by their ids
)

type requests struct {
	XMLName  xml.Name `xml:"service_requests"`
	Requests []status `xml:"request"`
}

func (q requests) list() any { return q.Requests }

// status is a report as everybody may see it.
type status struct {
	ID          string `xml:"service_request_id" json:"service_request_id"`
	Status      string `xml:"status" json:"status"`
	Notes       maybe  `xml:"status_notes" json:"status_notes"`
	Name        string `xml:"service_name" json:"service_name"`
	Code        string `xml:"service_code" json:"service_code"`
	Description maybe  `xml:"description" json:"description"`
	Agency      maybe  `xml:"agency_responsible" json:"agency_responsible"`
	Notice      maybe  `xml:"service_notice" json:"service_notice"`
	Requested   string `xml:"requested_datetime" json:"requested_datetime"`
	Updated     string `xml:"updated_datetime" json:"updated_datetime"`
	Expected    maybe  `xml:"expected_datetime" json:"expected_datetime"`
	Address     string `xml:"address" json:"address"`
	AddressID   string `xml:"address_id" json:"address_id"`
	Zipcode     maybe  `xml:"zipcode" json:"zipcode"`
	Lat         maybe  `xml:"lat" json:"lat"`
	Long        maybe  `xml:"long" json:"long"`
	MediaURL    maybe  `xml:"media_url" json:"media_url"`
}

const (
	isOpen   = "open"
	isClosed = "closed"
)

// closed reports whether nothing more is done about a case.
func closed(s kiosk.Status) bool {
	return s == kiosk.Closed || s == kiosk.Archived || s == kiosk.NotOurs
}

// unknownService is where reports count that name no service.
const unknownService = "lainnya"

// coarse is a time to the hour: the minute would tell who stood at the kiosk.
func coarse(t time.Time) time.Time { return t.Truncate(time.Hour) }

func (s *Server) status(r *request, c hub.Case) status {
	l := r.w.Language
	x := status{ID: string(c.Number), Status: isOpen, Description: maybe(masking.Clean(c.Summary)), AddressID: c.Office,
		Requested: coarse(s.hub.Local(c.Office, c.FiledAt)).Format(time.RFC3339)}
	if closed(c.Status) {
		x.Status = isClosed
	}
	notes := r.w.T("status." + string(c.Status))
	if k := s.hub.Lifecycles.Kind(c.Form.Name); k != nil {
		if o := k.Outcome(c.Outcome); o != nil {
			notes += ": " + o.Label.In(l)
		}
		if why := k.Reason(c.Reason); why != nil {
			notes += " (" + why.Label.In(l) + ")"
		}
	}
	x.Notes = maybe(notes)
	if x.Code = c.Answers["service"]; x.Code == "" {
		x.Code = unknownService
	}
	if service, ok := s.hub.Catalogue.Service(x.Code); ok {
		x.Name = service.Name.In(l)
	}
	office, _ := s.hub.Catalogue.Office(c.Office)
	x.Address = strings.Trim(office.Name.In(l)+", "+office.City, ", ")
	agency := s.hub.Catalogue.Ministry.In(l)
	if unit, ok := s.hub.Catalogue.Office(c.Unit); ok {
		agency += " – " + unit.Name.In(l)
		if c.Unit != c.Office && unit.Parent != "" && s.hub.Under(unit.ID, c.Office) {
			agency += ", " + office.Name.In(l)
		}
	}
	x.Agency = maybe(agency)
	updated := c.FiledAt
	for _, e := range c.Events {
		if e.At.After(updated) {
			updated = e.At
		}
	}
	x.Updated = coarse(s.hub.Local(c.Office, updated)).Format(time.RFC3339)
	if term, ok := s.hub.Answering(c); ok && !term.Paused {
		y, m, d := term.Due.Date() // in the office's zone
		x.Expected = maybe(time.Date(y, m, d, 23, 59, 59, 0, office.Location()).Format(time.RFC3339))
		if x.Status == isOpen && c.Status != kiosk.Answered {
			x.Notice = maybe(r.w.T("open311.notice", "date", r.w.Date(term.Due)))
		}
	}
	return x
}

// request is one report. What is not public is not there.
func (s *Server) request(r *request, id string) (document, error) {
	c, err := s.public(r, id)
	if err != nil {
		return nil, err
	}
	return requests{Requests: []status{s.status(r, c)}}, nil
}

func (s *Server) public(r *request, id string) (hub.Case, error) {
	n, err := track.ParseNumber(id)
	if err != nil {
		return hub.Case{}, faults{r.fault(404, "error.request")}
	}
	c, err := s.hub.Report(r.Context(), n)
	if errors.Is(err, hub.ErrNotFound) {
		return c, faults{r.fault(404, "error.request")}
	}
	return c, err
}

type tokens struct {
	XMLName xml.Name `xml:"service_requests"`
	Tokens  []token  `xml:"request"`
}

type token struct {
	ID    string `xml:"service_request_id" json:"service_request_id"`
	Token string `xml:"token" json:"token"`
}

func (t tokens) list() any { return t.Tokens }

// token leads from the number on a receipt to the report, once a kiosk has sent
// it.
func (s *Server) token(r *request, id string) (document, error) {
	if id == "" {
		return nil, faults{r.fault(400, "error.token")}
	}
	c, err := s.public(r, id)
	if err != nil {
		return nil, err
	}
	return tokens{Tokens: []token{{string(c.Number), id}}}, nil
}

// requests is a list of reports: those asked for by id, or what was filed
// within at most 90 days, newest first, 1000 at most.
func (s *Server) requests(r *request) (document, error) {
	d := requests{Requests: []status{}}
	if ids := r.several("service_request_id"); len(ids) > 0 {
		if len(ids) > named {
			return nil, faults{r.fault(400, "error.many", "n", named)}
		}
		for _, id := range ids {
			c, err := s.public(r, id)
			var none faults
			if errors.As(err, &none) {
				continue
			}
			if err != nil {
				return nil, err
			}
			d.Requests = append(d.Requests, s.status(r, c))
		}
		return d, nil
	}
	codes, statuses := r.several("service_code"), r.several("status")
	from, to, wrong := s.range90(r)
	for _, code := range codes {
		if _, ok := s.hub.Catalogue.Service(code); !ok {
			wrong = append(wrong, r.fault(404, "error.service"))
		}
	}
	for _, x := range statuses {
		if x != isOpen && x != isClosed {
			wrong = append(wrong, r.fault(400, "error.status"))
		}
	}
	page, ok := r.number("page", 1, 100_000)
	size, ok2 := r.number("page_size", most, most)
	if !ok || !ok2 {
		wrong = append(wrong, r.fault(400, "error.page", "n", most))
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	const batch = 500
	skip := (page - 1) * size // of those that fit
	for at := 0; len(d.Requests) < size; at += batch {
		cases, err := s.hub.Reports(r.Context(), from, to, at, batch)
		if err != nil {
			return nil, err
		}
		for _, c := range cases {
			x := isOpen
			if closed(c.Status) {
				x = isClosed
			}
			code := c.Answers["service"]
			if code == "" {
				code = unknownService
			}
			if len(statuses) > 0 && !slices.Contains(statuses, x) || len(codes) > 0 && !slices.Contains(codes, code) {
				continue
			}
			if skip > 0 {
				skip--
				continue
			}
			if len(d.Requests) < size {
				d.Requests = append(d.Requests, s.status(r, c))
			}
		}
		if len(cases) < batch {
			break
		}
	}
	return d, nil
}

// range90 is the span of time that is asked for. It is compared with the times
// that are published, to the hour.
func (s *Server) range90(r *request) (from, to time.Time, wrong faults) {
	read := func(name string) time.Time {
		text := r.q.Get(name)
		if text == "" {
			return time.Time{}
		}
		// A + in an address that was not escaped came as a space.
		t, err := time.Parse(time.RFC3339, strings.ReplaceAll(text, " ", "+"))
		if err != nil {
			wrong = append(wrong, r.fault(400, "error.date", "name", name))
		}
		return t
	}
	from, to = read("start_date"), read("end_date")
	switch {
	case len(wrong) > 0:
		return from, to, wrong
	case from.IsZero() && to.IsZero():
		to = s.hub.Now()
		from = to.Add(-span)
	case from.IsZero():
		from = to.Add(-span)
	case to.IsZero():
		to = from.Add(span)
	}
	if to.Sub(from) > span || to.Before(from) {
		wrong = append(wrong, r.fault(400, "error.span"))
	}
	return from.Add(time.Hour - time.Second).Truncate(time.Hour), to.Truncate(time.Hour).Add(time.Hour - time.Second), wrong
}
