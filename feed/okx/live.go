package okx

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
)

// The addresses of OKX.
const (
	stream = "wss://ws.okx.com:8443"
	path   = "/ws/v5/public"
	query  = "https://www.okx.com"
)

const (
	// maxInstruments is the most instruments of one connection, and batch the most
	// streams of a request: with the longest names it is half of the 64 KB that
	// OKX takes.
	maxInstruments = 300
	batch          = 300
	// hourly is how many requests OKX takes on a connection in an hour; burst are
	// those that may be made at once.
	hourly = 480
	burst  = 60
	// silence is half of what OKX waits before it cuts a connection on which nothing
	// was said.
	silence = 15 * time.Second
)

// limits are within what OKX allows. Its pings are no requests, but ours count
// against the pace, so the pace has room for them.
func limits(silence time.Duration) live.Limits {
	pings := 3 / silence.Seconds()
	return live.Limits{
		Symbols: maxInstruments, Batch: batch,
		Requests: rate.Limit(pings + (hourly-burst)/time.Hour.Seconds()), RequestBurst: burst,
		Dials: 1, DialBurst: 2,
		Silence: silence,
	}
}

// choice is what the options say.
type choice struct {
	quotes string   // the channel of quotes
	types  []string // of instruments that are listed
}

// chosen reads the options.
func chosen(options url.Values) (choice, error) {
	rest := maps.Clone(options)
	delete(rest, "quotes")
	delete(rest, "types")
	if err := live.Unknown(rest, "quotes", "types"); err != nil {
		return choice{}, err
	}
	c := choice{
		quotes: cmp.Or(options.Get("quotes"), "tickers"),
		types:  strings.Split(cmp.Or(options.Get("types"), "SPOT,SWAP,FUTURES"), ","),
	}
	if c.quotes != "tickers" && c.quotes != "bbo-tbt" {
		return choice{}, fmt.Errorf("option quotes: %q is none of tickers, bbo-tbt", c.quotes)
	}
	for _, t := range c.types {
		if !slices.Contains([]string{"SPOT", "SWAP", "FUTURES"}, t) {
			return choice{}, fmt.Errorf("option types: %q is none of SPOT, SWAP, FUTURES", t)
		}
	}
	return c, nil
}

// channels returns the channels that feed one instrument. Tickers are always among
// them: nothing else has figures of 24 hours.
func (c choice) channels() []string {
	if c.quotes == "bbo-tbt" {
		return []string{"bbo-tbt", "trades", "tickers"}
	}
	return []string{"tickers", "trades"}
}

func (c choice) parser(canonical func(native string) string) *Parser {
	p := New(canonical)
	p.besideBBO = c.quotes == "bbo-tbt"
	return p
}

// Live returns the live feed of OKX. Its option quotes is tickers, unless told
// otherwise, or bbo-tbt for every change of the best bid and offer. types are the
// types of instruments that are listed: SPOT,SWAP,FUTURES unless fewer are given.
func Live(c live.Config, options url.Values) (*live.Source, error) {
	choice, err := chosen(options)
	if err != nil {
		return nil, err
	}
	names := venue.NewDirectory(rules(), c.Names)
	return live.New(live.Venue{
		Name: "okx",
		Endpoints: []live.Endpoint{{
			URL: c.Address(stream + path),
			Speak: func() (live.Dialect, feed.Parser) {
				return dialect{choice.channels()}, choice.parser(names.Canonical)
			},
		}},
		Names: names, Listings: listings(choice.types), REST: c.Query(query),
		Limits: limits(cmp.Or(c.Silence, silence)),
	}, c)
}
