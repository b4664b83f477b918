package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
)

// Reports go to a folder by command, numbers come back by command, and the recap
// counts them; what is wrong with a line or a command is said, with its exit code.
func TestLaporByCommand(t *testing.T) {
	data, dir := t.TempDir(), t.TempDir()
	s := &streams{in: strings.NewReader(""), out: new(bytes.Buffer), err: new(bytes.Buffer), now: time.Now}
	h, book, err := openHub(t.Context(), s, dataFlag{Data: data}, "https://lacak.example.go.id", "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	n, _, err := h.File(t.Context(), "ntt", kiosk.Report{Form: kiosk.FormRef{Name: "complaint", Version: 1}, Language: kiosk.Indonesian, Identity: kiosk.Anonymous, Answers: kiosk.Answers{"title": "Loket tutup", "description": "Sejak pagi."}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := book.Case(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Update(t.Context(), hub.Officer{Name: "periksa", Role: hub.Administrator}, hub.Change{Number: n, Edition: c.Edition, Decision: lifecycle.Decision{Status: kiosk.Verified}}); err != nil {
		t.Fatal(err)
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	file := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	year := h.Local("ntt", c.FiledAt).Format("2006")
	for _, x := range []struct {
		args string
		code int
		says string
	}{
		{"health " + dir, 0, "can be handed over"},
		{"health " + filepath.Join(file("x", ""), "under"), exitFailed, "exchange folder"},
		{"list --data DATA", 0, "waiting  PENGADUAN"},
		{"export --data DATA " + dir, 0, "1 reports were handed over"},
		{"export --data DATA " + dir, 0, "0 reports were handed over"},
		{"import --data DATA " + file("a.csv", "nomor,lapor_id\n"+string(n)+",12\nZZ,1916449\n"), exitFailed, "line 2: a LAPOR! number has 4 to 12 digits"},
		{"import --data DATA " + file("b.csv", "a,b\n"), exitUsage, "columns nomor and lapor_id"},
		{"recap --data DATA --office ntt --year " + year, 0, "KNOWN AT LAPOR!"},
		{"import --data DATA " + file("c.csv", "nomor,lapor_id\n"+n.String()+",1916449\n"), 0, "1 answers were taken"},
		{"list --data DATA", 0, "known    PENGADUAN    1916449"},
		{"recap --data DATA --office atlantis", exitUsage, "there is no office"},
	} {
		var out, errs bytes.Buffer
		args := append([]string{"lapor"}, strings.Fields(strings.ReplaceAll(x.args, "DATA", data))...)
		if code := run(t.Context(), args, strings.NewReader(""), &out, &errs); code != x.code || !strings.Contains(out.String()+errs.String(), x.says) {
			t.Errorf("%s: %d %s%s", x.args, code, &out, &errs)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "keluar", string(n)+".json")); err != nil {
		t.Error(err)
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"lapor", "recap", "--json", "--data", data, "--year", year}, strings.NewReader(""), &out, &out); code != 0 {
		t.Fatal(out.String())
	}
	var lines []recapJSON
	if err := json.Unmarshal(out.Bytes(), &lines); err != nil || len(lines) < 6 || lines[0].By != "all" || lines[0].Received != 1 || lines[0].Known != 1 || lines[0].Verified.InTime != 1 || *lines[0].Verified.Share != 100 || lines[0].Replied.Share != nil {
		t.Errorf("%+v, %v", lines, err)
	}
}
