package faults_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"ticker/client"
	"ticker/market"
)

// The bounds of the wait before an exchange is tried again.
const (
	minBackoff = 250 * time.Millisecond
	maxBackoff = 30 * time.Second
)

// untold is a quote that an exchange which is spoilt has only for those who subscribe
// in spite of that.
const untold = 666

// upstream is an exchange, and the feed of it.
type upstream struct {
	name     string // of the feed, and of the one symbol that it has
	url      string
	exchange *exchange
	tries    *tries // to connect to it
	// spoil makes tries fail for a cause until mend is called. An upstream without a
	// cause is never spoilt.
	cause       string
	spoil, mend func()

	away bool // it is spoilt now
	told int  // the newest quote
}

func (u *upstream) symbol() string { return strings.ToUpper(u.name) + "-USD" }

func (u *upstream) spec() string {
	return fmt.Sprintf("coinbase:?name=%s&rest=off&silence=1m&symbols=%s&url=%s", u.name, u.symbol(), u.url)
}

// tries notes the times of tries.
type tries struct {
	mu sync.Mutex
	at []time.Time
}

func (k *tries) note() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.at = append(k.at, time.Now())
}

// all returns the times so far, which nobody changes.
func (k *tries) all() []time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.at
}

// onlooker is a client that looks at the records of exchanges.
type onlooker struct {
	habit habit
	view  *client.View
}

// lookOn connects an onlooker until the test ends.
func lookOn(t *testing.T, address string, symbols []string, h habit) *onlooker {
	t.Helper()
	o := &onlooker{h, client.NewView()}
	c, err := client.New(client.Config{
		URL: "http://" + address, Codec: h.codec, Transports: []client.Transport{h.transport}, OnQuotes: o.view.Apply,
	})
	if err != nil {
		t.Fatal(err)
	}
	runUntilEnd(t, c)
	granted, err := c.Subscribe(t.Context(), client.Subscription{
		Symbols: symbols, Interval: h.interval, Delta: h.delta, Envelope: h.envelope,
	})
	if err != nil || len(granted.Rejected) > 0 {
		t.Fatalf("subscribe over %v: %+v, %v", h.transport, granted, err)
	}
	return o
}

// sight is what an onlooker sees of a symbol.
type sight struct {
	Quote  int64
	Status market.Status
	Reason market.Reason
}

// sees waits until an onlooker sees what is wanted.
func (o *onlooker) sees(t *testing.T, want map[market.Symbol]sight) {
	t.Helper()
	got := make(map[market.Symbol]sight)
	defer func() {
		if !maps.Equal(got, want) {
			t.Logf("over %v it sees %v", o.habit.transport, got)
		}
	}()
	await(t, fmt.Sprintf("an onlooker sees %v", want), func() bool {
		for _, q := range o.view.Quotes(nil) {
			bid, _ := q.Value(market.Bid)
			got[q.Symbol] = sight{number(bid), q.Status, q.Reason}
		}
		return maps.Equal(got, want)
	})
}

// outage is a stage with feeds of exchanges, most of which go away and come back,
// under the eyes of clients of every habit.
type outage struct {
	*stage
	upstreams []*upstream
	onlookers []*onlooker
}

// openOutage runs a program until every exchange feeds it.
func openOutage(t *testing.T, environment []string, upstreams []*upstream) *outage {
	t.Helper()
	config := "history: {url: 'off'}\nfeeds:\n- 'push:'\n"
	var symbols []string
	for _, u := range upstreams {
		config += "- '" + u.spec() + "'\n"
		symbols = append(symbols, u.symbol())
	}
	s := open(t, setup{config: config, prefix: append([]string{"env"}, environment...)})
	o := &outage{stage: s, upstreams: upstreams}
	for _, h := range habits() {
		o.onlookers = append(o.onlookers, lookOn(t, s.program.public, symbols, h))
	}
	o.goOn()
	return o
}

// run spoils upstreams, mends them, and asks for what has to be so meanwhile.
func (o *outage) run() {
	o.t.Helper()
	for _, u := range o.upstreams {
		if u.cause != "" {
			u.spoil()
			u.exchange.drop()
			u.away = true
		}
	}
	for _, u := range o.upstreams {
		if u.away {
			o.staysAway(u)
		}
	}
	o.goOn()
	o.othersGoOn()
	for _, u := range o.upstreams {
		if u.away {
			u.mend()
			u.away = false
		}
	}
	o.goOn()
	o.program.awaitReady()
	o.backedOff()
	o.othersGoOn()
}

// goOn waits until the next quotes of those upstreams that are not away have reached
// every onlooker, and the others are seen stale, as they were left.
func (o *outage) goOn() {
	o.t.Helper()
	want := make(map[market.Symbol]sight)
	for _, u := range o.upstreams {
		seen := sight{int64(u.told), market.Stale, market.Disconnected}
		if !u.away {
			u.told++
			(&venue{o.stage, u.exchange}).reaches(u.symbol(), u.told)
			seen = sight{int64(u.told), market.Live, market.NoReason}
		}
		want[market.Symbol(u.symbol())] = seen
	}
	for _, looker := range o.onlookers {
		looker.sees(o.t, want)
	}
}

// staysAway waits until a try to reach an upstream has failed for its cause, wants the
// operator to know, and none of its quotes to have been asked for.
func (o *outage) staysAway(u *upstream) {
	o.t.Helper()
	await(o.t, u.name+": "+u.cause, func() bool {
		if u.exchange.quote(u.symbol(), untold, time.Now()) > 0 {
			o.t.Fatalf("%s: the program subscribed, and was to find: %s", u.name, u.cause)
		}
		endings := o.endings(u)
		return len(endings) > 0 && strings.Contains(endings[len(endings)-1].Error, u.cause)
	})
	gauge := fmt.Sprintf("ticker_feed_connected{feed=%q}", u.name)
	if up, ok := o.program.metrics()[gauge]; !ok || up != 0 {
		o.t.Errorf("%s is %v, %t", gauge, up, ok)
	}
	if ok, text := o.program.ready(); ok || !strings.Contains(text, "feed "+u.name+" is not connected") {
		o.t.Errorf("ready is %t without %s: %s", ok, u.name, text)
	}
}

// ending is a line of the log about a connection that ended, or a try to make one.
type ending struct {
	Msg, Feed, Error string
	Wait             wait `json:"next_try_in"`
}

// wait is a duration as the log has it.
type wait struct{ time.Duration }

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *wait) UnmarshalText(text []byte) (err error) {
	w.Duration, err = time.ParseDuration(string(text))
	return err
}

// endings returns those of an upstream so far.
func (o *outage) endings(u *upstream) (endings []ending) {
	for line := range strings.Lines(o.program.log()) {
		var e ending
		if json.Unmarshal([]byte(line), &e) == nil && e.Msg == "feed disconnected" && e.Feed == u.name {
			endings = append(endings, e)
		}
	}
	return endings
}

// backedOff wants a wait behind every try that failed and every connection that ended,
// as long as the log has it and below a bound that doubles. All upstreams are live.
func (o *outage) backedOff() {
	o.t.Helper()
	var total time.Duration
	for _, u := range o.upstreams {
		at, endings := u.tries.all(), o.endings(u)
		if len(at) != len(endings)+1 {
			o.t.Fatalf("%s: %d tries, and the log knows of %d that ended: %+v", u.name, len(at), len(endings), endings)
		}
		bound := minBackoff
		for i, e := range endings {
			if e.Wait.Duration > bound {
				o.t.Errorf("%s: wait %d is %v, beyond %v", u.name, i, e.Wait, bound)
			}
			// A try is noted before it fails, so this holds on however slow a machine.
			if gap := at[i+1].Sub(at[i]); gap < e.Wait.Duration {
				o.t.Errorf("%s: try %d came %v after the one before, with %v to wait", u.name, i+1, gap, e.Wait)
			}
			bound, total = min(2*bound, maxBackoff), total+e.Wait.Duration
		}
		o.t.Logf("%s: %d tries", u.name, len(at))
	}
	// So many random waits come to less than this once in a billion times.
	if total < minBackoff/10 {
		o.t.Errorf("waits of %v altogether are no backoff", total)
	}
}

// othersGoOn wants nobody who watches the push feed to have noticed anything, and all
// of them to get its last round now.
func (o *outage) othersGoOn() {
	o.t.Helper()
	o.quiet()
	o.undisturbed()
	for _, w := range o.crowd {
		if w.holds(func(a *account) bool { return a.stales > 0 }) {
			o.t.Errorf("a watcher of the push feed was told over %v that it is stale", w.habit.transport)
		}
	}
}
