// Package published is the list of information that is public already (daftar
// informasi publik: UU 14/2008 art. 9 to 11, with the columns of Perki 1/2021):
// reading it from the table that an information office keeps, comparing two
// lists, and finding in it what somebody names in a few words. It is pure, and
// both ends use it.
package published

import (
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"loket/kiosk"
)

// Item is one piece of information that anybody may have.
type Item struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Summary     string   `json:"summary,omitempty"`
	Category    string   `json:"category"`              // id of a [Category]
	Unit        string   `json:"unit,omitempty"`        // that holds it
	Responsible string   `json:"responsible,omitempty"` // for making or publishing it
	Year        int      `json:"year,omitempty"`
	Made        string   `json:"made,omitempty"`   // when and where, as written
	Format      []string `json:"format,omitempty"` // of [Formats]
	Where       string   `json:"where,omitempty"`  // a web address, or a place; empty: asked for at the desk
	Retention   string   `json:"retention,omitempty"`
	Updated     string   `json:"updated,omitempty"` // YYYY-MM-DD
}

// Formats in which information is to be had.
const (
	Softcopy = "softcopy"
	Hardcopy = "hardcopy"
)

// Formats lists them.
var Formats = []string{Softcopy, Hardcopy}

// URL is where the item is on the web, empty where it is not.
func (i Item) URL() string {
	if u, err := url.Parse(i.Where); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
		return i.Where
	}
	return ""
}

// longestAddress is what people still copy from a screen by hand, in letters.
const longestAddress = 44

// Address is where the item is, short enough to be read: of a long web address
// its host alone.
func (i Item) Address() string {
	if i.URL() == "" {
		return i.Where
	}
	u, _ := url.Parse(i.Where)
	host := strings.TrimPrefix(u.Host, "www.")
	if whole := host + strings.TrimSuffix(u.RequestURI(), "/"); len(whole) <= longestAddress {
		return whole
	}
	return host
}

// List is one issue of the list.
type List struct {
	Version int64 // unix seconds of its publication; a later list has a greater one
	Example bool  // made up, to show what a list looks like
	Items   []Item
}

// Category is one of the law's three kinds of public information.
type Category struct {
	ID    string     `toml:"id"`
	Label kiosk.Text `toml:"label"`
	Line  kiosk.Text `toml:"line"`
	Basis kiosk.Text `toml:"basis"`
	Names []string   `toml:"names"` // as tables write it
}

// Column is one column of the table, under the names that offices give it.
type Column struct {
	ID    string   `toml:"id"`
	Names []string `toml:"names"`
}

// Vocabulary is what is known of such lists, as data.
type Vocabulary struct {
	Categories []Category `toml:"categories"`
	Columns    []Column   `toml:"columns"`
	Soft       []string   `toml:"soft"`
	Hard       []string   `toml:"hard"`
	Excluded   []string   `toml:"excluded"` // words of information that is not public
	Same       [][]string `toml:"same"`     // words that mean the same to who searches
	Stop       []string   `toml:"stop"`     // words that say nothing

	same map[string][]string
	stop map[string]bool
}

// Load reads published/vocabulary.toml.
func Load(files fs.FS) (*Vocabulary, error) {
	b, err := fs.ReadFile(files, "published/vocabulary.toml")
	if err != nil {
		return nil, err
	}
	v := &Vocabulary{same: map[string][]string{}, stop: map[string]bool{}}
	meta, err := toml.Decode(string(b), v)
	if err != nil {
		return nil, fmt.Errorf("published/vocabulary.toml: %w", err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("published/vocabulary.toml: unknown key %s", extra[0])
	}
	for _, c := range v.Categories {
		for _, text := range []kiosk.Text{c.Label, c.Line, c.Basis} {
			for _, l := range kiosk.Languages {
				if text[l] == "" {
					return nil, fmt.Errorf("published/vocabulary.toml: category %q lacks words in %q", c.ID, l)
				}
			}
		}
	}
	known := map[string]string{}
	for _, c := range v.Columns {
		if !slices.Contains(columns, c.ID) && !slices.Contains(Formats, c.ID) {
			return nil, fmt.Errorf("published/vocabulary.toml: there is no column %q", c.ID)
		}
		for _, name := range c.Names {
			if of := known[plain(name)]; of != "" && of != c.ID {
				return nil, fmt.Errorf("published/vocabulary.toml: %q names %s and %s", name, of, c.ID)
			}
			known[plain(name)] = c.ID
		}
	}
	for _, group := range v.Same {
		for _, word := range group {
			v.same[word] = append(v.same[word], group...)
		}
	}
	for _, word := range v.Stop {
		v.stop[word] = true
	}
	return v, nil
}

// Example is the list that is shown until there is a real one. It is made up,
// and says so.
func (v *Vocabulary) Example(files fs.FS) (*List, error) {
	f, err := files.Open("published/example.csv")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	items, faults, err := v.Read(f)
	if err == nil && len(faults) > 0 {
		err = faults[0]
	}
	if err != nil {
		return nil, fmt.Errorf("published/example.csv: %w", err)
	}
	return &List{Example: true, Items: items}, nil
}

// Category returns the category with that id.
func (v *Vocabulary) Category(id string) (Category, bool) {
	i := slices.IndexFunc(v.Categories, func(c Category) bool { return c.ID == id })
	if i < 0 {
		return Category{}, false
	}
	return v.Categories[i], true
}

// Difference is what a list has that another had not.
type Difference struct {
	Added, Removed []Item
	Changed        []Change
	Same           int
}

// Change is an item that stands in both lists, not alike.
type Change struct {
	Old, New Item
	Columns  []string // ids of those that differ
}

// Compare says what becomes of an old list with a new one.
func Compare(old, new []Item) (d Difference) {
	before := make(map[string]Item, len(old))
	for _, i := range old {
		before[i.ID] = i
	}
	kept := make(map[string]bool, len(new))
	for _, i := range new {
		was, there := before[i.ID]
		kept[i.ID] = true
		if !there {
			d.Added = append(d.Added, i)
			continue
		}
		c := Change{Old: was, New: i}
		for n, cell := range was.cells() {
			if cell != i.cells()[n] {
				c.Columns = append(c.Columns, columns[n])
			}
		}
		if len(c.Columns) == 0 {
			d.Same++
		} else {
			d.Changed = append(d.Changed, c)
		}
	}
	for _, i := range old {
		if !kept[i.ID] {
			d.Removed = append(d.Removed, i)
		}
	}
	return d
}

// columns are the ids of an item's columns, in the order of a table.
var columns = []string{"id", "title", "summary", "category", "unit", "responsible", "year", "made", "format", "where", "retention", "updated"}

// Columns lists them.
func Columns() []string { return slices.Clone(columns) }

// cells are an item's columns as a table writes them.
func (i Item) cells() []string {
	year := ""
	if i.Year != 0 {
		year = fmt.Sprint(i.Year)
	}
	return []string{i.ID, i.Title, i.Summary, strings.ReplaceAll(i.Category, "_", " "), i.Unit, i.Responsible, year, i.Made, strings.Join(i.Format, ", "), i.Where, i.Retention, i.Updated}
}

// Table is a list as [Vocabulary.Read] reads it again: the columns' first names,
// and a line an item.
func (v *Vocabulary) Table(items []Item) [][]string {
	var head []string
	for _, id := range columns {
		for _, c := range v.Columns {
			if c.ID == id {
				head = append(head, c.Names[0])
			}
		}
	}
	table := [][]string{head}
	for _, i := range items {
		table = append(table, i.cells())
	}
	return table
}

// At is when a list was published.
func (l *List) At() time.Time { return time.Unix(l.Version, 0).UTC() }
