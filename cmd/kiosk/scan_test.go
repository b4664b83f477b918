package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"loket/kiosk"
	"loket/kiosk/track"
)

// asked is what stands between a kiosk and its hub: it counts look-ups, and pulls the
// network's plug.
type asked struct {
	n       atomic.Int32
	last    atomic.Value // the form of the last look-up
	unplugs atomic.Bool
}

func (a *asked) before(hub string) http.Handler {
	to, _ := url.Parse(hub)
	on := httputil.NewSingleHostReverseProxy(to)
	on.ErrorLog = nil
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/t" {
			b, _ := io.ReadAll(r.Body)
			a.last.Store(string(b))
			a.n.Add(1)
			r.Body = io.NopCloser(strings.NewReader(string(b)))
		}
		if a.unplugs.Load() {
			panic(http.ErrAbortHandler)
		}
		on.ServeHTTP(w, r)
	})
}

// A scanner at the real window: a receipt is looked up at the real hub from home and
// from the look-up page, never in a visit, and without the hub.
func TestAScannerAtTheRealWindow(t *testing.T) {
	o := newOffice(t)
	f := newFinger(t, "ntt")
	var between asked
	proxy := httptest.NewServer(between.before("http://" + o.address))
	defer proxy.Close()
	code := strings.TrimSpace(o.run(nil, hubBin, "kiosk", "add", "--data", o.hub, "--office", "ntt"))
	o.kiosk = filepath.Join(t.TempDir(), "kiosk")
	o.run(nil, kioskBin, "enrol", "--data", o.kiosk, "--hub", proxy.URL, "--code", code)
	if err := os.WriteFile(filepath.Join(o.kiosk, "kiosk.toml"), []byte("[scanner]\npresent = true\n[screen]\nattract_seconds = 3600\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	numbers, codes := receipts(o.run(o.examples(3), kioskBin, "submit", "--data", o.kiosk))
	o.run(nil, kioskBin, "upload", "--data", o.kiosk, "--once")
	o.arrived(3)
	f.open(o)
	read := func(i int) {
		t.Helper()
		before := between.n.Load()
		at := f.still()
		text := track.URL("http://"+o.address, kiosk.Number(numbers[i]), kiosk.Code(codes[i]))
		// Where nothing happens one scans again: on a busy machine the letters may come as
		// slowly as a person's.
		for try := 1; try <= 4 && between.n.Load() == before; try++ {
			if out, err := f.command("xdotool", "type", "--delay", "1", text+"\n").CombinedOutput(); err != nil {
				t.Fatalf("xdotool: %v %s", err, out)
			}
			for typed := time.Now(); between.n.Load() == before && time.Since(typed) < 7*time.Second; {
				time.Sleep(50 * time.Millisecond)
			}
			if between.n.Load() == before {
				t.Logf("scan %d of a receipt was not taken for one", try)
			}
		}
		want := url.Values{"number": {numbers[i]}, "code": {codes[i]}}.Encode()
		o.eventually("the hub is asked", func() bool { return between.n.Load() == before+1 && between.last.Load() == want })
		o.eventually("the answer is shown", func() bool { return f.seen() != at })
		time.Sleep(time.Second)
	}
	const doneX, doneY = 540, 1635 // the one button of a status
	read(0)
	f.picture("scan-status")
	f.press(doneX, doneY, "1")
	f.tap("track")
	read(1)
	read(2) // the next visitor does not wait for the first to touch anything
	f.picture("scan-again")
	f.press(doneX, doneY, "1")
	f.again()

	f.tap("complaint", "main")
	f.write("loket")
	f.picture("scan-visit-before")
	before, n := f.still(), between.n.Load()
	if out, err := f.command("xdotool", "type", "--delay", "1", track.URL("http://"+o.address, kiosk.Number(numbers[0]), kiosk.Code(codes[0]))+"\n").CombinedOutput(); err != nil {
		t.Fatalf("xdotool: %v %s", err, out)
	}
	time.Sleep(time.Second)
	f.picture("scan-visit")
	if f.still() != before || between.n.Load() != n {
		t.Error("a scan disturbed a visit")
	}
	// A person's keys still write.
	if out, err := f.command("xdotool", "type", "--delay", "150", "abc").CombinedOutput(); err != nil {
		t.Fatalf("xdotool: %v %s", err, out)
	}
	o.eventually("a hardware keyboard writes where there is a scanner too", func() bool { return f.seen() != before })
	f.tap("restart", "erase")

	between.unplugs.Store(true)
	read(0)
	f.picture("scan-offline")
	o.stop(syscall.SIGTERM)
}
