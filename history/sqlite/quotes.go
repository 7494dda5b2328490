package sqlite

import (
	"cmp"
	"context"

	"ticker/history"
	"ticker/market"
)

// Quotes reads one record more than the page has, to know whether there is
// another page.
func (s *Store) Quotes(ctx context.Context, q *history.QuotesQuery) ([]market.Quote, history.Position, error) {
	var p page
	err := s.readOf(ctx, "read history", q.Symbol, func(v view, id int64) error {
		after := cmp.Or(q.After, history.Position{Recv: minTime})
		list, err := v.days(ctx, history.Span{From: max(q.From, after.Recv), To: q.To})
		if err != nil {
			return err
		}
		for _, d := range list {
			rest := q.Limit + 1 - len(p.quotes)
			if rest == 0 {
				break
			}
			// recv > the position's would leave out others of that moment.
			err := p.read(ctx, v, question{
				"SELECT " + quoteColumns + " FROM " + d.samples() + `
				WHERE symbol = ? AND recv >= ? AND recv < ? AND (recv, seq, epoch) > (?, ?, ?)
				ORDER BY recv, seq, epoch LIMIT ?`,
				[]any{id, max(q.From, after.Recv), q.To, after.Recv, int64(after.Seq), after.Epoch, rest},
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, history.Position{}, err
	}
	quotes, next := p.cut(q.Limit)
	return quotes, next, nil
}

// page is records and their positions.
type page struct {
	quotes    []market.Quote
	positions []history.Position
}

func (p *page) read(ctx context.Context, v view, q question) error {
	var r quoteRow
	return q.each(ctx, v.tx, r.dest(), func() error {
		quote, err := r.quote(v.symbols.name(r.symbol))
		if err != nil {
			return err
		}
		p.quotes = append(p.quotes, quote)
		p.positions = append(p.positions, r.position())
		return nil
	})
}

// cut leaves out what is beyond the limit, and returns where the next page
// begins if there is something beyond it.
func (p *page) cut(limit int) ([]market.Quote, history.Position) {
	if len(p.quotes) <= limit {
		return p.quotes, history.Position{}
	}
	return p.quotes[:limit], p.positions[limit-1]
}
