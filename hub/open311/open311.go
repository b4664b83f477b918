// Package open311 speaks Open311 GeoReport v2: programs read the ministry's
// services and where reports stand, and those with a key file reports. What
// nobody may see is not there: confidential reports, those handled with
// another, names, and what visitors wrote; a report's description is the
// summary that an officer wrote for the public.
package open311

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/words"
)

// Path is where the interface is.
const Path = "/open311/"

// What one may ask for in a minute: a network to read, a network with a key
// that is none, and a client to file.
const (
	readsAMinute = 120
	wrongAMinute = 10
	filesAMinute = 60
)

const bodyBytes = 64 << 10

// Server answers requests of GeoReport v2.
type Server struct {
	hub     *hub.Hub
	words   *words.Catalogue
	log     *slog.Logger
	network func(*http.Request) string
	began   time.Time // the services are as they were then
	limits  limits
}

// New returns the interface of a hub; network says coarsely who asks.
func New(h *hub.Hub, w *words.Catalogue, network func(*http.Request) string, log *slog.Logger) *Server {
	return &Server{hub: h, words: w, network: network, log: log, began: h.Now(), limits: limits{by: map[string]*rate.Limiter{}}}
}

// limits holds a limiter for each who asks.
type limits struct {
	mu sync.Mutex
	by map[string]*rate.Limiter
}

func (l *limits) allow(who string, aMinute int, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.by) > 10_000 {
		clear(l.by)
	}
	if l.by[who] == nil {
		l.by[who] = rate.NewLimiter(rate.Every(time.Minute/time.Duration(aMinute)), aMinute)
	}
	return l.by[who].AllowN(now, 1)
}

// fault is one line of the standard's list of errors.
type fault struct {
	Code        int    `xml:"code" json:"code"`
	Description string `xml:"description" json:"description"`
}

// faults are an answer that is none. Its status is that of the first.
type faults []fault

func (f faults) Error() string { return f[0].Description }

// request is what was asked for.
type request struct {
	*http.Request
	w words.Words
	q url.Values // of the address, or of the form that was sent
}

func (r *request) fault(code int, key string, pairs ...any) fault {
	return fault{code, r.w.T("open311."+key, pairs...)}
}

// ServeHTTP answers in XML, or in JSON where the address ends so.
func (s *Server) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	h := out.Header()
	h.Set("Access-Control-Allow-Origin", "*") // what anybody may read, any page may
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	path := strings.TrimPrefix(in.URL.Path, Path)
	asJSON := strings.HasSuffix(path, ".json")
	resource, formatted := strings.CutSuffix(strings.TrimSuffix(path, ".json"), ".xml")
	formatted = formatted || asJSON
	in.Body = http.MaxBytesReader(out, in.Body, bodyBytes)
	r := &request{Request: in, w: s.words.In(kiosk.Indonesian), q: in.URL.Query()}
	if r.q.Get("lang") == string(kiosk.English) {
		r.w = s.words.In(kiosk.English)
	}
	answer, err := s.answer(r, resource, formatted)
	status := http.StatusOK
	if err != nil {
		var list faults
		if !errors.As(err, &list) {
			s.log.Error("open311", "resource", strings.SplitN(resource, "/", 3)[0], "err", err)
			list = faults{r.fault(400, "error.general")}
		}
		if status = list[0].Code; status == http.StatusTooManyRequests {
			h.Set("Retry-After", "60")
		}
		answer = errorList{Errors: list}
	}
	if asJSON {
		h.Set("Content-Type", "application/json; charset=utf-8")
		out.WriteHeader(status)
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		e.Encode(answer.list())
		return
	}
	h.Set("Content-Type", "text/xml; charset=utf-8")
	out.WriteHeader(status)
	out.Write([]byte(xml.Header))
	xml.NewEncoder(out).Encode(answer)
}

// document is an answer: as XML it is an element around a list, as JSON the
// list alone.
type document interface{ list() any }

func (s *Server) answer(r *request, resource string, formatted bool) (document, error) {
	if !s.limits.allow("read "+s.network(r.Request), readsAMinute, s.hub.Now()) {
		return nil, faults{r.fault(429, "error.slow")}
	}
	resource, versioned := strings.CutPrefix(resource, "v2/")
	name, id, _ := strings.Cut(resource, "/")
	if !formatted || name != "discovery" && !versioned || strings.Contains(id, "/") {
		return nil, faults{r.fault(404, "error.address")}
	}
	post := r.Method == http.MethodPost
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !(post && name == "requests" && id == "") {
		return nil, faults{r.fault(400, "error.method")}
	}
	if post {
		if t := r.Header.Get("Content-Type"); !strings.HasPrefix(t, "application/x-www-form-urlencoded") {
			return nil, faults{r.fault(400, "error.form")}
		}
		if err := r.ParseForm(); err != nil {
			return nil, faults{r.fault(400, "error.form")}
		}
		r.q = r.PostForm
	}
	if j := r.q.Get("jurisdiction_id"); j != "" && j != s.jurisdiction() {
		return nil, faults{r.fault(404, "error.jurisdiction")}
	}
	switch {
	case name == "discovery" && id == "":
		return s.discovery(r), nil
	case name == "services" && id == "":
		return s.services(r), nil
	case name == "services":
		return s.definition(r, id)
	case name == "tokens":
		return s.token(r, id)
	case post:
		return s.file(r)
	case name == "requests" && id == "":
		return s.requests(r)
	case name == "requests":
		return s.request(r, id)
	}
	return nil, faults{r.fault(404, "error.address")}
}

// jurisdiction is the name of the hub's site.
func (s *Server) jurisdiction() string {
	u, err := url.Parse(s.hub.Keys.Bundle.PublicURL)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

type discovery struct {
	XMLName    xml.Name   `xml:"discovery" json:"-"`
	Changeset  string     `xml:"changeset" json:"changeset"`
	Contact    string     `xml:"contact" json:"contact"`
	KeyService string     `xml:"key_service" json:"key_service"`
	Endpoints  []endpoint `xml:"endpoints>endpoint" json:"endpoints"`
}

type endpoint struct {
	Specification string   `xml:"specification" json:"specification"`
	URL           string   `xml:"url" json:"url"`
	Changeset     string   `xml:"changeset" json:"changeset"`
	Type          string   `xml:"type" json:"type"`
	Formats       []string `xml:"formats>format" json:"formats"`
}

func (d discovery) list() any { return d }

func (s *Server) discovery(r *request) document {
	base := strings.TrimSuffix(s.hub.Keys.Bundle.PublicURL, "/")
	changed := s.began.UTC().Format(time.RFC3339)
	return discovery{Changeset: changed, Contact: r.w.T("open311.contact", "ministry", s.hub.Catalogue.Ministry.In(r.w.Language), "url", base), KeyService: r.w.T("open311.key"),
		Endpoints: []endpoint{{"http://wiki.open311.org/GeoReport_v2", base + Path + "v2", changed, "production", []string{"text/xml", "application/json"}}}}
}

type services struct {
	XMLName  xml.Name  `xml:"services"`
	Services []service `xml:"service"`
}

type service struct {
	Code        string `xml:"service_code" json:"service_code"`
	Name        string `xml:"service_name" json:"service_name"`
	Description string `xml:"description" json:"description"`
	Metadata    bool   `xml:"metadata" json:"metadata"`
	Type        string `xml:"type" json:"type"`
	Keywords    string `xml:"keywords" json:"keywords"`
	Group       string `xml:"group" json:"group"`
}

func (s services) list() any { return s.Services }

func (s *Server) services(r *request) document {
	d := services{Services: []service{}}
	l := r.w.Language
	for _, x := range s.hub.Catalogue.Services {
		name := x.Name.In(l)
		var keywords []string
		for _, k := range kinds {
			keywords = append(keywords, s.hub.Catalogue.Form(k.form).Title.In(l))
		}
		d.Services = append(d.Services, service{x.ID, name, r.w.T("open311.service", "service", name), true, "realtime", strings.Join(keywords, ", "), s.hub.Catalogue.Ministry.In(l)})
	}
	return d
}

// maybe is a text that may be missing: null in JSON, empty in XML.
type maybe string

// MarshalJSON writes null for an empty text.
func (m maybe) MarshalJSON() ([]byte, error) {
	if m == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(m))
}

type errorList struct {
	XMLName xml.Name `xml:"errors"`
	Errors  []fault  `xml:"error"`
}

func (e errorList) list() any { return e.Errors }

// number reads a whole positive number of the address.
func (r *request) number(name string, otherwise, most int) (int, bool) {
	text := r.q.Get(name)
	if text == "" {
		return otherwise, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 1 && n <= most
}

// several are the values of an argument that may stand more than once and be a
// list with commas.
func (r *request) several(name string) (all []string) {
	for _, v := range r.q[name] {
		for _, one := range strings.Split(v, ",") {
			if one = strings.TrimSpace(one); one != "" && !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	}
	return all
}
