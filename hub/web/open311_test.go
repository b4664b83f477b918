package web_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/form"
)

// georeport is a client of Open311 GeoReport v2, written from its text alone.
type georeport struct {
	t      testing.TB
	base   string // of the endpoint
	format string // xml or json
	key    string
}

type grService struct {
	Code     string `xml:"service_code" json:"service_code"`
	Name     string `xml:"service_name" json:"service_name"`
	Metadata bool   `xml:"metadata" json:"metadata"`
	Type     string `xml:"type" json:"type"`
	Group    string `xml:"group" json:"group"`
}

type grAttribute struct {
	Variable bool   `xml:"variable" json:"variable"`
	Code     string `xml:"code" json:"code"`
	Datatype string `xml:"datatype" json:"datatype"`
	Required bool   `xml:"required" json:"required"`
	Order    int    `xml:"order" json:"order"`
	Values   []struct {
		Key  string `xml:"key" json:"key"`
		Name string `xml:"name" json:"name"`
	} `xml:"values>value" json:"values"`
}

type grDefinition struct {
	XMLName    xml.Name      `xml:"service_definition" json:"-"`
	Code       string        `xml:"service_code" json:"service_code"`
	Attributes []grAttribute `xml:"attributes>attribute" json:"attributes"`
}

type grRequest struct {
	ID          string  `xml:"service_request_id" json:"service_request_id"`
	Token       *string `xml:"token" json:"token"`
	Status      string  `xml:"status" json:"status"`
	Notes       *string `xml:"status_notes" json:"status_notes"`
	Name        string  `xml:"service_name" json:"service_name"`
	Code        string  `xml:"service_code" json:"service_code"`
	Description *string `xml:"description" json:"description"`
	Agency      *string `xml:"agency_responsible" json:"agency_responsible"`
	Notice      *string `xml:"service_notice" json:"service_notice"`
	Requested   string  `xml:"requested_datetime" json:"requested_datetime"`
	Updated     string  `xml:"updated_datetime" json:"updated_datetime"`
	Expected    *string `xml:"expected_datetime" json:"expected_datetime"`
	Address     string  `xml:"address" json:"address"`
	AddressID   string  `xml:"address_id" json:"address_id"`
}

type grError struct {
	Code        int    `xml:"code" json:"code"`
	Description string `xml:"description" json:"description"`
}

// ask sends one request and reads the list in the answer: elements called one
// inside an element called all.
func ask[T any](g georeport, method, path string, q url.Values, all, one string) (list []T, errs []grError, status int) {
	g.t.Helper()
	address, body := g.base+"/"+path+"."+g.format, io.Reader(nil)
	if method == http.MethodPost {
		body = strings.NewReader(q.Encode())
	} else if len(q) > 0 {
		address += "?" + q.Encode()
	}
	req, err := http.NewRequest(method, address, body)
	if err != nil {
		g.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	if want := map[string]string{"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}[g.format]; resp.Header.Get("Content-Type") != want {
		g.t.Fatalf("%s %s: content type %q", method, path, resp.Header.Get("Content-Type"))
	}
	target, wrap, inner := any(&list), all, one
	if resp.StatusCode != http.StatusOK {
		target, wrap, inner = &errs, "errors", "error"
	}
	if g.format == "json" {
		err = json.Unmarshal(b, target)
	} else {
		if !strings.HasPrefix(string(b), `<?xml version="1.0" encoding="UTF-8"?>`) {
			g.t.Fatalf("%s: no XML declaration: %.60s", path, b)
		}
		err = elements(b, wrap, inner, func(d *xml.Decoder, start xml.StartElement) error {
			if resp.StatusCode != http.StatusOK {
				var e grError
				err := d.DecodeElement(&e, &start)
				errs = append(errs, e)
				return err
			}
			var x T
			err := d.DecodeElement(&x, &start)
			list = append(list, x)
			return err
		})
	}
	if err != nil {
		g.t.Fatalf("%s %s: %v: %.300s", method, path, err, b)
	}
	return list, errs, resp.StatusCode
}

func elements(b []byte, all, one string, each func(*xml.Decoder, xml.StartElement) error) error {
	d := xml.NewDecoder(strings.NewReader(string(b)))
	root := false
	for {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		start, ok := t.(xml.StartElement)
		switch {
		case !ok:
		case !root && start.Name.Local != all:
			return fmt.Errorf("the root is %q, not %q", start.Name.Local, all)
		case !root:
			root = true
		case start.Name.Local != one:
			return fmt.Errorf("%q inside %q", start.Name.Local, all)
		default:
			if err := each(d, start); err != nil {
				return err
			}
		}
	}
}

func (g georeport) get(path string, q url.Values) []grRequest {
	g.t.Helper()
	list, errs, status := ask[grRequest](g, http.MethodGet, path, q, "service_requests", "request")
	if status != http.StatusOK {
		g.t.Fatalf("%s: %d %v", path, status, errs)
	}
	return list
}

func (g georeport) post(q url.Values) ([]grRequest, []grError, int) {
	g.t.Helper()
	q.Set("api_key", g.key)
	return ask[grRequest](g, http.MethodPost, "requests", q, "service_requests", "request")
}

// georeport is a client with a key for an office, which has read discovery.
func (o *office) georeport(format, place string) georeport {
	o.t.Helper()
	key, err := o.hub.AddClient(o.t.Context(), "client "+format+place, place)
	if err != nil {
		o.t.Fatal(err)
	}
	resp, err := http.Get(o.server.URL + "/open311/discovery." + format)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	found := regexp.MustCompile(`https://lacak\.example\.go\.id(/[a-z0-9/]+)`).FindAllStringSubmatch(string(b), -1)
	if len(found) != 1 || !strings.Contains(string(b), "http://wiki.open311.org/GeoReport_v2") || !strings.Contains(string(b), "application/json") || !strings.Contains(string(b), "text/xml") {
		o.t.Fatalf("discovery: %s", b)
	}
	return georeport{o.t, o.server.URL + found[0][1], format, key}
}

func filing(pairs ...string) url.Values {
	q := url.Values{"service_code": {"antrean"}, "address_string": {"Loket 2, Kupang"}, "attribute[judul]": {"Antrean terlalu panjang"},
		"description": {"Saya menunggu tiga jam tanpa penjelasan dari siapa pun."}}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q
}

// A client that knows nothing but the standard lists the services, reads what is
// asked, files a report and reads it back, in XML and in JSON.
func TestAnOpen311Client(t *testing.T) {
	o := newOffice(t)
	for _, format := range []string{"xml", "json"} {
		g := o.georeport(format, "ntt")
		services, _, _ := ask[grService](g, http.MethodGet, "services", nil, "services", "service")
		if len(services) != len(o.hub.Catalogue.Services) || services[0].Type != "realtime" || !services[0].Metadata || services[0].Group == "" {
			t.Fatalf("%+v", services)
		}
		resp, err := http.Get(g.base + "/services/antrean." + format)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		var definition grDefinition
		if format == "json" {
			err = json.Unmarshal(b, &definition)
		} else {
			err = xml.Unmarshal(b, &definition)
		}
		if err != nil || definition.Code != "antrean" || len(definition.Attributes) != 8 {
			t.Fatalf("%v %s", err, b)
		}
		orders := map[int]bool{}
		for _, a := range definition.Attributes {
			orders[a.Order] = true
			if !a.Variable || a.Required != (a.Code == "judul") || a.Datatype == "singlevaluelist" != (len(a.Values) > 0) {
				t.Errorf("%+v", a)
			}
		}
		if len(orders) != 8 || orders[0] {
			t.Errorf("orders %v", orders)
		}
		created, errs, status := g.post(filing("first_name", "Nama", "last_name", "Rahasia-sekali", "phone", "0812 3456 7890", "address_id", "ntt",
			"attribute[tanggal_kejadian]", "2026-11-23T20:00:00Z", "attribute[permintaan_penyelesaian]", "Tambah loket.", "attribute[nomor_kiosk]", "A-1"))
		if status != http.StatusOK || len(created) != 1 || created[0].Token != nil || created[0].Notice == nil {
			t.Fatalf("%d %v %+v", status, errs, created)
		}
		id := created[0].ID
		said := regexp.MustCompile(`laporan: (.*?)\. Kode rahasia: (.*?)\.`).FindStringSubmatch(*created[0].Notice)
		if got := o.track(said[1], said[2]); got.Result != kiosk.TrackFound || string(got.Number) != id {
			t.Errorf("%+v of %q", got, *created[0].Notice)
		}
		c := o.opened(kiosk.Number(id))
		if c.Office != "ntt" || c.Identity != kiosk.Named || c.Answers["name"] != "Nama Rahasia-sekali" || c.Answers["phone"] != "+6281234567890" || c.Answers["location"] != "Loket 2, Kupang" ||
			c.Answers["incident_date"] != "2026-11-24" || c.Answers["service"] != "antrean" || c.Answers["wish"] != "Tambah loket." {
			t.Errorf("%+v", c)
		}
		if token := g.get("tokens/"+id, nil); len(token) != 1 || token[0].ID != id || token[0].Token == nil || *token[0].Token != id {
			t.Errorf("%+v", token)
		}
		list := g.get("requests/"+id, nil)
		if len(list) != 1 {
			t.Fatalf("%+v", list)
		}
		r := list[0]
		if r.ID != id || r.Status != "open" || r.Code != "antrean" || r.AddressID != "ntt" || r.Address == "" || *r.Agency == "" || *r.Notes != "Diterima" || *r.Expected != "2026-12-04T23:59:59+08:00" {
			t.Errorf("%+v, expected %s", r, *r.Expected)
		}
		if r.Description != nil && *r.Description != "" {
			t.Errorf("what the visitor wrote is public: %q", *r.Description)
		}
		for _, at := range []string{r.Requested, r.Updated} {
			if when, err := time.Parse(time.RFC3339, at); err != nil || when.Minute() != 0 || when.Second() != 0 {
				t.Errorf("%s tells the minute, %v", at, err)
			}
		}
		for query, want := range map[string]int{"": 1, "status=open": 1, "status=closed": 0, "status=open,closed": 1, "service_code=antrean": 1, "service_code=antrean,pungli": 1, "service_code=pungli": 0,
			"start_date=2026-11-24T00:00:00Z": 1, "start_date=2026-11-24T10:00:00%2B08:00": 1, "start_date=2026-11-24T11:00:00%2B08:00": 0, "end_date=2026-11-24T02:00:00Z": 1, "end_date=2026-11-24T01:59:59Z": 0,
			"start_date=2026-11-01T00:00:00Z&end_date=2026-11-30T00:00:00Z": 1, "service_request_id=" + id + ",ZZZZZZZZ&status=closed": 1, "page=2": 0, "page_size=1": 1, "jurisdiction_id=lacak.example.go.id": 1} {
			q, _ := url.ParseQuery(query)
			got := g.get("requests", q)
			got = slices.DeleteFunc(got, func(r grRequest) bool { return r.ID != id })
			if query == "page=2" || query == "page_size=1" {
				continue // which of those of both formats it is does not matter here
			}
			if len(got) != want {
				t.Errorf("%s: %+v", query, got)
			}
		}
		o.decide(c, hub.Change{}, "not_ours", "Silakan ke kantor lain.")
		if r := g.get("requests/"+id, nil)[0]; r.Status != "closed" || *r.Notes != "Bukan wewenang kami" {
			t.Errorf("%+v", r)
		}
	}
}

// decide gives a case a status with an answer, as an administrator.
func (o *office) decide(c hub.Case, change hub.Change, status kiosk.Status, answer string) {
	o.t.Helper()
	change.Number, change.Edition, change.Status, change.Answer = c.Number, o.current(c.Number).Edition, status, answer
	if err := o.hub.Update(o.t.Context(), hub.Officer{Name: "x", Role: hub.Administrator}, change); err != nil {
		o.t.Fatal(err)
	}
}

func TestOpen311SaysWhatIsWrong(t *testing.T) {
	o := newOffice(t)
	for _, format := range []string{"xml", "json"} {
		g := o.georeport(format, "ntt")
		for _, x := range []struct {
			method, path, query string
			want                []int
		}{
			{"GET", "services", "jurisdiction_id=sfgov.org", []int{404}},
			{"GET", "services/nothing", "", []int{404}},
			{"GET", "requests/ZZZZZZZZ", "", []int{404}},
			{"GET", "requests/..", "", []int{404}},
			{"GET", "tokens/", "", []int{400}},
			{"GET", "tokens/xyz", "", []int{404}},
			{"GET", "nothing", "", []int{404}},
			{"GET", "requests/a/b", "", []int{404}},
			{"DELETE", "requests", "", []int{400}},
			{"POST", "services", "", []int{400}},
			{"GET", "requests", "status=pending", []int{400}},
			{"GET", "requests", "service_code=nothing", []int{404}},
			{"GET", "requests", "start_date=yesterday&end_date=2026", []int{400, 400}},
			{"GET", "requests", "start_date=2026-01-01T00:00:00Z&end_date=2026-11-01T00:00:00Z", []int{400}},
			{"GET", "requests", "start_date=2026-11-02T00:00:00Z&end_date=2026-11-01T00:00:00Z", []int{400}},
			{"GET", "requests", "page=0", []int{400}},
			{"GET", "requests", "page_size=1001", []int{400}},
		} {
			q, _ := url.ParseQuery(x.query)
			_, errs, status := ask[grRequest](g, x.method, x.path, q, "service_requests", "request")
			var codes []int
			for _, e := range errs {
				codes = append(codes, e.Code)
				if e.Description == "" || strings.Contains(e.Description, "open311.") {
					t.Errorf("%s %s?%s: says %q", x.method, x.path, x.query, e.Description)
				}
			}
			if status != x.want[0] || !slices.Equal(codes, x.want) {
				t.Errorf("%s %s?%s: %d %v, want %v", x.method, x.path, x.query, status, codes, x.want)
			}
		}
		for name, x := range map[string]struct {
			change []string
			key    string
			want   int
			says   string
		}{
			"no key":                {nil, "", 403, "api_key"},
			"a wrong key":           {nil, "loket_nothing", 403, "api_key"},
			"no service":            {[]string{"service_code", ""}, g.key, 400, "service_code"},
			"an unknown service":    {[]string{"service_code", "x"}, g.key, 404, "service_code"},
			"no place":              {[]string{"address_string", ""}, g.key, 400, "address_string"},
			"half a place":          {[]string{"address_string", "", "lat", "-10.1"}, g.key, 400, "address_string"},
			"a place off the earth": {[]string{"address_string", "", "lat", "-100.1", "long", "NaN"}, g.key, 400, "address_string"},
			"another office":        {[]string{"address_id", "bali"}, g.key, 400, "address_id"},
			"no title":              {[]string{"attribute[judul]", ""}, g.key, 400, "attribute[judul]"},
			"a short description":   {[]string{"description", "Lama."}, g.key, 400, "description"},
			"a long description":    {[]string{"description", strings.Repeat("panjang ", 1000)}, g.key, 400, "description"},
			"an unknown attribute":  {[]string{"attribute[WHISPAWN]", "1"}, g.key, 400, "attribute"},
			"an unknown value":      {[]string{"attribute[rahasia]", "maybe"}, g.key, 400, "tidak, ya"},
			"a date to come":        {[]string{"attribute[tanggal_kejadian]", "2027-11-24"}, g.key, 400, "attribute[tanggal_kejadian]"},
			"not asked":             {[]string{"attribute[klasifikasi]", "aspirasi", "attribute[lokasi_kejadian]", "Sini saja"}, g.key, 400, "lokasi_kejadian"},
			"a bad phone":           {[]string{"first_name", "Nama", "last_name", "Lengkap", "phone", "x"}, g.key, 400, "phone"},
		} {
			bad := g
			bad.key = x.key
			_, errs, status := bad.post(filing(x.change...))
			if status != x.want || len(errs) == 0 || errs[0].Code != x.want || !strings.Contains(fmt.Sprint(errs), x.says) {
				t.Errorf("%s: %d %v", name, status, errs)
			}
		}
		// A place on the map is one, too; so is an aspiration without a place in it.
		if _, errs, status := g.post(filing("address_string", "", "lat", "-10.1718", "long", "123.6075")); status != 200 {
			t.Errorf("%d %v", status, errs)
		}
		got, errs, status := g.post(filing("attribute[klasifikasi]", "aspirasi", "address_id", "ntt.yankum", "media_url", "https://example.go.id/x.jpg"))
		if status != 200 || !strings.Contains(*got[0].Notice, "media_url") {
			t.Fatalf("%d %v", status, errs)
		}
		if c := o.opened(kiosk.Number(got[0].ID)); c.Form.Name != "suggestion" || c.Office != "ntt.yankum" || c.Identity != kiosk.Anonymous {
			t.Errorf("%+v", c)
		}
	}
	resp, body := o.post("/open311/v2/requests.json", "application/json", strings.NewReader(`{}`), nil)
	if resp.StatusCode != 400 || !strings.Contains(string(body), "urlencoded") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if all, err := o.book.Cases(t.Context(), ""); err != nil || len(all) != 4 {
		t.Errorf("%d cases, %v", len(all), err)
	}
}

// What is sent twice under one number is filed once, and answered alike: also
// at the same time, and after the hub was started again. Another report under
// the number is refused.
func TestOpen311FilesOnce(t *testing.T) {
	o := newOffice(t)
	g := o.georeport("json", "ntt")
	var mu sync.Mutex
	answers := map[string]bool{}
	busy := 0
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			got, errs, status := g.post(filing("attribute[nomor_kiosk]", "K-17"))
			mu.Lock()
			defer mu.Unlock()
			if status == 200 {
				answers[got[0].ID+*got[0].Notice] = true
			} else if busy++; !strings.Contains(fmt.Sprint(errs), "sedang dicatat") {
				t.Errorf("%d %v", status, errs)
			}
		})
	}
	group.Wait()
	o.stop()
	o.open(true)
	g.base = o.server.URL + "/open311/v2"
	got, errs, status := g.post(filing("attribute[nomor_kiosk]", "K-17"))
	if status != 200 || len(answers) > 1 || busy < 8 && !answers[got[0].ID+*got[0].Notice] {
		t.Fatalf("%d %v, %d answers before", status, errs, len(answers))
	}
	if _, errs, status := g.post(filing("attribute[nomor_kiosk]", "K-17", "attribute[judul]", "Judul yang lain")); status != 400 || !strings.Contains(errs[0].Description, "sudah dipakai") {
		t.Errorf("%d %v", status, errs)
	}
	if all, err := o.book.Cases(t.Context(), ""); err != nil || len(all) != 1 {
		t.Errorf("%d cases, %v", len(all), err)
	}
	// Another client has numbers of its own.
	if got2, _, status := o.georeport("json", "bali").post(filing("attribute[nomor_kiosk]", "K-17")); status != 200 || got2[0].ID == got[0].ID {
		t.Errorf("%d", status)
	}
	if err := o.book.RevokeClient(t.Context(), "client jsonntt", o.now()); err != nil {
		t.Fatal(err)
	}
	if _, errs, status := g.post(filing()); status != 403 {
		t.Errorf("a revoked key: %d %v", status, errs)
	}
}

func TestOpen311IsSlowForTheGreedy(t *testing.T) {
	o := newOffice(t)
	g := o.georeport("json", "ntt")
	wrong := g
	wrong.key = "loket_guess"
	last := 0
	for range 11 {
		_, _, last = wrong.post(filing())
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("guessing keys: %d", last)
	}
	if _, errs, status := g.post(filing()); status != 200 {
		t.Errorf("who has a key waits for who has none: %d %v", status, errs)
	}
	for range 120 {
		_, _, last = ask[grService](g, http.MethodGet, "services", nil, "services", "service")
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("reading: %d", last)
	}
	o.mu.Lock()
	o.clock = o.clock.Add(time.Minute)
	o.mu.Unlock()
	if _, _, last = ask[grService](g, http.MethodGet, "services", nil, "services", "service"); last != 200 {
		t.Errorf("a minute later: %d", last)
	}
}

// canary fills every field of a form with words of its own, so that any that
// comes out is known.
func canary(f *form.Form, identity kiosk.Identity) kiosk.Answers {
	a := kiosk.Answers{}
	for _, field := range f.Fields {
		switch field.Type {
		case form.TextLine, form.LongText:
			a[field.ID] = "kenari" + field.ID + string(identity) + " burung kuning yang bernyanyi"
		case form.Phone:
			a[field.ID] = "+6281299990000"
		case form.Email:
			a[field.ID] = "kenari@burung.example"
		case form.NIK:
			a[field.ID] = "5371010101900001"
		case form.Choice:
			a[field.ID] = field.Options[0].Value
		}
	}
	return a
}

// Nothing that anybody typed is public but the summary, masked; what is
// confidential or handled with another is not there at all.
func TestNobodysWordsAreOpen(t *testing.T) {
	o := newOffice(t)
	g := o.georeport("json", "ntt")
	admin := hub.Officer{Name: "x", Role: hub.Administrator}
	numbers := map[string]kiosk.Number{}
	for _, name := range []string{"complaint", "suggestion", "information", "objection"} {
		for _, identity := range []kiosk.Identity{kiosk.Named, kiosk.Confidential, kiosk.Anonymous} {
			f := o.hub.Catalogue.Form(name)
			n, _, err := o.hub.File(t.Context(), "ntt", kiosk.Report{Form: f.Ref(), Language: "id", Identity: identity, Answers: canary(f, identity)})
			if err != nil {
				t.Fatal(err)
			}
			numbers[name+" "+string(identity)] = n
		}
	}
	more, _, err := o.hub.File(t.Context(), "ntt", kiosk.Report{Form: kiosk.FormRef{Name: "complaint", Version: 1}, Language: "id", Identity: kiosk.Named, Answers: canary(o.hub.Catalogue.Form("complaint"), kiosk.Named)})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.hub.Merge(t.Context(), admin, more, 1, numbers["complaint named"]); err != nil {
		t.Fatal(err)
	}
	posted, errs, status := g.post(filing("first_name", "Kenari", "last_name", "Kuning", "email", "kenari@burung.example", "attribute[rahasia]", "ya", "attribute[judul]", "kenari di Open311"))
	if status != 200 {
		t.Fatal(errs)
	}
	hidden := kiosk.Number(posted[0].ID)
	both, errs, status := g.post(filing("first_name", "Kenari", "attribute[rahasia]", "ya", "attribute[anonim]", "ya"))
	if status != 200 {
		t.Fatal(errs)
	}
	if c := o.opened(kiosk.Number(both[0].ID)); !c.Rahasia || !c.Anonim || c.Answers["name"] != "" {
		t.Errorf("confidential without a name: %+v", c)
	}
	named := o.current(numbers["complaint named"])
	o.decide(named, hub.Change{Note: "catatan kenari dalam"}, kiosk.InProgress, "")
	o.decide(named, hub.Change{Note: "kenari"}, kiosk.Returned, "jawaban kenari untuk pelapor")
	if err := o.hub.Summarise(t.Context(), admin, named.Number, o.current(named.Number).Edition,
		"Antrean lama. kenariname"+"named burung kuning yang bernyanyi, NIK 5371 0101 0190 0001, 0812-9999-0000, kenari@burung.example"); err != nil {
		t.Fatal(err)
	}
	o.mu.Lock()
	o.clock = o.clock.AddDate(0, 1, 0) // a whole month for the statistics
	o.mu.Unlock()
	for _, path := range []string{"/", "/t", "/statistics", "/statistics?kind=suggestion", "/statistics.csv", "/statistics.json", "/changes", "/open311/discovery.json", "/open311/v2/services.xml",
		"/open311/v2/requests.xml", "/open311/v2/requests.json", "/open311/v2/requests/" + string(named.Number) + ".xml", "/open311/v2/tokens/" + string(named.Number) + ".json", "/robots.txt"} {
		page := o.get(http.DefaultClient, path)
		for _, word := range []string{"kenari", "burung", "Kuning", "9999", "5371", "catatan", "jawaban kenari"} {
			if i := strings.Index(strings.ToLower(page), strings.ToLower(word)); i >= 0 {
				t.Errorf("%s says %q: %.120s", path, word, page[max(0, i-40):])
			}
		}
	}
	var open []kiosk.Number
	for _, r := range g.get("requests", nil) {
		open = append(open, kiosk.Number(r.ID))
		if r.ID == string(named.Number) && (r.Description == nil || *r.Description != "Antrean lama. [•••], NIK [•••], [•••], [•••]") {
			t.Errorf("the summary is %v", *r.Description)
		}
	}
	want := []kiosk.Number{numbers["complaint named"], numbers["complaint anonymous"], numbers["suggestion named"], numbers["suggestion anonymous"]}
	slices.Sort(open)
	slices.Sort(want)
	if !slices.Equal(open, want) {
		t.Errorf("%v is public, want %v", open, want)
	}
	for name, n := range map[string]kiosk.Number{"confidential": numbers["complaint confidential"], "by Open311": hidden, "merged": more, "a request": numbers["information named"]} {
		for _, path := range []string{"requests/", "tokens/"} {
			_, gone, status := ask[grRequest](g, "GET", path+string(n), nil, "service_requests", "request")
			_, none, status2 := ask[grRequest](g, "GET", path+"HBZZZZZ0", nil, "service_requests", "request")
			if status != 404 || status2 != 404 || fmt.Sprint(gone) != fmt.Sprint(none) {
				t.Errorf("%s, %s: %d %v, %d %v", name, path, status, gone, status2, none)
			}
		}
		if got := g.get("requests", url.Values{"service_request_id": {string(n)}}); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A list has at most 1000 reports of at most 90 days, newest first, and pages.
func TestOpen311Lists(t *testing.T) {
	o := newOffice(t)
	g := o.georeport("json", "ntt")
	report := kiosk.Report{Form: kiosk.FormRef{Name: "complaint", Version: 1}, Language: "id", Identity: kiosk.Anonymous, Answers: kiosk.Answers{"title": "Antrean"}}
	for i := range 25 {
		report.At.At = o.now().Add(-time.Duration(i) * 4 * 24 * time.Hour)
		report.Answers["service"] = []string{"antrean", "pungli"}[i%2]
		if _, _, err := o.hub.File(t.Context(), "ntt", report); err != nil {
			t.Fatal(err)
		}
	}
	all := g.get("requests", nil)
	if len(all) != 23 { // 0, 4 … 88 days ago
		t.Errorf("%d within 90 days", len(all))
	}
	if !slices.IsSortedFunc(all, func(a, b grRequest) int { return strings.Compare(b.Requested, a.Requested) }) {
		t.Error("not newest first")
	}
	if old := g.get("requests", url.Values{"end_date": {o.now().AddDate(0, 0, -90).Format(time.RFC3339)}}); len(old) != 2 {
		t.Errorf("%d before", len(old))
	}
	seen := map[string]bool{}
	for page := 1; page <= 4; page++ {
		for _, r := range g.get("requests", url.Values{"page": {fmt.Sprint(page)}, "page_size": {"4"}, "service_code": {"pungli"}}) {
			if seen[r.ID] = true; r.Code != "pungli" {
				t.Errorf("%+v", r)
			}
		}
	}
	if len(seen) != 11 {
		t.Errorf("%d on four pages", len(seen))
	}
}
