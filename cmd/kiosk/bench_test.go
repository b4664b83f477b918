package main

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"loket/assets"
	"loket/kiosk/form"
	"loket/kiosk/seal"
	"loket/kiosk/track"
	"loket/kiosk/visit"
	"loket/kiosk/workday"
	"loket/store/queue"
)

// BenchmarkFloor is what a durable write costs on this disk at least: 4 KiB
// appended to a file, and fdatasync. Compare BenchmarkFile with it, in one run.
func BenchmarkFloor(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := bytes.Repeat([]byte{7}, 4<<10)
	for b.Loop() {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFile is a whole filing: check, number, seal, commit.
func BenchmarkFile(b *testing.B) {
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		b.Fatal(err)
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	sealer, err := seal.NewSealer("K7", "bench", key, seal.Bundle{Recipients: []seal.Recipient{{ID: "r", Key: identity.Recipient().String()}}})
	if err != nil {
		b.Fatal(err)
	}
	catalogue, err := form.Load(assets.Files)
	if err != nil {
		b.Fatal(err)
	}
	calendar, err := workday.Load(assets.Files)
	if err != nil {
		b.Fatal(err)
	}
	q, err := queue.Open(b.Context(), b.TempDir(), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer q.Close()
	if err := q.Begin(b.Context(), track.Key{1}); err != nil {
		b.Fatal(err)
	}
	office, _ := catalogue.Office("ntt")
	c := visit.Counter{Kiosk: "K7", Office: office, PublicURL: "https://lacak.example.go.id", Catalogue: catalogue, Calendar: calendar, Sealer: sealer, Queue: q, Now: time.Now}
	d := catalogue.Example("complaint", 1, 1, time.Now())
	for b.Loop() {
		if _, err := c.File(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
}
