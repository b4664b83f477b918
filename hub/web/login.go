package web

import (
	"errors"
	"net/http"
	"strings"

	"loket/hub"
)

const cookie = "loket_desk"

type officerHandler func(w http.ResponseWriter, r *http.Request, officer hub.Officer) error

// officer lets only officers through; others are asked to log in.
func (s *Server) officer(f officerHandler) http.Handler {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		c, err := r.Cookie(cookie)
		if err == nil {
			officer, err := s.hub.Who(r.Context(), c.Value)
			if err == nil {
				return f(w, r, officer)
			}
			if !errors.Is(err, hub.ErrNotFound) {
				return err
			}
		}
		http.Redirect(w, r, "/desk/login", http.StatusSeeOther)
		return nil
	})
}

func (s *Server) loginForm(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, http.StatusOK, "login", page{Kind: "desk login"}, r)
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	name := "officer " + strings.TrimSpace(r.FormValue("name"))
	if !s.tries.allowed(client(r), name) {
		w.Header().Set("Retry-After", "60")
		return s.render(w, http.StatusTooManyRequests, "login", page{Kind: "desk login", Message: "desk.login.wait"}, r)
	}
	token, err := s.hub.LogIn(r.Context(), r.PostFormValue("name"), r.PostFormValue("password"))
	s.tries.note(name, err == nil)
	if errors.Is(err, hub.ErrLogin) {
		return s.render(w, http.StatusUnauthorized, "login", page{Kind: "desk login", Message: "desk.login.failed"}, r)
	}
	if err != nil {
		return err
	}
	s.setCookie(w, token, int(hub.SessionLives.Seconds()))
	http.Redirect(w, r, "/desk", http.StatusSeeOther)
	return nil
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) error {
	if c, err := r.Cookie(cookie); err == nil {
		if err := s.hub.LogOut(r.Context(), c.Value); err != nil {
			return err
		}
	}
	s.setCookie(w, "", -1)
	http.Redirect(w, r, "/desk/login", http.StatusSeeOther)
	return nil
}

func (s *Server) setCookie(w http.ResponseWriter, token string, age int) {
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: token, Path: "/desk", MaxAge: age, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode})
}
