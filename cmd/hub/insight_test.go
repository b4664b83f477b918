package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The month is written once, and wrong command lines say what is wrong.
func TestInsightOnPaper(t *testing.T) {
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "bulan.pdf")
	for _, x := range []struct {
		args string
		code int
		says string
	}{
		{"--month 2026-02 --office ntt --pdf " + file, 0, "2026-02"},
		{"--month 2026-02 --office ntt --pdf " + file, exitFailed, "exists"},
		{"--month Februari --pdf " + file + "x", exitUsage, "is no month"},
		{"--month 9999-01 --pdf " + file + "x", exitUsage, "has not begun"},
		{"--office atlantis --pdf " + file + "x", exitUsage, "there is no office"},
	} {
		var out, errs bytes.Buffer
		args := append([]string{"insight", "--data", data}, strings.Fields(x.args)...)
		if code := run(t.Context(), args, strings.NewReader(""), &out, &errs); code != x.code || !strings.Contains(out.String()+errs.String(), x.says) {
			t.Errorf("%s: %d %s%s", x.args, code, &out, &errs)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(b, []byte("%PDF-")) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if _, err := os.Stat(file + "x"); err == nil {
		t.Error("a wrong command line left a file")
	}
}
