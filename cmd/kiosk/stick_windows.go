package main

import "golang.org/x/sys/windows"

// sticks are the drives that Windows calls removable, hold something and can be
// written to. Large sticks that call themselves fixed disks are not among them: the
// setting stick.folder names one.
func sticks() (all []string, err error) {
	drives, err := windows.GetLogicalDrives()
	if err != nil {
		return nil, err
	}
	for i := range 26 {
		if drives&(1<<i) == 0 {
			continue
		}
		root := string(rune('A'+i)) + `:\`
		name, err := windows.UTF16PtrFromString(root)
		if err != nil || windows.GetDriveType(name) != windows.DRIVE_REMOVABLE {
			continue
		}
		var flags uint32
		if windows.GetVolumeInformation(name, nil, 0, nil, nil, &flags, nil, 0) == nil && flags&windows.FILE_READ_ONLY_VOLUME == 0 {
			all = append(all, root)
		}
	}
	return all, nil
}
