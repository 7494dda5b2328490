package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/fanout"
	"ticker/market"
)

// fakeSink is another system, which can fail.
type fakeSink struct {
	mu     sync.Mutex
	seqs   map[market.Symbol][]uint64 // of the records that it took, in order
	sizes  []int                      // of the Sends that it acknowledged
	sends  int
	closed bool
	// fail says how many records of the next Send to take before it fails, and with
	// what; a nil error takes all.
	fail func(records int) (int, error)
}

func newFakeSink() *fakeSink { return &fakeSink{seqs: make(map[market.Symbol][]uint64)} }

func (s *fakeSink) Send(ctx context.Context, records []Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sends++
	take, err := len(records), ctx.Err()
	if s.fail != nil {
		take, err = s.fail(len(records))
	}
	for _, r := range records[:take] {
		s.seqs[r.Symbol] = append(s.seqs[r.Symbol], seqOf(r))
	}
	if err == nil {
		s.sizes = append(s.sizes, len(records))
	}
	return err
}

func (s *fakeSink) Close() { s.closed = true }

// failWith sets how it fails, nil for not at all.
func (s *fakeSink) failWith(fail func(records int) (int, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

// last returns the Seq of the newest record of a symbol.
func (s *fakeSink) last(symbol market.Symbol) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.seqs[symbol]); n > 0 {
		return s.seqs[symbol][n-1]
	}
	return 0
}

func seqOf(r Record) uint64 {
	var q struct {
		Symbol market.Symbol
		Seq    uint64
	}
	if err := json.Unmarshal(r.JSON, &q); err != nil || q.Symbol != r.Symbol {
		panic(fmt.Sprintf("record of %s: %s: %v", r.Symbol, r.JSON, err))
	}
	return q.Seq
}

// rig is a publisher with its surroundings.
type rig struct {
	*Publisher
	book    *book.Book
	sink    *fakeSink
	log     *bytes.Buffer
	metrics *prometheus.Registry
}

func newRig(t testing.TB, change func(*Config)) *rig {
	t.Helper()
	r := &rig{
		book: book.New(book.Config{Encode: fanout.Encode}), sink: newFakeSink(), log: &bytes.Buffer{},
		metrics: prometheus.NewRegistry(),
	}
	cfg := Config{
		Name: "test", Book: r.book, Sink: r.sink, Metrics: NewMetrics(r.metrics),
		Logger: slog.New(slog.NewTextHandler(r.log, nil)), Random: func(n int64) int64 { return n - 1 },
	}
	if change != nil {
		change(&cfg)
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.Publisher = p
	return r
}

// quote gives the book an update.
func (r *rig) quote(symbol market.Symbol, bid int64) {
	u := market.Update{Symbol: symbol}
	u.Put(market.Bid, market.NewDecimal(bid, 0))
	r.book.Apply(&u)
}

func (r *rig) metric(t *testing.T, name, result string) float64 {
	t.Helper()
	families, err := r.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == name && (result == "" || l.GetName() == "result" && l.GetValue() == result) {
					return m.GetCounter().GetValue() + m.GetGauge().GetValue()
				}
			}
		}
	}
	t.Fatalf("no metric %s %s", name, result)
	return 0
}
