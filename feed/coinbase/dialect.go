package coinbase

import (
	"encoding/json"
	"slices"
	"strings"

	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
)

// channel is the name of a stream's channel: a product is asked for in all
// channels at once, so that it is one stream.
const channel = "product"

// channels returns the channels that a product is subscribed in.
func channels() []string { return []string{"ticker", "matches", "heartbeat"} }

const (
	// maxNameBytes is longer than any name that a request held.
	maxNameBytes = 64
	// maxListed bounds the products that are read of an acknowledgement; a
	// connection has no more than a tenth of that.
	maxListed = 10 * maxProducts
)

// dialect speaks to Coinbase. It keeps nothing: every acknowledgement is of all
// that is subscribed.
type dialect struct{}

var _ live.Dialect = dialect{}

// Streams implements live.Dialect.
func (dialect) Streams(native string) []live.Stream {
	return []live.Stream{{Channel: channel, Name: native}}
}

// request subscribes products, or ends their subscription.
type request struct {
	Type     string   `json:"type"`
	Products []string `json:"product_ids"`
	Channels []string `json:"channels"`
}

// Request implements live.Dialect.
func (dialect) Request(r live.Request) []byte {
	q := request{Type: "subscribe", Channels: channels()}
	if r.Drop {
		q.Type = "unsubscribe"
	}
	for _, s := range r.Streams {
		q.Products = append(q.Products, s.Name)
	}
	text, _ := json.Marshal(q) // strings always have a text
	return text
}

// notice is a control message. Heartbeats share none of its fields but the type.
type notice struct {
	Type     string `json:"type"`
	Message  string `json:"message"`
	Reason   string `json:"reason"`
	Channels []struct {
		Name     string   `json:"name"`
		Products []string `json:"product_ids"`
	} `json:"channels"`
}

// Judge implements live.Dialect.
func (dialect) Judge(message []byte) live.Notice {
	var n notice
	if json.Unmarshal(message, &n) != nil {
		return live.Notice{}
	}
	switch n.Type {
	case "subscriptions":
		return live.Notice{Meaning: live.Whole, Streams: n.streams()}
	case "error":
		return n.complaint()
	}
	return live.Notice{}
}

// streams returns the products that are listed under all channels.
func (n *notice) streams() []live.Stream {
	names := channels()
	all := 1<<len(names) - 1
	listed := make(map[string]int) // the channels of each product, a bit each
	var found []live.Stream
	for _, c := range n.Channels {
		at := slices.Index(names, c.Name)
		if at < 0 {
			continue
		}
		for _, p := range c.Products[:min(len(c.Products), maxListed)] {
			before := listed[p]
			listed[p] = before | 1<<at
			if listed[p] == all && before != all && p != "" && len(p) <= maxNameBytes {
				found = append(found, live.Stream{Channel: channel, Name: p})
			}
		}
	}
	return found
}

// complaint tells of an error, which refuses a whole request without naming it:
// requests are answered in order.
func (n *notice) complaint() live.Notice {
	words := n.Message
	if n.Reason != "" {
		words += ": " + n.Reason
	}
	if folded := strings.ToLower(words); strings.Contains(folded, "rate limit") || strings.Contains(folded, "too many requests") {
		return live.Notice{Meaning: live.Throttled, Reason: venue.Reason(words)}
	}
	return live.Notice{Meaning: live.Refused, Reason: venue.Reason(words)}
}

// Ping implements live.Dialect: Coinbase has none of its own.
func (dialect) Ping(uint64) []byte { return nil }
