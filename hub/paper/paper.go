// Package paper sets the hub's papers as PDF: A4, the project's own fonts, page
// numbers, tables whose head repeats on every page, and places to sign. What
// stands on them is their makers' business.
package paper

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"loket/kiosk"
)

// Sizes in millimetres and points.
const (
	margin   = 18.0 // mm, at every side
	lineMM   = 5.0  // of running text
	smallMM  = 4.2  // of a line in small type
	smallGap = 1.0  // below it
	signsMM  = 50.0 // that places to sign need
	bodyPt   = 10.0
	smallPt  = 8.5
	family   = "Atkinson"
	headFont = "Jakarta"
)

// Options are what a paper begins with.
type Options struct {
	Title     string // of the document; also at the foot of each page
	Language  kiosk.Language
	Landscape bool
	Footer    string    // beside the title at the foot: office, period
	Made      time.Time // stands in the file; the same paper is the same bytes
}

// Paper is a document under way. The first error of any call is kept and
// returned by [Paper.Bytes].
type Paper struct {
	pdf   *fpdf.Fpdf
	width float64 // mm between the margins
}

// New begins a paper. fonts holds fonts/*.ttf.
func New(fonts fs.FS, o Options) *Paper {
	orientation := "P"
	if o.Landscape {
		orientation = "L"
	}
	pdf := fpdf.New(orientation, "mm", "A4", "")
	p := &Paper{pdf: pdf}
	for _, f := range []struct{ family, style, file string }{
		{family, "", "AtkinsonHyperlegibleNext_400Regular.ttf"}, {family, "B", "AtkinsonHyperlegibleNext_700Bold.ttf"}, {headFont, "B", "PlusJakartaSans_700Bold.ttf"},
	} {
		b, err := fs.ReadFile(fonts, "fonts/"+f.file)
		if err != nil {
			pdf.SetError(err)
			return p
		}
		pdf.AddUTF8FontFromBytes(f.family, f.style, b)
	}
	pdf.SetTitle(o.Title, true)
	pdf.SetLang(string(o.Language))
	pdf.SetCreator("Loket", true)
	pdf.SetCatalogSort(true)
	if !o.Made.IsZero() {
		pdf.SetCreationDate(o.Made)
		pdf.SetModificationDate(o.Made)
	}
	pdf.SetMargins(margin, margin, margin)
	pdf.SetAutoPageBreak(true, margin)
	pdf.AliasNbPages("")
	foot := o.Title
	if o.Footer != "" {
		foot += " · " + o.Footer
	}
	of := map[kiosk.Language]string{kiosk.English: "of"}[o.Language]
	if of == "" {
		of = "dari"
	}
	pdf.SetFooterFunc(func() {
		pdf.SetY(-margin + 6)
		p.font(family, "", smallPt)
		p.ink(68, 86, 90)
		pdf.CellFormat(p.width-30, 4, p.fit(foot, p.width-32), "", 0, "L", false, 0, "")
		pdf.CellFormat(30, 4, fmt.Sprintf("%d %s {nb}", pdf.PageNo(), of), "", 0, "R", false, 0, "")
		p.ink(20, 40, 43)
	})
	pdf.AddPage()
	w, _ := pdf.GetPageSize()
	p.width = w - 2*margin
	p.body()
	return p
}

func (p *Paper) font(name, style string, pt float64) { p.pdf.SetFont(name, style, pt) }
func (p *Paper) ink(r, g, b int)                     { p.pdf.SetTextColor(r, g, b) }
func (p *Paper) body()                               { p.ink(20, 40, 43); p.font(family, "", bodyPt) }

// fit shortens a line to so many millimetres.
func (p *Paper) fit(s string, mm float64) string {
	r := []rune(s)
	for len(r) > 1 && p.pdf.GetStringWidth(string(r)) > mm {
		r = append(r[:len(r)-2], '…')
	}
	return string(r)
}

// printable is s without what the fonts or a line cannot hold.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r > 0xffff: // the font file's cmap ends there
			return '□'
		case r < ' ' && r != '\n', r == '\r', r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
}

// PDF gives access for drawing what this package has no word for.
func (p *Paper) PDF() *fpdf.Fpdf { return p.pdf }

// Width is the space between the margins, in mm.
func (p *Paper) Width() float64 { return p.width }

// Title writes the paper's title, with a line under it.
func (p *Paper) Title(s string) {
	p.font(headFont, "B", 16)
	p.pdf.MultiCell(p.width, 7.5, printable(s), "", "L", false)
	y := p.pdf.GetY() + 1
	p.pdf.SetDrawColor(11, 79, 85)
	p.pdf.SetLineWidth(0.6)
	p.pdf.Line(margin, y, margin+p.width, y)
	p.pdf.SetY(y + 3)
	p.body()
}

// Heading begins a part; it never stands alone at the foot of a page.
func (p *Paper) Heading(s string) {
	p.Keep(22)
	p.pdf.Ln(2)
	p.font(headFont, "B", 11.5)
	p.ink(11, 79, 85)
	p.pdf.MultiCell(p.width, 6, printable(s), "", "L", false)
	p.pdf.Ln(0.5)
	p.body()
}

// Keep begins a new page if fewer than mm are left on this one.
func (p *Paper) Keep(mm float64) {
	if _, h := p.pdf.GetPageSize(); p.pdf.GetY()+mm > h-margin {
		p.pdf.AddPage()
	}
}

// Text writes a paragraph.
func (p *Paper) Text(s string) {
	p.pdf.MultiCell(p.width, lineMM, printable(s), "", "L", false)
	p.pdf.Ln(1.5)
}

// Small writes a paragraph in small type: sources and notes.
func (p *Paper) Small(s string) {
	p.font(family, "", smallPt)
	p.ink(68, 86, 90)
	p.pdf.MultiCell(p.width, smallMM, printable(s), "", "L", false)
	p.pdf.Ln(smallGap)
	p.body()
}

// Pairs writes labels and what they say, in two columns. A pair is not cut
// unless it is longer than a page.
func (p *Paper) Pairs(pairs [][2]string) {
	const label = 52.0
	for _, x := range pairs {
		said := printable(x[1])
		if said == "" {
			said = "–"
		}
		p.font(family, "B", bodyPt)
		head := p.pdf.SplitText(printable(x[0]), label-3)
		p.font(family, "", bodyPt)
		lines := max(len(head), len(p.pdf.SplitText(said, p.width-label-2)))
		p.Keep(min(float64(lines)*lineMM, 120))
		y, page := p.pdf.GetY(), p.pdf.PageNo()
		p.font(family, "B", bodyPt)
		p.pdf.MultiCell(label-1, lineMM, strings.Join(head, "\n"), "", "L", false)
		below := p.pdf.GetY()
		p.font(family, "", bodyPt)
		p.pdf.SetXY(margin+label, y)
		p.pdf.SetLeftMargin(margin + label)
		p.pdf.MultiCell(p.width-label, lineMM, said, "", "L", false)
		p.pdf.SetLeftMargin(margin)
		if p.pdf.PageNo() == page {
			p.pdf.SetY(max(below, p.pdf.GetY()) + 0.8)
		} else {
			p.pdf.SetY(p.pdf.GetY() + 0.8)
		}
	}
	p.pdf.Ln(1.5)
}

// Column is one of a table; Share is its part of the width beside the others'.
type Column struct {
	Head  string
	Share float64
	Right bool // numbers
}

// Table writes rows under a head that stands on each page anew. A row is never
// cut: what is higher than a page is shortened and ends with "…".
func (p *Paper) Table(columns []Column, rows [][]string) { p.TableBefore(0, columns, rows) }

// TableBefore writes a table whose last rows stay with what follows it, so many
// mm high (see [Paper.Ending]): two rows at least, or as many as a page has room
// for beside it.
func (p *Paper) TableBefore(mm float64, columns []Column, rows [][]string) {
	total := 0.0
	for _, c := range columns {
		total += c.Share
	}
	widths := make([]float64, len(columns))
	for i, c := range columns {
		widths[i] = p.width * c.Share / total
	}
	pt, line := 8.5, 4.0
	if len(columns) > 10 {
		pt, line = 6.5, 3.1
	}
	_, height := p.pdf.GetPageSize()
	bottom := height - margin
	most := int((height-2*margin)/line) - 8
	style := map[bool]string{true: "B"}
	lay := func(cells []string, head bool) (lines [][]string, h float64) {
		p.font(family, style[head], pt)
		lines = make([][]string, len(columns))
		tall := 1
		for i := range columns {
			cell := ""
			if i < len(cells) {
				cell = printable(cells[i])
			}
			lines[i] = p.wrap(cell, widths[i]-2)
			if len(lines[i]) > most {
				lines[i] = append(lines[i][:most-1], "…")
			}
			tall = max(tall, len(lines[i]))
		}
		return lines, float64(tall)*line + 1.6
	}
	write := func(lines [][]string, h float64, head bool) {
		p.font(family, style[head], pt)
		x, y := margin, p.pdf.GetY()
		for i, c := range columns {
			mode := "D"
			if head {
				p.pdf.SetFillColor(241, 234, 220)
				mode = "FD"
			}
			p.pdf.SetDrawColor(160, 160, 150)
			p.pdf.SetLineWidth(0.15)
			p.pdf.Rect(x, y, widths[i], h, mode)
			align := "L"
			if c.Right {
				align = "R"
			}
			for n, s := range lines[i] {
				p.pdf.SetXY(x+1, y+0.8+float64(n)*line)
				p.pdf.CellFormat(widths[i]-2, line, s, "", 0, align, false, 0, "")
			}
			x += widths[i]
		}
		p.pdf.SetXY(margin, y+h)
	}
	heads := make([]string, len(columns))
	for i, c := range columns {
		heads[i] = c.Head
	}
	head, headTall := lay(heads, true)
	// The rows from last on stay with what follows.
	last, end := len(rows), 0.0
	if mm > 0 {
		for end = mm + tableGap; last > max(0, len(rows)-2); last-- {
			_, h := lay(rows[last-1], false)
			if margin+headTall+h+end > bottom {
				break
			}
			end += h
		}
	}
	if last == 0 {
		p.Keep(headTall + end)
	}
	p.Keep(25)
	p.pdf.SetAutoPageBreak(false, margin)
	write(head, headTall, true)
	for i, row := range rows {
		lines, h := lay(row, false)
		need := h
		if i == last {
			need = end
		}
		if i > 0 && p.pdf.GetY()+need > bottom || p.pdf.GetY()+h > bottom {
			p.pdf.AddPage()
			write(head, headTall, true)
		}
		write(lines, h, false)
	}
	p.pdf.SetAutoPageBreak(true, margin)
	p.pdf.Ln(tableGap)
	p.body()
}

// tableGap is the space below a table, in mm.
const tableGap = 3.0

// wrap breaks a cell into lines, a word that is too long where it must.
func (p *Paper) wrap(s string, mm float64) (lines []string) {
	for _, paragraph := range strings.Split(s, "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			for p.pdf.GetStringWidth(word) > mm {
				r := []rune(word)
				n := len(r)
				for n > 1 && p.pdf.GetStringWidth(string(r[:n])) > mm {
					n--
				}
				if line != "" {
					lines, line = append(lines, line), ""
				}
				lines, word = append(lines, string(r[:n])), string(r[n:])
				if n == len(r) {
					break
				}
			}
			switch {
			case line == "":
				line = word
			case p.pdf.GetStringWidth(line+" "+word) <= mm:
				line += " " + word
			default:
				lines, line = append(lines, line), word
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// Sign is a place to sign: who they are above it, their name below.
type Sign struct {
	Place string // and date; may be empty
	Role  string
	Name  string // empty: dots to write on
	NIP   bool   // a line for the civil servant's number
	No    string // that number; empty: dots to write on
}

// Signs writes two places to sign side by side; one that is all empty stays
// empty.
func (p *Paper) Signs(left, right Sign) {
	p.Keep(signsMM)
	p.pdf.Ln(4)
	y := p.pdf.GetY()
	for i, s := range []Sign{left, right} {
		if s == (Sign{}) {
			continue
		}
		x := margin + float64(i)*p.width/2
		at := func(dy float64, text string) {
			p.pdf.SetXY(x, y+dy)
			p.pdf.CellFormat(p.width/2, lineMM, p.fit(printable(text), p.width/2-4), "", 0, "C", false, 0, "")
		}
		name := s.Name
		if name == "" {
			name = "……………………………………"
		}
		at(0, s.Place)
		at(5, s.Role)
		at(30, "( "+name+" )")
		if s.NIP {
			no := s.No
			if no == "" {
				no = "……………………………"
			}
			at(35, "NIP "+no)
		}
	}
	p.pdf.SetXY(margin, y+42)
	p.body()
}

// Ending is how many mm notes in small type and places to sign below them need.
func (p *Paper) Ending(notes []string) float64 {
	mm := signsMM
	p.font(family, "", smallPt)
	for _, note := range notes {
		mm += float64(len(p.pdf.SplitText(printable(note), p.width)))*smallMM + smallGap
	}
	p.body()
	return mm
}

// Bytes ends the paper.
func (p *Paper) Bytes() ([]byte, error) {
	var b bytes.Buffer
	if err := p.pdf.Output(&b); err != nil {
		return nil, fmt.Errorf("paper: %w", err)
	}
	return b.Bytes(), nil
}
