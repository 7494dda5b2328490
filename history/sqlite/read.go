package sqlite

import (
	"context"
	"database/sql"
	"math"

	"ticker/history"
	"ticker/market"
)

// The ends of time.
const (
	minTime = math.MinInt64
	maxTime = math.MaxInt64
)

// view is the file at one moment, for one question.
type view struct {
	tx      *sql.Tx
	symbols *symbols
}

// read calls ask with the file as it is now.
func (s *Store) read(ctx context.Context, what string, ask func(view) error) error {
	return s.use(ctx, what, func(f *file) error {
		return inTx(ctx, f.reader, &sql.TxOptions{ReadOnly: true}, func(tx *sql.Tx) error {
			return ask(view{tx, f.symbols})
		})
	})
}

// readOf is read for a question about one symbol, by its number.
func (s *Store) readOf(ctx context.Context, what string, symbol market.Symbol, ask func(view, int64) error) error {
	return s.read(ctx, what, func(v view) error {
		id, ok := v.symbols.id(symbol)
		if !ok {
			return history.ErrUnknown
		}
		return ask(v, id)
	})
}

// days returns the days that a span touches and that have tables.
func (v view) days(ctx context.Context, span history.Span) ([]day, error) {
	return days(ctx, v.tx, dayOf(span.From), dayOf(span.To-1))
}
