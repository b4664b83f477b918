package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"loket/kiosk"
)

// The key is changed while reports wait: those sealed before open, those after are
// sealed for the new one; an identity that is kept offline opens a report with the
// program age alone; the root key is on a stick, and another is refused.
func TestFaultKeysRotatedWhileReportsWait(t *testing.T) {
	t.Parallel()
	f := newField(t)
	stick := t.TempDir()
	root, escrow := filepath.Join(stick, "root.key"), filepath.Join(stick, "escrow.key")
	f.run(nil, hubBin, "keys", "init", "--data", f.hub, "--root", root)
	if _, err := os.Stat(filepath.Join(f.hub, "keys", "root.key")); err == nil {
		t.Error("the root key is still beside the hub")
	}
	f.stop(syscall.SIGTERM)
	f.file(5) // wait while the hub is away
	if _, errs, err := try(nil, hubBin, "keys", "rotate", "--data", f.hub); err == nil || !strings.Contains(errs, "--root") {
		t.Errorf("rotated without the root key: %v %s", err, errs)
	}
	other := filepath.Join(stick, "other.key")
	if err := os.WriteFile(other, []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs, err := try(nil, hubBin, "keys", "rotate", "--data", f.hub, "--root", other); err == nil || !strings.Contains(errs, "not the root key") {
		t.Errorf("rotated with another root key: %v %s", err, errs)
	}
	if out := f.run(nil, hubBin, "keys", "rotate", "--data", f.hub, "--root", root, "--escrow", escrow); !strings.Contains(out, "bundle 2") || !strings.Contains(out, "(escrow): its key is elsewhere") {
		t.Error(out)
	}
	f.serve()
	if err := f.through("http://" + f.address); err != nil { // five old ones, and the new bundle
		t.Fatal(err)
	}
	if got := f.station.enrolment.Bundle; got.Version != 2 || len(got.Recipients) != 2 {
		t.Fatalf("the kiosk seals with bundle %+v", got)
	}
	f.file(3)
	f.open(time.Now) // it is kept over a restart
	if got := f.station.enrolment.Bundle.Version; got != 2 {
		t.Errorf("after a restart it seals with bundle %d", got)
	}
	f.file(2)
	if err := f.station.enrolment.Renew(f.kiosk, f.station.enrolment.Signed); err == nil {
		t.Error("the bundle in use was taken up again")
	}
	f.verdict("keys changed while reports wait")

	// Keys that are gone are not made anew in silence.
	aside := t.TempDir()
	files, err := filepath.Glob(filepath.Join(f.hub, "keys", "recipient*.key"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	for _, k := range files {
		if err := os.Rename(k, filepath.Join(aside, filepath.Base(k))); err != nil {
			t.Fatal(err)
		}
	}
	if _, errs, err := try(nil, hubBin, "keys", "show", "--data", f.hub); err == nil || !strings.Contains(errs, "are gone") {
		t.Errorf("without its keys: %v %s", err, errs)
	}
	for _, k := range files {
		if err := os.Rename(filepath.Join(aside, filepath.Base(k)), k); err != nil {
			t.Fatal(err)
		}
	}

	// The day the hub's keys are lost.
	sealed := filepath.Join(stick, "report.age")
	f.run(nil, hubBin, "envelope", "--data", f.hub, string(f.last.Number), "--out", sealed)
	age := exec.CommandContext(t.Context(), "go", "tool", "age", "--decrypt", "--identity", escrow, sealed)
	var errs bytes.Buffer
	age.Stderr = &errs
	plain, err := age.Output()
	if err != nil {
		t.Fatalf("age: %v %s", err, errs.String())
	}
	n := binary.BigEndian.Uint32(plain[32:])
	var r kiosk.Report
	if err := json.Unmarshal(plain[36:36+n], &r); err != nil || r.Number != f.last.Number || !strings.Contains(r.Answers["description"], secret) {
		t.Errorf("%+v, %v", r, err)
	}
}
