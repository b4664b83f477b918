package casebook

import "context"

// CountNothing leaves new cases out of the summaries, to measure what counting costs.
func (b *Casebook) CountNothing(none bool) { b.counter.none = none }

// CountCases is how many cases there are.
func (b *Casebook) CountCases(ctx context.Context) (n int, err error) {
	err = b.read.QueryRowContext(ctx, `select count(*) from cases`).Scan(&n)
	return n, err
}

// AddSum is the statement that adds to a line of the summaries.
var AddSum = addSums("summary", 1)
