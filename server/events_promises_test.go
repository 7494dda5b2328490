package server_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
	"ticker/wire"
)

func TestPromise1AStreamBeginsWithTheCurrentRecordsAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("AAPL", 100)
		r.quote("AAPL", 101)
		r.quote("BTC-USD", 7)
		start := time.Now()
		s := r.events("symbols=AAPL,XYZ,BTC-*&interval=1s")
		if w := s.welcome; w.Session == "" || w.Epoch != r.book.Epoch() || w.Heartbeat != heartbeat || w.Limits.Symbols != 1000 {
			t.Errorf("welcome %+v", w)
		}
		want := wire.Subscribed{Interval: time.Second, Subscribed: []string{"AAPL", "BTC-*", "XYZ"}, Pending: []string{"XYZ"}}
		if diff := cmp.Diff(want, s.subscribed); diff != "" {
			t.Error("answer (-want +got):\n" + diff)
		}
		if diff := cmp.Diff([]string{"AAPL=1.01", "BTC-USD=0.07"}, bids(s.quotes()), sorted); diff != "" {
			t.Error("snapshot (-want +got):\n" + diff)
		}
		r.quote("AAPL", 102)
		r.quote("XYZ", 1)
		if diff := cmp.Diff([]string{"XYZ=0.01", "AAPL=1.02"}, bids(s.quotes()), sorted); diff != "" {
			t.Error("the first frame of the interval (-want +got):\n" + diff)
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("the snapshot counted as a frame of the interval: %v", waited)
		}
	})
}

func TestPromise2AStreamTellsTheFirstChangeAtOnceAndTheLastWithinAnInterval(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		const interval = 100 * ms
		s := r.events("symbols=A,B&interval=100ms")
		sleep(time.Second)
		start := time.Now()
		var all []arrival
		for i := range 20 {
			r.quote("A", int64(100+i))
			all = append(all, s.during(7*ms)...)
			r.quote("B", int64(200+i))
			all = append(all, s.during(8*ms)...)
		}
		end := time.Now()
		all = append(all, s.during(time.Second)...)
		if len(all) == 0 || all[0].at != start {
			t.Fatalf("the first change did not go out at once: %d events", len(all))
		}
		newest := make(map[market.Symbol]string)
		for i, a := range all {
			if i > 0 && a.at.Sub(all[i-1].at) < interval {
				t.Errorf("two events within %v", a.at.Sub(all[i-1].at))
			}
			for j := range a.Records {
				newest[a.Records[j].Symbol] = bid(&a.Records[j])
			}
		}
		if diff := cmp.Diff(map[market.Symbol]string{"A": "1.19", "B": "2.19"}, newest); diff != "" {
			t.Error("the last values (-want +got):\n" + diff)
		}
		if last := all[len(all)-1]; last.at.Sub(end) > interval {
			t.Errorf("the last values came %v after the burst", last.at.Sub(end))
		}
	})
}

func TestPromise3SeqOfAStreamRisesStrictlyToTheNewest(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		s := r.events("symbols=S*&interval=20ms")
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
			for _, a := range s.during(wait) {
				for i := range a.Records {
					rec := &a.Records[i]
					if rec.Seq <= got[rec.Symbol] || rec.Seq > applied[rec.Symbol] {
						t.Fatalf("%s went from %d to %d of %d", rec.Symbol, got[rec.Symbol], rec.Seq, applied[rec.Symbol])
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

func TestPromise6MergedDifferencesOfAStreamAreTheFullRecord(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		s := r.events("symbols=A&interval=20ms&mode=delta")
		var merged market.Quote
		random := rand.New(rand.NewPCG(3, 4))
		short := 0
		for step := range 200 {
			field := market.Field(random.IntN(int(market.NumValues)))
			r.apply("A", map[market.Field]int64{field: int64(random.IntN(5))})
			wait := 7 * ms
			if step == 199 {
				wait = time.Second
			}
			for _, a := range s.during(wait) {
				a.Records[0].MergeInto(&merged)
				if a.Records[0].Set&market.AllValues != merged.Known {
					short++
				}
			}
		}
		if diff := cmp.Diff(r.book.Find("A").Quote(), merged, cmp.Comparer(sameDecimal)); diff != "" {
			t.Error("record (-book +merged):\n" + diff)
		}
		if short < 50 {
			t.Errorf("%d differences have less than the whole record", short)
		}
	})
}

func TestPromise6FieldsLimitWhatAStreamTells(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.apply("A", map[market.Field]int64{market.Bid: 1, market.Ask: 2, market.Last: 3})
		s := r.events("symbols=A&interval=20ms&fields=bid,last")
		if got, want := s.quotes().Records[0].Set&market.AllValues, market.Fields(0).With(market.Bid).With(market.Last); got != want {
			t.Errorf("fields %b, want %b", got, want)
		}
		r.apply("A", map[market.Field]int64{market.Ask: 5})
		s.quiet(time.Second)
		r.book.MarkStale(r.source, market.Silent)
		if got := s.quotes().Records[0]; got.Status != market.Stale || got.Reason != market.Silent {
			t.Errorf("record %+v instead of a stale one", got)
		}
	})
}

func TestPromise8EnvelopesOfAStreamHoldEveryTradeOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.trade("A", 1000, 1000) // before anybody asks
		s := r.events("symbols=*&interval=250ms&envelope=true&fields=bid")
		random := rand.New(rand.NewPCG(5, 6))
		var want, got market.Envelope
		for step := range 300 {
			for range random.IntN(4) {
				price, size := 1+random.Int64N(100), 1+random.Int64N(9)
				r.trade(market.Symbol(fmt.Sprintf("%c", 'A'+random.IntN(3))), price, size)
				want.Trade(market.NewDecimal(price, 0), market.NewDecimal(size, 0))
			}
			wait := 10 * ms
			if step == 299 {
				wait = time.Second
			}
			for _, a := range s.during(wait) {
				for i := range a.Records {
					got.Merge(a.Records[i].Envelope)
				}
			}
		}
		if got.Trades != want.Trades || !got.High.Equal(want.High) || !got.Low.Equal(want.Low) ||
			got.Volume.String() != want.Volume.String() {
			t.Errorf("envelopes hold %+v, and the trades were %+v", got, want)
		}
	})
}

func TestPromise9PatternsOfAStreamCoverSymbolsThatAppearLater(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		s := r.events("symbols=BTC-*,LATER")
		sleep(time.Second)
		start := time.Now()
		r.quote("ETH-USD", 1)
		r.quote("BTC-USD", 2)
		r.quote("LATER", 3)
		got := bids(s.quotes())
		for len(got) < 2 {
			got = append(got, bids(s.quotes())...)
		}
		if diff := cmp.Diff([]string{"BTC-USD=0.02", "LATER=0.03"}, got, sorted); diff != "" || time.Since(start) > 105*ms {
			t.Errorf("after %v (-want +got):\n%s", time.Since(start), diff)
		}
		s.quiet(time.Second)
	})
}

func TestPromise10BandwidthCapsAStreamAndSymbolsTakeTurns(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		const symbols, perSecond, seconds = 100, 3000, 20
		for i := range symbols {
			r.quote(symbolOf(i), 1)
		}
		s := r.events("symbols=*&interval=50ms&bandwidth=" + strconv.Itoa(perSecond))
		bytes, counts := 0, make(map[market.Symbol]int)
		for step := range seconds * 20 {
			for i := range symbols {
				r.quote(symbolOf(i), int64(step))
			}
			for _, a := range s.during(50 * ms) {
				bytes += sizeOf(a.Quotes)
				for i := range a.Records {
					counts[a.Records[i].Symbol]++
				}
			}
		}
		if most := perSecond * (seconds + 1); bytes > most || bytes < most*3/4 {
			t.Errorf("%d bytes in %d s of %d", bytes, seconds, perSecond)
		}
		least, all := 1<<30, 0
		for _, n := range counts {
			least, all = min(least, n), all+n
		}
		if len(counts) != symbols || least < all/symbols/2 {
			t.Errorf("of %d symbols the least had %d of %d records", len(counts), least, all)
		}
	})
}

// sizeOf is how many bytes a quotes event takes up in a stream.
func sizeOf(q *wire.Quotes) int {
	return len("event: quotes\nid: \ndata: \n\n") + len(q.Cursor) + len(wire.JSON.AppendMessage(nil, q))
}

func TestHeartbeatsOfAStreamTellAPlaceToComeBackTo(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		r.quote("OTHER", 1)
		s := r.events("symbols=A")
		s.quotes()
		last := event{}
		for i := range 20 {
			start := time.Now()
			r.quote("OTHER", int64(i))
			last = s.next()
			h, ok := s.message(last).(*wire.Heartbeat)
			if !ok || last.name != "heartbeat" || h.TS != time.Now().UnixMicro() || h.Cursor != last.id {
				t.Fatalf("%+v instead of a heartbeat", last)
			}
			if waited := time.Since(start); waited > heartbeat+time.Second {
				t.Fatalf("%v between two heartbeats", waited)
			}
		}
		r.quote("A", 2)
		s.quotes()
		synctest.Wait()
		back := r.events("symbols=A,OTHER", "Last-Event-ID", last.id)
		if diff := cmp.Diff([]string{"A=0.02"}, bids(back.quotes())); diff != "" {
			t.Error("behind the heartbeat (-want +got):\n" + diff)
		}
		back.quiet(time.Second)
	})
}
