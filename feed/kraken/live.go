package kraken

import (
	"fmt"
	"maps"
	"net/url"
	"time"

	"golang.org/x/time/rate"

	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
)

// query is the address of Kraken's REST interface.
const query = "https://api.kraken.com"

// limits keep well below what Kraken does: it publishes no numbers for messages
// and symbols, answers each symbol of a request by itself, and bans an address
// after about 150 connections in ten minutes.
func limits() live.Limits {
	return live.Limits{
		Symbols:  250,
		Requests: 2, RequestBurst: 2,
		Dials: rate.Every(6 * time.Second), DialBurst: 10,
		Silence: 5 * time.Second, Heartbeats: true,
	}
}

// Live returns the live feed of Kraken. Its own option is version, 1 or 2, which
// is 2 if not given.
func Live(c live.Config, options url.Values) (*live.Source, error) {
	options = maps.Clone(options)
	v, err := parseVersion(options.Get("version"))
	if err != nil {
		return nil, fmt.Errorf("option version: %w", err)
	}
	options.Del("version")
	if err := live.Unknown(options, "version"); err != nil {
		return nil, err
	}
	names := venue.NewDirectory(rules(v), c.Names)
	return live.New(live.Venue{
		Name: "kraken",
		Endpoints: []live.Endpoint{{
			URL:   c.Address(v.address()),
			Speak: func() (live.Dialect, feed.Parser) { return v.dialect(), New(names.Canonical) },
		}},
		Names: names, Listings: v.listings, REST: c.Query(query),
		Limits: limits(), DenseTrades: v == v2, Unnumbered: v == v1,
	}, c)
}

func parseVersion(text string) (version, error) {
	switch text {
	case "", "2":
		return v2, nil
	case "1":
		return v1, nil
	}
	return 0, fmt.Errorf("%q is neither 1 nor 2", text)
}

func (v version) address() string {
	if v == v1 {
		return "wss://ws.kraken.com"
	}
	return "wss://ws.kraken.com/v2"
}

func (v version) dialect() live.Dialect {
	if v == v1 {
		return dialectV1{}
	}
	return dialectV2{}
}
