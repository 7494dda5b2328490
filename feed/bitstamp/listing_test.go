package bitstamp

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

const pairsInfo = `[
	{"name":"BTC/USD","url_symbol":"btcusd","base_decimals":8,"counter_decimals":0,"minimum_order":"10 USD","trading":"Enabled","description":"Bitcoin / U.S. dollar"},
	{"name":"OLD/EUR","url_symbol":"oldeur","trading":"Disabled"},
	{"name":7,"url_symbol":"bad","trading":"Enabled"}, "nonsense", null, [],
	{"name":"NOURL/USD","trading":"Enabled"}, {"url_symbol":"noname","trading":"Enabled"},
	{"name":"BTC/USD-PERP","url_symbol":"btcusd-perp","trading":"Enabled"},
	{"name":"ETH/BTC","url_symbol":"ethbtc","trading":"Enabled"}]`

func TestListHoldsWhatIsTraded(t *testing.T) {
	t.Parallel()
	asked := ""
	got, err := listings(t.Context(), func(_ context.Context, path string) ([]byte, error) {
		asked = path
		return []byte(pairsInfo), nil
	})
	if err != nil || asked != "/api/v2/trading-pairs-info/" {
		t.Errorf("asked for %q, %v", asked, err)
	}
	want := []venue.Listing{
		{Native: "btcusd", Symbol: "BTC-USD"}, {Native: "btcusd-perp", Symbol: "BTC-USD-PERP"}, {Native: "ethbtc", Symbol: "ETH-BTC"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, l := range got {
		if name := rules().Canonical(l.Native); name != string(l.Symbol) {
			t.Errorf("%s is listed as %s and read as %s", l.Native, l.Symbol, name)
		}
	}
}

func TestWhatIsNoListIsAnError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `{}`, `null`, `{"status":"error","reason":"no"}`, `[`, `<html>`} {
		if got, err := parseListings([]byte(body)); err == nil {
			t.Errorf("%s gave %v", body, got)
		}
	}
	failed := errors.New("no answer")
	_, err := listings(t.Context(), func(context.Context, string) ([]byte, error) { return nil, failed })
	if !errors.Is(err, failed) {
		t.Errorf("%v", err)
	}
}

func TestListsAreReadToABound(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range maxListed + 5 {
		fmt.Fprintf(&b, `,{"name":"A%d/USD","url_symbol":"a%dusd","trading":"Enabled"}`, i, i)
	}
	got, err := parseListings([]byte(`[` + b.String()[1:] + `]`))
	if err != nil || len(got) != maxListed {
		t.Errorf("%d pairs, %v", len(got), err)
	}
}

func FuzzListings(f *testing.F) {
	f.Add([]byte(pairsInfo))
	f.Add([]byte(`[{"name":"A/B/C","url_symbol":"ab","trading":"Enabled"}]`))
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
