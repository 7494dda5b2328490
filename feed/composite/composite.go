package composite

import (
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ticker/feed"
	"ticker/market"
)

const (
	// MaxLegs is the most legs that a Composite has. The book gets a source for
	// each pair of them that ever made a quote.
	MaxLegs = 8

	// numShards bounds how long a leg that is lost keeps the others waiting: its
	// symbols are marked one shard at a time.
	numShards = 64
)

// Config says what a Composite is made of. Name and Book are required.
type Config struct {
	// Name is the metric label, and what the `source` of the quotes begins with.
	Name string
	Book feed.Book
	// Metrics counts; nil counts for nobody.
	Metrics *Metrics
	// Now reads the clock for updates that do not say when they were accepted;
	// time.Now if nil.
	Now func() time.Time
}

// Composite joins legs. Make one with New.
type Composite struct {
	cfg    Config
	lines  atomic.Uint32
	seed   maphash.Seed
	shards [numShards]shard

	mu       sync.Mutex // may be taken while a shard's is held
	names    []string
	counters [MaxLegs]*counters // each is set before its leg speaks
	pairs    [MaxLegs + 1][MaxLegs + 1]atomic.Uint32
}

// shard holds the records whose symbols hash to it.
type shard struct {
	mu      sync.Mutex
	records map[market.Symbol]*record
	update  market.Update // what the book is given; here it costs no allocation
}

// New builds a Composite without legs and starts nothing. The error names what
// is wrong with the configuration.
func New(cfg Config) (*Composite, error) {
	switch {
	case cfg.Name == "":
		return nil, errors.New("configure composite: no name")
	case cfg.Book == nil:
		return nil, fmt.Errorf("configure composite %q: no book", cfg.Name)
	}
	if cfg.Metrics == nil {
		cfg.Metrics = NewMetrics(nil)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	c := &Composite{cfg: cfg, seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].records = make(map[market.Symbol]*record)
	}
	return c, nil
}

// Leg adds a leg and returns it as the book of its feed. The name is the feed's,
// a metric label and a part of `source`. The error tells that the name is empty
// or taken, or that there are MaxLegs already.
func (c *Composite) Leg(name string) (feed.Book, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case name == "":
		return nil, fmt.Errorf("add leg to %q: no name", c.cfg.Name)
	case slices.Contains(c.names, name):
		return nil, fmt.Errorf("add leg to %q: %q is there already", c.cfg.Name, name)
	case len(c.names) == MaxLegs:
		return nil, fmt.Errorf("add leg %q to %q: it has %d already", name, c.cfg.Name, MaxLegs)
	}
	l := &leg{composite: c, index: len(c.names)}
	c.counters[l.index] = c.cfg.Metrics.of(c.cfg.Name, name)
	c.names = append(c.names, name)
	return l, nil
}

func (c *Composite) shardOf(symbol market.Symbol) *shard {
	return &c.shards[maphash.String(c.seed, string(symbol))%numShards]
}

// composeLocked composes a symbol anew and counts the legs that are left out
// from now on.
func (c *Composite) composeLocked(r *record) view {
	v, now := r.compose()
	for i := range r.legs {
		q := &r.legs[i]
		if now[i] != q.standing && now[i] != counts {
			c.counters[i][now[i]].Inc()
		}
		q.standing = now[i]
	}
	return v
}

// tellLocked gives a view to the book, and the trade if u is one. It does
// nothing if the book knows it already.
func (c *Composite) tellLocked(sh *shard, r *record, v *view, u *market.Update) market.Outcome {
	if v.same(&r.told) && !traded(u) {
		return market.Accepted
	}
	out := &sh.update
	*out = market.Update{Symbol: u.Symbol, TS: u.TS, Recv: u.Recv, At: u.At, Link: 1, Seq: r.place + 1}
	out.Source = c.pair(v.bidLeg, v.askLeg)
	if v.status == market.Live {
		putSide(out, &v.bid, market.Bid, market.BidSize)
		putSide(out, &v.ask, market.Ask, market.AskSize)
	}
	if traded(u) {
		putTrade(out, u)
	}
	// Without it an update makes a stale record live, and a halted one stays so.
	if v.status != market.Live || r.told.status != market.Live {
		out.Set = out.Set.With(market.StatusField)
		out.Status, out.Reason = v.status, v.reason
	}
	outcome := c.cfg.Book.Apply(out)
	if outcome == market.Accepted {
		r.place++
		r.told = *v
	}
	return outcome
}

func putSide(out *market.Update, s *side, price, size market.Field) {
	if s.known {
		out.Put(price, s.price)
	}
	if s.sized {
		out.Put(size, s.size)
	}
}

// traded reports whether an update is a trade, or stands for some.
func traded(u *market.Update) bool { return u.Trade || u.Trades != nil }

func putTrade(out, u *market.Update) {
	out.Trade, out.Trades = u.Trade, u.Trades
	for _, f := range [...]market.Field{market.Last, market.LastSize} {
		if u.Set.Has(f) {
			out.Put(f, u.Values[f])
		}
	}
}

// pair returns the source of the book that stands for two legs.
func (c *Composite) pair(bidLeg, askLeg int) market.SourceID {
	known := &c.pairs[bidLeg+1][askLeg+1]
	if id := known.Load(); id != 0 {
		return market.SourceID(id - 1)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known.Load() == 0 {
		name := c.cfg.Name + ":" + c.nameLocked(bidLeg) + "/" + c.nameLocked(askLeg)
		known.Store(uint32(c.cfg.Book.Line(name)) + 1)
	}
	return market.SourceID(known.Load() - 1)
}

func (c *Composite) nameLocked(leg int) string {
	if leg == nobody {
		return ""
	}
	return c.names[leg]
}
