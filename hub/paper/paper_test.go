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
	if heads < len(pages)-1 { // this one does not keep its end together
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

// Whatever a table's length, who signs has its last rows before them: two at
// least, with their head and the notes below, and no row is lost or stands twice.
func TestNobodySignsAnEmptyPage(t *testing.T) {
	notes := []string{"Sumber: register.", strings.Repeat("catatan yang panjang ", 30)}
	columns := []paper.Column{{Head: "Nomor", Share: 1}, {Head: "Uraian lengkap", Share: 3}}
	for rows := 0; rows < 70; rows += 1 + rows/9 {
		p := paper.New(assets.Files, paper.Options{Title: "Register", Language: kiosk.Indonesian, Landscape: rows%2 == 0})
		p.Title("Register")
		var table [][]string
		for i := range rows {
			table = append(table, []string{fmt.Sprintf("baris-%03d", i), strings.Repeat("isi yang agak panjang ", 1+i*rows%9)})
		}
		p.TableBefore(p.Ending(notes), columns, table)
		for _, note := range notes {
			p.Small(note)
		}
		p.Signs(paper.Sign{}, paper.Sign{Place: "Kupang, 24 November 2026", Role: "Pejabat", NIP: true})
		b, err := p.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		text := read(t, b)
		pages := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
		last := pages[len(pages)-1]
		if strings.Count(last, "baris-") < min(rows, 2) || !strings.Contains(last, "Uraian lengkap") || !strings.Contains(last, "Sumber: register.") || !strings.Contains(last, "Kupang, 24 November 2026") || !strings.Contains(last, "NIP") {
			t.Errorf("%d rows end with\n%s", rows, last)
		}
		for i := range rows {
			if n := strings.Count(text, fmt.Sprintf("baris-%03d", i)); n != 1 {
				t.Errorf("%d rows: row %d stands %d times", rows, i, n)
			}
		}
		for n, page := range pages { // no page has its head alone
			if strings.Contains(page, "Uraian lengkap") && !strings.Contains(page, "baris-") && rows > 0 {
				t.Errorf("%d rows: page %d has no row", rows, n+1)
			}
		}
	}
	// Rows too high to go along leave the places to sign alone, and nothing fails.
	p := paper.New(assets.Files, paper.Options{Title: "Register", Language: kiosk.Indonesian})
	high := strings.Repeat("tinggi ", 3000)
	p.TableBefore(p.Ending(nil), columns, [][]string{{"baris-000", high}, {"baris-001", high}})
	p.Signs(paper.Sign{}, paper.Sign{Place: "Kupang", NIP: true})
	b, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if pages := strings.Split(strings.TrimSuffix(read(t, b), "\f"), "\f"); len(pages) != 3 || !strings.Contains(pages[2], "Kupang") {
		t.Errorf("%d pages", len(pages))
	}
}
