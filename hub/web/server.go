// Package web is the hub over HTTP: the public tracking page, the officers'
// desk and the kiosks' interface. Pages work without JavaScript.
package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"loket/hub"
	"loket/hub/document"
	"loket/hub/insight"
	"loket/kiosk"
	"loket/kiosk/words"
)

//go:embed template static
var files embed.FS

// Server answers requests for one hub.
type Server struct {
	hub    *hub.Hub
	words  *words.Catalogue
	assets fs.FS
	log    *slog.Logger

	documents *document.Writer

	pages  map[string]*template.Template
	secure bool // cookies only over TLS
	tries  *tries
	intake *semaphore.Weighted
	taking taking
	stop   map[string]bool // words that say nothing
	open   []publicEntry   // the pages for everybody
}

// concerns are what the server does, each with its routes: those for everybody
// and those of the desk.
var concerns = []func(s *Server, public, desk *routes){
	(*Server).healthRoutes,
	(*Server).intakeRoutes,
	(*Server).trackRoutes,
	(*Server).attachRoutes,
	(*Server).openRoutes,
	(*Server).statisticsRoutes,
	(*Server).changesRoutes,
	(*Server).summaryRoutes,
	(*Server).calendarRoutes,
	(*Server).deskRoutes,
	(*Server).caseRoutes,
	(*Server).templateRoutes,
	(*Server).laporRoutes,
	(*Server).recapRoutes,
	(*Server).registerRoutes,
	(*Server).letterRoutes,
	(*Server).reportRoutes,
	(*Server).surveyRoutes,
	(*Server).insightRoutes,
	(*Server).outboxRoutes,
	(*Server).webhookRoutes,
	(*Server).alarmRoutes,
	(*Server).fleetRoutes,
	(*Server).catalogueRoutes,
	(*Server).securityRoutes,
	(*Server).publishedRoutes,
}

// New returns the hub's handler. assets holds fonts/*.ttf and icons/*.svg;
// secure says that visitors come over TLS.
func New(h *hub.Hub, w *words.Catalogue, assets fs.FS, secure bool, log *slog.Logger) (http.Handler, error) {
	s := &Server{hub: h, words: w, assets: assets, log: log, documents: &document.Writer{Hub: h, Words: w, Fonts: assets}, pages: map[string]*template.Template{}, secure: secure, tries: newTries(h), intake: semaphore.NewWeighted(intakeBytes)}
	if err := s.parse(); err != nil {
		return nil, err
	}
	var err error
	if s.stop, err = insight.LoadStop(assets); err != nil {
		return nil, err
	}
	static, err := fs.Sub(files, "static")
	if err != nil {
		return nil, err
	}
	fonts, err := fs.Sub(assets, "fonts")
	if err != nil {
		return nil, err
	}
	kept := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=86400")
			h.ServeHTTP(w, r)
		})
	}
	public, desk := &routes{ServeMux: http.NewServeMux()}, &routes{ServeMux: http.NewServeMux()}
	public.Handle("GET /static/font/", kept(http.StripPrefix("/static/font/", http.FileServerFS(fonts))))
	public.Handle("GET /static/", kept(http.StripPrefix("/static/", http.FileServerFS(static))))
	for _, routes := range concerns {
		routes(s, public, desk)
	}
	s.openPages(public)
	for _, pattern := range desk.patterns {
		if _, path, _ := strings.Cut(pattern, " "); gate(path) == nil && path != "/desk/login" && path != "/desk/logout" {
			return nil, fmt.Errorf("nobody is said to be allowed to %s", pattern)
		}
	}
	desk.Handle("/", s.handle(s.missing))
	sameOrigin := http.NewCrossOriginProtection()
	public.Handle("/desk", sameOrigin.Handler(desk))
	public.Handle("/desk/", sameOrigin.Handler(desk))
	public.Handle("/", s.handle(s.missing))
	return s.guard(public), nil
}

// routes are the routes of one part of the server, in order.
type routes struct {
	*http.ServeMux
	patterns []string
}

// Handle adds a route.
func (r *routes) Handle(pattern string, h http.Handler) {
	r.patterns = append(r.patterns, pattern)
	r.ServeMux.Handle(pattern, h)
}

// parse reads every page of template, each with the parts that pages share.
func (s *Server) parse() error {
	names, err := fs.Glob(files, "template/*.html")
	if err != nil {
		return err
	}
	parts := template.New("").Funcs(template.FuncMap{"icon": s.icon})
	if parts, err = parts.ParseFS(files, "template/part/*.html"); err != nil {
		return err
	}
	for _, name := range names {
		t, err := template.Must(parts.Clone()).ParseFS(files, name)
		if err != nil {
			return err
		}
		s.pages[strings.TrimSuffix(path.Base(name), ".html")] = t
	}
	return nil
}

// icon is a picture of assets/icons beside a word; it says nothing by itself.
func (s *Server) icon(name string) (template.HTML, error) {
	b, err := fs.ReadFile(s.assets, "icons/"+name+".svg")
	if err != nil {
		return "", err
	}
	return template.HTML(strings.Replace(string(b), "<svg ", `<svg class="i" aria-hidden="true" `, 1)), nil
}

// guard sets the headers every answer has and turns a panic into a page.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=63072000")
		}
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler {
				s.log.Error("panic", "route", r.Pattern, "panic", fmt.Sprintf("%T", v))
				http.Error(w, "sorry", http.StatusInternalServerError)
			} else if v != nil {
				panic(v)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// refusal is an error with the status and, for programs, the sentence to send.
type refusal struct {
	status   int
	sentence string
	after    time.Duration
}

func (e *refusal) Error() string { return e.sentence }

// handle turns what a handler returns into a page, or JSON for programs, and
// a log line. Lines hold routes, never paths: those hold numbers.
func (s *Server) handle(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := f(w, r)
		if err == nil {
			return
		}
		status, message, sentence := http.StatusInternalServerError, "page.sorry", "the hub has a fault; try again later"
		var no *refusal
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &no):
			if status, sentence = no.status, no.sentence; status == http.StatusForbidden {
				message = "page.forbidden"
			}
			if no.after > 0 {
				w.Header().Set("Retry-After", fmt.Sprint(int(no.after.Seconds())))
			}
		case errors.As(err, &large):
			status, sentence = http.StatusRequestEntityTooLarge, fmt.Sprintf("at most %d bytes at a time", large.Limit)
		case errors.Is(err, hub.ErrNotFound):
			status, message, sentence = http.StatusNotFound, "page.missing", "there is no such thing"
		default:
			s.log.Error("request", "route", r.Pattern, "err", err)
		}
		if strings.HasPrefix(r.URL.Path, "/api/") {
			writeJSON(w, status, map[string]string{"error": sentence})
			return
		}
		if err := s.render(w, status, "sorry", page{Message: message}, r); err != nil {
			s.log.Error("render", "err", err)
		}
	})
}

// page is what every page shows; each page's own struct embeds it.
type page struct {
	W        words.Words
	Other    kiosk.Language // the language one may change to
	Kind     string         // public, desk or desk login
	Ministry string
	Officer  string
	Role     string // of the officer, in words
	Menu     []menuItem
	Message  string // key of a sentence
	Number   string
	Turned   template.URL // this page in the other language
	Indexed  bool         // search engines may show it
}

func (p *page) base() *page { return p }

// Public reports whether the page is for everybody.
func (p *page) Public() bool { return strings.HasPrefix(p.Kind, "public") }

// Day writes an ISO date in the page's language.
func (p *page) Day(iso string) string {
	d, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return p.W.Date(d)
}

// render draws a page whole before a byte is sent.
func (s *Server) render(w http.ResponseWriter, status int, name string, data any, r *http.Request) error {
	if p, ok := data.(page); ok {
		data = &p
	}
	b := data.(interface{ base() *page }).base()
	language := language(r)
	b.W, b.Other = s.words.In(language), kiosk.English
	if language == kiosk.English {
		b.Other = kiosk.Indonesian
	}
	if onDesk(r) && r.URL.Query().Has("lang") {
		http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: string(language), Path: "/desk", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode})
	}
	q := url.Values{}
	if r.Method == http.MethodGet {
		q = r.URL.Query()
	}
	q.Set("lang", string(b.Other))
	b.Turned = template.URL("?" + q.Encode())
	if b.Kind == "" {
		b.Kind = "public"
	}
	if b.Public() {
		s.nav(b, r)
	}
	if b.Indexed {
		w.Header().Del("X-Robots-Tag")
	}
	b.Ministry = s.hub.Catalogue.Ministry.In(language)
	var buffer bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&buffer, "base", data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := buffer.WriteTo(w)
	return err
}

const languageCookie = "loket_lang"

func onDesk(r *http.Request) bool {
	return r.URL.Path == "/desk" || strings.HasPrefix(r.URL.Path, "/desk/")
}

// language is the one asked for, the one the officer chose, a visitor's
// browser's, or Indonesian.
func language(r *http.Request) kiosk.Language {
	if l := kiosk.Language(r.FormValue("lang")); slices.Contains(kiosk.Languages, l) {
		return l
	}
	if onDesk(r) {
		if c, err := r.Cookie(languageCookie); err == nil && slices.Contains(kiosk.Languages, kiosk.Language(c.Value)) {
			return kiosk.Language(c.Value)
		}
		return kiosk.Indonesian
	}
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(first)), "en") {
		return kiosk.English
	}
	return kiosk.Indonesian
}

// say is the words of a request's language.
func (s *Server) say(r *http.Request) words.Words { return s.words.In(language(r)) }

func (s *Server) missing(http.ResponseWriter, *http.Request) error { return hub.ErrNotFound }
