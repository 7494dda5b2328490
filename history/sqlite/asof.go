package sqlite

import (
	"cmp"
	"context"
	"slices"

	"ticker/history"
	"ticker/market"
)

// AsOf looks into the last day that is not after the time: for each symbol into
// its samples, and then into what was carried into the day.
func (s *Store) AsOf(ctx context.Context, patterns []market.Pattern, at int64, most int) ([]market.Quote, error) {
	var quotes []market.Quote
	err := s.read(ctx, "read records", func(v view) error {
		wanted := v.symbols.covered(patterns)
		d, ok, err := dayBefore(ctx, v.tx, dayOf(at)+1)
		if err != nil || !ok {
			return err
		}
		a := asOf{view: v, most: most, found: make(map[int64]market.Quote)}
		err = a.take(ctx, question{"SELECT " + quoteColumns + ` FROM json_each(?) AS wanted CROSS JOIN ` + d.samples() + `
			WHERE symbol = wanted.value AND (recv, seq, epoch) = (
				SELECT recv, seq, epoch FROM ` + d.samples() + ` WHERE symbol = wanted.value AND recv <= ?
				ORDER BY recv DESC, seq DESC, epoch DESC LIMIT 1)`, []any{list(wanted), at}})
		if err != nil {
			return err
		}
		wanted = slices.DeleteFunc(wanted, a.has)
		if len(wanted) > 0 {
			err = a.take(ctx, question{"SELECT " + quoteColumns + ` FROM json_each(?) AS wanted CROSS JOIN carried
				WHERE day = ? AND symbol = wanted.value`, []any{list(wanted), int64(d)}})
		}
		quotes = a.sorted()
		return err
	})
	if err != nil {
		return nil, err
	}
	return quotes, nil
}

// asOf collects the records of symbols.
type asOf struct {
	view
	most  int
	found map[int64]market.Quote
}

func (a *asOf) has(id int64) bool {
	_, ok := a.found[id]
	return ok
}

func (a *asOf) take(ctx context.Context, q question) error {
	var r quoteRow
	return q.each(ctx, a.tx, r.dest(), func() error {
		quote, err := r.quote(a.symbols.name(r.symbol))
		if err != nil {
			return err
		}
		if len(a.found) == a.most {
			return history.ErrTooMany
		}
		a.found[r.symbol] = quote
		return nil
	})
}

func (a *asOf) sorted() []market.Quote {
	quotes := make([]market.Quote, 0, len(a.found))
	for _, q := range a.found {
		quotes = append(quotes, q)
	}
	slices.SortFunc(quotes, func(a, b market.Quote) int { return cmp.Compare(a.Symbol, b.Symbol) })
	return quotes
}
