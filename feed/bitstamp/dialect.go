package bitstamp

import (
	"encoding/json"
	"strings"

	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
)

// maxNameBytes is longer than any name that a request held.
const maxNameBytes = 64

// channels returns the channels that feed one pair.
func channels() []string { return []string{"order_book", "live_trades"} }

// dialect speaks to Bitstamp. It keeps nothing: answers name their channel, and
// errors that do not are in the order of the requests.
type dialect struct{}

var _ live.Dialect = dialect{}

// Streams implements live.Dialect.
func (dialect) Streams(native string) []live.Stream {
	var streams []live.Stream
	for _, c := range channels() {
		streams = append(streams, live.Stream{Channel: c, Name: native})
	}
	return streams
}

// request subscribes a channel, or ends its subscription.
type request struct {
	Event string        `json:"event"`
	Data  channelOfPair `json:"data"`
}

type channelOfPair struct {
	Channel string `json:"channel"`
}

// Request implements live.Dialect. Bitstamp takes one channel in a message.
func (dialect) Request(r live.Request) []byte {
	q := request{Event: "bts:subscribe", Data: channelOfPair{r.Streams[0].Channel + "_" + r.Streams[0].Name}}
	if r.Drop {
		q.Event = "bts:unsubscribe"
	}
	text, _ := json.Marshal(q) //nolint:errchkjson // Strings always have a text.
	return text
}

// Ping implements live.Dialect: that of WebSocket is sure to be answered.
func (dialect) Ping(uint64) []byte { return nil }

// notice is a control message. Its data are an object, a text or nothing.
type notice struct {
	Event   string          `json:"event"`
	Channel string          `json:"channel"`
	Data    json.RawMessage `json:"data"`
}

// Judge implements live.Dialect.
func (dialect) Judge(message []byte) live.Notice {
	var n notice
	if json.Unmarshal(message, &n) != nil {
		return live.Notice{}
	}
	switch n.Event {
	case "bts:subscription_succeeded":
		return n.about(live.Granted)
	case "bts:unsubscription_succeeded":
		return n.about(live.Ended)
	case "bts:error":
		return n.complaint()
	case "bts:request_reconnect":
		return live.Notice{Meaning: live.Leaving}
	}
	return live.Notice{}
}

// about tells of the channel of a notice; nothing, if it can be none of ours.
func (n *notice) about(m live.Meaning) live.Notice {
	streams := streamsOf(n.Channel)
	if streams == nil {
		return live.Notice{}
	}
	return live.Notice{Meaning: m, Streams: streams}
}

// streamsOf returns the stream that a channel is, if it is one.
func streamsOf(channel string) []live.Stream {
	for _, c := range channels() {
		if pair, ok := strings.CutPrefix(channel, c+"_"); ok && pair != "" && len(pair) <= maxNameBytes {
			return []live.Stream{{Channel: c, Name: pair}}
		}
	}
	return nil
}

// complaint tells of an error: of the channel that it names, else of the oldest
// request. One that complains of our haste is about none.
func (n *notice) complaint() live.Notice {
	var data struct {
		Code    json.RawMessage `json:"code"`
		Message string          `json:"message"`
	}
	words := string(n.Data)
	if json.Unmarshal(n.Data, &data) == nil {
		words = "code " + string(data.Code) + ": " + data.Message
	}
	found := live.Notice{Meaning: live.Refused, Reason: venue.Reason(words)}
	if folded := strings.ToLower(words); strings.Contains(folded, "rate limit") || strings.Contains(folded, "too many") {
		found.Meaning = live.Throttled
		return found
	}
	found.Streams = streamsOf(n.Channel)
	return found
}
