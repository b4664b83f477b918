package visit

import (
	"strings"
	"testing"
	"time"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/form"
)

func begin(t *testing.T, name string) *Visit {
	t.Helper()
	c, err := form.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	v := New(c, func() time.Time { return time.Date(2026, 11, 24, 9, 0, 0, 0, kiosk.Zone("WITA")) })
	v.Start(name)
	return v
}

// through answers each question in turn until the review, or a problem.
func through(t *testing.T, v *Visit, answers map[string]string) form.Problems {
	t.Helper()
	for range 50 {
		p := v.Page()
		if p.Kind == Review {
			return nil
		}
		if a, ok := answers[p.Field.ID]; ok {
			v.Answer(a)
		}
		if problems := v.Next(); len(problems) > 0 {
			return problems
		}
	}
	t.Fatal("the questions never end")
	return nil
}

var request = map[string]string{"information": "The budget of 2025", "purpose": "Research", "obtain": "view", "applicant": "person",
	"name": "Sample One", "nik": "5371010101900001", "address": "1 Example Street", "phone": "081234567890"}

func TestARequestNeedsAWayToAnswer(t *testing.T) {
	v := begin(t, "information")
	without := map[string]string{}
	for id, a := range request {
		without[id] = a
	}
	delete(without, "phone")
	p := through(t, v, without)
	if len(p) != 1 || p[0].Code != "problem.one_of.phone_email" || v.Page().Field.ID != "email" {
		t.Fatalf("%v on %s", p, v.Page().Field.ID)
	}
	v.Back()
	v.Answer("0812 3456 7890")
	if p := through(t, v, nil); p != nil || v.Ready() != nil {
		t.Error(p, v.Ready())
	}
	if d := v.Draft(); d.Identity != kiosk.Named || d.Answers["phone"] != "0812 3456 7890" {
		t.Errorf("%+v", d)
	}
}

func TestAChangeThatAsksMoreLeadsThere(t *testing.T) {
	v := begin(t, "information")
	if p := through(t, v, request); p != nil {
		t.Fatal(p)
	}
	v.Change("obtain")
	v.Answer("copy_digital")
	if p := v.Next(); p != nil || v.Page().Field.ID != "delivery" {
		t.Fatalf("%v, on %q", p, v.Page().Field.ID)
	}
	v.Answer("email")
	if p := v.Next(); p != nil || v.Page().Field.ID != "email" {
		t.Fatalf("%v, on %q: an e-mail is needed now", p, v.Page().Field.ID)
	}
	v.Answer("a@contoh.id")
	if p := v.Next(); p != nil || v.Page().Kind != Review {
		t.Errorf("%v, on %v", p, v.Page())
	}
}

func TestBackKeepsAndClearForgets(t *testing.T) {
	v := begin(t, "complaint")
	v.SetLanguage(kiosk.English)
	v.Answer("The counter is closed")
	v.Next()
	v.Back()
	if v.Value() != "The counter is closed" || v.Page().Index != 0 || !v.Dirty() {
		t.Errorf("%q %+v", v.Value(), v.Page())
	}
	answers := v.draft.Answers
	v.Clear()
	if v.Dirty() || v.Page().Kind != Home || v.Language() != kiosk.Indonesian || len(answers) != 0 || v.Form() != nil {
		t.Error("something of the visit is left")
	}
	v.Start("no such form")
	if v.Page().Kind != Home {
		t.Error("a form that does not exist was opened")
	}
}

func TestAnAnonymousDraftCarriesNoName(t *testing.T) {
	v := begin(t, "complaint")
	answers := map[string]string{"title": "Loket tutup", "description": "Loket tutup sejak pagi hari.", "incident_date": "2026-11-24", "location": "Loket 3", "identity": "named", "reporter": "person", "name": "Contoh Satu"}
	if p := through(t, v, answers); p != nil {
		t.Fatal(p)
	}
	if v.Draft().Answers["name"] != "Contoh Satu" {
		t.Fatal("a named draft without its name")
	}
	v.Change("identity")
	v.Answer(string(kiosk.Anonymous))
	if p := v.Next(); p != nil {
		t.Fatal(p)
	}
	if _, ok := v.Draft().Answers["name"]; ok || v.Ready() != nil {
		t.Error("the name is still in the draft")
	}
}

// A receipt says what is missing and until when, by the names of the
// questions alone.
func TestAReceiptSaysWhatIsMissingAndUntilWhen(t *testing.T) {
	c, err := form.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, try := range []struct {
		draft kiosk.Draft
		want  string
	}{
		{kiosk.Draft{Form: "complaint", Identity: kiosk.Anonymous, Answers: kiosk.Answers{"wish": "x"}}, "Tanggal kejadian"},
		{kiosk.Draft{Form: "complaint", Identity: kiosk.Anonymous, Answers: kiosk.Answers{"wish": "x", "incident_date": "2026-11-24"}}, ""},
		{kiosk.Draft{Form: "complaint", Identity: kiosk.Named, Answers: kiosk.Answers{"wish": "x", "incident_date": "2026-11-24"}}, "Telepon, Surel"},
		{kiosk.Draft{Form: "complaint", Identity: kiosk.Named, Answers: kiosk.Answers{"wish": "x", "incident_date": "2026-11-24", "phone": "1"}}, ""},
		{kiosk.Draft{Form: "information", Identity: kiosk.Named}, "kartu identitas (KTP, paspor, atau akta)"},
		{kiosk.Draft{Form: "survey", Identity: kiosk.Anonymous}, ""},
	} {
		f := c.Form(try.draft.Form)
		var names []string
		for _, t := range f.Missing(try.draft) {
			names = append(names, t.In(kiosk.Indonesian))
		}
		if got := strings.Join(names, ", "); got != try.want {
			t.Errorf("%s: %q, want %q", try.draft.Form, got, try.want)
		}
		if try.want != "" && f.Completed().Days < 3 {
			t.Errorf("%s: due in %d days", try.draft.Form, f.Completed().Days)
		}
	}
}

// Papers are asked for only where they can be scanned, are counted, and are gone with
// the visit.
func TestPapers(t *testing.T) {
	v := begin(t, "complaint")
	v.AddPage([]byte("x"), false)
	if len(v.Pages()) != 0 || v.Dirty() {
		t.Error("a page on a question for a title")
	}
	answers := map[string]string{"title": "Loket tutup", "description": "Loket 3 tutup sejak pagi hari.", "location": "Loket 3", "identity": "anonymous"}
	if p := through(t, v, answers); p != nil {
		t.Fatal(p)
	}
	for _, f := range v.Asked() {
		if f.ID == "papers" {
			t.Error("papers are asked for without a scanner")
		}
	}
	v.SetScans(true)
	v.Start("complaint")
	if p := through(t, v, answers); p != nil {
		t.Fatal(p)
	}
	v.Change("papers")
	for i := range 5 {
		v.AddPage([]byte{byte(i)}, false)
	}
	if v.Value() != "3" || len(v.Draft().Pages) != kiosk.MostPages {
		t.Errorf("%q, %d pages", v.Value(), len(v.Draft().Pages))
	}
	v.AddPage([]byte("again"), true)
	if d := v.Draft(); len(d.Pages) != 3 || string(d.Pages[2]) != "again" {
		t.Errorf("%q", d.Pages)
	}
	v.DropPage()
	v.DropPage()
	if d := v.Draft(); d.Answers["papers"] != "1" || len(d.Pages) != 1 {
		t.Errorf("%+v", d)
	}
	kept := v.Draft()
	v.DropPage()
	v.DropPage()
	if d := v.Draft(); d.Answers["papers"] != "" || len(d.Pages) != 0 || len(kept.Pages) != 1 {
		t.Errorf("%+v", d)
	}
	if v.Next(); v.Page().Kind != Review {
		t.Error("no papers, and no way on")
	}
	v.Change("papers")
	v.AddPage([]byte("x"), false)
	v.Clear()
	if len(v.Pages()) != 0 {
		t.Error("pages stay after the visit")
	}
}
