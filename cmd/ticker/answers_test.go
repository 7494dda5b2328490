package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/history"
	"ticker/market"
	"ticker/server"
	"ticker/wire"
)

// shelf is a store that notes what it is asked and has one of everything.
type shelf struct {
	history.Reader
	quotes  *history.QuotesQuery
	candles *history.CandlesQuery
	err     error
}

func (s *shelf) AsOf(context.Context, []market.Pattern, int64, int) ([]market.Quote, error) {
	return []market.Quote{{Symbol: "A"}}, s.err
}

func (s *shelf) Quotes(_ context.Context, q *history.QuotesQuery) ([]market.Quote, history.Position, error) {
	s.quotes = q
	return []market.Quote{{Symbol: "A"}}, history.Position{Recv: 1, Seq: 2, Epoch: "E"}, s.err
}

func (s *shelf) Candles(_ context.Context, q *history.CandlesQuery) ([]market.Candle, error) {
	s.candles = q
	return []market.Candle{{TS: 60_000_000}}, s.err
}

func answersOf(s *shelf) server.History {
	return answers{history.NewQueries(history.QueriesConfig{Store: s})}
}

func TestHistoryIsAskedWhatTheClientAsked(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	a := answersOf(s)
	if got, err := a.AsOf(t.Context(), []string{"A"}, 1); err != nil || len(got) != 1 {
		t.Error(got, err)
	}
	ask := wire.Span{Symbol: "A", From: 60_000_000, To: 180_000_000}
	span := history.Span{From: ask.From, To: ask.To}
	got, next, err := a.Quotes(t.Context(), &wire.HistoryQuery{Span: ask, Limit: 7})
	if err != nil || len(got) != 1 || next == "" {
		t.Error(got, next, err)
	}
	if _, _, err := a.Quotes(t.Context(), &wire.HistoryQuery{Span: ask, Limit: 7, Page: next}); err != nil {
		t.Error(err)
	}
	want := &history.QuotesQuery{Symbol: "A", Span: span, After: history.Position{Recv: 1, Seq: 2, Epoch: "E"}, Limit: 7}
	if diff := cmp.Diff(want, s.quotes); diff != "" {
		t.Error("second page (-want +asked):\n" + diff)
	}
	if got, err := a.Candles(t.Context(), &wire.CandlesQuery{Span: ask, Step: 30 * time.Second}); err != nil || len(got) != 1 {
		t.Error(got, err)
	}
	if diff := cmp.Diff(&history.CandlesQuery{Symbol: "A", Span: span, Step: 30 * time.Second}, s.candles); diff != "" {
		t.Error("candles (-want +asked):\n" + diff)
	}
}

func TestWhyHistoryDidNotAnswerHasACodeOfTheProtocol(t *testing.T) {
	t.Parallel()
	outage := errors.New("connection refused")
	for name, c := range map[string]struct {
		err  error
		code wire.Code
		text string
	}{
		"a mistake":       {&history.Refusal{Kind: history.BadQuestion, Reason: "limit must be"}, wire.CodeBadRequest, "limit must be"},
		"a bad symbol":    {&history.Refusal{Kind: history.BadSymbol, Reason: "no symbol"}, wire.CodeBadSymbol, "no symbol"},
		"too many":        {&history.Refusal{Kind: history.TooMuch, Reason: "at most 10000"}, wire.CodeTooLarge, "at most 10000"},
		"unknown":         {fmt.Errorf("read A: %w", history.ErrUnknown), wire.CodeNotFound, "no such symbol"},
		"slow":            {history.ErrTimeout, wire.CodeTimeout, "history took too long: ask for less"},
		"busy":            {history.ErrBusy, wire.CodeUnavailable, "history has too many questions at present"},
		"its own trouble": {outage, "", "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := answersOf(&shelf{err: c.err})
			_, asOf := a.AsOf(t.Context(), []string{"A"}, 1)
			_, _, quotes := a.Quotes(t.Context(), &wire.HistoryQuery{Span: wire.Span{Symbol: "A"}})
			_, candles := a.Candles(t.Context(), &wire.CandlesQuery{Span: wire.Span{Symbol: "A"}})
			for _, err := range []error{asOf, quotes, candles} {
				var refusal *wire.Error
				switch told := errors.As(err, &refusal); {
				case told && (refusal.Code != c.code || refusal.Message != c.text):
					t.Errorf("%+v, want %s and %q", refusal, c.code, c.text)
				case !told && (c.code != "" || !errors.Is(err, outage)):
					t.Errorf("%v is nothing for a client", err)
				}
			}
		})
	}
}
