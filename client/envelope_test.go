package client_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

// tally sums the envelopes of one symbol.
type tally struct {
	High, Low string
	Trades    uint64
	Volume    string
}

func tallyOf(e *market.Envelope) tally {
	return tally{e.High.String(), e.Low.String(), e.Trades, e.Volume.String()}
}

// sums adds the envelopes of records up, by symbol.
type sums map[market.Symbol]*market.Envelope

func (s sums) of(symbol market.Symbol) *market.Envelope {
	if s[symbol] == nil {
		s[symbol] = new(market.Envelope)
	}
	return s[symbol]
}

func (s sums) add(records []wire.Record) {
	for i := range records {
		if e := records[i].Envelope; e != nil {
			s.of(records[i].Symbol).Merge(e)
		}
	}
}

func (s sums) tallies() map[market.Symbol]tally {
	all := make(map[market.Symbol]tally)
	for symbol, e := range s {
		all[symbol] = tallyOf(e)
	}
	return all
}

func TestWhatIsTakenSumsUpToEveryTradeAtWhateverPace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		view := client.NewView()
		oracle, sent, taken := sums{}, sums{}, sums{}
		newest := make(map[market.Symbol]wire.Record)
		seqs := make(map[market.Symbol]uint64)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			symbol := market.Symbol("S" + strconv.Itoa(rapid.IntRange(0, 2).Draw(t, "symbol")))
			switch rapid.SampledFrom([]string{"trade", "trade", "send", "send", "take"}).Draw(t, "step") {
			case "trade":
				price := market.NewDecimal(rapid.Int64Range(-500, 500).Draw(t, "price"), 2)
				size := market.NewDecimal(rapid.Int64Range(0, 1e12).Draw(t, "size"), uint8(rapid.IntRange(0, 9).Draw(t, "scale")))
				oracle.of(symbol).Trade(price, size)
				sent.of(symbol).Trade(price, size)
				seqs[symbol]++
			case "send":
				if seqs[symbol] == newest[symbol].Seq {
					continue
				}
				r := quote(symbol, seqs[symbol], int64(seqs[symbol]))
				r.Envelope = sent[symbol]
				delete(sent, symbol)
				newest[symbol] = r
				view.Apply(batch(1, r))
			case "take":
				take(t, view, taken, newest)
			}
		}
		for symbol := range sent {
			r := quote(symbol, seqs[symbol], int64(seqs[symbol]))
			r.Envelope = sent[symbol]
			newest[symbol] = r
			view.Apply(batch(1, r))
		}
		take(t, view, taken, newest)
		if diff := cmp.Diff(oracle.tallies(), taken.tallies()); diff != "" {
			t.Fatalf("sums (-trades +taken):\n%s", diff)
		}
		if left := view.Take(nil); len(left) != 0 {
			t.Fatalf("taken twice: %v", left)
		}
	})
}

// take takes what changed, which must be the newest of each symbol, once.
func take(t *rapid.T, view *client.View, taken sums, newest map[market.Symbol]wire.Record) {
	records := view.Take(nil)
	seen := make(map[market.Symbol]bool)
	for i := range records {
		symbol := records[i].Symbol
		held, _ := view.Quote(symbol)
		if seen[symbol] || records[i].Seq != newest[symbol].Seq || records[i].Quote != held {
			t.Fatalf("took %v, want the newest record, once", records[i])
		}
		seen[symbol] = true
	}
	taken.add(records)
}

func TestTakenRecordIsWhole(t *testing.T) {
	t.Parallel()
	view := client.NewView()
	first := quote("A", 1, 100)
	first.Source, first.Set = "test", first.Set.With(market.SourceField)
	view.Apply(batch(1, first, quote("B", 1, 100)))
	change := wire.Record{Quote: market.Quote{Symbol: "A", Seq: 2, Recv: 2}}
	change.Values[market.Ask] = market.NewDecimal(101, 2)
	change.Set = change.Set.With(market.Ask)
	view.Apply(batch(1, change))
	got := view.Take(nil)
	if len(got) != 2 || got[0].Symbol != "A" || got[1].Symbol != "B" {
		t.Fatalf("took %v, want A and B", got)
	}
	want := market.Fields(0).With(market.Bid).With(market.Ask).With(market.StatusField)
	expect(t, "fields of A", got[0].Set, want.With(market.SourceField))
	expect(t, "envelope of A", got[0].Envelope, (*market.Envelope)(nil))
	expect(t, "fields of B", got[1].Set, want&^(1<<market.Ask))
}

func TestForgottenSymbolAndAnOldEpochAreNotTaken(t *testing.T) {
	t.Parallel()
	view := client.NewView()
	view.Apply(batch(1, quote("A", 1, 1), quote("B", 1, 1)))
	view.Forget("A")
	if got := view.Take(nil); len(got) != 1 || got[0].Symbol != "B" {
		t.Errorf("took %v, want B", got)
	}
	view.Apply(batch(1, quote("B", 2, 1)))
	next := batch(1, quote("C", 1, 1))
	next.Epoch = "epoch-2"
	view.Apply(next)
	if got := view.Take(nil); len(got) != 1 || got[0].Symbol != "C" {
		t.Errorf("took %v, want C", got)
	}
}

func TestPromise8EnvelopesSumUpToEveryTrade(t *testing.T) {
	t.Parallel()
	overEach(t, []client.Transport{client.WebSocket, client.SSE}, func(t *testing.T, s *service, way client.Transport) {
		f := s.follow(t, way, client.Config{})
		granted := f.must(t, client.Subscription{Symbols: []string{"A", "B"}, Interval: 100 * ms, Envelope: true})
		expect(t, "no envelope", granted.NoEnvelope, false)
		oracle, taken := sums{}, sums{}
		random := rand.New(rand.NewPCG(5, 6))
		for i := range 500 {
			symbol := []market.Symbol{"A", "B"}[random.IntN(2)]
			cents, size := int64(random.IntN(1000)), int64(random.IntN(100))
			s.trade(symbol, cents, size)
			oracle.of(symbol).Trade(market.NewDecimal(cents, 2), market.NewDecimal(size, 0))
			sleep(time.Duration(random.IntN(20)) * ms)
			switch {
			case i == 100: // another subscription disturbs nobody
				f.must(t, client.Subscription{Symbols: []string{"C"}})
			case random.IntN(30) == 0:
				taken.add(f.view.Take(nil))
			}
		}
		sleep(time.Second)
		taken.add(f.view.Take(nil))
		expect(t, "sums", taken.tallies(), oracle.tallies())
	})
}

func TestPollSaysThatItHasNoEnvelopesAndGoesOn(t *testing.T) {
	t.Parallel()
	overEach(t, []client.Transport{client.Poll}, func(t *testing.T, s *service, way client.Transport) {
		told := make(chan client.Granted, 9)
		f := s.follow(t, way, client.Config{OnGranted: func(g client.Granted) { told <- g }})
		granted := f.must(t, client.Subscription{Symbols: []string{"A"}, Envelope: true})
		expect(t, "no envelope", granted.NoEnvelope, true)
		expect(t, "no envelope in OnGranted", (<-told).NoEnvelope, true)
		s.trade("A", 100, 5)
		sleep(time.Second)
		got := f.view.Take(nil)
		if len(got) != 1 || got[0].Envelope != nil {
			t.Errorf("took %v, want a record without an envelope", got)
		}
		expect(t, "answers", len(told), 0)
	})
}
