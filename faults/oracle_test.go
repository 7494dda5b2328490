package faults_test

import (
	"fmt"
	"strconv"
	"time"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

// maxFaults is how many faults an account tells of: the first ones say it all.
const maxFaults = 10

// account is what one watcher was sent, held against what may be sent. It is pure:
// the rounds that were begun are passed in.
type account struct {
	// relayed says that records come by way of an engine. Where that fails the number of
	// trades stays exact, and their prices may not.
	relayed bool

	epoch, session string
	entries        map[market.Symbol]*entry
	faults         []string
	records        int
	oldest         time.Duration // the age of the oldest record when it was read
	stales         int           // records that were stale
	widened        int           // the most that intervals were widened
}

// entry is what it was sent of one symbol in the present epoch.
type entry struct {
	records      int
	seq, grants  uint64
	round        int64
	status       market.Status
	base, trades int64 // the round before the first trade that was told of; their number
	high         int64 // of all trades that were told of
}

func newAccount() *account { return &account{entries: make(map[market.Symbol]*entry)} }

func (a *account) fault(format string, args ...any) {
	if len(a.faults) < maxFaults {
		a.faults = append(a.faults, fmt.Sprintf(format, args...))
	}
}

// note takes one batch; no round beyond tried was begun when it was read.
func (a *account) note(b client.Batch, tried int64) {
	if b.Epoch != a.epoch {
		clear(a.entries)
	}
	a.epoch, a.session = b.Epoch, b.Session
	a.widened = max(a.widened, b.Widened)
	for i := range b.Records {
		r := &b.Records[i]
		a.records++
		if age := b.Received.Sub(time.UnixMicro(r.Recv)); r.Status == market.Live && age > a.oldest {
			a.oldest = age
		}
		a.record(r, b.Grants, tried)
	}
}

func (a *account) record(r *wire.Record, grants uint64, tried int64) {
	k, told := roundOf(r)
	if !told {
		if held := a.entries[r.Symbol]; held != nil {
			k = held.round // only its status changed
		}
	}
	held := a.entries[r.Symbol]
	if held == nil {
		held = &entry{base: k - tradesOf(r)}
		a.entries[r.Symbol] = held
	} else {
		a.follows(held, r, k, grants)
	}
	if k > tried {
		a.fault("%s: round %d was sent, and %d were pushed", r.Symbol, k, tried)
	}
	held.records++
	if r.Status == market.Stale {
		a.stales++
	}
	held.seq, held.round, held.grants = r.Seq, k, grants
	// A whole record without a status is live. One of what changed leaves out the size.
	if r.Set.Has(market.StatusField) || r.Set.Has(market.LastSize) {
		held.status = r.Status
	}
	a.envelope(held, r)
}

// follows judges a record by the one before.
func (a *account) follows(held *entry, r *wire.Record, k int64, grants uint64) {
	switch {
	case r.Seq < held.seq, r.Seq == held.seq && grants == held.grants:
		a.fault("%s: seq %d came after %d", r.Symbol, r.Seq, held.seq)
	case k < held.round:
		a.fault("%s: round %d came after %d", r.Symbol, k, held.round)
	}
}

// roundOf returns the round that a record holds; a delta that tells of a status
// has none. A record whose fields are of different rounds is of none that was
// pushed.
func roundOf(r *wire.Record) (round int64, ok bool) {
	bid, ok := r.Value(market.Bid)
	if !ok {
		return 0, false
	}
	last, _ := r.Value(market.Last)
	if !bid.Equal(last) {
		return -1, true
	}
	return number(bid), true
}

// number reads a decimal that is a whole number; any other is of no round.
func number(d market.Decimal) int64 {
	n, err := strconv.ParseInt(d.String(), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func tradesOf(r *wire.Record) int64 {
	if r.Envelope == nil {
		return 0
	}
	return int64(r.Envelope.Trades)
}

// envelope adds up trades. Each has the size 1 and the price of its round, and
// every round is one.
func (a *account) envelope(held *entry, r *wire.Record) {
	e := r.Envelope
	if e == nil || e.Trades == 0 {
		return
	}
	if e.Volume.String() != strconv.FormatUint(e.Trades, 10) {
		a.fault("%s: %d trades of %s altogether", r.Symbol, e.Trades, &e.Volume)
	}
	held.trades += int64(e.Trades)
	if a.relayed {
		if held.trades > held.round-held.base {
			a.fault("%s: %d trades in envelopes by round %d, %d were made", r.Symbol, held.trades, held.round, held.round-held.base)
		}
		return
	}
	low, high := number(e.Low), number(e.High)
	if high-low+1 != int64(e.Trades) {
		a.fault("%s: %d trades from %d to %d", r.Symbol, e.Trades, low, high)
	}
	if held.high > 0 && low != held.high+1 {
		a.fault("%s: trades to %d, then from %d on", r.Symbol, held.high, low)
	}
	held.high = high
}

// ends reports whether every symbol has reached a round, live.
func (a *account) ends(symbols []string, last int64) bool {
	for _, s := range symbols {
		held := a.entries[market.Symbol(s)]
		if held == nil || held.round != last || held.status != market.Live {
			return false
		}
	}
	return true
}

// stale reports whether every symbol is.
func (a *account) stale(symbols []string) bool {
	for _, s := range symbols {
		held := a.entries[market.Symbol(s)]
		if held == nil || held.status != market.Stale {
			return false
		}
	}
	return true
}

// expectWhole wants the envelopes of a session that was never interrupted to hold
// every trade up to a round, but for those of rounds that may have been lost.
func (a *account) expectWhole(last, lost int64) {
	for symbol, held := range a.entries {
		if missing := last - held.base - held.trades; missing < 0 || missing > lost {
			a.fault("%s: %d trades in envelopes, %d were made", symbol, held.trades, last-held.base)
		}
	}
}
