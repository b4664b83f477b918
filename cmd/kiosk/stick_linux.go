package main

import (
	"os"
	"strings"
)

// sticks are the folders that sticks are mounted at and can be written to.
func sticks() ([]string, error) {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	return mountedSticks(string(b)), nil
}

// mountedSticks finds sticks in /proc/self/mountinfo (proc(5)).
func mountedSticks(mounts string) (all []string) {
	octal := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	for line := range strings.Lines(mounts) {
		fields := strings.Fields(line)
		if len(fields) < 6 || !strings.HasPrefix(fields[4], "/media/") && !strings.HasPrefix(fields[4], "/run/media/") || strings.HasPrefix(fields[5], "ro") {
			continue
		}
		all = append(all, octal.Replace(fields[4]))
	}
	return all
}
