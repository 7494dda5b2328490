package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"ticker/feed"
	"ticker/feed/sim"
	"ticker/market"
	"ticker/wire"
)

// source is the feed's name in every record, which the product has as well.
const source = "sim"

// Config says what market to simulate, and what of it is sent.
type Config struct {
	// Sim is the simulated market.
	Sim sim.Config
	// Fields are the value fields that records carry.
	Fields market.Fields
}

// Market holds the newest record of each symbol of a simulated market. Symbols
// are known by their number, from 0.
type Market struct {
	source *sim.Source
	fields market.Fields
	index  map[market.Symbol]int
	cells  []cell
	news   []atomic.Uint64 // by cell: Seq of its newest change of a wanted field
	quotes atomic.Uint64
	watch  func(i int)
}

// cell is the newest record of one symbol.
type cell struct {
	mu         sync.Mutex
	quote      market.Quote
	encoded    []byte
	encodedSeq uint64
}

var _ feed.Sink = (*Market)(nil)

// New builds a market without records. The error names what is wrong with the
// configuration.
func New(cfg Config) (*Market, error) {
	s, err := sim.New(cfg.Sim)
	if err != nil {
		return nil, fmt.Errorf("make market: %w", err)
	}
	m := &Market{
		source: s,
		fields: cfg.Fields,
		index:  make(map[market.Symbol]int, cfg.Sim.Symbols),
		cells:  make([]cell, cfg.Sim.Symbols),
		news:   make([]atomic.Uint64, cfg.Sim.Symbols),
	}
	for i := range m.cells {
		symbol := market.Symbol(fmt.Sprintf("SYM%04d", i+1))
		m.index[symbol] = i
		m.cells[i].quote = market.Quote{Symbol: symbol, Source: source}
	}
	return m, nil
}

// Run plays the market until ctx is done, and returns nil then. Each update that
// changes a wanted field is passed to watch, unless that is nil, by the number
// of its symbol; the record that Append gives inside watch is that update's. The
// market waits for watch, and skips what it cannot catch up.
func (m *Market) Run(ctx context.Context, watch func(i int)) error {
	m.watch = watch
	if err := m.source.Run(ctx, m); !errors.Is(err, context.Cause(ctx)) {
		return fmt.Errorf("run market: %w", err)
	}
	return nil
}

// Open plays the opening records, which every run begins with, and returns.
func (m *Market) Open(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return m.Run(ctx, nil)
}

// Connected implements feed.Sink.
func (m *Market) Connected() {}

// Alive implements feed.Sink.
func (m *Market) Alive() {}

// Reject implements feed.Sink.
func (m *Market) Reject(error, []byte) {}

// Update implements feed.Sink.
func (m *Market) Update(u *market.Update) {
	i, known := m.index[u.Symbol]
	if !known {
		return
	}
	c := &m.cells[i]
	now := time.Now().UnixMicro()
	c.mu.Lock()
	news := c.foldLocked(u, now) & m.fields
	seq := c.quote.Seq
	c.mu.Unlock()
	m.quotes.Add(1)
	// As in the product, every update is news to those who want all fields.
	if news == 0 && m.fields != market.AllValues {
		return
	}
	m.news[i].Store(seq)
	if m.watch != nil {
		m.watch(i)
	}
}

// foldLocked makes the next record and returns the fields that changed.
func (c *cell) foldLocked(u *market.Update, now int64) market.Fields {
	q := &c.quote
	q.Seq++
	q.TS, q.Recv = u.TS, now
	var changed market.Fields
	for f := range market.NumValues {
		if u.Set.Has(f) && (q.Values[f] != u.Values[f] || !q.Known.Has(f)) {
			q.Values[f] = u.Values[f]
			changed = changed.With(f)
		}
	}
	q.Known |= changed
	return changed
}

// Symbols returns how many symbols there are.
func (m *Market) Symbols() int { return len(m.cells) }

// Symbol returns the name of a symbol.
func (m *Market) Symbol(i int) string { return string(m.cells[i].quote.Symbol) }

// Quotes returns how many updates were taken in.
func (m *Market) Quotes() uint64 { return m.quotes.Load() }

// News returns the Seq of the newest update of a symbol that changed a wanted
// field, 0 if there is none. A reader that was sent this Seq or a higher one has
// seen it.
func (m *Market) News(i int) uint64 { return m.news[i].Load() }

// Append appends the newest record of a symbol, encoded, and returns its Seq.
func (m *Market) Append(dst []byte, i int) ([]byte, uint64) {
	c := &m.cells[i]
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.encodedSeq != c.quote.Seq {
		c.encoded = wire.JSON.AppendQuote(c.encoded[:0], &c.quote, m.fields.With(market.SourceField), nil)
		c.encodedSeq = c.quote.Seq
	}
	return append(dst, c.encoded...), c.quote.Seq
}

// AppendEvent appends a quotes event with one record: the newest of a symbol.
func (m *Market) AppendEvent(dst []byte, i int) []byte {
	start := len(dst)
	dst = wire.JSON.OpenQuotes(dst, cursor, 1)
	dst, _ = m.Append(dst, i)
	return wire.JSON.CloseQuotes(dst, start, 1)
}
