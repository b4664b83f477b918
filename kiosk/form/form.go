// Package form turns forms, which are data, into questions, and checks the
// answers. Kiosk and hub use the same definitions and the same check.
package form

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"loket/kiosk"
	"loket/kiosk/words"
)

// Type is the kind of answer a field takes.
type Type string

// The field types. Identity is no answer of its own: it marks the page where
// the visitor chooses to be named, confidential or anonymous.
const (
	TextLine Type = "text"     // one line
	LongText Type = "longtext" // several lines
	Choice   Type = "choice"   // one of Options
	Date     Type = "date"     // YYYY-MM-DD, not in the future
	Phone    Type = "phone"    // Indonesian or international
	Email    Type = "email"
	NIK      Type = "nik"     // the 16 digits of an Indonesian identity card
	Office   Type = "office"  // id from the catalogue
	Service  Type = "service" // id from the catalogue
	Number   Type = "number"  // the registration number of an earlier report
	Identity Type = "identity"
	// Scan takes papers, where the kiosk has a scanner: the answer is how many. It
	// is never required.
	Scan Type = "scan"
)

// Option is one answer of a choice.
type Option struct {
	Value string     `toml:"value" json:"value"`
	Icon  string     `toml:"icon" json:"-"` // on the screen, may be empty
	Label kiosk.Text `toml:"label" json:"label"`
	Hint  kiosk.Text `toml:"hint" json:"hint,omitempty"`
}

// Prompt is a word beside a field that helps to begin: touching it writes
// Insert. {office} in it is the name of the office the kiosk stands in.
type Prompt struct {
	Label  kiosk.Text `toml:"label"`
	Insert kiosk.Text `toml:"insert"`
}

// Condition holds when the answer to Field is one of Is, or, with Given, when
// there is an answer at all.
type Condition struct {
	Field string   `toml:"field" json:"field"`
	Is    []string `toml:"is" json:"is,omitempty"`
	Given bool     `toml:"given" json:"given,omitempty"`
}

func (c *Condition) holds(a kiosk.Answers) bool {
	return c.Given && a[c.Field] != "" || slices.Contains(c.Is, a[c.Field])
}

// Field is one question.
type Field struct {
	ID       string     `toml:"id" json:"id"`
	Type     Type       `toml:"type" json:"type"`
	Required bool       `toml:"required" json:"required"`
	Label    kiosk.Text `toml:"label" json:"label"`       // short: review page, desk
	Question kiosk.Text `toml:"question" json:"question"` // the page's heading
	Hint     kiosk.Text `toml:"hint" json:"hint,omitempty"`
	Personal bool       `toml:"personal" json:"personal"`                     // names or reaches the visitor
	Min      int        `toml:"min" json:"min,omitempty"`                     // characters as people count them (graphemes)
	Max      int        `toml:"max" json:"max,omitempty"`                     // likewise
	MaxBytes int        `toml:"max_bytes" json:"max_bytes,omitempty"`         // of UTF-8
	Options  []Option   `toml:"options" json:"options,omitempty"`             // of a choice
	When     *Condition `toml:"when" json:"when,omitempty"`                   // asked only then
	Must     *Condition `toml:"required_when" json:"required_when,omitempty"` // required then
	// Identities lists the wishes for which the field is asked; none means all.
	Identities []kiosk.Identity `toml:"identities" json:"identities,omitempty"`
	Prompts    []Prompt         `toml:"prompts" json:"-"`
	// Examples are plausible answers, for drafts made by the thousand.
	Examples map[kiosk.Language][]string `toml:"examples" json:"-"`
}

// Step is one legal deadline of a form: so many working days from receipt.
type Step struct {
	ID    string     `toml:"id" json:"id"`
	Days  int        `toml:"days" json:"days"` // working days
	Label kiosk.Text `toml:"label" json:"label"`
	Basis kiosk.Text `toml:"basis" json:"basis"` // law or rule it comes from
}

// Form is one version of one form.
type Form struct {
	Name       string           `toml:"name" json:"name"`
	Version    int              `toml:"version" json:"version"`
	Title      kiosk.Text       `toml:"title" json:"title"`
	Purpose    kiosk.Text       `toml:"purpose" json:"purpose"` // one line on the home screen
	Before     kiosk.Text       `toml:"before" json:"before"`   // how long it takes, what to have ready
	Notice     kiosk.Text       `toml:"notice" json:"notice,omitempty"`
	Receipt    kiosk.Text       `toml:"receipt" json:"receipt"` // title of the receipt
	Identities []kiosk.Identity `toml:"identities" json:"identities"`
	// Opinion forms are counted: no case is opened, no receipt is given, and
	// nobody is asked who they are.
	Opinion bool `toml:"opinion" json:"opinion,omitempty"`
	// Published is the id of the question whose answer may be public already.
	Published string `toml:"published" json:"published,omitempty"`
	Aside     bool   `toml:"aside" json:"aside,omitempty"` // no door on the home screen
	// Helpful are fields worth an answer that no law requires: the review
	// names those left empty.
	Helpful []string `toml:"helpful" json:"helpful,omitempty"`
	// Bring is what a visitor has to show that a kiosk cannot take in.
	Bring    []kiosk.Text `toml:"bring" json:"bring,omitempty"`
	Complete string       `toml:"complete" json:"complete,omitempty"` // id of the step by which both are due
	OneOf    [][]string   `toml:"one_of" json:"one_of,omitempty"`     // of each group at least one is answered
	Deadline string       `toml:"deadline" json:"deadline"`           // id of the step that promises the first answer
	Steps    []Step       `toml:"steps" json:"steps"`
	Next     []kiosk.Text `toml:"next" json:"next"` // what happens next, in order
	Fields   []Field      `toml:"fields" json:"fields"`
}

// Ref names this version.
func (f *Form) Ref() kiosk.FormRef { return kiosk.FormRef{Name: f.Name, Version: f.Version} }

// Field returns the field with that id, or nil.
func (f *Form) Field(id string) *Field {
	for i := range f.Fields {
		if f.Fields[i].ID == id {
			return &f.Fields[i]
		}
	}
	return nil
}

// FirstAnswer is the step that promises the first answer.
func (f *Form) FirstAnswer() Step { return f.step(f.Deadline) }

// Completed is the step by which what is missing is to be brought; it has no
// days where the form asks for nothing more.
func (f *Form) Completed() Step { return f.step(f.Complete) }

func (f *Form) step(id string) Step {
	for _, s := range f.Steps {
		if s.ID == id {
			return s
		}
	}
	return Step{}
}

// Missing names what a draft lacks though it may be filed: helpful fields
// left empty, and what has to be shown. It says nothing of what was answered.
func (f *Form) Missing(d kiosk.Draft) (missing []kiosk.Text) {
	for _, field := range f.Unhelped(d) {
		missing = append(missing, field.Label)
	}
	return append(missing, f.Bring...)
}

// NeedsName reports whether the law asks who the visitor is.
func (f *Form) NeedsName() bool { return len(f.Identities) == 1 && f.Identities[0] == kiosk.Named }

// Unhelped are the helpful fields asked of this draft and left empty. Of a
// telephone number and an e-mail address one is enough.
func (f *Form) Unhelped(d kiosk.Draft) (left []Field) {
	reach := d.Answers["phone"] != "" || d.Answers["email"] != ""
	for _, field := range f.Asked(d) {
		if !slices.Contains(f.Helpful, field.ID) || d.Answers[field.ID] != "" || reach && (field.ID == "phone" || field.ID == "email") {
			continue
		}
		left = append(left, field)
	}
	return left
}

// Asked returns the fields to be asked of this draft, in order: those whose
// condition holds, for the identity chosen so far. Before a wish is chosen
// the fields that depend on it are left out.
func (f *Form) Asked(d kiosk.Draft) []Field {
	var asked []Field
	for _, field := range f.Fields {
		if f.asks(&field, d) {
			asked = append(asked, field)
		}
	}
	return asked
}

func (f *Form) asks(field *Field, d kiosk.Draft) bool {
	if field.Type == Identity {
		return len(f.Identities) > 1
	}
	if len(field.Identities) > 0 && !slices.Contains(field.Identities, d.Identity) {
		return false
	}
	if field.When == nil {
		return true
	}
	on := f.Field(field.When.Field)
	return on != nil && f.asks(on, d) && field.When.holds(d.Answers)
}

// Needs reports whether field must be answered in this draft.
func (field *Field) Needs(a kiosk.Answers) bool {
	return field.Required || field.Must != nil && field.Must.holds(a)
}

// Catalogue is every form, office, unit and service of the ministry.
type Catalogue struct {
	Ministry kiosk.Text      `toml:"ministry"`
	Survey   string          `toml:"survey"`  // form of the survey that kiosks offer; the others stand aside
	Offices  []kiosk.Office  `toml:"offices"` // where visitors come
	Inner    []Unit          `toml:"units"`   // what regional offices consist of
	Units    []kiosk.Office  `toml:"-"`       // those of each: "ntt.yankum", below "ntt"
	Services []kiosk.Service `toml:"services"`
	Forms    []*Form         `toml:"-"`
	// Past are forms as they were before: what was filed with them is read with them.
	Past []*Form `toml:"-"`
}

// Unit is a part that each of some offices has.
type Unit struct {
	ID   string     `toml:"id"`
	Name kiosk.Text `toml:"name"`
	// Not are the offices below the head office that have no such part: its
	// own directorates.
	Not []string `toml:"not"`
}

// Form returns the form with that name, or nil.
func (c *Catalogue) Form(name string) *Form {
	for _, f := range c.Forms {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// At returns the form as it was in a version; the one of today where that version is
// not known, or nil for an unknown name.
func (c *Catalogue) At(ref kiosk.FormRef) *Form {
	now := c.Form(ref.Name)
	if now != nil && now.Version == ref.Version {
		return now
	}
	for _, f := range c.Past {
		if f.Name == ref.Name && f.Version == ref.Version {
			return f
		}
	}
	return now
}

// Office returns the office or unit with that id.
func (c *Catalogue) Office(id string) (kiosk.Office, bool) {
	for _, all := range [][]kiosk.Office{c.Offices, c.Units} {
		if i := slices.IndexFunc(all, func(o kiosk.Office) bool { return o.ID == id }); i >= 0 {
			return all[i], true
		}
	}
	return kiosk.Office{}, false
}

// divide gives each regional office its units.
func (c *Catalogue) divide() {
	for _, o := range c.Offices {
		for _, u := range c.Inner {
			if o.Parent != "" && !slices.Contains(u.Not, o.ID) {
				part := o
				part.ID, part.Name, part.Parent = o.ID+"."+u.ID, u.Name, o.ID
				c.Units = append(c.Units, part)
			}
		}
	}
}

// Service returns the service with that id.
func (c *Catalogue) Service(id string) (kiosk.Service, bool) {
	i := slices.IndexFunc(c.Services, func(s kiosk.Service) bool { return s.ID == id })
	if i < 0 {
		return kiosk.Service{}, false
	}
	return c.Services[i], true
}

// Doors are the forms a visitor can choose on the home screen.
func (c *Catalogue) Doors() (doors []*Form) {
	for _, f := range c.Forms {
		if !f.Aside {
			doors = append(doors, f)
		}
	}
	return doors
}

// Names lists the forms' names in the order of the home screen.
func (c *Catalogue) Names() []string {
	var names []string
	for _, f := range c.Forms {
		names = append(names, f.Name)
	}
	return names
}

// order of the doors on the home screen; other forms follow by name.
var order = []string{"complaint", "suggestion", "information", "objection", "survey"}

// Read reads one form, such as forms/complaint.toml.
func Read(files fs.FS, name string) (*Form, error) {
	f := new(Form)
	if err := decode(files, name, f); err != nil {
		return nil, err
	}
	if f.Name != strings.TrimSuffix(path.Base(name), ".toml") {
		return nil, fmt.Errorf("%s: the form calls itself %q", name, f.Name)
	}
	if err := f.sound(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// Load reads offices.toml, services.toml and forms/*.toml from files. A form
// that would leave a visitor stuck (a missing word, an unknown type, a
// condition on nothing) is an error that names it.
func Load(files fs.FS) (*Catalogue, error) {
	c := new(Catalogue)
	for _, name := range []string{"offices.toml", "services.toml"} {
		if err := decode(files, name, c); err != nil {
			return nil, err
		}
	}
	if len(c.Offices) == 0 || len(c.Services) == 0 || len(c.Ministry) == 0 {
		return nil, fmt.Errorf("catalogue: no ministry, offices or services")
	}
	for _, o := range c.Offices {
		if _, err := kiosk.ParseHours(o.Hours); err != nil {
			return nil, fmt.Errorf("offices.toml: %s: %w", o.ID, err)
		}
	}
	c.divide()
	for _, x := range c.Services {
		if x.Unit != "" && !slices.ContainsFunc(c.Inner, func(u Unit) bool { return u.ID == x.Unit }) {
			return nil, fmt.Errorf("services.toml: %s is provided by %q, which is no unit", x.ID, x.Unit)
		}
	}
	names, err := fs.Glob(files, "forms/*.toml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		f, err := Read(files, name)
		if err != nil {
			return nil, err
		}
		f.Aside = f.Aside || f.Opinion && f.Name != c.Survey
		c.Forms = append(c.Forms, f)
	}
	if f := c.Form(c.Survey); f == nil || !f.Opinion {
		return nil, fmt.Errorf("catalogue: the survey %q is no form of opinion", c.Survey)
	}
	rank := func(f *Form) int {
		if i := slices.Index(order, f.Name); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(c.Forms, func(a, b *Form) int { return rank(a) - rank(b) })
	return c, c.translate(files)
}

// translate adds what further languages have of the forms' words: lines of
// "form.field.what" = "…", what being a word of the form or the field, or
// "option.VALUE", or "option.VALUE.hint". What is missing is said in Indonesian.
func (c *Catalogue) translate(files fs.FS) error {
	languages, err := words.Languages(files)
	if err != nil {
		return err
	}
	for _, l := range languages {
		for key, sentence := range l.Forms {
			text := c.text(strings.Split(key, "."))
			if text == nil {
				return fmt.Errorf("languages/%s.toml: the forms have no %q", l.Code, key)
			}
			text[l.Code] = sentence
		}
	}
	return nil
}

func (c *Catalogue) text(path []string) kiosk.Text {
	f := c.Form(path[0])
	switch {
	case f == nil:
	case len(path) == 2:
		return map[string]kiosk.Text{"title": f.Title, "purpose": f.Purpose, "before": f.Before, "notice": f.Notice}[path[1]]
	case len(path) > 2 && f.Field(path[1]) != nil:
		field := f.Field(path[1])
		if len(path) > 3 && path[2] == "option" {
			for _, o := range field.Options {
				switch {
				case o.Value != path[3]:
				case len(path) == 4:
					return o.Label
				case path[4] == "hint":
					return o.Hint
				}
			}
			return nil
		}
		return map[string]kiosk.Text{"label": field.Label, "question": field.Question, "hint": field.Hint}[path[2]]
	}
	return nil
}

func decode(files fs.FS, name string, into any) error {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	meta, err := toml.Decode(string(b), into)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return fmt.Errorf("%s: unknown key %s", name, extra[0])
	}
	return nil
}

func (f *Form) sound() error {
	whole := func(what string, t kiosk.Text) error {
		for _, l := range kiosk.Languages {
			if t[l] == "" {
				return fmt.Errorf("%s has no words in %q", what, l)
			}
		}
		return nil
	}
	texts := map[string]kiosk.Text{"title": f.Title, "purpose": f.Purpose, "before": f.Before}
	if !f.Opinion {
		texts["receipt"] = f.Receipt
	}
	for what, t := range texts {
		if err := whole(what, t); err != nil {
			return err
		}
	}
	if f.Version < 1 || len(f.Identities) == 0 {
		return fmt.Errorf("version or identities is missing")
	}
	if f.Opinion && !slices.Equal(f.Identities, []kiosk.Identity{kiosk.Anonymous}) {
		return fmt.Errorf("an opinion is anonymous")
	}
	if len(f.Helpful)+len(f.Bring) > 0 && f.Completed().Days < 1 {
		return fmt.Errorf("what is missing is due by no step")
	}
	for _, t := range f.Bring {
		if err := whole("bring", t); err != nil {
			return err
		}
	}
	if !f.Opinion && (f.FirstAnswer().Days < 1 || len(f.Next) == 0) {
		return fmt.Errorf("deadline or next is missing")
	}
	if f.Published != "" && (f.Field(f.Published) == nil || f.Field(f.Published).Type != LongText) {
		return fmt.Errorf("published names no long text: %q", f.Published)
	}
	seen, scans := map[string]bool{}, false
	for _, field := range f.Fields {
		if seen[field.ID] || field.ID == "" {
			return fmt.Errorf("field %q stands twice or has no id", field.ID)
		}
		seen[field.ID] = true
		for what, t := range map[string]kiosk.Text{"label": field.Label, "question": field.Question} {
			if err := whole(field.ID+" "+what, t); err != nil {
				return err
			}
		}
		switch field.Type {
		case TextLine, LongText:
			if field.Max < 1 || field.MaxBytes < field.Max {
				return fmt.Errorf("%s: text needs max and max_bytes", field.ID)
			}
		case Choice:
			if len(field.Options) < 2 {
				return fmt.Errorf("%s: a choice needs options", field.ID)
			}
			for _, o := range field.Options {
				if err := whole(field.ID+" option "+o.Value, o.Label); err != nil {
					return err
				}
			}
		case Scan:
			if field.Required || field.Must != nil || scans {
				return fmt.Errorf("%s: a form asks for papers once at most, and never must have them", field.ID)
			}
			scans = true
		case Date, Phone, Email, NIK, Office, Service, Identity, Number:
		default:
			return fmt.Errorf("%s: unknown type %q", field.ID, field.Type)
		}
		for _, prompt := range field.Prompts {
			if err := errors.Join(whole(field.ID+" prompt", prompt.Label), whole(field.ID+" prompt", prompt.Insert)); err != nil {
				return err
			}
		}
		for _, c := range []*Condition{field.When, field.Must} {
			if c != nil && !seen[c.Field] {
				return fmt.Errorf("%s: depends on %q, which is not asked before it", field.ID, c.Field)
			}
			if c != nil && c.Given == (len(c.Is) > 0) {
				return fmt.Errorf("%s: depends on %q with neither or both of is and given", field.ID, c.Field)
			}
		}
	}
	for _, group := range append([][]string{f.Helpful}, f.OneOf...) {
		for _, id := range group {
			if !seen[id] {
				return fmt.Errorf("one_of or helpful names %q, which is no field", id)
			}
		}
	}
	return nil
}
