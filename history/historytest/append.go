package historytest

import (
	"context"
	"errors"
	"testing"
	"time"

	"ticker/history"
	"ticker/market"
)

// firstBatch reaches over a minute, an hour and a day.
func firstBatch() []market.Sample {
	return []market.Sample{
		trade("A", midnight-second, 1, 100), trade("A", midnight, 2, 105, 95), trade("A", midnight+second, 3, 101),
		trade("B", midnight, 1, 7), quote("C", midnight+hour, 1),
	}
}

func testAppend(t *testing.T, newPlace NewPlace) {
	t.Helper()
	rules := map[string]func(*testing.T, *pair){
		"a batch that comes again changes nothing": func(t *testing.T, p *pair) {
			for range 3 {
				p.append(t, "e1", firstBatch()...)
			}
		},
		"of a batch that is partly new only the new part counts": func(t *testing.T, p *pair) {
			batch := firstBatch()
			p.append(t, "e1", batch[:2]...)
			p.append(t, "e1", batch[1:4]...)
			p.append(t, "e1", append(batch, trade("A", midnight+2*second, 4, 55))...)
		},
		"what is there stays as it is": func(t *testing.T, p *pair) {
			p.append(t, "e1", firstBatch()...)
			other := trade("A", midnight, 2, 1, 2, 3)
			other.Source, other.Status = "other", market.Halted
			p.append(t, "e1", other, trade("B", midnight, 1))
		},
		"a sample that stands twice in a batch counts once": func(t *testing.T, p *pair) {
			p.append(t, "e1", append(firstBatch(), firstBatch()...)...)
		},
		"the same positions in another epoch are other samples": func(t *testing.T, p *pair) {
			p.append(t, "e2", firstBatch()...)
			p.append(t, "e1", firstBatch()...)
		},
		"an epoch may have any name in printable ASCII": func(t *testing.T, p *pair) {
			p.append(t, `01 ~!"#$%&'()*+,-./:;<=>?@[\]^_{`, firstBatch()...)
			p.append(t, "E1", firstBatch()...)
			p.append(t, "e1", firstBatch()...)
		},
		"an empty batch is nothing": func(t *testing.T, p *pair) { p.append(t, "e1") },
		"what was given up before it began left nothing": func(t *testing.T, p *pair) {
			p.append(t, "e1", firstBatch()[:1]...)
			giveUp(t, p.store)
		},
	}
	for name, write := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, newPlace)
			write(t, p)
			everything(t, p, "A", "B", "C")
		})
	}
}

// giveUp calls every method with a context that is done.
func giveUp(t *testing.T, store history.Store) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := map[string]func() error{
		"append":   func() error { return store.Append(ctx, &history.Batch{Epoch: "e1", Samples: firstBatch()}) },
		"maintain": func() error { return store.Maintain(ctx, time.Now(), time.Nanosecond) },
		"as of": func() error {
			_, err := store.AsOf(ctx, parsePatterns(t, []string{"*"}), noon, many)
			return err
		},
		"quotes": func() error {
			_, _, err := store.Quotes(ctx, &history.QuotesQuery{Symbol: "A", Span: ever(), Limit: 9})
			return err
		},
		"between": func() error {
			_, err := store.Between(ctx, parsePatterns(t, []string{"*"}), ever(), many)
			return err
		},
		"candles": func() error {
			_, err := store.Candles(ctx, &history.CandlesQuery{Symbol: "A", Span: history.Span{To: hour}, Step: time.Hour})
			return err
		},
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error is %v, want that of the context", name, err)
		}
	}
}

// everything compares all that can be asked about the days around midnight. A
// symbol must be known to both, or to neither.
func everything(t checker, p *pair, names ...market.Symbol) {
	t.Helper()
	span := history.Span{From: midnight - 3*day, To: midnight + 3*day}
	p.between(t, ever(), many, "*")
	for _, at := range []int64{midnight - second - 1, midnight - 1, midnight, midnight + second, midnight + hour, midnight + 2*day} {
		p.asOf(t, at, "*")
	}
	for _, name := range names {
		p.quotes(t, history.QuotesQuery{Symbol: name, Span: span, Limit: many})
		for _, step := range []time.Duration{7 * time.Second, time.Minute, 24 * time.Hour} {
			p.candles(t, history.CandlesQuery{Symbol: name, Span: span, Step: step})
		}
	}
}
