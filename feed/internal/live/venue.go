package live

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"ticker/feed"
	"ticker/feed/internal/venue"
)

// Venue is what there is to know of an exchange to stay connected to it.
type Venue struct {
	// Name is how it is called in texts: "kraken".
	Name string
	// Endpoints are the connections that a line needs, which live and die together.
	Endpoints []Endpoint
	// Names maps the venue's names of symbols to ours and back.
	Names *venue.Directory
	// Listings asks the venue which symbols it has; nil if it cannot be asked.
	Listings func(ctx context.Context, get Get) ([]venue.Listing, error)
	// REST is the address that Get asks, without a slash at its end.
	REST   string
	Limits Limits
	// DenseTrades says that the ids of a symbol's trades rise by one, so that a jump
	// tells of trades that were missed.
	DenseTrades bool
	// Unnumbered says that trades have no sequence, so that one that is told again is
	// known by its time, price and size, and by what a Marker says.
	Unnumbered bool
}

// Marker is a parser of trades that have no sequence and yet an id.
type Marker interface {
	feed.Parser
	// Mark returns an id of the trade that is being emitted: another trade of its
	// symbol, time, price and size has another. It is 0 for a trade without an id.
	Mark() uint64
}

// Get asks the venue over HTTP for a path with its query, and returns the body.
type Get func(ctx context.Context, path string) ([]byte, error)

// Endpoint is one address of a venue.
type Endpoint struct {
	URL    string
	Header http.Header
	// Speak makes the two that understand a connection, one pair for each. They are
	// used by one goroutine, so they may share what they know.
	Speak func() (Dialect, feed.Parser)
}

// Limits are what a venue allows, and what is expected of it. Those that are 0
// have a default.
type Limits struct {
	// Symbols is the most symbols of one line; no limit if 0.
	Symbols int
	// Batch is the most streams in one request; 100 if 0.
	Batch int
	// Requests and RequestBurst pace the messages to the venue on one connection,
	// pings included; 5 a second if 0.
	Requests     rate.Limit
	RequestBurst int
	// Dials and DialBurst pace the connections, over all lines; 1 a second with a
	// burst of 5 if 0.
	Dials     rate.Limit
	DialBurst int
	// Answer is how long a request may go unanswered; 10 s if 0.
	Answer time.Duration
	// Lifetime is after how long the venue ends a connection, less the time for
	// another to take over; never if 0.
	Lifetime time.Duration
	// Silence is how long a connection may go without being heard; 15 s if 0.
	Silence time.Duration
	// Heartbeats says that the venue speaks by itself more often than Silence on
	// every connection with a subscription, so that a pong is no sign of life.
	Heartbeats bool
	// Greets says that nothing may be asked for before the dialect says Ready.
	Greets bool
}

func (l Limits) withDefaults() Limits {
	fill(&l.Batch, 100)
	fill(&l.Requests, 5)
	fill(&l.RequestBurst, 1)
	fill(&l.Dials, 1)
	fill(&l.DialBurst, 5)
	fill(&l.Answer, 10*time.Second)
	fill(&l.Silence, 15*time.Second)
	return l
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Stream is one subscription at a venue: a channel of one symbol.
type Stream struct {
	// Channel: the streams of one request have the same.
	Channel string
	// Name tells the streams of a channel apart.
	Name string
}

// Request asks a venue for streams, or, with Drop, to end them.
type Request struct {
	Drop bool
	// ID is never 0 and rises on a connection, for venues that echo it.
	ID uint64
	// Streams are at least one and at most Limits.Batch, all of one channel.
	Streams []Stream
}

// Dialect speaks and understands the control messages of a venue on one
// connection. It does no I/O, and is used by one goroutine at a time.
type Dialect interface {
	// Streams returns the subscriptions that feed one symbol, by the venue's own
	// name for it. It is the same each time.
	Streams(native string) []Stream
	// Request writes a request as one message. One that is no UTF-8 goes out as a
	// binary message; so do those of Notice.Reply and Ping.
	Request(r Request) []byte
	// Judge says what a message means that the Parser skipped. Most mean nothing.
	// The message is kept by neither.
	Judge(message []byte) Notice
	// Ping writes a ping of the venue's own protocol; nil for one of WebSocket.
	Ping(id uint64) []byte
}

// Meaning of a control message.
type Meaning uint8

// What a control message can mean.
const (
	// Nothing to act upon: a heartbeat, a pong, what is not known.
	Nothing Meaning = iota
	// Ready: requests may be made now. Only for venues that greet.
	Ready
	// Granted: the streams are subscribed.
	Granted
	// Ended: the streams are dropped.
	Ended
	// Whole: Streams is all that is subscribed now, of all channels.
	Whole
	// Refused: the streams will not be subscribed, for Reason. If Streams and ID
	// are empty, it is about the oldest request that is under way.
	Refused
	// Throttled: requests came too fast; those under way were not heard.
	Throttled
	// Behind: what was sent of the streams is known to be incomplete; they are
	// subscribed anew, which has the venue send what is newest.
	Behind
	// Leaving: the venue will end this connection soon, and takes another now.
	Leaving
	// Fatal: the connection is of no use, for Reason.
	Fatal
)

// Notice is what a control message says.
type Notice struct {
	Meaning Meaning
	// Streams and ID tell what it is about: some streams, or all of a request.
	Streams []Stream
	ID      uint64
	// Reason is the venue's own word, for the log; cut where it is long.
	Reason string
	// RetryAfter is how long the venue wants to be left alone after Fatal.
	RetryAfter time.Duration
	// Reply is to be sent at once, whatever else it means.
	Reply []byte
}
