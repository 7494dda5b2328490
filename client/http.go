package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"ticker/wire"
)

// maxSnapshotBytes bounds the body of a snapshot: 256 bytes for each of the
// symbols that a book may hold, and more.
const maxSnapshotBytes = 64 << 20

// HTTP asks the service single questions, without a connection to keep.
type HTTP struct {
	// URL is that of the service, or of its WebSocket.
	URL string
	// Token is sent as bearer token; empty for none.
	Token string
	// Client does the requests; nil for http.DefaultClient.
	Client *http.Client
}

// Snapshot is an answer to a snapshot query.
type Snapshot struct {
	wire.QuoteList
	// Raw holds the same records as the service wrote them, as JSON.
	Raw []json.RawMessage
}

// Snapshot returns the newest record of each symbol, or the newest at or before
// a time. Symbols without one are absent. A refusal is an *Error.
func (h *HTTP) Snapshot(ctx context.Context, q wire.SnapshotQuery) (Snapshot, error) {
	address, err := snapshotURL(h.URL)
	if err != nil {
		return Snapshot{}, fmt.Errorf("get snapshot: %w", err)
	}
	params := url.Values{"symbols": {strings.Join(q.Symbols, ",")}}
	if q.At != 0 {
		params.Set("at", strconv.FormatInt(q.At, 10))
	}
	address.RawQuery = params.Encode()
	body, err := h.get(ctx, address.String())
	if err != nil {
		return Snapshot{}, fmt.Errorf("get snapshot: %w", err)
	}
	s, err := readSnapshot(body)
	if err != nil {
		return Snapshot{}, fmt.Errorf("get snapshot: %w", err)
	}
	return s, nil
}

func (h *HTTP) get(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	if h.Token != "" {
		request.Header.Set("Authorization", "Bearer "+h.Token)
	}
	client := h.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, cause(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxSnapshotBytes+1))
	switch {
	case response.StatusCode != http.StatusOK:
		return nil, newError(response, body)
	case err != nil:
		return nil, fmt.Errorf("read body: %w", err)
	case len(body) > maxSnapshotBytes:
		return nil, errors.New("body is too large")
	}
	return body, nil
}

// cause takes off what names the address, which is long and may hold a secret.
func cause(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

func readSnapshot(body []byte) (s Snapshot, err error) {
	if err := wire.JSON.ParseResult(body, &s.QuoteList); err != nil {
		return Snapshot{}, err
	}
	var raw struct {
		Quotes []json.RawMessage `json:"quotes"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return Snapshot{}, err
	}
	s.Raw = raw.Quotes
	return s, nil
}
