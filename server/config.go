package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/fanout"
	"ticker/market"
	"ticker/throttle"
	"ticker/wire"
)

// Config says how a Server is made. What of it can change later is in Live.
type Config struct {
	Book *book.Book
	Hub  *fanout.Hub
	// Delayed is what clients see whose grant has a delay, by that. A grant with a delay
	// that is not here is refused.
	Delayed map[time.Duration]View
	// Intervals, Heartbeat and Limits.Symbols are those of the hub: clients are
	// told them in the welcome.
	Intervals throttle.Intervals
	Heartbeat time.Duration
	Limits    Limits
	// AllowedOrigins are the origins whose pages may use the service beside
	// those it serves itself, as browsers write them: "https://example.com".
	// "*" allows every page.
	AllowedOrigins []string
	// Proxies are the networks of the proxies in front. A request from there is
	// taken for that of the client that X-Forwarded-For names, by the scheme and for
	// the host of X-Forwarded-Proto and X-Forwarded-Host; nobody else is believed.
	Proxies []netip.Prefix
	// Authority judges credentials; nil asks nobody who they are and allows everything.
	Authority Authority
	// AllowQuery takes credentials from the parameter token of a URL, too. URLs are
	// logged on the way.
	AllowQuery bool
	// Reach fetches what the book does not have of names and patterns, where it has
	// only what is watched; nil where it has everything.
	Reach Reach
	// Sessionless says why this server takes no sessions, to those who want one; empty
	// if it does.
	Sessionless string
	// Publisher takes quotes that are pushed; nil without a push feed.
	Publisher Publisher
	// History answers for the past; nil if none is kept.
	History History
	// Feeds and Checks are what readiness waits for.
	Feeds  []Feed
	Checks []Check
	// Resources are watched: while one is short, intervals are widened if that eases it,
	// then new sessions are refused, and if that does not help the heaviest are closed.
	Resources []Resource
	// DrainWindow is the time over which Drain spreads the end of sessions; 3 s
	// if 0.
	DrainWindow time.Duration
	Logger      *slog.Logger
	// Registry takes the metrics of this package and is what /metrics shows.
	Registry *prometheus.Registry
}

// Limits bound what clients may take up. A zero value means the default.
type Limits struct {
	// Sessions at one time, handshakes of new ones included; 15,000.
	Sessions int
	// PerAddress is the most sessions of one address, and the most other connections
	// of it, but for 16 that every address may have; 100. An address is that of IPv4, or the first 64 bits of that of IPv6.
	// Loopback addresses are exempt but for those of Config.Proxies.
	PerAddress int
	// Connections at one time, sessions included; 1,024 more than Sessions.
	Connections int
	// Handshakes a second; 500, and twice that at once.
	Handshakes int
	// Symbols is the most names and patterns of one session or request; 1,000.
	Symbols int
	// MessageBytes is the longest message of a client; 64 KiB.
	MessageBytes int
	// CommandsPerSecond and CommandBurst bound the messages of one session, and
	// in the same way its control frames; 20 and 50.
	CommandsPerSecond, CommandBurst int
	// RequestsPerSecond bounds the requests that read, and the event streams that begin, of
	// one credential, or of one address where there is none; 50, and twice that at once.
	RequestsPerSecond int
	// Stall is for how long a client may give no sign of life; 2 minutes.
	Stall time.Duration
	// SessionAge is how long a session may last, up to a tenth less or more; without
	// it, for ever.
	SessionAge time.Duration
}

const (
	defaultSessions          = 15_000
	defaultPerAddress        = 100
	moreConnections          = 1024 // than sessions
	defaultHandshakes        = 500
	defaultSymbols           = 1000
	defaultMessageBytes      = 64 << 10
	defaultCommandsPerSecond = 20
	defaultCommandBurst      = 50
	defaultRequestsPerSecond = 50
	defaultStall             = 2 * time.Minute
	defaultDrainWindow       = 3 * time.Second
)

// Publisher takes quotes that clients push.
type Publisher interface {
	// Publish takes a body as a POST has it: one object, an array, or NDJSON. It
	// keeps nothing of it. Symbols that may is false of are refused; nil is true of
	// all. The error says that the feed is not running.
	Publish(body []byte, may func(market.Symbol) bool) (wire.Published, error)
}

// Feed is the health of one feed.
type Feed interface {
	Name() string
	Connected() bool
}

// Check is the health of a part of the service that is no feed.
type Check interface {
	// Trouble says what is wrong, and with what: "history: the store is not
	// reachable". It is empty if nothing is, and returned at once.
	Trouble() string
}

// complete fills in defaults and refuses what makes no sense.
func (c *Config) complete() error {
	if c.Book == nil || c.Hub == nil || c.Logger == nil || c.Registry == nil {
		return errors.New("a server needs a book, a hub, a logger and a registry")
	}
	for delay, v := range c.Delayed {
		if delay <= 0 || v.Book == nil || v.Hub == nil {
			return fmt.Errorf("the view of delay %v needs a delay above 0, a book and a hub", delay)
		}
	}
	if c.Heartbeat < time.Second {
		return fmt.Errorf("heartbeat %v is below 1s", c.Heartbeat)
	}
	if err := c.Intervals.Validate(); err != nil {
		return fmt.Errorf("interval: %w", err)
	}
	if c.DrainWindow <= 0 {
		c.DrainWindow = defaultDrainWindow
	}
	return c.Limits.complete()
}

func (l *Limits) complete() error {
	for _, n := range []struct {
		name    string
		value   *int
		initial int
	}{
		{"sessions", &l.Sessions, defaultSessions},
		{"sessions of an address", &l.PerAddress, defaultPerAddress},
		{"handshakes", &l.Handshakes, defaultHandshakes},
		{"symbols", &l.Symbols, defaultSymbols},
		{"message bytes", &l.MessageBytes, defaultMessageBytes},
		{"commands per second", &l.CommandsPerSecond, defaultCommandsPerSecond},
		{"command burst", &l.CommandBurst, defaultCommandBurst},
		{"requests per second", &l.RequestsPerSecond, defaultRequestsPerSecond},
	} {
		if *n.value == 0 {
			*n.value = n.initial
		}
		if *n.value < 0 {
			return fmt.Errorf("limit of %s %d is below 1", n.name, *n.value)
		}
	}
	if l.Connections == 0 {
		l.Connections = l.Sessions + moreConnections
	}
	if l.Connections < l.Sessions {
		return fmt.Errorf("limit of connections %d is below that of sessions, %d", l.Connections, l.Sessions)
	}
	if l.SessionAge < 0 {
		return fmt.Errorf("session age %v is below 0s", l.SessionAge)
	}
	if l.Stall == 0 {
		l.Stall = defaultStall
	}
	if l.Stall < time.Second {
		return fmt.Errorf("stall limit %v is below 1s", l.Stall)
	}
	return nil
}

// wire returns the limits as clients are told them.
func (l *Limits) wire() wire.Limits {
	return wire.Limits{
		Symbols: l.Symbols, MessageBytes: l.MessageBytes,
		CommandsPerSecond: l.CommandsPerSecond, CommandBurst: l.CommandBurst,
	}
}
