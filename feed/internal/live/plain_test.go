package live_test

import (
	"fmt"
	"strconv"
	"strings"

	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/feed/internal/live/livetest"
	"ticker/feed/internal/venue"
	"ticker/market"
)

// The plain venue speaks in words: "ask 1 ab cd", "end 2 ab"; "yes 1", "no 1 ab",
// "gone 2", "slow", "leave", "die 60"; "quote ab 7", "trade ab 7".

// plain is its dialect and its parser.
type plain struct{}

func (plain) Streams(native string) []live.Stream { return []live.Stream{{Name: native}} }

func (plain) Request(r live.Request) []byte {
	verb := "ask"
	if r.Drop {
		verb = "end"
	}
	text := fmt.Sprintf("%s %d", verb, r.ID)
	for _, s := range r.Streams {
		text += " " + s.Name
	}
	return []byte(text)
}

func (plain) Judge(message []byte) live.Notice {
	words := strings.Fields(string(message))
	if len(words) == 0 {
		return live.Notice{}
	}
	n := live.Notice{Reason: string(message)}
	if len(words) > 1 {
		n.ID, _ = strconv.ParseUint(words[1], 10, 64)
	}
	switch words[0] {
	case "yes":
		n.Meaning = live.Granted
	case "gone":
		n.Meaning = live.Ended
	case "no":
		n.Meaning = live.Refused
	case "slow":
		n.Meaning = live.Throttled
	case "leave":
		n.Meaning = live.Leaving
	case "die":
		n.Meaning = live.Fatal
	case "again":
		n.Meaning, n.Streams = live.Behind, []live.Stream{{Name: words[1]}}
	}
	return n
}

func (plain) Ping(uint64) []byte { return nil }

func (plain) Parse(message []byte, emit func(*market.Update)) error {
	words := strings.Fields(string(message))
	if len(words) == 0 {
		return feed.ErrMalformed
	}
	switch words[0] {
	case "yes", "gone", "no", "slow", "leave", "die", "again", "beat":
		return feed.ErrSkipped
	case "bomb":
		panic("a bomb")
	case "quote", "trade":
	default:
		return feed.ErrMalformed
	}
	if len(words) != 3 {
		return feed.ErrMalformed
	}
	n, err := strconv.Atoi(words[2])
	price, err2 := market.ParseDecimal([]byte(words[2]))
	if err != nil || err2 != nil {
		return feed.ErrValue
	}
	u := market.Update{Symbol: market.Symbol(strings.ToUpper(words[1])), Seq: uint64(n), TS: int64(1_700_000_000+n) * 1e6} //nolint:gosec // Small.
	if words[0] == "trade" {
		u.Channel, u.Trade = market.Trades, true
		u.Put(market.Last, price)
		u.Put(market.LastSize, price)
	} else {
		u.Put(market.Bid, price)
	}
	emit(&u)
	return nil
}

// plainOf is the venue.
func plainOf(limits live.Limits, c live.Config) live.Venue {
	return live.Venue{
		Name: "plain", DenseTrades: true, Limits: limits,
		Names: venue.NewDirectory(venue.Rules{
			Canonical: strings.ToUpper,
			Native:    func(s market.Symbol) string { return strings.ToLower(string(s)) },
		}, c.Names),
		Endpoints: []live.Endpoint{{
			URL:   c.Address("wss://example.invalid"),
			Speak: func() (live.Dialect, feed.Parser) { return plain{}, plain{} },
		}},
	}
}

// plainVenue makes its feed, as Live of a real one would.
func plainVenue(limits live.Limits) func(live.Config) (feed.Lines, error) {
	return func(c live.Config) (feed.Lines, error) { return live.New(plainOf(limits, c), c) }
}

// plainExchange is its other side.
func plainExchange() livetest.Exchange {
	return livetest.Exchange{
		Hear: func(c *livetest.Client, message string) {
			words := strings.Fields(message)
			switch {
			case words[0] == "end":
				c.Unsubscribe(words[2:]...)
				c.Say("gone " + words[1])
			case strings.Contains(message+" ", " xx "):
				c.Say("no " + words[1])
			default:
				c.Subscribe(words[2:]...)
				c.Say("yes " + words[1])
			}
		},
		Quote:   func(native string, n int) (string, string) { return native, fmt.Sprintf("quote %s %d", native, n) },
		Trade:   func(native string, n int) (string, string) { return native, fmt.Sprintf("trade %s %d", native, n) },
		Planned: "leave", Throttled: func(string) string { return "slow" },
		Unknown: "XX", UnknownNative: "xx", Lifetime: true,
	}
}
