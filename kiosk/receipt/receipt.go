// Package receipt draws a receipt as an image of the printer's own dots
// (203 dpi): what the visitor takes home. It holds nothing of the person or of
// what they wrote, because a [Receipt] cannot.
package receipt

import (
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"time"

	qrcode "github.com/skip2/go-qrcode"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"loket/kiosk"
	"loket/kiosk/words"
)

// Widths of paper in dots at 203 dpi.
const (
	Dots80 = 576 // 80 mm paper
	Dots58 = 384 // 58 mm paper
)

// Receipt is what stands on the slip.
type Receipt struct {
	Ministry  kiosk.Text
	Office    kiosk.Text
	City      string
	Help      string // telephone, may be empty
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
	Language  kiosk.Language
	Next      []kiosk.Text
	Copy      bool // printed again
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

// ErrNoRoom says that a QR code cannot be drawn large enough to scan.
var ErrNoRoom = errors.New("the QR code does not fit")

// Modules of a QR code, in dots: smaller does not scan from thermal paper,
// larger wastes it.
const (
	minModule = 6
	maxModule = 10
	quiet     = 4 // modules of white around it, by the standard
)

// QR draws the code of a URL (level M) with whole dots a module and its quiet
// zone, at most maxDots wide. It returns [ErrNoRoom] under 6 dots a module.
func QR(url string, maxDots int) (*image.Gray, error) {
	q, err := qrcode.New(url, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("qr code: %w", err)
	}
	q.DisableBorder = true
	bits := q.Bitmap()
	n := len(bits) + 2*quiet
	module := min(maxDots/n, maxModule)
	if module < minModule {
		return nil, ErrNoRoom
	}
	img := white(n*module, n*module)
	for y, line := range bits {
		for x, dark := range line {
			if dark {
				at := image.Pt((x+quiet)*module, (y+quiet)*module)
				draw.Draw(img, image.Rectangle{at, at.Add(image.Pt(module, module))}, image.Black, image.Point{}, draw.Src)
			}
		}
	}
	return img, nil
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
	words *words.Catalogue
	fonts map[string]*opentype.Font
	mu    sync.Mutex // faces keep a buffer each
	faces map[faceKey]font.Face
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

// NewRenderer reads the fonts below files.
func NewRenderer(files fs.FS, w *words.Catalogue) (*Renderer, error) {
	r := &Renderer{words: w, fonts: map[string]*opentype.Font{}, faces: map[faceKey]font.Face{}}
	for _, name := range []string{body, bold, heading} {
		b, err := fs.ReadFile(files, "fonts/"+name+".ttf")
		if err != nil {
			return nil, err
		}
		if r.fonts[name], err = opentype.Parse(b); err != nil {
			return nil, fmt.Errorf("font %s: %w", name, err)
		}
	}
	return r, nil
}

// sheet is a receipt being drawn, from top to bottom.
type sheet struct {
	r      *Renderer
	img    *image.Gray
	y      int
	margin int
	err    error
}

// Render draws a receipt dots wide, black and white only.
func (r *Renderer) Render(x Receipt, dots int) (*image.Gray, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.words.In(x.Language)
	s := &sheet{r: r, img: white(dots, 2600), y: 16, margin: 16}
	small, code := 26.0, 48.0
	if dots < Dots80 {
		small, code, s.margin = 24, 40, 8
	}
	s.text(heading, small+6, true, strings.ToUpper(x.Ministry.In(x.Language)))
	s.text(body, small, true, x.Office.In(x.Language))
	s.text(body, small, true, x.City)
	s.rule()
	s.text(heading, small+8, true, x.Title.In(x.Language))
	if x.Copy {
		s.text(heading, small+8, true, "*** "+w.T("receipt.copy")+" ***")
	}
	s.text(heading, small-2, true, x.At.Format("02-01-2006, ")+w.Clock(x.At))
	s.text(body, small, true, w.T("receipt.free"))
	s.y += 8
	qr, err := QR(x.URL, dots-2*s.margin)
	if err != nil {
		return nil, err
	}
	side := qr.Rect.Dx()
	draw.Draw(s.img, image.Rect((dots-side)/2, s.y, (dots+side)/2, s.y+side), qr, image.Point{}, draw.Src)
	s.y += side
	s.text(body, small, true, w.T("receipt.number"))
	s.text(bold, code, true, x.Number.String())
	s.text(body, small, true, w.T("receipt.code"))
	s.text(bold, code, true, x.Code.Grouped())
	s.rule()
	s.text(body, small, true, w.T("receipt.due"))
	s.text(heading, small+6, true, w.Date(x.Due))
	if x.Estimated {
		s.text(body, small, true, w.T("receipt.estimated"))
	}
	s.rule()
	s.text(bold, small, false, w.T("receipt.next"))
	for i, next := range x.Next {
		s.text(body, small, false, fmt.Sprintf("%d. %s", i+1, next.In(x.Language)))
	}
	if len(x.Missing) > 0 {
		s.y += 10
		s.text(bold, small, false, x.Incomplete(w))
	}
	s.y += 10
	s.text(body, small, false, w.T("receipt.how", "address", address(x.URL)))
	s.y += 10
	s.text(bold, small, false, w.T("receipt.keep"))
	s.text(body, small, false, w.T("receipt.secret"))
	if x.Help != "" {
		s.text(body, small, false, w.T("receipt.help", "phone", x.Help))
	}
	s.y += 16
	if s.err != nil {
		return nil, s.err
	}
	out := image.NewGray(image.Rect(0, 0, dots, s.y))
	for i, v := range s.img.Pix[:dots*s.y] {
		if v >= 140 {
			out.Pix[i] = 255
		}
	}
	return out, nil
}

// address is where the tracking page is, as people type it.
func address(qr string) string {
	u, err := url.Parse(strings.ToLower(qr))
	if err != nil {
		return ""
	}
	return u.Host + u.Path
}

// text writes a paragraph, wrapped at words, broken inside only where a word
// is wider than the paper.
func (s *sheet) text(name string, size float64, centre bool, text string) {
	if text == "" || s.err != nil {
		return
	}
	face, err := s.r.face(name, size)
	if err != nil {
		s.err = err
		return
	}
	width := s.img.Rect.Dx() - 2*s.margin
	height := face.Metrics().Height.Ceil()
	for _, line := range wrap(face, text, width) {
		x := s.margin
		if centre {
			x += (width - font.MeasureString(face, line).Ceil()) / 2
		}
		if s.y+height > s.img.Rect.Dy() {
			s.err = errors.New("the receipt is longer than the paper")
			return
		}
		d := font.Drawer{Dst: s.img, Src: image.Black, Face: face, Dot: fixed.P(x, s.y+face.Metrics().Ascent.Ceil())}
		d.DrawString(line)
		s.y += height
	}
}

func (s *sheet) rule() {
	s.y += 10
	draw.Draw(s.img, image.Rect(s.margin, s.y, s.img.Rect.Dx()-s.margin, s.y+2), image.Black, image.Point{}, draw.Src)
	s.y += 12
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
