package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"ticker/history"
	"ticker/market"
)

// place is where a candle of one minute stands.
type place struct{ symbol, minute int64 }

func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(p.symbol, o.symbol), cmp.Compare(p.minute, o.minute))
}

// fold merges minutes into the candles of their days.
func (w *batchWriter) fold(ctx context.Context, minutes []history.Minute) error {
	parts := make(map[day]map[place]*history.Minute)
	for i := range minutes {
		m := &minutes[i]
		d := dayOf(m.TS)
		if parts[d] == nil {
			parts[d] = make(map[place]*history.Minute)
		}
		id, _ := w.symbols.id(m.Symbol)
		parts[d][place{id, m.TS}] = m
	}
	for d, part := range parts {
		if err := w.mergeHeld(ctx, d, part); err != nil {
			return err
		}
		if err := w.writeMinutes(ctx, d, part); err != nil {
			return err
		}
	}
	return nil
}

// mergeHeld merges what is there already into new minutes.
func (w *batchWriter) mergeHeld(ctx context.Context, d day, part map[place]*history.Minute) error {
	places := make([][2]int64, 0, len(part))
	for p := range part {
		places = append(places, [2]int64{p.symbol, p.minute})
	}
	var r minuteRow
	q := question{"SELECT " + minuteColumns + " FROM json_each(?) AS place CROSS JOIN " + d.candles() + ` AS candle
		WHERE symbol = place.value ->> 0 AND minute = place.value ->> 1`, []any{list(places)}}
	return q.each(ctx, w.tx, r.dest(), func() error {
		held, err := r.minute()
		if err != nil {
			return err
		}
		part[place{r.symbol, r.ts}].Merge(&held)
		return nil
	})
}

func (w *batchWriter) writeMinutes(ctx context.Context, d day, part map[place]*history.Minute) error {
	places := slices.SortedFunc(maps.Keys(part), place.compare)
	args := make([]any, 0, len(places)*minuteWidth)
	for _, p := range places {
		m := part[p]
		args = append(args, p.symbol, p.minute,
			m.First.Recv, int64(m.First.Seq), m.First.Epoch, m.Last.Recv, int64(m.Last.Seq), m.Last.Epoch)
		args = appendBar(args, &m.Bar)
	}
	return insert{into: d.candles(), width: minuteWidth, tail: replaceMinute}.run(ctx, w.tx, args)
}

// replaceMinute writes over the candle that was merged into the new one.
const replaceMinute = ` ON CONFLICT DO UPDATE SET
	first_recv = excluded.first_recv, first_seq = excluded.first_seq, first_epoch = excluded.first_epoch,
	last_recv = excluded.last_recv, last_seq = excluded.last_seq, last_epoch = excluded.last_epoch,
	open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
	volume = excluded.volume, trades = excluded.trades`

// minuteRow is a candle of one minute as it stands in a row.
type minuteRow struct {
	symbol, ts  int64
	first, last history.Position
	barRow
}

func (r *minuteRow) dest() []any {
	return append([]any{
		&r.symbol, &r.ts, &r.first.Recv, &r.first.Seq, &r.first.Epoch, &r.last.Recv, &r.last.Seq, &r.last.Epoch,
	}, r.barRow.dest()...)
}

func (r *minuteRow) minute() (history.Minute, error) {
	bar, err := r.bar()
	if err != nil {
		return history.Minute{}, fmt.Errorf("candle of %d: %w", r.ts, err)
	}
	return history.Minute{Candle: market.Candle{TS: r.ts, Bar: bar}, First: r.first, Last: r.last}, nil
}
