package alpaca

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"time"

	"ticker/feed"
	"ticker/feed/internal/live"
)

// host is where the streams of Alpaca are.
const host = "wss://stream.data.alpaca.markets/"

// limits are those of Alpaca's plans: one connection, which has all symbols. How
// many that may be depends on the plan, and Alpaca tells.
func limits() live.Limits {
	return live.Limits{
		Batch:    500, // every answer lists all that is subscribed: few requests, few lists
		Requests: 5, RequestBurst: 5,
		// A second connection is refused as long as the first is not forgotten.
		Dials: 0.5, DialBurst: 2,
		Silence: 15 * time.Second, Greets: true,
	}
}

// Live returns the live feed of Alpaca's stocks. Its own options are feed (iex,
// sip, delayed_sip, test, boats, overnight; iex if not given), format (json or
// msgpack; json if not given, and with a tap, which records text), and the keys:
// key and secret, or key_file and secret_file, else APCA_API_KEY_ID and
// APCA_API_SECRET_KEY of the environment.
func Live(c live.Config, options url.Values) (*live.Source, error) {
	v, err := describe(&c, options, os.Getenv)
	if err != nil {
		return nil, err
	}
	return live.New(v, c)
}

// describe returns what there is to know of Alpaca with these options.
func describe(c *live.Config, options url.Values, getenv func(string) string) (live.Venue, error) {
	options = maps.Clone(options)
	path, err := takeFeed(options)
	if err != nil {
		return live.Venue{}, err
	}
	packed, err := takeFormat(options)
	if err != nil {
		return live.Venue{}, err
	}
	account, err := takeKeys(options, getenv)
	if err != nil {
		return live.Venue{}, err
	}
	if err := live.Unknown(options, "feed", "format", "key", "secret", "key_file", "secret_file"); err != nil {
		return live.Venue{}, err
	}
	packed = packed && c.Tap == nil
	names := directory(c)
	return live.Venue{
		Name: "alpaca",
		Endpoints: []live.Endpoint{{
			URL: c.Address(host + path), Header: header(packed),
			Speak: func() (live.Dialect, feed.Parser) {
				return &dialect{keys: account, packed: packed}, New(names.Canonical)
			},
		}},
		Names: names, Limits: limits(), Unnumbered: true,
	}, nil
}

// header picks the format of all frames, in both directions.
func header(packed bool) http.Header {
	if packed {
		return http.Header{"Content-Type": {"application/msgpack"}}
	}
	return http.Header{"Content-Type": {"application/json"}}
}

// takeFeed returns the path of a stream.
func takeFeed(options url.Values) (path string, err error) {
	name := options.Get("feed")
	options.Del("feed")
	switch name {
	case "":
		return "v2/iex", nil
	case "iex", "sip", "delayed_sip", "test":
		return "v2/" + name, nil
	case "boats", "overnight":
		return "v1beta1/" + name, nil
	}
	return "", fmt.Errorf("option feed: %q is none of iex, sip, delayed_sip, test, boats, overnight", name)
}

func takeFormat(options url.Values) (packed bool, err error) {
	name := options.Get("format")
	options.Del("format")
	switch name {
	case "", "json":
		return false, nil
	case "msgpack":
		return true, nil
	}
	return false, errors.New("option format: want json or msgpack")
}
