// Package track makes and reads the two things on a receipt: the public
// [kiosk.Number] and the secret [kiosk.Code], both in Crockford's base 32
// with a check symbol of our own alphabet.
package track

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"

	"loket/kiosk"
)

// Alphabet is Crockford's base 32: no I, L, O or U, so that nothing printed
// can be read as something else.
const Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	kioskLen  = 2 // symbols that name the kiosk
	randomLen = 5
	numberLen = kioskLen + randomLen + 1
	secretLen = 8
	codeLen   = secretLen + 1
)

// Errors that a caller words for people: the wrong length, a symbol that is
// not in the alphabet, a check symbol that does not fit, or nothing like a receipt.
var (
	ErrLength = errors.New("wrong number of symbols")
	ErrSymbol = errors.New("a symbol that is never used")
	ErrCheck  = errors.New("check symbol does not fit")
	ErrShape  = errors.New("not what stands on a receipt")
)

// NewNumber draws a number for the kiosk named by two symbols. It draws again
// while the symbols spell something rude, and fails only when random does.
func NewNumber(kioskID string, random io.Reader) (kiosk.Number, error) {
	id, err := normalize(kioskID)
	if err != nil || len(id) != kioskLen {
		return "", fmt.Errorf("kiosk id %q: %w", kioskID, ErrLength)
	}
	var b [randomLen]byte
	for {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", fmt.Errorf("draw number: %w", err)
		}
		s := id
		for _, v := range b {
			s += string(Alphabet[v&31])
		}
		if s += string(check(s)); !rude(s) {
			return kiosk.Number(s), nil
		}
	}
}

// Key is a step of the ratchet that codes are derived from. Kiosk and hub
// share the first; the kiosk moves on after each report and forgets, so that
// whoever steals it cannot derive the codes already given out.
type Key [32]byte

// Next returns the following step. There is no way back.
func (k Key) Next() Key {
	next, err := hkdf.Key(sha256.New, k[:], nil, "loket/ratchet/v1", len(k))
	if err != nil {
		panic("hkdf of a fixed length: " + err.Error())
	}
	return Key(next)
}

// Code derives the secret that belongs to n at this step of the ratchet
// (40 bits of HMAC-SHA-256 and a check symbol).
func (k Key) Code(n kiosk.Number) kiosk.Code {
	mac := hmac.New(sha256.New, k[:])
	mac.Write([]byte("loket/track/v1"))
	mac.Write([]byte(n))
	sum := mac.Sum(nil)
	s := make([]byte, secretLen, codeLen)
	for i := range s {
		s[i] = Alphabet[sum[i]&31]
	}
	return kiosk.Code(append(s, check(string(s))))
}

// ParseNumber reads a number as people type it: any case, O for 0, I and L
// for 1, spaces and dashes anywhere.
func ParseNumber(s string) (kiosk.Number, error) {
	c, err := parse(s, numberLen)
	return kiosk.Number(c), err
}

// ParseCode reads a code as people type it, like [ParseNumber].
func ParseCode(s string) (kiosk.Code, error) {
	c, err := parse(s, codeLen)
	return kiosk.Code(c), err
}

// KioskOf returns the two symbols that name the kiosk a number comes from.
func KioskOf(n kiosk.Number) string {
	if len(n) < kioskLen {
		return ""
	}
	return string(n[:kioskLen])
}

// MaxBase is the longest base, in bytes, that [URL] makes a QR code of whose
// modules are 1 mm on the narrowest paper (receipt.MaxURL).
const MaxBase = 63

// URL is what the QR code on a receipt holds: upper case, so that the QR code
// stays small, with number and code in the fragment, which no server sees.
func URL(base string, n kiosk.Number, c kiosk.Code) string {
	return strings.ToUpper(strings.TrimSuffix(base, "/")) + "/T#" + string(n) + "-" + string(c)
}

// Longest is how many characters a scanner reads off a receipt at most.
const Longest = MaxBase + len("/T#") + numberLen + len("-") + codeLen

// ParseReceipt reads what a scanner reads off a receipt: the [URL] in its QR code, in
// any case, or number and code alone. It returns [ErrShape] for anything else, and
// like [ParseNumber] for a receipt that was read wrongly.
func ParseReceipt(s string) (n kiosk.Number, c kiosk.Code, err error) {
	if len(s) > Longest {
		return "", "", ErrShape
	}
	s = strings.ToUpper(strings.TrimSpace(s))
	address, pair, isURL := strings.Cut(s, "#")
	if !isURL {
		pair, err = normalize(s)
		if err != nil || len(pair) != numberLen+codeLen {
			return "", "", ErrShape
		}
		pair = pair[:numberLen] + "-" + pair[numberLen:]
	} else if !strings.HasSuffix(address, "/T") || !strings.HasPrefix(address, "HTTPS://") && !strings.HasPrefix(address, "HTTP://") {
		return "", "", ErrShape
	}
	number, code, both := strings.Cut(pair, "-")
	if !both || len(number) != numberLen || len(code) != codeLen {
		return "", "", ErrShape
	}
	if n, err = ParseNumber(number); err != nil {
		return "", "", err
	}
	if c, err = ParseCode(code); err != nil {
		return "", "", err
	}
	return n, c, nil
}

// Secret appends a check symbol to symbols of the alphabet, so that what
// people type over can be checked like a number ([ParseSecret]).
func Secret(symbols string) string { return symbols + string(check(symbols)) }

// ParseSecret reads n symbols, the last a check symbol, as people type them.
func ParseSecret(s string, n int) (string, error) { return parse(s, n) }

func parse(s string, n int) (string, error) {
	c, err := normalize(s)
	switch {
	case err != nil:
		return "", err
	case len(c) != n:
		return "", ErrLength
	case check(c[:n-1]) != c[n-1]:
		return "", ErrCheck
	}
	return c, nil
}

func normalize(s string) (string, error) {
	if len(s) > 256 {
		return "", ErrLength
	}
	var b strings.Builder
	for _, r := range strings.ToUpper(s) {
		switch r {
		case ' ', '-', '\u00a0', '\t', '\n', '\r', '.', '·', '–', '—', '‐', '‑':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		if r > 127 || value(byte(r)) < 0 {
			return "", ErrSymbol
		}
		b.WriteByte(byte(r))
	}
	return b.String(), nil
}

func value(symbol byte) int { return strings.IndexByte(Alphabet, symbol) }

// check returns the symbol that makes the sum of all symbols, each weighted
// with its own power of a generator of GF(32), zero. Distinct weights that
// are never 0 catch every single error and every swap of two symbols.
func check(s string) byte {
	sum, weight := 0, 1
	for i := len(s) - 1; i >= 0; i-- {
		weight = times(weight, 2)
		sum ^= times(weight, max(value(s[i]), 0))
	}
	return Alphabet[sum]
}

// times multiplies in GF(32) with the field polynomial x⁵+x²+1.
func times(a, b int) int {
	p := 0
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			p ^= a
		}
		if a <<= 1; a&32 != 0 {
			a ^= 0b100101
		}
	}
	return p
}

// rude reports whether s spells one of a few words in Indonesian or English,
// read with digits as the letters they resemble.
func rude(s string) bool {
	plain := strings.NewReplacer("0", "O", "1", "I", "3", "E", "4", "A", "5", "S", "8", "B").Replace(s)
	for _, w := range []string{"ASU", "BABI", "BEGO", "TAEK", "TAIK", "SETAN", "NAJIS", "GOBOK", "PKI", "FAK", "FCK", "SEX", "SHIT", "ANAL", "NAZI"} {
		if strings.Contains(plain, w) {
			return true
		}
	}
	return false
}
