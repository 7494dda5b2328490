package kraken

import (
	"cmp"
	"encoding/json"

	"ticker/feed/internal/live"
)

// dialectV1 speaks version 1. It keeps nothing.
type dialectV1 struct{}

var _ live.Dialect = dialectV1{}

// Streams implements live.Dialect. A ticker of version 1 comes with trades only,
// the quotes in between are those of spread.
func (dialectV1) Streams(native string) []live.Stream {
	return []live.Stream{
		{Channel: tickerChannel, Name: native}, {Channel: tradeChannel, Name: native}, {Channel: spreadChannel, Name: native},
	}
}

// requestV1 subscribes pairs to a channel, or ends their subscription.
type requestV1 struct {
	Event        string         `json:"event"`
	Pairs        []string       `json:"pair"`
	Subscription subscriptionV1 `json:"subscription"`
}

type subscriptionV1 struct {
	Name string `json:"name"`
}

// Request implements live.Dialect.
func (dialectV1) Request(r live.Request) []byte {
	q := requestV1{Event: "subscribe", Pairs: names(r), Subscription: subscriptionV1{r.Streams[0].Channel}}
	if r.Drop {
		q.Event = "unsubscribe"
	}
	return encode(q)
}

// eventV1 is a control message.
type eventV1 struct {
	Event        string         `json:"event"`
	Status       string         `json:"status"`
	Pair         string         `json:"pair"`
	ChannelName  string         `json:"channelName"`
	Subscription subscriptionV1 `json:"subscription"`
	ErrorMessage string         `json:"errorMessage"`
	Error        string         `json:"error"` // also as "Error"
}

// Judge implements live.Dialect. The status of the exchange means as little as in
// version 2.
func (dialectV1) Judge(message []byte) live.Notice {
	var e eventV1
	if json.Unmarshal(message, &e) != nil {
		return live.Notice{}
	}
	streams := streamsOf(cmp.Or(e.Subscription.Name, e.ChannelName), e.Pair)
	if words := cmp.Or(e.ErrorMessage, e.Error); words != "" {
		return complaint(words, streams, 0)
	}
	switch e.Status {
	case "subscribed":
		return acknowledged(live.Granted, streams)
	case "unsubscribed":
		return acknowledged(live.Ended, streams)
	}
	return live.Notice{}
}

// Ping implements live.Dialect.
func (dialectV1) Ping(uint64) []byte { return []byte(`{"event":"ping"}`) }
