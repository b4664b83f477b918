package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"loket/kiosk/doctor"
	"loket/kiosk/enrol"
	"loket/kiosk/printer/printertest"
	"loket/kiosk/seal"
)

// examined runs the doctor on the office's kiosk and returns the findings by check.
func (o *office) examined() (code int, found map[string]doctor.Finding) {
	o.t.Helper()
	var out, errs bytes.Buffer
	code = run(o.t.Context(), []string{"doctor", "--json", "--data", o.kiosk}, nil, &out, &errs)
	var said struct {
		Well     bool
		Findings []doctor.Finding
	}
	if err := json.Unmarshal(out.Bytes(), &said); err != nil || said.Well != (code == exitOK) {
		o.t.Fatalf("%d %s%s: %v", code, out.String(), errs.String(), err)
	}
	found = map[string]doctor.Finding{}
	for _, f := range said.Findings {
		if _, twice := found[f.Check]; twice {
			o.t.Errorf("%s was found twice: %s", f.Check, out.String())
		}
		if found[f.Check] = f; f.State == doctor.Wrong && f.Next == "" || f.Says == "" {
			o.t.Errorf("%+v says not enough", f)
		}
	}
	return code, found
}

// wrong says that one check, and no other, finds something wrong, and which words it
// says.
func (o *office) wrong(check, says string) {
	o.t.Helper()
	code, found := o.examined()
	if f := found[check]; code != exitFailed || f.State != doctor.Wrong || !strings.Contains(f.Says+" → "+f.Next, says) {
		o.t.Errorf("%d %+v, want %s with %q", code, found, check, says)
	}
	for _, f := range found {
		if f.Check != check && f.State == doctor.Wrong {
			o.t.Errorf("%+v is wrong too", f)
		}
	}
}

// settings writes kiosk.toml.
func (o *office) settings(text string) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.kiosk, "kiosk.toml"), []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

const quiet = "[screen]\nwidth_mm = 336\n[sound]\noutput = \"none\"\n"

// A kiosk at work, with its window open, is well; the doctor asks for nothing that the
// window holds alone, and leaves nothing behind.
func TestDoctorOfAWellKiosk(t *testing.T) {
	o := newOffice(t)
	paper := &printertest.Printer{}
	o.settings(quiet + "[[printer]]\naddress = \"" + paper.ListenTCP(t) + "\"\n")
	for _, name := range []string{"window.lock", "upload.lock"} { // as the window and its uploader hold them
		lock := flock.New(filepath.Join(o.kiosk, name))
		if ok, err := lock.TryLock(); err != nil || !ok {
			t.Fatal(err)
		}
		defer lock.Unlock()
	}
	st, err := openStation(t.Context(), o.kiosk, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	code, found := o.examined()
	for _, check := range []string{"folder", "config", "screen", "enrolment", "queue", "reports", "hub", "hub's clock", "printer", "voice", "disk"} {
		if found[check].State != doctor.Well {
			t.Errorf("%+v", found[check])
		}
	}
	if code != exitOK || found["clock"].State == doctor.Wrong {
		t.Errorf("%d %+v", code, found)
	}
	if left, err := filepath.Glob(filepath.Join(o.kiosk, ".doctor*")); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
	out := o.run(nil, kioskBin, "doctor", "--data", o.kiosk)
	if strings.Count(out, "\n") != len(found) || !strings.Contains(out, "well   queue        it is whole\n") {
		t.Error(out)
	}
}

func TestDoctorNamesWhatIsWrongWithAKiosk(t *testing.T) {
	o := newOffice(t)
	o.settings(quiet)
	file := func(name string) string { return filepath.Join(o.kiosk, name) }
	read := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(file(name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	must(os.Chmod(o.kiosk, 0o755))
	o.wrong("folder", "chmod 700")
	must(os.Chmod(o.kiosk, 0o700))

	o.settings("[screen]\nwidth = 336\n")
	o.wrong("config", "unknown setting")
	o.settings(quiet + "[[printer]]\naddress = \"pigeon:coo\"\n")
	o.wrong("printer", "its kind is none of")
	o.settings(quiet + "[[printer]]\naddress = \"tcp://127.0.0.1:1\"\n")
	o.wrong("printer", "is it on and plugged in?")
	paper := &printertest.Printer{}
	o.settings(quiet + "[[printer]]\naddress = \"" + paper.ListenTCP(t) + "\"\n")
	paper.SetPaper(0)
	o.wrong("printer", "put in a new roll")
	o.settings(strings.Replace(quiet, `"none"`, `"speaker"`, 1))
	if devices, err := filepath.Glob("/dev/snd/pcm*p"); err == nil && len(devices) == 0 {
		o.wrong("voice", "espeak-ng")
	}
	o.settings("[sound]\noutput = \"none\"\n")
	if code, found := o.examined(); code != exitOK || found["screen"].State != doctor.Note || found["printer"].State != doctor.Note {
		t.Errorf("%d %+v", code, found)
	}
	o.settings(quiet)

	must(os.Chmod(file("kiosk.key"), 0o644))
	o.wrong("enrolment", "chmod 600")
	must(os.Chmod(file("kiosk.key"), 0o600))
	enrolment := read("enrolment.json")
	must(os.WriteFile(file("enrolment.json"), enrolment[:len(enrolment)/2], 0o600))
	o.wrong("enrolment", "read enrolment")
	must(os.Remove(file("enrolment.json")))
	o.wrong("enrolment", "hub kiosk add")
	must(os.WriteFile(file("enrolment.json"), enrolment, 0o600))
	must(os.WriteFile(file("enrolment.json"), bytes.Replace(enrolment, []byte(`"office":"ntt"`), []byte(`"office":"bulan"`), 1), 0o600))
	o.wrong("enrolment", "offices.toml")
	must(os.WriteFile(file("enrolment.json"), enrolment, 0o600))

	e, err := enrol.Load(o.kiosk)
	must(err)
	o.run(nil, hubBin, "kiosk", "suspend", "--data", o.hub, e.Kiosk, "diperiksa")
	o.wrong("hub", "has suspended this kiosk")
	o.run(nil, hubBin, "kiosk", "restore", "--data", o.hub, e.Kiosk)

	// A report that waits, and a hub that is gone.
	must(o.stop(syscall.SIGTERM))
	o.run(o.examples(1), kioskBin, "submit", "--data", o.kiosk)
	o.wrong("hub", "is not reached")
	now := time.Now()
	later := &examination{Report: new(doctor.Report), dir: o.kiosk, now: func() time.Time { return now.Add(4 * 24 * time.Hour) }, station: &station{dir: o.kiosk}}
	later.run(t.Context())
	if text := fmt.Sprint(later.Findings); !strings.Contains(text, "{reports wrong 1 wait, the oldest since") {
		t.Error(text)
	}
	earlier := &examination{Report: new(doctor.Report), dir: o.kiosk, now: func() time.Time { return now.Add(-time.Hour) }, station: &station{dir: o.kiosk}}
	earlier.run(t.Context())
	if text := fmt.Sprint(earlier.Findings); !strings.Contains(text, "{clock wrong it says") {
		t.Error(text)
	}
	o.serve()

	// The queue: damaged, then gone.
	damaged := read("queue.db")
	for i := 2 * 4096; i < len(damaged); i++ {
		damaged[i] = 0xa5
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		os.Remove(file("queue.db" + suffix))
	}
	must(os.WriteFile(file("queue.db"), damaged, 0o600))
	o.wrong("queue", "kiosk check --salvage")
	if found, err := filepath.Glob(file("queue*")); err != nil || len(found) > 4 {
		t.Errorf("the doctor put aside: %v, %v", found, err)
	}
	must(os.Remove(file("queue.db")))
	for _, suffix := range []string{"-wal", "-shm"} {
		os.Remove(file("queue.db" + suffix))
	}
	o.wrong("queue", "there is no queue.db")
	if _, err := os.Stat(file("queue.db")); err == nil {
		t.Error("the doctor made a queue")
	}
	must(os.RemoveAll(o.kiosk))
	o.wrong("folder", "no such file")
}

// What the hub says, and who else could answer for it.
func TestDoctorOnTheHub(t *testing.T) {
	o := newOffice(t)
	o.settings(quiet)
	e, err := enrol.Load(o.kiosk)
	if err != nil {
		t.Fatal(err)
	}
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>log in")) }))
	defer portal.Close()
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		w.Write([]byte(`{"error":"this request is not signed by a kiosk of this hub"}`))
	}))
	defer stranger.Close()
	foreign := httptest.NewTLSServer(http.NotFoundHandler())
	defer foreign.Close()
	real := e.Hub
	for _, x := range []struct{ hub, check, says string }{
		{portal.URL, "hub", "is not the hub that this kiosk knows"}, {stranger.URL, "hub", "does not know this kiosk"},
		{foreign.URL, "certificate", "nobody this machine trusts"}, {"https://hub.invalid", "hub", ""},
	} {
		e.Hub = x.hub
		if err := e.Save(o.kiosk); err != nil {
			t.Fatal(err)
		}
		o.wrong(x.check, x.says)
	}
	e.Hub = real
	if err := e.Save(o.kiosk); err != nil {
		t.Fatal(err)
	}
	for shift, want := range map[time.Duration]doctor.State{0: doctor.Well, time.Minute: doctor.Note, -time.Minute: doctor.Note, time.Hour: doctor.Wrong} {
		x := &examination{Report: new(doctor.Report)}
		at := time.Now()
		x.stands(real, seal.Standing{State: "active", At: at.Add(-shift).Truncate(time.Second)}, at)
		if f := x.Findings[len(x.Findings)-1]; f.Check != "hub's clock" || f.State != want {
			t.Errorf("%v: %+v", shift, f)
		}
	}
}

func TestDoctorOnSwap(t *testing.T) {
	const head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
	for table, want := range map[string]doctor.State{head: doctor.Well, head + "/dev/zram0                              partition\t1\t0\t100\n": doctor.Well, head + "/dev/sda2                               partition\t1\t0\t-2\n": doctor.Note} {
		x := &examination{Report: new(doctor.Report)}
		if x.swaps(table); x.Findings[0].State != want {
			t.Errorf("%q: %+v", table, x.Findings)
		}
	}
}

// Whoever asks to end it is heard.
func TestDoctorEnds(t *testing.T) {
	o := newOffice(t)
	deaf := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer deaf.Close()
	e, err := enrol.Load(o.kiosk)
	if err != nil {
		t.Fatal(err)
	}
	e.Hub = deaf.URL
	if err := e.Save(o.kiosk); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	began := time.Now()
	if code := run(ctx, []string{"doctor", "--data", o.kiosk}, nil, &bytes.Buffer{}, &bytes.Buffer{}); code != exitFailed || time.Since(began) > 10*time.Second {
		t.Errorf("%d after %v", code, time.Since(began))
	}
}
