package printer

import (
	"bytes"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"loket/kiosk/receipt"
)

// text is a receipt as words and the printer's own QR code (GS ( k): 2 kB where
// a picture has 50. Letters are ASCII, as every code page has them; nothing
// that Loket prints in Indonesian or English needs more.
func text(lines []receipt.Line, p receipt.Paper) (commands [][]byte) {
	columns := p.Dots / 12 // font A
	add := func(parts ...[]byte) { commands = append(commands, bytes.Join(parts, nil)) }
	for _, l := range lines {
		switch l.Kind {
		case receipt.Words:
			bold, size, wide := byte(0), byte(0), columns
			if l.Style != receipt.Plain {
				bold = 1
			}
			if l.Style == receipt.Symbols {
				size, wide = 0x11, columns/2
			}
			for _, line := range wrap(ascii(l.Text), wide) {
				add([]byte{0x1b, 'a', centred(l.Centre), 0x1b, 'E', bold, 0x1d, '!', size}, []byte(line), []byte{'\n', 0x1b, 'E', 0, 0x1d, '!', 0})
			}
		case receipt.Rule:
			add([]byte{0x1b, 'a', 0}, bytes.Repeat([]byte{'-'}, columns), []byte{'\n'})
		case receipt.Space:
			add([]byte{'\n'})
		case receipt.QRCode:
			add([]byte{0x1b, 'a', centred(l.Centre)}, qr(l.Text, p), []byte{'\n'})
		}
	}
	return commands
}

func centred(yes bool) byte {
	if yes {
		return 1
	}
	return 0
}

// qr has the printer draw a code: model 2, modules and error correction by the
// same rule as in pictures.
func qr(url string, p receipt.Paper) []byte {
	level, module := byte('1'), byte(6)
	if s, err := receipt.SymbolFor(url, p.Dots, p); err == nil {
		level, module = map[string]byte{"L": '0', "M": '1', "Q": '2'}[s.Level], byte(min(s.Module, 16))
	}
	n := len(url) + 3
	return bytes.Join([][]byte{
		{0x1d, '(', 'k', 4, 0, '1', 'A', '2', 0},
		{0x1d, '(', 'k', 3, 0, '1', 'C', module},
		{0x1d, '(', 'k', 3, 0, '1', 'E', level},
		{0x1d, '(', 'k', byte(n), byte(n >> 8), '1', 'P', '0'}, []byte(url),
		{0x1d, '(', 'k', 3, 0, '1', 'Q', '0'},
	}, nil)
}

// ascii takes accents off letters and puts plain signs for dashes and quotation
// marks; what is left is a question mark.
func ascii(s string) string {
	s = strings.NewReplacer("–", "-", "—", "-", "−", "-", "’", "'", "‘", "'", "“", `"`, "”", `"`, "…", "...", "·", "-", "•", "-", "\u00a0", " ", "×", "x").Replace(s)
	s, _, err := transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn))), s)
	if err != nil {
		s = ""
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

// wrap breaks a text into lines of at most wide letters.
func wrap(s string, wide int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && len(line)+1+len(word) > wide {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		for line += word; len(line) > wide; line = line[wide:] {
			lines = append(lines, line[:wide])
		}
	}
	return append(lines, line)
}
