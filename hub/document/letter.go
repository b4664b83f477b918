package document

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"loket/hub"
	"loket/hub/paper"
	"loket/kiosk"
)

// The letters of a case, by the names that their addresses have.
const (
	Proof   = "tanda-bukti"   // of receipt of a request (UU 14/2008 art. 22(4))
	Notice  = "pemberitahuan" // the written answer to it (art. 22(7))
	Refusal = "penolakan"     // the decision to refuse, whole or in part (art. 17)
	Reply   = "tanggapan"     // the superior's answer to an objection (art. 36(2))
)

// Letters are those that a case as it stands can have.
func (w *Writer) Letters(c hub.Case) (all []string) {
	answered := c.Outcome != ""
	switch c.Form.Name {
	case "information":
		if all = []string{Proof}; answered {
			all = append(all, Notice)
		}
		if c.Outcome == "refused" || c.Outcome == "partial" {
			all = append(all, Refusal)
		}
	case "objection":
		if answered {
			all = append(all, Reply)
		}
	}
	return all
}

// letter is what every letter of a case needs.
type letter struct {
	hub.Case
	entry    hub.RegisterEntry
	number   string // in the book, else the one that the visitor has
	filed    string
	answered time.Time // in the office's zone
	sign     paper.Sign
	place    string
}

// Letter writes a letter of a case as a paper ready to sign, or returns
// [hub.ErrNotFound] for one that it cannot have.
func (w *Writer) Letter(ctx context.Context, name string, c hub.Case) ([]byte, error) {
	if !slices.Contains(w.Letters(c), name) {
		return nil, hub.ErrNotFound
	}
	x := &letter{Case: c, place: w.Place(c.Office), filed: w.words().Date(w.Hub.Local(c.Office, c.FiledAt)), number: c.Number.String()}
	n, err := w.Hub.Store.RegisterNumber(ctx, c.Number)
	if err == nil {
		x.number = n.Label + " (" + c.Number.String() + ")"
	} else if !errors.Is(err, hub.ErrNotFound) {
		return nil, err
	}
	if x.entry, err = w.Hub.Store.RegisterEntry(ctx, c.Number); errors.Is(err, hub.ErrNotFound) {
		x.entry, err = hub.RegisterEntry{Cost: hub.NotSaid}, nil
	}
	if err != nil {
		return nil, err
	}
	x.answered, _ = w.Hub.AnsweredAt(c)
	texts, err := w.Hub.Store.ReportTexts(ctx, c.Office, w.Hub.Local(c.Office, w.Hub.Now()).Year())
	if err != nil {
		return nil, err
	}
	x.sign = w.Sign(c.Office, texts)
	p := w.paper(w.words().T("paper."+name+".title"), x.place+" · "+c.Number.String())
	map[string]func(*paper.Paper, *letter){Proof: w.proof, Notice: w.notice, Refusal: w.refusal, Reply: w.reply}[name](p, x)
	return p.Bytes()
}

// head is the body's name above a letter, and its title.
func (w *Writer) head(p *paper.Paper, x *letter, title string) {
	pdf := p.PDF()
	pdf.SetFont("Jakarta", "B", 11)
	pdf.MultiCell(p.Width(), 5.5, w.Hub.Catalogue.Ministry.In(kiosk.Indonesian)+"\n"+x.place, "", "C", false)
	pdf.SetFont("Atkinson", "", 10)
	pdf.Ln(3)
	p.Title(title)
}

// applicant is who asked for what, as the letters of the annex begin.
func (w *Writer) applicant(x *letter, more ...string) (pairs [][2]string) {
	t := w.words().T
	pairs = [][2]string{{t("proof.number"), x.number}}
	f := w.Hub.Catalogue.At(x.Form)
	for _, id := range append([]string{"name", "address", "occupation", "phone", "email"}, more...) {
		if field := f.Field(id); field != nil {
			text := w.Hub.Said(x.Case, id)
			if id == "request" {
				text = kiosk.Number(text).String()
			}
			pairs = append(pairs, [2]string{field.Label.In(kiosk.Indonesian), text})
		}
	}
	return pairs
}

// proof is two leaves, one for the office and one for the visitor.
func (w *Writer) proof(p *paper.Paper, x *letter) {
	t := w.words().T
	due := ""
	if term, ok := w.Hub.Answering(x.Case); ok && !term.Paused {
		due = w.words().Date(term.Due)
	}
	for i, leaf := range []string{"proof.leaf.office", "proof.leaf.visitor"} {
		if i > 0 {
			p.PDF().AddPage()
		}
		p.PDF().CellFormat(p.Width(), 5, t(leaf), "", 1, "R", false, 0, "")
		w.head(p, x, t("proof.title"))
		p.Pairs(append([][2]string{{t("proof.filed"), x.filed}, {t("proof.due"), due}}, w.applicant(x, "information", "purpose", "obtain", "delivery")...))
		p.Signs(paper.Sign{Role: t("proof.officer"), NIP: true}, paper.Sign{Place: x.sign.Place, Role: t("proof.visitor"), Name: x.Answers["name"]})
		p.Heading(t("proof.rights"))
		for n, key := range []string{"proof.right.answer", "proof.right.objection", "proof.right.dispute", "proof.right.free"} {
			p.Small(fmt.Sprintf("%d. %s", n+1, t(key)))
		}
	}
}

func box(ticked bool) string {
	if ticked {
		return "[x] "
	}
	return "[  ] "
}

// boxes is a list to choose from, with what was chosen ticked.
func boxes(labels []string, chosen string) string {
	var lines []string
	for _, l := range labels {
		lines = append(lines, box(strings.EqualFold(l, chosen))+l)
	}
	return strings.Join(lines, "\n")
}

// notice is the written answer, with the points of art. 22(7).
func (w *Writer) notice(p *paper.Paper, x *letter) {
	t := w.words().T
	w.head(p, x, t("paper.pemberitahuan.title"))
	p.Text(t("paper.notice.intro", "date", x.filed, "number", x.number))
	p.Pairs(w.applicant(x, "information", "purpose"))
	outcome, why := w.Hub.Decided(x.Case)
	given := x.Outcome == "granted" || x.Outcome == "partial"
	p.Heading(t("paper.notice.decision"))
	p.Pairs([][2]string{{t("paper.decision"), outcome}, {t("paper.notice.answered"), w.words().Date(x.answered)}})
	p.Text(x.Answer)
	if given {
		p.Heading(t("paper.notice.given"))
		cost := t("paper.notice.cost.none")
		switch {
		case x.entry.Cost == hub.NotSaid:
			cost = ""
		case x.entry.Cost > 0:
			cost = "Rp" + decimal(big.NewRat(x.entry.Cost, 1), 0)
			if x.entry.Payment != "" {
				cost += " · " + x.entry.Payment
			}
		}
		day := ""
		if d, err := time.Parse(time.DateOnly, x.entry.Given); err == nil {
			day = w.words().Date(d)
		}
		blackened := t("paper.notice.blackened.none")
		if x.Outcome == "partial" {
			blackened = t("paper.notice.blackened", "why", why)
		}
		p.Pairs([][2]string{
			{t("paper.notice.holder"), boxes([]string{t("paper.notice.ours"), t("paper.notice.theirs")}, t("paper.notice.ours"))},
			{t("book.form"), boxes(hub.HeldForms, x.entry.Form)},
			{t("paper.notice.obtain"), w.Hub.Said(x.Case, "obtain")}, {t("paper.notice.delivery"), w.Hub.Said(x.Case, "delivery")},
			{t("paper.notice.cost"), cost}, {t("book.given"), day}, {t("paper.notice.hidden"), blackened},
		})
	} else {
		p.Heading(t("paper.notice.withheld"))
		p.Text(box(x.Outcome == "not_held") + t("paper.notice.notheld"))
		if x.Holder != "" {
			p.Pairs([][2]string{{t("paper.notice.theirs"), x.Holder}})
		}
		p.Text(box(x.entry.Undocumented) + t("paper.notice.undocumented"))
		p.Text(box(x.Outcome == "refused") + t("paper.notice.excluded"))
		if why != "" {
			p.Pairs([][2]string{{t("paper.ground"), why}})
		}
	}
	p.Small(t("proof.right.objection"))
	p.Signs(paper.Sign{}, x.sign)
}

// refusal is the decision of the PPID to refuse.
func (w *Writer) refusal(p *paper.Paper, x *letter) {
	t := w.words().T
	w.head(p, x, t("paper.penolakan.title"))
	p.Pairs(w.applicant(x, "information", "purpose"))
	outcome, why := w.Hub.Decided(x.Case)
	p.Text(t("paper.refusal.decides"))
	p.Heading(t("paper.refusal.excluded"))
	p.Pairs([][2]string{{t("paper.ground"), why}})
	p.Text(t("paper.refusal.because"))
	p.Text(x.Answer)
	p.Heading(t("paper.refusal.stated"))
	p.Pairs([][2]string{{t("paper.decision"), outcome}, {t("paper.notice.answered"), w.words().Date(x.answered)}})
	p.Text(t("paper.refusal.objection"))
	p.Signs(paper.Sign{}, x.sign)
}

// reply is the superior's answer to an objection.
func (w *Writer) reply(p *paper.Paper, x *letter) {
	t := w.words().T
	w.head(p, x, t("paper.tanggapan.title"))
	p.Pairs(w.applicant(x, "request", "ground", "story"))
	outcome, why := w.Hub.Decided(x.Case)
	p.Heading(t("paper.reply.decides"))
	pairs := [][2]string{{t("paper.decision"), outcome}, {t("paper.notice.answered"), w.words().Date(x.answered)}}
	if why != "" {
		pairs = append(pairs, [2]string{t("paper.reason"), why})
	}
	p.Pairs(pairs)
	p.Text(x.Answer)
	p.Small(t("proof.right.dispute"))
	sign := paper.Sign{Place: x.sign.Place, Role: t("paper.superior"), Name: x.entry.Superior, NIP: true}
	if x.entry.Position != "" {
		sign.Role = x.entry.Position
	}
	p.Signs(paper.Sign{}, sign)
}
