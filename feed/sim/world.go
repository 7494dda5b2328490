package sim

import (
	"fmt"
	"math/rand/v2"

	"ticker/market"
)

const (
	// tickScale makes a tick 0.01.
	tickScale = 2
	// tradesPercent is the share of trades among the updates.
	tradesPercent = 30
	// maxSpread is the widest spread in ticks.
	maxSpread = 5

	// Levels that prices move around, in ticks.
	lowestLevel  = 10_00
	highestLevel = 500_00

	quoteLots = 20 // sizes of quotes are 1 to 20 lots
	lot       = 100
	tradeMost = 500 // sizes of trades are 1 to 500
)

// world is a market: where its prices are, and what happens next.
type world struct {
	random      *rand.PCG
	activity    zipf
	instruments []instrument
}

// instrument is the state of one symbol; prices are in ticks.
type instrument struct {
	symbol      market.Symbol
	level, band int64 // the bid stays within level ± band
	bid, spread int64
	high, low   int64
	volume      int64
}

func newWorld(cfg Config) *world {
	active := cfg.Active
	if active == 0 {
		active = cfg.Symbols
	}
	w := &world{
		random:      rand.NewPCG(cfg.Seed, 0),
		activity:    newZipf(active),
		instruments: make([]instrument, cfg.Symbols),
	}
	for i := range w.instruments {
		d := dice(w.random.Uint64())
		level := lowestLevel + int64(w.random.Uint64()%(highestLevel-lowestLevel+1))
		w.instruments[i] = instrument{
			symbol: market.Symbol(fmt.Sprintf("SYM%04d", i+1)),
			level:  level, band: level / 4,
			bid: level, spread: d.upTo(maxSpread),
			high: level, low: level,
		}
	}
	return w
}

// next makes the next update of the market, all but its times.
func (w *world) next(u *market.Update) {
	i := &w.instruments[w.activity.rank(w.random.Uint64())]
	d := dice(w.random.Uint64())
	u.Symbol, u.Set, u.Trade = i.symbol, 0, false
	if d.upTo(100) <= tradesPercent {
		i.trade(&d, u)
	} else {
		i.quote(&d, u)
	}
}

// first makes the update that opens the record of a symbol: all fields, and no
// trade.
func (w *world) first(rank int, u *market.Update) {
	i := &w.instruments[rank]
	u.Symbol, u.Set, u.Trade = i.symbol, 0, false
	i.put(u, lot, lot)
	u.Put(market.LastSize, market.NewDecimal(lot, 0))
	u.Put(market.Volume, market.NewDecimal(0, 0))
	for _, f := range [...]market.Field{market.Last, market.Open, market.High, market.Low} {
		u.Put(f, price(i.level))
	}
}

// quote moves the bid by a tick or not at all, and draws spread and sizes.
func (i *instrument) quote(d *dice, u *market.Update) {
	const half = 128
	// The pull towards the level grows with the distance: up and down are as
	// likely at the level, and at the edge of the band the way out is closed.
	pull := half / 2 * (i.bid - i.level) / i.band
	switch roll := d.upTo(2 * half); {
	case roll <= half/2-pull:
		i.bid++
	case roll > 2*half-half/2-pull:
		i.bid--
	}
	i.spread = d.upTo(maxSpread)
	i.put(u, lot*d.upTo(quoteLots), lot*d.upTo(quoteLots))
}

// put sets the top of the book.
func (i *instrument) put(u *market.Update, bidSize, askSize int64) {
	u.Put(market.Bid, price(i.bid))
	u.Put(market.BidSize, market.NewDecimal(bidSize, 0))
	u.Put(market.Ask, price(i.bid+i.spread))
	u.Put(market.AskSize, market.NewDecimal(askSize, 0))
}

// trade prints at the bid or the ask.
func (i *instrument) trade(d *dice, u *market.Update) {
	last, size := i.bid, d.upTo(tradeMost)
	if d.upTo(2) == 1 {
		last += i.spread
	}
	i.volume += size
	u.Trade = true
	u.Put(market.Last, price(last))
	u.Put(market.LastSize, market.NewDecimal(size, 0))
	u.Put(market.Volume, market.NewDecimal(i.volume, 0))
	if last > i.high {
		i.high = last
		u.Put(market.High, price(last))
	}
	if last < i.low {
		i.low = last
		u.Put(market.Low, price(last))
	}
}

func price(ticks int64) market.Decimal { return market.NewDecimal(ticks, tickScale) }

// dice is 64 random bits, enough for five throws of 12 bits each.
type dice uint64

// upTo returns a number from 1 to n, which is far below 4,096.
func (d *dice) upTo(n int64) int64 {
	roll := int64(*d & 0xfff)
	*d >>= 12
	return 1 + roll*n>>12
}
