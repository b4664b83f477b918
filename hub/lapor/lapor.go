// Package lapor is the way of a report to SP4N-LAPOR!: what LAPOR!'s own form
// asks for ([Record]), and the ways to hand it over ([Channel]). LAPOR!'s
// interface needs a contract to be read, so nothing of it is guessed here: the
// ways there are are files and a sheet to key from.
package lapor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"loket/kiosk"
	"loket/kiosk/form"
)

// Record is a report in the fields of LAPOR!'s form, in its order. What a
// visitor was not asked, or did not say, is empty, and named in Missing where
// LAPOR! wants it.
type Record struct {
	Number         kiosk.Number `json:"nomor"` // ours: the same report is never taken twice
	Classification string       `json:"klasifikasi"`
	Title          string       `json:"judul"`
	Body           string       `json:"isi"`
	Date           string       `json:"tanggal_kejadian"` // YYYY-MM-DD
	Place          string       `json:"lokasi_kejadian"`
	Agency         string       `json:"instansi_tujuan"`
	Category       string       `json:"kategori"` // its name at LAPOR!
	Origin         string       `json:"asal_pelapor"`
	Anonymous      bool         `json:"anonim"`
	Secret         bool         `json:"rahasia"`
	Name           string       `json:"nama"`
	Identity       string       `json:"no_identitas"`
	Phone          string       `json:"telepon"`
	Email          string       `json:"surel"`
	Received       string       `json:"diterima"` // YYYY-MM-DD, by the kiosk
	Service        string       `json:"layanan"`  // ours, for who fills in the category
	Missing        []string     `json:"kurang"`   // names of the fields
}

// Field is one line of the sheet to key from.
type Field struct {
	Name, Label, Value string
	Long               bool
	Required           bool // LAPOR! does not take a report without it
}

// Fields are the record as LAPOR!'s form has it, in its order (lapor.go.id:
// judul, isi, tanggal, lokasi, instansi, kategori, lampiran, anonim, rahasia).
// Attachments are not taken in by kiosks.
func (r Record) Fields() []Field {
	tick := func(b bool) string {
		if b {
			return "Ya"
		}
		return "Tidak"
	}
	fields := []Field{
		{"klasifikasi", "Klasifikasi Laporan", r.Classification, false, true},
		{"judul", "Judul Laporan", r.Title, false, true},
		{"isi", "Isi Laporan", r.Body, true, true},
	}
	if r.Classification == "PENGADUAN" {
		fields = append(fields, Field{"tanggal_kejadian", "Tanggal Kejadian", r.Date, false, true}, Field{"lokasi_kejadian", "Lokasi Kejadian", r.Place, false, false})
	} else {
		fields = append(fields, Field{"asal_pelapor", "Asal Pelapor", r.Origin, false, false})
	}
	return append(fields, Field{"instansi_tujuan", "Instansi Tujuan", r.Agency, false, false}, Field{"kategori", "Kategori Laporan", r.Category, false, false},
		Field{"anonim", "Anonim", tick(r.Anonymous), false, false}, Field{"rahasia", "Rahasia", tick(r.Secret), false, false},
		Field{"nama", "Nama pelapor", r.Name, false, false}, Field{"no_identitas", "No. identitas", r.Identity, false, false},
		Field{"telepon", "No. telepon", r.Phone, false, false}, Field{"surel", "Surel", r.Email, false, false})
}

// Rules say what belongs to LAPOR! and how it is called there.
type Rules struct {
	Basis          kiosk.Text        `toml:"basis"`
	Classification map[string]string `toml:"classification"` // by form
	Categories     map[string]string `toml:"categories"`     // by service
}

// Load reads lapor.toml and checks it against the catalogue.
func Load(files fs.FS, c *form.Catalogue) (*Rules, error) {
	r := new(Rules)
	meta, err := toml.DecodeFS(files, "lapor.toml", r)
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("unknown key %s", meta.Undecoded()[0])
	}
	for kind := range r.Classification {
		if err == nil && c.Form(kind) == nil {
			err = fmt.Errorf("there is no form %q", kind)
		}
	}
	for service := range r.Categories {
		if _, known := c.Service(service); err == nil && !known {
			err = fmt.Errorf("there is no service %q", service)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("lapor.toml: %w", err)
	}
	return r, nil
}

// Report is what a record is made of.
type Report struct {
	Number          kiosk.Number
	Form            string
	Identity        kiosk.Identity
	Anonim, Rahasia bool
	Received        time.Time // in the office's zone
	Office          kiosk.Office
	Answers         kiosk.Answers
}

// Record fills LAPOR!'s form from a report; ok is false for a kind that does not
// belong there. The name of a confidential visitor was promised to stay locked:
// it does not go along.
func (rules *Rules) Record(c *form.Catalogue, r Report) (record Record, ok bool) {
	class, ok := rules.Classification[r.Form]
	if !ok {
		return record, false
	}
	a, about := r.Answers, r.Office
	if o, known := c.Office(a["office"]); known {
		about = o // the one that the report is about
	}
	record = Record{Number: r.Number, Classification: class, Title: a["title"], Body: a["description"], Date: a["incident_date"], Place: a["location"], Origin: a["origin"],
		Agency: c.Ministry.In(kiosk.Indonesian) + ", " + about.Name.In(kiosk.Indonesian), Category: rules.Categories[a["service"]],
		Anonymous: r.Anonim, Secret: r.Rahasia, Received: r.Received.Format(time.DateOnly)}
	if s, known := c.Service(a["service"]); known {
		record.Service = s.Name.In(kiosk.Indonesian)
	}
	if wish := a["wish"]; wish != "" {
		record.Body = strings.TrimSpace(record.Body + "\n\nHarapan pelapor: " + wish)
	}
	if r.Identity == kiosk.Named {
		record.Name, record.Phone, record.Email, record.Identity = a["name"], a["phone"], a["email"], a["passport"]
	}
	for _, f := range record.Fields() {
		if f.Required && f.Value == "" || f.Name == "kategori" && f.Value == "" {
			record.Missing = append(record.Missing, f.Label)
		}
	}
	return record, true
}

// Errors of a channel that a caller decides on; any other may pass.
var (
	ErrRefused  = errors.New("LAPOR! does not take this report")
	ErrNotTaken = errors.New("LAPOR! has not taken this report")
	ErrNumber   = errors.New("a LAPOR! number has 4 to 12 digits")
)

// Receipt is what LAPOR! says when it takes a report.
type Receipt struct {
	ID string // its tracking number; empty: it comes later
}

// Standing is how a report stands at LAPOR!.
type Standing struct {
	ID     string // empty: taken, its number comes later
	Status string // in LAPOR!'s words; may be empty
}

// Topic is one of LAPOR!'s categories.
type Topic struct{ ID, Parent, Name string }

// Channel is a way to LAPOR!. Submit of a number that it took before changes
// nothing and answers as before; who is not sure asks Lookup first.
type Channel interface {
	// Submit hands a report over. ErrRefused is final; any other error may pass.
	Submit(ctx context.Context, r Record) (Receipt, error)
	// Lookup finds a report by our number, or returns ErrNotTaken.
	Lookup(ctx context.Context, n kiosk.Number) (Standing, error)
	// Topics are LAPOR!'s categories; none where the channel cannot say.
	Topics(ctx context.Context) ([]Topic, error)
	// Health is nil when reports can be handed over now.
	Health(ctx context.Context) error
}

var digits = regexp.MustCompile(`^[0-9]{4,12}$`)

var thousands = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{3})+$`)

// ParseNumber reads a LAPOR! tracking number as people and spreadsheets write
// it: with "#", spaces, points between thousands, or a link before it. It returns
// [ErrNumber].
func ParseNumber(s string) (string, error) {
	s = strings.TrimSpace(s)
	if i := strings.LastIndex(s, "/"); i >= 0 {
		s = s[i+1:]
	}
	s = strings.NewReplacer("#", "", " ", "").Replace(s)
	if thousands.MatchString(s) { // 1916449.0 is no number of theirs
		s = strings.ReplaceAll(s, ".", "")
	}
	if !digits.MatchString(s) {
		return "", ErrNumber
	}
	return s, nil
}
