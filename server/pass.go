package server

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"ticker/auth"
	"ticker/fanout"
	"ticker/wire"
)

const (
	// identifyWithin is how long a session may be open before its client says who it
	// is, and maxTries how often it may say something wrong until then.
	identifyWithin = 5 * time.Second
	maxTries       = 3
	// strangerBytes is the longest message until then.
	strangerBytes = 4 << 10
	// expiryNotice is how long before its end a session is told of it.
	expiryNotice = 30 * time.Second
	// grantLook is the time between two looks for sessions whose grants are revoked, or
	// not what their credentials allow any more.
	grantLook = 2 * time.Second
)

// pass is what a session goes by: the grant of its client, for as long as that lasts.
// The goroutine that attends to the client holds and drops it.
type pass struct {
	turning  sync.Mutex                 // held while what the session may have follows its grant
	grant    atomic.Pointer[auth.Grant] // nil: nobody is asked, or nobody has said yet
	warning  *time.Timer
	deadline *time.Timer
}

// granted implements session.
func (p *pass) granted() *auth.Grant { return p.grant.Load() }

// hold has a session go by a grant from now on, and end with it.
func (p *pass) hold(s session, g *auth.Grant) {
	p.drop()
	p.grant.Store(g)
	if g == nil || g.Expires.IsZero() {
		return
	}
	left := time.Until(g.End())
	notice := min(expiryNotice, left/4).Truncate(time.Millisecond)
	p.warning = time.AfterFunc(left-notice, func() { s.send(&wire.Expiring{In: notice}) })
	p.deadline = time.AfterFunc(left, func() { s.end(endWith(wire.CloseTokenExpired)) })
}

// await ends a session that holds no grant in time.
func (p *pass) await(s session) {
	p.deadline = time.AfterFunc(identifyWithin, func() {
		s.end(&ending{code: wire.CloseUnauthorized, reason: fmt.Sprintf("no credential within %v", identifyWithin)})
	})
}

// drop calls off what is due. The grant stays: it still says whose session it was.
func (p *pass) drop() {
	for _, t := range []*time.Timer{p.warning, p.deadline} {
		if t != nil {
			t.Stop()
		}
	}
}

// replace has a session go by a grant that took the place of its own, unless it got another
// one meanwhile. What that does not cover any more is taken away, and the client is told.
func (p *pass) replace(flow *fanout.Session, codec wire.Codec, from, to *auth.Grant) {
	p.turning.Lock()
	defer p.turning.Unlock()
	if !p.grant.CompareAndSwap(from, to) {
		return
	}
	flow.Entitle(entitlementOf(to), func(dst []byte, removed []string) []byte {
		if len(removed) == 0 {
			return dst
		}
		return codec.AppendMessage(dst, &wire.Removed{Symbols: removed, Code: wire.CodeForbidden})
	})
}

// adaptable is a session that can go on by another grant. Those that are over soon are not.
type adaptable interface {
	session
	adapt(from, to *auth.Grant)
}

func (c *client) adapt(from, to *auth.Grant) { c.replace(c.flow, c.codec, from, to) }
func (e *events) adapt(from, to *auth.Grant) { e.replace(e.flow, wire.JSON, from, to) }

// reviewGrants ends sessions whose grants are revoked, and has the others go by what their
// credentials allow by now.
func (s *Server) reviewGrants() {
	all := s.clients.all()
	for _, c := range all {
		g := c.granted()
		if g == nil {
			continue
		}
		now := s.cfg.Authority.Current(g)
		adapts, ok := c.(adaptable)
		switch {
		case now == g:
		case now == nil:
			c.end(&ending{code: wire.CloseUnauthorized, reason: "the credential was revoked"})
		case ok && now.Delay == g.Delay:
			adapts.adapt(g, now)
		default: // a session keeps its delay: the client comes back for another
			c.send(&wire.Draining{ReconnectAfter: reconnectAfter(len(all), s.live.Load().handshakes)})
			c.end(endGoingAway())
		}
	}
}
