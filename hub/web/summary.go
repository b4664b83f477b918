package web

import (
	"net/http"

	"loket/hub"
	"loket/hub/masking"
)

func (s *Server) summaryRoutes(_, desk *routes) {
	desk.Handle("POST /desk/case/{number}/summary", s.officer(s.summary))
}

// maskedKind is how often something was taken out of a text.
type maskedKind struct {
	Key string // of its name
	N   int
}

// summaryPage shows what the public would read, before it does.
type summaryPage struct {
	page
	Path    string
	Edition int
	Typed   string
	Shown   string // masked
	Masked  []maskedKind
}

// summary shows an officer's summary as the public would see it, and publishes
// it when they say so.
func (s *Server) summary(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	c, seen, err := s.changing(w, r, officer)
	if err != nil {
		return err
	}
	text := r.PostFormValue("text")
	if r.PostFormValue("do") == "publish" {
		err := s.hub.Summarise(r.Context(), officer, c.Number, seen, text)
		return s.changed(w, r, officer, err, func(p *casePage) { p.Summary = text })
	}
	if !s.hub.Summarises(officer, c) {
		return s.changed(w, r, officer, hub.ErrForbidden, func(*casePage) {})
	}
	p := &summaryPage{Path: string(c.Number), Edition: seen, Typed: text}
	shown, found := s.hub.Mask(c, text)
	p.Shown = shown
	for _, k := range masking.Kinds {
		if found[k] > 0 {
			p.Masked = append(p.Masked, maskedKind{"masked." + string(k), found[k]})
		}
	}
	p.Number = c.Number.String()
	s.desk(&p.page, r, officer)
	return s.render(w, http.StatusOK, "summary", p, r)
}
