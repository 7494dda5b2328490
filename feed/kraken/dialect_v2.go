package kraken

import (
	"encoding/json"

	"ticker/feed/internal/live"
)

// dialectV2 speaks version 2. It keeps nothing.
type dialectV2 struct{}

var _ live.Dialect = dialectV2{}

// Streams implements live.Dialect.
func (dialectV2) Streams(native string) []live.Stream {
	return []live.Stream{{Channel: tickerChannel, Name: native}, {Channel: tradeChannel, Name: native}}
}

// requestV2 subscribes symbols to a channel, or ends their subscription.
type requestV2 struct {
	Method string   `json:"method"`
	Params paramsV2 `json:"params"`
	ReqID  uint64   `json:"req_id"`
}

type paramsV2 struct {
	Channel string   `json:"channel"`
	Symbols []string `json:"symbol"`
	// Trigger has a ticker sent at every change of the best bid or offer; by
	// itself Kraken sends one at every trade.
	Trigger  string `json:"event_trigger,omitempty"`
	Snapshot bool   `json:"snapshot,omitempty"`
}

// Request implements live.Dialect.
func (dialectV2) Request(r live.Request) []byte {
	channel := r.Streams[0].Channel
	q := requestV2{
		Method: "subscribe", ReqID: numberOf(r.ID, channel),
		Params: paramsV2{Channel: channel, Symbols: names(r), Snapshot: !r.Drop},
	}
	if r.Drop {
		q.Method = "unsubscribe"
	}
	if channel == tickerChannel {
		q.Params.Trigger = "bbo"
	}
	return encode(q)
}

// numberOf numbers a request so that its channel can be told from it: an error
// names the symbol and not the channel.
func numberOf(id uint64, channel string) uint64 {
	if channel == tradeChannel {
		return 2*id + 1
	}
	return 2 * id
}

// requestOf is numberOf the other way round.
func requestOf(number uint64) (id uint64, channel string) {
	switch {
	case number == 0:
		return 0, ""
	case number%2 == 1:
		return number / 2, tradeChannel
	}
	return number / 2, tickerChannel
}

// answerV2 is a control message. Those of channels have no method.
type answerV2 struct {
	Method  string `json:"method"`
	Success bool   `json:"success"`
	Error   string `json:"error"` // also as "Error"
	Symbol  string `json:"symbol"`
	ReqID   uint64 `json:"req_id"`
	Result  struct {
		Channel string `json:"channel"`
		Symbol  string `json:"symbol"`
	} `json:"result"`
}

// Judge implements live.Dialect. The status of the exchange means nothing here:
// its data goes on while orders are restricted, and when it goes down the
// connection does.
func (dialectV2) Judge(message []byte) live.Notice {
	var a answerV2
	if json.Unmarshal(message, &a) != nil {
		return live.Notice{}
	}
	subscribed := streamsOf(a.Result.Channel, a.Result.Symbol)
	switch {
	case a.Error != "":
		return a.complaint()
	case a.Method == "subscribe" && a.Success:
		return acknowledged(live.Granted, subscribed)
	case a.Method == "unsubscribe" && a.Success:
		return acknowledged(live.Ended, subscribed)
	}
	return live.Notice{}
}

func (a *answerV2) complaint() live.Notice {
	id, channel := requestOf(a.ReqID)
	n := complaint(a.Error, streamsOf(channel, a.Symbol), id)
	switch {
	case n.Meaning != live.Refused:
	case a.Method == "ping" || a.Method == "pong":
		return live.Notice{}
	case a.Method == "unsubscribe":
		// What Kraken will not end was not subscribed.
		return acknowledged(live.Ended, n.Streams)
	}
	return n
}

// Ping implements live.Dialect.
func (dialectV2) Ping(id uint64) []byte {
	return encode(struct {
		Method string `json:"method"`
		ReqID  uint64 `json:"req_id"`
	}{"ping", id})
}
