package web

import (
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/skip2/go-qrcode"

	"loket/hub"
	"loket/kiosk/seal"
	"loket/kiosk/words"
)

func (s *Server) fleetRoutes(_, desk *routes) {
	desk.Handle("GET /desk/fleet", s.officer(s.fleet))
	desk.Handle("POST /desk/fleet", s.officer(s.fleetNew))
	desk.Handle("GET /desk/fleet/staff", s.officer(s.receptionists))
	desk.Handle("POST /desk/fleet/staff", s.officer(s.receptionistAdd))
	desk.Handle("POST /desk/fleet/staff/{id}", s.officer(s.receptionistRemove))
	desk.Handle("GET /desk/fleet/{id}", s.officer(s.machine))
	desk.Handle("POST /desk/fleet/{id}", s.officer(s.machineAct))
}

// machinesPage is how many kiosks stand on one page.
const machinesPage = 50

// trouble is one as pages show it: what it means and what to do.
type trouble struct {
	What, Does string
	Urgent     bool
}

// machine is a kiosk as pages show it.
type machine struct {
	ID, Name, Office, OfficeID, Seen, Version, Waiting, Oldest, Printer, Disk, Skew, State, Reason, Enrolled, Words string
	Troubles                                                                                                        []trouble
	Urgent, Needs                                                                                                   bool
	Active                                                                                                          bool
}

type fleetPage struct {
	page
	Machines     []machine
	All, Needing int
	Search       string
	Only         bool
	Pages, At    int
	Next, Before template.URL
	Manages      bool
	Offices      []option
}

// fleet shows the kiosks, those first that need somebody.
func (s *Server) fleet(out http.ResponseWriter, r *http.Request, o hub.Officer) error {
	all, err := s.hub.Machines(r.Context(), o)
	if err != nil {
		return err
	}
	w := s.say(r)
	p := &fleetPage{All: len(all), Search: strings.TrimSpace(r.FormValue("q")), Only: r.FormValue("only") == "needs", Manages: s.hub.ManagesKiosks(o)}
	p.Message = map[string]string{"revoked": "fleet.done"}[r.FormValue("done")]
	s.desk(&p.page, r, o)
	if p.Manages {
		p.Offices = s.offices(o, w.Language)
	}
	var found []hub.Machine
	for _, m := range all {
		if m.Needs() {
			p.Needing++
		}
		if (!p.Only || m.Needs()) && s.called(m, p.Search, w) {
			found = append(found, m)
		}
	}
	p.Pages = max(1, (len(found)+machinesPage-1)/machinesPage)
	p.At, _ = strconv.Atoi(r.FormValue("page"))
	p.At = max(1, min(p.At, p.Pages))
	to := func(n int) template.URL {
		if n < 1 || n > p.Pages {
			return ""
		}
		q := r.URL.Query()
		q.Set("page", strconv.Itoa(n))
		return template.URL("?" + q.Encode())
	}
	p.Next, p.Before = to(p.At+1), to(p.At-1)
	from := (p.At - 1) * machinesPage
	for _, m := range found[from:min(len(found), from+machinesPage)] {
		p.Machines = append(p.Machines, s.machineOf(m, w, o))
	}
	return s.render(out, http.StatusOK, "fleet", p, r)
}

// called reports whether a kiosk is one that somebody looks for.
func (s *Server) called(m hub.Machine, text string, w words.Words) bool {
	if text == "" {
		return true
	}
	place, _ := s.hub.Catalogue.Office(m.Office)
	return strings.Contains(strings.ToLower(m.ID+" "+m.Name+" "+place.Name.In(w.Language)+" "+place.City), strings.ToLower(text))
}

func (s *Server) machineOf(m hub.Machine, w words.Words, o hub.Officer) machine {
	place, _ := s.hub.Catalogue.Office(m.Office)
	x := machine{ID: m.ID, Name: m.Name, Office: place.Name.In(w.Language), OfficeID: m.Office, State: w.T("fleet.state." + string(m.State)), Reason: m.StateReason,
		Words: s.hub.Fingerprint(m.Kiosk), Urgent: m.Urgent(), Needs: m.Needs(), Active: m.State == hub.KioskActive, Seen: "–", Version: "–", Waiting: "–", Printer: "–", Disk: "–", Skew: "–"}
	if m.LastSeen != nil {
		x.Seen = s.when(w, o, *m.LastSeen)
	}
	if m.EnrolledAt != nil {
		x.Enrolled = s.when(w, o, *m.EnrolledAt)
	}
	if h := m.Health; h != nil {
		x.Version, x.Waiting = h.Version, strconv.Itoa(h.Waiting)
		if h.Oldest != nil {
			x.Oldest = s.when(w, o, *h.Oldest)
		}
		x.Printer = either(w, "fleet.printer.", h.Printer)
		x.Disk = w.T("fleet.gigabytes", "n", h.DiskFree>>30)
		x.Skew = w.T("fleet.seconds", "n", int(m.Skew/time.Second))
	}
	for _, t := range m.Troubles {
		x.Troubles = append(x.Troubles, s.troubleOf(t, w, o))
	}
	return x
}

// troubleOf words a trouble.
func (s *Server) troubleOf(t hub.Trouble, w words.Words, o hub.Officer) trouble {
	key := "fleet.trouble." + string(t.Kind)
	since, why := "", t.Why
	if !t.Since.IsZero() {
		since = s.when(w, o, t.Since)
	}
	if t.Kind == hub.TroubleClosed {
		why = either(w, "fleet.closed.", t.Why)
	}
	return trouble{What: w.T(key, "n", t.N, "since", since, "why", why), Does: w.T(key + ".do"), Urgent: t.Urgent}
}

// either words what a kiosk said, or leaves it as it came: a later version may say
// what these words do not know.
func either(w words.Words, prefix, said string) string {
	if w.Has(prefix + said) {
		return w.T(prefix + said)
	}
	return said
}

type newKioskPage struct {
	page
	Code, Office, Ticket string
	QR                   template.URL
}

// fleetNew opens a slot and shows its one-time code, once.
func (s *Server) fleetNew(out http.ResponseWriter, r *http.Request, o hub.Officer) error {
	r.Body = http.MaxBytesReader(out, r.Body, formBytes)
	code, err := s.hub.NewKiosk(r.Context(), o, r.PostFormValue("office"))
	if errors.Is(err, hub.ErrForbidden) {
		return notYours
	}
	if err != nil {
		return err
	}
	place, _ := s.hub.Catalogue.Office(r.PostFormValue("office"))
	p := &newKioskPage{Code: code[:5] + "-" + code[5:10] + "-" + code[10:], Office: place.Name.In(language(r)), Ticket: seal.Ticket(s.hub.Keys.Bundle.PublicURL, code)}
	s.desk(&p.page, r, o)
	picture, err := qrcode.Encode(p.Ticket, qrcode.Medium, -6)
	if err != nil {
		return err
	}
	p.QR = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(picture))
	return s.render(out, http.StatusOK, "fleetnew", p, r)
}

type machinePage struct {
	page
	Machine machine
	Manages bool
	Offices []option
}

// machine shows one kiosk.
func (s *Server) machine(out http.ResponseWriter, r *http.Request, o hub.Officer) error {
	return s.showMachine(out, r, o, http.StatusOK, map[string]string{"done": "fleet.done", "released": "fleet.released"}[r.FormValue("done")])
}

func (s *Server) showMachine(out http.ResponseWriter, r *http.Request, o hub.Officer, status int, message string) error {
	all, err := s.hub.Machines(r.Context(), o)
	if err != nil {
		return err
	}
	w := s.say(r)
	for _, m := range all {
		if m.ID == r.PathValue("id") {
			p := &machinePage{Machine: s.machineOf(m, w, o), Manages: s.hub.ManagesKiosks(o)}
			p.Message = message
			s.desk(&p.page, r, o)
			p.Offices = s.offices(o, w.Language)
			return s.render(out, status, "machine", p, r)
		}
	}
	return hub.ErrNotFound
}

// machineAct names, moves, stops or restores a kiosk, or releases what waits in
// quarantine.
func (s *Server) machineAct(out http.ResponseWriter, r *http.Request, o hub.Officer) error {
	if !s.hub.ManagesKiosks(o) {
		return notYours
	}
	r.Body = http.MaxBytesReader(out, r.Body, formBytes)
	ctx, id, why := r.Context(), r.PathValue("id"), r.PostFormValue("why")
	done := "done"
	var err error
	switch r.PostFormValue("act") {
	case "name":
		err = s.hub.NameKiosk(ctx, o, id, r.PostFormValue("name"))
	case "move":
		err = s.hub.MoveKiosk(ctx, o, id, r.PostFormValue("office"))
	case "suspend":
		err = s.hub.StopKiosk(ctx, o, id, hub.KioskSuspended, why)
	case "revoke":
		err = s.hub.StopKiosk(ctx, o, id, hub.KioskRevoked, why)
	case "restore":
		err = s.hub.StopKiosk(ctx, o, id, hub.KioskActive, "")
	case "release":
		done = "released"
		err = s.hub.ReleaseKiosk(ctx, o, id)
	default:
		err = hub.ErrNotFound
	}
	switch {
	case errors.Is(err, hub.ErrForbidden):
		return notYours
	case errors.Is(err, hub.ErrName):
		return s.showMachine(out, r, o, http.StatusUnprocessableEntity, "fleet.name.wrong")
	case errors.Is(err, hub.ErrNoNote):
		return s.showMachine(out, r, o, http.StatusUnprocessableEntity, "fleet.why.missing")
	case err != nil:
		return err
	}
	http.Redirect(out, r, fmt.Sprintf("/desk/fleet/%s?done=%s", id, done), http.StatusSeeOther)
	return nil
}

type receptionist struct {
	ID                      int64
	Name, Office, Added, By string
}

type staffPage struct {
	page
	People  []receptionist
	Offices []option
	PIN     string // of whom was added, shown this once
	Whose   string
	Office  string
}

// receptionists shows who may open the receptionist's part of kiosks.
func (s *Server) receptionists(out http.ResponseWriter, r *http.Request, o hub.Officer) error {
	return s.showStaff(out, r, o, http.StatusOK, map[string]string{"removed": "staff.removed"}[r.FormValue("done")], "", "")
}

func (s *Server) showStaff(out http.ResponseWriter, r *http.Request, o hub.Officer, status int, message, pin, whose string) error {
	all, err := s.hub.Receptionists(r.Context(), o)
	if errors.Is(err, hub.ErrForbidden) {
		return notYours
	}
	if err != nil {
		return err
	}
	w := s.say(r)
	p := &staffPage{PIN: pin, Whose: whose, Offices: s.offices(o, w.Language), Office: r.PostFormValue("office")}
	p.Message = message
	s.desk(&p.page, r, o)
	for _, x := range all {
		place, _ := s.hub.Catalogue.Office(x.Office)
		p.People = append(p.People, receptionist{x.ID, x.Name, place.Name.In(w.Language), s.when(w, o, x.AddedAt), x.AddedBy})
	}
	return s.render(out, status, "staff", p, r)
}

func (s *Server) receptionistAdd(out http.ResponseWriter, r *http.Request, o hub.Officer) error {
	r.Body = http.MaxBytesReader(out, r.Body, formBytes)
	pin, err := s.hub.AddReceptionist(r.Context(), o, r.PostFormValue("office"), r.PostFormValue("name"))
	message := map[error]string{hub.ErrName: "fleet.name.wrong", hub.ErrExists: "staff.exists", hub.ErrFull: "staff.full"}
	switch {
	case errors.Is(err, hub.ErrForbidden):
		return notYours
	case message[err] != "":
		return s.showStaff(out, r, o, http.StatusUnprocessableEntity, message[err], "", "")
	case err != nil:
		return err
	}
	return s.showStaff(out, r, o, http.StatusOK, "", pin, r.PostFormValue("name"))
}

func (s *Server) receptionistRemove(out http.ResponseWriter, r *http.Request, o hub.Officer) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		id = 0 // nobody has it
	}
	switch err := s.hub.RemoveReceptionist(r.Context(), o, id); {
	case errors.Is(err, hub.ErrForbidden):
		return notYours
	case err != nil && !errors.Is(err, hub.ErrNotFound):
		return err
	}
	http.Redirect(out, r, "/desk/fleet/staff?done=removed", http.StatusSeeOther)
	return nil
}
