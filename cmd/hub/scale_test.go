package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"loket/kiosk"
	"loket/kiosk/seal"
	"loket/kiosk/track"
	"loket/kiosk/upload"
	"loket/store/casebook/casebooktest"
	"loket/store/queue"
)

var (
	manyKiosks  = flag.Int("kiosks", 100, "how many kiosks send to two hubs at once")
	manyReports = flag.Int("reports", 10, "how many reports each of them files")
)

// atOnce is how many kiosks file or send at one time: as many connections a hub has
// to bear, whatever the number of kiosks.
const atOnce = 64

// wire keeps the connections of all kiosks.
var wire = &http.Transport{MaxIdleConnsPerHost: atOnce}

// balancer sends each request to one of the hubs, and to the next where that does not
// answer at all.
type balancer struct {
	hubs []string
	n    atomic.Int64
}

// RoundTrip implements [http.RoundTripper].
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	var err error
	for range b.hubs {
		to := r.Clone(r.Context())
		to.URL.Host = b.hubs[b.n.Add(1)%int64(len(b.hubs))]
		if r.GetBody != nil {
			if to.Body, err = r.GetBody(); err != nil {
				return nil, err
			}
		}
		var resp *http.Response
		if resp, err = wire.RoundTrip(to); err == nil {
			return resp, nil
		}
	}
	return nil, err
}

// machine is a kiosk without a window: the real queue and the real uploader.
type machine struct {
	*queue.Queue
	up     *upload.Uploader
	dir    string
	id     string
	sealer *seal.Sealer

	mu    sync.Mutex
	sums  map[string]bool // of what was filed; true once the hub has signed for it
	again int64           // how many were recalled
}

// Acknowledge implements [upload.Queue].
func (m *machine) Acknowledge(ctx context.Context, acks map[int64]seal.Ack) error {
	err := m.Queue.Acknowledge(ctx, acks)
	if err == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, a := range acks {
			m.sums[a.Envelope] = true
		}
	}
	return err
}

// Recall implements [upload.Queue].
func (m *machine) Recall(ctx context.Context, incarnation string) (int64, error) {
	n, err := m.Queue.Recall(ctx, incarnation)
	m.mu.Lock()
	m.again += n
	m.mu.Unlock()
	return n, err
}

func (m *machine) file(ctx context.Context) error {
	id, sum := seal.NewID(), ""
	_, err := m.Queue.Append(ctx, id, func(slot seal.Slot, step track.Key) (seal.Envelope, kiosk.Slip, error) {
		n, err := track.NewNumber(m.id, rand.Reader)
		if err != nil {
			return seal.Envelope{}, kiosk.Slip{}, err
		}
		r := kiosk.Report{Number: n, Code: step.Code(n), Form: kiosk.FormRef{Name: "complaint", Version: 1}, Language: kiosk.Indonesian, Identity: kiosk.Anonymous,
			Office: "ntt", At: kiosk.Moment{At: time.Now()}, Answers: kiosk.Answers{"title": "Loket tutup", "description": "Sejak pagi."}}
		e, err := m.sealer.Seal(id, slot, r)
		sum = hex.EncodeToString(e.SHA256[:]) // the last that is made is the one that is kept
		return e, kiosk.Slip{Number: n, Code: r.Code, Form: "complaint", Language: kiosk.Indonesian, At: r.At.At, Due: r.At.At}, err
	})
	if err == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.sums[sum] = false
	}
	return err
}

// says is what the queue knows of an envelope.
func (m *machine) says(t *testing.T, sum string) (said string) {
	db, err := sql.Open("sqlite", filepath.Join(m.dir, "queue.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.QueryRowContext(t.Context(), `select concat_ws(' ', seq, number, acked_at, level, incarnation, hub_seq, bytes is null) from envelope where sha256 = unhex($1)`, sum).Scan(&said)
	if err != nil {
		return err.Error()
	}
	return said
}

// drain sends what waits, and reports whether all was signed for.
func (m *machine) drain(ctx context.Context) error {
	if err := m.Queue.Hasten(ctx); err != nil {
		return err
	}
	return m.up.Drain(ctx)
}

// crowd enrols kiosks at a hub's database; their queues are in a folder.
func crowd(t *testing.T, data dataFlag, n int, b *balancer, folder string) (all []*machine) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	s := &streams{in: strings.NewReader(""), out: new(bytes.Buffer), err: new(bytes.Buffer), now: time.Now}
	h, book, err := openHub(t.Context(), s, data, "https://lacak.example.go.id", "", slog.New(slog.DiscardHandler))
	must(err)
	defer book.Close()
	for range n {
		code, err := h.AddKiosk(t.Context(), "ntt")
		must(err)
		public, key, err := ed25519.GenerateKey(nil)
		must(err)
		ask, err := seal.NewEnrolRequest(code, public)
		must(err)
		reply, err := h.Enrol(t.Context(), ask)
		must(err)
		answer, err := seal.OpenAnswer(code, ask, reply)
		must(err)
		bundle, err := seal.OpenBundle(answer.RootKey, answer.Bundle)
		must(err)
		dir := filepath.Join(folder, answer.Kiosk)
		q, err := queue.Open(t.Context(), dir, time.Now)
		must(err)
		t.Cleanup(func() { q.Close() })
		must(q.Begin(t.Context(), track.Key(answer.Ratchet)))
		sealer, err := seal.NewSealer(answer.Kiosk, "test", key, bundle)
		must(err)
		m := &machine{Queue: q, dir: dir, id: answer.Kiosk, sealer: sealer, sums: map[string]bool{}}
		m.up = &upload.Uploader{Hub: "http://hub.invalid", Kiosk: m.id, Key: key, AckKey: bundle.AckKey, Queue: m, Client: &http.Client{Transport: b, Timeout: 30 * time.Second}, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
		all = append(all, m)
	}
	return all
}

// process is a hub as a program of its own.
type process struct {
	t       *testing.T
	bin     string
	args    []string
	address string
	cmd     *exec.Cmd
	said    *bytes.Buffer
}

// built is where the program is once a test needed it.
var built string

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(built)
	os.Exit(code)
}

var hubBuilt = sync.OnceValues(func() (_ string, err error) {
	if built, err = os.MkdirTemp("", "loket-hub-"); err != nil {
		return "", err
	}
	bin := filepath.Join(built, "hub")
	build := exec.Command("go", "build", "-o", bin, "loket/cmd/hub")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return bin, err
})

func hubOn(t *testing.T, data dataFlag) *process {
	t.Helper()
	bin, err := hubBuilt()
	if err != nil {
		t.Fatal(err)
	}
	port, err := casebooktest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	p := &process{t: t, bin: bin, address: address, args: []string{"serve", "--data", data.Data, "--database", data.Database, "--listen", address, "--public-url", "https://lacak.example.go.id"}}
	p.start()
	t.Cleanup(func() {
		p.end(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("the hub at %s said: …%s", address, p.said.Bytes()[max(0, p.said.Len()-3000):])
		}
	})
	return p
}

func (p *process) start() {
	p.t.Helper()
	p.said = new(bytes.Buffer)
	p.cmd = exec.Command(p.bin, p.args...)
	p.cmd.Stderr = p.said
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	for limit := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get("http://" + p.address + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(limit) {
			p.t.Fatalf("a hub does not get ready: %v", err)
		}
	}
}

func (p *process) end(signal syscall.Signal) {
	if p.cmd == nil {
		return
	}
	p.cmd.Process.Signal(signal)
	p.cmd.Wait()
	p.cmd = nil
}

// load has kiosks file and send until what is done meanwhile has returned.
func load(t *testing.T, kiosks []*machine, meanwhile func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for _, m := range kiosks {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := m.file(t.Context()); err != nil {
					t.Error(err)
					return
				}
				if m.drain(ctx) != nil {
					time.Sleep(100 * time.Millisecond)
				}
			}
		})
	}
	meanwhile()
	stop()
	all.Wait()
}

// settle has each kiosk file once more and sends until nothing waits.
func settle(t *testing.T, kiosks []*machine) {
	t.Helper()
	var all sync.WaitGroup
	for _, m := range kiosks {
		all.Go(func() {
			if err := m.file(t.Context()); err != nil {
				t.Error(err)
				return
			}
			var err error
			for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(100 * time.Millisecond) {
				err = m.drain(t.Context())
				if waiting, err2 := m.Queue.Unacknowledged(t.Context()); err == nil && err2 == nil && waiting == 0 {
					return
				}
			}
			t.Errorf("reports are stuck at kiosk %s: %v", m.id, err)
		})
	}
	all.Wait()
}

// here are the envelopes that a database has, by SHA-256.
func here(t *testing.T, s *casebooktest.Server, database string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for sum := range strings.FieldsSeq(s.Ask(t, database, `select coalesce(string_agg(encode(sha256, 'hex'), ' '), '') from envelope where level = 'stored'`)) {
		all[sum] = true
	}
	return all
}

// verdict lets kiosks send what they have left, and tells what became of all.
func verdict(t *testing.T, fault string, kiosks []*machine, s *casebooktest.Server, database string) {
	t.Helper()
	settle(t, kiosks)
	tally(t, fault, kiosks, s, database)
}

// tally compares what kiosks filed with what the database has, in envelopes and in
// cases, and prints the row of the table.
func tally(t *testing.T, fault string, kiosks []*machine, s *casebooktest.Server, database string) {
	t.Helper()
	has, filed, lost := here(t, s, database), 0, 0
	for _, m := range kiosks {
		filed += len(m.sums)
		for sum := range m.sums {
			if !has[sum] {
				lost++
				t.Errorf("lost: kiosk %s says of %s: %s", m.id, sum[:8], m.says(t, sum))
			}
		}
	}
	var cases string
	for limit := time.Now().Add(40 * time.Second); time.Now().Before(limit); time.Sleep(100 * time.Millisecond) {
		was := cases
		if cases = s.Ask(t, database, `select count(*)::text from cases`); cases == fmt.Sprint(filed) {
			break
		}
		if cases != was { // they are being opened
			limit = time.Now().Add(40 * time.Second)
		}
	}
	doubled := len(has) - filed
	if cases != fmt.Sprint(filed) || s.Ask(t, database, `select count(*)::text from envelope where level <> 'stored'`) != "0" {
		t.Errorf("%d reports are %s cases, %d envelopes; the server does %s", filed, cases, len(has),
			s.Ask(t, database, `select coalesce(string_agg(concat_ws(' ', state, now() - state_change, wait_event_type, wait_event, left(query, 100)), E'\n'), 'nothing') from pg_stat_activity where datname = current_database()`))
	}
	if wrong := s.Ask(t, database, `select count(*)::text from cases join envelope using (hub_seq) where cases.number <> envelope.number`); wrong != "0" {
		t.Errorf("%s cases were made of other envelopes than theirs", wrong)
	}
	t.Attr("fault", fmt.Sprintf("%s|tries=%d|lost=%d|doubled=%d|leaked=0", fault, filed, lost, doubled))
	if lost+doubled != 0 {
		t.Errorf("%d filed, %d lost, %d doubled", filed, lost, doubled)
	}
}

// signedFor are the envelopes that kiosks have the hubs' word for, by SHA-256.
func signedFor(kiosks []*machine) (all []string) {
	for _, m := range kiosks {
		m.mu.Lock()
		for sum, done := range m.sums {
			if done {
				all = append(all, sum)
			}
		}
		m.mu.Unlock()
	}
	return all
}

// lacking is how many of some envelopes a database does not have.
func lacking(t *testing.T, s *casebooktest.Server, database string, sums []string) (n int) {
	t.Helper()
	has := here(t, s, database)
	for _, sum := range sums {
		if !has[sum] {
			n++
		}
	}
	return n
}

func hosts(hubs []*process) (all []string) {
	for _, h := range hubs {
		all = append(all, h.address)
	}
	return all
}

// Hubs are stopped and started one after another while kiosks send, one of them
// without notice.
func TestFaultRollingRestart(t *testing.T) {
	server := casebooktest.Start(t)
	server.Run(t, "postgres", "create database loket")
	data := dataFlag{Data: t.TempDir(), Database: server.URL("loket")}
	b := new(balancer)
	kiosks := crowd(t, data, 8, b, t.TempDir())
	var hubs []*process
	for range 3 {
		hubs = append(hubs, hubOn(t, data))
	}
	b.hubs = hosts(hubs)
	load(t, kiosks, func() {
		for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
			for _, h := range hubs {
				time.Sleep(300 * time.Millisecond)
				h.end(signal)
				h.start()
			}
		}
	})
	verdict(t, "hubs restarted one after another, then killed", kiosks, server, "loket")
}

// A thousand kiosks send to two hubs at once, each to one and then to the other. Each
// report is in the database once, and each kiosk has a signed word for it.
func TestFaultTwoHubs(t *testing.T) {
	server := casebooktest.Start(t)
	server.Run(t, "postgres", "create database loket")
	data := dataFlag{Data: t.TempDir(), Database: server.URL("loket")}
	b := new(balancer)
	queues, err := os.MkdirTemp(filepath.Dir(filepath.Dir(server.Data)), "loket-kiosks-") // where the server is: what is tested is not the disk
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(queues) })
	kiosks := crowd(t, data, *manyKiosks, b, queues)
	b.hubs = hosts([]*process{hubOn(t, data), hubOn(t, data)})
	began := time.Now()
	var all sync.WaitGroup
	for worker := range atOnce {
		all.Go(func() {
			for sent := 0; sent < *manyReports; { // a few of each in turn
				some := min(10, *manyReports-sent)
				for i := worker; i < len(kiosks); i += atOnce {
					for range some {
						if err := kiosks[i].file(t.Context()); err != nil {
							t.Error(err)
							return
						}
					}
					var err error
					for limit := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
						if err = kiosks[i].drain(t.Context()); err == nil || time.Now().After(limit) {
							break
						}
					}
					if err != nil {
						t.Errorf("kiosk %s: %v", kiosks[i].id, err)
						return
					}
				}
				sent += some
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	signed := len(signedFor(kiosks))
	if want := *manyKiosks * *manyReports; signed != want {
		t.Errorf("of %d reports %d were signed for", want, signed)
	}
	tally(t, fmt.Sprintf("two hubs, %d kiosks with %d reports each at once", *manyKiosks, *manyReports), kiosks, server, "loket")
	t.Logf("%d reports filed, sealed, sent and signed for in %v, %v until each was a case", signed, took.Round(time.Second), time.Since(began).Round(time.Second))
}

// failover is a primary, its followers, and two hubs that use whichever takes writes.
func failover(t *testing.T, servers ...*casebooktest.Server) (kiosks []*machine) {
	t.Helper()
	data := dataFlag{Data: t.TempDir(), Database: casebooktest.URLOfEither("loket", servers...)}
	b := new(balancer)
	kiosks = crowd(t, data, 8, b, t.TempDir())
	b.hubs = hosts([]*process{hubOn(t, data), hubOn(t, data)})
	return kiosks
}

// The primary loses its power while kiosks send. All that was signed for is on the
// follower, which the primary waited for.
func TestFaultPrimaryKilled(t *testing.T) {
	primary := casebooktest.Start(t)
	primary.Run(t, "postgres", "create database loket")
	follower := casebooktest.Follow(t, primary)
	primary.Run(t, "postgres", "alter system set synchronous_standby_names = '*'")
	primary.Run(t, "postgres", "select pg_reload_conf()")
	kiosks := failover(t, primary, follower)
	load(t, kiosks, func() {
		time.Sleep(3 * time.Second)
		primary.Kill(t)
		signed, lacks := signedFor(kiosks), 0
		// Before kiosks can send it again. What it has on disk it may not have replayed yet.
		for limit := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
			if lacks = lacking(t, follower, "loket", signed); lacks == 0 || time.Now().After(limit) {
				break
			}
		}
		if len(signed) == 0 || lacks > 0 {
			t.Errorf("of %d that were signed for the follower lacks %d", len(signed), lacks)
		}
		follower.Promote(t)
		time.Sleep(5 * time.Second)
	})
	verdict(t, "primary killed, the synchronous follower takes over", kiosks, follower, "loket")
}

// The primary loses its power, and the follower that takes over had fallen behind: what
// it lacks the kiosks send again, because acknowledgements name another incarnation.
func TestFaultFollowerBehind(t *testing.T) {
	primary := casebooktest.Start(t)
	primary.Run(t, "postgres", "create database loket")
	follower := casebooktest.Follow(t, primary)
	kiosks := failover(t, primary, follower)
	lacked := 0
	load(t, kiosks, func() {
		time.Sleep(2 * time.Second)
		follower.Run(t, "postgres", "alter system set primary_conninfo = ''")
		follower.Run(t, "postgres", "select pg_reload_conf()")
		time.Sleep(2 * time.Second)
		primary.Kill(t)
		lacked = lacking(t, follower, "loket", signedFor(kiosks)) // before kiosks can send it again
		follower.Promote(t)
		time.Sleep(5 * time.Second)
	})
	if lacked == 0 {
		t.Error("the follower was not behind: nothing was tried")
	}
	verdict(t, "primary killed, the follower had fallen behind", kiosks, follower, "loket")
	var again int64
	for _, m := range kiosks {
		again += m.again
	}
	if again < int64(lacked) {
		t.Errorf("%d were lacking, %d were sent again", lacked, again)
	}
	t.Logf("the follower lacked %d that were signed for; kiosks sent %d again", lacked, again)
}

// The primary dies, then the follower that took over, and another takes over that never
// heard of the first: both begin the same timeline, and what the first signed for is
// nowhere but on the kiosks.
func TestFaultTwoPromotions(t *testing.T) {
	primary := casebooktest.Start(t)
	primary.Run(t, "postgres", "create database loket")
	first, second := casebooktest.Follow(t, primary), casebooktest.Follow(t, primary)
	kiosks := failover(t, primary, first, second)
	lacked := 0
	load(t, kiosks, func() {
		time.Sleep(time.Second)
		primary.Kill(t)
		first.Promote(t)
		before := len(signedFor(kiosks))
		for limit := time.Now().Add(20 * time.Second); len(signedFor(kiosks)) < before+100 && time.Now().Before(limit); {
			time.Sleep(100 * time.Millisecond)
		}
		const timeline = `select left(pg_walfile_name(pg_current_wal_lsn()), 8)`
		was := first.Ask(t, "loket", timeline)
		first.Kill(t)
		lacked = lacking(t, second, "loket", signedFor(kiosks)) // before kiosks can send it again
		second.Promote(t)
		if is := second.Ask(t, "loket", timeline); is != was {
			t.Errorf("one began timeline %s, the other %s: nothing was tried", was, is)
		}
		time.Sleep(5 * time.Second)
	})
	if lacked == 0 {
		t.Error("the second follower lacked nothing: nothing was tried")
	}
	verdict(t, "two followers take over, one after the other, from one point", kiosks, second, "loket")
	t.Logf("the second follower lacked %d that were signed for", lacked)
}
