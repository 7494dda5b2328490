package spool

import "time"

// grace is how long what an earlier process left is never too old.
const grace = time.Hour

// dateFound puts the segments that an earlier process left on the clock of this one.
// The wall clock may have been set since, so their times say only how much older
// than the newest they are.
func (s *Spool) dateFound() {
	if len(s.segments) == 0 {
		return
	}
	now, newest := s.now(), s.segments[len(s.segments)-1].written
	for _, g := range s.segments {
		age := min(newest.Sub(g.written), s.maxAge-grace)
		g.written = now.Add(-max(age, 0))
	}
}

// expire drops the segments in which nothing is young enough to stay beside a
// record that comes now.
func (s *Spool) expire() {
	if s.maxAge <= 0 {
		return
	}
	for now := s.now(); len(s.segments) > 0 && now.Sub(s.segments[0].written) > s.maxAge; {
		s.drop(s.segments[0])
	}
}
