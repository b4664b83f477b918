package web

import (
	"fmt"
	"net/http"
	"net/url"

	"loket/hub"
	"loket/hub/open311"
)

// publicEntry is a page for everybody that stands in the head of public pages.
type publicEntry struct{ path, key, icon string }

// publicMenu are those pages, in order; one that this hub does not have is left
// out.
var publicMenu = []publicEntry{
	{"/t", "track.title", "magnifying-glass-duotone"},
	{"/published", "published.page", "file-magnifying-glass-duotone"},
	{"/statistics", "statistics.title", "chart-bar"},
	{"/changes", "changes.title", "lightbulb-duotone"},
}

func (s *Server) openRoutes(public, _ *routes) {
	public.Handle("GET /{$}", s.handle(s.home))
	public.Handle("GET /robots.txt", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "User-agent: *\nAllow: /$\nAllow: /statistics\nAllow: /changes\nAllow: /published\nAllow: /static/\nDisallow: /\n")
	}))
	public.Handle(open311.Path, open311.New(s.hub, s.words, client, s.log))
}

// openPages finds which pages for everybody there are.
func (s *Server) openPages(public *routes) {
	for _, e := range publicMenu {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: e.path}, Host: "hub"}
		if _, pattern := public.Handler(r); pattern == "GET "+e.path {
			s.open = append(s.open, e)
		}
	}
}

// nav is the head's list of public pages in the page's language.
func (s *Server) nav(p *page, r *http.Request) {
	for _, e := range s.open {
		path := e.path
		if r.Method == http.MethodGet && r.URL.Query().Has("lang") {
			path += "?lang=" + string(p.W.Language)
		}
		p.Menu = append(p.Menu, menuItem{Path: path, Label: p.W.T(e.key), Icon: e.icon, Current: r.URL.Path == e.path})
	}
}

// homePage says what one can do here.
type homePage struct {
	page
	Doors []door
}

type door struct{ Path, Title, Line, Icon string }

func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	p := &homePage{}
	p.Kind, p.Indexed = "public roomy", true
	say := s.say(r)
	for _, e := range s.open {
		line := say.T("start." + e.path[1:])
		p.Doors = append(p.Doors, door{e.path + "?lang=" + string(say.Language), say.T(e.key), line, e.icon})
	}
	return s.render(w, http.StatusOK, "home", p, r)
}

// trackedChanges are the entries of "you said, we changed" that a visitor's case
// led to.
func (s *Server) trackedChanges(r *http.Request, c hub.Case) ([]change, error) {
	all, err := s.hub.ChangesFor(r.Context(), c.Number)
	if err != nil {
		return nil, err
	}
	return s.changesIn(all, s.say(r)), nil
}
