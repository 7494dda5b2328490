package historytest

import (
	"context"
	"slices"
	"strings"
	"time"

	"ticker/history"
	"ticker/market"
)

// fault is a mistake that a store may make, and the groups of rules that must
// find it.
type fault struct {
	store func(*Model) history.Store
	found []string
}

func faults() map[string]fault {
	return map[string]fault{
		"as-of leaves its moment out":     {func(m *Model) history.Store { return exclusive{m} }, []string{"AsOf", "Days", "Random"}},
		"ties go to what came last":       {func(m *Model) history.Store { return byArrival{m} }, []string{"AsOf", "Random"}},
		"underscore stands for any":       {func(m *Model) history.Store { return likePatterns{m} }, []string{"AsOf"}},
		"no error for too many":           {func(m *Model) history.Store { return boundless{m} }, []string{"AsOf", "Between"}},
		"the last page is lost":           {func(m *Model) history.Store { return lostPage{m} }, []string{"Quotes", "Random"}},
		"one page too many":               {func(m *Model) history.Store { return extraPage{m} }, []string{"Quotes", "Random"}},
		"nobody is unknown":               {func(m *Model) history.Store { return allKnown{m} }, []string{"Quotes", "Candles"}},
		"open and close are exchanged":    {func(m *Model) history.Store { return backwards{m} }, []string{"Candles", "Random"}},
		"duplicates count":                {func(m *Model) history.Store { return duplicates{m} }, []string{"Append", "Random"}},
		"samples come one by one":         {func(m *Model) history.Store { return oneByOne{m, make(chan struct{})} }, []string{"Concurrent"}},
		"a done context is no reason":     {func(m *Model) history.Store { return deaf{m} }, []string{"Append"}},
		"old days go however fresh":       {func(m *Model) history.Store { return unwritten{m} }, []string{"Retention"}},
		"nothing outlives a day":          {func(m *Model) history.Store { return forgetful{m} }, []string{"Retention"}},
		"a new day knows nothing":         {func(m *Model) history.Store { return dayOnly{m} }, []string{"Days", "Random"}},
		"volume is a number of 38 digits": {func(m *Model) history.Store { return shortVolume{m} }, []string{"Values"}},
	}
}

type exclusive struct{ *Model }

func (s exclusive) AsOf(ctx context.Context, p []market.Pattern, at int64, most int) ([]market.Quote, error) {
	return s.Model.AsOf(ctx, p, max(at, at-1)-1, most)
}

type byArrival struct{ *Model }

func (s byArrival) AsOf(ctx context.Context, p []market.Pattern, at int64, most int) ([]market.Quote, error) {
	quotes, err := s.Model.AsOf(ctx, p, at, most)
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := range quotes {
		for _, r := range s.rows {
			if r.Symbol == quotes[i].Symbol && r.Recv == quotes[i].Recv {
				quotes[i] = r.Quote
			}
		}
	}
	return quotes, err
}

type likePatterns struct{ *Model }

func (s likePatterns) AsOf(ctx context.Context, p []market.Pattern, at int64, most int) ([]market.Quote, error) {
	var wider []market.Pattern
	for _, pattern := range p {
		for _, c := range []string{"_", "B", ".", "/", "0"} {
			other, err := market.ParsePattern(strings.ReplaceAll(pattern.String(), "_", c))
			if err != nil {
				return nil, err
			}
			wider = append(wider, other)
		}
	}
	return s.Model.AsOf(ctx, wider, at, most)
}

type boundless struct{ *Model }

func (s boundless) AsOf(ctx context.Context, p []market.Pattern, at int64, most int) ([]market.Quote, error) {
	quotes, err := s.Model.AsOf(ctx, p, at, many)
	return quotes[:min(most, len(quotes))], err
}

func (s boundless) Between(ctx context.Context, p []market.Pattern, span history.Span, most int) ([]market.Sample, error) {
	samples, err := s.Model.Between(ctx, p, span, many)
	return samples[:min(most, len(samples))], err
}

type lostPage struct{ *Model }

func (s lostPage) Quotes(ctx context.Context, q *history.QuotesQuery) ([]market.Quote, history.Position, error) {
	quotes, next, err := s.Model.Quotes(ctx, q)
	rest := *q
	rest.After = next
	if _, after, restErr := s.Model.Quotes(ctx, &rest); restErr == nil && after == (history.Position{}) {
		next = after
	}
	return quotes, next, err
}

type extraPage struct{ *Model }

func (s extraPage) Quotes(ctx context.Context, q *history.QuotesQuery) ([]market.Quote, history.Position, error) {
	quotes, next, err := s.Model.Quotes(ctx, q)
	if len(quotes) == q.Limit && next == (history.Position{}) {
		last := quotes[q.Limit-1]
		next = history.Position{Recv: last.Recv, Seq: last.Seq, Epoch: "zzz"}
	}
	return quotes, next, err
}

type allKnown struct{ *Model }

func (s allKnown) Quotes(ctx context.Context, q *history.QuotesQuery) ([]market.Quote, history.Position, error) {
	s.hear(q.Symbol)
	return s.Model.Quotes(ctx, q)
}

func (s allKnown) Candles(ctx context.Context, q *history.CandlesQuery) ([]market.Candle, error) {
	s.hear(q.Symbol)
	return s.Model.Candles(ctx, q)
}

func (s allKnown) hear(symbol market.Symbol) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.heard == nil {
		s.heard = make(map[market.Symbol]bool)
	}
	s.heard[symbol] = true
}

type backwards struct{ *Model }

func (s backwards) Candles(ctx context.Context, q *history.CandlesQuery) ([]market.Candle, error) {
	candles, err := s.Model.Candles(ctx, q)
	for i := range candles {
		candles[i].Open, candles[i].Close = candles[i].Close, candles[i].Open
	}
	return candles, err
}

type duplicates struct{ *Model }

func (s duplicates) Append(ctx context.Context, b *history.Batch) error {
	s.mu.Lock()
	held := s.rows
	s.rows = nil
	s.mu.Unlock()
	err := s.Model.Append(ctx, b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = slices.Concat(held, s.rows)
	return err
}

// oneByOne gives readers a moment between the samples of a batch.
type oneByOne struct {
	*Model
	reads chan struct{}
}

func (s oneByOne) Append(ctx context.Context, b *history.Batch) error {
	for i := range b.Samples {
		if err := s.Model.Append(ctx, &history.Batch{Epoch: b.Epoch, Samples: b.Samples[i : i+1]}); err != nil {
			return err
		}
		select {
		case <-s.reads:
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

func (s oneByOne) Between(ctx context.Context, p []market.Pattern, span history.Span, most int) ([]market.Sample, error) {
	samples, err := s.Model.Between(ctx, p, span, most)
	select {
	case s.reads <- struct{}{}:
	default:
	}
	return samples, err
}

type deaf struct{ *Model }

func (s deaf) Append(ctx context.Context, b *history.Batch) error {
	return s.Model.Append(context.WithoutCancel(ctx), b)
}

type unwritten struct{ *Model }

func (s unwritten) Maintain(ctx context.Context, now time.Time, keep time.Duration) error {
	s.mu.Lock()
	for number := range s.written {
		s.written[number] = time.Time{}
	}
	s.mu.Unlock()
	return s.Model.Maintain(ctx, now, keep)
}

type forgetful struct{ *Model }

func (s forgetful) Maintain(ctx context.Context, now time.Time, keep time.Duration) error {
	err := s.Model.Maintain(ctx, now, keep)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = slices.DeleteFunc(s.rows, func(r row) bool { return r.outlived })
	return err
}

type dayOnly struct{ *Model }

func (s dayOnly) AsOf(ctx context.Context, p []market.Pattern, at int64, most int) ([]market.Quote, error) {
	quotes, err := s.Model.AsOf(ctx, p, at, most)
	from := floor(max(at, -midnight), day)
	return slices.DeleteFunc(quotes, func(q market.Quote) bool { return q.Recv < from }), err
}

type shortVolume struct{ *Model }

func (s shortVolume) Candles(ctx context.Context, q *history.CandlesQuery) ([]market.Candle, error) {
	candles, err := s.Model.Candles(ctx, q)
	for i := range candles {
		if _, long := market.ParseDecimal(candles[i].Volume.String()); long != nil {
			candles[i].Volume = market.Total{}
		}
	}
	return candles, err
}
