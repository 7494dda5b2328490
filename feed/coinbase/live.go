package coinbase

import (
	"net/url"
	"time"

	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
	"ticker/market"
)

// The addresses of Coinbase Exchange.
const (
	address = "wss://ws-feed.exchange.coinbase.com"
	query   = "https://api.exchange.coinbase.com"
)

// maxProducts is the most products of one connection. Each brings a heartbeat
// every second and stands three times in every acknowledgement; what Coinbase
// lists fits on a handful of connections of this size, and one that is lost
// takes no more with it.
const maxProducts = 200

// limits are half of what Coinbase allows an address, for there may be others
// behind it: 100 messages and 8 connections a second, 20 at once.
func limits() live.Limits {
	return live.Limits{
		Symbols:  maxProducts,
		Requests: 10, RequestBurst: 10,
		Dials: 4, DialBurst: 10,
		Silence: 5 * time.Second, Heartbeats: true,
	}
}

// Live returns the live feed of Coinbase Exchange. It has no options of its own.
func Live(c live.Config, options url.Values) (*live.Source, error) {
	if err := live.Unknown(options); err != nil {
		return nil, err
	}
	names := venue.NewDirectory(rules(), c.Names)
	return live.New(live.Venue{
		Name: "coinbase",
		Endpoints: []live.Endpoint{{
			URL: c.Address(address),
			Speak: func() (live.Dialect, feed.Parser) {
				p := New(names.Canonical)
				p.matched = make(map[market.Symbol]uint64)
				return newDialect(p.matched, names.Canonical), p
			},
		}},
		Names: names, Listings: listings, REST: c.Query(query),
		Limits: limits(), DenseTrades: true,
	}, c)
}
