package composite

import (
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

// failer is what a rig needs of a test, rapid's included.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// witness is a real book that remembers what it accepted, and complains about
// all that it would not.
type witness struct {
	*book.Book

	t failer

	mu       sync.Mutex
	accepted []market.Update
	asked    []string // for a number, by these names
}

func (w *witness) Line(name string) market.SourceID {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, name)
	return w.Book.Line(name)
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

// rig is a composite before a real book, with two lines for each leg.
type rig struct {
	*Composite

	t        failer
	book     *witness
	feeds    []feed.Book
	ids      [][2]market.SourceID
	registry *prometheus.Registry
}

func newRig(t failer, legs int, cfg book.Config) *rig {
	t.Helper()
	r := &rig{t: t, book: &witness{Book: book.New(cfg), t: t}, registry: prometheus.NewRegistry()}
	var err error
	r.Composite, err = New(Config{Name: "bbo", Book: r.book, Metrics: NewMetrics(r.registry)})
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

func (r *rig) quote() market.Quote {
	r.t.Helper()
	cell := r.book.Find("A")
	if cell == nil {
		r.t.Fatal("no record")
	}
	return cell.Quote()
}

// wantLeftOut checks a counter.
func (r *rig) wantLeftOut(leg string, reason standing, want float64) {
	r.t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, m := range families[0].GetMetric() {
		var values []string
		for _, pair := range m.GetLabel() {
			values = append(values, pair.GetValue())
		}
		if strings.Join(values, " ") != "bbo "+leg+" "+reason.String() {
			continue
		}
		if got := m.GetCounter().GetValue(); got != want {
			r.t.Errorf("%s was left out %v times as %s, want %v", leg, got, reason, want)
		}
		return
	}
	r.t.Errorf("no series of %s %s", leg, reason)
}

// values are those of a quote or an update, in the order of their fields, with
// blanks between them and a dot for what is not there.
func values(known market.Fields, v *[market.NumValues]market.Decimal) string {
	var texts []string
	for f := range market.Open {
		text := "."
		if known.Has(f) {
			text = v[f].String()
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " ")
}

// quoteOf reads "BID BIDSIZE ASK ASKSIZE [LAST LASTSIZE]", with dots for what is not
// told.
func quoteOf(text string) market.Update {
	u := market.Update{Symbol: "A", Link: 1}
	for f, word := range strings.Fields(text) {
		if word == "." {
			continue
		}
		d, err := market.ParseDecimal(word)
		if err != nil {
			panic(err)
		}
		u.Put(market.Field(f), d)
	}
	return u
}

func tradeOf(seq uint64, price, size string) market.Update {
	u := quoteOf(". . . . " + price + " " + size)
	u.Channel, u.Trade, u.Seq = market.Trades, true, seq
	return u
}

func statusOf(status market.Status, reason market.Reason) market.Update {
	return market.Update{
		Symbol: "A", Link: 1, Set: market.Fields(0).With(market.StatusField), Status: status, Reason: reason,
	}
}
