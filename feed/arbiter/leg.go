package arbiter

import (
	"sync/atomic"

	"ticker/market"
)

// leg is one of the feeds that are joined, and the feed.Book that it fills.
type leg struct {
	arbiter *Arbiter
	index   int
	name    string
	results *counters
	symbols atomic.Int64 // that it is live for
}

// Line implements feed.Book. The number is the arbiter's own.
func (l *leg) Line(string) market.SourceID {
	return market.SourceID(l.arbiter.lines.Add(1))
}

// Apply implements feed.Book.
func (l *leg) Apply(u *market.Update) market.Outcome {
	sh := l.arbiter.shardOf(u.Symbol)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	r := sh.records[u.Symbol]
	fresh := r == nil
	if fresh {
		r = newRecord()
	}
	outcome := l.applyLocked(r, u)
	if fresh && outcome != market.Full {
		sh.records[u.Symbol] = r
	}
	return outcome
}

func (l *leg) applyLocked(r *record, u *market.Update) market.Outcome {
	if u.Set.Has(market.StatusField) && u.Status == market.Stale {
		return l.withdrawLocked(r, u)
	}
	stale := r.live == 0
	p := l.placeOf(r, u)
	result := r.judge(&p, u)
	if result == won {
		if outcome := l.arbiter.forwardLocked(r, u); outcome != market.Accepted {
			return outcome
		}
	} else if stale {
		l.arbiter.wakeLocked(r, u)
	}
	l.liveLocked(r, u.Source)
	l.results[result].Inc()
	if result == late && !p.alone {
		return market.Behind
	}
	return result.outcome()
}

// placeOf gathers what an update says of its order.
func (l *leg) placeOf(r *record, u *market.Update) place {
	at := u.At
	if at.IsZero() {
		at = l.arbiter.cfg.Now()
	}
	return place{
		leg: l.index, alone: r.live.without(l.index) == 0, link: uint64(u.Source)<<32 | uint64(u.Link),
		seq: u.Seq, ts: market.Trusted(u.TS, at.UnixMicro()), now: at.Sub(l.arbiter.began), patience: l.arbiter.cfg.Patience,
	}
}

// liveLocked notes that the leg spoke for a symbol, on one of its lines.
func (l *leg) liveLocked(r *record, line market.SourceID) {
	r.lines[l.index] = line
	if r.live.has(l.index) {
		return
	}
	r.live = r.live.with(l.index)
	if l.symbols.Add(1) == 1 {
		l.arbiter.arrived(l)
	}
}

// deadLocked notes that the leg does not speak for a symbol any more.
func (l *leg) deadLocked(r *record) {
	if r.live.has(l.index) {
		r.live = r.live.without(l.index)
		l.symbols.Add(-1)
	}
}

// withdrawLocked takes an update by which a leg calls a symbol stale itself: it
// counts for as long as no other leg is live.
func (l *leg) withdrawLocked(r *record, u *market.Update) market.Outcome {
	l.deadLocked(r)
	if r.live != 0 {
		l.results[duplicate].Inc()
		return market.Duplicate
	}
	l.results[won].Inc()
	return l.arbiter.forwardLocked(r, u)
}

// MarkStale implements feed.Book: the leg is dead for the symbols that the line
// was the last of its lines to speak for. It returns how many of them turned
// stale for that.
func (l *leg) MarkStale(line market.SourceID, reason market.Reason) int {
	a := l.arbiter
	died, changed := 0, 0
	for i := range a.shards {
		d, c := l.markShard(&a.shards[i], line, reason)
		died, changed = died+d, changed+c
	}
	if died > 0 && l.symbols.Load() == 0 {
		a.lost(l, reason)
	}
	return changed
}

// markShard marks the symbols of one shard, and counts those that the leg was
// live for and those that turned stale.
func (l *leg) markShard(sh *shard, line market.SourceID, reason market.Reason) (died, changed int) {
	u := market.Update{Set: market.Fields(0).With(market.StatusField), Status: market.Stale, Reason: reason}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for symbol, r := range sh.records {
		if !r.live.has(l.index) || r.lines[l.index] != line {
			continue
		}
		l.deadLocked(r)
		died++
		if r.live == 0 {
			u.Symbol = symbol
			l.arbiter.forwardLocked(r, &u)
			changed++
		}
	}
	return died, changed
}
