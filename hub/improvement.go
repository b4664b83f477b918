package hub

import (
	"context"
	"errors"
	"slices"
	"time"

	"loket/hub/disclosure"
	"loket/hub/masking"
	"loket/kiosk"
)

// The states of an improvement.
const (
	Draft     = "draft"
	Published = "published"
	Withdrawn = "withdrawn"
)

// ErrCase says that an improvement names a case that its writer cannot see.
var ErrCase = errors.New("there is no such case, or not for this officer")

// Improvement is a version of an entry of the list "you said, we changed".
type Improvement struct {
	ID      int64
	Version int
	Office  string // empty: the whole ministry
	Service string // may be empty
	Day     string // YYYY-MM-DD, when it was changed
	Said    kiosk.Text
	Changed kiosk.Text
	Cases   []kiosk.Number // what visitors said
	State   string
	By      string
	At      time.Time
}

// Few reports whether so few cases led to it that their number is not told.
func (i Improvement) Few() bool { return disclosure.Small(len(i.Cases)) }

// ImprovementStore keeps every version of every improvement.
type ImprovementStore interface {
	// AddImprovement keeps a version: the first of a new entry for version 1,
	// else the one after the last, or returns ErrChanged. It returns its id.
	AddImprovement(ctx context.Context, i Improvement) (int64, error)
	// Improvements returns every version, the newest entry first and of each
	// the newest version first.
	Improvements(ctx context.Context) ([]Improvement, error)
	// Improved reports whether any version of an entry is linked with a case.
	Improved(ctx context.Context, n kiosk.Number) (bool, error)
}

// WritesImprovements reports whether an officer may write entries for an office.
func (h *Hub) WritesImprovements(o Officer, office string) bool {
	return (len(rights[o.Role].acts) > 0 || o.Role == Supervisor) && h.Under(office, o.Office)
}

// PublishesImprovements reports whether an officer may publish and withdraw
// those of an office.
func (h *Hub) PublishesImprovements(o Officer, office string) bool {
	return (o.Role == Administrator || o.Role == Supervisor) && h.Under(office, o.Office)
}

// Improve keeps a version of an entry that an officer wrote, masked. It returns
// [ErrForbidden], [ErrEmpty], [ErrCase], and [ErrChanged] when somebody else
// wrote a version meanwhile.
func (h *Hub) Improve(ctx context.Context, o Officer, i Improvement) (int64, error) {
	may := h.WritesImprovements
	if i.State != Draft {
		may = h.PublishesImprovements
	}
	if !may(o, i.Office) {
		return 0, ErrForbidden
	}
	if i.ID != 0 {
		before, err := h.improvement(ctx, i.ID)
		switch {
		case err != nil:
			return 0, err
		case !may(o, before.Office):
			return 0, ErrForbidden
		case before.Version+1 != i.Version:
			return 0, ErrChanged
		}
		// What was linked by who may see it stays linked by who may not.
		i.Cases, err = h.linked(ctx, o, i.Cases, before.Cases)
		if err != nil {
			return 0, err
		}
	} else {
		i.Version = 1
		var err error
		if i.Cases, err = h.linked(ctx, o, i.Cases, nil); err != nil {
			return 0, err
		}
	}
	if i.Office != "" {
		if _, known := h.Catalogue.Office(i.Office); !known {
			return 0, ErrUnit
		}
	}
	if _, known := h.Catalogue.Service(i.Service); !known {
		i.Service = ""
	}
	for _, text := range []kiosk.Text{i.Said, i.Changed} {
		for l, s := range text {
			text[l] = masking.Clean(plain(s))
		}
		if text[kiosk.Indonesian] == "" {
			return 0, ErrEmpty
		}
	}
	if _, err := time.Parse(time.DateOnly, i.Day); err != nil {
		return 0, ErrEmpty
	}
	i.By, i.At = o.Name, h.Now()
	return h.Store.AddImprovement(ctx, i)
}

// linked are the cases of a new version, each once, if the officer may see them
// or they were linked before.
func (h *Hub) linked(ctx context.Context, o Officer, numbers, before []kiosk.Number) (all []kiosk.Number, err error) {
	for _, n := range numbers {
		if slices.Contains(all, n) {
			continue
		}
		if !slices.Contains(before, n) {
			c, err := h.Store.Case(ctx, n)
			if errors.Is(err, ErrNotFound) || err == nil && !h.Sees(o, c) {
				return nil, ErrCase
			}
			if err != nil {
				return nil, err
			}
		}
		all = append(all, n)
	}
	return all, nil
}

// improvement is the newest version of an entry.
func (h *Hub) improvement(ctx context.Context, id int64) (Improvement, error) {
	all, err := h.Store.Improvements(ctx)
	if err != nil {
		return Improvement{}, err
	}
	if at := slices.IndexFunc(all, func(i Improvement) bool { return i.ID == id }); at >= 0 {
		return all[at], nil
	}
	return Improvement{}, ErrNotFound
}

// Improvements returns the newest version of every entry that an officer may
// write on, and every version of one of them for an id.
func (h *Hub) Improvements(ctx context.Context, o Officer, id int64) (newest, versions []Improvement, err error) {
	all, err := h.Store.Improvements(ctx)
	if err != nil {
		return nil, nil, err
	}
	for at, i := range all {
		first := at == 0 || all[at-1].ID != i.ID
		if first && h.WritesImprovements(o, i.Office) {
			newest = append(newest, i)
		}
		if i.ID == id {
			versions = append(versions, i)
		}
	}
	if !slices.ContainsFunc(newest, func(i Improvement) bool { return i.ID == id }) {
		versions = nil
	}
	return newest, versions, nil
}

// Changes returns what is published of the list, what was changed last first:
// of each entry the version published last, unless it was withdrawn since.
func (h *Hub) Changes(ctx context.Context) (public []Improvement, err error) {
	all, err := h.Store.Improvements(ctx)
	if err != nil {
		return nil, err
	}
	decided := map[int64]bool{}
	for _, i := range all {
		if decided[i.ID] || i.State == Draft {
			continue
		}
		if decided[i.ID] = true; i.State == Published {
			public = append(public, i)
		}
	}
	slices.SortStableFunc(public, func(a, b Improvement) int {
		if a.Day > b.Day {
			return -1
		} else if a.Day < b.Day {
			return 1
		}
		return 0
	})
	return public, nil
}

// ChangesFor are the published entries that a case led to.
func (h *Hub) ChangesFor(ctx context.Context, n kiosk.Number) ([]Improvement, error) {
	improved, err := h.Store.Improved(ctx, n)
	if err != nil || !improved { // as of nearly all
		return nil, err
	}
	all, err := h.Changes(ctx)
	return slices.DeleteFunc(all, func(i Improvement) bool { return !slices.Contains(i.Cases, n) }), err
}
