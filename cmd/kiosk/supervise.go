package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// startsFor is how long the program may take until its window is there: checking and
// mending a large queue, or bringing it up to date, takes minutes.
const startsFor = 20 * time.Minute

// supervise tells systemd how the window is (sd_notify(3)) until what it returns is
// called; without systemd it does nothing. Until drawn is closed the program starts, for
// startsFor at most. Then each sign of life goes through the goroutine that draws: a
// window that hangs gives none, and is started anew.
func supervise(ctx context.Context, drawn <-chan struct{}, onUI func(func()), log *slog.Logger) (end func()) {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		supervised(ctx, drawn, onUI, log)
	}()
	return func() { stop(); <-ended }
}

func supervised(ctx context.Context, drawn <-chan struct{}, onUI func(func()), log *slog.Logger) {
	tell := func(states ...string) {
		if _, err := daemon.SdNotify(false, strings.Join(states, "\n")); err != nil {
			log.Warn("systemd was not told", "err", err)
		}
	}
	limit, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("systemd's watchdog", "err", err)
	}
	every := limit / 3
	if every <= 0 {
		every = 10 * time.Second
	}
	// Longer than one step, so that a start that goes on is not taken for one that hangs.
	longer := fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", (6 * every).Microseconds())
	tick := time.NewTicker(every)
	defer tick.Stop()
	begun, ready := time.Now(), false
	tell("STATUS=starting", longer)
	for {
		select {
		case <-ctx.Done():
			return // without a word of stopping: the program may start again in this process
		case <-drawn:
			drawn, ready = nil, true
			tell(daemon.SdNotifyReady, daemon.SdNotifyWatchdog, "STATUS=open")
		case <-tick.C:
			switch {
			case ready:
				onUI(func() { tell(daemon.SdNotifyWatchdog) })
			case time.Since(begun) < startsFor:
				tell(daemon.SdNotifyWatchdog, longer)
			}
		}
	}
}

// onHangup calls f whenever the program is asked to begin anew with what changed on
// the disk, such as itself (systemctl reload), until ctx ends.
func onHangup(ctx context.Context, f func()) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGHUP)
	defer signal.Stop(asked)
	for {
		select {
		case <-ctx.Done():
			return
		case <-asked:
			f()
		}
	}
}
