package printertest

import (
	"errors"
	"fmt"
	"image"
	"time"

	"github.com/skip2/go-qrcode"
	"golang.org/x/image/font/basicfont"
)

// Cells of font A, in dots.
const (
	cellWidth  = 12
	cellHeight = 24
)

var errCleared = errors.New("cleared")

// head is what the interpreter knows beside the paper.
type head struct {
	p         *Printer
	clears    int         // up to which clearing it has come
	ahead     *plugged    // came after a clearing that it has not come to yet
	line      *image.Gray // being set
	x, high   int
	align     byte
	spacing   int
	scaleX    int
	scaleY    int
	underline bool
	stored    *image.Gray // GS ( L function 112
	qrData    []byte
	qrSize    int
	qrLevel   qrcode.RecoveryLevel
	due       time.Time // when the next row is
}

func blank(w, h int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	return img
}

// interpret obeys commands in the order of their bytes, for ever.
func (p *Printer) interpret() {
	h := &head{p: p}
	h.reset()
	for {
		p.mu.Lock()
		closed := p.closed
		p.mu.Unlock()
		if closed {
			return
		}
		if err := h.command(); err != nil {
			h.reset()
			p.mu.Lock()
			h.clears = p.clears
			p.mu.Unlock()
		}
	}
}

func (h *head) reset() {
	*h = head{p: h.p, clears: h.clears, ahead: h.ahead, spacing: 30, scaleX: 1, scaleY: 1, qrSize: 3, line: blank(h.p.Dots, 8*cellHeight)}
}

func (h *head) next() (byte, error) {
	if b := h.ahead; b != nil {
		if h.ahead = nil; b.clears == h.clears {
			return b.byte, nil
		}
	}
	for {
		var b plugged
		select {
		case b = <-h.p.in:
		default:
			select {
			case b = <-h.p.in:
			case <-time.After(5 * time.Millisecond):
				h.p.mu.Lock()
				gone := h.p.clears != h.clears || h.p.closed
				h.p.mu.Unlock()
				if gone {
					return 0, errCleared
				}
				continue
			}
		}
		if b.clears != h.clears { // whatever was being read is forgotten
			h.ahead = &b
			return 0, errCleared
		}
		return b.byte, nil
	}
}

// data are the n bytes of a command's picture or text. Real-time commands in
// there are the encoder's fault.
func (h *head) data(n int) ([]byte, error) {
	b := make([]byte, n)
	for i := range b {
		var err error
		if b[i], err = h.next(); err != nil {
			return nil, err
		}
		if i >= 2 && b[i-2] == 0x10 && (b[i-1] == 0x04 || b[i-1] == 0x05 || b[i-1] == 0x14) {
			h.p.mu.Lock()
			h.p.realtime++
			h.p.mu.Unlock()
		}
	}
	return b, nil
}

func (h *head) ink() {
	h.p.mu.Lock()
	if h.p.first.IsZero() {
		h.p.first = time.Now()
	}
	h.p.mu.Unlock()
}

func (h *head) strange(what ...byte) {
	h.p.mu.Lock()
	h.p.unknown = append(h.p.unknown, fmt.Sprintf("% x", what))
	h.p.mu.Unlock()
}

func (h *head) command() error {
	b, err := h.next()
	if err != nil {
		return err
	}
	switch b {
	case 0x00, 0x0d:
	case 0x0a:
		return h.feedLine()
	case 0x10: // real-time: obeyed at the plug
		if b, err = h.next(); err == nil && b >= 4 {
			_, err = h.next()
		}
		return err
	case 0x1b:
		return h.esc()
	case 0x1c:
		return h.fs()
	case 0x1d:
		return h.gs()
	default:
		if b < 0x20 {
			h.strange(b)
			return nil
		}
		h.ink()
		h.glyph(b)
	}
	return nil
}

func (h *head) esc() error {
	c, err := h.next()
	if err != nil {
		return err
	}
	arguments := map[byte]int{'!': 1, '-': 1, 'E': 1, 'M': 1, 'a': 1, 't': 1, 'R': 1, 'd': 1, 'J': 1, '3': 1, '{': 1, ' ': 1, '$': 2, '\\': 2, '*': 3}
	n, known := arguments[c]
	a, err := h.data(n)
	if err != nil {
		return err
	}
	switch {
	case c == '@':
		h.reset()
	case c == '2':
		h.spacing = 30
	case !known:
		h.strange(0x1b, c)
	case c == '3':
		h.spacing = int(a[0])
	case c == 'a':
		h.align = a[0] & 3
	case c == '-':
		h.underline = a[0]&1 == 1
	case c == '$':
		h.x = int(a[0]) | int(a[1])<<8
	case c == '\\':
		h.x = max(0, h.x+int(int16(uint16(a[0])|uint16(a[1])<<8)))
	case c == 'd':
		for range a[0] {
			if err := h.feedLine(); err != nil {
				return err
			}
		}
	case c == 'J':
		if err := h.feedLine(); err != nil {
			return err
		}
		return h.feed(int(a[0]))
	case c == '*':
		return h.column(a[0], int(a[1])|int(a[2])<<8)
	}
	return nil
}

func (h *head) fs() error {
	c, err := h.next()
	if err != nil {
		return err
	}
	if c == '(' {
		a, err := h.data(3)
		if err == nil {
			_, err = h.data(int(a[1]) | int(a[2])<<8)
		}
		return err
	}
	arguments := map[byte]int{'.': 0, '&': 0, '-': 1, 'S': 2, 'C': 1}
	n, known := arguments[c]
	if !known {
		h.strange(0x1c, c)
	}
	_, err = h.data(n)
	return err
}

func (h *head) gs() error {
	c, err := h.next()
	if err != nil {
		return err
	}
	switch c {
	case 'v':
		a, err := h.data(6)
		if err != nil {
			return err
		}
		h.ink()
		wide, high := int(a[2])|int(a[3])<<8, int(a[4])|int(a[5])<<8
		for range high { // row by row, as a small printer does
			row, err := h.data(wide)
			if err != nil {
				return err
			}
			if err := h.raster(row, wide, 1); err != nil {
				return err
			}
		}
		return nil
	case '(':
		a, err := h.data(3)
		if err != nil {
			return err
		}
		d, err := h.data(int(a[1]) | int(a[2])<<8)
		if err != nil {
			return err
		}
		return h.function(a[0], d)
	case '8':
		a, err := h.data(5)
		if err != nil {
			return err
		}
		d, err := h.data(int(a[1]) | int(a[2])<<8 | int(a[3])<<16)
		if err != nil {
			return err
		}
		return h.function(a[0], d)
	case 'V':
		a, err := h.data(1)
		if err == nil && a[0] >= 65 {
			_, err = h.data(1)
		}
		if err != nil {
			return err
		}
		if err := h.flush(); err != nil {
			return err
		}
		h.p.mu.Lock()
		h.p.sheets = append(h.p.sheets, h.p.last)
		h.p.last = blank(h.p.Dots, 0)
		h.p.mu.Unlock()
		return nil
	case 'r':
		if _, err := h.data(1); err != nil {
			return err
		}
		h.p.mu.Lock()
		defer h.p.mu.Unlock()
		if !h.p.Mute && !h.p.NoOrder {
			h.p.reply(0)
		}
		return nil
	}
	arguments := map[byte]int{'a': 1, 'B': 1, '!': 1, 'L': 2, 'W': 2, 'P': 2, '$': 2}
	n, known := arguments[c]
	if !known {
		h.strange(0x1d, c)
		return nil
	}
	a, err := h.data(n)
	if err == nil && c == '!' {
		h.scaleX, h.scaleY = int(a[0]>>4&7)+1, int(a[0]&7)+1
	}
	return err
}

// function is a GS ( command.
func (h *head) function(kind byte, d []byte) error {
	switch {
	case kind == 'A':
	case kind == 'H' && len(d) == 6 && d[1] == 48:
		h.p.mu.Lock()
		defer h.p.mu.Unlock()
		if !h.p.Mute && !h.p.NoCompletion && !h.p.Garbage {
			h.p.reply(append([]byte{0x37, 0x22}, append(d[2:6:6], 0)...)...)
		}
	case kind == 'L' && len(d) > 10 && d[1] == 112:
		wide, high := int(d[6])|int(d[7])<<8, int(d[8])|int(d[9])<<8
		h.stored = bits(d[10:], (wide+7)/8, high)
	case kind == 'L' && len(d) == 2 && (d[1] == 50 || d[1] == 2):
		if h.stored == nil {
			return nil
		}
		h.ink()
		h.place(h.stored)
		h.stored = nil
		return h.flush()
	case kind == 'k' && len(d) >= 3 && d[0] == 49:
		switch d[1] {
		case 65:
		case 67:
			h.qrSize = int(d[2])
		case 69:
			h.qrLevel = qrcode.RecoveryLevel(d[2] - 48)
		case 80:
			h.qrData = append([]byte(nil), d[3:]...)
		case 81:
			return h.qr()
		default:
			h.strange(0x1d, '(', kind, d[0], d[1])
		}
	default:
		h.strange(0x1d, '(', kind)
	}
	return nil
}

func (h *head) qr() error {
	q, err := qrcode.New(string(h.qrData), h.qrLevel)
	if err != nil {
		h.strange(0x1d, '(', 'k')
		return nil
	}
	q.DisableBorder = true
	modules := q.Bitmap()
	img := blank(len(modules)*h.qrSize, len(modules)*h.qrSize)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if modules[y/h.qrSize][x/h.qrSize] {
				img.Pix[y*img.Stride+x] = 0
			}
		}
	}
	h.ink()
	h.place(img)
	return h.flush()
}

// bits is a picture of wide bytes a row.
func bits(d []byte, wide, high int) *image.Gray {
	img := blank(wide*8, high)
	for i, v := range d[:min(len(d), wide*high)] {
		for b := range 8 {
			if v&(0x80>>b) != 0 {
				img.Pix[i*8+b] = 0
			}
		}
	}
	return img
}

// column is ESC *: a strip of 8 or 24 dots high, column by column.
func (h *head) column(mode byte, wide int) error {
	tall := 1
	if mode >= 32 {
		tall = 3
	}
	d, err := h.data(wide * tall)
	if err != nil {
		return err
	}
	h.ink()
	img := blank(wide, tall*8)
	for i, v := range d {
		for b := range 8 {
			if v&(0x80>>b) != 0 {
				img.Pix[(i%tall*8+b)*img.Stride+i/tall] = 0
			}
		}
	}
	h.place(img)
	return nil
}

// glyph sets one character of font A.
func (h *head) glyph(c byte) {
	f := basicfont.Face7x13
	img := blank(cellWidth*h.scaleX, cellHeight*h.scaleY)
	if c >= 0x20 && c < 0x7f {
		for y := range img.Rect.Dy() {
			for x := range img.Rect.Dx() {
				gx, gy := x*7/img.Rect.Dx(), y*13/img.Rect.Dy()
				if gx < f.Width && f.Mask.(*image.Alpha).AlphaAt(gx, (int(c)-0x20)*13+gy).A > 0 || h.underline && y >= img.Rect.Dy()-2 {
					img.Pix[y*img.Stride+x] = 0
				}
			}
		}
	}
	h.place(img)
}

// place puts a picture at the end of the line being set.
func (h *head) place(img *image.Gray) {
	if grow := img.Rect.Dy(); grow > h.line.Rect.Dy() {
		bigger := blank(h.p.Dots, grow)
		copy(bigger.Pix, h.line.Pix)
		h.line = bigger
	}
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if img.Pix[y*img.Stride+x] == 0 && h.x+x < h.p.Dots {
				h.line.Pix[y*h.line.Stride+h.x+x] = 0
			}
		}
	}
	h.x += img.Rect.Dx()
	h.high = max(h.high, img.Rect.Dy())
}

// flush puts the line being set on paper, aligned.
func (h *head) flush() error {
	if h.high == 0 {
		h.x = 0
		return nil
	}
	shift := max(0, (h.p.Dots-h.x)*int(h.align)/2)
	line, high := h.line, h.high
	h.line, h.x, h.high = blank(h.p.Dots, 8*cellHeight), 0, 0
	for y := range high {
		row := blank(h.p.Dots, 1).Pix
		copy(row[shift:], line.Pix[y*line.Stride:y*line.Stride+h.p.Dots-shift])
		if err := h.row(row); err != nil {
			return err
		}
	}
	return nil
}

func (h *head) feedLine() error {
	rest := h.spacing - h.high
	if err := h.flush(); err != nil {
		return err
	}
	return h.feed(rest)
}

func (h *head) feed(rows int) error {
	for range rows {
		if err := h.row(blank(h.p.Dots, 1).Pix); err != nil {
			return err
		}
	}
	return nil
}

// raster puts rows of wide bytes on paper, at the left.
func (h *head) raster(d []byte, wide, high int) error {
	if err := h.flush(); err != nil {
		return err
	}
	img := bits(d, wide, high)
	for y := range high {
		row := blank(h.p.Dots, 1).Pix
		copy(row, img.Pix[y*img.Stride:(y+1)*img.Stride])
		if err := h.row(row); err != nil {
			return err
		}
	}
	return nil
}

// row is one row of dots. It waits for paper.
func (h *head) row(dots []byte) error {
	p := h.p
	if p.Speed > 0 {
		// Sleeping is coarse: a debt of some milliseconds is slept off at once.
		h.due = h.due.Add(time.Second / time.Duration(p.Speed))
		if now := time.Now(); h.due.Before(now.Add(-10 * time.Millisecond)) {
			h.due = now
		} else if ahead := h.due.Sub(now); ahead > 3*time.Millisecond {
			time.Sleep(ahead)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for (p.paper == 0 || p.cover) && p.clears == h.clears && !p.closed {
		p.changed.Wait()
	}
	if p.clears != h.clears || p.closed {
		return errCleared
	}
	if p.paper > 0 {
		p.paper--
	}
	p.last.Pix = append(p.last.Pix, dots...)
	p.last.Rect.Max.Y++
	return nil
}
