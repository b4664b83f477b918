package web

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"loket/hub"
	"loket/hub/lapor"
	"loket/hub/paper"
	"loket/kiosk"
)

// exportTable is a table as it leaves the hub: for a spreadsheet (CSV, XLSX) or
// as a paper ready to sign (PDF).
type exportTable struct {
	Name     string // of the file, without what says its format
	Title    string
	Subtitle string // office and period
	Columns  []exportColumn
	Rows     [][]any // string, int, int64, float64, *big.Rat, placed, time.Time (a date), or nil
	Foot     [][]any // rows that sum the others up
	Figures  []exportFigure
	Notes    []string     // in small type under the table on paper: sources
	Signs    []paper.Sign // at most two
}

// exportColumn is one of its columns.
type exportColumn struct {
	Head   string
	Share  float64 // of the width beside the others'; 0 is 1
	Places int     // decimals of its numbers
	Right  bool    // numbers stand to the right on paper
	Under  bool    // on paper it stands in the cell of the column before it, below
	Lead   string  // what stands before the cell there

	Weekday bool // a date is written with its day
}

// exportFigure is one that stands above the table on paper, and on a sheet of
// its own.
type exportFigure struct {
	Label string
	Value any
}

// formats are what a table can be had as, in the order that pages offer them.
var formats = []string{"csv", "xlsx", "pdf"}

// sendTable answers with a table in a format, or [hub.ErrNotFound] for one that
// there is not. Nothing is sent before all of it is made.
func (s *Server) sendTable(w http.ResponseWriter, _ *http.Request, format string, t exportTable) error {
	makers := map[string]struct {
		kind string
		make func(exportTable) ([]byte, error)
	}{
		"csv":  {"text/csv; charset=utf-8", tableCSV},
		"xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", s.tableXLSX},
		"pdf":  {"application/pdf", s.tablePDF},
	}
	m, ok := makers[format]
	if !ok {
		return hub.ErrNotFound
	}
	b, err := m.make(t)
	if err != nil {
		return fmt.Errorf("export %s as %s: %w", t.Name, format, err)
	}
	return sendFile(w, t.Name+"."+format, m.kind, b)
}

// sendFile answers with a file to keep.
func sendFile(w http.ResponseWriter, name, kind string, b []byte) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, err := w.Write(b)
	return err
}

// harmless keeps a spreadsheet from taking what a visitor wrote for a formula.
func harmless(cell string) string { return lapor.Harmless(cell) }

// placed is a number with decimals of its own.
type placed struct {
	*big.Rat
	places int
}

// numberOf is the number of a cell, exactly, and its decimals.
func numberOf(v any, c exportColumn) (n *big.Rat, places int, ok bool) {
	places = c.Places
	switch x := v.(type) {
	case int:
		n = big.NewRat(int64(x), 1)
	case int64:
		n = big.NewRat(x, 1)
	case float64:
		n = new(big.Rat).SetFloat64(x)
	case *big.Rat:
		n = x
	case placed:
		n, places = x.Rat, x.places
	}
	return n, places, n != nil
}

// column is that of a figure: whole numbers are written as such.
func (x exportFigure) column() exportColumn {
	if n, _, ok := numberOf(x.Value, exportColumn{}); ok && !n.IsInt() {
		return exportColumn{Places: 2}
	}
	return exportColumn{}
}

// plainCell is a cell as programs read it: ISO dates, decimal points.
func plainCell(v any, c exportColumn) string {
	if t, ok := v.(time.Time); ok {
		if t.IsZero() {
			return ""
		}
		return t.Format(time.DateOnly)
	}
	if n, places, ok := numberOf(v, c); ok {
		return n.FloatString(places)
	}
	text, _ := v.(string)
	return harmless(text)
}

// days of the week, as registers write them.
var days = [...]string{"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"}

// paperCell is a cell as people in Indonesia read it.
func paperCell(v any, c exportColumn) string {
	if t, ok := v.(time.Time); ok {
		if t.IsZero() {
			return ""
		}
		if c.Weekday {
			return days[t.Weekday()] + ", " + t.Format("02-01-2006")
		}
		return t.Format("02-01-2006")
	}
	if n, places, ok := numberOf(v, c); ok {
		return decimal(n, places)
	}
	text, _ := v.(string)
	return text
}

// decimal writes a number as Indonesians do: 1.234,56.
func decimal(n *big.Rat, places int) string {
	whole, part, _ := strings.Cut(n.FloatString(places), ".")
	digits := strings.TrimPrefix(whole, "-")
	var b strings.Builder
	b.WriteString(whole[:len(whole)-len(digits)])
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte('.')
		}
		b.WriteRune(d)
	}
	if part != "" {
		b.WriteString("," + part)
	}
	return b.String()
}

func tableCSV(t exportTable) ([]byte, error) {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	line := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		line[i] = harmless(c.Head)
	}
	if err := out.Write(line); err != nil {
		return nil, err
	}
	for _, rows := range [][][]any{t.Rows, t.Foot} {
		for _, row := range rows {
			clear(line)
			for i := range min(len(row), len(line)) {
				line[i] = plainCell(row[i], t.Columns[i])
			}
			if err := out.Write(line); err != nil {
				return nil, err
			}
		}
	}
	out.Flush()
	return b.Bytes(), out.Error()
}

// widest is how wide a column of a spreadsheet begins, in letters.
const widest = 48

// tableXLSX writes a workbook: the table with its head frozen and a filter on
// every column, and the figures on a sheet of their own. Dates are dates and
// numbers are numbers.
func (s *Server) tableXLSX(t exportTable) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	const sheet, figures = "Data", "Ringkasan"
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return nil, err
	}
	style := func(x excelize.Style) (id int) {
		if x.Alignment == nil {
			x.Alignment = &excelize.Alignment{Vertical: "top", WrapText: true}
		}
		id, _ = f.NewStyle(&x) // of our own making: it is sound
		return id
	}
	bold := &excelize.Font{Bold: true}
	head := style(excelize.Style{Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"0B4F55"}},
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}})
	numbers := map[string]int{} // by format and weight
	number := func(code string, font *excelize.Font) int {
		key := fmt.Sprint(code, font != nil)
		if _, ok := numbers[key]; !ok {
			numbers[key] = style(excelize.Style{CustomNumFmt: &code, Font: font})
		}
		return numbers[key]
	}
	put := func(on string, column, row int, v any, c exportColumn, font *excelize.Font) error {
		at, err := excelize.CoordinatesToCellName(column, row)
		if err != nil {
			return err
		}
		code := "@"
		n, places, isNumber := numberOf(v, c)
		day, isDate := v.(time.Time)
		switch {
		case isDate && !day.IsZero():
			if code = "dd-mm-yyyy"; c.Weekday {
				code = "[$-421]dddd, dd-mm-yyyy"
			}
			err = f.SetCellValue(on, at, time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC))
		case isNumber:
			if code = "#,##0"; places > 0 {
				code += "." + strings.Repeat("0", places)
			}
			x, _ := n.Float64()
			err = f.SetCellFloat(on, at, x, -1, 64)
		default:
			if text := plainCell(v, c); text != "" {
				err = f.SetCellStr(on, at, text)
			}
		}
		if err != nil {
			return err
		}
		return f.SetCellStyle(on, at, at, number(code, font))
	}
	line := 1
	for i, c := range t.Columns {
		at, err := excelize.CoordinatesToCellName(i+1, line)
		if err != nil {
			return nil, err
		}
		if err := f.SetCellStr(sheet, at, harmless(c.Head)); err != nil {
			return nil, err
		}
		wide := len([]rune(c.Head))
		for _, rows := range [][][]any{t.Rows, t.Foot} {
			for _, row := range rows {
				if i < len(row) {
					wide = max(wide, len([]rune(paperCell(row[i], c))))
				}
			}
		}
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return nil, err
		}
		if err := f.SetColWidth(sheet, name, name, float64(min(wide, widest))+3); err != nil {
			return nil, err
		}
	}
	for _, part := range []struct {
		rows [][]any
		font *excelize.Font
	}{{t.Rows, nil}, {t.Foot, bold}} {
		for _, row := range part.rows {
			line++
			for i := range min(len(row), len(t.Columns)) {
				if err := put(sheet, i+1, line, row[i], t.Columns[i], part.font); err != nil {
					return nil, err
				}
			}
		}
	}
	last, err := excelize.ColumnNumberToName(max(1, len(t.Columns)))
	if err != nil {
		return nil, err
	}
	if err := f.SetCellStyle(sheet, "A1", last+"1", head); err != nil {
		return nil, err
	}
	if err := f.AutoFilter(sheet, fmt.Sprintf("A1:%s%d", last, 1+len(t.Rows)), nil); err != nil {
		return nil, err
	}
	if err := f.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	landscape, wide, tall := "landscape", 1, 0
	if err := f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: &landscape, FitToWidth: &wide, FitToHeight: &tall}); err != nil {
		return nil, err
	}
	// The head stands on every page that is printed.
	if err := f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: sheet + "!$1:$1", Scope: sheet}); err != nil {
		return nil, err
	}
	if _, err := f.NewSheet(figures); err != nil {
		return nil, err
	}
	if err := f.SetColWidth(figures, "A", "B", widest); err != nil {
		return nil, err
	}
	about := append([]exportFigure{{t.Title, ""}, {t.Subtitle, ""}}, t.Figures...)
	for i, x := range about {
		font := bold
		if i > 0 {
			font = nil
		}
		if err := put(figures, 1, i+1, x.Label, exportColumn{}, font); err != nil {
			return nil, err
		}
		if err := put(figures, 2, i+1, x.Value, x.column(), font); err != nil {
			return nil, err
		}
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: t.Title, Subject: t.Subtitle, Creator: "Loket", Created: s.hub.Now().UTC().Format(time.RFC3339)}); err != nil {
		return nil, err
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// tablePDF writes the table as a paper ready to sign.
func (s *Server) tablePDF(t exportTable) ([]byte, error) {
	p := paper.New(s.assets, paper.Options{Title: t.Title, Footer: t.Subtitle, Language: kiosk.Indonesian, Landscape: true, Made: s.hub.Now()})
	p.Title(t.Title)
	if t.Subtitle != "" {
		p.Text(t.Subtitle)
	}
	var said []string
	for _, x := range t.Figures {
		said = append(said, x.Label+": "+paperCell(x.Value, x.column()))
	}
	if len(said) > 0 {
		p.Text(strings.Join(said, "  ·  "))
	}
	columns, rows := t.onPaper()
	ending := 0.0
	if len(t.Signs) > 0 {
		ending = p.Ending(t.Notes)
	}
	p.TableBefore(ending, columns, rows)
	for _, note := range t.Notes {
		p.Small(note)
	}
	if signs := append([]paper.Sign{{}, {}}, t.Signs...); len(t.Signs) > 0 {
		p.Signs(signs[len(signs)-2], signs[len(signs)-1]) // one alone stands at the right
	}
	return p.Bytes()
}

// onPaper is the table as a page has room for: what stands under another column
// is in its cell, a line below, said by its head where that is not empty.
func (t exportTable) onPaper() (columns []paper.Column, rows [][]string) {
	for i, c := range t.Columns {
		if c.Under && i > 0 {
			columns[len(columns)-1].Head += " / " + c.Head
			continue
		}
		share := c.Share
		if share == 0 {
			share = 1
		}
		columns = append(columns, paper.Column{Head: c.Head, Share: share, Right: c.Right})
	}
	for _, from := range [][][]any{t.Rows, t.Foot} {
		for _, row := range from {
			var line []string
			for i, c := range t.Columns {
				cell := ""
				if i < len(row) {
					cell = paperCell(row[i], c)
				}
				if cell != "" {
					cell = c.Lead + cell
				}
				switch n := len(line); {
				case !c.Under || i == 0:
					line = append(line, cell)
				case cell != "" && line[n-1] != "":
					line[n-1] += "\n" + cell
				default:
					line[n-1] += cell
				}
			}
			rows = append(rows, line)
		}
	}
	return columns, rows
}
