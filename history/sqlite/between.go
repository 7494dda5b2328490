package sqlite

import (
	"cmp"
	"context"
	"slices"

	"ticker/history"
	"ticker/market"
)

// placed is a sample and its position.
type placed struct {
	market.Sample
	at history.Position
}

func (p *placed) compare(o *placed) int {
	return cmp.Or(p.at.Compare(o.at), cmp.Compare(p.Symbol, o.Symbol))
}

// Between reads day by day, from each day's table the span of one symbol after
// the other, and puts the samples of the day in order.
func (s *Store) Between(
	ctx context.Context, patterns []market.Pattern, span history.Span, most int,
) ([]market.Sample, error) {
	var samples []market.Sample
	err := s.read(ctx, "read samples", func(v view) error {
		wanted := list(v.symbols.covered(patterns))
		held, err := v.days(ctx, span)
		if err != nil {
			return err
		}
		for _, d := range held {
			part, err := v.samples(ctx, question{"SELECT " + sampleColumns + " FROM json_each(?) AS wanted CROSS JOIN " + d.samples() + `
				WHERE symbol = wanted.value AND recv >= ? AND recv < ?`, []any{wanted, span.From, span.To}}, most-len(samples))
			if err != nil {
				return err
			}
			slices.SortFunc(part, (*placed).compare)
			for _, p := range part {
				samples = append(samples, p.Sample)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return samples, nil
}

// samples reads samples, up to a number of them.
func (v view) samples(ctx context.Context, q question, most int) ([]*placed, error) {
	var (
		list []*placed
		r    quoteRow
		b    barRow
	)
	err := q.each(ctx, v.tx, append(r.dest(), b.dest()...), func() (err error) {
		p := &placed{at: r.position()}
		if p.Quote, err = r.quote(v.symbols.name(r.symbol)); err != nil {
			return err
		}
		if p.Bar, err = b.bar(); err != nil {
			return err
		}
		if len(list) == most {
			return history.ErrTooMany
		}
		list = append(list, p)
		return nil
	})
	return list, err
}
