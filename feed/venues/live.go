package venues

import (
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"ticker/feed"
	"ticker/feed/alpaca"
	"ticker/feed/binance"
	"ticker/feed/bitstamp"
	"ticker/feed/coinbase"
	"ticker/feed/internal/live"
	"ticker/feed/kraken"
	"ticker/feed/okx"
)

// Live is what the live feed of an exchange needs besides its options.
type Live struct {
	// Demand tells what clients watch, for feeds without symbols of their own.
	Demand *feed.Demand
	// Silence is how long a connection may go without being heard; the exchange's
	// own limit if 0.
	Silence time.Duration
	// Tap takes the raw messages; nil for none.
	Tap    feed.Tap
	Logger *slog.Logger
	Count  feed.LiveCount
}

// Exchanges returns the exchanges that Connect knows.
func Exchanges() []string {
	return []string{"alpaca", "binance", "bitstamp", "coinbase", "kraken", "okx"}
}

// Connect builds the live feed of an exchange and starts nothing. The options that
// all have are symbols, names, url, rest, grace and max; the packages of the
// exchanges tell of others. The error names the option that is wrong.
func Connect(exchange string, options url.Values, with Live) (feed.Lines, error) {
	cfg := live.Config{
		Demand: with.Demand, Silence: with.Silence, Tap: with.Tap, Logger: with.Logger, Count: with.Count,
	}
	own, err := cfg.Take(options)
	if err != nil {
		return nil, err
	}
	switch exchange {
	case "alpaca":
		return lines(alpaca.Live(cfg, own))
	case "binance":
		return lines(binance.Live(cfg, own))
	case "bitstamp":
		return lines(bitstamp.Live(cfg, own))
	case "coinbase":
		return lines(coinbase.Live(cfg, own))
	case "kraken":
		return lines(kraken.Live(cfg, own))
	case "okx":
		return lines(okx.Live(cfg, own))
	}
	return nil, fmt.Errorf("%q is no exchange that is known", exchange)
}

// lines makes no feed of a source that was not made.
func lines(s *live.Source, err error) (feed.Lines, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}
