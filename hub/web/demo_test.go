package web_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"loket/assets"
	"loket/hub"
	"loket/hub/demo"
)

// demoOffice is a hub over HTTP with a year of the demo in it.
func demoOffice(t *testing.T, cases int) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir(), hasty: true}
	b, err := assets.Files.ReadFile(demo.Offices)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.dir, "offices.toml"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	o.open(false)
	clock := new(demo.Clock)
	o.hub.Now = clock.Now
	until := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	if _, err := demo.Fill(t.Context(), o.hub, clock, assets.Files, demo.Options{Seed: 1, Cases: cases, Until: until, Now: until.Add(9 * time.Hour), Password: "a long password"}); err != nil {
		t.Fatal(err)
	}
	return o
}

var (
	links   = regexp.MustCompile(`(?:href|src|action)="([/?][^"#]*)`)
	oneCase = regexp.MustCompile(`/[0-9A-HJKMNP-TV-Z]{8}(/|$)`)
)

// Every page of the desk that an officer of any role is led to can be opened, in
// both languages, and says what it means to.
func TestEveryPageOfTheDeskOpens(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of pages, one after the other")
	}
	base := demoOffice(t, 80).server.URL
	for _, officer := range demo.Officers[:8] { // one a role
		t.Run(string(officer.Role), func(t *testing.T) {
			most := 4 // of pages that differ in what is asked for alone
			if officer.Role == hub.Administrator {
				most = 40
			}
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			browser := &http.Client{Jar: jar, Timeout: 30 * time.Second}
			resp, err := browser.PostForm(base+"/desk/login", url.Values{"name": {officer.Name}, "password": {"a long password"}})
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("log in: %d", resp.StatusCode)
			}
			opened, shapes := crawl(t, browser, base, resp.Request.URL.RequestURI(), most)
			t.Logf("%d pages: %v", opened, shapes)
			if officer.Role == hub.Administrator && (opened < 100 || len(shapes) < 6) {
				t.Errorf("only %d pages: %v", opened, shapes)
			}
		})
	}
}

// crawl follows links from a page, and opens of each shape of address so many.
func crawl(t *testing.T, browser *http.Client, base, first string, most int) (opened int, shapes []string) {
	t.Helper()
	from := map[string]string{first: ""} // where an address was found
	queue, count := []string{first, first + "?lang=en"}, map[string]int{}
	for len(queue) > 0 {
		address := queue[0]
		queue = queue[1:]
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		shape := oneCase.ReplaceAllString(u.Path, "/NUMBER$1")
		limit := most
		if u.RawQuery != "" || strings.Contains(shape, "/NUMBER/") { // lists as others like them; papers of one case
			limit = min(most, 25)
		}
		if u.RawQuery != "" {
			shape += "?"
		}
		if count[shape]++; count[shape] > limit || u.Path == "/desk/logout" {
			continue
		}
		resp, err := browser.Get(base + address)
		if err != nil {
			t.Fatalf("%s, from %s: %v", address, from[address], err)
		}
		b, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || len(b) == 0 {
			t.Errorf("%s, from %s: %d, %v", address, from[address], resp.StatusCode, err)
			continue
		}
		opened++
		if count[shape] == 1 {
			shapes = append(shapes, shape)
		}
		if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
			continue
		}
		page := string(b)
		for _, slip := range []string{"%!", "&lt;no value&gt;", "<no value>", "<nil>", "0001-01-01"} {
			if i := strings.Index(page, slip); i >= 0 {
				t.Errorf("%s: …%s…", address, page[max(0, i-80):min(len(page), i+80)])
			}
		}
		if strings.Count(page, "<h1") != 1 {
			t.Errorf("%s has %d first headings", address, strings.Count(page, "<h1"))
		}
		for _, m := range links.FindAllStringSubmatch(page, -1) {
			next := html.UnescapeString(m[1])
			if strings.HasPrefix(next, "?") {
				next = u.Path + next
			}
			if _, known := from[next]; known || strings.HasPrefix(next, "/static/") && slices.Contains(queue, next) {
				continue
			}
			if strings.HasPrefix(m[0], "action") && !strings.HasPrefix(next, "/desk?") {
				continue // a form that posts
			}
			from[next] = address
			queue = append(queue, next)
		}
	}
	slices.Sort(shapes)
	return opened, shapes
}
