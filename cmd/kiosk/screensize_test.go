package main

import (
	"testing"
	"testing/fstest"
)

// What screens say of their size, and when nobody is believed.
func TestWhatAScreenSaysOfItsSize(t *testing.T) {
	edid := func(cm [2]byte, mm [3]byte) *fstest.MapFile {
		b := make([]byte, 128)
		copy(b, []byte{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0})
		b[21], b[22] = cm[0], cm[1]
		if mm != [3]byte{} {
			b[54], b[66], b[67], b[68] = 1, mm[0], mm[1], mm[2]
		}
		return &fstest.MapFile{Data: b}
	}
	on, off := &fstest.MapFile{Data: []byte("connected\n")}, &fstest.MapFile{Data: []byte("disconnected\n")}
	one, two := "sys/class/drm/card0-HDMI-A-1/", "sys/class/drm/card0-DP-1/"
	for name, x := range map[string]struct {
		files         fstest.MapFS
		width, height float32
	}{
		"millimetres":  {fstest.MapFS{one + "edid": edid([2]byte{60, 34}, [3]byte{0x56, 0x50, 0x21}), one + "status": on}, 598, 336},
		"centimetres":  {fstest.MapFS{one + "edid": edid([2]byte{48, 27}, [3]byte{}), one + "status": on, two + "edid": {}, two + "status": off}, 480, 270},
		"a projector":  {fstest.MapFS{one + "edid": edid([2]byte{}, [3]byte{}), one + "status": on}, 0, 0},
		"two":          {fstest.MapFS{one + "edid": edid([2]byte{48, 27}, [3]byte{}), one + "status": on, two + "edid": edid([2]byte{60, 34}, [3]byte{}), two + "status": on}, 0, 0},
		"cut short":    {fstest.MapFS{one + "edid": {Data: []byte{0, 0xff}}, one + "status": on}, 0, 0},
		"nothing here": {fstest.MapFS{}, 0, 0},
	} {
		if w, h := screenSays(x.files); w != x.width || h != x.height {
			t.Errorf("%s: %v × %v", name, w, h)
		}
	}
}
