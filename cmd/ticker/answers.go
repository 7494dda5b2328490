package main

import (
	"context"
	"errors"

	"ticker/history"
	"ticker/market"
	"ticker/wire"
)

// answers makes the queries of history what the server wants.
type answers struct{ queries *history.Queries }

// AsOf implements server.History.
func (a answers) AsOf(ctx context.Context, symbols []string, at int64) ([]market.Quote, error) {
	quotes, err := a.queries.AsOf(ctx, symbols, at)
	return quotes, answerError(err)
}

// Quotes implements server.History.
func (a answers) Quotes(ctx context.Context, q *wire.HistoryQuery) ([]market.Quote, string, error) {
	quotes, next, err := a.queries.Quotes(ctx, &history.QuotesQuestion{
		Symbol: q.Symbol, Span: history.Span{From: q.From, To: q.To}, Limit: q.Limit, Page: q.Page,
	})
	return quotes, next, answerError(err)
}

// Candles implements server.History.
func (a answers) Candles(ctx context.Context, q *wire.CandlesQuery) ([]market.Candle, error) {
	candles, err := a.queries.Candles(ctx, &history.CandlesQuestion{
		Symbol: q.Symbol, Span: history.Span{From: q.From, To: q.To}, Step: q.Step,
	})
	return candles, answerError(err)
}

// answerError makes an error of history one of the protocol. What a client
// should not be told about stays as it is.
func answerError(err error) error {
	var refusal *history.Refusal
	switch {
	case errors.As(err, &refusal):
		return &wire.Error{Code: refusalCode(refusal.Kind), Message: refusal.Reason}
	case errors.Is(err, history.ErrUnknown):
		return &wire.Error{Code: wire.CodeNotFound, Message: "no such symbol"}
	case errors.Is(err, history.ErrTimeout):
		return &wire.Error{Code: wire.CodeTimeout, Message: "history took too long: ask for less"}
	case errors.Is(err, history.ErrBusy):
		return &wire.Error{Code: wire.CodeUnavailable, Message: "history has too many questions at present"}
	}
	return err
}

func refusalCode(kind history.RefusalKind) wire.Code {
	switch kind {
	case history.BadSymbol:
		return wire.CodeBadSymbol
	case history.TooMuch:
		return wire.CodeTooLarge
	case history.BadQuestion:
	}
	return wire.CodeBadRequest
}
