package redis_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ticker/feed/internal/queuetest"
	"ticker/feed/redis"
	"ticker/internal/redistest"
	"ticker/market"
)

func TestQuotesOfAChannelAreInTheBook(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	k := start(t, redis.Config{URL: shared.Server(t).URL(), Channel: t.Name()})
	p.publish(t.Name(), queuetest.Quotes()...)
	k.WantQuotes(t)
}

func TestAPatternIsForManyChannels(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	k := start(t, redis.Config{URL: shared.Server(t).URL(), Channel: t.Name() + ".*"})
	p.publish(t.Name()+".A", queuetest.Trades(0, 1)...)
	p.publish(t.Name(), queuetest.Trades(1, 2)...)
	p.publish(t.Name()+".B", queuetest.Trades(2, 3)...)
	k.AwaitTrades(t, 2)
	if got := k.Quote(t, "A").Values[market.Last].String(); got != "2" {
		t.Errorf("the last is %s", got)
	}
}

// Nobody knows what was published meanwhile, so the symbols say that they are stale.
func TestALostConnectionIsSeen(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*redistest.Server){
		"killed":        func(s *redistest.Server) { s.Kill(t) },
		"restarted":     func(s *redistest.Server) { s.Restart(t) },
		"standing":      func(s *redistest.Server) { s.Pause(t) },
		"disconnecting": func(s *redistest.Server) { connect(t, s.URL()).do("client", "kill", "type", "pubsub") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t, redistest.Options{})
			k := start(t, redis.Config{URL: server.URL(), Channel: "quotes", Heartbeat: 100 * time.Millisecond})
			connect(t, server.URL()).publish("quotes", queuetest.Trades(0, 1)...)
			k.AwaitTrades(t, 1)
			lose(server)
			k.Log.Await(t, "feed disconnected")
			// Marking is an update of its own, and nothing else has made one since.
			queuetest.Await(t, "stale", func() bool { return k.Quote(t, "A").Seq == 2 })
			if got := k.Quote(t, "A"); got.Status != market.Stale || got.Reason != market.Disconnected {
				t.Errorf("it is %s, %s", got.Status, got.Reason)
			}
			switch name {
			case "killed":
				server.Restart(t)
			case "standing":
				server.Resume(t)
			}
			queuetest.Await(t, "connected again", k.Feed.Connected)
			connect(t, server.URL()).publish("quotes", queuetest.Trades(1, 2)...)
			k.AwaitTrades(t, 2)
			if got := k.Quote(t, "A").Status; got != market.Live {
				t.Errorf("after a trade it is %s", got)
			}
		})
	}
}

// A server that is asked for answers gives them: quiet is no fault.
func TestAQuietChannelStaysConnected(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{})
	p := connect(t, server.URL())
	k := start(t, redis.Config{URL: server.URL(), Channel: "quotes", Heartbeat: 200 * time.Millisecond})
	queuetest.Await(t, "five answers", func() bool {
		stats := fmt.Sprint(p.do("info", "commandstats"))
		_, pings, _ := strings.Cut(stats, "cmdstat_ping:calls=")
		var n int
		_, _ = fmt.Sscan(strings.SplitN(pings, ",", 2)[0], &n)
		return n >= 5+1 // and the one that told the test that the server is there
	})
	if strings.Contains(k.Log.String(), "disconnected") {
		t.Error("it was disconnected")
	}
}

// What overflows ends the connection. What came before has no gaps.
func TestNothingIsLostInSilence(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{
		Settings: map[string]string{"client-output-buffer-limit": "pubsub 1mb 1mb 1"},
	})
	p := connect(t, server.URL())
	sink, _, release := queuetest.NewHeld(t)
	r := queuetest.Run(t, newSource(t, redis.Config{URL: server.URL(), Channel: "quotes", Heartbeat: time.Second}), sink)
	queuetest.Await(t, "somebody listens", func() bool { return fmt.Sprint(p.do("pubsub", "numsub", "quotes")) == "[quotes 1]" })
	padding := strings.Repeat(" ", 1000)
	sent := 0
	for listening := true; listening; sent += 1000 {
		var messages []string
		for _, m := range queuetest.Bids("A", sent, 1000) {
			messages = append(messages, m+padding)
		}
		p.publish("quotes", messages...)
		listening = fmt.Sprint(p.do("pubsub", "numsub", "quotes")) == "[quotes 1]"
	}
	release()
	r.AwaitError(t, `read channel "quotes"`)
	came := len(sink.Told().Updates)
	sink.EachOnce(t, "A", came)
	if came == 0 || came >= sent {
		t.Errorf("%d of %d messages came", came, sent)
	}
}
