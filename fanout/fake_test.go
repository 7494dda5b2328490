package fanout

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"ticker/book"
	"ticker/market"
	"ticker/throttle"
	"ticker/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errClosed = errors.New("closed")

// fakeConn is a client's end whose buffers take as many bytes as the test
// says. It keeps what it took, and when.
type fakeConn struct {
	// waits says that TryWrite takes nothing, ever, as over TLS.
	waits bool

	mu     sync.Mutex
	more   sync.Cond
	room   int // bytes it takes, without limit if below 0
	closed bool
	bytes  []byte
}

func newFakeConn(waits bool) *fakeConn {
	c := &fakeConn{waits: waits, room: -1}
	c.more.L = &c.mu
	return c
}

func (c *fakeConn) take(p []byte) int {
	n := len(p)
	if c.room >= 0 {
		n = min(n, c.room)
		c.room -= n
	}
	c.bytes = append(c.bytes, p[:n]...)
	return n
}

func (c *fakeConn) TryWrite(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return 0, errClosed
	case c.waits:
		return 0, nil
	}
	return c.take(p), nil
}

func (c *fakeConn) Wait() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.room == 0 && !c.closed {
		c.more.Wait()
	}
	return c.errLocked()
}

func (c *fakeConn) Write(p []byte) error {
	for len(p) > 0 {
		if err := c.Wait(); err != nil {
			return err
		}
		c.mu.Lock()
		p = p[c.take(p):]
		c.mu.Unlock()
	}
	return nil
}

func (c *fakeConn) errLocked() error {
	if c.closed {
		return errClosed
	}
	return nil
}

// setRoom lets the client's buffers take n bytes more, all if below 0.
func (c *fakeConn) setRoom(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.room = n
	c.more.Broadcast()
}

func (c *fakeConn) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.more.Broadcast()
}

// drain returns what was written since it was called last.
func (c *fakeConn) drain() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := c.bytes
	c.bytes = nil
	return taken
}

// prefixed frames messages by their length, in four bytes. A ping is empty.
type prefixed struct{}

func (prefixed) Open(dst []byte) []byte { return append(dst, 0, 0, 0, 0) }

func (prefixed) Seal(dst []byte, start int) []byte {
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

func (prefixed) Ping(dst []byte) []byte { return append(dst, 0, 0, 0, 0) }

// fixture is a hub and a book inside a synctest bubble.
type fixture struct {
	t     *testing.T
	hub   *Hub
	book  *book.Book
	stop  func()
	crowd *crowd
}

var testIntervals = throttle.Intervals{Default: 100 * time.Millisecond, Min: 20 * time.Millisecond, Max: time.Minute}

// inBubble runs a test over a running hub, in fake time.
func inBubble(t *testing.T, test func(f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		defer f.stop()
		test(f)
	})
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	bk, crowd := book.New(book.Config{Encode: Encode}), &crowd{watchers: make(map[string]int)}
	hub, err := New(Config{
		Audience: crowd,
		Book:     bk, Intervals: testIntervals, Heartbeat: 15 * time.Second, MaxSymbols: 1000, Workers: 2,
		Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := hub.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	return &fixture{t: t, hub: hub, book: bk, crowd: crowd, stop: func() {
		cancel()
		run.Wait()
	}}
}

// crowd is an Audience that counts.
type crowd struct {
	mu       sync.Mutex
	watchers map[string]int
}

func (c *crowd) Watch(entry string) { c.add(entry, 1) }
func (c *crowd) Leave(entry string) { c.add(entry, -1) }

func (c *crowd) add(entry string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.watchers[entry] += n; c.watchers[entry] == 0 {
		delete(c.watchers, entry)
	}
}

func (c *crowd) count() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.watchers)
}

// quote applies one update of a bid in cents.
func (f *fixture) quote(symbol market.Symbol, cents int64) {
	f.t.Helper()
	u := market.Update{Symbol: symbol}
	u.Put(market.Bid, market.NewDecimal(cents, 2))
	if got := f.book.Apply(&u); got != market.Accepted {
		f.t.Fatalf("Apply: %v", got)
	}
}

// client is a session and what a client makes of its bytes.
type client struct {
	*Session
	t       *testing.T
	codec   wire.Codec
	conn    *fakeConn
	failure error
	partial []byte
	newest  map[market.Symbol]market.Quote
}

func (f *fixture) open(codec wire.Codec, waits bool) *client {
	c := &client{
		t: f.t, codec: codec, conn: newFakeConn(waits), newest: make(map[market.Symbol]market.Quote),
	}
	c.Session = f.hub.Open(Options{
		Conn: c.conn, Framing: prefixed{}, Codec: codec,
		Failed: func(err error) { c.failure = err },
	})
	return c
}

func (c *client) close() {
	c.Close()
	c.conn.close()
}

// subscribe asks for symbols in full records. The answer is a message of its own.
func (c *client) subscribe(interval time.Duration, symbols ...string) {
	c.t.Helper()
	c.ask(Request{Symbols: symbols, Interval: &interval})
}

func (c *client) ask(req Request) {
	c.t.Helper()
	if err := c.Subscribe(req, c.answer); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) answer(dst []byte, r Subscribed) []byte {
	return c.codec.AppendMessage(dst, &wire.Response{
		ID: "s", Result: &wire.Subscribed{Interval: r.Interval, Subscribed: r.Subscribed, Pending: r.Pending},
	})
}

func (c *client) unsubscribe(symbols ...string) {
	c.Unsubscribe(symbols, func(dst []byte, left []string) []byte {
		return c.codec.AppendMessage(dst, &wire.Response{ID: "u", Result: &wire.Unsubscribed{Subscribed: left}})
	})
}

// read returns the messages that arrived in full since the last time, nil for a ping.
func (c *client) read() []wire.Message {
	c.t.Helper()
	c.partial = append(c.partial, c.conn.drain()...)
	var messages []wire.Message
	for len(c.partial) >= 4 {
		end := 4 + int(binary.BigEndian.Uint32(c.partial))
		if len(c.partial) < end {
			break
		}
		var m wire.Message
		if end > 4 {
			var err error
			if m, err = c.codec.ParseMessage(c.partial[4:end]); err != nil {
				c.t.Fatalf("a message that does not parse: %v\n%q", err, c.partial[4:end])
			}
		}
		messages = append(messages, m)
		c.partial = c.partial[end:]
	}
	return messages
}

// events returns the quotes events that arrived since the last time.
func (c *client) events() []*wire.Quotes {
	c.t.Helper()
	var events []*wire.Quotes
	for _, m := range c.read() {
		if q, ok := m.(*wire.Quotes); ok {
			events = append(events, q)
		}
	}
	return events
}

// records returns the records that arrived since the last time.
func (c *client) records() []wire.Record {
	c.t.Helper()
	var records []wire.Record
	for _, e := range c.events() {
		records = append(records, e.Records...)
	}
	return records
}

// bids returns symbol=bid of every record of an event, sorted: they come in no
// order.
func bids(q *wire.Quotes) []string {
	var all []string
	for i := range q.Records {
		r := &q.Records[i]
		all = append(all, string(r.Symbol)+"="+r.Values[market.Bid].String())
	}
	slices.Sort(all)
	return all
}

// settle lets everything that can happen now happen, without time passing.
func settle() { synctest.Wait() }

// pass lets time pass, and everything happen that comes with it.
func pass(d time.Duration) {
	time.Sleep(d) // fake time: the bubble's clock
	synctest.Wait()
}
