package publish

import "time"

// outage judges when to try again: after a random time below a ceiling that doubles
// with every failure.
type outage struct {
	random func(n int64) int64 // in [0, n)
	since  time.Time
	tries  int // that failed, 0 if there is no outage
}

func (o *outage) on() bool { return o.tries > 0 }

func (o *outage) over() { o.tries = 0 }

// failed notes a failure and returns how long to wait.
func (o *outage) failed(now time.Time) time.Duration {
	if o.tries == 0 {
		o.since = now
	}
	ceiling := defaultBackoffMax
	if o.tries < 7 { // 250 ms doubled seven times is beyond 30 s
		ceiling = min(ceiling, defaultBackoffMin<<o.tries)
	}
	o.tries++
	return time.Duration(o.random(int64(ceiling) + 1))
}
