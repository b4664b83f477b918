package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"filippo.io/age"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/seal"
	"loket/kiosk/track"
	"loket/kiosk/visit"
	"loket/kiosk/workday"
	"loket/store/queue"
)

// counter is a kiosk's counter on a data folder: what files a report when a visitor
// touches "send".
type counter struct {
	visit.Counter
	queue *queue.Queue
	draft kiosk.Draft
}

// openCounter opens a folder, and begins a queue in it where there is none. The
// reports are sealed for two recipients, as a hub's and its escrow's.
func openCounter(ctx context.Context, dir string) (*counter, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	var bundle seal.Bundle
	for _, id := range []string{"hub", "escrow"} {
		identity, err := age.GenerateHybridIdentity()
		if err != nil {
			return nil, err
		}
		bundle.Recipients = append(bundle.Recipients, seal.Recipient{ID: id, Key: identity.Recipient().String()})
	}
	sealer, err := seal.NewSealer("K7", "compare", key, bundle)
	if err != nil {
		return nil, err
	}
	forms, err1 := form.Load(assets.Files)
	calendar, err2 := workday.Load(assets.Files)
	q, err3 := queue.Open(ctx, dir, time.Now)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	if _, err := q.Head(ctx); errors.Is(err, queue.ErrNotEnrolled) {
		if err := q.Begin(ctx, track.Key{1}); err != nil {
			return nil, err
		}
	}
	office, _ := forms.Office("ntt")
	return &counter{visit.Counter{Kiosk: "K7", Office: office, PublicURL: "https://lacak.example.go.id", Catalogue: forms, Calendar: calendar, Sealer: sealer, Queue: q, Now: time.Now},
		q, forms.Example("complaint", 1, 1, time.Now())}, nil
}

// submits files n reports and returns the mean time of one in milliseconds.
func (c *counter) submits(ctx context.Context, n int) (float64, error) {
	began := time.Now()
	for range n {
		if _, err := c.File(ctx, c.draft); err != nil {
			return 0, err
		}
	}
	return time.Since(began).Seconds() * 1000 / float64(n), nil
}

// fill puts n reports into the queue that waited there before, a thousand in one
// transaction: as large as real ones, but not sealed.
func (c *counter) fill(ctx context.Context, n int) error {
	var like seal.Envelope
	for done := 0; done < n; {
		envelope := func(slot seal.Slot) (seal.Envelope, kiosk.Number, error) {
			number := kiosk.Number(track.Secret("K7" + base32(done)))
			done++
			e := seal.Envelope{Bytes: bytes.Clone(like.Bytes), Header: seal.Header{ID: seal.NewID(), Number: number}}
			copy(e.SHA256[:], fmt.Sprintf("%032x", done))
			copy(e.Bytes[len(e.Bytes)-32:], e.SHA256[:])
			return e, number, nil
		}
		if like.Bytes == nil {
			if _, err := c.File(ctx, c.draft); err != nil {
				return err
			}
			next, err := c.queue.Waiting(ctx, 0, 1, 1<<20)
			if err != nil {
				return err
			}
			like.Bytes, done = next[0].Bytes, 1
			continue
		}
		var behind []func(seal.Slot, track.Key, kiosk.Slip) (seal.Envelope, error)
		for range min(999, n-done-1) {
			behind = append(behind, func(slot seal.Slot, _ track.Key, _ kiosk.Slip) (seal.Envelope, error) {
				e, _, err := envelope(slot)
				return e, err
			})
		}
		if _, err := c.queue.Append(ctx, seal.NewID(), func(slot seal.Slot, _ track.Key) (seal.Envelope, kiosk.Slip, error) {
			e, number, err := envelope(slot)
			return e, kiosk.Slip{Number: number, Unkept: true}, err
		}, behind...); err != nil {
			return err
		}
	}
	return nil
}

// base32 writes a number in five symbols of a report's number.
func base32(n int) string {
	var b [5]byte
	for i := range b {
		b[len(b)-1-i] = track.Alphabet[n&31]
		n >>= 5
	}
	return string(b[:])
}

// floor appends n times as many bytes as an envelope has to a file and waits for the
// disk each time; it returns the mean time of one in milliseconds.
func floor(path string, size, n int) (float64, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	page := bytes.Repeat([]byte{7}, size)
	began := time.Now()
	for range n {
		if _, err := f.Write(page); err != nil {
			return 0, err
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return 0, err
		}
	}
	return time.Since(began).Seconds() * 1000 / float64(n), nil
}

// submitting files n reports in a process of its own, for strace to count its fsyncs.
func submitting(ctx context.Context, dir, n string) error {
	times, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	c, err := openCounter(ctx, dir)
	if err != nil {
		return err
	}
	_, err = c.submits(ctx, times)
	return errors.Join(err, c.queue.Close())
}

// fsyncs is how often a submit waits for the disk: what filing 400 reports calls more
// often than filing 200.
func fsyncs(ctx context.Context, dir string) (float64, error) {
	program, err := os.Executable()
	if err != nil {
		return 0, err
	}
	count := func(n int) (float64, error) {
		out := filepath.Join(dir, fmt.Sprint("strace-", n))
		cmd := exec.CommandContext(ctx, "strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,sync_file_range", "-o", out, program, "submitting", filepath.Join(dir, fmt.Sprint("fsync-", n)), fmt.Sprint(n))
		if b, err := cmd.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("strace: %w: %s", err, b)
		}
		b, err := os.ReadFile(out)
		return float64(strings.Count(string(b), "sync(")), err
	}
	few, err1 := count(200)
	many, err2 := count(400)
	return (many - few) / 200, errors.Join(err1, err2)
}

// submit compares filing with the bare append, and with longer and longer queues.
func (c *comparison) submit(ctx context.Context) error {
	sizes := []int{0, 1000, 10_000, 100_000}
	if c.quick {
		sizes = []int{0, 10, 100, 1000}
	}
	counters := make([]*counter, len(sizes))
	size := 0
	for i, n := range sizes {
		var err error
		if counters[i], err = openCounter(ctx, c.path("queue", fmt.Sprint(n))); err != nil {
			return err
		}
		defer counters[i].queue.Close()
		if n > 0 {
			if err := counters[i].fill(ctx, n); err != nil {
				return err
			}
		}
	}
	grown := growth{what: "durable submit, reports waiting", sizes: sizes, unit: " ms", runs: make([]figures, len(sizes)), name: "submit growth"}
	var bare figures
	const times = 200
	err := c.runs(func(keep bool) error {
		for i, x := range counters {
			ms, err := x.submits(ctx, times)
			if err != nil {
				return err
			}
			if keep {
				grown.runs[i] = append(grown.runs[i], ms)
			}
			if i > 0 {
				continue
			}
			if size == 0 {
				all, err := x.queue.Waiting(ctx, 0, 1, 1<<20)
				if err != nil {
					return err
				}
				size = len(all[0].Bytes)
			}
			if ms, err = floor(c.path("floor"), size, times); err != nil {
				return err
			}
			if keep {
				bare = append(bare, ms)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.add(row{name: "submit", what: fmt.Sprintf("durable submit: check, seal for two recipients, commit (%d bytes)", size), ours: grown.runs[0], theirs: bare, unit: " ms", theirName: "append + fdatasync", most: 3})
	last := len(sizes) - 1
	c.add(row{name: "submit queued", what: "speed of a submit with " + thousands(sizes[last]) + " waiting", ours: persecond(grown.runs[last]), theirs: persecond(grown.runs[0]), unit: "/s", theirName: "none waiting", least: 0.8})
	n, err := fsyncs(ctx, c.path("queue"))
	if err != nil {
		c.note("fsyncs of a submit were not counted: " + err.Error())
	} else {
		c.add(row{name: "fsync", what: "fsync and fdatasync a submit, counted by strace", ours: figures{n}, theirs: figures{1}, theirName: "append + fdatasync", most: 1.1})
	}
	c.grown = append(c.grown, grown)
	return nil
}

func persecond(ms figures) (all figures) {
	for _, x := range ms {
		all = append(all, 1000/x)
	}
	return all
}
