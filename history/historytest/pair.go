package historytest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/history"
	"ticker/market"
)

// checker is what the comparisons need of a test, or of one try of a property.
type checker interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// many is more than any rule asks for.
const many = 1_000_000

// pair is a store under test and the model beside it, given the same batches.
type pair struct {
	store history.Store
	model *Model
}

// newPair opens a store on an empty place, until the test ends.
func newPair(t *testing.T, newPlace NewPlace) *pair {
	t.Helper()
	p := &pair{store: newPlace(t)(), model: new(Model)}
	p.open(t)
	t.Cleanup(func() {
		if err := p.store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return p
}

func (p *pair) open(t checker) {
	t.Helper()
	if err := p.store.Open(t.Context()); err != nil {
		t.Fatalf("open: %v", err)
	}
}

// append gives a batch to both.
func (p *pair) append(t checker, epoch string, samples ...market.Sample) {
	t.Helper()
	b := &history.Batch{Epoch: epoch, Samples: samples}
	if err := p.store.Append(t.Context(), b); err != nil {
		t.Fatalf("append: %v", err)
	}
	if err := p.model.Append(t.Context(), b); err != nil {
		t.Fatalf("append to the model: %v", err)
	}
}

// asOf compares and returns the newest records at a time.
func (p *pair) asOf(t checker, at int64, patterns ...string) []market.Quote {
	t.Helper()
	return p.asOfMost(t, at, many, patterns...)
}

func (p *pair) asOfMost(t checker, at int64, most int, patterns ...string) []market.Quote {
	t.Helper()
	got, err := p.store.AsOf(t.Context(), parsePatterns(t, patterns), at, most)
	want, wantErr := p.model.AsOf(t.Context(), parsePatterns(t, patterns), at, most)
	if sameError(t, wantErr, err) {
		if diff := cmp.Diff(plainQuotes(want), plainQuotes(got)); diff != "" {
			t.Errorf("as of %d, %q (-want +got):\n%s", at, patterns, diff)
		}
	}
	return got
}

// quotes compares and returns one page of records.
func (p *pair) quotes(t checker, q history.QuotesQuery) ([]market.Quote, history.Position) {
	t.Helper()
	got, next, err := p.store.Quotes(t.Context(), &q)
	want, wantNext, wantErr := p.model.Quotes(t.Context(), &q)
	if sameError(t, wantErr, err) {
		if diff := cmp.Diff(plainQuotes(want), plainQuotes(got)); diff != "" {
			t.Errorf("quotes of %+v (-want +got):\n%s", q, diff)
		}
		if diff := cmp.Diff(wantNext, next); diff != "" {
			t.Errorf("quotes of %+v go on (-want +got):\n%s", q, diff)
		}
	}
	return got, next
}

// between compares and returns the samples of a span.
func (p *pair) between(t checker, span history.Span, most int, patterns ...string) []market.Sample {
	t.Helper()
	got, err := p.store.Between(t.Context(), parsePatterns(t, patterns), span, most)
	want, wantErr := p.model.Between(t.Context(), parsePatterns(t, patterns), span, most)
	if sameError(t, wantErr, err) {
		if diff := cmp.Diff(plainSamples(want), plainSamples(got)); diff != "" {
			t.Errorf("between %+v, %q (-want +got):\n%s", span, patterns, diff)
		}
	}
	return got
}

// candles compares and returns the candles of a query, whose span it widens to
// whole steps.
func (p *pair) candles(t checker, q history.CandlesQuery) []market.Candle {
	t.Helper()
	step := q.Step.Microseconds()
	q.From, q.To = floor(q.From, step), floor(q.To+step-1, step)
	got, err := p.store.Candles(t.Context(), &q)
	want, wantErr := p.model.Candles(t.Context(), &q)
	if sameError(t, wantErr, err) {
		if diff := cmp.Diff(plainCandles(want), plainCandles(got)); diff != "" {
			t.Errorf("candles of %+v (-want +got):\n%s", q, diff)
		}
	}
	return got
}

// sameError compares errors by what a caller does about them, and reports
// whether there are answers to compare.
func sameError(t checker, want, got error) bool {
	t.Helper()
	for _, sentinel := range []error{history.ErrUnknown, history.ErrTooMany} {
		if errors.Is(want, sentinel) != errors.Is(got, sentinel) {
			t.Fatalf("error is %v, want %v", got, want)
		}
	}
	if (want == nil) != (got == nil) {
		t.Fatalf("error is %v, want %v", got, want)
	}
	return want == nil
}

func parsePatterns(t checker, texts []string) []market.Pattern {
	t.Helper()
	patterns := make([]market.Pattern, 0, len(texts))
	for _, text := range texts {
		pattern, err := market.ParsePattern(text)
		if err != nil {
			t.Fatalf("pattern %q: %v", text, err)
		}
		patterns = append(patterns, pattern)
	}
	return patterns
}
