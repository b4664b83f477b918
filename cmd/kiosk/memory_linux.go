package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"loket/ui"
)

// attendance is nothing here: a service of systemd starts the window again.
type attendance struct{}

// keepToItself makes sure that what visitors write stays in this process's memory,
// and there no longer than the visit: no core, no other program of the same user
// may look, what is freed is overwritten, and Fyne soon forgets what it drew. Go and
// Fyne read the last two from the environment when they start, so the program
// starts once more, in the same process.
func (attendance) keepToItself(context.Context, string) error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("no core files: %w", err)
	}
	if settings := os.Getenv("GODEBUG"); !strings.Contains(settings, clears) {
		program, err := os.Executable()
		if err != nil {
			return fmt.Errorf("starting again: %w", err)
		}
		env := append(os.Environ(), "GODEBUG="+strings.TrimPrefix(settings+","+clears, ","), "FYNE_CACHE="+ui.DrawnFor.String())
		return fmt.Errorf("starting again: %w", syscall.Exec(program, os.Args, env))
	}
	// After the start: it ends with an exec.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("no core files: %w", err)
	}
	return nil
}

// startAgain starts the program anew, in the same process, if that is what ended it.
func startAgain(err error) error {
	var a *again
	if !errors.As(err, &a) {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("starting again: %w", err)
	}
	return fmt.Errorf("starting again: %w", syscall.Exec(program, append([]string{os.Args[0]}, a.args...), os.Environ()))
}
