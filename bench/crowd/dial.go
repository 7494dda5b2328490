package crowd

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"syscall"
)

const (
	// perSource is how many clients share a source address. An address has
	// 28,000 ports by default on Linux, and a search for a free one gets slow
	// long before they are used up.
	perSource = 1000
	// sourceBlock is how many source addresses are taken of 127.0.x.0/24.
	sourceBlock = 250
)

// target is where clients connect to.
type target struct {
	url     *url.URL
	address string
	tls     *tls.Config // nil for ws
	// local says that clients may come from any address of 127.0.0.0/8.
	local bool
}

func parseTarget(text string) (*target, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("parse URL: %w", err)
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	t := &target{url: u, local: ip.Is4() && ip.IsLoopback()}
	port := u.Port()
	switch {
	case u.Scheme == "ws" && port == "":
		port = "80"
	case u.Scheme == "wss" && port == "":
		port = "443"
	case u.Scheme != "ws" && u.Scheme != "wss":
		return nil, fmt.Errorf("parse URL: scheme is %q, not ws or wss", u.Scheme)
	}
	if u.Scheme == "wss" {
		// A server of this machine has a certificate that was made for a test.
		t.tls = &tls.Config{ServerName: u.Hostname(), InsecureSkipVerify: ip.IsLoopback()}
	}
	t.address = net.JoinHostPort(u.Hostname(), port)
	return t, nil
}

// sourceOf returns the address of this machine that a client comes from.
func sourceOf(number int) netip.Addr {
	n := number / perSource
	return netip.AddrFrom4([4]byte{127, 0, byte(1 + n/sourceBlock), byte(1 + n%sourceBlock)})
}

// dial makes the connection of a client. A receive buffer of 0 leaves it as the
// system has it.
func (t *target) dial(ctx context.Context, number, receiveBuffer int) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	dialer := net.Dialer{KeepAlive: -1} // silence is for the server to notice
	if t.local {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(sourceOf(number), 0))
	}
	if receiveBuffer > 0 {
		dialer.Control = func(_, _ string, raw syscall.RawConn) error {
			return setReceiveBuffer(raw, receiveBuffer)
		}
	}
	conn, err := dialer.DialContext(ctx, "tcp", t.address)
	if err != nil || t.tls == nil {
		return conn, err
	}
	secure := tls.Client(conn, t.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}
