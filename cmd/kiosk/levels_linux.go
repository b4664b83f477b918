package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Sound and brightness, where the system lets us: ALSA's amixer, and a backlight that
// this user may write.

// backlights is where Linux shows the lights of screens.
var backlights = "/sys/class/backlight"

var percentage = regexp.MustCompile(`\[(\d+)%\]`)

// levels returns what can be set, in percent.
func levels() map[string]int {
	all := map[string]int{}
	if out, err := amixer("sget", "Master"); err == nil {
		if m := percentage.FindStringSubmatch(out); m != nil {
			all["volume"], _ = strconv.Atoi(m[1])
		}
	}
	if dir, most, now, ok := backlight(); ok {
		if f, err := os.OpenFile(filepath.Join(dir, "brightness"), os.O_WRONLY, 0); err == nil {
			f.Close()
			all["brightness"] = now * 100 / most
		}
	}
	return all
}

// setLevel sets one of them.
func setLevel(what string, percent int) error {
	if what == "volume" {
		_, err := amixer("sset", "Master", fmt.Sprint(percent, "%"), "unmute")
		return err
	}
	dir, most, _, ok := backlight()
	if !ok {
		return os.ErrNotExist
	}
	return os.WriteFile(filepath.Join(dir, "brightness"), []byte(strconv.Itoa(max(1, most*percent/100))), 0o644)
}

func amixer(args ...string) (string, error) {
	path, err := exec.LookPath("amixer")
	if err != nil {
		return "", err
	}
	cmd := exec.Command(path, args...)
	cmd.WaitDelay = time.Second
	timer := time.AfterFunc(2*time.Second, func() {
		if cmd.Process != nil {
			cmd.Process.Kill()
		}
	})
	defer timer.Stop()
	out, err := cmd.Output()
	return string(out), err
}

// backlight finds the first light of a screen, how bright it can be and is.
func backlight() (dir string, most, now int, ok bool) {
	dirs, err := filepath.Glob(filepath.Join(backlights, "*"))
	if err != nil || len(dirs) == 0 {
		return "", 0, 0, false
	}
	read := func(name string) int {
		b, err := os.ReadFile(filepath.Join(dirs[0], name))
		if err != nil {
			return 0
		}
		n, _ := strconv.Atoi(strings.TrimSpace(string(b)))
		return n
	}
	most, now = read("max_brightness"), read("brightness")
	return dirs[0], most, now, most > 0
}
