package arbiter

import (
	"bytes"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"ticker/book"
	"ticker/feed"
	"ticker/market"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// witness is a real book that remembers what it accepted, and complains about
// all that it would not.
type witness struct {
	*book.Book

	t interface{ Errorf(string, ...any) }

	mu       sync.Mutex
	accepted []market.Update
}

func (w *witness) Apply(u *market.Update) market.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	outcome := w.Book.Apply(u)
	switch outcome {
	case market.Accepted:
		w.accepted = append(w.accepted, *u)
	case market.Late, market.Duplicate, market.Behind:
		w.t.Errorf("the book calls %+v %s", u, outcome)
	case market.Full, market.NumOutcomes:
	}
	return outcome
}

// rig is an arbiter before a real book, with two lines for each leg.
type rig struct {
	*Arbiter

	t        failer
	book     *witness
	feeds    []feed.Book
	ids      [][2]market.SourceID
	registry *prometheus.Registry
	log      bytes.Buffer
}

// failer is what a rig needs of a test, rapid's included.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

func newRig(t failer, legs int, cfg book.Config) *rig {
	t.Helper()
	r := &rig{t: t, book: &witness{Book: book.New(cfg), t: t}, registry: prometheus.NewRegistry()}
	var err error
	r.Arbiter, err = New(Config{
		Name: "both", Book: r.book, Metrics: NewMetrics(r.registry), Logger: slog.New(slog.NewTextHandler(&r.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "c"}[:legs] {
		leg, err := r.Leg(name)
		if err != nil {
			t.Fatal(err)
		}
		r.feeds = append(r.feeds, leg)
		r.ids = append(r.ids, [2]market.SourceID{leg.Line(name), leg.Line(name)})
	}
	return r
}

// apply has a leg say something on its first line.
func (r *rig) apply(leg int, u *market.Update) market.Outcome {
	u.Source = r.ids[leg][0]
	return r.feeds[leg].Apply(u)
}

// kill marks the first line of a leg.
func (r *rig) kill(leg int, reason market.Reason) int {
	return r.feeds[leg].MarkStale(r.ids[leg][0], reason)
}

func (r *rig) quote(symbol market.Symbol) market.Quote {
	r.t.Helper()
	cell := r.book.Find(symbol)
	if cell == nil {
		r.t.Fatal("no record of " + symbol)
	}
	return cell.Quote()
}

func (r *rig) wantStatus(symbol market.Symbol, status market.Status, reason market.Reason) {
	r.t.Helper()
	if q := r.quote(symbol); q.Status != status || q.Reason != reason {
		r.t.Errorf("%s is %s %s, want %s %s", symbol, q.Status, q.Reason, status, reason)
	}
}

func (r *rig) wantCount(leg string, result result, want float64) {
	r.t.Helper()
	r.wantMetric("ticker_feed_arbitrated_total", "both "+leg+" "+result.String(), want)
}

// wantMetric checks a counter that is found by its name and the values of its
// labels, with blanks between them.
func (r *rig) wantMetric(name, labels string, want float64) {
	r.t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			var values []string
			for _, pair := range m.GetLabel() {
				values = append(values, pair.GetValue())
			}
			if family.GetName() != name || strings.Join(values, " ") != labels {
				continue
			}
			if got := m.GetCounter().GetValue(); got != want {
				r.t.Errorf("%s of %s = %v, want %v", name, labels, got, want)
			}
			return
		}
	}
	r.t.Errorf("no series of %s with %s", name, labels)
}

func (r *rig) wantLogged(want ...string) {
	r.t.Helper()
	lines := strings.Split(strings.TrimSpace(r.log.String()), "\n")
	if len(lines) != len(want) {
		r.t.Errorf("logged %d lines, want %d:\n%s", len(lines), len(want), r.log.String())
		return
	}
	for i, part := range want {
		if !strings.Contains(lines[i], part) {
			r.t.Errorf("line %d is %s, want %s", i, lines[i], part)
		}
	}
}

// quoteOf is a quote with the bid given.
func quoteOf(seq uint64, ts, bid int64) market.Update {
	u := market.Update{Symbol: "A", Seq: seq, TS: ts, Link: 1}
	u.Put(market.Bid, market.NewDecimal(bid, 0))
	return u
}

func tradeOf(seq uint64, ts, price int64) market.Update {
	u := market.Update{Symbol: "A", Channel: market.Trades, Trade: true, Seq: seq, TS: ts, Link: 1}
	u.Put(market.Last, market.NewDecimal(price, 0))
	u.Put(market.LastSize, market.NewDecimal(1, 0))
	return u
}

// whole returns a price that quoteOf or tradeOf was given.
func whole(d market.Decimal) int64 {
	n, err := strconv.ParseInt(d.String(), 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func statusOf(status market.Status, reason market.Reason) market.Update {
	return market.Update{
		Symbol: "A", Link: 1, Set: market.Fields(0).With(market.StatusField), Status: status, Reason: reason,
	}
}
