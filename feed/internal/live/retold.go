package live

import (
	"sync"

	"ticker/market"
)

const (
	// maxTold bounds the different trades of one instant that are known of a symbol:
	// one order that takes what hundreds of others offer is one instant.
	maxTold = 1024
	// keptTold is the room for trades that a symbol keeps for its next instant.
	keptTold = 16
	// maxTraded bounds the symbols, as the parsers bound the names that they know.
	maxTraded = 1 << 15
)

// retold tells trades that are new from those that a venue without sequences tells
// again. It knows the trades of each symbol's newest instant: what is older is told
// again, or too late. It belongs to the Source, so that a symbol may change its line.
// What it has no room for is taken for new.
type retold struct {
	wall    func() int64 // the clock of this machine, in microseconds
	mu      sync.Mutex
	symbols map[market.Symbol]*instant
}

// trade is what equal trades of one symbol and instant have in common.
type trade struct {
	price, size market.Decimal
	mark        uint64 // Marker.Mark
}

// origin tells messages apart.
type origin struct {
	line    int
	message uint64
}

// instant is what was told of the newest instant of a symbol.
type instant struct {
	ts   int64
	from origin // of what is told now
	told []tally
}

// tally is how often a trade was told.
type tally struct {
	trade
	most int // by one message
	now  int // by the one that is read now
}

func newRetold(wall func() int64) *retold {
	return &retold{wall: wall, symbols: make(map[market.Symbol]*instant)}
}

// again reports whether a trade at ts was told before, and notes it.
func (r *retold) again(symbol market.Symbol, ts int64, t trade, from origin) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	in := r.symbols[symbol]
	if in == nil {
		if len(r.symbols) == maxTraded {
			return false
		}
		in = &instant{ts: ts, from: from}
		r.symbols[symbol] = in
	}
	if ts < in.ts && !market.Corrected(in.ts, ts, r.wall()) {
		return true
	}
	in.turn(ts, from)
	return in.again(t)
}

// turn goes on to another instant, and to another message.
func (in *instant) turn(ts int64, from origin) {
	if ts != in.ts {
		in.ts = ts
		if cap(in.told) > keptTold {
			in.told = nil
		}
		in.told = in.told[:0]
	}
	if from != in.from {
		in.from = from
		for i := range in.told {
			in.told[i].now = 0
		}
	}
}

// again notes a trade of this instant. Equal ones with a mark are one trade. Without
// a mark those of one message are several, and as many in another are the same.
func (in *instant) again(t trade) bool {
	for i := range in.told {
		y := &in.told[i]
		if !y.equal(t) {
			continue
		}
		y.now++
		if t.mark != 0 || y.now <= y.most {
			return true
		}
		y.most = y.now
		return false
	}
	if len(in.told) < maxTold {
		in.told = append(in.told, tally{trade: t, most: 1, now: 1})
	}
	return false
}

func (t *trade) equal(o trade) bool {
	return t.mark == o.mark && t.price.Equal(o.price) && t.size.Equal(o.size)
}
