package chart

import (
	"math"
	"strconv"
)

// Frame is what every chart is given.
type Frame struct {
	ID, Title, Desc string
	Width           float64 // px it is drawn for
	Height          float64 // px of its plot, where that is not given by what it shows; 0: as it is best
}

// plot is the height of the part between the axes.
func (f Frame) plot(best float64) float64 {
	if f.Height > 0 {
		return f.Height
	}
	return best
}

func (f Frame) picture(height float64) *Picture {
	return &Picture{ID: f.ID, Title: f.Title, Desc: f.Desc, W: f.Width, H: height}
}

// Bar is one of a list: its name stands above it and what it says at its right,
// so that both have room on a telephone.
type Bar struct {
	Name, Says string
	Note       string // in small letters below
	Value      float64
	Before     float64 // of the period before, a pale bar below; negative: none
	Colour     Colour
	Link       string
	Cut        string // a line and a sentence after this bar
}

// Bars draws bars from one edge, longest as wide as the picture.
func Bars(f Frame, bars []Bar) *Picture {
	p := f.picture(0)
	longest := 0.0
	for _, b := range bars {
		longest = max(longest, b.Value, b.Before)
	}
	y := 4.0
	for _, b := range bars {
		top := y
		room := f.Width - width(b.Says, text) - 10
		p.text(0, y+12, fit(b.Name, text, room), text, false, Start, Ink)
		p.text(f.Width, y+12, b.Says, text, true, End, Ink)
		y += 19
		p.box(Track, 0, y, f.Width, 10)
		if longest > 0 && b.Value > 0 {
			p.box(b.Colour, 0, y, max(2, f.Width*b.Value/longest), 10)
		}
		y += 10
		if b.Before >= 0 {
			y += 2
			if longest > 0 && b.Before > 0 {
				p.box(Pale, 0, y, max(2, f.Width*b.Before/longest), 4)
			}
			y += 4
		}
		if b.Note != "" {
			p.text(0, y+15, fit(b.Note, small, f.Width), small, false, Start, Soft)
			y += 18
		}
		p.hit(0, top, f.Width, y-top, b.Link, b.Name+": "+b.Says)
		y += 12
		if b.Cut != "" {
			p.line(Second, 1.5, true, Point{0, y}, Point{f.Width, y})
			p.text(f.Width, y+15, b.Cut, small, false, End, Second)
			y += 26
		}
	}
	p.H = max(10, y-4)
	return p
}

// Bin is one column of a histogram.
type Bin struct {
	Name  string
	Count int
	Over  bool // past the limit: another colour, and hatched by a line above
	Link  string
	Says  string
}

// Histogram draws columns with a line at the limit, which stands after the last
// column that is not over.
func Histogram(f Frame, bins []Bin, limit, unit string) *Picture {
	const left, top = 34.0, 34.0
	height := f.plot(150)
	p := f.picture(top + height + 40)
	highest := 0
	for _, b := range bins {
		highest = max(highest, b.Count)
	}
	marks := wholeTicks(float64(highest), 4)
	at := func(v float64) float64 { return top + height*(1-v/marks[len(marks)-1]) }
	for _, v := range marks {
		p.line(Grid, 1, false, Point{left, at(v)}, Point{f.Width, at(v)})
		p.text(left-6, at(v)+4, strconv.Itoa(int(v)), small, false, End, Soft)
	}
	step := (f.Width - left) / float64(max(1, len(bins)))
	every := 1 // names that have room
	longest := 0.0
	for _, b := range bins {
		longest = max(longest, width(b.Name, small))
	}
	for float64(every)*step < longest+4 {
		every++
	}
	limitAt := 0.0
	for i, b := range bins {
		x := left + float64(i)*step
		colour := Primary
		if b.Over {
			colour = Bad
		} else {
			limitAt = x + step
		}
		if b.Count > 0 {
			p.box(colour, x+step*0.12, at(float64(b.Count)), step*0.76, top+height-at(float64(b.Count)))
		}
		if i%every == 0 {
			p.text(x+step/2, top+height+17, b.Name, small, false, Middle, Soft)
		}
		p.hit(x, top, step, height+20, b.Link, b.Says)
	}
	p.text(left, top+height+35, fit(unit, small, f.Width-left), small, false, Start, Soft)
	p.line(Ink, 2, true, Point{limitAt, top - 12}, Point{limitAt, top + height})
	anchor, x := End, limitAt+4
	if limitAt-width(limit, small) < left {
		anchor, x = Start, max(left, limitAt-20)
	}
	p.text(x, top-18, limit, small, true, anchor, Ink)
	return p
}

// Mark is what is said of a point of a trend.
type Mark int

// The marks.
const (
	Plain   Mark = iota
	Outside      // a limit
	InRun        // of eight on one side
)

// Step is one week of a trend.
type Step struct {
	Name      string // at the axis, where there is room; empty: never
	Value     float64
	Other     float64 // of the second line
	Judged    bool
	Centre    float64
	Low, High float64
	Mark      Mark
	Before    bool // the period asked for
	Link      string
	Says      string
}

// Key names what a trend shows.
type Key struct{ Value, Other, Limits, Outside, Run string }

// Trend draws two lines over time, with a band between the limits of the first, a
// step for each week since weeks are not alike, and a thin line at the centre.
// What is outside is a larger ring in another colour with its number; what is in
// a run is a square.
func Trend(f Frame, steps []Step, k Key) *Picture {
	const left, right = 34.0, 14.0
	height := f.plot(200)
	p := f.picture(0)
	// The key, in lines as the width has it.
	x, y := 0.0, 16.0
	key := func(s string, sample func(x, y float64)) {
		if s == "" {
			return
		}
		w := 34 + width(s, small) + 14
		if x > 0 && x+w > f.Width {
			x, y = 0, y+20
		}
		sample(x, y-4)
		p.text(x+32, y, s, small, false, Start, Ink)
		x += w
	}
	judged, outside, runs, highest := false, false, false, 0.0
	for _, s := range steps {
		judged, outside, runs = judged || s.Judged, outside || s.Mark == Outside, runs || s.Mark == InRun
		highest = max(highest, s.Value, s.Other)
		if s.Judged {
			highest = max(highest, s.High)
		}
	}
	key(k.Value, func(x, y float64) {
		p.line(Primary, 2.5, false, Point{x, y}, Point{x + 26, y})
		p.dot(x+13, y, 3.5, Primary, "")
	})
	key(k.Other, func(x, y float64) { p.line(Second, 2, true, Point{x, y}, Point{x + 26, y}) })
	if judged {
		key(k.Limits, func(x, y float64) { p.box(Band, x, y-7, 26, 14); p.line(Pale, 1, false, Point{x, y}, Point{x + 26, y}) })
	}
	if outside {
		key(k.Outside, func(x, y float64) { p.dot(x+13, y, 6, Paper, Bad) })
	}
	if runs {
		key(k.Run, func(x, y float64) { p.box(Second, x+9, y-4, 8, 8) })
	}
	top := y + 14
	p.H = top + height + 26
	marks := wholeTicks(highest, 5)
	at := func(v float64) float64 { return top + height*(1-v/marks[len(marks)-1]) }
	step := (f.Width - left - right) / float64(max(1, len(steps)))
	mid := func(i int) float64 { return left + (float64(i)+0.5)*step }
	for i, s := range steps {
		if s.Judged {
			p.box(Band, mid(i)-step/2, at(s.High), step+0.2, at(s.Low)-at(s.High))
		}
	}
	for _, v := range marks {
		p.line(Grid, 1, false, Point{left, at(v)}, Point{f.Width - right, at(v)})
		p.text(left-6, at(v)+4, strconv.Itoa(int(v)), small, false, End, Soft)
	}
	var values, others []Point
	begins := -1
	for i, s := range steps {
		if s.Judged {
			p.line(Pale, 1.2, false, Point{mid(i) - step/2, at(s.Centre)}, Point{mid(i) + step/2, at(s.Centre)})
		}
		if !s.Before && begins < 0 {
			begins = i
		}
		values, others = append(values, Point{mid(i), at(s.Value)}), append(others, Point{mid(i), at(s.Other)})
	}
	if begins > 0 {
		x := mid(begins) - step/2
		p.line(Soft, 1, true, Point{x, top}, Point{x, top + height})
	}
	if len(steps) > 1 {
		p.line(Second, 2, true, others...)
		p.line(Primary, 2.5, false, values...)
	}
	free := 0.0
	for i, s := range steps {
		v := values[i]
		switch s.Mark {
		case Outside:
			p.dot(v.X, v.Y, 6, Paper, Bad)
			y := v.Y - 11
			if s.Value < s.Centre { // where the line is not
				y = v.Y + 20
			}
			p.text(v.X, y, strconv.Itoa(int(s.Value)), small, true, Middle, Bad)
		case InRun:
			p.box(Second, v.X-4, v.Y-4, 8, 8)
		default:
			if step > 9 || len(steps) == 1 {
				p.dot(v.X, v.Y, min(3.5, step/3), Primary, "")
			}
		}
		if w := width(s.Name, small); s.Name != "" && v.X-w/2 >= free && v.X+w/2 <= f.Width {
			p.text(v.X, top+height+18, s.Name, small, false, Middle, Soft)
			free = v.X + w/2 + 16
		}
		p.hit(mid(i)-step/2, top, step, height, s.Link, s.Says)
	}
	return p
}

// Place is one unit in a funnel.
type Place struct {
	Name  string
	Size  int
	Share float64 // 0 to 1
	Out   int     // 1 above its limits, -1 below
	Link  string
	Says  string
}

// Funnel draws shares against sizes with the limits that chance has at each size.
// Who stands out is named.
func Funnel(f Frame, places []Place, centre float64, limits func(size int) (low, high float64), sizes, shares string) *Picture {
	const left, right, top = 48.0, 14.0, 26.0
	height := f.plot(210)
	p := f.picture(top + height + 42)
	largest, highest := 1, 0.0
	for _, u := range places {
		largest, highest = max(largest, u.Size), max(highest, u.Share)
	}
	if _, high := limits(max(largest/4, 1)); !math.IsNaN(high) {
		highest = max(highest, high)
	}
	up := ticks(max(highest, 0.01)*100, 4)
	most := up[len(up)-1] / 100
	along := wholeTicks(float64(largest), 4)
	widest := along[len(along)-1]
	at := func(v float64) float64 { return top + height*(1-min(v, most)/most) }
	over := func(n float64) float64 { return left + (f.Width-left-right)*n/widest }
	var above, below []Point
	const parts = 80
	for i := 1; i <= parts; i++ {
		n := max(1, int(math.Round(widest*float64(i)*float64(i)/parts/parts)))
		low, high := limits(n)
		if math.IsNaN(high) {
			continue
		}
		above, below = append(above, Point{over(float64(n)), at(high)}), append(below, Point{over(float64(n)), at(low)})
	}
	if len(above) > 1 {
		band := append([]Point{}, above...)
		for i := len(below) - 1; i >= 0; i-- {
			band = append(band, below[i])
		}
		p.area(Band, band...)
	}
	for _, v := range up {
		p.line(Grid, 1, false, Point{left, at(v / 100)}, Point{f.Width - right, at(v / 100)})
		p.text(left-6, at(v/100)+4, strconv.FormatFloat(v, 'f', -1, 64)+" %", small, false, End, Soft)
	}
	for _, v := range along {
		p.text(over(v), top+height+18, strconv.Itoa(int(v)), small, false, Middle, Soft)
	}
	if len(above) > 1 {
		p.line(Pale, 1.5, true, above...)
		p.line(Pale, 1.5, true, below...)
	}
	if !math.IsNaN(centre) {
		p.line(Pale, 1.5, false, Point{left, at(centre)}, Point{f.Width - right, at(centre)})
	}
	p.text(0, 13, fit(shares, small, f.Width), small, false, Start, Soft)
	p.text(f.Width-right, top+height+37, fit(sizes, small, f.Width-left), small, false, End, Soft)
	for _, u := range places {
		x, y := over(float64(u.Size)), at(u.Share)
		switch u.Out {
		case 1:
			p.dot(x, y, 6, Paper, Bad)
		case -1:
			p.dot(x, y, 6, Paper, Good)
		default:
			p.dot(x, y, 4, Primary, "")
		}
		if u.Out != 0 {
			colour := map[int]Colour{1: Bad, -1: Good}[u.Out]
			anchor, from, room := Start, x+10, f.Width-x-10
			if x > f.Width/2 {
				anchor, from, room = End, x-10, x-10-left
			}
			p.text(from, y+4, fit(u.Name, small, room), small, true, anchor, colour)
		}
		p.hit(x-9, y-9, 18, 18, u.Link, u.Says)
	}
	return p
}
