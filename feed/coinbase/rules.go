package coinbase

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
	"ticker/market"
)

// rules are the names of Coinbase, which are canonical already.
func rules() venue.Rules {
	return venue.Rules{
		Canonical: func(native string) string { return native },
		Native:    func(symbol market.Symbol) string { return string(symbol) },
	}
}

// product is an entry of /products, as far as it matters here.
type product struct {
	ID              string `json:"id"`
	Status          string `json:"status"`
	TradingDisabled bool   `json:"trading_disabled"`
}

// listings asks for the products that are traded now.
func listings(ctx context.Context, get live.Get) ([]venue.Listing, error) {
	body, err := get(ctx, "/products")
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	return parseListings(body)
}

// parseListings leaves out what is not traded, and what it cannot read.
func parseListings(body []byte) ([]venue.Listing, error) {
	var entries []json.RawMessage
	if err := json.Unmarshal(body, &entries); err != nil {
		return nil, fmt.Errorf("read list of products: %w", err)
	}
	if entries == nil {
		return nil, errors.New("read list of products: it is null")
	}
	var found []venue.Listing
	for _, entry := range entries {
		var p product
		if json.Unmarshal(entry, &p) != nil || p.Status != "online" || p.TradingDisabled {
			continue
		}
		if symbol, err := market.ParseSymbol(p.ID); err == nil {
			found = append(found, venue.Listing{Native: p.ID, Symbol: symbol})
		}
	}
	return found, nil
}
