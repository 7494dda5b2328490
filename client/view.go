package client

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"ticker/market"
	"ticker/wire"
)

// maxViewSymbols bounds a View. A symbol beyond it is dropped and counted.
const maxViewSymbols = 100_000

// View keeps the newest record of every symbol that it is given. It is where
// conflation goes on inside a program: whoever looks at it, at whatever pace,
// sees the newest values and never a queue.
//
// Give its Apply to Config.OnQuotes, wait on Changed, and read Quotes:
//
//	for {
//		changed := view.Changed()
//		show(view.Quotes(nil))
//		<-changed
//	}
//
// Whoever must not miss what happened in between, the extremes and the volume of
// trades, takes the changes out with Take instead.
//
// Its methods may be called by any number of goroutines.
type View struct {
	mu      sync.Mutex
	epoch   string
	rows    map[market.Symbol]*row
	sorted  []*row        // by symbol; nil when a row came or went
	fresh   []*row        // those that changed since they were taken, in that order
	changed chan struct{} // nil if nobody waits
	stats   ViewStats
}

type row struct {
	quote  market.Quote
	grants uint64           // those of the batch that the record came in
	fresh  bool             // it stands in the list of that name
	trades *market.Envelope // since it was taken; nil if there was no envelope
}

// ViewStats counts what a View was given.
type ViewStats struct {
	// Symbols is how many the view holds.
	Symbols int
	// Records were merged; Conflated is how many updates besides they stand for.
	Records, Conflated uint64
	// OutOfOrder counts records that were not newer than what the view held,
	// and no repetition that a subscribe explains. They were passed over.
	OutOfOrder uint64
	// Dropped counts records of symbols beyond the bound of 100,000.
	Dropped uint64
}

// NewView returns an empty view.
func NewView() *View { return &View{rows: make(map[market.Symbol]*row)} }

// Apply merges a batch. A batch of another epoch than the one before empties
// the view first: the book that its records came from is gone.
func (v *View) Apply(b Batch) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if b.Epoch != v.epoch {
		clear(v.rows)
		v.sorted, v.fresh = nil, nil
		v.epoch = b.Epoch
	}
	for i := range b.Records {
		v.mergeLocked(&b.Records[i], b.Grants)
	}
	if v.changed != nil {
		close(v.changed)
		v.changed = nil
	}
}

func (v *View) mergeLocked(r *wire.Record, grants uint64) {
	held := v.rows[r.Symbol]
	switch {
	case held == nil && len(v.rows) == maxViewSymbols:
		v.stats.Dropped++
		return
	case held == nil:
		held = new(row)
		v.rows[r.Symbol] = held
		v.sorted = nil
	case r.Seq < held.quote.Seq, r.Seq == held.quote.Seq && grants == held.grants:
		v.stats.OutOfOrder++
		return
	case r.Seq > held.quote.Seq:
		v.stats.Conflated += r.Seq - held.quote.Seq - 1
	}
	r.MergeInto(&held.quote)
	held.grants = grants
	v.stats.Records++
	if !held.fresh {
		held.fresh = true
		v.fresh = append(v.fresh, held)
	}
	if r.Envelope != nil {
		held.add(r.Envelope)
	}
}

// add merges an envelope, which others may hold, into that of the row.
func (r *row) add(e *market.Envelope) {
	if r.trades == nil {
		r.trades = new(market.Envelope)
	}
	r.trades.Merge(e)
}

// Take appends a record of every symbol that changed since Take was last called, in
// the order in which they changed, and returns dst. Each is whole, and its Envelope
// is that of all trades since then, so that the extremes, the numbers and the
// volumes that are taken are those that the service sent, at whatever pace; nil if
// no envelope came. One goroutine should take: each record is taken once.
//
// An epoch that ends takes along what was not taken.
func (v *View) Take(dst []wire.Record) []wire.Record {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, held := range v.fresh {
		set := held.quote.Known.With(market.StatusField)
		if held.quote.Source != "" {
			set = set.With(market.SourceField)
		}
		dst = append(dst, wire.Record{Quote: held.quote, Set: set, Envelope: held.trades})
		held.fresh, held.trades = false, nil
	}
	clear(v.fresh)
	v.fresh = v.fresh[:0]
	return dst
}

// Forget drops symbols, of which a later record begins anew: after an
// unsubscribe, or when a subscription was narrowed to fewer fields and the
// others would stand still.
func (v *View) Forget(symbols ...market.Symbol) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range symbols {
		delete(v.rows, s)
	}
	v.sorted = nil
	v.fresh = slices.DeleteFunc(v.fresh, func(r *row) bool { return v.rows[r.quote.Symbol] != r })
}

// Changed returns a channel that is closed at the next batch. Ask for it before
// you read, or you may miss one.
func (v *View) Changed() <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.changed == nil {
		v.changed = make(chan struct{})
	}
	return v.changed
}

// Quote returns the record of one symbol, and whether there is one.
func (v *View) Quote(s market.Symbol) (market.Quote, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	held := v.rows[s]
	if held == nil {
		return market.Quote{}, false
	}
	return held.quote, true
}

// Quotes appends all records to dst, sorted by symbol, and returns it.
func (v *View) Quotes(dst []market.Quote) []market.Quote {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.sorted == nil {
		v.sorted = slices.SortedFunc(maps.Values(v.rows), func(a, b *row) int {
			return cmp.Compare(a.quote.Symbol, b.quote.Symbol)
		})
	}
	for _, held := range v.sorted {
		dst = append(dst, held.quote)
	}
	return dst
}

// Stats returns what was counted so far.
func (v *View) Stats() ViewStats {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stats.Symbols = len(v.rows)
	return v.stats
}
