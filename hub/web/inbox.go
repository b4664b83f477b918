package web

import (
	"cmp"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/track"
	"loket/kiosk/words"
)

func (s *Server) deskRoutes(_, desk *routes) {
	desk.Handle("GET /desk", s.officer(s.inbox))
	desk.Handle("GET /desk/new", s.officer(s.arrivals))
	desk.Handle("POST /desk/bulk", s.officer(s.bulk))
	desk.Handle("POST /desk/view", s.officer(s.viewChange))
	desk.Handle("GET /desk/login", s.handle(s.loginForm))
	desk.Handle("POST /desk/login", s.handle(s.login))
	desk.Handle("POST /desk/logout", s.handle(s.logout))
}

// option is one line of a list to choose from.
type option struct{ ID, Label string }

// row is a case as the list shows it.
type row struct {
	Path, Number, Kind, Form, Icon, Subject string
	Place, Assignee, Filed, Left, Urgency   string
	Edition                                 int
	Identity                                kiosk.Identity
	Status                                  kiosk.Status
	Unseen, Mine, Acts                      bool
	Follows                                 string // the number of the case it is handled with
	days                                    int    // working days left, for the order
	late                                    bool
	filed                                   time.Time
}

// The views of the inbox, in order.
const (
	viewOpen    = "open"
	viewMine    = "mine"
	viewUnseen  = "unseen"
	viewVerify  = "verify"
	viewToday   = "today"
	viewLate    = "late"
	viewWaiting = "waiting" // for the visitor
	viewDone    = "done"
	viewAll     = "all"
)

var views = []string{viewOpen, viewMine, viewUnseen, viewVerify, viewToday, viewLate, viewWaiting, viewDone, viewAll}

// shows reports whether a row is in a view.
func (r row) shows(view string) bool {
	done := r.Status.Done()
	switch view {
	case viewMine:
		return r.Mine && !done
	case viewUnseen:
		return r.Unseen
	case viewVerify:
		return r.Status == kiosk.Received
	case viewToday:
		return !done && !r.late && r.days == 0
	case viewLate:
		return !done && r.late
	case viewWaiting:
		return r.Status == kiosk.Returned
	case viewDone:
		return done
	case viewAll:
		return true
	}
	return !done
}

// tile is a number at the head of the inbox that leads to its cases.
type tile struct {
	View, Label, Line, Look string
	Count                   int
	Current                 bool
}

type inboxPage struct {
	page
	Query    url.Values
	View     string
	Views    []option
	Tiles    []tile
	Kinds    []tile
	Statuses []kiosk.Status
	Forms    []option
	Offices  []option
	Services []option
	Officers []option
	Units    []place // to forward to
	Saved    []hub.View
	Rows     []row
	Total    int
	Pager    pager
	Updated  string
	Since    int64 // unix time of this list
	Acts     bool  // some rows can be changed
}

// Get is what the list is asked for.
func (p *inboxPage) Get(key string) string { return p.Query.Get(key) }

// With is this list with another value of one key; another list begins at its
// first page.
func (p *inboxPage) With(key, value string) template.URL {
	q := url.Values{}
	for k, v := range p.Query {
		if k != "page" && k != "lang" && len(v) > 0 && v[0] != "" {
			q[k] = v[:1]
		}
	}
	q.Set(key, value)
	if value == "" {
		q.Del(key)
	}
	return template.URL("/desk?" + q.Encode())
}

// Raw is a query that was kept, as part of an address.
func (p *inboxPage) Raw(query string) template.URL { return template.URL(query) }

// Filtered reports whether the list is only of some cases of its view.
func (p *inboxPage) Filtered() bool {
	for _, key := range filters {
		if p.Query.Get(key) != "" {
			return true
		}
	}
	return false
}

// filters are the keys that narrow a view; the last are those that figures
// lead with to their cases.
var filters = []string{"q", "form", "status", "office", "service", "assignee", "from", "to", "late", "answered", "figure", "unit", "took"}

// plain reports whether the list asks for nothing that heaps do not tell apart: then
// what is done, nearly all after some years, is counted by them, and only a page of it
// is read.
func (p *inboxPage) plain() bool {
	for _, key := range filters {
		if !slices.Contains([]string{"form", "status", "office"}, key) && p.Query.Get(key) != "" {
			return false
		}
	}
	return true
}

// perPage is how many cases a page of a list shows.
const perPage = 100

// pager leads from one page of a list to those beside it.
type pager struct {
	Page, Pages   int
	Before, After template.URL // empty: none
}

// paged is the page of a list that an address asks for.
func paged[T any](rows []T, u *url.URL) ([]T, pager) {
	from, to, p := pageWithin(len(rows), u)
	return rows[from:to], p
}

// pageWithin is where the page that an address asks for begins and ends in a list of so many.
func pageWithin(many int, u *url.URL) (from, to int, p pager) {
	p.Pages = max(1, (many+perPage-1)/perPage)
	q := u.Query()
	p.Page, _ = strconv.Atoi(q.Get("page"))
	p.Page = min(max(p.Page, 1), p.Pages)
	at := func(n int) template.URL {
		q.Set("page", strconv.Itoa(n))
		q.Del("lang")
		return template.URL("?" + q.Encode())
	}
	if p.Page > 1 {
		p.Before = at(p.Page - 1)
	}
	if p.Page < p.Pages {
		p.After = at(p.Page + 1)
	}
	return (p.Page - 1) * perPage, min(p.Page*perPage, many), p
}

// icons are the pictures of the kinds, in assets/icons.
var icons = map[string]string{"complaint": "megaphone", "suggestion": "lightbulb", "information": "file-magnifying-glass", "objection": "scales"}

func (s *Server) row(c hub.Case, officer hub.Officer, w words.Words) row {
	r := row{filed: c.FiledAt, Path: string(c.Number), Number: c.Number.String(), Kind: c.Form.Name, Form: c.Form.Name, Icon: icons[c.Form.Name],
		Filed: w.Day(s.hub.Local(c.Office, c.FiledAt)), Identity: c.Identity, Status: c.Status, Edition: c.Edition, Assignee: c.Assignee,
		Unseen: c.SeenAt.IsZero(), Mine: c.Assignee == officer.Name, Acts: s.hub.Acts(officer, c), Place: s.placeName(c.Unit, w)}
	if c.MergedInto != "" {
		r.Follows = c.MergedInto.String()
	}
	if f := s.hub.Catalogue.At(c.Form); f != nil {
		r.Form = f.Title.In(w.Language)
	}
	for _, id := range []string{"title", "information", "story"} {
		if a := c.Answers[id]; a != "" {
			r.Subject = a
			break
		}
	}
	if line := []rune(r.Subject); len(line) > 90 {
		r.Subject = string(line[:90]) + "…"
	}
	if c.Status.Done() { // most are, and their terms need not be counted again
		r.Left = "–"
		return r
	}
	term, ok := s.hub.Answering(c)
	r.days = term.Left
	switch {
	case !ok:
		r.days, r.Left = 1<<20, "–"
	case term.Paused:
		r.days, r.Left = 1<<19, w.T("desk.waiting")
	case term.Late:
		r.Left, r.Urgency = "− "+w.T("desk.late", "n", -r.days), "late"
	case r.days == 0:
		r.Left, r.Urgency = w.T("desk.today"), "soon"
	default:
		if r.Left = w.T("desk.days", "n", r.days); r.days == 1 {
			r.Urgency = "soon"
		}
	}
	r.late = ok && term.Late
	return r
}

// placeName names an office or a unit with its office.
func (s *Server) placeName(id string, w words.Words) string {
	o, ok := s.hub.Catalogue.Office(id)
	if !ok {
		return id
	}
	if strings.Contains(id, ".") {
		return o.Name.In(w.Language) + ", " + o.City
	}
	return o.Name.In(w.Language)
}

// inbox lists the cases that an officer may see: theirs first, then what is due
// first. A number leads straight to its case.
func (s *Server) inbox(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	return s.inboxPage(w, r, officer, "")
}

func (s *Server) inboxPage(out http.ResponseWriter, r *http.Request, officer hub.Officer, message string) error {
	w := s.say(r)
	q := r.URL.Query()
	p := &inboxPage{Query: q, View: q.Get("view"), Statuses: kiosk.Statuses, Since: s.hub.Now().Unix()}
	p.Message = message
	s.desk(&p.page, r, officer)
	find := strings.TrimSpace(q.Get("q"))
	if n, err := track.ParseNumber(find); err == nil {
		if c, err := s.hub.Store.Case(r.Context(), n); err == nil && s.hub.Sees(officer, c) {
			http.Redirect(out, r, "/desk/case/"+string(n), http.StatusSeeOther)
			return nil
		} else if err != nil && !errors.Is(err, hub.ErrNotFound) {
			return err
		}
	}
	if !slices.Contains(views, p.View) {
		if p.View = viewOpen; p.Filtered() { // what is looked for may be done already
			p.View = viewAll
		}
	}
	var found map[kiosk.Number]bool
	if find != "" {
		var err error
		if found, err = s.hub.Store.Find(r.Context(), find); err != nil {
			return err
		}
	}
	counts, kinds := map[string]int{}, map[string]int{}
	var oldest time.Time // of what nobody has opened
	var cases []hub.Case
	var err error
	done := s.hub.SeenBy(officer, s.selected(q)) // of the list, not in cases
	done.Statuses, done.Unseen = kiosk.Finished, p.View == viewUnseen
	if status := kiosk.Status(q.Get("status")); status != "" {
		done.Statuses = []kiosk.Status{status}
	}
	doneRows := 0
	if p.plain() {
		if cases, err = s.hub.Store.CasesIn(r.Context(), kiosk.Unfinished); err != nil {
			return err
		}
		heaps, err := s.hub.Store.Heaps(r.Context(), kiosk.Finished)
		if err != nil {
			return err
		}
		all := 0
		for _, t := range heaps {
			all += t.N
			if !s.hub.Sees(officer, t.Case) || !s.fits(t.Case, q) {
				continue
			}
			counts[viewDone], counts[viewAll], counts[viewUnseen] = counts[viewDone]+t.N, counts[viewAll]+t.N, counts[viewUnseen]+t.Unseen
			if t.Unseen > 0 && (oldest.IsZero() || t.Oldest.Before(oldest)) {
				oldest = t.Oldest
			}
			shown := map[string]int{viewDone: t.N, viewAll: t.N, viewUnseen: t.Unseen}[p.View]
			kinds[t.Case.Form.Name] += shown
			if kind := q.Get("form"); kind == "" || kind == t.Case.Form.Name {
				doneRows += shown
			}
		}
		done.Few = doneRows < all/fewOf
	} else {
		narrow := s.selected(q)
		narrow.Forms = nil // how many there are of each is shown
		narrow = s.hub.SeenBy(officer, narrow)
		for n := range found {
			narrow.Numbers = append(narrow.Numbers, n)
		}
		if find == "" || len(found) > 0 {
			if cases, err = s.hub.Store.Select(r.Context(), narrow, 0, 0); err != nil {
				return err
			}
		}
	}
	for _, c := range cases {
		if !s.hub.Sees(officer, c) || !s.fits(c, q) {
			continue
		}
		if q.Get("late") != "" {
			if term, ok := s.hub.Answering(c); !ok || !term.Late {
				continue
			}
		}
		x := s.row(c, officer, w)
		for _, view := range views {
			if x.shows(view) {
				counts[view]++
			}
		}
		if x.Unseen && (oldest.IsZero() || c.ReceivedAt.Before(oldest)) {
			oldest = c.ReceivedAt
		}
		if x.shows(p.View) {
			kinds[c.Form.Name]++
			if kind := q.Get("form"); kind == "" || kind == c.Form.Name {
				p.Rows = append(p.Rows, x)
				p.Acts = p.Acts || x.Acts
			}
		}
	}
	slices.SortFunc(p.Rows, row.compare)
	unfinished := len(p.Rows)
	var from, to int
	p.Total = unfinished + doneRows
	from, to, p.Pager = pageWithin(p.Total, r.URL)
	p.Rows = p.Rows[min(from, unfinished):min(to, unfinished)]
	if to > unfinished && doneRows > 0 {
		page, err := s.hub.Store.Select(r.Context(), done, max(from-unfinished, 0), to-max(from, unfinished))
		if err != nil {
			return err
		}
		for _, c := range page {
			x := s.row(c, officer, w)
			p.Rows, p.Acts = append(p.Rows, x), p.Acts || x.Acts
		}
	}
	age := ""
	if !oldest.IsZero() {
		age = w.T("desk.oldest", "t", s.age(oldest, w))
	}
	for _, t := range []tile{{View: viewMine}, {View: viewUnseen, Line: age}, {View: viewVerify, Line: w.T("desk.view.verify.line")}, {View: viewToday, Look: "warn"}, {View: viewLate, Look: "error"}} {
		if t.Label, t.Count, t.Current = w.T("desk.view."+t.View), counts[t.View], p.View == t.View; t.Count == 0 {
			t.Look = ""
		}
		p.Tiles = append(p.Tiles, t)
	}
	for _, view := range views {
		p.Views = append(p.Views, option{view, w.T("desk.view."+view) + " (" + strconv.Itoa(counts[view]) + ")"})
	}
	sum := 0
	for _, name := range s.hub.Catalogue.Names() {
		f := s.hub.Catalogue.Form(name)
		if f.Opinion || !s.hub.SeesKind(officer, name) {
			continue
		}
		sum += kinds[name]
		p.Forms = append(p.Forms, option{name, f.Title.In(w.Language)})
		p.Kinds = append(p.Kinds, tile{View: name, Label: f.Title.In(w.Language), Count: kinds[name], Current: q.Get("form") == name})
	}
	p.Kinds = append([]tile{{Label: w.T("desk.all"), Count: sum, Current: q.Get("form") == ""}}, p.Kinds...)
	p.Offices, p.Units = s.offices(officer, w.Language), s.places(officer.Office, w.Language)
	for _, x := range s.hub.Catalogue.Services {
		p.Services = append(p.Services, option{x.ID, x.Name.In(w.Language)})
	}
	if p.Officers, err = s.officers(r, officer); err != nil {
		return err
	}
	if p.Saved, err = s.hub.Store.Views(r.Context(), officer.Name); err != nil {
		return err
	}
	p.Updated = w.Clock(s.hub.Local(officer.Office, s.hub.Now()))
	return s.render(out, http.StatusOK, "inbox", p, r)
}

// fewOf says when cases are few: less than one of so many.
const fewOf = 50

// selected is what a list asks for as far as the store can tell.
func (s *Server) selected(q url.Values) (x hub.Selection) {
	if status := q.Get("status"); status != "" {
		x.Statuses = []kiosk.Status{kiosk.Status(status)}
	}
	if form := q.Get("form"); form != "" {
		x.Forms = []string{form}
	}
	if office := q.Get("office"); office != "" {
		x.Places = [][]string{s.hub.Below(office)}
	}
	x.Assignee = q.Get("assignee")
	const zones = 24 * time.Hour // a day of the office's begins and ends within it
	if from, err := time.Parse(time.DateOnly, q.Get("from")); err == nil && q.Get("figure") == "" {
		x.From = from.Add(-zones)
	}
	if to, err := time.Parse(time.DateOnly, q.Get("to")); err == nil { // nothing is answered, due or late before it was filed
		x.To = to.Add(2 * zones)
	}
	return x
}

// compare puts an officer's own cases first, then what is due first; of what is done the
// newest.
func (r row) compare(other row) int {
	first := func(a, b bool) int {
		switch {
		case a == b:
			return 0
		case a:
			return -1
		}
		return 1
	}
	done := r.Status.Done()
	if c := first(!done, !other.Status.Done()); c != 0 {
		return c
	}
	if done {
		return cmp.Or(other.filed.Compare(r.filed), cmp.Compare(other.Path, r.Path))
	}
	return cmp.Or(first(r.Mine, other.Mine), cmp.Compare(r.days, other.days), r.filed.Compare(other.filed), cmp.Compare(r.Path, other.Path))
}

// fits reports whether a case is one of those that a list asks for, but for
// words and lateness.
func (s *Server) fits(c hub.Case, q url.Values) bool {
	if status := kiosk.Status(q.Get("status")); status != "" && c.Status != status {
		return false
	}
	if office := q.Get("office"); office != "" && !s.hub.Under(c.Office, office) && !s.hub.Under(c.Unit, office) {
		return false
	}
	if q.Get("figure") != "" {
		return s.behind(c, q)
	}
	if service := q.Get("service"); service != "" && c.Answers["service"] != service {
		return false
	}
	if who := q.Get("assignee"); who != "" && c.Assignee != who {
		return false
	}
	if q.Get("answered") != "" && !c.Status.Done() {
		return false
	}
	day := s.hub.Local(c.Office, c.FiledAt).Format(time.DateOnly)
	return (q.Get("from") == "" || day >= q.Get("from")) && (q.Get("to") == "" || day <= q.Get("to"))
}

// age is how long ago something was, as people say it.
func (s *Server) age(t time.Time, w words.Words) string {
	d := s.hub.Now().Sub(t)
	switch {
	case d < time.Hour:
		return w.T("age.minutes", "n", int(d.Minutes()))
	case d < 48*time.Hour:
		return w.T("age.hours", "n", int(d.Hours()))
	}
	return w.T("age.days", "n", int(d.Hours()/24))
}

// officers are those whose work the officer can see, to filter by.
func (s *Server) officers(r *http.Request, officer hub.Officer) (all []option, err error) {
	officers, err := s.hub.Store.Officers(r.Context())
	for _, o := range officers {
		if s.hub.Under(o.Office, officer.Office) && s.hub.SeesCases(o) {
			all = append(all, option{o.Name, o.Name})
		}
	}
	return all, err
}

// place is an office with its units, for a list to choose from.
type place struct {
	Office option
	Units  []option
}

// places are all offices and units, those of one's own office first.
func (s *Server) places(own string, l kiosk.Language) (all []place) {
	for _, o := range s.hub.Catalogue.Offices {
		p := place{Office: option{o.ID, o.Name.In(l)}}
		for _, u := range s.hub.Catalogue.Units {
			if u.Parent == o.ID {
				p.Units = append(p.Units, option{u.ID, u.Name.In(l)})
			}
		}
		all = append(all, p)
	}
	slices.SortStableFunc(all, func(a, b place) int {
		mine := func(p place) int {
			if own != "" && (p.Office.ID == own || strings.HasPrefix(own, p.Office.ID+".")) {
				return 0
			}
			return 1
		}
		return mine(a) - mine(b)
	})
	return all
}

// arrivals tells a page that stays open how many cases came since.
func (s *Server) arrivals(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	since, err := strconv.ParseInt(r.FormValue("since"), 10, 64)
	if err != nil {
		return &refusal{status: http.StatusBadRequest, sentence: "since is missing"}
	}
	cases, err := s.hub.Store.Cases(r.Context(), kiosk.Received)
	if err != nil {
		return err
	}
	n := 0
	for _, c := range cases {
		if c.SeenAt.IsZero() && c.ReceivedAt.Unix() >= since && s.hub.Sees(officer, c) {
			n++
		}
	}
	text := ""
	if n > 0 {
		text = s.say(r).T("desk.arrived", "n", n)
	}
	writeJSON(w, http.StatusOK, map[string]any{"new": n, "text": text})
	return nil
}

// viewChange keeps a list under a name, or forgets it.
func (s *Server) viewChange(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	name := strings.TrimSpace(r.PostFormValue("name"))
	q, err := url.ParseQuery(r.PostFormValue("query"))
	if err != nil || name == "" || len(name) > 80 {
		return &refusal{status: http.StatusUnprocessableEntity, sentence: "a list needs a name of at most 80 bytes"}
	}
	for key := range q {
		if key != "view" && !slices.Contains(filters, key) {
			q.Del(key)
		}
	}
	if r.PostFormValue("drop") != "" {
		err = s.hub.Store.DropView(r.Context(), officer.Name, name)
	} else {
		err = s.hub.Store.SaveView(r.Context(), officer.Name, hub.View{Name: name, Query: q.Encode()})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/desk?"+q.Encode(), http.StatusSeeOther)
	return nil
}

// bulkResult is what became of one case of many.
type bulkResult struct {
	Path, Number, Message string // key of a sentence
	Edition               int    // after it, to take it back
	Done                  bool
}

type bulkPage struct {
	page
	Results []bulkResult
	Done    int
}

// bulk does one thing to several cases, each by itself: one that cannot be does
// not stop the others. It takes back what it did, if asked within the minute.
func (s *Server) bulk(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		return err
	}
	do := r.PostFormValue("do")
	p := new(bulkPage)
	s.desk(&p.page, r, officer)
	picked := r.PostForm["case"]
	if len(picked) > 500 {
		return &refusal{status: http.StatusRequestEntityTooLarge, sentence: "at most 500 cases at a time"}
	}
	for _, one := range picked {
		number, edition, _ := strings.Cut(one, ".")
		n, err := track.ParseNumber(number)
		if err != nil {
			return hub.ErrNotFound
		}
		seen, err := strconv.Atoi(edition)
		if err != nil {
			return hub.ErrNotFound
		}
		c, err := s.hub.Store.Case(r.Context(), n)
		if err != nil {
			return err
		}
		if !s.hub.Sees(officer, c) {
			return hub.ErrNotFound
		}
		switch do {
		case "take":
			err = s.hub.Handle(r.Context(), officer, n, seen, "", officer.Name, "")
		case "release":
			err = s.hub.Handle(r.Context(), officer, n, seen, "", "", "")
		case "forward":
			err = s.hub.Handle(r.Context(), officer, n, seen, r.PostFormValue("unit"), "", "")
		case "undo":
			err = s.hub.Undo(r.Context(), officer, n, seen)
		case string(kiosk.Verified), string(kiosk.InProgress):
			change := hub.Change{Number: n, Edition: seen}
			change.Status, change.Answer = kiosk.Status(do), c.Answer
			err = s.hub.Update(r.Context(), officer, change)
		default:
			return &refusal{status: http.StatusBadRequest, sentence: "nothing to do"}
		}
		result := bulkResult{Path: string(n), Number: n.String(), Message: "bulk.done", Done: err == nil}
		if err == nil {
			after, err := s.hub.Store.Case(r.Context(), n)
			if err != nil {
				return err
			}
			result.Edition = after.Edition
			p.Done++
		} else if result.Message = refused(err); result.Message == "" {
			return err
		}
		p.Results = append(p.Results, result)
	}
	if len(p.Results) == 0 {
		p.Message = "bulk.none"
	} else if do == "undo" {
		p.Done = 0 // what was taken back cannot be taken back again
	}
	return s.render(w, http.StatusOK, "bulk", p, r)
}
