package main

import (
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// displayDevice is Windows' DISPLAY_DEVICEW.
type displayDevice struct {
	size   uint32
	name   [32]uint16
	driver [128]uint16 // what people call it
	flags  uint32
	id     [128]uint16
	key    [128]uint16
}

// drawsFast reports whether a display is driven by a graphics card's own driver.
// Without one a fade would only make pages come later.
func drawsFast() bool {
	const onDesktop = 1 // DISPLAY_DEVICE_ATTACHED_TO_DESKTOP
	list := windows.NewLazySystemDLL("user32.dll").NewProc("EnumDisplayDevicesW")
	for i := range uintptr(16) {
		var d displayDevice
		d.size = uint32(unsafe.Sizeof(d))
		if ok, _, _ := list.Call(0, i, uintptr(unsafe.Pointer(&d)), 0); ok == 0 {
			return false
		}
		// "Microsoft Basic Display Adapter", "Microsoft Remote Display Adapter"
		if d.flags&onDesktop != 0 && !strings.HasPrefix(windows.UTF16ToString(d.driver[:]), "Microsoft ") {
			return true
		}
	}
	return false
}
