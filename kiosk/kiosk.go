// Package kiosk holds the words both ends of Loket speak: what a visitor has
// answered ([Draft]), what they have sent ([Report]), the [Number] and [Code]
// on their receipt, and the [Status] they may see later.
//
// It is pure and imports nothing of ours; the rooms below it hold the deeds.
package kiosk

import (
	"slices"
	"strings"
	"time"
)

// Language is an ISO 639-1 code of a language Loket speaks.
type Language string

// The languages of the screens, receipts and public pages.
const (
	Indonesian Language = "id"
	English    Language = "en"
)

// Languages lists the languages that nothing may lack, the default first.
// Further ones are files: see package words.
var Languages = []Language{Indonesian, English}

// Valid reports whether l is the form of a code. A hub that lacks a kiosk's
// language answers in Indonesian.
func (l Language) Valid() bool {
	for _, r := range l {
		if r < 'a' || r > 'z' {
			return false
		}
	}
	return len(l) == 2 || len(l) == 3
}

// Text is one sentence in every language, as catalogues hold it.
type Text map[Language]string

// In returns the sentence in l, or the Indonesian one where l has none.
func (t Text) In(l Language) string {
	if s, ok := t[l]; ok {
		return s
	}
	return t[Indonesian]
}

// Identity says what a visitor lets be known of them.
type Identity string

// The three wishes LAPOR! knows (Permohonan Informasi allows only Named:
// UU 14/2008 art. 22(2) has the name and address recorded).
const (
	Named        Identity = "named"        // the officers know the visitor
	Confidential Identity = "confidential" // rahasia: the officer knows, nothing is published
	Anonymous    Identity = "anonymous"    // anonim: nobody knows; number and code are the only way back
)

// Valid reports whether i is one of the three wishes.
func (i Identity) Valid() bool { return i == Named || i == Confidential || i == Anonymous }

// Answers holds what was answered, by field id: text as NFC with \n line
// ends, a choice as its value, a date as YYYY-MM-DD, an office or a service
// as its id. A question left empty has no entry.
type Answers map[string]string

// Draft is what a visitor has answered so far. It lives in memory only.
type Draft struct {
	Form     string   `json:"form"`
	Language Language `json:"language"`
	Identity Identity `json:"identity"`
	Answers  Answers  `json:"answers"`
	Helped   *Helped  `json:"helped,omitempty"`
	// Pages are papers scanned at the kiosk, as JPEG, [MostPages] at most.
	Pages [][]byte `json:"-"`
}

// MostPages is how many pages can be scanned for one report.
const MostPages = 3

// Helped says that staff wrote a report for somebody.
type Helped struct {
	How HelpKind `json:"how"`
	By  string   `json:"by"`           // the receptionist's name
	On  string   `json:"on,omitempty"` // YYYY-MM-DD: the day a paper form was handed in
}

// HelpKind is how staff helped.
type HelpKind string

// The kinds of help.
const (
	Assisted HelpKind = "assisted" // at the visitor's side, with their consent on the screen
	OnPaper  HelpKind = "paper"    // typed in from a form on paper
)

// PaperDays is how many days a paper form may have lain before it is typed in.
const PaperDays = 14

// Received is when a report that was filed at a moment had been handed in: the law's
// clock runs from there. A paper form counts from noon of its day; a day that cannot
// be is passed over.
func (h *Helped) Received(filed time.Time, zone *time.Location) time.Time {
	if h == nil || h.How != OnPaper || h.On == "" {
		return filed
	}
	day, err := time.ParseInLocation(time.DateOnly, h.On, zone)
	noon := day.Add(12 * time.Hour)
	if err != nil || noon.After(filed) || filed.Sub(noon) > (PaperDays+1)*24*time.Hour {
		return filed
	}
	return noon
}

// Number is the public registration number in canonical form: 8 symbols,
// two of the kiosk, five random, one check. Package track makes and reads it.
type Number string

// String shows the number as it is printed: "K7 4QX9M2".
func (n Number) String() string {
	if len(n) != 8 {
		return string(n)
	}
	return string(n[:2]) + " " + string(n[2:])
}

// Code is the secret beside a [Number] in canonical form: 8 symbols and one
// check. Whoever holds both may see the status of the report.
type Code string

// Grouped shows the code as it is printed: "QV8N3 HD6W".
func (c Code) Grouped() string {
	if len(c) != 9 {
		return string(c)
	}
	return string(c[:5]) + " " + string(c[5:])
}

// String hides the code, so that no log line can hold it by accident.
func (c Code) String() string { return strings.Repeat("•", len(c)) }

// Moment is when something happened, as well as the kiosk knew: the wall
// clock can be wrong, the boot clock cannot jump.
type Moment struct {
	At     time.Time `json:"at"`      // wall clock, UTC, whole seconds
	Boot   string    `json:"boot"`    // names this run of the machine
	BootMS int64     `json:"boot_ms"` // since it began, milliseconds
}

// FormRef names the version of the form a report was filled with.
type FormRef struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
}

// Report is what a visitor has sent: checked and numbered. It is the
// plaintext of an envelope, and exists in memory only until it is sealed.
type Report struct {
	Number   Number   `json:"number"`
	Code     Code     `json:"code"`
	Form     FormRef  `json:"form"`
	Language Language `json:"language"`
	Identity Identity `json:"identity"`
	Office   string   `json:"office"` // id of the office the kiosk stands in
	At       Moment   `json:"at"`
	Answers  Answers  `json:"answers"`
	Helped   *Helped  `json:"helped,omitempty"`
	Page     *Page    `json:"page,omitempty"` // nil for a report itself
}

// Page is a paper that was scanned with a report. It travels in an envelope of its
// own behind the report's, under a number and a code that nobody is told, so that
// it holds up no report.
type Page struct {
	Of    Number `json:"of"`    // the report's number
	Index int    `json:"index"` // 1, 2, 3 …
	Total int    `json:"total"` // how many there are
	Type  string `json:"type"`  // image/jpeg
	Bytes []byte `json:"bytes"`
}

// Office is a place of the ministry that receives visitors.
type Office struct {
	ID     string `toml:"id" json:"id"`
	Name   Text   `toml:"name" json:"name"`
	City   string `toml:"city" json:"city"`
	Zone   string `toml:"zone" json:"zone"`             // WIB, WITA or WIT
	Help   string `toml:"help" json:"help"`             // telephone shown on receipts
	Parent string `toml:"parent" json:"parent"`         // id of the office above, if any
	Hours  string `toml:"hours" json:"hours,omitempty"` // when it is open, as [ParseHours] reads it; empty: nobody is told
}

// Location returns the office's time zone. Indonesia has no daylight saving,
// so the three zones are fixed offsets and need no zone database.
func (o Office) Location() *time.Location { return Zone(o.Zone) }

// Zone returns the fixed zone WIB (UTC+7), WITA (+8) or WIT (+9); anything
// else counts as WIB.
func Zone(name string) *time.Location {
	switch name {
	case "WITA":
		return time.FixedZone("WITA", 8*3600)
	case "WIT":
		return time.FixedZone("WIT", 9*3600)
	}
	return time.FixedZone("WIB", 7*3600)
}

// Service is an area of the ministry's work that a report can be about.
type Service struct {
	ID   string `toml:"id" json:"id"`
	Name Text   `toml:"name" json:"name"`
	Unit string `toml:"unit" json:"unit,omitempty"` // part of a regional office that provides it; empty: none in particular
}

// Status is what the public may see of a case.
type Status string

// The public statuses of a case.
const (
	Received   Status = "received"    // the hub has it
	Verified   Status = "verified"    // an officer has looked at it
	InProgress Status = "in_progress" // the unit is working on it
	Answered   Status = "answered"    // an answer can be read
	Returned   Status = "returned"    // something is missing
	NotOurs    Status = "not_ours"    // another institution's matter
	Archived   Status = "archived"    // put away, with a reason
	Closed     Status = "closed"      // ended
)

// Statuses lists every status in the order of a case's life.
var Statuses = []Status{Received, Verified, InProgress, Answered, Returned, NotOurs, Archived, Closed}

// Done reports whether the office has said what it has to say.
func (s Status) Done() bool {
	return s == Answered || s == Closed || s == NotOurs || s == Archived
}

// Finished and Unfinished are the statuses that are done and those that are not.
var Finished, Unfinished = finished(true), finished(false)

func finished(done bool) []Status {
	return slices.DeleteFunc(slices.Clone(Statuses), func(s Status) bool { return s.Done() != done })
}

// Tracking is what the hub says to whoever holds a number and its code, as
// JSON and as a page. It never holds a name or the contents of the report.
type Tracking struct {
	Result    string         `json:"result"` // TrackFound, TrackNotArrived or TrackUnknown
	Number    Number         `json:"number,omitempty"`
	Form      string         `json:"form,omitempty"`
	Status    Status         `json:"status,omitempty"`
	Received  string         `json:"received,omitempty"`  // date in the office's zone, YYYY-MM-DD
	Due       string         `json:"due,omitempty"`       // legal deadline, YYYY-MM-DD
	Estimated bool           `json:"estimated,omitempty"` // Due lies past the last known holidays
	Outcome   Text           `json:"outcome,omitempty"`   // what came of it
	Reason    Text           `json:"reason,omitempty"`    // why, where the law asks for it
	Holder    string         `json:"holder,omitempty"`    // who has it, if the office does not
	Answer    string         `json:"answer,omitempty"`    // the officer's answer to the visitor
	Lapor     string         `json:"lapor,omitempty"`     // its number at LAPOR!
	Changes   []StatusChange `json:"changes,omitempty"`
}

// What a look-up can result in.
const (
	TrackFound      = "found"
	TrackNotArrived = "not_arrived" // a genuine receipt; the report has not reached the hub
	TrackUnknown    = "unknown"     // anything else: one constant answer
)

// StatusChange is one step in a case's life.
type StatusChange struct {
	Status Status `json:"status"`
	On     string `json:"on"`             // date in the office's zone, YYYY-MM-DD
	Kind   string `json:"kind,omitempty"` // what else happened: extended, reply, solved, contested, attached, holiday
	Said   string `json:"said,omitempty"` // why: of what is extended, or which holiday
}

// Slip is what a receipt is made from: kept for minutes so that it can be
// printed again, and holding nothing of the person or of the contents.
type Slip struct {
	Number    Number    `json:"number"`
	Code      Code      `json:"code"`
	Form      string    `json:"form"`
	Language  Language  `json:"language"`
	At        time.Time `json:"at"`                  // when the kiosk received the report
	Due       time.Time `json:"due"`                 // date of the first answer by law
	Estimated bool      `json:"estimated"`           // Due lies past the last known holidays
	Missing   []Text    `json:"missing,omitempty"`   // names of what is to be completed
	MissingBy time.Time `json:"missing_by,omitzero"` // date until when
	Pages     int       `json:"pages,omitempty"`     // scanned
	Unkept    bool      `json:"-"`                   // an opinion: nothing to follow or to print again
}
