package alpaca

import (
	"time"

	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
)

// The channels of streams. A symbol's trades and quotes are asked for together.
const (
	pricesChannel   = "prices"
	statusesChannel = "statuses"
)

const (
	// maxNameBytes is longer than any name that a request held.
	maxNameBytes = 64
	// maxListed bounds the names that are read of an answer; Alpaca has about
	// 12,000 symbols.
	maxListed = 50_000
)

// How long Alpaca is left alone after what another try would not change, and
// while the connection is held: by somebody else, or by a former one of ours that
// Alpaca has not forgotten yet.
const (
	untilChanged  = 10 * time.Minute
	untilReleased = 10 * time.Second
)

// dialect speaks to Alpaca on one connection.
type dialect struct {
	keys   keys
	packed bool // in MessagePack
	ready  bool // the keys are good
}

var _ live.Dialect = (*dialect)(nil)

// Streams implements live.Dialect.
func (*dialect) Streams(native string) []live.Stream {
	return []live.Stream{{Channel: pricesChannel, Name: native}, {Channel: statusesChannel, Name: native}}
}

// Request implements live.Dialect.
func (d *dialect) Request(r live.Request) []byte {
	o := order{Action: "subscribe"}
	if r.Drop {
		o.Action = "unsubscribe"
	}
	var names []string
	for _, s := range r.Streams {
		names = append(names, s.Name)
	}
	if r.Streams[0].Channel == statusesChannel {
		o.Statuses = names
	} else {
		o.Trades, o.Quotes = names, names
	}
	return o.write(d.packed)
}

// Judge implements live.Dialect.
func (d *dialect) Judge(message []byte) live.Notice {
	c, ok := parseControl(message)
	if !ok {
		return live.Notice{}
	}
	switch {
	case c.Kind == "success" && c.Message == "connected":
		o := order{Action: "auth", Key: d.keys.key, Secret: d.keys.secret}
		return live.Notice{Reply: o.write(d.packed)}
	case c.Kind == "success" && c.Message == "authenticated":
		d.ready = true
		return live.Notice{Meaning: live.Ready}
	case c.Kind == "subscription":
		return live.Notice{Meaning: live.Whole, Streams: c.streams()}
	case c.Kind == "error":
		return d.complaint(&c)
	}
	return live.Notice{}
}

// Codes of errors that mean more than that a request was refused.
const (
	notAuthenticated     = 401
	authFailed           = 402
	alreadyAuthenticated = 403
	authTimeout          = 404
	connectionLimit      = 406
	slowClient           = 407
	insufficientPlan     = 409
	internalError        = 500
)

// complaint tells of an error. Before the keys were found good there is no request
// that it could be about.
func (d *dialect) complaint(c *control) live.Notice {
	n := live.Notice{Meaning: live.Fatal, Reason: venue.Reason(c.Message)}
	switch c.Code {
	case alreadyAuthenticated:
		d.ready = true
		return live.Notice{Meaning: live.Ready}
	case authFailed:
		n.RetryAfter = untilChanged
	case connectionLimit:
		n.RetryAfter = untilReleased
	case notAuthenticated, authTimeout, slowClient, internalError:
	case insufficientPlan:
		if d.ready {
			n.Meaning = live.Refused
		} else {
			n.RetryAfter = untilChanged
		}
	default:
		if d.ready {
			n.Meaning = live.Refused
		}
	}
	return n
}

// streams returns what is subscribed: symbols under trades and quotes both, and
// those under statuses.
func (c *control) streams() []live.Stream {
	var found []live.Stream
	traded := make(map[string]bool)
	for _, name := range listed(c.Trades) {
		traded[name] = true
	}
	for _, name := range listed(c.Quotes) {
		if !traded[name] {
			continue
		}
		delete(traded, name) // once
		found = append(found, live.Stream{Channel: pricesChannel, Name: name})
		if c.Statuses == nil {
			found = append(found, live.Stream{Channel: statusesChannel, Name: name})
		}
	}
	for _, name := range listed(c.Statuses) {
		found = append(found, live.Stream{Channel: statusesChannel, Name: name})
	}
	return found
}

// listed returns the names of a list that can be those of streams.
func listed(names []string) []string {
	var found []string
	for _, name := range names[:min(len(names), maxListed)] {
		if name != "" && len(name) <= maxNameBytes {
			found = append(found, name)
		}
	}
	return found
}

// Ping implements live.Dialect: Alpaca has none of its own.
func (*dialect) Ping(uint64) []byte { return nil }
