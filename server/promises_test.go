package server_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
	"ticker/wire"
)

const ms = time.Millisecond

// sleep lets time pass in the bubble, and everything happen that is due.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestPromise1SubscribeIsAnsweredFirstThenWithTheCurrentRecordsAtOnce(t *testing.T) {
	t.Parallel()
	for _, codec := range []wire.Codec{wire.JSON, wire.MsgPack} {
		inBubble(t, func(r *rig) {
			r.quote("AAPL", 100)
			r.quote("AAPL", 101)
			r.quote("BTC-USD", 7)
			c := r.connect(codec)
			start := time.Now()
			got := c.subscribe(time.Second, "AAPL", "XYZ", "BTC-*", "bad symbol")
			want := wire.Subscribed{
				Interval: time.Second, Subscribed: []string{"AAPL", "BTC-*", "XYZ"}, Pending: []string{"XYZ"},
				Rejected: []wire.RejectedSymbol{{Symbol: "bad symbol", Code: wire.CodeBadSymbol}},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error("answer (-want +got):\n" + diff)
			}
			if diff := cmp.Diff([]string{"AAPL=1.01", "BTC-USD=0.07"}, bids(c.quotes()), sorted); diff != "" {
				t.Error("snapshot (-want +got):\n" + diff)
			}
			r.quote("AAPL", 102)
			r.quote("XYZ", 1)
			if diff := cmp.Diff([]string{"XYZ=0.01", "AAPL=1.02"}, bids(c.quotes()), sorted); diff != "" {
				t.Error("the first frame of the interval (-want +got):\n" + diff)
			}
			if waited := time.Since(start); waited != 0 {
				t.Errorf("the snapshot counted as a frame of the interval: %v", waited)
			}
		})
	}
}

// sorted compares lists whatever their order.
var sorted = cmp.Transformer("sorted", func(list []string) map[string]int {
	counts := make(map[string]int)
	for _, text := range list {
		counts[text]++
	}
	return counts
})

// arrival is an event as it came in.
type arrival struct {
	*wire.Quotes
	at time.Time
}

// during reads the quotes events that arrive in a time.
func (c *raw) during(d time.Duration) []arrival {
	c.t.Helper()
	c.wait(d)
	var arrivals []arrival
	for {
		m, err := c.try()
		switch m := m.(type) {
		case *wire.Quotes:
			arrivals = append(arrivals, arrival{m, time.Now()})
		case nil:
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				c.t.Fatal(err)
			}
			return arrivals
		}
	}
}

func TestPromise2TheFirstChangeGoesOutAtOnceAndTheLastWithinAnInterval(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		const interval = 100 * ms
		c := r.connect(wire.JSON)
		c.subscribe(interval, "A", "B")
		sleep(time.Second)
		start := time.Now()
		var all []arrival
		for i := range 20 {
			r.quote("A", int64(100+i))
			all = append(all, c.during(7*ms)...)
			r.quote("B", int64(200+i))
			all = append(all, c.during(8*ms)...)
		}
		end := time.Now()
		all = append(all, c.during(time.Second)...)

		if first := all[0]; first.at != start || len(first.Records) != 1 {
			t.Errorf("the first change went out after %v: %v", first.at.Sub(start), bids(first.Quotes))
		}
		newest := make(map[market.Symbol]string)
		for i, a := range all {
			if i > 0 && a.at.Sub(all[i-1].at) < interval {
				t.Errorf("two frames within %v", a.at.Sub(all[i-1].at))
			}
			in := make(map[market.Symbol]bool)
			for _, rec := range a.Records {
				if in[rec.Symbol] {
					t.Errorf("%s stands in one frame twice", rec.Symbol)
				}
				in[rec.Symbol], newest[rec.Symbol] = true, bid(&rec)
			}
		}
		if diff := cmp.Diff(map[market.Symbol]string{"A": "1.19", "B": "2.19"}, newest); diff != "" {
			t.Error("the last values (-want +got):\n" + diff)
		}
		if late := all[len(all)-1].at.Sub(end); late > interval {
			t.Errorf("the last values came %v after the burst", late)
		}
	})
}

func TestPromise3SeqRisesStrictlyAndCountsTheUpdatesBehindEachRecord(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.MsgPack)
		c.subscribe(20*ms, "S*")
		applied, got := make(map[market.Symbol]uint64), make(map[market.Symbol]uint64)
		random := rand.New(rand.NewPCG(1, 2))
		for step := range 400 {
			for range random.IntN(5) {
				symbol := market.Symbol(fmt.Sprint("S", random.IntN(4)))
				r.quote(symbol, int64(random.IntN(100)))
				applied[symbol]++
			}
			wait := 5 * ms
			if step == 399 {
				wait = time.Second
			}
			for _, a := range c.during(wait) {
				for _, rec := range a.Records {
					if rec.Seq <= got[rec.Symbol] || rec.Seq > applied[rec.Symbol] {
						t.Fatalf("%s went from %d to %d, with %d applied",
							rec.Symbol, got[rec.Symbol], rec.Seq, applied[rec.Symbol])
					}
					got[rec.Symbol] = rec.Seq
				}
			}
		}
		if diff := cmp.Diff(applied, got); diff != "" {
			t.Error("the last of each symbol (-applied +got):\n" + diff)
		}
	})
}

func TestPromise5IntervalsLiveSideBySideAndASubscribeReplacesOptionsWithoutAGap(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		c.subscribe(50*ms, "FAST")
		c.subscribe(time.Second, "SLOW")
		sleep(time.Second)
		counts := make(map[market.Symbol]int)
		for i := range 100 {
			r.quote("FAST", int64(i))
			r.quote("SLOW", int64(i))
			for _, a := range c.during(20 * ms) {
				for _, rec := range a.Records {
					counts[rec.Symbol]++
				}
			}
		}
		if counts["FAST"] < 35 || counts["SLOW"] < 2 || counts["SLOW"] > 3 {
			t.Errorf("records in two seconds: %v", counts)
		}
		c.during(3 * time.Second)

		r.quote("SLOW", 500)
		c.quotes()
		r.quote("SLOW", 501) // waits for its interval
		start := time.Now()
		c.ask("again", &wire.Subscribe{Symbols: []string{"SLOW"}, Interval: 50 * ms})
		c.result("again", &wire.Subscribed{})
		if diff := cmp.Diff([]string{"SLOW=5.01"}, bids(c.quotes())); diff != "" || time.Since(start) != 0 {
			t.Errorf("changed since its last record, after %v (-want +got):\n%s", time.Since(start), diff)
		}
		c.ask("fields", &wire.Subscribe{Symbols: []string{"SLOW"}, Interval: 50 * ms, Fields: market.Fields(0).With(market.Ask)})
		c.result("fields", &wire.Subscribed{})
		if diff := cmp.Diff([]string{"SLOW="}, bids(c.quotes())); diff != "" || time.Since(start) != 0 {
			t.Errorf("other fields, after %v (-want +got):\n%s", time.Since(start), diff)
		}
		c.quiet(2 * time.Second)
	})
}

func TestPromise6MergedDifferencesAreTheFullRecord(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		c.ask("d", &wire.Subscribe{Symbols: []string{"A"}, Interval: 20 * ms, Delta: true})
		c.result("d", &wire.Subscribed{})
		var merged market.Quote
		random := rand.New(rand.NewPCG(3, 4))
		for step := range 200 {
			field := market.Field(random.IntN(int(market.NumValues)))
			r.apply("A", map[market.Field]int64{field: int64(random.IntN(5))})
			wait := 7 * ms
			if step == 199 {
				wait = time.Second
			}
			for _, a := range c.during(wait) {
				a.Records[0].MergeInto(&merged)
			}
		}
		if diff := cmp.Diff(r.book.Find("A").Quote(), merged, cmp.Comparer(sameDecimal)); diff != "" {
			t.Error("record (-book +merged):\n" + diff)
		}
	})
}

func sameDecimal(a, b market.Decimal) bool { return a.String() == b.String() }

func TestPromise9PatternsCoverSymbolsThatAppearLater(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		c.subscribe(100*ms, "BTC-*")
		sleep(time.Second)
		start := time.Now()
		r.quote("ETH-USD", 1)
		r.quote("BTC-USD", 2)
		if diff := cmp.Diff([]string{"BTC-USD=0.02"}, bids(c.quotes())); diff != "" || time.Since(start) != 0 {
			t.Errorf("after %v (-want +got):\n%s", time.Since(start), diff)
		}
		c.ask("u", &wire.Unsubscribe{Symbols: []string{"BTC-*", "never"}})
		var left wire.Unsubscribed
		c.result("u", &left)
		if len(left.Subscribed) != 0 {
			t.Errorf("left: %v", left.Subscribed)
		}
		r.quote("BTC-EUR", 3)
		c.quiet(time.Second)
	})
}

func TestPromise11TheLedgerBalances(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		c := r.connect(wire.JSON)
		c.subscribe(time.Second, "A", "B")
		c.quotes()
		for i := range 10 {
			r.quote("A", int64(i+2))
			synctest.Wait()
		}
		c.quotes()
		c.ask("l", &wire.SessionQuery{})
		var got wire.Ledger
		c.result("l", &got)
		if got.Bytes == 0 {
			t.Error("no bytes")
		}
		got.Bytes = 0
		want := wire.Ledger{Produced: 11, Delivered: 2, Conflated: 0, Pending: 9, Frames: 2}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error("ledger (-want +got):\n" + diff)
		}
	})
}
