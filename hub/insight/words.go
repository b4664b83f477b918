package insight

import (
	"cmp"
	"io/fs"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Word is one that became frequent. What is counted is cases that have it, not
// how often: one angry letter is one case. It is compared with the period before
// by the log-likelihood ratio G² (Dunning 1993), taken as a χ² of one degree of
// freedom where at least five cases would be expected in each period, and
// corrected for the number of words by Benjamini and Hochberg at 5 %.
type Word struct {
	Word          string
	Now, Then     int // cases
	NowOf, ThenOf int // that may be read
	G2, Q         float64
}

// LoadStop reads stopwords/*.txt: words that say nothing by themselves, one a
// line; # begins a comment.
func LoadStop(files fs.FS) (map[string]bool, error) {
	names, err := fs.Glob(files, "stopwords/*.txt")
	if err != nil {
		return nil, err
	}
	stop := map[string]bool{}
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(b)) {
			word, _, _ := strings.Cut(line, "#")
			if word = strings.TrimSpace(word); word != "" {
				stop[word] = true
			}
		}
	}
	return stop, nil
}

type tally struct {
	now, then, last int
}

func frequent(cases []Case, now, then Period, stop map[string]bool) []Word {
	counts := map[string]*tally{}
	var nowOf, thenOf int
	for i, c := range cases {
		in := now.Has(c.Received)
		if c.Text == "" || !in && !then.Has(c.Received) {
			continue
		}
		if in {
			nowOf++
		} else {
			thenOf++
		}
		Tokens(c.Text, func(word []byte) {
			w := counts[string(word)]
			if w == nil {
				w = new(tally)
				counts[string(word)] = w
			}
			if w.last == i+1 {
				return
			}
			if w.last = i + 1; in {
				w.now++
			} else {
				w.then++
			}
		})
	}
	if nowOf == 0 || thenOf == 0 {
		return nil
	}
	rarer := float64(min(nowOf, thenOf)) / float64(nowOf+thenOf)
	var all []Word
	var p []float64
	for word, n := range counts {
		if float64(n.now+n.then)*rarer < Small || stop[word] {
			continue
		}
		w := Word{Word: word, Now: n.now, Then: n.then, NowOf: nowOf, ThenOf: thenOf}
		w.G2 = likelihood(w.Now, nowOf, w.Then, thenOf)
		all, p = append(all, w), append(p, math.Erfc(math.Sqrt(w.G2/2)))
	}
	for i, q := range adjust(p) {
		all[i].Q = q
	}
	all = slices.DeleteFunc(all, func(w Word) bool {
		return w.Q > falseShare || w.Now < Small || w.Now*w.ThenOf <= w.Then*w.NowOf
	})
	slices.SortFunc(all, func(a, b Word) int { return cmp.Or(cmp.Compare(b.G2, a.G2), cmp.Compare(a.Word, b.Word)) })
	return all
}

// likelihood is G² of a of n against b of m.
func likelihood(a, n, b, m int) (g float64) {
	all := float64(n + m)
	for _, cell := range [4][3]int{{a, n, a + b}, {b, m, a + b}, {n - a, n, n + m - a - b}, {m - b, m, n + m - a - b}} {
		if observed := float64(cell[0]); observed > 0 {
			g += 2 * observed * math.Log(observed*all/(float64(cell[1])*float64(cell[2])))
		}
	}
	return max(0, g)
}

// Tokens says each word of a text, in small letters; a word is valid until the
// next. Whatever holds a digit, an @ or an address of the web is no word, nor is
// anything that touches it: no number of a card, a telephone or a plate gets
// through. A plural by doubling (kios-kios) is its singular, and the possessive
// -nya is left away.
func Tokens(text string, say func(word []byte)) {
	var word, before []byte
	for chunk := range strings.FieldsSeq(text) {
		if odd(chunk) {
			continue
		}
		before = before[:0]
		for len(chunk) > 0 {
			word = word[:0]
			letters := 0
			for len(chunk) > 0 {
				r, size := utf8.DecodeRuneInString(chunk)
				chunk = chunk[size:]
				if !unicode.IsLetter(r) && !unicode.IsMark(r) {
					break
				}
				word = utf8.AppendRune(word, unicode.ToLower(r))
				letters++
			}
			if n := len(word) - len("nya"); n >= 4 && string(word[n:]) == "nya" {
				word, letters = word[:n], letters-3
			}
			if letters < 3 || letters > 24 || string(word) == string(before) {
				continue
			}
			before = append(before[:0], word...)
			say(word)
		}
	}
}

// odd reports whether something between spaces could lead to somebody.
func odd(chunk string) bool {
	dot := false // a letter, a dot
	for i, r := range chunk {
		switch {
		case unicode.IsDigit(r) || r == '@' || r == '_' || r == '\\':
			return true
		case r == '.':
			dot = i > 0
		case dot && unicode.IsLetter(r):
			return true // contoh.go.id, www.contoh
		default:
			dot = false
		}
	}
	return strings.Contains(chunk, "://")
}
