package stick

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"loket/kiosk/disk"
)

// maxEntries is how many files of a folder are looked at.
const maxEntries = 10_000

// ErrCrowded says that a folder holds more than anybody of ours would write.
var ErrCrowded = errors.New("the folder holds too many files")

// ErrNotFile says that a link, a folder or a device stands where a file should.
var ErrNotFile = errors.New("not a plain file; it was not opened")

// Skipped is a file that was left alone, or of which something could not be used.
type Skipped struct {
	Name string // as it is on the stick: quote it before you show it
	Why  error
}

// folder is one folder, which neither a link nor a name leads out of.
type folder struct {
	root *os.Root
	path string // within root
}

// list returns the names that stand in it, in order.
func (f folder) list() ([]string, error) {
	d, err := f.root.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(maxEntries + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(names) > maxEntries {
		return nil, ErrCrowded
	}
	slices.Sort(names)
	return names, nil
}

func (f folder) at(name string) string {
	if f.path == "." {
		return name
	}
	return f.path + "/" + name
}

// read reads a plain file of at most so many bytes.
func (f folder) read(name string, most int) ([]byte, error) {
	plain := func(info fs.FileInfo, err error) error {
		switch {
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			return ErrNotFile
		case info.Size() > int64(most):
			return fmt.Errorf("%d bytes, too many: %w", info.Size(), ErrMalformed)
		}
		return nil
	}
	if err := plain(f.root.Lstat(f.at(name))); err != nil { // opening a pipe would wait for ever
		return nil, err
	}
	in, err := f.root.OpenFile(f.at(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if err := plain(in.Stat()); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(in, int64(most)+1))
	if err == nil && len(b) > most {
		err = fmt.Errorf("it grows: %w", ErrMalformed)
	}
	return b, err
}

// write writes a file that is there whole or not at all, and on the disk when it
// returns.
func (f folder) write(name string, b []byte, mode fs.FileMode) (err error) {
	fresh := f.at(name + part)
	defer func() {
		if err != nil {
			f.root.Remove(fresh)
		}
	}()
	if err := f.root.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	out, err := f.root.OpenFile(fresh, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = out.Write(b)
	if err == nil {
		err = out.Sync()
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	if err := f.root.Rename(fresh, f.at(name)); err != nil {
		return err
	}
	return f.sync()
}

// remove removes files and waits until that is on the disk.
func (f folder) remove(names ...string) error {
	for _, name := range names {
		if err := f.root.Remove(f.at(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return f.sync()
}

// sync waits until the folder itself is on the disk, where its file system can.
func (f folder) sync() error {
	d, err := f.root.Open(f.path)
	if err != nil {
		return err
	}
	err = disk.SettleOpen(d)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

// child returns the name in a folder that is want in upper or lower case: FAT keeps
// no case, and what is shown depends on how it was mounted.
func (f folder) child(want string) (string, bool) {
	names, err := f.list()
	if err != nil {
		return "", false
	}
	for _, name := range names {
		if strings.EqualFold(name, want) {
			return name, true
		}
	}
	return "", false
}

// sub returns a folder in this one.
func (f folder) sub(name string) (folder, bool) {
	s := folder{f.root, f.at(name)}
	info, err := f.root.Stat(s.path)
	return s, err == nil && info.IsDir()
}
