package main

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Systemd hears of a program that starts, of a window that draws, and nothing of a
// window that hangs.
func TestTheWatchdogIsFedByTheWindow(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	heard, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer heard.Close()
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", strconv.FormatInt((300*time.Millisecond).Microseconds(), 10))
	next := func(wait time.Duration) []string {
		heard.SetReadDeadline(time.Now().Add(wait))
		b := make([]byte, 4096)
		n, err := heard.Read(b)
		if err != nil {
			return nil
		}
		return strings.Split(string(b[:n]), "\n")
	}
	until := func(word string) []string {
		for range 100 {
			if said := next(10 * time.Second); said == nil || slices.Contains(said, word) {
				return said
			}
		}
		return nil
	}
	drawn := make(chan struct{})
	window := make(chan func(), 1000)
	end := supervise(t.Context(), drawn, func(f func()) { window <- f }, slog.New(slog.DiscardHandler))
	defer end()

	starting := until("WATCHDOG=1")
	if starting == nil || slices.Contains(starting, "READY=1") || !slices.ContainsFunc(starting, func(s string) bool { return strings.HasPrefix(s, "EXTEND_TIMEOUT_USEC=") }) {
		t.Fatalf("while it starts it says %q", starting)
	}
	close(drawn)
	if until("READY=1") == nil {
		t.Fatal("it never says that the window is there")
	}
	(<-window)() // the window draws
	if said := next(10 * time.Second); !slices.Equal(said, []string{"WATCHDOG=1"}) {
		t.Fatalf("of a window that draws it says %q", said)
	}
	<-window // the window was called, and hangs
	if said := next(time.Second); said != nil {
		t.Fatalf("of a window that hangs it says %q", said)
	}
}

// Without systemd nothing is said, and nothing fails.
func TestWithoutSystemd(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	ctx, stop := context.WithCancel(t.Context())
	var log journal
	end := supervise(ctx, make(chan struct{}), func(func()) {}, slog.New(slog.NewTextHandler(&log, nil)))
	stop()
	end()
	if log.String() != "" {
		t.Error(log.String())
	}
}
