package bitstamp

import (
	"net/url"
	"time"

	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
)

// The addresses of Bitstamp.
const (
	address = "wss://ws.bitstamp.net"
	query   = "https://www.bitstamp.net"
)

const (
	// maxPairs is the most pairs of one connection: at two channels each, and one
	// channel a request, all are subscribed within ten seconds.
	maxPairs = 100
	// requests is how many we make in a second. Bitstamp tells no limit; it takes
	// twenty times as many over HTTP.
	requests = 20
	// lifetime is 90 days, after which Bitstamp ends a connection, less an hour.
	lifetime = 90*24*time.Hour - time.Hour
)

func limits() live.Limits {
	return live.Limits{
		Symbols: maxPairs, Batch: 1,
		Requests: requests, RequestBurst: requests,
		Lifetime: lifetime,
	}
}

// Live returns the live feed of Bitstamp. It has no options of its own.
func Live(c live.Config, options url.Values) (*live.Source, error) {
	if err := live.Unknown(options); err != nil {
		return nil, err
	}
	names := venue.NewDirectory(rules(), c.Names)
	return live.New(live.Venue{
		Name: "bitstamp",
		Endpoints: []live.Endpoint{{
			URL:   c.Address(address),
			Speak: func() (live.Dialect, feed.Parser) { return dialect{}, New(names.Canonical) },
		}},
		Names: names, Listings: listings, REST: c.Query(query),
		Limits: limits(),
	}, c)
}
