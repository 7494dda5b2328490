package coinbase

import (
	"encoding/json"
	"slices"
	"strings"

	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
	"ticker/market"
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

// dialect speaks to Coinbase. Every acknowledgement is of all that is subscribed.
type dialect struct {
	matched   map[market.Symbol]uint64 // the parser's; only read here
	canonical func(native string) string
	ahead     map[string]bool // products whose last heartbeat knew of a later trade
}

var _ live.Dialect = (*dialect)(nil)

func newDialect(matched map[market.Symbol]uint64, canonical func(native string) string) *dialect {
	return &dialect{matched: matched, canonical: canonical, ahead: make(map[string]bool)}
}

// Streams implements live.Dialect.
func (*dialect) Streams(native string) []live.Stream {
	return []live.Stream{{Channel: channel, Name: native}}
}

// request subscribes products, or ends their subscription.
type request struct {
	Type     string   `json:"type"`
	Products []string `json:"product_ids"`
	Channels []string `json:"channels"`
}

// Request implements live.Dialect.
func (*dialect) Request(r live.Request) []byte {
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

// notice is a control message.
type notice struct {
	Product   string `json:"product_id"`    // of a heartbeat
	LastTrade uint64 `json:"last_trade_id"` // of a heartbeat
	Type      string `json:"type"`
	Message   string `json:"message"`
	Reason    string `json:"reason"`
	Channels  []struct {
		Name     string   `json:"name"`
		Products []string `json:"product_ids"`
	} `json:"channels"`
}

// Judge implements live.Dialect.
func (d *dialect) Judge(message []byte) live.Notice {
	var n notice
	if json.Unmarshal(message, &n) != nil {
		return live.Notice{}
	}
	switch n.Type {
	case "subscriptions":
		return live.Notice{Meaning: live.Whole, Streams: n.streams()}
	case "error":
		return n.complaint()
	case "heartbeat":
		return d.beat(&n)
	}
	return live.Notice{}
}

// beat compares a heartbeat with the trades that came. One that knows of a later
// trade may have overtaken it; two in a row tell that it was lost, and with the
// product's next last_match the price is right again.
func (d *dialect) beat(n *notice) live.Notice {
	newest, traded := d.matched[market.Symbol(d.canonical(n.Product))]
	ahead := traded && n.LastTrade > newest
	again := d.ahead[n.Product]
	if !ahead || again {
		delete(d.ahead, n.Product)
	} else {
		d.ahead[n.Product] = true
	}
	if !ahead || !again {
		return live.Notice{}
	}
	return live.Notice{Meaning: live.Behind, Streams: d.Streams(n.Product)}
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
func (*dialect) Ping(uint64) []byte { return nil }
