package client_test

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/client"
	"ticker/fanout"
	"ticker/internal/pipenet"
	"ticker/market"
	"ticker/server"
	"ticker/throttle"
)

// service is the real one, in memory and in fake time, but for its feeds.
type service struct {
	t      *testing.T
	book   *book.Book
	source market.SourceID
	ln     *pipenet.Listener
	stop   func()

	mu    sync.Mutex
	conns []net.Conn
}

// startService runs a service until the test ends, or stop is called.
func startService(t *testing.T) *service {
	t.Helper()
	intervals := throttle.Intervals{Default: 100 * time.Millisecond, Min: 20 * time.Millisecond, Max: time.Minute}
	registry, log := prometheus.NewRegistry(), slog.New(slog.DiscardHandler)
	s := &service{t: t, book: book.New(book.Config{Encode: fanout.Encode}), ln: pipenet.Listen(16 << 10)}
	s.source = s.book.Source("test")
	hub, err := fanout.New(fanout.Config{
		Book: s.book, Intervals: intervals, Heartbeat: 15 * time.Second, MaxSymbols: 1000, Logger: log, Registerer: registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.New(server.Config{
		Book: s.book, Hub: hub, Intervals: intervals, Heartbeat: 15 * time.Second, Logger: log, Registry: registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	hubCtx, stopHub := context.WithCancel(context.WithoutCancel(t.Context()))
	ctx, stopServer := context.WithCancel(hubCtx)
	var hubs, servers sync.WaitGroup
	hubs.Go(func() { _ = hub.Run(hubCtx) })
	servers.Go(func() { _ = srv.Serve(ctx, s.ln) })
	s.stop = sync.OnceFunc(func() {
		stopServer()
		servers.Wait()
		stopHub()
		hubs.Wait()
	})
	t.Cleanup(s.stop)
	return s
}

// dial makes a connection that cut will break.
func (s *service) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	conn, err := s.ln.Dial(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = append(s.conns, conn)
	return conn, nil
}

// cut breaks all connections that were made so far.
func (s *service) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		_ = conn.Close()
	}
	s.conns = nil
}

// apply folds an update into the book.
func (s *service) apply(u *market.Update) {
	s.t.Helper()
	u.Source = s.source
	if got := s.book.Apply(u); got != market.Accepted {
		s.t.Fatalf("update is %v", got)
	}
}

// quote applies a bid in cents.
func (s *service) quote(symbol market.Symbol, cents int64) {
	s.t.Helper()
	u := market.Update{Symbol: symbol}
	u.Put(market.Bid, market.NewDecimal(cents, 2))
	s.apply(&u)
}

// trade applies a trade.
func (s *service) trade(symbol market.Symbol, cents, size int64) {
	s.t.Helper()
	u := market.Update{Symbol: symbol, Trade: true}
	u.Put(market.Last, market.NewDecimal(cents, 2))
	u.Put(market.LastSize, market.NewDecimal(size, 0))
	s.apply(&u)
}

// overEach runs a test over each of some transports, each in a bubble and against a
// service of its own.
func overEach(t *testing.T, transports []client.Transport, test func(t *testing.T, s *service, way client.Transport)) {
	t.Helper()
	for _, way := range transports {
		t.Run(way.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, startService(t), way) })
		})
	}
}

func everyTransport() []client.Transport {
	return []client.Transport{client.WebSocket, client.SSE, client.Poll}
}

// follower is a client of a service, and what it was sent.
type follower struct {
	*running
	view *client.View

	mu      sync.Mutex
	batches []client.Batch
	hold    chan struct{} // if not nil, batches wait until it is closed
}

// follow runs a client of the service over one transport.
func (s *service) follow(t *testing.T, way client.Transport, cfg client.Config) *follower {
	t.Helper()
	if cfg.Transports == nil {
		cfg.Transports = []client.Transport{way}
	}
	cfg.URL = "http://ticker.test"
	if cfg.NetDial == nil {
		cfg.NetDial = s.dial
	}
	f := &follower{view: client.NewView()}
	cfg.OnQuotes = func(b client.Batch) {
		f.mu.Lock()
		hold := f.hold
		f.mu.Unlock()
		if hold != nil {
			<-hold
		}
		f.view.Apply(b)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.batches = append(f.batches, b)
	}
	f.running = run(t, cfg, idle)
	return f
}

// taken returns the batches that came since it was called last.
func (f *follower) taken() []client.Batch {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	batches := f.batches
	f.batches = nil
	return batches
}

// must subscribes.
func (f *follower) must(t *testing.T, s client.Subscription) client.Granted {
	t.Helper()
	granted, err := f.Subscribe(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return granted
}

// bids returns the bids of the records of batches, in their order.
func bids(batches []client.Batch) []string {
	var got []string
	for _, b := range batches {
		for i := range b.Records {
			bid, _ := b.Records[i].Value(market.Bid)
			got = append(got, string(b.Records[i].Symbol)+"="+bid.String())
		}
	}
	return got
}

// expectBook compares a view with what the book has of some symbols.
func expectBook(t *testing.T, s *service, view *client.View, symbols ...market.Symbol) {
	t.Helper()
	held := make(map[market.Symbol]market.Quote)
	for _, q := range view.Quotes(nil) {
		held[q.Symbol] = q
	}
	want := make(map[market.Symbol]market.Quote)
	for _, symbol := range symbols {
		if cell := s.book.Find(symbol); cell != nil && cell.Seq() > 0 {
			want[symbol] = cell.Quote()
		}
	}
	if len(held) != len(want) {
		t.Errorf("view holds %v, want %v", slices.Sorted(maps.Keys(held)), slices.Sorted(maps.Keys(want)))
	}
	for symbol, q := range want {
		expect(t, string(symbol), readable(held[symbol]), readable(q))
	}
}

// readable is a quote with its values as text.
func readable(q market.Quote) any {
	values := make(map[string]string)
	for f := range market.NumValues {
		if v, known := q.Value(f); known {
			values[f.String()] = v.String()
		}
	}
	q.Values, q.Known = [market.NumValues]market.Decimal{}, 0
	type shown struct {
		Symbol     market.Symbol
		Seq        uint64
		TS, Recv   int64
		Status     market.Status
		Reason     market.Reason
		Source     string
		ValuesText map[string]string
	}
	return shown{q.Symbol, q.Seq, q.TS, q.Recv, q.Status, q.Reason, q.Source, values}
}
