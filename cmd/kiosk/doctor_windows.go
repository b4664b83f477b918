package main

import (
	"strings"

	"golang.org/x/sys/windows/registry"
)

// soundNext is what to do where screens are not read aloud.
const soundNext = "install eSpeak NG for Windows, and see that a loudspeaker is there; or set sound.output = \"none\""

// memory looks whether what visitors write could reach a disk by way of the paging
// file: the window keeps its memory out of crash reports, but this it cannot.
func (e *examination) memory() {
	const manager = `SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management`
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, manager, registry.QUERY_VALUE)
	if err != nil {
		return // it is not told
	}
	defer k.Close()
	files, _, err := k.GetStringsValue("ExistingPageFiles")
	if err != nil {
		return
	}
	sealed := false
	if k, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Policies`, registry.QUERY_VALUE); err == nil {
		n, _, err := k.GetIntegerValue("NtfsEncryptPagingFile")
		sealed = err == nil && n == 1
		k.Close()
	}
	switch {
	case len(files) == 0:
		e.Well("memory", "nothing is paged to a disk")
	case sealed:
		e.Well("memory", "the paging file is encrypted")
	default:
		e.Note("memory", "as administrator: fsutil behavior set encryptpagingfile 1, and restart; not needed where BitLocker encrypts the disk", "this machine pages to %s: what visitors write could reach the disk unsealed", strings.ReplaceAll(strings.Join(files, ", "), `\??\`, ""))
	}
}
