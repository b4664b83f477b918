// Package catalogue is what a ministry changes without a new program: offices,
// services, the questions of forms, sentences, holidays. It lies over what is
// embedded, file for file, and counts only where all of it together can be used.
package catalogue

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/words"
	"loket/kiosk/workday"
)

// MaxBytes is how large all files of a catalogue may be together.
const MaxBytes = 1 << 20

// Files are the files in place of embedded ones, by path, such as
// "forms/complaint.toml".
type Files map[string]string

// Errors of a catalogue that cannot be used.
var (
	ErrLarge = fmt.Errorf("a catalogue has at most %d bytes", MaxBytes)
	ErrName  = errors.New("not a file that can be changed")
)

// patterns are the files that can be changed.
var patterns = []string{"offices.toml", "services.toml", "forms/*.toml", "words/*.toml", "holidays/id.csv"}

// Names lists the files that can be changed.
func Names(base fs.FS) (all []string, err error) {
	for _, p := range patterns {
		names, err := fs.Glob(base, p)
		if err != nil {
			return nil, err
		}
		all = append(all, names...)
	}
	return all, nil
}

// Over returns base with the files of f in place of its own. Folders are the base's:
// no file is new.
func (f Files) Over(base fs.FS) fs.FS { return over{base, f} }

type over struct {
	base fs.FS
	mine Files
}

// Open implements fs.FS.
func (o over) Open(name string) (fs.File, error) {
	if text, ok := o.mine[name]; ok {
		return &file{strings.NewReader(text), path.Base(name), int64(len(text))}, nil
	}
	return o.base.Open(name)
}

// file is a file of a catalogue, open.
type file struct {
	*strings.Reader
	name string
	size int64
}

// Stat implements fs.File.
func (f *file) Stat() (fs.FileInfo, error) { return f, nil }

// Close implements fs.File.
func (f *file) Close() error { return nil }

// Name, Size, Mode, ModTime, IsDir and Sys implement fs.FileInfo.
func (f *file) Name() string       { return f.name }
func (f *file) Size() int64        { return f.size }
func (f *file) Mode() fs.FileMode  { return 0o444 }
func (f *file) ModTime() time.Time { return time.Time{} }
func (f *file) IsDir() bool        { return false }
func (f *file) Sys() any           { return nil }

// Check reports whether everything can be used with f lying over base, in words for
// who wrote it: the file, and what is wrong there.
func Check(base fs.FS, f Files) error {
	names, err := Names(base)
	if err != nil {
		return err
	}
	size := 0
	for name, text := range f {
		if !slices.Contains(names, name) {
			return fmt.Errorf("%q: %w", name, ErrName)
		}
		if size += len(name) + len(text); size > MaxBytes {
			return ErrLarge
		}
	}
	files := f.Over(base)
	if _, err := form.Load(files); err != nil {
		return err
	}
	if _, err := workday.Load(files); err != nil {
		return err
	}
	now, err := words.Load(files)
	if err != nil {
		return err
	}
	before, err := words.Load(base)
	if err != nil {
		return err
	}
	return sayTheSame(before, now)
}

var placeholder = regexp.MustCompile(`\{[a-z_0-9]+\}`)

// sayTheSame reports whether no sentence is missing, and none asks for what the
// program does not put in.
func sayTheSame(before, now *words.Catalogue) error {
	for _, key := range before.Keys() {
		if !now.Has(key) {
			return fmt.Errorf("words: the sentence %q is missing", key)
		}
		for _, l := range kiosk.Languages {
			known := placeholder.FindAllString(before.In(l).T(key), -1)
			for _, p := range placeholder.FindAllString(now.In(l).T(key), -1) {
				if !slices.Contains(known, p) {
					return fmt.Errorf("words: %q in %q is not put in by the program; it knows %s", p, key, strings.Join(known, " "))
				}
			}
		}
	}
	for _, key := range now.Keys() {
		if !before.Has(key) {
			return fmt.Errorf("words: no screen says %q", key)
		}
	}
	return nil
}

// Raised reports whether every form that next asks otherwise than now has a higher
// version: answers are read with the questions they were given to.
func Raised(base fs.FS, now, next Files) error {
	for name := range merge(now, next) {
		if dir, _ := path.Split(name); dir != "forms/" {
			continue
		}
		a, err := form.Read(now.Over(base), name)
		if err != nil {
			return err
		}
		b, err := form.Read(next.Over(base), name)
		if err != nil {
			return err
		}
		if b.Version <= a.Version && !reflect.DeepEqual(a, b) {
			return fmt.Errorf("%s: raise its version to %d or higher: version %d is in use", name, a.Version+1, a.Version)
		}
	}
	return nil
}

func merge(a, b Files) Files {
	all := maps.Clone(a)
	if all == nil {
		all = Files{}
	}
	maps.Copy(all, b)
	return all
}
