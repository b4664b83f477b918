package queue

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"loket/kiosk"
	"loket/kiosk/seal"
	"loket/kiosk/track"
)

var damages = flag.Int("damages", 15, "damaged queues that are mended")

// filled makes a queue of n sealed reports, of which the hub has some and some were
// purged, and returns their bytes by id; nil for the purged.
func filled(t testing.TB, dir string, n int) map[string][]byte {
	t.Helper()
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.NewSealer("K7", "test", key, seal.Bundle{Version: 1, Recipients: []seal.Recipient{{ID: "r", Key: identity.Recipient().String()}}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	q := begun(t, dir, func() time.Time { return now })
	defer q.Close()
	all := map[string][]byte{}
	acks := map[int64]seal.Ack{}
	var order []string
	for i := range n {
		id := seal.NewID()
		_, err := q.Append(t.Context(), id, func(slot seal.Slot, key track.Key) (seal.Envelope, kiosk.Slip, error) {
			number := kiosk.Number(track.Secret(fmt.Sprintf("K7%05d", i)))
			e, err := sealer.Seal(id, slot, kiosk.Report{Number: number, Code: key.Code(number), Form: kiosk.FormRef{Name: "complaint", Version: 1}, At: kiosk.Moment{At: now}, Answers: kiosk.Answers{"description": strings.Repeat("x", i*7)}})
			all[id] = e.Bytes
			return e, kiosk.Slip{Number: number, Code: key.Code(number)}, err
		})
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, id)
		if i < n/3 {
			acks[int64(i+1)] = seal.Ack{Level: seal.LevelStored, Incarnation: "i", HubSeq: int64(i + 1), StoredAt: now.Add(-40 * 24 * time.Hour)}
		}
	}
	if err := q.Acknowledge(t.Context(), acks); err != nil {
		t.Fatal(err)
	}
	purged, err := q.Purge(t.Context(), "i", int64(n/6), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range order[:purged] {
		all[id] = nil
	}
	return all
}

// mend does what a kiosk does when it starts.
func mend(t testing.TB, dir string) (Salvaged, bool) {
	t.Helper()
	q, err := Open(t.Context(), dir, time.Now)
	if err == nil {
		err = errors.Join(q.Check(t.Context()), q.Close())
	}
	if err == nil {
		return Salvaged{}, false
	}
	if !errors.Is(err, ErrDisk) {
		t.Fatal("a damaged queue is not called so: ", err)
	}
	s, err := Salvage(t.Context(), dir, time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return s, true
}

// verdict looks whether every report is there as it was, or was said to be lost or
// in doubt, and whether the queue goes on.
func verdict(t testing.TB, dir string, want map[string][]byte, s Salvaged) (there int) {
	t.Helper()
	q := open(t, dir, time.Now)
	defer q.Close()
	if err := q.Check(t.Context()); err != nil {
		t.Error("it serves from a queue that is not whole: ", err)
	}
	rows, err := q.db.QueryContext(t.Context(), `select id, bytes from envelope`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	seen := map[string]bool{}
	for rows.Next() {
		var id string
		var b []byte
		if err := rows.Scan(&id, &b); err != nil {
			t.Fatal(err)
		}
		original, known := want[id]
		if seen[id] {
			t.Errorf("%s is there twice", id)
		}
		seen[id] = true
		if known && (b == nil || bytes.Equal(b, original)) {
			there++
		}
	}
	rows.Close()
	if missing := len(want) - there; missing > s.Lost+s.Doubtful {
		t.Errorf("%d of %d are not as they were, and %d lost and %d in doubt were told", missing, len(want), s.Lost, s.Doubtful)
	}
	if _, err := q.Head(t.Context()); s.Aside != "" && !s.Ratchet {
		if !errors.Is(err, ErrNotEnrolled) {
			t.Error("a queue without a ratchet takes reports: ", err)
		}
		return there
	}
	if slip, _ := put(t, q, "K7ZZZZZZ"); slip.Code == "" {
		t.Error("no report can be filed")
	}
	return there
}

// Bytes are flipped, pages zeroed and files cut at random: what can be read is
// saved, the rest is told, the damaged file is kept, and nobody works with it.
func TestFaultDamagedQueue(t *testing.T) {
	n := *damages
	if testing.Short() {
		n = 5
	}
	if os.Getenv("FAULTS") == "long" {
		n = 1000
	}
	model := t.TempDir()
	want := filled(t, model, 40)
	kinds := []string{"bytes flipped", "pages zeroed", "file cut", "first page destroyed", "log flipped"}
	tried, mended, saved := map[string]int{}, 0, 0
	lost := map[string]int{}
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 1))
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(model)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, "queue.db"), 0o600); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "queue.db")
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kind := kinds[seed%uint64(len(kinds))]
		switch kind {
		case "bytes flipped":
			for range 1 + r.IntN(8) {
				b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
			}
		case "pages zeroed":
			for range 1 + r.IntN(3) {
				at := r.IntN(len(b)/4096) * 4096
				clear(b[at : at+4096])
			}
		case "file cut":
			b = b[:r.IntN(len(b))]
		case "first page destroyed":
			for i := range 4096 {
				b[i] = byte(r.Uint32())
			}
		case "log flipped":
			if err := os.WriteFile(file+"-wal", b[:r.IntN(len(b))], 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, damaged := mend(t, dir)
		there := verdict(t, dir, want, s)
		tried[kind]++
		saved += there
		if damaged {
			mended++
			if kept, err := os.ReadFile(s.Aside); err != nil || len(kept) == 0 && len(b) > 0 {
				t.Errorf("seed %d: the damaged database is gone: %v", seed, err)
			}
		}
		if missing := len(want) - there - s.Lost - s.Doubtful; missing > 0 {
			lost[kind] += missing
		}
		if t.Failed() {
			t.Fatalf("seed %d: %s, %+v", seed, kind, s)
		}
	}
	t.Logf("%d queues, %d of them put aside; %d of %d reports saved, the others were told", n, mended, saved, n*len(want))
	for _, kind := range kinds {
		t.Attr("fault", fmt.Sprintf("the kiosk's database: %s|tries=%d|lost=%d|doubled=0|leaked=0", kind, tried[kind], lost[kind]))
	}
}

// A salvage that is cut off anywhere is begun again, or was done.
func TestFaultSalvageCutOff(t *testing.T) {
	model := t.TempDir()
	want := filled(t, model, 12)
	steps := []func(dir string) error{
		func(dir string) error { return os.WriteFile(filepath.Join(dir, building), []byte("half"), 0o600) },
		func(dir string) error { return os.WriteFile(filepath.Join(dir, ready), []byte("whole"), 0o600) },
		func(dir string) error { // the new one is whole, the old one half gone
			s, err := Salvage(context.Background(), dir, time.Now())
			if err != nil {
				return err
			}
			return errors.Join(os.Rename(filepath.Join(dir, "queue.db"), filepath.Join(dir, ready)), os.Rename(s.Aside, filepath.Join(dir, "queue.db")))
		},
		func(dir string) error { // the old one gone, the new one not yet there
			if _, err := Salvage(context.Background(), dir, time.Now()); err != nil {
				return err
			}
			return os.Rename(filepath.Join(dir, "queue.db"), filepath.Join(dir, ready))
		},
	}
	for i, step := range steps {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(model)); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "queue.db")
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		copy(b, make([]byte, 4096))
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := step(dir); err != nil {
			t.Fatal(err)
		}
		s, _ := mend(t, dir)
		if there := verdict(t, dir, want, s); there != len(want) {
			t.Errorf("step %d: %d of %d reports", i, there, len(want))
		}
	}
	t.Attr("fault", fmt.Sprintf("a salvage cut off|tries=%d|lost=0|doubled=0|leaked=0", len(steps)))
}

// While one program has the queue open nobody moves it.
func TestNobodySalvagesAnOpenQueue(t *testing.T) {
	dir := t.TempDir()
	filled(t, dir, 2)
	q := open(t, dir, time.Now)
	if _, err := Salvage(t.Context(), dir, time.Now()); !errors.Is(err, ErrOpen) {
		t.Error(err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
}

// After the disk has failed once nothing is written or promised any more.
func TestAfterTheDiskFailed(t *testing.T) {
	dir := t.TempDir()
	filled(t, dir, 4)
	q := open(t, dir, time.Now)
	if err := os.Truncate(filepath.Join(dir, "queue.db"), 5000); err != nil {
		t.Fatal(err)
	}
	var err error
	for range 3 {
		if _, err = q.Next(t.Context(), 10, 1<<20); err == nil {
			_, err = q.Append(t.Context(), seal.NewID(), func(seal.Slot, track.Key) (seal.Envelope, kiosk.Slip, error) {
				return seal.Envelope{Bytes: []byte("x")}, kiosk.Slip{Number: "K7AAAAAA"}, nil
			})
		}
	}
	if !errors.Is(err, ErrDisk) {
		t.Fatal(err)
	}
	select {
	case <-q.Failed():
	default:
		t.Error("nobody is told")
	}
	if err := q.Acknowledge(t.Context(), nil); !errors.Is(err, ErrDisk) {
		t.Error(err)
	}
	if _, err := q.Purge(t.Context(), "i", 9, time.Now()); !errors.Is(err, ErrDisk) {
		t.Error(err)
	}
}

// BenchmarkCheck looks through a queue of 10,000 that all wait.
func BenchmarkCheck(b *testing.B) {
	dir := b.TempDir()
	filled(b, dir, 10_000)
	q := open(b, dir, time.Now)
	for b.Loop() {
		if err := q.Check(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
