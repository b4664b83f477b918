package printer

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"loket/kiosk/receipt"
)

// announce starts the message bus and the name service that office printers
// need, on loopback alone, unless the machine has them.
var announce = sync.OnceValue(func() (missing string) {
	if os.Getuid() != 0 {
		return "ippeveprinter needs a message bus and avahi, and starting those needs root"
	}
	for _, program := range []string{"dbus-daemon", "avahi-daemon", "ippeveprinter", "cupsd", "lpadmin", "pdftoppm"} {
		if _, err := exec.LookPath(program); err != nil {
			return program + " is not installed"
		}
	}
	if c, err := net.Dial("unix", "/run/dbus/system_bus_socket"); err == nil {
		c.Close()
	} else {
		if err := os.MkdirAll("/run/dbus", 0o755); err != nil {
			return err.Error()
		}
		os.Remove("/run/dbus/pid")
		if out, err := exec.Command("dbus-daemon", "--system", "--fork").CombinedOutput(); err != nil {
			return fmt.Sprintf("dbus-daemon: %v: %s", err, out)
		}
	}
	if exec.Command("avahi-daemon", "--check").Run() == nil {
		return ""
	}
	f, err := os.CreateTemp("", "avahi-*.conf")
	if err != nil {
		return err.Error()
	}
	f.WriteString("[server]\nhost-name=loket-test\nallow-interfaces=lo\nuse-ipv6=no\n")
	f.Close()
	defer os.Remove(f.Name())
	if out, err := exec.Command("avahi-daemon", "--daemonize", "--no-drop-root", "--no-chroot", "-f", f.Name()).CombinedOutput(); err != nil {
		return fmt.Sprintf("avahi-daemon: %v: %s", err, out)
	}
	return ""
})

// desk is an office printer in software: CUPS's own ippeveprinter.
type desk struct {
	uri     string
	printed string // folder: what came out
	cmd     *exec.Cmd
}

// newDesk starts a printer that runs a shell script for each document, $1.
func newDesk(t *testing.T, script string) *desk {
	t.Helper()
	if missing := announce(); missing != "" {
		t.Skip(missing)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	d := &desk{uri: fmt.Sprintf("ipp://127.0.0.1:%d/ipp/print", port), printed: t.TempDir()}
	run := filepath.Join(t.TempDir(), "print")
	if err := os.WriteFile(run, []byte("#!/bin/sh\nout="+d.printed+"\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	d.cmd = exec.Command("ippeveprinter", "-p", fmt.Sprint(port), "-d", t.TempDir(), "-f", "application/pdf", "-c", run, fmt.Sprintf("Loket %d", port))
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.off)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return d
		}
		if time.Now().After(end) {
			t.Fatal("ippeveprinter does not answer")
		}
	}
}

func (d *desk) off() {
	d.cmd.Process.Kill()
	d.cmd.Wait()
}

// papers are the documents that came out whole.
func (d *desk) papers(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(d.printed, "*.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

const keep = `cp "$1" "$out/$(basename "$1").pdf"` + "\n"

// scanPDF reads the code of a page as another program draws it.
func scanPDF(t *testing.T, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "page")
	if out, err := exec.CommandContext(t.Context(), "pdftoppm", "-r", "200", "-png", "-singlefile", path, to).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v: %s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), "zbarimg", "--nodbus", "-q", "--raw", to+".png").Output()
	if err != nil {
		t.Errorf("zbarimg: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func openOffice(t *testing.T, address, paper string) Printer {
	t.Helper()
	size, err := receipt.NewPaper(paper, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Open(Settings{Address: address, Paper: size}, renderer(t))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAnOfficePrinter(t *testing.T) {
	t.Parallel()
	d := newDesk(t, keep)
	for _, paper := range []string{"a4", "a5", "80mm"} {
		p := openOffice(t, d.uri, paper)
		if state, err := p.Status(t.Context()); err != nil || state != (State{Answers: true}) {
			t.Errorf("%+v, %v", state, err)
		}
		if got, err := p.Print(t.Context(), example); got != (Result{Confirmed, NoFault}) {
			t.Fatalf("%+v, %v", got, err)
		}
		all := d.papers(t)
		if len(all) != 1 {
			t.Fatalf("%s: %v", paper, all)
		}
		if got := scanPDF(t, all[0]); got != example.URL {
			t.Errorf("%s: zbarimg reads %q", paper, got)
		}
		os.Remove(all[0])
	}
	d.off()
	p := openOffice(t, d.uri, "a5")
	if got, err := p.Print(t.Context(), example); got != (Result{NotStarted, Offline}) || err == nil {
		t.Errorf("the printer is off: %+v, %v", got, err)
	}
}

func TestWhatIsKnownOfAnOfficePrint(t *testing.T) {
	t.Parallel()
	for _, try := range []struct {
		name, script string
		most         time.Duration
		want         Result
	}{
		{"the job fails", "exit 1\n", time.Minute, Result{Unknown, Broken}},
		{"paper runs out", "echo 'STATE: +media-empty' >&2; exec sleep 60\n", 15 * time.Second, Result{Unknown, PaperOut}},
		{"it never ends", "exec sleep 60\n", 15 * time.Second, Result{Unknown, Offline}},
	} {
		t.Run(try.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, try.script)
			ctx, done := context.WithTimeout(t.Context(), try.most)
			defer done()
			p := openOffice(t, d.uri, "a5")
			if got, err := p.Print(ctx, example); got != try.want || err == nil {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestWhatAPrinterSays(t *testing.T) {
	for _, try := range []struct {
		reasons         string
		sure, suspected Fault
		nearEnd         bool
	}{
		{"none", NoFault, NoFault, false},
		{"media-empty-error", PaperOut, PaperOut, true},
		{"media-empty", PaperOut, PaperOut, true},
		{"media-empty-warning toner-low-warning", NoFault, PaperOut, true},
		{"media-low-report", NoFault, NoFault, true},
		{"marker-supply-low", NoFault, NoFault, false},
		{"fuser-over-temp-error cover-open-error", CoverOpen, CoverOpen, false},
		{"offline-report", NoFault, Offline, false},
		{"media-jam-error", Broken, Broken, false},
		{"cups-waiting-for-job-completed", NoFault, NoFault, false},
	} {
		fault, nearEnd := read(strings.Fields(try.reasons), true)
		suspected, _ := read(strings.Fields(try.reasons), false)
		if fault != try.sure || suspected != try.suspected || nearEnd != try.nearEnd {
			t.Errorf("%s: %q, %q, near end %v", try.reasons, fault, suspected, nearEnd)
		}
	}
}

// Through CUPS: followed to its end, and no document or history is left.
func TestThroughCUPS(t *testing.T) {
	t.Parallel()
	d := newDesk(t, keep)
	socket, spool := cups(t, d.uri)
	p := openOffice(t, "cups:desk?socket="+socket, "a5")
	if got, err := p.Print(t.Context(), example); got != (Result{Assumed, NoFault}) {
		t.Fatalf("%+v, %v", got, err)
	}
	all := d.papers(t)
	if len(all) != 1 {
		t.Fatal(all)
	}
	if got := scanPDF(t, all[0]); got != example.URL {
		t.Errorf("zbarimg reads %q", got)
	}
	left := func() (files []string) {
		filepath.WalkDir(spool, func(path string, e os.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				files = append(files, path)
			}
			return nil
		})
		return files
	}
	if files := left(); len(files) > 0 {
		t.Errorf("left in the spool: %v", files)
	}
	// The printer is gone: CUPS would keep the job and print it for whoever
	// stands there when it is back.
	d.off()
	ctx, done := context.WithTimeout(t.Context(), 2*time.Second)
	defer done()
	if got, err := p.Print(ctx, example); got.Outcome != Unknown && got.Outcome != NotStarted || err == nil {
		t.Errorf("%+v, %v", got, err)
	}
	if files := left(); len(files) > 0 {
		t.Errorf("left in the spool: %v", files)
	}
	// CUPS forgets a cancelled job when its backend has ended, which it waits for as
	// long as JobKillDelay, 30 seconds.
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		out, err := exec.CommandContext(t.Context(), "lpstat", "-h", socket, "-W", "all", "-o").CombinedOutput()
		if err == nil && len(out) == 0 {
			break
		}
		if time.Now().After(end) {
			t.Errorf("left in the queue: %s, %v", out, err)
			break
		}
	}
	if got, err := openOffice(t, "cups:nosuch?socket="+socket, "a5").Print(t.Context(), example); got.Outcome != NotStarted || err == nil {
		t.Errorf("a queue that is not there: %+v, %v", got, err)
	}
}

// cups starts a CUPS of our own with one queue, desk, and CUPS's own defaults:
// it keeps every document for a day.
func cups(t *testing.T, device string) (socket, spool string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "loket-cups-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // CUPS prints as a user of its own
		t.Fatal(err)
	}
	for _, d := range []string{"root", "spool", "cache", "state"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	socket, spool = filepath.Join(dir, "state", "cups.sock"), filepath.Join(dir, "spool")
	for name, text := range map[string]string{
		"cupsd.conf": "Listen " + socket + `
Browsing Off
WebInterface No
DefaultAuthType Basic
<Location />
  Order allow,deny
</Location>
<Policy default>
  <Limit Cancel-Job Purge-Jobs>
    Require user @OWNER @SYSTEM
    Order deny,allow
  </Limit>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
`,
		"cups-files.conf": fmt.Sprintf("ServerRoot %[1]s/root\nRequestRoot %[1]s/spool\nCacheDir %[1]s/cache\nStateDir %[1]s/state\nErrorLog %[1]s/error_log\nAccessLog %[1]s/access_log\nPageLog %[1]s/page_log\nSystemGroup root\n", dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("cupsd", "-f", "-c", filepath.Join(dir, "cupsd.conf"), "-s", filepath.Join(dir, "cups-files.conf"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		timer := time.AfterFunc(3*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		timer.Stop()
	})
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		out, err := exec.CommandContext(t.Context(), "lpadmin", "-h", socket, "-p", "desk", "-v", device, "-E").CombinedOutput()
		if err == nil {
			return socket, spool
		}
		if time.Now().After(end) {
			t.Fatalf("lpadmin: %v: %s", err, out)
		}
	}
}
