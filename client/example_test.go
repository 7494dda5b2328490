package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"ticker/client"
	"ticker/client/clienttest"
	"ticker/market"
	"ticker/wire"
)

// serveExample plays a service that has two quotes of one symbol.
func serveExample(c *clienttest.Conn) {
	c.Welcome()
	for {
		r, ok := c.Receive()
		if !ok {
			return
		}
		switch body := r.Body.(type) {
		case *wire.Subscribe:
			c.Answer(r, &wire.Subscribed{Interval: 100 * time.Millisecond, Subscribed: body.Symbols, Pending: []string{"XYZ"}})
			c.Quotes("cursor-1", quote("BTC-USD", 41, 6543210))
			c.Quotes("cursor-2", quote("BTC-USD", 44, 6543275))
		case *wire.SessionQuery:
			c.Answer(r, &wire.Ledger{Produced: 4, Delivered: 2, Conflated: 2})
		}
	}
}

// A program that looks at the newest values at its own pace: a View takes the
// batches in, and whatever happened between two looks is conflated.
func Example() {
	server := clienttest.Start(serveExample)
	defer server.Close()

	view := client.NewView()
	c, err := client.New(client.Config{URL: server.URL, NetDial: server.Dial, OnQuotes: view.Apply})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx) })
	defer running.Wait()
	defer cancel()

	granted, err := c.Subscribe(ctx, client.Subscription{Symbols: []string{"BTC-*", "XYZ"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(granted.Interval, granted.Symbols, granted.Pending)
	for {
		changed := view.Changed()
		q, ok := view.Quote("BTC-USD")
		if ok && q.Seq == 44 {
			bid, _ := q.Value(market.Bid)
			fmt.Println(q.Symbol, bid)
			return
		}
		<-changed
	}
	// Output:
	// 100ms [BTC-* XYZ] [XYZ]
	// BTC-USD 65432.75
}

// A program that wants every record, in order. Handling them slowly makes the
// service conflate more, and never makes a queue.
func ExampleConfig_onQuotes() {
	server := clienttest.Start(serveExample)
	defer server.Close()

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c, err := client.New(client.Config{
		URL:     server.URL,
		NetDial: server.Dial,
		OnQuotes: func(b client.Batch) {
			for _, r := range b.Records {
				fmt.Println(r.Symbol, r.Seq)
				if r.Seq == 44 {
					cancel()
				}
			}
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var subscribing sync.WaitGroup
	subscribing.Go(func() { _, _ = c.Subscribe(ctx, client.Subscription{Symbols: []string{"BTC-USD"}}) })
	defer subscribing.Wait()
	fmt.Println("ended with", c.Run(ctx))
	// Output:
	// BTC-USD 41
	// BTC-USD 44
	// ended with <nil>
}

// A program that is slow and must not miss an extreme: each record that it takes
// has the envelope of all trades since it last took one of that symbol.
func ExampleView_Take() {
	view := client.NewView()
	trade := func(seq uint64, cents, size int64) {
		r := quote("BTC-USD", seq, cents)
		r.Envelope = new(market.Envelope)
		r.Envelope.Trade(market.NewDecimal(cents, 2), market.NewDecimal(size, 0))
		view.Apply(client.Batch{Epoch: "epoch-1", Records: []wire.Record{r}})
	}
	trade(1, 6543210, 3)
	trade(2, 6543900, 2) // the high, gone before anybody looked
	trade(3, 6543275, 1)

	for _, r := range view.Take(nil) {
		fmt.Println(r.Symbol, r.Seq, r.Envelope.High, r.Envelope.Low, r.Envelope.Trades, r.Envelope.Volume)
	}
	fmt.Println(len(view.Take(nil)), "left")
	// Output:
	// BTC-USD 3 65439.00 65432.10 3 6
	// 0 left
}

// A program in a network that lets plain HTTP pass and nothing else. The default
// finds that out by itself; this leaves out the attempt.
func ExampleConfig_transports() {
	cfg := client.Config{
		URL:        "https://ticker.example",
		Transports: []client.Transport{client.SSE, client.Poll},
		OnState: func(s client.State) {
			if s.Phase == client.Online {
				fmt.Println("online over", s.Transport)
			}
		},
	}
	if _, err := client.New(cfg); err != nil {
		fmt.Println(err)
	}
	fmt.Println("begins with", cfg.Transports[0])
	// Output:
	// begins with sse
}

// The newest record of a symbol, without a connection to keep.
func ExampleHTTP_Snapshot() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"cursor":"c","quotes":[{"symbol":"AAPL","seq":42,"bid":189.98,"recv":1763740800000412}]}`))
	}))
	defer server.Close()

	h := client.HTTP{URL: server.URL, Client: server.Client()}
	s, err := h.Snapshot(context.Background(), wire.SnapshotQuery{Symbols: []string{"AAPL"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	bid, _ := s.Records[0].Value(market.Bid)
	fmt.Println(s.Records[0].Symbol, bid)
	fmt.Println(string(s.Raw[0]))
	// Output:
	// AAPL 189.98
	// {"symbol":"AAPL","seq":42,"bid":189.98,"recv":1763740800000412}
}

// All that was recorded of a symbol in a span of time, page by page.
func ExampleHTTP_Pages() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "" {
			_, _ = w.Write([]byte(`{"quotes":[{"symbol":"AAPL","seq":42,"bid":189.98,"recv":1763740800000412}],"next":"p2"}`))
			return
		}
		_, _ = w.Write([]byte(`{"quotes":[{"symbol":"AAPL","seq":45,"bid":190.01,"recv":1763740801000377}]}`))
	}))
	defer server.Close()

	h := client.HTTP{URL: server.URL, Client: server.Client()}
	hour := wire.Span{Symbol: "AAPL", From: 1763740800000000, To: 1763744400000000}
	for page, err := range h.Pages(context.Background(), wire.HistoryQuery{Span: hour}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for i := range page.Records {
			bid, _ := page.Records[i].Value(market.Bid)
			fmt.Println(page.Records[i].Seq, bid)
		}
	}
	// Output:
	// 42 189.98
	// 45 190.01
}
