package sqlite

import (
	"context"
	"time"

	"ticker/history"
	"ticker/market"
)

// Candles folds the candles of one minute where the step is a multiple of that,
// and the samples where it is not.
func (s *Store) Candles(ctx context.Context, q *history.CandlesQuery) ([]market.Candle, error) {
	folder := history.NewFolder(q.Step)
	err := s.readOf(ctx, "read candles", q.Symbol, func(v view, id int64) error {
		held, err := v.days(ctx, q.Span)
		if err != nil {
			return err
		}
		for _, d := range held {
			text := "SELECT recv, " + barColumns + " FROM " + d.samples() + `
				WHERE symbol = ? AND recv >= ? AND recv < ? AND bar_trades > 0 ORDER BY recv, seq, epoch`
			if q.Step%time.Minute == 0 {
				text = "SELECT minute, open, high, low, close, volume, trades FROM " + d.candles() + `
					WHERE symbol = ? AND minute >= ? AND minute < ? ORDER BY minute`
			}
			if err := v.fold(ctx, question{text, []any{id, q.From, q.To}}, folder); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return folder.Candles(), nil
}

// fold reads bars in the order of their times.
func (v view) fold(ctx context.Context, q question, folder *history.Folder) error {
	var at int64
	var r barRow
	return q.each(ctx, v.tx, append([]any{&at}, r.dest()...), func() error {
		bar, err := r.bar()
		if err != nil {
			return err
		}
		folder.Add(at, &bar)
		return nil
	})
}
