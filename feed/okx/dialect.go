package okx

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
)

const (
	// mixed is the channel of all streams: a request may ask for several channels
	// of OKX, and requests are what it counts.
	mixed = "stream"
	// maxNameBytes is longer than any name that a request held.
	maxNameBytes = 64
	// crowded is how long a connection is not made again after OKX found that there
	// are too many.
	crowded = time.Minute
)

// dialect speaks to OKX. It keeps nothing: answers name what they are about.
type dialect struct {
	channels []string // that feed one instrument
}

var _ live.Dialect = dialect{}

// arg is one subscription as OKX writes it.
type arg struct {
	Channel    string `json:"channel"`
	Instrument string `json:"instId"`
}

// stream joins an argument into the name of a stream, argOf parts it.
func (a arg) stream() live.Stream {
	return live.Stream{Channel: mixed, Name: a.Channel + ":" + a.Instrument}
}

func argOf(s live.Stream) arg {
	channel, instrument, _ := strings.Cut(s.Name, ":")
	return arg{channel, instrument}
}

// Streams implements live.Dialect.
func (d dialect) Streams(native string) []live.Stream {
	streams := make([]live.Stream, len(d.channels))
	for i, channel := range d.channels {
		streams[i] = arg{channel, native}.stream()
	}
	return streams
}

// request subscribes, or ends subscriptions.
type request struct {
	Op   string `json:"op"`
	Args []arg  `json:"args"`
}

// Request implements live.Dialect.
func (dialect) Request(r live.Request) []byte {
	q := request{Op: "subscribe"}
	if r.Drop {
		q.Op = "unsubscribe"
	}
	for _, s := range r.Streams {
		q.Args = append(q.Args, argOf(s))
	}
	text, _ := json.Marshal(q) //nolint:errchkjson // Strings always have a text.
	return text
}

// Ping implements live.Dialect. OKX answers with the text pong.
func (dialect) Ping(uint64) []byte { return []byte("ping") }

// notice is a control message.
type notice struct {
	Event   string `json:"event"`
	Arg     arg    `json:"arg"`
	Code    string `json:"code"`
	Msg     string `json:"msg"`
	Channel string `json:"channel"` // of a count of connections
}

// Judge implements live.Dialect.
func (d dialect) Judge(message []byte) live.Notice {
	var n notice
	if json.Unmarshal(message, &n) != nil {
		return live.Notice{}
	}
	switch n.Event {
	case "subscribe":
		return d.about(live.Granted, n.Arg)
	case "unsubscribe":
		return d.about(live.Ended, n.Arg)
	case "error":
		return d.complaint(&n)
	case "notice":
		if n.Code == upgrading {
			return live.Notice{Meaning: live.Leaving}
		}
	case "channel-conn-count-error":
		// Some subscription of the channel has ended, and nothing says which.
		if slices.Contains(d.channels, n.Channel) {
			return live.Notice{Meaning: live.Fatal, Reason: "too many connections with " + n.Channel, RetryAfter: crowded}
		}
	}
	return live.Notice{}
}

// Codes of OKX.
const (
	upgrading   = "64008" // the connection will be closed soon
	tooFrequent = "60014"
	rateLimited = "50011"
	failedForUs = "64007" // an error of OKX's own: try again
)

// about tells of one subscription; nothing, if it can be none of ours.
func (d dialect) about(m live.Meaning, a arg) live.Notice {
	if !d.ours(a) {
		return live.Notice{}
	}
	return live.Notice{Meaning: m, Streams: []live.Stream{a.stream()}}
}

func (d dialect) ours(a arg) bool {
	return slices.Contains(d.channels, a.Channel) && a.Instrument != "" && len(a.Instrument) <= maxNameBytes
}

// complaint tells of an error. It refuses the subscription that it names, in a
// field or in its words, or else a whole request, which OKX answers in order.
func (d dialect) complaint(n *notice) live.Notice {
	refused := live.Notice{Meaning: live.Refused, Reason: venue.Reason("code " + n.Code + ": " + n.Msg)}
	switch n.Code {
	case tooFrequent, rateLimited, failedForUs:
		refused.Meaning = live.Throttled
		return refused
	}
	for _, a := range []arg{n.Arg, argIn(n.Msg)} {
		if d.ours(a) {
			refused.Streams = []live.Stream{a.stream()}
			break
		}
	}
	return refused
}

// argIn finds the argument in words such as
// "channel:tickers,instId:ABC-USD doesn't exist".
func argIn(words string) arg {
	_, rest, _ := strings.Cut(words, "channel:")
	channel, rest, _ := strings.Cut(rest, ",instId:")
	instrument, _, _ := strings.Cut(rest, " ")
	return arg{channel, instrument}
}
