package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ticker/market"
	"ticker/wire"
)

var errAnswerKind = errors.New("answer is of the wrong kind")

// Do sends one request and decodes the answer into the result that belongs to
// it, nil for a ping. It waits for a connection if there is none; once sent,
// the request is answered, refused with a *wire.Error, or fails with ErrTimeout
// or ErrDisconnected.
//
// It serves every request of the protocol but subscribe, unsubscribe and
// configure, which would bypass the set: use Subscribe, Unsubscribe and
// SetBandwidth. Over SSE and Poll it asks the HTTP routes of the service; what has
// none, the session query and publish, is refused with unavailable.
func (c *Client) Do(ctx context.Context, body wire.Body, into wire.Result) error {
	if err := c.do(ctx, body, into); err != nil {
		return fmt.Errorf("%s: %w", body.Verb(), err)
	}
	return nil
}

func (c *Client) do(ctx context.Context, body wire.Body, into wire.Result) error {
	conn, err := c.online(ctx)
	if err != nil {
		return err
	}
	return conn.do(ctx, body, into)
}

// Snapshot returns the newest record of each symbol, or the newest at or before
// a time. Symbols without one are absent.
func (c *Client) Snapshot(ctx context.Context, q wire.SnapshotQuery) (wire.QuoteList, error) {
	var list wire.QuoteList
	err := c.Do(ctx, &q, &list)
	return list, err
}

// History returns one page of the recorded quotes of a symbol, oldest first. Its
// Next is the Page of the query for the next page, empty on the last.
func (c *Client) History(ctx context.Context, q wire.HistoryQuery) (wire.QuoteList, error) {
	var list wire.QuoteList
	err := c.Do(ctx, &q, &list)
	return list, err
}

// Candles returns the candles of a symbol, oldest first. Steps without a trade
// have none.
func (c *Client) Candles(ctx context.Context, q wire.CandlesQuery) ([]market.Candle, error) {
	var list wire.Candles
	err := c.Do(ctx, &q, &list)
	return list.Candles, err
}

// Symbols returns one page of the names that the service knows, sorted.
func (c *Client) Symbols(ctx context.Context, q wire.SymbolsQuery) (wire.SymbolList, error) {
	var list wire.SymbolList
	err := c.Do(ctx, &q, &list)
	return list, err
}

// Session returns the ledger of this connection: what became of the updates of
// its subscriptions.
func (c *Client) Session(ctx context.Context) (wire.Ledger, error) {
	var ledger wire.Ledger
	err := c.Do(ctx, &wire.SessionQuery{}, &ledger)
	return ledger, err
}

// Publish pushes quotes, each a JSON object. Those that were refused are in the
// result and no error.
func (c *Client) Publish(ctx context.Context, quotes ...[]byte) (wire.Published, error) {
	var result wire.Published
	err := c.Do(ctx, &wire.Publish{Quotes: quotes}, &result)
	return result, err
}

// Authenticate presents a token on the present connection, and on every later
// one instead of that of the Config once it was accepted: before a token
// expires, give its successor. Over SSE and Poll it is tried with a request of its
// own; the answer names nobody then.
func (c *Client) Authenticate(ctx context.Context, token string) (wire.Authenticated, error) {
	var result wire.Authenticated
	if err := c.Do(ctx, &wire.Auth{Token: token}, &result); err != nil {
		return result, err
	}
	c.mu.Lock()
	c.token = token
	c.mu.Unlock()
	return result, nil
}

// Ping returns how long the service took to answer, from here to there and
// back. Over WebSocket the time that OnQuotes takes is part of it.
func (c *Client) Ping(ctx context.Context) (time.Duration, error) {
	conn, err := c.online(ctx)
	if err != nil {
		return 0, fmt.Errorf("ping: %w", err)
	}
	start := time.Now()
	if err := conn.do(ctx, &wire.Ping{}, nil); err != nil {
		return 0, fmt.Errorf("ping: %w", err)
	}
	return time.Since(start), nil
}
