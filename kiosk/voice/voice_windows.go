package voice

import (
	"errors"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

// audible looks for a device to play on.
func audible() error {
	if n, _, _ := windows.NewLazySystemDLL("winmm.dll").NewProc("waveOutGetNumDevs").Call(); n == 0 {
		return errors.New("there is no device to play on")
	}
	return nil
}

// program is eSpeak NG where its installer puts it, or on the path.
func program() string {
	if dir, err := windows.KnownFolderPath(windows.FOLDERID_ProgramFiles, 0); err == nil {
		path := filepath.Join(dir, "eSpeak NG", "espeak-ng.exe")
		if _, err := exec.LookPath(path); err == nil {
			return path
		}
	}
	return "espeak-ng"
}

// unseen keeps a program of the command line from opening a console over the kiosk.
func unseen(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW}
}
