package okx

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
	"ticker/market"
)

// instruments is what OKX answers to what is asked for.
var instruments = map[string]string{
	"/api/v5/public/instruments?instType=SPOT": `{"code":"0","msg":"","data":[
		{"instType":"SPOT","instId":"BTC-USDT","baseCcy":"BTC","quoteCcy":"USDT","state":"live","tickSz":"0.1"},
		{"instType":"SPOT","instId":"OLD-USDT","state":"suspend"},
		{"instType":"SPOT","instId":"NEW-USDT","state":"preopen"},
		{"instId":7,"state":"live"}, "nonsense", null, {"instId":"small-usdt","state":"live"}, {"state":"live"},
		{"instType":"SPOT","instId":"ETH-BTC","state":"live"}]}`,
	"/api/v5/public/instruments?instType=SWAP":    `{"code":"0","msg":"","data":[{"instType":"SWAP","instId":"BTC-USD-SWAP","state":"live"}]}`,
	"/api/v5/public/instruments?instType=FUTURES": `{"code":"0","msg":"","data":[]}`,
}

func answerWith(answers map[string]string) live.Get {
	return func(_ context.Context, path string) ([]byte, error) {
		if body, ok := answers[path]; ok {
			return []byte(body), nil
		}
		return nil, errors.New("no answer to " + path)
	}
}

func TestListHoldsWhatIsTradedOfEveryType(t *testing.T) {
	t.Parallel()
	got, err := listings([]string{"SPOT", "SWAP", "FUTURES"})(t.Context(), answerWith(instruments))
	if err != nil {
		t.Fatal(err)
	}
	want := []venue.Listing{
		{Native: "BTC-USDT", Symbol: "BTC-USDT"}, {Native: "ETH-BTC", Symbol: "ETH-BTC"}, {Native: "BTC-USD-SWAP", Symbol: "BTC-USD-SWAP"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Half a list would hide what stands in the other half, as long as it lasts.
func TestListWithoutOneOfItsTypesIsAnError(t *testing.T) {
	t.Parallel()
	for _, types := range [][]string{{"SPOT", "OPTION"}, {"OPTION"}} {
		if got, err := listings(types)(t.Context(), answerWith(instruments)); err == nil || !strings.Contains(err.Error(), "list OPTION") {
			t.Errorf("%v: %v, %v", types, got, err)
		}
	}
	refusing := map[string]string{"/api/v5/public/instruments?instType=SWAP": `{"code":"51000","msg":"Parameter instType error","data":[]}`}
	if got, err := listings([]string{"SWAP"})(t.Context(), answerWith(refusing)); err == nil || !strings.Contains(err.Error(), "51000") {
		t.Errorf("%v, %v", got, err)
	}
}

func TestWhatIsNoListIsAnError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `[]`, `{}`, `{"code":"0"}`, `{"code":"0","data":null}`, `{"code":"0","data":{}}`, `{"code":"50011","msg":"Too Many Requests","data":[]}`, `<html>`} {
		if got, err := parseListings([]byte(body)); err == nil {
			t.Errorf("%s gave %v", body, got)
		}
	}
}

func TestListsAreReadToABound(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range maxListed + 5 {
		fmt.Fprintf(&b, `,{"instId":"A%d-USDT","state":"live"}`, i)
	}
	got, err := parseListings([]byte(`{"code":"0","data":[` + b.String()[1:] + `]}`))
	if err != nil || len(got) != maxListed {
		t.Errorf("%d instruments, %v", len(got), err)
	}
}

func FuzzListings(f *testing.F) {
	for _, body := range instruments {
		f.Add([]byte(body))
	}
	f.Add([]byte(`{"code":"51000","msg":"\u001b[31m"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		listed, err := parseListings(body)
		if err != nil && listed != nil {
			t.Errorf("%v besides %v", listed, err)
		}
		for _, l := range listed {
			if _, err := market.ParseSymbol(string(l.Symbol)); err != nil || l.Native != string(l.Symbol) {
				t.Errorf("listed %q as %q", l.Native, l.Symbol)
			}
		}
	})
}
