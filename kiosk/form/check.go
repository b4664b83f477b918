package form

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"

	"loket/kiosk"
	"loket/kiosk/track"
	"loket/kiosk/words"
)

// Problem is one thing a visitor has to mend: the field it stands in, the key
// of the sentence that says so, and the values in that sentence.
type Problem struct {
	Field string
	Code  string // key in the words catalogue, "problem.…"
	Args  []any  // pairs for [words.Words.T]
}

// Text is the problem as a sentence.
func (p Problem) Text(w words.Words) string { return w.T(p.Code, p.Args...) }

// Problems are all things to mend in a draft. They are an error to programs.
type Problems []Problem

// Error names fields and keys, never what was answered.
func (p Problems) Error() string {
	var s []string
	for _, q := range p {
		s = append(s, strings.TrimPrefix(q.Field+": "+q.Code, ": "))
	}
	return strings.Join(s, "; ")
}

// Limits that hold for every answer, whatever the field says.
const (
	maxAnswerBytes = 16 << 10 // of an answer that names no limit of its own
	maxMarks       = 8        // combining marks on one letter; more is a flood
	oldestYear     = 1945
)

// Check checks a whole draft as of today, a time in the office's zone, and
// returns it in canonical form: NFC, \n line ends, telephone numbers as E.164.
// Nothing else is changed or cut.
func (c *Catalogue) Check(d kiosk.Draft, today time.Time) (kiosk.Draft, Problems) {
	f := c.Form(d.Form)
	if f == nil {
		return d, Problems{{Code: "problem.form", Args: []any{"name", d.Form}}}
	}
	var problems Problems
	if !d.Language.Valid() {
		problems = append(problems, Problem{Field: "language", Code: "problem.language"})
	}
	if !slices.Contains(f.Identities, d.Identity) {
		code := "problem.identity"
		if len(f.Identities) == 1 {
			code = "problem.named"
		}
		problems = append(problems, Problem{Field: "identity", Code: code})
	}
	answers := kiosk.Answers{}
	for id, a := range d.Answers {
		if a = canonical(a); a != "" {
			answers[id] = a
		}
	}
	d.Answers = answers
	asked := f.Asked(d)
	for _, id := range slices.Sorted(maps.Keys(answers)) {
		if field := f.Field(id); field == nil || field.Type == Identity {
			problems = append(problems, Problem{Field: id, Code: "problem.unknown"})
		} else if !slices.ContainsFunc(asked, func(a Field) bool { return a.ID == id }) {
			problems = append(problems, Problem{Field: id, Code: "problem.not_asked"})
		}
	}
	for _, field := range asked {
		if field.Type == Identity {
			continue
		}
		a, more := c.checkAnswer(&field, d, today)
		problems = append(problems, more...)
		if a != "" {
			answers[field.ID] = a
		}
	}
	for _, group := range f.OneOf {
		if !slices.ContainsFunc(group, func(id string) bool { return answers[id] != "" }) {
			problems = append(problems, OneOfMissing(group))
		}
	}
	return d, problems
}

// OneOfMissing is the problem of a draft that answers none of a group.
func OneOfMissing(group []string) Problem {
	code := "problem.one_of.any"
	if len(group) == 2 {
		code = "problem.one_of." + strings.Join(group, "_")
	}
	return Problem{Field: group[len(group)-1], Code: code}
}

// CheckField checks the answer to one field, as when leaving its page.
func (c *Catalogue) CheckField(f *Form, id string, d kiosk.Draft, today time.Time) Problems {
	field := f.Field(id)
	if field == nil {
		return Problems{{Field: id, Code: "problem.unknown"}}
	}
	if field.Type == Identity {
		if !slices.Contains(f.Identities, d.Identity) {
			return Problems{{Field: id, Code: "problem.choose"}}
		}
		return nil
	}
	d.Answers = maps.Clone(d.Answers)
	if a, ok := d.Answers[id]; ok {
		d.Answers[id] = canonical(a)
	}
	_, problems := c.checkAnswer(field, d, today)
	return problems
}

// canonical is how Loket writes text: NFC with \n line ends.
func canonical(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return norm.NFC.String(strings.ReplaceAll(s, "\r", "\n"))
}

func (c *Catalogue) checkAnswer(field *Field, d kiosk.Draft, today time.Time) (string, Problems) {
	a := d.Answers[field.ID]
	one := func(code string, args ...any) (string, Problems) {
		return a, Problems{{Field: field.ID, Code: "problem." + code, Args: args}}
	}
	if strings.TrimSpace(a) == "" {
		if field.Needs(d.Answers) {
			if field.Type == Choice {
				return one("choose")
			}
			return one("required")
		}
		if a != "" {
			return one("blank")
		}
		return a, nil
	}
	if code, args := unfit(a, field.Type == LongText); code != "" {
		return one(code, args...)
	}
	limit := field.MaxBytes
	if limit == 0 {
		limit = maxAnswerBytes
	}
	switch n := uniseg.GraphemeClusterCount(a); {
	case field.Max > 0 && n > field.Max:
		return one("too_long", "n", n, "max", field.Max)
	case len(a) > limit:
		return one("too_large", "n", len(a), "max", limit)
	case field.Min > 0 && uniseg.GraphemeClusterCount(strings.TrimSpace(a)) < field.Min:
		return one("too_short", "min", field.Min)
	}
	switch field.Type {
	case Scan:
		if len(a) != 1 || a[0] < '1' || a[0] > '0'+kiosk.MostPages {
			return one("option")
		}
	case Choice:
		if !slices.ContainsFunc(field.Options, func(o Option) bool { return o.Value == a }) {
			return one("option")
		}
	case Office:
		if _, ok := c.Office(a); !ok {
			return one("office")
		}
	case Service:
		if _, ok := c.Service(a); !ok {
			return one("service")
		}
	case Date:
		if code := badDate(a, today); code != "" {
			return one(code)
		}
	case Phone:
		e164, ok := phone(a)
		if !ok {
			return one("phone")
		}
		a = e164
	case Email:
		if !email(a) {
			return one("email")
		}
	case NIK:
		// A number that looks odd is doubted, not refused: nobody can check it
		// here, and real ones exist that break the rule.
		digits, code, n := nik(a)
		if digits == "" {
			return one(code, "n", n)
		}
		a = digits
	case Number:
		n, err := track.ParseNumber(a)
		if err != nil {
			return one("number")
		}
		a = string(n)
	}
	return a, nil
}

// Doubt is what looks odd about an answer and may yet be right: the visitor
// is asked to look again, once, and goes on if they wish. stop is false for
// what only has to be said.
func (c *Catalogue) Doubt(f *Form, id string, d kiosk.Draft, today time.Time) (doubt *Problem, stop bool) {
	field := f.Field(id)
	if field == nil {
		return nil, false
	}
	a := canonical(d.Answers[id])
	switch field.Type {
	case NIK:
		if digits, code, _ := nik(a); digits != "" && code != "" {
			return &Problem{Field: id, Code: "doubt." + code}, true
		}
	case Date:
		if day, err := time.Parse(time.DateOnly, a); err == nil && today.Sub(day) > longAgo {
			return &Problem{Field: id, Code: "doubt.long_ago"}, false
		}
	case Identity:
		if d.Identity != kiosk.Anonymous {
			return nil, false
		}
		for _, asked := range f.Asked(d) {
			if (asked.Type == LongText || asked.Type == TextLine) && personal.MatchString(d.Answers[asked.ID]) {
				return &Problem{Field: id, Code: "doubt.personal"}, true
			}
		}
	}
	return nil, false
}

// longAgo is the time within which a complaint should be brought: UU 25/2009
// art. 40(5) has 30 days. Later ones are taken all the same.
const longAgo = 31 * 24 * time.Hour

// personal finds what looks like a telephone number, an identity number or an
// e-mail address.
var personal = regexp.MustCompile(`(\d[ .-]?){10,}|[^\s@]+@[^\s@]+\.[^\s@]+`)

// unfit finds what no answer may hold: bytes that are no text, control
// characters, marks that turn the direction of writing, floods of marks.
func unfit(s string, lines bool) (code string, args []any) {
	if !utf8.ValidString(s) {
		return "utf8", nil
	}
	marks := 0
	for _, r := range s {
		switch {
		case r == '\n' && lines:
		case r == '\n':
			return "newline", nil
		case unicode.Is(unicode.Cc, r), r == '\u2028', r == '\u2029':
			return "control", []any{"code", fmt.Sprintf("U+%04X", r)}
		case r == '\u061C', r == '\u200E', r == '\u200F', r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069':
			return "direction", []any{"code", fmt.Sprintf("U+%04X", r)}
		}
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) {
			if marks++; marks > maxMarks {
				return "marks", nil
			}
		} else {
			marks = 0
		}
	}
	return "", nil
}

func badDate(a string, today time.Time) string {
	d, err := time.Parse(time.DateOnly, a)
	switch {
	case err != nil:
		return "date"
	case d.After(time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)):
		return "future"
	case d.Year() < oldestYear:
		return "too_old"
	}
	return ""
}

// phone reads a telephone number and returns it as E.164. Indonesian mobile
// numbers have 9 to 12 digits after +62 and begin with 8; land lines have
// fewer; foreign numbers need their +.
func phone(s string) (string, bool) {
	plus := strings.HasPrefix(strings.TrimSpace(s), "+")
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case strings.ContainsRune(" -.()/", r), r == '+' && b.Len() == 0:
		default:
			return "", false
		}
	}
	digits := b.String()
	switch {
	case plus && !strings.HasPrefix(digits, "62"):
		return "+" + digits, len(digits) >= 8 && len(digits) <= 15
	case strings.HasPrefix(digits, "62"):
		digits = strings.TrimPrefix(digits[2:], "0")
	case strings.HasPrefix(digits, "0"):
		digits = digits[1:]
	default:
		return "", false
	}
	ok := len(digits) >= 9 && len(digits) <= 12
	if !strings.HasPrefix(digits, "8") { // a land line: area code of 2 or 3 digits
		ok = len(digits) >= 7 && len(digits) <= 11 && digits[0] >= '2'
	}
	return "+62" + digits, ok
}

var emailForm = regexp.MustCompile(`^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$`)

func email(s string) bool {
	return len(s) <= 254 && emailForm.MatchString(s) && !strings.Contains(s, "..") && s[0] != '.' && !strings.Contains(s, ".@")
}

// nik checks the form of an identity number: 6 digits of region, DDMMYY with
// 40 added to a woman's day, 4 of serial. There is no check digit, so this
// can only find what is odd. digits is empty for what cannot be a NIK at all.
func nik(s string) (digits, code string, n int) {
	digits = strings.NewReplacer(" ", "", "-", "", ".", "").Replace(s)
	for _, r := range digits {
		if r < '0' || r > '9' {
			return "", "nik_digits", 0
		}
	}
	if len(digits) != 16 {
		return "", "nik_length", len(digits)
	}
	two := func(i int) int { return int(digits[i]-'0')*10 + int(digits[i+1]-'0') }
	day, month, year := two(6), two(8), two(10)
	if day > 40 {
		day -= 40
	}
	possible := func(century int) bool {
		d := time.Date(century+year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		return month >= 1 && month <= 12 && day >= 1 && d.Day() == day
	}
	switch {
	case two(0) < 11 || two(0) > 96 || digits[12:] == "0000":
		return digits, "nik_form", 16
	case !possible(1900) && !possible(2000):
		return digits, "nik_date", 16
	}
	return digits, "", 16
}
