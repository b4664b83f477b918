package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"loket/kiosk/published"
)

// What the information office publishes reaches the kiosk and stays there: the
// hub may be gone, and a list that was meddled with is not shown.
func TestTheListReachesTheKiosk(t *testing.T) {
	o := newOffice(t)
	shelved := func() *published.List {
		t.Helper()
		st, err := openStation(t.Context(), o.kiosk, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		shelf, err := st.shelf(slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return shelf.Index().List()
	}
	o.run(nil, kioskBin, "upload", "--data", o.kiosk, "--once")
	if l := shelved(); !l.Example || len(l.Items) == 0 {
		t.Fatalf("a hub without a list: %+v", l)
	}
	table := filepath.Join(t.TempDir(), "daftar.csv")
	write := func(lines string) {
		t.Helper()
		if err := os.WriteFile(table, []byte("Judul;Kategori;Tahun\n"+lines), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("Tarif layanan;Setiap saat;2026\n;Berkala;2026\n")
	if _, errs, err := try(nil, hubBin, "published", "import", "--data", o.hub, table); err == nil || !strings.Contains(errs, "line 3: It has no title") {
		t.Error("a faulty table was taken:", errs)
	}
	if out := o.run(nil, hubBin, "published", "list", "--data", o.hub); out != "" {
		t.Error(out)
	}
	if out := o.run(nil, hubBin, "published", "import", "--data", o.hub, table, "--skip-bad"); !strings.Contains(out, "1 new") {
		t.Error(out)
	}
	o.run(nil, kioskBin, "upload", "--data", o.kiosk, "--once")
	o.stop(syscall.SIGTERM)
	if l := shelved(); l.Example || len(l.Items) != 1 || l.Items[0].Title != "Tarif layanan" {
		t.Errorf("%+v", l)
	}
	file := filepath.Join(o.kiosk, "published.json")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/3] ^= 1
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if l := shelved(); !l.Example {
		t.Errorf("a list that was meddled with is shown: %+v", l)
	}
	if err := os.WriteFile(filepath.Join(o.kiosk, "kiosk.toml"), []byte("[published]\nexample = false\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l := shelved(); len(l.Items) != 0 {
		t.Error("the made-up list is shown where it is not wanted")
	}
	// The next list takes the damaged one's place.
	o.serve()
	write("Tarif layanan;Setiap saat;2026\nProfil kantor;Berkala;2026\n")
	o.run(nil, hubBin, "published", "import", "--data", o.hub, table)
	o.run(nil, kioskBin, "upload", "--data", o.kiosk, "--once")
	if l := shelved(); len(l.Items) != 2 {
		t.Errorf("%+v", l)
	}
}
