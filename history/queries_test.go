package history_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/history"
	"ticker/market"
)

// library is a store that notes what it is asked and answers what it is told.
type library struct {
	patterns []string
	at       int64
	most     int
	quotes   *history.QuotesQuery
	candles  *history.CandlesQuery

	last  history.Position
	err   error
	think func(context.Context) error // before it answers
}

func (l *library) answer(ctx context.Context) error {
	if l.think != nil {
		if err := l.think(ctx); err != nil {
			return err
		}
	}
	return l.err
}

func (l *library) AsOf(ctx context.Context, patterns []market.Pattern, at int64, most int) ([]market.Quote, error) {
	l.at, l.most, l.patterns = at, most, nil
	for _, p := range patterns {
		l.patterns = append(l.patterns, p.String())
	}
	return []market.Quote{{Symbol: "AAPL"}}, l.answer(ctx)
}

func (l *library) Quotes(ctx context.Context, q *history.QuotesQuery) ([]market.Quote, history.Position, error) {
	l.quotes = q
	return []market.Quote{{Symbol: q.Symbol}}, l.last, l.answer(ctx)
}

func (*library) Between(context.Context, []market.Pattern, history.Span, int) ([]market.Sample, error) {
	return nil, errors.New("nobody asks for that")
}

func (l *library) Candles(ctx context.Context, q *history.CandlesQuery) ([]market.Candle, error) {
	l.candles = q
	return []market.Candle{{TS: q.From}}, l.answer(ctx)
}

// The clock of the questions: 17.5 s past a minute.
const (
	second    = int64(time.Second / time.Microsecond)
	minute    = 60 * second
	aMinute   = 29_395_680 * minute
	questions = aMinute + 17*second + second/2
)

func ask(l *library, every time.Duration) *history.Queries {
	return history.NewQueries(history.QueriesConfig{
		Store: l, Every: every, Now: func() time.Time { return time.UnixMicro(questions) },
	})
}

// expectRefusal says that an error is a refusal of a kind, whose reason holds a
// text.
func expectRefusal(t *testing.T, err error, kind history.RefusalKind, reason string) {
	t.Helper()
	var refusal *history.Refusal
	if !errors.As(err, &refusal) || refusal.Kind != kind || !strings.Contains(refusal.Reason, reason) {
		t.Errorf("error is %#v, want a refusal of kind %d with %q", err, kind, reason)
	}
}

func TestSnapshotOfThePastIsAskedForUnderNamesAndPatterns(t *testing.T) {
	t.Parallel()
	l := &library{}
	got, err := ask(l, 0).AsOf(t.Context(), []string{"AAPL", "BTC-*", "*"}, 42)
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	if diff := cmp.Diff([]string{"AAPL", "BTC-*", "*"}, l.patterns); diff != "" || l.at != 42 || l.most != 10_000 {
		t.Errorf("as of %d, at most %d (-want +got):\n%s", l.at, l.most, diff)
	}
}

func TestSnapshotThatIsWrongIsRefused(t *testing.T) {
	t.Parallel()
	full := &library{err: history.ErrTooMany}
	for name, c := range map[string]struct {
		symbols []string
		kind    history.RefusalKind
		reason  string
	}{
		"no symbols":         {nil, history.BadQuestion, "no symbols"},
		"lower case":         {[]string{"AAPL", "aapl"}, history.BadSymbol, `"aapl": pattern must be`},
		"star in the middle": {[]string{"A*B"}, history.BadSymbol, "A*B"},
		"a stranger's novel": {[]string{strings.Repeat("x", 1000)}, history.BadSymbol, `"` + strings.Repeat("x", 64) + `":`},
		"control characters": {[]string{"\x1b[2J"}, history.BadSymbol, `"\x1b[2J"`},
		"more than the most": {[]string{"*"}, history.TooMuch, "at most 10000 records"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ask(full, 0).AsOf(t.Context(), c.symbols, 1)
			expectRefusal(t, err, c.kind, c.reason)
		})
	}
}

func TestPageOfQuotesHasItsBoundsAndItsToken(t *testing.T) {
	t.Parallel()
	l := &library{last: history.Position{Recv: 7, Seq: 8, Epoch: "epoch"}}
	_, next, err := ask(l, 0).Quotes(t.Context(), &history.QuotesQuestion{Symbol: "BTC/USD"})
	if err != nil || next == "" {
		t.Fatalf("next %q, %v", next, err)
	}
	want := &history.QuotesQuery{Symbol: "BTC/USD", Span: history.Span{To: math.MaxInt64 / 1000}, Limit: 500}
	if diff := cmp.Diff(want, l.quotes); diff != "" {
		t.Error("first page (-want +got):\n" + diff)
	}

	q := &history.QuotesQuestion{Symbol: "BTC/USD", Span: history.Span{From: 5, To: 9}, Limit: 10_000, Page: next}
	want = &history.QuotesQuery{Symbol: "BTC/USD", Span: q.Span, After: l.last, Limit: 10_000}
	l.last = history.Position{}
	if _, next, err = ask(l, 0).Quotes(t.Context(), q); err != nil || next != "" {
		t.Fatalf("next %q of the last page, %v", next, err)
	}
	if diff := cmp.Diff(want, l.quotes); diff != "" {
		t.Error("second page (-want +got):\n" + diff)
	}
}

func TestPageOfQuotesThatIsWrongIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ask    history.QuotesQuestion
		kind   history.RefusalKind
		reason string
	}{
		"no symbol":    {history.QuotesQuestion{}, history.BadSymbol, `"": symbol must be`},
		"a pattern":    {history.QuotesQuestion{Symbol: "A*"}, history.BadSymbol, `"A*"`},
		"backwards":    {history.QuotesQuestion{Symbol: "A", Span: history.Span{From: 2, To: 1}}, history.BadQuestion, "from must be before to"},
		"nothing":      {history.QuotesQuestion{Symbol: "A", Span: history.Span{From: 2, To: 2}}, history.BadQuestion, "from must be before to"},
		"limit below":  {history.QuotesQuestion{Symbol: "A", Limit: -1}, history.BadQuestion, "1 to 10000"},
		"limit beyond": {history.QuotesQuestion{Symbol: "A", Limit: 10_001}, history.BadQuestion, "1 to 10000"},
		"token":        {history.QuotesQuestion{Symbol: "A", Page: "!"}, history.BadQuestion, "page is no token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &library{}
			_, _, err := ask(l, 0).Quotes(t.Context(), &c.ask)
			expectRefusal(t, err, c.kind, c.reason)
			if l.quotes != nil {
				t.Error("the store was asked")
			}
		})
	}
}

func TestCandlesAreAskedForInWholeSteps(t *testing.T) {
	t.Parallel()
	const day = 24 * 60 * minute
	for name, c := range map[string]struct {
		every, step time.Duration
		span, want  history.Span
		wantStep    time.Duration
	}{
		"nothing told":        {0, 0, history.Span{}, history.Span{From: aMinute - 499*minute, To: aMinute + minute}, time.Minute},
		"recorded each 10 s":  {10 * time.Second, 0, history.Span{}, history.Span{From: aMinute - 499*minute, To: aMinute + minute}, time.Minute},
		"recorded each 5 min": {5 * time.Minute, 0, history.Span{To: aMinute}, history.Span{From: aMinute - 500*5*minute, To: aMinute}, 5 * time.Minute},
		"days told by none":   {0, 24 * time.Hour, history.Span{To: 500 * day}, history.Span{From: 134 * day, To: 500 * day}, 24 * time.Hour},
		"whole already":       {0, time.Minute, history.Span{From: minute, To: 3 * minute}, history.Span{From: minute, To: 3 * minute}, time.Minute},
		"cut at both ends":    {0, time.Minute, history.Span{From: 2*minute - 1, To: 3*minute + 1}, history.Span{From: minute, To: 4 * minute}, time.Minute},
		"a moment":            {0, time.Hour, history.Span{From: 5 * minute, To: 5*minute + 1}, history.Span{From: 0, To: 60 * minute}, time.Hour},
		"from told only":      {0, time.Second, history.Span{From: aMinute + 3}, history.Span{From: aMinute, To: aMinute + 18*second}, time.Second},
		"as long as may be":   {0, time.Second, history.Span{From: 1, To: 1 + 10_000*second}, history.Span{From: 0, To: 10_001 * second}, time.Second},
		"as many days":        {0, 24 * time.Hour, history.Span{From: 1, To: 1 + 366*day}, history.Span{From: 0, To: 367 * day}, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &library{}
			_, err := ask(l, c.every).Candles(t.Context(), &history.CandlesQuestion{Symbol: "A", Span: c.span, Step: c.step})
			if err != nil {
				t.Fatal(err)
			}
			want := &history.CandlesQuery{Symbol: "A", Span: c.want, Step: c.wantStep}
			if diff := cmp.Diff(want, l.candles); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCandlesThatAreWrongAreRefused(t *testing.T) {
	t.Parallel()
	const day, latest = 24 * 60 * minute, math.MaxInt64 / 1000
	for name, c := range map[string]struct {
		every, step time.Duration
		span        history.Span
		reason      string
	}{
		"backwards":      {0, time.Minute, history.Span{From: 2, To: 1}, "from must be before to"},
		"nothing":        {0, time.Minute, history.Span{From: 2, To: 2}, "from must be before to"},
		"in the future":  {0, time.Minute, history.Span{From: questions}, "from must be before to"},
		"step below":     {0, -time.Second, history.Span{}, "step must be whole seconds, 1s to 24h"},
		"half a second":  {0, time.Second / 2, history.Span{}, "step must be whole seconds, 1s to 24h"},
		"a fraction":     {0, 1500 * time.Millisecond, history.Span{}, "step must be whole seconds, 1s to 24h"},
		"step beyond":    {0, 25 * time.Hour, history.Span{}, "step must be whole seconds, 1s to 24h"},
		"longest there":  {0, math.MaxInt64, history.Span{}, "step must be whole seconds, 1s to 24h"},
		"too fine":       {10 * time.Second, time.Second, history.Span{}, "step 1s is finer than history.every, which is 10s"},
		"no multiple":    {10 * time.Minute, 15 * time.Minute, history.Span{}, "step 15m is no multiple of history.every, which is 10m"},
		"too many steps": {0, time.Second, history.Span{From: 1, To: 2 + 10_000*second}, "candles of 1s reach over at most 10000 steps"},
		"too many days":  {0, time.Hour, history.Span{From: 1, To: 2 + 366*day}, "candles reach over at most 366 days"},
		"all there is":   {0, time.Hour, history.Span{From: 1, To: latest}, "candles of 1h reach over at most 10000 steps"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &library{}
			_, err := ask(l, c.every).Candles(t.Context(), &history.CandlesQuestion{Symbol: "A", Span: c.span, Step: c.step})
			expectRefusal(t, err, history.BadQuestion, c.reason)
			if l.candles != nil {
				t.Error("the store was asked")
			}
		})
	}
	_, err := ask(&library{}, 0).Candles(t.Context(), &history.CandlesQuestion{Symbol: "*"})
	expectRefusal(t, err, history.BadSymbol, `"*": symbol must be`)
}

func TestAnyCandlesThatOverlapTheSpanAreAskedForAndNoOthers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		step := time.Duration(rapid.Int64Range(1, 24*60*60).Draw(t, "seconds")) * time.Second
		width := step.Microseconds()
		from := rapid.Int64Range(1, math.MaxInt64/2000).Draw(t, "from")
		to := from + rapid.Int64Range(1, min(10_000*width, 100*24*60*minute)).Draw(t, "length")
		l := &library{}
		_, err := ask(l, 0).Candles(t.Context(), &history.CandlesQuestion{Symbol: "A", Span: history.Span{From: from, To: to}, Step: step})
		if err != nil {
			t.Fatal(err)
		}
		got := l.candles.Span
		switch {
		case got.From%width != 0 || got.To%width != 0:
			t.Errorf("%+v is not of whole steps of %v", got, step)
		case got.From > from || got.From+width <= from:
			t.Errorf("begins at %d for %d, steps of %v", got.From, from, step)
		case got.To < to || got.To-width >= to:
			t.Errorf("ends at %d for %d, steps of %v", got.To, to, step)
		}
	})
}

func TestWhatTheStoreSaysIsPassedOn(t *testing.T) {
	t.Parallel()
	for _, want := range []error{history.ErrUnknown, errors.New("disk on fire")} {
		q := ask(&library{err: want}, 0)
		_, err := q.AsOf(t.Context(), []string{"A"}, 1)
		_, _, quotesErr := q.Quotes(t.Context(), &history.QuotesQuestion{Symbol: "A"})
		_, candlesErr := q.Candles(t.Context(), &history.CandlesQuestion{Symbol: "A"})
		for _, got := range []error{err, quotesErr, candlesErr} {
			if !errors.Is(got, want) {
				t.Errorf("error is %v, want %v", got, want)
			}
		}
	}
}

// untilDone is a store that never comes to an end by itself, and says why in
// words of its own.
func untilDone(ctx context.Context) error {
	<-ctx.Done()
	return errors.New("interrupted")
}

func TestQuestionThatTakesTooLongIsATimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := ask(&library{think: untilDone}, 0).AsOf(t.Context(), []string{"A"}, 1)
		if took := time.Since(began); !errors.Is(err, history.ErrTimeout) || took != 5*time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

func TestQuestionOfACallerWhoIsGoneIsNoTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := ask(&library{think: untilDone}, 0).AsOf(ctx, []string{"A"}, 1)
		if took := time.Since(began); err == nil || errors.Is(err, history.ErrTimeout) || took != time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

func TestOnlySoManyQuestionsAreAtTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		l := &library{think: func(context.Context) error { <-release; return nil }}
		q := history.NewQueries(history.QueriesConfig{Store: l, Concurrent: 1, Timeout: time.Hour})
		asOf := func(ctx context.Context) error {
			_, err := q.AsOf(ctx, []string{"A"}, 1)
			return err
		}
		var first sync.WaitGroup
		first.Go(func() {
			if err := asOf(t.Context()); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()

		began := time.Now()
		if err := asOf(t.Context()); !errors.Is(err, history.ErrBusy) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := asOf(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v for a caller who is gone", err)
		}
		var patient sync.WaitGroup
		patient.Go(func() {
			if err := asOf(t.Context()); err != nil {
				t.Errorf("one that waited for less than a second: %v", err)
			}
		})
		time.Sleep(time.Second / 2)
		close(release)
		patient.Wait()
		first.Wait()
	})
}
