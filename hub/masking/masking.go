// Package masking takes what points to a person out of a text that anybody may
// read: identity numbers (NIK), telephone numbers, e-mail addresses, and what
// the caller knows to be theirs. It rather takes out too much than too little;
// who writes the text sees what is left before it is published.
package masking

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Kind is what was found.
type Kind string

// The kinds, in the order in which they are looked for.
const (
	Own   Kind = "own"   // what the caller gave: a name, an address
	Email Kind = "email" // also with (at) for @
	NIK   Kind = "nik"   // 16 digits, and any other row of 15 or more
	Phone Kind = "phone" // Indonesian or international
)

// Kinds are all of them.
var Kinds = []Kind{Own, Email, NIK, Phone}

// Mark stands where something was.
const Mark = "[•••]"

// shortest is how many letters something of the visitor's own needs before it
// is looked for: shorter ones stand in other words.
const shortest = 3

// Text masks a text, and says how often what was found. Masking what is masked
// changes nothing.
func Text(s string, own ...string) (masked string, found map[Kind]int) {
	found = map[Kind]int{}
	own = slices.DeleteFunc(slices.Clone(own), func(o string) bool { return utf8.RuneCountInString(strings.TrimSpace(o)) < shortest })
	slices.SortFunc(own, func(a, b string) int { return len(b) - len(a) }) // the longer one first: it may hold the shorter
	for _, o := range own {
		var words []string
		for _, w := range strings.Fields(o) {
			words = append(words, regexp.QuoteMeta(w))
		}
		s = replace(regexp.MustCompile(`(?i)`+strings.Join(words, `\s+`)), s, Own, found)
	}
	s = replace(email, s, Email, found)
	s = digits(s, wide, nik, NIK, found)
	return digits(s, narrow, phone, Phone, found), found
}

// Clean is Text where only the text is wanted.
func Clean(s string) string {
	s, _ = Text(s)
	return s
}

var email = regexp.MustCompile(`(?i)[\p{L}\p{N}._%+'\-]+\s{0,2}(?:[@＠]|[(\[{]\s?(?:at|et)\s?[)\]}])\s{0,2}[\p{L}\p{N}\-]+(?:\s?(?:\.|[(\[{]\s?(?:dot|titik)\s?[)\]}])[\p{L}\p{N}\-]+)+`)

// replace masks what fits a pattern until nothing does: one find can uncover
// the next.
func replace(p *regexp.Regexp, s string, k Kind, found map[Kind]int) string {
	for range 8 {
		next := p.ReplaceAllStringFunc(s, func(string) string { found[k]++; return Mark })
		if next == s {
			break
		}
		s = next
	}
	return s
}

// group is some digits that touch; at and end are bytes of the text.
type group struct {
	at, end int
	digits  string // '?' for a digit of another script
	plus    bool   // + stands before it
	before  string // what separates it from the group before, within one row
}

// wide separates the digits of one row where nothing shall slip through,
// narrow those of a telephone number.
var (
	wide   = separators{3, " \t\n\u00a0.-_/\\()[]{},:;*|+~'\"•·"}
	narrow = separators{2, " \u00a0.-()"}
)

type separators struct {
	most int
	any  string
}

func (p separators) has(r rune) bool {
	return strings.ContainsRune(p.any, r) || unicode.In(r, unicode.Zs, unicode.Pd, unicode.Cf, unicode.M)
}

// digit is a digit as ASCII, if it is one.
func digit(r rune) (byte, bool) {
	switch {
	case '0' <= r && r <= '9':
		return byte(r), true
	case r < utf8.RuneSelf || !unicode.IsNumber(r):
		return 0, false
	}
	if n := norm.NFKC.String(string(r)); len(n) == 1 && '0' <= n[0] && n[0] <= '9' {
		return n[0], true
	}
	return '?', true
}

// rows finds the rows of digits in a text: groups with separators between them.
func rows(s string, between separators) (all [][]group) {
	var row []group
	since, apart := 0, 0 // where the last digit ended, and how many letters ago
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		d, ok := digit(r)
		switch {
		case !ok:
			if apart++; len(row) > 0 && (!between.has(r) || apart > between.most) {
				all, row = append(all, row), nil
			}
		case len(row) > 0 && apart == 0:
			last := &row[len(row)-1]
			last.digits += string(d)
			last.end = i + size
		default:
			gap := s[since:i]
			row = append(row, group{at: i, end: i + size, digits: string(d), plus: strings.HasSuffix(strings.TrimRight(gap[max(0, len(gap)-4):], " ("), "+"), before: gap})
		}
		if i += size; ok {
			since, apart = i, 0
		}
	}
	if len(row) > 0 {
		all = append(all, row)
	}
	return all
}

// digits masks those groups of each row that a rule takes: it says how many
// groups from the first on, 0 for none.
func digits(s string, between separators, rule func([]group) int, k Kind, found map[Kind]int) string {
	var out strings.Builder
	from := 0
	for _, row := range rows(s, between) {
		for len(row) > 0 {
			n := rule(row)
			if n == 0 {
				row = row[max(1, dated(row)):]
				continue
			}
			out.WriteString(strings.TrimRight(s[from:row[0].at], "+"))
			out.WriteString(Mark)
			found[k]++
			from, row = row[n-1].end, row[n:]
		}
	}
	return out.String() + s[from:]
}

// nik takes as many groups as make 16 digits, or else as few as make too many
// for anything but such a number.
func nik(row []group) int {
	n, takes := 0, 0
	for i, g := range row {
		if n += len(g.digits); n == 16 {
			return i + 1
		}
		if n >= 15 && takes == 0 {
			takes = i + 1
		}
	}
	return takes
}

// phone takes as many groups as a telephone number can have.
func phone(row []group) int {
	first := row[0].digits
	least, most := 9, 14
	switch {
	case row[0].plus:
	case strings.HasPrefix(first, "?"):
	case strings.HasPrefix(first, "62"):
		least = 10
	case strings.HasPrefix(first, "8") && !money(row):
		most = 12
	case strings.HasPrefix(first, "0") && dated(row) == 0:
	default:
		return 0
	}
	n, takes := 0, 0
	for i, g := range row {
		if n += len(g.digits); n > most {
			break
		}
		if n >= least {
			takes = i + 1
		}
	}
	return takes
}

// dated is how many groups of a date a row begins with: 3, or 0.
func dated(row []group) int {
	if len(row) < 3 || len(row[0].digits) > 2 || len(row[1].digits) > 2 || len(row[2].digits) != 4 || row[1].before != row[2].before {
		return 0
	}
	if year := row[2].digits[:2]; year != "19" && year != "20" {
		return 0
	}
	return 3
}

// money reports whether a row is a sum as Indonesians write it: 8.500.000.
func money(row []group) bool {
	if len(row) < 2 || len(row[0].digits) > 2 {
		return false
	}
	for _, g := range row[1:] {
		if len(g.digits) != 3 || g.before != "." {
			return false
		}
	}
	return true
}
