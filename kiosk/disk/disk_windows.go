package disk

import (
	"errors"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Room returns how much of the disk under dir this program may still use, and its
// size, in bytes.
func Room(dir string) (free, size uint64, err error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	var all uint64
	err = windows.GetDiskFreeSpaceEx(name, &free, &size, &all)
	return free, size, err
}

// Same reports whether two folders are known to be on one disk.
func Same(a, b string) bool {
	one, other := volume(a), volume(b)
	return one != "" && one == other
}

// volume is the folder that the disk under a folder is mounted at, such as C:\.
func volume(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return ""
	}
	at := make([]uint16, windows.MAX_PATH+1)
	if windows.GetVolumePathName(name, &at[0], uint32(len(at))) != nil {
		return ""
	}
	return windows.UTF16ToString(at)
}

// Others returns which groups of the list of rights let in. Accounts that stand there
// by themselves were put there on purpose: the kiosk's own, beside who set it up.
func Others(path string) (a Access, err error) {
	security, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return a, &os.PathError{Op: "read the rights of", Path: path, Err: err}
	}
	list, _, err := security.DACL()
	if err != nil || list == nil { // none at all shuts nobody out
		return Access{Everybody: true}, nil
	}
	for i := range uint32(list.AceCount) {
		var entry *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &entry); err != nil {
			return a, &os.PathError{Op: "read the rights of", Path: path, Err: err}
		}
		if entry.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE || entry.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0 || entry.Mask&touches == 0 {
			continue
		}
		who := (*windows.SID)(unsafe.Pointer(&entry.SidStart))
		switch {
		case who.IsWellKnown(windows.WinLocalSystemSid), who.IsWellKnown(windows.WinBuiltinAdministratorsSid), who.IsWellKnown(windows.WinCreatorOwnerSid), who.IsWellKnown(windows.WinCreatorOwnerRightsSid):
		case who.IsWellKnown(windows.WinWorldSid), who.IsWellKnown(windows.WinBuiltinUsersSid), who.IsWellKnown(windows.WinAuthenticatedUserSid), who.IsWellKnown(windows.WinInteractiveSid), who.IsWellKnown(windows.WinBuiltinGuestsSid):
			a.Everybody = true
		default:
			name, domain, kind, err := who.LookupAccount("")
			switch {
			case err != nil: // an account that is gone lets nobody in
			case kind == windows.SidTypeUser:
			default:
				a.Groups = append(a.Groups, domain+`\`+name)
			}
		}
	}
	return a, nil
}

// touches are the rights to see or to change what is in a file or folder.
const touches = windows.FILE_READ_DATA | windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA | windows.DELETE | windows.WRITE_DAC | windows.WRITE_OWNER | windows.GENERIC_ALL | windows.GENERIC_READ | windows.GENERIC_WRITE

// Stranger is empty: on Windows the list of rights says who may do what, and the owner
// is the administrator who set the kiosk up.
func Stranger(string) string { return "" }

// Shut is the command that leaves a file or folder to who gives it, to the system and
// to its administrators.
func Shut(path string) string {
	below := ""
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		below = "(OI)(CI)"
	}
	return `icacls "` + path + `" /inheritance:r /grant:r "%USERNAME%:` + below + `F" "*S-1-5-18:` + below + `F" "*S-1-5-32-544:` + below + `F"`
}

// Settle waits until a file, or what a folder lists, is on the disk. Windows does so
// only for who may write, and not for folders of every file system.
func Settle(path string) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
	if err != nil {
		if info, failed := os.Stat(path); failed == nil && info.IsDir() && errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			return nil // a folder that cannot be waited for
		}
		return &os.PathError{Op: "sync", Path: path, Err: err}
	}
	err = windows.FlushFileBuffers(h)
	if info, failed := os.Stat(path); failed == nil && info.IsDir() {
		err = nil
	}
	if err := errors.Join(err, windows.CloseHandle(h)); err != nil {
		return &os.PathError{Op: "sync", Path: path, Err: err}
	}
	return nil
}

// SettleOpen does it for a folder that is open already.
func SettleOpen(f *os.File) error { return Settle(f.Name()) }

// Full reports whether an error says that a disk has no room left.
func Full(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) || errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

// makeOwn makes a folder that inherits no rights: below ProgramData every user of the
// machine could otherwise read.
func makeOwn(dir string) error {
	me, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return err
	}
	security, err := windows.SecurityDescriptorFromString("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" + me.User.Sid.String() + ")")
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return err
	}
	with := &windows.SecurityAttributes{SecurityDescriptor: security}
	with.Length = uint32(unsafe.Sizeof(*with))
	if err := windows.CreateDirectory(name, with); err != nil {
		return &os.PathError{Op: "mkdir", Path: dir, Err: err}
	}
	return nil
}

// rename waits some moments for who has the old file open: on Windows it could not be
// replaced until then.
func rename(from, to string) error {
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := os.Rename(from, to)
		if err == nil || time.Now().After(end) || !errors.Is(err, windows.ERROR_SHARING_VIOLATION) && !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			return err
		}
	}
}
