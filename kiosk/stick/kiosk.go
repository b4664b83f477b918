package stick

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"loket/kiosk/disk"
	"loket/kiosk/seal"
)

// Errors a caller words for people.
var (
	ErrFull    = errors.New("the stick is full")
	ErrNothing = errors.New("nothing of this kiosk is on the stick")
)

// Queue is where the kiosk's reports wait; store/queue is one.
type Queue interface {
	// Waiting returns up to n envelopes of at most maxBytes (but always one) that
	// the hub has not acknowledged, from behind a place on.
	Waiting(ctx context.Context, after int64, n, maxBytes int) ([]seal.Queued, error)
	// Unacknowledged is how many wait.
	Unacknowledged(ctx context.Context) (int, error)
	// Find returns the place of an envelope; false where there is none.
	Find(ctx context.Context, sum [32]byte) (seal.Place, bool, error)
	// Acknowledge marks what the hub has signed for, by place.
	Acknowledge(ctx context.Context, acks map[int64]seal.Ack) error
	// Head is the place and hash of the newest envelope; it has no nonce.
	Head(ctx context.Context) (seal.Head, error)
}

// Kiosk is the end of the way where reports are filed.
type Kiosk struct {
	ID     string // two symbols
	Key    ed25519.PrivateKey
	AckKey ed25519.PublicKey // the hub's, pinned
	Queue  Queue
	Dir    string // the kiosk's data folder: what was asked is kept there
	// Heed does what follows from the hub's word.
	Heed func(ctx context.Context, st seal.Standing, answer Answer) error
}

// Exported is what Export did.
type Exported struct {
	OnStick int // waiting reports that are on the stick now
	Written int // of those, the ones that were not before
	Waiting int // that the hub has not acknowledged, on the stick or not
}

// Export writes every waiting report onto the stick mounted at dir, but those that
// are there already, and asks the hub how it stands. What the hub has is taken off
// the stick first. It can be cut off anywhere and begun again; ctx is looked at
// between files. It returns [ErrFull] when not all found room. progress may be nil.
func (k *Kiosk) Export(ctx context.Context, dir string, progress func(done, total int)) (x Exported, err error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	defer func() {
		if err != nil && !errors.Is(err, ErrFull) {
			err = fmt.Errorf("export: %w", err)
		}
	}()
	if x.Waiting, err = k.Queue.Unacknowledged(ctx); err != nil {
		return x, err
	}
	f, err := k.open(dir, true)
	if err != nil {
		if disk.Full(err) {
			err = ErrFull
		}
		return x, err
	}
	defer f.root.Close()
	if _, _, err := k.tidy(ctx, f); err != nil {
		return x, err
	}
	there, err := k.there(ctx, f)
	if err != nil {
		return x, err
	}
	question, err := k.question(ctx)
	if err != nil {
		return x, err
	}
	if question != nil {
		if err := f.write(ask, question, 0o644); err != nil && !disk.Full(err) { // the reports matter more
			return x, err
		}
	}
	var pending []seal.Queued
	size, epoch := 0, ""
	flush := func() error {
		for len(pending) > 0 && err == nil {
			if err := ctx.Err(); err != nil {
				return err
			}
			n, err := k.writeSome(f, pending)
			x.Written, x.OnStick = x.Written+n, x.OnStick+n
			progress(x.OnStick, x.Waiting)
			if err != nil {
				return err
			}
			pending = pending[n:]
		}
		size = 0
		return nil
	}
	for after := int64(math.MinInt64); ; {
		batch, err := k.Queue.Waiting(ctx, after, batchCount, batchBytes)
		if err != nil {
			return x, err
		}
		if len(batch) == 0 {
			return x, flush()
		}
		for _, q := range batch {
			after = q.Seq
			if there[sha256.Sum256(q.Bytes)] {
				x.OnStick++
				continue
			}
			of := epoch
			if e, err := seal.Parse(q.Bytes); err == nil {
				of = e.Header.Epoch
			}
			if len(pending) == batchCount || len(pending) > 0 && (size+len(q.Bytes) > batchBytes || of != epoch) {
				if err := flush(); err != nil {
					return x, err
				}
			}
			pending, epoch = append(pending, q), of
			size += len(q.Bytes)
		}
		progress(x.OnStick, x.Waiting)
	}
}

// writeSome writes a file of as many envelopes as there is room for, and returns how
// many those are; [ErrFull] for none.
func (k *Kiosk) writeSome(f folder, envelopes []seal.Queued) (int, error) {
	for n := len(envelopes); n > 0; n /= 2 {
		name, b, err := encode(k.ID, k.Key, envelopes[:n])
		if err != nil {
			return 0, err
		}
		switch err := f.write(name, b, 0o644); {
		case err == nil:
			return n, nil
		case !disk.Full(err):
			return 0, err
		}
	}
	return 0, ErrFull
}

// open opens this kiosk's folder on a stick; it returns [ErrNothing] where there is
// none and none is to be made.
func (k *Kiosk) open(dir string, create bool) (folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return folder{}, err
	}
	f := folder{root, "."}
	for _, want := range []string{top, k.ID} {
		name, found := f.child(want)
		if !found && create {
			name = want
			if err := errors.Join(root.Mkdir(f.at(name), 0o755), f.sync()); err != nil {
				root.Close()
				return f, err
			}
		}
		next, ok := f.sub(name)
		if !ok || name == "" {
			root.Close()
			if create {
				return f, fmt.Errorf("%s is in the way on the stick: %w", want, ErrNotFile)
			}
			return f, ErrNothing
		}
		f = next
	}
	return f, nil
}

// there returns which envelopes are on the stick in files that are whole.
func (k *Kiosk) there(ctx context.Context, f folder) (map[[32]byte]bool, error) {
	names, err := f.list()
	if err != nil {
		return nil, err
	}
	there := map[[32]byte]bool{}
	for _, name := range names {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !reportsName.MatchString(name) {
			continue
		}
		b, err := f.read(name, maxFile)
		if err != nil {
			continue // it is written again
		}
		file, err := Decode(b)
		if err != nil || !file.Clean || !k.wrote(file) {
			continue
		}
		for _, r := range file.Reports {
			there[r.SHA256] = true
		}
	}
	return there, nil
}

// tidy takes off the stick what was begun and not finished, and every file of
// reports that the hub has all signed for. It returns how many of those, and what it
// left alone.
func (k *Kiosk) tidy(ctx context.Context, f folder) (removed int, skipped []Skipped, err error) {
	names, err := f.list()
	if err != nil {
		return 0, nil, err
	}
	left, err := k.Queue.Unacknowledged(ctx)
	if err != nil {
		return 0, nil, err
	}
	head, err := k.Queue.Head(ctx)
	if err != nil {
		left = 1 // a kiosk without a chain does not know which files are its own
	}
	for _, name := range names {
		if ctx.Err() != nil {
			return removed, skipped, ctx.Err()
		}
		base, begun := strings.CutSuffix(strings.ToUpper(name), part)
		switch {
		case begun && (reportsName.MatchString(base) || base == ask):
			if err := f.remove(name); err != nil {
				skipped = append(skipped, Skipped{name, kept(err)})
			}
			continue
		case !reportsName.MatchString(name):
			if !ours(name) {
				skipped = append(skipped, Skipped{name, ErrMalformed})
			}
			continue
		}
		b, err := f.read(name, maxFile)
		if err != nil {
			skipped = append(skipped, Skipped{name, err})
			continue
		}
		file, _ := Decode(b)
		done, err := k.acknowledged(ctx, file)
		if err != nil {
			return removed, skipped, err
		}
		// A damaged beginning does not say what was in it; where nothing waits any
		// more it was nothing that the hub lacks.
		if !done || !k.wrote(file) && (left > 0 || !strings.HasPrefix(head.Epoch, strings.ToLower(name[:8]))) {
			continue
		}
		ack, _ := f.child(name + acks)
		gone := []string{name}
		if ack != "" {
			gone = append(gone, ack)
		}
		if err := f.remove(gone...); err != nil {
			skipped = append(skipped, Skipped{name, kept(err)})
			continue
		}
		removed++
	}
	return removed, skipped, nil
}

// kept says that a stick could not be tidied; what it brought counts all the same.
func kept(err error) error {
	return fmt.Errorf("it could not be taken off the stick, which may be write-protected: %w", err)
}

// ours reports whether a name in a kiosk's folder is one that we write.
func ours(name string) bool {
	name = strings.TrimSuffix(strings.ToUpper(name), part)
	return name == ask || name == answer || reportsName.MatchString(strings.TrimSuffix(name, acks))
}

// wrote reports whether this kiosk signed what a file says of itself.
func (k *Kiosk) wrote(f File) bool {
	return f.Header.Kiosk == k.ID && f.Signed(k.Key.Public().(ed25519.PublicKey))
}

// acknowledged reports whether the hub has signed for all that a file of this kiosk
// names, and for each report of this kiosk that is in it.
func (k *Kiosk) acknowledged(ctx context.Context, f File) (bool, error) {
	sums := map[[32]byte]bool{}
	if k.wrote(f) {
		for _, s := range f.Header.Reports {
			sum, _ := hex.DecodeString(s)
			sums[[32]byte(sum)] = true
		}
	}
	for _, r := range f.Reports {
		if e, err := seal.Parse(r.Bytes); err == nil && e.Verify(k.Key.Public().(ed25519.PublicKey)) == nil {
			sums[r.SHA256] = true
		}
	}
	for sum := range sums {
		p, found, err := k.Queue.Find(ctx, sum)
		if err != nil || !found || !p.Acknowledged {
			return false, err
		}
	}
	return true, nil
}

// notes is what a kiosk remembers of its questions, in a file of its data folder.
type notes struct {
	Nonces      []string  `json:"nonces"`      // of the last exports, the newest last
	Heeded      time.Time `json:"heeded"`      // when the hub said what was heeded last
	Incarnation string    `json:"incarnation"` // of the hub, as it said then
	Word        []byte    `json:"word"`        // the signature of what was heeded last
}

const (
	notesFile = "stick.json"
	maxNonces = 32
)

func (k *Kiosk) notes() (n notes, data folder, err error) {
	root, err := os.OpenRoot(k.Dir)
	if err != nil {
		return n, data, err
	}
	data = folder{root, "."}
	b, err := data.read(notesFile, maxWords)
	if errors.Is(err, fs.ErrNotExist) {
		return n, data, nil
	}
	// Notes that cannot be read cost one trip: the next export asks anew.
	if err == nil && json.Unmarshal(b, &n) != nil {
		n = notes{}
	}
	return n, data, err
}

func (n notes) save(data folder) error {
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return data.write(notesFile, b, 0o600)
}

// question is how the hub stands, with a nonce that is remembered. A kiosk whose
// queue has no chain asks nothing.
func (k *Kiosk) question(ctx context.Context) ([]byte, error) {
	head, err := k.Queue.Head(ctx)
	if err != nil {
		_, err = k.Queue.Unacknowledged(ctx) // the disk, or only the chain?
		return nil, err
	}
	head.Nonce = rand.Text()
	n, data, err := k.notes()
	if err != nil {
		return nil, err
	}
	defer data.root.Close()
	n.Nonces = append(n.Nonces, head.Nonce)
	n.Nonces = n.Nonces[max(0, len(n.Nonces)-maxNonces):]
	if err := n.save(data); err != nil {
		return nil, fmt.Errorf("remember what was asked: %w", err)
	}
	a, err := newAsk(k.ID, k.Key, head)
	if err != nil {
		return nil, err
	}
	return json.Marshal(a)
}

// Imported is what Import did.
type Imported struct {
	Acknowledged int  // reports that the hub has, and this kiosk did not know
	Quarantined  int  // of those, the ones that the hub could not use
	Heeded       bool // the hub said how it stands
	Removed      int  // files taken off the stick
	Waiting      int  // reports that still wait
	Skipped      []Skipped
}

// Import takes what the hub signed off the stick mounted at dir: how it stands, and
// what it has. What is old, foreign or damaged changes nothing and is in Skipped. It
// returns [ErrNothing] for a stick without a folder of this kiosk. progress may be nil.
func (k *Kiosk) Import(ctx context.Context, dir string, progress func(done, total int)) (x Imported, err error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("import: %w", err)
		}
	}()
	f, err := k.open(dir, false)
	if err != nil {
		return x, err
	}
	defer f.root.Close()
	names, err := f.list()
	if err != nil {
		return x, err
	}
	n, data, err := k.notes()
	if err != nil {
		return x, err
	}
	defer data.root.Close()
	for _, name := range names { // first: it says which hub the rest must be from
		if !strings.EqualFold(name, answer) {
			continue
		}
		switch heeded, err := k.heed(ctx, f, name, &n, data); {
		case errors.As(err, new(*heedError)):
			return x, err
		case err != nil:
			x.Skipped = append(x.Skipped, Skipped{name, err})
		default:
			x.Heeded = heeded
		}
	}
	for i, name := range names {
		if ctx.Err() != nil {
			return x, ctx.Err()
		}
		if base, ok := strings.CutSuffix(strings.ToUpper(name), acks); ok && reportsName.MatchString(base) {
			if err := k.takeAcks(ctx, f, name, n, &x); err != nil {
				return x, err
			}
		}
		progress(i+1, len(names))
	}
	removed, skipped, err := k.tidy(ctx, f)
	x.Removed, x.Skipped = removed, append(x.Skipped, skipped...)
	if err != nil {
		return x, err
	}
	x.Waiting, err = k.Queue.Unacknowledged(ctx)
	return x, err
}

// heedError is a fault of this kiosk's own, not of what stands on the stick.
type heedError struct{ error }

func (e *heedError) Unwrap() error { return e.error }

// Errors of words that are passed over.
var (
	errNotAsked = errors.New("no answer to what this kiosk asked in its last exports; export again")
	errOld      = errors.New("older than what the hub said since; nothing was changed")
	errForeign  = errors.New("not signed by this kiosk's hub")
	errUnknown  = errors.New("for reports that this kiosk never had")
	errRestored = errors.New("signed before the hub was restored from a backup, or since; export again and the hub says what it lacks")
)

// heed heeds the hub's answer, once.
func (k *Kiosk) heed(ctx context.Context, f folder, name string, n *notes, data folder) (bool, error) {
	b, err := f.read(name, maxAnswer)
	if err != nil {
		return false, err
	}
	var a Answer
	if err := json.Unmarshal(b, &a); err != nil {
		return false, ErrMalformed
	}
	for _, nonce := range n.Nonces {
		st, err := seal.OpenStanding(k.AckKey, nonce, a.Standing)
		switch {
		case errors.Is(err, seal.ErrForeign):
			continue
		case err != nil:
			return false, errForeign
		case bytes.Equal(a.Standing.Signature, n.Word):
			return false, nil // once more the same
		case st.At.Before(n.Heeded):
			return false, errOld
		}
		if err := k.Heed(ctx, st, a); err != nil {
			return false, &heedError{err}
		}
		n.Heeded, n.Incarnation, n.Word = st.At, st.Incarnation, a.Standing.Signature
		if err := n.save(data); err != nil {
			return false, &heedError{err}
		}
		return true, nil
	}
	return false, errNotAsked
}

// takeAcks marks what one file acknowledges. Only a fault of the queue is an error.
func (k *Kiosk) takeAcks(ctx context.Context, f folder, name string, n notes, x *Imported) error {
	skip := func(why error) { x.Skipped = append(x.Skipped, Skipped{name, why}) }
	b, err := f.read(name, maxWords)
	if err != nil {
		skip(err)
		return nil
	}
	words, err := readAcks(b)
	if err != nil {
		skip(err)
		return nil
	}
	got := map[int64]seal.Ack{}
	odd := map[error]int{}
	var rotten map[[32]byte]int64
	for _, s := range words.Acks {
		a, err := seal.OpenAck(k.AckKey, s)
		if err != nil {
			odd[errForeign]++
			continue
		}
		if n.Incarnation != "" && a.Incarnation != n.Incarnation {
			odd[errRestored]++
			continue
		}
		raw, _ := hex.DecodeString(a.Envelope)
		sum := [32]byte(raw)
		p, found, err := k.Queue.Find(ctx, sum)
		if err != nil {
			return err
		}
		if !found { // it may have rotted here before it was exported
			if rotten == nil {
				if rotten, err = k.waiting(ctx); err != nil {
					return err
				}
			}
			if p.Seq, found = rotten[sum]; !found {
				odd[errUnknown]++
				continue
			}
		}
		if !p.Acknowledged {
			got[p.Seq] = a
		}
	}
	for _, why := range []error{errForeign, errRestored, errUnknown} {
		if odd[why] > 0 {
			skip(fmt.Errorf("%d of %d acknowledgements are %w", odd[why], len(words.Acks), why))
		}
	}
	if len(got) > 0 {
		if err := k.Queue.Acknowledge(ctx, got); err != nil {
			return err
		}
	}
	if _, there := f.child(name[:len(name)-len(acks)]); !there && len(odd) == 0 && len(words.Acks) > 0 {
		if err := f.remove(name); err != nil { // its reports made room for it
			skip(kept(err))
		} else {
			x.Removed++
		}
	}
	x.Acknowledged += len(got)
	for _, a := range got {
		if a.Level == seal.LevelQuarantined {
			x.Quarantined++
		}
	}
	return nil
}

// waiting returns the places of what waits, by the SHA-256 of the bytes as they are.
func (k *Kiosk) waiting(ctx context.Context) (map[[32]byte]int64, error) {
	all := map[[32]byte]int64{}
	for after := int64(math.MinInt64); ; {
		batch, err := k.Queue.Waiting(ctx, after, batchCount, batchBytes)
		if err != nil || len(batch) == 0 {
			return all, err
		}
		for _, q := range batch {
			all[sha256.Sum256(q.Bytes)], after = q.Seq, q.Seq
		}
	}
}
