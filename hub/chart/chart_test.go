package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

// every is each kind of chart at a width, of the same figures.
func every(width float64) []*Picture {
	hostile := `</title><script>alert("1")</script>&`
	f := func(id string) Frame {
		return Frame{ID: id, Title: hostile, Desc: "Sebelas minggu.", Width: width}
	}
	var steps []Step
	for i := range 26 {
		s := Step{Name: "3 Agu", Value: float64(i * 7 % 40), Other: 12, Judged: i != 3, Centre: 15, Low: 4, High: 30, Before: i < 13, Link: "/desk?a=1&b=2", Says: hostile}
		if s.Value > s.High {
			s.Mark = Outside
		} else if i > 20 {
			s.Mark = InRun
		}
		steps = append(steps, s)
	}
	bins := []Bin{{Name: "0", Count: 3, Link: "/desk", Says: "tiga"}, {Name: "1–2", Count: 0}, {Name: ">2", Count: 900, Over: true}}
	limits := func(n int) (float64, float64) {
		return math.Max(0, 0.2-1/math.Sqrt(float64(n))), math.Min(1, 0.2+1/math.Sqrt(float64(n)))
	}
	places := []Place{{Name: hostile, Size: 400, Share: 0.5, Out: 1}, {Name: "Kantor Wilayah dengan Nama yang Panjang Sekali", Size: 300, Share: 0, Out: -1}, {Name: "c", Size: 1, Share: 1}}
	return []*Picture{
		Bars(f("bars"), []Bar{{Name: strings.Repeat("Nama yang panjang ", 9), Says: "12 · 40 %", Note: hostile, Value: 12, Before: 30, Colour: Primary, Link: "/desk", Cut: "80 %"}, {Name: "b", Value: 0, Before: -1}}),
		Histogram(f("histogram"), bins, "batas 8 hari", "hari kerja"),
		Trend(f("trend"), steps, Key{"masuk", "dijawab", "batas wajar dan rata-rata", "di luar batas", "8 minggu"}),
		Funnel(f("funnel"), places, 0.2, limits, "jawaban", "bagian"),
		Bars(f("none"), nil), Histogram(f("nobins"), nil, "batas", "hari"), Trend(f("noweeks"), nil, Key{}), Trend(f("one"), steps[:1], Key{Value: "masuk"}),
		Funnel(f("noplaces"), nil, math.NaN(), func(int) (float64, float64) { return math.NaN(), math.NaN() }, "a", "b"),
	}
}

// Pictures are well-formed, named, hold no style that the pages' policy refuses,
// take nothing for markup, and draw nothing outside their edges; on a telephone
// as on a desk.
func TestPictures(t *testing.T) {
	for _, width := range []float64{280, 430, 900} {
		for _, p := range every(width) {
			svg := string(p.SVG())
			texts := 0
			for d := xml.NewDecoder(strings.NewReader(svg)); ; {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v", p.ID, err)
				}
				if e, ok := token.(xml.StartElement); ok {
					if e.Name.Local == "script" || e.Name.Local == "style" {
						t.Errorf("%s holds %s", p.ID, e.Name.Local)
					}
					if e.Name.Local == "text" {
						texts++
					}
				}
			}
			if !strings.Contains(svg, `aria-labelledby="`+p.ID+`-t `+p.ID+`-d"`) || strings.Contains(svg, "style=") || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Errorf("%s: %s", p.ID, svg)
			}
			if p.ID == "bars" && texts < 5 {
				t.Errorf("text is not text: %d", texts)
			}
			for _, s := range p.Shapes {
				for _, at := range s.Points {
					if at.X < -1 || at.X > p.W+1 || at.Y < -1 || at.Y > p.H+1 {
						t.Errorf("%s at %v px: %+v is outside %v × %v", p.ID, width, s, p.W, p.H)
					}
				}
				if s.Kind == Text {
					from := s.Points[0].X - width0(s)*float64(s.Anchor)/2
					if from < -4 || from+width0(s) > p.W+24 {
						t.Errorf("%s at %v px: %q runs from %.0f to %.0f", p.ID, width, s.Text, from, from+width0(s))
					}
				}
			}
		}
	}
}

func width0(s Shape) float64 { return width(s.Text, s.Size) }

func TestTicks(t *testing.T) {
	for highest, want := range map[float64]float64{0: 1, 1: 1, 3: 3, 37: 40, 100: 100, 101: 150, 990: 1000} {
		all := wholeTicks(highest, 4)
		if got := all[len(all)-1]; all[0] != 0 || got < highest || got > want*1.0001 && highest != 101 {
			t.Errorf("%v: %v", highest, all)
		}
		for _, v := range all {
			if v != math.Trunc(v) {
				t.Errorf("%v: %v is no count", highest, v)
			}
		}
	}
}
