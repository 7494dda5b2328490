package binance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/feed/internal/venue"
	"ticker/market"
)

const exchangeInfo = `{"timezone":"UTC","serverTime":1700000000000,"rateLimits":[],"symbols":[
	{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","baseAssetPrecision":8,"quoteAsset":"USDT","filters":[{"filterType":"PRICE_FILTER"}]},
	{"symbol":"BNBUSD","status":"TRADING","baseAsset":"BNB","quoteAsset":"USD"},
	{"symbol":"OLDBTC","status":"BREAK","baseAsset":"OLD","quoteAsset":"BTC"},
	{"symbol":7,"status":"TRADING","baseAsset":"BAD","quoteAsset":"USDT"},
	"nonsense", null,
	{"symbol":"币安USDT","status":"TRADING","baseAsset":"币安","quoteAsset":"USDT"},
	{"symbol":"NOBASE","status":"TRADING","quoteAsset":"USDT"},
	{"symbol":"ETHUSDC","status":"TRADING","baseAsset":"ETH","quoteAsset":"USDC"}]}`

const futuresInfo = `{"symbols":[
	{"symbol":"BTCUSDT","pair":"BTCUSDT","contractType":"PERPETUAL","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","marginAsset":"USDT"},
	{"symbol":"BTCUSDT_240628","pair":"BTCUSDT","contractType":"CURRENT_QUARTER","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT"},
	{"symbol":"OLDUSDT","contractType":"PERPETUAL","status":"SETTLING","baseAsset":"OLD","quoteAsset":"USDT"}]}`

func TestListHoldsWhatIsTradedByItsAssets(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]venue.Listing{
		exchangeInfo:     {{Native: "BTCUSDT", Symbol: "BTC-USDT"}, {Native: "BNBUSD", Symbol: "BNB-USD"}, {Native: "ETHUSDC", Symbol: "ETH-USDC"}},
		futuresInfo:      {{Native: "BTCUSDT", Symbol: "BTC-USDT"}, {Native: "BTCUSDT_240628", Symbol: "BTC-USDT-240628"}},
		`{"symbols":[]}`: nil,
	} {
		got, err := parseListings([]byte(body))
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestListedContractsHaveTheNamesOfTheParser(t *testing.T) {
	t.Parallel()
	listed, err := parseListings([]byte(futuresInfo))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range listed {
		if got := rules().Canonical(l.Native); got != string(l.Symbol) {
			t.Errorf("%s is listed as %s and read as %s", l.Native, l.Symbol, got)
		}
	}
}

func TestWhatIsNoListIsAnError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `[]`, `{}`, `{"symbols":{}}`, `{"symbols":null}`, `{"code":-1003,"msg":"Too many requests"}`, `{"symbols":[`, `<html>`} {
		if got, err := parseListings([]byte(body)); err == nil {
			t.Errorf("%s gave %v", body, got)
		}
	}
}

func TestListsAreReadToABound(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range maxListed + 5 {
		fmt.Fprintf(&b, `,{"symbol":"A%dUSDT","status":"TRADING","baseAsset":"A%d","quoteAsset":"USDT"}`, i, i)
	}
	got, err := parseListings([]byte(`{"symbols":[` + b.String()[1:] + `]}`))
	if err != nil || len(got) != maxListed {
		t.Errorf("%d symbols, %v", len(got), err)
	}
}

func TestListIsAskedForWhereTheMarketHasIt(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"spot": "/api/v3/exchangeInfo", "usdm": "/fapi/v1/exchangeInfo"} {
		s, err := segmentOf(name)
		if err != nil {
			t.Fatal(err)
		}
		var asked string
		_, err = listings(s.list)(t.Context(), func(_ context.Context, path string) ([]byte, error) {
			asked = path
			return []byte(exchangeInfo), nil
		})
		if asked != path || err != nil {
			t.Errorf("%s asked for %q, %v", name, asked, err)
		}
	}
	failed := errors.New("no answer")
	_, err := listings("/")(t.Context(), func(context.Context, string) ([]byte, error) { return nil, failed })
	if !errors.Is(err, failed) {
		t.Errorf("%v", err)
	}
}

func FuzzListings(f *testing.F) {
	f.Add([]byte(exchangeInfo))
	f.Add([]byte(futuresInfo))
	f.Add([]byte(`{"symbols":[{"symbol":"A_","status":"TRADING","baseAsset":"A","quoteAsset":"-"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		listed, err := parseListings(body)
		if err != nil && listed != nil {
			t.Errorf("%v besides %v", listed, err)
		}
		for _, l := range listed {
			if _, err := market.ParseSymbol(string(l.Symbol)); err != nil || l.Native == "" {
				t.Errorf("listed %q as %q", l.Native, l.Symbol)
			}
		}
	})
}
