package web

import (
	"errors"
	"net/http"
	"strconv"

	"loket/hub"
)

func (s *Server) alarmRoutes(_, desk *routes) {
	desk.Handle("GET /desk/alarms", s.officer(s.alarms))
	desk.Handle("POST /desk/alarms/{id}", s.officer(s.alarmNote))
}

// alarm is one as the page shows it.
type alarm struct {
	ID                            int64
	Kiosk, Office                 string
	What, Does                    string // what it means; what to do
	Since, Last, Noted, By, Words string
	Reason                        string // for a technician
}

type alarmsPage struct {
	page
	Open, Noted []alarm
	Notes       bool // the officer may say that one is dealt with
}

var notAlarms = &refusal{status: http.StatusForbidden, sentence: "alarms of kiosks are not for this officer's role"}

// openAlarms is how many alarms wait for somebody.
func (s *Server) openAlarms(r *http.Request, o hub.Officer) (n int) {
	all, err := s.hub.Alarms(r.Context(), o)
	if err != nil {
		s.log.Error("count alarms", "err", err)
	}
	for _, a := range all {
		if a.NotedAt == nil {
			n++
		}
	}
	return n
}

// alarms shows what is wrong with kiosks, and what was.
func (s *Server) alarms(out http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	return s.showAlarms(out, r, officer, http.StatusOK, map[string]string{"noted": "alarm.noted.done", "late": "alarm.late"}[r.FormValue("done")])
}

func (s *Server) showAlarms(out http.ResponseWriter, r *http.Request, officer hub.Officer, status int, message string) error {
	all, err := s.hub.Alarms(r.Context(), officer)
	if errors.Is(err, hub.ErrForbidden) {
		return notAlarms
	}
	if err != nil {
		return err
	}
	kiosks, err := s.hub.Store.Kiosks(r.Context())
	if err != nil {
		return err
	}
	p := &alarmsPage{Notes: s.hub.NotesAlarms(officer)}
	p.Message = message
	s.desk(&p.page, r, officer)
	w := s.say(r)
	places := map[string]string{}
	for _, k := range kiosks {
		if o, ok := s.hub.Catalogue.Office(k.Office); ok {
			places[k.ID] = o.Name.In(w.Language)
		}
	}
	for _, a := range all {
		kind := string(a.Kind)
		row := alarm{ID: a.ID, Kiosk: a.Kiosk, Office: places[a.Kiosk], Reason: a.Reason, Since: s.when(w, officer, a.First), Last: s.when(w, officer, a.Last),
			What: w.T("alarm."+kind, "n", strconv.Itoa(a.Reports), "seq", strconv.FormatInt(a.Seq, 10)), Does: w.T("alarm." + kind + ".do"), By: a.NotedBy, Words: a.Note}
		if a.NotedAt == nil {
			p.Open = append(p.Open, row)
			continue
		}
		row.Noted = s.when(w, officer, *a.NotedAt)
		p.Noted = append(p.Noted, row)
	}
	return s.render(out, status, "alarms", p, r)
}

// alarmNote closes an alarm with a word on what was done.
func (s *Server) alarmNote(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		id = 0 // nobody has it
	}
	done := "noted"
	switch err := s.hub.NoteAlarm(r.Context(), officer, id, r.PostFormValue("note")); {
	case errors.Is(err, hub.ErrForbidden):
		return notAlarms
	case errors.Is(err, hub.ErrNoNote):
		return s.showAlarms(w, r, officer, http.StatusUnprocessableEntity, "alarm.say")
	case errors.Is(err, hub.ErrNotFound):
		done = "late"
	case err != nil:
		return err
	}
	http.Redirect(w, r, "/desk/alarms?done="+done, http.StatusSeeOther)
	return nil
}
