package composite

import "ticker/market"

// leg is one of the feeds that are joined, as the feed.Book that it fills.
type leg struct {
	composite *Composite
	index     int
}

// Line implements feed.Book. The number is the composite's own.
func (l *leg) Line(string) market.SourceID {
	return market.SourceID(l.composite.lines.Add(1))
}

// Apply implements feed.Book.
func (l *leg) Apply(u *market.Update) market.Outcome {
	c := l.composite
	at := u.At
	if at.IsZero() {
		at = c.cfg.Now()
	}
	sh := c.shardOf(u.Symbol)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	r := sh.records[u.Symbol]
	if r == nil {
		r = newRecord()
	}
	if outcome := r.apply(l.index, u, at.UnixMicro()); outcome != market.Accepted {
		return outcome
	}
	v := c.composeLocked(r)
	if r.place == 0 && v.status == market.Stale {
		return market.Accepted // the end of what never was
	}
	outcome := c.tellLocked(sh, r, &v, u)
	if r.place > 0 {
		sh.records[u.Symbol] = r
	}
	return outcome
}

// MarkStale implements feed.Book: the leg is left out of the symbols that the
// line was the last of its lines to speak for. It returns for how many of them
// the book was told something.
func (l *leg) MarkStale(line market.SourceID, reason market.Reason) int {
	changed := 0
	for i := range l.composite.shards {
		changed += l.markShard(&l.composite.shards[i], line, reason)
	}
	return changed
}

func (l *leg) markShard(sh *shard, line market.SourceID, reason market.Reason) int {
	c, changed := l.composite, 0
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for symbol, r := range sh.records {
		if l.index >= len(r.legs) {
			continue
		}
		q := &r.legs[l.index]
		if !q.live || q.line != line {
			continue
		}
		q.die()
		r.reason = reason
		v, before := c.composeLocked(r), r.place
		c.tellLocked(sh, r, &v, &market.Update{Symbol: symbol})
		if r.place > before {
			changed++
		}
	}
	return changed
}
