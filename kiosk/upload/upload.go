// Package upload empties the queue into the hub: oldest first, in batches,
// again and again until the hub's signed word comes back. A status code only
// decides when to try again; nothing but an acknowledgement signed by the
// pinned hub, over the SHA-256 of the bytes sent, takes a report off the list.
package upload

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"loket/kiosk"
	"loket/kiosk/seal"
)

const (
	envelopesPath = "/api/v1/envelopes"
	standingPath  = "/api/v1/standing"
	bundlePath    = "/api/v1/bundle"
	cataloguePath = "/api/v1/catalogue"
	batchCount    = 200
	batchBytes    = 1 << 20 // a page alone may be more: a slow line has a minute or two for it
	answerBytes   = 1 << 20
	// A catalogue of 1 MiB in JSON, in base64, in JSON.
	catalogueBytes = 4 << 20
)

// Waiting times between tries: the first after a failure, the longest, how
// long a single refused envelope is put aside, and how often an idle uploader
// looks at the queue and says how it is.
const (
	firstWait  = 5 * time.Second
	longWait   = 15 * time.Minute
	refusedFor = time.Hour
	look       = 30 * time.Second
	askAgain   = 25 * time.Second
)

// Queue is where the uploader finds work; store/queue is one.
type Queue interface {
	// Next returns up to n envelopes of at most maxBytes that are due,
	// oldest first; none is no error.
	Next(ctx context.Context, n, maxBytes int) ([]seal.Queued, error)
	// Acknowledge marks what the hub has signed for, by place.
	Acknowledge(ctx context.Context, acks map[int64]seal.Ack) error
	// Recall makes what another incarnation of the hub signed for wait again.
	Recall(ctx context.Context, incarnation string) (int64, error)
	// Postpone puts one envelope behind those after it, until then.
	Postpone(ctx context.Context, seq int64, until time.Time) error
	// Purge drops what the hub has in a backup and that is old enough.
	Purge(ctx context.Context, incarnation string, watermark int64, now time.Time) (int64, error)
	// Head is the place and hash of the newest envelope; it has no nonce.
	Head(ctx context.Context) (seal.Head, error)
	// Forget wipes what has expired.
	Forget(ctx context.Context) error
}

// ErrNotHub says that somebody answered, but not our hub: a captive portal, a
// proxy, another server. Nothing was delivered.
var ErrNotHub = errors.New("the answer does not come from the hub")

// ErrRefused says that the hub will not take anything from this kiosk now:
// it does not know it, or no longer.
var ErrRefused = errors.New("the hub refuses this kiosk")

// ErrLeft says that a pass ended with reports still waiting.
var ErrLeft = errors.New("reports are still waiting")

// Uploader drains one kiosk's queue into one hub.
type Uploader struct {
	Hub    string // base URL
	Kiosk  string // two symbols
	Key    ed25519.PrivateKey
	AckKey ed25519.PublicKey
	Queue  Queue
	Client *http.Client // see [NewClient]
	Now    func() time.Time
	Log    *slog.Logger
	// Lock takes the one uploader's place in the data folder and returns how
	// to leave it; nil needs none.
	Lock func(context.Context) (leave func(), err error)
	// Health is asked how the kiosk is, at each contact. May be nil.
	Health func(context.Context) *seal.Health
	// Told is told each time what the hub says of this kiosk: whether it may take
	// reports, where it stands, who helps visitors at it. May be nil.
	Told func(seal.Standing)
	// Clock is told by how much this kiosk's clock is ahead of the hub's. May be nil.
	Clock func(ahead time.Duration)
	// Bundle is the version of the key bundle in use; NewBundle is given a later one.
	// Both nil: never.
	Bundle    func() int
	NewBundle func(seal.Signed) error
	// Catalogue is the version of the catalogue in use, or refused; NewCatalogue is given
	// another. Both nil: never.
	Catalogue    func() int64
	NewCatalogue func(seal.Signed) error
	// Reached is told after each try whether the hub was reached. May be nil.
	Reached func(bool)

	asked time.Time // when the hub was last asked how it stands
}

// NewClient returns a client that follows no redirect and waits for nobody for
// ever.
func NewClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSHandshakeTimeout = 10 * time.Second
	transport.ResponseHeaderTimeout = 30 * time.Second
	transport.MaxResponseHeaderBytes = 16 << 10
	return &http.Client{
		Transport:     transport,
		Timeout:       4 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Run drains the queue until ctx ends: at once when woken, else every half
// minute, and with growing, jittered pauses while the hub cannot be reached.
// What goes wrong is logged and tried again.
func (u *Uploader) Run(ctx context.Context, wake <-chan struct{}) {
	failures := 0
	for {
		wait := look
		err := u.Drain(ctx)
		if ctx.Err() != nil {
			return
		}
		if u.Reached != nil {
			u.Reached(err == nil || errors.Is(err, ErrLeft))
		}
		if err != nil && !errors.Is(err, ErrLeft) {
			failures++
			wait = pause(failures, err)
			u.Log.Warn("upload", "err", err, "again_in", wait.Round(time.Second))
		} else {
			failures = 0
		}
		if err := u.Queue.Forget(ctx); err != nil && ctx.Err() == nil {
			u.Log.Warn("forget", "err", err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-wake:
			// A new report must not hammer a hub that is down.
			if failures > 0 {
				select {
				case <-ctx.Done():
					timer.Stop()
					return
				case <-timer.C:
				}
			}
			timer.Stop()
		}
	}
}

// pause doubles from [firstWait] to [longWait] with full jitter, and never
// comes back before a Retry-After.
func pause(failures int, err error) time.Duration {
	most := min(firstWait<<min(failures-1, 10), longWait)
	wait := most/2 + mathrand.N(most/2)
	var busy *busyError
	if errors.As(err, &busy) && busy.after > wait {
		wait = busy.after + mathrand.N(firstWait)
	}
	return wait
}

// Drain sends everything that is due, once. It returns nil when nothing is
// left waiting, [ErrLeft] when the hub was reached but something stays, and
// otherwise why the hub could not be reached.
func (u *Uploader) Drain(ctx context.Context) error {
	if u.Lock != nil {
		leave, err := u.Lock(ctx)
		if err != nil {
			return fmt.Errorf("wait for the other uploader: %w", err)
		}
		defer leave()
	}
	// Whoever cannot be asked is asked later: what waits is tried anyway.
	if u.asked.IsZero() || time.Since(u.asked) >= askAgain {
		u.asked = time.Now()
		if err := u.stand(ctx); err != nil && ctx.Err() == nil {
			u.Log.Warn("ask how the hub stands", "err", err)
		}
	}
	left := false
	for {
		batch, err := u.Queue.Next(ctx, batchCount, batchBytes)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			break
		}
		refused, err := u.send(ctx, batch)
		if err != nil {
			return err
		}
		for _, q := range refused {
			left = true
			if err := u.Queue.Postpone(ctx, q.Seq, u.Now().Add(refusedFor)); err != nil {
				return err
			}
			u.Log.Error("the hub does not take a report; it is kept and tried again", "seq", q.Seq)
		}
	}
	if left {
		return ErrLeft
	}
	return nil
}

// send sends a batch and marks what comes back signed. A batch that is
// refused as a whole is halved until the envelope at fault stands alone, so
// that one bad report never blocks the others. It returns what was refused.
func (u *Uploader) send(ctx context.Context, batch []seal.Queued) ([]seal.Queued, error) {
	acks, err := u.post(ctx, batch)
	var unacceptable *unacceptableError
	switch {
	case errors.As(err, &unacceptable) && len(batch) == 1:
		return batch, nil
	case errors.As(err, &unacceptable):
		first, err := u.send(ctx, batch[:len(batch)/2])
		if err != nil {
			return first, err
		}
		second, err := u.send(ctx, batch[len(batch)/2:])
		return append(first, second...), err
	case err != nil:
		return nil, err
	}
	got := map[int64]seal.Ack{}
	var missing []seal.Queued
	var last seal.Ack
	for _, q := range batch {
		sum := sha256.Sum256(q.Bytes)
		if ack, ok := acks[hex.EncodeToString(sum[:])]; ok {
			got[q.Seq], last = ack, ack
		} else {
			missing = append(missing, q)
		}
	}
	if len(got) == 0 {
		return nil, fmt.Errorf("no signed acknowledgement for %d reports: %w", len(batch), ErrNotHub)
	}
	if err := u.Queue.Acknowledge(ctx, got); err != nil {
		return nil, err
	}
	return missing, u.recall(ctx, last.Incarnation)
}

// Ask asks the hub how it stands and returns what it signed, whoever else could have
// answered; it does nothing about it. It returns [ErrRefused] when the hub does not
// know this kiosk, and [ErrNotHub].
func (u *Uploader) Ask(ctx context.Context) (seal.Standing, error) {
	head, err := u.Queue.Head(ctx)
	if err != nil {
		return seal.Standing{}, err
	}
	head.Nonce = rand.Text()
	if u.Health != nil {
		head.Health = u.Health(ctx)
	}
	body, err := json.Marshal(head)
	if err != nil {
		return seal.Standing{}, err
	}
	resp, err := u.do(ctx, standingPath, "application/json", body)
	if err != nil {
		return seal.Standing{}, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return seal.Standing{}, fmt.Errorf("%w (%d)", ErrRefused, resp.StatusCode)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return seal.Standing{}, &busyError{status: resp.StatusCode, after: retryAfter(resp.Header)}
	}
	var signed seal.Signed
	if err := json.NewDecoder(io.LimitReader(resp.Body, answerBytes)).Decode(&signed); err != nil {
		return seal.Standing{}, fmt.Errorf("answer %d: %w", resp.StatusCode, ErrNotHub)
	}
	st, err := seal.OpenStanding(u.AckKey, head.Nonce, signed)
	if err != nil {
		return seal.Standing{}, fmt.Errorf("answer %d: %w: %w", resp.StatusCode, ErrNotHub, err)
	}
	return st, nil
}

// stand asks the hub which database it works with, and heeds the answer.
func (u *Uploader) stand(ctx context.Context) error {
	st, err := u.Ask(ctx)
	if err != nil {
		return err
	}
	if u.Clock != nil {
		u.Clock(u.Now().Sub(st.At))
	}
	return u.Heed(ctx, st, u.network())
}

// Source brings what the hub signed: over the network, or off a stick. The signatures
// count, not who brings it.
type Source struct {
	Bundle    func(context.Context) (seal.Signed, error)
	Catalogue func(context.Context) (seal.Signed, error)
}

// Heed does what follows from the hub's word: what it says of this kiosk is told on,
// later keys and another catalogue are taken up, what a restored hub may lack waits
// again, and what is in a backup and old enough is dropped.
func (u *Uploader) Heed(ctx context.Context, st seal.Standing, from Source) error {
	if u.Told != nil {
		u.Told(st)
	}
	take := func(what string, bring func(context.Context) (seal.Signed, error), give func(seal.Signed) error) {
		signed, err := bring(ctx)
		if err == nil {
			err = give(signed)
		}
		if err != nil {
			u.Log.Warn(what, "err", err)
		}
	}
	if u.NewBundle != nil && st.Bundle > u.Bundle() {
		take("new keys to seal for", from.Bundle, u.NewBundle)
	}
	if u.NewCatalogue != nil && st.Catalogue > u.Catalogue() {
		take("another catalogue", from.Catalogue, u.NewCatalogue)
	}
	if err := u.recall(ctx, st.Incarnation); err != nil {
		return err
	}
	_, err := u.Queue.Purge(ctx, st.Incarnation, st.Watermark, st.At)
	return err
}

// network is the hub itself as a source.
func (u *Uploader) network() Source {
	fetch := func(path string, most int64) func(context.Context) (seal.Signed, error) {
		return func(ctx context.Context) (signed seal.Signed, err error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.Hub+path, nil)
			if err != nil {
				return signed, err
			}
			resp, err := u.Client.Do(req)
			if err != nil {
				return signed, fmt.Errorf("reach the hub: %w", err)
			}
			defer resp.Body.Close()
			if err := json.NewDecoder(io.LimitReader(resp.Body, most)).Decode(&signed); err != nil {
				return signed, fmt.Errorf("answer %d: %w", resp.StatusCode, ErrNotHub)
			}
			return signed, nil
		}
	}
	return Source{fetch(bundlePath, answerBytes), fetch(cataloguePath, catalogueBytes)}
}

// recall sends again what another incarnation of the hub signed for.
func (u *Uploader) recall(ctx context.Context, incarnation string) error {
	again, err := u.Queue.Recall(ctx, incarnation)
	if err == nil && again > 0 {
		u.Log.Warn("the hub was restored from a backup; reports it may lack are sent again", "reports", again)
	}
	return err
}

// do sends a request that this kiosk signed.
func (u *Uploader) do(ctx context.Context, path, kind string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.Hub+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Loket-Kiosk", u.Kiosk)
	req.Header.Set("Loket-Signature", base64.StdEncoding.EncodeToString(seal.SignRequest(u.Key, http.MethodPost, path, body)))
	resp, err := u.Client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reach the hub: %w", err)
	}
	return resp, nil
}

type unacceptableError struct{ status int }

func (e *unacceptableError) Error() string { return fmt.Sprintf("the hub answered %d", e.status) }

type busyError struct {
	status int
	after  time.Duration
}

func (e *busyError) Error() string { return fmt.Sprintf("the hub is busy (%d)", e.status) }

// post sends one batch and returns the valid acknowledgements by SHA-256.
func (u *Uploader) post(ctx context.Context, batch []seal.Queued) (map[string]seal.Ack, error) {
	var raw [][]byte
	for _, q := range batch {
		raw = append(raw, q.Bytes)
	}
	var body bytes.Buffer
	if err := seal.WriteBatch(&body, raw); err != nil {
		return nil, err
	}
	resp, err := u.do(ctx, envelopesPath, seal.BatchType, body.Bytes())
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	// Signed acknowledgements count under any status; read them first.
	b, readErr := io.ReadAll(io.LimitReader(resp.Body, answerBytes))
	if acks := u.read(b); len(acks) > 0 {
		return acks, nil
	}
	switch status := resp.StatusCode; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return nil, fmt.Errorf("%w (%d)", ErrRefused, status)
	case status == http.StatusTooManyRequests, status >= 500:
		return nil, &busyError{status: status, after: retryAfter(resp.Header)}
	case status >= 400 && isJSON(resp.Header):
		return nil, &unacceptableError{status}
	case readErr != nil:
		return nil, fmt.Errorf("read the hub's answer: %w", readErr)
	}
	return nil, fmt.Errorf("answer %d of type %q: %w", resp.StatusCode, resp.Header.Get("Content-Type"), ErrNotHub)
}

func (u *Uploader) read(b []byte) map[string]seal.Ack {
	var answer struct {
		Acks []seal.Signed `json:"acks"`
	}
	if json.Unmarshal(b, &answer) != nil {
		return nil
	}
	acks := map[string]seal.Ack{}
	for _, s := range answer.Acks {
		if a, err := seal.OpenAck(u.AckKey, s); err == nil {
			acks[a.Envelope] = a
		}
	}
	return acks
}

// isJSON tells the hub's own refusals from those of something between.
func isJSON(h http.Header) bool { return strings.HasPrefix(h.Get("Content-Type"), "application/json") }

// retryAfter reads Retry-After in seconds, capped at an hour.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(n)*time.Second, time.Hour)
}

// ErrBusy says that the hub wants to be asked later.
var ErrBusy = errors.New("the hub is busy")

// Is makes every answer of a busy hub [ErrBusy].
func (e *busyError) Is(target error) bool { return target == ErrBusy }

// Track asks the hub what became of a report, for the visitor at the kiosk. It returns
// [ErrBusy] when too many tries were made from here.
func (u *Uploader) Track(ctx context.Context, n kiosk.Number, c kiosk.Code) (kiosk.Tracking, error) {
	form := url.Values{"number": {string(n)}, "code": {string(c)}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.Hub+"/t", strings.NewReader(form.Encode()))
	if err != nil {
		return kiosk.Tracking{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := u.Client.Do(req)
	if err != nil {
		return kiosk.Tracking{}, fmt.Errorf("reach the hub: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusTooManyRequests {
		return kiosk.Tracking{}, fmt.Errorf("look up: %w", &busyError{status: resp.StatusCode, after: retryAfter(resp.Header)})
	}
	var t kiosk.Tracking
	if err := json.NewDecoder(io.LimitReader(resp.Body, answerBytes)).Decode(&t); err != nil || t.Result == "" {
		return kiosk.Tracking{}, fmt.Errorf("look up: answer %d: %w", resp.StatusCode, ErrNotHub)
	}
	return t, nil
}
