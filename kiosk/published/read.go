package published

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	encoding "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Limits of a list.
const (
	MaxBytes = 8 << 20
	MaxItems = 20_000
)

// most letters of a cell, by column; 200 where nothing is said.
var most = map[string]int{"id": 40, "title": 300, "summary": 2000, "where": 500}

// Errors of a whole table. What is wrong with one line is a [Fault].
var (
	ErrLarge    = errors.New("the table is larger than 8 MB or 20,000 lines")
	ErrEncoding = errors.New("the table is not written as UTF-8")
	ErrTable    = errors.New("no line names the columns: at least the title of the information and two more are needed")
	ErrEmpty    = errors.New("the table has no information in it")
)

// Fault is what is wrong with a line of a table.
type Fault struct {
	Line    int    `json:"line"`
	Problem string `json:"problem"`          // of [Problems]
	Column  string `json:"column,omitempty"` // id
	Cell    string `json:"cell,omitempty"`   // its beginning
}

// Problems are what can be wrong with a line: it has no title; no category, or
// one that the law does not know; it is not public; a cell is a formula, holds
// what cannot be seen, or is too long; the web address, the format, the year, the
// date or the id cannot be read; it stands in the table twice; or a quotation
// mark is out of place.
var Problems = []string{"title", "category", "excluded", "formula", "control", "long", "where", "format", "year", "updated", "id", "twice", "quote"}

// Error names the line, and nothing that is written in it.
func (f Fault) Error() string { return fmt.Sprintf("line %d: %s", f.Line, f.Problem) }

// Read reads a table with a line that names its columns, in any order, between
// commas, semicolons or tabs, as UTF-8 or as what spreadsheets call Unicode. A
// second line of names, a line that numbers the columns and lines that only head
// a category are understood. It returns the items of the lines that hold, and
// what is wrong with each other line.
func (v *Vocabulary) Read(r io.Reader) (items []Item, faults []Fault, err error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, nil, err
	}
	if len(b) > MaxBytes {
		return nil, nil, ErrLarge
	}
	if b, _, err = transform.Bytes(encoding.BOMOverride(transform.Nop), b); err != nil || !utf8.Valid(b) {
		return nil, nil, ErrEncoding
	}
	t, err := v.table(b)
	if err != nil {
		return nil, nil, err
	}
	var lines []int // of the items
	heading := ""   // category of the lines that follow
	for n := 0; ; {
		line, cells, err := t.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			faults = append(faults, Fault{Line: line, Problem: "quote"})
			continue
		}
		if slices.Max(append(slices.Collect(lengths(cells)), 0)) == 0 || t.numbers(cells) {
			continue
		}
		if n++; n > MaxItems {
			return nil, nil, ErrLarge
		}
		if id, ok := v.heads(cells, t); ok {
			heading = id
			continue
		}
		item, fault := v.item(t, cells, heading)
		if fault != nil {
			fault.Line = line
			faults = append(faults, *fault)
			continue
		}
		items, lines = append(items, item), append(lines, line)
	}
	items, faults = once(items, lines, faults)
	if len(items)+len(faults) == 0 {
		return nil, nil, ErrEmpty
	}
	return items, faults, nil
}

// once leaves out what stands in a table twice, and says so.
func once(all []Item, lines []int, faults []Fault) (items []Item, _ []Fault) {
	name(all)
	seen := map[string]int{}
	for n, item := range all {
		if first, twice := seen[item.ID]; twice {
			faults = append(faults, Fault{Line: lines[n], Problem: "twice", Cell: strconv.Itoa(first)})
			continue
		}
		seen[item.ID] = lines[n]
		items = append(items, item)
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return a.Line - b.Line })
	return items, faults
}

func lengths(cells []string) func(func(int) bool) {
	return func(yield func(int) bool) {
		for _, c := range cells {
			if !yield(len(strings.TrimSpace(c))) {
				return
			}
		}
	}
}

// table is a table whose columns are known.
type table struct {
	in      *csv.Reader
	columns []string // id of each, or empty
	waiting [][]string
	lines   []int
}

// headWithin is how many lines may stand above the names of the columns.
const headWithin = 20

// table finds the names of the columns, and with them what stands between cells.
func (v *Vocabulary) table(b []byte) (*table, error) {
	names := map[string]string{}
	for _, c := range v.Columns {
		for _, name := range c.Names {
			names[plain(name)] = c.ID
		}
	}
	best := 0
	var found *table
	for _, comma := range ";,\t" {
		t := &table{in: csv.NewReader(bytes.NewReader(b))}
		t.in.Comma, t.in.FieldsPerRecord, t.in.ReuseRecord = comma, -1, false
		for range headWithin {
			_, cells, err := t.next()
			if errors.Is(err, io.EOF) {
				break
			}
			known, ids := 0, make([]string, len(cells))
			for i, cell := range cells {
				if id := names[plain(cell)]; id != "" && !slices.Contains(ids, id) {
					ids[i] = id
					known++
				}
			}
			if slices.Contains(ids, "title") || slices.Contains(ids, "summary") {
				if known > max(best, 2) {
					best, t.columns, found = known, ids, t
				}
				break
			}
		}
	}
	if found == nil {
		return nil, ErrTable
	}
	// Tables whose only text is the "ringkasan isi informasi" have it as title.
	if !slices.Contains(found.columns, "title") {
		found.columns[slices.Index(found.columns, "summary")] = "title"
	}
	// Names of columns may go on below, under one that is over several.
	line, cells, err := found.next()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			found.waiting, found.lines = append(found.waiting, nil), append(found.lines, line)
		}
		return found, nil
	}
	below := map[int]string{}
	for i, cell := range cells {
		if plain(cell) == "" {
			continue
		}
		id := names[plain(cell)]
		if id == "" || id == "title" {
			below = nil
			break
		}
		below[i] = id
	}
	if len(below) == 0 {
		found.waiting, found.lines = append(found.waiting, cells), append(found.lines, line)
		return found, nil
	}
	for i, id := range below {
		for len(found.columns) <= i {
			found.columns = append(found.columns, "")
		}
		found.columns[i] = id
	}
	return found, nil
}

// next returns the next line of the table, and its number in the file.
func (t *table) next() (line int, cells []string, err error) {
	if len(t.waiting) > 0 {
		line, cells = t.lines[0], t.waiting[0]
		t.waiting, t.lines = t.waiting[1:], t.lines[1:]
		if cells == nil {
			err = csv.ErrQuote
		}
		return line, cells, err
	}
	cells, err = t.in.Read()
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		return wrong.StartLine, nil, err
	}
	if err == nil {
		line, _ = t.in.FieldPos(0)
	}
	return line, cells, err
}

// numbers reports whether a line only numbers the columns: 1, 2, 3 …
func (t *table) numbers(cells []string) bool {
	for i, cell := range cells {
		if n := strings.Trim(cell, " ()"); n != "" && n != strconv.Itoa(i+1) || n == "" && i < 2 {
			return false
		}
	}
	return true
}

// plain is a name without case, marks and spaces at its ends.
func plain(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// heads reports whether a line says nothing but the category of those below.
func (v *Vocabulary) heads(cells []string, t *table) (id string, ok bool) {
	said := ""
	for i, cell := range cells {
		if plain(cell) == "" || i == 0 && len([]rune(plain(cell))) <= 4 { // A., I., 1
			continue
		}
		if said != "" {
			return "", false
		}
		said = plain(cell)
	}
	if len(said) > 120 || slices.Contains(t.columns, "category") {
		return "", false
	}
	return v.category(said)
}

// category finds a category in what a table says.
func (v *Vocabulary) category(said string) (string, bool) {
	for _, c := range v.Categories {
		for _, name := range c.Names {
			if strings.Contains(" "+said+" ", " "+plain(name)+" ") {
				return c.ID, true
			}
		}
	}
	return "", false
}

var (
	yearOf   = regexp.MustCompile(`\b(?:19|20)\d\d\b`)
	idOf     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	months   = []string{"januari", "februari", "maret", "april", "mei", "juni", "juli", "agustus", "september", "oktober", "november", "desember"}
	nothings = []string{"-", "–", "—", "n/a", "nihil", "."}
)

// item reads one line.
func (v *Vocabulary) item(t *table, cells []string, heading string) (Item, *Fault) {
	i := Item{Category: heading}
	for n, cell := range cells {
		if n >= len(t.columns) || t.columns[n] == "" {
			continue
		}
		id := t.columns[n]
		cell, problem := tidy(cell, id)
		if problem == "" && cell != "" {
			problem = v.set(&i, id, cell)
		}
		if problem != "" {
			return i, &Fault{Problem: problem, Column: id, Cell: beginning(cell)}
		}
	}
	switch {
	case i.Title == "":
		return i, &Fault{Problem: "title", Column: "title"}
	case i.Category == "":
		return i, &Fault{Problem: "category", Column: "category"}
	}
	return i, nil
}

// idFrom makes an id of words, the same from one table to the next.
func idFrom(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\n")))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5]))
}

// name gives the items without an id one: of their title and unit, and where
// several have these, of the year and of when they were made.
func name(items []Item) {
	for _, words := range []func(i *Item) []string{
		func(i *Item) []string { return []string{plain(i.Title), plain(i.Unit)} },
		func(i *Item) []string {
			return []string{plain(i.Title), plain(i.Unit), strconv.Itoa(i.Year), plain(i.Made)}
		},
	} {
		count := map[string]int{}
		for n := range items {
			if items[n].ID == "" {
				count[idFrom(words(&items[n])...)]++
			}
		}
		for n := range items {
			if id := idFrom(words(&items[n])...); items[n].ID == "" && count[id] == 1 {
				items[n].ID = id
			}
		}
	}
	for n := range items {
		if items[n].ID == "" {
			items[n].ID = idFrom(plain(items[n].Title), plain(items[n].Unit), strconv.Itoa(items[n].Year), plain(items[n].Made))
		}
	}
}

// set gives an item what a cell says, or returns what is wrong with it.
func (v *Vocabulary) set(i *Item, id, cell string) (problem string) {
	switch id {
	case "id":
		if i.ID = cell; !idOf.MatchString(cell) {
			return "id"
		}
	case "title":
		i.Title = cell
	case "summary":
		i.Summary = cell
	case "unit":
		i.Unit = cell
	case "responsible":
		i.Responsible = cell
	case "made":
		i.Made = cell
	case "retention":
		i.Retention = cell
	case "category":
		said := plain(cell)
		for _, word := range v.Excluded {
			if strings.Contains(said, word) {
				return "excluded"
			}
		}
		var ok bool
		if i.Category, ok = v.category(said); !ok {
			return "category"
		}
	case "year":
		years := yearOf.FindAllString(cell, -1)
		if len(years) == 0 {
			return "year"
		}
		i.Year, _ = strconv.Atoi(years[len(years)-1])
	case "format":
		said := " " + plain(cell) + " "
		for format, names := range map[string][]string{Softcopy: v.Soft, Hardcopy: v.Hard} {
			if slices.ContainsFunc(names, func(name string) bool { return strings.Contains(said, " "+name+" ") }) {
				i.add(format)
			}
		}
		if len(i.Format) == 0 {
			return "format"
		}
	case "softcopy", "hardcopy": // a mark in a column of its own
		if said := strings.ToLower(cell); said != "tidak" && said != "x" && said != "0" {
			i.add(id)
		}
	case "where":
		if i.Where, problem = address(cell); problem != "" {
			return problem
		}
	case "updated":
		d, ok := date(cell)
		if !ok {
			return "updated"
		}
		i.Updated = d
	}
	return ""
}

func (i *Item) add(format string) {
	if !slices.Contains(i.Format, format) {
		i.Format = append(i.Format, format)
		slices.SortFunc(i.Format, func(a, b string) int { return slices.Index(Formats, a) - slices.Index(Formats, b) })
	}
}

// tidy takes a cell as people read it, or returns what is wrong with it.
func tidy(cell, id string) (string, string) {
	cell = strings.TrimSpace(cell)
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune("=+-@", rune(cell[1])) {
		cell = cell[1:] // written so by us, against spreadsheets
	} else if cell != "" && (cell[0] == '=' || cell[0] == '@') {
		return cell, "formula"
	}
	bad := false
	cell = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Co, r):
			bad = true
			return -1
		case unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, norm.NFC.String(cell))
	cell = strings.Join(strings.Fields(cell), " ")
	limit := most[id]
	if limit == 0 {
		limit = 200
	}
	switch {
	case bad:
		return cell, "control"
	case utf8.RuneCountInString(cell) > limit:
		return cell, "long"
	case slices.Contains(nothings, strings.ToLower(cell)):
		return "", ""
	}
	return cell, ""
}

// address checks a web address; anything else is a place.
func address(cell string) (string, string) {
	lower := strings.ToLower(cell)
	scheme, _, _ := strings.Cut(lower, ":")
	switch {
	case strings.HasPrefix(lower, "www."):
		cell = "https://" + cell
	case strings.HasPrefix(lower, "http://"), strings.HasPrefix(lower, "https://"):
	case slices.Contains([]string{"javascript", "data", "file", "vbscript", "ftp"}, scheme):
		return cell, "where"
	default:
		return cell, ""
	}
	u, err := url.Parse(cell)
	if err != nil || u.Host == "" || u.User != nil || strings.ContainsAny(cell, " \"<>") {
		return cell, "where"
	}
	return cell, ""
}

// date reads a day as offices write it.
func date(cell string) (string, bool) {
	for _, layout := range []string{time.DateOnly, "2/1/2006", "2-1-2006", "2.1.2006", "2006-01-02 15:04:05", "2006-01-02T15:04:05Z07:00"} {
		if d, err := time.Parse(layout, cell); err == nil {
			return d.Format(time.DateOnly), true
		}
	}
	words := strings.Fields(strings.ToLower(cell))
	if len(words) == 3 {
		day, err1 := strconv.Atoi(words[0])
		year, err2 := strconv.Atoi(words[2])
		month := slices.IndexFunc(months, func(m string) bool { return m == words[1] || len(words[1]) >= 3 && strings.HasPrefix(m, words[1]) })
		if d := time.Date(year, time.Month(month+1), day, 0, 0, 0, 0, time.UTC); err1 == nil && err2 == nil && month >= 0 && d.Day() == day && year > 1900 && year < 3000 {
			return d.Format(time.DateOnly), true
		}
	}
	return "", false
}

// beginning is so much of a cell that people find it again.
func beginning(cell string) string {
	if letters := []rune(cell); len(letters) > 40 {
		return string(letters[:40]) + "…"
	}
	return cell
}
