package open311

import (
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/form"
)

// kinds are what can be filed, as LAPOR! calls them, and by which form.
var kinds = []struct{ name, form string }{{"pengaduan", "complaint"}, {"aspirasi", "suggestion"}}

// attribute is a question beside those that the standard has itself. Those with
// a field ask what our form asks.
type attribute struct {
	code, datatype string
	field          string // of the form; empty: it is about the report as such
	required       bool
	values         []string // keys of a list; their words are open311.value.…
}

var attributes = []attribute{
	{"klasifikasi", "singlevaluelist", "", false, []string{"pengaduan", "aspirasi"}},
	{"judul", "string", "title", true, nil},
	{"tanggal_kejadian", "datetime", "incident_date", false, nil},
	{"lokasi_kejadian", "string", "location", false, nil},
	{"permintaan_penyelesaian", "text", "wish", false, nil},
	{"anonim", "singlevaluelist", "", false, []string{"tidak", "ya"}},
	{"rahasia", "singlevaluelist", "", false, []string{"tidak", "ya"}},
	{"nomor_kiosk", "string", "", false, nil},
}

type definition struct {
	XMLName    xml.Name `xml:"service_definition" json:"-"`
	Code       string   `xml:"service_code" json:"service_code"`
	Attributes []asked  `xml:"attributes>attribute" json:"attributes"`
}

type asked struct {
	Variable            bool    `xml:"variable" json:"variable"`
	Code                string  `xml:"code" json:"code"`
	Datatype            string  `xml:"datatype" json:"datatype"`
	Required            bool    `xml:"required" json:"required"`
	DatatypeDescription maybe   `xml:"datatype_description" json:"datatype_description"`
	Order               int     `xml:"order" json:"order"`
	Description         string  `xml:"description" json:"description"`
	Values              []value `xml:"values>value,omitempty" json:"values,omitempty"`
}

type value struct {
	Key  string `xml:"key" json:"key"`
	Name string `xml:"name" json:"name"`
}

func (d definition) list() any { return d }

func (s *Server) definition(r *request, code string) (document, error) {
	if _, ok := s.hub.Catalogue.Service(code); !ok {
		return nil, faults{r.fault(404, "error.service")}
	}
	d := definition{Code: code}
	for i, a := range attributes {
		x := asked{Variable: true, Code: a.code, Datatype: a.datatype, Required: a.required, Order: i + 1, Description: r.w.T("open311.attribute." + a.code)}
		if f := s.hub.Catalogue.Form(kinds[0].form).Field(a.field); f != nil {
			if x.Description = f.Question.In(r.w.Language); f.Max > 0 {
				x.DatatypeDescription = maybe(r.w.T("open311.letters", "min", f.Min, "max", f.Max))
			}
		}
		if a.datatype == "datetime" {
			x.DatatypeDescription = "YYYY-MM-DD, YYYY-MM-DDThh:mm:ss+08:00"
		}
		for _, v := range a.values {
			x.Values = append(x.Values, value{v, r.w.T("open311.value." + v)})
		}
		d.Attributes = append(d.Attributes, x)
	}
	return d, nil
}

type filed struct {
	XMLName xml.Name  `xml:"service_requests"`
	Filed   []created `xml:"request"`
}

type created struct {
	ID        string `xml:"service_request_id" json:"service_request_id"`
	Notice    string `xml:"service_notice" json:"service_notice"`
	AccountID maybe  `xml:"account_id" json:"account_id"`
}

func (f filed) list() any { return f.Filed }

// file takes a report in. Sent again under the same attribute[nomor_kiosk] or
// Idempotency-Key it is answered again, and filed once.
func (s *Server) file(r *request) (document, error) {
	key := r.q.Get("api_key")
	client, err := s.client(r, key)
	if err != nil {
		return nil, err
	}
	given, wrong := r.attributes()
	report, office, more := s.report(r, client, given)
	if wrong = append(wrong, more...); len(wrong) > 0 {
		return nil, wrong
	}
	name := ""
	switch {
	case given["nomor_kiosk"] != "":
		name = "nomor_kiosk " + given["nomor_kiosk"]
	case r.Header.Get("Idempotency-Key") != "":
		name = "idempotency " + r.Header.Get("Idempotency-Key")
	}
	if len(name) > 200 {
		return nil, faults{r.fault(400, "error.name")}
	}
	sent := maps.Clone(map[string][]string(r.q))
	delete(sent, "api_key")
	n, code, err := s.hub.FileFor(r.Context(), client, key, name, office, report, sha256.Sum256([]byte(url.Values(sent).Encode())))
	switch {
	case errors.Is(err, hub.ErrOther):
		return nil, faults{r.fault(400, "error.other")}
	case errors.Is(err, hub.ErrBusy):
		return nil, faults{r.fault(400, "error.busy")}
	case err != nil:
		return nil, err
	}
	notice := []string{r.w.T("open311.filed", "number", n.String(), "code", code.Grouped(), "url", strings.TrimSuffix(s.hub.Keys.Bundle.PublicURL, "/")+"/t")}
	for _, more := range []struct {
		says bool
		key  string
	}{{report.Identity == kiosk.Confidential, "filed.rahasia"}, {report.Identity == kiosk.Anonymous, "filed.anonim"}, {r.q.Get("media_url") != "", "filed.media"}} {
		if more.says {
			notice = append(notice, r.w.T("open311."+more.key))
		}
	}
	return filed{Filed: []created{{ID: string(n), Notice: strings.Join(notice, " ")}}}, nil
}

// client is whose key it is. Keys that are none are tried slowly.
func (s *Server) client(r *request, key string) (hub.Client, error) {
	now := s.hub.Now()
	c, err := s.hub.Client(r.Context(), key)
	if errors.Is(err, hub.ErrClient) {
		if !s.limits.allow("wrong "+s.network(r.Request), wrongAMinute, now) {
			return c, faults{r.fault(429, "error.slow")}
		}
		return c, faults{r.fault(403, "error.key")}
	}
	if err == nil && !s.limits.allow("file "+c.Name, filesAMinute, now) {
		err = faults{r.fault(429, "error.slow")}
	}
	return c, err
}

// attributes reads attribute[code] and attribute[code][].
func (r *request) attributes() (given map[string]string, wrong faults) {
	given = map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(r.q)) {
		code, ok := strings.CutPrefix(key, "attribute[")
		if !ok {
			continue
		}
		code = strings.TrimSuffix(strings.TrimSuffix(code, "[]"), "]")
		i := slices.IndexFunc(attributes, func(a attribute) bool { return a.code == code })
		if i < 0 || len(r.q[key]) > 1 {
			wrong = append(wrong, r.fault(400, "error.attribute"))
			continue
		}
		v := strings.TrimSpace(r.q.Get(key))
		if a := attributes[i]; v != "" && a.values != nil && !slices.Contains(a.values, v) {
			wrong = append(wrong, r.fault(400, "error.value", "name", key, "values", strings.Join(a.values, ", ")))
		}
		given[code] = v
	}
	return given, wrong
}

// report makes a report of what was sent, checked like any kiosk's.
func (s *Server) report(r *request, client hub.Client, given map[string]string) (report kiosk.Report, office string, wrong faults) {
	service := r.q.Get("service_code")
	if _, ok := s.hub.Catalogue.Service(service); service == "" {
		wrong = append(wrong, r.fault(400, "error.code"))
	} else if !ok {
		return report, "", faults{r.fault(404, "error.service")}
	}
	office, place, more := s.place(r, client)
	wrong = append(wrong, more...)
	kind := kinds[0]
	for _, k := range kinds {
		if k.name == given["klasifikasi"] {
			kind = k
		}
	}
	f := s.hub.Catalogue.Form(kind.form)
	answers := kiosk.Answers{"service": service, "description": r.q.Get("description")}
	for _, a := range attributes {
		v := given[a.code]
		if a.field == "" || v == "" {
			continue
		}
		if f.Field(a.field) == nil {
			wrong = append(wrong, r.fault(400, "error.not.asked", "name", a.code, "kind", kind.name))
			continue
		}
		if a.datatype == "datetime" {
			if t, err := time.Parse(time.RFC3339, v); err == nil {
				v = s.hub.Local(office, t).Format(time.DateOnly)
			}
		}
		answers[a.field] = v
	}
	if answers["location"] == "" && f.Field("location") != nil {
		answers["location"] = place
	}
	identity := s.person(r, f, given, answers)
	draft, problems := s.hub.Catalogue.Check(kiosk.Draft{Form: f.Name, Language: r.w.Language, Identity: identity, Answers: answers}, s.hub.Local(office, s.hub.Now()))
	for _, p := range problems {
		wrong = append(wrong, r.fault(400, "error.answer", "name", argument(p.Field), "problem", p.Text(r.w)))
	}
	if given["rahasia"] == "ya" {
		identity = kiosk.Confidential // also of who gave no name: then nobody knows it
	}
	return kiosk.Report{Form: f.Ref(), Language: draft.Language, Identity: identity, Answers: draft.Answers}, office, wrong
}

// place is the office that gets a report, and the place as it was written.
func (s *Server) place(r *request, client hub.Client) (office, text string, wrong faults) {
	office, text = client.Office, strings.TrimSpace(r.q.Get("address_string"))
	id, lat, long := r.q.Get("address_id"), r.q.Get("lat"), r.q.Get("long")
	if id != "" {
		o, ok := s.hub.Catalogue.Office(id)
		if !ok || !s.hub.Under(id, client.Office) {
			return office, text, faults{r.fault(400, "error.office")}
		}
		if office = id; text == "" {
			text = o.Name.In(r.w.Language)
		}
	}
	if text == "" && lat != "" && long != "" {
		y, err1 := strconv.ParseFloat(lat, 64)
		x, err2 := strconv.ParseFloat(long, 64)
		if err1 != nil || err2 != nil || !(y >= -90 && y <= 90) || !(x >= -180 && x <= 180) {
			return office, text, faults{r.fault(400, "error.place")}
		}
		text = strconv.FormatFloat(y, 'f', 6, 64) + " " + strconv.FormatFloat(x, 'f', 6, 64)
	}
	if text == "" {
		return office, text, faults{r.fault(400, "error.place")}
	}
	return office, text, nil
}

// person is the visitor's wish, and adds who they are to the answers unless they
// wish that nobody knows.
func (s *Server) person(r *request, f *form.Form, given map[string]string, answers kiosk.Answers) kiosk.Identity {
	name := strings.TrimSpace(r.q.Get("first_name") + " " + r.q.Get("last_name"))
	if given["anonim"] == "ya" || name == "" {
		return kiosk.Anonymous
	}
	for id, v := range map[string]string{"name": name, "phone": strings.TrimSpace(r.q.Get("phone")), "email": strings.TrimSpace(r.q.Get("email"))} {
		if v != "" {
			answers[id] = v
		}
	}
	if who := f.Field("reporter"); who != nil && len(who.Options) > 0 {
		answers["reporter"] = who.Options[0].Value
	}
	return kiosk.Named
}

// argument is what the standard calls a field of our form.
func argument(field string) string {
	for _, a := range attributes {
		if a.field == field && field != "" {
			return "attribute[" + a.code + "]"
		}
	}
	if field == "name" {
		return "first_name, last_name"
	}
	return field
}
