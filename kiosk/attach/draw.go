package attach

import (
	"image"
	"image/color"
	"image/draw"
)

// shrink draws a picture on white so that its longer edge has at most so many
// pixels. Each pixel is the mean of the area it stands for, whose lines are read
// one by one: a large picture costs no second one of its size.
func shrink(src image.Image, edge int) *image.RGBA {
	from := src.Bounds()
	w, h := from.Dx(), from.Dy()
	dw, dh := w, h
	if longer := max(w, h); longer > edge {
		dw, dh = max(1, w*edge/longer), max(1, h*edge/longer)
	}
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	line := image.NewRGBA(image.Rect(0, 0, w, 1))
	columns, rows := shares(w, dw), shares(h, dh)
	sum := make([][]uint64, 2) // of the line of dst that is being added up, and of the next
	for i := range sum {
		sum[i] = make([]uint64, 3*dw)
	}
	whole := uint64(w) * uint64(h)
	put := func(y int) {
		for x := range dw {
			p := dst.Pix[dst.PixOffset(x, y):]
			for c := range 3 {
				p[c] = uint8((sum[0][3*x+c] + whole/2) / whole)
			}
			p[3] = 0xff
		}
		sum[0], sum[1] = sum[1], sum[0]
		clear(sum[1])
	}
	for y := range h {
		draw.Draw(line, line.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(line, line.Rect, src, image.Pt(from.Min.X, from.Min.Y+y), draw.Over)
		r := rows[y]
		for x := range w {
			p, c := line.Pix[4*x:4*x+3], columns[x]
			for i, v := range p {
				here, next := uint64(v)*uint64(c.here), uint64(v)*uint64(c.next)
				sum[0][3*c.at+i] += here * uint64(r.here)
				sum[1][3*c.at+i] += here * uint64(r.next)
				if c.next > 0 {
					sum[0][3*c.at+3+i] += next * uint64(r.here)
					sum[1][3*c.at+3+i] += next * uint64(r.next)
				}
			}
		}
		if y == h-1 || rows[y+1].at > r.at {
			put(r.at)
		}
	}
	return dst
}

// share says to which pixel one of a longer line belongs, and how much of it to
// the one behind.
type share struct{ at, here, next int }

// shares divides n pixels, each of a width of to, among to, each of a width of n.
func shares(n, to int) []share {
	all := make([]share, n)
	for i := range all {
		first, end := i*to, (i+1)*to
		at := first / n
		s := share{at: at, here: to}
		if border := (at + 1) * n; end > border {
			s.here, s.next = border-first, end-border
		}
		all[i] = s
	}
	return all
}

// turn brings a picture upright: orientation is what Exif says, 1 to 8.
func turn(src *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	dst := image.NewRGBA(size)
	for y := range size.Dy() {
		for x := range size.Dx() {
			sx, sy := x, y
			switch orientation {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			copy(dst.Pix[dst.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):])
		}
	}
	return dst
}

// plain leaves the colours out of a picture that had none.
func plain(src image.Image, drawn *image.RGBA) image.Image {
	if m := src.ColorModel(); m != color.GrayModel && m != color.Gray16Model {
		return drawn
	}
	grey := image.NewGray(drawn.Rect)
	for i := range grey.Pix {
		grey.Pix[i] = drawn.Pix[4*i]
	}
	return grey
}
