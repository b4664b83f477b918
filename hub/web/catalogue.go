package web

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/catalogue"
	"loket/kiosk/form"
)

func (s *Server) catalogueRoutes(_, desk *routes) {
	desk.Handle("GET /desk/catalogue", s.officer(s.catalogue))
	desk.Handle("GET /desk/catalogue/edit", s.officer(s.catalogueEdit))
	desk.Handle("POST /desk/catalogue/edit", s.officer(s.cataloguePublish))
}

// catalogueBytes is how large a form with a file of a catalogue may be.
const catalogueBytes = 4 << 20

type catalogueFile struct {
	Name    string
	Own     bool // differs from what is embedded
	Changed string
}

type catalogueChange struct {
	Version                  int64
	At, By, Note, File, Path string
}

type cataloguePage struct {
	page
	Files   []catalogueFile
	Changes []catalogueChange
}

// catalogue lists what can be changed, and what was.
func (s *Server) catalogue(out http.ResponseWriter, r *http.Request, o hub.Officer) error {
	all, err := s.hub.Store.Catalogues(r.Context())
	if err != nil {
		return err
	}
	names, err := catalogue.Names(s.hub.Data.Base)
	if err != nil {
		return err
	}
	w := s.say(r)
	p := &cataloguePage{}
	p.Message = map[string]string{"published": "catalogue.published"}[r.FormValue("done")]
	s.desk(&p.page, r, o)
	changed := map[string]string{}
	for _, c := range all {
		p.Changes = append(p.Changes, catalogueChange{c.Version, s.when(w, o, c.At), c.By, c.Note, c.Changed, fmt.Sprintf("/desk/catalogue/edit?file=%s&version=%d", c.Changed, c.Version)})
		if changed[c.Changed] == "" {
			changed[c.Changed] = s.when(w, o, c.At)
		}
	}
	for _, name := range names {
		_, own := s.hub.Data.Issue.Files[name]
		p.Files = append(p.Files, catalogueFile{name, own, changed[name]})
	}
	return s.render(out, http.StatusOK, "catalogue", p, r)
}

// previewed is a page of a form, as a visitor sees it.
type previewed struct {
	Question, Hint, Example string
	Options                 []string
	Kind                    string // write, choose or pick
	N, Of                   int
	Skip                    bool
}

type editPage struct {
	page
	File, Text, Note string
	Seen             int64
	Old              string // when a version of before was in use, which is shown
	Problem          string // what is wrong, as the program says it
	Checked          bool
	Preview          []previewed
	Title, Before    string
}

// catalogueEdit shows a file to be changed, or as it was in a version.
func (s *Server) catalogueEdit(out http.ResponseWriter, r *http.Request, o hub.Officer) error {
	name := r.FormValue("file")
	names, err := catalogue.Names(s.hub.Data.Base)
	if err != nil {
		return err
	}
	if !slices.Contains(names, name) {
		return hub.ErrNotFound
	}
	p := &editPage{File: name, Seen: s.hub.Data.Issue.Version}
	files := s.hub.Data.Issue.Files
	switch version := r.FormValue("version"); version {
	case "":
	case "0":
		files, p.Old = nil, "0"
	default:
		all, err := s.hub.Store.Catalogues(r.Context())
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(c hub.Catalogue) bool { return fmt.Sprint(c.Version) == version })
		if i < 0 {
			return hub.ErrNotFound
		}
		files, p.Old = all[i].Files, s.when(s.say(r), o, all[i].At)
	}
	b, err := fs.ReadFile(catalogue.Files(files).Over(s.hub.Data.Base), name)
	if err != nil {
		return err
	}
	p.Text = string(b)
	if d, err := s.hub.TryFile(name, p.Text); err == nil {
		s.preview(p, d, language(r))
	}
	return s.showEdit(out, r, o, http.StatusOK, p)
}

func (s *Server) showEdit(out http.ResponseWriter, r *http.Request, o hub.Officer, status int, p *editPage) error {
	s.desk(&p.page, r, o)
	return s.render(out, status, "catalogueedit", p, r)
}

// preview lays out a form's pages.
func (s *Server) preview(p *editPage, d *hub.Data, l kiosk.Language) {
	name, ok := strings.CutPrefix(strings.TrimSuffix(p.File, ".toml"), "forms/")
	f := d.Catalogue.Form(name)
	if !ok || f == nil {
		return
	}
	p.Title, p.Before = f.Title.In(l), f.Before.In(l)
	for i, field := range f.Fields {
		x := previewed{Question: field.Question.In(l), Hint: field.Hint.In(l), N: i + 1, Of: len(f.Fields), Kind: "write", Skip: !field.Needs(nil) && field.Must == nil}
		if examples := field.Examples[l]; len(examples) > 0 {
			x.Example = examples[0]
		}
		switch field.Type {
		case form.Identity:
			x.Kind = "choose"
			for _, identity := range f.Identities {
				x.Options = append(x.Options, s.words.In(l).T("identity."+string(identity)))
			}
		case form.Choice:
			x.Kind = "choose"
			for _, option := range field.Options {
				x.Options = append(x.Options, option.Label.In(l))
			}
		case form.Date, form.Office, form.Service:
			x.Kind = "pick"
		}
		p.Preview = append(p.Preview, x)
	}
}

// cataloguePublish checks a file, and puts it into use where that is asked for.
func (s *Server) cataloguePublish(out http.ResponseWriter, r *http.Request, o hub.Officer) error {
	r.Body = http.MaxBytesReader(out, r.Body, catalogueBytes)
	if err := r.ParseForm(); err != nil {
		return err
	}
	p := &editPage{File: r.PostFormValue("file"), Text: r.PostFormValue("text"), Note: r.PostFormValue("note")}
	fmt.Sscan(r.PostFormValue("seen"), &p.Seen)
	d, err := s.hub.TryFile(p.File, p.Text)
	if err == nil {
		p.Checked = true
		s.preview(p, d, language(r))
		if r.PostFormValue("act") == "publish" {
			_, err = s.hub.PublishFile(r.Context(), o, p.File, p.Text, p.Note, p.Seen)
			if err == nil {
				http.Redirect(out, r, "/desk/catalogue?done=published", http.StatusSeeOther)
				return nil
			}
		}
	}
	var wrong *hub.CatalogueError
	status := http.StatusUnprocessableEntity
	switch {
	case errors.As(err, &wrong):
		p.Problem, p.Message = wrong.Error(), "catalogue.wrong"
	case errors.Is(err, hub.ErrNoNote):
		p.Message = "catalogue.note.missing"
	case errors.Is(err, hub.ErrChanged):
		status, p.Message = http.StatusConflict, "catalogue.changed"
	case errors.Is(err, hub.ErrForbidden):
		return notYours
	case err != nil:
		return err
	default:
		status, p.Message = http.StatusOK, "catalogue.right"
	}
	return s.showEdit(out, r, o, status, p)
}
