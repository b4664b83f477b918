//go:build unix

package doctor

import (
	"context"
	"os/exec"
	"strings"
)

const (
	setClock = "set it: timedatectl set-ntp true, or timedatectl set-time"
	setNTP   = "timedatectl set-ntp true"
)

// followsNTP asks systemd whether a time server keeps the clock.
func followsNTP(ctx context.Context) (follows, known bool) {
	said, err := exec.CommandContext(ctx, "timedatectl", "show", "--property=NTPSynchronized", "--value").Output()
	answer := strings.TrimSpace(string(said))
	return answer == "yes", err == nil && (answer == "yes" || answer == "no")
}
