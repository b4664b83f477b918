// Package receipt draws a receipt as an image of the printer's own dots: what
// the visitor takes home. One description ([Renderer.Lines]) serves every
// [Paper] and printers that only know text. It holds nothing of the person or
// of what they wrote, because a [Receipt] cannot.
package receipt

import (
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"

	"loket/kiosk"
	"loket/kiosk/words"
)

// Receipt is what stands on the slip.
type Receipt struct {
	Ministry  kiosk.Text
	Office    kiosk.Text
	City      string
	Help      string // telephone, may be empty
	Hours     kiosk.Week
	Title     kiosk.Text
	Form      string
	Number    kiosk.Number
	Code      kiosk.Code
	URL       string    // what the QR code holds
	At        time.Time // in the office's zone
	Due       time.Time // date
	Estimated bool
	Missing   []kiosk.Text // names of what is to be completed, never what was answered
	MissingBy time.Time    // date
	Pages     int          // scanned
	Language  kiosk.Language
	Next      []kiosk.Text
	Copy      bool   // printed again
	Test      string // name of the printer on a test page, else empty
}

// Incomplete says what is missing and until when, empty if nothing is.
func (x *Receipt) Incomplete(w words.Words) string {
	if len(x.Missing) == 0 {
		return ""
	}
	var names []string
	for _, t := range x.Missing {
		names = append(names, t.In(w.Language))
	}
	return w.T("receipt.missing", "what", strings.Join(names, ", "), "date", w.Date(x.MissingBy))
}

func white(w, h int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	return img
}

// Renderer draws receipts. It is safe for concurrent use.
type Renderer struct {
	words   *words.Catalogue
	fonts   map[string]*opentype.Font
	mu      sync.Mutex // faces keep a buffer each
	faces   map[faceKey]font.Face
	emblem  image.Image
	emblems map[int]*image.Gray // dithered, by side in dots
}

type faceKey struct {
	name string
	size float64
}

const (
	body    = "AtkinsonHyperlegibleNext_400Regular"
	bold    = "AtkinsonHyperlegibleNext_700Bold"
	heading = "PlusJakartaSans_700Bold"
)

// NewRenderer reads the fonts and the emblem below files.
func NewRenderer(files fs.FS, w *words.Catalogue) (*Renderer, error) {
	r := &Renderer{words: w, fonts: map[string]*opentype.Font{}, faces: map[faceKey]font.Face{}, emblems: map[int]*image.Gray{}}
	for _, name := range []string{body, bold, heading} {
		b, err := fs.ReadFile(files, "fonts/"+name+".ttf")
		if err != nil {
			return nil, err
		}
		if r.fonts[name], err = opentype.Parse(b); err != nil {
			return nil, fmt.Errorf("font %s: %w", name, err)
		}
	}
	f, err := files.Open("emblem.png")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if r.emblem, err = png.Decode(f); err != nil {
		return nil, fmt.Errorf("emblem: %w", err)
	}
	return r, nil
}

// address is where the tracking page is, as people type it.
func address(qr string) string {
	u, err := url.Parse(strings.ToLower(qr))
	if err != nil {
		return ""
	}
	return u.Host + u.Path
}

func (r *Renderer) face(name string, size float64) (font.Face, error) {
	key := faceKey{name, size}
	if f := r.faces[key]; f != nil {
		return f, nil
	}
	f, err := opentype.NewFace(r.fonts[name], &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err == nil {
		r.faces[key] = f
	}
	return f, err
}

func wrap(face font.Face, text string, width int) []string {
	fits := func(s string) bool { return font.MeasureString(face, s).Ceil() <= width }
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if joined := strings.TrimSpace(line + " " + word); fits(joined) {
			line = joined
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for line = word; !fits(line); {
			letters := []rune(line)
			n := len(letters) - 1
			for n > 1 && !fits(string(letters[:n])) {
				n--
			}
			lines = append(lines, string(letters[:n]))
			line = string(letters[n:])
		}
	}
	return append(lines, line)
}
