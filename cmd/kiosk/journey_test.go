package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"loket/kiosk"
	"loket/kiosk/track"
)

var kills = flag.Int("kills", 15, "how often each program is killed")

// The programs as people run them, built once.
var kioskBin, hubBin string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "loket-test-*")
	if err != nil {
		panic(err)
	}
	build := func(cgo, name string) string {
		out := filepath.Join(dir, name)
		cmd := exec.Command("go", "build", "-o", out, "../"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
		if b, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n%s", name, err, b)
			os.Exit(1)
		}
		return out
	}
	hubBin, kioskBin = build("0", "hub"), build("1", "kiosk")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// office is one hub and one kiosk on this machine.
type office struct {
	t          *testing.T
	hub, kiosk string // data folders
	address    string
	serving    *exec.Cmd
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, hub: t.TempDir(), kiosk: filepath.Join(t.TempDir(), "kiosk"), address: address(t)}
	t.Cleanup(func() { o.stop(syscall.SIGKILL) })
	o.serve()
	code := strings.TrimSpace(o.run(nil, hubBin, "kiosk", "add", "--data", o.hub, "--office", "ntt"))
	o.run(nil, kioskBin, "enrol", "--data", o.kiosk, "--hub", "http://"+o.address, "--code", strings.ToLower(code))
	return o
}

// address is one on loopback that stays free while a hub is down: below the ports
// that a system gives to whoever asks for any, as each connection does.
func address(t *testing.T) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", 12000+rand.IntN(18000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// serve starts the hub and waits until it answers.
func (o *office) serve() {
	o.t.Helper()
	o.serving = exec.Command(hubBin, "serve", "--data", o.hub, "--listen", o.address)
	if err := o.serving.Start(); err != nil {
		o.t.Fatal(err)
	}
	o.eventually("the hub answers", func() bool {
		resp, err := http.Get("http://" + o.address + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

func (o *office) stop(s os.Signal) error {
	if o.serving == nil {
		return nil
	}
	o.serving.Process.Signal(s)
	err := o.serving.Wait()
	o.serving = nil
	return err
}

func (o *office) eventually(what string, f func() bool) {
	o.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); !f(); <-tick.C {
		if time.Now().After(end) {
			o.t.Fatal("not within 30 seconds: ", what)
		}
	}
}

// run runs a command that must succeed and returns its output.
func (o *office) run(in []byte, program string, args ...string) string {
	o.t.Helper()
	out, errs, err := try(in, program, args...)
	if err != nil {
		o.t.Fatalf("%s %v: %v\n%s", filepath.Base(program), args, err, errs)
	}
	return out
}

func try(in []byte, program string, args ...string) (out, errs string, err error) {
	var o, e bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &o, &e
	err = cmd.Run()
	return o.String(), e.String(), err
}

type hubCase struct {
	Number, Form, Status string
	Identity             kiosk.Identity
	Answers              kiosk.Answers
}

func (o *office) cases() []hubCase {
	o.t.Helper()
	var all []hubCase
	if err := json.Unmarshal([]byte(o.run(nil, hubBin, "case", "list", "--data", o.hub, "--json")), &all); err != nil {
		o.t.Fatal(err)
	}
	return all
}

// arrived waits until n cases are open and returns them by number.
func (o *office) arrived(n int) map[string]hubCase {
	o.t.Helper()
	var all []hubCase
	o.eventually(fmt.Sprintf("%d cases are open", n), func() bool { all = o.cases(); return len(all) >= n })
	by := map[string]hubCase{}
	for _, c := range all {
		if _, twice := by[c.Number]; twice {
			o.t.Errorf("%s is there twice", c.Number)
		}
		by[c.Number] = c
	}
	return by
}

func (o *office) examples(count int) []byte {
	var all bytes.Buffer
	for i, form := range []string{"complaint", "suggestion", "information"} {
		n := count / 3
		if i == 0 {
			n = count - 2*(count/3)
		}
		all.WriteString(o.run(nil, kioskBin, "form", form, "--example", "--count", fmt.Sprint(n), "--seed", "7"))
	}
	return all.Bytes()
}

func receipts(out string) (numbers, codes []string) {
	for line := range strings.Lines(out) {
		if n, c, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " "); ok && strings.HasSuffix(line, "\n") {
			numbers, codes = append(numbers, n), append(codes, c)
		}
	}
	return numbers, codes
}

func (o *office) track(number, code string) kiosk.Tracking {
	o.t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://"+o.address+"/t", strings.NewReader(url.Values{"number": {number}, "code": {code}}.Encode()))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	var t kiosk.Tracking
	if err := json.NewDecoder(resp.Body).Decode(&t); err != nil {
		o.t.Fatal(err)
	}
	return t
}

// Two days without the hub: nothing lost, nothing twice, nothing changed.
func TestAThousandReportsFiledWhileTheHubIsDown(t *testing.T) {
	o := newOffice(t)
	if err := o.stop(syscall.SIGTERM); err != nil {
		t.Fatal("a hub that is asked to stop must end well:", err)
	}
	drafts := o.examples(1000)
	numbers, codes := receipts(o.run(drafts, kioskBin, "submit", "--data", o.kiosk))
	if len(numbers) != 1000 {
		t.Fatalf("%d receipts", len(numbers))
	}
	if _, errs, err := try(nil, kioskBin, "upload", "--data", o.kiosk, "--once"); err == nil || !strings.Contains(errs, "1000 reports are still waiting") {
		t.Errorf("without a hub: %v, %s", err, errs)
	}
	o.serve()
	if got := o.track(numbers[999], codes[999]); got.Result != kiosk.TrackNotArrived {
		t.Errorf("before the upload: %+v", got)
	}
	if got := o.track(numbers[0], codes[1]); got.Result != kiosk.TrackUnknown || got.Number != "" || got.Due != "" {
		t.Errorf("another's code: %+v", got)
	}
	o.run(nil, kioskBin, "upload", "--data", o.kiosk, "--once")
	by := o.arrived(1000)
	i := 0
	for line := range bytes.Lines(drafts) {
		var d kiosk.Draft
		if err := json.Unmarshal(line, &d); err != nil {
			t.Fatal(err)
		}
		c := by[numbers[i]]
		if c.Form != d.Form || c.Identity != d.Identity || len(c.Answers) != len(d.Answers) {
			t.Fatalf("report %d: %+v, filed %+v", i, c, d)
		}
		for id, a := range d.Answers {
			if c.Answers[id] != norm.NFC.String(a) {
				t.Errorf("report %d, %s: %q, filed %q", i, id, c.Answers[id], a)
			}
		}
		i++
	}
	if got := o.track(numbers[999], codes[999]); got.Result != kiosk.TrackFound || got.Status != kiosk.Received || got.Due == "" {
		t.Errorf("after the upload: %+v", got)
	}
	var count map[string]any
	if err := json.Unmarshal([]byte(o.run(nil, kioskBin, "queue", "--data", o.kiosk, "--json")), &count); err != nil || count["waiting"] != 0.0 || count["acknowledged"] != 1000.0 {
		t.Errorf("%v, %v", count, err)
	}
}

// Every program is killed again and again at random moments. What was printed
// is at the hub exactly once in the end; no word of any answer is ever on the
// kiosk's disk.
func TestFaultKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const canary = "rahasiakenari"
	draft := []byte(strings.Repeat(`{"form":"complaint","language":"id","identity":"named","answers":{"reporter":"person","title":"`+canary+` satu","description":"`+canary+` dua tiga empat lima","incident_date":"2026-01-05","location":"`+canary+`","name":"`+canary+`"}}`+"\n", 200))
	var printed []string
	lost, leaked := 0, 0
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	killed := func(most time.Duration, in []byte, program string, args ...string) string {
		var out bytes.Buffer
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Stdin, cmd.Stdout = bytes.NewReader(in), &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(rand.N(most), func() { cmd.Process.Kill() })
		cmd.Wait()
		timer.Stop()
		return out.String()
	}
	leaks := func() {
		err := filepath.WalkDir(o.kiosk, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && d.IsDir() {
				return nil
			}
			b, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if bytes.Contains(b, []byte(canary)) {
				leaked++
				t.Errorf("%s holds words of an answer", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// As long as a start and some reports take on this machine.
	began := time.Now()
	numbers, _ := receipts(o.run(draft[:len(draft)/200*10], kioskBin, "submit", "--data", o.kiosk))
	printed = append(printed, numbers...)
	whole := len(printed)
	most := max(120*time.Millisecond, time.Since(began))
	for n := 0; n < *kills || len(printed) == whole && n < 8**kills; n++ {
		if n > 0 && n%*kills == 0 {
			most *= 2 // the machine has become slower since
		}
		numbers, _ := receipts(killed(most, draft, kioskBin, "submit", "--data", o.kiosk))
		printed = append(printed, numbers...)
		leaks()
	}
	if len(printed) == whole {
		t.Fatal("nothing was filed before a kill: the test proves nothing")
	}
	for range *kills {
		killed(60*time.Millisecond, nil, kioskBin, "upload", "--data", o.kiosk, "--once")
	}
	for range *kills {
		numbers, _ := receipts(o.run(draft[:len(draft)/200*3], kioskBin, "submit", "--data", o.kiosk))
		printed = append(printed, numbers...)
		done := make(chan struct{})
		go func() {
			defer close(done)
			exec.CommandContext(ctx, kioskBin, "upload", "--data", o.kiosk, "--once").Run()
		}()
		timer := time.NewTimer(rand.N(60 * time.Millisecond))
		<-timer.C
		o.stop(syscall.SIGKILL)
		<-done
		o.serve()
	}
	leaks()
	o.run(nil, kioskBin, "upload", "--data", o.kiosk, "--once")
	var count struct{ Waiting, Acknowledged, Quarantined int }
	if err := json.Unmarshal([]byte(o.run(nil, kioskBin, "queue", "--data", o.kiosk, "--json")), &count); err != nil {
		t.Fatal(err)
	}
	by := o.arrived(count.Acknowledged)
	seen := map[string]bool{}
	for _, n := range printed {
		if seen[n] {
			t.Errorf("%s was printed twice", n)
		}
		seen[n] = true
		if c, ok := by[n]; !ok || c.Answers["title"] != canary+" satu" {
			lost++
			t.Errorf("%s was printed and is not at the hub", n)
		}
	}
	if count.Waiting != 0 || count.Quarantined != 0 || len(by) != count.Acknowledged {
		t.Errorf("%+v, %d cases", count, len(by))
	}
	row(t, "kiosk submit, kiosk upload and the hub killed at random", 3**kills, lost, len(by)-count.Acknowledged, leaked)
	t.Logf("%d kills each; %d receipts printed, %d reports at the hub", *kills, len(printed), len(by))
}

// A hub restored from yesterday's backup gets everything back by itself, from a
// kiosk that has nothing new to send too.
func TestFaultRestoredHub(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	file := func(n int) (numbers []string) {
		t.Helper()
		numbers, _ = receipts(o.run(o.examples(n), kioskBin, "submit", "--data", o.kiosk))
		if len(numbers) != n {
			t.Fatalf("%d receipts of %d", len(numbers), n)
		}
		return numbers
	}
	upload := func() { t.Helper(); o.run(nil, kioskBin, "upload", "--data", o.kiosk, "--once") }
	filed := file(30)
	upload()
	o.arrived(30)
	backup := filepath.Join(t.TempDir(), "yesterday.db")
	o.run(nil, hubBin, "backup", "--data", o.hub, backup)
	filed = append(filed, file(30)...)
	upload()
	o.arrived(60)
	if _, errs, err := try(nil, hubBin, "restore", "--data", o.hub, backup); err == nil || !strings.Contains(errs, "stop hub serve") {
		t.Errorf("restored under a serving hub: %v %s", err, errs)
	}
	if err := o.stop(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if out := o.run(nil, hubBin, "restore", "--data", o.hub, backup); !strings.Contains(out, "30 envelopes restored") || !strings.Contains(out, "casebook-before-") {
		t.Error(out)
	}
	if n := len(o.cases()); n != 30 {
		t.Fatalf("%d cases right after the restore", n)
	}
	o.serve()
	upload()
	by := o.arrived(60)
	lost := 0
	for _, n := range filed {
		if _, ok := by[n]; !ok {
			lost++
		}
	}
	row(t, "the hub is restored from an old backup", 1, lost, len(by)-60+lost, 0)
	var count map[string]any
	if err := json.Unmarshal([]byte(o.run(nil, kioskBin, "queue", "--data", o.kiosk, "--json")), &count); err != nil || count["waiting"] != 0.0 || count["acknowledged"] != 60.0 {
		t.Errorf("%v, %v", count, err)
	}
}

func TestBadDraftsDoNotStopGoodOnes(t *testing.T) {
	o := newOffice(t)
	good := string(o.examples(3))
	in := strings.Join([]string{good, "", `{"form":"complaint"`, `{"form":"nothing","language":"id","identity":"anonymous","answers":{}}`,
		`{"form":"complaint","language":"id","identity":"anonymous","answers":{"title":"` + strings.Repeat("a", 1<<20) + `"}}`,
		`{"form":"complaint","language":"id","identity":"anonymous","answers":{"title":7}}`, good}, "\n")
	out, errs, err := try([]byte(in), kioskBin, "submit", "--data", o.kiosk)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("exit %v", err)
	}
	if numbers, _ := receipts(out); len(numbers) != 6 {
		t.Errorf("%d filed", len(numbers))
	}
	for _, want := range []string{"line 6: ", "line 7: ", "line 8: the draft is longer", "line 9: not a draft: answers.title: must be text"} {
		if !strings.Contains(errs, want) {
			t.Errorf("no %q in:\n%s", want, errs)
		}
	}
}

func TestReceiptsAndExitCodes(t *testing.T) {
	o := newOffice(t)
	numbers, codes := receipts(o.run(o.examples(1), kioskBin, "submit", "--data", o.kiosk))
	for _, kind := range []string{"png", "pdf", "escpos"} {
		file := filepath.Join(t.TempDir(), "r."+kind)
		o.run(nil, kioskBin, "receipt", "--data", o.kiosk, strings.ToLower(numbers[0]), "--out", file)
		b, err := os.ReadFile(file)
		if err != nil || len(b) < 1000 {
			t.Errorf("%s: %d bytes, %v", kind, len(b), err)
		}
	}
	if b, err := exec.LookPath("zbarimg"); err == nil {
		file := filepath.Join(t.TempDir(), "r.png")
		o.run(nil, kioskBin, "receipt", "--data", o.kiosk, numbers[0], "--out", file)
		if out, _, err := try(nil, b, "--nodbus", "-q", "--raw", file); err != nil || strings.TrimSpace(out) != "HTTP://"+o.address+"/T#"+numbers[0]+"-"+codes[0] {
			t.Errorf("zbarimg reads %q, %v", out, err)
		}
	}
	for code, args := range map[int][]string{
		0: {"--help"}, 1: {"receipt", "--data", o.kiosk, track.Secret(numbers[0][:2] + "00000"), "--out", "x.png"}, 2: {"no-such-command"},
		3: {"submit", "--data", t.TempDir()},
	} {
		_, errs, err := try(nil, kioskBin, args...)
		got := 0
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			got = exit.ExitCode()
		}
		if got != code {
			t.Errorf("%v: exit %d, want %d: %s", args, got, code, errs)
		}
	}
	if _, errs, err := try(nil, kioskBin, "enrol", "--data", t.TempDir(), "--hub", "http://192.0.2.1", "--code", "AAAA"); err == nil || !strings.Contains(errs, "https") && !strings.Contains(errs, "HTTP") {
		t.Errorf("plain HTTP to another machine: %v %s", err, errs)
	}
}

// journal is what a program says while it runs, read by another goroutine.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(b)
}

func (j *journal) Bytes() []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return bytes.Clone(j.b.Bytes())
}

func (j *journal) String() string { return string(j.Bytes()) }

func (j *journal) Reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.b.Reset()
}
