package ipp

import (
	"bytes"
	"errors"
	"testing"
)

func sample() *Message {
	return &Message{Code: printJob, ID: 7, Groups: []Group{
		{tagOperation, []Attribute{one(tagCharset, "attributes-charset", "utf-8"), keywords("requested-attributes", "job-state", "job-id")}},
		{tagJob, []Attribute{integer("job-id", 70_000), {"time-at-processing", []Value{{tagNoValue, nil}}}}},
	}}
}

func TestMessagesComeBack(t *testing.T) {
	m := sample()
	got, err := Parse(m.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), m.Bytes()) || got.ID != 7 || number(got.find(tagJob, "job-id")) != 70_000 || len(got.find(tagOperation, "requested-attributes")) != 2 {
		t.Errorf("%+v", got)
	}
}

func TestCutOffMessagesAreErrors(t *testing.T) {
	b := sample().Bytes()
	for n := range len(b) {
		if m, err := Parse(b[:n]); !errors.Is(err, ErrMessage) {
			t.Errorf("%d of %d bytes: %+v, %v", n, len(b), m, err)
		}
	}
}

func TestReasons(t *testing.T) {
	for s, want := range map[string][2]string{
		"media-empty-error": {"media-empty", "error"}, "media-low-warning": {"media-low", "warning"},
		"door-open": {"door-open", "error"}, "offline-report": {"offline", "report"}, "none": {"none", "error"},
	} {
		if reason, severity := Reason(s); reason != want[0] || severity != want[1] {
			t.Errorf("%s: %s, %s", s, reason, severity)
		}
	}
}

// Whatever a printer says is a message that can be written again, or an error.
func FuzzParse(f *testing.F) {
	f.Add(sample().Bytes())
	f.Add([]byte{2, 0, 0, 0, 0, 0, 0, 1, 4, 0x34, 0, 1, 'x', 0, 0, 0x4a, 0, 0, 0, 1, 'y', 0x37, 0, 0, 0, 0, 3})
	f.Add([]byte{1, 1, 5, 7, 0, 0, 0, 1, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			if !errors.Is(err, ErrMessage) {
				t.Error(err)
			}
			return
		}
		again, err := Parse(m.Bytes())
		if err != nil || !bytes.Equal(again.Bytes(), m.Bytes()) {
			t.Errorf("%+v became %+v, %v", m, again, err)
		}
		for i := range m.Groups {
			describe(&m.Groups[i])
		}
	})
}
