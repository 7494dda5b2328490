package redis_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ticker/feed/redis"
	"ticker/internal/redistest"
	"ticker/market"
)

func TestQuotesOfAChannelAreInTheBook(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	k := start(t, redis.Config{URL: shared.Server(t).URL(), Channel: t.Name()})
	p.publish(t.Name(),
		`{"symbol":"AAPL","bid":189.98,"bidSize":300,"ask":"190.0100000001","ts":1763740800000000}`,
		`[{"symbol":"MSFT","last":0.1,"lastSize":7},{"symbol":"AAPL","bid":189.99}]`,
		"{\"symbol\":\"BTC-USD\",\"bid\":-1e-9}\nnoise\n{\"symbol\":\"MSFT\",\"last\":0.3}",
		`{"symbol":"END","bid":1}`,
	)
	k.wantQuotes()
}

// wantQuotes wants what the first tests publish, in full.
func (k *ticker) wantQuotes() {
	k.t.Helper()
	await(k.t, "the last quote", func() bool { return k.book.Find("END") != nil && k.book.Find("END").Seq() == 1 })
	for _, want := range []struct {
		symbol market.Symbol
		field  market.Field
		value  string
		seq    uint64
	}{
		{"AAPL", market.Bid, "189.99", 2},
		{"AAPL", market.BidSize, "300", 2},
		{"AAPL", market.Ask, "190.0100000001", 2},
		{"MSFT", market.Last, "0.3", 2},
		{"BTC-USD", market.Bid, "-0.000000001", 1},
	} {
		q := k.quote(want.symbol)
		if got := q.Values[want.field].String(); got != want.value || q.Seq != want.seq || q.Source != "redis" {
			k.t.Errorf("%s %s = %s at %d from %q, want %s at %d", want.symbol, want.field, got, q.Seq, q.Source, want.value, want.seq)
		}
	}
	if got := k.counted(); got.Trades != 2 || got.High.String() != "0.3" || got.Low.String() != "0.1" {
		k.t.Errorf("%d trades from %s to %s", got.Trades, got.Low, got.High)
	}
}

func TestAPatternIsForManyChannels(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	k := start(t, redis.Config{URL: shared.Server(t).URL(), Channel: t.Name() + ".*"})
	p.publish(t.Name()+".A", trades(0, 1)...)
	p.publish(t.Name(), trades(1, 2)...)
	p.publish(t.Name()+".B", trades(2, 3)...)
	k.awaitTrades(2)
	if got := k.quote("A").Values[market.Last].String(); got != "2" {
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
			connect(t, server.URL()).publish("quotes", trades(0, 1)...)
			k.awaitTrades(1)
			lose(server)
			k.awaitLogged("feed disconnected")
			// Marking is an update of its own, and nothing else has made one since.
			await(t, "stale", func() bool { return k.quote("A").Seq == 2 })
			if got := k.quote("A"); got.Status != market.Stale || got.Reason != market.Disconnected {
				t.Errorf("it is %s, %s", got.Status, got.Reason)
			}
			switch name {
			case "killed":
				server.Restart(t)
			case "standing":
				server.Resume(t)
			}
			await(t, "connected again", k.feed.Connected)
			connect(t, server.URL()).publish("quotes", trades(1, 2)...)
			k.awaitTrades(2)
			if got := k.quote("A").Status; got != market.Live {
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
	await(t, "five answers", func() bool {
		stats := fmt.Sprint(p.do("info", "commandstats"))
		_, pings, _ := strings.Cut(stats, "cmdstat_ping:calls=")
		var n int
		_, _ = fmt.Sscan(strings.SplitN(pings, ",", 2)[0], &n)
		return n >= 5+1 // and the one that told the test that the server is there
	})
	if strings.Contains(k.logged.String(), "disconnected") {
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
	sink := &slow{release: make(chan struct{})}
	stop, done := run(t, redis.Config{URL: server.URL(), Channel: "quotes", Heartbeat: time.Second}, sink)
	release := sync.OnceFunc(func() { close(sink.release) })
	t.Cleanup(release)
	await(t, "somebody listens", func() bool { return fmt.Sprint(p.do("pubsub", "numsub", "quotes")) == "[quotes 1]" })
	padding := strings.Repeat(" ", 1000)
	sent := 0
	for listening := true; listening; sent += 1000 {
		var messages []string
		for _, m := range trades(sent, sent+1000) {
			messages = append(messages, m+padding)
		}
		p.publish("quotes", messages...)
		listening = fmt.Sprint(p.do("pubsub", "numsub", "quotes")) == "[quotes 1]"
	}
	release()
	if err := <-done; err == nil || !strings.Contains(err.Error(), `read channel "quotes"`) {
		t.Errorf("Run: %v", err)
	}
	stop()
	if sink.gap != "" || sink.n == 0 || sink.n >= sent {
		t.Errorf("%d of %d messages came; %s", sink.n, sent, sink.gap)
	}
}

// slow is a sink that takes nothing until it is released, and then wants trades with
// prices from 0 on, one after the other.
type slow struct {
	deaf
	release chan struct{}
	n       int
	gap     string
}

func (s *slow) Update(u *market.Update) {
	<-s.release
	if got := u.Values[market.Last].String(); got != fmt.Sprint(s.n) && s.gap == "" {
		s.gap = fmt.Sprintf("the %dth was %s", s.n, got)
	}
	s.n++
}
