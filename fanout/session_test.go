package fanout

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
	"ticker/wire"
)

// expect holds the bids of the events that arrived against those wanted, one
// list an event.
func (c *client) expect(want ...[]string) {
	c.t.Helper()
	var got [][]string
	for _, e := range c.events() {
		got = append(got, bids(e))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Error("events (-want +got):\n" + diff)
	}
}

func TestSubscribeIsAnsweredFirstAndThenWithTheNewestRecords(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.quote("AAPL", 100)
		f.quote("AAPL", 101)
		f.quote("MSFT", 200)
		c := f.open(wire.JSON, false)
		defer c.close()
		c.ask(Request{Symbols: []string{"AAPL", "XYZ", "MS*", "AAPL", "bad symbol"}})
		settle()
		messages := c.read()
		if len(messages) != 2 {
			t.Fatalf("%d messages, want an answer and an event", len(messages))
		}
		r, ok := messages[0].(*wire.Response)
		if !ok {
			t.Fatalf("the first message is %T", messages[0])
		}
		var got wire.Subscribed
		if err := r.Decode(&got); err != nil {
			t.Fatal(err)
		}
		want := wire.Subscribed{
			Interval:   100 * time.Millisecond,
			Subscribed: []string{"AAPL", "MS*", "XYZ"}, Pending: []string{"XYZ"},
		}
		if diff := cmp.Diff(want.Subscribed, got.Subscribed); diff != "" || got.Interval != want.Interval {
			t.Error(diff, got.Interval)
		}
		if diff := cmp.Diff(want.Pending, got.Pending); diff != "" {
			t.Error(diff)
		}
		event, ok := messages[1].(*wire.Quotes)
		if !ok || len(event.Records) != 2 {
			t.Fatalf("the second message is %+v", messages[1])
		}
		for _, r := range event.Records {
			if r.Symbol == "AAPL" && (r.Seq != 2 || r.Values[market.Bid].String() != "1.01") {
				t.Errorf("an old record in the snapshot: %+v", r)
			}
		}
		f.quote("XYZ", 5)
		settle()
		c.expect([]string{"XYZ=0.05"})
	})
}

func TestTheFirstChangeGoesOutAtOnceAndTheLastWithinAnInterval(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		c := f.open(wire.JSON, false)
		defer c.close()
		c.subscribe(100*time.Millisecond, "A", "B")
		settle()
		c.read()
		for round := range int64(3) {
			f.quote("A", 100+round)
			settle()
			c.expect([]string{fmt.Sprintf("A=1.%02d", round)})
			pass(10 * time.Millisecond)
			f.quote("A", 200)
			f.quote("A", 300)
			f.quote("B", 400)
			f.quote("A", 500+round)
			pass(85 * time.Millisecond)
			c.expect()
			pass(10 * time.Millisecond)
			c.expect([]string{fmt.Sprintf("A=5.%02d", round), "B=4.00"})
			pass(500 * time.Millisecond)
			c.expect()
		}
	})
}

func TestABusyLaneSendsOneFrameAnInterval(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		c := f.open(wire.JSON, false)
		defer c.close()
		c.subscribe(100*time.Millisecond, "A", "B")
		c.subscribe(time.Second, "C")
		settle()
		c.read()
		frames := make(map[market.Symbol]int)
		for i := range int64(10_000) {
			f.quote("A", i)
			f.quote("B", i)
			f.quote("C", i)
			pass(time.Millisecond)
			for _, e := range c.events() {
				for i := range e.Records {
					frames[e.Records[i].Symbol]++
				}
			}
		}
		if got := frames["A"]; got < 99 || got > 101 {
			t.Errorf("%d frames of a 100 ms lane in 10 s", got)
		}
		if got := frames["C"]; got < 10 || got > 11 {
			t.Errorf("%d frames of a 1 s lane in 10 s", got)
		}
	})
}

func TestAClientThatTakesNothingGetsTheNewestWhenItReads(t *testing.T) {
	t.Parallel()
	for _, waits := range []bool{false, true} {
		t.Run(fmt.Sprintf("waits=%v", waits), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(f *fixture) {
				slow, other := f.open(wire.JSON, waits), f.open(wire.JSON, false)
				defer slow.close()
				defer other.close()
				slow.subscribe(100*time.Millisecond, "A", "B")
				other.subscribe(100*time.Millisecond, "A", "B")
				settle()
				slow.read()
				other.read()
				slow.conn.setRoom(0)
				for i := range int64(100) {
					f.quote("A", i)
					f.quote("B", i)
					pass(50 * time.Millisecond)
				}
				if got := len(other.events()); got < 50 {
					t.Errorf("the other client got %d events", got)
				}
				slow.expect()
				slow.conn.setRoom(-1)
				settle()
				events := slow.events()
				// What was being written when it stopped, and the newest.
				if len(events) > 2 {
					t.Errorf("%d events for a client that was away", len(events))
				}
				if diff := cmp.Diff([]string{"A=0.99", "B=0.99"}, bids(events[len(events)-1])); diff != "" {
					t.Error(diff)
				}
				f.quote("A", 1234)
				pass(100 * time.Millisecond)
				slow.expect([]string{"A=12.34"})
			})
		})
	}
}

func TestAPartlyWrittenFrameIsFinishedBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		c := f.open(wire.JSON, false)
		defer c.close()
		c.subscribe(20*time.Millisecond, "A")
		settle()
		c.read()
		c.conn.setRoom(7)
		f.quote("A", 1)
		settle()
		c.Send(func(dst []byte) []byte { return c.codec.AppendMessage(dst, &wire.Pong{ID: "p"}) })
		f.quote("A", 2)
		for range 500 {
			pass(time.Millisecond)
			c.conn.setRoom(3)
		}
		c.conn.setRoom(-1)
		settle()
		var kinds []string
		for _, m := range c.read() {
			kinds = append(kinds, fmt.Sprintf("%T", m))
		}
		if diff := cmp.Diff([]string{"*wire.Quotes", "*wire.Pong", "*wire.Quotes"}, kinds); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAnswersOfABlockedClientAreBounded(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		c := f.open(wire.JSON, false)
		defer c.close()
		c.conn.setRoom(0)
		answers := 0
		reader := make(chan struct{})
		go func() {
			defer close(reader)
			for c.WaitRoom() && answers < 100_000 {
				c.Send(func(dst []byte) []byte { return c.codec.AppendMessage(dst, &wire.Pong{ID: "p"}) })
				answers++
			}
		}()
		settle()
		if c.Waiting() > maxOut+1024 {
			t.Errorf("%d bytes of answers wait", c.Waiting())
		}
		c.conn.setRoom(-1)
		<-reader
		settle()
		if got := len(c.read()); got != answers {
			t.Errorf("%d answers arrived of %d", got, answers)
		}
	})
}

func TestPatternsCoverWhatAppearsLater(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.quote("BTC-USD", 1)
		c := f.open(wire.JSON, false)
		defer c.close()
		c.subscribe(100*time.Millisecond, "BTC-*")
		c.subscribe(time.Second, "BTC-E*")
		settle()
		c.expect([]string{"BTC-USD=0.01"})
		f.quote("BTC-EUR", 2)
		f.quote("ETH-EUR", 3)
		settle()
		c.expect([]string{"BTC-EUR=0.02"})
		f.quote("BTC-GBP", 4)
		settle()
		c.expect([]string{"BTC-GBP=0.04"})
		f.quote("BTC-EUR", 5)
		pass(500 * time.Millisecond)
		c.expect()
		pass(505 * time.Millisecond)
		c.expect([]string{"BTC-EUR=0.05"})
	})
}

func TestANameBeatsAPatternAndTheLongerPatternTheShorter(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.quote("BTC-USD", 1)
		c := f.open(wire.JSON, false)
		defer c.close()
		intervals := func() []time.Duration {
			c.mu.Lock()
			defer c.mu.Unlock()
			var all []time.Duration
			for _, l := range c.lanes {
				for range l.slots {
					all = append(all, l.pace.Interval())
				}
			}
			return all
		}
		steps := []struct {
			do   func()
			want []time.Duration
		}{
			{func() { c.subscribe(time.Second, "BTC-*") }, []time.Duration{time.Second}},
			{func() { c.subscribe(2*time.Second, "*") }, []time.Duration{time.Second}},
			{func() { c.subscribe(3*time.Second, "BTC-USD") }, []time.Duration{3 * time.Second}},
			{func() { c.subscribe(4*time.Second, "BTC-U*") }, []time.Duration{3 * time.Second}},
			{func() { c.unsubscribe("BTC-USD") }, []time.Duration{4 * time.Second}},
			{func() { c.unsubscribe("BTC-U*") }, []time.Duration{time.Second}},
			{func() { c.unsubscribe("BTC-*", "nothing", "ABC") }, []time.Duration{2 * time.Second}},
			{func() { c.unsubscribe("*") }, nil},
		}
		for i, step := range steps {
			step.do()
			settle()
			if diff := cmp.Diff(step.want, intervals()); diff != "" {
				t.Errorf("step %d: %s", i, diff)
			}
		}
		if got := c.Ledger(); got.Produced != got.Delivered+got.Conflated || got.Pending != 0 {
			t.Errorf("ledger %+v", got)
		}
	})
}

func TestALaterSubscribeReplacesTheOptionsWithoutAGap(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.quote("A", 1)
		c := f.open(wire.JSON, false)
		defer c.close()
		c.subscribe(time.Minute, "A")
		settle()
		c.expect([]string{"A=0.01"})
		c.subscribe(time.Second, "A")
		settle()
		c.expect() // nothing changed
		f.quote("A", 2)
		settle()
		c.expect([]string{"A=0.02"})
		f.quote("A", 3)
		settle()
		c.expect()
		c.subscribe(2*time.Second, "A")
		settle()
		c.expect([]string{"A=0.03"}) // it changed since its last record
		c.ask(Request{Symbols: []string{"A"}, Delta: true})
		settle()
		c.expect([]string{"A=0.03"}) // another form, so full and at once
		if got, want := c.Ledger(), (Ledger{Produced: 4, Delivered: 4}); got.Produced != want.Produced || got.Delivered != want.Delivered {
			t.Errorf("ledger %+v, want %+v", got, want)
		}
	})
}

func TestSymbolsTakeTurnsWhenOneFrameCannotHoldThemAll(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.hub.frameBytes = 2000
		c := f.open(wire.JSON, false)
		defer c.close()
		var names []string
		for i := range 100 {
			names = append(names, fmt.Sprintf("S%02d", i))
		}
		c.subscribe(100*time.Millisecond, names...)
		settle()
		before := c.Cursor()
		got := make(map[market.Symbol]int)
		frames := 0
		for range 20 {
			for i, name := range names {
				f.quote(market.Symbol(name), int64(i))
			}
			pass(100 * time.Millisecond)
			for _, e := range c.events() {
				frames++
				if e.Cursor != before {
					t.Fatalf("cursor %s, though symbols wait since %s", e.Cursor, before)
				}
				for n := range e.Records {
					got[e.Records[n].Symbol]++
				}
			}
		}
		if frames > 21 || len(got) != len(names) {
			t.Errorf("%d frames, %d of %d symbols", frames, len(got), len(names))
		}
		for symbol, n := range got {
			if n < 2 || n > 8 { // 35 of them fill a frame, and there are 20 or 21
				t.Errorf("%s had %d turns of 20", symbol, n)
			}
		}
		pass(time.Second)
		if g := c.Ledger(); g.Pending != 0 || c.Cursor() == before {
			t.Errorf("a second later: ledger %+v, cursor %s", g, c.Cursor())
		}
	})
}

func TestTooManySymbolsChangeNothing(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		c := f.open(wire.JSON, false)
		defer c.close()
		var many []string
		for i := range 1000 {
			many = append(many, fmt.Sprintf("S%d", i))
		}
		c.subscribe(time.Second, many...)
		c.subscribe(time.Second, many...)
		c.read()
		err := c.Subscribe(Request{Symbols: []string{"ONE-MORE"}}, c.answer)
		if !errors.Is(err, ErrTooManySymbols) {
			t.Errorf("error %v", err)
		}
		if f.book.Find("ONE-MORE") != nil || len(c.read()) != 0 {
			t.Error("a refused subscribe left something")
		}
		c.unsubscribe(many...)
		settle()
		if f.book.Find("S1") != nil {
			t.Error("a name without data and readers stayed in the book")
		}
	})
}

func TestARecordWithoutAnyOfTheFieldsStillAnswersASubscribe(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.quote("A", 1)
		c := f.open(wire.JSON, false)
		defer c.close()
		c.ask(Request{Symbols: []string{"A"}, Fields: market.Fields(0).With(market.Last)})
		settle()
		c.expect([]string{"A=0"}) // a bid that is not known
	})
}
