package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
)

// exchange is the other side of an exchange's protocol on a real socket.
type exchange struct {
	*httptest.Server
	hear func(c *caller, message map[string]any)

	mu      sync.Mutex
	callers []*caller
}

// caller is one connection to it.
type caller struct {
	conn    *websocket.Conn
	mu      sync.Mutex // over writes too
	streams []string
}

func newExchange(t *testing.T, hear func(c *caller, message map[string]any)) *exchange {
	t.Helper()
	e := &exchange{hear: hear}
	e.Server = httptest.NewServer(http.HandlerFunc(e.serve))
	t.Cleanup(func() {
		e.drop()
		e.Close()
	})
	return e
}

// spec returns the options that lead a feed here.
func (e *exchange) spec(kind, options string) string {
	return kind + ":?rest=off&url=ws" + strings.TrimPrefix(e.URL, "http") + options
}

func (e *exchange) serve(w http.ResponseWriter, r *http.Request) {
	conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &caller{conn: conn}
	e.mu.Lock()
	e.callers = append(e.callers, c)
	e.mu.Unlock()
	for {
		var message map[string]any
		if err := conn.ReadJSON(&message); err != nil {
			_ = conn.Close()
			return
		}
		e.hear(c, message)
	}
}

// tell says a message to all who subscribed to a stream, and returns how many.
func (e *exchange) tell(stream, format string, args ...any) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, c := range e.callers {
		if c.has(stream) {
			c.say(fmt.Sprintf(format, args...))
			n++
		}
	}
	return n
}

// drop ends all connections without a word.
func (e *exchange) drop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.callers {
		_ = c.conn.NetConn().Close()
	}
	e.callers = nil
}

func (c *caller) say(message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.conn.WriteMessage(websocket.TextMessage, []byte(message))
}

func (c *caller) has(stream string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.streams, stream)
}

func (c *caller) subscribe(streams ...string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams = append(c.streams, streams...)
	return slices.Clone(c.streams)
}

func (c *caller) unsubscribe(streams ...string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams = slices.DeleteFunc(c.streams, func(s string) bool { return slices.Contains(streams, s) })
	return slices.Clone(c.streams)
}

func texts(list any) (found []string) {
	items, _ := list.([]any)
	for _, item := range items {
		found = append(found, fmt.Sprint(item))
	}
	return found
}

// newCoinbase is Coinbase: every channel of a product is one stream.
func newCoinbase(t *testing.T) *exchange {
	t.Helper()
	return newExchange(t, func(c *caller, message map[string]any) {
		products := texts(message["product_ids"])
		var all []string
		if message["type"] == "subscribe" {
			all = c.subscribe(products...)
		} else {
			all = c.unsubscribe(products...)
		}
		var channels []map[string]any
		for _, name := range []string{"ticker", "matches", "heartbeat"} {
			channels = append(channels, map[string]any{"name": name, "product_ids": all})
		}
		answer, err := json.Marshal(map[string]any{"type": "subscriptions", "channels": channels})
		if err != nil {
			t.Error(err)
		}
		c.say(string(answer))
	})
}

// coinbaseTicker is the n-th quote of a product.
func coinbaseTicker(n int) string {
	return fmt.Sprintf(`{"type":"ticker","sequence":%d,"product_id":"BTC-USD","price":"%d","best_bid":"%d","best_bid_size":"1","best_ask":"%d",`+
		`"best_ask_size":"2","time":"2026-01-02T03:04:%02d.000000Z","trade_id":%d,"last_size":"1"}`, n, n, n, n+2, n%60, n)
}

// coinbaseMatch is the n-th trade.
func coinbaseMatch(n int) string {
	return fmt.Sprintf(`{"type":"match","trade_id":%d,"sequence":%d,"product_id":"BTC-USD","size":"2","price":"%d","side":"sell",`+
		`"time":"2026-01-02T03:04:%02d.000000Z"}`, n, n, n, n%60)
}

// newKraken is Kraken, version 2.
func newKraken(t *testing.T) *exchange {
	t.Helper()
	return newExchange(t, func(c *caller, message map[string]any) {
		params, _ := message["params"].(map[string]any)
		for _, symbol := range texts(params["symbol"]) {
			stream := fmt.Sprint(params["channel"], " ", symbol)
			if message["method"] == "subscribe" {
				c.subscribe(stream)
			} else {
				c.unsubscribe(stream)
			}
			c.say(fmt.Sprintf(`{"method":%q,"success":true,"result":{"channel":%q,"symbol":%q},"req_id":%v}`,
				message["method"], params["channel"], symbol, message["req_id"]))
		}
	})
}

func krakenTicker(bid, ask string) string {
	return fmt.Sprintf(`{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":%s,"bid_qty":3,"ask":%s,"ask_qty":4}]}`, bid, ask)
}
