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
	for name, c := range map[string]Palette{"light": Light, "contrast": HighContrast} {
		for _, p := range []struct {
			what     string
			on, over color.NRGBA
			least    float64
		}{
			{"ink on paper", c.Ink, c.Paper, 7}, {"ink on card", c.Ink, c.Card, 7}, {"ink on tray", c.Ink, c.Sunk, 7}, {"ink on tint", c.Ink, c.Tint, 7},
			{"ink on special key", c.Ink, c.Special, 7}, {"ink on a key held", c.Ink, c.KeyDown, 7},
			{"hint on paper", c.Ink2, c.Paper, 7}, {"hint on card", c.Ink2, c.Card, 7},
			{"button", c.OnPrimary, c.Primary, 7}, {"button pressed", c.OnPrimary, c.Pressed, 7},
			{"outline button", c.Primary, c.Card, 7}, {"outline button pressed", c.Primary, c.Tint, 7}, {"mark on paper", c.Primary, c.Paper, 7},
			{"greeting", c.OnBand, c.Band, 7}, {"greeting above", c.BandHigh, c.Band, 7},
			{"error on paper", c.Error, c.Paper, 7}, {"error on card", c.Error, c.Card, 7}, {"error on tint", c.Error, c.ErrorTint, 7},
			{"done on tint", c.OK, c.OKTint, 7}, {"warning on tint", c.Warn, c.WarnTint, 7}, {"info on tint", c.Info, c.InfoTint, 7},
			{"complaint", c.Complaint.Ink, c.Complaint.Tint, 7}, {"suggestion", c.Suggestion.Ink, c.Suggestion.Tint, 7},
			{"information", c.Information.Ink, c.Information.Tint, 7}, {"objection", c.Objection.Ink, c.Objection.Tint, 7},
			{"tracking", c.Tracking.Ink, c.Tracking.Tint, 7}, {"rating", c.Rating.Ink, c.Rating.Tint, 7},
			{"edge on paper", c.Edge, c.Paper, 3}, {"edge on card", c.Edge, c.Card, 3}, {"edge on tray", c.Edge, c.Sunk, 3},
			{"primary on paper", c.Primary, c.Paper, 3}, {"primary on tray", c.Primary, c.Sunk, 3},
			{"focus on paper", c.Focus, c.Paper, 3}, {"focus on card", c.Focus, c.Card, 3}, {"focus on tray", c.Focus, c.Sunk, 3},
		} {
			if got := ratio(p.on, p.over); got < p.least {
				t.Errorf("%s, %s: %.2f, want %v", name, p.what, got, p.least)
			}
		}
	}
}

func TestSizesFollowTheGlass(t *testing.T) {
	for _, g := range []struct{ w, h, mm float32 }{{1080, 1920, 336}, {1080, 1920, 398}, {1920, 1080, 476}, {1280, 800, 332}, {1080, 1920, 296}} {
		for _, scale := range TextScales {
			s := SizesFor(g.w, g.h, g.mm, scale)
			for what, of := range map[string][2]float32{"button": {s.Primary, TargetMM}, "answer": {s.Answer, TargetMM}, "bar": {s.Bar, TargetMM}, "target": {s.Target, TargetMM}, "key": {s.Key, KeyMM}, "gap": {s.Apart, ApartMM}} {
				if mm := of[0] / s.PxPerMM; mm < of[1]-0.01 {
					t.Errorf("%v: %s is %.1f mm", g, what, mm)
				}
			}
			if s.Body/s.PxPerMM < 5 {
				t.Errorf("%v: body text of %.1f mm", g, s.Body/s.PxPerMM)
			}
		}
	}
}

func TestSymbolsTakeTheirColour(t *testing.T) {
	theme, err := New(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := theme.Symbol("check", Light.Ink), theme.Symbol("check", Light.Card); a.Name() == b.Name() || string(a.Content()) == string(b.Content()) {
		t.Error("two colours, one icon")
	}
}
