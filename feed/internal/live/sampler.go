package live

import (
	"errors"
	"time"

	"ticker/feed"
)

// sampleEvery is the time between two log lines about the same thing.
const sampleEvery = 10 * time.Second

// sampler lets through one log line in sampleEvery.
type sampler struct {
	next time.Time
	held int
}

// take reports whether to log, and how many were held back since the last line.
func (s *sampler) take(now time.Time) (held int, ok bool) {
	if now.Before(s.next) {
		s.held++
		return 0, false
	}
	held, s.held = s.held, 0
	s.next = now.Add(sampleEvery)
	return held, true
}

func isSkipped(err error) bool { return errors.Is(err, feed.ErrSkipped) }
