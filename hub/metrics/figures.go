package metrics

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"loket/hub"
)

// How long what was read for one scrape serves those after it, so that nobody loads
// the hub by scraping; which answers are late changes by the day, and is the
// dearest to find.
const (
	figuresLast = 15 * time.Second
	overdueLast = time.Minute
	auditEvery  = time.Hour
	readingMost = 20 * time.Second
)

// figures are read from the hub when somebody scrapes. What cannot be read is left
// out, and loket_hub_ready says that the hub is not well.
type figures struct {
	hub     atomic.Pointer[hub.Hub]
	state   cached[state]
	overdue cached[map[string]int]

	audit struct {
		sync.Mutex
		at    time.Time // zero: not looked yet
		valid bool
	}
}

// state is what is cheap to read.
type state struct {
	ready      bool
	free, size uint64
	meta       hub.Meta
	kiosks     []hub.Kiosk
	alarms     []hub.Alarm
}

func newFigures(h *hub.Hub) *figures {
	f := new(figures)
	f.hub.Store(h)
	f.state.lasts, f.overdue.lasts = figuresLast, overdueLast
	return f
}

func described(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	readyDesc    = described("loket_hub_ready", "1 if the hub can take reports in, as /readyz says.")
	freeDesc     = described("loket_hub_disk_free_bytes", "Free on the disk under the database.")
	sizeDesc     = described("loket_hub_disk_size_bytes", "Size of the disk under the database.")
	backupDesc   = described("loket_backup_last_success_timestamp_seconds", "When the newest backup was written and checked; 0 for never, also after a restore.")
	reachesDesc  = described("loket_backup_watermark_sequence", "Every envelope up to this place is in a backup.")
	alarmsDesc   = described("loket_hub_alarms", "Alarms about kiosks that nobody has dealt with.", "kind")
	forksDesc    = described("loket_kiosk_forks_total", "Forks found in the chains of kiosks: disks that were copied, or put back and used again.")
	contactDesc  = described("loket_kiosk_last_contact_timestamp_seconds", "When a kiosk was last heard from. Revoked kiosks are left out.", "kiosk")
	gapsDesc     = described("loket_kiosk_sequence_gaps", "Reports that a kiosk took and that have been missing for over a day, until they come or somebody has dealt with it.", "kiosk")
	queueDesc    = described("loket_kiosk_queue_records", "Reports that wait on a kiosk, as it said last.", "kiosk")
	oldestDesc   = described("loket_kiosk_oldest_pending_timestamp_seconds", "When the oldest of them was taken; not there where none waits.", "kiosk")
	skewDesc     = described("loket_kiosk_clock_skew_seconds", "By how much a kiosk's clock was ahead of the hub's.", "kiosk")
	diskDesc     = described("loket_kiosk_disk_free_bytes", "Room left on a kiosk's disk.", "kiosk")
	printerDesc  = described("loket_kiosk_printer_state", "1 for the state that a kiosk's printer is in.", "kiosk", "state")
	overdueDesc  = described("loket_cases_overdue", "Cases whose answer is late by the law's term.", "kind")
	validDesc    = described("loket_audit_chain_valid", "1 if each entry of the audit log follows the one before. Looked at once an hour.")
	verifiedDesc = described("loket_audit_chain_verified_timestamp_seconds", "When the audit log was last looked at.")
)

// printerStates are those that kiosks tell of: see [seal.Health].
var printerStates = []string{"ok", "none", "unknown", "paper_out", "cover_open", "offline", "error", "busy", "interrupted"}

// Describe implements [prometheus.Collector].
func (f *figures) Describe(all chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{readyDesc, freeDesc, sizeDesc, backupDesc, reachesDesc, alarmsDesc, forksDesc, contactDesc, gapsDesc, overdueDesc, validDesc, verifiedDesc, queueDesc, oldestDesc, skewDesc, diskDesc, printerDesc} {
		all <- d
	}
}

// Collect implements [prometheus.Collector].
func (f *figures) Collect(all chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		all <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	ctx, done := context.WithTimeout(context.Background(), readingMost)
	defer done()
	s, known := f.state.get(func() (state, error) { return f.read(ctx) })
	if s.ready && known {
		gauge(readyDesc, 1)
	} else {
		gauge(readyDesc, 0)
	}
	if s.size > 0 {
		gauge(freeDesc, float64(s.free))
		gauge(sizeDesc, float64(s.size))
	}
	if known {
		gauge(backupDesc, seconds(s.meta.BackupAt))
		gauge(reachesDesc, float64(s.meta.Watermark))
		open, gaps, forks := map[hub.AlarmKind]int{}, map[string]int{}, 0
		for _, a := range s.alarms {
			if a.Kind == hub.AlarmFork {
				forks++
			}
			if a.NotedAt != nil {
				continue
			}
			open[a.Kind]++
			if a.Kind == hub.AlarmHole {
				gaps[a.Kiosk] += a.Reports
			}
		}
		all <- prometheus.MustNewConstMetric(forksDesc, prometheus.CounterValue, float64(forks))
		for _, kind := range []hub.AlarmKind{hub.AlarmHole, hub.AlarmFork, hub.AlarmBackward, hub.AlarmLost, hub.AlarmQuarantine} {
			gauge(alarmsDesc, float64(open[kind]), string(kind))
		}
		for _, k := range s.kiosks {
			if k.EnrolledAt == nil || k.State == hub.KioskRevoked || f.hub.Load().Own(k) {
				continue
			}
			contact := *k.EnrolledAt // which was one
			if k.LastSeen != nil && k.LastSeen.After(contact) {
				contact = *k.LastSeen
			}
			gauge(contactDesc, seconds(contact), k.ID)
			gauge(gapsDesc, float64(gaps[k.ID]), k.ID)
			v := k.Health
			if v == nil {
				continue
			}
			gauge(queueDesc, float64(v.Waiting), k.ID)
			if v.Oldest != nil {
				gauge(oldestDesc, seconds(*v.Oldest), k.ID)
			}
			gauge(skewDesc, k.Skew.Seconds(), k.ID)
			gauge(diskDesc, float64(v.DiskFree), k.ID)
			for _, state := range printerStates {
				is := 0.0
				if v.Printer == state {
					is = 1
				}
				gauge(printerDesc, is, k.ID, state)
			}
		}
	}
	if late, known := f.overdue.get(func() (map[string]int, error) {
		late, err := f.hub.Load().Overdue(ctx)
		f.failed(err)
		return late, err
	}); known {
		for kind, n := range late {
			gauge(overdueDesc, float64(n), kind)
		}
	}
	f.audit.Lock()
	defer f.audit.Unlock()
	if !f.audit.at.IsZero() {
		valid := 0.0
		if f.audit.valid {
			valid = 1
		}
		gauge(validDesc, valid)
		gauge(verifiedDesc, seconds(f.audit.at))
	}
}

func (f *figures) read(ctx context.Context) (s state, err error) {
	s.ready = len(f.hub.Load().Ready(ctx)) == 0
	if s.free, s.size, err = f.hub.Load().Store.Disk(); err != nil {
		s.size = 0
	}
	if s.meta, err = f.hub.Load().Store.Meta(ctx); err == nil {
		s.kiosks, err = f.hub.Load().Store.Kiosks(ctx)
	}
	if err == nil {
		s.alarms, err = f.hub.Load().Store.Alarms(ctx)
	}
	f.failed(err)
	return s, err
}

func (f *figures) failed(err error) {
	if err != nil {
		f.hub.Load().Log.Error("read figures for metrics", "err", err)
	}
}

// Run looks at the audit log once an hour until ctx ends.
func (m *Metrics) Run(ctx context.Context) {
	every := time.NewTicker(auditEvery)
	defer every.Stop()
	for {
		m.figures.verify(ctx)
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

// verify looks whether the audit log is whole. If it cannot be read, nothing is known
// that was not known before.
func (f *figures) verify(ctx context.Context) {
	_, _, err := f.hub.Load().VerifyAudit(ctx, nil)
	broken := errors.Is(err, hub.ErrBroken)
	if err != nil && ctx.Err() == nil {
		f.hub.Load().Log.Error("audit log", "err", err)
	}
	if err != nil && !broken {
		return
	}
	f.audit.Lock()
	defer f.audit.Unlock()
	f.audit.at, f.audit.valid = f.hub.Load().Now(), !broken
}

// seconds is a time as Prometheus has it, 0 for the zero time.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// cached keeps what was read for a while, and that it could not be read.
type cached[T any] struct {
	lasts time.Duration

	mu    sync.Mutex
	at    time.Time // of this machine's clock
	value T
	known bool
}

// get returns what was read lately, or reads. known is false for what could not be
// read; value is then what there was of it.
func (c *cached[T]) get(read func() (T, error)) (value T, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() || time.Since(c.at) >= c.lasts {
		var err error
		c.value, err = read()
		c.known, c.at = err == nil, time.Now()
	}
	return c.value, c.known
}
