package fanout

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/market"
	"ticker/wire"
)

// devNull is a client that takes everything.
type devNull struct{}

func (devNull) TryWrite(p []byte) (int, error) { return len(p), nil }
func (devNull) Wait() error                    { return nil }
func (devNull) Write([]byte) error             { return nil }

// flushFixture is a session of some symbols on a hub that does not run: the
// benchmark flushes it by hand.
type flushFixture struct {
	hub     *Hub
	session *Session
	worker  *worker
	updates []market.Update
}

func newFlushFixture(tb testing.TB, symbols int, opt Options, delta bool) *flushFixture {
	tb.Helper()
	bk := book.New(book.Config{Encode: Encode})
	hub, err := New(Config{
		Book: bk, Intervals: testIntervals, Heartbeat: time.Hour, MaxSymbols: symbols, Workers: 1,
		Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(),
	})
	if err != nil {
		tb.Fatal(err)
	}
	f := &flushFixture{hub: hub, worker: hub.spare()}
	var names []string
	for i := range symbols {
		u := market.Update{Symbol: market.Symbol(fmt.Sprintf("SYM%04d", i)), TS: 1763740800000000}
		for n := range market.NumValues {
			u.Put(n, market.NewDecimal(18998+int64(n), 2))
		}
		bk.Apply(&u)
		f.updates = append(f.updates, u)
		names = append(names, string(u.Symbol))
	}
	opt.Framing = prefixed{}
	if opt.Conn == nil {
		opt.Conn = devNull{}
	}
	f.session = hub.Open(opt)
	err = f.session.Subscribe(Request{Symbols: names, Delta: delta}, func(dst []byte, _ Subscribed) []byte { return dst })
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(f.session.Close)
	return f
}

// change applies an update to the first n symbols.
func (f *flushFixture) change(n int) {
	for i := range n {
		u := &f.updates[i]
		u.Put(market.Bid, market.NewDecimal(int64(18000+f.session.ledger.frames%1000), 2))
		f.hub.book.Apply(u)
	}
}

func (f *flushFixture) flush() {
	f.session.mu.Lock()
	f.session.flushLocked(f.worker, f.session.lanes[0])
	f.session.mu.Unlock()
	f.hub.wheel.clear()
}

// clear forgets what was scheduled: nobody runs the wheel here.
func (w *wheel) clear() {
	for due, bucket := range w.buckets {
		w.giveBack(bucket)
		delete(w.buckets, due)
	}
	w.order = w.order[:0]
}

func TestAFlushDoesNotAllocatePerRecord(t *testing.T) {
	f := newFlushFixture(t, 100, Options{}, false)
	allocs := func(records int) float64 {
		return testing.AllocsPerRun(200, func() {
			f.change(records)
			f.flush()
		})
	}
	if few, many := allocs(1), allocs(100); many > few+1 {
		t.Errorf("%v allocations for a flush of 1 record, %v for 100", few, many)
	}
}

// BenchmarkFlush watches the cost of one frame of records, full or differences,
// in either codec: updates, encoding, scan, copy, commit and schedule, all but
// the write itself.
func BenchmarkFlush(b *testing.B) {
	for _, c := range []struct {
		codec   wire.Codec
		delta   bool
		changed int
	}{
		{wire.JSON, false, 1},
		{wire.JSON, false, 50},
		{wire.JSON, true, 50},
		{wire.MsgPack, false, 50},
		{wire.MsgPack, true, 50},
	} {
		b.Run(fmt.Sprintf("%s/delta=%v/changed=%d", c.codec.Subprotocol(), c.delta, c.changed), func(b *testing.B) {
			f := newFlushFixture(b, 50, Options{Codec: c.codec}, c.delta)
			b.ReportAllocs()
			for b.Loop() {
				f.change(c.changed)
				f.flush()
			}
		})
	}
}

// BenchmarkSparseFlush watches that a session that covers very many symbols pays
// for those that changed, not for those that it covers.
func BenchmarkSparseFlush(b *testing.B) {
	for _, symbols := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("symbols=%d/changed=10", symbols), func(b *testing.B) {
			f := newFlushFixture(b, symbols, Options{}, false)
			f.hub.book.AdvanceSafe() // the hub does not run
			f.change(1)
			f.flush()
			b.ReportAllocs()
			for b.Loop() {
				f.change(10)
				f.flush()
			}
		})
	}
}

// BenchmarkCrowdedFlush watches what a frame costs when there are so many clients
// that no cache holds them and the book: a thousand sessions of 50 of 1,000
// symbols each in turn, with the ten updates that come in between, as in the
// standard load of the harness.
func BenchmarkCrowdedFlush(b *testing.B) {
	const sessions, symbols, subscriptions, updates = 1000, 1000, 50, 10
	f := newFlushFixture(b, symbols, Options{}, false)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // reproducible is the point
	fields := market.Fields(0).With(market.Bid).With(market.BidSize).With(market.Ask).With(market.AskSize)
	var lanes []*lane
	for range sessions {
		s := f.hub.Open(Options{Conn: devNull{}, Framing: prefixed{}})
		b.Cleanup(s.Close)
		var names []string
		for _, i := range random.Perm(symbols)[:subscriptions] {
			names = append(names, string(f.updates[i].Symbol))
		}
		if err := s.Subscribe(Request{Symbols: names, Fields: fields}, func(dst []byte, _ Subscribed) []byte { return dst }); err != nil {
			b.Fatal(err)
		}
		lanes = append(lanes, s.lanes[0])
	}
	zipf := rand.NewZipf(random, 1.0001, 1, symbols-1)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		for range updates {
			u := &f.updates[zipf.Uint64()]
			u.Put(market.Bid, market.NewDecimal(int64(18000+n%1000), 2))
			f.hub.book.Apply(u)
		}
		lanes[n%sessions].run(f.worker)
		f.hub.wheel.clear()
		n++
	}
}

// writes is a client that takes everything and tells of every write.
type writes chan struct{}

func (w writes) TryWrite(p []byte) (int, error) {
	w <- struct{}{}
	return len(p), nil
}
func (writes) Wait() error        { return nil }
func (writes) Write([]byte) error { return nil }

// BenchmarkLeadingEdge watches the way of an update to a client that waits for
// it, from Apply to the write: the registration that fires, the ready queue, a
// worker that wakes up, the flush. The rest of each round, the lane's way back
// to idle, is not counted.
func BenchmarkLeadingEdge(b *testing.B) {
	written := make(writes, 16)
	f := newFlushFixture(b, 1, Options{Conn: written}, false)
	<-written // the snapshot
	ctx, cancel := context.WithCancel(b.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := f.hub.Run(ctx); err != nil {
			b.Error(err)
		}
	})
	lane := f.session.lanes[0]
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for !lane.idle.Load() {
			f.session.mu.Lock()
			f.session.flushLocked(f.worker, lane)
			f.session.mu.Unlock()
		}
		b.StartTimer()
		f.hub.book.Apply(&f.updates[0])
		<-written
	}
	cancel()
	run.Wait()
}

// BenchmarkSubscribe watches the answer to a subscribe of 50 symbols with data,
// snapshot included, and its end.
func BenchmarkSubscribe(b *testing.B) {
	f := newFlushFixture(b, 50, Options{}, false)
	var names []string
	for i := range f.updates {
		names = append(names, string(f.updates[i].Symbol))
	}
	answer := func(dst []byte, _ Subscribed) []byte { return dst }
	b.ReportAllocs()
	for b.Loop() {
		s := f.hub.Open(Options{Conn: devNull{}, Framing: prefixed{}})
		if err := s.Subscribe(Request{Symbols: names}, answer); err != nil {
			b.Fatal(err)
		}
		s.Close()
		f.hub.wheel.clear()
		f.hub.ready.tasks = queue[task]{}
	}
}

// BenchmarkWidePattern watches that commands on patterns that cover very many
// symbols take time in proportion to them: a symbol is subscribed, stolen by a
// longer pattern, given back, and unsubscribed.
func BenchmarkWidePattern(b *testing.B) {
	for _, symbols := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("symbols=%d", symbols), func(b *testing.B) {
			f := newFlushFixture(b, symbols, Options{}, false)
			answer := func(dst []byte, _ Subscribed) []byte { return dst }
			done := func(dst []byte, _ []string) []byte { return dst }
			slow := time.Second
			b.ReportAllocs()
			for b.Loop() {
				s := f.hub.Open(Options{Conn: devNull{}, Framing: prefixed{}})
				for _, req := range []Request{{Symbols: []string{"*"}}, {Symbols: []string{"SYM*"}, Interval: &slow}} {
					if err := s.Subscribe(req, answer); err != nil {
						b.Fatal(err)
					}
				}
				s.Unsubscribe([]string{"SYM*"}, done)
				s.Unsubscribe([]string{"*"}, done)
				s.Close()
				f.hub.wheel.clear()
				f.hub.ready.tasks = queue[task]{}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*symbols), "ns/symbol")
		})
	}
}
