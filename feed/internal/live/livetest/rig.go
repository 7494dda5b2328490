package livetest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/market"
)

// Case is a venue under test, and its other side.
type Case struct {
	Exchange Exchange
	// Venue makes the feed of the venue; URL, REST and Dial in the configuration
	// lead to the exchange.
	Venue func(live.Config) (feed.Lines, error)
	// Symbol and Other are traded at the venue; Native and OtherNative are the
	// venue's names for them.
	Symbol, Other       market.Symbol
	Native, OtherNative string
}

// Rig is a feed of the venue, from the exchange to a book, inside a bubble.
type Rig struct {
	*Server
	Book   *book.Book
	Demand *feed.Demand

	tb       testing.TB
	of       *Case
	tally    *tally
	registry *prometheus.Registry
	logged   lockedBuffer
	cancel   context.CancelFunc
	done     chan error
}

// Run runs a test in a bubble, with a feed that has two symbols subscribed.
func (c *Case) Run(t *testing.T, test func(r *Rig)) {
	t.Helper()
	c.RunWith(t, live.Config{Symbols: []string{string(c.Symbol), string(c.Other)}}, func(r *Rig) {
		r.Settle()
		test(r)
	})
}

// RunWith runs a test in a bubble, with a feed of the configuration.
func (c *Case) RunWith(t *testing.T, cfg live.Config, test func(r *Rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := c.rig(t, cfg)
		defer r.close()
		test(r)
	})
}

func (c *Case) rig(t *testing.T, cfg live.Config) *Rig {
	t.Helper()
	// A bubble begins at midnight of 2000; exchanges tell later times.
	<-time.After(time.Until(time.Unix(1_700_000_000, 0)))
	b := book.New(book.Config{MaxSymbols: 1000})
	r := &Rig{
		Server: Start(c.Exchange), Book: b, Demand: &feed.Demand{}, tb: t, of: c,
		tally: &tally{Book: b, taken: make(map[market.Symbol]*count)}, registry: prometheus.NewRegistry(), done: make(chan error, 1),
	}
	metrics := feed.NewMetrics(r.registry)
	cfg.URL, cfg.REST, cfg.Dial, cfg.Demand = "ws://exchange", "off", r.Dial, r.Demand
	if c.Exchange.Ask != nil {
		cfg.REST = "http://exchange"
	}
	cfg.Logger, cfg.Count = slog.New(slog.NewTextHandler(&r.logged, nil)), metrics.Live("test")
	lines, err := c.Venue(cfg)
	if err != nil {
		t.Fatal(err)
	}
	f, err := feed.New(feed.Config{
		Name: "test", Lines: lines, Book: r.tally, Logger: cfg.Logger, Metrics: metrics,
		Random: func(n int64) int64 { return n - 1 },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() { r.done <- f.Run(ctx) }()
	return r
}

func (r *Rig) close() {
	r.tb.Helper()
	r.cancel()
	if err := <-r.done; err != nil {
		r.tb.Errorf("the feed ended with %v", err)
	}
	r.Close()
	if r.tb.Failed() {
		r.tb.Logf("log of the feed:\n%s", r.logged.String())
	}
}

// Settle lets pass what takes no time, and the second in which a feed that was
// told so connects and subscribes.
func (r *Rig) Settle() {
	r.Pass(2 * time.Second)
}

// Pass lets time pass.
func (r *Rig) Pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// Quote and Trade have the exchange tell the n-th of the first symbol.
func (r *Rig) Quote(n int) {
	r.tb.Helper()
	r.tell(r.of.Exchange.Quote(r.of.Native, n))
}

// Trade tells the n-th trade.
func (r *Rig) Trade(n int) {
	r.tb.Helper()
	r.tell(r.of.Exchange.Trade(r.of.Native, n))
}

func (r *Rig) tell(stream, message string) {
	r.tb.Helper()
	if r.Tell(stream, message) == 0 {
		r.tb.Errorf("nobody has subscribed to %s", stream)
	}
	synctest.Wait()
}

// Record returns the record of the first symbol in a few words: "live bid=3
// last=2", "stale silent bid=3".
func (r *Rig) Record() string { return r.RecordOf(r.of.Symbol) }

// RecordOf returns the record of a symbol.
func (r *Rig) RecordOf(symbol market.Symbol) string {
	c := r.Book.Find(symbol)
	if c == nil || c.Seq() == 0 {
		return "none"
	}
	q := c.Quote()
	var b strings.Builder
	b.WriteString(q.Status.String())
	if q.Status == market.Stale {
		b.WriteString(" " + q.Reason.String())
	}
	for _, f := range []market.Field{market.Bid, market.Last} {
		if v, ok := q.Value(f); ok {
			fmt.Fprintf(&b, " %s=%s", f, v)
		}
	}
	return b.String()
}

// last returns the last price of the first symbol.
func (r *Rig) last() string {
	r.tb.Helper()
	q := r.Book.Find(r.of.Symbol).Quote()
	last, _ := q.Value(market.Last)
	return last.String()
}

// Want checks the record of the first symbol.
func (r *Rig) Want(when, record string) {
	r.tb.Helper()
	if got := r.Record(); got != record {
		r.tb.Errorf("%s: the record is %q, want %q", when, got, record)
	}
}

// WantTrades checks which trades of the first symbol the book took, in order.
func (r *Rig) WantTrades(when string, prices ...string) {
	r.tb.Helper()
	if got := r.tally.of(r.of.Symbol).prices; strings.Join(got, " ") != strings.Join(prices, " ") {
		r.tb.Errorf("%s: the book took the trades %v, want %v", when, got, prices)
	}
}

// Logged returns how many lines of the log hold a text.
func (r *Rig) Logged(part string) int {
	n := 0
	for line := range strings.Lines(r.logged.String()) {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}

// Metric returns a metric by its name and the value of its label beside the feed's
// name, if it has one.
func (r *Rig) Metric(name, label string) float64 {
	r.tb.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		r.tb.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				if label == "" || l.GetValue() == label {
					return m.GetCounter().GetValue() + m.GetGauge().GetValue()
				}
			}
		}
	}
	return 0
}

// WantMetric checks a metric.
func (r *Rig) WantMetric(name, label string, want float64) {
	r.tb.Helper()
	if got := r.Metric(name, label); got != want {
		r.tb.Errorf("%s %s is %v, want %v", name, label, got, want)
	}
}

// lockedBuffer is a buffer for several goroutines.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
