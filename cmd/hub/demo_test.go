package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// hubCommand runs one command line.
func hubCommand(t *testing.T, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(in), &o, &e)
	return code, o.String(), e.String()
}

func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hub")
	demo := []string{"demo", "--data", dir, "--cases", "20", "--until", "2026-03-10", "--password-stdin"}
	code, out, errs := hubCommand(t, "a long password\n", demo...)
	if code != 0 || !strings.Contains(out, "20 cases and ") || !strings.Contains(out, "with the password a long password") || !strings.Contains(errs, "100 %") {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	for _, role := range []string{"administrator", "verifier", "unit", "ppid", "ppid_superior", "supervisor", "auditor", "fleet"} {
		if !strings.Contains(out, " "+role+" ") {
			t.Errorf("no %s: %s", role, out)
		}
	}
	if code, _, errs := hubCommand(t, "a long password\n", demo...); code != exitFailed || !strings.Contains(errs, "has cases already") {
		t.Errorf("again: %d %s", code, errs)
	}
	if code, out, errs := hubCommand(t, "another password\n", append(demo, "--more", "--seed", "2")...); code != 0 || !strings.Contains(out, "20 cases") || strings.Contains(out, "password") {
		t.Errorf("more: %d %s %s", code, out, errs)
	}
	var cases []caseJSON
	if code, out, errs := hubCommand(t, "", "case", "list", "--data", dir, "--json"); code != 0 || json.Unmarshal([]byte(out), &cases) != nil || len(cases) != 40 {
		t.Errorf("%d cases: %d %s", len(cases), code, errs)
	}
	if code, out, _ := hubCommand(t, "", "office", "list", "--data", dir); code != 0 || !strings.Contains(out, "Kantor Wilayah Tengah") || strings.Contains(out, "Aceh") {
		t.Errorf("%d %s", code, out)
	}
	for _, wrong := range [][]string{{"--until", "9999-01-01"}, {"--until", "tomorrow"}, {"--cases", "0"}} {
		if code, _, errs := hubCommand(t, "", append([]string{"demo", "--data", filepath.Join(t.TempDir(), "x")}, wrong...)...); code != exitUsage {
			t.Errorf("%v: %d %s", wrong, code, errs)
		}
	}
	if code, _, errs := hubCommand(t, "short\n", "demo", "--data", filepath.Join(t.TempDir(), "x"), "--cases", "1", "--password-stdin"); code != exitFailed || !strings.Contains(errs, "12 characters") {
		t.Errorf("a short password: %d %s", code, errs)
	}
}

// A folder with offices that there are is left alone, even an empty one.
func TestDemoLeavesRealOfficesAlone(t *testing.T) {
	dir := t.TempDir()
	if code, _, errs := hubCommand(t, "a long password\n", "officer", "add", "--data", dir, "--name", "petugas", "--password-stdin"); code != 0 {
		t.Fatal(errs)
	}
	for _, more := range [][]string{nil, {"--more"}} {
		if code, _, errs := hubCommand(t, "", append([]string{"demo", "--data", dir, "--cases", "5"}, more...)...); code != exitFailed || !strings.Contains(errs, "its offices are real") {
			t.Errorf("%d %s", code, errs)
		}
	}
	if code, out, _ := hubCommand(t, "", "case", "list", "--data", dir); code != 0 || out != "" {
		t.Errorf("%d %s", code, out)
	}
}
