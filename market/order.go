package market

import "time"

// MaxLead is how far ahead of this machine's clock a time at a source may be and still
// put updates in order. A time from beyond would have all that follows taken for old
// until this clock has caught up: for so long, and no longer, can one bad time upstream
// hold up a symbol.
const MaxLead = 5 * time.Second

// Trusted returns a time at a source, in microseconds, if updates may be ordered by it,
// else 0. The other is the time of this machine.
func Trusted(ts, wall int64) int64 {
	if ts-wall > MaxLead.Microseconds() {
		return 0
	}
	return ts
}

// Corrected reports whether a time at a source is behind the one before only because
// that one was from too far ahead of this machine's clock, which this one is not.
func Corrected(before, ts, wall int64) bool {
	return ts < before && Trusted(before, wall) == 0 && Trusted(ts, wall) == ts
}

// restartRun is how many updates in a row have to follow another numbering on one
// connection for it to be the one that counts. Trades that are told again after a
// reconnection are as many, but have old times.
const restartRun = 8

// Order is the newest accepted place of one source on one channel of a symbol. The zero
// value is before everything.
type Order struct {
	link uint64 // the connection that it came on
	seq  uint64
	ts   int64
	// What may be another numbering on the same connection: how many updates followed
	// it in a row, and the last of them.
	run  uint8
	last uint64
}

// Judge decides whether an update is the next in order, or late, or a duplicate, and
// notes its place if it is accepted. The link tells the connections of the source
// apart; wall is the time of this machine, in microseconds.
//
// Updates are in the order of their sequences, else of their times; what has neither is
// accepted. Equal ones are accepted, too, but for a trade with the same sequence. A lower
// sequence counts anew if it is later by its time: on another connection at once, where
// no time will do as well, on the same one if eight in a row say so.
func (o *Order) Judge(u *Update, link uint64, wall int64) Outcome {
	switch {
	case u.Seq != 0 && o.seq != 0:
		if u.Seq < o.seq && !o.countsAnew(u, link, wall) {
			return Late
		}
		if u.Seq == o.seq && u.Trade {
			return Duplicate
		}
	case u.TS != 0 && u.TS < Trusted(o.ts, wall):
		return Late
	}
	o.link, o.run = link, 0
	if u.Seq != 0 {
		o.seq = u.Seq
	}
	if u.TS != 0 {
		o.ts = u.TS
	}
	return Accepted
}

// countsAnew reports whether a lower sequence is a fresh start of the source and not an
// old message.
func (o *Order) countsAnew(u *Update, link uint64, wall int64) bool {
	timeless := u.TS == 0 || o.ts == 0
	later := !timeless && (u.TS > o.ts || Corrected(o.ts, u.TS, wall))
	if link != o.link {
		return timeless || later
	}
	switch {
	case !later:
		o.run = 0
	case o.run > 0 && u.Seq < o.last:
		o.run = 1
	default:
		o.run++
	}
	o.last = u.Seq
	return o.run == restartRun
}
