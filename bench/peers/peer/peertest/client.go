package peertest

import (
	"context"
	"encoding/json"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
)

// Record is one record as a client reads it.
type Record struct {
	Symbol                     string
	Seq                        uint64
	Bid, BidSize, Ask, AskSize json.Number
	Last, Volume               json.Number
	TS, Recv                   int64
	Source, Status             string
}

// Event is a quotes event.
type Event struct {
	Type, Channel, Cursor string
	Quotes                []Record
}

// Client is a client of the ticker dialect.
type Client struct {
	Conn *websocket.Conn
	t    testing.TB
}

// Dial connects, with a receive buffer of so many bytes unless that is 0.
func Dial(t testing.TB, url string, receiveBuffer int) *websocket.Conn {
	t.Helper()
	dialer := websocket.Dialer{NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		var plain net.Dialer
		conn, err := plain.DialContext(ctx, network, address)
		if err == nil && receiveBuffer > 0 {
			err = conn.(*net.TCPConn).SetReadBuffer(receiveBuffer)
		}
		return conn, err
	}}
	conn, answer, err := dialer.DialContext(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// Subscribe connects, subscribes, and checks the answer.
func Subscribe(t testing.TB, url string, receiveBuffer int, symbols ...string) *Client {
	t.Helper()
	c := &Client{Conn: Dial(t, url, receiveBuffer), t: t}
	command := map[string]any{
		"type": "command", "id": "7", "action": "subscribe", "symbols": symbols,
		"interval": "10ms", "fields": []string{"bid", "bidSize", "ask", "askSize"}, "mode": "full",
	}
	if err := c.Conn.WriteJSON(command); err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := c.Conn.ReadJSON(&got); err != nil {
		t.Fatal(err)
	}
	names, _ := json.Marshal(symbols)
	text := `{"type":"response","id":"7","result":{"interval":"10ms","subscribed":` + string(names) + `}}`
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("answer (-want +got):\n%s", diff)
	}
	return c
}

// Text reads the next message as it is.
func (c *Client) Text() []byte {
	c.t.Helper()
	_, text, err := c.Conn.ReadMessage()
	if err != nil {
		c.t.Fatal(err)
	}
	return text
}

// Next reads the next event, and checks what is true of all of them.
func (c *Client) Next() Event {
	c.t.Helper()
	var e Event
	if err := c.Conn.ReadJSON(&e); err != nil {
		c.t.Fatal(err)
	}
	if e.Type != "event" || e.Channel != "quotes" || len(e.Cursor) != 16 || len(e.Quotes) == 0 {
		c.t.Fatalf("no quotes event: %+v", e)
	}
	for _, r := range e.Quotes {
		CheckRecord(c.t, r)
	}
	return e
}

// Decode reads a record and checks it.
func Decode(t testing.TB, text []byte) Record {
	t.Helper()
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		t.Errorf("%v in %q", err, text)
	}
	CheckRecord(t, r)
	return r
}

// CheckRecord checks that a record has the fields of a Config, and no other.
func CheckRecord(t testing.TB, r Record) {
	t.Helper()
	if r.Bid == "" || r.BidSize == "" || r.Ask == "" || r.AskSize == "" || r.Last != "" || r.Volume != "" ||
		r.TS == 0 || r.Recv == 0 || r.Source != "sim" || r.Status != "" {
		t.Errorf("a record of other fields: %+v", r)
	}
}

// CheckRising reads events and checks that each symbol's seq rises strictly. It
// returns the seqs that were read last.
func (c *Client) CheckRising(events int) map[string]uint64 {
	c.t.Helper()
	last := make(map[string]uint64)
	for range events {
		for _, r := range c.Next().Quotes {
			if r.Seq <= last[r.Symbol] {
				c.t.Fatalf("%s goes from %d to %d", r.Symbol, last[r.Symbol], r.Seq)
			}
			last[r.Symbol] = r.Seq
		}
	}
	return last
}
