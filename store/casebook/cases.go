package casebook

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/workday"
)

const caseColumns = `number, form, version, language, identity, office, filed_at, received_at, status, outcome, reason, holder, answer, extended, anonim, rahasia, answers, code_mac, edition, unit, assignee, coalesce(seen_at, 0), coalesce(merged_into, ''), lapor, summary, before, helped`

func scanCase(row interface{ Scan(...any) error }) (hub.Case, error) {
	var c hub.Case
	var filed, received, seen int64
	var answers, before, helped string
	err := row.Scan(&c.Number, &c.Form.Name, &c.Form.Version, &c.Language, &c.Identity, &c.Office, &filed, &received,
		&c.Status, &c.Outcome, &c.Reason, &c.Holder, &c.Answer, &c.Extended, &c.Anonim, &c.Rahasia, &answers, &c.CodeMAC, &c.Edition,
		&c.Unit, &c.Assignee, &seen, &c.MergedInto, &c.Lapor, &c.Summary, &before, &helped)
	if err != nil {
		return c, err
	}
	c.FiledAt, c.ReceivedAt = at(filed), at(received)
	if seen > 0 {
		c.SeenAt = at(seen)
	}
	if helped != "" {
		if err := json.Unmarshal([]byte(helped), &c.Helped); err != nil {
			return c, err
		}
	}
	if before != "" {
		if err := json.Unmarshal([]byte(before), &c.Past); err != nil {
			return c, err
		}
	}
	return c, json.Unmarshal([]byte(answers), &c.Answers)
}

// Cases returns the cases with a status, or all for none, oldest first. Their
// events say what happened when, without words and names.
func (b *Casebook) Cases(ctx context.Context, status kiosk.Status) ([]hub.Case, error) {
	if status == "" {
		return b.cases(ctx, inOrder)
	}
	return b.cases(ctx, `where status = $1`+inOrder, string(status)) // by its index
}

// CasesIn returns the cases with one of some statuses, as Cases does.
func (b *Casebook) CasesIn(ctx context.Context, statuses []kiosk.Status) ([]hub.Case, error) {
	return b.cases(ctx, `where `+b.among("status", "$1")+inOrder, b.texts(plainly(statuses)))
}

func plainly[T ~string](texts []T) (all []string) {
	for _, s := range texts {
		all = append(all, string(s))
	}
	return all
}

// Heaps counts the cases with one of some statuses, from an index alone.
func (b *Casebook) Heaps(ctx context.Context, statuses []kiosk.Status) (all []hub.Heap, err error) {
	err = each(ctx, b.read, func(rows *sql.Rows) error {
		var t hub.Heap
		var oldest int64
		err := rows.Scan(&t.Case.Status, &t.Case.Form.Name, &t.Case.Office, &t.Case.Unit, &t.N, &t.Unseen, &oldest)
		if t.Unseen > 0 {
			t.Oldest = at(oldest)
		}
		all = append(all, t)
		return err
	}, `select status, form, office, unit, count(*), count(*) - count(seen_at), coalesce(min(case when seen_at is null then received_at end), 0)
		from cases where `+b.among("status", "$1")+` group by status, form, office, unit`, b.texts(plainly(statuses)))
	return all, err
}

// CasesOf returns the cases of some forms that were filed from one time to before
// another, as Cases does.
func (b *Casebook) CasesOf(ctx context.Context, forms []string, from, to time.Time) ([]hub.Case, error) {
	return b.cases(ctx, `where `+b.among("form", "$1")+` and filed_at >= $2 and filed_at < $3`+inOrder, b.texts(forms), from.Unix(), to.Unix())
}

// Select returns the cases that a list asks for, as Cases does, but the newest first.
func (b *Casebook) Select(ctx context.Context, s hub.Selection, skip, n int) ([]hub.Case, error) {
	var holds []string
	var parameters []any
	given := func(parameter any) string {
		parameters = append(parameters, parameter)
		return fmt.Sprintf("$%d", len(parameters))
	}
	column := b.met
	if len(s.Numbers) > 0 || s.Few {
		column = func(name string) string { return name }
	}
	if len(s.Statuses) > 0 {
		holds = append(holds, b.among(column("status"), given(b.texts(plainly(s.Statuses)))))
	}
	if len(s.Forms) > 0 {
		holds = append(holds, b.among(column("form"), given(b.texts(s.Forms))))
	}
	for _, places := range s.Places {
		p := given(b.texts(places))
		office, unit := b.among(column("office"), p), b.among(column("unit"), p)
		if s.Few { // each by an index that begins with what holds already
			from := `select number from cases where ` + strings.Join(append(slices.Clone(holds), ""), ` and `)
			holds = append(holds, `number in (`+from+office+` union `+from+unit+`)`)
			s.Few = false
		} else {
			holds = append(holds, `(`+office+` or `+unit+`)`)
		}
	}
	if len(s.Numbers) > 0 {
		holds = append(holds, b.among("number", given(b.texts(plainly(s.Numbers)))))
	}
	if s.Assignee != "" {
		holds = append(holds, column("assignee")+` = `+given(s.Assignee))
	}
	if s.Unseen {
		holds = append(holds, `seen_at is null`)
	}
	if !s.From.IsZero() {
		holds = append(holds, `filed_at >= `+given(s.From.Unix()))
	}
	if !s.To.IsZero() {
		holds = append(holds, `filed_at < `+given(s.To.Unix()))
	}
	which := ""
	if len(holds) > 0 {
		which = `where ` + strings.Join(holds, ` and `)
	}
	which += ` order by filed_at desc, number desc`
	if n > 0 {
		which += ` limit ` + given(n) + ` offset ` + given(skip)
	}
	return b.cases(ctx, which, parameters...)
}

const inOrder = ` order by filed_at, number`

// cases returns the cases that what follows a table's name in a query leaves, in its
// order.
func (b *Casebook) cases(ctx context.Context, which string, parameters ...any) ([]hub.Case, error) {
	rows, err := b.read.QueryContext(ctx, `select `+caseColumns+` from cases `+which, parameters...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	cases := []hub.Case{}
	place := map[kiosk.Number]int{}
	for rows.Next() {
		c, err := scanCase(rows)
		if err != nil {
			return nil, err
		}
		place[c.Number] = len(cases)
		cases = append(cases, c)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return cases, steps(ctx, b.read, func(n kiosk.Number, e hub.Event) {
		if i, ok := place[n]; ok {
			cases[i].Events = append(cases[i].Events, e)
		}
	}, `number in (select number from cases `+which+`)`, parameters...)
}

// steps hands on what happened when to the cases of which something holds, in order,
// without words and names.
func steps(ctx context.Context, from querier, add func(kiosk.Number, hub.Event), holds string, parameters ...any) error {
	return each(ctx, from, func(rows *sql.Rows) error {
		var n kiosk.Number
		var when int64
		var e hub.Event
		err := rows.Scan(&n, &when, &e.Kind, &e.Status, &e.Edition)
		if e.At = at(when); err == nil {
			add(n, e)
		}
		return err
	}, `select number, at, kind, status, edition from event where `+holds+` order by n`, parameters...)
}

// CodeMAC returns what is kept of the code of a number, or nil.
func (b *Casebook) CodeMAC(ctx context.Context, n kiosk.Number) (mac []byte, err error) {
	err = b.often.QueryRowContext(ctx, `select code_mac from cases where number = $1`, string(n)).Scan(&mac)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return mac, err
}

// Case returns one case with its events.
func (b *Casebook) Case(ctx context.Context, n kiosk.Number) (hub.Case, error) {
	c, err := scanCase(b.often.QueryRowContext(ctx, `select `+caseColumns+` from cases where number = $1`, string(n)))
	if err != nil {
		return c, found(err)
	}
	rows, err := b.often.QueryContext(ctx, `select at, kind, officer, status, outcome, reason, said, note, target, edition from event where number = $1 order by n`, string(n))
	if err != nil {
		return c, err
	}
	defer rows.Close()
	for rows.Next() {
		var e hub.Event
		var when int64
		if err := rows.Scan(&when, &e.Kind, &e.Officer, &e.Status, &e.Outcome, &e.Reason, &e.Said, &e.Note, &e.Target, &e.Edition); err != nil {
			return c, err
		}
		e.At = at(when)
		c.Events = append(c.Events, e)
	}
	return c, rows.Err()
}

const addEvent = `insert into event (number, at, kind, officer, status, outcome, reason, said, note, target, edition) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

// Change applies changes and adds them to the stories, all or none.
func (b *Casebook) Change(ctx context.Context, changes ...hub.Change) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		for _, c := range changes {
			if err := b.change(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *Casebook) change(ctx context.Context, tx *sql.Tx, c hub.Change) error {
	before := ""
	if c.Before != nil {
		past, err := json.Marshal(c.Before)
		if err != nil {
			return err
		}
		before = string(past)
	}
	merged := sql.NullString{String: string(c.MergedInto), Valid: c.MergedInto != ""}
	done, err := tx.ExecContext(ctx, `update cases set status = $1, outcome = $2, reason = $3, holder = $4, answer = $5,
		extended = $6, extended_why = case when $7 <> '' then $7 else extended_why end,
		anonim = (anonim or $8), rahasia = (rahasia or $9), unit = $10, assignee = $11, merged_into = $12, before = $13,
		edition = edition + 1 where number = $14 and edition = $15`,
		string(c.Status), c.Outcome, c.Reason, c.Holder, c.Answer, c.Extended, c.ExtendWhy, c.Anonim, c.Rahasia,
		c.Unit, c.Assignee, merged, before, string(c.Number), c.Edition)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(hub.ErrChanged, err)
	}
	_, err = tx.ExecContext(ctx, addEvent, string(c.Number), c.At.Unix(), string(c.Kind), c.Officer, string(c.Status), c.Outcome, c.Reason, c.Said, c.Note, c.Target, c.Edition+1)
	if err != nil {
		return err
	}
	if err := raise(ctx, tx, c); err != nil {
		return err
	}
	if err := b.count(ctx, tx, c.Number); err != nil {
		return err
	}
	return b.findable(ctx, tx, c.Number, c.Said, c.Note)
}

// findable lets a case be found by the words of texts.
func (b *Casebook) findable(ctx context.Context, tx executor, n kiosk.Number, texts ...string) error {
	body := strings.TrimSpace(strings.Join(texts, "\n"))
	if body == "" {
		return nil
	}
	return b.index(ctx, tx, n, body)
}

// Find returns the cases in whose words every word of the text is, or begins
// one; each word may stand in another answer or note.
func (b *Casebook) Find(ctx context.Context, text string) (map[kiosk.Number]bool, error) {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	if len(words) > 20 {
		words = words[:20]
	}
	found := map[kiosk.Number]bool{}
	for i, w := range words {
		here, err := b.with(ctx, w)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			found = here
			continue
		}
		for n := range found {
			if !here[n] {
				delete(found, n)
			}
		}
	}
	return found, nil
}

// with returns the cases that have a word which begins so.
func (b *Casebook) with(ctx context.Context, word string) (map[kiosk.Number]bool, error) {
	query, parameter := b.beginning(word)
	rows, err := b.read.QueryContext(ctx, query, parameter)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[kiosk.Number]bool{}
	for rows.Next() {
		var n kiosk.Number
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		found[n] = true
	}
	return found, rows.Err()
}

// Tell adds to a case's story alone.
func (b *Casebook) Tell(ctx context.Context, n kiosk.Number, e hub.Event) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, addEvent, string(n), e.At.Unix(), string(e.Kind), e.Officer, string(e.Status), e.Outcome, e.Reason, e.Said, e.Note, e.Target, 0); err != nil {
			return err
		}
		return b.count(ctx, tx, n)
	})
}

// AddHoliday keeps a day off.
func (b *Casebook) AddHoliday(ctx context.Context, h hub.Holiday) error {
	_, err := b.write.ExecContext(ctx, `insert into holiday (date, office, kind, name, added_by, added_at) values ($1, $2, $3, $4, $5, $6)`,
		h.Date.Format(time.DateOnly), h.Office, string(h.Kind), h.Name, h.By, h.At.Unix())
	if b.unique(err) {
		return hub.ErrExists
	}
	return err
}

// Holidays returns the days off that were added, by date.
func (b *Casebook) Holidays(ctx context.Context) (all []hub.Holiday, err error) {
	rows, err := b.read.QueryContext(ctx, `select date, office, kind, name, added_by, added_at from holiday order by date, office`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var h hub.Holiday
		var date, kind string
		var when int64
		if err := rows.Scan(&date, &h.Office, &kind, &h.Name, &h.By, &when); err != nil {
			return nil, err
		}
		if h.Date, err = time.Parse(time.DateOnly, date); err != nil {
			return nil, fmt.Errorf("holiday: %w", err)
		}
		h.Kind, h.At = workday.Kind(kind), at(when)
		all = append(all, h)
	}
	return all, rows.Err()
}
