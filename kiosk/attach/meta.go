package attach

import (
	"bytes"
	"encoding/binary"
)

// meta is what must be known of a file before it is decoded.
type meta struct {
	orientation int // as Exif has it; 0: not said
	progressive bool
	scans       int
}

// look reads it; what is damaged says nothing.
func look(format string, b []byte) (m meta) {
	var exif []byte
	switch format {
	case "jpeg":
		exif, m.progressive = jpegParts(b)
		m.scans = bytes.Count(b, []byte{0xff, 0xda})
	case "png":
		exif = pngPart(b)
	case "webp":
		exif = webpPart(b)
	}
	m.orientation = orientation(bytes.TrimPrefix(exif, []byte("Exif\x00\x00")))
	return m
}

// jpegParts reads the segments before the first scan (ITU T.81, annex B).
func jpegParts(b []byte) (exif []byte, progressive bool) {
	for b = b[min(2, len(b)):]; len(b) >= 4; {
		if b[0] != 0xff {
			b = b[1:]
			continue
		}
		marker := b[1]
		if marker == 0xff || marker == 0 || marker == 0x01 || marker >= 0xd0 && marker <= 0xd8 { // filling, or without a length
			b = b[1:]
			continue
		}
		n := int(binary.BigEndian.Uint16(b[2:]))
		if n < 2 || 2+n > len(b) {
			return exif, progressive
		}
		part := b[4 : 2+n]
		switch marker {
		case 0xc2:
			progressive = true
		case 0xe1:
			if exif == nil && bytes.HasPrefix(part, []byte("Exif\x00\x00")) {
				exif = part
			}
		case 0xda, 0xd9:
			return exif, progressive
		}
		b = b[2+n:]
	}
	return exif, progressive
}

// pngPart is the eXIf chunk (PNG, third edition, section 11.3.4).
func pngPart(b []byte) []byte {
	for b = b[min(8, len(b)):]; len(b) >= 12; {
		n := binary.BigEndian.Uint32(b)
		if uint64(n) > uint64(len(b)-12) {
			return nil
		}
		if string(b[4:8]) == "eXIf" {
			return b[8 : 8+n]
		}
		b = b[12+n:]
	}
	return nil
}

// webpPart is the EXIF chunk (RFC 9649, section 2.7.1.5).
func webpPart(b []byte) []byte {
	for b = b[min(12, len(b)):]; len(b) >= 8; {
		n := uint64(binary.LittleEndian.Uint32(b[4:]))
		if n > uint64(len(b)-8) {
			return nil
		}
		if string(b[:4]) == "EXIF" {
			return b[8 : 8+n]
		}
		b = b[min(8+n+n&1, uint64(len(b))):]
	}
	return nil
}

// orientation is tag 0x0112 of the first directory of a TIFF file (TIFF 6.0,
// section 2), 0 where it is not said.
func orientation(tiff []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(tiff, []byte("MM\x00*")):
		order = binary.BigEndian
	case !bytes.HasPrefix(tiff, []byte("II*\x00")):
		return 0
	}
	if len(tiff) < 8 {
		return 0
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 0
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 0
		}
		if order.Uint16(entries) == 0x0112 && order.Uint16(entries[2:]) == 3 {
			return int(order.Uint16(entries[8:]))
		}
		entries = entries[12:]
	}
	return 0
}
