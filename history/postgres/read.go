package postgres

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"ticker/history"
	"ticker/market"
)

// AsOf returns the newest record of each symbol at or before a time.
func (s *Store) AsOf(ctx context.Context, patterns []market.Pattern, at int64, most int) (quotes []market.Quote, err error) {
	at = min(max(at, minTime), maxTime)
	err = s.read(ctx, func(on db) error {
		symbols, err := matches(ctx, on, patterns)
		if err != nil {
			return err
		}
		last, ok, err := lastWritten(ctx, on, dayOf(at))
		if err != nil || !ok {
			return err
		}
		var d decoder
		until := micros(min(at, last.end()-1))
		quotes = make([]market.Quote, 0, min(len(symbols), most))
		return each(ctx, on, func(row [][]byte) error {
			quotes = append(quotes, market.Quote{})
			d.record(row, &quotes[len(quotes)-1])
			return d.err
		}, newest+` limit $5`, symbols, last.time(), until, last.time(), oneMore(most))
	})
	if err != nil {
		return nil, fmt.Errorf("read history as of a time: %w", err)
	}
	if len(quotes) > most {
		return nil, history.ErrTooMany
	}
	return quotes, nil
}

// oneMore returns a limit that tells whether there are more than most.
func oneMore(most int) int64 { return int64(min(most, math.MaxInt32)) + 1 }

// matchRanges selects the symbols in some ranges of names.
const matchRanges = `select s.symbol from unnest($1::text[], $2::text[]) r (low, high)
	cross join lateral (select symbol from ticker.symbols where symbol >= r.low and symbol < r.high) s`

// matches returns the symbols that patterns name, those that are known and begin
// with a stem, and those that are written out, in order.
func matches(ctx context.Context, on db, patterns []market.Pattern) ([]string, error) {
	var symbols, lows, highs []string
	for _, p := range patterns {
		text := p.String()
		if !p.Prefix() {
			symbols = append(symbols, text)
			continue
		}
		stem := text[:len(text)-1]
		lows = append(lows, stem)
		highs = append(highs, stem+"~") // behind every character of a symbol
	}
	if len(lows) > 0 {
		take := func(row [][]byte) error {
			symbols = append(symbols, string(row[0]))
			return nil
		}
		if err := each(ctx, on, take, matchRanges, lows, highs); err != nil {
			return nil, fmt.Errorf("look for symbols: %w", err)
		}
	}
	slices.Sort(symbols)
	return slices.Compact(symbols), nil
}

// someQuotes selects the records of a symbol ($1) in a span ($2, $3) behind a
// position ($4 to $6).
const someQuotes = `select ` + recordColumns + ` from ticker.quotes
	where symbol = $1 and recv >= $2 and recv < $3 and (recv, seq, epoch) > ($4, $5, $6)
	order by recv, seq, epoch limit $7`

// Quotes returns records of one symbol.
func (s *Store) Quotes(ctx context.Context, q *history.QuotesQuery) (quotes []market.Quote, next history.Position, err error) {
	after := q.After
	if after == (history.Position{}) {
		after.Recv = minTime // no sample stands there with an empty epoch
	}
	var epoch string // of the last
	more := false
	err = s.read(ctx, func(on db) error {
		var d decoder
		err := each(ctx, on, func(row [][]byte) error {
			if len(quotes) == q.Limit {
				more = true
				return nil
			}
			quotes = append(quotes, market.Quote{})
			d.record(row, &quotes[len(quotes)-1])
			if len(quotes) == q.Limit {
				epoch = string(row[4])
			}
			return d.err
		}, someQuotes, string(q.Symbol), micros(within(max(q.From, after.Recv))), micros(within(q.To)),
			micros(within(after.Recv)), int64(min(after.Seq, math.MaxInt64)), after.Epoch, oneMore(q.Limit))
		if err != nil || len(quotes) > 0 {
			return err
		}
		return known(ctx, on, q.Symbol)
	})
	if err != nil {
		return nil, history.Position{}, fmt.Errorf("read quotes: %w", err)
	}
	if more {
		last := &quotes[q.Limit-1]
		next = history.Position{Recv: last.Recv, Seq: last.Seq, Epoch: epoch}
	}
	return quotes, next, nil
}

// known returns history.ErrUnknown for a symbol that there never was a sample of.
func known(ctx context.Context, on db, symbol market.Symbol) error {
	found := false
	take := func([][]byte) error {
		found = true
		return nil
	}
	err := each(ctx, on, take, `select from ticker.symbols where symbol = $1`, string(symbol))
	if err == nil && !found {
		return history.ErrUnknown
	}
	return err
}

// samplesBetween selects the samples of some symbols ($1) in a span ($2, $3). The
// limit is under the sort: what is above it is refused, and needs no order.
const samplesBetween = `select * from (
		select r.* from unnest($1::text[]) wanted (symbol) cross join lateral (
			select ` + quoteColumns + ` from ticker.quotes q
			where q.symbol = wanted.symbol and q.recv >= $2 and q.recv < $3 limit $4) r
		limit $4) found
	order by recv, seq, epoch, symbol`

// Between returns the samples of symbols in a span.
func (s *Store) Between(
	ctx context.Context, patterns []market.Pattern, span history.Span, most int,
) (samples []market.Sample, err error) {
	err = s.read(ctx, func(on db) error {
		symbols, err := matches(ctx, on, patterns)
		if err != nil {
			return err
		}
		var d decoder
		return each(ctx, on, func(row [][]byte) error {
			samples = append(samples, market.Sample{})
			sample := &samples[len(samples)-1]
			d.record(row, &sample.Quote)
			d.bar(row[numRecord:], &sample.Bar)
			return d.err
		}, samplesBetween, symbols, micros(within(span.From)), micros(within(span.To)), oneMore(most))
	})
	if err != nil {
		return nil, fmt.Errorf("read samples: %w", err)
	}
	if len(samples) > most {
		return nil, history.ErrTooMany
	}
	return samples, nil
}

const (
	// Both select a time and a bar of a symbol ($1) in a span ($2, $3).
	storedMinutes = `select minute, trades, open, high, low, close, volume from ticker.candles
		where symbol = $1 and minute >= $2 and minute < $3 order by minute`
	rawBars = `select recv, ` + barColumns + ` from ticker.quotes
		where symbol = $1 and recv >= $2 and recv < $3 and bar_trades is not null order by recv, seq, epoch`
)

// Candles returns the candles of one symbol: made of those of a minute where
// these make up a step, and else of the samples.
func (s *Store) Candles(ctx context.Context, q *history.CandlesQuery) ([]market.Candle, error) {
	sql := rawBars
	if q.Step%time.Minute == 0 {
		sql = storedMinutes
	}
	fold := history.NewFolder(q.Step)
	err := s.read(ctx, func(on db) error {
		var d decoder
		err := each(ctx, on, func(row [][]byte) error {
			var bar market.Bar
			d.bar(row[1:], &bar)
			fold.Add(d.time(row[0]), &bar)
			return d.err
		}, sql, string(q.Symbol), micros(within(q.From)), micros(within(q.To)))
		if err != nil || len(fold.Candles()) > 0 {
			return err
		}
		return known(ctx, on, q.Symbol)
	})
	if err != nil {
		return nil, fmt.Errorf("read candles: %w", err)
	}
	return fold.Candles(), nil
}
