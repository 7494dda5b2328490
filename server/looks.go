package server

import (
	"math/rand/v2"
	"sync"
	"time"

	"ticker/wire"
)

// keepLooking starts what has to be looked at again and again while the server serves.
// Stop ends that and waits for it.
func (s *Server) keepLooking() (stop func()) {
	stopped := make(chan struct{})
	var looking sync.WaitGroup
	every := func(gap time.Duration, look func()) {
		looking.Go(func() {
			tick := time.NewTicker(gap)
			defer tick.Stop()
			for {
				select {
				case <-stopped:
					return
				case <-tick.C:
					look()
				}
			}
		})
	}
	if s.cfg.Authority != nil {
		every(grantLook, s.reviewGrants)
	}
	if age := s.cfg.Limits.SessionAge; age > 0 {
		every(min(max(age/100, time.Second), time.Minute), s.endOld)
	}
	if len(s.cfg.Resources) > 0 {
		s.lookAtResources() // nobody is let in before that is known
		every(pressureLook, s.lookAtResources)
	}
	return func() {
		close(stopped)
		looking.Wait()
	}
}

// lastsUntil draws how long a session that begins now may last: the limit, or up to a
// tenth less or more, so that those that came together do not all go together. 0 is
// for ever.
func (s *Server) lastsUntil() time.Duration {
	age := s.cfg.Limits.SessionAge
	if age == 0 {
		return 0
	}
	return s.now() + age - age/10 + rand.N(age/5+1)
}

// endOld sends sessions away that have lasted for as long as they may. They come back
// to whatever server has the most room by then.
func (s *Server) endOld() {
	now := s.now()
	old := s.clients.those(func(r resident) bool { return r.until != 0 && r.until <= now })
	for _, c := range old {
		c.send(&wire.Draining{ReconnectAfter: reconnectAfter(len(old), s.live.Load().handshakes)})
		c.end(endGoingAway())
	}
}
