package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"loket/hub/lifecycle"
	"loket/kiosk"
	"loket/kiosk/form"
)

// RegisterStore keeps what the books of requests and objections say beyond the
// cases. Nothing of it is changed or deleted.
type RegisterStore interface {
	// GiveNumber gives a case the next number of its book, or returns the one it
	// has. label writes the number that is n-th in its book.
	GiveNumber(ctx context.Context, n RegisterNumber, label func(n int) string) (RegisterNumber, error)
	// RegisterNumber returns a case's number, or ErrNotFound.
	RegisterNumber(ctx context.Context, n kiosk.Number) (RegisterNumber, error)
	// RegisterNumbers returns the numbers that a kind's books gave, by office,
	// year and number.
	RegisterNumbers(ctx context.Context, kind string) ([]RegisterNumber, error)
	// Enter adds an entry to a case's line and story, or returns ErrChanged if its
	// edition is not the next.
	Enter(ctx context.Context, e RegisterEntry) error
	// RegisterEntry returns the entry of a case that counts, or ErrNotFound.
	RegisterEntry(ctx context.Context, n kiosk.Number) (RegisterEntry, error)
	RegisterEntries(ctx context.Context) (map[kiosk.Number]RegisterEntry, error)
	// ReportTexts returns what an office wrote for a year's report.
	ReportTexts(ctx context.Context, office string, year int) (ReportTexts, error)
	// KeepReportTexts adds an edition, or returns ErrChanged if it is not the next.
	KeepReportTexts(ctx context.Context, t ReportTexts) error
}

// RegisterNumber is a case's official number in its book: one book a kind,
// office and year, numbered from 1 without holes.
type RegisterNumber struct {
	Number kiosk.Number
	Kind   string
	Office string
	Year   int
	N      int
	Label  string // as the office writes it
	By     string
	At     time.Time
}

// NotSaid is the cost of a case of which no cost was entered.
const NotSaid = -1

// RegisterEntry is what an officer says for a case's line in its book that
// nothing else of the case does.
type RegisterEntry struct {
	Number       kiosk.Number
	Edition      int
	Undocumented bool   // we hold the information, but not in writing yet
	Form         string // it is held as: one of HeldForms, or empty
	Given        string // when the information was given, YYYY-MM-DD
	Cost         int64  // of the copies, in rupiah; NotSaid
	Payment      string // how it was paid
	Superior     string // who answered the objection
	Position     string // and as what
	Response     string // what the applicant said to the answer
	Officer      string
	At           time.Time
}

// HeldForms are the forms in which information is held.
var HeldForms = []string{"softcopy", "hardcopy", "softcopy, hardcopy"}

// ErrEntry says that an entry cannot be so.
var ErrEntry = errors.New("the entry has a date or cost that cannot be, or is too long")

// number gives a case its number, unless it has one or its kind has no book.
func (h *Hub) number(ctx context.Context, n kiosk.Number, officer string) error {
	c, err := h.Store.Case(ctx, n)
	if err != nil || !h.Books(c.Form.Name) {
		return err
	}
	if _, err = h.Store.RegisterNumber(ctx, n); errors.Is(err, ErrNotFound) {
		_, err = h.giveNumber(ctx, c, officer)
	}
	return err
}

// giveNumber gives a case its number in the book of the year it was filed in;
// nothing where its kind has no book.
func (h *Hub) giveNumber(ctx context.Context, c Case, officer string) (n RegisterNumber, err error) {
	l := h.Lifecycles.Kind(c.Form.Name)
	if l == nil || l.Register == "" {
		return n, nil
	}
	n = RegisterNumber{Number: c.Number, Kind: c.Form.Name, Office: c.Office, Year: h.Local(c.Office, c.FiledAt).Year(), By: officer, At: h.Now()}
	return h.Store.GiveNumber(ctx, n, func(i int) string {
		return strings.NewReplacer("{n}", fmt.Sprintf("%04d", i), "{office}", strings.ToUpper(c.Office), "{year}", fmt.Sprint(n.Year)).Replace(l.Register)
	})
}

// book returns a case whose line an officer may add to. It returns [ErrNotFound], [ErrForbidden] and [ErrKind].
func (h *Hub) book(ctx context.Context, o Officer, n kiosk.Number) (Case, error) {
	c, err := h.Store.Case(ctx, n)
	switch {
	case err != nil:
		return c, err
	case !h.Sees(o, c):
		return c, ErrNotFound
	case !h.Acts(o, c):
		return c, ErrForbidden
	case !h.Books(c.Form.Name):
		return c, ErrKind
	}
	return c, nil
}

// Books reports whether a kind of case has a book.
func (h *Hub) Books(kind string) bool {
	l := h.Lifecycles.Kind(kind)
	return l != nil && l.Register != ""
}

// GiveNumber gives a case its number now.
func (h *Hub) GiveNumber(ctx context.Context, o Officer, n kiosk.Number) (RegisterNumber, error) {
	c, err := h.book(ctx, o, n)
	if err != nil {
		return RegisterNumber{}, err
	}
	return h.giveNumber(ctx, c, o.Name)
}

// Enter adds to a case's line. It returns [ErrEntry] for what cannot be, and
// [ErrChanged] if somebody else added to it meanwhile.
func (h *Hub) Enter(ctx context.Context, o Officer, e RegisterEntry) error {
	c, err := h.book(ctx, o, e.Number)
	if err != nil {
		return err
	}
	for _, text := range []*string{&e.Payment, &e.Superior, &e.Position, &e.Response} {
		*text = plain(*text)
	}
	if e.Form != "" && !slices.Contains(HeldForms, e.Form) || e.Cost < NotSaid || e.Cost > 1e12 || len(e.Superior) > 400 || len(e.Position) > 400 || len(e.Payment) > 400 {
		return ErrEntry
	}
	e.At = h.Now()
	if e.Given != "" {
		day, err := time.Parse(time.DateOnly, e.Given)
		if err != nil || e.Given < h.Local(c.Office, c.FiledAt).Format(time.DateOnly) || e.Given > h.Local(c.Office, e.At).Format(time.DateOnly) {
			return ErrEntry
		}
		e.Given = day.Format(time.DateOnly)
	}
	e.Officer = o.Name
	return h.Store.Enter(ctx, e)
}

// Register is one of the books that the law asks for, of one year, with the
// figures of the yearly report (UU 14/2008 art. 12).
type Register struct {
	Kind       string // information or objection
	Year       int
	Columns    []RegisterColumn // as prescribed
	Lines      []RegisterLine
	Missing    []string // numbers given whose case is not among the lines
	Figures    Figures
	Months     []Breakdown
	Offices    []Breakdown
	Applicants []Breakdown // by who asked
	Grounds    []Tally     // of objections
	Disputable int         // objections answered whose time to go to the commission runs
}

// RegisterColumn is a column of a book, in Indonesian, as prescribed.
type RegisterColumn struct {
	Head    string
	Share   float64 // of a page's width, beside the others'; 0 is 1
	Under   bool    // on paper in the cell of the one before, below it
	Lead    string  // what stands before the cell there
	Weekday bool    // the date is written with its day
	Right   bool
}

// RegisterLine is a case's line: each cell a string, an int64, or a date.
type RegisterLine struct {
	Number kiosk.Number
	Label  string // its number in the book; empty: none yet
	Cells  []any
}

// Figures are what the yearly report tells of cases. Received is the sum of
// Answered, Open, NotOurs and Lapsed; Answered that of Outcomes.
type Figures struct {
	Received int
	Open     int // neither answered nor ended
	NotOurs  int // ended as another institution's matter
	Lapsed   int // ended without an answer: what was missing never came
	Outcomes []Tally
	Reasons  []Tally // most first, without those of none
	Answered int
	InTime   int // of those answered
	Extended int // whose term was made longer
	Days     int // working days from receipt to answer, of all answered together
	Longest  int
	Average  float64 // Days for each answered
}

// Outcome is how many ended so.
func (f Figures) Outcome(id string) int {
	for _, t := range f.Outcomes {
		if t.ID == id {
			return t.Count
		}
	}
	return 0
}

// Ended is how many ended without an answer of ours.
func (f Figures) Ended() int { return f.NotOurs + f.Lapsed }

// Mean is the average exactly; nil where none was answered.
func (f Figures) Mean() *big.Rat {
	if f.Answered == 0 {
		return nil
	}
	return big.NewRat(int64(f.Days), int64(f.Answered))
}

// Tally is how many there were of something.
type Tally struct {
	ID    string
	Label kiosk.Text
	Count int
}

// Breakdown is the figures of a part.
type Breakdown struct {
	ID    string
	Label kiosk.Text
	Figures
}

// line is a case on its way into the book.
type line struct {
	Case
	entry    RegisterEntry
	label    string
	n        int       // of label
	filed    time.Time // in the office's zone
	answered time.Time // likewise; zero: it has no answer
	taken    int       // working days until then
	inTime   bool
	due      time.Time
	of       Case // the request that it objects to, if it is here
	notOurs  bool
	lapsed   bool
}

type column struct {
	RegisterColumn
	cell func(h *Hub, x *line) any
}

// said is what was answered to a field, for people to read.
func said(id string) func(*Hub, *line) any {
	return func(h *Hub, x *line) any { return h.Said(x.Case, id) }
}

// Said is what was answered to a field of a form, in Indonesian words.
func (h *Hub) Said(c Case, id string) string {
	text := c.Answers[id]
	f := h.Catalogue.At(c.Form)
	if f == nil {
		return text
	}
	if field := f.Field(id); field != nil && field.Type == form.Choice {
		for _, o := range field.Options {
			if o.Value == text {
				return o.Label.In(kiosk.Indonesian)
			}
		}
	}
	return text
}

// contact is how the applicant is reached.
func contact(h *Hub, x *line) any {
	var all []string
	for _, id := range []string{"phone", "email"} {
		if c := h.Said(x.Case, id); c != "" {
			all = append(all, c)
		}
	}
	return strings.Join(all, " / ")
}

// Decided is what came of a case and why, in Indonesian; the why with its law.
func (h *Hub) Decided(c Case) (outcome, why string) {
	l := h.Lifecycles.Kind(c.Form.Name)
	if x := l.Outcome(c.Outcome); x != nil {
		outcome = x.Label.In(kiosk.Indonesian)
	}
	if x := l.Reason(c.Reason); x != nil {
		why = x.Label.In(kiosk.Indonesian)
		if basis := x.Basis.In(kiosk.Indonesian); basis != "" {
			why += " (" + basis + ")"
		}
	}
	return outcome, why
}

func outcome(h *Hub, x *line) any { o, _ := h.Decided(x.Case); return o }
func reason(h *Hub, x *line) any  { _, why := h.Decided(x.Case); return why }

func held(_ *Hub, x *line) any {
	switch x.Outcome {
	case "":
		return ""
	case "not_held":
		return "Tidak"
	}
	return "Ya"
}

func documented(_ *Hub, x *line) any {
	switch {
	case x.entry.Undocumented:
		return "Belum didokumentasikan"
	case x.entry.Form != "":
		return "Sudah didokumentasikan"
	}
	return ""
}

func given(_ *Hub, x *line) any {
	day, err := time.Parse(time.DateOnly, x.entry.Given)
	if err != nil {
		return nil
	}
	return day
}

// Cost is in rupiah; what has no cost entered says nothing.
func cost(_ *Hub, x *line) any {
	if x.entry.Edition == 0 || x.entry.Cost == NotSaid {
		return nil
	}
	return x.entry.Cost
}

// asked says whether the applicant only wants to see it, or a copy (the two
// kinds of request that the book knows).
func asked(_ *Hub, x *line) any {
	switch how := x.Answers["obtain"]; {
	case how == "view":
		return "Melihat/mengetahui"
	case strings.HasPrefix(how, "copy"):
		return "Meminta salinan"
	}
	return ""
}

func number(_ *Hub, x *line) any   { return x.label }
func tracking(_ *Hub, x *line) any { return x.Number.String() }
func filed(_ *Hub, x *line) any    { return x.filed }
func answered(_ *Hub, x *line) any { return x.answered }
func due(_ *Hub, x *line) any      { return x.due }

func taken(_ *Hub, x *line) any {
	if x.answered.IsZero() {
		return nil
	}
	return int64(x.taken)
}

func extended(_ *Hub, x *line) any {
	if x.Extended == 0 {
		return nil
	}
	return int64(x.Extended)
}

// books are the columns of each kind's book (Perki 1/2010, annex; Kejaksaan
// PER-032/A/JA/08/2010, annex 3, has the same for requests).
var books = map[string][]column{
	"information": {
		{RegisterColumn{Head: "Nomor register", Share: 1.85}, number},
		{RegisterColumn{Head: "Nomor pendaftaran", Under: true}, tracking},
		{RegisterColumn{Head: "Tanggal", Share: 1.1, Weekday: true}, filed},
		{RegisterColumn{Head: "Nama", Share: 1.9}, said("name")},
		{RegisterColumn{Head: "Alamat", Under: true}, said("address")},
		{RegisterColumn{Head: "Nomor kontak", Under: true}, contact},
		{RegisterColumn{Head: "Pekerjaan", Under: true}, said("occupation")},
		{RegisterColumn{Head: "Informasi yang diminta", Share: 2.4}, said("information")},
		{RegisterColumn{Head: "Tujuan penggunaan informasi", Share: 1.7}, said("purpose")},
		{RegisterColumn{Head: "Status informasi: di bawah penguasaan", Share: 1.7}, held},
		{RegisterColumn{Head: "Badan publik lain yang menguasai", Under: true}, func(_ *Hub, x *line) any { return x.Holder }},
		{RegisterColumn{Head: "Dokumentasi", Under: true}, documented},
		{RegisterColumn{Head: "Bentuk informasi yang dikuasai", Share: 1.1}, func(_ *Hub, x *line) any { return x.entry.Form }},
		{RegisterColumn{Head: "Jenis permohonan", Share: 1.3}, asked},
		{RegisterColumn{Head: "Cara memperoleh", Under: true}, said("obtain")},
		{RegisterColumn{Head: "Cara mendapatkan salinan", Under: true}, said("delivery")},
		{RegisterColumn{Head: "Keputusan", Share: 1.6}, outcome},
		{RegisterColumn{Head: "Alasan penolakan", Under: true}, reason},
		{RegisterColumn{Head: "Hari dan tanggal a. pemberitahuan tertulis", Share: 1.5, Lead: "a. ", Weekday: true}, answered},
		{RegisterColumn{Head: "Hari dan tanggal b. pemberian informasi", Under: true, Lead: "b. ", Weekday: true}, given},
		{RegisterColumn{Head: "Hari kerja", Share: 1.4, Lead: "hari kerja: "}, taken},
		{RegisterColumn{Head: "Perpanjangan (hari kerja)", Under: true, Lead: "perpanjangan: "}, extended},
		{RegisterColumn{Head: "Batas menurut undang-undang", Under: true, Lead: "batas: "}, due},
		{RegisterColumn{Head: "Biaya (rupiah)", Share: 1.3, Lead: "Rp"}, cost},
		{RegisterColumn{Head: "Cara pembayaran", Under: true}, func(_ *Hub, x *line) any { return x.entry.Payment }},
	},
	"objection": {
		{RegisterColumn{Head: "Nomor register", Share: 1.85}, number},
		{RegisterColumn{Head: "Nomor pendaftaran", Under: true}, tracking},
		{RegisterColumn{Head: "Tanggal", Share: 1.1, Weekday: true}, filed},
		{RegisterColumn{Head: "Nama", Share: 1.9}, said("name")},
		{RegisterColumn{Head: "Alamat", Under: true}, said("address")},
		{RegisterColumn{Head: "Nomor kontak", Under: true}, contact},
		{RegisterColumn{Head: "Pekerjaan", Under: true}, said("occupation")},
		{RegisterColumn{Head: "Nomor pendaftaran permohonan", Share: 1.2}, func(_ *Hub, x *line) any { return kiosk.Number(x.Answers["request"]).String() }},
		{RegisterColumn{Head: "Informasi yang diminta", Share: 2.2}, func(_ *Hub, x *line) any { return x.of.Answers["information"] }},
		{RegisterColumn{Head: "Tujuan penggunaan informasi", Under: true}, func(_ *Hub, x *line) any { return x.of.Answers["purpose"] }},
		{RegisterColumn{Head: "Alasan keberatan", Share: 2}, said("ground")},
		{RegisterColumn{Head: "Uraian", Under: true}, said("story")},
		{RegisterColumn{Head: "Keputusan atasan PPID", Share: 1.6}, outcome},
		{RegisterColumn{Head: "Alasan", Under: true}, reason},
		{RegisterColumn{Head: "Hari dan tanggal tanggapan", Share: 1.5, Weekday: true}, answered},
		{RegisterColumn{Head: "Hari kerja", Under: true, Lead: "hari kerja: "}, taken},
		{RegisterColumn{Head: "Batas menurut undang-undang", Under: true, Lead: "batas: "}, due},
		{RegisterColumn{Head: "Nama atasan PPID", Share: 1.4}, func(_ *Hub, x *line) any { return x.entry.Superior }},
		{RegisterColumn{Head: "Posisi atasan PPID", Under: true}, func(_ *Hub, x *line) any { return x.entry.Position }},
		{RegisterColumn{Head: "Tanggapan pemohon", Share: 1.5}, func(_ *Hub, x *line) any { return x.entry.Response }},
	},
}

// Register returns the register of a kind, of the cases filed in a year at an
// office and below it that an officer may see. It returns [ErrForbidden] for a
// kind that is not theirs, and [ErrKind] for one that has no register.
func (h *Hub) Register(ctx context.Context, o Officer, kind string, year int, office string) (*Register, error) {
	columns, ok := books[kind]
	if !ok {
		return nil, ErrKind
	}
	if !h.SeesKind(o, kind) {
		return nil, ErrForbidden
	}
	lines, missing, err := h.lines(ctx, o, kind, year, office)
	if err != nil {
		return nil, err
	}
	r := &Register{Kind: kind, Year: year, Missing: missing}
	for _, c := range columns {
		r.Columns = append(r.Columns, c.RegisterColumn)
	}
	for _, x := range lines {
		y := RegisterLine{Number: x.Number, Label: x.label}
		for _, c := range columns {
			y.Cells = append(y.Cells, c.cell(h, x))
		}
		r.Lines = append(r.Lines, y)
	}
	r.count(h, h.Lifecycles.Kind(kind), lines)
	return r, nil
}

// filedIn returns the cases of some kinds that were filed in a year, wherever their
// office is: a day more at both ends.
func (h *Hub) filedIn(ctx context.Context, year int, kinds ...string) ([]Case, error) {
	return h.Store.CasesOf(ctx, kinds, time.Date(year-1, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(year+1, 1, 2, 0, 0, 0, 0, time.UTC))
}

// lines are the cases of a book in its order: by office and number, then those
// that have none yet by time. missing are the numbers that stand between them.
func (h *Hub) lines(ctx context.Context, o Officer, kind string, year int, office string) (lines []*line, missing []string, err error) {
	cases, err := h.filedIn(ctx, year, kind)
	if err != nil {
		return nil, nil, err
	}
	entries, err := h.Store.RegisterEntries(ctx)
	if err != nil {
		return nil, nil, err
	}
	numbers, err := h.Store.RegisterNumbers(ctx, kind)
	if err != nil {
		return nil, nil, err
	}
	given := map[kiosk.Number]RegisterNumber{}
	for _, n := range numbers {
		given[n.Number] = n
	}
	for _, c := range cases {
		at := h.Local(c.Office, c.FiledAt)
		if c.Form.Name != kind || at.Year() != year || !h.Sees(o, c) || !h.Under(c.Office, office) {
			continue
		}
		x := &line{Case: c, entry: entries[c.Number], label: given[c.Number].Label, n: given[c.Number].N, filed: at}
		if request := c.Answers["request"]; request != "" {
			of, err := h.Store.Case(ctx, kiosk.Number(request))
			if err != nil && !errors.Is(err, ErrNotFound) {
				return nil, nil, err
			}
			if err == nil && h.Sees(o, of) {
				x.of = of
			}
		}
		term, running := h.Answering(c)
		if running && !term.Paused {
			x.due = term.Due
		}
		if when, ok := h.AnsweredAt(c); ok {
			x.answered, x.inTime = when, running && !term.Late
			x.taken = h.calendar.Load().At(c.Office).Between(at, when)
		} else {
			last := lastBefore(c, kiosk.Closed)
			x.notOurs = last == kiosk.NotOurs
			x.lapsed = c.Status == kiosk.Closed && !x.notOurs
		}
		lines = append(lines, x)
		delete(given, c.Number)
	}
	for _, n := range numbers {
		if _, gone := given[n.Number]; gone && n.Year == year && h.Under(n.Office, office) && h.Under(n.Office, o.Office) {
			missing = append(missing, n.Label)
		}
	}
	slices.SortStableFunc(lines, func(a, b *line) int {
		if (a.n == 0) != (b.n == 0) {
			return cmp.Compare(b.n, a.n)
		}
		return cmp.Or(strings.Compare(a.Office, b.Office), cmp.Compare(a.n, b.n))
	})
	return lines, missing, nil
}

// count sums the lines up: all of them, and by month, office and applicant.
func (r *Register) count(h *Hub, l *lifecycle.Lifecycle, lines []*line) {
	r.Figures = figures(l, lines)
	by := func(key func(*line) string) map[string][]*line {
		all := map[string][]*line{}
		for _, x := range lines {
			all[key(x)] = append(all[key(x)], x)
		}
		return all
	}
	months := by(func(x *line) string { return x.filed.Format("01") })
	for m := time.January; m <= time.December; m++ {
		id := fmt.Sprintf("%02d", m)
		r.Months = append(r.Months, Breakdown{ID: id, Figures: figures(l, months[id])})
	}
	offices := by(func(x *line) string { return x.Office })
	for _, o := range h.Catalogue.Offices {
		if of := offices[o.ID]; of != nil {
			r.Offices = append(r.Offices, Breakdown{o.ID, o.Name, figures(l, of)})
			delete(offices, o.ID)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(offices)) { // of offices that are no more
		r.Offices = append(r.Offices, Breakdown{id, kiosk.Text{kiosk.Indonesian: id, kiosk.English: id}, figures(l, offices[id])})
	}
	f := h.Catalogue.Form(r.Kind)
	if field := f.Field("applicant"); field != nil {
		applicants := by(func(x *line) string { return x.Answers["applicant"] })
		for _, o := range field.Options {
			r.Applicants = append(r.Applicants, Breakdown{o.Value, o.Label, figures(l, applicants[o.Value])})
			delete(applicants, o.Value)
		}
		var others []*line
		for _, id := range slices.Sorted(maps.Keys(applicants)) {
			others = append(others, applicants[id]...)
		}
		if len(others) > 0 {
			r.Applicants = append(r.Applicants, Breakdown{"", kiosk.Text{kiosk.Indonesian: "Tidak disebutkan", kiosk.English: "Not said"}, figures(l, others)})
		}
	}
	if field := f.Field("ground"); field != nil {
		grounds := by(func(x *line) string { return x.Answers["ground"] })
		for _, o := range field.Options {
			r.Grounds = append(r.Grounds, Tally{o.Value, o.Label, len(grounds[o.Value])})
		}
	}
	for _, x := range lines {
		for _, k := range h.Clocks(x.Case) {
			if k.ID == "dispute" && k.Stopped.IsZero() && !k.Late && !k.Paused {
				r.Disputable++
			}
		}
	}
}

func figures(l *lifecycle.Lifecycle, lines []*line) (f Figures) {
	outcomes, reasons := map[string]int{}, map[string]int{}
	for _, x := range lines {
		f.Received++
		if x.Extended > 0 {
			f.Extended++
		}
		switch {
		case !x.answered.IsZero():
			f.Answered++
			f.Days += x.taken
			f.Longest = max(f.Longest, x.taken)
			if x.inTime {
				f.InTime++
			}
			outcomes[x.Outcome]++
			reasons[x.Reason]++
		case x.notOurs:
			f.NotOurs++
		case x.lapsed:
			f.Lapsed++
		default:
			f.Open++
		}
	}
	if f.Answered > 0 {
		f.Average = float64(f.Days) / float64(f.Answered)
	}
	for _, x := range l.Outcomes {
		f.Outcomes = append(f.Outcomes, Tally{x.ID, x.Label, outcomes[x.ID]})
	}
	for _, x := range l.Reasons {
		if reasons[x.ID] > 0 {
			f.Reasons = append(f.Reasons, Tally{x.ID, x.Label, reasons[x.ID]})
		}
	}
	slices.SortStableFunc(f.Reasons, func(a, b Tally) int { return cmp.Compare(b.Count, a.Count) })
	return f
}

// AnsweredAt is when a case was last answered, in the office's zone; nothing
// if it was taken up again since.
func (h *Hub) AnsweredAt(c Case) (at time.Time, ok bool) {
	last := kiosk.Received
	for _, e := range c.Story() {
		switch {
		case e.Status == kiosk.Answered && last != kiosk.Answered:
			at, ok = h.Local(c.Office, e.At), true
		case e.Status != kiosk.Answered && e.Status != kiosk.Closed:
			ok = false
		}
		last = e.Status
	}
	if !ok || c.Outcome == "" {
		return time.Time{}, false
	}
	return at, true
}

// lastBefore is the last status of a case that is not s.
func lastBefore(c Case, s kiosk.Status) kiosk.Status {
	for _, e := range slices.Backward(c.Story()) {
		if e.Status != s {
			return e.Status
		}
	}
	return c.Status
}
