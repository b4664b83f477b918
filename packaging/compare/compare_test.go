package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestARatioIsOneRunsAndItsMedianDecides(t *testing.T) {
	r := row{ours: figures{30, 10, 20}, theirs: figures{10, 10, 10}, least: 2}
	if least, median, most := r.ratio().spread(); least != 1 || median != 2 || most != 3 {
		t.Error(least, median, most)
	}
	if !r.met() {
		t.Error("2 is no less than 2")
	}
	if r.least = 2.1; r.met() {
		t.Error("2 is less than 2.1")
	}
	r = row{ours: figures{1}, theirs: figures{100}, faster: true, least: 80}
	if !r.met() || r.target() != "≥ 80×" {
		t.Error(r.ratio(), r.target())
	}
	if r = (row{ours: figures{1.2}, theirs: figures{1}, most: 1.1, name: "nobody's"}); r.said() != "**no**" {
		t.Error(r.said())
	}
	for x, want := range map[float64]string{12345.6: "12,346", 123.4: "123", 12.34: "12.3", 1.234: "1.23", 0.0123: "0.012"} {
		if got := digits(x); got != want {
			t.Errorf("%v is %q", x, got)
		}
	}
}

func TestOnlyWhatIsBetweenTheMarksIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.md")
	if err := os.WriteFile(path, []byte("above\n"+beginMark+"\nold\n"+endMark+"\nbelow\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := rewrite(path, "new\n"); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "above\n"+beginMark+"\nnew\n"+endMark+"\nbelow\n" {
		t.Errorf("%s %v", b, err)
	}
	if err := os.WriteFile(path, []byte("no marks"), 0o600); err != nil {
		t.Fatal(err)
	}
	if rewrite(path, "new") == nil {
		t.Error("written without marks")
	}
}

func TestAnswersAreReadToTheirEnd(t *testing.T) {
	for name, x := range map[string]struct {
		raw  string
		good bool
	}{
		"length":    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", true},
		"chunks":    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", true},
		"too many":  {"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 3\r\n\r\nabc", false},
		"cut short": {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", false},
		"no length": {"HTTP/1.1 200 OK\r\n\r\nabc", false},
		"no chunk":  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", false},
	} {
		r := bufio.NewReader(strings.NewReader(x.raw))
		if err := answer(r); (err == nil) != x.good {
			t.Errorf("%s: %v", name, err)
		}
		if x.good && r.Buffered() > 0 {
			t.Errorf("%s: %d bytes are left", name, r.Buffered())
		}
	}
}
