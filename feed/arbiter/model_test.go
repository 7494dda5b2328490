package arbiter

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/book"
	"ticker/market"
)

// told is one item of the truth: what every leg would tell, had it no faults.
type told struct {
	symbol    market.Symbol
	trade     bool
	numbering uint32
	seq       uint64
	ts        int64
	price     int64 // the item's own position in the truth, from 1
}

func (i told) update(link uint32) market.Update {
	u := quoteOf(i.seq, i.ts, i.price)
	if i.trade {
		u = tradeOf(i.seq, i.ts, i.price)
	}
	u.Symbol, u.Link = i.symbol, link
	return u
}

// order is what the items of a truth are numbered with.
type order struct{ sequences, times, restarts bool }

func drawTruth(t *rapid.T, by order) []told {
	var truth []told
	numbering := uint32(0)
	for i := range int64(rapid.IntRange(1, 60).Draw(t, "items")) {
		if by.restarts && rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
			numbering++
		}
		item := told{
			symbol: rapid.SampledFrom([]market.Symbol{"A", "B"}).Draw(t, "symbol"),
			trade:  rapid.Bool().Draw(t, "trade"), price: i + 1, numbering: numbering,
		}
		if by.sequences {
			// Each numbering is below the one before.
			item.seq = uint64(1_000_000 - int64(numbering)*1000 + i)
		}
		if by.times {
			item.ts = 1_700_000_000_000_000 + i
		}
		truth = append(truth, item)
	}
	return truth
}

// courier brings the truth to a leg.
type courier struct {
	next int
	link uint32
}

// model is what must come of it, the slow and obvious way: the newest item that
// any leg told, every trade that was the newest one once, and who lives.
type model struct {
	quotes, prints map[market.Symbol]int64
	trades         []int64
	live           map[market.Symbol]map[int]bool
	reason         map[market.Symbol]market.Reason
}

func (m *model) hear(leg int, i told) {
	newest := m.quotes
	if i.trade {
		newest = m.prints
	}
	if i.price > newest[i.symbol] {
		newest[i.symbol] = i.price
		if i.trade {
			m.trades = append(m.trades, i.price)
		}
	}
	if m.live[i.symbol] == nil {
		m.live[i.symbol] = make(map[int]bool)
	}
	m.live[i.symbol][leg] = true
}

func (m *model) lose(leg int, symbol market.Symbol, reason market.Reason) {
	if m.live[symbol][leg] {
		delete(m.live[symbol], leg)
		m.reason[symbol] = reason
	}
}

// world is a truth on its way to a rig and to a model.
type world struct {
	rig      *rig
	model    model
	by       order
	truth    []told
	couriers []courier
}

// line returns which line of a leg tells of a symbol.
func line(symbol market.Symbol) int { return int(symbol[0] - 'A') }

// tell has a leg tell its next item. What was numbered anew comes on a
// connection of its own.
func (w *world) tell(t *rapid.T, leg int) {
	c := &w.couriers[leg]
	if c.next == len(w.truth) {
		return
	}
	if c.next > 0 && w.truth[c.next-1].numbering != w.truth[c.next].numbering {
		w.reconnect(t, leg, 0)
	}
	item := w.truth[c.next]
	c.next++
	w.model.hear(leg, item)
	u := item.update(c.link)
	u.Source = w.rig.ids[leg][line(item.symbol)]
	w.rig.feeds[leg].Apply(&u)
}

// reconnect gives a leg a new connection, which may begin with what it told
// before.
func (w *world) reconnect(t *rapid.T, leg, back int) {
	for _, symbol := range []market.Symbol{"A", "B"} {
		w.lose(t, leg, symbol)
	}
	c := &w.couriers[leg]
	c.link++
	c.next = max(0, c.next-back)
}

func (w *world) lose(t *rapid.T, leg int, symbol market.Symbol) {
	reason := rapid.SampledFrom([]market.Reason{market.Disconnected, market.Silent}).Draw(t, "reason")
	w.model.lose(leg, symbol, reason)
	w.rig.feeds[leg].MarkStale(w.rig.ids[leg][line(symbol)], reason)
}

func (w *world) step(t *rapid.T) {
	leg := rapid.IntRange(0, len(w.couriers)-1).Draw(t, "leg")
	switch rapid.SampledFrom([]string{"tell", "tell", "tell", "drop", "reconnect", "lose"}).Draw(t, "what") {
	case "tell":
		for range rapid.IntRange(1, 8).Draw(t, "burst") {
			w.tell(t, leg)
		}
	case "drop":
		c := &w.couriers[leg]
		c.next = min(c.next+rapid.IntRange(1, 5).Draw(t, "dropped"), len(w.truth))
		w.reconnect(t, leg, 0)
	case "reconnect":
		back := 0
		if w.by.times {
			// Without times, going back by oneself is a new numbering.
			back = rapid.IntRange(0, 10).Draw(t, "back")
		}
		w.reconnect(t, leg, back)
	case "lose":
		w.lose(t, leg, rapid.SampledFrom([]market.Symbol{"A", "B"}).Draw(t, "symbol"))
	}
}

func (w *world) check(t *rapid.T) {
	t.Helper()
	for symbol, legs := range w.model.live {
		q := w.rig.quote(symbol)
		if got, _ := q.Value(market.Bid); whole(got) != w.model.quotes[symbol] {
			t.Fatalf("%s bid %s, want %d", symbol, got, w.model.quotes[symbol])
		}
		if got, _ := q.Value(market.Last); whole(got) != w.model.prints[symbol] {
			t.Fatalf("%s last %s, want %d", symbol, got, w.model.prints[symbol])
		}
		want := market.Live
		if len(legs) == 0 {
			want = market.Stale
		}
		if q.Status != want || want == market.Stale && q.Reason != w.model.reason[symbol] {
			t.Fatalf("%s %s %s, want %s %s", symbol, q.Status, q.Reason, want, w.model.reason[symbol])
		}
	}
	var trades []int64
	for i := range w.rig.book.accepted {
		if u := &w.rig.book.accepted[i]; u.Trade {
			trades = append(trades, whole(u.Values[market.Last]))
		}
	}
	if diff := cmp.Diff(w.model.trades, trades); diff != "" {
		t.Fatalf("trades (-want +got):\n%s", diff)
	}
}

func TestBookHoldsTheNewestThatAnyLegTold(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]order{
		"by sequence":              {sequences: true},
		"by time":                  {times: true},
		"by both":                  {sequences: true, times: true},
		"by both, that count anew": {sequences: true, times: true, restarts: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				legs := rapid.IntRange(2, 3).Draw(t, "legs")
				w := world{
					rig: newRig(t, legs, book.Config{}), by: by, truth: drawTruth(t, by), couriers: make([]courier, legs),
					model: model{
						quotes: make(map[market.Symbol]int64), prints: make(map[market.Symbol]int64),
						live:   make(map[market.Symbol]map[int]bool),
						reason: make(map[market.Symbol]market.Reason),
					},
				}
				for range rapid.IntRange(1, 60).Draw(t, "steps") {
					w.step(t)
					w.check(t)
				}
			})
		})
	}
}
