package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticker/feed"
	"ticker/market"
)

// What Config has unless told otherwise.
const (
	defaultGrace = 30 * time.Second
	defaultMax   = 500
)

// Config is what is asked of the feed of an exchange.
type Config struct {
	// Symbols holds the names and patterns that are always subscribed. If it is
	// empty, what clients watch is.
	Symbols []string
	// Demand tells what clients watch.
	Demand *feed.Demand
	// Grace is how long a symbol stays subscribed after its last watcher left; 30 s
	// if 0.
	Grace time.Duration
	// Max is the most symbols that are subscribed for watchers; 500 if 0.
	Max int
	// Names gives our symbols for names of the venue, before its own list and rules.
	Names map[string]market.Symbol
	// URL and REST are addresses instead of the venue's own. REST may be "off".
	URL, REST string
	// Silence goes before the venue's limit.
	Silence time.Duration
	// Dial makes the connections, those for questions over HTTP too; nil for those
	// of the net package.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Tap takes the raw messages; nil for none.
	Tap feed.Tap
	// Logger takes what a person on call wants to know; nil logs nothing.
	Logger *slog.Logger
	// Count takes what is counted; the zero value counts for nobody.
	Count feed.LiveCount
}

// Address returns the address to connect to, the venue's own unless told
// otherwise.
func (c *Config) Address(own string) string { return cmp.Or(c.URL, own) }

// Query returns the address to ask over HTTP, empty if it is not to be asked.
func (c *Config) Query(own string) string {
	if c.REST == "off" {
		return ""
	}
	return strings.TrimSuffix(cmp.Or(c.REST, own), "/")
}

// Take reads the options that all exchanges have, and returns the others.
func (c *Config) Take(options url.Values) (url.Values, error) {
	rest := maps.Clone(options)
	for _, key := range slices.Sorted(maps.Keys(options)) {
		known, err := c.set(key, options.Get(key))
		if err != nil {
			return nil, fmt.Errorf("option %s: %w", key, err)
		}
		if known {
			delete(rest, key)
		}
	}
	return rest, nil
}

// Unknown returns an error for options that nobody took.
func Unknown(options url.Values, own ...string) error {
	if len(options) == 0 {
		return nil
	}
	known := append([]string{"symbols", "names", "url", "rest", "grace", "max"}, own...)
	return fmt.Errorf("unknown option %q: want %s", slices.Sorted(maps.Keys(options))[0], strings.Join(known, ", "))
}

func (c *Config) set(key, value string) (known bool, err error) {
	switch key {
	case "symbols":
		c.Symbols, err = parseSymbols(value)
	case "names":
		c.Names, err = parseNames(value)
	case "url":
		c.URL, err = parseURL(value, "ws", "wss")
	case "rest":
		if c.REST = value; value != "off" {
			c.REST, err = parseURL(value, "http", "https")
		}
	case "grace":
		c.Grace, err = parsePositive(value)
	case "max":
		c.Max, err = strconv.Atoi(value)
		if err != nil || c.Max < 1 {
			err = fmt.Errorf("%q is no number of symbols above 0", value)
		}
	default:
		return false, nil
	}
	return true, err
}

func parseSymbols(list string) ([]string, error) {
	var symbols []string
	for text := range strings.SplitSeq(list, ",") {
		text = strings.TrimSpace(text)
		if _, err := market.ParsePattern(text); err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		symbols = append(symbols, text)
	}
	return symbols, nil
}

// parseNames reads "XBTUSD=BTC-USD,XDGUSD=DOGE-USD".
func parseNames(list string) (map[string]market.Symbol, error) {
	names := make(map[string]market.Symbol)
	for pair := range strings.SplitSeq(list, ",") {
		native, text, ok := strings.Cut(strings.TrimSpace(pair), "=")
		symbol, err := market.ParseSymbol(text)
		if !ok || native == "" || err != nil {
			return nil, fmt.Errorf("%q is not NAME=SYMBOL, as in XBTUSD=BTC-USD", pair)
		}
		names[native] = symbol
	}
	return names, nil
}

func parseURL(text string, schemes ...string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme):
		return "", fmt.Errorf("want an address that begins with %s://", strings.Join(schemes, ":// or "))
	case u.User != nil:
		return "", errors.New("want an address without user and password: an exchange takes none")
	}
	return text, nil
}

func parsePositive(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no duration such as 30s", text)
	}
	return d, nil
}

// minSilence leaves time for a ping and its answer, at a pace that venues allow.
const minSilence = 3 * time.Second

func (c *Config) validate() error {
	if c.Silence != 0 && c.Silence < minSilence {
		return fmt.Errorf("silence %s is too short for an exchange: want %s or more", c.Silence, minSilence)
	}
	if len(c.Symbols) == 0 && c.Demand == nil {
		return errors.New("no symbols, and nobody who could ask for some")
	}
	return nil
}
