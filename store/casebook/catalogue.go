package casebook

import (
	"context"
	"database/sql"
	"encoding/json"

	"loket/hub"
)

// Catalogues returns every catalogue that was in use, the newest first, with its
// files.
func (b *Casebook) Catalogues(ctx context.Context) (all []hub.Catalogue, err error) {
	rows, err := b.read.QueryContext(ctx, `select version, at, by, note, changed, files from catalogue order by version desc`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c hub.Catalogue
		var when int64
		var files string
		if err := rows.Scan(&c.Version, &when, &c.By, &c.Note, &c.Changed, &files); err != nil {
			return nil, err
		}
		c.At = at(when)
		if err := json.Unmarshal([]byte(files), &c.Files); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

// CatalogueVersion is the version of the newest, 0 for none.
func (b *Casebook) CatalogueVersion(ctx context.Context) (version int64, err error) {
	return version, b.read.QueryRowContext(ctx, `select coalesce(max(version), 0) from catalogue`).Scan(&version)
}

// AddCatalogue keeps a catalogue that follows the one of a version. Versions are
// seconds since 1970, and more than the one before: a hub restored from a backup gives
// out none that kiosks have seen.
func (b *Casebook) AddCatalogue(ctx context.Context, c hub.Catalogue, after int64) (version int64, err error) {
	files, err := json.Marshal(c.Files)
	if err != nil {
		return 0, err
	}
	version = max(c.At.Unix(), after+1)
	err = b.in(ctx, func(tx *sql.Tx) error {
		var newest int64
		if err := tx.QueryRowContext(ctx, `select coalesce(max(version), 0) from catalogue`).Scan(&newest); err != nil {
			return err
		}
		if newest != after {
			return hub.ErrChanged
		}
		_, err := tx.ExecContext(ctx, `insert into catalogue (version, at, by, note, changed, files) values ($1, $2, $3, $4, $5, $6)`, version, c.At.Unix(), c.By, c.Note, c.Changed, string(files))
		return err
	})
	if err != nil {
		return 0, err
	}
	return version, nil
}
