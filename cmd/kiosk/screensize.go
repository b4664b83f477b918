package main

import (
	"bytes"
	"io/fs"
	"path"
)

// screenSays is the width and height in millimetres that the one screen of this machine says
// it has (its EDID, VESA E-EDID 1.4, 3.6.2 and 3.10.2); zero where there are several, or
// none tells. Turned screens say what they would be upright on a desk.
func screenSays(root fs.FS) (width, height float32) {
	outputs, err := fs.Glob(root, "sys/class/drm/*/edid")
	if err != nil {
		return 0, 0
	}
	found := 0
	for _, file := range outputs {
		status, err := fs.ReadFile(root, path.Join(path.Dir(file), "status"))
		if err != nil || string(bytes.TrimSpace(status)) != "connected" {
			continue
		}
		b, err := fs.ReadFile(root, file)
		if err != nil || len(b) < 128 || !bytes.HasPrefix(b, []byte{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0}) {
			continue
		}
		found++
		width, height = float32(b[21])*10, float32(b[22])*10 // whole centimetres
		if b[54] != 0 || b[55] != 0 {                        // a timing, with millimetres
			if w, h := int(b[66])|int(b[68]&0xf0)<<4, int(b[67])|int(b[68]&0x0f)<<8; w > 0 && h > 0 {
				width, height = float32(w), float32(h)
			}
		}
	}
	if found != 1 || width < 50 || height < 50 {
		return 0, 0
	}
	return width, height
}
