package form

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"loket/kiosk"
)

// MaxDraft is the longest draft in bytes of JSON.
const MaxDraft = 256 << 10

// ParseDraft reads one draft:
//
//	{"form":"complaint","language":"id","identity":"anonymous","answers":{"title":"…"}}
//
// It is strict: an unknown or repeated key, a value that is not text, broken
// UTF-8 or half a surrogate pair is an error that says where. An answer that
// is empty counts as not given.
func ParseDraft(line []byte) (kiosk.Draft, error) {
	var d kiosk.Draft
	if len(line) > MaxDraft {
		return d, fmt.Errorf("the draft is longer than %d bytes", MaxDraft)
	}
	if err := json.Unmarshal(line, &d, json.RejectUnknownMembers(true)); err != nil {
		return kiosk.Draft{}, fmt.Errorf("not a draft: %s", explain(err))
	}
	for id, a := range d.Answers {
		if a == "" {
			delete(d.Answers, id)
		}
	}
	return d, nil
}

// explain says what is wrong without repeating what was answered.
func explain(err error) string {
	where := func(p jsontext.Pointer) string {
		if p == "" {
			return ""
		}
		return strings.ReplaceAll(strings.TrimPrefix(string(p), "/"), "/", ".") + ": "
	}
	var syntactic *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case errors.Is(err, json.ErrUnknownName) && errors.As(err, &semantic):
		return where(semantic.JSONPointer) + "there is no such key (form, language, identity and answers are)"
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntactic):
		return where(syntactic.JSONPointer) + "stands twice"
	case errors.As(err, &semantic):
		return where(semantic.JSONPointer) + fmt.Sprintf("must be text, is %s", semantic.JSONKind)
	case errors.As(err, &syntactic):
		return fmt.Sprintf("%sbroken JSON at byte %d (a quote, comma or brace missing, or bytes that are no text)", where(syntactic.JSONPointer), syntactic.ByteOffset)
	}
	return "broken JSON"
}
