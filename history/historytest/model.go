package historytest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"ticker/history"
	"ticker/market"
)

var _ history.Store = (*Model)(nil)

// Model is a history.Store in memory: slow, and too simple to be wrong. The zero
// Model is an empty one; after Close it may be opened again, with all that it
// held.
type Model struct {
	mu sync.RWMutex
	// rows stand in the order in which they came.
	rows []row
	// written tells when each day that has samples was last written to, by the
	// number of days since the Unix epoch.
	written map[int64]time.Time
	heard   map[market.Symbol]bool
}

// row is a sample and what the batch said of it.
type row struct {
	market.Sample
	epoch string
	// outlived tells of a sample whose day was dropped: it only serves as-of, and
	// that only from a time on.
	outlived bool
	from     int64
}

func (r *row) position() history.Position {
	return history.Position{Recv: r.Recv, Seq: r.Seq, Epoch: r.epoch}
}

// Open does nothing.
func (m *Model) Open(ctx context.Context) error { return ctx.Err() }

// Close does nothing.
func (m *Model) Close() error { return nil }

// Append keeps the samples of a batch.
func (m *Model) Append(ctx context.Context, b *history.Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.written == nil {
		m.written, m.heard = make(map[int64]time.Time), make(map[market.Symbol]bool)
	}
	for _, s := range b.Samples {
		m.written[floor(s.Recv, day)/day] = time.Now()
		m.heard[s.Symbol] = true
		added := row{Sample: s, epoch: b.Epoch}
		if !slices.ContainsFunc(m.rows, added.same) {
			m.rows = append(m.rows, added)
		}
	}
	return nil
}

func (r *row) same(o row) bool {
	return !o.outlived && r.Symbol == o.Symbol && r.position() == o.position()
}

// Maintain drops old days.
func (m *Model) Maintain(ctx context.Context, now time.Time, keep time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil || keep == 0 {
		return err
	}
	limit := now.Add(-keep)
	var newest int64
	for number := range m.written {
		newest = max(newest, number)
	}
	maps.DeleteFunc(m.written, func(number int64, written time.Time) bool {
		return number != newest && time.UnixMicro((number+1)*day).Before(limit) && written.Before(limit)
	})
	var kept []row
	for _, r := range m.rows {
		if _, there := m.written[floor(r.Recv, day)/day]; !there {
			r.outlived = true
			r.from, there = m.nextDay(r.Recv)
			if !there {
				continue
			}
		}
		kept = append(kept, r)
	}
	m.rows = kept
	return nil
}

// nextDay returns the beginning of the first day after a time that is kept.
func (m *Model) nextDay(at int64) (int64, bool) {
	for _, number := range slices.Sorted(maps.Keys(m.written)) {
		if number*day > at {
			return number * day, true
		}
	}
	return 0, false
}

// AsOf looks at every row.
func (m *Model) AsOf(ctx context.Context, patterns []market.Pattern, at int64, most int) ([]market.Quote, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	newest := make(map[market.Symbol]row)
	for _, r := range m.rows {
		if !covers(patterns, r.Symbol) || r.Recv > at || r.outlived && at < r.from {
			continue
		}
		if best, ok := newest[r.Symbol]; !ok || r.position().Compare(best.position()) > 0 {
			newest[r.Symbol] = r
		}
	}
	if len(newest) > most {
		return nil, history.ErrTooMany
	}
	var quotes []market.Quote
	for _, symbol := range slices.Sorted(maps.Keys(newest)) {
		quotes = append(quotes, newest[symbol].Quote)
	}
	return quotes, ctx.Err()
}

// Quotes looks at every row.
func (m *Model) Quotes(ctx context.Context, q *history.QuotesQuery) ([]market.Quote, history.Position, error) {
	rows, err := m.of(q.Symbol, q.Span)
	if err != nil {
		return nil, history.Position{}, err
	}
	if q.After != (history.Position{}) {
		rows = slices.DeleteFunc(rows, func(r row) bool { return r.position().Compare(q.After) <= 0 })
	}
	var next history.Position
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		next = rows[q.Limit-1].position()
	}
	var quotes []market.Quote
	for _, r := range rows {
		quotes = append(quotes, r.Quote)
	}
	return quotes, next, ctx.Err()
}

// Between looks at every row.
func (m *Model) Between(
	ctx context.Context, patterns []market.Pattern, span history.Span, most int,
) ([]market.Sample, error) {
	rows := m.in(span, func(s market.Symbol) bool { return covers(patterns, s) })
	if len(rows) > most {
		return nil, history.ErrTooMany
	}
	var samples []market.Sample
	for _, r := range rows {
		samples = append(samples, r.Sample)
	}
	return samples, ctx.Err()
}

// Candles looks at every row.
func (m *Model) Candles(ctx context.Context, q *history.CandlesQuery) ([]market.Candle, error) {
	rows, err := m.of(q.Symbol, q.Span)
	if err != nil {
		return nil, err
	}
	bars := make(map[int64]*market.Bar)
	for _, r := range rows {
		ts := floor(r.Recv, q.Step.Microseconds())
		if bars[ts] == nil {
			bars[ts] = new(market.Bar)
		}
		bars[ts].Merge(&r.Bar)
	}
	var candles []market.Candle
	for _, ts := range slices.Sorted(maps.Keys(bars)) {
		if bars[ts].Trades > 0 {
			candles = append(candles, market.Candle{TS: ts, Bar: *bars[ts]})
		}
	}
	return candles, ctx.Err()
}

// of returns the rows of one symbol, in order.
func (m *Model) of(symbol market.Symbol, span history.Span) ([]row, error) {
	rows := m.in(span, func(s market.Symbol) bool { return s == symbol })
	m.mu.RLock()
	defer m.mu.RUnlock()
	if !m.heard[symbol] {
		return nil, history.ErrUnknown
	}
	return rows, nil
}

// in returns the rows of some symbols, by position and then by symbol.
func (m *Model) in(span history.Span, wanted func(market.Symbol) bool) []row {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var rows []row
	for _, r := range m.rows {
		if wanted(r.Symbol) && !r.outlived && r.Recv >= span.From && r.Recv < span.To {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(a.position().Compare(b.position()), cmp.Compare(a.Symbol, b.Symbol))
	})
	return rows
}

func covers(patterns []market.Pattern, s market.Symbol) bool {
	return slices.ContainsFunc(patterns, func(p market.Pattern) bool { return p.Match(s) })
}

// floor returns the beginning of the step that a time is in.
func floor(at, step int64) int64 {
	return at - (at%step+step)%step
}
