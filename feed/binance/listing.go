package binance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
	"ticker/market"
)

// maxListed bounds the symbols that are read of a list; the longest has about
// 4,000.
const maxListed = 1 << 15

// listings returns what asks for the symbols that are traded now.
func listings(path string) func(context.Context, live.Get) ([]venue.Listing, error) {
	return func(ctx context.Context, get live.Get) ([]venue.Listing, error) {
		body, err := get(ctx, path)
		if err != nil {
			return nil, fmt.Errorf("list symbols: %w", err)
		}
		return parseListings(body)
	}
}

// entry is one symbol of an exchangeInfo, of the spot market or of the futures.
type entry struct {
	Symbol string `json:"symbol"`
	Status string `json:"status"`
	Base   string `json:"baseAsset"`
	Quote  string `json:"quoteAsset"`
}

// parseListings leaves out what is not traded, and what it cannot read.
func parseListings(body []byte) ([]venue.Listing, error) {
	var info struct {
		Symbols []json.RawMessage `json:"symbols"`
	}
	if err := json.Unmarshal(body, &info); err != nil {
		return nil, fmt.Errorf("read list of symbols: %w", err)
	}
	if info.Symbols == nil {
		return nil, errors.New("read list of symbols: there is none")
	}
	var found []venue.Listing
	for _, text := range info.Symbols[:min(len(info.Symbols), maxListed)] {
		var e entry
		if json.Unmarshal(text, &e) != nil || e.Status != "TRADING" {
			continue
		}
		if symbol, ok := e.canonical(); ok {
			found = append(found, venue.Listing{Native: e.Symbol, Symbol: symbol})
		}
	}
	return found, nil
}

// canonical returns our name: of the two assets, and behind them the date of a
// contract that has one.
func (e *entry) canonical() (market.Symbol, bool) {
	if e.Symbol == "" || e.Base == "" || e.Quote == "" {
		return "", false
	}
	name := e.Base + "-" + e.Quote
	if _, contract, ok := strings.Cut(e.Symbol, "_"); ok {
		name += "-" + contract
	}
	symbol, err := market.ParseSymbol(name)
	return symbol, err == nil
}
