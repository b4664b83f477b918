// Package metrics is what a hub tells Prometheus: what it counts while it works, and
// what it reads from its database when somebody scrapes. No label holds a number, a
// code or a person.
package metrics

import (
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/seal"
)

// Metrics are those of one hub. They are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	log      *slog.Logger
	figures  *figures

	envelopes *prometheus.CounterVec
	bytes     prometheus.Histogram
	lookups   *prometheus.CounterVec
	limited   prometheus.Counter
	logins    prometheus.Counter
	requests  *prometheus.HistogramVec
}

var _ hub.Meter = (*Metrics)(nil)

// New returns the metrics of a hub, which tells them what happens from now on:
// call it before the hub is used. version is that of the program.
func New(h *hub.Hub, version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), log: h.Log, figures: newFigures(h),
		envelopes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "loket_envelopes_received_total",
			Help: "Envelopes that kiosks sent, by what became of them. Rejected ones were not kept: a request that cannot be read counts as one."}, []string{"result"}),
		bytes: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "loket_envelope_bytes",
			Help: "Size of the envelopes that were kept.", Buckets: prometheus.ExponentialBuckets(2048, 2, 10)}),
		lookups: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "loket_tracking_lookups_total",
			Help: "Look-ups of a number with its code, by how they ended."}, []string{"result"}),
		limited: prometheus.NewCounter(prometheus.CounterOpts{Name: "loket_tracking_ratelimited_total",
			Help: "Look-ups that were told to wait, because there were too many from one network or too many wrong ones of one number."}),
		logins: prometheus.NewCounter(prometheus.CounterOpts{Name: "loket_login_failures_total",
			Help: "Log-ins of officers in which name, password or code did not fit."}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "loket_http_request_duration_seconds",
			Help: "Time from a request's headers to the end of its answer. Look-ups that find nothing take a tenth of a second on purpose.", Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"route", "code"}),
	}
	for _, result := range []string{seal.LevelStored, seal.LevelQuarantined, hub.EnvelopeAgain, hub.EnvelopeRejected} {
		m.envelopes.WithLabelValues(result) // from zero on, so that the first is an increase
	}
	for _, result := range []string{kiosk.TrackFound, kiosk.TrackNotArrived, kiosk.TrackUnknown} {
		m.lookups.WithLabelValues(result)
	}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "loket_hub_build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()}}, func() float64 { return 1 })
	m.registry.MustRegister(build, m.envelopes, m.bytes, m.lookups, m.limited, m.logins, m.requests, m.figures,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	h.Meter = m
	return m
}

// Use makes another hub on the same database the one that is told of: it was made anew.
func (m *Metrics) Use(h *hub.Hub) {
	h.Meter = m
	m.figures.hub.Store(h)
}

// Handler answers scrapes.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(m.log.Handler(), slog.LevelError), ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 30 * time.Second,
	})
}

// Envelopes implements [hub.Meter].
func (m *Metrics) Envelopes(result string, n int) {
	m.envelopes.WithLabelValues(result).Add(float64(n))
}

// EnvelopeBytes implements [hub.Meter].
func (m *Metrics) EnvelopeBytes(n int) { m.bytes.Observe(float64(n)) }

// LookedUp implements [hub.Meter].
func (m *Metrics) LookedUp(result string) { m.lookups.WithLabelValues(result).Inc() }

// Limited implements [hub.Meter].
func (m *Metrics) Limited() { m.limited.Inc() }

// LoginFailed implements [hub.Meter].
func (m *Metrics) LoginFailed() { m.logins.Inc() }
