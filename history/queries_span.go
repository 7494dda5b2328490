package history

import (
	"context"
	"math"
	"strings"
	"time"

	"ticker/market"
)

// endOfTime is the last time whose nanoseconds fit an int64, in microseconds.
const endOfTime = math.MaxInt64 / 1000

// QuotesQuestion asks for recorded quotes of one symbol, as a client does.
type QuotesQuestion struct {
	Symbol string
	// Span bounds the times of acceptance; 0 leaves an end open.
	Span
	// Limit is 1 to MaxRecords; 500 if 0.
	Limit int
	// Page is what came with the page before; empty for the first.
	Page string
}

// Quotes returns a page of the records of one symbol, oldest first, and the
// token of the next page, empty if this is the last.
func (q *Queries) Quotes(ctx context.Context, ask *QuotesQuestion) (quotes []market.Quote, next string, err error) {
	query, err := ask.query()
	if err != nil {
		return nil, "", err
	}
	query.To = min(query.To, q.end())
	if query.From >= query.To {
		return nil, "", nil // which is not old enough
	}
	var last Position
	err = q.ask(ctx, func(ctx context.Context) error {
		quotes, last, err = q.store.Quotes(ctx, query)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if last != (Position{}) {
		next = pageToken(last)
	}
	return quotes, next, nil
}

// query checks the question and completes it.
func (ask *QuotesQuestion) query() (*QuotesQuery, error) {
	symbol, err := market.ParseSymbol(ask.Symbol)
	if err != nil {
		return nil, badSymbol(ask.Symbol, err)
	}
	query := &QuotesQuery{Symbol: symbol, Span: ask.Span, Limit: ask.Limit}
	if query.To == 0 {
		query.To = endOfTime
	}
	if query.Limit == 0 {
		query.Limit = defaultLimit
	}
	if ask.Page != "" {
		if query.After, err = parsePageToken(ask.Page); err != nil {
			return nil, err
		}
	}
	switch {
	case query.From >= query.To:
		return nil, refuse(BadQuestion, "from must be before to")
	case query.Limit < 1 || query.Limit > MaxRecords:
		return nil, refuse(BadQuestion, "limit must be an integer of 1 to %d", MaxRecords)
	}
	return query, nil
}

// CandlesQuestion asks for candles of one symbol, as a client does.
type CandlesQuestion struct {
	Symbol string
	// Span is widened to whole steps: the answer has those that overlap it. To
	// is now if 0, From so much earlier that there are 500 steps, or as many as
	// MaxDays have.
	Span
	// Step is the width of a candle: whole seconds, MinStep to MaxStep, and a
	// multiple of the recording's period. If 0 it is a minute, or that period if
	// it is longer.
	Step time.Duration
}

// Candles returns the candles of one symbol, oldest first; steps without a
// trade have none.
func (q *Queries) Candles(ctx context.Context, ask *CandlesQuestion) (candles []market.Candle, err error) {
	query, err := q.candlesQuery(ask)
	if err != nil {
		return nil, err
	}
	err = q.ask(ctx, func(ctx context.Context) error {
		candles, err = q.fold(ctx, query)
		return err
	})
	return candles, err
}

// fold returns candles of what may be told. With a delay the last step ends early, at a
// whole second: it is put together of minutes, as far as they go, and of seconds.
func (q *Queries) fold(ctx context.Context, query *CandlesQuery) ([]market.Candle, error) {
	if q.delay == 0 {
		return q.store.Candles(ctx, query)
	}
	folder, end := NewFolder(query.Step), min(query.To, q.end())
	part := *query
	for _, step := range []time.Duration{query.Step, time.Minute, time.Second} {
		part.Step, part.To = step, floor(end, step.Microseconds())
		if part.To <= part.From || query.Step%step != 0 {
			continue
		}
		candles, err := q.store.Candles(ctx, &part)
		if err != nil {
			return nil, err
		}
		for i := range candles {
			folder.Add(candles[i].TS, &candles[i].Bar)
		}
		part.From = part.To
	}
	return folder.Candles(), nil
}

// candlesQuery checks the question and completes it.
func (q *Queries) candlesQuery(ask *CandlesQuestion) (*CandlesQuery, error) {
	symbol, err := market.ParseSymbol(ask.Symbol)
	if err != nil {
		return nil, badSymbol(ask.Symbol, err)
	}
	step := ask.Step
	if step == 0 {
		step = max(defaultStep, q.every)
	}
	if err := q.checkStep(step); err != nil {
		return nil, err
	}
	span, err := q.wholeSteps(ask.Span, step)
	if err != nil {
		return nil, err
	}
	return &CandlesQuery{Symbol: symbol, Span: span, Step: step}, nil
}

func (q *Queries) checkStep(step time.Duration) error {
	switch {
	case step < MinStep || step > MaxStep || step%time.Second != 0:
		return refuse(BadQuestion, "step must be whole seconds, %s to %s", brief(MinStep), brief(MaxStep))
	case q.every == 0:
		return nil
	case step < q.every:
		return refuse(BadQuestion, "step %s is finer than history.every, which is %s", brief(step), brief(q.every))
	case step%q.every != 0:
		return refuse(BadQuestion, "step %s is no multiple of history.every, which is %s", brief(step), brief(q.every))
	}
	return nil
}

// wholeSteps completes a span, judges its length, and widens it to multiples of
// a step.
func (q *Queries) wholeSteps(span Span, step time.Duration) (Span, error) {
	const longest = int64(MaxDays * 24 * time.Hour / time.Microsecond)
	width := step.Microseconds()
	if span.To == 0 {
		span.To = q.now().UnixMicro()
	}
	end := floor(span.To-1, width) + width
	if span.From == 0 {
		span.From = end - min(defaultSteps*width, floor(longest, width))
	}
	switch length := span.To - span.From; {
	case length <= 0:
		return Span{}, refuse(BadQuestion, "from must be before to")
	case length > MaxSteps*width:
		return Span{}, refuse(BadQuestion, "candles of %s reach over at most %d steps", brief(step), MaxSteps)
	case length > longest:
		return Span{}, refuse(BadQuestion, "candles reach over at most %d days", MaxDays)
	}
	return Span{From: floor(span.From, width), To: end}, nil
}

// brief writes a duration without the zeros at its end: "1m", not "1m0s".
func brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
