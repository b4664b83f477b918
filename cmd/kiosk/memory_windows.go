package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"loket/ui"
)

// attendance is how the window is looked after where no service starts it again.
type attendance struct {
	Stay bool `help:"Start the window again whenever it ends, as the shell of the kiosk's own user must."`
}

// Exit codes of a window that wants to be started anew, by the command that it asks for.
var exitAgain = map[string]int{"run": 75, "setup": 76}

// How long before an ended window is started again, and one that ended soon.
const (
	attendSoon = time.Second
	attendLate = 15 * time.Second
)

// keepToItself makes sure that what visitors write stays in this process's memory,
// and there no longer than the visit: no heap in crash reports, no other program of
// the same user may look, what is freed is overwritten, and Fyne soon forgets what it
// drew. Go and Fyne read the last two from the environment when they start. Windows
// cannot start a program anew in the same process: the first one waits, for whoever
// started it, and the window is in a second one.
func (a attendance) keepToItself(ctx context.Context, dir string) error {
	if !strings.Contains(os.Getenv("GODEBUG"), clears) {
		code, err := a.attend(ctx, dir)
		if err != nil {
			return fmt.Errorf("starting again: %w", err)
		}
		panic(exit(code))
	}
	const noHeap = 1 // WER_FAULT_REPORTING_FLAG_NOHEAP
	if code, _, _ := windows.NewLazySystemDLL("kernel32.dll").NewProc("WerSetFlags").Call(noHeap); code != 0 {
		return fmt.Errorf("no crash reports: WerSetFlags says %#x", code)
	}
	// The user may end the program and wait for it; its memory is for the system and
	// its administrators. OW is the owner, who otherwise could change this list.
	rights, err := windows.SecurityDescriptorFromString("D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x101001;;;OW)")
	if err != nil {
		return fmt.Errorf("no looking into memory: %w", err)
	}
	list, _, err := rights.DACL()
	if err == nil {
		err = windows.SetSecurityInfo(windows.CurrentProcess(), windows.SE_KERNEL_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
	}
	if err != nil {
		return fmt.Errorf("no looking into memory: %w", err)
	}
	return nil
}

// attend runs the window in a process of its own, again when it asks for it or is to
// stay, and returns with what it ended. Both end together: they are one job.
func (a attendance) attend(ctx context.Context, dir string) (int, error) {
	program, err := os.Executable()
	if err != nil {
		return 0, err
	}
	if err := ownFolder(dir); err != nil {
		return 0, err
	}
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, err
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits))); err != nil {
		return 0, err
	}
	if err := windows.AssignProcessToJobObject(job, windows.CurrentProcess()); err != nil {
		return 0, err
	}
	settings := os.Getenv("GODEBUG")
	env := append(os.Environ(), "GODEBUG="+strings.TrimPrefix(settings+","+clears, ","), "FYNE_CACHE="+ui.DrawnFor.String())
	args := os.Args[1:]
	for {
		cmd := exec.Command(program, args...)
		cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, os.Stdin, os.Stdout, os.Stderr
		log, err := windowLog(dir)
		if err != nil {
			return 0, err
		}
		if log != nil {
			cmd.Stderr = log
		}
		since := time.Now()
		err = cmd.Run()
		if log != nil {
			log.Close()
		}
		var ended *exec.ExitError
		if err != nil && !errors.As(err, &ended) {
			return 0, err
		}
		code := cmd.ProcessState.ExitCode()
		pause, asked := attendSoon, ""
		for command, c := range exitAgain {
			if c == code {
				asked = command
			}
		}
		switch {
		case asked != "":
			pause, args = 0, instead(args, asked, dir)
		case !a.Stay || ctx.Err() != nil:
			return code, nil
		case time.Since(since) < attendLate:
			pause = attendLate
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return code, nil
		}
	}
}

// mostLog is how large the window's log may be before another is begun, in bytes.
const mostLog = 4 << 20

// windowLog opens the file that the window writes its log to when nobody else takes
// it; nil where somebody does. The one before is kept.
func windowLog(dir string) (*os.File, error) {
	if hears(os.Stderr) {
		return nil, nil
	}
	path := filepath.Join(dir, "window.log")
	if info, err := os.Stat(path); err == nil && info.Size() > mostLog {
		if err := os.Rename(path, path+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

// instead is a command line of the window with another command, on the same folder and
// in a window of the same size.
func instead(args []string, command, dir string) []string {
	next := []string{command, "--data", dir}
	for i, a := range args {
		if size, ok := strings.CutPrefix(a, "--windowed="); ok {
			next = append(next, "--windowed", size)
		} else if a == "--windowed" && i+1 < len(args) {
			next = append(next, a, args[i+1])
		}
	}
	return next
}

// startAgain ends the program so that it is started anew, if that is what ended it.
func startAgain(err error) error {
	var a *again
	if errors.As(err, &a) {
		panic(exit(exitAgain[a.args[0]]))
	}
	return err
}
