package web

import (
	"net/http"
	"strings"

	"loket/hub"
	"loket/kiosk"
)

// menuEntry is a page of the desk that stands in its menu for who may see it.
type menuEntry struct {
	path, key, icon string // key of its words, name of a picture in assets/icons
	sees            func(h *hub.Hub, o hub.Officer) bool
	waits           func(s *Server, r *http.Request, o hub.Officer) int // how much, or nil
}

// menu is the desk's menu, in order.
var menu = []menuEntry{
	{"/desk", "desk.inbox", "list-checks", func(h *hub.Hub, o hub.Officer) bool { return h.SeesCases(o) }, nil},
	{"/desk/lapor", "lapor.menu", "megaphone", func(h *hub.Hub, o hub.Officer) bool { return h.SeesLapor(o) }, nil},
	{"/desk/register", "register.title", "file-magnifying-glass", func(h *hub.Hub, o hub.Officer) bool { return h.SeesKind(o, "information") }, nil},
	{"/desk/report", "year.menu", "scales", func(h *hub.Hub, o hub.Officer) bool { return h.SeesReport(o, o.Office) }, nil},
	{"/desk/insight", "insight.menu", "chart-bar", func(h *hub.Hub, o hub.Officer) bool { return h.SeesFigures(o, o.Office) }, nil},
	{"/desk/changes", "changes.menu", "lightbulb", func(h *hub.Hub, o hub.Officer) bool { return h.WritesImprovements(o, o.Office) }, nil},
	{"/desk/calendar", "calendar.menu", "hourglass", func(h *hub.Hub, o hub.Officer) bool { return h.SeesCases(o) }, nil},
	{"/desk/survey", "survey.title", "smiley", func(h *hub.Hub, o hub.Officer) bool { return h.SeesFigures(o, o.Office) }, nil},
	{"/desk/published", "published.menu", "globe", func(h *hub.Hub, o hub.Officer) bool { return h.Publishes(o) }, nil},
	{"/desk/templates", "template.menu", "pencil-simple", func(h *hub.Hub, o hub.Officer) bool { return h.WritesTemplates(o) }, nil},
	{"/desk/outbox", "outbox.title", "paper-plane-tilt", func(h *hub.Hub, o hub.Officer) bool { return h.SeesOutbox(o) }, nil},
	{"/desk/fleet", "fleet.title", "hand-tap", func(h *hub.Hub, o hub.Officer) bool { return h.SeesAlarms(o) }, nil},
	{"/desk/alarms", "alarm.title", "warning", func(h *hub.Hub, o hub.Officer) bool { return h.SeesAlarms(o) }, (*Server).openAlarms},
	{"/desk/catalogue", "catalogue.title", "pencil-simple", func(h *hub.Hub, o hub.Officer) bool { return h.EditsCatalogue(o) }, nil},
	{"/desk/audit", "audit.title", "list-checks", func(h *hub.Hub, o hub.Officer) bool { return h.SeesAudit(o) }, nil},
	{"/desk/webhooks", "webhook.title", "plugs", func(h *hub.Hub, o hub.Officer) bool { return h.ManagesWebhooks(o, o.Office) }, nil},
}

type menuItem struct {
	Path, Label, Icon string
	Current           bool
	Count             int // of what waits there; 0: not shown
}

// desk fills in what every page of the desk shows.
func (s *Server) desk(p *page, r *http.Request, o hub.Officer) {
	w := s.say(r)
	p.Kind, p.Officer, p.Role = "desk", o.Name, w.T("role."+string(o.Role))
	if place, ok := s.hub.Catalogue.Office(o.Office); ok {
		p.Role += " · " + place.Name.In(w.Language)
	}
	best := -1
	for _, e := range menu {
		if !e.sees(s.hub, o) {
			continue
		}
		p.Menu = append(p.Menu, menuItem{Path: e.path, Label: w.T(e.key), Icon: e.icon})
		if e.waits != nil {
			p.Menu[len(p.Menu)-1].Count = e.waits(s, r, o)
		}
		inside := r.URL.Path == e.path || strings.HasPrefix(r.URL.Path, e.path+"/")
		if inside && (best < 0 || len(e.path) > len(p.Menu[best].Path)) {
			best = len(p.Menu) - 1
		}
	}
	if best >= 0 {
		p.Menu[best].Current = true
	}
}

// offices are those an officer works for, with units where asked.
func (s *Server) offices(officer hub.Officer, l kiosk.Language) (all []option) {
	for _, o := range s.hub.Catalogue.Offices {
		if s.hub.Under(o.ID, officer.Office) {
			all = append(all, option{o.ID, o.Name.In(l)})
		}
	}
	return all
}

// shortcut is a key of the desk and what it does; desk.js obeys them.
type shortcut struct{ Key, Does string }

// Keys are the desk's shortcuts.
func (p *page) Keys() []shortcut {
	return []shortcut{{"/", "keys.search"}, {"j k", "keys.move"}, {"Enter", "keys.open"}, {"x", "keys.pick"}, {"a", "keys.answer"},
		{"n", "keys.note"}, {"h", "keys.handle"}, {"z", "keys.undo"}, {"u", "keys.back"}, {"?", "keys.help"}}
}
