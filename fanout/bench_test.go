package fanout

import (
	"fmt"
	"log/slog"
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

func newFlushFixture(tb testing.TB, symbols int, delta bool) *flushFixture {
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
	f.session = hub.Open(Options{Conn: devNull{}, Framing: prefixed{}, Codec: wire.JSON})
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
	f := newFlushFixture(t, 100, false)
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

// BenchmarkFlush watches the cost of one frame of 50 records whose bytes are
// made once for all: scan, copy, commit, schedule, but for the write itself.
func BenchmarkFlush(b *testing.B) {
	for _, changed := range []int{1, 50} {
		b.Run(fmt.Sprintf("changed=%d", changed), func(b *testing.B) {
			f := newFlushFixture(b, 50, false)
			b.ReportAllocs()
			for b.Loop() {
				f.change(changed)
				f.flush()
			}
		})
	}
}

// BenchmarkSubscribe watches the answer to a subscribe of 50 symbols with data,
// snapshot included, and its end.
func BenchmarkSubscribe(b *testing.B) {
	f := newFlushFixture(b, 50, false)
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
			f := newFlushFixture(b, symbols, false)
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
