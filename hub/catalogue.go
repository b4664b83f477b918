package hub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"time"

	"loket/hub/lapor"
	"loket/hub/lifecycle"
	"loket/hub/satisfaction"
	"loket/kiosk"
	"loket/kiosk/catalogue"
	"loket/kiosk/form"
	"loket/kiosk/seal"
	"loket/kiosk/workday"
)

// Catalogue is what lies over the embedded data since somebody changed it: offices,
// services, forms, sentences, holidays.
type Catalogue struct {
	Version int64 // only ever grows; 0 for what is embedded
	At      time.Time
	By      string
	Note    string // why
	Changed string // path of the file that differs from the version before
	Files   catalogue.Files
}

// CatalogueStore keeps catalogues.
type CatalogueStore interface {
	// Catalogues returns all of them, the newest first.
	Catalogues(ctx context.Context) ([]Catalogue, error)
	// CatalogueVersion is the newest version, 0 for none.
	CatalogueVersion(ctx context.Context) (int64, error)
	// AddCatalogue keeps one after a version; ErrChanged where that is not the newest.
	AddCatalogue(ctx context.Context, c Catalogue, after int64) (int64, error)
}

// Data is what a hub works with: it can be made anew while the hub runs.
type Data struct {
	Base        fs.FS // what the newest catalogue lies over
	Issue       Catalogue
	Files       fs.FS // in use: base with the catalogue over it, or base alone: see [ErrUnusable]
	Catalogue   *form.Catalogue
	Lifecycles  *lifecycle.Catalogue
	Instruments *satisfaction.Catalogue
	Lapor       *lapor.Rules
	Calendar    *workday.Calendar // without what was added on the hub
}

// LoadData reads what a hub works with: base, the newest catalogue over it, and the
// forms of all before. A catalogue that an older or later program cannot use is left
// out, and said.
func LoadData(ctx context.Context, store CatalogueStore, base fs.FS) (*Data, error) {
	all, err := store.Catalogues(ctx)
	if err != nil {
		return nil, err
	}
	var newest Catalogue
	if len(all) > 0 {
		newest = all[0]
	}
	d, unusable := try(base, newest)
	if unusable != nil {
		if d, err = try(base, Catalogue{}); err != nil {
			return nil, err
		}
		d.Issue = newest
		unusable = fmt.Errorf("%w: version %d: %w", ErrUnusable, newest.Version, unusable)
	}
	d.Catalogue.Past = past(base, all)
	return d, unusable
}

// ErrUnusable says that the newest catalogue does not fit this program; what is
// embedded is used in its place.
var ErrUnusable = errors.New("the catalogue cannot be used by this version of the program")

// past are the forms of every version that was in use.
func past(base fs.FS, all []Catalogue) (forms []*form.Form) {
	seen := map[kiosk.FormRef]bool{}
	for _, c := range append(all, Catalogue{}) {
		loaded, err := form.Load(c.Files.Over(base))
		if err != nil {
			continue
		}
		for _, f := range loaded.Forms {
			if ref := f.Ref(); !seen[ref] {
				seen[ref] = true
				forms = append(forms, f)
			}
		}
	}
	return forms
}

// try makes what a hub works with out of a catalogue.
func try(base fs.FS, c Catalogue) (*Data, error) {
	if err := catalogue.Check(base, c.Files); err != nil {
		return nil, err
	}
	files := c.Files.Over(base)
	d := &Data{Base: base, Issue: c, Files: files}
	var err error
	if d.Catalogue, err = form.Load(files); err != nil {
		return nil, err
	}
	if d.Lifecycles, err = lifecycle.Load(files, d.Catalogue); err != nil {
		return nil, err
	}
	if d.Instruments, err = satisfaction.Load(files, d.Catalogue); err != nil {
		return nil, err
	}
	if d.Lapor, err = lapor.Load(files, d.Catalogue); err != nil {
		return nil, err
	}
	d.Calendar, err = workday.Load(files)
	return d, err
}

// EditsCatalogue reports whether an officer may change what every office's kiosks
// say and ask.
func (h *Hub) EditsCatalogue(o Officer) bool { return o.Role == Administrator && o.Office == "" }

// A CatalogueError says why a catalogue cannot be used, for who wrote it.
type CatalogueError struct{ Err error }

// Error implements error.
func (e *CatalogueError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *CatalogueError) Unwrap() error { return e.Err }

// TryFile reports whether a file can take the place of the one in use, and returns
// what all would then be. The error is a [CatalogueError] where the file is at fault.
func (h *Hub) TryFile(name, text string) (*Data, error) {
	next := Catalogue{Version: h.Data.Issue.Version, Files: catalogue.Files{}}
	maps.Copy(next.Files, h.Data.Issue.Files)
	next.Files[name] = strings.ReplaceAll(text, "\r\n", "\n")
	d, err := try(h.Data.Base, next)
	if err == nil {
		err = catalogue.Raised(h.Data.Base, h.Data.Issue.Files, next.Files)
	}
	if err == nil {
		for _, o := range h.Data.Catalogue.Offices { // cases, kiosks and officers belong to them
			if _, there := d.Catalogue.Office(o.ID); !there {
				err = fmt.Errorf("offices.toml: the office %q cannot be taken away: cases and kiosks belong to it", o.ID)
			}
		}
	}
	if err != nil {
		return nil, &CatalogueError{err}
	}
	return d, nil
}

// PublishFile puts a file into use, everywhere, after the version that was seen. It
// returns [ErrForbidden], [ErrNoNote], [ErrChanged] or a [CatalogueError].
func (h *Hub) PublishFile(ctx context.Context, o Officer, name, text, note string, seen int64) (int64, error) {
	if !h.EditsCatalogue(o) {
		return 0, ErrForbidden
	}
	if note = strings.TrimSpace(note); note == "" {
		return 0, ErrNoNote
	}
	d, err := h.TryFile(name, text)
	if err != nil {
		return 0, err
	}
	d.Issue.At, d.Issue.By, d.Issue.Note, d.Issue.Changed = h.Now(), o.Name, note, name
	version, err := h.Store.AddCatalogue(ctx, d.Issue, seen)
	if err != nil {
		return 0, err
	}
	h.renew()
	return version, nil
}

// renew tells who runs the hub that there is another catalogue.
func (h *Hub) renew() {
	if h.Renewed != nil {
		h.Renewed()
	}
}

// SignedCatalogue is the catalogue in use on its way to kiosks; false for what is
// embedded.
func (h *Hub) SignedCatalogue() (seal.Signed, bool) {
	if h.Data.Issue.Version == 0 {
		return seal.Signed{}, false
	}
	return seal.SignCatalogue(h.Keys.Ack, seal.Catalogue{Hub: h.Keys.Bundle.Hub, Version: h.Data.Issue.Version, Files: h.Data.Issue.Files}), true
}
