package form

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/words"
)

var today = time.Date(2026, 11, 24, 9, 47, 0, 0, kiosk.Zone("WITA"))

func catalogue(t testing.TB) *Catalogue {
	t.Helper()
	c, err := Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func complaint(change ...string) kiosk.Draft {
	d := kiosk.Draft{Form: "complaint", Language: kiosk.Indonesian, Identity: kiosk.Named, Answers: kiosk.Answers{
		"title": "Loket tutup", "description": "Loket tutup sejak pagi hari ini.", "incident_date": "2026-11-24", "location": "Loket 3", "reporter": "person", "name": "Contoh Satu",
	}}
	for i := 0; i+1 < len(change); i += 2 {
		d.Answers[change[i]] = change[i+1]
	}
	return d
}

// codes are the problems of a draft as "field code".
func codes(p Problems) (s []string) {
	for _, q := range p {
		s = append(s, q.Field+" "+strings.TrimPrefix(q.Code, "problem."))
	}
	return s
}

func TestWhatAVisitorHasToMend(t *testing.T) {
	c := catalogue(t)
	for _, try := range []struct {
		why   string
		field string
		text  string
		want  string
	}{
		{"as it should be", "location", "Loket 3", ""},
		{"nothing", "title", "", "required"},
		{"spaces only", "title", "   ", "required"},
		{"spaces only, optional", "wish", "  ", "blank"},
		{"too short", "description", "tutup", "too_short"},
		{"too long", "description", strings.Repeat("a", 2001), "too_long"},
		{"a family emoji is one letter", "title", strings.Repeat("👩‍👩‍👧", 5), ""},
		{"few letters, many bytes", "title", strings.Repeat("👩‍👩‍👧", 60), "too_large"},
		{"a line break in one line", "title", "Loket\ntutup", "newline"},
		{"a line break in a text", "description", "Loket tutup.\r\nSejak pagi hari.", ""},
		{"NUL", "title", "Loket\x00 tutup", "control"},
		{"escape", "description", "Loket tutup sejak pagi \x1b[2J", "control"},
		{"turned around", "title", "Loket \u202e tutup", "direction"},
		{"flood of marks", "title", "Loke" + strings.Repeat("\u0335", 9) + "t", "marks"},
		{"no text", "title", "Loket \xff tutup", "utf8"},
		{"tomorrow", "incident_date", "2026-11-25", "future"},
		{"no such day", "incident_date", "2026-02-30", "date"},
		{"no date", "incident_date", "kemarin", "date"},
		{"before the republic", "incident_date", "1944-01-01", "too_old"},
		{"unknown office", "office", "atlantis", "office"},
		{"unknown service", "service", "x", "service"},
		{"phone as written", "phone", "0812-3456 7890", ""},
		{"phone from abroad", "phone", "+31 20 123 4567", ""},
		{"phone of 13 digits", "phone", "0895123456789", ""},
		{"land line", "phone", "0380 123456", ""},
		{"phone too short", "phone", "0812345", "phone"},
		{"phone with letters", "phone", "0812abc45678", "phone"},
		{"no country", "phone", "81234567890", "phone"},
		{"e-mail", "email", "a.b+c@contoh.co.id", ""},
		{"e-mail without dot", "email", "a@b", "email"},
		{"e-mail with two @", "email", "a@b@c.id", "email"},
		{"unknown field", "colour", "merah", "unknown"},
	} {
		_, p := c.Check(complaint(try.field, try.text), today)
		want := []string(nil)
		if try.want != "" {
			want = []string{try.field + " " + try.want}
		}
		if got := codes(p); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", try.why, got, want)
		}
	}
}

func TestNIK(t *testing.T) {
	for s, want := range map[string]string{
		"5371010101900001": "", "5371014101900001": "", "5371 0101 0190 0001": "",
		"5371013202900001": "nik_date", "5371017302900001": "nik_date", "5371010113900001": "nik_date",
		"537101010190001": "nik_length", "53710101019000011": "nik_length",
		"5371010101900000": "nik_form", "0071010101900001": "nik_form", "537101010190000A": "nik_digits",
		"5371012902000001": "", "5371012902010001": "nik_date", // 2000 was a leap year, 1901 and 2001 were not
	} {
		if _, code, _ := nik(s); code != want {
			t.Errorf("%s: %q, want %q", s, code, want)
		}
	}
}

// What only looks odd is said once and kept: no one here can know better than
// the card.
func TestDoubtsDoNotRefuse(t *testing.T) {
	c := catalogue(t)
	for _, try := range []struct {
		form, field, answer string
		identity            kiosk.Identity
		want                string
		stop                bool
	}{
		{"information", "nik", "5371010101900001", kiosk.Named, "", false},
		{"information", "nik", "5371013202900001", kiosk.Named, "doubt.nik_date", true},
		{"information", "nik", "5371010101900000", kiosk.Named, "doubt.nik_form", true},
		{"complaint", "incident_date", "2026-11-01", kiosk.Named, "", false},
		{"complaint", "incident_date", "2026-09-01", kiosk.Named, "doubt.long_ago", false},
		{"complaint", "description", "Hubungi 0812-3456-7890 segera ya.", kiosk.Named, "", false},
		{"complaint", "description", "Hubungi 0812-3456-7890 segera ya.", kiosk.Anonymous, "doubt.personal", true},
		{"complaint", "description", "Tulis ke warga@contoh.id segera.", kiosk.Anonymous, "doubt.personal", true},
		{"complaint", "description", "Antrean nomor 217 tanggal 24-11-2026.", kiosk.Anonymous, "", false},
	} {
		d := kiosk.Draft{Form: try.form, Identity: try.identity, Answers: kiosk.Answers{try.field: try.answer, "applicant": "person"}}
		asked := try.field
		if try.field == "description" {
			asked = "identity"
		}
		got, stop := c.Doubt(c.Form(try.form), asked, d, today)
		code := ""
		if got != nil {
			code = got.Code
		}
		if code != try.want || stop != try.stop {
			t.Errorf("%s %q: %q %v, want %q", try.field, try.answer, code, stop, try.want)
		}
	}
}

func TestIdentityDecidesWhatIsAsked(t *testing.T) {
	c := catalogue(t)
	d := complaint()
	d.Identity = kiosk.Anonymous
	if _, p := c.Check(d, today); !slices.Equal(codes(p), []string{"name not_asked", "reporter not_asked"}) {
		t.Error(codes(p))
	}
	delete(d.Answers, "name")
	delete(d.Answers, "reporter")
	if _, p := c.Check(d, today); len(p) > 0 {
		t.Error(codes(p))
	}
	d.Identity = "somebody"
	if _, p := c.Check(d, today); !slices.Equal(codes(p), []string{"identity identity"}) {
		t.Error(codes(p))
	}
	info := kiosk.Draft{Form: "information", Language: kiosk.English, Identity: kiosk.Anonymous, Answers: kiosk.Answers{
		"information": "The budget of 2025", "purpose": "Research", "obtain": "copy_digital", "delivery": "email", "applicant": "legal_entity",
		"name": "Applicant", "legal_number": "AHU-1", "address": "1 Example Street", "phone": "081234567890",
	}}
	if _, p := c.Check(info, today); !slices.Equal(codes(p), []string{"identity named", "email required"}) {
		t.Error("the law asks a name, and e-mail delivery an address:", codes(p))
	}
	info.Identity, info.Answers["delivery"] = kiosk.Named, "pickup"
	delete(info.Answers, "phone")
	if _, p := c.Check(info, today); !slices.Equal(codes(p), []string{"email one_of.phone_email"}) {
		t.Error(codes(p))
	}
	info.Answers["phone"] = "0812 3456 7890"
	got, p := c.Check(info, today)
	if len(p) > 0 || got.Answers["phone"] != "+6281234567890" {
		t.Error(got.Answers["phone"], codes(p))
	}
	info.Answers["obtain"] = "view"
	if _, p := c.Check(info, today); !slices.Equal(codes(p), []string{"delivery not_asked"}) {
		t.Error(codes(p))
	}
	if _, p := c.Check(kiosk.Draft{Form: "nothing"}, today); !slices.Equal(codes(p), []string{" form"}) {
		t.Error(codes(p))
	}
}

// Whether news may come by e-mail is asked of who gave an address, in every form
// that leads to a case.
func TestNewsByMailIsAskedOfAnAddress(t *testing.T) {
	c := catalogue(t)
	for _, f := range c.Forms {
		if f.Opinion {
			continue
		}
		d := kiosk.Draft{Form: f.Name, Identity: kiosk.Named, Answers: kiosk.Answers{}}
		asked := func() bool {
			return slices.ContainsFunc(f.Asked(d), func(a Field) bool { return a.ID == "notify" })
		}
		if asked() {
			t.Errorf("%s: asked without an address", f.Name)
		}
		if d.Answers["email"] = "a@contoh.id"; !asked() {
			t.Errorf("%s: not asked", f.Name)
		}
		if d.Identity = kiosk.Anonymous; asked() && len(f.Identities) > 1 {
			t.Errorf("%s: asked of who is not named", f.Name)
		}
	}
	d := complaint("notify", "yes")
	if _, p := c.Check(d, today); !slices.Equal(codes(p), []string{"notify not_asked"}) {
		t.Error(codes(p))
	}
	d.Answers["email"] = "a@contoh.id"
	if _, p := c.Check(d, today); len(p) > 0 {
		t.Error(codes(p))
	}
}

func TestTextIsKeptByteForByteAfterNFC(t *testing.T) {
	in := "  Kafe\u0301 tutup — “buka” 10.00\n\n\tx  "
	in = strings.ReplaceAll(in, "\t", " ")
	d, p := catalogue(t).Check(complaint("description", in+" dan seterusnya"), today)
	if want := strings.Replace(in, "e\u0301", "é", 1) + " dan seterusnya"; len(p) > 0 || d.Answers["description"] != want {
		t.Errorf("%q, %v", d.Answers["description"], codes(p))
	}
}

func TestExamplesAreAlwaysRight(t *testing.T) {
	c := catalogue(t)
	for _, name := range c.Names() {
		different := map[string]bool{}
		for n := range 500 {
			d := c.Example(name, 7, n, today)
			checked, p := c.Check(d, today)
			if len(p) > 0 {
				t.Fatalf("%s %d: %v", name, n, codes(p))
			}
			if again, p := c.Check(checked, today); len(p) > 0 || again.Answers["phone"] != checked.Answers["phone"] {
				t.Fatalf("%s %d: checking twice differs: %v", name, n, codes(p))
			}
			different[fmt.Sprint(d.Answers)] = true
		}
		if len(c.Form(name).Fields) > 1 && len(different) < 300 {
			t.Errorf("%s: only %d of 500 differ", name, len(different))
		}
	}
}

func TestEveryProblemHasWords(t *testing.T) {
	w, err := words.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"form", "language", "identity", "named", "unknown", "not_asked", "required", "blank", "choose", "option", "office", "service", "too_long", "too_large", "too_short", "utf8", "newline", "control", "direction", "marks", "date", "future", "too_old", "phone", "email", "nik_digits", "nik_length", "number"} {
		if !w.Has("problem." + code) {
			t.Errorf("problem.%s has no words", code)
		}
	}
	for _, code := range []string{"nik_date", "nik_form", "long_ago", "personal"} {
		if !w.Has("doubt." + code) {
			t.Errorf("doubt.%s has no words", code)
		}
	}
	for _, f := range catalogue(t).Forms {
		for _, g := range f.OneOf {
			if p := OneOfMissing(g); !w.Has(p.Code) {
				t.Errorf("%s has no words", p.Code)
			}
		}
	}
	if got := (Problem{Code: "problem.nik_length", Args: []any{"n", 14}}).Text(w.In(kiosk.Indonesian)); got != "NIK terdiri dari 16 angka. Anda baru mengisi 14." {
		t.Error(got)
	}
}

func TestAFormThatWouldStrandAVisitorIsRefused(t *testing.T) {
	files := fstest.MapFS{}
	if err := fs.WalkDir(assets.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ".toml" {
			files[name] = new(fstest.MapFile)
			files[name].Data, err = fs.ReadFile(assets.Files, name)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(files); err != nil {
		t.Fatal("as it is:", err)
	}
	for why, change := range map[string][3]string{
		"a missing word":        {"forms/complaint.toml", `en = "Complaint"`, `en = ""`},
		"an unknown type":       {"forms/complaint.toml", `type = "date"`, `type = "hour"`},
		"an unknown key":        {"forms/complaint.toml", `version = 4`, "version = 4\ncolour = 1"},
		"a deadline of nothing": {"forms/complaint.toml", `deadline = "answer"`, `deadline = "never"`},
		"another name":          {"forms/complaint.toml", `name = "complaint"`, `name = "other"`},
		"a field twice":         {"forms/complaint.toml", `id = "location"`, `id = "title"`},
		"a text without limit":  {"forms/complaint.toml", "max = 120\n", ""},
		"a condition on naught": {"forms/complaint.toml", "given = true", "given = false"},
		"hours of nowhere":      {"offices.toml", `id = "ntt"`, "id = \"ntt\"\nhours = \"Senin 08.00-16.00\""},
	} {
		was := files[change[0]]
		if !strings.Contains(string(was.Data), change[1]) {
			t.Fatalf("%s: %s no longer says %q", why, change[0], change[1])
		}
		files[change[0]] = &fstest.MapFile{Data: []byte(strings.Replace(string(was.Data), change[1], change[2], 1))}
		if _, err := Load(files); err == nil || !strings.Contains(err.Error(), strings.TrimSuffix(path.Base(change[0]), ".toml")) {
			t.Errorf("%s: %v", why, err)
		}
		files[change[0]] = was
	}
}

func TestDraftsAreReadStrictly(t *testing.T) {
	good := `{"form":"complaint","language":"id","identity":"anonymous","answers":{"title":"x","wish":""}}`
	if d, err := ParseDraft([]byte(good)); err != nil || d.Answers["title"] != "x" || len(d.Answers) != 1 {
		t.Errorf("%+v, %v", d, err)
	}
	for why, try := range map[string][2]string{
		"nothing":         {"", "broken JSON"},
		"cut short":       {good[:40], "broken JSON"},
		"two drafts":      {good + good, "broken JSON"},
		"a list":          {`[1]`, "must be text"},
		"a number":        {`{"form":1}`, "form: must be text"},
		"a number inside": {`{"answers":{"title":7}}`, "answers.title: must be text"},
		"a list inside":   {`{"answers":{"title":["a"]}}`, "answers.title: must be text"},
		"an unknown key":  {`{"colour":"x"}`, "colour: there is no such key"},
		"a key twice":     {`{"answers":{"title":"a","title":"b"}}`, "answers.title: stands twice"},
		"broken UTF-8":    {"{\"form\":\"\xff\"}", "broken JSON"},
		"half a pair":     {`{"form":"\ud800"}`, "broken JSON"},
		"a megabyte":      {`{"form":"` + strings.Repeat("a", 1<<20) + `"}`, "longer than"},
	} {
		if _, err := ParseDraft([]byte(try[0])); err == nil || !strings.Contains(err.Error(), try[1]) {
			t.Errorf("%s: %v, want %q", why, err, try[1])
		}
	}
}

func TestProblemsNeverRepeatAnswers(t *testing.T) {
	_, p := catalogue(t).Check(complaint("phone", "rahasia", "title", "ra"), today)
	var asError error = p
	var problems Problems
	if !errors.As(asError, &problems) || strings.Contains(asError.Error(), "rahasia") {
		t.Error(asError)
	}
}

func FuzzParseDraft(f *testing.F) {
	c := catalogue(f)
	f.Add([]byte(`{"form":"complaint","language":"id","identity":"anonymous","answers":{"title":"x"}}`))
	f.Add([]byte(`{"form":"information","answers":{"nik":"5371010101900001","phone":"0812"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := ParseDraft(b)
		if err != nil {
			return
		}
		once, p := c.Check(d, today)
		if len(p) > 0 {
			return
		}
		if twice, p := c.Check(once, today); len(p) > 0 || len(twice.Answers) != len(once.Answers) {
			t.Errorf("a checked draft does not pass again: %v", p)
		}
	})
}

// A form of the ministry's own is read or refused; one that is read asks at least
// something and can be filled.
func FuzzLoad(f *testing.F) {
	sound, err := fs.ReadFile(assets.Files, "forms/complaint.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sound)
	f.Add([]byte("name = 'complaint'\nversion = 1\n[[field]]\nid = 'a'\n"))
	files := fstest.MapFS{}
	for _, pattern := range []string{"*.toml", "*/*.toml"} {
		names, err := fs.Glob(assets.Files, pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			b, err := fs.ReadFile(assets.Files, name)
			if err != nil {
				f.Fatal(err)
			}
			files[name] = &fstest.MapFile{Data: b}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		with := maps.Clone(files)
		with["forms/complaint.toml"] = &fstest.MapFile{Data: b}
		c, err := Load(with)
		if err != nil {
			return
		}
		if form := c.Form("complaint"); form == nil || len(form.Fields) == 0 {
			t.Error("a form that asks nothing was taken")
		} else {
			c.Check(c.Example("complaint", 1, 1, today), today)
		}
	})
}
