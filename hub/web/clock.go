package web

import (
	"loket/hub"
	"loket/kiosk"
)

// clock is a term as a page shows it: the date, how far it is, and every day
// that was counted, so that anybody can check it.
type clock struct {
	ID, Label, Basis string
	Due              string // empty while it waits
	Estimated        bool
	State            string // key of a sentence: clock.running, .paused, .kept, .late or .missed
	Days             int    // of the sentence
	Urgency          string // css: late, soon or empty
	Visitor          bool
	Counted          []countedDay
}

type countedDay struct {
	Date, Why string
	N         int // of a working day
}

// clocks are the terms of a case in a language.
func (s *Server) clocks(c hub.Case, language kiosk.Language) (all []clock) {
	w := s.words.In(language)
	for _, r := range s.hub.Clocks(c) {
		k := clock{ID: r.ID, Label: r.Label.In(language), Basis: r.Basis.In(language), Estimated: r.Estimated, Visitor: r.Visitor, Days: r.Left}
		if !r.Paused {
			k.Due = w.Date(r.Due)
		}
		switch stopped := !r.Stopped.IsZero(); {
		case r.Paused:
			k.State = "clock.paused"
		case stopped && r.Late:
			k.State, k.Days = "clock.missed", -r.Left
		case stopped:
			k.State = "clock.kept"
		case r.Late:
			k.State, k.Days, k.Urgency = "clock.late", -r.Left, "late"
		default:
			if k.State = "clock.running"; r.Left <= 1 {
				k.Urgency = "soon"
			}
		}
		for _, d := range r.Count.Days {
			why := d.Name
			if why == "" {
				why = w.T("day." + string(d.Kind))
			}
			k.Counted = append(k.Counted, countedDay{w.Date(d.Date), why, d.N})
		}
		all = append(all, k)
	}
	return all
}
