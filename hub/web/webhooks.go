package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"loket/hub"
)

func (s *Server) webhookRoutes(_, desk *routes) {
	desk.Handle("GET /desk/webhooks", s.officer(s.webhooks))
	desk.Handle("POST /desk/webhooks", s.officer(s.webhookAdd))
	desk.Handle("POST /desk/webhooks/{id}", s.officer(s.webhookChange))
}

// hook is a webhook as the page shows it.
type hook struct {
	ID, URL, Office, State, Urgency string
	Events                          []string
	Off                             bool
}

type webhooksPage struct {
	page
	Rows    []hook
	Events  []option
	Offices []option
	All     bool // the officer may have one for every office
	Typed   hub.Webhook
	Secret  string // of the one just added; shown once
}

// Chosen reports whether an event was ticked.
func (p *webhooksPage) Chosen(event string) bool { return slices.Contains(p.Typed.Events, event) }

var notWebhooks = &refusal{status: http.StatusForbidden, sentence: "webhooks are not for this officer's role"}

func (s *Server) webhooksPage(r *http.Request, officer hub.Officer) (*webhooksPage, error) {
	if !s.hub.ManagesWebhooks(officer, officer.Office) {
		return nil, notWebhooks
	}
	w := s.say(r)
	p := &webhooksPage{Offices: s.offices(officer, w.Language), All: officer.Office == "", Typed: hub.Webhook{Office: officer.Office}}
	s.desk(&p.page, r, officer)
	for _, e := range hub.Events {
		p.Events = append(p.Events, option{e, w.T("webhook." + e)})
	}
	all, err := s.hub.Webhooks(r.Context(), officer)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		row := hook{ID: x.ID, URL: x.URL, Off: x.Off(), State: w.T("webhook.on"), Office: w.T("desk.all")}
		for _, e := range x.Events {
			row.Events = append(row.Events, w.T("webhook."+e))
		}
		if place, ok := s.hub.Catalogue.Office(x.Office); ok {
			row.Office = place.Name.In(w.Language)
		}
		switch {
		case x.Off():
			row.State, row.Urgency = w.T("webhook.off", "why", reason(w, x.DisabledWhy)), "late"
		case !x.FailingSince.IsZero():
			row.State, row.Urgency = w.T("webhook.failing", "date", s.when(w, officer, x.FailingSince)), "soon"
		}
		p.Rows = append(p.Rows, row)
	}
	return p, nil
}

func (s *Server) webhooks(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.webhooksPage(r, officer)
	if err != nil {
		return err
	}
	switch done := r.FormValue("done"); done {
	case "tested", "enabled", "removed":
		p.Message = "webhook." + done
	}
	return s.render(w, http.StatusOK, "webhooks", p, r)
}

// webhookAdd adds one and shows its secret, this once.
func (s *Server) webhookAdd(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	if err := r.ParseForm(); err != nil {
		return err
	}
	typed := hub.Webhook{URL: strings.TrimSpace(r.PostFormValue("url")), Events: r.PostForm["event"], Office: r.PostFormValue("office"), AddedBy: officer.Name}
	message, status, secret := "", http.StatusUnprocessableEntity, ""
	if !s.hub.ManagesWebhooks(officer, officer.Office) {
		return notWebhooks
	}
	if !s.hub.ManagesWebhooks(officer, typed.Office) {
		message = "webhook.bad.office"
	} else {
		_, made, err := s.hub.AddWebhook(r.Context(), typed, "")
		switch {
		case errors.Is(err, hub.ErrURL):
			message = "webhook.bad.url"
		case errors.Is(err, hub.ErrEvent):
			message = "webhook.bad.event"
		case errors.Is(err, hub.ErrUnit):
			message = "webhook.bad.office"
		case err != nil:
			return err
		default:
			secret, status = made, http.StatusOK
		}
	}
	p, err := s.webhooksPage(r, officer)
	if err != nil {
		return err
	}
	if p.Message, p.Secret = message, secret; message != "" {
		p.Typed = typed
	}
	return s.render(w, status, "webhooks", p, r)
}

// webhookChange tests, enables or removes one.
func (s *Server) webhookChange(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	var change = s.hub.TestWebhook
	done := "tested"
	switch r.PostFormValue("act") {
	case "enable":
		change, done = s.hub.EnableWebhook, "enabled"
	case "remove":
		change, done = s.hub.RemoveWebhook, "removed"
	}
	if err := change(r.Context(), officer, r.PathValue("id")); err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/webhooks?done="+done, http.StatusSeeOther)
	return nil
}
