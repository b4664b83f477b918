package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	ical "github.com/arran4/golang-ical"

	"loket/hub"
	"loket/kiosk/words"
)

func (s *Server) calendarRoutes(public, desk *routes) {
	public.Handle("GET /calendar/{file}", s.handle(s.calendarFeed))
	desk.Handle("GET /desk/calendar", s.officer(s.calendar))
	desk.Handle("POST /desk/calendar", s.officer(s.calendarChange))
}

type calendarPage struct {
	page
	Since string // when the address was made; empty: there is none
	URL   string // shown once
}

func (s *Server) calendar(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p, err := s.calendarPage(r, officer)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "calendar", p, r)
}

func (s *Server) calendarPage(r *http.Request, officer hub.Officer) (*calendarPage, error) {
	if !s.hub.SeesCases(officer) {
		return nil, &refusal{status: http.StatusForbidden, sentence: "this officer sees no cases"}
	}
	p := &calendarPage{}
	s.desk(&p.page, r, officer)
	made, has, err := s.hub.HasFeed(r.Context(), officer)
	if has {
		p.Since = s.say(r).Day(s.hub.Local(officer.Office, made))
	}
	return p, err
}

// calendarChange makes a new address, or ends the one there is.
func (s *Server) calendarChange(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	if r.PostFormValue("do") != "make" {
		if err := s.hub.Store.RevokeFeed(r.Context(), officer.Name, s.hub.Now()); err != nil {
			return err
		}
		http.Redirect(w, r, "/desk/calendar", http.StatusSeeOther)
		return nil
	}
	if !s.hub.SeesCases(officer) {
		return &refusal{status: http.StatusForbidden, sentence: "this officer sees no cases"}
	}
	token, err := s.hub.MakeFeed(r.Context(), officer)
	if err != nil {
		return err
	}
	p, err := s.calendarPage(r, officer)
	if err != nil {
		return err
	}
	p.URL = strings.TrimSuffix(s.hub.Keys.Bundle.PublicURL, "/") + "/calendar/" + token + ".ics"
	return s.render(w, http.StatusOK, "calendar", p, r)
}

// calendarFeed answers a calendar program that knows an officer's token.
func (s *Server) calendarFeed(w http.ResponseWriter, r *http.Request) error {
	if !s.tries.allowed(r.Context(), client(r)) {
		return &refusal{status: http.StatusTooManyRequests, sentence: "too many requests; wait a minute"}
	}
	token, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	if !ok {
		return hub.ErrNotFound
	}
	officer, err := s.hub.FeedOwner(r.Context(), token)
	if err != nil {
		return err
	}
	deadlines, err := s.hub.Deadlines(r.Context(), officer)
	if err != nil {
		return err
	}
	body := s.ical(deadlines, s.say(r))
	sum := sha256.Sum256([]byte(body))
	tag := strconv.Quote(base64.RawURLEncoding.EncodeToString(sum[:18]))
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "private, no-cache")
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	_, err = w.Write([]byte(body))
	return err
}

// ical writes deadlines as days of a calendar: numbers and kinds, nothing that a
// visitor wrote. An entry keeps its id, and its sequence grows with the story of
// its case, so that a calendar moves what it has.
func (s *Server) ical(deadlines []hub.Deadline, w words.Words) string {
	c := ical.NewCalendarFor("Loket")
	c.SetProductId("-//Loket//Deadlines//ID")
	c.SetMethod(ical.MethodPublish)
	c.SetName(w.T("calendar.name"))
	c.SetXWRCalName(w.T("calendar.name"))
	c.SetRefreshInterval("PT1H")
	base := strings.TrimSuffix(s.hub.Keys.Bundle.PublicURL, "/")
	ids := map[string]int{} // a term that began anew has an id of its own
	for _, d := range deadlines {
		id := string(d.Case.Number) + "-" + d.ID
		ids[id]++
		if n := ids[id]; n > 1 {
			id += "-" + strconv.Itoa(n)
		}
		kind := d.Case.Form.Name
		if f := s.hub.Catalogue.Form(kind); f != nil {
			kind = f.Title.In(w.Language)
		}
		title := d.Case.Number.String() + " · " + kind + " · " + d.Label.In(w.Language)
		if d.Estimated {
			title += " (" + w.T("track.estimated") + ")"
		}
		if d.Running.Late {
			title = w.T("calendar.late") + ": " + title
		}
		changed := d.Case.FiledAt
		for _, e := range d.Case.Events {
			if e.At.After(changed) {
				changed = e.At
			}
		}
		e := c.AddEvent(id + "@" + s.hub.Keys.Bundle.Hub)
		e.SetDtStampTime(changed)
		e.SetSequence(len(d.Case.Events))
		e.SetAllDayStartAt(d.Due)
		e.SetAllDayEndAt(d.Due.AddDate(0, 0, 1))
		e.SetSummary(title)
		e.SetURL(base + "/desk/case/" + string(d.Case.Number))
		e.SetTimeTransparency(ical.TransparencyTransparent)
		if d.Running.Late {
			e.AddCategory(w.T("calendar.late"))
		}
	}
	return c.Serialize(ical.WithNewLine("\r\n"))
}
