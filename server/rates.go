package server

import (
	"maps"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"ticker/auth"
	"ticker/wire"
)

const (
	// requestBurst is how many seconds' worth of requests may come at once.
	requestBurst = 2
	// maxBuckets is how many buckets there are of a kind. With subjects of the longest names
	// they take some 25 MB.
	maxBuckets = 1 << 16
	// bucketLook is the least time between two looks for buckets that are full again.
	bucketLook = time.Second
)

// payer is whose share something comes out of: the subject of a credential, or an address
// where there is none. The zero payer is nobody.
type payer struct {
	subject string
	network netip.Prefix
}

// payerOf returns who pays for a request. Programs of this machine that have no credential
// are nobody, as where sessions are counted.
func payerOf(r *http.Request, g *auth.Grant) payer {
	if g != nil {
		return payer{subject: g.Subject}
	}
	return payer{network: accountOf(r)}
}

// buckets are token buckets of one size, one for each payer and rate. A bucket is the
// instant at which it is full again, and one that is full is forgotten. When there are too
// many, all who have none yet share one.
type buckets struct {
	burst int // tokens in a bucket that is full

	mu    sync.Mutex
	full  map[bucket]time.Duration // by a clock that never goes back
	look  time.Duration            // when to look for those that are full
	bound int                      // of the map, but for the one that is shared
}

// bucket says which one it is. The zero bucket is the one that is shared.
type bucket struct {
	payer payer
	gap   time.Duration // in which it gains a token
}

func newBuckets(burst int) *buckets {
	return &buckets{burst: burst, full: make(map[bucket]time.Duration), bound: maxBuckets}
}

// resize has buckets hold so many tokens from now on.
func (b *buckets) resize(burst int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.burst = burst
}

// take takes a token at the time now. If there is none it takes nothing, and returns after
// how long there is.
func (b *buckets) take(from bucket, now time.Duration) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgetLocked(now)
	gap := from.gap
	if _, known := b.full[from]; !known && len(b.full) >= b.bound {
		from = bucket{}
	}
	full := max(b.full[from], now) + gap
	if wait = full - now - time.Duration(b.burst)*gap; wait > 0 {
		return wait
	}
	b.full[from] = full
	return 0
}

// forgetLocked forgets the buckets that are full, once in a while.
func (b *buckets) forgetLocked(now time.Duration) {
	if now < b.look {
		return
	}
	b.look = now + bucketLook
	maps.DeleteFunc(b.full, func(_ bucket, full time.Duration) bool { return full <= now })
}

// rates bound how often clients ask, over all their connections and sessions.
type rates struct {
	gap      time.Duration // between two requests in the long run
	requests *buckets
	looks    *buckets // at what is newest, of credentials that have an interval

	mu    sync.Mutex
	polls map[string]int // that wait for an interval, by the subject of such a credential
}

func newRates(l *Limits) *rates {
	return &rates{
		polls:    make(map[string]int),
		gap:      time.Second / time.Duration(l.RequestsPerSecond),
		requests: newBuckets(requestBurst * l.RequestsPerSecond),
		looks:    newBuckets(l.CommandBurst),
	}
}

// paces reports whether a client may look at what is newest only so often: if its grant has
// an interval that the rate of requests does not keep to anyway.
func (r *rates) paces(g *auth.Grant) bool { return leastInterval(g) > r.gap }

// beginPoll reports whether a poll that waits for an interval may look when that is over,
// as a session may, and counts it until endPoll. Of a client that looks only so often there
// may be as many at one time as sessions can begin at once: any number of polls from one
// cursor would be as many sessions, of which one has begun.
func (r *rates) beginPoll(g *auth.Grant) bool {
	if !r.paces(g) {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.polls[g.Subject] >= r.looks.burst {
		return false
	}
	r.polls[g.Subject]++
	return true
}

// endPoll ends a poll that began.
func (r *rates) endPoll(g *auth.Grant) {
	if !r.paces(g) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.polls[g.Subject]--; r.polls[g.Subject] == 0 {
		delete(r.polls, g.Subject)
	}
}

// takeRequest counts a request over HTTP, unless its client has made too many.
func (s *Server) takeRequest(w http.ResponseWriter, r *http.Request, g *auth.Grant) *wire.Problem {
	who := payerOf(r, g)
	if who == (payer{}) || s.rates.requests.take(bucket{who, s.rates.gap}, s.now()) == 0 {
		return nil
	}
	return s.turnAway(w, errRequests)
}

// takeLook counts a look at what is newest, over whatever road, and returns after how long
// the client may look, 0 for now. In the long run an interval of the grant has to be over
// between two looks, or whoever asks again and again would see more than a session does.
func (s *Server) takeLook(g *auth.Grant) (wait time.Duration) {
	if !s.rates.paces(g) {
		return 0
	}
	return s.rates.looks.take(bucket{payer{subject: g.Subject}, g.Interval}, s.now())
}

// lookOverHTTP is takeLook for a request.
func (s *Server) lookOverHTTP(w http.ResponseWriter, g *auth.Grant) *wire.Problem {
	wait := s.takeLook(g)
	if wait == 0 {
		return nil
	}
	p := s.turnAway(w, errInterval)
	retryAfter(w, wait)
	return p
}

// look is takeLook for a message of a session.
func (c *client) look(g *auth.Grant) *wire.Error {
	if c.srv.takeLook(g) == 0 {
		return nil
	}
	c.srv.metrics.turnedAway(errInterval)
	return refuse(errInterval.code, "%v", errInterval)
}

// reading serves a route that reads, for those who say who they are, at a bounded rate.
func (s *Server) reading(serve func(http.ResponseWriter, *http.Request, *auth.Grant) *wire.Problem) api {
	return s.knowing(func(w http.ResponseWriter, r *http.Request, g *auth.Grant) *wire.Problem {
		if p := s.takeRequest(w, r, g); p != nil {
			return p
		}
		return serve(w, r, g)
	})
}
