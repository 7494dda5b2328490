package server

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// The headers in which a proxy says for whom it speaks.
const (
	forwardedFor   = "X-Forwarded-For"
	forwardedProto = "X-Forwarded-Proto"
	forwardedHost  = "X-Forwarded-Host"
)

// proxies are the networks of those who are believed when they say for whom they
// speak.
type proxies []netip.Prefix

func (p proxies) hold(a netip.Addr) bool {
	return slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(a) })
}

// passage is how a request came that a proxy handed on.
type passage struct {
	scheme string // that the client used, empty if the proxy does not say
}

// passageKey is the key of a request's *passage in its context.
type passageKey struct{}

// passageOf returns nil for a request that came straight here.
func passageOf(r *http.Request) *passage {
	p, _ := r.Context().Value(passageKey{}).(*passage)
	return p
}

// believe returns a request of a proxy as the client made it: from its address, for
// the host and by the scheme that it used. That of anybody else stays as it is, since
// everybody can write these headers.
func (p proxies) believe(r *http.Request) *http.Request {
	peer := addressOf(r.RemoteAddr)
	if !p.hold(peer) {
		return r
	}
	told := r.WithContext(context.WithValue(r.Context(), passageKey{}, &passage{scheme: schemeTold(r.Header)}))
	told.RemoteAddr = p.clientOf(r.Header, peer).String()
	if host := lastOf(r.Header, forwardedHost); host != "" {
		told.Host = host
	}
	return told
}

// clientOf returns the address of the client behind a proxy. Each proxy on the way
// writes down who it heard the request from, behind what it was told; so the first
// from the right that is no proxy is the client, and what stands before that is the
// client's own invention.
func (p proxies) clientOf(h http.Header, peer netip.Addr) netip.Addr {
	client := peer
	for _, hop := range slices.Backward(listOf(h, forwardedFor)) {
		address := addressOf(hop)
		if !address.IsValid() {
			break
		}
		client = address
		if !p.hold(address) {
			break
		}
	}
	return client
}

// schemeTold returns the scheme that the nearest proxy names, empty if it is none.
func schemeTold(h http.Header) string {
	switch scheme := strings.ToLower(lastOf(h, forwardedProto)); scheme {
	case "http", "https":
		return scheme
	}
	return ""
}

// listOf returns the entries of a header, which may stand there several times.
func listOf(h http.Header, name string) []string {
	var list []string
	for _, value := range h.Values(name) {
		for entry := range strings.SplitSeq(value, ",") {
			list = append(list, strings.TrimSpace(entry))
		}
	}
	return list
}

// lastOf returns what the nearest proxy wrote, empty if it wrote nothing.
func lastOf(h http.Header, name string) string {
	list := listOf(h, name)
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

// addressOf reads an address, with a port or without. What is none, as that of a
// connection in memory, is the zero Addr.
func addressOf(text string) netip.Addr {
	address, err := netip.ParseAddr(text)
	if err != nil {
		pair, _ := netip.ParseAddrPort(text) // the zero AddrPort has the zero Addr
		address = pair.Addr()
	}
	return address.Unmap().WithZone("")
}

// networkOf returns for whom something is counted: an IPv4 address, or the 64 bits of an IPv6
// address that are not the client's to choose. The zero Prefix counts for nobody.
func networkOf(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 32
	}
	network, _ := a.Prefix(bits) // of the zero Addr it is the zero Prefix
	return network
}

// accountOf returns for whom a session of a request counts. Programs of this machine
// count for nobody, unless they are proxies.
func accountOf(r *http.Request) netip.Prefix {
	address := addressOf(r.RemoteAddr)
	if address.IsLoopback() && passageOf(r) == nil {
		return netip.Prefix{}
	}
	return networkOf(address)
}

// accountOfPeer returns for whom a connection counts before anything was read from it.
// Those of proxies count for nobody: whose they are is not known yet.
func (p proxies) accountOfPeer(conn net.Conn) netip.Prefix {
	remote, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	address := remote.AddrPort().Addr().Unmap()
	if address.IsLoopback() || p.hold(address) {
		return netip.Prefix{}
	}
	return networkOf(address)
}
