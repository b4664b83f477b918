// Package scanner takes papers from a flatbed, by SANE's program scanimage. What is
// scanned goes through a pipe and stays in memory: it touches no disk.
package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"loket/kiosk/attach"
)

// ErrNone says that there is no scanner, or no program to work it with.
var ErrNone = errors.New("no scanner")

// Within is how long one page may take.
const Within = 90 * time.Second

// Scanner is one device.
type Scanner struct{ program, device string }

// Find returns the scanner with a name, or for "auto" the first there is that is no
// camera. It returns [ErrNone].
func Find(ctx context.Context, device string) (*Scanner, error) {
	program, err := exec.LookPath("scanimage")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	if device != "auto" {
		return &Scanner{program, device}, nil
	}
	list, err := run(ctx, program, "--formatted-device-list=%d%n")
	if err != nil {
		return nil, fmt.Errorf("look for a scanner: %w", err)
	}
	for name := range strings.Lines(string(list)) {
		if name = strings.TrimSpace(name); name != "" && !strings.HasPrefix(name, "v4l:") && !strings.HasPrefix(name, "test:") {
			return &Scanner{program, name}, nil
		}
	}
	return nil, ErrNone
}

// Name is the device, as SANE calls it.
func (s *Scanner) Name() string { return s.device }

// Page scans one page and returns it as a JPEG that [attach.Page] fits.
func (s *Scanner) Page(ctx context.Context) ([]byte, error) {
	ctx, stop := context.WithTimeout(ctx, Within)
	defer stop()
	// What a device calls its options is its own affair: without them it does as it
	// likes best.
	raw, err := run(ctx, s.program, "--device-name="+s.device, "--format=png", "--mode=Color", "--resolution=200")
	if err != nil && ctx.Err() == nil {
		raw, err = run(ctx, s.program, "--device-name="+s.device, "--format=png")
	}
	if err != nil {
		return nil, fmt.Errorf("scan a page: %w", err)
	}
	kind, page, err := attach.Clean(raw, attach.Page)
	if err != nil {
		return nil, fmt.Errorf("scan a page: %w", err)
	}
	if kind != attach.JPEG {
		return nil, fmt.Errorf("scan a page: the scanner sent %s", kind)
	}
	return page, nil
}

// run returns what scanimage writes, so much at most. What it complains of is about
// devices, never about what is on a page.
func run(ctx context.Context, program string, args ...string) ([]byte, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = 5 * time.Second
	complaint := &first{most: 200}
	cmd.Stderr = complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(out, int64(attach.Page.Most)+1))
	if len(b) > attach.Page.Most {
		stop()
		err = attach.ErrLarge
	}
	if waited := cmd.Wait(); err == nil && waited != nil {
		line, _, _ := strings.Cut(string(complaint.b), "\n")
		err = fmt.Errorf("%w: %s", waited, line)
	}
	return b, err
}

// first keeps the first bytes that are written to it.
type first struct {
	b    []byte
	most int
}

// Write implements io.Writer.
func (f *first) Write(b []byte) (int, error) {
	f.b = append(f.b, b[:min(len(b), f.most-len(f.b))]...)
	return len(b), nil
}
