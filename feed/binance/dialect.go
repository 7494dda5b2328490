package binance

import (
	"encoding/json"
	"strings"

	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
)

// channel is that of all streams: a request may mix kinds, and one request less
// is a second gained, so few are allowed.
const channel = "stream"

// dialect speaks to Binance. It keeps nothing: whether a request was to end
// streams is in its id.
type dialect struct {
	kinds []string // of the streams that feed one symbol
}

var _ live.Dialect = dialect{}

// Streams implements live.Dialect.
func (d dialect) Streams(native string) []live.Stream {
	symbol := strings.ToLower(native)
	streams := make([]live.Stream, len(d.kinds))
	for i, kind := range d.kinds {
		streams[i] = live.Stream{Channel: channel, Name: symbol + "@" + kind}
	}
	return streams
}

// request subscribes streams, or ends them. Binance takes no ids but integers.
type request struct {
	Method string   `json:"method"`
	Params []string `json:"params"`
	ID     uint64   `json:"id"`
}

// Request implements live.Dialect.
func (dialect) Request(r live.Request) []byte {
	q := request{Method: "SUBSCRIBE", ID: r.ID << 1}
	if r.Drop {
		q.Method = "UNSUBSCRIBE"
		q.ID |= 1
	}
	for _, s := range r.Streams {
		q.Params = append(q.Params, s.Name)
	}
	text, _ := json.Marshal(q) //nolint:errchkjson // Strings and numbers always have a text.
	return text
}

// answer is a control message: the answer to a request, or an event.
type answer struct {
	fault                  // stands at the top, or
	Error  *fault          `json:"error"`
	ID     json.RawMessage `json:"id"`     // a number, a text that holds one, null
	Result json.RawMessage `json:"result"` // null if all went well
	news                   // stands at the top, or as that of a stream does
	Data   news            `json:"data"`
}

// fault is why a request failed.
type fault struct {
	Code json.Number `json:"code"`
	Msg  string      `json:"msg"`
}

// news is an event that no stream brings.
type news struct {
	Event string `json:"e"`
	// Time keeps "E" from being taken for "e".
	Time json.RawMessage `json:"E"`
}

// shutdown is the event that announces the end of a connection.
const shutdown = "serverShutdown"

// Judge implements live.Dialect.
func (dialect) Judge(message []byte) live.Notice {
	var a answer
	if json.Unmarshal(message, &a) != nil {
		return live.Notice{}
	}
	id := venue.Number([]byte(strings.Trim(string(a.ID), `"`)))
	switch {
	case a.Event == shutdown || a.Data.Event == shutdown:
		return live.Notice{Meaning: live.Leaving}
	case a.Error != nil:
		return a.Error.notice(id >> 1)
	case a.Code != "":
		return a.notice(id >> 1)
	case a.Result == nil || id>>1 == 0:
		return live.Notice{}
	case id&1 == 1:
		return live.Notice{Meaning: live.Ended, ID: id >> 1}
	}
	return live.Notice{Meaning: live.Granted, ID: id >> 1}
}

// notice tells what became of a request that failed: all of it, as Binance does
// not say which stream it disliked. Without an id it is about the oldest.
func (f *fault) notice(id uint64) live.Notice {
	n := live.Notice{Meaning: live.Refused, ID: id, Reason: venue.Reason("code " + f.Code.String() + ": " + f.Msg)}
	switch f.Code {
	case tooMany, overloaded, "429":
		n.Meaning = live.Throttled
	}
	return n
}

// Codes that say to come back later, besides HTTP's own.
const (
	tooMany    = "-1003"
	overloaded = "-1008"
)

// Ping implements live.Dialect: Binance has none of its own.
func (dialect) Ping(uint64) []byte { return nil }
