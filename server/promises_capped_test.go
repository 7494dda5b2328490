package server_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
	"ticker/wire"
)

func TestPromise7AResumeBringsOnlyWhatChangedAndEndsInTheSameState(t *testing.T) {
	t.Parallel()
	for _, codec := range []wire.Codec{wire.JSON, wire.MsgPack} {
		inBubble(t, func(r *rig) {
			for i := range 100 {
				r.quote(market.Symbol(fmt.Sprintf("S%02d", i)), 1)
			}
			sleep(time.Second)
			c := r.connect(codec)
			c.subscribe(time.Second, "*")
			cursor := ""
			for _, a := range c.during(100 * ms) {
				cursor = a.Cursor
			}
			r.quote("S07", 2)
			r.quote("NEW", 3)
			for since, want := range map[string][]string{
				cursor:                      {"NEW=0.03", "S07=0.02"},
				"":                          nil,
				r.book.Epoch() + ".zzzzzzz": nil,
				"ANOTHER" + cursor:          nil,
			} {
				back := r.connect(codec)
				back.ask("s", &wire.Subscribe{Symbols: []string{"*"}, Interval: time.Second, Since: since})
				back.result("s", &wire.Subscribed{})
				var got []string
				for _, a := range back.during(10 * ms) {
					got = append(got, bids(a.Quotes)...)
				}
				slices.Sort(got)
				if want == nil && len(got) != 101 {
					t.Errorf("since %q there are %d records, want all", since, len(got))
				}
				if diff := cmp.Diff(want, got); want != nil && diff != "" {
					t.Errorf("since %q (-want +got):\n%s", since, diff)
				}
			}
		})
	}
}

func TestPromise8EnvelopesHoldEveryTradeOnce(t *testing.T) {
	t.Parallel()
	for _, codec := range []wire.Codec{wire.JSON, wire.MsgPack} {
		inBubble(t, func(r *rig) {
			r.trade("A", 1000, 1000) // before anybody asks
			c := r.connect(codec)
			c.ask("e", &wire.Subscribe{Symbols: []string{"*"}, Interval: 250 * ms, Envelope: true, Fields: market.Fields(0).With(market.Bid)})
			c.result("e", &wire.Subscribed{})
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
				for _, a := range c.during(wait) {
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
}

func (r *rig) trade(symbol market.Symbol, price, size int64) {
	r.t.Helper()
	u := market.Update{Symbol: symbol, Source: r.source, Trade: true}
	u.Put(market.Last, market.NewDecimal(price, 0))
	u.Put(market.LastSize, market.NewDecimal(size, 0))
	if got := r.book.Apply(&u); got != market.Accepted {
		r.t.Fatalf("Apply: %v", got)
	}
}

func TestPromise10BandwidthCapsTheSessionAndSymbolsTakeTurns(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		const symbols, perSecond, seconds = 100, 3000, 20
		c := r.connect(wire.JSON)
		c.ask("b", &wire.Configure{Bandwidth: perSecond})
		var configured wire.Configured
		c.result("b", &configured)
		if configured.Bandwidth != perSecond {
			t.Errorf("configured %+v", configured)
		}
		c.subscribe(50*ms, "*")
		counts := make(map[market.Symbol]int)
		for step := range seconds * 20 {
			for i := range symbols {
				r.quote(market.Symbol(fmt.Sprintf("S%02d", i)), int64(step))
			}
			for _, a := range c.during(50 * ms) {
				for i := range a.Records {
					counts[a.Records[i].Symbol]++
				}
			}
		}
		c.ask("l", &wire.SessionQuery{})
		var ledger wire.Ledger
		c.result("l", &ledger)
		if most := uint64(perSecond * (seconds + 1)); ledger.Bytes > most || ledger.Bytes < most*3/4 {
			t.Errorf("%d bytes in %d s of %d", ledger.Bytes, seconds, perSecond)
		}
		if ledger.Produced != ledger.Delivered+ledger.Conflated+ledger.Pending {
			t.Errorf("the ledger does not balance: %+v", ledger)
		}
		least := 1 << 30
		for _, n := range counts {
			least = min(least, n)
		}
		if len(counts) != symbols || least < int(ledger.Delivered)/symbols/2 {
			t.Errorf("of %d symbols the least had %d of %d records", len(counts), least, ledger.Delivered)
		}
	})
}
