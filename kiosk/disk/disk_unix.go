//go:build unix

package disk

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Room returns how much of the disk under dir this program may still use, and its
// size, in bytes.
func Room(dir string) (free, size uint64, err error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return 0, 0, err
	}
	return disk.Bavail * uint64(disk.Bsize), disk.Blocks * uint64(disk.Bsize), nil
}

// Same reports whether two folders are known to be on one disk.
func Same(a, b string) bool {
	var one, other unix.Stat_t
	return unix.Stat(a, &one) == nil && unix.Stat(b, &other) == nil && one.Dev == other.Dev
}

// Others returns who can get at a file or folder besides its owner.
func Others(path string) (Access, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Access{}, err
	}
	mode := info.Mode().Perm()
	a := Access{Everybody: mode&0o007 != 0}
	if mode&0o070 != 0 {
		a.Groups = []string{fmt.Sprintf("a group (%04o)", mode)}
	}
	return a, nil
}

// Stranger names the owner of a file if that is not who asks; it is empty otherwise.
func Stranger(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		return fmt.Sprint("user ", owner.Uid)
	}
	return ""
}

// Shut is the command that leaves a file or folder to its owner.
func Shut(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return "chmod 700 " + path
	}
	return "chmod 600 " + path
}

// Settle waits until a file, or what a folder lists, is on the disk.
func Settle(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// SettleOpen does it for a folder that is open already.
func SettleOpen(f *os.File) error { return f.Sync() }

// Full reports whether an error says that a disk has no room left.
func Full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func makeOwn(dir string) error { return os.Mkdir(dir, 0o700) }

func rename(from, to string) error { return os.Rename(from, to) }
