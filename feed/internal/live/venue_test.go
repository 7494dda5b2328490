package live_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/feed/internal/live/livetest"
	"ticker/feed/internal/venue"
	"ticker/market"
)

// with returns the plain case with a venue that was changed.
func with(limits live.Limits, change func(*live.Venue)) *livetest.Case {
	c := plainCase(limits)
	c.Venue = func(cfg live.Config) (feed.Lines, error) {
		v := plainOf(limits, cfg)
		change(&v)
		return live.New(v, cfg)
	}
	return c
}

func symbols(n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("S%03d", i))
	}
	return all
}

func TestSymbolsBeyondTheLimitOfALineGetAnother(t *testing.T) {
	t.Parallel()
	c := plainCase(live.Limits{Symbols: 10, Batch: 4})
	c.RunWith(t, live.Config{Symbols: symbols(35)}, func(r *livetest.Rig) {
		r.Pass(20 * time.Second)
		var all []string
		for _, client := range r.Clients() {
			if n := len(client.Streams()); n > 10 {
				t.Errorf("%d symbols on one connection", n)
			}
			all = append(all, client.Streams()...)
		}
		slices.Sort(all)
		if got := strings.ToUpper(strings.Join(all, " ")); got != strings.Join(symbols(35), " ") || len(r.Clients()) != 4 {
			t.Errorf("%d connections have %s", len(r.Clients()), got)
		}
		r.WantMetric("ticker_feed_streams", "", 35)
		for _, client := range r.Clients() {
			if client.Has("s034") {
				client.Drop()
			}
		}
		r.Pass(0)
		r.WantMetric("ticker_feed_connected", "", 0)
		if got := r.Tell("s000", "quote s000 7"); got != 1 {
			t.Errorf("%d of the other connections have their symbol", got)
		}
		r.Settle()
		r.WantMetric("ticker_feed_connected", "", 1)
	})
}

func TestALineThatFailsLeavesTheOthersLive(t *testing.T) {
	t.Parallel()
	c := plainCase(live.Limits{Symbols: 1})
	c.Run(t, func(r *livetest.Rig) {
		r.Quote(1)
		r.Tell("cd", "quote cd 2")
		r.Pass(0)
		for _, client := range r.Clients() {
			if client.Has("cd") {
				client.Drop()
			}
		}
		r.Pass(0)
		r.Want("beside a line that failed", "live bid=1")
		if got := r.RecordOf("CD"); got != "stale disconnected bid=2" {
			t.Errorf("the record of the line is %q", got)
		}
		if r.Logged("line=2") == 0 && r.Logged("line=1") == 0 {
			t.Error("the log does not tell which line it was")
		}
	})
}

func TestRequestsHoldNoMoreThanABatchAndKeepThePace(t *testing.T) {
	t.Parallel()
	c := plainCase(live.Limits{Batch: 3, Requests: 2, RequestBurst: 1})
	c.RunWith(t, live.Config{Symbols: symbols(30)}, func(r *livetest.Rig) {
		r.Pass(3 * time.Second)
		client := r.Clients()[0]
		if n := client.Heard("ask "); n < 5 || n > 7 {
			t.Errorf("%d requests in 3 s at 2 a second", n)
		}
		if n := len(client.Streams()); n > 3*client.Heard("ask ") {
			t.Errorf("%d streams in %d requests of 3 at most", n, client.Heard("ask "))
		}
		r.Pass(3 * time.Second)
		if n := len(client.Streams()); n != 30 {
			t.Errorf("%d streams after all", n)
		}
	})
}

func TestEndpointsOfALineLiveAndDieTogether(t *testing.T) {
	t.Parallel()
	c := with(live.Limits{}, func(v *live.Venue) {
		second := v.Endpoints[0]
		v.Endpoints[0].URL, second.URL = "ws://exchange/one", "ws://exchange/two"
		v.Endpoints = append(v.Endpoints, second)
	})
	c.Exchange.Paths = []string{"/one", "/two"}
	c.Run(t, func(r *livetest.Rig) {
		r.Quote(1)
		r.WantMetric("ticker_feed_connected", "", 1)
		clients := r.Clients()
		if len(clients) != 2 || clients[0].Path() == clients[1].Path() {
			t.Fatalf("%d connections", len(clients))
		}
		clients[1].Drop()
		r.Pass(0)
		r.Want("with one endpoint gone", "stale disconnected bid=1")
		if n := len(r.Clients()); n != 0 {
			t.Errorf("%d connections are left", n)
		}
		r.Settle()
		r.Quote(2)
		r.Want("after both are back", "live bid=2")
	})
}

func TestSilenceOfOneEndpointIsNoticed(t *testing.T) {
	t.Parallel()
	c := with(live.Limits{}, func(v *live.Venue) {
		second := v.Endpoints[0]
		second.URL = "ws://exchange/two"
		v.Endpoints = append(v.Endpoints, second)
	})
	c.Run(t, func(r *livetest.Rig) {
		healthy := r.Clients()[0]
		r.Clients()[1].Stall()
		for range 20 {
			healthy.Say("beat")
			r.Pass(time.Second)
		}
		r.WantMetric("ticker_feed_disconnects_total", "silent", 1)
	})
}

func TestWhatIsBehindIsSubscribedAnew(t *testing.T) {
	t.Parallel()
	plainCase(live.Limits{}).Run(t, func(r *livetest.Rig) {
		client := r.Clients()[0]
		client.Say("again ab")
		r.Settle()
		if client.Heard("end ") != 1 || client.Heard("ask ") != 2 || !client.Has("ab") || !client.Has("cd") {
			t.Errorf("heard %d ends and %d requests", client.Heard("end "), client.Heard("ask "))
		}
	})
}

func TestAFatalWordEndsTheConnection(t *testing.T) {
	t.Parallel()
	plainCase(live.Limits{}).Run(t, func(r *livetest.Rig) {
		r.Quote(1)
		r.Clients()[0].Say("die")
		r.Pass(0)
		r.Want("after it", "stale disconnected bid=1")
		if r.Logged("plain says: die") != 1 {
			t.Error("the log does not say what the exchange said")
		}
	})
}

func TestMissedTradesAreCounted(t *testing.T) {
	t.Parallel()
	plainCase(live.Limits{}).Run(t, func(r *livetest.Rig) {
		for _, n := range []int{3, 4, 5, 9, 8, 9, 10} {
			r.Trade(n)
		}
		r.WantMetric("ticker_feed_missed_trades_total", "", 3)
		r.Clients()[0].Drop()
		r.Settle()
		r.Trade(13)
		r.WantMetric("ticker_feed_missed_trades_total", "", 5)
		r.Trade(50_000_000)
		r.WantMetric("ticker_feed_missed_trades_total", "", 5)
		if n := r.Logged("trades were missed"); n != 1 {
			t.Errorf("%d lines within ten seconds", n)
		}
	})
}

// listing is a venue with a list of symbols.
func listing(names ...string) *livetest.Case {
	c := with(live.Limits{}, func(v *live.Venue) {
		v.REST = "http://exchange"
		v.Listings = func(ctx context.Context, get live.Get) ([]venue.Listing, error) {
			body, err := get(ctx, "/list")
			var found []venue.Listing
			for _, name := range strings.Fields(string(body)) {
				found = append(found, venue.Listing{Native: name, Symbol: market.Symbol("X-" + strings.ToUpper(name))})
			}
			return found, err
		}
	})
	c.Exchange.Ask = func(path string) string {
		if path != "/list" {
			return ""
		}
		return strings.Join(names, " ")
	}
	return c
}

func TestTheVenuesListNamesItsSymbols(t *testing.T) {
	t.Parallel()
	listing("ab", "cd").RunWith(t, live.Config{Symbols: []string{"X-AB", "X-ZZ", "AB"}}, func(r *livetest.Rig) {
		r.Settle()
		if got := r.Clients()[0].Streams(); !slices.Equal(got, []string{"ab"}) {
			t.Errorf("subscribed to %v", got)
		}
	})
}

func TestPatternsStandForWhatTheVenueLists(t *testing.T) {
	t.Parallel()
	listing("ab", "cd", "ce").RunWith(t, live.Config{Symbols: []string{"X-C*"}}, func(r *livetest.Rig) {
		r.Settle()
		if got := r.Clients()[0].Streams(); !slices.Equal(got, []string{"cd", "ce"}) {
			t.Errorf("subscribed to %v", got)
		}
	})
}

func TestGivenNamesGoBeforeTheVenuesList(t *testing.T) {
	t.Parallel()
	cfg := live.Config{Symbols: []string{"*"}, Names: map[string]market.Symbol{"ab": "MINE", "qq": "OTHER"}}
	listing("ab", "cd").RunWith(t, cfg, func(r *livetest.Rig) {
		r.Settle()
		if got := r.Clients()[0].Streams(); !slices.Equal(got, []string{"ab", "cd", "qq"}) {
			t.Errorf("subscribed to %v", got)
		}
	})
}

func TestAListThatCannotBeHadIsAskedForAgain(t *testing.T) {
	t.Parallel()
	c := listing()
	began := time.Time{}
	c.Exchange.Ask = func(string) string {
		if began.IsZero() {
			began = time.Now()
		}
		if time.Since(began) < time.Minute {
			return ""
		}
		return "ab cd"
	}
	c.RunWith(t, live.Config{Symbols: []string{"X-*"}}, func(r *livetest.Rig) {
		r.Pass(30 * time.Second)
		if r.Opened() != 0 || r.Logged("symbols of the exchange are not known") != 1 {
			t.Errorf("%d connections for a pattern that matches nothing", r.Opened())
		}
		r.Pass(3 * time.Minute)
		if got := r.Clients()[0].Streams(); !slices.Equal(got, []string{"ab", "cd"}) {
			t.Errorf("subscribed to %v", got)
		}
	})
}

func TestAFeedIsNotConnectedBeforeItKnowsWhatItWants(t *testing.T) {
	t.Parallel()
	c := with(live.Limits{}, func(v *live.Venue) {
		v.REST = "http://exchange"
		v.Listings = func(context.Context, live.Get) ([]venue.Listing, error) {
			<-time.After(5 * time.Second)
			return []venue.Listing{{Native: "ab", Symbol: "AB"}}, nil
		}
	})
	c.RunWith(t, live.Config{Symbols: []string{"*"}}, func(r *livetest.Rig) {
		r.Pass(4 * time.Second)
		r.WantMetric("ticker_feed_connected", "", 0)
		r.Pass(4 * time.Second)
		r.WantMetric("ticker_feed_connected", "", 1)
	})
}

func TestSymbolsForWatchersAreBounded(t *testing.T) {
	t.Parallel()
	listing(strings.Fields(strings.ToLower(strings.Join(symbols(40), " ")))...).RunWith(t, live.Config{Max: 10}, func(r *livetest.Rig) {
		r.Demand.Watch("X-*")
		r.Demand.Watch("X-S001")
		r.Demand.Watch("X-S03*")
		r.Settle()
		if got := r.Clients()[0].Streams(); !slices.Equal(got, []string{"s001"}) {
			t.Errorf("subscribed to %v", got)
		}
		r.Demand.Leave("X-S001")
		r.Demand.Watch("X-S02*")
		r.Settle()
		if n := len(r.Clients()[0].Streams()); n != 10 {
			t.Errorf("%d symbols at once, of 10 at most", n)
		}
		if r.Logged("more symbols are watched than the feed may ask for") == 0 {
			t.Error("nothing tells of what was left out")
		}
	})
}

func TestAVenueThatGreetsIsAskedForNothingBefore(t *testing.T) {
	t.Parallel()
	plainCase(live.Limits{Greets: true}).RunWith(t, live.Config{Symbols: []string{"AB"}}, func(r *livetest.Rig) {
		r.Pass(5 * time.Second)
		if n := r.Clients()[0].Heard("ask"); n != 0 {
			t.Errorf("%d requests before the greeting", n)
		}
		r.Pass(10 * time.Second)
		if r.Logged("did not greet") == 0 {
			t.Error("a venue that does not greet is waited for for ever")
		}
	})
}

func TestConfigurationsAreChecked(t *testing.T) {
	t.Parallel()
	if _, err := plainVenue(live.Limits{})(live.Config{}); err == nil || !strings.Contains(err.Error(), "no symbols") {
		t.Errorf("got %v", err)
	}
	if _, err := plainVenue(live.Limits{})(live.Config{Symbols: []string{"AB"}, Silence: time.Second}); err == nil {
		t.Error("a limit of silence that no exchange keeps is accepted")
	}
	if _, err := plainVenue(live.Limits{})(live.Config{Symbols: []string{"AB"}, Silence: 3 * time.Second}); err != nil {
		t.Error(err)
	}
}

func TestRawMessagesAreTapped(t *testing.T) {
	t.Parallel()
	tape := &tape{}
	plainCase(live.Limits{}).RunWith(t, live.Config{Symbols: []string{"AB"}, Tap: tape}, func(r *livetest.Rig) {
		r.Settle()
		r.Quote(1)
		r.Clients()[0].Say("noise")
		r.Pass(0)
		if got := strings.Join(tape.messages, "|"); got != "yes 1|quote ab 1|noise" {
			t.Errorf("recorded %q", got)
		}
	})
}

type tape struct{ messages []string }

func (t *tape) Message(raw []byte) { t.messages = append(t.messages, string(raw)) }
