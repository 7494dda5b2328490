package fanout

import "time"

// beat gives signs of life to one client.
type beat struct{ session *Session }

// beatGrain is the phase of heartbeats: fine enough for seconds, coarse enough
// to beat for many at once.
const beatGrain = 50 * time.Millisecond

// schedule queues the next beat: when a ping is due, or an event if nothing
// else is written until then. It reads what only its own run and the session's
// lock write.
func (b *beat) schedule() {
	s := b.session
	next := min(s.pingedAt, s.wroteAt) + s.hub.cfg.Heartbeat
	s.hub.wheel.add((next+beatGrain-1)/beatGrain*beatGrain, b)
}

// run pings, and tells browsers, which cannot see pings, that all is well. A
// client that is blocked is left alone: it has enough to read.
func (b *beat) run(*worker) {
	s := b.session
	defer s.survive()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	now, period := s.hub.now(), s.hub.cfg.Heartbeat
	buf := s.out
	if now-s.pingedAt >= period {
		s.pingedAt = now
		if !s.blocked {
			buf = s.opt.Framing.Ping(buf)
		}
	}
	if now-s.wroteAt >= period {
		s.wroteAt = now
		if !s.blocked {
			_, safe := s.safeLocked(nil)
			cursor := s.hub.cursor(safe)
			buf = s.frame(buf, func(dst []byte) []byte {
				return s.opt.Codec.AppendHeartbeat(dst, time.Now().UnixMicro(), cursor)
			})
		}
	}
	b.schedule()
	if len(buf) > len(s.out) {
		s.writeOutLocked(buf)
	}
}
