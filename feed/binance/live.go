package binance

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"time"

	"golang.org/x/time/rate"

	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
)

const (
	// maxStreams is what Binance takes on one connection.
	maxStreams = 1024
	// batch keeps a request at a few kilobytes.
	batch = 200
	// lifetime is a day, after which Binance ends a connection, less the time for
	// several tries to replace it.
	lifetime = 24*time.Hour - 10*time.Minute
)

// segment is a part of Binance with names and limits of its own.
type segment struct {
	stream string // address to connect to, without a path
	query  string // address to ask over HTTP
	list   string // path of the list of symbols
	tiers  []tier
	// requests and burst pace what we say. With a ping and a pong on top, which do
	// not wait, the sum of both stays within what Binance takes in one second: 5
	// messages on the spot market, 10 of the futures.
	requests, burst int
}

// tier is a path and the kinds of streams that are to be had there.
type tier struct {
	path  string
	kinds []string
}

// segmentOf returns the segment that an option names.
func segmentOf(market string) (segment, error) {
	switch market {
	case "spot":
		return segment{
			stream: "wss://stream.binance.com:9443", query: "https://api.binance.com", list: "/api/v3/exchangeInfo",
			tiers:    []tier{{"/stream", []string{"bookTicker", "aggTrade", "miniTicker"}}},
			requests: 2, burst: 1,
		}, nil
	case "usdm":
		return segment{
			stream: "wss://fstream.binance.com", query: "https://fapi.binance.com", list: "/fapi/v1/exchangeInfo",
			tiers: []tier{
				{"/public/stream", []string{"bookTicker"}},
				{"/market/stream", []string{"aggTrade", "miniTicker"}},
			},
			requests: 5, burst: 3,
		}, nil
	}
	return segment{}, fmt.Errorf("option market: %q is none of spot, usdm", market)
}

// limits are within what Binance allows. Connections take half of the 300 in five
// minutes that an address has, for there may be others behind it.
func (s segment) limits() live.Limits {
	most := 0
	for _, t := range s.tiers {
		most = max(most, len(t.kinds))
	}
	return live.Limits{
		Symbols: maxStreams / most, Batch: batch,
		Requests: rate.Limit(s.requests), RequestBurst: s.burst,
		Dials: 0.45, DialBurst: 15,
		Lifetime: lifetime,
	}
}

// Live returns the live feed of Binance. Its option market is spot, unless told
// otherwise, or usdm for the futures margined in dollars. An address that is given
// without a path gets those of the market.
func Live(c live.Config, options url.Values) (*live.Source, error) {
	s, err := chosen(options)
	if err != nil {
		return nil, err
	}
	v := live.Venue{
		Name: "binance", Names: venue.NewDirectory(rules(), c.Names),
		Listings: listings(s.list), REST: c.Query(s.query), Limits: s.limits(), DenseTrades: true,
	}
	for _, t := range s.tiers {
		address, err := withPath(c.Address(s.stream), t.path)
		if err != nil {
			return nil, err
		}
		v.Endpoints = append(v.Endpoints, live.Endpoint{
			URL:   address,
			Speak: func() (live.Dialect, feed.Parser) { return dialect{t.kinds}, New(v.Names.Canonical) },
		})
	}
	return live.New(v, c)
}

// chosen reads the options.
func chosen(options url.Values) (segment, error) {
	rest := maps.Clone(options)
	delete(rest, "market")
	if err := live.Unknown(rest, "market"); err != nil {
		return segment{}, err
	}
	return segmentOf(cmp.Or(options.Get("market"), "spot"))
}

// withPath gives an address the path, unless it has one.
func withPath(address, path string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("read address: %w", err)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = path
	}
	return u.String(), nil
}
