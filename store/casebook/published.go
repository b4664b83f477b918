package casebook

import (
	"context"
	"database/sql"
	"encoding/json"

	"loket/hub"
)

// AddIssue keeps an issue of the list of published information.
func (b *Casebook) AddIssue(ctx context.Context, i hub.Issue, after int64) error {
	items, err := json.Marshal(i.Items)
	if err != nil {
		return err
	}
	return b.in(ctx, func(tx *sql.Tx) error {
		var newest int64
		if err := tx.QueryRowContext(ctx, `select coalesce(max(version), 0) from published`).Scan(&newest); err != nil {
			return err
		}
		if newest != after {
			return hub.ErrChanged
		}
		_, err := tx.ExecContext(ctx, `insert into published (version, published_by, again, count, items) values ($1, $2, $3, $4, $5)`,
			i.Version, i.By, i.Again, len(i.Items), string(items))
		return err
	})
}

// Issue returns an issue, the newest for 0.
func (b *Casebook) Issue(ctx context.Context, version int64) (i hub.Issue, err error) {
	var items string
	err = b.read.QueryRowContext(ctx, `select version, published_by, again, count, items from published where version = $1 or $2 = 0 order by version desc limit 1`, version, version).
		Scan(&i.Version, &i.By, &i.Again, &i.Count, &items)
	if err == nil {
		err = json.Unmarshal([]byte(items), &i.Items)
	}
	return i, found(err)
}

// Issues returns every issue without its items, the newest first.
func (b *Casebook) Issues(ctx context.Context) (all []hub.Issue, err error) {
	rows, err := b.read.QueryContext(ctx, `select version, published_by, again, count from published order by version desc`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var i hub.Issue
		if err := rows.Scan(&i.Version, &i.By, &i.Again, &i.Count); err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	return all, rows.Err()
}

// KeepUpload keeps what an officer uploaded, or drops it.
func (b *Casebook) KeepUpload(ctx context.Context, officer string, u *hub.Upload) error {
	if u == nil {
		_, err := b.write.ExecContext(ctx, `delete from published_upload where officer = $1`, officer)
		return err
	}
	items, err := json.Marshal(u.Items)
	if err != nil {
		return err
	}
	faults, err := json.Marshal(u.Faults)
	if err != nil {
		return err
	}
	_, err = b.write.ExecContext(ctx, `insert into published_upload (officer, name, at, items, faults) values ($1, $2, $3, $4, $5)
		on conflict (officer) do update set name = excluded.name, at = excluded.at, items = excluded.items, faults = excluded.faults`,
		officer, u.Name, u.At.Unix(), string(items), string(faults))
	return err
}

// Upload returns what an officer uploaded.
func (b *Casebook) Upload(ctx context.Context, officer string) (u hub.Upload, err error) {
	var when int64
	var items, faults string
	if err := b.read.QueryRowContext(ctx, `select name, at, items, faults from published_upload where officer = $1`, officer).Scan(&u.Name, &when, &items, &faults); err != nil {
		return u, found(err)
	}
	u.At = at(when)
	if err := json.Unmarshal([]byte(items), &u.Items); err != nil {
		return u, err
	}
	return u, json.Unmarshal([]byte(faults), &u.Faults)
}
