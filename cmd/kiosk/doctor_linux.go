package main

import (
	"io"
	"os"
	"strings"
)

// soundNext is what to do where screens are not read aloud.
const soundNext = "apt install espeak-ng, and see that a sound card is there; or set sound.output = \"none\""

// memory looks whether what visitors write could reach a disk by way of swapping:
// the window forbids cores by itself, but this it cannot.
func (e *examination) memory() {
	f, err := os.Open("/proc/swaps")
	if err != nil {
		return // nothing here swaps
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 64<<10))
	if err != nil {
		return
	}
	e.swaps(string(b))
}

func (e *examination) swaps(table string) {
	var onDisk []string
	for _, line := range strings.Split(strings.TrimSpace(table), "\n")[1:] {
		if name, _, _ := strings.Cut(line, " "); !strings.HasPrefix(name, "/dev/zram") {
			onDisk = append(onDisk, name)
		}
	}
	if len(onDisk) > 0 {
		e.Note("memory", "swapoff -a and take it out of /etc/fstab, or encrypt it", "this machine swaps to %s: what visitors write could reach the disk unsealed", strings.Join(onDisk, ", "))
		return
	}
	e.Well("memory", "nothing is swapped to a disk")
}
