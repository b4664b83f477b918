package main

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loket/kiosk/printer/printertest"
	"loket/store/queue"
)

// printsOn sets the printers of the office's kiosk.
func (o *office) printsOn(addresses ...string) {
	o.t.Helper()
	var b strings.Builder
	for _, a := range addresses {
		b.WriteString("[[printer]]\naddress = \"" + a + "\"\n")
	}
	if err := os.WriteFile(filepath.Join(o.kiosk, "kiosk.toml"), []byte(b.String()), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// read is what zbarimg finds on each sheet, by report number: whole receipts.
func (o *office) read(sheets []*image.Gray) map[string]int {
	o.t.Helper()
	found := map[string]int{}
	for _, s := range sheets {
		if bytes.IndexByte(s.Pix, 0) < 0 {
			continue
		}
		var b bytes.Buffer
		if err := png.Encode(&b, s); err != nil {
			o.t.Fatal(err)
		}
		file := filepath.Join(o.t.TempDir(), "sheet.png")
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			o.t.Fatal(err)
		}
		out, err := exec.CommandContext(o.t.Context(), "zbarimg", "--nodbus", "-q", "--raw", file).Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == 4 {
			continue // nothing to decode
		}
		if err != nil {
			o.t.Fatal("zbarimg: ", err)
		}
		if _, pair, ok := strings.Cut(strings.TrimSpace(string(out)), "#"); ok {
			number, _, _ := strings.Cut(pair, "-")
			found[number]++
		}
	}
	return found
}

// holds reports whether any file of the kiosk holds the text.
func (o *office) holds(text string) (files []string) {
	o.t.Helper()
	err := filepath.WalkDir(o.kiosk, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(text)) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return files
}

// The whole way: filed, printed, scanned by a stranger's decoder; then the
// secret is on paper alone.
func TestAReceiptComesOutAndScans(t *testing.T) {
	o := newOffice(t)
	paper := &printertest.Printer{}
	o.printsOn(paper.ListenTCP(t))
	out := o.run(o.examples(3), kioskBin, "submit", "--data", o.kiosk, "--print")
	paper.Settle(time.Second)
	numbers, codes := receipts(out)
	if strings.Count(out, " confirmed\n") != 3 || len(numbers) != 3 {
		t.Fatal(out)
	}
	found := o.read(paper.Sheets())
	for i, n := range numbers {
		if found[n] != 1 {
			t.Errorf("%s is on %d sheets", n, found[n])
		}
		if files := o.holds(codes[i]); len(files) > 0 {
			t.Errorf("the code of a receipt that is out stands in %v", files)
		}
	}
	// Nothing is left that a copy could be made from.
	if _, errs, err := try(nil, kioskBin, "receipt", "--data", o.kiosk, numbers[0]); err == nil {
		t.Error(errs)
	}
	// One that did not come out can be had as a copy, which says so.
	paper.Tear()
	paper.SetPaper(0)
	out = o.run(o.examples(1), kioskBin, "submit", "--data", o.kiosk, "--print")
	if !strings.HasSuffix(out, " not_started\n") {
		t.Fatal(out)
	}
	numbers, _ = receipts(out)
	paper.SetPaper(-1)
	out = o.run(nil, kioskBin, "receipt", "--data", o.kiosk, numbers[0])
	paper.Settle(time.Second)
	if found := o.read(paper.Sheets()); found[numbers[0]] != 1 || !strings.HasPrefix(out, "printed") {
		t.Errorf("%q; %v", out, found)
	}
}

// The kiosk is killed at any moment of printing. Nothing comes out twice, what
// the journal says is true, and what died is unknown, never resumed.
func TestKilledWhilePrinting(t *testing.T) {
	o := newOffice(t)
	paper := &printertest.Printer{Speed: 6000}
	o.printsOn(paper.ListenTCP(t))
	drafts := o.examples(4)
	onPaper := map[string]int{}
	journal := func() ([]queue.Print, map[string]int) {
		q, err := queue.Open(t.Context(), o.kiosk, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		prints, err := q.Prints(t.Context(), 10_000)
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]int{}
		for _, p := range prints {
			said[p.Outcome]++
		}
		return prints, said
	}
	// Until kills have hit both: a slow machine prints nothing in the first second.
	hit := func() bool { _, said := journal(); return said["confirmed"] > 0 && said["unknown"] > 0 }
	for i := 0; i < max(*kills, 8) || i < 60 && !hit(); i++ {
		cmd := exec.CommandContext(t.Context(), kioskBin, "submit", "--data", o.kiosk, "--print")
		cmd.Stdin = bytes.NewReader(drafts)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(50*time.Millisecond+rand.N(time.Duration(800+100*i)*time.Millisecond), func() { cmd.Process.Kill() })
		cmd.Wait()
		timer.Stop()
		paper.Settle(5 * time.Second)
	}
	o.run(nil, kioskBin, "submit", "--data", o.kiosk, "--print") // settles what was left
	for n, times := range o.read(paper.Sheets()) {
		onPaper[n] += times
	}
	prints, said := journal()
	for _, p := range prints {
		n := string(p.Number)
		switch {
		case onPaper[n] > 1:
			t.Errorf("%s came out %d times", n, onPaper[n])
		case p.Outcome == "confirmed" && onPaper[n] != 1, p.Outcome == "not_started" && onPaper[n] != 0, p.Outcome == "sending":
			t.Errorf("%s: %s, and it is on %d sheets", n, p.Outcome, onPaper[n])
		}
		delete(onPaper, n)
	}
	if len(onPaper) > 0 {
		t.Errorf("on paper and not in the journal: %v", onPaper)
	}
	if said["confirmed"] == 0 || said["unknown"] == 0 {
		t.Errorf("the kills hit nothing: %v", said)
	}
	t.Logf("%v", said)
}

func TestPrinterCommands(t *testing.T) {
	o := newOffice(t)
	if _, errs, err := try(nil, kioskBin, "printer", "test", "--data", o.kiosk); err == nil || !strings.Contains(errs, "kiosk.toml") {
		t.Errorf("no printer: %s, %v", errs, err)
	}
	paper := &printertest.Printer{}
	address := paper.ListenTCP(t)
	o.printsOn(address, "folder:"+filepath.Join(o.kiosk, "slips"))
	out := o.run(nil, kioskBin, "printer", "test", "--data", o.kiosk)
	paper.Settle(time.Second)
	page := paper.Sheets()[0]
	left, right := 0, 0
	for y := range page.Rect.Dy() {
		if page.GrayAt(0, y).Y < 128 {
			left++
		}
		if page.GrayAt(575, y).Y < 128 {
			right++
		}
	}
	if left < 30 || left > 50 || right != left || !strings.Contains(out, address+": printed") || !strings.Contains(out, "edge") {
		t.Errorf("marks of %d and %d rows; %s", left, right, out)
	}
	paper.SetPaper(0)
	if out, _, err := try(nil, kioskBin, "printer", "status", "--data", o.kiosk); err != nil || !strings.Contains(out, address+": out of paper: put in a new roll") || !strings.Contains(out, "slips: well") {
		t.Errorf("%s, %v", out, err)
	}
	o.run(o.examples(1), kioskBin, "submit", "--data", o.kiosk, "--print")
	if out := o.run(nil, kioskBin, "printer", "status", "--data", o.kiosk); !strings.Contains(out, "asked for by command: by_hand") {
		t.Error(out)
	}
	if slips, err := filepath.Glob(filepath.Join(o.kiosk, "slips", "*.png")); err != nil || len(slips) != 2 {
		t.Errorf("%v, %v", slips, err)
	}
}
