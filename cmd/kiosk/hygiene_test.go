package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/jezek/xgb/xproto"

	"loket/kiosk"
	"loket/kiosk/printer/printertest"
	"loket/ui"
)

// What visitors write in this test: each by another way, so that what is found
// tells where it came from. Every one holds the part that is looked for.
const canary = "kenari kuning emas"

// shapes are the ways in which a text stands in memory or in a file.
func shapes(text string) (all map[string][]byte) {
	all = map[string][]byte{"UTF-8": []byte(text)}
	var wide, runes []byte
	for _, u := range utf16.Encode([]rune(text)) {
		wide = binary.LittleEndian.AppendUint16(wide, u)
	}
	for _, r := range text {
		runes = binary.LittleEndian.AppendUint32(runes, uint32(r))
	}
	all["UTF-16"], all["UTF-32"] = wide, runes
	return all
}

// remembered looks for a text in everything that a process can write to, and
// returns what stands around it.
func remembered(t *testing.T, pid int, text string) (found []string) {
	t.Helper()
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Skip("the memory of another process cannot be read here: ", err)
	}
	defer mem.Close()
	looked := 0
	for s := bufio.NewScanner(maps); s.Scan(); {
		var from, to int64
		var mode string
		if n, _ := fmt.Sscanf(s.Text(), "%x-%x %s", &from, &to, &mode); n != 3 || !strings.HasPrefix(mode, "rw") || strings.Contains(s.Text(), "/dev/") {
			continue
		}
		b := make([]byte, to-from)
		n, _ := mem.ReadAt(b, from) // what cannot be read is not ordinary memory
		b = b[:n]
		looked += n
		for shape, want := range shapes(text) {
			for at := 0; ; {
				i := bytes.Index(b[at:], want)
				if i < 0 {
					break
				}
				at += i + len(want)
				around := b[max(at-len(want)-24, 0):min(at+24, len(b))]
				found = append(found, fmt.Sprintf("%s at %x in %s: %q", shape, from+int64(at), s.Text()[strings.LastIndexByte(s.Text(), ' ')+1:], around))
			}
		}
	}
	if looked < 8<<20 {
		t.Fatalf("only %d bytes of the window's memory could be read", looked)
	}
	return found
}

// A word is typed by every way in which a visitor can write: in reports that are
// filed, cancelled, left to the clock, refused; in a search; as a number to track.
// Then it is nowhere: not in the log, not in a file of the kiosk, of its home or its
// temporary files, not in the clipboard, and when the next visitor types, not in
// the memory of the window. A window that dies leaves no core.
func TestFaultHygieneOfTheWindow(t *testing.T) {
	o := newOffice(t)
	paper := &printertest.Printer{}
	o.printsOn(paper.ListenTCP(t))
	config := filepath.Join(o.kiosk, "kiosk.toml")
	b, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, "[screen]\nidle_seconds = 15\ntyping_seconds = 15\nwarning_seconds = 5\nattract_seconds = 3600\n"...)
	if err := os.WriteFile(config, b, 0o600); err != nil {
		t.Fatal(err)
	}
	f := newFinger(t, "ntt")
	home := t.TempDir()
	f.env = []string{"HOME=" + home, "TMPDIR=" + home, "XDG_CACHE_HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_RUNTIME_DIR=" + home}
	var log journal
	f.log = &log
	window := f.open(o)
	if len(remembered(t, window.Process.Pid, "loket")) == 0 {
		t.Fatal("what looks through the memory does not find what is there")
	}

	// Filed.
	f.tap("complaint", "main")
	f.write(canary + " satu")
	f.tap("main")
	f.write(canary + " dua sejak pagi buta")
	if len(remembered(t, window.Process.Pid, canary[1:16])) == 0 {
		t.Fatal("what looks through the memory does not find what is being written")
	}
	f.tap("main", time.Now().In(kiosk.Zone("WITA")).AddDate(0, 0, -1).Format(time.DateOnly), "main")
	f.write(canary + " tiga")
	f.tap("main", "main", "main", "main", "named", "main", "person", "main")
	f.write(canary + " empat")
	f.tap("main", "main", "main", "main", "main")
	f.await("done")
	f.finish()
	// Searched for, then cancelled.
	f.tap("information", "main")
	f.write(canary + " lima")
	f.settle()
	f.tap("main")
	f.write(canary + " enam")
	f.tap("restart", "erase")
	// Left to the clock.
	f.tap("suggestion", "main")
	f.write(canary + " tujuh")
	time.Sleep(26 * time.Second)                        // 15, 5, and what a slow machine takes
	for _, name := range []string{"restart", "erase"} { // the twin has no clock
		f.twin.Shown().Touches[name].Tap()
		time.Sleep(pageSettles)
	}

	// The next visitor.
	f.tap("suggestion", "main")
	f.write("lampu")
	if len(remembered(t, window.Process.Pid, "ampu")) == 0 {
		t.Fatal("the next visitor does not write in this window")
	}
	time.Sleep(2*ui.DrawnFor + 4*time.Second)
	leaked := 0
	leak := func(where string, a ...any) {
		t.Helper()
		leaked++
		t.Errorf(where, a...)
	}
	for _, place := range remembered(t, window.Process.Pid, canary[1:16]) {
		leak("in the memory of the next visitor's session: %s", place)
	}
	// Go keeps small words together: one goes when all of its block do.
	t.Logf("pieces of a word or two that are left: %d", len(remembered(t, window.Process.Pid, canary[1:6])))
	x := f.glass().x
	for _, name := range []string{"PRIMARY", "SECONDARY", "CLIPBOARD"} {
		atom, err := xproto.InternAtom(x, false, uint16(len(name)), name).Reply()
		if err != nil {
			t.Fatal(err)
		}
		owner, err := xproto.GetSelectionOwner(x, atom.Atom).Reply()
		if err != nil {
			t.Fatal(err)
		}
		if owner.Owner != xproto.WindowNone {
			leak("the window owns the selection %s", name)
		}
	}

	// A window that dies tells nobody either.
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", window.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), "Max core file size 0 0 bytes") {
		leak("the window may leave a core: %s", limits)
	}
	if err := window.Process.Signal(syscall.SIGABRT); err != nil {
		t.Fatal(err)
	}
	window.Wait()
	if window.ProcessState.Sys().(syscall.WaitStatus).CoreDump() {
		leak("the window left a core")
	}
	for shape, want := range shapes(canary[1:]) {
		if bytes.Contains(log.Bytes(), want) {
			leak("the log holds it as %s", shape)
		}
	}
	looked := 0
	for _, folder := range []string{o.kiosk, home} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			looked++
			for shape, want := range shapes(canary[1:]) {
				if bytes.Contains(b, want) {
					leak("%s holds it as %s", path, shape)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if looked < 3 {
		t.Fatalf("only %d files were looked into", looked)
	}
	row(t, "a word typed by every way is nowhere when the next one types", 7, 0, 0, leaked)
}
