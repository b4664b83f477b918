package web

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"loket/assets"
	"loket/hub"
	"loket/hub/paper"
)

// pdfText returns what a reader finds on a paper, page by page.
func pdfText(t *testing.T, b []byte) []string {
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
	return strings.Split(strings.TrimSuffix(string(out), "\f"), "\f")
}

// One table, read back from each format: types are kept, nothing is a formula,
// and the paper repeats its head and ends with a place to sign.
func TestATableLeavesTheHub(t *testing.T) {
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.FixedZone("WITA", 8*3600))
	s := &Server{hub: &hub.Hub{Now: func() time.Time { return at }}, assets: assets.Files}
	table := exportTable{Name: "contoh", Title: "Register contoh", Subtitle: "Kupang · 2026",
		Columns: []exportColumn{{Head: "Nomor"}, {Head: "Nama", Share: 3}, {Head: "Alamat", Under: true}, {Head: "Tanggal"}, {Head: "Biaya", Right: true}, {Head: "Rata-rata", Places: 2, Right: true}},
		Figures: []exportFigure{{"Diterima", 81}, {"Rata-rata", big.NewRat(7, 2)}}, Signs: []paper.Sign{{Place: "Kupang, 24 November 2026", Role: "PPID", NIP: true}}}
	hostile := `=HYPERLINK("http://x","y")`
	for i := range 80 {
		table.Rows = append(table.Rows, []any{fmt.Sprintf("N%03d", i), "Warga", "Jalan 1", at, 1234567 + i, 2.5})
	}
	table.Rows = append(table.Rows, []any{"N080", hostile, "+628", time.Time{}, nil, big.NewRat(-1, 3)})
	table.Foot = [][]any{{"Jumlah", "", "", nil, 99}}
	send := func(format string) []byte {
		w := httptest.NewRecorder()
		if err := s.sendTable(w, nil, format, table); err != nil {
			t.Fatal(err)
		}
		if got := w.Header().Get("Content-Disposition"); got != fmt.Sprintf("attachment; filename=%q", "contoh."+format) {
			t.Error(got)
		}
		return w.Body.Bytes()
	}
	if err := s.sendTable(httptest.NewRecorder(), nil, "exe", table); !errors.Is(err, hub.ErrNotFound) {
		t.Error(err)
	}
	lines := strings.Split(strings.TrimSpace(string(send("csv"))), "\n")
	for i, want := range map[int]string{0: "Nomor,Nama,Alamat,Tanggal,Biaya,Rata-rata", 1: "N000,Warga,Jalan 1,2026-11-24,1234567,2.50",
		81: `N080,"'=HYPERLINK(""http://x"",""y"")",'+628,,,-0.33`, 82: "Jumlah,,,,99,"} {
		if lines[i] != want {
			t.Errorf("%d: %q, want %q", i, lines[i], want)
		}
	}

	f, err := excelize.OpenReader(bytes.NewReader(send("xlsx")))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	shown, err := f.GetRows("Data")
	if err != nil || len(shown) != 83 {
		t.Fatal(len(shown), err)
	}
	if got := strings.Join(shown[1], "|"); got != "N000|Warga|Jalan 1|24-11-2026|1,234,567|2.50" {
		t.Error(got)
	}
	raw, _ := f.GetRows("Data", excelize.Options{RawCellValue: true})
	if got := strings.Join(raw[1][3:], "|"); got != "46350|1234567|2.5" { // days since 1899-12-30
		t.Error(got)
	}
	for _, cell := range []string{"B82", "C82"} {
		if formula, _ := f.GetCellFormula("Data", cell); formula != "" {
			t.Errorf("%s is the formula %q", cell, formula)
		}
		if v, _ := f.GetCellValue("Data", cell); !strings.HasPrefix(v, "'") {
			t.Errorf("%s: %q", cell, v)
		}
	}
	for cell, want := range map[string]excelize.CellType{"A2": excelize.CellTypeSharedString, "D2": excelize.CellTypeUnset, "E2": excelize.CellTypeUnset} {
		if got, _ := f.GetCellType("Data", cell); got != want {
			t.Errorf("%s is of the type %v", cell, got)
		}
	}
	if panes, err := f.GetPanes("Data"); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("%+v, %v", panes, err)
	}
	if w, err := f.GetColWidth("Data", "B"); err != nil || w < 20 {
		t.Error(w, err)
	}
	filtered := false
	for _, n := range f.GetDefinedName() {
		filtered = filtered || n.Name == "_xlnm._FilterDatabase" && n.RefersTo == "'Data'!$A$1:$F$82"
	}
	if !filtered {
		t.Errorf("no filter: %+v", f.GetDefinedName())
	}
	if v, _ := f.GetCellValue("Ringkasan", "B4"); v != "3.50" {
		t.Error(v)
	}

	pages := pdfText(t, send("pdf"))
	if len(pages) < 3 {
		t.Fatalf("%d pages", len(pages))
	}
	for i, page := range pages {
		if strings.Contains(page, "Jalan 1") && !strings.Contains(page, "Nama / Alamat") || !strings.Contains(page, fmt.Sprintf("%d dari %d", i+1, len(pages))) {
			t.Errorf("page %d lacks its head or number:\n%s", i+1, page)
		}
	}
	for _, want := range []string{"24-11-2026", "1.234.567", "2,50", hostile} {
		if !strings.Contains(strings.Join(pages, ""), want) {
			t.Errorf("the paper lacks %q", want)
		}
	}
	if last := pages[len(pages)-1]; !strings.Contains(last, "Kupang, 24 November 2026") || !strings.Contains(last, "NIP") {
		t.Error(last)
	}
}
