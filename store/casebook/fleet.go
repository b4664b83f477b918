package casebook

import (
	"context"
	"encoding/json"
	"time"

	"loket/hub"
	"loket/kiosk/seal"
)

// Healthy keeps what a kiosk says of itself, and that it was heard.
func (b *Casebook) Healthy(ctx context.Context, id string, health *seal.Health, when time.Time) error {
	if health == nil {
		return b.Seen(ctx, id, when)
	}
	text, err := json.Marshal(health)
	if err != nil {
		return err
	}
	_, err = b.write.ExecContext(ctx, `update kiosk set last_seen = $1, health = $2, skew = $3 where id = $4`, when.Unix(), string(text), health.At.Unix()-when.Unix(), id)
	return err
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
	n, err := b.write.ExecContext(ctx, `insert into receptionist (office, name, pin, added_at, added_by) select $1, $2, $3, $4, $5
		where (select count(*) from receptionist where office = $1) < $6`, r.Office, r.Name, r.PIN, r.AddedAt.Unix(), r.AddedBy, most)
	if unique(err) {
		return hub.ErrExists
	}
	return one(n, err)
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
