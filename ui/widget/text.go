package widget

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"loket/ui/theme"
)

// Style is how a text is written.
type Style struct {
	Font    theme.Font
	Size    float32
	Colour  color.NRGBA
	Leading float32 // line height as a multiple of Size
	Even    bool    // lines of like length rather than a last word alone
	Align   fyne.TextAlign
}

// Measure returns the width of one line.
func Measure(t *theme.Theme, st Style, line string) float32 {
	size, _ := fyne.CurrentApp().Driver().RenderedTextSize(line, st.Size, fyne.TextStyle{}, t.Face(st.Font))
	return size.Width
}

// Wrap breaks a text into lines of at most width: at line breaks, at spaces,
// and inside a word only where the word alone is wider.
func Wrap(t *theme.Theme, st Style, text string, width float32) []string {
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		lines = append(lines, wrapParagraph(t, st, paragraph, width)...)
	}
	return lines
}

func wrapParagraph(t *theme.Theme, st Style, text string, width float32) []string {
	fits := func(s string) bool { return Measure(t, st, s) <= width }
	if fits(text) {
		return []string{text}
	}
	var lines []string
	line := ""
	for _, word := range strings.SplitAfter(text, " ") {
		if fits(strings.TrimRight(line+word, " ")) {
			line += word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		line = word
		for !fits(strings.TrimRight(line, " ")) {
			letters := []rune(line)
			n := len(letters) - 1
			for n > 1 && !fits(string(letters[:n])) {
				n--
			}
			if n < 1 {
				break
			}
			lines = append(lines, string(letters[:n]))
			line = string(letters[n:])
		}
	}
	return append(lines, line)
}

// even is the least width at which a text takes no more lines than it has.
func even(t *theme.Theme, st Style, text string, width float32) []string {
	lines := Wrap(t, st, text, width)
	if !st.Even || len(lines) < 2 || len(lines) > 4 {
		return lines
	}
	low, high := width*0.4, width
	for range 6 {
		middle := (low + high) / 2
		if tried := Wrap(t, st, text, middle); len(tried) <= len(lines) && !breaks(tried, text) {
			high, lines = middle, tried
		} else {
			low = middle
		}
	}
	return lines
}

// breaks reports whether a line ends inside a word.
func breaks(lines []string, text string) bool {
	whole := strings.Fields(text)
	n := 0
	for _, line := range lines {
		n += len(strings.Fields(line))
	}
	return n != len(whole)
}

// NewText lays a text out in lines for a width and returns it with its
// height. Fyne's own label knows no leading and no width beforehand.
func NewText(t *theme.Theme, st Style, text string, width float32) (*fyne.Container, float32) {
	if st.Leading == 0 {
		st.Leading = 1.35
	}
	box := container(nil)
	y := float32(0)
	for _, line := range even(t, st, text, width) {
		c := canvas.NewText(strings.TrimRight(line, " "), st.Colour)
		c.TextSize, c.FontSource, c.Alignment = st.Size, t.Face(st.Font), st.Align
		size := c.MinSize()
		c.Resize(fyne.NewSize(width, size.Height))
		c.Move(fyne.NewPos(0, y+(st.Size*st.Leading-size.Height)/2))
		box.Add(c)
		y += st.Size * st.Leading
	}
	box.Resize(fyne.NewSize(width, y))
	return box, y
}

// container is a fixed-size group of things put by hand.
func container(objects []fyne.CanvasObject) *fyne.Container {
	return &fyne.Container{Layout: fixed{}, Objects: objects}
}

// fixed leaves everything where it was put, and is as large as it was made.
type fixed struct{}

func (fixed) Layout([]fyne.CanvasObject, fyne.Size) {}
func (fixed) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for _, o := range objects {
		p, s := o.Position(), o.Size()
		size = size.Max(fyne.NewSize(p.X+s.Width, p.Y+s.Height))
	}
	return size
}

// Group is a group of things put by hand.
func Group(objects ...fyne.CanvasObject) *fyne.Container { return container(objects) }
