// Package words finds the sentence for a key in the language of the moment,
// and writes dates and times as people of that language do. The sentences are
// data: assets/words/*.toml, every key in every language.
package words

import (
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"loket/kiosk"
)

// Catalogue is every sentence in every language.
type Catalogue struct{ texts map[string]kiosk.Text }

// Load reads words/*.toml: lines of "key" = { id = "…", en = "…" }. A key
// that stands twice or lacks a language is an error.
func Load(files fs.FS) (*Catalogue, error) {
	names, err := fs.Glob(files, "words/*.toml")
	if err != nil {
		return nil, err
	}
	c := &Catalogue{texts: map[string]kiosk.Text{}}
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var texts map[string]kiosk.Text
		if err := toml.Unmarshal(b, &texts); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for key, text := range texts {
			if _, twice := c.texts[key]; twice {
				return nil, fmt.Errorf("%s: %q stands twice", name, key)
			}
			for _, l := range kiosk.Languages {
				if text[l] == "" {
					return nil, fmt.Errorf("%s: %q has no words in %q", name, key, l)
				}
			}
			c.texts[key] = text
		}
	}
	return c, nil
}

// Has reports whether the key has words.
func (c *Catalogue) Has(key string) bool { return c.texts[key] != nil }

// In returns the words of one language.
func (c *Catalogue) In(l kiosk.Language) Words { return Words{Language: l, texts: c.texts} }

// Words are the sentences of one language.
type Words struct {
	Language kiosk.Language
	texts    map[string]kiosk.Text
}

// T returns the sentence for key with each {name} replaced by the value that
// follows it in pairs: T("step", "n", 2, "of", 7). An unknown key returns
// itself, which a test catches.
func (w Words) T(key string, pairs ...any) string {
	text, ok := w.texts[key]
	if !ok {
		return key
	}
	s := text.In(w.Language)
	for i := 0; i+1 < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, fmt.Sprintf("{%v}", pairs[i]), fmt.Sprint(pairs[i+1]))
	}
	return s
}

var (
	days = map[kiosk.Language][7]string{
		kiosk.Indonesian: {"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"},
		kiosk.English:    {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	}
	months = map[kiosk.Language][12]string{
		kiosk.Indonesian: {"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"},
		kiosk.English:    {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	}
)

// Month names a month.
func (w Words) Month(m time.Month) string { return months[w.Language][m-1] }

// Day writes a date without its weekday: "4 Desember 2026".
func (w Words) Day(t time.Time) string {
	return fmt.Sprintf("%d %s %d", t.Day(), w.Month(t.Month()), t.Year())
}

// Date writes a date with its weekday: "Jumat, 4 Desember 2026".
func (w Words) Date(t time.Time) string { return days[w.Language][t.Weekday()] + ", " + w.Day(t) }

// Clock writes a time of day with its zone: "09.47 WIB".
func (w Words) Clock(t time.Time) string { return t.Format("15.04 MST") }
