package lapor

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/track"
)

// A tracking number is read as people and spreadsheets write it, and nothing else
// becomes one.
func TestTrackingNumbers(t *testing.T) {
	for typed, want := range map[string]string{
		"1916449": "1916449", " #1916449 ": "1916449", "191 64 49": "1916449", "1.916.449": "1916449", "https://www.lapor.go.id/pengaduan/1916449": "1916449",
		"0123": "0123", "123456789012": "123456789012",
		"1916449.0": "", "1,91645E+06": "", "1.91645E+11": "", "123": "", "1234567890123": "", "": "", "K7 4QX9M2": "", "19164४९": "", "=1916449": "", "-1916449": "", "19.16449": "",
	} {
		got, err := ParseNumber(typed)
		if got != want || (err != nil) != (want == "") || err != nil && !errors.Is(err, ErrNumber) {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
}

// What goes out comes back: a table that is filled in is read, whatever visitors
// wrote, however spreadsheets save it.
func TestATableThatComesBack(t *testing.T) {
	var records []Record
	for i, title := range []string{"=HYPERLINK(\"x\")", "a;b,c\n\"d\"", "biasa", "ditolak"} {
		records = append(records, Record{Number: kiosk.Number(track.Secret("H70000" + string(rune('0'+i)))), Classification: "PENGADUAN", Title: title, Body: "+62\r\n\tnomor,lapor_id"})
	}
	var b bytes.Buffer
	if err := WriteTable(&b, records); err != nil {
		t.Fatal(err)
	}
	table := b.String()
	if strings.Contains(table, ",=") || strings.Contains(table, "\n=") || strings.Contains(table, ",\"=") || strings.Contains(table, ",+") {
		t.Errorf("a formula in %s", table)
	}
	for i, id := range []string{"1000001", "1000002", ""} {
		n := records[i].Number.String()
		if !strings.Contains(table, n+",,") {
			t.Fatalf("%s is not in %s", n, table)
		}
		table = strings.Replace(table, n+",,", n+","+id+",", 1)
	}
	table = strings.TrimSuffix(table, ",\n") + ",Bukan kewenangan instansi\n"
	for _, saved := range []string{table, strings.ReplaceAll(table, "\n", "\r\n"), strings.TrimPrefix(table, "\ufeff")} {
		answers, faults, err := ReadAnswers(strings.NewReader(saved))
		if err != nil || len(faults) > 0 || len(answers) != 3 {
			t.Fatalf("%+v, %v, %v", answers, faults, err)
		}
		for i, want := range []Answer{{Number: records[0].Number, ID: "1000001"}, {Number: records[1].Number, ID: "1000002"}, {Number: records[3].Number, Refused: "Bukan kewenangan instansi"}} {
			if answers[i].Line = 0; answers[i] != want {
				t.Errorf("%+v, want %+v", answers[i], want)
			}
		}
	}
}

// Faults name their line, repeat nothing that stands there, and hold up nothing.
func TestAnswersWithFaults(t *testing.T) {
	good := string(track.Secret("H700001"))
	answers, faults, err := ReadAnswers(strings.NewReader("Ditolak; NOMOR ;x;LAPOR_ID\n" +
		";" + good + ";;1916449\n" + // 2
		";Rahasia;;1916449\n" + // 3: no number of ours
		";" + good + ";;Rahasia\n" + // 4: none of theirs
		";" + good + "\n" + // 5: cut short
		";;;\n" + // nothing said
		"ada alasannya;" + good + ";;1916450\n")) // a number counts more
	if err != nil || len(answers) != 2 || answers[0].ID != "1916449" || answers[1].ID != "1916450" || answers[1].Refused != "" {
		t.Errorf("%+v, %v", answers, err)
	}
	want := []Fault{{3, ErrOurNumber}, {4, ErrNumber}, {5, ErrCut}}
	if len(faults) != len(want) {
		t.Fatal(faults)
	}
	for i, f := range faults {
		if f.Line != want[i].Line || !errors.Is(f.Err, want[i].Err) || strings.Contains(f.Err.Error(), "Rahasia") {
			t.Errorf("%+v, want %+v", f, want[i])
		}
	}
	for text, want := range map[string]error{"": ErrColumns, "\x00\x01": ErrColumns, "a,b\n1,2\n": ErrColumns, "nomor\n1\n": ErrColumns, "nomor,lapor_id\n" + strings.Repeat("x", mostAnswers): ErrLarge} {
		if _, _, err := ReadAnswers(strings.NewReader(text)); !errors.Is(err, want) {
			t.Errorf("%.20q: %v, want %v", text, err, want)
		}
	}
}

// The rules are data: an agency names LAPOR!'s categories, and a slip is told.
func TestRulesOfOnesOwn(t *testing.T) {
	catalogue, err := form.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	for text, says := range map[string]string{
		"[classification]\ncomplaint = \"PENGADUAN\"\n[categories]\nantrean = \"Pelayanan Publik\"\n": "",
		"[classification]\nrumour = \"PENGADUAN\"\n":                                                  `no form "rumour"`,
		"[categories]\nteleport = \"Perhubungan\"\n":                                                  `no service "teleport"`,
		"[kategori]\n":      "unknown key kategori",
		"[classification\n": "lapor.toml",
	} {
		rules, err := Load(fstest.MapFS{"lapor.toml": {Data: []byte(text)}}, catalogue)
		if says != "" {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		r, ok := rules.Record(catalogue, Report{Form: "complaint", Answers: kiosk.Answers{"service": "antrean", "title": "a", "description": "b", "incident_date": "2026-11-20"}})
		if !ok || r.Category != "Pelayanan Publik" || len(r.Missing) > 0 {
			t.Errorf("%+v", r)
		}
		if _, ok := rules.Record(catalogue, Report{Form: "suggestion"}); ok {
			t.Error("a kind that the rules do not name goes to LAPOR!")
		}
	}
}

// Whatever stands in a file of answers, each line is an answer that could be
// meant, or a fault that is told.
func FuzzReadAnswers(f *testing.F) {
	f.Add([]byte("nomor,lapor_id,ditolak\nK74QX9M2,1916449,\n"))
	f.Add([]byte("\xef\xbb\xbfnomor;lapor_id\n\"K7;x\n;;\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		answers, _, err := ReadAnswers(bytes.NewReader(b))
		if err != nil && len(answers) > 0 {
			t.Error(err, answers)
		}
		for _, a := range answers {
			if n, err := track.ParseNumber(string(a.Number)); err != nil || n != a.Number {
				t.Errorf("%+v", a)
			}
		}
	})
}
