package live_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/feed/internal/live"
	"ticker/market"
)

func TestOptionsOfAllExchangesAreTaken(t *testing.T) {
	t.Parallel()
	options, err := url.ParseQuery("symbols=AB,C*&names=xx=AB-C&url=wss://example.com/ws&rest=https://example.com/&grace=1m&max=7&own=1")
	if err != nil {
		t.Fatal(err)
	}
	var c live.Config
	rest, err := c.Take(options)
	if err != nil {
		t.Fatal(err)
	}
	want := live.Config{
		Symbols: []string{"AB", "C*"}, Names: map[string]market.Symbol{"xx": "AB-C"}, Grace: time.Minute, Max: 7,
		URL: "wss://example.com/ws", REST: "https://example.com/",
	}
	if diff := cmp.Diff(want.Symbols, c.Symbols); diff != "" || c.Names["xx"] != "AB-C" || c.Grace != want.Grace || c.Max != 7 {
		t.Errorf("got %+v", c)
	}
	if c.Address("wss://own") != want.URL || c.Query("https://own") != "https://example.com" {
		t.Errorf("addresses %s, %s", c.Address("wss://own"), c.Query("https://own"))
	}
	if len(rest) != 1 || rest.Get("own") != "1" || options.Get("symbols") == "" {
		t.Errorf("left %v of %v", rest, options)
	}
	if err := live.Unknown(rest, "mine"); err == nil || !strings.Contains(err.Error(), `"own"`) || !strings.Contains(err.Error(), "mine") {
		t.Errorf("got %v", err)
	}
	if err := live.Unknown(nil); err != nil {
		t.Error(err)
	}
}

func TestExchangesHaveAddressesOfTheirOwn(t *testing.T) {
	t.Parallel()
	var c live.Config
	if c.Address("wss://own") != "wss://own" || c.Query("https://own") != "https://own" {
		t.Errorf("addresses %s, %s", c.Address("wss://own"), c.Query("https://own"))
	}
	if _, err := c.Take(url.Values{"rest": {"off"}}); err != nil || c.Query("https://own") != "" {
		t.Errorf("an exchange that is not to be asked is asked at %q: %v", c.Query("https://own"), err)
	}
}

func TestBadOptionsAreNamed(t *testing.T) {
	t.Parallel()
	for option, value := range map[string]string{
		"symbols": "ab", "names": "XBT", "url": "http://example.com", "rest": "example.com", "grace": "-1s", "max": "0",
	} {
		var c live.Config
		if _, err := c.Take(url.Values{option: {value}}); err == nil || !strings.Contains(err.Error(), "option "+option) {
			t.Errorf("%s=%s: %v", option, value, err)
		}
	}
	for _, value := range []string{"", "AB,", "A*B"} {
		var c live.Config
		if _, err := c.Take(url.Values{"symbols": {value}}); err == nil {
			t.Errorf("symbols=%s is accepted", value)
		}
	}
}
