package history_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/history"
	"ticker/history/historytest"
	"ticker/market"
)

// around draws times before and after another, up to about now.
func around(end int64) *rapid.Generator[int64] {
	return rapid.Custom(func(t *rapid.T) int64 {
		unit := rapid.SampledFrom([]int64{1, second, minute}).Draw(t, "unit")
		return min(end+unit*rapid.Int64Range(-180, 120).Draw(t, "units"), questions)
	})
}

// drawPast draws samples of A, each with one trade: one of long ago, and some around a
// time.
func drawPast(t *rapid.T, end int64) []market.Sample {
	times := rapid.SliceOfN(around(end), 0, 40).Draw(t, "times")
	slices.Sort(times)
	var samples []market.Sample
	for i, at := range append([]int64{1}, times...) {
		s := sampleOf("A", uint64(i)+1)
		s.Recv = at
		samples = append(samples, s)
	}
	return samples
}

// queriesBefore asks a store that has the samples from before a time.
func queriesBefore(t *rapid.T, samples []market.Sample, end int64, delay time.Duration) *history.Queries {
	model := &historytest.Model{}
	b := history.Batch{Epoch: "epoch"}
	for _, s := range samples {
		if s.Recv < end {
			b.Samples = append(b.Samples, s)
		}
	}
	if err := model.Append(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return history.NewQueries(history.QueriesConfig{
		Store: model, Delay: delay, Now: func() time.Time { return time.UnixMicro(questions) },
	})
}

// answersOf asks everything that there is to ask, candles of another store.
func answersOf(t *rapid.T, q, forCandles *history.Queries, span history.Span, step time.Duration) []any {
	quotes, err := q.AsOf(t.Context(), []string{"A"}, span.To)
	list, next, listErr := q.Quotes(t.Context(), &history.QuotesQuestion{Symbol: "A", Span: span, Limit: 10})
	candles, candlesErr := forCandles.Candles(t.Context(), &history.CandlesQuestion{Symbol: "A", Span: span, Step: step})
	if err != nil || listErr != nil || candlesErr != nil {
		t.Fatal(err, listErr, candlesErr)
	}
	return []any{len(quotes), quotes, len(list), list, next, len(candles), candles}
}

func TestDelayedAnswersAreThoseOfAStoreThatEndsThen(t *testing.T) {
	t.Parallel()
	same := cmp.Options{
		cmp.Comparer(func(a, b market.Decimal) bool { return a.String() == b.String() }),
		cmp.Comparer(func(a, b market.Total) bool { return a.String() == b.String() }),
	}
	rapid.Check(t, func(t *rapid.T) {
		delay := rapid.SampledFrom([]time.Duration{time.Millisecond, 2 * time.Second, 100 * time.Second, 15 * time.Minute, 2 * time.Hour}).Draw(t, "delay")
		end := questions - delay.Microseconds()
		samples := drawPast(t, end)
		span := history.Span{From: around(end).Draw(t, "from")}
		span.To = span.From + rapid.SampledFrom([]int64{1, 20 * second, 40 * minute, 180 * minute}).Draw(t, "length")
		step := time.Duration(rapid.SampledFrom([]int64{10, 70, 90, 300, 3600}).Draw(t, "step")) * time.Second

		all := queriesBefore(t, samples, questions+2*minute, delay)
		ended := queriesBefore(t, samples, end, 0)
		endedAtASecond := queriesBefore(t, samples, end-end%second, 0)
		if diff := cmp.Diff(answersOf(t, ended, endedAtASecond, span, step), answersOf(t, all, all, span, step), same); diff != "" {
			t.Fatalf("delay %v, %+v, step %v (-ended +delayed):\n%s", delay, span, step, diff)
		}
	})
}

func TestADelayedQuestionFromBeyondTheDelayHasAnEmptyAnswer(t *testing.T) {
	t.Parallel()
	l := &library{last: history.Position{Recv: 7, Seq: 8, Epoch: "epoch"}}
	q := history.NewQueries(history.QueriesConfig{
		Store: l, Delay: 15 * time.Minute, Now: func() time.Time { return time.UnixMicro(questions) },
	})
	span := history.Span{From: questions - 15*minute}
	quotes, next, err := q.Quotes(t.Context(), &history.QuotesQuestion{Symbol: "A", Span: span})
	if err != nil || len(quotes) > 0 || next != "" {
		t.Errorf("%v, next %q, %v", quotes, next, err)
	}
	candles, err := q.Candles(t.Context(), &history.CandlesQuestion{Symbol: "A", Span: span, Step: 15 * time.Second})
	if err != nil || len(candles) > 0 || l.quotes != nil {
		t.Errorf("%v, %v", candles, err)
	}
	span.To = span.From
	_, _, err = q.Quotes(t.Context(), &history.QuotesQuestion{Symbol: "A", Span: span})
	expectRefusal(t, err, history.BadQuestion, "from must be before to")
	_, _, err = q.Quotes(t.Context(), &history.QuotesQuestion{Symbol: "A*"})
	expectRefusal(t, err, history.BadSymbol, `"A*"`)
}
