// Package staff lets the people of an office into the receptionist's part of a
// kiosk: each by a PIN of their own that the hub gave out, checked on the kiosk,
// without a network too.
package staff

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"

	"loket/kiosk/disk"
	"loket/kiosk/seal"
)

// Digits is the length of a PIN.
const Digits = 6

// Cost of a PIN in argon2id: the least that OWASP advises (19 MiB, 2 passes, 1
// lane), for a kiosk compares it with everybody's. What guards a PIN of so few
// digits is the waiting between tries.
const (
	pinMemory = 19 << 10 // KiB
	pinTime   = 2
	pinLanes  = 1
)

// MostPeople is how many receptionists an office may have; a kiosk knows those of
// the offices above its own too, mostKnown in all.
const (
	MostPeople = 30
	mostKnown  = 4 * MostPeople
)

// HashPIN is what is kept of a PIN.
func HashPIN(pin string) string { return Hash(pin, pinMemory, pinTime, pinLanes) }

// Hash is what is kept of a secret: argon2id with a fresh salt as a PHC string.
// memory is in KiB.
func Hash(secret string, memory, passes uint32, lanes uint8) string {
	var salt [16]byte
	rand.Read(salt[:])
	key := argon2.IDKey([]byte(secret), salt[:], passes, memory, lanes, 32)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, b64.EncodeToString(salt[:]), b64.EncodeToString(key))
}

// Fits reports whether a secret is the one that a PHC string of argon2id is kept of.
func Fits(phc, secret string) bool {
	var version int
	var memory, passes uint32
	var lanes uint8
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil || memory > 1<<20 || passes == 0 || passes > 100 || lanes == 0 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) == 0 {
		return false
	}
	return subtle.ConstantTimeCompare(want, argon2.IDKey([]byte(secret), salt, passes, memory, lanes, uint32(len(want)))) == 1
}

// Errors of the door.
var (
	ErrPIN    = errors.New("no receptionist has this PIN")
	ErrNobody = errors.New("the hub has not told this kiosk of any receptionist")
)

// WaitError says that there were too many wrong PINs, and until when to wait. Nobody
// waits for ever.
type WaitError struct{ Until time.Time }

// Error implements error.
func (e *WaitError) Error() string { return "too many wrong PINs" }

// After free wrong PINs comes a wait, twice as long after each further one.
const (
	free     = 5
	shortest = 30 * time.Second
	longest  = 15 * time.Minute
)

// Door opens for those who know a PIN. It keeps who they are and how often it was
// tried in one file: pulling the plug gives nobody more tries.
type Door struct {
	file string
	now  func() time.Time
	mu   sync.Mutex
	kept kept
}

type kept struct {
	People []seal.Receptionist `json:"people"`
	Wrong  int                 `json:"wrong"` // PINs since the last right one
	Until  time.Time           `json:"until"` // no PIN is looked at before
}

// Open reads the door kept in dir; none yet is no error. With an error comes a door
// that knows nobody, until the hub tells again.
func Open(dir string, now func() time.Time) (*Door, error) {
	d := &Door{file: filepath.Join(dir, "staff.json"), now: now}
	b, err := os.ReadFile(d.file)
	if errors.Is(err, fs.ErrNotExist) {
		return d, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &d.kept)
	}
	if err != nil {
		d.kept = kept{}
		return d, fmt.Errorf("who may open the receptionist's part: %w", err)
	}
	return d, nil
}

// Know takes up who the hub says the receptionists are.
func (d *Door) Know(people []seal.Receptionist) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(people) > mostKnown {
		return fmt.Errorf("%d receptionists for one kiosk; at most %d", len(people), mostKnown)
	}
	same := len(people) == len(d.kept.People)
	for i := 0; same && i < len(people); i++ {
		same = people[i] == d.kept.People[i]
	}
	if same {
		return nil
	}
	d.kept.People = people
	return d.save()
}

// Known is how many people have a PIN here.
func (d *Door) Known() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.kept.People)
}

// Enter returns who has the PIN. It returns [ErrNobody], [ErrPIN], or a [WaitError]
// after too many wrong ones. It takes some hundredths of a second for each
// receptionist.
func (d *Door) Enter(pin string) (name string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.kept.People) == 0 {
		return "", ErrNobody
	}
	if until := d.waiting(); !until.IsZero() {
		return "", &WaitError{until}
	}
	// The try is on the disk before it is looked at.
	before := d.kept
	d.kept.Wrong++
	if n := d.kept.Wrong - free; n >= 0 {
		d.kept.Until = d.now().Add(min(shortest<<min(n, 10), longest))
	}
	if err := d.save(); err != nil {
		d.kept = before
		return "", err
	}
	for _, p := range d.kept.People { // all of them: how long it takes says nothing
		if Fits(p.PIN, pin) {
			name = p.Name
		}
	}
	if name == "" {
		if until := d.waiting(); !until.IsZero() {
			return "", &WaitError{until}
		}
		return "", ErrPIN
	}
	d.kept.Wrong, d.kept.Until = 0, time.Time{}
	return name, d.save()
}

// waiting is until when nobody may try, zero for now. A clock that was put back does
// not lengthen it.
func (d *Door) waiting() time.Time {
	left := d.kept.Until.Sub(d.now())
	if left <= 0 {
		return time.Time{}
	}
	return d.now().Add(min(left, longest))
}

func (d *Door) save() error {
	b, err := json.Marshal(d.kept)
	if err != nil {
		return err
	}
	if err := disk.Write(d.file, b); err != nil {
		return fmt.Errorf("keep the tries: %w", err)
	}
	return nil
}
