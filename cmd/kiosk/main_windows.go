package main

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// settleIn does what Windows leaves to programs. This one has a window and hence no
// console of its own: it takes the one it was called from, for what was not sent
// elsewhere. And where no data folder is given it is Windows' place for such.
func settleIn() {
	const parent = ^uintptr(0) // ATTACH_PARENT_PROCESS
	if took, _, _ := windows.NewLazySystemDLL("kernel32.dll").NewProc("AttachConsole").Call(parent); took != 0 {
		take(&os.Stdin, windows.STD_INPUT_HANDLE, "CONIN$")
		take(&os.Stdout, windows.STD_OUTPUT_HANDLE, "CONOUT$")
		take(&os.Stderr, windows.STD_ERROR_HANDLE, "CONOUT$")
	}
	if os.Getenv("LOKET_DATA") == "" {
		if place, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, 0); err == nil {
			os.Setenv("LOKET_DATA", filepath.Join(place, "Loket"))
		}
	}
}

// take puts the console in the place of a stream that leads nowhere.
func take(stream **os.File, which uint32, console string) {
	if hears(*stream) {
		return
	}
	f, err := os.OpenFile(console, os.O_RDWR, 0)
	if err != nil {
		return
	}
	*stream = f
	windows.SetStdHandle(which, windows.Handle(f.Fd())) // for what Go says when it panics
}

// hears reports whether a stream leads to a file, a pipe or a console that is there.
func hears(f *os.File) bool {
	h := windows.Handle(f.Fd())
	switch kind, err := windows.GetFileType(h); {
	case err != nil:
		return false
	case kind == windows.FILE_TYPE_DISK, kind == windows.FILE_TYPE_PIPE:
		return true
	}
	var mode uint32
	return windows.GetConsoleMode(h, &mode) == nil
}
