package coinbase

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/feed/internal/venue"
	"ticker/market"
)

const productList = `[
	{"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD","status":"online","trading_disabled":false,"auction_mode":false},
	{"id":"OLD-USD","status":"delisted","trading_disabled":true},
	{"id":"NEW-USD","status":"online","trading_disabled":true},
	{"id":"00-USD","status":"online"},
	{"id":"ODD-USD","status":"online","trading_disabled":"maybe"},
	{"id":"bad-usd","status":"online"}, {"id":7,"status":"online"}, 7, null, []
]`

func TestOnlyProductsThatAreTradedAreListed(t *testing.T) {
	t.Parallel()
	asked := ""
	got, err := listings(t.Context(), func(_ context.Context, path string) ([]byte, error) {
		asked = path
		return []byte(productList), nil
	})
	want := []venue.Listing{{Native: "BTC-USD", Symbol: "BTC-USD"}, {Native: "00-USD", Symbol: "00-USD"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" || asked != "/products" {
		t.Errorf("asked for %s: %v\n%s", asked, err, diff)
	}
}

func TestWhatIsNoListOfProductsIsAnError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `{"message":"rate limited"}`, `[{"id":"BTC-USD"`, `"x"`, `null`} {
		if got, err := parseListings([]byte(body)); err == nil {
			t.Errorf("%s gave %v", body, got)
		}
	}
	down := errors.New("down")
	if _, err := listings(t.Context(), func(context.Context, string) ([]byte, error) { return nil, down }); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
}

func TestNamesAreTheSameOnBothSides(t *testing.T) {
	t.Parallel()
	r := rules()
	if native := r.Native("BTC-USD"); native != "BTC-USD" || r.Canonical(native) != "BTC-USD" {
		t.Errorf("BTC-USD is %s", native)
	}
}

func FuzzListings(f *testing.F) {
	f.Add([]byte(productList))
	f.Add([]byte(`[{"id":"A","status":"online","trading_disabled":null}]`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := parseListings(body)
		if err != nil && got != nil {
			t.Errorf("%v besides %v", got, err)
		}
		for _, l := range got {
			if _, err := market.ParseSymbol(string(l.Symbol)); err != nil || l.Native != string(l.Symbol) {
				t.Errorf("listed %+v", l)
			}
		}
	})
}
