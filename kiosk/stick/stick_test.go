//go:build unix

package stick

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"loket/kiosk"
	"loket/kiosk/seal"
)

const epoch = "0a1b2c3d4e5f6071"

// memory is a queue in memory.
type memory struct {
	all      []seal.Queued
	acked    map[int64]seal.Ack
	asked    int
	onWaited func()
}

func (m *memory) Waiting(_ context.Context, after int64, n, maxBytes int) (out []seal.Queued, _ error) {
	if m.onWaited != nil {
		m.onWaited()
	}
	size := 0
	for _, q := range m.all {
		if _, done := m.acked[q.Seq]; done || q.Seq <= after {
			continue
		}
		if size += len(q.Bytes); len(out) == n || len(out) > 0 && size > maxBytes {
			break
		}
		out = append(out, q)
	}
	return out, nil
}

func (m *memory) Unacknowledged(context.Context) (int, error) { return len(m.all) - len(m.acked), nil }

func (m *memory) Find(_ context.Context, sum [32]byte) (seal.Place, bool, error) {
	for _, q := range m.all {
		if sha256.Sum256(q.Bytes) == sum {
			_, done := m.acked[q.Seq]
			return seal.Place{Seq: q.Seq, Acknowledged: done}, true, nil
		}
	}
	return seal.Place{}, false, nil
}

func (m *memory) Acknowledge(_ context.Context, acks map[int64]seal.Ack) error {
	for seq, a := range acks {
		if _, twice := m.acked[seq]; twice {
			return fmt.Errorf("%d acknowledged twice", seq)
		}
		m.acked[seq] = a
	}
	return nil
}

func (m *memory) Head(context.Context) (seal.Head, error) {
	m.asked++
	return seal.Head{Epoch: epoch, Seq: uint64(len(m.all)), SHA256: strings.Repeat("0", 64)}, nil
}

// ministry is a hub in memory, as strict as the real one.
type ministry struct {
	key    ed25519.PrivateKey
	kiosk  ed25519.PublicKey // of K7
	stored map[[32]byte]int64
	now    time.Time
	mark   string // its incarnation
	fails  error
}

func (h *ministry) Carry(_ context.Context, f File) (r Receipt, _ error) {
	if h.fails != nil {
		return r, h.fails
	}
	trusted := f.Header.Kiosk == "K7" && f.Signed(h.kiosk)
	for _, x := range f.Reports {
		level := seal.LevelQuarantined
		if e, err := seal.Parse(x.Bytes); err == nil && e.Verify(h.kiosk) == nil {
			level = seal.LevelStored
		} else if !trusted || !x.Listed {
			r.Damaged++
			continue
		}
		at, there := h.stored[x.SHA256]
		switch {
		case there:
			r.Already++
		case level == seal.LevelStored:
			r.Stored++
		default:
			r.Quarantined++
		}
		if !there {
			at = int64(len(h.stored) + 1)
			h.stored[x.SHA256] = at
		}
		r.Acks = append(r.Acks, seal.SignAck(h.key, seal.Ack{Envelope: hex.EncodeToString(x.SHA256[:]), Hub: "h", Incarnation: h.mark, HubSeq: at, StoredAt: h.now, Level: level}))
	}
	if len(r.Acks) == 0 && f.Header.Kiosk != "" && f.Header.Kiosk != "K7" {
		return r, ErrStranger
	}
	return r, nil
}

func (h *ministry) Answer(_ context.Context, a Ask) (Answer, error) {
	head, err := a.Open(h.kiosk)
	if err != nil {
		return Answer{}, ErrStranger
	}
	return Answer{Standing: seal.SignStanding(h.key, seal.Standing{Hub: "h", Incarnation: h.mark, At: h.now, Nonce: head.Nonce, State: "active"})}, nil
}

// way is a kiosk, a hub, and a stick between them.
type way struct {
	t      testing.TB
	kiosk  *Kiosk
	queue  *memory
	hub    *ministry
	sealer *seal.Sealer
	stick  string
	heeded []seal.Standing
}

func newWay(t testing.TB, n int) *way {
	t.Helper()
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	_, key, _ := ed25519.GenerateKey(nil)
	_, ack, _ := ed25519.GenerateKey(nil)
	w := &way{t: t, stick: t.TempDir(), queue: &memory{acked: map[int64]seal.Ack{}},
		hub: &ministry{key: ack, kiosk: key.Public().(ed25519.PublicKey), stored: map[[32]byte]int64{}, now: time.Unix(1_800_000_000, 0).UTC(), mark: "one"}}
	w.kiosk = &Kiosk{ID: "K7", Key: key, AckKey: ack.Public().(ed25519.PublicKey), Queue: w.queue, Dir: t.TempDir(),
		Heed: func(_ context.Context, st seal.Standing, _ Answer) error {
			w.heeded = append(w.heeded, st)
			for seq, a := range w.queue.acked {
				if a.Incarnation != st.Incarnation {
					delete(w.queue.acked, seq)
				}
			}
			return nil
		}}
	w.sealer, err = seal.NewSealer("K7", "test", key, seal.Bundle{Version: 1, Recipients: []seal.Recipient{{ID: "r", Key: identity.Recipient().String()}}})
	if err != nil {
		t.Fatal(err)
	}
	w.file(n)
	return w
}

func (w *way) file(n int) {
	w.t.Helper()
	for range n {
		seq := uint64(len(w.queue.all) + 1)
		e, err := w.sealer.Seal(seal.NewID(), seal.Slot{Epoch: epoch, Seq: seq}, kiosk.Report{Number: "K7ABCDEF", Code: "QV8N3HD6W"})
		if err != nil {
			w.t.Fatal(err)
		}
		w.queue.all = append(w.queue.all, seal.Queued{Seq: int64(seq), Bytes: e.Bytes})
	}
}

func (w *way) export() Exported {
	w.t.Helper()
	x, err := w.kiosk.Export(context.Background(), w.stick, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return x
}

func (w *way) deliver() []Delivery {
	w.t.Helper()
	w.hub.now = w.hub.now.Add(time.Minute)
	all, err := Deliver(context.Background(), []string{w.stick}, w.hub, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func (w *way) back() Imported {
	w.t.Helper()
	x, err := w.kiosk.Import(context.Background(), w.stick, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return x
}

func (w *way) files(suffix string) (paths []string) {
	w.t.Helper()
	entries, err := os.ReadDir(filepath.Join(w.stick, "LOKET", "K7"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) {
			paths = append(paths, filepath.Join(w.stick, "LOKET", "K7", e.Name()))
		}
	}
	return paths
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// sum adds up what became of the files of reports.
func sum(all []Delivery) (r Receipt) {
	for _, d := range all {
		r.Stored, r.Already, r.Quarantined, r.Damaged = r.Stored+d.Stored, r.Already+d.Already, r.Quarantined+d.Quarantined, r.Damaged+d.Damaged
	}
	return r
}

// One report after another for a year: each trip brings what is new, takes the
// hub's word back, and leaves the stick as small as it was.
func TestAYearOfTrips(t *testing.T) {
	w := newWay(t, 0)
	for trip := range 52 {
		w.file(1 + trip%3)
		if x := w.export(); x.OnStick != x.Waiting || x.Written != x.Waiting {
			t.Fatalf("trip %d: %+v", trip, x)
		}
		if x := w.export(); x.Written != 0 {
			t.Fatalf("trip %d: written again: %+v", trip, x)
		}
		if got := sum(w.deliver()); got.Stored != 1+trip%3 || got.Already+got.Quarantined+got.Damaged != 0 {
			t.Fatalf("trip %d: %+v", trip, got)
		}
		if got := sum(w.deliver()); got.Stored+got.Quarantined+got.Damaged != 0 || got.Already != 1+trip%3 {
			t.Fatalf("trip %d, imported again: %+v", trip, got)
		}
		x := w.back()
		if x.Acknowledged != 1+trip%3 || x.Waiting != 0 || !x.Heeded || len(x.Skipped) != 0 {
			t.Fatalf("trip %d: %+v", trip, x)
		}
		if x := w.back(); x.Acknowledged != 0 || x.Heeded || len(x.Skipped) != 0 {
			t.Fatalf("trip %d, read again: %+v", trip, x)
		}
		if left := w.files(""); len(left) != 2 { // question and answer
			t.Fatalf("trip %d: on the stick are %q", trip, left)
		}
	}
	info, err := os.Stat(filepath.Join(w.kiosk.Dir, notesFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	var n notes
	if err := json.Unmarshal(read(t, filepath.Join(w.kiosk.Dir, notesFile)), &n); err != nil || len(n.Nonces) != maxNonces {
		t.Errorf("%d questions are remembered, %v", len(n.Nonces), err)
	}
}

// What is added between trips goes into files of its own; a hundred at most in one.
func TestFilesOfAHundred(t *testing.T) {
	w := newWay(t, 230)
	w.export()
	var counts []int
	for _, path := range w.files(".LKT") {
		f, err := Decode(read(t, path))
		if err != nil || !f.Clean {
			t.Fatal(path, err)
		}
		counts = append(counts, len(f.Reports))
		if name := filepath.Base(path); !reportsName.MatchString(name) || !strings.HasPrefix(name, fmt.Sprintf("0A1B2C3D-%07d-%07d-", f.Header.First, f.Header.Last)) {
			t.Error(name)
		}
	}
	if fmt.Sprint(counts) != "[100 100 30]" {
		t.Error(counts)
	}
	w.file(20)
	if x := w.export(); x.Written != 20 || x.OnStick != 250 || len(w.files(".LKT")) != 4 {
		t.Errorf("%+v, %d files", x, len(w.files(".LKT")))
	}
}

// Two sticks by turns, each carried while the other comes back.
func TestTwoSticksByTurns(t *testing.T) {
	w := newWay(t, 3)
	a, b := w.stick, t.TempDir()
	w.export()
	w.file(2)
	w.stick = b
	if x := w.export(); x.Written != 5 {
		t.Errorf("%+v", x)
	}
	w.deliver()
	w.stick = a // imported after the newer one
	if got := sum(w.deliver()); got.Already != 3 || got.Stored != 0 {
		t.Errorf("%+v", got)
	}
	if x := w.back(); x.Acknowledged != 3 || x.Waiting != 2 {
		t.Errorf("%+v", x)
	}
	w.stick = b // answered before the other
	if x := w.back(); x.Acknowledged != 2 || x.Waiting != 0 || x.Heeded || len(x.Skipped) != 1 || !errors.Is(x.Skipped[0].Why, errOld) {
		t.Errorf("%+v", x)
	}
}

// A file that is cut off at any byte gives what is whole, and says the rest.
func TestFaultStickFileCut(t *testing.T) {
	w := newWay(t, 3)
	w.export()
	path := w.files(".LKT")[0]
	whole := read(t, path)
	var ends []int
	for _, q := range w.queue.all {
		ends = append(ends, bytes.Index(whole, q.Bytes)+len(q.Bytes))
	}
	lost := 0
	for at := range len(whole) {
		want := 0
		for _, end := range ends {
			if at >= end {
				want++
			}
		}
		f, err := Decode(whole[:at])
		if err != nil && want > 0 || f.Clean || len(f.Reports) != want {
			lost++
			t.Errorf("cut at %d of %d: %d reports, want %d, clean %t, %v", at, len(whole), len(f.Reports), want, f.Clean, err)
		}
	}
	write(t, path, whole[:ends[1]+9])
	var d Delivery
	for _, x := range w.deliver() {
		if !x.Answered {
			d = x
		}
	}
	if d.Whole() || d.Stored != 2 || d.Missing() != 1 || d.Promise != 3 {
		t.Errorf("%+v", d)
	}
	if x := w.back(); x.Acknowledged != 2 || x.Waiting != 1 || x.Removed != 0 {
		t.Errorf("%+v", x)
	}
	if x := w.export(); x.Written != 1 {
		t.Errorf("what was cut off was not written again: %+v", x)
	}
	w.deliver()
	if x := w.back(); x.Acknowledged != 1 || x.Waiting != 0 || len(w.files(".LKT")) != 0 {
		t.Errorf("%+v, %q", x, w.files(".LKT"))
	}
	attr(t, "a stick's file is cut off at every byte", len(whole), lost, len(w.hub.stored)-3)
}

// A bit that flips costs the report that it is in, and no other.
func TestFaultStickBitsFlip(t *testing.T) {
	w := newWay(t, 3)
	w.export()
	whole := read(t, w.files(".LKT")[0])
	inside := func(at int) bool {
		for _, q := range w.queue.all {
			if from := bytes.Index(whole, q.Bytes); at >= from && at < from+len(q.Bytes) {
				return true
			}
		}
		return false
	}
	lost := 0
	r := rand.New(rand.NewPCG(1, 2))
	for at := range len(whole) {
		b := bytes.Clone(whole)
		b[at] ^= 1 << r.IntN(8)
		f, _ := Decode(b)
		clear(w.hub.stored)
		got, err := w.hub.Carry(t.Context(), f)
		want := 3
		if inside(at) {
			want = 2
		}
		if err != nil || got.Stored != want || got.Quarantined != 0 {
			lost++
			t.Errorf("bit at %d: %+v, want %d stored, %v", at, got, want, err)
		}
	}
	attr(t, "a bit of a stick's file flips, at every byte", len(whole), lost, 0)
}

// attr leaves a row of the table of faults.
func attr(t *testing.T, fault string, tries, lost, doubled int) {
	t.Helper()
	t.Attr("fault", fmt.Sprintf("%s|tries=%d|lost=%d|doubled=%d|leaked=0", fault, tries, lost, doubled))
	if lost+doubled > 0 || tries == 0 {
		t.Errorf("%d tries, %d lost, %d doubled", tries, lost, doubled)
	}
}

// Blocks of a stick that come back as zeros or as noise: everything outside is saved,
// and nothing of it is taken for a report.
func TestFaultStickBlocksRot(t *testing.T) {
	w := newWay(t, 8)
	w.export()
	path := w.files(".LKT")[0]
	whole := read(t, path)
	r := rand.New(rand.NewPCG(3, 4))
	n := 0
	for at := 0; at < len(whole); at += 512 {
		b := bytes.Clone(whole)
		for i := at; i < min(at+512, len(b)); i++ {
			b[i] = byte(r.IntN(2) * r.IntN(256))
		}
		f, _ := Decode(b)
		clear(w.hub.stored)
		got, err := w.hub.Carry(t.Context(), f)
		if err != nil || got.Stored < 6 || got.Quarantined != 0 {
			t.Errorf("block at %d: %+v, %v", at, got, err)
		}
		n++
	}
	clear(w.hub.stored)
	write(t, path, append(make([]byte, 4096), whole[4096:]...))
	w.deliver()
	w.back()
	w.export()
	w.deliver()
	if x := w.back(); x.Waiting != 0 || len(w.files(".LKT")) != 0 {
		t.Errorf("%+v, %q", x, w.files(".LKT"))
	}
	attr(t, "blocks of a stick come back as noise", n, 8-len(w.hub.stored), 0)
}

// A report that rotted on the kiosk's own disk goes to the hub as it is, which keeps
// it in quarantine; the kiosk hears of it.
func TestAReportThatRottedAtTheKiosk(t *testing.T) {
	w := newWay(t, 3)
	good := w.queue.all[1].Bytes
	w.queue.all[1].Bytes = bytes.Clone(good)
	w.queue.all[1].Bytes[3] ^= 1
	w.export()
	if got := sum(w.deliver()); got.Stored != 2 || got.Quarantined != 1 || got.Damaged != 0 {
		t.Errorf("%+v", got)
	}
	if x := w.back(); x.Acknowledged != 3 || x.Quarantined != 1 || x.Waiting != 0 {
		t.Errorf("%+v", x)
	}
}

// Whatever else is on a stick is left alone, said, and leads nowhere.
func TestFaultHostileStick(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "0A1B2C3D-0000001-0000003-9F8E7D6C.LKT")
	for name, plant := range map[string]func(w *way, dir, file string){
		"a link in a file's place": func(w *way, dir, file string) {
			write(w.t, secret, read(w.t, file))
			os.Remove(file)
			os.Symlink(secret, file)
		},
		"a link beside, to the outside": func(_ *way, dir, _ string) {
			os.Symlink(secret, filepath.Join(dir, filepath.Base(secret)))
		},
		"a link where the hub's word goes": func(_ *way, _, file string) { os.Symlink(filepath.Join(outside, "word"), file+acks) },
		"a link where a part goes": func(_ *way, dir, file string) {
			os.Symlink(filepath.Join(outside, "word"), file+acks+part)
			os.Symlink(filepath.Join(outside, "word"), filepath.Join(dir, ask+part))
		},
		"a folder with a file's name": func(_ *way, dir, _ string) { os.Mkdir(filepath.Join(dir, filepath.Base(secret)), 0o755) },
		"a pipe with a file's name":   func(_ *way, dir, _ string) { syscall.Mkfifo(filepath.Join(dir, filepath.Base(secret)), 0o644) },
		"a huge file": func(w *way, dir, _ string) {
			write(w.t, filepath.Join(dir, filepath.Base(secret)), nil)
			os.Truncate(filepath.Join(dir, filepath.Base(secret)), 1<<40)
		},
		"names of every kind": func(w *way, dir, _ string) {
			for _, name := range []string{"..LKT", "…", "a\nb", "\x1b[2J", "%s", "-rf", "0A1B2C3D-1-1.LKT", strings.Repeat("x", 200), "AUTORUN.INF", "0A1B2C3D-0000001-0000003-9F8E7D6C.LKT.EXE"} {
				write(w.t, filepath.Join(dir, name), []byte("x"))
			}
			os.Mkdir(filepath.Join(w.stick, "LOKET", "..."), 0o755)
			os.Symlink(outside, filepath.Join(w.stick, "LOKET", "ZZ"))
		},
		"words of a stranger": func(w *way, dir, file string) {
			_, stranger, _ := ed25519.GenerateKey(nil)
			s := sha256.Sum256(w.queue.all[0].Bytes)
			b, _ := json.Marshal(Acks{[]seal.Signed{seal.SignAck(stranger, seal.Ack{Envelope: hex.EncodeToString(s[:]), Level: seal.LevelStored})}})
			write(w.t, file+acks, b)
			b, _ = json.Marshal(Answer{Standing: seal.SignStanding(stranger, seal.Standing{State: "revoked"})})
			write(w.t, filepath.Join(dir, answer), b)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWay(t, 3)
			w.export()
			plant(w, filepath.Join(w.stick, "LOKET", "K7"), w.files(".LKT")[0])
			before := w.back() // nothing is signed yet
			if before.Acknowledged != 0 || before.Heeded || before.Removed != 0 || before.Waiting != 3 {
				t.Fatalf("%+v", before)
			}
			w.deliver()
			w.back()
			w.export()
			w.deliver()
			if x := w.back(); x.Waiting != 0 {
				t.Errorf("%+v", x)
			}
			if _, err := os.Lstat(filepath.Join(outside, "word")); err == nil {
				t.Error("something was written outside of the stick")
			}
			attr(t, "hostile stick: "+name, 1, 3-len(w.hub.stored), 0)
		})
	}
}

// Where the folders of the stick are links that lead away, nothing is written.
func TestAStickThatLeadsAway(t *testing.T) {
	w := newWay(t, 1)
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(w.stick, "LOKET")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.kiosk.Export(t.Context(), w.stick, nil); err == nil {
		t.Error("exported through a link")
	}
	if left, _ := os.ReadDir(outside); len(left) != 0 {
		t.Error(left)
	}
	if _, err := w.kiosk.Import(t.Context(), w.stick, nil); !errors.Is(err, ErrNothing) {
		t.Error(err)
	}
}

// Old words, carried again, change nothing: neither those before the hub was
// restored, nor an answer that was heeded.
func TestOldWordsChangeNothing(t *testing.T) {
	w := newWay(t, 2)
	w.export()
	path := w.files(".LKT")[0]
	reports := read(t, path)
	w.deliver()
	oldAcks, oldAnswer := read(t, path+acks), read(t, filepath.Join(filepath.Dir(path), answer))
	w.back()
	clear(w.hub.stored) // restored from a backup that lacks them
	w.hub.mark = "two"
	w.file(1)
	w.export()
	w.deliver()
	if x := w.back(); !x.Heeded || x.Waiting != 2 || x.Acknowledged != 1 {
		t.Fatalf("%+v", x)
	}
	write(t, path, reports)
	write(t, path+acks, oldAcks)
	write(t, filepath.Join(filepath.Dir(path), answer), oldAnswer)
	x := w.back()
	if x.Heeded || x.Acknowledged != 0 || x.Waiting != 2 || x.Removed != 0 || len(x.Skipped) != 2 {
		t.Errorf("%+v", x)
	}
	w.export()
	w.deliver()
	if x := w.back(); x.Waiting != 0 || len(w.hub.stored) != 3 {
		t.Errorf("%+v, %d stored", x, len(w.hub.stored))
	}
}

// Stopped between two files, as when the stick is pulled out, each time a file later.
func TestFaultStickPulledOut(t *testing.T) {
	w := newWay(t, 250)
	tried := 0
	for k := 1; ; k++ {
		w.stick = t.TempDir()
		ctx, stop := context.WithCancel(t.Context())
		n := 0
		_, err := w.kiosk.Export(ctx, w.stick, func(int, int) {
			if n++; n == k {
				stop()
			}
		})
		stop()
		tried++
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		for _, path := range w.files("") { // the last file is half there, and its part
			if strings.HasSuffix(path, ".LKT") && path == w.files(".LKT")[len(w.files(".LKT"))-1] {
				b := read(t, path)
				write(t, path+part, b[:len(b)/3])
				write(t, path, b[:len(b)/2])
			}
		}
		if x := w.export(); x.OnStick != 250 || len(w.files(part)) != 0 {
			t.Errorf("after %d: %+v, %q", k, x, w.files(part))
		}
		clear(w.hub.stored)
		if w.deliver(); len(w.hub.stored) != 250 {
			t.Errorf("after %d: %d at the hub", k, len(w.hub.stored))
		}
	}
	attr(t, "a stick is pulled out between files, and half a file", tried, 250-len(w.hub.stored), 0)
}

// A stick that gets full takes what finds room; the rest goes with the next trip.
func TestFaultStickFull(t *testing.T) {
	for _, size := range []string{"8k", "48k", "300k"} {
		t.Run(size, func(t *testing.T) {
			w := newWay(t, 150)
			if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", w.stick).CombinedOutput(); err != nil {
				t.Skipf("SKIPPED, a small disk cannot be mounted here: %s", bytes.TrimSpace(out))
			}
			t.Cleanup(func() { exec.Command("umount", "-l", w.stick).Run() })
			trips := 0
			for len(w.queue.acked) < 150 && trips < 60 {
				x, err := w.kiosk.Export(t.Context(), w.stick, nil)
				if err != nil && !errors.Is(err, ErrFull) {
					t.Fatal(err)
				}
				if (err == nil) != (x.OnStick == x.Waiting) || len(w.files(part)) > 0 {
					t.Errorf("trip %d: %+v, %v, %q", trips, x, err, w.files(part))
				}
				trips++
				all, err := Deliver(t.Context(), []string{w.stick}, w.hub, nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range all { // without room for the hub's word
					if d.Err != nil && !errors.Is(d.Err, syscall.ENOSPC) {
						t.Errorf("%+v", d)
					}
				}
				if _, err := w.kiosk.Import(t.Context(), w.stick, nil); err != nil {
					t.Fatal(err)
				}
				if size == "8k" { // not even one, and nothing is lost
					break
				}
			}
			if size != "8k" && len(w.queue.acked) != 150 {
				t.Errorf("%d of 150 after %d trips", len(w.queue.acked), trips)
			}
			lost := 0 // acknowledged, and not at the hub
			for _, q := range w.queue.all {
				_, done := w.queue.acked[q.Seq]
				if _, there := w.hub.stored[sha256.Sum256(q.Bytes)]; done && !there {
					lost++
				}
			}
			attr(t, "a stick of "+size+" is full", trips, lost, max(0, len(w.hub.stored)-150))
		})
	}
}

// A stick that is write-protected on its way back is read all the same.
func TestAWriteProtectedStick(t *testing.T) {
	w := newWay(t, 2)
	w.export()
	w.deliver()
	mount := t.TempDir()
	if out, err := exec.Command("mount", "--bind", "-o", "ro", w.stick, mount).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, nothing can be mounted here: %s", bytes.TrimSpace(out))
	}
	t.Cleanup(func() { exec.Command("umount", "-l", mount).Run() })
	w.stick = mount
	if x := w.back(); x.Acknowledged != 2 || x.Waiting != 0 || !x.Heeded || x.Removed != 0 || len(x.Skipped) != 1 || !errors.Is(x.Skipped[0].Why, syscall.EROFS) {
		t.Errorf("%+v", x)
	}
	if x, err := w.kiosk.Export(t.Context(), mount, nil); !errors.Is(err, syscall.EROFS) {
		t.Errorf("%+v, %v", x, err)
	}
	clear(w.hub.stored)
	for _, d := range w.deliver() {
		if !d.Answered && (d.Stored != 2 || !errors.Is(d.Err, syscall.EROFS) && d.Err != nil) {
			t.Errorf("%+v", d)
		}
	}
}

// The hub that cannot store says nothing.
func TestAHubThatFails(t *testing.T) {
	w := newWay(t, 2)
	w.export()
	w.hub.fails = errors.New("disk full")
	if _, err := Deliver(t.Context(), []string{w.stick}, w.hub, nil); !errors.Is(err, w.hub.fails) {
		t.Error(err)
	}
	if got := w.files(acks); len(got) != 0 {
		t.Error(got)
	}
}

// A stick, its folder, a kiosk's folder and a single file can be given, in capitals or
// not.
func TestWhatCanBeGiven(t *testing.T) {
	w := newWay(t, 2)
	w.export()
	for _, path := range []string{w.stick, filepath.Join(w.stick, "LOKET"), filepath.Join(w.stick, "LOKET", "K7"), w.files(".LKT")[0]} {
		clear(w.hub.stored)
		all, err := Deliver(t.Context(), []string{path}, w.hub, nil)
		if err != nil || sum(all).Stored != 2 {
			t.Errorf("%s: %+v, %v", path, all, err)
		}
	}
	if err := errors.Join(os.Rename(filepath.Join(w.stick, "LOKET", "K7"), filepath.Join(w.stick, "LOKET", "k7")), os.Rename(filepath.Join(w.stick, "LOKET"), filepath.Join(w.stick, "loket"))); err != nil {
		t.Fatal(err)
	}
	clear(w.hub.stored)
	if got := sum(w.deliver()); got.Stored != 2 {
		t.Errorf("%+v", got)
	}
	if x := w.back(); x.Acknowledged != 2 || x.Removed != 1 {
		t.Errorf("%+v", x)
	}
}

// A hostile file costs little time, however it is made.
func TestHostileFilesAreCheap(t *testing.T) {
	w := newWay(t, 1)
	_, sound, err := encode("K7", w.kiosk.Key, w.queue.all)
	if err != nil {
		t.Fatal(err)
	}
	header := sound[:bytes.Index(sound, w.queue.all[0].Bytes)-4]
	nested := bytes.Clone(header)
	for len(nested) < seal.MaxBatchBytes { // marks whose lengths all lead to one far end
		nested = append(append(nested, seal.Magic...), 0, 0, 0, 0, 0, 3, 0xff, 0xf0)
	}
	frames := bytes.Clone(header)
	for len(frames) < seal.MaxBatchBytes {
		frames = append(binary.BigEndian.AppendUint32(frames, uint32(seal.MaxEnvelope)), seal.Magic...)
	}
	for name, b := range map[string][]byte{"nested": nested, "frames": frames, "marks": bytes.Repeat([]byte(seal.Magic), seal.MaxBatchBytes/7)} {
		began := time.Now()
		if f, _ := Decode(b); len(f.Reports) != 0 || time.Since(began) > 30*time.Second {
			t.Errorf("%s: %d reports in %v", name, len(f.Reports), time.Since(began))
		}
	}
}

// Pages that were scanned go the same way, as large as they are, among reports.
func TestPagesOnAStick(t *testing.T) {
	w := newWay(t, 3)
	for i := range 6 {
		seq := uint64(len(w.queue.all) + 1)
		e, err := w.sealer.Seal(seal.NewID(), seal.Slot{Epoch: epoch, Seq: seq}, kiosk.Report{Number: kiosk.Number(fmt.Sprintf("K7PAGE%02d", i)), Office: "ntt",
			Page: &kiosk.Page{Of: "K7000001", Index: 1, Total: 1, Type: "image/jpeg", Bytes: make([]byte, 1_500_000)}})
		if err != nil {
			t.Fatal(err)
		}
		w.queue.all = append(w.queue.all, seal.Queued{Seq: int64(seq), Bytes: e.Bytes})
	}
	w.file(2)
	w.export()
	if r := sum(w.deliver()); r.Stored != 11 || r.Damaged+r.Quarantined > 0 {
		t.Errorf("%+v", r)
	}
	if w.back(); len(w.queue.acked) != 11 {
		t.Errorf("%d of 11 acknowledged", len(w.queue.acked))
	}
}
