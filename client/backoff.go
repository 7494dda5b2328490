package client

import "time"

// backoff decides how long to wait before each connection: full jitter below a
// ceiling that doubles, so that many who lost the same service at once do not
// come back at once.
type backoff struct {
	low, high time.Duration
	ceiling   time.Duration
	random    func(n int64) int64 // in [0, n)
}

func newBackoff(low, high time.Duration, random func(n int64) int64) *backoff {
	return &backoff{low: low, high: high, ceiling: low, random: random}
}

// next returns the wait after a connection that lived so long and ended with a
// request to wait for asked, 0 for none. Only a connection that outlived the
// highest ceiling brings it back to the lowest: a service that takes
// connections and drops them is not well.
func (b *backoff) next(lived, asked time.Duration) time.Duration {
	if lived >= b.high {
		b.ceiling = b.low
	}
	if asked > 0 {
		return min(asked, b.high)
	}
	wait := time.Duration(b.random(int64(b.ceiling) + 1))
	// Comparing with half of the bound cannot overflow, as doubling could.
	if b.ceiling > b.high/2 {
		b.ceiling = b.high
	} else {
		b.ceiling *= 2
	}
	return wait
}
