// Package words finds the sentence for a key in the language of the moment,
// and writes dates and times as people of that language do. The sentences are
// data: assets/words/*.toml, every key in every language.
package words

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"loket/kiosk"
)

// Language is a language Loket speaks, from languages/CODE.toml.
type Language struct {
	Code   kiosk.Language    `toml:"-"`
	Name   string            `toml:"name"`  // in the language itself
	Draft  bool              `toml:"draft"` // not reviewed; what it lacks is said in Indonesian
	Voice  string            `toml:"voice"` // espeak-ng's name of the voice
	Days   []string          `toml:"days"`  // Sunday first
	Months []string          `toml:"months"`
	Words  map[string]string `toml:"words"` // of the sentences in words/*.toml
	Forms  map[string]string `toml:"forms"` // of the forms; package form reads them
}

// Catalogue is every sentence in every language.
type Catalogue struct {
	texts     map[string]kiosk.Text
	languages []Language
}

// Load reads words/*.toml, lines of "key" = { id = "…", en = "…" }, and
// languages/*.toml. A key that stands twice or lacks one of
// [kiosk.Languages] is an error; so is a further language that is no draft
// and lacks a sentence.
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
	if c.languages, err = Languages(files); err != nil {
		return nil, err
	}
	for _, l := range c.languages {
		for key, sentence := range l.Words {
			if c.texts[key] == nil {
				return nil, fmt.Errorf("languages/%s.toml: there is no sentence %q", l.Code, key)
			}
			c.texts[key][l.Code] = sentence
		}
		for key, text := range c.texts {
			if text[l.Code] == "" && !l.Draft {
				return nil, fmt.Errorf("languages/%s.toml: %q has no words", l.Code, key)
			}
		}
	}
	return c, nil
}

// Languages reads languages/*.toml, [kiosk.Languages] first.
func Languages(files fs.FS) ([]Language, error) {
	names, err := fs.Glob(files, "languages/*.toml")
	if err != nil {
		return nil, err
	}
	var all []Language
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		l := Language{Code: kiosk.Language(strings.TrimSuffix(path.Base(name), ".toml"))}
		meta, err := toml.Decode(string(b), &l)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if extra := meta.Undecoded(); len(extra) > 0 {
			return nil, fmt.Errorf("%s: unknown key %s", name, extra[0])
		}
		if !l.Code.Valid() || l.Name == "" || l.Voice == "" || len(l.Days) != 7 || len(l.Months) != 12 {
			return nil, fmt.Errorf("%s: a language needs a code of 2 or 3 letters, a name, a voice, 7 days and 12 months", name)
		}
		all = append(all, l)
	}
	rank := func(l Language) int {
		if i := slices.Index(kiosk.Languages, l.Code); i >= 0 {
			return i
		}
		return len(kiosk.Languages)
	}
	slices.SortStableFunc(all, func(a, b Language) int { return rank(a) - rank(b) })
	for i, code := range kiosk.Languages {
		if i >= len(all) || all[i].Code != code {
			return nil, fmt.Errorf("languages/%s.toml is missing", code)
		}
	}
	return all, nil
}

// Languages lists every language, those of [kiosk.Languages] first.
func (c *Catalogue) Languages() []Language { return c.languages }

// Has reports whether the key has words.
func (c *Catalogue) Has(key string) bool { return c.texts[key] != nil }

// Keys lists the keys of all sentences.
func (c *Catalogue) Keys() []string { return slices.Sorted(maps.Keys(c.texts)) }

// In returns the words of one language.
func (c *Catalogue) In(l kiosk.Language) Words {
	w := Words{Language: l, texts: c.texts}
	for _, known := range c.languages {
		if known.Code == l || w.speech.Code == "" {
			w.speech = known
		}
	}
	return w
}

// Words are the sentences of one language.
type Words struct {
	Language kiosk.Language
	texts    map[string]kiosk.Text
	speech   Language // the first where Language is unknown
}

// Voice is espeak-ng's name of a voice for the language.
func (w Words) Voice() string { return w.speech.Voice }

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

// Has reports whether there is a sentence for key.
func (w Words) Has(key string) bool {
	_, ok := w.texts[key]
	return ok
}

// Month names a month.
func (w Words) Month(m time.Month) string { return w.speech.Months[m-1] }

// Day writes a date without its weekday: "4 Desember 2026".
func (w Words) Day(t time.Time) string {
	return fmt.Sprintf("%d %s %d", t.Day(), w.Month(t.Month()), t.Year())
}

// Date writes a date with its weekday: "Jumat, 4 Desember 2026".
func (w Words) Date(t time.Time) string { return w.speech.Days[t.Weekday()] + ", " + w.Day(t) }

// Hours writes when an office is open, from Monday on, days alike together:
// "Senin–Kamis 07.30–16.00, Jumat 07.30–11.30 dan 13.00–16.30". Of a week of which
// nothing is known it is empty.
func (w Words) Hours(week kiosk.Week) string {
	at := func(d time.Duration) string { return fmt.Sprintf("%02d.%02d", int(d.Hours()), int(d.Minutes())%60) }
	var all []string
	for first := 1; first <= 7; {
		day := week[first%7]
		next := first + 1
		for next <= 7 && slices.Equal(week[next%7], day) {
			next++
		}
		if len(day) > 0 {
			days := w.speech.Days[first%7]
			if next-first > 1 {
				days += "–" + w.speech.Days[(next-1)%7]
			}
			var spans []string
			for _, s := range day {
				spans = append(spans, at(s.From)+"–"+at(s.To))
			}
			all = append(all, days+" "+strings.Join(spans, " "+w.T("hours.and")+" "))
		}
		first = next
	}
	return strings.Join(all, ", ")
}

// Clock writes a time of day with its zone: "09.47 WIB".
func (w Words) Clock(t time.Time) string { return t.Format("15.04 MST") }
