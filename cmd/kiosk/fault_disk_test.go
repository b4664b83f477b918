package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"loket/kiosk/printer/printertest"
	"loket/kiosk/seal"
)

// printed notes the receipts that a program printed before it ended, as it may
// not have been told its titles: lost is then a number that is no case.
func (f *field) printed(out string) (n int) {
	numbers, _ := receipts(out)
	f.numbers = append(f.numbers, numbers...)
	return len(numbers)
}

// account settles, then compares what programs printed with what is at the hub.
// More reports than receipts are no fault: who was killed may not have printed.
func (f *field) account(fault string) {
	f.t.Helper()
	f.settle()
	c, err := f.station.queue.Count(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	by := f.arrived(c.Acknowledged)
	lost, seen := 0, map[string]bool{}
	for _, n := range f.numbers {
		if _, ok := by[n]; !ok {
			lost++
			f.t.Errorf("%s was printed and is not at the hub", n)
		}
		if seen[n] {
			f.t.Errorf("%s was printed twice", n)
		}
		seen[n] = true
	}
	if len(f.numbers) == 0 {
		f.t.Error("nothing was printed: this proves nothing")
	}
	row(f.t, fault, f.tries, lost, len(by)-c.Acknowledged, f.leaks())
}

// drafts are n drafts as a program reads them.
func drafts(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"form":"complaint","language":"id","identity":"named","answers":{"reporter":"person","title":"%s draf %d","description":"%s dua tiga empat lima","incident_date":"1969-01-05","location":"%s","name":"%s"}}`+"\n", secret, i, secret, secret, secret)
	}
	return b.Bytes()
}

// The kiosk's program is killed at its n-th system call of a kind, for every n
// until one run gets through: no receipt was printed without its report.
func TestFaultKilledAtSystemCall(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED, strace is not here")
	}
	for _, kind := range []struct {
		call    string
		program []string
		in      []byte
	}{
		{"pwrite64", []string{"submit"}, drafts(3)},
		{"fsync", []string{"submit"}, drafts(3)},
		{"ftruncate", []string{"submit"}, drafts(3)},
		{"pwrite64", []string{"upload", "--once"}, nil},
		{"fsync", []string{"upload", "--once"}, nil},
	} {
		name := fmt.Sprintf("kiosk %s killed at %s n", kind.program[0], kind.call)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newField(t)
			if kind.in == nil {
				f.printed(f.run(drafts(4), kioskBin, "submit", "--data", f.kiosk))
			}
			killed := 0
			for n := 1; ; n++ {
				args := append([]string{"-f", "-qq", "-o", "/dev/null", "-e", "trace=" + kind.call,
					"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", kind.call, n), kioskBin}, kind.program...)
				cmd := exec.CommandContext(t.Context(), strace, append(args, "--data", f.kiosk)...)
				cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
				var out bytes.Buffer
				cmd.Stdin, cmd.Stdout = bytes.NewReader(kind.in), &out
				err := cmd.Run()
				f.tries++
				f.printed(out.String())
				if err == nil {
					break
				}
				if killed++; n > 500 {
					t.Fatal("never got through: ", err)
				}
			}
			if killed == 0 {
				t.Skipf("SKIPPED, the program makes no call of %s", kind.call)
			}
			if kind.in == nil {
				f.printed(f.run(drafts(1), kioskBin, "submit", "--data", f.kiosk))
			}
			f.account(name)
		})
	}
}

// A printer that does whatever it likes takes no report away.
func TestFaultPrinters(t *testing.T) {
	t.Parallel()
	hung := func(t *testing.T) string { // takes the connection and says nothing
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return "tcp://" + l.Addr().String()
	}
	fake := func(p *printertest.Printer, change func(*printertest.Printer)) func(t *testing.T) string {
		return func(t *testing.T) string {
			address := p.ListenTCP(t)
			change(p)
			return address
		}
	}
	fifo := func(t *testing.T) string { // a device file that nobody reads
		path := filepath.Join(t.TempDir(), "lp0")
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		return "device:" + path
	}
	for name, address := range map[string]func(*testing.T) string{
		"no printer at the address":         func(*testing.T) string { return "tcp://127.0.0.1:1" },
		"no device file":                    func(t *testing.T) string { return "device:" + filepath.Join(t.TempDir(), "lp0") },
		"a device file that blocks":         fifo,
		"a printer that says nothing":       hung,
		"a printer without paper":           fake(&printertest.Printer{}, func(p *printertest.Printer) { p.SetPaper(0) }),
		"a printer with its cover open":     fake(&printertest.Printer{}, func(p *printertest.Printer) { p.SetCover(true) }),
		"a printer whose paper ends inside": fake(&printertest.Printer{}, func(p *printertest.Printer) { p.SetPaper(200) }),
		"a printer that loses its power":    fake(&printertest.Printer{}, func(p *printertest.Printer) { p.PowerOffAfter(5000) }),
		"a printer that hangs inside":       fake(&printertest.Printer{}, func(p *printertest.Printer) { p.HangAfter(5000) }),
		"a printer that babbles":            fake(&printertest.Printer{Garbage: true}, func(*printertest.Printer) {}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newField(t)
			f.printsOn(address(t))
			f.tries = 1
			if n := f.printed(f.run(drafts(1), kioskBin, "submit", "--data", f.kiosk, "--print")); n != 1 {
				t.Errorf("%d receipts", n)
			}
			f.account(name)
		})
	}
}

// What is damaged, forged or strange is kept in quarantine and acknowledged;
// the true report still gets through, once.
func TestFaultEnvelopes(t *testing.T) {
	t.Parallel()
	type sending struct {
		f    *field
		true []byte
		more [][]byte // other true ones
	}
	begin := func(t *testing.T) sending {
		f := newField(t)
		f.file(3)
		next, err := f.station.queue.Next(t.Context(), 10, 1<<20)
		if err != nil || len(next) != 3 {
			t.Fatal(len(next), err)
		}
		return sending{f, next[0].Bytes, [][]byte{next[1].Bytes, next[2].Bytes}}
	}
	// send sends a batch and checks that each got a signed word.
	send := func(s sending, batch ...[]byte) (levels []string) {
		s.f.t.Helper()
		s.f.tries += len(batch)
		var body bytes.Buffer
		if err := seal.WriteBatch(&body, batch); err != nil {
			s.f.t.Fatal(err)
		}
		resp := s.f.post(s.f.station.enrolment.Kiosk, s.f.station.enrolment.Key, body.Bytes())
		var answer struct {
			Acks []seal.Signed `json:"acks"`
		}
		b, _ := io.ReadAll(resp.Body)
		if err := json.Unmarshal(b, &answer); err != nil || resp.StatusCode != http.StatusOK || len(answer.Acks) != len(batch) {
			s.f.t.Fatalf("answer %d, %d of %d acknowledged: %s", resp.StatusCode, len(answer.Acks), len(batch), b)
		}
		for _, a := range answer.Acks {
			ack, err := seal.OpenAck(s.f.ackKey.Public().(ed25519.PublicKey), a)
			if err != nil {
				s.f.t.Fatal(err)
			}
			levels = append(levels, ack.Level)
		}
		return levels
	}
	quarantined := func(s sending, batch ...[]byte) {
		s.f.t.Helper()
		for i, level := range send(s, batch...) {
			if level != seal.LevelQuarantined {
				s.f.t.Errorf("damage %d is %s", i, level)
			}
		}
	}
	for name, fault := range map[string]func(s sending){
		"one bit of an envelope flipped": func(s sending) {
			r := rand.New(rand.NewPCG(3, 4))
			for range tries(8, 200) {
				var batch [][]byte
				for range 50 {
					b := bytes.Clone(s.true)
					b[r.IntN(len(b))] ^= 1 << r.IntN(8)
					batch = append(batch, b)
				}
				quarantined(s, batch...)
			}
		},
		"an envelope cut off": func(s sending) {
			for at := 0; at < len(s.true); at += 1 + len(s.true)/tries(200, 2000) {
				quarantined(s, s.true[:at])
			}
		},
		"bytes after an envelope": func(s sending) {
			quarantined(s, append(bytes.Clone(s.true), 0), append(bytes.Clone(s.true), s.true...))
		},
		"two envelopes spliced": func(s sending) {
			quarantined(s, append(bytes.Clone(s.true[:len(s.true)/2]), s.more[0][len(s.more[0])/2:]...))
		},
		"noise in place of an envelope": func(s sending) {
			quarantined(s, bytes.Repeat([]byte{0xff}, 4000), []byte("LOKET1\n"), []byte("<html>"))
		},
		"sent twice in one batch":        func(s sending) { send(s, s.true, s.true, s.true) },
		"sent in the wrong order":        func(s sending) { send(s, s.more[1], s.true); send(s, s.more[0]) },
		"a damaged one among sound ones": func(s sending) { send(s, s.more[0], s.true[:100], s.more[1]) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t)
			fault(s)
			s.f.verdict(name)
		})
	}
}

// A power cut at any moment: what was not yet synced to the disk is gone or half
// there. No report is gone whose receipt was printed.
func TestFaultPowerCut(t *testing.T) {
	// Not beside others: this process serves the disk that it has files open on, and Go
	// may wait for ever if it starts a program in such a moment.
	mount := t.TempDir()
	disk, why := mountLossy(t, mount)
	if disk == nil {
		t.Skip("SKIPPED, no disk that forgets can be mounted here: ", why)
	}
	f := newField(t)
	// The enrolled kiosk moves onto the disk that forgets.
	if out, err := exec.Command("cp", "-a", f.kiosk, filepath.Join(mount, "kiosk")).CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	f.station.Close()
	f.kiosk = filepath.Join(mount, "kiosk")
	if err := disk.keepAll(); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for range tries(12, 100) {
		f.tries++
		var out bytes.Buffer
		cmd := exec.CommandContext(t.Context(), kioskBin, "submit", "--data", f.kiosk)
		cmd.Stdin, cmd.Stdout = bytes.NewReader(drafts(200)), &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(200*time.Millisecond+rand.N(300*time.Millisecond), func() { cmd.Process.Kill() })
		cmd.Wait()
		timer.Stop()
		if err := disk.cut(r); err != nil {
			t.Fatal(err)
		}
		f.printed(out.String())
	}
	t.Logf("%d receipts before %d power cuts, %d bytes forgotten", len(f.numbers), f.tries, disk.forgotten)
	if disk.forgotten == 0 {
		t.Error("nothing was unsynced at any cut: this proves nothing")
	}
	f.account("power cut: unsynced sectors lost or torn")
	f.station.Close()
}
