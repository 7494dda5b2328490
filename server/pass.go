package server

import (
	"fmt"
	"sync/atomic"
	"time"

	"ticker/auth"
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
	// revocationLook is the time between two looks for sessions whose grants are
	// revoked.
	revocationLook = 2 * time.Second
)

// pass is what a session goes by: the grant of its client, for as long as that lasts.
// The goroutine that attends to the client holds and drops it.
type pass struct {
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
	left := time.Until(g.Expires)
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

// endRevoked ends sessions whose grants are revoked.
func (s *Server) endRevoked() {
	for _, c := range s.clients.all() {
		if g := c.granted(); g != nil && s.cfg.Authority.Revoked(g) {
			c.end(&ending{code: wire.CloseUnauthorized, reason: "the credential was revoked"})
		}
	}
}
