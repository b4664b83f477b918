package casebook

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"loket/hub"
)

var _ hub.SharedStore = (*Casebook)(nil)

// Shared reports whether other hubs may serve the same casebook. A SQLite file is one
// hub's.
func (b *Casebook) Shared() bool {
	_, ok := b.engine.(postgresEngine)
	return ok
}

// Lead makes a hub the one that does a job until a time, or keeps it so.
func (b *Casebook) Lead(ctx context.Context, job, holder string, now, until time.Time) (leads bool, err error) {
	done, err := b.write.ExecContext(ctx, `insert into lease (job, holder, until) values ($1, $2, $3)
		on conflict (job) do update set holder = excluded.holder, until = excluded.until where lease.holder = excluded.holder or lease.until < $4`,
		job, holder, until.Unix(), now.Unix())
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n == 1, err
}

// Resign lets another hub do a job at once.
func (b *Casebook) Resign(ctx context.Context, job, holder string) error {
	_, err := b.write.ExecContext(ctx, `delete from lease where job = $1 and holder = $2`, job, holder)
	return err
}

// triesKept is how long it is kept who tried.
const triesKept = 24 * time.Hour

// ShareTries keeps how often a hub saw names try, and returns for those and others
// asked about how often other hubs did.
func (b *Casebook) ShareTries(ctx context.Context, self string, mine map[string]int64, asked []string, now time.Time) (others map[string]int64, err error) {
	names := slices.Sorted(maps.Keys(mine)) // in one order, or two would wait for each other
	err = b.locked(ctx, nil, func(tx *sql.Tx) error {
		others = map[string]int64{}
		for _, name := range names {
			if _, err := tx.ExecContext(ctx, `insert into tries (hub, name, n, at) values ($1, $2, $3, $4)
				on conflict (hub, name) do update set n = excluded.n, at = excluded.at`, self, name, mine[name], now.Unix()); err != nil {
				return err
			}
		}
		return each(ctx, tx, func(rows *sql.Rows) error {
			var name string
			var n int64
			err := rows.Scan(&name, &n)
			others[name] = n
			return err
		}, `select name, cast(sum(n) as bigint) from tries where hub <> $1 and at > $2 and `+b.among("name", "$3")+` group by name`,
			self, now.Add(-triesKept).Unix(), b.texts(slices.Concat(names, asked)))
	})
	return others, err
}

// TidyTries forgets who tried long ago.
func (b *Casebook) TidyTries(ctx context.Context, now time.Time) error {
	_, err := b.write.ExecContext(ctx, `delete from tries where at <= $1`, now.Add(-triesKept).Unix())
	return err
}
