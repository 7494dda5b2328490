package server

import (
	"context"
	"reflect"

	"ticker/wire"
)

// stranger reports whether the client has to say who it is before anything else.
func (c *client) stranger() bool { return c.srv.cfg.Authority != nil && c.granted() == nil }

// mayAsk reports whether a request is answered: a stranger may do nothing but ping,
// and say who it is.
func (c *client) mayAsk(body wire.Body) bool {
	_, ping := body.(*wire.Ping)
	return ping || !c.stranger()
}

// messageLimit is how long a message may be.
func (c *client) messageLimit() int {
	most := c.srv.cfg.Limits.MessageBytes
	if c.stranger() {
		return min(most, strangerBytes)
	}
	return most
}

// identify answers an auth command. A session that goes by a grant keeps it unless the
// new one is good. The error ends the session of a stranger behind the refusal: after
// too many tries, or because its credential has all the sessions that it allows.
func (c *client) identify(id string, b *wire.Auth) (*wire.Error, error) {
	if c.srv.cfg.Authority == nil {
		// Where nobody is asked every token is as good as none.
		return c.respond(id, &wire.Authenticated{Sub: "anonymous"}), nil
	}
	refusal := c.renew(id, b.Token)
	if refusal == nil || !c.stranger() {
		return refusal, nil
	}
	if refusal.Code == wire.CodeRateLimited {
		return refusal, &hangUp{wire.CloseOverloaded, errCrowded.Error()}
	}
	if refusal.Code != wire.CodeUnavailable { // which is not the credential's fault
		c.tries++
	}
	if c.tries == maxTries {
		return refusal, &hangUp{wire.CloseUnauthorized, "too many bad credentials"}
	}
	return refusal, nil
}

// renew has the session go by the grant of a credential. What that does not cover any
// more is taken away, and the client is told. A key server may have to be waited for;
// what the client sends meanwhile is read after it, since it may need the grant.
func (c *client) renew(id, credential string) *wire.Error {
	g, refusal := c.srv.judge(context.Background(), credential)
	if refusal != nil {
		return refusal
	}
	if g.Delay != delayOf(c.granted()) {
		return refuse(wire.CodeForbidden, "a session keeps its delay: bring a credential with another to the handshake of a new one")
	}
	// A pattern brings what it covers beyond what it did, at once.
	if old := c.granted(); old != nil && !reflect.DeepEqual(old.Read, g.Read) {
		if refusal = c.look(g); refusal != nil {
			return refusal
		}
	}
	if why := c.srv.clients.exchange(c.granted(), g); why != nil {
		c.srv.metrics.turnedAway(why)
		return refuse(why.code, "%v", why)
	}
	c.turning.Lock()
	defer c.turning.Unlock()
	c.hold(c, g)
	var lost []string
	c.flow.Entitle(entitlementOf(g), func(dst []byte, removed []string) []byte {
		lost = removed
		return c.codec.AppendMessage(dst, &wire.Response{
			ID: id, Result: &wire.Authenticated{Sub: g.Subject, Expires: g.Expires},
		})
	})
	if len(lost) > 0 {
		c.send(&wire.Removed{Symbols: lost, Code: wire.CodeForbidden})
	}
	return nil
}
