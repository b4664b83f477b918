package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/printer"
	"loket/kiosk/seal"
	"loket/kiosk/workday"
	"loket/store/casebook"
)

// usul is the suggestion form with another title, in its next version.
func usul(t *testing.T, version string) string {
	t.Helper()
	b, err := fs.ReadFile(assets.Files, "forms/suggestion.toml")
	if err != nil {
		t.Fatal(err)
	}
	s := strings.Replace(string(b), `title = { id = "Aspirasi"`, `title = { id = "Usul"`, 1)
	return strings.Replace(s, "\nversion = 3\n", "\nversion = "+version+"\n", 1)
}

// What a kiosk is given is taken up only where all of it can be used; anything else is
// refused, said to the hub, and changes nothing.
func TestACatalogueIsCheckedHard(t *testing.T) {
	f := newField(t)
	st := f.station
	good := func(version int64) seal.Catalogue {
		return seal.Catalogue{Hub: st.enrolment.Bundle.Hub, Version: version, Files: map[string]string{"forms/suggestion.toml": usul(t, "4")}}
	}
	log := func() { f.open(time.Now); st = f.station }
	if _, err := st.data.take(st.dir, st.enrolment, seal.SignCatalogue(f.ackKey, good(100))); err != nil {
		t.Fatal(err)
	}
	log()
	if v, why := st.data.state(); v != 100 || why != "" || st.catalogue.Form("suggestion").Title["id"] != "Usul" {
		t.Fatalf("%d %q", v, why)
	}
	_, other, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	change := func(version int64, with func(*seal.Catalogue)) seal.Signed {
		c := good(version)
		with(&c)
		return seal.SignCatalogue(f.ackKey, c)
	}
	flipped := seal.SignCatalogue(f.ackKey, good(108))
	flipped.Payload = bytes.Clone(flipped.Payload)
	flipped.Payload[len(flipped.Payload)/2] ^= 1
	for name, signed := range map[string]seal.Signed{
		"unsigned":            {Payload: seal.SignCatalogue(f.ackKey, good(101)).Payload},
		"signed by another":   seal.SignCatalogue(other, good(102)),
		"of another hub":      change(103, func(c *seal.Catalogue) { c.Hub = "elsewhere" }),
		"older":               change(99, func(*seal.Catalogue) {}),
		"the same again":      change(100, func(*seal.Catalogue) {}),
		"broken":              change(104, func(c *seal.Catalogue) { c.Files["forms/suggestion.toml"] = "name = " }),
		"huge":                change(105, func(c *seal.Catalogue) { c.Files["words/ui.toml"] = strings.Repeat("#\n", 1<<20) }),
		"without our office":  change(106, func(c *seal.Catalogue) { c.Files["offices.toml"] = withoutNTT(t) }),
		"with a foreign file": change(107, func(c *seal.Catalogue) { c.Files["../kiosk.toml"] = "x" }),
		"rotten":              flipped,
	} {
		if _, err := st.data.take(st.dir, st.enrolment, signed); err == nil {
			t.Errorf("%s: taken up", name)
		}
		if v, why := st.data.state(); v != 100 || why == "" {
			t.Errorf("%s: %d %q", name, v, why)
		}
		head := seal.Head{Nonce: "n", Epoch: strings.Repeat("a", 16), SHA256: strings.Repeat("0", 64), Health: st.front(new(printer.Spooler), nil).health(t.Context())}
		b, err := json.Marshal(head)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := seal.ReadHead(b); err != nil {
			t.Errorf("%s: the hub does not take what is said of it: %v", name, err)
		}
		log()
		if st.catalogue.Form("suggestion").Title["id"] != "Usul" {
			t.Errorf("%s: the last good one is gone", name)
		}
	}
	// What rots on the disk: what is embedded is used, and the hub is asked again.
	file := filepath.Join(st.dir, dataFile)
	for _, rot := range []string{"", "{", `{"payload":"","signature":""}`, strings.Repeat(" ", 5<<20)} {
		if err := os.WriteFile(file, []byte(rot), 0o600); err != nil {
			t.Fatal(err)
		}
		log()
		if v, _ := st.data.state(); v != 0 || st.catalogue.Form("suggestion").Title["id"] != "Aspirasi" {
			t.Errorf("%.10q: version %d", rot, v)
		}
	}
}

func withoutNTT(t *testing.T) string {
	t.Helper()
	b, err := fs.ReadFile(assets.Files, "offices.toml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(b), `id = "ntt"`, `id = "nusa"`, 1)
}

// A catalogue published on the hub reaches kiosks: by network and by stick, between
// visits; reports filed before stay with the questions they were given to.
func TestACatalogueReachesAKiosk(t *testing.T) {
	f := newField(t)
	f.file(1)
	out := f.run([]byte(usul(t, "4")), hubBin, "catalogue", "publish", "--data", f.hub, "forms/suggestion.toml", "--note", "nama baru")
	if !strings.Contains(out, "in use") {
		t.Fatal(out)
	}
	if _, errs, err := try([]byte(usul(t, "4")+"x"), hubBin, "catalogue", "publish", "--data", f.hub, "forms/suggestion.toml", "--note", "x"); err == nil || !strings.Contains(errs, "nothing was changed") {
		t.Error(errs, err)
	}
	f.eventually("the serving hub uses it", func() bool {
		return strings.Contains(f.run(nil, hubBin, "catalogue", "list", "--data", f.hub), "nama baru")
	})
	f.eventually("the kiosk has it", func() bool {
		f.up.Drain(t.Context())
		f.open(time.Now)
		v, _ := f.station.data.state()
		return v > 0
	})
	if got := f.station.catalogue.Form("suggestion"); got.Version != 4 || got.Title["id"] != "Usul" {
		t.Errorf("%+v", got.Ref())
	}
	book, err := casebook.Open(t.Context(), f.hub)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	f.eventually("the hub hears so", func() bool {
		f.open(time.Now)
		f.up.Health = f.station.front(new(printer.Spooler), nil).health
		f.up.Drain(t.Context())
		k, err := book.Kiosk(t.Context(), f.station.enrolment.Kiosk)
		return err == nil && k.Health != nil && k.Health.Catalogue > 0
	})
	f.arrived(1)
}

// A holiday announced late, and a day on which this office alone is closed, count on the
// next receipt as they do at the hub.
func TestDaysOffReachAKiosk(t *testing.T) {
	f := newField(t)
	due := func() string {
		t.Helper()
		r, err := f.station.counter.File(t.Context(), kiosk.Draft{Form: "suggestion", Language: kiosk.Indonesian, Identity: kiosk.Anonymous, Answers: kiosk.Answers{"title": "kursi lansia", "description": "sediakan kursi untuk orang tua"}})
		if err != nil {
			t.Fatal(err)
		}
		return r.Due.Format(time.DateOnly)
	}
	before := due()
	f.run(nil, hubBin, "holiday", "add", "--data", f.hub, before, "Cuti mendadak")
	f.run(nil, hubBin, "holiday", "add", "--data", f.hub, "--kind", "tutup", "--office", "bali", nextWorkday(t, before), "Kantor lain tutup")
	if err := f.stop(syscall.SIGTERM); err != nil { // it looks for holidays that a command added once an hour
		t.Fatal(err)
	}
	f.serve()
	f.open(time.Now)
	f.up.Told = f.station.front(new(printer.Spooler), slog.New(slog.DiscardHandler)).told
	if err := f.up.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !f.station.stale.Load() {
		t.Error("the window does not take it up")
	}
	f.open(time.Now)
	if after := due(); after != nextWorkday(t, before) {
		t.Errorf("due on %s, with that day off on %s, not %s", before, after, nextWorkday(t, before))
	}
	var x struct{ Due string }
	f.run(nil, kioskBin, "upload", "--data", f.kiosk, "--once")
	f.eventually("both are cases", func() bool { return len(f.cases()) == 2 })
	for _, c := range f.cases() {
		n := c.Number
		if err := json.Unmarshal([]byte(f.run(nil, hubBin, "case", "show", "--data", f.hub, "--json", n)), &x); err != nil || x.Due != nextWorkday(t, before) {
			t.Errorf("the hub counts %s (%v)", x.Due, err)
		}
	}
}

func nextWorkday(t *testing.T, day string) string {
	t.Helper()
	calendar, err := workday.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	due, _ := calendar.Add(d, 1)
	return due.Format(time.DateOnly)
}
