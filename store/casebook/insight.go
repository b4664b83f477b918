package casebook

import (
	"context"
	"time"

	"loket/hub"
)

// CasesSince returns the cases that were filed or had an event since a time, and
// those without an answer, oldest first; events as in [Casebook.Cases].
func (b *Casebook) CasesSince(ctx context.Context, since time.Time) ([]hub.Case, error) {
	return b.cases(ctx, `where filed_at >= $1 or status in ('received', 'verified', 'in_progress', 'returned') or number in (select number from event where at >= $1)`+inOrder, since.Unix())
}
