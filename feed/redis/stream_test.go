package redis_test

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ticker/feed"
	"ticker/feed/internal/queuetest"
	"ticker/feed/redis"
	"ticker/internal/redistest"
	"ticker/market"
)

func TestQuotesOfAStreamAreInTheBook(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	p.add(t.Name(), queuetest.Trades(0, 3)...) // before the group, which begins at the end
	k := start(t, redis.Config{URL: shared.Server(t).URL(), Stream: t.Name()})
	p.add(t.Name(), queuetest.Quotes()...)
	k.WantQuotes(t)
	p.awaitQuiet(t.Name())
}

func TestAGroupBeginsWhereItIsToldTo(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	for n, m := range queuetest.Trades(1, 6) {
		p.do("xadd", t.Name(), []string{"1-0", "2-0", "3-0", "4-0", "5-0"}[n], "quote", m)
	}
	for start_, want := range map[string]uint64{"0": 5, "3": 2, "4-0": 1} {
		k := start(t, redis.Config{URL: shared.Server(t).URL(), Stream: t.Name(), Group: "from " + start_, Start: start_})
		k.AwaitTrades(t, want)
	}
}

func TestTheMessageOfAnEntryIsFound(t *testing.T) {
	t.Parallel()
	const a, b = `{"symbol":"A","last":1}`, `{"symbol":"B","last":1}`
	for name, c := range map[string]struct {
		field string
		entry []any
		want  string // A, B or that it is refused
	}{
		"the field quote":      {"", []any{"x", b, "quote", a}, "A"},
		"the only field":       {"", []any{"anything", a}, "A"},
		"the field that's set": {"x", []any{"x", b, "quote", a}, "B"},
		"none that's set":      {"y", []any{"x", b}, "without y"},
		"none of several":      {"", []any{"x", b, "y", a}, "without quote"},
		"no quote in it":       {"", []any{"quote", "noise"}, "noise"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := connect(t, shared.Server(t).URL())
			k := start(t, redis.Config{URL: shared.Server(t).URL(), Stream: t.Name(), Field: c.field})
			p.do(append([]any{"xadd", t.Name(), "*"}, c.entry...)...)
			if len(c.want) > 1 {
				k.Log.Await(t, c.want)
			} else {
				k.AwaitTrades(t, 1)
				k.Quote(t, market.Symbol(c.want))
			}
			p.awaitQuiet(t.Name())
		})
	}
}

// Each entry that is read is acknowledged, and each acknowledgement is lost.
func TestLostAcknowledgementsCountNoTradeTwice(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	var losing atomic.Bool // an acknowledgement ends its connection
	var lost atomic.Int64
	var proxy *queuetest.Proxy
	proxy = queuetest.NewProxy(t, shared.Server(t).URL(), func(said []byte) bool {
		pass := !losing.Load() || !bytes.Contains(bytes.ToLower(said), []byte("xack"))
		if !pass {
			lost.Add(1)
			proxy.Cut()
		}
		return pass
	})
	k := start(t, redis.Config{URL: proxy.URL, Stream: t.Name()})
	losing.Store(true)
	p.add(t.Name(), append(queuetest.Trades(0, 300), queuetest.Trades(0, 300)...)...) // equal messages are as many trades
	queuetest.Await(t, "three lost acknowledgements", func() bool { return lost.Load() >= 3 })
	losing.Store(false)
	k.AwaitTrades(t, 600)
	p.add(t.Name(), queuetest.Trades(0, 10)...)
	k.AwaitTrades(t, 610)
	p.awaitQuiet(t.Name())
}

func TestTradesCountOnceWhateverBefallsTheServer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{Persist: true})
	p := connect(t, server.URL())
	k := start(t, redis.Config{URL: server.URL(), Stream: "quotes", Heartbeat: 200 * time.Millisecond})
	const step = 3000
	total := 0
	add := func() {
		p.add("quotes", queuetest.Trades(total, total+step)...)
		total += step
	}
	add()
	server.Kill(t)
	k.Log.Await(t, "feed disconnected")
	server.Restart(t)
	add()
	k.AwaitTrades(t, uint64(total))

	add()
	server.Restart(t)
	add()
	k.AwaitTrades(t, uint64(total))

	p.awaitQuiet("quotes") // so that what stands still is the read
	server.Pause(t)
	queuetest.Await(t, "a server that stands still is given up", func() bool { return !k.Feed.Connected() })
	if got := k.Quote(t, "A").Status; got != market.Stale {
		t.Errorf("meanwhile it is %s", got)
	}
	server.Resume(t)
	add()
	k.AwaitTrades(t, uint64(total))

	// A replica that takes over may be behind: the group is given entries again.
	p.do("xgroup", "setid", "quotes", "ticker", "0")
	add()
	k.AwaitTrades(t, uint64(total))
	p.awaitQuiet("quotes")
}

// What comes while the group is gone is not lost with it.
func TestAGroupThatIsLostBeginsWhereItWas(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{})
	p := connect(t, server.URL())
	k := start(t, redis.Config{URL: server.URL(), Stream: "quotes", Heartbeat: 100 * time.Millisecond})
	const many = 70_000 // more than is remembered
	p.add("quotes", queuetest.Trades(0, many)...)
	k.AwaitTrades(t, many)
	p.awaitQuiet("quotes")
	p.do("xgroup", "destroy", "quotes", "ticker")
	p.add("quotes", queuetest.Trades(0, 10)...)
	k.AwaitTrades(t, many+10)

	server.Restart(t) // and is empty
	p.add("quotes", queuetest.Trades(0, 10)...)
	k.AwaitTrades(t, many+20)
}

// A group that was there is where it is, however much of the stream it has not read.
func TestAGroupThatIsLostBeforeItHasReadAllBeginsWhereItWas(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	p.do("xgroup", "create", t.Name(), "ticker", "$", "mkstream")
	p.add(t.Name(), queuetest.Trades(0, 600)...)
	source, sink := newSource(t, redis.Config{URL: shared.Server(t).URL(), Stream: t.Name()}), queuetest.NewJournal()
	sink.OnUpdate = func(before int) {
		if before == 0 {
			p.do("xgroup", "destroy", t.Name(), "ticker")
		}
	}
	if err := source.Run(t.Context(), sink); err == nil || !strings.Contains(err.Error(), "NOGROUP") {
		t.Errorf("Run without its group: %v", err)
	}
	queuetest.Run(t, source, sink)
	sink.AwaitUpdates(t, 600)
}

// awaitQuiet waits until everything is acknowledged.
func (p *publisher) awaitQuiet(stream string) {
	p.t.Helper()
	queuetest.Await(p.t, "all acknowledged", func() bool { return p.pending(stream) == 0 })
}

func TestEntriesThatAConsumerWasGivenBeforeComeFirst(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	p.do("xgroup", "create", t.Name(), "ticker", "$", "mkstream")
	p.add(t.Name(), queuetest.Trades(0, 1200)...)
	p.do("xreadgroup", "group", "ticker", "ticker", "count", 1100, "streams", t.Name(), ">")
	k := start(t, redis.Config{URL: shared.Server(t).URL(), Stream: t.Name()})
	k.AwaitTrades(t, 1200)
	if got := k.Quote(t, "A").Values[market.Last].String(); got != "1199" {
		t.Errorf("the last is %s", got)
	}
}

func TestEntriesOfADeadConsumerAreTakenOver(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	p.do("xgroup", "create", t.Name(), "ticker", "$", "mkstream")
	p.add(t.Name(), queuetest.Trades(0, 1200)...)
	given, err := p.client.XReadGroup(t.Context(), &goredis.XReadGroupArgs{
		Group: "ticker", Consumer: "dead", Streams: []string{t.Name(), ">"}, Count: 1100,
	}).Result()
	if err != nil {
		t.Fatal(err)
	}
	claim := []any{"xclaim", t.Name(), "ticker", "dead", 0}
	for _, entry := range given[0].Messages {
		claim = append(claim, entry.ID)
	}
	twoHours := (2 * time.Hour).Milliseconds()
	p.do(append(claim, "idle", twoHours, "justid")...)
	// The next look for them would be in half an hour.
	k := start(t, redis.Config{URL: shared.Server(t).URL(), Stream: t.Name(), ClaimAfter: time.Hour})
	k.AwaitTrades(t, 1200)
	p.awaitQuiet(t.Name())
}

func TestEntriesThatWereTrimmedAreToldOf(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	p.do("xgroup", "create", t.Name(), "ticker", "$", "mkstream")
	p.add(t.Name(), queuetest.Trades(0, 5)...)
	p.do("xreadgroup", "group", "ticker", "ticker", "streams", t.Name(), ">")
	p.do("xtrim", t.Name(), "maxlen", 2)
	k := start(t, redis.Config{URL: shared.Server(t).URL(), Stream: t.Name()})
	k.AwaitTrades(t, 2)
	k.Log.Await(t, `"entries were trimmed before they were read" entries=3`)
	p.awaitQuiet(t.Name())
}

func TestAnEntryIsAcknowledgedOnlyWhenTheSinkHasIt(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	p.do("xgroup", "create", t.Name(), "ticker", "$", "mkstream")
	p.add(t.Name(), queuetest.Trades(0, 3)...)
	sink, entered, release := queuetest.NewHeld(t)
	queuetest.Run(t, newSource(t, redis.Config{URL: shared.Server(t).URL(), Stream: t.Name()}), sink)
	<-entered
	if got := p.pending(t.Name()); got != 3 {
		t.Errorf("%d entries are pending", got)
	}
	release()
	p.awaitQuiet(t.Name())
}

// A parser that panics ends its connection. The entry must not do so for ever.
func TestAnEntryOnWhichTheParserPanicsComesOnce(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	k := start(t, redis.Config{
		URL: shared.Server(t).URL(), Stream: t.Name(), NewParser: func() feed.Parser { return queuetest.Touchy{} },
	})
	p.add(t.Name(), "A", "bad", "A", "beat", "A")
	k.AwaitTrades(t, 3)
	if got := k.Log.Count("bad message"); got != 1 {
		t.Errorf("the parser panicked %d times", got)
	}
	p.awaitQuiet(t.Name())
}
