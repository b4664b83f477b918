package main

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	fusefs "github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// sector is what a disk writes as a whole or not at all, bytes.
const sector = 512

// lossyDisk is a file system that remembers each file as it was when it was last
// synced. A cut leaves of everything since a random choice of sectors, as a disk
// does that reorders what it was not told to keep. That a file was made, renamed
// or removed counts as kept.
type lossyDisk struct {
	backing   string
	forgotten int // bytes that cuts took back

	mu   sync.Mutex
	kept map[string][]byte // by path in backing, as last synced
}

// mountLossy mounts one, or says why it cannot be.
func mountLossy(t *testing.T, mount string) (*lossyDisk, string) {
	t.Helper()
	d := &lossyDisk{backing: t.TempDir(), kept: map[string][]byte{}}
	root := &fusefs.LoopbackRoot{Path: d.backing}
	top := &lossyNode{LoopbackNode: fusefs.LoopbackNode{RootData: root}, disk: d}
	root.RootNode = top
	server, err := fusefs.Mount(mount, top, &fusefs.Options{MountOptions: fuse.MountOptions{DirectMount: true, FsName: "lossy"}})
	if err != nil {
		return nil, err.Error()
	}
	t.Cleanup(func() {
		if server.Unmount() != nil {
			exec.Command("umount", "-l", mount).Run()
		}
	})
	return d, ""
}

type lossyNode struct {
	fusefs.LoopbackNode
	disk *lossyDisk
}

var _ fusefs.NodeWrapChilder = (*lossyNode)(nil)

// WrapChild makes what is below a lossy folder lossy too.
func (n *lossyNode) WrapChild(_ context.Context, child fusefs.InodeEmbedder) fusefs.InodeEmbedder {
	if plain, ok := child.(*fusefs.LoopbackNode); ok {
		return &lossyNode{LoopbackNode: fusefs.LoopbackNode{RootData: plain.RootData}, disk: n.disk}
	}
	return child
}

var (
	_ = (fusefs.NodeOpener)((*lossyNode)(nil))
	_ = (fusefs.NodeCreater)((*lossyNode)(nil))
	_ = (fusefs.NodeUnlinker)((*lossyNode)(nil))
	_ = (fusefs.NodeRenamer)((*lossyNode)(nil))
	_ = (fusefs.NodeFsyncer)((*lossyNode)(nil))
)

func (n *lossyNode) path(name string) string {
	return filepath.Join(n.disk.backing, n.Path(nil), name)
}

func (n *lossyNode) Open(ctx context.Context, flags uint32) (fusefs.FileHandle, uint32, syscall.Errno) {
	return n.LoopbackNode.Open(ctx, flags)
}

func (n *lossyNode) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fusefs.Inode, fusefs.FileHandle, uint32, syscall.Errno) {
	return n.LoopbackNode.Create(ctx, name, flags, mode, out)
}

func (n *lossyNode) Unlink(ctx context.Context, name string) syscall.Errno {
	n.disk.mu.Lock()
	delete(n.disk.kept, n.path(name))
	n.disk.mu.Unlock()
	return n.LoopbackNode.Unlink(ctx, name)
}

func (n *lossyNode) Rename(ctx context.Context, name string, parent fusefs.InodeEmbedder, to string, flags uint32) syscall.Errno {
	from, into := n.path(name), filepath.Join(n.disk.backing, parent.EmbeddedInode().Path(nil), to)
	no := n.LoopbackNode.Rename(ctx, name, parent, to, flags)
	if no == 0 {
		n.disk.mu.Lock()
		n.disk.kept[into] = n.disk.kept[from]
		delete(n.disk.kept, from)
		n.disk.mu.Unlock()
	}
	return no
}

// Fsync notes the file as it is: from here on a cut leaves it so.
func (n *lossyNode) Fsync(ctx context.Context, f fusefs.FileHandle, flags uint32) syscall.Errno {
	b, err := os.ReadFile(n.path(""))
	if err != nil {
		if info, is := os.Stat(n.path("")); is == nil && info.IsDir() {
			return 0
		}
		return syscall.EIO
	}
	n.disk.mu.Lock()
	n.disk.kept[n.path("")] = b
	n.disk.mu.Unlock()
	return 0
}

// each calls f for every file.
func (d *lossyDisk) each(f func(path string, now []byte) error) error {
	return filepath.WalkDir(d.backing, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !e.Type().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		now, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return f(path, now)
	})
}

// keepAll syncs everything.
func (d *lossyDisk) keepAll() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.each(func(path string, now []byte) error { d.kept[path] = now; return nil })
}

// cut takes the power away.
func (d *lossyDisk) cut(r *rand.Rand) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.each(func(path string, now []byte) error {
		kept := d.kept[path]
		after := append([]byte(nil), now...)
		if len(now) != len(kept) { // the length is one or the other, or between
			longer, shorter := max(len(now), len(kept)), min(len(now), len(kept))
			after = append(after, make([]byte, longer-len(after))...)[:shorter+r.IntN(longer-shorter+1)]
		}
		for at := 0; at < len(after); at += sector {
			end := min(at+sector, len(after))
			old := make([]byte, end-at)
			if at < len(kept) {
				copy(old, kept[at:])
			}
			if string(old) != string(after[at:end]) && r.IntN(2) == 0 {
				d.forgotten += end - at
				copy(after[at:end], old)
			}
		}
		d.kept[path] = after
		return os.WriteFile(path, after, 0o600)
	})
}
