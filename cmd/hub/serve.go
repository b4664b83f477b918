package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"loket/assets"
	"loket/hub"
	"loket/hub/lapor"
	"loket/hub/metrics"
	"loket/hub/notice"
	"loket/hub/web"
	"loket/kiosk/words"
	"loket/store/casebook"
)

type serveCommand struct {
	dataFlag
	Listen       string         `default:"127.0.0.1:8080" env:"LOKET_HUB_LISTEN" help:"Address to listen on. Plain HTTP is for loopback only ($$LOKET_HUB_LISTEN)."`
	PublicURL    string         `placeholder:"URL" env:"LOKET_HUB_PUBLIC_URL" help:"Where visitors find the tracking page; it goes into every QR code ($$LOKET_HUB_PUBLIC_URL). Default: the one given last, else the address listened on."`
	TLSCert      string         `type:"existingfile" placeholder:"FILE" env:"LOKET_HUB_TLS_CERT" help:"Certificate, PEM ($$LOKET_HUB_TLS_CERT)."`
	TLSKey       string         `type:"existingfile" placeholder:"FILE" env:"LOKET_HUB_TLS_KEY" help:"Its key, PEM ($$LOKET_HUB_TLS_KEY)."`
	Metrics      string         `placeholder:"ADDRESS" env:"LOKET_HUB_METRICS" help:"Answer Prometheus at this address under /metrics, such as 127.0.0.1:9464. There is no password: keep it on loopback, or where only Prometheus gets. Off if left away."`
	TrustedProxy []netip.Prefix `placeholder:"CIDR" help:"Network of a proxy in front of the hub, such as 10.0.0.0/24: who asks is then read from its X-Forwarded-For. Without it all who come through a proxy share one visitor's limits."`
	LaporFolder  string         `type:"path" placeholder:"DIR" help:"Exchange folder for LAPOR!: waiting reports go to keluar every minute, answers come from masuk."`
	smtpFlags
}

// drainFor is how long a stopping hub waits for requests under way.
const drainFor = 20 * time.Second

// lookForCatalogue is how often a catalogue is looked for that another process published.
const lookForCatalogue = 5 * time.Second

// Run serves until ctx ends, then finishes what is under way.
func (c *serveCommand) Run(ctx context.Context, s *streams) error {
	log := slog.New(slog.NewTextHandler(s.err, nil))
	secure := c.TLSCert != ""
	if secure != (c.TLSKey != "") {
		return usageError{errors.New("--tls-cert and --tls-key go together")}
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	address := listener.Addr().(*net.TCPAddr)
	if !secure && !address.IP.IsLoopback() {
		return usageError{fmt.Errorf("plain HTTP on %s would show passwords and codes to the network: give --tls-cert and --tls-key, or listen on 127.0.0.1 behind a proxy", address)}
	}
	base := "http://" + address.String()
	if secure {
		base = "https://" + address.String()
	}
	h, book, err := openHub(ctx, s, c.dataFlag, c.PublicURL, base, log)
	if err != nil {
		return err
	}
	defer book.Close()
	var counts *metrics.Metrics
	var scrapes net.Listener
	if c.Metrics != "" {
		if scrapes, err = net.Listen("tcp", c.Metrics); err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
		defer scrapes.Close()
		counts = metrics.New(h, version)
	}
	var front atomic.Value // http.Handler
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { front.Load().(http.Handler).ServeHTTP(w, r) }), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	opening, stop := context.WithCancel(context.WithoutCancel(ctx))
	var owned sync.WaitGroup
	renewed := make(chan struct{}, 1)
	// work makes a hub ready. What it returns sets it to work, and that returns how it
	// comes to rest.
	work := func(h *hub.Hub) (start func() (rest func()), err error) {
		texts, err := words.Load(h.Data.Files)
		if err != nil {
			return nil, err
		}
		mails, err := c.mailer(h, texts)
		if err != nil {
			return nil, err
		}
		courier := hub.NewCourier(h, mails, notice.NewHooks(version, address.IP.IsLoopback(), nil, h.Now))
		handler, err := web.New(h, texts, assets.Files, secure, log)
		if err != nil {
			return nil, err
		}
		return func() (rest func()) {
			answers := web.Behind(c.TrustedProxy, handler)
			if counts != nil {
				counts.Use(h)
				answers = counts.Requests(answers)
			}
			h.Renewed = func() {
				select {
				case renewed <- struct{}{}:
				default:
				}
			}
			front.Store(answers)
			working, stop := context.WithCancel(opening)
			var owned sync.WaitGroup
			owned.Go(func() { h.Run(working) })
			owned.Go(func() { courier.Run(working) })
			if c.LaporFolder != "" {
				owned.Go(func() { h.RunLapor(working, lapor.Folder{Dir: c.LaporFolder}) })
			}
			return func() { stop(); owned.Wait() }
		}, nil
	}
	if c.LaporFolder != "" {
		if err := (lapor.Folder{Dir: c.LaporFolder}).Health(ctx); err != nil {
			stop()
			return err
		}
	}
	start, err := work(h)
	if err != nil {
		stop()
		return err
	}
	rest := start()
	owned.Go(func() {
		using := h.Data.Issue.Version
		for {
			select {
			case <-opening.Done():
				rest()
				return
			case <-renewed:
			case <-time.After(lookForCatalogue): // another process may have published one
			}
			newest, err := book.CatalogueVersion(opening)
			if err != nil || newest == using {
				continue
			}
			using = newest
			next, err := hubWith(opening, s, book, c.Data, c.PublicURL, base, log)
			var start func() func()
			if err == nil {
				start, err = work(next)
			}
			if err != nil { // the one before goes on
				log.Error("a new catalogue is not used", "version", newest, "err", err)
				continue
			}
			rest() // first: two would open the same envelopes
			rest = start()
			log.Info("a new catalogue is in use", "version", newest)
		}
	})
	if counts != nil {
		owned.Go(func() { counts.Run(opening) })
		owned.Go(func() { scraped(opening, scrapes, counts.Handler(), log) })
		fmt.Fprintf(s.err, "hub: metrics on http://%s/metrics\n", scrapes.Addr())
		if !scrapes.Addr().(*net.TCPAddr).IP.IsLoopback() {
			fmt.Fprintln(s.err, "hub: whoever reaches that address can read the metrics: there is no password")
		}
	}
	failed := make(chan error, 1)
	owned.Go(func() {
		if secure {
			failed <- server.ServeTLS(listener, c.TLSCert, c.TLSKey)
		} else {
			failed <- server.Serve(listener)
		}
	})
	fmt.Fprintf(s.err, "hub: listening on %s\n", base)
	owned.Go(func() { supervised(opening, book, log) })
	select {
	case err = <-failed:
	case <-ctx.Done():
		drain, done := context.WithTimeout(context.WithoutCancel(ctx), drainFor)
		err = server.Shutdown(drain)
		done()
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
	}
	stop()
	owned.Wait()
	return err
}

// supervised tells systemd (sd_notify(3)) that the hub serves, and then that it lives
// for as long as its database answers anything; without systemd it does nothing.
func supervised(ctx context.Context, book *casebook.Casebook, log *slog.Logger) {
	tell := func(state string) {
		if _, err := daemon.SdNotify(false, state); err != nil {
			log.Warn("systemd was not told", "err", err)
		}
	}
	tell(daemon.SdNotifyReady)
	defer tell(daemon.SdNotifyStopping)
	limit, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("systemd's watchdog", "err", err)
	}
	if limit <= 0 {
		<-ctx.Done()
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(limit / 3):
		}
		asking, done := context.WithTimeout(ctx, limit/3)
		_, err := book.CatalogueVersion(asking)
		switch {
		case asking.Err() == nil: // an error is an answer too: a new start would not mend it
			tell(daemon.SdNotifyWatchdog)
		case ctx.Err() == nil:
			log.Error("the database does not answer", "err", err)
		}
		done()
	}
}

// scraped answers Prometheus until ctx ends.
func scraped(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", handler)
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Error("metrics are served no more", "err", err)
	}
}
