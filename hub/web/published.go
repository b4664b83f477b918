package web

import (
	"encoding/csv"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/published"
	"loket/kiosk/words"
)

func (s *Server) publishedRoutes(public, desk *routes) {
	public.Handle("GET /published", s.handle(s.published))
	public.Handle("GET /published/{id}", s.handle(s.publishedItem))
	public.Handle("GET /published.csv", s.handle(s.publishedCSV))
	public.Handle("GET /published.json", s.handle(s.publishedJSON))
	public.Handle("GET /api/v1/published", s.handle(s.publishedSigned))
	desk.Handle("GET /desk/published", s.officer(s.publisher(s.publishedDesk)))
	desk.Handle("POST /desk/published", s.officer(s.publisher(s.publishedUpload)))
	desk.Handle("POST /desk/published/publish", s.officer(s.publisher(s.publishedPublish)))
	desk.Handle("POST /desk/published/discard", s.officer(s.publisher(s.publishedDiscard)))
	desk.Handle("POST /desk/published/again", s.officer(s.publisher(s.publishedAgain)))
	desk.Handle("GET /desk/published/{version}/daftar.csv", s.officer(s.publisher(s.publishedIssue)))
	desk.Handle("GET /desk/published/contoh.csv", s.officer(s.publisher(s.publishedSample)))
}

// publisher lets only those through who may change the list.
func (s *Server) publisher(f officerHandler) officerHandler {
	return func(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
		if !s.hub.Publishes(officer) {
			return &refusal{status: http.StatusForbidden, sentence: "the list of published information is not for this officer's role"}
		}
		return f(w, r, officer)
	}
}

// pageOf is how many items a page shows.
const pageOf = 20

// shownItem is an item in the page's language.
type shownItem struct {
	published.Item
	Label, Basis, Formats string
	Path                  template.URL
}

type publishedPage struct {
	page
	Turn           bool // the language was chosen, and goes on to other pages
	Version        int64
	At             string
	Query          string
	Category, Unit string
	Categories     []published.Category
	Units          []string
	Items          []shownItem
	Item           shownItem // of the page of one
	All            int
	Before, Next   template.URL
}

func (s *Server) shown(i published.Item, w words.Words, turn bool) shownItem {
	c, _ := s.hub.Vocabulary.Category(i.Category)
	x := shownItem{Item: i, Label: c.Label.In(w.Language), Basis: c.Basis.In(w.Language), Path: template.URL("/published/" + url.PathEscape(i.ID))}
	if turn {
		x.Path += template.URL("?lang=" + string(w.Language))
	}
	var formats []string
	for _, f := range i.Format {
		formats = append(formats, w.T("published."+f))
	}
	x.Formats = strings.Join(formats, ", ")
	return x
}

// published is the list for the public, searched and filtered.
func (s *Server) published(w http.ResponseWriter, r *http.Request) error {
	x, err := s.hub.Published(r.Context())
	if err != nil {
		return err
	}
	say := s.say(r)
	p := &publishedPage{Turn: r.URL.Query().Has("lang"), Version: x.List().Version, At: publishedDay(x.List().At(), say), Query: strings.TrimSpace(r.FormValue("q")),
		Category: r.FormValue("category"), Unit: r.FormValue("unit"), Categories: s.hub.Vocabulary.Categories}
	p.Kind, p.Indexed = "public roomy", true
	if letters := []rune(p.Query); len(letters) > 200 {
		p.Query = string(letters[:200])
	}
	units := map[string]bool{}
	for _, i := range x.List().Items {
		if i.Unit != "" {
			units[i.Unit] = true
		}
	}
	p.Units = slices.Sorted(maps.Keys(units))
	n, err := strconv.Atoi(r.FormValue("page"))
	if err != nil || n < 1 || n > published.MaxItems/pageOf {
		n = 1
	}
	found, all := x.Search(p.Query, published.Filter{Category: p.Category, Unit: p.Unit}, n*pageOf)
	p.All = all
	for _, i := range found[min((n-1)*pageOf, len(found)):] {
		p.Items = append(p.Items, s.shown(i, say, p.Turn))
	}
	turnTo := func(n int) template.URL {
		q := r.URL.Query()
		q.Set("page", strconv.Itoa(n))
		return template.URL("/published?" + q.Encode())
	}
	if n > 1 {
		p.Before = turnTo(n - 1)
	}
	if n*pageOf < all {
		p.Next = turnTo(n + 1)
	}
	return s.render(w, http.StatusOK, "published", p, r)
}

func (s *Server) publishedItem(w http.ResponseWriter, r *http.Request) error {
	x, err := s.hub.Published(r.Context())
	if err != nil {
		return err
	}
	i, ok := x.Item(r.PathValue("id"))
	if !ok {
		return hub.ErrNotFound
	}
	p := &publishedPage{Turn: r.URL.Query().Has("lang")}
	p.Kind, p.Indexed, p.Item = "public roomy", true, s.shown(i, s.say(r), p.Turn)
	return s.render(w, http.StatusOK, "published-item", p, r)
}

// tagged answers that a list has not changed since the client fetched it.
func tagged(w http.ResponseWriter, r *http.Request, tag string) bool {
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "public, no-cache")
	if slices.Contains(strings.Split(strings.ReplaceAll(r.Header.Get("If-None-Match"), " ", ""), ","), tag) {
		w.WriteHeader(http.StatusNotModified)
		return true
	}
	return false
}

func (s *Server) publishedCSV(w http.ResponseWriter, r *http.Request) error {
	x, err := s.hub.Published(r.Context())
	if err != nil {
		return err
	}
	openData(w)
	if tagged(w, r, fmt.Sprintf(`"csv-%d"`, x.List().Version)) {
		return nil
	}
	return s.listCSV(w, x.List())
}

// listCSV writes a list as the desk takes it again.
func (s *Server) listCSV(w http.ResponseWriter, l *published.List) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="informasi-publik-%s.csv"`, l.At().In(kiosk.Zone("WIB")).Format(time.DateOnly)))
	table := s.hub.Vocabulary.Table(l.Items)
	for _, line := range table {
		for i := range line {
			line[i] = harmless(line[i])
		}
	}
	if _, err := io.WriteString(w, "\ufeff"); err != nil { // or spreadsheets take it for Latin-1
		return err
	}
	return csv.NewWriter(w).WriteAll(table)
}

func (s *Server) publishedJSON(w http.ResponseWriter, r *http.Request) error {
	x, err := s.hub.Published(r.Context())
	if err != nil {
		return err
	}
	l := x.List()
	openData(w)
	if tagged(w, r, fmt.Sprintf(`"json-%d"`, l.Version)) {
		return nil
	}
	items := l.Items
	if items == nil {
		items = []published.Item{}
	}
	writeJSON(w, http.StatusOK, map[string]any{"version": l.Version, "published_at": l.At(), "items": items})
	return nil
}

// publishedSigned is the list as kiosks fetch it.
func (s *Server) publishedSigned(w http.ResponseWriter, r *http.Request) error {
	signed, version, err := s.hub.PublishedSigned(r.Context())
	if err != nil {
		return err
	}
	if !tagged(w, r, fmt.Sprintf(`"%s-%d"`, s.hub.Keys.Bundle.Hub, version)) {
		writeJSON(w, http.StatusOK, signed)
	}
	return nil
}

// publishedDay is a date at the head office, publishedAt a time.
func publishedDay(t time.Time, w words.Words) string { return w.Day(t.In(kiosk.Zone("WIB"))) }

func publishedAt(t time.Time, w words.Words) string {
	t = t.In(kiosk.Zone("WIB"))
	return w.Day(t) + ", " + w.Clock(t)
}

// shownIssue is an issue as the desk lists it.
type shownIssue struct {
	hub.Issue
	Date, Again string
}

// shownChange is one column of an item that changes.
type shownChange struct{ Title, Column, Old, New string }

// shownFault is a faulty line in words.
type shownFault struct {
	Line                  int
	Column, Problem, Cell string
}

// part is one side of a difference.
type part struct {
	Title       string
	Open        bool
	Count, More int
	Items       []published.Item
}

type publishedDesk struct {
	page
	Well       bool // the message is good news
	Version    int64
	Now        *shownIssue
	Issues     []shownIssue
	Upload     *hub.Upload
	From       string
	Difference published.Difference
	Faults     []shownFault
	Parts      []part
	Changes    []shownChange

	MoreFaults, MoreChanges int
}

// mostShown is how many lines a preview shows of a kind.
const mostShown = 200

func (s *Server) publishedDesk(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	message := map[string]string{"done": "published.desk.done", "discarded": "published.desk.discarded"}[r.URL.Query().Get("say")]
	return s.showPublished(w, r, officer, http.StatusOK, message, message != "")
}

// showPublished is the desk's page of the list, with a message if there is one.
func (s *Server) showPublished(w http.ResponseWriter, r *http.Request, officer hub.Officer, status int, message string, well bool) error {
	say := s.say(r)
	p := &publishedDesk{Well: well}
	s.desk(&p.page, r, officer)
	p.Message = message
	x, err := s.hub.Published(r.Context())
	if err != nil {
		return err
	}
	p.Version = x.List().Version
	issues, err := s.hub.Store.Issues(r.Context())
	if err != nil {
		return err
	}
	for _, i := range issues {
		shown := shownIssue{Issue: i, Date: publishedAt(i.At(), say)}
		if i.Again > 0 {
			shown.Again = say.T("published.desk.again.of", "date", publishedAt(time.Unix(i.Again, 0), say))
		}
		p.Issues = append(p.Issues, shown)
		if i.Version == p.Version {
			p.Now = &shown
		}
	}
	u, err := s.hub.Store.Upload(r.Context(), officer.Name)
	if errors.Is(err, hub.ErrNotFound) {
		return s.render(w, status, "published-desk", p, r)
	}
	if err != nil {
		return err
	}
	p.Upload, p.From = &u, say.T("published.desk.from", "name", u.Name, "date", publishedAt(u.At, say))
	p.Difference = published.Compare(x.List().Items, u.Items)
	for _, f := range u.Faults[:min(len(u.Faults), mostShown)] {
		shown := shownFault{Line: f.Line, Problem: say.T("published.fault."+f.Problem, "cell", f.Cell), Cell: f.Cell}
		if f.Column != "" && f.Problem != f.Column {
			shown.Column = say.T("published.column." + f.Column)
		}
		p.Faults = append(p.Faults, shown)
	}
	p.MoreFaults = max(len(u.Faults)-mostShown, 0)
	for _, side := range []struct {
		key   string
		items []published.Item
		open  bool
	}{{"published.desk.removed", p.Difference.Removed, true}, {"published.desk.added", p.Difference.Added, len(issues) > 0}} {
		n := min(len(side.items), mostShown)
		p.Parts = append(p.Parts, part{say.T(side.key), side.open, len(side.items), len(side.items) - n, side.items[:n]})
	}
	old, changed := map[string]int{}, 0
	for n, column := range published.Columns() {
		old[column] = n
	}
	for _, c := range p.Difference.Changed {
		table := s.hub.Vocabulary.Table([]published.Item{c.Old, c.New})
		for _, column := range c.Columns {
			if changed++; changed <= mostShown {
				p.Changes = append(p.Changes, shownChange{c.New.Title, say.T("published.column." + column), table[1][old[column]], table[2][old[column]]})
			}
		}
	}
	p.MoreChanges = changed - len(p.Changes)
	return s.render(w, status, "published-desk", p, r)
}

// uploadBytes is how much of an upload is read at all, so that a browser that
// sends too much still gets an answer.
const uploadBytes = 64 << 20

// publishedUpload reads a table and shows what would become of the list.
func (s *Server) publishedUpload(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, uploadBytes)
	parts, err := r.MultipartReader()
	if err != nil {
		return &refusal{status: http.StatusBadRequest, sentence: "send the table as a form's file"}
	}
	u, err := s.readUpload(parts)
	if _, drained := io.Copy(io.Discard, r.Body); err == nil && drained != nil {
		err = drained
	}
	for of, key := range map[error]string{published.ErrLarge: "large", published.ErrEncoding: "encoding", published.ErrTable: "table", published.ErrEmpty: "empty", errNoFile: "nofile"} {
		if errors.Is(err, of) {
			return s.showPublished(w, r, officer, http.StatusUnprocessableEntity, "published.desk."+key, false)
		}
	}
	if err != nil {
		return err
	}
	if err := s.hub.Store.KeepUpload(r.Context(), officer.Name, u); err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/published#preview", http.StatusSeeOther)
	return nil
}

var errNoFile = errors.New("no file was chosen")

func (s *Server) readUpload(parts *multipart.Reader) (*hub.Upload, error) {
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, errNoFile
		}
		if err != nil {
			return nil, err
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		u := &hub.Upload{Name: part.FileName(), At: s.hub.Now()}
		if letters := []rune(strings.ToValidUTF8(u.Name, "")); len(letters) > 100 {
			u.Name = string(letters[:100])
		}
		u.Items, u.Faults, err = s.hub.Vocabulary.Read(part)
		return u, err
	}
}

// after is the version of the list that a form was made for.
func after(w http.ResponseWriter, r *http.Request) (version int64, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	if err := r.ParseForm(); err != nil {
		return 0, err
	}
	if version, err = strconv.ParseInt(r.PostFormValue("after"), 10, 64); err != nil {
		return 0, &refusal{status: http.StatusBadRequest, sentence: "no version"}
	}
	return version, nil
}

// publishedTold says how a publication ended.
func (s *Server) publishedTold(w http.ResponseWriter, r *http.Request, officer hub.Officer, err error) error {
	switch {
	case errors.Is(err, hub.ErrFaults):
		return s.showPublished(w, r, officer, http.StatusUnprocessableEntity, "published.desk.faults", false)
	case errors.Is(err, hub.ErrEmpty):
		return s.showPublished(w, r, officer, http.StatusUnprocessableEntity, "published.desk.empty", false)
	case errors.Is(err, hub.ErrChanged):
		return s.showPublished(w, r, officer, http.StatusConflict, "published.desk.moved", false)
	case err != nil:
		return err
	}
	http.Redirect(w, r, "/desk/published?say=done", http.StatusSeeOther)
	return nil
}

func (s *Server) publishedPublish(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	version, err := after(w, r)
	if err != nil {
		return err
	}
	_, err = s.hub.PublishUpload(r.Context(), officer, r.PostFormValue("skip") != "", version)
	return s.publishedTold(w, r, officer, err)
}

func (s *Server) publishedAgain(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	version, err := after(w, r)
	if err != nil {
		return err
	}
	again, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return &refusal{status: http.StatusBadRequest, sentence: "no version"}
	}
	_, err = s.hub.PublishAgain(r.Context(), officer, again, version)
	return s.publishedTold(w, r, officer, err)
}

func (s *Server) publishedDiscard(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	if err := s.hub.Store.KeepUpload(r.Context(), officer.Name, nil); err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/published?say=discarded", http.StatusSeeOther)
	return nil
}

// publishedIssue is an older list as a table.
func (s *Server) publishedIssue(w http.ResponseWriter, r *http.Request, _ hub.Officer) error {
	version, err := strconv.ParseInt(r.PathValue("version"), 10, 64)
	if err != nil || version <= 0 {
		return hub.ErrNotFound
	}
	i, err := s.hub.Store.Issue(r.Context(), version)
	if err != nil {
		return err
	}
	return s.listCSV(w, &published.List{Version: i.Version, Items: i.Items})
}

// publishedSample is a table to begin with.
func (s *Server) publishedSample(w http.ResponseWriter, _ *http.Request, _ hub.Officer) error {
	b, err := fs.ReadFile(s.assets, "published/example.csv")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="contoh-daftar-informasi-publik.csv"`)
	_, err = w.Write(append([]byte("\ufeff"), b...))
	return err
}
