// Package document writes what an office signs and publishes, from what the hub
// knows: the proof of receipt of a request, the notice and refusal that answer
// it, the yearly report of information service, the publication of a survey.
// Each is in Indonesian, whoever asks for it.
package document

import (
	"fmt"
	"io/fs"
	"math/big"
	"strings"

	"loket/hub"
	"loket/hub/paper"
	"loket/kiosk"
	"loket/kiosk/words"
)

// Writer writes the documents of one hub. Fonts holds fonts/*.ttf.
type Writer struct {
	Hub   *hub.Hub
	Words *words.Catalogue
	Fonts fs.FS
}

// Document is chapters that a page or a paper shows.
type Document struct {
	Title    string
	Subtitle string // whose, and of when
	Chapters []Chapter
	Notes    []string // sources, in small type
	Sign     paper.Sign
}

// Chapter is one chapter, with its parts in order.
type Chapter struct {
	Heading string
	Parts   []Part
}

// Part is one of: a figure in large type, text, a table, or bars; with a heading
// where it has one.
type Part struct {
	Heading string
	Figure  string
	Text    string
	Field   string // of hub.ReportFields: people wrote Text, or have yet to
	Columns []paper.Column
	Rows    [][]string
	Bars    []Bar
}

// Bar is one value of a chart of bars, with the share of the longest.
type Bar struct {
	Label string
	Said  string // the value, as people read it
	Share float64
}

// PDF sets the document as a paper.
func (w *Writer) PDF(d *Document) ([]byte, error) {
	p := w.paper(d.Title, d.Subtitle)
	p.Title(d.Title)
	p.Text(d.Subtitle)
	for i, c := range d.Chapters {
		p.Keep(45) // no heading stands alone at the foot of a page
		p.Heading(c.Heading)
		for j, x := range c.Parts {
			if x.Heading != "" {
				p.Keep(max(20, float64(len(x.Bars))*barMM+10))
				pdf := p.PDF()
				pdf.SetFont("Atkinson", "B", 10)
				pdf.MultiCell(p.Width(), 5.5, x.Heading, "", "L", false)
				pdf.SetFont("Atkinson", "", 10)
			}
			if x.Figure != "" {
				pdf := p.PDF()
				pdf.SetFont("Jakarta", "B", 34)
				pdf.CellFormat(p.Width(), 15, x.Figure, "", 1, "L", false, 0, "")
				pdf.SetFont("Atkinson", "", 10)
				pdf.Ln(1)
			}
			switch {
			case x.Field != "" && x.Text == "":
				p.Small(w.words().T("year.unwritten"))
			case x.Text != "":
				p.Text(x.Text)
			}
			if len(x.Rows) > 0 {
				for i := range x.Columns {
					x.Columns[i].Share = max(x.Columns[i].Share, 1)
				}
				ending := 0.0
				if i == len(d.Chapters)-1 && j == len(c.Parts)-1 && len(x.Bars) == 0 {
					ending = p.Ending(d.Notes)
				}
				p.TableBefore(ending, x.Columns, x.Rows)
			}
			if len(x.Bars) > 0 {
				bars(p, x.Bars)
			}
		}
	}
	for _, note := range d.Notes {
		p.Small(note)
	}
	p.Signs(paper.Sign{}, d.Sign)
	return p.Bytes()
}

const barMM = 5.2 // of a bar, with the space around it

// bars draws a chart of bars, which is not cut between two pages.
func bars(p *paper.Paper, all []Bar) {
	const tall, said = barMM, 20.0
	pdf := p.PDF()
	pdf.SetFontSize(8.5)
	label := 20.0
	for _, b := range all {
		label = min(max(label, pdf.GetStringWidth(b.Label)+4), p.Width()/2)
	}
	p.Keep(float64(len(all))*tall + 3)
	left, _, _, _ := pdf.GetMargins()
	most := p.Width() - label - said
	for _, b := range all {
		y := pdf.GetY()
		pdf.SetFontSize(8.5)
		pdf.SetXY(left, y)
		pdf.CellFormat(label-2, tall, b.Label, "", 0, "L", false, 0, "")
		pdf.SetFillColor(241, 234, 220)
		pdf.Rect(left+label, y+0.9, most, tall-1.8, "F")
		pdf.SetFillColor(11, 79, 85)
		pdf.Rect(left+label, y+0.9, most*b.Share, tall-1.8, "F")
		pdf.SetXY(left+label+most+2, y)
		pdf.CellFormat(said-2, tall, b.Said, "", 0, "L", false, 0, "")
		pdf.SetXY(left, y+tall)
	}
	pdf.SetFontSize(10)
	pdf.Ln(3)
}

func (w *Writer) paper(title, foot string) *paper.Paper {
	return paper.New(w.Fonts, paper.Options{Title: title, Footer: foot, Language: kiosk.Indonesian, Made: w.Hub.Now()})
}

func (w *Writer) words() words.Words { return w.Words.In(kiosk.Indonesian) }

// Place is how papers call an office: by the ministry, where it is none.
func (w *Writer) Place(office string) string {
	if o, ok := w.Hub.Catalogue.Office(office); ok {
		return o.Name.In(kiosk.Indonesian)
	}
	return w.Hub.Catalogue.Ministry.In(kiosk.Indonesian)
}

// Sign is where the official in charge of an office signs today, by name where
// the office wrote it for its report.
func (w *Writer) Sign(office string, t hub.ReportTexts) paper.Sign {
	o, ok := w.Hub.Catalogue.Office(office)
	if !ok {
		o = w.Hub.Catalogue.Offices[0]
	}
	s := paper.Sign{Place: o.City + ", " + w.words().Day(w.Hub.Local(o.ID, w.Hub.Now())), Role: t.Texts["position"], Name: t.Texts["official"], NIP: true, No: t.Texts["nip"]}
	if s.Role == "" {
		s.Role = w.words().T("year.official")
	}
	return s
}

// decimal writes a number as Indonesians do: 1.234,5.
func decimal(n *big.Rat, places int) string {
	if n == nil {
		return "–"
	}
	whole, part, _ := strings.Cut(n.FloatString(places), ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "." + whole[i:]
	}
	if part != "" {
		whole += "," + part
	}
	return whole
}

func whole(n int) string { return decimal(big.NewRat(int64(n), 1), 0) }

// longest fills in the shares of bars.
func longest(values []*big.Rat, all []Bar) []Bar {
	most := new(big.Rat)
	for _, v := range values {
		if v != nil && v.Cmp(most) > 0 {
			most = v
		}
	}
	for i, v := range values {
		if v != nil && most.Sign() > 0 {
			all[i].Share, _ = new(big.Rat).Quo(v, most).Float64()
		}
	}
	return all
}

func ofYear(place string, year int) string { return fmt.Sprintf("%s · %d", place, year) }
