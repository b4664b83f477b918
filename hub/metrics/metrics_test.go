package metrics

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"loket/assets"
	"loket/hub"
	"loket/kiosk"
	"loket/store/casebook"
	"loket/store/casebook/casebooktest"
)

// counting counts what is read, and fails when told to.
type counting struct {
	hub.Store
	reads atomic.Int32
	fails atomic.Bool
}

func (c *counting) Kiosks(ctx context.Context) ([]hub.Kiosk, error) {
	c.reads.Add(1)
	if c.fails.Load() {
		return nil, errors.New("disk I/O error")
	}
	return c.Store.Kiosks(ctx)
}

// hubOn is a hub on a database of its own.
func hubOn(t *testing.T, dir string) (*hub.Hub, *casebook.Casebook) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	keys, err := hub.OpenKeys(filepath.Join(dir, "keys"), "https://lacak.example.go.id", "")
	must(err)
	book := casebooktest.Open(t, dir)
	t.Cleanup(func() { book.Close() })
	data, err := hub.LoadData(t.Context(), book, assets.In(dir))
	must(err)
	return hub.New(book, keys, data, time.Now, slog.New(slog.DiscardHandler)), book
}

func TestScrapersCannotLoadTheHub(t *testing.T) {
	h, book := hubOn(t, t.TempDir())
	store := &counting{Store: book}
	h.Store = store
	m := New(h, "test")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := m.registry.Gather(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := store.reads.Load(); n != 1 {
		t.Errorf("20 scrapes read %d times", n)
	}
	m.figures.state.lasts = 0
	if _, err := m.registry.Gather(); err != nil || store.reads.Load() != 2 {
		t.Errorf("after its time: %d, %v", store.reads.Load(), err)
	}
}

// A database that cannot be read is said so; what is counted in memory still comes,
// and no figure is made up.
func TestADatabaseThatFailsIsNotReady(t *testing.T) {
	h, book := hubOn(t, t.TempDir())
	store := &counting{Store: book}
	h.Store = store
	m := New(h, "test")
	store.fails.Store(true)
	h.Meter.LoginFailed()
	disk := 1
	if casebooktest.OnPostgres() { // it is another machine's
		disk = 0
	}
	for name, want := range map[string]int{"loket_hub_ready": 1, "loket_login_failures_total": 1, "loket_hub_disk_free_bytes": disk, "loket_backup_last_success_timestamp_seconds": 0, "loket_hub_alarms": 0} {
		if n, err := testutil.GatherAndCount(m.registry, name); err != nil || n != want {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	if err := testutil.GatherAndCompare(m.registry, strings.NewReader("# HELP loket_hub_ready 1 if the hub can take reports in, as /readyz says.\n# TYPE loket_hub_ready gauge\nloket_hub_ready 0\n"), "loket_hub_ready"); err != nil {
		t.Error(err)
	}
}

// What the hub files by itself comes from no kiosk, and none is missed for it.
func TestTheHubsOwnSlotIsNoKiosk(t *testing.T) {
	h, _ := hubOn(t, t.TempDir())
	m := New(h, "test")
	_, _, err := h.File(t.Context(), "ntt", kiosk.Report{Form: kiosk.FormRef{Name: "complaint", Version: 1}, Language: kiosk.Indonesian, Identity: kiosk.Anonymous, Answers: kiosk.Answers{"title": "Loket tutup"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"loket_kiosk_last_contact_timestamp_seconds", "loket_kiosk_sequence_gaps"} {
		if n, err := testutil.GatherAndCount(m.registry, name); err != nil || n != 0 {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	if n := testutil.ToFloat64(m.envelopes.WithLabelValues("stored")); n != 0 {
		t.Errorf("%v envelopes came from kiosks", n)
	}
}

func TestAuditChain(t *testing.T) {
	h, book := hubOn(t, t.TempDir())
	m := New(h, "test")
	if n, err := testutil.GatherAndCount(m.registry, "loket_audit_chain_valid"); err != nil || n != 0 {
		t.Errorf("before anybody looked: %d, %v", n, err)
	}
	if err := h.Audit(t.Context(), "petugas", "login", "", ""); err != nil {
		t.Fatal(err)
	}
	is := func(want string) {
		t.Helper()
		m.figures.verify(t.Context())
		if err := testutil.GatherAndCompare(m.registry, strings.NewReader("# HELP loket_audit_chain_valid 1 if each entry of the audit log follows the one before. Looked at once an hour.\n# TYPE loket_audit_chain_valid gauge\nloket_audit_chain_valid "+want+"\n"), "loket_audit_chain_valid"); err != nil {
			t.Error(err)
		}
	}
	is("1")
	h.Store = &forged{Store: book}
	is("0")
}

// forged is a store whose audit log was changed.
type forged struct{ hub.Store }

func (f *forged) Audited(ctx context.Context, each func(hub.Entry, []byte) error) error {
	return f.Store.Audited(ctx, func(e hub.Entry, hash []byte) error {
		e.Actor = "somebody else"
		return each(e, hash)
	})
}

func TestLint(t *testing.T) {
	h, _ := hubOn(t, t.TempDir())
	m := New(h, "test")
	m.figures.verify(t.Context())
	m.Requests(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/t", nil))
	if problems, err := testutil.GatherAndLint(m.registry); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

// exported are the names that the registry describes.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	m := New(&hub.Hub{Log: slog.New(slog.DiscardHandler)}, "test")
	described := make(chan *prometheus.Desc, 1000)
	m.registry.Describe(described)
	close(described)
	names := map[string]bool{}
	for d := range described {
		if found := regexp.MustCompile(`fqName: "([a-z0-9_]+)"`).FindStringSubmatch(d.String()); found != nil {
			names[found[1]] = true
		}
	}
	return names
}

// What rules and dashboard ask for is there.
func TestRulesAndDashboardAskForWhatThereIs(t *testing.T) {
	names := exported(t)
	asked := map[string]bool{}
	for _, file := range []string{"alerts.yml", "grafana.json", "README.md"} {
		b, err := os.ReadFile(filepath.Join("../../docs/monitoring", file))
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`\bloket_[a-z0-9_]+`).FindAllString(string(b), -1)
		if len(found) == 0 {
			t.Errorf("%s asks for nothing", file)
		}
		for _, name := range found {
			base := name
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				if cut, ok := strings.CutSuffix(name, suffix); ok && names[cut] {
					base = cut
				}
			}
			if asked[base] = true; !names[base] {
				t.Errorf("%s: there is no metric %s", file, name)
			}
		}
		if strings.HasSuffix(file, ".json") && !json.Valid(b) {
			t.Errorf("%s is no JSON", file)
		}
	}
	for name := range names {
		if strings.HasPrefix(name, "loket_") && !asked[name] {
			t.Errorf("neither rules nor dashboard nor README know %s", name)
		}
	}
}
