package published

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// This file finds what a word may come from. It is light: without a dictionary
// nobody can tell whether "mengirim" is of "kirim" or of "irim", so a word has
// every root it may have, and two words are kin when they share one. That errs
// on the side of finding.

// words splits a text into its words, in small letters without accents.
func words(text string) []string {
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(text))
	return strings.FieldsFunc(plain, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// leastRoot is how short a root may be, in letters.
const leastRoot = 3

// roots are what a word may come from, itself among them: without particle and
// possessive, then without what stands before and behind.
func roots(word string) []string {
	if len(word) < 5 || strings.ContainsAny(word, "0123456789") {
		return []string{word}
	}
	all := []string{word}
	seen := map[string]bool{word: true}
	add := func(w string) {
		if len(w) >= leastRoot && !seen[w] {
			seen[w] = true
			all = append(all, w)
		}
	}
	for _, particle := range []string{"lah", "kah", "pun", "nya", "ku", "mu"} {
		if w, ok := strings.CutSuffix(word, particle); ok && len(w) > leastRoot {
			add(w)
		}
	}
	for _, w := range all { // those so far
		for _, suffix := range []string{"kan", "an", "i"} {
			if w, ok := strings.CutSuffix(w, suffix); ok && len(w) >= leastRoot {
				add(w)
			}
		}
	}
	// Prefixes may stand before each other, as in "mempertanggungjawabkan".
	for from, round := 0, 0; round < 2; round++ {
		end := len(all)
		for ; from < end; from++ {
			bare(all[from], add)
		}
	}
	return all
}

// vowel reports whether a word begins with one.
func vowel(w string) bool { return w != "" && strings.ContainsRune("aeiou", rune(w[0])) }

// bare tells add what is left of a word without a prefix. The nasals of me- and
// pe- stand for the first letter of a root that begins with k, p, s or t.
func bare(word string, add func(string)) {
	for _, prefix := range []string{"di", "ke", "se", "ber", "ter", "per", "bel", "pel", "be", "te"} {
		if w, ok := strings.CutPrefix(word, prefix); ok {
			add(w)
		}
	}
	for _, head := range []string{"me", "pe"} {
		w, ok := strings.CutPrefix(word, head)
		if !ok {
			continue
		}
		add(w)
		for _, nasal := range []struct{ sound, hidden string }{{"ny", "s"}, {"ng", "k"}, {"nge", ""}, {"m", "p"}, {"n", "t"}} {
			rest, ok := strings.CutPrefix(w, nasal.sound)
			if !ok {
				continue
			}
			if nasal.sound != "ny" {
				add(rest)
			}
			if vowel(rest) {
				add(nasal.hidden + rest)
			}
		}
	}
}
