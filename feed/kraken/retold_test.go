package kraken

import (
	"fmt"
	"strings"
	"testing"

	"ticker/feed/internal/live/livetest"
	"ticker/market"
)

// printed is a trade of version 1, at a time in microseconds after second 1700000000.
func printed(price string, micros int) string {
	return fmt.Sprintf(`[%q,"1","%d.%06d","b","l",""]`, price, 1_700_000_000+micros/1_000_000, micros%1_000_000)
}

// list is a message of trades of the first pair.
func list(trades ...string) string {
	return `[7,[` + strings.Join(trades, ",") + `],"trade","XBT/USD"]`
}

// told has the exchange tell lists of trades.
func told(r *livetest.Rig, lists ...string) {
	for _, l := range lists {
		r.Tell("trade XBT/USD", l)
	}
	r.Pass(0)
}

// reconnected drops the connection, and waits for the next.
func reconnected(r *livetest.Rig) {
	r.Clients()[0].Drop()
	r.Settle()
}

func TestEqualTradesOfOneMessageCountEach(t *testing.T) {
	t.Parallel()
	version1().Run(t, func(r *livetest.Rig) {
		twice := list(printed("5", 7), printed("6", 7), printed("5", 7))
		told(r, twice)
		r.WantTrades("told", "5", "6", "5")
		told(r, twice, list(printed("5", 7)), list(printed("6", 7), printed("5.0", 7)))
		r.WantTrades("told again", "5", "6", "5")
	})
}

func TestAReconnectionRepeatsNoTradeOfVersion1AndLosesNone(t *testing.T) {
	t.Parallel()
	version1().Run(t, func(r *livetest.Rig) {
		told(r, list(printed("4", 6)), list(printed("5", 7), printed("5", 7)))
		reconnected(r)
		told(r, list(printed("4", 6), printed("5", 7), printed("5", 7), printed("5", 7), printed("6", 7), printed("7", 8)))
		r.WantTrades("told again with what was missed", "4", "5", "5", "5", "6", "7")
		reconnected(r)
		told(r, list(printed("8", 8)))
		r.WantTrades("of the instant before the outage", "4", "5", "5", "5", "6", "7", "8")
		r.Want("at the end", "live last=8")
	})
}

// replaying is version 1 that tells a list of trades when they are subscribed.
func replaying(replay *string) *livetest.Case {
	c := version1()
	c.Exchange.Hear = func(client *livetest.Client, message string) {
		hearV1(client, message)
		if strings.Contains(message, `"name":"trade"`) {
			client.Say(*replay)
		}
	}
	return c
}

func TestTradesReplayedOnSubscribingAreNoTrades(t *testing.T) {
	t.Parallel()
	const second = 1_000_000
	var trades []string
	for n := 1; n <= 50; n++ {
		trades = append(trades, printed(fmt.Sprint(n), n*second))
	}
	replay := list(trades...)
	replaying(&replay).Run(t, func(r *livetest.Rig) {
		r.Want("subscribed", "live last=50")
		r.WantTrades("subscribed")
		told(r, list(trades[49]), list(printed("51", 50*second)), list(printed("52", 51*second), printed("53", 70*second)))
		r.WantTrades("told as they were made", "51", "52", "53")
		replay = list(append(trades[2:], printed("51", 50*second), printed("52", 51*second), printed("53", 70*second), printed("54", 71*second))...)
		reconnected(r)
		r.Want("subscribed again", "live last=54")
		told(r, list(printed("54", 71*second)), list(printed("55", 71*second)))
		r.WantTrades("after the second replay", "51", "52", "53", "55")
	})
}

func TestSubscriptionsThatAreNotToldOfAreBounded(t *testing.T) {
	t.Parallel()
	p := New(nil)
	for n := range maxBegun + 10 {
		ack := fmt.Sprintf(`{"channelName":"trade","event":"subscriptionStatus","pair":"P%d/USD","status":"subscribed"}`, n)
		if err := p.Parse([]byte(ack), func(*market.Update) { t.Error("an update of an acknowledgement") }); err == nil {
			t.Error("an acknowledgement is not skipped")
		}
	}
	if len(p.begun) != maxBegun {
		t.Errorf("%d pairs are waited for", len(p.begun))
	}
}
