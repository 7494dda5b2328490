package client_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"ticker/client"
	"ticker/wire"
)

// serve answers every request with a status and a body, and notes the request.
func serve(t *testing.T, status int, body string) (h *client.HTTP, seen func() *http.Request) {
	t.Helper()
	requests := make(chan *http.Request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &client.HTTP{URL: server.URL, Token: "secret", Client: &http.Client{Transport: transport}},
		func() *http.Request { return <-requests }
}

func TestSnapshotKeepsTheTextOfTheService(t *testing.T) {
	t.Parallel()
	const record = `{"symbol":"A","seq":1,"bid":1.00,"recv":1,"novelty":[1]}`
	h, seen := serve(t, 200, `{"cursor":"c","quotes":[`+record+`]}`)
	got, err := h.Snapshot(t.Context(), wire.SnapshotQuery{Symbols: []string{"A", "BTC-*"}, At: 1763740800000000})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "snapshot", got, client.Snapshot{
		QuoteList: wire.QuoteList{Cursor: "c", Records: []wire.Record{quote("A", 1, 100)}},
		Raw:       []json.RawMessage{json.RawMessage(record)},
	})
	r := seen()
	expect(t, "path", r.URL.Path, "/v1/snapshot")
	expect(t, "symbols", r.URL.Query().Get("symbols"), "A,BTC-*")
	expect(t, "at", r.URL.Query().Get("at"), "1763740800000000")
	expect(t, "token", r.Header.Get("Authorization"), "Bearer secret")
}

func TestRefusedSnapshotIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   client.Error
		text   string
	}{
		"a problem": {
			503, `{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"no history","code":"unavailable"}`,
			client.Error{Status: 503, Code: wire.CodeUnavailable, Message: "no history", RetryAfter: 7 * time.Second},
			"get snapshot: unavailable: no history",
		},
		"a page of a proxy": {
			502, "<h1>Bad Gateway</h1>",
			client.Error{Status: 502, RetryAfter: 7 * time.Second},
			"get snapshot: 502 Bad Gateway",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := serve(t, c.status, c.body)
			_, err := h.Snapshot(t.Context(), wire.SnapshotQuery{Symbols: []string{"A"}})
			var refused *client.Error
			if !errors.As(err, &refused) {
				t.Fatalf("error is %v, want a *client.Error", err)
			}
			expect(t, "error", *refused, c.want)
			expect(t, "text", err.Error(), c.text)
		})
	}
}

func TestSnapshotThatMakesNoSenseIsAnError(t *testing.T) {
	t.Parallel()
	h, _ := serve(t, 200, `{"quotes":{}}`)
	_, err := h.Snapshot(t.Context(), wire.SnapshotQuery{Symbols: []string{"A"}})
	expectError(t, err, "get snapshot: read message: unexpected kind of value")
}

func TestSnapshotOfAServiceThatIsNotThereNamesTheReasonOnly(t *testing.T) {
	t.Parallel()
	h := client.HTTP{URL: "http://127.0.0.1:1/?token=secret"}
	_, err := h.Snapshot(t.Context(), wire.SnapshotQuery{Symbols: []string{"A"}})
	expectError(t, err, "get snapshot: dial tcp 127.0.0.1:1: connect: connection refused")
	_, err = (&client.HTTP{URL: "127.0.0.1"}).Snapshot(t.Context(), wire.SnapshotQuery{})
	expectError(t, err, "must begin with http://")
}
