package queue

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"loket/kiosk"
	"loket/kiosk/seal"
	"loket/kiosk/track"
)

var firstStep = track.Key([]byte("the first step of the ratchet ..."[:32]))

type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func open(t testing.TB, dir string, now func() time.Time) *Queue {
	t.Helper()
	q, err := Open(context.Background(), dir, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	return q
}

func begun(t testing.TB, dir string, now func() time.Time) *Queue {
	t.Helper()
	q := open(t, dir, now)
	if err := q.Begin(context.Background(), firstStep); err != nil {
		t.Fatal(err)
	}
	return q
}

// put appends one envelope of recognisable bytes and returns its slip.
func put(t testing.TB, q *Queue, number string) (kiosk.Slip, seal.Slot) {
	t.Helper()
	var at seal.Slot
	slip, err := q.Append(context.Background(), seal.NewID(), func(s seal.Slot, k track.Key) (seal.Envelope, kiosk.Slip, error) {
		at = s
		e := seal.Envelope{Bytes: fmt.Appendf(nil, "sealed %s %d", number, s.Seq)}
		copy(e.SHA256[:], number)
		n := kiosk.Number(number)
		return e, kiosk.Slip{Number: n, Code: k.Code(n)}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return slip, at
}

func TestTheChainHasNoHole(t *testing.T) {
	q := begun(t, t.TempDir(), time.Now)
	_, first := put(t, q, "K7AAAAA0")
	broken := errors.New("broken")
	if _, err := q.Append(context.Background(), "x", func(seal.Slot, track.Key) (seal.Envelope, kiosk.Slip, error) {
		return seal.Envelope{}, kiosk.Slip{}, broken
	}); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	_, second := put(t, q, "K7AAAAA1")
	if first.Seq != 1 || second.Seq != 2 || first.Epoch != second.Epoch || !strings.HasPrefix(string(second.Prev[:]), "K7AAAAA0") {
		t.Errorf("%+v then %+v", first, second)
	}
}

func TestATakenNumberIsDrawnAgain(t *testing.T) {
	q := begun(t, t.TempDir(), time.Now)
	put(t, q, "K7AAAAA0")
	draws := []string{"K7AAAAA0", "K7AAAAA0", "K7AAAAA1"}
	slip, err := q.Append(context.Background(), "id", func(s seal.Slot, k track.Key) (seal.Envelope, kiosk.Slip, error) {
		e := seal.Envelope{Bytes: []byte{1}}
		copy(e.SHA256[:], fmt.Sprint(len(draws)))
		n := kiosk.Number(draws[0])
		draws = draws[1:]
		return e, kiosk.Slip{Number: n}, nil
	})
	if err != nil || slip.Number != "K7AAAAA1" {
		t.Errorf("%v, %v", slip.Number, err)
	}
}

func TestWithoutEnrolmentNothingIsTaken(t *testing.T) {
	q := open(t, t.TempDir(), time.Now)
	if _, err := q.Append(context.Background(), "x", nil); !errors.Is(err, ErrNotEnrolled) {
		t.Error(err)
	}
	if err := errors.Join(q.Begin(context.Background(), firstStep), q.Begin(context.Background(), track.Key{2})); err != nil {
		t.Error("an enrolment cut off half way cannot begin again:", err)
	}
	put(t, q, "K7AAAAA0")
	if err := q.Begin(context.Background(), track.Key{3}); !errors.Is(err, ErrEnrolled) {
		t.Error(err)
	}
}

func TestManyWritersShareOneQueue(t *testing.T) {
	dir := t.TempDir()
	begun(t, dir, time.Now)
	var group sync.WaitGroup
	seen := sync.Map{}
	for w := range 4 {
		q := open(t, dir, time.Now)
		group.Go(func() {
			for i := range 25 {
				slip, at := put(t, q, fmt.Sprintf("K7%05d%d", i, w))
				if _, twice := seen.LoadOrStore(at.Seq, true); twice {
					t.Errorf("place %d was given twice", at.Seq)
				}
				if _, twice := seen.LoadOrStore(slip.Code, true); twice {
					t.Errorf("a code was given twice")
				}
			}
		})
	}
	group.Wait()
	count, err := open(t, dir, time.Now).Count(context.Background())
	if err != nil || count.Waiting != 100 {
		t.Errorf("%+v, %v", count, err)
	}
}

func TestSlipsAndOldRatchetStepsLeaveTheDisk(t *testing.T) {
	dir, c := t.TempDir(), &clock{time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	q := begun(t, dir, c.now)
	slip, _ := put(t, q, "K7AAAAA0")
	if got, err := q.Slip(context.Background(), slip.Number); err != nil || got.Code != slip.Code {
		t.Errorf("%v, %v", got, err)
	}
	onDisk := func(needle string) (found bool) {
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			found = found || bytes.Contains(b, []byte(needle))
		}
		return found
	}
	if !onDisk(string(slip.Code)) || !onDisk(string(firstStep[:])) {
		t.Fatal("the search finds nothing even before it is wiped")
	}
	// One that the visitor has on paper goes at once, and no other.
	other, _ := put(t, q, "K7AAAAA1")
	if err := q.Settle(context.Background(), other.Number); err != nil || onDisk(string(other.Code)) || !onDisk(string(slip.Code)) {
		t.Errorf("%v; settled still there: %v, the other still there: %v", err, onDisk(string(other.Code)), onDisk(string(slip.Code)))
	}
	c.t = c.t.Add(ReceiptKept)
	if _, err := q.Slip(context.Background(), slip.Number); !errors.Is(err, ErrNoReceipt) {
		t.Error(err)
	}
	if err := q.Forget(context.Background()); err != nil {
		t.Fatal(err)
	}
	if onDisk(string(slip.Code)) || onDisk(string(firstStep[:])) {
		t.Error("the code or the key it came from is still on the disk")
	}
}

func TestPurgeNeedsABackupAndTime(t *testing.T) {
	c := &clock{time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	q := begun(t, t.TempDir(), c.now)
	for i := range 3 {
		put(t, q, fmt.Sprintf("K7AAAAA%d", i))
	}
	ctx := context.Background()
	if err := q.Acknowledge(ctx, map[int64]seal.Ack{
		1: {Level: seal.LevelStored, Incarnation: "a", HubSeq: 10, StoredAt: c.t},
		2: {Level: seal.LevelQuarantined, Incarnation: "a", HubSeq: 11, StoredAt: c.t},
	}); err != nil {
		t.Fatal(err)
	}
	for _, try := range []struct {
		why          string
		kiosk, later time.Duration // how far the clocks of kiosk and hub have gone on
		incarnation  string
		watermark    int64
		want         int64
	}{
		{"too early", 0, 0, "a", 99, 0},
		{"the kiosk's clock ran ahead by ten years", 10 * 365 * 24 * time.Hour, 0, "a", 99, 0},
		{"not in a backup", Retention, Retention, "a", 9, 0},
		{"the hub was restored since", Retention, Retention, "b", 99, 0},
		{"old enough and backed up, and the kiosk's clock fell back to 1970", -20_000 * 24 * time.Hour, Retention, "a", 10, 1},
		{"once is enough", Retention, Retention, "a", 99, 0},
	} {
		c.t = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC).Add(try.kiosk)
		hub := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC).Add(try.later)
		if n, err := q.Purge(ctx, try.incarnation, try.watermark, hub); err != nil || n != try.want {
			t.Errorf("%s: purged %d, %v", try.why, n, err)
		}
	}
	count, err := q.Count(ctx)
	if err != nil || count.Waiting != 1 || count.Acknowledged != 2 || count.Purged != 1 || count.Quarantined != 1 || count.OldestWaiting == nil {
		t.Errorf("%+v, %v", count, err)
	}
}

// What another incarnation signed for waits again as long as its bytes are here.
func TestARestoredHubIsSentWhatItMayLack(t *testing.T) {
	c := &clock{time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	q := begun(t, t.TempDir(), c.now)
	for i := range 4 {
		put(t, q, fmt.Sprintf("K7AAAAA%d", i))
	}
	ctx := context.Background()
	ack := func(seqs map[int64]seal.Ack) {
		t.Helper()
		if err := q.Acknowledge(ctx, seqs); err != nil {
			t.Fatal(err)
		}
	}
	ack(map[int64]seal.Ack{1: {Level: seal.LevelStored, Incarnation: "a", HubSeq: 1}})
	if n, err := q.Purge(ctx, "a", 1, c.t); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	ack(map[int64]seal.Ack{2: {Level: seal.LevelStored, Incarnation: "a", HubSeq: 2}, 3: {Level: seal.LevelQuarantined, Incarnation: "a", HubSeq: 3}})
	if n, err := q.Recall(ctx, "a"); err != nil || n != 0 {
		t.Errorf("the same hub: %d, %v", n, err)
	}
	n, err := q.Recall(ctx, "b")
	next, err2 := q.Next(ctx, 10, 1<<20)
	if err != nil || err2 != nil || n != 2 || len(next) != 3 || next[0].Seq != 2 {
		t.Errorf("%d wait again, %d are next: %v %v", n, len(next), err, err2)
	}
	ack(map[int64]seal.Ack{2: {Level: seal.LevelStored, Incarnation: "b", HubSeq: 1}})
	if n, err := q.Recall(ctx, "b"); err != nil || n != 0 {
		t.Errorf("the restored hub has it: %d, %v", n, err)
	}
}

func TestAPostponedReportLetsTheOthersPass(t *testing.T) {
	c := &clock{time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	q := begun(t, t.TempDir(), c.now)
	put(t, q, "K7AAAAA0")
	put(t, q, "K7AAAAA1")
	ctx := context.Background()
	if err := q.Postpone(ctx, 1, c.t.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	first := func() int64 {
		got, err := q.Next(ctx, 10, 1<<20)
		if err != nil || len(got) == 0 {
			t.Fatal(len(got), err)
		}
		return got[0].Seq
	}
	if first() != 2 {
		t.Error("the postponed one stands in the way")
	}
	if err := q.Hasten(ctx); err != nil || first() != 1 {
		t.Error("hastened, yet not due:", err)
	}
	if got, err := q.Next(ctx, 10, 5); err != nil || len(got) != 1 {
		t.Error("a batch must hold at least one envelope", len(got), err)
	}
}

func TestANewerQueueIsRefusedAndUnharmed(t *testing.T) {
	dir := t.TempDir()
	q := begun(t, dir, time.Now)
	put(t, q, "K7AAAAA0")
	if _, err := q.db.Exec(`insert into goose_db_version (version_id, is_applied) values (99, 1)`); err != nil {
		t.Fatal(err)
	}
	q.Close()
	if _, err := Open(context.Background(), dir, time.Now); !errors.Is(err, ErrNewer) {
		t.Error(err)
	}
}

func TestUnsafeSettingsAreRefused(t *testing.T) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "x.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=secure_delete(ON)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := durable(context.Background(), db); !errors.Is(err, ErrUnsafe) {
		t.Error(err)
	}
}

// BenchmarkAppend is the queue's share of a filing: one durable transaction.
func BenchmarkAppend(b *testing.B) {
	q := begun(b, b.TempDir(), time.Now)
	payload := bytes.Repeat([]byte{7}, 4<<10)
	b.SetBytes(4 << 10)
	for i := 0; b.Loop(); i++ {
		if _, err := q.Append(context.Background(), fmt.Sprint(i), func(seal.Slot, track.Key) (seal.Envelope, kiosk.Slip, error) {
			e := seal.Envelope{Bytes: payload}
			copy(e.SHA256[:], fmt.Sprint(i))
			return e, kiosk.Slip{Number: kiosk.Number(fmt.Sprint(i))}, nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// Who carries reports takes all that wait, postponed or not, and finds them again by
// their hash.
func TestWhatIsCarried(t *testing.T) {
	ctx := t.Context()
	q := begun(t, t.TempDir(), time.Now)
	for i := range 5 {
		put(t, q, fmt.Sprintf("K7AAAAA%d", i))
	}
	if err := errors.Join(q.Postpone(ctx, 2, time.Now().Add(time.Hour)), q.Acknowledge(ctx, map[int64]seal.Ack{1: {Level: seal.LevelStored}})); err != nil {
		t.Fatal(err)
	}
	var places []int64
	for after := int64(-1 << 63); ; {
		some, err := q.Waiting(ctx, after, 2, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			break
		}
		for _, w := range some {
			places, after = append(places, w.Seq), w.Seq
		}
	}
	if fmt.Sprint(places) != "[2 3 4 5]" {
		t.Error(places)
	}
	if some, err := q.Waiting(ctx, 0, 100, 1); err != nil || len(some) != 1 {
		t.Errorf("%d envelopes in one byte, %v: always one", len(some), err)
	}
	if n, err := q.Unacknowledged(ctx); n != 4 || err != nil {
		t.Error(n, err)
	}
	for number, want := range map[string]seal.Place{"K7AAAAA0": {Seq: 1, Acknowledged: true}, "K7AAAAA4": {Seq: 5}} {
		var sum [32]byte
		copy(sum[:], number)
		if got, found, err := q.Find(ctx, sum); got != want || !found || err != nil {
			t.Errorf("%s: %+v, %t, %v", number, got, found, err)
		}
	}
	if _, found, err := q.Find(ctx, [32]byte{1}); found || err != nil {
		t.Error(found, err)
	}
}

// A number is here or not, and waits or was taken at the hub's time; a purged one
// is still known.
func TestWhatIsKnownOfANumber(t *testing.T) {
	at := &clock{time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)}
	q := begun(t, t.TempDir(), at.now)
	ctx := context.Background()
	put(t, q, "K7AAAAA0")
	_, sent := put(t, q, "K7AAAAA1")
	stored := at.t.Add(time.Hour)
	if err := q.Acknowledge(ctx, map[int64]seal.Ack{int64(sent.Seq): {StoredAt: stored, Level: seal.LevelStored, Incarnation: "a", HubSeq: 1}}); err != nil {
		t.Fatal(err)
	}
	at.t = at.t.Add(Retention + 48*time.Hour)
	if n, err := q.Purge(ctx, "a", 1, at.t); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	for number, want := range map[kiosk.Number]struct {
		here bool
		at   time.Time
	}{"K7AAAAA0": {here: true}, "K7AAAAA1": {true, stored}, "K7AAAAA2": {}, "": {}, "' or 1=1": {}} {
		if here, got, err := q.Sent(ctx, number); err != nil || here != want.here || !got.Equal(want.at) {
			t.Errorf("%s: %v, %v, %v", number, here, got, err)
		}
	}
}

// A report and its pages come together or not at all, in one chain without a hole,
// and a page that is large waits behind every report.
func TestPagesComeWithTheirReport(t *testing.T) {
	ctx := context.Background()
	q := begun(t, t.TempDir(), time.Now)
	put(t, q, "K7AAAAA0")
	var slots []seal.Slot
	var keys []track.Key
	sealed := func(n string, size int) seal.Envelope {
		e := seal.Envelope{Header: seal.Header{ID: "id " + n, Number: kiosk.Number(n)}, Bytes: bytes.Repeat([]byte(n), size/len(n)+1)}
		copy(e.SHA256[:], n)
		return e
	}
	file := func(number string, pages ...string) error {
		slots, keys = nil, nil
		var behind []func(seal.Slot, track.Key, kiosk.Slip) (seal.Envelope, error)
		for _, n := range pages {
			behind = append(behind, func(s seal.Slot, k track.Key, given kiosk.Slip) (seal.Envelope, error) {
				if slots, keys = append(slots, s), append(keys, k); string(given.Number) != number {
					t.Errorf("a page of %s", given.Number)
				}
				if n == "broken" {
					return seal.Envelope{}, errors.New("broken")
				}
				return sealed(n, large+1), nil
			})
		}
		_, err := q.Append(ctx, "id "+number, func(s seal.Slot, k track.Key) (seal.Envelope, kiosk.Slip, error) {
			slots, keys = []seal.Slot{s}, []track.Key{k}
			return sealed(number, 10), kiosk.Slip{Number: kiosk.Number(number), Code: k.Code(kiosk.Number(number))}, nil
		}, behind...)
		return err
	}
	count := func(want int) {
		t.Helper()
		if n, err := q.Unacknowledged(ctx); err != nil || n != want {
			t.Errorf("%d envelopes, want %d, %v", n, want, err)
		}
	}
	for name, pages := range map[string][]string{"one cannot be sealed": {"K7PPPPP0", "broken"}, "one has a number that is taken for ever": {"K7PPPPP0", "K7AAAAA0"}} {
		if err := file("K7AAAAA1", pages...); err == nil {
			t.Error(name)
		}
		count(1)
	}
	if err := file("K7AAAAA1", "K7PPPPP0", "K7PPPPP1"); err != nil {
		t.Fatal(err)
	}
	count(4)
	for i, s := range slots {
		if s.Seq != uint64(2+i) || i > 0 && keys[i] != keys[i-1].Next() {
			t.Errorf("place %d: %+v", i, s)
		}
	}
	if !strings.HasPrefix(string(slots[1].Prev[:]), "K7AAAAA1") || !strings.HasPrefix(string(slots[2].Prev[:]), "K7PPPPP0") {
		t.Errorf("%+v", slots)
	}
	if _, next := put(t, q, "K7AAAAA2"); next.Seq != 5 || !strings.HasPrefix(string(next.Prev[:]), "K7PPPPP1") {
		t.Errorf("the next report: %+v", next)
	}
	var order []int64
	for range 3 {
		batch, err := q.Next(ctx, 100, 1<<10)
		if err != nil {
			t.Fatal(err)
		}
		acks := map[int64]seal.Ack{}
		for _, e := range batch {
			order = append(order, e.Seq)
			acks[e.Seq] = seal.Ack{Level: seal.LevelStored}
		}
		if err := q.Acknowledge(ctx, acks); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(order, []int64{1, 2, 5, 3, 4}) {
		t.Errorf("sent in the order %v", order)
	}
}
