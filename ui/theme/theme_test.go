package theme

import (
	"image/color"
	"math"
	"testing"

	"loket/assets"
)

func luminance(c color.NRGBA) float64 {
	f := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*f(c.R) + 0.7152*f(c.G) + 0.0722*f(c.B)
}

// ratio is WCAG's contrast ratio.
func ratio(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrast(t *testing.T) {
	for _, p := range []struct {
		what     string
		on, over color.NRGBA
		least    float64
	}{
		{"ink on paper", Ink, Paper, 7}, {"ink on card", Ink, Card, 7}, {"ink on tray", Ink, Sunk, 7}, {"ink on tint", Ink, Tint, 7},
		{"hint on paper", Ink2, Paper, 7}, {"hint on card", Ink2, Card, 7},
		{"button", Card, Primary, 7}, {"button pressed", Card, Pressed, 7}, {"outline button", Primary, Paper, 7},
		{"error", Error, Paper, 7}, {"error on tint", Error, ErrorTint, 7}, {"done on tint", OK, OKTint, 7},
		{"warning on tint", Warn, WarnTint, 7}, {"info on tint", Info, InfoTint, 7},
		{"complaint", Complaint.Ink, Complaint.Tint, 7}, {"suggestion", Suggestion.Ink, Suggestion.Tint, 7},
		{"information", Information.Ink, Information.Tint, 7}, {"tracking", Tracking.Ink, Tracking.Tint, 7},
		{"edge on paper", Edge, Paper, 3}, {"edge on card", Edge, Card, 3}, {"edge on tray", Edge, Sunk, 3}, {"focus on paper", Focus, Paper, 3},
	} {
		if got := ratio(p.on, p.over); got < p.least {
			t.Errorf("%s: %.2f, want %v", p.what, got, p.least)
		}
	}
}

func TestSizesFollowTheGlass(t *testing.T) {
	for _, g := range []struct{ w, h, mm float32 }{{1080, 1920, 336}, {1080, 1920, 398}, {1920, 1080, 476}, {1280, 800, 332}, {1080, 1920, 296}} {
		s := SizesFor(g.w, g.h, g.mm)
		for what, px := range map[string]float32{"button": s.Primary, "answer": s.Answer, "bar": s.Bar} {
			if mm := px / s.PxPerMM; mm < TargetMM-0.01 {
				t.Errorf("%v: %s is %.1f mm", g, what, mm)
			}
		}
		if s.Body/s.PxPerMM < 5 {
			t.Errorf("%v: body text of %.1f mm", g, s.Body/s.PxPerMM)
		}
	}
}

func TestSymbolsTakeTheirColour(t *testing.T) {
	theme, err := New(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := theme.Symbol("check", Ink), theme.Symbol("check", Card); a.Name() == b.Name() || string(a.Content()) == string(b.Content()) {
		t.Error("two colours, one icon")
	}
}
