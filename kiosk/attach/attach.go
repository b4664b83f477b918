// Package attach makes what is attached to a report clean: a picture is decoded
// and drawn anew as a JPEG, so that nothing of the file that somebody sent is
// left but what is to be seen; a PDF is kept as it is, and never shown.
//
// It is pure. What it reads was sent by strangers: sizes are looked at before a
// picture is decoded, and what would cost too much is refused.
package attach

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	_ "image/png" // decoded
	"strings"

	_ "golang.org/x/image/webp" // decoded
)

// The types of what is kept.
const (
	JPEG = "image/jpeg"
	PDF  = "application/pdf"
)

// MaxFile is how many bytes a visitor may send.
const MaxFile = 8 << 20

// Limits of what is decoded.
const (
	mostFlat  = 50 << 20 // pixels of a JPEG of one pass, 3 bytes each in memory
	mostDear  = 16 << 20 // pixels of all else, up to 16 bytes each
	mostScans = 100      // passes of a progressive JPEG over all its pixels
)

// Errors a caller words for people.
var (
	ErrType    = errors.New("neither a JPEG, PNG or WebP picture nor a PDF")
	ErrDamaged = errors.New("the picture cannot be read")
	ErrLarge   = errors.New("the file or picture is too large")
)

// Fit is what a picture is made to fit: bytes it may have at first, pixels of its
// longer edge, and bytes it may have in the end.
type Fit struct{ Most, Edge, Bytes int }

// Photo is for photographs from a telephone, Page for papers on a scanner.
var (
	Photo = Fit{Most: MaxFile, Edge: 2400, Bytes: 4 << 20}
	Page  = Fit{Most: 64 << 20, Edge: 2400, Bytes: 1_500_000}
)

// qualities are tried in order until a picture fits.
var qualities = []int{85, 75, 60, 45}

// Clean returns what is to be kept of a file, and its type. It returns [ErrType],
// [ErrDamaged] and [ErrLarge].
func Clean(b []byte, fit Fit) (kind string, clean []byte, err error) {
	if len(b) > fit.Most {
		return "", nil, ErrLarge
	}
	if bytes.HasPrefix(b, []byte("%PDF-")) {
		return PDF, b, nil
	}
	clean, err = picture(b, fit)
	return JPEG, clean, err
}

// picture draws a picture anew, upright and no larger than it must be.
func picture(b []byte, fit Fit) ([]byte, error) {
	seen, format, err := image.DecodeConfig(bytes.NewReader(b))
	if errors.Is(err, image.ErrFormat) {
		return nil, ErrType
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	meta := look(format, b)
	most := mostDear
	if format == "jpeg" && !meta.progressive {
		most = mostFlat
	}
	if seen.Width < 1 || seen.Height < 1 {
		return nil, ErrDamaged
	}
	if seen.Width > most/seen.Height || meta.scans > mostScans {
		return nil, ErrLarge
	}
	src, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	small := turn(shrink(src, fit.Edge), meta.orientation)
	for _, q := range qualities {
		var out bytes.Buffer
		if err := jpeg.Encode(&out, plain(src, small), &jpeg.Options{Quality: q}); err != nil {
			return nil, fmt.Errorf("draw the picture anew: %w", err)
		}
		if out.Len() <= fit.Bytes {
			return out.Bytes(), nil
		}
	}
	return nil, ErrLarge
}

// Extension is how the name of a file of a type ends.
func Extension(kind string) string {
	if kind == PDF {
		return ".pdf"
	}
	return "." + strings.TrimPrefix(kind, "image/")
}
