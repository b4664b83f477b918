package casebook

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"loket/hub"
	"loket/kiosk"
)

// counter is how cases are counted: by whom, and with what.
type counter struct {
	facts atomic.Pointer[func(hub.Case) hub.Facts]
	none  bool // what it costs is measured: nothing is counted
}

// errUncounted says that a case was to be changed before a hub was tied to the casebook.
var errUncounted = errors.New("nobody has said how cases are counted")

// CountBy says how a case is counted.
func (b *Casebook) CountBy(facts func(hub.Case) hub.Facts) { b.counter.facts.Store(&facts) }

// deltas are what is added to lines of the summaries.
type deltas map[hub.SumKey]hub.Sum

func (d deltas) add(f hub.Facts, times int) {
	f.Sums(func(k hub.SumKey, s hub.Sum) { d[k] = d[k].Add(s, times) })
}

const sumKey = `line, scale, part, span, kind, item, days`

// sumColumns is how many columns a line has.
const sumColumns = 11

// addSums is the statement that adds to so many lines of a table, each another one.
func addSums(table string, lines int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "insert into %s (%s, n, waiting, kept, missed) values ", table, sumKey)
	for i := range lines * sumColumns {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%sumColumns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	fmt.Fprintf(&b, ") on conflict (%[2]s) do update set n = %[1]s.n + excluded.n, waiting = %[1]s.waiting + excluded.waiting, kept = %[1]s.kept + excluded.kept, missed = %[1]s.missed + excluded.missed", table, sumKey)
	return b.String()
}

// adding are the statements that add to 1, 2, 4, 8 and 16 lines of a table: one with
// eight lines takes hardly longer than one with one.
type adding [5]*sql.Stmt

func prepareAdding(ctx context.Context, table string, prepare func(context.Context, string) (*sql.Stmt, error)) (a adding, err error) {
	for i := range a {
		if a[i], err = prepare(ctx, addSums(table, 1<<i)); err != nil {
			return a, err
		}
	}
	return a, nil
}

// keep adds them in a transaction, always in the same order: so two transactions never
// wait for each other.
func (d deltas) keep(ctx context.Context, tx *sql.Tx, into adding) error {
	lines := make([]hub.SumLine, 0, len(d))
	for k, s := range d {
		if s != (hub.Sum{}) {
			lines = append(lines, hub.SumLine{SumKey: k, Sum: s})
		}
	}
	slices.SortFunc(lines, func(a, b hub.SumLine) int { return a.Compare(b.SumKey) })
	args := make([]any, 0, sumColumns<<(len(into)-1))
	for i := len(into) - 1; len(lines) > 0; {
		n := 1 << i
		if n > len(lines) {
			i--
			continue
		}
		args = args[:0]
		for _, l := range lines[:n] {
			args = append(args, l.Line, l.Scale, l.Part, l.Span, l.Kind, l.Item, l.Days, l.N, l.Waiting, l.Kept, l.Missed)
		}
		if _, err := tx.StmtContext(ctx, into[i]).ExecContext(ctx, args...); err != nil {
			return fmt.Errorf("summary: %w", err)
		}
		lines = lines[n:]
	}
	return nil
}

// countNew counts a case that was just opened, in the transaction that opens it, which
// keeps d at its end.
func (b *Casebook) countNew(ctx context.Context, tx executor, c hub.Case, received int64, d deltas) error {
	if b.counter.none {
		return nil
	}
	c.Events = []hub.Event{{At: at(received), Kind: hub.Moved, Status: c.Status}}
	_, err := b.differs(ctx, tx, c, "", d)
	return err
}

// count counts a case anew that was changed, in the transaction that changes it.
func (b *Casebook) count(ctx context.Context, tx *sql.Tx, n kiosk.Number) error {
	all, err := b.countable(ctx, tx, `number = $1`, string(n))
	if err != nil || len(all) == 0 {
		return err
	}
	d := deltas{}
	if _, err := b.differs(ctx, tx, all[0].Case, all[0].facts, d); err != nil {
		return err
	}
	return d.keep(ctx, tx, b.adding)
}

// differs counts a case and keeps by what; it adds to d what that changes.
func (b *Casebook) differs(ctx context.Context, tx executor, c hub.Case, kept string, d deltas) (bool, error) {
	facts := b.counter.facts.Load()
	if facts == nil {
		return false, errUncounted
	}
	is := (*facts)(c)
	text, err := is.Text()
	if err != nil || text == kept {
		return false, err
	}
	if kept != "" {
		was, err := hub.ReadFacts(kept)
		if err != nil {
			return false, err
		}
		d.add(was, -1)
	}
	d.add(is, 1)
	_, err = tx.ExecContext(ctx, `update cases set facts = $1, facts_to = $2 where number = $3`, text, is.To(), string(c.Number))
	return true, err
}

// counted is a case with as much of it as is counted, and by what it was.
type counted struct {
	hub.Case
	facts string
	to    int
}

// countable reads the cases of which something holds, which may end with an order
// and a limit.
func (b *Casebook) countable(ctx context.Context, tx querier, holds string, args ...any) (all []counted, err error) {
	rows, err := tx.QueryContext(ctx, `select number, form, version, office, filed_at, status, outcome, extended, rahasia, answers, unit, facts, facts_to from cases where `+holds, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	place := map[kiosk.Number]int{}
	var numbers []string
	for rows.Next() {
		var c counted
		var filed int64
		var answers []byte
		if err := rows.Scan(&c.Number, &c.Form.Name, &c.Form.Version, &c.Office, &filed, &c.Status, &c.Outcome, &c.Extended, &c.Rahasia, &answers, &c.Unit, &c.facts, &c.to); err != nil {
			return nil, err
		}
		c.FiledAt = at(filed)
		if err := json.Unmarshal(answers, &c.Answers); err != nil {
			return nil, err
		}
		place[c.Number] = len(all)
		all, numbers = append(all, c), append(numbers, string(c.Number))
	}
	if err := rows.Err(); err != nil || len(all) == 0 {
		return all, err
	}
	rows.Close() // its connection may serve one question at a time
	return all, steps(ctx, tx, func(n kiosk.Number, e hub.Event) {
		c := &all[place[n]]
		c.Events = append(c.Events, e)
	}, b.among("number", "$1"), b.texts(numbers))
}

// Recount counts cases anew in one transaction.
func (b *Casebook) Recount(ctx context.Context, from int, after hub.RecountPlace, n int) (last hub.RecountPlace, otherwise int, err error) {
	err = b.in(ctx, func(tx *sql.Tx) error {
		if after.Number == "" {
			after.To = from // and every number comes after none
		}
		all, err := b.countable(ctx, tx, `(facts_to, number) > ($1, $2) order by facts_to, number limit $3`, after.To, string(after.Number), n)
		if err != nil {
			return err
		}
		d := deltas{}
		for _, c := range all {
			changed, err := b.differs(ctx, tx, c.Case, c.facts, d)
			if err != nil {
				return err
			}
			if changed {
				otherwise++
			}
			last = hub.RecountPlace{To: c.to, Number: c.Number}
		}
		if len(all) < n {
			last = hub.RecountPlace{}
		}
		return d.keep(ctx, tx, b.adding)
	})
	return last, otherwise, err
}

// Sums returns lines of the summaries.
func (b *Casebook) Sums(ctx context.Context, q hub.SumQuery) (all []hub.SumLine, err error) {
	args := []any{q.Line, q.Scale}
	among := func(column string, texts []string) string {
		if len(texts) == 0 {
			return ""
		}
		var marks []string
		for _, t := range texts {
			args = append(args, t)
			marks = append(marks, fmt.Sprintf("$%d", len(args)))
		}
		return " and " + column + " in (" + strings.Join(marks, ", ") + ")"
	}
	where := among("part", q.Parts)
	args = append(args, q.From, q.To)
	where += fmt.Sprintf(" and span between $%d and $%d", len(args)-1, len(args))
	where += among("kind", q.Kinds) + among("item", q.Items)
	var columns []string
	for _, c := range []struct { // in the order of the key, so that nothing is sorted
		name  string
		apart bool
	}{{"part", q.ByPart}, {"span", q.BySpan}, {"kind", true}, {"item", q.ByItem}, {"days", q.ByDays}} {
		if c.apart {
			columns = append(columns, c.name)
		}
	}
	apart := strings.Join(columns, ", ")
	rows, err := b.read.QueryContext(ctx, `select `+apart+`, cast(sum(n) as bigint), cast(sum(waiting) as bigint), cast(sum(kept) as bigint), cast(sum(missed) as bigint)
		from summary where line = $1 and scale = $2`+where+` group by `+apart, args...)
	if err != nil {
		return nil, fmt.Errorf("sums: %w", err)
	}
	defer rows.Close()
	x := hub.SumLine{SumKey: hub.SumKey{Line: q.Line, Scale: q.Scale}}
	var kind, part, item sql.RawBytes // most lines repeat the text of the one before
	var into []any
	if q.ByPart {
		into = append(into, &part)
	}
	if q.BySpan {
		into = append(into, &x.Span)
	}
	into = append(into, &kind)
	if q.ByItem {
		into = append(into, &item)
	}
	if q.ByDays {
		into = append(into, &x.Days)
	}
	into = append(into, &x.N, &x.Waiting, &x.Kept, &x.Missed)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("sums: %w", err)
		}
		again(&x.Kind, kind)
		again(&x.Part, part)
		again(&x.Item, item)
		if x.Sum != (hub.Sum{}) { // what was there once
			all = append(all, x)
		}
	}
	return all, rows.Err()
}

// again writes a text that mostly is there already.
func again(to *string, text []byte) {
	if *to != string(text) {
		*to = string(text)
	}
}

// Basis returns what the summaries were counted by.
func (b *Casebook) Basis(ctx context.Context) (basis string, err error) {
	err = b.read.QueryRowContext(ctx, `select basis from summary_basis`).Scan(&basis)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return basis, err
}

// SetBasis keeps what the summaries were counted by.
func (b *Casebook) SetBasis(ctx context.Context, basis string) error {
	_, err := b.write.ExecContext(ctx, `insert into summary_basis (one, basis) values (1, $1) on conflict (one) do update set basis = excluded.basis`, basis)
	return err
}

const (
	provenAtATime = 500     // cases read at a time
	provenMost    = 100_000 // lines in memory
	mendedAtATime = 200     // lines put right in one transaction
)

// Prove counts every case anew, as they are at one moment, and compares with what is
// kept. What it counts lies in temporary tables, which may be large; cases may change
// meanwhile, since what is put right is added, not set.
func (b *Casebook) Prove(ctx context.Context, mend bool, progress func(done, all int)) (p hub.Proof, err error) {
	facts := b.counter.facts.Load()
	if facts == nil {
		return p, errUncounted
	}
	tx, err := b.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return p, err
	}
	defer tx.Rollback()
	// counted is what the cases say, moved by how much lines were put right on the
	// way, because a case was counted wrongly.
	for _, name := range []string{"counted", "moved"} {
		if _, err := tx.ExecContext(ctx, `create temporary table summary_`+name+` (line text, scale text, part text, span bigint, kind text, item text, days bigint,
			n bigint, waiting bigint, kept bigint, missed bigint, primary key (`+sumKey+`))`); err != nil {
			return p, err
		}
	}
	var into [2]adding
	for i, name := range []string{"counted", "moved"} {
		if into[i], err = prepareAdding(ctx, "summary_"+name, tx.PrepareContext); err != nil {
			return p, err
		}
	}
	var most int
	if err := tx.QueryRowContext(ctx, `select count(*) from cases`).Scan(&most); err != nil {
		return p, err
	}
	is, moved := deltas{}, deltas{}
	for last := ""; ; {
		all, err := b.countable(ctx, tx, `number > $1 order by number limit $2`, last, provenAtATime)
		if err != nil {
			return p, err
		}
		for _, c := range all {
			f := (*facts)(c.Case)
			is.add(f, 1)
			text, err := f.Text()
			if err != nil {
				return p, err
			}
			if text == c.facts {
				continue
			}
			p.WrongCases++
			if !mend {
				continue
			}
			if err := b.in(ctx, func(tx *sql.Tx) error { return b.count(ctx, tx, c.Number) }); err != nil {
				return p, err
			}
			moved.add(f, 1)
			if c.facts != "" {
				was, err := hub.ReadFacts(c.facts)
				if err != nil {
					return p, err
				}
				moved.add(was, -1)
			}
		}
		p.Cases += len(all)
		if len(all) < provenAtATime || len(is)+len(moved) > provenMost {
			for i, d := range []deltas{is, moved} {
				if err := d.keep(ctx, tx, into[i]); err != nil {
					return p, err
				}
				clear(d)
			}
		}
		if len(all) > 0 {
			progress(p.Cases, most)
		}
		if len(all) < provenAtATime {
			break
		}
		last = string(all[len(all)-1].Number)
	}
	if err := tx.QueryRowContext(ctx, `select count(*) from summary_counted`).Scan(&p.Lines); err != nil {
		return p, err
	}
	if err := tx.QueryRowContext(ctx, `select count(*) from (`+wrongLines("")+`) as wrong`).Scan(&p.WrongLines); err != nil {
		return p, err
	}
	if !mend {
		return p, nil
	}
	return p, b.mend(ctx, tx)
}

// wrongLines are the lines that are not as they were counted, and by how much; less
// is what was put right already.
func wrongLines(less string) string {
	const sums = `, cast(sum(n) as bigint) as n, cast(sum(waiting) as bigint) as waiting, cast(sum(kept) as bigint) as kept, cast(sum(missed) as bigint) as missed`
	const minus = `select ` + sumKey + `, -n as n, -waiting as waiting, -kept as kept, -missed as missed from summary`
	union := `select ` + sumKey + `, n, waiting, kept, missed from summary_counted union all ` + minus
	if less != "" {
		union += ` union all ` + minus + less
	}
	return `select ` + sumKey + sums + ` from (` + union + `) as both_sides group by ` + sumKey + ` having sum(n) <> 0 or sum(waiting) <> 0 or sum(kept) <> 0 or sum(missed) <> 0`
}

// mend adds to each line what it lacks.
func (b *Casebook) mend(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, wrongLines("_moved"))
	if err != nil {
		return err
	}
	defer rows.Close()
	d := deltas{}
	flush := func() error {
		defer clear(d)
		return b.in(ctx, func(tx *sql.Tx) error { return d.keep(ctx, tx, b.adding) })
	}
	for rows.Next() {
		var k hub.SumKey
		var s hub.Sum
		if err := rows.Scan(&k.Line, &k.Scale, &k.Part, &k.Span, &k.Kind, &k.Item, &k.Days, &s.N, &s.Waiting, &s.Kept, &s.Missed); err != nil {
			return err
		}
		if d[k] = s; len(d) >= mendedAtATime {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return flush()
}

// Newest returns which cases of a form were filed last between two times, and in a
// unit's hands unless unit is empty.
func (b *Casebook) Newest(ctx context.Context, form, unit string, from, to time.Time, n int) (all []hub.FiledCase, err error) {
	args := []any{form, from.Unix(), to.Unix(), n}
	where := `form = $1 and filed_at >= $2 and filed_at < $3 order by filed_at desc, number limit $4`
	if unit != "" {
		args, where = append([]any{unit}, args...), `unit = $1 and form = $2 and filed_at >= $3 and filed_at < $4 order by filed_at desc, number limit $5`
	}
	rows, err := b.read.QueryContext(ctx, `select number, filed_at from cases where `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c hub.FiledCase
		var filed int64
		if err := rows.Scan(&c.Number, &filed); err != nil {
			return nil, err
		}
		c.At = at(filed)
		all = append(all, c)
	}
	return all, rows.Err()
}

// Written returns what visitors wrote: cases without their story, and without what
// became of them.
func (b *Casebook) Written(ctx context.Context, numbers []kiosk.Number) (all []hub.Case, err error) {
	for some := range slices.Chunk(numbers, 500) {
		var texts []string
		for _, n := range some {
			texts = append(texts, string(n))
		}
		rows, err := b.read.QueryContext(ctx, `select number, form, version, office, filed_at, rahasia, answers from cases where `+b.among("number", "$1")+` order by filed_at, number`, b.texts(texts))
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var c hub.Case
			var filed int64
			var answers sql.RawBytes
			if err := rows.Scan(&c.Number, &c.Form.Name, &c.Form.Version, &c.Office, &filed, &c.Rahasia, &answers); err != nil {
				return nil, err
			}
			if err := json.Unmarshal(answers, &c.Answers); err != nil {
				return nil, err
			}
			c.FiledAt = at(filed)
			all = append(all, c)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}
