package doctor

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// found is the state and the words of the last finding.
func found(r *Report) (State, string) {
	f := r.Findings[len(r.Findings)-1]
	return f.State, f.Says + " → " + f.Next
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	var r Report
	if r.Folder(dir) {
		t.Error("a folder that is not there can be looked into")
	}
	if state, says := found(&r); state != Wrong || !strings.Contains(says, "no such file") {
		t.Error(state, says)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r.Folder(dir)
	if state, says := found(&r); state != Well {
		t.Error(state, says)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r.Folder(dir)
	if state, says := found(&r); state != Wrong || !strings.Contains(says, "chmod 700 "+dir) {
		t.Error(state, says)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("the doctor left %v, %v", entries, err)
	}
}

func TestDisk(t *testing.T) {
	for _, x := range []struct {
		free, size uint64
		want       State
	}{{50 << 20, 10 << 30, Wrong}, {400 << 20, 10 << 30, Wrong}, {600 << 20, 10 << 30, Note}, {2 << 30, 10 << 30, Well}, {90 << 20, 1 << 30, Note}} {
		var r Report
		r.disk(x.free, x.size, 64<<20, 5)
		if got, says := found(&r); got != x.want {
			t.Errorf("%d of %d: %s %s", x.free, x.size, got, says)
		}
	}
	var r Report
	r.Disk(t.TempDir(), 1, 0)
	if got, says := found(&r); got != Well {
		t.Error(got, says)
	}
}

func TestClock(t *testing.T) {
	for _, x := range []struct {
		now, newest string
		wrong       bool
	}{{"2019-12-31", "", true}, {"2027-01-01", "", false}, {"2027-01-01", "2027-01-02", true}, {"2027-01-02", "2027-01-01", false}} {
		now, _ := time.Parse(time.DateOnly, x.now)
		newest, _ := time.Parse(time.DateOnly, x.newest)
		var r Report
		r.Clock(t.Context(), now, newest)
		if got, says := found(&r); (got == Wrong) != x.wrong {
			t.Errorf("%+v: %s %s", x, got, says)
		}
	}
}

func TestCertificate(t *testing.T) {
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for days, want := range map[int]State{-1: Wrong, 3: Note, 90: Well} {
		var r Report
		r.Certificate(&x509.Certificate{NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(0, 0, days)}, now)
		if got, says := found(&r); got != want {
			t.Errorf("%d days: %s %s", days, got, says)
		}
	}
}

func TestWrite(t *testing.T) {
	var r Report
	r.Well("disk", "%d MB are free", 7)
	r.Wrong("keys", "chmod 600 ack.key", "others may read ack.key")
	var b bytes.Buffer
	if err := r.Write(&b, false); err != nil || b.String() != "well   disk         7 MB are free\nWRONG  keys         others may read ack.key → chmod 600 ack.key\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
	b.Reset()
	var said struct {
		Well     bool
		Findings []Finding
	}
	if err := r.Write(&b, true); err != nil || json.Unmarshal(b.Bytes(), &said) != nil || said.Well || len(said.Findings) != 2 || said.Findings[1].Next != "chmod 600 ack.key" {
		t.Errorf("%s, %v", b.String(), err)
	}
	if err := r.Verdict(); err == nil || err.Error() != "one thing must be mended" {
		t.Error(err)
	}
}
