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
	"strings"
	"time"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/words"
)

//go:embed template/*.html static
var files embed.FS

// Server answers requests for one hub.
type Server struct {
	hub    *hub.Hub
	words  *words.Catalogue
	log    *slog.Logger
	pages  map[string]*template.Template
	secure bool // cookies only over TLS
	tries  *tries
}

// New returns the hub's handler. fonts holds fonts/*.ttf; secure says that
// visitors come over TLS.
func New(h *hub.Hub, w *words.Catalogue, fonts fs.FS, secure bool, log *slog.Logger) (http.Handler, error) {
	s := &Server{hub: h, words: w, log: log, pages: map[string]*template.Template{}, secure: secure, tries: newTries(h.Now)}
	for _, page := range []string{"track", "status", "sorry", "login", "inbox", "case", "survey", "register", "proof"} {
		t, err := template.ParseFS(files, "template/base.html", "template/clocks.html", "template/"+page+".html")
		if err != nil {
			return nil, err
		}
		s.pages[page] = t
	}
	static, err := fs.Sub(files, "static")
	if err != nil {
		return nil, err
	}
	fonts, err = fs.Sub(fonts, "fonts")
	if err != nil {
		return nil, err
	}
	kept := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=86400")
			h.ServeHTTP(w, r)
		})
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/font/", kept(http.StripPrefix("/static/font/", http.FileServerFS(fonts))))
	mux.Handle("GET /static/", kept(http.StripPrefix("/static/", http.FileServerFS(static))))
	mux.Handle("GET /{$}", http.RedirectHandler("/t", http.StatusSeeOther))
	for _, path := range []string{"/t", "/T"} { // a QR code is upper case
		mux.Handle("GET "+path, s.handle(s.trackForm))
		mux.Handle("POST "+path, s.handle(s.track))
	}
	mux.Handle("GET /robots.txt", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "User-agent: *\nDisallow: /\n") }))
	mux.Handle("GET /livez", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }))
	mux.Handle("GET /readyz", s.handle(s.ready))
	mux.Handle("POST /api/v1/enrol", s.handle(s.enrol))
	mux.Handle("POST /api/v1/envelopes", s.handle(s.envelopes))

	mux.Handle("POST /t/say", http.NewCrossOriginProtection().Handler(s.handle(s.say)))
	desk := http.NewServeMux()
	desk.Handle("GET /desk", s.officer(s.inbox))
	desk.Handle("GET /desk/login", s.handle(s.loginForm))
	desk.Handle("POST /desk/login", s.handle(s.login))
	desk.Handle("POST /desk/logout", s.handle(s.logout))
	desk.Handle("GET /desk/case/{number}", s.officer(s.caseShow))
	desk.Handle("POST /desk/case/{number}", s.officer(s.caseChange))
	desk.Handle("GET /desk/case/{number}/tanda-bukti", s.officer(s.proof))
	desk.Handle("GET /desk/register", s.officer(s.register))
	desk.Handle("GET /desk/register.csv", s.officer(s.registerCSV))
	desk.Handle("GET /desk/survey", s.officer(s.survey))
	desk.Handle("GET /desk/survey.csv", s.officer(s.surveyCSV))
	desk.Handle("/", s.handle(s.missing))
	mux.Handle("/desk", http.NewCrossOriginProtection().Handler(desk))
	mux.Handle("/desk/", http.NewCrossOriginProtection().Handler(desk))
	mux.Handle("/", s.handle(s.missing))
	return s.guard(mux), nil
}

// guard sets the headers every answer has and turns a panic into a page.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
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
	Figures  bool   // the officer may read statistics
	Books    bool   // and the registers
	Message  string // key of a sentence
	Number   string
}

func (p *page) base() *page { return p }

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
	if b.Kind == "" {
		b.Kind = "public"
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

// language is the one asked for, the browser's, or Indonesian.
func language(r *http.Request) kiosk.Language {
	if l := kiosk.Language(r.FormValue("lang")); l.Valid() {
		return l
	}
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(first)), "en") && !strings.HasPrefix(r.URL.Path, "/desk") {
		return kiosk.English
	}
	return kiosk.Indonesian
}

func (s *Server) missing(http.ResponseWriter, *http.Request) error { return hub.ErrNotFound }

func (s *Server) ready(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.hub.Store.Meta(r.Context()); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, "ok")
	return err
}
