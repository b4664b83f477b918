package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"loket/hub"
)

// cookieName is the desk's cookie. Over TLS the prefix makes browsers refuse it from
// anywhere but this very host: RFC 6265bis, section 4.1.3.2.
func (s *Server) cookieName() string {
	if s.secure {
		return "__Host-loket_desk"
	}
	return "loket_desk"
}

// token is what the browser of an officer holds, empty for a stranger's.
func (s *Server) token(r *http.Request) string {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return ""
	}
	return c.Value
}

type officerHandler func(w http.ResponseWriter, r *http.Request, officer hub.Officer) error

// gates are who may enter which part of the desk. Inside, the hub still looks at
// each case and office; what no gate covers is for nobody.
var gates = func() map[string]func(h *hub.Hub, o hub.Officer) bool {
	cases := (*hub.Hub).SeesCases
	all := map[string]func(h *hub.Hub, o hub.Officer) bool{
		"/desk/case": cases, "/desk/bulk": cases, "/desk/new": cases, "/desk/view": cases,
		"/desk/security": func(*hub.Hub, hub.Officer) bool { return true },
	}
	for _, e := range menu {
		all[e.path] = e.sees
	}
	return all
}()

// gate returns who may enter a path, nil for nobody. /desk covers nothing below it.
func gate(path string) func(h *hub.Hub, o hub.Officer) bool {
	best := ""
	for at := range gates {
		if len(at) > len(best) && (path == at || at != "/desk" && (strings.HasPrefix(path, at+"/") || strings.HasPrefix(path, at+"."))) {
			best = at
		}
	}
	return gates[best]
}

// notYours is the answer to who may not enter a part of the desk.
var notYours = &refusal{status: http.StatusForbidden, sentence: "this is not for the officer's role"}

// officer lets only officers through who may enter that part of the desk; others are
// asked to log in. What changes something, and what is carried away, stands in the
// audit log first.
func (s *Server) officer(f officerHandler) http.Handler {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		officer, err := s.hub.Who(r.Context(), s.token(r))
		if errors.Is(err, hub.ErrNotFound) {
			http.Redirect(w, r, "/desk/login", http.StatusSeeOther)
			return nil
		}
		if err != nil {
			return err
		}
		if enter := gate(r.URL.Path); enter == nil || !enter(s.hub, officer) {
			if r.URL.Path == "/desk" && r.Method == http.MethodGet { // after the log-in: where they are at home
				if home := s.homeOf(officer); home != "" {
					http.Redirect(w, r, home, http.StatusSeeOther)
					return nil
				}
			}
			return notYours
		}
		if route, object, tell := audited(r); tell {
			if err := s.hub.Audit(r.Context(), officer.Name, route, object, ""); err != nil {
				return err
			}
		}
		return f(w, r, officer)
	})
}

// homeOf is the first page of the menu for an officer.
func (s *Server) homeOf(o hub.Officer) string {
	for _, e := range menu {
		if e.path != "/desk" && e.sees(s.hub, o) {
			return e.path
		}
	}
	return ""
}

// audited says what of a request goes into the audit log: its route, and what the
// path names; never what was typed.
func audited(r *http.Request) (route, object string, tell bool) {
	for _, name := range []string{"number", "id", "version"} {
		if v := r.PathValue(name); v != "" {
			object = v[:min(len(v), 64)]
		}
	}
	carried := false
	for _, kind := range []string{".csv", ".xlsx", ".pdf", "/pdf", "/tanda-bukti"} {
		carried = carried || strings.HasSuffix(r.URL.Path, kind)
	}
	carried = carried || r.PathValue("file") != ""
	return r.Pattern, object, r.Method != http.MethodGet && r.Method != http.MethodHead || carried
}

func (s *Server) loginForm(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, http.StatusOK, "login", page{Kind: "desk login", Message: map[string]string{"password": "security.password.done"}[r.FormValue("done")]}, r)
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	token, err := s.hub.LogIn(r.Context(), hub.Entrance{Name: r.PostFormValue("name"), Password: r.PostFormValue("password"), Code: strings.TrimSpace(r.PostFormValue("code")), Network: client(r), Browser: r.UserAgent()})
	var wait *hub.WaitError
	switch {
	case errors.As(err, &wait):
		w.Header().Set("Retry-After", fmt.Sprint(max(1, int(wait.Until.Sub(s.hub.Now()).Seconds()))))
		return s.render(w, http.StatusTooManyRequests, "login", page{Kind: "desk login", Message: "desk.login.wait"}, r)
	case errors.Is(err, hub.ErrLogin):
		return s.render(w, http.StatusUnauthorized, "login", page{Kind: "desk login", Message: "desk.login.failed"}, r)
	case err != nil:
		return err
	}
	if old := s.token(r); old != "" { // whoever sat here before
		if err := s.hub.LogOut(r.Context(), old); err != nil {
			return err
		}
	}
	s.setCookie(w, token, int(hub.SessionLives.Seconds()))
	http.Redirect(w, r, "/desk", http.StatusSeeOther)
	return nil
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) error {
	if token := s.token(r); token != "" {
		if o, err := s.hub.Who(r.Context(), token); err == nil {
			if err := s.hub.Audit(r.Context(), o.Name, "logout", "", ""); err != nil {
				return err
			}
		}
		if err := s.hub.LogOut(r.Context(), token); err != nil {
			return err
		}
	}
	s.setCookie(w, "", -1)
	http.Redirect(w, r, "/desk/login", http.StatusSeeOther)
	return nil
}

func (s *Server) setCookie(w http.ResponseWriter, token string, age int) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Value: token, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode})
}
