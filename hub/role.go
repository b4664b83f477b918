package hub

import (
	"errors"
	"slices"

	"loket/kiosk"
)

// Role is what an officer may see and do. What is not said here is not allowed.
type Role string

// The roles.
const (
	Administrator Role = "administrator"
	Verifier      Role = "verifier"      // of LAPOR! reports: checks, forwards, answers, puts away
	Unit          Role = "unit"          // handles what was verified
	PPID          Role = "ppid"          // answers requests for information
	Superior      Role = "ppid_superior" // answers objections
	Supervisor    Role = "supervisor"    // sees everything of their office
	Auditor       Role = "auditor"       // likewise
	Fleet         Role = "fleet"         // looks after kiosks, and sees no case
)

// Roles are all of them.
var Roles = []Role{Administrator, Verifier, Unit, PPID, Superior, Supervisor, Auditor, Fleet}

// ErrForbidden says that an officer's role does not allow it.
var ErrForbidden = errors.New("this is not for the officer's role or office")

type right struct {
	sees, acts []string       // kinds of cases
	moves      []kiosk.Status // none: every status that may follow
	figures    bool           // statistics
	identity   bool           // who a confidential visitor is, for a reason
}

var (
	reports  = []string{"complaint", "suggestion"}
	requests = []string{"information", "objection"}
	every    = slices.Concat(reports, requests)
	rights   = map[Role]right{
		Administrator: {every, every, nil, true, true},
		Verifier:      {reports, reports, nil, true, true},
		Unit:          {reports, reports, []kiosk.Status{kiosk.InProgress, kiosk.Answered, kiosk.Returned}, false, false},
		PPID:          {requests, []string{"information"}, nil, true, true},
		Superior:      {requests, []string{"objection"}, nil, true, true},
		Supervisor:    {every, nil, nil, true, false},
		Auditor:       {every, nil, nil, true, false},
		Fleet:         {},
	}
)

// Under reports whether an office is the one above, or stands below it; every
// office is under none.
func (h *Hub) Under(office, above string) bool {
	for range 10 { // no tree of offices is so deep, and one that is a ring ends
		if above == "" || office == above {
			return true
		}
		place, ok := h.Catalogue.Office(office)
		if !ok || place.Parent == "" {
			return false
		}
		office = place.Parent
	}
	return false
}

// Sees reports whether an officer may read a case: one of their office, or one
// that was forwarded to them.
func (h *Hub) Sees(o Officer, c Case) bool {
	return slices.Contains(rights[o.Role].sees, c.Form.Name) && (h.Under(c.Office, o.Office) || h.Under(c.Unit, o.Office))
}

// SeenBy narrows a selection to what an officer may read, as [Hub.Sees] does.
func (h *Hub) SeenBy(o Officer, s Selection) Selection {
	s.Forms = slices.DeleteFunc(slices.Clone(rights[o.Role].sees), func(form string) bool { return len(s.Forms) > 0 && !slices.Contains(s.Forms, form) })
	if o.Office != "" {
		s.Places = append(slices.Clip(s.Places), h.Below(o.Office))
	}
	return s
}

// Below lists an office with every office and unit below it.
func (h *Hub) Below(office string) (all []string) {
	all = []string{office}
	for _, places := range [][]kiosk.Office{h.Catalogue.Offices, h.Catalogue.Units} {
		for _, p := range places {
			if p.ID != office && h.Under(p.ID, office) {
				all = append(all, p.ID)
			}
		}
	}
	return all
}

// SeesCases reports whether an officer may read any case at all.
func (h *Hub) SeesCases(o Officer) bool { return len(rights[o.Role].sees) > 0 }

// SeesKind reports whether an officer may read cases of a kind at all.
func (h *Hub) SeesKind(o Officer, kind string) bool {
	return slices.Contains(rights[o.Role].sees, kind)
}

// Acts reports whether an officer may change a case: one that their office or
// unit handles.
func (h *Hub) Acts(o Officer, c Case) bool {
	return slices.Contains(rights[o.Role].acts, c.Form.Name) && h.Under(c.Unit, o.Office)
}

// SeesLapor reports whether an officer may see what goes to LAPOR!, FeedsLapor
// whether they hand it over.
func (h *Hub) SeesLapor(o Officer) bool {
	return h.FeedsLapor(o) || o.Role == Supervisor || o.Role == Auditor
}

// FeedsLapor: see [Hub.SeesLapor].
func (h *Hub) FeedsLapor(o Officer) bool { return o.Role == Administrator || o.Role == Verifier }

// OpensIdentity reports whether an officer may look who a confidential visitor
// of a case is.
func (h *Hub) OpensIdentity(o Officer, c Case) bool { return rights[o.Role].identity && h.Acts(o, c) }

// WritesTemplates reports whether an officer may write the answers that others
// begin with.
func (h *Hub) WritesTemplates(o Officer) bool {
	return o.Role == Administrator || o.Role == Verifier || o.Role == PPID || o.Role == Superior
}

// SeesFigures reports whether an officer may read the figures of an office.
func (h *Hub) SeesFigures(o Officer, office string) bool {
	return rights[o.Role].figures && h.Under(office, o.Office)
}

// SeesAlarms reports whether an officer may read what is wrong with kiosks,
// NotesAlarms whether they may say that it is dealt with.
func (h *Hub) SeesAlarms(o Officer) bool {
	return h.NotesAlarms(o) || o.Role == Supervisor || o.Role == Auditor
}

// SeesAudit reports whether an officer may read who did what, of every office.
func (h *Hub) SeesAudit(o Officer) bool {
	return o.Office == "" && (o.Role == Administrator || o.Role == Auditor)
}

// NotesAlarms: see [Hub.SeesAlarms].
func (h *Hub) NotesAlarms(o Officer) bool { return o.Role == Administrator || o.Role == Fleet }

// Next lists the statuses that an officer may give a case now.
func (h *Hub) Next(o Officer, c Case) (all []kiosk.Status) {
	l := h.Lifecycles.Kind(c.Form.Name)
	if l == nil || !h.Acts(o, c) {
		return nil
	}
	for _, s := range l.Next(c.Status) {
		if moves := rights[o.Role].moves; moves == nil || slices.Contains(moves, s) {
			all = append(all, s)
		}
	}
	return all
}

// SeesOutbox reports whether an officer may look after what is sent.
func (h *Hub) SeesOutbox(o Officer) bool { return o.Role == Administrator || o.Role == Fleet }

// ManagesWebhooks reports whether an officer may add and remove webhooks of an
// office.
func (h *Hub) ManagesWebhooks(o Officer, office string) bool {
	return o.Role == Administrator && h.Under(office, o.Office) && (office != "" || o.Office == "")
}

// Publishes reports whether an officer may change the list of published
// information, which is one for the whole ministry.
func (h *Hub) Publishes(o Officer) bool { return o.Role == Administrator || o.Role == PPID }
