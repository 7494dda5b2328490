package kraken

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/feed/internal/venue"
	"ticker/market"
)

func TestAssetsHaveTheirUsualNames(t *testing.T) {
	t.Parallel()
	for native, want := range map[string]string{
		"XBT/USD": "BTC-USD",
		"ADA/XBT": "ADA-BTC",
		"XDG/XBT": "DOGE-BTC",
		"BTC/USD": "BTC-USD",
		"XBTC/US": "XBTC-US",
		"XBT":     "BTC",
		"A/B/C":   "A-B/C",
	} {
		if got := canonical(native); got != want {
			t.Errorf("%s became %s, want %s", native, got, want)
		}
	}
}

func TestEachVersionHasItsOwnNames(t *testing.T) {
	t.Parallel()
	for symbol, want := range map[market.Symbol][2]string{
		"BTC-USD":  {"BTC/USD", "XBT/USD"},
		"DOGE-BTC": {"DOGE/BTC", "XDG/XBT"},
		"ETH-EUR":  {"ETH/EUR", "ETH/EUR"},
		"AAPL":     {"", ""},
		"-USD":     {"", ""},
		"BTC-":     {"", ""},
	} {
		got := [2]string{rules(v2).Native(symbol), rules(v1).Native(symbol)}
		if got != want {
			t.Errorf("%s is %v, want %v", symbol, got, want)
		}
		for _, native := range got {
			if native != "" && canonical(native) != string(symbol) {
				t.Errorf("%s is %s, which is %s", symbol, native, canonical(native))
			}
		}
	}
}

const pairList = `{"error":[],"result":{
	"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD","base":"XXBT","quote":"ZUSD","status":"online"},
	"ADAXBT":{"wsname":"ADA/XBT","status":"online"},
	"XBTUSD.d":{"altname":"XBTUSD.d","status":"online"},
	"NEWUSD":{"wsname":"NEW/USD","status":"cancel_only"},
	"BAD1":{"wsname":"bad/usd","status":"online"}, "BAD2":{"wsname":7,"status":"online"}, "BAD3":[], "BAD4":{"wsname":"/","status":"online"}
}}`

func TestOnlyPairsThatAreTradedAreListed(t *testing.T) {
	t.Parallel()
	for v, want := range map[version][]venue.Listing{
		v2: {{Native: "ADA/BTC", Symbol: "ADA-BTC"}, {Native: "BTC/USD", Symbol: "BTC-USD"}},
		v1: {{Native: "ADA/XBT", Symbol: "ADA-BTC"}, {Native: "XBT/USD", Symbol: "BTC-USD"}},
	} {
		asked := ""
		got, err := v.listings(t.Context(), func(_ context.Context, path string) ([]byte, error) {
			asked = path
			return []byte(pairList), nil
		})
		if diff := cmp.Diff(want, got); err != nil || diff != "" || asked != "/0/public/AssetPairs" {
			t.Errorf("asked for %s: %v\n%s", asked, err, diff)
		}
	}
}

func TestWhatIsNoListOfPairsIsAnError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `[]`, `null`, `{"error":["EGeneral:Too many requests"]}`, `{"error":[],"result":null}`, `{"result":[1]}`, `{"result":{`} {
		if got, err := v2.parseListings([]byte(body)); err == nil {
			t.Errorf("%s gave %v", body, got)
		}
	}
	down := errors.New("down")
	if _, err := v2.listings(t.Context(), func(context.Context, string) ([]byte, error) { return nil, down }); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
}

func FuzzListings(f *testing.F) {
	f.Add([]byte(pairList))
	f.Add([]byte(`{"result":{"A":{"wsname":"XDG/A/B","status":"online"}}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, v := range []version{v1, v2} {
			got, err := v.parseListings(body)
			if err != nil && got != nil {
				t.Errorf("%v besides %v", got, err)
			}
			for _, l := range got {
				if _, err := market.ParseSymbol(string(l.Symbol)); err != nil || canonical(l.Native) != string(l.Symbol) {
					t.Errorf("listed %+v", l)
				}
			}
		}
	})
}
