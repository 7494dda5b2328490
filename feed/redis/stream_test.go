package redis_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ticker/feed"
	"ticker/feed/redis"
	"ticker/internal/redistest"
	"ticker/market"
)

func TestQuotesOfAStreamAreInTheBook(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	p.add(t.Name(), trades(0, 3)...) // before the group, which begins at the end
	k := start(t, redis.Config{URL: shared.Server(t).URL(), Stream: t.Name()})
	p.add(t.Name(),
		`{"symbol":"AAPL","bid":189.98,"bidSize":300,"ask":"190.0100000001","ts":1763740800000000}`,
		`[{"symbol":"MSFT","last":0.1,"lastSize":7},{"symbol":"AAPL","bid":189.99}]`,
		"{\"symbol\":\"BTC-USD\",\"bid\":-1e-9}\nnoise\n{\"symbol\":\"MSFT\",\"last\":0.3}",
		`{"symbol":"END","bid":1}`,
	)
	k.wantQuotes()
	await(t, "all acknowledged", func() bool { return p.pending(t.Name()) == 0 })
}

func TestAGroupBeginsWhereItIsToldTo(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	for n, m := range trades(1, 6) {
		p.do("xadd", t.Name(), []string{"1-0", "2-0", "3-0", "4-0", "5-0"}[n], "quote", m)
	}
	for start_, want := range map[string]uint64{"0": 5, "3": 2, "4-0": 1} {
		k := start(t, redis.Config{URL: shared.Server(t).URL(), Stream: t.Name(), Group: "from " + start_, Start: start_})
		k.awaitTrades(want)
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
				k.awaitLogged(c.want)
			} else {
				k.awaitTrades(1)
				k.quote(market.Symbol(c.want))
			}
			await(t, "acknowledged", func() bool { return p.pending(t.Name()) == 0 })
		})
	}
}

// Each entry that is read is acknowledged, and each acknowledgement is lost.
func TestLostAcknowledgementsCountNoTradeTwice(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	between, url := newProxy(t, shared.Server(t).URL())
	k := start(t, redis.Config{URL: url, Stream: t.Name()})
	between.noAcks.Store(true)
	p.add(t.Name(), append(trades(0, 300), trades(0, 300)...)...) // equal messages are as many trades
	await(t, "three lost acknowledgements", func() bool { return between.lost.Load() >= 3 })
	between.noAcks.Store(false)
	k.awaitTrades(600)
	p.add(t.Name(), trades(0, 10)...)
	k.awaitTrades(610)
	await(t, "all acknowledged", func() bool { return p.pending(t.Name()) == 0 })
}

func TestTradesCountOnceWhateverBefallsTheServer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{Persist: true})
	p := connect(t, server.URL())
	k := start(t, redis.Config{URL: server.URL(), Stream: "quotes", Heartbeat: 200 * time.Millisecond})
	const step = 3000
	total := 0
	add := func() {
		p.add("quotes", trades(total, total+step)...)
		total += step
	}
	add()
	server.Kill(t)
	k.awaitLogged("feed disconnected")
	server.Restart(t)
	add()
	k.awaitTrades(uint64(total))

	add()
	server.Restart(t)
	add()
	k.awaitTrades(uint64(total))

	k.awaitQuiet(p) // so that what stands still is the read
	server.Pause(t)
	await(t, "a server that stands still is given up", func() bool { return !k.feed.Connected() })
	if got := k.quote("A").Status; got != market.Stale {
		t.Errorf("meanwhile it is %s", got)
	}
	server.Resume(t)
	add()
	k.awaitTrades(uint64(total))

	// A replica that takes over may be behind: the group is given entries again.
	p.do("xgroup", "setid", "quotes", "ticker", "0")
	add()
	k.awaitTrades(uint64(total))
	k.awaitQuiet(p)
}

// What comes while the group is gone is not lost with it.
func TestAGroupThatIsLostBeginsWhereItWas(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{})
	p := connect(t, server.URL())
	k := start(t, redis.Config{URL: server.URL(), Stream: "quotes", Heartbeat: 100 * time.Millisecond})
	const many = 70_000 // more than is remembered
	p.add("quotes", trades(0, many)...)
	k.awaitTrades(many)
	k.awaitQuiet(p)
	p.do("xgroup", "destroy", "quotes", "ticker")
	p.add("quotes", trades(0, 10)...)
	k.awaitTrades(many + 10)

	server.Restart(t) // and is empty
	p.add("quotes", trades(0, 10)...)
	k.awaitTrades(many + 20)
}

// A group that was there is where it is, however much of the stream it has not read.
func TestAGroupThatIsLostBeforeItHasReadAllBeginsWhereItWas(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	p.do("xgroup", "create", t.Name(), "ticker", "$", "mkstream")
	p.add(t.Name(), trades(0, 600)...)
	source, err := redis.New(redis.Config{URL: shared.Server(t).URL(), Stream: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	sink := &counting{batch: 600, full: make(chan struct{}, 1)}
	sink.lose = func() { p.do("xgroup", "destroy", t.Name(), "ticker") }
	if err := source.Run(t.Context(), sink); err == nil || !strings.Contains(err.Error(), "NOGROUP") {
		t.Errorf("Run without its group: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = source.Run(ctx, sink) })
	<-sink.full
	cancel()
	running.Wait()
}

// awaitQuiet waits until everything is acknowledged.
func (k *ticker) awaitQuiet(p *publisher) {
	k.t.Helper()
	await(k.t, "all acknowledged", func() bool { return p.pending("quotes") == 0 })
}

func TestEntriesThatAConsumerWasGivenBeforeComeFirst(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	p.do("xgroup", "create", t.Name(), "ticker", "$", "mkstream")
	p.add(t.Name(), trades(0, 1200)...)
	p.do("xreadgroup", "group", "ticker", "ticker", "count", 1100, "streams", t.Name(), ">")
	k := start(t, redis.Config{URL: shared.Server(t).URL(), Stream: t.Name()})
	k.awaitTrades(1200)
	if got := k.quote("A").Values[market.Last].String(); got != "1199" {
		t.Errorf("the last is %s", got)
	}
}

func TestEntriesOfADeadConsumerAreTakenOver(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	p.do("xgroup", "create", t.Name(), "ticker", "$", "mkstream")
	p.add(t.Name(), trades(0, 1200)...)
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
	k.awaitTrades(1200)
	await(t, "all acknowledged", func() bool { return p.pending(t.Name()) == 0 })
}

func TestEntriesThatWereTrimmedAreToldOf(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	p.do("xgroup", "create", t.Name(), "ticker", "$", "mkstream")
	p.add(t.Name(), trades(0, 5)...)
	p.do("xreadgroup", "group", "ticker", "ticker", "streams", t.Name(), ">")
	p.do("xtrim", t.Name(), "maxlen", 2)
	k := start(t, redis.Config{URL: shared.Server(t).URL(), Stream: t.Name()})
	k.awaitTrades(2)
	k.awaitLogged(`"entries were trimmed before they were read" entries=3`)
	await(t, "all acknowledged", func() bool { return p.pending(t.Name()) == 0 })
}

func TestAnEntryIsAcknowledgedOnlyWhenTheSinkHasIt(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	p.do("xgroup", "create", t.Name(), "ticker", "$", "mkstream")
	p.add(t.Name(), trades(0, 3)...)
	sink := &blocking{entered: make(chan struct{}), release: make(chan struct{})}
	run(t, redis.Config{URL: shared.Server(t).URL(), Stream: t.Name()}, sink)
	release := sync.OnceFunc(func() { close(sink.release) })
	t.Cleanup(release)
	<-sink.entered
	if got := p.pending(t.Name()); got != 3 {
		t.Errorf("%d entries are pending", got)
	}
	release()
	await(t, "all acknowledged", func() bool { return p.pending(t.Name()) == 0 })
}

// blocking is a sink that takes nothing until it is released.
type blocking struct {
	deaf
	entered, release chan struct{}
}

func (b *blocking) Update(*market.Update) {
	select {
	case b.entered <- struct{}{}:
	case <-b.release:
	}
	<-b.release
}

// A parser that panics ends its connection. The entry must not do so for ever.
func TestAnEntryOnWhichTheParserPanicsComesOnce(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	k := start(t, redis.Config{
		URL: shared.Server(t).URL(), Stream: t.Name(), NewParser: func() feed.Parser { return fragile{} },
	})
	p.add(t.Name(), "A", "bomb", "A", "beat", "A")
	k.awaitTrades(3)
	if got := strings.Count(k.logged.String(), "a bomb went off"); got != 1 {
		t.Errorf("the parser panicked %d times", got)
	}
	await(t, "all acknowledged", func() bool { return p.pending(t.Name()) == 0 })
}

// fragile is an exchange whose messages are symbols that trade, and bombs.
type fragile struct{}

func (fragile) Parse(message []byte, emit func(*market.Update)) error {
	switch string(message) {
	case "bomb":
		panic("a bomb went off")
	case "beat":
		return feed.ErrSkipped
	}
	u := market.Update{Symbol: market.Symbol(message), Trade: true}
	u.Put(market.Last, market.Decimal{})
	emit(&u)
	return nil
}
