package venues

import (
	"fmt"
	"strings"

	"ticker/feed"
	"ticker/feed/alpaca"
	"ticker/feed/binance"
	"ticker/feed/bitstamp"
	"ticker/feed/coinbase"
	"ticker/feed/kraken"
	"ticker/feed/okx"
)

// Names returns the exchanges that Parser knows.
func Names() []string {
	return []string{"alpaca", "binance", "bitstamp", "coinbase", "kraken", "okx"}
}

// Parser returns a parser for the messages of one connection to an exchange.
func Parser(venue string) (feed.Parser, error) {
	switch venue {
	case "alpaca":
		return alpaca.New(nil), nil
	case "binance":
		return binance.New(nil), nil
	case "bitstamp":
		return bitstamp.New(nil), nil
	case "coinbase":
		return coinbase.New(nil), nil
	case "kraken":
		return kraken.New(nil), nil
	case "okx":
		return okx.New(nil), nil
	}
	return nil, fmt.Errorf("venue %q is none of %s", venue, strings.Join(Names(), ", "))
}
