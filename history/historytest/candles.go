package historytest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/history"
	"ticker/market"
)

// steps are some that are whole minutes and some that are not, some that days
// are multiples of and some that they are not.
func steps() []time.Duration {
	return []time.Duration{
		time.Second, 7 * time.Second, time.Minute, 90 * time.Second, 5 * time.Minute, 7 * time.Minute, time.Hour, 24 * time.Hour,
	}
}

func testCandles(t *testing.T, newPlace NewPlace) {
	t.Helper()
	p := newPair(t, newPlace)
	p.append(t, "e1", marketDay("DAY", midnight)...)
	p.append(t, "e1", marketDay("OLD", -day)...)
	appendScattered(t, p)
	p.append(t, "e1", quote("QUIET", noon, 1))

	runRules(t, p, []rule{
		{"candles of every step are candles of every trade", func(t *testing.T, p *pair) {
			everyStep(t, p, "DAY", history.Span{From: midnight - hour, To: midnight + 2*day})
		}},
		{"a candle's prices are those of its trades", func(t *testing.T, p *pair) {
			got := p.candles(t, history.CandlesQuery{
				Symbol: "LATE", Span: history.Span{From: noon, To: noon + minute}, Step: time.Minute,
			})
			want := []candle{{noon, bar{Open: "10", High: "99", Low: "1", Close: "14", Volume: "4.5", Trades: 9}}}
			if diff := cmp.Diff(want, plainCandles(got)); diff != "" {
				t.Errorf("candle (-want +got):\n%s", diff)
			}
		}},
		{"parts that come late have their place by position", func(t *testing.T, p *pair) {
			everyStep(t, p, "LATE", history.Span{From: noon, To: noon + hour})
		}},
		{"times before the epoch have candles", func(t *testing.T, p *pair) {
			everyStep(t, p, "OLD", history.Span{From: -2 * day, To: day})
		}},
		{"a span cuts candles off at its ends", func(t *testing.T, p *pair) {
			for _, step := range []time.Duration{time.Second, time.Minute, 5 * time.Minute} {
				width := step.Microseconds()
				for _, from := range []int64{midnight - width, midnight, midnight + width, noon} {
					span := history.Span{From: from, To: from + 3*width}
					p.candles(t, history.CandlesQuery{Symbol: "DAY", Span: span, Step: step})
				}
			}
		}},
		{"a symbol without trades has no candles", func(t *testing.T, p *pair) {
			everyStep(t, p, "QUIET", history.Span{From: midnight, To: midnight + day})
		}},
		{"a symbol that never had a sample is unknown", func(t *testing.T, p *pair) {
			for _, step := range []time.Duration{time.Second, time.Minute} {
				q := history.CandlesQuery{Symbol: "NOBODY", Span: history.Span{To: minute}, Step: step}
				if _, err := p.store.Candles(t.Context(), &q); !errors.Is(err, history.ErrUnknown) {
					t.Errorf("error is %v, want ErrUnknown", err)
				}
			}
		}},
	})
}

func everyStep(t *testing.T, p *pair, symbol market.Symbol, span history.Span) {
	t.Helper()
	for _, step := range steps() {
		p.candles(t, history.CandlesQuery{Symbol: symbol, Span: span, Step: step})
	}
}

// marketDay is trades on both sides of the ends of seconds, minutes, hours and
// of the day that begins at a time, with gaps between.
func marketDay(symbol market.Symbol, from int64) []market.Sample {
	var samples []market.Sample
	for i, at := range []int64{
		-1, 0, 1, second - 1, second, 7*second - 1, 7 * second, minute - 1, minute, 90*second - 1, 90 * second,
		5*minute - 1, 5 * minute, 7 * minute, hour - 1, hour, hour + 1, day / 2, day - 1, day, day + 1, day + minute,
	} {
		price := int64(1000 + i*37%11)
		samples = append(samples, trade(symbol, from+at, uint64(i+1), price, price+int64(i%3), price-5))
	}
	return samples
}

// appendScattered gives trades of one minute to the store last first, of three
// epochs and with ties.
func appendScattered(t *testing.T, p *pair) {
	t.Helper()
	p.append(t, "e2", trade("LATE", noon+30*second, 5, 120))
	p.append(t, "e2", trade("LATE", noon+20*second, 4, 990), quote("LATE", noon+59*second, 6))
	p.append(t, "e1", trade("LATE", noon+40*second, 9, 130), trade("LATE", noon+10*second, 8, 10))
	p.append(t, "e3", trade("LATE", noon+5*second, 1, 100, 110))
	p.append(t, "e2", trade("LATE", noon+40*second, 9, 150, 140), trade("LATE", noon+5*second, 2, 105))
	p.append(t, "e2", trade("LATE", noon+10*minute, 10, 70))
}
