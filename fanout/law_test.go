package fanout

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"ticker/market"
	"ticker/wire"
)

// The law of the service: any client that applies what it was sent ends with
// the newest record of every symbol it subscribes to, whatever the mix of
// rates, intervals, fields, stalls, subscribes and unsubscribes; on the way,
// what it is sent is always a record that was, never goes back, and its ledger
// balances.
//
// The model sees every update, keeps every record of every symbol, and takes
// options by looking through a list. A run is a script, so that rapid can
// shrink one that fails.

// act is one step of a script.
type act struct {
	Kind     string // quote, stale, subscribe, unsubscribe, room, pass, leave
	Client   int
	Symbol   int
	Names    []string
	Values   []int64 // by field, absent if negative
	Interval time.Duration
	Fields   market.Fields
	Delta    bool
	Room     int
}

const lawClients = 3

func lawSymbols() []market.Symbol {
	return []market.Symbol{"A", "AB", "ABC", "B", "BA", "C"}
}

func drawAct() *rapid.Generator[act] {
	names := []string{"A", "AB", "ABC", "B", "BA", "C", "D", "A*", "AB*", "B*", "*"}
	intervals := []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 700 * time.Millisecond}
	return rapid.Custom(func(rt *rapid.T) act {
		a := act{Client: rapid.IntRange(0, lawClients-1).Draw(rt, "client")}
		switch n := rapid.IntRange(0, 19).Draw(rt, "kind"); {
		case n < 8:
			a.Kind = "quote"
			a.Symbol = rapid.IntRange(0, 5).Draw(rt, "symbol")
			a.Values = rapid.SliceOfN(rapid.Int64Range(-3, 2), int(market.NumValues), int(market.NumValues)).Draw(rt, "values")
		case n < 9:
			a.Kind = "stale"
		case n < 12:
			a.Kind = "subscribe"
			a.Names = rapid.SliceOfN(rapid.SampledFrom(names), 1, 4).Draw(rt, "names")
			a.Interval = rapid.SampledFrom(intervals).Draw(rt, "interval")
			a.Fields = rapid.SampledFrom([]market.Fields{market.AllValues, market.AllValues, 1, 6}).Draw(rt, "fields")
			a.Delta = rapid.Bool().Draw(rt, "delta")
		case n < 13:
			a.Kind = "unsubscribe"
			a.Names = rapid.SliceOfN(rapid.SampledFrom(names), 1, 3).Draw(rt, "names")
		case n < 15:
			a.Kind = "room"
			a.Room = rapid.SampledFrom([]int{0, 0, 5, 300, -1, -1}).Draw(rt, "room")
		default:
			a.Kind = "pass"
			a.Interval = rapid.SampledFrom([]time.Duration{0, time.Millisecond, 19 * time.Millisecond, 100 * time.Millisecond, time.Second}).Draw(rt, "time")
		}
		return a
	})
}

// TestLawEveryClientEndsWithTheNewestRecords is the law.
func TestLawEveryClientEndsWithTheNewestRecords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		script := rapid.SliceOfN(drawAct(), 1, 120).Draw(rt, "script")
		frameBytes := rapid.SampledFrom([]int{maxFrameBytes, 300}).Draw(rt, "frame")
		wide := rapid.SampledFrom([]int{wideLane, 1}).Draw(rt, "wide")
		least := rapid.SampledFrom([]int{leastFrame, 100}).Draw(rt, "least")
		var broken error
		synctest.Test(t, func(t *testing.T) { broken = playLaw(t, script, frameBytes, wide, least) })
		if broken != nil {
			rt.Fatal(broken)
		}
	})
}

// lawModel is the slow, obvious model.
type lawModel struct {
	*fixture
	records map[market.Symbol][]market.Quote // all that ever were, by seq-1
	clients []*lawClient
}

// lawClient is one client: what it asked for, and what it has.
type lawClient struct {
	*client
	asked []asked
	has   map[market.Symbol]held
}

// asked is one subscribed name with its options.
type asked struct {
	name   string
	fields market.Fields
	delta  bool
}

// held is the record that a client holds, and how often it may come again:
// once for every subscribe.
type held struct {
	quote market.Quote
	again int
}

func playLaw(t *testing.T, script []act, frameBytes, wide, least int) error {
	t.Helper()
	f := newFixture(t)
	defer f.stop()
	f.hub.frameBytes, f.hub.wide, f.hub.leastFrame = frameBytes, wide, least
	m := &lawModel{fixture: f, records: make(map[market.Symbol][]market.Quote)}
	f.book.Source("law")
	for i := range lawClients {
		codec, waits := wire.Codec(i%2), i == 2
		c := &lawClient{client: f.open(codec, waits), has: make(map[market.Symbol]held)}
		m.clients = append(m.clients, c)
	}
	defer func() {
		for _, c := range m.clients {
			c.close()
		}
		if left := m.crowd.count(); len(left) > 0 {
			t.Errorf("watchers that closed are counted: %v", left)
		}
	}()
	for i, a := range script {
		m.play(a)
		settle()
		if err := m.check(); err != nil {
			return fmt.Errorf("after step %d %+v: %w", i, a, err)
		}
	}
	return m.finish()
}

func (m *lawModel) play(a act) {
	c := m.clients[a.Client]
	switch a.Kind {
	case "quote":
		m.quote(a)
	case "stale":
		m.book.MarkStale(0, market.Silent)
		for symbol := range m.records {
			m.record(symbol)
		}
	case "subscribe":
		c.subscribes(a)
		c.ask(Request{Symbols: a.Names, Interval: &a.Interval, Fields: a.Fields, Delta: a.Delta})
	case "unsubscribe":
		c.unsubscribes(a.Names)
		c.unsubscribe(a.Names...)
	case "room":
		c.conn.setRoom(a.Room)
	case "pass":
		time.Sleep(a.Interval)
	}
}

func (m *lawModel) quote(a act) {
	u := market.Update{Symbol: lawSymbols()[a.Symbol]}
	for f, v := range a.Values {
		if v >= 0 {
			u.Put(market.Field(f), market.NewDecimal(v, 1))
		}
	}
	m.book.Apply(&u)
	m.record(u.Symbol)
}

// record keeps the newest record of a symbol, if it is a new one.
func (m *lawModel) record(symbol market.Symbol) {
	q := m.book.Find(symbol).Quote()
	if q.Seq == uint64(len(m.records[symbol]))+1 {
		m.records[symbol] = append(m.records[symbol], q)
	}
}

func (c *lawClient) subscribes(a act) {
	for _, name := range a.Names {
		c.asked = slices.DeleteFunc(c.asked, func(o asked) bool { return o.name == name })
		c.asked = append(c.asked, asked{name, a.Fields, a.Delta})
	}
	for _, symbol := range lawSymbols() {
		h := c.has[symbol]
		h.again++
		c.has[symbol] = h
	}
}

// unsubscribes forgets names. A record may come again if a pattern that covers
// its symbol still has fields that the name had not.
func (c *lawClient) unsubscribes(names []string) {
	before := make(map[market.Symbol]market.Fields)
	for symbol := range c.has {
		o, _ := c.covering(symbol)
		before[symbol] = o.fields
	}
	c.asked = slices.DeleteFunc(c.asked, func(o asked) bool { return slices.Contains(names, o.name) })
	for symbol, h := range c.has {
		if o, ok := c.covering(symbol); ok && o.fields&^before[symbol] != 0 {
			h.again++
			c.has[symbol] = h
		}
	}
}

// covering returns what a symbol is subscribed by: its name, or the longest
// pattern.
func (c *lawClient) covering(symbol market.Symbol) (best asked, ok bool) {
	for _, o := range c.asked {
		p, err := market.ParsePattern(o.name)
		if err != nil || !p.Match(symbol) {
			continue
		}
		if !p.Prefix() {
			return o, true
		}
		if !ok || len(o.name) > len(best.name) {
			best, ok = o, true
		}
	}
	return best, ok
}

// checkAudience holds who watches what, as others are told, against what was
// asked.
func (m *lawModel) checkAudience() error {
	want := make(map[string]int)
	for _, c := range m.clients {
		for _, o := range c.asked {
			want[o.name]++
		}
	}
	if got := m.crowd.count(); !maps.Equal(got, want) {
		return fmt.Errorf("watchers are %v, want %v", got, want)
	}
	return nil
}

// check reads what arrived everywhere and holds it against the model.
func (m *lawModel) check() error {
	if err := m.checkAudience(); err != nil {
		return err
	}
	for i, c := range m.clients {
		for _, e := range c.events() {
			for n := range e.Records {
				if err := m.receive(c, &e.Records[n]); err != nil {
					return fmt.Errorf("client %d: %w", i, err)
				}
			}
		}
		if g := c.Ledger(); g.Produced != g.Delivered+g.Conflated+g.Pending {
			return fmt.Errorf("client %d: the ledger does not balance: %+v", i, g)
		}
	}
	return nil
}

// receive applies one record as a client does, and holds it against the record
// that was.
func (m *lawModel) receive(c *lawClient, r *wire.Record) error {
	all := m.records[r.Symbol]
	if r.Seq == 0 || r.Seq > uint64(len(all)) {
		return fmt.Errorf("%s has no record %d", r.Symbol, r.Seq)
	}
	h := c.has[r.Symbol]
	known := h.quote.Seq > 0
	if known && (r.Seq < h.quote.Seq || r.Seq == h.quote.Seq && h.again == 0) {
		return fmt.Errorf("%s went from %d back to %d", r.Symbol, h.quote.Seq, r.Seq)
	}
	if known && r.Seq == h.quote.Seq {
		h.again--
	}
	was := &all[r.Seq-1]
	for f := range market.NumValues {
		if r.Set.Has(f) && (!was.Known.Has(f) || r.Values[f] != was.Values[f]) {
			return fmt.Errorf("%s %d: %v is %s, and was %s", r.Symbol, r.Seq, f, r.Values[f], was.Values[f])
		}
	}
	if !r.Set.Has(market.StatusField) && c.isFull(r.Symbol) {
		h.quote.Status, h.quote.Reason = market.Live, market.NoReason // absent is live
	}
	r.MergeInto(&h.quote)
	c.has[r.Symbol] = h
	return nil
}

// isFull tells whether a client takes a symbol's records as whole ones now.
func (c *lawClient) isFull(symbol market.Symbol) bool {
	o, ok := c.covering(symbol)
	return ok && !o.delta
}

// finish lets every client read all there is, and holds what they have against
// the newest records.
func (m *lawModel) finish() error {
	for _, c := range m.clients {
		c.conn.setRoom(-1)
	}
	pass(10 * time.Second)
	if err := m.check(); err != nil {
		return fmt.Errorf("at the end: %w", err)
	}
	for i, c := range m.clients {
		for symbol, all := range m.records {
			if err := c.endsWith(&all[len(all)-1]); err != nil {
				return fmt.Errorf("client %d: %s: %w", i, symbol, err)
			}
		}
		if g := c.Ledger(); g.Pending != 0 {
			return fmt.Errorf("client %d: updates are pending at the end: %+v", i, g)
		}
	}
	return nil
}

// endsWith compares what a client holds with the newest record, as far as it
// asked for it.
func (c *lawClient) endsWith(newest *market.Quote) error {
	o, ok := c.covering(newest.Symbol)
	if !ok {
		return nil
	}
	got := c.has[newest.Symbol].quote
	for f := range market.NumValues {
		if o.fields.Has(f) && newest.Known.Has(f) && (!got.Known.Has(f) || got.Values[f] != newest.Values[f]) {
			return fmt.Errorf("%v is %s at seq %d, want %s of seq %d", f, got.Values[f], got.Seq, newest.Values[f], newest.Seq)
		}
	}
	if got.Status != newest.Status || got.Reason != newest.Reason {
		return fmt.Errorf("status %v %v, want %v %v", got.Status, got.Reason, newest.Status, newest.Reason)
	}
	if o.fields == market.AllValues && got.Seq != newest.Seq {
		return fmt.Errorf("seq %d, want %d", got.Seq, newest.Seq)
	}
	return nil
}
