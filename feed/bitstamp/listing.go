package bitstamp

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

// maxListed bounds the pairs that are read of a list, which has a few hundred.
const maxListed = 1 << 15

// pair is an entry of the list of pairs.
type pair struct {
	Name    string `json:"name"`       // "BTC/USD"
	Native  string `json:"url_symbol"` // "btcusd"
	Trading string `json:"trading"`
}

// listings asks for the pairs that are traded now.
func listings(ctx context.Context, get live.Get) ([]venue.Listing, error) {
	body, err := get(ctx, "/api/v2/trading-pairs-info/")
	if err != nil {
		return nil, fmt.Errorf("list pairs: %w", err)
	}
	return parseListings(body)
}

// parseListings leaves out what is not traded, and what it cannot read.
func parseListings(body []byte) ([]venue.Listing, error) {
	var entries []json.RawMessage
	if err := json.Unmarshal(body, &entries); err != nil {
		return nil, fmt.Errorf("read list of pairs: %w", err)
	}
	if entries == nil {
		return nil, errors.New("read list of pairs: there is none")
	}
	var found []venue.Listing
	for _, text := range entries[:min(len(entries), maxListed)] {
		var p pair
		if json.Unmarshal(text, &p) != nil || p.Native == "" || p.Trading != "Enabled" {
			continue
		}
		if symbol, err := market.ParseSymbol(strings.Replace(p.Name, "/", "-", 1)); err == nil {
			found = append(found, venue.Listing{Native: p.Native, Symbol: symbol})
		}
	}
	return found, nil
}
