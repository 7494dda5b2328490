package kraken

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
	"ticker/market"
)

// version of Kraken's protocol.
type version uint8

const (
	v2 version = iota // the default
	v1
)

// rules are the names of a version: BTC/USD in v2, XBT/USD in v1.
func rules(v version) venue.Rules { return venue.Rules{Canonical: canonical, Native: v.native} }

// canonical writes a pair with a dash and with the usual names of the two
// assets that Kraken names its own way.
func canonical(native string) string {
	base, quote, ok := strings.Cut(native, "/")
	if !ok {
		return asset(native)
	}
	return asset(base) + "-" + asset(quote)
}

func asset(name string) string {
	switch name {
	case "XBT":
		return "BTC"
	case "XDG":
		return "DOGE"
	}
	return name
}

// native is canonical the other way round. What is no pair has no name at Kraken.
func (v version) native(symbol market.Symbol) string {
	base, quote, ok := strings.Cut(string(symbol), "-")
	if !ok || base == "" || quote == "" {
		return ""
	}
	return v.asset(base) + "/" + v.asset(quote)
}

func (v version) asset(name string) string {
	switch {
	case v == v1 && name == "BTC":
		return "XBT"
	case v == v1 && name == "DOGE":
		return "XDG"
	}
	return name
}

// pair is an entry of AssetPairs, as far as it matters here. Its name is that of
// v1; a pair without one is not on the feed.
type pair struct {
	Name   string `json:"wsname"`
	Status string `json:"status"`
}

// listings asks for the pairs that are traded now, with their names in a version.
func (v version) listings(ctx context.Context, get live.Get) ([]venue.Listing, error) {
	body, err := get(ctx, "/0/public/AssetPairs")
	if err != nil {
		return nil, fmt.Errorf("list pairs: %w", err)
	}
	return v.parseListings(body)
}

// parseListings leaves out what is not traded, and what it cannot read.
func (v version) parseListings(body []byte) ([]venue.Listing, error) {
	var answer struct {
		Error  []string                   `json:"error"`
		Result map[string]json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("read list of pairs: %w", err)
	}
	if answer.Result == nil {
		return nil, errors.New("read list of pairs: " + venue.Reason("none, errors: "+strings.Join(answer.Error, ", ")))
	}
	var found []venue.Listing
	for _, key := range slices.Sorted(maps.Keys(answer.Result)) {
		var p pair
		if json.Unmarshal(answer.Result[key], &p) != nil || p.Status != "online" {
			continue
		}
		symbol, err := market.ParseSymbol(canonical(p.Name))
		if native := v.native(symbol); err == nil && native != "" {
			found = append(found, venue.Listing{Native: native, Symbol: symbol})
		}
	}
	return found, nil
}
