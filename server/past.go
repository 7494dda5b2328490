package server

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"ticker/auth"
	"ticker/market"
	"ticker/wire"
)

// History answers questions about the past. It checks what it is asked: an
// error that is, or wraps, a *wire.Error is what the client is told; any other
// says that it could not answer. It returns soon after ctx is done.
type History interface {
	// AsOf returns the newest record at or before a time, in microseconds since
	// the Unix epoch, of every symbol under the names and patterns, sorted by
	// symbol.
	AsOf(ctx context.Context, symbols []string, at int64) ([]market.Quote, error)
	// Quotes returns a page of records, oldest first, and the token of the next
	// page: safe ASCII, empty if there is none.
	Quotes(ctx context.Context, q *wire.HistoryQuery) (quotes []market.Quote, next string, err error)
	// Candles returns candles, oldest first.
	Candles(ctx context.Context, q *wire.CandlesQuery) ([]market.Candle, error)
}

// past asks history on behalf of clients, whatever way they came.
type past struct {
	history History // nil if it is off
	// has reports whether clients see a record of a symbol. Delayed says that they see
	// less than there is.
	has     func(market.Symbol) bool
	delayed bool
	log     *slog.Logger
	// complaints keeps the log short while history fails every question.
	complaints rate.Sometimes
}

// complaintGap is the least time between two lines that say that history fails.
const complaintGap = 10 * time.Second

func newPast(history History, has func(market.Symbol) bool, log *slog.Logger) *past {
	return &past{
		history: history, has: has, log: log,
		complaints: rate.Sometimes{First: 1, Interval: complaintGap},
	}
}

// errHistoryOff refuses what only history could answer.
func errHistoryOff() *wire.Error {
	return refuse(wire.CodeUnavailable, "history is off on this server")
}

// answers reports whether history is on, and has to answer a request.
func (p *past) answers(body wire.Body) bool {
	if p.history == nil {
		return false
	}
	switch b := body.(type) {
	case *wire.SnapshotQuery:
		return b.At != 0
	case *wire.HistoryQuery, *wire.CandlesQuery:
		return true
	}
	return false
}

// answer answers a query of which answers is true, over WebSocket.
func (p *past) answer(ctx context.Context, g *auth.Grant, body wire.Body) (wire.Result, *wire.Error) {
	switch q := body.(type) {
	case *wire.SnapshotQuery:
		quotes, refusal := p.asOf(ctx, g, q)
		return quoteList(quotes, ""), refusal
	case *wire.HistoryQuery:
		quotes, next, refusal := p.quotes(ctx, g, q)
		return quoteList(quotes, next), refusal
	case *wire.CandlesQuery:
		candles, refusal := p.candles(ctx, g, q)
		return &wire.Candles{Candles: candles}, refusal
	}
	return nil, refuse(wire.CodeInternal, "no answer to %s", body.Verb())
}

func quoteList(quotes []market.Quote, next string) *wire.QuoteList {
	list := &wire.QuoteList{Records: make([]wire.Record, len(quotes)), Next: next}
	for i := range quotes {
		list.Records[i] = wire.Record{Quote: quotes[i], Set: fullSet(&quotes[i])}
	}
	return list
}

func (p *past) asOf(ctx context.Context, g *auth.Grant, q *wire.SnapshotQuery) ([]market.Quote, *wire.Error) {
	if refusal := p.check(g, q.Symbols...); refusal != nil {
		return nil, refusal
	}
	// What may not be read must not count against the bound on an answer.
	quotes, err := p.history.AsOf(ctx, narrowed(g, q.Symbols), q.At)
	if err != nil {
		return nil, p.refusalOf(ctx, err)
	}
	return readableQuotes(g, quotes), nil
}

// check refuses what history cannot answer, or the client may not ask.
func (p *past) check(g *auth.Grant, symbols ...string) *wire.Error {
	if p.history == nil {
		return errHistoryOff()
	}
	return checkReadable(g, symbols...)
}

func (p *past) quotes(ctx context.Context, g *auth.Grant, q *wire.HistoryQuery) (quotes []market.Quote, next string, refusal *wire.Error) {
	if refusal := p.check(g, q.Symbol); refusal != nil {
		return nil, "", refusal
	}
	quotes, next, err := p.history.Quotes(ctx, q)
	if err != nil && !p.merelyNew(err, q.Symbol) {
		return nil, "", p.refusalOf(ctx, err)
	}
	return quotes, next, p.checkKnown(q.Symbol, len(quotes))
}

func (p *past) candles(ctx context.Context, g *auth.Grant, q *wire.CandlesQuery) ([]market.Candle, *wire.Error) {
	if refusal := p.check(g, q.Symbol); refusal != nil {
		return nil, refusal
	}
	candles, err := p.history.Candles(ctx, q)
	if err != nil && !p.merelyNew(err, q.Symbol) {
		return nil, p.refusalOf(ctx, err)
	}
	return candles, p.checkKnown(q.Symbol, len(candles))
}

// checkKnown refuses an answer without entries about a symbol that a delayed view does
// not show yet. History knows of it already, which is not for its clients to know.
func (p *past) checkKnown(symbol string, entries int) *wire.Error {
	if p.delayed && entries == 0 && !p.has(market.Symbol(symbol)) {
		return refuse(wire.CodeNotFound, "no such symbol")
	}
	return nil
}

// merelyNew reports whether a symbol was not found only because nothing of it
// is recorded yet.
func (p *past) merelyNew(err error, symbol string) bool {
	var refusal *wire.Error
	return errors.As(err, &refusal) && refusal.Code == wire.CodeNotFound && p.has(market.Symbol(symbol))
}

// refusalOf is what a client is told when history gave no answer. A client that
// is gone is no reason for a line in the log.
func (p *past) refusalOf(ctx context.Context, err error) *wire.Error {
	var refusal *wire.Error
	if errors.As(err, &refusal) {
		return &wire.Error{Code: refusal.Code, Message: refusal.Message} // it is given an id
	}
	if ctx.Err() == nil {
		p.complaints.Do(func() { p.log.Error("history could not answer", "error", err) })
	}
	return refuse(wire.CodeUnavailable, "history cannot answer at present")
}
