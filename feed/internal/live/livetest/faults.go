package livetest

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"ticker/feed/internal/live"
)

// Faults runs every fault that an exchange can have against a venue, and what is
// no fault: symbols on demand, planned ends.
func Faults(t *testing.T, c *Case) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, *Case){
		"quotes and trades arrive":                      arrival,
		"a dropped connection":                          drop,
		"a half-open connection":                        halfOpen,
		"garbage":                                       garbage,
		"nothing but garbage":                           onlyGarbage,
		"duplicates":                                    duplicates,
		"reordering":                                    reordering,
		"a flood":                                       flood,
		"a slow close":                                  slowClose,
		"acknowledgements that are nonsense":            nonsense,
		"no acknowledgement":                            noAnswer,
		"a symbol that the venue does not have":         unknown,
		"an upgrade that is refused":                    refusedUpgrade,
		"requests that come too fast":                   throttled,
		"a planned end":                                 planned,
		"a planned end while the venue is shut":         plannedInVain,
		"a life longer than that of a connection":       lifetime,
		"a day without a word but signs of life":        quiet,
		"symbols on demand":                             onDemand,
		"an exchange that is not there":                 absent,
		"a watcher who comes back in the time of grace": grace,
		"trades told again after a reconnection":        retelling,
		"trades told again to one who comes back":       retellingOnDemand,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c)
		})
	}
}

func arrival(t *testing.T, c *Case) {
	t.Helper()
	c.Run(t, func(r *Rig) {
		r.Quote(1)
		r.Want("after a quote", "live bid=1")
		r.Trade(2)
		r.Want("after a trade", "live bid=1 last=2")
		r.Quote(3)
		r.Want("after another quote", "live bid=3 last=2")
		r.WantTrades("at the end", "2")
		r.WantMetric("ticker_feed_connected", "", 1)
	})
}

func drop(t *testing.T, c *Case) {
	t.Helper()
	c.Run(t, func(r *Rig) {
		r.Quote(1)
		r.Trade(1)
		for _, client := range r.Clients() {
			client.Drop()
		}
		synctest.Wait()
		r.Want("after the drop", "stale disconnected bid=1 last=1")
		r.WantMetric("ticker_feed_connected", "", 0)
		r.recovers("1")
		r.WantMetric("ticker_feed_disconnects_total", "error", 1)
		if n := r.Logged("feed disconnected"); n != 1 {
			t.Errorf("%d lines tell of the drop", n)
		}
	})
}

// recovers checks that the feed comes back with new quotes and trades, and no
// trade twice.
func (r *Rig) recovers(before ...string) {
	r.tb.Helper()
	r.Settle()
	r.Trade(1)
	r.WantTrades("after a trade that was told before", before...)
	r.Quote(7)
	r.Trade(8)
	r.Want("after the recovery", "live bid=7 last=8")
	r.WantTrades("after the recovery", append(before, "8")...)
	r.WantMetric("ticker_feed_connected", "", 1)
}

func halfOpen(t *testing.T, c *Case) {
	t.Helper()
	c.Run(t, func(r *Rig) {
		r.Quote(1)
		r.Trade(1)
		for _, client := range r.Clients() {
			client.Stall()
		}
		r.Pass(30 * time.Second)
		if got := r.Record(); got != "stale silent bid=1 last=1" {
			t.Errorf("after 30 s without a sign of life the record is %q", got)
		}
		r.recovers("1")
		r.WantMetric("ticker_feed_disconnects_total", "silent", 1)
		if n := r.Logged("feed disconnected"); n != 1 {
			t.Errorf("%d lines tell of the silence", n)
		}
	})
}

func garbage(t *testing.T, c *Case) {
	t.Helper()
	c.Run(t, func(r *Rig) {
		r.Quote(1)
		_, quote := c.Exchange.Quote(c.Native, 2)
		for _, client := range r.Clients() {
			for _, noise := range []string{"", "}{", `{"`, "null", "[]", "[[[[", "\x00\xff\xfe", quote[:len(quote)/2], quote + quote} {
				client.Say(noise)
				client.SayBinary(noise)
			}
		}
		synctest.Wait()
		r.Want("after noise", "live bid=1")
		r.Quote(3)
		r.Want("after the noise", "live bid=3")
		r.WantMetric("ticker_feed_disconnects_total", "garbage", 0)
		if n := r.Logged("record refused"); n < 1 || n > 6 {
			t.Errorf("%d lines tell of the noise", n)
		}
	})
}

func onlyGarbage(t *testing.T, c *Case) {
	t.Helper()
	c.Run(t, func(r *Rig) {
		r.Quote(1)
		client := r.Clients()[0]
		for range 2000 {
			client.Say("}{")
		}
		synctest.Wait()
		r.Want("after garbage", "stale disconnected bid=1")
		r.WantMetric("ticker_feed_disconnects_total", "garbage", 1)
		r.Settle()
		r.Quote(7)
		r.Want("after the recovery", "live bid=7")
	})
}

func duplicates(t *testing.T, c *Case) {
	t.Helper()
	c.Run(t, func(r *Rig) {
		for n := 1; n <= 3; n++ {
			for range 3 {
				r.Quote(n)
				r.Trade(n)
			}
		}
		r.Want("after duplicates", "live bid=3 last=3")
		r.WantTrades("after duplicates", "1", "2", "3")
	})
}

func reordering(t *testing.T, c *Case) {
	t.Helper()
	c.Run(t, func(r *Rig) {
		r.Trade(4)
		r.Trade(3)
		r.Want("after a late trade", "live last=4")
		r.WantTrades("after a late trade", "4")
		if c.Exchange.Unordered {
			return
		}
		r.Quote(5)
		r.Quote(4)
		r.Want("after a late quote", "live bid=5 last=4")
	})
}

// floodMessages are told in no time at all.
const floodMessages = 100_000

func flood(t *testing.T, c *Case) {
	t.Helper()
	c.Run(t, func(r *Rig) {
		before := r.Metric("ticker_feed_updates_total", "accepted")
		for n := 1; n <= floodMessages; n++ {
			r.Tell(c.Exchange.Quote(c.Native, n))
		}
		synctest.Wait()
		if q := r.Record(); q != "live bid=100000" {
			t.Errorf("after the flood the record is %q", q)
		}
		if got := r.Metric("ticker_feed_updates_total", "accepted") - before; got != floodMessages {
			t.Errorf("%v of %d quotes were counted", got, floodMessages)
		}
	})
}

func slowClose(t *testing.T, c *Case) {
	t.Helper()
	c.Run(t, func(r *Rig) {
		r.Quote(1)
		r.Trade(1)
		for _, client := range r.Clients() {
			client.Close(t, websocket.CloseServiceRestart, "back in a minute")
		}
		synctest.Wait()
		r.Want("after a close", "stale disconnected bid=1 last=1")
		if r.Logged("1012") != 1 || r.Logged("back in a minute") != 1 {
			t.Error("the log does not say how the exchange closed the connection")
		}
		r.recovers("1")
	})
}

func noAnswer(t *testing.T, c *Case) {
	t.Helper()
	c.RunWith(t, live.Config{Symbols: []string{string(c.Symbol)}}, func(r *Rig) {
		r.Deafen(true)
		r.Pass(2 * time.Minute)
		if r.Logged("feed disconnected") == 0 {
			t.Error("an exchange that answers nothing is not given up")
		}
		r.Deafen(false)
		r.Pass(2 * time.Minute)
		r.Quote(1)
		r.Want("after the exchange answers again", "live bid=1")
	})
}

func nonsense(t *testing.T, c *Case) {
	t.Helper()
	c.RunWith(t, live.Config{Symbols: []string{string(c.Symbol)}}, func(r *Rig) {
		answers := []string{`{}`, `[]`, `{"id":0,"event":"subscribed","success":true}`, `{"type":"subscriptions","channels":7}`, `yes`}
		n := 0
		r.Intercept(func(string) string { n++; return answers[n%len(answers)] })
		r.Pass(15 * time.Second)
		r.Intercept(nil)
		r.Pass(time.Minute)
		r.Quote(1)
		r.Want("after acknowledgements of nothing", "live bid=1")
	})
}

func unknown(t *testing.T, c *Case) {
	t.Helper()
	if c.Exchange.Unknown == "" {
		t.Fatal("the exchange has no symbol that it refuses")
	}
	symbols := []string{string(c.Symbol), c.Exchange.Unknown, string(c.Other)}
	c.RunWith(t, live.Config{Symbols: symbols}, func(r *Rig) {
		r.Pass(time.Minute)
		r.Quote(1)
		r.Want("beside a symbol that the venue does not have", "live bid=1")
		r.tell(c.Exchange.Quote(c.OtherNative, 2))
		if got := r.RecordOf(c.Other); got != "live bid=2" {
			t.Errorf("the other record is %q", got)
		}
		if r.Logged("subscription refused") == 0 || r.Metric("ticker_feed_refused_streams_total", "") == 0 {
			t.Error("nothing tells of the refusal")
		}
		if r.Logged("feed disconnected") != 0 {
			t.Error("a refused symbol costs the connection")
		}
	})
}

func refusedUpgrade(t *testing.T, c *Case) {
	t.Helper()
	c.Run(t, func(r *Rig) {
		r.Quote(1)
		r.Refuse("429")
		opened := r.Opened()
		for _, client := range r.Clients() {
			client.Drop()
		}
		r.Pass(10 * time.Second)
		r.Refuse("")
		r.Pass(20 * time.Second)
		if r.Opened() != opened {
			t.Error("an exchange that asked to be left alone for 40 s was not")
		}
		r.Pass(20 * time.Second)
		r.Quote(2)
		r.Want("after the wait", "live bid=2")
		if r.Logged("429") == 0 {
			t.Error("the log does not say what the exchange answered")
		}
	})
}

func throttled(t *testing.T, c *Case) {
	t.Helper()
	if c.Exchange.Throttled == nil {
		return // The venue has no such answer.
	}
	c.RunWith(t, live.Config{Symbols: []string{string(c.Symbol)}}, func(r *Rig) {
		requests := 0
		r.Intercept(func(request string) string { requests++; return c.Exchange.Throttled(request) })
		r.Pass(900 * time.Millisecond)
		if requests > 2 {
			t.Errorf("%d requests within a second to an exchange that wants fewer", requests)
		}
		r.Intercept(nil)
		r.Pass(time.Minute)
		r.Quote(1)
		r.Want("after requests that came too fast", "live bid=1")
		if r.Logged("exchange wants fewer requests") == 0 {
			t.Error("nothing tells of it")
		}
	})
}

func absent(t *testing.T, c *Case) {
	t.Helper()
	c.RunWith(t, live.Config{Symbols: []string{string(c.Symbol)}}, func(r *Rig) {
		r.Refuse("503")
		r.Pass(5 * time.Minute)
		if n := r.Logged("feed disconnected"); n < 5 || n > 25 {
			t.Errorf("%d tries in 5 minutes", n)
		}
		r.Refuse("")
		r.Pass(time.Minute)
		r.Quote(1)
		r.Want("after the exchange is there", "live bid=1")
	})
}

// undisturbed checks that nobody noticed anything.
func (r *Rig) undisturbed(when string) {
	r.tb.Helper()
	if n := r.Logged("feed disconnected"); n != 0 {
		r.tb.Errorf("%s: %d lines tell of a disconnection", when, n)
	}
	if got := r.Record(); !strings.HasPrefix(got, "live") {
		r.tb.Errorf("%s: the record is %q", when, got)
	}
}
