package web

import (
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/skip2/go-qrcode"

	"loket/hub"
	"loket/kiosk/words"
)

func (s *Server) securityRoutes(_, desk *routes) {
	desk.Handle("GET /desk/security", s.officer(s.security))
	desk.Handle("POST /desk/security/session", s.officer(s.sessionEnd))
	desk.Handle("POST /desk/security/password", s.officer(s.passwordChange))
	desk.Handle("POST /desk/security/factor", s.officer(s.factorBegin))
	desk.Handle("POST /desk/security/factor/confirm", s.officer(s.factorConfirm))
	desk.Handle("POST /desk/security/factor/end", s.officer(s.factorEnd))
	desk.Handle("GET /desk/audit", s.officer(s.auditLog))
}

type session struct {
	ID, Begun, Seen, Network, Browser string
	Mine                              bool
}

type securityPage struct {
	page
	Sessions []session
	Factor   hub.Factor
	Since    string       // when the second factor was turned on
	QR       template.URL // of one that is being set up; empty for none
	Secret   string       // the same to type
	Recovery []string     // shown this once
}

// security shows an officer's sessions and what guards their account.
func (s *Server) security(w http.ResponseWriter, r *http.Request, o hub.Officer) error {
	return s.showSecurity(w, r, o, http.StatusOK, map[string]string{"ended": "security.ended", "off": "security.factor.ended"}[r.FormValue("done")], nil)
}

func (s *Server) showSecurity(out http.ResponseWriter, r *http.Request, o hub.Officer, status int, message string, recovery []string) error {
	p := &securityPage{Recovery: recovery}
	p.Message = message
	s.desk(&p.page, r, o)
	w := s.say(r)
	all, mine, err := s.hub.Sessions(r.Context(), o, s.token(r))
	if err != nil {
		return err
	}
	for i, x := range all {
		p.Sessions = append(p.Sessions, session{ID: x.ID, Begun: s.when(w, o, x.Begun), Seen: s.when(w, o, x.Seen), Network: x.Network, Browser: browser(w, x.Browser), Mine: i == mine})
	}
	if p.Factor, err = s.hub.Factor(r.Context(), o); err != nil {
		return err
	}
	if p.Factor.On {
		p.Since = s.when(w, o, p.Factor.Since)
	}
	address, secret, err := s.hub.PendingFactor(o)
	if err != nil {
		return err
	}
	if address != "" {
		picture, err := qrcode.Encode(address, qrcode.Medium, -5)
		if err != nil {
			return err
		}
		p.QR = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(picture))
		for i := 0; i < len(secret); i += 4 {
			p.Secret += secret[i:min(i+4, len(secret))] + " "
		}
	}
	return s.render(out, status, "security", p, r)
}

// browser names a browser and its system in words that people know theirs by.
func browser(w words.Words, agent string) string {
	first := func(names ...[2]string) string {
		for _, n := range names {
			if strings.Contains(agent, n[0]) {
				return n[1]
			}
		}
		return ""
	}
	program := first([2]string{"Edg/", "Edge"}, [2]string{"OPR/", "Opera"}, [2]string{"SamsungBrowser", "Samsung Internet"}, [2]string{"Firefox/", "Firefox"}, [2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"})
	system := first([2]string{"Android", "Android"}, [2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"}, [2]string{"Windows", "Windows"}, [2]string{"Mac OS", "Mac"}, [2]string{"Linux", "Linux"})
	switch {
	case program == "":
		return w.T("security.browser.unknown")
	case system == "":
		return program
	}
	return w.T("security.browser", "program", program, "system", system)
}

// sessionEnd ends one session, or all the others.
func (s *Server) sessionEnd(w http.ResponseWriter, r *http.Request, o hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	if err := s.hub.EndSessions(r.Context(), o.Name, r.PostFormValue("id"), s.token(r)); err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/security?done=ended", http.StatusSeeOther)
	return nil
}

func (s *Server) passwordChange(w http.ResponseWriter, r *http.Request, o hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	if r.PostFormValue("new") != r.PostFormValue("again") {
		return s.showSecurity(w, r, o, http.StatusUnprocessableEntity, "security.password.differs", nil)
	}
	switch err := s.hub.ChangePassword(r.Context(), o, r.PostFormValue("old"), r.PostFormValue("new")); {
	case errors.Is(err, hub.ErrLogin):
		return s.showSecurity(w, r, o, http.StatusUnprocessableEntity, "security.password.wrong", nil)
	case errors.Is(err, hub.ErrWeak):
		return s.showSecurity(w, r, o, http.StatusUnprocessableEntity, "security.password.weak", nil)
	case err != nil:
		return err
	}
	s.setCookie(w, "", -1)
	http.Redirect(w, r, "/desk/login?done=password", http.StatusSeeOther)
	return nil
}

// factorBegin draws the secret of a second factor, to be confirmed.
func (s *Server) factorBegin(w http.ResponseWriter, r *http.Request, o hub.Officer) error {
	if _, _, err := s.hub.BeginFactor(r.Context(), o); err != nil && !errors.Is(err, hub.ErrExists) {
		return err
	}
	http.Redirect(w, r, "/desk/security#factor", http.StatusSeeOther)
	return nil
}

// factorConfirm turns the second factor on and shows the codes for who loses it.
func (s *Server) factorConfirm(w http.ResponseWriter, r *http.Request, o hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	recovery, err := s.hub.ConfirmFactor(r.Context(), o, strings.ReplaceAll(r.PostFormValue("code"), " ", ""))
	switch {
	case errors.Is(err, hub.ErrLogin):
		return s.showSecurity(w, r, o, http.StatusUnprocessableEntity, "security.factor.wrong", nil)
	case errors.Is(err, hub.ErrNotFound):
		http.Redirect(w, r, "/desk/security", http.StatusSeeOther)
		return nil
	case err != nil:
		return err
	}
	if o, err = s.hub.Store.Officer(r.Context(), o.Name); err != nil {
		return err
	}
	return s.showSecurity(w, r, o, http.StatusOK, "security.factor.on", recovery)
}

// factorEnd turns the second factor off for who knows password and code.
func (s *Server) factorEnd(w http.ResponseWriter, r *http.Request, o hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	switch err := s.hub.EndFactor(r.Context(), o, r.PostFormValue("password"), r.PostFormValue("code")); {
	case errors.Is(err, hub.ErrLogin):
		return s.showSecurity(w, r, o, http.StatusUnprocessableEntity, "security.factor.kept", nil)
	case err != nil:
		return err
	}
	http.Redirect(w, r, "/desk/security?done=off", http.StatusSeeOther)
	return nil
}

// auditMost is how many entries the page shows.
const auditMost = 500

type auditPage struct {
	page
	Rows   []auditRow
	Broken bool
}

type auditRow struct {
	N                      int64
	At, Actor, Act, Object string
}

// auditLog shows the newest of the audit log, and whether it is whole.
func (s *Server) auditLog(out http.ResponseWriter, r *http.Request, o hub.Officer) error {
	p := &auditPage{}
	s.desk(&p.page, r, o)
	w := s.say(r)
	switch _, _, err := s.hub.VerifyAudit(r.Context(), nil); {
	case errors.Is(err, hub.ErrBroken):
		p.Broken = true
	case err != nil:
		return err
	}
	all, err := s.hub.Store.LastAudited(r.Context(), auditMost)
	if err != nil {
		return err
	}
	for _, e := range all {
		p.Rows = append(p.Rows, auditRow{e.N, s.when(w, o, e.At), e.Actor, e.Act, e.Object})
	}
	return s.render(out, http.StatusOK, "audit", p, r)
}
