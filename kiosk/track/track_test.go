package track

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"loket/kiosk"
)

// Every single wrong symbol, every swap of neighbours and every swap of two
// symbols one apart must be caught, in numbers and codes.
func TestCheckSymbolCatchesEverySlip(t *testing.T) {
	for _, length := range []int{numberLen, codeLen} {
		tried, missed := 0, 0
		for round := range 64 {
			var b [codeLen]byte
			if _, err := rand.Read(b[:]); err != nil {
				t.Fatal(err)
			}
			s := make([]byte, length-1)
			for i := range s {
				s[i] = Alphabet[(int(b[i])+round)&31]
			}
			s = append(s, check(string(s)))
			for i := range s {
				for _, a := range []byte(Alphabet) {
					if a == s[i] {
						continue
					}
					w := bytes.Clone(s)
					w[i] = a
					tried++
					if _, err := parse(string(w), length); !errors.Is(err, ErrCheck) {
						missed++
					}
				}
			}
		}
		// The check is linear, so a swap is caught exactly when it is caught
		// in an otherwise zero string: every pair of symbols, every place.
		for gap := 1; gap <= 2; gap++ {
			for i := 0; i+gap < length; i++ {
				for _, a := range []byte(Alphabet) {
					for _, b := range []byte(Alphabet) {
						if a == b {
							continue
						}
						s := bytes.Repeat([]byte{'0'}, length-1)
						if i < length-1 {
							s[i] = a
						}
						if i+gap < length-1 {
							s[i+gap] = b
						}
						s = append(s, check(string(s)))
						if s[i] == s[i+gap] {
							continue
						}
						s[i], s[i+gap] = s[i+gap], s[i]
						tried++
						if _, err := parse(string(s), length); !errors.Is(err, ErrCheck) {
							missed++
						}
					}
				}
			}
		}
		if missed > 0 {
			t.Errorf("%d symbols: %d of %d slips not caught", length, missed, tried)
		}
		t.Logf("%d symbols: %d slips tried", length, tried)
	}
}

func TestReadsWhatPeopleType(t *testing.T) {
	n := kiosk.Number(Secret("K70QX1M"))
	for _, typed := range []string{string(n), n.String(), strings.ToLower(string(n)), "k7-oqxim" + string(n[7]), " K7 OQXlM-" + string(n[7]) + " ", "K 7 0 Q X L M " + string(n[7])} {
		if got, err := ParseNumber(typed); err != nil || got != n {
			t.Errorf("%q read as %q, %v", typed, string(got), err)
		}
	}
	for typed, want := range map[string]error{"": ErrLength, "K7": ErrLength, "K7U4X1M" + string(n[7]): ErrSymbol, "ＫK": ErrSymbol, strings.Repeat(" ", 300): ErrLength} {
		if _, err := ParseNumber(typed); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", typed, err, want)
		}
	}
}

func TestNumbersAreNeverRude(t *testing.T) {
	// The first draw would spell "ASV0R": not rude; then one that would be.
	n, err := NewNumber("K7", bytes.NewReader([]byte{10, 25, 27, 0, 0, 15, 10, 19, 1, 2, 1, 2, 3, 4, 5}))
	if err != nil {
		t.Fatal(err)
	}
	n2, err := NewNumber("K7", bytes.NewReader([]byte{15, 10, 19, 1, 2, 1, 2, 3, 4, 5}))
	if err != nil || strings.Contains(string(n2), "FAK") || KioskOf(n) != "K7" {
		t.Errorf("drew %q then %q, %v", string(n), string(n2), err)
	}
	if _, err := NewNumber("K77", rand.Reader); err == nil {
		t.Error("a kiosk id of three symbols was taken")
	}
	if _, err := NewNumber("K7", bytes.NewReader(nil)); err == nil {
		t.Error("no randomness, yet a number")
	}
}

func TestCodesFollowTheRatchet(t *testing.T) {
	var k Key
	n := kiosk.Number(Secret("K70QX1M"))
	first, second := k.Code(n), k.Next().Code(n)
	if first == second || k.Code(n) != first {
		t.Errorf("codes %q %q", string(first), string(second))
	}
	if got, err := ParseCode(first.Grouped()); err != nil || got != first {
		t.Errorf("read back %q, %v", string(got), err)
	}
	if strings.ContainsAny(first.String(), Alphabet) {
		t.Error("a code shows itself to a log")
	}
	if got := URL("https://lacak.example.go.id/", n, first); got != "HTTPS://LACAK.EXAMPLE.GO.ID/T#"+string(n)+"-"+string(first) {
		t.Error(got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("k7-4qx9m2")
	f.Add("QV8N3 HD6WY")
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := ParseNumber(s); err == nil {
			if again, err := ParseNumber(n.String()); err != nil || again != n {
				t.Errorf("%q → %q → %q, %v", s, string(n), string(again), err)
			}
		}
		if c, err := ParseCode(s); err == nil {
			if again, err := ParseCode(c.Grouped()); err != nil || again != c {
				t.Errorf("%q: not stable, %v", s, err)
			}
		}
	})
}

func TestReadsWhatStandsOnAReceipt(t *testing.T) {
	n, c := kiosk.Number(Secret("K70QX1M")), kiosk.Code(Secret("QV8N3HD6"))
	url := URL("https://lacak.example.go.id/", n, c)
	for _, s := range []string{url, strings.ToLower(url), " " + url + " ", "http://127.0.0.1:8080/t#" + string(n) + "-" + string(c),
		string(n) + "-" + string(c), string(n) + string(c), n.String() + " " + c.Grouped(), URL("https://"+strings.Repeat("A", MaxBase-8), n, c)} {
		if gotN, gotC, err := ParseReceipt(s); err != nil || gotN != n || gotC != c {
			t.Errorf("%q read as %s, %v", s, gotN, err)
		}
	}
	for s, want := range map[string]error{
		"": ErrShape, string(n): ErrShape, string(c) + string(n): ErrCheck, "https://example.org/#x": ErrShape, "ftp://x/T#" + string(n) + "-" + string(c): ErrShape,
		"https://x/T#" + string(n) + string(c): ErrShape, url + "-": ErrShape, url + url: ErrShape, "https://x/T/#" + string(n) + "-" + string(c): ErrShape,
		"https://x/T#" + string(n[1:]) + string(n[:1]) + "-" + string(c): ErrCheck, "https://x/T#UUUUUUUU-" + string(c): ErrSymbol,
		URL("https://"+strings.Repeat("A", MaxBase), n, c): ErrShape,
	} {
		if n, _, err := ParseReceipt(s); !errors.Is(err, want) {
			t.Errorf("%q read as %q: %v, want %v", s, string(n), err, want)
		}
	}
}

func FuzzScanned(f *testing.F) {
	n, c := kiosk.Number(Secret("K70QX1M")), kiosk.Code(Secret("QV8N3HD6"))
	f.Add(URL("https://lacak.example.go.id", n, c))
	f.Add(n.String() + " " + c.Grouped())
	f.Add("HTTP:///T#-")
	f.Fuzz(func(t *testing.T, s string) {
		n, c, err := ParseReceipt(s)
		if err != nil {
			return
		}
		if again, code, err := ParseReceipt(URL("https://x", n, c)); err != nil || again != n || code != c {
			t.Errorf("%q: not stable, %v", s, err)
		}
	})
}
