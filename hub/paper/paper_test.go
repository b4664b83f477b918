package paper_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"loket/assets"
	"loket/hub/paper"
	"loket/kiosk"
)

// read returns what a reader finds on the pages.
func read(t *testing.T, b []byte) string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not here; make setup installs poppler-utils")
	}
	cmd := exec.Command(program, "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(b)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// A register of three hundred rows: the head is on every page, every row is
// there once, and nothing a cell holds makes the paper fail.
func TestATableOverPages(t *testing.T) {
	make := func() []byte {
		p := paper.New(assets.Files, paper.Options{Title: "Register permohonan", Language: kiosk.Indonesian, Landscape: true, Footer: "Kupang 2026", Made: time.Unix(0, 0).UTC()})
		p.Title("Register permohonan informasi")
		p.Pairs([][2]string{{"Kantor", "Kantor Wilayah"}, {"Kosong", ""}, {"Panjang", strings.Repeat("kata ", 200)}})
		rows := [][]string{{"hostile", "\x00\u202e" + strings.Repeat("W", 400), "😀 =1+1"}, {"short"}}
		for i := range 300 {
			rows = append(rows, []string{fmt.Sprintf("baris-%03d", i), strings.Repeat("isi ", i%40), "1"})
		}
		rows = append(rows, []string{"huge", strings.Repeat("panjang ", 5000), ""})
		p.Table([]paper.Column{{Head: "Nomor", Share: 1}, {Head: "Uraian lengkap", Share: 4}, {Head: "Hari", Share: 1, Right: true}}, rows)
		p.Signs(paper.Sign{}, paper.Sign{Place: "Kupang, 24 November 2026", Role: "Pejabat", NIP: true})
		b, err := p.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := make()
	if !bytes.Equal(b, make()) {
		t.Error("the same paper twice is not the same bytes")
	}
	text := read(t, b)
	pages := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
	if len(pages) < 5 {
		t.Fatalf("%d pages", len(pages))
	}
	heads := 0
	for n, page := range pages {
		if strings.Contains(page, "Uraian lengkap") {
			heads++
		}
		if !strings.Contains(page, fmt.Sprintf("%d dari %d", n+1, len(pages))) {
			t.Errorf("page %d has no number", n+1)
		}
	}
	if heads < len(pages)-1 { // the last may hold the signature alone
		t.Errorf("the head is on %d of %d pages", heads, len(pages))
	}
	for i := range 300 {
		if n := strings.Count(text, fmt.Sprintf("baris-%03d", i)); n != 1 {
			t.Errorf("row %d stands %d times", i, n)
		}
	}
	if !strings.Contains(text, "NIP") || !strings.Contains(text, "Kupang, 24 November 2026") {
		t.Error("nowhere to sign")
	}
}
