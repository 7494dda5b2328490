package book

import (
	"crypto/rand"
	"errors"
	"hash/maphash"
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ticker/market"
)

const (
	// shardsPerCore makes far more locks than there are cores, so that two writers,
	// or a writer and a reader, rarely meet; and few enough that a reader of fifty
	// cells finds several under one lock.
	shardsPerCore = 8
	// cellNumberBits are for the number of a cell in its ID, the rest for its shard.
	cellNumberBits = 48

	// defaultMaxSymbols bounds the book: a cell takes about 1 KB with its
	// encoded records.
	defaultMaxSymbols = 250_000
)

// ErrFull reports that the book holds its limit of symbols.
var ErrFull = errors.New("the book holds its limit of symbols")

// Encode appends the fields in set of a quote, and an envelope unless it is nil,
// in one of the codecs.
type Encode func(codec uint8, dst []byte, q *market.Quote, set market.Fields, trades *market.Envelope) []byte

// Config says how a Book is made. The zero value of a field means its default.
type Config struct {
	// MaxSymbols bounds the cells, those that wait for a first quote included.
	MaxSymbols int
	// Encode turns records into the bytes that Append hands out.
	Encode Encode
	// Sampling makes samples for a history; nil makes none.
	Sampling *Sampling
	// Now reads the clock; time.Now by default.
	Now func() time.Time
}

// Book holds the cells of all symbols. Make one with New.
type Book struct {
	encode     Encode
	fire       func(Fired)
	now        func() time.Time
	epoch      string
	maxSymbols int64

	seed   maphash.Seed
	start  time.Time // what the monotonic times of cells count from
	stamp  atomic.Uint64
	safe   atomic.Uint64
	cells  atomic.Int64
	nextID atomic.Uint64
	// newcomers counts who wants the trades of symbols that are yet to appear.
	newcomers atomic.Int64
	roster    Roster
	shards    []shard  // a power of two of them
	sampler   *sampler // nil without

	sourcesMu sync.Mutex
	sources   atomic.Pointer[[]string]
}

// shard holds the cells whose symbols hash to it, padded to whole cache lines
// so that neighbours do not slow each other.
type shard struct {
	mu     sync.Mutex
	cells  map[market.Symbol]*Cell
	free   [][]*Arm // lists to arm with again, see Recycle
	recent recent

	open  []*Cell         // those that changed since their last sample
	taken []market.Sample // for whoever calls Samples

	firstID uint64 // what IDs of its cells begin after
}

// New makes an empty book. It starts nothing.
func New(cfg Config) *Book {
	b := &Book{
		encode:     cfg.Encode,
		fire:       func(Fired) {},
		now:        cfg.Now,
		epoch:      rand.Text()[:10],
		maxSymbols: int64(cfg.MaxSymbols),
		seed:       maphash.MakeSeed(),
	}
	if b.maxSymbols <= 0 {
		b.maxSymbols = defaultMaxSymbols
	}
	if b.now == nil {
		b.now = time.Now
	}
	b.start = b.now()
	b.sources.Store(&[]string{})
	b.shards = make([]shard, 1<<bits.Len(uint(shardsPerCore*runtime.GOMAXPROCS(0)-1)))
	for i := range b.shards {
		b.shards[i].cells = make(map[market.Symbol]*Cell)
		b.shards[i].firstID = uint64(i) << cellNumberBits
	}
	b.sampler = newSampler(cfg.Sampling)
	return b
}

// Notify sets who takes the readers that were armed on a cell when it changed.
// It must be called before the first Apply. fire must not block: a feed waits.
func (b *Book) Notify(fire func(Fired)) { b.fire = fire }

// Epoch names the life of this book: sequences and stamps of two epochs have
// nothing to do with each other.
func (b *Book) Epoch() string { return b.epoch }

// Roster lists the symbols that have data.
func (b *Book) Roster() *Roster { return &b.roster }

// Since returns the microseconds of this book's monotonic clock, which the
// acceptance times in Got count in.
func (b *Book) Since() int64 { return b.micros(b.now()) }

func (b *Book) micros(now time.Time) int64 { return now.Sub(b.start).Microseconds() }

// Line registers a connection of a feed by the feed's name and returns a number
// of its own for it.
func (b *Book) Line(name string) market.SourceID {
	b.sourcesMu.Lock()
	defer b.sourcesMu.Unlock()
	return b.addSourceLocked(name)
}

// Source returns the number of the first line of a feed, which it registers if
// there is none.
func (b *Book) Source(name string) market.SourceID {
	b.sourcesMu.Lock()
	defer b.sourcesMu.Unlock()
	names := *b.sources.Load()
	if i := slices.Index(names, name); i >= 0 {
		return market.SourceID(i)
	}
	return b.addSourceLocked(name)
}

func (b *Book) addSourceLocked(name string) market.SourceID {
	names := append(slices.Clone(*b.sources.Load()), name)
	b.sources.Store(&names)
	return market.SourceID(len(names) - 1)
}

func (b *Book) sourceName(id market.SourceID) string {
	names := *b.sources.Load()
	if int(id) < len(names) {
		return names[id]
	}
	return ""
}

func (b *Book) shardOf(symbol market.Symbol) *shard {
	return &b.shards[maphash.String(b.seed, string(symbol))&uint64(len(b.shards)-1)]
}

// Apply folds one update into its symbol's record. It keeps no pointer to u.
func (b *Book) Apply(u *market.Update) market.Outcome {
	now := u.At
	if now.IsZero() {
		now = b.now()
	}
	sh := b.shardOf(u.Symbol)
	sh.mu.Lock()
	c := sh.cells[u.Symbol]
	if c == nil {
		if c = b.addLocked(sh, u.Symbol); c == nil {
			sh.mu.Unlock()
			return market.Full
		}
	}
	wall := now.UnixMicro()
	if outcome := c.judgeLocked(u, wall); outcome != market.Accepted {
		sh.mu.Unlock()
		return outcome
	}
	stamp := b.stamp.Add(1)
	c.foldLocked(u, wall, stamp)
	fired, newcomers := b.publishLocked(c, now, stamp)
	sh.mu.Unlock()

	b.announce(fired, newcomers)
	return market.Accepted
}

// publishLocked makes a folded record visible and takes the readers away that
// waited for it, and those that waited for a new symbol if it is one. A symbol
// is in the roster before its shard's lock is free, so that Safe covers it.
func (b *Book) publishLocked(c *Cell, now time.Time, stamp uint64) (fired, newcomers Fired) {
	first := c.seq.Load() == 0
	c.at = b.micros(now)
	c.seq.Store(c.quote.Seq)
	fired = Fired{cell: c, arms: c.armed}
	c.armed = nil
	if first {
		c.shard.recent.add(c, stamp)
		newcomers.arms = b.roster.add(c)
	} else {
		c.shard.recent.touch(c, stamp)
	}
	return fired, newcomers
}

// announce wakes readers, with no lock held.
func (b *Book) announce(lists ...Fired) {
	for _, f := range lists {
		if len(f.arms) > 0 {
			b.fire(f)
		}
	}
}

// MarkStale tells every symbol whose newest update came from the source that
// it is disconnected or silent, and returns how many records changed.
func (b *Book) MarkStale(source market.SourceID, reason market.Reason) int {
	return b.MarkStaleAt(source, reason, 0)
}

// MarkStaleAt is MarkStale with a time of acceptance for the records, in microseconds
// since the Unix epoch, for a book that shows what was a while ago; 0 is now.
func (b *Book) MarkStaleAt(source market.SourceID, reason market.Reason, recv int64) int {
	u := market.Update{
		Set:    market.Fields(0).With(market.StatusField),
		Status: market.Stale, Reason: reason, Source: source, Recv: recv,
	}
	changed := 0
	for _, c := range b.roster.all() {
		if b.mark(c, &u) {
			changed++
		}
	}
	return changed
}

// mark changes the status of a cell if the update's source was the last to
// speak for it. It bypasses the order of channels: a status has none.
func (b *Book) mark(c *Cell, u *market.Update) bool {
	now := b.now()
	c.shard.mu.Lock()
	if c.source != u.Source || c.quote.Status == u.Status && c.quote.Reason == u.Reason {
		c.shard.mu.Unlock()
		return false
	}
	stamp := b.stamp.Add(1)
	c.foldLocked(u, now.UnixMicro(), stamp)
	fired, newcomers := b.publishLocked(c, now, stamp)
	c.shard.mu.Unlock()
	b.announce(fired, newcomers)
	return true
}

// Restore fills in what was known of a symbol before this book began, as stale:
// its feed has not spoken yet. It does nothing, and returns false, if the symbol
// has a record by now, or the book is full. The sequence counts anew, times stay
// as they were, and no sample is made: history has the record already.
func (b *Book) Restore(q *market.Quote) bool {
	source, now := b.Source(q.Source), b.now()
	sh := b.shardOf(q.Symbol)
	sh.mu.Lock()
	c := sh.cells[q.Symbol]
	if c == nil {
		c = b.addLocked(sh, q.Symbol)
	}
	if c == nil || c.quote.Seq > 0 {
		sh.mu.Unlock()
		return false
	}
	stamp := b.stamp.Add(1)
	c.restoreLocked(q, source, stamp)
	fired, newcomers := b.publishLocked(c, now, stamp)
	sh.mu.Unlock()
	b.announce(fired, newcomers)
	return true
}

// Stamp returns the stamp of the newest update, which readers may not see yet.
func (b *Book) Stamp() uint64 { return b.stamp.Load() }

// Safe returns the newest stamp below which every record is visible: a reader
// that looks at a cell now sees all that was stamped up to it.
func (b *Book) Safe() uint64 { return b.safe.Load() }

// AdvanceSafe brings Safe up to date. An update is stamped and made visible
// under its shard's lock, so once every lock was passed, whatever had a stamp
// before is visible.
func (b *Book) AdvanceSafe() uint64 {
	stamp := b.stamp.Load()
	if stamp == b.safe.Load() {
		return stamp
	}
	b.passLocks()
	for {
		old := b.safe.Load()
		if old >= stamp || b.safe.CompareAndSwap(old, stamp) {
			return max(old, stamp)
		}
	}
}

// passLocks returns when whatever held a shard's lock has let go of it.
func (b *Book) passLocks() {
	for i := range b.shards {
		b.shards[i].mu.Lock()
		b.shards[i].mu.Unlock() //nolint:staticcheck // passing through is the point
	}
}

// addLocked makes the cell of a new symbol, nil if the book is full.
func (b *Book) addLocked(sh *shard, symbol market.Symbol) *Cell {
	if b.cells.Add(1) > b.maxSymbols {
		b.cells.Add(-1)
		return nil
	}
	c := &Cell{shard: sh, book: b, id: sh.firstID + b.nextID.Add(1), symbol: symbol}
	c.heads = c.first[:0]
	c.quote.Symbol = symbol
	sh.cells[symbol] = c
	return c
}

// Find returns the cell of a symbol, or nil if there is none.
func (b *Book) Find(symbol market.Symbol) *Cell {
	sh := b.shardOf(symbol)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.cells[symbol]
}

// Acquire returns the cell of a symbol for a reader, and makes an empty one if
// there is none. The reader calls Release when it is done; a cell that never
// had data goes with its last reader, so that names nobody quotes cannot fill
// the book. The error is ErrFull.
func (b *Book) Acquire(symbol market.Symbol) (*Cell, error) {
	sh := b.shardOf(symbol)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	c := sh.cells[symbol]
	if c == nil {
		if c = b.addLocked(sh, symbol); c == nil {
			return nil, ErrFull
		}
	}
	c.readers++
	return c, nil
}

// Release ends what Acquire began.
func (b *Book) Release(c *Cell) {
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	c.readers--
	if c.readers == 0 && c.quote.Seq == 0 {
		delete(c.shard.cells, c.symbol)
		b.cells.Add(-1)
	}
}

// Recycle takes back a list that Fire was given, once its readers were woken.
func (b *Book) Recycle(f Fired) {
	const keep, longest = 8, 4096
	if f.cell == nil || cap(f.arms) > longest {
		return
	}
	sh := f.cell.shard
	clear(f.arms)
	sh.mu.Lock()
	if len(sh.free) < keep {
		sh.free = append(sh.free, f.arms[:0])
	}
	sh.mu.Unlock()
}
