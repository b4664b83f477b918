package kiosk

import (
	"errors"
	"reflect"
	"testing"
	"time"
)

func TestHours(t *testing.T) {
	morning, whole := Span{7*time.Hour + 30*time.Minute, 11*time.Hour + 30*time.Minute}, Span{8 * time.Hour, 16 * time.Hour}
	afternoon := Span{13 * time.Hour, 16*time.Hour + 30*time.Minute}
	night := Span{0, 24 * time.Hour}
	for text, want := range map[string]Week{
		"":                  {},
		"Mo-Th 08:00-16:00": {1: {whole}, 2: {whole}, 3: {whole}, 4: {whole}},
		"Mo,We 08:00-16:00": {1: {whole}, 3: {whole}},
		"Sa-Mo 00:00-24:00": {6: {night}, 0: {night}, 1: {night}},
		"Mo 08:00-16:00;  Fr 07:30-11:30, 13:00-16:30": {1: {whole}, 5: {morning, afternoon}},
	} {
		got, err := ParseHours(text)
		if err != nil || !reflect.DeepEqual(got, want) || got.Known() != (text != "") {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{" ", "Mo", "08:00-16:00", "Mo 8:00-16:00", "Mo 16:00-08:00", "Mo 08:00", "Mo 08:00-25:00", "Mo 08:60-16:00", "Senin 08:00-16:00",
		"Mo-Fr 08:00-16:00; Th 08:00-12:00", "Mo 08:00-12:00,11:00-16:00", "Mo 08:00-12:00,12:00-16:00", "Mo- 08:00-16:00", "Mo 08:00-16:00;", "Mo 08:00-16:00,", "Su-Su-Mo 08:00-16:00"} {
		if got, err := ParseHours(text); !errors.Is(err, ErrHours) || got.Known() {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}
