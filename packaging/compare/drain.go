package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"loket/kiosk/enrol"
	"loket/kiosk/seal"
	"loket/store/queue"
)

// line is a proxy that makes of loopback a long or a narrow line.
type line struct {
	net.Listener
	to    string
	delay time.Duration // one way
	rate  float64       // bytes a second towards the hub; 0: as fast as it goes
}

func newLine(to string, delay time.Duration, rate float64) (*line, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &line{l, to, delay, rate}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go p.carry(near)
		}
	}()
	return p, nil
}

func (l *line) carry(near net.Conn) {
	defer near.Close()
	time.Sleep(2 * l.delay) // the handshake
	far, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer far.Close()
	var owned sync.WaitGroup
	owned.Go(func() { l.pass(far, near, l.rate) })
	owned.Go(func() { l.pass(near, far, 0) })
	owned.Wait()
}

// pass passes bytes on, each piece as late as the line is long, and no more at a time
// than it is wide.
func (l *line) pass(to, from net.Conn, rate float64) {
	type piece struct {
		b  []byte
		at time.Time
	}
	pieces := make(chan piece, 4096)
	var owned sync.WaitGroup
	owned.Go(func() {
		for p := range pieces {
			time.Sleep(time.Until(p.at))
			if _, err := to.Write(p.b); err != nil {
				from.Close()
			}
		}
		if c, ok := to.(*net.TCPConn); ok {
			c.CloseWrite()
		}
	})
	free := time.Now() // when the line is
	for {
		size := 64 << 10
		if rate > 0 {
			size = 1460
		}
		b := make([]byte, size)
		n, err := from.Read(b)
		if n > 0 {
			now := time.Now()
			if rate > 0 {
				if free.Before(now) {
					free = now
				}
				free = free.Add(time.Duration(float64(n+40) / rate * 1e9)) // and what TCP and IP add
				time.Sleep(time.Until(free.Add(-20 * time.Millisecond)))   // what a router keeps
				now = free
			}
			pieces <- piece{b[:n], now.Add(l.delay)}
		}
		if err != nil {
			break
		}
	}
	close(pieces)
	owned.Wait()
}

// enrolled makes a kiosk's folder with n reports waiting, at a hub's folder of its own.
func (c *comparison) enrolled(ctx context.Context, hubDir, kioskDir string, n int) error {
	p, err := c.serveHub(ctx, hubDir)
	if err != nil {
		return err
	}
	defer p.stop()
	code, err := command(ctx, nil, c.bin("hub"), "kiosk", "add", "--data", hubDir, "--office", "ntt")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(kioskDir, 0o700); err != nil {
		return err
	}
	if _, err := command(ctx, nil, c.bin("kiosk"), "enrol", "--data", kioskDir, "--hub", "http://"+p.address, "--code", code); err != nil {
		return err
	}
	if n == 0 {
		return nil
	}
	drafts, err := command(ctx, nil, c.bin("kiosk"), "form", "complaint", "--example", "--count", fmt.Sprint(n))
	if err != nil {
		return err
	}
	_, err = command(ctx, bytes.NewBufferString(drafts), c.bin("kiosk"), "submit", "--data", kioskDir)
	return err
}

// pointed lets a kiosk's folder find its hub at another address.
func pointed(dir, address string) error {
	path := dir + "/enrolment.json"
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var e map[string]json.RawMessage
	if err := json.Unmarshal(b, &e); err != nil {
		return err
	}
	e["hub"], _ = json.Marshal("http://" + address)
	if b, err = json.Marshal(e); err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

// drained is how long kiosk upload --once takes over a line, with fresh copies of both
// folders.
func (c *comparison) drained(ctx context.Context, name string, delay time.Duration, rate float64) (float64, error) {
	hubDir, kioskDir := c.path("drain", "hub"), c.path("drain", "kiosk")
	if err := errors.Join(copied(c.path(name, "hub"), hubDir), copied(c.path(name, "kiosk"), kioskDir)); err != nil {
		return 0, err
	}
	p, err := c.serveHub(ctx, hubDir)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	l, err := newLine(p.address, delay, rate)
	if err != nil {
		return 0, err
	}
	defer l.Close()
	if err := pointed(kioskDir, l.Addr().String()); err != nil {
		return 0, err
	}
	began := time.Now()
	_, err = command(ctx, nil, c.bin("kiosk"), "upload", "--once", "--data", kioskDir)
	return time.Since(began).Seconds(), err
}

// oneByOne is how long the same would take with a request for each report: n are sent,
// and the time is counted up to all.
func (c *comparison) oneByOne(ctx context.Context, name string, delay time.Duration, n, all int) (float64, error) {
	hubDir, kioskDir := c.path("drain", "hub"), c.path("drain", "kiosk")
	if err := errors.Join(copied(c.path(name, "hub"), hubDir), copied(c.path(name, "kiosk"), kioskDir)); err != nil {
		return 0, err
	}
	p, err := c.serveHub(ctx, hubDir)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	l, err := newLine(p.address, delay, 0)
	if err != nil {
		return 0, err
	}
	defer l.Close()
	q, err := queue.Open(ctx, kioskDir, time.Now)
	if err != nil {
		return 0, err
	}
	defer q.Close()
	e, err := enrol.Load(kioskDir)
	if err != nil {
		return 0, err
	}
	waiting, err := q.Waiting(ctx, 0, n, 1<<30)
	if err != nil {
		return 0, err
	}
	s := &sender{Enrolment: e}
	client := &http.Client{Transport: &http.Transport{}}
	began := time.Now()
	for _, w := range waiting {
		var body bytes.Buffer
		if err := seal.WriteBatch(&body, [][]byte{w.Bytes}); err != nil {
			return 0, err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+l.Addr().String()+envelopesPath, &body)
		if err != nil {
			return 0, err
		}
		for name, value := range s.header(body.Bytes()) {
			req.Header.Set(name, value)
		}
		resp, err := client.Do(req)
		if err != nil {
			return 0, err
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			return 0, fmt.Errorf("one by one: %d %s %w", resp.StatusCode, b, err)
		}
	}
	return time.Since(began).Seconds() * float64(all) / float64(len(waiting)), nil
}

// bytesWaiting is how much a folder's queue has to send.
func bytesWaiting(ctx context.Context, dir string) (int, error) {
	q, err := queue.Open(ctx, dir, time.Now)
	if err != nil {
		return 0, err
	}
	defer q.Close()
	all, err := q.Waiting(ctx, 0, 1<<20, 1<<30)
	total := 0
	for _, w := range all {
		total += len(w.Bytes)
	}
	return total, err
}

// drain compares emptying the queue over long and narrow lines.
func (c *comparison) drain(ctx context.Context) error {
	const half = 50 * time.Millisecond
	many, narrow, sample := 1000, 500, 50
	sizes := []int{10, 100, 1000, 10_000}
	if c.quick {
		many, narrow, sample, sizes = 300, 50, 10, []int{1, 10, 100, 300}
	}
	for _, n := range append(sizes, narrow) {
		name := fmt.Sprint("drain-", n)
		if err := c.enrolled(ctx, c.path(name, "hub"), c.path(name, "kiosk"), n); err != nil {
			return err
		}
	}
	total, err := bytesWaiting(ctx, c.path(fmt.Sprint("drain-", narrow), "kiosk"))
	if err != nil {
		return err
	}
	const rate = 2e6 / 8
	grown := growth{what: "draining the queue, 100 ms round trip, reports waiting", sizes: sizes, unit: " s", runs: make([]figures, len(sizes)), name: "drain growth"}
	var single, thin, ideal figures
	err = c.runs(func(keep bool) error {
		put := func(f *figures, x float64, err error) error {
			if keep && err == nil {
				*f = append(*f, x)
			}
			return err
		}
		for i, n := range sizes {
			x, err := c.drained(ctx, fmt.Sprint("drain-", n), half, 0)
			if err := put(&grown.runs[i], x, err); err != nil {
				return err
			}
			if n == many {
				x, err := c.oneByOne(ctx, fmt.Sprint("drain-", n), half, sample, many)
				if err := put(&single, x, err); err != nil {
					return err
				}
			}
		}
		if !keep {
			return nil
		}
		x, err := c.drained(ctx, fmt.Sprint("drain-", narrow), 0, rate)
		if err := put(&thin, x, err); err != nil {
			return err
		}
		return put(&ideal, float64(total)/rate, nil)
	})
	if err != nil {
		return err
	}
	for i, n := range sizes {
		if n == many {
			c.add(row{name: "drain", what: fmt.Sprintf("queue of %s reports drained, 100 ms round trip: how many times faster", thousands(n)), ours: grown.runs[i], theirs: single,
				unit: " s", theirName: fmt.Sprintf("one by one (%d sent, counted up)", sample), faster: true, least: 80})
		}
	}
	c.add(row{name: "narrow", what: fmt.Sprintf("queue of %d reports (%.1f MB) over 2 Mbit/s: speed", narrow, float64(total)/1e6), ours: kilobits(total, thin), theirs: kilobits(total, ideal), unit: " kbit/s", theirName: "the line", least: 0.85})
	c.grown = append(c.grown, grown)
	return nil
}

func kilobits(bytes int, seconds figures) (all figures) {
	for _, s := range seconds {
		all = append(all, float64(bytes)*8/1000/s)
	}
	return all
}
