package stick

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"

	"loket/kiosk/disk"
	"loket/kiosk/seal"
)

// ErrStranger says that a kiosk is not one of this hub's.
var ErrStranger = errors.New("that kiosk is not one of this hub's; nothing was stored")

// Hub is the end of the way where reports are kept; package hub has one.
type Hub interface {
	// Carry stores what is true of a file, and returns once it is on disk. It
	// returns [ErrStranger] for a file of a kiosk it does not know.
	Carry(ctx context.Context, f File) (Receipt, error)
	// Answer answers a kiosk's question; [ErrStranger] for one it does not know.
	Answer(ctx context.Context, a Ask) (Answer, error)
}

// Receipt is what became of the reports of a file.
type Receipt struct {
	Stored      int // new
	Already     int // there before
	Quarantined int // new, but kept apart: the hub cannot use them
	Damaged     int // neither the kiosk's nor whole any more; nothing of them was stored
	Acks        []seal.Signed
}

// Delivery is what became of one file.
type Delivery struct {
	Name    string // as it is on the stick: quote it before you show it
	Kiosk   string
	Promise int // reports that the file should hold; 0 where its beginning is damaged
	Receipt
	Answered bool  // it was a question, and the answer stands beside it
	Err      error // why it was skipped, or why the hub's word is not beside it
}

// Missing is how many reports of the file could not be stored.
func (d Delivery) Missing() int {
	return max(0, d.Promise-d.Stored-d.Already-d.Quarantined)
}

// Whole reports whether all that the file should hold was stored, and the hub's word
// stands beside it.
func (d Delivery) Whole() bool {
	return d.Err == nil && (d.Answered || d.Promise > 0 && d.Missing() == 0)
}

// Deliver brings files, or what stands in folders, to a hub, and writes what the hub
// signed beside them. A folder is a stick, its folder LOKET, or that of one kiosk.
// What is not ours is skipped and said. An error is the hub's own; it ends the
// delivery, and everything before it is stored. ctx is looked at between files.
// progress may be nil.
func Deliver(ctx context.Context, paths []string, to Hub, progress func(done, total int)) (all []Delivery, err error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	type work struct {
		in   folder
		name string
	}
	var todo []work
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		dir := path
		if !info.IsDir() {
			dir = filepath.Dir(path)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, err
		}
		defer root.Close()
		if !info.IsDir() {
			todo = append(todo, work{folder{root, "."}, filepath.Base(path)})
			continue
		}
		given, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		folders, skipped := find(folder{root, "."}, filepath.Base(given))
		all = append(all, skipped...)
		for _, f := range folders {
			names, err := f.list()
			if err != nil {
				all = append(all, Delivery{Name: f.path, Err: err})
				continue
			}
			for _, name := range names {
				if strings.EqualFold(name, ask) { // first: what a chain begins with is known before its reports
					todo = append(todo, work{f, name})
				}
			}
			for _, name := range names {
				switch {
				case reportsName.MatchString(name):
					todo = append(todo, work{f, name})
				case !ours(name):
					all = append(all, Delivery{Name: f.at(name), Err: ErrMalformed})
				}
			}
		}
	}
	answers := map[int]func(*Delivery){} // written last: reports that are stored may make room
	for i, w := range todo {
		if ctx.Err() != nil {
			return all, ctx.Err()
		}
		d := Delivery{Name: w.in.at(w.name)}
		switch {
		case strings.EqualFold(w.name, ask):
			var said Answer
			if said, err = d.answer(ctx, w.in, w.name, to); d.Answered {
				answers[len(all)] = func(d *Delivery) { d.Err = beside(w.in, answer, said) }
			}
		case reportsName.MatchString(w.name):
			err = d.carry(ctx, w.in, w.name, to)
		default:
			d.Err = ErrMalformed
		}
		all = append(all, d)
		if err != nil {
			return all, fmt.Errorf("import %q: %w", d.Name, err)
		}
		progress(i+1, len(todo))
	}
	for i, write := range answers {
		write(&all[i])
	}
	return all, nil
}

// find returns the folders of kiosks in what was given: a stick, its folder LOKET,
// or one kiosk's.
func find(given folder, base string) (all []folder, skipped []Delivery) {
	if isKiosk(base) {
		return []folder{given}, nil
	}
	in := given
	if !strings.EqualFold(base, top) {
		name, found := given.child(top)
		if !found {
			return []folder{given}, nil
		}
		var ok bool
		if in, ok = given.sub(name); !ok {
			return nil, []Delivery{{Name: name, Err: ErrNotFile}}
		}
	}
	names, err := in.list()
	if err != nil {
		return nil, []Delivery{{Name: in.path, Err: err}}
	}
	for _, name := range names {
		if f, ok := in.sub(name); ok && isKiosk(name) {
			all = append(all, f)
		} else {
			skipped = append(skipped, Delivery{Name: in.at(name), Err: ErrMalformed})
		}
	}
	return all, skipped
}

// carry brings one file of reports. Only the hub's own failure is an error.
func (d *Delivery) carry(ctx context.Context, in folder, name string, to Hub) error {
	b, err := in.read(name, maxFile)
	if err != nil {
		d.Err = err
		return nil
	}
	f, err := Decode(b)
	if err != nil {
		d.Err = err
		return nil
	}
	d.Kiosk, d.Promise = f.Header.Kiosk, len(f.Header.Reports)
	d.Receipt, err = to.Carry(ctx, f)
	if errors.Is(err, ErrStranger) {
		d.Err = err
		return nil
	}
	if err != nil {
		return err
	}
	if len(d.Acks) == 0 {
		return nil
	}
	d.Err = beside(in, name+acks, Acks{d.Acks})
	if disk.Full(d.Err) && f.Clean && d.Missing() == 0 {
		// All of it is stored, and the kiosk keeps what it has no word of: the word
		// takes its place.
		if d.Err = in.remove(name); d.Err == nil {
			d.Err = beside(in, name+acks, Acks{d.Acks})
		}
	}
	return nil
}

// answer has one kiosk's question answered.
func (d *Delivery) answer(ctx context.Context, in folder, name string, to Hub) (said Answer, err error) {
	b, err := in.read(name, maxWords)
	if err != nil {
		d.Err = err
		return said, nil
	}
	var a Ask
	if json.Unmarshal(b, &a, json.RejectUnknownMembers(true)) != nil || !isKiosk(a.Kiosk) {
		d.Err = ErrMalformed
		return said, nil
	}
	d.Kiosk = a.Kiosk
	said, err = to.Answer(ctx, a)
	if errors.Is(err, ErrStranger) {
		d.Err = err
		return said, nil
	}
	d.Answered = err == nil
	return said, err
}

// beside writes the hub's word, unless it stands there already.
func beside(in folder, name string, word any) error {
	b, err := json.Marshal(word, json.Deterministic(true))
	if err == nil {
		if there, err := in.read(name, maxAnswer); err == nil && bytes.Equal(there, b) {
			return nil
		}
		err = in.write(name, b, 0o644)
	}
	if err != nil {
		return fmt.Errorf("what was whole is stored, but the hub's word could not be written onto the stick; make room on it, or take the write protection off, and import again: %w", err)
	}
	return nil
}
