package casebook

import (
	"context"
	"time"

	"loket/hub"
	"loket/kiosk"
)

// MarkSeen notes when a case was first opened.
func (b *Casebook) MarkSeen(ctx context.Context, n kiosk.Number, when time.Time) error {
	_, err := b.write.ExecContext(ctx, `update cases set seen_at = $1 where number = $2 and seen_at is null`, when.Unix(), string(n))
	return err
}

// list reads cases of a query, without their events.
func (b *Casebook) list(ctx context.Context, query string, args ...any) (all []hub.Case, err error) {
	rows, err := b.read.QueryContext(ctx, `select `+caseColumns+` from cases `+query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		c, err := scanCase(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

// Followers are the cases handled with another, oldest first.
func (b *Casebook) Followers(ctx context.Context, n kiosk.Number) ([]hub.Case, error) {
	return b.list(ctx, `where merged_into = $1 order by filed_at, number`, string(n))
}

// Alike returns cases of a form that share words with a text.
func (b *Casebook) Alike(ctx context.Context, form string, words []string, limit int) ([]hub.Case, error) {
	query, parameter := b.sharing(words)
	return b.list(ctx, `join (`+query+`) as alike on alike.found = number where form = $2 order by best limit $3`, parameter, form, limit)
}

// Templates are the answers to begin with, by title.
func (b *Casebook) Templates(ctx context.Context) (all []hub.Template, err error) {
	rows, err := b.read.QueryContext(ctx, `select id, kind, outcome, title, body, retired, changed_by, changed_at from template order by title, id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t hub.Template
		var when int64
		if err := rows.Scan(&t.ID, &t.Kind, &t.Outcome, &t.Title, &t.Body, &t.Retired, &t.By, &when); err != nil {
			return nil, err
		}
		t.At = at(when)
		all = append(all, t)
	}
	return all, rows.Err()
}

// SaveTemplate adds one without an id, else writes it anew.
func (b *Casebook) SaveTemplate(ctx context.Context, t hub.Template) error {
	if t.ID == 0 {
		_, err := b.write.ExecContext(ctx, `insert into template (kind, outcome, title, body, retired, changed_by, changed_at) values ($1, $2, $3, $4, $5, $6, $7)`,
			t.Kind, t.Outcome, t.Title, t.Body, t.Retired, t.By, t.At.Unix())
		return err
	}
	_, err := b.write.ExecContext(ctx, `update template set kind = $1, outcome = $2, title = $3, body = $4, retired = $5, changed_by = $6, changed_at = $7 where id = $8`,
		t.Kind, t.Outcome, t.Title, t.Body, t.Retired, t.By, t.At.Unix(), t.ID)
	return err
}

// Views are an officer's lists, by name.
func (b *Casebook) Views(ctx context.Context, officer string) (all []hub.View, err error) {
	rows, err := b.read.QueryContext(ctx, `select name, query from view where officer = $1 order by name`, officer)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v hub.View
		if err := rows.Scan(&v.Name, &v.Query); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// SaveView keeps a list under a name.
func (b *Casebook) SaveView(ctx context.Context, officer string, v hub.View) error {
	_, err := b.write.ExecContext(ctx, `insert into view (officer, name, query) values ($1, $2, $3) on conflict (officer, name) do update set query = excluded.query`, officer, v.Name, v.Query)
	return err
}

// DropView forgets a list.
func (b *Casebook) DropView(ctx context.Context, officer, name string) error {
	_, err := b.write.ExecContext(ctx, `delete from view where officer = $1 and name = $2`, officer, name)
	return err
}
