package feed

import (
	"errors"
	"time"
)

// The bounds of a Backoff that leaves them 0.
const (
	defaultBackoffMin = 250 * time.Millisecond
	defaultBackoffMax = 30 * time.Second
)

// Backoff bounds the wait before a source is run again. The wait is random
// between 0 and a ceiling that begins at Min and doubles with every failure up
// to Max: full jitter, so that many who lost the same upstream at once do not
// come back at once. A connection that delivered an update and lived for Max
// brings the ceiling back to Min.
type Backoff struct {
	Min time.Duration // 250 ms if 0
	Max time.Duration // 30 s if 0
}

func (b Backoff) withDefaults() Backoff {
	if b.Min == 0 {
		b.Min = defaultBackoffMin
	}
	if b.Max == 0 {
		b.Max = defaultBackoffMax
	}
	return b
}

func (b Backoff) validate() error {
	if b.Min < 0 || b.Max < b.Min {
		return errors.New("backoff must have 0 < min <= max")
	}
	return nil
}

// retry decides how long to wait after each failure.
type retry struct {
	bounds  Backoff
	ceiling time.Duration
	random  func(n int64) int64 // in [0, n)
}

func newRetry(bounds Backoff, random func(n int64) int64) *retry {
	return &retry{bounds: bounds, ceiling: bounds.Min, random: random}
}

// ended notes how the last connection went.
func (r *retry) ended(lived time.Duration, delivered bool) {
	if delivered && lived >= r.bounds.Max {
		r.ceiling = r.bounds.Min
	}
}

// wait returns how long to wait before the next try.
func (r *retry) wait() time.Duration {
	wait := time.Duration(r.random(int64(r.ceiling) + 1))
	// Halving the bound instead of doubling the ceiling cannot overflow.
	if r.ceiling > r.bounds.Max/2 {
		r.ceiling = r.bounds.Max
	} else {
		r.ceiling *= 2
	}
	return wait
}
