package venues

import (
	"fmt"
	"strings"

	"ticker/feed"
	"ticker/feed/binance"
	"ticker/feed/bitstamp"
	"ticker/feed/coinbase"
	"ticker/feed/kraken"
	"ticker/feed/okx"
)

// Names returns the exchanges that Parser knows.
func Names() []string {
	return []string{"binance", "bitstamp", "coinbase", "kraken", "okx"}
}

// Parser returns a parser for the messages of one connection to an exchange.
func Parser(venue string) (feed.Parser, error) {
	switch venue {
	case "binance":
		return binance.New(binance.Options{}), nil
	case "bitstamp":
		return bitstamp.New(), nil
	case "coinbase":
		return coinbase.New(), nil
	case "kraken":
		return kraken.New(), nil
	case "okx":
		return okx.New(), nil
	}
	return nil, fmt.Errorf("venue %q is none of %s", venue, strings.Join(Names(), ", "))
}
