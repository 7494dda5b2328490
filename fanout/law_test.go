package fanout

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"ticker/book"
	"ticker/market"
	"ticker/wire"
)

// The law of the service: any client that applies what it was sent ends with
// the newest record of every symbol it subscribes to, whatever the mix of
// rates, intervals, fields, stalls, caps, rights, subscribes, unsubscribes and breaks; on
// the way, what it is sent is always a record that was, never goes back, the
// envelopes it asked for hold every trade once, and its ledger balances.
//
// The model sees every update, keeps every record of every symbol, and takes
// options by looking through a list. A run is a script, so that rapid can
// shrink one that fails.

// TestLawEveryClientEndsWithTheNewestRecords is the law.
func TestLawEveryClientEndsWithTheNewestRecords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		run := lawRun{
			script:     rapid.SliceOfN(drawAct(), 1, 120).Draw(rt, "script"),
			frameBytes: rapid.SampledFrom([]int{maxFrameBytes, 300}).Draw(rt, "frame"),
			wide:       rapid.SampledFrom([]int{wideLane, 1}).Draw(rt, "wide"),
			least:      rapid.SampledFrom([]int{leastFrame, 100}).Draw(rt, "least"),
			adopts:     rapid.Bool().Draw(rt, "adopts"),
		}
		var broken error
		synctest.Test(t, func(t *testing.T) { broken = playLaw(t, run) })
		if broken != nil {
			rt.Fatal(broken)
		}
	})
}

// lawRun is what one run is made of.
type lawRun struct {
	script                  []act
	frameBytes, wide, least int
	// adopts says that the book is filled from another one, whose records it gets
	// some of.
	adopts bool
}

// lawModel is the slow, obvious model.
type lawModel struct {
	*fixture
	leader  *book.Book                       // nil without
	records map[market.Symbol][]market.Quote // all that ever were, by seq-1; zero where there was none
	sizes   map[market.Symbol][]int64        // of their trades, in tenths, likewise; -1 for none
	clients []*lawClient
}

// lawClient is one client: what it asked for, and what it has.
type lawClient struct {
	*client
	waits  bool
	asked  []asked
	has    map[market.Symbol]held
	rights rights
	barred map[market.Symbol]uint64 // from which sequence on it may not have a symbol
	cursor string                   // of the last event, if it came after the last answer
	// told is, for each symbol whose trades are wanted, the sequence up to which
	// envelopes have told of them.
	told map[market.Symbol]uint64
}

// asked is one subscribed name with its options.
type asked struct {
	name     string
	interval time.Duration
	fields   market.Fields
	delta    bool
	envelope bool
}

// held is the record that a client holds, and how often it may come again:
// once for every subscribe.
type held struct {
	quote market.Quote
	again int
}

func playLaw(t *testing.T, run lawRun) error {
	t.Helper()
	f := newFixture(t)
	defer f.stop()
	f.hub.frameBytes, f.hub.wide, f.hub.leastFrame = run.frameBytes, run.wide, run.least
	m := &lawModel{
		fixture: f, records: make(map[market.Symbol][]market.Quote), sizes: make(map[market.Symbol][]int64),
	}
	f.book.Source("law")
	if run.adopts {
		m.leader = book.New(book.Config{})
		m.leader.Source("law")
	}
	for i := range lawClients {
		codec, waits := wire.Codec(i%2), i == 2
		c := &lawClient{
			client: f.open(codec, waits), waits: waits,
			has: make(map[market.Symbol]held), told: make(map[market.Symbol]uint64), barred: make(map[market.Symbol]uint64),
		}
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
	for i, a := range run.script {
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
			m.record(symbol, -1)
		}
	case "subscribe":
		c.subscribes(a)
		m.listen(c)
		c.ask(Request{
			Symbols: a.Names, Interval: &a.Interval, Fields: a.Fields, Delta: a.Delta, Envelope: a.Envelope,
		})
	case "unsubscribe":
		c.unsubscribes(a.Names)
		m.listen(c)
		c.unsubscribe(a.Names...)
	case "room":
		c.conn.setRoom(a.Room)
	case "cap":
		c.SetBandwidth(a.Cap)
	case "leave":
		m.leave(c)
	case "entitle":
		m.entitle(c, a.Names)
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
	size := int64(-1)
	if u.Trade = a.Trade && u.Set.Has(market.Last); u.Trade {
		size = max(a.Values[market.LastSize], 0)
	}
	if m.leader == nil {
		m.book.Apply(&u)
	} else if !m.adopt(&u, a.Values[market.Bid] == 0 && !u.Trade) {
		return
	}
	m.record(u.Symbol, size)
}

// adopt brings an update by way of the leader, unless its record is to be conflated
// into the next one.
func (m *lawModel) adopt(u *market.Update, conflated bool) bool {
	m.leader.Apply(u)
	if conflated {
		return false
	}
	s := market.Sample{Quote: m.leader.Find(u.Symbol).Quote()}
	if u.Trade {
		var size market.Decimal
		if u.Set.Has(market.LastSize) {
			size = u.Values[market.LastSize]
		}
		s.Bar.Trade(u.Values[market.Last], size)
	}
	return m.book.Adopt(0, &s)
}

// record keeps the newest record of a symbol, if it is a new one.
func (m *lawModel) record(symbol market.Symbol, size int64) {
	q := m.book.Find(symbol).Quote()
	for q.Seq > uint64(len(m.records[symbol]))+1 {
		m.records[symbol] = append(m.records[symbol], market.Quote{})
		m.sizes[symbol] = append(m.sizes[symbol], -1)
	}
	if q.Seq == uint64(len(m.records[symbol]))+1 {
		m.records[symbol] = append(m.records[symbol], q)
		m.sizes[symbol] = append(m.sizes[symbol], size)
	}
}

// envelope sums up the trades after one sequence and up to another.
func (m *lawModel) envelope(symbol market.Symbol, after, to uint64) market.Envelope {
	var e market.Envelope
	for seq := after + 1; seq <= to; seq++ {
		if size := m.sizes[symbol][seq-1]; size >= 0 {
			e.Trade(m.records[symbol][seq-1].Values[market.Last], market.NewDecimal(size, 1))
		}
	}
	return e
}

// listen notes from where on a client hears of trades, as its options say now.
func (m *lawModel) listen(c *lawClient) {
	for _, symbol := range lawSymbols() {
		o, _ := c.covering(symbol)
		if _, listens := c.told[symbol]; !o.envelope {
			delete(c.told, symbol)
		} else if !listens {
			c.told[symbol] = uint64(len(m.records[symbol]))
		}
	}
}

// leave breaks a client's connection, and has it come back with its cursor and
// what it holds.
func (m *lawModel) leave(c *lawClient) {
	c.close()
	c.client = m.open(c.codec, c.waits)
	if c.rights != nil {
		c.Entitle(Entitlement{Rights: c.rights}, c.removed)
	}
	clear(c.told)
	m.listen(c)
	since := c.cursor
	for _, o := range c.asked {
		c.ask(Request{
			Symbols: []string{o.name}, Interval: &o.interval, Fields: o.fields, Delta: o.delta,
			Envelope: o.envelope, Since: since,
		})
	}
	for symbol, h := range c.has {
		h.again += 1 + len(c.asked)
		c.has[symbol] = h
	}
}

func (c *lawClient) subscribes(a act) {
	for _, name := range a.Names {
		if !c.mayHave(name) {
			continue
		}
		c.asked = slices.DeleteFunc(c.asked, func(o asked) bool { return o.name == name })
		c.asked = append(c.asked, asked{name, a.Interval, a.Fields, a.Delta, a.Envelope})
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
	if c.rights != nil && !c.rights.MayRead(symbol) {
		return best, false
	}
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
		for _, message := range c.read() {
			if err := m.receive(c, message); err != nil {
				return fmt.Errorf("client %d: %w", i, err)
			}
		}
		if g := c.Ledger(); g.Produced != g.Delivered+g.Conflated+g.Pending {
			return fmt.Errorf("client %d: the ledger does not balance: %+v", i, g)
		}
	}
	return nil
}

// receive takes one message. A cursor is of use to those who were answered before.
func (m *lawModel) receive(c *lawClient, message wire.Message) error {
	switch e := message.(type) {
	case *wire.Response:
		c.cursor = ""
	case *wire.Heartbeat:
		c.cursor = e.Cursor
	case *wire.Quotes:
		c.cursor = e.Cursor
		for n := range e.Records {
			if err := m.apply(c, &e.Records[n]); err != nil {
				return err
			}
		}
	}
	return nil
}

// hear holds the envelope of a record against the trades that it stands for. One
// that was on its way when its reader changed his mind tells nothing.
func (m *lawModel) hear(c *lawClient, r *wire.Record) error {
	told, listens := c.told[r.Symbol]
	switch {
	case !listens || r.Seq < told:
		return nil
	case r.Seq == told && (r.Envelope == nil || r.Envelope.Trades > 0):
		return nil
	case r.Envelope == nil:
		return fmt.Errorf("%s %d: no envelope", r.Symbol, r.Seq)
	}
	got, want := words(r.Envelope), m.envelope(r.Symbol, told, r.Seq)
	if want := words(&want); got != want {
		return fmt.Errorf("%s %d: since %d %s, want %s", r.Symbol, r.Seq, told, got, want)
	}
	c.told[r.Symbol] = r.Seq
	return nil
}

// words writes an envelope down, the same for the same numbers.
func words(e *market.Envelope) string {
	plain := func(n fmt.Stringer) string { return strings.TrimSuffix(n.String(), ".0") } // all are tenths
	return fmt.Sprintf("%d trades of %s to %s, %s in all", e.Trades, plain(e.Low), plain(e.High), plain(e.Volume))
}

// apply applies one record as a client does, and holds it against the one that was.
func (m *lawModel) apply(c *lawClient, r *wire.Record) error {
	if err := errors.Join(m.hear(c, r), c.guard(r)); err != nil {
		return err
	}
	all := m.records[r.Symbol]
	if r.Seq == 0 || r.Seq > uint64(len(all)) || all[r.Seq-1].Seq == 0 {
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
	pass(time.Minute)
	if err := m.check(); err != nil {
		return fmt.Errorf("at the end: %w", err)
	}
	for i, c := range m.clients {
		for symbol, all := range m.records {
			if err := c.endsWith(&all[len(all)-1]); err != nil {
				return fmt.Errorf("client %d: %s: %w", i, symbol, err)
			}
		}
		for symbol, told := range c.told {
			if e := m.envelope(symbol, told, uint64(len(m.records[symbol]))); e.Trades > 0 {
				return fmt.Errorf("client %d: %s: never heard of %d trades after %d", i, symbol, e.Trades, told)
			}
		}
		if g := c.Ledger(); g.Pending != 0 {
			return fmt.Errorf("client %d: updates are pending at the end: %+v", i, g)
		}
	}
	return nil
}

// endsWith compares what a client holds with the newest record, if it asked for it.
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
