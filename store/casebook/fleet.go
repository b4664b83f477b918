package casebook

import (
	"context"
	"database/sql"
	"encoding/json"

	"loket/hub"
)

// Heard keeps when kiosks were heard, and what they told of themselves.
func (b *Casebook) Heard(ctx context.Context, contacts []hub.Contact) error {
	return b.in(ctx, func(tx *sql.Tx) error {
		for _, c := range contacts {
			text, skew := "", int64(0)
			if c.Health != nil {
				told, err := json.Marshal(c.Health)
				if err != nil {
					return err
				}
				if text = string(told); !c.Carried {
					skew = c.Health.At.Unix() - c.At.Unix()
				}
			}
			if _, err := tx.ExecContext(ctx, `update kiosk set last_seen = $1, health = case when $2 = '' then health else $2 end, skew = case when $2 = '' then skew else $3 end where id = $4`,
				c.At.Unix(), text, skew, c.Kiosk); err != nil {
				return err
			}
		}
		return nil
	})
}

// NameKiosk gives a kiosk the name that people call it.
func (b *Casebook) NameKiosk(ctx context.Context, id, name string) error {
	return one(b.write.ExecContext(ctx, `update kiosk set name = $1 where id = $2`, name, id))
}

// MoveKiosk puts a kiosk into another office.
func (b *Casebook) MoveKiosk(ctx context.Context, id, office string) error {
	return one(b.write.ExecContext(ctx, `update kiosk set office = $1 where id = $2`, office, id))
}

// AddReceptionist keeps a receptionist.
func (b *Casebook) AddReceptionist(ctx context.Context, r hub.Receptionist, most int) error {
	err := b.in(ctx, func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, `insert into receptionist (office, name, pin, added_at, added_by) select $1, $2, $3, $4, $5
			where (select count(*) from receptionist where office = $1) < $6`, r.Office, r.Name, r.PIN, r.AddedAt.Unix(), r.AddedBy, most))
	})
	if b.unique(err) {
		return hub.ErrExists
	}
	return err
}

// RemoveReceptionist takes a receptionist off the list.
func (b *Casebook) RemoveReceptionist(ctx context.Context, id int64) error {
	return one(b.write.ExecContext(ctx, `delete from receptionist where id = $1`, id))
}

// Receptionists returns all of them, by office and name.
func (b *Casebook) Receptionists(ctx context.Context) (all []hub.Receptionist, err error) {
	rows, err := b.read.QueryContext(ctx, `select id, office, name, pin, added_at, added_by from receptionist order by office, name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r hub.Receptionist
		var added int64
		if err := rows.Scan(&r.ID, &r.Office, &r.Name, &r.PIN, &added, &r.AddedBy); err != nil {
			return nil, err
		}
		r.AddedAt = at(added)
		all = append(all, r)
	}
	return all, rows.Err()
}
