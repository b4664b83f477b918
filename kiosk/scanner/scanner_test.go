package scanner_test

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"loket/kiosk/attach"
	"loket/kiosk/scanner"
)

// The real program, with the device that SANE has for tests.
func TestAPageOfTheTestDevice(t *testing.T) {
	if _, err := exec.LookPath("scanimage"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("scanimage is not here; make setup installs it")
		}
		t.Skip("scanimage is not here; make setup installs it")
	}
	s, err := scanner.Find(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.Page(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	size, err := jpeg.DecodeConfig(bytes.NewReader(page))
	if err != nil || size.Width < 400 || len(page) > attach.Page.Bytes {
		t.Errorf("%v, %d bytes, %v", size, len(page), err)
	}
	if none, err := scanner.Find(t.Context(), "nosuch:device"); err != nil {
		t.Error(err)
	} else if _, err := none.Page(t.Context()); err == nil {
		t.Error("a device that is not there scans")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := s.Page(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// in puts a program of the name scanimage before all others.
func in(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "scanimage"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
}

func TestFinding(t *testing.T) {
	in(t, `printf 'v4l:/dev/video0\ntest:0\nescl:https://10.0.0.9:443\n'`)
	if s, err := scanner.Find(t.Context(), "auto"); err != nil || s.Name() != "escl:https://10.0.0.9:443" {
		t.Errorf("%+v, %v", s, err)
	}
	in(t, `printf 'v4l:/dev/video0\n'`)
	if _, err := scanner.Find(t.Context(), "auto"); !errors.Is(err, scanner.ErrNone) {
		t.Error("a camera is taken for a scanner:", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := scanner.Find(t.Context(), "auto"); !errors.Is(err, scanner.ErrNone) {
		t.Error(err)
	}
}

func TestScannersThatDoNotWell(t *testing.T) {
	for name, script := range map[string]string{
		"nothing":            `exit 0`,
		"refuses":            `echo "scanimage: open of device failed: Invalid argument" >&2; exit 4`,
		"half a page":        `printf '\211PNG\r\n\032\n'`,
		"a PDF":              `printf '%%PDF-1.7'`,
		"bytes without end":  `exec cat /dev/zero`,
		"complains for ever": `exec yes >&2`,
	} {
		t.Run(name, func(t *testing.T) {
			in(t, script)
			s, err := scanner.Find(t.Context(), "any")
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
			defer stop()
			began := time.Now()
			if page, err := s.Page(ctx); err == nil || page != nil {
				t.Errorf("%d bytes, %v", len(page), err)
			}
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}
