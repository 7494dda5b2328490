package server

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"ticker/wire"
)

// localKey is the key, in the context of a request, of whether only programs of this
// machine reach the listener that it came to.
type localKey struct{}

// reachOf is the context of a listener's requests.
func reachOf(ln net.Listener) context.Context {
	address, ok := ln.Addr().(*net.TCPAddr)
	return context.WithValue(context.Background(), localKey{}, ok && address.IP.IsLoopback())
}

// astray reports whether a request for a host was made for another machine than this one,
// where only this one's programs come. A browser makes such a request for a page whose
// name was made to resolve to a loopback address: the page is of our own origin then, may
// read every answer, and says so by no Origin. The name is all that tells.
func astray(r *http.Request) bool {
	local, _ := r.Context().Value(localKey{}).(bool)
	return local && !ofThisMachine(r.Host)
}

// expect reports whether a request came by a name that it may come by. Those of allowed
// origins lead here by the word of whoever allowed them, and a proxy is led nowhere.
func (o *origins) expect(r *http.Request) bool {
	return !astray(r) || passageOf(r) != nil || o.any || o.hosts[nameOf(r.Host)]
}

// ofThisMachine reports whether a host leads to this machine from wherever it is asked for.
// Programs that name none are no browsers.
func ofThisMachine(host string) bool {
	name := nameOf(host)
	ip, err := netip.ParseAddr(name)
	return host == "" || name == "localhost" || strings.HasSuffix(name, ".localhost") || err == nil && ip.IsLoopback()
}

// nameOf returns a host without its port, in lower case.
func nameOf(host string) string {
	u := url.URL{Host: strings.ToLower(host)}
	return u.Hostname()
}

func errHost() *wire.Problem {
	return wire.NewProblem(wire.CodeForbidden, "the host is no name of this machine, which alone is served here")
}
