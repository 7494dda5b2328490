package okx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
	"ticker/market"
)

// maxListed bounds the instruments that are read of a list; the longest has about
// 1,000.
const maxListed = 1 << 15

// listings returns what asks for the instruments of some types that are traded
// now.
func listings(types []string) func(context.Context, live.Get) ([]venue.Listing, error) {
	return func(ctx context.Context, get live.Get) ([]venue.Listing, error) {
		var all []venue.Listing
		for _, t := range types {
			body, err := get(ctx, "/api/v5/public/instruments?instType="+t)
			if err != nil {
				return nil, fmt.Errorf("list %s: %w", t, err)
			}
			found, err := parseListings(body)
			if err != nil {
				return nil, fmt.Errorf("list %s: %w", t, err)
			}
			all = append(all, found...)
		}
		return all, nil
	}
}

// parseListings leaves out what is not traded, and what it cannot read.
func parseListings(body []byte) ([]venue.Listing, error) {
	var answer struct {
		Code string            `json:"code"`
		Msg  string            `json:"msg"`
		Data []json.RawMessage `json:"data"`
	}
	switch err := json.Unmarshal(body, &answer); {
	case err != nil:
		return nil, fmt.Errorf("read instruments: %w", err)
	case answer.Code != "0":
		return nil, errors.New("read instruments: " + venue.Reason("code "+answer.Code+": "+answer.Msg))
	case answer.Data == nil:
		return nil, errors.New("read instruments: there is no list")
	}
	var found []venue.Listing
	for _, text := range answer.Data[:min(len(answer.Data), maxListed)] {
		var instrument struct {
			ID    string `json:"instId"`
			State string `json:"state"`
		}
		if json.Unmarshal(text, &instrument) != nil || instrument.State != "live" {
			continue
		}
		if symbol, err := market.ParseSymbol(instrument.ID); err == nil {
			found = append(found, venue.Listing{Native: instrument.ID, Symbol: symbol})
		}
	}
	return found, nil
}
