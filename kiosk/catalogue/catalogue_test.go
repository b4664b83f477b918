package catalogue_test

import (
	"io/fs"
	"strings"
	"testing"

	"loket/assets"
	"loket/kiosk/catalogue"
	"loket/kiosk/form"
)

func text(t *testing.T, name string) string {
	t.Helper()
	b, err := fs.ReadFile(assets.Files, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// swap is a file with one thing in it changed.
func swap(t *testing.T, name, old, now string) catalogue.Files {
	t.Helper()
	was := text(t, name)
	if !strings.Contains(was, old) {
		t.Fatalf("%s has no %q", name, old)
	}
	return catalogue.Files{name: strings.Replace(was, old, now, 1)}
}

func TestCheck(t *testing.T) {
	form := "forms/suggestion.toml"
	for name, x := range map[string]struct {
		files catalogue.Files
		says  string
	}{
		"nothing":                {nil, ""},
		"a title":                {swap(t, form, `id = "Aspirasi"`, `id = "Usul"`), ""},
		"an office":              {swap(t, "offices.toml", "[[offices]]", "[[offices]]\nid = \"baru\"\nname = { id = \"Kantor Baru\", en = \"New Office\" }\ncity = \"Ende\"\nzone = \"WITA\"\nhelp = \"123\"\n\n[[offices]]"), ""},
		"no TOML":                {catalogue.Files{form: "name = "}, form},
		"empty":                  {catalogue.Files{form: ""}, form},
		"another name":           {swap(t, form, `name = "suggestion"`, `name = "usul"`), "calls itself"},
		"a type nobody knows":    {swap(t, form, `type = "longtext"`, `type = "essay"`), form},
		"a language missing":     {swap(t, form, `title = { id = "Aspirasi", en = "Suggestion" }`, `title = { id = "Aspirasi" }`), form},
		"a key nobody knows":     {swap(t, form, "version = ", "colour = \"red\"\nversion = "), form},
		"a sentence missing":     {swap(t, "words/front.toml", `"front.done"`, `"front.gone"`), "front.done"},
		"a placeholder too many": {swap(t, "words/front.toml", `id = "Selesai"`, `id = "Selesai {name}"`), "{name}"},
		"one language of a word": {swap(t, "words/front.toml", `, en = "Done"`, ``), "front.done"},
		"a day that is none":     {swap(t, "holidays/id.csv", "-01-01", "-13-01"), "holidays"},
		"another file":           {catalogue.Files{"lapor.toml": ""}, "can be changed"},
		"a way out":              {catalogue.Files{"../kiosk.toml": ""}, "can be changed"},
		"huge":                   {catalogue.Files{form: strings.Repeat("#\n", catalogue.MaxBytes)}, "at most"},
	} {
		err := catalogue.Check(assets.Files, x.files)
		if (err == nil) != (x.says == "") || err != nil && !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRaised(t *testing.T) {
	name := "forms/suggestion.toml"
	changed := swap(t, name, `id = "Aspirasi"`, `id = "Usul"`)
	if err := catalogue.Raised(assets.Files, nil, changed); err == nil || !strings.Contains(err.Error(), "raise its version") {
		t.Error(err)
	}
	f, err := form.Read(assets.Files, name)
	if err != nil {
		t.Fatal(err)
	}
	changed[name] = strings.Replace(changed[name], "version = ", "version = 1", 1)
	if err := catalogue.Raised(assets.Files, nil, changed); err != nil {
		t.Error(err)
	}
	if err := catalogue.Raised(assets.Files, changed, nil); err == nil {
		t.Errorf("back to version %d without a higher one", f.Version)
	}
	if err := catalogue.Raised(assets.Files, nil, catalogue.Files{name: "# a comment\n" + text(t, name)}); err != nil {
		t.Error("a comment: ", err)
	}
}
