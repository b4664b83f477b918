package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"loket/kiosk"
	"loket/kiosk/attach"
	"loket/kiosk/scanner"
	"loket/store/casebook"
)

// Two papers from SANE's test device, scanned in the real window while the hub is
// down: on the disk only sealed, and at the hub with their case.
func TestPapersInTheRealWindow(t *testing.T) {
	device, err := scanner.Find(t.Context(), "test")
	if errors.Is(err, scanner.ErrNone) {
		t.Skip("no scanimage here: make setup installs it")
	}
	if err != nil {
		t.Fatal(err)
	}
	page, err := device.Page(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o := newOffice(t)
	f := newFinger(t, "ntt")
	f.paper = page
	if err := os.WriteFile(filepath.Join(o.kiosk, "kiosk.toml"), []byte("[document]\nscanner = \"test\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.stop(syscall.SIGTERM)
	window := f.open(o)
	f.tap("complaint", "main")
	f.write("loket 3 tutup")
	f.tap("main")
	f.write("loket 3 tutup sejak pagi. tidak ada petugas")
	f.tap("main", time.Now().In(kiosk.Zone("WITA")).AddDate(0, 0, -1).Format(time.DateOnly), "main")
	f.write("lantai 1")
	f.tap("main", "main", "main", "main")
	f.picture("papers")
	scan := func(button string) {
		t.Helper()
		f.tap(button)
		f.await("again")
		time.Sleep(4 * time.Second) // the real device takes its time
		f.still()
	}
	scan("scan")
	f.picture("papers-one")
	scan("scan")
	scan("again")
	f.tap("main", "anonymous", "main")
	f.picture("papers-review")
	f.tap("main")
	f.scan("papers-receipt")
	if o.holds(string(page[200:264])) != nil {
		t.Error("a page lies on the kiosk's disk as it was scanned")
	}
	if err := window.Process.Signal(syscall.SIGTERM); err != nil || window.Wait() != nil {
		t.Error("the window did not end well:", err)
	}
	o.serve()
	o.run(nil, kioskBin, "upload", "--data", o.kiosk, "--once")
	number := ""
	for n, c := range o.arrived(1) {
		if number = n; c.Answers["papers"] != "2" {
			t.Errorf("%+v", c)
		}
	}
	book, err := casebook.Open(t.Context(), o.hub)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	o.eventually("both pages are with their case", func() bool {
		all, err := book.Attachments(t.Context(), kiosk.Number(number))
		return err == nil && len(all) == 2
	})
	for i := range 2 {
		if a, b, err := book.Attached(t.Context(), kiosk.Number(number), i+1); err != nil || a.Type != attach.JPEG || a.Page != i+1 || !bytes.HasPrefix(b, []byte{0xff, 0xd8}) {
			t.Errorf("%+v, %v", a, err)
		}
	}
}
