package throttle

import (
	"time"

	"golang.org/x/time/rate"
)

// The bounds of a turn: a record or two, and what is worth a write of its own.
const (
	leastTurn = 256
	mostTurn  = 16 << 10
)

// Bandwidth caps the bytes that one client is sent. What goes out is noted when
// it does, whether or not there was room: what could not wait, such as an answer,
// is made up for by a pause.
type Bandwidth struct {
	bucket *rate.Limiter
	epoch  time.Time
	rate   int64
}

// maxBandwidth is above any link; more is as good as no cap.
const maxBandwidth = 1 << 40

// NewBandwidth allows so many bytes a second from now on, at least one. Room that
// is not used adds up for as long as span, at least a second: it must hold what is
// sent at one time to a client that takes something once in a span.
func NewBandwidth(perSecond int64, now, span time.Duration) *Bandwidth {
	perSecond = min(max(perSecond, 1), maxBandwidth)
	b := &Bandwidth{rate: perSecond, bucket: rate.NewLimiter(rate.Limit(perSecond), 1)}
	b.Spend(now, 1) // it begins empty
	b.Span(now, span)
	return b
}

// Span sets for how long room adds up.
func (b *Bandwidth) Span(now, span time.Duration) {
	burst := int64(float64(b.rate) * max(span, time.Second).Seconds())
	b.bucket.SetBurstAt(b.epoch.Add(now), int(max(burst, 2*b.Turn())))
}

// Room returns how many bytes may be sent now; it is negative while more was sent.
func (b *Bandwidth) Room(now time.Duration) int64 {
	return int64(b.bucket.TokensAt(b.epoch.Add(now)))
}

// Spend notes bytes that were sent.
func (b *Bandwidth) Spend(now time.Duration, bytes int) {
	for burst := b.bucket.Burst(); bytes > 0; bytes -= burst {
		b.bucket.ReserveN(b.epoch.Add(now), min(bytes, burst))
	}
}

// Turn returns how many bytes there should be room for before anything is sent:
// a sixteenth of a second, within bounds.
func (b *Bandwidth) Turn() int64 { return min(max(b.rate/16, leastTurn), mostTurn) }

// Due returns when there will be room for a turn, if nothing is sent until then.
func (b *Bandwidth) Due(now time.Duration) time.Duration {
	missing := float64(b.Turn()) - b.bucket.TokensAt(b.epoch.Add(now))
	if missing <= 0 {
		return now
	}
	return now + time.Duration(missing/float64(b.rate)*float64(time.Second)) + time.Microsecond
}
