package server

import (
	"testing"

	"ticker/auth"
	"ticker/wire"
)

func TestASessionFollowsNoGrantThatIsNotItsOwnAnyMore(t *testing.T) {
	t.Parallel()
	s := idleServer(t)
	near, far := tcpPair(t)
	c, err := s.newClient(1, nil, near, wire.JSON)
	if err != nil {
		t.Fatal(err)
	}
	defer c.cut()
	defer far.Close() //nolint:errcheck // nobody reads from it
	old, late, fresh := &auth.Grant{Subject: "key"}, &auth.Grant{Subject: "key"}, &auth.Grant{Subject: "token"}
	c.hold(c, old)
	c.adapt(old, late)
	if c.granted() != late {
		t.Error("a grant is not followed")
	}
	c.hold(c, fresh)
	c.adapt(late, old)
	if c.granted() != fresh {
		t.Error("a fresh grant was lost to one that follows the grant before it")
	}
}
