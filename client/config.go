package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"ticker/wire"
)

// What a Config that leaves them 0 gets.
const (
	defaultMinReconnectDelay = 250 * time.Millisecond
	defaultMaxReconnectDelay = 30 * time.Second
	defaultCommandTimeout    = 10 * time.Second
	defaultMaxMessageBytes   = 16 << 20
)

const (
	pathWebSocket = "/v1/ws"
	pathSSE       = "/v1/sse"
	pathPoll      = "/v1/poll"
	pathSnapshot  = "/v1/snapshot"
	pathHistory   = "/v1/history/"
	pathCandles   = "/v1/candles/"
	pathSymbols   = "/v1/symbols"
)

// Config says which service a client connects to, and how.
type Config struct {
	// URL is that of the service: http, https, ws or wss. One without a path
	// gets /v1/ws.
	URL string
	// Token is sent as bearer token with the handshake; empty for none.
	Token string
	// Codec is the encoding of a WebSocket. The other transports have JSON only.
	Codec wire.Codec
	// Transports are those that may be used, the best first: the next is tried where
	// one is blocked. WebSocket, SSE and Poll if empty.
	Transports []Transport

	// OnQuotes is given every batch of records, in order. A slow callback makes
	// the service conflate more; it never makes the client queue.
	OnQuotes func(Batch)
	// OnState is told whenever the connection comes, goes, or is tried.
	OnState func(State)
	// OnGranted is given the answer to every subscribe, also of those that
	// renew the set after a reconnection.
	OnGranted func(Granted)

	// MinReconnectDelay and MaxReconnectDelay bound the wait between two
	// connections: random between 0 and a ceiling that begins at the first and
	// doubles with every failure up to the second. A wait that the service asks
	// for is kept instead, up to the second. 250 ms and 30 s if 0.
	MinReconnectDelay, MaxReconnectDelay time.Duration
	// CommandTimeout bounds the wait for the handshake, for the welcome and for
	// the answer to a request, once it is sent; the time that OnQuotes takes
	// counts. 10 s if 0.
	CommandTimeout time.Duration
	// MaxMessageBytes bounds what one message may have, an event, or the answer to a
	// poll. 16 MiB if 0.
	MaxMessageBytes int64

	// NetDial makes the connections below TLS, instead of a net.Dialer and the
	// proxy that the environment names.
	NetDial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is for https and wss; nil for the system's roots.
	TLS *tls.Config
	// Logger is told why connections ended; nil for nobody.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.MinReconnectDelay == 0 {
		c.MinReconnectDelay = defaultMinReconnectDelay
	}
	if c.MaxReconnectDelay == 0 {
		c.MaxReconnectDelay = max(defaultMaxReconnectDelay, c.MinReconnectDelay)
	}
	if c.CommandTimeout == 0 {
		c.CommandTimeout = defaultCommandTimeout
	}
	if c.MaxMessageBytes == 0 {
		c.MaxMessageBytes = defaultMaxMessageBytes
	}
	if len(c.Transports) == 0 {
		c.Transports = []Transport{WebSocket, SSE, Poll}
	}
	c.Transports = slices.Clone(c.Transports)
	if c.OnQuotes == nil {
		c.OnQuotes = func(Batch) {}
	}
	if c.OnState == nil {
		c.OnState = func(State) {}
	}
	if c.OnGranted == nil {
		c.OnGranted = func(Granted) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func (c *Config) validate() error {
	switch {
	case c.MinReconnectDelay < 0 || c.MaxReconnectDelay < c.MinReconnectDelay:
		return errors.New("reconnect delays must have 0 < min <= max")
	case c.CommandTimeout < 0:
		return errors.New("command time-out must be above 0")
	case c.MaxMessageBytes < 0:
		return errors.New("message limit must be above 0")
	case c.Codec >= wire.NumCodecs:
		return errors.New("no such codec")
	}
	return checkTransports(c.Transports)
}

// endpoint returns the address of one route below a base URL, with the given
// schemes for a plain and for an encrypted connection.
func endpoint(base, route, plain, encrypted string) (*url.URL, error) {
	scheme, _, _ := strings.Cut(base, "://")
	switch scheme {
	case "http", "ws":
		scheme = plain
	case "https", "wss":
		scheme = encrypted
	default:
		return nil, fmt.Errorf("read URL %q: it must begin with http://, https://, ws:// or wss://", base)
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("read URL: %w", err)
	}
	u.Scheme = scheme
	if u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("read URL %q: it must name a host, and no user", base)
	}
	u.Fragment = ""
	if prefix := strings.TrimSuffix(u.Path, "/"); route == pathWebSocket && prefix != "" {
		u.Path = prefix
	} else {
		u.Path = strings.TrimSuffix(prefix, pathWebSocket) + route
	}
	return u, nil
}

// webSocketURL returns where a client connects to.
func webSocketURL(base string) (*url.URL, error) {
	return endpoint(base, pathWebSocket, "ws", "wss")
}

// routeURL returns where single questions are asked, also if base is the address
// of the WebSocket.
func routeURL(base, route string) (*url.URL, error) {
	return endpoint(base, route, "http", "https")
}
