package main

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// settleIn gives the data folder where none is given: Windows' place for such.
func settleIn() {
	if os.Getenv("LOKET_HUB_DATA") != "" {
		return
	}
	if place, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, 0); err == nil {
		os.Setenv("LOKET_HUB_DATA", filepath.Join(place, "LoketHub"))
	}
}
