package replay

import (
	"math/bits"
	"time"

	"ticker/market"
)

// LapPause is the time between the last record of a lap and the first of the
// next, before Speed. It also keeps a loop of one record from spinning.
const LapPause = time.Second

// lap is what a loop adds to the recording, and what it needs to know of it.
// The zero lap adds nothing.
type lap struct {
	micros int64  // added to times
	seq    uint64 // added to sequences

	// Of what was played so far: receive times in nanoseconds, times in
	// microseconds, 0 if there were none; and the highest sequence.
	received, told span
	highest        uint64
}

// span is the range of some times; a time of 0 is none.
type span struct{ first, last int64 }

func (s *span) add(at int64) {
	if at == 0 {
		return
	}
	if s.first == 0 || at < s.first {
		s.first = at
	}
	s.last = max(s.last, at)
}

// note takes an update into account, as it was recorded.
func (l *lap) note(received int64, u *market.Update) {
	l.received.add(received)
	l.told.add(u.TS)
	l.highest = max(l.highest, u.Seq)
}

// next begins another lap. Without receive times a lap is as long as what the
// venue told of.
func (l *lap) next() {
	switch {
	case l.received.last != 0:
		l.micros += (l.received.last-l.received.first)/1000 + LapPause.Microseconds()
	case l.told.last != 0:
		l.micros += l.told.last - l.told.first + LapPause.Microseconds()
	}
	l.seq = saturating(l.seq, l.highest)
}

// move brings an update forward to this lap. A sequence that has no place
// above those of the laps before is given up: time orders it then.
func (l *lap) move(u *market.Update) {
	if u.TS != 0 {
		u.TS += l.micros
	}
	if u.Recv != 0 {
		u.Recv += l.micros
	}
	if u.Seq == 0 {
		return
	}
	sum, carry := bits.Add64(u.Seq, l.seq, 0)
	if carry != 0 {
		sum = 0
	}
	u.Seq = sum
}

// moment brings a receive time in nanoseconds forward to this lap.
func (l *lap) moment(at int64) int64 {
	if at == 0 {
		return 0
	}
	return at + l.micros*1000
}

func saturating(a, b uint64) uint64 {
	sum, carry := bits.Add64(a, b, 0)
	return sum | -carry
}
