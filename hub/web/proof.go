package web

import (
	"net/http"

	"loket/hub"
	"loket/hub/document"
	"loket/kiosk"
	"loket/kiosk/track"
)

func (s *Server) letterRoutes(_, desk *routes) {
	desk.Handle("GET /desk/case/{number}/tanda-bukti", s.officer(s.proof))
	for _, name := range []string{document.Proof, document.Notice, document.Refusal, document.Reply} {
		desk.Handle("GET /desk/case/{number}/"+name+".pdf", s.officer(func(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
			return s.letter(w, r, officer, name)
		}))
	}
}

// letter sends a letter of a case as a paper ready to sign.
func (s *Server) letter(w http.ResponseWriter, r *http.Request, officer hub.Officer, name string) error {
	n, err := track.ParseNumber(r.PathValue("number"))
	if err != nil {
		return hub.ErrNotFound
	}
	c, err := s.hub.Store.Case(r.Context(), n)
	if err == nil && !s.hub.Sees(officer, c) {
		err = hub.ErrNotFound
	}
	if err != nil {
		return err
	}
	b, err := s.documents.Letter(r.Context(), name, c)
	if err != nil {
		return err
	}
	return sendFile(w, name+"-"+string(n)+".pdf", "application/pdf", b)
}

// proof is the tanda bukti of a request for information (UU 14/2008 art. 22(4)),
// with the fields of Perki 1/2010's annex.
type proof struct {
	Number, Office, City, Name, Filed string
	Lines                             []answer
}

// proofPage holds it twice: a leaf for the office, one for the visitor.
type proofPage struct {
	page
	Path   string
	Proof  proof
	Leaves []string
	Rights []string
}

// proof shows the two leaves, ready to print and sign.
func (s *Server) proof(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	n, err := track.ParseNumber(r.PathValue("number"))
	if err != nil {
		return hub.ErrNotFound
	}
	c, err := s.hub.Store.Case(r.Context(), n)
	if err == nil && (!s.hub.Sees(officer, c) || c.Form.Name != "information") {
		err = hub.ErrNotFound
	}
	if err != nil {
		return err
	}
	words := s.words.In(kiosk.Indonesian)
	office, _ := s.hub.Catalogue.Office(c.Office)
	filed := words.Date(s.hub.Local(c.Office, c.FiledAt))
	due := ""
	if term, ok := s.hub.Answering(c); ok && !term.Paused {
		due = words.Date(term.Due)
	}
	p := &proofPage{Path: string(c.Number), Leaves: []string{words.T("proof.leaf.office"), words.T("proof.leaf.visitor")},
		Proof: proof{Number: c.Number.String(), Office: office.Name.In(kiosk.Indonesian), City: office.City, Name: c.Answers["name"], Filed: filed,
			Lines: []answer{{words.T("proof.filed"), filed}, {words.T("proof.due"), due}, {words.T("proof.number"), c.Number.String()}}}}
	s.desk(&p.page, r, officer)
	f := s.hub.Catalogue.At(c.Form)
	for _, id := range []string{"name", "address", "occupation", "phone", "email", "information", "purpose", "obtain", "delivery"} {
		if field := f.Field(id); field != nil {
			p.Proof.Lines = append(p.Proof.Lines, answer{field.Label.In(kiosk.Indonesian), s.readable(field, c.Answers[id], words)})
		}
	}
	for _, key := range []string{"proof.right.answer", "proof.right.objection", "proof.right.dispute", "proof.right.free"} {
		p.Rights = append(p.Rights, words.T(key))
	}
	return s.render(w, http.StatusOK, "proof", p, r)
}
