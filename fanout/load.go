package fanout

import (
	"sync"
	"sync/atomic"
	"time"
)

// tolerated is how late a flush may begin before the hub counts as behind: what a
// reader of the default interval begins to see, and far above what a collection or a
// busy neighbour costs for a moment.
const tolerated = 50 * time.Millisecond

// MostWidened is the most that intervals are widened.
const MostWidened = 8

// load is what hubs that stand beside each other know of the processor they share.
type load struct {
	widened atomic.Int64 // 0 stands for 1

	mu     sync.Mutex
	behind time.Duration
	until  time.Duration // what is before that was counted
}

// late notes that what was due did not begin before now. The time in which it was due for
// longer than is tolerated counts, once, however much was due in it.
func (l *load) late(due, now time.Duration) {
	if now-due <= tolerated {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if from := max(due+tolerated, l.until); now > from {
		l.behind += now - from
		l.until = now
	}
}

// total is all the time that counted.
func (l *load) total() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.behind
}

func (l *load) factor() int { return int(max(l.widened.Load(), 1)) }

// Behind returns for how long, since it was made, the hub was more than 50 ms late
// with something: a processor that has no room has it grow by a second a second.
func (h *Hub) Behind() time.Duration {
	h.wheel.peek()
	return h.load.total()
}

// Widen has every lane, and those of hubs beside this one, send so many times less
// often than its interval says, from its next frame on; 1 ends that. Records are as
// few and as new as with the longer interval, and frames say that they are. No
// interval gets longer than the longest that may be granted. The factor is at least 1
// and at most MostWidened.
func (h *Hub) Widen(factor int) {
	h.load.widened.Store(int64(min(max(factor, 1), MostWidened)))
}

// Widened returns the factor of Widen.
func (h *Hub) Widened() int { return h.load.factor() }

// Gap returns how long, for now, an interval is.
func (h *Hub) Gap(interval time.Duration) time.Duration {
	factor := h.Widened()
	if factor == 1 {
		return interval
	}
	return max(interval, min(time.Duration(factor)*interval, h.cfg.Intervals.Max))
}
