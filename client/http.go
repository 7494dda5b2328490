package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"

	"ticker/wire"
)

// maxBodyBytes bounds the body of an answer: 256 bytes for each of the symbols
// that a book may hold, and more.
const maxBodyBytes = 64 << 20

// HTTP asks the service single questions, without a connection to keep. A
// refusal is an *Error.
type HTTP struct {
	// URL is that of the service, or of its WebSocket.
	URL string
	// Token is sent as bearer token; empty for none.
	Token string
	// Client does the requests; nil for http.DefaultClient.
	Client *http.Client
}

// Quotes is an answer with records.
type Quotes struct {
	wire.QuoteList
	// Raw holds the same records as the service wrote them, as JSON.
	Raw []json.RawMessage
}

// Candles is an answer with candles, oldest first.
type Candles struct {
	wire.Candles
	// Raw holds the same candles as the service wrote them, as JSON.
	Raw []json.RawMessage
}

// Snapshot returns the newest record of each symbol, or the newest at or before
// a time. Symbols without one are absent.
func (h *HTTP) Snapshot(ctx context.Context, q wire.SnapshotQuery) (Quotes, error) {
	answer, err := h.quotes(ctx, &q)
	if err != nil {
		return Quotes{}, fmt.Errorf("get snapshot: %w", err)
	}
	return answer, nil
}

// History returns one page of the recorded quotes of a symbol, oldest first.
// Its Next is the Page of the query for the next page, empty on the last.
func (h *HTTP) History(ctx context.Context, q wire.HistoryQuery) (Quotes, error) {
	answer, err := h.quotes(ctx, &q)
	if err != nil {
		return Quotes{}, fmt.Errorf("get history: %w", err)
	}
	return answer, nil
}

// Pages returns the pages of the recorded quotes of a symbol, from that of the
// query to the last. An error ends them.
func (h *HTTP) Pages(ctx context.Context, q wire.HistoryQuery) iter.Seq2[Quotes, error] {
	return func(yield func(Quotes, error) bool) {
		for {
			page, err := h.History(ctx, q)
			if !yield(page, err) || err != nil || page.Next == "" {
				return
			}
			q.Page = page.Next
		}
	}
}

// Candles returns the candles of a symbol, oldest first. Steps without a trade
// have none.
func (h *HTTP) Candles(ctx context.Context, q wire.CandlesQuery) (Candles, error) {
	body, err := h.ask(ctx, &q)
	if err != nil {
		return Candles{}, fmt.Errorf("get candles: %w", err)
	}
	var answer Candles
	if answer.Raw, err = readList(body, &answer.Candles, "candles"); err != nil {
		return Candles{}, fmt.Errorf("get candles: %w", err)
	}
	return answer, nil
}

func (h *HTTP) quotes(ctx context.Context, question wire.Body) (Quotes, error) {
	body, err := h.ask(ctx, question)
	if err != nil {
		return Quotes{}, err
	}
	var answer Quotes
	if answer.Raw, err = readList(body, &answer.QuoteList, "quotes"); err != nil {
		return Quotes{}, err
	}
	return answer, nil
}

// readList reads an answer twice: as what it means, and its list as it is.
func readList(body []byte, into wire.Result, name string) ([]json.RawMessage, error) {
	if err := wire.JSON.ParseResult(body, into); err != nil {
		return nil, err
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw[name], &list); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return list, nil
}

// ask returns the body of the answer to a question that has a route.
func (h *HTTP) ask(ctx context.Context, question wire.Body) ([]byte, error) {
	route, params, ok := routeOf(question)
	if !ok {
		return nil, &wire.Error{Code: wire.CodeUnavailable, Message: "not without a WebSocket"}
	}
	address, err := routeURL(h.URL, route)
	if err != nil {
		return nil, err
	}
	query := address.Query()
	maps.Copy(query, params)
	address.RawQuery = query.Encode()
	request, err := newGet(ctx, address.String(), h.Token)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	client := h.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, cause(err)
	}
	defer func() { _ = response.Body.Close() }()
	return readAnswer(response, maxBodyBytes)
}

// newGet makes a request, with a token unless it is empty.
func newGet(ctx context.Context, address, token string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err == nil && token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return request, err
}

// readAnswer returns the body of an answer of status 200, or the *Error that any
// other is.
func readAnswer(response *http.Response, limit int64) ([]byte, error) {
	if response.StatusCode != http.StatusOK {
		return nil, refusalOf(response)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read body: %w", err)
	case int64(len(body)) > limit:
		return nil, errors.New("body is too large")
	}
	return body, nil
}

// refusalOf reads a refusal.
func refusalOf(response *http.Response) *Error {
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxProblemBytes))
	return newError(response, body)
}

// cause takes off what names the address, which is long and may hold a secret.
func cause(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
