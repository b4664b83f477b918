package hub

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"loket/kiosk"
	"loket/kiosk/seal"
	"loket/kiosk/track"
)

const (
	codeLives   = 30 * time.Minute
	codeTries   = 5
	openAtATime = 64
)

// Sender returns the enrolled kiosk that signed a request. It returns
// [ErrUnknown] for any other.
func (h *Hub) Sender(ctx context.Context, id, method, path string, body, signature []byte) (Kiosk, error) {
	k, err := h.Store.Kiosk(ctx, id)
	if errors.Is(err, ErrNotFound) || err == nil && seal.VerifyRequest(k.PublicKey, method, path, body, signature) != nil {
		return Kiosk{}, ErrUnknown
	}
	return k, err
}

// Accept stores what a kiosk sent and returns a signed acknowledgement for
// each, in order, once all are on disk. Nothing is refused: what is damaged
// or doubtful is kept in quarantine, so that the kiosk can go on.
func (h *Hub) Accept(ctx context.Context, from Kiosk, raw [][]byte) ([]seal.Signed, error) {
	h.taking.Add(1)
	defer h.taking.Add(-1)
	now := h.Now().UTC().Truncate(time.Second)
	arrivals := make([]Arrival, len(raw))
	sideBySide(len(raw), func(i int) { arrivals[i] = h.judge(ctx, from, raw[i], now) })
	_, acks, err := h.keep(ctx, from, arrivals)
	if err != nil {
		return nil, fmt.Errorf("accept: %w", err)
	}
	h.contact(ctx, Contact{Kiosk: from.ID, At: now})
	return acks, nil
}

// keep stores arrivals and signs for each, in order.
func (h *Hub) keep(ctx context.Context, from Kiosk, arrivals []Arrival) ([]Held, []seal.Signed, error) {
	held, meta, err := h.Store.Accept(ctx, arrivals)
	if err != nil {
		return nil, nil, err
	}
	acks := make([]seal.Signed, len(held))
	for i, x := range held {
		h.metered(from, x, len(arrivals[i].Bytes))
		acks[i] = seal.SignAck(h.Keys.Ack, seal.Ack{
			Envelope: hex.EncodeToString(arrivals[i].SHA256[:]), ID: x.ID, Hub: h.Keys.Bundle.Hub, Incarnation: meta.Incarnation,
			HubSeq: x.HubSeq, StoredAt: x.StoredAt, Level: x.Level, Watermark: meta.Watermark,
		})
	}
	h.rouse()
	return held, acks, nil
}

// metered tells the meter of an envelope that a kiosk sent.
func (h *Hub) metered(from Kiosk, held Held, size int) {
	if h.Own(from) {
		return
	}
	result := held.Level // "stored" or "quarantined"
	if held.Already {
		result = EnvelopeAgain
	} else {
		h.Meter.EnvelopeBytes(size)
	}
	h.Meter.Envelopes(result, 1)
}

// Standing is the signed answer to a kiosk that says how its chain stands and asks
// whether what it was told of still holds.
func (h *Hub) Standing(ctx context.Context, from Kiosk, head seal.Head) (seal.Signed, error) {
	return h.standing(ctx, from, head, false)
}

// standing answers; what was carried may be older than what is known.
func (h *Hub) standing(ctx context.Context, from Kiosk, head seal.Head, carried bool) (seal.Signed, error) {
	now := h.Now().UTC().Truncate(time.Second)
	meta, err := h.Store.Meta(ctx)
	if err != nil {
		return seal.Signed{}, fmt.Errorf("standing: %w", err)
	}
	if err := h.Store.Head(ctx, from.ID, head, carried, now); err != nil {
		return seal.Signed{}, fmt.Errorf("standing: %w", err)
	}
	h.contact(ctx, Contact{from.ID, now, head.Health, carried})
	people, err := h.staffOf(ctx, from.Office)
	if err != nil {
		return seal.Signed{}, fmt.Errorf("standing: %w", err)
	}
	return seal.SignStanding(h.Keys.Ack, seal.Standing{Hub: h.Keys.Bundle.Hub, Incarnation: meta.Incarnation, Watermark: meta.Watermark, At: now, Nonce: head.Nonce,
		State: string(from.State), Bundle: h.Keys.Bundle.Version, Catalogue: h.Data.Issue.Version, Office: from.Office, DaysOff: h.daysOff(from.Office, now), Staff: people}), nil
}

func (h *Hub) judge(ctx context.Context, from Kiosk, b []byte, now time.Time) Arrival {
	a := Arrival{Bytes: b, SHA256: sha256.Sum256(b), Kiosk: from.ID, Level: seal.LevelQuarantined, At: now}
	e, err := seal.Parse(b)
	if err != nil {
		a.Reason = err.Error()
		return a
	}
	sealer := from
	if e.Header.Kiosk != from.ID { // carried for another kiosk
		if sealer, err = h.Store.Kiosk(ctx, e.Header.Kiosk); err != nil {
			a.Reason = "from an unknown kiosk"
			return a
		}
	}
	if err := e.Verify(sealer.PublicKey); err != nil {
		a.Reason = err.Error()
		return a
	}
	if n, err := track.ParseNumber(string(e.Header.Number)); err != nil || n != e.Header.Number || track.KioskOf(n) != e.Header.Kiosk {
		a.Reason = "the number is not one of this kiosk's"
		return a
	}
	a.Header, a.Kiosk, a.Level, a.Own = e.Header, e.Header.Kiosk, seal.LevelStored, h.Own(sealer)
	if sealer.State != KioskActive {
		a.Level, a.Reason = seal.LevelQuarantined, "the kiosk is "+string(sealer.State)
	}
	return a
}

// Run opens stored envelopes into cases until ctx ends: what lay unopened at
// the start, and what arrives. Every hour it closes the cases whose visitors let
// their term go by. Of several hubs on one store one does so.
func (h *Hub) Run(ctx context.Context) {
	var owned sync.WaitGroup
	defer owned.Wait()
	owned.Go(func() { h.listen(ctx) })
	owned.Go(func() { h.stayCurrent(ctx) })
	lead := leader{hub: h, job: "open"}
	defer lead.resign(ctx)
	var looked time.Time    // when terms that have run out were last looked for
	var spent time.Duration // on opening, the last time
	for {
		now := h.Now()
		leads := lead.leads(ctx)
		if leads && now.Sub(looked) >= time.Hour {
			looked = now
			if err := errors.Join(h.CloseSilent(ctx), h.Store.FindHoles(ctx, now.Add(-holesAfter), now), h.Store.TidyTries(ctx, now)); err != nil && ctx.Err() == nil {
				h.Log.Error("look after the cases", "err", err)
			}
		}
		again, err := false, error(nil)
		if leads {
			h.giveWay(ctx, spent)
			began := time.Now()
			again, err = h.open(ctx)
			spent = time.Since(began)
		}
		if err != nil && ctx.Err() == nil {
			h.Log.Error("open envelopes", "err", err)
		}
		if again && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
			select {
			case <-time.After(gather):
			case <-ctx.Done():
				return
			}
		case <-time.After(h.looksEvery()):
		}
	}
}

// gather is how long opening waits for what else arrives: a transaction for many costs
// little more than for one.
const gather = 10 * time.Millisecond

// waitsMost is how long others are let go first at a time.
const waitsMost = 2 * time.Second

// giveWay lets kiosks that wait for their acknowledgements go before work that nobody
// waits for, and that last took so long: opening costs more than storing. Where they
// never cease it takes a fifth of the time.
func (h *Hub) giveWay(ctx context.Context, spent time.Duration) {
	for end := time.Now().Add(min(4*spent, waitsMost)); h.taking.Load() > 0 && time.Now().Before(end); {
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return
		}
	}
}

// looksEvery is how often unopened envelopes are looked for that nobody told of.
func (h *Hub) looksEvery() time.Duration {
	if h.Store.Shared() { // others bring them
		return leadLooks
	}
	return 10 * time.Second
}

// rouse lets Run look for envelopes now.
func (h *Hub) rouse() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func (h *Hub) open(ctx context.Context) (again bool, err error) {
	unopened, err := h.Store.Unopened(ctx, openAtATime)
	if err != nil {
		return false, err
	}
	var cases []Opening
	var failed error
	seqs := slices.Sorted(maps.Keys(unopened)) // as they came
	reports, bad := make([]kiosk.Report, len(seqs)), make([]error, len(seqs))
	sideBySide(len(seqs), func(i int) { reports[i], bad[i] = h.read(unopened[seqs[i]]) })
	for i, seq := range seqs {
		r, err := reports[i], bad[i]
		sum := sha256.Sum256(unopened[seq])
		f := h.Catalogue.At(r.Form)
		switch {
		case err != nil:
			h.Log.Error("an envelope cannot be opened; it is kept", "hub_seq", seq, "err", err)
			err = h.Store.Quarantine(ctx, seq, sum, err.Error(), h.Now())
		case r.Page != nil:
			var bad error
			if bad, err = h.keepPage(ctx, seq, sum, r); bad != nil && err == nil {
				h.Log.Error("a page cannot be used; it is kept", "hub_seq", seq, "err", bad)
				err = h.Store.Quarantine(ctx, seq, sum, bad.Error(), h.Now())
			}
		case f != nil && f.Opinion:
			err = h.Store.KeepOpinion(ctx, seq, sum, Opinion{Form: r.Form, Office: r.Office, Day: h.Local(r.Office, r.At.At).Format(time.DateOnly), Answers: r.Answers})
		default:
			cases = append(cases, Opening{seq, Case{
				Number: r.Number, Form: r.Form, Language: r.Language, Identity: r.Identity, Office: r.Office,
				FiledAt: r.Helped.Received(r.At.At, h.Local(r.Office, r.At.At).Location()), Status: kiosk.Received, Handling: Handling{Unit: r.Office}, Anonim: r.Identity != kiosk.Named, Rahasia: r.Identity == kiosk.Confidential, Answers: r.Answers, CodeMAC: h.Keys.CodeMAC(r.Number, r.Code), Edition: 1, Helped: r.Helped,
			}})
		}
		if err != nil {
			failed = err
			break
		}
	}
	// In one transaction, which waits for the disk once; one that cannot be opened must
	// not hold up the others.
	if len(cases) == 0 {
		return len(unopened) > 0 && failed == nil, failed
	}
	if err := h.Store.OpenCases(ctx, cases); err != nil {
		for _, c := range cases {
			failed = errors.Join(failed, h.Store.OpenCases(ctx, []Opening{c}))
		}
	}
	return len(unopened) > 0 && failed == nil, failed
}

// sideBySide calls f for 0 to n-1 on all processors.
func sideBySide(n int, f func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				f(int(i))
			}
		})
	}
	all.Wait()
}

func (h *Hub) read(b []byte) (kiosk.Report, error) {
	e, err := seal.Parse(b)
	if err != nil {
		return kiosk.Report{}, err
	}
	return e.Open(h.Keys.identities()...)
}

// Track answers who holds a number and its code. Anything but the right pair
// of a report that exists or is on its way gets one constant answer, after the
// same work whatever is wrong with it, and at a multiple of [Hub.UnknownAfter]:
// what is no number or no code at all comes here too, as a pair that nobody has.
// With it comes the case, if there is one already and it is theirs.
func (h *Hub) Track(ctx context.Context, n kiosk.Number, code kiosk.Code) (kiosk.Tracking, *Case, error) {
	began := time.Now()
	t, c, err := h.lookUp(ctx, n, code)
	if err == nil {
		h.Meter.LookedUp(t.Result)
	}
	if err == nil && t.Result == kiosk.TrackUnknown {
		spent := time.Since(began)
		select {
		case <-time.After(spent.Truncate(h.UnknownAfter) + h.UnknownAfter - spent):
		case <-ctx.Done():
			return t, nil, ctx.Err()
		}
	}
	return t, c, err
}

func (h *Hub) lookUp(ctx context.Context, n kiosk.Number, code kiosk.Code) (kiosk.Tracking, *Case, error) {
	unknown := kiosk.Tracking{Result: kiosk.TrackUnknown}
	mine := h.Keys.CodeMAC(n, code)
	// It may become a case between the first look and the last.
	for _, last := range []bool{false, true} {
		mac, err := h.Store.CodeMAC(ctx, n)
		if err != nil {
			return unknown, nil, err
		}
		if hmac.Equal(mac, mine) {
			c, err := h.Store.Case(ctx, n)
			if err != nil {
				return unknown, nil, err
			}
			return h.tracking(c), &c, nil
		}
		if last {
			break
		}
		genuine, err := h.genuine(ctx, n, code)
		if err != nil {
			return unknown, nil, err
		}
		if genuine && mac == nil {
			if arrived, err := h.Store.Arrived(ctx, n); err != nil {
				return unknown, nil, err
			} else if arrived { // stored a moment ago, not opened yet
				return kiosk.Tracking{Result: kiosk.TrackFound, Number: n, Status: kiosk.Received}, nil, nil
			}
			return kiosk.Tracking{Result: kiosk.TrackNotArrived, Number: n}, nil, nil
		}
	}
	return unknown, nil, nil
}

func (h *Hub) tracking(c Case) kiosk.Tracking {
	t := kiosk.Tracking{Result: kiosk.TrackFound, Number: c.Number, Form: c.Form.Name, Status: c.Status,
		Received: h.Local(c.Office, c.FiledAt).Format(time.DateOnly), Answer: c.Answer, Lapor: c.Lapor}
	if r, ok := h.Answering(c); ok && !r.Paused {
		t.Due, t.Estimated = r.Due.Format(time.DateOnly), r.Estimated
	}
	if l := h.Lifecycles.Kind(c.Form.Name); l != nil {
		if o := l.Outcome(c.Outcome); o != nil {
			t.Outcome = o.Label
		}
		if r := l.Reason(c.Reason); r != nil {
			t.Reason = r.Label
		}
		t.Holder = c.Holder
	}
	if c.Rahasia { // who finds the receipt learns the status, not even the matter
		t.Form, t.Holder = "", ""
	}
	last := kiosk.Status("")
	for _, e := range c.Story() {
		change := kiosk.StatusChange{Status: e.Status, On: h.Local(c.Office, e.At).Format(time.DateOnly)}
		switch e.Kind {
		case Extended, Recounted:
			if e.Status != last { // two things in one step
				t.Changes = append(t.Changes, change)
			}
			change.Kind, change.Said = string(e.Kind), e.Said
		case Replied, Solved, Contested, Attached: // what they wrote is theirs
			change.Kind = string(e.Kind)
		default:
			if e.Status == last {
				continue
			}
		}
		last = e.Status
		t.Changes = append(t.Changes, change)
	}
	return t
}

// genuine reports whether a kiosk of this hub gave out the pair: the hub walks
// the same ratchet from where reports have arrived without a hole. For a kiosk
// that there is not it walks another's, to no avail.
func (h *Hub) genuine(ctx context.Context, n kiosk.Number, code kiosk.Code) (bool, error) {
	k, err := h.Store.Kiosk(ctx, track.KioskOf(n))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, err
	}
	real := err == nil && k.EnrolledAt != nil
	h.ratchet.Lock()
	if real {
		h.ratchet.last = k
	} else {
		k = h.ratchet.last
	}
	h.ratchet.Unlock()
	arrived, err := h.Store.Contiguous(ctx, k.ID)
	if err != nil {
		return false, err
	}
	name := k.ID + k.Enrolment
	h.ratchet.Lock()
	at, ok := h.ratchet.reached[name]
	h.ratchet.Unlock()
	if !ok || at.n > arrived {
		at = step{0, h.Keys.FirstStep(k.ID, k.Enrolment)}
	}
	for ; at.n < arrived; at.n++ {
		at.key = at.key.Next()
	}
	h.ratchet.Lock()
	h.ratchet.reached[name] = at
	h.ratchet.Unlock()
	select {
	case h.walking <- struct{}{}: // some milliseconds each: never all processors
		defer func() { <-h.walking }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	found := false
	for key := at.key; !found && at.n < arrived+h.StepsAhead; at.n++ {
		found = hmac.Equal([]byte(key.Code(n)), []byte(code))
		key = key.Next()
	}
	return found && real, nil
}

// MostKiosks is how many kiosks a hub can tell apart: a number begins with two
// symbols of its kiosk.
const MostKiosks = 32 * 32

// ErrNoSlot says that the hub has as many kiosks as numbers can tell apart.
var ErrNoSlot = fmt.Errorf("this hub has all the %d kiosks that numbers can tell apart", MostKiosks)

// AddKiosk opens a slot for an office and returns its one-time code. It returns
// [ErrNotFound] for an unknown office and [ErrNoSlot].
func (h *Hub) AddKiosk(ctx context.Context, office string) (string, error) {
	if _, ok := h.Catalogue.Office(office); !ok {
		return "", fmt.Errorf("office %q: %w", office, ErrNotFound)
	}
	all, err := h.Store.Kiosks(ctx)
	if err != nil {
		return "", err
	}
	taken := map[string]bool{}
	for _, k := range all {
		taken[k.ID] = k.EnrolledAt != nil || h.Now().Before(k.CodeUntil)
	}
	var b [26]byte
	rand.Read(b[:])
	first := int(b[0])<<8 | int(b[1])
	for i := range MostKiosks { // from a random one on
		n := (first + i) % MostKiosks
		b[0], b[1] = byte(n>>5), byte(n)
		symbols := make([]byte, seal.EnrolmentSymbols-1)
		for i := range symbols {
			symbols[i] = track.Alphabet[b[i]&31]
		}
		code := track.Secret(string(symbols))
		if taken[code[:2]] {
			continue
		}
		err := h.Store.AddKiosk(ctx, Kiosk{ID: code[:2], Office: office, Enrolment: hex.EncodeToString(b[18:]), Code: code, CodeUntil: h.Now().Add(codeLives)}, h.Now())
		if !errors.Is(err, ErrExists) {
			return code, err
		}
	}
	return "", ErrNoSlot
}

// Enrol answers a kiosk that knows its code. It returns [seal.ErrCode] for a
// wrong, used, burnt or old code, without telling which.
func (h *Hub) Enrol(ctx context.Context, r seal.EnrolRequest) (seal.EnrolReply, error) {
	k, err := h.Store.Kiosk(ctx, r.Slot)
	if errors.Is(err, ErrNotFound) {
		return seal.EnrolReply{}, seal.ErrCode
	}
	if err != nil {
		return seal.EnrolReply{}, err
	}
	if k.Code == "" || k.CodeTries >= codeTries || h.Now().After(k.CodeUntil) {
		return seal.EnrolReply{}, seal.ErrCode
	}
	if err := r.Verify(k.Code); err != nil {
		return seal.EnrolReply{}, errors.Join(seal.ErrCode, h.Store.WrongCode(ctx, k.ID))
	}
	first := h.Keys.FirstStep(k.ID, k.Enrolment)
	reply, err := seal.Answer(k.Code, r, seal.EnrolAnswer{Kiosk: k.ID, Office: k.Office, RootKey: h.Keys.Root, Bundle: h.Keys.Signed, Ratchet: slices.Clone(first[:])})
	if err != nil {
		return seal.EnrolReply{}, err
	}
	if err := h.Store.Enrol(ctx, k.ID, k.Code, ed25519.PublicKey(r.PublicKey), h.Now()); err != nil {
		if errors.Is(err, ErrNotFound) {
			err = seal.ErrCode
		}
		return seal.EnrolReply{}, err
	}
	return reply, nil
}
