package doctor

import (
	"context"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"
)

const (
	setClock = "set it: Windows' settings, Time & language, Set time automatically"
	setNTP   = "Windows' settings, Time & language, Set time automatically"
)

// followsNTP asks Windows' time service whether a time server keeps the clock. Its
// words are in the system's language; the leap indicator on the first line is a number,
// and 3 of one that is not synchronised. Some versions tell administrators alone.
func followsNTP(ctx context.Context) (follows, known bool) {
	cmd := exec.CommandContext(ctx, "w32tm", "/query", "/status")
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW}
	said, err := cmd.Output()
	_, indicator, told := strings.Cut(string(said), ": ")
	if err != nil || !told || indicator == "" || indicator[0] < '0' || indicator[0] > '3' {
		return false, false
	}
	return indicator[0] != '3', true
}
