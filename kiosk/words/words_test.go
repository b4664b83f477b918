package words

import (
	"testing"
	"testing/fstest"
	"time"

	"loket/assets"
	"loket/kiosk"
)

func TestWordsOfBothLanguages(t *testing.T) {
	c, err := Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	id, en := c.In(kiosk.Indonesian), c.In(kiosk.English)
	if got := id.T("step", "n", 2, "of", 7); got != "2 dari 7" {
		t.Error(got)
	}
	if got := en.T("step", "n", 2, "of", 7); got != "2 of 7" {
		t.Error(got)
	}
	if got := id.T("no.such.key"); got != "no.such.key" || c.Has(got) {
		t.Error(got)
	}
	at := time.Date(2026, 12, 4, 9, 47, 0, 0, kiosk.Zone("WITA"))
	if got := id.Date(at) + ", " + id.Clock(at); got != "Jumat, 4 Desember 2026, 09.47 WITA" {
		t.Error(got)
	}
	if got := en.Date(at); got != "Friday, 4 December 2026" {
		t.Error(got)
	}
	week, err := kiosk.ParseHours("Mo-Th 07:30-16:00; Fr 07:30-11:30,13:00-16:30; Su 09:00-10:05")
	if err != nil {
		t.Fatal(err)
	}
	if got := id.Hours(week); got != "Senin–Kamis 07.30–16.00, Jumat 07.30–11.30 dan 13.00–16.30, Minggu 09.00–10.05" {
		t.Error(got)
	}
	if got := en.Hours(week) + en.Hours(kiosk.Week{}); got != "Monday–Thursday 07.30–16.00, Friday 07.30–11.30 and 13.00–16.30, Sunday 09.00–10.05" {
		t.Error(got)
	}
}

func TestHalfTranslatedWordsAreRefused(t *testing.T) {
	for why, files := range map[string]fstest.MapFS{
		"one language":     {"words/a.toml": {Data: []byte(`"k" = { id = "x" }`)}},
		"twice":            {"words/a.toml": {Data: []byte(`"k" = { id = "x", en = "y" }`)}, "words/b.toml": {Data: []byte(`"k" = { id = "x", en = "y" }`)}},
		"not TOML":         {"words/a.toml": {Data: []byte(`k`)}},
		"another language": {"words/a.toml": {Data: []byte(`"k" = { id = "x", nl = "y" }`)}},
	} {
		if _, err := Load(files); err == nil {
			t.Errorf("%s: accepted", why)
		}
	}
}
