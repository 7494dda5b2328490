package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"ticker/client"
	"ticker/market"
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
	expect(t, "snapshot", got, client.Quotes{
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

func TestCandlesKeepTheTextOfTheService(t *testing.T) {
	t.Parallel()
	const one = `{"ts":60000000,"open":1.50,"high":2.00,"low":1.00,"close":1.00,"volume":3.5,"trades":3,"novelty":[1]}`
	h, seen := serve(t, 200, `{"candles":[`+one+`]}`)
	got, err := h.Candles(t.Context(), wire.CandlesQuery{
		Span: wire.Span{Symbol: "BTC/USD", From: 5, To: 1763740800000000}, Step: 90 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "candles", got, client.Candles{
		Candles: wire.Candles{Candles: []market.Candle{candle()}}, Raw: []json.RawMessage{json.RawMessage(one)},
	})
	r := seen()
	expect(t, "path", r.URL.Path, "/v1/candles/BTC/USD")
	expect(t, "query", r.URL.RawQuery, "from=5&step=90s&to=1763740800000000")
}

// candle is that of three trades: 1.5 at 1.50, and 1 each at 2.00 and 1.00.
func candle() market.Candle {
	c := market.Candle{TS: 60_000_000}
	c.Trade(market.NewDecimal(150, 2), market.NewDecimal(15, 1))
	c.Trade(market.NewDecimal(200, 2), market.NewDecimal(1, 0))
	c.Trade(market.NewDecimal(100, 2), market.NewDecimal(1, 0))
	return c
}

func TestParametersOfTheURLGoWithEveryQuestion(t *testing.T) {
	t.Parallel()
	h, seen := serve(t, 200, `{"quotes":[]}`)
	h.URL += "/?tenant=7"
	if _, err := h.Snapshot(t.Context(), wire.SnapshotQuery{Symbols: []string{"A"}}); err != nil {
		t.Fatal(err)
	}
	expect(t, "query", seen().URL.RawQuery, "symbols=A&tenant=7")
}

func TestPagesOfHistoryEndWithTheLast(t *testing.T) {
	t.Parallel()
	h, asked := servePages(t, 3)
	var seqs []uint64
	for page, err := range h.Pages(t.Context(), wire.HistoryQuery{Span: wire.Span{Symbol: "A", From: 5}, Limit: 7}) {
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "records", len(page.Records), len(page.Raw))
		seqs = append(seqs, page.Records[0].Seq)
	}
	expect(t, "records", seqs, []uint64{1, 2, 3})
	expect(t, "questions", asked(), []string{
		"/v1/history/A?from=5&limit=7", "/v1/history/A?from=5&limit=7&page=p2", "/v1/history/A?from=5&limit=7&page=p3",
	})
}

func TestPagesOfHistoryEndWithAnError(t *testing.T) {
	t.Parallel()
	h, _ := serve(t, 404, `{"title":"Not Found","status":404,"detail":"no such symbol","code":"not_found"}`)
	n := 0
	for _, err := range h.Pages(t.Context(), wire.HistoryQuery{Span: wire.Span{Symbol: "A"}}) {
		expectError(t, err, "get history: not_found: no such symbol")
		n++
	}
	expect(t, "pages", n, 1)
}

func TestPagesOfHistoryAreOnlyAskedForAsFarAsTheyAreWanted(t *testing.T) {
	t.Parallel()
	h, asked := servePages(t, 3)
	for page, err := range h.Pages(t.Context(), wire.HistoryQuery{Span: wire.Span{Symbol: "A"}}) {
		if err != nil || len(page.Records) != 1 {
			t.Error(page, err)
		}
		break
	}
	expect(t, "questions", asked(), []string{"/v1/history/A"})
}

// servePages answers with that many pages of one record each.
func servePages(t *testing.T, pages int) (h *client.HTTP, asked func() []string) {
	t.Helper()
	requests := make(chan string, pages+1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r.URL.String()
		page, next := max(len(requests), 1), ""
		if page < pages {
			next = fmt.Sprintf(`,"next":"p%d"`, page+1)
		}
		_, _ = fmt.Fprintf(w, `{"quotes":[{"symbol":"A","seq":%d,"recv":1}]%s}`, page, next)
	}))
	t.Cleanup(server.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &client.HTTP{URL: server.URL, Client: &http.Client{Transport: transport}}, func() (all []string) {
		for range len(requests) {
			all = append(all, <-requests)
		}
		return all
	}
}

func TestAnswerWithoutItsListIsAnError(t *testing.T) {
	t.Parallel()
	h, _ := serve(t, 200, `{}`)
	_, err := h.Candles(t.Context(), wire.CandlesQuery{Span: wire.Span{Symbol: "A"}})
	expectError(t, err, "get candles: read candles: ")
}
